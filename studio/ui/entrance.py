"""What the browser is told before Gradio's own script runs: the language that a person chose."""

from __future__ import annotations

import json
from http.cookies import CookieError, SimpleCookie

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from studio.ui.texts import BROWSER_NAMES, COOKIE, LANGUAGES

# Gradio asks the browser for its language and has no way to choose another one.
SPEAK = "<script>Object.defineProperty(navigator,'language',{get:()=>%s,configurable:true})</script>"


class Entrance:
    """Puts the chosen language into the page, where one was chosen."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve; only the page itself is changed."""
        language = _chosen(scope) if scope["type"] == "http" and scope["method"] == "GET" else ""
        if not language or scope["path"].rstrip("/") != scope.get("root_path", "").rstrip("/"):
            await self.app(scope, receive, send)
            return
        name = BROWSER_NAMES.get(language, (language,))[0]
        begun: Message | None = None
        body = bytearray()

        async def add(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = message
                return
            body.extend(message.get("body", b""))
            if message.get("more_body") or begun is None:
                return
            page = bytes(body)
            if "html" in Headers(raw=begun["headers"]).get("content-type", ""):
                page = page.replace(b"<head>", b"<head>" + (SPEAK % json.dumps(name)).encode(), 1)
                MutableHeaders(raw=begun["headers"])["content-length"] = str(len(page))
            await send(begun)
            await send({"type": "http.response.body", "body": page})

        await self.app(scope, receive, add)


def _chosen(scope: Scope) -> str:
    try:
        cookies = SimpleCookie(Headers(scope=scope).get("cookie", ""))
    except CookieError:  # somebody else's cookie on the same host
        return ""
    language = cookies[COOKIE].value if COOKIE in cookies else ""
    return language if language in LANGUAGES else ""
