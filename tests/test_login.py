"""The optional login: nothing is reachable without it, and everything with it."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, expect
from starlette.routing import Mount

from app import create_app
from studio.settings import Settings
from tests.browser import WAIT_MS, open_page
from tests.conftest import RunningApp, start_app_process
from tests.served import Serve, serve_apps
from tests.ui_fixtures import browser, patience

__all__ = ["browser", "patience", "serve_apps"]

USER, PASSWORD = "ada", "correct horse, bättery"


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    """An app with its interface, behind a name and a password."""
    app = start_app_process(
        tmp_path_factory.mktemp("locked"), STUDIO_USER=USER, STUDIO_PASSWORD=PASSWORD, LOG_LEVEL="DEBUG"
    )
    yield app
    app.kill()


@contextmanager
def signed_in(app: RunningApp) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=app.url, trust_env=False, timeout=30) as client:
        answer = client.post("/login", data={"username": USER, "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        yield client


def paths_of(routes: Iterable[Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Method and path of every route, with something in the place of each parameter."""
    for route in routes:
        if hasattr(route, "effective_route_contexts"):  # a router that was included
            yield from paths_of(route.effective_route_contexts(), prefix)
            continue
        path = prefix + re.sub(r"\{\w+(:\w+)?\}", "x", route.path)
        if isinstance(route, Mount):
            yield "GET", path or "/"
            yield from paths_of(route.routes, path)
        else:
            for method in getattr(route, "methods", None) or {"GET"}:
                yield method, path


def test_no_route_answers_without_it(locked: RunningApp) -> None:
    app = create_app(Settings(), ui=False)
    import gradio
    from gradio.routes import App

    ours = set(paths_of(app.routes))
    # What Gradio serves for any app of its own, whether or not ours uses it.
    theirs = set(paths_of(App.create_app(gradio.Blocks()).routes)) | {
        ("GET", "/"),
        ("GET", "/config"),
        ("GET", "/gradio_api/file=/etc/passwd"),
        ("GET", "/gradio_api/info"),
        ("GET", "/theme.css"),
        ("POST", "/gradio_api/queue/join"),
        ("GET", "/gradio_api/queue/data"),
        ("POST", "/gradio_api/upload"),
        ("GET", "/outputs/x/y.png"),
        ("GET", "/nothing/of/this/name"),
    }
    tried = sorted(pair for pair in ours | theirs if pair[1] not in {"", "/login", "/logout"})
    assert len(tried) > 60
    with httpx.Client(base_url=locked.url, trust_env=False) as client:
        for method, path in tried:
            answer = client.request(method, path)
            assert answer.status_code == 401, f"{method} {path}: {answer.status_code}"
            assert "set-cookie" not in answer.headers
            if method != "HEAD":
                said = answer.json()
                error = said.get("error", said)
                assert error.get("details", error)["code"] == "not_signed_in", path
        page = client.get("/?job=7", headers={"Accept": "text/html"})
        assert page.status_code == 303
        assert page.headers["location"] == "/login?next=%2F%3Fjob%3D7"


def test_signing_in_opens_everything(locked: RunningApp) -> None:
    with signed_in(locked) as client:
        assert client.get("/avatarforge-controller/health").json()["api_status"] == "healthy"
        assert client.get("/docs").status_code == 200
        deadline = time.monotonic() + 60
        while "gradio" not in client.get("/", headers={"Accept": "text/html"}).text:
            assert time.monotonic() < deadline
            time.sleep(0.2)
        assert client.get("/logout").status_code == 303
        assert client.get("/avatarforge-controller/health").status_code == 401


def test_scripts_send_the_password_with_each_call(locked: RunningApp) -> None:
    with httpx.Client(base_url=locked.url, trust_env=False, auth=(USER, PASSWORD.encode())) as client:
        assert client.get("/avatarforge-controller/health").status_code == 200
    plain = httpx.get(f"{locked.url}/avatarforge-controller/health", trust_env=False)
    assert plain.headers["www-authenticate"].startswith("Basic ")
    page = {"Sec-Fetch-Mode": "cors"}
    asked = httpx.get(f"{locked.url}/avatarforge-controller/health", headers=page, trust_env=False)
    assert "www-authenticate" not in asked.headers


