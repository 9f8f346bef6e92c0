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

from studio.comfy import events
from studio.comfy.pool import Pool
from studio.records import memory, open_database
from studio.ui.heard import MOST, Heard, Steps
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


def watchers() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if thread.name == "pages"}


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


def test_what_is_done_before_the_stream_begins_is_not_lost(stage: Stage) -> None:
    async def run() -> None:
        stage.tail.open_tab("session", "second")
        stage.tail.show("session", "avatar", "one")
        shown = Live(cast(Any, None), lambda sight: sight.page.shown.get("avatar", "none"))
        stream = stage.follow(stage.part("a", "first"), stage.part("b", "second"), shown)
        assert await following(stream) == (NOTHING, "b: 0", "one")
        # It is said once: whoever loads the page again begins anew.
        await stream.aclose()  # type: ignore[attr-defined]
        again = stage.follow(stage.part("a", "first"), stage.part("b", "second"), shown)
        assert await following(again) == ("a: 0", NOTHING, "none")

    asyncio.run(run())


def test_one_thread_for_all_pages_and_none_without_a_page(stage: Stage) -> None:
    async def run() -> None:
        before = watchers()  # of tests before this one, which may be ending
        streams = [stage.tail.follow(f"session {n}", "en", "", {}, [stage.part("a")]) for n in range(5)]
        for stream in streams:
            await following(stream)
        assert len(watchers() - before) == 1
        for stream in streams:
            await stream.aclose()  # type: ignore[attr-defined]
        deadline = time.monotonic() + 20
        while watchers() - before:
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


def test_a_part_that_cannot_be_shown_leaves_the_others_alone(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(sight: Sight) -> str:
        if memory.recall(stage.database, "a", 0) == 1:
            raise KeyError("what nobody foresaw")
        return "whole"

    async def run() -> None:
        stream = stage.follow(Live(cast(Any, None), broken), stage.part("a"))
        assert await following(stream) == ("whole", "a: 0")
        stage.set("a", 1)
        assert await following(stream) == (NOTHING, "a: 1")

    asyncio.run(run())
    assert "cannot be shown" in caplog.text


class Server:
    """As much of a server as those who hear it look at."""

    def __init__(self, url: str) -> None:
        self.url = url


def hear(heard: Heard, url: str, *told: events.Event) -> None:
    for event in told:
        heard.hear(cast(Any, Server(url)), event)


def test_steps_are_those_that_a_server_counts() -> None:
    heard = Heard(lambda: None)
    hear(heard, "one", events.Progress("a", "3", 7, 20), events.Progress("b", "3", 0, 30))
    assert heard.steps("a") == Steps(7, 20)
    assert heard.steps("b") == Steps(1, 30)
    # A node that does not count says nothing of steps.
    hear(heard, "one", events.Progress("c", "3", 1, 1))
    assert heard.steps("c") is None
    assert heard.steps(None) is None
    hear(heard, "one", events.Succeeded("a"))
    assert heard.steps("a") is None
    for number in range(MOST + 5):
        hear(heard, "one", events.Progress(str(number), "3", 1, 2))
    assert heard.steps("b") is None


def test_what_a_server_says_is_shown_until_it_takes_it_back() -> None:
    woken: list[int] = []
    heard = Heard(lambda: woken.append(1))
    hear(heard, "one", events.Said("a", "3", "getting ready"))
    assert (heard.said("one"), heard.said("two"), len(woken)) == ("getting ready", "", 1)
    hear(heard, "one", events.Said("a", "3", ""))
    assert (heard.said("one"), len(woken)) == ("", 2)
    for end in (events.Interrupted("a"), events.Offline()):
        hear(heard, "one", events.Said("a", "3", "getting ready"), events.Said("b", "3", "busy"))
        hear(heard, "one", end, events.Succeeded("b"))
        assert heard.said("one") == ""
