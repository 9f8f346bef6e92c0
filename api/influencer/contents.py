"""The content library: lists with filters, files, small pictures, edits, decisions, undo, sums and tags."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Body, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, Response, StreamingResponse

from api.deps import StudioDep, iso_seconds, send_file, send_zip
from api.influencer import content_schemas as schemas
from api.influencer.answers import Answer, Listed
from api.influencer.content_schemas import ContentItem, item_of
from api.influencer.examples import fails, told
from api.influencer.placeholders import DocumentRoute
from studio.assembly import Studio
from studio.errors import StudioError
from studio.records.contents import Approval, Category, Content, ContentType, Filter, Sort

LISTED_BYTES = 100  # characters in the sums
FILE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The bytes; ranges are served",
        "content": {
            kind: {}
            for kind in ("image/png", "image/jpeg", "image/webp", "video/mp4", "audio/wav", "text/plain")
        },
    },
    304: {"description": "The client has it already"},
}
ZIP: dict[int | str, dict[str, Any]] = {
    200: {"description": "Files by type, and `manifest.json`", "content": {"application/zip": {}}}
}

router = APIRouter(prefix="/content/library", tags=["content"], route_class=DocumentRoute)
# Files by the names that answers give as image_url; at the root, as documented.
files = APIRouter(tags=["content"])


def comma_list(text: str | None) -> tuple[str, ...]:
    """Values that stand in one parameter, between commas."""
    return tuple(part.strip() for part in (text or "").split(",") if part.strip())


# -------------------------------------------------------------------------- lists


@router.get("", summary="List content library items", responses=told(schemas.PAGE))
def list_contents(
    studio: StudioDep,
    character_id: Annotated[str | None, Query(max_length=200)] = None,
    type: Annotated[ContentType | None, Query(description="Of content")] = None,  # noqa: A002
    status: Annotated[Approval | None, Query(description="Of approval")] = None,
    q: Annotated[str, Query(max_length=500, description="Words of prompt, description and tags")] = "",
    tags: Annotated[str | None, Query(max_length=2_000, description="All of these, with commas")] = None,
    folder: Annotated[str | None, Query(max_length=500, description="With those below it")] = None,
    category: Annotated[Category | None, Query()] = None,
    platform: Annotated[str | None, Query(max_length=100)] = None,
    source_id: Annotated[str | None, Query(max_length=200, description="Made from this content")] = None,
    min_quality: Annotated[float | None, Query(ge=0, le=10)] = None,
    max_quality: Annotated[float | None, Query(ge=0, le=10)] = None,
    nsfw: Annotated[bool | None, Query()] = None,
    deleted: Annotated[bool, Query(description="What can still be taken back")] = False,
    sort: Annotated[Sort, Query()] = "newest",
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
    offset: Annotated[int, Query(ge=0, le=2**31)] = 0,
) -> Answer[Listed[ContentItem]]:
    """Newest first, unless another order is asked for."""
    wanted = Filter(
        search=q,
        character_id=character_id,
        types=(type,) if type else (),
        statuses=(status,) if status else (),
        categories=(category,) if category else (),
        tags=comma_list(tags),
        folder=folder,
        platform=platform,
        source_id=source_id,
        min_quality=min_quality,
        max_quality=max_quality,
        nsfw=nsfw,
        deleted=deleted,
        sort=sort,
    )
    found, total = studio.contents.page(wanted, limit, offset)
    listed = [item_of(content) for content in found]
    return Answer(data=Listed(items=listed, total=total, limit=limit, offset=offset))


@router.get("/stats", summary="Content library statistics", responses=told(schemas.STATS))
def get_stats(
    studio: StudioDep, character_id: Annotated[str | None, Query(max_length=200)] = None
) -> Answer[schemas.StatsAnswer]:
    """Of all contents, or of one character's."""
    found = studio.contents.stats(character_id)
    return Answer(
        data=schemas.StatsAnswer(
            total=found.total,
            by_type=found.by_type,
            by_approval_status=found.by_status,
            total_bytes=found.total_bytes,
            bytes_by_type=found.bytes_by_type,
            average_quality_score=found.average_quality,
            nsfw=found.nsfw,
            by_character=[
                schemas.OfCharacter(
                    character_id=one.character_id,
                    character_name=one.character_name,
                    count=one.count,
                    bytes=one.bytes,
                )
                for one in studio.contents.by_character(character_id, LISTED_BYTES)
            ],
            by_folder=studio.contents.folders(character_id),
            by_tag=studio.contents.tags(character_id),
        )
    )


