"""Text to voice over REST: our own routes, and OpenAI's, so that its clients find a voice here."""

from __future__ import annotations

import urllib.parse
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.avatarforge_schemas import answers
from api.bodies import StrictRoute
from api.deps import StudioDep
from api.problems import RENDERERS
from api.v1 import Failure
from studio.assembly import Studio
from studio.speech import SpeechRequest, Spoken, formats, keep
from studio.speech.asked import EngineName

PREFIX = "/api/v1/speech"
OPENAI_PREFIX = "/v1"


class OpenAiError(BaseModel):
    """What went wrong, as OpenAI's clients read it."""

    message: str
    type: str
    param: str | None
    code: str


class OpenAiFailure(BaseModel):
    """The body of every failed request there."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "error": {
                        "message": "The request body is not a JSON object: it is empty. Send a JSON object.",
                        "type": "invalid_request_error",
                        "param": None,
                        "code": "invalid_json",
                    }
                }
            ]
        }
    )

    error: OpenAiError


router = APIRouter(
    tags=["Speech"],
    route_class=StrictRoute,
    responses={"default": {"model": Failure, "description": "Any other failure"}},
)
openai_router = APIRouter(
    tags=["OpenAI Speech"],
    route_class=StrictRoute,
    responses={"default": {"model": OpenAiFailure, "description": "Any other failure"}},
)

HELLO = "Hello, I am Lyra. It is nice to meet you."


class SpeakBody(SpeechRequest):
    """A text to be spoken, by the voice of an engine."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"text": HELLO, "voice": "en-us+f3", "engine": "espeak-ng"}, {"text": HELLO}]
        }
    )


class SpokenAnswer(BaseModel):
    """The voice, kept as an upload: its `filename` is what a talking avatar takes as `audio_filename`."""

    filename: str
    file_id: str
    url: str
    duration: float = Field(description="Seconds")
    engine: str
    voice: str
    has_phonemes: bool = Field(description="Whether the file tells when each phoneme begins")
    message: str


class EngineAnswer(BaseModel):
    """One way to a voice."""

    name: str
    title: str
    available: bool
    why: str = Field(description="Why it cannot be had")


class VoiceAnswer(BaseModel):
    """One voice of an engine."""

    id: str
    name: str
    language: str
    engine: str


class VoicesAnswer(BaseModel):
    """What can speak here."""

    engines: list[EngineAnswer]
    engine: str = Field(description="Whose voices these are; empty when no engine can be had")
    voices: list[VoiceAnswer]


SPOKEN = {
    "filename": "6f1c1d3a-5b1e-4a53-9a0c-2b7d0f6f0c11.wav",
    "file_id": "6f1c1d3a-5b1e-4a53-9a0c-2b7d0f6f0c11",
    "url": "/files/6f1c1d3a-5b1e-4a53-9a0c-2b7d0f6f0c11",
    "duration": 2.61,
    "engine": "espeak-ng",
    "voice": "en-us+f3",
    "has_phonemes": True,
    "message": "Speech generated successfully",
}
VOICES = {
    "engines": [
        {
            "name": "server",
            "title": "Voice server",
            "available": False,
            "why": "TTS_URL names no voice server.",
        },
        {"name": "espeak-ng", "title": "espeak-ng, on this machine", "available": True, "why": ""},
        {
            "name": "comfyui",
            "title": "ComfyUI, by its node packs for speech",
            "available": False,
            "why": "No ComfyUI server at hand has the nodes of Kokoro (KokoroSpeaker, KokoroGenerator).",
        },
    ],
    "engine": "espeak-ng",
    "voices": [{"id": "de+f3", "name": "German, woman", "language": "de", "engine": "espeak-ng"}],
}


@router.post("", responses=answers(SPOKEN))
def speak(body: SpeakBody, studio: StudioDep) -> SpokenAnswer:
    """Speak a text and keep the sound, ready to be given to a talking avatar."""
    request = SpeechRequest.model_validate(body.model_dump())
    return _kept(studio, request, studio.speech.speak(request))


