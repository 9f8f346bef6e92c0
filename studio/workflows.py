"""The workflow library: graphs with manifests, checked against a server, chosen for a request and filled."""

from __future__ import annotations

import copy
import json
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from studio import prompts
from studio.comfy.info import ObjectInfo, find_choice
from studio.errors import StudioError
from studio.request import AvatarRequest, View, with_values

LIBRARY = Path(__file__).resolve().parent.parent / "workflows"

YAW_DEG: dict[View, float] = {"front": 0.0, "back": 180.0, "side": 90.0, "quarter": 40.0}

# Request members that a manifest may give a default for, and that a recipe must hold to be made again.
RESOLVED = ("model", "width", "height", "steps", "cfg", "sampler", "scheduler", "denoise")

# Every slot that has a value without a model or a picture for it.
FILLED = frozenset(
    (*RESOLVED, "positive", "negative", "seed", "variants", "yaw", "style", "realism", "filename_prefix")
)

SlotTarget = Annotated[str, StringConstraints(pattern=r"^[^.]+\.[^.]+$")]
Graph = dict[str, dict[str, Any]]


class ModelChoice(BaseModel):
    """How one model is found among those that a server lists."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    what: str
    folder: str
    prefer: tuple[str, ...] = ()
    prefer_realism: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    only_preferred: bool = False


class OptionalPart(BaseModel):
    """Nodes that are there only when a slot has a value; else their readers read further up."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    when: str
    nodes: tuple[str, ...]
    bypass: dict[str, tuple[str, ...]] = {}


class LoraAnchor(BaseModel):
    """The outputs behind which a stack of LoRAs is put."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: tuple[str, int]
    clip: tuple[str, int]


class Manifest(BaseModel):
    """What stands in `workflow.toml`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str
    about: str = ""
    engine: Literal["embedded", "comfy", "any"]
    prompt_style: prompts.PromptStyle = "tags"
    consistency: str = ""
    requires: tuple[str, ...] = ()  # slots without which it makes no sense
    pinned_only: bool = False  # never chosen by itself
    defaults: dict[str, Any] = {}
    slots: dict[str, tuple[SlotTarget, ...]] = Field(default_factory=dict)
    models: dict[str, ModelChoice] = Field(default_factory=dict)
    loras: LoraAnchor | None = None
    optional: tuple[OptionalPart, ...] = ()


@dataclass(frozen=True)
class Workflow:
    """One entry of the library."""

    name: str
    manifest: Manifest
    graph: Graph

    def parts_without(self, slots: Iterable[str]) -> list[OptionalPart]:
        """The optional parts that a request with these slots does not use."""
        given = set(slots)
        return [part for part in self.manifest.optional if part.when not in given]


@dataclass(frozen=True)
class Plan:
    """A request with everything decided: which workflow runs it, and what a server must have for it."""

    workflow: str
    engine: Literal["embedded", "comfy"]
    request: AvatarRequest
    needs: str


@dataclass(frozen=True)
class Candidate:
    """A server as the choice sees it; no info yet means that it is still starting."""

    kind: Literal["embedded", "comfy"]
    info: ObjectInfo | None


def load_library(folders: Sequence[Path] = ()) -> dict[str, Workflow]:
    """All workflows by name; one in a user's folder replaces the library's of the same name."""
    found: dict[str, Workflow] = {}
    for folder in (LIBRARY, *folders):
        if not folder.is_dir():
            raise StudioError("workflow_broken", name=str(folder), why="there is no such folder")
        for manifest in sorted(folder.glob("*/workflow.toml")):
            workflow = _load(manifest)
            found[workflow.name] = workflow
    return found


def named(library: Mapping[str, Workflow], name: str) -> Workflow:
    """A workflow by its name."""
    if name not in library:
        raise StudioError("workflow_unknown", name=name, known=", ".join(sorted(library)))
    return library[name]


def _load(path: Path) -> Workflow:
    graph_path = path.parent / "graph.json"
    reading = path
    try:
        manifest = Manifest.model_validate(tomllib.loads(path.read_text("utf-8")))
        reading = graph_path
        graph: Graph = json.loads(graph_path.read_text("utf-8"))
        _check_graph(graph)
        reading = path
        _check_manifest(manifest, graph)
    except ValidationError as error:
        first = error.errors()[0]
        why = f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
        raise StudioError("workflow_broken", name=path.parent.name, why=f"{reading}: {why}") from error
    except (OSError, ValueError, RecursionError) as error:
        raise StudioError("workflow_broken", name=path.parent.name, why=f"{reading}: {error}") from error
    return Workflow(path.parent.name, manifest, graph)


