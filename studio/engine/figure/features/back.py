"""What grows out of a back: tails and wings."""

# ruff: noqa: RUF005  tuples are added to vectors here, not joined

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import numpy as np

from ..palette import CLOTH, FUR, GEM, LEATHER, METAL, SKIN, Paint, toned
from ..shape.curves import path, unit
from ..shape.mesh import ellipsoid, rings, sheet, tube
from ..spec import Feature
from ..workshop import Workshop
from .registry import feature

Array = np.ndarray


@feature("tail")
def tail(shop: Workshop, item: Feature) -> None:
    """Tails from the small of the back."""
    variant = item.variant or {"catfolk": "cat", "foxfolk": "fox", "wolffolk": "wolf"}.get(
        shop.spec.species, "cat"
    )
    root = np.array([0.0, 0.955, -0.115])
    tip = item.second
    if variant == "rabbit":
        shop.add(
            ellipsoid(root + (0, -0.01, -0.045), (0.058, 0.055, 0.052)),
            Paint(item.colour, FUR),
            "feature",
            "pelvis",
        )
        return
    shapes: dict[str, tuple[list[tuple[float, float, float]], tuple[float, ...]]] = {
        "cat": (
            [
                (0, 0.01, 0.02),
                (0.02, -0.05, -0.12),
                (0.08, -0.16, -0.24),
                (0.17, -0.15, -0.33),
                (0.215, -0.01, -0.37),
                (0.185, 0.13, -0.39),
                (0.215, 0.24, -0.40),
                (0.275, 0.28, -0.40),
            ],
            (0.030, 0.029, 0.027, 0.025, 0.023, 0.020, 0.016, 0.004),
        ),
        "fox": (
            [
                (0, 0, 0),
                (0.05, -0.06, -0.16),
                (0.16, -0.14, -0.30),
                (0.28, -0.08, -0.38),
                (0.34, 0.10, -0.40),
                (0.33, 0.24, -0.38),
            ],
            (0.025, 0.060, 0.100, 0.115, 0.085, 0.006),
        ),
        "wolf": (
            [
                (0, 0, 0),
                (0.04, -0.10, -0.14),
                (0.10, -0.26, -0.22),
                (0.15, -0.40, -0.24),
                (0.17, -0.50, -0.22),
            ],
            (0.025, 0.055, 0.072, 0.058, 0.006),
        ),
        "demon": (
            [
                (0, 0, 0),
                (0.04, -0.14, -0.16),
                (0.16, -0.30, -0.26),
                (0.30, -0.26, -0.30),
                (0.34, -0.08, -0.30),
                (0.30, 0.04, -0.30),
            ],
            (0.022, 0.018, 0.015, 0.014, 0.012, 0.010),
        ),
        "dragon": (
            [
                (0, 0, 0),
                (0.02, -0.24, -0.18),
                (0.10, -0.52, -0.34),
                (0.26, -0.74, -0.42),
                (0.44, -0.80, -0.40),
            ],
            (0.075, 0.080, 0.062, 0.038, 0.004),
        ),
    }
    spine, radii = shapes.get(variant, shapes["cat"])
    line = [root + np.array(p) for p in spine]
    furry = variant in ("cat", "fox", "wolf")
    paint = Paint(item.colour, FUR if furry else SKIN, weave="scales" if variant == "dragon" else "")
    if tip is not None or variant == "fox":
        paint = replace(paint, tip=tip or (250, 246, 240), tip_from=0.70, tip_to=0.78)
    shop.add(rings(tube(line, radii, 46, 16)), paint, "feature", "pelvis")
    if variant == "demon":
        end = line[-1]
        spade = [end - (0.0, 0.02, 0), end + (-0.015, 0.05, 0), end + (-0.03, 0.13, 0)]
        shop.add(rings(tube(spade, (0.012, 0.055, 0.004), 12, 12, 0.3)), paint, "feature", "pelvis")
    if variant == "dragon":
        curve = path(line, 12)
        for k in range(1, 10):
            r = float(np.interp(k / 11, np.linspace(0, 1, len(radii)), radii))
            top = curve[k] + np.array([0, 0.55 * r, -0.75 * r])
            shop.add(
                rings(tube([top, top + (0.0, 0.5 * r + 0.01, -0.8 * r)], (0.4 * r, 0.003), 6, 8)),
                Paint(toned(item.colour, 0.14), LEATHER),
                "feature",
                "pelvis",
            )


def _wing_sheet(
    shop: Workshop,
    sign: float,
    outline: Callable[[Array, Array], Array],
    paint: Paint,
    rows: int,
    columns: int,
) -> None:
    mesh = sheet(lambda u, v: outline(u, v) * np.array([sign, 1.0, 1.0]), rows, columns, outward=(0, 0, -1))
    shop.add(mesh, paint, "feature", "chest")


