"""The file store: one record for equal bytes, deleting, reviving, results, and a clean-up."""

from __future__ import annotations

import base64
import errno
import hashlib
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from studio import disk, pictures
from studio.disk import display_name, is_bare_name
from studio.errors import StudioError
from studio.files import FileStore, Swept
from studio.records import open_database
from studio.settings import Settings
from tests.bad_files import picture

PNG = picture("PNG")
DAY_S = 86_400.0


@pytest.fixture
def store(tmp_path: Path) -> Iterator[FileStore]:
    settings = Settings(storage_path=tmp_path / "storage", max_file_size=1_000_000)
    database = open_database(tmp_path / "records.db")
    yield FileStore(database, settings)
    database.close()


def everything(store: FileStore) -> list[str]:
    root = store.settings.storage_path
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())


def add_job(store: FileStore, job_id: str, files: dict[str, str] | None = None) -> None:
    with store.database.write() as connection:
        connection.execute(
            """INSERT INTO jobs (id, kind, door, status, request, workflow, engine, seed,
                                 created_at, run_at, deadline_at)
               VALUES (?, 'avatar', 'test', 'queued', '{}', 'w', 'e', 1, 0, 0, 0)""",
            (job_id,),
        )
        store.add_references(connection, job_id, files or {})


def remove_job(store: FileStore, job_id: str) -> None:
    with store.database.write() as connection:
        connection.execute("DELETE FROM jobs WHERE id = ?", (job_id,))


def references(store: FileStore) -> int:
    return store.database.rows("SELECT count(*) AS n FROM file_references")[0]["n"]


def code_of(error: pytest.ExceptionInfo[StudioError]) -> str:
    return error.value.code


# ---------------------------------------------------------------------- storing


def test_stored_file_has_its_facts_and_lies_under_its_id(store: FileStore) -> None:
    stored = store.store_bytes(PNG, "me.png")
    assert (stored.filename, stored.mime_type, stored.size) == ("me.png", "image/png", len(PNG))
    assert (stored.width, stored.height, stored.is_duplicate) == (96, 80, False)
    assert stored.sha256 == hashlib.sha256(PNG).hexdigest()
    assert everything(store) == [f"files/{stored.id}"]
    assert store.path_of(stored.id).read_bytes() == PNG
    assert store.get(stored.id) == stored


def test_equal_bytes_give_the_first_record(store: FileStore) -> None:
    first = store.store_bytes(PNG, "me.png")
    second = store.store_bytes(PNG, "you.png")
    assert (second.id, second.filename, second.is_duplicate) == (first.id, "me.png", True)
    assert everything(store) == [f"files/{first.id}"]


