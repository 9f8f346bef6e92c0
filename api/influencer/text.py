"""Texts of the AInfluencer API: what a model writes, which models there are, and whether any answers."""

from __future__ import annotations

import time
from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.deps import StudioDep
from api.docs import NULL
from api.influencer.answers import Answer
from api.influencer.examples import told
from api.influencer.placeholders import DocumentRoute
from studio.writing.asked import MAX_PROMPT, MAX_TOKENS, USUAL_TOKENS

router = APIRouter(prefix="/generate/text", tags=["generate"], route_class=DocumentRoute)

MAX_SEED = 2**31 - 1  # what every server takes
Id = Annotated[str, StringConstraints(max_length=200)]
ModelName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class TextBody(BaseModel):
    """What is to be written."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "prompt": "Write a short Instagram caption",
                    "model": "llama3",
                    "max_tokens": 200,
                    "temperature": 0.7,
                }
            ]
        }
    )

    prompt: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_PROMPT)]
    model: ModelName | None = Field(None, description="Unset: LLM_MODEL, or the first that is there")
    character_id: Id | None = Field(None, description="Who writes: biography, personality and tone are told")
    max_tokens: Annotated[int, Field(ge=1, le=MAX_TOKENS)] | None = None
    temperature: Annotated[float, Field(ge=0, le=2)] | None = Field(
        None, description="Unset: the character's own, or 0.7"
    )
    seed: Annotated[int, Field(ge=0, le=MAX_SEED)] | None = None


class TextAnswer(BaseModel):
    """What was written."""

    text: str
    model: str
    engine: Literal["ollama", "openai", "template"]
    character_id: str | None
    finish_reason: Literal["stop", "length"] = Field(description="`length`: max_tokens ended it")
    prompt_tokens: int | None
    completion_tokens: int | None
    generation_time_seconds: float


class ModelAnswer(BaseModel):
    """One model."""

    name: str
    size: int | None = Field(description="Bytes")
    modified_at: str | None


class ModelsAnswer(BaseModel):
    """What can write here."""

    models: list[ModelAnswer]
    count: int


class HealthAnswer(BaseModel):
    """Whether somebody can write here."""

    status: Literal["healthy", "degraded", "unhealthy"]
    service: str
    message: str | None
    base_url: str | None
    models_available: int
    models: list[str]
    version: str | None


_TEXT = {
    "text": "Mornings taste better with rain on the window.",
    "model": "llama3:latest",
    "engine": "ollama",
    "character_id": "5b8c1f0e-2d6a-4c7e-9a55-0f3f7c9d1e21",
    "finish_reason": "stop",
    "prompt_tokens": 26,
    "completion_tokens": 11,
    "generation_time_seconds": 1.4,
}
_MODELS = {
    "models": [{"name": "llama3:latest", "size": 4661224676, "modified_at": "2025-12-17T15:00:00Z"}],
    "count": 1,
}
_HEALTH = {
    "status": "healthy",
    "service": "ollama",
    "message": NULL,
    "base_url": "http://127.0.0.1:11434",
    "models_available": 1,
    "models": ["llama3:latest"],
    "version": "0.12.0",
}
_AWAY = ("llm_not_set", "llm_unreachable", "llm_no_models", "llm_failed")


@router.post(
    "",
    summary="Generate text",
    responses=told(_TEXT, "llm_model_missing", *_AWAY),
)
def generate_text(body: TextBody, studio: StudioDep) -> Answer[TextAnswer]:
    """By Ollama or a server in OpenAI's dialect; what a reasoning model thinks is left out."""
    began = time.monotonic()
    character = studio.characters.get(body.character_id) if body.character_id else None
    written = studio.writing.write(
        body.prompt,
        character,
        body.model,
        body.max_tokens or USUAL_TOKENS,
        body.temperature,
        body.seed,
    )
    return Answer(
        data=TextAnswer(
            text=written.text,
            model=written.model,
            engine=written.engine,
            character_id=body.character_id,
            finish_reason="length" if written.is_cut else "stop",
            prompt_tokens=written.prompt_tokens,
            completion_tokens=written.tokens,
            generation_time_seconds=round(time.monotonic() - began, 3),
        )
    )


@router.get(
    "/models",
    summary="List text generation models",
    responses=told(_MODELS, *_AWAY),
)
def list_models(studio: StudioDep) -> Answer[ModelsAnswer]:
    """Those of every server that the settings name."""
    listed = [
        ModelAnswer(name=one.name, size=one.size, modified_at=one.modified_at)
        for one in studio.writing.models()
    ]
    return Answer(data=ModelsAnswer(models=listed, count=len(listed)))


@router.get(
    "/health",
    summary="Text generation health",
    responses=told(_HEALTH),
)
def text_health(studio: StudioDep) -> Answer[HealthAnswer]:
    """Answers also while nobody can write, and then says what to do."""
    health = studio.writing.health()
    names = [one.name for one in health.models]
    return Answer(
        data=HealthAnswer(
            status=health.status,
            service=health.service,
            message=health.message or None,
            base_url=health.base_url or None,
            models_available=len(names),
            models=names,
            version=health.version or None,
        )
    )
