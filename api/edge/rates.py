"""How many requests of one client are answered in a minute, where an API family documents a limit."""

from __future__ import annotations

import functools
import logging
import re
import time
from dataclasses import dataclass
from typing import Any, cast

from limits import RateLimitItem, parse
from limits.errors import ConfigurationError
from limits.storage import Storage, storage_from_string
from limits.strategies import SlidingWindowCounterRateLimiter
from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.edge.clients import client_of
from api.paths import local_path
from api.problems import respond_error
from studio.errors import StudioError
from studio.settings import Settings

log = logging.getLogger(__name__)

STORAGE_TIMEOUT_S = 1.0
COMPLAIN_EVERY_S = 60.0
REST_S = 5.0  # after a failure; each request would wait for the storage's silence otherwise
OFF = "off"


@dataclass(frozen=True)
class Bucket:
    """Requests that are counted together."""

    name: str
    methods: frozenset[str]
    paths: re.Pattern[str]

    @property
    def setting(self) -> str:
        """The setting with its limit."""
        return f"rate_limit_{self.name}"


def _bucket(name: str, methods: str, paths: str) -> Bucket:
    return Bucket(name, frozenset(methods.split()), re.compile(paths))


# The first that fits counts. Families whose documents name no limit are not in it.
BUCKETS = (
    _bucket("media_create", "POST", r"/api/v1/jobs/generate/?"),
    _bucket("media_status", "GET HEAD", r"/api/v1/jobs(/.*)?"),
    _bucket("ai_image", "POST", r"/api/(generate/image(/ab-test)?|characters/[^/]+/generate/image)/?"),
    _bucket("ai_image", "POST", r"/api/(generate/video|workflows/[^/]+/run|comfyui/queue)/?"),
    _bucket("ai_text", "POST", r"/api/(generate/text|characters/[^/]+/generate/content)/?"),
    # Files are what a page full of results loads; they are counted for nobody.
    _bucket(
        "ai_content",
        "GET HEAD PUT POST DELETE",
        r"/api/content/(?!library/(?!batch/)[^/]+/(preview|download)/?$).*",
    ),
    _bucket("ai_characters", "GET HEAD PUT POST DELETE", r"/api/characters(/.*)?"),
)


@dataclass(frozen=True)
class Taken:
    """What became of one request in its bucket."""

    allowed: bool
    limit: int
    remaining: int
    reset_at: float

    @property
    def headers(self) -> dict[str, str]:
        """What clients are told with every answer."""
        told = {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(self.remaining),
            "X-RateLimit-Reset": str(int(self.reset_at) + 1),
        }
        return told if self.allowed else told | {"Retry-After": str(self.wait_s)}

    @property
    def wait_s(self) -> int:
        """Whole seconds after which another try makes sense."""
        return max(1, int(self.reset_at - time.time()) + 1)


class RateLimits:
    """Pure ASGI: counts by bucket and client, tells how much is left, and answers 429 beyond that."""

    def __init__(self, app: ASGIApp, settings: Settings, storage: Storage) -> None:
        self.app = app
        self._limits: dict[str, str] = {
            bucket.setting: getattr(settings, bucket.setting) for bucket in BUCKETS
        }
        self._in_memory = not settings.rate_limit_storage_url
        self._storage_errors = storage.base_exceptions
        self._limiter = SlidingWindowCounterRateLimiter(storage)
        self._complained_at = -COMPLAIN_EVERY_S
        self._asked_again_at = 0.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on unless its bucket is empty."""
        found = self._find(scope) if scope["type"] == "http" else None
        taken = await self._take(*found, client_of(scope)) if found else None
        if taken is None:
            await self.app(scope, receive, send)
        elif taken.allowed:
            told = [(name.lower().encode(), value.encode()) for name, value in taken.headers.items()]

            async def with_counts(message: Message) -> None:
                if message["type"] == "http.response.start":
                    message["headers"] = [*message.get("headers", ()), *told]
                await send(message)

            await self.app(scope, receive, with_counts)
        else:
            assert found is not None
            error = StudioError("rate_limited", limit=found[1], wait_s=taken.wait_s)
            await respond_error(local_path(scope), error, headers=taken.headers)(scope, receive, send)

    def _find(self, scope: Scope) -> tuple[Bucket, RateLimitItem] | None:
        path, method = local_path(scope), scope["method"]
        if not path.startswith("/api"):
            return None
        for bucket in BUCKETS:
            if method in bucket.methods and bucket.paths.fullmatch(path):
                limit = _changed(scope).get(bucket.setting) or self._limits[bucket.setting]
                if limit != OFF:
                    return bucket, _parse(limit)
        return None

    async def _take(self, bucket: Bucket, limit: RateLimitItem, client: str) -> Taken | None:
        if self._in_memory:
            return self._count(bucket, limit, client)
        if time.monotonic() < self._asked_again_at:
            return None
        try:
            return await run_in_threadpool(self._count, bucket, limit, client)
        except self._storage_errors as error:  # the studio goes on without limits
            now = time.monotonic()
            self._asked_again_at = now + REST_S
            if now - self._complained_at > COMPLAIN_EVERY_S:
                self._complained_at = now
                log.error("RATE_LIMIT_STORAGE_URL does not answer, so nothing is limited: %s", error)
            return None

    def _count(self, bucket: Bucket, limit: RateLimitItem, client: str) -> Taken:
        allowed = self._limiter.hit(limit, bucket.name, client)
        window = self._limiter.get_window_stats(limit, bucket.name, client)
        return Taken(allowed, limit.amount, window.remaining if allowed else 0, window.reset_time)


def _changed(scope: Scope) -> dict[str, str]:
    """The limits that were changed while the studio runs."""
    studio = getattr(scope["app"].state, "studio", None) if "app" in scope else None
    return studio.overrides.rate_limits if studio is not None else {}


@functools.lru_cache(256)
def _parse(limit: str) -> RateLimitItem:
    return parse(limit)


def check_storage(settings: Settings) -> None:
    """Refuse a storage that cannot be used, before anything is started."""
    if settings.rate_limit_enabled:
        open_storage(settings.rate_limit_storage_url)


def open_storage(url: str) -> Storage:
    """Where the counts are kept: this process, or a Redis that several of them share."""
    options: dict[str, Any] = {}
    if url:
        options = {"socket_timeout": STORAGE_TIMEOUT_S, "socket_connect_timeout": STORAGE_TIMEOUT_S}
    try:
        return cast(Storage, storage_from_string(url or "memory://", **options))
    except (ConfigurationError, ValueError) as error:
        raise StudioError("rate_storage_unusable", why=str(error).rstrip(".")) from error
