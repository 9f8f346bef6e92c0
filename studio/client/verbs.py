"""Every verb of the client in its two forms: the REST call that asks for it, and the rooms that do it."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from urllib.parse import quote, unquote

from studio.client import state
from studio.client.state import Event, FileData, JobState, OutputState, PageState, SheetState, Upload

if TYPE_CHECKING:
    import httpx

    from studio.assembly import Studio

T = TypeVar("T")

AVATARFORGE = "/avatarforge-controller"
JOBS = "/studio/jobs"
V1 = "/api/v1"


@dataclass(frozen=True)
class Ask:
    """A REST call."""

    method: str
    path: str
    query: Mapping[str, Any] = field(default_factory=dict)
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    file: tuple[str, bytes] | None = None


@dataclass(frozen=True)
class Verb(Generic[T]):
    """Something to be done, by either door."""

    ask: Ask
    read: Callable[[httpx.Response], T]
    here: Callable[[Studio], T]


def _rooms():
    """What the verbs do in this process; imported late, since it loads all of the studio."""
    from studio.client import here

    return here


def submit(
    values: Mapping[str, Any],
    *,
    key: str | None = None,
    priority: int = 0,
    metadata: dict[str, Any] | None = None,
) -> Verb[JobState]:
    """Record a job for a request."""
    body = {"request": dict(values), "priority": priority, "metadata": metadata}
    headers = {"Idempotency-Key": key} if key else {}
    return Verb(
        Ask("POST", JOBS, body=body, headers=headers),
        _job,
        lambda studio: _rooms().submit(studio, values, key=key, priority=priority, metadata=metadata),
    )


def get(job_id: str) -> Verb[JobState]:
    """The job as it is now."""
    return Verb(Ask("GET", _path(job_id)), _job, lambda studio: _rooms().get(studio, job_id))


def page(
    status: str | Sequence[str], kind: str | Sequence[str], search: str, limit: int, offset: int
) -> Verb[PageState]:
    """Some of the jobs, newest first; of one status and kind, of several or of all."""
    statuses = [status] if isinstance(status, str) else list(status)
    kinds = [kind] if isinstance(kind, str) else list(kind)
    query = {"status": statuses, "kind": kinds, "search": search, "limit": limit, "offset": offset}
    return Verb(
        Ask("GET", JOBS, query=query),
        lambda answer: state.read_page(answer.json()),
        lambda studio: _rooms().page(
            studio, statuses=statuses, kinds=kinds, search=search, limit=limit, offset=offset
        ),
    )


def log(job_id: str, after: int) -> Verb[list[Event]]:
    """What happened to a job since an event."""
    return Verb(
        Ask("GET", _path(job_id, "log"), query={"after": after}),
        lambda answer: [state.read_event(event) for event in answer.json()["events"]],
        lambda studio: _rooms().log(studio, job_id, after),
    )


def news_of(job_id: str) -> Ask:
    """The stream that says when something of a job has changed; what has happened already is left out."""
    return Ask("GET", _path(job_id, "events"), query={"after": 2**53, "previews": "false"})


def preview(job_id: str) -> Verb[bytes | None]:
    """The newest preview frame, if there is one now."""
    return Verb(
        Ask("GET", _path(job_id, "preview")),
        lambda answer: answer.content or None,
        lambda studio: _rooms().preview(studio, job_id),
    )


def cancel(job_id: str) -> Verb[JobState]:
    """Stop a job."""
    ask = Ask("POST", _path(job_id, "cancel"))
    return Verb(ask, _job, lambda studio: _rooms().cancel(studio, job_id))


def retry(job_id: str) -> Verb[JobState]:
    """Make what failed once more, as a new job."""
    ask = Ask("POST", _path(job_id, "retry"))
    return Verb(ask, _job, lambda studio: _rooms().retry(studio, job_id))


def reroll(job_id: str, view: str, seed: int | None) -> Verb[JobState]:
    """Make one view again with another seed, as a new job."""
    return Verb(
        Ask("POST", _path(job_id, "reroll"), body={"view": view, "seed": seed}),
        _job,
        lambda studio: _rooms().reroll(studio, job_id, view, seed),
    )


def delete(job_id: str) -> Verb[None]:
    """Remove a job and its files."""
    ask = Ask("DELETE", _path(job_id))
    return Verb(ask, lambda _: None, lambda studio: _rooms().delete(studio, job_id))


def content(output: OutputState) -> Verb[bytes]:
    """The bytes of a finished file."""
    path = f"/outputs/{quote(output.job_id, safe='')}/{quote(output.name, safe='')}"
    return Verb(
        Ask("GET", path), lambda answer: answer.content, lambda studio: _rooms().content(studio, output)
    )


def thumbnail(output: OutputState) -> Verb[bytes]:
    """A small WEBP of a finished picture."""
    ask = Ask("GET", f"/studio/thumbnails/{quote(output.id, safe='')}")
    return Verb(ask, lambda answer: answer.content, lambda studio: _rooms().thumbnail(studio, output))


def upload_picture(data: bytes, filename: str) -> Verb[Upload]:
    """Keep a picture for requests."""

    def read(answer: httpx.Response) -> Upload:
        values = answer.json()
        return state.read_as(Upload, {**values, "id": values["file_id"], "sha256": values["content_hash"]})

    return Verb(
        Ask("POST", f"{AVATARFORGE}/upload/reference_image", file=(filename, data)),
        read,
        lambda studio: _rooms().upload_picture(studio, data, filename),
    )


def upload_recording(data: bytes, filename: str) -> Verb[Upload]:
    """Keep a voice for talking avatars; its id is a name that only they know."""

    def read(answer: httpx.Response) -> Upload:
        return Upload(answer.json()["filename"], filename, len(data), "audio")

    return Verb(
        Ask("POST", f"{V1}/upload/audio", file=(filename, data)),
        read,
        lambda studio: _rooms().upload_recording(studio, data, filename),
    )


def speak(asked: Mapping[str, Any]) -> Verb[Upload]:
    """Have a text spoken, and keep it as a recording."""

    def read(answer: httpx.Response) -> Upload:
        name = answer.json()["filename"]
        return Upload(name, name, 0, "audio")

    return Verb(
        Ask("POST", f"{V1}/speech", body=dict(asked)), read, lambda studio: _rooms().speak(studio, asked)
    )


def talk(picture: Upload, recording: Upload, wishes: Mapping[str, Any], key: str | None = None) -> Verb[str]:
    """Make a picture speak; gives the job's id."""
    names = {"fps": "output_fps", "resolution": "output_resolution"}
    body = {
        "image_filename": portrait_name(picture),
        "audio_filename": recording.id,
        **{names.get(name, name): value for name, value in wishes.items()},
    }
    return Verb(
        Ask("POST", f"{V1}/generate/async", body=body, headers={"Idempotency-Key": key} if key else {}),
        lambda answer: str(uuid.UUID(answer.json()["job_id"].removeprefix("job_"))),
        lambda studio: _rooms().talk(studio, picture, recording, wishes, key),
    )


