"""Eyes and brows: lids, lashes, white and iris, by shape, age and what the look does with them."""

# ruff: noqa: RUF005  tuples are added to vectors here, not joined

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ..oklab import from_lab, to_lab
from ..palette import lifted
from ..shape.curves import path
from ..shape.head import EYE_Y
from ..spec import Spec
from .canvas import Canvas
from .looks import Look
from .tones import Tones

Array = np.ndarray
Place = Callable[[Array | Sequence[tuple[float, float]]], Array]  # eye space to the canvas
_SHUT = 0.14  # a lid lower than this is a closed eye
_WHITE = np.ones(3)


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
        "round": (0.098, 0.094, 0.02),
        "almond": (0.104, 0.080, 0.12),
        "narrow": (0.106, 0.060, 0.16),
        "droopy": (0.100, 0.084, -0.16),
        "upturned": (0.103, 0.082, 0.26),
        "wide": (0.106, 0.106, 0.03),
    }.get(spec.eyes.shape, (0.098, 0.088, 0.02))
    lash = 0.028
    if spec.build.presentation == "masculine":
        width, height, lash = width * 0.96, height * 0.74, 0.024
    elif spec.build.presentation == "androgynous":
        height, lash = height * 0.90, 0.025
    grow = {"child": 1.13, "teen": 1.06, "middle_aged": 0.92, "elder": 0.84}.get(spec.build.age, 1.0)
    if spec.build.heads_tall < 4.5:
        grow *= 1.20
    return EyeForm(width * (0.6 + 0.4 * grow), height * grow, slant, lash, 0.170 + 0.010 * (grow > 1.10))


def _lids(form: EyeForm, look: Look, opened: float) -> tuple[Array, Array]:
    """Upper and lower lid curves in eye space: s outwards, t up, both about -1..1, inner corner first."""
    upper = np.array([(-1.0, -0.34), (-0.80, 0.36), (-0.34, 0.90), (0.24, 1.0), (0.74, 0.70), (1.06, 0.08)])
    lower = np.array(
        [(-1.0, -0.34), (-0.64, -0.76), (-0.05, -0.98), (0.52, -0.86), (0.90, -0.42), (1.06, 0.08)]
    )
    low_t = lower[:, 1] + look.lower * 0.55 * (1 - lower[:, 0] ** 2).clip(0, 1)
    up_t = upper[:, 1] * min(opened, 1.0) + (opened - 1.0) * 0.35 * (opened > 1.0)
    if opened < 1.0:
        shut = -0.42 - 0.25 * (1 - upper[:, 0] ** 2)
        up_t = shut + (upper[:, 1] - shut) * opened
    up_t = up_t - look.tilt * 0.42 * (0.55 - 0.5 * upper[:, 0])
    for end in (0, -1):
        low_t[end] = upper[end, 1]
        up_t[end] = upper[end, 1] - look.tilt * 0.10
    lower = np.stack([lower[:, 0], low_t], -1)
    upper = np.stack([upper[:, 0], np.maximum(up_t, low_t + 0.02)], -1)
    for curve in (upper, lower):
        curve[:, 1] += form.slant * 0.9 * curve[:, 0]
    return upper, lower


def draw_eye(
    canvas: Canvas, spec: Spec, look: Look, form: EyeForm, sign: float, opened: float, tones: Tones
) -> None:
    """One eye, open or shut; sign +1 is the character's left."""
    centre = np.array([sign * form.spread, EYE_Y])
    size = np.array([sign * form.width, form.height])

    def place(points: Array | Sequence[tuple[float, float]]) -> Array:
        return centre + np.asarray(points, float) * size

    if opened < _SHUT:
        _shut_eye(canvas, spec, form, place, 0.66 if look.arch else -0.42, tones)
        return
    upper, lower = _lids(form, look, opened)
    up, low = place(path(upper, 30)), place(path(lower, 30))
    white = np.concatenate([up, low[::-1]])
    _eye_shadow(canvas, spec, place)
    blank = spec.eyes.glow and spec.eyes.pupil == "none"
    sclera = lifted(spec.eyes.left) if blank else np.array([0.985, 0.985, 0.99])
    canvas.fill(white, sclera * np.array([0.84, 0.86, 0.92]), lower=sclera)
    canvas.clip(white)
    _iris(canvas, spec, look, form, sign, centre)
    # The upper lid throws a shade over the whole eye.
    band = path(upper, 30)
    shade = np.concatenate([place(band + np.array([0, 0.1])), place(band - np.array([0.0, 0.30]))[::-1]])
    canvas.fill(shade, np.array([0.26, 0.22, 0.38]), 0.36)
    canvas.clip(None)
    _lashes(canvas, spec, form, place, upper, lower, tones)


