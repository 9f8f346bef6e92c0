"""The head: a loft with real relief, so that it is a face in profile too; and ears of every kind."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..spec import Spec
from .curves import smoothstep, turn, unit
from .mesh import Mesh, ellipsoid, rings, upright_loft

Array = np.ndarray

# Head units: the chin lies at y 0, the crown at y 1; rows are y, half width, front, back.
_ROWS = np.array(
    [
        (-0.004, 0.020, 0.270, 0.190),
        (0.016, 0.078, 0.322, 0.090),
        (0.052, 0.138, 0.345, 0.010),
        (0.110, 0.205, 0.356, -0.080),
        (0.190, 0.268, 0.360, -0.230),
        (0.290, 0.318, 0.358, -0.370),
        (0.400, 0.350, 0.352, -0.440),
        (0.520, 0.368, 0.366, -0.472),
        (0.640, 0.371, 0.376, -0.476),
        (0.760, 0.346, 0.350, -0.448),
        (0.860, 0.296, 0.292, -0.385),
        (0.930, 0.228, 0.216, -0.302),
        (0.975, 0.148, 0.130, -0.205),
        (0.993, 0.082, 0.062, -0.132),
        (1.000, 0.008, -0.030, -0.045),
    ]
)
EYE_Y = 0.405
NOSE_Y = 0.245
MOUTH_Y = 0.138
CENTRE = np.array([0.0, 0.55, -0.05])  # of the skull, for hair


@dataclass(frozen=True)
class HeadShape:
    """What changes from head to head: widths of jaw and cheeks, length and size of the nose."""

    jaw: float = 0.0
    cheek: float = 0.0
    chin: float = 0.0
    nose: float = 1.0
    muzzle: float = 0.0


def head_shape(spec: Spec) -> HeadShape:
    """The head of a character, from face shape, presentation, age and species."""
    shape = {
        "oval": (0.0, 0.0, 0.0),
        "round": (0.10, 0.05, -0.03),
        "square": (0.22, 0.0, 0.0),
        "heart": (-0.06, 0.03, 0.0),
        "long": (0.02, -0.05, 0.03),
        "diamond": (-0.08, 0.02, 0.02),
    }.get(spec.face.shape, (0.0, 0.0, 0.0))
    jaw, cheek, chin = shape
    nose = 1.0
    if spec.build.presentation == "masculine":
        jaw, chin, nose = jaw * 0.6 + 0.07, chin + 0.018, 1.25
    if spec.build.age == "child":
        jaw, cheek, chin, nose = jaw + 0.06, cheek + 0.05, chin - 0.03, 0.65
    if spec.build.weight > 0.7:
        jaw, cheek = jaw + 0.12, cheek + 0.05
    if spec.species in ("orc", "goblin", "dwarf"):
        jaw, nose = jaw + 0.10, 1.5
    return HeadShape(jaw, cheek, chin, nose, 0.0)


def head_mesh(shape: HeadShape) -> Mesh:
    """Skull and face in head units."""
    rows = _ROWS.copy()
    y = rows[:, 0]
    low = smoothstep(0.36, 0.05, y)
    rows[:, 1] *= 1 + shape.jaw * low + shape.cheek * np.exp(-(((y - 0.32) / 0.14) ** 2))
    rows[:3, 0] -= shape.chin
    grid = upright_loft(rows, count=88, columns=84, squareness=2.28)
    x, y = grid[..., 0], grid[..., 1]
    front = smoothstep(0.0, 0.2, grid[..., 2])

    def bump(cx: float, cy: float, wx: float, wy: float) -> Array:
        return np.exp(-(((x - cx) / wx) ** 2 + ((y - cy) / wy) ** 2)) * front

    forward = np.zeros_like(x)
    # Nose: a low bridge that rises into a small tip; everything below it falls back to the lip.
    bridge = np.exp(-((x / 0.030) ** 2)) * smoothstep(0.43, 0.26, y) * smoothstep(0.205, 0.245, y) * front
    forward += bridge * 0.022 * shape.nose
    forward += bump(0, NOSE_Y, 0.036, 0.032) * 0.030 * shape.nose
    forward += bump(0, 0.172, 0.075, 0.018) * 0.008 + bump(0, 0.112, 0.060, 0.016) * 0.007
    forward -= bump(0, MOUTH_Y, 0.08, 0.010) * 0.006
    forward -= bump(0, 0.088, 0.10, 0.018) * 0.010
    forward += bump(0, 0.030, 0.080, 0.030) * 0.012
    for sign in (-1, 1):
        forward -= bump(sign * 0.165, EYE_Y, 0.095, 0.075) * 0.026
        forward += bump(sign * 0.16, 0.505, 0.14, 0.035) * 0.007
        forward += bump(sign * 0.19, 0.27, 0.09, 0.07) * 0.010
    grid = grid.copy()
    grid[..., 2] += forward
    mesh = rings(grid)
    # The light sees a calm face: shading normals lean towards an egg, the relief stays in the outline.
    egg = unit((mesh.points - np.array([0, 0.46, -0.03])) / np.array([0.36, 0.62, 0.42]) ** 2)
    calm = smoothstep(0.02, 0.22, mesh.points[:, 2])[:, None] * 0.72
    return replace(mesh, normals=unit(mesh.normals * (1 - calm) + egg * calm))


def human_ear(sign: float) -> Mesh:
    """A round ear."""
    ear = ellipsoid((0, 0, 0), (0.032, 0.105, 0.066), 12, 16)
    return ear.moved(turn("y", sign * 24) @ turn("z", sign * -8), (sign * 0.372, 0.37, -0.055))


def pointed_ear(sign: float, length: float = 1.0) -> Mesh:
    """An elf's ear: a leaf that points back, up and out."""
    t = np.linspace(0, 1, 18)
    spine = np.stack([0.02 + 0.30 * length * t, -0.02 + 0.24 * length * t**1.25, -0.20 * length * t], -1)
    width = 0.092 * np.sqrt(np.clip(1 - (2 * t - 0.45) ** 2 / 2.4, 0, 1)) * (1 - t**3) + 0.002
    angle = np.linspace(0, 2 * np.pi, 12, endpoint=False)
    along = unit(np.array([0.30, 0.24, -0.20]))
    up = unit(np.cross(along, np.array([0.35, 0.0, 1.0])))
    thin = np.cross(along, up)
    grid = (
        spine[:, None]
        + up * (width[:, None] * np.cos(angle))[..., None]
        + thin * (width[:, None] * 0.26 * np.sin(angle))[..., None]
    )
    mesh = rings(grid)
    mesh = mesh.moved(None, (0.325, 0.36, -0.03))
    return mesh if sign > 0 else mesh.mirrored()
