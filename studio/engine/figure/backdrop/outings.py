"""Where people go out to: coffee shop, restaurant, book shop, boutique, concert, photo studio."""

from __future__ import annotations

import numpy as np

from ..shape.curves import smoothstep
from .place import BLACK, STEEL, WHITE, Array, Plane, blend, lit, place_of, rgb
from .props import (
    CLOTHS,
    bottle,
    chair,
    cup,
    framed,
    lines,
    pendant,
    plant,
    shade,
    shelves,
    table,
    window,
)
from .stage import Stage, scene

_WALNUT = rgb(0x7A4F35)


@scene("cafe")
def _cafe(stage: Stage) -> None:
    place = place_of(stage, indoors=True)
    back = place.at(4.2)
    half = back.half
    place.wall(place.own(stage.top, rgb(0xC98F6B)))
    place_board(back, -half * 0.62, 1.88, half * 0.30, 0.36)
    for y in (1.30, 1.62):
        back.slab(half * 0.02 - 0.1, half * 0.34, y - 0.05, y, _WALNUT)
        for k in range(5):
            at = half * 0.02 - 0.06 + k * 0.13
            if at < half * 0.32:
                cup(back, at, y, 0.085, (WHITE, rgb(0xE4B7A0), rgb(0x7FA6A0))[k % 3])
    window(back, half * 0.72, half * 0.28, 0.92, 2.22, rgb(0x3B2A22), "city", (2, 2))
    plant(back, half * 0.50, 0.92, 0.36, WHITE)
    back.box(-half, half, 0.0, 0.88, _WALNUT)
    for k in range(-8, 9):
        back.box(half * k / 8, half * k / 8 + 0.02, 0.0, 0.86, lit(_WALNUT, 0.72))
    place.floor(place.own(stage.bottom, rgb(0x9A7B62)), 4.2, boards=0.16)
    bar = place.at(3.0)
    side = bar.half
    end = side * 0.14
    bar.shadow(-side * 0.5, side * 0.66, 0.4)
    bar.slab(-side * 1.1, end, 0.06, 1.0, rgb(0x8C5E3E), 0.30)
    for k in range(12):
        at = -side * 1.1 + (end + side * 1.1) * k / 12
        bar.box(at, at + 0.016, 0.08, 0.98, lit(_WALNUT, 0.75))
    bar.slab(-side * 1.14, end + 0.05, 1.0, 1.07, rgb(0x4A3124))
    _espresso(bar, -side * 0.62, 1.07)
    cup(bar, -side * 0.20, 1.07, 0.12)
    cup(bar, -side * 0.92, 1.07, 0.11, rgb(0xD98C6B))
    bar.oval(-side * 0.02, 1.12, 0.12, 0.05, rgb(0xD9A45C))
    bar.oval(-side * 0.02 + 0.09, 1.13, 0.10, 0.05, rgb(0xC98A3C))
    near = place.at(1.8)
    at = near.half * 0.80
    chair(place.at(2.3), place.at(2.3).half * 0.96, rgb(0x3F5E5A))
    table(near, at, 0.36, 0.74, rgb(0xA9713F))
    cup(near, at - 0.10, 0.74, 0.11)
    plant(near, at + 0.14, 0.74, 0.26, rgb(0x3F5E5A))
    over = place.at(2.4)
    for u in (-0.84, -0.46, 0.46, 0.84):
        pendant(over, over.half * u, 1.98 if abs(u) > 0.5 else 2.06, rgb(0x2B2B2B), 0.16)
    place.finish()


def place_board(plane: Plane, cx: float, cy: float, half: float, tall: float) -> None:
    """A black board with the day's dishes in chalk."""
    plane.box(cx - half - 0.04, cx + half + 0.04, cy - tall - 0.04, cy + tall + 0.04, rgb(0xA9713F))
    plane.box(cx - half, cx + half, cy - tall, cy + tall, rgb(0x23302C))
    plane.box(cx - half * 0.6, cx + half * 0.6, cy + tall * 0.62, cy + tall * 0.78, rgb(0xF2D9A0), 0.9)
    lines(plane, cx - half * 0.84, cx + half * 0.30, cy + tall * 0.36, 5, tall * 0.26, rgb(0xE8ECE6))
    lines(plane, cx + half * 0.50, cx + half * 0.86, cy + tall * 0.36, 5, tall * 0.26, rgb(0xF2D9A0))


