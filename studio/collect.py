"""What a server made, brought home: found, downloaded whole, given its recipe and its name."""

from __future__ import annotations

import contextlib
import json
import mimetypes
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from studio import pictures
from studio.comfy.client import Comfy
from studio.comfy.events import RemoteOutput
from studio.errors import StudioError
from studio.files import FileStore
from studio.records.entities import Job, Output, Task

IN_MEMORY_BYTES = 16 * 2**20  # larger results wait on disk while their recipe is written into them
SAVED_NAME = "avatarforge"


def filename_prefix(prompt_id: str) -> str:
    """A folder of its own for each prompt, so that its results can be found even if the server forgot it."""
    return f"{folder_of(prompt_id)}/{SAVED_NAME}"


def folder_of(prompt_id: str) -> str:
    """Where a server saves what one prompt makes, below its output folder."""
    return f"avatarforge/{prompt_id}"


def finals(found: Sequence[RemoteOutput]) -> list[RemoteOutput]:
    """The files that count: saved ones, or temporary ones when nothing was saved; each once."""
    unique = list(dict.fromkeys(found))
    saved = [output for output in unique if output.folder_type == "output"]
    return saved or unique


def leftovers(client: Comfy, prompt_id: str) -> list[RemoteOutput]:
    """Results of a prompt that the server no longer remembers but whose files are still there."""
    folder = folder_of(prompt_id)
    found: list[RemoteOutput] = []
    while True:
        output = RemoteOutput(f"{SAVED_NAME}_{len(found) + 1:05}_.png", folder, "output", "image")
        try:
            with client.view(output):
                found.append(output)
        except StudioError:
            return found


def store(
    client: Comfy,
    files: FileStore,
    job: Job,
    task: Task,
    found: Sequence[RemoteOutput],
    recipe: dict[str, Any],
    *,
    measure: Callable[[pictures.Source], dict[str, float] | None] | None = None,
    prefix: str = "",
) -> list[Output]:
    """Bring the files of one task into the studio's own outputs; `measure` adds to their recipes."""
    if not found:
        raise StudioError("no_output")
    stored: list[Output] = []
    for position, remote in enumerate(found):
        name = prefix + output_name(job, task, position, remote)
        mime_type = mimetypes.guess_type(remote.filename)[0] or "application/octet-stream"
        width = height = drift = None
        if mime_type in pictures.MIME_TYPES.values():
            with _downloaded(client, files, remote) as source:
                facts = pictures.inspect(source)
                mime_type, width, height = facts.mime_type, facts.width, facts.height
                drift = measure(source) if measure else None
                own = recipe if drift is None else {**recipe, "colour_and_shape_drift": drift}
                wanted: pictures.Format | None = job.request.get("output_format")
                if wanted is None or wanted == facts.format:
                    blocks = pictures.with_recipe(source, own)
                else:
                    quality = job.request.get("output_quality")
                    blocks = pictures.in_format(source, wanted, own, quality=quality)
                    mime_type = pictures.MIME_TYPES[wanted]
                    name = PurePosixPath(name).stem + pictures.SUFFIXES[wanted]
                kept = files.write_output(job.id, name, blocks)
        else:
            with client.view(remote) as download:
                kept = files.write_output(job.id, name, download)
        stored.append(
            Output(
                id=str(uuid.uuid4()),
                job_id=job.id,
                task_id=task.id,
                position=position,
                name=name,
                filename=remote.filename,
                view=task.view,
                media=remote.media,
                mime_type=mime_type,
                size=kept.size,
                width=width,
                height=height,
                sha256=kept.sha256,
                created_at=time.time(),
                drift=json.dumps(drift) if drift else None,
            )
        )
    return stored


@contextlib.contextmanager
def _downloaded(client: Comfy, files: FileStore, remote: RemoteOutput) -> Iterator[pictures.Source]:
    """A picture from the server: in memory if it is of the usual size, else in a temp file."""
    with client.view(remote) as download:
        if download.size_bytes is not None and download.size_bytes <= IN_MEMORY_BYTES:
            yield b"".join(download)
            return
        with files.receive() as incoming:
            incoming.write_all(download)
            incoming.settle()
            yield incoming.path


def output_name(job: Job, task: Task, position: int, remote: RemoteOutput) -> str:
    """The last segment of an output's address: `output.png`, or the view's name in a sheet."""
    stem = "output" if len(job.tasks) == 1 else task.view
    suffix = PurePosixPath(remote.filename.replace("\\", "/")).suffix.lower() or ".bin"
    return f"{stem}{suffix}" if position == 0 else f"{stem}_{position + 1}{suffix}"


def notes(extras: Iterable[Mapping[str, Any]]) -> list[str]:
    """What the engine says about its drawing, for people."""
    not_drawn = [
        str(word)
        for extra in extras
        for picture in _list(extra.get("figure"))
        if isinstance(picture, Mapping)
        for word in _list(picture.get("not_drawn"))
    ]
    return [f"not drawn: {', '.join(dict.fromkeys(not_drawn))}"] if not_drawn else []


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
