"""Small things that the studio itself remembers from one start to the next."""

from __future__ import annotations

import json
import time
from typing import Any

from studio.records.database import Database


def recall(database: Database, key: str, default: Any = None) -> Any:
    """What was remembered under a key."""
    row = database.row("SELECT value FROM settings WHERE key = ?", (key,))
    return json.loads(row["value"]) if row else default


def remember(database: Database, key: str, value: Any) -> None:
    """Keep a JSON-able value under a key."""
    with database.write() as connection:
        connection.execute(
            """INSERT INTO settings (key, value, updated_at) VALUES (?, ?, ?)
               ON CONFLICT (key) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at""",
            (key, json.dumps(value), time.time()),
        )
