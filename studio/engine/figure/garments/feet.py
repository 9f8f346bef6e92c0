"""Shoes of all kinds."""

# ruff: noqa: RUF005  tuples are added to vectors here, not joined

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..palette import CLOTH, LEATHER, Paint, mix, toned
from ..shape.body import foot_solids
from ..shape.field import cone, keep, pack, skin
from ..shape.mesh import ellipsoid, rings, tube
from ..spec import RGB
from .registry import garment
from .tailor import CELL, DOWN, UP, Tailor

SIDES = (("left", 1.0), ("right", -1.0))


def shoe(
    tailor: Tailor,
    paint: Paint,
    grow: float,
    top: float,
    sole: RGB | None,
    segment: str = "feet",
    flare: float = 0.0,
    point: float = 0.0,
    cuff: Paint | None = None,
) -> None:
    """A shoe or boot up to `top`, with its sole."""
    for side, sign in SIDES:
        ankle = tailor.shop.rest[f"{side}_ankle"]
        knee = tailor.shop.rest[f"{side}_knee"]
        foot = [s.grown(grow) for s in foot_solids(ankle, sign, tailor.shop.figure.limb)]
        toe = ankle + (sign * 0.024, -ankle[1] + 0.030, 0.150)
        foot.append(
            cone(
                toe,
                toe + (sign * 0.004, 0.002, 0.030 + point),
                0.033 + grow * 0.6,
                0.028 - 0.3 * point,
                0.03,
                flat=0.8,
                towards=(0, 1, 0),
            )
        )
        if top > 0.11:
            foot += tailor.shop.group(f"{side}_shin", grow=grow)
            foot.append(
                cone(
                    (ankle[0], 0.03, ankle[2]),
                    (ankle[0], max(0.12, top - 0.10), ankle[2] + 0.004),
                    0.040 + grow * 0.4,
                    0.040 + grow * 0.4,
                    0.02,
                )
            )
        if flare:
            foot.append(
                cone(
                    (knee + ankle) / 2 * (1, 0, 1) + (0, top - 0.09, 0),
                    (knee + ankle) / 2 * (1, 0, 1) + (0, top + 0.02, 0),
                    0.05,
                    0.064 + flare,
                    0.04,
                )
            )
        if top > 0.46:
            foot += tailor.shop.group(f"{side}_thigh", grow=grow)
        program = [*foot, keep((0, top, 0), DOWN), keep((0, 0.004, 0), UP)]
        low, high = np.array([-1.0, -0.02, -1.0]), np.array([1.0, top + 0.02, 1.0])
        field, key = pack(program), ("shoe", grow, top, flare, point)
        mesh = tailor.shop.twin(key, side, lambda f=field, a=low, b=high: skin(f, CELL, a, b))
        y = mesh.points[:, 1]
        surface = np.stack([y, mesh.points[:, 2], np.abs(top - y)], -1)
        tailor.add(replace(mesh, surface=surface), paint, segment, f"{side}_leg")
        tailor.shop.cover(program, tailor.layer)
        if sole is not None:
            path = [
                (ankle[0], 0.011, ankle[2] - 0.040),
                (ankle[0] + sign * 0.006, 0.011, ankle[2] + 0.03),
                (ankle[0] + sign * 0.020, 0.011, ankle[2] + 0.11),
                (ankle[0] + sign * 0.028, 0.011, ankle[2] + 0.186 + point),
            ]
            wide = 0.040 + grow
            grid = tube(
                path, (wide * 0.80, wide * 0.92, wide * 1.06, wide * 0.55), 22, 18, 0.30, (0, 1, 0), 3.0
            )
            tailor.add(rings(grid), Paint(sole, LEATHER), segment, f"{side}_ankle")


def strap(
    tailor: Tailor,
    side: str,
    sign: float,
    back: float,
    front: float,
    grow: float,
    paint: Paint,
    lean: float = 0.4,
) -> None:
    """A band over the foot between two places before the ankle; it leans back as it rises."""
    ankle = tailor.shop.rest[f"{side}_ankle"]
    towards = np.array([0.0, lean, 1.0])
    solids = [
        *(s.grown(grow) for s in foot_solids(ankle, sign, tailor.shop.figure.limb)),
        keep((0, 0, ankle[2] + back), towards),
        keep((0, 0, ankle[2] + front), -towards),
        keep((0, 0.004, 0), UP),
    ]
    low = np.array([-1.0, 0.0, ankle[2] + back - 0.06])
    high = np.array([1.0, 0.14, ankle[2] + front + 0.01])
    key = ("foot band", back, front, grow, lean)
    mesh = tailor.shop.twin(key, side, lambda: skin(pack(solids), 0.005, low, high))
    z = mesh.points[:, 2] + lean * mesh.points[:, 1] - ankle[2]
    surface = np.stack([z, mesh.points[:, 0], front - z], -1)
    tailor.add(replace(mesh, surface=surface), paint, "feet", f"{side}_ankle")


