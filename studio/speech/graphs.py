"""A voice from a ComfyUI server whose nodes speak: Kokoro's voices, or Chatterbox like a recording.

The prompts wait in that server's own queue. They are no jobs: who asks for a voice waits for the sound.
"""

from __future__ import annotations

import hashlib
import io
import logging
import re
import time
import uuid
import wave
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studio.comfy.info import ObjectInfo
from studio.comfy.pool import Pool, Server
from studio.errors import StudioError
from studio.speech import formats
from studio.speech.asked import Engine, SpeechRequest, Spoken, Voice, language_of

log = logging.getLogger(__name__)

NAME = "comfyui"
SPEAK_S = 600.0  # pictures may be drawn before it
ASK_S = 0.5
CHATTERBOX = "chatterbox"
PIECE = 280  # letters that Chatterbox speaks well at once
PAUSE_S = 0.15
SHORTEST_S = 0.05  # its node gives next to nothing where it failed
MAX_SEED = 2**32 - 1
_BOUNDS = re.compile(r"(?<=[.!?…。！？])\s*|\n+")
# Kokoro's voices begin with their language.
_KOKORO_LANGUAGES = {
    "a": ("en-us", "English"),
    "b": ("en-gb", "English (British)"),
    "e": ("es", "Spanish"),
    "f": ("fr", "French"),
    "h": ("hi", "Hindi"),
    "i": ("it", "Italian"),
    "j": ("ja", "Japanese"),
    "p": ("pt-br", "Brazilian Portuguese"),
    "z": ("zh", "Mandarin Chinese"),
}


@dataclass(frozen=True)
class _Pack:
    """Custom nodes that speak."""

    title: str
    source: str
    nodes: tuple[str, ...]


KOKORO = _Pack("Kokoro", "stavsap/comfyui-kokoro", ("KokoroSpeaker", "KokoroGenerator", "SaveAudio"))
CLONER = _Pack(
    "Chatterbox", "filliptm/ComfyUI_Fill-ChatterBox", ("FL_ChatterboxTTS", "LoadAudio", "SaveAudio")
)


class ComfyVoice:
    """The ComfyUI servers of the pool, as far as they can speak."""

    def __init__(self, pool: Pool | None) -> None:
        self._pool = pool

    def about(self) -> Engine:
        """Whether a server has one of the packs, and else what to install."""
        title = "ComfyUI, by its node packs for speech"
        if any(self._servers(pack) for pack in (KOKORO, CLONER)):
            return Engine(NAME, title, True)
        return Engine(NAME, title, False, self._missing(KOKORO, CLONER).message)

    @property
    def can_clone(self) -> bool:
        """Whether a server speaks like a recording."""
        return bool(self._servers(CLONER))

    def voices(self) -> list[Voice]:
        """Kokoro's voices as the server lists them, and Chatterbox's own."""
        found: list[Voice] = []
        for server in self._servers(KOKORO)[:1]:
            names = server.client.object_info().choices("KokoroSpeaker", "speaker_name")
            found += [Voice(name, _shown(name), _language(name)[0], NAME) for name in names]
        if self._servers(CLONER):
            found.append(Voice(CHATTERBOX, "Chatterbox", "en", NAME))
        if not found:
            raise self._missing(KOKORO, CLONER)
        return found

    def speak(self, request: SpeechRequest, like: Path | None = None) -> Spoken:
        """The text in one of Kokoro's voices, or as Chatterbox speaks it, `like` a recording."""
        voice = request.voice or (CHATTERBOX if like is not None else "")
        if like is not None or voice == CHATTERBOX:
            server = self._server(CLONER)
            graph = _chatterbox(request, self._uploaded(server, like) if like is not None else None)
            return Spoken(_joined(self._run(server, graph)), ".wav", NAME, CHATTERBOX)
        server = self._server(KOKORO)
        info = server.client.object_info()
        known = info.choices("KokoroSpeaker", "speaker_name")
        voice = voice or _usual(known, request.language or language_of(request.text))
        if voice not in known:
            raise StudioError("voice_unknown", voice=voice, engine="Kokoro")
        return Spoken(_joined(self._run(server, _kokoro(request, voice, info))), ".wav", NAME, voice)

    # ----------------------------------------------------------------------- servers

    def _servers(self, pack: _Pack) -> list[Server]:
        if self._pool is None:
            return []
        return self._pool.candidates(lambda server: _has(server, pack), "comfy")

    def _server(self, pack: _Pack) -> Server:
        found = self._servers(pack)
        if not found:
            raise self._missing(pack)
        return found[0]

    def _missing(self, *packs: _Pack) -> StudioError:
        named = " or ".join(f"{pack.title} ({', '.join(pack.nodes[:-1])})" for pack in packs)
        sources = " or ".join(pack.source for pack in packs)
        return StudioError("speech_nodes_missing", nodes=named, sources=sources)

    def _uploaded(self, server: Server, path: Path) -> str:
        found = hashlib.sha256(path.read_bytes()).hexdigest()
        return server.client.upload(path, content_hash=found, suffix=path.suffix, kind="audio")

    # ----------------------------------------------------------------------- running

    def _run(self, server: Server, graph: Mapping[str, Any]) -> list[bytes]:
        """The sounds that a graph leaves, in the order of their nodes."""
        prompt_id, client = str(uuid.uuid4()), server.client
        client.submit(graph, prompt_id)
        deadline = time.monotonic() + SPEAK_S
        while (ended := client.history(prompt_id)) is None:
            if time.monotonic() > deadline:
                client.cancel(prompt_id)
                raise StudioError("speech_failed", engine=NAME, why=f"it took longer than {SPEAK_S:g} s")
            if client.whereabouts(prompt_id) == "unknown":
                raise StudioError("connection_lost", url=server.url, why="it has forgotten the prompt")
            time.sleep(ASK_S)
        if ended.error is not None:
            raise ended.error.to_error()
        outputs = [one for one in ended.outputs if one.media == "audio"]
        found: list[bytes] = []
        for output in sorted(outputs, key=lambda one: int(one.node) if one.node.isdecimal() else 0):
            with client.view(output) as download:
                found.append(b"".join(download))
        client.forget([prompt_id])
        if not found:
            raise StudioError("speech_failed", engine=NAME, why="its graph left no sound")
        return found


