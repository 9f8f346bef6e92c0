"""The plates that armour is made of: cuirass, pauldrons, tassets, tubes around limbs, shoes and gloves."""

# ruff: noqa: RUF005  tuples are added to vectors here, not joined

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..drape import RIDER
from ..palette import METAL, Paint, toned
from ..shape.curves import turn
from ..shape.field import blob, keep, pack, skin
from ..shape.mesh import ellipsoid, rings, sheet, slab, tube
from ..spec import RGB
from ..workshop import Hangs
from .tailor import DOWN, UP, Tailor

Array = np.ndarray


def edged(tailor: Tailor) -> Paint:
    """The plate's paint with a rim."""
    rim = (
        tailor.item.trim
        or tailor.item.second
        or (toned(tailor.item.colour, 0.16) if sum(tailor.item.colour) < 480 else tailor.shop.spec.accent)
    )
    return replace(tailor.paint, trim=rim, trim_width=0.010)


def under_suit(tailor: Tailor, colour: RGB) -> None:
    """The dark arming suit below plates."""
    below = {g.slot for g in tailor.shop.spec.garments if g.layer < tailor.item.layer}
    if "full" in below or {"torso", "legs"} <= below:
        return
    quiet = replace(tailor, item=replace(tailor.item, layer=1))
    quiet.shell(0.9, 0.475, 0.005, neck="high", legs=0.08, paint=Paint(colour), creases=0, cell=0.0095)


def arm_tube(
    tailor: Tailor,
    side: str,
    names: tuple[str, ...],
    start: float,
    end: float,
    grow: float,
    paint: Paint,
    segment: str = "armor",
) -> None:
    """A tube of plate around an arm between two places along it."""
    shoulder, axis = tailor.arm_axis(side)
    solids = [s.grown(grow) for s in tailor.shop.solids if s.group in {f"{side}_{n}" for n in names}]
    solids += [keep(shoulder + axis * end, -axis), keep(shoulder + axis * start, axis)]
    a, b = shoulder + axis * start, shoulder + axis * end
    low, high = np.minimum(a, b) - 0.11, np.maximum(a, b) + 0.11
    key = ("arm plate", names, start, end, grow)
    mesh = tailor.shop.twin(key, side, lambda: skin(pack(solids), 0.0066, low, high))
    t = ((mesh.points - shoulder) * axis).sum(1)
    hem = np.minimum(np.abs(t - start), np.abs(end - t))
    surface = np.stack([t, mesh.points[:, 2], hem], -1)
    tailor.add(replace(mesh, surface=surface), paint, segment, f"{side}_arm")


def leg_tube(
    tailor: Tailor,
    side: str,
    top: float,
    bottom: float,
    grow: float,
    paint: Paint,
    names: tuple[str, ...] = ("thigh", "shin"),
) -> None:
    solids = [s.grown(grow) for s in tailor.shop.solids if s.group in {f"{side}_{n}" for n in names}]
    solids += [keep((0, top, 0), DOWN), keep((0, bottom, 0), UP)]
    low, high = np.array([-1, bottom - 0.02, -1]), np.array([1, top + 0.02, 1])
    key = ("leg plate", names, top, bottom, grow)
    mesh = tailor.shop.twin(key, side, lambda: skin(pack(solids), 0.0068, low, high))
    y = mesh.points[:, 1]
    hem = np.minimum(np.abs(top - y), np.abs(y - bottom))
    tailor.add(
        replace(mesh, surface=np.stack([1 - y, mesh.points[:, 0], hem], -1)), paint, "armor", f"{side}_leg"
    )
    tailor.shop.cover(solids, tailor.layer)


