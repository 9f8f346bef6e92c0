"""What every route that makes jobs understands: `Idempotency-Key`, `Prefer: wait` and `Cancel-After`."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any

from fastapi import Depends, Header, Request, Response
from starlette.concurrency import run_in_threadpool

from studio.assembly import Studio
from studio.errors import StudioError
from studio.following import Following
from studio.jobs import IdempotencyKey
from studio.records.entities import Job

MOST_WAIT_S = 60
_WAIT = re.compile(r'(?:^|[,;\s])wait(?:\s*=\s*"?(\d{1,9})"?)?(?=$|[,;\s])', re.IGNORECASE)
_UNITS_S = {"": 1, "s": 1, "m": 60, "h": 3600}


@dataclass(frozen=True)
class Wishes:
    """How a client wants its work to be taken."""

    key: str | None
    wait_s: int | None
    cancel_after_s: float | None


def wishes(
    idempotency_key: Annotated[
        str | None,
        Header(
            alias="Idempotency-Key",
            description="Sending it twice makes one job; another request under the same key is refused",
            max_length=255,
        ),
    ] = None,
    prefer: Annotated[
        list[str],
        Header(alias="Prefer", description="`wait=10`: answer when it is finished, after 10 seconds at most"),
    ] = [],  # noqa: B006
    cancel_after: Annotated[
        str | None,
        Header(
            alias="Cancel-After",
            description="Cancel it unless it is finished after so many seconds; also as 90s, 5m or 1h",
            pattern=r"^[1-9][0-9]{0,6}[smh]?$",
        ),
    ] = None,
) -> Wishes:
    """Read the three headers."""
    seconds = None
    if cancel_after is not None:
        number = cancel_after.rstrip("smh")
        seconds = float(number) * _UNITS_S[cancel_after[len(number) :]]
    return Wishes(idempotency_key or None, wait_of(",".join(prefer)), seconds)


WishesDep = Annotated[Wishes, Depends(wishes)]


def wait_of(prefer: str) -> int | None:
    """How long a `Prefer` header would wait; what else it prefers is not for us to say anything about."""
    found = _WAIT.search(prefer)
    if found is None:
        return None
    return min(int(found[1]), MOST_WAIT_S) if found[1] is not None else MOST_WAIT_S


def fingerprint(route: str, asked: Any) -> str:
    """A hash that equal requests to one route share."""
    text = json.dumps([route, asked], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


async def create(
    request: Request,
    response: Response,
    studio: Studio,
    wishes: Wishes,
    scope: str,
    submit: Callable[[IdempotencyKey | None, float | None], Job],
    fingerprint: str = "",
    settle: Callable[[Job], Job] | None = None,
) -> Job:
    """Make a job as its client wishes; `submit` gets the key and after how many seconds to cancel.

    `scope` keeps the keys of families apart. Without a `fingerprint` the job's own request is compared.
    `settle` has the job once it is recorded, and may wait for a moment until it is as its family tells it.
    """
    began = time.time()
    key = IdempotencyKey(scope, wishes.key, fingerprint) if wishes.key else None
    with _in_flight(request, key):
        job = await run_in_threadpool(submit, key, wishes.cancel_after_s)
    if settle is not None:
        job = await run_in_threadpool(settle, job)
    if key is not None and job.created_at < began:
        response.headers["Idempotent-Replayed"] = "true"
    if wishes.wait_s is not None:
        response.headers["Preference-Applied"] = f"wait={wishes.wait_s}"
        job = await following_of(request, studio).until_final(job.id, wishes.wait_s)
    return job


async def create_all(
    request: Request,
    response: Response,
    studio: Studio,
    wishes: Wishes,
    scope: str,
    submit: Callable[[NumberedKeys, float | None], Sequence[Job]],
    fingerprint: str,
) -> list[Job]:
    """The same for routes that make several jobs at once; `submit` asks for a key for each by its number."""
    key = IdempotencyKey(scope, wishes.key, fingerprint) if wishes.key else None
    keys = NumberedKeys(key)

    def known_or_new() -> tuple[list[Job], bool]:
        known = keys.submitted(studio)
        return (known, True) if known else (list(submit(keys, wishes.cancel_after_s)), False)

    with _in_flight(request, key):
        jobs, is_replay = await run_in_threadpool(known_or_new)
    if is_replay:
        response.headers["Idempotent-Replayed"] = "true"
    if wishes.wait_s is not None:
        response.headers["Preference-Applied"] = f"wait={wishes.wait_s}"
        following = following_of(request, studio)
        ends = time.monotonic() + wishes.wait_s
        jobs = [await following.until_final(job.id, max(0.0, ends - time.monotonic())) for job in jobs]
    return jobs


@dataclass(frozen=True)
class NumberedKeys:
    """One client's key as a key for each of several jobs."""

    key: IdempotencyKey | None

    def __call__(self, number: int) -> IdempotencyKey | None:
        """The key of a job by its number, if the client has sent any."""
        return self.key and replace(self.key, key=f"{self.key.key}\n{number}")

    def submitted(self, studio: Studio) -> list[Job]:
        """The jobs that were made under the key, in their order."""
        found: list[Job] = []
        while (key := self(len(found))) is not None and (job := studio.jobs.submitted(key)):
            found.append(job)
        return found


@contextlib.contextmanager
def _in_flight(request: Request, key: IdempotencyKey | None) -> Iterator[None]:
    """Refuse a second request under a key while the first one is being worked on; runs on the event loop."""
    if key is None:
        yield
        return
    state = request.app.state
    if not hasattr(state, "keys_in_flight"):
        state.keys_in_flight = set()
    own = (key.scope, key.key)
    if own in state.keys_in_flight:
        raise StudioError("idempotency_in_flight")
    state.keys_in_flight.add(own)
    try:
        yield
    finally:
        state.keys_in_flight.discard(own)


def following_of(request: Request, studio: Studio) -> Following:
    """Whoever follows jobs, let go of when the server begins to stop."""
    state = request.app.state
    if not hasattr(state, "letting_go") or state.letting_go.done():
        state.letting_go = asyncio.create_task(_let_go(state.stopping, studio.following))
    return studio.following


async def _let_go(stopping: asyncio.Event, following: Following) -> None:
    await stopping.wait()
    following.end()
