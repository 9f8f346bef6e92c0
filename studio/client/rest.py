"""The REST door: sends what verbs ask for, waits for jobs, and tells failures as the studio's own errors."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator
from typing import Any, TypeVar

import httpx

from studio.client.state import JobState
from studio.client.told import unreachable, what_was_answered
from studio.client.verbs import Ask, Verb, get, news_of
from studio.errors import StudioError

T = TypeVar("T")

CONNECT_S = 10.0
TIMEOUT = httpx.Timeout(300, connect=CONNECT_S)  # a sheet of large pictures, or a film, takes its time
SILENCE_S = 40.0  # of a stream whose server says something every 15 seconds
SOONEST_S, LATEST_S = 0.1, 1.0  # between two looks at a job; it grows while nothing changes
LOOKS = 20  # by the clock, before a stream is tried again
PATIENCE_S = 60.0  # how long a studio may be away while somebody waits, as for a restart
AWAY = frozenset({429, 502, 503, 504})  # or has too much to do


class Rest:
    """A studio behind an address."""

    def __init__(self, url: str, api_key: str | None = None) -> None:
        self.url = url.rstrip("/")
        self._http = httpx.Client(base_url=self.url, headers=_headers(api_key), timeout=TIMEOUT)

    def run(self, verb: Verb[T]) -> T:
        """Do it."""
        try:
            answer = self._http.send(_request(self._http, verb.ask))
        except httpx.HTTPError as error:
            raise unreachable(self.url, error) from error
        return what_was_answered(answer, verb.read)

    def follow(self, job_id: str, timeout_s: float) -> Iterator[JobState]:
        """The job now and after each change, until it is final or time is up."""
        pace = _Pace(timeout_s)
        with contextlib.closing(self._bells(job_id, pace)) as bells:
            while True:
                try:
                    now = self.run(get(job_id))
                except StudioError as error:
                    pace.bear(error)
                else:
                    if pace.is_news(now):
                        yield now
                    if now.is_final:
                        return
                if pace.left_s <= 0:
                    return
                next(bells)

    def _bells(self, job_id: str, pace: _Pace) -> Generator[None, None, None]:
        """Each step lasts until there may be news: by the stream while it lasts, else by the clock."""
        while True:
            with contextlib.suppress(httpx.HTTPError), self._http.stream(**pace.stream(job_id)) as answer:
                for line in answer.iter_lines() if answer.is_success else ():
                    if line.startswith("event:") or pace.left_s <= 0:
                        yield
            for _ in range(LOOKS):
                time.sleep(pace.pause_s)
                yield

    def close(self) -> None:
        """End the connections."""
        self._http.close()


class AsyncRest:
    """The same for callers that must not block."""

    def __init__(self, url: str, api_key: str | None = None) -> None:
        self.url = url.rstrip("/")
        self._http = httpx.AsyncClient(
            base_url=self.url, headers=_headers(api_key), timeout=TIMEOUT, limits=httpx.Limits()
        )

    async def run(self, verb: Verb[T]) -> T:
        """Do it."""
        try:
            answer = await self._http.send(_request(self._http, verb.ask))
        except httpx.HTTPError as error:
            raise unreachable(self.url, error) from error
        return what_was_answered(answer, verb.read)

    async def follow(self, job_id: str, timeout_s: float) -> AsyncIterator[JobState]:
        """The job now and after each change, until it is final or time is up."""
        pace = _Pace(timeout_s)
        async with contextlib.aclosing(self._bells(job_id, pace)) as bells:
            while True:
                try:
                    now = await self.run(get(job_id))
                except StudioError as error:
                    pace.bear(error)
                else:
                    if pace.is_news(now):
                        yield now
                    if now.is_final:
                        return
                if pace.left_s <= 0:
                    return
                await anext(bells)

    async def _bells(self, job_id: str, pace: _Pace) -> AsyncGenerator[None, None]:
        while True:
            with contextlib.suppress(httpx.HTTPError):
                async with self._http.stream(**pace.stream(job_id)) as answer:
                    if answer.is_success:
                        async for line in answer.aiter_lines():
                            if line.startswith("event:") or pace.left_s <= 0:
                                yield
            for _ in range(LOOKS):
                await asyncio.sleep(pace.pause_s)
                yield

    async def close(self) -> None:
        """End the connections."""
        await self._http.aclose()


class _Pace:
    """When to look again, what is new, and how long a studio that is away is waited for."""

    def __init__(self, timeout_s: float) -> None:
        self._until = time.monotonic() + timeout_s
        self._away_since: float | None = None
        self._seen: JobState | None = None
        self._pause_s = SOONEST_S

    @property
    def left_s(self) -> float:
        """How long there is still time."""
        return self._until - time.monotonic()

    @property
    def pause_s(self) -> float:
        """How long to sleep now."""
        return max(0.0, min(self._pause_s, self.left_s))

    def stream(self, job_id: str) -> dict[str, Any]:
        """What asks for a stream of news, no longer than there is time."""
        ask = news_of(job_id)
        silence = httpx.Timeout(CONNECT_S, read=max(SOONEST_S, min(SILENCE_S, self.left_s)))
        return {"method": ask.method, "url": ask.path, "params": dict(ask.query), "timeout": silence}

    def is_news(self, now: JobState) -> bool:
        """Whether the job is another than the last time."""
        self._away_since = None
        is_news = now != self._seen
        self._seen = now
        self._pause_s = SOONEST_S if is_news else min(self._pause_s * 1.3, LATEST_S)
        return is_news

    def bear(self, error: StudioError) -> None:
        """Go on when the studio is only away for a while; nothing else is borne."""
        now = time.monotonic()
        self._away_since = now if self._away_since is None else self._away_since
        is_away = error.code == "studio_unreachable" or error.status in AWAY
        if not is_away or now - self._away_since > PATIENCE_S:
            raise error
        self._pause_s = LATEST_S


def _headers(api_key: str | None) -> dict[str, str]:
    return {"User-Agent": "avatarforge-studio-client", **({"X-API-Key": api_key} if api_key else {})}


def _request(client: httpx.Client | httpx.AsyncClient, ask: Ask) -> httpx.Request:
    return client.build_request(
        ask.method,
        ask.path,
        params=dict(ask.query) or None,
        json=ask.body,
        headers=dict(ask.headers),
        files={"file": ask.file} if ask.file else None,
    )
