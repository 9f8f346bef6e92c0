"""Pictures that speak, by the client and by the command line."""

from __future__ import annotations

import asyncio
import io
import wave
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from studio import AsyncStudio, Studio, StudioError
from studio.client import Job
from tests.client_fixtures import studio
from tests.conftest import RunningApp
from tests.test_cli import answer, run

__all__ = ["studio"]

RATE = 16_000
FAST: dict[str, Any] = {"fps": 10, "resolution": 256}


def voice(seconds: float) -> bytes:
    """Somebody who says one vowel again and again, as a WAV file."""
    at = np.arange(int(seconds * RATE)) / RATE
    hum = sum(np.sin(2 * np.pi * 130 * k * at) / k for k in range(1, 12))
    loud = 0.5 + 0.5 * np.sin(2 * np.pi * 4 * at)
    target = io.BytesIO()
    with wave.open(target, "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
        file.writeframes((hum * loud * 6000).astype("<i2").tobytes())
    return target.getvalue()


def frames_of(path: Path) -> tuple[int, int, bool]:
    """How many pictures of which width, and whether there is sound."""
    with av.open(str(path)) as film:
        width = film.streams.video[0].width
        return sum(1 for _ in film.decode(video=0)), width, bool(film.streams.audio)


@pytest.fixture(scope="module", name="face")
def drawn(studio: Studio) -> Job:
    """A finished portrait."""
    return studio.avatar("a young woman", framing="portrait", width=384, height=384, seed=3).wait(120)


def test_a_picture_speaks_with_a_recording(studio: Studio, face: Job, tmp_path: Path) -> None:
    job = studio.talk(face.outputs[0], voice(1.2), emotion="happy", seed=4, **FAST).wait(180)
    assert (job.state.kind, job.status, job.seed) == ("talk", "completed", 4)
    (output,) = job.outputs
    assert (output.view, output.mime_type, output.size) == ("talking", "video/mp4", (256, 256))
    assert frames_of(output.save(tmp_path / "talk.mp4")) == (12, 256, True)
    assert job.id in [one.id for one in studio.jobs.list(kind="talk")]


def test_one_key_makes_one_film(studio: Studio, face: Job) -> None:
    made = [studio.talk(face.outputs[0], voice(0.5), key="hello", seed=1, **FAST) for _ in range(2)]
    assert made[0].id == made[1].id
    made[0].wait(180)


def test_what_cannot_speak_is_refused(studio: Studio, face: Job, tmp_path: Path) -> None:
    noise = tmp_path / "noise.wav"
    noise.write_bytes(b"RIFF and no more")
    with pytest.raises(StudioError) as refused:
        studio.talk(face.outputs[0], noise)
    assert refused.value.status < 500
    with pytest.raises(StudioError, match="Give a recording, or a text"):
        studio.talk(face.outputs[0])
    with pytest.raises(StudioError) as refused:
        studio.talk(face.outputs[0], voice(0.5), fps=3)
    assert refused.value.message
    with pytest.raises(StudioError) as refused:
        studio.talk(face.outputs[0], voice(0.5), resolution=300)  # pyright: ignore[reportArgumentType]
    assert refused.value.code == "invalid_field"


def test_a_picture_speaks_from_an_event_loop(app: RunningApp) -> None:
    async def work() -> tuple[str, int]:
        async with AsyncStudio(app.url) as there:
            face = await (await there.avatar("a man", framing="portrait", width=384, height=384)).wait(120)
            job = await (await there.talk(face.outputs[0], voice(0.5), fps=10, resolution=256)).wait(180)
            return job.status, len(await job.outputs[0].read())

    status, size = asyncio.run(work())
    assert status == "completed"
    assert size > 1000


def test_the_command_line_makes_films(app: RunningApp, tmp_path: Path) -> None:
    (tmp_path / "voice.wav").write_bytes(voice(0.6))
    made = answer(
        "avatar", "a woman", "--framing", "portrait", "--width", 384, "--height", 384, "-o", "face.png",
        "--url", app.url, cwd=tmp_path,
    )  # fmt: skip
    assert made["files"] == ["face.png"]
    talk = ("talk", "face.png", "voice.wav", "--fps", 10, "--resolution", 256, "--url", app.url)
    code, out, err = run(*talk, "-o", "talk.mp4", cwd=tmp_path)
    assert (code, out) == (0, "talk.mp4\n"), err
    assert frames_of(tmp_path / "talk.mp4") == (6, 256, True)
    code, _, err = run("talk", "face.png", "--url", app.url, cwd=tmp_path)
    assert (code, "Give a recording" in err) == (4, True)
