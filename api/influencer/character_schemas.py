"""What the routes over characters take and give, with an example of each for the OpenAPI document."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

from api.deps import iso_seconds
from studio.characters import sets
from studio.records.characters import CharacterStatus, Style
from studio.records.entities import Output
from studio.telling import tell_style

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=255)]
Text = Annotated[str, StringConstraints(max_length=20_000)]
Short = Annotated[str, StringConstraints(max_length=500)]
Word = Annotated[str, StringConstraints(max_length=200)]
Share = Annotated[float, Field(ge=0, le=1)]
Id = Annotated[str, StringConstraints(max_length=200)]
Pixels = Annotated[int, Field(ge=64, le=4096)]
Steps = Annotated[int, Field(ge=1, le=200)]
Guidance = Annotated[float, Field(ge=0, le=30)]
Seed = Annotated[int, Field(ge=-1, le=2**63 - 1)]
MOST_MEMBERS = 100
MOST_CHARACTERS = 50_000

ID = "5b8c1f0e-2d6a-4c7e-9a55-0f3f7c9d1e21"
_STYLE = "2c9b6c7e-5a0c-4c39-8a9f-6d1c6b3f9a10"
_AT = "2025-12-17T15:00:00Z"


class Personality(BaseModel):
    """How a character is and speaks; further members are kept."""

    model_config = ConfigDict(extra="allow")

    extroversion: Share | None = None
    creativity: Share | None = None
    humor: Share | None = None
    professionalism: Share | None = None
    authenticity: Share | None = None
    communication_style: Short | None = None
    preferred_topics: Annotated[list[Short], Field(max_length=50)] | None = None
    content_tone: Short | None = None
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None


class Appearance(BaseModel):
    """What a character looks like; further members are kept, and those that are traits go into the words."""

    model_config = ConfigDict(extra="allow")

    face_reference_image_url: Annotated[str, StringConstraints(max_length=2_048)] | None = None
    face_reference_image_path: Annotated[str, StringConstraints(max_length=1_024)] | None = Field(
        None, description="Below the storage root; wins over the address"
    )
    face_reference_file_id: Id | None = Field(None, description="An upload; wins over both")
    gender: Short | None = None
    hair_color: Short | None = None
    hair_style: Short | None = None
    hair_length: Short | None = None
    eye_color: Short | None = None
    skin_tone: Short | None = None
    body_type: Short | None = None
    ethnicity: Short | None = None
    clothing: Short | None = Field(
        None, description="Worn where the words of a picture say nothing of clothes"
    )
    expression: Short | None = Field(
        None, description="The usual mood, where the words of a picture say nothing of one"
    )
    description: Text | None = None
    negative_prompt: Text | None = None
    style_keywords: Annotated[list[Word], Field(max_length=50)] | None = None


def _bounded(value: Any) -> Any:
    if isinstance(value, BaseModel):
        extra = value.model_extra or {}
        if len(extra) > MOST_MEMBERS or len(str(extra)) > MOST_CHARACTERS:
            raise ValueError(f"at most {MOST_MEMBERS} further members, {MOST_CHARACTERS} characters in all")
    return value


class _Person(BaseModel):
    bio: Text | None = None
    age: Annotated[int, Field(ge=0, le=150)] | None = None
    location: Short | None = None
    timezone: Short | None = None
    interests: Annotated[list[Short], Field(max_length=100)] | None = None
    personality: Personality | None = None
    appearance: Appearance | None = None
    costumes: Annotated[dict[Name, Text], Field(max_length=100)] | None = Field(
        None, description="What it wears, in words by name"
    )
    look_seed: Annotated[int, Field(ge=0, le=2**63 - 1)] | None = Field(
        None, description="Decides what the description leaves open, in every picture alike"
    )

    @field_validator("personality", "appearance", mode="after")
    @classmethod
    def _not_too_much(cls, value: Any) -> Any:
        return _bounded(value)


class NewCharacter(_Person):
    """A character to be created."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "Character Name",
                    "bio": "Character biography",
                    "age": 25,
                    "location": "New York, NY",
                    "timezone": "America/New_York",
                    "interests": ["photography", "travel"],
                    "personality": {
                        "extroversion": 0.7,
                        "creativity": 0.8,
                        "humor": 0.6,
                        "professionalism": 0.5,
                        "authenticity": 0.9,
                        "communication_style": "casual",
                        "preferred_topics": ["tech", "lifestyle"],
                        "content_tone": "friendly",
                        "temperature": 0.7,
                    },
                    "appearance": {
                        "face_reference_image_url": "https://...",
                        "hair_color": "brown",
                        "eye_color": "blue",
                        "style_keywords": ["modern", "casual"],
                    },
                }
            ]
        }
    )

    name: Name
    status: CharacterStatus = "active"


