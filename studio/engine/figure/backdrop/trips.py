"""Where people travel to: the beach and the mountains."""

from __future__ import annotations

import numpy as np

from ..filters import noise
from ..shape.curves import smoothstep
from .place import LEAF, WHITE, Array, Place, Plane, blend, lit, place_of, rgb
from .props import fir, palm, parasol
from .stage import Stage, scene

_SUN = np.array([1.0, 0.95, 0.80], np.float32)
_MOON = np.array([0.93, 0.94, 0.98], np.float32)


@scene("beach")
def _beach(stage: Stage) -> None:
    place = place_of(stage)
    place.sky(0.55)
    _sun(place, -0.56, 0.66)
    deep, light = {
        "day": (rgb(0x1F86B5), rgb(0x7FD6DE)),
        "sunset": (rgb(0x7A5A86), rgb(0xF2A877)),
        "night": (rgb(0x16254F), rgb(0x2F4A80)),
    }[place.hour]
    deep, light = place.bright(deep), place.bright(light)
    shore = place.at(11.0).y(0.0)
    end = 0.5 - 0.004
    rows, columns = stage.part(-stage.half, stage.half, shore - 0.06, end)
    x, y = stage.x[:1, columns], stage.y[rows, :1]
    t = np.clip((end - y) / max(end - shore, 0.02), 0, 1)[..., None]
    place.paint(rows, columns, smoothstep(end + 0.001, end - 0.001, y) + 0 * x, deep * (1 - t) + light * t)
    glint = smoothstep(0.60, 0.72, stage.noise(0.016, 2)[rows, columns])
    way = np.exp(-(((x + 0.56 * stage.half) / (0.05 + 0.5 * (end - y))) ** 2))
    place.paint(rows, columns, glint * (0.30 + 0.65 * way), place.bright(WHITE))
    _boat(place.at(90.0), place.at(90.0).half * 0.40)
    sand = place.own(stage.bottom, rgb(0xEEDCAE))
    edge = shore + 0.010 * np.sin(stage.x[:1] * 8 + 1.0) + 0.004 * np.sin(stage.x[:1] * 27)
    low = slice(max(0, int((1 - shore - 0.05) * stage.height)), stage.height)
    y = stage.y[low, :1]
    for lift, colour, share in ((0.022, WHITE, 0.75), (0.013, lit(sand, 0.80), 1.0), (-0.012, sand, 1.0)):
        near = np.clip((edge + lift - y) * stage.height + 0.5, 0, 1)
        place.paint(low, slice(None), near * np.float32(share), colour)
    grain = smoothstep(0.56, 0.74, stage.noise(0.022, 2)[low]) * (y < edge - 0.02)
    place.paint(low, slice(None), grain * np.float32(0.35), lit(sand, 0.88))
    trees = place.at(6.5)
    palm(trees, -trees.half * 0.84, 2.15)
    near = place.at(3.4)
    at = near.half * 0.72
    parasol(near, at)
    near.oval(at - 0.25, 0.02, 0.75, 0.055, rgb(0x3FA7B5))
    near.oval(at - 0.25, 0.03, 0.62, 0.035, rgb(0xF4F1E8))
    near.oval(at + 0.55, 0.16, 0.17, 0.17, rgb(0xF4F1E8))
    near.oval(at + 0.50, 0.19, 0.08, 0.13, rgb(0xE4572E), 1.0, 20)
    place.finish()


def _sun(place: Place, u: float, y: float) -> None:
    """The sun low over the horizon at dusk, the moon at night."""
    stage = place.stage
    if place.hour == "day":
        return
    colour = place.bright(_SUN if place.hour == "sunset" else _MOON)
    x, radius = u * stage.half, 0.050 if place.hour == "sunset" else 0.034
    rows, columns = stage.part(x - radius, x + radius, y - radius, y + radius)
    r = np.hypot(stage.x[:1, columns] - x, stage.y[rows, :1] - y) / radius
    place.paint(rows, columns, np.clip((1 - r) * radius * stage.height + 0.5, 0, 1), colour)
    place.light(x, y, radius, _SUN if place.hour == "sunset" else _MOON, 0.5)


def _boat(plane: Plane, cx: float) -> None:
    """A sailing boat far out."""
    plane.poly([(cx - 2.0, 0.9), (cx + 2.2, 0.9), (cx + 1.5, 0.0), (cx - 1.4, 0.0)], rgb(0x6B4630))
    plane.poly([(cx, 6.4), (cx + 2.0, 1.2), (cx, 1.2)], WHITE)
    plane.poly([(cx - 0.2, 5.4), (cx - 0.2, 1.2), (cx - 1.7, 1.2)], lit(WHITE, 0.88))


