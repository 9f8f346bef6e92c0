"""The gallery over real records and files: pages, marks, deletions that can be taken back, small pictures."""

from __future__ import annotations

import dataclasses
import io
import json
import threading
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from studio import pictures
from studio.errors import StudioError
from studio.gallery import GRACE_S, SIDE, Filter, Gallery, Item
from studio.jobs import Jobs
from studio.records import gallery as records
from studio.records.entities import Job
from studio.request import AvatarRequest
from studio.zips import BLOCK
from tests.studio_fixtures import finish, noise_png, open_jobs


@pytest.fixture
def jobs(tmp_path: Path) -> Iterator[Jobs]:
    """The job module over records that end with the test."""
    opened = open_jobs(tmp_path)
    yield opened
    opened.database.close()


@pytest.fixture
def gallery(jobs: Jobs) -> Gallery:
    """An empty gallery."""
    return Gallery(jobs)


def make(jobs: Jobs, prompt: str = "a knight", **values: Any) -> Job:
    """A finished job."""
    return finish(jobs, jobs.submit(AvatarRequest(prompt=prompt, **values), door="test"))


def prompts(items: tuple[Item, ...] | list[Item]) -> list[str]:
    return [item.prompt.split("\n")[0] for item in items]


def shown(gallery: Gallery, **wanted: Any) -> list[str]:
    return prompts(gallery.page(Filter(**wanted)).items)


def code_of(error: pytest.ExceptionInfo[StudioError]) -> str:
    return error.value.code


# ----------------------------------------------------------------------- pages


def test_pages_follow_one_another_without_gaps(jobs: Jobs, gallery: Gallery) -> None:
    for number in range(7):
        make(jobs, f"number {number}")
    first = gallery.page(limit=3)
    assert prompts(first.items) == ["number 6", "number 5", "number 4"]
    assert first.newer is None
    make(jobs, "number 7")
    second = gallery.page(limit=3, before=first.older)
    assert prompts(second.items) == ["number 3", "number 2", "number 1"]
    last = gallery.page(limit=3, before=second.older)
    assert (prompts(last.items), last.older) == (["number 0"], None)
    back = gallery.page(limit=3, after=last.newer)
    assert prompts(back.items) == ["number 3", "number 2", "number 1"]
    assert (back.newer, back.older) == (second.newer, second.older)
    newest = gallery.page(limit=3, after=first.items[0].seq)
    assert (prompts(newest.items), newest.newer) == (["number 7"], None)
    assert gallery.page(limit=3, after=newest.items[0].seq).items == ()


def test_an_item_tells_what_a_card_shows(jobs: Jobs, gallery: Gallery) -> None:
    job = make(jobs, "a fox", style="ink", views=("front", "back"), seed=42)
    back, front = gallery.page().items
    assert (front.output.view, back.output.view) == ("front", "back")
    assert (front.style, front.workflow, front.engine, front.kind, front.door) == (
        *("ink", "embedded", "embedded", "avatar", "test"),
    )
    assert front.seed == 42
    assert front.id in {output.id for output in job.outputs}
    assert (front.favourite, front.tags, front.deleted_at) == (False, (), None)


def test_filters_find_what_fits_all_of_them(jobs: Jobs, gallery: Gallery) -> None:
    make(jobs, "red dragon", style="ink", views=("front", "side"))
    time.sleep(0.01)
    between = time.time()
    make(jobs, "blue dragon", style="oil")
    make(jobs, "blue bird", clothing="red scarf")
    assert shown(gallery, search="dragon") == ["blue dragon", "red dragon", "red dragon"]
    assert shown(gallery, search="drag blu") == ["blue dragon"]
    assert shown(gallery, search="red scarf") == ["blue bird"]
    assert shown(gallery, search="???") == []
    assert shown(gallery, views=("side",)) == ["red dragon"]
    assert shown(gallery, views=("side", "front"), search="red", styles=("INK",)) == ["red dragon"] * 2
    assert shown(gallery, styles=("oil", "ink")) == ["blue dragon", "red dragon", "red dragon"]
    assert shown(gallery, models=("avatarforge-figure",), workflows=("embedded",), search="bird") == [
        "blue bird"
    ]
    assert shown(gallery, kinds=("avatar",), media=("image",), since=between) == ["blue bird", "blue dragon"]
    assert shown(gallery, until=between) == ["red dragon"] * 2
    assert shown(gallery, kinds=("video",)) == []
    assert gallery.count(Filter(search="dragon")) == 3
    assert gallery.count(most=2) == 2