def _check_graph(graph: Any) -> None:
    if isinstance(graph, dict) and isinstance(graph.get("nodes"), list):
        raise ValueError("this is the editor's own format; export it from ComfyUI with Export (API)")
    if not isinstance(graph, dict) or not graph:
        raise ValueError("a graph is an object with a member for each node")
    for node_id, node in graph.items():
        if not (
            isinstance(node, dict)
            and isinstance(node.get("class_type"), str)
            and isinstance(node.get("inputs"), dict)
        ):
            raise ValueError(f"node {node_id} needs a class_type and inputs")
        for name, value in node["inputs"].items():
            if is_link(value) and value[0] not in graph:
                raise ValueError(f"{node_id}.{name} is linked to node {value[0]}, which is not there")


def _check_manifest(manifest: Manifest, graph: Graph) -> None:
    for slot, targets in manifest.slots.items():
        if slot not in FILLED and slot not in manifest.models and not slot.endswith("_image"):
            raise ValueError(f"nothing fills a slot named {slot}; there are {', '.join(sorted(FILLED))}")
        for target in targets:
            node, input_name = target.split(".")
            if node not in graph or input_name not in graph[node]["inputs"]:
                raise ValueError(f"slot {slot} names {target}, which is not in the graph")
    if unslotted := sorted({*manifest.models, *manifest.requires} - set(manifest.slots)):
        raise ValueError(f"there is no slot for {', '.join(unslotted)}")
    if unknown := sorted(set(manifest.defaults) - set(RESOLVED)):
        raise ValueError(f"there are no defaults for {', '.join(unknown)}, only for {', '.join(RESOLVED)}")
    AvatarRequest.model_validate({"prompt": "anybody", **manifest.defaults})
    anchor = manifest.loras
    for node, _ in (anchor.model, anchor.clip) if anchor else ():
        if node not in graph:
            raise ValueError(f"loras names node {node}, which is not in the graph")
    for part in manifest.optional:
        if part.when not in manifest.slots:
            raise ValueError(f"an optional part waits for {part.when}, which is no slot")
        for node in (*part.nodes, *part.bypass):
            if node not in graph:
                raise ValueError(
                    f"the optional part {part.when} names node {node}, which is not in the graph"
                )
        for node, names in part.bypass.items():
            for name in names:
                if not is_link(graph[node]["inputs"].get(name)):
                    raise ValueError(f"the bypass of {part.when} names {node}.{name}, which is no link")
    _check_what_is_left(manifest, graph)


def _check_what_is_left(manifest: Manifest, graph: Graph) -> None:
    """Without its optional parts, a graph must have no link that leads nowhere."""
    left = copy.deepcopy(graph)
    for part in manifest.optional:
        _remove(left, part)
    for node_id, node in left.items():
        for name, value in node["inputs"].items():
            if is_link(value) and value[0] not in left:
                raise ValueError(
                    f"{node_id}.{name} reads from node {value[0]}, which is optional and has no bypass"
                )


def is_link(value: Any) -> bool:
    """Whether an input's value is another node's output."""
    return (
        isinstance(value, list)
        and len(value) == 2
        and isinstance(value[0], str)
        and isinstance(value[1], int)
        and not isinstance(value[1], bool)
    )


def choose(library: Mapping[str, Workflow], request: AvatarRequest, candidates: Sequence[Candidate]) -> Plan:
    """The best workflow that a server at hand can run, or a refusal that says what is missing."""
    if request.workflow is not None:
        named(library, request.workflow)
    comfy_wanted = request.engine == "auto" and any(candidate.kind == "comfy" for candidate in candidates)
    kind: Literal["embedded", "comfy"] = "comfy" if comfy_wanted else "embedded"
    servers = [candidate for candidate in candidates if candidate.kind == kind]
    reasons: list[str] = []
    for workflow in library.values():
        if request.workflow not in (None, workflow.name):
            continue
        if workflow.manifest.engine not in (kind, "any") or (
            workflow.manifest.pinned_only and request.workflow is None
        ):
            continue
        for server in servers:
            try:
                return _plan(workflow, kind, request, server.info)
            except StudioError as error:
                reasons.append(str(error.facts.get("why", error)))
    if request.workflow is not None and not reasons:
        reasons.append(f"workflow {request.workflow} is not for the {kind} engine")
    raise StudioError("workflow_impossible", why="; ".join(dict.fromkeys(reasons)) or "no workflow fits")


