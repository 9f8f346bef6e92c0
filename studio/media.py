"""Media for programs: sizes by ratio, how long work will take, files by id, and how long they stay."""

from __future__ import annotations

import logging
import math
import re
import statistics
import threading
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from studio import workflows
from studio.disk import display_name, full_disk_is_said, remove_file
from studio.errors import StudioError
from studio.gallery import Gallery
from studio.jobs import Jobs
from studio.prompts import view_asked_for
from studio.records import leases, queue, runs
from studio.records import media as records
from studio.records.entities import Job, Output, Task
from studio.records.runs import History, Work
from studio.request import AvatarRequest, TalkRequest, read_request, with_values

log = logging.getLogger(__name__)

KIND = "media"
LOW_PX, HIGH_PX = 128, 2048
DAY_S = 86_400.0
SWEPT_AT_ONCE = 500
HISTORY_S = 2.0  # how old what is known of past work may be
_PHOTO = re.compile(
    r"\b(photo(graph|graphic|graphy|realistic|real)?s?|realistic|dslr|35mm|raw photo)\b", re.IGNORECASE
)


class Media:
    """What the gallery's files are to a program: found by id, removed for good, swept when they are old."""

    def __init__(self, gallery: Gallery) -> None:
        self.gallery = gallery
        self.jobs: Jobs = gallery.jobs
        self.database = self.jobs.database
        self.settings = self.jobs.settings
        self._history: tuple[float, History] | None = None
        self._reading = threading.Lock()

    # ----------------------------------------------------------------- asking

    def request(self, values: dict[str, Any], ratio: tuple[int, int] | None = None) -> AvatarRequest:
        """The request that some members make; `ratio` is that of the sides, as far as they are open."""
        words = str(values.get("prompt", ""))
        # Where a model can be chosen, the words say whether it is to be one of photographs.
        request = AvatarRequest(
            kind=KIND,
            views=(view_asked_for(words) or "front",),
            **{"realism": wants_photo(words), **values},
        )
        if ratio is None or (request.width and request.height):
            return request
        if request.width or request.height:
            width, height = other_side(request.width, request.height, ratio)
        else:
            # As many pixels as the workflow that will run would draw by itself.
            usual = self.jobs.preflight(request).request
            width, height = sides(ratio, (usual.width or 1024) * (usual.height or 1024))
        return with_values(request, width=width, height=height)

    def seconds_for(self, job: Job) -> int | None:
        """When a job will be done, by what past work took; None while nothing is known of such work."""
        if job.is_final:
            return 0
        history = self._known_history()
        texts = leases.all_needs(self.database)
        urls = {server.url for server in self.jobs.pool.online(job.engine)}  # type: ignore[arg-type]
        own = [
            seconds
            for task in job.tasks
            if task.status not in {"completed", "failed", "cancelled"}
            if (seconds := self._seconds_of(job, task, history, urls, texts.get(task.needs, "")))
        ]
        if not own:
            return None
        typical = statistics.median(known.median for (url, _), known in _all(history) if url in urls)
        before = queue.ahead(self.database, job.id) + queue.running(self.database, job.id)
        total = (typical * before + sum(own)) / max(1, len(urls))
        return max(1, math.ceil(max(total, max(own))))

    def _seconds_of(self, job: Job, task: Task, history: History, urls: set[str], needs: str) -> float | None:
        """What one task takes: one run, or one for each piece of a long voice that is still to be made."""
        seconds = _expected(history, urls, _work_of(job, task.step, needs))
        step = workflows.read_step(task.step)
        request = step.request_of(read_request(job.request))
        workflow = self.jobs.library.get(request.workflow or job.workflow)
        if seconds is None or workflow is None or not isinstance(request, TalkRequest):
            return seconds
        voice_s = self.jobs.planner.voice_s(request)
        if workflow.manifest.pieces is None or voice_s is None:
            return seconds
        return seconds * max(1, workflow.manifest.pieces.cutting(voice_s).count - len(step.pieces))

    def _known_history(self) -> History:
        with self._reading:
            if self._history is None or time.monotonic() - self._history[0] > HISTORY_S:
                self._history = (time.monotonic(), runs.history(self.database))
            return self._history[1]

    # ---------------------------------------------------------------- finding

    def get(self, media_id: str) -> Output:
        """One finished file by its id."""
        found = records.find(self.database, media_id)
        if found is None:
            raise StudioError("media_not_found", id=display_name(media_id)[:100])
        return found

    def path(self, output: Output) -> Path:
        """Where its bytes are."""
        path = self.jobs.files.output_path(output.job_id, output.name)
        if not path.is_file():
            raise StudioError("media_not_found", id=output.id)
        return path

    def storage_path(self, output: Output) -> str:
        """Where it lies below STORAGE_PATH, as people read it."""
        path = self.jobs.files.result_place(output.job_id, output.name)
        return path.relative_to(self.settings.storage_path).as_posix()

    def of_jobs(self, jobs: Sequence[Job]) -> dict[str, tuple[Output, ...]]:
        """The files of these jobs that are still there for everybody, by job."""
        ids = [output.id for job in jobs for output in job.outputs]
        gone: set[str] = set()
        for part in _batched(ids, 500):
            gone |= records.hidden(self.database, part)
        return {job.id: tuple(one for one in job.outputs if one.id not in gone) for job in jobs}

    # --------------------------------------------------------------- removing

    @full_disk_is_said()
    def delete(self, media_id: str) -> None:
        """Remove a file for good; its job stays and does not name it any more."""
        output = self.get(media_id)
        self.gallery.delete([output.id])  # from here on it is gone for everybody, whatever happens
        self._remove([output], time.time())

    @full_disk_is_said()
    def discard(self, media_ids: Sequence[str]) -> int:
        """Remove files for good, also those that were deleted and could be taken back; their jobs stay."""
        return self._remove([item.output for item in self.gallery.find(media_ids)], time.time())

    def expires_at(self, job: Job, output: Output) -> float | None:
        """When it will be removed; None if it is kept."""
        if job.kind != KIND or not self.settings.media_retention_days:
            return None
        return output.created_at + self.settings.media_retention_days * DAY_S

    def sweep(self, now: float) -> int:
        """Remove what was made for programs longer ago than MEDIA_RETENTION_DAYS; the records stay."""
        days, swept = self.settings.media_retention_days, 0
        if not days:
            return 0
        while found := records.expired(self.database, KIND, now - days * DAY_S, SWEPT_AT_ONCE):
            swept += self._remove(found, now)
        if swept:
            log.info("%d media were removed, as they were older than %g days", swept, days)
        return swept

    def _remove(self, outputs: Sequence[Output], now: float) -> int:
        # Files first: after a crash in between, a sweep finds the records again.
        for output in outputs:
            self.gallery.thumbnails.remove(output)
            remove_file(self.jobs.files.result_place(output.job_id, output.name))
        return records.remove(self.database, outputs, now)


