"""Jobs, tasks, outputs and events: written in one transaction each, read with few queries."""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Any

from studio.errors import StudioError
from studio.records.database import Database
from studio.records.entities import FINAL, Event, Job, Output, Task
from studio.records.statements import slots, storable


@dataclass(frozen=True)
class NewTask:
    """A task that is about to be recorded; a finished one brings its outputs with it."""

    id: str
    view: str
    seed: int
    needs: str  # JSON, as the workflow library writes it
    outputs: tuple[Output, ...] = ()
    step: str = "{}"  # JSON, as the workflow library writes it
    follows: str | None = None  # the id of the task whose picture it needs; that one comes before it


@dataclass(frozen=True)
class NewJob:
    """A job that is about to be recorded."""

    id: str
    kind: str
    door: str
    priority: int
    prompt: str
    request_json: str
    workflow: str
    engine: str
    seed: int
    created_at: float
    run_at: float
    deadline_at: float
    parent_id: str | None = None
    metadata: dict[str, Any] | None = None
    notes: tuple[str, ...] = ()
    asked: dict[str, Any] | None = None  # the request in its family's own words, to be echoed
    cancel_at: float | None = None
    visitor: str | None = None
    character_id: str | None = None


def _columns(entity: type) -> str:
    return ", ".join(field.name for field in fields(entity))


TASK_COLUMNS = _columns(Task)
OUTPUT_COLUMNS = _columns(Output)

UNOWNED = "lease_token IS NULL AND status IN ('queued', 'processing')"
CLAIMABLE = f"{UNOWNED} AND blocked = 0"


def insert(connection: sqlite3.Connection, job: NewJob, tasks: Sequence[NewTask]) -> None:
    """Record a job and its tasks; called inside the caller's transaction."""
    connection.execute(
        """INSERT INTO jobs (id, kind, door, status, priority, prompt, request, workflow, engine, seed,
                             parent_id, metadata, notes, created_at, run_at, deadline_at, progress,
                             updated_at, cancel_at, asked, visitor, character_id)
           VALUES (?, ?, ?, 'queued', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
        (
            *(
                job.id,
                job.kind,
                job.door,
                job.priority,
                job.prompt,
                job.request_json,
                job.workflow,
                job.engine,
            ),
            *(job.seed, job.parent_id, json.dumps(job.metadata) if job.metadata is not None else None),
            *(json.dumps(list(job.notes)), job.created_at, job.run_at, job.deadline_at),
            100.0 * sum(bool(task.outputs) for task in tasks) / len(tasks),
            *(job.created_at, job.cancel_at, json.dumps(job.asked) if job.asked is not None else None),
            job.visitor,
            job.character_id,
        ),
    )
    finished = {task.id for task in tasks if task.outputs}
    for position, task in enumerate(tasks):
        done = bool(task.outputs)
        blocked = task.follows is not None and task.follows not in finished and not done
        connection.execute(
            """INSERT INTO tasks (id, job_id, position, view, seed, needs, status, priority, run_at,
                                  deadline_at, progress, created_at, completed_at, step, follows, blocked)
               VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
            (
                *(task.id, job.id, position, task.view, task.seed, needs_id(connection, task.needs)),
                *("completed" if done else "queued", job.priority, job.run_at, job.deadline_at),
                *(100.0 if done else 0.0, job.created_at, job.created_at if done else None),
                *(task.step, task.follows, int(blocked)),
            ),
        )
        add_outputs(connection, task.outputs)
    add_event(connection, job.id, "queued", {}, job.created_at)


def needs_id(connection: sqlite3.Connection, text: str) -> int:
    """The number of what is needed; tasks that need the same share it."""
    connection.execute("INSERT OR IGNORE INTO needs (text) VALUES (?)", (text,))
    return connection.execute("SELECT id FROM needs WHERE text = ?", (text,)).fetchone()[0]


def add_outputs(connection: sqlite3.Connection, outputs: Iterable[Output]) -> None:
    """Record finished files; one that is recorded already is replaced."""
    connection.executemany(
        f"""INSERT INTO outputs ({OUTPUT_COLUMNS}) VALUES ({slots(fields(Output))})
            ON CONFLICT (job_id, name) DO UPDATE SET size = excluded.size, sha256 = excluded.sha256,
                width = excluded.width, height = excluded.height, filename = excluded.filename,
                drift = excluded.drift, duration_s = excluded.duration_s, frames = excluded.frames""",
        [tuple(getattr(output, field.name) for field in fields(Output)) for output in outputs],
    )


def add_event(
    connection: sqlite3.Connection,
    job_id: str,
    kind: str,
    data: dict[str, Any],
    at: float,
    task_id: str | None = None,
) -> None:
    """Record that something happened to a job."""
    connection.execute(
        "INSERT INTO events (job_id, task_id, kind, data, at) VALUES (?, ?, ?, ?, ?)",
        (job_id, task_id, kind, json.dumps(data), at),
    )


