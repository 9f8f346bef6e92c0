"""Calls of the AInfluencer API that several tests share: each looks at the form of what is answered."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from studio.errors import REGISTRY
from tests.conftest import RunningApp
from tests.documents.contract import check_shape, is_time, matches
from tests.served import served

PREFIX = "/api"
UNKNOWN_IDS = ("00000000-0000-4000-8000-000000000000", "nothing", "%2E%2E", "0", "%F0%9F%90%89", "a" * 300)
FINAL = {"completed", "failed", "cancelled"}
SMALL: dict[str, Any] = {"width": 128, "height": 128, "steps": 1, "seed": 7}

ENVELOPE = {"success": True, "data": lambda _: True, "timestamp": is_time}
FAILURE = {
    "success": False,
    "error": {
        "code": matches(r"[a-z_]+"),
        "message": matches(r"(?s).+"),
        "details": {"code": matches(r"[a-z_]+"), "request_id": matches(r"\S+")},
    },
    "timestamp": is_time,
}


@pytest.fixture(scope="module")
def influencer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    """An app of this module's own, without the interface and without limits of rates."""
    with served(tmp_path_factory.mktemp("influencer")) as running:
        running.wait_healthy()
        yield running


def ask(app: RunningApp, method: str, path: str, **more: Any) -> httpx.Response:
    """One request; `path` is below /api, and `json` may go with any method."""
    return app.client.request(method, PREFIX + path, **more)


def read(answer: httpx.Response) -> Any:
    """The data of an answer that went well, once its envelope has been looked at."""
    assert answer.status_code == 200, f"{answer.request.method} {answer.request.url}: {answer.text[:2000]}"
    assert answer.headers["content-type"] == "application/json"
    body = answer.json()
    check_shape(body, ENVELOPE)
    return body["data"]


def call(app: RunningApp, method: str, path: str, **more: Any) -> Any:
    """The data that a route gives."""
    answer = ask(app, method, path, **more)
    assert answer.status_code != 500, f"{method} {path}\n{''.join(app.lines[-80:])}"
    return read(answer)


def read_refusal(answer: httpx.Response, status: int, code: str = "") -> dict[str, Any]:
    """The error of an answer that did not go well, once its form has been looked at."""
    assert answer.status_code == status, f"{answer.request.method} {answer.request.url}: {answer.text[:2000]}"
    body = answer.json()
    check_shape(body, FAILURE)
    error = body["error"]
    if code:
        assert error["code"] == code, error
    if (problem := REGISTRY.get(error["details"]["code"])) is not None and problem.hint:
        # What to do; what is not valid is named in its place.
        assert error["details"].get("hint") or error["details"].get("errors"), error
    return error


def refused(
    app: RunningApp, method: str, path: str, status: int, code: str = "", **more: Any
) -> dict[str, Any]:
    """The error that a route answers with."""
    return read_refusal(ask(app, method, path, **more), status, code)


def until(look: Callable[[], Any], timeout_s: float = 90.0) -> Any:
    """The first answer of `look` that is not empty."""
    deadline = time.monotonic() + timeout_s
    while not (found := look()):
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.05)
    return found


def finish(app: RunningApp, job_id: str, kind: str = "image", timeout_s: float = 90.0) -> dict[str, Any]:
    """A job of a kind (`image`, `video`) once it is final."""
    seen: dict[str, Any] = {}

    def look() -> dict[str, Any] | None:
        seen.update(call(app, "GET", f"/generate/{kind}/{job_id}"))
        return seen if seen["status"] in FINAL else None

    try:
        return until(look, timeout_s)
    except AssertionError as error:
        raise AssertionError(f"still {seen}\n{''.join(app.lines[-40:])}") from error


def picture(app: RunningApp, **body: Any) -> dict[str, Any]:
    """The finished job of a small picture."""
    asked = {"prompt": "a knight", **SMALL, **body}
    done = finish(app, call(app, "POST", "/generate/image", json=asked)["job_id"])
    assert done["status"] == "completed", done
    return done
