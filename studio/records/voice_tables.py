"""The table of cloned voices; see voices.py."""

from __future__ import annotations

TABLES = """
CREATE TABLE voices (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    character_id TEXT,
    visitor TEXT,
    language TEXT NOT NULL,
    status TEXT NOT NULL,
    file TEXT NOT NULL,
    engine TEXT NOT NULL,
    voice TEXT NOT NULL,
    pitch REAL NOT NULL DEFAULT 1,
    intonation REAL NOT NULL DEFAULT 1,
    heard TEXT NOT NULL DEFAULT '{}',
    note TEXT NOT NULL DEFAULT '',
    created_at REAL NOT NULL
);

CREATE INDEX voices_by_character ON voices (character_id, seq);

CREATE INDEX voices_by_name ON voices (name);
"""
