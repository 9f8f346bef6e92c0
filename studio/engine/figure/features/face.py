"""What a face carries: halo, tusks, muzzle, feelers, implants."""

from __future__ import annotations

import numpy as np

from ..palette import GEM, GLOW, LEATHER, METAL, SKIN, Paint, toned
from ..shape.curves import unit
from ..shape.mesh import ellipsoid, loop_tube, rings, tube
from ..spec import Feature
from ..workshop import Workshop
from .registry import feature, on_head

Array = np.ndarray


@feature("halo")
def halo(shop: Workshop, item: Feature) -> None:
    """A ring of light over the head."""
    angle = np.linspace(0, 2 * np.pi, 49)[:-1]
    loop = np.stack([np.sin(angle) * 0.34, 1.27 + 0.03 * np.cos(angle), np.cos(angle) * 0.34 - 0.10], -1)
    on_head(shop, loop_tube(loop, 0.026), Paint((255, 232, 150), GLOW), casts=False)


@feature("tusks", "fangs")
def tusks(shop: Workshop, item: Feature) -> None:
    """Teeth that show outside the lips."""
    big = item.kind == "tusks"
    for sign in (-1, 1):
        if big:
            line = [(sign * 0.072, 0.118, 0.352), (sign * 0.082, 0.160, 0.375), (sign * 0.086, 0.215, 0.362)]
            on_head(
                shop,
                rings(tube(line, (0.022, 0.019, 0.003), 12, 10)),
                Paint((246, 238, 214), LEATHER),
                casts=False,
            )
        else:
            line = [(sign * 0.038, 0.138, 0.366), (sign * 0.038, 0.106, 0.366)]
            on_head(shop, rings(tube(line, (0.011, 0.002), 6, 8)), Paint((250, 250, 250), SKIN), casts=False)


@feature("muzzle", "whiskers")
def muzzle(shop: Workshop, item: Feature) -> None:
    """An animal's snout, or whiskers."""
    if item.kind == "muzzle":
        second = shop.spec.skin.second or toned(shop.spec.skin.colour, 0.08)
        snout = ellipsoid((0, 0.185, 0.36), (0.130, 0.088, 0.130), 16, 24)
        on_head(shop, snout, Paint(second, SKIN))
        on_head(
            shop,
            ellipsoid((0, 0.245, 0.470), (0.052, 0.034, 0.034)),
            Paint((58, 42, 46), LEATHER),
            casts=False,
        )
        line = [(-0.085, 0.140, 0.430), (0.0, 0.118, 0.478), (0.085, 0.140, 0.430)]
        on_head(shop, rings(tube(line, (0.004, 0.008, 0.004), 14, 6)), Paint((70, 44, 46), SKIN), casts=False)
        return
    for sign in (-1, 1):
        for k in range(3):
            line = [(sign * 0.14, 0.20 - 0.03 * k, 0.34), (sign * 0.40, 0.23 - 0.06 * k, 0.30)]
            on_head(shop, rings(tube(line, (0.006, 0.002), 8, 6)), Paint((250, 250, 250), SKIN), casts=False)


@feature("antennae", "third_eye", "gills")
def head_parts(shop: Workshop, item: Feature) -> None:
    """Feelers, an eye on the forehead, fins for ears."""
    if item.kind == "third_eye":
        on_head(
            shop, ellipsoid((0, 0.60, 0.375), (0.045, 0.055, 0.022)), Paint(item.colour, GEM), casts=False
        )
        return
    for sign in (-1, 1):
        if item.kind == "antennae":
            line = [(sign * 0.12, 0.92, 0.20), (sign * 0.18, 1.16, 0.30), (sign * 0.26, 1.30, 0.42)]
            on_head(shop, rings(tube(line, (0.020, 0.015, 0.012), 18, 8)), Paint(shop.spec.skin.colour, SKIN))
            on_head(shop, ellipsoid(line[-1], (0.045, 0.045, 0.045)), Paint(item.colour, GEM))
        else:
            for k in range(3):
                tip = (sign * 0.56, 0.52 - 0.16 * k, -0.14)
                on_head(
                    shop,
                    rings(tube([(sign * 0.36, 0.38, -0.04), tip], (0.07, 0.006), 10, 8, 0.2, (0, 0, 1))),
                    Paint(item.colour, SKIN),
                )


@feature("tech_implants", "cyber_eye")
def implants(shop: Workshop, item: Feature) -> None:
    """Metal and light at temple and neck."""
    light = Paint(item.colour if item.kind == "cyber_eye" or sum(item.colour) > 250 else (70, 225, 255), GLOW)
    steel = Paint((122, 130, 146), METAL)
    on_head(shop, ellipsoid((0.352, 0.46, 0.10), (0.035, 0.10, 0.095)), steel, casts=False)
    on_head(shop, ellipsoid((0.378, 0.47, 0.10), (0.020, 0.040, 0.038)), light, casts=False)
    for k in range(2):
        line = [
            (0.366, 0.40 - 0.04 * k, 0.13),
            (0.335, 0.30 - 0.05 * k, 0.19),
            (0.275, 0.20 - 0.05 * k, 0.25),
        ]
        on_head(shop, rings(tube(line, (0.008, 0.008, 0.006), 14, 6)), light, casts=False)
    if item.kind == "cyber_eye":
        angle = np.linspace(0, 2 * np.pi, 25)[:-1]
        loop = np.stack(
            [
                0.166 + 0.115 * np.cos(angle),
                0.405 + 0.11 * np.sin(angle),
                0.395 - 0.28 * np.cos(angle) * 0.22,
            ],
            -1,
        )
        on_head(shop, loop_tube(loop, 0.014), steel, casts=False)
        return
    for side in ("left", "right"):
        shoulder, wrist = shop.rest[f"{side}_shoulder"], shop.rest[f"{side}_wrist"]
        axis = unit(wrist - shoulder)
        out = np.array([0, 0, 1.0])
        line = [shoulder + axis * t + out * 0.047 * shop.figure.limb for t in (0.29, 0.37, 0.45)]
        shop.add(
            rings(tube(line, (0.004, 0.005, 0.004), 12, 6)), light, "feature", f"{side}_arm", casts=False
        )
