"""The doctor on good and on broken set-ups: each fault is found, and the remedy is the right one."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from studio.cli import doctor
from studio.cli.doctor import Finding
from tests import local_server
from tests.conftest import ROOT, RunningApp
from tests.local_server import serving

OLD = """
import runpy, sys
sys.version_info = (3, 9, 2, "final", 0)
sys.argv = ["studio", "doctor"]
runpy.run_module("studio", run_name="__main__")
"""


def examine(*arguments: str, cwd: Path, **environment: str) -> tuple[int, dict[str, Finding]]:
    """The exit code and the worst finding of each kind, of `python -m studio doctor`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("STUDIO_")}
    ours = {"PYTHONPATH": str(ROOT), "GRADIO_SERVER_PORT": "0", "COMFYUI_URL": "", **environment}
    done = subprocess.run(
        [sys.executable, "-m", "studio", "doctor", "--json", *arguments],
        cwd=cwd, env={**kept, **ours}, capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip
    assert "Traceback" not in done.stderr, done.stderr
    told = json.loads(done.stdout)
    assert told["well"] == (done.returncode == 0)
    found: dict[str, Finding] = {}
    for values in told["findings"]:
        finding = Finding(**values)
        if finding.what not in found or finding.verdict == "FAIL":
            found[finding.what] = finding
    return done.returncode, found


def bad(found: dict[str, Finding]) -> set[str]:
    return {name for name, finding in found.items() if finding.verdict == "FAIL"}


def only(findings: Iterator[Finding]) -> Finding:
    (finding,) = findings
    return finding


# ---------------------------------------------------------------------- whole


def test_a_good_set_up_is_well_and_leaves_nothing(tmp_path: Path) -> None:
    code, found = examine(cwd=tmp_path)
    assert (code, bad(found)) == (0, set())
    assert list(found) == [
        "Python", "packages", "settings", "disk", "records", "codecs", "port", "ComfyUI", "engine"
    ]  # fmt: skip
    assert "drew a picture" in found["engine"].said
    assert list(tmp_path.iterdir()) == []


def test_an_engine_that_does_not_start(tmp_path: Path) -> None:
    broken = tmp_path / "packages" / "uvicorn"
    broken.mkdir(parents=True)
    (broken / "__init__.py").write_text('raise ImportError("uvicorn is broken")', "utf-8")
    path = os.pathsep.join((str(broken.parent), str(ROOT)))
    code, found = examine(cwd=tmp_path, PYTHONPATH=path)
    assert (code, bad(found)) == (1, {"engine"})
    assert "uvicorn is broken" in found["engine"].said
    assert "python -m studio.engine" in found["engine"].remedy


def test_addresses_where_nobody_is_and_records_that_are_none(tmp_path: Path) -> None:
    (tmp_path / "avatarforge.db").write_text("hello", "utf-8")
    code, found = examine(
        cwd=tmp_path, COMFYUI_URL="http://127.0.0.1:9", STUDIO_ENGINE_URL="http://127.0.0.1:9"
    )
    assert (code, bad(found)) == (1, {"ComfyUI", "engine", "records"})
    assert "http://127.0.0.1:9" in found["ComfyUI"].said
    assert "COMFYUI_URL" in found["ComfyUI"].remedy
    assert "unset STUDIO_ENGINE_URL" in found["engine"].remedy
    assert "not a SQLite file" in found["records"].said
    assert (tmp_path / "avatarforge.db").read_text("utf-8") == "hello"


def test_settings_that_cannot_be_read(tmp_path: Path) -> None:
    code, found = examine(cwd=tmp_path, MAX_FILE_SIZE="many")
    assert (code, bad(found)) == (1, {"settings"})
    assert "MAX_FILE_SIZE" in found["settings"].said


def test_an_old_python(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", OLD],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True,
        timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.startswith("FAIL  Python 3.9.2: the studio needs 3.11 or newer.")
    assert "Traceback" not in done.stderr


def test_an_old_python_can_read_what_tells_it_so() -> None:
    for path in ("studio/__init__.py", "studio/__main__.py"):
        compile_for_old = "import ast, sys; ast.parse(open(sys.argv[1]).read(), feature_version=(3, 7))"
        subprocess.run([sys.executable, "-c", compile_for_old, str(ROOT / path)], check=True)


def test_a_running_studio_is_asked(app: RunningApp, tmp_path: Path) -> None:
    code, found = examine("--url", app.url, cwd=tmp_path)
    assert (code, list(found)) == (0, ["Python", "packages", "studio", "server"])
    code, found = examine("--url", "http://127.0.0.1:9", cwd=tmp_path)
    assert (code, bad(found)) == (1, {"studio"})
    assert "python app.py" in found["studio"].remedy


# --------------------------------------------------------------------- single


@pytest.mark.parametrize(("version", "verdict"), [((3, 10, 9), "FAIL"), ((3, 11, 0), "ok"), ((4, 0), "ok")])
def test_python(version: tuple[int, ...], verdict: str) -> None:
    assert only(doctor.check_python(version)).verdict == verdict


def test_packages_that_are_missing_old_or_new() -> None:
    required = ["gradio>=6.31,<7", "pillow>=11,<13", "uvicorn[standard]>=0.30,<1", "av>=15,<19"]
    have = {"gradio": "6.31.0", "pillow": "12.0", "uvicorn": "0.30", "av": "18.1.0"}
    assert only(doctor.check_packages(required, have.get)).verdict == "ok"
    missing, other = doctor.check_packages(required, {**have, "av": None, "pillow": "13.0.1"}.get)
    assert (missing.verdict, missing.said) == ("FAIL", "missing: av")
    assert "pip install -r" in missing.remedy
    assert (other.verdict, other.said) == (
        "note",
        "not tried in this release: pillow 13.0.1 (tried: >=11,<13)",
    )


def test_a_disk_that_is_full(tmp_path: Path) -> None:
    storage = tmp_path / "not" / "yet" / "there"
    verdicts = {
        free: only(doctor.check_disk(storage, lambda _, free=free: free)).verdict
        for free in (10 * 2**20, 2**30, 100 * 2**30)
    }
    assert list(verdicts.values()) == ["FAIL", "note", "ok"]
    full = only(doctor.check_disk(storage, lambda _: 0))
    assert "full" in full.said
    assert "STORAGE_PATH" in full.remedy
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    found = only(doctor.check_disk(tmp_path / "file"))
    assert (found.verdict, "cannot be written" in found.said) == ("FAIL", True)


def test_a_port_that_is_taken(app: RunningApp) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = only(doctor.check_port("127.0.0.1", other.getsockname()[1]))
    assert (taken.verdict, "--port" in taken.remedy) == ("FAIL", True)
    ours = only(doctor.check_port("127.0.0.1", int(app.url.rpartition(":")[2])))
    assert (ours.verdict, "a studio listens" in ours.said) == ("ok", True)


@pytest.mark.parametrize(
    ("version", "checkpoints", "verdict"),
    [("0.3.30", ["sd.safetensors"], "FAIL"), ("0.3.64", [], "note"), ("0.3.64", ["sd.safetensors"], "ok")],
)
def test_comfyui_servers_are_told_apart(version: str, checkpoints: list[str], verdict: str) -> None:
    info = {
        "CheckpointLoaderSimple": {
            "input": {"required": {"ckpt_name": [checkpoints]}},
            "output": ["MODEL"], "output_name": ["MODEL"],
            "name": "CheckpointLoaderSimple", "display_name": "", "category": "", "output_node": False,
        }
    }  # fmt: skip
    answers: dict[str, Any] = {
        "/system_stats": {"system": {"comfyui_version": version}, "devices": []},
        "/object_info": info,
    }

    class Handler(local_server.Handler):
        def do_GET(self) -> None:
            path = self.path.removeprefix("/api")
            self.answer(200 if path in answers else 404, answers.get(path, {}))

    with serving(Handler) as url:
        found = only(doctor.check_servers([url]))
    assert (found.verdict, version in found.said) == (verdict, True), found
