"""What covers the whole body: dresses, robes, kimono, school uniforms."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..palette import mix, toned
from ..shape.mesh import ellipsoid, rings, sheet, tube
from ..spec import Garment
from . import hanging, notions
from .registry import garment
from .tailor import LENGTH_Y, Tailor
from .tops import puffs, sleeve_of

Array = np.ndarray


def worn_below(tailor: Tailor, slot: str) -> bool:
    """Whether something else covers this slot."""
    return any(g.slot == slot for g in tailor.shop.spec.garments)


def with_item(tailor: Tailor, **changes: object) -> Tailor:
    """The same tailor sewing a slightly different piece."""
    item: Garment = replace(tailor.item, **changes)  # type: ignore[arg-type]
    return replace(tailor, item=item, paint=replace(tailor.paint, colour=item.colour))


def trousers_of(tailor: Tailor, colour: tuple[int, int, int], bottom: float = 0.07, layer: int = 1) -> None:
    """The trousers that belong to a suit."""
    if worn_below(tailor, "legs"):
        return
    from .legs import trouser_shell

    trouser_shell(with_item(tailor, colour=colour, layer=layer, trim=None), bottom, 0.004)


@garment("dress", "sundress", "gown", "lolita_dress", "maid_dress", "cheongsam")
def dress(tailor: Tailor) -> None:
    """A fitted top and a skirt in one."""
    kind = tailor.item.kind
    usual = {"gown": "floor", "cheongsam": "calf"}.get(kind, "knee")
    bottom = LENGTH_Y[tailor.item.length or usual]
    puff = tailor.item.sleeve == "puff" or kind in ("lolita_dress", "maid_dress")
    sleeve = 0.0 if puff else sleeve_of(tailor, "none" if kind in ("gown", "sundress") else "short")
    neck = {"gown": "deep", "sundress": "deep", "cheongsam": "high"}.get(kind, "round")
    flare = {"gown": 0.46, "lolita_dress": 0.95, "maid_dress": 0.72, "cheongsam": 0.05, "sundress": 0.34}.get(
        kind, 0.31
    )
    if bottom > 0.7:
        flare += 0.25
    tailor.shell(0.985, sleeve, neck=neck, creases=0.35, hem_below=False)
    pleats = 22 if kind in ("lolita_dress", "maid_dress") else 0
    hanging.skirt(
        tailor,
        1.065,
        bottom,
        flare,
        tailor.thick + 0.003,
        pleats=pleats,
        folds=0.022 if kind == "gown" else 0.018,
    )
    if puff:
        puffs(tailor)
    second = tailor.item.trim or tailor.item.second
    if kind in ("lolita_dress", "maid_dress"):
        white = second or (246, 246, 250)
        hanging.skirt(
            tailor,
            1.0,
            bottom - 0.035,
            flare * 0.95,
            tailor.thick - 0.012,
            pleats=30,
            under=True,
            paint=tailor.plain(white),
        )
        notions.collar(tailor, 0.03, paint=tailor.plain(white))
        if kind == "maid_dress":
            from .waist import apron_sheet

            apron_sheet(tailor, tailor.plain((248, 248, 250)), 1.06, bottom + 0.05, flare, bib=True)
    if kind == "gown":
        hanging.skirt(
            tailor,
            1.06,
            bottom + 0.34,
            flare * 1.08,
            tailor.thick + 0.010,
            open_front_deg=30,
            swept=0.30,
            paint=tailor.part(colour=toned(tailor.item.colour, 0.07)),
            folds=0.022,
        )
        tailor.add(
            ellipsoid((0, 1.30, 0.128 + 0.03 * tailor.shop.figure.bust), (0.014, 0.017, 0.008)),
            tailor.accent(),
            "torso",
            "chest",
        )
    if kind in ("dress", "sundress", "gown", "lolita_dress"):
        notions.band(
            tailor,
            1.065,
            0.045 if kind != "gown" else 0.030,
            tailor.thick + 0.006,
            tailor.plain(second or toned(tailor.item.colour, -0.15)),
        )
    if kind == "cheongsam":
        edge = tailor.plain(second or tailor.shop.spec.accent)
        line = [(0.0, 1.395, 0.065), (0.05, 1.345, 0.098), (0.10, 1.30, 0.10), (0.125, 1.24, 0.075)]
        tailor.add(rings(tube(line, (0.006,) * 4, 24, 8)), edge, "torso")


@garment("robe", "toga")
def robe(tailor: Tailor) -> None:
    """Long, belted, with wide sleeves."""
    kind = tailor.item.kind
    bottom = LENGTH_Y.get(tailor.item.length or "floor", 0.035)
    bottom = max(bottom, 0.045)
    grow = tailor.thick + 0.004
    wide = tailor.item.sleeve in (None, "wide") and kind == "robe"
    sleeve = 0.0 if kind == "toga" else (0.17 if wide else sleeve_of(tailor))
    tailor.shell(0.985, sleeve, grow, neck="v", flare=0.012, creases=0.7, hem_below=False)
    hanging.skirt(tailor, 1.06, bottom, 0.22, grow + 0.004, folds=0.022)
    if wide:
        hanging.sleeves(
            tailor,
            0.11,
            0.455,
            0.066,
            0.135,
            paint=replace(tailor.paint, trim_width=0.022 if tailor.paint.trim else 0.0),
            droop=0.075,
        )
    if not {"belt", "sash", "utility_belt"} & tailor.worn:
        colour = (
            tailor.item.trim or tailor.item.second or mix(tailor.item.colour, tailor.shop.spec.accent, 0.75)
        )
        notions.band(tailor, 1.055, 0.055, grow + 0.009, tailor.plain(colour))
        front = tailor.waist_at(1.05, grow + 0.014)[1]
        for x, low in ((0.018, 0.78), (-0.014, 0.84)):
            line = [(x, 1.05, front), (x * 2.2, 0.92, front + 0.028), (x * 2.6, low, front + 0.075)]
            tailor.add(
                rings(tube(line, (0.015, 0.017, 0.014), 16, 8, 0.35)), tailor.plain(colour), "torso", "pelvis"
            )
    if kind == "robe":
        notions.collar(
            tailor,
            0.030,
            paint=tailor.plain(tailor.item.trim or toned(tailor.item.colour, -0.08)),
            size=1.12,
            lift=0.009,
        )
        if tailor.item.variant == "hood_up" and "hood" not in tailor.worn:
            from .cloaks import hood_up

            hood_up(tailor, tailor.paint)
    else:
        line = [(0.115, 1.395, 0.01), (0.06, 1.29, 0.145), (-0.06, 1.12, 0.118), (-0.13, 1.02, 0.03)]
        tailor.add(
            rings(tube(line, (0.034, 0.042, 0.040, 0.036), 30, 12, 0.32)),
            tailor.plain(tailor.item.trim or toned(tailor.item.colour, -0.06)),
            "torso",
        )


@garment("kimono")
def kimono(tailor: Tailor) -> None:
    """Crossed in front, a broad sash, square sleeves."""
    bottom = max(LENGTH_Y.get(tailor.item.length or "ankle", 0.1), 0.07)
    tailor.shell(0.985, 0.16, tailor.thick + 0.002, neck="v", creases=0.3, hem_below=False)
    hanging.skirt(tailor, 1.06, bottom, 0.055, tailor.thick + 0.004, folds=0.006)
    hanging.sleeves(tailor, 0.10, 0.44, 0.070, 0.110, droop=0.12)
    sash = tailor.item.trim or tailor.item.second or tailor.shop.spec.accent
    notions.band(tailor, 1.105, 0.125, tailor.thick + 0.010, tailor.plain(sash))
    notions.band(tailor, 1.105, 0.018, tailor.thick + 0.014, tailor.plain(toned(sash, -0.18)))
    back = tailor.waist_at(1.12, tailor.thick + 0.012)[2]
    tailor.add(
        ellipsoid((0, 1.125, back - 0.022), (0.085, 0.062, 0.030)), tailor.plain(sash), "torso", "chest"
    )
    under = tailor.plain((246, 242, 238))
    for sign, paint, lift in (
        (1.0, under, 0.000),
        (1.0, tailor.plain(toned(tailor.item.colour, -0.1)), 0.004),
        (-1.0, tailor.plain(toned(tailor.item.colour, -0.1)), 0.008),
    ):
        shift = 0.012 if paint is under else 0.024
        bust = 0.022 * tailor.shop.figure.bust
        line = [
            (sign * 0.010, 1.412, -0.085),
            (sign * (0.050 + shift), 1.408, -0.02),
            (sign * (0.042 + shift), 1.365, 0.072 + lift),
            (sign * 0.012, 1.28, 0.128 + lift + bust),
            (-sign * 0.060, 1.165, 0.112 + lift + bust * 0.6),
        ]
        tailor.add(rings(tube(line, (0.017,) * 5, 34, 10, 0.42)), paint, "torso")


@garment("school_uniform")
def school_uniform(tailor: Tailor) -> None:
    """A sailor blouse with skirt, or a blazer with trousers."""
    colour = tailor.item.colour
    white = tailor.item.second or ((246, 246, 250) if sum(colour) < 600 else (40, 52, 96))
    dark = colour if sum(colour) < 600 else (40, 52, 96)
    tie = tailor.item.trim or ((196, 52, 64) if tailor.shop.spec.accent[0] > 150 else tailor.shop.spec.accent)
    if tailor.shop.spec.build.presentation == "masculine":
        from .tops import coat, shirt

        shirt(with_item(tailor, kind="shirt", colour=(246, 246, 250), layer=1, trim=None, sleeve="long"))
        coat(with_item(tailor, kind="blazer", colour=dark, layer=3, trim=None, sleeve="long", length="hip"))
        trousers_of(tailor, mix(dark, (120, 120, 130), 0.35))
        return
    top = with_item(tailor, colour=white if sum(white) > sum(dark) else (246, 246, 250), trim=None)
    top.shell(0.985, sleeve_of(tailor), creases=0.6, neck="v", flare=0.006)
    skirt_paint = replace(tailor.paint, colour=dark, trim=tailor.paint.trim, pattern=tailor.item.pattern)
    if not worn_below(tailor, "legs"):
        hanging.skirt(
            tailor,
            1.045,
            0.66 if tailor.item.length in (None, "knee", "short") else LENGTH_Y[tailor.item.length],
            0.36,
            tailor.thick + 0.004,
            pleats=20,
            paint=replace(skirt_paint, trim_width=0.0),
        )
    cape = with_item(tailor, colour=dark, layer=2)

    def sailor(u: Array, v: Array) -> Array:
        angle = np.pi + (v - 0.5) * 2 * np.radians(160)
        front = np.clip((np.abs(v - 0.5) * 2 - 0.55) / 0.45, 0, 1)
        wide = 0.064 + 0.074 * u
        y = 1.412 - 0.030 * u - 0.085 * u * (1 - front) ** 1 * 0.9 - 0.135 * front * (0.25 + 0.75 * u)
        x = np.sin(angle) * wide * (1 - 0.45 * front * u)
        z = np.cos(angle) * (0.062 + 0.058 * u) - 0.024 + 0.030 * front
        return np.stack([x, y, z], -1)

    mesh = sheet(sailor, 10, 49)
    u = mesh.surface[:, 0]
    cape.add(
        replace(mesh, surface=np.stack([u * 0.1, u, (1 - u) * 0.085 - 0.012 + 0.02 * (u < 0.5)], -1)),
        replace(cape.plain(dark), trim=(246, 246, 250), trim_width=0.007),
        "torso",
    )
    z = 0.112 + 0.03 * tailor.shop.figure.bust
    for sign in (-1, 1):
        cape.add(
            ellipsoid((sign * 0.034, 1.268, z + 0.016), (0.034, 0.020, 0.010)),
            cape.plain(tie),
            "torso",
            "chest",
        )
        cape.add(
            rings(
                tube(
                    [
                        (sign * 0.006, 1.262, z + 0.018),
                        (sign * 0.022, 1.21, z + 0.022),
                        (sign * 0.030, 1.165, z + 0.012),
                    ],
                    (0.010, 0.017, 0.020),
                    12,
                    8,
                    0.4,
                )
            ),
            cape.plain(tie),
            "torso",
            "chest",
        )
    cape.add(
        ellipsoid((0, 1.266, z + 0.020), (0.013, 0.015, 0.011)),
        cape.plain(toned(tie, -0.1)),
        "torso",
        "chest",
    )
