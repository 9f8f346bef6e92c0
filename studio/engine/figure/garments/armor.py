"""Armour: full harness and single pieces, samurai and powered suits."""

# ruff: noqa: RUF005  tuples are added to vectors here, not joined

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..palette import GEM, GLOW, LEATHER, METAL, Paint, mix, toned
from ..shape.field import cone, keep, pack, skin
from ..shape.mesh import ellipsoid, rings, sheet, slab, tube
from . import hanging, notions
from .plates import (
    arm_plates,
    arm_tube,
    cuirass,
    edged,
    gauntlets,
    leg_plates,
    pauldrons,
    plate_front,
    sabatons,
    tassets,
    under_suit,
)
from .registry import garment
from .tailor import DOWN, UP, Tailor

Array = np.ndarray


@garment("breastplate")
def breastplate(tailor: Tailor) -> None:
    """Cuirass with rims and an emblem."""
    paint = edged(tailor)
    cuirass(tailor, paint)
    z = plate_front(tailor, 1.325)
    tailor.add(
        ellipsoid((0, 1.325, z), (0.021, 0.025, 0.010)),
        Paint(paint.trim or paint.colour, METAL),
        "armor",
        "chest",
    )
    tailor.add(
        ellipsoid((0, 1.325, z + 0.006), (0.012, 0.015, 0.008)), Paint((206, 52, 74), GEM), "armor", "chest"
    )


@garment("plate_armor")
def plate_armor(tailor: Tailor) -> None:
    """The full harness."""
    paint = edged(tailor)
    under_suit(tailor, mix(tailor.item.colour, (26, 26, 36), 0.82))
    breastplate(tailor)
    shop = tailor.shop
    gorget = [*shop.group("neck", grow=0.016), keep((0, 1.452, 0), DOWN), keep((0, 1.372, 0), UP)]
    mesh = skin(pack(gorget), 0.006)
    y = mesh.points[:, 1]
    tailor.add(replace(mesh, surface=np.stack([y * 0, y * 0, np.abs(1.452 - y)], -1)), paint, "armor", "neck")
    notions.band(tailor, 1.045, 0.038, tailor.thick + 0.002, tailor.leather((70, 50, 42)), "armor")
    notions.buckle(tailor, 1.045, tailor.thick + 0.006, 0.022)
    if not any(
        g.kind.endswith(("skirt", "kilt", "tunic", "robe", "dress", "gown")) for g in shop.spec.garments
    ):
        hanging.skirt(
            tailor,
            1.04,
            0.775,
            0.30,
            0.012,
            pleats=0,
            folds=0.010,
            paint=Paint(
                tailor.item.second or mix(tailor.item.colour, (240, 240, 246), 0.86),
                trim=tailor.item.colour,
                trim_width=0.022,
            ),
        )
    tassets(tailor, paint)
    pauldrons(tailor, paint) if "pauldrons" not in tailor.worn else None
    arm_plates(tailor, paint)
    leg_plates(tailor, paint)
    if not {"armored_boots", "boots", "tall_boots"} & tailor.worn:
        sabatons(tailor, paint)
    if "gauntlets" not in tailor.worn:
        gauntlets(tailor, paint)


@garment("samurai_armor")
def samurai_armor(tailor: Tailor) -> None:
    """Laced lamellae, wide shoulder boards, a skirt of plates."""
    lace = tailor.item.trim or tailor.shop.spec.accent
    stripes = replace(tailor.paint, pattern="stripes", pattern_size=0.55, second=lace, kind=LEATHER)
    under_suit(tailor, mix(tailor.item.colour, (36, 32, 40), 0.75))
    tailor.shell(1.0, 0, tailor.thick, top=1.36, neck="deep", paint=stripes, segment="armor", creases=0)
    tassets(tailor, stripes, 7, 0.27, 1.03)
    for side, sign in (("left", 1.0), ("right", -1.0)):
        shoulder, axis = tailor.arm_axis(side)

        def board(
            u: Array, v: Array, sign: float = sign, shoulder: Array = shoulder, axis: Array = axis
        ) -> Array:
            out = np.array([0.7071 * sign, 0.7071, 0.0])
            along = axis * (u[..., None] * 0.20 - 0.02)
            width = (v - 0.5)[..., None] * np.array([0, 0, 0.19])
            bow = out * (0.078 - 0.030 * (np.abs(v - 0.5) * 2) ** 2 + 0.012 * u)[..., None]
            return shoulder + along + width + bow

        plate = sheet(board, 14, 12, outward=(sign, 1, 0))
        u, v = plate.surface[:, 0], plate.surface[:, 1]
        surface = np.stack(
            [u * 0.2, v * 0.2, np.minimum(np.minimum(1 - u, u) * 0.2, np.minimum(v, 1 - v) * 0.19)], -1
        )
        tailor.add(
            slab(replace(plate, surface=surface), 0.006),
            replace(stripes, trim=toned(tailor.item.colour, -0.1), trim_width=0.008),
            "armor",
            f"{side}_shoulder",
        )
    arm_plates(tailor, replace(tailor.paint, kind=LEATHER), upper=False)
    leg_plates(tailor, replace(tailor.paint, kind=LEATHER), thigh=False)
    notions.band(tailor, 1.035, 0.05, tailor.thick + 0.006, tailor.plain(lace), "armor")


