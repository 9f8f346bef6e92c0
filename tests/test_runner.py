"""Work on servers that lose sockets, forget, refuse, die and come back: nothing lost, nothing twice."""

from __future__ import annotations

import errno
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from studio import disk
from studio.errors import StudioError
from studio.pictures import read_recipe
from studio.records import leases
from studio.request import AvatarRequest
from studio.runner import prompt_id_of
from tests.fake_comfy import FakeComfy, Reply, Request, message, wait_until
from tests.runner_fixtures import (
    answer_all,
    answer_everything,
    finished,
    new_comfy,
    next_sent,
    opened,
    run_to_end,
    save,
    sends,
    submit,
    until_final,
)


@pytest.fixture
def comfy() -> Iterator[FakeComfy]:
    with new_comfy() as fake:
        yield fake


def test_a_job_is_sent_once_and_its_result_kept_with_the_recipe(tmp_path: Path, comfy: FakeComfy) -> None:
    with opened(tmp_path, comfy) as studio:
        job = submit(studio)
        prompt_id = next_sent(comfy)
        run_to_end(comfy, prompt_id)
        done = until_final(studio, job)
        assert done.status == "completed"
        assert sends(comfy) == [prompt_id_of(job.tasks[0])]
        [output] = done.outputs
        assert (output.name, output.width, output.view) == ("output.png", 64, "front")
        recipe = read_recipe(studio.files.output_path(job.id, "output.png"))
        assert recipe is not None
        assert recipe["request"] == job.request
        assert AvatarRequest.model_validate(recipe["request"]).seed == job.seed


def test_progress_and_previews_reach_the_record_while_it_runs(tmp_path: Path, comfy: FakeComfy) -> None:
    with opened(tmp_path, comfy) as studio:
        job = submit(studio)
        prompt_id = next_sent(comfy)
        comfy.begin(prompt_id)
        comfy.say(message("progress", prompt_id, node="1", value=5, max=10))
        comfy.say(b"\0\0\0\1\0\0\0\1" + b"\xff\xd8\xff jpeg")
        assert wait_until(lambda: studio.jobs.get(job.id).progress > 40)
        assert wait_until(lambda: studio.jobs.preview(job.id) is not None)
        assert studio.jobs.preview(job.id) == ("image/jpeg", b"\xff\xd8\xff jpeg")
        run_to_end(comfy, prompt_id)
        until_final(studio, job)
        assert wait_until(lambda: studio.jobs.preview(job.id) is None)


def test_what_a_server_says_is_the_message_of_the_job_until_it_takes_it_back(
    tmp_path: Path, comfy: FakeComfy
) -> None:
    with opened(tmp_path, comfy) as studio:
        job = submit(studio)
        prompt_id = next_sent(comfy)
        comfy.begin(prompt_id)
        comfy.say(message("executing", prompt_id, node="1"))
        comfy.say(b"\0\0\0\3\0\0\0\1" + b"1Preparing")
        assert wait_until(lambda: studio.jobs.said(studio.jobs.get(job.id)) == "Preparing")
        comfy.say(b"\0\0\0\3\0\0\0\1" + b"1")
        assert wait_until(lambda: studio.jobs.said(studio.jobs.get(job.id)) == "")
        run_to_end(comfy, prompt_id)
        until_final(studio, job)
        told = [event.data["text"] for event in studio.jobs.events(job.id) if event.kind == "message"]
        assert told == ["Preparing", ""]


def test_a_refused_graph_is_not_tried_again(tmp_path: Path, comfy: FakeComfy) -> None:
    comfy.replies["/prompt"] = Reply(
        {
            "error": {"type": "prompt_no_outputs", "message": "Prompt has no outputs", "details": ""},
            "node_errors": {},
        },
        400,
    )
    with opened(tmp_path, comfy) as studio:
        done = until_final(studio, submit(studio))
        assert done.status == "failed"
        assert done.error is not None
        assert done.error["code"] == "graph_refused"
        assert len(sends(comfy)) == 1


def out_of_memory(prompt_id: str) -> dict[str, Any]:
    return message(
        "execution_error",
        prompt_id,
        node_id="1",
        node_type="EmptyImage",
        executed=[],
        exception_message="CUDA out of memory",
        exception_type="torch.OutOfMemoryError",
        traceback=[],
    )


