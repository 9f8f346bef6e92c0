"""What statements are made of: text that SQLite takes, words to search for, values in bounded pieces."""

from __future__ import annotations

import re
from collections.abc import Sequence, Sized
from typing import Any

AT_ONCE = 500  # values in one statement, which SQLite bounds


def storable(text: str) -> str:
    """Text that SQLite takes: half a letter, as JSON can hold it, becomes a question mark."""
    return text.encode("utf-8", "replace").decode()


def search_terms(search: str) -> str:
    """A full-text query in which every word must begin some word of the text."""
    return " ".join(f'"{word}"*' for word in re.findall(r"\w+", search)[:16])


def slots(values: Sized) -> str:
    """A question mark for each value."""
    return ", ".join("?" * len(values))


def parts(values: Sequence[Any], size: int = AT_ONCE) -> list[list[Any]]:
    """Pieces that fit into one statement, each value once."""
    listed = [storable(value) if isinstance(value, str) else value for value in dict.fromkeys(values)]
    return [listed[at : at + size] for at in range(0, len(listed), size)]
