"""Words to character: `parse` reads a prompt into a `Spec` and says what it could not draw."""

from studio.engine.figure.words.keep import Identity, parse_kept
from studio.engine.figure.words.parse import Parsed, parse
from studio.engine.figure.words.reference import ReferenceColours, dominant_colours

__all__ = ["Identity", "Parsed", "ReferenceColours", "dominant_colours", "parse", "parse_kept"]
