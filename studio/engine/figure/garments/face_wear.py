"""What is worn on the face: glasses, masks, goggles, patches; in head units, lying on the face."""

# ruff: noqa: RUF005  tuples are added to vectors here, not joined

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..face.decal import eye_form
from ..hair.locks import CENTRE as SKULL
from ..hair.locks import RADII as SKULL_RADII
from ..palette import GEM, GLOW, LEATHER, METAL, Paint, toned
from ..shape.curves import turn, unit
from ..shape.head import EYE_Y, head_mesh, head_shape
from ..shape.mesh import Mesh, ellipsoid, loop_tube, rings, tube
from ..spec import RGB
from .registry import garment
from .tailor import Tailor

Array = np.ndarray


def _wear(tailor: Tailor, mesh: Mesh, paint: Paint | None = None, **more: object) -> None:
    tailor.add(mesh, paint, "head_wear", "head", **more)  # type: ignore[arg-type]


def _face_shell(tailor: Tailor, low: float, high: float, reach: float, grow: float) -> Mesh:
    """The part of the head's own surface between two heights, a little in front of it."""
    head = head_mesh(head_shape(tailor.shop.spec))
    points = head.points + head.normals * grow
    inside = (head.points[:, 1] > low) & (head.points[:, 1] < high) & (head.points[:, 2] > reach)
    faces = head.faces[inside[head.faces].all(1)]
    return Mesh(points, head.normals, faces, head.surface, two_sided=True)


def _frame(x: float, y: float, rx: float, ry: float, z: float, count: int = 36, square: float = 2.0) -> Array:
    angle = np.linspace(0, 2 * np.pi, count, endpoint=False)
    c, s = np.cos(angle), np.sin(angle)
    px = x + rx * np.sign(c) * np.abs(c) ** (2 / square)
    py = y + ry * np.sign(s) * np.abs(s) ** (2 / square)
    return np.stack([px, py, z - 0.55 * (px * px) + 0 * py], -1)


def _temples(tailor: Tailor, paint: Paint, x: float, y: float, z: float, thick: float) -> None:
    for sign in (-1, 1):
        _wear(
            tailor,
            rings(
                tube(
                    [(sign * x, y, z), (sign * 0.385, y, 0.06), (sign * 0.385, y - 0.03, -0.10)],
                    (thick,) * 3,
                    14,
                    8,
                )
            ),
            paint,
            casts=False,
        )


@garment("glasses", "sunglasses", "monocle", "goggles")
def glasses(tailor: Tailor) -> None:
    """Lenses in a frame."""
    kind = tailor.item.kind
    form = eye_form(tailor.shop.spec)
    x, y, z = form.spread, EYE_Y - 0.012, 0.430
    rx, ry = max(0.118, form.width * 1.28), max(0.100, form.height * 1.16)
    thick = 0.0085 if kind in ("glasses", "monocle") else 0.014
    paint = replace(
        tailor.paint,
        kind=METAL if tailor.item.material in ("gold", "silver", "steel", "brass") else LEATHER,
        trim=None,
    )
    if kind == "goggles":
        # Pushed up onto the forehead: nobody wants to lose the eyes.
        y, z = 0.70, 0.400
    sides = (1,) if kind == "monocle" else (-1, 1)
    for sign in sides:
        square = 2.6 if kind == "sunglasses" else 2.0
        loop = _frame(sign * x, y, rx, ry, z, square=square)
        if kind in ("sunglasses", "goggles"):
            lens = Paint((34, 36, 48) if kind == "sunglasses" else (tailor.item.trim or (96, 176, 190)), GEM)
            flat = ellipsoid((0, 0, 0), (rx * 0.98, ry * 0.98, 0.018), 10, 28)
            middle = loop.mean(0)
            turned = flat.moved(turn("y", 10.5 * sign), middle)
            _wear(tailor, turned, lens, casts=False)
        _wear(tailor, loop_tube(loop, thick, 8), paint, casts=False)
        if kind == "goggles":
            _wear(tailor, loop_tube(loop + (0, 0, -0.03), 0.026, 8), paint)
    if kind == "goggles":
        strap = np.array(
            [
                (np.sin(a) * 0.425, 0.70 + 0.02 * (1 - np.cos(a)), np.cos(a) * 0.475 - 0.055)
                for a in np.linspace(0.55, 2 * np.pi - 0.55, 40)
            ]
        )
        _wear(tailor, rings(tube(strap, (0.035,) * 3, 40, 8, 0.5)), tailor.leather((84, 58, 44)))
        return
    if kind == "monocle":
        chain = [(x + rx * 0.9, y - 0.05, z - 0.06), (x + 0.13, y - 0.30, 0.22), (x + 0.12, -0.10, 0.20)]
        _wear(tailor, rings(tube(chain, (0.005,) * 3, 16, 6)), tailor.accent(), casts=False)
        return
    inner = x - rx
    _wear(
        tailor,
        rings(
            tube(
                [(-inner, y + 0.02, z - 0.004), (0, y + 0.035, z + 0.012), (inner, y + 0.02, z - 0.004)],
                (thick,) * 3,
                10,
                8,
            )
        ),
        paint,
        casts=False,
    )
    _temples(tailor, paint, x + rx * 0.97, y + 0.02, z - 0.55 * (x + rx) ** 2, thick)


