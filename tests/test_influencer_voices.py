"""Voices of the AInfluencer API: cloned by servers that can, brought near by espeak-ng; one store for all."""

from __future__ import annotations

import io
import math
import random
import struct
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from studio.errors import StudioError
from studio.settings import Settings
from studio.speech import Speech, SpeechRequest, listening
from tests import fake_tts
from tests.conftest import RunningApp, start_app_process
from tests.fake_tts import FakeTts
from tests.influencer_fixtures import UNKNOWN_IDS, call, influencer, refused, until
from tests.served import Serve, serve_apps
from tests.test_speech_comfyui import CHATTERBOX, SpeakingComfy

__all__ = ["influencer", "serve_apps"]

SAID = (
    "The quick brown fox jumps over the lazy dog. My name is Mia, and I live in New York. I take pictures of "
    "people in the rain, and drink far too much coffee on the way home."
)


@pytest.fixture(scope="module")
def recordings() -> dict[str, bytes]:
    """People who speak, and sounds that are no speech."""
    speech = Speech(Settings(_env_file=None))  # pyright: ignore[reportCallIssue]
    try:
        found = {
            "woman": speech.speak(SpeechRequest(text=SAID, voice="en-us+f3")).audio,
            "man": speech.speak(SpeechRequest(text=SAID, voice="en-us+m5", pitch=0.7)).audio,
            "brief": speech.speak(SpeechRequest(text="Hello there, Mia.", voice="en-us+f3")).audio,
        }
    except StudioError as error:
        pytest.skip(f"nobody can speak here: {error.message}")
    finally:
        speech.stop()
    chance = random.Random(5)
    found["tone"] = sound([12_000 * math.sin(index * 2 * math.pi * 180 / 16_000) for index in range(160_000)])
    found["noise"] = sound([chance.gauss(0, 5_000) for _ in range(160_000)])
    return found


