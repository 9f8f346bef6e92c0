"""Pixel art that moves: all motion happens before the cells are made, and the palette stays the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image

from studio.engine.figure.drawing import Scene
from studio.engine.figure.render.camera import Shot
from studio.engine.figure.render.scene import Layers
from studio.engine.figure.styles.pixel import cell_size, contrast, outline
from studio.engine.figure.styles.registry import Style, over

Array = np.ndarray
_FINE = 2  # places in a cell, along each side
_COLOURS = 44
_STEPS = 32  # of each channel, in the table that leads from any colour to the palette
# A mouth is a few cells of thousands: its colours are never left out.
_MOUTH = np.array([[92, 18, 30], [140, 36, 48], [236, 112, 116], [250, 248, 244]], np.float32)
_INK = np.array([23, 18, 33], np.uint8)


def _plain(layers: Layers, behind: Array | None, scene: Scene) -> Array:
    return over(layers.rgba, behind)


@dataclass(eq=False)
class Grid:
    """The cells of one portrait and the scene in which it moves, small and unpainted."""

    scene: Scene
    cell: int
    count: int
    nearest: Array | None = None  # colour of the palette for each step of red, green and blue
    ground: Array | None = None

    @classmethod
    def of(cls, scene: Scene) -> Grid:
        """The grid of a scene in the pixel style."""
        size = scene.shot.width
        cell = cell_size(size, size, scene.camera.framing)
        count = -(-size // cell)
        shot, small = scene.shot, count * _FINE
        # The last cells may reach over the edge of the picture, so the scene does.
        beyond = (count * cell - size) / 2 / shot.scale
        centre = shot.centre + shot.rotation.T @ np.array([beyond, -beyond, 0.0])
        inner = Shot(shot.rotation, centre, shot.scale * _FINE / cell, small, small)
        plain = Style("pixel", scene.style.manner, _plain)
        return cls(replace(scene, shot=inner, style=plain), cell, count)

    def choose(self, pictures: Sequence[Array], behind: Array) -> None:
        """Choose the palette from pictures that show every colour."""
        cells = np.concatenate([contrast(self._cells(picture) / 255).reshape(-1, 3) for picture in pictures])
        strip = Image.fromarray((cells * 255 + 0.5).astype(np.uint8)[None])
        image = strip.quantize(_COLOURS, method=Image.Quantize.MEDIANCUT, kmeans=2, dither=Image.Dither.NONE)
        found = np.array(image.getpalette() or [0, 0, 0], np.float32).reshape(-1, 3)[:_COLOURS]
        palette = np.concatenate([found, _MOUTH])
        axis = (np.arange(_STEPS, dtype=np.float32) + 0.5) * 256 / _STEPS
        every = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), -1).reshape(-1, 3)
        away = ((every[:, None] - palette[None]) ** 2).sum(-1)
        self.nearest = palette[away.argmin(1)].astype(np.uint8).reshape(_STEPS, _STEPS, _STEPS, 3)
        steps = np.round(self._cells(behind) / 255 * 11) / 11
        self.ground = (steps * 255 + 0.5).astype(np.uint8)

    def painted(self, picture: Array, seen: Array, size: int) -> Array:
        """A finished frame: cells of the palette, a hard outline, flat ground."""
        assert self.nearest is not None
        assert self.ground is not None
        colour = (contrast(self._cells(picture) / 255) * (_STEPS - 0.01)).astype(np.int64)
        solid = self._cells(seen[..., None])[..., 0] > 127
        out = np.where(
            solid[..., None], self.nearest[colour[..., 0], colour[..., 1], colour[..., 2]], self.ground
        )
        out[outline(solid)] = _INK
        return np.ascontiguousarray(out.repeat(self.cell, 0).repeat(self.cell, 1)[:size, :size])

    def _cells(self, picture: Array) -> Array:
        shape = (self.count, _FINE, self.count, _FINE, picture.shape[-1])
        return picture.reshape(shape).astype(np.float32).mean((1, 3))