@garment("visor")
def visor(tailor: Tailor) -> None:
    """A band of light before the eyes, thin enough to leave them free."""
    light = Paint(tailor.item.colour, GLOW)
    arc = [(np.sin(a) * 0.405, EYE_Y + 0.135, np.cos(a) * 0.435 - 0.01) for a in np.linspace(-1.35, 1.35, 31)]
    _wear(tailor, rings(tube(arc, (0.016, 0.030, 0.016), 44, 10, 0.45, (0, 0, 1))), light, casts=False)
    for sign in (-1, 1):
        _wear(
            tailor,
            ellipsoid((sign * 0.395, EYE_Y + 0.10, 0.02), (0.035, 0.075, 0.11)),
            Paint((70, 76, 92), METAL),
        )


@garment("eyepatch", "blindfold")
def eyepatch(tailor: Tailor) -> None:
    """Over one eye, or over both."""
    kind = tailor.item.kind
    paint = replace(tailor.paint, trim=None)
    if kind == "blindfold":
        _wear(tailor, _face_shell(tailor, EYE_Y - 0.10, EYE_Y + 0.10, -0.9, 0.022), paint, casts=False)
        return
    form = eye_form(tailor.shop.spec)
    shell = _face_shell(tailor, EYE_Y - 0.13, EYE_Y + 0.12, 0.05, 0.020)
    middle = np.array([-form.spread, EYE_Y - 0.005])
    near = (
        ((shell.points[:, 0] - middle[0]) / 0.125) ** 2 + ((shell.points[:, 1] - middle[1]) / 0.115) ** 2
    ) < 1.0
    _wear(tailor, replace(shell, faces=shell.faces[near[shell.faces].all(1)]), paint, casts=False)
    strap = [
        (-0.02, EYE_Y + 0.14, 0.40),
        (0.20, EYE_Y + 0.23, 0.335),
        (0.375, EYE_Y + 0.22, 0.0),
        (0.20, EYE_Y + 0.1, -0.46),
    ]
    _wear(tailor, rings(tube(strap, (0.012,) * 4, 30, 8)), paint, casts=False)
    _wear(
        tailor,
        rings(tube([(-0.26, EYE_Y + 0.04, 0.285), (-0.385, EYE_Y + 0.05, 0.0)], (0.012, 0.012), 8, 8)),
        paint,
        casts=False,
    )