@router.get("/voices", responses=answers(VOICES))
def voices(
    studio: StudioDep,
    engine: Annotated[EngineName, Query(description="`auto`: whose voice a text gets")] = "auto",
) -> VoicesAnswer:
    """The engines, and the voices of one of them."""
    engines = studio.speech.engines()
    listed = studio.speech.voices(engine) if engine != "auto" or any(one.available for one in engines) else []
    return VoicesAnswer(
        engines=[EngineAnswer.model_validate(vars(one)) for one in engines],
        engine=listed[0].engine if listed else "",
        voices=[VoiceAnswer.model_validate(vars(one)) for one in listed],
    )


def _kept(studio: Studio, request: SpeechRequest, spoken: Spoken) -> SpokenAnswer:
    kept = keep(studio.files, spoken, request.text)
    return SpokenAnswer(
        filename=kept.id + kept.suffix,
        file_id=kept.id,
        url=f"/files/{kept.id}",
        duration=kept.duration_s or 0.0,
        engine=spoken.engine,
        voice=spoken.voice,
        has_phonemes=bool(spoken.phonemes),
        message="Speech generated successfully",
    )


# ------------------------------------------------------------------ OpenAI's dialect


class NamedVoice(BaseModel):
    """OpenAI's newer form of a voice."""

    id: str


class OpenAiBody(BaseModel):
    """What OpenAI's clients send."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"model": "tts-1", "input": HELLO, "voice": "nova"}]}
    )

    model: str = ""
    input: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4096)]
    voice: str | NamedVoice = ""
    instructions: Annotated[str, StringConstraints(max_length=4096)] = ""
    response_format: formats.Format = "mp3"
    speed: Annotated[float, Field(ge=0.25, le=4.0)] = 1.0
    stream_format: Literal["audio"] = "audio"


class OpenAiVoices(BaseModel):
    """The voices, as servers beside OpenAI's list them."""

    voices: list[str]


@openai_router.post(
    "/audio/speech",
    response_class=Response,
    responses={200: {"content": {"audio/*": {"schema": {"type": "string", "format": "binary"}}}}},
)
def audio_speech(body: OpenAiBody, studio: StudioDep) -> Response:
    """The text as sound, in the wanted format."""
    request = SpeechRequest(
        text=body.input,
        voice=body.voice if isinstance(body.voice, str) else body.voice.id,
        speed=body.speed,
        instructions=body.instructions,
        # The clients' usual names mean "yours" here; the server has its own setting.
        model="" if body.model in {"tts-1", "tts-1-hd", "gpt-4o-mini-tts"} else body.model,
    )
    spoken = studio.speech.speak(request)
    audio = formats.convert(spoken.audio, body.response_format)
    filename = urllib.parse.quote(f"speech.{body.response_format}")
    headers = {
        "Content-Disposition": f'attachment; filename="{filename}"',
        "X-Content-Type-Options": "nosniff",
    }
    return Response(audio, media_type=formats.mime_type(body.response_format), headers=headers)


@openai_router.get("/audio/voices", responses=answers({"voices": ["en-us", "en-us+f3"]}))
def audio_voices(studio: StudioDep) -> OpenAiVoices:
    """The names of all voices."""
    return OpenAiVoices(voices=[voice.id for voice in studio.speech.voices()])


def openai_shape(
    status: int, message: str, code: str, hint: str, errors: Sequence[dict[str, Any]] | None
) -> dict[str, Any]:
    """A failure as OpenAI's clients read it."""
    kind = "invalid_request_error" if status < 500 else "server_error"
    param = ".".join(str(part) for part in errors[0]["loc"][1:]) if errors else None
    said = f"{message} {hint}".strip() if hint and hint not in message else message
    return {"error": {"message": said, "type": kind, "param": param or None, "code": code}}


RENDERERS[OPENAI_PREFIX] = openai_shape
