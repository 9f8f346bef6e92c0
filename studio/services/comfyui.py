"""A ComfyUI of our own: started in its folder with its own Python, watched, in the pool while it is there."""

from __future__ import annotations

import logging
import shlex
import socket
import sys
from pathlib import Path

from studio import guard
from studio.comfy.engine_process import HOST, EngineProcess, free_port
from studio.comfy.pool import Pool, Server
from studio.errors import StudioError
from studio.logbook import Logbook
from studio.records import Database, memory
from studio.services.looks import Service, of_process
from studio.settings import Settings

log = logging.getLogger(__name__)

NAME = "comfyui"
PORT, STOPPED, INSTALLED = "comfyui_port", "comfyui_stopped", "comfyui_installed"
USUAL_PORT = 8188
READY_S = 600.0  # the first start with many node packs
STOP_S = 12.0
LINES = 40
# Where Python lies in a folder of ComfyUI, by how it was installed.
PYTHONS = (
    ".venv/bin/python",
    "venv/bin/python",
    ".venv/Scripts/python.exe",
    "venv/Scripts/python.exe",
    "../python_embeded/python.exe",
)


class OwnComfyUI:
    """The process and its place in the pool; whoever calls sees to it that one does so at a time."""

    def __init__(self, database: Database, settings: Settings, pool: Pool, logbook: Logbook) -> None:
        self._database = database
        self._settings = settings
        self._pool = pool
        self._logbook = logbook
        self.process: EngineProcess | None = None

    @property
    def path(self) -> Path | None:
        """Its folder: the one that is set, or where it was installed from here while that is allowed."""
        if self._settings.comfyui_path is not None or not self._settings.allow_install:
            return self._settings.comfyui_path
        installed = memory.recall(self._database, INSTALLED)
        return Path(installed["path"]) if installed else None

    @property
    def was_stopped(self) -> bool:
        """Whether somebody has stopped it, also before the last start of the studio."""
        return bool(memory.recall(self._database, STOPPED, False))

    def start(self) -> None:
        """Start it, unless it runs."""
        memory.remember(self._database, STOPPED, False)
        if self.process is not None and self.process.is_wanted:
            return
        path = self.path
        if path is None or not (path / "main.py").is_file():
            raise StudioError("comfyui_path_wrong", path=path)
        folder = (self._settings.storage_path / "services").resolve()
        note = folder / "comfyui.json"
        guard.end_left_over(note)  # before its port is looked at
        port = self._port()
        url = f"http://{HOST}:{port}"
        guarded = [sys.executable, "-m", "studio.guard", "--url", url, "--path", "/system_stats"]
        guarded += ["--note", str(note), "--folder", str(path.resolve()), "--", str(self._python(path)), "-u"]
        guarded += ["main.py", "--listen", HOST, "--port", str(port), *self._extra()]
        process = EngineProcess(
            folder,
            port,
            folder / "comfyui.log",
            command=guarded,
            ready_s=READY_S,
            name="ComfyUI",
            said=self._logbook.hear(NAME),
            came_up=lambda: self._join_pool(process),
        )
        self.process = process
        process.start()

    def stop(self, *, remember: bool = True) -> None:
        """End it with all that it has started; the next start of the studio shall not undo that."""
        if remember:
            memory.remember(self._database, STOPPED, True)
        if self.process is None:
            return
        server = self._pool.by_url(self.process.url)
        if server is not None:
            self._pool.remove(server)
        self.process.stop(STOP_S)

    def close(self) -> None:
        """End it with the studio."""
        if self.process is not None:
            self.process.stop(STOP_S)

    def look(self, path: Path) -> Service:
        """How it is."""
        if not (path / "main.py").is_file():
            error = StudioError("comfyui_path_wrong", path=path)
            steps = {"start": error.hint}
            return Service(
                *(NAME, "error", error.message), managed=True, error=error.message, instructions=steps
            )
        if self.process is None:
            steps = {"start": f"POST /api/services/{NAME}/start"}
            return Service(
                *(NAME, "stopped", f"ComfyUI in {path} is stopped."), managed=True, instructions=steps
            )
        return of_process(NAME, self.process, f"ComfyUI in {path}.", self._logbook.tail(NAME, LINES))

    def _python(self, path: Path) -> Path:
        installed = memory.recall(self._database, INSTALLED) or {}
        known = Path(installed.get("python", "")) if installed.get("path") == str(path) else Path()
        own = python_of(path)
        return known if own == Path(sys.executable) and known.is_file() else own

    def _extra(self) -> list[str]:
        """What else it is told: by a setting, and to go without a GPU where it was installed so."""
        given = shlex.split(self._settings.studio_comfyui_args)
        installed = memory.recall(self._database, INSTALLED) or {}
        is_that_one = str(self.path) == installed.get("path")
        needs_cpu = is_that_one and installed.get("device") == "cpu" and "--cpu" not in given
        return [*given, *(["--cpu"] if needs_cpu else [])]

    def _port(self) -> int:
        """The port of the last time, so that what is known of this server stays known; else a free one."""
        known = memory.recall(self._database, PORT)
        port = next((one for one in (known, USUAL_PORT) if one and _is_free(one)), None) or free_port()
        memory.remember(self._database, PORT, port)
        return port

    def _join_pool(self, process: EngineProcess) -> None:
        if process is self.process and process.is_wanted and self._pool.by_url(process.url) is None:
            self._pool.add(Server(process.url, "comfy", explain=lambda: process.why))


def python_of(path: Path) -> Path:
    """The Python that a ComfyUI was installed with; ours where it has none of its own."""
    for below in PYTHONS:
        # Not resolved: behind the link would be a Python that knows nothing of its environment.
        if (path / below).is_file():
            return (path / below).absolute()
    return Path(sys.executable)


def _is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        if sys.platform != "win32":  # there it would let two servers share a port
            # What closed connections leave behind for a minute is in nobody's way.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True
