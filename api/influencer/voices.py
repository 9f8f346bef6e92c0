"""Voices of the AInfluencer API: made like a recording, spoken with, listed, deleted; also by character."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.deps import StudioDep, iso_seconds
from api.influencer.answers import Answer
from api.influencer.examples import told
from api.influencer.pictured import need_one
from api.influencer.placeholders import DocumentRoute
from studio.assembly import Studio
from studio.given import given
from studio.records.voices import ClonedVoice
from studio.voices import FOLDER, MAX_NAME, Uttered

router = APIRouter(prefix="/voice", tags=["voice"], route_class=DocumentRoute)
character_router = APIRouter(
    prefix="/characters/{character_id}/voice", tags=["characters"], route_class=DocumentRoute
)

MAX_TEXT = 5000
Id = Annotated[str, StringConstraints(max_length=200)]
Language = Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=20)]

VoiceName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_NAME)]


class _Recording(BaseModel):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"audio_path": "content/hello.wav", "name": "Mia's voice"}]}
    )

    audio_url: Annotated[str, StringConstraints(max_length=2_048)] | None = None
    audio_path: Annotated[str, StringConstraints(max_length=1_024)] | None = Field(
        None, description="Below the storage root, at least 6 seconds of speech; wins over the address"
    )
    language: Language | None = None


class CloneBody(_Recording):
    """A recording of a character's voice."""

    name: VoiceName | None = Field(None, description="Unset: that of the character")


class CloneForBody(_Recording):
    """A recording of a voice, and whose it shall be."""

    name: VoiceName
    character_id: Id | None = None


