"""What grows out of a head: ears of all peoples, horns, antlers."""

# ruff: noqa: RUF005  tuples are added to vectors here, not joined

from __future__ import annotations

import numpy as np

from ..palette import FUR, LEATHER, SKIN, Paint, toned
from ..shape.curves import path, unit
from ..shape.head import pointed_ear
from ..shape.mesh import Mesh, ellipsoid, loop_tube, rings, sheet, tube
from ..spec import Feature
from ..workshop import Workshop
from .registry import feature, on_head

Array = np.ndarray


@feature("pointed_ears")
def pointed_ears(shop: Workshop, item: Feature) -> None:
    """Elven ears, longer on elves than on others."""
    length = {"elf": 1.25, "dark_elf": 1.25, "goblin": 1.45, "fairy": 1.0}.get(shop.spec.species, 0.85)
    for sign in (1.0, -1.0):
        on_head(shop, pointed_ear(sign, length), Paint(shop.spec.skin.colour, SKIN))


def _cup(base: Array, tip: Array, width: float, inner: bool, facing: Array) -> Mesh:
    """A leaf-shaped animal ear: a curved sheet from base to tip, hollow towards `facing`."""
    along = tip - base
    side = unit(np.cross(along, facing))
    depth = unit(np.cross(side, along))

    def place(u: Array, v: Array) -> Array:
        s = (v - 0.5) * 2
        w = width * (1 - u**1.7) * (0.86 + 0.25 * np.sin(np.pi * u)) * (0.74 if inner else 1.0)
        bow = 0.42 * width * (s * s) * (1 - u)
        start = 0.10 if inner else 0.0
        t = start + u * (0.88 if inner else 1.0)
        shift = 0.012 if inner else 0.0
        return (
            base
            + along * t[..., None]
            + side * (w * s)[..., None]
            + depth * (bow + shift + 0.05 * np.sin(np.pi * t) - 0.02)[..., None]
        )

    return sheet(place, 14, 15, outward=depth)


@feature("cat_ears", "fox_ears", "wolf_ears", "rabbit_ears", "bear_ears")
def animal_ears(shop: Workshop, item: Feature) -> None:
    """Ears on top of the head."""
    kind = item.kind
    tall, wide, x, lean = {
        "cat_ears": (0.36, 0.165, 0.255, 0.10),
        "fox_ears": (0.46, 0.175, 0.245, 0.10),
        "wolf_ears": (0.40, 0.160, 0.250, 0.05),
        "rabbit_ears": (0.98, 0.125, 0.150, 0.10),
        "bear_ears": (0.20, 0.15, 0.30, 0.06),
    }[kind]
    inside = item.second or (246, 196, 190)
    for sign in (-1.0, 1.0):
        base = np.array([sign * x, 0.90 if kind != "rabbit_ears" else 0.98, -0.06])
        tip = base + np.array([sign * (lean + 0.02), tall, -0.02])
        if kind == "bear_ears":
            on_head(shop, ellipsoid(base + (0, 0.08, 0), (0.14, 0.14, 0.06)), Paint(item.colour, FUR))
            on_head(shop, ellipsoid(base + (0, 0.08, 0.035), (0.085, 0.085, 0.045)), Paint(inside, FUR))
            continue
        if kind == "rabbit_ears":
            spine = path([base - (0, 0.1, 0), base + (sign * 0.03, tall * 0.5, 0.0), tip], 24)
            on_head(
                shop,
                rings(tube(spine, (0.06, 0.125, 0.135, 0.10, 0.01), 26, 16, 0.38)),
                Paint(item.colour, FUR),
            )
            front = spine + np.array([0, 0.0, 0.033])
            on_head(
                shop,
                rings(tube(front[3:-2], (0.03, 0.075, 0.08, 0.055, 0.01), 24, 12, 0.30)),
                Paint(inside, SKIN),
            )
            continue
        facing = unit(np.array([sign * 0.18, 0.0, 1.0]))
        back = _cup(base - (0, 0.10, 0.0), tip, wide, False, -facing)
        on_head(shop, back, Paint(item.colour, FUR))
        front = rings(
            tube(
                [base - (0, 0.10, 0.02), base + (sign * lean * 0.4, tall * 0.45, -0.01), tip],
                (wide * 0.96, wide * 0.72, 0.012),
                16,
                18,
                0.42,
                facing,
            )
        )
        on_head(shop, front, Paint(item.colour, FUR))
        inner_tip = base + (tip - base) * 0.80
        inner = rings(
            tube(
                [
                    base + facing * 0.070 - (0, 0.06, 0),
                    base + facing * 0.055 + (sign * lean * 0.35, tall * 0.40, 0),
                    inner_tip + facing * 0.012,
                ],
                (wide * 0.58, wide * 0.44, 0.01),
                14,
                14,
                0.22,
                facing,
            )
        )
        on_head(shop, inner, Paint(inside, SKIN))