# -------------------------------------------------------------------------- batch


@router.post("/batch/approve", summary="Approve content", responses=told(schemas.APPROVED))
def approve_contents(studio: StudioDep, body: schemas.Chosen) -> Answer[schemas.Approved]:
    """What is approved outlives the job that made it, and every clean-up."""
    done = studio.contents.approve(body.content_ids)
    return Answer(
        data=schemas.Approved(
            approved=len(done.done),
            **_others(done.done, done.failed),
        )
    )


@router.post("/batch/reject", summary="Reject content", responses=told(schemas.REJECTED))
def reject_contents(studio: StudioDep, body: schemas.Rejected) -> Answer[schemas.RejectedAnswer]:
    """With a reason, if there is one."""
    done = studio.contents.reject(body.content_ids, body.rejection_reason)
    return Answer(
        data=schemas.RejectedAnswer(
            rejected=len(done.done),
            **_others(done.done, done.failed),
        )
    )


@router.post("/batch/delete", summary="Delete content", responses=told(schemas.DELETED))
def delete_contents(studio: StudioDep, body: schemas.Unwanted) -> Answer[schemas.DeletedAnswer]:
    """It can be taken back for a week, unless it is for good."""
    done = studio.contents.delete(body.content_ids, body.hard_delete)
    return Answer(
        data=schemas.DeletedAnswer(
            deleted=len(done.done),
            **_others(done.done, done.failed),
            restorable_until=iso_seconds(done.until),
        )
    )


@router.post("/batch/restore", summary="Take deletions back", responses=told(schemas.RESTORED))
def restore_contents(studio: StudioDep, body: schemas.Chosen) -> Answer[schemas.Restored]:
    """For a week after a deletion that was not for good."""
    done = studio.contents.restore(body.content_ids)
    return Answer(
        data=schemas.Restored(
            restored=len(done.done),
            **_others(done.done, done.failed),
        )
    )


@router.post(
    "/batch/download",
    summary="Download content as ZIP",
    response_class=StreamingResponse,
    responses=ZIP | fails("contents_not_found"),
)
def download_contents(studio: StudioDep, body: schemas.Chosen) -> Response:
    """Files by type, with a manifest; ids that are unknown are left out."""
    return send_zip(studio.contents.archive(body.content_ids), "content")


def _others(done: Sequence[str], failed: Sequence[str]) -> dict[str, Any]:
    return {"failed": len(failed), "total": len(done) + len(failed), "failed_ids": list(failed)}


# ----------------------------------------------------------------------- one item


@router.get("/{content_id}", summary="A content item", responses=told(schemas.ITEM, "content_not_found"))
def get_content(studio: StudioDep, content_id: str) -> Answer[ContentItem]:
    """All that is known of it."""
    return Answer(data=item_of(studio.contents.get(content_id)))


@router.head("/{content_id}/preview", include_in_schema=False)
@router.get(
    "/{content_id}/preview",
    summary="Preview content",
    response_class=FileResponse,
    responses=FILE | fails("content_not_found", "no_thumbnail"),
)
def preview_content(
    request: Request,
    studio: StudioDep,
    content_id: str,
    width: Annotated[
        int | None, Query(ge=16, le=8192, description="A small WEBP, about so wide, in place of the file")
    ] = None,
) -> Response:
    """The file itself, to be shown; of a video with `width`, its first picture."""
    content = studio.contents.get(content_id)
    is_whole = width is None or (
        content.content_type == "image" and content.width is not None and width >= content.width
    )
    if is_whole or width is None:
        return _file(request, studio, content, "inline")
    path = studio.contents.small(content, width)
    return send_file(request, path, "image/webp", path.name, path.stem)


@router.head("/{content_id}/download", include_in_schema=False)
@router.get(
    "/{content_id}/download",
    summary="Download content",
    response_class=FileResponse,
    responses=FILE | fails("content_not_found"),
)
def download_content(request: Request, studio: StudioDep, content_id: str) -> Response:
    """The file, to be saved; it counts as a use."""
    content = studio.contents.get(content_id)
    answer = _file(request, studio, content, "attachment")
    if request.method == "GET" and "range" not in request.headers:
        studio.contents.use(content.id)
    return answer


