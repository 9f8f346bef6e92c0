"""Trying a workflow on a server without running it: the plan, or all that stands in its way."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from studio.comfy.info import ObjectInfo, find_choice
from studio.comfy.packs import pack_of
from studio.request import AnyRequest, Part, TalkRequest, VideoRequest, media_of, with_values
from studio.workflows.checkpoints import matches_any
from studio.workflows.fill import fill
from studio.workflows.links import Graph
from studio.workflows.manifest import (
    CONTROL,
    DRIVING,
    FRONT,
    PANELS,
    RESOLVED,
    ModelChoice,
    ModelFile,
    Size,
    Workflow,
    role_of,
)
from studio.workflows.needs import lacks, needs_of
from studio.workflows.steps import Inputs, Step, inputs_for, only_front, without_front

Kind = Literal["embedded", "comfy"]

_MEDIA = {"image": "picture", "audio": "recording", "video": "video"}
WIDEST_SHEET = 2048  # pixels; models lose the thread in wider pictures


@dataclass(frozen=True)
class Plan:
    """A request with everything decided: which workflow runs it, and what a server must have for it."""

    workflow: str
    engine: Kind
    request: AnyRequest
    needs: str
    steps: tuple[Step, ...] = ()  # one for each view; without the front while another workflow has to draw it


@dataclass(frozen=True)
class Candidate:
    """A server as the choice sees it; no info yet means that it is still starting."""

    kind: Kind
    info: ObjectInfo | None
    name: str = ""


@dataclass(frozen=True)
class MissingNode:
    """A node that a server lacks, and what brings it."""

    name: str
    pack: str = ""  # empty: one of ComfyUI's own, or unknown
    address: str = ""


@dataclass(frozen=True)
class MissingFile:
    """A model that a server lacks; with a name and an address where one is known that would do."""

    slot: str
    what: str
    folder: str
    name: str = ""
    address: str = ""
    size_bytes: int | None = None
    licence: str = ""


@dataclass(frozen=True)
class Trial:
    """What became of one workflow on one server."""

    workflow: str
    title: str
    server: str
    plan: Plan | None = None
    score: int = 0
    models: dict[str, str] = field(default_factory=dict)
    unfit: tuple[str, ...] = ()  # why it is not for this request, whatever the server has
    nodes: tuple[MissingNode, ...] = ()
    files: tuple[MissingFile, ...] = ()
    lacking: tuple[str, ...] = ()  # all that the server is missing, in words

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why it cannot run, in words; empty when it can."""
        return self.unfit or self.lacking


def try_out(
    workflow: Workflow,
    request: AnyRequest,
    candidate: Candidate,
    sources: Collection[str] = (),
    *,
    in_sheet: bool = False,
) -> Trial:
    """What would become of a request as this workflow on this server; `in_sheet`: other views go with it."""
    found = _try_out(workflow, request, candidate, sources, in_sheet=in_sheet, spare=True)
    if found.plan or not any(source.startswith(CONTROL) for source in workflow.manifest.inputs_from.values()):
        return found
    # Maps that it can do without may ask for models that are not there.
    return _try_out(workflow, request, candidate, sources, in_sheet=in_sheet, spare=False)


def _try_out(
    workflow: Workflow,
    request: AnyRequest,
    candidate: Candidate,
    sources: Collection[str],
    *,
    in_sheet: bool,
    spare: bool,
) -> Trial:
    manifest, info = workflow.manifest, candidate.info
    start = Trial(workflow.name, manifest.title, candidate.name)
    no_front = without_front(manifest, request)
    views: list[Part] = [view for view in request.views if not (no_front and view == "front")]
    inputs: dict[Part, Inputs] = {
        view: inputs_for(manifest, request, view, sources, spare=spare) for view in views
    }
    if unfit := _unfit(workflow, request, inputs) or _unknown_mood(workflow, request, info):
        return replace(start, unfit=tuple(unfit))
    # The view with the most pictures has all the nodes.
    fullest = max(views, key=lambda view: len(inputs[view]))
    models, missing = _find_models(workflow, request, info, inputs[fullest])
    model = models.get("model") or next((file.name for file in missing if file.slot == "model"), "")
    score = manifest.rank.photo if request.realism else manifest.rank.drawn
    score += manifest.rank.alone if only_front(request) and not in_sheet else 0
    if "model" in manifest.models and model:
        score += workflow.checkpoints.rank(model, request.realism)
    resolved = _resolve(workflow, request, models)
    # What a server must have depends on which slots have a picture, not on the view.
    graphs = {
        slots: fill(workflow, resolved, views[0], 0, models=models, uploads=dict.fromkeys(slots, ""))
        for slots in {tuple(one) for one in inputs.values()}
    }
    graph = graphs[tuple(inputs[fullest])]
    needs = {slots: needs_of(candidate.kind, workflow, one) for slots, one in graphs.items()}
    all_needs = needs[tuple(inputs[fullest])]
    nodes = _missing_nodes(workflow, graph, info)
    of_packs = _files_of_packs(workflow, nodes)
    rest = lacks(all_needs, info) if info and not missing else []
    lacking = _words(workflow, [*missing, *of_packs], nodes, rest)
    steps = tuple(Step(view, workflow.name, needs[tuple(inputs[view])], inputs[view]) for view in views)
    return replace(
        start,
        plan=None if lacking else Plan(workflow.name, candidate.kind, resolved, all_needs, steps),
        score=score,
        models=models,
        nodes=nodes,
        files=(*missing, *_missing_by_name(graph, info, {file.name for file in missing}), *of_packs),
        lacking=tuple(lacking),
    )


