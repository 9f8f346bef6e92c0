"""What went wrong, each with an id: kept over restarts, the same thing counted once, bounded in number."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from studio.records.database import Database
from studio.records.statements import storable

MOST = 2_000
ALIKE_S = 600.0  # the same again within this time is the same fault once more
_COLUMNS = "id, first_at, at, count, level, source, code, message, details, method, path, request_id"


@dataclass(frozen=True)
class Fault:
    """One thing that went wrong, perhaps several times in a row."""

    id: str
    first_at: float
    at: float
    count: int
    level: str  # warning, error or critical
    source: str  # where it was noticed: the name of a service, or "jobs"
    code: str  # of the registry; empty where it has none
    message: str
    details: dict[str, Any]
    method: str | None  # of the request that was being answered
    path: str | None
    request_id: str | None


def new_id() -> str:
    """An id for a fault that is about to be kept."""
    return str(uuid.uuid4())


def add(database: Database, faults: Sequence[Fault]) -> None:
    """Keep these; the oldest go beyond the bound."""
    with database.write() as connection:
        for one in faults:
            alike = connection.execute(
                """UPDATE faults SET count = count + ?, at = ?, details = ?, request_id = ?
                   WHERE seq = (SELECT seq FROM faults
                                WHERE source = ? AND message = ? AND at > ? AND level = ? AND code = ?
                                  AND method IS ? AND path IS ? ORDER BY seq DESC LIMIT 1)""",
                (
                    *(one.count, one.at, json.dumps(one.details), one.request_id),
                    *(one.source, storable(one.message), one.at - ALIKE_S, one.level, one.code),
                    *(one.method, one.path and storable(one.path)),
                ),
            ).rowcount
            if alike:
                continue
            connection.execute(
                f"INSERT OR IGNORE INTO faults ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    *(one.id, one.first_at, one.at, one.count, one.level, one.source, one.code),
                    *(storable(one.message), json.dumps(one.details)),
                    *(one.method, one.path and storable(one.path), one.request_id),
                ),
            )
        connection.execute(
            "DELETE FROM faults WHERE seq <= (SELECT max(seq) FROM faults) - ?",
            (MOST,),
        )


def get(database: Database, fault_id: str) -> Fault | None:
    """One by its id."""
    row = database.row(f"SELECT {_COLUMNS} FROM faults WHERE id = ?", (storable(fault_id),))
    return _fault(row) if row else None


def page(
    database: Database, *, level: str | None, source: str | None, limit: int, offset: int
) -> tuple[list[Fault], int]:
    """Those of a level and a source, the newest first, and how many there are."""
    where, values = _filter(level, source)
    rows = database.rows(
        f"SELECT {_COLUMNS} FROM faults {where} ORDER BY at DESC, seq DESC LIMIT ? OFFSET ?",
        (*values, limit, offset),
    )
    total = database.connection.execute(f"SELECT count(*) FROM faults {where}", values).fetchone()[0]
    return [_fault(row) for row in rows], total


def counts(
    database: Database, *, level: str | None, source: str | None
) -> tuple[dict[str, int], dict[str, int]]:
    """How often there was what the page shows, repeats included: by level, and by source."""
    where, values = _filter(level, source)
    found = [
        dict(
            database.connection.execute(
                f"SELECT {column}, sum(count) FROM faults {where} GROUP BY {column} ORDER BY 2 DESC", values
            ).fetchall()
        )
        for column in ("level", "source")
    ]
    return found[0], found[1]


def _filter(level: str | None, source: str | None) -> tuple[str, list[str]]:
    asked = {"level": level, "source": source}
    given = {column: storable(value) for column, value in asked.items() if value is not None}
    conditions = " AND ".join(f"{column} = ?" for column in given)
    return f"WHERE {conditions}" if given else "", list(given.values())


def _fault(row: dict[str, Any]) -> Fault:
    return Fault(**{**row, "details": json.loads(row["details"])})
