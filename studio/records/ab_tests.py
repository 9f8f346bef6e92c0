"""Tests of variants: which there were, and the job of each."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from studio.records.database import Database
from studio.records.statements import storable


@dataclass(frozen=True)
class Variant:
    """One of those that are held against one another."""

    name: str
    prompt: str
    job_id: str


@dataclass(frozen=True)
class AbTest:
    """Variants of one picture."""

    id: str
    settings: dict[str, Any]  # what they have in common
    visitor: str | None
    created_at: float
    variants: tuple[Variant, ...]


def insert(connection: sqlite3.Connection, test: AbTest) -> None:
    """Record a test; inside the caller's transaction."""
    connection.execute(
        "INSERT INTO ab_tests (id, settings, visitor, created_at) VALUES (?, ?, ?, ?)",
        (test.id, json.dumps(test.settings), test.visitor, test.created_at),
    )
    connection.executemany(
        "INSERT INTO ab_variants (test_id, position, name, prompt, job_id) VALUES (?, ?, ?, ?, ?)",
        [(test.id, at, one.name, one.prompt, one.job_id) for at, one in enumerate(test.variants)],
    )


def find(database: Database, test_id: str) -> AbTest | None:
    """One test by its id."""
    with database.read():
        row = database.row(
            "SELECT id, settings, visitor, created_at FROM ab_tests WHERE id = ?", (storable(test_id),)
        )
        if row is None:
            return None
        variants: Sequence[dict[str, Any]] = database.rows(
            "SELECT name, prompt, job_id FROM ab_variants WHERE test_id = ? ORDER BY position", (row["id"],)
        )
    return AbTest(
        **{**row, "settings": json.loads(row["settings"])}, variants=tuple(Variant(**one) for one in variants)
    )
