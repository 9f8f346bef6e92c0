"""What is known of a job and its files without asking anybody; the same for both kinds of client."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

from studio.client import cards
from studio.client.state import FINAL, JobState, OutputState, SheetState, Status, Swatch, TaskState
from studio.client.told import told
from studio.errors import StudioError

SHORT = 8  # letters of an id that tell jobs of one person apart


class OutputFacts:
    """What is known of a finished file."""

    def __init__(self, state: OutputState) -> None:
        self.state = state

    @property
    def name(self) -> str:
        """Its name among the files of its job."""
        return self.state.name

    @property
    def view(self) -> str:
        """Which side of the character it shows, or what else it is."""
        return self.state.view

    @property
    def mime_type(self) -> str:
        """What kind of file it is."""
        return self.state.mime_type

    @property
    def size(self) -> tuple[int, int] | None:
        """Width and height in pixels, where they are known."""
        if self.state.width is None or self.state.height is None:
            return None
        return self.state.width, self.state.height

    @property
    def seed(self) -> int:
        """The seed with which it was made."""
        return self.state.seed

    @property
    def drift(self) -> dict[str, float] | None:
        """How far colours and shapes are from the front view's: `score` is 0 for equal."""
        return self.state.drift

    def __repr__(self) -> str:
        shown = f", {self.state.width}x{self.state.height}" if self.size else ""
        return f"<{type(self).__name__} {self.view}: {self.name}{shown}>"


class JobFacts:
    """What is known of a job since it was last heard of."""

    def __init__(self, state: JobState) -> None:
        self.state = state

    @property
    def id(self) -> str:
        """Its id, the same through every door."""
        return self.state.id

    @property
    def status(self) -> Status:
        """Queued, processing, completed, failed or cancelled."""
        return self.state.status

    @property
    def is_final(self) -> bool:
        """Whether nothing will change any more."""
        return self.state.status in FINAL

    @property
    def progress(self) -> float:
        """Percent."""
        return self.state.progress

    @property
    def prompt(self) -> str:
        """The words."""
        return self.state.prompt

    @property
    def seed(self) -> int:
        """The seed, also when it was left to chance."""
        return self.state.seed

    @property
    def engine(self) -> str:
        """What makes it: comfy or embedded."""
        return self.state.engine

    @property
    def notes(self) -> tuple[str, ...]:
        """What one should know about the result, such as words that were not drawn."""
        return self.state.notes

    @property
    def request(self) -> dict[str, Any]:
        """The whole request; together with the seed it makes the same again."""
        return self.state.request

    @property
    def metadata(self) -> dict[str, Any] | None:
        """What was kept with it."""
        return self.state.metadata

    @property
    def tasks(self) -> tuple[TaskState, ...]:
        """How far each view is."""
        return self.state.tasks

    @property
    def error(self) -> StudioError | None:
        """Why it failed."""
        if self.state.status == "cancelled":
            return StudioError("job_cancelled", id=self.id)
        if self.state.status == "failed":
            return told(self.state.error or {"message": "The job failed."})
        return None

    @property
    def created_at(self) -> datetime.datetime:
        """When it was asked for."""
        return datetime.datetime.fromtimestamp(self.state.created_at, datetime.UTC)

    @property
    def seconds(self) -> float | None:
        """How long the work took, once it is done."""
        if self.state.started_at is None or self.state.completed_at is None:
            return None
        return self.state.completed_at - self.state.started_at

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.id[:SHORT]} {cards.line(self.state)}>"

    def _repr_html_(self) -> str:
        return cards.card(self.state)


class SheetFacts:
    """What is known of a composed sheet."""

    def __init__(self, state: SheetState, options: dict[str, Any]) -> None:
        self.state = state
        self.options = options

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.state.width, self.state.height

    @property
    def palette(self) -> tuple[Swatch, ...]:
        """The character's colours."""
        return self.state.palette

    @property
    def notes(self) -> tuple[str, ...]:
        """What one should know about it."""
        return self.state.notes

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.state.width}x{self.state.height}>"


def place_for(path: str | Path, name: str) -> Path:
    """Where a file goes: the path itself, or under its own name if that is a folder."""
    target = Path(path)
    is_folder = target.is_dir() or str(path).endswith(("/", "\\"))
    target = target / name if is_folder else target
    target.parent.mkdir(parents=True, exist_ok=True)
    return target


def own_name(output: OutputFacts) -> str:
    """A file name that does not meet that of another job's file."""
    return f"{output.state.job_id[:SHORT]}-{output.name}"


FORMS = {
    ".png": "sheet.png",
    ".pdf": "sheet.pdf",
    ".psd": "sheet.psd",
    ".zip": "sheet.zip",
    ".gif": "turntable.gif",
    ".webp": "turntable.webp",
    ".mp4": "turntable.mp4",
}


def form_for(path: str | Path, form: str | None) -> str:
    """The form in which a sheet is saved: as it is named, or by the path's ending."""
    if form is not None:
        return form
    suffix = Path(path).suffix.lower()
    if suffix not in FORMS:
        raise StudioError("invalid_field", why=f"A sheet is saved as {', '.join(FORMS)}, not as {suffix!r}.")
    return FORMS[suffix]
