"""Drawing the face: eyes, brows, nose, mouth and marks on the canvas that the head wears."""

# ruff: noqa: RUF005  tuples are added to vectors here, not joined

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..palette import SKIN as SKIN_KIND
from ..palette import from_lab, lifted, shaded, to_lab
from ..shape.curves import path
from ..shape.head import EYE_Y, MOUTH_Y, NOSE_Y
from ..spec import Spec
from .canvas import Canvas
from .looks import Look, Mouth, look_of
from .marks import draw_marks, draw_stubble

Array = np.ndarray
BOX = (-0.56, 0.56, -0.06, 0.86)  # of the decal in head units: across, then up


@dataclass(frozen=True)
class EyeForm:
    """Half width and height of an open eye, and how its corners lie."""

    width: float
    height: float
    slant: float  # > 0: the outer corner is higher
    lash: float  # thickness of the upper lash line
    spread: float  # half the distance between the eyes


def eye_form(spec: Spec) -> EyeForm:
    """The eyes of a character by shape, presentation and age."""
    width, height, slant = {
        "round": (0.086, 0.092, 0.00),
        "almond": (0.092, 0.078, 0.10),
        "narrow": (0.094, 0.058, 0.14),
        "droopy": (0.088, 0.082, -0.16),
        "upturned": (0.092, 0.080, 0.24),
        "wide": (0.094, 0.100, 0.02),
    }.get(spec.eyes.shape, (0.088, 0.086, 0.0))
    lash = 0.026
    if spec.build.presentation == "masculine":
        width, height, lash = width * 0.94, height * 0.76, 0.022
    elif spec.build.presentation == "androgynous":
        height, lash = height * 0.90, 0.023
    grow = {"child": 1.20, "teen": 1.06, "middle_aged": 0.92, "elder": 0.84}.get(spec.build.age, 1.0)
    if spec.build.heads_tall < 4.5:
        grow *= 1.28
    return EyeForm(width * (0.6 + 0.4 * grow), height * grow, slant, lash, 0.166 + 0.012 * (grow > 1.15))


def face_canvas(spec: Spec, look: Look, texels_per_unit: float) -> Array:
    """The whole decal, premultiplied RGBA."""
    canvas = Canvas(BOX, texels_per_unit)
    skin = lifted(spec.skin.colour)
    ink = _ink(spec)
    _blush(canvas, spec, look, skin)
    draw_stubble(canvas, spec)
    draw_marks(canvas, spec, under=True)
    _nose(canvas, spec, skin)
    _mouth(canvas, spec, look.mouth, skin)
    form = eye_form(spec)
    for sign in (1.0, -1.0):
        opened = look.open_left if sign > 0 else look.open_right
        _eye(canvas, spec, look, form, sign, opened, ink, skin)
        _brow(canvas, spec, look, form, sign)
    _feelings(canvas, look, form, ink)
    draw_marks(canvas, spec, under=False)
    return canvas.pixels


def face_picture(
    spec: Spec, texels_per_unit: float, mouth: str | None = None, lids: float | None = None
) -> Array:
    """The decal of a character's own expression, or of a moment of its speech."""
    return face_canvas(spec, look_of(spec.face.expression, mouth, lids), texels_per_unit)


def _ink(spec: Spec) -> Array:
    hair = to_lab(lifted(spec.hair.colour))
    return from_lab(np.array([0.22, hair[1] * 0.35 + 0.012, hair[2] * 0.25 - 0.002]))


def _blush(canvas: Canvas, spec: Spec, look: Look, skin: Array) -> None:
    if spec.skin.surface not in ("skin", "fur"):
        return
    rose = from_lab(to_lab(skin) + np.array([-0.05, 0.085, 0.012]))
    strength = look.blush * (0.6 if spec.build.presentation == "masculine" else 1.0)
    if strength <= 0.01:
        return
    for sign in (-1, 1):
        canvas.glow(
            (sign * 0.218, 0.268),
            0.098,
            0.052,
            rose,
            min(0.75, 0.34 + 0.45 * strength) * min(1.0, strength * 2.2),
        )
        if look.blush >= 0.9:
            for k in range(3):
                x = sign * (0.19 + 0.032 * k)
                canvas.stroke(
                    [(x + 0.012, 0.288), (x - 0.012, 0.246)], (0.003, 0.007, 0.003), rose * 0.82, 0.8
                )


