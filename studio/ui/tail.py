"""What lives on an open page: one stream each, woken by the records' commits, sending only what changed."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sqlite3
import threading
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import gradio as gr
from starlette.concurrency import run_in_threadpool

from studio.errors import StudioError
from studio.records.entities import Job
from studio.ui import texts
from studio.ui.heard import Heard

if TYPE_CHECKING:
    from gradio.components import Component

    from studio.assembly import Studio

log = logging.getLogger(__name__)

SHORTEST_S = 0.1  # between two looks of one page, so that a storm of commits costs little
LONGEST_S = 20.0  # without any commit: what changes by itself, as the figures of a server
MOST_EARLY = 500  # pages whose stream has not begun, or never will
WATCH_S = 1.0  # how soon the watcher notices that nobody looks any more


@dataclass
class Page:
    """One open page: what it shows, and how it is woken."""

    language: str
    tab: str = ""
    shown: dict[str, str] = field(default_factory=dict)  # the job that a tab shows, by the tab's name
    is_owner: bool = False
    loop: asyncio.AbstractEventLoop | None = None
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    turn: int = 0  # how often it has gone to another tab, as far as is known here

    def wake(self) -> None:
        """Have it look again; from any thread."""
        if self.loop is not None and not self.loop.is_closed():
            with contextlib.suppress(RuntimeError):  # the loop may close between the two lines
                self.loop.call_soon_threadsafe(self.changed.set)


class Sight:
    """What one page sees at one moment; everything is read once, however many parts of the page show it."""

    def __init__(self, studio: Studio, page: Page, heard: Heard) -> None:
        self.studio = studio
        self.heard = heard
        self.page = page
        self.say: Callable[..., str] = partial(texts.say, page.language)
        self._jobs: dict[str, Job | StudioError | None] = {}

    def job(self, name: str) -> Job | StudioError | None:
        """The job that a tab shows, or why it cannot be shown; None when it shows none."""
        if name not in self._jobs:
            job_id = self.page.shown.get(name, "")
            try:
                self._jobs[name] = self.studio.jobs.get(job_id) if job_id else None
            except StudioError as error:
                self._jobs[name] = error
        return self._jobs[name]

    @cached_property
    def servers(self) -> list[dict[str, Any]]:
        """The health of every server."""
        return self.studio.pool.health()


@dataclass(frozen=True)
class Live:
    """One part of the page that the stream keeps up to date."""

    component: Component
    show: Callable[[Sight], Any]
    tab: str = ""  # looked at only while this tab is open; empty: always


class Tail:
    """Every open page, and one thread for all of them that waits on the records."""

    def __init__(self, studio: Studio) -> None:
        self.studio = studio
        self._pages: dict[str, Page] = {}
        self._early: OrderedDict[str, Page] = OrderedDict()
        self._lock = threading.Lock()
        self._watcher: threading.Thread | None = None
        self.heard = Heard(self.wake_all)
        studio.pool.subscribe(self.heard.hear)

    def page(self, session: str | None) -> Page | None:
        """The open page of a Gradio session."""
        return self._pages.get(session or "")

    def show(self, session: str | None, tab: str, job_id: str) -> None:
        """Have a page show a job in one of its tabs."""
        page = self._page_or_early(session)
        page.shown[tab] = job_id
        page.wake()

    def open_tab(self, session: str | None, tab: str, turn: int = 0) -> None:
        """Note which tab somebody looks at; what is told late is not what is looked at now."""
        page = self._page_or_early(session)
        if turn >= page.turn:
            page.tab, page.turn = tab, turn
            page.wake()

    def _page_or_early(self, session: str | None) -> Page:
        """The open page, or what is known of one whose stream has not begun yet."""
        session = session or ""
        with self._lock:
            if session not in self._pages and session not in self._early:
                self._early[session] = Page(texts.DEFAULT)
                while len(self._early) > MOST_EARLY:
                    self._early.popitem(last=False)
            return self._pages.get(session) or self._early[session]

    def wake_all(self) -> None:
        """Have every page look again."""
        for page in list(self._pages.values()):
            page.wake()

    async def follow(
        self,
        session: str,
        language: str,
        tab: str,
        shown: Mapping[str, str],
        parts: Sequence[Live],
        *,
        is_owner: bool = False,
    ) -> AsyncIterator[tuple[Any, ...]]:
        """The live parts of a page, now and after each change, until the page is closed."""
        page = Page(language, tab, dict(shown), is_owner, asyncio.get_running_loop())
        with self._lock:
            if early := self._early.pop(session, None):
                page.tab, page.turn = early.tab or page.tab, early.turn
                page.shown |= early.shown
            self._pages[session] = page
        self._watch()
        sent: list[Any] = [_NEVER] * len(parts)
        try:
            while not self.studio.stopping.is_set():
                page.changed.clear()
                values = await run_in_threadpool(self._look, page, parts, sent)
                if any(value is not _SAME for value in values):
                    sent = [old if new is _SAME else new for old, new in zip(sent, values, strict=True)]
                    yield tuple(gr.skip() if value is _SAME else value for value in values)
                await asyncio.sleep(SHORTEST_S)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(page.changed.wait(), LONGEST_S)
        finally:
            if self._pages.get(session) is page:
                del self._pages[session]

    def _look(self, page: Page, parts: Sequence[Live], sent: Sequence[Any]) -> list[Any]:
        sight = Sight(self.studio, page, self.heard)
        found: list[Any] = []
        for part, old in zip(parts, sent, strict=True):
            if part.tab and part.tab != page.tab:
                found.append(_SAME)
                continue
            try:
                value = part.show(sight)
            except Exception:  # one part's fault must not take all the others off the page
                log.exception("a part of the page cannot be shown")
                value = old
            found.append(_SAME if value == old else value)
        return found

    def _watch(self) -> None:
        """Start the thread that waits, unless it runs."""
        with self._lock:
            if self._watcher is None:
                self._watcher = threading.Thread(target=self._wait, name="pages", daemon=True)
                self._watcher.start()

    def _wait(self) -> None:
        database, stopping = self.studio.database, self.studio.stopping
        try:
            moment = database.commits
            while True:
                with self._lock:
                    if stopping.is_set() or not self._pages:
                        self._watcher = None
                        break
                now = database.wait(moment, WATCH_S)
                if now != moment:
                    moment = now
                    self.wake_all()
        except sqlite3.ProgrammingError:
            # The records are closed under our feet when the studio stops, and then nobody looks any more.
            if not stopping.is_set():
                raise
            log.debug("the records were closed while pages were open")
        self.wake_all()


class _Marker:
    """Unlike everything that a part may show."""


_NEVER, _SAME = _Marker(), _Marker()
