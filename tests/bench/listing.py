"""How long pages and searches over 100,000 generations take: `python -m tests.bench.listing [records]`."""

from __future__ import annotations

import json
import random
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from pathlib import Path

import httpx

from studio.records import Database
from tests.conftest import start_app_process
from tests.studio_fixtures import NEEDS, StandInServer, open_jobs

RUNS = 60
RARE = "obsidian"  # in one record of a thousand
COMMON = "knight"  # in every record
PAGE = 50


def main() -> None:
    """Fill, ask through the module and over HTTP, print."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        jobs = open_jobs(folder, StandInServer("embedded"))
        started = time.perf_counter()
        fill(jobs.database, count)
        print(f"{count} records in {time.perf_counter() - started:.1f} s")
        cases: dict[str, dict[str, object]] = {
            "first page": {},
            "page in the middle": {"offset": count // 2},
            "last page": {"offset": count - PAGE},
            "failed only": {"status": "failed"},
            "completed, in the middle": {"status": "completed", "offset": count // 2},
            "search, rare word": {"search": RARE},
            "search, common word": {"search": COMMON},
            "search, common, in the middle": {"search": COMMON, "offset": count // 2},
            "search, two words": {"search": f"{COMMON} {RARE}"},
            "search, beginning of a word": {"search": "k"},
            "search, common, failed only": {"search": COMMON, "status": "failed"},
            "search, common, completed only": {"search": COMMON, "status": "completed"},
        }
        print(f"{'studio.jobs':<34}{'p50':>8}{'p99':>8} ms   matches")
        for label, case in cases.items():
            values = dict(case)
            status = values.pop("status", None)
            statuses = {None: (), "failed": ("failed", "cancelled")}.get(status, (status,))  # type: ignore[arg-type]
            report(label, lambda: jobs.list(statuses=statuses, limit=PAGE, **values).total)  # noqa: B023  # type: ignore[arg-type]
        jobs.database.close()
        app = start_app_process(
            folder / "app",
            "--no-ui",
            DATABASE_URL=f"sqlite:///{folder / 'studio.db'}",
            ENABLE_SCHEDULER="false",
        )
        try:
            app.wait_healthy()
            print(f"{'GET /generations':<34}{'p50':>8}{'p99':>8} ms   matches")
            for label, case in cases.items():
                report(label, lambda: _get(app.client, {"limit": PAGE, **case}))  # noqa: B023
        finally:
            app.kill()


def _get(client: httpx.Client, query: dict[str, object]) -> int:
    answer = client.get("/avatarforge-controller/generations", params=query)  # type: ignore[arg-type]
    answer.raise_for_status()
    return answer.json()["total"]


def report(label: str, ask: Callable[[], int]) -> None:
    """Ask many times and print how long it took."""
    total = ask()
    times: list[float] = []
    for _ in range(RUNS):
        started = time.perf_counter()
        ask()
        times.append((time.perf_counter() - started) * 1000)
    times.sort()
    print(f"{label:<34}{times[RUNS // 2]:8.2f}{times[int(RUNS * 0.99)]:8.2f}      {total}")


def fill(database: Database, count: int) -> None:
    """Finished generations with one picture each, some of them failed, written as the studio writes them."""
    dice = random.Random(1)
    words = [
        f"{a}{b}" for a in ("red", "iron", "storm", "moon", "ash") for b in ("cloak", "blade", "hair", "eyes")
    ]
    request = json.dumps({"prompt": "a knight", "views": ["front"], "width": 512, "height": 768, "seed": 1})
    jobs, tasks, outputs = [], [], []
    for number in range(count):
        job_id, task_id, at = str(uuid.uuid4()), str(uuid.uuid4()), 1.7e9 + number
        status = dice.choices(("completed", "failed", "cancelled"), (95, 4, 1))[0]
        prompt = " ".join(
            ["a", COMMON, "with", *dice.sample(words, 8), *([RARE] if number % 1000 == 0 else [])]
        )
        jobs.append(
            (
                job_id,
                "avatar",
                "test",
                status,
                prompt,
                request,
                "embedded",
                "embedded",
                1,
                100.0,
                at,
                at,
                at,
                at,
                at,
            )
        )
        tasks.append((task_id, job_id, 0, "front", 1, 1, status, at, at, at))
        outputs.append(
            (
                *(
                    str(uuid.uuid4()),
                    job_id,
                    task_id,
                    0,
                    "output.png",
                    "a.png",
                    "front",
                    "image",
                    "image/png",
                ),
                *(200_000, 512, 768, "0" * 64, at),
            )
        )
    with database.write() as connection:
        # All words at the end, which is much quicker than row by row.
        [index_each] = connection.execute(
            "SELECT sql FROM sqlite_master WHERE name = 'jobs_fts_in'"
        ).fetchone()
        connection.execute("DROP TRIGGER jobs_fts_in")
        connection.execute("INSERT INTO needs (id, text) VALUES (1, ?)", (NEEDS,))
        connection.executemany(
            """INSERT INTO jobs (id, kind, door, status, prompt, request, workflow, engine, seed, progress,
                                 created_at, run_at, deadline_at, started_at, completed_at)
               VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
            jobs,
        )
        connection.executemany(
            """INSERT INTO tasks (id, job_id, position, view, seed, needs, status, run_at, deadline_at,
                                  created_at)
               VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
            tasks,
        )
        connection.executemany(
            """INSERT INTO outputs (id, job_id, task_id, position, name, filename, view, media, mime_type,
                                    size, width, height, sha256, created_at)
               VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
            outputs,
        )
        connection.execute("INSERT INTO jobs_fts (jobs_fts) VALUES ('rebuild')")
        connection.execute(index_each)


if __name__ == "__main__":
    main()
