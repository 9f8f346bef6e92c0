"""What can go wrong on purpose inside the engine."""

from __future__ import annotations


class Interrupted(Exception):  # noqa: N818 - a request, not a fault
    """Somebody asked the running prompt to stop."""


class Refusal(Exception):  # noqa: N818 - named for what happened
    """A node declines the work for a reason that people should read as it is."""

    def __init__(self, message: str, kind: str) -> None:
        super().__init__(message)
        self.kind = kind


class OutsideFolderError(ValueError):
    """A path from a request leads out of the folder that it belongs to, or cannot be a path at all."""
