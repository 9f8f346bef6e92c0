"""What the routes over kept content take and give, with an example of each for the OpenAPI document."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.deps import iso_seconds
from api.influencer.answers import PREFIX
from studio.records.contents import Approval, Category, Content, ContentType, Entry

SMALL_PX = 320

Id = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Ids = Annotated[list[Id], Field(min_length=1, max_length=1_000)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=300)]
Tag = Annotated[str, StringConstraints(max_length=100)]
Tags = Annotated[list[Tag], Field(max_length=30)]

_ID = "7f1f0f0c-9a3c-4d7a-8d1e-2f6a0f1f9b10"
_CHARACTER = "5b8c1f0e-2d6a-4c7e-9a55-0f3f7c9d1e21"
_AT = "2025-12-17T15:00:00Z"


class ContentItem(BaseModel):
    """One kept file, with what is known and thought of it."""

    id: str
    character_id: str | None
    character_name: str | None
    content_type: ContentType
    content_category: Category | None
    file_url: str = Field(description="From the root of the server")
    file_path: str = Field(description="Below the storage root; routes that take paths take it")
    thumbnail_url: str | None
    file_size: int
    width: int | None
    height: int | None
    duration: float | None
    mime_type: str
    prompt: str | None
    negative_prompt: str | None
    generation_settings: dict[str, Any]
    quality_score: float | None = Field(description="0 to 10")
    quality_checks: list[dict[str, Any]] = Field(description="What the score is made of")
    approval_status: Approval
    rejection_reason: str | None
    is_nsfw: bool
    description: str | None
    tags: list[str]
    folder_path: str | None = Field(description="A label; nothing on the disk")
    times_used: int = Field(description="How often it was downloaded or made into something")
    last_used_at: str | None
    job_id: str | None = Field(description="The job that made it")
    source_id: str | None = Field(description="The content that it was made from")
    platform: str | None = Field(description="For which it was made")
    deleted_at: str | None
    created_at: str
    updated_at: str


class Update(BaseModel):
    """What may be changed; what is left out or null stays, and an empty text is taken away."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "description": "Updated description",
                    "tags": ["tag1", "tag2"],
                    "approval_status": "approved",
                    "quality_score": 8.5,
                    "folder_path": "/path/to/folder",
                }
            ]
        }
    )

    description: Annotated[str, StringConstraints(max_length=10_000)] | None = None
    tags: Tags | None = None
    approval_status: Approval | None = None
    rejection_reason: Annotated[str, StringConstraints(max_length=1_000)] | None = None
    quality_score: Annotated[float, Field(ge=0, le=10)] | None = None
    folder_path: Annotated[str, StringConstraints(max_length=500)] | None = None
    is_nsfw: bool | None = None
    content_category: Category | None = None


class Chosen(BaseModel):
    """Some contents."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"content_ids": ["uuid1", "uuid2"]}]})

    content_ids: Ids


class Rejected(Chosen):
    """Some contents, and why they are not wanted."""

    rejection_reason: Annotated[str, StringConstraints(max_length=1_000)] | None = None


class Unwanted(Chosen):
    """Some contents that are to go."""

    hard_delete: bool = Field(
        False, description="For good at once; otherwise it can be taken back for a week"
    )


class TagsBody(BaseModel):
    """Tags to give or to take away."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"tags": ["tag1", "tag2", "tag3"]}]})

    tags: Annotated[list[Tag], Field(min_length=1, max_length=30)]


class Approved(BaseModel):
    """How many were approved."""

    approved: int
    failed: int = Field(description="Those that are not there")
    total: int
    failed_ids: list[str]


class RejectedAnswer(BaseModel):
    """How many were rejected."""

    rejected: int
    failed: int
    total: int
    failed_ids: list[str]


class Restored(BaseModel):
    """How many deletions were taken back."""

    restored: int
    failed: int
    total: int
    failed_ids: list[str]


class DeletedAnswer(BaseModel):
    """How many were deleted."""

    deleted: int
    failed: int
    total: int
    failed_ids: list[str]
    restorable_until: str | None = Field(description="Null: it is for good")


class DeletedItem(BaseModel):
    """What was deleted."""

    id: str
    deleted: Literal[True] = True
    restorable_until: str | None


class OfCharacter(BaseModel):
    """What one character's contents take."""

    character_id: str | None
    character_name: str | None
    count: int
    bytes: int


class StatsAnswer(BaseModel):
    """Sums over the library."""

    total: int
    by_type: dict[str, int]
    by_approval_status: dict[str, int]
    total_bytes: int
    bytes_by_type: dict[str, int]
    average_quality_score: float | None
    nsfw: int
    by_character: list[OfCharacter] = Field(description="The largest first, at most 100")
    by_folder: dict[str, int]
    by_tag: dict[str, int] = Field(description="The most frequent first, at most 50")


