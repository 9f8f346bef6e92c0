"""The Media Generation document's clients and calls, as scripts, against the running app."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.conftest import RunningApp
from tests.documents.contract import (
    check_shape,
    is_count,
    is_size,
    is_time,
    is_uuid,
    matches,
    one_of,
    or_null,
)
from tests.test_avatarforge_documents import run, run_shell


def is_number(value: Any) -> bool:
    """Whole or not: JavaScript makes no difference."""
    return type(value) in (int, float)


CREATED = {
    "id": is_uuid,
    "status": "pending",
    "created_at": is_time,
    "status_url": matches(r"/api/v1/jobs/status/[0-9a-f-]{36}"),
    "estimated_completion_time": or_null(is_size),
}
MEDIUM = {
    "id": is_uuid,
    "url": matches(r"http://127\.0\.0\.1:\d+/api/v1/media/[0-9a-f-]{36}"),
    "type": "image",
    "mime_type": "image/png",
    "file_size_bytes": is_size,
    "width": is_size,
    "height": is_size,
}
STATUS = {
    "id": is_uuid,
    "status": one_of("pending", "processing", "completed", "failed", "cancelled"),
    "prompt": str,
    "parameters": dict,
    "created_at": is_time,
    "updated_at": is_time,
    "started_at": or_null(is_time),
    "completed_at": or_null(is_time),
    "duration_seconds": or_null(is_number),
    "retry_count": is_count,
    "error_message": or_null(str),
    "media": or_null([MEDIUM]),
    "progress": is_number,
}
COMPLETED = STATUS | {
    "status": "completed",
    "started_at": is_time,
    "completed_at": is_time,
    "duration_seconds": is_number,
    "retry_count": 0,
    "error_message": None,
    "media": [MEDIUM],
    "progress": one_of(100.0),
}
PAGE = {
    "jobs": [
        {
            "id": is_uuid,
            "status": "completed",
            "prompt": str,
            "created_at": is_time,
            "completed_at": is_time,
            "media": list,
        }
    ],
    "total": is_size,
    "page": 1,
    "per_page": 20,
    "has_next": bool,
    "has_prev": False,
}
INFO = {
    "id": is_uuid,
    "type": "image",
    "storage_path": matches(r"outputs/[0-9a-f-]{36}/output\.png"),
    "storage_url": MEDIUM["url"],
    "file_size_bytes": is_size,
    "mime_type": "image/png",
    "file_extension": ".png",
    "width": 256,
    "height": 256,
    "created_at": is_time,
}
HEALTH = {
    "status": "healthy",
    "version": "1.0.0",
    "device": str,
    "environment": "production",
    "services": {"database": True, "redis": bool},
    "timestamp": is_time,
}
INVALID = [
    {
        "type": "string_too_short",
        "loc": ["body", "prompt"],
        "msg": "String should have at least 1 character",
        "input": "",
    },
    {
        "type": "greater_equal",
        "loc": ["body", "parameters", "width"],
        "msg": "Input should be greater than or equal to 128",
        "input": -1,
    },
    {
        "type": "less_equal",
        "loc": ["body", "parameters", "height"],
        "msg": "Input should be less than or equal to 2048",
        "input": 5000,
    },
]


@pytest.fixture
def with_axios(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the document's client for Node needs."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.skip("node is not installed")
    folder = tmp_path_factory.mktemp("node")
    done = subprocess.run(
        [npm, "install", "--no-audit", "--no-fund", "--no-save", "axios@1"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if done.returncode != 0:
        pytest.skip(f"axios cannot be fetched: {done.stderr[-200:]}")
    monkeypatch.setenv("NODE_PATH", str(folder / "node_modules"))


def check_client(said: dict[str, Any], path: Path, is_wide: Callable[[int, int], bool]) -> None:
    check_shape(said["job"], CREATED)
    check_shape(said["result"], COMPLETED)
    assert said["result"]["id"] == said["job"]["id"]
    [medium] = said["result"]["media"]
    assert path.stat().st_size == medium["file_size_bytes"]
    with Image.open(path) as picture:
        assert picture.format == "PNG"
        assert picture.size == (medium["width"], medium["height"])
        assert is_wide(*picture.size)


def test_python_client(app: RunningApp, tmp_path: Path) -> None:
    said = json.loads(run(app, tmp_path, "media_client.py", sys.executable))
    check_client(said, tmp_path / "generated_eagle.png", lambda width, height: width * 9 == height * 16)
    assert said["result"]["parameters"] == {"aspect_ratio": "16:9", "output_quality": 90}


@pytest.mark.usefixtures("with_axios")
def test_node_client(app: RunningApp, tmp_path: Path) -> None:
    said = json.loads(run(app, tmp_path, "media_client.cjs", "node"))
    check_client(said, tmp_path / "generated_lake.png", lambda width, height: width == height)
    assert said["result"]["prompt"] == "A serene lake with mountains reflected in the water"


def test_calls_with_curl(app: RunningApp, tmp_path: Path) -> None:
    said = run_shell(app, tmp_path, "media.sh")
    simple, hooked, cancel, cancelled, done, page, info, delete, after, health, live, ready, invalid = said
    check_shape(simple, CREATED)
    check_shape(hooked, CREATED)
    assert cancel == delete == {"status_code": 204, "size": 0}
    check_shape(cancelled, STATUS | {"status": "cancelled", "media": None, "error_message": None})
    assert cancelled["metadata"] == {"user_id": "user123", "session_id": "sess456"}
    check_shape(done, COMPLETED)
    assert done["parameters"] == {"width": 256, "height": 256, "num_inference_steps": 4}
    check_shape(page, PAGE)
    listed = next(job for job in page["jobs"] if job["id"] == done["id"])
    media_id = done["media"][0]["id"]
    assert listed["media"] == [{"id": media_id, "url": f"/api/v1/media/{media_id}", "type": "image"}]
    check_shape(info, INFO)
    with Image.open(tmp_path / "downloaded_image.png") as picture:
        assert picture.size == (256, 256)
    check_shape(after, {**COMPLETED, "media": one_of([])})
    check_shape(health, HEALTH)
    assert live == {"status": "alive"}
    assert ready == {"status": "ready"}
    assert invalid["detail"] == INVALID
