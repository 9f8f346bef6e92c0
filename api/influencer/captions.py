"""Captions, descriptions and other words of the AInfluencer API: by a model, or from recipe and manner."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Body, Request
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.deps import StudioDep
from api.docs import NULL
from api.influencer.answers import Answer
from api.influencer.examples import told
from api.influencer.pictured import pictured
from api.influencer.placeholders import DocumentRoute
from api.influencer.text import MAX_SEED, Id, ModelName
from studio.assembly import Studio
from studio.errors import StudioError
from studio.records.characters import Character
from studio.records.contents import Content
from studio.writing import Described, Kind, Subject, Written, platform, subject_of
from studio.writing.hashtags import written as as_hashtags

content_router = APIRouter(prefix="/content", tags=["content"], route_class=DocumentRoute)
character_router = APIRouter(prefix="/characters", tags=["characters"], route_class=DocumentRoute)

Address = Annotated[str, StringConstraints(max_length=2_048)]
PathName = Annotated[str, StringConstraints(max_length=1_024)]
Tone = Annotated[str, StringConstraints(strip_whitespace=True, max_length=60)]
PlatformName = Annotated[str, StringConstraints(strip_whitespace=True, max_length=40)]
Length = Annotated[int, Field(ge=20, le=10_000)]
Seed = Annotated[int, Field(ge=0, le=MAX_SEED)]
Engine = Literal["ollama", "openai", "template"]
ENGINE = "`template`: without a model, from what is known"


class CaptionBody(BaseModel):
    """A picture, and how it is to be captioned."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "image_path": "content/5b8c1f0e-2d6a-4c7e-9a55-0f3f7c9d1e21.png",
                    "platform": "instagram",
                    "tone": "casual",
                    "max_length": 220,
                }
            ]
        }
    )

    image_url: Address | None = None
    image_path: PathName | None = Field(None, description="Below the storage root; wins over the address")
    content_id: Id | None = Field(None, description="A content of the library; wins over both")
    character_id: Id | None = Field(None, description="Who writes; unset: whom the picture shows")
    platform: PlatformName | None = None
    tone: Tone | None = Field(None, description="Unset: the character's own")
    max_length: Length | None = Field(None, description="Of all, hashtags included")
    hashtags: bool = True
    model: ModelName | None = None
    seed: Seed | None = None


class CaptionAnswer(BaseModel):
    """A caption, ready to be posted."""

    caption: str = Field(description="The whole text, its hashtags with it")
    text: str = Field(description="Without the hashtags at its end")
    hashtags: list[str]
    platform: str
    tone: str
    length: int
    engine: Engine = Field(description=ENGINE)
    model: str | None
    character_id: str | None
    content_id: str | None
    notes: list[str] = Field(description="Why no model wrote it, for example")


class DescribeBody(BaseModel):
    """How a kept picture is to be described."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"max_tags": 10}]})

    character_id: Id | None = None
    platform: PlatformName | None = None
    max_tags: Annotated[int, Field(ge=1, le=50)] | None = None
    include_hashtag_format: bool = False
    model: ModelName | None = None


class DescribePictureBody(DescribeBody):
    """A picture that is to be described."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"image_path": "content/5b8c1f0e-2d6a-4c7e-9a55-0f3f7c9d1e21.png"}]}
    )

    image_url: Address | None = None
    image_path: PathName | None = Field(None, description="Below the storage root; wins over the address")


class DescriptionAnswer(BaseModel):
    """A picture in words."""

    content_id: str | None
    description: str
    tags: list[str]
    hashtags: list[str] | None = Field(description="The tags as hashtags, if they were asked for")
    engine: Engine = Field(description=ENGINE)
    model: str | None
    character_id: str | None
    saved: bool = Field(description="Whether the content has them now")
    notes: list[str]


class ContentBody(BaseModel):
    """What a character is to write."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "content_type": "caption",
                    "context": "Instagram post about morning routine",
                    "tone": "casual",
                    "max_length": 220,
                }
            ]
        }
    )

    content_type: Kind = "caption"
    context: Annotated[str, StringConstraints(strip_whitespace=True, max_length=2_000)] = ""
    tone: Tone | None = Field(None, description="Unset: the character's own")
    max_length: Length | None = None
    platform: PlatformName | None = Field(None, description="Unset: the one that the context names")
    model: ModelName | None = None
    seed: Seed | None = None


class ContentAnswer(BaseModel):
    """What a character has written."""

    content: str
    content_type: str
    character_id: str
    text: str = Field(description="Without the hashtags at its end")
    hashtags: list[str]
    platform: str
    tone: str
    length: int
    engine: Engine = Field(description=ENGINE)
    model: str | None
    notes: list[str]


_ID = "5b8c1f0e-2d6a-4c7e-9a55-0f3f7c9d1e21"
_WRITTEN = {
    "text": "In a coffee shop. No notes. Where's your spot?",
    "hashtags": ["#coffeeshop", "#photography"],
    "platform": "instagram",
    "tone": "casual",
    "length": 73,
    "engine": "template",
    "model": NULL,
    "notes": [],
}
_CAPTION = {
    "caption": "In a coffee shop. No notes. Where's your spot?\n\n#coffeeshop #photography",
    **_WRITTEN,
    "character_id": _ID,
    "content_id": _ID,
}
_CONTENT = {
    "content": "Morning routine, the honest version. Thoughts?\n\n#morningroutine",
    "content_type": "caption",
    "character_id": _ID,
    **_WRITTEN,
    "text": "Morning routine, the honest version. Thoughts?",
    "hashtags": ["#morningroutine"],
    "length": 63,
}
_DESCRIPTION = {
    "content_id": _ID,
    "description": "Mia in a coffee shop, reading a book.",
    "tags": ["coffee shop", "reading", "lifestyle"],
    "hashtags": ["#coffeeshop", "#reading", "#lifestyle"],
    "engine": "template",
    "model": NULL,
    "character_id": _ID,
    "saved": True,
    "notes": [],
}


@content_router.post(
    "/caption",
    summary="Generate a caption for an image",
    responses=told(_CAPTION, "given_missing", "address_unreachable", "platform_unknown"),
)
def caption(body: CaptionBody, request: Request, studio: StudioDep) -> Answer[CaptionAnswer]:
    """In the platform's length and with its habits; a model that sees gets the picture."""
    platform(body.platform)  # before anything is fetched

    def captioned(subject: Subject, content: Content | None) -> Answer[CaptionAnswer]:
        character = _who(studio, body.character_id, content)
        written = studio.writing.caption(
            subject,
            character,
            platform_name=body.platform,
            tone=body.tone,
            max_length=body.max_length,
            seed=body.seed,
            model=body.model,
            with_hashtags=body.hashtags,
        )
        return Answer(
            data=CaptionAnswer(
                caption=written.whole,
                text=written.text,
                hashtags=list(written.hashtags),
                platform=written.platform,
                tone=written.tone,
                length=len(written.whole),
                engine=written.engine,
                model=written.model,
                character_id=character.id if character else None,
                content_id=content.id if content else None,
                notes=list(written.notes),
            )
        )

    if body.content_id:
        kept = studio.contents.get(body.content_id)
        return captioned(subject_of(kept, studio.contents.path(kept)), kept)
    if body.character_id:
        studio.characters.get(body.character_id)
    with pictured(request, studio, body.image_url, body.image_path) as (subject, content):
        return captioned(subject, content)


