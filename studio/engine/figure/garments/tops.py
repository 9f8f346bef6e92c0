"""What is worn on the upper body."""

from __future__ import annotations

from ..palette import CLOTH, METAL, mix, toned
from ..shape.mesh import rings, tube
from . import hanging, notions
from .registry import garment
from .tailor import LENGTH_Y, SLEEVE_T, Tailor


def bottom_of(tailor: Tailor, usual: str = "hip") -> float:
    """The height of the hem."""
    bottom = LENGTH_Y.get(tailor.item.length or usual, LENGTH_Y[usual])
    over_skirt = any(
        (g.slot == "legs" and "skirt" in g.kind) or g.kind == "kilt" for g in tailor.shop.spec.garments
    )
    return max(bottom, 0.99) if (over_skirt or tailor.tucked(tailor.item)) and bottom > 0.86 else bottom


def sleeve_of(tailor: Tailor, usual: str = "long") -> float:
    """How far the sleeve reaches along the arm; 0 without sleeves."""
    sleeve = tailor.item.sleeve or usual
    return 0.0 if sleeve == "none" else SLEEVE_T.get(sleeve, 0.468)


def tail_of(tailor: Tailor, flare: float = 0.18, open_deg: float = 0.0) -> float:
    """Sew the skirts of a long garment; returns where the shell itself may end."""
    bottom = bottom_of(tailor)
    if bottom < 0.86:
        hanging.skirt(
            tailor, 1.03, bottom, flare, tailor.thick + 0.004, open_front_deg=open_deg, segment="torso"
        )
        return 0.99
    return bottom


def collar_size(tailor: Tailor) -> float:
    """How large a shirt's collar is: below a jacket it stays close to the neck."""
    worn = tailor.shop.spec.garments
    return 0.55 if any(g.slot in ("torso", "full") and g.layer > tailor.item.layer for g in worn) else 1.0


def puffs(tailor: Tailor) -> None:
    """Puffed short sleeves over the shoulders."""
    from ..shape.field import blob, keep, pack, skin

    for side in ("left", "right"):
        shoulder, axis = tailor.arm_axis(side)
        solids = [
            blob(shoulder + axis * 0.055, (0.075, 0.072, 0.074), 0),
            keep(shoulder + axis * 0.112, -axis),
        ]
        tailor.add(skin(pack(solids), 0.0065), None, "torso", f"{side}_arm")


@garment("shirt", "blouse", "chef_jacket", "doublet")
def shirt(tailor: Tailor) -> None:
    """Buttons and a collar."""
    kind = tailor.item.kind
    puff = tailor.item.sleeve == "puff"
    tailor.shell(
        tail_of(tailor),
        0.468 if kind == "blouse" else sleeve_of(tailor),
        # A tie closes the shirt.
        neck="round" if kind == "doublet" or {"tie", "bow_tie"} & tailor.worn else "v",
        flare=0.012 if kind == "blouse" else 0.004,
    )
    if puff:
        puffs(tailor)
    notions.collar(tailor, size=collar_size(tailor))
    colour = tailor.item.trim or toned(tailor.item.colour, -0.16)
    paint = tailor.plain(colour)
    if kind == "chef_jacket":
        for x in (-0.035, 0.035):
            notions.buttons(tailor, 1.27, 1.04, 5, tailor.thick, x, tailor.plain((60, 60, 70)))
    else:
        notions.buttons(
            tailor, 1.25, 1.00, 5, tailor.thick, 0.0, tailor.accent() if kind == "doublet" else paint
        )


@garment("t_shirt", "tank_top", "crop_top", "polo_shirt", "turtleneck")
def t_shirt(tailor: Tailor) -> None:
    """Pulled over the head."""
    kind = tailor.item.kind
    usual = "none" if kind == "tank_top" else "long" if kind == "turtleneck" else "short"
    neck = {"turtleneck": "high", "tank_top": "deep", "polo_shirt": "v"}.get(kind, "round")
    loose = 0.006 if kind in ("t_shirt", "polo_shirt") else 0.0
    tailor.shell(
        tail_of(tailor), sleeve_of(tailor, usual), tailor.thick + loose * 0.5, neck=neck, flare=loose
    )
    if kind == "polo_shirt":
        notions.collar(tailor, size=collar_size(tailor))


