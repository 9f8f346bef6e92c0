"""A pool drill on real processes: two engines with different models, one killed and started again.

python -m tests.pool_drill [--tasks 40]
"""

from __future__ import annotations

import argparse
import itertools
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from PIL import Image

from studio.comfy.engine_process import free_port
from studio.records import Database
from studio.records import jobs as records
from studio.records.entities import Job
from tests.conftest import ROOT, RunningApp
from tests.drills import API, count_completed, count_doubled
from tests.proxy import Proxy
from tests.served import served

RED, BLUE, BOTH = "red.safetensors", "blue.safetensors", "both.safetensors"
SMALL: dict[str, Any] = {"workflow": "checkpoint", "width": 128, "height": 192, "steps": 4}
LARGE = SMALL | {"width": 512, "height": 768}  # drawing it takes much longer than bringing it home
ONE_CORE = {"NUMBA_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
PATIENCE_S = 300.0
NUMBERS = itertools.count()


class OneCore:
    """An engine with some models, on one core, behind a wire that counts."""

    def __init__(self, folder: Path, core: int, *models: str) -> None:
        self.folder = folder
        self.core = core
        self.models = models
        self.port = free_port()
        self.process = self._start()
        self.proxy = Proxy(f"http://127.0.0.1:{self.port}")

    def _start(self) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "tests.engine_with", ",".join(self.models)]
        command += ["--port", str(self.port), "--dir", str(self.folder), "--exit-with-stdin"]
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, **ONE_CORE},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        seen = psutil.Process(process.pid)
        if hasattr(seen, "cpu_affinity"):  # not on macOS
            seen.cpu_affinity([self.core % (os.cpu_count() or 1)])
        assert process.stdout is not None
        assert process.stdout.readline(), "the engine did not start"
        return process

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def revive(self) -> None:
        self.process = self._start()

    def close(self) -> None:
        self.proxy.close()
        self.kill()

    def made(self) -> set[str]:
        """The prompts of which it has saved something."""
        folder = self.folder / "output" / "avatarforge"
        return {path.name for path in folder.iterdir()} if folder.is_dir() else set()


@dataclass(frozen=True)
class PoolCounts:
    """What became of the tasks, and where."""

    tasks: int
    completed: int
    lost: int  # without their one readable picture
    doubled: int  # prompts that were sent again without having been lost
    lost_by_engine: int  # attempts that died with an engine, which are sent again by right
    strayed: int  # on an engine without their model
    used: tuple[int, ...]  # tasks that each engine completed
    used_after: tuple[int, ...]  # of them, since the killed one was there again
    seconds: float

    @property
    def is_clean(self) -> bool:
        return self.completed == self.tasks and not (self.lost or self.doubled or self.strayed)


@contextmanager
def running(folder: Path, engines: Sequence[OneCore]) -> Iterator[RunningApp]:
    """A studio over these engines, which stand for ComfyUI servers; its own engine is switched off."""
    with served(
        folder,
        COMFYUI_URL=",".join(engine.proxy.url for engine in engines),
        STUDIO_ENGINE_URL=f"http://127.0.0.1:{free_port()}",
        STUDIO_SERVER_GRACE_S="1",
    ) as app:
        wait(lambda: all(status == "healthy" for status in statuses(app)))
        yield app


def statuses(app: RunningApp) -> list[str]:
    servers = app.client.get(f"{API}/servers").json()["servers"]
    return [server["status"] for server in servers if server["kind"] == "comfy"]


def wait(condition: Any, timeout_s: float = PATIENCE_S) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "that took too long"
        time.sleep(0.05)


def submit(app: RunningApp, models: Sequence[str], body: dict[str, Any] = SMALL) -> list[str]:
    """Every task is another knight, as engines remember what they have drawn."""
    return [
        app.generate(prompt=f"knight number {number}", seed=number, model=model, **body)["generation_id"]
        for model, number in zip(models, NUMBERS, strict=False)
    ]


def mixed(tasks: int) -> list[str]:
    """Half of the tasks for either engine, a quarter each for the one and the other."""
    return [(BOTH, RED, BOTH, BLUE)[number % 4] for number in range(tasks)]


