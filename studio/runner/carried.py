"""The work that this process has claimed, and what it has heard about each piece."""

from __future__ import annotations

import threading
import time
import uuid
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from studio.comfy.events import RemoteOutput
from studio.comfy.pool import Server
from studio.records.entities import Task
from studio.records.runs import Work

SENT_LATELY = 256  # prompts; a server's queue was read a few seconds ago and may still list them
TASK_NAMESPACE = uuid.UUID("6f7d3c1e-5a0b-4f4e-9d61-0f7f0a7b2c55")


def prompt_id_of(task: Task) -> str:
    """The id under which an attempt of a task is sent; the same after a crash."""
    return str(uuid.uuid5(TASK_NAMESPACE, f"{task.id}/{task.attempt}"))


@dataclass(eq=False)
class Carried:
    """A task under our lease, and what has been heard about it."""

    task: Task
    token: str
    server: Server
    prompt_id: str
    heard_at: float = field(default_factory=time.monotonic)
    sent: bool = False
    progress: float = 0.0
    share: tuple[float, float] = (0.0, 1.0)  # of the whole task: where this run begins and ends
    progress_of: frozenset[str] = frozenset()  # nodes whose progress counts; none: all
    written_progress: float = 0.0
    written_at: float = 0.0
    outputs: list[RemoteOutput] = field(default_factory=list)
    extras: list[Mapping[str, Any]] = field(default_factory=list)
    socket_whole: bool = True  # whether no event can have been missed
    said: str = ""
    said_at: float = 0.0
    cancel_sent_at: float | None = None
    deadline_passed: bool = False
    work: Work | None = None  # what it is, for the record of what it took
    is_cold: bool = False  # whether its server had to load the models for it
    began_at: float | None = None
    has_worked: bool = False  # not all of it was known to the server already

    def note_progress(self, share: float, most: float) -> None:
        """Note how much of this run is done; the whole task is at `most` percent when all of it is."""
        begin, end = self.share
        self.progress = max(self.progress, most * (begin + (end - begin) * share))

    def ask_soon(self) -> None:
        """Have the server asked about this at the next tick, as something may have been missed."""
        self.heard_at = 0.0


class Board:
    """What is on servers now, and what is just being ended; whoever takes a piece off decides its end."""

    def __init__(self) -> None:
        self._on_servers: dict[str, Carried] = {}  # by prompt id
        self._sent_lately: deque[str] = deque(maxlen=SENT_LATELY)
        self._ending: set[Carried] = set()
        self._lock = threading.Lock()

    def put(self, carried: Carried) -> None:
        """Note that a piece is on its way to its server."""
        with self._lock:
            self._on_servers[carried.prompt_id] = carried
            self._sent_lately.append(carried.prompt_id)

    def has_sent(self, prompt_id: str) -> bool:
        """Whether a prompt is ours, or was until lately."""
        with self._lock:
            return prompt_id in self._on_servers or prompt_id in self._sent_lately

    def take(self, prompt_id: str) -> Carried | None:
        """Take a piece off; only one caller gets it."""
        with self._lock:
            return self._on_servers.pop(prompt_id, None)

    def take_to_end(self, carried: Carried) -> bool:
        """Take a piece off to end it; its lease is kept until `ended`."""
        with self._lock:
            if self._on_servers.pop(carried.prompt_id, None) is None:
                return False
            self._ending.add(carried)
            return True

    def ended(self, carried: Carried) -> None:
        """Note that the records know the end of a piece."""
        with self._lock:
            self._ending.discard(carried)

    def get(self, prompt_id: str) -> Carried | None:
        """The piece with this prompt id, if it is on a server."""
        with self._lock:
            return self._on_servers.get(prompt_id)

    def on(self, server: Server) -> list[Carried]:
        """What is on one server."""
        with self._lock:
            return [carried for carried in self._on_servers.values() if carried.server is server]

    def on_servers(self) -> list[Carried]:
        """What is on any server."""
        with self._lock:
            return list(self._on_servers.values())

    def held(self) -> list[Carried]:
        """Everything whose lease is ours."""
        with self._lock:
            return [*self._on_servers.values(), *self._ending]

    def clear(self) -> list[Carried]:
        """Take everything off."""
        with self._lock:
            left = list(self._on_servers.values())
            self._on_servers.clear()
            return left
