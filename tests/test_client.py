"""The client: one body of tests for a studio in this process and for one behind an address."""

from __future__ import annotations

import io
import threading
import zipfile
from _thread import interrupt_main
from pathlib import Path

import pytest
from PIL import Image

from studio import Studio, StudioError
from studio.client import Job, Upload
from studio.pictures import read_recipe
from tests.client_fixtures import LONG, SMALL, studio

__all__ = ["studio"]


@pytest.fixture(scope="module", name="sheet")
def four_views(studio: Studio) -> Job:
    """A finished job of four views."""
    return studio.sheet("a knight, red cape", seed=5, **SMALL).wait(120)


# --------------------------------------------------------------------- making


def test_an_avatar_is_made_from_words(studio: Studio, tmp_path: Path) -> None:
    job = studio.avatar("female warrior, blue armor", style="watercolor", seed=7, **SMALL)
    assert job.status in {"queued", "processing", "completed"}
    assert job.wait(120) is job
    (output,) = job.outputs
    assert (job.status, job.progress, job.seed, job.engine) == ("completed", 100, 7, "embedded")
    assert (output.view, output.size, output.seed, output.mime_type) == ("front", (128, 192), 7, "image/png")
    assert job.request["style"] == "watercolor"
    assert output.image.size == job.image.size == (128, 192)
    saved = output.save(tmp_path / "new" / "warrior.png")
    assert saved == tmp_path / "new" / "warrior.png"
    assert saved.read_bytes() == output.read()
    recipe = read_recipe(saved)
    assert recipe is not None
    assert recipe["request"]["prompt"] == "female warrior, blue armor"
    assert job.seconds is not None
    assert job.seconds > 0


def test_the_same_seed_makes_the_same_picture(studio: Studio) -> None:
    first, second = (studio.avatar("a monk", seed=3, **SMALL).wait(120) for _ in range(2))
    assert first.outputs[0].image.tobytes() == second.outputs[0].image.tobytes()


def test_words_decide_the_view_where_none_is_named(studio: Studio) -> None:
    assert [task.view for task in studio.avatar("a monk, seen from behind", **SMALL).tasks] == ["back"]
    assert [task.view for task in studio.pose("a monk, seen from behind", "side", **SMALL).tasks] == ["side"]
    many = studio.pose("a monk", ["front", "back"], **SMALL).wait(120)
    assert list(many.images) == ["front", "back"]


def test_a_job_keeps_what_it_is_given(studio: Studio) -> None:
    job = studio.avatar("a monk", metadata={"row": 3}, priority=2, **SMALL)
    found = studio.jobs.get(job.id)
    assert (found.metadata, found.state.priority, found.prompt) == ({"row": 3}, 2, "a monk")


def test_one_key_makes_one_job(studio: Studio) -> None:
    first = studio.avatar("a fencer", key="fencer-1", seed=1, **SMALL)
    assert studio.avatar("a fencer", key="fencer-1", seed=1, **SMALL).id == first.id
    with pytest.raises(StudioError) as refused:
        studio.avatar("a farmer", key="fencer-1", seed=1, **SMALL)
    assert refused.value.code == "idempotency_mismatch"


def test_pictures_can_be_given_in_many_forms(studio: Studio, sheet: Job, tmp_path: Path) -> None:
    output = sheet.outputs[0]
    path = output.save(tmp_path / "front.png")
    known = studio.upload(path)
    assert (known.filename, known.mime_type, known.size) == ("front.png", "image/png", path.stat().st_size)
    with path.open("rb") as file:
        forms = (path, str(path), path.read_bytes(), output, file, known)
        assert {studio.upload(form).id for form in forms} == {known.id}
    drawn = studio.upload(Image.new("RGB", (64, 64), "#a03020"))
    assert drawn.id != known.id
    job = studio.avatar("a knight", reference=path, **SMALL)
    assert job.request["reference_file_id"] == known.id


# -------------------------------------------------------------------- waiting


def test_waiting_ends_when_time_is_up_and_the_job_goes_on(studio: Studio) -> None:
    job = studio.avatar("a giant", **LONG)
    with pytest.raises(StudioError) as late:
        job.wait(0.3)
    assert late.value.code == "job_unfinished"
    assert not job.refresh().is_final
    job.cancel()


def test_an_interrupt_ends_the_waiting_and_not_the_job(studio: Studio) -> None:
    job = studio.avatar("a giant", **LONG)
    threading.Timer(0.5, interrupt_main).start()
    with pytest.raises(KeyboardInterrupt):
        job.wait(60)
    assert not job.refresh().is_final
    job.cancel()
    with pytest.raises(StudioError) as cancelled:
        job.wait(60)
    assert (cancelled.value.code, job.status) == ("job_cancelled", "cancelled")
    assert job.wait(1, check=False) is job


def test_events_come_in_order_and_end_with_the_job(studio: Studio) -> None:
    job = studio.avatar("a juggler", **SMALL)
    events = list(job.events())
    kinds = [event.kind for event in events]
    assert (kinds[0], kinds[-1]) == ("queued", "completed")
    assert kinds.index("started") < kinds.index("output")
    assert [event.seq for event in events] == sorted({event.seq for event in events})
    assert job.is_final


def test_watching_gives_every_change(studio: Studio) -> None:
    seen = [(now.status, now.progress) for now in studio.avatar("a juggler", **SMALL).watch(120)]
    assert seen[-1] == ("completed", 100)
    assert [progress for _, progress in seen] == sorted(progress for _, progress in seen)


