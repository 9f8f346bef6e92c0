"""Everyday places in the open: park, garden, pool, roof terrace."""

from __future__ import annotations

import numpy as np

from ..shape.curves import smoothstep
from .place import LAMP, LEAF, WHITE, Array, Place, Plane, blend, lit, place_of, rgb
from .props import bench, foliage, garland, palm, parasol, railing, street_lamp, tree
from .stage import Stage, scene

_FLOWERS = tuple(rgb(code) for code in (0xE0457B, 0xF4C430, 0xFFFFFF, 0xB565D9, 0xF2744B))


def _lawn(place: Place, colour: Array, z: float) -> None:
    """Grass up to so many metres, with tufts."""
    stage = place.stage
    place.floor(colour, z)
    tufts = smoothstep(0.58, 0.72, stage.noise(0.020, 2)) * (stage.y < place.at(z).y(0.0) - 0.01)
    stage.mix(tufts, lit(colour, 1.20), 0.45)


def _path(place: Place, colour: Array, z: float, near: float, far: float, bend: float) -> None:
    """A way that leads to the back, so many metres wide near by and far away."""
    stage = place.stage
    end = place.at(z).y(0.0)
    rows, columns = stage.part(-stage.half, stage.half, 0.0, end)
    y = stage.y[rows, columns]
    if not y.size:
        return
    scale = (0.5 - y) / np.float32(place.eye)
    t = np.clip((end - y) / max(end, 0.05), 0, 1)
    middle = bend * stage.half * (1 - t) ** 2
    wide = (far * (1 - t) + near * t) * scale
    mask = smoothstep(-0.004, 0.004, wide - np.abs(stage.x[rows, columns] - middle))
    stage.lay(rows, columns, mask * (y < end), colour)


def _hedges(plane: Plane, tall: float, colour: Array, count: int = 9) -> None:
    """Bushes from side to side."""
    half = plane.half
    plane.box(-half, half, 0.0, tall * 0.72, lit(colour, 0.84))
    for k in range(count):
        x = -half + 2 * half * (k + 0.5) / count
        high = tall * float(plane.place.stage.rng.uniform(0.86, 1.1))
        foliage(plane, x, high * 0.62, half / count * 1.5, high * 0.42, colour, 8)


@scene("park")
def _park(stage: Stage) -> None:
    place = place_of(stage)
    place.sky()
    green = place.own(stage.bottom, rgb(0x86B35A))
    far = place.at(40.0)
    _hedges(far, 4.2, blend(LEAF, np.asarray(place.own(stage.top, LEAF)), 0.30), 7)
    _lawn(place, green, 40.0)
    _path(place, rgb(0xD8C49A), 40.0, 0.95, 1.5, 0.55)
    for z, u, tall in ((17.0, -0.36, 4.2), (12.0, 0.95, 3.7), (6.5, -0.90, 3.0)):
        plane = place.at(z)
        tree(plane, plane.half * u, tall, lit(LEAF, 1.20 - 0.012 * z))
    seat = place.at(3.4)
    bench(seat, seat.half * 0.66, 0.62)
    street_lamp(place.at(4.6), place.at(4.6).half * 0.30, 2.6)
    near = place.at(2.6)
    for u, size in ((-0.95, 0.42), (1.0, 0.34)):
        foliage(near, near.half * u, size * 0.5, size * 0.9, size * 0.6, lit(LEAF, 1.1), 10)
    place.finish()


def _blooms(plane: Plane, cx: float, cy: float, rx: float, ry: float, count: int, which: int) -> None:
    """Flowers on a bush."""
    rng = plane.place.stage.rng
    for k in range(count):
        a, far = float(rng.uniform(0, 2 * np.pi)), float(np.sqrt(rng.random()))
        x, y = cx + np.cos(a) * far * rx, cy + np.sin(a) * far * ry
        colour = _FLOWERS[(which + (k % 3 == 0)) % len(_FLOWERS)]
        size = float(rng.uniform(0.040, 0.062))
        plane.oval(x, y, size, size * 0.9, lit(colour, 0.88))
        plane.oval(x - size * 0.15, y + size * 0.18, size * 0.55, size * 0.5, lit(colour, 1.15))


