"""The canvas that scenes are painted on, and which function paints which scene."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..filters import noise
from ..oklab import from_lab, to_lab
from ..registering import remember
from ..shape.curves import smoothstep

Array = np.ndarray


def deeper(colour: Array, by: float) -> Array:
    """The colour, darker (by < 0: lighter)."""
    lab = to_lab(colour)
    lab[0] = min(1.0, max(0.03, lab[0] - by))
    return from_lab(lab)


def between(a: Array, b: Array, share: float) -> Array:
    """A colour between two."""
    return from_lab(to_lab(a) * (1 - share) + to_lab(b) * share)


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
        rows, columns = self.part(x0, x1, y0, y1)
        x, y = self.x[rows, columns], self.y[rows, columns]
        soft = 0.0015
        mask = smoothstep(-soft, soft, x - x0) * smoothstep(-soft, soft, x1 - x)
        mask = mask * smoothstep(-soft, soft, y - y0) * smoothstep(-soft, soft, y1 - y) * share
        self.lay(rows, columns, mask, colour)

    def ring(self, cx: float, cy: float, radius: float, colour: Array, share: float = 1.0) -> None:
        """A thin circle: a bubble."""
        rows, columns = self.part(cx - radius * 2, cx + radius * 2, cy - radius * 2, cy + radius * 2)
        r = np.sqrt((self.x[rows, columns] - cx) ** 2 + (self.y[rows, columns] - cy) ** 2)
        self.lay(rows, columns, smoothstep(0.003, 0.0, np.abs(r - radius)) * share, colour)

    def pit(self, cx: float, cy: float, wide: float, ground: Array) -> None:
        """A shallow hole in the ground with a lit rim."""
        tall = wide * 0.28
        rows, columns = self.part(cx - wide * 1.3, cx + wide * 1.3, cy - tall * 1.3, cy + tall * 1.3)
        x, y = self.x[rows, columns] - cx, self.y[rows, columns] - cy
        r = np.sqrt((x / wide) ** 2 + (y / tall) ** 2)
        self.lay(rows, columns, smoothstep(1.15, 0.95, r) * 0.8, deeper(ground, -0.07))
        self.lay(rows, columns, smoothstep(0.95, 0.80, r) * 0.9, deeper(ground, 0.13))

    def blade(self, cx: float, base: float, tall: float, sway: float, colour: Array) -> None:
        """A leaf of grass or weed that tapers and sways."""
        rows, columns = self.part(cx - 0.03 - sway, cx + 0.03 + sway, base, base + tall)
        up = (self.y[rows, columns] - base) / tall
        away = np.abs(self.x[rows, columns] - cx - sway * np.sin(up * 6 + cx * 40))
        leaf = smoothstep(0.010, 0.004, away / np.maximum(0.15, 1 - up)) * (up > 0) * (up < 1)
        self.lay(rows, columns, leaf, colour)

    def trunk(self, cx: float, half: float, lean: float, colour: Array) -> None:
        """A slightly crooked tree from the horizon up."""
        rows, columns = self.part(cx - half - 0.02, cx + half + 0.02, self.horizon - 0.03, 1.0)
        y = self.y[rows, columns]
        away = np.abs(self.x[rows, columns] - cx - 0.012 * np.sin(y * 7 + lean))
        self.lay(rows, columns, smoothstep(half + 0.002, half - 0.002, away), colour)

    def lay(self, rows: slice, columns: slice, mask: Array, colour: Array) -> None:
        """Lay a colour over a masked part of so many rows and columns."""
        part = self.picture[rows, columns]
        part += (np.asarray(colour, np.float32) - part) * mask[..., None].astype(np.float32)

    def part(self, x0: float, x1: float, y0: float, y1: float) -> tuple[slice, slice]:
        """The rows and columns that a rectangle touches."""
        top, bottom = int((1 - y1) * self.height) - 3, int((1 - y0) * self.height) + 4
        left, right = (int(x * self.height + self.width / 2) for x in (x0, x1))
        rows = slice(min(max(0, top), self.height), min(max(0, bottom), self.height))
        return rows, slice(min(max(0, left - 3), self.width), min(max(0, right + 4), self.width))

    @property
    def half(self) -> float:
        """Half the width, in picture heights."""
        return self.width / self.height / 2

    def gable(self, cx: float, base: float, width: float, rise: float, colour: Array) -> None:
        """A pointed roof, a cone, a pyramid: a triangle on its base."""
        slope = (base + rise - self.y) * (width / rise)
        self.mix(smoothstep(-0.002, 0.002, slope - np.abs(self.x - cx)) * (self.y > base - 0.002), colour)

    def column(self, cx: float, half: float, base: float, top: float, colour: Array) -> None:
        """A fluted column with light from the left."""
        self.box(cx - half, cx + half, base, top, colour)
        for k, share in ((-0.55, -0.05), (0.15, 0.05), (0.60, 0.11)):
            self.box(cx + half * k, cx + half * (k + 0.22), base, top, deeper(colour, share))
        for y in (base, top - 0.025):
            self.box(cx - half * 1.35, cx + half * 1.35, y, y + 0.025, deeper(colour, 0.04))

    def seams(self, colour: Array, count: float, share: float = 0.6) -> None:
        """Joints of a floor that run away from the viewer."""
        fan = self.x / np.maximum(0.15, self.horizon + 0.16 - self.y)
        lines = smoothstep(0.47, 0.5, np.abs((fan * count) % 1.0 - 0.5)) * (self.y < self.horizon)
        self.mix(lines, colour, share)

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
_SCENES: dict[str, Painter] = {}


def scene(*names: str) -> Callable[[Painter], Painter]:
    """Register a function as the painter of these scenes."""
    return remember(_SCENES, names)


def painter(name: str) -> Painter | None:
    """The function that paints a scene."""
    return _SCENES.get(name)


def scenes() -> tuple[str, ...]:
    """All registered scenes."""
    return tuple(_SCENES)
