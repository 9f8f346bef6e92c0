"""Kept content written: recorded, edited, approved, tagged, deleted and taken back."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

from studio.records.contents.rows import FLAGS, JSON_MEMBERS
from studio.records.contents.shapes import CHANGEABLE, Approval, NewContent
from studio.records.database import Database
from studio.records.statements import parts, slots, storable


def insert(connection: sqlite3.Connection, new: NewContent, tags: Sequence[str] = ()) -> None:
    """Record a content; called inside the caller's transaction."""
    values = {name: getattr(new, name) for name in new.__dataclass_fields__}
    values["generation_settings"] = json.dumps(dict(new.generation_settings or {}))
    values["is_nsfw"] = int(new.is_nsfw)
    values = {name: storable(value) if isinstance(value, str) else value for name, value in values.items()}
    values["updated_at"] = new.created_at
    cursor = connection.execute(
        f"INSERT INTO contents ({', '.join(values)}) VALUES ({slots(list(values))})", list(values.values())
    )
    _tag(connection, [cursor.lastrowid], tags)


def update(database: Database, ids: Sequence[str], values: Mapping[str, Any], now: float) -> int:
    """Change members of contents that are there; says of how many."""
    if not values.keys() <= CHANGEABLE:
        raise ValueError(f"not to be changed: {sorted(values.keys() - CHANGEABLE)}")
    written = {
        name: json.dumps(value) if name in JSON_MEMBERS else int(value) if name in FLAGS else value
        for name, value in values.items()
    }
    written = {name: storable(value) if isinstance(value, str) else value for name, value in written.items()}
    changes = ", ".join(f"{name} = ?" for name in [*written, "updated_at"])
    changed = 0
    with database.write() as connection:
        for part in parts(ids):
            changed += connection.execute(
                f"UPDATE contents SET {changes} WHERE id IN ({slots(part)}) AND deleted_at IS NULL",
                [*written.values(), now, *part],
            ).rowcount
    return changed


def decide(
    database: Database,
    ids: Sequence[str],
    status: Approval,
    reason: str | None,
    visitor: str | None,
    now: float,
) -> list[str]:
    """Approve or reject contents that are there, noted in their history; says which there were."""
    known: list[str] = []
    with database.write() as connection:
        for part in parts(ids):
            rows = connection.execute(
                f"""SELECT seq, id, approval_status, rejection_reason FROM contents
                    WHERE id IN ({slots(part)}) AND deleted_at IS NULL""",
                part,
            ).fetchall()
            known += [row["id"] for row in rows]
            # Saying the same again changes nothing and is no line of a history.
            changed = [
                row["seq"]
                for row in rows
                if (row["approval_status"], row["rejection_reason"]) != (status, reason)
            ]
            connection.execute(
                f"""UPDATE contents SET approval_status = ?, rejection_reason = ?, updated_at = ?
                    WHERE seq IN ({slots(changed)})""",
                [status, reason and storable(reason), now, *changed],
            )
            _note(connection, changed, status, reason, visitor, now)
    return known


def mark_deleted(
    database: Database, ids: Sequence[str], at: float | None, visitor: str | None, now: float
) -> list[str]:
    """Delete contents so that it can be taken back, or take it back; says which it changed."""
    changed: list[tuple[int, str]] = []
    with database.write() as connection:
        for part in parts(ids):
            changed += [
                (row[0], row[1])
                for row in connection.execute(
                    f"""UPDATE contents SET deleted_at = ? WHERE id IN ({slots(part)})
                        AND (deleted_at IS NULL) = ? RETURNING seq, id""",
                    [at, *part, at is not None],
                ).fetchall()
            ]
        _note(
            connection,
            [seq for seq, _ in changed],
            "restored" if at is None else "deleted",
            None,
            visitor,
            now,
        )
    return [content_id for _, content_id in changed]


def remove(database: Database, ids: Sequence[str]) -> list[str]:
    """Forget contents for good; gives the names of their files."""
    names: list[str] = []
    with database.write() as connection:
        for part in parts(ids):
            sql = f"DELETE FROM contents WHERE id IN ({slots(part)}) RETURNING name"
            names += [row[0] for row in connection.execute(sql, part).fetchall()]
    return names


def use(database: Database, content_id: str, now: float) -> None:
    """Count that a content was used."""
    with database.write() as connection:
        connection.execute(
            "UPDATE contents SET times_used = times_used + 1, last_used_at = ? WHERE id = ?",
            (now, storable(content_id)),
        )


def add_tags(database: Database, ids: Sequence[str], tags: Sequence[str], now: float) -> None:
    """Give tags to contents."""
    with database.write() as connection:
        for part in parts(ids):
            _tag(connection, _numbers(connection, part), tags)
            _touch(connection, part, now)


def remove_tags(database: Database, ids: Sequence[str], tags: Sequence[str] | None, now: float) -> None:
    """Take tags from contents; all of them, if none are named."""
    with database.write() as connection:
        for part in parts(ids):
            among = _numbers(connection, part)
            if tags is None:
                connection.execute(f"DELETE FROM content_tags WHERE seq IN ({slots(among)})", among)
            for tag in tags or ():
                connection.execute(
                    f"DELETE FROM content_tags WHERE tag = ? AND seq IN ({slots(among)})",
                    [storable(tag), *among],
                )
            _touch(connection, part, now)


def _touch(connection: sqlite3.Connection, ids: Sequence[Any], now: float) -> None:
    connection.execute(f"UPDATE contents SET updated_at = ? WHERE id IN ({slots(ids)})", [now, *ids])


def _tag(connection: sqlite3.Connection, among: Sequence[int | None], tags: Sequence[str]) -> None:
    connection.executemany(
        "INSERT OR IGNORE INTO content_tags (tag, seq) VALUES (?, ?)",
        [(storable(tag), seq) for seq in among for tag in tags],
    )


def _numbers(connection: sqlite3.Connection, ids: Sequence[Any]) -> list[int]:
    sql = f"SELECT seq FROM contents WHERE id IN ({slots(ids)}) AND deleted_at IS NULL"
    return [row[0] for row in connection.execute(sql, list(ids))]


def _note(
    connection: sqlite3.Connection,
    among: Sequence[int],
    what: str,
    reason: str | None,
    visitor: str | None,
    now: float,
) -> None:
    connection.executemany(
        "INSERT INTO content_history (seq, what, reason, visitor, at) VALUES (?, ?, ?, ?, ?)",
        [(seq, what, reason and storable(reason), visitor, now) for seq in among],
    )
