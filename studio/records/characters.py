"""Kept characters in the records: who they are, their styles, sets and files."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Literal, get_args

from studio.records.database import Database
from studio.records.entities import Output
from studio.records.jobs import OUTPUT_COLUMNS
from studio.records.own import mine
from studio.records.statements import parts, search_terms, slots, storable

CharacterStatus = Literal["active", "paused", "error"]
STATUSES: tuple[CharacterStatus, ...] = get_args(CharacterStatus)
REFERENCE = "reference"  # the role of the picture of a character's face
POSE = "pose"


@dataclass(frozen=True)
class Character:
    """Somebody who is kept."""

    id: str
    name: str
    status: CharacterStatus
    bio: str
    age: int | None
    location: str
    timezone: str
    interests: tuple[str, ...]
    personality: Mapping[str, Any]
    appearance: Mapping[str, Any]
    look_seed: int  # decides what the words leave open, in every picture alike
    canon: Mapping[str, str]  # words for what they leave open, by trait; and for which words they were found
    costumes: Mapping[str, str]  # words by name
    notes: tuple[str, ...]  # what could not be done as it was asked for
    origin: Mapping[str, Any]  # what the character was made from, if not from a form
    picture_id: str | None  # the picture that stands for the character
    visitor: str | None
    created_at: float
    updated_at: float
    deleted_at: float | None = None
    files: Mapping[tuple[str, str], str] = field(default_factory=dict)  # uploads by role and name

    @property
    def reference_file_id(self) -> str | None:
        """The picture of the face, as an upload."""
        return self.files.get((REFERENCE, ""))


@dataclass(frozen=True)
class Style:
    """One way in which a character is drawn; what is None is left to the request."""

    id: str
    character_id: str
    name: str
    description: str
    prompt_prefix: str
    prompt_suffix: str
    negative_prompt: str
    checkpoint: str | None
    sampler_name: str | None
    scheduler: str | None
    steps: int | None
    cfg_scale: float | None
    width: int | None
    height: int | None
    style_keywords: tuple[str, ...]
    display_order: int
    is_active: bool
    is_default: bool
    created_at: float
    updated_at: float


@dataclass(frozen=True)
class CharacterSet:
    """Pictures of a character that were asked for together: costumes, expressions, views."""

    id: str
    character_id: str
    kind: str
    items: tuple[Mapping[str, Any], ...]  # name, words, job_id
    created_at: float


_JSON = frozenset({"interests", "personality", "appearance", "canon", "costumes", "notes", "origin"})
_COLUMNS = [one.name for one in fields(Character) if one.name != "files"]
_STYLE_COLUMNS = [one.name for one in fields(Style)]


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, Mapping | tuple | list):
        return storable(json.dumps(value, ensure_ascii=True))
    return value


# ---------------------------------------------------------------------- characters


def insert(connection: sqlite3.Connection, character: Character) -> None:
    """Record a new character with its files."""
    connection.execute(
        f"INSERT INTO characters ({', '.join(_COLUMNS)}) VALUES ({slots(_COLUMNS)})",
        [_plain(getattr(character, name)) for name in _COLUMNS],
    )
    _index(connection, character)
    for (role, name), file_id in character.files.items():
        set_file(connection, character.id, role, name, file_id, character.created_at)


def update(connection: sqlite3.Connection, character: Character) -> None:
    """Record a character as it is now; its files are changed by themselves."""
    names = [name for name in _COLUMNS if name not in {"id", "visitor", "created_at"}]
    connection.execute(
        f"UPDATE characters SET {', '.join(f'{name} = ?' for name in names)} WHERE id = ?",
        [*(_plain(getattr(character, name)) for name in names), character.id],
    )
    _index(connection, character)


def _index(connection: sqlite3.Connection, character: Character) -> None:
    seq = connection.execute("SELECT seq FROM characters WHERE id = ?", (character.id,)).fetchone()[0]
    connection.execute("DELETE FROM characters_fts WHERE rowid = ?", (seq,))
    if character.deleted_at is None:
        connection.execute(
            "INSERT INTO characters_fts (rowid, words) VALUES (?, ?)", (seq, storable(_words(character)))
        )


def _words(character: Character) -> str:
    """Everything that a search should find a character by."""
    parts = [character.name, character.bio, character.location, *character.interests]
    for told in (character.personality, character.appearance, character.costumes):
        for name, value in told.items():
            listed = value if isinstance(value, list | tuple) else [value]
            # An address says nothing of anybody.
            parts += [
                str(one) for one in listed if isinstance(one, str) and not name.startswith("face_reference")
            ]
    return "\n".join(parts)


def set_canon(connection: sqlite3.Connection, character_id: str, canon: Mapping[str, str]) -> None:
    """Note what was found out about a look; nobody has changed anything by that."""
    connection.execute("UPDATE characters SET canon = ? WHERE id = ?", (_plain(canon), character_id))


def find(database: Database, character_id: str, *, deleted: bool = False) -> Character | None:
    """The character with this id, unless it was deleted; or only if it was."""
    where = f"id = ? AND deleted_at IS {'NOT NULL' if deleted else 'NULL'}"
    found = _all(database.connection, where, [storable(character_id)])
    return found[0] if found else None


def is_taken(
    connection: sqlite3.Connection, table: Literal["characters", "character_styles"], one: str
) -> bool:
    """Whether an id is in use, by what was deleted too."""
    return connection.execute(f"SELECT 1 FROM {table} WHERE id = ?", (storable(one),)).fetchone() is not None


def page(
    database: Database, *, status: str | None = None, search: str = "", limit: int = 20, offset: int = 0
) -> tuple[list[Character], int]:
    """The newest matching characters of whoever is asking, and how many there are."""
    own, values = mine("visitor")
    where: list[str] = ["deleted_at IS NULL", *own]
    values = [*values]
    if status is not None:
        where.append("status = ?")
        values.append(status)
    if search.strip():
        if not (terms := search_terms(search)):
            return [], 0
        where.append("seq IN (SELECT rowid FROM characters_fts WHERE characters_fts MATCH ?)")
        values.append(terms)
    with database.read() as connection:
        condition = " AND ".join(where)
        total = connection.execute(f"SELECT count(*) FROM characters WHERE {condition}", values).fetchone()[0]
        found = _all(connection, f"{condition} ORDER BY seq DESC LIMIT ? OFFSET ?", [*values, limit, offset])
    return found, int(total)


def names_of(database: Database, ids: Sequence[str]) -> dict[str, str]:
    """The names of characters, of deleted ones too."""
    found: dict[str, str] = {}
    for part in parts(ids):
        rows = database.connection.execute(
            f"SELECT id, name FROM characters WHERE id IN ({slots(part)})", part
        )
        found.update((row[0], row[1]) for row in rows)
    return found


def _all(connection: sqlite3.Connection, condition: str, values: Sequence[Any]) -> list[Character]:
    rows = connection.execute(
        f"SELECT {', '.join(_COLUMNS)} FROM characters WHERE {condition}", [*values]
    ).fetchall()
    ids = [row["id"] for row in rows]
    files: dict[str, dict[tuple[str, str], str]] = {one: {} for one in ids}
    for row in connection.execute(
        f"""SELECT character_id, role, name, file_id FROM character_files
            WHERE character_id IN ({slots(ids)}) ORDER BY created_at, name""",
        ids,
    ):
        files[row[0]][row[1], row[2]] = row[3]
    return [_character(row, files[row["id"]]) for row in rows]


def _character(row: sqlite3.Row, files: Mapping[tuple[str, str], str]) -> Character:
    values = {name: json.loads(row[name]) if name in _JSON else row[name] for name in _COLUMNS}
    return Character(
        **{**values, "interests": tuple(values["interests"]), "notes": tuple(values["notes"])}, files=files
    )


# ---------------------------------------------------------------------------- files


def set_file(
    connection: sqlite3.Connection, character_id: str, role: str, name: str, file_id: str, now: float
) -> None:
    """Hold an upload for a character, in the place of the former one of that role and name."""
    connection.execute(
        """INSERT INTO character_files (character_id, role, name, file_id, created_at) VALUES (?, ?, ?, ?, ?)
           ON CONFLICT DO UPDATE SET file_id = excluded.file_id""",
        (character_id, role, storable(name), file_id, now),
    )


def drop_file(connection: sqlite3.Connection, character_id: str, role: str, name: str = "") -> None:
    """Let an upload go."""
    connection.execute(
        "DELETE FROM character_files WHERE character_id = ? AND role = ? AND name = ?",
        (character_id, role, storable(name)),
    )


# --------------------------------------------------------------------------- styles


def insert_style(connection: sqlite3.Connection, style: Style) -> None:
    """Record a style; as the default it unsets the former one."""
    _only_default(connection, style)
    connection.execute(
        f"INSERT INTO character_styles ({', '.join(_STYLE_COLUMNS)}) VALUES ({slots(_STYLE_COLUMNS)})",
        [_plain(getattr(style, name)) for name in _STYLE_COLUMNS],
    )


def update_style(connection: sqlite3.Connection, style: Style) -> None:
    """Record a style as it is now."""
    _only_default(connection, style)
    names = [name for name in _STYLE_COLUMNS if name not in {"id", "character_id", "created_at"}]
    connection.execute(
        f"UPDATE character_styles SET {', '.join(f'{name} = ?' for name in names)} WHERE id = ?",
        [*(_plain(getattr(style, name)) for name in names), style.id],
    )


def _only_default(connection: sqlite3.Connection, style: Style) -> None:
    if style.is_default:
        connection.execute(
            "UPDATE character_styles SET is_default = 0 WHERE character_id = ? AND id != ? AND is_default",
            (style.character_id, style.id),
        )


def remove_style(connection: sqlite3.Connection, style_id: str) -> None:
    """Forget a style."""
    connection.execute("DELETE FROM character_styles WHERE id = ?", (style_id,))


def find_style(connection: sqlite3.Connection, character_id: str, style_id: str) -> Style | None:
    """One style of a character."""
    row = connection.execute(
        f"SELECT {', '.join(_STYLE_COLUMNS)} FROM character_styles WHERE character_id = ? AND id = ?",
        (character_id, storable(style_id)),
    ).fetchone()
    return _style(row) if row else None


def styles(connection: sqlite3.Connection, character_ids: Sequence[str]) -> dict[str, list[Style]]:
    """The styles of characters, each in their order."""
    found: dict[str, list[Style]] = {one: [] for one in character_ids}
    for row in connection.execute(
        f"""SELECT {", ".join(_STYLE_COLUMNS)} FROM character_styles
            WHERE character_id IN ({slots(found)}) ORDER BY display_order, seq""",
        [*found],
    ):
        found[row["character_id"]].append(_style(row))
    return found


def _style(row: sqlite3.Row) -> Style:
    values = {name: row[name] for name in _STYLE_COLUMNS}
    values |= {
        "style_keywords": tuple(json.loads(row["style_keywords"])),
        "is_active": bool(row["is_active"]),
        "is_default": bool(row["is_default"]),
    }
    return Style(**values)


# ----------------------------------------------------------------------------- sets


def insert_set(connection: sqlite3.Connection, made: CharacterSet) -> None:
    """Record what was asked for together."""
    connection.execute(
        "INSERT INTO character_sets (id, character_id, kind, items, created_at) VALUES (?, ?, ?, ?, ?)",
        (made.id, made.character_id, made.kind, _plain(made.items), made.created_at),
    )


def sets(
    connection: sqlite3.Connection,
    character_id: str,
    set_id: str | None = None,
    *,
    limit: int = 100,
    offset: int = 0,
) -> tuple[list[CharacterSet], int]:
    """The sets of a character, the newest first, or the one with an id."""
    where, values = "character_id = ?", [character_id]
    if set_id is not None:
        where, values = f"{where} AND id = ?", [*values, storable(set_id)]
    total = connection.execute(f"SELECT count(*) FROM character_sets WHERE {where}", values).fetchone()[0]
    rows = connection.execute(
        f"""SELECT id, character_id, kind, items, created_at FROM character_sets
            WHERE {where} ORDER BY seq DESC LIMIT ? OFFSET ?""",
        [*values, limit, offset],
    ).fetchall()
    return [CharacterSet(row[0], row[1], row[2], tuple(json.loads(row[3])), row[4]) for row in rows], total


# ------------------------------------------------------------------------- pictures


def pictures(
    database: Database, character_id: str, *, media: str = "", limit: int = 50, offset: int = 0
) -> tuple[list[Output], int]:
    """What was made of a character, the newest first; without what somebody has deleted."""
    where = """job_id IN (SELECT id FROM jobs WHERE character_id = ?)
               AND seq NOT IN (SELECT seq FROM gallery WHERE deleted_at IS NOT NULL OR copy_of IS NOT NULL)"""
    values: list[Any] = [character_id]
    if media:
        where, values = f"{where} AND media = ?", [*values, media]
    with database.read() as connection:
        total = connection.execute(f"SELECT count(*) FROM outputs WHERE {where}", values).fetchone()[0]
        rows = connection.execute(
            f"SELECT {OUTPUT_COLUMNS} FROM outputs WHERE {where} ORDER BY seq DESC LIMIT ? OFFSET ?",
            [*values, limit, offset],
        ).fetchall()
    return [Output(*row) for row in rows], int(total)
