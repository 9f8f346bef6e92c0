"""Voices that are kept: made like a recording, spoken with, listed and deleted.

A voice server that takes recordings clones them. The embedded voice only comes near in pitch and timbre, and
every voice made so says it.
"""

from __future__ import annotations

import dataclasses
import logging
import re
import shutil
import time
import uuid
import wave
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studio import visitors
from studio.contents import Contents
from studio.disk import display_name, full_disk_is_said, remove_file
from studio.errors import StudioError
from studio.files import StoredFile
from studio.records import voices as records
from studio.records.contents import Content
from studio.records.voices import ClonedVoice
from studio.speech import Speech, SpeechRequest, Spoken
from studio.speech.asked import ENGLISH

log = logging.getLogger(__name__)

FOLDER = "voices"
LEAST_S = 6.0  # of speech
SENT_S = 25.0  # of a recording; servers refuse long ones, and learn nothing more from them
CLONED = "completed"
MAX_NAME = 200
EMBEDDED, SERVER, COMFYUI = "espeak-ng", "server", "comfyui"
# How the embedded voice speaks a feeling: its pitch, how far it moves, and how fast it goes.
_FEELINGS: dict[str, tuple[float, float, float]] = {
    "neutral": (1.0, 1.0, 1.0),
    "happy": (1.1, 1.4, 1.05),
    "excited": (1.15, 1.6, 1.15),
    "sad": (0.9, 0.6, 0.85),
    "angry": (1.05, 1.5, 1.1),
    "calm": (0.97, 0.7, 0.9),
    "serious": (0.94, 0.7, 0.95),
    "surprised": (1.2, 1.6, 1.05),
    "afraid": (1.15, 0.8, 1.15),
}
_ALSO = {
    "joyful": "happy", "cheerful": "happy", "friendly": "happy", "enthusiastic": "excited", "gentle": "calm",
    "soft": "calm", "relaxed": "calm", "mad": "angry", "fearful": "afraid", "scared": "afraid",
    "melancholic": "sad",
}  # fmt: skip


@dataclass(frozen=True)
class Uttered:
    """A text that was spoken, and the content that it is now."""

    content: Content
    text: str
    voice: ClonedVoice | None
    language: str
    engine: str
    duration_s: float
    seconds: float  # that it took
    notes: tuple[str, ...]