@pytest.mark.parametrize(
    "authorization",
    ["Basic", "Basic !!!", "Basic " + base64.b64encode(b"\xff\xfe").decode(), "Bearer x", "Basic YWRhOg=="],
)
def test_broken_credentials_open_nothing(locked: RunningApp, authorization: str) -> None:
    answer = httpx.get(
        f"{locked.url}/avatarforge-controller/health",
        headers={"Authorization": authorization},
        trust_env=False,
    )
    assert answer.status_code == 401


def test_a_changed_cookie_opens_nothing(locked: RunningApp) -> None:
    with signed_in(locked) as client:
        cookie = client.cookies["studio_session"]
    content, _, signature = cookie.partition(".")
    facts = json.loads(base64.urlsafe_b64decode(content + "=="))
    forged = base64.urlsafe_b64encode(json.dumps({**facts, "until": 2**40}).encode()).rstrip(b"=").decode()
    for value in (f"{forged}.{signature}", f"{content}.", f".{signature}", content, "", f"{content}.ä"):
        answer = httpx.get(
            f"{locked.url}/avatarforge-controller/health",
            headers=[(b"Cookie", f"studio_session={value}".encode())],
            trust_env=False,
        )
        assert answer.status_code == 401, value


def test_the_session_cookie_is_kept_from_scripts_and_other_sites(locked: RunningApp) -> None:
    answer = httpx.post(f"{locked.url}/login", data={"username": USER, "password": PASSWORD}, trust_env=False)
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    with signed_in(locked) as client:
        body = {"prompt": "a knight"}
        foreign = client.post(
            "/avatarforge-controller/generate/avatar", json=body, headers={"Origin": "https://evil.example"}
        )
        assert foreign.status_code == 403
        assert foreign.json()["code"] == "foreign_origin"
        own = client.post(
            "/avatarforge-controller/generate/avatar", json=body, headers={"Origin": locked.url}
        )
        assert own.status_code == 200


@pytest.mark.parametrize("back", ["//evil.example", "https://evil.example", "/\\evil.example", "\\\\x", ""])
def test_nobody_is_sent_elsewhere(locked: RunningApp, back: str) -> None:
    answer = httpx.post(
        f"{locked.url}/login",
        data={"username": USER, "password": PASSWORD, "next": back},
        headers={"Accept": "text/html"},
        trust_env=False,
    )
    assert answer.status_code == 303
    assert answer.headers["location"] == "/"


def test_the_page_says_what_is_wrong_and_escapes(locked: RunningApp) -> None:
    shown = httpx.get(
        f'{locked.url}/login?next=/"><script>', headers={"Accept": "text/html"}, trust_env=False
    )
    assert "<script>" not in shown.text
    assert 'autocomplete="current-password"' in shown.text
    huge = httpx.post(f"{locked.url}/login", content=b"x" * 100_000, trust_env=False)
    assert huge.status_code == 413


def test_guessing_is_slowed_down(serve: Serve) -> None:
    app = serve(STUDIO_USER=USER, STUDIO_PASSWORD=PASSWORD)
    for _ in range(5):
        wrong = app.client.post("/login", data={"username": USER, "password": "guess"})
        assert wrong.status_code == 401
    assert app.client.post("/login", data={"username": USER, "password": PASSWORD}).status_code == 429
    # Whoever is signed in already stays so; guesses by HTTP Basic count as well.
    basic = app.client.get("/avatarforge-controller/health", auth=(USER, PASSWORD.encode()))
    assert basic.status_code == 401


def test_a_session_outlives_a_restart_but_not_another_password(serve: Serve, tmp_path: Path) -> None:
    cookies: dict[str, str] = {}
    for password, expected in (("first", 200), ("first", 200), ("second", 401)):
        app = serve(tmp_path, STUDIO_PASSWORD=password)
        if not cookies:
            app.client.post("/login", data={"username": "studio", "password": password})
            cookies = dict(app.client.cookies)
        answer = app.client.get("/avatarforge-controller/health", cookies=cookies)
        assert answer.status_code == expected
        app.interrupt()


