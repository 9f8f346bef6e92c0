"""Who is asking: noted at the edge for each request, known wherever that request's work is done."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass

IN_STATE = "visitor"  # where a request's own state has it


@dataclass(frozen=True)
class Visitor:
    """Somebody who uses the studio; without a name its owner, or the studio itself."""

    name: str | None
    sees_only_own: bool = False


OWNER = Visitor(None)
# Whoever cannot be told from others sees nothing.
STRANGER = Visitor("stranger", sees_only_own=True)

_asking: ContextVar[Visitor] = ContextVar("asking", default=OWNER)
_elsewhere: list[Callable[[], Visitor | None]] = []


def asking() -> Visitor:
    """For whom the work at hand is done."""
    for source in _elsewhere:
        if (found := source()) is not None:
            return found
    return _asking.get()


def whose() -> str | None:
    """The only one whose work may be listed now; None: everybody's."""
    visitor = asking()
    return visitor.name if visitor.sees_only_own else None


@contextlib.contextmanager
def acting(visitor: Visitor) -> Iterator[None]:
    """Have what is done inside be done for this visitor."""
    token = _asking.set(visitor)
    try:
        yield
    finally:
        _asking.reset(token)


def ask(source: Callable[[], Visitor | None]) -> None:
    """Have a room that does work outside of its requests say for whom; None where it does none."""
    _elsewhere[:] = [source]
