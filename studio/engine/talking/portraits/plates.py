"""Mouths and eyes of a drawn face as plates: what a state changes in the picture, painted in its style."""

from __future__ import annotations

from collections import OrderedDict
from contextlib import nullcontext
from dataclasses import dataclass, fields, replace
from threading import Lock

import numpy as np

from studio.engine.figure.compiled import kernel
from studio.engine.figure.drawing import Scene
from studio.engine.figure.face.canvas import Canvas
from studio.engine.figure.face.decal import BOX, face_canvas
from studio.engine.figure.face.looks import Look
from studio.engine.figure.face.speech import SHUT, draw_speech
from studio.engine.figure.face.tones import tones_of
from studio.engine.figure.filters import rows_of
from studio.engine.figure.landmarks import facing
from studio.engine.figure.palette import FACE, KIND, SEGMENT
from studio.engine.figure.render.scene import Layers, Manner, render
from studio.engine.figure.workshop import SEGMENTS
from studio.engine.talking.portraits.motion import seen

Array = np.ndarray
Box = tuple[float, float, float, float]  # of the face in head units: across, then up
MOUTH_BOX: Box = (-0.24, 0.24, -0.05, 0.245)
EYES_BOX: Box = (-0.36, 0.36, 0.265, 0.68)
_FINE = 2  # places in a pixel, along each side, at which the face is asked
_MARGIN_PX = 6  # around a plate, as styles blur
_KEPT_BYTES = 24_000_000  # of plates of one kind
_SNOUT_OPEN = 0.55  # of a face's opening: there is less room on a muzzle
_HIDDEN = 40  # fewer places than this and the feature is not seen


@kernel
def lay_on(places, decal, scale, left, upper, base, black, white, out):
    """A face drawn onto the picture of a bare head: shares of light and cover were measured before."""
    rows, columns = base.shape[0], base.shape[1]
    fine = places.shape[0] // rows
    high, wide = decal.shape[0], decal.shape[1]
    drawn = np.empty(4)
    for y in range(rows):
        for x in range(columns):
            count = 0
            drawn[:] = 0.0
            for sub in range(fine * fine):
                row, column = y * fine + sub // fine, x * fine + sub % fine
                u = places[row, column, 0]
                if u < -9.0:
                    continue
                count += 1
                px = (u - left) * scale - 0.5
                py = (upper - places[row, column, 1]) * scale - 0.5
                ix, iy = int(np.floor(px)), int(np.floor(py))
                if ix < 0 or iy < 0 or ix >= wide - 1 or iy >= high - 1:
                    continue
                fx, fy = px - ix, py - iy
                for k in range(4):
                    above = decal[iy, ix, k] * (1 - fx) + decal[iy, ix + 1, k] * fx
                    below = decal[iy + 1, ix, k] * (1 - fx) + decal[iy + 1, ix + 1, k] * fx
                    drawn[k] += above * (1 - fy) + below * fy
            out[y, x, 3] = base[y, x, 3]
            cover = drawn[3] / count if count > 0 else 0.0
            for k in range(3):
                value = base[y, x, k]
                if cover > 0.0:
                    value += (black[y, x, k] - base[y, x, k]) * cover
                    value += (white[y, x, k] - black[y, x, k]) * drawn[k] / count
                out[y, x, k] = value


@kernel
def add_plate(picture, plate, top, left):
    """Change a picture by the differences that a plate holds."""
    for y in range(plate.shape[0]):
        for x in range(plate.shape[1]):
            for k in range(3):
                value = int(picture[top + y, left + x, k]) + plate[y, x, k]
                picture[top + y, left + x, k] = min(255, max(0, value))


@dataclass(frozen=True, eq=False)
class Ground:
    """A character without features, and how a feature would be lit and covered at each pixel."""

    scene: Scene
    layers: Layers
    behind: Array
    base: Array
    black: Array
    white: Array
    places: Array  # where on the face each fine pixel lies, -10 where it is not on the face
    turn: float
    texels_per_unit: float
    snout: Array | None  # the same places on a muzzle, which stands before the mouth of the face


def ground_of(scene: Scene, behind: Array) -> Ground:
    """Measure the face of a scene."""
    fineness = 3 if scene.shot.width * scene.shot.height <= 200_000 else 2
    detail = scene.shot.scale * 2 * scene.model.head_height * 1.25
    manner = replace(scene.style.manner, fineness=fineness)
    clear = np.zeros((64, 64, 4), np.float32)
    black = clear.copy()
    black[..., 3] = 1
    bare = _rendered(scene, clear, manner)
    dark, light = (_rendered(scene, decal, manner).rgba for decal in (black, np.ones_like(clear)))
    turn = float(facing(scene.rotations, scene.shot)[0])
    places, snout = _places(scene)
    return Ground(
        scene, bare, behind, bare.rgba, dark, light, places, turn, float(np.clip(detail, 48, 1500)), snout
    )


def _rendered(scene: Scene, decal: Array, manner: Manner) -> Layers:
    return render(scene.model, scene.points, scene.normals, scene.shot, decal, manner)


