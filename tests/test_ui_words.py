"""The texts of the interface: complete in every language, with the same facts in them."""

from __future__ import annotations

import re
import string

import pytest
from starlette.responses import HTMLResponse
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send

from studio.ui import phrases, texts
from studio.ui.entrance import Entrance
from tests.conftest import ROOT

CODE = "\n".join(
    path.read_text("utf-8")
    for path in sorted((ROOT / "studio" / "ui").rglob("*"))
    if path.suffix in {".py", ".js"}
)
# Keys that are put together from a word of the records and a beginning.
BEGINNINGS = tuple(re.findall(r'["\'`]([a-z_]+\.)[{$]', CODE))


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_every_language_has_every_text(language: str) -> None:
    known = texts.table(texts.DEFAULT)
    assert texts.table(language).keys() == known.keys()
    assert not [key for key, text in texts.table(language).items() if not text.strip()]


@pytest.mark.parametrize("language", [one for one in texts.LANGUAGES if one != texts.DEFAULT])
def test_texts_of_all_languages_hold_the_same_facts(language: str) -> None:
    def facts(text: str) -> set[str]:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}

    known, own = texts.table(texts.DEFAULT), texts.table(language)
    assert not [key for key in known if facts(known[key]) != facts(own[key])]


@pytest.mark.parametrize("language", [one for one in texts.LANGUAGES if one != texts.DEFAULT])
def test_a_language_is_translated(language: str) -> None:
    known, own = texts.table(texts.DEFAULT), texts.table(language)
    same = [key for key, text in known.items() if own[key] == text]
    assert len(same) < len(known) / 8, same


def rooms() -> dict[str, str]:
    """The scripts that ask for texts by the name of their room, by that name."""
    scripts = [path.read_text("utf-8") for path in (ROOT / "studio" / "ui" / "assets").glob("*.js")]
    found = [(re.search(r"avatarforge\.room\('(\w+)'\)", script), script) for script in scripts]
    return {room[1]: script for room, script in found if room}


def test_every_text_is_used() -> None:
    used = set(re.findall(r'["\'`]([a-z_]+\.[a-z0-9_]+)["\'`]', CODE))
    beginnings = set(BEGINNINGS)
    for room, script in rooms().items():
        used |= {f"{room}.{word}" for word in re.findall(r"'([a-z0-9_]+)'", script)}
        beginnings |= {f"{room}.{start}" for start in re.findall(r"say\(`([a-z_]+_)\$\{", script)}
    unused = [
        key
        for key in texts.table(texts.DEFAULT)
        if key not in used
        and not key.startswith(phrases.KINDS)
        and not key.startswith(tuple(beginnings))
        and not (key.endswith("_none") and key.removesuffix("_none") in used)
        and not (key.endswith(texts.ONE) and key.removesuffix(texts.ONE) in used)
    ]
    assert unused == []


COUNTED = [key for key in texts.table(texts.DEFAULT) if key.endswith(texts.ONE)]


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("gallery.count", ("1 picture", "1 Bild", "1 imagen")),
        ("library.count", ("1 item", "1 Stück", "1 elemento")),
        ("library.used", ("used once", "einmal benutzt", "usado una vez")),
        ("characters.count", ("1 character", "1 Figur", "1 personaje")),
        ("hooks.tries", ("1 try", "1 Versuch", "1 intento")),
    ],
)
def test_one_of_a_thing_is_not_said_like_several(key: str, words: tuple[str, ...]) -> None:
    assert tuple(texts.say(language, key, count=1) for language in ("en", "de", "es")) == words
    assert texts.say("en", key, count=2) == texts.table("en")[key].format(count=2)
    assert texts.say("ja", key, count=1) == texts.table("ja")[key].format(count=1)


def test_texts_that_count_say_one_of_a_thing_where_that_is_another_word() -> None:
    # After these words a number stands alone, or they say the same of one and of several.
    alike = {
        *("progress.waiting", "progress.views", "time.seconds", "time.minutes", "queue.more", "sheet.angle"),
        *("gallery.count_more", "library.on_their_way"),
    }
    counting = {key for key, text in texts.table(texts.DEFAULT).items() if "{count}" in text}
    counting = {key for key in counting if not key.startswith(phrases.KINDS)}
    assert counting - alike - set(COUNTED) == {key.removesuffix(texts.ONE) for key in COUNTED}


def test_a_text_that_is_not_there_is_noticed_when_the_page_is_built() -> None:
    with pytest.raises(KeyError, match="nonsense"):
        texts.label("nonsense.nothing")


@pytest.mark.parametrize(
    ("cookies", "asked", "language"),
    [
        ({}, "de-AT,de;q=0.9,en;q=0.8", "de"),
        ({}, "fr-FR,fr;q=0.9,ja;q=0.5", "ja"),
        ({}, "fr", "en"),
        ({}, "", "en"),
        ({texts.COOKIE: "es"}, "de", "es"),
        ({texts.COOKIE: "<script>"}, "zh-CN", "zh"),
    ],
)
def test_the_language_is_the_chosen_one_or_the_browsers(
    cookies: dict[str, str], asked: str, language: str
) -> None:
    assert texts.language_of(cookies, asked) == language


def test_a_language_goes_by_the_names_that_browsers_have_for_it() -> None:
    names = texts.translations().translations
    assert names["zh-CN"] == names["zh-TW"] == texts.table("zh")


def test_the_chosen_language_is_told_to_the_page() -> None:
    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        await HTMLResponse("<html><head></head></html>")(scope, receive, send)

    def shown(chosen: str) -> str:
        return TestClient(Entrance(serve), cookies={texts.COOKIE: chosen}).get("/").text

    assert '"zh-CN"' in shown("zh")
    assert '"de"' in shown("de")
    for chosen in ("", "xx", "<script>alert(1)</script>"):
        assert shown(chosen) == "<html><head></head></html>"
