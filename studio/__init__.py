"""AvatarForge Studio: characters from words, on ComfyUI or on the embedded engine."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from studio.client import AsyncStudio, Studio
    from studio.errors import StudioError

__all__ = ["VERSION", "AsyncStudio", "Studio", "StudioError"]

VERSION = "1.0.0"


def __getattr__(name: str) -> Any:
    """The client when it is asked for: every room below is imported through this package."""
    if name in ("AsyncStudio", "Studio"):
        return getattr(importlib.import_module("studio.client"), name)
    if name == "StudioError":
        return importlib.import_module("studio.errors").StudioError
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
