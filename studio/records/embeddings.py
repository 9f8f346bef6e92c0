"""Kept faces: the picture of each, where the face is in it, and the vector that tells it from others."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from studio.records.database import Database
from studio.records.own import mine
from studio.records.statements import storable

Method = Literal["ip-adapter", "ip-adapter-plus", "instantid", "faceid"]
METHODS: tuple[Method, ...] = get_args(Method)


@dataclass(frozen=True)
class Embedding:
    """One kept face."""

    id: str
    name: str | None
    method: Method  # by which it is meant to be followed
    file_id: str  # its picture, among the uploads
    faces: list[dict[str, int]]  # where they are in it, the largest first
    finder: str  # what has looked for them
    vector: bytes | None  # 32-bit floats, of length 1
    vector_by: str | None  # the model that made it; others are not comparable
    visitor: str | None
    created_at: float


_COLUMNS = "id, name, method, file_id, faces, finder, vector, vector_by, visitor, created_at"


def insert(connection: sqlite3.Connection, face: Embedding) -> None:
    """Record a face; inside the caller's transaction."""
    connection.execute(
        f"INSERT INTO embeddings ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *(face.id, face.name, face.method, face.file_id, json.dumps(face.faces), face.finder),
            *(face.vector, face.vector_by, face.visitor, face.created_at),
        ),
    )


def find(database: Database, embedding_id: str) -> Embedding | None:
    """One face by its id."""
    row = database.row(f"SELECT {_COLUMNS} FROM embeddings WHERE id = ?", (storable(embedding_id),))
    return _read(row) if row else None


def page(database: Database, limit: int, offset: int) -> tuple[list[Embedding], int]:
    """The newest faces of whoever is asking, and how many there are."""
    conditions, values = mine("visitor")
    where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    with database.read() as connection:
        total = connection.execute(f"SELECT count(*) FROM embeddings {where}", values).fetchone()[0]
        rows = database.rows(
            f"SELECT {_COLUMNS} FROM embeddings {where} ORDER BY seq DESC LIMIT ? OFFSET ?",
            [*values, limit, offset],
        )
    return [_read(row) for row in rows], total


def comparable(database: Database, face: Embedding, limit: int) -> list[Embedding]:
    """The newest other faces with a vector by the same model."""
    conditions, values = mine("visitor")
    rows = database.rows(
        f"""SELECT {_COLUMNS} FROM embeddings
            WHERE {" AND ".join(["vector IS NOT NULL AND vector_by = ? AND id <> ?", *conditions])}
            ORDER BY seq DESC LIMIT ?""",
        [face.vector_by, face.id, *values, limit],
    )
    return [_read(row) for row in rows]


def set_vector(
    database: Database,
    embedding_id: str,
    faces: Sequence[dict[str, int]],
    finder: str,
    vector: bytes,
    by: str,
) -> None:
    """Note what models have found that were installed later."""
    with database.write() as connection:
        connection.execute(
            "UPDATE embeddings SET faces = ?, finder = ?, vector = ?, vector_by = ? WHERE id = ?",
            (json.dumps(list(faces)), finder, vector, by, embedding_id),
        )


def remove(connection: sqlite3.Connection, embedding_id: str) -> bool:
    """Forget a face; its picture is no longer held by it."""
    return connection.execute("DELETE FROM embeddings WHERE id = ?", (embedding_id,)).rowcount > 0


def _read(row: dict[str, object]) -> Embedding:
    return Embedding(**{**row, "faces": json.loads(str(row["faces"]))})  # type: ignore[arg-type]
