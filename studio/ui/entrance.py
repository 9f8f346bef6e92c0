"""How the page goes out: small, in the language of who asks, and with assets that browsers may keep."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections import OrderedDict
from http.cookies import CookieError, SimpleCookie
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from studio.ui.texts import BROWSER_NAMES, COOKIE, DEFAULT, LANGUAGES, language_of

# Gradio asks the browser for its language and has no way to choose another one.
SPEAK = "<script>Object.defineProperty(navigator,'language',{get:()=>%s,configurable:true})</script>"
TABLES = '"i18n_translations":'
ASSETS = "/assets/"  # Gradio names these by their contents
KEPT_PAGES = 16  # one for each language and address, packed


class Entrance:
    """Changes the page itself on its way out, and lets everything else pass."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._packed: OrderedDict[bytes, bytes] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve."""
        if scope["type"] != "http" or scope["method"] != "GET":
            await self.app(scope, receive, send)
            return
        path, root = scope["path"], scope.get("root_path", "").rstrip("/")
        if path.removeprefix(root).startswith(ASSETS):
            await self._keep(scope, receive, send)
        elif path.rstrip("/") == root:
            await self._page(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _keep(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def mark(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] == 200:
                MutableHeaders(raw=message["headers"])["cache-control"] = (
                    "private, max-age=31536000, immutable"
                )
            await send(message)

        await self.app(scope, receive, mark)

    async def _page(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked = Headers(scope=scope)
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
            page, headers = bytes(body), MutableHeaders(raw=begun["headers"])
            if "html" in headers.get("content-type", "") and "content-encoding" not in headers:
                page = _in_language(page, asked)
                headers["vary"] = "Accept-Encoding, Accept-Language, Cookie"
                if "gzip" in asked.get("accept-encoding", ""):
                    page = self._pack(page)
                    headers["content-encoding"] = "gzip"
                headers["content-length"] = str(len(page))
            await send(begun)
            await send({"type": "http.response.body", "body": page})

        await self.app(scope, receive, add)

    def _pack(self, page: bytes) -> bytes:
        """Pages are nearly always the same, and packing one takes longer than everything else here."""
        key = hashlib.sha256(page).digest()
        if key not in self._packed:
            self._packed[key] = gzip.compress(page, 6)
            while len(self._packed) > KEPT_PAGES:
                self._packed.popitem(last=False)
        return self._packed[key]


def _in_language(page: bytes, asked: Headers) -> bytes:
    """The page with the words of one language beside English, and that one chosen if somebody chose it."""
    cookies = _cookies(asked)
    language = language_of(cookies, asked.get("accept-language", ""))
    page = _with_words_of(page, language)
    if cookies.get(COOKIE, "") in LANGUAGES:
        name = BROWSER_NAMES.get(language, (language,))[0]
        page = page.replace(b"<head>", b"<head>" + (SPEAK % json.dumps(name)).encode(), 1)
    return page


def _with_words_of(page: bytes, language: str) -> bytes:
    text = page.decode()
    start = text.find(TABLES)
    if start < 0:
        return page
    start += len(TABLES)
    try:
        tables, end = json.JSONDecoder().raw_decode(text, start)
    except ValueError:  # written otherwise than we know; then the page has all languages
        return page
    names = {DEFAULT, language, *BROWSER_NAMES.get(language, ())}
    kept = _for_html({name: tables[name] for name in sorted(names & tables.keys())})
    return f"{text[:start]}{kept}{text[end:]}".encode()


def _for_html(value: Any) -> str:
    """JSON that no browser takes for the end of its script."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for letter in "<>&'":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return text


def _cookies(asked: Headers) -> dict[str, str]:
    try:
        return {name: one.value for name, one in SimpleCookie(asked.get("cookie", "")).items()}
    except CookieError:  # somebody else's cookie on the same host
        return {}
