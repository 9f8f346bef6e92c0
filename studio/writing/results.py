"""What the room gives: texts for platforms and pictures in words, and who wrote them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from studio.writing.asked import EngineName

Kind = Literal[
    "caption",
    "post",
    "story",
    "tweet",
    "comment",
    "message",
    "bio",
    "title",
    "hashtags",
    "description",
    "text",
]


@dataclass(frozen=True)
class Written:
    """A text for a platform, and who wrote it."""

    whole: str  # as it would be posted, its hashtags with it
    text: str
    hashtags: tuple[str, ...]
    tone: str
    platform: str
    engine: EngineName
    model: str | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Described:
    """A picture in words."""

    description: str
    tags: tuple[str, ...]
    engine: EngineName
    model: str | None = None
    notes: tuple[str, ...] = ()
