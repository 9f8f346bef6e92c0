"""Everyday places with depth: the size of things some metres behind the figure, the hour, lamps and the lens.

Lengths are metres. A place is seen by a lens wider than the figure's own, so that more of it is recognised:
half pictures show what is around head and shoulders, and are softer the nearer the camera is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from ..filters import blur
from ..shape.curves import smoothstep
from .stage import Stage

Array = np.ndarray
_LENS = 3.0  # from the camera to the figure, in heights of the frame
# An adult is framed with the camera at such a height: 0.92 m for the whole, 1.4 m for head and shoulders.
_EYE_M, _EYE_PER_FRAME = 1.758, 0.49
_EYE_AT = 0.5  # the eye level in the picture: the line on which all that is level and far away ends
_FULL_FRAME_M = 1.87
_TINTS = {
    ("day", True): (1.0, 1.0, 1.0),
    ("day", False): (1.0, 1.0, 1.0),
    ("sunset", True): (1.02, 0.89, 0.78),
    ("sunset", False): (1.02, 0.80, 0.70),
    ("night", True): (0.66, 0.57, 0.55),
    ("night", False): (0.40, 0.42, 0.62),
}
_SKIES = {
    "day": ((0.93, 0.97, 1.0), (0.55, 0.77, 0.96)),
    "sunset": ((1.0, 0.86, 0.64), (0.96, 0.58, 0.48)),
    "night": ((0.30, 0.26, 0.46), (0.08, 0.10, 0.24)),
}
LAMP = np.array([1.0, 0.84, 0.56], np.float32)
WHITE = np.array([0.98, 0.98, 0.97], np.float32)
LEAF = np.array([0.30, 0.50, 0.26], np.float32)
WOOD = np.array([0.58, 0.40, 0.26], np.float32)
STEEL = np.array([0.72, 0.74, 0.78], np.float32)
BLACK = np.array([0.13, 0.13, 0.15], np.float32)


def rgb(code: int) -> Array:
    """A colour by its six hexadecimal digits."""
    return np.array([code >> 16 & 255, code >> 8 & 255, code & 255], np.float32) / 255


def lit(colour: Array, share: float) -> Array:
    """The colour in more light (share above 1) or in less."""
    return np.clip(np.asarray(colour, np.float32) * np.float32(share), 0, 1)


def blend(a: Array, b: Array, share: float) -> Array:
    """So much of the second colour in the first."""
    return np.asarray(a * (1 - share) + b * share, np.float32)


@dataclass(eq=False)
class Place:
    """A scene being built: `frame` metres are seen at the figure, from a camera at the height `eye`."""

    stage: Stage
    hour: str
    frame: float
    eye: float
    indoors: bool
    glows: list[tuple[float, float, float, Array, float]] = field(default_factory=list)

    def at(self, z: float) -> Plane:
        """What stands so many metres behind the figure."""
        return Plane(self, z, _LENS / (_LENS * self.frame + z))

    def own(self, said: Array, usual: Array) -> Array:
        """A colour that words may give; at night and dusk theirs is the colour of the light."""
        return np.asarray(said if self.hour == "day" else usual, np.float32)

    def bright(self, colour: Array) -> Array:
        """A colour that stays as it is when the hour darkens all others: sky, lamps, lit windows."""
        return np.asarray(colour, np.float32) / np.array(_TINTS[self.hour, self.indoors], np.float32)

    def paint(self, rows: slice, columns: slice, mask: Array, colour: Array) -> None:
        """Lay a colour, or a picture of colours, over a masked part."""
        part = self.stage.picture[rows, columns]
        # Channel by channel: numpy is slow where the innermost axis is short.
        for c in range(3):
            channel = part[..., c]
            channel += (colour[..., c] - channel) * mask

    def rect(self, x0: float, x1: float, y0: float, y1: float, colour: Array, share: float = 1.0) -> None:
        """An upright rectangle in picture heights; what is thinner than a pixel is fainter."""
        stage = self.stage
        columns, across = _cover(
            x0 * stage.height + stage.width / 2, x1 * stage.height + stage.width / 2, stage.width
        )
        rows, down = _cover((1 - y1) * stage.height, (1 - y0) * stage.height, stage.height)
        if len(across) and len(down):
            self.paint(rows, columns, down[:, None] * (across * np.float32(share)), colour)

    def sky(self, over: float = 0.35) -> None:
        """The sky of the hour, in the words' colour by day."""
        low, high = (np.array(part, np.float32) for part in _SKIES[self.hour])
        if self.hour == "day":
            low, high = blend(low, self.stage.top, 0.25), blend(high, self.stage.top, 0.7)
        self.stage.run(self.bright(low), self.bright(high), _EYE_AT - 0.1, 1.0)
        if self.hour == "night":
            self.stage.stars(40, self.bright(np.array([0.95, 0.96, 1.0])))
        else:
            self.stage.clouds(self.bright(blend(low, WHITE, 0.8)), 0.75, over)

    def wall(self, colour: Array) -> None:
        """A wall over the whole picture, lighter above."""
        self.stage.run(lit(colour, 0.90), lit(colour, 1.04), 0.0, 1.0)

    def floor(self, colour: Array, wall_z: float, boards: float = 0.0, tiles: float = 0.0) -> None:
        """The ground up to a wall, with boards or tiles of so many metres."""
        stage = self.stage
        end = self.at(wall_z).y(0.0)
        first = int((1 - end) * stage.height)
        if first >= stage.height:
            return
        rows = slice(max(0, first), stage.height)
        y = stage.y[rows, :1]
        scale = np.maximum(_EYE_AT - y, 0.01) / np.float32(self.eye)
        near = np.clip((end - y) / max(0.02, end), 0, 1)[..., None]
        ground = lit(colour, 0.92) * (1 - near) + lit(colour, 1.06) * near
        mask = smoothstep(-0.001, 0.003, end - y)
        self.paint(rows, slice(None), mask, ground)
        size = boards or tiles
        if not size:
            return
        dark = lit(colour, 0.80)
        across = stage.x[:1] / (scale * np.float32(size))
        fade = np.clip(size * scale * stage.height / 9, 0, 1)
        edge = np.abs(across - np.floor(across) - np.float32(0.5))
        self.paint(rows, slice(None), smoothstep(0.455, 0.49, edge) * (mask * fade * np.float32(0.7)), dark)
        z = -_LENS * self.frame * 0.5
        while tiles and z < wall_z:
            z += tiles
            line = self.at(z).y(0.0)
            if line > -0.02:
                self.rect(-stage.half, stage.half, line - 0.0016, line + 0.0016, dark, 0.55)

    def light(self, cx: float, cy: float, size: float, colour: Array = LAMP, glow: float = 0.5) -> None:
        """Something bright around a place of the picture; it is seen best in the dark."""
        self.glows.append((cx, cy, size, np.asarray(colour, np.float32), glow))

    def finish(self) -> None:
        """The light of the hour, what lamps light up, the depth of field and what falls off to the sides."""
        stage = self.stage
        tint = _TINTS[self.hour, self.indoors]
        if min(tint) < 1:
            for c in range(3):
                stage.picture[..., c] *= np.float32(tint[c])
        if self.hour == "night":
            self._pool()
        power, reaches = {"day": (0.55, 4.5), "sunset": (0.8, 5.5), "night": (1.25, 8.0)}[self.hour]
        for cx, cy, size, colour, glow in self.glows:
            reach = size * reaches
            rows, columns = stage.part(cx - reach, cx + reach, cy - reach, cy + reach)
            x, y = stage.x[:1, columns] - np.float32(cx), stage.y[rows, :1] - np.float32(cy)
            fall = np.clip(1 - (x * x + y * y) / np.float32(reach * reach), 0, 1)
            self.paint(rows, columns, fall * fall * fall * np.float32(min(0.85, glow * power)), colour)
        self._focus()
        across = np.linspace(-1, 1, stage.width, dtype=np.float32)[None]
        up = np.linspace(1, -1, stage.height, dtype=np.float32)[:, None]
        # The figure is lit from the upper left.
        fall = 1.015 - 0.045 * across + 0.03 * up - 0.07 * (across * across + 0.6 * up * up)
        for c in range(3):
            stage.picture[..., c] *= fall

    def _pool(self) -> None:
        """The light in which the figure stands, as it is drawn no darker at night."""
        stage = self.stage
        x, y = stage.x[:1] / np.float32(0.46), stage.y[:, :1]
        ground = np.clip(1 - x * x - ((y - np.float32(stage.feet)) / np.float32(0.17)) ** 2, 0, 1)
        air = np.clip(1 - x * x - ((y - np.float32(0.55)) / np.float32(0.55)) ** 2, 0, 1)
        share = 1 + np.float32(0.55) * ground * ground + np.float32(0.30) * air * air
        for c in range(3):
            stage.picture[..., c] *= share

    def _focus(self) -> None:
        """Near cameras see what is behind softly."""
        nearer = max(1.0, _FULL_FRAME_M / self.frame)
        stage = self.stage
        np.clip(stage.picture, 0, 1, out=stage.picture)
        radius = 0.0018 * nearer**1.1 * stage.height
        if stage.height >= 200:
            radius = max(1.0, radius)
        if radius < 0.5:  # nothing to soften in so small a picture
            return
        soft = blur(stage.picture, radius)
        if nearer >= 1.3:
            stage.picture[:] = soft
            return
        stage.picture *= np.float32(0.4)
        soft *= np.float32(0.6)
        stage.picture += soft


