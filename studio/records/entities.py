"""What the records hold, as frozen objects; states only move forward and a final one is never left."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

Status = Literal["queued", "processing", "completed", "failed", "cancelled"]
STATUSES: tuple[Status, ...] = ("queued", "processing", "completed", "failed", "cancelled")
FINAL: frozenset[str] = frozenset({"completed", "failed", "cancelled"})


@dataclass(frozen=True)
class Output:
    """One finished file of a job."""

    id: str
    job_id: str
    task_id: str
    position: int
    name: str  # the last segment of its address, and its name on disk
    filename: str  # as the server named it
    view: str
    media: str
    mime_type: str
    size: int
    width: int | None
    height: int | None
    sha256: str
    created_at: float
    drift: str | None = None  # how far its colours and shapes are from the front view's, as JSON
    duration_s: float | None = None  # of what moves or is heard
    frames: int | None = None  # of what moves

    @property
    def drift_from_front(self) -> dict[str, float] | None:
        """The parts of that distance with their sum as `score`; None where nothing was measured."""
        return json.loads(self.drift) if self.drift else None


@dataclass(frozen=True)
class Task:
    """One ComfyUI prompt of a job."""

    id: str
    job_id: str
    position: int
    view: str
    seed: int
    needs: int  # what a server must have to run it, by its row in needs
    status: Status
    priority: int
    run_at: float
    deadline_at: float
    attempt: int
    failures: int
    losses: int
    lease_token: str | None
    lease_until: float | None
    cancel_requested: int
    server: str | None
    prompt_id: str | None
    sent_at: float | None
    progress: float
    error: str | None
    created_at: float
    started_at: float | None
    completed_at: float | None
    step: str = "{}"  # JSON: slots that the studio fills, and what runs in place of the job's workflow
    follows: str | None = None  # the task of this job whose picture it needs
    blocked: int = 0  # whether that picture is still to come
    tries: str = "[]"  # JSON: what was made again because it was too far from the front view

    @property
    def is_final(self) -> bool:
        """Whether nothing will change any more."""
        return self.status in FINAL

    @property
    def tried(self) -> list[dict[str, Any]]:
        """Tries of this view with seed and score, oldest first; those that may still be kept with outputs."""
        return json.loads(self.tries)

    @property
    def problem(self) -> dict[str, Any] | None:
        """Its error as code, message, hint and facts."""
        return json.loads(self.error) if self.error else None


@dataclass(frozen=True)
class Job:
    """One request of somebody, with its tasks and what came of them."""

    id: str
    kind: str
    door: str
    status: Status
    priority: int
    prompt: str
    request_json: str
    workflow: str
    engine: str
    seed: int
    parent_id: str | None
    metadata: dict[str, Any] | None
    notes: tuple[str, ...]
    error: dict[str, Any] | None  # code, message, hint, facts
    progress: float
    created_at: float
    run_at: float
    deadline_at: float
    started_at: float | None
    completed_at: float | None
    updated_at: float
    cancel_at: float | None  # when it is cancelled unless it is finished
    asked: dict[str, Any] | None  # the request in its family's own words
    visitor: str | None  # who made it, where that matters; None: the owner
    character_id: str | None  # the kept character that it shows
    tasks: tuple[Task, ...]
    outputs: tuple[Output, ...]

    @cached_property
    def request(self) -> dict[str, Any]:
        """The whole request, with everything that was left open filled in."""
        return json.loads(self.request_json)

    @property
    def is_final(self) -> bool:
        """Whether nothing will change any more."""
        return self.status in FINAL


@dataclass(frozen=True)
class Event:
    """One thing that happened to a job."""

    seq: int
    job_id: str
    task_id: str | None
    kind: str
    data: dict[str, Any]
    at: float


@dataclass(frozen=True)
class Page:
    """Some of the matches, and how many there are."""

    total: int
    jobs: tuple[Job, ...]
    limit: int
    offset: int
