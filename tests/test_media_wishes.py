"""What all creating calls understand: `Idempotency-Key`, `Prefer: wait` and `Cancel-After`."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast

import httpx
import pytest
from fastapi import FastAPI, Request, Response
from fastapi.testclient import TestClient

from api import creating, problems
from api.creating import WishesDep, fingerprint, wait_of
from studio.assembly import Studio
from studio.jobs import IdempotencyKey, Jobs
from studio.records import jobs as records
from studio.records.entities import Job
from studio.request import AvatarRequest
from tests.conftest import RunningApp
from tests.media_calls import SLOW, SMALL, create, finish, make, post, status_of
from tests.studio_fixtures import open_jobs

GENERATING = ["generate/avatar", "generate_pose?pose=side", "generate_all_poses"]


@pytest.fixture
def jobs(tmp_path: Any) -> Iterator[Jobs]:
    opened = open_jobs(tmp_path)
    yield opened
    opened.database.close()


def key() -> dict[str, str]:
    return {"Idempotency-Key": uuid.uuid4().hex}


def generate(app: RunningApp, path: str, headers: dict[str, str], **body: Any) -> httpx.Response:
    asked = {"prompt": "a knight", "width": 128, "height": 128, "steps": 1, **body}
    return app.client.post(f"/avatarforge-controller/{path}", json=asked, headers=headers)


# ------------------------------------------------------------------- sending twice


def test_the_same_request_under_one_key_is_one_job(app: RunningApp) -> None:
    headers = key()
    first, again = (post(app, headers, metadata={"a": 1}) for _ in range(2))
    assert first.json()["id"] == again.json()["id"]
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    finish(app, first.json()["id"])
    assert post(app, headers, metadata={"a": 1}).json()["status"] == "completed"


@pytest.mark.parametrize(
    "other",
    [
        {"prompt": "a mage"},
        {"parameters": SMALL | {"seed": 1}},
        {"metadata": {"a": 2}},
        {"webhook_url": "https://somewhere.example/"},
    ],
)
def test_another_request_under_the_same_key_is_refused(app: RunningApp, other: dict[str, Any]) -> None:
    headers = key()
    body = {"metadata": {"a": 1}}
    first = post(app, headers, **body)
    refused = post(app, headers, **{**body, **other})
    assert refused.status_code == 422
    assert refused.json()["code"] == "idempotency_mismatch"
    finish(app, first.json()["id"])


def test_a_refused_request_leaves_its_key_free(app: RunningApp) -> None:
    headers = key()
    assert post(app, headers, prompt="").status_code == 422
    assert post(app, headers, parameters=SMALL | {"model": "nobody-has-this"}).status_code == 422
    finish(app, create(app, headers))


def test_keys_of_families_are_their_own(app: RunningApp) -> None:
    headers = key()
    job_id = create(app, headers)
    avatar = generate(app, "generate/avatar", headers)
    assert avatar.status_code == 200
    assert avatar.json()["generation_id"] != job_id
    app.wait(avatar.json()["generation_id"])


@pytest.mark.parametrize("path", GENERATING)
def test_generations_are_made_once_for_each_key(app: RunningApp, path: str) -> None:
    headers = key()
    first = generate(app, path, headers)
    again = generate(app, path, headers)
    assert first.json()["generation_id"] == again.json()["generation_id"]
    assert again.headers["idempotent-replayed"] == "true"
    assert generate(app, path, headers, prompt="a mage").status_code == 422
    app.client.delete(f"/generations/{first.json()['generation_id']}")


def test_many_at_once_under_one_key_make_one_job(app: RunningApp) -> None:
    headers = key()
    with ThreadPoolExecutor(8) as workers:
        answers = list(workers.map(lambda _: post(app, headers), range(24)))
    made = {answer.json()["id"] for answer in answers if answer.status_code == 200}
    assert len(made) == 1
    for answer in answers:
        if answer.status_code != 200:
            assert answer.status_code == 409
            assert answer.json()["code"] == "idempotency_in_flight"
    finish(app, made.pop())


def test_a_request_that_is_still_worked_on_keeps_its_key(jobs: Jobs) -> None:
    """The work of the first request goes on until the test lets it."""
    begun, go_on = threading.Event(), threading.Event()
    app = FastAPI()
    problems.install(app)

    @app.post("/slow")
    async def slow(request: Request, response: Response, wishes: WishesDep) -> str:
        def submit(key: IdempotencyKey | None, cancel_after_s: float | None) -> Job:
            begun.set()
            assert go_on.wait(20)
            return jobs.submit(AvatarRequest(prompt="x"), door="test", key=key)

        return (await creating.create(request, response, cast(Studio, None), wishes, "slow", submit)).id

    with TestClient(app) as client, ThreadPoolExecutor(1) as workers:
        headers = key()
        first = workers.submit(client.post, "/slow", headers=headers)
        assert begun.wait(20)
        second = client.post("/slow", headers=headers)
        assert (second.status_code, second.json()["code"]) == (409, "idempotency_in_flight")
        go_on.set()
        assert client.post("/slow", headers=key()).json() != first.result(20).json()
        third = client.post("/slow", headers=headers)
        assert (third.status_code, third.json()) == (200, first.result().json())
        assert third.headers["idempotent-replayed"] == "true"


def test_fingerprints_tell_requests_and_routes_apart() -> None:
    assert fingerprint("a", {"x": 1, "y": 2}) == fingerprint("a", {"y": 2, "x": 1})
    assert fingerprint("a", {"x": 1}) != fingerprint("b", {"x": 1})
    assert fingerprint("a", {"x": 1}) != fingerprint("a", {"x": 2})


# -------------------------------------------------------------------------- waiting


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("wait=10", 10),
        ("wait = 10", 10),
        ('wait="7"', 7),
        ("respond-async, wait=5", 5),
        ("return=minimal; foo=bar, wait=5; why", 5),
        ("wait", 60),
        ("WAIT=3", 3),
        ("wait=100000", 60),
        ("wait=0", 0),
        ("await=5", None),
        ("waiting", None),
        ("wait=soon", None),
        ("respond-async", None),
        ("", None),
    ],
)
def test_preferences_are_read_as_they_are_written(header: str, seconds: int | None) -> None:
    assert wait_of(header) == seconds


def test_who_waits_gets_the_finished_job(app: RunningApp) -> None:
    answer = post(app, {"Prefer": "wait=60"})
    assert answer.status_code == 200
    assert answer.headers["preference-applied"] == "wait=60"
    job = answer.json()
    assert job["status"] == "completed"
    assert app.client.get(job["media"][0]["url"]).status_code == 200
    assert job["estimated_completion_time"] == 0
    told = status_of(app, job["id"])
    assert {name: job[name] for name in told} == told
    assert job["status_url"] == f"/api/v1/jobs/status/{job['id']}"


@pytest.mark.parametrize("path", GENERATING)
def test_generations_can_be_waited_for_too(app: RunningApp, path: str) -> None:
    answer = generate(app, path, {"Prefer": "wait=60"})
    assert answer.headers["preference-applied"] == "wait=60"
    assert answer.json()["status"] == "completed"
    assert answer.json()["output_files"]


def test_requests_of_the_client_for_scripts_too(app: RunningApp) -> None:
    body = {"request": {"prompt": "a knight", "width": 128, "height": 128, "steps": 1}}
    headers = {"Prefer": "wait=60", **key()}
    answer = app.client.post("/studio/jobs", json=body, headers=headers)
    assert answer.headers["preference-applied"] == "wait=60"
    assert answer.json()["status"] == "completed"
    again = app.client.post("/studio/jobs", json=body, headers=headers)
    assert again.json()["id"] == answer.json()["id"]


def test_when_time_is_up_the_answer_tells_how_it_stands(app: RunningApp) -> None:
    answer = post(app, {"Prefer": "wait=1"}, parameters=SLOW)
    assert answer.headers["preference-applied"] == "wait=1"
    assert answer.json()["status"] in {"pending", "processing"}
    assert "media" not in answer.json()
    assert app.client.delete(f"/api/v1/jobs/{answer.json()['id']}").status_code == 204
    finish(app, answer.json()["id"])


def test_who_waits_hears_of_a_cancelled_job_at_once(app: RunningApp) -> None:
    busy = [create(app, parameters=SLOW, prompt=f"a giant {uuid.uuid4().hex}") for _ in range(3)]
    name = uuid.uuid4().hex
    with ThreadPoolExecutor(1) as workers:
        waiting = workers.submit(post, app, {"Prefer": "wait=60"}, parameters=SLOW, prompt=f"a dwarf {name}")
        while not (found := app.client.get("/api/v1/jobs", params={"search": name}).json()["jobs"]):
            time.sleep(0.02)
        assert app.client.delete(f"/api/v1/jobs/{found[0]['id']}").status_code == 204
        answer = waiting.result(30)
    assert answer.json()["id"] == found[0]["id"]
    assert answer.json()["status"] == "cancelled"
    for job_id in busy:
        app.client.delete(f"/api/v1/jobs/{job_id}")


def test_others_are_answered_while_many_wait(app: RunningApp) -> None:
    # So much before them that none of them is finished while the others are asked.
    slow = [create(app, parameters=SLOW) for _ in range(4)]
    keys = [key() for _ in range(60)]
    with ThreadPoolExecutor(60) as workers:
        waiting = [workers.submit(post, app, {"Prefer": "wait=30", **one}) for one in keys]
        for _ in range(5):
            assert app.client.get("/api/v1/health/live").status_code == 200
        assert not any(one.done() for one in waiting)
        listed = app.client.get("/api/v1/jobs", params={"status": "pending", "per_page": 100})
        assert listed.status_code == 200
        for job_id in slow:
            app.client.delete(f"/api/v1/jobs/{job_id}")
        for job in listed.json()["jobs"]:
            app.client.delete(f"/api/v1/jobs/{job['id']}")
        while not all(one.done() for one in waiting):
            for status in ("pending", "processing"):
                page = app.client.get("/api/v1/jobs", params={"status": status, "per_page": 100}).json()
                for job in page["jobs"]:
                    app.client.delete(f"/api/v1/jobs/{job['id']}")
        assert {one.result().status_code for one in waiting} == {200}


# ----------------------------------------------------------------- cancelling later


def test_work_is_cancelled_when_its_client_would_not_wait_any_longer(app: RunningApp) -> None:
    busy = [create(app, parameters=SLOW, prompt=f"a giant {uuid.uuid4().hex}") for _ in range(6)]
    job_id = create(app, {"Cancel-After": "1"}, parameters=SLOW, prompt=f"a knight {uuid.uuid4().hex}")
    ended = finish(app, job_id)
    for other in busy:
        app.client.delete(f"/api/v1/jobs/{other}")
    assert ended["status"] == "cancelled"
    assert ended["notes"] == ["cancelled, as it was not finished within 1 s"]


def test_what_is_finished_in_time_is_not_touched(app: RunningApp) -> None:
    done = finish(app, create(app, {"Cancel-After": "5m"}))
    assert done["status"] == "completed"


def test_a_generation_is_cancelled_likewise(app: RunningApp) -> None:
    answer = generate(app, "generate_all_poses", {"Cancel-After": "1s"}, width=2048, height=2048, steps=8)
    ended = app.wait(answer.json()["generation_id"])
    assert (ended["status"], ended["error"]) == ("failed", "The generation was cancelled.")


@pytest.mark.parametrize("value", ["0", "-1", "soon", "1.5", "1d", "12345678", "5 m"])
def test_a_time_that_is_none_is_refused(app: RunningApp, value: str) -> None:
    refused = post(app, {"Cancel-After": value})
    assert refused.status_code == 422
    assert refused.json()["detail"][0]["loc"] == ["header", "Cancel-After"]
    assert generate(app, "generate/avatar", {"Cancel-After": value}).status_code == 422


def test_only_what_is_overdue_is_cancelled_and_only_once(jobs: Jobs) -> None:
    request = AvatarRequest(prompt="x")
    overdue = jobs.submit(request, door="test", cancel_after_s=10)
    later = jobs.submit(request, door="test", cancel_after_s=1000)
    never = jobs.submit(request, door="test")
    assert records.cancel_overdue(jobs.database, time.time()) == 0
    assert records.cancel_overdue(jobs.database, time.time() + 20) == 1
    assert records.cancel_overdue(jobs.database, time.time() + 20) == 0
    assert [jobs.get(one.id).status for one in (overdue, later, never)] == ["cancelled", "queued", "queued"]
    assert [event.kind for event in jobs.events(overdue.id)] == ["queued", "cancelled"]


def test_a_key_is_taken_back_with_its_request(app: RunningApp) -> None:
    headers = key()
    done = finish(app, create(app, headers))
    app.client.delete(f"/generations/{done['id']}")
    assert make(app)["status"] == "completed"
    assert create(app, headers) != done["id"]
