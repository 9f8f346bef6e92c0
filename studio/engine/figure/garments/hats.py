"""Hats, caps, helmets: solids of revolution on the crown of the head, in head units."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..palette import CLOTH, FUR, GEM, GLOW, LEATHER, METAL, Paint, mix, toned
from ..shape.curves import path, turn, unit
from ..shape.mesh import Mesh, ellipsoid, loop_tube, revolve_sharp, rings, sheet, slab, tube
from ..spec import RGB
from .registry import garment
from .tailor import Tailor

Array = np.ndarray
SEAT = np.array([0.0, 0.72, -0.06])  # where a hat sits
TILT = -7.0  # hats lean back a little, so that the face is free
GOLD = (226, 182, 84)


def put(
    tailor: Tailor,
    mesh: Mesh,
    paint: Paint | None = None,
    tilt: float = TILT,
    seat: Array = SEAT,
    **more: object,
) -> None:
    """Set something on the head."""
    tailor.add(mesh.moved(turn("x", tilt), seat), paint, "head_wear", "head", **more)


def _turned(outline: list[tuple[float, float]], smooth: bool = False, squash: float = 0.93) -> Mesh:
    points = path([(r, y, 0.0) for r, y in outline], 34)[:, :2] if smooth else np.asarray(outline)
    return revolve_sharp(points, 44, squash)


def _band(tailor: Tailor, radius: float, y: float, height: float, colour: RGB) -> None:
    mesh = revolve_sharp(
        [
            (radius, y),
            (radius + 0.014, y + 0.01),
            (radius + 0.010, y + height),
            (radius - 0.01, y + height + 0.005),
        ],
        44,
        0.93,
    )
    put(tailor, mesh, tailor.plain(colour))


def band_colour(tailor: Tailor) -> RGB:
    """The ribbon of a hat."""
    return (
        tailor.item.trim
        or tailor.item.second
        or (toned(tailor.item.colour, -0.18) if sum(tailor.item.colour) > 240 else tailor.shop.spec.accent)
    )


@garment("wizard_hat", "witch_hat")
def wizard_hat(tailor: Tailor) -> None:
    """A broad brim and a tall bent cone."""
    brim = _turned([(0.44, 0.02), (0.62, -0.035), (0.84, -0.06), (0.86, -0.045), (0.62, -0.01), (0.43, 0.05)])
    wave = brim.points.copy()
    wave[:, 1] += (
        0.05
        * np.sin(np.arctan2(wave[:, 0], wave[:, 2]) * 2 + 1.0)
        * (np.hypot(wave[:, 0], wave[:, 2]) / 0.86) ** 2
    )
    put(tailor, replace(brim, points=wave), replace(tailor.paint, trim=None))
    spine = path(
        [(0, 0, 0), (0, 0.32, -0.02), (0.02, 0.62, -0.10), (0.06, 0.84, -0.24), (0.10, 0.90, -0.40)], 34
    )
    radius = np.interp(np.linspace(0, 1, 34), [0, 0.06, 0.35, 0.7, 1.0], [0.455, 0.44, 0.30, 0.135, 0.012])
    grid = tube(spine, radius, 34, 36, 1.0, (0, 0.2, 1))
    put(tailor, rings(grid), replace(tailor.paint, trim=None))
    _band(tailor, 0.455, 0.015, 0.085, band_colour(tailor))
    put(tailor, ellipsoid((0, 0.06, 0.462), (0.06, 0.06, 0.02)), tailor.accent())


@garment(
    "top_hat",
    "bowler_hat",
    "fedora",
    "cowboy_hat",
    "straw_hat",
    "kasa",
    "chef_hat",
    "feathered_hat",
    "tricorn",
)
def brimmed(tailor: Tailor) -> None:
    """Crown and brim of revolution, bent as each kind is."""
    kind = tailor.item.kind
    crowns = {
        "top_hat": [(0.44, 0.0), (0.43, 0.25), (0.455, 0.62), (0.44, 0.64), (0.0, 0.645)],
        "bowler_hat": [(0.445, 0.0), (0.445, 0.14), (0.40, 0.29), (0.25, 0.39), (0.0, 0.42)],
        "fedora": [(0.445, 0.0), (0.435, 0.18), (0.38, 0.34), (0.20, 0.40), (0.0, 0.345)],
        "cowboy_hat": [(0.445, 0.0), (0.42, 0.20), (0.34, 0.38), (0.20, 0.42), (0.0, 0.36)],
        "straw_hat": [(0.45, 0.0), (0.445, 0.15), (0.39, 0.28), (0.2, 0.32), (0.0, 0.325)],
        "kasa": [(0.86, -0.13), (0.60, 0.06), (0.30, 0.28), (0.05, 0.44), (0.0, 0.45)],
        "chef_hat": [(0.43, 0.0), (0.435, 0.26), (0.56, 0.40), (0.58, 0.58), (0.42, 0.70), (0.0, 0.72)],
        "feathered_hat": [(0.445, 0.0), (0.43, 0.16), (0.36, 0.28), (0.2, 0.32), (0.0, 0.33)],
        "tricorn": [(0.445, 0.0), (0.43, 0.14), (0.34, 0.25), (0.2, 0.28), (0.0, 0.285)],
    }
    put(
        tailor,
        _turned(crowns[kind], smooth=kind in ("bowler_hat", "chef_hat")),
        replace(tailor.paint, trim=None),
    )
    wide = {
        "top_hat": 0.60,
        "bowler_hat": 0.58,
        "fedora": 0.64,
        "cowboy_hat": 0.78,
        "straw_hat": 0.84,
        "feathered_hat": 0.80,
        "tricorn": 0.74,
    }.get(kind)
    if wide is not None:
        curl = {"bowler_hat": 0.07, "top_hat": 0.05, "fedora": 0.03, "straw_hat": -0.05}.get(kind, 0.0)
        brim = _turned(
            [
                (0.42, 0.03),
                (0.47, 0.0),
                (wide * 0.85, -0.01 + curl * 0.4),
                (wide, curl),
                (wide, curl + 0.018),
                (wide * 0.85, 0.012 + curl * 0.4),
                (0.46, 0.03),
            ]
        )
        points = brim.points.copy()
        around = np.arctan2(points[:, 0], points[:, 2])
        far = np.clip((np.hypot(points[:, 0], points[:, 2]) - 0.47) / (wide - 0.47), 0, 1)
        if kind == "cowboy_hat":
            points[:, 1] += 0.20 * far**1.6 * np.sin(around) ** 2
        elif kind == "fedora":
            points[:, 1] -= 0.05 * far * np.cos(around)
        elif kind == "tricorn":
            points[:, 1] += 0.25 * far * (0.5 - 0.5 * np.cos(3 * (around + np.pi))) ** 0.8
            points[:, [0, 2]] *= (1 - 0.22 * far * (0.5 - 0.5 * np.cos(3 * (around + np.pi))))[:, None]
        elif kind == "feathered_hat":
            points[:, 1] += 0.20 * far**1.5 * np.clip(np.sin(around), 0, 1)
        put(tailor, replace(brim, points=points), replace(tailor.paint, trim=None))
        if kind == "tricorn":
            rim = points.reshape(7, 44, 3)[3] if len(points) == 7 * 44 else None
            if rim is not None:
                put(tailor, loop_tube(rim, 0.016), tailor.accent(CLOTH))
    if kind not in ("kasa", "chef_hat"):
        _band(tailor, 0.447, 0.005, 0.075 if kind != "tricorn" else 0.04, band_colour(tailor))
    if kind == "feathered_hat":
        spine = path([(0.42, 0.05, 0.10), (0.55, 0.32, -0.10), (0.50, 0.46, -0.42), (0.36, 0.40, -0.72)], 20)
        feather = rings(tube(spine, (0.02, 0.075, 0.085, 0.008), 24, 10, 0.22, (1.0, 0.4, 0.2)))
        put(tailor, feather, Paint(tailor.item.second or (240, 236, 226), CLOTH))


@garment("cap", "peaked_cap", "beret", "beanie", "nurse_cap", "santa_hat", "turban", "bandana")
def soft_cap(tailor: Tailor) -> None:
    """Caps that follow the head."""
    kind = tailor.item.kind
    shapes = {
        "cap": [(0.452, -0.06), (0.455, 0.08), (0.40, 0.24), (0.24, 0.345), (0.0, 0.37)],
        "peaked_cap": [(0.445, -0.04), (0.45, 0.08), (0.56, 0.20), (0.55, 0.25), (0.30, 0.28), (0.0, 0.27)],
        "beret": [(0.445, 0.0), (0.46, 0.05), (0.58, 0.13), (0.55, 0.22), (0.32, 0.29), (0.0, 0.30)],
        "beanie": [(0.462, -0.10), (0.468, 0.08), (0.42, 0.25), (0.26, 0.37), (0.0, 0.41)],
        "nurse_cap": [(0.30, 0.17), (0.31, 0.36), (0.30, 0.38), (0.0, 0.37)],
        "santa_hat": [(0.455, -0.02), (0.45, 0.10), (0.37, 0.30), (0.24, 0.46), (0.0, 0.52)],
        "turban": [(0.46, -0.10), (0.50, 0.06), (0.46, 0.25), (0.28, 0.36), (0.0, 0.39)],
        "bandana": [(0.452, -0.02), (0.45, 0.10), (0.39, 0.25), (0.22, 0.345), (0.0, 0.365)],
    }
    mesh = _turned(shapes[kind], smooth=True)
    if kind == "beret":
        points = mesh.points.copy()
        points[:, 0] += 0.10 * np.clip(points[:, 1] / 0.2, 0, 1)
        points[:, 1] -= 0.10 * np.clip(points[:, 0] / 0.5, 0, 1.2)
        mesh = replace(mesh, points=points)
    put(tailor, mesh, replace(tailor.paint, trim=None))
    if kind in ("cap", "peaked_cap"):

        def peak(u: Array, v: Array) -> Array:
            angle = (v - 0.5) * np.radians(116)
            r = 0.44 + (0.27 if kind == "cap" else 0.17) * u * np.cos(angle) ** 0.7
            return np.stack(
                [
                    np.sin(angle) * (0.44 + 0.03 * u),
                    -0.045 - 0.075 * u + 0.02 * (1 - np.cos(angle)) * -1,
                    np.cos(angle) * r,
                ],
                -1,
            )

        colour = (
            tailor.item.trim or tailor.item.second or (tailor.item.colour if kind == "cap" else (34, 34, 40))
        )
        put(
            tailor,
            slab(sheet(peak, 8, 24, outward=(0, 1, 0)), 0.016),
            Paint(colour, LEATHER if kind == "peaked_cap" else CLOTH),
        )
        if kind == "peaked_cap":
            _band(tailor, 0.448, -0.03, 0.10, band_colour(tailor))
            put(tailor, ellipsoid((0, 0.12, 0.50), (0.05, 0.055, 0.02)), tailor.accent())
        else:
            put(tailor, ellipsoid((0, 0.375, 0), (0.03, 0.018, 0.03)), Paint(colour))
    elif kind == "beanie":
        put(
            tailor,
            _turned([(0.465, -0.11), (0.495, -0.09), (0.495, 0.03), (0.468, 0.05)]),
            tailor.plain(tailor.item.trim or toned(tailor.item.colour, -0.06)),
        )
        put(
            tailor,
            ellipsoid((0, 0.45, 0), (0.10, 0.10, 0.10)),
            Paint(tailor.item.trim or toned(tailor.item.colour, 0.08), FUR),
        )
    elif kind == "santa_hat":
        spine = path([(0, 0.30, 0), (0.10, 0.62, -0.08), (0.36, 0.62, -0.14), (0.50, 0.36, -0.12)], 24)
        put(
            tailor,
            rings(tube(spine, (0.36, 0.20, 0.12, 0.05), 24, 20, 1.0, (0, 0.2, 1))),
            replace(tailor.paint, trim=None),
        )
        put(tailor, ellipsoid((0.50, 0.30, -0.12), (0.10, 0.10, 0.10)), Paint((248, 248, 250), FUR))
        put(
            tailor,
            _turned([(0.45, -0.06), (0.51, -0.03), (0.51, 0.07), (0.45, 0.09)], True),
            Paint((248, 248, 250), FUR),
        )
    elif kind == "nurse_cap":
        put(tailor, ellipsoid((0, 0.28, 0.305), (0.055, 0.018, 0.012)), tailor.plain((214, 56, 64)))
        put(tailor, ellipsoid((0, 0.28, 0.305), (0.018, 0.055, 0.012)), tailor.plain((214, 56, 64)))
    elif kind == "turban":
        for k in range(4):
            angle = np.linspace(0, 2 * np.pi, 41)[:-1]
            r = 0.475 - 0.02 * k
            loop = np.stack(
                [
                    np.sin(angle) * r * 0.93,
                    -0.04 + 0.085 * k + 0.07 * np.sin(angle + k * 1.4),
                    np.cos(angle) * r,
                ],
                -1,
            )
            put(tailor, loop_tube(loop, 0.062), replace(tailor.paint, trim=None))
        put(tailor, ellipsoid((0, 0.10, 0.53), (0.04, 0.055, 0.02)), tailor.accent(GEM))
    elif kind == "bandana":
        for sign in (-1, 1):
            spine = [(0.0, -0.02, -0.44), (sign * 0.10, -0.12, -0.52), (sign * 0.16, -0.30, -0.50)]
            put(
                tailor, rings(tube(spine, (0.03, 0.055, 0.02), 14, 10, 0.4)), replace(tailor.paint, trim=None)
            )


def _helmet_shell(tailor: Tailor, open_face: bool, paint: Paint) -> None:
    """A dome with cheek and neck guards."""
    rows, columns = 22, 60

    def place(u: Array, v: Array) -> Array:
        angle = v * 2 * np.pi
        front = np.clip(np.cos(angle), 0, 1)
        edge = -0.48 + (0.62 if open_face else 0.0) * np.clip((front - 0.55) / 0.3, 0, 1)
        height = np.pi / 2 + (edge - np.pi / 2) * u
        r = 1.0 + 0.03 * u**4
        return np.stack(
            [
                np.sin(angle) * np.cos(height) * 0.47 * r,
                np.sin(height) * 0.56,
                np.cos(angle) * np.cos(height) * 0.53 * r,
            ],
            -1,
        )

    mesh = sheet(place, rows, columns)
    u = mesh.surface[:, 0]
    mesh = replace(mesh, surface=np.stack([u, mesh.surface[:, 1], (1 - u) * 0.9], -1))
    tailor.add(
        mesh.moved(None, (0, 0.54, -0.05)),
        replace(paint, trim_width=0.05 if paint.trim else 0.0),
        "head_wear",
        "head",
    )


@garment("helmet", "horned_helmet", "kabuto")
def helmet(tailor: Tailor) -> None:
    """Steel around the head, the face free under a raised visor."""
    from .plates import edged

    kind = tailor.item.kind
    paint = edged(tailor)
    _helmet_shell(tailor, True, paint)
    rim = Paint(paint.trim or paint.colour, METAL)
    crest = [(0, 0.84, 0.36), (0, 1.08, 0.18), (0, 1.13, -0.10), (0, 1.02, -0.40), (0, 0.66, -0.58)]
    tailor.add(
        rings(tube(crest, (0.016, 0.026, 0.028, 0.024, 0.012), 30, 10, 1.0, (1, 0, 0))),
        rim,
        "head_wear",
        "head",
    )
    if kind == "helmet":
        # A plume, in the colour of the trim or the accent.
        for k in range(7):
            t = k / 6
            root = np.array([0, 1.10 - 0.03 * t, 0.02 - 0.30 * t])
            tip = root + unit(np.array([0, 0.45 - 0.5 * t, -0.75])) * (0.42 + 0.1 * np.sin(k))
            tailor.add(
                rings(
                    tube(
                        [root, (root + tip) / 2 + (0, 0.10, 0), tip],
                        (0.04, 0.075, 0.006),
                        12,
                        10,
                        0.55,
                        (1, 0, 0),
                    )
                ),
                tailor.plain(tailor.shop.spec.accent if paint.trim is None else (196, 44, 52)),
                "head_wear",
                "head",
            )
    horn = Paint(mix((236, 224, 196), tailor.item.colour, 0.15), LEATHER)
    if kind == "horned_helmet":
        for sign in (-1, 1):
            spine = [
                (sign * 0.40, 0.86, -0.02),
                (sign * 0.62, 0.92, 0.0),
                (sign * 0.72, 1.12, 0.04),
                (sign * 0.66, 1.30, 0.08),
            ]
            tailor.add(rings(tube(spine, (0.085, 0.075, 0.05, 0.006), 22, 14)), horn, "head_wear", "head")
    if kind == "kabuto":
        for sign in (-1, 1):
            spine = [(sign * 0.06, 0.90, 0.46), (sign * 0.22, 1.06, 0.46), (sign * 0.30, 1.34, 0.40)]
            tailor.add(
                rings(tube(spine, (0.035, 0.05, 0.006), 18, 10, 0.3, (0, 0, 1))),
                Paint(GOLD, METAL),
                "head_wear",
                "head",
            )
        neck_guard = revolve_sharp([(0.49, 0.34), (0.58, 0.22), (0.66, 0.08), (0.64, 0.06), (0.50, 0.26)], 44)
        keep_rows = neck_guard.points[:, 2] < 0.12
        faces = neck_guard.faces[keep_rows[neck_guard.faces].all(1)]
        tailor.add(replace(neck_guard, faces=faces), replace(paint, kind=LEATHER), "head_wear", "head")


@garment("cyber_helmet", "space_helmet")
def closed_helmet(tailor: Tailor) -> None:
    """A shell with a visor band of light, or a ring and collar of a glass bubble."""
    if tailor.item.kind == "space_helmet":
        # Glass cannot be seen through here, so the bubble is told by its rim, its back and its shine.
        ring = revolve_sharp([(0.50, -0.06), (0.58, -0.03), (0.58, 0.03), (0.50, 0.06)], 48)
        tailor.add(ring.moved(None, (0, -0.08, -0.05)), Paint((186, 192, 202), METAL), "head_wear", "head")
        _helmet_shell(tailor, True, replace(tailor.paint, kind=LEATHER, trim=(186, 192, 202)))
        for sign in (-1, 1):
            tailor.add(
                ellipsoid((sign * 0.47, 0.46, -0.06), (0.06, 0.12, 0.12)),
                Paint((176, 182, 192), METAL),
                "head_wear",
                "head",
            )
        return
    light = tailor.item.trim or (70, 225, 255)
    _helmet_shell(tailor, True, replace(tailor.paint, trim=light))
    for sign in (-1, 1):
        tailor.add(
            ellipsoid((sign * 0.455, 0.44, -0.05), (0.05, 0.12, 0.12)),
            Paint(light, GLOW),
            "head_wear",
            "head",
            casts=False,
        )
        tailor.add(
            ellipsoid((sign * 0.475, 0.44, -0.05), (0.05, 0.09, 0.09)),
            replace(tailor.paint, trim=None),
            "head_wear",
            "head",
        )
    fin = [(0, 1.06, 0.22), (0, 1.12, -0.1), (0, 0.94, -0.48)]
    tailor.add(
        rings(tube(fin, (0.02, 0.03, 0.01), 20, 8)), Paint(light, GLOW), "head_wear", "head", casts=False
    )