def _has(server: Server, pack: _Pack) -> bool:
    info = server.client.known_info
    return info is not None and info.has(*pack.nodes)


def _language(voice: str) -> tuple[str, str]:
    return _KOKORO_LANGUAGES.get(voice[:1], ("", "English"))


def _shown(voice: str) -> str:
    name = voice.partition("_")[2] or voice
    who = {"f": "woman", "m": "man"}.get(voice[1:2], "")
    return f"{name.capitalize()}, {who}" if who else name.capitalize()


def _usual(known: Sequence[str], language: str) -> str:
    """A voice of a language, or the first of all."""
    plain = language.lower().replace("cmn", "zh")
    for voice in known:
        told = _language(voice)[0]
        if told and (told == plain or told.partition("-")[0] == plain.partition("-")[0]):
            return voice
    return known[0] if known else ""


def _kokoro(request: SpeechRequest, voice: str, info: ObjectInfo) -> dict[str, Any]:
    languages = info.choices("KokoroGenerator", "lang")
    spoken = _language(voice)[1]
    lang = spoken if spoken in languages or not languages else languages[0]
    return {
        "1": {"class_type": "KokoroSpeaker", "inputs": {"speaker_name": voice}},
        "2": {
            "class_type": "KokoroGenerator",
            "inputs": {"text": request.text, "speaker": ["1", 0], "speed": request.speed, "lang": lang},
        },
        "3": {"class_type": "SaveAudio", "inputs": {"audio": ["2", 0], "filename_prefix": "audio/speech"}},
    }


def _chatterbox(request: SpeechRequest, recording: str | None) -> dict[str, Any]:
    """One run for each few sentences, as it forgets what to say in long ones."""
    graph: dict[str, Any] = {}
    if recording is not None:
        graph["1"] = {"class_type": "LoadAudio", "inputs": {"audio": recording}}
    seed = int.from_bytes(hashlib.sha256(request.text.encode()).digest()[:4], "big") & MAX_SEED
    for index, text in enumerate(pieces(request.text)):
        speaks, keeps = str(10 + 2 * index), str(11 + 2 * index)
        inputs: dict[str, Any] = {
            "text": text,
            # More of it is livelier, which is all that this model knows of feelings.
            "exaggeration": round(min(2.0, max(0.25, 0.5 * request.intonation)), 2),
            "cfg_weight": 0.5,
            "temperature": 0.8,
            "seed": seed,
            "use_custom_model": False,
            "use_cpu": False,
            "keep_model_loaded": True,
        }
        if recording is not None:
            inputs["audio_prompt"] = ["1", 0]
        graph[speaks] = {"class_type": "FL_ChatterboxTTS", "inputs": inputs}
        saved = {"audio": [speaks, 0], "filename_prefix": f"audio/speech_{index:03}"}
        graph[keeps] = {"class_type": "SaveAudio", "inputs": saved}
    return graph


def pieces(text: str, most: int = PIECE) -> list[str]:
    """A text in parts of some sentences each; only what has no end anywhere is cut at a space."""
    found: list[str] = []
    for sentence in (one.strip() for one in _BOUNDS.split(text)):
        rest = sentence
        while len(rest) > most:
            at = rest.rfind(" ", 0, most)
            at = at if at > 0 else most
            found.append(rest[:at].strip())
            rest = rest[at:].strip()
        if rest and found and len(found[-1]) + len(rest) < most:
            found[-1] = f"{found[-1]} {rest}"
        elif rest:
            found.append(rest)
    return found or [text]


def _joined(sounds: Sequence[bytes]) -> bytes:
    """All of it as one WAV file, with short pauses."""
    whole, rate = bytearray(), 0
    for index, sound in enumerate(sounds):
        plain = sound if sound[:4] == b"RIFF" else formats.convert(sound, "wav")
        with wave.open(io.BytesIO(plain)) as file:
            rate = rate or file.getframerate()
            frames = file.readframes(file.getnframes())
            if file.getsampwidth() != 2 or file.getnchannels() != 1 or file.getframerate() != rate:
                raise StudioError("speech_failed", engine=NAME, why="its parts are of different kinds")
        if len(frames) / 2 / rate < SHORTEST_S:
            raise StudioError("speech_failed", engine=NAME, why="its node gave no sound; see ComfyUI's log")
        whole += (bytes(2 * int(PAUSE_S * rate)) if index else b"") + frames
    made = io.BytesIO()
    with wave.open(made, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(bytes(whole))
    return made.getvalue()
