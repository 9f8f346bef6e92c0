"""The job module over real records and files: what it records, refuses, finds, keeps and lets go."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import pytest

from studio.comfy.info import ObjectInfo
from studio.errors import StudioError
from studio.jobs import IDEMPOTENCY_S, IdempotencyKey, Jobs
from studio.records import leases
from studio.records.entities import Job
from studio.request import AvatarRequest
from tests.job_fixtures import VIEWS, ask, jobs, submit
from tests.studio_fixtures import (
    StandInServer,
    comfy_info,
    finish,
    noise_png,
    open_jobs,
    png,
)

__all__ = ["jobs"]


def refusal(jobs: Jobs, request: AvatarRequest | None = None, **options: Any) -> StudioError:
    """Submit what is refused, and check that nothing was recorded."""
    before = counted(jobs)
    with pytest.raises(StudioError) as caught:
        jobs.submit(request or ask(), door="test", **options)
    assert counted(jobs) == before
    return caught.value


def counted(jobs: Jobs) -> list[int]:
    return [
        jobs.database.connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
        for table in ("jobs", "tasks", "file_references", "idempotency", "events")
    ]


def comfy_jobs(folder: Path, info: ObjectInfo | None = None, *, online: bool = True, **values: Any) -> Jobs:
    server = StandInServer("comfy", info or comfy_info(), online=online)
    return open_jobs(folder, server, StandInServer("embedded"), comfyui_url=("http://gpu:8188",), **values)


# --------------------------------------------------------------------------------------------- submitting


def test_a_job_is_recorded_whole_before_anything_happens(jobs: Jobs) -> None:
    pose = jobs.files.store_bytes(png(), "pose.png")
    job = jobs.submit(
        ask(views=VIEWS, pose_file_id=pose.id, clothing="a red coat", style="ink"),
        door="test",
        priority=3,
        delay_s=100,
        timeout_s=50,
        metadata={"who": "me"},
    )
    assert (job.status, job.door, job.priority, job.engine, job.workflow) == (
        "queued",
        "test",
        3,
        "embedded",
        "embedded",
    )
    assert [task.view for task in job.tasks] == list(VIEWS)
    assert {task.seed for task in job.tasks} == {job.seed}
    assert job.metadata == {"who": "me"}
    assert job.run_at == pytest.approx(job.created_at + 100)
    assert job.deadline_at == pytest.approx(job.run_at + 50)
    assert job.prompt == "a knight\na red coat\nink"
    assert jobs.files.reference_count(pose.id) == 1
    assert jobs.get(job.id) == job
    assert [event.kind for event in jobs.events(job.id)] == ["queued"]


def test_what_was_left_open_is_filled_in(jobs: Jobs) -> None:
    job = submit(jobs)
    resolved = AvatarRequest.model_validate(job.request)
    assert (resolved.width, resolved.height, resolved.model, resolved.workflow) == (
        512,
        768,
        "avatarforge-figure",
        "embedded",
    )
    assert resolved.seed == job.seed
    assert len({submit(jobs).seed for _ in range(5)}) == 5
    assert submit(jobs, seed=0).seed == 0
    again = jobs.submit(resolved, door="test")
    assert again.request == job.request


@pytest.mark.parametrize("role", ["pose", "reference"])
def test_an_unknown_upload_is_refused(jobs: Jobs, role: str) -> None:
    values: dict[str, Any] = {f"{role}_file_id": "11111111-2222-3333-4444-555555555555"}
    assert refusal(jobs, ask(**values)).code == "file_not_found"
    stored = jobs.files.store_bytes(png(), "a.png")
    jobs.files.delete(stored.id)
    assert refusal(jobs, ask(**{f"{role}_file_id": stored.id})).code == "file_not_found"


def test_an_upload_that_goes_in_the_meantime_leaves_no_job(
    jobs: Jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = jobs.files.store_bytes(png(), "a.png")
    plan = jobs.preflight(ask(pose_file_id=stored.id))
    monkeypatch.setattr(jobs, "preflight", lambda request: plan)
    jobs.files.delete(stored.id)
    assert refusal(jobs, ask(pose_file_id=stored.id)).code == "file_not_found"


def test_an_unknown_workflow_is_refused_with_those_that_are_known(jobs: Jobs) -> None:
    error = refusal(jobs, ask(workflow="nonsense"))
    assert error.code == "workflow_unknown"
    assert "embedded" in error.hint


def test_without_any_server_it_says_so(tmp_path: Path) -> None:
    jobs = open_jobs(tmp_path, StandInServer("comfy", comfy_info()))
    assert refusal(jobs, ask(engine="embedded")).code == "engine_unavailable"


def test_a_configured_server_that_is_down_is_not_replaced_in_silence(tmp_path: Path) -> None:
    jobs = comfy_jobs(tmp_path, online=False)
    error = refusal(jobs)
    assert error.code == "comfyui_unavailable"
    assert "http://gpu:8188" in error.message
    assert jobs.submit(ask(engine="embedded"), door="test").engine == "embedded"


def test_a_workflow_of_the_embedded_engine_asks_for_it_by_its_name(tmp_path: Path) -> None:
    jobs = comfy_jobs(tmp_path)
    assert submit(jobs).engine == "comfy"
    assert submit(jobs, workflow="embedded").engine == "embedded"


@pytest.mark.parametrize(
    ("info", "values", "missing"),
    [
        (comfy_info("KSampler"), {}, "the node KSampler"),
        (comfy_info(ckpt_name=[]), {}, "models/checkpoints"),
        (comfy_info(), {"model": "unknown.safetensors"}, "unknown.safetensors"),
        (comfy_info(), {"loras": ({"name": "nobody.safetensors"},)}, "nobody.safetensors"),
        (comfy_info(), {"sampler": "teleport"}, "teleport"),
        (comfy_info(), {"scheduler": "never"}, "never"),
        (comfy_info(control_net_name=["canny.safetensors"]), {"pose": True}, "OpenPose ControlNet"),
        (comfy_info("ControlNetApplyAdvanced"), {"pose": True}, "ControlNetApplyAdvanced"),
        (comfy_info("RepeatLatentBatch"), {"reference": True}, "RepeatLatentBatch"),
        (comfy_info(), {"workflow": "checkpoint_reference"}, "needs a reference picture"),
        (comfy_info(), {"workflow": "checkpoint", "reference": True}, "does not take a reference picture"),
    ],
)
def test_what_no_server_can_run_is_refused_with_what_is_missing(
    tmp_path: Path, info: ObjectInfo, values: dict[str, Any], missing: str
) -> None:
    jobs = comfy_jobs(tmp_path, info)
    values = dict(values)
    for role in ("pose", "reference"):
        if values.pop(role, False):
            values[f"{role}_file_id"] = jobs.files.store_bytes(png(), "a.png").id
    error = refusal(jobs, ask(**values))
    assert error.code == "workflow_impossible"
    assert missing in error.message


def test_the_queue_has_an_end(tmp_path: Path) -> None:
    jobs = open_jobs(tmp_path, studio_max_queued=3)
    done = finish(jobs, submit(jobs))
    for _ in range(3):
        submit(jobs)
    assert refusal(jobs).code == "queue_full"
    with pytest.raises(StudioError) as caught:
        jobs.retry(done.id, door="test")
    assert caught.value.code == "queue_full"
    jobs.cancel(jobs.list(statuses=("queued",)).jobs[0].id)
    assert submit(jobs).status == "queued"


def test_a_full_disk_is_said_and_nothing_is_half_recorded(jobs: Jobs) -> None:
    first = submit(jobs)
    pages = jobs.database.connection.execute("PRAGMA page_count").fetchone()[0]
    jobs.database.connection.execute(f"PRAGMA max_page_count={pages}")
    recorded = [counted(jobs)]
    with pytest.raises(StudioError) as caught:  # noqa: PT012  which of them is the first that finds no room?
        for _ in range(100):
            submit(jobs, "long " * 3000)
            recorded.append(counted(jobs))
    assert caught.value.code == "disk_full"
    assert counted(jobs) == recorded[-1]
    assert jobs.get(first.id) == first
    jobs.database.connection.execute("PRAGMA max_page_count=1000000")
    assert submit(jobs).status == "queued"


# --------------------------------------------------------------------------------------- idempotency keys

KEY = IdempotencyKey("test", "abc")


def test_one_key_makes_one_job(jobs: Jobs) -> None:
    first = jobs.submit(ask(), door="test", key=KEY)
    assert jobs.submit(ask(), door="test", key=KEY) == first
    assert jobs.submit(ask(), door="test", key=IdempotencyKey("other door", "abc")).id != first.id
    assert jobs.submit(ask(), door="test").id != first.id
    assert refusal(jobs, ask("another"), key=KEY).code == "idempotency_mismatch"


def test_a_key_answers_also_when_the_queue_is_full(tmp_path: Path) -> None:
    jobs = open_jobs(tmp_path, studio_max_queued=1)
    first = jobs.submit(ask(), door="test", key=KEY)
    assert jobs.submit(ask(), door="test", key=KEY).id == first.id


def test_one_key_from_many_threads_makes_one_job(jobs: Jobs) -> None:
    start = threading.Barrier(8)
    made: list[str] = []

    def send() -> None:
        start.wait()
        made.append(jobs.submit(ask(), door="test", key=KEY).id)

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 8
    assert len(set(made)) == 1
    assert jobs.list().total == 1


def test_a_key_is_forgotten_after_a_day(jobs: Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
    first = jobs.submit(ask(), door="test", key=KEY)
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + IDEMPOTENCY_S - 60)
    assert jobs.submit(ask(), door="test", key=KEY).id == first.id
    monkeypatch.setattr(time, "time", lambda: now + IDEMPOTENCY_S + 60)
    second = jobs.submit(ask("another"), door="test", key=KEY)
    assert second.id != first.id
    assert jobs.submit(ask("another"), door="test", key=KEY).id == second.id


def test_a_deleted_job_frees_its_key(jobs: Jobs) -> None:
    first = jobs.submit(ask(), door="test", key=KEY)
    jobs.delete(first.id)
    assert jobs.submit(ask("another"), door="test", key=KEY).id != first.id


# ---------------------------------------------------------------------------------------- retry, re-roll


def made(jobs: Jobs, job: Job) -> dict[str, bytes]:
    return {
        output.name: jobs.files.output_path(job.id, output.name).read_bytes()
        for output in jobs.get(job.id).outputs
    }


def test_a_retry_keeps_what_was_finished(jobs: Jobs) -> None:
    pose = jobs.files.store_bytes(png(), "pose.png")
    parent = finish(jobs, submit(jobs, views=VIEWS, pose_file_id=pose.id, seed=5), fail=("side",))
    assert parent.status == "failed"
    kept = made(jobs, parent)
    child = jobs.retry(parent.id, door="again")
    assert (child.parent_id, child.status, child.door, child.progress) == (parent.id, "queued", "again", 75.0)
    assert [task.status for task in child.tasks] == ["completed", "completed", "queued", "completed"]
    assert made(jobs, child) == kept
    assert jobs.files.reference_count(pose.id) == 2
    done = finish(jobs, child)
    assert (done.status, len(done.outputs)) == ("completed", 4)
    assert {task.seed for task in done.tasks} == {5}
    assert jobs.get(parent.id) == parent
    assert jobs.list(parent_id=parent.id).jobs == (done,)


def test_a_re_roll_makes_one_view_again_and_leaves_its_parent_alone(jobs: Jobs) -> None:
    parent = finish(jobs, submit(jobs, views=VIEWS, seed=5))
    before = made(jobs, parent)
    child = finish(jobs, jobs.reroll(parent.id, "back", door="test", seed=6))
    after = made(jobs, child)
    assert {name for name in before if before[name] != after[name]} == {"back.png"}
    assert [task.seed for task in child.tasks] == [5, 6, 5, 5]
    assert made(jobs, parent) == before
    assert jobs.get(parent.id) == parent
    jobs.delete(parent.id)
    assert made(jobs, child) == after
    assert jobs.get(child.id).outputs == child.outputs


def test_a_failed_re_roll_is_retried_with_its_own_seed(jobs: Jobs) -> None:
    parent = finish(jobs, submit(jobs, views=("front", "back"), seed=5))
    child = finish(jobs, jobs.reroll(parent.id, "back", door="test", seed=6), fail=("back",))
    again = jobs.retry(child.id, door="test")
    assert [task.seed for task in again.tasks] == [5, 6]


def test_the_seed_of_a_single_view_goes_into_its_request(jobs: Jobs) -> None:
    parent = finish(jobs, submit(jobs, seed=5))
    child = jobs.reroll(parent.id, "front", door="test")
    assert child.seed != 5
    assert child.request["seed"] == child.seed == child.tasks[0].seed


def test_a_kept_picture_that_is_gone_from_the_disk_is_made_again(jobs: Jobs) -> None:
    parent = finish(jobs, submit(jobs, views=("front", "back", "side")))
    jobs.files.output_path(parent.id, "front.png").unlink()
    child = jobs.reroll(parent.id, "back", door="test")
    assert [task.status for task in child.tasks] == ["queued", "queued", "completed"]
    assert child.tasks[0].seed == parent.seed


def test_a_child_that_cannot_be_recorded_leaves_no_files(jobs: Jobs) -> None:
    pose = jobs.files.store_bytes(png(), "pose.png")
    parent = finish(jobs, submit(jobs, views=("front", "back"), pose_file_id=pose.id))
    jobs.files._place(pose.id).unlink()
    with pytest.raises(StudioError) as caught:
        jobs.reroll(parent.id, "back", door="test")
    assert caught.value.code == "file_not_found"
    assert [path.name for path in jobs.settings.outputs_path.iterdir()] == [parent.id]
    assert jobs.list().total == 1


def test_only_what_has_ended_can_be_made_again(jobs: Jobs) -> None:
    waiting = submit(jobs)
    for attempt in (
        lambda: jobs.retry(waiting.id, door="test"),
        lambda: jobs.reroll(waiting.id, "front", door="test"),
    ):
        with pytest.raises(StudioError) as caught:
            attempt()
        assert caught.value.code == "job_running"
    done = finish(jobs, waiting)
    with pytest.raises(StudioError) as caught:
        jobs.reroll(done.id, "back", door="test")
    assert caught.value.code == "task_not_found"


# ------------------------------------------------------------------------- cancelling, moving, deleting


def test_a_waiting_job_is_cancelled_and_an_ended_one_is_not(jobs: Jobs) -> None:
    job = submit(jobs, views=VIEWS)
    cancelled = jobs.cancel(job.id)
    assert cancelled.status == "cancelled"
    assert {task.status for task in cancelled.tasks} == {"cancelled"}
    with pytest.raises(StudioError) as caught:
        jobs.cancel(job.id)
    assert caught.value.code == "job_finished"


def test_a_job_that_is_moved_up_keeps_its_ended_tasks(jobs: Jobs) -> None:
    job = jobs.prioritise(submit(jobs).id, 7)
    assert (job.priority, job.tasks[0].priority) == (7, 7)
    done = jobs.prioritise(finish(jobs, job).id, 1)
    assert done.tasks[0].priority == 7


def test_deleting_takes_everything_along(jobs: Jobs) -> None:
    pose = jobs.files.store_bytes(png(), "pose.png")
    job = finish(jobs, submit(jobs, views=("front", "back"), pose_file_id=pose.id))
    other = finish(jobs, submit(jobs, pose_file_id=pose.id))
    jobs.set_preview(job.id, "image/png", b"x")
    jobs.delete(job.id)
    assert not (jobs.settings.outputs_path / job.id).exists()
    assert jobs.files.output_path(other.id, "output.png").is_file()
    assert jobs.files.reference_count(pose.id) == 1
    assert jobs.preview(job.id) is None
    for table in ("tasks", "outputs", "events"):
        rows = jobs.database.rows(f"SELECT DISTINCT job_id FROM {table}")
        assert rows == [{"job_id": other.id}]
    for verb in (jobs.get, jobs.delete, jobs.cancel):
        with pytest.raises(StudioError) as caught:
            verb(job.id)
        assert caught.value.code == "generation_not_found"


@pytest.mark.parametrize("job_id", ["", "nonsense", "../etc/passwd", "\ud800", "a\0b", "' OR 1=1 --"])
def test_no_id_that_is_not_ours_finds_anything(jobs: Jobs, job_id: str) -> None:
    submit(jobs)
    with pytest.raises(StudioError) as caught:
        jobs.get(job_id)
    assert caught.value.code == "generation_not_found"
    with pytest.raises(StudioError) as caught:
        jobs.output(job_id, "output.png")
    assert caught.value.code == "output_not_found"


# ---------------------------------------------------------------------------------------------- watching


def test_watching_shows_each_change_and_ends_with_the_end(jobs: Jobs) -> None:
    job = submit(jobs, views=("front", "back"))
    seen: list[tuple[str, float]] = []
    ready = threading.Event()

    def watch() -> None:
        for now in jobs.watch(job.id, 60):
            seen.append((now.status, now.progress))
            ready.set()

    def wait_for(count: int) -> None:
        deadline = time.monotonic() + 20
        while len(seen) < count and time.monotonic() < deadline:
            time.sleep(0.005)
        assert len(seen) == count

    thread = threading.Thread(target=watch)
    thread.start()
    assert ready.wait(20)
    now, needs = time.time(), list(leases.all_needs(jobs.database))
    for number in range(2):
        task = leases.claim(jobs.database, "s", needs, f"t{number}", now, 60)
        assert task is not None
        wait_for(1 + 4 * number + 1)
        leases.bind(jobs.database, task, f"t{number}", "s", "p", now)
        wait_for(1 + 4 * number + 2)
        leases.write_progress(jobs.database, task, f"t{number}", 50, now)
        wait_for(1 + 4 * number + 3)
        leases.complete(jobs.database, task, f"t{number}", [], [], now)
        wait_for(1 + 4 * number + 4)
    thread.join(20)
    assert not thread.is_alive()
    assert seen[0] == ("queued", 0.0)
    assert [progress for _, progress in seen[3:5]] == [25.0, 50.0]
    assert seen[-1] == ("completed", 100.0)


def test_watching_an_ended_job_shows_it_once(jobs: Jobs) -> None:
    done = finish(jobs, submit(jobs))
    assert list(jobs.watch(done.id)) == [done]
    assert jobs.wait(done.id) == done


def test_watching_ends_when_time_is_up(jobs: Jobs) -> None:
    job = submit(jobs)
    assert [one.status for one in jobs.watch(job.id, 0.05)] == ["queued"]
    assert jobs.wait(job.id, 0.05).status == "queued"
    assert jobs.wait(job.id, 60, lambda one: one.status == "queued").status == "queued"


def test_watching_a_job_that_is_deleted_says_so(jobs: Jobs) -> None:
    job = submit(jobs)
    threading.Timer(0.1, jobs.delete, [job.id]).start()
    with pytest.raises(StudioError) as caught:
        jobs.wait(job.id, 60)
    assert caught.value.code == "generation_not_found"


def test_outputs_are_found_by_their_names_only(jobs: Jobs) -> None:
    done = finish(jobs, submit(jobs, seed=3))
    assert jobs.output(done.id, "output.png").job_id == done.id
    assert made(jobs, done) == {"output.png": noise_png(3)}
    for name in ("other.png", "../output.png", "", "\ud800"):
        with pytest.raises(StudioError) as caught:
            jobs.output(done.id, name)
        assert caught.value.code == "output_not_found"


def test_keys_that_are_no_longer_good_are_forgotten(jobs: Jobs) -> None:
    key = IdempotencyKey("test", "one")
    job = jobs.submit(ask(), door="test", key=key)
    assert jobs.forget_old_keys() == 0
    with jobs.database.write() as connection:
        connection.execute("UPDATE idempotency SET created_at = created_at - ?", (IDEMPOTENCY_S + 1,))
    assert jobs.forget_old_keys() == 1
    assert jobs.submit(ask(), door="test", key=key).id != job.id