def test_many_jobs_are_waited_for_in_their_order(studio: Studio) -> None:
    jobs = [studio.avatar(f"a dancer, {colour} dress", **SMALL) for colour in ("red", "green", "blue")]
    done = list(studio.jobs.wait(jobs, 120))
    assert [job.id for job in done] == [job.id for job in jobs]
    assert {job.status for job in done} == {"completed"}


# ------------------------------------------------------------ again and again


def test_one_view_is_made_again_and_the_others_are_kept(sheet: Job) -> None:
    again = sheet.reroll("back", seed=99).wait(120)
    assert again.id != sheet.id
    assert again.state.parent_id == sheet.id
    before = {output.view: output.state.sha256 for output in sheet.outputs}
    after = {output.view: output.state.sha256 for output in again.outputs}
    assert {view for view in before if before[view] != after[view]} == {"back"}


def test_a_cancelled_job_can_be_retried(studio: Studio) -> None:
    job = studio.avatar("an archer", width=1536, height=1536).cancel()
    assert job.wait(60, check=False).status == "cancelled"
    again = job.retry()
    assert again.state.parent_id == job.id
    again.cancel()


def test_a_deleted_job_is_gone(studio: Studio) -> None:
    job = studio.avatar("a ghost", **SMALL).wait(120)
    job.delete()
    with pytest.raises(StudioError) as gone:
        job.refresh()
    assert gone.value.code == "generation_not_found"


def test_jobs_are_found_by_words_and_status(studio: Studio) -> None:
    made = [studio.avatar(f"a quixotic miller number {n}", **SMALL).wait(120) for n in range(3)]
    found = studio.jobs.list(search="quixotic", status="completed", limit=2)
    assert (found.total, len(found)) == (3, 2)
    assert [job.id for job in found] == [job.id for job in reversed(made)][:2]
    assert len(studio.jobs.list(search="quixotic", status=["failed", "cancelled"])) == 0
    assert studio.jobs.list(search="quixotic", kind="talk").total == 0


# --------------------------------------------------------------------- sheets


def test_a_sheet_is_composed_and_taken_away(sheet: Job, tmp_path: Path) -> None:
    composed = sheet.compose(layout="grid", name="Aldara")
    assert composed.image.size == composed.size
    assert composed.palette[0].hex.startswith("#")
    png = composed.save(tmp_path / "sheet.png")
    assert png.read_bytes() == composed.read() == sheet.compose(layout="grid", name="Aldara").read()
    assert composed.save(tmp_path / "sheet.pdf").read_bytes().startswith(b"%PDF")
    assert composed.save(tmp_path / "sheet.psd").read_bytes().startswith(b"8BPS")
    folder = tmp_path / "all"
    folder.mkdir()
    atlas = composed.save(folder, "atlas.zip", redraw=False, scale=0.5)
    assert atlas.parent == folder
    assert any(name.endswith(".json") for name in zipfile.ZipFile(io.BytesIO(atlas.read_bytes())).namelist())
    turned = composed.save(tmp_path / "turn.gif", frames=8, height=96)
    assert Image.open(turned).n_frames == 8  # pyright: ignore[reportAttributeAccessIssue]


def test_a_sheet_is_given_more_to_show(sheet: Job) -> None:
    added = sheet.add("expressions", ["happy"])
    assert len(added) == 1
    added[0].wait(120)
    assert sheet.add("expressions", ["happy"]) == []


def test_all_files_of_a_job_are_saved_under_names_of_their_own(sheet: Job, tmp_path: Path) -> None:
    saved = sheet.save(tmp_path / "out")
    assert len(set(saved)) == 4
    assert all(path.name.startswith(sheet.id[:8]) and path.is_file() for path in saved)


# --------------------------------------------------------------------- errors


def test_failures_have_the_registry_s_codes(studio: Studio, sheet: Job, tmp_path: Path) -> None:
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"\x89PNG\r\n\x1a\n and no more")
    running = studio.avatar("a giant", **LONG)
    refusals = {
        "generation_not_found": lambda: studio.jobs.get("nobody"),
        "invalid_field": lambda: studio.avatar("a monk", width=7),
        "workflow_unknown": lambda: studio.avatar("a monk", workflow="no such"),
        "invalid_image": lambda: studio.upload(broken),
        "picture_unreadable": lambda: studio.upload(tmp_path / "missing.png"),
        "file_not_found": lambda: _with_lost_file(studio),
        "job_finished": lambda: sheet.cancel(),
        "job_running": lambda: running.retry(),
        "job_cancelled": lambda: running.cancel().wait(60),
        "words_refused": lambda: studio.avatar("a naked woman", **SMALL).wait(120),
    }
    for code, refused in refusals.items():
        with pytest.raises(StudioError) as failure:
            refused()
        assert failure.value.code == code
        assert failure.value.message, code
        assert failure.value.hint, code


def _with_lost_file(studio: Studio) -> Job:
    lost = Upload("5f0e8400-e29b-41d4-a716-446655440000", "lost.png", 1, "image/png", "0" * 64)
    return studio.avatar("a monk", reference=lost, **SMALL)


def test_wishes_that_there_are_not_are_refused(studio: Studio) -> None:
    with pytest.raises(StudioError, match="colour: there is no such wish"):
        studio.avatar("a monk", colour="red")  # pyright: ignore[reportCallIssue]


def test_what_a_job_says_of_itself_is_short(studio: Studio) -> None:
    job = studio.avatar("a monk " * 40, **SMALL)
    assert len(repr(job)) < 120
    assert job.id[:8] in repr(job)
    assert studio.health()
