"""The Talking Avatar document's workflow and calls, as scripts, against the running app."""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path

import av
import pytest

from tests.conftest import RunningApp
from tests.documents.contract import check_shape, matches, one_of, or_null
from tests.talking_files import face, voice
from tests.test_avatarforge_documents import run, run_shell

SECONDS = 1.1
VIDEO = r"[0-9a-f]{32}\.mp4"
IMAGE_KEPT = {"filename": matches(r"[0-9a-f]{24}\.png"), "message": "Image uploaded successfully"}
AUDIO_KEPT = {"filename": matches(r"[0-9a-f]{24}\.wav"), "message": "Audio uploaded successfully"}
JOB = {"job_id": matches(r"job_[0-9a-f]{32}"), "progress": lambda value: 0 <= value <= 100}


def result(fps: int) -> dict[str, object]:
    """What a finished generation answers with."""
    return {
        "success": True,
        "video_url": matches(rf"/download/{VIDEO}"),
        "video_filename": matches(VIDEO),
        "duration": lambda value: abs(value - SECONDS) < 0.01,
        "frames_generated": math.ceil(SECONDS * fps),
        "error_message": None,
    }


@pytest.fixture
def folder(app: RunningApp, tmp_path: Path) -> Path:
    """The files that the examples upload; what they are is told by their contents."""
    (tmp_path / "avatar.jpg").write_bytes(face(app))
    (tmp_path / "speech.wav").write_bytes(voice(SECONDS))
    return tmp_path


def test_the_whole_workflow_in_python(app: RunningApp, folder: Path) -> None:
    said = json.loads(run(app, folder, "talking_client.py", sys.executable))
    check_shape(said["image"], IMAGE_KEPT)
    check_shape(said["audio"], AUDIO_KEPT)
    check_shape(said["started"], JOB | {"status": "pending", "progress": 0, "result": None})
    for told in said["seen"][:-1]:
        check_shape(told, JOB | {"status": one_of("pending", "processing"), "result": None})
    assert [told["progress"] for told in said["seen"]] == sorted(told["progress"] for told in said["seen"])
    check_shape(said["seen"][-1], JOB | {"status": "completed", "progress": 100, "result": result(30)})
    with av.open(str(folder / "output.mp4"), "r") as video:
        [pictures] = video.streams.video
        assert (pictures.width, pictures.height, pictures.average_rate) == (512, 512, 30)
        assert sum(1 for _ in video.decode(pictures)) == math.ceil(SECONDS * 30)
    assert said["cleaned"] == [
        {"message": f"File {said[kind]['filename']} deleted successfully"} for kind in ("image", "audio")
    ]


def test_every_call_with_curl(app: RunningApp, folder: Path) -> None:
    health, image, audio, video, started, told, cleaned, gone = run_shell(app, folder, "talking.sh")
    assert {"status": "healthy", "version": "1.0.0", "device": "cpu"}.items() <= health.items()
    check_shape(image, IMAGE_KEPT)
    check_shape(audio, AUDIO_KEPT)
    check_shape(video, result(25))
    check_shape(started, JOB | {"status": "pending", "progress": 0, "result": None})
    states = one_of("pending", "processing", "completed")
    check_shape(told, JOB | {"job_id": started["job_id"], "status": states, "result": or_null(dict)})
    assert (folder / "output.mp4").read_bytes()[4:8] == b"ftyp"
    assert cleaned == {"message": f"File {video['video_filename']} deleted successfully"}
    assert gone["detail"] == f"File not found: {video['video_filename']}"
