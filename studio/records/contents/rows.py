"""Between rows and contents: the conditions of a filter, and rows read with their tags."""

from __future__ import annotations

import json
import re
import sqlite3
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from studio.records.contents.shapes import Content, Filter
from studio.records.own import mine
from studio.records.statements import parts, search_terms, slots, storable

COLUMNS = """contents.*, (SELECT name FROM characters WHERE characters.id = contents.character_id)
    AS character_name"""
JSON_MEMBERS = frozenset({"generation_settings", "checks"})
FLAGS = frozenset({"is_nsfw"})
# Whoever pastes the beginning of a file's name wants that file.
_ID_BEGINS = re.compile(r"[0-9a-fA-F]{6,8}(-|$)")


def conditions(wanted: Filter) -> tuple[list[str], list[Any]]:
    """What a filter asks for, as conditions that all have to hold, with their values."""
    where = ["deleted_at IS NOT NULL" if wanted.deleted else "deleted_at IS NULL"]
    own, owner = mine("visitor")
    where += own
    values: list[Any] = [*owner]
    for column, listed in {
        "content_type": wanted.types,
        "approval_status": wanted.statuses,
        "content_category": wanted.categories,
        "name": wanted.names,
    }.items():
        if listed:
            where.append(f"{column} IN ({slots(listed)})" if len(listed) > 1 else f"{column} = ?")
            values += [storable(one) for one in listed]
    for column, value in {
        "character_id": wanted.character_id,
        "platform": wanted.platform,
        "source_id": wanted.source_id,
    }.items():
        if value is not None:
            where.append(f"{column} = ?")
            values.append(storable(value))
    if wanted.folder is not None:
        label = storable(wanted.folder).rstrip("/")
        # All that begins with the label and a slash: "0" comes right after it.
        where.append("folder_path >= ? AND folder_path < ? AND (folder_path = ? OR folder_path >= ?)")
        where.append("folder_path IS NOT NULL")  # so says the index, which would not be used otherwise
        values += [label, f"{label}0", label, f"{label}/"]
    if wanted.min_quality is not None:
        where.append("quality_score >= ?")
        values.append(wanted.min_quality)
    if wanted.max_quality is not None:
        where.append("quality_score <= ?")
        values.append(wanted.max_quality)
    if wanted.nsfw is not None:
        where.append("is_nsfw = ?")
        values.append(int(wanted.nsfw))
    if wanted.before is not None:
        where.append("created_at < ?")
        values.append(wanted.before)
    for tag in wanted.tags:
        where.append("seq IN (SELECT seq FROM content_tags WHERE tag = ?)")
        values.append(storable(tag))
    if wanted.search.strip():
        terms = search_terms(wanted.search)
        if not terms:
            return ["0"], []
        matches = "seq IN (SELECT rowid FROM contents_fts WHERE contents_fts MATCH ?)"
        if _ID_BEGINS.match(wanted.search.strip()):
            where.append(f"({matches} OR name >= ? AND name < ?)")
            begins = wanted.search.strip().lower()
            values += [terms, begins, f"{begins}\uffff"]
        else:
            where.append(matches)
            values.append(terms)
    return where, values


def conditions_of_sums(wanted: Filter) -> tuple[str, list[Any]]:
    """The same for what the sums can tell apart."""
    where, values = conditions(wanted)
    # Whatever is deleted is in no sum.
    return " AND ".join(["1", *where[1:]]), values


def read(connection: sqlite3.Connection, rows: Sequence[sqlite3.Row]) -> list[Content]:
    """The contents of these rows, each with its tags."""
    tags: dict[int, list[str]] = defaultdict(list)
    for part in parts([row["seq"] for row in rows]):
        for seq, tag in connection.execute(
            f"SELECT seq, tag FROM content_tags WHERE seq IN ({slots(part)}) ORDER BY seq, tag", part
        ):
            tags[seq].append(tag)
    return [_content(dict(row), tags) for row in rows]


def _content(values: dict[str, Any], tags: Mapping[int, Sequence[str]]) -> Content:
    for name in JSON_MEMBERS:
        values[name] = json.loads(values[name])
    for name in FLAGS:
        values[name] = bool(values[name])
    return Content(**values, tags=tuple(tags.get(values["seq"], ())))
