"""Hair: one function per style, registered by name, over shared locks, bangs, tails and braids."""

from __future__ import annotations

from . import gathered, loose, short  # noqa: F401  importing a file registers its styles
from .beards import add_beard
from .registry import add_hair, styles

__all__ = ["add_beard", "add_hair", "styles"]
