"""Long voices on servers whose models make a few seconds at a time: piece after piece, joined at the end.

A task is sent once for each piece, and may see the clip before it, so that movement goes on. Which clips
are there stands in its step; the clips lie among the temporary files until they are one video.

Where a workflow is driven by a video, the task is first sent to the embedded engine, which draws that.
"""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Callable, Collection, Sequence
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
    voice_s: float
    driving: Path | None = None  # the video that drives it, once it is there
    stages: tuple[str, ...] = ()  # what is needed to draw that, and what afterwards; empty: nothing drives it

    @property
    def is_whole(self) -> bool:
        """Whether the clips are there; else all has to begin again."""
        return all(clip.is_file() for clip in self.made)

    @property
    def made(self) -> tuple[Path, ...]:
        """All files that there are so far."""
        return self.clips if self.driving is None else (self.driving, *self.clips)

    @property
    def is_driving(self) -> bool:
        """Whether this run draws the video that drives the others."""
        return bool(self.stages) and self.driving is None

    @property
    def runs(self) -> int:
        """How often the task is sent."""
        return self.cutting.count + bool(self.stages)

    @property
    def share(self) -> tuple[float, float]:
        """Where this run begins and ends in the whole task."""
        return len(self.made) / self.runs, (len(self.made) + 1) / self.runs

    @property
    def needs(self) -> str | None:
        """What a server needs for this run; None where that is the same for all runs."""
        return self.stages[0 if self.is_driving else 1] if self.stages else None

    def driving_request(self, moods: Collection[str]) -> TalkRequest:
        """What the embedded engine is asked for."""
        return workflows.driving_request(self.request, self.cutting.fps, self.voice_s, moods)


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
        voice_s = self._voice_s(request)
        cutting = manifest.pieces.cutting(voice_s)
        made = tuple(self._folder / name for name in step.pieces)
        driving = self._folder / step.driving if step.driving else None
        return Part(cutting.piece(len(made)), cutting, request, made, voice_s, driving, step.stages)

    def _voice_s(self, request: TalkRequest) -> float:
        voice = self._files.needed(request.audio_file_id)
        if voice.duration_s is not None:
            return voice.duration_s
        return clips.inspect_sound(self._files.path_of(voice.id), float("inf")).duration_s

    @contextmanager
    def sound_of(self, part: Part) -> Iterator[Path]:
        """The sound for this run, as a file for as long as it is needed."""
        voice = self._files.path_of(part.request.audio_file_id)
        with self._passing(".wav") as place:
            if part.is_driving:
                pieces.after_silence(voice, workflows.REST_S, place)
            else:
                pieces.cut_sound(voice, part.piece, place)
            yield place

    @contextmanager
    def film_of(self, part: Part) -> Iterator[Path]:
        """The piece of the driving video, as a file for as long as it is needed."""
        if part.driving is None:
            raise ValueError("nothing drives it")
        with self._passing(".mp4") as place:
            lead = workflows.rest_frames(part.cutting.fps)
            pieces.cut_film(part.driving, part.piece, place, lead=lead)
            yield place

    @contextmanager
    def _passing(self, suffix: str) -> Iterator[Path]:
        self._folder.mkdir(parents=True, exist_ok=True)
        place = self._folder / f"{uuid.uuid4().hex}{suffix}"
        try:
            yield place
        finally:
            remove_file(place)

    def keep(self, client: Comfy, task: Task, part: Part, found: Sequence[RemoteOutput]) -> Path:
        """Bring the clip of this run home."""
        remote = next((one for one in found if one.media == "video"), None)
        if remote is None:
            raise StudioError("no_output")
        # Named for this very attempt: an earlier owner that wakes up late must not write over it.
        target = self._folder / f"{task.id}.{task.attempt}.mp4"
        with client.view(remote) as download, Incoming(self._folder) as incoming:
            incoming.write_all(download)
            incoming.move_to(target)
        for clip in part.made:
            with suppress(OSError):  # the clean-up takes what has not been touched for a day
                os.utime(clip)
        return target

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
                duration_s=part.voice_s,
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
        step = workflows.read_step(task.step)
        names = (*step.pieces, step.driving) if step.driving else step.pieces
        for place in (*made, *(self._folder / name for name in names)):
            remove_file(place)