def drill(folder: Path, tasks: int) -> PoolCounts:
    """Kill one of two engines in the middle of its work, and start it again."""
    began = time.monotonic()
    red = OneCore(folder / "red", 0, RED, BOTH)
    blue = OneCore(folder / "blue", 1, BLUE, BOTH)
    try:
        with running(folder / "app", (red, blue)) as app:
            models = mixed(tasks)
            ids = submit(app, models)
            wait(lambda: blue.made() and count_completed(app) >= tasks // 8)
            blue.kill()
            wait(lambda: statuses(app)[1] != "healthy")
            before = count_completed(app)
            wait(lambda: count_completed(app) > before)  # the other goes on alone
            revived_at = time.time()
            blue.revive()
            wait(lambda: count_completed(app) == tasks)
            jobs = read_jobs(app, ids)
            return tally(app, jobs, models, (red, blue), revived_at, time.monotonic() - began)
    finally:
        red.close()
        blue.close()


def read_jobs(app: RunningApp, ids: Sequence[str]) -> list[Job]:
    with closing(Database(app.folder / "avatarforge.db")) as database:
        found = [records.get(database, job_id) for job_id in ids]
    return [job for job in found if job is not None]


def tally(
    app: RunningApp,
    jobs: Sequence[Job],
    models: Sequence[str],
    engines: Sequence[OneCore],
    revived_at: float,
    seconds: float,
) -> PoolCounts:
    """Count from the records, the files and the wires themselves."""
    sent = [prompt_id for engine in engines for prompt_id in engine.proxy.sent]
    tasks = [task for job in jobs for task in job.tasks]
    urls = {engine.proxy.url: engine for engine in engines}
    used, after = Counter(task.server for task in tasks), Counter[str | None]()
    after.update(task.server for task in tasks if (task.completed_at or 0) > revived_at)
    strayed = sum(
        model not in urls[task.server or ""].models for task, model in zip(tasks, models, strict=True)
    )
    return PoolCounts(
        tasks=len(tasks),
        completed=count_completed(app),
        lost=sum(not has_picture(app, job.id) for job in jobs),
        doubled=count_doubled(tasks, sent),
        # Who dies while a picture is fetched has not lost the prompt, but what came of it.
        lost_by_engine=sum(task.losses + task.failures for task in tasks),
        strayed=strayed,
        used=tuple(used[url] for url in urls),
        used_after=tuple(after[url] for url in urls),
        seconds=seconds,
    )


def has_picture(app: RunningApp, job_id: str) -> bool:
    folder = app.storage / "outputs" / job_id
    if [path.name for path in folder.iterdir()] != ["output.png"]:
        return False
    with Image.open(folder / "output.png") as picture:
        picture.load()
        return picture.size == (SMALL["width"], SMALL["height"])


@contextmanager
def studio_of(folder: Path, engines: int) -> Iterator[RunningApp]:
    """A studio over so many engines of one core each, with its kernels and caches warm."""
    pool = [OneCore(folder / f"engine{number}", number, BOTH) for number in range(engines)]
    try:
        with running(folder / "app", pool) as app:
            run_batch(app, 2 * engines)
            yield app
    finally:
        for engine in pool:
            engine.close()


def run_batch(app: RunningApp, tasks: int) -> float:
    """Seconds until so many tasks are done, all submitted at once."""
    before, began = count_completed(app), time.monotonic()
    submit(app, [BOTH] * tasks, LARGE)
    wait(lambda: count_completed(app) == before + tasks)
    return time.monotonic() - began


def compare(folder: Path, tasks: int, rounds: int) -> tuple[list[float], list[float]]:
    """Seconds of one engine and of two for the same tasks, by turns, so that others' load meets both."""
    with studio_of(folder / "one", 1) as one, studio_of(folder / "two", 2) as two:
        seconds = [(run_batch(one, tasks), run_batch(two, tasks)) for _ in range(rounds)]
    return [pair[0] for pair in seconds], [pair[1] for pair in seconds]


def main() -> None:
    """Run the drill and compare one engine with two."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--tasks", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only-compare", action="store_true")
    chosen = parser.parse_args()
    if not chosen.only_compare:
        with tempfile.TemporaryDirectory() as folder:
            counts = drill(Path(folder), chosen.tasks)
            print(counts, "clean" if counts.is_clean else "NOT CLEAN", flush=True)  # noqa: T201
    with tempfile.TemporaryDirectory() as folder:
        one, two = compare(Path(folder), chosen.tasks, chosen.rounds)
    ratios = statistics.median(alone / both for alone, both in zip(one, two, strict=True))
    print(  # noqa: T201
        f"{chosen.tasks} tasks, best of {chosen.rounds}: one engine {min(one):.1f} s, two {min(two):.1f} s; "
        f"{min(one) / min(two):.2f} times as quick, median of the pairs {ratios:.2f}"
    )


if __name__ == "__main__":
    main()
