"""Talking avatars in terms of bare file names: uploads, the video that a job made, and taking either away."""

from __future__ import annotations

import math
import re
import secrets
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studio.disk import Incoming, display_name, full_disk_is_said, is_bare_name
from studio.errors import StudioError
from studio.files import StoredFile
from studio.media import Media
from studio.records import names
from studio.records.entities import Job, Output
from studio.records.files import Media as Kind
from studio.request import TalkRequest

IMAGE_TYPES = ("image/png", "image/jpeg", "image/jpg")  # as the documents list them
NAME_BYTES = 12
SWEPT_AT_ONCE = 200
_JOB = re.compile(r"job_([0-9a-f]{32})")
_VIDEO = re.compile(r"([0-9a-f]{32})\.(mp4|webm|mkv|mov|gif|webp)")


@dataclass(frozen=True)
class Clip:
    """The video that a job made."""

    filename: str
    duration_s: float
    frames: int


class Talking:
    """Uploads and videos by the names that clients of this family see; no name is ever a path."""

    def __init__(self, media: Media) -> None:
        self.media = media
        self.jobs = media.jobs
        self.files = media.jobs.files
        self.database = media.jobs.database

    # ---------------------------------------------------------------- uploads

    @full_disk_is_said()
    def keep(self, incoming: Incoming, filename: str, kind: Kind) -> str:
        """Keep an upload; gives the new name under which it goes from now on."""
        accepted = IMAGE_TYPES if kind == "image" else ()
        stored = self.files.store(incoming, filename, media=kind, accepted=accepted, by_id=False)
        name = f"{secrets.token_hex(NAME_BYTES)}{stored.suffix}"
        with self.database.write() as connection:
            names.add(connection, name, stored.id, time.time())
        return name

    def upload(self, name: str, kind: Kind) -> StoredFile:
        """The upload that goes by a name; also by its id, as other families call it."""
        file_id = names.find(self.database, name) or _id_in(name)
        try:
            return self.files.get(file_id or "", media=kind)
        except StudioError as error:
            if error.code not in {"file_not_found", "file_of_other_kind"}:
                raise
            what = "Image file" if kind == "image" else "Audio file"
            raise StudioError("upload_name_missing", what=what, name=display_name(name)[:100]) from error

    def request(self, image_name: str, audio_name: str, values: dict[str, Any]) -> TalkRequest:
        """The request that two uploads and some members make."""
        image, audio = self.upload(image_name, "image"), self.upload(audio_name, "audio")
        title = values.pop("title", "") or f"{_stem(image.filename)} + {_stem(audio.filename)}"
        return TalkRequest(image_file_id=image.id, audio_file_id=audio.id, title=title, **values)

    # ------------------------------------------------------------------- jobs

    def job(self, name: str) -> Job:
        """A talking job by the id that clients of this family know."""
        found = _JOB.fullmatch(name)
        if found is not None:
            try:
                job = self.jobs.get(str(uuid.UUID(found[1])))
            except StudioError as error:
                if error.code != "generation_not_found":
                    raise
            else:
                if job.kind == "talk":
                    return job
        raise StudioError("talk_job_missing", id=display_name(name)[:100])

    def clip(self, job: Job) -> Clip | None:
        """The video of a job; None while there is none, or when somebody has removed it."""
        output = next((one for one in self.media.of_jobs([job])[job.id] if one.media == "video"), None)
        if output is None:
            return None
        fps = float(job.request.get("fps") or 25)
        duration_s = self._length(job, output.duration_s or 0.0, 1 / fps)
        return Clip(filename_of(output), duration_s, output.frames or math.ceil(duration_s * fps - 1e-6))

    def _length(self, job: Job, pictures_s: float, frame_s: float) -> float:
        """How long a video is: as long as the voice, while its pictures can only last whole frames."""
        try:
            voice_s = self.files.needed(job.request["audio_file_id"]).duration_s
        except StudioError:
            return pictures_s
        return voice_s if voice_s is not None and 0 <= pictures_s - voice_s <= frame_s else pictures_s

    def video(self, filename: str) -> tuple[Output, Path]:
        """A finished video by its name, and where it lies."""
        output = self._output(filename)
        if output is None:
            raise _missing(filename)
        try:
            return output, self.media.path(output)
        except StudioError as error:
            raise _missing(filename) from error

    def _output(self, filename: str) -> Output | None:
        found = _VIDEO.fullmatch(filename)
        if found is None:
            return None
        try:
            output = self.media.get(str(uuid.UUID(found[1])))
        except StudioError:
            return None
        return output if filename_of(output) == filename else None

    # --------------------------------------------------------------- removing

    @full_disk_is_said()
    def forget(self, filename: str) -> None:
        """Remove an upload or a video for good, unless others have the same bytes too, in any family."""
        if (output := self._output(filename)) is not None:
            self.media.delete(output.id)
            return
        file_id = names.find(self.database, filename) if is_bare_name(filename) else None
        if file_id is None:
            raise _missing(filename)
        with self.database.write() as connection:
            was_last = names.drop(connection, filename, time.time())
            is_needed = names.is_needed(connection, file_id)
        if was_last:
            # What a waiting job needs is kept for it, and goes with the next sweep after it.
            self._remove(file_id, force=not is_needed)

    def sweep(self) -> int:
        """Remove the bytes of uploads that were deleted while a job still needed them."""
        removed = 0
        for file_id in names.given_up(self.database, SWEPT_AT_ONCE):
            if self.files.path_if_there(file_id) is not None:
                self._remove(file_id, force=True)
                removed += 1
        return removed

    def _remove(self, file_id: str, *, force: bool) -> None:
        try:
            self.files.delete(file_id, force=force)
        except StudioError as error:  # somebody else was quicker
            if error.code != "file_not_found":
                raise


def job_name(job: Job) -> str:
    """The id under which clients of this family know a job."""
    return f"job_{uuid.UUID(job.id).hex}"


def filename_of(output: Output) -> str:
    """The name under which clients of this family know a video."""
    return uuid.UUID(output.id).hex + Path(output.name).suffix


def _id_in(name: str) -> str | None:
    """The id of an upload in its name, as `{file_id}.wav`."""
    try:
        return str(uuid.UUID(name.partition(".")[0]))
    except ValueError:
        return None


def _stem(filename: str) -> str:
    return filename.rpartition(".")[0] or filename


def _missing(filename: str) -> StudioError:
    return StudioError("upload_name_missing", what="File", name=display_name(filename)[:100])
