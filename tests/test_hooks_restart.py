"""Webhooks and the end of a process: what was recorded arrives, under one id, whatever is killed when."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from studio import hooks
from tests.conftest import ROOT
from tests.hook_fixtures import Asked, delivering, failing, ledger, open_with_hooks, receiving, until, wanted
from tests.studio_fixtures import finish


@contextmanager
def another_process(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that delivers, and is killed at the end as by a power cut."""
    command = [sys.executable, "-m", "tests.hook_process", str(folder)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "delivering\n"
        yield process
    finally:
        process.kill()
        process.wait(20)


def test_what_failed_before_a_kill_arrives_after_it(tmp_path: Path) -> None:
    jobs = open_with_hooks(tmp_path)
    with receiving(failing(3)) as receiver:
        with another_process(tmp_path):
            for _ in range(3):
                finish(jobs, wanted(jobs, receiver.url, events=hooks.EVENTS))
            until(lambda: len(receiver.received) >= 4)
        with another_process(tmp_path):
            until(lambda: {one.status for one in ledger(jobs)} == {"delivered"})
        assert len(ledger(jobs)) == 9
        accepted = [one.id for one in receiver.taken]
        # At least once: a kill between the answer and its record makes one delivery come twice, under one id.
        assert set(accepted) == {one.id for one in ledger(jobs)}
        assert len(accepted) <= 10
        for job_id in {one.body["job_id"] for one in receiver.taken}:
            told = [one.body["event"] for one in receiver.taken if one.body["job_id"] == job_id]
            assert list(dict.fromkeys(told)) == ["started", "output", "completed"]


def test_a_kill_while_the_answer_is_awaited_costs_no_attempt(tmp_path: Path) -> None:
    jobs = open_with_hooks(tmp_path, pauses="")
    first = True

    def hang_once(asked: Asked) -> None:
        nonlocal first
        if first:
            first = False
            asked.receiver.released.wait(30)
        else:
            asked.say()

    with receiving(hang_once) as receiver:
        with another_process(tmp_path):
            finish(jobs, wanted(jobs, receiver.url))
            until(lambda: receiver.received)
        (cut_off,) = ledger(jobs)
        assert (cut_off.status, cut_off.tries) == ("waiting", 0)
        assert [attempt.seconds for attempt in cut_off.attempts] == [None]
        with another_process(tmp_path):
            until(lambda: ledger(jobs)[0].status == "delivered")
        (delivery,) = ledger(jobs)
        assert [attempt.status for attempt in delivery.attempts] == [None, 200]
        assert [one.id for one in receiver.received] == [delivery.id] * 2


def test_what_is_recorded_while_nobody_delivers_arrives_later(tmp_path: Path) -> None:
    jobs = open_with_hooks(tmp_path)
    with receiving() as receiver:
        job = finish(jobs, wanted(jobs, receiver.url))
        jobs.delete(job.id)
        with another_process(tmp_path):
            until(lambda: receiver.taken)
        assert receiver.bodies()[0]["job_id"] == job.id


def test_one_process_wakes_for_what_another_records(tmp_path: Path) -> None:
    jobs = open_with_hooks(tmp_path)
    with receiving() as receiver, another_process(tmp_path):
        for number in range(1, 4):
            finish(jobs, wanted(jobs, receiver.url))
            until(lambda number=number: len(receiver.taken) == number)


def test_an_end_in_good_order_waits_for_what_is_being_sent(tmp_path: Path) -> None:
    jobs = open_with_hooks(tmp_path)
    with receiving() as receiver:
        for _ in range(20):
            finish(jobs, wanted(jobs, receiver.url))
        with delivering(jobs):
            until(lambda: receiver.received)
        # Nothing is left in hand, and each that arrived is written down.
        assert len([one for one in ledger(jobs) if one.status == "delivered"]) == len(receiver.taken)
        with delivering(jobs):
            until(lambda: {one.status for one in ledger(jobs)} == {"delivered"})
        assert len(receiver.taken) == 20
