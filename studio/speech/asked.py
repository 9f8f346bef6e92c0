"""What is asked of a voice, and what comes back, whichever engine speaks."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from studio.speech.phonemes import Phoneme

EngineName = Literal["auto", "espeak-ng", "server", "comfyui"]
MAX_TEXT = 20_000

# Scripts that give a language away; the rest is taken for English.
_SCRIPTS = (
    (r"[\u3040-\u30ff]", "ja"),
    (r"[\uac00-\ud7af]", "ko"),
    (r"[\u4e00-\u9fff]", "cmn"),
    (r"[\u0400-\u04ff]", "ru"),
    (r"[\u0370-\u03ff]", "el"),
    (r"[\u0900-\u097f]", "hi"),
    (r"[\u0590-\u05ff]", "he"),
    (r"[\u0600-\u06ff]", "ar"),
    (r"[\u0980-\u09ff]", "bn"),
    (r"[\u0b80-\u0bff]", "ta"),
    (r"[\u10a0-\u10ff]", "ka"),
    (r"[\u0530-\u058f]", "hy"),
)
ENGLISH = "en-us"


class SpeechRequest(BaseModel):
    """A text to be spoken."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_TEXT)]
    voice: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] = ""
    language: Annotated[str, StringConstraints(strip_whitespace=True, max_length=20)] = ""
    speed: Annotated[float, Field(ge=0.25, le=4.0)] = 1.0
    pitch: Annotated[float, Field(ge=0.5, le=2.0)] = 1.0  # for engines that can; the others leave it
    intonation: Annotated[float, Field(ge=0, le=2.0)] = 1.0  # how far the pitch moves, for engines that can
    instructions: Annotated[str, StringConstraints(max_length=4096)] = ""  # for models that take some
    model: Annotated[str, StringConstraints(max_length=200)] = ""
    engine: EngineName = "auto"


@dataclass(frozen=True)
class Voice:
    """One voice that an engine offers."""

    id: str
    name: str
    language: str
    engine: str


@dataclass(frozen=True)
class Spoken:
    """A text as sound; `audio` is a whole file of whatever format the engine gives."""

    audio: bytes
    suffix: str
    engine: str
    voice: str
    phonemes: tuple[Phoneme, ...] = ()  # none from engines that do not tell


@dataclass(frozen=True)
class Engine:
    """One way to a voice, and what is missing when it cannot be had."""

    name: str
    title: str
    available: bool
    why: str = ""


def language_of(text: str) -> str:
    """The language that a text's script gives away, or English."""
    return next((language for script, language in _SCRIPTS if re.search(script, text)), ENGLISH)
