"""Streets between two rows of houses: with shops, under snow, and a city of neon at night."""

from __future__ import annotations

import numpy as np

from ..shape.curves import smoothstep
from .place import LAMP, WHITE, Array, Place, Plane, blend, lit, place_of, rgb
from .props import fir, foliage, street_lamp, tree
from .stage import Stage, between, scene

_NEAR_M = 5.5  # where the houses reach the sides of the picture
_SHOP_M = 5.0
_FRONTS = tuple(rgb(code) for code in (0xC77B58, 0xE3CFA4, 0x8FA3A8, 0xB5564B, 0xD9B99B, 0x7D8C75))
_SIGNS = tuple(rgb(code) for code in (0x2F5D50, 0x8C2B3A, 0x27506B, 0x5A3E6B, 0xB8742B))
_NEON = tuple(rgb(code) for code in (0xFF2E88, 0x22E6FF, 0xFFC03D, 0x9B5CFF, 0x3DFFA2))


class _Row:
    """The houses of both sides: for each column how far away they are, for each pixel how high up."""

    def __init__(self, place: Place) -> None:
        stage = place.stage
        x, y = stage.x[:1], stage.y[:, :1]
        self.wide = stage.half / place.at(_NEAR_M).scale  # metres from the middle of the street
        reach = np.maximum(np.abs(x), np.float32(1e-3)) / np.float32(self.wide)
        self.z = 3.0 / reach - np.float32(3.0 * place.frame)
        self.up = np.float32(place.eye) + (y - np.float32(0.5)) * (1 / reach)
        along = self.z / np.float32(_SHOP_M)
        number = np.floor(along).astype(np.int32)
        self.at = along - number  # across one house, 0..1
        self.kind = (number * 5 + np.where(x < 0, 0, 7)) % 30  # what tells neighbours apart
        # One metre of height in pixels; along the street it is foreshortened.
        self.sharp = reach * np.float32(stage.height)
        self.fine = self.sharp * np.abs(x) / 3.0
        self.seen = ((self.z > 0) & (self.z < 130)).astype(np.float32)

    def across(self, low: float, high: float, parts: int = 1) -> Array:
        """How much of a column lies in this share of a house, or of each of its equal parts."""
        at = self.at * parts
        return _between(at - np.floor(at), low, high, self.fine * np.float32(_SHOP_M / parts))

    def between(self, low: float, high: float | Array) -> Array:
        """How much of a pixel lies between two heights, in metres."""
        return _between(self.up, low, high, self.sharp)


def _between(value: Array, low: float, high: float | Array, sharp: Array) -> Array:
    mask = np.clip((value - np.float32(low)) * sharp + np.float32(0.5), 0, 1)
    if isinstance(high, np.ndarray) or high < 50:
        mask *= np.clip((high - value) * sharp + np.float32(0.5), 0, 1)
    return mask.astype(np.float32, copy=False)


def _pick(table: tuple[Array, ...], kind: Array) -> Array:
    return np.stack(table)[kind % len(table)]


