"""Measures how well a mouth follows a voice: by how much it lags, and how alike the two move."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from studio.engine.talking.audio import Array
from studio.engine.talking.curves import smooth
from studio.engine.talking.hearing import HOP_S, QUIETEST_DB, Heard

LONGEST_LAG_S = 0.5


@dataclass(frozen=True)
class Sync:
    """Positive lag: the mouth moves after the voice. Likeness is the correlation at that lag."""

    lag_s: float
    likeness: float


def measure(opening: Array, fps: float, heard: Heard) -> Sync:
    """Compare the mouth's opening in each frame with the energy of the voice."""
    times = np.arange(len(heard.level_db)) * HOP_S
    held = opening[np.clip((times * fps).astype(int), 0, len(opening) - 1)]  # as a screen shows it
    return correlate(held, voice_energy(heard))


def voice_energy(heard: Heard) -> Array:
    """How loud the voice is, in parts of its range of decibels."""
    loud = float(heard.level_db.max(initial=QUIETEST_DB))
    return np.clip((smooth(heard.level_db, 0.02 / HOP_S) - (loud - 40.0)) / 40.0, 0.0, 1.0)


def correlate(follower: Array, leader: Array) -> Sync:
    """By how much one curve follows another, both a hundred times a second."""
    reach = round(LONGEST_LAG_S / HOP_S)
    a, b = follower - follower.mean(), leader - leader.mean()
    size = float(np.sqrt((a * a).sum() * (b * b).sum()))
    if size <= 1e-9:
        return Sync(0.0, 0.0)
    found = np.array([
        float((a[max(0, lag) : len(a) + min(0, lag)] * b[max(0, -lag) : len(b) - max(0, lag)]).sum()) / size
        for lag in range(-reach, reach + 1)
    ])  # fmt: skip
    best = int(found.argmax())
    exact = float(best)
    if 0 < best < 2 * reach:
        left, middle, right = found[best - 1 : best + 2]
        bend = left - 2 * middle + right
        exact += 0.5 * (left - right) / bend if bend < 0 else 0.0
    return Sync(float((exact - reach) * HOP_S), float(found[best]))
