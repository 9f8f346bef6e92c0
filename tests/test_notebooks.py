"""The notebooks run from top to bottom where there is nothing but the studio; results are not kept."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests import local_server
from tests.conftest import ROOT, shared_engine
from tests.local_server import serving

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
FEW = "6"  # characters in place of a hundred


@cache
def executed() -> tuple[dict[str, list[dict[str, Any]]], DatasetHub]:
    """The cells of copies of all notebooks with their outputs, by the number of each, and what a hub got.

    One nbmake runs them, as CI and readers would; each is alone in its folder and has a kernel of its own.
    """
    # Also none of PYTEST_: the notebooks are not for several workers.
    others = ("STUDIO_", "HF_", "PYTEST_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(others)}
    for name in ("COMFYUI_URL", "DATABASE_URL", "STORAGE_PATH"):
        kept.pop(name, None)
    ours = {
        "PYTHONPATH": str(ROOT),
        "STUDIO_ENGINE_URL": shared_engine().url,
        "CHARACTERS": FEW,
        "HF_TOKEN": "hf_writes",
        "HF_DATASET": "me/characters",
    }
    with tempfile.TemporaryDirectory() as place, running_hub() as hub:
        copies = {path.stem[:2]: Path(place) / path.stem / path.name for path in NOTEBOOKS}
        for path, copy in zip(NOTEBOOKS, copies.values(), strict=True):
            copy.parent.mkdir()
            shutil.copy(path, copy)
        done = subprocess.run(
            [
                *(sys.executable, "-m", "pytest", "-q", "--nbmake", "--nbmake-timeout=600", "--overwrite"),
                *("-p", "no:cacheprovider", *(str(copy) for copy in copies.values())),
            ],
            cwd=place,
            env={**kept, **ours, "HF_ENDPOINT": hub.url},
            capture_output=True,
            text=True,
            timeout=800,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-6000:]
        return {number: json.loads(copy.read_text("utf-8"))["cells"] for number, copy in copies.items()}, hub


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
@pytest.mark.parametrize(
    ("number", "signs"),
    [
        ("01", ("data:image/png;base64,", '"image/png"', "zorblax")),
        ("02", ("character sheet", "data:image/png;base64,", "image/gif")),
        ("03", ("workflow_unknown", "data:image/png;base64,")),
        ("04", ("data:video/mp4;base64,",)),
        ("05", (f"{FEW} of {FEW}", '"image/png"')),
        ("06", ("completed", "invalid_field", "the signature is right", "event: completed")),
        ("07", ("elf", "same picture: True", '"image/png"')),
    ],
)
def test_a_notebook_runs(number: str, signs: tuple[str, ...]) -> None:
    books, _ = executed()
    code = [cell for cell in books[number] if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1))
    text = shown(code).replace('\\"', '"')
    for sign in signs:
        assert sign in text, sign


@pytest.mark.timeout(900)
def test_the_dataset_goes_to_the_hub() -> None:
    _, hub = executed()
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