def _shut_eye(canvas: Canvas, spec: Spec, form: EyeForm, place: Place, arc: float, tones: Tones) -> None:
    line = place(
        [
            (-1.0, -0.35 + 0.1 * (arc < 0)),
            (-0.45, -0.35 + arc * 0.85),
            (0.15, -0.35 + arc),
            (0.68, -0.35 + arc * 0.7),
            (1.08, -0.38),
        ]
    )
    canvas.stroke(line, (0.008, form.lash * 0.95, form.lash * 1.1, form.lash * 0.9, 0.005), tones.ink)
    if arc < 0 and spec.build.presentation != "masculine":
        for s, length in ((0.55, 0.30), (0.85, 0.34)):
            canvas.stroke(
                place([(s, -0.35 + arc * 0.7), (s + 0.2, -0.42 + arc - length * 0.4)]),
                (0.010, 0.003),
                tones.ink,
            )


def _iris(canvas: Canvas, spec: Spec, look: Look, form: EyeForm, sign: float, centre: Array) -> None:
    colour = lifted(spec.eyes.left if sign > 0 else spec.eyes.right)
    lab = to_lab(colour)
    lab[0] = min(max(lab[0], 0.44), 0.80)
    rim = from_lab(np.array([lab[0] * 0.34, lab[1] * 0.7, lab[2] * 0.7 - 0.015]))
    top = from_lab(np.array([lab[0] * 0.50, lab[1] * 0.95, lab[2] * 0.95 - 0.02]))
    base = from_lab(np.array([lab[0] * 1.04, lab[1] * 1.15, lab[2] * 1.15]))
    bright = from_lab(np.array([min(0.97, lab[0] * 1.30), lab[1] * 0.95, lab[2] * 0.95 + 0.01]))
    c = centre + np.array([look.gaze[0] * form.width, look.gaze[1] * form.height + 0.02 * form.height])
    ry = max(form.height * 0.95, form.width * 0.66) * look.iris
    rx = min(max(form.width * 0.66, ry * 0.76), ry * 0.98) * look.iris**0.4
    canvas.ellipse(c, rx, ry, rim)
    canvas.ellipse(c - (0, ry * 0.02), rx * 0.88, ry * 0.91, top, lower=base)
    _fibres(canvas, c, rx, ry, base, bright)
    canvas.ellipse(c - (0, ry * 0.50), rx * 0.60, ry * 0.36, bright, 0.80)
    canvas.ellipse(c - (0, ry * 0.37), rx * 0.60, ry * 0.31, base, 0.75)
    dark = from_lab(np.array([0.14, lab[1] * 0.35, lab[2] * 0.35 - 0.01]))
    if spec.eyes.glow:
        canvas.glow(c, rx * 1.1, ry * 1.0, bright, 0.7)
    _pupil(canvas, spec.eyes.pupil, c + (0, ry * 0.06), rx, ry, dark, bright)
    # Light from above on both eyes alike, its answer from below, and a spark.
    canvas.ellipse(c + (-rx * 0.30, ry * 0.42), rx * 0.35, ry * 0.27, _WHITE, 0.98)
    canvas.ellipse(c + (rx * 0.36, -ry * 0.44), rx * 0.18, ry * 0.13, _WHITE, 0.90)
    canvas.ellipse(c + (rx * 0.30, ry * 0.46), rx * 0.10, ry * 0.09, _WHITE, 0.75)


def _fibres(canvas: Canvas, c: Array, rx: float, ry: float, base: Array, bright: Array) -> None:
    """Rays in the lower half of an iris, where a close look would find them."""
    if rx * canvas.scale < 18:
        return
    for angle in np.radians(np.linspace(195, 345, 11)):
        ray = np.array([np.cos(angle) * rx, np.sin(angle) * ry])
        canvas.stroke([c + ray * 0.46, c + ray * 0.82], (0.0015, rx * 0.07), bright, 0.38)
    for angle in np.radians(np.linspace(20, 160, 8)):
        ray = np.array([np.cos(angle) * rx, np.sin(angle) * ry])
        canvas.stroke([c + ray * 0.50, c + ray * 0.84], (0.0015, rx * 0.06), base, 0.30)