def sabaton_lames(tailor: Tailor, paint: Paint) -> None:
    """Plates that overlap from the ankle to the toes, each with its rim."""
    for side, sign in SIDES:
        for number, front in enumerate((0.205, 0.165, 0.125, 0.085)):
            strap(tailor, side, sign, front - 0.052, front, 0.0125 + 0.0035 * number, paint, 0.5)


def turned_top(tailor: Tailor, top: float, height: float, grow: float, paint: Paint) -> None:
    """The turned-down top of a boot."""
    for side, _ in SIDES:
        solids = [
            *tailor.shop.group(f"{side}_shin", f"{side}_thigh", grow=grow),
            keep((0, top, 0), DOWN),
            keep((0, top - height, 0), UP),
        ]
        low, high = np.array([-1.0, top - height - 0.02, -1.0]), np.array([1.0, top + 0.02, 1.0])
        mesh = tailor.shop.twin(
            ("boot top", top, height, grow), side, lambda s=solids, a=low, b=high: skin(pack(s), CELL, a, b)
        )
        tailor.add(mesh, paint, "feet", f"{side}_leg")


def heels(tailor: Tailor, paint: Paint, height: float = 0.018) -> None:
    """Blocks under the heels of boots."""
    for side, _ in SIDES:
        ankle = tailor.shop.rest[f"{side}_ankle"]
        line = [(ankle[0], y, ankle[2] - 0.018) for y in (0.020, 0.012, -height, -height - 0.001)]
        grid = tube(line, (0.044, 0.046, 0.041, 0.038), 8, 16, 0.9, (0, 0, 1), 2.6)
        tailor.add(rings(grid), paint, "feet", f"{side}_ankle")


@garment("boots", "tall_boots", "combat_boots", "armored_boots")
def boots(tailor: Tailor) -> None:
    """Boots up to calf or knee."""
    kind = tailor.item.kind
    top = {"tall_boots": 0.56, "combat_boots": 0.26, "armored_boots": 0.40}.get(kind, 0.34)
    if tailor.item.length == "knee" and kind == "boots":
        top = 0.44
    sole = mix(tailor.item.colour, (24, 20, 20), 0.6)
    trim = tailor.item.trim or toned(tailor.item.colour, -0.12)
    if kind == "armored_boots":
        from .plates import edged

        shoe(tailor, edged(tailor), 0.012, top, sole)
        sabaton_lames(tailor, edged(tailor))
        return
    paint = replace(tailor.paint, trim=trim, trim_width=0.020 if kind != "combat_boots" else 0.012)
    shoe(tailor, paint, 0.011, top, sole, flare=0.004 if kind == "boots" else 0.0)
    heels(tailor, Paint(sole, LEATHER))
    if kind == "combat_boots":
        for side, sign in SIDES:
            ankle = tailor.shop.rest[f"{side}_ankle"]
            for k in range(5):
                y = 0.10 + 0.030 * k
                z = ankle[2] + 0.058 - 0.010 * min(k, 3) + (0.02 if k == 0 else 0)
                lace = tube(
                    [
                        (ankle[0] - 0.022 + sign * 0.004, y, z - 0.006),
                        (ankle[0] + sign * 0.004, y + 0.004, z + 0.004),
                        (ankle[0] + 0.022 + sign * 0.004, y, z - 0.006),
                    ],
                    (0.004,) * 3,
                    8,
                    6,
                )
                tailor.add(rings(lace), tailor.plain((206, 196, 176)), "feet", f"{side}_leg", casts=False)
    else:
        turned_top(tailor, top, 0.055, 0.020, Paint(trim, LEATHER))


@garment("shoes", "slippers", "heels")
def shoes(tailor: Tailor) -> None:
    """Low shoes."""
    kind = tailor.item.kind
    sole = mix(tailor.item.colour, (24, 20, 20), 0.5)
    shoe(
        tailor,
        tailor.paint,
        0.007,
        0.088 if kind != "slippers" else 0.070,
        sole,
        point=0.012 if kind == "heels" else 0.0,
    )
    if kind == "heels":
        for side, _ in SIDES:
            ankle = tailor.shop.rest[f"{side}_ankle"]
            heel = tube(
                [(ankle[0], 0.04, ankle[2] - 0.045), (ankle[0], 0.0, ankle[2] - 0.050)], (0.018, 0.008), 6, 10
            )
            tailor.add(rings(heel), Paint(sole, LEATHER), "feet", f"{side}_ankle")