def _nose(canvas: Canvas, spec: Spec, skin: Array) -> None:
    shade = shaded(spec.skin.colour, SKIN_KIND)
    y = NOSE_Y
    if spec.species in ("cat", "fox", "wolf", "rabbit") and spec.skin.surface == "fur":
        canvas.fill([(-0.045, y + 0.03), (0.045, y + 0.03), (0.0, y - 0.022)], np.array([0.25, 0.16, 0.18]))
        canvas.stroke([(0, y - 0.02), (0, MOUTH_Y + 0.01)], (0.008, 0.006), np.array([0.3, 0.2, 0.22]))
        return
    if spec.build.presentation == "masculine":
        canvas.fill(
            [
                (0.004, y + 0.085),
                (0.024, y + 0.012),
                (0.030, y - 0.012),
                (0.006, y - 0.016),
                (0.012, y + 0.02),
            ],
            shade,
            0.75,
        )
    canvas.fill(
        path(
            [
                (-0.002, y - 0.002),
                (0.020, y - 0.006),
                (0.016, y - 0.026),
                (-0.012, y - 0.024),
                (-0.002, y - 0.002),
            ],
            20,
        ),
        shade * 0.93,
        0.9,
    )
    light = skin + (1 - skin) * 0.6
    canvas.ellipse((-0.006, y + 0.020), 0.008, 0.012, light, 0.7)


def _mouth(canvas: Canvas, spec: Spec, mouth: Mouth, skin: Array) -> None:
    dark = from_lab(to_lab(skin) * np.array([0.42, 0.9, 0.6]) + np.array([0.0, 0.055, 0.01]))
    lip = (
        lifted(spec.face.lips)
        if spec.face.lips is not None
        else from_lab(to_lab(skin) + np.array([-0.09, 0.055, 0.005]))
    )
    feminine = spec.build.presentation == "feminine" or spec.face.lips is not None
    half = 0.062 * mouth.width * (1.12 if spec.build.presentation == "masculine" else 1.0)
    y = MOUTH_Y
    corner = 0.020 * mouth.smile
    left, right = (-half, y + corner - 0.012 * mouth.skew), (half, y + corner + 0.018 * mouth.skew)
    dip = y - 0.006 * mouth.smile
    wave = 0.006 * mouth.wave
    upper = path(
        [left, (-half * 0.5, dip + wave), (-0.004, dip - wave - 0.002), (half * 0.5, dip + wave), right], 28
    )
    strength = 0.95 if spec.face.lips is not None else 0.45
    if mouth.open < 0.006:
        if feminine:
            canvas.fill(
                np.concatenate(
                    [upper[6:-6], path([(half * 0.55, dip), (0.0, dip - 0.026), (-half * 0.55, dip)], 16)]
                ),
                lip,
                strength * 0.75,
            )
        canvas.stroke(upper, (0.004, 0.0105, 0.0075, 0.0105, 0.004), dark)
        canvas.stroke(
            [(-0.022, y - 0.040), (0, y - 0.045), (0.022, y - 0.040)],
            (0.001, 0.006, 0.001),
            shaded(spec.skin.colour, SKIN_KIND),
            0.7,
        )
        return
    depth = mouth.open
    if mouth.round > 0.5:
        angle = np.linspace(0, 2 * np.pi, 40, endpoint=False)
        shape = np.stack([half * np.cos(angle), y - depth * 0.35 + depth * 0.68 * np.sin(angle)], -1)
    else:
        low = path(
            [right, (half * 0.72, y - depth * 0.72), (0, y - depth), (-half * 0.72, y - depth * 0.72), left],
            28,
        )
        shape = np.concatenate([upper, low[1:-1]])
    canvas.fill(shape, np.array([0.42, 0.12, 0.16]), lower=np.array([0.52, 0.16, 0.20]))
    canvas.clip(shape)
    bottom = shape[:, 1].min()
    if mouth.tongue > 0:
        canvas.ellipse(
            (0, bottom + depth * 0.06), half * 0.62, depth * 0.42 * mouth.tongue, np.array([0.90, 0.47, 0.47])
        )
    if mouth.teeth > 0:
        band = depth if mouth.clench > 0 else min(0.022, depth * 0.34)
        top = shape[:, 1].max() + 0.01
        edge = dip - band * mouth.teeth
        canvas.fill(
            [(-half, top), (half, top), (half, edge + corner * 0.6), (0, edge), (-half, edge + corner * 0.6)],
            np.array([0.985, 0.975, 0.96]),
        )
        if mouth.clench > 0:
            canvas.stroke(
                [
                    (-half, (top + bottom) / 2 + corner * 0.4),
                    (0, (dip + bottom) / 2),
                    (half, (top + bottom) / 2 + corner * 0.4),
                ],
                (0.003, 0.004, 0.003),
                dark,
                0.5,
            )
    canvas.clip(None)
    loop = np.concatenate([shape, shape[:1]])
    if feminine and spec.face.lips is not None:
        canvas.stroke(loop, (0.014, 0.014), lip, 0.95, smooth=False)
    canvas.stroke(loop, (0.0065, 0.0065), dark, smooth=False)


