"""Opening the records: checked before anything is touched, backed up before a migration."""

from __future__ import annotations

import contextlib
import datetime
import logging
import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import sqlite_utils

from studio.errors import StudioError
from studio.records.schema import migrations

log = logging.getLogger(__name__)

BUSY_TIMEOUT_S = 30.0
CHECK_AT_MOST_S = 0.5  # a whole check of a very large file would hold up the start
SIGNATURE = b"SQLite format 3\0"
SMALLEST_BYTES = 512  # one page of the smallest size
OTHERS_EVERY_S = 0.05  # how often a sleeper looks whether another process has written

Moment = tuple[int, int]


class Database:
    """One migrated file: a connection for each thread, writers in turn, every change wakes waiters."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._local = threading.local()
        self._writing = threading.RLock()
        self._opening = threading.Lock()
        self._opened: list[tuple[threading.Thread, sqlite3.Connection]] = []
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
        with self._opening:
            # Servers let idle threads end and start others; what belonged to those is closed here.
            for thread, left in self._opened:
                if not thread.is_alive():
                    left.close()
            self._opened = [pair for pair in self._opened if pair[0].is_alive()]
            self._opened.append((threading.current_thread(), connection))
        return connection

    @property
    def utils(self) -> sqlite_utils.Database:
        """sqlite-utils over this thread's connection, for everything that is not hot."""
        existing: sqlite_utils.Database | None = getattr(self._local, "utils", None)
        if existing is None:
            existing = self._local.utils = sqlite_utils.Database(self.connection)
        return existing

    def is_well(self) -> bool:
        """Whether the records can be read now."""
        try:
            self.connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except sqlite3.Error as error:
            log.error("the records cannot be read: %s", error)
            return False
        return True

    def rows(self, sql: str, parameters: Sequence[Any] | dict[str, Any] = ()) -> list[dict[str, Any]]:
        """All rows of a query, as dictionaries."""
        return [dict(row) for row in self.connection.execute(sql, parameters)]

    def row(self, sql: str, parameters: Sequence[Any] | dict[str, Any] = ()) -> dict[str, Any] | None:
        """The first row of a query, or nothing."""
        found = self.connection.execute(sql, parameters).fetchone()
        return dict(found) if found is not None else None

    @contextlib.contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """Several queries that all see the records as they are at the first one."""
        connection = self.connection
        if connection.in_transaction:
            yield connection
            return
        connection.execute("BEGIN")
        self._local.reading = True
        try:
            yield connection
        finally:
            self._local.reading = False
            connection.execute("ROLLBACK")

    @contextlib.contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """One transaction that has the right to write from its first line; nested uses join the outer one."""
        # The lock keeps this process's writers away from SQLite's busy handler, which sleeps in coarse steps.
        with self._writing:
            connection = self.connection
            if getattr(self._local, "reading", False):
                raise RuntimeError("a transaction that only reads cannot begin to write")
            if connection.in_transaction:
                yield connection
                return
            before = connection.total_changes
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
            changed = connection.total_changes != before
        # Whoever looks for work in vain must not wake the others, who would look in vain and wake him.
        if changed:
            self.wake_all()

    def wake_all(self) -> None:
        """Wake everybody who waits; used without a change when there is room for work, or when stopping."""
        with self._changed:
            self._commits += 1
            self._changed.notify_all()

    @property
    def commits(self) -> Moment:
        """The present moment; take it before reading, hand it to `wait` in the same thread."""
        return self._commits, self._data_version()

    def wait(self, since: Moment, timeout_s: float) -> Moment:
        """Sleep until anything is written after `since`, here or by another process, or time is up."""
        deadline = time.monotonic() + timeout_s
        while True:
            version = self._data_version()
            with self._changed:
                left = deadline - time.monotonic()
                if (self._commits, version) != since or left <= 0:
                    return self._commits, version
                self._changed.wait(min(left, OTHERS_EVERY_S))

    def _data_version(self) -> int:
        return int(self.connection.execute("PRAGMA data_version").fetchone()[0])

    def close(self) -> None:
        """Close every connection; the threads that used them must be done."""
        with self._writing, self._opening:
            for _, connection in self._opened:
                connection.close()
            self._opened.clear()
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
    try:
        check_file(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.closing(connect(path)) as connection:
            _migrate(connection, path)
    except (OSError, sqlite3.Error) as error:
        raise StudioError("database_unwritable", path=path, why=error) from error
    return Database(path)


def _migrate(connection: sqlite3.Connection, path: Path) -> None:
    _use_wal(connection)
    utils = sqlite_utils.Database(connection)
    if not migrations.pending(utils):
        return
    # A second start at the same moment waits here, and then finds nothing left to do.
    connection.execute("BEGIN IMMEDIATE")
    try:
        if migrations.pending(utils):
            if migrations.applied(utils):
                _backup(path)
            migrations.apply(utils)
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _use_wal(connection: sqlite3.Connection) -> None:
    # SQLite does not wait for others here, as it does everywhere else.
    deadline = time.monotonic() + BUSY_TIMEOUT_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def check_file(path: Path) -> None:
    """Refuse what is damaged, foreign or from a newer version, without changing or leaving anything."""
    if path.is_dir():
        raise StudioError("database_unwritable", path=path, why="it is a folder")
    size = path.stat().st_size if path.exists() else 0
    log = path.with_name(f"{path.name}-wal")
    if size == 0:
        if log.exists() and log.stat().st_size:
            # SQLite would throw these away, and with them the last chance to have a look at them.
            raise StudioError("database_corrupt", path=path, why=f"it is empty, but {log.name} holds changes")
        return
    with path.open("rb") as file:
        # SQLite would take a few bytes of anything for an empty database, and write over them.
        if size < SMALLEST_BYTES or file.read(len(SIGNATURE)) != SIGNATURE:
            raise StudioError("database_corrupt", path=path, why="it is not a SQLite file")
    alone = not log.exists()
    try:
        _check(path, alone=alone)
    except StudioError:
        # Somebody may have opened it just now, and what looked like damage was the middle of a write.
        if not (alone and log.exists()):
            raise
        _check(path, alone=False)


def _check(path: Path, *, alone: bool) -> None:
    try:
        with contextlib.closing(_connect_to_read(path, alone=alone)) as connection:
            verdict = _quick_check(connection)
            applied = {migration.name for migration in migrations.applied(sqlite_utils.Database(connection))}
            tables = connection.execute("SELECT count(*) FROM sqlite_master WHERE type='table'").fetchone()[0]
    except sqlite3.DatabaseError as error:
        code = "database_unwritable" if _is_out_of_reach(error) else "database_corrupt"
        raise StudioError(code, path=path, why=error) from error
    if verdict != "ok":
        raise StudioError("database_corrupt", path=path, why=" ".join(verdict.split()))
    if tables and not applied:
        raise StudioError("database_corrupt", path=path, why="it holds the tables of another program")
    known = {migration.name for migration in migrations.pending(sqlite_utils.Database(memory=True))}
    if unknown := sorted(applied - known):
        raise StudioError("database_too_new", path=path, unknown=", ".join(unknown))


def _connect_to_read(path: Path, *, alone: bool = False) -> sqlite3.Connection:
    # Even a reader makes the files of the log, unless it is told that nobody else is there.
    how = "mode=ro&immutable=1" if alone else "mode=ro"
    connection = sqlite3.connect(f"{path.as_uri()}?{how}", uri=True, timeout=BUSY_TIMEOUT_S)
    connection.row_factory = sqlite3.Row
    return connection


def _is_out_of_reach(error: sqlite3.DatabaseError) -> bool:
    """Whether the file could not be read at all, which says nothing about what is in it."""
    primary_code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    return primary_code in {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_READONLY,
    }


def _quick_check(connection: sqlite3.Connection) -> str:
    deadline = time.monotonic() + CHECK_AT_MOST_S
    connection.set_progress_handler(lambda: time.monotonic() > deadline, 100_000)
    try:
        return str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_INTERRUPT:
            raise
        return "ok"
    finally:
        connection.set_progress_handler(None, 0)


def _backup(path: Path) -> Path:
    stamp = datetime.datetime.now(datetime.UTC).strftime("%Y%m%dT%H%M%S%f")
    copy = path.with_name(f"{path.name}.backup-{stamp}")
    try:
        with (
            contextlib.closing(_connect_to_read(path)) as source,
            contextlib.closing(sqlite3.connect(copy)) as target,
        ):
            source.backup(target)
    except BaseException:
        copy.unlink(missing_ok=True)
        raise
    return copy
