"""What the Media Generation routes take and give, with an example of each for the OpenAPI document."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationInfo, field_validator

from api import v1
from api.avatarforge_schemas import GENERATION_ID, Responses
from api.docs import NULL
from studio import media
from studio.media import HIGH_PX, LOW_PX

JobStatus = Literal["pending", "processing", "completed", "failed", "cancelled"]
Format = Literal["PNG", "JPEG", "WebP"]
HookEvent = Literal["started", "output", "completed", "failed", "cancelled"]
Name = Annotated[str, StringConstraints(min_length=1, max_length=500)]
Side = Annotated[int, Field(ge=LOW_PX, le=HIGH_PX)]

MEDIA_ID = "660e8400-e29b-41d4-a716-446655440000"
MAX_METADATA = 65_536  # characters


class Parameters(BaseModel):
    """How the picture is to be; what is left out is chosen by the model that draws it."""

    model_config = ConfigDict(extra="forbid")

    width: Side | None = None
    height: Side | None = None
    aspect_ratio: Annotated[str, StringConstraints(max_length=11)] | None = Field(
        None, description="Width to height, such as 16:9, for the sides that are not given", examples=["16:9"]
    )
    num_inference_steps: int | None = Field(None, ge=1, le=200)
    guidance_scale: float | None = Field(None, ge=0, le=50)
    negative_prompt: Annotated[str, StringConstraints(max_length=20_000)] | None = None
    output_format: Format | None = Field(None, description="PNG if it is left out")
    output_quality: int | None = Field(None, ge=1, le=100, description="Of JPEG and WebP; 100: lossless WebP")
    seed: int | None = Field(None, ge=-1, le=2**63 - 1, description="-1 or absent: random")
    model: Name | None = Field(None, description="A checkpoint of the server, by name")

    @field_validator("output_format", mode="before")
    @classmethod
    def _any_case(cls, value: Any) -> Any:
        names = {"PNG": "PNG", "JPEG": "JPEG", "JPG": "JPEG", "WEBP": "WebP"}
        return names.get(value.upper(), value) if isinstance(value, str) else value

    @field_validator("aspect_ratio")
    @classmethod
    def _possible_ratio(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is not None:
            width, height = info.data.get("width"), info.data.get("height")
            if not media.fits(width, height, media.ratio_of(value)):
                raise ValueError(f"Input should leave the other side between {LOW_PX} and {HIGH_PX}")
        return value


class MediaBody(BaseModel):
    """What is to be made."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "prompt": "A beautiful sunset over mountains with vibrant colors",
                    "parameters": {"width": 1024, "height": 1024, "num_inference_steps": 4},
                },
                {
                    "prompt": "A futuristic cityscape at night",
                    "parameters": {"aspect_ratio": "16:9", "output_quality": 90, "seed": 12345},
                    "webhook_url": "https://your-app.com/webhooks/media-complete",
                    "metadata": {"user_id": "user123", "session_id": "sess456"},
                },
            ]
        },
    )

    prompt: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=20_000)]
    parameters: Parameters | None = None
    webhook_url: Annotated[str, StringConstraints(min_length=1, max_length=2_000)] | None = Field(
        None, description="Told when the job ends"
    )
    webhook_events_filter: list[HookEvent] | None = Field(
        None, max_length=10, description="What it is told; completed, failed and cancelled if left out"
    )
    metadata: dict[str, Any] | None = Field(None, description="Anything; kept with the job and sent back")

    @field_validator("metadata")
    @classmethod
    def _plain_metadata(cls, value: dict[str, Any] | None) -> dict[str, Any] | None:
        try:
            text = json.dumps(value, ensure_ascii=False, allow_nan=False)
            text.encode()
        except (ValueError, RecursionError) as error:
            raise ValueError("Input should be JSON that UTF-8 can hold") from error
        if len(text) > MAX_METADATA:
            raise ValueError(f"Input should have at most {MAX_METADATA} characters as JSON")
        return value


class Created(BaseModel):
    """A job that was just asked for."""

    model_config = ConfigDict(extra="allow")  # a finished one, by `Prefer: wait`, brings its status along

    id: str
    status: JobStatus
    created_at: str
    status_url: str
    estimated_completion_time: int | None = Field(
        description="Seconds, by what such work took here before; null while nothing is known of such work"
    )


class Medium(BaseModel):
    """One finished file."""

    id: str
    url: str
    type: str
    mime_type: str
    file_size_bytes: int
    width: int | None
    height: int | None


class Status(BaseModel):
    """A job as it stands."""

    id: str
    status: JobStatus
    prompt: str
    parameters: dict[str, Any]
    created_at: str
    updated_at: str
    started_at: str | None
    completed_at: str | None
    duration_seconds: float | None
    retry_count: int
    error_message: str | None
    media: list[Medium] | None
    progress: float
    metadata: dict[str, Any] | None
    webhook_url: str | None
    engine: str = Field(description="embedded: drawn on this machine without a model; comfy: by a ComfyUI")
    workflow: str
    seed: int
    notes: list[str] = Field(description="What people should know, as words that could not be drawn")
    error_code: str | None


class ListedMedium(BaseModel):
    """One finished file, in short."""

    id: str
    url: str
    type: str


