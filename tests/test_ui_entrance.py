"""How the page goes out: packed, with the words of one language beside English, with assets that are kept."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest
from starlette.responses import HTMLResponse, PlainTextResponse
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send

from studio.ui.entrance import Entrance
from studio.ui.texts import COOKIE

WORDS = {name: {"hello": f"</script>&'{name}"} for name in ("en", "de", "ja", "es", "zh", "zh-CN", "zh-TW")}
CONFIG = json.dumps({"a": [1], "i18n_translations": WORDS, "z": "}{"}, separators=(",", ":"))
PAGE = f"<html><head></head><script>window.gradio_config = {CONFIG.replace('<', chr(92) + 'u003c')};</script>"


async def serve(scope: Scope, receive: Receive, send: Send) -> None:
    """A page, an asset that is there, and nothing else."""
    path = scope["path"].removeprefix(scope.get("root_path", ""))
    answers = {
        "/": HTMLResponse(PAGE),
        "/assets/a-1.js": PlainTextResponse("1"),
        "/other": HTMLResponse(PAGE),
    }
    await answers.get(path, PlainTextResponse("gone", 404))(scope, receive, send)


@pytest.fixture(name="client")
def make_client() -> TestClient:
    return TestClient(Entrance(serve), headers={"accept-encoding": "gzip"})


def tables(page: str) -> dict[str, Any]:
    text = page.split("window.gradio_config = ")[1].removesuffix(";</script>")
    assert "</script>" not in text
    config = json.loads(text)
    assert (config["a"], config["z"]) == ([1], "}{")
    return config["i18n_translations"]


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ("de-AT,de;q=0.9", {"en", "de"}),
        ("zh-TW", {"en", "zh", "zh-CN", "zh-TW"}),
        ("fr", {"en"}),
        ("", {"en"}),
    ],
)
def test_a_page_has_the_words_of_one_language_beside_english(
    client: TestClient, asked: str, names: set[str]
) -> None:
    answer = client.get("/", headers={"accept-language": asked})
    assert tables(answer.text) == {name: WORDS[name] for name in names}


def test_the_chosen_language_goes_before_the_browsers(client: TestClient) -> None:
    client.cookies.set(COOKIE, "ja")
    answer = client.get("/", headers={"accept-language": "de"})
    assert set(tables(answer.text)) == {"en", "ja"}
    assert "Cookie" in answer.headers["vary"]


def test_a_page_is_packed_for_those_who_can_unpack_it(client: TestClient) -> None:
    packed = client.get("/")
    assert packed.headers["content-encoding"] == "gzip"
    assert int(packed.headers["content-length"]) == len(gzip.compress(packed.content, 6))
    plain = client.get("/", headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.content == packed.content
    assert int(plain.headers["content-length"]) == len(plain.content)
    assert client.head("/").status_code == 200


def test_assets_are_kept_and_what_is_missing_is_not(client: TestClient) -> None:
    assert "immutable" in client.get("/assets/a-1.js").headers["cache-control"]
    assert "cache-control" not in client.get("/assets/b-2.js").headers
    assert "cache-control" not in client.get("/other").headers
    assert "content-encoding" not in client.get("/other").headers


def test_below_a_sub_path_it_is_the_same() -> None:
    client = TestClient(Entrance(serve), root_path="/studio")
    assert set(tables(client.get("/studio/", headers={"accept-language": "es"}).text)) == {"en", "es"}
    assert "immutable" in client.get("/studio/assets/a-1.js").headers["cache-control"]


def test_a_page_that_is_written_otherwise_is_left_alone() -> None:
    async def odd(scope: Scope, receive: Receive, send: Send) -> None:
        await HTMLResponse('<head></head>"i18n_translations":nothing of the kind')(scope, receive, send)

    assert "nothing of the kind" in TestClient(Entrance(odd)).get("/").text
