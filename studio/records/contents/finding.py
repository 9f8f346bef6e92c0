"""Kept content found: by ids, by filters in pages, by the job that made it, with its history."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any

from studio.records.contents.rows import COLUMNS, conditions, conditions_of_sums, read
from studio.records.contents.shapes import Content, Entry, Filter
from studio.records.database import Database
from studio.records.statements import parts, slots, storable

_ORDERS: dict[str, str] = {
    "newest": "seq DESC",
    "oldest": "seq",
    "name": "name, seq",
    "quality": "quality_score DESC, seq DESC",  # what was never judged comes last
    "size": "file_size DESC, seq DESC",
    "used": "times_used DESC, seq DESC",
}


def get(database: Database, content_id: str, *, deleted: bool = False) -> Content | None:
    """One content by its id; a deleted one only if that will do."""
    return _one(database, "id = ?", storable(content_id), deleted)


def named(database: Database, name: str) -> Content | None:
    """The content whose file has this name."""
    return _one(database, "name = ?", storable(name), False)


def _one(database: Database, condition: str, value: str, deleted: bool) -> Content | None:
    also = "" if deleted else " AND deleted_at IS NULL"
    with database.read() as connection:
        rows = connection.execute(
            f"SELECT {COLUMNS} FROM contents WHERE {condition}{also}", (value,)
        ).fetchall()
        return read(connection, rows)[0] if rows else None


def find(database: Database, ids: Sequence[str], *, deleted: bool = False) -> list[Content]:
    """These contents in the order of the ids; what is not there is left out."""
    also = "" if deleted else " AND deleted_at IS NULL"
    found: dict[str, Content] = {}
    with database.read() as connection:
        for part in parts(ids):
            rows = connection.execute(
                f"SELECT {COLUMNS} FROM contents WHERE id IN ({slots(part)}){also}", part
            ).fetchall()
            found |= {one.id: one for one in read(connection, rows)}
    return [found[one] for one in dict.fromkeys(ids) if one in found]


def of_job(database: Database, job_id: str) -> tuple[Content, ...]:
    """What came of a job, in its order; what it kept of an earlier one is that one's."""
    with database.read() as connection:
        rows = connection.execute(
            f"""SELECT {COLUMNS} FROM outputs
                JOIN gallery ON gallery.output_id = outputs.id
                JOIN tasks ON tasks.id = outputs.task_id
                JOIN contents ON contents.id = coalesce(gallery.copy_of, outputs.id)
                WHERE outputs.job_id = ? AND contents.deleted_at IS NULL
                ORDER BY tasks.position, outputs.position""",
            (storable(job_id),),
        ).fetchall()
        return tuple(read(connection, rows))


def page(database: Database, wanted: Filter, *, limit: int, offset: int = 0) -> tuple[list[Content], int]:
    """Some of the matches in the order that is asked for, and how many there are."""
    with database.read() as connection:
        where, values = conditions(wanted)
        members = f"FROM contents WHERE {' AND '.join(where)}"
        total = _count(connection, wanted, members, values)
        if offset >= total:
            return [], total
        # The rows themselves are only read for the page.
        numbers = [
            row[0]
            for row in connection.execute(
                f"SELECT seq {members} ORDER BY {_ORDERS[wanted.sort]} LIMIT ? OFFSET ?",
                [*values, limit, offset],
            )
        ]
        return _in_order(connection, numbers), total


def _count(connection: sqlite3.Connection, wanted: Filter, members: str, values: Sequence[Any]) -> int:
    plain = Filter(
        character_id=wanted.character_id,
        types=wanted.types,
        statuses=wanted.statuses,
        nsfw=wanted.nsfw,
        sort=wanted.sort,
    )
    if plain == wanted:
        # The sums know it; looking at each of them takes longer than all the rest.
        where, summed = conditions_of_sums(wanted)
        sql = f"SELECT coalesce(sum(contents), 0) FROM content_sums WHERE {where}"
        return int(connection.execute(sql, summed).fetchone()[0])
    return int(connection.execute(f"SELECT count(*) {members}", values).fetchone()[0])


def numbers(database: Database, wanted: Filter) -> list[int]:
    """All matches by their numbers, for whoever goes through them in parts."""
    where, values = conditions(wanted)
    sql = f"SELECT seq FROM contents WHERE {' AND '.join(where)} ORDER BY {_ORDERS[wanted.sort]}"
    return [row[0] for row in database.connection.execute(sql, values)]


def by_numbers(database: Database, wanted: Sequence[int]) -> list[Content]:
    """The contents with these numbers that are still there, in this order."""
    with database.read() as connection:
        return _in_order(connection, wanted)


def _in_order(connection: sqlite3.Connection, wanted: Sequence[int]) -> list[Content]:
    found: dict[int, Content] = {}
    for part in parts(wanted):
        rows = connection.execute(
            f"SELECT {COLUMNS} FROM contents WHERE seq IN ({slots(part)})", part
        ).fetchall()
        found |= {one.seq: one for one in read(connection, rows)}
    return [found[one] for one in wanted if one in found]


def history(database: Database, content_id: str) -> list[Entry]:
    """What was decided about a content, in order."""
    rows = database.connection.execute(
        """SELECT what, reason, content_history.visitor, at FROM content_history
           JOIN contents USING (seq) WHERE id = ? ORDER BY number""",
        (storable(content_id),),
    )
    return [Entry(*row) for row in rows]


def deleted_before(database: Database, at: float, limit: int) -> list[str]:
    """Contents whose time to be taken back is over."""
    rows = database.connection.execute("SELECT id FROM contents WHERE deleted_at < ? LIMIT ?", (at, limit))
    return [row[0] for row in rows]


def unknown_names(database: Database, names: Sequence[str]) -> set[str]:
    """Those of these names of files that no content has, not even a deleted one."""
    known: set[str] = set()
    for part in parts(names):
        sql = f"SELECT name FROM contents WHERE name IN ({slots(part)})"
        known |= {row[0] for row in database.connection.execute(sql, part)}
    return set(names) - known
