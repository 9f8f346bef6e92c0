"""Hundreds of hostile requests: no 5xx, no job or file left behind, and the server goes on answering."""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from tests.conftest import RunningApp
from tests.documents.contract import PREFIX, PROBLEM, check_shape
from tests.hostile_bodies import Hostile, Raw, hostile_requests, raw_requests

REQUESTS = list(hostile_requests())
GROUP = 40


@pytest.fixture(autouse=True)
def _nothing_left(app: RunningApp) -> Iterator[None]:
    """What was there before is there afterwards, and nothing else."""
    before = state(app)
    crashes = sum("Traceback" in line for line in app.lines)
    yield
    deadline = time.monotonic() + 30
    # A client that left in the middle is noticed a moment after it left.
    while state(app) != before and time.monotonic() < deadline:
        time.sleep(0.05)
    assert state(app) == before
    assert sum("Traceback" in line for line in app.lines) == crashes, "".join(app.lines[-60:])
    assert app.client.get(f"{PREFIX}/health").json()["comfyui"]["status"] == "healthy"


def state(app: RunningApp) -> tuple[int, list[str], list[str]]:
    """How many jobs there are, the uploads on the disk, and what is half-done."""
    jobs = app.client.get(f"{PREFIX}/generations?limit=1").json()["total"]
    uploads, temporary = ([p.name for p in (app.storage / name).iterdir()] for name in ("files", "temp"))
    return jobs, sorted(uploads), sorted(temporary)


def send(app: RunningApp, request: Hostile) -> None:
    answer = app.client.request(
        request.method,
        app.url + request.path,
        content=request.content() if request.method == "POST" else None,
        headers=request.headers,
    )
    said = f"{request.name}: {answer.status_code} {answer.text[:300]}"
    assert answer.status_code in request.expected, said
    if answer.status_code != 200:
        check_shape(answer.json(), PROBLEM)
        assert len(answer.content) < 20_000, said
        assert "Traceback" not in answer.text
    elif request.method == "POST":
        assert app.client.delete(f"/generations/{answer.json()['generation_id']}").status_code == 200


def test_there_are_hundreds() -> None:
    assert len(REQUESTS) > 400
    assert len({request.name for request in REQUESTS}) == len(REQUESTS)
    assert len(list(raw_requests())) > 25


@pytest.mark.parametrize("start", range(0, len(REQUESTS), GROUP))
def test_hostile_request_has_one_of_its_right_outcomes(app: RunningApp, start: int) -> None:
    for request in REQUESTS[start : start + GROUP]:
        send(app, request)


@pytest.mark.parametrize("raw", raw_requests(), ids=lambda raw: raw.name)
def test_hostile_bytes_are_refused_or_cut_off(app: RunningApp, raw: Raw) -> None:
    where = urlsplit(app.url)
    with socket.create_connection((str(where.hostname), where.port or 80), timeout=30) as client:
        answer = b""
        try:
            client.sendall(raw.data)
            if raw.reads:
                answer = client.recv(65536)
        except (BrokenPipeError, ConnectionResetError):
            return  # cut off while it was still talking
    if raw.reads and answer:
        found = re.match(rb"HTTP/1\.[01] (\d{3}) ", answer)
        assert found, answer[:200]
        assert int(found[1]) in raw.expected, answer[:300]