def test_out_of_memory_is_tried_once_more_after_freeing(tmp_path: Path, comfy: FakeComfy) -> None:
    with opened(tmp_path, comfy) as studio:
        job = submit(studio)
        for attempt in (1, 2):
            prompt_id = next_sent(comfy, attempt)
            comfy.begin(prompt_id)
            comfy.finish(prompt_id, ending=["execution_error", out_of_memory(prompt_id)["data"]])
            comfy.say(out_of_memory(prompt_id))
        done = until_final(studio, job)
        assert done.error is not None
        assert done.error["code"] == "out_of_memory"
        assert len(set(sends(comfy))) == 2
        assert "/free" in comfy.paths("POST")
        assert [event.kind for event in studio.jobs.events(job.id)].count("retry") == 1


def test_a_cut_websocket_costs_nothing(tmp_path: Path, comfy: FakeComfy) -> None:
    with opened(tmp_path, comfy) as studio:
        job = submit(studio)
        prompt_id = next_sent(comfy)
        comfy.begin(prompt_id)
        comfy.mute = True
        comfy.cut_websockets()
        run_to_end(comfy, prompt_id)
        done = until_final(studio, job)
        assert done.status == "completed"
        assert len(sends(comfy)) == 1
        assert len(done.outputs) == 1


def test_a_failure_that_was_not_heard_is_read_from_the_history(tmp_path: Path, comfy: FakeComfy) -> None:
    with opened(tmp_path, comfy) as studio:
        job = submit(studio)
        prompt_id = next_sent(comfy)
        comfy.mute = True
        comfy.begin(prompt_id)
        fault = {
            **out_of_memory(prompt_id)["data"],
            "exception_message": "no such thing",
            "exception_type": "E",
        }
        comfy.finish(prompt_id, ending=["execution_error", fault])
        done = until_final(studio, job)
        assert done.error is not None
        assert done.error["code"] == "graph_failed"
        assert "no such thing" in done.error["message"]
        assert len(sends(comfy)) == 1


def test_a_result_is_found_although_the_history_was_cleared(tmp_path: Path, comfy: FakeComfy) -> None:
    with opened(tmp_path, comfy) as studio:
        job = submit(studio)
        prompt_id = next_sent(comfy)
        comfy.mute = True
        comfy.cut_websockets()
        run_to_end(comfy, prompt_id)
        comfy.forget_all()
        done = until_final(studio, job)
        assert done.status == "completed"
        assert len(sends(comfy)) == 1
        assert len(done.outputs) == 1


def test_an_end_that_was_heard_without_its_outputs_and_then_pruned(tmp_path: Path, comfy: FakeComfy) -> None:
    with opened(tmp_path, comfy) as studio:
        job = submit(studio)
        prompt_id = next_sent(comfy)
        comfy.begin(prompt_id)
        save(comfy, prompt_id)
        comfy.running = []
        comfy.say(message("execution_success", prompt_id))
        done = until_final(studio, job)
        assert done.status == "completed"
        assert len(sends(comfy)) == 1
        assert len(done.outputs) == 1


def test_work_that_a_restarted_server_lost_is_sent_again_under_another_id(
    tmp_path: Path, comfy: FakeComfy
) -> None:
    with opened(tmp_path, comfy) as studio:
        job = submit(studio)
        first = next_sent(comfy)
        comfy.begin(first)
        comfy.down()
        comfy.forget_all()
        comfy.up()
        second = next_sent(comfy, 2)
        assert second != first
        run_to_end(comfy, second)
        done = until_final(studio, job)
        assert done.status == "completed"
        assert sends(comfy) == [first, second]
        assert done.tasks[0].losses == 1
        assert done.tasks[0].failures == 0


def test_a_prompt_whose_answer_was_cut_off_is_not_sent_twice(tmp_path: Path, comfy: FakeComfy) -> None:
    cut = Reply({"prompt_id": "never read to the end" * 50}, cut_after=10)
    taken: list[str] = []

    def take_and_cut(request: Request) -> Reply | None:
        if taken:
            return None
        prompt_id = request.json()["prompt_id"]
        taken.append(prompt_id)
        comfy.graphs[prompt_id] = request.json()["prompt"]
        comfy.pending.append(prompt_id)
        return cut

    comfy.replies["/prompt"] = take_and_cut
    with opened(tmp_path, comfy) as studio:
        job = submit(studio)
        assert wait_until(lambda: bool(taken))
        assert wait_until(lambda: any(carried.sent for carried in studio.runner.board.on_servers()), 10)
        run_to_end(comfy, taken[0])
        assert until_final(studio, job).status == "completed"
        assert sends(comfy) == taken


