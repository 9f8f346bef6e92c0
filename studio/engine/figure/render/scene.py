"""A bent model seen by a camera: tiles on several threads, gathered into the layers of a picture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..compiled import spread
from ..face.decal import BOX
from ..palette import KIND
from ..workshop import Model
from .camera import Shot
from .lines import resolve
from .raster import FAR, banded, rasterise, shadow_depth, to_view
from .shade import shade_cel

Array = np.ndarray
_TILE_ROWS = 64
_LIGHT = np.array([-0.42, 0.60, 0.68])
_SHADOW_SIZE = 1024
_HEAD_CENTRE = np.array([0.0, 0.55, -0.05])


@dataclass(frozen=True, eq=False)
class Layers:
    """What a style paints from, all at the size of the picture."""

    rgba: Array  # premultiplied, float32
    line: Array  # share of each pixel that is line
    tone: Array  # share of light
    part: Array  # number of the part, -1 outside
    normal: Array  # in view space
    depth: Array  # metres behind the centre of the frame, FAR outside


@dataclass(frozen=True)
class Manner:
    """How lines are drawn: their weight, and whether they are in the colours at all."""

    outline: float = 1.0
    inline: float = 1.0
    ink: bool = True
    fineness: int = 2  # samples along each side of a pixel


def light_frame() -> Array:
    """Right, up and towards of the light, in view space."""
    towards = _LIGHT / np.sqrt((_LIGHT * _LIGHT).sum())
    right = np.cross([0.0, 1.0, 0.0], towards)
    right /= np.sqrt((right * right).sum())
    return np.stack([right, np.cross(towards, right), towards])


def _shadow(points: Array, model: Model, frame: Array, centre: Array, reach: float) -> tuple[Array, float]:
    scale = _SHADOW_SIZE / (2 * reach)
    q = np.einsum("ij,kj->ik", points - centre, frame)
    screen = np.stack([_SHADOW_SIZE / 2 + q[:, 0] * scale, _SHADOW_SIZE / 2 - q[:, 1] * scale, -q[:, 2]], -1)
    screen = screen.astype(np.float32)
    depth = np.full((_SHADOW_SIZE, _SHADOW_SIZE), FAR, np.float32)
    step = _SHADOW_SIZE // 8
    chosen, _, _ = banded(screen, model.faces, model.casts, model.two_sided, step, 8)

    def band(number: int) -> None:
        top = number * step
        shadow_depth(screen, model.faces, chosen[number], top, depth[top : top + step])

    spread(band, range(8))
    return depth, scale


def nothing_seen(width: int, height: int) -> Layers:
    """The layers of a picture without a figure."""
    return Layers(
        np.zeros((height, width, 4), np.float32),
        np.zeros((height, width), np.float32),
        np.zeros((height, width), np.float32),
        np.full((height, width), -1, np.int32),
        np.zeros((height, width, 3), np.float32),
        np.full((height, width), FAR, np.float32),
    )


def render(
    model: Model,
    points: Array,
    normals: Array,
    shot: Shot,
    decal: Array,
    manner: Manner,
    after_tile: Callable[[int, int, Array], None] | None = None,
) -> Layers:
    """Draw a bent model; after_tile(done, total, rgba so far) is called now and then."""
    factor = manner.fineness
    width, height = shot.width, shot.height
    unit = max(0.5, height / 768.0) * factor
    outer, inner = max(0.9, 0.95 * unit * manner.outline), max(0.6, 0.46 * unit * manner.inline)
    reach = max(2, round(0.010 * shot.scale * factor))
    margin = max(int(np.ceil(outer * 1.4)) + 1, reach + 1)

    count = len(points)
    screen, seen = np.empty((count, 3), np.float32), np.empty((count, 3), np.float32)
    to_view(
        points, normals, shot.rotation, shot.centre, shot.distance, shot.scale * factor,
        width * factor / 2.0, height * factor / 2.0, screen, seen,
    )  # fmt: skip

    low, high = points.min(0), points.max(0)
    middle, far = (low + high) / 2, float(np.sqrt(((high - low) ** 2).sum())) / 2 * 1.02
    seen_far = 0.62 * float(np.hypot(width, height)) / shot.scale
    if seen_far < far:  # close by, all of the shadow map serves what is in the picture
        middle, far = shot.centre, seen_far
    frame = light_frame() @ shot.rotation
    shadow, shadow_scale = _shadow(points, model, frame, middle, far)
    world = points.astype(np.float32)
    light = light_frame()[2]
    kinds = model.table[:, KIND].astype(np.int64)
    box = np.array(BOX)
    foot, tall = float(low[1]), float(high[1] - low[1])
    pixel = 1.0 / (shot.scale * factor)
    # A gap in depth becomes an outline; close-ups show finer steps.
    gap = max(0.006, min(0.020, 0.9 * model.head_height * 0.085))

    layers = nothing_seen(width, height)

    starts = list(range(0, height, _TILE_ROWS))
    every = np.ones(len(model.faces), np.uint8)
    chosen, lefts, rights = banded(
        screen, model.faces, every, model.two_sided, _TILE_ROWS * factor, len(starts), float(margin)
    )

    def tile(first: int) -> None:
        number = first // _TILE_ROWS
        # Only the columns that the figure and its outlines reach; the rest stays as it is.
        begin = max(0, int(np.floor((lefts[number] - margin) / factor))) if len(chosen[number]) else 0
        end = min(width, int(np.ceil((rights[number] + margin) / factor)) + 1) if len(chosen[number]) else 0
        if end <= begin:
            return
        rows = min(_TILE_ROWS, height - first)
        shape = (rows * factor + 2 * margin, (end - begin) * factor + 2 * margin)
        depth = np.full(shape, FAR, np.float32)
        face_at = np.full(shape, -1, np.int32)
        weights = np.empty((*shape, 2), np.float32)
        rasterise(
            screen, model.faces, chosen[number], model.keep, model.cut,
            first * factor - margin, begin * factor - margin, depth, face_at, weights,
        )  # fmt: skip
        colour = np.empty((*shape, 3), np.float32)
        tone = np.empty(shape, np.float32)
        segment = np.empty(shape, np.int32)
        normal = np.empty((*shape, 3), np.float32)
        shade_cel(
            face_at, weights, depth, model.faces, model.part_of, seen, world, model.local, model.surface,
            model.table,
            light, frame, middle, shadow, shadow_scale, _HEAD_CENTRE, decal, box, foot, tall, pixel, reach,
            colour, tone, segment, normal,
        )  # fmt: skip
        resolve(
            colour, tone, segment, normal, depth, kinds, factor, margin, outer, inner, gap, gap * 0.17,
            1.0 if manner.ink else 0.0,
            layers.rgba, layers.line, layers.tone, layers.part, layers.normal, layers.depth, first, begin,
        )  # fmt: skip

    batch = max(2, -(-len(starts) // 6)) if after_tile else len(starts)
    for at in range(0, len(starts), batch):
        spread(tile, starts[at : at + batch])
        if after_tile:
            after_tile(min(len(starts), at + batch), len(starts), layers.rgba)
    return layers
