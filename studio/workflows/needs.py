"""What a server must have for a graph: as text that equal needs share, and compared with a server."""

from __future__ import annotations

import json

from studio.comfy.info import ObjectInfo, find_choice, model_folder
from studio.workflows.links import Graph
from studio.workflows.manifest import Workflow

LARGE = frozenset({"checkpoints", "diffusion_models"})


def needs_of(kind: str, workflow: Workflow, graph: Graph) -> str:
    """The nodes, models, sampler and scheduler of a filled graph, as text."""
    named = {
        (graph[node]["class_type"], input_name, graph[node]["inputs"][input_name])
        for slot in ("model", "sampler", "scheduler", *workflow.manifest.models)
        for node, input_name in (target.split(".") for target in workflow.manifest.slots.get(slot, ()))
        if node in graph
    }
    named |= {
        (node["class_type"], name, value)
        for node in graph.values()
        for name, value in node["inputs"].items()
        if isinstance(value, str) and model_folder(node["class_type"], name)
    }
    classes = sorted({node["class_type"] for node in graph.values()})
    models = [list(one) for one in sorted(named)]
    return json.dumps({"engine": kind, "classes": classes, "models": models}, sort_keys=True)


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


def large_models(needs: str) -> str:
    """The models that take long to load: checkpoints and diffusion models, spelled alike on all servers."""
    large = {
        name.replace("\\", "/").rsplit("/", 1)[-1]
        for class_type, input_name, name in json.loads(needs)["models"]
        if model_folder(class_type, input_name) in LARGE
    }
    return ", ".join(sorted(large))
