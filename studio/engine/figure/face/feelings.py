"""What a feeling leaves on a face besides its features: blush, tears, sweat, folds, a shadow."""

from __future__ import annotations

import numpy as np

from ..shape.curves import path
from ..shape.head import EYE_Y, NOSE_Y
from ..spec import Spec
from .canvas import Canvas
from .eyes import EyeForm
from .looks import Look
from .tones import Tones


def draw_blush(canvas: Canvas, spec: Spec, look: Look, tones: Tones) -> None:
    """Warm cheeks; a strong blush is hatched as well."""
    if spec.skin.surface not in ("skin", "fur"):
        return
    strength = look.blush * (0.6 if spec.build.presentation == "masculine" else 1.0)
    if strength <= 0.01:
        return
    opacity = min(0.75, 0.34 + 0.45 * strength) * min(1.0, strength * 2.2)
    for sign in (-1, 1):
        canvas.glow((sign * 0.218, 0.272), 0.098, 0.052, tones.rose, opacity)
        if look.blush >= 0.9:
            for k in range(3):
                x = sign * (0.19 + 0.032 * k)
                line = [(x + 0.012, 0.292), (x - 0.012, 0.250)]
                canvas.stroke(line, (0.003, 0.008, 0.003), tones.rose * 0.80, 0.85)
    if look.blush >= 0.9:
        canvas.glow((0.0, NOSE_Y + 0.03), 0.10, 0.030, tones.rose, 0.35)


def draw_shadows(canvas: Canvas, look: Look, tones: Tones) -> None:
    """What lies below the features: the pallor of fright, the gloom of an evil thought."""
    if look.gloom > 0:
        for k in range(7):
            edge = 0.585 - 0.034 * k
            veil = [
                (-0.50, 0.86),
                (0.50, 0.86),
                (0.50, edge + 0.03),
                (0.0, edge - 0.012),
                (-0.50, edge + 0.03),
            ]
            canvas.fill(veil, tones.shade * np.array([0.62, 0.55, 0.72]), 0.13 * look.gloom)
    if look.pale > 0:
        blue = tones.skin * np.array([0.60, 0.72, 0.96])
        for k in range(6):
            edge = 0.66 - 0.030 * k
            canvas.fill([(-0.5, 0.86), (0.5, 0.86), (0.5, edge), (-0.5, edge)], blue, 0.13 * look.pale)
        for k, x in enumerate((-0.25, -0.19, -0.12, 0.13, 0.19, 0.25)):
            end = 0.535 + 0.02 * (k % 3)
            canvas.stroke([(x, 0.72), (x, end)], (0.006, 0.002), blue * 0.62, 0.75)


def draw_feelings(canvas: Canvas, look: Look, form: EyeForm, tones: Tones) -> None:
    """What lies above the features."""
    if look.tears > 0:
        _tears(canvas, form)
    if look.sweat:
        x, y = 0.29, 0.56
        rim = [(x, y + 0.06), (x + 0.024, y - 0.005), (x, y - 0.034), (x - 0.024, y - 0.005), (x, y + 0.06)]
        drop = path(rim, 24)
        canvas.fill(drop, np.array([0.75, 0.89, 1.0]), 0.95)
        loop = np.concatenate([drop, drop[:1]])
        canvas.stroke(loop, (0.005, 0.005), np.array([0.30, 0.46, 0.70]), 0.9, smooth=False)
        canvas.ellipse((x - 0.007, y - 0.006), 0.005, 0.010, np.ones(3), 0.9)
    for sign in (-1, 1):
        if look.frown > 0:
            fold = [(sign * 0.036, 0.530), (sign * 0.024, 0.455)]
            canvas.stroke(fold, (0.002, 0.008, 0.002), tones.line, 0.75 * look.frown)
        if look.sneer > 0:
            for k in range(2):
                top = (sign * (0.030 + 0.012 * k), NOSE_Y + 0.100 - 0.034 * k)
                end = (sign * (0.058 + 0.018 * k), NOSE_Y + 0.082 - 0.052 * k)
                canvas.stroke([top, end], (0.002, 0.0075, 0.002), tones.line, 0.7 * look.sneer)


def _tears(canvas: Canvas, form: EyeForm) -> None:
    water, edge = np.array([0.74, 0.89, 1.0]), np.array([0.42, 0.62, 0.88])
    for sign in (-1, 1):
        x = sign * (form.spread + 0.030)
        y = EYE_Y - form.height
        stream = [
            (x - 0.020, y + 0.02), (x - 0.024, y - 0.08), (x - 0.030, y - 0.165), (x, y - 0.200),
            (x + 0.030, y - 0.165), (x + 0.024, y - 0.08), (x + 0.020, y + 0.02),
        ]  # fmt: skip
        line = path(stream, 30)
        canvas.fill(line, water, 0.88)
        canvas.stroke(line, (0.004, 0.006, 0.004), edge, 0.8, smooth=False)
        canvas.ellipse((x - 0.008, y - 0.13), 0.006, 0.022, np.ones(3), 0.95)
        canvas.ellipse((sign * form.spread, y + 0.012), form.width * 0.7, 0.014, np.ones(3), 0.85)
