"""Who takes what: warm servers, quick and slow ones, all of them at once, and nobody waiting for ever."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest

from studio.comfy.answers import Queue
from studio.comfy.info import ObjectInfo
from studio.comfy.pool import Pool, Server
from studio.records import Database, leases, runs, waiting
from studio.records.entities import Job
from studio.records.runs import Work
from studio.runner import placing
from studio.runner.carried import Board, Carried
from studio.runner.placing import Placing
from tests.fake_comfy import FakeComfy, message, wait_until
from tests.runner_fixtures import (
    finished,
    new_comfy,
    opened,
    run_to_end,
    save,
    sends,
    submit,
    until_final,
)
from tests.studio_fixtures import add_job, comfy_info, open_records

INFO = comfy_info(ckpt_name=["ink.safetensors", "oil.safetensors"])


@dataclass(eq=False)
class Standing:
    """A server as the placing sees it."""

    url: str
    info: ObjectInfo | None = INFO
    kind: str = "comfy"
    revision: int = 1
    online: bool = True
    queue: Queue = field(default_factory=Queue)


@dataclass
class StandingPool:
    servers: list[Standing]

    def online(self, kind: str) -> list[Standing]:
        return [server for server in self.servers if server.online and server.kind == kind]


def needs(model: str = "") -> str:
    models = [["CheckpointLoaderSimple", "ckpt_name", model]] if model else []
    return json.dumps({"classes": [], "engine": "comfy", "models": models})


class Floor:
    """Records, servers with nothing behind them, and what each would take."""

    def __init__(self, database: Database, *urls: str) -> None:
        self.database = database
        self.servers = {url: Standing(url) for url in urls}
        self.board = Board()
        self.placing = Placing(database, cast(Pool, StandingPool(list(self.servers.values()))), self.board)

    def knows(self, url: str, seconds: float, model: str = "", *, is_cold: bool = False) -> None:
        runs.note(self.database, url, Work("none", model, 0.0, 0), seconds, is_cold=is_cold, now=time.time())

    def add(self, model: str = "", **values: Any) -> str:
        job: Job = add_job(self.database, needs=needs(model), **values)
        return job.tasks[0].id

    def choice(self, url: str) -> str | None:
        return self.placing.choose(cast(Server, self.servers[url]))

    def send(self, url: str) -> str:
        """Let a server take what it would take; gives the task."""
        task_id = self.choice(url)
        assert task_id is not None, url
        task = waiting.claim(self.database, task_id, url, f"token of {task_id}", time.time(), 600)
        assert task is not None
        carried = Carried(task, "t", cast(Server, self.servers[url]), f"prompt of {task_id}")
        self.board.put(carried)
        self.placing.sending(carried, "none", {})
        carried.began_at = time.monotonic()
        return task_id

    def spread(self, rounds: int = 20) -> dict[str, list[str]]:
        """Who takes what while every server takes what it would, two at the most."""
        taken: dict[str, list[str]] = {url: [] for url in self.servers}
        for _ in range(rounds):
            for url in self.servers:
                if len(taken[url]) < 2 and self.choice(url) is not None:
                    taken[url].append(self.send(url))
        return taken


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened_records = open_records(tmp_path)
    yield opened_records
    opened_records.close()


# ------------------------------------------------------------------- the rule


def test_without_history_idle_servers_share(database: Database) -> None:
    floor = Floor(database, "a", "b", "c", "d")
    tasks = [floor.add("ink.safetensors") for _ in range(4)]
    taken = floor.spread(1)
    assert sorted(task for one in taken.values() for task in one) == sorted(tasks)
    assert [len(one) for one in taken.values()] == [1, 1, 1, 1]
    # Also when one of them has the models and the others do not.
    more = [floor.add("ink.safetensors") for _ in range(2)]
    assert floor.choice("a") == more[0]


def test_the_warm_server_is_preferred(database: Database) -> None:
    floor = Floor(database, "a", "b")
    for url, model in (("a", "oil.safetensors"), ("b", "ink.safetensors")):
        floor.knows(url, 3, "ink.safetensors")
        floor.knows(url, 3, "oil.safetensors")
        floor.knows(url, 20, model, is_cold=True)
        floor.knows(url, 3, model)  # this one it ran last
    ink, oil = floor.add("ink.safetensors"), floor.add("oil.safetensors")
    assert floor.choice("b") == ink
    assert floor.choice("a") == oil


def test_a_task_waits_for_its_warm_server_while_that_is_quicker(database: Database) -> None:
    floor = Floor(database, "a", "b")
    for url in ("a", "b"):
        floor.knows(url, 3, "ink.safetensors")
        floor.knows(url, 20, "ink.safetensors", is_cold=True)
    floor.knows("a", 3, "oil.safetensors")
    assert floor.add("ink.safetensors") == floor.send("b")
    second = floor.add("ink.safetensors")
    # It is left to b, which will be free in 3 s, and stays ours until then: a is idle and may yet have it.
    assert floor.choice("a") is None
    assert floor.choice("b") is None
    # With enough of it waiting, loading it is quicker after all.
    rest = [floor.add("ink.safetensors") for _ in range(6)]
    taken = floor.choice("a")
    assert taken is not None
    assert taken in rest
    assert taken != second


def test_no_idle_server_leaves_a_task_for_ever(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    floor = Floor(database, "a", "b")
    for url in ("a", "b"):
        floor.knows(url, 3, "ink.safetensors")
        floor.knows(url, 500, "ink.safetensors", is_cold=True)
    floor.knows("a", 3, "oil.safetensors")
    assert floor.add("ink.safetensors") == floor.send("b")
    second = floor.add("ink.safetensors")
    assert floor.choice("a") is None
    left_at = time.time()
    monkeypatch.setattr(placing.time, "time", lambda: left_at + placing.PATIENCE_S - 1)
    assert floor.choice("a") is None
    monkeypatch.setattr(placing.time, "time", lambda: left_at + placing.PATIENCE_S + 1)
    assert floor.choice("a") == second


def test_a_slow_server_gets_only_what_the_quick_one_cannot_finish_sooner(database: Database) -> None:
    floor = Floor(database, "slow", "quick")
    floor.knows("slow", 10)
    floor.knows("quick", 1)
    few = [floor.add() for _ in range(4)]
    assert floor.choice("slow") is None
    assert floor.choice("quick") == few[0]
    many = [floor.add() for _ in range(30)]
    late = floor.choice("slow")
    assert late is not None
    # The quick one will have done about nine by the time that the slow one is done with this.
    assert 3 <= many.index(late) <= 8
    assert floor.choice("quick") == few[0]


def test_urgent_work_goes_first_and_to_the_quickest(database: Database) -> None:
    floor = Floor(database, "slow", "quick")
    floor.knows("slow", 10)
    floor.knows("quick", 1)
    for _ in range(30):
        floor.add()
    urgent = floor.add(priority=5)
    assert floor.choice("quick") == urgent
    assert floor.choice("slow") != urgent


def test_a_server_without_history_is_tried(database: Database) -> None:
    floor = Floor(database, "known", "new")
    floor.knows("known", 4)
    first, second = floor.add(), floor.add()
    assert floor.send("known") == first
    assert floor.send("new") == second


def test_work_goes_only_where_it_can_run(database: Database) -> None:
    floor = Floor(database, "a", "b")
    floor.servers["a"].info = comfy_info(ckpt_name=["oil.safetensors"])
    task = floor.add("ink.safetensors")
    assert floor.choice("a") is None
    assert floor.choice("b") == task
    # Models that come later are seen.
    floor.servers["a"].info, floor.servers["a"].revision = INFO, 2
    floor.servers["b"].online = False
    assert floor.choice("a") == task


def test_what_was_sent_to_a_server_stays_with_it(database: Database) -> None:
    floor = Floor(database, "a", "b")
    task_id = floor.add()
    task = waiting.claim(database, task_id, "b", "t", time.time(), 60)
    assert task is not None
    leases.bind(database, task, "t", "b", "prompt", time.time())
    leases.hand_back(database, task, "t", 0)
    assert floor.choice("a") is None
    assert floor.choice("b") == task_id


def test_what_others_have_queued_there_counts(database: Database) -> None:
    floor = Floor(database, "a", "b")
    floor.knows("a", 5)
    floor.knows("b", 5)
    floor.servers["a"].queue = Queue(running=("theirs",), pending=("theirs too",))
    task = floor.add()
    assert floor.choice("a") is None
    assert floor.choice("b") == task


def test_work_that_takes_longer_than_usual_is_not_counted_on(database: Database) -> None:
    floor = Floor(database, "a", "b")
    floor.knows("a", 5)
    floor.knows("b", 8)
    floor.add()
    floor.send("a")
    [carried] = floor.board.on_servers()
    carried.began_at = time.monotonic() - 60  # it should have been done long ago
    assert floor.add() == floor.choice("b")


def test_a_server_that_went_away_comes_back_cold(database: Database) -> None:
    floor = Floor(database, "a", "b")
    for url in ("a", "b"):
        floor.knows(url, 20, "ink.safetensors", is_cold=True)
        floor.knows(url, 3, "ink.safetensors")
    task = floor.add("ink.safetensors")
    assert floor.choice("a") == task
    floor.placing.gone(cast(Server, floor.servers["a"]))
    assert floor.choice("a") is None
    assert floor.choice("b") == task


def test_equal_work_is_told_by_its_size_and_steps() -> None:
    request = {"width": 1000, "height": 1000, "variants": 2, "steps": 20}
    work = runs.work_of("flux", "flux1-dev.safetensors", request)
    assert work == Work("flux", "flux1-dev.safetensors", 2.0, 20)
    assert runs.work_of("flux", "flux1-dev.safetensors", {**request, "height": 1004}) == work
    assert runs.work_of("flux", "flux1-dev.safetensors", {**request, "height": 1300}) != work
    assert runs.work_of("own", "", {"width": None, "height": None, "steps": None}) == Work("own", "", 0.0, 0)


def test_only_the_newest_runs_count(database: Database) -> None:
    work = Work("none", "", 1.0, 20)
    for seconds in [100.0] * 30 + [2.0] * runs.KEPT_OF_A_KIND:
        runs.note(database, "a", work, seconds, is_cold=False, now=0)
    known = runs.history(database).of("a", work)
    assert known is not None
    assert (known.median, known.runs) == (2.0, runs.KEPT_OF_A_KIND)
    runs.note(database, "b", work, 9.0, is_cold=True, now=0)
    cold = runs.history(database).of("b", work)
    assert cold is not None
    assert cold.median == 9.0
    runs.forget_server(database, "a")
    assert runs.history(database).of("a", work) is None


# ----------------------------------------------------------- on real sockets


def test_four_views_run_on_four_servers_at_once(tmp_path: Path) -> None:
    with (
        new_comfy() as one,
        new_comfy() as two,
        new_comfy() as three,
        new_comfy() as four,
        opened(tmp_path, one, two, three, four) as studio,
    ):
        fakes = (one, two, three, four)
        sheet = submit(studio, views=("front", "back", "side", "quarter"))
        assert wait_until(lambda: len(sends(*fakes)) == 4, 10)
        assert [len(sends(fake)) for fake in fakes] == [1, 1, 1, 1]
        for fake in fakes:
            run_to_end(fake, sends(fake)[0])
        assert len(until_final(studio, sheet).outputs) == 4


def work_through(fake: FakeComfy, prompt_id: str) -> None:
    """As a server does that had to run the nodes."""
    fake.begin(prompt_id)
    fake.say(message("executing", prompt_id, node="1"))
    ui = save(fake, prompt_id)
    fake.say(message("executed", prompt_id, node="2", display_node="2", output=ui))
    fake.finish(prompt_id, {"2": ui})


def test_what_runs_take_is_remembered_and_what_was_cached_is_not(tmp_path: Path) -> None:
    with new_comfy() as comfy, opened(tmp_path, comfy) as studio:
        for run in (work_through, run_to_end):
            job = submit(studio, width=1024, height=1024)
            assert wait_until(lambda: bool(comfy.pending), 10)
            run(comfy, comfy.pending[0])
            assert until_final(studio, job).status == "completed"
        work = Work("empty_image", "", 1.0, 0)
        known = runs.history(studio.database).of(comfy.url, work)
        assert known is not None
        assert known.runs == 1


def test_a_server_that_comes_back_is_used_again(tmp_path: Path) -> None:
    with (
        new_comfy() as one,
        new_comfy() as two,
        opened(tmp_path, one, two, studio_server_grace_s=0.5) as studio,
    ):
        one.down()
        assert wait_until(lambda: len(studio.pool.online("comfy")) == 1, 10)
        jobs = [submit(studio) for _ in range(3)]
        seen: set[str] = set()

        def serve(*fakes: FakeComfy) -> None:
            for fake in fakes:
                for prompt_id in [prompt for prompt in fake.pending if prompt not in seen]:
                    seen.add(prompt_id)
                    run_to_end(fake, prompt_id)

        assert wait_until(lambda: finished(studio, jobs, serve(two)), 20)
        assert sends(one) == []
        one.up()
        assert wait_until(lambda: len(studio.pool.online("comfy")) == 2, 10)
        both = [submit(studio) for _ in range(2)]
        assert wait_until(lambda: len(sends(one)) == 1 and len(sends(two)) == 4, 10)
        assert wait_until(lambda: finished(studio, both, serve(one, two)), 20)
        assert len(sends(one, two)) == len(set(sends(one, two))) == 5
