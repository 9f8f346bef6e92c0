"""How long a text is where it is posted, and cutting it there: at sentences, else at words, never inside."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

Measure = Callable[[str], int]

_SENTENCE = re.compile(r"(?<=[.!?…])[\"”’)]*\s+|\n+")
_LINK = re.compile(r"https?://\S+")
LINK_LENGTH = 23
_LIGHT = ((0x2000, 0x200D), (0x2010, 0x201F), (0x2032, 0x2037))  # dashes and quotes
DOTS = "…"


def letters(text: str) -> int:
    """The usual length."""
    return len(text)


def weighted(text: str) -> int:
    """The length as X counts it: wide letters and emoji are two, links are always the same."""
    plain, links = _LINK.subn("", text)
    return LINK_LENGTH * links + sum(_weight(letter) for letter in unicodedata.normalize("NFC", plain))


def _weight(letter: str) -> int:
    code = ord(letter)
    is_light = (
        code <= 0x10FF or 0x2000 <= code <= 0x200D or 0x2010 <= code <= 0x201F or 0x2032 <= code <= 0x2037
    )
    return 1 if is_light else 2


def fitted(text: str, most: int, measure: Measure = letters) -> str:
    """The text in at most so much room: whole, or its first sentences, or its first words."""
    text = text.strip()
    if measure(text) <= most:
        return text
    ends = [found.start() for found in _SENTENCE.finditer(text)]
    for end in reversed(ends):
        kept = text[:end].rstrip()
        if kept and measure(kept) <= most:
            return kept
    return _words(text, most, measure)


def _words(text: str, most: int, measure: Measure) -> str:
    kept = ""
    for word in re.finditer(r"\S+\s*", text):
        longer = text[: word.end()].rstrip()
        if measure(longer.rstrip(" ,;:–—-") + DOTS) > most:
            break
        kept = longer
    return kept.rstrip(" ,;:–—-") + DOTS if kept else ""
