"""Puts the rooms together: one studio over one set of settings, for the app, notebooks and scripts alike."""

from __future__ import annotations

import logging
import secrets
import sqlite3
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from studio import workflows
from studio.appraisal import Appraisal
from studio.bundles import Bundles
from studio.catalogue import Catalogue
from studio.characters import Characters
from studio.comfy.engine_process import EngineProcess
from studio.comfy.events import Event, Online
from studio.comfy.pool import Pool, Server
from studio.contents import Contents
from studio.drafts import Drafts
from studio.errors import StudioError
from studio.faces import Faces
from studio.files import FileStore
from studio.following import Following
from studio.gallery import Gallery
from studio.hooks import Hooks
from studio.images import Images
from studio.installer import Installer
from studio.jobs import Jobs
from studio.library import Library
from studio.logbook import Logbook
from studio.media import Media
from studio.mirror import Mirror, open_mirror
from studio.models import Models
from studio.monitoring import Monitoring
from studio.overrides import Overrides
from studio.records import Database, memory, open_database
from studio.repurposing import Repurposing
from studio.runner import Runner
from studio.runner.keeping import log_database_errors
from studio.servers import Servers
from studio.services import Services
from studio.settings import DEFAULT_SECRET_KEY, Settings
from studio.speech import Speech
from studio.talking import Talking
from studio.video.edit import Editing
from studio.videos import Videos
from studio.voices import Voices
from studio.writing import Writing

log = logging.getLogger(__name__)

LAST_SWEEP = "last_sweep_at"
SESSION_SECRET = "session_secret"
FIRST_SWEEP_S = 60.0  # a start has better things to do than to clean up


@dataclass(frozen=True)
class Studio:
    """Everything that a door needs; made by `open_studio`, ended by `close`."""

    settings: Settings
    database: Database
    files: FileStore
    pool: Pool
    jobs: Jobs
    runner: Runner
    servers: Servers
    library: Library
    models: Models
    engine: EngineProcess | None
    session_secret: str
    drafts: Drafts
    gallery: Gallery
    media: Media
    following: Following
    talking: Talking
    hooks: Hooks
    mirror: Mirror | None
    speech: Speech
    writing: Writing
    characters: Characters
    contents: Contents
    voices: Voices
    bundles: Bundles
    faces: Faces
    appraisal: Appraisal
    images: Images
    videos: Videos
    logbook: Logbook
    overrides: Overrides
    services: Services
    monitoring: Monitoring
    installer: Installer
    catalogue: Catalogue
    repurposing: Repurposing
    stopping: threading.Event = field(default_factory=threading.Event)

    def pause(self, url: str, paused: bool = True) -> None:
        """Send a server no new work, or go on; also after the next start."""
        server = self.pool.by_url(url)
        if server is None:
            raise StudioError("server_unknown", url=url)
        self.servers.set_paused(server, paused=paused)

    def close(self) -> None:
        """Hand running work back and stop every thread and process."""
        self.stopping.set()
        self.installer.stop()
        self.following.stop()
        self.runner.stop()
        self.hooks.stop()
        if self.mirror is not None:
            self.mirror.stop()
        self.models.stop()
        self.speech.stop()
        self.writing.stop()
        self.pool.stop()
        self.services.close()
        if self.engine is not None:
            self.engine.stop()
        self.logbook.stop()
        self.database.close()


