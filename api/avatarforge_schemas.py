"""What the AvatarForge routes take and give, with an example of each for the OpenAPI document."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.docs import NULL, body_of, file_form
from api.problems import PlainProblem
from studio.request import VIEW_DESCRIPTIONS, VIEWS, Lora, View

# A bound also makes sure that it is text: JSON can hold half a letter.
Text = Annotated[str, StringConstraints(max_length=20_000)]
Base64 = Annotated[str, StringConstraints(max_length=200_000_000)]
GenerationStatus = Literal["queued", "processing", "completed", "failed"]


class GenerateBody(BaseModel):
    """The documented members, and the studio's own for those who want more control."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "prompt": "female warrior, blue armor, long white hair, determined expression",
                    "clothing": "full plate armor, red cape, silver trim",
                    "style": "watercolor painting",
                    "realism": False,
                }
            ]
        }
    )

    prompt: Annotated[Text, StringConstraints(strip_whitespace=True, min_length=1)] = Field(
        description="Detailed avatar description"
    )
    pose_file_id: Text | None = Field(None, description="ID of an uploaded pose image")
    reference_file_id: Text | None = Field(None, description="ID of an uploaded reference image")
    clothing: Text | None = Field(None, description="Specific clothing details")
    style: Text | None = Field(None, description="Art style: 'watercolor', 'pixel art', etc.")
    realism: bool | None = Field(None, description="true: realistic, false: anime (default)")
    pose_image: Base64 | None = Field(None, description="Legacy: the pose image as base64", deprecated=True)
    reference_image: Base64 | None = Field(
        None, description="Legacy: the reference image as base64", deprecated=True
    )

    negative_prompt: Text | None = Field(None, description="What should not be in the picture")
    width: int | None = Field(None, ge=64, le=4096)
    height: int | None = Field(None, ge=64, le=4096)
    seed: int | None = Field(None, ge=-1, le=2**63 - 1, description="-1 or absent: random")
    variants: int | None = Field(None, ge=1, le=16)
    max_drift: float | None = Field(
        None,
        gt=0,
        le=1,
        description="Make views again whose `colour_and_shape_drift.score` is higher; 0.3 suits most",
    )
    max_rerolls: int | None = Field(None, ge=0, le=10, description="How often at most; 2 if absent")
    steps: int | None = Field(None, ge=1, le=200)
    cfg: float | None = Field(None, ge=0, le=50)
    sampler: Text | None = None
    scheduler: Text | None = None
    denoise: float | None = Field(None, ge=0, le=1)
    model: Text | None = Field(None, description="A checkpoint of the server, by name")
    loras: list[Lora] | None = Field(None, max_length=16)
    workflow: Text | None = Field(None, description="A workflow of the library, by name")
    engine: Literal["auto", "embedded"] | None = Field(
        None, description="'embedded': draw on the embedded engine also when a ComfyUI is configured"
    )


class Dimensions(BaseModel):
    """Pixels."""

    width: int
    height: int


class UploadAnswer(BaseModel):
    """An uploaded picture."""

    file_id: str
    filename: str
    content_hash: str
    size: int
    mime_type: str
    dimensions: Dimensions
    url: str
    is_duplicate: bool
    created_at: str


class HashAnswer(BaseModel):
    """Whether a picture with these bytes is there already."""

    exists: bool
    file_id: str | None
    message: str


class Drift(BaseModel):
    """How far colours and shapes, not faces, are from the front view's: 0 equal, 1 nothing in common."""

    score: float
    palette: float
    cloth: float
    edges: float
    proportions: float


class OutputFile(BaseModel):
    """One finished picture."""

    filename: str
    url: str
    pose_type: str
    size: int
    dimensions: Dimensions | None
    mime_type: str
    seed: int
    tries: int
    colour_and_shape_drift: Drift | None


class Generation(BaseModel):
    """A generation as it stands."""

    generation_id: str
    status: GenerationStatus
    message: str
    output_files: list[OutputFile]
    created_at: str
    started_at: str | None
    completed_at: str | None
    error: str | None
    comfyui_prompt_id: str | None
    progress: float
    seed: int
    engine: str
    workflow: str
    notes: list[str]
    parent_id: str | None


