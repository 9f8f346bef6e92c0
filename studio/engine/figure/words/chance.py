"""Choices by seed and name alone, so that one more word in the prompt changes nothing else."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Chance:
    """A seed with named draws; the same name always gives the same draw."""

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def unit(self, name: str) -> float:
        """A number in [0, 1)."""
        digest = hashlib.sha256(f"{self.seed}|{name}".encode()).digest()
        return int.from_bytes(digest[:6], "big") / 2**48

    def between(self, name: str, low: float, high: float) -> float:
        """A number in [low, high), rounded so that JSON keeps it exactly."""
        return round(low + (high - low) * self.unit(name), 4)

    def pick(self, name: str, options: Sequence[T]) -> T:
        """One of the options."""
        return options[int(self.unit(name) * len(options))]

    def weighted(self, name: str, options: Sequence[tuple[T, float]]) -> T:
        """One of the options, each as likely as its weight."""
        goal = self.unit(name) * sum(weight for _, weight in options)
        for option, weight in options:
            goal -= weight
            if goal < 0:
                return option
        return options[-1][0]

    def happens(self, name: str, likelihood: float) -> bool:
        """Whether something happens that does so in this share of the seeds."""
        return self.unit(name) < likelihood