@scene("mountains")
def _mountains(stage: Stage) -> None:
    place = place_of(stage)
    place.sky(0.6)
    air = np.asarray(stage.picture[min(stage.height - 1, stage.height // 2), 0])
    rock = place.own(blend(stage.top, rgb(0x5C6B80), 0.75), rgb(0x5C6B80))
    _peaks(place, 0.42, 0.50, 3, blend(rock, air / max(1.0, float(air.max())), 0.40), 0.20)
    _peaks(place, 0.40, 0.20, 5, blend(rock, LEAF, 0.30), 0.0)
    green = place.own(stage.bottom, rgb(0x7FA650))
    hills = blend(green, LEAF, 0.5)
    stage.ridge(0.40, 0.10, 0.5, lit(hills, 0.80))
    place.floor(blend(green, rgb(0x8DB35A), 0.6), 26.0)
    end = place.at(26.0).y(0.0)
    tufts = smoothstep(0.58, 0.72, stage.noise(0.020, 2)) * (stage.y < end - 0.01)
    stage.mix(tufts, lit(blend(green, rgb(0x8DB35A), 0.6), 1.18), 0.45)
    for z, u, tall in ((42.0, -0.36, 3.6), (36.0, 0.30, 3.4), (28.0, 0.90, 3.4), (20.0, -0.92, 3.2)):
        plane = place.at(z)
        fir(plane, plane.half * u, tall)
    for u, size in ((-0.64, 0.26), (-0.50, 0.15), (0.72, 0.22)):
        near = place.at(3.2)
        near.shadow(near.half * u, size, 0.35)
        near.oval(near.half * u, size * 0.4, size, size * 0.62, lit(rgb(0x8B8F94), 0.82))
        near.oval(near.half * u - size * 0.15, size * 0.5, size * 0.8, size * 0.46, rgb(0x9DA2A7))
    place.finish()


def _peaks(place: Place, base: float, rise: float, count: int, rock: Array, snow: float) -> None:
    """A chain of peaks with lit and shaded flanks, and snow from so far below their tops."""
    stage, rng = place.stage, place.stage.rng
    xs, ys = [-stage.half - 0.3], [base]
    step = (2 * stage.half + 0.3) / count
    for k in range(count):
        x = -stage.half + step * (k + float(rng.uniform(0.15, 0.60)))
        xs += [x, x + step * float(rng.uniform(0.40, 0.55))]
        ys += [base + rise * float(rng.uniform(0.55, 1.0)), base + rise * float(rng.uniform(0.10, 0.35))]
    order = np.argsort(xs)
    at, tops = np.array(xs, np.float32)[order], np.array(ys, np.float32)[order]
    x = stage.x[0]
    seed = int(rng.integers(1 << 30))
    rough = noise(2, stage.width, max(2.0, 0.05 * stage.height), seed, 3)[:1] - np.float32(0.5)
    crest = np.interp(x, at, tops).astype(np.float32)[None] + rough * np.float32(0.035)
    rows = slice(max(0, int((1 - float(crest.max())) * stage.height) - 1), int((1.1 - base) * stage.height))
    y = stage.y[rows, :1]
    mask = np.clip((crest - y) * stage.height + np.float32(0.5), 0, 1)
    place.paint(rows, slice(None), mask, rock)
    depth = np.maximum(crest - y, 0)
    crumpled = noise(mask.shape[0], mask.shape[1], max(1.5, 0.06 * stage.height), seed + 1, 2) - np.float32(
        0.5
    )
    # Ridges run down to the right of their tops: what lies left of them has the light.
    slanted = x[None] - np.float32(0.30) * depth + crumpled * np.float32(0.05)
    edge = np.searchsorted(at, slanted)
    rises = np.append(np.insert(np.diff(tops), 0, 1.0), -1.0) > 0
    sunny = rises[edge] * mask
    place.paint(rows, slice(None), sunny * np.float32(0.55), lit(rock, 1.28))
    if not snow:
        return
    line = np.float32(snow) * (1 + 1.6 * crumpled) * np.clip((crest - base) / np.float32(rise), 0.0, 1.0)
    white = mask * np.clip((line - depth) * (stage.height * 0.5) + 0.5, 0, 1)
    place.paint(rows, slice(None), white, lit(WHITE, 0.84) * np.array([0.95, 0.98, 1.04], np.float32))
    place.paint(rows, slice(None), white * sunny, WHITE)
