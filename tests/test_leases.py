"""Who may work on a task, who no longer may, and what a job says about it all the while."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from studio.records import Database, leases
from studio.records import jobs as records
from tests.lease_fixtures import LEASE_S, PROBLEM, WRITES, Write, claim, claimed, everything, sent
from tests.records_fixtures import database
from tests.studio_fixtures import NEEDS, add_job, output_of, reread, task_of

__all__ = ["database"]

ROOT = Path(__file__).parent.parent
OTHER_NEEDS = NEEDS.replace("[]", '["KSampler"]', 1)


# ------------------------------------------------------------------------------------------- claiming


def test_the_highest_priority_goes_first_and_then_the_oldest(database: Database) -> None:
    order = {
        add_job(database, priority=priority).id: (-priority, n) for n, priority in enumerate((0, 5, 0, 5, -1))
    }
    taken = [claimed(database, f"t{n}").job_id for n in range(5)]
    assert taken == sorted(order, key=lambda job_id: order[job_id])
    assert claim(database, "t9") is None


def test_a_job_that_was_moved_up_goes_first(database: Database) -> None:
    add_job(database)
    late = add_job(database)
    records.prioritise(database, late.id, 3)
    assert claimed(database).job_id == late.id


def test_the_views_of_a_job_go_in_their_order(database: Database) -> None:
    job = add_job(database, "front", "back", "side")
    assert [claimed(database, str(n)).view for n in range(3)] == [task.view for task in job.tasks]


def test_a_delayed_task_is_taken_when_its_time_has_come(database: Database) -> None:
    job = add_job(database, run_at=150.0, priority=9)
    assert claim(database, now=149.0) is None
    assert leases.next_run_at(database, 149.0) == 150.0
    assert claimed(database, now=150.0).job_id == job.id
    assert leases.next_run_at(database, 149.0) is None


def test_only_what_a_server_can_run_is_taken(database: Database) -> None:
    add_job(database, needs=OTHER_NEEDS, priority=5)
    plain = add_job(database)
    known = {text: number for number, text in leases.all_needs(database).items()}
    assert leases.claim(database, "s", [], "t", 100.0, LEASE_S) is None
    task = leases.claim(database, "s", [known[NEEDS]], "t", 100.0, LEASE_S)
    assert task is not None
    assert task.job_id == plain.id
    assert leases.claim(database, "s", [known[NEEDS]], "t2", 100.0, LEASE_S) is None
    assert leases.claim(database, "s", list(known.values()), "t2", 100.0, LEASE_S) is not None


def test_what_was_sent_to_a_server_is_taken_up_for_that_server_only(database: Database) -> None:
    add_job(database)
    task = sent(database)
    assert leases.hand_back(database, task, "mine", 100.0)
    assert claim(database, "other", server="elsewhere") is None
    again = claimed(database, "next", server="s")
    assert (again.id, again.prompt_id, again.server, again.sent_at) == (task.id, "p", "s", 100.0)


def test_two_processes_never_take_the_same_task(tmp_path: Path, database: Database) -> None:
    job_count, views = 500, ("front", "back", "side", "quarter")
    with database.write():
        for _ in range(job_count):
            add_job(database, *views)
    code = """
import sys, pathlib
from studio.records import leases
from tests.studio_fixtures import open_records
database = open_records(pathlib.Path(sys.argv[1]))
needs = list(leases.all_needs(database))
print("ready", flush=True)
sys.stdin.readline()
taken = []
while (task := leases.claim(database, "s", needs, f"{sys.argv[2]}-{len(taken)}", 100.0, 1e9)) is not None:
    taken.append(task.id)
