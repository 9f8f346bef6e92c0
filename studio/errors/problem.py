"""What one error code means."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """What one error code means for people and for HTTP."""

    code: str
    status: int
    sentence: str
    hint: str
    retry_mends: bool = False  # the runner tries such a task again by itself