def open_studio(settings: Settings, engine_folder: Path | None = None, *, at_work: bool = True) -> Studio:
    """Open the records, start the embedded engine and begin to carry jobs.

    The engine works in a folder of its own; a process that shares the storage with another one names another.
    One that only reads and changes records is not `at_work`: it starts no engine and carries nothing.
    """
    if settings.secret_key == DEFAULT_SECRET_KEY and settings.gradio_server_name not in LOOPBACK:
        log.warning("SECRET_KEY is the documented default; set your own before others can reach the studio.")
    for folder in (
        settings.files_path,
        settings.outputs_path,
        settings.temp_path,
        settings.own_workflows_path,
        settings.once_workflows_path,
    ):
        folder.mkdir(parents=True, exist_ok=True)
    database = open_database(settings.database_path)
    logbook = Logbook(database, settings)
    if at_work:
        logbook.start()
    library = workflows.load_library(
        (settings.once_workflows_path, settings.own_workflows_path, *settings.workflow_folders)
    )
    at_hand = [Server(url, "comfy") for url in settings.comfyui_url]
    engine, engine_outputs = None, None
    if settings.studio_engine_url:
        at_hand.append(Server(settings.studio_engine_url, "embedded"))
    else:
        folder = engine_folder or settings.storage_path / "engine"
        engine = _engine(settings, folder, logbook)
        if at_work:
            engine.start()
        engine_outputs = engine.directory / "output"
        at_hand.append(Server(engine.url, "embedded", explain=lambda: engine.why))
    files = FileStore(database, settings)
    mirror = open_mirror(database, files, settings)
    pool = Pool(at_hand)
    pool.subscribe(lambda server, event: _note_online(studio.servers, server, event))
    jobs = Jobs(database, files, pool, library, settings, engine_outputs)
    models = Models(database, pool, lambda: jobs.library, settings)
    runner = Runner(jobs)
    gallery = Gallery(jobs)
    media = Media(gallery)
    characters, contents, faces = Characters(jobs), Contents(media), Faces(jobs)
    appraisal, speech = Appraisal(contents), Speech(settings, pool)
    voices, writing = Voices(contents, speech), Writing(settings)
    servers = Servers(database, pool, runner.tasks_on)
    overrides = Overrides(database, settings, servers, pool)
    services = Services(database, settings, pool, engine, overrides, logbook)
    own_library = Library(jobs, pool, settings.own_workflows_path, settings.once_workflows_path)
    studio = Studio(
        settings,
        database,
        files,
        pool,
        jobs,
        runner,
        servers,
        own_library,
        models,
        engine,
        _session_secret(settings, database),
        Drafts(jobs),
        gallery,
        media,
        Following(jobs, settings.studio_event_streams),
        Talking(media),
        Hooks(database, settings),
        mirror,
        speech,
        writing,
        characters,
        contents,
        voices,
        Bundles(characters, contents, voices),
        faces,
        appraisal,
        Images(jobs, contents, characters, faces, appraisal),
        Videos(jobs, own_library, contents, characters, voices),
        logbook,
        overrides,
        services,
        Monitoring(database, settings, pool),
        Installer(database, settings, services, models),
        Catalogue(models, jobs),
        Repurposing(contents, writing, Editing(media)),
    )
    studio.servers.restore()
    overrides.listen(logbook.hide)
    overrides.listen(studio.writing.use)
    if not at_work:
        return studio
    pool.start()
    studio.runner.start()
    models.start()
    studio.hooks.start()
    services.open()
    if mirror is not None:
        mirror.start()
    if settings.enable_scheduler:
        threading.Thread(target=_sweep_regularly, args=(studio,), name="retention", daemon=True).start()
    return studio


def _engine(settings: Settings, folder: Path, logbook: Logbook) -> EngineProcess:
    """The embedded engine, with the hosted models if there is a token for them."""
    token = settings.hf_token.get_secret_value()
    options: list[str] = []
    if token:
        options = ["--hosted", ",".join(settings.studio_hf_models)]
        options += (
            ["--hosted-url", settings.studio_hf_inference_url] if settings.studio_hf_inference_url else []
        )
        options += ["--hosted-provider", settings.studio_hf_provider]
    # The token goes by the environment: what a process was started with, everybody may read.
    environment = {"HF_TOKEN": token} if token else {}
    log_path = folder / "engine.log"
    return EngineProcess(
        folder,
        settings.studio_engine_port,
        log_path,
        options=options,
        environment=environment,
        said=logbook.hear("engine"),
    )


def _session_secret(settings: Settings, database: Database) -> str:
    """What sessions are signed with: the owner's secret, or one of our own that outlives a restart."""
    if settings.secret_key != DEFAULT_SECRET_KEY:
        return settings.secret_key
    if (known := memory.recall(database, SESSION_SECRET)) is None:
        known = secrets.token_hex(32)
        memory.remember(database, SESSION_SECRET, known)
    return known


LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def _sweep_regularly(studio: Studio) -> None:
    """Clean up once in each interval, counted over restarts."""
    interval_s = studio.settings.studio_cleanup_interval_s
    wait_s = memory.recall(studio.database, LAST_SWEEP, 0.0) + interval_s - time.time()
    while not studio.stopping.wait(max(wait_s, FIRST_SWEEP_S)):
        try:
            studio.gallery.sweep(time.time())
            studio.media.sweep(time.time())
            studio.talking.sweep()
            studio.contents.sweep(time.time())
            studio.voices.sweep(time.time())
            studio.files.sweep(time.time())
            studio.jobs.forget_old_keys()
            studio.hooks.sweep(time.time())
            if studio.mirror is not None:
                studio.mirror.sweep(time.time())
            memory.remember(studio.database, LAST_SWEEP, time.time())
        except (OSError, sqlite3.OperationalError) as error:
            log.error("the clean-up could not be done: %s", error)
        wait_s = interval_s


def _note_online(servers: Servers, server: Server, event: Event) -> None:
    if isinstance(event, Online):
        with log_database_errors():
            servers.note_seen(server)
