"""The stream of a page: told by commits, sends what changed, leaves nothing behind when it is closed."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import gradio as gr
import pytest

from studio.comfy.pool import Pool
from studio.records import memory, open_database
from studio.ui.tail import Live, Sight, Tail

NOTHING = gr.skip()


class Stage:
    """A tail over real records, with parts that show what the records remember."""

    def __init__(self, folder: Path) -> None:
        self.database = open_database(folder / "records.db")
        self.stopping = threading.Event()
        self.looks: list[str] = []
        studio = SimpleNamespace(database=self.database, stopping=self.stopping, pool=Pool())
        self.tail = Tail(cast(Any, studio))

    def part(self, name: str, tab: str = "") -> Live:
        def show(sight: Sight) -> str:
            self.looks.append(name)
            return f"{name}: {memory.recall(self.database, name, 0)}"

        return Live(cast(Any, None), show, tab)

    def set(self, name: str, value: int) -> None:
        memory.remember(self.database, name, value)

    def follow(self, *parts: Live, tab: str = "first") -> AsyncIterator[tuple[Any, ...]]:
        return self.tail.follow("session", "en", tab, {}, parts)


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


async def following(stream: AsyncIterator[tuple[Any, ...]]) -> tuple[Any, ...]:
    return await asyncio.wait_for(anext(stream), 20)


def watchers() -> int:
    return sum(thread.name == "pages" for thread in threading.enumerate())


def test_only_what_changed_is_sent(stage: Stage) -> None:
    async def run() -> None:
        stream = stage.follow(stage.part("a"), stage.part("b"))
        assert await following(stream) == ("a: 0", "b: 0")
        stage.set("b", 1)
        assert await following(stream) == (NOTHING, "b: 1")
        stage.set("other", 5)  # nobody shows it: nothing is sent for it
        stage.set("a", 2)
        assert await following(stream) == ("a: 2", NOTHING)

    asyncio.run(run())


def test_a_closed_tab_is_not_looked_at_until_it_is_opened(stage: Stage) -> None:
    async def run() -> None:
        stream = stage.follow(stage.part("a", "first"), stage.part("b", "second"))
        assert await following(stream) == ("a: 0", NOTHING)
        assert stage.looks == ["a"]
        stage.tail.open_tab("session", "second")
        assert await following(stream) == (NOTHING, "b: 0")

    asyncio.run(run())


def test_a_page_that_shows_another_job_is_told_at_once(stage: Stage) -> None:
    async def run() -> None:
        part = Live(cast(Any, None), lambda sight: sight.page.shown.get("avatar", "none"))
        stream = stage.follow(part)
        assert await following(stream) == ("none",)
        stage.tail.show("session", "avatar", "one")
        assert await following(stream) == ("one",)

    asyncio.run(run())


def test_one_thread_for_all_pages_and_none_without_a_page(stage: Stage) -> None:
    async def run() -> None:
        before = watchers()
        streams = [stage.tail.follow(f"session {n}", "en", "", {}, [stage.part("a")]) for n in range(5)]
        for stream in streams:
            await following(stream)
        assert watchers() == before + 1
        for stream in streams:
            await stream.aclose()  # type: ignore[attr-defined]
        deadline = time.monotonic() + 20
        while watchers() > before:
            assert time.monotonic() < deadline
            await asyncio.sleep(0.02)
        # Whoever comes afterwards is served again.
        stream = stage.follow(stage.part("a"))
        await following(stream)
        stage.set("a", 1)
        assert await following(stream) == ("a: 1",)

    asyncio.run(run())


def test_streams_end_with_the_studio(stage: Stage) -> None:
    async def run() -> None:
        stream = stage.follow(stage.part("a"))
        await following(stream)
        stage.stopping.set()
        stage.tail.wake_all()
        with pytest.raises(StopAsyncIteration):
            await following(stream)

    asyncio.run(run())
