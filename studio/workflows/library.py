"""Loading the library: each workflow's manifest and graph, checked against one another."""

from __future__ import annotations

import copy
import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from studio.errors import StudioError
from studio.request import AvatarRequest
from studio.workflows.adopt import adopt
from studio.workflows.checkpoints import Checkpoints, read_checkpoints
from studio.workflows.fill import remove_part
from studio.workflows.links import Graph, is_link
from studio.workflows.manifest import (
    FILLED,
    FILM,
    OWN_FILMS,
    PICTURE,
    RESOLVED,
    Manifest,
    Workflow,
    role_of,
)

LIBRARY = Path(__file__).resolve().parent.parent.parent / "workflows"


def load_library(folders: Sequence[Path] = ()) -> dict[str, Workflow]:
    """All workflows by name; one in a user's folder replaces the library's of the same name."""
    checkpoints = _read_names(LIBRARY / "checkpoints.toml", None)
    for folder in folders:
        if not folder.is_dir():
            raise StudioError("workflow_broken", name=str(folder), why="there is no such folder")
        if (names := folder / "checkpoints.toml").is_file():
            checkpoints = _read_names(names, checkpoints)
    found: dict[str, Workflow] = {}
    for folder in (LIBRARY, *folders):
        for name, manifest, graph in _places(folder):
            found[name] = _load(name, manifest, graph, checkpoints)
    return found


def named(library: Mapping[str, Workflow], name: str) -> Workflow:
    """A workflow by its name."""
    if name not in library:
        raise StudioError("workflow_unknown", name=name, known=", ".join(sorted(library)))
    return library[name]


def _places(folder: Path) -> Iterator[tuple[str, Path, Path]]:
    """Name, manifest and graph of each workflow: a folder with both, or an exported file and its sidecar."""
    for place in sorted(path for path in folder.iterdir() if path.is_dir()):
        manifest, graph = place / "workflow.toml", place / "graph.json"
        if manifest.is_file() or graph.is_file():
            yield place.name, manifest, graph
    for graph in sorted(folder.glob("*.json")):
        yield graph.stem, graph.with_suffix(".toml"), graph


def _read_names(path: Path, base: Checkpoints | None) -> Checkpoints:
    try:
        return read_checkpoints(path, base)
    except (OSError, ValueError) as error:
        raise StudioError("workflow_broken", name=path.name, why=f"{path}: {_said(error)}") from error


def _load(name: str, manifest_path: Path, graph_path: Path, checkpoints: Checkpoints) -> Workflow:
    reading = manifest_path
    try:
        written = tomllib.loads(manifest_path.read_text("utf-8")) if manifest_path.is_file() else {}
        is_whole = {"title", "engine"} <= set(written) or graph_path.parent.name == name
        manifest = Manifest.model_validate(written) if written and is_whole else None
        if manifest and manifest.graph_of:
            graph_path = graph_path.parent.parent / manifest.graph_of / "graph.json"
        reading = graph_path
        graph: Graph = json.loads(graph_path.read_text("utf-8"))
        check_graph(graph)
        reading = manifest_path
        if manifest is None:
            manifest = adopt(graph, name, written)
        _check_manifest(manifest, graph)
        for target, value in manifest.constants.items():
            node, input_name = target.split(".")
            graph[node]["inputs"][input_name] = value
    except (OSError, ValueError, RecursionError) as error:
        raise StudioError("workflow_broken", name=name, why=f"{reading}: {_said(error)}") from error
    return Workflow(name, manifest, graph, checkpoints)


def _said(error: Exception) -> str:
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    return str(error)


