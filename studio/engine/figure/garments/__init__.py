"""Clothes: one small function per garment, registered by name, over shared builders."""

from __future__ import annotations

from . import (  # noqa: F401
    armor,
    cloaks,
    dresses,
    face_wear,
    feet,
    hands,
    hats,
    head_bands,
    legs,
    neck,
    suits,
    tops,
    waist,
)
from .registry import add_garments, kinds

__all__ = ["add_garments", "kinds"]
