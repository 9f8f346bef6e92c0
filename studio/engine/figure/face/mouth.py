"""The mouth: lips shut or open, teeth, tongue and corners."""

from __future__ import annotations

import numpy as np

from ..shape.curves import path, smoothstep
from ..shape.head import MOUTH_Y
from ..spec import Spec
from .canvas import Canvas
from .looks import Mouth
from .tones import Tones

Array = np.ndarray
_HALF = 0.074  # half the width of a mouth at rest
_TEETH = np.array([0.985, 0.975, 0.96])


def draw_mouth(canvas: Canvas, spec: Spec, mouth: Mouth, tones: Tones, turn: float) -> None:
    """The mouth; turn is -1..1 from one profile to the other, positive with the face to the right."""
    masculine = spec.build.presentation == "masculine"
    half = _HALF * mouth.width * (1.10 if masculine else 1.0)
    corner, skew = 0.028 * mouth.smile, mouth.skew
    y = MOUTH_Y + 0.22 * mouth.open
    dip = y - 0.012 * mouth.smile
    wave = 0.009 * mouth.wave
    points = np.array(
        [
            (-half, y + corner - 0.034 * max(0.0, -skew) - 0.010 * skew),
            (-half * 0.52, dip + wave),
            (-0.004, dip - wave - 0.003),
            (half * 0.52, dip + wave + 0.006 * skew),
            (half, y + corner + 0.040 * max(0.0, skew)),
        ]
    )
    if skew < 0:
        # The other side of a lip that is drawn up.
        points[0, 1], points[1, 1] = y + corner * 0.4 - 0.030 * skew, dip - 0.010 * skew + wave
    points[:, 0] = _foreshortened(points[:, 0], turn)
    upper = path(points, 28)
    if mouth.open < 0.006:
        _shut(canvas, spec, mouth, tones, upper, half, dip)
    else:
        _open(canvas, spec, mouth, tones, upper, points, half, y, turn)
    _corners(canvas, mouth, tones, points)


def _foreshortened(x: Array, turn: float) -> Array:
    """In profile a painter draws more of the near half of a mouth than a flat face would show."""
    side = smoothstep(0.60, 0.96, np.abs(np.asarray(turn, float))) * np.sign(turn)
    near = 1.0 + 1.25 * abs(float(side))
    return np.where(x * side < 0, x * near, x)


def _shut(
    canvas: Canvas, spec: Spec, mouth: Mouth, tones: Tones, upper: Array, half: float, dip: float
) -> None:
    painted = spec.face.lips is not None
    feminine = spec.build.presentation == "feminine" or painted
    if feminine:
        middle = float(upper[:, 0].mean())
        lower = path([(half * 0.56, dip), (middle, dip - 0.030), (-half * 0.56, dip)], 16)
        canvas.fill(np.concatenate([upper[6:-6], lower]), tones.lip, 0.80 if painted else 0.42)
        if painted:
            bow = [(-half * 0.7, dip), (-0.016, dip + 0.016), (0, dip + 0.010), (0.016, dip + 0.016)]
            canvas.fill(path([*bow, (half * 0.7, dip), (0, dip - 0.006)], 24), tones.lip, 0.80)
    firm = 1.0 + 0.35 * mouth.press
    canvas.stroke(upper, tuple(w * firm for w in (0.005, 0.0125, 0.0095, 0.0125, 0.005)), tones.line)
    fold = [(-0.026, dip - 0.042), (0, dip - 0.048), (0.026, dip - 0.042)]
    canvas.stroke(fold, (0.001, 0.007, 0.001), tones.shade, 0.75)


def _corners(canvas: Canvas, mouth: Mouth, tones: Tones, points: Array) -> None:
    """Small ends that say smile, firmness or spite more plainly than the line does."""
    strength = max(0.0, abs(mouth.smile) - 0.3) + 0.8 * mouth.press + 0.5 * abs(mouth.skew)
    if strength < 0.25 or mouth.round > 0.5:
        return
    for end, sign in ((points[0], -1), (points[-1], 1)):
        if mouth.skew * sign < 0:
            continue
        lean = 0.4 if mouth.smile >= 0 else -0.5
        reach = 0.014 * min(1.4, 0.6 + strength)
        near, middle, far = (-0.3, -1.0 - lean), (0.55, 0.0), (-0.1, 0.9)
        line = [end + reach * np.array([sign * x, y]) for x, y in (near, middle, far)]
        canvas.stroke(line, (0.002, 0.0085, 0.002), tones.line, 0.85)


