"""What the tab of characters asks for its videos: what can be chosen, how long one takes, how far it is."""

from __future__ import annotations

from typing import Annotated, Any, get_args

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from starlette.concurrency import run_in_threadpool

from api import avatarforge_schemas as shared
from api.bodies import StrictRoute
from api.creating import WishesDep, create
from api.deps import StudioDep
from api.docs import NULL
from api.influencer.video_schemas import CameraMove, Motion
from api.studio_characters import NO_CHARACTER
from api.studio_schemas import problem
from studio.assembly import Studio
from studio.errors import StudioError
from studio.jobs import IdempotencyKey
from studio.records.entities import Job
from studio.request import LONGEST_VIDEO_S, VideoRequest
from studio.video.presets import presets

DOOR = "ui"
MOST_JOBS = 50
CHARACTERS = "/characters/{character_id}"

router = APIRouter(prefix="/studio", tags=["Studio"], route_class=StrictRoute)


class PresetChoice(BaseModel):
    """Values for a video that go together."""

    id: str
    name: str
    width: int
    height: int
    duration: float


class Choices(BaseModel):
    """What a video of a character can be asked for."""

    motions: list[str]
    cameras: list[str]
    presets: list[PresetChoice]
    longest: float = Field(description="Seconds")


class Film(BaseModel):
    """A video of a character; what is left out is chosen by the words and by what can be done."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"prompt": "on a beach", "motion": "walk"}]})

    prompt: Annotated[str, StringConstraints(strip_whitespace=True, max_length=5_000)] = ""
    motion: Motion | None = None
    camera: CameraMove | None = None
    duration: Annotated[float, Field(ge=1, le=LONGEST_VIDEO_S)] | None = None
    preset_id: Annotated[str, StringConstraints(max_length=100)] | None = None
    style_id: Annotated[str, StringConstraints(max_length=100)] | None = None


class Expected(BaseModel):
    """What would become of such a wish."""

    seconds: float | None = Field(description="By what such work took here; null: none was done yet")
    width: int | None
    height: int | None
    duration: float


class UnderWay(BaseModel):
    """How far a video is."""

    job_id: str
    status: str
    progress: float = Field(description="0 to 100")
    seconds: float | None = Field(description="Until it is done, by what such work took here")
    content_id: str | None = Field(description="Of the library, once it is done")
    words: str
    notes: list[str]
    error: dict[str, Any] | None


class AllUnderWay(BaseModel):
    """Those that wait or run, the newest first."""

    videos: list[UnderWay]


_UNDER_WAY = {
    "job_id": "5b8c1f0e-2d6a-4c7e-9a55-0f3f7c9d1e21",
    "status": "processing",
    "progress": 40.0,
    "seconds": 21,
    "content_id": NULL,
    "words": "on a beach",
    "notes": [],
    "error": NULL,
}
_CHOICES = {
    "motions": ["idle", "walk"],
    "cameras": ["still", "orbit"],
    "presets": [{"id": "generic", "name": "Video", "width": 512, "height": 512, "duration": 5.0}],
    "longest": LONGEST_VIDEO_S,
}
_NO_JOB = problem("job_not_found", "No video has this id")


@router.get(
    "/characters/video-choices",
    summary="What a video can be asked for",
    responses=shared.answers(_CHOICES),
)
def list_video_choices() -> Choices:
    """Motions and moves of the camera are those of the embedded engine."""
    return Choices(
        motions=list(get_args(Motion)),
        cameras=list(get_args(CameraMove)),
        presets=[
            PresetChoice(id=one.id, name=one.name, width=one.width, height=one.height, duration=one.duration)
            for one in presets().values()
        ],
        longest=LONGEST_VIDEO_S,
    )


@router.post(
    f"{CHARACTERS}/video/expected",
    summary="How long a video would take",
    responses=shared.answers({"seconds": 42.0, "width": 512, "height": 512, "duration": 5.0}, NO_CHARACTER),
)
def expect_character_video(character_id: str, body: Film, studio: StudioDep) -> Expected:
    """Nothing is made; what cannot be made is refused with the reason."""
    report = studio.jobs.planner.report(_request(studio, character_id, body))
    if report.problem is not None:
        raise StudioError("workflow_impossible", why=report.problem.get("message", ""))
    request = report.request
    assert isinstance(request, VideoRequest)
    return Expected(
        seconds=report.seconds, width=request.width, height=request.height, duration=request.duration_s
    )


@router.post(
    f"{CHARACTERS}/video",
    summary="Make a video of a character",
    responses=shared.answers(_UNDER_WAY, NO_CHARACTER),
)
async def make_character_video(
    character_id: str,
    body: Film,
    request: Request,
    response: Response,
    studio: StudioDep,
    wishes: WishesDep,
) -> UnderWay:
    """It goes on in the background, and lands in the library."""

    def submit(key: IdempotencyKey | None, cancel_after_s: float | None) -> Job:
        wanted = _request(studio, character_id, body)
        return studio.jobs.submit(wanted, door=DOOR, key=key, cancel_after_s=cancel_after_s)

    job = await create(request, response, studio, wishes, DOOR, submit)
    return await run_in_threadpool(_shown, studio, job)


@router.get(
    f"{CHARACTERS}/video",
    summary="Videos of a character that are under way",
    responses=shared.answers({"videos": [_UNDER_WAY]}, NO_CHARACTER),
)
def list_character_videos(character_id: str, studio: StudioDep) -> AllUnderWay:
    """So that a page that is opened again goes on showing them."""
    studio.characters.get(character_id)
    page = studio.jobs.list(kinds=["video"], statuses=["queued", "processing"], limit=MOST_JOBS)
    return AllUnderWay(videos=[_shown(studio, job) for job in page.jobs if job.character_id == character_id])


@router.get(
    f"{CHARACTERS}/video/{{job_id}}",
    summary="How far a video is",
    responses=shared.answers(_UNDER_WAY, _NO_JOB),
)
def get_character_video(character_id: str, job_id: str, studio: StudioDep) -> UnderWay:
    """With the seconds that are left, as far as they can be told."""
    job = studio.videos.get(job_id)
    if job.character_id != character_id:
        raise StudioError("job_not_found")
    return _shown(studio, job)


def _request(studio: Studio, character_id: str, body: Film) -> VideoRequest:
    values = {
        "prompt": body.prompt or "standing, full body",
        "motion": body.motion,
        "camera": body.camera,
        "duration_s": body.duration,
    }
    return studio.videos.request(
        values, character_id=character_id, style_id=body.style_id, preset_id=body.preset_id
    )


def _shown(studio: Studio, job: Job) -> UnderWay:
    seconds = None if job.is_final else studio.media.seconds_for(job)
    if seconds is not None and job.status == "processing":
        seconds *= 1 - job.progress / 100
    output = studio.videos.results([job]).get(job.id) if job.is_final else None
    return UnderWay(
        job_id=job.id,
        status=job.status,
        progress=round(job.progress, 1),
        seconds=None if seconds is None else round(seconds, 1),
        content_id=output.id if output else None,
        words=str(job.request.get("prompt") or "")[:200],
        notes=list(job.notes),
        error=job.error,
    )
