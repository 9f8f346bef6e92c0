"""The engine as a process: it starts, ends with its parent or a signal, and outlives hostile requests."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.engine_fixtures import (
    ROOT,
    RunningEngine,
    figure_graph,
    plain_graph,
    read_one,
    running_engine,  # noqa: F401
    start_engine,
    stop_engine,
)


def test_ends_with_its_stdin(tmp_path: Path) -> None:
    engine = start_engine(tmp_path, "--exit-with-stdin", stdin=subprocess.PIPE)
    try:
        assert engine.http.get("/prompt").status_code == 200
        assert engine.process.stdin is not None
        engine.process.stdin.close()
        assert engine.process.wait(60) == 0
    finally:
        stop_engine(engine)


def test_ends_in_mid_prompt_with_a_socket_open(tmp_path: Path) -> None:
    engine = start_engine(tmp_path, "--exit-with-stdin", stdin=subprocess.PIPE)
    follower = engine.connect("follower")
    try:
        read_one(follower)
        engine.send(figure_graph(size=256, batch=400), client_id="follower")
        while read_one(follower) is None or not engine.http.get("/queue").json()["queue_running"]:
            pass
        assert engine.process.stdin is not None
        engine.process.stdin.close()
        assert engine.process.wait(60) == 0
    finally:
        follower.close()
        stop_engine(engine)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals between processes")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ends_cleanly_when_asked(tmp_path: Path, number: signal.Signals) -> None:
    engine = start_engine(tmp_path)
    try:
        engine.process.send_signal(number)
        assert engine.process.wait(60) == 0
    finally:
        stop_engine(engine)


def test_does_not_end_with_a_closed_stdin_unless_told_to(tmp_path: Path) -> None:
    engine = start_engine(tmp_path, stdin=subprocess.DEVNULL)
    try:
        assert engine.run(plain_graph())[2]["status"]["completed"]
        assert engine.process.poll() is None
    finally:
        stop_engine(engine)


def test_taken_port_is_told(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = subprocess.run(
            [sys.executable, "-m", "studio.engine", "--port", str(port), "--dir", str(tmp_path)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 2
    assert f"Cannot listen on 127.0.0.1:{port}" in done.stderr
    assert "--port" in done.stderr


def test_needs_neither_the_studio_nor_the_drawing_to_listen() -> None:
    listing = "import sys; import studio.engine.server; print('\\n'.join(sys.modules))"
    loaded = subprocess.run(
        [sys.executable, "-c", listing], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    ours = {name for name in loaded if name.startswith("studio.")}
    assert all(name.startswith("studio.engine") for name in ours)
    assert "studio.engine.figure" in ours
    # The names of poses and styles are listed; what draws them is loaded by the first picture.
    heavy = {"studio.engine.figure.drawing", "studio.engine.figure.compiled", "numba", "scipy"}
    assert not (heavy | {"gradio", "fastapi", "pydantic"}) & set(loaded)


DEEP = b"[" * 100_000 + b"]" * 100_000
NESTED = b'{"prompt": ' + b'{"a":' * 900 + b"1" + b"}" * 901


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 500),
        (b"\xff\xfe\x00", 500),
        (b"null", 400),
        (b"[]", 400),
        (b"5", 400),
        (DEEP, 500),
        (NESTED, 500),
        (b'{"prompt": {"1": {"class_type": "EmptyImage", "inputs": {"width": NaN}}}}', 500),
        (b'{"prompt": {"1": {"class_type": "EmptyImage", "inputs": {"width": 1e999}}}}', 500),
        (b'{"number": "x", "prompt": {}}', 400),
        (b'{"number": ' + b"9" * 5000 + b', "prompt": {}}', 500),
        (b'{"number": 1e308, "prompt": {}}', 400),
        (b'{"prompt": {}, "extra_data": 5}', 400),
        (b'{"prompt": "\\u0000"}', 400),
        (b'{"prompt": {"\\u0000": {"class_type": "\\u0000"}}}', 400),
    ],
)
def test_hostile_bodies(engine: RunningEngine, body: bytes, status: int) -> None:
    assert engine.http.post("/prompt", content=body).status_code == status
    assert engine.process.poll() is None


@pytest.mark.parametrize("path", ["/queue", "/history", "/free", "/interrupt"])
@pytest.mark.parametrize(
    "body", [b"", b"x", b"[]", b'{"delete": 5}', b'{"delete": [[], {}, null, 5]}', b'{"clear": {}}', DEEP]
)
def test_hostile_commands(engine: RunningEngine, path: str, body: bytes) -> None:
    assert engine.http.post(path, content=body).status_code in (200, 500)
    assert engine.http.get("/prompt").status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/history?max_items=x",
        "/history?max_items=99999999999999999999999",
        "/history?offset=-99999999999999999999",
        "/history/%00",
        "/object_info/%2e%2e%2f",
        "/models/..%2f..",
        "/view?filename=%00",
        "/nothing",
    ],
)
def test_hostile_addresses(engine: RunningEngine, path: str) -> None:
    assert engine.http.get(path).status_code in (200, 400, 404, 500)
    assert engine.http.get("/prompt").status_code == 200


def hostile_graphs() -> list[dict[str, Any]]:
    huge = {"width": 16384, "height": 16384, "batch_size": 4096}
    return [
        plain_graph(prefix="a" * 100_000),
        plain_graph(prefix="\x00"),
        plain_graph(prefix=""),
        plain_graph(prefix="."),
        plain_graph(prefix=".."),
        plain_graph(prefix="%date:" * 1000),
        {"1": {"class_type": "EmptyImage", "inputs": {**huge, "color": 0}}, "2": plain_graph()["2"]},
        figure_graph() | {"5": {"class_type": "EmptyLatentImage", "inputs": huge}},
        figure_graph("\x00" * 1000 + "((((" * 1000),
        figure_graph("", size=16),
    ]


@pytest.mark.parametrize("number", range(len(hostile_graphs())))
def test_hostile_graphs_end_and_leave_the_engine_well(engine: RunningEngine, number: int) -> None:
    _, _, entry = engine.run(hostile_graphs()[number], f"hostile-{number}")
    assert entry["status"]["status_str"] in ("success", "error")
    assert engine.run(plain_graph(number))[2]["status"]["completed"]
    outside = [
        path for path in engine.base.iterdir() if path.name not in ("input", "output", "temp", "models")
    ]
    assert outside == []


def test_too_many_nodes_are_refused_and_many_are_run(engine: RunningEngine) -> None:
    def chain(length: int) -> dict[str, Any]:
        graph = {"0": plain_graph(size=1)["1"]}
        for index in range(1, length):
            graph[str(index)] = {"class_type": "ImageInvert", "inputs": {"image": [str(index - 1), 0]}}
        save = {"class_type": "SaveImage", "inputs": {"images": [str(length - 1), 0], "filename_prefix": "c"}}
        return graph | {"save": save}

    refused = engine.send(chain(5000))
    assert refused.status_code == 400
    assert "up to 4096" in refused.json()["error"]["message"]
    assert engine.run(chain(600))[2]["status"]["completed"]


def test_too_large_body_is_refused(engine: RunningEngine) -> None:
    body = b'{"prompt": "' + b"x" * (33 * 1024 * 1024) + b'"}'
    assert engine.http.post("/prompt", content=body).status_code == 413


def test_nonsense_on_the_websocket(engine: RunningEngine) -> None:
    follower = engine.connect("odd")
    read_one(follower)
    for text in ("not json", "[]", "5", '{"type": 5}', "[" * 100_000):
        follower.send(text)
    follower.send_binary(b"\x00\x01")
    follower.send(json.dumps({"type": "feature_flags", "data": []}))
    prompt_id = engine.send(plain_graph(900), client_id="odd").json()["prompt_id"]
    message = read_one(follower)
    while not isinstance(message, dict) or message["type"] != "execution_success":
        message = read_one(follower)
    assert message["data"]["prompt_id"] == prompt_id
    follower.close()


def test_a_client_that_never_reads_holds_nobody_up(engine: RunningEngine) -> None:
    deaf = engine.connect("deaf")
    prompt_id = engine.send(figure_graph(seed=77, steps=40, batch=6), client_id="deaf").json()["prompt_id"]
    engine.run(plain_graph(901))  # waits behind the deaf client's prompt
    assert engine.http.get(f"/history/{prompt_id}").json()[prompt_id]["status"]["completed"]
    deaf.close()


def test_http_answers_while_the_worker_is_busy(engine: RunningEngine) -> None:
    slow = engine.send(figure_graph(seed=5, size=256, batch=400)).json()["prompt_id"]
    for _ in range(20):
        assert engine.http.get("/prompt").json()["exec_info"]["queue_remaining"] == 1
    assert engine.http.get(f"/history/{slow}").json() == {}
    engine.http.post("/interrupt", json={"prompt_id": slow})


def test_many_clients_at_once(engine: RunningEngine) -> None:
    def work(number: int) -> None:
        with httpx.Client(base_url=engine.url, timeout=60) as http:
            for color in range(10):
                answer = http.post(
                    "/prompt", json={"prompt": plain_graph(number * 100 + color, f"many{number}")}
                )
                ids.append(answer.json()["prompt_id"])

    ids: list[str] = []
    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    engine.run(plain_graph(999))
    history = engine.http.get("/history").json()
    assert len(ids) == 40
    assert all(history[prompt_id]["status"]["completed"] for prompt_id in ids)
    files = [name for name in os.listdir(engine.base / "output") if name.startswith("many")]  # noqa: PTH208
    assert len(files) == 40
