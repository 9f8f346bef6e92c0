"""What a server made, brought home: found, downloaded whole, given its recipe and its name."""

from __future__ import annotations

import contextlib
import json
import mimetypes
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from studio import clips, pictures
from studio.comfy.client import Comfy
from studio.comfy.events import RemoteOutput
from studio.errors import StudioError
from studio.files import FileStore
from studio.records.entities import Job, Output, Task

IN_MEMORY_BYTES = 16 * 2**20  # larger results wait on disk while their recipe is written into them
SAVED_NAME = "avatarforge"
SAVED_SUFFIXES = (".png", ".mp4", ".webm", ".gif", ".mov", ".mkv")  # as graphs of the library save
# Not by the platform's own table, which differs.
MIME_TYPES = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".webp": "image/webp",
    ".gif": "image/gif",
    ".mp4": "video/mp4",
    ".webm": "video/webm",
    ".mkv": "video/x-matroska",
    ".mov": "video/quicktime",
    ".avi": "video/x-msvideo",
    ".mp3": "audio/mpeg",
    ".wav": "audio/wav",
    ".flac": "audio/flac",
    ".ogg": "audio/ogg",
    ".opus": "audio/ogg",
    ".m4a": "audio/mp4",
}


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
    found: list[RemoteOutput] = []
    for suffix in SAVED_SUFFIXES:
        while _is_there(client, output := _saved(prompt_id, len(found) + 1, suffix)):
            found.append(output)
        if found:
            break
    return found


def _saved(prompt_id: str, number: int, suffix: str) -> RemoteOutput:
    media = "video" if MIME_TYPES[suffix].startswith("video/") else "image"
    return RemoteOutput(f"{SAVED_NAME}_{number:05}_{suffix}", folder_of(prompt_id), "output", media)


def _is_there(client: Comfy, output: RemoteOutput) -> bool:
    try:
        with client.view(output):
            return True
    except StudioError:
        return False


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
        mime_type = _mime_type(remote)
        width = height = drift = duration_s = frames = None
        # An animation counts as a video: nothing is written into it, and it may have many frames.
        if mime_type in pictures.MIME_TYPES.values() and not remote.animated:
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
                kept = files.write_output(job.id, name, pictures.film_with_recipe(download, recipe))
            is_film = remote.media == "video" or remote.animated
            if is_film and (video := clips.inspect_video(kept.path)):
                width, height = video.width, video.height
                duration_s, frames = video.duration_s, video.frames
            elif remote.media == "audio":
                duration_s = clips.seconds_of_sound(kept.path)
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
                duration_s=duration_s,
                frames=frames,
            )
        )
    return stored


def _mime_type(remote: RemoteOutput) -> str:
    suffix = PurePosixPath(remote.filename.replace("\\", "/")).suffix.lower()
    return MIME_TYPES.get(suffix) or mimetypes.guess_type(f"x{suffix}")[0] or "application/octet-stream"


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


def notes(extras: Sequence[Mapping[str, Any]]) -> list[str]:
    """What the engine says about its drawing, for people."""
    not_drawn = [
        str(word)
        for extra in extras
        for picture in _list(extra.get("figure"))
        if isinstance(picture, Mapping)
        for word in _list(picture.get("not_drawn"))
    ]
    said = [note for extra in extras for note in _list(extra.get("notes")) if isinstance(note, str)]
    lacking = [f"not drawn: {', '.join(dict.fromkeys(not_drawn))}"] if not_drawn else []
    return [*lacking, *dict.fromkeys(said)]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
