"""Crash drills on real processes, with counts: what was sent, completed, doubled and lost.

python -m tests.drills [--jobs 42]
"""

from __future__ import annotations

import argparse
import itertools
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import psutil
from PIL import Image

from studio.records import Database
from studio.records import jobs as records
from studio.records.entities import Task
from studio.runner import prompt_id_of
from tests.conftest import OWN, RunningApp, shared_engine, start_app_process
from tests.proxy import Proxy
from tests.served import served

API = "/avatarforge-controller"
QUICK: dict[str, Any] = {"width": 256, "height": 384}
LEASE_S = "2"
PATIENCE_S = 240.0
NUMBERS = itertools.count()


@dataclass(frozen=True)
class Counts:
    """What became of a drill's jobs."""

    drill: str
    jobs: int
    sent: int  # prompts that the engine was given
    completed: int
    doubled: int  # prompts given twice under one id, or again without having been lost
    lost: int  # jobs without their one output, or with one that cannot be read
    lost_by_engine: int  # attempts that the engine itself lost, which are sent again by right
    seconds: float

    @property
    def is_clean(self) -> bool:
        return self.completed == self.jobs and not self.doubled and not self.lost

    def __str__(self) -> str:
        verdict = "clean" if self.is_clean else "NOT CLEAN"
        return (
            f"{self.drill:<34} jobs {self.jobs:>3}  sent {self.sent:>3}  completed {self.completed:>3}  "
            f"doubled {self.doubled}  lost {self.lost}  lost by the engine {self.lost_by_engine}  "
            f"{self.seconds:5.1f} s  {verdict}"
        )


@contextmanager
def wired_engine() -> Iterator[Proxy]:
    """The wire to an engine that outlives the app; it counts what is sent."""
    proxy = Proxy(shared_engine().url)
    try:
        yield proxy
    finally:
        proxy.close()


def submit(app: RunningApp, count: int) -> list[str]:
    """Every job is another knight, as engines remember what they have drawn."""
    return [
        app.generate(prompt=f"knight number {number}, blue armor", seed=number, **QUICK)["generation_id"]
        for number in itertools.islice(NUMBERS, count)
    ]


def count_completed(app: RunningApp) -> int:
    return app.client.get(f"{API}/generations", params={"status": "completed", "limit": 1}).json()["total"]


def wait_completed(app: RunningApp, count: int, timeout_s: float = PATIENCE_S) -> None:
    deadline = time.monotonic() + timeout_s
    while count_completed(app) < count and time.monotonic() < deadline:
        time.sleep(0.1)


def count_doubled(tasks: Sequence[Task], sent: Sequence[str]) -> int:
    """Prompts that were sent twice, for no task's attempt, or for an attempt that has no recorded reason."""
    attempts = {
        prompt_id_of(replace(task, attempt=number + 1)) for task in tasks for number in range(task.attempt)
    }
    again = sum(count - 1 for count in Counter(sent).values())
    without_reason = sum(task.attempt - 1 - task.losses - task.failures for task in tasks)
    return again + len(set(sent) - attempts) + without_reason


def tally(drill: str, app: RunningApp, ids: list[str], sent: list[str] | None, began: float) -> Counts:
    """Count from the records and the files themselves."""
    with closing(Database(app.folder / "avatarforge.db")) as database:
        jobs = [records.get(database, generation_id) for generation_id in ids]
        lost_by_engine = sum(task.losses + task.failures for job in jobs if job for task in job.tasks)
        attempts = sum(task.attempt for job in jobs if job for task in job.tasks)
        expected = {prompt_id_of(task) for job in jobs if job for task in job.tasks}
    broken = 0
    for generation_id in ids:
        folder = app.storage / "outputs" / generation_id
        names = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
        if names != ["output.png"]:
            broken += 1
            continue
        with Image.open(folder / "output.png") as picture:
            picture.load()
    if sent is None:
        doubled, sent_count = attempts - len(ids) - lost_by_engine, attempts
    else:
        doubled = count_doubled([task for job in jobs if job for task in job.tasks], sent)
        sent_count = len(sent)
        assert expected <= set(sent), "a recorded prompt was never sent"
    return Counts(
        drill=drill,
        jobs=len(ids),
        sent=sent_count,
        completed=count_completed(app),
        doubled=doubled,
        lost=broken,
        lost_by_engine=lost_by_engine,
        seconds=time.monotonic() - began,
    )


