"""What covers the whole body: dresses, robes, kimono, uniforms, suits."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..palette import GLOW, LEATHER, METAL, Paint, mix, toned
from ..shape.mesh import ellipsoid, rings, sheet, tube
from ..spec import Garment
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
    flare = {"gown": 0.46, "lolita_dress": 0.95, "maid_dress": 0.72, "cheongsam": 0.05, "sundress": 0.42}.get(
        kind, 0.40
    )
    if bottom > 0.7:
        flare += 0.25
    tailor.shell(0.985, sleeve, neck=neck, creases=0.35, hem_below=False)
    pleats = 22 if kind in ("lolita_dress", "maid_dress") else 0
    tailor.skirt(
        1.065, bottom, flare, tailor.thick + 0.003, pleats=pleats, folds=0.020 if kind == "gown" else 0.012
    )
    if puff:
        puffs(tailor)
    second = tailor.item.trim or tailor.item.second
    if kind in ("lolita_dress", "maid_dress"):
        white = second or (246, 246, 250)
        tailor.skirt(
            1.0, bottom - 0.035, flare * 0.98, tailor.thick - 0.003, pleats=30, paint=tailor.plain(white)
        )
        tailor.collar(0.03, paint=tailor.plain(white))
        if kind == "maid_dress":
            from .waist import apron_sheet

            apron_sheet(tailor, tailor.plain((248, 248, 250)), 1.06, bottom + 0.05, flare, bib=True)
    if kind == "gown":
        tailor.skirt(
            1.06,
            bottom + 0.34,
            flare * 1.08,
            tailor.thick + 0.010,
            open_front_deg=36,
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
        tailor.band(
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
    tailor.skirt(1.06, bottom, 0.22, grow + 0.004, folds=0.022)
    if wide:
        tailor.sleeves(
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
        tailor.band(1.055, 0.055, grow + 0.009, tailor.plain(colour))
        front = tailor.waist_at(1.05, grow + 0.014)[1]
        for x, low in ((0.018, 0.78), (-0.014, 0.84)):
            line = [(x, 1.05, front), (x * 2.2, 0.92, front + 0.028), (x * 2.6, low, front + 0.075)]
            tailor.add(
                rings(tube(line, (0.015, 0.017, 0.014), 16, 8, 0.35)), tailor.plain(colour), "torso", "pelvis"
            )
    if kind == "robe":
        tailor.collar(
            0.030, paint=tailor.plain(tailor.item.trim or toned(tailor.item.colour, -0.08)), size=1.12
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
    tailor.skirt(1.06, bottom, 0.055, tailor.thick + 0.004, folds=0.006)
    tailor.sleeves(0.10, 0.44, 0.070, 0.110, droop=0.12)
    sash = tailor.item.trim or tailor.item.second or tailor.shop.spec.accent
    tailor.band(1.105, 0.125, tailor.thick + 0.010, tailor.plain(sash))
    tailor.band(1.105, 0.018, tailor.thick + 0.014, tailor.plain(toned(sash, -0.18)))
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
        tailor.skirt(
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


@garment("suit", "tuxedo", "military_uniform")
def suit(tailor: Tailor) -> None:
    """Jacket and trousers, with shirt and tie below."""
    from .tops import coat, shirt

    kind = tailor.item.kind
    trousers_of(
        tailor, tailor.item.colour if kind != "military_uniform" else toned(tailor.item.colour, -0.05)
    )
    if kind == "military_uniform":
        tailor.shell(0.90, 0.468, tailor.thick, neck="high", creases=0.6, flare=0.006)
        tailor.buttons(1.33, 1.00, 6, tailor.thick)
        tailor.band(1.045, 0.036, tailor.thick + 0.006, tailor.leather((56, 44, 40)))
        tailor.buckle(1.045, tailor.thick + 0.008)
        for sign in (-1, 1):
            tailor.add(
                ellipsoid((sign * tailor.shop.figure.shoulder * 0.86, 1.398, -0.02), (0.040, 0.008, 0.024)),
                tailor.accent(),
                "torso",
                "chest",
            )
            tailor.add(
                ellipsoid(
                    (sign * 0.075, 1.255, 0.128 + 0.02 * tailor.shop.figure.bust), (0.032, 0.020, 0.006)
                ),
                tailor.plain(toned(tailor.item.colour, -0.06)),
                "torso",
                "chest",
            )
        return
    if not worn_below(tailor, "torso"):
        shirt(with_item(tailor, kind="shirt", colour=(246, 246, 248), layer=1, trim=None, material="cotton"))
    coat(with_item(tailor, kind="blazer", length="hip", sleeve="long"))
    if not {"tie", "bow_tie"} & tailor.worn:
        from .neck import bow_tie_at, tie_at

        if kind == "tuxedo":
            bow_tie_at(tailor, tailor.plain((30, 28, 34)))
        else:
            colour = tailor.item.trim or tailor.item.second or tailor.shop.spec.accent
            tie_at(tailor, tailor.plain(colour))


@garment("tracksuit", "pajamas", "scrubs")
def tracksuit(tailor: Tailor) -> None:
    """Loose top and trousers of one cloth."""
    kind = tailor.item.kind
    trousers_of(tailor, tailor.item.colour)
    tailor.shell(
        0.915,
        0.145 if kind == "scrubs" else 0.468,
        tailor.thick + 0.006,
        neck="v" if kind == "scrubs" else "round",
        flare=0.008,
    )
    if kind == "tracksuit":
        stripe = tailor.item.trim or tailor.item.second or (244, 244, 246)
        for side, sign in (("left", 1.0), ("right", -1.0)):
            shoulder, axis = tailor.arm_axis(side)
            out = np.array([axis[1] * -sign * sign, axis[0] * sign, 0]) * 1.0
            out = np.array([-axis[1], axis[0] * 1.0, 0]) * (1.0 if sign > 0 else -1.0)
            reach = 0.054 * tailor.shop.figure.limb + tailor.thick + 0.007
            line = [shoulder + axis * t + out * (reach - 0.02 * (t / 0.45)) for t in (0.02, 0.15, 0.30, 0.45)]
            tailor.add(
                rings(tube(line, (0.009,) * 4, 20, 8, 0.3, out)), tailor.plain(stripe), "torso", f"{side}_arm"
            )
    tailor.collar() if kind == "pajamas" else None
    if kind == "pajamas":
        tailor.buttons(1.25, 1.0, 4, tailor.thick + 0.006)


@garment("jumpsuit", "bodysuit", "overalls", "swimsuit", "wetsuit_short")
def jumpsuit(tailor: Tailor) -> None:
    """One piece for trunk and legs."""
    kind = tailor.item.kind
    if kind == "overalls":
        from .legs import trouser_shell

        trouser_shell(tailor, 0.09, 0.010)
        tailor.shell(0.95, 0, tailor.thick + 0.004, top=1.27, neck="none")
        for sign in (-1, 1):
            line = [
                (sign * 0.062, 1.265, 0.140 + 0.02 * tailor.shop.figure.bust),
                (sign * 0.075, 1.36, 0.085),
                (sign * 0.075, 1.405, -0.02),
                (sign * 0.060, 1.33, -0.118),
                (sign * 0.045, 1.25, -0.122),
            ]
            tailor.add(
                rings(tube(line, (0.017,) * 5, 34, 10, 0.35, (0, 0.3, 1))),
                replace(tailor.paint, trim=None),
                "torso",
            )
            tailor.add(
                ellipsoid(
                    (sign * 0.062, 1.255, 0.146 + 0.02 * tailor.shop.figure.bust), (0.012, 0.012, 0.006)
                ),
                tailor.accent(),
                "torso",
                "chest",
            )
        return
    if kind in ("swimsuit", "wetsuit_short"):
        child = tailor.shop.figure.child > 0.2
        if kind == "swimsuit" and not child and tailor.shop.spec.build.presentation != "masculine":
            tailor.shell(0.86, 0, tailor.thick, neck="deep", legs=0.845, creases=0)
        else:
            tailor.shell(0.86, 0.145, tailor.thick, neck="round", legs=0.66, creases=0)
        return
    loose = 0.010 if kind == "jumpsuit" else 0.0
    tailor.shell(
        0.9,
        0.470,
        tailor.thick + loose,
        neck="high" if kind == "bodysuit" else "v",
        legs=0.085,
        creases=1.0 if loose else 0.0,
        flare=loose,
    )
    if kind == "jumpsuit":
        tailor.collar(0.035)
        tailor.band(
            1.05,
            0.036,
            tailor.thick + loose + 0.006,
            tailor.plain(tailor.item.trim or toned(tailor.item.colour, -0.12)),
        )
        tailor.buckle(1.05, tailor.thick + loose + 0.008)
    else:
        light = tailor.item.trim or tailor.shop.spec.accent
        tailor.band(1.045, 0.030, tailor.thick + 0.006, Paint(light, GLOW if tailor.item.glow else LEATHER))


@garment("space_suit")
def space_suit(tailor: Tailor) -> None:
    """Padded, ringed, with a chest box."""
    grow = 0.030
    tailor.shell(0.9, 0.466, grow, neck="high", legs=0.11, creases=0.7, flare=0.004, blend=0.05)
    accent = tailor.item.trim or (226, 110, 52)
    ring = Paint((176, 182, 192), METAL)
    tailor.ring_around_neck(1.420, 0.088, 0.020, ring)
    for side in ("left", "right"):
        tailor.cuff(side, 0.448, 0.030, grow + 0.008, ring)
        tailor.cuff(side, 0.150, 0.022, grow + 0.007, tailor.plain(accent))
    tailor.band(1.03, 0.034, grow + 0.008, tailor.plain((150, 156, 168)))
    z = 0.150 + 0.02 * tailor.shop.figure.bust
    tailor.add(
        ellipsoid((0, 1.205, z), (0.070, 0.050, 0.030)), Paint((206, 212, 222), LEATHER), "torso", "chest"
    )
    for x, colour in ((-0.030, (230, 70, 60)), (0.0, (80, 200, 255)), (0.030, (250, 200, 70))):
        tailor.add(
            ellipsoid((x, 1.212, z + 0.028), (0.009, 0.009, 0.006)), Paint(colour, GLOW), "torso", "chest"
        )
    from .feet import shoe
    from .hands import glove

    if not worn_below(tailor, "feet"):
        shoe(tailor, replace(tailor.paint, trim=None), 0.018, 0.20, (150, 156, 168))
    if not worn_below(tailor, "hands"):
        glove(tailor, replace(tailor.paint, trim=None), 0.007)
