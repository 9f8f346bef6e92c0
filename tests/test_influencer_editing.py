"""Video editing over REST: every operation on real files, answers when they are done."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.conftest import RunningApp
from tests.films import (
    GREY,
    count_colour,
    loudness,
    make_film,
    make_tone,
    numbers_in,
    pictures_in,
    pitch,
    sound_in,
)
from tests.influencer_fixtures import ask, call, influencer, read, refused, until  # noqa: F401

WHITE = 200
NEAR = 8
Made = tuple[dict[str, Any], Path]


@pytest.fixture(scope="module")
def clips(influencer: RunningApp) -> dict[str, str]:  # noqa: F811
    """Videos and sounds below the storage root, by name."""
    folder = influencer.storage / "content"
    folder.mkdir(exist_ok=True)
    make_film(folder / "tone.mp4", frames=50, tone_hz=440)
    make_film(folder / "plain.mp4", frames=20, size=(240, 180), bar=False)
    make_film(folder / "silent.webm", frames=36, fps=24, size=(96, 160), colour=(40, 160, 90))
    make_film(folder / "small.mkv", frames=30, fps=30, size=(64, 64), tone_hz=880)
    make_tone(folder / "long.wav", 4.0, hz=1000, level=0.3)
    make_tone(folder / "short.wav", 0.5, hz=1000, level=0.3)
    return {path.name: f"content/{path.name}" for path in folder.iterdir()}


def made(app: RunningApp, route: str, **body: Any) -> Made:
    """A finished job, and the file that it made."""
    job = call(app, "POST", route, json=body, headers={"Prefer": "wait=60"})
    assert job["status"] == "completed", job
    result = job["result"]
    path = app.storage / result["video_path"]
    answer = app.client.get(result["video_url"])
    assert (answer.status_code, answer.content) == (200, path.read_bytes())
    assert call(app, "GET", job["status_url"].removeprefix("/api")) == job
    return job, path


def test_a_part_is_cut_out(influencer: RunningApp, clips: dict[str, str]) -> None:  # noqa: F811
    asked = {"operation": "trim", "input_path": clips["tone.mp4"], "start_time": 0.4, "end_time": 1.2}
    job, path = made(influencer, "/video/edit", **asked)
    assert (job["operation"], job["params"]) == ("trim", asked)
    result = job["result"]
    assert (result["duration"], result["width"], result["height"]) == (0.8, 128, 96)
    assert numbers_in(pictures_in(path)) == pytest.approx([count_colour(k) for k in range(10, 30)], abs=NEAR)
    samples, rate = sound_in(path)
    assert len(samples) / rate == pytest.approx(0.8, abs=0.025)
    kept = call(influencer, "GET", f"/content/library/{result['content_id']}")
    assert (kept["content_type"], kept["job_id"]) == ("video", job["job_id"])


@pytest.mark.parametrize(
    ("position", "rows"), [("top", (5, 45)), ("center", (65, 115)), ("bottom", (135, 175))]
)
def test_words_stand_where_they_were_asked_for(
    influencer: RunningApp,  # noqa: F811
    clips: dict[str, str],
    position: str,
    rows: tuple[int, int],
) -> None:
    asked = {"input_path": clips["plain.mp4"], "text": "Hello, dragon", "position": position}
    _, path = made(influencer, "/video/edit", operation="text_overlay", **asked)
    pictures = pictures_in(path).astype(int)
    assert len(pictures) == 20
    for picture in pictures[[0, 10, 19]]:
        lit = np.argwhere(picture.min(axis=2) > WHITE)
        assert len(lit) > 100
        assert rows[0] < lit[:, 0].min()
        assert lit[:, 0].max() < rows[1]
        assert abs((lit[:, 1].min() + lit[:, 1].max()) / 2 - 120) < 6  # centred
        elsewhere = np.delete(picture, slice(*rows), axis=0)
        assert np.abs(elsewhere - GREY).max() <= NEAR


def test_letters_that_no_font_has_are_told(influencer: RunningApp, clips: dict[str, str]) -> None:  # noqa: F811
    asked = {"operation": "text_overlay", "input_path": clips["plain.mp4"]}
    job, _ = made(influencer, "/video/edit", **asked, text="Hello \U0001fae8")
    assert any("\U0001fae8" in note and "left out" in note for note in job["notes"])
    none = refused(influencer, "POST", "/video/edit", 422, json={**asked, "text": "\U0001fae8"})
    assert "no font at hand" in none["message"]


def test_videos_are_joined(influencer: RunningApp, clips: dict[str, str]) -> None:  # noqa: F811
    paths = [clips["tone.mp4"], clips["silent.webm"], clips["small.mkv"]]
    job, path = made(
        influencer, "/video/edit", operation="concatenate", input_path=paths[0], video_paths=paths
    )
    assert job["result"]["duration"] == pytest.approx(2.0 + 1.5 + 1.0, abs=0.05)
    assert (job["result"]["width"], job["result"]["height"]) == (128, 96)
    samples, rate = sound_in(path)
    parts = [samples[round(a * rate) : round(b * rate)] for a, b in ((0.1, 1.9), (2.1, 3.4), (3.6, 4.4))]
    assert pitch(parts[0], rate) == pytest.approx(440, rel=0.02)
    assert loudness(parts[1]) < 0.01
    assert pitch(parts[2], rate) == pytest.approx(880, rel=0.02)


@pytest.mark.parametrize("form", ["webm", "gif", "mov", "mkv"])
def test_formats_are_converted(influencer: RunningApp, clips: dict[str, str], form: str) -> None:  # noqa: F811
    job, path = made(
        influencer,
        "/video/edit",
        operation="convert_format",
        input_path=clips["tone.mp4"],
        target_format=form,
    )
    assert (job["result"]["format"], path.suffix) == (form, f".{form}")
    assert job["result"]["duration"] == pytest.approx(2.0, abs=0.03)
    assert len(pictures_in(path)) == 50
    again, _ = made(
        influencer, "/video/edit", operation="convert_format", input_path=job["result"]["video_path"],
        output_path="renders/mine.mp4",
    )  # fmt: skip
    assert again["result"]["format"] == "mp4"


def test_the_picture_is_cropped_and_resized(influencer: RunningApp, clips: dict[str, str]) -> None:  # noqa: F811
    whole = clips["tone.mp4"]
    job, _ = made(
        influencer, "/video/edit", operation="crop", input_path=whole, x=20, y=10, width=65, height=50
    )
    assert (job["result"]["width"], job["result"]["height"]) == (64, 50)
    job, path = made(influencer, "/video/edit", operation="resize", input_path=whole, width=64)
    assert (job["result"]["width"], job["result"]["height"]) == (64, 48)
    job, path = made(
        influencer, "/video/edit", operation="resize", input_path=whole, width=90, height=160, fit="contain"
    )
    picture = pictures_in(path)[5]
    assert picture.shape == (160, 90, 3)
    assert picture[5].max() < 20  # a bar
    assert picture[80, 45].astype(int) == pytest.approx(GREY, abs=NEAR)


def test_a_sound_is_added_to_the_one_that_is_there(influencer: RunningApp, clips: dict[str, str]) -> None:  # noqa: F811
    _, path = made(
        influencer, "/video/edit", operation="add_audio", input_path=clips["tone.mp4"],
        audio_path=clips["short.wav"],
    )  # fmt: skip
    samples, rate = sound_in(path)
    spectrum = np.abs(np.fft.rfft(samples[: rate // 2]))
    peaks = {hz: spectrum[hz // 2 - 3 : hz // 2 + 4].max() for hz in (440, 700, 1000)}
    assert min(peaks[440], peaks[1000]) > 20 * peaks[700]
    rest = samples[round(0.8 * rate) :]
    assert pitch(rest, rate) == pytest.approx(440, rel=0.02)
    _, path = made(
        influencer, "/video/edit", operation="add_audio", input_path=clips["silent.webm"],
        audio_path=clips["long.wav"],
    )  # fmt: skip
    samples, rate = sound_in(path)
    assert len(samples) / rate == pytest.approx(1.5, abs=0.03)


# How loud the new tone is in the first and in the last half second, in shares of the volume, and its pitch.
MODES = {
    ("replace", "long.wav"): (1.0, 1.0),
    ("replace", "short.wav"): (1.0, 0.0),
    ("trim_audio", "long.wav"): (1.0, 1.0),
    ("loop_audio", "short.wav"): (1.0, 1.0),
    ("stretch_audio", "long.wav"): (1.0, 1.0),
    ("stretch_audio", "short.wav"): (1.0, 1.0),
}


@pytest.mark.parametrize(("mode", "sound"), MODES)
def test_a_video_gets_a_sound_that_ends_with_it(
    influencer: RunningApp,  # noqa: F811
    clips: dict[str, str],
    mode: str,
    sound: str,
) -> None:
    job, path = made(
        influencer,
        "/video/sync",
        video_path=clips["tone.mp4"],
        audio_path=clips[sound],
        sync_mode=mode,
        audio_volume=1.5,
    )
    assert (job["operation"], job["result"]["duration"]) == ("sync", 2.0)
    samples, rate = sound_in(path)
    assert len(samples) / rate == pytest.approx(2.0, abs=0.03)
    level = 1.5 * 0.3 / np.sqrt(2)
    halves = samples[: rate // 2], samples[-rate // 2 :]
    for part, share in zip(halves, MODES[mode, sound], strict=True):
        assert loudness(part) == pytest.approx(level * share, rel=0.12, abs=0.005)
    assert pitch(samples[: rate // 2], rate) == pytest.approx(1000, rel=0.03)


def test_mixing_keeps_both(influencer: RunningApp, clips: dict[str, str]) -> None:  # noqa: F811
    _, path = made(
        influencer, "/video/sync", video_path=clips["tone.mp4"], audio_path=clips["long.wav"],
        sync_mode="mix", audio_volume=0.5,
    )  # fmt: skip
    samples, rate = sound_in(path)
    spectrum = np.abs(np.fft.rfft(samples[: 2 * rate] * np.hanning(2 * rate)))
    own, new = spectrum[870:890].max(), spectrum[1990:2010].max()
    assert new / own == pytest.approx(0.5 * 0.3 / 0.4, rel=0.05)


def test_who_does_not_wait_asks_later(influencer: RunningApp, clips: dict[str, str]) -> None:  # noqa: F811
    body = {"operation": "resize", "input_path": clips["tone.mp4"], "width": 320}
    job = call(influencer, "POST", "/video/edit", json=body, headers={"Prefer": "wait=0"})
    assert job["status"] in ("pending", "processing", "completed")

    def look() -> dict[str, Any] | None:
        found = call(influencer, "GET", job["status_url"].removeprefix("/api"))
        return found if found["status"] == "completed" else None

    assert until(look)["result"]["width"] == 320
    told = influencer.client.get(f"/api/v1/jobs/status/{job['job_id']}").json()
    assert told["status"] == "completed"


def test_the_same_wish_makes_one_job(influencer: RunningApp, clips: dict[str, str]) -> None:  # noqa: F811
    body = {"operation": "trim", "input_path": clips["tone.mp4"], "end_time": 0.5}
    headers = {"Idempotency-Key": "once", "Prefer": "wait=60"}
    first = call(influencer, "POST", "/video/edit", json=body, headers=headers)
    again = ask(influencer, "POST", "/video/edit", json=body, headers=headers)
    assert read(again)["job_id"] == first["job_id"]
    assert again.headers["Idempotent-Replayed"] == "true"


@pytest.mark.parametrize(
    "body",
    [
        {"operation": "trim"},
        {"operation": "trim", "start_time": 1, "end_time": 1},
        {"operation": "text_overlay"},
        {"operation": "text_overlay", "text": "  "},
        {"operation": "concatenate"},
        {"operation": "convert_format"},
        {"operation": "convert_format", "target_format": "exe"},
        {"operation": "add_audio"},
        {"operation": "crop", "width": 64},
        {"operation": "resize"},
        {"operation": "resize", "width": 100_000},
        {"operation": "explode"},
        {"operation": "trim", "end_time": 1, "something": 1},
        {},
    ],
)
def test_what_an_operation_needs_is_said(
    influencer: RunningApp,  # noqa: F811
    clips: dict[str, str],
    body: dict[str, Any],
) -> None:
    body = {"input_path": clips["tone.mp4"], **body}
    error = refused(influencer, "POST", "/video/edit", 422, "validation_error", json=body)
    assert error["details"]["errors"]


def test_what_cannot_be_made_of_a_file_is_refused_at_once(
    influencer: RunningApp,  # noqa: F811
    clips: dict[str, str],
) -> None:
    path = clips["tone.mp4"]
    late = {"operation": "trim", "input_path": path, "start_time": 5}
    assert "lasts 2.00 s" in refused(influencer, "POST", "/video/edit", 422, json=late)["message"]
    beyond = {"operation": "crop", "input_path": path, "x": 500, "y": 0, "width": 64, "height": 64}
    assert "128×96" in refused(influencer, "POST", "/video/edit", 422, json=beyond)["message"]


def test_files_from_elsewhere_are_not_read(influencer: RunningApp, clips: dict[str, str]) -> None:  # noqa: F811
    (influencer.storage / "content" / "words.mp4").write_bytes(b"only words" * 50)
    for path in (
        "../app.py",
        "/etc/passwd",
        "content/../../x.mp4",
        "content/nothing.mp4",
        "content/words.mp4",
    ):
        body = {"operation": "trim", "input_path": path, "end_time": 1}
        answer = ask(influencer, "POST", "/video/edit", json=body)
        assert answer.status_code in (400, 403, 404, 422), (path, answer.text)
        assert answer.json()["success"] is False
    sound = {"operation": "trim", "input_path": clips["long.wav"], "end_time": 1}
    assert "Allowed: video/mp4" in refused(influencer, "POST", "/video/edit", 400, json=sound)["message"]
    picture = {"video_path": clips["tone.mp4"], "audio_path": clips["tone.mp4"]}
    assert "audio/wav" in refused(influencer, "POST", "/video/sync", 400, json=picture)["message"]


def test_a_sound_that_would_be_stretched_too_far_fails_with_the_reason(
    influencer: RunningApp,  # noqa: F811
    clips: dict[str, str],
) -> None:
    make_tone(influencer.storage / "content" / "blip.wav", 0.2)
    body = {
        "video_path": clips["tone.mp4"],
        "audio_path": "content/blip.wav",
        "sync_mode": "stretch_audio",
    }
    job = call(influencer, "POST", "/video/sync", json=body, headers={"Prefer": "wait=60"})
    assert job["status"] == "failed"
    assert "times as fast" in job["error"]


def test_unknown_jobs_are_not_found(influencer: RunningApp) -> None:  # noqa: F811
    for unknown in ("nothing", "00000000-0000-4000-8000-000000000000"):
        refused(influencer, "GET", f"/video/edit/{unknown}", 404, "not_found")


# ------------------------------------------------------------------- files of one's own


def upload(app: RunningApp, path: Path, media: str = "video") -> Any:
    with path.open("rb") as file:
        files = {"file": ("my holiday.bin", file)}
        return ask(app, "POST", "/video/upload", files=files, params={"media": media})


def test_a_video_of_ones_own_is_uploaded_and_edited(influencer: RunningApp, tmp_path: Path) -> None:  # noqa: F811
    film = make_film(tmp_path / "own.mp4", frames=30, tone_hz=440)
    given = read(upload(influencer, film))
    assert (given["media"], given["mime_type"], given["file_size"]) == (
        "video",
        "video/mp4",
        film.stat().st_size,
    )
    assert given["duration"] == pytest.approx(30 / 25, abs=0.1)
    assert influencer.client.get(given["file_url"]).content == film.read_bytes()
    assert read(upload(influencer, film)) == given | {"is_duplicate": True}
    asked = {"operation": "trim", "input_path": given["file_path"], "end_time": 0.5}
    job, _ = made(influencer, "/video/edit", **asked)
    assert job["result"]["duration"] == pytest.approx(0.5, abs=0.15)
    by_address, _ = made(
        influencer, "/video/edit", operation="trim", input_url=given["file_url"], end_time=0.5
    )
    assert by_address["result"]["duration"] == job["result"]["duration"]
    tone = read(upload(influencer, make_tone(tmp_path / "own.wav", 1.0, hz=1000, level=0.3), "audio"))
    assert (tone["media"], tone["width"]) == ("audio", None)
    asked = {"video_path": given["file_path"], "audio_path": tone["file_path"], "sync_mode": "replace"}
    job, path = made(influencer, "/video/sync", **asked)
    assert job["result"]["duration"] == pytest.approx(given["duration"], abs=0.15)
    assert sound_in(path) is not None


def test_what_is_no_video_is_refused_with_the_reason(influencer: RunningApp, tmp_path: Path) -> None:  # noqa: F811
    text = tmp_path / "film.mp4"
    text.write_text("not a film")
    sound = make_tone(tmp_path / "own.wav", 0.5, hz=1000, level=0.3)
    for path, media, code in (
        (text, "video", "file_type"),
        (sound, "video", "file_type"),
        (text, "audio", "file_type"),
        (text, "image", "invalid_image"),
    ):
        answer = upload(influencer, path, media)
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "validation_error")
        assert answer.json()["error"]["details"]["code"] == code, (path, media, answer.text)
    assert upload(influencer, sound, "song").status_code == 422
    nothing = ask(influencer, "POST", "/video/upload", files={"film": ("a.mp4", b"x")})
    assert nothing.json()["error"]["details"]["code"] == "upload_missing"
