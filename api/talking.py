"""The Talking Avatar API: a picture and a recording go in, a video of the picture speaking comes out."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse
from starlette.concurrency import run_in_threadpool

from api import talking_schemas as schemas
from api import uploads, v1
from api.bodies import StrictRoute
from api.creating import Wishes, WishesDep, create, following_of
from api.deps import StudioDep, send_file
from api.talking_schemas import Cleaned, TalkBody, TalkJob, TalkResult, Uploaded
from studio.assembly import Studio
from studio.errors import StudioError
from studio.jobs import IdempotencyKey
from studio.records.entities import Job
from studio.records.files import Media
from studio.talking import job_name

PREFIX = v1.PREFIX
UPLOADS = (f"{PREFIX}/upload/image", f"{PREFIX}/upload/audio")
LONGEST_LOOK_S = 600.0  # of one look at a job; a longer wait looks again
CROWDED_S = 1.0  # between two looks while too many others follow jobs

router = APIRouter(tags=["Talking Avatar"], route_class=StrictRoute)
downloads = APIRouter(tags=["Talking Avatar"])  # also at the root, as `video_url` may be read that way


# --------------------------------------------------------------------- uploads


UPLOAD_REFUSED = schemas.WRONG_TYPE | schemas.TOO_LARGE | schemas.NO_PART


@router.post(
    "/upload/image",
    summary="Upload an image",
    openapi_extra=schemas.IMAGE_BODY,
    responses=v1.answers(schemas.UPLOADED, UPLOAD_REFUSED),
)
async def upload_image(request: Request, studio: StudioDep) -> Uploaded:
    """PNG or JPG, told by its contents."""
    name = await _kept(request, studio, "image", studio.settings.max_file_size)
    return Uploaded(filename=name, message="Image uploaded successfully")


@router.post(
    "/upload/audio",
    summary="Upload audio",
    openapi_extra=schemas.AUDIO_BODY,
    responses=v1.answers(schemas.HEARD, UPLOAD_REFUSED),
)
async def upload_audio(request: Request, studio: StudioDep) -> Uploaded:
    """WAV or MP3, also FLAC, OGG and M4A, told by its contents."""
    name = await _kept(request, studio, "audio", studio.settings.studio_max_audio_size)
    return Uploaded(filename=name, message="Audio uploaded successfully")


async def _kept(request: Request, studio: Studio, kind: Media, max_bytes: int) -> str:
    try:
        incoming, filename = await uploads.receive(request, studio.settings, max_bytes=max_bytes)
    except StudioError as error:
        if error.code != "upload_missing":
            raise
        problem = {"type": "missing", "loc": ("body", "file"), "msg": "Field required", "input": None}
        raise RequestValidationError([problem]) from error
    return await run_in_threadpool(studio.talking.keep, incoming, filename, kind)


# ------------------------------------------------------------------ generating


GENERATE_REFUSED = schemas.NO_FILE | schemas.OUT_OF_BOUNDS


@router.post(
    "/generate",
    summary="Generate a talking avatar and wait for it",
    responses=v1.answers(schemas.RESULT, GENERATE_REFUSED),
)
async def generate(
    body: TalkBody, request: Request, response: Response, studio: StudioDep, wishes: WishesDep
) -> TalkResult:
    """Answers when the video is there; the work goes on when the client does not wait any longer."""
    plain = Wishes(wishes.key, None, wishes.cancel_after_s)  # it waits in any case
    job = await _started(body, request, response, studio, plain)
    while not job.is_final and not await request.is_disconnected() and not studio.stopping.is_set():
        before = asyncio.get_running_loop().time()
        job = await following_of(request, studio).until_final(job.id, LONGEST_LOOK_S)
        if not job.is_final and asyncio.get_running_loop().time() - before < CROWDED_S:
            await asyncio.sleep(CROWDED_S)
    return await run_in_threadpool(_result, studio, job)


@router.post(
    "/generate/async",
    summary="Start to generate a talking avatar",
    responses=v1.answers(schemas.STARTED, GENERATE_REFUSED),
)
async def generate_async(
    body: TalkBody, request: Request, response: Response, studio: StudioDep, wishes: WishesDep
) -> TalkJob:
    """Answers at once with the id of a job, to be asked about every 2 to 5 seconds."""
    job = await _started(body, request, response, studio, wishes)
    told = await run_in_threadpool(_render, studio, job)
    is_new = "Idempotent-Replayed" not in response.headers and wishes.wait_s is None
    if is_new and not job.is_final:
        # As documented, however soon a free server has taken it.
        told = told.model_copy(update={"status": "pending", "progress": 0})
    return told


async def _started(
    body: TalkBody, request: Request, response: Response, studio: Studio, wishes: Wishes
) -> Job:
    def submit(key: IdempotencyKey | None, cancel_after_s: float | None) -> Job:
        asked = body.model_dump(
            exclude={"image_filename", "audio_filename", "output_fps", "output_resolution"}
        )
        values = asked | {"fps": body.output_fps, "resolution": body.output_resolution}
        wanted = studio.talking.request(body.image_filename, body.audio_filename, values)
        return studio.jobs.submit(wanted, door="talking", key=key, cancel_after_s=cancel_after_s)

    return await create(request, response, studio, wishes, "talking", submit)


@router.get(
    "/status/{job_id}",
    summary="How far a job is",
    responses=v1.answers(schemas.FINISHED, schemas.NO_JOB),
)
def get_status(job_id: str, studio: StudioDep) -> TalkJob:
    """`result` is null until the job is completed or failed."""
    return _render(studio, studio.talking.job(job_id))


def _render(studio: Studio, job: Job) -> TalkJob:
    statuses: dict[str, schemas.Status] = {
        "queued": "pending",
        "processing": "processing",
        "completed": "completed",
        "failed": "failed",
        "cancelled": "failed",
    }
    progress = round(job.progress, 1)
    return TalkJob(
        job_id=job_name(job),
        status=statuses[job.status],
        progress=int(progress) if progress == int(progress) else progress,
        result=_result(studio, job) if job.is_final else None,
    )


def _result(studio: Studio, job: Job) -> TalkResult:
    clip = studio.talking.clip(job) if job.status == "completed" else None
    return TalkResult(
        success=job.status == "completed",
        video_url=f"/download/{clip.filename}" if clip else None,
        video_filename=clip.filename if clip else None,
        duration=round(clip.duration_s, 3) if clip else None,
        frames_generated=clip.frames if clip else None,
        error_message=_why(job, has_video=clip is not None),
    )


def _why(job: Job, *, has_video: bool) -> str | None:
    """Why there is no video; None when there is one."""
    if job.status == "completed":
        return None if has_video else "The video was deleted."
    if job.status == "cancelled":
        return "The generation was cancelled."
    if job.status == "failed":
        problem = job.error or {}
        return f"{problem.get('message', 'Unknown error')} {problem.get('hint', '')}".strip()
    return "The generation goes on; the studio is stopping and will go on with it when it starts again."


# ----------------------------------------------------------------------- files


@downloads.head("/download/{filename}", include_in_schema=False)
@downloads.get(
    "/download/{filename}",
    summary="Download a video",
    response_class=FileResponse,
    responses={
        200: {"content": {"video/mp4": {"schema": {"type": "string", "format": "binary"}}}},
        **v1.failure(
            404,
            "There is no such video",
            "upload_name_missing",
            "File not found: xyz789.mp4",
            "Check its name.",
        ),
    },
)
def download(request: Request, filename: str, studio: StudioDep) -> Response:
    """A video by the `video_filename` of a result; whole, or the parts that a player asks for."""
    output, path = studio.talking.video(filename)
    return send_file(request, path, output.mime_type, filename, output.sha256)


@router.delete(
    "/cleanup/{filename}",
    summary="Delete a file",
    responses=v1.answers(
        schemas.CLEANED,
        v1.failure(
            404,
            "There is no such file",
            "upload_name_missing",
            "File not found: xyz789.mp4",
            "Check its name.",
        ),
    ),
)
def clean_up(filename: str, studio: StudioDep) -> Cleaned:
    """An uploaded image or recording, or a finished video; at once and for good."""
    studio.talking.forget(filename)
    return Cleaned(message=f"File {filename} deleted successfully")
