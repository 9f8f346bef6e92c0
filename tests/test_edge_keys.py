"""API keys: which routes ask for one, what each opens beside a login, and that no log ever tells one."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from pydantic import ValidationError

from api.edge.keys import WRONG_TRIES, area_of
from studio.keys import FAMILIES, find_key, read_keys
from studio.settings import Settings
from tests.conftest import RunningApp, StartApp, start_app_process
from tests.served import served

PLAIN, TALK, OPS = "plain-key-4711", "talk-key-0815", "ops-key-2342"
HASHED = f"sha256-{hashlib.sha256(OPS.encode()).hexdigest()}"
API_KEY = f"{PLAIN}, talker:{TALK}:talking , ops:{HASHED}:admin+metrics"
STATUS = "/api/v1/status/nothing"
AF = "/avatarforge-controller"


@pytest.fixture(scope="module")
def keyed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    """An app with three keys and no login."""
    folder = tmp_path_factory.mktemp("keyed")
    app = start_app_process(
        folder, "--no-ui", API_KEY=API_KEY, LOG_LEVEL="DEBUG", LOG_FORMAT="json", LOG_FILE="./all.log"
    )
    yield app
    app.kill()


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    """The same behind a login."""
    folder = tmp_path_factory.mktemp("locked")
    with served(folder, API_KEY=API_KEY, STUDIO_PASSWORD="secret") as app:
        yield app


def ask(app: RunningApp, path: str, key: str = "", method: str = "GET", **more: str) -> httpx.Response:
    headers = {"X-API-Key": key} if key else {}
    return app.client.request(method, path, headers=headers | more)


# ----------------------------------------------------------------------- setting


def test_forms_of_the_setting() -> None:
    first, talker, ops = read_keys(API_KEY)
    assert (first.name, first.scopes) == ("key1", FAMILIES)
    assert (talker.name, talker.scopes) == ("talker", {"talking"})
    assert ops.scopes == {"admin", "metrics"}
    assert find_key((first, talker, ops), OPS) == ops
    assert find_key((first, talker, ops), HASHED) is None
    assert find_key((first,), "\udc00") is None
    assert read_keys(" , ") == ()


@pytest.mark.parametrize(
    "text", ["a:b:c:d", "a::talking", "name:", "x:secret-7:everything", "a b:c", "n:sha256-12", "a:k, a:l"]
)
def test_a_setting_that_cannot_be_read_is_refused_without_telling_it(text: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Settings(api_key=text)  # pyright: ignore[reportArgumentType]
    assert "API_KEY" in str(refused.value)
    assert "secret-7" not in str(refused.value)


def test_settings_do_not_show_keys() -> None:
    assert PLAIN not in repr(Settings(api_key=API_KEY))  # pyright: ignore[reportArgumentType]


# ----------------------------------------------------------------------- no login


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/v1/upload/image"),
        ("POST", "/api/v1/upload/audio"),
        ("POST", "/api/v1/generate"),
        ("POST", "/api/v1/generate/async"),
        ("POST", "/api/v1/generate/"),
        ("GET", STATUS),
        ("GET", "/api/v1/download/x.mp4"),
        ("HEAD", "/api/v1/download/x.mp4"),
        ("GET", "/download/x.mp4"),
        ("DELETE", "/api/v1/cleanup/x"),
        ("GET", "/metrics"),
    ],
)
def test_these_routes_ask_for_a_key(keyed: RunningApp, method: str, path: str) -> None:
    answer = ask(keyed, path, method=method)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    if method != "HEAD":
        assert isinstance(answer.json()["detail"], str)
    assert ask(keyed, path, "wrong", method=method).status_code == 401


@pytest.mark.parametrize(
    "path", ["/api/v1/health", "/api/v1/health/live", "/api/v1/jobs", f"{AF}/generations", "/health", "/docs"]
)
def test_these_do_not(keyed: RunningApp, path: str) -> None:
    assert ask(keyed, path).status_code == 200
    assert ask(keyed, path, "wrong").status_code == 200


def test_a_key_opens_by_header_bearer_and_address(keyed: RunningApp) -> None:
    for answer in (
        ask(keyed, STATUS, PLAIN),
        ask(keyed, STATUS, TALK),
        ask(keyed, STATUS, Authorization=f"Bearer {PLAIN}"),
        ask(keyed, f"{STATUS}?x=1&api_key={PLAIN}"),
    ):
        assert answer.status_code == 404, answer.text
    assert ask(keyed, f"{STATUS}?api_key=wrong").status_code == 401
    assert ask(keyed, STATUS, Authorization=f"Basic {PLAIN}").status_code == 401
    # Only where the document says so.
    assert ask(keyed, f"/metrics?api_key={PLAIN}").status_code == 401


def test_a_key_opens_only_what_it_is_for(keyed: RunningApp) -> None:
    assert ask(keyed, "/metrics", PLAIN).status_code == 200
    assert ask(keyed, "/metrics", OPS).status_code == 200
    refused = ask(keyed, "/metrics", TALK)
    assert refused.status_code == 403
    assert "talker" in refused.text
    assert ask(keyed, STATUS, OPS).status_code == 403


def test_no_spelling_of_a_path_goes_around_it(keyed: RunningApp) -> None:
    for path in (
        "/api/v1/status/../status/nothing",
        "/api/v1/%73tatus/nothing",
        "/api/v1//status/nothing",
        "/api/v1/./status/nothing",
        "//api/v1/status/nothing",
        "/API/V1/STATUS/nothing",
        "/api/v1/status;x/nothing",
        "/metrics//",
        "/metrics;x",
        "/%6detrics",
    ):
        # Raw, as httpx would tidy it up.
        target = httpx.URL(keyed.url).copy_with(raw_path=path.encode())
        assert keyed.client.get(target).status_code in {401, 404, 307}, path
    target = httpx.URL(keyed.url).copy_with(raw_path=b"/api/v1/%73tatus/nothing")
    assert keyed.client.get(target).status_code == 401


def test_wrong_keys_are_slowed_down_for_their_address_only(keyed: RunningApp) -> None:
    there = {"X-Forwarded-For": "198.51.100.7"}
    answers = {ask(keyed, STATUS, f"guess{n}", **there).status_code for n in range(WRONG_TRIES)}
    assert answers == {401}
    assert ask(keyed, STATUS, "guess", **there).status_code == 429
    assert ask(keyed, STATUS, PLAIN, **there).status_code == 429
    assert ask(keyed, STATUS, PLAIN, **{"X-Forwarded-For": "198.51.100.8"}).status_code == 404


def test_no_log_tells_a_key(keyed: RunningApp) -> None:
    ask(keyed, f"{STATUS}?api_key={TALK}&seen=yes")
    ask(keyed, f"{AF}/generations?api_key={TALK}&seen=also")
    log = keyed.folder / "all.log"
    deadline = time.monotonic() + 20
    while "seen=also" not in log.read_text("utf-8"):  # written when the answer has gone out already
        assert time.monotonic() < deadline
        time.sleep(0.02)
    text = log.read_text("utf-8") + "".join(keyed.lines)
    assert "seen=yes" in text
    for key in (PLAIN, TALK, OPS):
        assert key not in text
    assert '"request_id"' in text


# ------------------------------------------------------------------- with a login


def test_a_key_opens_the_rest_routes_of_its_scope_behind_a_login(locked: RunningApp) -> None:
    assert ask(locked, f"{AF}/generations").status_code == 401
    assert ask(locked, f"{AF}/generations", PLAIN).status_code == 200
    assert ask(locked, f"{AF}/generations", TALK).status_code == 401
    assert ask(locked, "/health", PLAIN).status_code == 200
    assert ask(locked, "/openapi.json", TALK).status_code == 200
    assert ask(locked, STATUS, TALK).status_code == 404
    assert ask(locked, "/studio/gallery", PLAIN).status_code == 200


def test_whoever_is_signed_in_needs_no_key(locked: RunningApp) -> None:
    def signed_in(path: str) -> int:
        return locked.client.get(path, auth=("studio", "secret")).status_code

    assert signed_in(STATUS) == 404
    assert signed_in("/metrics") == 200
    answer = locked.client.get(STATUS)
    assert answer.status_code == 401
    # A wrong key is told as what it is.
    assert "key" in ask(locked, STATUS, "wrong").json()["detail"]


def test_pages_and_what_the_owner_changes_stay_closed(locked: RunningApp) -> None:
    for path in ("/", "/config", "/login-not", "/gradio_api/info"):
        assert ask(locked, path, PLAIN).status_code == 401, path
    body = "/avatarforge-controller/servers"
    for key in (PLAIN, TALK):
        assert ask(locked, body, key, "POST").status_code == 401
        assert ask(locked, "/api/v1/webhooks/secret", key).status_code == 401
    assert ask(locked, body, OPS, "POST").status_code == 400  # it has no body
    assert ask(locked, "/api/v1/webhooks/secret", OPS).status_code == 200


def test_every_documented_route_is_in_an_area(keyed: RunningApp) -> None:
    document = keyed.client.get("/openapi.json").json()
    homeless = [
        path
        for path, methods in document["paths"].items()
        for method in methods
        if area_of(path.replace("{", "").replace("}", ""), method.upper()) is None
    ]
    assert homeless == []


def test_a_key_that_cannot_be_read_stops_the_start(tmp_path: Path, start_app: StartApp) -> None:
    with pytest.raises(AssertionError) as stopped:
        start_app("--no-ui", API_KEY="x:secret-7:everything")
    assert "API_KEY" in str(stopped.value)
    assert "secret-7" not in str(stopped.value)
