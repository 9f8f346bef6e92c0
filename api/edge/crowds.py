"""How many requests of one client are answered at once, so that one of them cannot take every place."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

from api.edge.clients import client_of
from api.paths import local_path
from api.problems import respond_error
from studio.errors import StudioError

PROBES = frozenset({"/api/v1/health/live", "/api/v1/health/ready"})  # whoever asks has to know in a crowd too


class Crowds:
    """Pure ASGI: counts what is under way for each client and refuses more than the limit; 0 is no limit."""

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self.app = app
        self.limit = limit
        self._under_way: dict[str, int] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, counted until its answer has ended."""
        if scope["type"] != "http" or not self.limit or local_path(scope) in PROBES:
            await self.app(scope, receive, send)
            return
        client = client_of(scope)
        count = self._under_way.get(client, 0)
        if count >= self.limit:
            error = StudioError("too_many_at_once", limit=self.limit)
            answer = respond_error(local_path(scope), error, headers={"Retry-After": "1"})
            await answer(scope, receive, send)
            return
        self._under_way[client] = count + 1
        try:
            await self.app(scope, receive, send)
        finally:
            left = self._under_way[client] - 1
            if left:
                self._under_way[client] = left
            else:
                del self._under_way[client]