def _espresso(plane: Plane, cx: float, base: float) -> None:
    """A coffee machine with its two spouts."""
    plane.slab(cx - 0.36, cx + 0.36, base + 0.06, base + 0.46, STEEL, 0.30)
    plane.box(cx - 0.30, cx + 0.30, base + 0.06, base + 0.22, rgb(0x30343A))
    plane.box(cx - 0.36, cx + 0.36, base, base + 0.06, rgb(0x4A4F55))
    for x in (-0.16, 0.14):
        plane.box(cx + x - 0.05, cx + x + 0.05, base + 0.20, base + 0.25, rgb(0x9AA0A6))
        plane.box(cx + x - 0.02, cx + x + 0.14, base + 0.205, base + 0.235, BLACK)
        cup(plane, cx + x, base + 0.06, 0.08)
    for k in range(3):
        plane.oval(cx - 0.2 + 0.2 * k, base + 0.36, 0.035, 0.035, (WHITE, rgb(0xC8553D), WHITE)[k])
    for k in range(4):
        cup(plane, cx - 0.24 + 0.16 * k, base + 0.46, 0.075)


@scene("restaurant")
def _restaurant(stage: Stage) -> None:
    place = place_of(stage, indoors=True)
    back = place.at(4.2)
    half = back.half
    place.wall(place.own(stage.top, rgb(0x8A4B45)))
    back.box(-half, half, 0.0, 0.95, rgb(0x4E352B))
    for k in range(-5, 6):
        back.box(half * k / 5 + 0.05, half * (k + 1) / 5 - 0.05, 0.15, 0.82, rgb(0x5E4135))
    back.slab(-half, half, 0.95, 1.02, rgb(0x3A2720))
    x0, x1 = -half * 0.95, -half * 0.34
    back.box(x0 - 0.05, x1 + 0.05, 1.10, 2.28, rgb(0x3A2720))
    for row in range(3):
        y = 1.15 + 0.38 * row
        back.box(x0, x1, y, y + 0.34, rgb(0x6B4A38))
        at = x0 + 0.09
        while at < x1 - 0.05:
            bottle(
                back, at, y, 0.30, (rgb(0x2F4A34), rgb(0x5A1E2B), rgb(0xB98A3C))[int(stage.rng.integers(3))]
            )
            at += 0.145
        back.box(x0, x1, y - 0.03, y, rgb(0x2A1B15))
    framed(back, half * 0.66, 1.74, half * 0.20, 0.26, rgb(0xC79A5B))
    for u in (0.36, 0.95):
        back.box(half * u - 0.02, half * u + 0.02, 1.52, 1.66, rgb(0xC9A24B))
        shade(back, half * u, 1.66, 0.10)
    place.floor(place.own(stage.bottom, rgb(0x6E4A38)), 4.2, boards=0.18)
    _laid_table(place.at(3.2), -place.at(3.2).half * 0.64)
    _laid_table(place.at(3.0), place.at(3.0).half * 0.70)
    over = place.at(2.6)
    for u in (-0.70, 0.66):
        pendant(over, over.half * u, 1.92, BLACK, 0.20, globe=True)
    place.finish()


def _laid_table(plane: Plane, cx: float) -> None:
    """A table with a white cloth, glasses, plates and a candle."""
    for sign in (-1, 1):
        chair(plane, cx + sign * 0.52, rgb(0x5A2E2A), 0.46, 1.0)
    plane.shadow(cx, 0.5, 0.4)
    plane.poly([(cx - 0.45, 0.76), (cx + 0.45, 0.76), (cx + 0.50, 0.18), (cx - 0.50, 0.18)], lit(WHITE, 0.84))
    for k in range(4):
        plane.box(cx - 0.40 + 0.24 * k, cx - 0.33 + 0.24 * k, 0.2, 0.72, lit(WHITE, 0.74), 0.8)
    plane.slab(cx - 0.48, cx + 0.48, 0.73, 0.77, WHITE)
    for x, wine in ((-0.27, True), (0.25, False)):
        plane.box(cx + x - 0.008, cx + x + 0.008, 0.77, 0.88, WHITE, 0.8)
        plane.oval(cx + x, 0.94, 0.055, 0.075, rgb(0xDCE6EA), 0.75)
        if wine:
            plane.oval(cx + x, 0.92, 0.048, 0.045, rgb(0x7A1F34))
    for x in (-0.10, 0.40):
        plane.oval(cx + x, 0.785, 0.12, 0.014, rgb(0xE9E4DA))
    plane.box(cx + 0.07, cx + 0.11, 0.77, 0.95, rgb(0xF0E4C8))
    plane.lamp(cx + 0.09, 0.99, 0.035)