@content_router.post(
    "/description-tags",
    summary="Generate description and tags",
    responses=told(
        {**_DESCRIPTION, "saved": False}, "given_missing", "address_unreachable", "platform_unknown"
    ),
)
def describe_picture(
    body: DescribePictureBody, request: Request, studio: StudioDep
) -> Answer[DescriptionAnswer]:
    """Of any picture; nothing is kept."""
    platform(body.platform)
    if body.character_id:
        studio.characters.get(body.character_id)
    with pictured(request, studio, body.image_url, body.image_path) as (subject, content):
        character = _who(studio, body.character_id, content)
        found = studio.writing.describe(
            subject,
            character,
            platform_name=body.platform,
            max_tags=body.max_tags or 10,
            model=body.model,
        )
    return _described(found, body, character, content, saved=False)


@content_router.post(
    "/content/{content_id}/description-tags",
    summary="Generate description and tags for existing content",
    responses=told(_DESCRIPTION, "content_not_found", "platform_unknown"),
)
def describe_content(
    content_id: str,
    studio: StudioDep,
    body: Annotated[DescribeBody | None, Body(examples=[{"max_tags": 10}])] = None,
) -> Answer[DescriptionAnswer]:
    """The description replaces what the content had; its tags are added."""
    wanted = body or DescribeBody()
    platform(wanted.platform)
    content = studio.contents.get(content_id)
    character = _who(studio, wanted.character_id, content)
    found = studio.writing.describe(
        subject_of(content, studio.contents.path(content)),
        character,
        platform_name=wanted.platform,
        max_tags=wanted.max_tags or 10,
        model=wanted.model,
    )
    studio.contents.update(content_id, description=found.description)
    studio.contents.tag(content_id, add=found.tags)
    return _described(found, wanted, character, content, saved=True)


@character_router.post(
    "/{character_id}/generate/content",
    summary="Generate content for a character",
    responses=told(_CONTENT, "character_not_found", "platform_unknown"),
)
def write_content(character_id: str, body: ContentBody, studio: StudioDep) -> Answer[ContentAnswer]:
    """Captions, posts, comments, messages and the like, as the character would write them."""
    character = studio.characters.get(character_id)
    written = studio.writing.content(
        body.content_type,
        body.context,
        character,
        platform_name=body.platform,
        tone=body.tone,
        max_length=body.max_length,
        seed=body.seed,
        model=body.model,
    )
    return Answer(data=_content(written, body.content_type, character))


def _content(written: Written, kind: str, character: Character) -> ContentAnswer:
    return ContentAnswer(
        content=written.whole,
        content_type=kind,
        character_id=character.id,
        text=written.text,
        hashtags=list(written.hashtags),
        platform=written.platform,
        tone=written.tone,
        length=len(written.whole),
        engine=written.engine,
        model=written.model,
        notes=list(written.notes),
    )


def _described(
    found: Described, body: DescribeBody, character: Character | None, content: Content | None, *, saved: bool
) -> Answer[DescriptionAnswer]:
    tags = as_hashtags(found.tags, platform(body.platform)) if body.include_hashtag_format else None
    return Answer(
        data=DescriptionAnswer(
            content_id=content.id if content else None,
            description=found.description,
            tags=list(found.tags),
            hashtags=list(tags) if tags is not None else None,
            engine=found.engine,
            model=found.model,
            character_id=character.id if character else None,
            saved=saved,
            notes=list(found.notes),
        )
    )


def _who(studio: Studio, character_id: str | None, content: Content | None) -> Character | None:
    """The character that was named, or else the one that the picture shows, unless it is gone."""
    if character_id:
        return studio.characters.get(character_id)
    if content is None or not content.character_id:
        return None
    try:
        return studio.characters.get(content.character_id)
    except StudioError as error:
        if error.code != "character_not_found":
            raise
        return None