def ratio_of(text: str) -> tuple[int, int]:
    """Width to height, as in 16:9."""
    width, _, height = text.partition(":")
    if not (width.isdigit() and height.isdigit() and int(width) and int(height)):
        raise ValueError("Input should be two whole numbers with a colon, such as 16:9")
    if not 1 / 8 <= int(width) / int(height) <= 8:
        raise ValueError("Input should be between 1:8 and 8:1")
    return int(width), int(height)


def sides(ratio: tuple[int, int], pixels: int) -> tuple[int, int]:
    """Sides of a ratio with about so many pixels, which models can draw: multiples of 8 within bounds."""
    common = math.gcd(*ratio)
    step = (8 * ratio[0] // common, 8 * ratio[1] // common)
    most = HIGH_PX // max(step)
    least = -(-LOW_PX // min(step))
    if least <= most and step[0] * step[1] * 4 <= pixels:
        # The very ratio.
        times = round(math.sqrt(pixels / (step[0] * step[1])))
        times = min(max(times, least), most)
        return step[0] * times, step[1] * times
    height = math.sqrt(pixels * ratio[1] / ratio[0])
    scale = max(1.0, LOW_PX / height, LOW_PX * ratio[1] / ratio[0] / height)
    scale = min(scale, HIGH_PX / height, HIGH_PX * ratio[1] / ratio[0] / height)
    return _nearest(height * scale * ratio[0] / ratio[1]), _nearest(height * scale)


def wants_photo(words: str) -> bool:
    """Whether the words ask for what looks photographed."""
    return _PHOTO.search(words) is not None


def other_side(width: int | None, height: int | None, ratio: tuple[int, int]) -> tuple[int, int]:
    """Both sides where one is given."""
    if width:
        return width, _nearest(width * ratio[1] / ratio[0])
    return _nearest((height or 0) * ratio[0] / ratio[1]), height or 0


def fits(width: int | None, height: int | None, ratio: tuple[int, int]) -> bool:
    """Whether a side that is given leaves the other one within bounds."""
    if (width is None) == (height is None):
        return True
    exact = width * ratio[1] / ratio[0] if width else (height or 0) * ratio[0] / ratio[1]
    return LOW_PX <= exact <= HIGH_PX


def _nearest(side: float) -> int:
    return min(max(8 * round(side / 8), LOW_PX), HIGH_PX)


def _batched(values: Sequence[str], size: int) -> Iterable[Sequence[str]]:
    for start in range(0, len(values), size):
        yield values[start : start + size]


def _work_of(job: Job, step_text: str, needs: str) -> Work:
    values = workflows.read_step(step_text).values
    models = workflows.large_models(needs) if needs else ""
    return runs.work_of(values.get("workflow", job.workflow), models, {**job.request, **values})


def _all(history: History) -> list[tuple[tuple[str, Work], runs.Seconds]]:
    return [*history.warm.items(), *history.cold.items()]


def _expected(history: History, urls: set[str], work: Work) -> float | None:
    """The seconds of the very work on the quickest server; else those of the nearest of the same workflow."""
    known = [seconds.median for url in urls if (seconds := history.of(url, work))]
    if known:
        return min(known)
    size = work.megapixels * max(1, work.steps)
    alike = [
        (abs(math.log((other.megapixels * max(1, other.steps) + 0.01) / (size + 0.01))), seconds.median)
        for (url, other), seconds in _all(history)
        if other.workflow == work.workflow and url in urls
    ]
    return min(alike)[1] if alike else None