def get(database: Database, job_id: str) -> Job | None:
    """One job with its tasks and outputs."""
    with database.read():
        rows = database.rows("SELECT * FROM jobs WHERE id = ?", (storable(job_id),))
        return _assemble(database, rows)[0] if rows else None


def get_task(database: Database, task_id: str) -> Task | None:
    """One task."""
    row = database.row(f"SELECT {TASK_COLUMNS} FROM tasks WHERE id = ?", (task_id,))
    return Task(**row) if row else None


def by_numbers(database: Database, numbers: Sequence[int]) -> list[Job]:
    """The jobs with these numbers, the newest first."""
    rows = database.rows(
        f"SELECT * FROM jobs WHERE seq IN ({slots(numbers)}) ORDER BY seq DESC", list(numbers)
    )
    return _assemble(database, rows)


def _assemble(database: Database, rows: list[dict[str, Any]]) -> list[Job]:
    ids = [row["id"] for row in rows]
    if not ids:
        return []
    tasks: dict[str, list[Task]] = defaultdict(list)
    outputs: dict[str, list[Output]] = defaultdict(list)
    marks = slots(ids)
    connection = database.connection
    for row in connection.execute(
        f"SELECT {TASK_COLUMNS} FROM tasks WHERE job_id IN ({marks}) ORDER BY job_id, position", ids
    ):
        tasks[row[1]].append(Task(*row))
    for row in connection.execute(
        f"""SELECT {OUTPUT_COLUMNS} FROM outputs WHERE job_id IN ({marks})
            ORDER BY job_id, (SELECT position FROM tasks WHERE id = task_id), position""",
        ids,
    ):
        outputs[row[1]].append(Output(*row))
    return [_job(row, tuple(tasks[row["id"]]), tuple(outputs[row["id"]])) for row in rows]


def _job(row: dict[str, Any], tasks: tuple[Task, ...], outputs: tuple[Output, ...]) -> Job:
    values = {key: value for key, value in row.items() if key not in {"seq", "request"}}
    values["request_json"] = row["request"]
    values["metadata"] = json.loads(row["metadata"]) if row["metadata"] else None
    values["asked"] = json.loads(row["asked"]) if row["asked"] else None
    values["notes"] = tuple(json.loads(row["notes"])) if row["notes"] != "[]" else ()
    values["error"] = json.loads(row["error"]) if row["error"] else None
    return Job(**values, tasks=tasks, outputs=outputs)


def events(database: Database, job_id: str, after: int = 0, limit: int = 1000) -> list[Event]:
    """What happened to a job, in order."""
    return [
        Event(**{**row, "data": json.loads(row["data"])})
        for row in database.rows(
            """SELECT seq, job_id, task_id, kind, data, at FROM events
               WHERE job_id = ? AND seq > ? ORDER BY seq LIMIT ?""",
            (job_id, after, limit),
        )
    ]


def said(database: Database, job_id: str) -> str:
    """What a server last said about a job's work, unless something has come of it since."""
    row = database.connection.execute(
        """SELECT data FROM events
           WHERE job_id = ? AND kind IN ('message', 'output', 'ended', 'retry', 'lost')
           ORDER BY seq DESC LIMIT 1""",
        (job_id,),
    ).fetchone()
    return json.loads(row[0]).get("text", "") if row else ""


def request_cancel(database: Database, job_id: str, now: float) -> Job | None:
    """Cancel what waits at once and mark what runs; whoever carries the rest sees the mark."""
    with database.write() as connection:
        # What has a prompt id may be on a server, where somebody has to stop it.
        connection.execute(
            f"""UPDATE tasks SET status = 'cancelled', completed_at = ?
                WHERE job_id = ? AND {UNOWNED} AND prompt_id IS NULL""",
            (now, job_id),
        )
        connection.execute(
            """UPDATE tasks SET cancel_requested = 1
               WHERE job_id = ? AND status IN ('queued', 'processing')""",
            (job_id,),
        )
        settle(connection, job_id, now)
    return get(database, job_id)


def cancel_overdue(database: Database, now: float) -> int:
    """Cancel what is not finished by the time for which its client would wait."""
    condition = "cancel_at <= ? AND status IN ('queued', 'processing')"
    if not database.connection.execute(f"SELECT 1 FROM jobs WHERE {condition} LIMIT 1", (now,)).fetchone():
        return 0
    with database.write() as connection:
        rows = connection.execute(
            f"SELECT id, notes, cancel_at - created_at AS seconds FROM jobs WHERE {condition}", (now,)
        ).fetchall()
        for row in rows:
            note = f"cancelled, as it was not finished within {row['seconds']:g} s"
            connection.execute(
                "UPDATE jobs SET cancel_at = NULL, notes = ? WHERE id = ?",
                (json.dumps([*json.loads(row["notes"]), note]), row["id"]),
            )
            request_cancel(database, row["id"], now)
    return len(rows)


