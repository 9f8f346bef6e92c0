"""Long voices on servers whose models make a few seconds at a time: piece after piece, joined at the end.

A task is sent once for each piece, and may see the clip before it, so that movement goes on. Which clips
are there stands in its step; the clips lie among the temporary files until they are one video.
"""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Callable, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio import clips, pictures, pieces, workflows
from studio.comfy.client import Comfy
from studio.comfy.events import RemoteOutput
from studio.disk import Incoming, remove_file
from studio.errors import StudioError
from studio.files import COPY_BLOCK
from studio.pieces import Cutting, Piece
from studio.records.entities import Job, Output, Task
from studio.request import TalkRequest, read_request

if TYPE_CHECKING:
    from collections.abc import Iterator

    from studio.jobs import Jobs

OUTPUT_NAME = "output.mp4"


@dataclass(frozen=True)
class Part:
    """The piece that a task is at, and the clips before it."""

    piece: Piece
    cutting: Cutting
    request: TalkRequest
    clips: tuple[Path, ...]

    @property
    def is_whole(self) -> bool:
        """Whether the clips are there; else all has to begin again."""
        return all(clip.is_file() for clip in self.clips)


class Pieces:
    """Tells at which piece a task is, keeps its clips, and makes one video of them."""

    def __init__(self, jobs: Jobs) -> None:
        self._files = jobs.files
        self._library = jobs.library
        self._folder = jobs.settings.temp_path

    def part_of(self, job: Job, task: Task) -> Part | None:
        """Where a task is in a long voice; None for all that is made in one run."""
        if job.kind != "talk":
            return None
        step = workflows.read_step(task.step)
        request = step.request_of(read_request(job.request))
        if not isinstance(request, TalkRequest):
            return None
        manifest = workflows.named(self._library, request.workflow or job.workflow).manifest
        if manifest.pieces is None:
            return None
        cutting = manifest.pieces.cutting(self._voice_s(request))
        made = tuple(self._folder / name for name in step.pieces)
        return Part(cutting.piece(len(made)), cutting, request, made)

    def _voice_s(self, request: TalkRequest) -> float:
        voice = self._files.needed(request.audio_file_id)
        if voice.duration_s is not None:
            return voice.duration_s
        return clips.inspect_sound(self._files.path_of(voice.id), float("inf")).duration_s

    @contextmanager
    def sound_of(self, part: Part) -> Iterator[Path]:
        """The piece of the voice, as a file for as long as it is needed."""
        self._folder.mkdir(parents=True, exist_ok=True)
        place = self._folder / f"{uuid.uuid4().hex}.wav"
        try:
            pieces.cut_sound(self._files.path_of(part.request.audio_file_id), part.piece, place)
            yield place
        finally:
            remove_file(place)

    def keep(self, client: Comfy, task: Task, part: Part, found: Sequence[RemoteOutput]) -> tuple[Path, ...]:
        """Bring the clip of this piece home; gives all clips so far."""
        remote = next((one for one in found if one.media == "video"), None)
        if remote is None:
            raise StudioError("no_output")
        # Named for this very attempt: an earlier owner that wakes up late must not write over it.
        target = self._folder / f"{task.id}.{task.attempt}.mp4"
        with client.view(remote) as download, Incoming(self._folder) as incoming:
            incoming.write_all(download)
            incoming.move_to(target)
        for clip in part.clips:
            with suppress(OSError):  # the clean-up takes what has not been touched for a day
                os.utime(clip)
        return (*part.clips, target)

    def join(
        self,
        job: Job,
        task: Task,
        part: Part,
        made: Sequence[Path],
        recipe: dict[str, Any],
        check: Callable[[], None],
    ) -> Output:
        """One video of all clips with the whole voice, as the task's output."""
        request = part.request
        place = self._folder / f"{uuid.uuid4().hex}.mp4"
        try:
            pieces.join(
                made,
                part.cutting,
                self._files.path_of(request.audio_file_id),
                place,
                fps=request.fps,
                size=request.resolution,
                duration_s=self._voice_s(request),
                check=check,
            )
            with place.open("rb") as film:
                blocks = pictures.film_with_recipe(iter(lambda: film.read(COPY_BLOCK), b""), recipe)
                kept = self._files.write_output(job.id, OUTPUT_NAME, blocks)
        finally:
            remove_file(place)
        facts = clips.inspect_video(kept.path)
        return Output(
            id=str(uuid.uuid4()),
            job_id=job.id,
            task_id=task.id,
            position=0,
            name=OUTPUT_NAME,
            filename=OUTPUT_NAME,
            view=task.view,
            media="video",
            mime_type="video/mp4",
            size=kept.size,
            width=facts.width if facts else None,
            height=facts.height if facts else None,
            sha256=kept.sha256,
            created_at=time.time(),
            duration_s=facts.duration_s if facts else None,
            frames=facts.frames if facts else None,
        )

    def drop(self, task: Task, made: Sequence[Path] = ()) -> None:
        """Remove the clips of a task that has ended."""
        for place in (*made, *(self._folder / name for name in workflows.read_step(task.step).pieces)):
            remove_file(place)
