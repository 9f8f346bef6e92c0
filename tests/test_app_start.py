"""Starting and ending `python app.py`: where it listens, what stops it, and what it leaves behind."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import psutil
import pytest
import sqlite_utils

import app as entry
from studio.records import open_database
from tests.conftest import OWN, ROOT, START_S, RunningApp, StartApp, shared_engine, start_app_process

NOT_WINDOWS = pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot send Ctrl-C to one process")
SPOKEN = re.compile(r"AvatarForge Studio +(http://\S+)")


def run_until_it_ends(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Start an app that is expected to refuse its start."""
    folder.mkdir(parents=True, exist_ok=True)
    return subprocess.run(
        [sys.executable, str(ROOT / "app.py"), "--no-ui", *arguments],
        cwd=folder,
        env=clean_environment(environment),
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=START_S,
    )


def clean_environment(ours: dict[str, str]) -> dict[str, str]:
    """The environment without settings of whoever runs the tests."""
    documented = {name.upper() for name in entry.Settings.model_fields}
    kept = {name: value for name, value in os.environ.items() if name.upper() not in documented}
    return {**kept, "PYTHONPATH": str(ROOT), **ours}


def engines_of(folder: Path) -> list[psutil.Process]:
    """The engine processes that work for the app in this folder."""
    directory = str(folder.resolve() / "storage" / "engine")
    found = []
    for process in psutil.process_iter():
        try:
            if directory in process.cmdline() and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except psutil.Error:  # it ended while we looked, or is not ours to look at
            continue
    return found


def wait_until(true: Callable[[], object], what: str) -> None:
    """Wait for something that must come true."""
    deadline = time.monotonic() + START_S
    while not true():
        assert time.monotonic() < deadline, f"never: {what}"
        time.sleep(0.05)


