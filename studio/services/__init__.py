"""What the studio consists of and stands on, as services: how each is, and starting and stopping our own.

Two are processes of ours: the embedded engine, and a ComfyUI whose folder COMFYUI_PATH names. The page and
the API are this very process; Ollama and Redis belong to somebody else.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from studio.comfy.engine_process import EngineProcess
from studio.comfy.pool import Pool
from studio.errors import StudioError
from studio.logbook import Logbook
from studio.overrides import Overrides
from studio.records import Database
from studio.services import looks
from studio.services.comfyui import OwnComfyUI
from studio.services.looks import Service, State
from studio.settings import Settings

__all__ = ["NAMES", "Service", "Services", "State"]

log = logging.getLogger(__name__)

NAMES = ("backend", "frontend", "engine", "comfyui", "ollama", "redis")
ENGINE_STOP_S = 4.0
PROBE_KEPT_S = 2.0
LINES = 40
_DONE = {"start": "started", "stop": "stopped", "restart": "restarted"}
_WHY_NOT = {
    "backend": "it is what answers you",
    "frontend": "it is a part of the process that answers you",
    "engine": "STUDIO_ENGINE_URL names one that somebody else runs",
    "comfyui": "COMFYUI_PATH is not set, so it is run by somebody else, if at all",
}


class Services:
    """The verbs over services."""

    def __init__(
        self,
        database: Database,
        settings: Settings,
        pool: Pool,
        engine: EngineProcess | None,
        overrides: Overrides,
        logbook: Logbook,
    ) -> None:
        self._settings = settings
        self._pool = pool
        self._engine = engine
        self._overrides = overrides
        self._logbook = logbook
        self.comfyui = OwnComfyUI(database, settings, pool, logbook)
        self._changing = threading.Lock()
        self._probed: dict[str, tuple[float, Service]] = {}
        self.frontend: Callable[[], State] = lambda: "unknown"
        """Whoever shows the page says here how that is."""
        self.redis_answers: Callable[[str], bool] = lambda _: False
        """Whoever counts requests in it says here whether it answers."""

    def open(self) -> None:
        """Start ComfyUI if its folder is known, unless somebody has stopped it."""
        if self.comfyui.path is None or self.comfyui.was_stopped:
            return
        try:
            self.comfyui.start()
        except (StudioError, OSError) as error:
            log.error("ComfyUI is not started: %s", error)

    def close(self) -> None:
        """End what was started; the engine is ended by whoever opened it."""
        with self._changing:
            self.comfyui.close()

    # --------------------------------------------------------------- reading

    def list(self) -> list[Service]:
        """All of them."""
        return [self.get(name) for name in NAMES]

    def get(self, name: str) -> Service:
        """One of them, as it is now."""
        match name:
            case "backend":
                return looks.backend(self._settings)
            case "frontend":
                return looks.frontend(self._settings, self.frontend())
            case "engine":
                return self._look_at_engine()
            case "comfyui":
                path = self.comfyui.path
                return looks.foreign_comfyui(self._pool) if path is None else self.comfyui.look(path)
            case "ollama":
                url = self._overrides.settings.ollama_url
                return self._lately(name, url, lambda: looks.ollama(url, self._logbook.plain))
            case "redis":
                url = self._settings.rate_limit_storage_url
                return self._lately(name, url, lambda: looks.redis(url, self.redis_answers))
            case _:
                raise StudioError("service_unknown", name=name[:80])

    def _look_at_engine(self) -> Service:
        if self._engine is None:
            return looks.foreign_engine(self._settings.studio_engine_url, self._pool)
        message = "The embedded engine draws without a GPU."
        return looks.of_process("engine", self._engine, message, self._logbook.tail("engine", LINES))

    def _lately(self, name: str, url: str, look: Callable[[], Service]) -> Service:
        # Pages ask every second or two, and one that is away takes its time to be so.
        key = f"{name} {url}"
        at, known = self._probed.get(key, (0.0, None))
        if known is None or time.monotonic() - at > PROBE_KEPT_S:
            known = look()
            self._probed = {other: seen for other, seen in self._probed.items() if other.split()[0] != name}
            self._probed[key] = (time.monotonic(), known)
        return known

    # -------------------------------------------------------------- changing

    def start(self, name: str) -> Service:
        """Start one of our own; one that runs goes on."""
        self._refuse_foreign(name, "start")
        with self._changing:
            if name == "comfyui":
                self.comfyui.start()
            elif self._engine is not None and not self._engine.is_wanted:
                self._engine.start_anew()
        return self.get(name)

    def stop(self, name: str) -> Service:
        """Stop one of our own, with all that it has started."""
        self._refuse_foreign(name, "stop")
        with self._changing:
            if name == "comfyui":
                self.comfyui.stop()
            elif self._engine is not None:
                self._engine.stop(ENGINE_STOP_S)
        return self.get(name)

    def restart(self, name: str) -> Service:
        """Stop one of our own and start it."""
        self._refuse_foreign(name, "restart")
        with self._changing:
            if name == "comfyui":
                self.comfyui.stop(remember=False)
                self.comfyui.start()
            elif self._engine is not None:
                self._engine.start_anew(ENGINE_STOP_S)
        return self.get(name)

    def _refuse_foreign(self, name: str, verb: str) -> None:
        service = self.get(name)
        if service.managed:
            return
        why = _WHY_NOT.get(name, "it is run by somebody else")
        remedy = service.instructions.get(verb) or "Do it where it runs."
        raise StudioError("service_unmanaged", name=name, what=_DONE[verb], why=why, remedy=remedy)
