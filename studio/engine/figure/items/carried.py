"""Things on back and hip: packs, quivers, bags."""

from __future__ import annotations

import numpy as np

from ..palette import LEATHER, METAL, Paint, mix, toned
from ..shape.mesh import ellipsoid, revolve_sharp, rings, tube
from ..workshop import Workshop
from .registry import Smith, item

BACK = -0.135


def _pad(
    smith: Smith,
    centre: tuple[float, float, float],
    radii: tuple[float, float, float],
    paint: Paint,
    bone: str = "chest",
) -> None:
    smith.shop.add(ellipsoid(centre, radii, 18, 26), paint, "item", bone, 6)


def _strap(smith: Smith, points: list[tuple[float, float, float]], width: float, paint: Paint) -> None:
    smith.shop.add(
        rings(tube(points, (width,) * len(points), 44, 10, 0.32, (0, 0.3, 1))), paint, "item", "trunk", 6
    )


def front_of(smith: Smith, x: float, y: float) -> float:
    """How far forward the clothed chest reaches."""
    from ..shape.field import pack

    z = np.linspace(0.0, 0.3, 101)
    d = pack(smith.shop.group("trunk", "bust", grow=0.026)).at(
        np.stack([np.full(101, x), np.full(101, y), z], -1)
    )
    return float(z[int(np.argmax(d > 0))])


def _shoulder_straps(smith: Smith, paint: Paint) -> None:
    for sign in (-1, 1):
        x = sign * 0.095
        line = [
            (x, 1.30, BACK + 0.005),
            (x, 1.39, -0.06),
            (x, 1.405, 0.0),
            (x, 1.34, front_of(smith, x, 1.34)),
            (x * 1.05, 1.22, front_of(smith, x * 1.05, 1.22)),
            (sign * 0.15, 1.08, 0.04),
            (sign * 0.10, 1.05, -0.10),
        ]
        _strap(smith, line, 0.017, paint)


@item("backpack", "jetpack")
def backpack(smith: Smith) -> None:
    """On both shoulders."""
    dark = Paint(toned(smith.item.colour, -0.10), LEATHER)
    if smith.item.kind == "jetpack":
        for sign in (-1, 1):
            line = [
                (sign * 0.075, 1.38, BACK - 0.07),
                (sign * 0.075, 1.36, BACK - 0.07),
                (sign * 0.075, 1.10, BACK - 0.07),
                (sign * 0.075, 1.03, BACK - 0.07),
            ]
            smith.shop.add(
                rings(tube(line, (0.03, 0.066, 0.066, 0.045), 26, 18)), smith.paint, "item", "chest", 6
            )
            smith.shop.add(
                ellipsoid((sign * 0.075, 1.01, BACK - 0.07), (0.040, 0.03, 0.040)),
                smith.light((255, 170, 70)),
                "item",
                "chest",
                6,
            )
        _shoulder_straps(smith, Paint((60, 62, 72), LEATHER))
        return
    paint = Paint(smith.item.colour, LEATHER)
    line = [(0, 1.385, BACK - 0.075), (0, 1.36, BACK - 0.08), (0, 1.10, BACK - 0.085), (0, 1.06, BACK - 0.08)]
    smith.shop.add(
        rings(tube(line, (0.09, 0.135, 0.142, 0.10), 26, 28, 0.62, (0, 0, 1), 3.4)), paint, "item", "chest", 6
    )
    _pad(smith, (0, 1.345, BACK - 0.10), (0.135, 0.062, 0.085), dark)
    _pad(smith, (0, 1.16, BACK - 0.165), (0.090, 0.065, 0.035), dark)
    roll = [(-0.16, 1.425, BACK - 0.07), (0.16, 1.425, BACK - 0.07)]
    smith.shop.add(
        rings(tube(roll, (0.045, 0.045), 10, 16)),
        Paint(mix(smith.accent, (200, 180, 150), 0.5)),
        "item",
        "chest",
        6,
    )
    _shoulder_straps(smith, dark)


