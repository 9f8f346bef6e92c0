"""Weapons and shields."""

from __future__ import annotations

import numpy as np

from ..palette import Paint, mix, toned
from ..shape.mesh import sheet, slab
from .registry import Smith, item

Array = np.ndarray
STEEL = (196, 204, 216)


def blade(
    smith: Smith,
    start: float,
    length: float,
    width: float,
    bend: float = 0.0,
    paint: Paint | None = None,
    edge: float = 1.0,
) -> None:
    """A blade with a ridge, from `start` up."""
    tip = start + length
    line = [
        (0, start, 0),
        (0, start + length * 0.5, bend * 0.35),
        (0, tip - width * 1.5, bend * 0.85),
        (0, tip, bend),
    ]
    smith.rod(
        line, (width, width * 0.95, width * 0.82 * edge, 0.002), paint or smith.paint, 8, 0.22, (1, 0, 0)
    )


def hilt(smith: Smith, guard: float = 0.085, grip: float = 0.10) -> None:
    """Grip, guard and pommel."""
    smith.rod([(0, -grip * 0.75, 0), (0, grip * 0.55, 0)], (0.0125, 0.0125), smith.leather((70, 48, 40)))
    smith.rod(
        [(0, grip * 0.55, -guard), (0, grip * 0.62, 0), (0, grip * 0.55, guard)],
        (0.010, 0.015, 0.010),
        smith.metal(),
    )
    smith.ball((0, -grip * 0.85, 0), 0.020, smith.metal())


@item("sword", "dagger", "greatsword", "rapier", "katana", "energy_sword")
def sword(smith: Smith) -> None:
    """Blades of all lengths."""
    kind = smith.item.kind
    if smith.item.where in ("back", "left_hip", "right_hip", "both_back"):
        _sheathed(smith)
        return
    if kind == "energy_sword":
        smith.rod([(0, -0.09, 0), (0, 0.09, 0)], (0.017, 0.017), smith.metal(STEEL))
        smith.hoop((0, 0.08, 0), 0.018, 0.006, smith.metal((90, 96, 110)))
        smith.rod([(0, 0.09, 0), (0, 0.88, 0)], (0.017, 0.013), smith.light(smith.item.colour))
        return
    if kind == "katana":
        smith.rod(
            [(0, -0.14, 0), (0, 0.07, 0)],
            (0.0125, 0.0125),
            smith.leather(mix((40, 36, 48), smith.accent, 0.2)),
        )
        smith.hoop((0, 0.075, 0), 0.024, 0.009, smith.metal())
        blade(smith, 0.08, 0.66, 0.018, -0.05)
        return
    if kind == "rapier":
        hilt(smith, 0.06)
        smith.hoop((0, 0.03, 0.03), 0.040, 0.005, smith.metal(), "x")
        blade(smith, 0.06, 0.80, 0.010)
        return
    length, width, guard = {"dagger": (0.24, 0.017, 0.045), "greatsword": (1.12, 0.052, 0.13)}.get(
        kind, (0.72, 0.028, 0.085)
    )
    hilt(smith, guard, 0.16 if kind == "greatsword" else 0.10)
    blade(smith, 0.09 if kind == "greatsword" else 0.055, length, width)


def _sheathed(smith: Smith) -> None:
    """In its scabbard, hilt up."""
    small = smith.item.kind == "dagger"
    long = {"greatsword": 1.0, "dagger": 0.24}.get(smith.item.kind, 0.66)
    up = 0.36 if smith.item.where == "back" else 0.04
    line = [(0, up, 0), (0, up - long * 0.5, 0), (0, up - long, -0.02)]
    smith.rod(line, (0.030, 0.028, 0.012), smith.leather((74, 52, 46)), 10, 0.45, (1, 0, 0))
    smith.hoop((0, up - 0.02, 0), 0.026, 0.008, smith.metal())
    smith.rod(
        [(0, up + 0.02, 0), (0, up + (0.09 if small else 0.15), 0)],
        (0.012, 0.012),
        smith.leather((60, 44, 40)),
    )
    smith.rod([(0, up + 0.015, -0.065), (0, up + 0.015, 0.065)], (0.010, 0.010), smith.metal())
    smith.ball((0, up + (0.105 if small else 0.17), 0), 0.019, smith.metal())


