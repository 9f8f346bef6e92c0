"""Results in a bucket: a real S3 server, outages, deletions, and files that are only there."""

from __future__ import annotations

import logging
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest
from botocore.exceptions import ClientError
from moto.server import ThreadedMotoServer
from pydantic import ValidationError

from studio.errors import StudioError
from studio.jobs import Jobs
from studio.mirror import Mirror, open_mirror
from studio.mirror.bucket import Bucket
from studio.records import mirror as records
from tests.served import Serve, serve_apps
from tests.studio_fixtures import add_job, finish, make_settings, noise_png, open_jobs

__all__ = ["serve_apps"]

logging.getLogger("werkzeug").setLevel(logging.ERROR)
KEYS = {"aws_access_key_id": "key", "aws_secret_access_key": "secret"}


@dataclass(frozen=True)
class Store:
    """An S3 server with one bucket, looked at from outside."""

    endpoint: str

    def url(self, **more: str) -> str:
        """STORAGE_URL for it."""
        asked = "".join(f"&{name}={value}" for name, value in more.items())
        return f"s3://pictures/studio?endpoint={self.endpoint}{asked}"

    def client(self) -> Any:
        """Amazon's own library, so that not only ours understands ours."""
        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            region_name="us-east-1",
            aws_access_key_id="key",
            aws_secret_access_key="secret",
        )

    def object(self, job_id: str, name: str, bucket: str = "pictures") -> dict[str, Any] | None:
        """What is kept there of a result."""
        try:
            return self.client().get_object(Bucket=bucket, Key=f"studio/outputs/{job_id}/{name}")
        except ClientError:
            return None

    def content(self, job_id: str, name: str, bucket: str = "pictures") -> bytes | None:
        """Its bytes."""
        found = self.object(job_id, name, bucket)
        return found["Body"].read() if found else None

    def has(self, job_id: str, name: str) -> bool:
        """Whether there is a copy."""
        return self.object(job_id, name) is not None


