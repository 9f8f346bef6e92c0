"""What a text is to be about: a picture by its recipe, and the picture itself for models that see."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studio import pictures
from studio.records.contents import Content
from studio.writing.scene import Scene, read

SIDE = 768  # as many pixels as models look at


@dataclass(frozen=True)
class Subject:
    """A picture, as far as anything is known of it."""

    key: str  # equal for equal pictures, so that they get equal texts
    prompt: str = ""
    clothing: str = ""
    style: str = ""
    is_person: bool = False
    size: tuple[int, int] | None = None
    picture: Path | None = None

    def scene(self, name: str = "") -> Scene:
        """What the words say that it shows; `name` is whom it was made of, who may not be in it."""
        words = re.sub(rf"\b{re.escape(name)}\b", "the character", self.prompt) if name else self.prompt
        is_person = self.is_person or (bool(name and words.strip()) and self._may_be_somebody(words))
        return read(words, clothing=self.clothing, style=self.style, is_person=is_person)

    def _may_be_somebody(self, words: str) -> bool:
        """Whether a picture that was made with a character has the character in it: all but things alone."""
        found = read(words, clothing=self.clothing)
        return found.is_person or not found.who

    def shown(self) -> tuple[bytes, ...]:
        """The picture for a model that sees, small enough."""
        if self.picture is None or not self.picture.is_file():
            return ()
        return (pictures.convert(pictures.thumbnail(self.picture, SIDE), "JPEG", quality=85),)


def subject_of(content: Content, path: Path | None = None) -> Subject:
    """A kept content as a subject; `path` is where its picture lies."""
    settings = content.generation_settings
    size = (content.width, content.height) if content.width and content.height else None
    return of_values(
        content.sha256 or content.id,
        {**settings, "prompt": content.prompt or settings.get("prompt") or ""},
        size,
        path if content.content_type == "image" else None,
    )


def of_values(
    key: str, values: Mapping[str, Any], size: tuple[int, int] | None = None, picture: Path | None = None
) -> Subject:
    """A subject out of a request's members, as recipes have them."""
    kind = values.get("kind")
    return Subject(
        key,
        prompt=_text(values.get("prompt")),
        clothing=_text(values.get("clothing")),
        style=_text(values.get("style")),
        is_person=kind == "avatar" or bool(values.get("clothing")),
        size=size,
        picture=picture,
    )


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
