"""Calls of the Media Generation API that several tests share."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import httpx

from tests.conftest import RunningApp

SMALL = {"width": 128, "height": 128, "num_inference_steps": 1, "seed": 7}  # drawn once, then remembered
SLOW = {"width": 2048, "height": 2048, "num_inference_steps": 8}
FINAL = {"completed", "failed", "cancelled"}


def post(app: RunningApp, headers: dict[str, str] | None = None, **body: Any) -> httpx.Response:
    """Ask for a small picture, or for what the body says."""
    asked = {"prompt": "a knight", "parameters": SMALL, **body}
    return app.client.post("/api/v1/jobs/generate", json=asked, headers=headers)


def create(app: RunningApp, headers: dict[str, str] | None = None, **body: Any) -> str:
    """The id of a job for a small picture, or for what the body says."""
    answer = post(app, headers, **body)
    assert answer.status_code == 200, answer.text
    return answer.json()["id"]


def status_of(app: RunningApp, job_id: str) -> dict[str, Any]:
    """A job as it stands."""
    answer = app.client.get(f"/api/v1/jobs/status/{job_id}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def finish(app: RunningApp, job_id: str, timeout_s: float = 120.0) -> dict[str, Any]:
    """A job once it is final."""
    deadline = time.monotonic() + timeout_s
    while (found := status_of(app, job_id))["status"] not in FINAL:
        assert time.monotonic() < deadline, f"still {found}\n{''.join(app.lines[-40:])}"
        time.sleep(0.05)
    return found


def make(app: RunningApp, **body: Any) -> dict[str, Any]:
    """A finished small picture."""
    done = finish(app, create(app, **body))
    assert done["status"] == "completed", done
    return done


def events(lines: Iterator[str]) -> Iterator[dict[str, str]]:
    """Server-sent events out of the lines of a stream."""
    found: dict[str, str] = {}
    for line in lines:
        if line:
            name, _, value = line.partition(":")
            found[name] = value.removeprefix(" ")
        elif found:
            if "event" in found:
                yield found
            found = {}