def _lids(form: EyeForm, look: Look, opened: float) -> tuple[Array, Array]:
    """Upper and lower lid curves in eye space: s outwards, t up, both about -1..1, inner corner first."""
    upper = np.array([(-1.0, -0.30), (-0.78, 0.40), (-0.30, 0.92), (0.28, 1.0), (0.76, 0.66), (1.04, 0.02)])
    lower = np.array(
        [(-1.0, -0.30), (-0.62, -0.76), (-0.05, -0.98), (0.52, -0.84), (0.90, -0.40), (1.04, 0.02)]
    )
    low_t = lower[:, 1] + look.lower * 0.55 * (1 - lower[:, 0] ** 2).clip(0, 1)
    up_t = upper[:, 1] * min(opened, 1.0) + (opened - 1.0) * 0.35 * (opened > 1.0)
    if opened < 1.0:
        shut = -0.42 - 0.25 * (1 - upper[:, 0] ** 2)
        up_t = shut + (upper[:, 1] - shut) * opened
    up_t = up_t - look.tilt * 0.42 * (0.55 - 0.5 * upper[:, 0])
    ends = (0, -1)
    for end in ends:
        low_t[end] = upper[end, 1]
        up_t[end] = upper[end, 1] - look.tilt * 0.10
    lower, upper = (
        np.stack([lower[:, 0], low_t], -1),
        np.stack([upper[:, 0], np.maximum(up_t, low_t + 0.02)], -1),
    )
    for curve in (upper, lower):
        curve[:, 1] += form.slant * 0.9 * curve[:, 0]
    return upper, lower


def _eye(
    canvas: Canvas, spec: Spec, look: Look, form: EyeForm, sign: float, opened: float, ink: Array, skin: Array
) -> None:
    centre = np.array([sign * form.spread, EYE_Y])
    size = np.array([sign * form.width, form.height])

    def place(points: Array | list[tuple[float, float]]) -> Array:
        return centre + np.asarray(points, float) * size

    if opened < 0.14:
        arc = 0.62 if look.arch else -0.40
        line = place(
            [
                (-1.0, -0.35 + 0.1 * (arc < 0)),
                (-0.45, -0.35 + arc * 0.85),
                (0.15, -0.35 + arc),
                (0.68, -0.35 + arc * 0.7),
                (1.06, -0.38),
            ]
        )
        canvas.stroke(line, (0.007, form.lash * 0.9, form.lash, form.lash * 0.8, 0.005), ink)
        if not look.arch:
            for s, length in ((0.55, 0.30), (0.85, 0.34)):
                canvas.stroke(
                    place([(s, -0.35 + arc * 0.7), (s + 0.2, -0.42 + arc - length * 0.4)]),
                    (0.010, 0.003),
                    ink,
                )
        return
    upper, lower = _lids(form, look, opened)
    up, low = place(path(upper, 30)), place(path(lower, 30))
    white = np.concatenate([up, low[::-1]])
    _eye_shadow(canvas, spec, place, sign)
    glow = spec.eyes.glow
    sclera = (
        np.array([0.975, 0.975, 0.985]) if spec.eyes.pupil != "none" or not glow else lifted(spec.eyes.left)
    )
    canvas.fill(white, sclera * np.array([0.86, 0.87, 0.92]), lower=sclera)
    canvas.clip(white)
    _iris(canvas, spec, look, form, sign, centre)
    # The upper lid throws a shade over the whole eye.
    band = path(upper, 30)
    shade = np.concatenate([place(band + np.array([0, 0.1])), place(band - np.array([0.0, 0.30]))[::-1]])
    canvas.fill(shade, np.array([0.30, 0.26, 0.42]), 0.34)
    canvas.clip(None)
    _lashes(canvas, spec, form, place, upper, lower, ink, skin)