def portrait_name(picture: Upload) -> str:
    """A picture's name for talking avatars, who take ids with an ending."""
    return f"{picture.id}.png"


def compose(job_id: str, options: Mapping[str, Any]) -> Verb[SheetState]:
    """Put a job's pictures on one sheet."""
    return Verb(
        Ask("POST", _sheet(job_id, "compose"), body=dict(options)),
        lambda answer: state.read_sheet(answer.json()),
        lambda studio: _rooms().compose(studio, job_id, options),
    )


def sheet_file(job_id: str, name: str, options: Mapping[str, Any], how: Mapping[str, Any]) -> Verb[FileData]:
    """A sheet as a file of one of its forms."""

    def read(answer: httpx.Response) -> FileData:
        shown = answer.headers.get("content-disposition", "").partition('filename="')[2].rstrip('"')
        return FileData(shown or name, answer.content, unquote(answer.headers.get("x-notes", "")))

    return Verb(
        Ask("GET", _sheet(job_id, name), query={**_plain(how), "options": json.dumps(dict(options))}),
        read,
        lambda studio: _rooms().sheet_file(studio, job_id, name, options, how),
    )


def add_to_sheet(job_id: str, what: str, expressions: Sequence[str] | None) -> Verb[list[str]]:
    """Start the jobs that give a sheet faces, a portrait or clean cut-outs; their ids."""
    body = {"what": what, **({} if expressions is None else {"expressions": list(expressions)})}
    return Verb(
        Ask("POST", _sheet(job_id, "add"), body=body),
        lambda answer: [one["generation_id"] for one in answer.json()["added"]],
        lambda studio: _rooms().add_to_sheet(studio, job_id, what, expressions),
    )


def health() -> Verb[list[dict[str, Any]]]:
    """How each server is."""
    return Verb(
        Ask("GET", f"{AVATARFORGE}/health"),
        lambda answer: answer.json()["servers"],
        lambda studio: _rooms().health(studio),
    )


def _job(answer: httpx.Response) -> JobState:
    return state.read_job(answer.json())


def _path(job_id: str, *more: str) -> str:
    return "/".join((JOBS, quote(job_id, safe=""), *more))


def _sheet(job_id: str, name: str) -> str:
    return f"{AVATARFORGE}/sheets/{quote(job_id, safe='')}/{quote(name, safe='')}"


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: str(value).lower() if isinstance(value, bool) else value for name, value in values.items()}
