"""Parts of the body that not everybody has: one function per feature, registered by name."""

from __future__ import annotations

from . import back, crown, face, limbs  # noqa: F401  importing a file registers its features
from .registry import add_features, kinds

__all__ = ["add_features", "kinds"]