def _iris(canvas: Canvas, spec: Spec, look: Look, form: EyeForm, sign: float, centre: Array) -> None:
    colour = lifted(spec.eyes.left if sign > 0 else spec.eyes.right)
    lab = to_lab(colour)
    lab[0] = min(max(lab[0], 0.42), 0.80)
    rim = from_lab(np.array([lab[0] * 0.36, lab[1] * 0.7, lab[2] * 0.7 - 0.015]))
    top = from_lab(np.array([lab[0] * 0.52, lab[1] * 0.95, lab[2] * 0.95 - 0.02]))
    base = from_lab(np.array([lab[0] * 1.02, lab[1] * 1.15, lab[2] * 1.15]))
    bright = from_lab(np.array([min(0.97, lab[0] * 1.26), lab[1] * 0.95, lab[2] * 0.95 + 0.01]))
    c = centre + np.array([look.gaze[0] * form.width, look.gaze[1] * form.height + 0.02 * form.height])
    ry = max(form.height * 0.93, form.width * 0.66) * look.iris
    rx = min(max(form.width * 0.665, ry * 0.74), ry * 0.98) * look.iris**0.4
    canvas.ellipse(c, rx, ry, rim)
    canvas.ellipse(c - (0, ry * 0.02), rx * 0.87, ry * 0.90, top, lower=base)
    canvas.ellipse(c - (0, ry * 0.50), rx * 0.60, ry * 0.36, bright, 0.85)
    canvas.ellipse(c - (0, ry * 0.38), rx * 0.60, ry * 0.30, base, 0.75)
    pupil = spec.eyes.pupil
    dark = from_lab(np.array([0.16, lab[1] * 0.35, lab[2] * 0.35 - 0.01]))
    middle = c + (0, ry * 0.08)
    if spec.eyes.glow:
        canvas.glow(c, rx * 1.1, ry * 1.0, bright, 0.7)
    if pupil == "slit":
        canvas.fill(
            path(
                [
                    middle + (0, ry * 0.66),
                    middle + (rx * 0.20, 0),
                    middle - (0, ry * 0.66),
                    middle - (rx * 0.20, 0),
                    middle + (0, ry * 0.66),
                ],
                28,
            ),
            dark,
        )
    elif pupil == "ring":
        canvas.ellipse(middle, rx * 0.46, ry * 0.44, dark)
        canvas.ellipse(middle, rx * 0.28, ry * 0.27, base)
    elif pupil in ("star", "heart"):
        t = np.linspace(0, 2 * np.pi, 40, endpoint=False)
        if pupil == "star":
            r = 0.5 * (0.62 + 0.38 * np.cos(5 * t))
            points = np.stack([np.sin(t) * r * rx, np.cos(t) * r * ry], -1) * 1.15
        else:
            points = np.stack(
                [
                    np.sin(t) ** 3,
                    (13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t)) / 16,
                ],
                -1,
            )
            points = points * (rx * 0.52, ry * 0.48)
        canvas.fill(middle + points, bright if pupil == "heart" else np.array([1.0, 0.95, 0.7]))
    elif pupil == "round":
        canvas.ellipse(middle, rx * 0.40, ry * 0.40, dark)
    canvas.ellipse(c + (-rx * 0.30, ry * 0.40), rx * 0.33, ry * 0.27, np.ones(3), 0.97)
    canvas.ellipse(c + (rx * 0.36, -ry * 0.42), rx * 0.17, ry * 0.13, np.ones(3), 0.88)
    canvas.ellipse(c + (rx * 0.28, ry * 0.46), rx * 0.10, ry * 0.09, np.ones(3), 0.7)


