"""Uploads and who needs them: the SQL behind the file store."""

from __future__ import annotations

import datetime
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from studio.records.database import Database

COLUMNS = "id, sha256, filename, mime_type, size, width, height, created_at, used_at, deleted_at, duration_s"
UNREFERENCED = """NOT EXISTS (SELECT 1 FROM file_references WHERE file_id = files.id)
    AND NOT EXISTS (SELECT 1 FROM character_files WHERE file_id = files.id)
    AND NOT EXISTS (SELECT 1 FROM embeddings WHERE file_id = files.id)"""
Media = Literal["image", "audio", "video"]
GIF = "image/gif"
# Not by the platform's own table, which differs.
SUFFIXES = {
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/webp": ".webp",
    "audio/wav": ".wav",
    "audio/mpeg": ".mp3",
    "audio/flac": ".flac",
    "audio/ogg": ".ogg",
    "audio/mp4": ".m4a",
    "video/mp4": ".mp4",
    "video/quicktime": ".mov",
    "video/webm": ".webm",
    "video/x-matroska": ".mkv",
    "video/x-msvideo": ".avi",
    "video/ogg": ".ogv",
    "image/gif": ".gif",
}


def suffix_of(mime_type: str) -> str:
    """The ending of names for a format."""
    return SUFFIXES.get(mime_type, ".png")


@dataclass(frozen=True)
class StoredFile:
    """One upload as it is recorded."""

    id: str
    sha256: str
    filename: str  # for people; on disk the file is named by its id
    mime_type: str
    size: int
    width: int | None
    height: int | None
    created_at: float
    used_at: float
    deleted_at: float | None
    is_duplicate: bool = False
    duration_s: float | None = None  # of what is heard or moves

    @property
    def media(self) -> Media:
        """Whether it is seen, heard, or moves; GIFs are taken as what moves."""
        if self.mime_type.startswith("video/") or self.mime_type == GIF:
            return "video"
        return "audio" if self.mime_type.startswith("audio/") else "image"

    @property
    def suffix(self) -> str:
        """The ending of names for its format."""
        return suffix_of(self.mime_type)


def _stored(row: sqlite3.Row | dict[str, Any] | None) -> StoredFile | None:
    return StoredFile(**dict(row)) if row is not None else None


def _storable(text: str) -> str:
    # Half a letter, as JSON can hold it, is refused by SQLite; no id and no hash has any.
    return text.encode("utf-8", "replace").decode()


def find(connection: sqlite3.Connection, file_id: str) -> StoredFile | None:
    """The record of this id, deleted or not."""
    return _stored(
        connection.execute(f"SELECT {COLUMNS} FROM files WHERE id = ?", (_storable(file_id),)).fetchone()
    )


def find_hash(connection: sqlite3.Connection, sha256: str) -> StoredFile | None:
    """The record of these bytes, deleted or not."""
    return _stored(
        connection.execute(f"SELECT {COLUMNS} FROM files WHERE sha256 = ?", (_storable(sha256),)).fetchone()
    )


def insert(connection: sqlite3.Connection, file: StoredFile) -> None:
    """Record an upload."""
    values = tuple(getattr(file, column) for column in COLUMNS.split(", "))
    connection.execute(f"INSERT INTO files ({COLUMNS}) VALUES ({', '.join('?' * len(values))})", values)


def use(connection: sqlite3.Connection, file_id: str, now: float) -> bool:
    """Note that an upload was wanted just now; false if it is not there or deleted."""
    changed = connection.execute(
        "UPDATE files SET used_at = max(used_at, ?) WHERE id = ? AND deleted_at IS NULL",
        (now, _storable(file_id)),
    )
    return changed.rowcount > 0


def revive(connection: sqlite3.Connection, file_id: str, now: float) -> None:
    """Take back a deletion."""
    connection.execute("UPDATE files SET deleted_at = NULL, used_at = ? WHERE id = ?", (now, file_id))


def mark_deleted(connection: sqlite3.Connection, file_id: str, now: float) -> None:
    """Delete for everybody but the jobs that refer to it."""
    connection.execute("UPDATE files SET deleted_at = coalesce(deleted_at, ?) WHERE id = ?", (now, file_id))


def remove_unreferenced(connection: sqlite3.Connection, file_id: str) -> bool:
    """Remove the record unless a job refers to it."""
    return connection.execute(f"DELETE FROM files WHERE id = ? AND {UNREFERENCED}", (file_id,)).rowcount > 0


def add_reference(connection: sqlite3.Connection, file_id: str, job_id: str, role: str) -> None:
    """Note that a job needs an upload."""
    connection.execute(
        "INSERT OR IGNORE INTO file_references (file_id, job_id, role) VALUES (?, ?, ?)",
        (file_id, job_id, role),
    )


def reference_count(connection: sqlite3.Connection, file_id: str) -> int:
    """How many jobs need an upload."""
    row = connection.execute(
        "SELECT count(DISTINCT job_id) FROM file_references WHERE file_id = ?", (file_id,)
    ).fetchone()
    return int(row[0])


def remove_expired(connection: sqlite3.Connection, used_before: float, deleted_before: float) -> list[str]:
    """Remove the records that no job refers to and nobody has wanted since; returns their ids."""
    rows = connection.execute(
        f"DELETE FROM files WHERE (used_at < ? OR deleted_at < ?) AND {UNREFERENCED} RETURNING id",
        (used_before, deleted_before),
    ).fetchall()
    return [row["id"] for row in rows]


def unknown(connection: sqlite3.Connection, table: str, ids: Iterable[str]) -> list[str]:
    """Those of the ids that the table (files or jobs) does not have."""
    assert table in ("files", "jobs"), table
    query = f"SELECT 1 FROM {table} WHERE id = ?"
    return [one for one in ids if connection.execute(query, (one,)).fetchone() is None]


def kept_since(database: Database) -> float:
    """When these records were begun; what is older on the disk belongs to other records."""
    row = database.row("SELECT min(applied_at) AS at FROM _sqlite_migrations WHERE migration_set = 'studio'")
    if row is None or not row["at"]:
        return float("inf")
    begun = datetime.datetime.fromisoformat(row["at"])
    return (begun if begun.tzinfo else begun.replace(tzinfo=datetime.UTC)).timestamp()
