"""A voice from a server that speaks OpenAI's dialect: Kokoro, Orpheus, Chatterbox, LocalAI, OpenAI itself."""

from __future__ import annotations

import json
import logging
import re
import time
import urllib.parse
from pathlib import Path
from typing import Any

import httpx

from studio.errors import StudioError
from studio.settings import Settings
from studio.speech import cloning
from studio.speech.asked import Engine, SpeechRequest, Spoken, Voice

log = logging.getLogger(__name__)

NAME = "server"
SPEAK_S = 300.0  # a long text on a small machine
MAX_BYTES = 200 * 2**20
VOICES_FOR_S = 300.0
MAX_WHY = 300
# What OpenAI's own server knows; it has no route that lists them.
OPENAI_VOICES = (
    "alloy", "ash", "ballad", "coral", "echo", "fable", "nova", "onyx", "sage", "shimmer", "verse",
)  # fmt: skip


class TtsServer:
    """The server at TTS_URL; the owner names it, so it may be a private address."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._client: httpx.Client | None = None
        self._voices: tuple[float, list[Voice]] = (0.0, [])

    def about(self) -> Engine:
        """Whether there is an address to ask."""
        host = httpx.URL(self._settings.tts_url).host if self._settings.tts_url else ""
        title = f"Voice server {host}".strip()
        return Engine(NAME, title, bool(host), "" if host else StudioError("tts_not_set").message)

    def voices(self) -> list[Voice]:
        """What the server lists, or OpenAI's names if it lists nothing."""
        asked_at, known = self._voices
        if known and time.monotonic() - asked_at < VOICES_FOR_S:
            return known
        names = list(self._settings.studio_tts_voices) or self._listed() or list(OPENAI_VOICES)
        known = [Voice(name, name, "", NAME) for name in names]
        self._voices = (time.monotonic(), known)
        return known

    def speak(self, request: SpeechRequest) -> Spoken:
        """The text as the server speaks it, as a WAV file if it does as it is told."""
        voice = request.voice or self.voices()[0].id
        body: dict[str, Any] = {
            "model": request.model or self._settings.studio_tts_model,
            "input": request.text,
            "voice": voice,
            "response_format": "wav",
            "speed": request.speed,
        }
        if request.instructions:
            body["instructions"] = request.instructions
        if request.language:
            body["language"] = request.language  # OpenAI's does not know it, others ask for it
        audio = self._sent("/audio/speech", body)
        return Spoken(audio, _suffix(audio), NAME, voice)

    def clone(self, recording: Path, name: str, language: str) -> str | None:
        """A voice like a recording, by the server's name for it; nothing if it takes no recordings."""
        url = self._settings.tts_url
        cloned = cloning.clone(self._http(), self._address(""), recording, name, language, url)
        if cloned is not None:
            self._voices = (0.0, [])
        return cloned

    def forget(self, name: str) -> None:
        """Remove a cloned voice from the server, if it can."""
        cloning.forget(self._http(), self._address(""), urllib.parse.quote(name, safe=""))
        self._voices = (0.0, [])

    def stop(self) -> None:
        """Close the connections."""
        if self._client is not None:
            self._client.close()

    def _listed(self) -> list[str]:
        try:
            answer = self._http().get(self._address("/audio/voices"), timeout=10.0)
            listed = answer.json() if answer.is_success else []
        except (httpx.HTTPError, ValueError) as error:
            log.info("the voice server lists no voices: %s", error)
            return []
        if isinstance(listed, dict):
            listed = listed.get("voices") or listed.get("data") or []
        names = [_voice_name(one) for one in listed] if isinstance(listed, list) else []
        return [name for name in names if name][:1000]

    def _sent(self, path: str, body: dict[str, Any]) -> bytes:
        try:
            with self._http().stream("POST", self._address(path), json=body) as answer:
                audio = bytearray()
                for block in answer.iter_bytes():
                    audio += block
                    if len(audio) > MAX_BYTES:
                        raise StudioError("speech_failed", engine=NAME, why="its answer does not end")
        except httpx.HTTPError as error:
            why = str(error) or type(error).__name__
            raise StudioError("tts_unreachable", url=self._settings.tts_url, why=why) from error
        if answer.status_code in (401, 403):
            raise StudioError("tts_key_refused", url=self._settings.tts_url)
        if not answer.is_success:
            why = f"status {answer.status_code}, {_said(bytes(audio))}"
            raise StudioError("speech_failed", engine=NAME, why=why)
        if not audio:
            raise StudioError("speech_failed", engine=NAME, why="its answer is empty")
        return bytes(audio)

    def _address(self, path: str) -> str:
        base = self._settings.tts_url.rstrip("/").removesuffix("/audio/speech")
        return base + path if re.search(r"/v\d+$", base) else f"{base}/v1{path}"

    def _http(self) -> httpx.Client:
        if not self._settings.tts_url:
            raise StudioError("tts_not_set")
        if self._client is None:
            key = self._settings.tts_api_key.get_secret_value()
            headers = {"Authorization": f"Bearer {key}"} if key else {}
            self._client = httpx.Client(headers=headers, timeout=httpx.Timeout(SPEAK_S, connect=10.0))
        return self._client


def _voice_name(one: Any) -> str:
    if isinstance(one, dict):
        one = one.get("id") or one.get("voice_id") or one.get("name")
    return one if isinstance(one, str) else ""


def _said(body: bytes) -> str:
    """The server's own words about what went wrong."""
    text = body.decode("utf-8", "replace")
    try:
        said = json.loads(text)
    except ValueError:
        return text[:MAX_WHY]
    for member in ("error", "detail", "message"):
        if isinstance(said, dict) and said.get(member):
            said = said[member]
    return (said if isinstance(said, str) else json.dumps(said))[:MAX_WHY]


def _suffix(audio: bytes) -> str:
    if audio[:4] == b"RIFF":
        return ".wav"
    if audio[:4] == b"fLaC":
        return ".flac"
    if audio[:4] == b"OggS":
        return ".ogg"
    return ".mp3"
