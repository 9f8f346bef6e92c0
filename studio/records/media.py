"""Finished files by their own ids: which are there, which are old, and taking them away from their jobs."""

from __future__ import annotations

from collections.abc import Sequence

from studio.records.database import Database
from studio.records.entities import Output
from studio.records.jobs import OUTPUT_COLUMNS, add_event
from studio.records.statements import storable

# What was deleted in the gallery can be taken back there for a while, but is not there for anybody else.
_HIDDEN = "SELECT seq FROM gallery WHERE deleted_at IS NOT NULL"


def find(database: Database, output_id: str) -> Output | None:
    """One file by its id, unless somebody has deleted it."""
    row = database.connection.execute(
        f"SELECT {OUTPUT_COLUMNS} FROM outputs WHERE id = ? AND seq NOT IN ({_HIDDEN})",
        (storable(output_id),),
    ).fetchone()
    return Output(*row) if row else None


def hidden(database: Database, output_ids: Sequence[str]) -> set[str]:
    """Those of these files that somebody has deleted."""
    rows = database.connection.execute(
        f"SELECT id FROM outputs WHERE id IN ({', '.join('?' * len(output_ids))}) AND seq IN ({_HIDDEN})",
        list(output_ids),
    )
    return {row[0] for row in rows}


def expired(database: Database, kind: str, before: float, limit: int) -> list[Output]:
    """Files of one kind of job that are older than they are kept; favourites are kept on."""
    rows = database.connection.execute(
        f"""SELECT {OUTPUT_COLUMNS} FROM outputs WHERE seq IN (
                SELECT seq FROM gallery WHERE kind = ? AND created_at < ? AND favourite = 0 LIMIT ?)""",
        (kind, before, limit),
    )
    return [Output(*row) for row in rows]


def remove(database: Database, outputs: Sequence[Output], now: float) -> int:
    """Forget files; their jobs stay, and know that they are gone."""
    removed = 0
    with database.write() as connection:
        for output in outputs:
            if connection.execute("DELETE FROM outputs WHERE id = ?", (output.id,)).rowcount:
                removed += 1
                connection.execute("UPDATE jobs SET updated_at = ? WHERE id = ?", (now, output.job_id))
                add_event(connection, output.job_id, "removed", {"outputs": [output.name]}, now)
    return removed
