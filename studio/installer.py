"""Installing over REST, where the owner allows it: ComfyUI by comfy-cli, and the models that workflows name.

Nothing else can be installed, and nothing that a client names is run: what it asks for is chosen from lists.
"""

from __future__ import annotations

import logging
import os
import platform
import re
import shutil
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from studio import guard
from studio.errors import StudioError
from studio.models import Models
from studio.records import Database, memory
from studio.services import Services
from studio.services.comfyui import INSTALLED, python_of
from studio.settings import Settings

log = logging.getLogger(__name__)

KEY = "installation"
COMPONENTS = ("comfyui", "models")
DEVICES = ("auto", "nvidia", "amd", "m-series", "cpu")
CLI = "comfy-cli>=1.4,<2"
LAST_LINES = 12
TOLD_EVERY_S = 0.5
# What the tools print as they go on, and how far that is.
_MILESTONES = (
    (r"[Cc]loning|Receiving objects", 30),
    (r"Resolving deltas|HEAD is now at", 40),
    (r"Collecting|Resolved \d+ packages", 50),
    (r"Downloading", 60),
    (r"Installing collected packages|Prepared \d+ packages", 80),
    (r"Successfully installed|Installed \d+ packages", 90),
)

State = Literal["idle", "running", "succeeded", "failed"]


@dataclass(frozen=True)
class Installation:
    """What is being installed, or was last."""

    state: State = "idle"
    component: str | None = None
    step: str | None = None
    message: str | None = None
    progress: int = 0
    started_at: float | None = None
    finished_at: float | None = None
    lines: tuple[str, ...] = ()