def test_two_at_most_are_on_a_server_and_the_rest_goes_by_priority(tmp_path: Path, comfy: FakeComfy) -> None:
    with opened(tmp_path, comfy) as studio:
        jobs = [submit(studio) for _ in range(3)]
        next_sent(comfy, 2)
        late = submit(studio, delay_s=3600)
        urgent = submit(studio, priority=10)
        time.sleep(0.3)
        assert len(sends(comfy)) == 2
        run_to_end(comfy, sends(comfy)[0])
        assert next_sent(comfy, 3) == prompt_id_of(urgent.tasks[0])
        assert studio.jobs.get(jobs[2].id).status == "queued"
        seen = {sends(comfy)[0]}
        assert wait_until(
            lambda: (answer_everything(comfy, seen), all(studio.jobs.get(job.id).is_final for job in jobs))[
                1
            ],
            10,
        )
        assert studio.jobs.get(late.id).status == "queued"
        assert len(sends(comfy)) == 4


def test_a_waiting_job_is_cancelled_at_once(tmp_path: Path, comfy: FakeComfy) -> None:
    with opened(tmp_path, comfy) as studio:
        for _ in range(2):
            submit(studio)
        next_sent(comfy, 2)
        waiting = submit(studio)
        assert studio.jobs.cancel(waiting.id).status == "cancelled"
        assert prompt_id_of(waiting.tasks[0]) not in sends(comfy)


def test_a_running_job_is_stopped_by_its_own_id(tmp_path: Path, comfy: FakeComfy) -> None:
    with opened(tmp_path, comfy) as studio:
        job = submit(studio)
        prompt_id = next_sent(comfy)
        comfy.begin(prompt_id)
        studio.jobs.cancel(job.id)
        assert until_final(studio, job).status == "cancelled"
        [stop] = [request for request in comfy.requests if request.path == "/interrupt"]
        assert stop.json() == {"prompt_id": prompt_id}


def test_a_job_that_waits_on_the_server_is_taken_out_of_its_queue(tmp_path: Path, comfy: FakeComfy) -> None:
    with opened(tmp_path, comfy) as studio:
        running, waiting = submit(studio), submit(studio)
        next_sent(comfy, 2)
        comfy.begin(sends(comfy)[0])
        studio.jobs.cancel(waiting.id)
        assert until_final(studio, waiting).status == "cancelled"
        assert sends(comfy)[1] not in comfy.pending
        assert "/interrupt" not in comfy.paths("POST")
        assert studio.jobs.get(running.id).status == "processing"


def test_a_deadline_stops_running_work(tmp_path: Path, comfy: FakeComfy) -> None:
    with opened(tmp_path, comfy) as studio:
        job = submit(studio, timeout_s=0.6)
        comfy.begin(next_sent(comfy))
        done = until_final(studio, job)
        assert done.error is not None
        assert done.error["code"] == "job_timeout"
        assert comfy.running == []


def test_a_deadline_ends_what_never_started(tmp_path: Path, comfy: FakeComfy) -> None:
    with opened(tmp_path, comfy) as studio:
        for _ in range(2):
            submit(studio)
        next_sent(comfy, 2)
        done = until_final(studio, submit(studio, timeout_s=0.3))
        assert done.error is not None
        assert done.error["code"] == "job_timeout"


def test_somebody_else_stopping_it_on_the_server_is_said(tmp_path: Path, comfy: FakeComfy) -> None:
    with opened(tmp_path, comfy) as studio:
        job = submit(studio)
        prompt_id = next_sent(comfy)
        comfy.begin(prompt_id)
        comfy.finish(prompt_id, ending=["execution_interrupted", {"prompt_id": prompt_id}])
        comfy.say(
            message("execution_interrupted", prompt_id, node_id="1", node_type="EmptyImage", executed=[])
        )
        done = until_final(studio, job)
        assert done.error is not None
        assert done.error["code"] == "interrupted"


