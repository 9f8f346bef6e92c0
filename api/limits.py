"""Body limits, before anything is parsed: what is too large or too slow is refused while it arrives."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.paths import local_path
from api.problems import respond_error
from studio.errors import StudioError

SLOWEST_BYTES_PER_S = 1000  # over the whole body, beside the patience that every client gets
MAX_DRAIN = 64 * 1024 * 1024  # read and thrown away, so that a client that still sends gets to read why
DRAIN_S = 10.0


class BodyLimit:
    """Pure ASGI: counts bytes and seconds of bodies, and answers 413 or 408 in the path's own error shape."""

    def __init__(
        self, app: ASGIApp, limit_for: Callable[[str], int | None], patience_s: float = 30.0
    ) -> None:
        self.app = app
        self.limit_for = limit_for
        self.patience_s = patience_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with its body counted; a path without a limit is only hurried."""
        headers = dict(scope["headers"]) if scope["type"] == "http" else {}
        if not (headers.get(b"content-length", b"0") != b"0" or b"transfer-encoding" in headers):
            await self.app(scope, receive, send)
            return
        path = local_path(scope)
        limit = self.limit_for(path)
        too_large = StudioError("body_too_large", limit_mb=(limit or 0) / 2**20)
        length = headers.get(b"content-length", b"0")
        if limit is not None and (not length.isdigit() or int(length) > limit):
            if headers.get(b"expect", b"").lower() != b"100-continue":
                await _drain(receive)
            await respond_error(path, too_large)(scope, receive, send)
            return
        seen, waited_s, ended, started = 0, 0.0, False, False
        problem: StudioError | None = None

        async def counted() -> Message:
            nonlocal seen, waited_s, ended, problem
            if ended:
                return await receive()  # what is awaited now is that the client leaves
            begun = time.monotonic()
            try:
                # Only the client's own time counts, not what we do with the bytes.
                async with asyncio.timeout(self.patience_s + seen / SLOWEST_BYTES_PER_S - waited_s):
                    message = await receive()
            except TimeoutError as error:
                problem = StudioError("body_too_slow")
                raise _BrokenOffError from error
            waited_s += time.monotonic() - begun
            seen += len(message.get("body", b""))
            ended = not message.get("more_body", False)
            if limit is not None and seen > limit:
                problem = too_large
                raise _BrokenOffError
            return message

        async def noted(message: Message) -> None:
            nonlocal started
            if problem is not None and not started:
                return  # whatever the app made of the broken-off body, the refusal below is the answer
            started = True
            await send(message)

        with contextlib.suppress(_BrokenOffError):
            await self.app(scope, counted, noted)
        if problem is not None and not started:
            if problem is too_large:
                await _drain(receive)
            close = {"Connection": "close"} if problem is not too_large else None
            await respond_error(path, problem, headers=close)(scope, receive, send)


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


class _BrokenOffError(Exception):
    """Raised out of `receive`, so that whoever reads the body stops."""