@scene("bookshop")
def _bookshop(stage: Stage) -> None:
    place = place_of(stage, indoors=True)
    back = place.at(3.8)
    half = back.half
    wood = rgb(0x8A5E3C)
    place.wall(place.own(stage.top, rgb(0xD9C3A0)))
    rows = (0.16, 0.56, 0.96, 1.36, 1.76, 2.16)
    for x0, x1 in ((-half * 1.02, -half * 0.36), (-half * 0.32, half * 0.32), (half * 0.36, half * 1.02)):
        shelves(back, x0, x1, rows, 0.31, wood)
    place.floor(place.own(stage.bottom, rgb(0x9A7048)), 3.8, boards=0.16)
    ladder = place.at(3.5)
    foot, head = ladder.half * 0.62, ladder.half * 0.44
    for k in range(8):
        t = k / 8
        x, y = foot + (head - foot) * t, 0.15 + 2.3 * t
        ladder.box(x, x + 0.36, y, y + 0.04, rgb(0xD3A46B))
    for shift in (0.0, 0.34):
        ladder.poly(
            [
                (head + shift, 2.5), (head + shift + 0.05, 2.5), (foot + shift + 0.05, 0.0),
                (foot + shift, 0.0),
            ],
            rgb(0xD3A46B),
        )  # fmt: skip
    near = place.at(2.0)
    at = -near.half * 0.78
    table(near, at, 0.42, 0.72, rgb(0x6B4630))
    for k, (x, wide) in enumerate(((-0.22, 0.28), (0.12, 0.24))):
        for level in range(4 - k):
            colour = CLOTHS[(level * 2 + k * 3) % len(CLOTHS)]
            slip = 0.02 * (level % 2)
            near.box(
                at + x - wide / 2 + slip, at + x + wide / 2 + slip, 0.72 + 0.055 * level,
                0.77 + 0.055 * level, colour,
            )  # fmt: skip
    over = place.at(2.4)
    for u in (-0.55, 0.58):
        pendant(over, over.half * u, 2.02, rgb(0x2F5D50), 0.18)
    place.finish()


@scene("boutique")
def _boutique(stage: Stage) -> None:
    place = place_of(stage, indoors=True)
    back = place.at(4.0)
    half = back.half
    place.wall(place.own(stage.top, rgb(0xEFE4DC)))
    for u in (-0.98, -0.52):
        back.slab(half * u, half * (u + 0.38), 0.92, 2.30, rgb(0xDCC9BC), 0.08)
        for y in (1.34, 1.76, 2.14):
            back.slab(half * u, half * (u + 0.38), y - 0.04, y, rgb(0xB98A5C))
    for k, (u, y) in enumerate(((-0.90, 1.34), (-0.72, 1.34), (-0.44, 1.34), (-0.26, 1.34))):
        _handbag(back, half * u, y, (rgb(0xC8553D), rgb(0x3D405B), rgb(0xE0A458), rgb(0x7A4F35))[k])
    for u in (-0.88, -0.70, -0.42, -0.24):
        for level in range(3):
            cloth = CLOTHS[int(stage.rng.integers(len(CLOTHS)))]
            back.slab(half * u - 0.11, half * u + 0.11, 1.76 + 0.06 * level, 1.81 + 0.06 * level, cloth)
    glass = half * 0.72
    back.box(glass - 0.36, glass + 0.36, 0.12, 2.22, rgb(0xC9A24B))
    back.slab(glass - 0.32, glass + 0.32, 0.16, 2.18, rgb(0xD9E6EA), -0.12)
    shine = [(glass - 0.02, 2.16), (glass + 0.14, 2.16), (glass - 0.14, 0.18), (glass - 0.30, 0.18)]
    back.poly(shine, WHITE, 0.5)
    place.floor(place.own(stage.bottom, rgb(0xC9B29C)), 4.0, boards=0.2)
    near = place.at(2.9)
    side = near.half
    _rail(near, -side * 0.98, -side * 0.30)
    _rail(near, side * 0.36, side * 1.04)
    over = place.at(2.6)
    for u in (-0.72, 0.0, 0.72):
        pendant(over, over.half * u, 2.04, rgb(0xC9A24B), 0.15, globe=True)
    place.finish()


def _handbag(plane: Plane, cx: float, base: float, colour: Array) -> None:
    plane.oval(cx, base + 0.18, 0.075, 0.10, lit(colour, 0.7))
    plane.oval(cx, base + 0.18, 0.055, 0.08, rgb(0xDCC9BC))
    corners = [(cx - 0.10, base + 0.18), (cx + 0.10, base + 0.18), (cx + 0.13, base), (cx - 0.13, base)]
    plane.poly(corners, colour)
    plane.box(cx - 0.02, cx + 0.02, base + 0.09, base + 0.13, rgb(0xE9C46A))