def test_deleting_a_running_job_stops_it_and_leaves_nothing(tmp_path: Path, comfy: FakeComfy) -> None:
    with opened(tmp_path, comfy) as studio:
        job = submit(studio)
        prompt_id = next_sent(comfy)
        comfy.begin(prompt_id)
        studio.jobs.delete(job.id)
        assert wait_until(lambda: "/interrupt" in comfy.paths("POST"), 5)
        assert wait_until(lambda: not studio.runner.board.held(), 10)
        assert not (studio.settings.outputs_path / job.id).exists()


def test_running_work_is_followed_by_the_next_start(tmp_path: Path, comfy: FakeComfy) -> None:
    with opened(tmp_path, comfy) as studio:
        job = submit(studio)
        prompt_id = next_sent(comfy)
        comfy.begin(prompt_id)
    with opened(tmp_path, comfy) as studio:
        assert wait_until(lambda: studio.runner.board.get(prompt_id) is not None, 10)
        run_to_end(comfy, prompt_id)
        assert until_final(studio, job).status == "completed"
        assert sends(comfy) == [prompt_id]


def test_work_that_ended_while_nobody_was_there_is_collected(tmp_path: Path, comfy: FakeComfy) -> None:
    with opened(tmp_path, comfy) as studio:
        job = submit(studio)
        prompt_id = next_sent(comfy)
    run_to_end(comfy, prompt_id)
    with opened(tmp_path, comfy) as studio:
        done = until_final(studio, job)
        assert done.status == "completed"
        assert len(done.outputs) == 1
        assert sends(comfy) == [prompt_id]


def test_a_worker_that_lost_its_lease_stops_and_overwrites_nothing(tmp_path: Path, comfy: FakeComfy) -> None:
    with opened(tmp_path, comfy) as studio:
        job = submit(studio)
        prompt_id = next_sent(comfy)
        comfy.begin(prompt_id)
        with studio.database.write() as connection:
            connection.execute(
                "UPDATE tasks SET lease_token = 'another', lease_until = ?", (time.time() + 60,)
            )
        assert wait_until(lambda: not studio.runner.board.held(), 5)
        assert studio.jobs.get(job.id).status == "processing"
        [task] = studio.jobs.get(job.id).tasks
        assert task.lease_token == "another"


def test_another_server_takes_over_after_the_grace(tmp_path: Path, comfy: FakeComfy) -> None:
    with new_comfy() as second, opened(tmp_path, comfy, second, studio_server_grace_s=1.0) as studio:
        jobs = [submit(studio) for _ in range(4)]
        assert wait_until(lambda: len(sends(comfy)) == 2 and len(sends(second)) == 2, 10)
        comfy.down()
        seen: set[str] = set()

        def all_done() -> bool:
            answer_everything(second, seen)
            return all(studio.jobs.get(job.id).is_final for job in jobs)

        assert wait_until(all_done, 30)
        assert [studio.jobs.get(job.id).status for job in jobs] == ["completed"] * 4
        assert len(set(sends(comfy, second))) == 6
        assert sum(len(studio.jobs.get(job.id).outputs) for job in jobs) == 4


def test_what_was_sent_to_a_server_that_is_no_longer_configured_goes_to_another(
    tmp_path: Path, comfy: FakeComfy
) -> None:
    with new_comfy() as other:
        with opened(tmp_path, comfy) as studio:
            job = submit(studio)
            next_sent(comfy)
        with opened(tmp_path, other) as studio:
            run_to_end(other, next_sent(other))
            assert until_final(studio, job).status == "completed"


def test_a_paused_server_gets_no_new_work_also_after_a_restart(tmp_path: Path, comfy: FakeComfy) -> None:
    with new_comfy() as other:
        with opened(tmp_path, comfy, other) as studio:
            first = submit(studio)
            assert wait_until(lambda: bool(sends(comfy, other)))
            [prompt_id] = sends(comfy, other)
            holder = comfy if prompt_id in sends(comfy) else other
            studio.pause(holder.url)
            run_to_end(holder, prompt_id)
            assert until_final(studio, first).status == "completed"
        free = other if holder is comfy else comfy
        before = len(sends(holder))
        with opened(tmp_path, comfy, other, wait_every=False) as studio:
            jobs = [submit(studio) for _ in range(3)]
            seen: set[str] = set()
            assert wait_until(lambda: finished(studio, jobs, answer_all(seen, free)), 10)
            assert len(sends(holder)) == before
            studio.pause(holder.url, False)
            last = submit(studio)
            assert wait_until(lambda: finished(studio, [last], answer_all(seen, free, holder)), 10)
            with pytest.raises(StudioError, match="No server"):
                studio.pause("http://elsewhere:1")