def _cover(low: float, high: float, size: int) -> tuple[slice, Array]:
    """Which pixels lie between two places of a row, and how much of each."""
    first, last = max(0, int(np.floor(low))), min(size, int(np.ceil(high)))
    if last <= first:
        return slice(0, 0), np.zeros(0, np.float32)
    at = np.arange(first, last, dtype=np.float32)
    return slice(first, last), np.minimum(at + 1, np.float32(high)) - np.maximum(at, np.float32(low))


@dataclass(frozen=True, eq=False)
class Plane:
    """All that is equally far away: x runs from the middle to the right, y up from the ground."""

    place: Place
    z: float
    scale: float

    @property
    def half(self) -> float:
        """How many metres are seen to each side."""
        return self.place.stage.half / self.scale

    def y(self, metres: float) -> float:
        """Where this height is in the picture."""
        return _EYE_AT + (metres - self.place.eye) * self.scale

    def box(self, x0: float, x1: float, y0: float, y1: float, colour: Array, share: float = 1.0) -> None:
        """An upright rectangle."""
        self.place.rect(x0 * self.scale, x1 * self.scale, self.y(y0), self.y(y1), colour, share)

    def slab(self, x0: float, x1: float, y0: float, y1: float, colour: Array, fall: float = 0.16) -> None:
        """A rectangle that is lighter above, with a lit upper edge: furniture."""
        stage, low, high = self.place.stage, self.y(y0), self.y(y1)
        middle = stage.width / 2
        columns, across = _cover(
            x0 * self.scale * stage.height + middle, x1 * self.scale * stage.height + middle, stage.width
        )
        rows, down = _cover((1 - high) * stage.height, (1 - low) * stage.height, stage.height)
        if not (len(across) and len(down)):
            return
        up = np.clip((stage.y[rows, :1] - low) / max(high - low, 1e-4), 0, 1)[..., None]
        shaded = lit(colour, 1.05 - fall) * (1 - up) + lit(colour, 1.05) * up
        self.place.paint(rows, columns, down[:, None] * across, shaded)
        edge = min(0.025, (y1 - y0) * 0.2)
        self.box(x0, x1, y1 - edge, y1, lit(colour, 1.18), 0.8)

    def oval(
        self, cx: float, cy: float, rx: float, ry: float, colour: Array, share: float = 1.0, turn: float = 0.0
    ) -> None:
        """An ellipse, turned by so many degrees."""
        stage, k = self.place.stage, self.scale
        x0, y0 = cx * k, self.y(cy)
        a = np.radians(turn)
        c, s = float(np.cos(a)), float(np.sin(a))
        wide, tall = float(np.hypot(rx * c, ry * s)) * k, float(np.hypot(rx * s, ry * c)) * k
        rows, columns = stage.part(x0 - wide, x0 + wide, y0 - tall, y0 + tall)
        x, y = stage.x[:1, columns] - np.float32(x0), stage.y[rows, :1] - np.float32(y0)
        if not (x.size and y.size):
            return
        u, v = 1 / max(rx * k, 1e-6), 1 / max(ry * k, 1e-6)
        if turn:
            r = ((x * (c * u)) + (y * (s * u))) ** 2 + ((y * (c * v)) - (x * (s * v))) ** 2
        else:
            r = (x * u) ** 2 + (y * v) ** 2
        pixels = np.float32(min(rx, ry) * k * stage.height)
        mask = np.clip((1 - np.sqrt(r)) * pixels + np.float32(0.5), 0, min(1.0, 2 * float(pixels)))
        self.place.paint(rows, columns, mask * np.float32(share), np.asarray(colour, np.float32))

    def poly(self, corners: Sequence[tuple[float, float]], colour: Array, share: float = 1.0) -> None:
        """A convex shape; its corners go around the way of the clock."""
        stage, k = self.place.stage, self.scale
        points = [(px * k, self.y(py)) for px, py in corners]
        xs, ys = [p[0] for p in points], [p[1] for p in points]
        rows, columns = stage.part(min(xs), max(xs), min(ys), max(ys))
        x, y = stage.x[:1, columns], stage.y[rows, :1]
        if not (x.size and y.size):
            return
        mask = np.full((y.shape[0], x.shape[1]), share, np.float32)
        for (ax, ay), (bx, by) in zip(points, points[1:] + points[:1], strict=True):
            long = float(np.hypot(bx - ax, by - ay)) or 1.0
            inside = (y - np.float32(ay)) * np.float32((ax - bx) / long * stage.height) + (
                x - np.float32(ax)
            ) * np.float32((by - ay) / long * stage.height)
            mask *= np.clip(inside + np.float32(0.5), 0, 1)
        self.place.paint(rows, columns, mask, np.asarray(colour, np.float32))

    def shadow(self, cx: float, half: float, share: float = 0.35) -> None:
        """The shade of something that stands on the ground."""
        stage, k = self.place.stage, self.scale
        x0, y0, wide = cx * k, self.y(0.0), half * 1.25 * k
        tall = wide * 0.16 + 0.004
        rows, columns = stage.part(x0 - wide, x0 + wide, y0 - tall, y0 + tall)
        x, y = stage.x[:1, columns] - np.float32(x0), stage.y[rows, :1] - np.float32(y0)
        if x.size and y.size:
            r = (x * np.float32(1 / wide)) ** 2 + (y * np.float32(1 / tall)) ** 2
            self.place.paint(rows, columns, np.clip(1 - r, 0, 1) * np.float32(share), BLACK)

    def lamp(self, cx: float, cy: float, radius: float, colour: Array = LAMP, glow: float = 0.5) -> None:
        """Something round that shines."""
        place = self.place
        self.oval(cx, cy, radius, radius, place.bright(blend(colour, WHITE, 0.6)))
        place.light(cx * self.scale, self.y(cy), radius * self.scale, colour, glow)

    def shine(
        self, x0: float, x1: float, y0: float, y1: float, colour: Array = LAMP, share: float = 0.9
    ) -> None:
        """A rectangle that shines by itself."""
        self.box(x0, x1, y0, y1, self.place.bright(colour), share)


def place_of(stage: Stage, indoors: bool = False) -> Place:
    """The place of a stage: how near the camera is follows from where the ground is in the picture."""
    top = stage.top
    night = float(top.mean()) < 0.30
    dusk = float(top[0]) > 0.80 and float(top[0] - top[2]) > 0.42
    frame = _EYE_M / (2 * _EYE_AT - 0.01 - min(0.35, stage.feet))
    eye = _EYE_M - _EYE_PER_FRAME * frame
    return Place(stage, "night" if night else "sunset" if dusk else "day", frame, eye, indoors)
