"""Texts of the AInfluencer API: written, captioned, described; with a server that writes and without."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import fake_llm, fake_ollama
from tests.conftest import RunningApp
from tests.fake_ollama import FakeOllama, Reply
from tests.influencer_fixtures import SMALL, UNKNOWN_IDS, call, finish, influencer, refused
from tests.served import served
from tests.studio_fixtures import png

__all__ = ["influencer"]

CHARACTER = {
    "name": "Mia",
    "bio": "Photographer in New York",
    "interests": ["photography", "travel"],
    "personality": {
        "extroversion": 0.7,
        "content_tone": "friendly",
        "preferred_topics": ["lifestyle"],
        "temperature": 0.9,
    },
    "appearance": {"hair_color": "brown"},
}
# The bodies that the document prints.
TEXT = {
    "prompt": "Write a short Instagram caption",
    "model": "llama3",
    "character_id": "uuid-optional",
    "max_tokens": 200,
    "temperature": 0.7,
}
CAPTION = {
    "image_url": "https://...",
    "character_id": "uuid-optional",
    "platform": "instagram",
    "tone": "casual",
    "max_length": 220,
}
CONTENT = {
    "content_type": "caption",
    "context": "Instagram post about morning routine",
    "tone": "casual",
    "max_length": 220,
}


@pytest.fixture(scope="module")
def mia(influencer: RunningApp) -> str:
    return call(influencer, "POST", "/characters", json=CHARACTER)["id"]


@pytest.fixture(scope="module")
def kept(influencer: RunningApp, mia: str) -> dict[str, Any]:
    """A picture of the character in the library."""
    asked = {**SMALL, "prompt": "reading a book in a library", "character_id": mia}
    done = finish(influencer, call(influencer, "POST", "/generate/image", json=asked)["job_id"])
    return call(influencer, "GET", "/content/library")["items"][0] | {"image": done["result"]}


@pytest.fixture(scope="module")
def ollama() -> Iterator[FakeOllama]:
    with fake_ollama.running() as fake:
        yield fake
        assert fake.complaints == []


@pytest.fixture(scope="module")
def writing(tmp_path_factory: pytest.TempPathFactory, ollama: FakeOllama) -> Iterator[RunningApp]:
    """An app that has somebody who writes."""
    with served(tmp_path_factory.mktemp("writing"), OLLAMA_URL=ollama.url) as app:
        yield app


# ------------------------------------------------------------------------ with a model


def test_the_documents_example_is_written_by_ollama(writing: RunningApp, ollama: FakeOllama) -> None:
    ollama.reply = Reply("<think>hm</think>Sun and salt.")
    found = call(writing, "POST", "/generate/text", json=TEXT)
    assert (found["text"], found["model"], found["engine"]) == ("Sun and salt.", "llama3:latest", "ollama")
    assert (found["finish_reason"], found["prompt_tokens"], found["character_id"]) == ("stop", 26, None)
    assert ollama.asked[-1]["options"] == {"temperature": 0.7, "num_predict": 200}
    ollama.reply = Reply("Sun and", done_reason="length")
    assert call(writing, "POST", "/generate/text", json=TEXT)["finish_reason"] == "length"


def test_a_character_writes_in_their_own_person(writing: RunningApp, ollama: FakeOllama) -> None:
    mia = call(writing, "POST", "/characters", json=CHARACTER)["id"]
    ollama.reply = Reply()
    found = call(writing, "POST", "/generate/text", json={"prompt": "Say hello", "character_id": mia})
    assert found["character_id"] == mia
    assert ollama.asked[-1]["options"]["temperature"] == 0.9
    assert "Mia" in ollama.asked[-1]["messages"][0]["content"]
    written = call(writing, "POST", f"/characters/{mia}/generate/content", json=CONTENT)
    assert (written["engine"], written["content"]) == ("ollama", "A quiet morning, and coffee.")
    assert "morning routine" in ollama.asked[-1]["messages"][1]["content"]


def test_models_and_health_are_told(writing: RunningApp, ollama: FakeOllama) -> None:
    listed = call(writing, "GET", "/generate/text/models")
    assert listed == {
        "models": [
            {
                "name": "llama3:latest",
                "size": 4661224676,
                "modified_at": "2025-11-04T14:56:49.277302595-07:00",
            }
        ],
        "count": 1,
    }
    health = call(writing, "GET", "/generate/text/health")
    assert health == {
        "status": "healthy",
        "service": "ollama",
        "message": None,
        "base_url": ollama.url,
        "models_available": 1,
        "models": ["llama3:latest"],
        "version": "0.12.3",
    }
    error = refused(
        writing, "POST", "/generate/text", 422, "validation_error", json={**TEXT, "model": "mistral"}
    )
    assert "ollama pull mistral" in error["details"]["hint"]


def test_a_model_that_sees_captions_a_picture_that_is_named_by_path(
    writing: RunningApp, ollama: FakeOllama
) -> None:
    (writing.storage / "content").mkdir(exist_ok=True)
    (writing.storage / "content" / "own.png").write_bytes(png("green", 300))
    ollama.models["gemma3:4b"] = ("completion", "vision")
    ollama.reply = Reply("Green, and nothing else. #green")
    found = call(
        writing,
        "POST",
        "/content/caption",
        json={**CAPTION, "image_path": "content/own.png", "model": "gemma3:4b"},
    )
    assert (found["text"], found["hashtags"], found["engine"]) == (
        "Green, and nothing else.",
        ["#green"],
        "ollama",
    )
    assert ollama.asked[-1]["messages"][-1]["images"]
    ollama.reply = Reply("A green square.\nTags: green, square")
    described = call(
        writing,
        "POST",
        "/content/description-tags",
        json={"image_url": "/content/own.png", "model": "gemma3:4b", "include_hashtag_format": True},
    )
    assert (described["description"], described["tags"]) == ("A green square.", ["green", "square"])
    assert (described["hashtags"], described["saved"]) == (["#green", "#square"], False)


# --------------------------------------------------------------------- without a model


def test_without_a_server_that_writes_each_route_says_what_to_do(influencer: RunningApp) -> None:
    for method, path, body in (("POST", "/generate/text", TEXT), ("GET", "/generate/text/models", None)):
        error = refused(influencer, method, path, 503, "service_unavailable", json=body)
        assert error["details"]["code"] == "llm_not_set"
        assert "OLLAMA_URL" in error["details"]["hint"]
    health = call(influencer, "GET", "/generate/text/health")
    assert (health["status"], health["models_available"]) == ("unhealthy", 0)
    assert "OLLAMA_URL" in health["message"]


def test_a_kept_picture_is_captioned_from_its_recipe_in_its_characters_manner(
    influencer: RunningApp, mia: str, kept: dict[str, Any]
) -> None:
    found = call(influencer, "POST", "/content/caption", json={**CAPTION, "image_url": kept["file_url"]})
    assert (found["engine"], found["model"], found["character_id"]) == ("template", None, mia)
    assert found["content_id"] == kept["id"]
    assert found["length"] == len(found["caption"]) <= 220
    assert any(word in found["caption"].lower() for word in ("library", "book"))
    assert "hair" not in found["caption"]
    same = call(influencer, "POST", "/content/caption", json={**CAPTION, "content_id": kept["id"]})
    assert same["caption"] == found["caption"]
    others = {
        call(
            influencer, "POST", "/content/caption", json={**CAPTION, "content_id": kept["id"], "seed": seed}
        )["text"]
        for seed in range(8)
    }
    assert len(others) > 3
    by_address = f"{influencer.url}{kept['image']['image_url']}"
    asked = {"image_url": by_address, "platform": "twitter", "tone": "witty", "max_length": 60}
    short = call(influencer, "POST", "/content/caption", json=asked)
    assert (short["platform"], short["tone"]) == ("twitter", "humorous")
    assert len(short["caption"]) <= 60


def test_descriptions_and_tags_are_saved_on_the_content(
    influencer: RunningApp, mia: str, kept: dict[str, Any]
) -> None:
    path = f"/content/content/{kept['id']}/description-tags"
    found = call(influencer, "POST", path)
    assert (found["content_id"], found["engine"], found["saved"]) == (kept["id"], "template", True)
    assert found["description"].startswith("Mia")
    assert "library" in found["tags"]
    now = call(influencer, "GET", f"/content/library/{kept['id']}")
    assert now["description"] == found["description"]
    assert set(found["tags"]) <= set(now["tags"])
    few = call(influencer, "POST", path, json={"max_tags": 1, "include_hashtag_format": True})
    assert len(few["tags"]) == 1
    assert few["hashtags"][0].startswith("#")
    refused(influencer, "POST", path, 422, "validation_error", json={"max_tags": 51})


def test_a_character_writes_every_kind_without_a_model(influencer: RunningApp, mia: str) -> None:
    found = call(influencer, "POST", f"/characters/{mia}/generate/content", json=CONTENT)
    assert (found["engine"], found["content_type"], found["platform"]) == ("template", "caption", "instagram")
    assert "orning routine" in found["content"]
    assert len(found["content"]) <= 220
    for kind in (
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
    ):
        asked = {"content_type": kind, "context": "street photography"}
        assert call(influencer, "POST", f"/characters/{mia}/generate/content", json=asked)["content"]


def test_what_is_not_there_or_not_valid_is_refused_in_the_familys_form(
    influencer: RunningApp, mia: str
) -> None:
    error = refused(influencer, "POST", "/content/caption", 422, "validation_error", json=CAPTION)
    assert {one["type"] for one in error["details"]["errors"]} == {"missing", "placeholder"}
    for body in (
        {"prompt": ""},
        {"prompt": "a" * 5001},
        {"prompt": "a", "max_tokens": 0},
        {"prompt": "a", "max_tokens": 8193},
        {"prompt": "a", "temperature": 2.1},
        {},
    ):
        refused(influencer, "POST", "/generate/text", 422, "validation_error", json=body)
    refused(influencer, "POST", f"/characters/{mia}/generate/content", 422, json={"content_type": "novel"})
    refused(
        influencer,
        "POST",
        "/content/caption",
        422,
        json={"image_path": "content/x.png", "platform": "myspace"},
    )
    refused(influencer, "POST", "/content/caption", 404, json={"image_path": "content/none.png"})
    refused(influencer, "POST", "/content/caption", 422, json={"image_path": "../secret.png"})
    refused(influencer, "POST", "/content/caption", 422, json={"image_url": "http://127.0.0.1:1/private.png"})
    for unknown in UNKNOWN_IDS[:3]:
        refused(influencer, "POST", f"/characters/{unknown}/generate/content", 404, "not_found", json=CONTENT)
        refused(influencer, "POST", f"/content/content/{unknown}/description-tags", 404, "not_found")
        refused(influencer, "POST", "/content/caption", 404, "not_found", json={"content_id": unknown})
        refused(
            influencer,
            "POST",
            "/generate/text",
            404,
            "not_found",
            json={"prompt": "a", "character_id": unknown},
        )


def test_a_picture_of_which_nothing_is_known_gets_words_that_claim_nothing(influencer: RunningApp) -> None:
    (influencer.storage / "content").mkdir(exist_ok=True)
    (influencer.storage / "content" / "plain.png").write_bytes(png("teal", 128))
    asked = {"image_path": "content/plain.png"}
    described = call(influencer, "POST", "/content/description-tags", json=asked)
    assert described["description"] == "A square picture of 128 by 128 pixels, without a recipe."
    assert call(influencer, "POST", "/content/caption", json=asked)["caption"]


def test_a_server_in_openais_dialect_writes_too(tmp_path: Path) -> None:
    with (
        fake_llm.running() as llm,
        served(tmp_path, LLM_URL=f"{llm.url}/v1", LLM_API_KEY=fake_llm.KEY) as app,
    ):
        found = call(app, "POST", "/generate/text", json={"prompt": "Say hello"})
        assert (found["engine"], found["text"]) == ("openai", "Written by the other server.")
        assert call(app, "GET", "/generate/text/health")["service"] == "openai-compatible"
        assert "sk-text-key" not in app.client.get("/api/settings").text
