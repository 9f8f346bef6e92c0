"""The choice: the best workflow that a server at hand can run, and its graph for one view."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from studio.comfy.info import ObjectInfo
from studio.errors import StudioError
from studio.request import AnyRequest, AvatarRequest, EditRequest, Part, TalkRequest, VideoRequest
from studio.workflows.driving import driving_needs
from studio.workflows.fill import fill, fit_to_server
from studio.workflows.library import named
from studio.workflows.links import Graph
from studio.workflows.manifest import DRIVING, Task, Workflow
from studio.workflows.steps import changed_values, front_request, without_front
from studio.workflows.trials import (
    Candidate,
    Kind,
    MissingFile,
    MissingNode,
    Plan,
    Trial,
    find_models,
    reasons_not_to,
    try_out,
)

HOSTED = "hosted"  # the family of models that draw elsewhere
REASONS_SHOWN = 3  # of workflows that nobody asked for by name
_TASKS_OF_KINDS: dict[Task, type[AnyRequest]] = {
    "talk": TalkRequest,
    "edit": EditRequest,
    "video": VideoRequest,
}


@dataclass(frozen=True)
class Preflight:
    """What would run where; and if nothing can, what is nearest to it and what that needs."""

    plan: Plan | None
    server: str
    trials: tuple[Trial, ...]  # the best first
    why: str = ""

    @property
    def nearest(self) -> Trial | None:
        """The workflow that would run, or the one that needs least to run."""
        return self.trials[0] if self.trials and not self.trials[0].unfit else None

    @property
    def files(self) -> tuple[MissingFile, ...]:
        """The files to get so that the request can run; none if it can."""
        return self.nearest.files if self.nearest else ()

    @property
    def nodes(self) -> tuple[MissingNode, ...]:
        """The nodes to install so that the request can run; none if it can."""
        return self.nearest.nodes if self.nearest else ()


def preflight(
    library: Mapping[str, Workflow],
    request: AnyRequest,
    candidates: Sequence[Candidate],
    sources: Collection[str] = (),
    *,
    in_sheet: bool = False,
) -> Preflight:
    """Every workflow that could be meant, tried on every server: what would run, and what the rest lacks.

    `sources` are the control maps that can be had; `in_sheet`: other views go with the one asked for.
    """
    if request.workflow is not None:
        named(library, request.workflow)
    may_be_comfy = request.engine == "auto" and not is_hosted(request.model)
    comfy_wanted = may_be_comfy and any(candidate.kind == "comfy" for candidate in candidates)
    kind: Kind = "comfy" if comfy_wanted else "embedded"
    trials = [
        try_out(workflow, request, candidate, sources, in_sheet=in_sheet)
        for workflow in library.values()
        if _is_meant(workflow, request, kind)
        for candidate in candidates
        if candidate.kind == kind
    ]
    fronts: dict[AvatarRequest, Preflight] = {}

    def front_by(asked: AvatarRequest) -> Preflight:
        if asked not in fronts:
            fronts[asked] = preflight(library, asked, candidates, sources, in_sheet=True)
        return fronts[asked]

    trials = [_with_front(library[trial.workflow], request, trial, front_by) for trial in trials]
    trials = [_with_driving(library, trial) for trial in trials]
    trials.sort(key=_order)
    best = trials[0] if trials else None
    plan = best.plan if best else None
    why = "" if plan else _why(request, kind, trials)
    return Preflight(plan, best.server if best and plan else "", tuple(trials), why)


def choose(
    library: Mapping[str, Workflow],
    request: AnyRequest,
    candidates: Sequence[Candidate],
    sources: Collection[str] = (),
) -> Plan:
    """The best workflow that a server at hand can run, or a refusal that says what is missing."""
    found = preflight(library, request, candidates, sources)
    if found.plan is None:
        raise StudioError("workflow_impossible", why=found.why)
    return found.plan


def _with_front(
    workflow: Workflow, request: AnyRequest, trial: Trial, front_by: Callable[[AvatarRequest], Preflight]
) -> Trial:
    """A trial that has no front view to go by, with the workflow that draws one from words."""
    if not isinstance(request, AvatarRequest) or trial.unfit or not without_front(workflow.manifest, request):
        return trial
    asked = front_request(workflow.manifest, request, trial.models.get("model"))
    found = front_by(asked)
    if found.plan is None:
        known = {(file.folder, file.name) for file in trial.files}
        return replace(
            trial,
            plan=None,
            files=(*trial.files, *(one for one in found.files if (one.folder, one.name) not in known)),
            nodes=tuple(dict.fromkeys((*trial.nodes, *found.nodes))),
            lacking=(*trial.lacking, f"for the front view: {found.why}"),
        )
    if trial.plan is None:
        return trial
    [front] = found.plan.steps
    front = replace(front, values=changed_values(trial.plan.request, found.plan.request))
    steps = {step.view: step for step in (front, *trial.plan.steps)}
    return replace(
        trial, plan=replace(trial.plan, steps=tuple(steps[view] for view in trial.plan.request.views))
    )


def _with_driving(library: Mapping[str, Workflow], trial: Trial) -> Trial:
    """A trial that follows a face that speaks, with what the engine needs that draws this face first."""
    plan, pieces = trial.plan, library[trial.workflow].manifest.pieces
    if plan is None or pieces is None or not isinstance(plan.request, TalkRequest):
        return trial
    steps = tuple(
        replace(step, first=driving_needs(library, plan.request, pieces.fps))
        if DRIVING in step.inputs.values()
        else step
        for step in plan.steps
    )
    return replace(trial, plan=replace(plan, steps=steps))


def prepare(
    workflow: Workflow,
    request: AnyRequest,
    view: Part,
    seed: int,
    info: ObjectInfo,
    *,
    uploads: Mapping[str, str],
    filename_prefix: str,
    from_front: bool = False,
    frames: int | None = None,
) -> Graph:
    """The graph for one view as this very server understands it.

    `from_front`: made from our front view; `frames`: of a piece of a long voice.
    """
    if reasons := reasons_not_to(workflow, request, info, uploads):
        raise StudioError("workflow_impossible", why="; ".join(reasons))
    graph = fill(
        workflow,
        request,
        view,
        seed,
        uploads=uploads,
        models=find_models(workflow, request, info, uploads),
        filename_prefix=filename_prefix,
        from_front=from_front,
        frames=frames,
    )
    return fit_to_server(graph, info)


def _is_meant(workflow: Workflow, request: AnyRequest, kind: Kind) -> bool:
    if workflow.manifest.engine not in (kind, "any"):
        return False
    if not _is_for(workflow.manifest.task, request):
        return False
    if (workflow.manifest.family == HOSTED) != is_hosted(request.model):
        return False  # hosted models cost money: they draw when they are named, and only then
    if request.workflow is None:
        return not workflow.manifest.pinned_only
    return request.workflow in (workflow.name, workflow.manifest.instead_of)


def _is_for(task: Task, request: AnyRequest) -> bool:
    """Whether a workflow does what is asked for; what draws serves all that ask for pictures."""
    own = next((task for task, kind in _TASKS_OF_KINDS.items() if isinstance(request, kind)), None)
    return task == own if own else task not in _TASKS_OF_KINDS


def is_hosted(model: str | None) -> bool:
    """Whether a model draws elsewhere, through the embedded engine."""
    return (model or "").startswith("hf:")


def _order(trial: Trial) -> tuple[int, ...]:
    """What can run comes first, the best of it at the head; then what lacks least; last what does not fit."""
    if trial.plan is not None:
        return (0, -trial.score)
    if trial.unfit:
        return (2,)
    unknown = sum(not file.address for file in trial.files)
    return (1, len(trial.nodes), unknown, len(trial.files), -trial.score)


def _why(request: AnyRequest, kind: Kind, trials: Sequence[Trial]) -> str:
    reasons = list(dict.fromkeys(reason for trial in trials for reason in trial.reasons))
    if not reasons:
        if request.workflow is not None:
            return f"workflow {request.workflow} is not for the {kind} engine"
        return "no workflow fits"
    if request.workflow is not None:
        return "; ".join(reasons)
    more = len(reasons) - REASONS_SHOWN
    return "; ".join(reasons[:REASONS_SHOWN]) + (
        f"; and {more} other workflows cannot either" if more > 0 else ""
    )
