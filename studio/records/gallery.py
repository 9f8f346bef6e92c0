"""The gallery's SQL: pages over all outputs by keys instead of offsets, marks, tags, and what was deleted."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from studio.records.database import Database
from studio.records.entities import Output
from studio.records.jobs import OUTPUT_COLUMNS
from studio.records.own import only_own
from studio.records.statements import parts, search_terms, slots, storable

FEW_MATCHES = 2_000  # so many found jobs are looked up one by one; more are met sooner on the way
SHOWN = "deleted_at IS NULL AND copy_of IS NULL"


@dataclass(frozen=True)
class Filter:
    """Which pictures are asked for; what is empty asks for all."""

    search: str = ""
    views: tuple[str, ...] = ()
    styles: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    workflows: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()  # of jobs
    media: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()  # all of them
    favourites: bool = False
    since: float | None = None
    until: float | None = None
    deleted: bool = False  # what can still be taken back, instead of what is there


@dataclass(frozen=True)
class Item:
    """One picture of the gallery."""

    seq: int
    output: Output
    prompt: str
    style: str
    model: str
    workflow: str
    engine: str
    kind: str
    door: str
    seed: int
    favourite: bool
    deleted_at: float | None
    tags: tuple[str, ...]

    @property
    def id(self) -> str:
        """The output's id, which names the picture everywhere."""
        return self.output.id


@dataclass(frozen=True)
class Slice:
    """Some pictures, the newest first, and where the next ones begin."""

    items: tuple[Item, ...]
    older: int | None  # hand it over as `before`; None at the end
    newer: int | None  # hand it over as `after`; None when these are the newest that were asked for


def page(
    database: Database, wanted: Filter, *, limit: int, before: int | None = None, after: int | None = None
) -> Slice:
    """The newest matches older than `before`, or the oldest of those that are newer than `after`."""
    with database.read() as connection:
        where, values = _where(connection, wanted)
        if before is not None:
            where.append("seq < ?")
            values.append(before)
        if after is not None:
            where.append("seq > ?")
            values.append(after)
        upwards = after is not None and before is None
        sql = (
            f"SELECT seq FROM gallery WHERE {' AND '.join(where)} ORDER BY seq {'ASC' if upwards else 'DESC'}"
        )
        numbers = [row[0] for row in connection.execute(f"{sql} LIMIT ?", [*values, limit + 1])]
        has_more, numbers = len(numbers) > limit, sorted(numbers[:limit], reverse=True)
        items = _items(database, numbers)
    if not numbers:
        return Slice((), None, None)
    is_first = before is None and not (upwards and has_more)
    has_older = has_more if not upwards else True
    return Slice(items, numbers[-1] if has_older else None, None if is_first else numbers[0])


def count(database: Database, wanted: Filter, most: int) -> int:
    """How many pictures match; beyond `most` nobody counts on."""
    with database.read() as connection:
        where, values = _where(connection, wanted)
        sql = f"SELECT count(*) FROM (SELECT 1 FROM gallery WHERE {' AND '.join(where)} LIMIT ?)"
        return int(connection.execute(sql, [*values, most]).fetchone()[0])


def choices(database: Database) -> dict[str, list[tuple[str, int]]]:
    """What there is to filter by, each with how often it is there, the most frequent first."""
    found: dict[str, list[tuple[str, int]]] = {}
    own, values = only_own("job_seq")
    shown = " AND ".join([SHOWN, *own])
    with database.read() as connection:
        for column in ("view", "style", "model", "workflow", "kind", "media"):
            found[column] = [
                (row[0], row[1])
                for row in connection.execute(
                    f"""SELECT {column}, count(*) AS many FROM gallery
                        WHERE {shown} GROUP BY {column} ORDER BY many DESC, {column}""",
                    values,
                )
            ]
        found["tag"] = [
            (row[0], row[1])
            for row in connection.execute(
                f"""SELECT min(tag), count(*) AS many FROM gallery_tags JOIN gallery USING (seq)
                    WHERE {shown} GROUP BY tag ORDER BY many DESC, tag""",
                values,
            )
        ]
    return found


