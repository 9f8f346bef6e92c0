"""Runs an engine as a process of its own: started, watched, restarted, and never left behind."""

from __future__ import annotations

import logging
import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from studio.errors import StudioError

log = logging.getLogger(__name__)

ROOT = Path(__file__).resolve().parents[2]
READY_LINE = re.compile(r"listening on (http://\S+)")
READY_S = 30.0  # a process that says nothing for so long is started anew
STEADY_S = 60.0  # a process that lived so long may be restarted without a pause
BACKOFF_S = (0.2, 10.0)
MAX_LOG_BYTES = 5 * 1024 * 1024
MAX_LINE = 10_000
HOST = "127.0.0.1"
STARTING = "it is still starting"


def _nothing(*_: object) -> None:
    """For those who need not be told."""


class EngineProcess:
    """An engine on one loopback port, the embedded one by itself; its URL stays when it is restarted."""

    def __init__(
        self,
        directory: Path,
        port: int = 0,
        log_path: Path | None = None,
        *,
        command: Sequence[str] | None = None,
        options: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
        ready_s: float = READY_S,
        backoff_s: tuple[float, float] = BACKOFF_S,
        name: str = "the engine",
        said: Callable[[str], None] = _nothing,
        came_up: Callable[[], None] = _nothing,
    ) -> None:
        self.name = name
        self.directory = directory.resolve()
        self.port = port or free_port()
        self.url = f"http://{HOST}:{self.port}"
        self.starts = 0
        """How many times the process was started."""
        self._log_path = log_path
        self._command = list(command) if command else [*self._own_command(), *options]
        self._environment = dict(environment or {})
        self._ready_s = ready_s
        self._backoff_s = backoff_s
        self._said = said
        self._came_up = came_up
        self._why = STARTING
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._ready = threading.Event()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def ready(self) -> bool:
        """Whether the engine has said that it listens, and still lives."""
        return self._ready.is_set()

    @property
    def why(self) -> str:
        """Why the engine is not ready."""
        return "" if self.ready else self._why

    @property
    def pid(self) -> int | None:
        """The process that runs now."""
        process = self._process
        return process.pid if process is not None and process.poll() is None else None

    @property
    def is_wanted(self) -> bool:
        """Whether it runs or is to run, and was not stopped."""
        return self._thread is not None and not self._stopping.is_set()

    def start(self) -> None:
        """Start the process and the watch over it; returns at once. Once stopped, it stays so."""
        if self._thread is None:
            self.directory.mkdir(parents=True, exist_ok=True)
            self._thread = threading.Thread(
                target=self._watch, args=(self._stopping,), name="engine-watch", daemon=True
            )
            self._thread.start()

    def start_anew(self, timeout_s: float = 2.0) -> None:
        """Start it after all, or once more: whatever runs is ended first."""
        self.stop(timeout_s)
        with self._lock:
            # The old one stays set, so that a watch that ends late starts nothing.
            self._stopping = threading.Event()
            self._thread = None
            self._why = STARTING
        self.start()

    def wait_ready(self, timeout_s: float = READY_S) -> str:
        """Wait until the engine listens; gives its URL, or raises `engine_unavailable` with the reason."""
        if not self._ready.wait(timeout_s):
            raise StudioError("engine_unavailable", why=self._why, url=self.url)
        return self.url

    def stop(self, timeout_s: float = 2.0) -> None:
        """End the process: first by closing its stdin, then by force."""
        with self._lock:  # so that no process is started after this
            self._stopping.set()
            process = self._process
        if process is not None:
            _end(process, timeout_s)
        if self._thread and self._thread is not threading.current_thread():
            self._thread.join(timeout_s)
        self._ready.clear()
        self._why = "it was stopped"

    def _own_command(self) -> list[str]:
        where = ["--host", HOST, "--port", str(self.port), "--dir", str(self.directory)]
        return [sys.executable, "-m", "studio.engine", *where, "--exit-with-stdin"]

    def _watch(self, stopping: threading.Event) -> None:
        failures = 0
        while not stopping.is_set():
            began = time.monotonic()
            try:
                self._live_once(stopping)
            except OSError as error:
                self._why = f"it cannot be started: {error}"
                log.error("%s cannot be started: %s", self.name, error)
            if stopping.is_set():
                return
            self._ready.clear()
            failures = 0 if time.monotonic() - began > STEADY_S else failures + 1
            low, high = self._backoff_s
            pause_s = min(high, low * 2 ** min(max(failures - 1, 0), 16))
            log.warning("%s is down: %s; again in %.1f s", self.name, self._why, pause_s)
            stopping.wait(pause_s)

    def _live_once(self, stopping: threading.Event) -> None:
        with self._lock:
            if stopping.is_set():
                return
            process = self._process = self._spawn()
        self.starts += 1
        tail: deque[str] = deque(maxlen=20)
        reader = threading.Thread(target=self._read, args=(process, tail), name="engine-output", daemon=True)
        reader.start()
        try:
            if not self._wait_until_ready(process, stopping):
                _end(process, 1.0)
            code = process.wait()
        finally:
            _end(process, 1.0)
        reader.join(1.0)
        last = next((line.strip() for line in reversed(tail) if line.strip()), "")
        if code < 0:
            self._why = f"it was killed by signal {-code}"
        elif last and not READY_LINE.search(last):
            self._why = f"it ended with code {code}: {last[:300]}"
        else:
            self._why = f"it ended with code {code}"

    def _wait_until_ready(self, process: subprocess.Popen[bytes], stopping: threading.Event) -> bool:
        deadline = time.monotonic() + self._ready_s
        while time.monotonic() < deadline:
            if self._ready.wait(0.1) or process.poll() is not None or stopping.is_set():
                return True
        log.error("%s did not come up within %g s", self.name, self._ready_s)
        return False

    def _spawn(self) -> subprocess.Popen[bytes]:
        environment = dict(os.environ)
        others = environment.get("PYTHONPATH")
        environment["PYTHONPATH"] = os.pathsep.join([str(ROOT), others] if others else [str(ROOT)])
        environment["PYTHONUNBUFFERED"] = "1"
        environment["PYTHONUTF8"] = "1"
        environment |= self._environment
        # A Ctrl-C in the terminal is for us: the engine goes after we have handed back what runs.
        new_group = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
        no_window = getattr(subprocess, "CREATE_NO_WINDOW", 0)
        return subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,  # held open: the engine ends with us, however we end
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=ROOT,
            env=environment,
            creationflags=new_group | no_window,
            start_new_session=os.name != "nt",
        )

    def _read(self, process: subprocess.Popen[bytes], tail: deque[str]) -> None:
        """Read what the engine says, for as long as it lives: a full pipe would stop it."""
        assert process.stdout is not None
        while line := process.stdout.readline(MAX_LINE):
            text = line.decode(errors="replace")
            tail.append(text)
            self._keep(text)
            self._said(text.rstrip())
            if (found := READY_LINE.search(text)) and process is self._process:
                if found[1].rstrip("/") != self.url:
                    log.warning("%s listens on %s instead of %s", self.name, found[1], self.url)
                self._ready.set()
                self._came_up()

    def _keep(self, text: str) -> None:
        if self._log_path is None:
            log.debug("%s: %s", self.name, text.rstrip())
            return
        try:
            self._log_path.parent.mkdir(parents=True, exist_ok=True)
            if self._log_path.exists() and self._log_path.stat().st_size > MAX_LOG_BYTES:
                self._log_path.replace(self._log_path.with_suffix(".old.log"))
            with self._log_path.open("a", encoding="utf-8") as file:
                file.write(text)
        except OSError as error:
            log.debug("%s: %s (its log cannot be written: %s)", self.name, text.rstrip(), error)


def free_port() -> int:
    """A loopback port that is free now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


def _end(process: subprocess.Popen[bytes], timeout_s: float) -> None:
    if process.stdin is not None and not process.stdin.closed:
        try:
            process.stdin.close()
        except OSError as error:
            log.debug("the engine's stdin was gone already: %s", error)
    for force in (process.terminate, process.kill):
        try:
            process.wait(timeout_s / 2)
            return
        except subprocess.TimeoutExpired:
            force()
    process.wait()
