"""The documented ways to start the server and to make its tables, each as a process in an empty folder."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from sqlalchemy import inspect

from tests.conftest import ROOT, shared_engine
from tests.documents.contract import POSES, PROBLEM, WRONG, check_shape

TABLES_ONE_LINER = (
    "from avatarforge.database.database import engine; "
    "from sqlalchemy import inspect; print(inspect(engine).get_table_names())"
)
NO_SQLALCHEMY = "import sys; sys.modules['sqlalchemy'] = None; "


def environment(**more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("STUDIO_", "GRADIO_"))}
    for name in ("COMFYUI_URL", "DATABASE_URL", "LOG_LEVEL", "LOG_FILE", "STORAGE_PATH"):
        kept.pop(name, None)
    return {**kept, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", **more}


def run(folder: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=environment(**more),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@contextmanager
def serving(folder: Path, *arguments: str, **more: str) -> Iterator[list[str]]:
    """A server process and what it prints; ended like by Ctrl-C."""
    process = subprocess.Popen(
        [sys.executable, *arguments],
        cwd=folder,
        env=environment(**more),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    lines: list[str] = []
    stdout = process.stdout
    reader = threading.Thread(target=lambda: lines.extend(iter(stdout.readline, "")), daemon=True)
    reader.start()
    try:
        yield lines
        process.terminate() if sys.platform == "win32" else process.send_signal(signal.SIGINT)
        process.wait(30)
    finally:
        process.kill()
        process.wait(30)
        reader.join(30)
        stdout.close()


def wait_for(url: str, lines: list[str]) -> httpx.Response:
    deadline = time.monotonic() + 60
    while True:
        try:
            return httpx.get(url, timeout=10, trust_env=False)
        except httpx.TransportError:
            assert time.monotonic() < deadline, "".join(lines)
            time.sleep(0.05)


def test_init_db_creates_the_tables_and_the_one_liner_lists_them(tmp_path: Path) -> None:
    first = run(tmp_path, "-m", "avatarforge.database.init_db")
    assert (first.returncode, first.stderr) == (0, "")
    assert "created" in first.stdout
    assert str(tmp_path / "avatarforge.db") in first.stdout
    again = run(tmp_path, "-m", "avatarforge.database.init_db")
    assert (again.returncode, "up to date" in again.stdout) == (0, True)
    listed = run(tmp_path, "-c", TABLES_ONE_LINER)
    assert listed.returncode == 0, listed.stderr
    assert {"jobs", "tasks", "outputs", "files"} <= set(re.findall(r"'(\w+)'", listed.stdout))
    assert [path.name for path in tmp_path.iterdir()] == ["avatarforge.db"]


def test_init_db_goes_where_database_url_says(tmp_path: Path) -> None:
    wanted = tmp_path / "deep" / "down" / "records.db"
    done = run(tmp_path, "-m", "avatarforge.database.init_db", DATABASE_URL=f"sqlite:///{wanted}")
    assert done.returncode == 0, done.stderr
    assert wanted.is_file()
    assert not (tmp_path / "avatarforge.db").exists()


def test_init_db_says_what_it_cannot_use(tmp_path: Path) -> None:
    done = run(tmp_path, "-m", "avatarforge.database.init_db", DATABASE_URL="postgresql://me:secret@host/db")
    assert (done.returncode, done.stdout) == (2, "")
    assert "sqlite:///" in done.stderr
    assert "secret" not in done.stderr
    (tmp_path / "avatarforge.db").write_bytes(b"this is no database" * 100)
    done = run(tmp_path, "-m", "avatarforge.database.init_db")
    assert (done.returncode, done.stdout) == (2, "")
    assert "Nothing was changed" in done.stderr
    assert (tmp_path / "avatarforge.db").read_bytes() == b"this is no database" * 100


def test_engine_is_lazy_and_says_how_to_get_sqlalchemy(tmp_path: Path) -> None:
    loaded = run(tmp_path, "-c", NO_SQLALCHEMY + "import avatarforge.database.database")
    assert loaded.returncode == 0, loaded.stderr
    missing = run(tmp_path, "-c", NO_SQLALCHEMY + TABLES_ONE_LINER)
    assert missing.returncode == 1
    assert "pip install" in missing.stderr
    unknown = run(tmp_path, "-c", "from avatarforge.database.database import motor")
    assert unknown.returncode == 1


def test_engine_in_process_is_one_object(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'one.db'}")
    from avatarforge.database import database
    from studio.records import open_database

    database._engine.cache_clear()
    open_database(tmp_path / "one.db").close()
    assert database.engine is database.engine
    assert "jobs" in inspect(database.engine).get_table_names()
    database.engine.dispose()
    database._engine.cache_clear()


def test_main_py_serves(tmp_path: Path) -> None:
    command = (str(ROOT / "main.py"), "--port", "0", "--no-ui")
    with serving(tmp_path, *command, STUDIO_ENGINE_URL=shared_engine().url) as lines:
        deadline = time.monotonic() + 60
        while not (found := re.search(r"AvatarForge Studio +(http://\S+)", "".join(lines))):
            assert time.monotonic() < deadline, "".join(lines)
            time.sleep(0.02)
        assert wait_for(f"{found[1]}/avatarforge-controller/health", lines).status_code == 200
    assert (tmp_path / "avatarforge.db").is_file()
    assert (tmp_path / "storage" / "outputs").is_dir()


def test_uvicorn_serves_the_documented_app_with_the_interface(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    log = tmp_path / "logs" / "api.log"
    more = {"LOG_FILE": str(log), "LOG_LEVEL": "INFO", "STUDIO_ENGINE_URL": shared_engine().url}
    arguments = ["-m", "uvicorn", "avatarforge.main:app", "--host", "127.0.0.1", "--port", str(port)]
    with serving(tmp_path, *arguments, **more) as lines:
        base = f"http://127.0.0.1:{port}"
        health = wait_for(f"{base}/avatarforge-controller/health", lines)
        assert health.json()["api_status"] == "healthy"
        deadline = time.monotonic() + 60
        while "gradio" not in httpx.get(base, timeout=30, trust_env=False).text:
            assert time.monotonic() < deadline, "".join(lines)
            time.sleep(0.2)
        # Behind the routes there is the interface now; a wrong call is a problem in JSON all the same.
        for method, path, status in WRONG:
            answer = httpx.request(method, base + path, timeout=30, trust_env=False)
            assert answer.status_code == status, f"{method} {path}: {answer.status_code} {answer.text[:200]}"
            check_shape(answer.json(), PROBLEM)
        assert httpx.get(f"{base}/poses", timeout=30, trust_env=False).json() == POSES
        assert "swagger" in httpx.get(f"{base}/docs", timeout=30, trust_env=False).text
    assert "the interface is ready" in log.read_text(encoding="utf-8")