def find(database: Database, ids: Sequence[str]) -> list[Item]:
    """These pictures, also deleted ones, in the order of the ids; unknown ones are left out."""
    with database.read() as connection:
        numbers: dict[str, int] = {}
        for part in parts(ids):
            sql = f"SELECT output_id, seq FROM gallery WHERE output_id IN ({slots(part)})"
            numbers.update(tuple(row) for row in connection.execute(sql, part))
        items = {item.id: item for item in _items(database, list(numbers.values()))}
    return [items[one] for one in dict.fromkeys(ids) if one in items]


def output(database: Database, output_id: str) -> Output | None:
    """One output by its id."""
    row = database.connection.execute(
        f"SELECT {OUTPUT_COLUMNS} FROM outputs WHERE id = ?", (storable(output_id),)
    ).fetchone()
    return Output(*row) if row else None


def set_favourite(database: Database, ids: Sequence[str], favourite: bool) -> int:
    """Mark pictures, or take the mark away."""
    return _set(database, ids, "favourite = ?", int(favourite))


def add_tags(database: Database, ids: Sequence[str], tags: Sequence[str]) -> None:
    """Give tags to pictures."""
    with database.write() as connection:
        for part in parts(ids):
            for tag in tags:
                connection.execute(
                    f"""INSERT OR IGNORE INTO gallery_tags (tag, seq)
                        SELECT ?, seq FROM gallery WHERE output_id IN ({slots(part)})""",
                    [tag, *part],
                )


def remove_tags(database: Database, ids: Sequence[str], tags: Sequence[str]) -> None:
    """Take tags from pictures."""
    with database.write() as connection:
        for part in parts(ids):
            for tag in tags:
                connection.execute(
                    f"""DELETE FROM gallery_tags WHERE tag = ? AND seq IN
                        (SELECT seq FROM gallery WHERE output_id IN ({slots(part)}))""",
                    [tag, *part],
                )


def mark_deleted(database: Database, ids: Sequence[str], at: float | None) -> int:
    """Delete pictures so that it can be taken back, or take it back; copies that jobs kept go along."""
    changed = 0
    with database.write() as connection:
        for part in parts(ids):
            changed += connection.execute(
                f"""UPDATE gallery SET deleted_at = ? WHERE output_id IN ({slots(part)})
                    AND (deleted_at IS NULL) = ?""",
                [at, *part, at is not None],
            ).rowcount
            connection.execute(
                f"UPDATE gallery SET deleted_at = ? WHERE copy_of IN ({slots(part)})", [at, *part]
            )
    return changed


def deleted_before(database: Database, at: float, limit: int) -> list[Output]:
    """Outputs whose time to be taken back is over, copies included."""
    rows = database.connection.execute(
        f"""SELECT {OUTPUT_COLUMNS} FROM outputs WHERE seq IN
            (SELECT seq FROM gallery WHERE deleted_at < ? LIMIT ?)""",
        (at, limit),
    )
    return [Output(*row) for row in rows]


def remove(database: Database, output_ids: Sequence[str]) -> list[str]:
    """Remove deleted outputs for good; returns the finished jobs that have none left."""
    emptied: list[str] = []
    with database.write() as connection:
        for part in parts(output_ids):
            # Whoever was quicker may have taken a deletion back.
            gone = connection.execute(
                f"""DELETE FROM outputs WHERE id IN ({slots(part)}) AND seq IN
                    (SELECT seq FROM gallery WHERE deleted_at IS NOT NULL) RETURNING job_id""",
                part,
            ).fetchall()
            jobs = sorted({row[0] for row in gone})
            emptied += [
                row[0]
                for row in connection.execute(
                    f"""SELECT id FROM jobs WHERE id IN ({slots(jobs)})
                        AND status IN ('completed', 'failed', 'cancelled')
                        AND NOT EXISTS (SELECT 1 FROM outputs WHERE job_id = jobs.id)""",
                    jobs,
                )
            ]
    return emptied


