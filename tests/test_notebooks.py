"""The notebooks run from top to bottom where there is nothing but the studio; results are not kept."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests import local_server
from tests.conftest import ROOT, shared_engine
from tests.local_server import serving

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
FEW = "6"  # characters in place of a hundred


def execute(path: Path, folder: Path, **environment: str) -> list[dict[str, Any]]:
    """Run a copy of a notebook with nbmake, as CI and readers would; gives its cells with their outputs."""
    copy = folder / "notebooks" / path.name
    copy.parent.mkdir(parents=True)
    shutil.copy(path, copy)
    # Also none of PYTEST_: one notebook is not for several workers.
    others = ("STUDIO_", "HF_", "PYTEST_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(others)}
    for name in ("COMFYUI_URL", "DATABASE_URL", "STORAGE_PATH"):
        kept.pop(name, None)
    if path != NOTEBOOKS[0]:  # which is for those who have nothing yet
        kept["STUDIO_ENGINE_URL"] = shared_engine().url
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "--nbmake", "--nbmake-timeout=600", "--overwrite"),
            *("-p", "no:cacheprovider", copy.name),
        ],
        cwd=copy.parent,
        env={**kept, "PYTHONPATH": str(ROOT), "CHARACTERS": FEW, **environment},
        capture_output=True,
        text=True,
        timeout=800,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-6000:]
    return json.loads(copy.read_text("utf-8"))["cells"]


def shown(cells: list[dict[str, Any]]) -> str:
    """Everything that the cells show, as one text."""
    return json.dumps([cell.get("outputs", []) for cell in cells])


# -------------------------------------------------------------------- as kept


def test_there_is_a_notebook_for_each_way_in() -> None:
    assert [path.stem[:2] for path in NOTEBOOKS] == ["01", "02", "03", "04", "05", "06", "07"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_are_kept_without_results(path: Path) -> None:
    book = json.loads(path.read_text("utf-8"))
    for cell in book["cells"]:
        if cell["cell_type"] == "code":
            assert (cell["outputs"], cell["execution_count"]) == ([], None), "strip the outputs"
    assert book["cells"][0]["source"][0].startswith("# ")
    assert path.stat().st_size < 20_000


# ------------------------------------------------------------------- executed


@pytest.mark.timeout(900)
@pytest.mark.parametrize("path", [*NOTEBOOKS[:4], *NOTEBOOKS[5:]], ids=lambda path: path.stem)
def test_a_notebook_runs(path: Path, tmp_path: Path) -> None:
    text = shown(execute(path, tmp_path))
    signs = {
        "01": ("data:image/png;base64,", '"image/png"', "zorblax"),
        "02": ("character sheet", "data:image/png;base64,", "image/gif"),
        "03": ("workflow_unknown", "data:image/png;base64,"),
        "04": ("data:video/mp4;base64,",),
        "07": ("elf", "same picture: True", '"image/png"'),
        "06": ("completed", "invalid_field", "the signature is right", "event: completed"),
    }
    for sign in signs[path.stem[:2]]:
        assert sign in text.replace('\\"', '"'), sign


@pytest.mark.timeout(900)
def test_the_dataset_goes_to_the_hub(tmp_path: Path) -> None:
    (path,) = [path for path in NOTEBOOKS if path.stem[:2] == "05"]
    with running_hub() as hub:
        execute(path, tmp_path, HF_ENDPOINT=hub.url, HF_TOKEN="hf_writes", HF_DATASET="me/characters")
    assert hub.created == ["me/characters"]
    listed = [json.loads(line) for line in hub.files["train/metadata.jsonl"].splitlines()]
    assert len(listed) == int(FEW)
    for about in listed:
        assert hub.files[f"train/{about['file_name']}"].startswith(b"\x89PNG")
        assert about["text"]
    assert hub.files["README.md"].startswith(b"---\nlicense:")


@dataclass
class DatasetHub:
    """What a hub has been sent."""

    url: str = ""
    created: list[str] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)


@contextmanager
def running_hub() -> Iterator[DatasetHub]:
    """The part of the Hugging Face Hub that takes datasets."""
    hub = DatasetHub()

    class Handler(local_server.Handler):
        def do_GET(self) -> None:
            self.answer(404, {"error": "not found"})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            path = urlsplit(self.path).path
            if self.headers.get("Authorization") != "Bearer hf_writes":
                self.answer(401, {"error": "Invalid username or password."})
            elif path == "/api/repos/create":
                wanted = json.loads(body)
                assert wanted["type"] == "dataset"
                hub.created.append(f"{wanted.get('organization')}/{wanted['name']}")
                self.answer(200, {"url": f"{hub.url}/datasets/{hub.created[-1]}", "name": hub.created[-1]})
            elif path == "/api/validate-yaml":
                self.answer(200, {"errors": [], "warnings": []})
            elif path.endswith("/preupload/main"):
                asked = [one["path"] for one in json.loads(body)["files"]]
                regular = {"uploadMode": "regular", "shouldIgnore": False}
                self.answer(200, {"files": [{"path": one, **regular} for one in asked]})
            elif path.endswith("/commit/main"):
                for line in map(json.loads, body.splitlines()):
                    if line["key"] == "file":
                        hub.files[line["value"]["path"]] = base64.b64decode(line["value"]["content"])
                address = f"{hub.url}/datasets/me/characters/commit/{'0' * 40}"
                self.answer(200, {"success": True, "commitOid": "0" * 40, "commitUrl": address})
            else:
                self.answer(404, {"error": f"nothing at {path}"})

    with serving(Handler) as hub.url:
        yield hub
