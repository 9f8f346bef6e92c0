"""What the studio's own routes take and give, with an example of each for the OpenAPI document."""

from __future__ import annotations

import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.avatarforge_schemas import CONTENT_HASH, FILE_ID, GENERATION_ID, Responses, Text
from api.docs import NULL
from api.problems import PlainProblem
from studio.drafts import HEIGHT, WIDTH
from studio.errors import StudioError
from studio.request import MAX_SEED, Framing, View

Id = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Ids = Annotated[list[Id], Field(max_length=10_000)]
Tags = Annotated[list[Annotated[str, StringConstraints(max_length=100)]], Field(max_length=30)]
Names = Annotated[list[Annotated[str, StringConstraints(max_length=500)]], Field(max_length=50)]

PICTURE_ID = "990e8400-e29b-41d4-a716-446655440000"


class DraftQuery(BaseModel):
    """The members of a request that its drawing depends on, and from where it is seen."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"prompt": "a knight, red cape", "yaw": 30}]})

    prompt: Annotated[Text, StringConstraints(strip_whitespace=True, min_length=1)]
    negative_prompt: Text = ""
    clothing: Text = ""
    style: Text = ""
    realism: bool = False
    framing: Framing = "full"
    transparent: bool = False
    seed: int | None = Field(None, ge=0, le=MAX_SEED)
    pose_file_id: Text | None = None
    reference_file_id: Text | None = None
    view: View = "front"
    yaw: float | None = Field(
        None, ge=-3600, le=3600, description="Degrees around the character; wins over view"
    )
    pose: str = Field("", max_length=100, description="A pose of the library, by name")
    width: int = Field(WIDTH, ge=64, le=1024)
    height: int = Field(HEIGHT, ge=64, le=1024)
    page: str = Field(
        "", max_length=100, description="A place that shows one draft: a newer one takes its place"
    )


class DraftAnswer(BaseModel):
    """A draft that is drawn."""

    url: str = Field(description="Where it is, relative to the studio's root")
    seed: int = Field(description="With it, the final picture is the same character")
    notes: list[str]


class Preset(BaseModel):
    """A pose or a style that comes with the engine."""

    name: str
    picture: str
    skeleton: str | None = None


class Presets(BaseModel):
    """What there is to choose from."""

    poses: list[Preset]
    styles: list[Preset]


class GalleryQuery(BaseModel):
    """Which pictures are asked for, and where the page begins."""

    search: str = Field("", max_length=500, description="Words of the prompt")
    view: Names = []
    style: Names = []
    model: Names = []
    workflow: Names = []
    kind: Names = Field([], description="Kinds of jobs")
    media: Names = Field([], description="image, video, audio")
    tag: Names = Field([], description="Pictures must have all of them")
    favourite: bool = False
    deleted: bool = Field(False, description="What can still be taken back, instead of what is there")
    since: datetime.datetime | None = None
    until: datetime.datetime | None = None
    limit: int = Field(50, ge=1, le=200)
    before: int | None = Field(None, ge=0, le=MAX_SEED, description="`older` of an earlier page")
    after: int | None = Field(None, ge=0, le=MAX_SEED, description="`newer` of an earlier page")


class Picture(BaseModel):
    """One picture of the gallery; addresses are relative to the studio's root."""

    id: str
    generation_id: str
    view: str
    prompt: str
    style: str
    model: str
    workflow: str
    engine: str
    kind: str
    seed: int
    media: str
    mime_type: str
    size: int
    width: int | None
    height: int | None
    created_at: str
    favourite: bool
    tags: list[str]
    deleted_at: str | None
    url: str
    thumbnail: str | None = Field(description="null for what has no small picture")


class GalleryPage(BaseModel):
    """The newest matches first."""

    pictures: list[Picture]
    older: int | None
    newer: int | None


class GalleryCount(BaseModel):
    """How many match."""

    count: int
    is_exact: bool = Field(description="false: there are at least so many")


class Choice(BaseModel):
    """One value to filter by."""

    value: str
    count: int


class Choices(BaseModel):
    """What there is to filter by, the most frequent first."""

    view: list[Choice]
    style: list[Choice]
    model: list[Choice]
    workflow: list[Choice]
    kind: list[Choice]
    media: list[Choice]
    tag: list[Choice]


class Selection(BaseModel):
    """Some pictures."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"ids": [PICTURE_ID]}]})

    ids: Ids


class Marks(Selection):
    """Some pictures, and what becomes of their marks."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"ids": [PICTURE_ID], "favourite": True, "add_tags": ["cover"]}]}
    )

    favourite: bool | None = None
    add_tags: Tags = []
    remove_tags: Tags = []


class Marked(BaseModel):
    """The pictures as they are now."""

    pictures: list[Picture]


class DeletedPictures(BaseModel):
    """What was deleted, and until when that can be taken back."""

    ids: list[str]
    until: str


