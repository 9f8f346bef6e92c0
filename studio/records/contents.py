"""Kept content in the records: found, filtered and counted, edited, approved, deleted and taken back."""

from __future__ import annotations

import json
import re
import sqlite3
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from studio.records.database import Database
from studio.records.own import mine
from studio.records.statements import parts, search_terms, slots, storable

ContentType = Literal["image", "video", "text", "audio"]
Approval = Literal["pending", "approved", "rejected"]
Category = Literal["post", "story", "reel", "short", "message"]
Sort = Literal["newest", "oldest", "name", "quality", "size", "used"]

TYPES: tuple[ContentType, ...] = get_args(ContentType)
APPROVALS: tuple[Approval, ...] = get_args(Approval)
FOLDER = "content"  # below the storage root, and the first part of each address
MOST_FOLDERS = 500  # in sums
_ORDERS: dict[str, str] = {
    "newest": "seq DESC",
    "oldest": "seq",
    "name": "name, seq",
    "quality": "quality_score DESC, seq DESC",  # what was never judged comes last
    "size": "file_size DESC, seq DESC",
    "used": "times_used DESC, seq DESC",
}
# Whoever pastes the beginning of a file's name wants that file.
_ID_BEGINS = re.compile(r"[0-9a-fA-F]{6,8}(-|$)")
_JSON = frozenset({"generation_settings", "checks"})
_FLAGS = frozenset({"is_nsfw"})
# What may be changed from outside; the rest says what a file is.
CHANGEABLE = frozenset(
    {
        "character_id",
        "content_category",
        "platform",
        "prompt",
        "negative_prompt",
        "generation_settings",
        "quality_score",
        "checks",
        "approval_status",
        "rejection_reason",
        "is_nsfw",
        "description",
        "folder_path",
    }
)


@dataclass(frozen=True)
class Content:
    """One kept file, with what is known and thought of it."""

    seq: int
    id: str
    job_id: str | None  # which made it
    source_id: str | None  # the content from which it was made
    character_id: str | None
    visitor: str | None
    content_type: ContentType
    content_category: Category | None
    platform: str | None  # for which it was made
    name: str  # of its file
    mime_type: str
    file_size: int
    width: int | None
    height: int | None
    duration: float | None
    sha256: str
    prompt: str
    negative_prompt: str
    generation_settings: dict[str, Any]
    quality_score: float | None  # 0..10
    checks: list[dict[str, Any]]  # of which the score is made
    approval_status: Approval
    rejection_reason: str | None
    is_nsfw: bool
    description: str | None
    folder_path: str | None
    times_used: int
    last_used_at: float | None
    created_at: float
    updated_at: float
    deleted_at: float | None
    character_name: str | None
    tags: tuple[str, ...] = ()

    @property
    def file_path(self) -> str:
        """Where its file lies below the storage root."""
        return f"{FOLDER}/{self.name}"

    @property
    def file_url(self) -> str:
        """Its address, from the root of the server."""
        return f"/{FOLDER}/{self.name}"


@dataclass(frozen=True)
class NewContent:
    """A file that is about to be kept."""

    id: str
    content_type: ContentType
    name: str
    mime_type: str
    file_size: int
    sha256: str
    created_at: float
    width: int | None = None
    height: int | None = None
    duration: float | None = None
    job_id: str | None = None
    source_id: str | None = None
    character_id: str | None = None
    visitor: str | None = None
    content_category: str | None = None
    platform: str | None = None
    prompt: str = ""
    negative_prompt: str = ""
    generation_settings: Mapping[str, Any] | None = None
    quality_score: float | None = None
    is_nsfw: bool = False
    description: str | None = None
    folder_path: str | None = None


@dataclass(frozen=True)
class Filter:
    """Which contents are asked for; what is empty asks for all."""

    search: str = ""  # words of the prompt, the description and the tags
    character_id: str | None = None
    types: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()  # all of them
    folder: str | None = None  # with what lies below it
    platform: str | None = None
    min_quality: float | None = None
    max_quality: float | None = None
    nsfw: bool | None = None
    source_id: str | None = None
    names: tuple[str, ...] = ()
    before: float | None = None  # made before that time
    deleted: bool = False  # what can still be taken back, instead of what is there
    sort: Sort = "newest"


