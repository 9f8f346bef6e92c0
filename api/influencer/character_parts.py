"""What hangs on a character: sets of pictures, poses and styles."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request

from api.deps import StudioDep, iso_seconds
from api.influencer import character_schemas as schemas
from api.influencer.answers import DOOR, Answer, Limit, Listed, Offset
from api.influencer.character_examples import EXAMPLES as SHOWN
from api.influencer.character_schemas import Deleted, StyleAnswer, Whole, style_of
from api.influencer.characters import MISSING, NO_SERVER, whole
from api.influencer.examples import told
from api.influencer.jobs import status_of
from api.influencer.placeholders import DocumentRoute
from studio.assembly import Studio
from studio.characters import sets
from studio.given import given
from studio.records.characters import POSE, CharacterSet
from studio.records.entities import Job

router = APIRouter(prefix="/characters", tags=["characters"], route_class=DocumentRoute)


# ------------------------------------------------------------------------------- sets


@router.post(
    "/{character_id}/sets",
    summary="Generate a set of pictures",
    responses=told(SHOWN["set"], MISSING, "set_empty", "set_view_unknown", *NO_SERVER),
)
def create_set(studio: StudioDep, character_id: str, body: schemas.NewSet) -> Answer[schemas.SetAnswer]:
    """Costumes, expressions, views or scenes, one job for each picture."""
    made = sets.make(
        studio.characters,
        character_id,
        body.kind,
        None if body.items is None else [sets.Wish(one.name, one.words) for one in body.items],
        door=DOOR,
        style_id=body.style_id,
        keep=body.keep,
        width=body.width,
        height=body.height,
        steps=body.steps,
    )
    return Answer(data=_set(studio, made), message="The pictures are being made")


@router.get("/{character_id}/sets", summary="List sets", responses=told(SHOWN["sets"], MISSING))
def list_sets(
    studio: StudioDep, character_id: str, limit: Limit = 50, offset: Offset = 0
) -> Answer[Listed[schemas.SetAnswer]]:
    """The newest first."""
    found, total = sets.page(studio.characters, character_id, limit=limit, offset=offset)
    items = [_set(studio, one) for one in found]
    return Answer(data=Listed(items=items, total=total, limit=limit, offset=offset))


@router.get(
    "/{character_id}/sets/{set_id}",
    summary="Get a set",
    responses=told(SHOWN["set"], MISSING, "set_not_found"),
)
def get_set(studio: StudioDep, character_id: str, set_id: str) -> Answer[schemas.SetAnswer]:
    """Its pictures and how far they are."""
    return Answer(data=_set(studio, sets.get(studio.characters, character_id, set_id)))


# ------------------------------------------------------------------------------ poses


@router.post(
    "/{character_id}/poses",
    summary="Keep a pose",
    responses=told(SHOWN["whole"], MISSING, "file_not_found"),
)
def keep_pose(request: Request, studio: StudioDep, character_id: str, body: schemas.NewPose) -> Answer[Whole]:
    """An OpenPose picture under a name, for `pose` of its pictures; it replaces one of that name."""
    studio.characters.get(character_id)
    file_id = body.file_id
    if file_id is None:
        base = str(request.base_url)
        file_id = given(studio.files, url=body.image_url, path=body.image_path, base_url=base).id
    return Answer(data=whole(studio, studio.characters.hold(character_id, POSE, body.name, file_id)))


@router.delete(
    "/{character_id}/poses/{name}",
    summary="Let a pose go",
    responses=told(SHOWN["whole"], MISSING, "pose_not_found"),
)
def drop_pose(studio: StudioDep, character_id: str, name: str) -> Answer[Whole]:
    """The picture itself stays an upload."""
    return Answer(data=whole(studio, studio.characters.release(character_id, POSE, name)))


# ----------------------------------------------------------------------------- styles


@router.post("/{character_id}/styles", summary="Create a style", responses=told(SHOWN["style"], MISSING))
def create_style(studio: StudioDep, character_id: str, body: schemas.NewStyle) -> Answer[StyleAnswer]:
    """As the default it takes the place of the former one."""
    made = studio.characters.add_style(character_id, body.model_dump(exclude_unset=True))
    return Answer(data=style_of(made), message="Style created")


@router.get("/{character_id}/styles", summary="List styles", responses=told(SHOWN["styles"], MISSING))
def list_styles(
    studio: StudioDep, character_id: str, is_active: Annotated[bool | None, Query()] = None
) -> Answer[schemas.Styles]:
    """In their order."""
    found = [style_of(one) for one in studio.characters.styles(character_id, is_active=is_active)]
    return Answer(data=schemas.Styles(character_id=character_id, styles=found, total=len(found)))


@router.get(
    "/{character_id}/styles/{style_id}",
    summary="Get a style",
    responses=told(SHOWN["style"], MISSING, "style_not_found"),
)
def get_style(studio: StudioDep, character_id: str, style_id: str) -> Answer[StyleAnswer]:
    """One style of this character."""
    return Answer(data=style_of(studio.characters.style(character_id, style_id)))


@router.put(
    "/{character_id}/styles/{style_id}",
    summary="Update a style",
    responses=told(SHOWN["style"], MISSING, "style_not_found"),
)
def update_style(
    studio: StudioDep, character_id: str, style_id: str, body: schemas.ChangedStyle
) -> Answer[StyleAnswer]:
    """What is left out stays; null takes a setting away."""
    changed = studio.characters.update_style(character_id, style_id, body.model_dump(exclude_unset=True))
    return Answer(data=style_of(changed), message="Style updated")


@router.delete(
    "/{character_id}/styles/{style_id}",
    summary="Delete a style",
    responses=told({"id": schemas.ID, "deleted": True}, MISSING, "style_not_found"),
)
def delete_style(studio: StudioDep, character_id: str, style_id: str) -> Answer[Deleted]:
    """Pictures that were drawn in it stay."""
    return Answer(data=Deleted(id=studio.characters.delete_style(character_id, style_id).id))


# -------------------------------------------------------------------------- rendering


def _image_url(job: Job) -> str | None:
    return next((f"/outputs/{job.id}/{one.name}" for one in job.outputs), None) if job.is_final else None


def _set(studio: Studio, made: CharacterSet) -> schemas.SetAnswer:
    found = sets.members(studio.characters, made)
    items = [
        schemas.SetMember(
            name=one.name,
            words=one.words,
            job_id=one.job and one.job.id,
            status=status_of(one.job) if one.job else None,
            image_url=_image_url(one.job) if one.job else None,
            error=one.error or ((one.job.error or {}).get("message") if one.job else None) or None,
        )
        for one in found
    ]
    is_done = all(one.job is None or one.job.is_final for one in found)
    return schemas.SetAnswer(
        id=made.id,
        character_id=made.character_id,
        kind=made.kind,
        status="completed" if is_done else "processing",
        items=items,
        created_at=iso_seconds(made.created_at) or "",
    )
