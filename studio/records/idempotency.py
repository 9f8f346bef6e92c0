"""Idempotency keys: which job a request has made already."""

from __future__ import annotations

import sqlite3

from studio.records.database import Database


def remember(
    connection: sqlite3.Connection, scope: str, key: str, fingerprint: str, job_id: str, now: float
) -> None:
    """Bind an idempotency key to a job; called inside the transaction that records the job."""
    connection.execute(
        """INSERT OR REPLACE INTO idempotency (scope, key, fingerprint, job_id, created_at)
           VALUES (?, ?, ?, ?, ?)""",
        (scope, key, fingerprint, job_id, now),
    )


def find(connection: sqlite3.Connection, scope: str, key: str, not_before: float) -> tuple[str, str] | None:
    """The fingerprint and job of an idempotency key that is still good."""
    row = connection.execute(
        "SELECT fingerprint, job_id FROM idempotency WHERE scope = ? AND key = ? AND created_at >= ?",
        (scope, key, not_before),
    ).fetchone()
    return (row["fingerprint"], row["job_id"]) if row else None


def forget(database: Database, before: float) -> int:
    """Remove idempotency keys that are no longer good."""
    with database.write() as connection:
        return connection.execute("DELETE FROM idempotency WHERE created_at < ?", (before,)).rowcount
