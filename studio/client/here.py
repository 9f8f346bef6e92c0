"""The verbs in this process: over the job module itself, with an engine of its own beside it."""

from __future__ import annotations

import contextlib
import dataclasses
import logging
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from studio import sheets
from studio.assembly import Studio, open_studio
from studio.client import state
from studio.client.state import Event, FileData, JobState, OutputState, PageState, SheetState, Swatch, Upload
from studio.client.verbs import portrait_name
from studio.disk import Incoming
from studio.errors import StudioError
from studio.jobs import IdempotencyKey
from studio.records.entities import Job
from studio.request import VIEWS, View, read_request
from studio.settings import Settings
from studio.sheets import SheetOptions, plan
from studio.sheets.files import FILE_NAMES, FileName, FileOptions, make_file
from studio.speech import SpeechRequest, keep
from studio.telling import tell_event, tell_job, with_view

# Whoever has set up no logging gets what matters as errors, and no lines between the pictures.
logging.getLogger("studio").addHandler(logging.NullHandler())

DOOR = "client"
EngineFolder = tempfile.TemporaryDirectory[str]


def open_here(
    folder: Path | None, settings: Settings | None, *, at_work: bool = True
) -> tuple[Studio, EngineFolder]:
    """A studio in this process, and the folder of its engine, which goes with it.

    Another process may use the same records and files at the same time: work is claimed by leases. The engine
    alone is this process's own, and so is whatever a server does for its owner: it fetches no models.
    """
    settings = settings or (Settings() if folder is None else settings_below(folder))
    settings = settings.model_copy(
        update={
            "studio_engine_port": 0,
            "enable_scheduler": False,
            "comfyui_models_path": None,
            "comfyui_path": None,
            "allow_install": False,
        }
    )
    engine_folder = tempfile.TemporaryDirectory(prefix="avatarforge-engine-", ignore_cleanup_errors=True)
    try:
        return open_studio(settings, Path(engine_folder.name), at_work=at_work), engine_folder
    except BaseException:
        engine_folder.cleanup()
        raise


def settings_below(folder: Path) -> Settings:
    """The settings with records and files below a folder."""
    records = (folder / "avatarforge.db").absolute().as_posix()
    return Settings(storage_path=folder / "storage", database_url=f"sqlite:///{records}")


def submit(
    studio: Studio,
    values: Mapping[str, Any],
    *,
    key: str | None,
    priority: int,
    metadata: dict[str, Any] | None,
) -> JobState:
    """Record a job for a request."""
    with sentences():
        request = with_view(read_request(values))
    known = IdempotencyKey(DOOR, key) if key else None
    job = studio.jobs.submit(request, door=DOOR, priority=priority, key=known, metadata=metadata)
    return state.read_job(tell_job(job))


@contextlib.contextmanager
def sentences() -> Iterator[None]:
    """Turn what the models of requests find wrong into the studio's own refusal."""
    try:
        yield
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise StudioError("invalid_field", why=f"{where}: {first['msg']}.") from error


def get(studio: Studio, job_id: str) -> JobState:
    """The job as it is now."""
    return _state(studio, studio.jobs.get(job_id))


def _state(studio: Studio, job: Job) -> JobState:
    return state.read_job(tell_job(job, studio.jobs.said(job)))


def follow(studio: Studio, job_id: str, timeout_s: float) -> Iterator[JobState]:
    """The job now and after each change, until it is final or time is up."""
    for job in studio.jobs.watch(job_id, timeout_s):
        yield _state(studio, job)


def page(
    studio: Studio, *, statuses: Sequence[str], kinds: Sequence[str], search: str, limit: int, offset: int
) -> PageState:
    """Some of the jobs, newest first."""
    found = studio.jobs.list(statuses=statuses, kinds=kinds, search=search, limit=limit, offset=offset)
    return PageState(found.total, tuple(_state(studio, job) for job in found.jobs))


def log(studio: Studio, job_id: str, after: int) -> list[Event]:
    """What happened to a job since an event."""
    studio.jobs.get(job_id)
    return [state.read_event(tell_event(event)) for event in studio.jobs.events(job_id, after)]


def preview(studio: Studio, job_id: str) -> bytes | None:
    """The newest preview frame, if there is one now."""
    found = studio.jobs.preview(job_id)
    return found[1] if found else None


def cancel(studio: Studio, job_id: str) -> JobState:
    """Stop a job."""
    return _state(studio, studio.jobs.cancel(job_id))