def _pupil(canvas: Canvas, kind: str, c: Array, rx: float, ry: float, dark: Array, bright: Array) -> None:
    t = np.linspace(0, 2 * np.pi, 41)[:-1]
    if kind == "slit":
        line = [(0, 0.66), (0.20, 0), (0, -0.66), (-0.20, 0), (0, 0.66)]
        canvas.fill(path(c + np.array(line) * (rx, ry), 28), dark)
    elif kind == "ring":
        canvas.ellipse(c, rx * 0.46, ry * 0.46, dark)
        canvas.ellipse(c, rx * 0.30, ry * 0.30, bright)
        canvas.ellipse(c, rx * 0.14, ry * 0.14, dark)
    elif kind == "star":
        reach = np.where(np.arange(10) % 2 == 0, 0.56, 0.24)
        at = np.pi / 2 + np.arange(10) * np.pi / 5
        canvas.fill(c + np.stack([np.cos(at) * reach * rx, np.sin(at) * reach * ry], -1), (1.0, 0.95, 0.7))
    elif kind == "heart":
        up = (13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t)) / 16
        canvas.fill(c + np.stack([np.sin(t) ** 3 * rx * 0.52, up * ry * 0.48], -1), bright)
    elif kind == "round":
        canvas.ellipse(c, rx * 0.42, ry * 0.42, dark)


def _lashes(
    canvas: Canvas, spec: Spec, form: EyeForm, place: Place, upper: Array, lower: Array, tones: Tones
) -> None:
    masculine = spec.build.presentation == "masculine"
    thick = form.lash * canvas.bold**0.6 / form.height
    inner_side = path(upper, 30)
    rise = 0.22 + 0.78 * np.sin(np.linspace(0.06, 1.0, 30) * np.pi * 0.62) ** 0.9
    rise[0] = 0.1
    outer_side = inner_side + np.stack([np.zeros(30), thick * rise * 1.10], -1)
    tail = [(1.12, 0.16 + form.slant)] if masculine else [(1.27, 0.34 + form.slant)]
    canvas.fill(place(np.concatenate([inner_side, np.array(tail), outer_side[::-1]])), tones.ink)
    if not masculine and spec.build.age != "elder":
        for at, reach in ((24, (0.22, 0.34)), (27, (0.32, 0.22))):
            root = outer_side[at]
            lash = np.array([root + (-0.10, -0.06), root + np.array(reach), root + (0.06, -0.12)])
            canvas.fill(place(lash), tones.ink)
    low = path(lower, 30)
    canvas.stroke(place(low[10:29]), (0.0015, 0.0060, 0.0085), tones.ink, 0.9)
    fold = path(upper, 30)[4:27] + np.array([0.02, thick * 1.0 + 0.24])
    canvas.stroke(place(fold), (0.001, 0.0065, 0.001), tones.line, 0.65)


def draw_brow(canvas: Canvas, spec: Spec, look: Look, form: EyeForm, sign: float, tones: Tones) -> None:
    """One brow."""
    masculine = spec.build.presentation == "masculine"
    old = spec.build.age == "elder"
    lift = look.brow_lift + (look.brow_skew if sign > 0 else -0.35 * look.brow_skew)
    over = max(0.108 + 0.35 * form.height, 0.070 + form.height)  # clear of the lashes of large eyes
    y = EYE_Y + over + 0.048 * lift - (0.014 if masculine else 0)
    x = form.spread
    # A brow that rises alone is bent, the other one is pressed.
    tilt = look.brow_tilt - (0.25 * look.brow_skew if sign > 0 else -0.45 * look.brow_skew)
    bend = 0.016 + 0.012 * look.brow_bend
    line = [
        (sign * (x - 0.090), y - 0.046 * tilt - 0.004),
        (sign * (x - 0.030), y + bend * 0.75 - 0.020 * tilt),
        (sign * (x + 0.045), y + bend + 0.006 * tilt),
        (sign * (x + 0.118), y - 0.012 + 0.026 * tilt),
    ]
    widths = (0.022, 0.034, 0.027, 0.005) if masculine else (0.012, 0.024, 0.018, 0.003)
    canvas.stroke(line, [width * (1.25 if old else 1.0) for width in widths], tones.brow)
    if old:
        for at in (0.3, 0.7):
            px = x - 0.090 + 0.208 * at
            canvas.stroke([(sign * px, y), (sign * (px + 0.022), y + 0.034)], (0.014, 0.002), tones.brow)


def _eye_shadow(canvas: Canvas, spec: Spec, place: Place) -> None:
    if "eye_shadow" not in spec.face.marks:
        return
    tint = lifted(spec.face.lips) if spec.face.lips is not None else np.array([0.45, 0.25, 0.50])
    canvas.fill(place([(-0.9, 0.3), (-0.3, 1.2), (0.4, 1.4), (1.1, 0.9), (1.4, 0.3), (0.9, 0.1)]), tint, 0.5)
