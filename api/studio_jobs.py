"""The studio's own jobs over REST: any request as it is, and jobs with all that the records know of them."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response, StreamingResponse
from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag
from starlette.concurrency import run_in_threadpool

from api import avatarforge_schemas as shared
from api.avatarforge_schemas import GENERATION_ID
from api.bodies import StrictRoute
from api.creating import WishesDep, create, following_of
from api.deps import StudioDep, send_bytes
from api.docs import NULL
from api.event_stream import EventStream
from api.problems import PlainProblem
from studio.errors import StudioError
from studio.jobs import IdempotencyKey
from studio.records.entities import Job, Status
from studio.request import MAX_SEED, AvatarRequest, TalkRequest, VideoRequest, View
from studio.telling import tell_event, tell_job, with_view

PREFIX = "/jobs"  # below the studio's own routes
DOOR = "client"
LONGEST_NUMBER = 17  # digits of an event's number

router = APIRouter(prefix=PREFIX, tags=["Studio jobs"], route_class=StrictRoute)


class Trouble(BaseModel):
    """Why something failed."""

    model_config = ConfigDict(extra="allow")

    code: str
    message: str
    hint: str = ""


class TaskAnswer(BaseModel):
    """One picture's or film's share of the work."""

    view: str
    status: Status
    progress: float
    seed: int
    server: str | None
    error: Trouble | None


class OutputAnswer(BaseModel):
    """One finished file; its bytes are at `/outputs/{job_id}/{name}`."""

    id: str
    job_id: str
    name: str
    view: str
    media: str
    mime_type: str
    size: int
    width: int | None
    height: int | None
    sha256: str
    seed: int
    drift: dict[str, float] | None = Field(description="How far colours and shapes are from the front view's")


class JobAnswer(BaseModel):
    """A job with everything that is known of it; times are seconds since 1970."""

    id: str
    kind: str
    door: str
    status: Status
    progress: float
    said: str = Field(description="Why it takes longer than usual, if its server has said so")
    prompt: str
    seed: int
    engine: str
    workflow: str
    priority: int
    parent_id: str | None
    metadata: dict[str, Any] | None
    notes: list[str]
    error: Trouble | None
    created_at: float
    started_at: float | None
    completed_at: float | None
    request: dict[str, Any] = Field(description="The whole request, with what was left open filled in")
    tasks: list[TaskAnswer]
    outputs: list[OutputAnswer]


class JobPage(BaseModel):
    """Some of the jobs, newest first."""

    total: int
    jobs: list[JobAnswer]
    limit: int
    offset: int


class EventAnswer(BaseModel):
    """One thing that happened to a job."""

    seq: int
    kind: str
    data: dict[str, Any]
    at: float


class EventList(BaseModel):
    """What happened to a job, in order."""

    events: list[EventAnswer]


def _kind_of(values: Any) -> str:
    """Which kind of request it is; characters are the usual one and need not say so."""
    kind = values.get("kind") if isinstance(values, dict) else getattr(values, "kind", None)
    return kind if kind in ("talk", "video") else "avatar"


Wanted = Annotated[
    Annotated[AvatarRequest, Tag("avatar")]
    | Annotated[TalkRequest, Tag("talk")]
    | Annotated[VideoRequest, Tag("video")],
    Discriminator(_kind_of),
]


class SubmitBody(BaseModel):
    """A request, and how its job is to be kept."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"request": {"prompt": "a knight, red cape", "views": ["front", "back"]}}]
        },
    )

    request: Wanted
    priority: Annotated[int, Field(ge=-100, le=100)] = 0
    metadata: dict[str, Any] | None = None


