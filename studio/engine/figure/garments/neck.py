"""Scarves, ties, necklaces, earrings."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..palette import GEM, METAL, Paint
from ..shape.field import pack
from ..shape.mesh import ellipsoid, loop_tube, rings, sheet, tube
from .registry import garment
from .tailor import Tailor

Array = np.ndarray


def chest_front(tailor: Tailor, x: float, y: float, grow: float) -> float:
    """How far forward the clothed chest reaches at a place."""
    z = np.linspace(0.0, 0.30, 121)
    d = pack(tailor.shop.group("trunk", "bust", "neck", grow=grow)).at(
        np.stack([np.full(121, x), np.full(121, y), z], -1)
    )
    return float(z[int(np.argmax(d > 0))])


def _over(tailor: Tailor) -> float:
    """Thickness of everything on the chest."""
    from .tailor import THICKNESS

    layers = [
        g.layer
        for g in tailor.shop.spec.garments
        if g.slot in ("torso", "full") and g.kind not in ("cape", "cloak")
    ]
    return THICKNESS[min(max(layers, default=0), 5)] + 0.006


def tie_at(tailor: Tailor, paint: Paint) -> None:
    """A long tie."""
    grow = 0.016

    def place(u: Array, v: Array) -> Array:
        y = 1.375 - 0.30 * u
        width = np.where(u < 0.08, 0.016 - 0.05 * u, 0.010 + 0.018 * u) * np.where(
            u > 0.93, (1 - u) / 0.07, 1.0
        )
        x = (v - 0.5) * 2 * width
        z = np.interp(
            y.ravel(),
            np.linspace(1.07, 1.38, 9),
            [chest_front(tailor, 0.0, yy, grow) for yy in np.linspace(1.07, 1.38, 9)],
        ).reshape(y.shape)
        return np.stack([x, y, z + 0.004 + 0.003 * np.cos((v - 0.5) * np.pi)], -1)

    mesh = sheet(place, 24, 5, outward=(0, 0, 1))
    tailor.add(mesh, paint, "torso", "trunk")
    tailor.add(
        ellipsoid((0, 1.376, chest_front(tailor, 0, 1.376, grow) + 0.006), (0.016, 0.015, 0.010)),
        paint,
        "torso",
        "chest",
    )


def bow_tie_at(tailor: Tailor, paint: Paint) -> None:
    """A bow tie."""
    z = chest_front(tailor, 0, 1.378, 0.014) + 0.010
    for sign in (-1, 1):
        tailor.add(ellipsoid((sign * 0.028, 1.380, z), (0.026, 0.018, 0.009)), paint, "torso", "chest")
    tailor.add(ellipsoid((0, 1.380, z + 0.004), (0.009, 0.011, 0.009)), paint, "torso", "chest")


@garment("tie", "bow_tie")
def tie(tailor: Tailor) -> None:
    """Around a shirt's collar."""
    (bow_tie_at if tailor.item.kind == "bow_tie" else tie_at)(tailor, tailor.paint)


@garment("scarf")
def scarf(tailor: Tailor) -> None:
    """Wound around the neck, one end hanging."""
    for y, r, size in ((1.412, 0.076, 0.030), (1.435, 0.066, 0.026)):
        angle = np.linspace(0, 2 * np.pi, 45)[:-1]
        loop = np.stack([np.sin(angle) * r * 1.08, y - 0.016 * np.cos(angle), np.cos(angle) * r - 0.014], -1)
        tailor.add(loop_tube(loop, size, 12), replace(tailor.paint, trim=None), "cape", "chest")
    z = chest_front(tailor, 0.05, 1.28, _over(tailor)) + 0.012

    def end(u: Array, v: Array) -> Array:
        x = 0.052 + (v - 0.5) * (0.066 + 0.014 * u) + 0.010 * u
        y = 1.402 - 0.36 * u
        return np.stack(
            [
                x,
                y,
                z + 0.030 * np.sin(np.pi * np.clip(u * 1.4, 0, 1)) * 0.5 - 0.02 * u + 0.006 * np.cos(v * 9),
            ],
            -1,
        )

    mesh = sheet(end, 20, 9, outward=(0, 0, 1))
    u, v = mesh.surface[:, 0], mesh.surface[:, 1]
    tailor.add(
        replace(mesh, surface=np.stack([u * 0.36, v * 0.08, (1 - u) * 0.36], -1)),
        tailor.paint,
        "cape",
        "chest",
    )