def free_port() -> int:
    """A loopback port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def rows(folder: Path, sql: str) -> list[dict[str, object]]:
    """What the records of a stopped app hold."""
    database = sqlite_utils.Database(folder / "avatarforge.db")
    try:
        return list(database.query(sql))
    finally:
        database.close()


# ------------------------------------------------------------------ where it listens


@pytest.fixture
def bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """No settings in the environment and no .env in the folder."""
    monkeypatch.chdir(tmp_path)
    for name in entry.Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    return monkeypatch


def listens(*arguments: str) -> tuple[str, int]:
    settings = entry.read_settings(entry.parse_arguments(arguments))
    return settings.gradio_server_name, settings.gradio_server_port


def test_it_listens_on_loopback_8000_unless_told_otherwise(bare_environment: pytest.MonkeyPatch) -> None:
    assert listens() == ("127.0.0.1", 8000)


def test_the_environment_says_where_and_the_command_line_wins(bare_environment: pytest.MonkeyPatch) -> None:
    bare_environment.setenv("GRADIO_SERVER_NAME", "0.0.0.0")
    bare_environment.setenv("GRADIO_SERVER_PORT", "7860")
    assert listens() == ("0.0.0.0", 7860)
    assert listens("--port", "9000") == ("0.0.0.0", 9000)
    assert listens("--host", "::1", "--port", "9000") == ("::1", 9000)


def test_a_dotenv_file_says_where(bare_environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("GRADIO_SERVER_PORT=7861  # as on a Space\n", "utf-8")
    assert listens() == ("127.0.0.1", 7861)


def test_it_answers_where_it_says(start_app: StartApp) -> None:
    port = free_port()
    running = start_app("--no-ui", "--host", "127.0.0.1", "--port", str(port))
    assert running.url == f"http://127.0.0.1:{port}"
    assert f"http://localhost:{port}/docs" in "".join(running.lines)
    assert running.client.get("/docs").status_code == 200


def test_the_port_of_the_environment_is_used(tmp_path: Path) -> None:
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-u", str(ROOT / "app.py"), "--no-ui"],
        cwd=tmp_path,
        env=clean_environment(
            {
                "GRADIO_SERVER_NAME": "127.0.0.1",
                "GRADIO_SERVER_PORT": str(port),
                "STUDIO_ENGINE_URL": shared_engine().url,
            }
        ),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        spoken = next((match for line in process.stdout if (match := SPOKEN.search(line))), None)
        assert spoken is not None
        assert spoken[1] == f"http://localhost:{port}"
        with httpx.Client(transport=httpx.HTTPTransport(retries=8), trust_env=False) as client:
            assert client.get(f"http://127.0.0.1:{port}/poses").status_code == 200
    finally:
        process.kill()
        process.communicate()


# ------------------------------------------------------------- what comes when


@pytest.fixture(scope="module")
def with_interface(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    """An app whose interface is being loaded."""
    running = start_app_process(tmp_path_factory.mktemp("interface"))
    yield running
    if running.process.poll() is None:
        running.kill()


def test_rest_answers_while_the_interface_is_still_starting(with_interface: RunningApp) -> None:
    running = with_interface
    assert running.client.get("/poses").status_code == 200
    starting = running.client.get("/")
    assert starting.status_code == 200
    assert "starting" in starting.text
    assert "gradio" not in starting.text.lower()

    wait_until(lambda: "gradio_config" in running.client.get("/").text, "the interface is shown")
    assert running.client.get("/poses").status_code == 200
    assert running.client.get("/avatarforge-controller/nothing-here").json()["code"] == "route_not_found"


def test_without_the_interface_the_root_says_where_to_look(app: RunningApp) -> None:
    answer = app.client.get("/")
    assert answer.status_code == 404
    assert "/docs" in answer.json()["hint"]


# ------------------------------------------------------------ what stops a start


def refused_here(capsys: pytest.CaptureFixture[str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """What an app says that is started in this process, in its working folder, and ends again."""
    code = entry.main(["--no-ui", *arguments])
    said = capsys.readouterr()
    assert "sesame" not in said.out + said.err
    return subprocess.CompletedProcess([], code, said.out, said.err)


def assert_refused(done: subprocess.CompletedProcess[str], folder: Path, *words: str) -> None:
    """It ended by itself with one readable sentence and without leaving anything running."""
    assert done.returncode == 2, done
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    for word in words:
        assert word in done.stderr
    assert "AvatarForge Studio" not in done.stdout  # nobody is sent to an address that does not answer
    assert engines_of(folder) == []


def test_a_taken_port_is_named_and_nothing_is_started(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = run_until_it_ends(tmp_path, "--port", str(port))
    assert_refused(done, tmp_path, f"127.0.0.1:{port}", "--port")
    assert not (tmp_path / "storage").exists()


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"COMFYUI_URL": "localhost:8188"}, ["COMFYUI_URL", "http://"]),
        ({"MAX_FILE_SIZE": "fifty"}, ["MAX_FILE_SIZE", "integer"]),
        ({"RATE_LIMIT_STORAGE_URL": "pigeon://coop"}, ["RATE_LIMIT_STORAGE_URL", "requirements-redis.txt"]),
        ({"LOG_LEVEL": "loud"}, ["LOG_LEVEL", "WARNING"]),
        ({"GRADIO_SERVER_PORT": "99999"}, ["GRADIO_SERVER_PORT", "65535"]),
        ({"STORAGE_PATH": "a-file"}, ["a-file", "STORAGE_PATH"]),
        ({"LOG_FILE": "a-file/studio.log"}, ["a-file", "LOG_FILE"]),
        ({"STUDIO_WORKFLOWS_PATH": "workflows"}, ["mine", "graph.json"]),
        ({"DATABASE_URL": "mysql://me@host/records"}, ["mysql://***@host/records", "sqlite:///"]),
        ({"DATABASE_URL": "postgresql://me:sesame@localhost/avatarforge"}, ["DATABASE_URL", "SQLite"]),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)
def test_a_bad_setting_is_named(
    bare_environment: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    environment: dict[str, str],
    words: list[str],
) -> None:
    (tmp_path / "a-file").write_text("in the way", "utf-8")
    mine = tmp_path / "workflows" / "mine"
    mine.mkdir(parents=True)
    (mine / "workflow.toml").write_text('title = "Mine"\nengine = "any"\n', "utf-8")
    for name, value in {"GRADIO_SERVER_PORT": "0", **environment}.items():
        bare_environment.setenv(name, value)
    assert_refused(refused_here(capsys), tmp_path, *words)


def test_a_corrupt_database_is_refused_and_left_as_it_is(
    bare_environment: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "avatarforge.db"
    garbage = b"SQLite format 3\x00" + bytes(range(256)) * 64
    path.write_bytes(garbage)
    assert_refused(refused_here(capsys, "--port", "0"), tmp_path, "avatarforge.db", "backup")
    assert path.read_bytes() == garbage


def test_the_database_of_a_newer_version_is_refused(
    bare_environment: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "avatarforge.db"
    open_database(path).close()
    newer = sqlite_utils.Database(path)
    newer.table("_sqlite_migrations").insert(
        {"migration_set": "studio", "name": "9999_from_the_future", "applied_at": "2999-01-01"}
    )
    newer.close()
    assert_refused(refused_here(capsys, "--port", "0"), tmp_path, "9999_from_the_future", "newer version")


# ------------------------------------------------------------------- how it ends


@NOT_WINDOWS
def test_ctrl_c_while_the_interface_is_loading_ends_it_cleanly(start_app: StartApp) -> None:
    running = start_app(STUDIO_ENGINE_URL=OWN)
    assert running.interrupt() == 0
    wait_until(lambda: engines_of(running.folder) == [], "the engine is gone")
    assert "Traceback" not in "".join(running.lines)


@NOT_WINDOWS
def test_an_open_tab_does_not_hold_up_the_end(with_interface: RunningApp) -> None:
    running = with_interface
    wait_until(lambda: "gradio_config" in running.client.get("/").text, "the interface is shown")
    # What a tab keeps open for as long as it lives.
    with running.client.stream("GET", "/gradio_api/heartbeat/a-tab") as stream:
        chunks = stream.iter_raw()
        assert next(chunks)
        assert running.interrupt() == 0
        for _ in chunks:  # the stream is ended properly, else this raises
            pass
    said = "".join(running.lines)
    assert "Traceback" not in said
    assert "timeout graceful shutdown exceeded" not in said


@NOT_WINDOWS
def test_ctrl_c_ends_its_engine_too_and_running_work_is_done_after_the_next_start(
    start_app: StartApp,
) -> None:
    first = start_app("--no-ui", STUDIO_ENGINE_URL=OWN)
    first.wait_healthy()
    assert engines_of(first.folder) != []
    sheets = [first.generate("generate_all_poses", width=512, height=512) for _ in range(2)]
    running = f"/generations/{sheets[0]['generation_id']}"
    wait_until(lambda: first.client.get(running).json()["status"] != "queued", "work runs")
    assert first.interrupt() == 0
    wait_until(lambda: engines_of(first.folder) == [], "the engine is gone")
    assert "Traceback" not in "".join(first.lines)

    unfinished = rows(first.folder, "select status, lease_token from tasks where status != 'completed'")
    assert unfinished, "everything was done before the end: nothing was handed back"
    assert {row["status"] for row in unfinished} <= {"queued", "processing"}
    assert {row["lease_token"] for row in unfinished} == {None}

    second = start_app("--no-ui", STUDIO_ENGINE_URL=OWN, folder=first.folder)
    for sheet in sheets:
        done = second.wait(sheet["generation_id"])
        assert done["status"] == "completed", done
        assert len(done["output_files"]) == 4


def test_a_killed_app_leaves_no_engine_behind(start_app: StartApp) -> None:
    running = start_app("--no-ui", STUDIO_ENGINE_URL=OWN)
    running.wait_healthy()
    assert engines_of(running.folder) != []
    running.kill()
    wait_until(lambda: engines_of(running.folder) == [], "the engine is gone")


def test_a_dotenv_file_in_another_encoding_is_named(
    bare_environment: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / ".env").write_bytes("LOG_LEVEL=INFO # größe".encode("latin-1"))
    assert_refused(refused_here(capsys, "--port", "0"), tmp_path, ".env", "UTF-8")
