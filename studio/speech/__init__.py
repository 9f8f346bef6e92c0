"""Text to voice: one door to the engines that can speak, whichever this machine has."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from studio.comfy.pool import Pool
from studio.errors import StudioError
from studio.files import FileStore, StoredFile
from studio.settings import Settings
from studio.speech.asked import Engine, SpeechRequest, Spoken, Voice
from studio.speech.embedded import Espeak
from studio.speech.graphs import ComfyVoice
from studio.speech.server import TtsServer

if TYPE_CHECKING:
    from studio.speech.fitting import Fit
    from studio.speech.listening import Heard

__all__ = ["Engine", "Speech", "SpeechRequest", "Spoken", "Voice", "keep"]


def keep(files: FileStore, spoken: Spoken, text: str) -> StoredFile:
    """The sound as an upload, named by its first words, ready for a talking avatar."""
    words = re.findall(r"\w+", text[:60])[:6]
    return files.store_bytes(spoken.audio, f"{'-'.join(words) or 'speech'}{spoken.suffix}", media="audio")


class Speech:
    """The engines by name; `auto` is the server if there is one, else espeak-ng, else a ComfyUI that can."""

    def __init__(self, settings: Settings, pool: Pool | None = None) -> None:
        self._server = TtsServer(settings)
        self._espeak = Espeak()
        self._comfy = ComfyVoice(pool)

    def engines(self) -> list[Engine]:
        """Every engine, whether it can be had, and if not, why."""
        return [self._server.about(), self._espeak.about(), self._comfy.about()]

    @property
    def has_server(self) -> bool:
        """Whether the settings name a voice server."""
        return self._server.about().available

    def voices(self, engine: str = "auto") -> list[Voice]:
        """The voices of one engine, or of the one that `auto` takes."""
        return self._engine(engine).voices()

    def speak(self, request: SpeechRequest, like: Path | None = None) -> Spoken:
        """The text as sound, `like` a recording where a ComfyUI speaks; refused while nobody can."""
        if like is not None:
            return self._comfy.speak(request, like)
        return self._engine(request.engine).speak(request)

    def clone(self, recording: Path, name: str, language: str) -> str | None:
        """A voice like a recording on the voice server; nothing if there is none that takes some."""
        return self._server.clone(recording, name, language) if self._server.about().available else None

    @property
    def can_speak_alike(self) -> bool:
        """Whether a ComfyUI server speaks like a recording that it is given."""
        return self._comfy.can_clone

    def like(self, heard: Heard, language: str) -> Fit:
        """The embedded voice that comes nearest to what was heard."""
        if not self._espeak.about().available:
            raise StudioError("espeak_missing")
        return self._espeak.like(heard, language)

    def forget(self, name: str) -> None:
        """Remove a cloned voice from the voice server, if there is one that can."""
        if self._server.about().available:
            self._server.forget(name)

    def stop(self) -> None:
        """End the worker and close the connections."""
        self._espeak.stop()
        self._server.stop()

    def _engine(self, name: str) -> Espeak | TtsServer | ComfyVoice:
        if name == "server":
            return self._server
        if name == "espeak-ng":
            return self._espeak
        if name == "comfyui":
            return self._comfy
        if self._server.about().available:
            return self._server
        if self._espeak.about().available:
            return self._espeak
        if self._comfy.about().available:
            return self._comfy
        raise StudioError("no_voice")
