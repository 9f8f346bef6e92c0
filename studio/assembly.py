"""Puts the rooms together: one studio over one set of settings, for the app, notebooks and scripts alike."""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from dataclasses import dataclass, field

from studio import workflows
from studio.comfy.engine_process import EngineProcess
from studio.comfy.pool import Pool, Server
from studio.files import FileStore
from studio.jobs import Jobs
from studio.records import Database, open_database
from studio.runner import Runner
from studio.settings import DEFAULT_SECRET_KEY, Settings

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Studio:
    """Everything that a door needs; made by `open_studio`, ended by `close`."""

    settings: Settings
    database: Database
    files: FileStore
    pool: Pool
    jobs: Jobs
    runner: Runner
    engine: EngineProcess | None
    stopping: threading.Event = field(default_factory=threading.Event)

    def close(self) -> None:
        """Hand running work back and stop every thread and process."""
        self.stopping.set()
        self.runner.stop()
        self.pool.stop()
        if self.engine is not None:
            self.engine.stop()
        self.database.close()


def open_studio(settings: Settings) -> Studio:
    """Open the records, start the embedded engine and begin to carry jobs."""
    if settings.secret_key == DEFAULT_SECRET_KEY and settings.gradio_server_name not in LOOPBACK:
        log.warning("SECRET_KEY is the documented default; set your own before others can reach the studio.")
    for folder in (settings.files_path, settings.outputs_path, settings.temp_path):
        folder.mkdir(parents=True, exist_ok=True)
    database = open_database(settings.database_path)
    library = workflows.load_library(settings.workflow_folders)
    servers = [Server(url, "comfy") for url in settings.comfyui_url]
    engine, engine_outputs = None, None
    if settings.studio_engine_url:
        servers.append(Server(settings.studio_engine_url, "embedded"))
    else:
        folder = settings.storage_path / "engine"
        engine = EngineProcess(folder, settings.studio_engine_port, folder / "engine.log")
        engine.start()
        engine_outputs = engine.directory / "output"
        servers.append(Server(engine.url, "embedded", explain=lambda: engine.why))
    files = FileStore(database, settings)
    pool = Pool(servers)
    jobs = Jobs(database, files, pool, library, settings, engine_outputs)
    studio = Studio(settings, database, files, pool, jobs, Runner(jobs), engine)
    pool.start()
    studio.runner.start()
    if settings.enable_scheduler:
        threading.Thread(target=_sweep_regularly, args=(studio,), name="retention", daemon=True).start()
    return studio


LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def _sweep_regularly(studio: Studio) -> None:
    while not studio.stopping.wait(studio.settings.studio_cleanup_interval_s):
        try:
            studio.files.sweep(time.time())
        except (OSError, sqlite3.OperationalError) as error:
            log.error("the clean-up could not be done: %s", error)