def _lashes(
    canvas: Canvas, spec: Spec, form: EyeForm, place, upper: Array, lower: Array, ink: Array, skin: Array
) -> None:
    feminine = spec.build.presentation != "masculine"
    thick = form.lash / form.height
    inner_side = path(upper, 30)
    rise = np.sin(np.linspace(0.10, 1.0, 30) * np.pi * 0.62) ** 0.8
    outer_side = inner_side + np.stack([np.zeros(30), thick * rise * 1.08], -1)
    tail = [(1.24, 0.24 + form.slant)] if feminine else [(1.10, 0.10 + form.slant)]
    canvas.fill(place(np.concatenate([inner_side, np.array(tail), outer_side[::-1]])), ink)
    if feminine and spec.build.age != "elder":
        for at, reach in ((25, (0.26, 0.34)), (28, (0.34, 0.16))):
            root = outer_side[at]
            canvas.fill(place([root + (-0.10, -0.06), root + np.array(reach), root + (0.06, -0.12)]), ink)
    low = path(lower, 30)
    canvas.stroke(place(low[12:29]), (0.0015, 0.0055, 0.0075), ink, 0.85)
    fold = path(upper, 30)[5:26] + np.array([0.02, thick * 1.0 + 0.26])
    canvas.stroke(place(fold), (0.001, 0.0055, 0.001), shaded(spec.skin.colour, SKIN_KIND) * 0.78, 0.85)


def _brow(canvas: Canvas, spec: Spec, look: Look, form: EyeForm, sign: float) -> None:
    colour = lifted(spec.hair.colour)
    lab = to_lab(colour)
    brow = from_lab(np.array([min(lab[0] * 0.72, 0.62), lab[1] * 0.9, lab[2] * 0.9]))
    masculine = spec.build.presentation == "masculine"
    lift = look.brow_lift + (look.brow_skew if sign > 0 else -0.2 * look.brow_skew)
    y = EYE_Y + 0.105 + 0.030 * form.height / 0.085 + 0.042 * lift - (0.016 if masculine else 0)
    x = form.spread
    tilt = look.brow_tilt
    inner = (sign * (x - 0.082), y - 0.034 * tilt - 0.004)
    middle = (sign * (x + 0.010), y + 0.016 - 0.006 * tilt)
    outer = (sign * (x + 0.112), y - 0.012 + 0.020 * tilt)
    if masculine:
        canvas.stroke([inner, middle, outer], (0.022, 0.030, 0.024, 0.006), brow)
    else:
        canvas.stroke([inner, middle, outer], (0.010, 0.019, 0.014, 0.003), brow)


def _eye_shadow(canvas: Canvas, spec: Spec, place, sign: float) -> None:
    if "eye_shadow" not in spec.face.marks:
        return
    tint = lifted(spec.face.lips) if spec.face.lips is not None else np.array([0.45, 0.25, 0.50])
    canvas.fill(place([(-0.9, 0.3), (-0.3, 1.2), (0.4, 1.4), (1.1, 0.9), (1.4, 0.3), (0.9, 0.1)]), tint, 0.5)


def _feelings(canvas: Canvas, look: Look, form: EyeForm, ink: Array) -> None:
    if look.tears > 0:
        water = np.array([0.72, 0.87, 1.0])
        for sign in (-1, 1):
            x = sign * (form.spread + 0.045)
            y = EYE_Y - form.height
            canvas.fill(
                path(
                    [
                        (x - 0.012, y + 0.01),
                        (x - 0.020, y - 0.10),
                        (x, y - 0.15),
                        (x + 0.020, y - 0.10),
                        (x + 0.012, y + 0.01),
                    ],
                    24,
                ),
                water,
                0.85,
            )
            canvas.ellipse((x - 0.006, y - 0.10), 0.005, 0.016, np.ones(3), 0.9)
            canvas.ellipse((sign * form.spread, y + 0.012), form.width * 0.6, 0.012, np.ones(3), 0.75)
    if look.sweat:
        x, y = 0.29, 0.56
        drop = path(
            [(x, y + 0.05), (x + 0.020, y - 0.005), (x, y - 0.028), (x - 0.020, y - 0.005), (x, y + 0.05)], 24
        )
        canvas.fill(drop, np.array([0.75, 0.89, 1.0]), 0.95)
        canvas.stroke(
            np.concatenate([drop, drop[:1]]), (0.004, 0.004), np.array([0.35, 0.5, 0.72]), 0.9, smooth=False
        )
    if look.frown > 0:
        for sign in (-1, 1):
            canvas.stroke(
                [(sign * 0.030, 0.52), (sign * 0.022, 0.455)], (0.002, 0.006, 0.002), ink, 0.55 * look.frown
            )
