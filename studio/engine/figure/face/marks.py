"""What a face carries besides its features: freckles, scars, paint, wrinkles, stubble."""

from __future__ import annotations

import numpy as np

from ..palette import SKIN, lifted, shaded
from ..shape.head import EYE_Y, MOUTH_Y
from ..spec import Spec
from .canvas import Canvas
from .tones import Tones

_FRECKLES = (
    (0.10, 0.30),
    (0.14, 0.275),
    (0.18, 0.30),
    (0.22, 0.28),
    (0.16, 0.315),
    (0.07, 0.27),
    (0.25, 0.305),
    (0.20, 0.255),
)


def draw_marks(canvas: Canvas, spec: Spec, tones: Tones, under: bool) -> None:
    """Marks below (under) or above the features."""
    shade = shaded(spec.skin.colour, SKIN)
    accent = lifted(spec.accent)
    marks = set(spec.face.marks)
    if spec.build.age in ("elder", "middle_aged"):
        marks.add("wrinkles")
    if under:
        if "freckles" in marks:
            for sign in (-1, 1):
                for x, y in _FRECKLES:
                    canvas.ellipse((sign * x, y), 0.0075, 0.006, shade * np.array([0.82, 0.72, 0.66]), 0.8)
        if "blush" in marks:
            for sign in (-1, 1):
                canvas.glow((sign * 0.22, 0.27), 0.11, 0.06, np.array([0.95, 0.45, 0.45]), 0.5)
        if "wrinkles" in marks:
            _wrinkles(canvas, tones, 1.0 if spec.build.age == "elder" else 0.55)
        if "tattoo" in marks:
            ink = np.array([0.16, 0.2, 0.34])
            canvas.stroke(
                [(0.27, 0.33), (0.22, 0.25), (0.25, 0.17), (0.20, 0.10)],
                (0.004, 0.020, 0.012, 0.003),
                ink,
                0.85,
            )
            canvas.stroke([(0.30, 0.27), (0.26, 0.20), (0.27, 0.13)], (0.003, 0.014, 0.003), ink, 0.85)
        if "face_paint" in marks:
            paint = (
                accent
                if np.abs(accent - lifted(spec.skin.colour)).sum() > 0.5
                else np.array([0.75, 0.15, 0.15])
            )
            for sign in (-1, 1):
                for k in range(2):
                    y = 0.275 - 0.050 * k
                    canvas.stroke([(sign * 0.12, y), (sign * 0.29, y + 0.020)], (0.026, 0.020), paint, 0.9)
        if "circuit_lines" in marks:
            light = np.array([0.25, 0.95, 1.0])
            for line in (
                [(0.30, 0.52), (0.30, 0.34), (0.24, 0.26), (0.24, 0.16)],
                [(0.30, 0.34), (0.35, 0.29)],
                [(-0.30, 0.30), (-0.23, 0.22), (-0.23, 0.13)],
            ):
                canvas.stroke(line, (0.009, 0.009), light, 0.9, smooth=False)
            for spot in ((0.24, 0.15), (0.30, 0.53), (-0.23, 0.12)):
                canvas.ellipse(spot, 0.014, 0.014, light)
        return
    if "scar" in marks:
        scar = np.array([0.80, 0.42, 0.40]) * 0.5 + shade * 0.5
        canvas.stroke([(-0.20, 0.56), (-0.185, 0.40), (-0.215, 0.24)], (0.003, 0.016, 0.003), scar, 0.95)
        for y in (0.50, 0.32):
            canvas.stroke([(-0.215, y + 0.005), (-0.165, y)], (0.002, 0.008, 0.002), scar, 0.9)
    if "mole" in marks:
        canvas.ellipse((0.155, 0.165), 0.009, 0.009, np.array([0.28, 0.18, 0.16]))
    if "bandage" in marks:
        canvas.stroke([(-0.055, 0.262), (0.055, 0.262)], (0.060, 0.060), np.array([0.93, 0.82, 0.66]))
        canvas.stroke([(-0.022, 0.262), (0.022, 0.262)], (0.050, 0.050), np.array([0.98, 0.92, 0.80]))


def _wrinkles(canvas: Canvas, tones: Tones, strength: float) -> None:
    """Folds from nose to mouth, bags, crow's feet, and on the old a furrowed forehead and hollow cheeks."""
    line = tones.line * 0.45 + tones.shade * 0.55
    for sign in (-1, 1):
        fold = [(sign * 0.064, 0.252), (sign * 0.104, 0.205), (sign * 0.118, 0.150)]
        canvas.stroke(fold, (0.002, 0.010, 0.002), line, 0.85 * strength)
        bag = [(sign * 0.085, EYE_Y - 0.085), (sign * 0.16, EYE_Y - 0.115), (sign * 0.235, EYE_Y - 0.090)]
        canvas.stroke(bag, (0.001, 0.009, 0.001), line, 0.75 * strength)
        for k in range(3):
            start = (sign * 0.274, EYE_Y + 0.016 - 0.026 * k)
            canvas.stroke(
                [start, (sign * (0.330 - 0.006 * k), EYE_Y + 0.046 - 0.048 * k)],
                (0.001, 0.008, 0.001),
                line,
                0.8 * strength,
            )
    if strength > 0.8:
        for y, half in ((0.615, 0.15), (0.660, 0.17), (0.705, 0.13)):
            canvas.stroke(
                [(-half, y - 0.004), (0, y + 0.010), (half, y - 0.004)], (0.001, 0.009, 0.001), line, 0.75
            )
        for sign in (-1, 1):
            hollow = [(sign * 0.250, 0.250), (sign * 0.225, 0.180), (sign * 0.185, 0.120)]
            canvas.stroke(hollow, (0.002, 0.012, 0.002), tones.shade * 0.94, 0.8)
            canvas.stroke([(sign * 0.100, 0.112), (sign * 0.108, 0.078)], (0.001, 0.007, 0.001), line, 0.7)


def draw_stubble(canvas: Canvas, spec: Spec) -> None:
    """The shadow of a shaved or short beard."""
    beard = spec.hair.beard
    if beard in ("none", "moustache", "handlebar"):
        return
    hair = lifted(spec.hair.beard_colour or spec.hair.colour)
    tint = hair * 0.4 + shaded(spec.skin.colour, SKIN) * 0.6
    if beard == "stubble":
        for sign in (-1, 1):
            canvas.glow((sign * 0.17, 0.12), 0.13, 0.13, tint, 0.30)
        canvas.glow((0, 0.045), 0.20, 0.075, tint, 0.38)
        canvas.glow((0, MOUTH_Y + 0.048), 0.10, 0.026, tint, 0.36)
