"""Generating videos: somebody who moves or speaks, presets per platform, and what can be done here."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import PurePath
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from api import creating
from api.creating import WishesDep
from api.deps import StudioDep
from api.influencer import video_schemas as schemas
from api.influencer.answers import DOOR, Answer, Limit, Listed, Offset
from api.influencer.examples import told
from api.influencer.jobs import (
    NO_SERVER,
    StatusAsked,
    error_of,
    head_of,
    list_by_status,
    metadata_of,
    status_of,
)
from api.influencer.placeholders import DocumentRoute
from api.influencer.video_schemas import NewVideo, PresetAnswer, VideoJob, VideoResult
from studio.assembly import Studio
from studio.files import StoredFile
from studio.given import given
from studio.jobs import IdempotencyKey
from studio.records.entities import Job, Output
from studio.records.entities import Status as RecordedStatus
from studio.records.files import Media
from studio.request import AnyRequest
from studio.video.presets import Preset, preset, presets
from studio.videos import notes_on

UNKNOWN = ("character_not_found", "video_preset_unknown", "given_missing")

router = APIRouter(prefix="/generate/video", tags=["generate"], route_class=DocumentRoute)

_MESSAGES: dict[RecordedStatus, str] = {
    "queued": "Waiting for its turn",
    "processing": "The frames are being made",
    "completed": "Video generation completed",
    "failed": "Video generation failed",
    "cancelled": "Video generation was cancelled",
}
_METADATA = (
    *("prompt", "negative_prompt", "style", "method", "preset", "motion", "camera", "steps", "cfg"),
    *("model", "style_id", "character_id", "emotion"),
)


# ------------------------------------------------------------------------- making


@router.post(
    "",
    summary="Generate a video",
    responses=told(schemas.STARTED, *UNKNOWN, *NO_SERVER, message="Video generation started"),
)
async def generate_video(
    request: Request, response: Response, studio: StudioDep, body: NewVideo, wishes: WishesDep
) -> Answer[VideoJob]:
    """The work goes on in the background; ask `GET /api/generate/video/{job_id}` how it goes."""
    asked = body.model_dump(mode="json", exclude_unset=True)
    base = str(request.base_url)

    def submit(key: IdempotencyKey | None, cancel_after_s: float | None) -> Job:
        if key is not None and (known := studio.jobs.submitted(key)):
            return known
        wanted = _talking(studio, body, base) if body.is_talking else _moving(studio, body, base)
        return studio.jobs.submit(wanted, door=DOOR, key=key, asked=asked, cancel_after_s=cancel_after_s)

    job = await creating.create(
        request, response, studio, wishes, DOOR, submit, creating.fingerprint("video", asked)
    )
    data = await run_in_threadpool(shown, studio, job)
    return Answer(data=data, message="Video generation started")


def _moving(studio: Studio, body: NewVideo, base_url: str) -> AnyRequest:
    picture = _file(studio, body.image_url, body.image_path, "image", base_url)
    values = {**body.members(), "image_file_id": picture.id if picture else None}
    return studio.videos.request(
        values, character_id=body.character_id, style_id=body.style_id, preset_id=body.preset_id
    )


def _talking(studio: Studio, body: NewVideo, base_url: str) -> AnyRequest:
    return studio.videos.talk_request(
        body.talking_members(),
        prompt=body.prompt,
        picture=_file(studio, body.image_url, body.image_path, "image", base_url),
        voice=_file(studio, body.audio_url, body.audio_path, "audio", base_url),
        text=body.text or "",
        voice_id=body.voice_id,
        character_id=body.character_id,
        style_id=body.style_id,
    )


def _file(
    studio: Studio, url: str | None, path: str | None, media: Media, base_url: str
) -> StoredFile | None:
    if not (url or path):
        return None
    return given(studio.files, url=None if path else url, path=path, media=media, base_url=base_url)


# ----------------------------------------------------------------------- all jobs


@router.get("/jobs", summary="List video generation jobs", responses=told(schemas.PAGE))
def list_jobs(
    studio: StudioDep,
    status: StatusAsked = None,
    limit: Limit = 50,
    offset: Offset = 0,
) -> Answer[Listed[VideoJob]]:
    """Newest first; a status that nobody knows finds nothing."""
    return Answer(
        data=list_by_status(status, limit, offset, studio.videos.page, lambda jobs: _listed(studio, jobs))
    )


@router.get("/presets", summary="List video presets", responses=told(schemas.PRESETS))
def list_presets(
    category: Annotated[str | None, Query(max_length=100)] = None,
) -> Answer[schemas.PresetList]:
    """What platforms want, as values for a video."""
    every = list(presets().values())
    items = [_preset(one) for one in every if category in (None, "", one.category)]
    categories = list(dict.fromkeys(one.category for one in every))
    return Answer(data=schemas.PresetList(items=items, total=len(items), categories=categories))


@router.get(
    "/presets/{preset_id}",
    summary="Get a video preset",
    responses=told(schemas.PRESET, "video_preset_unknown"),
)
def get_preset(preset_id: str) -> Answer[PresetAnswer]:
    """One of them; give its id as `preset_id` to `POST /api/generate/video`."""
    return Answer(data=_preset(preset(preset_id)))


def _preset(found: Preset) -> PresetAnswer:
    return PresetAnswer.model_validate(asdict(found))


@router.get("/health", summary="Video generation health", responses=told(schemas.HEALTH))
def get_health(studio: StudioDep) -> Answer[schemas.VideoHealth]:
    """Which methods can be had now, and why others cannot."""
    able = studio.videos.able()
    lacking = [one for one in able if not one.available]
    status = "healthy" if not lacking else "degraded" if len(lacking) < len(able) else "unhealthy"
    why = "; ".join(f"{one.method} ({one.why})" for one in lacking)
    return Answer(
        data=schemas.VideoHealth(
            status=status,
            service="video",
            message=f"Not available: {why}" if why else None,
            methods_available=[one.method for one in able if one.available],
            methods=[
                schemas.MethodState(method=one.method, available=one.available, reason=one.why or None)
                for one in able
            ],
        )
    )


# ------------------------------------------------------------------------ one job


@router.get(
    "/{job_id}", summary="Status and result of a video job", responses=told(schemas.JOB, "job_not_found")
)
def get_job(studio: StudioDep, job_id: str) -> Answer[VideoJob]:
    """Poll it until `status` is completed, failed or cancelled."""
    return Answer(data=shown(studio, studio.videos.get(job_id)))


@router.post(
    "/{job_id}/cancel",
    summary="Cancel a video job",
    responses=told(schemas.CANCELLED, "job_not_found"),
)
def cancel_job(studio: StudioDep, job_id: str) -> Answer[schemas.CancelAsked]:
    """Stops it if it waits or runs; a finished one stays as it is."""
    job = studio.videos.cancel(job_id)
    return Answer(data=schemas.CancelAsked(job_id=job.id, status=status_of(job)))


# --------------------------------------------------------------------- rendering


def shown(studio: Studio, job: Job) -> VideoJob:
    """A job as this family tells it."""
    return _listed(studio, [job])[0]


def _listed(studio: Studio, jobs: list[Job]) -> list[VideoJob]:
    found = studio.videos.results(jobs)
    return [_shown(studio, job, found.get(job.id)) for job in jobs]


def _shown(studio: Studio, job: Job, output: Output | None) -> VideoJob:
    talks = job.kind == "talk"
    return VideoJob(
        **head_of(studio, job, _MESSAGES, _METADATA),
        result=_result(job, output) if output is not None and job.is_final else None,
        error=error_of(job),
        method="talking" if talks else job.request.get("method") or "auto",
        character_id=job.character_id,
        seed=job.seed,
        engine=job.engine,
        workflow=job.workflow,
        notes=[*job.notes, *notes_on(job)],
    )


def _result(job: Job, output: Output) -> VideoResult:
    name = f"{output.id}{PurePath(output.name).suffix.lower()}"
    duration = output.duration_s or 0.0
    fps = output.frames / duration if output.frames and duration else float(job.request.get("fps") or 0)
    return VideoResult(
        video_url=f"/content/{name}",
        video_path=f"content/{name}",
        duration=round(duration, 3),
        fps=round(fps, 3),
        content_id=output.id,
        metadata=metadata_of(job, output, _METADATA, frames=output.frames),
    )
