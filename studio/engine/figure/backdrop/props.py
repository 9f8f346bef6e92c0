"""What everyday places are furnished with: windows, lamps, plants, trees, shelves, tables, cups, boards."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .place import BLACK, LAMP, LEAF, STEEL, WHITE, WOOD, Plane, blend, lit, rgb
from .place import Array as Array

CLOTHS = tuple(rgb(code) for code in (0xC8553D, 0x2F6690, 0xE0A458, 0x5B8E7D, 0x9B5DE5, 0xD98CB3, 0x3D405B))
_OUTSIDE = {
    "day": (rgb(0xBFE3F7), rgb(0x8FB9D8), rgb(0x86A871)),
    "sunset": (rgb(0xFFC58A), rgb(0xB0707C), rgb(0x8A6B4F)),
    "night": (rgb(0x2A3468), rgb(0x1D2348), rgb(0x1C2B33)),
}


def window(
    plane: Plane, cx: float, half: float, low: float, high: float, frame: Array, view: str = "trees",
    panes: tuple[int, int] = (2, 2),
) -> None:  # fmt: skip
    """A window with what is outside at this hour: trees or a city."""
    hour, rng = plane.place.hour, plane.place.stage.rng
    sky, far, green = (plane.place.bright(tone) for tone in _OUTSIDE[hour])
    plane.box(cx - half - 0.06, cx + half + 0.06, low - 0.06, high + 0.06, frame)
    plane.box(cx - half, cx + half, low, high, sky)
    plane.box(cx - half, cx + half, low, (low + high) / 2, blend(sky, WHITE, 0.25), 0.4)
    tall = high - low
    if view == "city":
        x = cx - half
        while x < cx + half - 0.02:
            wide = min(float(rng.uniform(0.10, 0.22)), cx + half - x)
            top = low + tall * float(rng.uniform(0.25, 0.68))
            plane.box(x, x + wide, low, top, blend(far, sky, float(rng.uniform(0, 0.35))))
            if hour == "night":
                for at in np.arange(low + 0.06, top - 0.05, 0.13):
                    left = x + wide * float(rng.uniform(0.2, 0.6))
                    plane.shine(left, left + 0.04, float(at), float(at) + 0.05, LAMP, 0.8)
            x += wide
    elif view == "trees":
        for k in range(4):
            at = cx + half * (-0.75 + 0.5 * k)
            plane.box(
                at - half * 0.27, at + half * 0.27, low, low + tall * float(rng.uniform(0.15, 0.4)), green
            )
    across, up = panes
    for k in range(1, across):
        at = cx - half + 2 * half * k / across
        plane.box(at - 0.02, at + 0.02, low, high, frame)
    for k in range(1, up):
        at = low + tall * k / up
        plane.box(cx - half, cx + half, at - 0.018, at + 0.018, frame)
    plane.box(cx - half - 0.10, cx + half + 0.10, low - 0.11, low - 0.05, lit(frame, 1.08))
    if hour != "night":
        plane.poly(
            [(cx - half * 0.5, high), (cx - half * 0.1, high), (cx - half * 0.6, low), (cx - half, low)],
            WHITE, 0.16,
        )  # fmt: skip


def curtain(plane: Plane, x0: float, x1: float, low: float, high: float, colour: Array) -> None:
    """Cloth that hangs in folds."""
    plane.slab(x0, x1, low, high, colour, 0.12)
    folds = max(3, int((x1 - x0) / 0.07))
    for k in range(folds):
        at = x0 + (x1 - x0) * (k + 0.6) / folds
        plane.box(at, at + (x1 - x0) / folds * 0.35, low, high, lit(colour, 0.84), 0.7)


def pendant(
    plane: Plane, cx: float, low: float, colour: Array, size: float = 0.17, globe: bool = False
) -> None:
    """A lamp that hangs from the ceiling."""
    plane.box(cx - 0.009, cx + 0.009, low + size, low + 6, BLACK)
    if globe:
        plane.oval(cx, low + size * 0.6, size * 0.62, size * 0.62, blend(LAMP, WHITE, 0.5))
        plane.lamp(cx, low + size * 0.6, size * 0.55)
        return
    plane.oval(cx, low + 0.02, size * 0.42, size * 0.30, blend(LAMP, WHITE, 0.4))
    plane.poly(
        [
            (cx - size * 0.25, low + size),
            (cx + size * 0.25, low + size),
            (cx + size, low),
            (cx - size, low),
        ],
        colour,
    )
    plane.lamp(cx, low - 0.01, size * 0.34)


def floor_lamp(plane: Plane, cx: float, top: float) -> None:
    """A lamp with a cloth shade on a stand."""
    plane.shadow(cx, 0.18)
    plane.box(cx - 0.014, cx + 0.014, 0.0, top - 0.2, BLACK)
    plane.box(cx - 0.14, cx + 0.14, 0.0, 0.03, BLACK)
    shade(plane, cx, top - 0.30, 0.22)


def shade(plane: Plane, cx: float, low: float, half: float) -> None:
    """A lamp shade of cloth, lit from within."""
    high = low + half * 1.25
    plane.poly(
        [(cx - half * 0.68, high), (cx + half * 0.68, high), (cx + half, low), (cx - half, low)],
        rgb(0xF6E3BC),
    )
    plane.lamp(cx, low + half * 0.55, half * 0.45, LAMP, 0.42)


def plant(plane: Plane, cx: float, base: float, tall: float, pot: Array) -> None:
    """A plant in a pot."""
    high = base + tall * 0.34
    half = tall * 0.17
    for k, turn in enumerate((18, -24, 48, -52, 76, -74, 2)):
        a = np.radians(turn)
        long = tall * (0.62 - 0.0026 * abs(turn))
        x, y = cx + np.sin(a) * long * 0.5, high + np.cos(a) * long * 0.5
        plane.oval(x, y, tall * 0.062, long * 0.52, lit(LEAF, 0.84 + 0.07 * (k % 5)), 1.0, -turn)
    plane.poly(
        [(cx - half, high), (cx + half, high), (cx + half * 0.72, base), (cx - half * 0.72, base)], pot
    )
    plane.box(cx - half * 1.06, cx + half * 1.06, high - tall * 0.05, high, lit(pot, 1.12))


def foliage(plane: Plane, cx: float, cy: float, rx: float, ry: float, colour: Array, count: int = 16) -> None:
    """A clump of leaves, lit from the upper left."""
    rng = plane.place.stage.rng
    plane.oval(cx, cy, rx * 0.86, ry * 0.86, lit(colour, 0.82))
    for _ in range(count):
        a, far = float(rng.uniform(0, 2 * np.pi)), float(np.sqrt(rng.uniform(0.05, 1)))
        x, y = np.cos(a) * far, np.sin(a) * far
        light = 0.94 + 0.17 * (y * 0.8 - x * 0.6)
        size = float(rng.uniform(0.24, 0.40))
        plane.oval(cx + x * rx * 0.80, cy + y * ry * 0.80, rx * size, ry * size * 0.8, lit(colour, light))


def tree(plane: Plane, cx: float, tall: float, colour: Array = LEAF, bark: Array | None = None) -> None:
    """A tree with a round crown."""
    bark = rgb(0x6B4E38) if bark is None else bark
    half = tall * 0.032
    plane.shadow(cx, tall * 0.20, 0.30)
    plane.poly(
        [
            (cx - half * 0.6, tall * 0.55),
            (cx + half * 0.6, tall * 0.55),
            (cx + half, 0.0),
            (cx - half, 0.0),
        ],
        bark,
    )
    for sign, y, size in ((-1, 0.60, 0.20), (1, 0.62, 0.19), (0, 0.78, 0.24)):
        foliage(plane, cx + sign * tall * 0.15, tall * y, tall * size, tall * size * 0.8, colour, 11)


def framed(plane: Plane, cx: float, cy: float, half: float, tall: float, colour: Array) -> None:
    """A picture on the wall."""
    plane.box(cx - half - 0.015, cx + half + 0.035, cy - tall - 0.04, cy + tall, BLACK, 0.18)
    plane.box(cx - half, cx + half, cy - tall, cy + tall, lit(WOOD, 0.7))
    plane.box(cx - half + 0.03, cx + half - 0.03, cy - tall + 0.03, cy + tall - 0.03, WHITE)
    inner = half - 0.07
    plane.slab(cx - inner, cx + inner, cy - tall + 0.07, cy + tall - 0.07, colour)
    plane.oval(cx - inner * 0.2, cy + tall * 0.12, inner * 0.4, inner * 0.4, lit(colour, 1.35))
    plane.poly(
        [(cx + inner * 0.2, cy), (cx + inner, cy - tall + 0.07), (cx - inner, cy - tall + 0.07)],
        lit(colour, 0.7),
    )


def books(plane: Plane, x0: float, x1: float, low: float, tall: float) -> None:
    """A row of books of all colours."""
    rng, x = plane.place.stage.rng, x0
    while x < x1 - 0.05:
        wide = float(rng.uniform(0.045, 0.095))
        high = tall * float(rng.uniform(0.72, 0.98))
        colour = CLOTHS[int(rng.integers(len(CLOTHS)))]
        plane.box(x, min(x + wide - 0.008, x1), low, low + high, lit(colour, float(rng.uniform(0.72, 1.15))))
        plane.box(x, min(x + wide - 0.008, x1), low + high * 0.72, low + high * 0.78, WHITE, 0.5)
        x += wide


def shelves(plane: Plane, x0: float, x1: float, rows: Sequence[float], tall: float, wood: Array) -> None:
    """A case of shelves at these heights, filled with books."""
    low, high = rows[0] - 0.08, rows[-1] + tall + 0.10
    plane.box(x0 - 0.05, x1 + 0.05, low, high, wood)
    for row in rows:
        plane.box(x0, x1, row, row + tall + 0.04, lit(wood, 0.55))
        books(plane, x0 + 0.01, x1 - 0.01, row, tall)
        plane.box(x0, x1, row - 0.035, row, lit(wood, 1.18))


def cup(plane: Plane, cx: float, base: float, size: float = 0.10, colour: Array = WHITE) -> None:
    """A cup with a handle on its saucer."""
    plane.oval(cx + size * 0.55, base + size * 0.5, size * 0.28, size * 0.26, lit(colour, 0.84))
    plane.oval(cx + size * 0.55, base + size * 0.5, size * 0.15, size * 0.13, lit(WOOD, 0.9))
    plane.poly(
        [
            (cx - size * 0.55, base + size),
            (cx + size * 0.55, base + size),
            (cx + size * 0.38, base),
            (cx - size * 0.38, base),
        ],
        colour,
    )
    plane.box(cx + size * 0.18, cx + size * 0.42, base + size * 0.1, base + size, lit(colour, 0.86), 0.7)
    plane.oval(cx, base, size * 0.85, size * 0.11, lit(colour, 0.92))


def bottle(plane: Plane, cx: float, base: float, tall: float, colour: Array) -> None:
    """A bottle with a label."""
    half = tall * 0.14
    plane.box(cx - half, cx + half, base, base + tall * 0.62, colour)
    plane.box(cx - half * 0.4, cx + half * 0.4, base + tall * 0.6, base + tall, lit(colour, 0.9))
    plane.box(cx - half, cx + half, base + tall * 0.18, base + tall * 0.42, rgb(0xEFE3C8), 0.9)
    plane.box(cx - half * 0.75, cx - half * 0.4, base, base + tall * 0.6, WHITE, 0.3)


def table(plane: Plane, cx: float, half: float, tall: float, colour: Array) -> None:
    """A table on a foot."""
    plane.shadow(cx, half, 0.34)
    plane.slab(cx - 0.035, cx + 0.035, 0.03, tall - 0.03, BLACK)
    plane.oval(cx, 0.03, half * 0.45, 0.03, BLACK)
    plane.slab(cx - half, cx + half, tall - 0.05, tall, colour)


def chair(plane: Plane, cx: float, colour: Array, seat: float = 0.46, high: float = 0.92) -> None:
    """A chair that is seen from the front."""
    plane.shadow(cx, 0.26, 0.3)
    for x in (-0.20, 0.17):
        plane.box(cx + x, cx + x + 0.03, 0.0, high, lit(colour, 0.8))
    plane.slab(cx - 0.20, cx + 0.20, high - 0.30, high, colour)
    plane.slab(cx - 0.23, cx + 0.23, seat - 0.06, seat, lit(colour, 0.95))


def lines(plane: Plane, x0: float, x1: float, y: float, count: int, step: float, colour: Array) -> None:
    """Rows of writing that nobody can read."""
    rng = plane.place.stage.rng
    for k in range(count):
        x, row = x0, y - k * step
        while x < x1 - 0.06:
            wide = float(rng.uniform(0.05, 0.16))
            plane.box(x, min(x1, x + wide), row - step * 0.22, row + step * 0.12, colour, 0.85)
            x += wide + 0.035


def bench(plane: Plane, cx: float, half: float) -> None:
    """A bench of slats with a back."""
    plane.shadow(cx, half, 0.36)
    for x in (-half * 0.85, half * 0.78):
        plane.box(cx + x, cx + x + 0.06, 0.0, 0.86, rgb(0x3A3D42))
    for y, tall in ((0.42, 0.07), (0.56, 0.09), (0.68, 0.09), (0.80, 0.09)):
        plane.slab(cx - half, cx + half, y, y + tall, rgb(0xA9713F))


def railing(plane: Plane, high: float, step: float, colour: Array) -> None:
    """Bars from side to side."""
    half = plane.half + 0.1
    for x in np.arange(-half, half, step):
        plane.box(float(x), float(x) + 0.022, 0.0, high, colour)
    plane.slab(-half, half, high - 0.05, high, colour)


def street_lamp(plane: Plane, cx: float, tall: float) -> None:
    """A lamp on a post in the open."""
    plane.shadow(cx, 0.16, 0.3)
    iron = rgb(0x2E3338)
    plane.box(cx - 0.035, cx + 0.035, 0.0, tall - 0.3, iron)
    plane.box(cx - 0.08, cx + 0.08, 0.0, 0.28, iron)
    plane.poly(
        [(cx - 0.15, tall), (cx + 0.15, tall), (cx + 0.09, tall - 0.34), (cx - 0.09, tall - 0.34)],
        rgb(0xF4E7C4),
    )
    plane.poly([(cx, tall + 0.14), (cx + 0.19, tall), (cx - 0.19, tall)], iron)
    plane.lamp(cx, tall - 0.16, 0.09, LAMP, 0.35)


def pot_light(plane: Plane, y: float, xs: Sequence[float], size: float = 0.05) -> None:
    """Small lights in a row, as below a ceiling."""
    for x in xs:
        plane.box(x - size * 1.2, x + size * 1.2, y, y + size, STEEL)
        plane.lamp(x, y, size * 0.7, LAMP, 0.4)


def garland(plane: Plane, y: float, sag: float, count: int) -> None:
    """Small lamps on a cable that hangs in bows."""
    half = plane.half
    for k in range(count * 6 + 1):
        t = k / (count * 6)
        x = -half + 2 * half * t
        drop = sag * abs(np.sin(t * np.pi * 2.5))
        plane.box(x, x + half / (count * 3), y - drop - 0.008, y - drop + 0.008, BLACK, 0.8)
        if k % 6 == 3:
            plane.oval(x, y - drop - 0.05, 0.035, 0.045, blend(LAMP, WHITE, 0.4))
            plane.lamp(x, y - drop - 0.05, 0.035, LAMP, 0.55)


def palm(plane: Plane, cx: float, tall: float) -> None:
    """A palm tree that leans a little."""
    plane.shadow(cx, 0.5, 0.3)
    for k in range(12):
        t = k / 12
        x = cx + 0.32 * t * t * (1 if cx < 0 else -1)
        plane.slab(x - 0.10 + 0.03 * t, x + 0.10 - 0.03 * t, tall * t, tall * (t + 0.09), rgb(0x9C7A55), 0.3)
    x, green = cx + 0.32 * (1 if cx < 0 else -1), lit(LEAF, 1.10)
    for k, turn in enumerate((0, 34, -34, 66, -66, 100, -100, 128, -128)):
        a = np.radians(turn)
        long = 0.78
        px, py = x + np.sin(a) * long * 0.8, tall + np.cos(a) * long * 0.55 + 0.05
        plane.oval(px, py, 0.13, long, lit(green, 0.80 + 0.07 * (k % 4)), 1.0, -turn * 0.92)
    for sign in (-1, 1):
        plane.oval(x + 0.09 * sign, tall - 0.02, 0.09, 0.10, rgb(0x6B4E38))


def parasol(plane: Plane, cx: float) -> None:
    """A striped parasol on its pole."""
    plane.shadow(cx, 0.9, 0.35)
    plane.box(cx - 0.028, cx + 0.028, 0.0, 2.02, rgb(0xB98A5C))
    for k in range(6):
        left, right = -0.92 + 1.84 * k / 6, -0.92 + 1.84 * (k + 1) / 6
        colour = (WHITE, rgb(0xE4572E))[k % 2]
        plane.poly([(cx, 2.36), (cx + right, 1.92), (cx + left, 1.92)], colour)


def fir(plane: Plane, cx: float, tall: float, snow: bool = False) -> None:
    """A fir in tiers, lit from the left, or with snow on that side."""
    green = rgb(0x2F5D46) if snow else rgb(0x35604A)
    plane.shadow(cx, tall * 0.2, 0.28)
    plane.box(cx - tall * 0.022, cx + tall * 0.022, 0.0, tall * 0.2, rgb(0x5A4332))
    for k in range(4):
        low, wide = tall * (0.11 + 0.21 * k), tall * ((0.29 if snow else 0.25) - 0.050 * k)
        high = low + tall * 0.36
        plane.poly([(cx, high), (cx + wide, low), (cx - wide, low)], lit(green, 0.88 + 0.06 * k))
        if snow:
            middle = low + tall * 0.12
            plane.poly([(cx, high), (cx + wide * 0.1, middle), (cx - wide * 0.62, middle)], WHITE, 0.85)
        else:
            plane.poly([(cx, high), (cx, low), (cx - wide, low)], lit(green, 1.04 + 0.07 * k), 0.8)
