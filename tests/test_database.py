"""Opening the records, many at once over them, and files that must not be touched."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlite_utils
from sqlite_utils.migrations import Migrations

from studio.errors import StudioError
from studio.records import Database, open_database
from studio.records import jobs as records
from studio.records.schema import migrations
from studio.settings import database_path
from tests.studio_fixtures import add_job, open_records

ROOT = Path(__file__).parent.parent


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = open_records(tmp_path)
    yield opened
    opened.close()


def contents(folder: Path) -> dict[str, str]:
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.iterdir()
        if path.is_file()
    }


def refused(path: Path) -> StudioError:
    """Open what cannot be used, and check that nothing beside or in it has changed."""
    before = contents(path.parent)
    with pytest.raises(StudioError) as caught:
        open_database(path)
    assert contents(path.parent) == before
    assert str(path) in caught.value.message
    return caught.value


def other_process(code: str, *arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def said(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def tell(process: subprocess.Popen[str], text: str = "go") -> None:
    assert process.stdin is not None
    process.stdin.write(f"{text}\n")
    process.stdin.flush()


def filled(folder: Path, jobs: int = 40) -> Path:
    """A closed file with some jobs in it."""
    database = open_records(folder)
    for number in range(jobs):
        add_job(database, prompt=f"knight {number} " + "x" * 2000)
    database.close()
    return database.path


# ------------------------------------------------------------------------------------ creating, migrating


def test_a_new_file_is_made_with_its_folders_in_wal_mode(tmp_path: Path) -> None:
    database = open_database(tmp_path / "deep" / "down" / "studio.db")
    assert database.row("PRAGMA journal_mode") == {"journal_mode": "wal"}
    assert database.row("PRAGMA foreign_keys") == {"foreign_keys": 1}
    tables = set(database.utils.table_names())
    assert {"jobs", "tasks", "outputs", "files", "file_references", "events", "servers", "settings"} <= tables
    database.close()
    assert not list(tmp_path.rglob("*.backup-*"))


def test_an_empty_file_counts_as_new(tmp_path: Path) -> None:
    path = tmp_path / "studio.db"
    path.touch()
    database = open_database(path)
    assert add_job(database).status == "queued"
    database.close()


def test_opening_again_changes_nothing(tmp_path: Path) -> None:
    path = filled(tmp_path)
    before = contents(tmp_path)
    open_database(path).close()
    assert contents(tmp_path) == before


@pytest.fixture
def later_version(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Add a migration to the known ones, as the next release would."""

    def add(change: Callable[[sqlite_utils.Database], None]) -> None:
        later = Migrations("studio")
        later._migrations = list(migrations._migrations)
        later(name="9000_later")(change)
        monkeypatch.setattr("studio.records.database.migrations", later)

    return add


def add_colour(db: sqlite_utils.Database) -> None:
    db.conn.execute("ALTER TABLE jobs ADD COLUMN colour TEXT DEFAULT 'red'")


def test_an_older_file_is_migrated_after_a_backup(tmp_path: Path, later_version: Callable[..., None]) -> None:
    path = filled(tmp_path, jobs=3)
    later_version(add_colour)
    database = open_database(path)
    assert database.rows("SELECT DISTINCT colour FROM jobs") == [{"colour": "red"}]
    database.close()
    [copy] = tmp_path.glob("studio.db.backup-*")
    with contextlib.closing(sqlite3.connect(copy)) as kept:
        assert kept.execute("SELECT count(*) FROM jobs").fetchone() == (3,)
        assert "colour" not in [row[1] for row in kept.execute("PRAGMA table_info(jobs)")]
        assert kept.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    open_database(path).close()
    assert len(list(tmp_path.glob("studio.db.backup-*"))) == 1


def test_the_backup_holds_what_was_only_in_the_log(
    tmp_path: Path, later_version: Callable[..., None]
) -> None:
    database = open_records(tmp_path)
    for _ in range(5):
        add_job(database)
    copied = tmp_path / "after-a-kill"
    copied.mkdir()
    for path in tmp_path.glob("studio.db*"):
        shutil.copy(path, copied)
    database.close()
    later_version(add_colour)
    open_database(copied / "studio.db").close()
    [copy] = copied.glob("studio.db.backup-*")
    with contextlib.closing(sqlite3.connect(copy)) as kept:
        assert kept.execute("SELECT count(*) FROM jobs").fetchone() == (5,)


