"""Speech over REST: our own routes and OpenAI's, with the real app and with a voice server behind it."""

from __future__ import annotations

import io
from typing import Any

import av
import httpx
import pytest

from tests import fake_tts
from tests.conftest import RunningApp, StartApp

TEXT = "Hello there. My name is Lyra."


def sound(audio: bytes) -> tuple[str, float]:
    """The codec and the seconds of a file."""
    with av.open(io.BytesIO(audio), "r") as file:
        stream = file.streams.audio[0]
        last = 0.0
        for frame in file.decode(stream):
            last = (frame.time or 0.0) + frame.samples / frame.sample_rate
        return stream.codec_context.name, last


def test_a_text_is_spoken_and_kept_as_an_upload(app: RunningApp) -> None:
    answer = app.client.post("/api/v1/speech", json={"text": TEXT, "voice": "en-us+f3"})
    assert answer.status_code == 200, answer.text
    spoken = answer.json()
    assert spoken["engine"] == "espeak-ng"
    assert spoken["voice"] == "en-us+f3"
    assert spoken["has_phonemes"] is True
    assert spoken["filename"] == f"{spoken['file_id']}.wav"
    kept = app.client.get(spoken["url"])
    assert kept.headers["content-type"].startswith("audio/")
    codec, seconds = sound(kept.content)
    assert codec == "pcm_s16le"
    assert seconds == pytest.approx(spoken["duration"], abs=0.02)
    assert b"phnm" in kept.content


def test_voices_are_listed_with_their_engine(app: RunningApp) -> None:
    listed = app.client.get("/api/v1/speech/voices").json()
    assert listed["engine"] == "espeak-ng"
    available = {one["name"]: one["available"] for one in listed["engines"]}
    assert available == {"server": False, "espeak-ng": True, "comfyui": False}
    assert next(one for one in listed["engines"] if not one["available"])["why"]
    assert len(listed["voices"]) > 150
    missing = app.client.get("/api/v1/speech/voices", params={"engine": "server"})
    assert missing.status_code == 503
    assert "TTS_URL" in missing.text


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"text": ""}, 422),
        ({"text": "   "}, 422),
        ({"text": "x" * 20_001}, 422),
        ({"text": "hi", "speed": 9}, 422),
        ({"text": "hi", "voice": "elvish"}, 422),
        ({"text": "hi", "engine": "server"}, 503),
        ({"text": "hi", "engine": "parrot"}, 422),
        ({"text": "hi", "language": "../x"}, 422),
    ],
)
def test_what_cannot_be_spoken_is_refused(app: RunningApp, body: Any, status: int) -> None:
    answer = app.client.post("/api/v1/speech", json=body)
    assert answer.status_code == status, answer.text
    assert answer.json()["detail"]


@pytest.mark.parametrize(
    ("wanted", "mime_type", "codec"),
    [
        ({}, "audio/mpeg", "mp3float"),
        ({"response_format": "opus"}, "audio/ogg", "opus"),
        ({"response_format": "aac"}, "audio/aac", "aac"),
        ({"response_format": "flac"}, "audio/flac", "flac"),
        ({"response_format": "wav"}, "audio/wav", "pcm_s16le"),
    ],
)
def test_openais_route_speaks(app: RunningApp, wanted: dict[str, Any], mime_type: str, codec: str) -> None:
    body = {"model": "tts-1", "input": TEXT, "voice": "nova", **wanted}
    answer = app.client.post("/v1/audio/speech", json=body)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == mime_type
    assert sound(answer.content)[0] == codec
    assert 1.5 < sound(answer.content)[1] < 3


def test_openais_newer_form_of_a_voice_is_read(app: RunningApp) -> None:
    body = {"model": "gpt-4o-mini-tts", "input": TEXT, "voice": {"id": "onyx"}, "response_format": "pcm"}
    answer = app.client.post("/v1/audio/speech", json=body)
    assert answer.status_code == 200, answer.text
    assert 1.5 < len(answer.content) / 2 / 24_000 < 3  # as documented: 24 kHz, 16 bits, mono
    assert "nova" not in app.client.get("/v1/audio/voices").json()["voices"]


def test_failures_have_openais_shape(app: RunningApp) -> None:
    answer = app.client.post("/v1/audio/speech", json={"model": "tts-1", "input": TEXT, "voice": "elvish"})
    assert answer.status_code == 422
    error = answer.json()["error"]
    assert error["type"] == "invalid_request_error"
    assert error["code"] == "voice_unknown"
    assert "elvish" in error["message"]
    answer = app.client.post("/v1/audio/speech", json={"model": "tts-1", "input": TEXT, "speed": 5})
    assert answer.json()["error"]["param"] == "speed"


def test_openais_own_client_is_answered(app: RunningApp) -> None:
    """What its Python library sends, header for header."""
    headers = {
        "Authorization": "Bearer anything",
        "User-Agent": "OpenAI/Python 2.8.0",
        "Accept": "application/octet-stream",
        "X-Stainless-Lang": "python",
    }
    body = {"input": TEXT, "model": "tts-1", "voice": "alloy", "response_format": "mp3", "speed": 1.0}
    answer = httpx.post(f"{app.url}/v1/audio/speech", json=body, headers=headers, timeout=30)
    assert answer.status_code == 200, answer.text


def test_a_voice_server_is_used_when_there_is_one(start_app: StartApp) -> None:
    with fake_tts.running() as tts:
        app = start_app("--no-ui", TTS_URL=tts.url, TTS_API_KEY=fake_tts.KEY)
        spoken = app.client.post("/api/v1/speech", json={"text": TEXT}).json()
        assert (spoken["engine"], spoken["voice"]) == ("server", "af_bella")
        assert spoken["duration"] == pytest.approx(0.5, abs=0.01)
        assert app.client.get("/v1/audio/voices").json() == {"voices": ["af_bella", "am_adam"]}
        tts.answer = (200, b"<html>gateway</html>")
        broken = app.client.post("/api/v1/speech", json={"text": TEXT})
        assert broken.status_code in {400, 502}, broken.text
        assert fake_tts.KEY not in "".join(app.lines)
