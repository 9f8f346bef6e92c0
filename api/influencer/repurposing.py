"""Content for platforms: which there are, what a content would be on each, and making it fit."""

from __future__ import annotations

from typing import Annotated, Any, Literal, cast

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.deps import StudioDep
from api.influencer.answers import PREFIX, Answer
from api.influencer.content_schemas import ITEM, ContentItem, item_of
from api.influencer.examples import told
from api.influencer.jobs import status_of
from api.influencer.placeholders import DocumentRoute
from studio.contents.platforms import PLATFORMS, Platform
from studio.errors import StudioError
from studio.pictures.reframe import Fit
from studio.repurposing import Made, Offer

router = APIRouter(prefix="/content", tags=["content"], route_class=DocumentRoute)

Word = Annotated[str, StringConstraints(min_length=1, max_length=60)]


class Wish(BaseModel):
    """How it is to be made."""

    format: Word | None = Field(
        None,
        description="A shape of the platform, such as square, portrait or 16:9; its usual one if left out",
    )
    caption_style: Word | None = Field(
        None,
        description="short, medium or long; or a tone, such as humorous; none: no caption. "
        "Left out: the description that there is, as far as it fits",
    )
    fit: Fit = Field(
        "auto", description="crop: cut as far as no head is lost; pad: all of it on more background"
    )


class Repurpose(Wish):
    """For one platform."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"platform": "twitter", "format": "square", "caption_style": "short"}]
        }
    )

    platform: Word


class RepurposeMany(Wish):
    """For several platforms."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"platforms": ["instagram", "twitter"], "caption_style": "short"}]}
    )

    platforms: Annotated[list[Word], Field(min_length=1, max_length=len(PLATFORMS) * 2)]


class Crop(BaseModel):
    """What is shown, in pixels of the source; beyond its edges there is more background."""

    x: float
    y: float
    width: float
    height: float


class Repurposed(BaseModel):
    """What was made, or is being made."""

    content_id: str | None = Field(description="Null while a video is not done")
    source_id: str
    platform: str
    format: str
    status: Literal["completed", "pending", "processing", "failed", "cancelled"]
    how: Literal["whole", "crop", "pad"]
    crop: Crop
    file_url: str | None
    file_path: str | None
    width: int
    height: int
    file_size: int | None
    mime_type: str | None
    duration: float | None
    caption: str | None
    hashtags: list[str]
    caption_engine: str | None = Field(description="template: by rules; null: the description that there was")
    job_id: str | None = Field(description="Of a video")
    status_url: str | None = Field(description="Where to ask again while it is not done")
    error: str | None
    content: ContentItem | None


class RepurposedMany(BaseModel):
    """What was made for each platform, and why for some not."""

    repurposed: dict[str, Repurposed]
    errors: dict[str, str]


class Requirement(BaseModel):
    """What a platform shows and takes."""

    title: str
    aspect_ratio: str
    max_width: int
    max_height: int
    format: str
    formats: list[str] = Field(description="Shapes that can be asked for, the usual one first")
    max_bytes: int = Field(description="Of a picture")
    min_duration: float
    max_duration: float | None = Field(description="Of a video, in seconds")
    max_video_bytes: int | None
    as_of: str
    facts: str = Field(description="Where these numbers are from")


class Plan(Requirement):
    """The same, with what this content would be there."""

    width: int
    height: int
    how: Literal["whole", "crop", "pad"]
    crop: Crop


class Plans(BaseModel):
    """What a content would be on each platform."""

    content_type: str
    platforms: list[str]
    requirements: dict[str, Plan]


class Platforms(BaseModel):
    """All platforms that are known."""

    platforms: list[str]
    requirements: dict[str, Requirement]


_NEW = "2d1f0f0c-9a3c-4d7a-8d1e-2f6a0f1f9b77"
_SOURCE = ITEM["id"]
_CROP = {"x": 0, "y": 12.5, "width": 1024, "height": 1024}
_MADE: dict[str, Any] = {
    "content_id": _NEW,
    "source_id": _SOURCE,
    "platform": "twitter",
    "format": "square",
    "status": "completed",
    "how": "crop",
    "crop": _CROP,
    "file_url": f"/content/{_NEW}.jpg",
    "file_path": f"content/{_NEW}.jpg",
    "width": 1024,
    "height": 1024,
    "file_size": 183_200,
    "mime_type": "image/jpeg",
    "duration": None,
    "caption": "New cape, old castle.",
    "hashtags": ["#knight"],
    "caption_engine": "template",
    "job_id": None,
    "status_url": None,
    "error": None,
    "content": None,
}
_REQUIREMENT: dict[str, Any] = {
    "title": "X (Twitter)",
    "aspect_ratio": "16:9",
    "max_width": 1600,
    "max_height": 900,
    "format": "JPEG",
    "formats": ["wide", "square", "portrait", "landscape"],
    "max_bytes": 5_242_880,
    "min_duration": 0.5,
    "max_duration": 140,
    "max_video_bytes": 536_870_912,
    "as_of": "2025",
    "facts": "docs.x.com/x-api/media (best practices)",
}
_PLAN = {**_REQUIREMENT, "width": 1024, "height": 576, "how": "crop", "crop": _CROP}


