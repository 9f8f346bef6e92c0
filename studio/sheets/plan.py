"""What to generate so that a sheet has more to show: faces, a portrait, clean cut-outs; and asking for it."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from studio.errors import StudioError
from studio.jobs import IdempotencyKey, Jobs
from studio.pictures import encode
from studio.pictures.figure import bust
from studio.records.entities import Job, Task
from studio.request import AvatarRequest, View, with_values
from studio.sheets.content import EXPRESSIONS, METADATA, ORDER, Cell, Content, about_sheet, content_of
from studio.sheets.material import load

USUAL: tuple[str, ...] = ("neutral", "happy", "laughing", "sad", "angry", "surprised", "smirk", "wink")
MOST_AT_ONCE = 18
FACE_PX = 512  # of the embedded engine's faces
REFERENCE_PX = 768  # of the face that a model is shown
# What a workflow decided for itself; another workflow decides anew.
DECIDED = ("workflow", "model", "width", "height", "steps", "cfg", "sampler", "scheduler", "denoise")


@dataclass(frozen=True)
class Planned:
    """One request that is worth submitting, and for which cell of the sheet."""

    request: AvatarRequest
    about: dict[str, Any]
    note: str = ""


def all_views(job: Job) -> AvatarRequest:
    """The request of a job for all four sides at once; where that can be had, without a background."""
    request = _request_of(job)
    return with_values(request, views=ORDER, variants=1, transparent=job.engine == "embedded")


def expressions(jobs: Jobs, job_id: str, names: Sequence[str] = USUAL) -> list[Planned]:
    """A face for each of these expressions that the sheet does not have yet."""
    if len(names) > MOST_AT_ONCE:
        why = f"expressions: {len(names)} at once; at most {MOST_AT_ONCE} can be asked for."
        raise StudioError("invalid_field", why=why)
    content = content_of(jobs, job_id)
    there = {cell.key for cell in content.expressions} | _on_their_way(jobs, content, "expression")
    wanted = [name for name in dict.fromkeys(map(_plain, names)) if name and name not in there]
    return list(_faces(jobs, content, [("expression", name) for name in wanted]))


def portrait(jobs: Jobs, job_id: str) -> list[Planned]:
    """A portrait, if the sheet has none yet."""
    content = content_of(jobs, job_id)
    if content.portrait is not None or _on_their_way(jobs, content, "portrait"):
        return []
    return list(_faces(jobs, content, [("portrait", "")]))


def cutouts(jobs: Jobs, job_id: str) -> list[Planned]:
    """The views once more without a background, as far as they have one."""
    content = content_of(jobs, job_id)
    if _on_their_way(jobs, content, "cutout"):
        return []
    solid = [cell for cell in content.views if load(jobs.files, cell).how != "alpha"]
    if content.job.engine == "embedded":
        return list(_redrawn(content, solid))
    return [_cut_by_model(jobs, content, cell) for cell in solid]


def submit(
    jobs: Jobs,
    job_id: str,
    planned: Iterable[Planned],
    *,
    door: str,
    priority: int = 0,
    keys: Callable[[int], IdempotencyKey | None] | None = None,
    cancel_after_s: float | None = None,
) -> list[Job]:
    """Record the planned requests as jobs that belong to this one; `keys` gives each its own."""
    return [
        jobs.submit(
            one.request,
            door=door,
            priority=priority,
            metadata={METADATA: {**one.about, "note": one.note}},
            parent_id=job_id,
            key=keys(number) if keys else None,
            cancel_after_s=cancel_after_s,
        )
        for number, one in enumerate(planned)
    ]


def draw_cutouts(jobs: Jobs, job_id: str, *, door: str, timeout_s: float = 60.0) -> bool:
    """Have the embedded engine's views drawn without a background and wait; whether all have none then."""
    if jobs.get(job_id).engine != "embedded":
        return False
    submit(jobs, job_id, cutouts(jobs, job_id), door=door)
    content = content_of(jobs, job_id)
    deadline = time.monotonic() + timeout_s
    for child in content.pending:
        jobs.wait(child, max(0.0, deadline - time.monotonic()))
    return all(load(jobs.files, cell).how == "alpha" for cell in content_of(jobs, job_id).views)


# ------------------------------------------------------------------------ faces


