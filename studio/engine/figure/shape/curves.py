"""Curves through given points: monotone profiles and smooth paths."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..compiled import kernel

Array = np.ndarray
Vector = Sequence[float] | Array
Points = Sequence[Vector] | Array


def unit(vectors: Array) -> Array:
    """Vectors scaled to length one along the last axis."""
    if vectors.shape[-1] != 3:
        return vectors / np.maximum(np.sqrt((vectors * vectors).sum(-1, keepdims=True)), 1e-12)
    # Sums over so short an axis are slow in numpy.
    x, y, z = vectors[..., 0], vectors[..., 1], vectors[..., 2]
    return vectors / np.maximum(np.sqrt(x * x + y * y + z * z), 1e-12)[..., None]


def smoothstep(low: float | Array, high: float | Array, x: float | Array) -> Array:
    """0 below low, 1 above high, an S between; pictures in single precision stay so."""
    at = np.asarray(x)
    if at.dtype != np.float32:
        at = at.astype(float)
    t = np.clip((at - low) / (np.subtract(high, low)), 0.0, 1.0)
    return t * t * (3.0 - 2.0 * t)


@kernel
def _profile(x, y, at, out):
    last = x.shape[0] - 1
    tangent = np.zeros(last + 1)
    for i in range(1, last):
        left, right = x[i] - x[i - 1], x[i + 1] - x[i]
        below, above = (y[i] - y[i - 1]) / left, (y[i + 1] - y[i]) / right
        if below * above > 0:
            # Fritsch and Carlson's weighted harmonic mean never overshoots.
            heavy, light = 2 * right + left, right + 2 * left
            tangent[i] = (heavy + light) / (heavy / below + light / above)
    if last > 0:
        tangent[0] = (y[1] - y[0]) / (x[1] - x[0])
        tangent[last] = (y[last] - y[last - 1]) / (x[last] - x[last - 1])
    for n in range(at.shape[0]):
        place = min(x[last], max(x[0], at[n]))
        i = 0
        while i < last - 1 and x[i + 1] <= place:
            i += 1
        width = x[i + 1] - x[i]
        t = (place - x[i]) / width
        t2, t3 = t * t, t * t * t
        out[n] = (
            y[i] * (2 * t3 - 3 * t2 + 1)
            + tangent[i] * width * (t3 - 2 * t2 + t)
            + y[i + 1] * (3 * t2 - 2 * t3)
            + tangent[i + 1] * width * (t3 - t2)
        )


def profile(xs: Sequence[float] | Array, ys: Sequence[float] | Array, at: Array) -> Array:
    """Monotone cubic through (xs, ys): smooth and never overshooting."""
    x, y = np.ascontiguousarray(xs, float), np.ascontiguousarray(ys, float)
    where = np.ascontiguousarray(at, float)
    if len(x) == 1:
        return np.full(where.shape, y[0])
    out = np.empty(where.size)
    _profile(x, y, where.ravel(), out)
    return out.reshape(where.shape)


@kernel
def _path(points, out):
    last, count = points.shape[0] - 1, out.shape[0]
    knots = np.zeros(last + 1)
    for i in range(last):
        square = 0.0
        for c in range(points.shape[1]):
            square += (points[i + 1, c] - points[i, c]) ** 2
        knots[i + 1] = knots[i] + max(np.sqrt(square), 1e-9)
    whole = knots[last]
    for i in range(last + 1):
        knots[i] /= whole
    tangent = np.empty(points.shape)
    for c in range(points.shape[1]):
        for i in range(1, last):
            before, after = knots[i] - knots[i - 1], knots[i + 1] - knots[i]
            below = (points[i, c] - points[i - 1, c]) / before
            above = (points[i + 1, c] - points[i, c]) / after
            tangent[i, c] = (below * after + above * before) / (before + after)
        first = (points[1, c] - points[0, c]) / (knots[1] - knots[0])
        final = (points[last, c] - points[last - 1, c]) / (knots[last] - knots[last - 1])
        tangent[0, c] = 1.5 * first - 0.5 * tangent[1, c]
        tangent[last, c] = 1.5 * final - 0.5 * tangent[last - 1, c]
    for n in range(count):
        place = n / (count - 1) if count > 1 else 0.0
        i = 0
        while i < last - 1 and knots[i + 1] <= place:
            i += 1
        width = knots[i + 1] - knots[i]
        t = (place - knots[i]) / width
        t2, t3 = t * t, t * t * t
        for c in range(points.shape[1]):
            out[n, c] = (
                points[i, c] * (2 * t3 - 3 * t2 + 1)
                + tangent[i, c] * width * (t3 - 2 * t2 + t)
                + points[i + 1, c] * (3 * t2 - 2 * t3)
                + tangent[i + 1, c] * width * (t3 - t2)
            )


def path(points: Points, count: int) -> Array:
    """A smooth curve through points (centripetal tangents), sampled evenly in its parameter."""
    pts = np.ascontiguousarray(points, float)
    if len(pts) == 2:
        t = np.linspace(0, 1, count)[:, None]
        return pts[0] + (pts[1] - pts[0]) * t
    out = np.empty((count, pts.shape[1]))
    _path(pts, out)
    return out


def turn(axis: str | Array, degrees: float) -> Array:
    """The rotation about an axis ("x", "y", "z" or a vector), as a 3 × 3 matrix."""
    if isinstance(axis, str):
        axis = np.eye(3)["xyz".index(axis)]
    x, y, z = unit(np.asarray(axis, float))
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    k = 1 - c
    return np.array(
        [
            [c + x * x * k, x * y * k - z * s, x * z * k + y * s],
            [y * x * k + z * s, c + y * y * k, y * z * k - x * s],
            [z * x * k - y * s, z * y * k + x * s, c + z * z * k],
        ]
    )