def _plan(
    workflow: Workflow,
    kind: Literal["embedded", "comfy"],
    request: AvatarRequest,
    info: ObjectInfo | None,
) -> Plan:
    manifest = workflow.manifest
    _refuse_what_does_not_fit(workflow, request)
    values: dict[str, Any] = {
        name: manifest.defaults[name]
        for name in RESOLVED
        if getattr(request, name) is None and name in manifest.defaults
    }
    models = _find_models(workflow, request, info)
    if "model" in models:
        values["model"] = models["model"]
    resolved = with_values(request, **values, workflow=workflow.name)
    graph = fill(
        workflow, resolved, resolved.views[0], resolved.seed or 0, models=models, uploads=_sample(resolved)
    )
    needs = _needs(kind, workflow, graph)
    if info is not None and (missing := lacks(needs, info)):
        raise StudioError("workflow_impossible", why=f"{manifest.title}: {'; '.join(missing)}")
    return Plan(workflow.name, kind, resolved, needs)


def prepare(
    workflow: Workflow,
    request: AvatarRequest,
    view: View,
    seed: int,
    info: ObjectInfo,
    *,
    uploads: Mapping[str, str],
    filename_prefix: str,
) -> Graph:
    """The graph for one view as this very server understands it."""
    models = _find_models(workflow, request, info)
    graph = fill(
        workflow, request, view, seed, uploads=uploads, models=models, filename_prefix=filename_prefix
    )
    return _fit_to_server(graph, info)


def _sample(request: AvatarRequest) -> dict[str, str]:
    return {f"{role}_image": "" for role in request.files()}


def _refuse_what_does_not_fit(workflow: Workflow, request: AvatarRequest) -> None:
    for slot in workflow.manifest.requires:
        if slot not in _sample(request):
            what = slot.removesuffix("_image")
            raise StudioError("workflow_impossible", why=f"{workflow.manifest.title} needs a {what} picture")
    for role in request.files():
        if f"{role}_image" not in workflow.manifest.slots:
            raise StudioError(
                "workflow_impossible", why=f"{workflow.manifest.title} does not take a {role} picture"
            )
    if request.loras and workflow.manifest.loras is None:
        raise StudioError("workflow_impossible", why=f"{workflow.manifest.title} does not take LoRAs")


def _find_models(workflow: Workflow, request: AvatarRequest, info: ObjectInfo | None) -> dict[str, str]:
    """The models that this server would use, by slot."""
    found: dict[str, str] = {}
    unused = {node for part in workflow.parts_without(_sample(request)) for node in part.nodes}
    for slot, choice in workflow.manifest.models.items():
        targets = [target.split(".") for target in workflow.manifest.slots[slot]]
        if all(node in unused for node, _ in targets) or info is None:
            continue
        node, input_name = targets[0]
        choices = info.choices(workflow.graph[node]["class_type"], input_name)
        wanted = request.model if slot == "model" else None
        name = find_choice(wanted, choices) if wanted else _pick(choice, choices, request.realism)
        if name is None:
            have = f" named {wanted}" if wanted else ""
            raise StudioError(
                "workflow_impossible",
                why=f"{workflow.manifest.title} needs {choice.what}{have} in {choice.folder}",
            )
        found[slot] = name
    return found


def _pick(choice: ModelChoice, choices: Sequence[str], realism: bool) -> str | None:
    usable = [name for name in choices if not any(_matches(name, pattern) for pattern in choice.never)]
    for pattern in choice.prefer_realism if realism and choice.prefer_realism else choice.prefer:
        for name in usable:
            if _matches(name, pattern):
                return name
    return usable[0] if usable and not choice.only_preferred else None


def _matches(name: str, pattern: str) -> bool:
    return fnmatchcase(name.lower(), pattern.lower())


