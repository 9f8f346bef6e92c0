"""Every runnable example of the documents, as scripts of the same calls, against the running app."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.conftest import RunningApp
from tests.documents.contract import (
    COMPLETED,
    FILE_DELETED,
    GENERATION,
    GENERATION_DELETED,
    HASH_FOUND,
    HASH_MISSED,
    HEALTH,
    PAGE,
    POSES,
    PROBLEM,
    PROCESSING,
    UPLOAD,
    check_shape,
)

SCRIPTS = Path(__file__).parent / "documents"
VIEWS = ["front", "back", "side", "quarter"]


@pytest.fixture(autouse=True)
def _nothing_left_running(app: RunningApp) -> Iterator[None]:
    """Examples that only start something would keep the engine busy for the tests after them."""
    yield
    for status in ("queued", "processing"):
        page = app.client.get("/generations", params={"status": status, "limit": 100}).json()
        for generation in page["generations"]:
            app.client.delete(f"/generations/{generation['generation_id']}")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the files that the examples upload; their pixels are new in each test."""
    for name in ("pose.png", "my_pose.png"):
        Image.frombytes("RGB", (96, 80), os.urandom(96 * 80 * 3)).save(tmp_path / name)
    Image.frombytes("RGB", (96, 80), os.urandom(96 * 80 * 3)).save(tmp_path / "reference.jpg")
    (tmp_path / "notes.txt").write_text("no picture", encoding="utf-8")
    return tmp_path


