"""Where eyes, mouth, head and joints are in the picture: for the talking head and for control maps."""

from __future__ import annotations

from typing import Any

import numpy as np

from .face.decal import eye_form
from .render.camera import Shot
from .shape.head import EYE_Y, MOUTH_Y, NOSE_Y
from .shape.skeleton import BONE, posed_places
from .spec import Spec
from .workshop import Model

Array = np.ndarray
COCO = (
    "nose", "neck", "right_shoulder", "right_elbow", "right_wrist", "left_shoulder", "left_elbow",
    "left_wrist", "right_hip", "right_knee", "right_ankle", "left_hip", "left_knee",
    "left_ankle", "right_eye", "left_eye",
    "right_ear", "left_ear",
)  # fmt: skip


def _head_places(spec: Spec) -> dict[str, Array]:
    x = eye_form(spec).spread
    return {
        "left_eye": np.array([x, EYE_Y, 0.33]),
        "right_eye": np.array([-x, EYE_Y, 0.33]),
        "nose": np.array([0.0, NOSE_Y, 0.41]),
        "mouth": np.array([0.0, MOUTH_Y, 0.36]),
        "chin": np.array([0.0, 0.0, 0.30]),
        "crown": np.array([0.0, 1.0, -0.05]),
        "left_ear": np.array([0.37, 0.37, -0.05]),
        "right_ear": np.array([-0.37, 0.37, -0.05]),
    }


def world_places(spec: Spec, model: Model, rotations: Array, shifts: Array) -> dict[str, Array]:
    """All named places of a posed character."""
    places = posed_places(model.rest, rotations, shifts)
    turn, shift = rotations[BONE["head"]], shifts[BONE["head"]]
    for name, local in _head_places(spec).items():
        places[name] = turn @ (model.head_origin + local * model.head_height) + shift
    return places


def head_middle(model: Model, rotations: Array, shifts: Array) -> Array:
    """The middle of the head in the world."""
    local = model.head_origin + np.array([0.0, 0.5, 0.0]) * model.head_height
    return rotations[BONE["head"]] @ local + shifts[BONE["head"]]


def facing(rotations: Array, shot: Shot) -> Array:
    """Where the face looks, in view space."""
    return shot.rotation @ rotations[BONE["head"]] @ np.array([0.0, 0.0, 1.0])


def landmarks(spec: Spec, model: Model, rotations: Array, shifts: Array, shot: Shot) -> dict[str, Any]:
    """Pixel places for the recipe; `visible` says which face points the viewer can see."""
    world = world_places(spec, model, rotations, shifts)
    names = list(world)
    pixels = shot.project(np.stack([world[name] for name in names]))
    look = facing(rotations, shot)
    points = {
        name: [round(float(x), 1), round(float(y), 1)] for name, (x, y, _) in zip(names, pixels, strict=True)
    }
    box = [points["crown"], points["chin"]]
    tall = abs(box[0][1] - box[1][1]) or 1.0
    centre = [(box[0][0] + box[1][0]) / 2, (box[0][1] + box[1][1]) / 2]
    head = [
        round(value, 1)
        for value in (
            centre[0] - 0.46 * tall,
            centre[1] - 0.56 * tall,
            centre[0] + 0.46 * tall,
            centre[1] + 0.56 * tall,
        )
    ]
    return {
        "eyes": {side: points[f"{side}_eye"] for side in ("left", "right")},
        "mouth": points["mouth"],
        "nose": points["nose"],
        "head_box": head,
        "head_height_px": round(float(model.head_height * shot.scale), 1),
        "facing": [round(float(value), 3) for value in look],
        "visible": _visible(look),
        "joints": {name: points[name] for name in BONE},
    }


def _visible(look: Array) -> dict[str, bool]:
    return {
        "face": bool(look[2] > 0.1),
        "left_eye": bool(look[2] > -0.05 or look[0] < -0.6),
        "right_eye": bool(look[2] > -0.05 or look[0] > 0.6),
        "mouth": bool(look[2] > -0.02),
    }


def coco_points(
    spec: Spec, model: Model, rotations: Array, shifts: Array, shot: Shot
) -> tuple[tuple[float, float] | None, ...]:
    """The 18 COCO points in pixels; face points that the head hides are None."""
    world = world_places(spec, model, rotations, shifts)
    pixels = shot.project(np.stack([world[name] for name in COCO]))
    look = facing(rotations, shot)
    hidden = set()
    if look[2] < -0.05:
        hidden |= {"nose", "left_eye", "right_eye"}
    if look[0] > 0.62:
        hidden |= {"left_eye"} if look[2] < 0.5 else set()
        hidden |= {"left_ear"}
    if look[0] < -0.62:
        hidden |= {"right_eye"} if look[2] < 0.5 else set()
        hidden |= {"right_ear"}
    return tuple(
        None if name in hidden else (float(x), float(y)) for name, (x, y, _) in zip(COCO, pixels, strict=True)
    )