class GenerationPage(BaseModel):
    """Some of the generations, newest first."""

    total: int
    generations: list[Generation]
    limit: int
    offset: int


class Deleted(BaseModel):
    """What was deleted."""

    message: str
    generation_id: str


class FileDeleted(BaseModel):
    """What was deleted, and how thoroughly."""

    message: str
    file_id: str
    deleted: Literal["soft", "hard"]


class Pose(BaseModel):
    """A view that can be asked for."""

    name: View
    description: str


class Poses(BaseModel):
    """All views."""

    poses: list[Pose]


class ServerHealth(BaseModel):
    """One server."""

    model_config = ConfigDict(extra="allow")

    status: str
    url: str
    stats: dict[str, Any]


class Health(BaseModel):
    """The studio's health and that of the servers it uses."""

    api_status: str
    comfyui: ServerHealth
    servers: list[dict[str, Any]]


# -------------------------------------------------------------------- examples

FILE_ID = "550e8400-e29b-41d4-a716-446655440000"
GENERATION_ID = "770e8400-e29b-41d4-a716-446655440000"
CONTENT_HASH = "a1b2c3d4e5f67890abcdef1234567890abcdef1234567890abcdef1234567890"

HEALTH = {
    "api_status": "healthy",
    "comfyui": {
        "status": "healthy",
        "url": "http://localhost:8188",
        "stats": {"queue_pending": 0, "queue_running": 1},
    },
    "servers": [],
}
POSES = {"poses": [{"name": view, "description": VIEW_DESCRIPTIONS[view]} for view in VIEWS]}
UPLOADED = {
    "file_id": FILE_ID,
    "filename": "pose.png",
    "content_hash": CONTENT_HASH,
    "size": 1024000,
    "mime_type": "image/png",
    "dimensions": {"width": 512, "height": 512},
    "url": f"/files/{FILE_ID}",
    "is_duplicate": False,
    "created_at": "2025-01-15T12:00:00Z",
}
HASH_FOUND = {"exists": True, "file_id": FILE_ID, "message": "File exists: pose.png"}
FILE_DELETED = {"message": "File deleted", "file_id": FILE_ID, "deleted": "hard"}
STARTED = {
    "generation_id": GENERATION_ID,
    "status": "processing",
    "message": "Generation started",
    "output_files": [],
    "created_at": "2025-01-15T12:00:00Z",
    "started_at": "2025-01-15T12:00:01Z",
    "completed_at": NULL,
    "error": NULL,
    "comfyui_prompt_id": "c9c874a7-4d77-50b1-bf3d-38b2ef1288b7",
    "progress": 0.0,
    "seed": 501933556720504,
    "engine": "comfyui",
    "workflow": "checkpoint",
    "notes": [],
    "parent_id": NULL,
}
COMPLETED = STARTED | {
    "status": "completed",
    "message": "Generation completed successfully",
    "output_files": [
        {
            "filename": "avatarforge_00001_.png",
            "url": f"/outputs/{GENERATION_ID}/output.png",
            "pose_type": "front",
            "size": 2048000,
            "dimensions": {"width": 512, "height": 512},
            "mime_type": "image/png",
            "seed": 501933556720504,
            "tries": 1,
            "colour_and_shape_drift": NULL,
        }
    ],
    "completed_at": "2025-01-15T12:00:45Z",
    "progress": 100.0,
}
PAGE = {"total": 250, "generations": [COMPLETED], "limit": 50, "offset": 0}
GENERATION_DELETED = {"message": "Generation deleted successfully", "generation_id": GENERATION_ID}