@feature("horns", "antlers")
def horns(shop: Workshop, item: Feature) -> None:
    """Horns of five kinds, and antlers."""
    paint = Paint(item.colour, LEATHER, weave="")
    variant = item.variant
    if item.kind == "antlers":
        for sign in (-1, 1):
            main = [
                (sign * 0.20, 0.92, 0.0),
                (sign * 0.36, 1.18, -0.06),
                (sign * 0.40, 1.46, -0.02),
                (sign * 0.30, 1.68, 0.04),
            ]
            on_head(shop, rings(tube(main, (0.048, 0.042, 0.034, 0.006), 26, 10)), paint)
            for start, end in (
                ((0.36, 1.18, -0.06), (0.52, 1.34, 0.10)),
                ((0.40, 1.40, -0.03), (0.60, 1.56, -0.06)),
                ((0.29, 1.06, -0.03), (0.24, 1.20, 0.14)),
            ):
                a, b = np.array(start) * (sign, 1, 1), np.array(end) * (sign, 1, 1)
                on_head(
                    shop, rings(tube([a, (a + b) / 2 + (0, 0.03, 0), b], (0.034, 0.028, 0.005), 12, 8)), paint
                )
        return
    if variant == "unicorn":
        on_head(
            shop,
            rings(tube([(0, 0.78, 0.38), (0, 1.0, 0.50), (0, 1.30, 0.62)], (0.062, 0.042, 0.004), 22, 14)),
            paint,
        )
        return
    paths = {
        "ram": [
            (0.28, 0.84, 0.10),
            (0.44, 0.96, -0.08),
            (0.56, 0.80, -0.26),
            (0.58, 0.54, -0.18),
            (0.56, 0.46, 0.04),
            (0.58, 0.56, 0.16),
        ],
        "dragon": [(0.22, 0.88, 0.12), (0.32, 1.02, -0.06), (0.36, 1.10, -0.34), (0.32, 1.20, -0.60)],
        "oni": [(0.16, 0.82, 0.33), (0.19, 0.95, 0.40), (0.20, 1.10, 0.42)],
    }
    spine = paths.get(
        variant or "", [(0.22, 0.86, 0.22), (0.34, 0.98, 0.20), (0.42, 1.16, 0.14), (0.36, 1.34, 0.16)]
    )
    radii = {"ram": (0.085, 0.082, 0.072, 0.056, 0.036, 0.006), "oni": (0.055, 0.04, 0.005)}.get(
        variant or "", (0.075, 0.064, 0.044, 0.005)
    )
    for sign in (-1, 1):
        line = [np.array(p) * (sign, 1, 1) for p in spine]
        on_head(shop, rings(tube(line, radii, 30, 14)), paint)
        curve = path(line, 60)
        for k in (6, 12, 18, 25, 32):
            r = float(np.interp(k / 59, np.linspace(0, 1, len(radii)), radii))
            tangent = unit(curve[k + 1] - curve[k - 1])
            u = unit(np.cross(tangent, [0.3, 0.2, 0.9]))
            v = np.cross(tangent, u)
            t = np.linspace(0, 2 * np.pi, 17)[:-1, None]
            on_head(
                shop,
                loop_tube(curve[k] + (u * np.cos(t) + v * np.sin(t)) * r, 0.010, 6),
                Paint(toned(item.colour, -0.10), LEATHER),
                casts=False,
            )
