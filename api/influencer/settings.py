"""Settings that can be changed while the studio runs."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.deps import StudioDep
from api.docs import NULL
from api.edge.rates import BUCKETS
from api.influencer.answers import Answer
from api.influencer.examples import told
from api.influencer.placeholders import DocumentRoute
from api.owner import OWNER
from studio.assembly import Studio
from studio.errors import StudioError
from studio.services.looks import without_password

router = APIRouter(prefix="/settings", tags=["settings"], route_class=DocumentRoute)

Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]
Rate = Annotated[str, StringConstraints(max_length=40)]


class SettingsBody(BaseModel):
    """Any of the members; null resets one to what the environment says."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "comfyui_base_url": "http://gpu.local:8188",
                    "default_checkpoint": "sd_xl_base_1.0.safetensors",
                    "rate_limits": {"ai_image": "20/minute"},
                }
            ]
        },
    )

    comfyui_base_url: Line | None = Field(None, description="Used at once, beside those of COMFYUI_URL")
    ollama_base_url: Line | None = None
    default_model: Line | None = Field(None, description="The model that writes texts")
    default_checkpoint: Line | None = Field(None, description="Draws where a request names no model")
    rate_limits: dict[str, Rate | None] | None = Field(
        None, description="By bucket: a number for each time such as 10/minute, or off"
    )


class SettingsAnswer(BaseModel):
    """What counts now."""

    comfyui_base_url: str
    comfyui_base_url_source: Literal["env", "file", "default"] = Field(
        description="file: changed here, and kept in the records"
    )
    ollama_base_url: str | None
    ollama_base_url_source: Literal["env", "file", "default"]
    default_model: str | None
    default_checkpoint: str | None
    storage: dict[str, Any]
    rate_limits: dict[str, Any]
    persisted: dict[str, Any] = Field(description="What was changed here")


EXAMPLE: dict[str, Any] = {
    "comfyui_base_url": "http://gpu.local:8188",
    "comfyui_base_url_source": "file",
    "ollama_base_url": NULL,
    "ollama_base_url_source": "default",
    "default_model": NULL,
    "default_checkpoint": "sd_xl_base_1.0.safetensors",
    "storage": {"path": "storage", "media_retention_days": 30},
    "rate_limits": {"enabled": True, "ai_image": "10/minute"},
    "persisted": {"comfyui_base_url": "http://gpu.local:8188"},
}


@router.get("", summary="Get settings", responses=told(EXAMPLE))
def get_settings(studio: StudioDep) -> Answer[SettingsAnswer]:
    """With who said so: the environment, a change that is kept, or nobody."""
    return Answer(data=_settings(studio))


@router.put(
    "",
    summary="Update settings",
    dependencies=OWNER,
    responses=told(EXAMPLE, "setting_refused", "owner_only"),
)
def update_settings(body: SettingsBody, studio: StudioDep) -> Answer[SettingsAnswer]:
    """All of the members or none; used at once, and again after the next start."""
    try:
        studio.overrides.change(body.model_dump(exclude_unset=True))
    except StudioError as error:
        if error.code not in {"setting_refused", "server_address"}:
            raise
        name = error.facts.get("name", "comfyui_base_url")
        raise RequestValidationError(
            [{"type": error.code, "loc": ("body", name), "msg": error.message, "input": None}]
        ) from error
    return Answer(data=_settings(studio))


def _settings(studio: Studio) -> SettingsAnswer:
    comfyui, ollama = studio.overrides.comfyui(), studio.overrides.chosen("ollama_base_url")
    settings = studio.overrides.settings
    kept = {
        name: without_password(value) if name.endswith("_url") else value
        for name, value in studio.overrides.kept.items()
    }
    return SettingsAnswer(
        comfyui_base_url=comfyui.value,
        comfyui_base_url_source=comfyui.source,
        ollama_base_url=without_password(ollama.value) if ollama.value else None,
        ollama_base_url_source=ollama.source,
        default_model=studio.overrides.chosen("default_model").value,
        default_checkpoint=studio.overrides.chosen("default_checkpoint").value,
        storage={
            "path": str(settings.storage_path),
            "bucket": without_password(settings.storage_url) if settings.storage_url else None,
            "public_base_url": settings.public_base_url or None,
            "max_file_size": settings.max_file_size,
            "file_cleanup_days": settings.file_cleanup_days,
            "media_retention_days": settings.media_retention_days,
        },
        rate_limits={
            "enabled": settings.rate_limit_enabled,
            **{bucket.name: getattr(settings, bucket.setting) for bucket in BUCKETS},
        },
        persisted=kept,
    )