@garment("necklace")
def necklace(tailor: Tailor) -> None:
    """A chain with a pendant."""
    grow = _over(tailor)
    low = 1.262
    z = chest_front(tailor, 0, low, grow)
    line = [(0.050, 1.420, -0.055), (0.062, 1.398, 0.010)]
    for x, y in ((0.055, 1.355), (0.034, 1.30), (0.0, low + 0.012)):
        line.append((x, y, chest_front(tailor, x, y, grow) + 0.003))
    line = [*line, *[(-x, y, zz) for x, y, zz in reversed(line[:-1])]]
    tailor.add(
        rings(tube(line, (0.0042,) * 4, 60, 8)), tailor.part(kind=METAL), "torso", "chest", casts=False
    )
    tailor.add(
        ellipsoid((0, low, z + 0.006), (0.016, 0.020, 0.008)),
        tailor.part(kind=METAL),
        "torso",
        "chest",
        casts=False,
    )
    tailor.add(
        ellipsoid((0, low, z + 0.012), (0.009, 0.012, 0.006)),
        Paint(tailor.item.trim or (90, 190, 220), GEM),
        "torso",
        "chest",
        casts=False,
    )


@garment("choker", "ruff")
def choker(tailor: Tailor) -> None:
    """Close around the neck."""
    radius = 0.040 + 0.012 * (1 - tailor.shop.figure.feminine)
    if tailor.item.kind == "ruff":
        _ruff(tailor, radius)
        return
    angle = np.linspace(0, 2 * np.pi, 37)[:-1]
    loop = np.stack(
        [
            np.sin(angle) * (radius + 0.005),
            1.437 - 0.008 * np.cos(angle),
            np.cos(angle) * (radius + 0.005) - 0.020,
        ],
        -1,
    )
    tailor.add(loop_tube(loop, 0.009), tailor.paint, "torso", "neck")
    tailor.add(ellipsoid((0, 1.424, radius - 0.006), (0.010, 0.012, 0.007)), tailor.accent(), "torso", "neck")


def _ruff(tailor: Tailor, radius: float) -> None:
    """A wheel of starched pleats."""
    pleats = 17

    def place(u: Array, v: Array, lift: float, sign: float) -> Array:
        angle = v * 2 * np.pi
        r = radius + 0.004 + 0.068 * u
        wave = np.sin(angle * pleats) * 0.015 * u**0.7 * sign
        y = 1.428 + lift + wave + 0.016 * u - 0.018 * np.cos(angle) * u
        return np.stack([np.sin(angle) * r, y, np.cos(angle) * r * 0.96 - 0.018], -1)

    for lift, sign in ((-0.012, -1.0), (0.010, 1.0)):
        mesh = sheet(lambda u, v, a=lift, s=sign: place(u, v, a, s), 5, 12 * pleats + 1, outward=(0, 1, 0))
        u, v = mesh.surface[:, 0], mesh.surface[:, 1]
        paint = replace(tailor.paint, trim_width=0.006 if tailor.paint.trim else 0.0)
        tailor.add(replace(mesh, surface=np.stack([u * 0.07, v, (1 - u) * 0.07], -1)), paint, "torso", "neck")


_EARS_FREE = (
    "bald",
    "buzz_cut",
    "mohawk",
    "undercut",
    "topknot",
    "bun",
    "cornrows",
    "slicked_back",
    "ponytail",
)


@garment("earrings")
def earrings(tailor: Tailor) -> None:
    """Drops that hang from the ears, outside of what hair falls over them."""
    hair = tailor.shop.spec.hair
    open_ears = hair.style in _EARS_FREE or hair.length in ("none", "buzz")
    x, z = (0.405, -0.02) if open_ears else (0.475, 0.04)
    metal, gem = tailor.part(kind=METAL, trim=None), Paint(tailor.item.trim or (226, 240, 250), GEM)
    for sign in (-1, 1):
        for y, size, paint in ((0.245, 0.026, metal), (0.190, 0.018, metal), (0.125, 0.042, gem)):
            drop = ellipsoid((sign * x, y, z), (size * 0.8, size * 1.25, size * 0.8), 8, 12)
            tailor.add(drop, paint, "head_wear", "head", casts=False)