class Provider(BaseHTTPRequestHandler):
    """Hugging Face's side of a sign-in, which checks what it is sent."""

    challenge = ""
    name = "Ada"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Tests have enough to say."""

    def do_POST(self) -> None:
        form = parse_qs(self.rfile.read(int(self.headers["content-length"])).decode())
        verifier = form["code_verifier"][0]
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        secret = base64.b64decode(self.headers["authorization"].split()[1]).decode()
        good = (
            self.path == "/oauth/token"
            and form["code"] == ["the-code"]
            and form["grant_type"] == ["authorization_code"]
            and challenge == Provider.challenge
            and secret == "the-app:the-secret"
        )
        self._say(200 if good else 400, {"access_token": "the-token"} if good else {"error": "invalid_grant"})

    def do_GET(self) -> None:
        good = self.path == "/oauth/userinfo" and self.headers["authorization"] == "Bearer the-token"
        self._say(200 if good else 401, {"preferred_username": Provider.name})

    def _say(self, status: int, body: dict[str, str]) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


def test_a_hugging_face_account_opens_it(serve: Serve) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    app = serve(
        STUDIO_HF_LOGIN="true",
        STUDIO_HF_USERS="ada,grace",
        OAUTH_CLIENT_ID="the-app",
        OAUTH_CLIENT_SECRET="the-secret",
        OPENID_PROVIDER_URL=f"http://127.0.0.1:{server.server_address[1]}",
    )
    try:
        client = app.client
        page = client.get("/login?next=/docs", headers={"Accept": "text/html"})
        assert "Sign in with Hugging Face" in page.text
        assert "password" not in page.text.replace("current-password", "").split("</style>")[1]

        def begin() -> dict[str, list[str]]:
            sent = client.get("/login/hub?next=/docs")
            assert sent.status_code == 303
            return parse_qs(urlsplit(sent.headers["location"]).query)

        asked = begin()
        assert asked["redirect_uri"] == [f"{app.url}/login/callback"]
        Provider.challenge = asked["code_challenge"][0]
        wrong = client.get("/login/callback?code=the-code&state=other")
        assert wrong.status_code == 400
        back = client.get(
            f"/login/callback?code=the-code&state={asked['state'][0]}", headers={"Accept": "text/html"}
        )
        assert (back.status_code, back.headers["location"]) == (303, "/docs")
        assert client.get("/avatarforge-controller/health").status_code == 200
        client.cookies.clear()

        Provider.name = "mallory"
        asked = begin()
        Provider.challenge = asked["code_challenge"][0]
        assert client.get(f"/login/callback?code=the-code&state={asked['state'][0]}").status_code == 403
        asked = begin()
        Provider.challenge = "another"
        assert client.get(f"/login/callback?code=the-code&state={asked['state'][0]}").status_code == 502
        assert client.get("/avatarforge-controller/health").status_code == 401
    finally:
        Provider.name = "Ada"
        server.shutdown()


def test_without_settings_there_is_no_login(app: RunningApp) -> None:
    assert app.client.get("/avatarforge-controller/health").status_code == 200
    assert app.client.get("/login").status_code == 404


def test_a_stranger_gets_in_by_name_and_password_only(browser: Browser, locked: RunningApp) -> None:
    ask = "url => fetch(url).then(answer => answer.status)"
    with open_page(browser, locked.url) as watched:
        page = watched.page
        page.goto("/?tab=queue")
        expect(page).to_have_url(re.compile("/login"))
        for path in (
            "/config",
            "/studio/gallery",
            "/outputs/x/output.png",
            "/studio/draft?prompt=elf",
            "/docs",
        ):
            assert page.evaluate(ask, path) == 401, path
        page.get_by_label("Name").fill(USER)
        page.get_by_label("Password").fill("a guess")
        page.get_by_role("button", name="Sign in").click()
        expect(page.locator("body")).to_contain_text(re.compile("wrong|not right|do not fit", re.IGNORECASE))
        expect(page.locator("#generate")).to_have_count(0)
        page.get_by_label("Name").fill(USER)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.locator("#queue").wait_for(timeout=3 * WAIT_MS)  # where the stranger wanted to go
        assert page.evaluate(ask, "/studio/gallery") == 200
        # What is left of the session is of no use once somebody has signed out.
        page.goto("/logout")
        assert page.evaluate(ask, "/studio/gallery") == 401
        page.goto("/")
        expect(page.get_by_label("Password")).to_be_visible()
