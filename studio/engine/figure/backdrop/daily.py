"""Where a day is spent: office, gym, airport, train."""

from __future__ import annotations

from .place import BLACK, STEEL, WHITE, Plane, place_of, rgb
from .props import CLOTHS, cup, lines, plant, pot_light, window
from .stage import Stage, scene


@scene("office")
def _office(stage: Stage) -> None:
    place = place_of(stage, indoors=True)
    back = place.at(4.4)
    half = back.half
    place.wall(place.own(stage.top, rgb(0xDDE3E8)))
    window(back, -half * 0.52, half * 0.44, 0.90, 2.30, rgb(0x8C97A0), "city", (3, 1))
    for k in range(7):
        y = 2.28 - 0.055 * k
        back.box(-half * 0.97, -half * 0.07, y, y + 0.026, rgb(0xE9EDF0), 0.9)
    board = half * 0.58
    back.box(board - 0.52, board + 0.52, 1.32, 2.08, rgb(0xA3ACB3))
    back.box(board - 0.49, board + 0.49, 1.35, 2.05, WHITE)
    for k, tall in enumerate((0.16, 0.28, 0.22, 0.40)):
        x = board - 0.40 + 0.12 * k
        back.box(x, x + 0.08, 1.44, 1.44 + tall, rgb((0x2F6690, 0x5B8E7D, 0xE0A458, 0xC8553D)[k]))
    for k, colour in enumerate((0xF4D35E, 0xF08A8A, 0x9AD0A8, 0xF4D35E)):
        x, y = board + 0.18 + 0.15 * (k % 2), 1.78 - 0.17 * (k // 2)
        back.box(x, x + 0.11, y, y + 0.11, rgb(colour))
    back.box(-half, half, 0.0, 0.08, rgb(0x9AA4AB))
    place.floor(place.own(stage.bottom, rgb(0x8E969C)), 4.4, tiles=0.6)
    for u, low in ((-0.80, 0.10), (0.86, 0.10)):
        _desk(place.at(3.0), place.at(3.0).half * u, low)
    over = place.at(3.4)
    for u in (-0.62, 0.05, 0.70):
        x = over.half * u
        over.box(x - 0.32, x + 0.32, 2.42, 2.50, WHITE)
        over.lamp(x, 2.45, 0.05, rgb(0xF2F7FF), 0.3)
    plant(place.at(3.6), place.at(3.6).half * 0.22, 0.0, 1.15, WHITE)
    place.finish()


def _desk(plane: Plane, cx: float, low: float) -> None:
    """A desk with a screen, a keyboard, a mug, and its chair."""
    plane.shadow(cx, 0.75, 0.36)
    plane.box(cx - 0.72, cx - 0.66, 0.0, 0.70, STEEL)
    plane.box(cx + 0.66, cx + 0.72, 0.0, 0.70, STEEL)
    plane.slab(cx - 0.24, cx + 0.24, 0.40, 1.02, rgb(0x3D4A57))
    plane.box(cx - 0.03, cx + 0.03, low, 0.40, BLACK)
    plane.box(cx - 0.26, cx + 0.26, low - 0.05, low, BLACK)
    plane.slab(cx - 0.78, cx + 0.78, 0.70, 0.76, rgb(0xC9A27A))
    plane.box(cx - 0.05, cx + 0.05, 0.76, 0.92, STEEL)
    plane.box(cx - 0.40, cx + 0.40, 0.90, 1.40, BLACK)
    plane.slab(cx - 0.37, cx + 0.37, 0.93, 1.37, rgb(0x5AA0C8))
    for k in range(4):
        plane.box(cx - 0.32, cx + 0.02 + 0.06 * (k % 3), 1.27 - 0.08 * k, 1.30 - 0.08 * k, WHITE, 0.8)
    plane.box(cx + 0.14, cx + 0.32, 1.0, 1.28, rgb(0xF2F6F8), 0.7)
    cup(plane, cx + 0.56, 0.76, 0.10, rgb(0xC8553D))
    for k in range(3):
        plane.box(cx - 0.70, cx - 0.46, 0.76 + 0.04 * k, 0.79 + 0.04 * k, CLOTHS[k])


@scene("gym")
def _gym(stage: Stage) -> None:
    place = place_of(stage, indoors=True)
    back = place.at(4.4)
    half = back.half
    wall = place.own(stage.top, rgb(0x8D969E))
    place.wall(wall)
    for k in range(4):
        x0 = -half + half * 0.5 * k
        back.slab(x0 + 0.02, x0 + half * 0.5 - 0.02, 0.30, 2.10, rgb(0xB9C9D3), -0.12)
        back.poly(
            [
                (x0 + half * 0.26, 2.08), (x0 + half * 0.36, 2.08), (x0 + half * 0.14, 0.32),
                (x0 + half * 0.04, 0.32),
            ],
            WHITE, 0.35,
        )  # fmt: skip
    back.box(-half, half, 2.10, 2.34, rgb(0xE4572E))
    lines(back, -half * 0.92, half * 0.95, 2.24, 1, 0.36, WHITE)
    place.floor(place.own(stage.bottom, rgb(0x4B5056)), 4.4, tiles=0.8)
    rack = place.at(3.6)
    cx = -rack.half * 0.54
    rack.shadow(cx, 0.75, 0.45)
    for x in (-0.74, 0.70):
        rack.box(cx + x, cx + x + 0.05, 0.0, 1.34, BLACK)
    for row in range(3):
        y = 0.30 + 0.42 * row
        rack.slab(cx - 0.76, cx + 0.76, y - 0.06, y, rgb(0x3A3F45))
        size = 0.13 - 0.022 * row
        for k in range(4):
            _dumbbell(rack, cx - 0.54 + 0.36 * k, y + size, size)
    cage = place.at(3.0)
    cx = cage.half * 0.55
    post, reach = min(0.37, cage.half * 0.20), min(0.53, cage.half * 0.27)
    cage.shadow(cx, 0.7, 0.45)
    for x in (-post - 0.07, post):
        cage.slab(cx + x, cx + x + 0.07, 0.0, 2.22, rgb(0xC1342B))
    cage.slab(cx - post - 0.07, cx + post + 0.07, 2.14, 2.22, rgb(0xC1342B))
    bar = 1.40
    cage.slab(cx - reach - 0.3, cx + reach + 0.3, bar - 0.018, bar + 0.018, STEEL)
    for sign in (-1, 1):
        for k, size in enumerate((0.24, 0.20, 0.13)):
            x = cx + sign * (reach + 0.07 * k)
            cage.slab(x - 0.03, x + 0.03, bar - size, bar + size, (BLACK, rgb(0x2F6690), BLACK)[k])
    cage.slab(cx - 0.32, cx + 0.32, 0.40, 0.50, BLACK)
    cage.box(cx - 0.26, cx - 0.20, 0.0, 0.42, STEEL)
    cage.box(cx + 0.20, cx + 0.26, 0.0, 0.42, STEEL)
    near = place.at(2.2)
    bag = -near.half * 0.90
    near.box(bag - 0.012, bag + 0.012, 1.82, 4.0, STEEL)
    near.poly([(bag, 1.96), (bag + 0.16, 1.80), (bag - 0.16, 1.80)], BLACK)
    near.slab(bag - 0.17, bag + 0.17, 0.86, 1.82, rgb(0x8C2B22), 0.3)
    near.box(bag - 0.12, bag - 0.07, 0.88, 1.80, WHITE, 0.22)
    for y in (1.10, 1.56):
        near.box(bag - 0.17, bag + 0.17, y, y + 0.05, BLACK)
    pot_light(place.at(3.4), 2.44, [place.at(3.4).half * u for u in (-0.75, -0.25, 0.25, 0.75)])
    place.finish()


def _dumbbell(plane: Plane, cx: float, cy: float, size: float) -> None:
    plane.box(cx - size, cx + size, cy - 0.02, cy + 0.02, STEEL)
    for sign in (-1, 1):
        plane.oval(cx + sign * size * 0.75, cy, size * 0.42, size, rgb(0x24272B))
        plane.oval(
            cx + sign * size * 0.75 - size * 0.1, cy + size * 0.2, size * 0.16, size * 0.5, rgb(0x565C63)
        )


@scene("airport")
def _airport(stage: Stage) -> None:
    place = place_of(stage, indoors=True)
    far = place.at(26.0)
    place.sky()
    far.box(-far.half, far.half, -1.0, 0.35, rgb(0x9DA39F))
    far.box(-far.half, far.half, 0.3, 0.75, rgb(0x7E937A))
    _airliner(place.at(20.0), -place.at(20.0).half * 0.12, 2.1)
    back = place.at(5.0)
    half = back.half
    frame = rgb(0x6E7A83)
    for k in range(-3, 4):
        back.box(half * k / 3 - 0.03, half * k / 3 + 0.03, 0.0, 2.7, frame)
    back.box(-half, half, 1.92, 1.97, frame)
    back.box(-half, half, 2.62, 4.0, place.own(stage.top, rgb(0xD5DEE4)))
    back.box(-half, half, 0.0, 0.14, frame)
    place.floor(place.own(stage.bottom, rgb(0xC4C9CC)), 5.0, tiles=0.9)
    sign = place.at(3.4)
    x = sign.half * 0.58
    sign.box(x - 0.52, x + 0.52, 1.60, 2.20, rgb(0x15181C))
    sign.box(x - 0.52, x + 0.52, 2.10, 2.20, rgb(0xF2C230))
    lines(sign, x - 0.46, x - 0.10, 2.03, 5, 0.095, rgb(0xF2C230))
    lines(sign, x - 0.02, x + 0.46, 2.03, 5, 0.095, WHITE)
    for edge in (-0.4, 0.4):
        sign.box(x + edge - 0.012, x + edge + 0.012, 2.2, 4.0, frame)
    gate = -sign.half * 0.72
    sign.box(gate - 0.34, gate + 0.34, 1.86, 2.18, rgb(0xF2C230))
    sign.box(gate - 0.26, gate - 0.05, 1.92, 2.12, BLACK)
    sign.box(gate + 0.04, gate + 0.26, 1.96, 2.07, BLACK)
    sign.box(gate - 0.012, gate + 0.012, 2.18, 4.0, frame)
    seats = place.at(3.0)
    for side in (-1, 1):
        for k in range(3):
            x = side * (seats.half * 0.40 + 0.60 * k)
            seats.shadow(x, 0.26, 0.25)
            seats.slab(x - 0.25, x + 0.25, 0.48, 0.94, rgb(0x2F5D7C))
            seats.slab(x - 0.26, x + 0.26, 0.38, 0.48, rgb(0x27506B))
            seats.box(x - 0.02, x + 0.02, 0.0, 0.4, STEEL)
    case = place.at(1.8)
    x = case.half * 0.84
    case.shadow(x, 0.24, 0.45)
    case.box(x - 0.10, x - 0.08, 0.62, 0.98, STEEL)
    case.box(x + 0.08, x + 0.10, 0.62, 0.98, STEEL)
    case.box(x - 0.10, x + 0.10, 0.96, 0.99, BLACK)
    case.slab(x - 0.22, x + 0.22, 0.06, 0.66, rgb(0xE4572E))
    for k in range(3):
        case.box(x - 0.13 + 0.11 * k, x - 0.10 + 0.11 * k, 0.10, 0.62, rgb(0xB8431F))
    place.finish()


def _airliner(plane: Plane, cx: float, cy: float) -> None:
    """An airliner on the ground, seen from its side."""
    body = rgb(0xF4F6F8)
    plane.poly([(cx + 3.0, cy + 2.3), (cx + 3.7, cy + 2.3), (cx + 3.5, cy), (cx + 2.0, cy)], rgb(0x2F6690))
    plane.oval(cx, cy, 4.0, 0.62, body)
    plane.box(cx - 3.6, cx + 3.6, cy - 0.28, cy - 0.14, rgb(0x2F6690), 0.9)
    for k in range(16):
        plane.box(cx - 2.9 + 0.36 * k, cx - 2.72 + 0.36 * k, cy + 0.08, cy + 0.24, rgb(0x3C4A55))
    plane.poly(
        [(cx - 0.3, cy - 0.1), (cx + 0.8, cy - 0.1), (cx + 2.4, cy - 0.9), (cx + 1.6, cy - 0.9)],
        rgb(0xC3CBD1),
    )
    plane.oval(cx + 0.7, cy - 0.75, 0.62, 0.30, rgb(0x8B959C))
    for x in (-2.6, 0.6):
        plane.box(cx + x - 0.05, cx + x + 0.05, cy - 1.4, cy - 0.4, rgb(0x565C63))
        plane.oval(cx + x, cy - 1.45, 0.22, 0.22, BLACK)


@scene("train")
def _train(stage: Stage) -> None:
    place = place_of(stage, indoors=True)
    back = place.at(2.4)
    half = back.half
    place.wall(place.own(stage.top, rgb(0xDCD9D0)))
    for k in (-1, 0, 1):
        window(
            back, half * 0.68 * k, half * 0.29, 0.98, 1.86, rgb(0xA9B2B8),
            "trees" if place.hour == "day" else "city", (1, 1),
        )  # fmt: skip
    back.box(-half, half, 0.0, 0.86, rgb(0x8794A0))
    back.slab(-half, half, 1.98, 2.10, rgb(0xB5BDC2))
    for k in range(-4, 5):
        back.box(half * k / 4 - 0.02, half * k / 4 + 0.02, 1.98, 2.3, STEEL)
    for u, wide, colour in ((-0.72, 0.24, 0xC8553D), (0.52, 0.30, 0x3D405B), (0.86, 0.16, 0x5B8E7D)):
        back.slab(half * u - wide, half * u + wide, 2.10, 2.36, rgb(colour))
        back.box(half * u - 0.05, half * u + 0.05, 2.36, 2.40, BLACK)
    place.floor(place.own(stage.bottom, rgb(0x6E7479)), 2.4, tiles=0.6)
    seats = place.at(1.6)
    first = max(0.36, seats.half * 0.46)
    for x in (-first - 0.66, -first, first + 0.04, first + 0.70):
        seats.shadow(x, 0.26, 0.3)
        seats.slab(x - 0.25, x + 0.25, 0.40, 1.12, rgb(0x2C5E8A))
        seats.slab(x - 0.17, x + 0.17, 1.06, 1.30, rgb(0x214A6E))
        seats.box(x - 0.14, x + 0.14, 1.10, 1.26, rgb(0xE6E3DA), 0.8)
        seats.slab(x - 0.27, x + 0.27, 0.34, 0.46, rgb(0x3A73A3))
        seats.box(x - 0.25, x + 0.25, 0.0, 0.34, rgb(0x3A3F45))
    straps = place.at(0.9)
    straps.slab(-straps.half, straps.half, 1.98, 2.02, STEEL)
    for u in (-0.86, -0.58, 0.60, 0.88):
        x = straps.half * u
        straps.box(x - 0.012, x + 0.012, 1.80, 1.99, rgb(0x565C63))
        straps.oval(x, 1.75, 0.065, 0.075, rgb(0xE9A23B))
        straps.oval(x, 1.75, 0.042, 0.052, rgb(0xC9CCC8))
    pole = place.at(1.2)
    pole.slab(pole.half * 0.70, pole.half * 0.70 + 0.045, 0.0, 3.0, rgb(0xE9B23B))
    place.finish()
