"""Around every answer: request ids in and out, security headers, and the log that they lead to."""

from __future__ import annotations

import io
import json
import logging
import sys
from pathlib import Path

import pytest
from fastapi import FastAPI, Request
from fastapi.testclient import TestClient

from api import problems
from api.edge.stack import surround
from studio import logs
from studio.settings import Settings
from tests.conftest import RunningApp

ORIGIN = "https://pages.example"


def client_of(settings: Settings | None = None) -> TestClient:
    """An app with every layer around three routes."""
    app = FastAPI()
    problems.install(app)

    @app.get("/fine/{name}")
    def fine(name: str) -> dict[str, str]:
        return {"name": name, "id": logs.current_request()}

    @app.get("/crash")
    def crash() -> None:
        raise RuntimeError("the secret inside")

    @app.get("/state")
    async def state(request: Request) -> dict[str, str]:
        return {"id": request.state.request_id}

    surround(app, settings or Settings(), lambda path: 1000)
    return TestClient(app)


def test_a_sane_id_is_taken_over_and_told_to_routes() -> None:
    client = client_of()
    answer = client.get("/fine/x", headers={"X-Request-ID": "order-17/a.b:c"})
    assert answer.headers["x-request-id"] == "order-17/a.b:c" == answer.json()["id"]
    answer = client.get("/state")
    assert answer.headers["x-request-id"] == answer.json()["id"]
    assert answer.json()["id"].startswith("req_")


@pytest.mark.parametrize(
    "given",
    [
        b"",
        b"x" * 129,
        b"two words",
        b"a\tb",
        b"\x1b[31mred",
        b"<script>",
        b"%0d%0aX: y",
        b"\xff\xfe",
        b"-rf",
        b'"',
    ],
)
def test_other_ids_are_replaced(given: bytes) -> None:
    answer = client_of().get("/fine/x", headers=[(b"X-Request-ID", given)])
    assert answer.status_code == 200
    assert answer.headers["x-request-id"].startswith("req_")
    assert answer.headers.get_list("x-request-id") == [answer.headers["x-request-id"]]


def test_ids_differ() -> None:
    client = client_of()
    assert len({client.get("/state").json()["id"] for _ in range(50)}) == 50


def test_a_crash_is_found_by_the_id_that_the_client_sent(caplog: pytest.LogCaptureFixture) -> None:
    headers = {"X-Request-ID": "trace-me", "Origin": ORIGIN}
    answer = client_of().get("/crash", headers=headers)
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert "trace-me" in answer.json()["detail"]
    assert answer.headers["x-request-id"] == "trace-me"
    assert "trace-me" in caplog.text
    # A page of another origin may read that, and the id with it.
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "X-Request-ID" in answer.headers["access-control-expose-headers"]


def test_a_failure_inside_of_any_layer_still_gets_all_headers(caplog: pytest.LogCaptureFixture) -> None:
    app = FastAPI()
    problems.install(app)

    class Broken:
        def __init__(self, app: object) -> None:
            pass

        async def __call__(self, scope: object, receive: object, send: object) -> None:
            raise ZeroDivisionError("a layer's own secret")

    app.add_middleware(Broken)
    surround(app, Settings(), lambda path: None)
    answer = TestClient(app).get("/anything", headers={"Origin": ORIGIN})
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["x-request-id"] in answer.json()["detail"]


@pytest.mark.parametrize(
    ("believed", "client", "seen"),
    [
        ("*", ("127.0.0.1", 0), None),
        ("*", ("::1", 0), None),
        ("*", ("203.0.113.9", 0), "203.0.113.9"),
        ("*", ("127.0.0.1", 50_000), "127.0.0.1"),
        ("127.0.0.1", ("127.0.0.1", 0), "127.0.0.1"),
    ],
)
def test_who_may_claim_anything_cannot_claim_to_sit_here(
    believed: str, client: tuple[str, int], seen: str | None
) -> None:
    app = FastAPI()

    @app.get("/")
    def who(request: Request) -> str | None:
        return request.client.host if request.client else None

    surround(app, Settings(forwarded_allow_ips=believed), lambda path: None)
    assert TestClient(app, client=client).get("/").json() == seen