@dataclass(frozen=True)
class Entry:
    """One line of a content's history."""

    what: str
    reason: str | None
    visitor: str | None
    at: float


@dataclass(frozen=True)
class Stats:
    """Sums over contents."""

    total: int
    total_bytes: int
    by_type: dict[str, int]
    by_status: dict[str, int]
    bytes_by_type: dict[str, int]
    average_quality: float | None
    nsfw: int


@dataclass(frozen=True)
class Held:
    """What one character's contents take."""

    character_id: str | None
    character_name: str | None
    count: int
    bytes: int


# ------------------------------------------------------------------------ finding

_COLUMNS = """contents.*, (SELECT name FROM characters WHERE characters.id = contents.character_id)
    AS character_name"""


def get(database: Database, content_id: str, *, deleted: bool = False) -> Content | None:
    """One content by its id; a deleted one only if that will do."""
    return _one(database, "id = ?", storable(content_id), deleted)


def named(database: Database, name: str) -> Content | None:
    """The content whose file has this name."""
    return _one(database, "name = ?", storable(name), False)


def _one(database: Database, condition: str, value: str, deleted: bool) -> Content | None:
    also = "" if deleted else " AND deleted_at IS NULL"
    with database.read() as connection:
        rows = connection.execute(
            f"SELECT {_COLUMNS} FROM contents WHERE {condition}{also}", (value,)
        ).fetchall()
        return _contents(connection, rows)[0] if rows else None


def find(database: Database, ids: Sequence[str], *, deleted: bool = False) -> list[Content]:
    """These contents in the order of the ids; what is not there is left out."""
    also = "" if deleted else " AND deleted_at IS NULL"
    found: dict[str, Content] = {}
    with database.read() as connection:
        for part in parts(ids):
            rows = connection.execute(
                f"SELECT {_COLUMNS} FROM contents WHERE id IN ({slots(part)}){also}", part
            ).fetchall()
            found |= {one.id: one for one in _contents(connection, rows)}
    return [found[one] for one in dict.fromkeys(ids) if one in found]


def of_job(database: Database, job_id: str) -> tuple[Content, ...]:
    """What came of a job, in its order; what it kept of an earlier one is that one's."""
    with database.read() as connection:
        rows = connection.execute(
            f"""SELECT {_COLUMNS} FROM outputs
                JOIN gallery ON gallery.output_id = outputs.id
                JOIN tasks ON tasks.id = outputs.task_id
                JOIN contents ON contents.id = coalesce(gallery.copy_of, outputs.id)
                WHERE outputs.job_id = ? AND contents.deleted_at IS NULL
                ORDER BY tasks.position, outputs.position""",
            (storable(job_id),),
        ).fetchall()
        return tuple(_contents(connection, rows))


def page(database: Database, wanted: Filter, *, limit: int, offset: int = 0) -> tuple[list[Content], int]:
    """Some of the matches in the order that is asked for, and how many there are."""
    with database.read() as connection:
        where, values = _where(wanted)
        members = f"FROM contents WHERE {' AND '.join(where)}"
        total = _count(connection, wanted, members, values)
        if offset >= total:
            return [], total
        # The rows themselves are only read for the page.
        numbers = [
            row[0]
            for row in connection.execute(
                f"SELECT seq {members} ORDER BY {_ORDERS[wanted.sort]} LIMIT ? OFFSET ?",
                [*values, limit, offset],
            )
        ]
        return _in_order(connection, numbers), total


def _count(connection: sqlite3.Connection, wanted: Filter, members: str, values: Sequence[Any]) -> int:
    plain = Filter(
        character_id=wanted.character_id,
        types=wanted.types,
        statuses=wanted.statuses,
        nsfw=wanted.nsfw,
        sort=wanted.sort,
    )
    if plain == wanted:
        # The sums know it; looking at each of them takes longer than all the rest.
        where, summed = _where_sums(wanted)
        sql = f"SELECT coalesce(sum(contents), 0) FROM content_sums WHERE {where}"
        return int(connection.execute(sql, summed).fetchone()[0])
    return int(connection.execute(f"SELECT count(*) {members}", values).fetchone()[0])


def numbers(database: Database, wanted: Filter) -> list[int]:
    """All matches by their numbers, for whoever goes through them in parts."""
    where, values = _where(wanted)
    sql = f"SELECT seq FROM contents WHERE {' AND '.join(where)} ORDER BY {_ORDERS[wanted.sort]}"
    return [row[0] for row in database.connection.execute(sql, values)]


