"""Event streams of jobs: what is told, in order and once; resumed, bounded, and ended in time."""

from __future__ import annotations

import asyncio
import base64
import json
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from studio.errors import StudioError
from studio.following import Following
from studio.jobs import Jobs
from studio.records import leases
from studio.records.entities import FINAL
from studio.request import AvatarRequest
from tests.conftest import RunningApp, start_app_process
from tests.media_calls import SLOW, create, events, make, status_of
from tests.served import Serve, serve_apps
from tests.studio_fixtures import open_jobs

__all__ = ["serve_apps"]


def path_of(job_id: str) -> str:
    return f"/api/v1/jobs/{job_id}/events"


def follow(app: RunningApp, job_id: str, **given: Any) -> list[dict[str, Any]]:
    """All events of a job up to the end of its stream, with their data read."""
    with app.client.stream("GET", path_of(job_id), **given) as answer:
        assert answer.status_code == 200, answer.read()
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["cache-control"] == "no-store"
        found = [{**event, "data": json.loads(event["data"])} for event in events(answer.iter_lines())]
    assert all(event["data"]["type"] == event["event"] for event in found)
    return found


def recorded(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those that are recorded, and so have a number."""
    return [event for event in found if "id" in event]


def test_a_stream_tells_a_job_from_its_beginning_to_its_end(app: RunningApp) -> None:
    found = follow(app, create(app))
    names = [event["event"] for event in recorded(found) if event["event"] != "message"]
    assert names == ["pending", "started", "output", "completed"]
    numbers = [int(event["id"]) for event in recorded(found)]
    assert numbers == sorted(set(numbers))
    last = found[-1]["data"]
    told = status_of(app, last["id"])
    assert {name: last[name] for name in told} == told
    assert last["media"][0]["url"].startswith(app.url)


def test_a_finished_job_is_told_as_well(app: RunningApp) -> None:
    done = make(app)
    names = [event["event"] for event in follow(app, done["id"]) if event["event"] != "message"]
    assert names == ["pending", "started", "output", "completed"]


def test_progress_and_previews_come_while_it_works(app: RunningApp) -> None:
    found = follow(app, create(app, parameters=SLOW, prompt="a giant who is drawn at length"))
    progress = [event["data"]["progress"] for event in found if event["event"] == "progress"]
    assert progress
    assert progress == sorted(progress)
    previews = [event["data"]["image"] for event in found if event["event"] == "preview"]
    assert previews
    kind, data = previews[-1].split(";base64,")
    assert kind in {"data:image/jpeg", "data:image/png"}
    assert len(base64.b64decode(data)) > 100


def test_previews_can_be_left_out(app: RunningApp) -> None:
    job_id = create(app, parameters={"width": 512, "height": 512, "num_inference_steps": 8})
    found = follow(app, job_id, params={"previews": "false"})
    assert "preview" not in {event["event"] for event in found}


def test_a_stream_that_broke_off_goes_on_where_it_was(app: RunningApp) -> None:
    done = make(app)
    whole = recorded(follow(app, done["id"]))
    for position, event in enumerate(whole[:-1]):
        rest = recorded(follow(app, done["id"], headers={"Last-Event-ID": event["id"]}))
        assert [one["id"] for one in rest] == [one["id"] for one in whole[position + 1 :]]
    by_query = recorded(follow(app, done["id"], params={"after": whole[1]["id"]}))
    assert [one["id"] for one in by_query] == [one["id"] for one in whole[2:]]


def test_who_has_seen_the_end_is_told_not_to_come_back(app: RunningApp) -> None:
    done = make(app)
    last = recorded(follow(app, done["id"]))[-1]["id"]
    answer = app.client.get(path_of(done["id"]), headers={"Last-Event-ID": last})
    assert (answer.status_code, answer.content) == (204, b"")


@pytest.mark.parametrize("number", ["soon", "-1", "9" * 30, "1.5", ""])
def test_a_number_that_is_none_begins_at_the_beginning(app: RunningApp, number: str) -> None:
    done = make(app)
    assert recorded(follow(app, done["id"], headers={"Last-Event-ID": number}))[0]["event"] == "pending"


@pytest.mark.parametrize(("below", "last"), [("/api/v1/jobs", "cancelled"), ("/generations", "deleted")])
def test_a_job_that_is_cancelled_or_removed_ends_its_streams(app: RunningApp, below: str, last: str) -> None:
    job_id = create(app, parameters=SLOW)
    with app.client.stream("GET", path_of(job_id)) as answer:
        found = events(answer.iter_lines())
        assert next(found)["event"] == "pending"
        httpx.delete(f"{app.url}{below}/{job_id}", trust_env=False)
        names = [event["event"] for event in found]
    assert names[-1] == last


def test_jobs_of_other_families_are_followed_alike(app: RunningApp) -> None:
    generation = app.generate(width=128, height=128, steps=1)
    found = recorded(follow(app, generation["generation_id"]))
    assert found[-1]["event"] == "completed"
    assert found[-1]["data"]["id"] == generation["generation_id"]


def test_many_streams_of_one_job_tell_the_same(app: RunningApp) -> None:
    job_id = create(app, parameters={"width": 512, "height": 512, "num_inference_steps": 8})
    told: list[list[str]] = []

    def read() -> None:
        with (
            httpx.Client(base_url=app.url, trust_env=False, timeout=60) as client,
            client.stream("GET", path_of(job_id)) as answer,
        ):
            told.append([event["id"] for event in events(answer.iter_lines()) if "id" in event])

    readers = [threading.Thread(target=read) for _ in range(20)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join(60)
    assert len(told) == 20
    assert len({tuple(numbers) for numbers in told}) == 1


# -------------------------------------------------------------------------- bounds


def open_stream(app: RunningApp, job_id: str) -> socket.socket:
    """A stream as a client that never reads on opens it; the answer's first line is read."""
    host, port = app.url.removeprefix("http://").split(":")
    opened = socket.create_connection((host, int(port)), timeout=20)
    opened.sendall(f"GET {path_of(job_id)} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    return opened


def first_line(opened: socket.socket) -> str:
    with opened.makefile("rb") as reader:
        return reader.readline().decode().strip()


@pytest.fixture(scope="module")
def narrow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    """An app with room for five, whose engine is nowhere, so that its jobs wait."""

    running = start_app_process(
        tmp_path_factory.mktemp("narrow"),
        "--no-ui",
        STUDIO_EVENT_STREAMS="5",
        STUDIO_ENGINE_URL="http://127.0.0.1:9",
    )
    yield running
    if running.process.poll() is None:
        running.kill()


def test_streams_beyond_the_limit_are_refused_and_places_come_back(narrow: RunningApp) -> None:
    job_id = create(narrow)
    held = [open_stream(narrow, job_id) for _ in range(5)]
    assert [first_line(one) for one in held] == ["HTTP/1.1 200 OK"] * 5
    refused = narrow.client.get(path_of(job_id))
    assert refused.status_code == 503
    assert refused.json()["code"] == "too_many_followers"
    assert int(refused.headers["retry-after"]) > 0
    # What else there is goes on, and whoever would wait is answered at once instead.
    assert status_of(narrow, job_id)["status"] == "pending"
    answer = narrow.client.post(
        "/api/v1/jobs/generate", json={"prompt": "a mage"}, headers={"Prefer": "wait=50"}, timeout=20
    )
    assert answer.json()["status"] == "pending"
    held.pop().close()
    deadline = time.monotonic() + 20
    while True:
        with narrow.client.stream("GET", path_of(job_id)) as again:
            if again.status_code == 200:
                break
        assert time.monotonic() < deadline
        time.sleep(0.05)
    for one in held:
        one.close()


def test_streams_hold_no_threads(narrow: RunningApp) -> None:
    psutil = pytest.importorskip("psutil")
    job_id = create(narrow)
    process = psutil.Process(narrow.process.pid)
    narrow.client.get("/api/v1/health/live")
    before = process.num_threads()
    held = [open_stream(narrow, job_id) for _ in range(5)]
    assert [first_line(one) for one in held] == ["HTTP/1.1 200 OK"] * 5
    # One thread watches for all of them; the others belong to the pools that answer everybody.
    assert process.num_threads() <= before + 7
    for one in held:
        one.close()


def test_a_stopping_server_ends_its_streams(serve: Serve) -> None:
    app = serve(STUDIO_ENGINE_URL="http://127.0.0.1:9")
    job_id = create(app)
    opened = open_stream(app, job_id)
    assert first_line(opened) == "HTTP/1.1 200 OK"
    assert app.interrupt() == 0
    opened.settimeout(20)
    rest = b""
    while block := opened.recv(65536):
        rest += block
    assert rest.endswith(b"0\r\n\r\n")  # ended as HTTP ends an answer, not broken off
    opened.close()


# ------------------------------------------------------------------------ following


@pytest.fixture
def jobs(tmp_path: Path) -> Iterator[Jobs]:
    opened = open_jobs(tmp_path)
    yield opened
    opened.database.close()


def cancel_soon(jobs: Jobs, job_id: str) -> threading.Thread:
    thread = threading.Thread(target=lambda: (time.sleep(0.3), jobs.cancel(job_id)))
    thread.start()
    return thread


def test_whoever_waits_is_woken_by_the_end_and_only_by_that(jobs: Jobs) -> None:
    job = jobs.submit(AvatarRequest(prompt="x"), door="test")
    other = jobs.submit(AvatarRequest(prompt="x"), door="test")
    following = Following(jobs, 10)
    thread = cancel_soon(jobs, job.id)

    async def wait() -> tuple[str, str]:
        ended, waiting = await asyncio.gather(
            following.until_final(job.id, 20), following.until_final(other.id, 1.0)
        )
        return ended.status, waiting.status

    assert asyncio.run(wait()) == ("cancelled", "queued")
    assert len(following) == 0
    thread.join()
    following.stop()


def test_every_change_wakes_a_follower(jobs: Jobs) -> None:
    job = jobs.submit(AvatarRequest(prompt="x"), door="test")
    following = Following(jobs, 10)
    task = leases.claim(jobs.database, "s", [job.tasks[0].needs], "token", time.time(), 60)
    assert task is not None

    async def watch() -> list[tuple[str, float]]:
        seen: list[tuple[str, float]] = []
        with following.follow(job.id) as follower:
            for change in (
                lambda: leases.bind(jobs.database, task, "token", "s", "p", time.time()),
                lambda: leases.write_progress(jobs.database, task, "token", 50.0, time.time()),
                lambda: leases.end(jobs.database, task, "token", "failed", None, time.time()),
            ):
                await follower.wait(5)
                follower.changed.clear()
                change()
                assert await follower.wait(5)
                assert follower.mark is not None
                seen.append((follower.mark.status, follower.mark.progress))
        return seen

    assert asyncio.run(watch())[-1][0] in FINAL
    following.stop()


def test_no_more_than_the_limit_follow_and_places_come_back(jobs: Jobs) -> None:
    job = jobs.submit(AvatarRequest(prompt="x"), door="test")
    following = Following(jobs, 2)

    async def crowd() -> None:
        with following.follow(job.id):
            with following.follow(job.id):
                with pytest.raises(StudioError) as refused, following.follow(job.id):
                    pass
                assert refused.value.code == "too_many_followers"
                # Whoever only prefers to wait does not fail, but is not kept either.
                assert (await following.until_final(job.id, 30)).status == "queued"
            with following.follow(job.id):
                assert len(following) == 2

    asyncio.run(crowd())
    following.stop()


def test_letting_go_wakes_everybody(jobs: Jobs) -> None:
    job = jobs.submit(AvatarRequest(prompt="x"), door="test")
    following = Following(jobs, 10)

    async def wait() -> str:
        asyncio.get_running_loop().call_later(0.2, following.end)
        return (await following.until_final(job.id, 3600)).status

    assert asyncio.run(wait()) == "queued"
    following.stop()


def test_the_thread_ends_when_nobody_follows(jobs: Jobs) -> None:
    job = jobs.submit(AvatarRequest(prompt="x"), door="test")
    following = Following(jobs, 10)
    asyncio.run(following.until_final(job.id, 0.1))
    deadline = time.monotonic() + 10
    while any(thread.name == "following" and thread.is_alive() for thread in threading.enumerate()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert asyncio.run(following.until_final(job.id, 0.1)).status == "queued"
    following.stop()
