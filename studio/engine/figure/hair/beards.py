"""Beards and moustaches as locks around the mouth."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..palette import HAIR, Paint
from ..shape.curves import path, unit
from ..shape.mesh import Mesh, rings, tube
from ..workshop import Workshop

Array = np.ndarray


def _tuft(
    points: list[tuple[float, float, float]], radii: tuple[float, ...], flat: float = 0.6, count: int = 14
) -> Mesh:
    spine = path(points, count)
    away = unit(spine * np.array([1.0, 0.15, 1.0]))
    mesh = rings(tube(spine, radii, count, 8, flat, away))
    return replace(mesh, normals=unit(mesh.normals * 0.6 + unit(mesh.points * (1, 0.2, 1)) * 0.6))


def _moustache(handlebar: bool) -> list[Mesh]:
    meshes = []
    for sign in (-1, 1):
        end = (sign * 0.165, 0.200, 0.315) if handlebar else (sign * 0.120, 0.115, 0.345)
        middle = (sign * 0.105, 0.150, 0.365)
        meshes.append(
            _tuft(
                [(0, 0.186, 0.392), (sign * 0.05, 0.178, 0.392), middle, end],
                (0.014, 0.026, 0.022, 0.002),
                0.6,
            )
        )
    return meshes


def _jaw(length: float, spread: float = 1.0) -> list[Mesh]:
    """Tufts along the jaw from ear to ear, longest at the chin."""
    meshes = []
    for angle in np.linspace(-82, 82, 17):
        a = np.radians(angle)
        front = np.cos(a)
        x, z = 0.335 * np.sin(a) * 0.98, 0.05 + 0.305 * front
        top = 0.33 - 0.24 * front**1.5
        if abs(angle) < 24:
            top = 0.085
        reach = length * (0.30 + 0.70 * front**2)
        x_low = x * (0.78 - 0.2 * min(1.0, length))
        start = (x * 1.03, top + 0.03, z * 0.98)
        middle = (x * 1.0, max(top - 0.14, -0.01), z * (1.02 if front > 0.5 else 0.95) + 0.012)
        meshes.append(
            _tuft(
                [start, middle, (x_low, top - 0.16 - reach, z * 0.86 + 0.04)],
                (0.02, 0.075 * spread, 0.003),
                0.55,
            )
        )
    return meshes


def _goatee(length: float) -> list[Mesh]:
    return [
        _tuft(
            [(x, 0.085, 0.345), (x * 1.05, 0.02, 0.365), (x * 0.5, -0.03 - length, 0.330)],
            (0.012, 0.045, 0.002),
            0.7,
        )
        for x in (-0.06, -0.02, 0.02, 0.06)
    ]


def add_beard(shop: Workshop) -> None:
    """Give the character its beard, if it has one."""
    hair = shop.spec.hair
    kind = hair.beard
    meshes: list[Mesh] = []
    if kind in ("moustache", "handlebar"):
        meshes += _moustache(kind == "handlebar")
    elif kind == "goatee":
        meshes += _goatee(0.07) + _moustache(False)
    elif kind in ("short_beard", "full_beard", "long_beard", "braided_beard"):
        length = {"short_beard": 0.02, "full_beard": 0.16, "long_beard": 0.75, "braided_beard": 0.34}[kind]
        meshes += _jaw(length) + _moustache(False)
        if kind == "braided_beard":
            for x in (-0.09, 0.09):
                knots = [(x, -0.12 - 0.1 * k, 0.33 - 0.004 * k) for k in range(6)]
                for k, (kx, ky, kz) in enumerate(knots):
                    meshes.append(
                        _tuft(
                            [(kx, ky + 0.05, kz), (kx, ky, kz + 0.03), (kx, ky - 0.06, kz)],
                            (0.012, 0.055 - 0.004 * k, 0.012),
                            0.9,
                            8,
                        )
                    )
    elif kind == "sideburns":
        for sign in (-1, 1):
            meshes.append(
                _tuft(
                    [(sign * 0.345, 0.46, 0.09), (sign * 0.335, 0.30, 0.12), (sign * 0.28, 0.17, 0.18)],
                    (0.02, 0.06, 0.012),
                    0.4,
                )
            )
    paint = Paint(hair.beard_colour or hair.colour, HAIR)
    for mesh in meshes:
        shop.add(mesh, paint, "hair", "head")