def test_a_search_for_a_word_of_many_pictures_and_of_few_finds_the_same(
    jobs: Jobs, gallery: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(6):
        make(jobs, f"a knight, number {number}", style="ink" if number % 2 else "")
    by_few = [shown(gallery, search="knight"), shown(gallery, search="knight", styles=("ink",))]
    monkeypatch.setattr(records, "FEW_MATCHES", 2)
    assert [shown(gallery, search="knight"), shown(gallery, search="knight", styles=("ink",))] == by_few
    assert [len(found) for found in by_few] == [6, 3]


def test_choices_are_what_there_is(jobs: Jobs, gallery: Gallery) -> None:
    make(jobs, "one", style="ink", views=("front", "back"))
    hidden = make(jobs, "two", style="oil")
    gallery.tag([output.id for output in make(jobs, "three").outputs], add=["Best of"])
    gallery.delete([output.id for output in hidden.outputs])
    choices = gallery.choices()
    assert choices["view"] == [("front", 2), ("back", 1)]
    assert choices["style"] == [("ink", 2), ("", 1)]
    assert choices["tag"] == [("Best of", 1)]
    assert choices["model"] == [("avatarforge-figure", 3)]


def test_results_from_before_the_gallery_are_in_it(jobs: Jobs, gallery: Gallery) -> None:
    make(jobs, "old", style="ink")
    database = jobs.database
    before = gallery.page().items
    with database.write() as connection:
        for what in ("TRIGGER gallery_in", "TABLE gallery_tags", "TABLE gallery"):
            connection.execute(f"DROP {what}")
        connection.execute("DELETE FROM _sqlite_migrations WHERE name = '0003_gallery'")
    path = database.path
    database.close()
    reopened = open_jobs(path.parent)
    assert Gallery(reopened).page().items == before
    make(reopened, "new")
    assert prompts(Gallery(reopened).page().items) == ["new", "old"]
    reopened.database.close()


# ------------------------------------------------------------------------ marks


def test_favourites_and_tags(jobs: Jobs, gallery: Gallery) -> None:
    ids = [make(jobs, f"number {number}").outputs[0].id for number in range(3)]
    assert gallery.favourite(ids[:2]) == 2
    gallery.tag(ids[1:], add=["  For   the cover ", "draft"])
    gallery.tag(ids[2:], add=["DRAFT"], remove=["for the COVER"])
    assert shown(gallery, favourites=True) == ["number 1", "number 0"]
    assert shown(gallery, tags=("for the cover",)) == ["number 1"]
    assert shown(gallery, tags=("Draft",)) == ["number 2", "number 1"]
    assert shown(gallery, tags=("draft", "for the cover"), favourites=True) == ["number 1"]
    assert gallery.get(ids[1]).tags == ("draft", "For the cover")
    gallery.favourite(ids, on=False)
    assert shown(gallery, favourites=True) == []
    assert gallery.favourite(["nobody"]) == 0


@pytest.mark.parametrize("tag", ["", "   ", "x" * 41, "two\0parts"])
def test_tags_that_nobody_can_read_are_refused(gallery: Gallery, tag: str) -> None:
    with pytest.raises(StudioError) as error:
        gallery.tag([], add=[tag])
    assert code_of(error) == "invalid_field"


def test_many_pictures_are_marked_at_once(jobs: Jobs, gallery: Gallery) -> None:
    ids = [make(jobs).outputs[0].id, *(f"unknown {number}" for number in range(3000))]
    assert gallery.favourite(ids) == 1
    gallery.tag(ids, add=["many"])
    assert [item.tags for item in gallery.find(ids)] == [("many",)]


# --------------------------------------------------------------------- deleting


def test_a_deletion_can_be_taken_back(jobs: Jobs, gallery: Gallery) -> None:
    job = make(jobs, "keep me", views=("front", "back"))
    ids = [output.id for output in job.outputs]
    gallery.favourite(ids[:1])
    deleted = gallery.delete(ids[:1])
    assert deleted.until > time.time() + GRACE_S / 2
    assert [item.id for item in gallery.page().items] == ids[1:]
    assert [item.id for item in gallery.page(Filter(deleted=True)).items] == ids[:1]
    assert gallery.sweep() == 0
    assert gallery.path(gallery.output(ids[0])).is_file(), "the file stays as long as it can be taken back"
    assert gallery.undelete(ids) == 1
    assert gallery.get(ids[0]).favourite
    assert len(gallery.page().items) == 2


def test_when_its_time_is_over_everything_of_a_picture_goes(jobs: Jobs, gallery: Gallery) -> None:
    job = make(jobs, "half of it", views=("front", "back"))
    other = make(jobs, "stays")
    gone, kept = job.outputs
    small = gallery.thumbnails.get(gone)
    gallery.tag([gone.id], add=["x"])
    gallery.delete([gone.id])
    assert gallery.sweep(time.time() + GRACE_S + 1) == 1
    assert not small.exists()
    assert not jobs.files.output_path(job.id, gone.name).exists()
    assert jobs.files.output_path(job.id, kept.name).is_file()
    assert [output.id for output in jobs.get(job.id).outputs] == [kept.id]
    assert gallery.undelete([gone.id]) == 0
    with pytest.raises(StudioError) as error:
        gallery.get(gone.id)
    assert code_of(error) == "picture_not_found"
    # With its last picture the job goes too.
    gallery.delete([kept.id])
    assert gallery.empty_trash() == 1
    with pytest.raises(StudioError) as error:
        jobs.get(job.id)
    assert code_of(error) == "generation_not_found"
    assert not (jobs.settings.outputs_path / job.id).exists()
    assert [item.id for item in gallery.page().items] == [other.outputs[0].id]


def test_a_job_that_still_runs_keeps_its_record(jobs: Jobs, gallery: Gallery) -> None:
    job = jobs.submit(AvatarRequest(prompt="slow", views=("front", "back")), door="test")
    job = finish(jobs, job, views=["front"])
    gallery.delete([job.outputs[0].id])
    assert gallery.empty_trash() == 1
    assert jobs.get(job.id).outputs == ()


def test_with_a_deleted_job_its_pictures_leave_the_gallery(jobs: Jobs, gallery: Gallery) -> None:
    job = make(jobs)
    gallery.tag([job.outputs[0].id], add=["x"])
    small = gallery.thumbnails.get(job.outputs[0])
    jobs.delete(job.id)
    assert gallery.page().items == ()
    assert gallery.choices()["tag"] == []
    assert not small.exists()


# -------------------------------------------------------------- copies in children


def rerolled(jobs: Jobs) -> tuple[Job, Job]:
    """A sheet, and its child in which one view was made again and the others were kept."""
    sheet = make(jobs, "a sheet", views=("front", "back", "side"))
    return sheet, finish(jobs, jobs.reroll(sheet.id, "back", door="test"))


def test_what_a_reroll_kept_is_shown_once(jobs: Jobs, gallery: Gallery) -> None:
    sheet, child = rerolled(jobs)
    assert len(child.outputs) == 3
    made_again = next(output for output in child.outputs if output.view == "back")
    assert {item.id for item in gallery.page().items} == {
        *(output.id for output in sheet.outputs),
        made_again.id,
    }


def test_a_copy_takes_the_place_of_its_original(jobs: Jobs, gallery: Gallery) -> None:
    sheet, child = rerolled(jobs)
    grandchild = finish(jobs, jobs.reroll(child.id, "side", door="test"))
    front = next(output for output in sheet.outputs if output.view == "front")
    gallery.favourite([front.id])
    jobs.delete(sheet.id)
    fronts = gallery.page(Filter(views=("front",))).items
    assert [item.output.job_id for item in fronts] == [child.id]
    assert fronts[0].favourite
    jobs.delete(child.id)
    assert [item.output.job_id for item in gallery.page(Filter(views=("front",))).items] == [grandchild.id]


def test_a_deleted_picture_does_not_come_back_as_a_copy(jobs: Jobs, gallery: Gallery) -> None:
    sheet, child = rerolled(jobs)
    front = next(output for output in sheet.outputs if output.view == "front")
    gallery.delete([front.id])
    assert gallery.page(Filter(views=("front",))).items == ()
    assert gallery.empty_trash() == 2
    assert gallery.page(Filter(views=("front",))).items == ()
    assert {output.view for output in jobs.get(child.id).outputs} == {"back", "side"}


# ------------------------------------------------------------------- small pictures


def test_a_thumbnail_is_made_once_and_outlives_a_restart(jobs: Jobs, gallery: Gallery) -> None:
    job = make(jobs)
    output = job.outputs[0]
    jobs.files.write_output(job.id, output.name, [noise_png(1, 700)])
    path = gallery.thumbnails.get(output)
    with Image.open(path) as picture:
        assert (picture.format, picture.size) == ("WEBP", (SIDE, SIDE))
    made_at = path.stat().st_mtime_ns
    jobs.files.output_path(job.id, output.name).unlink()
    assert Gallery(jobs).thumbnails.get(output) == path
    assert path.stat().st_mtime_ns == made_at


def test_many_who_ask_at_once_get_one_thumbnail(
    jobs: Jobs, gallery: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    outputs = make(jobs, views=("front", "back", "side")).outputs
    real, at_work, most, calls = pictures.thumbnail, [0], [0], [0]
    lock = threading.Lock()

    def counted(source: pictures.Source, side: int) -> bytes:
        with lock:
            at_work[0] += 1
            calls[0] += 1
            most[0] = max(most[0], at_work[0])
        time.sleep(0.02)
        with lock:
            at_work[0] -= 1
        return real(source, side)

    monkeypatch.setattr(pictures, "thumbnail", counted)
    threads = [threading.Thread(target=gallery.thumbnails.get, args=(outputs[n % 3],)) for n in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(gallery.thumbnails.path(output).is_file() for output in outputs)
    assert most[0] <= 2
    assert calls[0] <= 6


def test_without_a_picture_there_is_no_thumbnail(jobs: Jobs, gallery: Gallery) -> None:
    job = make(jobs)
    output = job.outputs[0]
    jobs.files.write_output(job.id, output.name, [b"no picture at all"])
    for broken, code in (
        (output, "no_thumbnail"),
        (dataclasses.replace(output, mime_type="video/mp4"), "no_thumbnail"),
        (dataclasses.replace(output, name="gone.png"), "output_not_found"),
    ):
        with pytest.raises(StudioError) as error:
            gallery.thumbnails.get(broken)
        assert code_of(error) == code


# -------------------------------------------------------------------- taking along


def test_a_zip_holds_pictures_and_their_recipes(jobs: Jobs, gallery: Gallery) -> None:
    job = make(jobs, "a fox / der Fuchs, 狐", views=("front", "back"), seed=5)
    twin = make(jobs, "a fox / der Fuchs, 狐", seed=5)
    lost = make(jobs, "lost")
    jobs.files.output_path(lost.id, "output.png").unlink()
    ids = [output.id for one in (job, twin, lost) for output in one.outputs]
    data = b"".join(gallery.archive([*ids, "unknown"]))
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        assert packed.testzip() is None
        names = packed.namelist()
        assert names[0].endswith("_a-fox-der-Fuchs-狐_front_5.png")
        assert names[4] == names[0].replace(".png", "_2.png")
        assert packed.read(names[0]) == jobs.files.output_path(job.id, "front.png").read_bytes()
        recipe = json.loads(packed.read(f"recipes/{names[0]}.json"))
        assert (recipe["view"], recipe["seed"], recipe["request"]["prompt"]) == (
            "front",
            5,
            job.request["prompt"],
        )
        assert lost.outputs[0].id in packed.read("missing.txt").decode()
        assert len(names) == 7
    with pytest.raises(StudioError) as error:
        gallery.archive([])
    assert code_of(error) == "selection_empty"


def test_a_zip_is_sent_in_small_pieces(jobs: Jobs, gallery: Gallery) -> None:
    job = make(jobs)
    jobs.files.write_output(job.id, job.outputs[0].name, [b"x" * 5_000_000])
    pieces = [len(piece) for piece in gallery.archive([job.outputs[0].id])]
    assert sum(pieces) > 5_000_000
    assert max(pieces) <= BLOCK + 1000


# ----------------------------------------------------------------------- comparing


def test_why_two_pictures_differ_is_said_in_words(jobs: Jobs, gallery: Gallery) -> None:
    first = make(jobs, "a knight, red cape, smiling", seed=1, style="ink")
    second = make(jobs, "a knight,  Smiling, blue cape", seed=2, width=512, height=640)
    found = {one.member: one for one in gallery.compare(first.outputs[0].id, second.outputs[0].id)}
    assert set(found) == {"prompt", "style", "seed", "size"}
    assert found["prompt"].sentence == (
        "Prompt: only the first says “red cape”; only the second says “blue cape”."
    )
    assert found["style"].sentence == "Style: ink in the first, none in the second."
    assert (found["seed"].first, found["seed"].second) == (1, 2)
    assert found["size"].second == "512 × 640"
    sheet = make(jobs, "same", views=("front", "back"), seed=3)
    views = gallery.compare(sheet.outputs[0].id, sheet.outputs[1].id)
    assert [one.member for one in views] == ["view"]
    assert gallery.compare(first.outputs[0].id, first.outputs[0].id) == ()


def test_settings_are_used_again_with_the_very_seed(jobs: Jobs, gallery: Gallery) -> None:
    job = make(jobs, "a knight", views=("front", "back"), realism=True, seed=9)
    restored = gallery.settings(job.outputs[1].id)
    assert restored.request is not None
    assert (restored.view, restored.request.seed, restored.request.realism) == ("back", 9, True)
    assert restored.request.views == ("front", "back")
    assert restored.notes == ()
