"""Kept images as a folder of files: listed, deleted by their names, cleaned up, and taken along as a ZIP."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Query
from fastapi.responses import Response, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from api.deps import StudioDep, iso_seconds, send_zip
from api.influencer.answers import PREFIX, Answer, Bare, Listed, Offset
from api.influencer.content_schemas import SMALL_PX, Name
from api.influencer.contents import ZIP, comma_list
from api.influencer.examples import bare, fails, told
from api.influencer.placeholders import DocumentRoute
from studio.contents import KINDS, Kind
from studio.errors import StudioError
from studio.records.contents import Approval, Content, Filter

router = APIRouter(prefix="/content/images", tags=["content"], route_class=DocumentRoute)


class Image(BaseModel):
    """One image."""

    filename: str
    url: str = Field(description="From the root of the server")
    path: str = Field(description="Below the storage root; routes that take paths take it")
    thumbnail_url: str
    content_id: str
    job_id: str | None
    character_id: str | None
    prompt: str | None
    mime_type: str
    size_bytes: int
    width: int | None
    height: int | None
    quality_score: float | None
    approval_status: Approval
    created_at: str


class Images(Bare[Listed[Image]]):
    """A page of images, also at the top."""

    items: list[Image]
    total: int
    limit: int
    offset: int


class Filenames(BaseModel):
    """Which images are meant."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"filenames": ["image1.png", "image2.png"]}]})

    filenames: Annotated[list[Name], Field(min_length=1, max_length=1_000)]
    hard_delete: bool = Field(
        False, description="For good at once; otherwise it can be taken back for a week"
    )


class Deleted(BaseModel):
    """What was deleted."""

    deleted: int
    failed: int = Field(description="Those that are not there")
    total: int
    deleted_filenames: list[str]
    failed_filenames: list[str]
    restorable_until: str | None


class DeletedOne(BaseModel):
    """What was deleted."""

    filename: str
    deleted: Literal[True] = True
    content_id: str = Field(description="By which it can be taken back")
    restorable_until: str | None


CLEAN_UP = {"older_than_days": 30, "dry_run": True}


class CleanUp(BaseModel):
    """What is to be cleaned up."""

    model_config = ConfigDict(json_schema_extra={"examples": [CLEAN_UP]})

    older_than_days: int = Field(30, ge=1, le=3650, description="For images that nobody has approved")
    dry_run: bool = Field(False, description="Only say what would be done")
    kinds: Annotated[list[Kind], Field(min_length=1)] = Field(
        list(KINDS),
        description="orphaned: files that no record knows; temporary: uploads that broke off; "
        "old: images that are not approved, older than `older_than_days`",
    )


class Some(BaseModel):
    """Files of a kind."""

    count: int
    bytes: int


class CleanedUp(BaseModel):
    """What was removed for good, or would be."""

    deleted: int
    skipped: int = Field(description="Images that are as old, and kept as somebody has approved them")
    older_than_days: int
    freed_bytes: int
    dry_run: bool
    by_kind: dict[str, Some]


_ID = "7f1f0f0c-9a3c-4d7a-8d1e-2f6a0f1f9b10"
_IMAGE: dict[str, Any] = {
    "filename": f"{_ID}.png",
    "url": f"/content/{_ID}.png",
    "path": f"content/{_ID}.png",
    "thumbnail_url": f"{PREFIX}/content/library/{_ID}/preview?width={SMALL_PX}",
    "content_id": _ID,
    "job_id": "3c4f2c0a-0e57-4a3e-8a43-5e8f7a1b9c11",
    "character_id": None,
    "prompt": "a knight, red cape",
    "mime_type": "image/png",
    "size_bytes": 204_800,
    "width": 1024,
    "height": 1024,
    "quality_score": 8.5,
    "approval_status": "pending",
    "created_at": "2025-12-17T15:00:00Z",
}
_UNTIL = "2025-12-24T15:00:00Z"
_DELETED = {
    "deleted": 1,
    "failed": 1,
    "total": 2,
    "deleted_filenames": [f"{_ID}.png"],
    "failed_filenames": ["image2.png"],
    "restorable_until": _UNTIL,
}
_CLEANED = {
    "deleted": 4,
    "skipped": 2,
    "older_than_days": 30,
    "freed_bytes": 819_200,
    "dry_run": True,
    "by_kind": {
        "orphaned": {"count": 1, "bytes": 204_800},
        "temporary": {"count": 0, "bytes": 0},
        "old": {"count": 3, "bytes": 614_400},
    },
}


