"""ComfyUI servers whose nodes speak: Kokoro's voices, Chatterbox like a recording, clear words without."""

from __future__ import annotations

import contextlib
import io
import threading
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from studio.comfy.pool import Pool, Server
from studio.errors import StudioError
from studio.settings import Settings
from studio.speech import Speech, SpeechRequest
from studio.speech.graphs import pieces
from tests.fake_comfy import FakeComfy, Reply, Request, wait_until
from tests.fake_tts import tone

# As the packs' own INPUT_TYPES say.
KOKORO = {
    "KokoroSpeaker": {
        "input": {
            "required": {
                "speaker_name": [["af_heart", "am_adam", "bf_emma", "jf_alpha"], {"default": "af_sarah"}]
            }
        },
        "output": ["KOKORO_SPEAKER"],
        "output_node": False,
    },
    "KokoroGenerator": {
        "input": {
            "required": {
                "text": ["STRING", {"multiline": True, "default": "I am a synthesized robot"}],
                "speaker": ["KOKORO_SPEAKER"],
                "speed": ["FLOAT", {"default": 1, "min": 0.1, "max": 4, "step": 0.05}],
                "lang": [["English", "English (British)", "French", "Japanese"], {"default": "English"}],
            }
        },
        "output": ["AUDIO"],
        "output_node": False,
    },
}
CHATTERBOX = {
    "FL_ChatterboxTTS": {
        "input": {
            "required": {
                "text": ["STRING", {"multiline": True, "default": "Hello, this is a test."}],
                "exaggeration": ["FLOAT", {"default": 0.5, "min": 0.25, "max": 2.0, "step": 0.05}],
                "cfg_weight": ["FLOAT", {"default": 0.5, "min": 0.2, "max": 1.0, "step": 0.05}],
                "temperature": ["FLOAT", {"default": 0.8, "min": 0.05, "max": 5.0, "step": 0.05}],
                "seed": ["INT", {"default": 0, "min": 0, "max": 4294967295}],
            },
            "optional": {
                "use_custom_model": ["BOOLEAN", {"default": False}],
                "audio_prompt": ["AUDIO"],
                "use_cpu": ["BOOLEAN", {"default": False}],
                "keep_model_loaded": ["BOOLEAN", {"default": False}],
            },
        },
        "output": ["AUDIO", "STRING"],
        "output_node": False,
    }
}
COMFY = {
    "LoadAudio": {
        "input": {"required": {"audio": [["a.wav"], {"audio_upload": True}]}},
        "output": ["AUDIO"],
        "output_node": False,
    },
    "SaveAudio": {
        "input": {
            "required": {"audio": ["AUDIO"], "filename_prefix": ["STRING", {"default": "audio/ComfyUI"}]}
        },
        "output": [],
        "output_node": True,
    },
}


class SpeakingComfy(FakeComfy):
    """A ComfyUI that checks what it is asked to speak, and speaks a tone for each node that keeps sound."""

    def __init__(self, *packs: dict[str, Any]) -> None:
        super().__init__()
        for pack in (COMFY, *packs):
            self.info.update(pack)
        self.seconds = 0.4
        self.failure = ""
        self.replies["/prompt"] = self.speak
        self.complaints: list[str] = []

    def speak(self, request: Request) -> Reply | None:
        """Take a prompt, and end it as soon as it waits."""
        body = request.json()
        graph = body["prompt"]
        for node in graph.values():
            wanted = self.info[node["class_type"]]["input"]
            known = {**wanted["required"], **wanted.get("optional", {})}
            self._check(node, wanted["required"], known)
        kept = {
            key: {"audio": [{"filename": f"{key}.flac", "subfolder": "audio", "type": "output"}]}
            for key, node in graph.items()
            if node["class_type"] == "SaveAudio"
        }
        for key in kept:
            self.outputs["output", "audio", f"{key}.flac"] = tone(self.seconds)
        threading.Thread(target=self._end, args=(body["prompt_id"], kept), daemon=True).start()
        return None  # and the usual answer

    def _check(self, node: dict[str, Any], required: dict[str, Any], known: dict[str, Any]) -> None:
        named = node["class_type"]
        if missing := set(required) - set(node["inputs"]):
            self.complaints.append(f"{named} lacks {missing}")
        for name, value in node["inputs"].items():
            if name not in known:
                self.complaints.append(f"{named} has no {name}")
            elif isinstance(known[name][0], list) and value not in known[name][0] and name != "audio":
                self.complaints.append(f"{named}.{name} is no {value!r}")
            elif known[name][0] in ("FLOAT", "INT"):
                bounds = known[name][1]
                if not bounds["min"] <= value <= bounds["max"]:
                    self.complaints.append(f"{named}.{name} is {value}")

    def _end(self, prompt_id: str, kept: dict[str, Any]) -> None:
        wait_until(lambda: prompt_id in self.pending)
        told = {"prompt_id": prompt_id, "node_id": "2", "node_type": "KokoroGenerator"}
        ending = ["execution_error", {**told, "exception_message": self.failure}] if self.failure else None
        self.finish(prompt_id, kept, ending)


