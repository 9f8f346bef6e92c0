"""Where people live: living room, bedroom, kitchen, bathroom."""

from __future__ import annotations

from .place import BLACK, STEEL, WHITE, WOOD, blend, lit, place_of, rgb
from .props import (
    bottle,
    curtain,
    floor_lamp,
    framed,
    garland,
    pendant,
    plant,
    shade,
    window,
)
from .stage import Stage, scene

_OAK = rgb(0xB98A5C)


@scene("living_room")
def _living_room(stage: Stage) -> None:
    place = place_of(stage, indoors=True)
    back = place.at(4.0)
    half = back.half
    place.wall(place.own(stage.top, rgb(0xE3D3BC)))
    window(back, -half * 0.66, half * 0.24, 0.95, 2.25, WHITE, "trees")
    for sign in (-1, 1):
        at = -half * 0.66 + sign * half * 0.31
        curtain(back, at - half * 0.085, at + half * 0.085, 0.12, 2.42, rgb(0x8FA39A))
    back.box(-half * 1.1, -half * 0.26, 2.42, 2.46, lit(WOOD, 0.7))
    framed(back, half * 0.50, 1.72, 0.22, 0.28, rgb(0x5B8E7D))
    framed(back, half * 0.82, 1.66, 0.15, 0.20, rgb(0xD08C60))
    back.box(-half, half, 0.0, 0.10, WHITE)
    place.floor(place.own(stage.bottom, _OAK), 4.0, boards=0.16)
    near = place.at(3.2)
    side = near.half
    x0, x1, cloth = side * 0.16, side * 1.3, rgb(0x4F6D7A)
    near.shadow((x0 + x1) / 2, (x1 - x0) / 2, 0.4)
    near.slab(x0, x1, 0.12, 0.86, cloth)
    near.slab(x0 - 0.16, x0 + 0.06, 0.10, 0.62, lit(cloth, 0.92))
    near.slab(x0 + 0.04, x1, 0.20, 0.46, lit(cloth, 1.14))
    near.box((x0 + x1) / 2, (x0 + x1) / 2 + 0.02, 0.2, 0.84, lit(cloth, 0.75))
    for x, colour, turn in ((x0 + 0.28, rgb(0xE0A458), 12), (side * 0.86, rgb(0xE8E0D2), -10)):
        near.oval(x, 0.64, 0.21, 0.19, lit(colour, 0.86), 1.0, turn)
        near.oval(x - 0.01, 0.65, 0.19, 0.17, colour, 1.0, turn)
    floor_lamp(near, side * 0.34, 1.78)
    plant(near, -side * 0.92, 0.0, 1.25, rgb(0xC98F6B))
    rug = place.at(0.6)
    rug.oval(0.0, 0.0, rug.half * 0.82, 0.10, rgb(0xC9B79C), 0.9)
    rug.oval(0.0, 0.0, rug.half * 0.70, 0.082, rgb(0xA85F4B), 0.7)
    place.finish()


@scene("bedroom")
def _bedroom(stage: Stage) -> None:
    place = place_of(stage, indoors=True)
    back = place.at(4.0)
    half = back.half
    place.wall(place.own(stage.top, rgb(0xDCCBD2)))
    window(back, -half * 0.62, half * 0.25, 0.95, 2.15, WHITE, "trees")
    for sign in (-1, 1):
        at = -half * 0.62 + sign * half * 0.31
        curtain(back, at - half * 0.08, at + half * 0.08, 0.10, 2.32, rgb(0xF0E4E2))
    framed(back, half * 0.42, 1.80, 0.15, 0.19, rgb(0xB58EA6))
    framed(back, half * 0.78, 1.84, 0.19, 0.15, rgb(0x8FB0C0))
    back.box(-half, half, 0.0, 0.10, WHITE)
    place.floor(place.own(stage.bottom, rgb(0xC4A27E)), 4.0, boards=0.17)
    near = place.at(3.0)
    side = near.half
    x0, x1 = side * 0.20, side * 1.25
    near.shadow((x0 + x1) / 2, (x1 - x0) / 2, 0.4)
    near.slab(x0 - 0.06, x1, 0.15, 1.28, rgb(0xA9826A))
    for k in range(5):
        at = x0 + (x1 - x0) * k / 5
        near.box(at, at + 0.012, 0.7, 1.22, rgb(0x7F5F4D), 0.8)
    for x in (x0 + (x1 - x0) * 0.22, x0 + (x1 - x0) * 0.66):
        near.oval(x, 0.83, 0.30, 0.17, lit(WHITE, 0.88))
        near.oval(x - 0.015, 0.845, 0.28, 0.15, WHITE)
        near.oval(x, 0.70, 0.20, 0.13, rgb(0xC58CA0))
    front = place.at(2.5)
    f0, f1 = x0 * 0.94, x1 * 1.02
    front.slab(f0, f1, 0.10, 0.62, rgb(0xEDE6E1))
    front.slab(f0 - 0.03, f1, 0.12, 0.46, rgb(0xB9A0C0), 0.24)
    front.box(f0, f1, 0.06, 0.12, rgb(0x7F5F4D))
    table_at = x0 - 0.30
    near.shadow(table_at, 0.22)
    near.slab(table_at - 0.20, table_at + 0.18, 0.04, 0.58, rgb(0xA9826A))
    near.box(table_at - 0.16, table_at + 0.14, 0.30, 0.32, rgb(0x7F5F4D))
    near.box(table_at - 0.02, table_at + 0.02, 0.58, 0.80, BLACK)
    shade(near, table_at, 0.76, 0.17)
    plant(near, -side * 0.93, 0.0, 0.95, WHITE)
    garland(place.at(3.8), 2.36, 0.20, 7)
    place.finish()


