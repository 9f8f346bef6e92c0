"""What lies over the shoulders: capes, cloaks, hoods, shawls, ponchos."""

# ruff: noqa: RUF005  tuples are added to vectors here, not joined

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..cloth import Grid
from ..drape import CAPE
from ..palette import FUR, METAL, Paint, toned
from ..shape.curves import smoothstep
from ..shape.mesh import closed_sheet, ellipsoid, loop_tube, rings, sheet, tube
from ..workshop import Hangs
from . import notions
from .hanging import drape
from .registry import garment
from .tailor import LENGTH_Y, Tailor

Array = np.ndarray


def hang(
    tailor: Tailor, bottom: float, reach_deg: float, paint: Paint, flare: float = 0.16, collar: bool = True
) -> None:
    """A cloth that hangs from the shoulders behind, reaching so far around to the front."""
    shoulder = tailor.shop.figure.shoulder
    wide = shoulder + 0.085
    rows, columns = 34, 121
    reach = np.radians(reach_deg)

    def place(u: Array, v: Array) -> Array:
        angle = (v - 0.5) * 2 * reach
        top = 1.412 - 0.008 * np.cos(angle)
        # Over the neck first, then out over the shoulders, then straight down.
        lie = smoothstep(0.0, 0.13, u)
        drop = np.clip((u - 0.10) / 0.90, 0, 1)
        y = top - 0.062 * lie - (top - 0.062 - bottom) * drop**1.04
        side = np.abs(np.sin(angle))
        y = y + 0.020 * lie * (1 - drop) * (1 - side)
        half = 0.072 + (wide - 0.072) * lie + flare * drop * 0.72
        deep = 0.070 + 0.075 * lie + flare * drop + 0.020 * np.sin(np.pi * drop)
        wave = drape(angle * 1.25, 9)
        fold = wave * 0.034 * smoothstep(0.05, 0.8, drop)
        y = y + 0.012 * wave * drop
        x = np.sin(angle) * (half + fold)
        z = -np.cos(angle) * (deep + fold) - 0.022
        x, z = _around_skirts(tailor, x, y, z)
        return np.stack([x, y, z], -1)

    mesh = sheet(place, rows, columns, outward=None)
    u, v = mesh.surface[:, 0], mesh.surface[:, 1]
    length = 1.40 - bottom
    edge = np.minimum((1 - u) * length, np.minimum(v, 1 - v) * 2 * reach * 0.22)
    surface = np.stack([u * length, v * 2 * reach * 0.2, edge], -1)
    tailor.add(
        replace(mesh, surface=surface), paint, "cape", "trunk", hangs=Hangs(CAPE, Grid(rows, columns, False))
    )
    if collar:
        clasp = tailor.accent(METAL)
        for sign in (-1, 1):
            x, z = 0.078, 0.040
            tailor.add(ellipsoid((sign * x, 1.372, z + 0.028), (0.019, 0.019, 0.010)), clasp, "cape", "chest")
        chain = [(-0.078, 1.372, 0.070), (0.0, 1.352, 0.098 + 0.01), (0.078, 1.372, 0.070)]
        tailor.add(rings(tube(chain, (0.005, 0.005, 0.005), 16, 8)), clasp, "cape", "chest")
        grid = tube(
            [
                (0.085, 1.375, 0.055),
                (0.098, 1.398, -0.01),
                (0.070, 1.412, -0.080),
                (0, 1.414, -0.104),
                (-0.070, 1.412, -0.080),
                (-0.098, 1.398, -0.01),
                (-0.085, 1.375, 0.055),
            ],
            (0.010, 0.021, 0.025, 0.027, 0.025, 0.021, 0.010),
            40,
            12,
            0.7,
            (0, 0.5, 1),
        )
        tailor.add(rings(grid), replace(paint, trim=None), "cape", "chest")


