"""Art styles: each paints a picture from the same layers."""

from __future__ import annotations

from .registry import Style, style_of, styles

__all__ = ["Style", "style_of", "styles"]