class SpeakBody(BaseModel):
    """What is to be said, and how."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"text": "Hello, this is a test message", "speed": 1.0, "pitch": 1.0}]
        }
    )

    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_TEXT)]
    voice_id: Id | None = Field(None, description="Unset: the character's newest voice, or the usual one")
    voice_name: Annotated[str, StringConstraints(strip_whitespace=True, max_length=MAX_NAME)] | None = Field(
        None, description="Of a kept voice, or of one that GET /api/v1/speech/voices lists"
    )
    language: Language | None = None
    speed: Annotated[float, Field(ge=0.5, le=2.0)] | None = None
    pitch: Annotated[float, Field(ge=0.5, le=2.0)] | None = None
    emotion: Annotated[str, StringConstraints(strip_whitespace=True, max_length=40)] | None = None


class SpeakForBody(SpeakBody):
    """What is to be said, and by whom."""

    character_id: Id | None = None


class VoiceAnswer(BaseModel):
    """One kept voice."""

    voice_id: str
    name: str
    character_id: str | None
    language: str
    status: str
    voice_path: str = Field(description="The recording, below the storage root")
    created_at: str | None
    engine: str = Field(description="Who speaks with it: `server` or `espeak-ng`")
    note: str = Field(description="How near it comes to the recording")
    speech_seconds: float = Field(description="Of speech in the recording")
    pitch_hz: float = Field(description="Of the recording")


class VoicesAnswer(BaseModel):
    """The kept voices."""

    voices: list[VoiceAnswer]
    count: int


class GoneAnswer(BaseModel):
    """A voice that was deleted."""

    voice_id: str
    deleted: bool


class SpokenAnswer(BaseModel):
    """A text that was spoken."""

    audio_url: str
    audio_path: str
    content_id: str = Field(description="In the library")
    voice_id: str | None
    character_id: str | None
    text: str
    language: str
    engine: str
    duration_seconds: float
    generation_time_seconds: float
    notes: list[str]


_ID = "5b8c1f0e-2d6a-4c7e-9a55-0f3f7c9d1e21"
_VOICE = {
    "voice_id": "2c9b6c7e-5a0c-4c39-8a9f-6d1c6b3f9a10",
    "name": "Mia's voice",
    "character_id": _ID,
    "language": "en",
    "status": "completed",
    "voice_path": "voices/2c9b6c7e-5a0c-4c39-8a9f-6d1c6b3f9a10.wav",
    "created_at": "2025-12-17T15:00:00Z",
    "engine": "espeak-ng",
    "note": "The embedded voice matches pitch and timbre only, and is no copy: espeak-ng f3 at 208 Hz, "
    "bands 3 dB apart on average.",
    "speech_seconds": 9.6,
    "pitch_hz": 207.8,
}
_SPOKEN = {
    "audio_url": f"/content/{_ID}.wav",
    "audio_path": f"content/{_ID}.wav",
    "content_id": _ID,
    "voice_id": "2c9b6c7e-5a0c-4c39-8a9f-6d1c6b3f9a10",
    "character_id": _ID,
    "text": "Hello, this is a test message",
    "language": "en",
    "engine": "espeak-ng",
    "duration_seconds": 2.1,
    "generation_time_seconds": 0.09,
    "notes": [],
}
_CLONING = ("voice_too_short", "given_missing", "espeak_missing", "clone_refused")
_SPEAKING = ("voice_not_found", "no_voice", "speech_failed")
_LIST = {"voices": [_VOICE], "count": 1}
_GONE = {"voice_id": "2c9b6c7e-5a0c-4c39-8a9f-6d1c6b3f9a10", "deleted": True}


@router.post(
    "/clone",
    summary="Clone a voice",
    responses=told(_VOICE, *_CLONING),
)
def clone_voice(body: CloneForBody, request: Request, studio: StudioDep) -> Answer[VoiceAnswer]:
    """By a voice server that takes recordings; the embedded voice only comes near, and says so in `note`."""
    return _clone(studio, request, body, body.character_id)


@router.post(
    "/generate",
    summary="Generate speech",
    responses=told(_SPOKEN, *_SPEAKING),
)
def generate_speech(body: SpeakForBody, studio: StudioDep) -> Answer[SpokenAnswer]:
    """The sound is kept in the library."""
    return _speak(studio, body, body.character_id)


@router.get("/list", summary="List voice clones", responses=told(_LIST))
def list_voices(
    studio: StudioDep, character_id: Annotated[str | None, Query(max_length=200)] = None
) -> Answer[VoicesAnswer]:
    """Newest first."""
    return _listed(studio, character_id)


@router.delete(
    "/{voice_id}",
    summary="Delete a voice clone",
    responses=told(_GONE, "voice_not_found"),
)
def delete_voice(voice_id: str, studio: StudioDep) -> Answer[GoneAnswer]:
    """With its recording; what was spoken with it stays."""
    studio.voices.delete(voice_id)
    return Answer(data=GoneAnswer(voice_id=voice_id, deleted=True))


@character_router.post(
    "/clone",
    summary="Clone a voice for a character",
    responses=told(_VOICE, "character_not_found", *_CLONING),
)
def clone_character_voice(
    character_id: str, body: CloneBody, request: Request, studio: StudioDep
) -> Answer[VoiceAnswer]:
    """Done when it is answered."""
    return _clone(studio, request, body, character_id)


@character_router.post(
    "/generate",
    summary="Generate speech with a character's voice",
    responses=told(_SPOKEN, "character_not_found", *_SPEAKING),
)
def generate_character_speech(character_id: str, body: SpeakBody, studio: StudioDep) -> Answer[SpokenAnswer]:
    """By the newest voice of the character, if none is named."""
    return _speak(studio, body, character_id)


@character_router.get(
    "/list",
    summary="List the voices of a character",
    responses=told(_LIST, "character_not_found"),
)
def list_character_voices(character_id: str, studio: StudioDep) -> Answer[VoicesAnswer]:
    """Newest first."""
    studio.characters.get(character_id)
    return _listed(studio, character_id)


@character_router.delete(
    "/{voice_id}",
    summary="Delete a voice of a character",
    responses=told(_GONE, "voice_not_found", "character_not_found"),
)
def delete_character_voice(character_id: str, voice_id: str, studio: StudioDep) -> Answer[GoneAnswer]:
    """With its recording; what was spoken with it stays."""
    studio.characters.get(character_id)
    studio.voices.delete(voice_id, character_id)
    return Answer(data=GoneAnswer(voice_id=voice_id, deleted=True))


def _clone(
    studio: Studio, request: Request, body: CloneBody | CloneForBody, character_id: str | None
) -> Answer[VoiceAnswer]:
    if character_id:
        studio.characters.get(character_id)
    need_one("audio", body.audio_url, body.audio_path)
    recording = given(
        studio.files,
        url=body.audio_url,
        path=body.audio_path,
        media="audio",
        base_url=str(request.base_url),
    )
    name = body.name or studio.characters.get(character_id or "").name
    voice = studio.voices.clone(recording, name, character_id or None, body.language or "en")
    return Answer(data=_voice(voice), message=voice.note)


def _speak(studio: Studio, body: SpeakBody, character_id: str | None) -> Answer[SpokenAnswer]:
    if character_id:
        studio.characters.get(character_id)
    spoken = studio.voices.generate(
        body.text,
        voice_id=body.voice_id or None,
        voice_name=body.voice_name or None,
        character_id=character_id or None,
        language=body.language,
        speed=body.speed or 1.0,
        pitch=body.pitch or 1.0,
        emotion=body.emotion,
    )
    return Answer(data=_spoken(spoken))


def _listed(studio: Studio, character_id: str | None) -> Answer[VoicesAnswer]:
    found = [_voice(voice) for voice in studio.voices.list(character_id)]
    return Answer(data=VoicesAnswer(voices=found, count=len(found)))


def _voice(voice: ClonedVoice) -> VoiceAnswer:
    return VoiceAnswer(
        voice_id=voice.id,
        name=voice.name,
        character_id=voice.character_id,
        language=voice.language,
        status=voice.status,
        voice_path=f"{FOLDER}/{voice.file}",
        created_at=iso_seconds(voice.created_at),
        engine=voice.engine,
        note=voice.note,
        speech_seconds=round(float(voice.heard.get("speech_s", 0.0)), 2),
        pitch_hz=round(float(voice.heard.get("f0_hz", 0.0)), 1),
    )


def _spoken(spoken: Uttered) -> SpokenAnswer:
    content = spoken.content
    return SpokenAnswer(
        audio_url=content.file_url,
        audio_path=content.file_path,
        content_id=content.id,
        voice_id=spoken.voice.id if spoken.voice else None,
        character_id=content.character_id,
        text=spoken.text,
        language=spoken.language,
        engine=spoken.engine,
        duration_seconds=round(spoken.duration_s, 3),
        generation_time_seconds=round(spoken.seconds, 3),
        notes=list(spoken.notes),
    )
