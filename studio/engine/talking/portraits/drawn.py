"""A character that we drew: drawn again as a bust, with mouth and eyes as plates on the real model."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from typing import Any, Literal

import numpy as np

from studio.engine.figure.drawing import Scene, backdrop_of, stage_spec
from studio.engine.figure.face.looks import look_of
from studio.engine.figure.landmarks import facing
from studio.engine.figure.request import Camera
from studio.engine.figure.spec import Spec
from studio.engine.talking.moment import Moment
from studio.engine.talking.portraits.motion import Motion, filled, motion_of
from studio.engine.talking.portraits.plates import EYES_BOX, MOUTH_BOX, Plates, ground_of, laid, painted
from studio.engine.talking.portraits.portrait import NoFace
from studio.engine.talking.portraits.states import eyes_look, mouth_look
from studio.engine.talking.portraits.warp import moved

log = logging.getLogger(__name__)
Array = np.ndarray
_FROM_BEHIND = -0.05  # a face that looks further away than this shows nothing that moves


def open_drawn(picture: Array, recipe: dict[str, Any], size: int) -> DrawnPortrait | None:
    """The portrait of a character by its recipe; None if the recipe is not of a drawing of ours."""
    told = _figure_of(recipe)
    if told is None:
        return None
    spec, camera = told
    scene = _scene(spec, camera, size)
    if facing(scene.rotations, scene.shot)[2] < _FROM_BEHIND:
        raise NoFace(
            "The character is seen from behind, so there is no face that could talk. "
            "Take a picture from the front, a quarter turn or the side."
        )
    return DrawnPortrait(scene, size)


def _figure_of(recipe: dict[str, Any]) -> tuple[Spec, Camera] | None:
    """Character and view of a recipe, however deep it lies in what a picture carries."""
    told: Any = recipe
    for key in ("figure", "recipe"):
        inner = told.get(key) if isinstance(told, dict) else None
        if isinstance(inner, str):
            try:
                inner = json.loads(inner)
            except ValueError:
                return None
        if inner is not None:
            told = inner
    if not isinstance(told, dict) or not isinstance(told.get("spec"), dict):
        return None
    try:
        spec = Spec.from_json(told["spec"])
        camera = Camera(**told.get("camera", {}))
    except (ValueError, TypeError, KeyError) as problem:
        log.info("a recipe is not of this version's figure, so its picture is moved instead: %s", problem)
        return None
    return spec, camera


def _scene(spec: Spec, camera: Camera, size: int) -> Scene:
    return stage_spec(spec, replace(camera, framing="portrait"), size, size)


class DrawnPortrait:
    """A drawn character that talks."""

    kind: Literal["drawn", "photo"] = "drawn"

    def __init__(self, scene: Scene, size: int) -> None:
        self.size = size
        self._still = look_of(scene.spec.face.expression)
        behind = backdrop_of(scene)
        ground = ground_of(scene, behind)
        whole = (slice(0, size), slice(0, size))
        rgba = laid(ground, self._still, whole)
        picture = _bytes(painted(ground, rgba, whole))
        self._figure = np.ascontiguousarray(np.concatenate([picture, _cut(rgba[..., 3])[..., None]], -1))
        self._behind = _without(picture, self._figure[..., 3])
        self._motion: Motion = motion_of(scene)
        self._mouths = Plates(ground, MOUTH_BOX, self._still)
        self._eyes = Plates(ground, EYES_BOX, self._still)

    def frame(self, moment: Moment) -> Array:
        """The picture of one moment."""
        figure = self._figure.copy()
        self._mouths.change(figure, mouth_look(self._still, moment))
        self._eyes.change(figure, eyes_look(self._still, moment))
        return moved(figure, self._behind, self._motion.field(moment))


def _bytes(rgb: Array) -> Array:
    return (np.clip(rgb, 0, 1) * 255 + 0.5).astype(np.uint8)


def _cut(alpha: Array) -> Array:
    """Where the figure is, with its outline and the soft pixels around it."""
    from studio.engine.figure.filters import blur

    return _bytes(np.clip(blur(alpha, 1.0) * 3.0, 0, 1))


def _without(picture: Array, cut: Array) -> Array:
    """What stands behind the figure: what is seen around it, spread inwards."""
    free = (cut == 0).astype(np.float32)
    if not free.any():
        return np.ascontiguousarray(picture)
    spread = filled(picture.astype(np.float32) * free[..., None], free)
    return np.ascontiguousarray(np.where(free[..., None] > 0, picture, _bytes(spread / 255)))
