"""Brings the files that a step needs to its server: uploads, control maps, the front view."""

from __future__ import annotations

import hashlib
import mimetypes
from pathlib import Path
from typing import cast

from studio.comfy.client import Comfy
from studio.errors import StudioError
from studio.files import FileStore
from studio.records.entities import Job, Output, Task
from studio.request import VOICE, AnyRequest, AvatarRequest, View, media_of
from studio.runner.maps import ControlMaps
from studio.runner.pieces import Part, Pieces
from studio.workflows import CONTROL, DRIVING, FACE, FRONT, PREVIOUS, UPLOAD, RecordedStep, slot_of


def front_picture(job: Job, task: Task) -> Output | None:
    """The finished picture of the task that another one follows, or of the front view beside it."""
    for other in job.tasks:
        is_meant = other.id == task.follows if task.follows else other.view == "front"
        if is_meant and other.id != task.id and other.status == "completed":
            return next(
                (one for one in job.outputs if one.task_id == other.id and one.media == "image"), None
            )
    return None


def _hash_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class Feeder:
    """Fills the slots of files, each from its source."""

    def __init__(self, files: FileStore, maps: ControlMaps, pieces: Pieces) -> None:
        self._files = files
        self._maps = maps
        self.pieces = pieces

    def uploads(
        self,
        client: Comfy,
        job: Job,
        task: Task,
        step: RecordedStep,
        request: AnyRequest,
        part: Part | None = None,
    ) -> dict[str, str]:
        """Bring a step's files to a server; gives the names under which it has them, by slot.

        `part` is the piece of a long voice that this is about.
        """
        if part is not None and part.is_driving:
            return self._bring_driver(client, part)
        return {
            slot: self._bring_piece(client, part, source)
            if part and source in (PREVIOUS, DRIVING, f"{UPLOAD}{VOICE}")
            else self._bring(client, job, task, request, source)
            for slot, source in step.inputs_of(request).items()
            if not (source == PREVIOUS and (part is None or not part.clips))
        }

    def _bring_driver(self, client: Comfy, part: Part) -> dict[str, str]:
        """The face that is drawn speaking, and what it says."""
        face = client.upload(FACE, content_hash=_hash_of(FACE), suffix=FACE.suffix)
        return {
            slot_of("portrait"): face,
            slot_of(VOICE): self._bring_piece(client, part, f"{UPLOAD}{VOICE}"),
        }

    def _bring_piece(self, client: Comfy, part: Part, source: str) -> str:
        if source == PREVIOUS:
            clip = part.clips[-1]
            return client.upload(clip, content_hash=_hash_of(clip), suffix=clip.suffix, kind="video")
        if source == DRIVING:
            with self.pieces.film_of(part) as film:
                return client.upload(film, content_hash=_hash_of(film), suffix=film.suffix, kind="video")
        with self.pieces.sound_of(part) as sound:
            return client.upload(sound, content_hash=_hash_of(sound), suffix=sound.suffix, kind="audio")

    def _bring(self, client: Comfy, job: Job, task: Task, request: AnyRequest, source: str) -> str:
        if source == FRONT:
            return self._bring_front(client, job, task)
        if source.startswith(CONTROL) and isinstance(request, AvatarRequest):
            kind = source.removeprefix(CONTROL)
            pose_id = request.pose_file_id
            pose = (self._files.needed(pose_id), self._files.path_of(pose_id)) if pose_id else None
            # By the job's seed, so that a view that is made again with another seed shows the same figure.
            found = self._maps.get(request, cast(View, task.view), kind, job.seed, pose)
            return client.upload(found.path, content_hash=found.sha256, suffix=".png")
        role = source.removeprefix(UPLOAD)
        file_id = request.files()[role]
        stored = self._files.needed(file_id)
        return client.upload(
            self._files.path_of(file_id),
            content_hash=stored.sha256,
            suffix=stored.suffix,
            kind=media_of(role),
        )

    def _bring_front(self, client: Comfy, job: Job, task: Task) -> str:
        front = front_picture(job, task)
        path = self._files.output_path(job.id, front.name) if front else None
        if front is None or path is None or not path.is_file():
            raise StudioError("output_not_found", name=front.name if front else "the front view")
        suffix = mimetypes.guess_extension(front.mime_type) or ".png"
        return client.upload(path, content_hash=front.sha256, suffix=suffix)
