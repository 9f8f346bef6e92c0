"""Files of the Media Generation API: told of, downloaded whole and in parts, deleted, kept for a while."""

from __future__ import annotations

import dataclasses
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from studio.disk import remove_file
from studio.errors import StudioError
from studio.gallery import Gallery
from studio.media import Media
from studio.records import leases
from studio.records.entities import Job
from studio.request import AvatarRequest
from tests.conftest import RunningApp
from tests.media_calls import make, status_of
from tests.studio_fixtures import open_jobs, output_of

DAY_S = 86_400.0


@pytest.fixture(scope="module")
def done(app: RunningApp) -> dict[str, Any]:
    """A finished job whose only file nobody deletes."""
    return make(app)


@pytest.fixture(scope="module")
def medium(done: dict[str, Any]) -> dict[str, Any]:
    """Its file."""
    return done["media"][0]


def path_of(medium: dict[str, Any]) -> str:
    return f"/api/v1/media/{medium['id']}"


# -------------------------------------------------------------------- downloading


def test_info_tells_what_the_file_is(app: RunningApp, done: dict[str, Any], medium: dict[str, Any]) -> None:
    info = app.client.get(f"{path_of(medium)}/info").json()
    stored = app.storage / info["storage_path"]
    assert stored.stat().st_size == info["file_size_bytes"] == medium["file_size_bytes"]
    assert info["job_id"] == done["id"]
    assert info["storage_url"] == medium["url"]
    assert app.client.get(info["storage_url"]).content == stored.read_bytes()
    days = time.mktime(time.strptime(info["expires_at"], "%Y-%m-%dT%H:%M:%SZ")) - time.mktime(
        time.strptime(info["created_at"], "%Y-%m-%dT%H:%M:%SZ")
    )
    assert days == pytest.approx(30 * DAY_S, abs=2 * 3600)


def test_a_file_is_shown_or_saved(app: RunningApp, medium: dict[str, Any]) -> None:
    shown = app.client.get(path_of(medium))
    assert shown.headers["content-disposition"] == f'inline; filename="{medium["id"]}.png"'
    saved = app.client.get(path_of(medium), params={"disposition": "attachment"})
    assert saved.headers["content-disposition"].startswith("attachment")
    assert saved.content == shown.content
    assert shown.headers["x-content-type-options"] == "nosniff"
    assert app.client.get(path_of(medium), params={"disposition": "elsewhere"}).status_code == 422


def test_head_tells_the_size_alone(app: RunningApp, medium: dict[str, Any]) -> None:
    answer = app.client.head(path_of(medium))
    assert (answer.status_code, answer.content) == (200, b"")
    assert int(answer.headers["content-length"]) == medium["file_size_bytes"]


def test_parts_are_served_as_they_are_asked_for(app: RunningApp, medium: dict[str, Any]) -> None:
    whole = app.client.get(path_of(medium))
    size, etag = len(whole.content), whole.headers["etag"]
    for asked, start, end in (("0-9", 0, 9), ("100-", 100, size - 1), ("-7", size - 7, size - 1)):
        part = app.client.get(path_of(medium), headers={"Range": f"bytes={asked}"})
        assert part.status_code == 206
        assert part.headers["content-range"] == f"bytes {start}-{end}/{size}"
        assert part.content == whole.content[start : end + 1]
    several = app.client.get(path_of(medium), headers={"Range": "bytes=0-3,10-13"})
    assert several.status_code == 206
    assert several.headers["content-type"].startswith("multipart/byteranges")
    assert whole.content[:4] in several.content
    beyond = app.client.get(path_of(medium), headers={"Range": f"bytes={size}-"})
    assert beyond.status_code == 416
    same = app.client.get(path_of(medium), headers={"Range": "bytes=0-3", "If-Range": etag})
    assert same.status_code == 206
    changed = app.client.get(path_of(medium), headers={"Range": "bytes=0-3", "If-Range": '"another"'})
    assert (changed.status_code, changed.content) == (200, whole.content)


def test_what_a_client_has_already_is_not_sent_again(app: RunningApp, medium: dict[str, Any]) -> None:
    whole = app.client.get(path_of(medium))
    etag, changed = whole.headers["etag"], whole.headers["last-modified"]
    for headers in (
        {"If-None-Match": etag},
        {"If-None-Match": f'"x", W/{etag}'},
        {"If-None-Match": "*"},
        {"If-Modified-Since": changed},
        {"If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT"},
    ):
        answer = app.client.get(path_of(medium), headers=headers)
        assert (answer.status_code, answer.content) == (304, b""), headers
        assert answer.headers["etag"] == etag
    for headers in (
        {"If-None-Match": '"another"'},
        {"If-Modified-Since": "Thu, 01 Jan 1970 00:00:00 GMT"},
        {"If-Modified-Since": "some day"},
        {"If-None-Match": '"another"', "If-Modified-Since": changed},  # the tag counts
    ):
        answer = app.client.get(path_of(medium), headers=headers)
        assert answer.content == whole.content, headers


