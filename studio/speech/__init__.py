"""Text to voice: one door to the engines that can speak, whichever this machine has."""

from __future__ import annotations

import re

from studio.errors import StudioError
from studio.files import FileStore, StoredFile
from studio.settings import Settings
from studio.speech.asked import Engine, SpeechRequest, Spoken, Voice
from studio.speech.embedded import Espeak
from studio.speech.server import TtsServer

__all__ = ["Engine", "Speech", "SpeechRequest", "Spoken", "Voice", "keep"]


def keep(files: FileStore, spoken: Spoken, text: str) -> StoredFile:
    """The sound as an upload, named by its first words, ready for a talking avatar."""
    words = re.findall(r"\w+", text[:60])[:6]
    return files.store_bytes(spoken.audio, f"{'-'.join(words) or 'speech'}{spoken.suffix}", media="audio")


class Speech:
    """The engines by name; `auto` is the server when there is one, else espeak-ng."""

    def __init__(self, settings: Settings) -> None:
        self._server = TtsServer(settings)
        self._espeak = Espeak()

    def engines(self) -> list[Engine]:
        """Every engine, whether it can be had, and if not, why."""
        return [self._server.about(), self._espeak.about()]

    def voices(self, engine: str = "auto") -> list[Voice]:
        """The voices of one engine, or of the one that `auto` takes."""
        return self._engine(engine).voices()

    def speak(self, request: SpeechRequest) -> Spoken:
        """The text as sound; refuses with what to do when no engine can be had."""
        return self._engine(request.engine).speak(request)

    def stop(self) -> None:
        """End the worker and close the connections."""
        self._espeak.stop()
        self._server.stop()

    def _engine(self, name: str) -> Espeak | TtsServer:
        if name == "server":
            return self._server
        if name == "espeak-ng":
            return self._espeak
        if self._server.about().available:
            return self._server
        if self._espeak.about().available:
            return self._espeak
        raise StudioError("no_voice")
