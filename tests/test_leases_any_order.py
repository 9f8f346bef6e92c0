"""Workers, cancels and sweeps in any order: what the records say stays true."""

from __future__ import annotations

import json
import uuid
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from studio.records import Database, leases
from studio.records import jobs as records
from studio.records.entities import FINAL, Job, Task
from tests.lease_fixtures import PROBLEM, WRITES, claim, everything
from tests.records_fixtures import database
from tests.studio_fixtures import add_job, reread

__all__ = ["database"]


class Workers(RuleBasedStateMachine):
    """A few workers, some asleep past their leases, over a few jobs, in any order of events."""

    database: ClassVar[Database]

    def __init__(self) -> None:
        super().__init__()
        self.now = 1000.0
        self.held: list[tuple[Task, str]] = []  # what workers believe to hold, rightly or not
        self.final: dict[str, tuple[str, float | None]] = {}
        self.progress: dict[str, float] = {}
        self.jobs: list[Job] = []

    @initialize(sheets=st.lists(st.tuples(st.integers(1, 3), st.booleans()), min_size=1, max_size=3))
    def begin(self, sheets: list[tuple[int, bool]]) -> None:
        with self.database.write() as connection:
            connection.execute("DELETE FROM jobs")
        self.jobs = [
            add_job(
                self.database, *("front", "back", "side")[:count], deadline_at=1060.0, first_first=first_first
            )
            for count, first_first in sheets
        ]

    @rule(seconds=st.floats(0, 15))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds

    @rule(server=st.sampled_from(["s1", "s2"]))
    def somebody_claims(self, server: str) -> None:
        token = str(uuid.uuid4())
        task = claim(self.database, token, now=self.now, server=server)
        if task is not None:
            assert task.status not in FINAL
            assert task.run_at <= self.now
            assert task.server in (None, server)
            if task.follows is not None:
                awaited = records.get_task(self.database, task.follows)
                assert awaited is not None
                assert awaited.status == "completed"
            self.held.append((task, token))

    @rule(data=st.data(), name=st.sampled_from(sorted(WRITES)))
    @precondition(lambda self: self.held)
    def somebody_writes(self, data: st.DataObject, name: str) -> None:
        task, token = data.draw(st.sampled_from(self.held))
        row = self.database.row("SELECT lease_token FROM tasks WHERE id = ?", (task.id,))
        before = everything(self.database)
        went_through = bool(WRITES[name](self.database, task, token))
        assert went_through == (row is not None and row["lease_token"] == token)
        if not went_through:
            assert everything(self.database) == before

    @rule(data=st.data())
    def somebody_cancels(self, data: st.DataObject) -> None:
        records.request_cancel(self.database, data.draw(st.sampled_from(self.jobs)).id, self.now)

    @rule()
    def the_keeper_sweeps(self) -> None:
        leases.free_lapsed(self.database, self.now)
        leases.expire(self.database, PROBLEM, self.now)
        leases.end_cancelled(self.database, self.now)

    @rule(name=st.sampled_from(["s1", "s2", "elsewhere"]))
    def a_server_is_given_up(self, name: str) -> None:
        leases.release_server(self.database, name, self.now)

    @rule()
    def servers_change(self) -> None:
        leases.release_strangers(self.database, ["s1", "s2"], self.now)

    @invariant()
    def jobs_say_what_their_tasks_are(self) -> None:
        for job in [reread(self.database, job.id) for job in self.jobs]:
            states = [task.status for task in job.tasks]
            if all(state in FINAL for state in states):
                worst = next(state for state in ("failed", "cancelled", "completed") if state in states)
                assert job.status == worst
                assert job.completed_at is not None
            else:
                started = any(task.started_at is not None for task in job.tasks)
                assert job.status == ("processing" if started else "queued")
                assert job.completed_at is None
            done = [100.0 if task.status == "completed" else task.progress for task in job.tasks]
            assert job.progress == pytest.approx(sum(done) / len(done))
            assert job.progress >= self.progress.get(job.id, 0.0)
            self.progress[job.id] = job.progress
            if job.is_final:
                assert self.final.setdefault(job.id, (job.status, job.completed_at)) == (
                    job.status,
                    job.completed_at,
                )
            else:
                assert job.id not in self.final

    @invariant()
    def tasks_are_consistent(self) -> None:
        for job in [reread(self.database, job.id) for job in self.jobs]:
            for task in job.tasks:
                assert (task.lease_token is None) == (task.lease_until is None)
                assert not (task.is_final and task.lease_token)
                assert task.is_final == (task.completed_at is not None)
                assert (task.server is None) == (task.prompt_id is None)
                counted = 1 + task.failures + task.losses + len(task.tried)
                # A piece that is done is an attempt too, and the next one begins without failures.
                has_advanced = "pieces" in json.loads(task.step)
                assert task.attempt > counted if has_advanced else task.attempt == counted
                assert not (task.blocked and task.lease_token)
                assert len([one for one in job.outputs if one.task_id == task.id]) == (
                    1 if task.status == "completed" else 0
                )

    @invariant()
    def counts_are_true(self) -> None:
        counted = self.database.rows("SELECT status, count FROM job_counts WHERE count <> 0 ORDER BY status")
        real = self.database.rows(
            "SELECT status, count(*) AS count FROM jobs GROUP BY status ORDER BY status"
        )
        assert counted == real


def test_any_order_of_events_keeps_the_records_true(database: Database) -> None:
    Workers.database = database
    chosen = settings(
        max_examples=60,
        stateful_step_count=25,
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    run_state_machine_as_test(Workers, settings=chosen)
