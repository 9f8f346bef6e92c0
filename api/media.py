"""The Media Generation API: jobs by words and numbers, their files, and streams of what happens to them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import PurePath
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, RedirectResponse, Response, StreamingResponse
from starlette.concurrency import run_in_threadpool

from api import creating, event_stream, v1
from api import media_schemas as schemas
from api.bodies import StrictRoute
from api.creating import WishesDep
from api.deps import StudioDep, iso_seconds, send_file
from api.media_schemas import Created, JobPage, JobStatus, ListedJob, ListedMedium, MediaBody, Medium, Status
from api.media_schemas import MediumInfo as Info
from studio import hooks, media
from studio.addresses import media_url
from studio.assembly import Studio
from studio.errors import StudioError
from studio.jobs import IdempotencyKey
from studio.records.entities import Job, Output
from studio.records.entities import Status as RecordedStatus

DOOR = "media"
CANCEL_WAIT_S = 2.0  # running work stops within that, so that the next status says so

router = APIRouter(
    prefix=v1.PREFIX, tags=["Media Generation"], route_class=StrictRoute, responses=v1.OTHERWISE
)

Disposition = Literal["inline", "attachment"]

_RECORDED: dict[JobStatus, RecordedStatus] = {
    "pending": "queued",
    "processing": "processing",
    "completed": "completed",
    "failed": "failed",
    "cancelled": "cancelled",
}
_TOLD: dict[str, JobStatus] = {recorded: told for told, recorded in _RECORDED.items()}
# What jobs of other families were asked for, in the words of this one.
_PARAMETERS = {
    "width": "width",
    "height": "height",
    "num_inference_steps": "steps",
    "guidance_scale": "cfg",
    "negative_prompt": "negative_prompt",
    "seed": "seed",
    "model": "model",
}


# -------------------------------------------------------------------------- jobs


@router.post(
    "/jobs/generate",
    summary="Create a job",
    responses=v1.answers(schemas.CREATED, schemas.IN_FLIGHT | schemas.BAD_BODY | schemas.NO_SERVER),
)
async def create_job(
    request: Request, response: Response, body: MediaBody, studio: StudioDep, wishes: WishesDep
) -> Created:
    """The work goes on in the background; ask `status_url`, follow its events, or give a `webhook_url`."""
    base = str(request.base_url)
    asked = body.model_dump(mode="json", exclude_unset=True)
    job = await creating.create(
        request,
        response,
        studio,
        wishes,
        DOOR,
        lambda key, cancel_after_s: _submit(studio, body, asked, base, key, cancel_after_s),
        creating.fingerprint("media", asked),
    )
    as_new = not any(name in response.headers for name in ("idempotent-replayed", "preference-applied"))
    return await run_in_threadpool(_created, studio, job, base, as_new=as_new)


def _submit(
    studio: Studio,
    body: MediaBody,
    asked: dict[str, Any],
    base: str,
    key: IdempotencyKey | None,
    cancel_after_s: float | None,
) -> Job:
    if key is not None and (known := studio.jobs.submitted(key)):
        return known
    url, events = body.webhook_url, body.webhook_events_filter
    if url is not None:
        _check_webhook(studio, url)
    wanted = body.parameters or schemas.Parameters.model_validate({})
    values: dict[str, Any] = {
        "prompt": body.prompt,
        "negative_prompt": wanted.negative_prompt,
        "width": wanted.width,
        "height": wanted.height,
        "steps": wanted.num_inference_steps,
        "cfg": wanted.guidance_scale,
        "seed": wanted.seed if wanted.seed != -1 else None,
        "model": wanted.model,
        "output_format": wanted.output_format and wanted.output_format.upper(),
        "output_quality": wanted.output_quality,
    }

    ratio = media.ratio_of(wanted.aspect_ratio) if wanted.aspect_ratio else None
    return studio.jobs.submit(
        studio.media.request({name: value for name, value in values.items() if value is not None}, ratio),
        door=DOOR,
        key=key,
        metadata=body.metadata,
        asked={name: value for name, value in asked.items() if name not in {"prompt", "metadata"}},
        cancel_after_s=cancel_after_s,
        also=(url and (lambda connection, job_id: hooks.subscribe(connection, job_id, url, events, base)))
        or None,
    )


def _check_webhook(studio: Studio, url: str) -> None:
    try:
        hooks.check(url, None, studio.settings)
    except StudioError as error:
        problem = {"type": error.code, "loc": ("body", "webhook_url"), "msg": error.message, "input": url}
        raise RequestValidationError([problem]) from error


@router.get(
    "/jobs/status/{job_id}",
    summary="Status of a job",
    responses=v1.answers(schemas.STATUS, schemas.NO_JOB),
)
def get_status(request: Request, job_id: str, studio: StudioDep) -> Status:
    """Poll it every 5 to 10 seconds until `status` is completed, failed or cancelled."""
    with _job_is_documented():
        return _status(studio, studio.jobs.get(job_id), str(request.base_url))


@router.get(
    "/jobs",
    summary="List jobs",
    response_model=JobPage,
    responses=v1.answers(schemas.PAGE, schemas.BAD_QUERY),
)
def list_jobs(
    studio: StudioDep,
    page: Annotated[int, Query(ge=1, le=2**31)] = 1,
    per_page: Annotated[int, Query(ge=1, le=100)] = 20,
    status: Annotated[JobStatus | None, Query()] = None,
    search: Annotated[str, Query(max_length=500, description="Words of the prompt")] = "",
    kind: Annotated[
        Literal["media", "avatar", "talk", "video", "edit", "all"],
        Query(description="Also those of other families"),
    ] = "media",
) -> Response:
    """Newest first."""
    found = studio.jobs.list(
        kinds=() if kind == "all" else (kind,),
        statuses=(_RECORDED[status],) if status else (),
        search=search,
        limit=per_page,
        offset=(page - 1) * per_page,
    )
    there = studio.media.of_jobs(found.jobs)
    answer = JobPage(
        jobs=[_listed(job, there[job.id]) for job in found.jobs],
        total=found.total,
        page=page,
        per_page=per_page,
        has_next=page * per_page < found.total,
        has_prev=page > 1,
    )
    # As text at once: the framework would validate every job a second time.
    return Response(answer.model_dump_json(), media_type="application/json")


@router.delete(
    "/jobs/{job_id}",
    summary="Cancel a job",
    status_code=204,
    response_class=Response,
    responses={204: {"description": "It is cancelled, or will be in a moment"}}
    | schemas.NO_JOB
    | schemas.FINISHED,
)
async def cancel_job(request: Request, job_id: str, studio: StudioDep) -> Response:
    """Stops it if it waits or runs; its record stays."""
    with _job_is_documented():
        await run_in_threadpool(studio.jobs.cancel, job_id)
        await creating.following_of(request, studio).until_final(job_id, CANCEL_WAIT_S)
    return Response(status_code=204)


@router.get(
    "/jobs/{job_id}/events",
    summary="Follow a job",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "Server-sent events: what happened so far, then each thing as it happens, up to "
            "completed, failed or cancelled, whose data is the whole status",
            "content": {"text/event-stream": {}},
        },
        204: {"description": "It is finished, and nothing has happened since `Last-Event-ID`"},
    }
    | schemas.NO_JOB
    | schemas.BAD_QUERY
    | schemas.TOO_MANY,
)
async def follow_job(
    request: Request,
    job_id: str,
    studio: StudioDep,
    after: Annotated[
        int, Query(ge=0, le=2**53, description="Leaves out what is known; the header Last-Event-ID wins")
    ] = 0,
    previews: Annotated[bool, Query(description="Whether to send preview frames, as data: addresses")] = True,
) -> Response:
    """Jobs of every family. A stream that broke off goes on after the `Last-Event-ID` that is sent."""
    known = request.headers.get("last-event-id", "")
    after = int(known) if known.isdecimal() and len(known) < 17 else after
    following = creating.following_of(request, studio)
    job, events = await run_in_threadpool(following.look, job_id, after)
    if job is None:
        raise StudioError("job_not_found")
    if job.is_final and not events:
        return Response(status_code=204)
    base = str(request.base_url)
    return event_stream.EventStream(
        following,
        job_id,
        after,
        tell=lambda job: _status(studio, job, base).model_dump(mode="json"),
        previews=previews,
    )


# ------------------------------------------------------------------------- media


@router.get(
    "/media/{media_id}/info",
    summary="What is known of a file",
    responses=v1.answers(schemas.INFO, schemas.NO_MEDIUM),
)
def get_info(request: Request, media_id: str, studio: StudioDep) -> Info:
    """Its size, its type, and where it is."""
    output = studio.media.get(media_id)
    job = studio.jobs.get(output.job_id)
    return Info(
        id=output.id,
        type=output.media,
        storage_path=studio.media.storage_path(output),
        storage_url=media_url(studio.settings, output.id, str(request.base_url)),
        file_size_bytes=output.size,
        mime_type=output.mime_type,
        file_extension=PurePath(output.name).suffix,
        width=output.width,
        height=output.height,
        created_at=iso_seconds(output.created_at) or "",
        expires_at=iso_seconds(studio.media.expires_at(job, output)),
        sha256=output.sha256,
        job_id=output.job_id,
    )


@router.head("/media/{media_id}", include_in_schema=False)
@router.get(
    "/media/{media_id}",
    summary="Download a file",
    response_class=FileResponse,
    responses={
        200: {
            "description": "The bytes; ranges are served",
            "content": {kind: {} for kind in ("image/png", "image/jpeg", "image/webp", "video/mp4")},
        },
        304: {"description": "The client has it already, by its If-None-Match or If-Modified-Since"},
        307: {"description": "It is in a bucket; `Location` is good for an hour"},
    }
    | schemas.NO_MEDIUM
    | schemas.BAD_QUERY,
)
def download_medium(
    request: Request,
    media_id: str,
    studio: StudioDep,
    disposition: Annotated[Disposition, Query(description="attachment: browsers save it")] = "inline",
) -> Response:
    """The file itself, of a job of any family."""
    output = studio.media.get(media_id)
    # A signed address is for this method only, and shows the file as the store likes.
    if studio.mirror is not None and request.method == "GET" and disposition == "inline":
        signed = studio.mirror.signed_url(output)
        if signed is not None:
            return RedirectResponse(signed, headers={"Cache-Control": "no-store"})
    path = studio.media.path(output)
    name = f"{output.id}{PurePath(output.name).suffix}"
    return send_file(request, path, output.mime_type, name, output.sha256, disposition)


@router.delete(
    "/media/{media_id}",
    summary="Delete a file",
    status_code=204,
    response_class=Response,
    responses={204: {"description": "It is gone; its job does not name it any more"}} | schemas.NO_MEDIUM,
)
def delete_medium(media_id: str, studio: StudioDep) -> Response:
    """Removes it for good; the job's record stays."""
    studio.media.delete(media_id)
    return Response(status_code=204)


