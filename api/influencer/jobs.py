"""Jobs as this API tells them: their states, times and errors, one by one and in lists."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import PurePath
from typing import Annotated, Any, Literal, TypeVar, get_args

from fastapi import Query
from pydantic import BaseModel, Field

from api.deps import iso_seconds
from api.influencer.answers import Listed
from studio import images
from studio.assembly import Studio
from studio.records.entities import Job, Output, Page
from studio.records.entities import Status as RecordedStatus

NO_SERVER = ("queue_full", "comfyui_unavailable", "workflow_impossible", "engine_unavailable")

Status = Literal["pending", "processing", "completed", "failed", "cancelled"]
StatusAsked = Annotated[str | None, Query(max_length=50, description=", ".join(get_args(Status)))]

T = TypeVar("T")

TOLD: dict[RecordedStatus, Status] = {
    "queued": "pending",
    "processing": "processing",
    "completed": "completed",
    "failed": "failed",
    "cancelled": "cancelled",
}
_RECORDED = {told: recorded for recorded, told in TOLD.items()}


class JobHead(BaseModel):
    """What is told of every job first."""

    job_id: str
    status: Status
    message: str | None
    progress: float = Field(description="0 to 100")
    created_at: str
    started_at: str | None
    finished_at: str | None
    cancelled_at: str | None
    params: dict[str, Any] = Field(description="What was asked for")


def status_of(job: Job) -> Status:
    """How a job stands, in the words of this API."""
    return TOLD[job.status]


def error_of(job: Job) -> str | None:
    """What went wrong with a job, and what to do about it."""
    error = job.error or {}
    return f"{error.get('message', '')} {error.get('hint', '')}".strip() or None


def url_of(picture: Output) -> str:
    """Where the content library serves a picture, from the root of the server."""
    return f"/content/{images.file_of(picture)}"


def head_of(
    studio: Studio, job: Job, messages: Mapping[RecordedStatus, str], members: Sequence[str]
) -> dict[str, Any]:
    """The values of a `JobHead`; a job that came by another door tells these members of its request."""
    return {
        "job_id": job.id,
        "status": status_of(job),
        "message": studio.jobs.said(job) or messages[job.status],
        "progress": round(job.progress, 1),
        "created_at": iso_seconds(job.created_at) or "",
        "started_at": iso_seconds(job.started_at),
        "finished_at": iso_seconds(job.completed_at),
        "cancelled_at": iso_seconds(job.completed_at) if job.status == "cancelled" else None,
        "params": job.asked or {name: job.request.get(name) for name in members},
    }


def metadata_of(job: Job, output: Output, members: Sequence[str], **measured: Any) -> dict[str, Any]:
    """How a result was asked for and how it came out, which the request need not have said."""
    asked = {name: job.request.get(name) for name in members}
    return {
        **{name: value for name, value in asked.items() if value not in (None, "")},
        "width": output.width,
        "height": output.height,
        **measured,
        "file_size": output.size,
        "format": PurePath(output.name).suffix.lstrip(".").upper(),
        "engine": job.engine,
        "workflow": job.workflow,
        "seed": job.seed,
    }


def list_by_status(
    status: str | None,
    limit: int,
    offset: int,
    page: Callable[[list[str], int, int], Page],
    shown: Callable[[list[Job]], list[T]],
) -> Listed[T]:
    """The jobs of one status, or all; a status that nobody knows finds nothing."""
    if status and status not in _RECORDED:
        return Listed(items=[], total=0, limit=limit, offset=offset)
    found = page([_RECORDED[status]] if status else [], limit, offset)
    return Listed(items=shown(list(found.jobs)), total=found.total, limit=limit, offset=offset)