def sound(values: list[float]) -> bytes:
    whole = io.BytesIO()
    with wave.open(whole, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(b"".join(struct.pack("<h", max(-32768, min(32767, int(one)))) for one in values))
    return whole.getvalue()


def put(app: RunningApp, name: str, data: bytes) -> str:
    """A recording below the storage folder, by its path there."""
    folder = app.storage / "recordings"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.wav").write_bytes(data)
    return f"recordings/{name}.wav"


def heard(app: RunningApp, address: str) -> listening.Heard:
    """What an answer's address sounds like."""
    answer = app.client.get(address)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("audio/")
    place = app.folder / "heard.wav"
    place.write_bytes(answer.content)
    return listening.hear(place)


@pytest.fixture(scope="module")
def mia(influencer: RunningApp) -> str:
    return call(influencer, "POST", "/characters", json={"name": "Mia", "bio": "Photographer"})["id"]


def test_a_voice_is_made_like_a_recording_and_says_that_it_is_no_copy(
    influencer: RunningApp, mia: str, recordings: dict[str, bytes]
) -> None:
    for who, low, high in (("woman", 170, 250), ("man", 60, 120)):
        path = put(influencer, who, recordings[who])
        made = call(
            influencer, "POST", f"/characters/{mia}/voice/clone", json={"audio_path": path, "name": who}
        )
        assert (made["name"], made["character_id"], made["engine"], made["status"]) == (
            who,
            mia,
            "espeak-ng",
            "completed",
        )
        assert "no copy" in made["note"]
        assert low < made["pitch_hz"] < high
        assert made["speech_seconds"] > 8
        assert (influencer.storage / made["voice_path"]).read_bytes() == recordings[who]
        spoken = call(
            influencer,
            "POST",
            f"/characters/{mia}/voice/generate",
            json={"text": SAID[:80], "voice_id": made["voice_id"]},
        )
        assert spoken["voice_id"] == made["voice_id"]
        like = heard(influencer, spoken["audio_url"])
        assert abs(12 * math.log2(like.f0_hz / made["pitch_hz"])) < 2  # semitones
        assert spoken["duration_seconds"] == pytest.approx(like.duration_s, abs=0.1)
        kept = call(influencer, "GET", f"/content/library/{spoken['content_id']}")
        assert (kept["content_type"], kept["character_id"]) == ("audio", mia)
        assert kept["file_path"] == spoken["audio_path"]
        assert any("no copy" in note for note in spoken["notes"])


def test_speed_pitch_and_emotion_are_heard(
    influencer: RunningApp, mia: str, recordings: dict[str, bytes]
) -> None:
    path = put(influencer, "woman", recordings["woman"])
    name = call(influencer, "POST", "/voice/clone", json={"audio_path": path, "name": "Plain"})["name"]

    def spoken(**values: Any) -> listening.Heard:
        body = {"text": SAID[:90], "voice_name": name, **values}
        return heard(influencer, call(influencer, "POST", "/voice/generate", json=body)["audio_url"])

    plain = spoken()
    assert spoken(speed=2.0).duration_s < 0.7 * plain.duration_s
    assert spoken(speed=0.5).duration_s > 1.5 * plain.duration_s
    assert spoken(pitch=1.4).f0_hz > 1.08 * plain.f0_hz
    assert spoken(emotion="sad").duration_s > 1.05 * plain.duration_s
    answer = call(
        influencer, "POST", "/voice/generate", json={"text": "Hi", "voice_name": name, "emotion": "zesty"}
    )
    assert any("zesty" in note for note in answer["notes"])


@pytest.mark.parametrize("what", ["brief", "tone", "noise"])
def test_what_is_no_speech_or_too_little_is_refused(
    influencer: RunningApp, recordings: dict[str, bytes], what: str
) -> None:
    path = put(influencer, what, recordings[what])
    error = refused(
        influencer, "POST", "/voice/clone", 422, "validation_error", json={"audio_path": path, "name": "x"}
    )
    assert error["details"]["code"] == "voice_too_short"
    assert "6 are needed" in error["message"]


def test_the_twins_have_one_store(influencer: RunningApp, mia: str, recordings: dict[str, bytes]) -> None:
    other = call(influencer, "POST", "/characters", json={"name": "Bo"})["id"]
    path = put(influencer, "man", recordings["man"])
    asked = {"audio_url": f"{influencer.url}/{path}", "name": "Deep", "character_id": other, "language": "de"}
    made = call(influencer, "POST", "/voice/clone", json=asked)
    listed = call(influencer, "GET", f"/characters/{other}/voice/list")
    assert listed == {"voices": [made], "count": 1}
    assert made in call(influencer, "GET", "/voice/list")["voices"]
    assert call(influencer, "GET", f"/voice/list?character_id={other}") == listed
    # Without a voice that is named, a character speaks with the newest of their own.
    spoken = call(
        influencer,
        "POST",
        f"/characters/{other}/voice/generate",
        json={"text": "Guten Tag", "voice_id": "uuid"},
    )
    assert (spoken["voice_id"], spoken["language"], spoken["character_id"]) == (made["voice_id"], "de", other)
    voice = made["voice_id"]
    refused(influencer, "DELETE", f"/characters/{mia}/voice/{voice}", 404, "not_found")
    refused(
        influencer, "POST", f"/characters/{mia}/voice/generate", 404, json={"text": "Hi", "voice_id": voice}
    )
    gone = call(influencer, "DELETE", f"/characters/{other}/voice/{voice}")
    assert gone == {"voice_id": voice, "deleted": True}
    assert not (influencer.storage / made["voice_path"]).exists()
    refused(influencer, "DELETE", f"/characters/{other}/voice/{voice}", 404, "not_found")
    assert call(influencer, "GET", f"/characters/{other}/voice/list")["count"] == 0


def test_bodies_that_lack_or_overdo_are_refused(influencer: RunningApp, mia: str) -> None:
    example = {"audio_url": "https://...", "audio_path": "/path/to/audio.wav", "name": "Voice name"}
    error = refused(
        influencer, "POST", f"/characters/{mia}/voice/clone", 422, "validation_error", json=example
    )
    assert {one["type"] for one in error["details"]["errors"]} >= {"missing", "placeholder"}
    for body in (
        {},
        {"text": ""},
        {"text": "a" * 5001},
        {"text": "Hi", "speed": 3},
        {"text": "Hi", "pitch": "high"},
    ):
        refused(influencer, "POST", "/voice/generate", 422, "validation_error", json=body)
    refused(influencer, "POST", "/voice/clone", 422, json={"audio_path": "../../etc/passwd", "name": "x"})
    refused(influencer, "POST", "/voice/clone", 404, json={"audio_path": "content/none.wav", "name": "x"})
    refused(influencer, "POST", "/voice/generate", 404, json={"text": "Hi", "voice_name": "nobody at all"})
    for unknown in UNKNOWN_IDS[:3]:
        refused(influencer, "GET", f"/characters/{unknown}/voice/list", 404, "not_found")
        refused(influencer, "DELETE", f"/voice/{unknown}", 404, "not_found")
        refused(influencer, "POST", "/voice/generate", 404, json={"text": "Hi", "voice_id": unknown})


def test_without_a_clone_the_usual_voice_speaks(influencer: RunningApp, recordings: dict[str, bytes]) -> None:
    assert recordings  # somebody can speak here
    spoken = call(influencer, "POST", "/voice/generate", json={"text": "Hello, this is a test message"})
    assert (spoken["voice_id"], spoken["engine"], spoken["character_id"]) == (None, "espeak-ng", None)
    assert heard(influencer, spoken["audio_url"]).f0_hz > 50
    named = call(influencer, "POST", "/voice/generate", json={"text": "Hello", "voice_name": "en-us+f3"})
    assert heard(influencer, named["audio_url"]).f0_hz > 150


# --------------------------------------------------------------------- voice servers


@pytest.fixture
def tts() -> Iterator[FakeTts]:
    with fake_tts.running() as fake:
        yield fake


@pytest.mark.parametrize("way", ["/v1/audio/voices", "/v1/voices", "/upload_reference"])
def test_a_server_that_takes_recordings_clones_the_voice(
    tts: FakeTts, way: str, recordings: dict[str, bytes], serve: Serve
) -> None:
    tts.clones_at = way
    app = serve(TTS_URL=tts.url, TTS_API_KEY=fake_tts.KEY)
    path = put(app, "woman", recordings["woman"])
    made = call(app, "POST", "/voice/clone", json={"audio_path": path, "name": "Mia's voice"})
    assert (made["engine"], made["name"]) == ("server", "Mia's voice")
    name, recording = next(iter(tts.cloned.items()))
    assert name.removesuffix(".wav").startswith("mia-s-voice-")
    with wave.open(io.BytesIO(recording)) as file:
        assert 6 < file.getnframes() / file.getframerate() <= 25
    spoken = call(
        app,
        "POST",
        "/voice/generate",
        json={"text": "Hello", "voice_id": made["voice_id"], "emotion": "happy"},
    )
    assert spoken["engine"] == "server"
    assert (tts.asked[-1]["voice"], tts.asked[-1]["language"]) == (name, "en")
    assert "happy" in tts.asked[-1]["instructions"]
    call(app, "DELETE", f"/voice/{made['voice_id']}")
    assert tts.cloned == {} or way == "/upload_reference"
    tts.refuses = b'{"detail": "Reference audio is too quiet"}'
    error = refused(app, "POST", "/voice/clone", 502, json={"audio_path": path, "name": "Mia's voice"})
    assert "too quiet" in error["message"]
    assert list((app.storage / "voices").iterdir()) == []


def test_a_server_that_takes_none_leaves_it_to_the_embedded_voice(
    tts: FakeTts, recordings: dict[str, bytes], serve: Serve
) -> None:
    app = serve(TTS_URL=tts.url, TTS_API_KEY=fake_tts.KEY)
    path = put(app, "woman", recordings["woman"])
    made = call(app, "POST", "/voice/clone", json={"audio_path": path, "name": "Mia"})
    assert made["engine"] == "espeak-ng"
    assert made["note"].startswith("The voice server takes no recordings.")
    spoken = call(app, "POST", "/voice/generate", json={"text": "Hello", "voice_id": made["voice_id"]})
    assert spoken["engine"] == "espeak-ng"
    assert call(app, "POST", "/voice/generate", json={"text": "Hello"})["engine"] == "server"


def test_without_any_voice_the_routes_say_what_to_install(
    recordings: dict[str, bytes], tmp_path: Path
) -> None:
    (tmp_path / "espeakng_loader.py").write_text("raise ImportError('not here')\n", encoding="utf-8")
    hidden = tmp_path / "sitecustomize.py"
    hidden.write_text(
        "import importlib.util as u\n_find = u.find_spec\n"
        "u.find_spec = lambda name, *a: None if name == 'espeakng_loader' else _find(name, *a)\n",
        encoding="utf-8",
    )
    root = Path(__file__).resolve().parent.parent
    app = start_app_process(tmp_path / "app", "--no-ui", PYTHONPATH=f"{tmp_path}:{root}")
    try:
        path = put(app, "woman", recordings["woman"])
        error = refused(
            app, "POST", "/voice/clone", 503, "service_unavailable", json={"audio_path": path, "name": "x"}
        )
        assert "requirements-speech.txt" in error["details"]["hint"]
        error = refused(app, "POST", "/voice/generate", 503, "service_unavailable", json={"text": "Hi"})
        assert "requirements-speech.txt" in error["details"]["hint"]
        assert call(app, "GET", "/voice/list") == {"voices": [], "count": 0}
    finally:
        app.kill()


def test_a_comfyui_with_chatterbox_speaks_like_the_recording(
    recordings: dict[str, bytes], serve: Serve
) -> None:
    comfy = SpeakingComfy(CHATTERBOX)
    with comfy:
        app = serve(COMFYUI_URL=comfy.url)
        path = put(app, "woman", recordings["woman"])
        until(lambda: app.client.get("/api/v1/speech/voices").json()["engines"][2]["available"])
        made = call(app, "POST", "/voice/clone", json={"audio_path": path, "name": "Mia"})
        assert (made["engine"], "Chatterbox" in made["note"]) == ("comfyui", True)
        asked = {"text": "Hello", "voice_id": made["voice_id"], "emotion": "excited", "pitch": 1.2}
        spoken = call(app, "POST", "/voice/generate", json=asked)
        assert (spoken["engine"], spoken["duration_seconds"]) == ("comfyui", pytest.approx(0.4, abs=0.01))
        assert any("pitch" in note for note in spoken["notes"])
        graph = next(iter(comfy.graphs.values()))
        assert comfy.inputs[graph["1"]["inputs"]["audio"]] == recordings["woman"]
        assert graph["10"]["inputs"]["exaggeration"] > 0.5
        assert comfy.complaints == []


# ------------------------------------------------------------------------- listening


def test_pitch_and_length_of_speech_are_measured() -> None:
    rate = listening.RATE
    at = np.arange(rate * 4) / rate
    glide = 140 * 2 ** (np.sin(2 * np.pi * 0.7 * at) * 3 / 12)
    # Half seconds of a buzz with harmonics, with pauses between that are longer than any within speech.
    buzz = sum(np.sin(2 * np.pi * np.cumsum(glide) / rate * k) / k for k in range(1, 12))
    syllables = buzz * (np.mod(at, 1.0) < 0.5) * 0.2
    found = listening.hear_samples(syllables.astype(np.float32))
    assert found.f0_hz == pytest.approx(140, rel=0.12)
    assert 1.6 < found.speech_s < 2.4
    assert 1 < found.spread < 4
    assert listening.hear_samples(np.zeros(rate * 4, np.float32)).speech_s == 0
    assert listening.hear_samples(np.zeros(10, np.float32)).speech_s == 0