# --------------------------------------------------------------------- rendering


@contextlib.contextmanager
def _job_is_documented() -> Iterator[None]:
    """What other families call a generation is a job here."""
    try:
        yield
    except StudioError as error:
        if error.code == "generation_not_found":
            raise StudioError("job_not_found") from error
        raise


def _told(job: Job) -> JobStatus:
    return _TOLD[job.status]


def _created(studio: Studio, job: Job, base: str, *, as_new: bool) -> Created:
    # A finished one brings its status along, so that nobody has to ask for it.
    finished = _status(studio, job, base).model_dump() if job.is_final else {}
    return Created(
        **{
            **finished,
            "id": job.id,
            # As documented, even if a server was quick to take it.
            "status": "pending" if as_new else _told(job),
            "created_at": iso_seconds(job.created_at) or "",
            "status_url": f"{v1.PREFIX}/jobs/status/{job.id}",
            "estimated_completion_time": studio.media.seconds_for(job),
        }
    )


def _status(studio: Studio, job: Job, base: str) -> Status:
    asked = job.asked or {}
    request = job.request
    parameters = {name: request.get(member) for name, member in _PARAMETERS.items()}
    given = {name: value for name, value in parameters.items() if value not in (None, "")}
    error = job.error or {}
    has_run = job.started_at is not None and job.completed_at is not None
    return Status(
        id=job.id,
        status=_told(job),
        prompt=request.get("prompt") or job.prompt,
        parameters=(asked.get("parameters") or {}) if job.asked is not None else given,
        created_at=iso_seconds(job.created_at) or "",
        updated_at=iso_seconds(max(job.updated_at, job.created_at)) or "",
        started_at=iso_seconds(job.started_at),
        completed_at=iso_seconds(job.completed_at),
        duration_seconds=round((job.completed_at or 0) - (job.started_at or 0), 3) if has_run else None,
        retry_count=sum(task.failures + task.losses for task in job.tasks),
        error_message=f"{error.get('message', '')} {error.get('hint', '')}".strip() or None,
        media=_media(studio, job, base) if job.status == "completed" else None,
        progress=round(job.progress, 1),
        metadata=job.metadata,
        webhook_url=asked.get("webhook_url"),
        engine=job.engine,
        workflow=job.workflow,
        seed=job.seed,
        notes=list(job.notes),
        error_code=error.get("code"),
    )


def _media(studio: Studio, job: Job, base: str) -> list[Medium]:
    return [
        Medium(
            id=output.id,
            url=media_url(studio.settings, output.id, base),
            type=output.media,
            mime_type=output.mime_type,
            file_size_bytes=output.size,
            width=output.width,
            height=output.height,
        )
        for output in studio.media.of_jobs([job])[job.id]
    ]


def _listed(job: Job, outputs: tuple[Output, ...]) -> ListedJob:
    done = outputs if job.status == "completed" else ()
    return ListedJob(
        id=job.id,
        status=_told(job),
        prompt=job.request.get("prompt") or job.prompt,
        created_at=iso_seconds(job.created_at) or "",
        completed_at=iso_seconds(job.completed_at),
        # Always below this server, as documented for lists.
        media=[ListedMedium(id=one.id, url=f"{v1.PREFIX}/media/{one.id}", type=one.media) for one in done],
    )