def _houses(place: Place, roofs: Array, snow: bool) -> None:
    """Both rows, each house with a shop below and windows above."""
    stage, row = place.stage, _Row(place)
    roof = roofs[row.kind % len(roofs)]
    here = row.between(-0.5, roof) * row.seen
    air = np.asarray(stage.picture[min(stage.height - 1, int(stage.height * 0.42)), stage.width // 2])
    haze = np.clip(row.z / 110, 0, 0.75)[..., None]
    shade = np.where(stage.x[:1] < 0, np.float32(0.84), np.float32(1.02))[..., None]
    _fill(stage, here, _pick(_FRONTS, row.kind) * shade * (1 - haze) + air * haze)
    if snow:
        _fill(stage, row.between(0.0, 99.0) * (row.up > roof - 0.5) * here, WHITE)
    _upper_floors(place, row, here, snow)
    _shops(place, row, shade, snow)


def _upper_floors(place: Place, row: _Row, here: Array, snow: bool) -> None:
    stage = place.stage
    above = here * (row.up > 3.1)
    level = (row.up - np.float32(3.1)) * np.float32(1 / 2.6)
    floors = np.floor(level)
    level -= floors
    sharp = row.sharp * np.float32(2.6)
    _fill(
        stage, _between(level, 0.17, 0.79, sharp) * above * (row.across(0.25, 0.75, 2) * 0.8), rgb(0xF1E9DA)
    )
    panes = _between(level, 0.22, 0.74, sharp) * above * row.across(0.30, 0.70, 2)
    if snow:
        _fill(stage, _between(level, 0.13, 0.20, sharp) * above * row.across(0.22, 0.78, 2), WHITE)
    _fill(stage, panes * np.float32(0.9), rgb(0x4E6472))
    if place.hour != "day" or snow:
        half = np.floor(row.at * 2).astype(np.int32)
        on = (row.kind * 7 + half * 3 + floors.astype(np.int32) * 5) % 5 < 3
        panes *= on
        panes *= np.float32(0.9 if place.hour == "night" else 0.7)
        _fill(stage, panes, place.bright(LAMP))


def _shops(place: Place, row: _Row, shade: Array, snow: bool) -> None:
    stage = place.stage
    shop = row.across(0.07, 0.93) * row.seen
    _fill(stage, row.between(0.0, 2.9) * shop, _pick(_SIGNS, row.kind) * shade)
    glass = row.between(0.55, 2.1) * shop
    lit_up = place.hour != "day" or snow
    _fill(stage, glass * 0.92, place.bright(blend(LAMP, WHITE, 0.2)) if lit_up else rgb(0xA9C4CE))
    shelf = np.floor(row.at * 13)
    colours = _pick(_FRONTS[::-1], shelf.astype(np.int32) * 5 + row.kind)
    stand = row.across(0.12, 0.84, 13) * np.float32(0.85)
    for low, tall in ((0.62, 0.26), (1.22, 0.18)):
        goods = (low + tall + 0.10 * np.sin(shelf * 2.3 + row.kind + low)).astype(np.float32)
        _fill(stage, row.between(low, goods) * glass * stand, colours)
        _fill(stage, row.between(low - 0.05, low) * glass * np.float32(0.8), rgb(0x5A4636))
    _fill(
        stage,
        row.between(1.86, 1.98) * glass * (row.across(0.4, 0.6, 4) * np.float32(0.9)),
        place.bright(WHITE),
    )
    _fill(stage, row.between(0.0, 2.1) * (row.across(0.66, 0.84) * row.seen * 0.92), rgb(0x4A3A32))
    letters = row.across(0.22, 0.78) * row.seen * (np.sin(row.at * 70 + row.kind) > -0.3) * 0.9
    _fill(stage, row.between(2.52, 2.72) * letters, rgb(0xF6E9C8))
    stripes = np.floor(row.at * 10).astype(np.int32) % 2
    cloth = np.where(stripes[..., None] == 0, WHITE, _pick(_SIGNS, row.kind + 1))
    hung = row.across(0.03, 0.97) * row.seen * (row.kind % 3 != 1)
    _fill(stage, row.between(1.98, 2.46) * hung, cloth)
    if snow:
        _fill(stage, row.between(2.30, 2.50) * hung, WHITE)


def _fill(stage: Stage, mask: Array, colours: Array) -> None:
    """Lay a picture of colours over a masked part."""
    for c in range(3):
        part = stage.picture[..., c]
        part += (colours[..., c] - part) * mask


def _ground(place: Place, road: Array, walk: Array, wide: float) -> None:
    """Road, kerbs and pavements."""
    stage = place.stage
    place.floor(walk, 130.0, tiles=0.0)
    end = place.at(130.0).y(0.0)
    rows, columns = stage.part(-stage.half, stage.half, 0.0, end)
    y = stage.y[rows, :1]
    if not y.size:
        return
    scale = np.maximum(np.float32(0.5) - y, np.float32(0.004)) / np.float32(place.eye)
    across = np.abs(stage.x[:1, columns]) * (1 / scale)
    z = 3.0 / scale - np.float32(3.0 * place.frame)
    px = scale * np.float32(stage.height)
    ground = (y < end).astype(np.float32)
    edge = wide * 0.52
    place.paint(rows, columns, _between(across, -1, edge, px) * ground, road)
    place.paint(rows, columns, _between(across, edge, edge + 0.14, px) * ground, lit(walk, 1.15))
    slabs = np.maximum(
        smoothstep(0.44, 0.49, np.abs(z - np.floor(z) - np.float32(0.5))),
        smoothstep(0.44, 0.49, np.abs(across - np.floor(across) - np.float32(0.5))),
    )
    outside = _between(across, edge + 0.14, 99.0, px) * (ground * np.clip(px / 60 - 0.3, 0, 1) * 0.45)
    place.paint(rows, columns, slabs * outside, lit(walk, 0.78))


@scene("street")
def _street(stage: Stage) -> None:
    place = place_of(stage)
    place.sky(0.6)
    _ground(place, rgb(0x74777C), place.own(stage.bottom, rgb(0xB9B2A6)), _Row(place).wide)
    _houses(place, np.array([8.5, 11.0, 9.5, 12.5, 8.0], np.float32), snow=False)
    for z, u in ((17.0, -0.55), (12.0, 0.62)):
        plane = place.at(z)
        tree(plane, plane.half * u, 3.8, rgb(0x5E8F45))
    for z, u in ((6.0, -0.56), (13.0, 0.40)):
        street_lamp(place.at(z), place.at(z).half * u, 3.0)
    near = place.at(4.2)
    x = near.half * 0.84
    near.shadow(x, 0.4, 0.4)
    near.slab(x - 0.36, x + 0.36, 0.0, 0.40, rgb(0x6B5445))
    foliage(near, x, 0.60, 0.36, 0.26, rgb(0x5E8F45), 9)
    place.finish()


@scene("snow_street")
def _snow_street(stage: Stage) -> None:
    place = place_of(stage)
    place.sky(0.3)
    snow = rgb(0xEDF3F9)
    _ground(place, rgb(0xD3DEE9), snow, _Row(place).wide)
    _houses(place, np.array([8.5, 11.0, 9.5, 12.5, 8.0], np.float32), snow=True)
    for z, u in ((15.0, -0.50), (7.5, 0.66)):
        _lit_fir(place.at(z), place.at(z).half * u, 2.7)
    for z, u in ((5.6, -0.60), (12.0, 0.40)):
        plane = place.at(z)
        street_lamp(plane, plane.half * u, 2.9)
        plane.oval(plane.half * u, 3.0, 0.17, 0.06, WHITE)
    near = place.at(3.6)
    for u, size in ((-0.92, 0.55), (0.95, 0.62)):
        near.oval(near.half * u, 0.06, size, size * 0.42, lit(snow, 0.94))
        near.oval(near.half * u - 0.05, 0.10, size * 0.85, size * 0.36, WHITE)
    place.finish()
    for _ in range(90):
        x, y = float(stage.rng.uniform(-1, 1)) * stage.half, float(stage.rng.uniform(0.05, 1.0))
        size = float(stage.rng.uniform(0.0025, 0.0065))
        rows, columns = stage.part(x - size, x + size, y - size, y + size)
        r = np.hypot(stage.x[rows, columns] - x, stage.y[rows, columns] - y) / size
        stage.lay(rows, columns, smoothstep(1.2, 0.4, r) * 0.9, WHITE)


def _lit_fir(plane: Plane, cx: float, tall: float) -> None:
    """A fir with snow and small lights."""
    fir(plane, cx, tall, snow=True)
    for k in range(11):
        t = k / 11
        x = cx + np.sin(k * 2.4) * tall * 0.24 * (1 - t)
        plane.lamp(float(x), tall * (0.18 + 0.72 * t), 0.035, LAMP, 0.35)


@scene("neon_city")
def _neon_city(stage: Stage) -> None:
    """A wet street between towers; what shines is seen again in the ground."""
    place = place_of(stage)
    place.hour = "day"  # all is painted as dark as it is
    sky, deep = np.asarray(stage.top, np.float32), np.asarray(stage.bottom, np.float32)
    stage.run(np.asarray(between(stage.top, _NEON[0], 0.42)), lit(sky, 0.75), 0.42, 1.0)
    row = _Row(place)
    here = row.between(-0.5, (26.0 + 9.0 * np.sin(row.kind * 2.3)).astype(np.float32)) * row.seen
    air = np.asarray(between(stage.top, _NEON[0], 0.34), np.float32)
    haze = np.clip(row.z / 120, 0, 0.8)[..., None]
    side = np.where(stage.x[:1] < 0, np.float32(0.85), np.float32(1.1))[..., None]
    tower = _pick((rgb(0x241B3D), rgb(0x1B2140), rgb(0x2D1E3F)), row.kind)
    _fill(stage, here, tower * side * (1 - haze) + air * haze)
    level = row.up * np.float32(1 / 2.7)
    floors = np.floor(level)
    level -= floors
    column = np.floor(row.at * 4).astype(np.int32)
    mixed = (row.kind * 11 + column * 7 + floors.astype(np.int32) * 13) % 17
    here *= row.up > 3.4
    here *= _between(level, 0.30, 0.80, row.sharp * np.float32(2.7))
    here *= row.across(0.2, 0.8, 4) * np.float32(0.85)
    for k, tone in enumerate((rgb(0xFFD98C), rgb(0x7FE8FF), rgb(0xFF9AD0))):
        _fill(stage, here * ((mixed == k) | (mixed == k + 3)), tone)
    shop = row.across(0.08, 0.92) * row.seen
    inside = _pick(tuple(blend(c, rgb(0xFFE2B0), 0.62) for c in _NEON), row.kind + 2)
    panel = np.floor(row.at * 5).astype(np.int32)
    dim = 0.45 + 0.55 * ((panel * 3 + row.kind) % 3 > 0) - 0.25 * (np.sin(row.at * 90 + row.kind) > 0.6)
    window = row.between(0.3, 2.2) * shop
    _fill(stage, window * np.float32(0.85), inside * dim[..., None])
    goods = (0.95 + 0.4 * np.sin(np.floor(row.at * 8) * 2.3 + row.kind)).astype(np.float32)
    _fill(stage, row.between(0.3, goods) * (shop * np.float32(0.72)), rgb(0x1B1430))
    _fill(stage, window * (row.across(0.0, 0.07, 5) * np.float32(0.9)), rgb(0x140E26))
    band = row.across(0.05, 0.95) * row.seen
    _fill(stage, row.between(2.4, 3.0) * band, _pick(_NEON, row.kind))
    letters = band * (np.sin(row.at * 60 + row.kind) > 0.1) * np.float32(0.8)
    _fill(stage, row.between(2.52, 2.88) * letters, rgb(0x140E26))
    # Signs stand out from the fronts: upright boards at the edges of the houses.
    for k in range(9):
        z = 9.0 + 4.2 * k
        plane, colour = place.at(z), _NEON[(k * 2 + int(stage.rng.integers(2))) % len(_NEON)]
        x = (-1 if k % 2 else 1) * (row.wide - 0.45)
        low = 2.9 + 0.8 * (k % 3)
        tall = 2.0 + 0.5 * (k % 2)
        plane.box(x - 0.36, x + 0.36, low, low + tall, rgb(0x140E26))
        plane.box(x - 0.30, x + 0.30, low + 0.06, low + tall - 0.06, colour, 0.55)
        for mark in range(4):
            y = low + 0.2 + (tall - 0.3) * mark / 4
            plane.box(x - 0.18, x + 0.18, y, y + 0.07, WHITE, 0.9)
            plane.box(x - 0.04, x + 0.05, y, y + 0.30, WHITE, 0.9)
        k_scale = plane.scale
        _halo(stage, x * k_scale, plane.y(low + tall / 2), tall * 0.9 * k_scale, colour)
    _wet(place, row, deep)
    place.finish()


def _halo(stage: Stage, cx: float, cy: float, reach: float, colour: Array) -> None:
    rows, columns = stage.part(cx - reach, cx + reach, cy - reach, cy + reach)
    r = ((stage.x[rows, columns] - cx) ** 2 + (stage.y[rows, columns] - cy) ** 2) / reach**2
    fall = np.clip(1 - r, 0, 1)
    stage.lay(rows, columns, fall * fall * 0.42, colour)


def _wet(place: Place, row: _Row, ground: Array) -> None:
    """A wet road that mirrors what stands over it, drawn out and broken by ripples."""
    stage = place.stage
    level = round(stage.height / 2)
    below = stage.height - level
    if below < 2 or level < 2:
        return
    mirrored = stage.picture[:level][::-1][np.minimum((np.arange(below) * 0.8).astype(int), level - 1)]
    depth = np.linspace(0, 1, below, dtype=np.float32)[:, None]
    ripple = stage.noise(0.016, 2)[level:]
    share = np.clip((0.62 - 0.25 * depth) * (0.45 + 0.9 * ripple), 0, 1)
    road = np.asarray(ground, np.float32) * (0.55 + 0.5 * (1 - depth))[..., None]
    on = ((row.up[level:] < 0.0) | (row.z <= 0)).astype(np.float32)
    for c in range(3):
        part = stage.picture[level:, :, c]
        part += (road[..., c] * (1 - share) + mirrored[..., c] * share - part) * on
