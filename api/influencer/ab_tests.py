"""A/B tests of pictures: variants of one picture held against one another."""

from __future__ import annotations

from fastapi import APIRouter

from api.deps import StudioDep, iso_seconds
from api.influencer import image_examples as examples
from api.influencer import image_schemas as schemas
from api.influencer.answers import Answer
from api.influencer.examples import told
from api.influencer.jobs import NO_SERVER, error_of, status_of, url_of
from api.influencer.placeholders import DocumentRoute
from studio.records.entities import Job

router = APIRouter(prefix="/image/ab-test", route_class=DocumentRoute)


@router.post(
    "",
    summary="Create an A/B test",
    responses=told(examples.TEST_STARTED, "character_not_found", *NO_SERVER, message="Started"),
)
def start_test(studio: StudioDep, body: schemas.NewTest) -> Answer[schemas.TestStarted]:
    """One job for each variant, all with the same seed."""
    variants = [
        (
            one.name or f"variant_{index + 1}",
            one.prompt,
            ", ".join(part for part in (body.base_negative_prompt, one.negative_prompt) if part),
        )
        for index, one in enumerate(body.variants)
    ]
    test, jobs = studio.images.start_test(
        variants, body.members(), character_id=body.character_id, style_id=body.style_id
    )
    listed = [
        schemas.VariantJob(
            variant_name=variant.name,
            variant_index=index,
            job_id=job.id,
            prompt=variant.prompt,
            status=status_of(job),
        )
        for index, (variant, job) in enumerate(zip(test.variants, jobs, strict=True))
    ]
    data = schemas.TestStarted(
        ab_test_id=test.id, variant_jobs=listed, total_variants=len(listed), seed=test.settings["seed"]
    )
    return Answer(data=data, message="A/B test started")


@router.get(
    "/{ab_test_id}",
    summary="A/B test results",
    responses=told(examples.TEST_RESULTS, "ab_test_not_found"),
)
def get_test(studio: StudioDep, ab_test_id: str) -> Answer[schemas.TestResults]:
    """How each variant did, and which won; of those that are finished."""
    test = studio.images.test(ab_test_id)
    found: list[schemas.VariantResult] = []
    for variant in test.variants:
        job = studio.images.job_of(variant)
        if job is None:
            found.append(_lost(variant.name, variant.prompt, variant.job_id))
            continue
        done = job.status == "completed"
        best = studio.images.rank(job)[:1] if done else []
        found.append(
            schemas.VariantResult(
                variant_name=variant.name,
                job_id=job.id,
                status=status_of(job),
                prompt=variant.prompt,
                quality_score=best[0].score if best else None,
                image_url=url_of(best[0].output) if best else None,
                generation_time=_seconds(job) if done else None,
                error=error_of(job),
            )
        )
    judged = [one for one in found if one.quality_score is not None]
    timed = [one for one in found if one.generation_time is not None]
    best = max(judged, key=lambda one: one.quality_score or 0, default=None)
    fastest = min(timed, key=lambda one: one.generation_time or 0, default=None)
    return Answer(
        data=schemas.TestResults(
            ab_test_id=test.id,
            variants=found,
            comparison=schemas.Comparison(
                best_quality=best and best.variant_name,
                best_quality_score=best and best.quality_score,
                fastest=fastest and fastest.variant_name,
                fastest_time=fastest and fastest.generation_time,
            ),
            total_variants=len(found),
            created_at=iso_seconds(test.created_at) or "",
        )
    )


def _lost(name: str, prompt: str, job_id: str) -> schemas.VariantResult:
    return schemas.VariantResult(
        variant_name=name,
        job_id=job_id,
        status="failed",
        prompt=prompt,
        quality_score=None,
        image_url=None,
        generation_time=None,
        error="Its job was deleted.",
    )


def _seconds(job: Job) -> float | None:
    if job.started_at is None or job.completed_at is None:
        return None
    return round(job.completed_at - job.started_at, 3)
