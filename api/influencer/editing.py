"""Video editing: one operation on videos that are there, or a sound for one; the answer waits for a while."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator
from starlette.concurrency import run_in_threadpool

from api.creating import Wishes, WishesDep, create, fingerprint, following_of
from api.deps import StudioDep, iso_seconds
from api.influencer.answers import DOOR, PREFIX, Answer
from api.influencer.examples import fails, told
from api.influencer.placeholders import DocumentRoute
from studio.assembly import Studio
from studio.errors import StudioError
from studio.given import given
from studio.jobs import IdempotencyKey
from studio.records.entities import Job
from studio.request import MOST_CLIPS, Fit, SoundMode, VideoFormat
from studio.video.edit import Editing

USUAL_WAIT_S = 20.0  # of a client that names no time: most edits of short videos are done by then
REFUSED = (
    "given_missing",
    "given_outside",
    "given_nothing",
    "edit_impossible",
    "invalid_video",
    "queue_full",
)

router = APIRouter(prefix="/video", tags=["video"], route_class=DocumentRoute)

Operation = Literal[
    "trim", "text_overlay", "concatenate", "convert_format", "add_audio", "crop", "resize", "sync"
]
Named = Annotated[str, StringConstraints(min_length=1, max_length=2_000)]
FromPath = Field(description="Below the storage root, as answers give it; or an address of ours")
FromUrl = Field(description="Fetched, if there is no path")
OutputPath = Field(
    description="Its last segment names the result; its ending says the format. Files lie where we keep them"
)
_STATUSES: dict[str, str] = {"queued": "pending"}


class _Body(BaseModel):
    @model_validator(mode="before")
    @classmethod
    def _null_is_left_out(cls, values: Any) -> Any:
        if not isinstance(values, dict):
            return values
        return {name: value for name, value in values.items() if value is not None}


class EditBody(_Body):
    """One operation, with the members that it needs."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"operation": "trim", "input_path": "content/{id}.mp4", "start_time": 0.5, "end_time": 2}
            ]
        },
    )

    operation: Literal["trim", "text_overlay", "concatenate", "convert_format", "add_audio", "crop", "resize"]
    input_path: Annotated[Named | None, FromPath] = None
    input_url: Annotated[Named | None, FromUrl] = None
    output_path: Annotated[Named | None, OutputPath] = None
    start_time: Annotated[float | None, Field(ge=0, le=86_400)] = None
    end_time: Annotated[float | None, Field(gt=0, le=86_400)] = None
    text: Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)] | None = None
    position: Literal["top", "center", "bottom"] = "bottom"
    video_paths: Annotated[list[Named], Field(max_length=MOST_CLIPS)] = []
    target_format: VideoFormat | None = None
    audio_path: Annotated[Named | None, FromPath] = None
    audio_url: Annotated[Named | None, FromUrl] = None
    audio_volume: Annotated[float, Field(ge=0, le=2)] = 1.0
    width: Annotated[int | None, Field(ge=16, le=4096)] = None
    height: Annotated[int | None, Field(ge=16, le=4096)] = None
    x: Annotated[int, Field(ge=0, le=16_384)] = 0
    y: Annotated[int, Field(ge=0, le=16_384)] = 0
    fit: Annotated[
        Fit, Field(description="Of resize: stretch; contain, whole with bars; cover, with edges cut off")
    ] = "stretch"

    @model_validator(mode="after")
    def _has_what_it_needs(self) -> EditBody:
        lacking = {
            "trim": ""
            if self.start_time is not None or self.end_time is not None
            else "start_time or end_time",
            "text_overlay": "" if self.text else "text",
            "concatenate": "" if len(self.clips()) > 1 else "at least two videos in video_paths",
            "convert_format": "" if self.target_format or self.named_format() else "target_format",
            "add_audio": "" if self.audio_path or self.audio_url else "audio_path",
            "crop": "" if self.width and self.height else "width and height",
            "resize": "" if self.width or self.height else "width or height",
        }[self.operation]
        if lacking:
            raise ValueError(f"{self.operation} needs {lacking}")
        if not self.clips() and not self.input_url:
            raise ValueError(f"{self.operation} needs input_path")
        if self.end_time is not None and self.end_time <= (self.start_time or 0):
            raise ValueError("end_time must come after start_time")
        if len(self.clips()) > MOST_CLIPS:
            raise ValueError(f"at most {MOST_CLIPS} videos are joined at once")
        return self

    def clips(self) -> list[str]:
        """The paths of the videos, in their order; the input comes first where the list leaves it out."""
        paths = self.video_paths if self.operation == "concatenate" else []
        first = [self.input_path] if self.input_path and self.input_path not in paths else []
        return [*first, *paths]

    def named_format(self) -> VideoFormat | None:
        """The format that the name of the result ends with."""
        return _format_of(self.output_path)

    def members(self) -> dict[str, Any]:
        """What is asked for, as members of the studio's own request."""
        found: dict[str, Any] = {"output_format": self.target_format or self.named_format() or "mp4"}
        match self.operation:
            case "trim":
                found |= {"start_s": self.start_time or 0.0, "end_s": self.end_time}
            case "text_overlay":
                found |= {"text": self.text, "position": self.position}
            case "add_audio":
                found |= {"sound_mode": "mix", "volume": self.audio_volume}
            case "crop":
                places = {"crop_x": self.x, "crop_y": self.y}
                found |= {**places, "crop_width": self.width, "crop_height": self.height}
            case "resize":
                found |= {"width": self.width, "height": self.height, "fit": self.fit}
            case _:
                pass
        return found