@feature("wings")
def wings(shop: Workshop, item: Feature) -> None:
    """Wings of feathers, skin, light or steel."""
    variant = item.variant or "feather"
    base = np.array([0.045, 1.285, -0.125])
    for sign in (-1.0, 1.0):
        if variant in ("bat", "dragon", "demon"):
            _skin_wing(shop, item, base, sign)
        elif variant == "fairy":
            for lift, reach, wide in ((0.62, 0.52, 0.17), (-0.42, 0.36, 0.12)):

                def leaf(
                    u: Array, v: Array, lift: float = lift, reach: float = reach, wide: float = wide
                ) -> Array:
                    along = np.array([0.78, lift, -0.30])
                    along = along / np.sqrt((along * along).sum())
                    side = np.array([-along[1], along[0], 0.0])
                    w = wide * np.sin(np.pi * np.clip(u, 0, 1) ** 0.75) ** 0.8
                    return (
                        base
                        + along * (u * reach)[..., None]
                        + side * (w * (v - 0.5) * 2)[..., None]
                        + np.array([0, 0, -1.0]) * (0.03 * np.sin(np.pi * v))[..., None]
                    )

                light = toned(item.colour, 0.10)
                _wing_sheet(
                    shop,
                    sign,
                    leaf,
                    Paint(
                        light,
                        GEM,
                        pattern="gradient",
                        pattern_size=1.0,
                        second=item.second or toned(item.colour, -0.08),
                    ),
                    18,
                    11,
                )
        else:
            _feather_wing(shop, item, base, sign, metal=variant == "mechanical")


def _skin_wing(shop: Workshop, item: Feature, base: Array, sign: float) -> None:
    mirror = np.array([sign, 1.0, 1.0])
    # Half folded: raised over the shoulders, so that a picture of the person has room for them.
    elbow = base + (0.15, 0.26, -0.16)
    wrist = base + (0.32, 0.47, -0.26)
    tips = [
        base + (0.62, 0.26, -0.36),
        base + (0.58, -0.08, -0.34),
        base + (0.41, -0.30, -0.26),
        base + (0.18, -0.34, -0.14),
    ]
    bone = Paint(toned(item.colour, -0.08), LEATHER)
    shop.add(
        rings(tube([base * mirror, elbow * mirror, wrist * mirror], (0.026, 0.022, 0.016), 20, 10)),
        bone,
        "feature",
        "chest",
    )
    for end in tips:
        middle = (wrist + end) / 2 + (0.03, 0.05, -0.02)
        shop.add(
            rings(tube([wrist * mirror, middle * mirror, end * mirror], (0.014, 0.011, 0.003), 16, 8)),
            bone,
            "feature",
            "chest",
        )
    edges = [*tips, base + (0.0, -0.16, 0.0)]
    for a, b in pairwise(edges):

        def web(u: Array, v: Array, a: Array = a, b: Array = b) -> Array:
            top = wrist if b is not edges[-1] else wrist * 0.35 + base * 0.65
            along_a = (
                np.asarray(wrist)
                + (a - wrist) * u[..., None]
                + np.array([0.03, 0.05, -0.02]) * (np.sin(np.pi * u))[..., None]
            )
            along_b = (
                top
                + (b - top) * u[..., None]
                + np.array([0.03, 0.05, -0.02]) * (np.sin(np.pi * u))[..., None]
            )
            point = along_a * (1 - v[..., None]) + along_b * v[..., None]
            scallop = 0.07 * u**2 * np.sin(np.pi * v)
            return (
                point
                + (wrist - point) * scallop[..., None]
                + np.array([0, 0, -0.02]) * np.sin(np.pi * v)[..., None]
            )

        _wing_sheet(shop, sign, web, Paint(item.second or item.colour, LEATHER), 14, 9)


def _feather_wing(shop: Workshop, item: Feature, base: Array, sign: float, metal: bool) -> None:
    mirror = np.array([sign, 1.0, 1.0])
    arm = path([base, base + (0.13, 0.20, -0.12), base + (0.28, 0.37, -0.20), base + (0.43, 0.36, -0.26)], 40)
    kind = METAL if metal else CLOTH
    shop.add(
        rings(tube(arm * mirror, (0.034, 0.036, 0.030, 0.012), 28, 12)),
        Paint(item.colour, kind),
        "feature",
        "chest",
    )
    for layer, (count, near, far, width) in enumerate(
        ((16, 0.30, 0.68, 0.047), (14, 0.19, 0.40, 0.042), (11, 0.10, 0.19, 0.036))
    ):
        for number in range(count):
            t = number / (count - 1)
            root = arm[int(2 + t * 37)]
            angle = np.radians(-92 + 46 * t**1.3)
            direction = np.array([np.cos(angle) * 0.95, np.sin(angle), -0.16])
            length = near + (far - near) * np.sin(np.pi * (0.20 + 0.62 * t))
            tip = root + unit(direction) * length
            middle = (root + tip) / 2 + np.array([0.02, -0.01, -0.02])
            lift = np.array([0, 0, 0.010 + 0.013 * layer])
            feather = rings(
                tube(
                    [(root + lift) * mirror, (middle + lift) * mirror, (tip + lift * 0.6) * mirror],
                    (width * 0.5, width, width * 0.9, width * 0.25),
                    12,
                    8,
                    0.16,
                    (0.1 * sign, 0.1, 1),
                )
            )
            colour = (
                toned(item.colour, -0.035 * (2 - layer))
                if item.second is None
                else (item.colour if layer else item.second)
            )
            shop.add(feather, Paint(colour, kind), "feature", "chest")