@contextlib.contextmanager
def speaking(*packs: dict[str, Any]) -> Iterator[tuple[SpeakingComfy, Speech]]:
    """A server with these packs, and speech that finds it."""
    comfy = SpeakingComfy(*packs)
    with comfy:
        pool = Pool([Server(comfy.url, "comfy")])
        pool.start()
        speech = Speech(Settings(_env_file=None), pool)  # pyright: ignore[reportCallIssue]
        try:
            assert pool.wait_ready(10)
            yield comfy, speech
            assert comfy.complaints == []
        finally:
            speech.stop()
            pool.stop()


def seconds(audio: bytes) -> float:
    with wave.open(io.BytesIO(audio)) as file:
        return file.getnframes() / file.getframerate()


def test_kokoros_voices_are_listed_and_speak() -> None:
    with speaking(KOKORO) as (comfy, speech):
        assert [one.available for one in speech.engines() if one.name == "comfyui"] == [True]
        voices = speech.voices("comfyui")
        assert [(one.id, one.name, one.language) for one in voices][:3] == [
            ("af_heart", "Heart, woman", "en-us"),
            ("am_adam", "Adam, man", "en-us"),
            ("bf_emma", "Emma, woman", "en-gb"),
        ]
        spoken = speech.speak(
            SpeechRequest(text="Hello there.", voice="bf_emma", speed=1.5, engine="comfyui")
        )
        assert (spoken.engine, spoken.voice, seconds(spoken.audio)) == (
            "comfyui",
            "bf_emma",
            pytest.approx(0.4),
        )
        graph = next(iter(comfy.graphs.values()))
        assert graph["2"]["inputs"] == {
            "text": "Hello there.",
            "speaker": ["1", 0],
            "speed": 1.5,
            "lang": "English (British)",
        }
        assert speech.speak(SpeechRequest(text="こんにちは", engine="comfyui")).voice == "jf_alpha"
        with pytest.raises(StudioError) as caught:
            speech.speak(SpeechRequest(text="Hi", voice="nobody", engine="comfyui"))
        assert caught.value.code == "voice_unknown"


def test_chatterbox_speaks_like_a_recording_in_pieces_that_are_joined(tmp_path: Path) -> None:
    recording = tmp_path / "voice.wav"
    recording.write_bytes(tone(1.0))
    text = " ".join(f"This is sentence number {number} of a long story." for number in range(20))
    with speaking(CHATTERBOX) as (comfy, speech):
        assert speech.can_speak_alike
        spoken = speech.speak(SpeechRequest(text=text, engine="comfyui"), recording)
        count = len(pieces(text))
        assert count > 2
        assert seconds(spoken.audio) == pytest.approx(count * 0.4 + (count - 1) * 0.15, abs=0.01)
        graph = next(iter(comfy.graphs.values()))
        said = [node["inputs"] for node in graph.values() if node["class_type"] == "FL_ChatterboxTTS"]
        assert " ".join(one["text"] for one in said) == text
        assert {tuple(one["audio_prompt"]) for one in said} == {("1", 0)}
        assert comfy.inputs[graph["1"]["inputs"]["audio"]] == recording.read_bytes()
        assert speech.voices("comfyui")[-1].id == "chatterbox"
        comfy.seconds = 0.0001  # what its node gives when it has failed
        with pytest.raises(StudioError, match="no sound"):
            speech.speak(SpeechRequest(text="Hi", voice="chatterbox", engine="comfyui"))


def test_without_such_nodes_it_says_which_to_install() -> None:
    with speaking() as (_, speech):
        assert not speech.can_speak_alike
        for ask in (
            lambda: speech.voices("comfyui"),
            lambda: speech.speak(SpeechRequest(text="Hi", engine="comfyui")),
        ):
            with pytest.raises(StudioError) as caught:
                ask()
            assert caught.value.code == "speech_nodes_missing"
            assert "stavsap/comfyui-kokoro" in caught.value.hint
        about = next(one for one in speech.engines() if one.name == "comfyui")
        assert not about.available
        assert "KokoroSpeaker" in about.why
    alone = Speech(Settings(_env_file=None))  # pyright: ignore[reportCallIssue]
    assert not alone.can_speak_alike


def test_what_fails_on_the_server_is_said() -> None:
    with speaking(KOKORO) as (comfy, speech):
        comfy.replies["/prompt"] = Reply({"error": {"type": "x", "message": "Prompt has no outputs"}}, 400)
        with pytest.raises(StudioError):
            speech.speak(SpeechRequest(text="Hi", engine="comfyui"))
        comfy.replies["/prompt"] = comfy.speak
        comfy.failure = "no memory"
        with pytest.raises(StudioError) as caught:
            speech.speak(SpeechRequest(text="Hi", engine="comfyui"))
        assert "no memory" in caught.value.message


def test_texts_are_cut_at_sentences() -> None:
    assert pieces("One. Two.") == ["One. Two."]
    assert pieces("a" * 600, 280) == ["a" * 280, "a" * 280, "a" * 40]
    assert all(len(one) <= 280 for one in pieces("Word " * 500))
    assert " ".join(pieces("Hello there! " * 60)) == ("Hello there! " * 60).strip()