class Voices:
    """All voices of all characters."""

    def __init__(self, contents: Contents, speech: Speech) -> None:
        self.contents = contents
        self.speech = speech
        self.database = contents.database
        self.files = contents.jobs.files
        self.folder = contents.jobs.settings.storage_path / FOLDER

    # ------------------------------------------------------------------ finding

    def get(self, voice_id: str, character_id: str | None = None) -> ClonedVoice:
        """One voice; of one character, if one is named."""
        found = records.find(self.database, voice_id)
        if found is None or (character_id is not None and found.character_id != character_id):
            raise _unknown(voice_id)
        return found

    def list(self, character_id: str | None = None) -> list[ClonedVoice]:
        """The voices of one character, or all; the newest first."""
        return records.of_character(self.database, character_id)

    def path(self, voice: ClonedVoice) -> Path:
        """Where its recording lies."""
        return self.folder / voice.file

    # ------------------------------------------------------------------- making

    @full_disk_is_said()
    def clone(
        self,
        recording: StoredFile,
        name: str,
        character_id: str | None = None,
        language: str = "en",
    ) -> ClonedVoice:
        """A voice like a recording with at least six seconds of speech in it."""
        from studio.speech import listening  # it needs numpy, which a start need not wait for

        source = self.files.path_of(recording.id)
        samples = listening.read(source)
        heard = listening.hear_samples(samples)
        if heard.speech_s < LEAST_S:
            raise StudioError(
                "voice_too_short",
                speech_s=heard.speech_s,
                least_s=LEAST_S,
                duration_s=heard.duration_s,
            )
        voice_id = str(uuid.uuid4())
        kept = f"{voice_id}{recording.suffix}"
        self.folder.mkdir(parents=True, exist_ok=True)
        sent = self.folder / f"{voice_id}.sent.wav"
        try:
            begin = int(heard.speech_from_s * listening.RATE)
            _write(sent, samples[begin : begin + int(SENT_S * listening.RATE)], listening.RATE)
            cloned = self.speech.clone(sent, _server_name(name, voice_id), language)
            if cloned is not None:
                made = _Made(SERVER, cloned, 1.0, 1.0, "Cloned by the voice server from the recording.")
            elif self.speech.can_speak_alike:
                note = "Spoken like the recording by Chatterbox on a ComfyUI server."
                made = _Made(COMFYUI, "chatterbox", 1.0, 1.0, note)
            else:
                fit = self.speech.like(heard, _language(language))
                spoken_as = f"{_language(language)}+{fit.variant}" if fit.variant else _language(language)
                note = fit.note
                if self.speech.has_server:
                    note = f"The voice server takes no recordings. {note}"
                made = _Made(EMBEDDED, spoken_as, fit.pitch / 50, fit.intonation / 50, note)
            shutil.copyfile(source, self.folder / kept)
        except BaseException:
            remove_file(self.folder / kept)
            raise
        finally:
            remove_file(sent)
        voice = ClonedVoice(
            id=voice_id,
            name=(display_name(name) or "Voice")[:MAX_NAME],
            character_id=character_id,
            visitor=visitors.asking().name,
            language=language,
            status=CLONED,
            file=kept,
            heard={key: value for key, value in dataclasses.asdict(heard).items() if key != "envelope"},
            created_at=time.time(),
            **dataclasses.asdict(made),
        )
        try:
            records.insert(self.database, voice)
        except BaseException:
            remove_file(self.folder / kept)
            raise
        return voice

    @full_disk_is_said()
    def generate(
        self,
        text: str,
        *,
        voice_id: str | None = None,
        voice_name: str | None = None,
        character_id: str | None = None,
        language: str | None = None,
        speed: float = 1.0,
        pitch: float = 1.0,
        emotion: str | None = None,
    ) -> Uttered:
        """A text spoken by the voice that is named, else the character's newest, else the usual one."""
        began = time.monotonic()
        voice = self._chosen(voice_id, voice_name, character_id)
        notes: list[str] = [voice.note] if voice is not None and voice.engine == EMBEDDED else []
        request = self._request(text, voice, voice_name, language, speed, pitch, emotion, notes)
        like = self.path(voice) if voice is not None and voice.engine == COMFYUI else None
        spoken = self.speech.speak(request, like)
        content = self._kept(spoken, request, voice, character_id)
        return Uttered(
            content,
            text,
            voice,
            language or (voice.language if voice else "") or "en",
            spoken.engine,
            content.duration or 0.0,
            time.monotonic() - began,
            tuple(notes),
        )

    # ------------------------------------------------------------------ removing

    def delete(self, voice_id: str, character_id: str | None = None) -> None:
        """Remove a voice with its recording, here and on the server that cloned it."""
        voice = self.get(voice_id, character_id)
        if not records.delete(self.database, voice_id):
            raise _unknown(voice_id)
        remove_file(self.folder / voice.file)
        if voice.engine == SERVER:
            self.speech.forget(voice.voice)

    def sweep(self, now: float) -> int:
        """Remove recordings that a crash left behind."""
        if not self.folder.is_dir():
            return 0
        needed = records.files(self.database)
        left = [one for one in self.folder.iterdir() if one.name not in needed and one.is_file()]
        return sum(remove_file(one) for one in left if one.stat().st_mtime < now - 86_400)

    # ------------------------------------------------------------------ speaking

    def _chosen(
        self, voice_id: str | None, voice_name: str | None, character_id: str | None
    ) -> ClonedVoice | None:
        if voice_id:
            found = self.get(voice_id)
            if character_id is not None and found.character_id not in (None, character_id):
                raise _unknown(voice_id)
            return found
        if voice_name:
            return records.named(self.database, voice_name, character_id)
        own = self.list(character_id) if character_id is not None else []
        return own[0] if own else None

    def _request(
        self,
        text: str,
        voice: ClonedVoice | None,
        voice_name: str | None,
        language: str | None,
        speed: float,
        pitch: float,
        emotion: str | None,
        notes: list[str],
    ) -> SpeechRequest:
        """What the engine is asked; what it cannot do is noted."""
        if voice is None and voice_name:
            self._check_name(voice_name)
        if voice is not None and voice.engine == COMFYUI:
            return self._for_comfyui(text, voice, speed, pitch, emotion, notes)
        by_server = voice.engine == SERVER if voice is not None else self.speech.has_server
        feeling = (emotion or "").strip().lower()
        high, lively, fast = 1.0, 1.0, 1.0
        instructions = ""
        if feeling and by_server:
            instructions = f"Speak in a {feeling} way."
        elif feeling:
            known = _FEELINGS.get(_ALSO.get(feeling, feeling))
            if known is None:
                notes.append(f"The embedded voice does not know the emotion {feeling!r}.")
            high, lively, fast = known or (1.0, 1.0, 1.0)
        if by_server and pitch != 1.0:
            notes.append("Voice servers of this dialect cannot change the pitch; it was left.")
        values = {
            "text": text,
            "speed": min(4.0, max(0.25, speed * fast)),
            "instructions": instructions,
            "engine": SERVER if by_server else EMBEDDED,
            "pitch": min(2.0, max(0.5, pitch * high * (voice.pitch if voice else 1.0))),
            "intonation": min(2.0, lively * (voice.intonation if voice else 1.0)),
        }
        if voice is None:
            if voice_name:
                values |= {"voice": voice_name, "engine": "auto"}
            said = language or ""
            values |= {"language": said if by_server or not said else _language(said)}
        elif by_server:
            values |= {"voice": voice.voice, "language": language or voice.language}
        else:
            spoken_in = _language(language or voice.language)
            _, plus, variant = voice.voice.partition("+")
            values |= {"voice": f"{spoken_in}{plus}{variant}"}
        return SpeechRequest.model_validate(values)

    def _for_comfyui(
        self, text: str, voice: ClonedVoice, speed: float, pitch: float, emotion: str | None, notes: list[str]
    ) -> SpeechRequest:
        """Chatterbox speaks at its own pace and pitch; of feelings it knows only how lively they are."""
        feeling = (emotion or "").strip().lower()
        _, lively, _ = _FEELINGS.get(_ALSO.get(feeling, feeling), (1.0, 1.0, 1.0))
        if speed != 1.0 or pitch != 1.0:
            notes.append("Chatterbox changes neither speed nor pitch; they were left.")
        return SpeechRequest(text=text, voice=voice.voice, engine=COMFYUI, intonation=min(2.0, lively))

    def _check_name(self, voice_name: str) -> None:
        """Refuse a name that neither a kept voice nor the engine has."""
        known = {one.id for one in self.speech.voices()} | {one.name for one in self.speech.voices()}
        base = voice_name.partition("+")[0]
        if voice_name not in known and base not in known:
            raise _unknown(voice_name)

    def _kept(
        self, spoken: Spoken, request: SpeechRequest, voice: ClonedVoice | None, character_id: str | None
    ) -> Content:
        """The sound as a content of whoever speaks."""
        whose = character_id or (voice.character_id if voice else None)
        with self.files.receive() as incoming:
            incoming.write(spoken.audio)
            incoming.settle()
            settings = {
                "kind": "speech",
                "text": request.text,
                "voice_id": voice.id if voice else None,
                "voice": spoken.voice,
                "engine": spoken.engine,
                "speed": request.speed,
                "pitch": request.pitch,
                "language": request.language or (voice.language if voice else ""),
            }
            return self.contents.add(
                incoming.path,
                media="audio",
                character_id=whose,
                prompt=request.text,
                settings=settings,
                filename=f"speech{spoken.suffix}",
            )


@dataclass(frozen=True)
class _Made:
    """Who speaks with a cloned voice, and how."""

    engine: str
    voice: str
    pitch: float
    intonation: float
    note: str


def _write(path: Path, samples: Any, rate: int) -> None:
    import numpy as np

    whole = (np.clip(np.asarray(samples, np.float32), -1, 1) * 32767).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(whole.tobytes())


def _server_name(name: str, voice_id: str) -> str:
    """A name that every server takes and nobody else has."""
    plain = "-".join(re.findall(r"[a-z0-9]+", name.lower()))[:40]
    return f"{plain or 'voice'}-{voice_id[:8]}"


def _language(language: str) -> str:
    """The language as espeak-ng calls it."""
    plain = language.strip().lower().replace("_", "-")
    return ENGLISH if plain in {"", "en"} else {"zh": "cmn", "zh-cn": "cmn", "pt": "pt-br"}.get(plain, plain)


def _unknown(name: str) -> StudioError:
    return StudioError("voice_not_found", id=display_name(name)[:100])