def test_security_headers(app: RunningApp) -> None:
    for path in ("/health", "/avatarforge-controller/generations", "/nothing", "/openapi.json"):
        headers = app.client.get(path).headers
        assert headers["x-content-type-options"] == "nosniff", path
        assert headers["content-security-policy"].startswith("default-src 'none'"), path
        assert headers["cache-control"] == "no-store", path
        assert headers["referrer-policy"] == "same-origin", path
        assert "server" not in headers
    page = app.client.get("/docs").headers
    assert page["x-content-type-options"] == "nosniff"
    assert "default-src" not in page.get("content-security-policy", "")  # it has scripts of its own


def test_what_a_route_says_about_its_headers_stays(app: RunningApp) -> None:
    app.wait_healthy()
    done = app.wait(app.generate(width=128, height=128)["generation_id"])
    picture = app.client.get(done["output_files"][0]["url"])
    assert picture.headers.get_list("content-security-policy") == ["default-src 'none'; sandbox"]
    assert picture.headers.get_list("x-content-type-options") == ["nosniff"]
    assert "immutable" in picture.headers["cache-control"]


def test_pages_may_be_framed_only_by_the_owners_once_there_is_a_login() -> None:
    def policy(**values: str) -> str | None:
        app = FastAPI(docs_url="/page")
        app.state.studio = type("Opened", (), {"session_secret": "x"})
        surround(app, Settings(**values), lambda path: None)  # pyright: ignore[reportArgumentType]
        answer = TestClient(app).get("/login" if values else "/page", headers={"Accept": "text/html"})
        assert answer.headers["content-type"].startswith("text/html")
        return answer.headers.get("content-security-policy")

    assert policy() is None
    assert "frame-ancestors 'self'" in (policy(studio_password="secret") or "")


# ---------------------------------------------------------------------------- log


@pytest.fixture
def written(tmp_path: Path) -> io.StringIO:
    """Where the handler below writes."""
    return io.StringIO()


def record(message: str, *arguments: object, failed: bool = False) -> logging.LogRecord:
    try:
        raise ValueError("inside?api_key=hunter2")
    except ValueError:
        info = sys.exc_info() if failed else None
    return logging.LogRecord("studio.x", logging.WARNING, __file__, 1, message, arguments, info)


def test_json_lines_hold_time_level_ids_and_exception() -> None:
    logs.begin_request("req_1")
    logs.begin_job("job-7")
    try:
        line = logs.JsonLines().format(record("half a \udc00 letter\nand %s", "more", failed=True))
    finally:
        logs.begin_request("")
        logs.begin_job("")
    assert "\n" not in line
    entry = json.loads(line)
    assert (entry["level"], entry["logger"]) == ("WARNING", "studio.x")
    assert (entry["request_id"], entry["job_id"]) == ("req_1", "job-7")
    assert entry["message"].endswith("letter\nand more")
    assert entry["exception"].endswith("ValueError: inside?api_key=***")
    assert entry["at"].endswith("Z")
    assert "request_id" not in json.loads(logs.JsonLines().format(record("calm")))


def test_pretty_lines_keep_what_is_quoted_in_one_line() -> None:
    line = logs.PrettyLines().format(record("GET %s", "/x\r\n2026 INFO root: forged\x1b[2J"))
    assert "\n" not in line
    assert "\x1b" not in line
    assert "forged" in line


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ('"GET /api/v1/status/1?api_key=abc&x=1" 200', '"GET /api/v1/status/1?api_key=***&x=1" 200'),
        ("X-API-Key: abc", "X-API-Key: ***"),
        ("{'api_key': 'abc'}", "{'api_key': '***'}"),
        ("API_KEY=abc, more", "API_KEY=***, more"),
        ("an apikey of which nothing is told", "an apikey of which nothing is told"),
    ],
)
def test_keys_are_blotted_out(text: str, clean: str) -> None:
    assert logs.without_secrets(text) == clean
