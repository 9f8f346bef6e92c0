"""The studio's own routes: the gallery with its files, and settings out of pictures."""

from __future__ import annotations

import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import FileResponse, Response, StreamingResponse
from starlette.concurrency import run_in_threadpool

from api import avatarforge_schemas as shared
from api import studio_drafts, studio_jobs, uploads
from api import studio_schemas as schemas
from api.bodies import StrictRoute
from api.deps import StudioDep, iso_seconds, not_modified, send_file, send_zip
from api.studio_schemas import (
    Choice,
    Choices,
    Comparison,
    DeletedPictures,
    DifferenceAnswer,
    Download,
    GalleryCount,
    GalleryPage,
    GalleryQuery,
    Marked,
    Marks,
    Picture,
    RecipeAnswer,
    RestoredAnswer,
    Selection,
    Undeleted,
)
from studio.gallery import SIDE, Filter, Item, Restored, has_thumbnail
from studio.pictures import MIME_TYPES
from studio.request import AvatarRequest

PREFIX = "/studio"
RESTORE = f"{PREFIX}/restore"
COUNTED = 1_000

router = APIRouter(prefix=PREFIX, tags=["Studio"], route_class=StrictRoute)
router.include_router(studio_jobs.router)
router.include_router(studio_drafts.router)


# --------------------------------------------------------------------- gallery


@router.get(
    "/gallery",
    summary="Pictures of the gallery",
    response_model=GalleryPage,
    responses=shared.answers(schemas.PAGE, shared.BAD_QUERY),
)
def list_pictures(query: Annotated[GalleryQuery, Query()], studio: StudioDep) -> Response:
    """Newest first; `older` and `newer` of a page lead to its neighbours, however many pictures there are."""
    found = studio.gallery.page(_filter(query), limit=query.limit, before=query.before, after=query.after)
    answer = GalleryPage(
        pictures=[_picture(item) for item in found.items], older=found.older, newer=found.newer
    )
    # As text at once: the framework would validate every picture a second time.
    return Response(answer.model_dump_json(), media_type="application/json")


@router.get(
    "/gallery/count",
    summary="How many pictures match",
    responses=shared.answers({"count": 120, "is_exact": True}, shared.BAD_QUERY),
)
def count_pictures(query: Annotated[GalleryQuery, Query()], studio: StudioDep) -> GalleryCount:
    """Exact up to a thousand."""
    count = studio.gallery.count(_filter(query), COUNTED)
    return GalleryCount(count=count, is_exact=count < COUNTED)


@router.get("/gallery/choices", summary="What can be filtered by", responses=shared.answers(schemas.CHOICES))
def list_choices(studio: StudioDep) -> Choices:
    """Views, styles, models, workflows, kinds, media and tags that there are."""
    return Choices(
        **{
            name: [Choice(value=value, count=count) for value, count in listed]
            for name, listed in studio.gallery.choices().items()
        }
    )


@router.get(
    "/gallery/compare",
    summary="Why two pictures differ",
    responses=shared.answers(schemas.COMPARISON, schemas.NO_PICTURE),
)
def compare_pictures(first: schemas.Id, second: schemas.Id, studio: StudioDep) -> Comparison:
    """Member by member, in words."""
    return Comparison(
        differences=[
            DifferenceAnswer(**vars(difference)) for difference in studio.gallery.compare(first, second)
        ]
    )


@router.post(
    "/gallery/marks",
    summary="Favourites and tags",
    responses=shared.answers({"pictures": [schemas.PICTURE]}, shared.BAD_QUERY),
)
def mark_pictures(body: Marks, studio: StudioDep) -> Marked:
    """Of one picture or of thousands; gives the pictures as they are then."""
    if body.add_tags or body.remove_tags:
        studio.gallery.tag(body.ids, add=body.add_tags, remove=body.remove_tags)
    if body.favourite is not None:
        studio.gallery.favourite(body.ids, body.favourite)
    return Marked(pictures=[_picture(item) for item in studio.gallery.find(body.ids)])


@router.post(
    "/gallery/delete",
    summary="Delete pictures",
    responses=shared.answers(schemas.DELETED, shared.BAD_QUERY),
)
def delete_pictures(body: Selection, studio: StudioDep) -> DeletedPictures:
    """They are gone from the gallery at once, and can be taken back for a week."""
    deleted = studio.gallery.delete(body.ids)
    return DeletedPictures(ids=list(deleted.ids), until=iso_seconds(deleted.until) or "")


@router.post(
    "/gallery/undelete",
    summary="Take a deletion back",
    responses=shared.answers({"count": 1}, shared.BAD_QUERY),
)
def undelete_pictures(body: Selection, studio: StudioDep) -> Undeleted:
    """As they were, with their marks."""
    return Undeleted(count=studio.gallery.undelete(body.ids))


@router.post(
    "/gallery/selection",
    summary="Prepare a ZIP of pictures",
    responses=shared.answers(
        {"url": "studio/gallery/zip/3kTMd9LkJwz0"}, shared.BAD_QUERY | schemas.NOTHING_SELECTED
    ),
)
def select_pictures(body: Selection, studio: StudioDep) -> Download:
    """Gives an address that a browser can open; it is good for a while, until the studio is restarted."""
    return Download(url=f"studio/gallery/zip/{studio.gallery.selections.keep(body.ids)}")


