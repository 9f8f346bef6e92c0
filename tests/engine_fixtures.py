"""A real engine process for tests, its HTTP and websocket clients, and the graphs that they send."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import websocket

ROOT = Path(__file__).parent.parent
CAPTURES = Path(__file__).parent / "captures"
Message = dict[str, Any] | bytes
ANSWER_S = 240  # of a machine that compiles its kernels while other tests draw


class RunningEngine:
    """An engine in a process of its own, and how to talk to it."""

    def __init__(self, process: subprocess.Popen[str], base: Path, url: str) -> None:
        self.process = process
        self.base = base
        self.url = url
        self.http = httpx.Client(base_url=url, timeout=ANSWER_S)

    def connect(self, client_id: str) -> websocket.WebSocket:
        """Open a websocket; the first status message is still to be read."""
        return websocket.create_connection(
            f"{self.url.replace('http', 'ws')}/ws?clientId={client_id}", timeout=ANSWER_S
        )

    def send(self, prompt: Any, **more: Any) -> httpx.Response:
        """Post a prompt."""
        return self.http.post("/prompt", json={"prompt": prompt, **more})

    def run(self, prompt: Any, client_id: str = "runner") -> tuple[str, list[Message], dict[str, Any]]:
        """Run a prompt to its end: its id, the messages on the way, its history entry."""
        socket = self.connect(client_id)
        try:
            read_one(socket)
            answer = self.send(prompt, client_id=client_id)
            assert answer.status_code == 200, answer.text
            prompt_id = answer.json()["prompt_id"]
            messages = read_until_end(socket, prompt_id)
        finally:
            socket.close()
        return prompt_id, messages, self.http.get(f"/history/{prompt_id}").json()[prompt_id]


def start_engine(
    base: Path, *more: str, stdin: int | None = None, module: tuple[str, ...] = ("studio.engine",)
) -> RunningEngine:
    """Start an engine on a free port and wait until it listens."""
    process = subprocess.Popen(
        [sys.executable, "-m", *module, "--port", "0", "--dir", str(base), *more],
        cwd=ROOT,
        stdin=stdin,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line.startswith("listening on http://127.0.0.1:"), line
    return RunningEngine(process, base, line.split()[-1])


def stop_engine(engine: RunningEngine) -> None:
    """End an engine that a test started."""
    engine.http.close()
    if engine.process.poll() is None:
        engine.process.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        engine.process.wait(20)
    if engine.process.poll() is None:
        engine.process.kill()
        engine.process.wait()
    assert engine.process.stdout is not None
    engine.process.stdout.close()


@pytest.fixture(name="engine", scope="module")
def running_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEngine]:
    """Give one engine to all tests of a module."""
    engine = start_engine(tmp_path_factory.mktemp("engine"))
    yield engine
    stop_engine(engine)


def read_one(socket: websocket.WebSocket) -> Message:
    """Read one message: JSON as a dict, binary as it is."""
    message = socket.recv()
    return json.loads(message) if isinstance(message, str) else message


def read_until_end(socket: websocket.WebSocket, prompt_id: str) -> list[Message]:
    """Read up to and including the message that nothing of this prompt runs any more."""
    messages: list[Message] = []
    while True:
        message = read_one(socket)
        messages.append(message)
        if isinstance(message, dict) and message["type"] == "executing":
            data = message["data"]
            if data["node"] is None and data["prompt_id"] == prompt_id:
                return messages


def figure_graph(
    text: str = "a warrior", *, seed: int = 1, steps: int = 2, size: int = 64, batch: int = 1
) -> dict[str, Any]:
    """Build the usual graph from words to a saved picture, with the node ids of the captures."""
    return {
        "3": {
            "class_type": "KSampler",
            "inputs": {
                "seed": seed,
                "steps": steps,
                "cfg": 7.0,
                "sampler_name": "euler",
                "scheduler": "normal",
                "denoise": 1.0,
                "model": ["4", 0],
                "positive": ["6", 0],
                "negative": ["7", 0],
                "latent_image": ["5", 0],
            },
        },
        "4": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "avatarforge-figure"}},
        "5": {
            "class_type": "EmptyLatentImage",
            "inputs": {"width": size, "height": size, "batch_size": batch},
        },
        "6": {"class_type": "CLIPTextEncode", "inputs": {"text": text, "clip": ["4", 1]}},
        "7": {"class_type": "CLIPTextEncode", "inputs": {"text": "blurry", "clip": ["4", 1]}},
        "8": {"class_type": "VAEDecode", "inputs": {"samples": ["3", 0], "vae": ["4", 2]}},
        "9": {"class_type": "SaveImage", "inputs": {"filename_prefix": "avatar", "images": ["8", 0]}},
    }


def plain_graph(color: int = 0, prefix: str = "plain", *, size: int = 64, batch: int = 1) -> dict[str, Any]:
    """Build the cheapest graph that saves a picture."""
    return {
        "1": {
            "class_type": "EmptyImage",
            "inputs": {"width": size, "height": size, "batch_size": batch, "color": color},
        },
        "2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": prefix}},
    }
