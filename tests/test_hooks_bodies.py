"""What a job's webhooks tell: recorded with the change of the job, in the documented form."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from studio import hooks
from studio.errors import StudioError
from studio.hooks import Hooks
from studio.jobs import Jobs
from studio.records import jobs as records
from studio.records import leases
from studio.records.entities import Job
from tests.hook_fixtures import ledger, open_with_hooks, wanted
from tests.studio_fixtures import add_job, finish, make_settings

URL = "https://receiver.example/hook"


@pytest.fixture
def jobs(tmp_path: Path) -> Jobs:
    return open_with_hooks(tmp_path, public_base_url="https://studio.example/")


def told(jobs: Jobs) -> list[dict[str, object]]:
    """The bodies that wait to be sent."""
    sending = Hooks(jobs.database, jobs.settings)
    return [sending.body(one) for one in ledger(jobs)]


def fail(jobs: Jobs, job: Job, error: StudioError, failures: int) -> None:
    """End a job's only task after so many failures that were tried again."""
    needs = list(leases.all_needs(jobs.database))
    for _ in range(failures):
        task = leases.claim(jobs.database, "s", needs, "t", time.time(), 60)
        assert task is not None
        again = time.time()
        leases.start_over(
            jobs.database, task, "t", run_at=again, now=again, failed=True, error=error.to_json()
        )
    task = leases.claim(jobs.database, "s", needs, "t", time.time(), 60)
    assert task is not None
    leases.end(jobs.database, task, "t", "failed", error.to_json(), time.time())


def test_a_completed_job_is_told_as_documented(jobs: Jobs) -> None:
    job = finish(jobs, wanted(jobs, URL, "front", "left"))
    (body,) = told(jobs)
    assert list(body)[:4] == ["job_id", "status", "media_url", "media_id"]
    first, second = job.outputs
    assert body["job_id"] == job.id
    assert body["status"] == "completed"
    assert body["media_id"] == first.id
    assert body["media_url"] == f"https://studio.example/api/v1/media/{first.id}"
    assert [one["id"] for one in body["media"]] == [first.id, second.id]  # type: ignore[attr-defined]


def test_a_failed_job_is_told_as_documented(jobs: Jobs) -> None:
    job = wanted(jobs, URL)
    error = StudioError("graph_failed", node_id="3", node_type="KSampler", why="no memory left")
    fail(jobs, job, error, failures=2)
    (body,) = told(jobs)
    assert body == {
        "job_id": job.id,
        "status": "failed",
        "error": error.message,
        "error_details": {"retry_count": 2, "max_retries": 2, "code": "graph_failed", "hint": error.hint},
        "event": "failed",
    }


def test_a_cancelled_job_is_told(jobs: Jobs) -> None:
    job = wanted(jobs, URL)
    jobs.cancel(job.id)
    assert told(jobs) == [{"job_id": job.id, "status": "cancelled", "event": "cancelled"}]


def test_a_job_that_is_deleted_before_its_end_is_told_as_cancelled(jobs: Jobs) -> None:
    job = wanted(jobs, URL)
    jobs.delete(job.id)
    assert told(jobs) == [{"job_id": job.id, "status": "cancelled", "event": "cancelled"}]


def test_what_is_to_be_told_outlives_its_job(jobs: Jobs) -> None:
    job = finish(jobs, wanted(jobs, URL))
    before = told(jobs)
    jobs.delete(job.id)
    assert told(jobs) == before


def test_only_the_end_is_told_unless_more_is_asked_for(jobs: Jobs) -> None:
    every = wanted(jobs, URL, "front", "left", events=hooks.EVENTS)
    finish(jobs, every, ["front"])
    finish(jobs, jobs.get(every.id), ["left"])
    assert [body["event"] for body in told(jobs)] == ["started", "output", "output", "completed"]
    assert [body["status"] for body in told(jobs)] == ["processing", "processing", "processing", "completed"]
    names = [output.id for output in jobs.get(every.id).outputs]
    assert [body["media_id"] for body in told(jobs) if body["event"] == "output"] == names


def test_a_filter_leaves_out_what_it_does_not_name(jobs: Jobs) -> None:
    finish(jobs, wanted(jobs, URL, events=["failed"]))
    assert told(jobs) == []


