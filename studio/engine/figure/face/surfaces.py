"""Faces that are not bare skin: fur, scales, metal, stone, wood, and the skull."""

from __future__ import annotations

import numpy as np

from ..palette import lifted, toned
from ..shape.curves import path
from ..shape.head import EYE_Y, MOUTH_Y, NOSE_Y
from ..spec import Spec
from .canvas import Canvas
from .eyes import EyeForm
from .looks import Look
from .tones import Tones

Array = np.ndarray
_ANIMAL_NOSE = np.array([0.22, 0.15, 0.17])


def draw_surface(canvas: Canvas, spec: Spec, tones: Tones) -> None:
    """What the face is made of, below its features."""
    surface = spec.skin.surface
    if surface == "fur":
        _fur(canvas, spec, tones)
    elif surface == "scales":
        _scales(canvas, tones)
    elif surface == "metal":
        _plates(canvas, tones)
    elif surface in ("stone", "wood"):
        _cracks(canvas, tones, grain=surface == "wood")


def _fur(canvas: Canvas, spec: Spec, tones: Tones) -> None:
    pale = lifted(spec.skin.second or toned(spec.skin.colour, 0.12))
    patch = [(0.0, 0.315), (0.085, 0.265), (0.215, 0.235), (0.200, 0.105), (0.075, 0.015), (0.0, 0.005)]
    whole = path([*patch, *((-x, y) for x, y in reversed(patch[1:-1])), patch[0]], 60)
    canvas.fill(whole, pale, 0.92)
    for sign in (-1, 1):
        for k in range(4):
            x, y = sign * (0.262 + 0.012 * k), 0.285 - 0.055 * k
            tuft = [(x, y + 0.020), (x + sign * 0.052, y - 0.026), (x - sign * 0.006, y - 0.020)]
            canvas.fill(tuft, tones.shade, 0.8)
        for k in range(3):
            canvas.ellipse((sign * (0.105 + 0.030 * k), 0.180 - 0.020 * (k % 2)), 0.007, 0.006, tones.shade)


def _scales(canvas: Canvas, tones: Tones) -> None:
    rows = [(0.62, 0.22), (0.67, 0.20), (0.72, 0.16)]
    places = [(x, y) for y, half in rows for x in np.arange(-half, half + 0.01, 0.075)]
    places += [(sign * (0.245 + dx), y) for sign in (-1, 1) for y in (0.30, 0.25, 0.20) for dx in (0, 0.055)]
    for number, (x, y) in enumerate(places):
        shift = 0.018 if number % 2 else 0.0
        arc = [(x - 0.028, y + 0.014 + shift), (x, y - 0.014 + shift), (x + 0.028, y + 0.014 + shift)]
        canvas.stroke(arc, (0.002, 0.009, 0.002), tones.shade * 0.9, 0.85)


def _plates(canvas: Canvas, tones: Tones) -> None:
    seam = tones.shade * 0.82
    for sign in (-1, 1):
        cheek = [(sign * 0.340, 0.300), (sign * 0.215, 0.245), (sign * 0.160, 0.120), (sign * 0.150, 0.020)]
        canvas.stroke(cheek, (0.008, 0.008), seam, 0.9, smooth=False)
        canvas.ellipse((sign * 0.255, 0.315), 0.011, 0.011, seam)
    canvas.stroke([(0.0, 0.80), (0.0, 0.66)], (0.008, 0.008), seam, 0.8)
    canvas.stroke([(-0.20, 0.655), (0.0, 0.635), (0.20, 0.655)], (0.007, 0.007), seam, 0.8)


def _cracks(canvas: Canvas, tones: Tones, grain: bool) -> None:
    if grain:
        for k, x in enumerate((-0.30, -0.24, 0.23, 0.29, -0.05, 0.05)):
            high = 0.72 if abs(x) < 0.1 else 0.34
            bow = 0.018 * (1 if k % 2 else -1)
            line = [(x, high), (x + bow, high - 0.07), (x, high - 0.15)]
            canvas.stroke(line, (0.002, 0.009, 0.002), tones.shade * 0.85, 0.85)
        return
    for line in (
        [(0.10, 0.76), (0.14, 0.68), (0.11, 0.63), (0.17, 0.57)],
        [(0.14, 0.68), (0.20, 0.66)],
        [(-0.30, 0.30), (-0.24, 0.25), (-0.26, 0.19), (-0.19, 0.12)],
        [(-0.24, 0.25), (-0.20, 0.26)],
        [(-0.22, 0.70), (-0.17, 0.66)],
    ):
        canvas.stroke(line, (0.011, 0.007, 0.004), tones.line, 0.75, smooth=False)


