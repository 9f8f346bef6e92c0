"""What kept pictures look like, as hashes by which the same ones are found."""

from __future__ import annotations

from studio.records.database import Database
from studio.records.own import mine


def remember(database: Database, content_id: str, phash: int) -> None:
    """Note the hash of a kept picture."""
    with database.write() as connection:
        connection.execute(
            """INSERT INTO content_hashes (content_id, phash) VALUES (?, ?)
               ON CONFLICT (content_id) DO UPDATE SET phash = excluded.phash""",
            (content_id, phash),
        )


def known(database: Database, but: str | None = None) -> dict[str, int]:
    """The hashes of the pictures that are there for whoever is asking, but one of them."""
    conditions, values = mine("visitor")
    where = " AND ".join(["deleted_at IS NULL", "content_id IS NOT ?", *conditions])
    rows = database.connection.execute(
        f"""SELECT content_id, phash FROM content_hashes JOIN contents ON contents.id = content_id
            WHERE {where}""",
        [but, *values],
    )
    return {row[0]: row[1] for row in rows}
