"""When a job will be done, by what past work really took here; no number where nothing is known."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from studio.gallery import Gallery
from studio.media import Media
from studio.records import leases, runs
from studio.records.entities import Job
from studio.records.runs import Work
from studio.request import AvatarRequest, TalkRequest
from tests.films import make_tone
from tests.studio_fixtures import StandInServer, finish, noise_png, open_jobs

URL = "http://embedded:1"


@pytest.fixture
def media(tmp_path: Path) -> Iterator[Media]:
    jobs = open_jobs(tmp_path, StandInServer("embedded", url=URL))
    yield Media(Gallery(jobs))
    jobs.database.close()


def submit(media: Media, **values: Any) -> Job:
    request = {"prompt": "x", "kind": "media", "width": 512, "height": 512, "steps": 8, **values}
    return media.jobs.submit(AvatarRequest.model_validate(request), door="test")


def took(
    media: Media, seconds: float, *, megapixels: float = 0.26, steps: int = 8, workflow: str = "embedded"
) -> None:
    work = Work(workflow, "", megapixels, steps)
    runs.note(media.database, URL, work, seconds, is_cold=False, now=time.time())
    media._history = None


def test_nothing_is_said_while_nothing_is_known(media: Media) -> None:
    job = submit(media)
    assert media.seconds_for(job) is None
    took(media, 20.0, workflow="another")
    assert media.seconds_for(job) is None


def test_the_very_work_counts(media: Media) -> None:
    took(media, 7.2)
    took(media, 90.0, megapixels=4.2)
    assert media.seconds_for(submit(media)) == 8


def test_else_the_nearest_work_of_the_workflow_counts(media: Media) -> None:
    took(media, 3.0, megapixels=0.016)
    took(media, 90.0, megapixels=4.2)
    near_small, near_large = (
        submit(media, width=128, height=192),
        submit(media, width=1920, height=1920),
    )
    media.jobs.cancel(near_large.id)
    assert media.seconds_for(near_small) == 3
    media.jobs.cancel(near_small.id)
    assert media.seconds_for(submit(media, width=1920, height=1920)) == 90


def speak(media: Media, folder: Path, seconds: float, **values: Any) -> Job:
    """A talking job whose voice lasts so long."""
    files = media.jobs.files
    image = files.store_bytes(noise_png(128, 128), "face.png")
    voice = make_tone(folder / f"{seconds:g}.wav", seconds, rate=8_000).read_bytes()
    audio = files.store_bytes(voice, "voice.wav", media="audio")
    request = TalkRequest(image_file_id=image.id, audio_file_id=audio.id, **values)
    return media.jobs.submit(request, door="test")


def test_a_longer_voice_takes_longer(media: Media, tmp_path: Path) -> None:
    short = speak(media, tmp_path, 4.0)
    assert short.request["duration_s"] == pytest.approx(4.0, abs=0.01)
    work = runs.work_of("talking_embedded", "", short.request)
    assert (work.megapixels, work.is_film) == (26.0, True)
    runs.note(media.database, URL, work, 2.0, is_cold=False, now=time.time())
    assert media.seconds_for(short) == 2
    media.jobs.cancel(short.id)
    long = speak(media, tmp_path, 60.0)
    assert media.seconds_for(long) == pytest.approx(30, abs=1)
    media.jobs.cancel(long.id)
    large = speak(media, tmp_path, 4.0, resolution=1024)
    assert media.seconds_for(large) == pytest.approx(8, abs=1)


def test_whoever_is_before_it_in_the_queue_counts_too(media: Media) -> None:
    took(media, 10.0)
    first, second, third = (submit(media) for _ in range(3))
    assert [media.seconds_for(job) for job in (first, second, third)] == [10, 20, 30]
    media.jobs.cancel(second.id)
    assert media.seconds_for(third) == 20
    task = leases.claim(
        media.database, "s", [first.tasks[0].needs], "token", time.time(), 60
    )  # what runs is before it as well
    assert task is not None
    assert media.seconds_for(third) == 20


def test_a_finished_job_takes_no_more_time(media: Media) -> None:
    took(media, 10.0)
    job = submit(media)
    finish(media.jobs, job)
    assert media.seconds_for(media.jobs.get(job.id)) == 0


def test_what_is_known_of_servers_that_are_gone_does_not_count(media: Media) -> None:
    work = Work("embedded", "", 0.26, 8)
    runs.note(media.database, "http://elsewhere:1", work, 5.0, is_cold=False, now=time.time())
    assert media.seconds_for(submit(media)) is None
