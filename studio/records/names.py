"""Names of their own under which uploads go in one API family: several may mean one file.

Other families know an upload by its id alone; that they do is noted as a name that is the id.
"""

from __future__ import annotations

import sqlite3

from studio.records.database import Database
from studio.records.statements import storable


def add(connection: sqlite3.Connection, name: str, file_id: str, now: float) -> None:
    """Give an upload a name."""
    connection.execute(
        "INSERT INTO upload_names (name, file_id, created_at) VALUES (?, ?, ?)", (name, file_id, now)
    )


def hold_by_id(connection: sqlite3.Connection, file_id: str, now: float) -> None:
    """Note that somebody has an upload by its id, who keeps it when its names are gone."""
    connection.execute(
        """INSERT INTO upload_names (name, file_id, created_at) VALUES (?, ?, ?)
           ON CONFLICT (name) DO UPDATE SET deleted_at = NULL""",
        (file_id, file_id, now),
    )


def let_go_by_id(connection: sqlite3.Connection, file_id: str, now: float) -> None:
    """Note that nobody has an upload by its id any more."""
    connection.execute(
        "UPDATE upload_names SET deleted_at = ? WHERE name = ? AND deleted_at IS NULL", (now, file_id)
    )


def find(database: Database, name: str) -> str | None:
    """The upload that goes by a name."""
    row = database.connection.execute(
        """SELECT file_id FROM upload_names WHERE name = ? AND name <> file_id AND deleted_at IS NULL""",
        (storable(name),),
    ).fetchone()
    return row[0] if row else None


def drop(connection: sqlite3.Connection, name: str, now: float) -> bool:
    """Take a name away; true if no other one is left for its file."""
    row = connection.execute(
        "UPDATE upload_names SET deleted_at = ? WHERE name = ? AND deleted_at IS NULL RETURNING file_id",
        (now, storable(name)),
    ).fetchone()
    if row is None:
        return False
    found = connection.execute(
        "SELECT count(*) FROM upload_names WHERE file_id = ? AND deleted_at IS NULL", (row[0],)
    ).fetchone()
    return found[0] == 0


def is_needed(connection: sqlite3.Connection, file_id: str) -> bool:
    """Whether a job that is not finished needs an upload."""
    row = connection.execute(
        """SELECT 1 FROM file_references JOIN jobs ON jobs.id = file_references.job_id
           WHERE file_id = ? AND jobs.status IN ('queued', 'processing') LIMIT 1""",
        (file_id,),
    ).fetchone()
    return row is not None


def given_up(database: Database, limit: int) -> list[str]:
    """Uploads that were deleted by their last name while a job still needed them, and none does now."""
    rows = database.connection.execute(
        """SELECT DISTINCT files.id FROM upload_names JOIN files ON files.id = upload_names.file_id
           WHERE files.deleted_at IS NOT NULL
             AND NOT EXISTS (SELECT 1 FROM upload_names AS others
                             WHERE others.file_id = files.id AND others.deleted_at IS NULL)
             AND NOT EXISTS (SELECT 1 FROM file_references JOIN jobs ON jobs.id = file_references.job_id
                             WHERE file_references.file_id = files.id
                               AND jobs.status IN ('queued', 'processing'))
           LIMIT ?""",
        (limit,),
    )
    return [row[0] for row in rows]