@scene("kitchen")
def _kitchen(stage: Stage) -> None:
    place = place_of(stage, indoors=True)
    back = place.at(3.8)
    half = back.half
    front, top = rgb(0x6E8B84), rgb(0xEDE7DD)
    place.wall(place.own(stage.top, rgb(0xF0E9DC)))
    for row in range(5):
        y = 0.95 + 0.11 * row
        shift = 0.11 * (row % 2)
        back.box(-half, half, y, y + 0.10, lit(WHITE, 0.95 + 0.02 * (row % 2)))
        for k in range(int(half / 0.22) + 2):
            for sign in (-1, 1):
                at = sign * (k * 0.22 + shift)
                back.box(at, at + 0.012, y, y + 0.10, rgb(0xC9C4BA), 0.8)
    window(back, -half * 0.30, half * 0.20, 1.18, 1.95, WHITE, "trees")
    for x0, x1 in ((-half * 0.95, -half * 0.56), (half * 0.12, half * 0.40)):
        back.slab(x0, x1, 1.52, 2.22, front)
        back.box((x0 + x1) / 2 - 0.006, (x0 + x1) / 2 + 0.006, 1.54, 2.2, lit(front, 0.7))
        for sign in (-1, 1):
            back.box(
                (x0 + x1) / 2 + sign * 0.05 - 0.01, (x0 + x1) / 2 + sign * 0.05 + 0.01, 1.58, 1.70, STEEL
            )
    hood = half * 0.62
    back.poly(
        [(hood - 0.12, 2.3), (hood + 0.12, 2.3), (hood + 0.34, 1.66), (hood - 0.34, 1.66)], lit(STEEL, 0.95)
    )
    back.slab(hood - 0.36, hood + 0.36, 1.58, 1.68, STEEL)
    back.slab(half * 0.88, half * 1.3, 0.05, 1.92, rgb(0xC9D2D6))
    back.box(half * 0.88, half * 1.3, 1.26, 1.28, rgb(0x7F8A8F))
    back.box(half * 0.905, half * 0.925, 1.34, 1.70, rgb(0x7F8A8F))
    place.floor(place.own(stage.bottom, rgb(0xB79B7C)), 3.8, tiles=0.5)
    near = place.at(3.3)
    side = near.half
    near.slab(-side, side * 0.88, 0.08, 0.86, front, 0.26)
    for k in range(7):
        at = -side + side * 1.88 * k / 7
        near.box(at, at + 0.014, 0.1, 0.84, lit(front, 0.7))
        near.box(at + 0.10, at + 0.22, 0.74, 0.765, STEEL)
    near.slab(-side * 1.02, side * 0.90, 0.86, 0.93, top)
    stove = side * 0.62
    near.box(stove - 0.30, stove + 0.30, 0.12, 0.84, rgb(0x33373B))
    near.slab(stove - 0.24, stove + 0.24, 0.26, 0.62, rgb(0x54606B))
    for k in range(4):
        near.oval(stove - 0.2 + 0.13 * k, 0.75, 0.03, 0.03, STEEL)
    near.slab(stove - 0.22, stove + 0.04, 0.94, 1.16, rgb(0xC1442E))
    near.box(stove - 0.32, stove + 0.14, 1.08, 1.12, rgb(0x8C2F20))
    near.oval(stove - 0.09, 1.17, 0.14, 0.025, rgb(0x8C2F20))
    near.slab(stove + 0.12, stove + 0.30, 0.94, 1.06, STEEL)
    near.box(stove + 0.3, stove + 0.5, 1.02, 1.05, BLACK)
    for k, colour in enumerate((0xD9A441, 0xC8553D, 0x7FA650, 0xE08E45)):
        near.oval(-side * 0.62 + 0.08 * k, 1.03, 0.055, 0.055, rgb(colour))
    near.poly(
        [
            (-side * 0.62 - 0.12, 1.02), (-side * 0.62 + 0.36, 1.02), (-side * 0.62 + 0.26, 0.93),
            (-side * 0.62 - 0.02, 0.93),
        ],
        rgb(0xD8CDBB),
    )  # fmt: skip
    bottle(near, -side * 0.88, 0.93, 0.32, rgb(0x6A7B3A))
    bottle(near, -side * 0.80, 0.93, 0.27, rgb(0xB98A3C))
    plant(near, side * 0.25, 0.93, 0.34, rgb(0xC98F6B))
    over = place.at(2.4)
    for u in (-0.72, 0.74):
        pendant(over, over.half * u, 1.84, rgb(0x2F3B40))
    place.finish()