@contextmanager
def serving(port: int = 0) -> Iterator[Store]:
    server = ThreadedMotoServer("127.0.0.1", port, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    store = Store(f"http://{host}:{port}")
    store.client().create_bucket(Bucket="pictures")
    try:
        yield store
    finally:
        server.stop()


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    with serving() as running:
        yield running


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


@contextmanager
def mirroring(jobs: Jobs) -> Iterator[Mirror]:
    """Copy results while it lasts."""
    mirror = open_mirror(jobs.database, jobs.files, jobs.settings)
    assert mirror is not None
    mirror.start()
    try:
        yield mirror
    finally:
        mirror.stop()


def until(what: Callable[[], Any], patience_s: float = 30.0) -> None:
    deadline = time.monotonic() + patience_s
    while not what():
        assert time.monotonic() < deadline, "it did not come to be"
        time.sleep(0.02)


def made(jobs: Jobs, *views: str) -> tuple[str, dict[str, bytes]]:
    """A finished job, and the bytes of its results."""
    job = finish(jobs, add_job(jobs.database, *(views or ("front",))))
    return job.id, {
        output.name: remake(jobs, job.id, output.name, noise_png(int(output.created_at * 1e6)))
        for output in job.outputs
    }


def remake(jobs: Jobs, job_id: str, name: str, content: bytes) -> bytes:
    """Put other bytes in the place of a result, as a second attempt at it would."""
    kept = jobs.files.write_output(job_id, name, [content])
    with jobs.database.write() as connection:
        connection.execute(
            "UPDATE outputs SET sha256 = ?, size = ? WHERE job_id = ? AND name = ?",
            (kept.sha256, kept.size, job_id, name),
        )
    return content


def test_results_are_copied_with_their_type(tmp_path: Path, store: Store) -> None:
    jobs = open_jobs(tmp_path, storage_url=store.url(), **KEYS)
    with mirroring(jobs) as mirror:
        job_id, contents = made(jobs, "front", "left")
        until(lambda: mirror.waiting() == 0)
        for name, content in contents.items():
            found = store.object(job_id, name)
            assert found is not None
            assert found["Body"].read() == content
            assert found["ContentType"] == "image/png"


def test_what_was_made_before_there_was_a_bucket_is_copied_too(tmp_path: Path, store: Store) -> None:
    before = open_jobs(tmp_path)
    known = [made(before) for _ in range(45)]
    jobs = open_jobs(tmp_path, storage_url=store.url(), **KEYS)
    with mirroring(jobs) as mirror:
        until(lambda: mirror.waiting() == 0)
    assert all(store.has(job_id, "output.png") for job_id, _ in known)


def test_a_missing_file_is_brought_back(tmp_path: Path, store: Store) -> None:
    jobs = open_jobs(tmp_path, storage_url=store.url(), **KEYS)
    with mirroring(jobs) as mirror:
        job_id, contents = made(jobs)
        until(lambda: mirror.waiting() == 0)
        place = jobs.files.result_place(job_id, "output.png")
        place.unlink()
        assert jobs.files.output_path(job_id, "output.png").read_bytes() == contents["output.png"]
        assert not jobs.files.output_path(job_id, "other.png").exists()


def test_a_copy_that_is_not_what_was_put_there_is_not_used(tmp_path: Path, store: Store) -> None:
    jobs = open_jobs(tmp_path, storage_url=store.url(), **KEYS)
    with mirroring(jobs) as mirror:
        job_id, _ = made(jobs)
        until(lambda: mirror.waiting() == 0)
        place = jobs.files.result_place(job_id, "output.png")
        place.unlink()
        key = f"studio/outputs/{job_id}/output.png"
        store.client().put_object(Bucket="pictures", Key=key, Body=b"something else")
        with pytest.raises(StudioError, match="not what was put there"):
            jobs.files.output_path(job_id, "output.png")
        assert not place.exists()


def test_what_is_deleted_here_is_deleted_there(tmp_path: Path, store: Store) -> None:
    jobs = open_jobs(tmp_path, storage_url=store.url(), **KEYS)
    with mirroring(jobs) as mirror:
        gone, _ = made(jobs)
        kept, _ = made(jobs)
        until(lambda: mirror.waiting() == 0)
        jobs.delete(gone)
        until(lambda: not store.has(gone, "output.png"))
        assert store.has(kept, "output.png")


def test_what_is_deleted_while_nothing_runs_is_deleted_there_later(tmp_path: Path, store: Store) -> None:
    jobs = open_jobs(tmp_path, storage_url=store.url(), **KEYS)
    with mirroring(jobs) as mirror:
        job_id, _ = made(jobs)
        until(lambda: mirror.waiting() == 0)
    jobs.delete(job_id)
    assert store.has(job_id, "output.png")
    with mirroring(jobs):
        until(lambda: not store.has(job_id, "output.png"))


def test_a_result_that_is_made_again_is_copied_again(tmp_path: Path, store: Store) -> None:
    jobs = open_jobs(tmp_path, storage_url=store.url(), **KEYS)
    with mirroring(jobs) as mirror:
        job_id, _ = made(jobs)
        until(lambda: mirror.waiting() == 0)
        again = remake(jobs, job_id, "output.png", noise_png(99))
        until(lambda: mirror.waiting() == 0)
        assert store.content(job_id, "output.png") == again


def test_a_removal_that_comes_late_leaves_what_was_made_again(tmp_path: Path, store: Store) -> None:
    jobs = open_jobs(tmp_path, storage_url=store.url(), **KEYS)
    job_id, contents = made(jobs)
    records.add_removal(jobs.database, job_id, "output.png")
    with mirroring(jobs) as mirror:
        until(lambda: mirror.waiting() == 0 and not records.removals(jobs.database, 1))
        assert store.content(job_id, "output.png") == contents["output.png"]


def test_an_outage_holds_nothing_up_and_loses_nothing(tmp_path: Path) -> None:
    port = free_port()
    jobs = open_jobs(tmp_path, storage_url=Store(f"http://127.0.0.1:{port}").url(), **KEYS)
    with mirroring(jobs) as mirror:
        known = [made(jobs) for _ in range(3)]
        until(lambda: mirror.why)
        assert f"{known[0][0]}/output.png" in mirror.why or "output.png" in mirror.why
        assert mirror.waiting() == 3
        with serving(port) as store:
            until(lambda: mirror.waiting() == 0 and not mirror.why)
            assert all(store.has(job_id, "output.png") for job_id, _ in known)


def test_what_is_only_there_cannot_be_had_in_an_outage_and_that_is_said(tmp_path: Path) -> None:
    with serving() as store:
        jobs = open_jobs(tmp_path, storage_url=store.url(), **KEYS)
        with mirroring(jobs) as mirror:
            job_id, _ = made(jobs)
            until(lambda: mirror.waiting() == 0)
    jobs.files.result_place(job_id, "output.png").unlink()
    with pytest.raises(StudioError) as failed:
        jobs.files.output_path(job_id, "output.png")
    assert (failed.value.code, failed.value.status) == ("storage_failed", 503)


def test_one_that_cannot_be_copied_does_not_stop_the_others(tmp_path: Path, store: Store) -> None:
    jobs = open_jobs(tmp_path, storage_url=store.url(), **KEYS)
    lost, _ = made(jobs)
    jobs.files.result_place(lost, "output.png").unlink()
    with mirroring(jobs) as mirror:
        job_id, _ = made(jobs)
        until(lambda: mirror.waiting() == 0)
        assert store.has(job_id, "output.png")
        assert not store.has(lost, "output.png")
        assert records.kept(jobs.database, lost, "output.png") is None


def test_another_bucket_gets_everything_and_the_first_is_known_again(tmp_path: Path, store: Store) -> None:
    store.client().create_bucket(Bucket="second")
    first, second = store.url(), store.url().replace("pictures", "second")
    jobs = open_jobs(tmp_path, storage_url=first, **KEYS)
    job_id, contents = made(jobs)
    with mirroring(jobs) as mirror:
        until(lambda: mirror.waiting() == 0)
    with mirroring(open_jobs(tmp_path, storage_url=second, **KEYS)) as mirror:
        until(lambda: mirror.waiting() == 0)
    assert store.content(job_id, "output.png", "second") == contents["output.png"]
    jobs.files.result_place(job_id, "output.png").unlink()
    with mirroring(jobs) as mirror:
        until(lambda: mirror.waiting() == 0)
        assert jobs.files.output_path(job_id, "output.png").read_bytes() == contents["output.png"]


def test_the_copy_here_is_bounded(tmp_path: Path, store: Store) -> None:
    jobs = open_jobs(tmp_path, storage_url=store.url(), storage_cache_mb=1, **KEYS)
    with mirroring(jobs) as mirror:
        known = []
        for _ in range(4):
            job_id, _ = made(jobs)
            content = remake(jobs, job_id, "output.png", os.urandom(400_000))
            known.append((job_id, content, jobs.files.result_place(job_id, "output.png")))
        until(lambda: mirror.waiting() == 0)
        for number, (_, _, path) in enumerate(known):
            used_at = time.time() - 7200 + number
            os.utime(path, (used_at, used_at))
        assert mirror.sweep(time.time()) == 2
        assert [path.is_file() for _, _, path in known] == [False, False, True, True]
        assert jobs.files.output_path(known[0][0], "output.png").read_bytes() == known[0][1]
        # What was asked for just now stays, whatever the bound says.
        os.utime(known[2][2])
        os.utime(known[3][2])
        assert mirror.sweep(time.time()) == 0


def test_signed_addresses_lead_to_the_store(tmp_path: Path, store: Store) -> None:
    for urls, expected in (("signed", True), ("proxied", False)):
        jobs = open_jobs(tmp_path / urls, storage_url=store.url(urls=urls), **KEYS)
        with mirroring(jobs) as mirror:
            job_id, contents = made(jobs)
            until(lambda: mirror.waiting() == 0)
            signed = mirror.signed_url(jobs.get(job_id).outputs[0])
            assert (signed is not None) == expected
            if signed is not None:
                assert "X-Amz-Signature" in signed
                assert httpx.get(signed, trust_env=False).content == contents["output.png"]


@pytest.mark.parametrize(
    "url",
    [
        "s3://",
        "http://bucket/",
        "s3://Bucket_/x",
        "s3://bucket?endpoint=ftp://x",
        "s3://bucket?urls=open",
        "s3://bucket?secret=x",
        "s3://key:secret@bucket/",
    ],
)
def test_addresses_that_name_no_bucket_are_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(ValidationError):
        make_settings(tmp_path, storage_url=url)


def test_the_studio_says_which_library_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "obstore", None)
    with pytest.raises(StudioError, match="not installed") as missing:
        Bucket(make_settings(tmp_path, storage_url="s3://bucket"))
    assert "requirements-s3.txt" in missing.value.hint


def test_a_job_of_the_app_ends_up_in_the_bucket(serve: Serve, store: Store) -> None:
    app = serve(
        STORAGE_URL=store.url(urls="signed"),
        AWS_ACCESS_KEY_ID="key",
        AWS_SECRET_ACCESS_KEY="secret",
    )
    app.wait_healthy()
    job_id = app.generate(width=128, height=128, steps=1)["generation_id"]
    app.wait(job_id, 150)
    status = app.client.get(f"/api/v1/jobs/status/{job_id}").json()
    (medium,) = status["media"]
    until(lambda: store.has(job_id, "output.png"))
    picture = store.content(job_id, "output.png")
    until(lambda: app.client.get(httpx.URL(medium["url"]).path).status_code == 307)
    led = app.client.get(httpx.URL(medium["url"]).path)
    assert httpx.get(led.headers["location"], trust_env=False).content == picture
    # The file here may be gone; the other addresses give it all the same.
    (app.storage / "outputs" / job_id / "output.png").unlink()
    assert app.client.get(f"/avatarforge-controller/outputs/{job_id}/output.png").content == picture
    assert app.client.delete(f"/avatarforge-controller/generations/{job_id}").status_code == 200
    until(lambda: not store.has(job_id, "output.png"))
