"""Crowns, wreaths, ribbons and bands in the hair, headphones, veils."""

# ruff: noqa: RUF005  tuples are added to vectors here, not joined

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..hair.locks import CENTRE as SKULL
from ..hair.locks import RADII as SKULL_RADII
from ..palette import CLOTH, GEM, LEATHER, METAL, Paint, toned
from ..shape.curves import turn, unit
from ..shape.mesh import ellipsoid, loop_tube, rings, sheet, tube
from .registry import garment
from .tailor import Tailor

Array = np.ndarray


def ring_points(y: float, radius: float, count: int = 48, dip: float = 0.0) -> Array:
    """A loop around the head in head units; dip lowers it in front."""
    angle = np.linspace(0, 2 * np.pi, count, endpoint=False)
    return np.stack(
        [np.sin(angle) * radius * 0.90, y - dip * np.cos(angle), np.cos(angle) * radius * 1.05 - 0.05], -1
    )


def _head(tailor: Tailor, mesh: object, paint: Paint | None = None, **more: object) -> None:
    tailor.add(mesh, paint, "head_wear", "head", **more)  # type: ignore[arg-type]


@garment("crown")
def crown(tailor: Tailor) -> None:
    """A golden ring with points and gems."""
    rows, columns, spikes = 8, 81, 8

    def place(u: Array, v: Array) -> Array:
        angle = v * 2 * np.pi
        wave = np.abs(((v * spikes) % 1.0) - 0.5) * 2
        height = 0.10 + 0.20 * wave**1.3
        r = 0.385 + 0.05 * (1 - u)
        return np.stack([np.sin(angle) * r * 0.92, 0.86 + height * (1 - u), np.cos(angle) * r - 0.07], -1)

    mesh = sheet(place, rows, columns)
    _head(tailor, mesh, tailor.part(kind=METAL, trim=None))
    _head(tailor, loop_tube(ring_points(0.865, 0.395, dip=0.0), 0.026), tailor.part(kind=METAL, trim=None))
    for k in range(spikes):
        angle = 2 * np.pi * k / spikes
        place_at = np.array([np.sin(angle) * 0.43 * 0.92, 0.86 + 0.31, np.cos(angle) * 0.43 - 0.07])
        _head(tailor, ellipsoid(place_at, (0.026, 0.026, 0.026), 8, 10), tailor.part(kind=METAL, trim=None))
        low = np.array([np.sin(angle) * 0.405 * 0.92, 0.915, np.cos(angle) * 0.405 - 0.065])
        _head(
            tailor,
            ellipsoid(low, (0.028, 0.032, 0.028), 8, 10),
            Paint(((206, 44, 66), (52, 110, 206))[k % 2], GEM),
        )


@garment("tiara", "circlet", "laurel", "headband", "maid_headband", "flower_crown")
def circlet(tailor: Tailor) -> None:
    """Something that runs around the head."""
    kind = tailor.item.kind
    if kind in ("circlet", "headband"):
        y, dip = (0.70, 0.05) if kind == "circlet" else (0.70, 0.02)
        loop = ring_points(y, 0.455, 60, dip)
        _head(tailor, loop_tube(loop, 0.014 if kind == "circlet" else 0.034), tailor.part(trim=None))
        front = np.array([0, y - dip, 0.445])
        if kind == "circlet":
            _head(
                tailor,
                ellipsoid(front, (0.030, 0.042, 0.016)),
                Paint(tailor.item.trim or (80, 160, 226), GEM),
            )
        else:
            for sign in (-1, 1):
                _head(
                    tailor,
                    rings(
                        tube(
                            [(0, y, -0.53), (sign * 0.08, y - 0.14, -0.58), (sign * 0.12, y - 0.36, -0.56)],
                            (0.03, 0.04, 0.035),
                            12,
                            8,
                            0.3,
                        )
                    ),
                    tailor.part(trim=None),
                )
        return
    arc = np.linspace(-98, 98, 41)
    if kind in ("tiara", "maid_headband"):
        points = [
            np.array([np.sin(np.radians(a)) * 0.425, 0.56 + np.cos(np.radians(a)) * 0.50, 0.06]) for a in arc
        ]
        if kind == "tiara":
            front = [
                np.array(
                    [
                        np.sin(np.radians(a)) * 0.40,
                        0.84 + 0.05 * np.cos(np.radians(a)),
                        np.cos(np.radians(a)) * 0.40 - 0.04,
                    ]
                )
                for a in np.linspace(-80, 80, 25)
            ]
            _head(tailor, rings(tube(front, (0.012, 0.020, 0.012), 40, 8)), tailor.part(kind=METAL))
            for k, a in enumerate(np.linspace(-48, 48, 7)):
                base = np.array(
                    [
                        np.sin(np.radians(a)) * 0.40,
                        0.86 + 0.05 * np.cos(np.radians(a)),
                        np.cos(np.radians(a)) * 0.40 - 0.04,
                    ]
                )
                tall = 0.16 - 0.035 * abs(k - 3)
                _head(
                    tailor,
                    rings(tube([base, base + (0, tall, 0.01)], (0.020, 0.004), 6, 8)),
                    tailor.part(kind=METAL),
                )
                _head(
                    tailor,
                    ellipsoid(base + (0, tall, 0.01), (0.020, 0.024, 0.020), 8, 10),
                    Paint(tailor.item.trim or (150, 206, 246), GEM),
                )
            return
        for k in range(len(points)):
            _head(
                tailor, ellipsoid(points[k], (0.045, 0.055, 0.05), 7, 9), tailor.part(kind=CLOTH, trim=None)
            )
        return
    loop = ring_points(0.76, 0.455, 22, 0.02)
    for k, p in enumerate(loop):
        if kind == "laurel":
            out = unit(p - np.array([0, p[1], -0.05]))
            tip = p + unit(np.array([out[2], 0.5, -out[0]])) * 0.13 + out * 0.03
            _head(
                tailor,
                rings(tube([p, (p + tip) / 2 + out * 0.03, tip], (0.008, 0.040, 0.004), 10, 8, 0.3, out)),
                tailor.part(trim=None),
            )
        else:
            colours = (
                tailor.item.colour,
                toned(tailor.item.colour, 0.12),
                tailor.item.trim or (255, 244, 214),
            )
            flower(
                tailor, p, unit(p - np.array([0, p[1] - 0.1, -0.05])), 0.070 + 0.012 * (k % 2), colours[k % 3]
            )