def _around_skirts(tailor: Tailor, x: Array, y: Array, z: Array) -> tuple[Array, Array]:
    """Places of a cape, taken outwards where a skirt or the tail of a tunic would come through."""
    for line in tailor.shop.skirts:
        hem = float(line.levels[-1])
        reach = line.at(np.maximum(y, hem).ravel()).reshape(*y.shape, 3)
        wide, back = reach[..., 0] + 0.022, reach[..., 2] - 0.022
        # As square as the skirt itself, and fading out below its hem.
        share = (np.abs(x / wide) ** 2.4 + np.abs(np.minimum(z, 0) / back) ** 2.4) ** (1 / 2.4)
        grown = np.where((reach[..., 0] > 0) & (share < 1), 1 / np.maximum(share, 0.3), 1.0)
        grown = 1 + (grown - 1) * smoothstep(hem - 0.20, hem - 0.02, y)
        x, z = x * grown, np.where(z < 0, z * grown, z)
    return x, z


def trimmed(tailor: Tailor, width: float = 0.026) -> Paint:
    """The paint with a broad hem, if it has a trim."""
    return replace(tailor.paint, trim_width=width if tailor.paint.trim is not None else 0.0)


@garment("cape")
def cape(tailor: Tailor) -> None:
    """Behind the shoulders, open in front."""
    hang(tailor, LENGTH_Y.get(tailor.item.length or "calf", 0.30), 88, trimmed(tailor))


@garment("cloak")
def cloak(tailor: Tailor) -> None:
    """Longer, and around the sides."""
    hang(tailor, LENGTH_Y.get(tailor.item.length or "ankle", 0.16), 97, trimmed(tailor), 0.20)
    if tailor.item.variant == "hood_up":
        hood_up(tailor, replace(tailor.paint, trim_width=0.03))
    elif "hood" not in tailor.worn:
        notions.hood_down(tailor, replace(tailor.paint, trim=None))


@garment("poncho", "shawl")
def poncho(tailor: Tailor) -> None:
    """Closed all around."""
    low = 0.98 if tailor.item.kind == "poncho" else 1.16
    shoulder = tailor.shop.figure.shoulder
    grow = tailor.thick

    def place(u: Array, v: Array) -> Array:
        angle = v * 2 * np.pi
        lie = smoothstep(0.0, 0.34, u)
        point = 0.5 + 0.5 * np.cos(2 * angle)
        y = 1.405 - 0.070 * lie - (1.335 - low + 0.06 * point) * np.clip((u - 0.2) / 0.8, 0, 1) ** 1.1
        half = 0.072 + (shoulder + 0.065 - 0.072) * lie + 0.10 * np.clip(u - 0.34, 0, 1)
        deep = (
            0.070
            + (0.095 + grow) * lie
            + 0.06 * np.clip(u - 0.34, 0, 1)
            + 0.035 * lie * (np.cos(angle) > 0) * np.cos(angle)
        )
        ripple = np.sin(angle * 9) * 0.010 * u
        return np.stack([np.sin(angle) * (half + ripple), y, np.cos(angle) * (deep + ripple) - 0.018], -1)

    mesh = closed_sheet(sheet(place, 26, 73), 26, 73)
    u, v = mesh.surface[:, 0], mesh.surface[:, 1]
    surface = np.stack([u * (1.4 - low), v * 1.3, (1 - u) * (1.4 - low)], -1)
    tailor.add(replace(mesh, surface=surface), trimmed(tailor, 0.022), "cape", "trunk")


@garment("fur_collar")
def fur_collar(tailor: Tailor) -> None:
    """A thick roll of fur around neck and shoulders."""
    paint = replace(tailor.paint, kind=FUR)
    angle = np.linspace(0, 2 * np.pi, 31)[:-1]
    rows = ((0.086, 1.424, 0.040, 0.2), (0.120, 1.406, 0.056, -0.15), (0.145, 1.378, 0.066, -0.65))
    for ring, (reach, height, long, fall) in enumerate(rows):
        for number, place_deg in enumerate(angle):
            a = place_deg + (0.10 if ring % 2 else 0.0)
            front = max(0.0, float(np.cos(a)))
            out = np.array([np.sin(a), fall, np.cos(a) * 0.85])
            root = np.array([np.sin(a) * reach, height, np.cos(a) * reach * 0.78 - 0.02])
            root += np.array([0, -0.035, 0.022]) * front - out * 0.014
            tip = root + out * long * (1.0 + 0.22 * ((number * 7 + ring * 3) % 5 - 2) / 2)
            tuft = tube([root, (root + tip) / 2 + (0, 0.008, 0), tip], (0.020, 0.028, 0.002), 8, 7, 0.8, out)
            tailor.add(rings(tuft), paint, "cape", "chest")


