"""How far views are from the front view: measured as results come home, and what is too far made again."""

from __future__ import annotations

import contextlib
import json
import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from studio import pictures
from studio.disk import remove_file
from studio.errors import StudioError
from studio.files import FileStore
from studio.records.entities import Job, Output, Task
from studio.request import random_seed
from studio.runner.feeding import front_picture

log = logging.getLogger(__name__)

LOCKS = 16

Measure = Callable[[pictures.Source], dict[str, float] | None]


@dataclass(frozen=True)
class Best:
    """The try that is kept, as the record gets it."""

    outputs: list[Output]
    seed: int
    tries: list[dict[str, Any]]
    notes: list[str]


class Measurer:
    """Measures views against the front view of their job."""

    def __init__(self, files: FileStore) -> None:
        self._files = files
        self._locks = [threading.Lock() for _ in range(LOCKS)]

    @contextlib.contextmanager
    def one_at_a_time(self, job_id: str) -> Iterator[None]:
        """Let two views of a job not end at once, each of them before it can see the other one."""
        with self._locks[hash(job_id) % LOCKS]:
            yield

    def against_front(self, job: Job, task: Task) -> Measure | None:
        """What measures pictures of a task, if there is a front view to measure them against."""
        if task.view == "front":
            return None
        front = self._front_path(job, task)
        return None if front is None else lambda source: _drift(front, source)

    def missing(self, job: Job, fresh: Sequence[Output] = ()) -> dict[str, str]:
        """What was not measured yet and can be now, by output; `fresh` outputs are about to be recorded."""
        ended = {one.task_id for one in fresh}
        tasks = [replace(one, status="completed") if one.id in ended else one for one in job.tasks]
        known = {one.id: one for one in (*job.outputs, *fresh)}
        job = replace(job, tasks=tuple(tasks), outputs=tuple(known.values()))
        found: dict[str, str] = {}
        for task in tasks:
            own = [one for one in job.outputs if one.task_id == task.id and one.media == "image"]
            unmeasured = [one for one in own if one.drift is None]
            if task.status != "completed" or not unmeasured:
                continue
            if (measure := self.against_front(job, task)) is None:
                continue
            for output in unmeasured:
                numbers = measure(self._files.output_path(job.id, output.name))
                if numbers is not None:
                    found[output.id] = json.dumps(numbers)
        return found

    def _front_path(self, job: Job, task: Task) -> Path | None:
        front = front_picture(job, task)
        path = self._files.output_path(job.id, front.name) if front else None
        return path if path is not None and path.is_file() else None

    # ---------------------------------------------------------------------- tries

    def tries_of(self, job: Job, task: Task, stored: Sequence[Output]) -> list[dict[str, Any]]:
        """All tries of a view, the one that was just stored last."""
        scores = [drift["score"] for one in stored if (drift := one.drift_from_front)]
        last = {
            "seed": task.seed,
            "score": min(scores, default=None),
            "outputs": [asdict(one) for one in stored],
        }
        return [*task.tried, last]

    def is_enough(self, job: Job, task: Task, tries: Sequence[dict[str, Any]]) -> bool:
        """Whether a view is near enough, or was made often enough."""
        limit, score = job.request.get("max_drift"), tries[-1]["score"]
        return (
            limit is None
            or score is None
            or score <= limit
            or len(tries) > job.request.get("max_rerolls", 0)
            or time.time() > task.deadline_at
        )

    def next_seed(self, tries: Sequence[dict[str, Any]]) -> int:
        """A seed that was not tried."""
        used = {one["seed"] for one in tries}
        while (seed := random_seed()) in used:
            continue
        return seed

    def keep_best(self, job: Job, task: Task, tries: Sequence[dict[str, Any]]) -> Best:
        """Give the best try the names of a result; the others are only told of."""
        best = min(tries, key=lambda one: 1.0 if one["score"] is None else one["score"])
        outputs = []
        for facts in best["outputs"]:
            output = Output(**facts)
            name = final_name(output.name)
            source = self._files.output_path(job.id, output.name)
            if source.is_file():  # else it has that name since an end that nobody could record
                self._files.copy_output(job.id, name, source)
            outputs.append(replace(output, name=name))
        told = [{"seed": one["seed"], "score": one["score"], "kept": one is best} for one in tries]
        return Best(outputs, best["seed"], told, _notes(job, task, tries, best))

    def drop_tries(self, job_id: str, tries: Sequence[dict[str, Any]]) -> None:
        """Remove the files of tries."""
        for one in tries:
            for facts in one.get("outputs", ()):
                if facts["name"] != final_name(facts["name"]):
                    remove_file(self._files.result_place(job_id, facts["name"]))


def try_prefix(number: int) -> str:
    """What the names of a try's files begin with, until one of them is kept."""
    return f"try{number}."


def final_name(name: str) -> str:
    """The name that a try's file gets when it is kept."""
    head, dot, rest = name.partition(".")
    return rest if dot and head.startswith("try") and head[3:].isdigit() else name


def _notes(job: Job, task: Task, tries: Sequence[dict[str, Any]], best: dict[str, Any]) -> list[str]:
    if len(tries) < 2:
        return []
    limit = job.request.get("max_drift")
    note = f"{task.view}: made {len(tries)} times, the nearest to the front view is kept"
    if limit is not None and best["score"] is not None and best["score"] > limit:
        note += f" (drift {best['score']:.2f}, more than the {limit:g} that was asked for)"
    return [note]


def _drift(front: Path, source: pictures.Source) -> dict[str, float] | None:
    try:
        return pictures.drift(front, source).to_json()
    except (StudioError, OSError) as error:  # a picture without this number is better than none
        log.warning("a view cannot be measured against %s: %s", front, error)
        return None