@item("scabbard")
def scabbard(smith: Smith) -> None:
    """A sheathed sword."""
    _sheathed(smith)


@item("spear", "scythe", "pitchfork", "flag")
def pole(smith: Smith) -> None:
    """Things on long shafts."""
    kind = smith.item.kind
    smith.rod([(0, -0.72, 0), (0, 0.0, 0), (0, 0.78, 0)], (0.013, 0.014, 0.012))
    if kind == "spear":
        smith.turned([(0.014, 0.76), (0.022, 0.80), (0.010, 0.84)], smith.metal())
        blade(smith, 0.80, 0.24, 0.034, paint=smith.metal(STEEL))
    elif kind == "scythe":
        line = [(0, 0.76, 0), (0, 0.84, 0.16), (0, 0.80, 0.36), (0, 0.64, 0.52)]
        smith.rod(line, (0.035, 0.045, 0.034, 0.003), smith.metal(STEEL), 8, 0.18, (1, 0, 0))
        smith.rod([(0, 0.2, 0), (0, 0.2, 0.07)], (0.010, 0.010))
    elif kind == "pitchfork":
        smith.rod(
            [(0, 0.78, -0.08), (0, 0.76, 0), (0, 0.78, 0.08)], (0.009,) * 3, smith.metal((120, 124, 132))
        )
        for z in (-0.08, 0.0, 0.08):
            smith.rod([(0, 0.77, z), (0, 1.0, z)], (0.008, 0.003), smith.metal((120, 124, 132)))
    else:

        def cloth(u: Array, v: Array) -> Array:
            return np.stack([0.03 * np.sin(v * 7 + u), 0.76 - 0.32 * u - 0.03 * v, 0.012 + 0.46 * v], -1)

        smith.add(sheet(cloth, 14, 22, outward=(1, 0, 0)), smith.cloth(smith.item.colour))
        smith.ball((0, 0.80, 0), 0.022, smith.metal())


@item("staff", "wand", "scepter", "broom")
def staff(smith: Smith) -> None:
    """Wood or metal with something at its end."""
    kind = smith.item.kind
    glow = smith.item.accent or (
        (120, 190, 255) if smith.shop.spec.accent[2] < 200 else smith.shop.spec.accent
    )
    if kind == "wand":
        smith.rod([(0, -0.06, 0), (0, 0.08, 0), (0, 0.32, 0)], (0.012, 0.009, 0.005))
        smith.ball((0, 0.335, 0), 0.016, smith.light(glow))
    elif kind == "scepter":
        smith.rod([(0, -0.16, 0), (0, 0.34, 0)], (0.012, 0.012))
        smith.turned([(0.012, 0.33), (0.035, 0.37), (0.022, 0.39)])
        smith.ball((0, 0.43, 0), 0.042, smith.gem((206, 50, 80)))
        smith.hoop((0, 0.43, 0), 0.046, 0.006, None, "z")
    elif kind == "broom":
        smith.rod([(0, 0.70, 0), (0, -0.38, 0)], (0.013, 0.013))
        for k in range(14):
            a = 2 * np.pi * k / 14
            smith.rod(
                [
                    (0, -0.34, 0),
                    (0.04 * np.cos(a), -0.50, 0.04 * np.sin(a)),
                    (0.075 * np.cos(a), -0.74, 0.075 * np.sin(a)),
                ],
                (0.012, 0.018, 0.006),
                smith.cloth((206, 168, 96)),
                6,
            )
        smith.hoop((0, -0.38, 0), 0.028, 0.012, smith.leather())
    else:
        smith.rod(
            [(0, -0.80, 0), (0.01, -0.2, 0.01), (-0.008, 0.2, 0), (0, 0.50, 0)], (0.012, 0.016, 0.015, 0.020)
        )
        for k in range(4):
            a = 2 * np.pi * k / 4 + 0.4
            c, s = np.cos(a), np.sin(a)
            smith.rod(
                [
                    (0, 0.47, 0),
                    (0.055 * c, 0.55, 0.055 * s),
                    (0.050 * c, 0.66, 0.050 * s),
                    (0.02 * c, 0.72, 0.02 * s),
                ],
                (0.014, 0.014, 0.011, 0.004),
                None,
                8,
            )
        smith.ball((0, 0.605, 0), (0.040, 0.052, 0.040), smith.light(glow))
        smith.hoop((0, 0.46, 0), 0.022, 0.007, smith.metal())


