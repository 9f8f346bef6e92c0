"""How good content is: any picture, or one of the library, whose score is then noted on it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.deps import StudioDep
from api.influencer.answers import Answer
from api.influencer.contents import comma_list
from api.influencer.examples import told
from api.influencer.image_schemas import OUTPUT
from api.influencer.pictured import content_at, need_one
from api.influencer.placeholders import DocumentRoute
from studio.appraisal import demands
from studio.assembly import Studio
from studio.given import given_path
from studio.quality import Verdict
from studio.records.contents import Content

router = APIRouter(prefix="/content/validate", tags=["content"], route_class=DocumentRoute)


class Given(BaseModel):
    """The picture to judge; the path wins where both are given."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"image_url": "https://...", "image_path": "/path/to/image.png"}]}
    )

    image_url: Annotated[str, StringConstraints(max_length=2_048)] | None = None
    image_path: Annotated[str, StringConstraints(max_length=1_024)] | None = Field(
        None, description="Below the storage root"
    )


class Judged(BaseModel):
    """One thing that was looked at."""

    name: str
    passed: bool
    value: int | float | str | None
    limit: int | float | str | None
    why: str
    weight: float = Field(description="Its share of the score; 0: it does not count")
    score: float = Field(description="0 to 1")
    level: str = Field(description="A picture that fails an `error` is not valid")


class Validation(BaseModel):
    """How good a picture is, and why."""

    content_id: str | None
    file_path: str
    is_valid: bool
    quality_score: float = Field(description="0 to 10")
    checks_passed: list[str]
    checks_failed: list[str]
    warnings: list[str]
    errors: list[str]
    metadata: dict[str, Any] = Field(
        description="width, height, format, file_size; faces, by what they were found (recipe: a drawing of "
        "ours says where its face is; cascades: it was looked for), and duplicates"
    )
    checks: list[Judged]
    explanation: str = Field(description="How the score comes about")


_EXAMPLE: dict[str, Any] = {
    "content_id": OUTPUT,
    "file_path": f"content/{OUTPUT}.png",
    "is_valid": True,
    "quality_score": 9.2,
    "checks_passed": ["readable", "resolution", "sharpness", "exposure", "contrast", "noise", "unique"],
    "checks_failed": ["instagram_ratio"],
    "warnings": ["Instagram does not take its ratio of 0.67: 0.80..1.91."],
    "errors": [],
    "metadata": {"width": 512, "height": 768, "format": "PNG", "file_size": 241_332},
    "checks": [
        {
            "name": "sharpness",
            "passed": True,
            "value": 0.93,
            "limit": 0.12,
            "why": "Its sharpest edges take 1.1 pixels.",
            "weight": 0.35,
            "score": 1.0,
            "level": "error",
        }
    ],
    "explanation": "10 x (0.20 x resolution 0.60 + 0.35 x sharpness 1.00 + 0.45 x the rest 1.00)",
}
Platforms = Annotated[
    str | None,
    Query(max_length=500, description="What these take is checked too, with commas: instagram, twitter"),
]


@router.post(
    "",
    summary="Validate content quality",
    responses=told(_EXAMPLE, "given_missing", "given_outside", "address_refused", "platform_unknown"),
)
def validate(
    request: Request, studio: StudioDep, body: Given, platforms: Platforms = None
) -> Answer[Validation]:
    """A broken file is not refused but judged: its score is 0."""
    need_one("image", body.image_url, body.image_path)
    base = str(request.base_url)
    with given_path(
        studio.files, url=body.image_url, path=body.image_path, what="image", base_url=base
    ) as place:
        content = content_at(studio, place)
        if content is not None and content.content_type == "image":
            return Answer(data=_of_content(studio, content, platforms))
        verdict = studio.appraisal.file(place, demands(comma_list(platforms)))
        return Answer(data=_told(verdict, _named(studio, place, body), None))


@router.post(
    "/{content_id}",
    summary="Validate existing content",
    responses=told(_EXAMPLE, "content_not_found", "not_a_picture", "platform_unknown"),
)
def validate_content(studio: StudioDep, content_id: str, platforms: Platforms = None) -> Answer[Validation]:
    """The score is noted on it, with the checks that make it."""
    return Answer(data=_of_content(studio, studio.contents.get(content_id), platforms))


def _of_content(studio: Studio, content: Content, platforms: str | None) -> Validation:
    return _told(
        studio.appraisal.content(content, demands(comma_list(platforms))), content.file_path, content.id
    )


def _named(studio: Studio, place: Path, body: Given) -> str:
    root = studio.settings.storage_path.resolve()
    if place.resolve().is_relative_to(root) and not place.is_relative_to(studio.settings.temp_path):
        return place.resolve().relative_to(root).as_posix()
    return body.image_url or body.image_path or ""


def _told(verdict: Verdict, file_path: str, content_id: str | None) -> Validation:
    return Validation(
        content_id=content_id,
        file_path=file_path,
        is_valid=verdict.is_valid,
        quality_score=verdict.score,
        checks_passed=list(verdict.passed),
        checks_failed=list(verdict.failed),
        warnings=list(verdict.reasons("warning")),
        errors=list(verdict.reasons("error")),
        metadata={
            "width": verdict.width,
            "height": verdict.height,
            "format": verdict.format,
            "file_size": verdict.file_size,
            "faces": [[face.x, face.y, face.width, face.height] for face in verdict.faces],
            "faces_found_by": verdict.faces_by or None,
            "duplicates": list(verdict.duplicates),
        },
        checks=[
            Judged(
                name=check.name,
                passed=check.passed,
                value=check.value,
                limit=check.limit,
                why=check.why,
                weight=check.weight,
                score=check.score,
                level=check.level,
            )
            for check in verdict.checks
        ],
        explanation=verdict.explained,
    )
