"""What a sheet can show: the pictures of a job, and of the jobs that were made to go with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from studio.errors import StudioError
from studio.jobs import Jobs
from studio.records.entities import Job, Output
from studio.request import View

CellKind = Literal["view", "expression", "portrait"]
METADATA = "sheet"  # what a job is for, in the metadata of those that were made for a sheet

ORDER: tuple[View, ...] = ("front", "quarter", "side", "back")
# Expressions that models of all kinds draw when asked; in the order of a sheet.
EXPRESSIONS = (
    *(
        "neutral",
        "happy",
        "laughing",
        "smirk",
        "wink",
        "shy",
        "surprised",
        "scared",
        "sad",
        "crying",
        "angry",
    ),
    *("determined", "serious", "confused", "sleepy", "disgusted", "calm", "evil grin"),
)
MOST_ANCESTORS = 20
MOST_CHILDREN = 200
PICTURES = ("image/png", "image/jpeg", "image/webp")


@dataclass(frozen=True)
class Cell:
    """One picture that can stand on a sheet."""

    kind: CellKind
    key: str  # the view's or the expression's name
    output: Output
    original: Output | None = None  # the view's own picture, where one without a background stands for it

    @property
    def is_redrawn(self) -> bool:
        """Whether it was drawn once more, without a background."""
        return self.original is not None


@dataclass(frozen=True)
class Content:
    """All that is there for a sheet, and what is still being made."""

    job: Job
    views: tuple[Cell, ...]
    expressions: tuple[Cell, ...] = ()
    portrait: Cell | None = None
    pending: tuple[str, ...] = ()  # jobs

    @property
    def cells(self) -> tuple[Cell, ...]:
        """All pictures in the order in which they are listed."""
        return (*self.views, *((self.portrait,) if self.portrait else ()), *self.expressions)


def content_of(jobs: Jobs, job_id: str, picks: Mapping[str, str] | None = None) -> Content:
    """The pictures that a sheet of this job can show; a refusal if there are none yet."""
    job = jobs.get(job_id)
    views = [Cell("view", view, output) for view, output in _views(job, picks or {})]
    if not views:
        raise StudioError("sheet_empty", status=job.status)
    children = _children(jobs, job)
    redrawn = _redrawn(children)
    views = [_best(cell, redrawn) for cell in views]
    seeds = {task.seed for task in job.tasks}
    # What was made to go with another seed shows another character.
    fitting = [(child, about) for child, about in children if about.get("seed") in seeds]
    expressions: dict[str, Cell] = {}
    portrait: Cell | None = None
    for child, about in fitting:
        output = next((one for one in child.outputs if one.mime_type in PICTURES), None)
        if child.status != "completed" or output is None:
            continue
        if about.get("cell") == "expression":
            name = str(about.get("name", ""))
            expressions.setdefault(name, Cell("expression", name, output))
        elif about.get("cell") == "portrait" and portrait is None:
            portrait = Cell("portrait", "portrait", output)
    pending = tuple(child.id for child, _ in children if not child.is_final)
    in_order = sorted(expressions.values(), key=lambda cell: _place_of(cell.key))
    return Content(job, tuple(views), tuple(in_order), portrait, pending)


def _place_of(expression: str) -> tuple[int, str]:
    known = expression in EXPRESSIONS
    return (EXPRESSIONS.index(expression) if known else len(EXPRESSIONS)), expression


def about_sheet(job: Job) -> dict[str, Any] | None:
    """For which cell of a sheet a job was made, if it was made for one."""
    about = (job.metadata or {}).get(METADATA)
    return about if isinstance(about, dict) else None


def _views(job: Job, picks: Mapping[str, str]) -> Iterator[tuple[str, Output]]:
    outputs = [output for output in job.outputs if output.mime_type in PICTURES]
    known = {output.view for output in outputs}
    ordered = [*ORDER, *sorted(known - set(ORDER))]
    for view in ordered:
        variants = [output for output in outputs if output.view == view]
        wanted = picks.get(view)
        if wanted is not None and variants:
            found = next((output for output in variants if output.name == wanted), None)
            if found is None:
                raise StudioError("output_not_found", name=wanted)
            yield view, found
        elif variants:
            yield view, min(variants, key=lambda output: output.position)


def _children(jobs: Jobs, job: Job) -> list[tuple[Job, dict[str, Any]]]:
    """Jobs made for sheets of this job, or of the ones that it was made from; the newest first."""
    found: list[tuple[Job, dict[str, Any]]] = []
    current: Job | None = job
    for _ in range(MOST_ANCESTORS):
        if current is None:
            break
        for child, about in _made_for(jobs, current.id):
            # One of them made again is a child of its own.
            found += [*_made_for(jobs, child.id), (child, about)]
        current = _parent(jobs, current)
    return found


def _made_for(jobs: Jobs, job_id: str) -> list[tuple[Job, dict[str, Any]]]:
    page = jobs.list(parent_id=job_id, limit=MOST_CHILDREN)
    return [(child, about) for child in page.jobs if (about := about_sheet(child)) is not None]


def _parent(jobs: Jobs, job: Job) -> Job | None:
    if job.parent_id is None:
        return None
    try:
        return jobs.get(job.parent_id)
    except StudioError:  # it was deleted since
        return None


def _redrawn(children: list[tuple[Job, dict[str, Any]]]) -> dict[str, Output]:
    """Pictures without a background, by the hash of the picture that each one stands for."""
    found: dict[str, Output] = {}
    for child, about in children:
        stands_for = about.get("of")
        if about.get("cell") != "cutout" or not isinstance(stands_for, dict):
            continue
        for output in child.outputs:
            original = stands_for.get(output.view)
            if isinstance(original, str) and output.mime_type in PICTURES and output.position == 0:
                found.setdefault(original, output)
    return found


def _best(cell: Cell, redrawn: Mapping[str, Output]) -> Cell:
    output = redrawn.get(cell.output.sha256)
    return cell if output is None else Cell(cell.kind, cell.key, output, original=cell.output)
