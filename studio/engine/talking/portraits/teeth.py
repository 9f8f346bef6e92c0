"""A mouth that shows its teeth in a picture: pale without colour, side by side below the nose."""

from __future__ import annotations

import numpy as np

from studio.engine.figure.filters import blur
from studio.engine.talking.portraits.measure import Frame, LipLine, luminance, sampled

Array = np.ndarray
_STEP = 0.01  # of a look, in distances of the eyes
_U = np.arange(-0.62, 0.62, _STEP)
_REACH = (-0.32, 0.64)  # above and below of where the mouth is thought to be
_LIGHT, _COLOUR, _DARK = 0.60, 0.62, 0.42  # of the skin's: at least, at most; of what is deep inside
_WIDTHS, _HEIGHTS = (0.26, 0.98), (0.045, 0.42)
_GAP = round(0.04 / _STEP)
_FULL = 0.38  # of the box around them


def teeth_line(rgb: Array, frame: Frame, mouth: Array, skin: Array) -> LipLine | None:
    """The lines of both lips of a mouth that shows teeth; None if none are sure."""
    import cv2  # late: only pictures that we did not draw need it

    own = _colourful(skin)
    if own < 0.10:
        return None  # in grey, teeth are like skin
    near = frame.of(mouth)
    v = near[1] + np.arange(*_REACH, _STEP)
    soft = blur(rgb.astype(np.float32), max(0.5, frame.unit * 0.008))
    patch = sampled(soft, frame.at(near[0] + _U[None, :], v[:, None]))
    mask = (_colourful(patch) < _COLOUR * own) & (luminance(patch) > _LIGHT * float(luminance(skin)))
    seen = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((3, 5), np.uint8))
    count, labels, boxes, middles = cv2.connectedComponentsWithStats(seen)
    best: tuple[float, int] | None = None
    for label in range(1, count):
        left, top, wide, high, area = (int(value) for value in boxes[label])
        inside = left > 0 and top > 0 and left + wide < seen.shape[1] and top + high < seen.shape[0]
        if not inside or not _between(wide * _STEP, _WIDTHS) or not _between(high * _STEP, _HEIGHTS):
            continue
        if wide < 1.4 * high or area < _FULL * wide * high or abs(_U[0] + middles[label][0] * _STEP) > 0.30:
            continue
        if best is None or area > best[0]:
            best = area, label
    if best is None:
        return None
    there = _whole(labels == best[1], _colourful(patch) / own, luminance(patch) / float(luminance(skin)))
    columns = np.flatnonzero(there.any(0))
    wide = int(columns[-1] - columns[0]) + 1
    return _lines(there, int(columns[0]), wide, near, v) if wide * _STEP < _WIDTHS[1] else None


def _whole(sure: Array, colour: Array, light: Array) -> Array:
    """Teeth with those beside them in the shade, and with the dark and the teeth over or under them."""
    import cv2  # late, as above

    kernel = np.ones((2 * _GAP + 1, 3), np.uint8)
    ring = cv2.dilate(sure.astype(np.uint8), kernel).astype(bool) & ~sure & (light > _DARK)
    most = float(np.median(colour[sure]))
    most += 0.68 * max(0.0, float(np.median(colour[ring])) - most) if ring.any() else 0.0
    rows = np.flatnonzero(sure.any(1))
    near = np.zeros_like(sure)
    near[max(0, rows[0] - _GAP) : rows[-1] + _GAP + 1] = True
    pale = near & (colour < most) & (light > 0.36)
    count, labels = cv2.connectedComponents((pale | sure).astype(np.uint8))
    beside = cv2.dilate(sure.astype(np.uint8), np.ones((3, 2 * _GAP + 1), np.uint8)).astype(bool)
    there = sure.copy()
    for label in range(1, count):
        piece = labels == label
        if (piece & beside).any():
            there |= piece
    inner = there | (light < _DARK) | ((colour < _COLOUR) & (light > 0.25))
    inner = cv2.morphologyEx(inner.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((9, 3), np.uint8)).astype(bool)
    corners = there.copy()
    for axis, reach, begin in ((1, 0.10, corners), (0, 0.36, there)):
        for way in (-1, 1):
            edge = begin
            for _ in range(round(reach / _STEP)):
                edge = np.roll(edge, way, axis) & inner
                corners |= edge
    return corners


def _lines(there: Array, left: int, wide: int, near: Array, v: Array) -> LipLine | None:
    """Curves above and below what is there."""
    columns = np.arange(left, left + wide)
    columns = columns[there[:, columns].any(0)]
    upper = v[np.argmax(there[:, columns], 0)]
    lower = v[len(there) - 1 - np.argmax(there[::-1, columns], 0)] + _STEP
    middle = near[0] + _U[0] + (left + (wide - 1) / 2) * _STEP
    u = near[0] + _U[columns] - middle
    half = wide * _STEP / 2 + 0.03
    above, below = _smooth(u, upper, half), _smooth(u, lower, half)
    apart = below - above
    if apart[2] < 0.04:
        return None
    half += 0.25 * max(0.0, float(apart[2]) - 0.15)  # corners of an open mouth are dark, and hard to tell
    return LipLine(
        (float(middle), float(below[2])), float(below[1]), float(below[0]), min(0.56, max(0.18, half)),
        float(apart[2]), float(apart[1]), float(min(apart[0], -apart[2] / half**2)),
    )  # fmt: skip


def _smooth(u: Array, v: Array, half: float) -> Array:
    """A parabola through most of the places."""
    kept = np.abs(u) < 0.9 * half
    fit = np.polyfit(u[kept], v[kept], 2)
    for _ in range(3):
        away = np.abs(np.polyval(fit, u) - v)
        close = kept & (away <= max(0.012, 1.6 * float(np.median(away[kept]))))
        if close.sum() < 8:
            break
        fit = np.polyfit(u[close], v[close], 2)
    return fit


def _colourful(rgb: Array) -> Array:
    return (rgb.max(-1) - rgb.min(-1)) / np.maximum(rgb.max(-1), 1.0)


def _between(value: float, limits: tuple[float, float]) -> bool:
    return limits[0] <= value <= limits[1]
