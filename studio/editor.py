"""A graph in the form that ComfyUI's editor opens, so that a dropped result comes up as boxes and wires."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from studio.comfy.info import ObjectInfo

WIDGET_TYPES = frozenset({"INT", "FLOAT", "STRING", "BOOLEAN", "COMBO"})
SEED_NAMES = frozenset({"seed", "noise_seed"})  # the editor puts its own "after generate" widget behind these
COLUMN_PX, ROW_PX, WIDTH_PX = 360, 260, 300


def to_editor(graph: Mapping[str, Mapping[str, Any]], info: ObjectInfo) -> dict[str, Any]:
    """The editor's document for a graph in API format, laid out from left to right."""
    numbers = {node_id: number for number, node_id in enumerate(graph, 1)}
    depths = _depths(graph)
    rows: dict[int, int] = defaultdict(int)
    links: list[list[Any]] = []
    out_links: dict[tuple[str, int], list[int]] = defaultdict(list)
    nodes: list[dict[str, Any]] = []
    for order, (node_id, node) in enumerate(sorted(graph.items(), key=lambda item: depths[item[0]])):
        class_type, given = node["class_type"], node["inputs"]
        sockets: list[dict[str, Any]] = []
        widgets: list[Any] = []
        for name in [name for name in info.inputs(class_type) if name in given] or list(given):
            value = given[name]
            if _is_link(value, graph):
                source, slot = value
                kind = _output_types(graph, info, source)[slot]
                links.append([len(links) + 1, numbers[source], slot, numbers[node_id], len(sockets), kind])
                out_links[source, slot].append(len(links))
                sockets.append({"name": name, "type": kind, "link": len(links)})
            else:
                widgets.append(value)
                if name in SEED_NAMES:
                    widgets.append("fixed")
                if info.takes_upload(class_type, name):
                    widgets.append("image")
        depth = depths[node_id]
        nodes.append(
            {
                "id": numbers[node_id],
                "type": class_type,
                "title": node.get("_meta", {}).get("title", class_type),
                "pos": [40 + depth * COLUMN_PX, 40 + rows[depth] * ROW_PX],
                "size": [WIDTH_PX, 60 + 26 * (len(sockets) + len(widgets))],
                "flags": {},
                "order": order,
                "mode": 0,
                "inputs": sockets,
                "properties": {"Node name for S&R": class_type},
                "widgets_values": widgets,
                "_source": node_id,
            }
        )
        rows[depth] += 1
    for box in nodes:
        source = box.pop("_source")
        box["outputs"] = [
            {"name": kind, "type": kind, "slot_index": slot, "links": out_links[source, slot]}
            for slot, kind in enumerate(_output_types(graph, info, source))
        ]
    return {
        "last_node_id": len(nodes),
        "last_link_id": len(links),
        "nodes": nodes,
        "links": links,
        "groups": [],
        "config": {},
        "extra": {},
        "version": 0.4,
    }


def _is_link(value: Any, graph: Mapping[str, Any]) -> bool:
    return isinstance(value, list) and len(value) == 2 and value[0] in graph and isinstance(value[1], int)


def _output_types(graph: Mapping[str, Mapping[str, Any]], info: ObjectInfo, node_id: str) -> list[str]:
    known = list(info.outputs(graph[node_id]["class_type"]))
    slots = [
        value[1] + 1
        for node in graph.values()
        for value in node["inputs"].values()
        if _is_link(value, graph) and value[0] == node_id
    ]
    return known + ["*"] * (max(slots, default=0) - len(known))


def _depths(graph: Mapping[str, Mapping[str, Any]]) -> dict[str, int]:
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