def _open(
    canvas: Canvas,
    spec: Spec,
    mouth: Mouth,
    tones: Tones,
    upper: Array,
    points: Array,
    half: float,
    y: float,
    turn: float,
) -> None:
    depth = mouth.open
    if mouth.round > 0.5:
        angle = np.linspace(0, 2 * np.pi, 40, endpoint=False)
        shape = np.stack([half * np.cos(angle), y - depth * 0.35 + depth * 0.68 * np.sin(angle)], -1)
        shape[:, 0] = _foreshortened(shape[:, 0], turn)
    else:
        left, right = points[0], points[-1]
        sag = 0.010 * mouth.wave
        low = path(
            [
                right,
                (right[0] * 0.74, y - depth * 0.70 + (right[1] - y) * 0.35 + sag),
                ((left[0] + right[0]) / 2, y - depth - sag),
                (left[0] * 0.74, y - depth * 0.70 + (left[1] - y) * 0.35 + sag),
                left,
            ],
            28,
        )
        shape = np.concatenate([upper, low[1:-1]])
    canvas.fill(shape, np.array([0.40, 0.10, 0.14]), lower=np.array([0.54, 0.16, 0.20]))
    canvas.clip(shape)
    bottom = shape[:, 1].min()
    if mouth.tongue > 0:
        rosy = np.array([0.92, 0.48, 0.48])
        canvas.ellipse((0, bottom + depth * 0.06), half * 0.62, depth * 0.42 * mouth.tongue, rosy)
    if mouth.teeth > 0:
        _teeth(canvas, mouth, tones, upper, shape, depth)
    canvas.clip(None)
    loop = np.concatenate([shape, shape[:1]])
    if spec.face.lips is not None:
        canvas.stroke(loop, (0.016, 0.016), tones.lip, 0.95, smooth=False)
    canvas.stroke(loop, (0.0075, 0.0075), tones.line, smooth=False)


def _teeth(canvas: Canvas, mouth: Mouth, tones: Tones, upper: Array, shape: Array, depth: float) -> None:
    band = depth * 1.6 if mouth.clench > 0 else min(0.026, depth * 0.34)
    if mouth.round > 0.5:
        top = float(shape[:, 1].max())
        low, high = float(shape[:, 0].min()), float(shape[:, 0].max())
        edge = top - band * mouth.teeth
        canvas.fill([(low, top + 0.01), (high, top + 0.01), (high, edge), (low, edge)], _TEETH)
        return
    edge = upper - np.array([0.0, band * mouth.teeth])
    canvas.fill(np.concatenate([upper + np.array([0.0, 0.01]), edge[::-1]]), _TEETH)
    if mouth.clench > 0:
        bottom = np.interp(upper[:, 0], shape[28:, 0][::-1], shape[28:, 1][::-1])
        bite = np.stack([upper[:, 0], (upper[:, 1] + bottom) / 2], -1)
        canvas.stroke(bite, (0.004, 0.006, 0.004), tones.line, 0.75, smooth=False)
        for at in np.linspace(0.2, 0.8, 5):
            x = float(upper[0, 0] + (upper[-1, 0] - upper[0, 0]) * at)
            high = float(np.interp(x, upper[:, 0], upper[:, 1]))
            deep = float(np.interp(x, upper[:, 0], bottom))
            canvas.stroke([(x, high), (x, deep)], (0.003, 0.003), tones.line, 0.45, smooth=False)
    if mouth.fangs > 0:
        for at in (0.16, 0.84):
            x = float(upper[0, 0] + (upper[-1, 0] - upper[0, 0]) * at)
            high = float(np.interp(x, upper[:, 0], upper[:, 1]))
            tip = high - depth * 0.95
            canvas.fill([(x - 0.016, high), (x + 0.016, high), (x, tip)], _TEETH)
            canvas.stroke(
                [(x - 0.015, high), (x, tip), (x + 0.015, high)], (0.004, 0.004), tones.line, 0.8, False
            )