class HistoryLine(BaseModel):
    """One decision."""

    action: str = Field(description="approved, rejected, pending, deleted or restored")
    reason: str | None
    at: str


class History(BaseModel):
    """What was decided about a content, the oldest first."""

    content_id: str
    history: list[HistoryLine]


def item_of(content: Content) -> ContentItem:
    """A content as routes tell it."""
    # Seen rather than heard or read.
    is_seen = content.content_type in ("image", "video")
    return ContentItem(
        id=content.id,
        character_id=content.character_id,
        character_name=content.character_name,
        content_type=content.content_type,
        content_category=content.content_category,
        file_url=content.file_url,
        file_path=content.file_path,
        thumbnail_url=f"{PREFIX}/content/library/{content.id}/preview?width={SMALL_PX}" if is_seen else None,
        file_size=content.file_size,
        width=content.width,
        height=content.height,
        duration=content.duration,
        mime_type=content.mime_type,
        prompt=content.prompt or None,
        negative_prompt=content.negative_prompt or None,
        generation_settings=content.generation_settings,
        quality_score=content.quality_score,
        quality_checks=content.checks,
        approval_status=content.approval_status,
        rejection_reason=content.rejection_reason,
        is_nsfw=content.is_nsfw,
        description=content.description,
        tags=list(content.tags),
        folder_path=content.folder_path,
        times_used=content.times_used,
        last_used_at=iso_seconds(content.last_used_at),
        job_id=content.job_id,
        source_id=content.source_id,
        platform=content.platform,
        deleted_at=iso_seconds(content.deleted_at),
        created_at=iso_seconds(content.created_at) or "",
        updated_at=iso_seconds(content.updated_at) or "",
    )


def line_of(entry: Entry) -> HistoryLine:
    """A line of a history as routes tell it."""
    return HistoryLine(action=entry.what, reason=entry.reason, at=iso_seconds(entry.at) or "")


ITEM: dict[str, Any] = {
    "id": _ID,
    "character_id": _CHARACTER,
    "character_name": "Nora",
    "content_type": "image",
    "content_category": "post",
    "file_url": f"/content/{_ID}.png",
    "file_path": f"content/{_ID}.png",
    "thumbnail_url": f"{PREFIX}/content/library/{_ID}/preview?width={SMALL_PX}",
    "file_size": 204_800,
    "width": 1024,
    "height": 1024,
    "duration": None,
    "mime_type": "image/png",
    "prompt": "a knight, red cape",
    "negative_prompt": None,
    "generation_settings": {"seed": 7, "steps": 20, "workflow": "sdxl"},
    "quality_score": 8.5,
    "quality_checks": [],
    "approval_status": "approved",
    "rejection_reason": None,
    "is_nsfw": False,
    "description": "Updated description",
    "tags": ["tag1", "tag2"],
    "folder_path": "/path/to/folder",
    "times_used": 0,
    "last_used_at": None,
    "job_id": "3c4f2c0a-0e57-4a3e-8a43-5e8f7a1b9c11",
    "source_id": None,
    "platform": None,
    "deleted_at": None,
    "created_at": _AT,
    "updated_at": _AT,
}
PAGE = {"items": [ITEM], "total": 1, "limit": 50, "offset": 0}
STATS = {
    "total": 150,
    "by_type": {"image": 140, "video": 10, "text": 0, "audio": 0},
    "by_approval_status": {"pending": 120, "approved": 25, "rejected": 5},
    "total_bytes": 314_572_800,
    "bytes_by_type": {"image": 209_715_200, "video": 104_857_600, "text": 0, "audio": 0},
    "average_quality_score": 7.9,
    "nsfw": 0,
    "by_character": [
        {"character_id": _CHARACTER, "character_name": "Nora", "count": 150, "bytes": 314_572_800}
    ],
    "by_folder": {"/path/to/folder": 3},
    "by_tag": {"tag1": 12},
}
APPROVED = {"approved": 2, "failed": 0, "total": 2, "failed_ids": []}
REJECTED = {"rejected": 2, "failed": 0, "total": 2, "failed_ids": []}
RESTORED = {"restored": 2, "failed": 0, "total": 2, "failed_ids": []}
DELETED = {
    "deleted": 2,
    "failed": 0,
    "total": 2,
    "failed_ids": [],
    "restorable_until": "2025-12-24T15:00:00Z",
}
DELETED_ITEM = {"id": _ID, "deleted": True, "restorable_until": "2025-12-24T15:00:00Z"}
HISTORY = {"content_id": _ID, "history": [{"action": "approved", "reason": None, "at": _AT}]}