@garment("sweater", "cardigan")
def sweater(tailor: Tailor) -> None:
    """Thick and soft, with ribbed ends."""
    open_front = 0.030 if tailor.item.kind == "cardigan" else 0.0
    grow = tailor.thick + 0.007
    tailor.shell(
        tail_of(tailor),
        sleeve_of(tailor),
        grow,
        open_front=open_front,
        neck="v" if open_front else "round",
        creases=0.7,
        flare=0.008,
    )
    rib = tailor.plain(tailor.item.trim or toned(tailor.item.colour, -0.07))
    if bottom_of(tailor) > 0.86 and not open_front:
        notions.band(tailor, bottom_of(tailor) + 0.018, 0.045, grow + 0.004, rib)
    if not open_front:
        notions.ring_around_neck(tailor, 1.408, 0.062, 0.013, rib)
    for side in ("left", "right"):
        if sleeve_of(tailor) > 0.4:
            notions.cuff(tailor, side, 0.452, 0.04, grow + 0.006, rib)
    if open_front:
        notions.buttons(tailor, 1.16, 0.98, 4, grow, 0.040, tailor.accent())


@garment("hoodie")
def hoodie(tailor: Tailor) -> None:
    """A hood on the back, strings, a pocket in front."""
    grow = tailor.thick + 0.009
    tailor.shell(tail_of(tailor), sleeve_of(tailor), grow, creases=1.0, flare=0.012)
    rib = tailor.plain(tailor.item.trim or toned(tailor.item.colour, -0.08))
    notions.band(tailor, bottom_of(tailor) + 0.016, 0.040, grow + 0.004, rib)
    for side in ("left", "right"):
        notions.cuff(tailor, side, 0.455, 0.035, grow + 0.004, rib)
    if tailor.item.variant == "hood_up" or "hood" in tailor.worn:
        from .cloaks import hood_up

        hood_up(tailor, tailor.paint)
    else:
        notions.hood_down(tailor)
    for sign in (-1, 1):
        grid = tube(
            [
                (sign * 0.034, 1.375, 0.075 + grow),
                (sign * 0.036, 1.31, 0.108 + grow),
                (sign * 0.036, 1.24, 0.122 + grow),
            ],
            (0.0045, 0.0045, 0.006),
            10,
            8,
        )
        tailor.add(rings(grid), tailor.plain((238, 236, 230)), "torso")


@garment("tunic")
def tunic(tailor: Tailor) -> None:
    """A long shirt with a belted waist."""
    bottom = min(bottom_of(tailor, "knee"), 0.80)
    bottom = max(bottom, 0.62) if tailor.item.length in (None, "knee") else bottom
    tailor.shell(0.985, sleeve_of(tailor), neck="v", flare=0.008, hem_below=False)
    hanging.skirt(tailor, 1.045, bottom, 0.32, tailor.thick + 0.002, folds=0.014, segment="torso")
    if not {"belt", "sash", "utility_belt"} & tailor.worn:
        leather = tailor.leather((92, 62, 44))
        notions.band(tailor, 1.05, 0.036, tailor.thick + 0.010, leather)
        notions.buckle(tailor, 1.05, tailor.thick + 0.012)


@garment("vest", "corset", "harness")
def vest(tailor: Tailor) -> None:
    """Sleeveless, over a shirt."""
    kind = tailor.item.kind
    if kind == "corset":
        tailor.shell(0.945, 0, tailor.thick, neck="strapless", top=1.30, creases=0)
        for y in (1.20, 1.15, 1.10, 1.05):
            for sign in (-1, 1):
                _, front, _ = tailor.waist_at(y, tailor.thick + 0.006)
                grid = tube(
                    [(sign * 0.022, y, front), (-sign * 0.022, y - 0.03, front)], (0.0035, 0.0035), 6, 6
                )
                tailor.add(rings(grid), tailor.accent(CLOTH), "torso", casts=False)
        return
    if kind == "harness":
        for y in (1.27, 1.06):
            notions.band(tailor, y, 0.030, tailor.thick + 0.012, tailor.paint)
        for sign in (-1, 1):
            line = [
                (sign * 0.07, 1.06, 0.10),
                (sign * 0.085, 1.22, 0.150),
                (sign * 0.085, 1.385, 0.03),
                (sign * 0.075, 1.30, -0.125),
                (sign * 0.06, 1.06, -0.098),
            ]
            tailor.add(rings(tube(line, (0.016,) * 5, 40, 10, 0.35, (0, 0.3, 1))), None, "torso")
        notions.buckle(tailor, 1.27, tailor.thick + 0.030)
        return
    tailor.shell(bottom_of(tailor), 0, neck="v", creases=0.4)
    notions.buttons(tailor, 1.20, 1.00, 4, tailor.thick)


