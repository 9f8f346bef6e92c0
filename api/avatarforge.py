"""The AvatarForge API: 13 documented routes, under their base path and in short form at the root."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import FileResponse
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from starlette.concurrency import run_in_threadpool

from api import uploads
from api.deps import StudioDep, iso_seconds, send_file
from studio.assembly import Studio
from studio.errors import StudioError
from studio.files import StoredFile
from studio.jobs import IdempotencyKey
from studio.records.entities import Job, Output
from studio.request import VIEW_DESCRIPTIONS, VIEWS, AvatarRequest, Lora, View

PREFIX = "/avatarforge-controller"
ACCEPT_WAIT_S = 1.0  # how long a create call waits for a free server to accept the work

Text = Annotated[str, StringConstraints(max_length=20_000)]
GenerationStatus = Literal["queued", "processing", "completed", "failed"]

router = APIRouter(tags=["AvatarForge"])


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
    pose_file_id: str | None = Field(None, description="ID of an uploaded pose image")
    reference_file_id: str | None = Field(None, description="ID of an uploaded reference image")
    clothing: Text | None = Field(None, description="Specific clothing details")
    style: Text | None = Field(None, description="Art style: 'watercolor', 'pixel art', etc.")
    realism: bool | None = Field(None, description="true: realistic, false: anime (default)")
    pose_image: str | None = Field(None, description="Legacy: the pose image as base64", deprecated=True)
    reference_image: str | None = Field(
        None, description="Legacy: the reference image as base64", deprecated=True
    )

    negative_prompt: Text | None = Field(None, description="What should not be in the picture")
    width: int | None = Field(None, ge=64, le=4096)
    height: int | None = Field(None, ge=64, le=4096)
    seed: int | None = Field(None, ge=-1, le=2**63 - 1, description="-1 or absent: random")
    variants: int | None = Field(None, ge=1, le=16)
    steps: int | None = Field(None, ge=1, le=200)
    cfg: float | None = Field(None, ge=0, le=50)
    sampler: str | None = None
    scheduler: str | None = None
    denoise: float | None = Field(None, ge=0, le=1)
    model: str | None = Field(None, description="A checkpoint of the server, by name")
    loras: list[Lora] | None = Field(None, max_length=16)
    workflow: str | None = Field(None, description="A workflow of the library, by name")
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


class OutputFile(BaseModel):
    """One finished picture."""

    filename: str
    url: str
    pose_type: str
    size: int
    dimensions: Dimensions | None
    mime_type: str


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


def _problem(description: str) -> dict[str, Any]:
    example = {"detail": description, "errors": []}
    return {"description": description, "content": {"application/json": {"example": example}}}


NOT_FOUND: dict[int | str, dict[str, Any]] = {404: _problem("Nothing has this id")}
REFUSED: dict[int | str, dict[str, Any]] = {
    400: _problem("Invalid payload or missing required fields"),
    404: _problem("A file id that does not exist"),
    413: _problem("File too large"),
    422: _problem("Invalid field values"),
    503: _problem("ComfyUI is not running"),
}
UPLOAD_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "format": "binary"}},
                }
            }
        },
    }
}


# ------------------------------------------------------------------- utilities


@router.get("/health", summary="Health of the API and of ComfyUI")
def health(studio: StudioDep) -> Health:
    """Always 200 while the API answers; `comfyui.status` says whether pictures can be made."""
    servers = studio.pool.health()
    finals = [server for server in servers if server["kind"] == "comfy"] or servers
    best = min(finals, key=lambda server: server["status"] != "healthy", default=None)
    comfyui = best or {"status": "unreachable", "url": "", "stats": {}}
    return Health(api_status="healthy", comfyui=ServerHealth(**comfyui), servers=servers)


@router.get("/poses", summary="The views that can be asked for")
def poses() -> Poses:
    """All pose types with descriptions."""
    return Poses(poses=[Pose(name=view, description=VIEW_DESCRIPTIONS[view]) for view in VIEWS])


# ----------------------------------------------------------------------- files


@router.post(
    "/upload/pose_image", summary="Upload a pose picture", openapi_extra=UPLOAD_BODY, responses=REFUSED
)
async def upload_pose_image(request: Request, studio: StudioDep) -> UploadAnswer:
    """PNG, JPG or WEBP; equal bytes give the same file id."""
    return await _upload(request, studio)


@router.post(
    "/upload/reference_image",
    summary="Upload a reference picture",
    openapi_extra=UPLOAD_BODY,
    responses=REFUSED,
)
async def upload_reference_image(request: Request, studio: StudioDep) -> UploadAnswer:
    """PNG, JPG or WEBP; equal bytes give the same file id."""
    return await _upload(request, studio)


async def _upload(request: Request, studio: Studio) -> UploadAnswer:
    incoming, filename = await uploads.receive(request, studio.settings)
    stored = await run_in_threadpool(studio.files.store, incoming, filename)
    return UploadAnswer(
        file_id=stored.id,
        filename=stored.filename,
        content_hash=stored.sha256,
        size=stored.size,
        mime_type=stored.mime_type,
        dimensions=Dimensions(width=stored.width or 0, height=stored.height or 0),
        url=f"/files/{stored.id}",
        is_duplicate=stored.is_duplicate,
        created_at=iso_seconds(stored.created_at) or "",
    )


@router.get("/files/hash/{content_hash}", summary="Is a picture with this SHA-256 there already?")
def check_hash(content_hash: str, studio: StudioDep) -> HashAnswer:
    """Always 200; `exists` says it."""
    stored = studio.files.by_hash(content_hash.strip().lower())
    if stored is None:
        return HashAnswer(exists=False, file_id=None, message="File does not exist")
    return HashAnswer(exists=True, file_id=stored.id, message=f"File exists: {stored.filename}")


@router.get(
    "/files/{file_id}",
    summary="Download an uploaded picture",
    response_class=FileResponse,
    responses={200: {"content": {"image/*": {}}}} | NOT_FOUND,
)
def download_file(file_id: str, studio: StudioDep) -> FileResponse:
    """The bytes as they were uploaded."""
    stored: StoredFile = studio.files.get(file_id)
    return send_file(studio.files.path_of(file_id), stored.mime_type, stored.filename, stored.sha256)


@router.delete("/files/{file_id}", summary="Delete an uploaded picture", responses=NOT_FOUND)
def delete_file(
    file_id: str, studio: StudioDep, force: Annotated[bool, Query(description="Even if it is in use")] = False
) -> FileDeleted:
    """Marked as deleted while generations refer to it, removed otherwise or by force."""
    how = studio.files.delete(file_id, force=force)
    message = "File deleted" if how == "hard" else "File marked as deleted; generations still refer to it"
    return FileDeleted(message=message, file_id=file_id, deleted=how)


@router.get(
    "/outputs/{generation_id}/{name}",
    summary="Download a finished picture",
    response_class=FileResponse,
    responses={200: {"content": {"image/*": {}}}} | NOT_FOUND,
)
def download_output(generation_id: str, name: str, studio: StudioDep) -> FileResponse:
    """A picture by the `url` in `output_files`."""
    output = studio.jobs.output(generation_id, name)
    path = studio.files.output_path(generation_id, name)
    if not path.is_file():
        raise StudioError("output_not_found", name=name)
    return send_file(path, output.mime_type, output.name, output.sha256)


# ------------------------------------------------------------------ generating


IdempotencyHeader = Annotated[
    str | None, Header(alias="Idempotency-Key", description="Sending it twice makes one job", max_length=255)
]


@router.post("/generate/avatar", summary="Generate an avatar", responses=REFUSED)
def generate_avatar(
    body: GenerateBody, studio: StudioDep, idempotency_key: IdempotencyHeader = None
) -> Generation:
    """From words, with an optional pose picture and reference picture; the work goes on in the background."""
    return _generate(studio, body, ("front",), idempotency_key)


@router.post("/generate_pose", summary="Generate one view", responses=REFUSED)
def generate_pose(
    body: GenerateBody,
    studio: StudioDep,
    pose: Annotated[
        str, Query(description="front, back, side or quarter", json_schema_extra={"enum": [*VIEWS]})
    ],
    idempotency_key: IdempotencyHeader = None,
) -> Generation:
    """The character from one side."""
    if pose not in VIEWS:
        raise StudioError("invalid_pose", pose=pose)
    return _generate(studio, body, (pose,), idempotency_key)


@router.post("/generate_all_poses", summary="Generate all four views", responses=REFUSED)
def generate_all_poses(
    body: GenerateBody, studio: StudioDep, idempotency_key: IdempotencyHeader = None
) -> Generation:
    """One generation with four pictures, for character sheets."""
    return _generate(studio, body, VIEWS, idempotency_key)


def _generate(
    studio: Studio, body: GenerateBody, views: tuple[View, ...], idempotency_key: str | None
) -> Generation:
    key = IdempotencyKey("avatarforge", idempotency_key) if idempotency_key else None
    job = studio.jobs.submit(_request(studio, body, views), door="avatarforge", key=key)
    if studio.runner.has_room(job.engine):
        # A free server accepts within milliseconds, so that the answer can say `processing` as documented.
        job = studio.jobs.wait(job.id, ACCEPT_WAIT_S, lambda job: any(task.sent_at for task in job.tasks))
    return _render(job, just_created=True)


def _request(studio: Studio, body: GenerateBody, views: tuple[View, ...]) -> AvatarRequest:
    values = body.model_dump(exclude_none=True, exclude={"pose_image", "reference_image"})
    if values.get("seed") == -1:
        del values["seed"]
    for role in ("pose", "reference"):
        legacy = getattr(body, f"{role}_image")
        if legacy and f"{role}_file_id" not in values:
            values[f"{role}_file_id"] = studio.files.store_base64(legacy, f"{role}_image").id
    try:
        return AvatarRequest.model_validate({**values, "views": views})
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise StudioError("invalid_field", why=f"{where}: {first['msg']}.") from error


# ------------------------------------------------------------------ generations


@router.get("/generations", summary="List generations")
def list_generations(
    studio: StudioDep,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
    offset: Annotated[int, Query(ge=0, le=2**53)] = 0,
    status: Annotated[GenerationStatus | None, Query()] = None,
    search: Annotated[str, Query(max_length=500, description="Words of the prompt")] = "",
) -> GenerationPage:
    """Newest first, with pagination, a status filter and full-text search over prompts."""
    statuses = {None: (), "failed": ("failed", "cancelled")}.get(status, (status,))
    page = studio.jobs.list(statuses=[s for s in statuses if s], search=search, limit=limit, offset=offset)
    return GenerationPage(
        total=page.total, generations=[_render(job) for job in page.jobs], limit=limit, offset=offset
    )


@router.get("/generations/{generation_id}", summary="Status and results", responses=NOT_FOUND)
def get_generation(generation_id: str, studio: StudioDep) -> Generation:
    """Poll it every 2 to 5 seconds until `status` is completed or failed."""
    return _render(studio.jobs.get(generation_id))


@router.delete("/generations/{generation_id}", summary="Delete a generation", responses=NOT_FOUND)
def delete_generation(generation_id: str, studio: StudioDep) -> Deleted:
    """Removes the record and its pictures and gives back its hold on uploads; running work is stopped."""
    studio.jobs.delete(generation_id)
    return Deleted(message="Generation deleted successfully", generation_id=generation_id)


def _render(job: Job, *, just_created: bool = False) -> Generation:
    status: GenerationStatus = "failed" if job.status == "cancelled" else job.status
    error = None
    if job.status == "cancelled":
        error = "The generation was cancelled."
    elif job.status == "failed":
        problem = job.error or {}
        error = f"{problem.get('message', 'Unknown error')} {problem.get('hint', '')}".strip()
    return Generation(
        generation_id=job.id,
        status=status,
        message=_message(job, just_created),
        output_files=[_output_file(output) for output in job.outputs],
        created_at=iso_seconds(job.created_at) or "",
        started_at=iso_seconds(job.started_at),
        completed_at=iso_seconds(job.completed_at),
        error=error,
        comfyui_prompt_id=next((task.prompt_id for task in job.tasks if task.prompt_id), None),
        progress=round(job.progress, 1),
        seed=job.seed,
        engine=job.engine,
        workflow=job.workflow,
        notes=list(job.notes),
        parent_id=job.parent_id,
    )


def _message(job: Job, just_created: bool) -> str:
    texts = {
        "queued": "Generation is waiting for a free server",
        "processing": "Generation started" if just_created else "Generation in progress",
        "completed": "Generation completed successfully",
        "failed": "Generation failed",
        "cancelled": "Generation was cancelled",
    }
    notes = f" ({'; '.join(job.notes)})" if job.notes else ""
    return texts[job.status] + notes


def _output_file(output: Output) -> OutputFile:
    known = output.width is not None and output.height is not None
    return OutputFile(
        filename=output.filename,
        url=f"/outputs/{output.job_id}/{output.name}",
        pose_type=output.view,
        size=output.size,
        dimensions=Dimensions(width=output.width or 0, height=output.height or 0) if known else None,
        mime_type=output.mime_type,
    )