def by_numbers(database: Database, wanted: Sequence[int]) -> list[Content]:
    """The contents with these numbers that are still there, in this order."""
    with database.read() as connection:
        return _in_order(connection, wanted)


def _in_order(connection: sqlite3.Connection, wanted: Sequence[int]) -> list[Content]:
    found: dict[int, Content] = {}
    for part in parts(wanted):
        rows = connection.execute(
            f"SELECT {_COLUMNS} FROM contents WHERE seq IN ({slots(part)})", part
        ).fetchall()
        found |= {one.seq: one for one in _contents(connection, rows)}
    return [found[one] for one in wanted if one in found]


def stats(database: Database, character_id: str | None = None) -> Stats:
    """Sums over all contents, or those of one character."""
    where, values = _where_sums(Filter(character_id=character_id))
    rows = database.connection.execute(
        f"""SELECT content_type, approval_status, sum(contents), sum(bytes), sum(is_nsfw * contents),
                   sum(rated), sum(quality)
            FROM content_sums WHERE {where} GROUP BY content_type, approval_status""",
        values,
    ).fetchall()
    by_type: dict[str, int] = dict.fromkeys(TYPES, 0)
    by_status: dict[str, int] = dict.fromkeys(APPROVALS, 0)
    bytes_by_type: dict[str, int] = dict.fromkeys(TYPES, 0)
    for content_type, status, count, size, *_ in rows:
        by_type[content_type] += count
        by_status[status] += count
        bytes_by_type[content_type] += size
    rated = sum(row[5] for row in rows)
    return Stats(
        total=sum(by_type.values()),
        total_bytes=sum(bytes_by_type.values()),
        by_type=by_type,
        by_status=by_status,
        bytes_by_type=bytes_by_type,
        average_quality=round(sum(row[6] for row in rows) / rated, 3) if rated else None,
        nsfw=sum(row[4] for row in rows),
    )


def held_by_character(database: Database, character_id: str | None, limit: int) -> list[Held]:
    """What the contents of each character take, the largest first; of all characters or of one."""
    where, values = _where_sums(Filter(character_id=character_id))
    rows = database.connection.execute(
        f"""SELECT nullif(character_id, ''), (SELECT name FROM characters WHERE id = character_id), many, held
            FROM (SELECT character_id, sum(contents) AS many, sum(bytes) AS held
                  FROM content_sums WHERE {where} GROUP BY character_id)
            WHERE many > 0 ORDER BY held DESC LIMIT ?""",
        [*values, limit],
    )
    return [Held(*row) for row in rows]


def folders(database: Database, character_id: str | None = None) -> dict[str, int]:
    """The folders that are in use, each with how much is in it."""
    where, values = _where(Filter(character_id=character_id))
    rows = database.connection.execute(
        f"""SELECT folder_path, count(*) FROM contents
            WHERE folder_path IS NOT NULL AND {" AND ".join(where)}
            GROUP BY folder_path ORDER BY folder_path LIMIT ?""",
        [*values, MOST_FOLDERS],
    )
    return {row[0]: row[1] for row in rows}


def tags_in_use(database: Database, character_id: str | None, limit: int) -> dict[str, int]:
    """The tags of contents, each with how often it is there, the most frequent first."""
    where, values = _where(Filter(character_id=character_id))
    gone = "SELECT NULL AS tag, 0 AS many WHERE 0"
    if len(where) > 1:
        # The plus keeps the contents in charge, of which there are fewer than tags.
        source = f"contents JOIN content_tags ON content_tags.seq = +contents.seq WHERE {' AND '.join(where)}"
    else:
        # Of all but a few: counting every tag and then those few is much quicker.
        source = "content_tags"
        gone = """SELECT tag, count(*) AS many FROM contents JOIN content_tags USING (seq)
                  WHERE deleted_at IS NOT NULL GROUP BY tag"""
    rows = database.connection.execute(
        f"""WITH gone AS MATERIALIZED ({gone}),
                 tagged AS MATERIALIZED (SELECT min(tag) AS name, count(*) AS many FROM {source} GROUP BY tag)
            SELECT name, tagged.many - coalesce(gone.many, 0) AS there
            FROM tagged LEFT JOIN gone ON gone.tag = name COLLATE NOCASE
            WHERE there > 0 ORDER BY there DESC, name LIMIT ?""",
        [*values, limit],
    )
    return {row[0]: row[1] for row in rows}