def _faces(jobs: Jobs, content: Content, cells: Sequence[tuple[str, str]]) -> Iterator[Planned]:
    job, front = content.job, content.views[0]
    seed = _task_of(job, front.key).seed
    for kind, name in cells:
        about = {"cell": kind, **({"name": name} if name else {}), "seed": seed}
        request = _face_request(job, name, seed)
        if job.engine == "embedded":
            side = {"width": FACE_PX, "height": FACE_PX, "transparent": True}
            yield Planned(with_values(request, **side), about)
        else:
            yield _face_by_model(jobs, front, request, about)


def _face_request(job: Job, expression: str, seed: int) -> AvatarRequest:
    request = _request_of(job)
    words = request.prompt
    if expression:
        words = ", ".join(part for part in (without_expressions(words), f"{expression} expression") if part)
    return with_values(
        request, prompt=words, views=("front",), framing="portrait", seed=seed,
        variants=1, pose_file_id=None,
    )  # fmt: skip


def _face_by_model(jobs: Jobs, front: Cell, request: AvatarRequest, about: dict[str, Any]) -> Planned:
    """By a workflow that takes the face as reference; else by the same model with the same words and seed."""
    picture = encode.png(bust(load(jobs.files, front), REFERENCE_PX))
    stored = jobs.files.store_bytes(picture, "face.png")
    undecided = with_values(request, **dict.fromkeys(DECIDED), reference_file_id=stored.id)
    try:
        plan = jobs.preflight(undecided)
    except StudioError as error:
        if error.code != "workflow_impossible":
            raise
        side = _square_side(request)
        alone = with_values(request, width=side, height=side)
        return Planned(alone, about, "Made from the words and the seed alone: no workflow takes a reference.")
    return Planned(
        undecided, about, f"Made by the workflow {plan.workflow} from the face in the {front.key} view."
    )


def _square_side(request: AvatarRequest) -> int | None:
    if request.width is None or request.height is None:
        return None
    return max(64, round((request.width * request.height) ** 0.5 / 64) * 64)


def without_expressions(words: str) -> str:
    """The words without those parts that only name an expression, so that another one can be asked for."""
    parts = [part.strip() for part in words.split(",")]
    return ", ".join(part for part in parts if part and _plain(part) not in EXPRESSIONS)


def _plain(name: str) -> str:
    """An expression's bare name: `(Determined Expression:1.2)` is `determined`."""
    name = re.sub(r":\s*-?[\d.]+\s*\)", "", name)
    name = re.sub(r"[()\[\]]", "", name).replace("_", " ").strip(" .").lower()
    return re.sub(r"\s+(expression|face|look)$", "", name)[:60]


# --------------------------------------------------------------------- cut-outs


def _redrawn(content: Content, cells: Sequence[Cell]) -> Iterator[Planned]:
    """The same figure on nothing; views with a seed of their own need a job of their own."""
    job = content.job
    by_seed: dict[int, list[Cell]] = {}
    for cell in cells:
        by_seed.setdefault(_task_of(job, cell.key).seed, []).append(cell)
    for seed, group in by_seed.items():
        views = tuple(cell.key for cell in group)
        request = with_values(_request_of(job), views=views, seed=seed, variants=1, transparent=True)
        yield Planned(
            request, {"cell": "cutout", "seed": seed, "of": {c.key: c.output.sha256 for c in group}}
        )


def _cut_by_model(jobs: Jobs, content: Content, cell: Cell) -> Planned:
    path = jobs.files.output_path(cell.output.job_id, cell.output.name)
    stored = jobs.files.store_bytes(path.read_bytes(), cell.output.name)
    seed = _task_of(content.job, cell.key).seed
    view: View = next(view for view in ORDER if view == cell.key)
    request = AvatarRequest(
        prompt=content.job.request["prompt"], views=(view,), seed=seed, reference_file_id=stored.id,
        workflow="cutout", transparent=True,
    )  # fmt: skip
    about = {"cell": "cutout", "seed": seed, "of": {cell.key: cell.output.sha256}}
    return Planned(request, about, "Cut out by a model that knows foreground from background.")


def _task_of(job: Job, view: str) -> Task:
    return next((task for task in job.tasks if task.view == view), job.tasks[0])


def _request_of(job: Job) -> AvatarRequest:
    return AvatarRequest.model_validate(job.request)


def _on_their_way(jobs: Jobs, content: Content, kind: str) -> set[str]:
    """The cells of a kind that are being made just now, by name."""
    found = (about_sheet(jobs.get(job_id)) or {} for job_id in content.pending)
    return {str(about.get("name") or kind) for about in found if about.get("cell") == kind}
