"""What the tabs of characters and of their library need beside the documented routes."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from api import avatarforge_schemas as shared
from api.bodies import StrictRoute
from api.deps import StudioDep
from api.studio_schemas import problem
from studio import drafts
from studio.assembly import Studio
from studio.records.characters import Character
from studio.request import AvatarRequest, with_values

FACE_PX = 320

router = APIRouter(prefix="/studio", tags=["Studio"], route_class=StrictRoute)


class Card(BaseModel):
    """A character as a grid shows it."""

    id: str
    name: str
    age: int | None
    location: str
    bio: str
    picture_url: str = Field(description="Relative to the root; drawn when it is asked for")


class Cards(BaseModel):
    """Some characters, the newest first."""

    characters: list[Card]
    total: int


class Look(BaseModel):
    """A character as a request, for the form and for drafts."""

    request: dict[str, Any]


class Held(BaseModel):
    """What one character's contents take."""

    character_id: str | None
    character_name: str | None
    count: int
    bytes: int


class Storage(BaseModel):
    """What all contents take."""

    total: int
    total_bytes: int
    by_character: list[Held]


CARD = {
    "id": "9b2f6f0e-6a6e-4f0c-9d5e-0d8a2b1c3d4e",
    "name": "Mira",
    "age": 25,
    "location": "New York, NY",
    "bio": "Takes pictures on her travels",
    "picture_url": "studio/draft?prompt=25+year+old+woman%2C+brown+hair&framing=portrait",
}


NO_CHARACTER = problem("character_not_found", "No character has this id", id=CARD["id"])


@router.get(
    "/characters/cards",
    summary="Characters with a picture each",
    responses=shared.answers({"characters": [CARD], "total": 1}, shared.BAD_QUERY),
)
def list_cards(
    studio: StudioDep,
    search: Annotated[str, Query(max_length=500)] = "",
    limit: Annotated[int, Query(ge=1, le=100)] = 60,
    offset: Annotated[int, Query(ge=0, le=2**31)] = 0,
) -> Cards:
    """The newest first; whoever has no picture yet is drawn by the embedded engine."""
    found, total = studio.characters.page(search=search, limit=limit, offset=offset)
    return Cards(characters=[_card(studio, one) for one in found], total=total)


@router.get(
    "/characters/{character_id}/request",
    summary="A character as a request",
    responses=shared.answers({"request": {"prompt": "25 year old woman, brown hair"}}, NO_CHARACTER),
)
def get_look(
    character_id: str,
    studio: StudioDep,
    prompt: Annotated[str, Query(max_length=20_000)] = "",
    style_id: Annotated[str | None, Query(max_length=100)] = None,
) -> Look:
    """The words of the look and of a style around those of a scene, with the seed that keeps it the same."""
    request = studio.characters.request(character_id, {"prompt": prompt, "kind": "avatar"}, style_id)
    return Look(request=request.model_dump(mode="json", exclude_defaults=True))


@router.post(
    "/characters/{character_id}/restore",
    summary="Take a deletion back",
    responses=shared.answers(CARD, NO_CHARACTER),
)
def restore_character(character_id: str, studio: StudioDep) -> Card:
    """As it was, with its styles."""
    return _card(studio, studio.characters.restore(character_id))


@router.get(
    "/content/storage",
    summary="What contents take",
    responses=shared.answers(
        {
            "total": 12,
            "total_bytes": 8_400_000,
            "by_character": [
                {"character_id": CARD["id"], "character_name": "Mira", "count": 12, "bytes": 8_400_000}
            ],
        }
    ),
)
def get_storage(studio: StudioDep) -> Storage:
    """By character, the largest first."""
    held = studio.contents.bytes_by_character()
    names = studio.characters.names([one for one in held if one is not None])
    rows = [
        Held(character_id=one, character_name=names.get(one or ""), count=count, bytes=size)
        for one, (count, size) in sorted(held.items(), key=lambda pair: -pair[1][1])
    ]
    return Storage(
        total=sum(row.count for row in rows),
        total_bytes=sum(row.bytes for row in rows),
        by_character=rows,
    )


def _card(studio: Studio, character: Character) -> Card:
    return Card(
        id=character.id,
        name=character.name,
        age=character.age,
        location=character.location,
        bio=character.bio,
        picture_url=_picture(studio, character),
    )


def _picture(studio: Studio, character: Character) -> str:
    """The picture that stands for a character, or a draft of the face."""
    if character.picture_id is not None and (found := studio.contents.find([character.picture_id])):
        return f"studio/content/library/{found[0].id}/preview?width={FACE_PX}"
    request = studio.characters.request(character.id, {"kind": "avatar"})
    face: AvatarRequest = with_values(request, framing="portrait", reference_file_id=None)
    return drafts.address(face, width=256, height=256)
