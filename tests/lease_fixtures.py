"""Tasks claimed and sent, and every write that a worker may try."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from studio.records import Database, leases
from studio.records.entities import Task
from tests.studio_fixtures import output_of, reread

LEASE_S = 10.0
PROBLEM = {"code": "job_timeout", "message": "too late", "hint": ""}

Write = Callable[[Database, Task, str], object]
WRITES: dict[str, Write] = {
    "bind": lambda db, task, token: leases.bind(db, task, token, "elsewhere", "q", 200.0),
    "mark_sent": lambda db, task, token: leases.mark_sent(db, task, token, 200.0),
    "renew": lambda db, task, token: leases.renew(db, [(task.id, token)], 200.0, LEASE_S),
    "write_progress": lambda db, task, token: leases.write_progress(db, task, token, 50.0, 200.0),
    "complete": lambda db, task, token: leases.complete(
        db, task, token, [output_of(task)], ["a note"], 200.0
    ),
    "fail": lambda db, task, token: leases.end(db, task, token, "failed", PROBLEM, 200.0),
    "cancel": lambda db, task, token: leases.end(db, task, token, "cancelled", None, 200.0),
    "hand_back": lambda db, task, token: leases.hand_back(db, task, token, 200.0),
    "start_over": lambda db, task, token: leases.start_over(
        db, task, token, run_at=200.0, now=200.0, failed=True, error=PROBLEM
    ),
    "set_aside": lambda db, task, token: leases.set_aside(
        db, task, token, [*task.tried, {"seed": task.seed, "score": 0.5}], seed=task.seed + 1, now=200.0
    ),
    "advance": lambda db, task, token: leases.advance(db, task, token, ["a.mp4"], 3, 200.0, share=0.3),
    "unbind": lambda db, task, token: leases.unbind(db, task, token, 200.0),
}


def claim(database: Database, token: str = "mine", *, now: float = 100.0, server: str = "s") -> Task | None:
    return leases.claim(database, server, list(leases.all_needs(database)), token, now, LEASE_S)


def claimed(database: Database, token: str = "mine", *, now: float = 100.0, server: str = "s") -> Task:
    task = claim(database, token, now=now, server=server)
    assert task is not None
    return task


def sent(database: Database, token: str = "mine", *, now: float = 100.0) -> Task:
    """A task that was claimed and accepted by server s as prompt p."""
    task = claimed(database, token, now=now)
    assert leases.bind(database, task, token, "s", "p", now)
    assert leases.mark_sent(database, task, token, now)
    return reread(database, task.job_id).tasks[task.position]


def everything(database: Database) -> list[list[Any]]:
    return [
        [tuple(row) for row in database.connection.execute(f"SELECT * FROM {table}")]
        for table in ("jobs", "tasks", "outputs", "events")
    ]