@item("quiver")
def quiver(smith: Smith) -> None:
    """Arrows over the right shoulder."""
    base, top = np.array([0.07, 1.02, BACK - 0.045]), np.array([-0.095, 1.40, BACK - 0.055])
    along = (top - base) / np.sqrt(((top - base) ** 2).sum())
    smith.shop.add(
        rings(tube([base, (base + top) / 2, top], (0.042, 0.050, 0.056), 16, 18)),
        Paint(smith.item.colour, LEATHER),
        "item",
        "chest",
        6,
    )
    smith.shop.add(
        rings(tube([top - along * 0.03, top + along * 0.006], (0.060, 0.060), 6, 18)),
        smith.metal(),
        "item",
        "chest",
        6,
    )
    for k in range(6):
        a = k * 2.4
        off = np.array([np.cos(a), 0, np.sin(a)]) * 0.028
        tip = top + along * (0.14 + 0.015 * (k % 3)) + off * 1.3
        smith.shop.add(
            rings(tube([top + off, tip], (0.004, 0.004), 6, 6)),
            Paint((196, 168, 120), LEATHER),
            "item",
            "chest",
            6,
        )
        for turn_by in (0.0, 2.1, 4.2):
            d = np.array([np.cos(a + turn_by), 0.0, np.sin(a + turn_by)])
            vane = tube(
                [tip - along * 0.055, tip - along * 0.02 + d * 0.010, tip + along * 0.004],
                (0.003, 0.014, 0.004),
                6,
                6,
                0.2,
                np.cross(along, d),
            )
            smith.shop.add(rings(vane), Paint(smith.item.accent or (226, 66, 62)), "item", "chest", 6)
    line = [
        (0.06, 1.05, BACK + 0.02),
        (-0.10, 1.385, -0.05),
        (-0.085, 1.40, 0.0),
        (-0.03, 1.30, front_of(smith, -0.03, 1.30)),
        (0.06, 1.18, front_of(smith, 0.06, 1.18)),
        (0.135, 1.08, 0.03),
        (0.09, 1.05, -0.09),
    ]
    _strap(smith, line, 0.014, Paint(toned(smith.item.colour, -0.08), LEATHER))


@item("satchel", "briefcase", "basket", "holster")
def bag(smith: Smith) -> None:
    """Bags at the hip or in the hand."""
    kind = smith.item.kind
    dark = Paint(toned(smith.item.colour, -0.10), LEATHER)
    if kind == "satchel":
        _pad(smith, (0.205, 0.93, 0.0), (0.045, 0.085, 0.105), Paint(smith.item.colour, LEATHER), "pelvis")
        _pad(smith, (0.212, 0.965, 0.0), (0.046, 0.055, 0.108), dark, "pelvis")
        smith.shop.add(
            ellipsoid((0.258, 0.92, 0.0), (0.008, 0.014, 0.014)), smith.metal(), "item", "pelvis", 6
        )
        line = [
            (0.19, 0.98, -0.06),
            (0.02, 1.22, BACK + 0.005),
            (-0.11, 1.385, -0.04),
            (-0.10, 1.385, 0.02),
            (-0.02, 1.27, front_of(smith, -0.02, 1.27)),
            (0.10, 1.12, front_of(smith, 0.10, 1.12)),
            (0.19, 0.99, 0.06),
        ]
        _strap(smith, line, 0.014, dark)
        return
    if kind == "holster":
        sign = 1.0 if smith.item.where == "left_hip" else -1.0
        _pad(
            smith,
            (sign * 0.195, 0.885, 0.01),
            (0.026, 0.075, 0.040),
            Paint(smith.item.colour, LEATHER),
            "left_hip" if sign > 0 else "right_hip",
        )
        _pad(
            smith,
            (sign * 0.198, 0.965, 0.0),
            (0.018, 0.034, 0.020),
            smith.metal((80, 84, 96)),
            "left_hip" if sign > 0 else "right_hip",
        )
        return
    # In the hand the bag hangs from the fist: along the forearm, not across the palm.
    if kind == "basket":
        smith.hoop((0, 0, 0.10), 0.115, 0.012, None, "x")
        smith.rod(
            [(0, 0, 0.10), (0, 0, 0.12), (0, 0, 0.24)],
            (0.118, 0.122, 0.085),
            Paint(smith.item.colour, weave="knit"),
            24,
            1.0,
            (1, 0, 0),
        )
        return
    smith.hoop((0, 0, 0.02), 0.035, 0.009, dark, "x")
    smith.box((0, 0, 0.165), (0.045, 0.165, 0.125), Paint(smith.item.colour, LEATHER))
    for y in (-0.09, 0.09):
        smith.ball((0.048, y, 0.075), (0.008, 0.014, 0.018), Paint(smith.accent, METAL))


STOOL_PARTS = 5  # a seat and four legs


def add_stool(shop: Workshop) -> None:
    """A round stool under somebody who sits: the shins reach from its height to the ground."""
    hip, knee, ankle = (shop.rest[f"left_{joint}"] for joint in ("hip", "knee", "ankle"))
    thigh = 0.080 * (0.5 + 0.5 * shop.figure.limb)
    shop.stool = float(hip[1] - thigh)
    top, ground = hip[1] - thigh, hip[1] - (knee[1] - ankle[1]) - ankle[1]
    wood = Paint(mix(shop.spec.accent, (124, 86, 58), 0.7), LEATHER)
    seat = revolve_sharp(
        [(0.0, top), (0.175, top), (0.19, top - 0.012), (0.19, top - 0.035), (0.0, top - 0.04)], 40
    )
    shop.add(seat.moved(None, (0, 0, -0.02)), wood, "item", "pelvis")
    for x in (-1, 1):
        for z in (-1, 1):
            leg = [(x * 0.11, top - 0.03, z * 0.11 - 0.02), (x * 0.125, ground, z * 0.125 - 0.02)]
            shop.add(rings(tube(leg, (0.020, 0.015), 6, 12)), wood, "item", "pelvis")
