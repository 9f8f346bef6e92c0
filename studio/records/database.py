"""Opening the records: checked before anything is touched, backed up before a migration."""

from __future__ import annotations

import contextlib
import datetime
import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import sqlite_utils

from studio.errors import StudioError
from studio.records.schema import migrations

BUSY_TIMEOUT_S = 30.0
CHECK_AT_MOST_S = 0.5  # a whole check of a very large file would hold up the start


class Database:
    """One migrated file: a connection for each thread, writers in turn, every commit wakes waiters."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._local = threading.local()
        self._writing = threading.RLock()
        self._all: list[sqlite3.Connection] = []
        self._commits = 0
        self._changed = threading.Condition()

    @property
    def connection(self) -> sqlite3.Connection:
        """This thread's own connection."""
        existing: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if existing is not None:
            return existing
        connection = connect(self.path)
        self._local.connection = connection
        with self._writing:
            self._all.append(connection)
        return connection

    @property
    def utils(self) -> sqlite_utils.Database:
        """sqlite-utils over this thread's connection, for everything that is not hot."""
        existing: sqlite_utils.Database | None = getattr(self._local, "utils", None)
        if existing is None:
            existing = self._local.utils = sqlite_utils.Database(self.connection)
        return existing

    def rows(self, sql: str, parameters: Sequence[Any] | dict[str, Any] = ()) -> list[dict[str, Any]]:
        """All rows of a query, as dictionaries."""
        return [dict(row) for row in self.connection.execute(sql, parameters)]

    def row(self, sql: str, parameters: Sequence[Any] | dict[str, Any] = ()) -> dict[str, Any] | None:
        """The first row of a query, or nothing."""
        found = self.connection.execute(sql, parameters).fetchone()
        return dict(found) if found is not None else None

    @contextlib.contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """One transaction that has the right to write from its first line; nested uses join the outer one."""
        # The lock keeps this process's writers away from SQLite's busy handler, which sleeps in coarse steps.
        with self._writing:
            connection = self.connection
            if connection.in_transaction:
                yield connection
                return
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
        self._wake()

    def _wake(self) -> None:
        with self._changed:
            self._commits += 1
            self._changed.notify_all()

    @property
    def commits(self) -> int:
        """How many transactions this process has committed; hand it to `wait`."""
        return self._commits

    def wait(self, since: int, timeout_s: float) -> int:
        """Sleep until this process commits after `since`, another process writes, or time is up."""
        deadline = time.monotonic() + timeout_s
        version = self._data_version()
        while True:
            with self._changed:
                if self._commits != since:
                    return self._commits
                left = deadline - time.monotonic()
                if left <= 0:
                    return self._commits
                self._changed.wait(min(left, 0.5))
                if self._commits != since:
                    return self._commits
            if self._data_version() != version:
                return self._commits

    def wake_all(self) -> None:
        """Wake everybody who waits, without a change; used when stopping."""
        self._wake()

    def _data_version(self) -> int:
        return int(self.connection.execute("PRAGMA data_version").fetchone()[0])

    def close(self) -> None:
        """Close every connection; the threads that used them must be done."""
        with self._writing:
            for connection in self._all:
                connection.close()
            self._all.clear()
            self._local = threading.local()


def connect(path: Path) -> sqlite3.Connection:
    """A connection with the house's settings."""
    connection = sqlite3.connect(
        path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False, cached_statements=256
    )
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute("PRAGMA synchronous=NORMAL")
    return connection


def open_database(path: Path) -> Database:
    """The records at `path`: created, migrated after a backup copy, or refused without being touched."""
    path = path.absolute()
    existed = path.exists() and path.stat().st_size > 0
    if existed:
        _check(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = connect(path)
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            utils = sqlite_utils.Database(connection)
            if migrations.pending(utils):
                if existed:
                    _backup(connection, path)
                migrations.apply(utils)
        finally:
            connection.close()
    except (OSError, sqlite3.OperationalError) as error:
        raise StudioError("database_unwritable", path=path, why=error) from error
    return Database(path)


def _check(path: Path) -> None:
    """Refuse what is damaged, foreign or from a newer version; opened read-only, so that nothing changes."""
    try:
        connection = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=BUSY_TIMEOUT_S)
        connection.row_factory = sqlite3.Row
        try:
            verdict = _quick_check(connection)
            applied = {migration.name for migration in migrations.applied(sqlite_utils.Database(connection))}
            tables = connection.execute("SELECT count(*) FROM sqlite_master WHERE type='table'").fetchone()[0]
        finally:
            connection.close()
    except sqlite3.DatabaseError as error:
        raise StudioError("database_corrupt", path=path, why=error) from error
    if verdict != "ok":
        raise StudioError("database_corrupt", path=path, why=verdict)
    if tables and not applied:
        raise StudioError("database_corrupt", path=path, why="it holds the tables of another program")
    known = {migration.name for migration in migrations.pending(sqlite_utils.Database(memory=True))}
    if unknown := sorted(applied - known):
        raise StudioError("database_too_new", path=path, unknown=", ".join(unknown))


def _quick_check(connection: sqlite3.Connection) -> str:
    deadline = time.monotonic() + CHECK_AT_MOST_S
    connection.set_progress_handler(lambda: time.monotonic() > deadline, 100_000)
    try:
        return str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
    except sqlite3.OperationalError as error:
        if "interrupted" not in str(error):
            raise
        return "ok"
    finally:
        connection.set_progress_handler(None, 0)


def _backup(connection: sqlite3.Connection, path: Path) -> Path:
    stamp = datetime.datetime.now(datetime.UTC).strftime("%Y%m%dT%H%M%S%f")
    copy = path.with_name(f"{path.name}.backup-{stamp}")
    with contextlib.closing(sqlite3.connect(copy)) as target:
        connection.backup(target)
    return copy