def _resolve(workflow: Workflow, request: AnyRequest, models: Mapping[str, str]) -> AnyRequest:
    """The request with all that it leaves open decided."""
    manifest = workflow.manifest
    family = workflow.family_of(models.get("model") or request.model)
    defaults = {**manifest.defaults_for(family), **_other_side(request, manifest.sizes_for(family))}
    values: dict[str, Any] = {
        name: defaults[name] for name in RESOLVED if getattr(request, name) is None and name in defaults
    }
    if "model" in models:
        values["model"] = models["model"]
    return with_values(request, **values, workflow=workflow.name)


def _words(
    workflow: Workflow, files: Sequence[MissingFile], nodes: Sequence[MissingNode], lacking: Sequence[str]
) -> list[str]:
    title = workflow.manifest.title
    words = [
        f"{title} needs {file.what} in {file.folder}"
        + (f" (for example {file.name} from {file.address})" if file.address else "")
        for file in files
    ]
    rest = lacking or [f"the node {node.name}" for node in nodes]
    return [*words, f"{title}: {'; '.join(rest)}"] if rest else words


def _missing_by_name(graph: Graph, info: ObjectInfo | None, known: Collection[str]) -> list[MissingFile]:
    """Models that the graph itself or the request's LoRAs name, and the server does not list."""
    return [
        MissingFile("", f"{one.wanted} for {one.class_type}", f"models/{one.folder}", name=one.wanted)
        for one in (info.missing_models(graph) if info else ())
        if one.wanted and one.wanted not in known
    ]


def _other_side(request: AnyRequest, sizes: Sequence[Size]) -> dict[str, int]:
    """Of a request that gives one side only, the other one, as it goes with the nearest usual size."""
    if not sizes or (request.width is None) == (request.height is None):
        return {}
    if request.width is not None:
        given = request.width
        return {"height": min(sizes, key=lambda size: abs(size[0] - given))[1]}
    given = request.height or 0
    return {"width": min(sizes, key=lambda size: abs(size[1] - given))[0]}


def _unfit(workflow: Workflow, request: AnyRequest, inputs: Mapping[Part, Inputs]) -> list[str]:
    manifest, title = workflow.manifest, workflow.manifest.title
    for slot in manifest.requires:
        source = manifest.inputs_from.get(slot, "")
        for one in inputs.values():
            if source == DRIVING and slot not in one:
                return [f"{title} follows a face that the embedded engine draws, which does not answer"]
            if slot in one or (role := role_of(slot)) is None:
                continue
            if source.startswith(CONTROL):
                kind = source.removeprefix(CONTROL)
                return [
                    f"{title} needs {kind} maps ({source}) from the embedded engine, which does not answer"
                ]
            words = f"{title} needs a {role} {_MEDIA[media_of(role)]}"
            return [f"{words}, or the front view among several" if source == FRONT else words]
    if too_long := _too_long(workflow, request):
        return [too_long]
    if len(request.views) < manifest.least_views:
        return [f"{title} draws at least {manifest.least_views} views at once"]
    is_wide = (request.width or 0) * len(request.views) > WIDEST_SHEET
    if manifest.strategy == PANELS and is_wide and request.workflow != workflow.name:
        return [f"{title} draws all views in one picture, which would be wider than {WIDEST_SHEET} pixels"]
    for role in request.files():
        if role not in manifest.pictures:
            return [f"{title} does not take a {role} {_MEDIA[media_of(role)]}"]
    if request.loras and manifest.loras is None:
        return [f"{title} does not take LoRAs"]
    if request.model and "model" not in manifest.slots:
        return [f"{title} does not take a model by name"]
    if request.transparent and "transparent" not in manifest.slots and manifest.task != "cutout":
        return [f"{title} does not draw without a background"]
    if wrong := [view for view in request.views if view not in manifest.views]:
        return [f"{title} does not draw the view {wrong[0]}"]
    return []


def _too_long(workflow: Workflow, request: AnyRequest) -> str:
    clip = workflow.manifest.clip
    if clip is None or not isinstance(request, VideoRequest) or request.duration_s <= clip.longest_s:
        return ""
    return f"{workflow.manifest.title} makes at most {clip.longest_s:.1f} seconds at once"


def _unknown_mood(workflow: Workflow, request: AnyRequest, info: ObjectInfo | None) -> list[str]:
    if not isinstance(request, TalkRequest) or info is None:
        return []
    for node, name in (target.split(".") for target in workflow.manifest.slots.get("emotion", ())):
        known = info.choices(workflow.graph[node]["class_type"], name)
        if known and request.emotion not in known:
            mood = f"{workflow.manifest.title} does not know the mood {request.emotion!r}"
            return [f"{mood}, only {', '.join(known)}"]
    return []


