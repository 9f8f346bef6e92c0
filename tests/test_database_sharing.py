"""Many at once over the records: threads and processes that write, read side by side and wake one another."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import pytest

from studio.records import Database
from studio.records import jobs as records
from tests.other_processes import other_process, said, tell
from tests.records_fixtures import database
from tests.studio_fixtures import add_job

__all__ = ["database"]


# --------------------------------------------------------------------------------------- many at once


def test_threads_write_and_read_side_by_side(database: Database) -> None:
    failed: list[BaseException] = []
    torn: list[int] = []

    def write() -> None:
        try:
            for _ in range(40):
                with database.write() as connection:
                    connection.execute("INSERT INTO settings VALUES (hex(randomblob(8)), 'a', 0)")
                    connection.execute("INSERT INTO settings VALUES (hex(randomblob(8)), 'b', 0)")
        except Exception as error:  # noqa: BLE001  whatever it is, the test must see it
            failed.append(error)

    def read() -> None:
        try:
            for _ in range(200):
                [row] = database.rows("SELECT count(*) AS found FROM settings")
                torn.extend([row["found"]] if row["found"] % 2 else [])
        except Exception as error:  # noqa: BLE001  whatever it is, the test must see it
            failed.append(error)

    threads = [threading.Thread(target=target) for target in [write] * 6 + [read] * 4]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert torn == []
    assert database.row("SELECT count(*) AS found FROM settings") == {"found": 480}


def test_a_transaction_that_fails_leaves_nothing_and_wakes_nobody(database: Database) -> None:
    before = database.commits
    with pytest.raises(ZeroDivisionError), database.write() as connection:  # noqa: PT012
        connection.execute("INSERT INTO settings VALUES ('a', 'b', 0)")
        raise ZeroDivisionError
    assert database.rows("SELECT * FROM settings") == []
    assert database.commits == before
    with database.write() as connection:
        connection.execute("INSERT INTO settings VALUES ('a', 'b', 0)")
    assert database.commits != before


def test_inner_transactions_are_part_of_the_outer_one(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.write():  # noqa: PT012
        with database.write() as connection:
            connection.execute("INSERT INTO settings VALUES ('a', 'b', 0)")
        raise ZeroDivisionError
    assert database.rows("SELECT * FROM settings") == []


def test_several_queries_see_one_moment(database: Database) -> None:
    with database.read() as connection:
        assert connection.execute("SELECT count(*) FROM settings").fetchone()[0] == 0

        def write() -> None:
            with database.write() as writing:
                writing.execute("INSERT INTO settings VALUES ('a', 'b', 0)")

        thread = threading.Thread(target=write)
        thread.start()
        thread.join()
        assert connection.execute("SELECT count(*) FROM settings").fetchone()[0] == 0
        with pytest.raises(RuntimeError), database.write():
            pass
    assert database.row("SELECT count(*) AS found FROM settings") == {"found": 1}


def test_connections_of_ended_threads_are_closed(database: Database) -> None:
    for _ in range(20):
        thread = threading.Thread(target=lambda: database.rows("SELECT 1"))
        thread.start()
        thread.join()
    database.rows("SELECT 1")
    assert len(database._opened) <= 2


# -------------------------------------------------------------------------------------------- waiting


def test_waiting_ends_when_time_is_up(database: Database) -> None:
    since = database.commits
    assert database.wait(since, 0.05) == since


def test_a_change_before_the_waiting_counts(database: Database) -> None:
    since = database.commits
    add_job(database)
    assert database.wait(since, 60) != since


def test_looking_for_work_in_vain_wakes_nobody(database: Database) -> None:
    since = database.commits
    with database.write() as connection:
        connection.execute("UPDATE tasks SET priority = 1 WHERE id = 'nobody'")
    assert database.commits == since


def test_a_write_in_another_thread_wakes_at_once(database: Database) -> None:
    woken = threading.Event()
    ready = threading.Event()

    def wait() -> None:
        since = database.commits
        ready.set()
        database.wait(since, 60)
        woken.set()

    thread = threading.Thread(target=wait)
    thread.start()
    assert ready.wait(10)
    assert not woken.wait(0.1)
    add_job(database)
    assert woken.wait(10)
    thread.join()


def test_a_write_in_another_process_wakes_also_if_it_came_before_the_waiting(
    tmp_path: Path, database: Database
) -> None:
    code = """
import sys, pathlib
from tests.studio_fixtures import add_job, open_records
database = open_records(pathlib.Path(sys.argv[1]))
print("ready", flush=True)
for line in sys.stdin:
    print(add_job(database).id, flush=True)
"""
    process = other_process(code, tmp_path)
    assert said(process) == "ready"
    since = database.commits
    tell(process)
    first = said(process)
    started = time.monotonic()
    now = database.wait(since, 60)
    assert now != since
    assert records.get(database, first) is not None
    threading.Timer(0.2, tell, [process]).start()
    assert database.wait(now, 60) != now
    assert time.monotonic() - started < 60
    process.communicate()


def test_a_writer_in_another_process_is_waited_for(tmp_path: Path, database: Database) -> None:
    code = """
import sys, pathlib
from tests.studio_fixtures import open_records
database = open_records(pathlib.Path(sys.argv[1]))
with database.write() as connection:
    connection.execute("INSERT INTO settings VALUES ('theirs', '', 0)")
    print("holding", flush=True)
    sys.stdin.readline()
"""
    process = other_process(code, tmp_path)
    assert said(process) == "holding"
    assert database.rows("SELECT * FROM settings") == []
    threading.Timer(0.3, tell, [process]).start()
    with database.write() as connection:
        # It had to wait, so it sees what the other one wrote.
        assert connection.execute("SELECT key FROM settings").fetchone()["key"] == "theirs"
    process.communicate()


def test_readers_do_not_wait_for_a_writer_of_this_process(database: Database) -> None:
    holding, done = threading.Event(), threading.Event()

    def write() -> None:
        with database.write():
            holding.set()
            done.wait(30)

    thread = threading.Thread(target=write)
    thread.start()
    assert holding.wait(10)
    found: list[Any] = []
    reader = threading.Thread(target=lambda: found.append(database.row("SELECT 1 AS one")))
    reader.start()
    reader.join(10)
    assert found == [{"one": 1}]
    done.set()
    thread.join()
