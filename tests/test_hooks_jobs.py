"""Webhooks of the Media Generation API, from the request to the receiver, over a kill of the whole studio."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx

from tests.conftest import RunningApp, StartApp
from tests.hook_fixtures import Asked, Receiver, receiving, until
from tests.served import Serve, serve_apps

__all__ = ["serve_apps"]

FIRST_PICTURE_S = 150.0  # with everything to be compiled before it, on a machine that has more to do
QUICK = {
    "STUDIO_ALLOW_PRIVATE_ADDRESSES": "true",
    "STUDIO_WEBHOOK_RETRIES_S": ",".join(["0.2"] * 300),
    "STUDIO_LEASE_S": "1",
}


def create(app: RunningApp, receiver: Receiver, **more: Any) -> str:
    """A small job that the receiver hears of."""
    body = {
        "prompt": "a knight",
        "parameters": {"width": 128, "height": 128, "num_inference_steps": 1},
        "webhook_url": receiver.url,
        "metadata": {"user_id": "user123", "session_id": "sess456"},
        **more,
    }
    answer = app.client.post("/api/v1/jobs/generate", json=body)
    assert answer.is_success, answer.text
    return answer.json()["id"]


def told_of(app: RunningApp, job_id: str) -> list[dict[str, Any]]:
    """What the ledger has of a job, the oldest first."""
    answer = app.client.get("/api/v1/webhooks/deliveries", params={"job_id": job_id})
    return answer.json()["deliveries"][::-1]


def test_every_event_reaches_the_receiver_once_over_failures_and_a_kill(
    start_app: StartApp, serve: Serve, tmp_path: Path
) -> None:
    is_well = False

    def answer(asked: Asked) -> None:
        asked.say() if is_well else asked.say(500, b"not now")

    folder = tmp_path / "studio"
    every = ["started", "output", "completed"]
    with receiving(answer) as receiver:
        app = start_app("--no-ui", folder=folder, **QUICK)
        app.wait_healthy()
        job_id = create(app, receiver, webhook_events_filter=every)
        until(lambda: len(told_of(app, job_id)) == 3, FIRST_PICTURE_S)
        until(lambda: len(receiver.received) >= 2)
        app.kill()
        is_well = True
        app = serve(folder, **QUICK)
        until(lambda: len(receiver.taken) == 3)
        assert [body["event"] for body in receiver.bodies()] == every
        completed = receiver.bodies()[-1]
        assert (completed["job_id"], completed["status"]) == (job_id, "completed")
        assert completed["metadata"] == {"user_id": "user123", "session_id": "sess456"}
        # The address in the body was that of the first start: the same path, at where the studio is now.
        path = httpx.URL(completed["media_url"]).path
        picture = app.client.get(path)
        assert picture.content.startswith(b"\x89PNG")
        assert path.endswith(completed["media_id"])
        secret = app.client.get("/api/v1/webhooks/secret").json()["secrets"][0]["secret"]
        assert all(one.is_signed_by(secret) for one in receiver.received)
        found = told_of(app, job_id)
        assert [one["event"] for one in found] == every
        assert {one["status"] for one in found} == {"delivered"}
        assert [one.id for one in receiver.taken] == [one["delivery_id"] for one in found]
        assert len({one.id for one in receiver.received}) == 3


def test_a_job_that_is_cancelled_tells_so(serve: Serve) -> None:
    with receiving() as receiver:
        app = serve(**QUICK)
        job_id = create(app, receiver)
        assert app.client.delete(f"/api/v1/jobs/{job_id}").status_code == 204
        until(lambda: receiver.taken)
        assert receiver.bodies()[0]["status"] == "cancelled"


def test_a_private_address_is_refused_before_anything_is_queued(app: RunningApp) -> None:
    with receiving() as receiver:
        body = {"prompt": "a knight whom nobody draws", "webhook_url": receiver.url}
        answer = app.client.post("/api/v1/jobs/generate", json=body)
        assert answer.status_code == 422
        assert "not on the public internet" in answer.text
        found = app.client.get("/api/v1/jobs", params={"search": "whom nobody draws"})
        assert found.json()["total"] == 0
        assert receiver.received == []