def test_a_migration_that_fails_leaves_the_old_version(
    tmp_path: Path, later_version: Callable[..., None]
) -> None:
    path = filled(tmp_path, jobs=3)

    def half(db: sqlite_utils.Database) -> None:
        add_colour(db)
        db.conn.execute("INSERT INTO nowhere VALUES (1)")

    later_version(half)
    with pytest.raises(StudioError) as caught:
        open_database(path)
    assert caught.value.code == "database_unwritable"
    assert "nowhere" in caught.value.message
    with contextlib.closing(sqlite3.connect(path)) as left:
        assert "colour" not in [row[1] for row in left.execute("PRAGMA table_info(jobs)")]
        assert left.execute("SELECT count(*) FROM jobs").fetchone() == (3,)


def test_a_full_disk_during_the_backup_stops_the_migration(
    tmp_path: Path, later_version: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = filled(tmp_path, jobs=3)
    later_version(add_colour)
    real = sqlite3.connect

    def small_copies(name: Any, *arguments: Any, **options: Any) -> sqlite3.Connection:
        connection = real(name, *arguments, **options)
        if ".backup-" in str(name):
            connection.execute("PRAGMA max_page_count=2")
        return connection

    monkeypatch.setattr(sqlite3, "connect", small_copies)
    with pytest.raises(StudioError) as caught:
        open_database(path)
    assert caught.value.code == "database_unwritable"
    assert "full" in caught.value.message
    assert not list(tmp_path.glob("*.backup-*"))
    monkeypatch.setattr(sqlite3, "connect", real)
    with contextlib.closing(sqlite3.connect(path)) as left:
        assert "colour" not in [row[1] for row in left.execute("PRAGMA table_info(jobs)")]


def test_many_starts_at_once_migrate_once(tmp_path: Path) -> None:
    path = tmp_path / "studio.db"
    start = threading.Barrier(8)
    failed: list[BaseException] = []

    def begin() -> None:
        try:
            start.wait()
            open_database(path).close()
        except Exception as error:  # noqa: BLE001  whatever it is, the test must see it
            failed.append(error)

    threads = [threading.Thread(target=begin) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    with contextlib.closing(sqlite3.connect(path)) as opened:
        applied = opened.execute("SELECT count(*), count(DISTINCT name) FROM _sqlite_migrations").fetchone()
    assert applied == (len(migrations._migrations),) * 2


# ------------------------------------------------------------------------------------------ refusing


def test_a_newer_file_is_refused_with_what_is_unknown(
    tmp_path: Path, later_version: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = filled(tmp_path, jobs=3)
    later_version(add_colour)
    open_database(path).close()
    monkeypatch.undo()
    error = refused(path)
    assert error.code == "database_too_new"
    assert "9000_later" in error.message


def garbage(path: Path) -> None:
    path.write_bytes(b"this is a letter to my mother" * 500)


def short_garbage(path: Path) -> None:
    path.write_bytes(b"x")


def only_a_header(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:100])


def truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def page_of_zeros(path: Path) -> None:
    data = bytearray(path.read_bytes())
    for page in range(8, len(data) // 4096, 3):
        data[page * 4096 : (page + 1) * 4096] = bytes(4096)
    path.write_bytes(data)


def scribbled_header(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[16:40] = os.urandom(24)
    path.write_bytes(data)


def foreign(path: Path) -> None:
    path.unlink()
    with contextlib.closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE recipes (name TEXT)")


@pytest.mark.parametrize(
    "spoil", [garbage, short_garbage, only_a_header, truncated, page_of_zeros, scribbled_header, foreign]
)
def test_a_spoilt_file_is_refused_untouched(tmp_path: Path, spoil: Callable[[Path], None]) -> None:
    path = filled(tmp_path)
    spoil(path)
    assert refused(path).code == "database_corrupt"


def test_changes_without_their_file_are_not_thrown_away(tmp_path: Path) -> None:
    database = open_records(tmp_path)
    add_job(database)
    left = tmp_path / "left"
    left.mkdir()
    shutil.copy(tmp_path / "studio.db-wal", left)
    database.close()
    assert refused(left / "studio.db").code == "database_corrupt"
    (left / "studio.db").touch()
    assert "studio.db-wal" in refused(left / "studio.db").message


def test_a_folder_in_its_place_is_said(tmp_path: Path) -> None:
    path = tmp_path / "studio.db"
    path.mkdir()
    error = refused(path)
    assert error.code == "database_unwritable"
    assert "folder" in error.message


def test_a_file_where_its_folder_should_be_is_said(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("not a folder")
    with pytest.raises(StudioError) as caught:
        open_database(tmp_path / "data" / "studio.db")
    assert caught.value.code == "database_unwritable"


@pytest.fixture
def nobodys_folder() -> Iterator[Path]:
    """A folder in which permissions count, also for a superuser."""
    if sys.platform == "win32":
        pytest.skip("permissions are another matter there")
    folder = Path(tempfile.mkdtemp(dir="/tmp"))
    superuser = os.geteuid() == 0
    try:
        if superuser:
            os.chown(folder, 65534, 65534)
            os.seteuid(65534)
        yield folder
    finally:
        if superuser:
            os.seteuid(0)
        folder.chmod(0o700)
        shutil.rmtree(folder)


def test_a_folder_that_cannot_be_written_is_said(nobodys_folder: Path) -> None:
    nobodys_folder.chmod(0o500)
    with pytest.raises(StudioError) as caught:
        open_database(nobodys_folder / "studio.db")
    assert caught.value.code == "database_unwritable"


def test_a_folder_that_cannot_be_read_is_said(nobodys_folder: Path) -> None:
    open_records(nobodys_folder).close()
    nobodys_folder.chmod(0)
    with pytest.raises(StudioError) as caught:
        open_database(nobodys_folder / "studio.db")
    assert caught.value.code == "database_unwritable"


def test_a_file_that_cannot_be_read_is_not_called_damaged(nobodys_folder: Path) -> None:
    path = filled(nobodys_folder, jobs=1)
    path.chmod(0)
    with pytest.raises(StudioError) as caught:
        open_database(path)
    assert caught.value.code == "database_unwritable"


def test_what_a_kill_leaves_beside_the_file_is_taken_up(tmp_path: Path) -> None:
    code = """
import os, sys, pathlib
from tests.studio_fixtures import add_job, open_records
database = open_records(pathlib.Path(sys.argv[1]))
print(*[add_job(database).id for _ in range(20)], flush=True)
os._exit(9)
"""
    process = other_process(code, tmp_path)
    ids = said(process).split()
    process.wait()
    assert (tmp_path / "studio.db-wal").stat().st_size > 0
    database = open_records(tmp_path)
    assert [job_id for job_id in ids if records.get(database, job_id) is None] == []
    assert len(ids) == 20
    database.close()


# ------------------------------------------------------------------------------------------ addresses


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("sqlite:///./avatarforge.db", "avatarforge.db"),
        ("sqlite:///avatarforge.db", "avatarforge.db"),
        ("sqlite:////app/avatarforge.db", "/app/avatarforge.db"),
        ("sqlite+aiosqlite:///./avatarforge.db", "avatarforge.db"),
        ("sqlite:///C:/studio/avatarforge.db", "C:/studio/avatarforge.db"),
        ("sqlite:////C:/studio/avatarforge.db", "C:/studio/avatarforge.db"),
        ("sqlite:///./avatarforge.db?check_same_thread=false", "avatarforge.db"),
        ("data/avatarforge.db", "data/avatarforge.db"),
    ],
)
def test_every_documented_form_of_the_address(url: str, path: str) -> None:
    assert database_path(url) == Path(path)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://studio:s3cret@db/studio",
        "postgresql://a:s3cret@x@db/y",
        "mysql+pymysql://a:s3cret/b@c/d",
    ],
)
def test_other_databases_are_refused_without_showing_the_password(url: str) -> None:
    with pytest.raises(StudioError) as caught:
        database_path(url)
    assert caught.value.code == "database_unsupported"
    assert "s3cret" not in caught.value.message
    assert url.split(":")[0] in caught.value.message


@pytest.mark.parametrize("url", ["", "sqlite://", "sqlite:///", "sqlite:///:memory:", ":memory:"])
def test_records_that_would_not_last_are_refused(url: str) -> None:
    with pytest.raises(StudioError) as caught:
        database_path(url)
    assert caught.value.code == "database_unsupported"


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


# ------------------------------------------------------------------------------------------- full disk


def test_a_full_disk_rolls_back_and_goes_on_when_there_is_room(database: Database) -> None:
    add_job(database)
    pages = database.connection.execute("PRAGMA page_count").fetchone()[0]
    database.connection.execute(f"PRAGMA max_page_count={pages}")
    with pytest.raises(sqlite3.OperationalError, match="full") as caught:  # noqa: PT012
        for _ in range(200):
            add_job(database, prompt="long " * 2000)
    assert caught.value.sqlite_errorcode == sqlite3.SQLITE_FULL
    assert not database.connection.in_transaction
    jobs, tasks = (
        database.connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
        for table in ("jobs", "tasks")
    )
    assert jobs == tasks
    database.connection.execute("PRAGMA max_page_count=1000000")
    assert add_job(database).status == "queued"
    assert database.row("PRAGMA integrity_check") == {"integrity_check": "ok"}
