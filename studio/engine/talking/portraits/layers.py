"""A drawn bust cut into layers that slide over each other: what is before, the body, what hangs behind it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from studio.engine.figure.drawing import Scene
from studio.engine.figure.filters import blur
from studio.engine.figure.palette import SEGMENT
from studio.engine.figure.shape.skeleton import BONE
from studio.engine.figure.workshop import SEGMENTS
from studio.engine.talking.portraits.motion import filled, seen

Array = np.ndarray
FRONT, BODY, BACK = range(3)
COUNT = 3
_FINE = 2
_UNDER = 0.055  # of the picture: how far a layer goes on below the ones before it
_HEAD = 0.95  # of its weight: what hangs on the head


def layer_at(scene: Scene) -> Callable[[Array, Array], Array]:
    """A function that tells the layer of what is seen, by its triangle and its depth."""
    model = scene.model
    segment = model.table[:, SEGMENT].astype(np.int64)[model.part_of]
    hair: Array = np.asarray(np.equal(segment, SEGMENTS.index("hair")))
    on_head: Array = np.asarray(np.greater(model.weights[:, BONE["head"]], _HEAD))
    head: Array = np.asarray(on_head[model.faces].all(1))
    neck = scene.rotations[BONE["neck"]] @ model.rest["neck"] + scene.shifts[BONE["neck"]]
    behind_neck = float(scene.shot.project(neck)[0, 2]) + 0.06 * model.head_height

    def layer(face: Array, depth: Array) -> Array:
        at = np.maximum(face, 0)
        far = hair[at] & (depth > behind_neck)
        return np.where(far, BACK, np.where(hair[at] | head[at], FRONT, BODY))

    return layer


def cut(scene: Scene, picture: Array) -> tuple[Array, Array]:
    """The layers of a finished picture (layers × height × width × 4) and what stands behind them."""
    size = scene.shot.width
    view = seen(scene, _FINE, size * _FINE)
    layer = np.where(view.face >= 0, layer_at(scene)(view.face, view.depth), -1)
    soft = max(1.0, size / 512)
    shares = [_share(layer == number) for number in range(COUNT)]
    whole = _grown(_share(layer >= 0), soft)
    layers = np.zeros((COUNT, size, size, 4), np.uint8)
    before = np.zeros((size, size), np.float32)  # what the layers before this one cover
    reach = [blur(share, _UNDER * size / 3) for share in shares]
    for number, share in enumerate(shares):
        alpha = np.minimum(_grown(share, soft), whole)
        # Outlines lie on what is behind them, so nothing near to a layer before tells a colour.
        sure = ((share > 0.98) & (blur(before, 2 * soft) < 0.01)).astype(np.float32)
        if not sure.any():
            sure = ((share > 0.5) & (before < 0.5)).astype(np.float32)
        if sure.any():
            under = (before > 0.98) & (reach[number] > 0.02)
            if number == BODY:
                under &= reach[BODY] > reach[BACK]
            spread = filled(picture.astype(np.float32) * sure[..., None], sure)
            # Soft rims keep the colours of the picture, what is covered takes those around it.
            keep = (np.clip(1 - 4 * before, 0, 1) * (alpha > 0))[..., None]
            layers[number, ..., :3] = _bytes((picture * keep + spread * (1 - keep)) / 255)
            layers[number, ..., 3] = _bytes(np.maximum(alpha, under))
        before = np.maximum(before, alpha)
    free = (before < 0.004).astype(np.float32)
    if not free.any():
        return layers, np.ascontiguousarray(picture)
    spread = filled(picture.astype(np.float32) * free[..., None], free)
    behind = np.where(free[..., None] > 0, picture, _bytes(spread / 255))
    return layers, np.ascontiguousarray(behind)


def _share(there: Array) -> Array:
    side = len(there) // _FINE
    return there.astype(np.float32).reshape(side, _FINE, side, _FINE).mean((1, 3))


def _grown(share: Array, radius: float) -> Array:
    """With the outline around it, which is drawn on what lies behind."""
    return np.clip(blur(share, radius) * 3.0, 0, 1)


def _bytes(values: Array) -> Array:
    return (np.clip(values, 0, 1) * 255 + 0.5).astype(np.uint8)
