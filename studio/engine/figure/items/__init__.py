"""What is held or carried: one function per item, registered by name."""

from __future__ import annotations

from . import carried, instruments, tools, weapons  # noqa: F401  importing a file registers its items
from .carried import STOOL_PARTS, add_stool
from .registry import add_items, kinds

__all__ = ["STOOL_PARTS", "add_items", "add_stool", "kinds"]
