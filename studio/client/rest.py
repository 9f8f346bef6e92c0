"""The REST door: sends what verbs ask for, waits for jobs, and tells failures as the studio's own errors."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from typing import TypeVar

import httpx

from studio.client.state import JobState
from studio.client.told import unreachable, what_was_answered
from studio.client.verbs import Ask, Verb, get
from studio.errors import StudioError

T = TypeVar("T")

TIMEOUT = httpx.Timeout(300, connect=10)  # a sheet of large pictures, or a film, takes its time
SOONEST_S, LATEST_S = 0.1, 1.0  # between two looks at a job; it grows while nothing changes
PATIENCE_S = 60.0  # how long a studio may be away while somebody waits, as for a restart
AWAY = frozenset({502, 503, 504})


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
            pause_s = pace.pause_s()
            if pause_s is None:
                return
            time.sleep(pause_s)

    def close(self) -> None:
        """End the connections."""
        self._http.close()


class AsyncRest:
    """The same for callers that must not block."""

    def __init__(self, url: str, api_key: str | None = None) -> None:
        self.url = url.rstrip("/")
        self._http = httpx.AsyncClient(base_url=self.url, headers=_headers(api_key), timeout=TIMEOUT)

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
            pause_s = pace.pause_s()
            if pause_s is None:
                return
            await asyncio.sleep(pause_s)

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

    def pause_s(self) -> float | None:
        """How long to sleep now; None when time is up."""
        left = self._until - time.monotonic()
        return None if left <= 0 else min(self._pause_s, left)


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