class Installer:
    """The verbs over installing: one at a time, in a thread of its own."""

    def __init__(self, database: Database, settings: Settings, services: Services, models: Models) -> None:
        self._database = database
        self._settings = settings
        self._services = services
        self._models = models
        self._changing = threading.Lock()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._process: subprocess.Popen[str] | None = None
        self._lines: deque[str] = deque(maxlen=LAST_LINES)
        self._now = self._recalled()

    @property
    def folder(self) -> Path:
        """Where the installer has its tools and its log."""
        return (self._settings.storage_path / "installer").resolve()

    @property
    def log_path(self) -> Path:
        """Everything that the tools have said."""
        return self.folder / "install.log"

    def status(self) -> Installation:
        """How far it is, or how the last one ended."""
        return replace(self._now, lines=tuple(self._lines))

    def install(self, component: str, options: dict[str, Any]) -> Installation:
        """Begin to install; refused where the owner has not allowed it."""
        if not self._settings.allow_install:
            raise StudioError("install_off")
        if component not in COMPONENTS:
            raise StudioError("install_unknown", component=component[:80], known=", ".join(COMPONENTS))
        with self._changing:
            if self._now.state == "running":
                raise StudioError("install_running", component=self._now.component)
            work = self._comfyui(options) if component == "comfyui" else self._wanted_models(options)
            self._lines.clear()
            self._tell(state="running", component=component, step="starting", message=None, progress=0)
            self._now = replace(self._now, started_at=time.time(), finished_at=None)
            self._remember()
            self._thread = threading.Thread(target=self._run, args=(work,), name="installer", daemon=True)
            self._thread.start()
        return self.status()

    def stop(self) -> None:
        """End what runs, with all that it has started."""
        self._stopping.set()
        process = self._process
        if process is not None:
            guard.end_tree(process.pid)
        if self._thread is not None:
            self._thread.join(5.0)

    # --------------------------------------------------------------- comfyui

    def _comfyui(self, options: dict[str, Any]) -> Callable[[], str]:
        known = _only(options, {"device"})
        device = str(known.get("device") or "auto")
        if device not in DEVICES:
            raise StudioError("install_unknown", component=device[:80], known=", ".join(DEVICES))
        there = self._services.comfyui.path
        if there is not None and (there / "main.py").is_file():
            raise StudioError("install_done", path=there)
        target = (self._settings.comfyui_path or self._settings.storage_path / "ComfyUI").resolve()
        return lambda: self._install_comfyui(target, own_device() if device == "auto" else device)

    def _install_comfyui(self, target: Path, device: str) -> str:
        comfy = shutil.which("comfy")
        home = Path(comfy).parent if comfy else None
        if comfy is None:
            environment = self.folder / "venv"
            self._tell(step="environment", message="Making an environment for comfy-cli.", progress=5)
            self._call([sys.executable, "-m", "venv", str(environment)])
            python = _python_in(environment)
            self._tell(step="comfy-cli", message="Installing comfy-cli.", progress=10)
            self._call([str(python), "-m", "pip", "install", "--disable-pip-version-check", CLI])
            home = python.parent
            comfy = shutil.which("comfy", path=str(home)) or str(home / "comfy")
        self._tell(step="comfyui", message=f"Installing ComfyUI in {target} for {device}.", progress=20)
        target.parent.mkdir(parents=True, exist_ok=True)
        self._call([comfy, "--skip-prompt", "--workspace", str(target), "install", f"--{device}"], home)
        # Older ones make a folder of that name inside.
        places = (target, target / "ComfyUI")
        found = next((place for place in places if (place / "main.py").is_file()), None)
        if found is None:
            raise self._failed("comfyui", f"comfy-cli left no main.py in {target}")
        python = python_of(found)
        if python == Path(sys.executable) and home is not None and (own := _python_beside(home)) is not None:
            python = own
        kept = {"path": str(found), "device": device, "python": str(python)}
        memory.remember(self._database, INSTALLED, kept)
        self._tell(step="starting", message="Starting ComfyUI.", progress=95)
        self._services.start("comfyui")
        keep = "" if self._settings.comfyui_path else f" Set COMFYUI_PATH={found} to keep it for good."
        return f"ComfyUI is installed in {found} and is being started.{keep}"

    def _call(self, command: Sequence[str], home: Path | None = None) -> None:
        """Run a tool to its end; what it says is kept, and tells how far it is."""
        environment = {**os.environ, "PYTHONUNBUFFERED": "1", "PIP_NO_INPUT": "1", "GIT_TERMINAL_PROMPT": "0"}
        environment.pop("PYTHONPATH", None)
        if home is not None and (home.parent / "pyvenv.cfg").is_file():
            # comfy-cli installs into the environment that is active.
            environment["VIRTUAL_ENV"] = str(home.parent)
            environment["PATH"] = os.pathsep.join([str(home), environment.get("PATH", "")])
        self.folder.mkdir(parents=True, exist_ok=True)
        process = subprocess.Popen(
            command,
            cwd=self.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        self._process = process
        assert process.stdout is not None
        with self.log_path.open("a", encoding="utf-8") as file, process.stdout as said:
            file.write(f"$ {' '.join(command)}\n")
            for line in said:
                file.write(line)
                file.flush()
                self._hear(line)
        code = process.wait()
        self._process = None
        if self._stopping.is_set():
            raise self._failed(self._now.step or "it", "the studio was stopped meanwhile")
        if code != 0:
            last = next((line for line in reversed(self._lines) if line.strip()), "it said nothing")
            raise self._failed(Path(command[0]).name, f"it ended with code {code}: {last[:300]}")

    def _hear(self, line: str) -> None:
        text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", line).rstrip()
        if not text:
            return
        self._lines.append(text[:500])
        reached = [share for pattern, share in _MILESTONES if re.search(pattern, text)]
        if reached and self._now.step == "comfyui":
            self._tell(progress=max(self._now.progress, *reached))

    # ---------------------------------------------------------------- models

    def _wanted_models(self, options: dict[str, Any]) -> Callable[[], str]:
        names = _only(options, {"models"}).get("models")
        if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
            raise StudioError("install_unknown", component="models", known="options.models: [NAME, ...]")
        known = {name for model in self._models.known() for name in (model.file.name, model.place)}
        if unknown := next((name for name in names if name not in known), None):
            raise StudioError("model_unknown", name=unknown[:200])
        if self._settings.models_path is None:
            raise StudioError("models_path_unset")
        return lambda: self._install_models(list(dict.fromkeys(names)))

    def _install_models(self, names: Sequence[str]) -> str:
        wishes = [self._models.install(name) for name in names]
        while not self._stopping.is_set():
            now = [self._models.get(wish.id) for wish in wishes]
            waiting = [wish for wish in now if not wish.is_final]
            shares = [
                1.0 if wish.is_final else wish.done_bytes / wish.size_bytes if wish.size_bytes else 0.0
                for wish in now
            ]
            progress = int(99 * sum(shares) / len(shares))
            message = f"{len(now) - len(waiting)} of {len(now)} files are here."
            self._tell(step=waiting[0].name if waiting else "done", message=message, progress=progress)
            if not waiting:
                if failed := [wish for wish in now if wish.status != "completed"]:
                    why = (failed[0].error or {}).get("message", f"it was {failed[0].status}")
                    raise self._failed(failed[0].name, str(why))
                return f"Installed: {', '.join(names)}."
            self._stopping.wait(TOLD_EVERY_S)
        raise self._failed(
            "models", "the studio was stopped meanwhile; the downloads go on at its next start"
        )

    # --------------------------------------------------------------- telling

    def _run(self, work: Callable[[], str]) -> None:
        try:
            message = work()
        except StudioError as error:
            log.error("installing failed: %s", error.message)
            self._tell(state="failed", message=f"{error.message} {error.hint}")
        except OSError as error:
            log.error("installing failed: %s", error)
            self._tell(state="failed", message=f"{error}. See {self.log_path}.")
        except Exception:  # the state must not stay at "running" for what nobody foresaw
            log.exception("installing failed")
            self._tell(
                state="failed", message=f"It failed in a way that nobody foresaw; see {self.log_path}."
            )
        else:
            self._tell(state="succeeded", step="done", message=message, progress=100)
        self._now = replace(self._now, finished_at=time.time())
        self._remember()

    def _tell(self, **news: Any) -> None:
        self._now = replace(self._now, **news)

    def _failed(self, step: str, why: str) -> StudioError:
        return StudioError("install_failed", step=step, why=why, log=self.log_path)

    def _remember(self) -> None:
        kept = {
            name: getattr(self._now, name) for name in Installation.__dataclass_fields__ if name != "lines"
        }
        memory.remember(self._database, KEY, kept)

    def _recalled(self) -> Installation:
        """How the last one ended, which may be with the studio."""
        found = memory.recall(self._database, KEY)
        if found is None:
            return Installation()
        last = Installation(**found)
        if last.state != "running":
            return last
        return replace(last, state="failed", message="The studio ended meanwhile. Start it again.")


def own_device() -> str:
    """What this machine most probably computes with, by the tools of its drivers."""
    if sys.platform == "darwin" and platform.machine() == "arm64":
        return "m-series"
    if shutil.which("nvidia-smi"):
        return "nvidia"
    return "amd" if shutil.which("rocm-smi") or shutil.which("rocminfo") else "cpu"


def _only(options: dict[str, Any], names: set[str]) -> dict[str, Any]:
    if unknown := sorted(set(options) - names):
        raise StudioError(
            "install_unknown", component=f"options.{unknown[0][:80]}", known=", ".join(sorted(names))
        )
    return options


def _python_in(environment: Path) -> Path:
    return environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def _python_beside(home: Path) -> Path | None:
    """The Python of the environment that a tool lies in."""
    return next((one for one in (home / "python", home / "python.exe") if one.is_file()), None)
