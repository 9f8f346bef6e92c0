"""What waits, in the order in which it will be taken."""

from __future__ import annotations

from studio.records.database import Database
from studio.records.jobs import CLAIMABLE
from studio.records.own import only_own


def ahead(database: Database, job_id: str) -> int:
    """How many other jobs have work that is taken before this one's."""
    first = database.row(
        f"""SELECT priority, seq FROM tasks WHERE job_id = ? AND {CLAIMABLE}
            ORDER BY priority DESC, seq LIMIT 1""",
        (job_id,),
    )
    if first is None:
        return 0
    found = database.connection.execute(
        f"""SELECT count(DISTINCT job_id) FROM tasks
            WHERE {CLAIMABLE} AND job_id != ? AND (priority > ? OR (priority = ? AND seq < ?))""",
        (job_id, first["priority"], first["priority"], first["seq"]),
    ).fetchone()
    return int(found[0])


def waiting(database: Database, limit: int) -> list[str]:
    """The jobs that nobody has begun, the next one first."""
    own, values = only_own("seq")
    queued = " AND ".join(["status = 'queued'", *own])
    return [
        row[0]
        for row in database.connection.execute(
            f"""SELECT job_id FROM tasks WHERE {CLAIMABLE}
                    AND job_id IN (SELECT id FROM jobs WHERE {queued})
                GROUP BY job_id ORDER BY max(priority) DESC, min(seq) LIMIT ?""",
            [*values, limit],
        )
    ]


def highest_priority(database: Database) -> int:
    """The priority of what is taken next; 0 when nothing waits."""
    found = database.connection.execute(f"SELECT max(priority) FROM tasks WHERE {CLAIMABLE}").fetchone()
    return int(found[0] or 0)


def running(database: Database, job_id: str) -> int:
    """How many tasks of other jobs are being worked on."""
    found = database.connection.execute(
        "SELECT count(*) FROM tasks WHERE lease_token IS NOT NULL AND job_id != ?", (job_id,)
    ).fetchone()
    return int(found[0])
