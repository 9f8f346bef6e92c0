"""The tasks at the head of the queue with the work that each of them is, and the claim of one of them."""

from __future__ import annotations

import json
from dataclasses import dataclass

from studio.records.database import Database
from studio.records.entities import Task
from studio.records.jobs import CLAIMABLE, TASK_COLUMNS
from studio.records.runs import Work, members, work_of
from studio.records.statements import slots


@dataclass(frozen=True)
class Waiting:
    """A task that could be sent now."""

    task_id: str
    job_id: str
    needs: int
    server: str | None  # where an earlier owner has sent it: only that server can say what became of it
    work: Work


def ready(database: Database, server: str, needs: dict[int, str], now: float, limit: int) -> list[Waiting]:
    """The first tasks that are ready for a server or for any, in the order in which they are due.

    `needs` has the models of each kind of needs that some server can meet.
    """
    # A view may have a workflow and values of its own, which its step tells.
    rows = database.connection.execute(
        f"""SELECT tasks.id, tasks.job_id, tasks.needs, tasks.server,
                   coalesce(json_extract(tasks.step, '$.values.workflow'), jobs.workflow),
                   json_extract(
                       json_patch(jobs.request, coalesce(json_extract(tasks.step, '$.values'), '{{}}')),
                       {", ".join(f"'$.{name}'" for name in members())}
                   )
            FROM (
                SELECT seq, id, job_id, needs, server, priority, step FROM tasks
                WHERE {CLAIMABLE} AND run_at <= ? AND (server IS NULL OR server = ?)
                    AND needs IN ({slots(needs)})
                ORDER BY priority DESC, seq LIMIT ?
            ) AS tasks JOIN jobs ON jobs.id = tasks.job_id
            ORDER BY tasks.priority DESC, tasks.seq""",
        (now, server, *needs, limit),
    ).fetchall()
    return [
        Waiting(
            task_id,
            job_id,
            number,
            bound_to,
            work_of(workflow, needs[number], dict(zip(members(), json.loads(values), strict=True))),
        )
        for task_id, job_id, number, bound_to, workflow, values in rows
    ]


def claim(
    database: Database, task_id: str, server: str, token: str, now: float, lease_s: float
) -> Task | None:
    """Take this very task, unless somebody else has it by now; it keeps its old state."""
    with database.write() as connection:
        row = connection.execute(
            f"""UPDATE tasks SET lease_token = ?, lease_until = ?
                WHERE id = ? AND {CLAIMABLE} AND (server IS NULL OR server = ?) RETURNING {TASK_COLUMNS}""",
            (token, now + lease_s, task_id, server),
        ).fetchone()
    return Task(*row) if row else None


def left_on(database: Database, server: str, now: float) -> str | None:
    """The first task that an earlier owner has sent to a server and nobody follows."""
    row = database.connection.execute(
        f"""SELECT id FROM tasks WHERE {CLAIMABLE} AND run_at <= ? AND server = ?
            ORDER BY priority DESC, seq LIMIT 1""",
        (now, server),
    ).fetchone()
    return row[0] if row else None


def unfinished_with(database: Database, workflow: str) -> int:
    """How many jobs that are not final yet use a workflow."""
    return database.connection.execute(
        "SELECT count(*) FROM jobs WHERE workflow = ? AND status IN ('queued', 'processing')", (workflow,)
    ).fetchone()[0]
