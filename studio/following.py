"""Whoever waits for jobs without a thread of his own: one thread hears of every change and wakes them all."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sqlite3
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

from studio.errors import StudioError
from studio.jobs import Jobs
from studio.records import jobs as records
from studio.records.entities import FINAL, Event, Job
from studio.records.jobs import Mark

log = logging.getLogger(__name__)

SHORTEST_S = 0.1  # between two looks at the records, so that a storm of commits costs little
LONGEST_S = 1.0  # how soon the thread notices that nobody waits any more


@dataclass(eq=False)
class Follower:
    """Somebody who waits for one job; belongs to the event loop in which it was made."""

    job_id: str
    loop: asyncio.AbstractEventLoop
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    mark: Mark | None = None  # how the job stood at the last change; None: not looked at yet, or gone
    was_seen: bool = False

    def wake(self) -> None:
        """Have it look again; from any thread."""
        with contextlib.suppress(RuntimeError):  # its loop may have been closed since
            self.loop.call_soon_threadsafe(self.changed.set)

    async def wait(self, timeout_s: float) -> bool:
        """Until something has happened; false when time is up."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.changed.wait(), timeout_s)
            return True
        return False


class Following:
    """Everybody in this process who waits for a job."""

    def __init__(self, jobs: Jobs, most: int) -> None:
        self.jobs = jobs
        self.most = most
        self._followers: set[Follower] = set()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()

    @property
    def is_ending(self) -> bool:
        """Whether nobody should wait any more."""
        return self._stopping.is_set()

    def __len__(self) -> int:
        """How many wait."""
        return len(self._followers)

    @contextlib.contextmanager
    def follow(self, job_id: str) -> Iterator[Follower]:
        """Be woken by every change of a job; refused when too many are already."""
        follower = Follower(job_id, asyncio.get_running_loop())
        with self._lock:
            if len(self._followers) >= self.most:
                raise StudioError("too_many_followers", limit=self.most)
            self._followers.add(follower)
            if self._thread is None and not self.is_ending:
                self._thread = threading.Thread(target=self._watch, name="following", daemon=True)
                self._thread.start()
        try:
            yield follower
        finally:
            with self._lock:
                self._followers.discard(follower)

    async def until_final(self, job_id: str, timeout_s: float) -> Job:
        """The job once it is final; or as it is when time is up, too many wait, or the studio stops."""
        job = await asyncio.to_thread(self.jobs.get, job_id)
        if job.is_final:
            return job
        deadline = asyncio.get_running_loop().time() + timeout_s
        with contextlib.suppress(StudioError), self.follow(job_id) as follower:
            while not self.is_ending:
                left_s = deadline - asyncio.get_running_loop().time()
                if left_s <= 0 or not await follower.wait(left_s):
                    break
                follower.changed.clear()
                if follower.was_seen and (follower.mark is None or follower.mark.status in FINAL):
                    break
        return await asyncio.to_thread(self.jobs.get, job_id)

    def look(self, job_id: str, after: int) -> tuple[Job | None, list[Event]]:
        """A job and what has happened to it since an event, both of one moment."""
        with self.jobs.database.read():
            return records.get(self.jobs.database, job_id), records.events(self.jobs.database, job_id, after)

    def end(self) -> None:
        """Let everybody go, for good."""
        self._stopping.set()
        with self._lock:
            for follower in self._followers:
                follower.wake()
        self.jobs.database.wake_all()

    def stop(self) -> None:
        """Let everybody go, and wait until nothing here reads the records any more."""
        self.end()
        if (thread := self._thread) is not None:
            thread.join(2 * LONGEST_S)

    def _watch(self) -> None:
        database = self.jobs.database
        seen: dict[str, Mark | None] = {}
        while True:
            with self._lock:
                followers = tuple(self._followers)
                if not followers or self.is_ending:
                    self._thread = None
                    return
            try:
                moment = database.commits
                found = records.marks(database, list({one.job_id for one in followers}))
                for follower in followers:
                    mark = found.get(follower.job_id)
                    if not follower.was_seen or mark != seen.get(follower.job_id):
                        follower.mark, follower.was_seen = mark, True
                        follower.wake()
                seen = {one.job_id: found.get(one.job_id) for one in followers}
                if not self._stopping.wait(SHORTEST_S):
                    database.wait(moment, LONGEST_S)
            except sqlite3.Error as error:
                log.error("cannot look after jobs that somebody waits for: %s", error)
                self._stopping.wait(LONGEST_S)