def _places(scene: Scene) -> tuple[Array, Array | None]:
    """Where on the face's drawing every fine pixel lies, and where on a muzzle, if there is one."""
    model = scene.model
    view = seen(scene, _FINE, scene.shot.width * _FINE)
    part = np.where(view.face >= 0, model.part_of[np.maximum(view.face, 0)], -1)

    def of(wanted: Array) -> tuple[tuple[Array, Array], Array]:
        rows, columns = np.nonzero(np.asarray(wanted[part]) & (part >= 0))
        corners = model.faces[view.face[rows, columns]]
        return (rows, columns), (model.local[corners] * view.shares[rows, columns][..., None]).sum(1)

    nowhere = np.full((*view.face.shape, 2), -10.0, np.float32)
    places = nowhere.copy()
    at, local = of(model.table[:, KIND].astype(np.int64) == FACE)
    front = local[:, 2] > 0.02
    across = np.arctan2(local[:, 0], local[:, 2] + 0.06) * 0.405
    places[at[0][front], at[1][front]] = np.stack([across, local[:, 1]], -1)[front]
    if scene.spec.feature("muzzle") is None:
        return places, None
    at, local = of(model.table[:, SEGMENT].astype(np.int64) == SEGMENTS.index("feature"))
    x, y, z = local.T
    near = (np.abs(x) < 0.15) & (y > 0.06) & (y < 0.225) & (z > 0.30)
    nowhere[at[0][near], at[1][near]] = np.stack([x, y], -1)[near]
    return places, nowhere


def laid(ground: Ground, look: Look, window: tuple[slice, slice], box: Box = BOX) -> Array:
    """A window of the character with a face on it, before its style is painted."""
    scale = ground.texels_per_unit
    decal = face_canvas(ground.scene.spec, look, scale, ground.turn, box, speaking=True)
    rows, columns = (slice(part.start * _FINE, part.stop * _FINE) for part in window)
    base, black, white = (
        np.ascontiguousarray(layer[window]) for layer in (ground.base, ground.black, ground.white)
    )
    out = np.empty_like(base)
    lay_on(
        np.ascontiguousarray(ground.places[rows, columns]),
        decal,
        scale,
        box[0],
        box[3],
        base,
        black,
        white,
        out,
    )
    return out


def painted(ground: Ground, rgba: Array, window: tuple[slice, slice]) -> Array:
    """A window in the style of the character, over what stands behind it."""
    part = Layers(*(getattr(ground.layers, field.name)[window] for field in fields(Layers)))
    size = ground.scene.shot.height
    # Grain and strokes are as coarse as in the whole picture, and the same in all states of a window.
    with rows_of(0, size) if len(rgba) < size else nullcontext():
        done = ground.scene.style.paint(
            replace(part, rgba=rgba.copy()), ground.behind[window].copy(), ground.scene
        )
    return done[..., :3]


def _window(ground: Ground, box: Box) -> tuple[slice, slice] | None:
    """The pixels in which a box of the face is seen, and a margin."""
    u, v = ground.places[..., 0], ground.places[..., 1]
    rows, columns = np.nonzero((u > box[0]) & (u < box[1]) & (v > box[2]) & (v < box[3]))
    if len(rows) < _HIDDEN:
        return None
    height, width = ground.base.shape[:2]
    return (
        slice(
            max(0, int(rows.min()) // _FINE - _MARGIN_PX), min(height, int(rows.max()) // _FINE + _MARGIN_PX)
        ),
        slice(
            max(0, int(columns.min()) // _FINE - _MARGIN_PX),
            min(width, int(columns.max()) // _FINE + _MARGIN_PX),
        ),
    )


class Plates:
    """The states of one box of a face: painted when they are first needed, then kept."""

    def __init__(self, ground: Ground, box: Box, still: Look) -> None:
        self._ground, self._box, self._still = ground, box, still
        self._kept: OrderedDict[Look, Array] = OrderedDict()
        self._lock = Lock()
        self._window = _window(ground, box)
        self._most = 1
        if self._window is not None:
            rows, columns = self._window
            self._most = max(
                24, _KEPT_BYTES // ((rows.stop - rows.start) * (columns.stop - columns.start) * 6)
            )
            self._base = self._paint(still, self._window)

    def change(self, picture: Array, look: Look) -> None:
        """Bring a picture (× 4, uint8) from the still state into another one."""
        window = self._window
        if look == self._still or window is None:
            return
        with self._lock:
            plate = self._kept.get(look)
            if plate is not None:
                self._kept.move_to_end(look)
        if plate is None:
            plate = np.round((self._paint(look, window) - self._base) * 255).astype(np.int16)
            with self._lock:
                self._kept[look] = plate
                while len(self._kept) > self._most:
                    self._kept.popitem(last=False)
        add_plate(picture, plate, window[0].start, window[1].start)

    def _paint(self, look: Look, window: tuple[slice, slice]) -> Array:
        ground = self._ground
        if ground.snout is None or self._box != MOUTH_BOX:
            return painted(ground, laid(ground, look, window, self._box), window)
        rgba = laid(ground, self._still, window, self._box)
        if look != self._still and look.mouth.open >= SHUT:
            rgba = _on_snout(ground, ground.snout, look, rgba, window)
        return painted(ground, rgba, window)


def _on_snout(ground: Ground, snout: Array, look: Look, rgba: Array, window: tuple[slice, slice]) -> Array:
    """The window with an open mouth on the muzzle, which is no part of the face's own drawing."""
    scale, spec = ground.texels_per_unit, ground.scene.spec
    canvas = Canvas(MOUTH_BOX, scale)
    mouth = replace(look.mouth, open=max(SHUT, _SNOUT_OPEN * look.mouth.open))
    draw_speech(canvas, spec, mouth, tones_of(spec), ground.turn)
    rows, columns = (slice(part.start * _FINE, part.stop * _FINE) for part in window)
    light = (0.80 + 0.20 * ground.layers.tone[window])[..., None]
    white = np.ascontiguousarray(np.concatenate([light, light, light, light], -1), np.float32)
    out = np.empty_like(rgba)
    places = np.ascontiguousarray(snout[rows, columns])
    lay_on(places, canvas.pixels, scale, MOUTH_BOX[0], MOUTH_BOX[3], rgba, np.zeros_like(white), white, out)
    return out
