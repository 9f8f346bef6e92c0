"""Control maps of a view: OpenPose, depth, normal, line art, segmentation with its legend."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .drawing import Scene, layers_of, stage
from .landmarks import coco_points
from .palette import SEGMENT
from .poses import OpenPose, draw_openpose, to_document
from .render.raster import FAR
from .render.scene import Layers
from .request import DrawRequest
from .workshop import SEGMENTS

Array = np.ndarray

# One colour per segment, far apart from one another.
LEGEND: dict[str, tuple[int, int, int]] = {
    "background": (0, 0, 0),
    "skin": (255, 170, 130),
    "face": (255, 220, 190),
    "hair": (150, 75, 0),
    "torso": (0, 110, 220),
    "legs": (0, 190, 120),
    "feet": (120, 60, 160),
    "hands": (255, 120, 80),
    "head_wear": (250, 220, 0),
    "cape": (220, 20, 60),
    "armor": (130, 150, 170),
    "item": (255, 0, 200),
    "feature": (0, 230, 230),
}


def _pose(scene: Scene, layers: Layers) -> Array:
    points = coco_points(scene.spec, scene.model, scene.rotations, scene.shifts, scene.shot)
    return draw_openpose(points, (scene.shot.width, scene.shot.height))


def _depth(scene: Scene, layers: Layers) -> Array:
    seen = layers.depth < FAR
    out = np.zeros(layers.depth.shape, np.uint8)
    if seen.any():
        near, far = layers.depth[seen].min(), layers.depth[seen].max()
        share = (far - layers.depth[seen]) / max(float(far - near), 1e-6)
        out[seen] = (38 + 217 * share + 0.5).astype(np.uint8)
    return np.repeat(out[..., None], 3, -1)


def _normal(scene: Scene, layers: Layers) -> Array:
    seen = layers.depth < FAR
    out = np.empty(layers.normal.shape, np.uint8)
    # Channel by channel: numpy is slow where the innermost axis is short.
    for c, beyond in enumerate((0.0, 0.0, 1.0)):
        out[..., c] = np.where(seen, layers.normal[..., c], np.float32(beyond)) * 127.5 + 128.0
    return out


def _lineart(scene: Scene, layers: Layers) -> Array:
    value = np.clip(layers.line, 0, 1)
    return np.repeat((value * 255 + 0.5).astype(np.uint8)[..., None], 3, -1)


def _segmentation(scene: Scene, layers: Layers) -> Array:
    colours = np.array([LEGEND[name] for name in SEGMENTS], np.uint8)
    segment = scene.model.table[:, SEGMENT].astype(int)
    # Part -1, which is nothing, takes the last row: the background's.
    return np.append(colours[segment], colours[:1], axis=0)[layers.part]


MAPS: dict[str, Callable[[Scene, Layers], Array]] = {
    "openpose": _pose,
    "depth": _depth,
    "normal": _normal,
    "lineart": _lineart,
    "segmentation": _segmentation,
}


def control_maps(request: DrawRequest, kinds: tuple[str, ...] | None = None) -> dict[str, Any]:
    """The maps by name (height × width × 3, uint8), with `openpose_json` and the segmentation's `legend`."""
    wanted = tuple(MAPS) if kinds is None else kinds
    unknown = [kind for kind in wanted if kind not in MAPS]
    if unknown:
        raise ValueError(
            f"There is no control map called {', '.join(unknown)}; choose from {', '.join(MAPS)}."
        )
    scene = stage(request)
    layers = layers_of(scene)
    points = coco_points(scene.spec, scene.model, scene.rotations, scene.shifts, scene.shot)
    document = to_document(OpenPose(points, request.width, request.height))
    return {
        **{kind: MAPS[kind](scene, layers) for kind in wanted},
        "openpose_json": document,
        "legend": {name: list(colour) for name, colour in LEGEND.items()},
    }
