"""The words of the interface: one table for each language, the same keys in all of them."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import gradio as gr

WORDS = Path(__file__).parent / "words"
LANGUAGES: dict[str, str] = {
    "en": "English",
    "de": "Deutsch",
    "ja": "日本語",
    "es": "Español",
    "zh": "中文",
}
DEFAULT = "en"
# As browsers and Gradio name a language that we have without its regions.
BROWSER_NAMES: dict[str, tuple[str, ...]] = {"zh": ("zh-CN", "zh-TW")}
COOKIE = "avatarforge_language"


@functools.cache
def table(language: str) -> dict[str, str]:
    """All texts of one language, by their keys."""
    return json.loads((WORDS / f"{language}.json").read_text("utf-8"))


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
    """A text in one language, with its facts filled in."""
    return table(language)[key].format(**facts)


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
