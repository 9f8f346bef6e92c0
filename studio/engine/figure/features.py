"""Parts of the body that not everybody has: ears, horns, tails, wings, halo, implants."""

# ruff: noqa: RUF005  tuples are added to vectors here, not joined

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import numpy as np

from .palette import CLOTH, FUR, GEM, GLOW, LEATHER, METAL, SKIN, Paint, toned
from .shape.curves import path, smoothstep, turn, unit
from .shape.head import pointed_ear
from .shape.mesh import Mesh, ellipsoid, loop_tube, rings, sheet, tube
from .shape.person import skin_paint
from .spec import Feature
from .workshop import Workshop

Array = np.ndarray
Maker = Callable[[Workshop, Feature], None]
_MAKERS: dict[str, Maker] = {}


def feature(*names: str) -> Callable[[Maker], Maker]:
    """Register a function as the maker of these features."""

    def remember(make: Maker) -> Maker:
        for name in names:
            _MAKERS[name] = make
        return make

    return remember


def kinds() -> tuple[str, ...]:
    """All registered features."""
    return tuple(_MAKERS)


def add_features(shop: Workshop) -> None:
    """Give the character what its species or its words call for."""
    for item in shop.spec.features:
        make = _MAKERS.get(item.kind)
        if make is None:
            shop.miss(item.kind.replace("_", " "))
            continue
        make(shop, item)


def _head(shop: Workshop, mesh: Mesh, paint: Paint, **more: object) -> None:
    shop.add(mesh, paint, "feature", "head", **more)  # type: ignore[arg-type]