@router.get(
    "/platforms",
    summary="Platforms that content can be made for",
    responses=told({"platforms": ["twitter"], "requirements": {"twitter": _REQUIREMENT}}),
)
def list_platforms() -> Answer[Platforms]:
    """Their shapes, sizes, formats and lengths, as far as they publish them."""
    known = {name: Requirement(**_required(one)) for name, one in PLATFORMS.items()}
    return Answer(data=Platforms(platforms=list(known), requirements=known))


@router.get(
    "/library/{content_id}/repurpose/platforms",
    summary="Platforms for a content",
    responses=told(
        {"content_type": "image", "platforms": ["twitter"], "requirements": {"twitter": _PLAN}},
        "content_not_found",
    ),
)
def list_plans(studio: StudioDep, content_id: str) -> Answer[Plans]:
    """What it would be on each, with the part that would be shown; none for texts and sounds."""
    content = studio.contents.get(content_id)
    plans = {offer.platform.name: _plan(offer) for offer in studio.repurposing.offers(content)}
    return Answer(data=Plans(content_type=content.content_type, platforms=list(plans), requirements=plans))


@router.post(
    "/library/{content_id}/repurpose",
    summary="Repurpose content for a platform",
    responses=told(_MADE, "content_not_found", "platform_unknown"),
)
def repurpose(studio: StudioDep, content_id: str, body: Repurpose) -> Answer[Repurposed]:
    """A picture at once; a video by a job, for which the answer waits a while. No head is ever cut off."""
    made = studio.repurposing.repurpose(content_id, body.platform, body.format, body.caption_style, body.fit)
    (made,) = studio.repurposing.wait([made])
    return Answer(data=_told(content_id, made))


@router.post(
    "/library/{content_id}/repurpose/multiple",
    summary="Repurpose content for several platforms",
    responses=told({"repurposed": {"twitter": _MADE}, "errors": {}}, "content_not_found"),
)
def repurpose_many(studio: StudioDep, content_id: str, body: RepurposeMany) -> Answer[RepurposedMany]:
    """What cannot be done for one platform is among the errors; the others are made all the same."""
    studio.contents.get(content_id)
    made: dict[str, Made] = {}
    errors: dict[str, str] = {}
    for name in dict.fromkeys(body.platforms):
        try:
            made[name] = studio.repurposing.repurpose(
                content_id, name, body.format, body.caption_style, body.fit
            )
        except StudioError as error:
            if error.status >= 500:
                raise
            errors[name] = f"{error.message} {error.hint}".strip()
    done = dict(zip(made, studio.repurposing.wait(list(made.values())), strict=True))
    told_of = {name: _told(content_id, one) for name, one in done.items()}
    return Answer(data=RepurposedMany(repurposed=told_of, errors=errors))


def _required(one: Platform) -> dict[str, Any]:
    shape = one.shapes[0]
    return {
        "title": one.title,
        "aspect_ratio": shape.aspect_ratio,
        "max_width": shape.width,
        "max_height": shape.height,
        "format": one.formats[0],
        "formats": [each.name for each in one.shapes],
        "max_bytes": one.max_bytes,
        "min_duration": one.min_duration_s,
        "max_duration": one.max_duration_s,
        "max_video_bytes": one.max_video_bytes,
        "as_of": one.as_of,
        "facts": one.facts,
    }


def _plan(offer: Offer) -> Plan:
    return Plan(
        **_required(offer.platform),
        width=offer.width,
        height=offer.height,
        how=offer.frame.how,
        crop=_crop(offer),
    )


def _crop(offer: Offer) -> Crop:
    frame = offer.frame
    return Crop(
        x=round(frame.left, 1),
        y=round(frame.top, 1),
        width=round(frame.width, 1),
        height=round(frame.height, 1),
    )


def _told(source_id: str, made: Made) -> Repurposed:
    content, job, offer = made.content, made.job, made.offer
    status = "completed" if job is None else status_of(job)
    failed = (job.error or {}) if job is not None else {}
    return Repurposed(
        content_id=content.id if content else None,
        source_id=source_id,
        platform=offer.platform.name,
        format=offer.shape.name,
        status=cast(Any, status),
        how=offer.frame.how,
        crop=_crop(offer),
        file_url=content.file_url if content else None,
        file_path=content.file_path if content else None,
        width=(content and content.width) or offer.width,
        height=(content and content.height) or offer.height,
        file_size=content.file_size if content else None,
        mime_type=content.mime_type if content else None,
        duration=content.duration if content else None,
        caption=made.caption.text if made.caption else None,
        hashtags=list(made.caption.hashtags) if made.caption else [],
        caption_engine=made.caption.engine if made.caption else None,
        job_id=job.id if job else None,
        status_url=f"{PREFIX}/video/edit/{job.id}" if job else None,
        error=f"{failed.get('message', '')} {failed.get('hint', '')}".strip() or None,
        content=item_of(content) if content else None,
    )
