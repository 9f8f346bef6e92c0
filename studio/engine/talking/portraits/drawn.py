"""A character that we drew: drawn again as a bust, with mouth and eyes as plates on the real model."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from typing import Any, Literal

import numpy as np

from studio.engine.figure.drawing import Scene, backdrop_of, stage_spec
from studio.engine.figure.face.looks import Look, look_of
from studio.engine.figure.face.looks import Mouth as Lips
from studio.engine.figure.landmarks import facing, head_middle
from studio.engine.figure.render.camera import Shot
from studio.engine.figure.request import Camera
from studio.engine.figure.shape.skeleton import BONE
from studio.engine.figure.spec import Spec
from studio.engine.talking.moment import Moment, Mouth
from studio.engine.talking.portraits.cells import Grid
from studio.engine.talking.portraits.layers import COUNT, FRONT, cut, layer_at
from studio.engine.talking.portraits.motion import Motion, motion_of
from studio.engine.talking.portraits.plates import EYES_BOX, MOUTH_BOX, Plates, ground_of, laid, painted
from studio.engine.talking.portraits.portrait import NoFace
from studio.engine.talking.portraits.states import eyes_look, mouth_look
from studio.engine.talking.portraits.warp import kinds_of, moved

log = logging.getLogger(__name__)
Array = np.ndarray
# Of the frame, in heights of the head: over what is highest on it, below its middle, and at most.
_OVER, _UNDER, _TALLEST, _WIDEST = 0.10, 1.22, 1.20, 2.5
_FROM_BEHIND = -0.05  # a face that looks further away than this shows nothing that moves


def open_drawn(picture: Array, recipe: dict[str, Any], size: int) -> DrawnPortrait | None:
    """The portrait of a character by its recipe; None if the recipe is not of a drawing of ours."""
    told = drawn_by(recipe)
    if told is None:
        return None
    spec, camera = told
    height, width = picture.shape[:2]
    scene = _scene(spec, camera, size, height == width and camera.framing == "portrait")
    if facing(scene.rotations, scene.shot)[2] < _FROM_BEHIND:
        raise NoFace(
            "The character is seen from behind, so there is no face that could talk. "
            "Take a picture from the front, a quarter turn or the side."
        )
    return DrawnPortrait(scene, size)


def drawn_by(recipe: dict[str, Any]) -> tuple[Spec, Camera] | None:
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
    if told.get("denoise", 1.0) < 1.0:
        return None  # another picture shines through, which only that picture can show
    try:
        spec = Spec.from_json(told["spec"])
        camera = Camera(**told.get("camera", {}))
    except (ValueError, TypeError, KeyError) as problem:
        log.info("a recipe is not of this version's figure, so its picture is moved instead: %s", problem)
        return None
    return spec, camera


def _scene(spec: Spec, camera: Camera, size: int, as_it_was: bool) -> Scene:
    """The character from where it was seen, framed as a bust with all that is on its head."""
    scene = stage_spec(spec, camera, size, size)
    if as_it_was:
        return scene
    model, shot = scene.model, scene.shot
    middle = head_middle(model, scene.rotations, scene.shifts)
    head = np.unique(model.faces[(model.weights[:, BONE["head"]] > 0.9)[model.faces].all(1)])
    away = (scene.points[head] - middle) @ shot.rotation.T / model.head_height
    top = min(max(float(away[:, 1].max()), 0.55), _TALLEST) + _OVER
    # Hats and ears have room at the sides as well; long hair and antlers may leave the picture.
    beside = float(np.percentile(np.abs(away[away[:, 1] > -0.6, 0]), 99)) + _OVER
    span = max(top + _UNDER, min(2 * beside, _WIDEST))
    centre = middle + shot.rotation.T @ np.array([0.0, top - span / 2, 0.0]) * model.head_height
    return replace(
        scene,
        camera=replace(camera, framing="portrait"),
        shot=Shot(shot.rotation, centre, size / (span * model.head_height), size, size),
    )


class DrawnPortrait:
    """A drawn character that talks."""

    kind: Literal["drawn", "photo"] = "drawn"

    def __init__(self, scene: Scene, size: int) -> None:
        self.size = size
        self._still = _still_of(scene.spec)
        self._grid: Grid | None = None
        if scene.style.name == "pixel":
            self._grid = Grid.of(scene)
            scene = self._grid.scene
        stage = scene.shot.width
        ground = ground_of(scene, backdrop_of(scene))
        whole = (slice(0, stage), slice(0, stage))
        picture = _bytes(painted(ground, laid(ground, self._still, whole), whole))
        self._layers, self._behind = cut(scene, picture)
        self._kinds = kinds_of(self._layers)
        self._motion: Motion = motion_of(scene, layer_at(scene), COUNT)
        self._mouths = Plates(ground, MOUTH_BOX, self._still)
        self._eyes = Plates(ground, EYES_BOX, self._still)
        if self._grid is not None:
            self._grid.choose([self._moved(moment) for moment in _TELLING], self._behind)

    def frame(self, moment: Moment) -> Array:
        """The picture of one moment."""
        picture = self._moved(moment)
        if self._grid is None:
            return picture
        fields = self._motion.fields(moment)
        mask = np.repeat(self._layers[..., 3:], 4, -1)
        seen = moved(mask, self._kinds, np.zeros_like(self._behind), fields)[..., 0]
        return self._grid.painted(picture, seen, self.size)

    def _moved(self, moment: Moment) -> Array:
        layers = self._layers.copy()
        self._mouths.change(layers[FRONT], mouth_look(self._still, moment))
        self._eyes.change(layers[FRONT], eyes_look(self._still, moment))
        return moved(layers, self._kinds, self._behind, self._motion.fields(moment))


# Together they show every colour of a face that speaks.
_TELLING = (
    Moment(),
    Moment(Mouth(open=1.0, tongue=1.0)),
    Moment(Mouth(open=0.5, wide=1.0, teeth=1.0), blink=0.5),
    Moment(Mouth(press=1.0), blink=1.0),
)


def _still_of(spec: Spec) -> Look:
    """The expression in which the character was drawn; behind a muzzle the face has no mouth of its own."""
    look = look_of(spec.face.expression)
    if spec.feature("muzzle") is not None:
        return replace(look, mouth=Lips(width=0.4, smile=0.0))
    return look


def _bytes(rgb: Array) -> Array:
    return (np.clip(rgb, 0, 1) * 255 + 0.5).astype(np.uint8)
