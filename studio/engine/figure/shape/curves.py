"""Curves through given points: monotone profiles and smooth paths, in numpy alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

Array = np.ndarray
Vector = Sequence[float] | Array
Points = Sequence[Vector] | Array


def unit(vectors: Array) -> Array:
    """Vectors scaled to length one along the last axis."""
    length = np.sqrt((vectors * vectors).sum(-1, keepdims=True))
    return vectors / np.maximum(length, 1e-12)


def smoothstep(low: float | Array, high: float | Array, x: float | Array) -> Array:
    """0 below low, 1 above high, an S between; pictures in single precision stay so."""
    at = np.asarray(x)
    if at.dtype != np.float32:
        at = at.astype(float)
    t = np.clip((at - low) / (np.subtract(high, low)), 0.0, 1.0)
    return t * t * (3.0 - 2.0 * t)


def profile(xs: Sequence[float] | Array, ys: Sequence[float] | Array, at: Array) -> Array:
    """Monotone cubic through (xs, ys): smooth and never overshooting (Fritsch-Carlson slopes)."""
    x, y = np.asarray(xs, float), np.asarray(ys, float)
    if len(x) == 1:
        return np.full(np.shape(at), y[0])
    step = np.diff(x)
    slope = np.diff(y) / step
    tangent = np.zeros_like(y)
    if len(x) > 2:
        left, right = slope[:-1], slope[1:]
        weight_l, weight_r = 2 * step[1:] + step[:-1], step[1:] + 2 * step[:-1]
        same = left * right > 0
        safe_l, safe_r = np.where(same, left, 1.0), np.where(same, right, 1.0)
        inner = (weight_l + weight_r) / (weight_l / safe_l + weight_r / safe_r)
        tangent[1:-1] = np.where(same, inner, 0.0)
    tangent[0], tangent[-1] = slope[0], slope[-1]
    where = np.clip(np.asarray(at, float), x[0], x[-1])
    index = np.clip(np.searchsorted(x, where, side="right") - 1, 0, len(x) - 2)
    width = step[index]
    t = (where - x[index]) / width
    t2, t3 = t * t, t * t * t
    return (
        y[index] * (2 * t3 - 3 * t2 + 1)
        + tangent[index] * width * (t3 - 2 * t2 + t)
        + y[index + 1] * (3 * t2 - 2 * t3)
        + tangent[index + 1] * width * (t3 - t2)
    )


def path(points: Points, count: int) -> Array:
    """A smooth curve through points (centripetal tangents), sampled evenly in its parameter."""
    pts = np.asarray(points, float)
    if len(pts) == 2:
        t = np.linspace(0, 1, count)[:, None]
        return pts[0] + (pts[1] - pts[0]) * t
    chord = np.sqrt(((pts[1:] - pts[:-1]) ** 2).sum(1))
    knots = np.concatenate([[0.0], np.cumsum(np.maximum(chord, 1e-9))])
    knots /= knots[-1]
    slope = (pts[1:] - pts[:-1]) / np.diff(knots)[:, None]
    tangent = np.empty_like(pts)
    before, after = np.diff(knots)[:-1, None], np.diff(knots)[1:, None]
    tangent[1:-1] = (slope[:-1] * after + slope[1:] * before) / (before + after)
    tangent[0], tangent[-1] = 1.5 * slope[0] - 0.5 * tangent[1], 1.5 * slope[-1] - 0.5 * tangent[-2]
    at = np.linspace(0, 1, count)
    index = np.clip(np.searchsorted(knots, at, side="right") - 1, 0, len(knots) - 2)
    width = np.diff(knots)[index][:, None]
    t = ((at - knots[index]) / width[:, 0])[:, None]
    t2, t3 = t * t, t * t * t
    return (
        pts[index] * (2 * t3 - 3 * t2 + 1)
        + tangent[index] * width * (t3 - 2 * t2 + t)
        + pts[index + 1] * (3 * t2 - 2 * t3)
        + tangent[index + 1] * width * (t3 - t2)
    )


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
