"""What is worn on the legs."""

# ruff: noqa: RUF005  tuples are added to vectors here, not joined

from __future__ import annotations

from ..palette import FUR, toned
from ..shape.field import keep, merge, pack, skin, stash
from . import hanging, notions
from .registry import garment
from .tailor import CELL, DOWN, LENGTH_Y, UP, Tailor


def trouser_shell(
    tailor: Tailor, bottom: float, loose: float, top: float = 1.035, creases: float = 1.0, taper: float = 0.0
) -> None:
    """Two legs and a seat."""
    shop, grow = tailor.shop, tailor.thick
    legs = [*shop.group("thigh", "shin", grow=grow + loose), keep((0, bottom, 0), UP)]
    cut = legs[-1]
    hips = [*shop.group("trunk", "seat", grow=grow + loose * 0.25), keep((0, 0.84, 0), UP)]
    whole = [keep((0, top, 0), DOWN)]
    program = [*legs, stash(0.0), *hips, merge(0.022), *whole]
    mesh = skin(pack(program), CELL)
    mesh = tailor._measure(mesh, [(legs, [cut]), (hips, [])], [])
    if creases:
        mesh = tailor._crease(mesh, creases)
    tailor.add(mesh, None, "legs")
    shop.cover(program, tailor.layer)


def _waistband(tailor: Tailor) -> None:
    over = [g for g in tailor.shop.spec.garments if g.slot == "torso" and g.kind != "crop_top"]
    if {"belt", "utility_belt", "sash"} & tailor.worn or not all(tailor.tucked(g) for g in over):
        return
    notions.band(
        tailor,
        1.022,
        0.030,
        tailor.thick + 0.004,
        tailor.part(colour=toned(tailor.item.colour, -0.08), trim=None, pattern=None),
        "legs",
    )
    notions.buckle(tailor, 1.022, tailor.thick + 0.004, 0.009)


@garment("trousers", "jeans", "cargo_pants")
def trousers(tailor: Tailor) -> None:
    """Long trousers."""
    kind = tailor.item.kind
    tucked = bool({"boots", "tall_boots", "combat_boots"} & tailor.worn)
    bottom = LENGTH_Y.get(tailor.item.length or "ankle", 0.1) - 0.03
    trouser_shell(
        tailor, bottom, 0.003 if tucked else {"cargo_pants": 0.016, "jeans": 0.006}.get(kind, 0.009)
    )
    _waistband(tailor)
    if kind == "cargo_pants":
        from ..shape.mesh import ellipsoid

        for side, sign in (("left", 1.0), ("right", -1.0)):
            hip = tailor.shop.rest[f"{side}_hip"]
            tailor.add(
                ellipsoid(hip + (sign * 0.082, -0.27, 0.0), (0.020, 0.058, 0.046)),
                None,
                "legs",
                f"{side}_hip",
            )


@garment("shorts", "swim_trunks")
def shorts(tailor: Tailor) -> None:
    """Short trousers."""
    trouser_shell(tailor, {"knee": 0.53}.get(tailor.item.length or "short", 0.70), 0.014)
    _waistband(tailor)


@garment("leggings", "tights")
def leggings(tailor: Tailor) -> None:
    """Close to the skin."""
    top = 1.035
    if tailor.item.kind == "tights" and tailor.item.length in ("knee", "calf"):
        top = 0.52
    if top > 1:
        trouser_shell(tailor, 0.07, 0.0, creases=0.0)
    for side in ("left", "right"):
        solids = [
            *tailor.shop.group(f"{side}_foot", f"{side}_shin", grow=tailor.thick),
            keep((0, min(top, 0.30), 0), DOWN),
        ]
        tailor.add(skin(pack(solids), CELL), None, "legs")


@garment("hakama")
def hakama(tailor: Tailor) -> None:
    """Trousers as wide as a skirt."""
    hanging.skirt(
        tailor,
        1.10,
        max(0.10, LENGTH_Y.get(tailor.item.length or "ankle", 0.1)),
        0.16,
        tailor.thick + 0.004,
        pleats=16,
    )
    notions.band(
        tailor,
        1.10,
        0.045,
        tailor.thick + 0.008,
        tailor.plain(tailor.item.trim or toned(tailor.item.colour, -0.1)),
    )


@garment("skirt", "mini_skirt", "pleated_skirt", "long_skirt", "kilt", "fur_skirt")
def skirt(tailor: Tailor) -> None:
    """Skirts of all lengths."""
    kind = tailor.item.kind
    bottom = LENGTH_Y.get(tailor.item.length or "knee", 0.5)
    bottom = max(bottom, 0.72) if kind == "mini_skirt" else bottom
    flare = {
        "long_skirt": 0.26,
        "kilt": 0.34,
        "pleated_skirt": 0.36,
        "mini_skirt": 0.50,
        "fur_skirt": 0.22,
    }.get(kind, 0.29)
    pleats = 22 if kind in ("pleated_skirt", "kilt") else 0
    if kind == "pleated_skirt" and tailor.item.length in (None, "knee"):
        bottom = 0.62
    paint = tailor.part(kind=FUR) if kind == "fur_skirt" else None
    hanging.skirt(tailor, 1.05, bottom, flare, tailor.thick + 0.002, pleats=pleats, folds=0.020, paint=paint)
    band = tailor.part(colour=toned(tailor.item.colour, -0.08), trim=None, pattern=None)
    notions.band(tailor, 1.045, 0.030, tailor.thick + 0.008, band, "legs")
