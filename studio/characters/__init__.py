"""Characters that are kept: made, found, drawn alike in every picture, and carried to another studio."""

from __future__ import annotations

from studio.characters.verbs import Characters

__all__ = ["Characters"]