def _coat(tailor: Tailor, open_front: float, flare: float, lapel: bool, extra: float = 0.004) -> None:
    grow = tailor.thick + extra
    bottom = bottom_of(tailor)
    if bottom < 0.86:
        hanging.skirt(
            tailor,
            1.06,
            bottom,
            flare,
            grow + 0.003,
            open_front_deg=max(5.0, open_front * 330),
            folds=0.013,
            segment="torso",
        )
    tailor.shell(
        max(bottom, 0.985) if bottom < 0.86 else bottom,
        sleeve_of(tailor),
        grow,
        neck="v",
        open_front=open_front,
        flare=0.008,
        hem_below=bottom > 0.86,
    )
    if lapel:
        notions.lapels(
            tailor,
            tailor.plain(
                tailor.item.trim
                or toned(tailor.item.colour, -0.05 if sum(tailor.item.colour) > 200 else 0.06)
            ),
        )
    notions.collar(
        tailor,
        0.045,
        paint=tailor.plain(tailor.item.trim or toned(tailor.item.colour, -0.05)),
        size=1.25,
        lift=extra + 0.006,
    )


@garment("jacket", "leather_jacket", "denim_jacket", "tracksuit_top")
def jacket(tailor: Tailor) -> None:
    """Short, open or zipped."""
    kind = tailor.item.kind
    dark = kind == "leather_jacket"
    _coat(tailor, 0.045, 0.1, dark, 0.006)
    band = tailor.part(colour=toned(tailor.item.colour, -0.06), trim=None, pattern=None)
    notions.band(
        tailor, bottom_of(tailor) + 0.014, 0.032, tailor.thick + 0.008, band
    ) if kind == "jacket" else None
    for side in ("left", "right"):
        notions.cuff(tailor, side, 0.455, 0.030, tailor.thick + 0.012, band)
    if kind == "denim_jacket":
        for sign in (-1, 1):
            notions.buttons(
                tailor, 1.23, 1.0, 4, tailor.thick + 0.006, sign * 0.058, tailor.plain((196, 140, 84), METAL)
            )


@garment("blazer", "frock_coat", "lab_coat", "coat", "trench_coat")
def coat(tailor: Tailor) -> None:
    """Tailored, with lapels; long ones hang in skirts."""
    kind = tailor.item.kind
    opening = {"lab_coat": 0.040, "frock_coat": 0.045, "blazer": 0.022}.get(kind, 0.026)
    _coat(tailor, opening, {"trench_coat": 0.26, "frock_coat": 0.36}.get(kind, 0.22), True)
    if kind == "trench_coat":
        notions.band(
            tailor, 1.055, 0.034, tailor.thick + 0.014, tailor.part(colour=toned(tailor.item.colour, -0.08))
        )
        notions.buckle(tailor, 1.055, tailor.thick + 0.015)
    if kind in ("trench_coat", "coat", "frock_coat"):
        for x in (-0.062, 0.062):
            notions.buttons(tailor, 1.20, 0.98, 3, tailor.thick + 0.006, x)
    elif kind == "blazer":
        notions.buttons(tailor, 1.10, 1.02, 2, tailor.thick + 0.006, 0.030)


@garment("haori")
def haori(tailor: Tailor) -> None:
    """An open jacket with wide sleeves."""
    hanging.skirt(tailor, 1.10, 0.70, 0.16, tailor.thick + 0.006, open_front_deg=20, segment="torso")
    tailor.shell(1.0, 0.16, tailor.thick + 0.004, neck="v", open_front=0.05)
    hanging.sleeves(tailor, 0.10, 0.42, 0.075, 0.125, droop=0.06)


@garment("chainmail", "scale_armor", "leather_armor", "bone_armor")
def mail(tailor: Tailor) -> None:
    """Light armour over the trunk."""
    kind = tailor.item.kind
    weave = {"chainmail": "chain", "scale_armor": "scales"}.get(kind, "")
    paint = tailor.part(weave=weave, trim=tailor.item.trim or (tailor.paint.trim), trim_width=0.014)
    if kind == "chainmail":
        tailor.shell(0.95, sleeve_of(tailor, "short"), paint=paint, segment="armor", flare=0.006)
        hanging.skirt(tailor, 1.03, 0.74, 0.40, tailor.thick + 0.006, paint=paint, segment="armor")
        return
    edge = tailor.item.trim or mix(tailor.item.colour, (30, 24, 22), 0.45)
    paint = tailor.part(weave=weave, trim=edge, trim_width=0.013)
    tailor.shell(0.96, 0, tailor.thick, top=1.385, neck="deep", paint=paint, segment="armor", creases=0)
    from .plates import pauldrons, tassets

    pauldrons(tailor, paint, layers=2, size=0.82)
    tassets(tailor, paint, count=8, length=0.17)
    notions.band(
        tailor,
        1.045,
        0.040,
        tailor.thick + 0.008,
        tailor.leather(mix(tailor.item.colour, (20, 16, 14), 0.55)),
        "armor",
    )
    notions.buckle(tailor, 1.045, tailor.thick + 0.010)
    if kind == "leather_armor":
        for x in (-0.07, 0.07):
            notions.buttons(tailor, 1.30, 1.12, 4, tailor.thick, x)
