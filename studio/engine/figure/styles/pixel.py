"""Pixel art: drawn for a coarse grid, with a palette, a hard outline and eyes set by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from ..filters import straight
from ..landmarks import facing, world_places
from ..palette import lifted, shaded
from ..render.scene import Layers, Manner
from .registry import style

if TYPE_CHECKING:
    from ..drawing import Scene

Array = np.ndarray
_GRID_ROWS = 144  # cells over the height of a full picture: enough for a face of a dozen cells
_COLOURS = 40


def cell_size(height: int, width: int) -> int:
    """Pixels of the picture per cell of the grid."""
    return max(1, round(max(height, width) / _GRID_ROWS))


@style("pixel", manner=Manner(outline=0.5, inline=1.1))
def pixel(layers: Layers, behind: Array | None, scene: Scene) -> Array:
    """Average into cells, keep a small palette, outline, and draw the face by hand where it is small."""
    height, width = layers.line.shape
    cell = cell_size(height, width)
    rows, columns = -(-height // cell), -(-width // cell)
    small = _cells(layers.rgba, rows, columns, cell)
    solid = small[..., 3] > 0.5
    colour = np.clip(straight(small), 0, 1)
    colour = _contrast(colour)
    colour = _reduced(colour, solid)
    _face(colour, solid, scene, cell)
    inked = _outline(solid)
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


def _contrast(colour: Array) -> Array:
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


def _outline(solid: Array) -> Array:
    grown = solid.copy()
    grown[1:] |= solid[:-1]
    grown[:-1] |= solid[1:]
    grown[:, 1:] |= solid[:, :-1]
    grown[:, :-1] |= solid[:, 1:]
    return grown & ~solid


def _face(colour: Array, solid: Array, scene: Scene, cell: int) -> None:
    """Eyes, brows and mouth cell by cell: averaging would leave grey smears."""
    spec = scene.spec
    look = facing(scene.rotations, scene.shot)
    head_cells = scene.model.head_height * scene.shot.scale / cell
    if look[2] < -0.05 or head_cells > 40:
        return
    world = world_places(spec, scene.model, scene.rotations, scene.shifts)
    seen = scene.shot.project(np.stack([world["left_eye"], world["right_eye"], world["mouth"]])) / cell
    tall = max(1, round(head_cells * 0.085))
    wide = max(1, round(head_cells * 0.050))
    dark = np.array([0.11, 0.08, 0.13])
    skin = lifted(spec.skin.colour)
    shut = spec.face.expression in ("laughing",)

    def put(x: int, y: int, value: Array) -> None:
        if 0 <= y < solid.shape[0] and 0 <= x < solid.shape[1] and solid[y, x]:
            colour[y, x] = value

    for side, (x, y, _), iris in (("left", seen[0], spec.eyes.left), ("right", seen[1], spec.eyes.right)):
        turned_away = (look[0] > 0.80 and side == "left") or (look[0] < -0.80 and side == "right")
        hidden = (look[0] > 0.45 and side == "left" and look[2] < 0.35) or (
            look[0] < -0.45 and side == "right" and look[2] < 0.35
        )
        if turned_away or hidden:
            continue
        cx, cy = round(float(x) - 0.5), round(float(y) - 0.5)
        outward = 1 if side == "left" else -1
        for dx in range(-wide, wide + 1):
            for dy in range(-tall - 1, tall + 2):
                put(cx + dx, cy + dy, skin)
        if shut or (spec.face.expression == "wink" and side == "right"):
            for dx in range(-wide, wide + 1):
                put(cx + dx, cy + (0 if abs(dx) < wide else 1), dark)
            continue
        bright = lifted(iris)
        for dx in range(-wide, wide + 1):
            put(cx + dx, cy - tall, dark)
        put(cx + outward * (wide + 1), cy - tall + 1, dark)
        brow = lifted(spec.hair.colour) * 0.6
        tilt = {"angry": 1, "determined": 1, "evil_grin": 1, "sad": -1, "crying": -1, "scared": -1}
        for dx in range(-wide, wide + 1):
            lean = tilt.get(spec.face.expression, 0) * (1 if dx * outward < 0 else 0)
            put(cx + dx, cy - tall - 2 + lean, brow)
        for step in range(-max(0, wide - 1), wide + 1):
            for dy in range(-tall + 1, tall + 1):
                put(cx + outward * step, cy + dy, bright * 0.55 if dy <= 0 and tall > 1 else bright)
        for dy in range(max(1, tall - 1)):
            put(cx, cy + dy, dark)
        if wide > 0:
            for dy in range(-tall + 1, tall + 1):
                put(cx - outward * wide, cy + dy, np.array([0.97, 0.97, 0.98]))
        put(cx + (1 if outward > 0 else -1) * max(0, wide - 1), cy - tall + 1, np.ones(3))
    if look[2] > 0.3:
        mx, my = round(float(seen[2][0]) - 0.5), round(float(seen[2][1]) - 0.5)
        half = max(1, round(head_cells * 0.05))
        lip = shaded(spec.skin.colour, 1) * np.array([0.75, 0.55, 0.55])
        smiling = spec.face.expression in ("happy", "laughing", "wink", "evil_grin", "smirk")
        for dx in range(-half, half + 1):
            put(mx + dx, my - (1 if smiling and abs(dx) == half else 0), lip)
