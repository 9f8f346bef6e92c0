"""Videos by words as jobs of the studio: exact frames, notes, the same character, cancelling."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

from studio.assembly import Studio, open_studio
from studio.gallery import Filter
from studio.records.entities import Job
from studio.request import AvatarRequest, VideoRequest
from studio.ui import cards
from tests.conftest import shared_engine
from tests.fake_comfy import wait_until
from tests.studio_fixtures import make_settings

SMALL: dict[str, Any] = {"width": 96, "height": 128}


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """A studio of this module's own, on the engine that tests share."""
    folder = tmp_path_factory.mktemp("videos")
    opened = open_studio(make_settings(folder, studio_engine_url=shared_engine().url))
    yield opened
    opened.close()


def finished(studio: Studio, job: Job, timeout_s: float = 180.0) -> Job:
    wait_until(lambda: studio.jobs.get(job.id).is_final, timeout_s)
    return studio.jobs.get(job.id)


def made(studio: Studio, request: AvatarRequest | VideoRequest) -> tuple[Job, Path]:
    wait_until(lambda: any(server.info for server in studio.pool.servers), 120)
    job = finished(studio, studio.jobs.submit(request, door="test"))
    assert job.status == "completed", job.error
    [output] = job.outputs
    place = studio.files.output_path(job.id, output.name)
    assert place is not None
    return job, place


def frames_in(place: Path) -> list[np.ndarray]:
    with av.open(str(place)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


def test_a_walk_has_exactly_its_frames(studio: Studio) -> None:
    job, place = made(studio, VideoRequest(prompt="A character walking", duration_s=1.5, fps=12, **SMALL))
    frames = frames_in(place)
    assert len(frames) == 18
    with av.open(str(place)) as container:
        stream = container.streams.video[0]
        assert stream.codec_context.name == "h264"
        assert float(stream.average_rate or 0) == 12.0
        assert float(stream.duration * stream.time_base) == pytest.approx(1.5, abs=1e-3)  # type: ignore[operator]
    [output] = job.outputs
    assert (output.media, output.mime_type) == ("video", "video/mp4")
    assert (output.width, output.height, output.frames) == (96, 128, 18)
    assert output.duration_s == pytest.approx(1.5)
    assert (job.kind, job.engine, job.workflow) == ("video", "embedded", "video_embedded")
    assert job.progress == 100.0
    moved = [np.abs(one.astype(int) - frames[0]).mean() for one in frames[1:]]
    assert max(moved) > 2.0
    # It goes on at its beginning: the step over the seam is one step among others.
    steps = [np.abs(frames[k].astype(int) - frames[k - 1]).mean() for k in range(len(frames))]
    assert steps[0] < 2.5 * max(steps[1:])


def test_the_same_words_and_seed_move_the_same(studio: Studio) -> None:
    asked = VideoRequest(prompt="A girl waving, front view", duration_s=1, fps=8, seed=5, **SMALL)
    _, one = made(studio, asked)
    _, other = made(studio, asked)
    assert all(np.array_equal(a, b) for a, b in zip(frames_in(one), frames_in(other), strict=True))


def test_a_picture_that_was_drawn_here_moves_as_itself(studio: Studio) -> None:
    drawn = AvatarRequest(prompt="a red-haired knight in plate armor, front view", seed=4, **SMALL)
    _, place = made(studio, drawn)
    stored = studio.files.store_bytes(place.read_bytes(), "knight.png")
    job, video = made(
        studio, VideoRequest(prompt="waving", image_file_id=stored.id, duration_s=1, fps=8, seed=77, **SMALL)
    )
    assert not any("camera" in note for note in job.notes)
    with Image.open(place) as opened:
        still = np.asarray(opened.convert("RGB")).astype(int)
    frames = [frame.astype(int) for frame in frames_in(video)]
    # Its colours are those of the picture, which other words and another seed would not give.
    assert np.abs(frames[0].mean((0, 1)) - still.mean((0, 1))).max() < 12
    assert max(np.abs(frame - frames[0]).mean() for frame in frames) > 1


def test_over_a_picture_of_others_only_the_camera_moves_and_a_note_says_so(studio: Studio) -> None:
    rng = np.random.default_rng(1)
    noise = Image.fromarray(rng.integers(0, 255, (12, 16, 3), np.uint8)).resize(
        (320, 240), Image.Resampling.BICUBIC
    )
    kept = io.BytesIO()
    noise.save(kept, "PNG")
    stored = studio.files.store_bytes(kept.getvalue(), "holiday.png")
    job, place = made(
        studio,
        VideoRequest(prompt="zoom in", image_file_id=stored.id, duration_s=1, fps=10, width=96, height=96),
    )
    assert any("approximation" in note and "camera" in note for note in job.notes), job.notes
    frames = frames_in(place)
    assert len(frames) == 10
    assert np.abs(frames[0].astype(int) - frames[-1]).mean() > 3


def test_what_is_cancelled_stops_within_a_second_and_leaves_nothing(studio: Studio) -> None:
    asked = VideoRequest(prompt="a knight dancing in a forest", duration_s=60, fps=30, **SMALL)
    job = studio.jobs.submit(asked, door="test")
    wait_until(lambda: studio.jobs.get(job.id).progress > 0.3, 120)
    begun = time.monotonic()
    studio.jobs.cancel(job.id)
    assert finished(studio, job, 30).status == "cancelled"
    server = next(one for one in studio.pool.servers if one.kind == "embedded")
    # The engine itself is free again for the next one.
    quick, _ = made(studio, VideoRequest(prompt="nod", duration_s=1, fps=8, width=64, height=64))
    assert quick.status == "completed"
    assert server.info is not None
    assert time.monotonic() - begun < 60
    assert not studio.jobs.get(job.id).outputs


def test_words_that_are_refused_are_refused_in_videos_too(studio: Studio) -> None:
    wait_until(lambda: any(server.info for server in studio.pool.servers), 120)
    job = finished(
        studio,
        studio.jobs.submit(
            VideoRequest(prompt="naked woman dancing", duration_s=1, fps=8, **SMALL), door="test"
        ),
    )
    assert job.status == "failed"
    assert job.error is not None
    assert not job.outputs


def test_a_video_needs_words_or_a_picture() -> None:
    with pytest.raises(ValueError, match="words or a picture"):
        VideoRequest()


def test_the_page_shows_it_as_a_video(studio: Studio) -> None:
    job, _ = made(studio, VideoRequest(prompt="a knight bows", duration_s=1, fps=8, **SMALL))
    assert cards.place(job).startswith(f"?talk={job.id}")
    item = next(one for one in studio.gallery.page(Filter(), limit=5).items if one.output.job_id == job.id)
    assert item.output.media == "video"
    assert studio.jobs.list(kinds=("video",)).jobs[0].id == job.id
    again = studio.jobs.retry(job.id, door="test")
    assert again.request == job.request
    studio.jobs.cancel(again.id)
