"""Generating pictures: jobs, batches, ranks and variants, their files, and what they take on the disk."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import FileResponse, Response, StreamingResponse
from pydantic import Field
from starlette.concurrency import run_in_threadpool

from api import creating
from api.creating import WishesDep
from api.deps import StudioDep, iso_seconds, send_file, send_zip
from api.influencer import ab_tests
from api.influencer import image_examples as examples
from api.influencer import image_schemas as schemas
from api.influencer.answers import DOOR, Answer, Bare, Limit, Listed, Offset
from api.influencer.examples import bare, fails, told
from api.influencer.image_schemas import ImageJob, ImageResult
from api.influencer.jobs import (
    NO_SERVER,
    TOLD,
    StatusAsked,
    error_of,
    head_of,
    list_by_status,
    metadata_of,
    status_of,
    url_of,
)
from api.influencer.placeholders import DocumentRoute
from studio import images
from studio.assembly import Studio
from studio.errors import StudioError
from studio.jobs import IdempotencyKey
from studio.records.entities import Job, Output
from studio.records.entities import Status as RecordedStatus

FILE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The image; of a batch a ZIP with the images and `metadata.json`",
        "content": {kind: {} for kind in ("image/png", "image/jpeg", "image/webp", "application/zip")},
    },
    304: {"description": "The client has it already"},
}

router = APIRouter(prefix="/generate", tags=["generate"], route_class=DocumentRoute)


class BareJob(Bare[ImageJob], ImageJob):
    """A job of pictures, whose members stand at the top as documented."""

    data: ImageJob = Field(description="The same members again")


# ------------------------------------------------------------------------- making


@router.post(
    "/image",
    summary="Generate an image",
    responses=told(
        examples.STARTED, "character_not_found", "face_method_impossible", *NO_SERVER, message="Started"
    ),
)
async def generate_image(
    request: Request, response: Response, studio: StudioDep, body: schemas.NewImage, wishes: WishesDep
) -> Answer[ImageJob]:
    """The work goes on in the background; ask `GET /api/generate/image/{job_id}` how it goes."""
    asked = body.model_dump(mode="json", exclude_unset=True)

    def submit(key: IdempotencyKey | None, cancel_after_s: float | None) -> Job:
        if key is not None and (known := studio.jobs.submitted(key)):
            return known
        values = {
            **body.members(),
            "prompt": body.prompt,
            "negative_prompt": body.negative_prompt,
            "variants": body.batch_size,
        }
        wanted = studio.images.request(
            values,
            character_id=body.character_id,
            style_id=body.style_id,
            face_id=body.face_embedding_id,
            method=body.face_consistency_method,
        )
        wanted = studio.overrides.with_defaults(wanted)
        return studio.jobs.submit(wanted, door=DOOR, key=key, asked=asked, cancel_after_s=cancel_after_s)

    job = await creating.create(
        request, response, studio, wishes, DOOR, submit, creating.fingerprint("image", asked)
    )
    data = await run_in_threadpool(shown, studio, job)
    return Answer(data=data, message="Image generation started")


router.include_router(ab_tests.router)  # here, for the order of the document


# ----------------------------------------------------------------------- all jobs


@router.get("/image/stats", summary="Image generation statistics", responses=told(examples.STATISTICS))
def get_stats(studio: StudioDep) -> Answer[schemas.Statistics]:
    """Of all jobs of this family that are still there."""
    found = studio.images.sums()
    counts = _by_status(found.by_status)
    ended = counts["completed"] + counts["failed"]
    return Answer(
        data=schemas.Statistics(
            total_jobs=sum(counts.values()),
            **counts,
            success_rate=round(counts["completed"] / ended, 3) if ended else 0.0,
            total_images_generated=found.images,
            average_quality_score=_rounded(found.average_quality, 2),
            batch_jobs=found.batches,
            average_batch_size=_rounded(found.average_batch, 2),
            average_duration_seconds=_rounded(found.average_seconds, 3),
        )
    )


@router.get("/image/jobs", summary="List image generation jobs", responses=told(examples.PAGE))
def list_jobs(
    studio: StudioDep,
    status: StatusAsked = None,
    limit: Limit = 50,
    offset: Offset = 0,
) -> Answer[Listed[ImageJob]]:
    """Newest first; a status that nobody knows finds nothing."""
    return Answer(
        data=list_by_status(status, limit, offset, studio.images.page, lambda jobs: _shown(studio, jobs))
    )


@router.get("/image/batch/queue", summary="Batch queue status", responses=told(examples.QUEUE))
def get_batch_queue(studio: StudioDep) -> Answer[schemas.BatchQueue]:
    """Of the jobs that make several pictures."""
    found = studio.images.batches()
    counts = _by_status(found.by_status)
    return Answer(
        data=schemas.BatchQueue(
            total_batch_jobs=sum(counts.values()),
            **counts,
            total_images_queued=found.wanted.get("queued", 0),
            total_images_processing=found.wanted.get("processing", 0),
            total_images_completed=found.made,
        )
    )


@router.get(
    "/image/batch/{job_id}/summary",
    summary="Batch summary",
    responses=told(examples.SUMMARY, "job_not_found"),
)
def get_batch_summary(studio: StudioDep, job_id: str) -> Answer[schemas.BatchSummary]:
    """How many pictures there are and how good they are."""
    job = studio.images.batch(job_id)
    wanted = images.wanted_of(job)
    made = len(studio.images.pictures([job])[job.id])
    scores = [one.score for one in studio.images.rank(job)] if job.is_final else []
    missing = max(0, wanted - made)
    failed = missing if job.status == "failed" else 0
    details = [{"view": task.view, **(task.problem or {})} for task in job.tasks if task.status == "failed"]
    return Answer(
        data=schemas.BatchSummary(
            job_id=job.id,
            batch_size=wanted,
            image_count=made,
            status=status_of(job),
            progress=schemas.BatchProgress(
                completed=made, failed=failed, processing=0 if job.is_final else missing
            ),
            failures=schemas.Failures(count=failed, details=details),
            quality_stats=schemas.QualityStats(
                average_score=round(sum(scores) / len(scores), 2) if scores else None,
                min_score=min(scores, default=None),
                max_score=max(scores, default=None),
                scores_count=len(scores),
            ),
            created_at=iso_seconds(job.created_at) or "",
            finished_at=iso_seconds(job.completed_at),
        )
    )


@router.post("/clear", summary="Clear generated content", responses=told(examples.CLEARED))
def clear(studio: StudioDep) -> Answer[schemas.ClearedAnswer]:
    """Removes every job of this family with its files, for good. What was approved stays in the library."""
    done = studio.images.clear()
    data = schemas.ClearedAnswer(
        deleted_jobs=done.jobs, deleted_images=done.images, deleted_others=done.others
    )
    return Answer(data=data, message=f"{done.jobs} jobs were removed")


@router.get("/storage", summary="Storage of generated content", responses=told(examples.STORAGE))
def get_storage(studio: StudioDep) -> Answer[schemas.StorageAnswer]:
    """What the library holds."""
    found = studio.contents.stats()
    pictures, videos = found.bytes_by_type.get("image", 0), found.bytes_by_type.get("video", 0)
    return Answer(
        data=schemas.StorageAnswer(
            images_count=found.by_type.get("image", 0),
            images_bytes=pictures,
            videos_count=found.by_type.get("video", 0),
            videos_bytes=videos,
            total_bytes=pictures + videos,
        )
    )


# ------------------------------------------------------------------------ one job


@router.get(
    "/image/{job_id}",
    summary="Status and result of an image job",
    responses=bare(examples.JOB) | fails("job_not_found"),
)
def get_job(studio: StudioDep, job_id: str) -> BareJob:
    """Poll it until `status` is completed, failed or cancelled."""
    told_of = shown(studio, studio.images.get(job_id))
    return BareJob(data=told_of, **told_of.model_dump())


@router.get(
    "/image/{job_id}/rank",
    summary="Rank the images of a job",
    responses=told(examples.RANKING, "job_not_found"),
)
def rank_images(
    studio: StudioDep,
    job_id: str,
    min_quality: Annotated[float, Query(ge=0, le=10)] = 0,
    limit: Limit = 10,
) -> Answer[schemas.Ranking]:
    """The best first, by scores from 0 to 10; of a job that is not finished what is there."""
    job = studio.images.get(job_id)
    total = len(studio.images.pictures([job])[job.id])
    found = studio.images.rank(job, min_quality)
    return Answer(
        data=schemas.Ranking(
            job_id=job.id,
            total_images=total,
            filtered_count=len(found),
            items=[
                schemas.RankedImage(
                    image_url=url_of(one.output),
                    image_path=url_of(one.output)[1:],
                    quality_score=one.score,
                    rank=one.rank,
                    content_id=one.output.id,
                )
                for one in found[:limit]
            ],
        )
    )


@router.post(
    "/image/{job_id}/cancel",
    summary="Cancel an image job",
    responses=told(examples.CANCELLED, "job_not_found"),
)
def cancel_job(
    studio: StudioDep,
    job_id: str,
    preserve_partial: Annotated[bool, Query(description="Keep the pictures that are there already")] = False,
) -> Answer[schemas.CancelAsked]:
    """Stops it if it waits or runs; a finished one stays as it is."""
    job = studio.images.cancel(job_id, keep_pictures=preserve_partial)
    kept = len(studio.images.pictures([job])[job.id])
    return Answer(data=schemas.CancelAsked(job_id=job.id, status=status_of(job), images_kept=kept))


@router.head("/image/{job_id}/download", include_in_schema=False)
@router.get(
    "/image/{job_id}/download",
    summary="Download the images of a job",
    response_class=FileResponse,
    responses=FILE | fails("job_not_found", "no_images_yet"),
)
def download_images(request: Request, studio: StudioDep, job_id: str) -> Response:
    """The file; of a batch a ZIP, sent while it is written."""
    job = studio.images.get(job_id)
    outputs = studio.images.pictures([job])[job.id]
    if not outputs or not job.is_final:
        raise StudioError("no_images_yet", status=status_of(job))
    if images.wanted_of(job) > 1:
        pieces = studio.images.archive(job, outputs)
        if request.method == "HEAD":
            return StreamingResponse(iter(()), media_type="application/zip")
        return send_zip(pieces, f"images-{job.id[:8]}")
    output = outputs[0]
    path = studio.media.path(output)
    name = images.file_of(output)
    return send_file(request, path, output.mime_type, name, output.sha256, "attachment")


@router.delete(
    "/image/{job_id}", summary="Delete an image job", responses=told(examples.DELETED, "job_not_found")
)
def delete_job(studio: StudioDep, job_id: str) -> Answer[schemas.DeletedJob]:
    """With its images, for good; a running one is stopped. What was approved stays in the library."""
    studio.images.delete(job_id)
    return Answer(data=schemas.DeletedJob(job_id=job_id))


# --------------------------------------------------------------------- rendering

_MESSAGES: dict[RecordedStatus, str] = {
    "queued": "Waiting for its turn",
    "processing": "Being drawn",
    "completed": "Image generation completed",
    "failed": "Image generation failed",
    "cancelled": "Image generation was cancelled",
}
_METADATA = (
    *("prompt", "negative_prompt", "width", "height", "seed", "steps", "cfg", "sampler", "scheduler"),
    *("model", "style_id", "character_id"),
)


def shown(studio: Studio, job: Job) -> ImageJob:
    """A job as this family tells it."""
    return _shown(studio, [job])[0]


def _shown(studio: Studio, jobs: Sequence[Job]) -> list[ImageJob]:
    pictures = studio.images.pictures(jobs)
    return [_one_shown(studio, job, pictures[job.id]) for job in jobs]


def _one_shown(studio: Studio, job: Job, outputs: Sequence[Output]) -> ImageJob:
    notes = [*job.notes, *studio.images.notes_on(job)]
    if job.character_id is not None:
        notes += studio.characters.notes_on(job)
    return ImageJob(
        **head_of(studio, job, _MESSAGES, _METADATA),
        result=_result(job, outputs) if outputs and job.is_final else None,
        error=error_of(job),
        batch_size=images.wanted_of(job),
        character_id=job.character_id,
        style_id=job.request.get("style_id"),
        seed=job.seed,
        engine=job.engine,
        workflow=job.workflow,
        notes=notes,
    )


def _result(job: Job, outputs: Sequence[Output]) -> ImageResult:
    first = outputs[0]
    return ImageResult(
        image_url=url_of(first),
        image_path=url_of(first)[1:],
        image_urls=[url_of(output) for output in outputs],
        content_ids=[output.id for output in outputs],
        metadata=metadata_of(job, first, _METADATA),
    )


def _by_status(found: dict[str, int]) -> dict[str, int]:
    return {status: found.get(recorded, 0) for recorded, status in TOLD.items()}


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)
