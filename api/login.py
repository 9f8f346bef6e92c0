"""The optional login: with it on, nothing answers without a session, a password or a Hugging Face account."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import html
import json
import secrets
import string
import time
import urllib.parse
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from api.paths import local_path, root_of
from api.problems import respond_error
from studio.errors import StudioError
from studio.settings import Settings

PAGE = string.Template((Path(__file__).parent / "pages" / "login.html").read_text("utf-8"))
COOKIE = "studio_session"
STATE_COOKIE = "studio_sign_in"
SESSION_S = 14 * 24 * 3600
STATE_S = 600
BY_PASSWORD, BY_HUB = "password", "hub"
MAX_FORM_BYTES = 16 * 1024
TRIES = 5
TRIES_S = 300.0
MAX_REMEMBERED = 10_000
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
OPENED = "opened_by_key"  # in the state of a request: the API key that came with it, for its route
SIGNED_IN = "signed_in"  # and who is signed in


@dataclass(frozen=True)
class SignedIn:
    """Who is signed in, and where that was said."""

    name: str
    at_hub: bool


@dataclass(frozen=True)
class HubLogin:
    """What a Hugging Face Space tells an app that asks for its visitors' accounts."""

    client_id: str
    client_secret: str
    provider: str
    scopes: str
    allowed: tuple[str, ...]  # empty: anybody with an account