def history(database: Database, content_id: str) -> list[Entry]:
    """What was decided about a content, in order."""
    rows = database.connection.execute(
        """SELECT what, reason, content_history.visitor, at FROM content_history
           JOIN contents USING (seq) WHERE id = ? ORDER BY number""",
        (storable(content_id),),
    )
    return [Entry(*row) for row in rows]


# ----------------------------------------------------------------------- changing


def insert(connection: sqlite3.Connection, new: NewContent, tags: Sequence[str] = ()) -> None:
    """Record a content; called inside the caller's transaction."""
    values = {name: getattr(new, name) for name in new.__dataclass_fields__}
    values["generation_settings"] = json.dumps(dict(new.generation_settings or {}))
    values["is_nsfw"] = int(new.is_nsfw)
    values = {name: storable(value) if isinstance(value, str) else value for name, value in values.items()}
    values["updated_at"] = new.created_at
    cursor = connection.execute(
        f"INSERT INTO contents ({', '.join(values)}) VALUES ({slots(list(values))})", list(values.values())
    )
    _tag(connection, [cursor.lastrowid], tags)


def update(database: Database, ids: Sequence[str], values: Mapping[str, Any], now: float) -> int:
    """Change members of contents that are there; says of how many."""
    if not values.keys() <= CHANGEABLE:
        raise ValueError(f"not to be changed: {sorted(values.keys() - CHANGEABLE)}")
    written = {
        name: json.dumps(value) if name in _JSON else int(value) if name in _FLAGS else value
        for name, value in values.items()
    }
    written = {name: storable(value) if isinstance(value, str) else value for name, value in written.items()}
    changes = ", ".join(f"{name} = ?" for name in [*written, "updated_at"])
    changed = 0
    with database.write() as connection:
        for part in parts(ids):
            changed += connection.execute(
                f"UPDATE contents SET {changes} WHERE id IN ({slots(part)}) AND deleted_at IS NULL",
                [*written.values(), now, *part],
            ).rowcount
    return changed


def decide(
    database: Database,
    ids: Sequence[str],
    status: Approval,
    reason: str | None,
    visitor: str | None,
    now: float,
) -> list[str]:
    """Approve or reject contents that are there, noted in their history; says which there were."""
    known: list[str] = []
    with database.write() as connection:
        for part in parts(ids):
            rows = connection.execute(
                f"""SELECT seq, id, approval_status, rejection_reason FROM contents
                    WHERE id IN ({slots(part)}) AND deleted_at IS NULL""",
                part,
            ).fetchall()
            known += [row["id"] for row in rows]
            # Saying the same again changes nothing and is no line of a history.
            changed = [
                row["seq"]
                for row in rows
                if (row["approval_status"], row["rejection_reason"]) != (status, reason)
            ]
            connection.execute(
                f"""UPDATE contents SET approval_status = ?, rejection_reason = ?, updated_at = ?
                    WHERE seq IN ({slots(changed)})""",
                [status, reason and storable(reason), now, *changed],
            )
            _note(connection, changed, status, reason, visitor, now)
    return known


def mark_deleted(
    database: Database, ids: Sequence[str], at: float | None, visitor: str | None, now: float
) -> list[str]:
    """Delete contents so that it can be taken back, or take it back; says which it changed."""
    changed: list[tuple[int, str]] = []
    with database.write() as connection:
        for part in parts(ids):
            changed += [
                (row[0], row[1])
                for row in connection.execute(
                    f"""UPDATE contents SET deleted_at = ? WHERE id IN ({slots(part)})
                        AND (deleted_at IS NULL) = ? RETURNING seq, id""",
                    [at, *part, at is not None],
                ).fetchall()
            ]
        _note(
            connection,
            [seq for seq, _ in changed],
            "restored" if at is None else "deleted",
            None,
            visitor,
            now,
        )
    return [content_id for _, content_id in changed]


def remove(database: Database, ids: Sequence[str]) -> list[str]:
    """Forget contents for good; gives the names of their files."""
    names: list[str] = []
    with database.write() as connection:
        for part in parts(ids):
            sql = f"DELETE FROM contents WHERE id IN ({slots(part)}) RETURNING name"
            names += [row[0] for row in connection.execute(sql, part).fetchall()]
    return names