class SyncBody(_Body):
    """A video and the sound that it gets; the video stays as long as it is."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"video_path": "content/{id}.mp4", "audio_path": "content/{id}.wav", "sync_mode": "mix"}
            ]
        },
    )

    video_path: Annotated[Named, FromPath]
    audio_path: Annotated[Named, FromPath]
    output_path: Annotated[Named | None, OutputPath] = None
    sync_mode: Annotated[
        SoundMode,
        Field(
            description="replace and trim_audio: in place of its own, silent after its end or cut off; "
            "mix: with its own; loop_audio: repeated; stretch_audio: faster or slower at the same pitch"
        ),
    ] = "replace"
    audio_volume: Annotated[float, Field(ge=0, le=2)] = 1.0


class EditResult(BaseModel):
    """The video that was made."""

    video_url: str
    video_path: str = Field(description="Below the storage root; routes that take paths take it")
    duration: float | None
    width: int | None
    height: int | None
    format: str
    file_size: int
    content_id: str = Field(description="Of the content library")


class EditJob(BaseModel):
    """A job that makes a video out of others."""

    job_id: str
    operation: Operation
    status: Literal["pending", "processing", "completed", "failed", "cancelled"]
    message: str | None
    progress: float = Field(description="0 to 100")
    created_at: str
    started_at: str | None
    finished_at: str | None
    cancelled_at: str | None
    params: dict[str, Any]
    result: EditResult | None
    error: str | None
    notes: list[str]
    engine: str
    status_url: str = Field(description="Where to ask again while it is not finished")


_ID = "5b8c1f0e-2d6a-4c7e-9a55-0f3f7c9d1e21"
EXAMPLE: dict[str, Any] = {
    "job_id": _ID,
    "operation": "trim",
    "status": "completed",
    "message": "The video is ready.",
    "progress": 100.0,
    "created_at": "2025-12-17T15:00:00Z",
    "started_at": "2025-12-17T15:00:00Z",
    "finished_at": "2025-12-17T15:00:02Z",
    "cancelled_at": None,
    "params": {"operation": "trim", "input_path": "content/clip.mp4", "start_time": 0.5, "end_time": 2},
    "result": {
        "video_url": f"/content/{_ID}.mp4",
        "video_path": f"content/{_ID}.mp4",
        "duration": 1.5,
        "width": 512,
        "height": 512,
        "format": "mp4",
        "file_size": 81234,
        "content_id": _ID,
    },
    "error": None,
    "notes": [],
    "engine": "embedded",
    "status_url": f"{PREFIX}/video/edit/{_ID}",
}


@router.post("/edit", summary="Edit video", responses=told(EXAMPLE, *REFUSED))
async def edit_video(
    body: EditBody, request: Request, response: Response, studio: StudioDep, wishes: WishesDep
) -> Answer[EditJob]:
    """Waits until it is done, for 20 seconds or as `Prefer: wait=…` says; then `status_url` tells more."""
    asked = body.model_dump(mode="json", exclude_unset=True)

    def submit(key: IdempotencyKey | None, cancel_after_s: float | None) -> Job:
        paths, values = body.clips() or [None], body.members()
        sound = (body.audio_path, body.audio_url) if body.operation == "add_audio" else (None, None)
        return _submit(
            studio,
            request,
            paths,
            body.input_url,
            sound,
            values,
            body.output_path,
            asked,
            key,
            cancel_after_s,
        )

    return await _answered(request, response, studio, wishes, asked, submit)


@router.post(
    "/sync", summary="Sync audio and video", responses=told(EXAMPLE | {"operation": "sync"}, *REFUSED)
)
async def sync_video(
    body: SyncBody, request: Request, response: Response, studio: StudioDep, wishes: WishesDep
) -> Answer[EditJob]:
    """Gives a video a sound; waits as `POST /api/video/edit` does."""
    asked = {"operation": "sync", **body.model_dump(mode="json", exclude_unset=True)}
    values: dict[str, Any] = {
        "sound_mode": body.sync_mode,
        "volume": body.audio_volume,
        "output_format": _format_of(body.output_path) or "mp4",
    }

    def submit(key: IdempotencyKey | None, cancel_after_s: float | None) -> Job:
        sound = (body.audio_path, None)
        return _submit(
            studio,
            request,
            [body.video_path],
            None,
            sound,
            values,
            body.output_path,
            asked,
            key,
            cancel_after_s,
        )

    return await _answered(request, response, studio, wishes, asked, submit)


@router.get(
    "/edit/{job_id}",
    summary="How far an edit is",
    responses=told(EXAMPLE) | fails("job_not_found"),
)
def get_edit(job_id: str, studio: StudioDep) -> Answer[EditJob]:
    """Of either route."""
    try:
        job = studio.jobs.get(job_id)
    except StudioError as error:
        if error.code != "generation_not_found":
            raise
        raise StudioError("job_not_found") from error
    if job.kind != "edit":
        raise StudioError("job_not_found")
    return Answer(data=job_of(studio, job))


async def _answered(
    request: Request,
    response: Response,
    studio: Studio,
    wishes: Wishes,
    asked: dict[str, Any],
    submit: Any,
) -> Answer[EditJob]:
    job = await create(request, response, studio, wishes, DOOR, submit, fingerprint("video/edit", asked))
    if wishes.wait_s is None and not job.is_final:
        job = await following_of(request, studio).until_final(job.id, USUAL_WAIT_S)
    shown = await run_in_threadpool(job_of, studio, job)
    return Answer(data=shown, message=shown.message)


def _submit(
    studio: Studio,
    request: Request,
    paths: list[str] | list[None],
    url: str | None,
    sound: tuple[str | None, str | None],
    values: dict[str, Any],
    output_path: str | None,
    asked: dict[str, Any],
    key: IdempotencyKey | None,
    cancel_after_s: float | None,
) -> Job:
    if key is not None and (known := studio.jobs.submitted(key)):
        return known
    base = str(request.base_url)
    clips = [
        given(studio.files, path=path, url=None if path else url, media="video", base_url=base)
        for path in paths
    ]
    if any(sound):
        heard = given(studio.files, path=sound[0], url=sound[1], media="audio", base_url=base)
        values = {**values, "audio_file_id": heard.id}
    if output_path:
        values = {**values, "title": PurePosixPath(output_path.replace("\\", "/")).name[:200]}
    editing = Editing(studio.media)
    wanted = editing.request(clips, {**values, "character_id": _character_of(studio, paths)})
    return editing.submit(wanted, door=DOOR, key=key, cancel_after_s=cancel_after_s, asked=asked)


def _character_of(studio: Studio, paths: list[str] | list[None]) -> str | None:
    """Whom the first of the videos shows, if it is kept content."""
    name = PurePosixPath(paths[0] or "").name
    try:
        return studio.contents.named(name).character_id
    except StudioError:  # a video from elsewhere shows nobody that we know
        return None


def _format_of(path: str | None) -> VideoFormat | None:
    ending = PurePosixPath((path or "").replace("\\", "/")).suffix.lower().removeprefix(".")
    known: dict[str, VideoFormat] = {
        "mp4": "mp4",
        "m4v": "mp4",
        "webm": "webm",
        "gif": "gif",
        "mov": "mov",
        "mkv": "mkv",
    }
    return known.get(ending)


def job_of(studio: Studio, job: Job) -> EditJob:
    """An editing job as this family tells it."""
    asked = job.asked or {}
    output = Editing(studio.media).result(job) if job.status == "completed" else None
    problem = job.error or {}
    error = f"{problem.get('message', '')} {problem.get('hint', '')}".strip() or None
    result = None
    if output is not None:
        suffix = PurePosixPath(output.name).suffix
        result = EditResult(
            video_url=f"/content/{output.id}{suffix}",
            video_path=f"content/{output.id}{suffix}",
            duration=None if output.duration_s is None else round(output.duration_s, 3),
            width=output.width,
            height=output.height,
            format=suffix.removeprefix("."),
            file_size=output.size,
            content_id=output.id,
        )
    status_url = f"{PREFIX}/video/edit/{job.id}"
    messages = {
        "completed": "The video is ready." if result else "The video was deleted.",
        "failed": error,
        "cancelled": "The job was cancelled.",
    }
    ended = iso_seconds(job.completed_at)
    return EditJob.model_validate(
        {
            "job_id": job.id,
            "operation": asked.get("operation", "trim"),
            "status": _STATUSES.get(job.status, job.status),
            "message": messages.get(job.status, f"The work goes on; ask {status_url} how far it is."),
            "progress": round(job.progress, 1),
            "created_at": iso_seconds(job.created_at),
            "started_at": iso_seconds(job.started_at),
            "finished_at": ended,
            "cancelled_at": ended if job.status == "cancelled" else None,
            "params": asked,
            "result": result,
            "error": error,
            "notes": list(job.notes),
            "engine": job.engine,
            "status_url": status_url,
        }
    )
