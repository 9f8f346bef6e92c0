"""The one rule of private galleries: a list that a visitor sees has only what that visitor made."""

from __future__ import annotations

from studio import visitors


def only_own(column: str) -> tuple[list[str], list[str]]:
    """Conditions, with their values, on a column that has a job's number; none where all may be seen."""
    name = visitors.whose()
    if name is None:
        return [], []
    return [f"{column} IN (SELECT seq FROM jobs WHERE visitor = ?)"], [name]


def mine(column: str) -> tuple[list[str], list[str]]:
    """The same on a column that has the visitor's own name."""
    name = visitors.whose()
    return ([], []) if name is None else ([f"{column} = ?"], [name])