def deleted_before(database: Database, at: float, limit: int) -> list[str]:
    """Contents whose time to be taken back is over."""
    rows = database.connection.execute("SELECT id FROM contents WHERE deleted_at < ? LIMIT ?", (at, limit))
    return [row[0] for row in rows]


def use(database: Database, content_id: str, now: float) -> None:
    """Count that a content was used."""
    with database.write() as connection:
        connection.execute(
            "UPDATE contents SET times_used = times_used + 1, last_used_at = ? WHERE id = ?",
            (now, storable(content_id)),
        )


def add_tags(database: Database, ids: Sequence[str], tags: Sequence[str], now: float) -> None:
    """Give tags to contents."""
    with database.write() as connection:
        for part in parts(ids):
            _tag(connection, _numbers(connection, part), tags)
            _touch(connection, part, now)


def remove_tags(database: Database, ids: Sequence[str], tags: Sequence[str] | None, now: float) -> None:
    """Take tags from contents; all of them, if none are named."""
    with database.write() as connection:
        for part in parts(ids):
            among = _numbers(connection, part)
            if tags is None:
                connection.execute(f"DELETE FROM content_tags WHERE seq IN ({slots(among)})", among)
            for tag in tags or ():
                connection.execute(
                    f"DELETE FROM content_tags WHERE tag = ? AND seq IN ({slots(among)})",
                    [storable(tag), *among],
                )
            _touch(connection, part, now)


def unknown_names(database: Database, names: Sequence[str]) -> set[str]:
    """Those of these names of files that no content has, not even a deleted one."""
    known: set[str] = set()
    for part in parts(names):
        sql = f"SELECT name FROM contents WHERE name IN ({slots(part)})"
        known |= {row[0] for row in database.connection.execute(sql, part)}
    return set(names) - known


def _touch(connection: sqlite3.Connection, ids: Sequence[Any], now: float) -> None:
    connection.execute(f"UPDATE contents SET updated_at = ? WHERE id IN ({slots(ids)})", [now, *ids])


def _tag(connection: sqlite3.Connection, among: Sequence[int | None], tags: Sequence[str]) -> None:
    connection.executemany(
        "INSERT OR IGNORE INTO content_tags (tag, seq) VALUES (?, ?)",
        [(storable(tag), seq) for seq in among for tag in tags],
    )


def _numbers(connection: sqlite3.Connection, ids: Sequence[Any]) -> list[int]:
    sql = f"SELECT seq FROM contents WHERE id IN ({slots(ids)}) AND deleted_at IS NULL"
    return [row[0] for row in connection.execute(sql, list(ids))]


def _note(
    connection: sqlite3.Connection,
    among: Sequence[int],
    what: str,
    reason: str | None,
    visitor: str | None,
    now: float,
) -> None:
    connection.executemany(
        "INSERT INTO content_history (seq, what, reason, visitor, at) VALUES (?, ?, ?, ?, ?)",
        [(seq, what, reason and storable(reason), visitor, now) for seq in among],
    )


# --------------------------------------------------------------------- conditions


def _where(wanted: Filter) -> tuple[list[str], list[Any]]:
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


def _where_sums(wanted: Filter) -> tuple[str, list[Any]]:
    """The same for what the sums can tell apart."""
    where, values = _where(wanted)
    # Whatever is deleted is in no sum.
    return " AND ".join(["1", *where[1:]]), values


def _contents(connection: sqlite3.Connection, rows: Sequence[sqlite3.Row]) -> list[Content]:
    tags: dict[int, list[str]] = defaultdict(list)
    for part in parts([row["seq"] for row in rows]):
        for seq, tag in connection.execute(
            f"SELECT seq, tag FROM content_tags WHERE seq IN ({slots(part)}) ORDER BY seq, tag", part
        ):
            tags[seq].append(tag)
    return [_content(dict(row), tags) for row in rows]


def _content(values: dict[str, Any], tags: Mapping[int, Sequence[str]]) -> Content:
    for name in _JSON:
        values[name] = json.loads(values[name])
    for name in _FLAGS:
        values[name] = bool(values[name])
    return Content(**values, tags=tuple(tags.get(values["seq"], ())))