class Undeleted(BaseModel):
    """For how many pictures it could be taken back."""

    count: int


class Download(BaseModel):
    """Where a ZIP of the selection is."""

    url: str


class RecipeAnswer(BaseModel):
    """How a picture was made."""

    picture: Picture
    recipe: dict[str, Any]


class DifferenceAnswer(BaseModel):
    """One member in which two pictures differ."""

    member: str
    label: str
    first: Any
    second: Any
    sentence: str


class Comparison(BaseModel):
    """Why two pictures differ; empty when their settings are the same."""

    differences: list[DifferenceAnswer]


class RestoredAnswer(BaseModel):
    """Settings from a picture."""

    source: Literal["avatarforge", "comfyui"]
    request: dict[str, Any] | None = Field(description="null when no prompt was found")
    view: View | None
    values: dict[str, Any] = Field(description="Everything that was found, by member")
    notes: list[str] = Field(description="What could not be read or used")


class PoseFile(BaseModel):
    """A pose of the library as an upload."""

    file_id: str
    url: str


DRAFT = {"url": "studio/draft?prompt=a+knight&yaw=30&width=256&height=384", "seed": 0, "notes": []}
PRESETS = {
    "poses": [{"name": "wave", "picture": "studio/poses/wave", "skeleton": "studio/poses/wave/skeleton"}],
    "styles": [{"name": "ink", "picture": "studio/styles/ink", "skeleton": NULL}],
}
PICTURE = {
    "id": PICTURE_ID,
    "generation_id": GENERATION_ID,
    "view": "front",
    "prompt": "a knight, red cape",
    "style": "ink",
    "model": "avatarforge-figure",
    "workflow": "embedded",
    "engine": "embedded",
    "kind": "avatar",
    "seed": 42,
    "media": "image",
    "mime_type": "image/png",
    "size": 198765,
    "width": 512,
    "height": 768,
    "created_at": "2026-01-15T10:30:05Z",
    "favourite": False,
    "tags": ["cover"],
    "deleted_at": NULL,
    "url": f"studio/pictures/{PICTURE_ID}?v={CONTENT_HASH[:12]}",
    "thumbnail": f"studio/thumbnails/{PICTURE_ID}?v={CONTENT_HASH[:12]}",
}
PAGE = {"pictures": [PICTURE], "older": 1201, "newer": NULL}
CHOICES = {
    "view": [{"value": "front", "count": 120}],
    "style": [{"value": "ink", "count": 30}],
    "model": [{"value": "avatarforge-figure", "count": 120}],
    "workflow": [{"value": "embedded", "count": 120}],
    "kind": [{"value": "avatar", "count": 120}],
    "media": [{"value": "image", "count": 120}],
    "tag": [{"value": "cover", "count": 3}],
}
DELETED = {"ids": [PICTURE_ID], "until": "2026-01-22T10:30:05Z"}
RECIPE = {
    "picture": PICTURE,
    "recipe": {"engine": "embedded", "seed": 42, "request": {"prompt": "a knight, red cape", "style": "ink"}},
}
COMPARISON = {
    "differences": [
        {
            "member": "prompt",
            "label": "Prompt",
            "first": "a knight, red cape",
            "second": "a knight, blue cape",
            "sentence": "Prompt: only the first says “red cape”; only the second says “blue cape”.",
        }
    ]
}
RESTORED = {
    "source": "comfyui",
    "request": {"prompt": "a knight", "steps": 28, "seed": 42},
    "view": NULL,
    "values": {"prompt": "a knight", "steps": 28, "seed": 42},
    "notes": ["The model could not be found."],
}
POSE_FILE = {"file_id": FILE_ID, "url": f"files/{FILE_ID}"}


def problem(code: str, description: str, **facts: Any) -> Responses:
    """A way to fail, by its code."""
    error = StudioError(code, **facts)
    body: dict[str, Any] = {"detail": error.message, "code": error.code, "hint": error.hint}
    return {
        error.status: {
            "model": PlainProblem,
            "description": description,
            "content": {"application/json": {"example": body}},
        }
    }


NO_PICTURE = problem("picture_not_found", "No picture has this id", id=PICTURE_ID)
NO_PRESET = problem("preset_unknown", "No preset has this name", kind="pose", name="yodel", known="wave, sit")
NO_SELECTION = problem("selection_gone", "The selection is not kept any more")
NOTHING_SELECTED = problem("selection_empty", "Nothing is selected")
NO_SETTINGS = problem("no_settings", "No settings inside", why="nothing of that kind is inside")
NO_DRAFT = (
    problem("file_not_found", "An upload that does not exist", id=FILE_ID)
    | problem("draft_superseded", "The page asked for a newer one")
    | problem("words_refused", "Words that nobody draws, or a wrong value", why="The words ask for …")
    | problem("engine_unavailable", "The engine cannot draw now", why="it is still starting")
)