@garment("exo_armor")
def exo_armor(tailor: Tailor) -> None:
    """A powered suit: smooth plates with lines of light."""
    light = tailor.item.trim or (
        (60, 220, 255) if tailor.shop.spec.accent[2] < 200 else tailor.shop.spec.accent
    )
    plate = replace(tailor.paint, kind=METAL, trim=toned(tailor.item.colour, -0.20), trim_width=0.008)
    under_suit(tailor, (44, 46, 56))
    cuirass(tailor, plate)
    pauldrons(tailor, plate, 1, 0.95)
    arm_plates(tailor, plate)
    leg_plates(tailor, plate)
    sabatons(tailor, plate)
    gauntlets(tailor, plate)
    tassets(tailor, plate, 4, 0.15)
    z = plate_front(tailor, 1.305)
    tailor.add(
        ellipsoid((0, 1.305, z), (0.026, 0.026, 0.008)), Paint(light, GLOW), "armor", "chest", casts=False
    )
    for sign in (-1, 1):
        field = pack(
            [
                *tailor.shop.group("trunk", "bust", grow=tailor.thick),
                cone((0, 1.2, 0), (0, 1.21, 0), 0.01, 0.01, 0),
            ]
        )
        line = []
        for x, y in ((0.03, 1.30), (0.085, 1.265), (0.10, 1.17), (0.075, 1.09)):
            zz = np.linspace(0.0, 0.28, 113)
            d = field.at(np.stack([np.full(113, sign * x), np.full(113, y), zz], -1))
            line.append((sign * x, y, float(zz[int(np.argmax(d > 0.004))])))
        tailor.add(rings(tube(line, (0.0045,) * 4, 26, 8)), Paint(light, GLOW), "armor", "trunk", casts=False)


@garment("pauldrons")
def pauldrons_alone(tailor: Tailor) -> None:
    """Shoulder plates alone."""
    pauldrons(tailor, edged(tailor))


@garment("bracers")
def bracers(tailor: Tailor) -> None:
    """Guards on the forearms."""
    paint = (
        edged(tailor)
        if tailor.paint.kind == METAL
        else replace(
            tailor.paint, trim=tailor.item.trim or toned(tailor.item.colour, -0.14), trim_width=0.009
        )
    )
    for side in ("left", "right"):
        arm_tube(tailor, side, ("forearm",), 0.325, 0.462, max(0.014, tailor.over_sleeves + 0.004), paint)


@garment("gauntlets")
def gauntlets_alone(tailor: Tailor) -> None:
    """Steel gloves alone."""
    gauntlets(tailor, edged(tailor))


@garment("greaves")
def greaves(tailor: Tailor) -> None:
    """Shin guards with knees."""
    leg_plates(tailor, edged(tailor), thigh=False)


@garment("knee_pads")
def knee_pads(tailor: Tailor) -> None:
    """Pads on the knees."""
    for side, sign in (("left", 1.0), ("right", -1.0)):
        knee = tailor.shop.rest[f"{side}_knee"]
        tailor.add(
            ellipsoid(knee + (sign * 0.002, 0.0, 0.040), (0.052, 0.066, 0.036)),
            replace(tailor.paint, kind=LEATHER),
            "armor",
            f"{side}_knee",
        )
