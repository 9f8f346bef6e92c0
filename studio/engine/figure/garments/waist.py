"""Belts, sashes, aprons."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..drape import RIDER
from ..palette import LEATHER, METAL, Paint, toned
from ..shape.mesh import ellipsoid, rings, sheet, tube
from ..workshop import Hangs
from . import notions
from .registry import garment
from .tailor import LENGTH_Y, THICKNESS, Tailor

Array = np.ndarray


def outer(tailor: Tailor) -> float:
    """How thick the clothes at the waist are."""
    layers = [
        g.layer for g in tailor.shop.spec.garments if g.slot in ("torso", "full", "legs") and g.layer <= 4
    ]
    return THICKNESS[max(layers, default=0)] + 0.013


@garment("belt", "utility_belt")
def belt(tailor: Tailor) -> None:
    """Leather with a buckle, and pouches on the useful kind."""
    grow = outer(tailor)
    notions.band(tailor, 1.040, 0.038, grow, replace(tailor.paint, trim=None))
    notions.buckle(
        tailor, 1.040, grow + 0.003, 0.021, Paint(tailor.item.trim or tailor.shop.spec.accent, METAL)
    )
    if tailor.item.kind == "utility_belt":
        w, f, b = tailor.waist_at(1.02, grow + 0.012)
        for angle in (-62, 62, 96, -96, 150, -150):
            a = np.radians(angle)
            place = np.array([np.sin(a) * w, 1.016, (f + b) / 2 + np.cos(a) * (f - b) / 2])
            tailor.add(
                ellipsoid(place, (0.032, 0.036, 0.026), 12, 16),
                replace(tailor.paint, trim=None),
                "torso",
                "pelvis",
            )
            flap = place * (1.03, 1, 1.03) + (0, 0.014, 0)
            tailor.add(
                ellipsoid(flap, (0.033, 0.022, 0.027), 10, 16),
                Paint(toned(tailor.item.colour, -0.08), LEATHER),
                "torso",
                "pelvis",
            )


@garment("sash")
def sash(tailor: Tailor) -> None:
    """A broad cloth around the waist, its end hanging."""
    grow = outer(tailor)
    notions.band(tailor, 1.050, 0.075, grow, tailor.paint)
    w, f, _ = tailor.waist_at(0.98, grow + 0.012)

    def end(u: Array, v: Array) -> Array:
        x = w * 0.62 + (v - 0.5) * (0.050 + 0.03 * u)
        y = 1.04 - 0.33 * u
        return np.stack([x, y, f * 0.72 + 0.055 * u + 0.010 * np.sin(v * 7 + u * 3)], -1)

    mesh = sheet(end, 16, 8, outward=(0, 0, 1))
    u, v = mesh.surface[:, 0], mesh.surface[:, 1]
    tailor.add(
        replace(mesh, surface=np.stack([u * 0.33, v * 0.06, (1 - u) * 0.33], -1)),
        tailor.paint,
        "torso",
        "left_hip",
        hangs=Hangs(RIDER),
    )
    tailor.add(ellipsoid((w * 0.62, 1.045, f * 0.78), (0.026, 0.024, 0.020)), tailor.paint, "torso", "pelvis")


def apron_sheet(tailor: Tailor, paint: Paint, top: float, bottom: float, flare: float, bib: bool) -> None:
    """An apron over a skirt, with a bib on the chest."""
    grow = outer(tailor)

    def place(u: Array, v: Array) -> Array:
        angle = (v - 0.5) * np.radians(112)
        y = top - (top - bottom) * u
        out = np.clip(0.97 - y, 0, None) * flare
        below = np.zeros((*y.shape, 3))
        for line in tailor.shop.skirts:
            below = np.maximum(below, line.at(y.ravel()).reshape(*y.shape, 3))
        level = np.clip(y, 0.90, 1.06)
        w = np.interp(
            level.ravel(),
            [0.90, 0.95, 1.0, 1.06],
            [tailor.waist_at(k, grow)[0] for k in (0.90, 0.95, 1.0, 1.06)],
        ).reshape(y.shape)
        f = np.interp(
            level.ravel(),
            [0.90, 0.95, 1.0, 1.06],
            [tailor.waist_at(k, grow)[1] for k in (0.90, 0.95, 1.0, 1.06)],
        ).reshape(y.shape)
        round_off = 0.030 * (np.abs(v - 0.5) * 2) ** 3 * u
        return np.stack(
            [
                np.sin(angle) * np.maximum(w + out + 0.014, below[..., 0] + 0.010),
                y + round_off,
                np.cos(angle) * np.maximum(f + out * 0.9 + 0.018 + 0.010 * u, below[..., 1] + 0.010) + 0.004,
            ],
            -1,
        )

    mesh = sheet(place, 20, 25, outward=(0, 0, 1))
    u, v = mesh.surface[:, 0], mesh.surface[:, 1]
    edge = np.minimum((1 - u) * (top - bottom), np.minimum(v, 1 - v) * 0.3)
    tailor.add(
        replace(mesh, surface=np.stack([u, v, edge], -1)), paint, "torso", split=0.12, hangs=Hangs(RIDER)
    )
    notions.band(tailor, top - 0.005, 0.030, grow + 0.004, paint)
    if bib:
        from .neck import chest_front

        ys = np.linspace(1.05, 1.32, 9)
        zs = [[chest_front(tailor, x, float(y), grow - 0.004) for y in ys] for x in (0.0, 0.06)]

        def breast(u: Array, v: Array) -> Array:
            y = 1.32 - 0.27 * u
            x = (v - 0.5) * 2 * (0.075 + 0.012 * u)
            near = np.interp(y.ravel(), ys, zs[0]).reshape(y.shape)
            far = np.interp(y.ravel(), ys, zs[1]).reshape(y.shape)
            share = np.clip(np.abs(x) / 0.06, 0, 1.3)
            return np.stack([x, y, np.maximum(near, far) * 1.0 + 0.004 - 0.012 * share**2 * (near > far)], -1)

        tailor.add(sheet(breast, 12, 9, outward=(0, 0, 1)), paint, "torso", "trunk")
        for sign in (-1, 1):
            line = [
                (sign * 0.070, 1.318, zs[1][-1] + 0.004),
                (sign * 0.082, 1.39, 0.045),
                (sign * 0.078, 1.412, -0.02),
                (sign * 0.05, 1.32, -0.128),
                (0.0, 1.09, -0.105),
            ]
            tailor.add(rings(tube(line, (0.014,) * 5, 36, 10, 0.3, (0, 0.3, 1))), paint, "torso")


@garment("apron")
def apron(tailor: Tailor) -> None:
    """Bib and skirt."""
    apron_sheet(tailor, tailor.paint, 1.05, LENGTH_Y.get(tailor.item.length or "knee", 0.5), 0.30, bib=True)
