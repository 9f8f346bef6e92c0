"""Jobs of one door that make pictures: pages of them, and sums over all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from studio.records.database import Database
from studio.records.entities import Page
from studio.records.jobs import by_numbers
from studio.records.own import only_own
from studio.records.statements import slots

KINDS = ("avatar", "media")
_BATCH = "json_extract(request, '$.variants') > 1"


@dataclass(frozen=True)
class Sums:
    """How many jobs there are in each state, and what they were like."""

    by_status: dict[str, int]
    images: int  # that are there
    average_quality: float | None
    batches: int
    average_batch: float | None
    average_seconds: float | None


@dataclass(frozen=True)
class Batches:
    """How many jobs of several pictures there are in each state, and their pictures."""

    by_status: dict[str, int]
    wanted: dict[str, int]  # pictures that were asked for, by the state of their job
    made: int  # that are there


def _mine(door: str, kinds: Sequence[str] = KINDS) -> tuple[str, list[Any]]:
    conditions, values = only_own("seq")
    return " AND ".join(["door = ?", f"kind IN ({slots(kinds)})", *conditions]), [door, *kinds, *values]


def page(
    database: Database,
    door: str,
    statuses: Sequence[str],
    limit: int,
    offset: int,
    kinds: Sequence[str] = KINDS,
) -> Page:
    """The newest jobs, of all states unless some are named; and how many there are."""
    where, values = _mine(door, kinds)
    if statuses:
        where += f" AND status IN ({', '.join('?' * len(statuses))})"
        values += statuses
    with database.read() as connection:
        total = connection.execute(f"SELECT count(*) FROM jobs WHERE {where}", values).fetchone()[0]
        rows = connection.execute(
            f"SELECT seq FROM jobs WHERE {where} ORDER BY seq DESC LIMIT ? OFFSET ?", [*values, limit, offset]
        ).fetchall()
        return Page(total, tuple(by_numbers(database, [row[0] for row in rows])), limit, offset)


def ids(database: Database, door: str, kinds: Sequence[str] = ()) -> list[str]:
    """The ids of all jobs of a door, of some kinds or of all."""
    conditions, values = only_own("seq")
    if kinds:
        conditions = [f"kind IN ({', '.join('?' * len(kinds))})", *conditions]
        values = [*kinds, *values]
    rows = database.connection.execute(
        f"SELECT id FROM jobs WHERE {' AND '.join(['door = ?', *conditions])} ORDER BY seq", [door, *values]
    )
    return [row[0] for row in rows]


def sums(database: Database, door: str) -> Sums:
    """Sums over all jobs of pictures."""
    where, values = _mine(door)
    with database.read() as connection:
        by_status = _by_status(database, where, values)
        seconds = connection.execute(
            f"SELECT avg(completed_at - started_at) FROM jobs WHERE {where} AND status = 'completed'", values
        ).fetchone()[0]
        batches, size = connection.execute(
            f"SELECT count(*), avg(json_extract(request, '$.variants')) FROM jobs WHERE {where} AND {_BATCH}",
            values,
        ).fetchone()
        images = connection.execute(
            f"""SELECT count(*) FROM outputs
                WHERE media = 'image' AND job_id IN (SELECT id FROM jobs WHERE {where})""",
            values,
        ).fetchone()[0]
        quality = connection.execute(
            f"""SELECT avg(quality_score) FROM contents
                WHERE deleted_at IS NULL AND job_id IN (SELECT id FROM jobs WHERE {where})""",
            values,
        ).fetchone()[0]
    return Sums(by_status, images, quality, batches, size, seconds)


def batches(database: Database, door: str) -> Batches:
    """The same over jobs of several pictures."""
    where, values = _mine(door)
    where += f" AND {_BATCH}"
    with database.read() as connection:
        wanted = {
            row["status"]: row["wanted"]
            for row in database.rows(
                f"""SELECT status, sum(json_extract(request, '$.variants')) AS wanted
                    FROM jobs WHERE {where} GROUP BY status""",
                values,
            )
        }
        made = connection.execute(
            f"""SELECT count(*) FROM outputs
                WHERE media = 'image' AND job_id IN (SELECT id FROM jobs WHERE {where})""",
            values,
        ).fetchone()[0]
        return Batches(_by_status(database, where, values), wanted, made)


def _by_status(database: Database, where: str, values: Sequence[Any]) -> dict[str, int]:
    rows = database.rows(
        f"SELECT status, count(*) AS count FROM jobs WHERE {where} GROUP BY status", list(values)
    )
    return {row["status"]: row["count"] for row in rows}
