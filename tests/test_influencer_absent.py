"""What each route says when a server that it would use is not there: the table of the documentation."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conftest import RunningApp
from tests.influencer_fixtures import ask, call, picture, read, read_refusal
from tests.served import served

SILENT = "http://127.0.0.1:9"


@pytest.fixture(scope="module", params=["none", "silent"])
def app(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    """An app without servers for texts and voices, then one whose servers do not answer."""
    named = {"OLLAMA_URL": SILENT, "TTS_URL": SILENT} if request.param == "silent" else {}
    with served(tmp_path_factory.mktemp(request.param), **named) as running:
        running.wait_healthy()
        yield running


def test_texts_are_refused_with_what_to_do(app: RunningApp) -> None:
    for method, path, body in (
        ("POST", "/generate/text", {"prompt": "Write a caption"}),
        ("GET", "/generate/text/models", None),
    ):
        error = read_refusal(ask(app, method, path, json=body), 503, "service_unavailable")
        assert "OLLAMA_URL" in error["details"]["hint"]


def test_healths_answer_and_say_so(app: RunningApp) -> None:
    texts = call(app, "GET", "/generate/text/health")
    assert (texts["status"], texts["models_available"]) == ("unhealthy", 0)
    assert texts["message"]
    faces = call(app, "GET", "/generate/face-embedding/health")
    assert faces["status"] == "degraded"  # references are kept; what would make vectors is not installed
    assert faces["message"]
    assert "figure" in call(app, "GET", "/generate/video/health")["methods_available"]


def test_captions_come_from_the_recipe(app: RunningApp) -> None:
    image = picture(app, prompt="a knight in a forest")["result"]["image_url"]
    told = call(app, "POST", "/content/caption", json={"image_url": image})
    assert (told["engine"], told["model"]) == ("template", None)
    assert told["caption"]
    described = call(app, "POST", "/content/description-tags", json={"image_url": image})
    assert described["engine"] == "template"
    who = call(app, "POST", "/characters", json={"name": "Ada"})["id"]
    path, body = f"/characters/{who}/generate/content", {"content_type": "caption", "context": "a day at sea"}
    assert call(app, "POST", path, json=body)["engine"] == "template"


def test_voices_are_the_embedded_ones_unless_a_server_is_named(app: RunningApp) -> None:
    answer = ask(app, "POST", "/voice/generate", json={"text": "Good morning."})
    if "TTS_URL" in answer.text:  # who names a server means that one, and no other voice in its place
        error = read_refusal(answer, 503, "service_unavailable")
        assert error["details"]["code"] == "tts_unreachable"
        assert app.folder.name.startswith("silent")
        return
    spoken = read(answer)
    assert spoken["duration_seconds"] > 0.3
    assert app.client.get(spoken["audio_url"]).headers["content-type"].startswith("audio/")
    assert app.folder.name.startswith("none")


def test_videos_are_approximated_and_say_so(app: RunningApp) -> None:
    body = {"prompt": "a knight", "method": "wan", "duration": 1, "fps": 8, "width": 128, "height": 128}
    made = call(app, "POST", "/generate/video", json=body)
    assert made["engine"] == "embedded"
    assert any("approximation" in note for note in made["notes"])


def test_servers_of_others_are_told_of_but_not_commanded(app: RunningApp) -> None:
    assert call(app, "GET", "/services/ollama")["state"] in {"stopped", "error", "unknown"}
    error = read_refusal(ask(app, "POST", "/services/ollama/start"), 409, "conflict")
    assert error["message"]