@scene("garden")
def _garden(stage: Stage) -> None:
    place = place_of(stage)
    place.sky()
    back = place.at(9.0)
    _hedges(back, 2.0, lit(LEAF, 0.95), 6)
    _lawn(place, place.own(stage.bottom, rgb(0x8DBB5E)), 9.0)
    _path(place, rgb(0xCFC3AE), 9.0, 0.5, 0.5, 0.0)
    arch = place.at(5.6)
    white = rgb(0xF4F1E8)
    wide = min(0.95, arch.half * 0.62)
    for sign in (-1, 1):
        arch.slab(sign * wide - 0.05, sign * wide + 0.05, 0.0, 2.1, white)
    for k in range(13):
        a = np.pi * k / 12
        x, y = np.cos(a) * wide, 2.1 + np.sin(a) * 0.42
        arch.oval(x, y, 0.11, 0.09, white)
        foliage(arch, x, y + 0.04, 0.17, 0.13, lit(LEAF, 1.05), 4)
    for sign in (-1, 1):
        for k in range(4):
            foliage(arch, sign * wide, 0.5 + 0.45 * k, 0.19, 0.26, lit(LEAF, 1.05), 5)
            _blooms(arch, sign * wide, 0.5 + 0.45 * k, 0.17, 0.24, 5, 0)
    _blooms(arch, 0.0, 2.50, wide * 0.75, 0.10, 12, 0)
    fence = place.at(4.2)
    half = fence.half
    for sign in (-1, 1):
        x = half * 0.44
        while x < half + 0.1:
            fence.slab(sign * x - 0.045, sign * x + 0.045, 0.0, 0.86, WHITE)
            fence.poly([(sign * x, 0.95), (sign * x + 0.045, 0.85), (sign * x - 0.045, 0.85)], WHITE)
            x += 0.15
        low, high = sorted((sign * half * 0.42, sign * half * 1.02))
        for y in (0.24, 0.62):
            fence.box(low, high, y, y + 0.06, lit(WHITE, 0.88))
    beds = place.at(3.0)
    for which, (u, tall) in enumerate(((-0.92, 1.0), (-0.60, 0.66), (0.62, 0.70), (0.94, 1.05))):
        x = beds.half * u
        beds.shadow(x, 0.4, 0.3)
        foliage(beds, x, tall * 0.52, 0.40, tall * 0.54, lit(LEAF, 1.05), 12)
        _blooms(beds, x, tall * 0.60, 0.34, tall * 0.42, 16, which)
    if place.hour != "day":
        garland(place.at(5.0), 2.42, 0.22, 7)
    place.finish()


@scene("pool")
def _pool(stage: Stage) -> None:
    place = place_of(stage)
    place.sky()
    far = place.at(30.0)
    _hedges(far, 3.4, blend(LEAF, place.own(stage.top, LEAF), 0.2), 6)
    house = place.at(24.0)
    wall = rgb(0xF3EDE2)
    house.slab(house.half * 0.10, house.half * 1.1, 0.0, 4.4, wall)
    house.slab(house.half * 0.06, house.half * 1.1, 4.3, 4.7, lit(wall, 0.9))
    for k in range(5):
        x = house.half * 0.18 + 1.9 * k
        house.slab(x, x + 1.3, 0.3, 3.6, rgb(0x7FA9BD), -0.2)
        if place.hour != "day":
            house.shine(x, x + 1.3, 0.3, 3.6, LAMP, 0.75)
    tiles = place.own(stage.bottom, rgb(0xE7DCC8))
    place.floor(tiles, 24.0, tiles=0.9)
    _water(place, 2.2, 11.0)
    palms = place.at(12.5)
    palm(palms, -palms.half * 0.66, 3.1)
    palm(place.at(16.0), place.at(16.0).half * 0.40, 3.6)
    lounge = place.at(2.9)
    x = lounge.half * 0.70
    parasol(lounge, x)
    lounge.slab(x - 0.72, x + 0.30, 0.28, 0.40, WHITE)
    lounge.poly([(x + 0.74, 0.92), (x + 0.84, 0.88), (x + 0.36, 0.30), (x + 0.24, 0.36)], WHITE)
    for at in (-0.62, 0.24):
        lounge.box(x + at, x + at + 0.05, 0.0, 0.3, rgb(0xB98A5C))
    lounge.slab(x - 0.70, x - 0.2, 0.38, 0.44, rgb(0x4CB5AE))
    place.finish()


