"""What other rooms say in English, in the page's language: errors, notes, and the reasons in them."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from string import Formatter
from typing import Any, NamedTuple

from studio.errors import REGISTRY, StudioError
from studio.ui import texts

# Sentences that are written elsewhere, known by what they look like in English.
KINDS = ("note.", "reason.", "problem.", "remedy.")
LEAST_LETTERS = 7  # of a sentence itself; what has fewer would be seen in anything
SAID = frozenset({"why", "remedy"})  # facts that are sentences themselves
NAMED = {
    "view": "view.",
    "awaited": "view.",
    "views": "view.",
    "status": "status.",
}  # facts that have words


class Explained(NamedTuple):
    """An error in one language."""

    sentence: str
    remedy: str


class Shape(NamedTuple):
    """A sentence as it looks in English."""

    key: str
    pattern: re.Pattern[str]


def explain(language: str, error: Mapping[str, Any] | StudioError) -> Explained:
    """An error as people of this language read it; a recorded one may be older than its facts."""
    told = error.to_json() if isinstance(error, StudioError) else error
    code, facts = str(told.get("code") or ""), told.get("facts")
    sentence, remedy = str(told.get("message") or ""), str(told.get("hint") or "")
    if language == texts.DEFAULT:
        return Explained(sentence, remedy)
    table = texts.table(language)
    if not isinstance(facts, Mapping) or f"problem.{code}" not in table or not _fills(code, facts):
        return Explained(phrase(language, sentence), phrase(language, remedy))
    return Explained(
        fill(language, table[f"problem.{code}"], facts), fill(language, table[f"remedy.{code}"], facts)
    )


def _fills(code: str, facts: Mapping[str, Any]) -> bool:
    """Whether the facts are those that the sentence has today; it may have had others."""
    return _places(REGISTRY[code].sentence) <= facts.keys() if code in REGISTRY else False


def _places(template: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(template) if name}


def phrase(language: str, text: str) -> str:
    """A sentence that some room wrote in English, in another language if it is a known one."""
    return text if language == texts.DEFAULT or not text else _phrase(language, text)


@functools.lru_cache(maxsize=4096)
def _phrase(language: str, text: str) -> str:
    # Several reasons in one, all of them known; a note may have a semicolon of its own.
    parts = text.split("; ")
    said = [phrase(language, part) for part in parts] if len(parts) > 1 else parts
    if all(new != old for new, old in zip(said, parts, strict=True)):
        return "; ".join(said)
    for key, pattern in _shapes():
        if found := pattern.fullmatch(text):
            return fill(language, texts.table(language)[key], found.groupdict())
    return text


@functools.cache
def _shapes() -> tuple[Shape, ...]:
    """What is most particular comes first: of two that fit, the longer one says more."""
    found: list[tuple[int, Shape]] = []
    for key, template in texts.table(texts.DEFAULT).items():
        if not key.startswith(KINDS):
            continue
        letters, pattern = 0, ""
        for literal, name, _, conversion in Formatter().parse(template):
            letters += sum(letter.isalpha() for letter in literal)
            pattern += re.escape(literal)
            if name:
                quote = "['\"]" if conversion == "r" else ""
                again = f"(?P={name})" if f"(?P<{name}>" in pattern else f"(?P<{name}>.+?)"
                pattern += f"{quote}{again}{quote}"
        if letters >= LEAST_LETTERS:
            found.append((letters, Shape(key, re.compile(pattern, re.DOTALL))))
    return tuple(shape for _, shape in sorted(found, key=lambda one: -one[0]))


def fill(language: str, template: str, facts: Mapping[str, Any]) -> str:
    """A sentence with its facts, those that are words themselves in the same language."""
    return _Filler().vformat(
        template, (), _Known({name: _worded(language, name, value) for name, value in facts.items()})
    )


def _worded(language: str, name: str, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if name in SAID:
        return phrase(language, value)
    if name in NAMED:
        table = texts.table(language)
        return ", ".join(table.get(NAMED[name] + one, one) for one in value.split(", "))
    return value


class _Known(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return ""


class _Filler(Formatter):
    """Facts that were read out of a sentence are text already, whatever number they were."""

    def format_field(self, value: Any, format_spec: str) -> str:
        return value if isinstance(value, str) else super().format_field(value, format_spec)
