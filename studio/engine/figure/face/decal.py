"""Drawing the face: eyes, brows, nose, mouth and marks on the canvas that the head wears."""

from __future__ import annotations

import numpy as np

from ..shape.curves import path
from ..shape.head import NOSE_Y
from ..spec import Spec
from .canvas import Canvas
from .eyes import EyeForm, draw_brow, draw_eye, eye_form
from .feelings import draw_blush, draw_feelings, draw_shadows
from .looks import Look, look_of
from .marks import draw_marks, draw_stubble
from .mouth import draw_mouth
from .speech import SHUT, draw_speech
from .surfaces import draw_animal_nose, draw_skull, draw_surface
from .tones import Tones, tones_of

__all__ = ["BOX", "EyeForm", "eye_form", "face_canvas", "face_picture"]

Array = np.ndarray
BOX = (-0.56, 0.56, -0.06, 0.86)  # of the decal in head units: across, then up


def face_canvas(
    spec: Spec,
    look: Look,
    texels_per_unit: float,
    turn: float = 0.0,
    box: tuple[float, float, float, float] = BOX,
    speaking: bool = False,
) -> Array:
    """The whole decal or a box of it, premultiplied RGBA; turn is -1..1 from one profile to the other."""
    canvas = Canvas(box, texels_per_unit)
    tones = tones_of(spec)
    form = eye_form(spec)
    if spec.skin.surface == "bone":
        draw_skull(canvas, spec, look, form, tones)
        draw_marks(canvas, spec, tones, under=False)
        return canvas.pixels
    draw_surface(canvas, spec, tones)
    draw_shadows(canvas, look, tones)
    draw_blush(canvas, spec, look, tones)
    draw_stubble(canvas, spec)
    draw_marks(canvas, spec, tones, under=True)
    _nose(canvas, spec, tones)
    if speaking and look.mouth.open >= SHUT:
        draw_speech(canvas, spec, look.mouth, tones, turn)
    else:
        draw_mouth(canvas, spec, look.mouth, tones, turn)
    for sign in (1.0, -1.0):
        opened = look.open_left if sign > 0 else look.open_right
        draw_eye(canvas, spec, look, form, sign, opened, tones)
        draw_brow(canvas, spec, look, form, sign, tones)
    draw_feelings(canvas, look, form, tones)
    draw_marks(canvas, spec, tones, under=False)
    return canvas.pixels


def face_picture(
    spec: Spec, texels_per_unit: float, mouth: str | None = None, lids: float | None = None, turn: float = 0.0
) -> Array:
    """The decal of a character's own expression, or of a moment of its speech."""
    return face_canvas(spec, look_of(spec.face.expression, mouth, lids), texels_per_unit, turn)


def _nose(canvas: Canvas, spec: Spec, tones: Tones) -> None:
    y = NOSE_Y
    if spec.feature("muzzle") is not None:
        return
    if spec.skin.surface == "fur":
        draw_animal_nose(canvas)
        return
    if spec.build.presentation == "masculine":
        bridge = [(0.004, y + 0.095), (0.026, y + 0.012), (0.034, y - 0.012), (0.006, y - 0.016)]
        canvas.fill([*bridge, (0.012, y + 0.02)], tones.shade, 0.80)
    tip = [
        (-0.010, y - 0.018),
        (0.004, y - 0.004),
        (0.020, y - 0.012),
        (0.014, y - 0.026),
        (-0.008, y - 0.024),
    ]
    canvas.fill(path([*tip, tip[0]], 24), tones.shade * 0.70 + tones.line * 0.30, 0.95)
    light = tones.skin + (1 - tones.skin) * 0.6
    canvas.ellipse((-0.006, y + 0.020), 0.008, 0.013, light, 0.7)
