"""What is asked of a writer, and what comes back, whoever writes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

EngineName = Literal["ollama", "openai", "template"]

MAX_PROMPT = 5000
MAX_TOKENS = 8192
USUAL_TOKENS = 512
USUAL_TEMPERATURE = 0.7


@dataclass(frozen=True)
class Message:
    """One turn of a conversation; pictures are JPEG files, for models that see."""

    role: Literal["system", "user"]
    text: str
    pictures: tuple[bytes, ...] = field(default=(), repr=False)


@dataclass(frozen=True)
class Order:
    """What a model is to answer, and how."""

    messages: tuple[Message, ...]
    model: str
    max_tokens: int = USUAL_TOKENS
    temperature: float = USUAL_TEMPERATURE
    seed: int | None = None


@dataclass(frozen=True)
class Model:
    """One model that a server has."""

    name: str
    size: int | None = None  # bytes
    modified_at: str | None = None
    can_see: bool | None = None  # None: the server does not tell
    is_for_text: bool = True


@dataclass(frozen=True)
class Text:
    """What was written."""

    text: str
    model: str
    engine: EngineName
    is_cut: bool = False  # whether max_tokens ended it
    prompt_tokens: int | None = None
    tokens: int | None = None


@dataclass(frozen=True)
class Health:
    """Whether somebody can write here."""

    status: Literal["healthy", "degraded", "unhealthy"]
    service: str
    base_url: str
    models: tuple[Model, ...] = ()
    message: str = ""
    version: str = ""