def test_equal_bytes_at_the_same_time_give_one_record(store: FileStore) -> None:
    start = threading.Barrier(8)
    stored = []

    def upload() -> None:
        incoming = store.receive()
        incoming.write(PNG)
        start.wait()
        stored.append(store.store(incoming, "a.png"))

    threads = [threading.Thread(target=upload) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({one.id for one in stored}) == 1
    assert sum(not one.is_duplicate for one in stored) == 1
    assert everything(store) == [f"files/{stored[0].id}"]


def test_two_uploads_that_are_both_checked_before_either_is_recorded(
    store: FileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, quicker = pictures.inspect, []

    def inspect(source: Path, *, low: int, high: int) -> pictures.PictureFacts:
        monkeypatch.setattr(pictures, "inspect", real)
        quicker.append(store.store_bytes(PNG, "quicker.png"))
        return real(source, low=low, high=high)

    monkeypatch.setattr(pictures, "inspect", inspect)
    slower = store.store_bytes(PNG, "slower.png")
    assert (slower.id, slower.is_duplicate) == (quicker[0].id, True)
    assert everything(store) == [f"files/{slower.id}"]


def test_lost_bytes_come_back_with_the_next_upload(store: FileStore) -> None:
    stored = store.store_bytes(PNG, "me.png")
    (store.settings.files_path / stored.id).unlink()
    assert store.by_hash(stored.sha256) is None
    with pytest.raises(StudioError) as error:
        store.path_of(stored.id)
    assert code_of(error) == "file_not_found"
    again = store.store_bytes(PNG, "me.png")
    assert (again.id, again.is_duplicate) == (stored.id, True)
    assert store.path_of(stored.id).read_bytes() == PNG


def test_cut_bytes_on_the_disk_are_replaced(store: FileStore) -> None:
    stored = store.store_bytes(PNG, "me.png")
    (store.settings.files_path / stored.id).write_bytes(PNG[:100])
    store.store_bytes(PNG, "me.png")
    assert store.path_of(stored.id).read_bytes() == PNG


@pytest.mark.parametrize(
    ("content", "code"), [(b"text", "invalid_image"), (bytes(1_000_001), "file_too_large")]
)
def test_refused_file_leaves_nothing(store: FileStore, content: bytes, code: str) -> None:
    with pytest.raises(StudioError) as error:
        store.store_bytes(content, "a.png")
    assert code_of(error) == code
    assert everything(store) == []


def test_picture_outside_the_documented_sides_is_refused(store: FileStore) -> None:
    with pytest.raises(StudioError) as error:
        store.store_bytes(picture("PNG", width=63, height=64), "a.png")
    assert code_of(error) == "image_dimensions"
    assert "63x64" in error.value.message


def test_aborted_upload_is_gone_and_abort_may_be_repeated(store: FileStore) -> None:
    incoming = store.receive()
    incoming.write(PNG[:50])
    assert len(everything(store)) == 1
    incoming.abort()
    incoming.abort()
    assert everything(store) == []


@pytest.mark.parametrize(
    "text",
    [
        base64.b64encode(PNG).decode(),
        "data:image/png;base64," + base64.b64encode(PNG).decode(),
        "DATA:;base64," + base64.b64encode(PNG).decode(),
        base64.encodebytes(PNG).decode(),
        base64.b64encode(PNG).decode().rstrip("="),
        base64.urlsafe_b64encode(PNG).decode(),
    ],
)
def test_base64_in_every_common_form_is_the_same_file(store: FileStore, text: str) -> None:
    stored = store.store_base64(text, "pose_image")
    assert (stored.sha256, stored.filename) == (hashlib.sha256(PNG).hexdigest(), "pose_image.png")


@pytest.mark.parametrize(
    "text", ["", "data:", "data:image/png;base64,", "???", "A", "ÄÖÜ", "\ud800", "aGVsbG8="]
)
def test_base64_of_nothing_good_is_an_invalid_image(store: FileStore, text: str) -> None:
    with pytest.raises(StudioError) as error:
        store.store_base64(text, "pose_image")
    assert code_of(error) == "invalid_image"
    assert everything(store) == []


def test_base64_over_the_limit_is_too_large(store: FileStore) -> None:
    for count in (1_000_001, 5_000_000):
        with pytest.raises(StudioError) as error:
            store.store_base64(base64.b64encode(bytes(count)).decode(), "a")
        assert code_of(error) == "file_too_large"


# --------------------------------------------------------------------- full disk


@pytest.mark.parametrize("call", ["fsync", "write", "rename", "mkdir"])
def test_full_disk_is_said_and_leaves_nothing(
    store: FileStore, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    owner, name = {"fsync": (os, "fsync"), "rename": (Path, "replace"), "mkdir": (Path, "mkdir")}.get(
        call, (Path, "open")
    )
    if call == "write":
        real_open = Path.open
        monkeypatch.setattr(owner, name, lambda path, mode, **_: _FullFile(real_open(path, mode)))
    else:
        monkeypatch.setattr(owner, name, full)
    with pytest.raises(StudioError) as error:
        store.store_bytes(PNG, "a.png")
    assert code_of(error) == "disk_full"
    assert everything(store) == []
    assert store.database.rows("SELECT * FROM files") == []


def upload_200(store: FileStore) -> None:
    for seed in range(200):
        store.store_bytes(picture("PNG", seed=seed, width=64, height=64), f"{'long name ' * 20}{seed}.png")


class _FullFile:
    def __init__(self, real: object) -> None:
        self._real = real

    def write(self, _: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    def __getattr__(self, name: str) -> object:
        return getattr(self._real, name)


def test_full_disk_of_the_records_leaves_no_bytes(store: FileStore) -> None:
    pages = store.database.rows("PRAGMA page_count")[0]["page_count"]
    with store.database.write() as connection:
        connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StudioError) as error:
        upload_200(store)
    assert code_of(error) == "disk_full"
    recorded = {f"files/{row['id']}" for row in store.database.rows("SELECT id FROM files")}
    assert set(everything(store)) == recorded


def test_output_on_a_full_disk_leaves_nothing_half_written(
    store: FileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.write_output("job", "front.png", [b"old"])

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(disk.os, "fsync", full)
    with pytest.raises(StudioError) as error:
        store.write_output("job", "front.png", [b"new"])
    assert code_of(error) == "disk_full"
    assert everything(store) == ["outputs/job/front.png"]
    assert store.output_path("job", "front.png").read_bytes() == b"old"


def test_another_fault_of_the_disk_keeps_its_own_name(
    store: FileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: int) -> None:
        raise OSError(errno.EIO, "I/O error")

    monkeypatch.setattr(disk.os, "fsync", broken)
    with pytest.raises(OSError, match="I/O error"):
        store.store_bytes(PNG, "a.png")
    assert everything(store) == []


# ---------------------------------------------------------------------- deleting


def test_deleting_what_nobody_needs_removes_it(store: FileStore) -> None:
    stored = store.store_bytes(PNG, "me.png")
    assert store.delete(stored.id) == "hard"
    assert everything(store) == []
    for call in (store.get, store.path_of, store.needed, store.delete):
        with pytest.raises(StudioError) as error:
            call(stored.id)
        assert code_of(error) == "file_not_found"


def test_deleting_what_a_job_needs_hides_it_and_keeps_the_bytes(store: FileStore) -> None:
    stored = store.store_bytes(PNG, "me.png")
    add_job(store, "job", {"pose": stored.id})
    assert store.delete(stored.id) == "soft"
    assert store.by_hash(stored.sha256) is None
    for call in (store.get, store.delete):
        with pytest.raises(StudioError):
            call(stored.id)
    with pytest.raises(StudioError):
        add_job(store, "other", {"pose": stored.id})
    assert store.path_of(stored.id).read_bytes() == PNG
    assert store.needed(stored.id).deleted_at is not None


def test_same_bytes_again_revive_a_deleted_file(store: FileStore) -> None:
    stored = store.store_bytes(PNG, "me.png")
    add_job(store, "job", {"pose": stored.id})
    store.delete(stored.id)
    again = store.store_bytes(PNG, "me.png")
    assert (again.id, again.is_duplicate, again.deleted_at) == (stored.id, True, None)
    assert store.get(stored.id).id == stored.id
    assert store.reference_count(stored.id) == 1


def test_forced_delete_removes_the_bytes_and_leaves_the_references(store: FileStore) -> None:
    stored = store.store_bytes(PNG, "me.png")
    add_job(store, "job", {"pose": stored.id})
    assert store.delete(stored.id, force=True) == "hard"
    assert everything(store) == []
    assert references(store) == 1
    again = store.store_bytes(PNG, "me.png")
    assert (again.id, again.is_duplicate) == (stored.id, True)
    assert store.path_of(stored.id).read_bytes() == PNG


def test_forced_delete_also_ends_a_soft_one(store: FileStore) -> None:
    stored = store.store_bytes(PNG, "me.png")
    add_job(store, "job", {"pose": stored.id})
    store.delete(stored.id)
    assert store.delete(stored.id, force=True) == "hard"
    assert everything(store) == []


# -------------------------------------------------------------------- references


def test_one_file_in_two_roles_counts_as_one_job(store: FileStore) -> None:
    stored = store.store_bytes(PNG, "me.png")
    add_job(store, "job", {"pose": stored.id, "reference": stored.id})
    assert references(store) == 2
    assert store.reference_count(stored.id) == 1
    remove_job(store, "job")
    assert store.reference_count(stored.id) == 0


@pytest.mark.parametrize("file_id", ["", "nobody", "../../etc/passwd", "a\0b", "\ud800", "x" * 5000])
def test_unknown_file_undoes_the_job(store: FileStore, file_id: str) -> None:
    stored = store.store_bytes(PNG, "me.png")
    with pytest.raises(StudioError) as error:
        add_job(store, "job", {"pose": stored.id, "reference": file_id})
    assert code_of(error) == "file_not_found"
    error.value.message.encode()
    assert store.database.rows("SELECT * FROM jobs") == []
    assert references(store) == 0


def test_record_without_bytes_cannot_be_used(store: FileStore) -> None:
    stored = store.store_bytes(PNG, "me.png")
    (store.settings.files_path / stored.id).unlink()
    with pytest.raises(StudioError):
        add_job(store, "job", {"pose": stored.id})


# ----------------------------------------------------------------------- results


def test_output_is_streamed_into_its_place(store: FileStore) -> None:
    written = store.write_output("job", "front.png", (bytes([part]) * 1000 for part in range(5)))
    assert written.path == store.output_path("job", "front.png")
    assert written.path.parent == store.settings.outputs_path / "job"
    assert (written.size, written.sha256) == (5000, hashlib.sha256(written.path.read_bytes()).hexdigest())
    assert everything(store) == ["outputs/job/front.png"]


def test_output_that_breaks_off_leaves_nothing(store: FileStore) -> None:
    def chunks() -> Iterator[bytes]:
        yield b"half"
        raise ConnectionError("the server went away")

    with pytest.raises(ConnectionError):
        store.write_output("job", "front.png", chunks())
    assert everything(store) == []


@pytest.mark.parametrize(
    "name",
    [
        *("", ".", "..", "../a.png", "a/b.png", "a\\b.png", "C:a.png", "a\0.png", "a\n.png", "con"),
        *("NUL.png", "com1.txt", "Aux .png", ".hidden", "a.png.", "a.png ", "a?.png", "x" * 201),
        *("\u202egnp.exe", "a\ud800"),
    ],
)  # fmt: skip
def test_name_that_may_leave_its_folder_is_no_output(store: FileStore, name: str) -> None:
    with pytest.raises(StudioError) as error:
        store.output_path("job", name)
    assert code_of(error) == "output_not_found"
    error.value.message.encode()
    with pytest.raises(StudioError):
        store.output_path(name, "front.png")
    with pytest.raises(StudioError):
        store.remove_outputs(name)


@pytest.mark.parametrize(
    "name", ["front.png", "ComfyUI_00001_.png", "写真 1.png", "a..b.png", "console.png", "x" * 200]
)
def test_bare_name_is_an_output(store: FileStore, name: str) -> None:
    assert is_bare_name(name)
    assert store.write_output("job", name, [b"x"]).path.read_bytes() == b"x"


def test_outputs_of_one_job_go_and_those_of_others_stay(store: FileStore) -> None:
    store.write_output("job", "front.png", [b"x"])
    store.write_output("job", "back.png", [b"x"])
    store.write_output("other", "front.png", [b"x"])
    store.remove_outputs("job")
    store.remove_outputs("job")
    assert everything(store) == ["outputs/other/front.png"]


# ---------------------------------------------------------------------- clean-up


def age(path: Path, seconds: float) -> None:
    then = time.time() - seconds
    os.utime(path, (then, then))


def backdate_records(store: FileStore, days: float) -> None:
    with store.database.write() as connection:
        connection.execute(f"UPDATE _sqlite_migrations SET applied_at = datetime('now', '-{days} days')")


def test_clean_up_takes_what_nobody_needed_for_the_documented_days(store: FileStore) -> None:
    unused = store.store_bytes(picture("PNG", seed=1), "unused.png")
    used = store.store_bytes(picture("PNG", seed=2), "used.png")
    add_job(store, "job", {"pose": used.id})
    assert store.sweep(time.time() + 29 * DAY_S) == Swept(0, 0, 0, 0)
    assert store.sweep(time.time() + 31 * DAY_S).files == 1
    assert everything(store) == [f"files/{used.id}"]
    with pytest.raises(StudioError):
        store.get(unused.id)
    assert store.sweep(time.time() + 9999 * DAY_S) == Swept(0, 0, 0, 0)
    remove_job(store, "job")
    assert store.sweep(time.time() + 31 * DAY_S).files == 1
    assert everything(store) == []


def test_asking_by_hash_and_uploading_again_both_count_as_use(store: FileStore) -> None:
    stored = store.store_bytes(PNG, "me.png")
    for use in (lambda: store.by_hash(stored.sha256), lambda: store.store_bytes(PNG, "me.png")):
        with store.database.write() as connection:
            connection.execute("UPDATE files SET used_at = used_at - ?", (40 * DAY_S,))
        use()
        assert store.sweep() == Swept(0, 0, 0, 0)


def test_keeping_for_no_day_still_leaves_time_to_use_an_upload(tmp_path: Path) -> None:
    settings = Settings(storage_path=tmp_path / "storage", file_cleanup_days=0)
    store = FileStore(open_database(tmp_path / "records.db"), settings)
    store.store_bytes(PNG, "me.png")
    assert store.sweep().files == 0
    assert store.sweep(time.time() + 3700).files == 1
    store.database.close()


def test_softly_deleted_file_goes_with_its_last_job(store: FileStore) -> None:
    stored = store.store_bytes(PNG, "me.png")
    add_job(store, "job", {"pose": stored.id})
    store.delete(stored.id)
    assert store.sweep(time.time() + 1) == Swept(0, 0, 0, 0)
    remove_job(store, "job")
    assert store.sweep(time.time() + 1).files == 1
    assert everything(store) == []


def test_clean_up_takes_what_crashes_left_and_spares_what_is_young(store: FileStore) -> None:
    backdate_records(store, 100)
    kept = store.store_bytes(PNG, "me.png")
    job = "0f8fad5b-d9cb-469f-a165-70867728950e"
    for path in (
        store.settings.files_path / "orphan",
        store.settings.temp_path / "half",
        store.output_path(job, "front.png"),
        store.output_path("7c9e6679-7425-40de-944b-e07fc1f90ae7", "front.png"),
        store.output_path("not-an-id", "front.png"),
    ):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    add_job(store, job)
    before = everything(store)
    assert store.sweep() == Swept(0, 0, 0, 0)
    assert everything(store) == before
    for path in (*store.settings.storage_path.rglob("*"),):
        age(path, 2 * DAY_S)
    assert store.sweep() == Swept(files=0, orphans=1, temporary=1, outputs=1)
    assert everything(store) == [
        f"files/{kept.id}",
        f"outputs/{job}/front.png",
        "outputs/not-an-id/front.png",
    ]


def test_clean_up_spares_the_files_of_an_older_database(store: FileStore) -> None:
    path = store.settings.files_path / "from-before"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"x")
    age(path, 10 * DAY_S)
    assert store.sweep() == Swept(0, 0, 0, 0)
    backdate_records(store, 20)
    assert store.sweep().orphans == 1


def test_clean_up_and_new_jobs_at_the_same_time_agree(store: FileStore) -> None:
    files = [store.store_bytes(picture("PNG", seed=seed), "a.png") for seed in range(30)]
    with store.database.write() as connection:
        connection.execute("UPDATE files SET used_at = used_at - ?", (40 * DAY_S,))
    held: list[str] = []

    def hold() -> None:
        for number, file in enumerate(files):
            try:
                add_job(store, f"job{number}", {"pose": file.id})
            except StudioError:
                continue
            held.append(file.id)

    thread = threading.Thread(target=hold)
    thread.start()
    removed = 0
    while thread.is_alive():
        removed += store.sweep().files
    removed += store.sweep().files
    assert removed + len(held) == len(files)
    for file_id in held:
        assert store.path_of(file_id).is_file()
    assert len(everything(store)) == len(held)


# ------------------------------------------------------------------------- names


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("pose.png", "pose.png"),
        ("../../etc/passwd", "passwd"),
        ("C:\\fakepath\\me.png", "me.png"),
        ("a\0b\r\nc.png", "abc.png"),
        ("\u202egnp.exe", "gnp.exe"),
        ("  two   words .png", "two words .png"),
        ("..", ""),
        ("a/", ""),
        ("写真.png", "写真.png"),
        ("x" * 10_000 + ".png", "x" * 251 + ".png"),
        ("y" * 10_000, "y" * 255),
    ],
)
def test_display_name_is_what_people_may_see(name: str, shown: str) -> None:
    assert display_name(name) == shown