@router.get(
    "",
    summary="List generated images",
    responses=bare({"items": [_IMAGE], "total": 150, "limit": 48, "offset": 0}),
)
def list_images(
    studio: StudioDep,
    q: Annotated[str, Query(max_length=500, description="Words of prompt, description and tags")] = "",
    sort: Annotated[Literal["newest", "oldest", "name"], Query()] = "newest",
    limit: Annotated[int, Query(ge=1, le=500)] = 48,
    offset: Offset = 0,
) -> Images:
    """Everything that was made by this API or shows a character, unless it was deleted."""
    found, total = studio.contents.page(Filter(search=q, types=("image",), sort=sort), limit, offset)
    listed = [_image(content) for content in found]
    page = Listed(items=listed, total=total, limit=limit, offset=offset)
    return Images(data=page, items=listed, total=total, limit=limit, offset=offset)


@router.post("/delete", summary="Delete multiple images", responses=told(_DELETED))
def delete_images(studio: StudioDep, body: Filenames) -> Answer[Deleted]:
    """By their names; they can be taken back for a week, unless it is for good."""
    known = {
        content.name: content.id for content in studio.contents.with_names(body.filenames, types=("image",))
    }
    done = studio.contents.delete(list(known.values()), body.hard_delete)
    gone = [name for name, content_id in known.items() if content_id in done.done]
    failed = [name for name in dict.fromkeys(body.filenames) if name not in gone]
    return Answer(
        data=Deleted(
            deleted=len(gone),
            failed=len(failed),
            total=len(gone) + len(failed),
            deleted_filenames=gone,
            failed_filenames=failed,
            restorable_until=iso_seconds(done.until) if gone else None,
        )
    )


@router.post("/cleanup", summary="Clean up images", responses=told(_CLEANED))
def clean_up(
    studio: StudioDep, body: Annotated[CleanUp | None, Body(examples=[CLEAN_UP])] = None
) -> Answer[CleanedUp]:
    """Orphaned and temporary files, and old images that nobody approved; for good. Try `dry_run` first."""
    asked = body or CleanUp.model_validate({})
    done = studio.contents.clean_up(asked.older_than_days, asked.kinds, dry_run=asked.dry_run)
    return Answer(
        data=CleanedUp(
            deleted=sum(count for count, _ in done.removed.values()),
            skipped=done.skipped,
            older_than_days=asked.older_than_days,
            freed_bytes=sum(size for _, size in done.removed.values()),
            dry_run=asked.dry_run,
            by_kind={kind: Some(count=count, bytes=size) for kind, (count, size) in done.removed.items()},
        )
    )


@router.get(
    "/download",
    summary="Download images as ZIP",
    response_class=StreamingResponse,
    responses=ZIP | fails("contents_not_found"),
)
def download_images(
    studio: StudioDep,
    filenames: Annotated[
        str | None, Query(max_length=60_000, description="With commas; all images when left out")
    ] = None,
) -> Response:
    """Written while it is sent, whatever its size."""
    if filenames is None:
        return send_zip(studio.contents.archive_of(Filter(types=("image",))), "images")
    found = studio.contents.with_names(comma_list(filenames), types=("image",))
    return send_zip(studio.contents.archive([content.id for content in found]), "images")


@router.delete(
    "/{filename}",
    summary="Delete an image",
    responses=told(
        {
            "filename": _IMAGE["filename"],
            "deleted": True,
            "content_id": _ID,
            "restorable_until": _UNTIL,
        },
        "content_not_found",
    ),
)
def delete_image(
    studio: StudioDep,
    filename: str,
    hard_delete: Annotated[bool, Query(description="For good at once")] = False,
) -> Answer[DeletedOne]:
    """By its name; it can be taken back for a week, unless it is for good."""
    found = studio.contents.with_names([filename], types=("image",))
    if not found:
        raise StudioError("content_not_found", id=filename[:100])
    done = studio.contents.delete([found[0].id], hard_delete)
    return Answer(
        data=DeletedOne(filename=filename, content_id=found[0].id, restorable_until=iso_seconds(done.until))
    )


def _image(content: Content) -> Image:
    return Image(
        filename=content.name,
        url=content.file_url,
        path=content.file_path,
        thumbnail_url=f"{PREFIX}/content/library/{content.id}/preview?width={SMALL_PX}",
        content_id=content.id,
        job_id=content.job_id,
        character_id=content.character_id,
        prompt=content.prompt or None,
        mime_type=content.mime_type,
        size_bytes=content.file_size,
        width=content.width,
        height=content.height,
        quality_score=content.quality_score,
        approval_status=content.approval_status,
        created_at=iso_seconds(content.created_at) or "",
    )