def pauldrons(tailor: Tailor, paint: Paint, layers: int = 3, size: float = 1.0) -> None:
    """Domed shoulder plates in overlapping layers."""
    limb = 0.5 + 0.5 * tailor.shop.figure.limb
    radius = np.array([0.092, 0.086, 0.098]) * size * limb
    for side, sign in (("left", 1.0), ("right", -1.0)):
        shoulder = tailor.shop.rest[f"{side}_shoulder"]
        for layer in range(layers):
            k = layers - 1 - layer  # the top plate comes last and is the largest
            scale = 1.0 - 0.075 * k
            centre = shoulder + np.array([sign * (0.010 + 0.014 * k), 0.006 - 0.038 * k, 0.0])

            def place(
                u: Array,
                v: Array,
                scale: float = scale,
                centre: Array = centre,
                sign: float = sign,
                k: int = k,
            ) -> Array:
                azimuth = (v - 0.5) * np.pi * (1.14 if k == 0 else 1.02)
                height = np.pi / 2 * (1.04 - u * (0.98 if k == 0 else 1.0))
                flare = 1 + 0.15 * u**3
                r = radius * scale
                local = np.stack(
                    [
                        np.cos(height) * np.cos(azimuth) * r[0] * flare - 0.014 * (1 - u),
                        np.sin(height) * r[1],
                        np.cos(height) * np.sin(azimuth) * r[2] * flare,
                    ],
                    -1,
                )
                local = np.einsum("ij,...j->...i", turn("z", -6), local)
                return local * np.array([sign, 1, 1]) + centre

            plate = sheet(place, 14, 22, outward=(sign, 0.6, 0))
            u, v = plate.surface[:, 0], plate.surface[:, 1]
            surface = np.stack([u * 0.15, v * 0.2, (1 - u) * 0.14 + 0.0], -1)
            tailor.add(slab(replace(plate, surface=surface), 0.005), paint, "armor", f"{side}_pauldron")


def tassets(tailor: Tailor, paint: Paint, count: int = 6, length: float = 0.22, top: float = 1.05) -> None:
    """Plates that hang from the waist all around, free of the front."""
    wide = 2 * np.pi / count
    for number in range(count):
        middle = wide * (number + 0.5)
        waist = tailor.waist_at(1.0, tailor.thick + 0.010)
        hips = tailor.waist_at(0.92, tailor.thick + 0.010)

        def place(
            u: Array, v: Array, middle: float = middle, waist: tuple = waist, hips: tuple = hips
        ) -> Array:
            angle = middle + wide * 0.94 * (v - 0.5) * (1 - 0.16 * u * u)
            point = (np.abs(v - 0.5) * 2) ** 1.7 * 0.035 * u
            y = top - length * u + point
            t = np.clip((top - y) / 0.13, 0, 1)
            out = 0.020 * u + 0.008 * np.sin(np.pi * v) + 0.10 * np.clip(0.92 - y, 0, 1)
            w = waist[0] * (1 - t) + hips[0] * t + out
            f = waist[1] * (1 - t) + hips[1] * t + out
            b = waist[2] * (1 - t) + hips[2] * t - out
            zc, zr = (f + b) / 2, (f - b) / 2
            return np.stack([np.sin(angle) * w, y, zc + np.cos(angle) * zr], -1)

        plate = sheet(place, 14, 14)
        u, v = plate.surface[:, 0], plate.surface[:, 1]
        edge = np.minimum((1 - u) * length, np.minimum(v, 1 - v) * 0.16)
        surface = np.stack([u * length, v * 0.16, edge], -1)
        tailor.add(
            slab(replace(plate, surface=surface), 0.005),
            paint,
            "armor",
            "skin",
            split=0.07,
            hangs=Hangs(RIDER),
        )


def arm_plates(tailor: Tailor, paint: Paint, upper: bool = True) -> None:
    """Rerebrace, elbow cop and vambrace."""
    for side, sign in (("left", 1.0), ("right", -1.0)):
        if upper:
            arm_tube(tailor, side, ("upper_arm",), 0.090, 0.205, 0.010, paint)
        arm_tube(tailor, side, ("upper_arm", "forearm"), 0.300, 0.462, 0.013, paint)
        elbow = tailor.shop.rest[f"{side}_elbow"]
        limb = tailor.shop.figure.limb
        ball = ellipsoid((0, 0, 0), np.array([0.050, 0.056, 0.052]) * (0.4 + 0.6 * limb), 14, 20)
        tailor.add(
            ball.moved(tailor.shop.rest.turned(f"{side}_elbow"), elbow + (sign * 0.004, 0.004, -0.006)),
            replace(paint, trim=None),
            "armor",
            f"{side}_elbow",
        )


