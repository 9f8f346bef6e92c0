"""Suits for the whole body: tailored, for sports, in one piece, for space."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..palette import GLOW, LEATHER, METAL, Paint, mix, toned
from ..shape.field import keep, pack, skin
from ..shape.mesh import Mesh, ellipsoid, rings, tube
from ..spec import RGB
from . import notions
from .dresses import trousers_of, with_item, worn_below
from .neck import chest_front
from .registry import garment
from .tailor import DOWN, UP, Tailor

Array = np.ndarray


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
        notions.buttons(tailor, 1.33, 1.00, 6, tailor.thick)
        notions.band(tailor, 1.045, 0.036, tailor.thick + 0.006, tailor.leather((56, 44, 40)))
        notions.buckle(tailor, 1.045, tailor.thick + 0.008)
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
    notions.collar(tailor) if kind == "pajamas" else None
    if kind == "pajamas":
        notions.buttons(tailor, 1.25, 1.0, 4, tailor.thick + 0.006)


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
        notions.collar(tailor, 0.035)
        notions.band(
            tailor,
            1.05,
            0.036,
            tailor.thick + loose + 0.006,
            tailor.plain(tailor.item.trim or toned(tailor.item.colour, -0.12)),
        )
        notions.buckle(tailor, 1.05, tailor.thick + loose + 0.008)
    else:
        light = tailor.item.trim or tailor.shop.spec.accent
        notions.band(
            tailor, 1.045, 0.030, tailor.thick + 0.006, Paint(light, GLOW if tailor.item.glow else LEATHER)
        )


@garment("space_suit")
def space_suit(tailor: Tailor) -> None:
    """Padded, with bellows at the joints, a chest box, a pack on the back, rings where things lock."""
    grow, shop = 0.024, tailor.shop
    accent = tailor.item.trim or (226, 110, 52)
    ring, grey = Paint((176, 182, 192), METAL), tailor.plain((172, 178, 190))
    plain = replace(tailor.paint, trim=None)
    tailor.shell(0.9, 0.466, grow, neck="high", legs=0.11, creases=0.35, flare=0.003, blend=0.05, paint=plain)
    notions.ring_around_neck(tailor, 1.424, 0.082, 0.020, ring)
    notions.ring_around_neck(tailor, 1.400, 0.096, 0.016, tailor.plain(accent))
    for side in ("left", "right"):
        notions.cuff(tailor, side, 0.452, 0.026, grow + 0.014, ring)
        notions.cuff(tailor, side, 0.150, 0.026, grow + 0.014, tailor.plain(accent))
        for t in (0.228, 0.252, 0.276):
            notions.cuff(tailor, side, t, 0.013, grow + 0.014, grey)
        for y in (0.515, 0.490, 0.465):
            _leg_ring(tailor, side, y, 0.013, grow + 0.008, grey)
        _leg_ring(tailor, side, 0.69, 0.030, grow + 0.006, tailor.plain(accent))
    notions.band(tailor, 1.035, 0.040, grow + 0.008, grey)
    notions.buckle(tailor, 1.035, grow + 0.010, 0.024, ring)
    _life_support(tailor, grow, accent)
    from .feet import heels, shoe
    from .hands import glove

    if not worn_below(tailor, "feet"):
        shoe(tailor, plain, 0.016, 0.21, (120, 126, 138))
        heels(tailor, tailor.plain((120, 126, 138)))
        for side in ("left", "right"):
            _leg_ring(tailor, side, 0.205, 0.026, 0.030, ring)
    if not worn_below(tailor, "hands"):
        glove(tailor, replace(plain, colour=mix(tailor.item.colour, (120, 126, 138), 0.35)), 0.006)
    if not any(item.where == "back" for item in shop.spec.items):
        for x in (-0.075, 0.075):
            hose = [(x, 1.20, -0.20), (x * 1.9, 1.30, -0.06), (x * 1.5, 1.27, 0.10), (x * 0.6, 1.19, 0.165)]
            tailor.add(rings(tube(hose, (0.012,) * 4, 30, 10)), grey, "torso", "chest")


def _leg_ring(tailor: Tailor, side: str, y: float, height: float, grow: float, paint: Paint) -> None:
    solids = [
        *tailor.shop.group(f"{side}_thigh", f"{side}_shin", grow=grow),
        keep((0, y + height / 2, 0), DOWN),
        keep((0, y - height / 2, 0), UP),
    ]
    low, high = np.array([-1.0, y - height, -1.0]), np.array([1.0, y + height, 1.0])
    mesh = tailor.shop.twin(
        ("leg ring", y, height, grow), side, lambda: skin(pack(solids), 0.0062, low, high)
    )
    tailor.add(mesh, paint, "torso", f"{side}_leg")


def _box(
    centre: tuple[float, float, float], half: tuple[float, float, float], round_off: float = 5.0
) -> Mesh:
    x, y, z = centre
    a, b, c = half
    line = [(x, y - b, z), (x, y - b * 0.94, z), (x, y + b * 0.94, z), (x, y + b, z)]
    return rings(tube(line, (a * 0.90, a, a, a * 0.90), 14, 28, c / a, (0, 0, 1), round_off))


def _life_support(tailor: Tailor, grow: float, accent: RGB) -> None:
    """The box on the chest with its lamps, the pack on the back."""
    panel, dark = Paint((214, 219, 228), LEATHER), Paint((96, 104, 120), LEATHER)
    z = chest_front(tailor, 0.0, 1.20, grow) + 0.018
    tailor.add(_box((0, 1.205, z), (0.078, 0.050, 0.030)), panel, "torso", "chest")
    tailor.add(_box((0, 1.178, z + 0.028), (0.060, 0.009, 0.006)), dark, "torso", "chest", casts=False)
    for x, colour in ((-0.040, (230, 70, 60)), (-0.013, (80, 200, 255)), (0.013, (250, 200, 70))):
        lamp = ellipsoid((x, 1.222, z + 0.030), (0.009, 0.009, 0.006), 8, 12)
        tailor.add(lamp, Paint(colour, GLOW), "torso", "chest", casts=False)
    knob = ellipsoid((0.045, 1.222, z + 0.031), (0.014, 0.014, 0.012), 8, 14)
    tailor.add(knob, tailor.plain(accent), "torso", "chest", casts=False)
    if any(item.where == "back" for item in tailor.shop.spec.items):
        return
    tailor.add(_box((0, 1.20, -0.205), (0.135, 0.185, 0.075)), panel, "torso", "chest")
    tailor.add(_box((0, 1.215, -0.275), (0.095, 0.105, 0.018)), dark, "torso", "chest")
    tailor.add(_box((0, 1.375, -0.205), (0.10, 0.022, 0.060)), tailor.plain(accent), "torso", "chest")
    for x in (-0.085, 0.085):
        tank = [(x, 1.02, -0.255), (x, 1.04, -0.255), (x, 1.16, -0.262), (x, 1.18, -0.262)]
        tailor.add(
            rings(tube(tank, (0.012, 0.026, 0.026, 0.012), 16, 14)), tailor.plain(accent), "torso", "chest"
        )
