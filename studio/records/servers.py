"""Servers as they were last seen, and what operators decided about them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from studio.records.database import Database


def note_seen(database: Database, url: str, kind: str, info: Mapping[str, Any], now: float) -> None:
    """Remember that a server answered, and what it said about itself."""
    with database.write() as connection:
        connection.execute(
            """INSERT INTO servers (url, kind, seen_at, info) VALUES (?, ?, ?, ?)
               ON CONFLICT (url) DO UPDATE SET kind = excluded.kind, seen_at = excluded.seen_at,
                                               info = excluded.info""",
            (url, kind, now, json.dumps(info)),
        )


def set_paused(database: Database, url: str, kind: str, paused: bool) -> None:
    """Remember that an operator paused a server, or let it go on."""
    with database.write() as connection:
        connection.execute(
            """INSERT INTO servers (url, kind, paused) VALUES (?, ?, ?)
               ON CONFLICT (url) DO UPDATE SET paused = excluded.paused""",
            (url, kind, int(paused)),
        )


def add(database: Database, url: str, kind: str, address: str) -> None:
    """Remember a server that was added; the address is the URL with the password, if it has one."""
    with database.write() as connection:
        connection.execute(
            """INSERT INTO servers (url, kind, address) VALUES (?, ?, ?)
               ON CONFLICT (url) DO UPDATE SET kind = excluded.kind, address = excluded.address,
                                               paused = 0""",
            (url, kind, address),
        )


def remove(database: Database, url: str) -> None:
    """Forget a server."""
    with database.write() as connection:
        connection.execute("DELETE FROM servers WHERE url = ?", (url,))


def added(database: Database) -> dict[str, str]:
    """The addresses of the servers that were added, by URL, the first one first."""
    return dict(
        database.connection.execute(
            "SELECT url, address FROM servers WHERE address IS NOT NULL ORDER BY rowid"
        ).fetchall()
    )


def paused(database: Database) -> set[str]:
    """The servers that are to get no new work."""
    return {row[0] for row in database.connection.execute("SELECT url FROM servers WHERE paused = 1")}


def seen(database: Database) -> list[dict[str, Any]]:
    """Every server that was ever known, the most recently seen first."""
    rows = database.rows("SELECT url, kind, paused, seen_at, info FROM servers ORDER BY seen_at DESC")
    return [{**row, "paused": bool(row["paused"]), "info": json.loads(row["info"])} for row in rows]
