"""Cloned voices in the records: whose they are, what they sound like, and who speaks with them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from studio.records.database import Database
from studio.records.own import mine
from studio.records.statements import storable


@dataclass(frozen=True)
class ClonedVoice:
    """A voice that was made like a recording."""

    id: str
    name: str
    character_id: str | None
    visitor: str | None
    language: str
    status: str
    file: str  # of the recording, below the folder of voices
    engine: str
    voice: str  # as the engine calls it
    pitch: float
    intonation: float
    heard: Mapping[str, Any]  # what was measured of the recording
    note: str
    created_at: float


_COLUMNS = [one.name for one in fields(ClonedVoice)]
_SELECT = f"SELECT {', '.join(_COLUMNS)} FROM voices"


def _voice(row: Any) -> ClonedVoice:
    return ClonedVoice(**{**dict(row), "heard": json.loads(row["heard"])})


def insert(database: Database, voice: ClonedVoice) -> None:
    """Record a voice."""
    values = [getattr(voice, name) for name in _COLUMNS]
    plain = [json.dumps(one) if isinstance(one, Mapping) else one for one in values]
    plain = [storable(one) if isinstance(one, str) else one for one in plain]
    with database.write() as connection:
        connection.execute(
            f"INSERT INTO voices ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))})", plain
        )


def find(database: Database, voice_id: str) -> ClonedVoice | None:
    """A voice by its id."""
    row = database.row(f"{_SELECT} WHERE id = ?", (storable(voice_id),))
    return _voice(row) if row else None


def named(database: Database, name: str, character_id: str | None) -> ClonedVoice | None:
    """The newest voice of a name: the character's own, or else anybody's whom one may see."""
    own, values = mine("visitor")
    where = " AND ".join(["name = ? COLLATE NOCASE", *own])
    order = "ORDER BY character_id IS NOT ?, seq DESC LIMIT 1"
    row = database.row(f"{_SELECT} WHERE {where} {order}", (storable(name), *values, character_id))
    return _voice(row) if row else None


def of_character(database: Database, character_id: str | None) -> list[ClonedVoice]:
    """The voices of one character, or all that one may see; the newest first."""
    own, values = mine("visitor")
    if character_id is not None:
        own, values = [*own, "character_id = ?"], [*values, storable(character_id)]
    where = f" WHERE {' AND '.join(own)}" if own else ""
    rows = database.rows(f"{_SELECT}{where} ORDER BY seq DESC LIMIT 1000", values)
    return [_voice(row) for row in rows]


def delete(database: Database, voice_id: str) -> bool:
    """Remove a voice; false if it is gone already."""
    with database.write() as connection:
        return connection.execute("DELETE FROM voices WHERE id = ?", (storable(voice_id),)).rowcount > 0


def files(database: Database) -> set[str]:
    """The names of all recordings that are needed."""
    return {row["file"] for row in database.rows("SELECT file FROM voices")}