def flower(tailor: Tailor, centre: Array, out: Array, size: float, colour: tuple[int, int, int]) -> None:
    """A blossom of five petals."""
    side = unit(np.cross(out, [0.1, 1.0, 0.2]))
    up = np.cross(side, out)
    for k in range(5):
        angle = 2 * np.pi * k / 5
        direction = side * np.cos(angle) + up * np.sin(angle)
        petal = [
            centre,
            centre + direction * size * 0.6 + out * size * 0.25,
            centre + direction * size * 1.1 + out * size * 0.15,
        ]
        _head(
            tailor,
            rings(tube(petal, (size * 0.2, size * 0.52, size * 0.15), 8, 8, 0.35, out)),
            tailor.plain(colour),
            casts=False,
        )
    _head(
        tailor,
        ellipsoid(centre + out * size * 0.3, np.full(3, size * 0.26), 7, 9),
        tailor.plain((250, 206, 92)),
        casts=False,
    )


@garment("hair_flower", "hairpin", "hair_ribbon")
def ornament(tailor: Tailor) -> None:
    """One ornament at the side of the head."""
    kind = tailor.item.kind
    out = unit(np.array([0.80, 0.38, 0.46]))
    place = SKULL + out * SKULL_RADII * 1.16
    if kind == "hair_flower":
        flower(tailor, place, out, 0.16, tailor.item.colour)
        return
    if kind == "hairpin":
        side = unit(np.cross(out, [0, 1, 0]))
        _head(
            tailor,
            rings(tube([place - side * 0.17, place + out * 0.03, place + side * 0.17], (0.022,) * 3, 12, 8)),
            tailor.part(kind=METAL, trim=None),
        )
        _head(
            tailor,
            ellipsoid(place + out * 0.04, np.full(3, 0.065)),
            Paint(tailor.item.trim or (222, 84, 116), GEM),
        )
        return
    centre = np.array([0.0, 0.80, -0.50])
    paint = tailor.part(trim=None)
    for sign in (-1, 1):
        loop = [
            (0, 0.80, -0.52),
            (sign * 0.20, 0.94, -0.56),
            (sign * 0.34, 0.84, -0.54),
            (sign * 0.20, 0.74, -0.56),
            (0, 0.80, -0.52),
        ]
        _head(tailor, rings(tube(loop, (0.04, 0.085, 0.10, 0.085, 0.04), 24, 10, 0.45)), paint)
        _head(
            tailor,
            rings(
                tube(
                    [(0, 0.78, -0.53), (sign * 0.12, 0.58, -0.62), (sign * 0.18, 0.34, -0.62)],
                    (0.04, 0.065, 0.06),
                    14,
                    10,
                    0.3,
                )
            ),
            paint,
        )
    _head(tailor, ellipsoid(centre - (0, 0, 0.04), (0.06, 0.065, 0.06)), paint)


@garment("headphones")
def headphones(tailor: Tailor) -> None:
    """A bow over the head and two cups."""
    arc = [
        (np.sin(np.radians(a)) * 0.455, 0.50 + np.cos(np.radians(a)) * 0.585, -0.04)
        for a in np.linspace(-96, 96, 25)
    ]
    _head(tailor, rings(tube(arc, (0.028, 0.036, 0.028), 40, 10)), tailor.part(kind=LEATHER, trim=None))
    for sign in (-1, 1):
        _head(
            tailor,
            ellipsoid((sign * 0.445, 0.42, -0.04), (0.065, 0.145, 0.135)),
            tailor.part(kind=LEATHER, trim=None),
        )
        _head(
            tailor,
            ellipsoid((sign * 0.490, 0.42, -0.04), (0.035, 0.095, 0.088)),
            Paint(tailor.item.trim or tailor.shop.spec.accent, LEATHER),
        )


@garment("veil")
def veil(tailor: Tailor) -> None:
    """A cloth that falls from the crown behind."""

    def place(u: Array, v: Array) -> Array:
        angle = (v - 0.5) * 2 * np.radians(118)
        fall = np.clip((u - 0.25) / 0.75, 0, 1)
        dome = np.clip(u / 0.25, 0, 1)
        r = 0.50 * np.sin(dome * np.pi / 2) + 0.22 * fall
        y = 0.56 + 0.56 * np.cos(dome * np.pi / 2) - 1.55 * fall
        ripple = 1 + 0.035 * np.sin(angle * 12) * fall
        return np.stack([np.sin(angle) * r * 0.92 * ripple, y, -np.cos(angle) * r * 1.05 * ripple - 0.05], -1)

    mesh = sheet(place, 26, 61)
    u = mesh.surface[:, 0]
    _head(
        tailor,
        replace(mesh, surface=np.stack([u, mesh.surface[:, 1] * 2, (1 - u) * 1.5], -1)),
        tailor.part(trim_width=0.06 if tailor.paint.trim else 0.0),
    )
    _head(
        tailor, loop_tube(np.asarray(ring_points(0.885, 0.30, 40) @ turn("x", 0).T), 0.026), tailor.accent()
    )
