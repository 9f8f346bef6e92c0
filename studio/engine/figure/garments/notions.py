"""What is sewn onto garments: bands, cuffs, buckles, buttons, collars, lapels."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..palette import Paint
from ..shape.curves import smoothstep
from ..shape.field import pack, skin
from ..shape.mesh import Mesh, ellipsoid, loop_tube, rings, sheet, tube, upright_loft, vertex_normals
from .tailor import Tailor

Array = np.ndarray


def cuff(tailor: Tailor, side: str, t: float, width: float, grow: float, paint: Paint) -> None:
    """A band around the arm, so far along it."""
    solids = [*tailor.arm_solids(side, t + width / 2, grow, t - width / 2)]
    shoulder, axis = tailor.arm_axis(side)
    a, b = shoulder + axis * (t - width), shoulder + axis * (t + width)
    low, high = np.minimum(a, b) - 0.09, np.maximum(a, b) + 0.09
    mesh = tailor.shop.twin(("cuff", t, width, grow), side, lambda: skin(pack(solids), 0.006, low, high))
    tailor.add(mesh, paint, "torso", f"{side}_arm")


def band(
    tailor: Tailor,
    y: float,
    height: float,
    grow: float,
    paint: Paint,
    segment: str = "torso",
    tilt: float = 0.0,
) -> Mesh:
    """A band around the trunk: belt, sash, hem."""
    rows = []
    for level in (y - height / 2, y, y + height / 2):
        w, f, b = tailor.waist_at(level, grow)
        rows.append((level, w, f, b))
    grid = upright_loft(rows, 5, 56, 2.25)
    if tilt:
        grid[..., 1] += tilt * grid[..., 0]
    mesh = tailor.clear(rings(grid), grow - 0.003)
    tailor.add(mesh, paint, segment)
    return mesh


def buckle(tailor: Tailor, y: float, grow: float, size: float = 0.020, paint: Paint | None = None) -> None:
    """A buckle at the front of the waist."""
    _, front, _ = tailor.waist_at(y, grow)
    tailor.add(ellipsoid((0, y, front + 0.002), (size, size, 0.007)), paint or tailor.accent(), "torso")


def buttons(
    tailor: Tailor,
    y_top: float,
    y_bottom: float,
    count: int,
    grow: float,
    x: float = 0.0,
    paint: Paint | None = None,
) -> None:
    """A row of buttons down the front, on the surface of the shell."""
    field = pack(tailor.shop.group("trunk", "bust", grow=grow))
    for y in np.linspace(y_top, y_bottom, count):
        z = np.linspace(0.02, 0.26, 49)
        d = field.at(np.stack([np.full(49, x), np.full(49, y), z], -1))
        out = z[int(np.argmax(d > 0))]
        tailor.add(
            ellipsoid((x, float(y), out + 0.001), (0.0095, 0.0095, 0.005), 6, 12),
            paint or tailor.accent(),
            "torso",
            casts=False,
        )


def collar(
    tailor: Tailor,
    height: float = 0.035,
    open_front: bool = True,
    paint: Paint | None = None,
    size: float = 1.0,
    lift: float = 0.002,
) -> None:
    """A turned-down collar around the neck."""
    grow = tailor.thick

    def place(u: Array, v: Array) -> Array:
        span = 150 if open_front else 180
        angle = np.pi + np.radians(span) * (v - 0.5) * 2
        fold = np.sin(np.pi * np.clip(u * 1.25, 0, 1))
        spread = 0.058 * size + grow * 0.6 + 0.030 * u * size
        front = smoothstep(0.45, 1.0, np.abs(v - 0.5) * 2)
        y = (
            1.405
            + height * fold * (1 - 0.45 * front)
            - 0.026 * u * size
            - 0.040 * front * u * size
            - 0.020 * front
        )
        x = np.sin(angle) * spread * 1.05
        z = np.cos(angle) * (spread * 0.95 + 0.014 * front) - 0.024 + 0.022 * front
        return np.stack([x, y, z], -1)

    flat = sheet(place, 17, 81)
    cloth = flat
    for _ in range(3):
        cloth = tailor.lie_on(tailor.clear(cloth, grow + lift, around=True), 0.0055)
        # Where shoulder and arm meet, neighbours are pushed different ways; cloth does not tear there.
        pushed = (cloth.points - flat.points).reshape(17, 81, 3)
        for _ in range(3):
            pushed = _evened(pushed)
        points = flat.points + pushed.reshape(-1, 3)
        cloth = replace(cloth, points=points, normals=vertex_normals(points, cloth.faces))
    tailor.add(cloth, paint, "torso")


def _evened(grid: Array) -> Array:
    """Every point of a grid as the mean of its neighbourhood."""
    wide = np.pad(grid, ((1, 1), (1, 1), (0, 0)), mode="edge")
    rows = wide[:-2] + 2 * wide[1:-1] + wide[2:]
    return (rows[:, :-2] + 2 * rows[:, 1:-1] + rows[:, 2:]) / 16


def hood_down(tailor: Tailor, paint: Paint | None = None) -> None:
    """A hood that lies on the back and shoulders."""
    points = [(0.07, 1.395, 0.055), (0.105, 1.405, -0.005), (0.085, 1.415, -0.085), (0.0, 1.400, -0.135)]
    line = [*points, *[(-x, y, z) for x, y, z in reversed(points[:-1])]]
    grid = tube(line, (0.016, 0.032, 0.038, 0.044, 0.038, 0.032, 0.016), 44, 14, 0.62, (0, 0.6, 1))
    tailor.add(rings(grid), paint, "torso")
    tailor.add(ellipsoid((0, 1.352, -0.125), (0.075, 0.070, 0.034)), paint, "torso")


def lapels(tailor: Tailor, paint: Paint, bottom: float = 1.17, width: float = 0.048) -> None:
    """The turned edges of a jacket, lying on its front."""
    field = tailor.sewn or pack(tailor.shop.group("trunk", "bust", grow=tailor.thick + 0.003))
    for sign in (-1.0, 1.0):

        def place(u: Array, v: Array, sign: float = sign) -> Array:
            y = 1.405 + (bottom - 1.405) * u
            inner = 0.034 * (1 - u) ** 0.8 + 0.004
            shape = np.where(u < 0.30, 0.55 + 1.5 * u, (1 - u) / 0.70)
            x = inner + width * np.clip(shape, 0.02, 1) * v
            flat = np.stack([x.ravel() * sign, y.ravel(), np.full(x.size, 0.03)], -1)
            z = np.full(x.size, 0.02)
            for _ in range(12):
                flat[:, 2] = z
                z = z + np.clip(-field.at(flat), -0.03, 0.03)
            return np.stack([x * sign, y, z.reshape(x.shape) + 0.004], -1)

        tailor.add(sheet(place, 18, 6, outward=(0, 0, 1)), paint, "torso", casts=False)


def ring_around_neck(tailor: Tailor, y: float, radius: float, thickness: float, paint: Paint) -> None:
    """A ring that lies around the neck."""
    angle = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    loop = np.stack(
        [np.sin(angle) * radius, y - 0.02 * np.cos(angle), np.cos(angle) * radius * 0.95 - 0.022], -1
    )
    tailor.add(loop_tube(loop, thickness), paint, "torso", "neck")