print(*taken, flush=True)
"""
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path), name],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for name in ("a", "b")
    ]
    for worker in workers:
        assert worker.stdout is not None
        assert worker.stdout.readline() == "ready\n"
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write("go\n")
        worker.stdin.flush()
    taken = [set(worker.communicate()[0].split()) for worker in workers]
    assert len(taken[0]) + len(taken[1]) == job_count * len(views)
    assert taken[0].isdisjoint(taken[1])
    assert all(taken), "only one of them ever took a task"


# -------------------------------------------------------------------------------------------- fencing


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES.keys())
@pytest.mark.parametrize("successor", ["another worker", "nobody", "the end"])
def test_who_lost_the_lease_changes_nothing(database: Database, write: Write, successor: str) -> None:
    add_job(database, "front", "back")
    task = sent(database, "asleep")
    assert leases.free_lapsed(database, 100.0 + LEASE_S + 1) == 1
    if successor != "nobody":
        next_one = claimed(database, "awake", now=120.0)
        assert next_one.id == task.id
        if successor == "the end":
            assert leases.complete(database, next_one, "awake", [output_of(task)], [], 121.0)
    before = everything(database)
    assert not write(database, task, "asleep")
    assert everything(database) == before


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES.keys())
def test_who_holds_the_lease_does_change_it(database: Database, write: Write) -> None:
    add_job(database)
    task = sent(database)
    before = everything(database)
    assert write(database, task, "mine")
    assert everything(database) != before


# -------------------------------------------------------------------------------------- keeping, losing


def test_a_renewed_lease_does_not_lapse(database: Database) -> None:
    add_job(database)
    task = claimed(database)
    assert leases.renew(database, [(task.id, "mine")], 108.0, LEASE_S) == {task.id: False}
    assert leases.free_lapsed(database, 117.0) == 0
    assert claim(database, "other", now=117.0) is None
    assert leases.free_lapsed(database, 119.0) == 1
    assert claimed(database, "other", now=119.0).id == task.id


def test_renewing_tells_what_is_to_be_cancelled_and_what_is_gone(database: Database) -> None:
    jobs = [add_job(database) for _ in range(3)]
    tasks = [claimed(database, f"t{n}") for n in range(3)]
    records.request_cancel(database, jobs[1].id, 101.0)
    with database.write() as connection:
        records.delete(connection, jobs[2].id)
    tokens = [(task.id, f"t{n}") for n, task in enumerate(tasks)]
    assert leases.renew(database, tokens, 102.0, LEASE_S) == {tasks[0].id: False, tasks[1].id: True}
    assert leases.cancels_requested(database, [task.id for task in tasks]) == {tasks[1].id, tasks[2].id}


def test_a_lapse_is_no_failure_and_keeps_where_it_was_sent(database: Database) -> None:
    add_job(database)
    task = sent(database)
    leases.free_lapsed(database, 200.0)
    again = claimed(database, "next", now=200.0)
    assert (again.attempt, again.failures, again.losses) == (1, 0, 0)
    assert (again.server, again.prompt_id, again.status) == ("s", "p", "processing")
    assert again.id == task.id


def test_starting_over_counts_failures_apart_from_losses(database: Database) -> None:
    job = add_job(database)
    for attempt, failed in enumerate((True, False, True), 1):
        task = sent(database, f"t{attempt}", now=100.0 * attempt)
        assert task.attempt == attempt
        assert leases.start_over(
            database, task, f"t{attempt}", run_at=100.0 * attempt + 50, now=1.0, failed=failed, error=PROBLEM
        )
        assert claim(database, "early", now=100.0 * attempt + 49) is None
    left = task_of(database, job)
    assert (left.attempt, left.failures, left.losses) == (4, 2, 1)
    assert (left.server, left.prompt_id, left.sent_at, left.lease_token) == (None, None, None, None)
    kinds = [event.kind for event in records.events(database, job.id)]
    assert [kind for kind in kinds if kind in {"retry", "lost"}] == ["retry", "lost", "retry"]


def test_what_never_arrived_is_given_back_without_a_trace(database: Database) -> None:
    job = add_job(database)
    task = claimed(database)
    leases.bind(database, task, "mine", "s", "p", 100.0)
    assert leases.unbind(database, task, "mine", 130.0)
    left = task_of(database, job)
    assert (left.attempt, left.failures, left.losses) == (1, 0, 0)
    assert (left.server, left.prompt_id) == (None, None)
    assert claim(database, "early", server="elsewhere", now=129.0) is None
    assert claimed(database, "other", server="elsewhere", now=130.0).id == task.id


def test_a_silent_servers_waiting_work_goes_to_others(database: Database) -> None:
    held, waiting = add_job(database), add_job(database)
    for token in ("a", "b"):
        sent(database, token)
    assert leases.hand_back(database, task_of(database, waiting), "b", 100.0)
    assert leases.release_server(database, "another", 120.0) == 0
    assert leases.release_server(database, "s", 120.0) == 1
    freed = task_of(database, waiting)
    assert (freed.server, freed.prompt_id, freed.attempt, freed.losses) == (None, None, 2, 1)
    assert task_of(database, held).prompt_id == "p"  # somebody is on it
    assert claimed(database, "other", server="elsewhere", now=120.0).id == freed.id


def test_work_of_servers_that_are_no_longer_configured_is_released(database: Database) -> None:
    job = add_job(database)
    leases.hand_back(database, sent(database), "mine", 100.0)
    assert leases.release_strangers(database, ["s", "other"], 110.0) == 0
    assert leases.release_strangers(database, ["other"], 110.0) == 1
    assert task_of(database, job).server is None
    leases.hand_back(database, sent(database, "b", now=111.0), "b", 111.0)
    assert leases.release_strangers(database, [], 112.0) == 1


def test_waiting_tasks_past_their_deadline_end(database: Database) -> None:
    late, running, patient = (
        add_job(database, "front", "back", deadline_at=150.0),
        add_job(database, deadline_at=150.0, priority=1),
        add_job(database),
    )
    assert claimed(database).job_id == running.id
    assert leases.expire(database, PROBLEM, 149.0) == 0
    assert leases.expire(database, PROBLEM, 151.0) == 2
    ended = reread(database, late.id)
    assert (ended.status, ended.error, ended.completed_at) == ("failed", PROBLEM, 151.0)
    assert [task.problem for task in ended.tasks] == [PROBLEM, PROBLEM]
    assert [event.kind for event in records.events(database, late.id)] == [
        "queued",
        "ended",
        "ended",
        "failed",
    ]
    assert reread(database, running.id).status == "queued"
    assert reread(database, patient.id).status == "queued"


# ------------------------------------------------------------------------------------------ cancelling


def test_a_queued_job_is_cancelled_at_once(database: Database) -> None:
    job = records.request_cancel(database, add_job(database, "front", "back").id, 100.0)
    assert job is not None
    assert (job.status, job.completed_at) == ("cancelled", 100.0)
    assert claim(database) is None


def test_a_claimed_task_is_only_marked_until_its_owner_ends_it(database: Database) -> None:
    job = add_job(database, "front", "back")
    task = claimed(database)
    marked = records.request_cancel(database, job.id, 100.0)
    assert marked is not None
    assert [task.status for task in marked.tasks] == ["queued", "cancelled"]
    assert not marked.is_final
    assert leases.end(database, task, "mine", "cancelled", None, 101.0)
    assert reread(database, job.id).status == "cancelled"


def test_a_task_that_waits_to_be_tried_again_is_cancelled_at_once(database: Database) -> None:
    job = add_job(database)
    task = sent(database)
    leases.start_over(database, task, "mine", run_at=900.0, now=101.0, failed=True, error=PROBLEM)
    cancelled = records.request_cancel(database, job.id, 102.0)
    assert cancelled is not None
    assert cancelled.status == "cancelled"


def test_what_may_be_on_a_server_is_cancelled_by_whoever_takes_it_up(database: Database) -> None:
    job = add_job(database)
    leases.hand_back(database, sent(database), "mine", 100.0)
    marked = records.request_cancel(database, job.id, 101.0)
    assert marked is not None
    assert marked.status == "processing"
    assert leases.end_cancelled(database, 102.0) == 0
    taken = claimed(database, "next")
    assert taken.cancel_requested
    leases.end(database, taken, "next", "cancelled", None, 103.0)
    assert reread(database, job.id).status == "cancelled"


def test_a_marked_task_that_its_owner_gave_back_unsent_ends(database: Database) -> None:
    job = add_job(database)
    task = claimed(database)
    records.request_cancel(database, job.id, 100.0)
    leases.unbind(database, task, "mine", 100.0)
    assert leases.end_cancelled(database, 101.0) == 1
    assert reread(database, job.id).status == "cancelled"


def test_finished_views_of_a_cancelled_job_keep_their_pictures(database: Database) -> None:
    job = add_job(database, "front", "back")
    task = sent(database)
    leases.complete(database, task, "mine", [output_of(task)], [], 101.0)
    cancelled = records.request_cancel(database, job.id, 102.0)
    assert cancelled is not None
    assert cancelled.status == "cancelled"
    assert [output.view for output in cancelled.outputs] == ["front"]
    assert cancelled.progress == 50.0


# ---------------------------------------------------------------------------------------------- finals


@pytest.mark.parametrize("status", ["completed", "failed", "cancelled"])
def test_a_final_state_is_never_left(database: Database, status: str) -> None:
    job = add_job(database)
    task = sent(database)
    if status == "completed":
        leases.complete(database, task, "mine", [output_of(task)], [], 101.0)
    else:
        leases.end(database, task, "mine", status, PROBLEM, 101.0)
    ended = reread(database, job.id)
    assert ended.status == status
    assert records.request_cancel(database, job.id, 102.0) == reread(database, job.id)
    with database.write() as connection:
        records.settle(connection, job.id, 103.0)
    assert leases.expire(database, PROBLEM, 1e13) == 0
    assert leases.free_lapsed(database, 1e13) == 0
    assert reread(database, job.id).status == status
    for table in ("jobs", "tasks"):
        with pytest.raises(Exception, match="never left"), database.write() as connection:
            connection.execute(f"UPDATE {table} SET status = 'processing'")
    assert reread(database, job.id).completed_at == 101.0


def test_a_recorded_result_that_comes_again_is_not_doubled(database: Database) -> None:
    job = add_job(database)
    task = sent(database)
    with database.write() as connection:
        records.add_outputs(connection, [output_of(task)])
    leases.complete(database, task, "mine", [output_of(task)], [], 101.0)
    assert len(reread(database, job.id).outputs) == 1


def test_notes_are_gathered_once_each(database: Database) -> None:
    job = add_job(database, "front", "back")
    for token in ("a", "b"):
        task = sent(database, token)
        leases.complete(database, task, token, [output_of(task)], ["not drawn: wings", token], 101.0)
    assert reread(database, job.id).notes == ("not drawn: wings", "a", "b")


# ------------------------------------------------------------------------------- one before the others


def test_what_follows_a_view_is_taken_only_when_that_one_is_completed(database: Database) -> None:
    job = add_job(database, "front", "back", "side", first_first=True)
    other = add_job(database, "front")
    front = claimed(database, "one")
    assert (front.job_id, front.view) == (job.id, "front")
    assert claimed(database, "two").job_id == other.id
    assert claim(database, "three") is None
    assert leases.complete(database, front, "one", [output_of(front)], [], 101.0)
    assert [claimed(database, token).view for token in ("four", "five")] == ["back", "side"]


def test_a_first_view_that_is_tried_again_keeps_the_others_waiting(database: Database) -> None:
    add_job(database, "front", "back", first_first=True)
    front = sent(database)
    leases.start_over(database, front, "mine", run_at=150.0, now=101.0, failed=True, error=PROBLEM)
    assert claim(database, now=102.0) is None
    assert claimed(database, now=150.0).view == "front"


def test_what_follows_a_failed_view_fails_with_the_reason(database: Database) -> None:
    job = add_job(database, "front", "back", "side", first_first=True)
    front = sent(database)
    problem = {"code": "graph_failed", "message": "The graph failed.", "hint": "See the log."}
    leases.end(database, front, "mine", "failed", problem, 120.0)
    done = reread(database, job.id)
    assert [task.status for task in done.tasks] == ["failed"] * 3
    assert (done.status, done.error, done.completed_at) == ("failed", problem, 120.0)
    for task in done.tasks[1:]:
        assert task.problem == {
            "code": "view_missing",
            "message": f"The {task.view} view is drawn after the front view, which was not made: "
            "The graph failed.",
            "hint": "See the log.",
            "facts": {
                "view": task.view,
                "awaited": "front",
                "why": "The graph failed.",
                "remedy": "See the log.",
            },
        }
    assert [event.kind for event in records.events(database, job.id)].count("ended") == 3


@pytest.mark.parametrize("when", ["waiting", "running"])
def test_cancelling_ends_what_waits_for_a_view_too(database: Database, when: str) -> None:
    job = add_job(database, "front", "back", first_first=True)
    if when == "running":
        front = sent(database)
        records.request_cancel(database, job.id, 110.0)
        assert leases.end(database, front, "mine", "cancelled", None, 111.0)
    else:
        records.request_cancel(database, job.id, 110.0)
    assert [task.status for task in reread(database, job.id).tasks] == ["cancelled"] * 2


def test_a_deadline_ends_all_that_waits(database: Database) -> None:
    job = add_job(database, "front", "back", first_first=True, deadline_at=150.0)
    leases.expire(database, PROBLEM, 151.0)
    assert [task.status for task in reread(database, job.id).tasks] == ["failed"] * 2


def test_a_try_that_is_set_aside_counts_as_no_failure(database: Database) -> None:
    job = add_job(database)
    task = sent(database)
    tries = [{"seed": 1, "score": 0.5}]
    assert leases.set_aside(database, task, "mine", tries, seed=9, now=120.0)
    again = claimed(database, "next", now=120.0)
    assert (again.attempt, again.failures, again.losses, again.seed) == (2, 0, 0, 9)
    assert (again.server, again.prompt_id, again.tried) == (None, None, tries)
    leases.complete(database, again, "next", [output_of(again)], [], 130.0, seed=1)
    assert task_of(database, job).seed == 1