@garment("epaulettes")
def epaulettes(tailor: Tailor) -> None:
    """Fringed shoulder pieces."""
    for side, sign in (("left", 1.0), ("right", -1.0)):
        shoulder = tailor.shop.rest[f"{side}_shoulder"]
        top = shoulder + (sign * 0.004, 0.060, 0)
        tailor.add(ellipsoid(top, (0.052, 0.012, 0.048)), tailor.paint, "armor", f"{side}_clavicle")
        for k in range(11):
            a = np.pi * (k / 10 - 0.5)
            start = top + (sign * 0.050 * np.cos(a), 0, 0.046 * np.sin(a))
            tailor.add(
                rings(tube([start, start + (sign * 0.008, -0.04, 0)], (0.006, 0.005), 4, 6)),
                tailor.paint,
                "armor",
                f"{side}_clavicle",
            )


def hood_up(tailor: Tailor, paint: Paint) -> None:
    """A hood drawn over the head, the face free."""
    inside = replace(paint, colour=toned(paint.colour, -0.10))
    rows, columns = 20, 49
    opening = np.radians(67.0)

    def place(u: Array, v: Array) -> Array:
        # A bag around the head: u runs from the opening to the back of it, v around the face.
        polar = opening + (np.pi - opening) * u
        around = v * 2 * np.pi
        crown = np.clip(np.sin(around), 0, 1)
        x = np.sin(polar) * np.cos(around) * 0.515
        y = np.sin(polar) * np.sin(around) * (0.60 + 0.05 * crown * (1 - u)) + 0.53
        z = np.cos(polar) * 0.66 - 0.04 + 0.05 * crown * (1 - u)
        low = np.clip(-np.sin(around), 0, 1) * (1 - u)
        return np.stack([x, y - 0.10 * low, z + 0.05 * low], -1)

    mesh = sheet(place, rows, columns, outward=(0, 0.0, -1))
    flip = (mesh.normals * (mesh.points - np.array([0, 0.5, 0.0]))).sum() < 0
    if flip:
        mesh = replace(mesh, normals=-mesh.normals, faces=mesh.faces[:, ::-1].copy())
    mesh = closed_sheet(mesh, rows, columns)
    u, v = mesh.surface[:, 0], mesh.surface[:, 1]
    edge = u * 0.9
    tailor.add(replace(mesh, surface=np.stack([u, v, edge * 0.25], -1)), paint, "head_wear", "head")
    rim = [place(np.array(0.0), np.array(t)) for t in np.linspace(0.0, 1.0, 41)[:-1]]
    tailor.add(
        loop_tube(np.stack(rim), 0.026, 10),
        tailor.plain(paint.trim or inside.colour),
        "head_wear",
        "head",
    )
    roll = tube(
        [
            (0.095, 1.395, 0.070),
            (0.125, 1.395, -0.01),
            (0.095, 1.405, -0.095),
            (0, 1.405, -0.120),
            (-0.095, 1.405, -0.095),
            (-0.125, 1.395, -0.01),
            (-0.095, 1.395, 0.070),
        ],
        (0.030, 0.040, 0.044, 0.046, 0.044, 0.040, 0.030),
        44,
        14,
        0.8,
        (0, 0.6, 1),
    )
    tailor.add(rings(roll), replace(paint, trim=None), "cape", "chest")


@garment("hood")
def hood(tailor: Tailor) -> None:
    """A hood alone."""
    if "hoodie" not in tailor.worn:
        hood_up(tailor, tailor.paint)