def leg_plates(tailor: Tailor, paint: Paint, thigh: bool = True) -> None:
    """Cuisses, knee cops and greaves."""
    for side, sign in (("left", 1.0), ("right", -1.0)):
        if thigh:
            leg_tube(tailor, side, 0.79, 0.555, 0.010, paint)
        leg_tube(tailor, side, 0.475, 0.115, 0.012, paint)
        knee = tailor.shop.rest[f"{side}_knee"]
        tailor.add(
            ellipsoid(knee + (sign * 0.002, 0.012, 0.036), (0.052, 0.066, 0.046)),
            replace(paint, colour=paint.trim or paint.colour, trim=None),
            "armor",
            f"{side}_knee",
        )
        tailor.add(
            ellipsoid(knee + (sign * 0.002, 0.012, 0.044), (0.043, 0.056, 0.046)),
            replace(paint, trim=None),
            "armor",
            f"{side}_knee",
        )
        shin = [
            knee + (sign * 0.003, -0.045, 0.062),
            knee + (sign * 0.004, -0.18, 0.048),
            knee + (sign * 0.006, -0.34, 0.022),
        ]
        tailor.add(
            rings(tube(shin, (0.003, 0.007, 0.003), 14, 8)),
            Paint(paint.trim or paint.colour, METAL),
            "armor",
            f"{side}_leg",
        )


def sabatons(tailor: Tailor, paint: Paint) -> None:
    """Steel shoes."""
    from .feet import sabaton_lames, shoe

    sabaton_lames(tailor, paint)
    shoe(
        tailor,
        replace(paint, trim=None),
        grow=0.011,
        top=0.15,
        sole=toned(paint.colour, -0.3),
        segment="armor",
    )


def gauntlets(tailor: Tailor, paint: Paint) -> None:
    """Steel gloves with a cuff."""
    from .hands import glove

    glove(tailor, replace(paint, trim=None), 0.0045)
    for side in ("left", "right"):
        arm_tube(tailor, side, ("forearm",), 0.405, 0.492, 0.017, paint)


def cuirass(tailor: Tailor, paint: Paint) -> None:
    shop, grow = tailor.shop, tailor.thick - 0.003
    solids = [*shop.group("trunk", grow=grow), *shop.group("bust", grow=grow + 0.003)]
    # One smooth breast over both sides: plate bridges what cloth would follow.
    solids.append(blob((0, 1.245, 0.060 + 0.010 * shop.figure.bust), (0.115, 0.085, 0.060 + grow), 0.06))
    cuts = [keep((0, 1.060, 0), UP), keep((0, 1.385, 0), DOWN)]
    program = [*solids, *cuts]
    for side in ("left", "right"):
        shoulder, axis = tailor.arm_axis(side)
        program.append(keep(shoulder + axis * 0.030 + (0, -0.02, 0), -np.asarray([axis[0], 0, 0])))
    mesh = skin(pack(program), 0.0062)
    y = mesh.points[:, 1]
    hem = np.minimum(np.abs(y - 1.060), np.abs(1.385 - y))
    across = np.abs(mesh.points[:, 0])
    surface = np.stack([1.4 - y, across, hem], -1)
    tailor.add(replace(mesh, surface=surface), paint, "armor", "trunk")
    shop.cover(program, tailor.layer)


def plate_front(tailor: Tailor, y: float) -> float:
    solids = tailor.shop.group("trunk", grow=tailor.thick) + tailor.shop.group("bust", grow=tailor.thick)
    solids.append(
        blob((0, 1.245, 0.060 + 0.010 * tailor.shop.figure.bust), (0.115, 0.085, 0.060 + tailor.thick), 0.06)
    )
    z = np.linspace(0.04, 0.28, 97)
    d = pack(solids).at(np.stack([0 * z, np.full(97, y), z], -1))
    return float(z[int(np.argmax(d > 0))])
