"""The whole app behind a real socket in this very process: what it costs to import is paid once."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast
from unittest import mock

import pytest
import uvicorn

import app as entry
from studio.assembly import open_studio
from studio.settings import Settings
from tests.conftest import RunningApp, shared_engine

Serve = Callable[..., RunningApp]
ENDING_S = 60.0


class _Here:
    """What a test may ask of the process of an app, for one that has none of its own."""

    def __init__(self, server: uvicorn.Server, run: Callable[[], None]) -> None:
        self.pid = os.getpid()
        self._server = server
        self._thread = threading.Thread(target=run, name="served", daemon=True)
        self._thread.start()

    def poll(self) -> int | None:
        """None as long as it answers."""
        return None if self._thread.is_alive() else 0

    def kill(self) -> None:
        """End it as a signal would: nothing here can end it as a power cut does."""
        self._server.should_exit = True

    def send_signal(self, number: int) -> None:
        """Any signal that may be sent is one to end."""
        assert number == signal.SIGINT
        self.kill()

    def wait(self, timeout_s: float = ENDING_S) -> int:
        """Wait until it has ended."""
        self._thread.join(max(timeout_s, ENDING_S))
        assert not self._thread.is_alive(), "the app did not end"
        return 0


def serve(folder: Path, *, port: int = 0, **environment: str) -> RunningApp:
    """An app without the interface, with its storage in a folder and settings by their environment names.

    For tests of what it answers. What is about a process, its log or its end starts one.
    """
    folder.mkdir(parents=True, exist_ok=True)
    known = {name.upper() for name in Settings.model_fields}
    kept = {name: value for name, value in os.environ.items() if name.upper() not in known}
    ours = {
        "STORAGE_PATH": str(folder / "storage"),
        "DATABASE_URL": f"sqlite:///{(folder / 'avatarforge.db').as_posix()}",
        "RATE_LIMIT_ENABLED": "false",
    }
    if "STUDIO_ENGINE_URL" not in environment:
        ours["STUDIO_ENGINE_URL"] = shared_engine().url
    with mock.patch.dict(os.environ, {**kept, **ours, **environment}, clear=True):
        settings = Settings(_env_file=None)  # pyright: ignore[reportCallIssue]
        studio = open_studio(settings)
    application = entry.create_app(settings, ui=False, opened=studio)
    listening = entry.listen("127.0.0.1", port)
    address = f"http://127.0.0.1:{listening.getsockname()[1]}"
    server = entry.make_server(application, settings)
    here = _Here(server, lambda: server.run(sockets=[listening]))
    deadline = time.monotonic() + ENDING_S
    while not server.started:
        assert time.monotonic() < deadline, "the app did not start"
        time.sleep(0.005)
    return RunningApp(address, folder, cast(Any, here))


@contextmanager
def served(folder: Path, **environment: str) -> Iterator[RunningApp]:
    """One that ends with the block."""
    running = serve(folder, port=0, **environment)
    try:
        yield running
    finally:
        running.client.close()
        running.kill()


@pytest.fixture(name="serve")
def serve_apps(tmp_path: Path) -> Iterator[Serve]:
    """Apps that end with the test."""
    started: list[RunningApp] = []

    def start(folder: Path | None = None, *, port: int = 0, **environment: str) -> RunningApp:
        started.append(serve(folder or tmp_path / f"app{len(started)}", port=port, **environment))
        return started[-1]

    yield start
    for app in started:
        app.client.close()
        app.kill()