_NO_FILE = {
    "detail": f"File not found: {FILE_ID}",
    "code": "file_not_found",
    "hint": "Upload the file again, or check its id.",
}
_NO_GENERATION = {
    "detail": f"Generation not found: {GENERATION_ID}",
    "code": "generation_not_found",
    "hint": "Check the id, or list generations.",
}
_NO_OUTPUT = {
    "detail": "Output not found: output.png",
    "code": "output_not_found",
    "hint": "Check the url in the job's outputs.",
}
_MISSING = {
    "detail": "Required: prompt.",
    "errors": [{"loc": ["body", "prompt"], "msg": "field required", "type": "value_error.missing"}],
    "code": "missing_field",
    "hint": "Add the missing members to the request body.",
}
_TOO_LARGE = {
    "detail": "File too large: the limit is 50 MB.",
    "code": "file_too_large",
    "hint": "Compress or resize the image.",
}
_NO_PICTURE = {
    "detail": "Invalid image file: it is none of PNG, JPG and WEBP.",
    "errors": [
        {
            "loc": ["body"],
            "msg": "Invalid image file: it is none of PNG, JPG and WEBP.",
            "type": "invalid_image",
        }
    ],
    "code": "invalid_image",
    "hint": "Use a PNG, JPG or WEBP picture that opens elsewhere.",
}
_BAD_VALUE = {
    "detail": "limit: Input should be less than or equal to 100.",
    "errors": [
        {
            "loc": ["query", "limit"],
            "msg": "Input should be less than or equal to 100",
            "type": "less_than_equal",
        }
    ],
    "code": "invalid_field",
    "hint": "Check the values against the documentation at /docs.",
}
_NO_SERVER = {
    "detail": "ComfyUI is not answering at http://localhost:8188.",
    "code": "comfyui_unavailable",
    "hint": "Start ComfyUI there, or unset COMFYUI_URL to use the embedded engine.",
}

_IN_FLIGHT = {
    "detail": "A request with this idempotency key is being worked on.",
    "code": "idempotency_in_flight",
    "hint": "Repeat it in a second: it then gives the job that the first one made.",
}

Responses = dict[int | str, dict[str, Any]]


def _problem(description: str, example: dict[str, Any]) -> dict[str, Any]:
    return {
        "model": PlainProblem,
        "description": description,
        "content": {"application/json": {"example": example}},
    }


def answers(example: dict[str, Any], problems: Responses | None = None) -> Responses:
    """The responses of a route: its good answer by example, and how it may fail."""
    return {200: {"content": {"application/json": {"example": example}}}} | (problems or {})


def picture(problems: Responses) -> Responses:
    """The responses of a route that gives a file."""
    content = {kind: {} for kind in ("image/png", "image/jpeg", "image/webp")}
    return {
        200: {"description": "The bytes; ranges are served", "content": content},
        304: {"description": "The client has it already, by its If-None-Match"},
    } | problems


def file(problems: Responses) -> Responses:
    """The responses of a route that gives any file."""
    found = picture(problems)
    more = ("image/gif", "video/mp4", "video/webm", *(f"audio/{kind}" for kind in AUDIO_KINDS))
    found[200] = {**found[200], "content": {**found[200]["content"], **{kind: {} for kind in more}}}
    return found


AUDIO_KINDS = ("wav", "mpeg", "flac", "ogg", "mp4")
BAD_QUERY: Responses = {422: _problem("Invalid field values", _BAD_VALUE)}
NO_FILE: Responses = {404: _problem("No file has this id", _NO_FILE)}
NO_GENERATION: Responses = {404: _problem("No generation has this id", _NO_GENERATION)}
NO_OUTPUT: Responses = {404: _problem("No output has this address", _NO_OUTPUT)}
UPLOAD_REFUSED: Responses = {
    400: _problem("Not a picture that can be used", _NO_PICTURE),
    413: _problem("File too large", _TOO_LARGE),
}
GENERATE_REFUSED: Responses = {
    400: _problem("Invalid payload or missing required fields", _MISSING),
    404: _problem("A file id that does not exist", _NO_FILE),
    409: _problem("Another request under this Idempotency-Key is being worked on", _IN_FLIGHT),
    413: _problem("A picture in the body is too large", _TOO_LARGE),
    422: _problem("Invalid field values", _BAD_VALUE),
    503: _problem("ComfyUI is not running", _NO_SERVER),
}
UPLOAD_BODY = body_of(file_form("PNG, JPG or WEBP", "pose.png"))
