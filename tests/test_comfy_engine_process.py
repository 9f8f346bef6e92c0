"""The embedded engine's process: started, watched, restarted on the same address, never left behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from PIL import Image

from studio.comfy.engine_process import EngineProcess, free_port
from studio.comfy.events import Settled, Succeeded
from studio.comfy.pool import Pool, Server
from studio.errors import StudioError
from tests.fake_comfy import wait_until

# Behaves as the engine does towards its parent, and misbehaves on demand.
SCRIPT = """
    import os, pathlib, socket, sys, threading, time
    port, mode, marks = int(sys.argv[1]), sys.argv[2], pathlib.Path(sys.argv[3])
    with marks.open("a") as file:
        file.write(f"{os.getpid()}\\n")
    turns = len(marks.read_text().split())
    if mode == "broken" or (mode == "broken twice" and turns < 3):
        sys.exit("no room for an engine")
    if mode == "mute" and turns < 2:
        time.sleep(60)
    listening = socket.create_server(("127.0.0.1", port))
    if mode == "talkative":
        for number in range(20000):
            print("a line of the log, number", number, file=sys.stderr)
    print(f"listening on http://127.0.0.1:{port}", flush=True)
    if mode == "deaf":
        time.sleep(60)
    sys.stdin.read()
"""
Make = Callable[..., EngineProcess]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    script = tmp_path / "engine.py"
    script.write_text(textwrap.dedent(SCRIPT))
    made: list[EngineProcess] = []

    def start(mode: str, **options: Any) -> EngineProcess:
        port = free_port()
        command = [sys.executable, str(script), str(port), mode, str(tmp_path / "marks")]
        options = {"backoff_s": (0.01, 0.05), "log_path": tmp_path / "logs" / "engine.log"} | options
        engine = EngineProcess(tmp_path / "engine", port, command=command, **options)
        made.append(engine)
        engine.start()
        return engine

    yield start
    for engine in made:
        engine.stop()


def listens(engine: EngineProcess) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", engine.port)) == 0


def alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_it_starts_and_stops(make: Make) -> None:
    engine = make("good")
    assert engine.wait_ready(10) == engine.url == f"http://127.0.0.1:{engine.port}"
    assert engine.ready
    assert engine.why == ""
    assert listens(engine)
    pid = engine.pid
    assert pid is not None
    engine.stop()
    assert not alive(pid)
    assert engine.pid is None
    assert not engine.ready
    assert engine.why == "it was stopped"
    assert not listens(engine)


def test_it_comes_back_on_the_same_address(make: Make) -> None:
    engine = make("good")
    engine.wait_ready(10)
    for times in (2, 3):
        pid = engine.pid
        assert pid is not None
        os.kill(pid, signal.SIGTERM)
        assert wait_until(lambda: engine.starts == times and engine.ready, 10)  # noqa: B023  at once
        assert listens(engine)


def test_a_start_that_fails_is_tried_again_and_says_why(make: Make) -> None:
    engine = make("broken twice")
    engine.wait_ready(10)
    assert engine.starts == 3
    broken = make("broken")
    assert wait_until(lambda: "no room" in broken.why, 10)
    with pytest.raises(StudioError) as caught:
        broken.wait_ready(0.01)
    assert caught.value.code == "engine_unavailable"
    assert "it ended with code 1: no room for an engine" in caught.value.message


@pytest.mark.skipif(os.name == "nt", reason="signals have no numbers there")
def test_a_killed_process_is_called_killed(make: Make) -> None:
    engine = make("good", backoff_s=(30, 30))
    engine.wait_ready(10)
    pid = engine.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    assert wait_until(lambda: engine.why == "it was killed by signal 9", 10)


def test_one_that_never_says_that_it_is_ready_is_started_anew(make: Make) -> None:
    engine = make("mute", ready_s=0.5)
    engine.wait_ready(20)
    assert engine.starts == 2


def test_much_to_say_does_not_stop_it_and_the_log_is_bounded(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("studio.comfy.engine_process.MAX_LOG_BYTES", 100_000)
    engine = make("talkative")
    engine.wait_ready(30)
    logs = list((tmp_path / "logs").iterdir())
    assert {path.name for path in logs} == {"engine.log", "engine.old.log"}
    assert sum(path.stat().st_size for path in logs) < 250_000


def test_one_that_does_not_listen_to_its_stdin_is_ended_all_the_same(make: Make) -> None:
    engine = make("deaf")
    engine.wait_ready(10)
    pid = engine.pid
    assert pid is not None
    engine.stop(0.4)
    assert not alive(pid)


def test_a_command_that_is_not_there(tmp_path: Path) -> None:
    engine = EngineProcess(tmp_path / "engine", command=[str(tmp_path / "nothing")], backoff_s=(0.01, 0.02))
    engine.start()
    assert wait_until(lambda: "cannot be started" in engine.why)
    engine.stop()


def test_stop_before_start_and_twice(tmp_path: Path) -> None:
    engine = EngineProcess(tmp_path / "engine")
    engine.stop()
    engine.start()
    engine.stop()
    assert engine.starts == 0


def test_one_that_was_stopped_starts_anew_on_the_same_address(make: Make) -> None:
    came_up: list[str] = []
    said: list[str] = []
    engine = make("good", said=said.append, came_up=lambda: came_up.append("up"))
    engine.wait_ready(10)
    engine.stop()
    assert (engine.is_wanted, engine.ready, engine.why, engine.pid) == (False, False, "it was stopped", None)
    assert not listens(engine)
    engine.start_anew()
    engine.wait_ready(10)
    assert (engine.is_wanted, engine.starts, listens(engine)) == (True, 2, True)
    first = engine.pid
    engine.start_anew()  # as a restart
    engine.wait_ready(10)
    assert first is not None
    assert not alive(first)
    assert engine.starts == 3
    assert wait_until(lambda: len(came_up) == 3)
    assert said.count(f"listening on {engine.url}") == 3


def test_it_goes_when_its_parent_is_killed(tmp_path: Path) -> None:
    marks = tmp_path / "marks"
    parent = textwrap.dedent(
        """
        import pathlib, sys, time
        from studio.comfy.engine_process import EngineProcess
        engine = EngineProcess(pathlib.Path(sys.argv[1]))
        engine.start()
        engine.wait_ready(60)
        print(engine.pid, flush=True)
        time.sleep(60)
        """
    )
    process = subprocess.Popen(
        [sys.executable, "-c", parent, str(marks)], stdout=subprocess.PIPE, cwd=Path(__file__).parents[1]
    )
    assert process.stdout is not None
    pid = int(process.stdout.readline())
    assert alive(pid)
    process.kill()
    process.wait()
    process.stdout.close()
    assert wait_until(lambda: not alive(pid), 10)


# With the real engine.

GRAPH = {
    "1": {"class_type": "EmptyImage", "inputs": {"width": 64, "height": 64, "batch_size": 1, "color": 255}},
    "2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "x"}},
}


def test_the_real_engine_works_is_killed_and_works_again(tmp_path: Path) -> None:
    engine = EngineProcess(tmp_path / "engine", log_path=tmp_path / "engine.log", backoff_s=(0.05, 0.2))
    server = Server(
        engine.url, "embedded", explain=lambda: engine.why, online_poll_s=0.2, offline_poll_s=(0.05, 0.2)
    )
    pool = Pool([server])
    heard: list[Any] = []
    pool.subscribe(lambda server, event: heard.append(event))
    engine.start()
    pool.start()
    try:
        assert pool.wait_ready(60, "embedded"), (tmp_path / "engine.log").read_text()
        server.client.submit(GRAPH, "before")
        assert wait_until(lambda: Settled("before") in heard, 20)
        found = server.client.outcome("before")
        assert found is not None
        with server.client.view(found.outputs[0]) as download:
            assert b"".join(download).startswith(b"\x89PNG")

        pid, revision = engine.pid, server.revision
        assert pid is not None
        os.kill(pid, signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)
        assert wait_until(lambda: engine.starts == 2 and server.revision > revision and server.online, 60)
        assert server.client.whereabouts("before") == "unknown"
        server.client.submit(GRAPH, "after")
        assert wait_until(lambda: Succeeded("after") in heard, 20)
    finally:
        pool.stop()
        engine.stop()


def test_an_upload_to_the_real_engine_survives_only_as_long_as_the_file(tmp_path: Path) -> None:
    engine = EngineProcess(tmp_path / "engine", log_path=tmp_path / "engine.log")
    engine.start()
    server = Server(engine.url, "embedded")
    try:
        engine.wait_ready(60)
        picture = tmp_path / "picture.png"
        Image.new("RGB", (32, 32), "red").save(picture)
        name = server.client.upload(picture, content_hash="ab" * 32, suffix=".png")
        graph = {
            "1": {"class_type": "LoadImage", "inputs": {"image": name}},
            "2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "x"}},
        }
        server.client.submit(graph, "p")
        found = server.client.outcome("p", 20)
        assert found is not None
        assert found.state == "success"
        server.client.refresh()
        assert server.client.upload(picture, content_hash="ab" * 32, suffix=".png") == name
        (tmp_path / "engine" / "input" / name).unlink()
        server.client.refresh()
        assert server.client.upload(picture, content_hash="ab" * 32, suffix=".png") == name
        assert (tmp_path / "engine" / "input" / name).exists()
        graph["1"]["inputs"]["image"] = "nothing.png"
        with pytest.raises(StudioError) as caught:
            server.client.submit(graph, "q")
        assert caught.value.code == "graph_refused"
        assert "Upload the file again" in caught.value.hint
    finally:
        server.stop()
        engine.stop()
