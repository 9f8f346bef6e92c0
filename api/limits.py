"""Body limits, before anything is parsed: a request that is too large is refused while it arrives."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import respond_error
from studio.errors import StudioError


class BodyLimit:
    """Pure ASGI: counts body bytes and answers 413 in the path's own error shape."""

    def __init__(self, app: ASGIApp, limit_for: Callable[[str], int]) -> None:
        self.app = app
        self.limit_for = limit_for

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with its body counted."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        path = scope["path"]
        limit = self.limit_for(path)
        refusal = StudioError("body_too_large", limit_mb=limit / 2**20)
        length = dict(scope["headers"]).get(b"content-length", b"0")
        if not length.isdigit() or int(length) > limit:
            await respond_error(path, refusal)(scope, receive, send)
            return
        seen, over, started = 0, False, False

        async def counted() -> Message:
            nonlocal seen, over
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > limit:
                over = True
                raise _TooLargeError
            return message

        async def noted(message: Message) -> None:
            nonlocal started
            if over and not started:
                return  # whatever the app made of the broken-off body, the refusal below is the answer
            started = True
            await send(message)

        with contextlib.suppress(_TooLargeError):
            await self.app(scope, counted, noted)
        if over and not started:
            await respond_error(path, refusal)(scope, receive, send)


class _TooLargeError(Exception):
    """Raised out of `receive`, so that whoever reads the body stops."""