class Guard:
    """Pure ASGI: lets through whoever is signed in, and answers everybody else itself."""

    def __init__(self, app: ASGIApp, settings: Settings, secret: Callable[[Scope], str]) -> None:
        self.app = app
        self.user = settings.studio_user
        self.password = settings.studio_password.get_secret_value()
        self.hub = _hub_login(settings)
        self._origins = frozenset(settings.allowed_origins)
        # On a Space the page is shown inside another site's frame, where only such cookies are kept.
        self._in_frame = bool(settings.space_host)
        self._secret = secret
        self._tries = Tries()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the sign-in pages, and pass on what comes from somebody who is signed in."""
        if scope["type"] not in {"http", "websocket"}:
            await self.app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        path = local_path(scope)
        if scope["type"] == "http" and path in {"/login", "/login/hub", "/login/callback", "/logout"}:
            answer = await self._own_page(path, Request(scope, receive))
            await answer(scope, receive, send)
            return
        problem = self._refusal(connection)
        if problem is None:
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 4401})
        elif problem.code == "not_signed_in" and _is_navigation(connection):
            back = urllib.parse.quote(_wanted(scope), safe="")
            await RedirectResponse(f"{root_of(scope)}/login?next={back}", 303)(scope, receive, send)
        else:
            refused = respond_error(path, problem)
            if "sec-fetch-mode" not in connection.headers:  # a browser would open its own window for it
                refused.headers["WWW-Authenticate"] = 'Basic realm="AvatarForge Studio", charset="UTF-8"'
            await refused(scope, receive, send)

    def _refusal(self, connection: HTTPConnection) -> StudioError | None:
        """Why a request may not go on; None for one that may."""
        if connection.scope.get("state", {}).get(OPENED):
            return None
        state: dict[str, Any] = connection.scope.setdefault("state", {})
        if self._opens(connection.headers.get("authorization", ""), connection):
            state[SIGNED_IN] = SignedIn(self.user, at_hub=False)
            return None
        state[SIGNED_IN] = self._session(connection)
        if state[SIGNED_IN] is None:
            return StudioError("not_signed_in")
        origin = connection.headers.get("origin")
        if (
            connection.scope.get("method", "GET") not in SAFE
            and origin
            and not self._is_ours(origin, connection)
        ):
            return StudioError("foreign_origin", origin=origin)
        return None

    def _is_ours(self, origin: str, connection: HTTPConnection) -> bool:
        host = urllib.parse.urlsplit(origin).netloc
        known = {connection.headers.get("host"), connection.headers.get("x-forwarded-host")}
        return host in known or origin in self._origins

    def _opens(self, authorization: str, connection: HTTPConnection) -> bool:
        kind, _, value = authorization.partition(" ")
        if kind.lower() != "basic" or not self.password:
            return False
        try:
            user, _, password = base64.b64decode(value, validate=True).decode("utf-8").partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return False
        return self._fits(user, password, _address(connection))

    def _fits(self, user: str, password: str, address: str) -> bool:
        if not self.password or self._tries.are_used_up(address):
            return False
        # Both are compared in full, so that the time tells nothing of either.
        good = [
            hmac.compare_digest(given.encode(), known.encode())
            for given, known in ((user, self.user), (password, self.password))
        ]
        if not all(good):
            self._tries.note(address)
        return all(good)

    # ------------------------------------------------------------- own pages

    async def _own_page(self, path: str, request: Request) -> Response:
        if path == "/logout":
            answer: Response = RedirectResponse(f"{root_of(request.scope)}/login", 303)
            answer.delete_cookie(COOKIE, path="/")
            return answer
        if path == "/login/hub":
            return self._to_hub(request)
        if path == "/login/callback":
            return await self._from_hub(request)
        if request.method == "POST":
            return await self._sign_in(request)
        return self._page(request)

    async def _sign_in(self, request: Request) -> Response:
        body = b""
        async for block in request.stream():
            body += block
            if len(body) > MAX_FORM_BYTES:
                return self._page(request, "That was too much text for a name and a password.", 413)
        form = _form(request.headers.get("content-type", ""), body)
        address = _address(request)
        if self._tries.are_used_up(address):
            return self._page(request, "Too many tries. Wait some minutes, then try again.", 429, form)
        if not self._fits(form.get("username", ""), form.get("password", ""), address):
            return self._page(request, "The name or the password is not right.", 401, form)
        return self._signed_in(request, SignedIn(self.user, at_hub=False), _inner(form.get("next", "")))

    def _page(
        self, request: Request, message: str = "", status: int = 200, sent: Mapping[str, str] | None = None
    ) -> Response:
        if _wants_json(request) and status != 200:
            return JSONResponse({"detail": message}, status)
        # Whoever has guessed wrongly still wants to go where he wanted to go.
        wanted = _inner((sent or request.query_params).get("next", ""))
        back = html.escape(wanted, quote=True)
        root = html.escape(root_of(request.scope), quote=True)
        form = ""
        if self.password:
            form += (
                f'<form method="post" action="{root}/login"><input type="hidden" name="next" value="{back}">'
                '<label>Name<input name="username" autocomplete="username" required autofocus></label>'
                '<label>Password<input name="password" type="password" autocomplete="current-password" '
                'required></label><button type="submit">Sign in</button></form>'
            )
        if self.hub is not None:
            query = urllib.parse.urlencode({"next": wanted})
            # In a frame the provider's page would be refused.
            form += (
                f'<a class="key" href="{root}/login/hub?{query}" target="_blank">'
                "Sign in with Hugging Face</a>"
            )
        said = (
            f'<p class="wrong" role="alert">{html.escape(message)}</p>'
            if message
            else "<p>Please sign in.</p>"
        )
        headers = {"Cache-Control": "no-store", "Content-Security-Policy": "frame-ancestors 'self'"}
        if self._in_frame:
            del headers["Content-Security-Policy"]
        return HTMLResponse(PAGE.substitute(message=said, form=form), status, headers)

    def _to_hub(self, request: Request) -> Response:
        if self.hub is None:
            return self._page(request, "This studio does not use Hugging Face accounts.", 404)
        state = secrets.token_urlsafe(24)
        verifier = secrets.token_urlsafe(48)
        challenge = _encoded(hashlib.sha256(verifier.encode()).digest())
        query = urllib.parse.urlencode(
            {
                "response_type": "code",
                "client_id": self.hub.client_id,
                "redirect_uri": self._callback(request),
                "scope": self.hub.scopes,
                "state": state,
                "code_challenge": challenge,
                "code_challenge_method": "S256",
            }
        )
        answer = RedirectResponse(f"{self.hub.provider}/oauth/authorize?{query}", 303)
        facts = {"state": state, "verifier": verifier, "next": _inner(request.query_params.get("next", ""))}
        self._set(answer, request, STATE_COOKIE, facts, STATE_S)
        return answer

    async def _from_hub(self, request: Request) -> Response:
        asked = self._read(request, STATE_COOKIE)
        state = request.query_params.get("state", "")
        if self.hub is None or asked is None or not hmac.compare_digest(asked["state"], state):
            return self._page(request, "That sign-in was not begun here, or it took too long.", 400)
        if error := request.query_params.get("error"):
            return self._page(request, f"Hugging Face did not sign you in: {error}.", 403)
        try:
            name = await self._name_at_hub(
                self.hub, request.query_params.get("code", ""), asked["verifier"], self._callback(request)
            )
        except (httpx.HTTPError, ValueError, KeyError):
            return self._page(request, "Hugging Face did not answer as expected. Try again.", 502)
        if self.hub.allowed and name.lower() not in self.hub.allowed:
            return self._page(request, f"{name} may not use this studio.", 403)
        answer = self._signed_in(request, SignedIn(name, at_hub=True), asked["next"])
        answer.delete_cookie(STATE_COOKIE, path="/")
        return answer

    async def _name_at_hub(self, hub: HubLogin, code: str, verifier: str, callback: str) -> str:
        async with httpx.AsyncClient(timeout=15, base_url=hub.provider) as client:
            answer = await client.post(
                "/oauth/token",
                data={
                    "grant_type": "authorization_code",
                    "code": code,
                    "redirect_uri": callback,
                    "client_id": hub.client_id,
                    "code_verifier": verifier,
                },
                auth=(hub.client_id, hub.client_secret),
            )
            token = answer.raise_for_status().json()["access_token"]
            found = await client.get("/oauth/userinfo", headers={"Authorization": f"Bearer {token}"})
            name = found.raise_for_status().json()["preferred_username"]
        if not isinstance(name, str) or not name:
            raise ValueError("no name")
        return name

    def _callback(self, request: Request) -> str:
        if self._in_frame:
            return f"https://{request.headers.get('host', '')}{root_of(request.scope)}/login/callback"
        return f"{request.url.scheme}://{request.url.netloc}{root_of(request.scope)}/login/callback"

    # --------------------------------------------------------------- sessions

    def _signed_in(self, request: Request, who: SignedIn, back: str) -> Response:
        if _wants_json(request):
            answer: Response = JSONResponse({"success": True})
        else:
            answer = RedirectResponse(f"{root_of(request.scope)}{back}", 303)
        by = BY_HUB if who.at_hub else BY_PASSWORD
        self._set(answer, request, COOKIE, {"name": who.name, "by": by}, SESSION_S)
        return answer

    def _session(self, connection: HTTPConnection) -> SignedIn | None:
        facts = self._read(connection, COOKIE)
        # Sessions of earlier versions do not say it.
        return SignedIn(facts["name"], at_hub=facts.get("by") != BY_PASSWORD) if facts else None

    def _set(
        self, answer: Response, request: Request, cookie: str, facts: Mapping[str, str], for_s: int
    ) -> None:
        content = _encoded(json.dumps({**facts, "until": int(time.time()) + for_s}).encode())
        secure = self._in_frame or request.url.scheme == "https"
        answer.set_cookie(
            cookie,
            f"{content}.{self._signature(cookie, content, request.scope)}",
            max_age=for_s,
            path="/",
            httponly=True,
            secure=secure,
            samesite="none" if self._in_frame else "lax",
        )

    def _read(self, connection: HTTPConnection, cookie: str) -> dict[str, Any] | None:
        content, _, signature = connection.cookies.get(cookie, "").partition(".")
        expected = self._signature(cookie, content, connection.scope)
        if not content or not hmac.compare_digest(signature.encode(), expected.encode()):
            return None
        facts = json.loads(base64.urlsafe_b64decode(content + "=" * (-len(content) % 4)))
        return facts if facts["until"] > time.time() else None

    def _signature(self, cookie: str, content: str, scope: Scope) -> str:
        # The password is part of the key: whoever changes it ends all sessions.
        key = f"{self._secret(scope)}\0{self.user}\0{self.password}".encode()
        return _encoded(hmac.digest(key, f"{cookie}\0{content}".encode(), "sha256"))


class Tries:
    """How often each address has guessed wrongly of late."""

    def __init__(self, tries: int = TRIES, within_s: float = TRIES_S) -> None:
        self._tries = tries
        self._within_s = within_s
        self._wrong: OrderedDict[str, list[float]] = OrderedDict()

    def are_used_up(self, address: str) -> bool:
        """Whether it has to wait."""
        since = time.monotonic() - self._within_s
        return len([at for at in self._wrong.get(address, []) if at > since]) >= self._tries

    def note(self, address: str) -> None:
        """Count a wrong guess."""
        now = time.monotonic()
        recent = [at for at in self._wrong.get(address, []) if at > now - self._within_s]
        self._wrong[address] = [*recent, now]
        self._wrong.move_to_end(address)
        while len(self._wrong) > MAX_REMEMBERED:
            self._wrong.popitem(last=False)


def _hub_login(settings: Settings) -> HubLogin | None:
    if not settings.has_hub_login:
        return None
    return HubLogin(
        settings.oauth_client_id,
        settings.oauth_client_secret.get_secret_value(),
        settings.openid_provider_url.rstrip("/"),
        settings.oauth_scopes,
        tuple(name.lower() for name in settings.studio_hf_users),
    )


def _wanted(scope: Scope) -> str:
    query = scope.get("query_string", b"").decode("latin-1")
    return local_path(scope) + (f"?{query}" if query else "")


def _inner(address: str) -> str:
    """An address of this site, whatever was sent."""
    is_plain = address.startswith("/") and not address.startswith(("//", "/\\"))
    return address if is_plain and not any(ord(sign) < 32 or sign == "\\" for sign in address) else "/"


def _is_navigation(connection: HTTPConnection) -> bool:
    return connection.scope.get("method") == "GET" and "text/html" in connection.headers.get("accept", "")


def _wants_json(request: Request) -> bool:
    return "text/html" not in request.headers.get("accept", "")


def _address(connection: HTTPConnection) -> str:
    return connection.client.host if connection.client else ""


def _form(content_type: str, body: bytes) -> dict[str, str]:
    """The fields of a sign-in, as pages and scripts send them."""
    try:
        text = body.decode("utf-8")
        if content_type.startswith("application/json"):
            found = json.loads(text)
            return {key: value for key, value in found.items() if isinstance(value, str)}
        return dict(urllib.parse.parse_qsl(text, keep_blank_values=True, max_num_fields=20))
    except (ValueError, AttributeError, RecursionError):
        return {}


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")