def retry(studio: Studio, job_id: str) -> JobState:
    """Make what failed once more, as a new job."""
    return _state(studio, studio.jobs.retry(job_id, door=DOOR))


def reroll(studio: Studio, job_id: str, view: str, seed: int | None) -> JobState:
    """Make one view again with another seed, as a new job."""
    wanted: View | None = next((known for known in VIEWS if known == view), None)
    if wanted is None:
        raise StudioError("invalid_field", why=f"view: it is one of {', '.join(VIEWS)}.")
    return _state(studio, studio.jobs.reroll(job_id, wanted, door=DOOR, seed=seed))


def delete(studio: Studio, job_id: str) -> None:
    """Remove a job and its files."""
    studio.jobs.delete(job_id)


def content(studio: Studio, output: OutputState) -> bytes:
    """The bytes of a finished file."""
    path = studio.files.output_path(output.job_id, output.name)
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise StudioError("output_not_found", name=output.name) from error


def thumbnail(studio: Studio, output: OutputState) -> bytes:
    """A small WEBP of a finished picture."""
    return studio.gallery.thumbnails.get(studio.gallery.output(output.id)).read_bytes()


def upload_picture(studio: Studio, data: bytes, filename: str) -> Upload:
    """Keep a picture for requests."""
    return state.read_as(Upload, dataclasses.asdict(studio.files.store_bytes(data, filename)))


def upload_recording(studio: Studio, data: bytes, filename: str) -> Upload:
    """Keep a voice for talking avatars; its id is a name that only they know."""
    incoming = Incoming(studio.settings.temp_path, max_bytes=studio.settings.studio_max_audio_size)
    with incoming:
        incoming.write(data)
        return Upload(studio.talking.keep(incoming, filename, "audio"), filename, len(data), "audio")


def speak(studio: Studio, asked: Mapping[str, Any]) -> Upload:
    """Have a text spoken, and keep it as a recording."""
    with sentences():
        request = SpeechRequest.model_validate(asked)
    stored = keep(studio.files, studio.speech.speak(request), request.text)
    return Upload(
        f"{stored.id}{stored.suffix}", stored.filename, stored.size, stored.mime_type, stored.sha256
    )


def talk(
    studio: Studio, picture: Upload, recording: Upload, wishes: Mapping[str, Any], key: str | None
) -> str:
    """Make a picture speak; gives the job's id."""
    with sentences():
        request = studio.talking.request(portrait_name(picture), recording.id, dict(wishes))
    known = IdempotencyKey(DOOR, key) if key else None
    return studio.jobs.submit(request, door=DOOR, key=known).id


def compose(studio: Studio, job_id: str, options: Mapping[str, Any]) -> SheetState:
    """Put a job's pictures on one sheet."""
    with sentences():
        look = SheetOptions.model_validate(options)
    made = sheets.render(studio.jobs, job_id, look)
    palette = tuple(Swatch(one.hex, one.name, one.share) for one in made.palette)
    return SheetState(job_id, made.size[0], made.size[1], palette, tuple(made.notes), made.recipe)


def sheet_file(
    studio: Studio, job_id: str, name: str, options: Mapping[str, Any], how: Mapping[str, Any]
) -> FileData:
    """A sheet as a file of one of its forms."""
    form: FileName | None = next((known for known in FILE_NAMES if known == name), None)
    if form is None:
        raise StudioError("invalid_field", why=f"name: it is one of {', '.join(FILE_NAMES)}.")
    with sentences():
        look, way = SheetOptions.model_validate(options), FileOptions.model_validate(how)
    made = make_file(studio.jobs, studio.drafts.draw, job_id, form, look, way, door=DOOR)
    return FileData(made.filename, made.data, " ".join(made.notes))


def add_to_sheet(studio: Studio, job_id: str, what: str, expressions: Sequence[str] | None) -> list[str]:
    """Start the jobs that give a sheet faces, a portrait or clean cut-outs; their ids."""
    if what == "expressions":
        planned = plan.expressions(studio.jobs, job_id, plan.USUAL if expressions is None else expressions)
    else:
        planned = (plan.portrait if what == "portrait" else plan.cutouts)(studio.jobs, job_id)
    return [job.id for job in plan.submit(studio.jobs, job_id, planned, door=DOOR)]


def health(studio: Studio) -> list[dict[str, Any]]:
    """How each server is."""
    return studio.pool.health()
