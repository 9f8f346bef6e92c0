"""The real app as a process of its own, over a real socket, with a storage that the test throws away."""

from __future__ import annotations

import atexit
import gc
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest

from studio.engine.warming import HOLD_BACK
from tests.engine_fixtures import RunningEngine, start_engine, stop_engine

ROOT = Path(__file__).resolve().parent.parent
START_S = 120.0
REQUEST_S = 120.0  # of a machine on which other tests draw
OWN = ""  # as STUDIO_ENGINE_URL: the app starts an engine of its own


# Files whose few tests take long: begun first, so that the last minutes of a run are shared by all. Those
# with a browser stand between the others, as three browsers at once are too much for two cores.
LONG = (
    "test_notebooks", "test_browser_first", "test_crashes", "test_space", "test_ui_tabs", "test_app_start",
    "test_edge_document", "test_ui_avatar", "test_influencer_voices", "test_client_rest",
    "test_browser_talking", "test_client_sharing", "test_engine_warming", "test_browser_characters",
    "test_soak", "test_pool_drill",
    "test_browser", "test_influencer_story", "test_cli", "test_browser_sheet", "test_behind_proxy",
)  # fmt: skip


def pytest_collection(session: pytest.Session) -> None:
    """What is collected stays to the end; to look it through for garbage takes a fifth of that time."""
    gc.disable()


def pytest_collection_finish(session: pytest.Session) -> None:
    """From here on garbage is collected, as ever."""
    gc.freeze()
    gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files first; the others and the tests in each stay as they are."""
    order = {name: number for number, name in enumerate(LONG)}
    items.sort(key=lambda item: order.get(item.path.stem, len(LONG)))


def pytest_configure(config: pytest.Config) -> None:
    """Who runs this in the background may have interrupts ignored, by all that is started from here too."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    # Most engines of tests end before anybody has drawn on them.
    os.environ.setdefault(HOLD_BACK, "60")


@dataclass
class RunningApp:
    """A started app: where it is, what it has printed, and how to end it."""

    url: str
    folder: Path
    process: subprocess.Popen[str]
    lines: list[str] = field(default_factory=list)
    client: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        self.client = httpx.Client(base_url=self.url, timeout=REQUEST_S, trust_env=False)

    @property
    def storage(self) -> Path:
        """Its STORAGE_PATH."""
        return self.folder / "storage"

    def generate(self, path: str = "generate/avatar", **body: Any) -> dict[str, Any]:
        """Create a generation and give the answer."""
        answer = self.client.post(f"/avatarforge-controller/{path}", json={"prompt": "a knight", **body})
        assert answer.status_code == 200, answer.text
        return answer.json()

    def wait(self, generation_id: str, timeout_s: float = 120.0) -> dict[str, Any]:
        """Poll a generation until it is completed or failed."""
        deadline = time.monotonic() + timeout_s
        while True:
            found = self.client.get(f"/avatarforge-controller/generations/{generation_id}")
            assert found.status_code == 200, found.text
            if found.json()["status"] in {"completed", "failed"}:
                return found.json()
            assert time.monotonic() < deadline, f"still {found.json()}\n{''.join(self.lines[-40:])}"
            time.sleep(0.05)

    def wait_healthy(self, timeout_s: float = START_S) -> None:
        """Wait until pictures can be made."""
        deadline = time.monotonic() + timeout_s
        while True:
            health = self.client.get("/avatarforge-controller/health").json()
            if health["comfyui"]["status"] == "healthy":
                return
            assert time.monotonic() < deadline, f"{health}\n{''.join(self.lines[-40:])}"
            time.sleep(0.05)

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.kill()
        self.process.wait(20)

    def interrupt(self) -> int:
        """End it as Ctrl-C would, and give its exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(30)


StartApp = Callable[..., RunningApp]


@cache
def shared_engine() -> RunningEngine:
    """One engine for all apps of this process, as each engine takes seconds to get ready."""
    folder = tempfile.TemporaryDirectory(prefix="engine-", ignore_cleanup_errors=True)
    engine = start_engine(Path(folder.name), "--exit-with-stdin", stdin=subprocess.PIPE)

    def end() -> None:
        stop_engine(engine)
        folder.cleanup()

    atexit.register(end)
    return engine


@pytest.fixture(scope="session")
def engine() -> RunningEngine:
    """The engine of this process, for tests that leave it as it was: it has loaded its kernels once."""
    return shared_engine()


def start_app_process(folder: Path, *arguments: str, **environment: str) -> RunningApp:
    """Start `python app.py` in a folder of its own and wait until it answers.

    It draws on the engine that the apps of this process share, unless it gets STUDIO_ENGINE_URL=OWN.
    """
    folder.mkdir(parents=True, exist_ok=True)
    ours = {"STORAGE_PATH": "./storage", "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    if "STUDIO_ENGINE_URL" not in environment:
        ours["STUDIO_ENGINE_URL"] = shared_engine().url
    ours["RATE_LIMIT_ENABLED"] = "false"  # tests ask more often than people; those of the limits turn it on
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("STUDIO_", "GRADIO_"))}
    for name in ("COMFYUI_URL", "DATABASE_URL", "LOG_LEVEL", "LOG_FILE", "LOG_FORMAT", "API_KEY"):
        kept.pop(name, None)
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "app.py"), "--port", "0", *arguments],
        cwd=folder,
        env={**kept, **ours, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    app = RunningApp("", folder, process)
    found = threading.Event()

    def read() -> None:
        assert process.stdout is not None
        for line in process.stdout:
            app.lines.append(line)
            if match := re.search(r"AvatarForge Studio +(http://\S+)", line):
                app.url = match[1].replace("localhost", "127.0.0.1")
                found.set()
        found.set()

    threading.Thread(target=read, daemon=True).start()
    assert found.wait(START_S), "the app said nothing"
    assert app.url, "".join(app.lines)
    app.client = httpx.Client(base_url=app.url, timeout=REQUEST_S, trust_env=False)
    deadline = time.monotonic() + START_S
    while True:
        try:
            app.client.get("/avatarforge-controller/poses")
            return app
        except httpx.TransportError:
            assert process.poll() is None, "".join(app.lines)
            assert time.monotonic() < deadline, "".join(app.lines)
            time.sleep(0.02)


@pytest.fixture
def start_app(tmp_path: Path) -> Iterator[StartApp]:
    """Start apps that end with the test."""
    started: list[RunningApp] = []

    def start(*arguments: str, folder: Path | None = None, **environment: str) -> RunningApp:
        app = start_app_process(folder or tmp_path / f"app{len(started)}", *arguments, **environment)
        started.append(app)
        return app

    yield start
    for app in started:
        if app.process.poll() is None:
            app.kill()


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    """One app without the interface that many tests share; it draws on its embedded engine."""
    running = start_app_process(tmp_path_factory.mktemp("shared-app"), "--no-ui")
    running.wait_healthy()
    yield running
    running.kill()


@pytest.fixture(scope="session")
def studio_with_interface(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    """One app with its interface for all files of this process that need no settings of their own."""
    running = start_app_process(tmp_path_factory.mktemp("shared-studio"))
    running.wait_healthy()
    # The first picture may wait for kernels.
    running.wait(running.generate(width=128, height=192)["generation_id"], 240)
    yield running
    running.kill()
