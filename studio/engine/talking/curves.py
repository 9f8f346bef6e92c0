"""Small things done with curves that are sampled at an even pace."""

from __future__ import annotations

from typing import Literal

import numpy as np

from studio.engine.talking.audio import Array

WIDE = 16.0  # from here on three running means are as good as a bell, and cost the same for every width


def smooth(curve: Array, width: float, *, beyond: Literal["edge", "constant"] = "edge") -> Array:
    """A curve under a bell of this width (its standard deviation, in samples), without any delay.

    Beyond its ends the curve stays what it was there, or is 0.
    """
    if width <= 0 or len(curve) == 0:
        return curve
    if width > WIDE:
        reach = max(1, round((np.sqrt(4.0 * width * width + 1.0) - 1.0) / 2.0))
        padded = np.pad(curve.astype(np.float64), 3 * reach, mode=beyond)
        for _ in range(3):
            total = np.concatenate([[0.0], np.cumsum(padded)])
            padded = (total[2 * reach + 1 :] - total[: -2 * reach - 1]) / (2 * reach + 1)
        return padded.astype(curve.dtype)
    reach = max(1, int(np.ceil(3 * width)))
    bell = np.exp(-0.5 * (np.arange(-reach, reach + 1) / width) ** 2)
    padded = np.pad(curve, reach, mode=beyond)
    return np.convolve(padded, bell / bell.sum(), mode="valid").astype(curve.dtype)


def around(curve: Array, reach: int, *, lowest: bool = False) -> Array:
    """The highest (or lowest) value within this many samples on either side."""
    if len(curve) == 0:
        return curve
    edge = np.inf if lowest else -np.inf
    choose = np.minimum if lowest else np.maximum
    # Windows of doubling length, so that long reaches cost little.
    width, done = 2 * reach + 1, 1
    padded = np.pad(curve, reach, constant_values=edge)
    while done * 2 <= width:
        padded = choose(padded[:-done], padded[done:])
        done *= 2
    rest = width - done
    return choose(padded[: len(padded) - rest], padded[rest:]) if rest else padded


def share(curve: Array, low: float | Array, high: float | Array) -> Array:
    """Where between low and high a curve is: 0 .. 1, with soft ends."""
    x = np.clip((curve - low) / (np.asarray(high) - low), 0.0, 1.0)
    return x * x * (3.0 - 2.0 * x)


def rolling_percentile(curve: Array, percent: float, reach: int, step: int) -> Array:
    """The percentile around each sample, looked up every few samples and interpolated."""
    if len(curve) == 0:
        return curve
    middles = np.arange(0, len(curve), step)
    values = [
        np.percentile(curve[max(0, middle - reach) : middle + reach + 1], percent) for middle in middles
    ]
    return np.interp(np.arange(len(curve)), middles, values).astype(np.float32)