@garment("sneakers")
def sneakers(tailor: Tailor) -> None:
    """Trainers with white soles."""
    second = (
        tailor.item.trim
        or tailor.item.second
        or ((244, 244, 246) if sum(tailor.item.colour) < 640 else (70, 110, 190))
    )
    shoe(tailor, replace(tailor.paint, trim=second, trim_width=0.016), 0.012, 0.125, (244, 244, 246))
    for side, sign in SIDES:
        strap(tailor, side, sign, 0.030, 0.052, 0.0135, tailor.plain(second), -0.5)
        ankle = tailor.shop.rest[f"{side}_ankle"]
        toe = ellipsoid(ankle + (sign * 0.030, 0.026 - ankle[1], 0.176), (0.050, 0.023, 0.042), 12, 18)
        tailor.add(toe, tailor.plain((246, 246, 248)), "feet", f"{side}_ankle")
        for number in range(4):
            z = 0.062 + 0.024 * number
            y, x = 0.108 - 0.011 * number, ankle[0] + sign * (0.006 + 0.10 * z)
            lace = [(x - 0.020, y - 0.004, ankle[2] + z), (x, y + 0.002, ankle[2] + z + 0.003)]
            lace.append((x + 0.020, y - 0.004, ankle[2] + z))
            grid = tube(lace, (0.0045,) * 3, 8, 6)
            tailor.add(rings(grid), tailor.plain(second), "feet", f"{side}_ankle", casts=False)


@garment("sandals", "geta")
def sandals(tailor: Tailor) -> None:
    """A sole and straps."""
    geta = tailor.item.kind == "geta"
    for side, sign in SIDES:
        ankle = tailor.shop.rest[f"{side}_ankle"]
        path = [
            (ankle[0], 0.008, ankle[2] - 0.045),
            (ankle[0] + sign * 0.02, 0.008, ankle[2] + 0.10),
            (ankle[0] + sign * 0.03, 0.008, ankle[2] + 0.195),
        ]
        tailor.add(
            rings(tube(path, (0.038, 0.052, 0.034), 16, 16, 0.34 if geta else 0.24, (0, 1, 0), 3.4)),
            Paint(tailor.item.colour, LEATHER),
            "feet",
            f"{side}_ankle",
        )
        thong = Paint(tailor.item.trim or toned(tailor.item.colour, -0.1), LEATHER)
        if geta:
            _geta(tailor, side, sign, thong)
            continue
        for back, front, lean in ((0.098, 0.122, 0.2), (0.040, 0.062, 0.9), (-0.030, -0.008, 0.0)):
            strap(tailor, side, sign, back, front, 0.0055, thong, lean)


def _geta(tailor: Tailor, side: str, sign: float, thong: Paint) -> None:
    """The two teeth below a wooden sole, and the thong between the toes."""
    ankle = tailor.shop.rest[f"{side}_ankle"]
    wood = Paint(tailor.item.colour, LEATHER)
    for z in (0.0, 0.115):
        x = ankle[0] + sign * (0.008 + 0.10 * z)
        line = [(x - 0.042, -0.018, ankle[2] + z), (x + 0.042, -0.018, ankle[2] + z)]
        tooth = tube(line, (0.022, 0.022), 6, 12, 0.5, (0, 0, 1), 4.0)
        tailor.add(rings(tooth), wood, "feet", f"{side}_ankle")
    toe = ankle + (sign * 0.012, -ankle[1] + 0.050, 0.150)
    for reach in (-0.050, 0.048):
        foot = (ankle[0] + sign * 0.018 + reach, 0.016, ankle[2] + 0.055)
        top = (ankle[0] + sign * 0.016 + reach * 0.55, 0.072, ankle[2] + 0.085)
        tailor.add(
            rings(tube([foot, top, toe], (0.009, 0.010, 0.008), 14, 8)), thong, "feet", f"{side}_ankle"
        )


@garment("socks")
def socks(tailor: Tailor) -> None:
    """Socks up to the calf."""
    top = {"knee": 0.46, "ankle": 0.14}.get(tailor.item.length or "calf", 0.30)
    for side, _ in SIDES:
        solids = [*tailor.shop.group(f"{side}_foot", f"{side}_shin", grow=0.0045), keep((0, top, 0), DOWN)]
        tailor.add(
            skin(pack(solids), CELL, np.array([-1.0, -0.02, -1]), np.array([1.0, top + 0.02, 1])),
            tailor.part(kind=CLOTH),
            "feet",
            f"{side}_leg",
        )