@router.get(
    "/gallery/zip/{token}",
    summary="Download a selection",
    response_class=StreamingResponse,
    responses={200: {"content": {"application/zip": {}}}, **schemas.NO_SELECTION},
)
def download_selection(token: str, studio: StudioDep) -> Response:
    """A ZIP with the pictures and a recipe of each, written while it is sent."""
    return send_zip(studio.gallery.archive(studio.gallery.selections.get(token)), "avatarforge")


@router.get(
    "/gallery/{picture_id}",
    summary="How a picture was made",
    responses=shared.answers(schemas.RECIPE, schemas.NO_PICTURE),
)
def get_recipe(picture_id: str, studio: StudioDep) -> RecipeAnswer:
    """Its recipe: the whole request with the very seed, where it was made, and what is in the file."""
    item = studio.gallery.get(picture_id)
    return RecipeAnswer(picture=_picture(item), recipe=studio.gallery.recipe(picture_id))


@router.get(
    "/gallery/{picture_id}/settings",
    summary="A picture's settings",
    responses=shared.answers(schemas.RESTORED, schemas.NO_PICTURE),
)
def get_settings(picture_id: str, studio: StudioDep) -> RestoredAnswer:
    """To be used again; uploads and workflows that are gone are left out and named."""
    return _restored(studio.gallery.settings(picture_id))


@router.post(
    "/restore",
    summary="Settings out of a picture",
    openapi_extra=shared.UPLOAD_BODY,
    responses=shared.answers(schemas.RESTORED, shared.UPLOAD_REFUSED | schemas.NO_SETTINGS),
)
async def restore_settings(request: Request, studio: StudioDep) -> RestoredAnswer:
    """From a PNG, JPG or WEBP that was made here or by ComfyUI, or an MP4 or MOV of ours; not kept."""
    incoming, _ = await uploads.receive(request, studio.settings)

    def read() -> Restored:
        with incoming:
            incoming.settle()
            return studio.gallery.restore(incoming.path)

    return _restored(await run_in_threadpool(read))


# ----------------------------------------------------------------------- files


@router.head("/pictures/{picture_id}", include_in_schema=False)
@router.get(
    "/pictures/{picture_id}",
    summary="A picture's file",
    response_class=FileResponse,
    responses=shared.file(schemas.NO_PICTURE),
)
def get_picture(request: Request, picture_id: str, studio: StudioDep) -> Response:
    """As it was made."""
    output = studio.gallery.output(picture_id)
    return send_file(request, studio.gallery.path(output), output.mime_type, output.name, output.sha256)


@router.head("/thumbnails/{picture_id}", include_in_schema=False)
@router.get(
    "/thumbnails/{picture_id}",
    summary="A small picture",
    response_class=FileResponse,
    responses=shared.picture(schemas.NO_PICTURE),
)
def get_thumbnail(request: Request, picture_id: str, studio: StudioDep) -> Response:
    """A WEBP of at most 320 pixels each way, made once."""
    output = studio.gallery.output(picture_id)
    etag = f"{output.sha256[:32]}-{SIDE}"
    if known := not_modified(request, etag):
        return known
    path = studio.gallery.thumbnails.get(output)
    return send_file(request, path, MIME_TYPES["WEBP"], f"{output.name}.webp", etag)


# ------------------------------------------------------------------- rendering


def _filter(query: GalleryQuery) -> Filter:
    return Filter(
        search=query.search,
        views=tuple(query.view),
        styles=tuple(query.style),
        models=tuple(query.model),
        workflows=tuple(query.workflow),
        kinds=tuple(query.kind),
        media=tuple(query.media),
        tags=tuple(query.tag),
        favourites=query.favourite,
        deleted=query.deleted,
        since=_seconds(query.since),
        until=_seconds(query.until),
    )


def _seconds(at: datetime.datetime | None) -> float | None:
    if at is None:
        return None
    return (at if at.tzinfo else at.replace(tzinfo=datetime.UTC)).timestamp()


def _picture(item: Item) -> Picture:
    output = item.output
    version = output.sha256[:12]
    return Picture(
        id=output.id,
        generation_id=output.job_id,
        view=output.view,
        prompt=item.prompt,
        style=item.style,
        model=item.model,
        workflow=item.workflow,
        engine=item.engine,
        kind=item.kind,
        seed=item.seed,
        media=output.media,
        mime_type=output.mime_type,
        size=output.size,
        width=output.width,
        height=output.height,
        created_at=iso_seconds(output.created_at) or "",
        favourite=item.favourite,
        tags=list(item.tags),
        deleted_at=iso_seconds(item.deleted_at),
        url=f"studio/pictures/{output.id}?v={version}",
        thumbnail=f"studio/thumbnails/{output.id}?v={version}" if has_thumbnail(output) else None,
    )


def _restored(found: Restored) -> RestoredAnswer:
    request = found.request
    told = request.model_dump(mode="json", exclude_defaults=True) if request else None
    if request and told is not None and not isinstance(request, AvatarRequest):
        told["kind"] = request.kind  # by which jobs of other kinds are told apart
    return RestoredAnswer(
        source=found.source,
        request=told,
        view=found.view,
        values=found.values,
        notes=list(found.notes),
    )