def kill_app_engine_lives(folder: Path, jobs: int) -> Counts:
    """SIGKILL of the app while the engine goes on; the next start takes the running work up."""
    began = time.monotonic()
    with wired_engine() as wire:
        settings = {"STUDIO_ENGINE_URL": wire.url, "STUDIO_LEASE_S": LEASE_S}
        app = start_app_process(folder / "app", "--no-ui", **settings)
        app.wait_healthy()
        ids = submit(app, jobs)
        wait_completed(app, 2)
        app.kill()
        time.sleep(1.0)  # what runs on the engine ends while nobody listens
        with served(folder / "app", **settings) as app:
            wait_completed(app, jobs)
            return tally("app killed, engine lives", app, ids, wire.sent, began)


def kill_app_with_engine(folder: Path, jobs: int) -> Counts:
    """SIGKILL of the app; its own engine goes with it."""
    began = time.monotonic()
    app = start_app_process(folder, "--no-ui", STUDIO_ENGINE_URL=OWN, STUDIO_LEASE_S=LEASE_S)
    app.wait_healthy()
    ids = submit(app, jobs)
    wait_completed(app, 2)
    app.kill()
    with served(folder, STUDIO_ENGINE_URL=OWN, STUDIO_LEASE_S=LEASE_S) as app:
        wait_completed(app, jobs)
        return tally("app killed, engine with it", app, ids, None, began)


def kill_engine(folder: Path, jobs: int) -> Counts:
    """SIGKILL of the app's engine, twice; the app starts it again."""
    began = time.monotonic()
    app = start_app_process(folder, "--no-ui", STUDIO_ENGINE_URL=OWN, STUDIO_LEASE_S=LEASE_S)
    app.wait_healthy()
    ids = submit(app, jobs)
    for done in (2, jobs // 2):
        wait_completed(app, done)
        for child in psutil.Process(app.process.pid).children():
            child.kill()
    wait_completed(app, jobs)
    counts = tally("engine killed twice", app, ids, None, began)
    app.kill()
    return counts


def cut_websockets(folder: Path, jobs: int) -> Counts:
    """A proxy that drops the websocket three times a second."""
    return _with_trouble("websocket cut again and again", folder, jobs, Proxy.cut_websockets)


def prune_history(folder: Path, jobs: int) -> Counts:
    """Somebody clears the history three times a second, and the websocket is cut as well."""

    def trouble(wire: Proxy) -> None:
        wire.cut_websockets()
        httpx.post(f"{shared_engine().url}/history", json={"clear": True}, trust_env=False)

    return _with_trouble("history pruned, websocket cut", folder, jobs, trouble)


def _with_trouble(drill: str, folder: Path, jobs: int, trouble: Callable[[Proxy], None]) -> Counts:
    began = time.monotonic()
    with wired_engine() as wire, served(folder, STUDIO_ENGINE_URL=wire.url) as app:
        app.wait_healthy()
        ids = submit(app, jobs)
        deadline = time.monotonic() + PATIENCE_S
        while count_completed(app) < jobs and time.monotonic() < deadline:
            trouble(wire)
            time.sleep(0.33)
        assert wire.cuts > 1, "everything was done before there was trouble"
        return tally(drill, app, ids, wire.sent, began)


DRILLS: tuple[Callable[[Path, int], Counts], ...] = (
    kill_app_engine_lives,
    kill_app_with_engine,
    kill_engine,
    cut_websockets,
    prune_history,
)


def main() -> None:
    """Run every drill and print its counts."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--jobs", type=int, default=42)
    jobs = parser.parse_args().jobs
    for drill in DRILLS:
        with tempfile.TemporaryDirectory() as folder:
            print(drill(Path(folder), jobs), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