class RerollBody(BaseModel):
    """Which view is made again."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"view": "back"}]})

    view: View
    seed: Annotated[int, Field(ge=0, le=MAX_SEED)] | None = None


JOB = {
    "id": GENERATION_ID,
    "kind": "avatar",
    "door": DOOR,
    "status": "completed",
    "progress": 100.0,
    "said": "",
    "prompt": "a knight, red cape",
    "seed": 501933556720504,
    "engine": "embedded",
    "workflow": "embedded",
    "priority": 0,
    "parent_id": NULL,
    "metadata": NULL,
    "notes": [],
    "error": NULL,
    "created_at": 1736942400.0,
    "started_at": 1736942400.2,
    "completed_at": 1736942401.4,
    "request": {"prompt": "a knight, red cape", "views": ["front"], "seed": 501933556720504},
    "tasks": [
        {
            "view": "front",
            "status": "completed",
            "progress": 100.0,
            "seed": 501933556720504,
            "server": "http://127.0.0.1:40123",
            "error": NULL,
        }
    ],
    "outputs": [
        {
            "id": "990e8400-e29b-41d4-a716-446655440000",
            "job_id": GENERATION_ID,
            "name": "output.png",
            "view": "front",
            "media": "image",
            "mime_type": "image/png",
            "size": 204800,
            "width": 512,
            "height": 768,
            "sha256": shared.CONTENT_HASH,
            "seed": 501933556720504,
            "drift": NULL,
        }
    ],
}
_FINISHED = StudioError("job_finished", status="completed")
_RUNNING = StudioError("job_running", status="processing")


def _conflict(error: StudioError, description: str) -> shared.Responses:
    example = {"detail": error.message, "code": error.code, "hint": error.hint}
    return {
        409: {
            "model": PlainProblem,
            "description": description,
            "content": {"application/json": {"example": example}},
        }
    }


NOT_ANY_MORE = shared.NO_GENERATION | _conflict(_FINISHED, "It is finished")
NOT_YET = shared.NO_GENERATION | _conflict(_RUNNING, "It still runs")


@router.post("", summary="Submit any request", responses=shared.answers(JOB, shared.GENERATE_REFUSED))
async def submit_job(
    request: Request, response: Response, body: SubmitBody, studio: StudioDep, wishes: WishesDep
) -> JobAnswer:
    """The request as the studio keeps it, with all of its members; the work goes on in the background."""

    def submit(key: IdempotencyKey | None, cancel_after_s: float | None) -> Job:
        return studio.jobs.submit(
            with_view(body.request),
            door=DOOR,
            priority=body.priority,
            key=key,
            metadata=body.metadata,
            cancel_after_s=cancel_after_s,
        )

    return JobAnswer(**tell_job(await create(request, response, studio, wishes, DOOR, submit)))


@router.get(
    "",
    summary="List jobs of every door",
    response_model=JobPage,
    responses=shared.answers({"total": 1, "jobs": [JOB], "limit": 50, "offset": 0}, shared.BAD_QUERY),
)
def list_jobs(
    studio: StudioDep,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    offset: Annotated[int, Query(ge=0, le=2**53)] = 0,
    status: Annotated[list[Status], Query(description="Several may be given")] = [],  # noqa: B006
    kind: Annotated[list[str], Query(max_length=10, description="All, unless some are named")] = [],  # noqa: B006
    search: Annotated[str, Query(max_length=500, description="Words of the prompt")] = "",
) -> Response:
    """Newest first."""
    page = studio.jobs.list(kinds=kind, statuses=status, search=search, limit=limit, offset=offset)
    answer = JobPage(
        total=page.total, jobs=[JobAnswer(**tell_job(job)) for job in page.jobs], limit=limit, offset=offset
    )
    # As text at once: the framework would validate every job a second time.
    return Response(answer.model_dump_json(), media_type="application/json")


@router.get("/{job_id}", summary="A job in full", responses=shared.answers(JOB, shared.NO_GENERATION))
def get_job(job_id: str, studio: StudioDep) -> JobAnswer:
    """As it is recorded now."""
    job = studio.jobs.get(job_id)
    return JobAnswer(**tell_job(job, studio.jobs.said(job)))


@router.get(
    "/{job_id}/log",
    summary="What happened to a job",
    responses=shared.answers(
        {"events": [{"seq": 1, "kind": "queued", "data": {}, "at": 1736942400.0}]},
        shared.NO_GENERATION | shared.BAD_QUERY,
    ),
)
def list_events(
    job_id: str, studio: StudioDep, after: Annotated[int, Query(ge=0, le=MAX_SEED)] = 0
) -> EventList:
    """In order; `after` leaves out what is known already, by its `seq`."""
    studio.jobs.get(job_id)
    return EventList(events=[EventAnswer(**tell_event(event)) for event in studio.jobs.events(job_id, after)])


@router.get(
    "/{job_id}/events",
    summary="Follow a job",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "Server-sent events: what happened so far, then each thing as it happens, up to "
            "completed, failed or cancelled, whose data is the whole job",
            "content": {"text/event-stream": {}},
        },
    }
    | shared.NO_GENERATION
    | shared.BAD_QUERY,
)
async def follow_job(
    request: Request,
    job_id: str,
    studio: StudioDep,
    after: Annotated[int, Query(ge=0, le=2**53, description="Leaves out what is known, by its id")] = 0,
    previews: Annotated[bool, Query(description="Whether to send preview frames, as data: addresses")] = True,
) -> Response:
    """A stream that broke off goes on after the `Last-Event-ID` that is sent."""
    known = request.headers.get("last-event-id", "")
    after = int(known) if known.isdecimal() and len(known) < LONGEST_NUMBER else after
    await run_in_threadpool(studio.jobs.get, job_id)
    return EventStream(following_of(request, studio), job_id, after, tell=tell_job, previews=previews)


@router.get(
    "/{job_id}/preview",
    summary="The newest preview frame",
    response_class=Response,
    responses=shared.picture(shared.NO_GENERATION) | {204: {"description": "There is none now"}},
)
def get_preview(request: Request, job_id: str, studio: StudioDep) -> Response:
    """What the sampler shows of a picture that is on its way."""
    studio.jobs.get(job_id)
    found = studio.jobs.preview(job_id)
    if found is None:
        return Response(status_code=204, headers={"Cache-Control": "no-store"})
    mime_type, data = found
    return send_bytes(data, mime_type, f"{job_id}-{len(data)}", "no-store")


@router.post("/{job_id}/cancel", summary="Cancel a job", responses=shared.answers(JOB, NOT_ANY_MORE))
def cancel_job(job_id: str, studio: StudioDep) -> JobAnswer:
    """One that waits ends at once, one that runs within a second or two."""
    return JobAnswer(**tell_job(studio.jobs.cancel(job_id)))


@router.post("/{job_id}/retry", summary="Make a job again", responses=shared.answers(JOB, NOT_YET))
def retry_job(job_id: str, studio: StudioDep) -> JobAnswer:
    """A new job from the same request; what was finished is kept."""
    return JobAnswer(**tell_job(studio.jobs.retry(job_id, door=DOOR)))


@router.post(
    "/{job_id}/reroll",
    summary="Make one view again",
    responses=shared.answers(JOB, NOT_YET | shared.BAD_QUERY),
)
def reroll_job(job_id: str, body: RerollBody, studio: StudioDep) -> JobAnswer:
    """A new job in which one view has another seed; the other views are kept."""
    return JobAnswer(**tell_job(studio.jobs.reroll(job_id, body.view, door=DOOR, seed=body.seed)))


@router.delete(
    "/{job_id}",
    summary="Remove a job",
    status_code=204,
    response_class=Response,
    responses={204: {"description": "It is gone, with its files"}, **shared.NO_GENERATION},
)
def delete_job(job_id: str, studio: StudioDep) -> Response:
    """With its files; work that still runs is stopped."""
    studio.jobs.delete(job_id)
    return Response(status_code=204)
