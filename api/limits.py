"""Body limits, before anything is parsed: what is too large or too slow is refused while it arrives."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.paths import local_path
from api.problems import respond_error
from studio.errors import StudioError

SLOWEST_BYTES_PER_S = 1000  # over the whole body, beside the patience that every client gets
MAX_DRAIN = 64 * 1024 * 1024  # read and thrown away, so that a client that still sends gets to read why
DRAIN_S = 10.0


class BodyLimit:
    """Pure ASGI: counts body bytes and answers 413 in the path's own error shape."""

    def __init__(self, app: ASGIApp, limit_for: Callable[[str], int | None]) -> None:
        self.app = app
        self.limit_for = limit_for

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with its body counted."""
        path = local_path(scope) if scope["type"] == "http" else ""
        limit = self.limit_for(path) if path else None
        if limit is None:
            await self.app(scope, receive, send)
            return
        refuse = respond_error(path, StudioError("body_too_large", limit_mb=limit / 2**20))
        headers = dict(scope["headers"])
        length = headers.get(b"content-length", b"0")
        if not length.isdigit() or int(length) > limit:
            if headers.get(b"expect", b"").lower() != b"100-continue":
                await _drain(receive)
            await refuse(scope, receive, send)
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
            await _drain(receive)
            await refuse(scope, receive, send)


async def _drain(receive: Receive) -> None:
    """Read on for a bounded while: a client that still sends would find the door shut, not the answer."""
    read = 0
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(DRAIN_S):
            while read < MAX_DRAIN:
                message = await receive()
                read += len(message.get("body", b""))
                if not message.get("more_body", False):
                    return


class _TooLargeError(Exception):
    """Raised out of `receive`, so that whoever reads the body stops."""
