"""Pages of jobs: by kind, status and words, without stepping over what is not asked for."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any

from studio.records.database import Database
from studio.records.entities import Page
from studio.records.jobs import by_numbers
from studio.records.own import only_own
from studio.records.statements import search_terms, slots

Group = tuple[str, str, int]  # kind, status, how many


def page(
    database: Database,
    *,
    kinds: Sequence[str] = (),
    statuses: Sequence[str] = (),
    search: str = "",
    parent_id: str | None = None,
    limit: int = 50,
    offset: int = 0,
) -> Page:
    """The newest matching jobs and the number of all matches."""
    terms = search_terms(search)
    # Whoever has a job's id may see what was made of it.
    where, values = only_own("seq") if parent_id is None else (["parent_id = ?"], [parent_id])
    with database.read() as connection:
        if search.strip() and not terms:
            total, numbers = 0, []
        elif where:
            total, numbers = _among_few(connection, where, values, kinds, statuses, terms, limit, offset)
        elif terms:
            total, numbers = _found(connection, kinds, statuses, terms, limit, offset)
        else:
            total, numbers = _newest(connection, kinds, statuses, limit, offset)
        return Page(total, tuple(by_numbers(database, numbers)), limit, offset)


def _newest(
    connection: sqlite3.Connection, kinds: Sequence[str], statuses: Sequence[str], limit: int, offset: int
) -> tuple[int, list[int]]:
    wanted, _ = _groups(connection, kinds, statuses)
    total = _size(wanted)
    limit = min(limit, total - offset)
    if limit <= 0:
        return total, []
    if len(set(kinds)) == 1 and not statuses:
        members, values = "SELECT seq FROM jobs WHERE kind = ?", [*kinds[:1]]
    else:
        members, values = _members(wanted)
    order = "DESC"
    if offset > total // 2:
        # Rows before the page are stepped over one by one; from the other end they are fewer.
        order, offset = "ASC", total - offset - limit
    sql = f"SELECT seq FROM ({members}) ORDER BY seq {order} LIMIT ? OFFSET ?"
    return total, [row[0] for row in connection.execute(sql, [*values, limit, offset])]


def _found(
    connection: sqlite3.Connection,
    kinds: Sequence[str],
    statuses: Sequence[str],
    terms: str,
    limit: int,
    offset: int,
) -> tuple[int, list[int]]:
    wanted, others = _groups(connection, kinds, statuses)
    if not wanted:
        return 0, []
    matches, values = "FROM jobs_fts WHERE jobs_fts MATCH ?", [terms]
    among = ""
    total = None
    if others:
        # Looking up each match among the jobs would cost more than the search; a list of the fewer does not.
        # The plus keeps the words in charge, else the index would be asked for one job after the other.
        fewer_are_wanted = _size(wanted) <= _size(others)
        fewer, more = _members(wanted if fewer_are_wanted else others)
        among = f" AND +rowid {'' if fewer_are_wanted else 'NOT '}IN ({fewer})"
        values += more
        if not fewer_are_wanted:
            left_out = f"SELECT count(*) {matches} AND +rowid IN ({fewer})"
            total = _count(connection, f"SELECT count(*) {matches}", [terms]) - _count(
                connection, left_out, values
            )
    if total is None:
        total = _count(connection, f"SELECT count(*) {matches}{among}", values)
    if offset >= total:
        return total, []
    sql = f"SELECT rowid {matches}{among} ORDER BY rowid DESC LIMIT ? OFFSET ?"
    return total, [row[0] for row in connection.execute(sql, [*values, limit, offset])]


def _among_few(
    connection: sqlite3.Connection,
    few: Sequence[str],
    of_few: Sequence[str],
    kinds: Sequence[str],
    statuses: Sequence[str],
    terms: str,
    limit: int,
    offset: int,
) -> tuple[int, list[int]]:
    where, values = [*few], [*of_few]
    if kinds:
        where.append(f"kind IN ({slots(kinds)})")
        values += kinds
    if statuses:
        where.append(f"status IN ({slots(statuses)})")
        values += statuses
    if terms:
        where.append("seq IN (SELECT rowid FROM jobs_fts WHERE jobs_fts MATCH ?)")
        values.append(terms)
    members = f"FROM jobs WHERE {' AND '.join(where)}"
    rows = connection.execute(
        f"SELECT seq {members} ORDER BY seq DESC LIMIT ? OFFSET ?", [*values, limit, offset]
    )
    return _count(connection, f"SELECT count(*) {members}", values), [row[0] for row in rows]


def _groups(
    connection: sqlite3.Connection, kinds: Sequence[str], statuses: Sequence[str]
) -> tuple[list[Group], list[Group]]:
    """The counted groups of jobs that are asked for, and those that are not."""
    groups: list[Group] = [
        tuple(row) for row in connection.execute("SELECT * FROM job_counts WHERE count > 0")
    ]
    wanted = [
        one for one in groups if (not kinds or one[0] in kinds) and (not statuses or one[1] in statuses)
    ]
    return wanted, [one for one in groups if one not in wanted]


def _members(groups: Sequence[Group]) -> tuple[str, list[str]]:
    """The numbers of all jobs in some groups; each group is read in order from its own index."""
    part = "SELECT seq FROM jobs WHERE kind = ? AND status = ?"
    return " UNION ALL ".join([part] * len(groups)), [value for group in groups for value in group[:2]]


def _size(groups: Sequence[Group]) -> int:
    return sum(count for _, _, count in groups)


def _count(connection: sqlite3.Connection, sql: str, values: Sequence[Any]) -> int:
    return int(connection.execute(sql, values).fetchone()[0])