def run(app: RunningApp, folder: Path, name: str, *interpreter: str) -> str:
    """Run a script with the one change that another port needs, and give what it printed."""
    script = folder / name
    text = (SCRIPTS / name).read_text(encoding="utf-8")
    script.write_text(text.replace("http://localhost:8000", app.url), encoding="utf-8")
    kept = {key: value for key, value in os.environ.items() if not key.lower().endswith("_proxy")}
    done = subprocess.run(
        [*interpreter, str(script)],
        cwd=folder,
        env=kept,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def run_python(app: RunningApp, folder: Path, name: str) -> dict[str, Any]:
    return json.loads(run(app, folder, name, sys.executable))


def run_shell(app: RunningApp, folder: Path, name: str) -> list[dict[str, Any]]:
    for tool in ("bash", "curl", "sed", "awk", "sha256sum"):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not installed")
    printed = run(app, folder, name, "bash", "-eu", "-o", "pipefail")
    return [json.loads(line) for line in printed.splitlines()]


def test_guide_files_in_python(app: RunningApp, folder: Path) -> None:
    said = run_python(app, folder, "guide_files.py")
    assert said["system_ready"]
    assert said["missed"] is None
    check_shape(said["first"], UPLOAD | {"filename": "my_pose.png", "mime_type": "image/png"})
    assert said["first"]["dimensions"] == {"width": 96, "height": 80}
    assert said["first"]["size"] == (folder / "my_pose.png").stat().st_size
    assert not said["first"]["is_duplicate"]
    assert said["second"] == said["first"] | {"is_duplicate": True}
    check_shape(said["found"], HASH_FOUND | {"message": "File exists: my_pose.png"})
    assert said["found"]["file_id"] == said["first"]["file_id"]
    assert said["refusal"].startswith("no picture: Invalid image file")
    check_shape(said["reference"], UPLOAD | {"filename": "reference.jpg", "mime_type": "image/jpeg"})
    assert said["same_bytes"]


def test_guide_generations_in_python(app: RunningApp, folder: Path) -> None:
    said = run_python(app, folder, "guide_generate.py")
    check_shape(said["full"], GENERATION)
    check_shape(said["full_done"], COMPLETED)
    assert [file["pose_type"] for file in said["full_done"]["output_files"]] == ["front"]
    check_shape(said["sheet"], GENERATION)
    check_shape(said["sheet_done"], COMPLETED)
    assert [file["pose_type"] for file in said["sheet_done"]["output_files"]] == VIEWS
    assert len({file["url"] for file in said["sheet_done"]["output_files"]}) == 4
    assert said["pictures"] == [file["size"] for file in said["sheet_done"]["output_files"]]
    assert len(said["batch"]) == 2
    check_shape(said["batch"], [COMPLETED])
    ids = {generation["generation_id"] for generation in (said["full"], said["sheet"], *said["batch"])}
    assert ids <= set(said["completed"])
    assert said["old"] == []
    check_shape(said["deleted"], GENERATION_DELETED | {"generation_id": said["full"]["generation_id"]})


def test_guide_client_in_python(app: RunningApp, folder: Path) -> None:
    said = run_python(app, folder, "guide_client.py")
    check_shape(said["final"], COMPLETED)
    assert said["missing"] == "ValueError: Invalid request: Required: prompt."
    assert said["invalid"].startswith("ValueError: Validation error: [{")
    assert "'loc': ['body', 'realism']" in said["invalid"]
    assert said["no_file"].startswith("RuntimeError: HTTP 404: ")
    assert said["unknown"] == "ValueError: Generation not found: abc-123"
    check_shape(said["pooled"], GENERATION)


def test_api_document_in_python(app: RunningApp, folder: Path) -> None:
    said = run_python(app, folder, "api_document.py")
    for name in ("basic", "status", "simple", "reused", "legacy"):
        check_shape(said[name], GENERATION, name)
    check_shape(said["checked"], HASH_FOUND | {"message": "File exists: pose.png"})
    check_shape(said["sheet"], COMPLETED)
    assert [file["pose_type"] for file in said["sheet"]["output_files"]] == VIEWS
    assert said["handled"].startswith("HTTP error: 400")
    check_shape(said["health"], HEALTH)


def test_quick_start_with_curl(app: RunningApp, folder: Path) -> None:
    health, started, status, unknown, poses, deleted = run_shell(app, folder, "quick_start.sh")
    check_shape(health, HEALTH)
    check_shape(started, PROCESSING)
    check_shape(status, COMPLETED)
    with Image.open(io.BytesIO((folder / "result.png").read_bytes())) as picture:
        assert picture.format == "PNG"
        assert {"width": picture.width, "height": picture.height} == status["output_files"][0]["dimensions"]
    check_shape(unknown, PROBLEM | {"detail": "Generation not found: abc-123"})
    assert poses == POSES
    check_shape(deleted, GENERATION_DELETED | {"generation_id": started["generation_id"]})


def test_files_with_curl(app: RunningApp, folder: Path) -> None:
    pose, reference, known, deleted, missed, gone = run_shell(app, folder, "files.sh")
    check_shape(pose, UPLOAD | {"filename": "pose.png", "mime_type": "image/png"})
    check_shape(reference, UPLOAD | {"filename": "reference.jpg", "mime_type": "image/jpeg"})
    check_shape(known, HASH_FOUND | {"file_id": pose["file_id"]})
    assert (folder / "downloaded_image.png").read_bytes() == (folder / "pose.png").read_bytes()
    check_shape(deleted, FILE_DELETED | {"file_id": pose["file_id"]})
    check_shape(missed, HASH_MISSED)
    check_shape(gone, PROBLEM)


def test_generating_and_listing_with_curl(app: RunningApp, folder: Path) -> None:
    full, front, back, side, quarter, sheet, *pages = run_shell(app, folder, "generate.sh")
    started = [full, front, back, side, quarter, sheet]
    check_shape(started, [GENERATION])
    assert len({generation["generation_id"] for generation in started}) == 6
    assert len(pages) == 6
    check_shape(pages, [PAGE])
    assert [page["limit"] for page in pages] == [50, 100, 20, 50, 50, 50]
    assert [page["offset"] for page in pages] == [0, 0, 0, 0, 50, 100]
    listed = [generation["generation_id"] for generation in pages[0]["generations"]]
    assert listed[:6] == [generation["generation_id"] for generation in reversed(started)]
    for page, status in zip(pages[1:4], ("completed", "failed", "processing"), strict=True):
        assert {generation["status"] for generation in page["generations"]} <= {status}


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
def test_javascript_clients(app: RunningApp, folder: Path) -> None:
    said = json.loads(run(app, folder, "browser.mjs", "node"))
    check_shape(said["health"], HEALTH)
    check_shape(said["uploaded"], UPLOAD | {"filename": "my_pose.png"})
    assert said["refused"].startswith("Invalid image file")
    for name in ("fromHook", "fromServer"):
        check_shape(said[name]["data"], COMPLETED)
        assert set(said[name]["statuses"]) <= {"queued", "processing", "completed"}
    assert said["image"] == {"type": "image/png", "size": said["fromHook"]["data"]["output_files"][0]["size"]}
