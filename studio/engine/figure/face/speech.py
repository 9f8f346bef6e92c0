"""The mouth while it speaks: one shape without jumps from shut to wide, round or spread."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..shape.curves import path
from ..shape.head import MOUTH_Y
from ..spec import Spec
from .canvas import Canvas
from .looks import Mouth
from .tones import Tones

Array = np.ndarray
_HALF = 0.074  # half the width of a mouth at rest
_TEETH = np.array([0.985, 0.975, 0.96])
_POINTS = 29
SHUT = 0.010  # an opening that is less is drawn as a line


def draw_speech(canvas: Canvas, spec: Spec, mouth: Mouth, tones: Tones, turn: float) -> None:
    """An open mouth of any shape; `round` runs smoothly from lips at ease to a small o."""
    lips = _Lips.of(spec, mouth)
    upper, lower = lips.upper, lips.lower
    shape = np.concatenate([upper, lower[-2:0:-1]])
    canvas.fill(shape, np.array([0.36, 0.09, 0.13]), lower=np.array([0.52, 0.15, 0.19]))
    canvas.clip(shape)
    depth = lips.depth
    _tongue(canvas, lips, mouth)
    _teeth(canvas, lips, mouth, depth)
    canvas.clip(None)
    loop = np.concatenate([shape, shape[:1]])
    if spec.face.lips is not None:
        canvas.stroke(loop, (0.016, 0.016), tones.lip, 0.95, smooth=False)
    elif spec.build.presentation == "feminine":
        band = np.concatenate(
            [lower, (lower - np.array([0.0, 0.016]) * np.sin(np.linspace(0, np.pi, _POINTS))[:, None])[::-1]]
        )
        canvas.fill(band, tones.lip, 0.55)
    thick = 0.0085 - 0.0015 * min(1.0, depth / 0.08)
    canvas.stroke(upper, (0.005, thick * 1.15, thick * 1.15, 0.005), tones.line, smooth=False)
    canvas.stroke(lower, (0.004, thick * 0.85, thick * 0.85, 0.004), tones.line, smooth=False)
    low = float(lower[:, 1].min())
    fold = [(-0.030, low - 0.030), (0, low - 0.036), (0.030, low - 0.030)]
    canvas.stroke(fold, (0.001, 0.007, 0.001), tones.shade, 0.65)


@dataclass(frozen=True, eq=False)
class _Lips:
    upper: Array
    lower: Array
    half: float
    depth: float

    @classmethod
    def of(cls, spec: Spec, mouth: Mouth) -> _Lips:
        masculine = spec.build.presentation == "masculine"
        half = _HALF * mouth.width * (1.10 if masculine else 1.0)
        depth = max(mouth.open, SHUT)
        corner = 0.028 * mouth.smile * (1 - 0.6 * mouth.round)
        u = np.linspace(-1, 1, _POINTS)
        # Round things are even above and below; others hang from the upper lip.
        bow = np.sqrt(np.clip(1 - u * u, 0, 1))
        hang = np.clip(1 - np.abs(u) ** 2.6, 0, 1) ** 0.72
        r = min(1.0, max(0.0, mouth.round))
        middle = MOUTH_Y + 0.10 * depth
        lift = corner * u * u
        rise = depth * ((0.16 * (1 - u * u)) * (1 - r) + 0.46 * bow * r)
        fall = depth * ((0.84 * hang) * (1 - r) + 0.54 * bow * r)
        dip = -0.010 * mouth.smile * (1 - u * u) * (1 - r)
        x = half * u
        upper = np.stack([x, middle + lift + rise + dip], -1)
        lower = np.stack([x * (1 - 0.06 * (1 - r)), middle + lift - fall + dip], -1)
        lower[[0, -1]] = upper[[0, -1]]
        return cls(upper, lower, half, depth)


def _tongue(canvas: Canvas, lips: _Lips, mouth: Mouth) -> None:
    if mouth.tongue <= 0.02:
        return
    rosy = np.array([0.90, 0.46, 0.47])
    bottom = float(lips.lower[:, 1].min())
    tip = mouth.tongue
    canvas.ellipse(
        (0, bottom + lips.depth * (0.05 + 0.22 * tip)), lips.half * 0.66, lips.depth * 0.44 * tip, rosy
    )


def _teeth(canvas: Canvas, lips: _Lips, mouth: Mouth, depth: float) -> None:
    if mouth.teeth <= 0.02:
        return
    band = min(0.028, depth * 0.40) * mouth.teeth
    band = band + (depth * 1.05 - band) * mouth.clench
    u = np.linspace(-1, 1, _POINTS)
    even = lips.upper[:, 1].max() * 0.35 + lips.upper[:, 1] * 0.65
    edge = np.stack([lips.upper[:, 0], even - band * (1 - 0.35 * u**4)], -1)
    canvas.fill(np.concatenate([lips.upper + np.array([0.0, 0.012]), edge[::-1]]), _TEETH)
    if mouth.clench > 0.5:
        return
    if depth > 0.045 and mouth.width > 1.0:
        low = lips.lower[:, 1].min() + 0.012 * mouth.teeth
        row = path([(-lips.half * 0.6, low - 0.02), (0, low), (lips.half * 0.6, low - 0.02)], 12)
        canvas.fill(np.concatenate([row, row[::-1] - np.array([0, 0.03])]), _TEETH * 0.90, 0.5)