def _rail(plane: Plane, x0: float, x1: float) -> None:
    """Clothes on hangers."""
    rng = plane.place.stage.rng
    plane.shadow((x0 + x1) / 2, (x1 - x0) / 2, 0.35)
    for x in (x0, x1 - 0.03):
        plane.box(x, x + 0.03, 0.0, 1.62, rgb(0xC9A24B))
    plane.slab(x0, x1, 1.58, 1.62, rgb(0xC9A24B))
    x = x0 + 0.12
    while x < x1 - 0.10:
        colour = lit(CLOTHS[int(rng.integers(len(CLOTHS)))], float(rng.uniform(0.9, 1.15)))
        low = float(rng.uniform(0.55, 0.85))
        plane.box(x - 0.006, x + 0.006, 1.48, 1.60, STEEL)
        corners = [(x - 0.03, 1.50), (x + 0.03, 1.50), (x + 0.105, 1.40), (x - 0.105, 1.40)]
        plane.poly(corners, colour)
        corners = [(x - 0.105, 1.41), (x + 0.105, 1.41), (x + 0.12, low), (x - 0.12, low)]
        plane.poly(corners, colour)
        plane.box(x + 0.03, x + 0.09, low, 1.40, lit(colour, 0.82), 0.8)
        x += 0.15


@scene("concert")
def _concert(stage: Stage) -> None:
    place = place_of(stage, indoors=True)
    place.hour = "day"  # a hall is as dark as it is painted, at any hour
    back = place.at(6.0)
    half = back.half
    deep = np.asarray(stage.bottom, np.float32)
    stage.run(blend(stage.top, WHITE, 0.05), lit(deep, 0.8), 0.1, 1.0)
    back.box(-half * 0.70, half * 0.70, 1.25, 2.75, rgb(0x141021))
    back.slab(-half * 0.67, half * 0.67, 1.28, 2.72, rgb(0x7B2CBF), -0.4)
    for k in range(26):
        x, tall = -half * 0.64 + half * 1.28 * k / 26, 0.15 + 0.9 * float(stage.rng.random())
        tint = rgb((0x4CC9F0, 0xF72585, 0xFFD166)[k % 3])
        back.box(x, x + half * 0.035, 2.0 - tall * 0.6, 2.0 + tall * 0.6, tint, 0.85)
    beams = ((-0.85, 0.5, 0x4CC9F0), (-0.35, -0.3, 0xF72585), (0.35, 0.3, 0xFFD166), (0.85, -0.5, 0xB5179E))
    for u, lean, code in beams:
        x0 = u * stage.half
        down = 1.02 - stage.y
        reach = np.abs(stage.x - x0 - lean * stage.half * down) / (0.012 + 0.13 * down)
        stage.mix(smoothstep(1.0, 0.2, reach) * (1 - 0.7 * down), rgb(code), 0.60)
    truss = place.at(5.0)
    wide, low = truss.half, 2.92
    truss.box(-wide, wide, low, low + 0.05, rgb(0x0E0C16))
    truss.box(-wide, wide, low + 0.28, low + 0.33, rgb(0x0E0C16))
    for k in range(14):
        x = -wide + 2 * wide * k / 14
        truss.poly(
            [
                (x, low + 0.3), (x + 0.05, low + 0.3), (x + wide / 7, low), (x + wide / 7 - 0.05, low),
            ],
            rgb(0x0E0C16),
        )  # fmt: skip
    for u, _, code in beams:
        truss.lamp(u * truss.half, (0.955 - 0.5) / truss.scale + place.eye, 0.09, rgb(code), 0.9)
    for side in (-1, 1):
        x = side * half * 0.86
        for k in range(4):
            back.slab(x - 0.26, x + 0.26, 0.7 + 0.42 * k, 1.08 + 0.42 * k, rgb(0x1D1A26))
            back.oval(x, 0.89 + 0.42 * k, 0.15, 0.15, rgb(0x34303F))
            back.oval(x, 0.89 + 0.42 * k, 0.06, 0.06, rgb(0x0E0C16))
    for z, tone in ((4.4, rgb(0x2A1C40)), (3.2, rgb(0x150F22))):
        crowd = place.at(z)
        for k in range(int(crowd.half / 0.22) + 2):
            for sign in (-1, 1):
                x = sign * (k * 0.44 + 0.2) + float(stage.rng.uniform(-0.08, 0.08))
                tall = float(stage.rng.uniform(1.14, 1.30)) - 0.1 * (z < 4)
                crowd.oval(x, tall - 0.12, 0.105, 0.135, tone)
                crowd.oval(x, tall - 0.78, 0.25, 0.55, tone)
                if stage.rng.random() < 0.5:
                    lean = float(stage.rng.uniform(-8, 8))
                    arm = x + float(stage.rng.choice((-0.19, 0.19)))
                    crowd.oval(arm, tall + 0.06, 0.045, 0.36, tone, 1.0, lean)
                    crowd.oval(arm - np.sin(np.radians(lean)) * 0.3, tall + 0.40, 0.06, 0.075, tone)
    crowd_floor = place.at(3.2).y(0.35)
    stage.box(-stage.half, stage.half, -1.0, crowd_floor, rgb(0x150F22))
    place.floor(rgb(0x43345C), 2.2, boards=0.22)
    pool = np.sqrt((stage.x / 0.42) ** 2 + ((stage.y - stage.feet) / 0.10) ** 2)
    stage.mix(smoothstep(1.0, 0.3, pool), rgb(0xD7A8F0), 0.40)
    place.finish()