def _needs(kind: str, workflow: Workflow, graph: Graph) -> str:
    """What a server must have, as text that equal needs share."""
    models = sorted(
        [graph[node]["class_type"], input_name, graph[node]["inputs"][input_name]]
        for slot in dict.fromkeys(("model", "sampler", "scheduler", *workflow.manifest.models))
        for node, input_name in (target.split(".") for target in workflow.manifest.slots.get(slot, ()))
        if node in graph
    )
    loras = [
        [node["class_type"], "lora_name", node["inputs"]["lora_name"]]
        for node in graph.values()
        if node["class_type"] == "LoraLoader"
    ]
    classes = sorted({node["class_type"] for node in graph.values()})
    return json.dumps({"engine": kind, "classes": classes, "models": models + sorted(loras)}, sort_keys=True)


def can_run(needs: str, kind: str, info: ObjectInfo) -> bool:
    """Whether a server of this kind can run tasks with these needs."""
    return json.loads(needs)["engine"] == kind and not lacks(needs, info)


def lacks(needs: str, info: ObjectInfo) -> list[str]:
    """What this server is missing, in words; empty when it can run the task."""
    wanted = json.loads(needs)
    missing = [f"the node {name}" for name in wanted["classes"] if not info.has(name)]
    if missing:
        return missing
    for class_type, input_name, model in wanted["models"]:
        if find_choice(model, info.choices(class_type, input_name)) is None:
            missing.append(f"{model} for {class_type}")
    return missing


def fill(
    workflow: Workflow,
    request: AvatarRequest,
    view: View,
    seed: int,
    *,
    uploads: Mapping[str, str],
    models: Mapping[str, str] | None = None,
    filename_prefix: str = "avatarforge",
) -> Graph:
    """The graph for one view, ready to be sent."""
    text = prompts.write(request, view, workflow.manifest.prompt_style)
    values: dict[str, Any] = {name: getattr(request, name) for name in RESOLVED}
    values |= {
        "positive": text.positive,
        "negative": text.negative,
        "seed": seed,
        "variants": request.variants,
        "yaw": YAW_DEG[view],
        "style": request.style,
        "realism": request.realism,
        "filename_prefix": filename_prefix,
        **(models or {}),
        **uploads,
    }
    graph = copy.deepcopy(workflow.graph)
    for part in workflow.parts_without(uploads):
        _remove(graph, part)
    for slot, targets in workflow.manifest.slots.items():
        if values.get(slot) is None:
            continue
        for target in targets:
            node, input_name = target.split(".")
            if node in graph:
                graph[node]["inputs"][input_name] = values[slot]
    if request.loras and workflow.manifest.loras is not None:
        _insert_loras(graph, workflow.manifest.loras, request)
    return graph


def _fit_to_server(graph: Graph, info: ObjectInfo) -> Graph:
    """The same graph with each model named as this server names it (folders and slashes differ)."""
    for node in graph.values():
        for name, value in node["inputs"].items():
            if not isinstance(value, str) or info.takes_upload(node["class_type"], name):
                continue
            choices = info.choices(node["class_type"], name)
            if choices and value not in choices and (own_name := find_choice(value, choices)):
                node["inputs"][name] = own_name
    return graph


def _remove(graph: Graph, part: OptionalPart) -> None:
    for node_id, inputs in part.bypass.items():
        sources = [graph[node_id]["inputs"][name] for name in inputs]
        for index, source in enumerate(sources):
            _relink(graph, [node_id, index], source)
    for node_id in part.nodes:
        del graph[node_id]


def _relink(graph: Graph, old: list[Any], new: list[Any]) -> None:
    for node in graph.values():
        for name, value in node["inputs"].items():
            if value == old:
                node["inputs"][name] = new


def _insert_loras(graph: Graph, anchor: LoraAnchor, request: AvatarRequest) -> None:
    model, clip = list(anchor.model), list(anchor.clip)
    stack: Graph = {}
    for position, lora in enumerate(request.loras):
        node_id = f"lora{position + 1}"
        stack[node_id] = {
            "class_type": "LoraLoader",
            "inputs": {
                "lora_name": lora.name,
                "strength_model": lora.strength,
                "strength_clip": lora.strength,
                "model": model,
                "clip": clip,
            },
            "_meta": {"title": f"LoRA {lora.name}"},
        }
        model, clip = [node_id, 0], [node_id, 1]
    _relink(graph, list(anchor.model), model)
    _relink(graph, list(anchor.clip), clip)
    graph.update(stack)
