"""Opening the records, and files that must not be touched."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import sqlite3
import sys
import tempfile
import threading
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
from tests.other_processes import other_process, said
from tests.records_fixtures import database
from tests.studio_fixtures import add_job, open_records

__all__ = ["database"]

ROOT = Path(__file__).parent.parent


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
from tests.other_processes import other_process, said, tell
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