class ChangedCharacter(_Person):
    """What of a character is to change: null takes a member away, what is left out stays."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"bio": "A new biography", "status": "paused"}]}
    )

    name: Name = Field(default_factory=str)
    status: CharacterStatus = Field(default_factory=lambda: "active")


class StyleAnswer(BaseModel):
    """One way in which a character is drawn."""

    id: str
    character_id: str
    name: str
    description: str | None
    prompt_prefix: str | None
    prompt_suffix: str | None
    negative_prompt: str | None
    checkpoint: str | None
    sampler_name: str | None
    scheduler: str | None
    steps: int | None
    cfg_scale: float | None
    width: int | None
    height: int | None
    style_keywords: list[str]
    display_order: int
    is_active: bool
    is_default: bool
    created_at: str
    updated_at: str


class _StyleBody(BaseModel):
    description: Text | None = None
    prompt_prefix: Text | None = None
    prompt_suffix: Text | None = None
    negative_prompt: Text | None = None
    checkpoint: Short | None = None
    sampler_name: Word | None = None
    scheduler: Word | None = None
    steps: Steps | None = None
    cfg_scale: Guidance | None = None
    width: Pixels | None = None
    height: Pixels | None = None
    style_keywords: Annotated[list[Word], Field(max_length=50)] | None = None
    display_order: Annotated[int, Field(ge=-(2**31), le=2**31)] | None = None
    is_active: bool | None = None
    is_default: bool | None = None


class NewStyle(_StyleBody):
    """A style to be created; as the default it unsets the former one."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "Casual Style",
                    "description": "Everyday casual look",
                    "prompt_prefix": "casual outfit, natural lighting",
                    "negative_prompt": "formal, professional",
                    "is_default": False,
                }
            ]
        }
    )

    name: Name


class ChangedStyle(_StyleBody):
    """What of a style is to change: null takes a setting away, what is left out stays."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "Evening", "is_default": True}]})

    name: Name = Field(default_factory=str)


class Styles(BaseModel):
    """The styles of a character, in their order."""

    character_id: str
    styles: list[StyleAnswer]
    total: int


class Listed(BaseModel):
    """A character as lists show it."""

    id: str
    name: str
    status: CharacterStatus
    bio: str | None
    age: int | None
    location: str | None
    timezone: str | None
    interests: list[str]
    picture_url: str | None = Field(description="The picture that stands for it")
    created_at: str
    updated_at: str


class ToldPersonality(BaseModel):
    """How a character is and speaks, with what else was given."""

    model_config = ConfigDict(extra="allow")

    extroversion: float | None = None
    creativity: float | None = None
    humor: float | None = None
    professionalism: float | None = None
    authenticity: float | None = None
    communication_style: str | None = None
    preferred_topics: list[str] | None = None
    content_tone: str | None = None
    temperature: float | None = None


class ToldAppearance(BaseModel):
    """What a character looks like, with what else was given."""

    model_config = ConfigDict(extra="allow")

    face_reference_image_url: str | None = None
    hair_color: str | None = None
    eye_color: str | None = None
    style_keywords: list[str] | None = None


class Whole(Listed):
    """Everything that is known of a character."""

    personality: ToldPersonality
    appearance: ToldAppearance
    costumes: dict[str, str]
    styles: list[StyleAnswer]
    look_seed: int
    look: str = Field(description="The look in words, with what was left open")
    open_traits: dict[str, str] = Field(
        description="Traits that the description leaves open, as they are drawn"
    )
    face_reference_file_id: str | None
    face_reference_url: str | None
    poses: dict[str, str] = Field(description="Uploads that are kept as poses, by name")
    origin: dict[str, Any]
    notes: list[str] = Field(description="What could not be done as it was asked for")


class CharacterPage(BaseModel):
    """Some of the characters, the newest first."""

    characters: list[Whole]
    total: int
    limit: int
    offset: int


class Deleted(BaseModel):
    """What is gone."""

    id: str
    deleted: Literal[True] = True


class NewImage(BaseModel):
    """A picture of a character; the settings of its style override those given here."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "prompt": "A photo of the character in a coffee shop",
                    "style_id": "uuid-optional",
                    "negative_prompt": "blurry, low quality",
                    "width": 1024,
                    "height": 1024,
                    "steps": 30,
                    "cfg_scale": 7.0,
                }
            ]
        }
    )

    prompt: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=5_000)]
    style_id: Id | None = None
    negative_prompt: Text | None = None
    width: Pixels | None = None
    height: Pixels | None = None
    steps: Steps | None = None
    cfg_scale: Guidance | None = None
    seed: Seed | None = Field(None, description="-1: another one each time; left out: the character's own")
    sampler_name: Word | None = None
    scheduler: Word | None = None
    checkpoint: Short | None = None
    batch_size: Annotated[int, Field(ge=1, le=8)] | None = None
    clothing: Text | None = None
    costume: Name | None = Field(None, description="One of the character's costumes, by name")
    pose: Name | None = Field(None, description="One of the character's poses, by name")


