"""Characters as bundles: one ZIP with everything that is kept of somebody, for another studio or later."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from studio.bundles.forms import Which
from studio.bundles.reading import Read, read
from studio.bundles.writing import plan, stream
from studio.characters import Characters
from studio.contents import Contents
from studio.voices import Voices

__all__ = ["Bundles", "Read", "Which"]


class Bundles:
    """The two verbs of bundles."""

    def __init__(self, characters: Characters, contents: Contents, voices: Voices) -> None:
        self.characters = characters
        self.contents = contents
        self.voices = voices

    def write(self, character_id: str, which: Which = "all") -> Iterator[bytes]:
        """The bundle of a character, piece by piece; what is in it is settled before the first piece."""
        return stream(plan(self.characters, self.contents, self.voices, character_id, which))

    def read(self, path: Path, name: str = "") -> Read:
        """The character of a bundle, made here; refused as a whole if anything in it is not as it says."""
        return read(self.characters, self.contents, self.voices, path, name)