@garment("mask", "face_mask", "fox_mask", "skull_mask", "gas_mask", "plague_mask")
def mask(tailor: Tailor) -> None:
    """Masks of cloth, wood, bone and rubber."""
    kind = tailor.item.kind
    paint = replace(tailor.paint, trim=None)
    if kind == "mask":
        form = eye_form(tailor.shop.spec)
        shell = _face_shell(tailor, EYE_Y - 0.14, EYE_Y + 0.17, 0.12, 0.014)
        p = shell.points
        hole = np.zeros(len(p), bool)
        for sign in (-1, 1):
            hole |= (
                ((p[:, 0] - sign * form.spread) / (form.width * 1.16)) ** 2
                + ((p[:, 1] - EYE_Y) / (form.height * 1.10)) ** 2
            ) < 1
        faces = shell.faces[~hole[shell.faces].any(1)]
        _wear(tailor, replace(shell, faces=faces), paint, casts=False)
        return
    if kind == "face_mask":
        shell = _face_shell(tailor, -0.2, 0.285, -0.02, 0.016)
        _wear(tailor, replace(shell, surface=shell.surface * 0 + 0.5), paint, casts=False)
        return
    if kind in ("fox_mask", "skull_mask"):
        # Worn at the side of the head, as at a festival: the face stays to be seen.
        out = unit(np.array([0.62, 0.62, 0.52]))
        centre = SKULL + out * SKULL_RADII * 1.20
        turn_out = turn("y", 46) @ turn("x", -34) @ turn("z", -14)
        for mesh, colour, casts in _little_mask(kind):
            piece = mesh.scaled(1.28).moved(turn_out, centre)
            _wear(tailor, piece, paint if colour is None else tailor.plain(colour), casts=casts)
        return
    shell = _face_shell(tailor, -0.2, 0.30, -0.05, 0.022)
    _wear(tailor, shell, paint, casts=False)
    if kind == "gas_mask":
        for sign in (-1, 1):
            can = tube([(sign * 0.12, 0.10, 0.36), (sign * 0.19, 0.06, 0.47)], (0.075, 0.070), 8, 16)
            _wear(tailor, rings(can), Paint(toned(tailor.item.colour, 0.12), METAL))
        _wear(
            tailor,
            ellipsoid((0, 0.14, 0.40), (0.07, 0.06, 0.06)),
            Paint(toned(tailor.item.colour, -0.06), LEATHER),
        )
    else:
        beak = tube([(0, 0.20, 0.34), (0, 0.18, 0.56), (0, 0.08, 0.82)], (0.13, 0.09, 0.012), 20, 16)
        _wear(tailor, rings(beak), paint)


def _little_mask(kind: str) -> list[tuple[Mesh, RGB | None, bool]]:
    """The pieces of a mask that is not on the face: mesh, colour if not the mask's own, and if it casts."""
    dark, red = (36, 30, 36), (206, 48, 52)
    fox = kind == "fox_mask"
    pieces: list[tuple[Mesh, RGB | None, bool]] = [
        (ellipsoid((0, 0, 0), (0.20, 0.24 if fox else 0.22, 0.07), 14, 22), None, True)
    ]
    for sign in (-1, 1):
        eye = ellipsoid((sign * 0.078, 0.03, 0.060), (0.050, 0.022 if fox else 0.054, 0.02), 8, 14)
        pieces.append((eye, dark, False))
        if fox:
            ear = tube([(sign * 0.11, 0.17, 0.0), (sign * 0.15, 0.36, 0.0)], (0.075, 0.008), 8, 10, 0.4)
            inner = tube([(sign * 0.12, 0.20, 0.02), (sign * 0.145, 0.31, 0.014)], (0.036, 0.006), 8, 10, 0.4)
            cheek = tube([(sign * 0.06, -0.06, 0.066), (sign * 0.15, -0.02, 0.045)], (0.012, 0.004), 6, 6)
            pieces += [(rings(ear), None, True), (rings(inner), red, False), (rings(cheek), red, False)]
    if fox:
        pieces.append((ellipsoid((0, -0.075, 0.085), (0.055, 0.060, 0.060), 10, 14), None, True))
        pieces.append((ellipsoid((0, -0.065, 0.142), (0.022, 0.016, 0.012), 8, 10), dark, False))
        pieces.append((ellipsoid((0, 0.13, 0.058), (0.018, 0.038, 0.014), 8, 10), red, False))
    else:
        pieces.append((ellipsoid((0, -0.045, 0.068), (0.020, 0.030, 0.012), 8, 10), dark, False))
        pieces.append((ellipsoid((0, -0.20, 0.010), (0.110, 0.075, 0.055), 10, 16), None, True))
        for x in (-0.06, -0.03, 0.0, 0.03, 0.06):
            tooth = tube([(x, -0.135, 0.060), (x, -0.205, 0.062)], (0.005, 0.005), 4, 6)
            pieces.append((rings(tooth), dark, False))
    return pieces