def _set(database: Database, ids: Sequence[str], assignment: str, value: Any) -> int:
    changed = 0
    with database.write() as connection:
        for part in parts(ids):
            sql = f"UPDATE gallery SET {assignment} WHERE output_id IN ({slots(part)})"
            changed += connection.execute(sql, [value, *part]).rowcount
    return changed


def _where(connection: sqlite3.Connection, wanted: Filter) -> tuple[list[str], list[Any]]:
    where = ["deleted_at IS NOT NULL" if wanted.deleted else "deleted_at IS NULL", "copy_of IS NULL"]
    own, names = only_own("job_seq")
    where += own
    values: list[Any] = [*names]
    lists = {
        "view": wanted.views,
        "style": wanted.styles,
        "model": wanted.models,
        "workflow": wanted.workflows,
        "kind": wanted.kinds,
        "media": wanted.media,
    }
    for column, listed in lists.items():
        if listed:
            where.append(f"{column} IN ({slots(listed)})" if len(listed) > 1 else f"{column} = ?")
            values += [storable(one) for one in listed]
    if wanted.favourites:
        where.append("favourite = 1")
    if wanted.since is not None or wanted.until is not None:
        days = (wanted.since or 0.0, wanted.until or float("inf"))
        # Days and numbers go up together, so these say where to look; the plus forbids a sort by days.
        first, last = connection.execute(
            f"SELECT min(seq), max(seq) FROM gallery WHERE {SHOWN} AND created_at >= ? AND created_at < ?",
            days,
        ).fetchone()
        where.append("seq BETWEEN ? AND ? AND +created_at >= ? AND +created_at < ?")
        values += [first or 0, last or 0, *days]
    for tag in wanted.tags:
        where.append("seq IN (SELECT seq FROM gallery_tags WHERE tag = ?)")
        values.append(storable(tag))
    if wanted.search.strip():
        terms = search_terms(wanted.search)
        if not terms:
            return ["0"], []
        matches = "SELECT rowid FROM jobs_fts WHERE jobs_fts MATCH ?"
        few = connection.execute(f"SELECT count(*) FROM ({matches} LIMIT ?)", (terms, FEW_MATCHES)).fetchone()
        # The plus keeps the newest pictures in charge: each is looked up among the matches, without a sort.
        where.append(f"{'' if few[0] < FEW_MATCHES else '+'}job_seq IN ({matches})")
        values.append(terms)
    return where, values


def _items(database: Database, numbers: Sequence[int]) -> tuple[Item, ...]:
    """The pictures with these numbers, the newest first."""
    width = len(fields(Output))
    columns = ", ".join(f"outputs.{name}" for name in OUTPUT_COLUMNS.split(", "))
    tags: dict[int, list[str]] = defaultdict(list)
    rows: list[Any] = []
    for part in parts(numbers):
        for row in database.connection.execute(
            f"SELECT seq, tag FROM gallery_tags WHERE seq IN ({slots(part)}) ORDER BY seq, tag", part
        ):
            tags[row[0]].append(row[1])
        rows += database.connection.execute(
            f"""SELECT {columns}, gallery.seq, jobs.prompt, style, gallery.model, gallery.workflow,
                       jobs.engine, gallery.kind, jobs.door, tasks.seed, favourite, deleted_at
                FROM gallery JOIN outputs ON outputs.seq = gallery.seq
                JOIN jobs ON jobs.seq = gallery.job_seq JOIN tasks ON tasks.id = outputs.task_id
                WHERE gallery.seq IN ({slots(part)})""",
            part,
        ).fetchall()
    found = [_item(tuple(row), width, tags) for row in rows]
    return tuple(sorted(found, key=lambda item: -item.seq))


def _item(row: tuple[Any, ...], width: int, tags: dict[int, list[str]]) -> Item:
    seq, prompt, style, model, workflow, engine, kind, door, seed, favourite, deleted_at = row[width:]
    return Item(
        seq=seq,
        output=Output(*row[:width]),
        prompt=prompt,
        style=style,
        model=model,
        workflow=workflow,
        engine=engine,
        kind=kind,
        door=door,
        seed=seed,
        favourite=bool(favourite),
        deleted_at=deleted_at,
        tags=tuple(tags.get(seq, ())),
    )
