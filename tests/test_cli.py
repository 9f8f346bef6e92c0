"""The command line as people and scripts use it: what it prints, what it keeps, its exit codes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from studio.client import Studio
from tests.client_fixtures import LONG
from tests.conftest import ROOT, RunningApp

SIZE = ("--width", "128", "--height", "192")


def command(*arguments: object, cwd: Path, **environment: str) -> subprocess.Popen[str]:
    """`python -m studio` in a folder of its own, with the environment of nobody."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("STUDIO_")}
    for name in ("COMFYUI_URL", "DATABASE_URL", "STORAGE_PATH"):
        kept.pop(name, None)
    return subprocess.Popen(
        [sys.executable, "-m", "studio", *map(str, arguments)],
        cwd=cwd,
        env={**kept, "PYTHONPATH": str(ROOT), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(*arguments: object, cwd: Path, **environment: str) -> tuple[int, str, str]:
    """Its exit code and what it wrote to both streams."""
    process = command(*arguments, cwd=cwd, **environment)
    out, err = process.communicate(timeout=180)
    return process.returncode, out, err


def answer(*arguments: object, cwd: Path, **environment: str) -> dict[str, Any]:
    """What it answers with --json."""
    code, out, err = run(*arguments, "--json", cwd=cwd, **environment)
    assert code == 0, err
    return json.loads(out)


def test_an_avatar_without_any_server(tmp_path: Path) -> None:
    code, out, err = run("avatar", "a knight, red cape", *SIZE, "-o", "out/", cwd=tmp_path)
    assert (code, err) == (0, "")
    made = tmp_path / out.strip()
    assert made.parent == tmp_path / "out"
    assert Image.open(made).size == (128, 192)
    # Records and files lie where the app would look for them.
    assert (tmp_path / "avatarforge.db").is_file()
    listed = answer("jobs", "list", cwd=tmp_path)
    assert (listed["total"], listed["jobs"][0]["status"]) == (1, "completed")


def test_an_avatar_by_a_running_studio(app: RunningApp, tmp_path: Path) -> None:
    made = answer(
        "avatar", "a monk with a zorblax", *SIZE, "--seed", 5, "--style", "ink", "-o", "monk.png",
        cwd=tmp_path, STUDIO_URL=app.url,
    )  # fmt: skip
    assert made["files"] == ["monk.png"]
    assert (made["job"]["seed"], made["job"]["request"]["style"]) == (5, "ink")
    assert Image.open(tmp_path / "monk.png").size == (128, 192)
    code, _, err = run("avatar", "a monk with a zorblax", *SIZE, "--url", app.url, cwd=tmp_path)
    assert code == 0
    assert "note: not drawn: zorblax" in err


def test_views_go_into_a_folder(app: RunningApp, tmp_path: Path) -> None:
    code, out, err = run(
        "pose", "a monk", "--view", "front", "--view", "back", *SIZE, "-o", "views", "--url", app.url,
        cwd=tmp_path,
    )  # fmt: skip
    assert code == 0, err
    names = [Path(line).name for line in out.splitlines()]
    assert [name.partition("-")[2] for name in names] == ["front.png", "back.png"]
    code, _, err = run(
        "pose", "a monk", "--view", "front", "--view", "back", *SIZE, "-o", "one.png", "--url", app.url,
        cwd=tmp_path,
    )  # fmt: skip
    assert code == 4
    assert "2 files do not fit into the file one.png" in err


def test_a_sheet_is_one_file_or_all_in_a_folder(app: RunningApp, tmp_path: Path) -> None:
    sheet = ("sheet", "a monk", *SIZE, "--layout", "turnaround", "--name", "Bo", "--url", app.url)
    code, out, err = run(*sheet, "--key", "monk-sheet", "-o", "monk.pdf", cwd=tmp_path)
    assert (code, out) == (0, "monk.pdf\n"), err
    assert (tmp_path / "monk.pdf").read_bytes().startswith(b"%PDF")
    # The same key: nothing is made again.
    made = answer(*sheet, "--key", "monk-sheet", "-o", "all/", cwd=tmp_path)
    assert len(made["files"]) == 5
    assert all((tmp_path / file).is_file() for file in made["files"])


def test_jobs_are_listed_shown_cancelled_and_retried(app: RunningApp, tmp_path: Path) -> None:
    there = ("--url", app.url)
    code, out, err = run(
        "avatar", "a giant", "--width", 1536, "--height", 1536, "--variants", 12, "--no-wait", *there,
        cwd=tmp_path,
    )  # fmt: skip
    assert code == 0, err
    job_id = out.strip()
    code, out, _ = run("jobs", "list", "--search", "giant", *there, cwd=tmp_path)
    assert job_id[:8] in out
    code, out, _ = run("jobs", "cancel", job_id[:8], *there, cwd=tmp_path)
    assert (code, out.split()[0]) == (0, job_id)
    code, _, err = run("jobs", "wait", job_id, *there, cwd=tmp_path)
    assert (code, "was cancelled" in err) == (1, True)
    code, out, _ = run("jobs", "show", job_id, *there, cwd=tmp_path)
    assert code == 0
    assert "status    cancelled" in out
    assert answer("jobs", "show", job_id, *there, cwd=tmp_path)["status"] == "cancelled"
    code, _, err = run("jobs", "show", "nobody", *there, cwd=tmp_path)
    assert (code, "nobody" in err) == (4, True)


def test_waiting_goes_on_where_it_was_left(app: RunningApp, tmp_path: Path) -> None:
    job_id = answer("avatar", "a mason", *SIZE, "--no-wait", "--url", app.url, cwd=tmp_path)["job"]["id"]
    code, out, err = run("jobs", "wait", job_id, "-o", "mason.png", "--url", app.url, cwd=tmp_path)
    assert (code, out) == (0, "mason.png\n"), err
    code, out, _ = run("jobs", "save", job_id, "-o", "again.png", "--url", app.url, cwd=tmp_path)
    assert (tmp_path / "again.png").read_bytes() == (tmp_path / "mason.png").read_bytes()


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is sent otherwise there")
def test_an_interrupt_leaves_the_job(app: RunningApp, tmp_path: Path) -> None:
    with Studio(app.url) as studio:
        first = studio.avatar("a giant", **LONG)  # keeps the engine busy, so that the next one waits
        process = command("avatar", "a lonely miner", *SIZE, "--url", app.url, cwd=tmp_path)
        deadline = time.monotonic() + 60
        while not (found := list(studio.jobs.list(search="lonely miner"))):
            assert time.monotonic() < deadline
            time.sleep(0.1)
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
        assert process.returncode == 130
        assert f"python -m studio jobs wait {found[0].id}" in err
        first.cancel()
        assert found[0].wait(120).status == "completed"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ((), 2, "required: VERB"),
        (("avatar",), 2, "required: prompt"),
        (("avatar", "a monk", "--framing", "sideways"), 2, "invalid choice"),
        (("avatar", "a monk", "--width", "3", "--url", "URL"), 4, "greater than or equal to 64"),
        (("avatar", "a monk", "--reference", "missing.png", "--url", "URL"), 4, "missing.png cannot be read"),
        (("avatar", "a monk", "--url", "http://127.0.0.1:9"), 3, "No studio answers"),
        (("avatar", "a naked woman", *SIZE, "--url", "URL"), 4, "anybody may see"),
    ],
)
def test_exit_codes(
    app: RunningApp, tmp_path: Path, arguments: tuple[str, ...], code: int, said: str
) -> None:
    given = [app.url if argument == "URL" else argument for argument in arguments]
    found, out, err = run(*given, cwd=tmp_path)
    assert (found, out) == (code, "")
    assert said in err
    assert "Traceback" not in err
    assert list(tmp_path.iterdir()) == []


def test_failures_are_json_too(tmp_path: Path) -> None:
    code, out, _ = run("avatar", "a monk", "--url", "http://127.0.0.1:9", "--json", cwd=tmp_path)
    assert (code, json.loads(out)["error"]["code"]) == (3, "studio_unreachable")


def test_serve_is_the_app(tmp_path: Path) -> None:
    code, out, err = run("serve", "--help", cwd=tmp_path)
    assert (code, "--no-ui" in out) == (0, True), err
    code, _, err = run("serve", "--port", "0", cwd=tmp_path, MAX_FILE_SIZE="many")
    assert code == 2
    assert "MAX_FILE_SIZE" in err


def test_help_names_every_exit_code(tmp_path: Path) -> None:
    code, out, _ = run("--help", cwd=tmp_path)
    assert code == 0
    for one in ("0  ", "1  ", "2  ", "3  ", "4  ", "130"):
        assert f"\n  {one}" in out