def check_graph(graph: Any) -> None:
    """Refuse what is no graph in API format, and links that lead nowhere."""
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
        if slot not in FILLED and slot not in manifest.models and not _takes_file(manifest, slot):
            raise ValueError(f"nothing fills a slot named {slot}; there are {', '.join(sorted(FILLED))}")
        for target in targets:
            _check_target(f"slot {slot}", target, graph)
    for target in manifest.constants:
        _check_target("constants", target, graph)
    for slot in manifest.inputs_from:
        if not slot.endswith(FILM if manifest.inputs_from[slot] in OWN_FILMS else PICTURE):
            raise ValueError(f"inputs_from names {slot}, which is no picture")
    needed = {*manifest.models, *manifest.requires, *manifest.inputs_from}
    if unslotted := sorted(needed - set(manifest.slots)):
        raise ValueError(f"there is no slot for {', '.join(unslotted)}")
    for defaults in (manifest.defaults, *manifest.family_defaults.values()):
        if unknown := sorted(set(defaults) - set(RESOLVED)):
            raise ValueError(
                f"there are no defaults for {', '.join(unknown)}, only for {', '.join(RESOLVED)}"
            )
        AvatarRequest.model_validate({"prompt": "anybody", **defaults})
    for width, height in (*manifest.sizes, *(size for one in manifest.family_sizes.values() for size in one)):
        AvatarRequest.model_validate({"prompt": "anybody", "width": width, "height": height})
    if manifest.pieces and (manifest.task != "talk" or "frames" not in manifest.slots):
        raise ValueError("pieces are for talking, and need a slot for the number of frames")
    for source in OWN_FILMS:
        if source in manifest.inputs_from.values() and manifest.pieces is None:
            raise ValueError(f"there is only a {source} clip where a voice is cut into pieces")
    anchor = manifest.loras
    for node, _ in (one for one in (anchor.model, anchor.clip) if one) if anchor else ():
        if node not in graph:
            raise ValueError(f"loras names node {node}, which is not in the graph")
    for node in manifest.progress_of:
        if node not in graph:
            raise ValueError(f"progress_of names node {node}, which is not in the graph")
    _check_optional(manifest, graph)


def _takes_file(manifest: Manifest, slot: str) -> bool:
    return role_of(slot) is not None or manifest.inputs_from.get(slot) in OWN_FILMS


def _check_target(what: str, target: str, graph: Graph) -> None:
    node, input_name = target.split(".")
    if node not in graph or input_name not in graph[node]["inputs"]:
        raise ValueError(f"{what} names {target}, which is not in the graph")


def _check_optional(manifest: Manifest, graph: Graph) -> None:
    for part in manifest.optional:
        if part.when not in manifest.slots:
            raise ValueError(f"an optional part waits for {part.when}, which is no slot")
        for node in (*part.nodes, *part.bypass):
            if node not in graph:
                raise ValueError(
                    f"the optional part {part.when} names node {node}, which is not in the graph"
                )
        for target in part.cut:
            _check_target(f"the optional part {part.when}", target, graph)
        for node, names in part.bypass.items():
            for name in names:
                if not is_link(graph[node]["inputs"].get(name)):
                    raise ValueError(f"the bypass of {part.when} names {node}.{name}, which is no link")
    _check_what_is_left(manifest, graph)


def _check_what_is_left(manifest: Manifest, graph: Graph) -> None:
    """Without its optional parts, a graph must have no link that leads nowhere."""
    left = copy.deepcopy(graph)
    for part in manifest.optional:
        remove_part(left, part)
    for node_id, node in left.items():
        for name, value in node["inputs"].items():
            if is_link(value) and value[0] not in left:
                raise ValueError(
                    f"{node_id}.{name} reads from node {value[0]}, which is optional and has no bypass"
                )


def read_own(name: str, graph: Graph, sidecar: str, checkpoints: Checkpoints) -> Workflow:
    """A graph with the text of its sidecar as a workflow, checked as those in folders are."""
    check_graph(graph)
    manifest = Manifest.model_validate(tomllib.loads(sidecar))
    _check_manifest(manifest, graph)
    return Workflow(name, manifest, copy.deepcopy(graph), checkpoints)