@item("bow")
def bow(smith: Smith) -> None:
    """A recurved bow with its string."""
    line = [
        (0, 0.60, 0.04),
        (0, 0.54, 0.00),
        (0, 0.30, 0.085),
        (0, 0.06, 0.030),
        (0, -0.06, 0.030),
        (0, -0.30, 0.085),
        (0, -0.54, 0.0),
        (0, -0.60, 0.04),
    ]
    flipped = [(x, y, z - 0.02) for x, y, z in line]
    smith.rod(flipped, (0.006, 0.010, 0.013, 0.014, 0.014, 0.013, 0.010, 0.006))
    smith.rod([(0, 0.07, 0.012), (0, -0.07, 0.012)], (0.017, 0.017), smith.leather())
    smith.rod(
        [(0, 0.555, -0.015), (0, 0.0, -0.105), (0, -0.555, -0.015)],
        (0.0028,) * 3,
        smith.cloth((236, 232, 220)),
        6,
    )


@item("axe", "hammer", "mace")
def axe(smith: Smith) -> None:
    """Heads on short shafts."""
    kind = smith.item.kind
    wood = smith.leather((104, 72, 48))
    smith.rod([(0, -0.20, 0), (0, 0.46, 0)], (0.015, 0.014), wood)
    if kind == "axe":

        def head(u: Array, v: Array) -> Array:
            z = 0.010 + 0.165 * u
            half = 0.045 + 0.085 * u**1.5
            return np.stack(
                [
                    0.016 * (1 - u) * (1 - (v - 0.5) ** 2),
                    0.40 + (v - 0.5) * 2 * half,
                    z + 0.03 * np.cos((v - 0.5) * np.pi) * u,
                ],
                -1,
            )

        for side in (1.0, -1.0):
            smith.add(
                sheet(lambda u, v, s=side: head(u, v) * np.array([s, 1, 1]), 10, 14, outward=(side, 0, 0)),
                smith.paint,
            )
        smith.box((0, 0.40, 0), (0.020, 0.048, 0.026))
        smith.rod([(0, 0.40, -0.02), (0, 0.40, -0.09)], (0.020, 0.003))
    elif kind == "hammer":
        smith.rod(
            [(0, 0.45, -0.13), (0, 0.45, -0.10), (0, 0.45, 0.10), (0, 0.45, 0.13)],
            (0.060, 0.068, 0.068, 0.060),
            None,
            18,
        )
        smith.hoop((0, 0.45, 0.0), 0.071, 0.012, smith.metal(), "z")
    else:
        smith.ball((0, 0.46, 0), 0.055)
        for k in range(12):
            y = 1 - 2 * (k + 0.5) / 12
            r, a = np.sqrt(1 - y * y), 2.4 * k
            d = np.array([np.cos(a) * r, y, np.sin(a) * r])
            smith.rod(
                [np.array([0, 0.46, 0]) + d * 0.05, np.array([0, 0.46, 0]) + d * 0.092],
                (0.016, 0.002),
                None,
                8,
            )