def _water(place: Place, near: float, far: float) -> None:
    """The basin of a pool, its rim and the light on its water."""
    stage = place.stage
    low, high = place.at(near).y(0.0), place.at(far).y(0.0)
    rim_low, rim_high = place.at(near - 0.45).y(0.0), place.at(far + 2.0).y(0.0)
    if high < 0:
        return
    stage.box(-9, 9, rim_low, rim_high, rgb(0xF5F1E8))
    stage.box(-9, 9, rim_low, rim_low + 0.006, rgb(0xB9AF9D))
    rows, columns = stage.part(-stage.half, stage.half, low, high)
    x, y = stage.x[rows, columns], stage.y[rows, columns]
    tones = {
        "day": (rgb(0x1E9CC0), rgb(0x7FE0EA)),
        "sunset": (rgb(0x2F8AA6), rgb(0xF0C8A0)),
        "night": (rgb(0x35C7E8), rgb(0xB9F7FF)),
    }[place.hour]
    deep, light = (place.bright(tone) for tone in tones)
    t = np.clip((y[:, :1] - low) / max(high - low, 1e-3), 0, 1)[..., None]
    water = deep * (1 - t) + blend(deep, light, 0.55) * t
    inside = smoothstep(-0.002, 0.002, y - low) * smoothstep(-0.002, 0.002, high - y)
    stage.lay(rows, columns, inside, water)
    scale = np.maximum(0.5 - y, 0.02) / np.float32(place.eye)
    u, v = x / scale * 2.4, 2.2 / scale
    caustic = np.sin(u + 1.6 * np.sin(v * 1.7)) + np.sin(v * 2.1 + 1.4 * np.sin(u * 1.3 + 0.8))
    stage.lay(rows, columns, inside * smoothstep(0.32, 0.0, np.abs(caustic)) * 0.55, light)


@scene("rooftop")
def _rooftop(stage: Stage) -> None:
    place = place_of(stage)
    place.sky(0.55)
    if place.hour == "sunset":
        stage.disc(-stage.half * 0.62, 0.60, 0.055, np.array([1.0, 0.93, 0.74]), 2.0)
    _skyline(place)
    deck = place.own(stage.bottom, rgb(0xA98C6C))
    wall = place.at(3.2)
    wall.slab(-wall.half, wall.half, -0.2, 0.52, rgb(0xB9B2A8))
    glass = rgb(0xCFE0E6)
    wall.box(-wall.half, wall.half, 0.52, 1.06, glass, 0.28)
    railing(wall, 1.10, 0.9, rgb(0x3F474D))
    place.floor(deck, 3.2, boards=0.2)
    near = place.at(2.4)
    for u in (-0.86, 0.88):
        x = near.half * u
        near.shadow(x, 0.34, 0.4)
        near.slab(x - 0.30, x + 0.30, 0.0, 0.46, rgb(0x5A4A40))
        foliage(near, x, 0.72, 0.30, 0.30, LEAF, 10)
    posts = place.at(2.8)
    for u in (-0.99, 0.96):
        posts.box(posts.half * u - 0.03, posts.half * u + 0.03, 0.0, 2.7, rgb(0x3A3330))
    garland(posts, 2.46, 0.24, 6)
    place.finish()


def _skyline(place: Place) -> None:
    """Towers far away, up to the eye level and above, with lit windows after dusk."""
    stage = place.stage
    sky = stage.picture[max(0, min(stage.height - 1, stage.height // 3)), 0].copy()
    for layer, (share, low, high) in enumerate(((0.28, 0.16, 0.34), (0.52, 0.10, 0.27), (0.80, 0.04, 0.17))):
        x = -stage.half
        while x < stage.half:
            wide = float(stage.rng.uniform(0.05, 0.10)) * (0.8 + 0.25 * layer)
            top = 0.5 + float(stage.rng.uniform(low, high))
            tone = blend(sky, rgb((0x6E7F92, 0x54647A, 0x455468)[layer]), share)
            place.rect(x, x + wide, 0.0, top, tone)
            place.rect(x + wide * 0.62, x + wide, 0.0, top, tone * np.float32(0.88))
            if stage.rng.random() < 0.3:
                place.rect(x + wide * 0.45, x + wide * 0.53, top, top + 0.05, tone)
            if layer:
                _panes(place, x, wide, top)
            x += wide * 1.02


def _panes(place: Place, x: float, wide: float, top: float) -> None:
    """The windows of a tower."""
    stage, day = place.stage, place.hour == "day"
    across, up = np.arange(x + 0.010, x + wide - 0.014, 0.018), np.arange(0.36, top - 0.02, 0.030)
    chances = stage.rng.random((len(across), len(up)))
    for left, column in zip(across, chances, strict=True):
        for low, chance in zip(up, column, strict=True):
            if chance > 0.40:
                continue
            tone = WHITE if day else place.bright((LAMP, rgb(0xBFE3FF), LAMP)[int(chance * 100) % 3])
            place.rect(
                float(left), float(left) + 0.009, float(low), float(low) + 0.013, tone, 0.25 if day else 0.85
            )
