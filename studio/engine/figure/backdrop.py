"""What stands behind the character: plain, gradient, studio, and simple painted scenes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .filters import blur, noise, twice
from .oklab import from_lab, to_lab
from .palette import lifted
from .shape.curves import smoothstep
from .spec import Background

Array = np.ndarray


@dataclass(eq=False)
class Stage:
    """A backdrop being painted: colours run from top to bottom, the ground begins at `horizon`."""

    width: int
    height: int
    top: Array
    bottom: Array
    ground: float
    rng: np.random.Generator
    kind: str = "plain"

    def __post_init__(self) -> None:
        y, x = np.mgrid[0 : self.height, 0 : self.width].astype(np.float32)
        # Units of the picture's height, so that a scene looks the same in every size.
        self.x = (x - self.width / 2) / self.height
        self.y = 1 - y / self.height
        self.feet = 1 - self.ground / self.height
        self.horizon = max(0.12, self.feet + 0.16)
        self.picture = np.zeros((self.height, self.width, 3), np.float32)

    def noise(self, size: float, octaves: int = 3) -> Array:
        """Noise whose features are so large, in picture heights."""
        return noise(
            self.height, self.width, max(1.5, size * self.height), int(self.rng.integers(1 << 30)), octaves
        )

    def run(self, low: Array, high: Array, start: float = 0.0, stop: float = 1.0) -> None:
        """A vertical gradient over the whole picture."""
        t = np.clip((self.y[:, :1] - start) / (stop - start), 0, 1)[..., None]
        self.picture[:] = low * (1 - t) + high * t

    def mix(self, mask: Array, colour: Array, share: float = 1.0) -> None:
        """Lay a colour over a masked part."""
        m = (np.clip(mask, 0, 1) * share).astype(np.float32)
        colours = np.broadcast_to(np.asarray(colour, np.float32), self.picture.shape)
        # Channel by channel: numpy is slow where the innermost axis is short.
        for c in range(3):
            part = self.picture[..., c]
            part += (colours[..., c] - part) * m

    def ridge(self, base: float, rise: float, size: float, colour: Array, sharp: float = 1.0) -> None:
        """A row of hills, trees or mountains: everything below a wavy line."""
        line = self.rng.random(3)
        columns = self.x[0]
        wave = noise(2, self.width, max(2, size * self.height), int(line[0] * 1e9), 4)[0]
        top = base + rise * np.abs(wave * 2 - 1) ** sharp if sharp != 1 else base + rise * wave
        self.mix(smoothstep(-0.002, 0.002, top[None] - self.y + 0 * columns), colour)

    def floor(self, near: Array, far: Array) -> None:
        """The ground from the horizon down."""
        t = np.clip(self.y / self.horizon, 0, 1)[..., None]
        mask = smoothstep(0.003, -0.003, self.y - self.horizon)[..., None]
        self.picture[:] = self.picture * (1 - mask) + (near * (1 - t) + far * t) * mask

    def disc(self, cx: float, cy: float, radius: float, colour: Array, glow: float = 0.0) -> None:
        """Sun, moon, lamp."""
        r = np.sqrt((self.x - cx) ** 2 + (self.y - cy) ** 2)
        if glow:
            self.mix(np.exp(-((r / (radius * (1 + glow))) ** 2)) * 0.6, colour)
        self.mix(smoothstep(radius + 0.003, radius - 0.003, r), colour)

    def box(self, x0: float, x1: float, y0: float, y1: float, colour: Array, share: float = 1.0) -> None:
        """An upright rectangle."""
        soft = 0.0015
        m = smoothstep(-soft, soft, self.x - x0) * smoothstep(-soft, soft, x1 - self.x)
        m = m * smoothstep(-soft, soft, self.y - y0) * smoothstep(-soft, soft, y1 - self.y)
        self.mix(m, colour, share)

    def clouds(self, colour: Array, share: float = 0.8, low: float = 0.5) -> None:
        """Soft clouds in the upper part."""
        n = self.noise(0.30, 4) * 0.7 + self.noise(0.12, 3) * 0.3
        self.mix(smoothstep(0.50, 0.66, n) * smoothstep(low, low + 0.3, self.y), colour, share)

    def stars(self, count: int, colour: Array) -> None:
        """Points of light."""
        for _ in range(count):
            cx, cy = self.rng.uniform(self.x[0, 0], self.x[0, -1]), self.rng.uniform(0.25, 1.0)
            size = self.rng.uniform(0.0012, 0.0034)
            row, column = int((1 - cy) * self.height), int((cx * self.height) + self.width / 2)
            reach = max(2, int(size * self.height * 3))
            part = (slice(max(0, row - reach), row + reach), slice(max(0, column - reach), column + reach))
            r = np.sqrt((self.x[part] - cx) ** 2 + (self.y[part] - cy) ** 2)
            m = np.exp(-((r / size) ** 2))[..., None]
            self.picture[part] = self.picture[part] * (1 - m) + colour * m


Painter = Callable[[Stage], None]
# Above so many pixels a backdrop is painted at half size: it is soft anyway, and memory is not endless.
_LARGE_PX = 1_700_000
_SCENES: dict[str, Painter] = {}


def scene(*names: str) -> Callable[[Painter], Painter]:
    """Register a function as the painter of these scenes."""

    def remember(paint: Painter) -> Painter:
        for name in names:
            _SCENES[name] = paint
        return paint

    return remember


def scenes() -> tuple[str, ...]:
    """All registered scenes."""
    return tuple(_SCENES)


def deeper(colour: Array, by: float) -> Array:
    """The colour, darker (by < 0: lighter)."""
    lab = to_lab(colour)
    lab[0] = min(1.0, max(0.03, lab[0] - by))
    return from_lab(lab)


def between(a: Array, b: Array, share: float) -> Array:
    """A colour between two."""
    return from_lab(to_lab(a) * (1 - share) + to_lab(b) * share)


def backdrop(background: Background, width: int, height: int, ground: float, seed: int) -> Array:
    """The backdrop as height × width × 3, 0..1; `ground` is the row on which feet stand."""
    if width * height > _LARGE_PX:
        half = backdrop(background, (width + 1) // 2, (height + 1) // 2, ground / 2, seed)
        return twice(half)[:height, :width]
    rng = np.random.default_rng((seed & 0xFFFFFFFF) + 77)
    stage = Stage(
        width, height, lifted(background.top), lifted(background.bottom), ground, rng, background.kind
    )
    _SCENES.get(background.kind, _gradient)(stage)
    return np.clip(stage.picture, 0, 1)


@scene("plain")
def _plain(stage: Stage) -> None:
    stage.picture[:] = stage.top


@scene("gradient", "transparent")
def _gradient(stage: Stage) -> None:
    stage.run(stage.bottom, stage.top)
    glow = np.exp(-((stage.x / 0.42) ** 2 + ((stage.y - 0.55) / 0.5) ** 2))
    stage.mix(glow, np.ones(3), 0.28)


@scene("studio")
def _studio(stage: Stage) -> None:
    stage.run(deeper(stage.bottom, 0.10), stage.top)
    stage.mix(smoothstep(stage.horizon + 0.10, stage.horizon - 0.12, stage.y), stage.bottom, 0.9)
    stage.mix(np.exp(-((stage.x / 0.45) ** 2 + ((stage.y - 0.6) / 0.45) ** 2)), np.ones(3), 0.40)


@scene("forest")
def _forest(stage: Stage) -> None:
    far = between(stage.top, np.ones(3), 0.45)
    stage.run(far, stage.top, 0.2, 1.0)
    for layer, share in enumerate((0.25, 0.55, 0.85)):
        tree = between(far, np.array([0.13, 0.26, 0.18]), share)
        count = 11 - 2 * layer
        for k in range(count):
            half = stage.width / stage.height / 2
            x = -half + (k + stage.rng.uniform(0.1, 0.9)) * 2 * half / count
            w = 0.010 + 0.008 * layer
            bend = 0.012 * np.sin(stage.y * 7 + k)
            m = smoothstep(w + 0.002, w - 0.002, np.abs(stage.x - x - bend)) * (
                stage.y > stage.horizon - 0.03
            )
            stage.mix(m, between(tree, np.array([0.28, 0.2, 0.15]), 0.5))
        leaves = stage.noise(0.16 - 0.03 * layer, 4) + (stage.y - 0.80 + 0.03 * layer) * 2.2
        stage.mix(smoothstep(0.52, 0.58, leaves), tree)
    stage.floor(np.array([0.26, 0.40, 0.22]), between(far, np.array([0.36, 0.50, 0.28]), 0.6))
    rays = smoothstep(0.6, 1.0, np.sin((stage.x * 3.2 + stage.y * 1.9) * 3.0)) * stage.y
    stage.mix(rays, np.array([1.0, 0.98, 0.80]), 0.16)
    stage.mix(
        smoothstep(0.55, 0.75, stage.noise(0.05, 3)) * (stage.y < stage.horizon),
        np.array([0.22, 0.34, 0.18]),
        0.35,
    )


@scene("city", "neon_city")
def _city(stage: Stage) -> None:
    stage.run(stage.bottom, stage.top, 0.1, 1.0)
    half = stage.width / stage.height / 2
    dark_night = float(stage.top.mean()) < 0.45
    for layer in range(3):
        colour = between(stage.bottom, np.array([0.12, 0.13, 0.22]), 0.30 + 0.27 * layer)
        x = -half
        while x < half:
            w = stage.rng.uniform(0.06, 0.13)
            top = stage.horizon + stage.rng.uniform(0.12, 0.62 - 0.13 * layer)
            stage.box(x, x + w * 0.96, 0, top, colour)
            lamp = np.array([[1.0, 0.86, 0.55], [0.35, 0.95, 1.0], [1.0, 0.35, 0.8]])[
                stage.rng.integers(3) if dark_night else 0
            ]
            for wx in np.arange(x + 0.012, x + w - 0.014, 0.020):
                for wy in np.arange(stage.horizon + 0.02, top - 0.02, 0.030):
                    if stage.rng.random() < (0.42 if dark_night else 0.22):
                        stage_window(stage, wx, wy, lamp, 0.9 if dark_night else 0.35)
            x += w
    stage.floor(deeper(stage.bottom, 0.35), deeper(stage.bottom, 0.15))
    if dark_night:
        for colour in (np.array([1.0, 0.2, 0.7]), np.array([0.2, 0.9, 1.0])):
            cx = stage.rng.uniform(-half, half)
            stage.mix(
                np.exp(-(((stage.x - cx) / 0.10) ** 2)) * smoothstep(stage.horizon, 0, stage.y), colour, 0.28
            )


def stage_window(stage: Stage, x: float, y: float, colour: Array, share: float) -> None:
    """One lit window, painted only where it is."""
    r0, r1 = int((1 - y - 0.014) * stage.height), int((1 - y) * stage.height)
    c0 = int(x * stage.height + stage.width / 2)
    c1 = int((x + 0.010) * stage.height + stage.width / 2)
    part = stage.picture[max(0, r0) : max(r1, r0 + 1), max(0, c0) : max(c1, c0 + 1)]
    part[:] = part * (1 - share) + colour * share


@scene("castle", "village", "ruins", "temple")
def _buildings(stage: Stage) -> None:
    stage.run(between(stage.bottom, np.ones(3), 0.35), stage.top, 0.2, 1.0)
    stage.clouds(between(stage.top, np.ones(3), 0.75))
    stage.ridge(stage.horizon + 0.10, 0.18, 0.5, between(stage.bottom, np.array([0.42, 0.52, 0.58]), 0.5))
    wall, roof = np.array([0.70, 0.68, 0.70]), np.array([0.42, 0.40, 0.56])
    wall, roof = between(stage.bottom, wall, 0.75), between(stage.bottom, roof, 0.8)
    half = stage.width / stage.height / 2
    for cx, w, h in (
        (-0.62 * half, 0.055, 0.42),
        (-0.30 * half, 0.08, 0.30),
        (0.42 * half, 0.09, 0.36),
        (0.75 * half, 0.05, 0.50),
    ):
        base = stage.horizon - 0.02
        stage.box(cx - w, cx + w, base, base + h, wall)
        stage.box(cx - w, cx - w * 0.35, base, base + h, deeper(wall, 0.07))
        peak = base + h
        slope = (peak + 0.17 - stage.y) * (w * 1.35 / 0.17)
        stage.mix(smoothstep(-0.002, 0.002, slope - np.abs(stage.x - cx)) * (stage.y > peak - 0.005), roof)
        for k in range(3):
            stage.box(
                cx - 0.010,
                cx + 0.012,
                base + h * (0.3 + 0.2 * k),
                base + h * (0.3 + 0.2 * k) + 0.035,
                deeper(wall, 0.3),
            )
    stage.box(-half, half, stage.horizon - 0.03, stage.horizon + 0.085, deeper(wall, 0.04))
    saw = ((stage.x * 16) % 1.0 < 0.55) & (stage.y < stage.horizon + 0.115) & (stage.y > stage.horizon + 0.08)
    stage.mix(saw.astype(np.float32), deeper(wall, 0.04))
    stage.floor(
        between(stage.bottom, np.array([0.44, 0.54, 0.34]), 0.8),
        between(stage.bottom, np.array([0.60, 0.68, 0.48]), 0.6),
    )


@scene("mountains", "meadow", "sky", "snow", "volcano")
def _hills(stage: Stage) -> None:
    stage.run(between(stage.bottom, np.ones(3), 0.5), stage.top, 0.25, 1.0)
    stage.clouds(between(stage.top, np.ones(3), 0.85))
    rock = between(stage.top, np.array([0.36, 0.42, 0.52]), 0.55)
    for k, (rise, size) in enumerate(((0.42, 0.55), (0.30, 0.42), (0.18, 0.36))):
        stage.ridge(stage.horizon + 0.03 - 0.03 * k, rise, size, between(stage.bottom, rock, 0.35 + 0.25 * k))
    grass = 0.65 if stage.kind in ("mountains", "meadow", "sky") else 0.05
    near = between(stage.bottom, np.array([0.42, 0.62, 0.32]), grass)
    stage.floor(deeper(near, 0.08), near)
    tufts = smoothstep(0.62, 0.72, stage.noise(0.018, 2)) * (stage.y < stage.horizon - 0.01)
    stage.mix(tufts, deeper(near, -0.12), 0.55)


@scene("beach", "desert", "underwater")
def _shore(stage: Stage) -> None:
    stage.run(between(stage.bottom, np.ones(3), 0.3), stage.top, 0.25, 1.0)
    stage.clouds(between(stage.top, np.ones(3), 0.85), 0.7)
    sea = between(stage.top, np.array([0.12, 0.50, 0.66]), 0.6)
    stage.box(-9, 9, 0, stage.horizon + 0.10, sea)
    glint = (
        smoothstep(0.60, 0.70, stage.noise(0.02, 2))
        * smoothstep(stage.horizon - 0.02, stage.horizon + 0.10, stage.y)
        * (stage.y < stage.horizon + 0.10)
    )
    stage.mix(glint, np.ones(3), 0.5)
    sand = between(stage.bottom, np.array([0.94, 0.85, 0.66]), 0.7)
    wave = stage.horizon + 0.012 * np.sin(stage.x * 9)
    stage.mix(smoothstep(0.010, -0.002, stage.y - wave - 0.012), np.ones(3))
    stage.mix(smoothstep(0.004, -0.004, stage.y - wave), sand)


@scene("night_sky", "space")
def _stars(stage: Stage) -> None:
    stage.run(between(stage.bottom, stage.top, 0.2), stage.top, 0.1, 1.0)
    cloud = stage.noise(0.4, 5)
    stage.mix(smoothstep(0.48, 0.80, cloud), between(stage.bottom, np.array([0.55, 0.30, 0.75]), 0.6), 0.65)
    stage.mix(smoothstep(0.55, 0.85, stage.noise(0.3, 5)), np.array([0.20, 0.50, 0.75]), 0.45)
    stage.stars(150, np.array([1.0, 0.98, 0.92]))
    half = stage.width / stage.height / 2
    stage.disc(half * 0.58, 0.80, 0.075, np.array([0.96, 0.94, 0.86]), 1.2)
    ground = deeper(stage.bottom, 0.20)
    stage.ridge(stage.horizon, 0.06, 0.3, ground)
    stage.floor(deeper(ground, 0.05), ground)


@scene("sunset")
def _sunset(stage: Stage) -> None:
    stage.run(stage.bottom, stage.top, 0.15, 0.95)
    stage.disc(0.12, stage.horizon + 0.15, 0.10, np.array([1.0, 0.92, 0.70]), 1.6)
    stage.clouds(between(stage.bottom, np.array([1.0, 0.75, 0.6]), 0.6), 0.6, 0.35)
    stage.ridge(stage.horizon, 0.12, 0.5, deeper(between(stage.bottom, stage.top, 0.6), 0.18))
    stage.floor(deeper(stage.bottom, 0.38), deeper(stage.bottom, 0.22))


@scene("room", "library", "school", "dungeon", "stage")
def _inside(stage: Stage) -> None:
    wall = stage.top
    stage.run(deeper(wall, 0.06), wall, 0.1, 1.0)
    half = stage.width / stage.height / 2
    dark = deeper(wall, 0.20)
    for sign in (-1, 1):
        cx = sign * half * 0.66
        stage.box(cx - 0.13, cx + 0.13, stage.horizon + 0.20, stage.horizon + 0.62, dark)
        for row in range(4):
            y = stage.horizon + 0.22 + 0.10 * row
            stage.box(cx - 0.12, cx + 0.12, y, y + 0.085, deeper(dark, 0.10))
            x = cx - 0.115
            while x < cx + 0.10:
                w = stage.rng.uniform(0.009, 0.018)
                hue = stage.rng.random(3) * 0.45 + 0.25
                stage.box(x, x + w, y, y + stage.rng.uniform(0.055, 0.08), between(hue, wall, 0.45))
                x += w + 0.002
    stage.box(
        -0.10,
        0.10,
        stage.horizon + 0.30,
        stage.horizon + 0.62,
        between(wall, np.array([0.95, 0.97, 1.0]), 0.75),
    )
    stage.box(-0.004, 0.004, stage.horizon + 0.30, stage.horizon + 0.62, dark)
    stage.box(-half, half, stage.horizon - 0.004, stage.horizon + 0.022, dark)
    boards = stage.bottom
    stage.floor(deeper(boards, 0.06), deeper(boards, 0.14))
    fan = stage.x / np.maximum(0.15, stage.horizon + 0.16 - stage.y)
    seams = smoothstep(0.47, 0.5, np.abs((fan * 2.6) % 1.0 - 0.5)) * (stage.y < stage.horizon)
    stage.mix(seams, deeper(boards, 0.2), 0.6)
    stage.picture[:] = stage.picture * 0.55 + blur(stage.picture, 0.004 * stage.height) * 0.45


def ground_shadow(picture: Array, feet: tuple[float, float, float], pitch_deg: float) -> None:
    """A soft shadow under the feet, painted into the backdrop."""
    height, width = picture.shape[:2]
    x, y, half = feet
    flat = max(0.16, abs(np.sin(np.radians(pitch_deg))))
    rx, ry = half * 1.35 + 0.01 * height, (half * 1.35 + 0.01 * height) * flat
    columns = (np.arange(width) + 0.5 - x) / max(rx, 1)
    rows = (np.arange(height) + 0.5 - y) / max(ry, 1)
    inside_y, inside_x = np.nonzero(np.abs(rows) < 1)[0], np.nonzero(np.abs(columns) < 1)[0]
    if not len(inside_y) or not len(inside_x):
        return
    part = np.s_[inside_y[0] : inside_y[-1] + 1, inside_x[0] : inside_x[-1] + 1]
    spot = np.clip(1.0 - (columns[None, part[1]] ** 2 + rows[part[0], None] ** 2), 0, 1)
    spot = (spot * spot * (3 - 2 * spot) * 0.42)[..., None].astype(np.float32)
    picture[part] *= 1 - spot * np.array([0.95, 0.9, 0.75], np.float32)
