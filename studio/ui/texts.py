"""The words of the interface: one table for each language, the same keys in all of them."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import gradio as gr

from studio.errors import REGISTRY

WORDS = Path(__file__).parent / "words"
LANGUAGES: dict[str, str] = {
    "en": "English",
    "de": "Deutsch",
    "ja": "日本語",
    "es": "Español",
    "zh": "中文",
}
DEFAULT, OTHER = "en", "de"
# As browsers and Gradio name a language that we have without its regions.
BROWSER_NAMES: dict[str, tuple[str, ...]] = {"zh": ("zh-CN", "zh-TW")}
ONE = "_one"  # the end of the keys for one of a thing
COOKIE = "avatarforge_language"


@functools.cache
def table(language: str) -> dict[str, str]:
    """All texts of one language, by their keys; `said` are those that other rooms write in English."""
    own = _read(f"{language}.json") | _read(f"said.{language}.json")
    return _of_errors() | own if language == DEFAULT else own


def _read(name: str) -> dict[str, str]:
    return json.loads((WORDS / name).read_text("utf-8"))


def _of_errors() -> dict[str, str]:
    """What the registry says, which is English; of those errors that other languages have words for."""
    known = _read(f"said.{OTHER}.json")
    worded = [one for one in REGISTRY.values() if f"problem.{one.code}" in known]
    sentences = {f"problem.{problem.code}": problem.sentence for problem in worded}
    return sentences | {f"remedy.{problem.code}": problem.hint for problem in worded}


@functools.cache
def translations() -> gr.I18n:
    """All tables as Gradio takes them; the browser then chooses by its own language."""
    names = [
        (language, name) for language in LANGUAGES for name in (language, *BROWSER_NAMES.get(language, ()))
    ]
    return gr.I18n(**{name: table(language) for language, name in names})


def label(key: str) -> Any:
    """A text for a component's label, placeholder or value; the browser puts in the words."""
    if key not in table(DEFAULT):
        raise KeyError(f"there is no text {key!r}")
    return translations()(key)


def say(language: str, key: str, **facts: Any) -> str:
    """A text in one language, with its facts filled in; one of a thing may have words of its own."""
    known = table(language)
    if facts.get("count") == 1 and f"{key}{ONE}" in known:
        key += ONE
    return known[key].format(**facts)


def language_of(cookies: Mapping[str, str], accept_language: str) -> str:
    """The language that a person chose, or the first one of the browser's that we speak."""
    chosen = cookies.get(COOKIE, "")
    if chosen in LANGUAGES:
        return chosen
    for part in accept_language.split(","):
        code = part.split(";")[0].strip().lower().split("-")[0]
        if code in LANGUAGES:
            return code
    return DEFAULT


def language_of_page(request: gr.Request) -> str:
    """The language of the page that an event came from."""
    return language_of(request.cookies, request.headers.get("accept-language", ""))
