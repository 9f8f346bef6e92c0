"""Which results have a copy in a bucket, and copies of deleted ones that are still to be removed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from studio.records.database import Database
from studio.records.entities import Output
from studio.records.jobs import OUTPUT_COLUMNS

LOST = ""  # instead of a hash: there is no copy, and nothing to make one of


@dataclass(frozen=True)
class Waiting:
    """A result without a copy."""

    seq: int
    output: Output


@dataclass(frozen=True)
class Removal:
    """A copy whose result was deleted."""

    seq: int
    job_id: str
    name: str
    is_wanted: bool  # there is such a result all the same: it was made again


def waiting(database: Database, after: int, limit: int) -> list[Waiting]:
    """The first results without a copy, beyond a number."""
    rows = database.connection.execute(
        f"""SELECT seq, {OUTPUT_COLUMNS} FROM outputs INDEXED BY outputs_to_mirror
            WHERE mirrored IS NULL AND seq > ? ORDER BY seq LIMIT ?""",
        (after, limit),
    )
    return [Waiting(row[0], Output(*row[1:])) for row in rows]


def waiting_count(database: Database) -> int:
    """How many results have no copy."""
    return database.connection.execute("SELECT count(*) FROM outputs WHERE mirrored IS NULL").fetchone()[0]


def mark(database: Database, output: Output, state: str) -> bool:
    """Note that a result has a copy; false if it is not the same result any more."""
    with database.write() as connection:
        return (
            connection.execute(
                "UPDATE outputs SET mirrored = ? WHERE id = ? AND sha256 = ?",
                (state, output.id, output.sha256),
            ).rowcount
            > 0
        )


def kept(database: Database, job_id: str, name: str) -> str | None:
    """The hash of a result that has a copy."""
    row = database.connection.execute(
        "SELECT sha256 FROM outputs WHERE job_id = ? AND name = ? AND mirrored = sha256", (job_id, name)
    ).fetchone()
    return row[0] if row else None


def all_kept(database: Database) -> Iterator[tuple[str, str]]:
    """Job and name of every result that has a copy."""
    for row in database.connection.execute("SELECT job_id, name FROM outputs WHERE mirrored = sha256"):
        yield row[0], row[1]


def forget_all(database: Database) -> None:
    """Note that it is not known any more what has a copy: it was in another bucket."""
    with database.write() as connection:
        connection.execute("UPDATE outputs SET mirrored = NULL WHERE mirrored IS NOT NULL")
        connection.execute("DELETE FROM mirror_removals")


def look_again(database: Database) -> None:
    """Have results be looked for again of which neither the file nor a copy was found."""
    with database.write() as connection:
        connection.execute("UPDATE outputs SET mirrored = NULL WHERE mirrored = ?", (LOST,))


def add_removal(database: Database, job_id: str, name: str) -> None:
    """Note that a copy may be of no use any more."""
    with database.write() as connection:
        connection.execute("INSERT INTO mirror_removals (job_id, name) VALUES (?, ?)", (job_id, name))


def removals(database: Database, limit: int) -> list[Removal]:
    """Copies that are to be removed, the oldest first."""
    rows = database.connection.execute(
        """SELECT seq, job_id, name, EXISTS (
               SELECT 1 FROM outputs
               WHERE outputs.job_id = mirror_removals.job_id AND outputs.name = mirror_removals.name
           ) FROM mirror_removals ORDER BY seq LIMIT ?""",
        (limit,),
    )
    return [Removal(row[0], row[1], row[2], bool(row[3])) for row in rows]


def forget_removal(database: Database, seq: int) -> None:
    """Note that a copy is gone."""
    with database.write() as connection:
        connection.execute("DELETE FROM mirror_removals WHERE seq = ?", (seq,))
