"""What a job was when it was last heard of: frozen objects, read from plain values."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal, TypeVar

Status = Literal["queued", "processing", "completed", "failed", "cancelled"]
FINAL: frozenset[str] = frozenset({"completed", "failed", "cancelled"})

T = TypeVar("T")


def read_as(kind: type[T], values: Mapping[str, Any]) -> T:
    """A dataclass out of JSON; members that a newer studio knows are left out."""
    known = {field.name for field in fields(kind)}  # pyright: ignore[reportArgumentType]
    return kind(**{name: value for name, value in values.items() if name in known})


@dataclass(frozen=True)
class OutputState:
    """One finished file."""

    id: str
    job_id: str
    name: str
    view: str
    media: str
    mime_type: str
    size: int
    width: int | None
    height: int | None
    sha256: str
    seed: int
    drift: dict[str, float] | None = None


@dataclass(frozen=True)
class TaskState:
    """One view's share of the work."""

    view: str
    status: Status
    progress: float
    seed: int
    server: str | None
    error: dict[str, Any] | None


@dataclass(frozen=True)
class JobState:
    """A whole job; times are seconds since 1970."""

    id: str
    kind: str
    door: str
    status: Status
    progress: float
    said: str
    prompt: str
    seed: int
    engine: str
    workflow: str
    priority: int
    parent_id: str | None
    metadata: dict[str, Any] | None
    notes: tuple[str, ...]
    error: dict[str, Any] | None
    created_at: float
    started_at: float | None
    completed_at: float | None
    request: dict[str, Any]
    tasks: tuple[TaskState, ...]
    outputs: tuple[OutputState, ...]

    @property
    def is_final(self) -> bool:
        """Whether nothing will change any more."""
        return self.status in FINAL


@dataclass(frozen=True)
class PageState:
    """Some of the jobs, newest first, and how many there are."""

    total: int
    jobs: tuple[JobState, ...]


@dataclass(frozen=True)
class Event:
    """One thing that happened to a job."""

    seq: int
    kind: str
    data: dict[str, Any]
    at: datetime.datetime


@dataclass(frozen=True)
class Upload:
    """A picture or recording that the studio keeps for requests."""

    id: str
    filename: str
    size: int
    mime_type: str
    sha256: str = ""
    is_duplicate: bool = False


@dataclass(frozen=True)
class Swatch:
    """One of a character's colours."""

    hex: str
    name: str
    share: float


@dataclass(frozen=True)
class SheetState:
    """What a composed sheet is."""

    job_id: str
    width: int
    height: int
    palette: tuple[Swatch, ...]
    notes: tuple[str, ...]
    recipe: dict[str, Any]


@dataclass(frozen=True)
class FileData:
    """A file that was made for taking away."""

    filename: str
    data: bytes
    notes: str = ""


def read_job(values: Mapping[str, Any]) -> JobState:
    """A job as `studio.telling` or the REST answer has it."""
    return read_as(
        JobState,
        {
            **values,
            "notes": tuple(values["notes"]),
            "tasks": tuple(read_as(TaskState, task) for task in values["tasks"]),
            "outputs": tuple(read_as(OutputState, output) for output in values["outputs"]),
        },
    )


@dataclass(frozen=True)
class CharacterState:
    """A kept character; times are texts in UTC."""

    id: str
    name: str
    status: str
    bio: str | None
    age: int | None
    location: str | None
    timezone: str | None
    interests: tuple[str, ...]
    personality: dict[str, Any]
    appearance: dict[str, Any]
    costumes: dict[str, str]
    styles: tuple[dict[str, Any], ...]
    look_seed: int
    look: str
    open_traits: dict[str, str]
    face_reference_file_id: str | None
    notes: tuple[str, ...]
    created_at: str
    updated_at: str


@dataclass(frozen=True)
class CharacterPage:
    """Some characters, and how many match."""

    total: int
    characters: tuple[CharacterState, ...]


def read_character(values: Mapping[str, Any]) -> CharacterState:
    """A character out of JSON."""
    listed = {name: tuple(values[name]) for name in ("interests", "styles", "notes")}
    return read_as(CharacterState, {**values, **listed})


def read_page(values: Mapping[str, Any]) -> PageState:
    """A page of jobs."""
    return PageState(values["total"], tuple(read_job(job) for job in values["jobs"]))


def read_event(values: Mapping[str, Any]) -> Event:
    """One event, with its time as people write it."""
    at = datetime.datetime.fromtimestamp(values["at"], datetime.UTC)
    return Event(values["seq"], values["kind"], values["data"], at)


def read_sheet(values: Mapping[str, Any]) -> SheetState:
    """A sheet as its REST answer has it."""
    return SheetState(
        values["generation_id"],
        values["width"],
        values["height"],
        tuple(read_as(Swatch, swatch) for swatch in values["palette"]),
        tuple(values["notes"]),
        values["recipe"],
    )
