"""The AvatarForge API: 13 documented routes, under their base path and in short form at the root."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import FileResponse, Response
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool

from api import avatarforge_schemas as schemas
from api import creating, uploads
from api.avatarforge_schemas import (
    Deleted,
    Dimensions,
    Drift,
    FileDeleted,
    GenerateBody,
    Generation,
    GenerationPage,
    GenerationStatus,
    HashAnswer,
    Health,
    OutputFile,
    Pose,
    Poses,
    ServerHealth,
    UploadAnswer,
)
from api.bodies import StrictRoute
from api.creating import Wishes, WishesDep
from api.deps import StudioDep, iso_seconds, send_file
from studio.assembly import Studio
from studio.errors import StudioError
from studio.files import StoredFile
from studio.jobs import IdempotencyKey
from studio.prompts import view_asked_for
from studio.records.entities import Job, Output
from studio.request import VIEW_DESCRIPTIONS, VIEWS, AvatarRequest, View

PREFIX = "/avatarforge-controller"
ACCEPT_WAIT_S = 5.0  # how long a create call waits for a free server to accept the work

router = APIRouter(tags=["AvatarForge"], route_class=StrictRoute)


# ------------------------------------------------------------------- utilities


@router.head("/health", include_in_schema=False)
@router.get("/health", summary="Health of the API and of ComfyUI", responses=schemas.answers(schemas.HEALTH))
def health(studio: StudioDep) -> Health:
    """Always 200 while the API answers; `comfyui.status` says whether pictures can be made."""
    servers = studio.pool.health()
    finals = [server for server in servers if server["kind"] == "comfy"] or servers
    best = min(finals, key=lambda server: server["status"] != "healthy", default=None)
    comfyui = best or {"status": "unreachable", "url": "", "stats": {}}
    return Health(api_status="healthy", comfyui=ServerHealth(**comfyui), servers=servers)


@router.get("/poses", summary="The views that can be asked for", responses=schemas.answers(schemas.POSES))
def poses() -> Poses:
    """All pose types with descriptions."""
    return Poses(poses=[Pose(name=view, description=VIEW_DESCRIPTIONS[view]) for view in VIEWS])


# ----------------------------------------------------------------------- files


@router.post(
    "/upload/pose_image",
    summary="Upload a pose picture",
    openapi_extra=schemas.UPLOAD_BODY,
    responses=schemas.answers(schemas.UPLOADED, schemas.UPLOAD_REFUSED),
)
async def upload_pose_image(request: Request, studio: StudioDep) -> UploadAnswer:
    """PNG, JPG or WEBP; equal bytes give the same file id."""
    return await _upload(request, studio)


@router.post(
    "/upload/reference_image",
    summary="Upload a reference picture",
    openapi_extra=schemas.UPLOAD_BODY,
    responses=schemas.answers(schemas.UPLOADED, schemas.UPLOAD_REFUSED),
)
async def upload_reference_image(request: Request, studio: StudioDep) -> UploadAnswer:
    """PNG, JPG or WEBP; equal bytes give the same file id."""
    return await _upload(request, studio)


def is_upload(path: str) -> bool:
    """Whether a path takes files, whose size `uploads` bounds."""
    return path.removeprefix(PREFIX) in {"/upload/pose_image", "/upload/reference_image"}


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


@router.get(
    "/files/hash/{content_hash}",
    summary="Is a picture with this SHA-256 there already?",
    responses=schemas.answers(schemas.HASH_FOUND),
)
def check_hash(content_hash: str, studio: StudioDep) -> HashAnswer:
    """Always 200; `exists` says it."""
    stored = studio.files.by_hash(content_hash.strip().lower())
    if stored is None:
        return HashAnswer(exists=False, file_id=None, message="File does not exist")
    return HashAnswer(exists=True, file_id=stored.id, message=f"File exists: {stored.filename}")


@router.head("/files/{file_id}", include_in_schema=False)
@router.get(
    "/files/{file_id}",
    summary="Download an uploaded picture",
    response_class=FileResponse,
    responses=schemas.file(schemas.NO_FILE),
)
def download_file(request: Request, file_id: str, studio: StudioDep) -> Response:
    """The bytes as they were uploaded."""
    stored: StoredFile = studio.files.get(file_id)
    path = studio.files.path_of(file_id)
    return send_file(request, path, stored.mime_type, stored.filename, stored.sha256)


@router.delete(
    "/files/{file_id}",
    summary="Delete an uploaded picture",
    responses=schemas.answers(schemas.FILE_DELETED, schemas.NO_FILE | schemas.BAD_QUERY),
)
def delete_file(
    file_id: str, studio: StudioDep, force: Annotated[bool, Query(description="Even if it is in use")] = False
) -> FileDeleted:
    """Marked as deleted while generations refer to it, removed otherwise or by force."""
    how = studio.files.delete(file_id, force=force)
    message = "File deleted" if how == "hard" else "File marked as deleted; generations still refer to it"
    return FileDeleted(message=message, file_id=file_id, deleted=how)


@router.head("/outputs/{generation_id}/{name}", include_in_schema=False)
@router.get(
    "/outputs/{generation_id}/{name}",
    summary="Download a finished picture",
    response_class=FileResponse,
    responses=schemas.file(schemas.NO_OUTPUT),
)
def download_output(request: Request, generation_id: str, name: str, studio: StudioDep) -> Response:
    """A picture by the `url` in `output_files`."""
    output = studio.jobs.output(generation_id, name)
    path = studio.files.output_path(generation_id, name)
    if not path.is_file():
        raise StudioError("output_not_found", name=name)
    return send_file(request, path, output.mime_type, output.name, output.sha256)


# ------------------------------------------------------------------ generating


GENERATING = schemas.answers(schemas.STARTED, schemas.GENERATE_REFUSED)


@router.post("/generate/avatar", summary="Generate an avatar", responses=GENERATING)
async def generate_avatar(
    request: Request, response: Response, body: GenerateBody, studio: StudioDep, wishes: WishesDep
) -> Generation:
    """From words, with an optional pose picture and reference picture; the work goes on in the background.

    It is seen from the front, unless the words ask for another view, such as "from behind".
    """
    return await _generate(request, response, studio, body, _views_in(body), wishes)


def _views_in(body: GenerateBody) -> tuple[View, ...]:
    """The view that the words ask for, where the client names none: front unless they say otherwise."""
    return (view_asked_for(body.prompt) or "front",)


@router.post("/generate_pose", summary="Generate one view", responses=GENERATING)
async def generate_pose(
    request: Request,
    response: Response,
    body: GenerateBody,
    studio: StudioDep,
    wishes: WishesDep,
    pose: Annotated[View, Query(description="front, back, side or quarter")] = "front",
) -> Generation:
    """The character from one side."""
    views = (pose,) if "pose" in request.query_params else _views_in(body)
    return await _generate(request, response, studio, body, views, wishes)


@router.post("/generate_all_poses", summary="Generate all four views", responses=GENERATING)
async def generate_all_poses(
    request: Request, response: Response, body: GenerateBody, studio: StudioDep, wishes: WishesDep
) -> Generation:
    """One generation with four pictures, for character sheets."""
    return await _generate(request, response, studio, body, VIEWS, wishes)


async def _generate(
    request: Request,
    response: Response,
    studio: Studio,
    body: GenerateBody,
    views: tuple[View, ...],
    wishes: Wishes,
) -> Generation:
    def submit(key: IdempotencyKey | None, cancel_after_s: float | None) -> Job:
        asked = request_of(studio, body, views)
        return studio.jobs.submit(asked, door="avatarforge", key=key, cancel_after_s=cancel_after_s)

    def await_acceptance(job: Job) -> Job:
        if not studio.runner.takes_at_once(job):
            return job
        # A free server accepts within milliseconds, so that the answer can say `processing` as documented.
        return studio.jobs.wait(job.id, ACCEPT_WAIT_S, lambda job: any(task.sent_at for task in job.tasks))

    job = await creating.create(
        request, response, studio, wishes, "avatarforge", submit, settle=await_acceptance
    )
    return _render(job, just_created=True)


def request_of(studio: Studio, body: GenerateBody, views: tuple[View, ...]) -> AvatarRequest:
    """The request that a body makes; a picture in the body is kept as an upload."""
    values = body.model_dump(exclude_none=True, exclude={"pose_image", "reference_image"})
    if values.get("seed") == -1:
        del values["seed"]
    for role in ("pose", "reference"):
        legacy = getattr(body, f"{role}_image")
        if legacy and not values.get(f"{role}_file_id"):
            values[f"{role}_file_id"] = studio.files.store_base64(legacy, f"{role}_image").id
    try:
        return AvatarRequest.model_validate({**values, "views": views})
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise StudioError("invalid_field", why=f"{where}: {first['msg']}.") from error


# ------------------------------------------------------------------ generations


@router.get(
    "/generations",
    summary="List generations",
    response_model=GenerationPage,
    responses=schemas.answers(schemas.PAGE, schemas.BAD_QUERY),
)
def list_generations(
    studio: StudioDep,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
    offset: Annotated[int, Query(ge=0, le=2**53)] = 0,
    status: Annotated[GenerationStatus | None, Query()] = None,
    search: Annotated[str, Query(max_length=500, description="Words of the prompt")] = "",
) -> Response:
    """Newest first, with pagination, a status filter and full-text search over prompts."""
    statuses = {None: (), "failed": ("failed", "cancelled")}.get(status, (status,))
    page = studio.jobs.list(
        kinds=("avatar",),
        statuses=[one for one in statuses if one],
        search=search,
        limit=limit,
        offset=offset,
    )
    answer = GenerationPage(
        total=page.total, generations=[_render(job) for job in page.jobs], limit=limit, offset=offset
    )
    # As text at once: the framework would validate fifty generations a second time.
    return Response(answer.model_dump_json(), media_type="application/json")


@router.get(
    "/generations/{generation_id}",
    summary="Status and results",
    responses=schemas.answers(schemas.COMPLETED, schemas.NO_GENERATION),
)
def get_generation(generation_id: str, studio: StudioDep) -> Generation:
    """Poll it every 2 to 5 seconds until `status` is completed or failed."""
    job = studio.jobs.get(generation_id)
    return _render(job, said=studio.jobs.said(job))


@router.delete(
    "/generations/{generation_id}",
    summary="Delete a generation",
    responses=schemas.answers(schemas.GENERATION_DELETED, schemas.NO_GENERATION),
)
def delete_generation(generation_id: str, studio: StudioDep) -> Deleted:
    """Removes the record and its pictures and gives back its hold on uploads; running work is stopped."""
    studio.jobs.delete(generation_id)
    return Deleted(message="Generation deleted successfully", generation_id=generation_id)


def _render(job: Job, *, just_created: bool = False, said: str = "") -> Generation:
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
        message=_message(job, just_created, said),
        output_files=[_output_file(job, output) for output in job.outputs],
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


def _message(job: Job, just_created: bool, said: str) -> str:
    texts = {
        "queued": "Generation is waiting for a free server",
        "processing": "Generation started" if just_created else said or "Generation in progress",
        "completed": "Generation completed successfully",
        "failed": "Generation failed",
        "cancelled": "Generation was cancelled",
    }
    notes = f" ({'; '.join(job.notes)})" if job.notes else ""
    return texts[job.status] + notes


def _output_file(job: Job, output: Output) -> OutputFile:
    task = next((task for task in job.tasks if task.id == output.task_id), None)
    known = output.width is not None and output.height is not None
    return OutputFile(
        filename=output.filename,
        url=f"/outputs/{output.job_id}/{output.name}",
        pose_type=output.view,
        size=output.size,
        dimensions=Dimensions(width=output.width or 0, height=output.height or 0) if known else None,
        mime_type=output.mime_type,
        seed=task.seed if task else job.seed,
        tries=max(1, len(task.tried)) if task else 1,
        colour_and_shape_drift=Drift(**found) if (found := output.drift_from_front) else None,
    )
