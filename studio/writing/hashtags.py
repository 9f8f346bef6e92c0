"""Hashtags: made of words, taken out of what a model wrote, written as a platform likes them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from studio.writing.platforms import Platform

MOST_WORDS = 3
MOST_LETTERS = 30
_TAG = re.compile(r"(?<![\w&/])#(\w*[^\W\d_]\w*)")
_ARTICLE = re.compile(r"^(?:a|an|the|my|her|his|their|some)\s+", re.IGNORECASE)


def words_of(parts: Sequence[str]) -> list[str]:
    """Short names of things, each once, in their order."""
    found: dict[str, None] = {}
    for part in parts:
        plain = _ARTICLE.sub("", re.sub(r"\s+", " ", re.sub(r"[^\w\s'-]", " ", part)).strip()).lower()
        words = plain.split()
        if not words or not any(letter.isalpha() for letter in plain):
            continue
        short = " ".join(words if len(words) <= MOST_WORDS else words[-2:])
        if len(short) <= MOST_LETTERS:
            found.setdefault(short)
    return list(found)


def written(words: Sequence[str], platform: Platform) -> tuple[str, ...]:
    """These words as hashtags."""
    found: dict[str, None] = {}
    for word in words:
        pieces = re.findall(r"\w+", word.replace("'", "").replace("_", " "))
        name = "".join(one.capitalize() for one in pieces) if platform.camel else "".join(pieces).lower()
        if name and any(letter.isalpha() for letter in name):
            found.setdefault(f"#{name}")
    return tuple(found)


def taken_out(text: str) -> tuple[str, tuple[str, ...]]:
    """A text without the hashtags that stand at its end, and all hashtags of it."""
    found = tuple(dict.fromkeys(f"#{name}" for name in _TAG.findall(text)))
    body = re.sub(r"(?:\s*#\w+[,;]?)+\s*\Z", "", text).strip()
    return body, found
