"""A graph in the form that ComfyUI's editor opens, so that a dropped result comes up as boxes and wires."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from studio.comfy.info import ObjectInfo

WIDGET_TYPES = frozenset({"INT", "FLOAT", "STRING", "BOOLEAN", "COMBO"})
BLANKS: Mapping[str, Any] = {"INT": 0, "FLOAT": 0.0, "STRING": "", "BOOLEAN": False}
SEED_NAMES = frozenset({"seed", "noise_seed"})  # the editor puts its own "after generate" widget behind these
COLUMN_PX, ROW_PX, WIDTH_PX = 360, 260, 300

Nodes = Mapping[str, Mapping[str, Any]]


def to_editor(graph: Nodes, info: ObjectInfo) -> dict[str, Any]:
    """The editor's document for a graph in API format, laid out from left to right."""
    numbers = {node_id: number for number, node_id in enumerate(graph, 1)}
    depths = _depths(graph)
    rows: dict[int, int] = defaultdict(int)
    links: list[list[Any]] = []
    out_links: dict[tuple[str, int], list[int]] = defaultdict(list)
    boxes: dict[str, dict[str, Any]] = {}
    for order, node_id in enumerate(sorted(graph, key=lambda one: depths[one])):
        node = graph[node_id]
        sockets = _sockets(graph, info, node)
        for position, socket in enumerate(sockets):
            value = node["inputs"].get(socket["name"])
            if not _is_link(value, graph):
                continue
            source, slot = value
            kind = _output_types(graph, info, source)[slot]
            links.append([len(links) + 1, numbers[source], slot, numbers[node_id], position, kind])
            out_links[source, slot].append(len(links))
            socket["link"] = len(links)
        widgets = _widgets(graph, info, node)
        depth = depths[node_id]
        boxes[node_id] = {
            "id": numbers[node_id],
            "type": node["class_type"],
            "title": node.get("_meta", {}).get("title", node["class_type"]),
            "pos": [40 + depth * COLUMN_PX, 40 + rows[depth] * ROW_PX],
            "size": [WIDTH_PX, 60 + 26 * (len(sockets) + len(widgets))],
            "flags": {},
            "order": order,
            "mode": 0,
            "inputs": sockets,
            "properties": {"Node name for S&R": node["class_type"]},
            "widgets_values": widgets,
        }
        rows[depth] += 1
    for node_id, box in boxes.items():
        box["outputs"] = [
            {"name": kind, "type": kind, "slot_index": slot, "links": out_links[node_id, slot]}
            for slot, kind in enumerate(_output_types(graph, info, node_id))
        ]
    return {
        "last_node_id": len(boxes),
        "last_link_id": len(links),
        "nodes": list(boxes.values()),
        "links": links,
        "groups": [],
        "config": {},
        "extra": {},
        "version": 0.4,
    }


def _names(info: ObjectInfo, node: Mapping[str, Any]) -> list[str]:
    """All inputs of a node in the editor's order; of an unknown node those that are given."""
    known = info.inputs(node["class_type"])
    return [*known, *(name for name in node["inputs"] if name not in known)]


def _sockets(graph: Nodes, info: ObjectInfo, node: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What wires can lead to: all but widgets, and the widgets that have a wire."""
    sockets: list[dict[str, Any]] = []
    for name in _names(info, node):
        value = node["inputs"].get(name)
        kind = info.input_type(node["class_type"], name)
        is_linked = _is_link(value, graph)
        if kind is None and not is_linked:
            continue
        if kind not in WIDGET_TYPES:
            given = _output_types(graph, info, value[0])[value[1]] if is_linked else None
            sockets.append({"name": name, "type": kind or given, "link": None})
        elif is_linked:
            sockets.append({"name": name, "type": kind, "link": None, "widget": {"name": name}})
    return sockets


def _widgets(graph: Nodes, info: ObjectInfo, node: Mapping[str, Any]) -> list[Any]:
    """The values of all widgets; the editor reads them by position, so that none may be left out."""
    class_type, inputs = node["class_type"], node["inputs"]
    values: list[Any] = []
    for name in _names(info, node):
        kind = info.input_type(class_type, name)
        if kind in WIDGET_TYPES:
            is_given = name in inputs and not _is_link(inputs[name], graph)
            default = info.default(class_type, name)
            values.append(inputs[name] if is_given else BLANKS.get(kind) if default is None else default)
        elif kind is None and not _is_link(inputs[name], graph):
            values.append(inputs[name])
        else:
            continue
        if kind in {None, "INT"} and name in SEED_NAMES:
            values.append("fixed")
        if info.takes_upload(class_type, name):
            values.append("image")
    return values


def _is_link(value: Any, graph: Mapping[str, Any]) -> bool:
    return isinstance(value, list) and len(value) == 2 and value[0] in graph and isinstance(value[1], int)


def _output_types(graph: Nodes, info: ObjectInfo, node_id: str) -> list[str]:
    known = list(info.outputs(graph[node_id]["class_type"]))
    slots = [
        value[1] + 1
        for node in graph.values()
        for value in node["inputs"].values()
        if _is_link(value, graph) and value[0] == node_id
    ]
    return known + ["*"] * (max(slots, default=0) - len(known))


def _depths(graph: Nodes) -> dict[str, int]:
    """How many nodes stand before each; a graph with a cycle ends after as many rounds as it has nodes."""
    depths = dict.fromkeys(graph, 0)
    for _ in graph:
        before = dict(depths)
        for node_id, node in graph.items():
            sources = [value[0] for value in node["inputs"].values() if _is_link(value, graph)]
            depths[node_id] = max((depths[source] + 1 for source in sources), default=0)
        if depths == before:
            break
    return depths