@scene("bathroom")
def _bathroom(stage: Stage) -> None:
    place = place_of(stage, indoors=True)
    back = place.at(3.4)
    half = back.half
    tile = place.own(stage.top, rgb(0xCFE3E4))
    place.wall(tile)
    for y in range(10):
        back.box(-half, half, 0.25 * y, 0.25 * y + 0.012, lit(tile, 0.86))
    for k in range(-9, 10):
        back.box(0.25 * k, 0.25 * k + 0.012, 0.0, 2.6, lit(tile, 0.86))
    glass = half * 0.62
    back.box(glass - 0.46, glass + 0.46, 1.10, 2.10, lit(_OAK, 0.85))
    back.slab(glass - 0.42, glass + 0.42, 1.14, 2.06, rgb(0xDCEBF0), -0.1)
    rail = half * 0.10
    back.box(rail - 0.24, rail + 0.24, 1.38, 1.41, STEEL)
    back.slab(rail - 0.20, rail + 0.18, 0.82, 1.42, rgb(0xE08A72), 0.2)
    back.box(rail - 0.20, rail + 0.18, 0.92, 0.96, WHITE, 0.8)
    back.poly(
        [(glass - 0.1, 2.04), (glass + 0.12, 2.04), (glass - 0.16, 1.16), (glass - 0.38, 1.16)], WHITE, 0.5
    )
    for k in range(4):
        back.lamp(glass - 0.33 + 0.22 * k, 2.15, 0.05, rgb(0xFFF1D6), 0.4)
    back.slab(glass - 0.55, glass + 0.55, 0.18, 0.78, _OAK)
    back.box(glass - 0.006, glass + 0.006, 0.2, 0.76, lit(_OAK, 0.7))
    back.slab(glass - 0.58, glass + 0.58, 0.78, 0.90, WHITE)
    back.box(glass - 0.02, glass + 0.02, 0.9, 1.08, STEEL)
    back.box(glass - 0.02, glass + 0.10, 1.06, 1.09, STEEL)
    bottle(back, glass + 0.34, 0.9, 0.22, rgb(0xE4B7A0))
    bottle(back, glass + 0.44, 0.9, 0.17, rgb(0x8FB5A5))
    wet = -half * 0.60
    back.box(wet - 0.55, wet + 0.55, 1.02, 2.22, rgb(0xBBD3D6), 0.5)
    back.box(wet - 0.5, wet - 0.47, 1.0, 2.12, STEEL)
    back.box(wet - 0.5, wet - 0.12, 2.10, 2.13, STEEL)
    back.poly(
        [(wet - 0.2, 2.12), (wet - 0.04, 2.12), (wet + 0.04, 2.02), (wet - 0.28, 2.02)], lit(STEEL, 0.9)
    )
    curtain(back, wet + 0.34, wet + 0.62, 0.4, 2.25, rgb(0xF4F1EA))
    place.floor(place.own(stage.bottom, rgb(0x9FB2B3)), 3.4, tiles=0.4)
    tub = place.at(2.9)
    x = -tub.half * 0.62
    tub.shadow(x, 0.7, 0.35)
    tub.poly([(x - 0.75, 0.60), (x + 0.62, 0.60), (x + 0.50, 0.06), (x - 0.62, 0.06)], lit(WHITE, 0.95))
    tub.slab(x - 0.80, x + 0.66, 0.56, 0.63, WHITE)
    for k in range(9):
        tub.oval(x - 0.6 + 0.14 * k, 0.64 + 0.02 * (k % 3), 0.10, 0.06, blend(WHITE, tile, 0.15 * (k % 2)))
    plant(place.at(3.0), -place.at(3.0).half * 0.97, 0.63, 0.5, rgb(0xC98F6B))
    place.finish()