@feature("pointed_ears")
def pointed_ears(shop: Workshop, item: Feature) -> None:
    """Elven ears, longer on elves than on others."""
    length = {"elf": 1.25, "dark_elf": 1.25, "goblin": 1.45, "fairy": 1.0}.get(shop.spec.species, 0.85)
    for sign in (1.0, -1.0):
        _head(shop, pointed_ear(sign, length), Paint(shop.spec.skin.colour, SKIN))


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
            _head(shop, ellipsoid(base + (0, 0.08, 0), (0.14, 0.14, 0.06)), Paint(item.colour, FUR))
            _head(shop, ellipsoid(base + (0, 0.08, 0.035), (0.085, 0.085, 0.045)), Paint(inside, FUR))
            continue
        if kind == "rabbit_ears":
            spine = path([base - (0, 0.1, 0), base + (sign * 0.03, tall * 0.5, 0.0), tip], 24)
            _head(
                shop,
                rings(tube(spine, (0.06, 0.125, 0.135, 0.10, 0.01), 26, 16, 0.38)),
                Paint(item.colour, FUR),
            )
            front = spine + np.array([0, 0.0, 0.033])
            _head(
                shop,
                rings(tube(front[3:-2], (0.03, 0.075, 0.08, 0.055, 0.01), 24, 12, 0.30)),
                Paint(inside, SKIN),
            )
            continue
        facing = unit(np.array([sign * 0.18, 0.0, 1.0]))
        back = _cup(base - (0, 0.10, 0.0), tip, wide, False, -facing)
        _head(shop, back, Paint(item.colour, FUR))
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
        _head(shop, front, Paint(item.colour, FUR))
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
        _head(shop, inner, Paint(inside, SKIN))


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
            _head(shop, rings(tube(main, (0.048, 0.042, 0.034, 0.006), 26, 10)), paint)
            for start, end in (
                ((0.36, 1.18, -0.06), (0.52, 1.34, 0.10)),
                ((0.40, 1.40, -0.03), (0.60, 1.56, -0.06)),
                ((0.29, 1.06, -0.03), (0.24, 1.20, 0.14)),
            ):
                a, b = np.array(start) * (sign, 1, 1), np.array(end) * (sign, 1, 1)
                _head(
                    shop, rings(tube([a, (a + b) / 2 + (0, 0.03, 0), b], (0.034, 0.028, 0.005), 12, 8)), paint
                )
        return
    if variant == "unicorn":
        _head(
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
        _head(shop, rings(tube(line, radii, 30, 14)), paint)
        curve = path(line, 60)
        for k in (6, 12, 18, 25, 32):
            r = float(np.interp(k / 59, np.linspace(0, 1, len(radii)), radii))
            tangent = unit(curve[k + 1] - curve[k - 1])
            u = unit(np.cross(tangent, [0.3, 0.2, 0.9]))
            v = np.cross(tangent, u)
            t = np.linspace(0, 2 * np.pi, 17)[:-1, None]
            _head(
                shop,
                loop_tube(curve[k] + (u * np.cos(t) + v * np.sin(t)) * r, 0.010, 6),
                Paint(toned(item.colour, -0.10), LEATHER),
                casts=False,
            )


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
                (0, 0, 0),
                (0.03, -0.10, -0.16),
                (0.12, -0.20, -0.30),
                (0.24, -0.14, -0.36),
                (0.28, 0.02, -0.36),
                (0.25, 0.13, -0.35),
            ],
            (0.022, 0.027, 0.028, 0.027, 0.025, 0.010),
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
    elbow = base + (0.20, 0.24, -0.14)
    wrist = base + (0.44, 0.40, -0.22)
    tips = [
        base + (0.80, 0.26, -0.28),
        base + (0.72, -0.06, -0.26),
        base + (0.50, -0.26, -0.20),
        base + (0.22, -0.30, -0.12),
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
    arm = path([base, base + (0.16, 0.20, -0.10), base + (0.36, 0.32, -0.16), base + (0.56, 0.26, -0.20)], 40)
    kind = METAL if metal else CLOTH
    shop.add(
        rings(tube(arm * mirror, (0.034, 0.036, 0.030, 0.012), 28, 12)),
        Paint(item.colour, kind),
        "feature",
        "chest",
    )
    for layer, (count, near, far, width) in enumerate(
        ((15, 0.26, 0.56, 0.046), (13, 0.17, 0.34, 0.042), (11, 0.09, 0.17, 0.036))
    ):
        for number in range(count):
            t = number / (count - 1)
            root = arm[int(2 + t * 37)]
            angle = np.radians(-82 + 92 * t**1.5)
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


@feature("halo")
def halo(shop: Workshop, item: Feature) -> None:
    """A ring of light over the head."""
    angle = np.linspace(0, 2 * np.pi, 49)[:-1]
    loop = np.stack([np.sin(angle) * 0.34, 1.27 + 0.03 * np.cos(angle), np.cos(angle) * 0.34 - 0.10], -1)
    _head(shop, loop_tube(loop, 0.026), Paint((255, 232, 150), GLOW), casts=False)


@feature("tusks", "fangs")
def tusks(shop: Workshop, item: Feature) -> None:
    """Teeth that show outside the lips."""
    big = item.kind == "tusks"
    for sign in (-1, 1):
        if big:
            line = [(sign * 0.072, 0.118, 0.352), (sign * 0.082, 0.160, 0.375), (sign * 0.086, 0.215, 0.362)]
            _head(
                shop,
                rings(tube(line, (0.022, 0.019, 0.003), 12, 10)),
                Paint((246, 238, 214), LEATHER),
                casts=False,
            )
        else:
            line = [(sign * 0.038, 0.138, 0.366), (sign * 0.038, 0.106, 0.366)]
            _head(shop, rings(tube(line, (0.011, 0.002), 6, 8)), Paint((250, 250, 250), SKIN), casts=False)


@feature("muzzle", "whiskers")
def muzzle(shop: Workshop, item: Feature) -> None:
    """An animal's snout, or whiskers."""
    if item.kind == "muzzle":
        second = shop.spec.skin.second or toned(shop.spec.skin.colour, 0.08)
        snout = ellipsoid((0, 0.185, 0.36), (0.130, 0.088, 0.130), 16, 24)
        _head(shop, snout, Paint(second, SKIN))
        _head(
            shop,
            ellipsoid((0, 0.245, 0.470), (0.052, 0.034, 0.034)),
            Paint((58, 42, 46), LEATHER),
            casts=False,
        )
        line = [(-0.085, 0.140, 0.430), (0.0, 0.118, 0.478), (0.085, 0.140, 0.430)]
        _head(shop, rings(tube(line, (0.004, 0.008, 0.004), 14, 6)), Paint((70, 44, 46), SKIN), casts=False)
        return
    for sign in (-1, 1):
        for k in range(3):
            line = [(sign * 0.14, 0.20 - 0.03 * k, 0.34), (sign * 0.40, 0.23 - 0.06 * k, 0.30)]
            _head(shop, rings(tube(line, (0.006, 0.002), 8, 6)), Paint((250, 250, 250), SKIN), casts=False)


@feature("antennae", "third_eye", "gills")
def head_parts(shop: Workshop, item: Feature) -> None:
    """Feelers, an eye on the forehead, fins for ears."""
    if item.kind == "third_eye":
        _head(shop, ellipsoid((0, 0.60, 0.375), (0.045, 0.055, 0.022)), Paint(item.colour, GEM), casts=False)
        return
    for sign in (-1, 1):
        if item.kind == "antennae":
            line = [(sign * 0.12, 0.92, 0.20), (sign * 0.18, 1.16, 0.30), (sign * 0.26, 1.30, 0.42)]
            _head(shop, rings(tube(line, (0.020, 0.015, 0.012), 18, 8)), Paint(shop.spec.skin.colour, SKIN))
            _head(shop, ellipsoid(line[-1], (0.045, 0.045, 0.045)), Paint(item.colour, GEM))
        else:
            for k in range(3):
                tip = (sign * 0.56, 0.52 - 0.16 * k, -0.14)
                _head(
                    shop,
                    rings(tube([(sign * 0.36, 0.38, -0.04), tip], (0.07, 0.006), 10, 8, 0.2, (0, 0, 1))),
                    Paint(item.colour, SKIN),
                )


@feature("tech_implants", "cyber_eye")
def implants(shop: Workshop, item: Feature) -> None:
    """Metal and light at temple and neck."""
    light = Paint(item.colour if item.kind == "cyber_eye" or sum(item.colour) > 250 else (70, 225, 255), GLOW)
    steel = Paint((122, 130, 146), METAL)
    _head(shop, ellipsoid((0.352, 0.46, 0.10), (0.035, 0.10, 0.095)), steel, casts=False)
    _head(shop, ellipsoid((0.378, 0.47, 0.10), (0.020, 0.040, 0.038)), light, casts=False)
    for k in range(2):
        line = [
            (0.366, 0.40 - 0.04 * k, 0.13),
            (0.335, 0.30 - 0.05 * k, 0.19),
            (0.275, 0.20 - 0.05 * k, 0.25),
        ]
        _head(shop, rings(tube(line, (0.008, 0.008, 0.006), 14, 6)), light, casts=False)
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
        _head(shop, loop_tube(loop, 0.014), steel, casts=False)
        return
    for side in ("left", "right"):
        shoulder, wrist = shop.rest[f"{side}_shoulder"], shop.rest[f"{side}_wrist"]
        axis = unit(wrist - shoulder)
        out = np.array([0, 0, 1.0])
        line = [shoulder + axis * t + out * 0.047 * shop.figure.limb for t in (0.29, 0.37, 0.45)]
        shop.add(
            rings(tube(line, (0.004, 0.005, 0.004), 12, 6)), light, "feature", f"{side}_arm", casts=False
        )


@feature("cyber_arm", "cyber_leg")
def prosthetics(shop: Workshop, item: Feature) -> None:
    """An arm or leg of steel."""
    from .shape.body import hand
    from .shape.field import keep, pack, skin
    from .shape.person import hand_shapes, hand_size

    paint = Paint(item.colour, METAL)
    light = Paint((80, 215, 250), GLOW)
    if item.kind == "cyber_leg":
        mesh = skin(
            pack([*shop.group("right_shin", "right_foot", grow=0.004), keep((0, 0.50, 0), (0, -1, 0))]), 0.007
        )
        shop.add(mesh, paint, "feature", "right_leg", layer=1)
        return
    shoulder, wrist = shop.rest["right_shoulder"], shop.rest["right_wrist"]
    axis = unit(wrist - shoulder)
    mesh = skin(
        pack(
            [*shop.group("right_upper_arm", "right_forearm", grow=0.005), keep(shoulder + axis * 0.06, axis)]
        ),
        0.0065,
    )
    shop.add(mesh, paint, "feature", "right_arm", layer=1)
    shop.add(
        hand(hand_shapes(shop.spec)["right"], shop.rest, "right", hand_size(shop), 0.002),
        paint,
        "hands",
        "right_wrist",
        layer=1,
    )
    for t in (0.075, 0.235, 0.27, 0.44):
        angle = np.linspace(0, 2 * np.pi, 25)[:-1, None]
        up = np.cross(axis, [0, 0, 1.0])
        r = 0.052 * shop.figure.limb * (1.0 if t < 0.2 else 0.84)
        loop = shoulder + axis * t + (up * np.sin(angle) + np.array([0, 0, 1.0]) * np.cos(angle)) * r
        shop.add(
            loop_tube(loop, 0.006),
            light if t in (0.235,) else Paint(toned(item.colour, -0.15), METAL),
            "feature",
            "right_arm",
            layer=1,
            casts=False,
        )


@feature("hooves", "claws", "spikes")
def odds(shop: Workshop, item: Feature) -> None:
    """Hooves for feet, claws on fingers, a ridge along the spine."""
    if item.kind == "spikes":
        for k in range(7):
            y = 1.36 - 0.055 * k
            root = np.array([0, y, -0.095])
            shop.add(
                rings(tube([root, root + (0, 0.02, -0.055)], (0.022, 0.003), 6, 10)),
                Paint(item.colour, LEATHER),
                "feature",
                "chest",
            )
        return
    for side, sign in (("left", 1.0), ("right", -1.0)):
        ankle = shop.rest[f"{side}_ankle"]
        if item.kind == "hooves":
            line = [(ankle[0], 0.085, ankle[2] + 0.01), (ankle[0] + sign * 0.01, 0.0, ankle[2] + 0.07)]
            shop.add(
                rings(tube(line, (0.052, 0.066), 8, 20)),
                Paint(item.colour, LEATHER),
                "feature",
                f"{side}_ankle",
                layer=3,
            )
        else:
            turned = shop.rest.turned(f"{side}_wrist")
            for z in (0.030, 0.010, -0.011, -0.030):
                start = turned @ np.array([0.0, -0.145, z]) + shop.rest[f"{side}_wrist"]
                end = turned @ np.array([-sign * 0.012, -0.185, z]) + shop.rest[f"{side}_wrist"]
                shop.add(
                    rings(tube([start, end], (0.007, 0.001), 5, 6)),
                    Paint(item.colour, LEATHER),
                    "hands",
                    f"{side}_wrist",
                    casts=False,
                )


def belly_paint(shop: Workshop) -> Paint:
    """The second colour of skin or fur."""
    return Paint(shop.spec.skin.second or shop.spec.skin.colour, skin_paint(shop.spec).kind)


def fade(y: Array) -> Array:
    """From neck to waist."""
    return smoothstep(1.0, 1.35, y)


def facing_out(degrees: float) -> Array:
    """A rotation about y."""
    return turn("y", degrees)
