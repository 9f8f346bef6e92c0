"""Model files on their way to a ComfyUI folder: who asked, how far they are, what went wrong."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from studio.records.database import Database
from studio.records.entities import FINAL, Status

OWNER_GONE_S = 30.0  # an owner that has written nothing for so long has died


@dataclass(frozen=True)
class Install:
    """One model file that somebody wants to have."""

    id: str
    address: str
    folder: str  # below the models folder
    name: str
    status: Status
    done_bytes: int
    size_bytes: int | None
    sha256: str | None
    error: dict[str, Any] | None  # code, message, hint
    created_at: float
    completed_at: float | None
    wanted_sha256: str | None = None  # what whoever asked expects of its bytes

    @property
    def is_final(self) -> bool:
        """Whether nothing will change any more."""
        return self.status in FINAL


COLUMNS = (
    "id, address, folder, name, status, done_bytes, size_bytes, sha256, error, created_at, completed_at, "
    "wanted_sha256"
)


def add(database: Database, install: Install) -> Install:
    """Record a wish, unless the same file is on its way already: then give that one."""
    with database.write() as connection:
        connection.execute(
            """INSERT INTO installs (id, address, folder, name, status, size_bytes, created_at, wanted_sha256)
               VALUES (?, ?, ?, ?, 'queued', ?, ?, ?) ON CONFLICT DO NOTHING""",
            (
                install.id,
                install.address,
                install.folder,
                install.name,
                install.size_bytes,
                install.created_at,
                install.wanted_sha256,
            ),
        )
        row = connection.execute(
            f"""SELECT {COLUMNS} FROM installs
                WHERE folder = ? AND name = ? AND status IN ('queued', 'processing')""",
            (install.folder, install.name),
        ).fetchone()
    return _install(dict(row))


def get(database: Database, install_id: str) -> Install | None:
    """One by its id."""
    row = database.row(f"SELECT {COLUMNS} FROM installs WHERE id = ?", (install_id,))
    return _install(row) if row else None


def newest(database: Database, limit: int = 100) -> list[Install]:
    """The newest ones first."""
    rows = database.rows(f"SELECT {COLUMNS} FROM installs ORDER BY seq DESC LIMIT ?", (limit,))
    return [_install(row) for row in rows]


def of_file(database: Database, folder: str, name: str) -> Install | None:
    """The newest one for a place below the models folder."""
    row = database.row(
        f"SELECT {COLUMNS} FROM installs WHERE folder = ? AND name = ? ORDER BY seq DESC LIMIT 1",
        (folder, name),
    )
    return _install(row) if row else None


def claim(database: Database, owner: str, now: float) -> Install | None:
    """Take the oldest that waits, or one whose owner has died."""
    with database.write() as connection:
        row = connection.execute(
            f"""UPDATE installs SET status = 'processing', owner = ?, owner_seen_at = ?
                WHERE seq = (SELECT seq FROM installs WHERE status = 'queued'
                             OR (status = 'processing' AND owner_seen_at < ?) ORDER BY seq LIMIT 1)
                RETURNING {COLUMNS}""",
            (owner, now, now - OWNER_GONE_S),
        ).fetchone()
    return _install(dict(row)) if row else None


def progress(
    database: Database, install_id: str, owner: str, done_bytes: int, size_bytes: int | None, now: float
) -> bool:
    """Write how far it is; false if it is no longer this owner's, or was cancelled."""
    with database.write() as connection:
        changed = connection.execute(
            """UPDATE installs SET done_bytes = ?, size_bytes = coalesce(?, size_bytes), owner_seen_at = ?
               WHERE id = ? AND owner = ? AND status = 'processing'""",
            (done_bytes, size_bytes, now, install_id, owner),
        ).rowcount
    return changed == 1


def give_back(database: Database, install_id: str, owner: str) -> None:
    """Let the next start go on with it."""
    with database.write() as connection:
        connection.execute(
            """UPDATE installs SET status = 'queued', owner = NULL
               WHERE id = ? AND owner = ? AND status = 'processing'""",
            (install_id, owner),
        )


def end(
    database: Database,
    install_id: str,
    owner: str,
    status: Status,
    now: float,
    *,
    sha256: str | None = None,
    error: dict[str, Any] | None = None,
) -> bool:
    """Write how it ended; false if it is no longer this owner's."""
    with database.write() as connection:
        changed = connection.execute(
            """UPDATE installs SET status = ?, sha256 = ?, error = ?, completed_at = ?,
                      done_bytes = CASE WHEN ? = 'completed' THEN coalesce(size_bytes, done_bytes)
                                        ELSE done_bytes END
               WHERE id = ? AND owner = ? AND status = 'processing'""",
            (status, sha256, json.dumps(error) if error else None, now, status, install_id, owner),
        ).rowcount
    return changed == 1


def cancel(database: Database, install_id: str, now: float) -> bool:
    """Want it no more; false if it was over already."""
    with database.write() as connection:
        changed = connection.execute(
            """UPDATE installs SET status = 'cancelled', completed_at = ?
               WHERE id = ? AND status IN ('queued', 'processing')""",
            (now, install_id),
        ).rowcount
    return changed == 1


def _install(row: dict[str, Any]) -> Install:
    return Install(**{**row, "error": json.loads(row["error"]) if row["error"] else None})