def test_addresses_are_absolute_and_name_the_host_that_was_asked(
    app: RunningApp, done: dict[str, Any], medium: dict[str, Any]
) -> None:
    told = app.client.get(f"/api/v1/jobs/status/{done['id']}", headers={"Host": "studio.example:8443"}).json()
    assert told["media"][0]["url"] == f"http://studio.example:8443{path_of(medium)}"
    listed = app.client.get("/api/v1/jobs", params={"per_page": 100}).json()["jobs"]
    own = next(job for job in listed if job["id"] == done["id"])
    assert own["media"][0]["url"] == path_of(medium)


# ----------------------------------------------------------------------- deleting


def test_a_deleted_file_is_gone_and_its_job_says_so(app: RunningApp) -> None:
    done = make(app)
    [medium] = done["media"]
    stored = app.storage / app.client.get(f"{path_of(medium)}/info").json()["storage_path"]
    answer = app.client.delete(path_of(medium))
    assert (answer.status_code, answer.content) == (204, b"")
    assert not stored.exists()
    after = status_of(app, done["id"])
    assert (after["status"], after["media"]) == ("completed", [])
    assert after["updated_at"] >= done["updated_at"]
    for method, path in (("GET", ""), ("GET", "/info"), ("DELETE", "")):
        assert app.client.request(method, path_of(medium) + path).status_code == 404
    listed = app.client.get("/api/v1/jobs", params={"per_page": 100}).json()["jobs"]
    assert next(job for job in listed if job["id"] == done["id"])["media"] == []


def test_what_was_deleted_in_the_gallery_is_not_there_until_it_is_taken_back(app: RunningApp) -> None:
    done = make(app)
    [medium] = done["media"]
    app.client.post("/studio/gallery/delete", json={"ids": [medium["id"]]})
    assert status_of(app, done["id"])["media"] == []
    assert app.client.get(path_of(medium)).status_code == 404
    app.client.post("/studio/gallery/undelete", json={"ids": [medium["id"]]})
    assert status_of(app, done["id"])["media"] == done["media"]
    assert app.client.get(path_of(medium)).status_code == 200


# ------------------------------------------------------------------------ keeping


@pytest.fixture
def media(tmp_path: Path) -> Iterator[Media]:
    jobs = open_jobs(tmp_path)
    yield Media(Gallery(jobs))
    jobs.database.close()


def finished(media: Media, kind: str, age_days: float) -> Job:
    """A job of a kind with one file that is so old."""
    jobs = media.jobs
    job = jobs.submit(AvatarRequest(prompt="x", kind=kind), door="test")  # type: ignore[arg-type]
    now = time.time()
    task = leases.claim(jobs.database, "s", [job.tasks[0].needs], "token", now, 60)
    assert task is not None
    jobs.files.write_output(job.id, "output.png", [b"a picture"])
    output = dataclasses.replace(output_of(task, "output.png"), created_at=now - age_days * DAY_S)
    assert leases.complete(jobs.database, task, "token", [output], [], now)
    return jobs.get(job.id)


def path_in(media: Media, job: Job) -> Path:
    return media.jobs.files.output_path(job.id, "output.png")


def test_what_is_older_than_it_is_kept_is_swept_and_its_record_stays(media: Media) -> None:
    old, young = finished(media, "media", 31), finished(media, "media", 29)
    character = finished(media, "avatar", 400)
    assert media.sweep(time.time()) == 1
    assert not path_in(media, old).exists()
    assert path_in(media, young).exists()
    assert path_in(media, character).exists()
    assert media.jobs.get(old.id).status == "completed"
    assert media.of_jobs([media.jobs.get(old.id)])[old.id] == ()
    assert media.jobs.events(old.id)[-1].kind == "removed"
    with pytest.raises(StudioError) as refused:
        media.get(old.outputs[0].id)
    assert refused.value.code == "media_not_found"
    assert media.sweep(time.time()) == 0


def test_favourites_are_kept_for_as_long_as_they_are_favourites(media: Media) -> None:
    job = finished(media, "media", 100)
    media.gallery.favourite([job.outputs[0].id])
    assert media.sweep(time.time()) == 0
    assert path_in(media, job).exists()
    media.gallery.favourite([job.outputs[0].id], False)
    assert media.sweep(time.time()) == 1


def test_a_file_that_is_gone_already_does_not_keep_a_sweep_from_its_end(media: Media) -> None:
    jobs = [finished(media, "media", 40) for _ in range(3)]
    remove_file(path_in(media, jobs[1]))
    assert media.sweep(time.time()) == 3


def test_nothing_is_swept_when_everything_is_to_be_kept(tmp_path: Path) -> None:
    jobs = open_jobs(tmp_path, media_retention_days=0)
    media = Media(Gallery(jobs))
    job = finished(media, "media", 10_000)
    assert media.sweep(time.time()) == 0
    assert media.expires_at(job, job.outputs[0]) is None
    jobs.database.close()


def test_only_what_programs_asked_for_has_an_end(media: Media) -> None:
    job, character = finished(media, "media", 1), finished(media, "avatar", 1)
    assert media.expires_at(job, job.outputs[0]) == job.outputs[0].created_at + 30 * DAY_S
    assert media.expires_at(character, character.outputs[0]) is None


def test_the_path_in_the_storage_is_below_it(media: Media) -> None:
    job = finished(media, "media", 1)
    assert re.fullmatch(r"outputs/[0-9a-f-]{36}/output\.png", media.storage_path(job.outputs[0]))