class ListedJob(BaseModel):
    """A job, in short."""

    id: str
    status: JobStatus
    prompt: str
    created_at: str
    completed_at: str | None
    media: list[ListedMedium]


class JobPage(BaseModel):
    """Some of the jobs, newest first."""

    jobs: list[ListedJob]
    total: int
    page: int
    per_page: int
    has_next: bool
    has_prev: bool


class MediumInfo(BaseModel):
    """What is known of a file."""

    id: str
    type: str
    storage_path: str
    storage_url: str
    file_size_bytes: int
    mime_type: str
    file_extension: str
    width: int | None
    height: int | None
    created_at: str
    expires_at: str | None = Field(description="When it is removed; null: it is kept")
    sha256: str
    job_id: str


# -------------------------------------------------------------------- examples

CREATED = {
    "id": GENERATION_ID,
    "status": "pending",
    "created_at": "2024-01-15T10:30:00Z",
    "status_url": f"/api/v1/jobs/status/{GENERATION_ID}",
    "estimated_completion_time": 300,
}
STATUS = {
    "id": GENERATION_ID,
    "status": "completed",
    "prompt": "A beautiful sunset over mountains with vibrant colors",
    "parameters": {"width": 1024, "height": 1024, "num_inference_steps": 4},
    "created_at": "2024-01-15T10:30:00Z",
    "updated_at": "2024-01-15T10:32:15Z",
    "started_at": "2024-01-15T10:30:05Z",
    "completed_at": "2024-01-15T10:32:15Z",
    "duration_seconds": 130.5,
    "retry_count": 0,
    "error_message": NULL,
    "media": [
        {
            "id": MEDIA_ID,
            "url": f"http://localhost:8000/api/v1/media/{MEDIA_ID}",
            "type": "image",
            "mime_type": "image/png",
            "file_size_bytes": 2048576,
            "width": 1024,
            "height": 1024,
        }
    ],
    "progress": 100.0,
    "metadata": {"user_id": "user123"},
    "webhook_url": NULL,
    "engine": "comfy",
    "workflow": "flux",
    "seed": 501933556720504,
    "notes": [],
    "error_code": NULL,
}
PAGE = {
    "jobs": [
        {
            "id": GENERATION_ID,
            "status": "completed",
            "prompt": "A beautiful sunset over mountains",
            "created_at": "2024-01-15T10:30:00Z",
            "completed_at": "2024-01-15T10:32:15Z",
            "media": [{"id": MEDIA_ID, "url": f"/api/v1/media/{MEDIA_ID}", "type": "image"}],
        }
    ],
    "total": 1,
    "page": 1,
    "per_page": 20,
    "has_next": False,
    "has_prev": False,
}
INFO = {
    "id": MEDIA_ID,
    "type": "image",
    "storage_path": f"outputs/{GENERATION_ID}/output.png",
    "storage_url": f"http://localhost:8000/api/v1/media/{MEDIA_ID}",
    "file_size_bytes": 2048576,
    "mime_type": "image/png",
    "file_extension": ".png",
    "width": 1024,
    "height": 1024,
    "created_at": "2024-01-15T10:32:15Z",
    "expires_at": "2024-02-14T10:32:15Z",
    "sha256": "a1b2c3d4e5f67890abcdef1234567890abcdef1234567890abcdef1234567890",
    "job_id": GENERATION_ID,
}

NO_JOB: Responses = v1.failure(
    404, "No job has this id", "job_not_found", "Job not found", "Check the id, or list the jobs."
)
NO_MEDIUM: Responses = v1.failure(
    404,
    "No file has this id",
    "media_not_found",
    "Media not found",
    "It may have been deleted, or was too old to be kept.",
)
FINISHED: Responses = v1.failure(
    409, "It is finished", "job_finished", "The job is completed already.", "Start a new one instead."
)
IN_FLIGHT: Responses = v1.failure(
    409,
    "Another request under this key is being worked on",
    "idempotency_in_flight",
    "A request with this idempotency key is being worked on.",
    "Repeat it in a second: it then gives the job that the first one made.",
)
NO_SERVER: Responses = v1.failure(
    503,
    "No server can be asked",
    "comfyui_unavailable",
    "ComfyUI is not answering at http://localhost:8188. Start ComfyUI there, or unset COMFYUI_URL to use the "
    "embedded engine.",
    "Start ComfyUI there, or unset COMFYUI_URL to use the embedded engine.",
)
TOO_MANY: Responses = v1.failure(
    503,
    "Too many follow jobs already",
    "too_many_followers",
    "300 clients are following jobs already. Ask for the status instead, or try again later; "
    "STUDIO_EVENT_STREAMS sets the limit.",
    "Ask for the status instead, or try again later; STUDIO_EVENT_STREAMS sets the limit.",
)
BAD_BODY: Responses = v1.invalid(
    {
        "type": "string_too_short",
        "loc": ["body", "prompt"],
        "msg": "String should have at least 1 character",
        "input": "",
    },
    {
        "type": "greater_equal",
        "loc": ["body", "parameters", "width"],
        "msg": "Input should be greater than or equal to 128",
        "input": -1,
    },
)
BAD_QUERY: Responses = v1.invalid(
    {
        "type": "less_equal",
        "loc": ["query", "per_page"],
        "msg": "Input should be less than or equal to 100",
        "input": "1000",
    }
)