def test_one_view_is_made_again_and_the_others_are_kept(tmp_path: Path, comfy: FakeComfy) -> None:
    with opened(tmp_path, comfy) as studio:
        sheet = submit(studio, views=("front", "back"))
        next_sent(comfy, 2)
        for prompt_id in sends(comfy):
            run_to_end(comfy, prompt_id)
        parent = until_final(studio, sheet)
        child = studio.jobs.reroll(parent.id, "back", door="test", seed=7)
        assert child.parent_id == parent.id
        prompt_id = next_sent(comfy, 3)
        comfy.begin(prompt_id)
        ui = save(comfy, prompt_id, "blue")
        comfy.say(message("executed", prompt_id, node="2", display_node="2", output=ui))
        comfy.finish(prompt_id, {"2": ui})
        done = until_final(studio, child)
        assert {output.name for output in done.outputs} == {"front.png", "back.png"}
        hashes = {output.name: output.sha256 for output in parent.outputs}
        again = {output.name: output.sha256 for output in done.outputs}
        assert again["front.png"] == hashes["front.png"]
        assert again["back.png"] != hashes["back.png"]
        assert [task.seed for task in done.tasks] == [parent.seed, 7]
        recipe = read_recipe(studio.files.output_path(child.id, "back.png"))
        assert recipe is not None
        assert recipe["request"]["seed"] == 7
        studio.jobs.delete(parent.id)
        assert studio.files.output_path(child.id, "front.png").is_file()


def test_a_full_disk_is_said_and_leaves_nothing_half_written(
    tmp_path: Path, comfy: FakeComfy, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(tmp_path, comfy) as studio:
        job = submit(studio)
        prompt_id = next_sent(comfy)
        write = disk.Incoming.write

        def full(self: disk.Incoming, block: bytes) -> None:
            write(self, block[:10])
            with disk.full_disk_is_said():
                raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(disk.Incoming, "write", full)
        run_to_end(comfy, prompt_id)
        done = until_final(studio, job)
        assert done.error is not None
        assert done.error["code"] == "disk_full"
        assert list(studio.settings.temp_path.iterdir()) == []
        assert not (studio.settings.outputs_path / job.id).exists()
        monkeypatch.undo()
        again = studio.jobs.retry(job.id, door="test")
        run_to_end(comfy, next_sent(comfy, 2))
        assert until_final(studio, again).status == "completed"


def test_records_that_cannot_be_written_for_a_while_lose_nothing(
    tmp_path: Path, comfy: FakeComfy, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sqlite3

    complete: Callable[..., bool] = leases.complete
    broken = iter([True, True])

    def sometimes(*arguments: Any, **options: Any) -> bool:
        if next(broken, False):
            raise sqlite3.OperationalError("database or disk is full")
        return complete(*arguments, **options)

    monkeypatch.setattr(leases, "complete", sometimes)
    with opened(tmp_path, comfy) as studio:
        job = submit(studio)
        run_to_end(comfy, next_sent(comfy))
        done = until_final(studio, job)
        assert done.status == "completed"
        assert len(done.outputs) == 1


def test_many_jobs_over_a_server_that_keeps_restarting(tmp_path: Path, comfy: FakeComfy) -> None:
    with opened(tmp_path, comfy) as studio:
        jobs = [submit(studio) for _ in range(12)]
        restarts = 0
        answered: set[str] = set()
        deadline = time.monotonic() + 60
        while not all(studio.jobs.get(job.id).is_final for job in jobs):
            assert time.monotonic() < deadline
            if restarts < 3 and len(answered) > 2 * restarts:
                comfy.down()
                comfy.forget_all()
                comfy.up()
                restarts += 1
            answer_everything(comfy, answered)
            time.sleep(0.05)
        finals = [studio.jobs.get(job.id) for job in jobs]
        assert [job.status for job in finals] == ["completed"] * 12
        assert [len(job.outputs) for job in finals] == [1] * 12
        assert len(sends(comfy)) == len(set(sends(comfy)))
