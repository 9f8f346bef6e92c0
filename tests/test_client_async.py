"""The client for event loops: the same verbs, awaited, over both doors."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import pytest

from studio import AsyncStudio, StudioError
from tests.client_fixtures import LONG, SMALL, on_shared_engine
from tests.conftest import RunningApp

T = TypeVar("T")
Run = Callable[[Callable[[AsyncStudio], Awaitable[T]]], T]


@pytest.fixture(name="run", scope="module", params=["here", "rest"])
def running(request: pytest.FixtureRequest, app: RunningApp, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Runs a coroutine function with a studio of its own event loop."""
    folder = tmp_path_factory.mktemp("here")

    def run(work: Callable[[AsyncStudio], Awaitable[T]]) -> T:
        async def main() -> T:
            here = request.param == "here"
            async with AsyncStudio(folder=folder) if here else AsyncStudio(app.url) as studio:
                return await work(studio)

        with on_shared_engine():
            return asyncio.run(main())

    return run


def test_everything_is_awaited(run: Run[None], tmp_path: Path) -> None:
    async def work(studio: AsyncStudio) -> None:
        job = await studio.pose("a knight, red cape", ["front", "back"], seed=4, **SMALL)
        kinds = [event.kind async for event in job.events()]
        assert (kinds[0], kinds[-1]) == ("queued", "completed")
        await job.wait(120)
        assert (await job.image()).size == (128, 192)
        assert len(await job.save(tmp_path / "out")) == 2
        sheet = await job.compose(layout="row")
        assert (await sheet.image()).size == sheet.size
        assert (await sheet.save(tmp_path / "sheet.pdf")).read_bytes().startswith(b"%PDF")
        again = await (await job.reroll("back", seed=9)).wait(120)
        assert again.outputs[0].state.sha256 == job.outputs[0].state.sha256
        known = await studio.upload(job.outputs[0])
        assert (await studio.upload(await job.outputs[0].read())).id == known.id
        found = await studio.jobs.list(search="knight", status="completed")
        assert again.id in [one.id for one in found]
        assert (await studio.jobs.get(job.id)).seed == 4
        assert await studio.health()
        await again.delete()
        with pytest.raises(StudioError) as gone:
            await again.refresh()
        assert gone.value.code == "generation_not_found"

    run(work)


def test_many_jobs_are_waited_for_at_once(run: Run[None]) -> None:
    async def work(studio: AsyncStudio) -> None:
        jobs = await asyncio.gather(*(studio.avatar(f"dancer {n}", **SMALL) for n in range(12)))
        beats = 0

        async def beat() -> None:
            nonlocal beats
            while True:
                beats += 1
                await asyncio.sleep(0.01)

        heart = asyncio.create_task(beat())
        began = time.monotonic()
        done = await asyncio.gather(*(job.wait(120) for job in jobs))
        heart.cancel()
        assert {job.status for job in done} == {"completed"}
        # The loop went on meanwhile: it was never held for long.
        assert beats > (time.monotonic() - began) / 0.5

    run(work)


def test_cancelling_a_wait_leaves_the_job(run: Run[None]) -> None:
    async def work(studio: AsyncStudio) -> None:
        job = await studio.avatar("a giant", **LONG)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(job.wait(), 0.4)
        with pytest.raises(StudioError) as late:
            await job.wait(0.2)
        assert late.value.code == "job_unfinished"
        assert not (await job.refresh()).is_final
        await job.cancel()
        with pytest.raises(StudioError) as cancelled:
            await job.wait(60)
        assert cancelled.value.code == "job_cancelled"
        retried = await job.retry()
        await retried.cancel()

    run(work)
