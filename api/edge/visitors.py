"""Tells visitors apart: by their login, their API key, a signed cookie, or at last their address."""

from __future__ import annotations

import base64
import hmac
import secrets
from collections.abc import Callable
from http.cookies import Morsel, SimpleCookie

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.edge.clients import client_of
from api.login import OPENED, SIGNED_IN, SignedIn
from studio import visitors
from studio.errors import StudioError
from studio.keys import ADMIN, Key
from studio.owner import check_owner
from studio.settings import Settings
from studio.visitors import OWNER, Visitor

COOKIE = "studio_visitor"
KEPT_S = 400 * 24 * 3600  # browsers keep none longer


class Visitors:
    """Pure ASGI, inside of login and keys: says who is asking, and gives pages a cookie to know them by."""

    def __init__(self, app: ASGIApp, settings: Settings, secret: Callable[[Scope], str]) -> None:
        self.app = app
        self._settings = settings
        self._secret = secret

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on, for somebody."""
        if scope["type"] not in {"http", "websocket"}:
            await self.app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        visitor = self._known(connection)
        if visitor is None:
            cookie = self._cookie(connection)
            # Programs keep no cookies, so they are given none; a page comes before all that it asks for.
            if cookie is None and _is_page(connection):
                cookie = secrets.token_urlsafe(18)
            visitor = self._named(f"cookie:{cookie}" if cookie else f"address:{self._address(scope)}")
            if cookie and _is_page(connection):
                send = self._giving(cookie, connection, send)
        scope.setdefault("state", {})[visitors.IN_STATE] = visitor
        with visitors.acting(visitor):
            await self.app(scope, receive, send)

    def _known(self, connection: HTTPConnection) -> Visitor | None:
        """The owner, or whoever has a login or a key."""
        state = connection.scope.get("state", {})
        key, signed_in = state.get(OPENED), state.get(SIGNED_IN)
        if isinstance(key, Key):
            return OWNER if ADMIN in key.scopes else self._named(f"key:{key.name}")
        if isinstance(signed_in, SignedIn):
            author = self._settings.space_author_name.lower()
            is_author = signed_in.at_hub and signed_in.name.lower() == author
            return self._named(f"hub:{signed_in.name}") if signed_in.at_hub and not is_author else OWNER
        return OWNER if self._is_here(connection) else None

    def _is_here(self, connection: HTTPConnection) -> bool:
        if self._settings.has_login:
            return False
        client = connection.client.host if connection.client else ""
        try:
            check_owner(
                self._settings, client, connection.headers.get("origin"), connection.headers.get("host")
            )
        except StudioError:
            return False
        return True

    def _named(self, name: str) -> Visitor:
        return Visitor(name, sees_only_own=self._settings.studio_private_galleries)

    def _cookie(self, connection: HTTPConnection) -> str | None:
        """Who an earlier page was, if we have signed it."""
        own, _, signature = connection.cookies.get(COOKIE, "").partition(".")
        expected = self._signature(own, connection.scope)
        return own if own and hmac.compare_digest(signature.encode(), expected.encode()) else None

    def _giving(self, cookie: str, connection: HTTPConnection, send: Send) -> Send:
        # On a Space the page is shown inside another site's frame, where only such cookies are kept.
        in_frame = bool(self._settings.space_host)
        morsel: Morsel[str] = SimpleCookie({COOKIE: f"{cookie}.{self._signature(cookie, connection.scope)}"})[
            COOKIE
        ]
        morsel.update(
            {
                "max-age": str(KEPT_S),
                "path": "/",
                "httponly": "true",
                "samesite": "none" if in_frame else "lax",
                "secure": "true" if in_frame or connection.url.scheme == "https" else "",
            }
        )

        async def with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.append("set-cookie", morsel.OutputString())
            await send(message)

        return with_cookie

    def _address(self, scope: Scope) -> str:
        # The records need not know where anybody lives.
        return self._signature(client_of(scope), scope)

    def _signature(self, text: str, scope: Scope) -> str:
        signed = hmac.digest(self._secret(scope).encode(), f"{COOKIE}\0{text}".encode(), "sha256")
        return base64.urlsafe_b64encode(signed).rstrip(b"=").decode("ascii")


def _is_page(connection: HTTPConnection) -> bool:
    """Whether somebody opens a page."""
    return connection.scope.get("method") == "GET" and "text/html" in connection.headers.get("accept", "")
