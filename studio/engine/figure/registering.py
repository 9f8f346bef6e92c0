"""Functions that are found by the names of what they make."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

Maker = TypeVar("Maker")


def remember(table: dict[str, Maker], names: tuple[str, ...]) -> Callable[[Maker], Maker]:
    """A decorator that enters a function under these names and leaves it as it is."""

    def enter(make: Maker) -> Maker:
        table.update(dict.fromkeys(names, make))
        return make

    return enter
