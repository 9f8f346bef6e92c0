"""Values that change over a motion: keys with easing, sampled at any moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..shape.curves import profile

Array = np.ndarray
# How a value comes to a key: along a smooth curve through its neighbours, or by itself.
EASES = ("smooth", "linear", "in", "out", "hold")
_AROUND = 3  # keys of the rounds before and after that a closed curve is laid through


def eased(share: Array | float, ease: str) -> Array | float:
    """How much of the way is done after this share of the time."""
    if ease == "in":
        return share * share
    if ease == "out":
        return share * (2.0 - share)
    if ease == "hold":
        return np.floor(share)
    return share


@dataclass(frozen=True, eq=False)
class Curve:
    """Keys of a motion: when (0..1), what, and how one comes there; a closed one begins where it ends."""

    times: Array
    values: Array  # keys × members
    eases: tuple[str, ...]
    closed: bool

    @classmethod
    def of(cls, rows: Sequence[Sequence[Any]], members: int, closed: bool) -> Curve:
        """Read keys as they are written: [when, value, ..., ease]; what is left out is 0 and smooth."""
        times, values, eases = [], [], []
        for row in rows:
            ease = row[-1] if isinstance(row[-1], str) else "smooth"
            numbers = [float(value) for value in row if not isinstance(value, str)]
            if ease not in EASES:
                raise ValueError(f"unknown easing {ease!r}; known are {', '.join(EASES)}")
            if not 1 < len(numbers) <= members + 1 or not 0.0 <= numbers[0] <= 1.0:
                raise ValueError(f"a key is [when from 0 to 1, up to {members} values], not {row!r}")
            if times and numbers[0] <= times[-1]:
                raise ValueError(f"keys come in their order: {numbers[0]} after {times[-1]}")
            times.append(numbers[0])
            values.append([*numbers[1:], *[0.0] * (members + 1 - len(numbers))])
            eases.append(ease)
        if not times:
            raise ValueError("a curve needs a key")
        if closed and times[-1] >= 1.0:
            raise ValueError("a closed curve has its first key at its end by itself")
        return cls(np.array(times), np.array(values), tuple(eases), closed)

    def at(self, moment: float) -> Array:
        """The values at a moment of the motion."""
        if len(self.times) == 1:
            return self.values[0]
        moment = moment % 1.0 if self.closed else min(max(moment, 0.0), 1.0)
        times, values = self._unrolled()
        after = int(np.searchsorted(times, moment, side="right"))
        if after >= len(times):
            return values[-1]
        if after == 0:
            return values[0]
        ease = self._ease(after)
        if ease != "smooth":
            share = (moment - times[after - 1]) / (times[after] - times[after - 1])
            return values[after - 1] + (values[after] - values[after - 1]) * eased(share, ease)
        near = slice(max(0, after - 3), after + 3)
        where = np.array([moment])
        columns = [profile(times[near], values[near, k], where)[0] for k in range(values.shape[1])]
        return np.array(columns)

    def _unrolled(self) -> tuple[Array, Array]:
        if not self.closed:
            return self.times, self.values
        turns = range(-_AROUND, _AROUND + 1)
        return np.concatenate([self.times + turn for turn in turns]), np.tile(self.values, (len(turns), 1))

    def _ease(self, number: int) -> str:
        return self.eases[number % len(self.eases)]

    def mirrored(self, signs: Array) -> Curve:
        """The same curve half a round later, its members multiplied by signs."""
        times = (self.times + 0.5) % 1.0
        order = np.argsort(times)
        return Curve(
            times[order], self.values[order] * signs, tuple(self.eases[k] for k in order), self.closed
        )
