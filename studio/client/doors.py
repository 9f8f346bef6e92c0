"""The doors behind which the work is done: this process, or a studio behind an address."""

from __future__ import annotations

import asyncio
import atexit
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

from studio.client.state import JobState
from studio.client.verbs import Verb, get

if TYPE_CHECKING:
    from studio.settings import Settings

T = TypeVar("T")

LOOK_EVERY_S = 0.05  # reading whether anything was recorded costs some microseconds
FOREVER_S = 10.0**8


class Door(Protocol):
    """What a client needs of a studio."""

    def run(self, verb: Verb[T]) -> T:
        """Do it."""
        ...

    def follow(self, job_id: str, timeout_s: float) -> Iterator[JobState]:
        """The job now and after each change, until it is final or time is up."""
        ...

    def close(self) -> None:
        """Let go of it."""
        ...


class AsyncDoor(Protocol):
    """The same for callers that must not block."""

    async def run(self, verb: Verb[T]) -> T:
        """Do it."""
        ...

    def follow(self, job_id: str, timeout_s: float) -> AsyncIterator[JobState]:
        """The job now and after each change, until it is final or time is up."""
        ...

    async def close(self) -> None:
        """Let go of it."""
        ...


class Here:
    """A studio in this process."""

    def __init__(
        self, folder: Path | None = None, settings: Settings | None = None, *, at_work: bool = True
    ) -> None:
        from studio.client import here

        self._here = here
        self.studio, self._engine_folder = here.open_here(folder, settings, at_work=at_work)
        self._closing = threading.Lock()
        self._closed = False
        atexit.register(self.close)  # a notebook ends without saying so, and its work goes to others

    def run(self, verb: Verb[T]) -> T:
        """Do it."""
        return verb.here(self.studio)

    def follow(self, job_id: str, timeout_s: float) -> Iterator[JobState]:
        """The job now and after each change, until it is final or time is up."""
        return self._here.follow(self.studio, job_id, timeout_s)

    def close(self) -> None:
        """Hand running work back and stop the engine."""
        with self._closing:
            if not self._closed:
                self._closed = True
                self.studio.close()
                self._engine_folder.cleanup()
        atexit.unregister(self.close)


class AsyncHere:
    """The same from an event loop: verbs run in threads, and waiting takes none."""

    def __init__(self, folder: Path | None = None, settings: Settings | None = None) -> None:
        self._open = (folder, settings)
        self._opening = asyncio.Lock()
        self._door: Here | None = None

    async def run(self, verb: Verb[T]) -> T:
        """Do it."""
        door = await self._opened()
        return await asyncio.to_thread(door.run, verb)

    async def _opened(self) -> Here:
        async with self._opening:
            if self._door is None:
                self._door = await asyncio.to_thread(Here, *self._open)
        return self._door

    async def follow(self, job_id: str, timeout_s: float) -> AsyncIterator[JobState]:
        """The job now and after each change, until it is final or time is up."""
        door = await self._opened()
        loop = asyncio.get_running_loop()
        until = loop.time() + timeout_s
        seen: JobState | None = None
        while True:
            moment = door.studio.database.commits
            now = await self.run(get(job_id))
            if now != seen:
                yield now
                seen = now
            if now.is_final:
                return
            while door.studio.database.commits == moment:
                if loop.time() >= until:
                    return
                await asyncio.sleep(LOOK_EVERY_S)

    async def close(self) -> None:
        """Hand running work back and stop the engine."""
        if self._door is not None:
            await asyncio.to_thread(self._door.close)
