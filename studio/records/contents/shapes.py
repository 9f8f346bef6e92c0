"""What a kept content is, which of them are asked for, and sums over them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

ContentType = Literal["image", "video", "text", "audio"]
Approval = Literal["pending", "approved", "rejected"]
Category = Literal["post", "story", "reel", "short", "message"]
Sort = Literal["newest", "oldest", "name", "quality", "size", "used"]
TYPES: tuple[ContentType, ...] = get_args(ContentType)
APPROVALS: tuple[Approval, ...] = get_args(Approval)
FOLDER = "content"  # below the storage root, and the first part of each address
# What may be changed from outside; the rest says what a file is.
CHANGEABLE = frozenset(
    {
        "character_id",
        "content_category",
        "platform",
        "prompt",
        "negative_prompt",
        "generation_settings",
        "quality_score",
        "checks",
        "approval_status",
        "rejection_reason",
        "is_nsfw",
        "description",
        "folder_path",
    }
)


@dataclass(frozen=True)
class Content:
    """One kept file, with what is known and thought of it."""

    seq: int
    id: str
    job_id: str | None  # which made it
    source_id: str | None  # the content from which it was made
    character_id: str | None
    visitor: str | None
    content_type: ContentType
    content_category: Category | None
    platform: str | None  # for which it was made
    name: str  # of its file
    mime_type: str
    file_size: int
    width: int | None
    height: int | None
    duration: float | None
    sha256: str
    prompt: str
    negative_prompt: str
    generation_settings: dict[str, Any]
    quality_score: float | None  # 0..10
    checks: list[dict[str, Any]]  # of which the score is made
    approval_status: Approval
    rejection_reason: str | None
    is_nsfw: bool
    description: str | None
    folder_path: str | None
    times_used: int
    last_used_at: float | None
    created_at: float
    updated_at: float
    deleted_at: float | None
    character_name: str | None
    tags: tuple[str, ...] = ()

    @property
    def file_path(self) -> str:
        """Where its file lies below the storage root."""
        return f"{FOLDER}/{self.name}"

    @property
    def file_url(self) -> str:
        """Its address, from the root of the server."""
        return f"/{FOLDER}/{self.name}"


@dataclass(frozen=True)
class NewContent:
    """A file that is about to be kept."""

    id: str
    content_type: ContentType
    name: str
    mime_type: str
    file_size: int
    sha256: str
    created_at: float
    width: int | None = None
    height: int | None = None
    duration: float | None = None
    job_id: str | None = None
    source_id: str | None = None
    character_id: str | None = None
    visitor: str | None = None
    content_category: str | None = None
    platform: str | None = None
    prompt: str = ""
    negative_prompt: str = ""
    generation_settings: Mapping[str, Any] | None = None
    quality_score: float | None = None
    is_nsfw: bool = False
    description: str | None = None
    folder_path: str | None = None


@dataclass(frozen=True)
class Filter:
    """Which contents are asked for; what is empty asks for all."""

    search: str = ""  # words of the prompt, the description and the tags
    character_id: str | None = None
    types: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()  # all of them
    folder: str | None = None  # with what lies below it
    platform: str | None = None
    min_quality: float | None = None
    max_quality: float | None = None
    nsfw: bool | None = None
    source_id: str | None = None
    names: tuple[str, ...] = ()
    before: float | None = None  # made before that time
    deleted: bool = False  # what can still be taken back, instead of what is there
    sort: Sort = "newest"


@dataclass(frozen=True)
class Entry:
    """One line of a content's history."""

    what: str
    reason: str | None
    visitor: str | None
    at: float


@dataclass(frozen=True)
class Stats:
    """Sums over contents."""

    total: int
    total_bytes: int
    by_type: dict[str, int]
    by_status: dict[str, int]
    bytes_by_type: dict[str, int]
    average_quality: float | None
    nsfw: int


@dataclass(frozen=True)
class Held:
    """What one character's contents take."""

    character_id: str | None
    character_name: str | None
    count: int
    bytes: int
