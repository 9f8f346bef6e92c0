"""Numbers about jobs for whoever watches the studio: how many wait, and what has ended since a moment."""

from __future__ import annotations

from dataclasses import dataclass

from studio.records.database import Database
from studio.records.jobs import CLAIMABLE
from studio.records.statements import slots


@dataclass(frozen=True)
class Ended:
    """A job, or a piece of one, that came to its end."""

    kind: str  # of the job
    status: str
    server: str | None  # that made this piece; None for whole jobs
    seconds: float | None  # of a job from its creation, of a piece from when the server took it
    error_code: str | None


@dataclass(frozen=True)
class News:
    """What has happened since a moment, and the moment to ask for next."""

    seq: int
    jobs: tuple[Ended, ...]
    pieces: tuple[Ended, ...]
    retried: tuple[str, ...]  # the codes of errors after which work was tried again


@dataclass(frozen=True)
class Finished:
    """How many jobs were completed since a moment, and how long one took from when work on it began."""

    count: int
    mean_s: float | None


def finished_since(database: Database, moment: float) -> Finished:
    """What was completed since a moment."""
    row = database.connection.execute(
        """SELECT count(*), avg(completed_at - started_at) FROM jobs
           WHERE status = 'completed' AND completed_at >= ?""",
        (moment,),
    ).fetchone()
    return Finished(row[0], row[1])


def latest_event(database: Database) -> int:
    """The present moment."""
    return int(database.connection.execute("SELECT coalesce(max(seq), 0) FROM events").fetchone()[0])


def tasks_waiting(database: Database) -> int:
    """Pieces of work that nobody has taken yet."""
    return int(database.connection.execute(f"SELECT count(*) FROM tasks WHERE {CLAIMABLE}").fetchone()[0])


def tasks_running(database: Database) -> int:
    """Pieces of work that somebody carries."""
    found = database.connection.execute("SELECT count(*) FROM tasks WHERE lease_token IS NOT NULL")
    return int(found.fetchone()[0])


def jobs_by_state(database: Database) -> dict[tuple[str, str], int]:
    """How many jobs the records hold, by kind and status."""
    return {
        (row["kind"], row["status"]): row["count"]
        for row in database.rows("SELECT kind, status, count FROM job_counts")
    }


def news_since(database: Database, seq: int, limit: int) -> News:
    """What has ended or was tried again after a moment, at most so many events of it."""
    rows = database.rows(
        """SELECT seq, job_id, task_id, kind, json_extract(data, '$.error.code') AS code
           FROM events WHERE seq > ? ORDER BY seq LIMIT ?""",
        (seq, limit),
    )
    ended_jobs = [row["job_id"] for row in rows if row["kind"] in {"completed", "failed", "cancelled"}]
    ended_tasks = [row["task_id"] for row in rows if row["kind"] in {"output", "ended"}]
    return News(
        rows[-1]["seq"] if rows else seq,
        tuple(
            Ended(**row)
            for row in database.rows(
                f"""SELECT kind, status, NULL AS server, completed_at - created_at AS seconds,
                        json_extract(error, '$.code') AS error_code
                    FROM jobs WHERE id IN ({slots(ended_jobs)})""",
                ended_jobs,
            )
        ),
        tuple(
            Ended(**row)
            for row in database.rows(
                f"""SELECT jobs.kind AS kind, tasks.status AS status, server,
                        tasks.completed_at - sent_at AS seconds,
                        json_extract(tasks.error, '$.code') AS error_code
                    FROM tasks JOIN jobs ON jobs.id = tasks.job_id
                    WHERE tasks.id IN ({slots(ended_tasks)})""",
                ended_tasks,
            )
        ),
        tuple(row["code"] or "unknown" for row in rows if row["kind"] == "retry"),
    )
