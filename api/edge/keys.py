"""Which routes ask for an API key, and which keys open which routes where a login is on."""

from __future__ import annotations

import re
import urllib.parse
from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from api.edge.clients import client_of
from api.login import OPENED, Tries
from api.paths import local_path
from api.problems import respond_error
from studio.errors import StudioError
from studio.keys import ADMIN, Key, find_key

WRONG_TRIES = 30
WRONG_TRIES_S = 300.0
_QUERY = "api_key"
READING = frozenset({"GET", "HEAD"})


@dataclass(frozen=True)
class Area:
    """Routes that one scope opens."""

    scope: str  # empty: every key opens them
    paths: re.Pattern[str]
    needs_key: bool = False  # whether nobody comes in without a key, once API_KEY is set
    key_in_address: bool = False  # whether the documents allow ?api_key=
    methods: frozenset[str] | None = None  # all of them, unless some are named


def _area(scope: str, paths: str, **more: bool | frozenset[str]) -> Area:
    return Area(scope, re.compile(paths), **more)  # pyright: ignore[reportArgumentType]


# The first that fits counts. What is in no area, such as the pages, no key opens.
AREAS = (
    _area(
        "talking",
        r"/api/v1/(upload|generate|status|download|cleanup)([/_-].*)?|/download/.*",
        needs_key=True,
        key_in_address=True,
    ),
    _area("metrics", r"/metrics/?", needs_key=True),
    # Keys of webhooks, and what the studio runs on.
    _area(ADMIN, r"/api/v1/webhooks(/.*)?"),
    _area("avatarforge", r"/avatarforge-controller/(servers|workflows|models)(/.*)?", methods=READING),
    _area(ADMIN, r"/avatarforge-controller/(servers|workflows|models)(/.*)?"),
    _area("talking", r"/(api/v1/speech|v1)(/.*)?"),
    _area("media", r"/api/v1(/.*)?"),
    _area("ainfluencer", r"/api/(services|settings|models|installer)(/.*)?", methods=READING),
    _area(ADMIN, r"/api/(services|settings|models|installer)(/.*)?"),
    _area("ainfluencer", r"/(api|content)(/.*)?"),
    _area("avatarforge", r"/avatarforge-controller(/.*)?"),
    _area("avatarforge", r"/(health|poses|upload|files|outputs|generate|generations)(/.*)?"),
    _area("avatarforge", r"/generate_(pose|all_poses)/?"),
    _area("studio", r"/studio(/.*)?|/gradio_api/mcp(/.*)?|/llms\.txt"),
    _area("", r"/(docs|redoc|openapi\.json|docs-assets)(/.*)?"),
)


class Keys:
    """Pure ASGI: reads the key that came, keeps it out of sight, and refuses where one is needed."""

    def __init__(self, app: ASGIApp, keys: Sequence[Key], has_login: bool) -> None:
        self.app = app
        self.keys = tuple(keys)
        self._has_login = has_login
        self._tries = Tries(WRONG_TRIES, WRONG_TRIES_S)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what has the right key or needs none."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        in_address = _take_from_address(scope)
        path = local_path(scope)
        area = area_of(path, scope["method"])
        if area is None or not self.keys:
            await self.app(scope, receive, send)
            return
        given = _in_headers(scope) or (in_address if area.key_in_address else "")
        judged = self._judge(area, given, client_of(scope))
        if isinstance(judged, Key):
            scope.setdefault("state", {})[OPENED] = judged
        elif area.needs_key and not (self._has_login and judged.code == "key_missing"):
            # With a login on, whoever is signed in needs no key; the login's own layer looks for that.
            headers = {"WWW-Authenticate": 'Bearer realm="AvatarForge Studio"'}
            answer = respond_error(path, judged, headers=headers if judged.status == 401 else None)
            await answer(scope, receive, send)
            return
        await self.app(scope, receive, send)

    def _judge(self, area: Area, given: str, client: str) -> Key | StudioError:
        """The key, or why it does not open these routes."""
        if not given:
            return StudioError("key_missing")
        if self._tries.are_used_up(client):
            return StudioError("key_tries", minutes=int(WRONG_TRIES_S // 60))
        key = find_key(self.keys, given)
        if key is None:
            self._tries.note(client)
            return StudioError("key_wrong")
        if area.scope and area.scope not in key.scopes:
            return StudioError("key_scope", name=key.name, scope=area.scope)
        return key


def area_of(path: str, method: str) -> Area | None:
    """The area that a request goes to."""
    for area in AREAS:
        if (area.methods is None or method in area.methods) and area.paths.fullmatch(path):
            return area
    return None


def names_key(scope: MutableMapping[str, Any]) -> bool:
    """Whether a key may stand in the address, which nobody else should then see."""
    return _QUERY.encode() in scope.get("query_string", b"")


def _in_headers(scope: Scope) -> str:
    bearer = ""
    for name, value in scope["headers"]:
        if name == b"x-api-key":
            return value.decode("latin-1").strip()
        if name == b"authorization":
            kind, _, token = value.decode("latin-1").partition(" ")
            bearer = token.strip() if kind.lower() == "bearer" else bearer
    return bearer


def _take_from_address(scope: Scope) -> str:
    """The key out of the address, which is then without it, for logs and for redirects."""
    if not names_key(scope):
        return ""
    query: bytes = scope["query_string"]
    pairs = [(pair, *_split(pair)) for pair in query.split(b"&")]
    scope["query_string"] = b"&".join(pair for pair, name, _ in pairs if name != _QUERY)
    return next((value for _, name, value in pairs if name == _QUERY), "")


def _split(pair: bytes) -> tuple[str, str]:
    name, _, value = pair.decode("latin-1").partition("=")
    return urllib.parse.unquote_plus(name), urllib.parse.unquote_plus(value)