@dataclass(frozen=True)
class Mark:
    """What tells whether something has happened to a job."""

    status: str
    progress: float
    last_event: int


def marks(database: Database, job_ids: Sequence[str]) -> dict[str, Mark]:
    """How these jobs stand; those that are gone are left out."""
    found: dict[str, Mark] = {}
    for start in range(0, len(job_ids), 500):
        part = job_ids[start : start + 500]
        for row in database.connection.execute(
            f"""SELECT id, status, progress,
                       (SELECT coalesce(max(seq), 0) FROM events WHERE job_id = jobs.id)
                FROM jobs WHERE id IN ({slots(part)})""",
            list(part),
        ):
            found[row[0]] = Mark(*row[1:])
    return found


def settle(connection: sqlite3.Connection, job_id: str, now: float) -> None:
    """Bring a job's state in line with its tasks, and tasks that wait for another one with that one."""
    _settle_followers(connection, job_id, now)
    tasks = connection.execute(
        """SELECT status, progress, error, started_at FROM tasks WHERE job_id = ? ORDER BY position""",
        (job_id,),
    ).fetchall()
    job = connection.execute("SELECT status FROM jobs WHERE id = ?", (job_id,)).fetchone()
    if job is None or not tasks or job["status"] in FINAL:
        return
    states = {task["status"] for task in tasks}
    started = [task["started_at"] for task in tasks if task["started_at"] is not None]
    if states <= FINAL:
        status = next((state for state in ("failed", "cancelled") if state in states), "completed")
    else:
        status = "processing" if started else "queued"
    done = sum(100.0 if task["status"] == "completed" else task["progress"] for task in tasks)
    progress = done / len(tasks)
    final = status in FINAL
    connection.execute(
        """UPDATE jobs SET status = ?, progress = ?, started_at = coalesce(started_at, ?),
                           completed_at = ?, error = ?, updated_at = ? WHERE id = ?""",
        (
            *(status, 100.0 if status == "completed" else progress, min(started, default=None)),
            *(now if final else None, next((task["error"] for task in tasks if task["error"]), None)),
            *(now, job_id),
        ),
    )
    if final:
        add_event(connection, job_id, status, {}, now)


def _settle_followers(connection: sqlite3.Connection, job_id: str, now: float) -> None:
    """Let go what waited for a task that is completed now; end what waited for one that ended otherwise."""
    waiting = connection.execute(
        """SELECT tasks.id, tasks.view, awaited.view AS awaited_view, awaited.status, awaited.error
           FROM tasks JOIN tasks AS awaited ON awaited.id = tasks.follows
           WHERE tasks.job_id = ? AND tasks.blocked = 1
               AND tasks.status IN ('queued', 'processing')
               AND awaited.status IN ('completed', 'failed', 'cancelled')""",
        (job_id,),
    ).fetchall()
    for row in waiting:
        if row["status"] == "completed":
            connection.execute("UPDATE tasks SET blocked = 0 WHERE id = ?", (row["id"],))
            continue
        problem = None
        if row["status"] == "failed":
            first = json.loads(row["error"] or "{}")
            problem = StudioError(
                "view_missing",
                view=row["view"],
                awaited=row["awaited_view"],
                why=first.get("message", "it failed"),
                remedy=first.get("hint", ""),
            ).to_json()
        connection.execute(
            "UPDATE tasks SET status = ?, error = ?, completed_at = ?, blocked = 0 WHERE id = ?",
            (row["status"], json.dumps(problem) if problem else None, now, row["id"]),
        )
        data = {"view": row["view"], "status": row["status"], "error": problem}
        add_event(connection, job_id, "ended", data, now, row["id"])


def delete(connection: sqlite3.Connection, job_id: str) -> bool:
    """Remove a job with everything that hangs on it; called inside the caller's transaction."""
    return connection.execute("DELETE FROM jobs WHERE id = ?", (job_id,)).rowcount > 0


def waiting_count(database: Database) -> int:
    """How many tasks nobody has taken yet."""
    return database.connection.execute(f"SELECT count(*) FROM tasks WHERE {UNOWNED}").fetchone()[0]


def unfinished_of(connection: sqlite3.Connection, visitor: str) -> int:
    """How many jobs of a visitor wait or run."""
    sql = "SELECT count(*) FROM jobs WHERE visitor = ? AND status IN ('queued', 'processing')"
    return int(connection.execute(sql, [visitor]).fetchone()[0])


def prioritise(database: Database, job_id: str, priority: int) -> None:
    """Change how soon a job's waiting tasks are taken; higher goes first."""
    with database.write() as connection:
        connection.execute("UPDATE jobs SET priority = ? WHERE id = ?", (priority, job_id))
        connection.execute(
            "UPDATE tasks SET priority = ? WHERE job_id = ? AND status IN ('queued', 'processing')",
            (priority, job_id),
        )