def find_models(
    workflow: Workflow, request: AnyRequest, info: ObjectInfo | None, given: Collection[str] | None = None
) -> dict[str, str]:
    """The models that this server would use, by slot; `given` are slots of pictures; None: all of them."""
    if given is None:
        given = [slot for slot in workflow.manifest.slots if role_of(slot)]
    return _find_models(workflow, request, info, given)[0]


def reasons_not_to(
    workflow: Workflow, request: AnyRequest, info: ObjectInfo, given: Collection[str]
) -> list[str]:
    """Why a server cannot draw a view with these pictures now; empty when it can."""
    here: dict[Part, Inputs] = {request.views[0]: dict.fromkeys(given, "")}
    _, missing = _find_models(workflow, request, info, given)
    return _unfit(workflow, request, here) or _words(workflow, missing, (), ())


def _find_models(
    workflow: Workflow, request: AnyRequest, info: ObjectInfo | None, given: Collection[str]
) -> tuple[dict[str, str], list[MissingFile]]:
    found: dict[str, str] = {}
    missing: list[MissingFile] = []
    unused = {node for part in workflow.parts_without(given) for node in part.nodes}
    family = workflow.family_of(request.model)
    # The model first: its family decides which of the others go with it.
    for slot in sorted(workflow.manifest.models, key=lambda name: name != "model"):
        choice = workflow.manifest.models[slot]
        targets = [target.split(".") for target in workflow.manifest.slots[slot]]
        if all(node in unused for node, _ in targets) or info is None:
            continue
        node, input_name = targets[0]
        choices = info.choices(workflow.graph[node]["class_type"], input_name)
        wanted = request.model if slot == "model" else None
        if wanted:
            name = _named(workflow, choice, wanted, choices, pinned=request.workflow == workflow.name)
        else:
            name = _pick(workflow, choice, choices, request.realism, family)
        if name is not None:
            found[slot] = name
        else:
            missing.append(_wanted_file(slot, choice, wanted, family, request.realism))
        if slot == "model":
            family = workflow.family_of(name or missing[-1].name)
    return found, missing


def _named(
    workflow: Workflow, choice: ModelChoice, wanted: str, choices: Sequence[str], *, pinned: bool
) -> str | None:
    """The model that the person named, if this workflow is for its kind or was asked for by name too."""
    name = find_choice(wanted, choices)
    if name is None or pinned or _is_for(workflow, choice, name):
        return name
    return None


def _is_for(workflow: Workflow, choice: ModelChoice, name: str) -> bool:
    if matches_any(name, choice.never):
        return False
    return not choice.families or workflow.checkpoints.family(name).name in choice.families


def _pick(
    workflow: Workflow, choice: ModelChoice, choices: Sequence[str], realism: bool, family: str
) -> str | None:
    names = workflow.checkpoints
    usable = [name for name in choices if _is_for(workflow, choice, name)]
    if choice.families:
        usable = [name for name in usable if names.is_usable(name)]
    taste = choice.prefer_realism if realism and choice.prefer_realism else choice.prefer
    for pattern in (*choice.prefer_family.get(family, ()), *taste):
        for name in usable:
            if matches_any(name, (pattern,)):
                return name
    if not usable or choice.only_preferred:
        return None
    return max(usable, key=lambda name: names.rank(name, realism)) if choice.families else usable[0]


def _wanted_file(
    slot: str, choice: ModelChoice, wanted: str | None, family: str, realism: bool
) -> MissingFile:
    if wanted:
        return MissingFile(slot, f"{choice.what} named {wanted}", choice.folder, name=wanted)
    fitting = [file for file in choice.files if not file.families or family in file.families]
    look = "photo" if realism else "drawn"
    file: ModelFile | None = min(
        fitting,
        key=lambda one: (look, "any").index(one.look) if one.look in (look, "any") else 2,
        default=None,
    )
    if file is None:
        return MissingFile(slot, choice.what, choice.folder)
    return MissingFile(
        slot, choice.what, choice.folder, file.name, file.address, file.size_bytes, file.licence
    )


def _missing_nodes(workflow: Workflow, graph: Graph, info: ObjectInfo | None) -> tuple[MissingNode, ...]:
    if info is None:
        return ()
    packs = {node: pack for pack in workflow.manifest.packs for node in pack.nodes}
    found: list[MissingNode] = []
    for name in info.missing_nodes(graph):
        pack = packs.get(name)
        found.append(
            MissingNode(name, pack.name if pack else pack_of(name) or "", pack.address if pack else "")
        )
    return tuple(found)


def _files_of_packs(workflow: Workflow, nodes: Sequence[MissingNode]) -> list[MissingFile]:
    """What has to be put beside packs that are yet to be installed."""
    missing = {node.name for node in nodes}
    return [
        MissingFile("", file.what, file.folder, file.name, file.address, file.size_bytes, file.licence)
        for pack in workflow.manifest.packs
        if missing.intersection(pack.nodes)
        for file in pack.files
    ]
