"""The figure room: words in, a drawn character out."""

from __future__ import annotations

from studio.engine.figure.mannequin import draw_mannequin as draw
from studio.engine.figure.request import Camera, DrawRequest, Framing, OnProgress, Picture, WordsRefused

__all__ = ["Camera", "DrawRequest", "Framing", "OnProgress", "Picture", "WordsRefused", "draw"]
