"""Sums over kept content: how much there is of each kind, folder and tag, and what it takes."""

from __future__ import annotations

from studio.records.contents.rows import conditions, conditions_of_sums
from studio.records.contents.shapes import APPROVALS, TYPES, Filter, Held, Stats
from studio.records.database import Database

MOST_FOLDERS = 500  # in sums


def stats(database: Database, character_id: str | None = None) -> Stats:
    """Sums over all contents, or those of one character."""
    where, values = conditions_of_sums(Filter(character_id=character_id))
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
    where, values = conditions_of_sums(Filter(character_id=character_id))
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
    where, values = conditions(Filter(character_id=character_id))
    rows = database.connection.execute(
        f"""SELECT folder_path, count(*) FROM contents
            WHERE folder_path IS NOT NULL AND {" AND ".join(where)}
            GROUP BY folder_path ORDER BY folder_path LIMIT ?""",
        [*values, MOST_FOLDERS],
    )
    return {row[0]: row[1] for row in rows}


def tags_in_use(database: Database, character_id: str | None, limit: int) -> dict[str, int]:
    """The tags of contents, each with how often it is there, the most frequent first."""
    where, values = conditions(Filter(character_id=character_id))
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
