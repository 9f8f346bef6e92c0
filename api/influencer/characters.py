"""Characters: kept, described, drawn, and carried about as bundles."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from api import creating, uploads
from api.creating import WishesDep
from api.deps import StudioDep, send_zip
from api.docs import body_of, file_form
from api.influencer import character_schemas as schemas
from api.influencer.answers import DOOR, PREFIX, Answer, Limit, Listed, Offset
from api.influencer.character_examples import EXAMPLES as SHOWN
from api.influencer.character_schemas import Deleted, Whole, picture_of
from api.influencer.examples import fails, told
from api.influencer.image_schemas import ImageJob
from api.influencer.images import shown
from api.influencer.placeholders import DocumentRoute
from studio.assembly import Studio
from studio.bundles import Which
from studio.characters import making
from studio.given import given
from studio.jobs import IdempotencyKey
from studio.records.characters import Character, CharacterStatus, Style
from studio.records.contents import Filter
from studio.records.entities import Job
from studio.request import random_seed
from studio.telling import tell_character

MISSING = "character_not_found"
NO_SERVER = ("comfyui_unavailable", "workflow_impossible")

MOST_PACKED = 2 * 2**30
# Where bundles come in: they are bounded while they are received.
UPLOADS = (f"{PREFIX}/characters/import", "/studio/characters/import")
BUNDLE_BODY = body_of(file_form("A bundle", "mia.zip", "application/zip"))

router = APIRouter(prefix="/characters", tags=["characters"], route_class=DocumentRoute)


# ------------------------------------------------------------------------ characters


@router.post("", summary="Create a character", responses=told(SHOWN["whole"]))
def create_character(request: Request, studio: StudioDep, body: schemas.NewCharacter) -> Answer[Whole]:
    """Everything given is kept; of a face that cannot be fetched a note tells."""
    values = body.model_dump(exclude_unset=True)
    made = studio.characters.create(values, base_url=str(request.base_url))
    return Answer(data=whole(studio, made), message="Character created")


@router.get("", summary="List characters", responses=told(SHOWN["page"]))
def list_characters(
    studio: StudioDep,
    status: Annotated[CharacterStatus | None, Query()] = None,
    search: Annotated[str, Query(max_length=500, description="Words of name, biography and more")] = "",
    limit: Limit = 20,
    offset: Offset = 0,
) -> Answer[schemas.CharacterPage]:
    """The newest first."""
    found, total = studio.characters.page(status=status, search=search, limit=limit, offset=offset)
    styles = studio.characters.styles_of([one.id for one in found])
    listed = [_told(studio, one, styles[one.id]) for one in found]
    return Answer(data=schemas.CharacterPage(characters=listed, total=total, limit=limit, offset=offset))


@router.post("/from-words", summary="Create a character from a sentence", responses=told(SHOWN["fields"]))
def create_from_words(request: Request, studio: StudioDep, body: schemas.FromWords) -> Answer[schemas.Fields]:
    """The sentence fills the fields; with `save: false` they are only told."""
    found = making.from_words(studio.characters, body.words, body.name or "")
    made = None
    if body.save:
        origin = {"kind": "words", "words": body.words}
        made = studio.characters.create(found.values, origin=origin, base_url=str(request.base_url))
    return Answer(data=_fields(studio, made, found))


@router.post(
    "/from-picture",
    summary="Create a character from a picture",
    responses=told(SHOWN["fields"], "file_not_found"),
)
def create_from_picture(
    request: Request, studio: StudioDep, body: schemas.FromPicture
) -> Answer[schemas.Fields]:
    """Colours of hair, skin and clothes are read from it; it becomes the reference of the face."""
    file_id = body.file_id
    if file_id is None:
        base = str(request.base_url)
        file_id = given(studio.files, url=body.image_url, path=body.image_path, base_url=base).id
    made, found = making.from_picture(studio.characters, file_id, body.name, body.words)
    return Answer(data=_fields(studio, made, found), message="Character created")


@router.post(
    "/from-result",
    summary="Keep the character of a result",
    responses=told(SHOWN["fields"], "output_not_found", "result_without_character"),
)
def create_from_result(studio: StudioDep, body: schemas.FromResult) -> Answer[schemas.Fields]:
    """Its words, its seed and how it was made; what the embedded engine drew is the same character again."""
    made, found = making.from_result(studio.characters, body.output_id, body.name)
    return Answer(data=_fields(studio, made, found), message="Character created")


@router.post(
    "/import",
    summary="Import a character",
    openapi_extra=BUNDLE_BODY,
    responses=told(SHOWN["imported"], "bundle_unreadable", "bundle_damaged", "bundle_too_large"),
)
async def import_character(
    request: Request,
    studio: StudioDep,
    name: Annotated[str, Query(max_length=255, description="Another name; empty: that of the bundle")] = "",
) -> Answer[schemas.Imported]:
    """A bundle as `GET /api/characters/{id}/bundle` gives it. Ids are kept where they are free."""
    incoming, _ = await uploads.receive(request, studio.settings, max_bytes=MOST_PACKED)
    try:
        await run_in_threadpool(incoming.settle)
        found = await run_in_threadpool(studio.bundles.read, incoming.path, name.strip())
    finally:
        await run_in_threadpool(incoming.abort)
    character = await run_in_threadpool(whole, studio, found.character)
    made = schemas.Imported(
        character=character, new_id=found.is_new_id, files=found.files, skipped=list(found.skipped)
    )
    return Answer(data=made, message="Character imported")


@router.get("/{character_id}", summary="Get a character", responses=told(SHOWN["whole"], MISSING))
def get_character(studio: StudioDep, character_id: str) -> Answer[Whole]:
    """With personality, appearance and styles."""
    return Answer(data=whole(studio, studio.characters.get(character_id)))


@router.put("/{character_id}", summary="Update a character", responses=told(SHOWN["whole"], MISSING))
def update_character(
    request: Request, studio: StudioDep, character_id: str, body: schemas.ChangedCharacter
) -> Answer[Whole]:
    """What is left out stays; members of personality and appearance are changed one by one."""
    values = body.model_dump(exclude_unset=True)
    changed = studio.characters.update(character_id, values, base_url=str(request.base_url))
    return Answer(data=whole(studio, changed), message="Character updated")


@router.delete(
    "/{character_id}",
    summary="Delete a character",
    responses=told({"id": schemas.ID, "deleted": True}, MISSING),
)
def delete_character(studio: StudioDep, character_id: str) -> Answer[Deleted]:
    """It is hidden from lists and look-ups; what was made of it is kept."""
    return Answer(data=Deleted(id=studio.characters.delete(character_id).id), message="Character deleted")


@router.get(
    "/{character_id}/bundle",
    summary="Export a character",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "A ZIP with all that is kept of the character, and its checksums",
            "content": {"application/zip": {}},
        }
    }
    | fails(MISSING, "bundle_too_large"),
)
def export_character(
    studio: StudioDep,
    character_id: str,
    contents: Annotated[Which, Query(description="Which of what was made of it goes along")] = "all",
) -> Response:
    """References, poses, costumes, styles, voices, pictures with their recipes and seeds, licences."""
    pieces = studio.bundles.write(character_id, contents)
    name = re.sub(r"[^a-z0-9]+", "-", studio.characters.get(character_id).name.lower()).strip("-")
    return send_zip(pieces, name[:60] or "character")


# ------------------------------------------------------------------------- generation


@router.post(
    "/{character_id}/generate/image",
    summary="Generate an image for a character",
    responses=told(SHOWN["job"], MISSING, "style_not_found", "costume_unknown", *NO_SERVER),
)
async def generate_image(
    request: Request,
    response: Response,
    studio: StudioDep,
    character_id: str,
    body: schemas.NewImage,
    wishes: WishesDep,
) -> Answer[ImageJob]:
    """The same character in any scene: its style around the words, its look behind them."""
    asked = body.model_dump(mode="json", exclude_unset=True)
    job = await creating.create(
        request,
        response,
        studio,
        wishes,
        DOOR,
        lambda key, cancel_after_s: _submit(studio, character_id, body, asked, key, cancel_after_s),
        creating.fingerprint(f"characters/{character_id}", asked),
    )
    return Answer(data=await run_in_threadpool(shown, studio, job), message="Image generation started")


def _submit(
    studio: Studio,
    character_id: str,
    body: schemas.NewImage,
    asked: dict[str, Any],
    key: IdempotencyKey | None,
    cancel_after_s: float | None,
) -> Job:
    if key is not None and (known := studio.jobs.submitted(key)):
        return known
    values = {
        "prompt": body.prompt,
        "negative_prompt": body.negative_prompt,
        "width": body.width,
        "height": body.height,
        "steps": body.steps,
        "cfg": body.cfg_scale,
        "seed": random_seed() if body.seed == -1 else body.seed,
        "sampler": body.sampler_name,
        "scheduler": body.scheduler,
        "model": body.checkpoint,
        "variants": body.batch_size,
        "clothing": body.clothing,
        "costume": body.costume,
        "pose": body.pose,
    }
    request = studio.overrides.with_defaults(studio.characters.request(character_id, values, body.style_id))
    return studio.jobs.submit(request, door=DOOR, key=key, asked=asked, cancel_after_s=cancel_after_s)


@router.get(
    "/{character_id}/images",
    summary="List everything that was made of a character",
    responses=told(SHOWN["pictures"], MISSING),
)
def list_pictures(
    studio: StudioDep,
    character_id: str,
    media: Annotated[str, Query(max_length=20, description="image, video or audio; empty: all")] = "",
    limit: Limit = 50,
    offset: Offset = 0,
) -> Answer[Listed[schemas.Picture]]:
    """The newest first, of jobs of every family."""
    found, total = studio.characters.pictures(character_id, media=media, limit=limit, offset=offset)
    items = [picture_of(one) for one in found]
    return Answer(data=Listed(items=items, total=total, limit=limit, offset=offset))


# -------------------------------------------------------------------------- rendering


def whole(studio: Studio, character: Character) -> Whole:
    """All that is told of a character."""
    return _told(studio, character, studio.characters.styles_of([character.id])[character.id], find=True)


def _told(studio: Studio, character: Character, styles: Sequence[Style], *, find: bool = False) -> Whole:
    if find:  # a list of many does not wait for what nobody has asked for yet
        character = studio.characters.complete(character, wait=False)
    return Whole(**tell_character(character, styles), picture_url=_picture_url(studio, character))


def _picture_url(studio: Studio, character: Character) -> str | None:
    if found := studio.characters.portrait(character):
        return f"/outputs/{found.job_id}/{found.name}"
    # What came in a bundle has no jobs here.
    kept, _ = studio.contents.page(Filter(character_id=character.id, types=("image",)), limit=1)
    return kept[0].file_url if kept else None


def _fields(studio: Studio, made: Character | None, found: making.Fields) -> schemas.Fields:
    return schemas.Fields(
        character=made and whole(studio, made),
        fields=dict(found.values),
        not_understood=list(found.not_understood),
    )