def test_each_address_hears_for_itself(jobs: Jobs) -> None:
    job = wanted(jobs, URL)
    with jobs.database.write() as connection:
        hooks.subscribe(connection, job.id, "http://other.example:8080/", ["completed", "output"])
    finish(jobs, job)
    heard = {(one.receiver, one.event) for one in ledger(jobs)}
    assert heard == {
        ("receiver.example:443", "completed"),
        ("other.example:8080", "output"),
        ("other.example:8080", "completed"),
    }
    assert len({one.id for one in ledger(jobs)}) == 3


def test_nobody_is_told_of_jobs_that_nobody_asked_about(jobs: Jobs) -> None:
    finish(jobs, add_job(jobs.database, "front"))
    assert told(jobs) == []


def test_a_change_that_is_not_recorded_is_not_told(jobs: Jobs) -> None:
    job = wanted(jobs, URL)

    def begin_and_break_off() -> None:
        with jobs.database.write():
            records.request_cancel(jobs.database, job.id, time.time())
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        begin_and_break_off()
    assert jobs.get(job.id).status == "queued"
    assert told(jobs) == []


@pytest.mark.parametrize(
    ("metadata", "expected"),
    [
        (
            '{"user_id": "user123", "deep": [1, {"x": null}]}',
            {"user_id": "user123", "deep": [1, {"x": None}]},
        ),
        ('{"x": NaN}', None),
        ("[" * 5000 + "]" * 5000, None),
        (json.dumps({"x": "y" * 100_000}), None),
        ('{"half": "\\ud800"}', {"half": "\ud800"}),
    ],
)
def test_metadata_is_echoed_and_never_keeps_a_job_from_ending(
    jobs: Jobs, metadata: str, expected: object
) -> None:
    job = wanted(jobs, URL, events=hooks.EVENTS)
    with jobs.database.write() as connection:
        connection.execute("UPDATE jobs SET metadata = ? WHERE id = ?", (metadata, job.id))
    jobs_row = jobs.database.row("SELECT status FROM jobs WHERE id = ?", (job.id,))
    assert jobs_row == {"status": "queued"}
    with jobs.database.write() as connection:
        connection.execute(
            "UPDATE jobs SET status = 'completed', completed_at = ? WHERE id = ?", (time.time(), job.id)
        )
    (body,) = told(jobs)
    assert body.get("metadata") == expected


def test_addresses_are_absolute_where_it_can_be_known(tmp_path: Path) -> None:
    plain = open_with_hooks(tmp_path)
    finish(plain, wanted(plain, URL, base_url="http://localhost:8000/"))
    finish(plain, wanted(plain, URL))
    first, second = (one.facts["media"][0]["id"] for one in ledger(plain))
    assert [body["media_url"] for body in told(plain)] == [
        f"http://localhost:8000/api/v1/media/{first}",
        f"/api/v1/media/{second}",
    ]


@pytest.mark.parametrize(
    ("url", "events", "code"),
    [
        ("http://127.0.0.1/", None, "address_refused"),
        ("http://[::1]:99/", None, "address_refused"),
        ("http://localhost:3000/webhooks", None, "address_refused"),
        ("http://169.254.169.254/latest", None, "address_refused"),
        ("ftp://example.com/", None, "address_refused"),
        ("http://user:secret@example.com/", None, "address_refused"),
        ("https://example.com/", ["completed", "logs"], "invalid_field"),
    ],
)
def test_what_could_never_be_delivered_is_refused_at_once(
    tmp_path: Path, url: str, events: list[str] | None, code: str
) -> None:
    with pytest.raises(StudioError) as refused:
        hooks.check(url, events, make_settings(tmp_path))
    assert refused.value.code == code


def test_good_addresses_pass(tmp_path: Path) -> None:
    hooks.check("https://your-app.com/webhooks/media-complete", None, make_settings(tmp_path))
    hooks.check("https://93.184.216.34/x?y=z", ["output"], make_settings(tmp_path))
    hooks.check("http://127.0.0.1:3000/", [], make_settings(tmp_path, studio_allow_private_addresses=True))