def draw_animal_nose(canvas: Canvas) -> None:
    """A leathery nose with the line that leads to the mouth."""
    y = NOSE_Y
    around = [(-0.052, y + 0.026), (0.0, y + 0.034), (0.052, y + 0.026), (0.024, y - 0.014), (0.0, y - 0.026)]
    canvas.fill(path([*around, (-0.024, y - 0.014), around[0]], 40), _ANIMAL_NOSE)
    canvas.ellipse((-0.016, y + 0.018), 0.014, 0.006, np.array([0.75, 0.68, 0.70]), 0.8)
    canvas.stroke([(0, y - 0.024), (0, MOUTH_Y + 0.012)], (0.009, 0.007), _ANIMAL_NOSE)


def draw_skull(canvas: Canvas, spec: Spec, look: Look, form: EyeForm, tones: Tones) -> None:
    """Sockets with a light in them, a hole for a nose, teeth without lips: moods by the brow bone and jaw."""
    hollow = np.array([0.10, 0.08, 0.10])
    for sign in (-1.0, 1.0):
        opened = look.open_left if sign > 0 else look.open_right
        lean = 0.030 * look.brow_tilt
        x, y, rx, ry = sign * form.spread, EYE_Y - 0.005, 0.105, 0.098 * (0.55 + 0.45 * min(1.2, opened))
        t = np.linspace(0, 2 * np.pi, 49)[:-1]
        inner = -sign * np.cos(t)  # 1 at the nose
        up = np.sin(t)
        socket = np.stack([x + rx * np.cos(t), y + ry * up - lean * inner * (up > 0)], -1)
        canvas.fill(socket, hollow)
        if opened > 0.14:
            glow = lifted(spec.eyes.left if sign > 0 else spec.eyes.right)
            place = (x + look.gaze[0] * 0.05, y - 0.01 + look.gaze[1] * 0.05)
            canvas.glow(place, 0.052 * look.iris, 0.052 * look.iris, glow, 0.8)
            canvas.ellipse(place, 0.020, 0.020, np.ones(3), 0.95)
        ridge = [(x - sign * 0.11, y + 0.125 - lean), (x, y + 0.135), (x + sign * 0.10, y + 0.100 + lean)]
        canvas.stroke(ridge, (0.004, 0.014, 0.004), tones.shade * 0.9, 0.9)
        cheek = [(sign * 0.300, 0.270), (sign * 0.225, 0.215), (sign * 0.195, 0.120)]
        canvas.stroke(cheek, (0.004, 0.026, 0.006), tones.shade, 0.9)
    y = NOSE_Y + 0.01
    half = [(0.0, y + 0.055), (0.030, y + 0.005), (0.036, y - 0.030), (0.012, y - 0.022), (0.0, y - 0.008)]
    canvas.fill([*half, *((-px, py) for px, py in reversed(half[1:-1]))], hollow)
    _jaw(canvas, look, hollow, tones)


def _jaw(canvas: Canvas, look: Look, hollow: Array, tones: Tones) -> None:
    mouth = look.mouth
    half, lift = 0.125 * (0.8 + 0.2 * mouth.width), 0.030 * mouth.smile
    at = np.linspace(-1, 1, 9)
    upper = np.stack([at * half, MOUTH_Y + 0.028 + lift * at**2], -1)
    gap = max(0.006, mouth.open * 0.75)
    lower = upper - np.array([0.0, gap])
    canvas.fill(np.concatenate([upper, lower[::-1]]), hollow)
    for line, way in ((upper, 1.0), (lower, -1.0)):
        canvas.stroke(line, (0.007, 0.007), tones.line, 0.9, smooth=False)
        for x, y in line:
            canvas.stroke([(x, y), (x * 0.97, y + way * 0.036)], (0.007, 0.004), tones.line, 0.9)
        edge = line + np.array([0.0, way * 0.040])
        canvas.stroke(edge, (0.003, 0.006, 0.003), tones.shade * 0.9, 0.9, smooth=False)
