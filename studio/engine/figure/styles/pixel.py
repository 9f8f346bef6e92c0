"""Pixel art: drawn for a coarse grid, with a palette, a hard outline and eyes set by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from ..filters import straight
from ..palette import FACE, KIND
from ..render.scene import Layers, Manner
from .pixel_face import draw_face
from .registry import style

if TYPE_CHECKING:
    from ..drawing import Scene

Array = np.ndarray
# Cells over the height of a picture: enough for the face of a whole figure, few enough to be seen close by.
_GRID_ROWS = {"full": 144, "bust": 120, "portrait": 104}
_COLOURS = 40


def cell_size(height: int, width: int, framing: str = "full") -> int:
    """Pixels of the picture per cell of the grid."""
    return max(1, round(max(height, width) / _GRID_ROWS[framing]))


@style("pixel", manner=Manner(outline=0.5, inline=1.1))
def pixel(layers: Layers, behind: Array | None, scene: Scene) -> Array:
    """Average into cells, keep a small palette, outline, and draw the face by hand where it is small."""
    height, width = layers.line.shape
    cell = cell_size(height, width, scene.camera.framing)
    rows, columns = -(-height // cell), -(-width // cell)
    small = _cells(layers.rgba, rows, columns, cell)
    solid = small[..., 3] > 0.5
    colour = np.clip(straight(small), 0, 1)
    colour = contrast(colour)
    colour = _reduced(colour, solid)
    draw_face(colour, solid & _face_cells(layers, scene, rows, columns, cell), scene, cell)
    inked = outline(solid)
    if behind is None:
        out = np.zeros((rows, columns, 4), np.float32)
        out[solid] = np.concatenate([colour, np.ones((rows, columns, 1))], -1)[solid]
    else:
        back = _cells(
            np.concatenate([behind, np.ones((height, width, 1), np.float32)], -1), rows, columns, cell
        )
        back = np.round(back[..., :3] * 11) / 11
        out = np.concatenate([back, np.ones((rows, columns, 1))], -1).astype(np.float32)
        out[solid, :3] = colour[solid]
    out[inked] = (0.09, 0.07, 0.13, 1.0)
    return np.repeat(np.repeat(out, cell, 0), cell, 1)[:height, :width].astype(np.float32)


def _cells(picture: Array, rows: int, columns: int, cell: int) -> Array:
    height, width, channels = picture.shape
    full = np.pad(picture, ((0, rows * cell - height), (0, columns * cell - width), (0, 0)), mode="edge")
    return full.reshape(rows, cell, columns, cell, channels).mean((1, 3))


def _face_cells(layers: Layers, scene: Scene, rows: int, columns: int, cell: int) -> Array:
    """The cells that show mostly the skin of the face."""
    kinds = scene.model.table[:, KIND].astype(int)
    face = (layers.part >= 0) & (kinds[np.maximum(layers.part, 0)] == FACE)
    return _cells(face[..., None].astype(np.float32), rows, columns, cell)[..., 0] > 0.5


def contrast(colour: Array) -> Array:
    """Colours further apart, as few of them have to do."""
    mean = colour.mean(-1, keepdims=True)
    return np.clip((mean + (colour - mean) * 1.15 - 0.5) * 1.08 + 0.5, 0, 1)


def _reduced(colour: Array, solid: Array) -> Array:
    if not solid.any():
        return colour
    strip = (colour[solid] * 255 + 0.5).astype(np.uint8)[None]
    image = Image.fromarray(strip).quantize(
        _COLOURS, method=Image.Quantize.MEDIANCUT, kmeans=2, dither=Image.Dither.NONE
    )
    out = colour.copy()
    out[solid] = np.asarray(image.convert("RGB"), np.float32)[0] / 255
    return out


def outline(solid: Array) -> Array:
    """The empty cells beside full ones."""
    grown = solid.copy()
    grown[1:] |= solid[:-1]
    grown[:-1] |= solid[1:]
    grown[:, 1:] |= solid[:, :-1]
    grown[:, :-1] |= solid[:, 1:]
    return grown & ~solid
