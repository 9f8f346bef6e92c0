"""The outermost layer: request ids in and out, security headers, the access log, how long answers take."""

from __future__ import annotations

import ipaddress
import logging
import re
import time
import uuid
from collections.abc import Sequence

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import problems
from studio import logs
from studio.metrics import HttpMeter

access = logging.getLogger("studio.access")

# As clients may name a request; anything else gets an id of ours, so that logs stay readable.
_SANE_ID = re.compile(rb"[A-Za-z0-9][A-Za-z0-9._:/+=-]{0,127}")
_JSON = b"application/json"
_PAGE = b"text/html"
_EVERYWHERE = (
    (b"x-content-type-options", b"nosniff"),
    # Addresses of the studio may name private things; other sites are not told which page led to them.
    (b"referrer-policy", b"same-origin"),
)
_FOR_JSON = (
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cache-control", b"no-store"),
)


class Envelope:
    """Pure ASGI, around everything else."""

    def __init__(
        self,
        app: ASGIApp,
        meter: HttpMeter,
        framed_by: Sequence[str] | None = None,
        *,
        believes_all: bool = False,
    ) -> None:
        self.app = app
        self.meter = meter
        self.believes_all = believes_all  # any client may say from where it comes
        # None: anybody may show the pages in a frame, as notebooks and Spaces do.
        self._for_pages = (
            ()
            if framed_by is None
            else ((b"content-security-policy", f"frame-ancestors {' '.join(framed_by)}".encode("latin-1")),)
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Give the request its id, pass it on and dress the answer."""
        if scope["type"] not in {"http", "websocket"}:
            await self.app(scope, receive, send)
            return
        request_id = _id_of(scope)
        scope.setdefault("state", {})["request_id"] = request_id
        if self.believes_all and _claims_to_be_here(scope):
            scope["client"] = None
        logs.begin_request(request_id, scope.get("method", ""), scope["path"])
        if scope["type"] == "websocket":
            await self.app(scope, receive, send)
            return
        begun = time.perf_counter()
        status = 0

        async def dressed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = self._dress(message.get("headers", ()), request_id)
                self.meter.observe(scope, status, time.perf_counter() - begun)
            await send(message)

        try:
            await (self.app if _is_known_version(scope) else _refuse_version)(scope, receive, dressed)
        finally:
            if access.isEnabledFor(logging.DEBUG):
                access.debug(
                    '%s "%s %s" %s, %.1f ms',
                    *(_host(scope), scope["method"], _address(scope)),
                    *(status or "unanswered", (time.perf_counter() - begun) * 1000),
                )

    def _dress(self, headers: Sequence[tuple[bytes, bytes]], request_id: str) -> list[tuple[bytes, bytes]]:
        there = {name.lower(): value for name, value in headers}
        kind = there.get(b"content-type", b"")
        extra = _FOR_JSON if kind.startswith(_JSON) else self._for_pages if kind.startswith(_PAGE) else ()
        added = [pair for pair in (*_EVERYWHERE, *extra) if pair[0] not in there]
        return [*headers, *added, (b"x-request-id", request_id.encode("ascii"))]


def _is_known_version(scope: Scope) -> bool:
    """Whether its words mean what we take them for; minor versions change nothing."""
    return scope["http_version"].partition(".")[0] in {"1", "2", "3"}


async def _refuse_version(scope: Scope, receive: Receive, send: Send) -> None:
    hint = "Ask in HTTP/1.1."
    answer = problems.respond(scope["path"], 505, "HTTP Version Not Supported", "invalid_request", hint)
    await answer(scope, receive, send)


def _claims_to_be_here(scope: Scope) -> bool:
    """Whether a header, which has no port, says that the client is on this machine."""
    host, port = scope.get("client") or ("", 1)
    try:
        return port == 0 and ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _id_of(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _SANE_ID.fullmatch(value):
            return value.decode("ascii")
    return f"req_{uuid.uuid4().hex}"


def _host(scope: Scope) -> str:
    client = scope.get("client")
    return client[0] if client else "-"


def _address(scope: Scope) -> str:
    # As it came, with what a line of a log cannot hold still encoded.
    raw: bytes = scope.get("raw_path") or scope["path"].encode("utf-8", "replace")
    query: bytes = scope.get("query_string", b"")
    return (raw + (b"?" + query if query else b"")).decode("latin-1")
