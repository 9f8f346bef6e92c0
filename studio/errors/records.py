"""The records; these stop the start."""

from __future__ import annotations

from studio.errors.problem import Problem

PROBLEMS = (
    Problem(
        "database_unsupported",
        500,
        "DATABASE_URL {url} names a database that this version cannot use.",
        "Records are kept in SQLite: use sqlite:///./avatarforge.db or sqlite:////absolute/path.db.",
    ),
    Problem(
        "database_too_new",
        500,
        "{path} was written by a newer version of the studio (it knows {unknown}).",
        "Start the newer version, or point DATABASE_URL at another file.",
    ),
    Problem(
        "database_corrupt",
        500,
        "{path} is not a readable database: {why}.",
        "Nothing was changed in it. Restore a backup copy, or point DATABASE_URL at another file.",
    ),
    Problem(
        "database_unwritable",
        500,
        "The records cannot be kept in {path}: {why}.",
        "Check the folder and its permissions, or point DATABASE_URL elsewhere.",
    ),
)