@router.get(
    "/{content_id}/history",
    summary="What was decided about a content",
    responses=told(schemas.HISTORY, "content_not_found"),
)
def get_history(studio: StudioDep, content_id: str) -> Answer[schemas.History]:
    """Approvals, rejections, deletions and what was taken back, in order; of deleted ones, too."""
    lines = [schemas.line_of(entry) for entry in studio.contents.history(content_id)]
    return Answer(data=schemas.History(content_id=content_id, history=lines))


@router.put(
    "/{content_id}", summary="Update content metadata", responses=told(schemas.ITEM, "content_not_found")
)
def update_content(studio: StudioDep, content_id: str, body: schemas.Update) -> Answer[ContentItem]:
    """Only what is sent changes."""
    values = {name: value for name, value in body.model_dump().items() if value is not None}
    for name in ("description", "folder_path", "rejection_reason"):
        if name in values:
            values[name] = values[name].strip() or None
    return Answer(data=item_of(studio.contents.update(content_id, **values)))


@router.delete(
    "/{content_id}", summary="Delete content", responses=told(schemas.DELETED_ITEM, "content_not_found")
)
def delete_content(
    studio: StudioDep,
    content_id: str,
    hard_delete: Annotated[bool, Query(description="For good at once")] = False,
) -> Answer[schemas.DeletedItem]:
    """It can be taken back for a week, unless it is for good."""
    done = studio.contents.delete([content_id], hard_delete)
    if not done.done:
        raise StudioError("content_not_found", id=content_id[:100])
    return Answer(data=schemas.DeletedItem(id=content_id, restorable_until=iso_seconds(done.until)))


@router.post(
    "/{content_id}/restore",
    summary="Take a deletion back",
    responses=told(schemas.ITEM, "content_not_found"),
)
def restore_content(studio: StudioDep, content_id: str) -> Answer[ContentItem]:
    """Within a week; without effect on what is not deleted."""
    studio.contents.restore([content_id])
    return Answer(data=item_of(studio.contents.get(content_id)))


# --------------------------------------------------------------------------- tags


@router.post(
    "/{content_id}/tags", summary="Add tags to content", responses=told(schemas.ITEM, "content_not_found")
)
def add_tags(studio: StudioDep, content_id: str, body: schemas.TagsBody) -> Answer[ContentItem]:
    """Those that it has already stay as they are; upper and lower case are the same."""
    return Answer(data=item_of(studio.contents.tag(content_id, add=body.tags)))


@router.delete(
    "/{content_id}/tags",
    summary="Remove tags from content",
    responses=told(schemas.ITEM, "content_not_found"),
)
def remove_tags(
    studio: StudioDep,
    content_id: str,
    body: Annotated[schemas.TagsBody | None, Body(examples=[{"tags": ["tag1", "tag2"]}])] = None,
    tags: Annotated[
        str | None, Query(max_length=3_000, description="With commas, for clients that send no body")
    ] = None,
) -> Answer[ContentItem]:
    """By the body or by `tags`; those that it does not have do not matter."""
    named = [*(body.tags if body else ()), *comma_list(tags)]
    if not named:
        problem = {"type": "missing", "loc": ("body", "tags"), "msg": "Field required", "input": None}
        raise RequestValidationError([problem])
    return Answer(data=item_of(studio.contents.tag(content_id, remove=named)))


# -------------------------------------------------------------------------- files


@files.head("/content/{filename}", include_in_schema=False)
@files.get(
    "/content/{filename}",
    summary="A file of the content library",
    response_class=FileResponse,
    responses=FILE | fails("content_not_found"),
)
def get_file(request: Request, studio: StudioDep, filename: str) -> Response:
    """By the `file_url` or `image_url` of an answer."""
    return _file(request, studio, studio.contents.named(filename), "inline")


def _file(request: Request, studio: Studio, content: Content, disposition: str) -> Response:
    path = studio.contents.path(content)
    return send_file(request, path, content.mime_type, content.name, content.sha256, disposition)