@scene("photo_studio")
def _photo_studio(stage: Stage) -> None:
    place = place_of(stage, indoors=True)
    back = place.at(3.6)
    half = back.half
    place.wall(place.own(stage.top, rgb(0x5A5E66)))
    place.floor(lit(rgb(0x6E7077), 0.9), 3.6, boards=0.3)
    paper = place.own(stage.bottom, rgb(0xD9DADD))
    wide = half * 0.60
    back.slab(-wide, wide, 0.0, 2.46, paper, 0.06)
    back.box(-wide - 0.08, wide + 0.08, 2.46, 2.54, rgb(0x3A3D42))
    for sign in (-1, 1):
        back.box(sign * (wide + 0.06) - 0.018, sign * (wide + 0.06) + 0.018, 0.0, 2.6, BLACK)
    end, near = back.y(0.0), place.at(-0.9)
    rows, columns = stage.part(-stage.half, stage.half, 0.0, end)
    if rows.stop > rows.start:
        y = stage.y[rows, columns]
        edge = (0.5 - y) / np.float32(place.eye) * wide
        mask = smoothstep(-0.002, 0.002, edge - np.abs(stage.x[rows, columns])) * (y > near.y(0.0))
        stage.lay(rows, columns, mask * smoothstep(end + 0.002, end - 0.002, y), lit(paper, 1.02))
    glow = np.exp(-((stage.x / 0.4) ** 2 + ((stage.y - 0.62) / 0.45) ** 2))
    stage.mix(glow, WHITE, 0.28)
    _softbox(place.at(2.3), -place.at(2.3).half * 0.76, 1.80, 0.36, 0.46, 9.0)
    _softbox(place.at(2.8), place.at(2.8).half * 0.80, 1.72, 0.30, 0.46, -9.0)
    place.finish()


def _softbox(plane: Plane, cx: float, cy: float, half: float, tall: float, lean: float) -> None:
    """A large soft lamp on a tripod."""
    plane.shadow(cx, 0.35, 0.4)
    plane.box(cx - 0.018, cx + 0.018, 0.25, cy, BLACK)
    for x in (-0.34, 0.34):
        plane.poly(
            [(cx - 0.015, 0.62), (cx + 0.015, 0.62), (cx + x + 0.02, 0.0), (cx + x - 0.02, 0.0)],
            BLACK,
        )
    skew = float(np.tan(np.radians(lean))) * tall

    def sheet(grow: float) -> list[tuple[float, float]]:
        w, h, slip = half + grow, tall + grow, skew * 0.3
        return [
            (cx - w + slip, cy + h),
            (cx + w + slip, cy + h - skew),
            (cx + w - slip, cy - h),
            (cx - w - slip, cy - h + skew),
        ]

    plane.poly(sheet(0.05), BLACK)
    plane.poly(sheet(0.0), plane.place.bright(rgb(0xFFFDF6)))
    plane.box(cx - half * 0.96, cx + half * 0.96, cy - 0.006, cy + 0.006, rgb(0xE3E0D6))
    plane.box(cx - 0.006, cx + 0.006, cy - tall * 0.9, cy + tall * 0.9, rgb(0xE3E0D6))
    k = plane.scale
    plane.place.light(cx * k, plane.y(cy), half * 0.5 * k, rgb(0xFFFBF0), 0.25)
