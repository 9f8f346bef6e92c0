"""The library's records: taken in once, sums that stay true, visitors who see their own, files that heal."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from studio import visitors
from studio.contents import GRACE_S, Content, Contents, Filter
from studio.errors import StudioError
from studio.gallery import Gallery
from studio.jobs import Jobs
from studio.media import Media
from studio.records.entities import Job
from studio.request import AvatarRequest
from studio.visitors import Visitor
from tests.content_fixtures import kept
from tests.studio_fixtures import finish, open_jobs


@pytest.fixture
def jobs(tmp_path: Path) -> Iterator[Jobs]:
    """The job module over records that end with the test."""
    opened = open_jobs(tmp_path)
    yield opened
    opened.database.close()


@pytest.fixture
def library(jobs: Jobs) -> Contents:
    """An empty library."""
    return Contents(Media(Gallery(jobs)))


def make(jobs: Jobs, prompt: str = "a knight", door: str = "influencer", **values: Any) -> Job:
    """A finished job."""
    return finish(jobs, jobs.submit(AvatarRequest(prompt=prompt, **values), door=door))


def ids(library: Contents, **wanted: Any) -> list[str]:
    return [one.id for one in library.page(Filter(**wanted))[0]]


# ------------------------------------------------------------------- taking over


def test_jobs_with_a_character_are_kept_whatever_their_door(jobs: Jobs, library: Contents) -> None:
    make(jobs, door="avatarforge")
    shown = make(jobs, door="ui", character_id="nora")
    (content,) = library.of_job(shown.id)
    assert ids(library) == [content.id] == [shown.outputs[0].id]
    assert content.character_id == "nora"
    assert content.name == f"{content.id}.png"


def test_what_a_retry_keeps_of_its_parent_is_there_once(jobs: Jobs, library: Contents) -> None:
    parent = finish(
        jobs,
        jobs.submit(AvatarRequest(prompt="a knight", views=("front", "back")), door="influencer"),
        fail=("back",),
    )
    (front,) = library.of_job(parent.id)
    child = finish(jobs, jobs.retry(parent.id, door="influencer"))
    told = library.of_job(child.id)
    assert told[0] == front
    assert len(told) == 2
    assert library.page()[1] == 2
    assert library.stats().total == 2


def test_a_result_that_is_made_again_keeps_its_id_and_gets_its_new_file(
    jobs: Jobs, library: Contents
) -> None:
    job = make(jobs)
    (content,) = library.of_job(job.id)
    first = library.path(content).read_bytes()
    place = jobs.files.result_place(job.id, job.outputs[0].name)
    place.unlink()  # the link is our own: the bytes are still there
    assert library.path(content).read_bytes() == first
    place.write_bytes(first + b"more")
    with jobs.database.write() as connection:
        connection.execute(
            "UPDATE outputs SET sha256 = 'new', size = ? WHERE id = ?", (len(first) + 4, content.id)
        )
    again = library.get(content.id)
    assert (again.sha256, again.file_size) == ("new", len(first) + 4)
    assert library.path(again).read_bytes() == first + b"more"


def test_files_are_copied_where_they_cannot_be_linked(
    jobs: Jobs, library: Contents, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", refuse)
    (content,) = library.of_job(make(jobs).id)
    path = library.path(content)
    assert path.is_file()
    assert path.stat().st_nlink == 1


def test_a_full_disk_costs_no_result(
    jobs: Jobs, library: Contents, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    job = make(jobs, door="influencer")

    def refuse(*_: object) -> None:
        raise StudioError("disk_full")

    with monkeypatch.context() as patched:
        patched.setattr(library.shelf, "keep", refuse)
        for hear in jobs.before_recording:
            hear(job, job.outputs)
    assert "could not be put into the content folder" in caplog.text
    assert library.path(library.of_job(job.id)[0]).is_file()


def test_a_file_that_is_gone_is_said(jobs: Jobs, library: Contents) -> None:
    job = make(jobs)
    (content,) = library.of_job(job.id)
    library.path(content).unlink()
    jobs.files.result_place(job.id, job.outputs[0].name).unlink()
    with pytest.raises(StudioError) as error:
        library.path(content)
    assert error.value.code == "content_file_gone"
    assert library.approve([content.id]).failed == (content.id,), "nobody relies on what is not there"


def test_gallery_and_library_delete_the_same_pictures(jobs: Jobs, library: Contents) -> None:
    first, second = (library.of_job(make(jobs, words).id)[0].id for words in ("a", "b"))
    library.approve([second])
    library.gallery.delete([first, second])
    assert ids(library) == [second], "what is approved stays"
    library.gallery.undelete([first])
    assert set(ids(library)) == {first, second}
    library.delete([second])
    assert second not in [item.id for item in library.gallery.page().items]
    library.gallery.empty_trash()
    assert library.restore([second]).done == (second,), "its own file outlives the gallery's"
    assert library.path(library.get(second)).is_file()


def test_the_sweep_removes_what_was_deleted_a_week_ago(jobs: Jobs, library: Contents) -> None:
    old, fresh = (library.of_job(make(jobs, words).id)[0] for words in ("a", "b"))
    place = library.path(old)
    library.delete([old.id, fresh.id])
    with jobs.database.write() as connection:
        connection.execute(
            "UPDATE contents SET deleted_at = ? WHERE id = ?", (time.time() - GRACE_S - 5, old.id)
        )
    assert library.sweep() == 1
    assert not place.exists()
    with pytest.raises(StudioError):
        library.get(old.id, deleted=True)
    assert library.restore([fresh.id]).done == (fresh.id,)


def test_a_crash_before_the_record_leaves_only_what_the_sweep_takes(
    jobs: Jobs, library: Contents, tmp_path: Path
) -> None:
    kept_one = kept(library, tmp_path)
    stray = library.shelf.place("0b8e2c8e-0000-4000-8000-000000000000.png")
    stray.write_bytes(b"x")
    assert library.sweep() == 0, "it may belong to what is just being recorded"
    past = time.time() - 2 * 86_400
    os.utime(stray, (past, past))
    assert library.sweep() == 1
    assert not stray.exists()
    assert library.path(kept_one).is_file()


# -------------------------------------------------------------------------- sums


def counted(library: Contents) -> dict[tuple[str | None, str, str], tuple[int, int]]:
    """The sums, counted one by one."""
    found: dict[tuple[str | None, str, str], tuple[int, int]] = {}
    for one in library.page(limit=10_000)[0]:
        key = (one.character_id, one.content_type, one.approval_status)
        count, size = found.get(key, (0, 0))
        found[key] = (count + 1, size + one.file_size)
    return found


def test_sums_stay_true_whatever_happens(jobs: Jobs, library: Contents, tmp_path: Path) -> None:
    chance = random.Random(5)
    there: list[str] = []
    for _ in range(150):
        choice = chance.randrange(8)
        some = chance.sample(there, min(len(there), 3))
        if choice < 3 or not there:
            there.append(kept(library, tmp_path, character_id=chance.choice(["a", "b", None])).id)
        elif choice == 3:
            library.approve(some)
        elif choice == 4:
            library.reject(some, chance.choice([None, "no"]))
        elif choice == 5:
            library.delete(some)
        elif choice == 6:
            library.restore(some)
        else:
            one = chance.choice(there)
            if chance.random() < 0.3:
                library.delete([one], hard=True)
            elif ids(library, names=(f"{one}.png",)):
                library.update(
                    one, quality_score=chance.choice([None, 3.5, 9]), is_nsfw=chance.random() < 0.5
                )
    listed: list[Content] = library.page(limit=10_000)[0]
    for character_id in (None, "a", "b"):
        stats = library.stats(character_id)
        mine = [one for one in listed if character_id in (None, one.character_id)]
        rated = [one.quality_score for one in mine if one.quality_score is not None]
        assert stats.total == len(mine)
        assert stats.total_bytes == sum(one.file_size for one in mine)
        assert stats.nsfw == sum(one.is_nsfw for one in mine)
        assert stats.average_quality == (pytest.approx(sum(rated) / len(rated)) if rated else None)
        for status in ("pending", "approved", "rejected"):
            assert stats.by_status[status] == sum(one.approval_status == status for one in mine)
            _, total = library.page(Filter(statuses=(status,), character_id=character_id))
            assert total == stats.by_status[status]
    assert sum(count for count, _ in counted(library).values()) == library.stats().total


def test_tags_are_counted_without_what_is_deleted(library: Contents, tmp_path: Path) -> None:
    first = kept(library, tmp_path, tags=["Red", "old"], character_id="a")
    kept(library, tmp_path, tags=["red"])
    assert library.tags() == {"Red": 2, "old": 1}
    library.delete([first.id])
    assert library.tags() == {"Red": 1}
    assert library.tags("a") == {}


# ---------------------------------------------------------------------- visitors


def test_visitors_see_their_own_and_the_owner_all(jobs: Jobs, library: Contents, tmp_path: Path) -> None:
    ann, bob = Visitor("ann", sees_only_own=True), Visitor("bob", sees_only_own=True)
    with visitors.acting(ann):
        hers = library.of_job(make(jobs, "ann's knight").id)[0]
        added = kept(library, tmp_path, tags=["ann"], folder="/ann")
    with visitors.acting(bob):
        his = kept(library, tmp_path, tags=["bob"])
        assert ids(library) == [his.id]
        assert ids(library, search="knight", sort="name") == [his.id]
        assert library.stats().total == 1
        assert library.tags() == {"bob": 1}
        assert library.folders() == {}
        assert [held.count for held in library.by_character()] == [1]
        archive = b"".join(library.archive_of(Filter()))
        assert hers.name.encode() not in archive
        cleaned = library.clean_up(1, dry_run=True)
        assert sum(count for count, _ in cleaned.removed.values()) == 0
    with visitors.acting(ann):
        assert set(ids(library)) == {hers.id, added.id}
        assert library.with_names([his.name]) == []
    assert library.stats().total == 3


# ------------------------------------------------------------------------ adding


def test_what_is_added_is_looked_at(library: Contents, tmp_path: Path) -> None:
    path = tmp_path / "no.png"
    path.write_bytes(b"this is no picture")
    with pytest.raises(StudioError) as error:
        library.add(path, media="image")
    assert error.value.code == "invalid_image"
    assert library.page()[1] == 0
    assert not list(library.shelf.folder.glob("*.png")) if library.shelf.folder.exists() else True


def test_a_source_stays_where_it_is_and_its_kind_is_what_it_holds(library: Contents, tmp_path: Path) -> None:
    content = kept(library, tmp_path, filename="picture.gif")
    assert (content.mime_type, Path(content.name).suffix) == ("image/png", ".png")
    assert len(list(tmp_path.glob("*.png"))) == 1
    library.delete([content.id], hard=True)
    assert len(list(tmp_path.glob("*.png"))) == 1


@pytest.mark.parametrize(
    ("label", "kept_as"),
    [
        ("/path/to/folder", "/path/to/folder"),
        (" a / b ", "a/b"),
        ("..\\..\\etc", "../../etc"),  # a label and no path: nothing is ever opened by it
        ("//", "/"),
        ("   ", None),
    ],
)
def test_folders_are_labels(library: Contents, tmp_path: Path, label: str, kept_as: str | None) -> None:
    content = kept(library, tmp_path, folder=label)
    assert content.folder_path == kept_as
    folders = {path.name for path in library.shelf.folder.iterdir() if path.is_dir()}
    assert folders <= {"thumbnails"}