@item("shield")
def shield(smith: Smith) -> None:
    """A heater shield with rim and boss, in front of the fist."""

    def board(u: Array, v: Array) -> Array:
        s = (v - 0.5) * 2
        y = 0.27 - 0.62 * u
        half = 0.21 * np.where(
            u < 0.45, 1.0, np.sqrt(np.clip(1 - ((u - 0.45) / 0.55) ** 2, 0, 1)) * 0.98 + 0.02
        )
        return np.stack([s * half, y + 0.03 * s * s * (u < 0.1), -0.05 * s * s + 0.0 * u], -1)

    plate = sheet(board, 26, 21, outward=(0, 0, 1))
    u, v = plate.surface[:, 0], plate.surface[:, 1]
    edge = np.minimum(np.minimum(u, 1 - u) * 0.62, np.minimum(v, 1 - v) * 0.42)
    from dataclasses import replace

    mesh = slab(replace(plate, surface=np.stack([u, v, edge], -1)), 0.014)
    rim = smith.item.accent or (
        toned(smith.item.colour, -0.2) if sum(smith.item.colour) > 420 else smith.shop.spec.accent
    )
    paint = replace(smith.paint, trim=rim, trim_width=0.022)
    if smith.item.where == "back":
        smith.add(mesh, paint)
        return
    side = "left" if smith.item.where == "left_hand" else "right"
    sign = 1.0 if side == "left" else -1.0
    shop = smith.shop
    shoulder, wrist = shop.rest[f"{side}_shoulder"], shop.rest[f"{side}_wrist"]
    axis = (wrist - shoulder) / np.sqrt(((wrist - shoulder) ** 2).sum())
    out = np.array([-axis[1] * sign, axis[0] * sign, 0.0])
    ahead = np.array([0.0, 0.0, 1.0])
    frame = np.stack([ahead * -sign, -axis, out], -1)
    place = wrist - axis * 0.04 + out * 0.075
    shop.add(mesh.moved(frame, place), paint, "item", f"{side}_elbow", 6)
    from ..shape.mesh import ellipsoid

    shop.add(
        ellipsoid((0, 0.02, 0.012), (0.055, 0.055, 0.034)).moved(frame, place),
        smith.metal(rim),
        "item",
        f"{side}_elbow",
        6,
    )


@item("blaster", "rifle")
def blaster(smith: Smith) -> None:
    """Guns that look like toys of the future; the barrel points ahead of the fist."""
    long = smith.item.kind == "rifle"
    light = smith.light(smith.item.accent or (90, 220, 255))
    dark = smith.leather((52, 54, 64))
    smith.rod([(0, -0.05, -0.006), (0, 0.045, 0.0)], (0.016, 0.017), dark)
    reach = 0.42 if long else 0.19
    smith.rod(
        [(0, 0.065, -0.05), (0, 0.070, 0.02), (0, 0.070, reach * 0.7)],
        (0.030, 0.034, 0.026),
        None,
        14,
        1.1,
        (0, 1, 0),
    )
    smith.rod([(0, 0.072, reach * 0.6), (0, 0.072, reach)], (0.014, 0.016), dark)
    smith.rod([(0, 0.105, -0.03), (0, 0.105, 0.08)], (0.007, 0.007), light)
    smith.hoop((0, 0.072, reach), 0.016, 0.005, light, "z")
    if long:
        smith.rod(
            [(0, 0.050, -0.06), (0, 0.03, -0.16), (0, 0.0, -0.26)],
            (0.022, 0.022, 0.036),
            None,
            12,
            0.5,
            (1, 0, 0),
        )
        smith.rod([(0, 0.13, 0.0), (0, 0.13, 0.12)], (0.018, 0.018), dark)


@item("magic")
def magic(smith: Smith) -> None:
    """A ball of light over the palm, with sparks."""
    colour = smith.item.colour
    smith.ball((0, 0.06, 0.10), 0.062, smith.light(colour))
    for k in range(3):
        a = k * 2.1
        t = np.linspace(0, 1, 20)
        angle = a + t * 4.2
        r = 0.085 + 0.05 * t
        line = np.stack(
            [np.cos(angle) * r, 0.06 + 0.10 * np.sin(angle + a) * t, 0.10 + np.sin(angle) * r], -1
        )
        smith.rod(line, (0.003, 0.010, 0.002), smith.light(toned(colour, 0.10)), 6)
    for k in range(9):
        d = smith.shop.rng.normal(0, 1, 3)
        d = d / np.sqrt((d * d).sum())
        smith.ball(
            np.array([0, 0.06, 0.10]) + d * (0.13 + 0.05 * (k % 3)),
            0.008 + 0.004 * (k % 2),
            smith.light(toned(colour, 0.12)),
        )