class FromWords(BaseModel):
    """A sentence that describes somebody."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"words": "Mia, a 28 year old woman with long red hair and green eyes in a blue coat"}
            ]
        }
    )

    words: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=5_000)]
    name: Name | None = None
    save: bool = Field(True, description="false: only tell what the words give")


class FromPicture(BaseModel):
    """A picture of somebody; its colours are read and it is kept as the reference of the face."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "Mia", "image_url": "/files/ID"}]})

    name: Name
    image_url: Annotated[str, StringConstraints(max_length=2_048)] | None = None
    image_path: Annotated[str, StringConstraints(max_length=1_024)] | None = None
    file_id: Id | None = None
    words: Annotated[str, StringConstraints(max_length=5_000)] = Field("", description="What else is known")


class FromResult(BaseModel):
    """A picture that the studio made, whose character is to be kept."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "Mia", "output_id": ID}]})

    name: Name
    output_id: Id


class Fields(BaseModel):
    """A character, or what one would be created from."""

    character: Whole | None
    fields: dict[str, Any]
    not_understood: list[str] = Field(
        description="Words that no trait is known for; they are kept as they are"
    )


class NewPose(BaseModel):
    """A picture of an OpenPose skeleton."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "bow", "image_url": "/files/ID"}]})

    name: Name
    image_url: Annotated[str, StringConstraints(max_length=2_048)] | None = None
    image_path: Annotated[str, StringConstraints(max_length=1_024)] | None = None
    file_id: Id | None = None


class SetItem(BaseModel):
    """One picture of a set."""

    name: Name
    words: Text = Field("", description="Empty: a costume or an expression by its name")


class NewSet(BaseModel):
    """Pictures that are made together."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"kind": "expressions", "items": [{"name": "happy"}, {"name": "angry"}]}]
        }
    )

    kind: sets.Kind
    items: Annotated[list[SetItem], Field(max_length=sets.MOST)] | None = Field(
        None, description="Left out: all costumes of the character, or the usual expressions or views"
    )
    style_id: Id | None = None
    width: Pixels | None = None
    height: Pixels | None = None
    steps: Steps | None = None
    keep: bool = Field(False, description="Costumes with words are kept for the character")


class SetMember(BaseModel):
    """One picture of a set, and how far it is."""

    name: str
    words: str
    job_id: str | None
    status: str | None
    image_url: str | None
    error: str | None


class SetAnswer(BaseModel):
    """Pictures that are made together."""

    id: str
    character_id: str
    kind: str
    status: str = Field(description="completed once every picture has ended")
    items: list[SetMember]
    created_at: str


class Picture(BaseModel):
    """One file that was made of a character."""

    id: str
    job_id: str
    media: str
    url: str
    name: str
    mime_type: str
    width: int | None
    height: int | None
    file_size: int
    created_at: str


class Imported(BaseModel):
    """What came out of a bundle."""

    character: Whole
    new_id: bool = Field(description="Whether the id of the bundle was taken already")
    files: int
    skipped: list[str] = Field(description="What was in it and could not be taken over, with the reason")


def style_of(style: Style) -> StyleAnswer:
    """A style as it is told."""
    return StyleAnswer(**tell_style(style))


def picture_of(output: Output) -> Picture:
    """A result as it is told."""
    return Picture(
        id=output.id,
        job_id=output.job_id,
        media=output.media,
        url=f"/outputs/{output.job_id}/{output.name}",
        name=output.name,
        mime_type=output.mime_type,
        width=output.width,
        height=output.height,
        file_size=output.size,
        created_at=iso_seconds(output.created_at) or "",
    )
