"""The editor's own export as a graph in API format, as far as a server's nodes leave nothing to guess."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from studio.comfy.info import ObjectInfo
from studio.workflows.links import Graph

WIDGET_TYPES = frozenset({"INT", "FLOAT", "STRING", "BOOLEAN", "COMBO"})
NOTES = frozenset({"Note", "MarkdownNote"})
AFTER_GENERATE = frozenset({"fixed", "increment", "decrement", "randomize", "increment-wrap"})
SEED_NAMES = frozenset({"seed", "noise_seed"})
MUTED, BYPASSED = 2, 4


def from_editor(document: Any, info: ObjectInfo) -> Graph:
    """The graph that the editor would send for a document; a ValueError says what is not safe to convert."""
    if not isinstance(document, Mapping) or not isinstance(document.get("nodes"), list):
        raise ValueError("this is no export of ComfyUI's editor")
    try:
        return _convert(document, info)
    except (KeyError, TypeError, AttributeError, IndexError, OverflowError) as error:
        raise ValueError(f"this export is damaged ({type(error).__name__}: {error})") from error


def _convert(document: Mapping[str, Any], info: ObjectInfo) -> Graph:
    boxes = {str(box["id"]): box for box in document["nodes"] if isinstance(box, Mapping) and "id" in box}
    definitions = document.get("definitions")
    if isinstance(definitions, Mapping) and definitions.get("subgraphs"):
        raise ValueError("it has subgraphs; unpack them in ComfyUI, or use Export (API)")
    links = _links(document.get("links"))
    kept = {node_id: box for node_id, box in boxes.items() if box.get("type") not in NOTES}
    wrong = [reason for node_id, box in kept.items() for reason in _unsafe(node_id, box, info)]
    if wrong:
        raise ValueError("; ".join(wrong))
    graph: Graph = {}
    for node_id, box in kept.items():
        if box["type"] in {"PrimitiveNode", "Reroute"}:
            continue
        graph[node_id] = {
            "class_type": box["type"],
            "inputs": _inputs(node_id, box, kept, links, info),
            "_meta": {"title": str(box.get("title") or info.display_name(box["type"]))},
        }
    if not graph:
        raise ValueError("there is no node in it")
    return graph


def _links(listed: Any) -> dict[Any, tuple[str, int]]:
    """The output that each link comes from."""
    found: dict[Any, tuple[str, int]] = {}
    for link in listed if isinstance(listed, list) else ():
        if isinstance(link, list) and len(link) >= 3:
            found[link[0]] = (str(link[1]), int(link[2]))
        elif isinstance(link, Mapping) and {"id", "origin_id", "origin_slot"} <= set(link):
            found[link["id"]] = (str(link["origin_id"]), int(link["origin_slot"]))
    return found


def _unsafe(node_id: str, box: Mapping[str, Any], info: ObjectInfo) -> list[str]:
    kind, title = box.get("type"), box.get("title") or box.get("type")
    if box.get("mode") in (MUTED, BYPASSED):
        return [f"node {node_id} ({title}) is muted or bypassed; delete it or switch it on"]
    if kind in {"PrimitiveNode", "Reroute"}:
        return []
    if kind not in info:
        return [f"node {node_id} is a {kind}, which this server does not have"]
    return []


def _inputs(
    node_id: str,
    box: Mapping[str, Any],
    boxes: Mapping[str, Mapping[str, Any]],
    links: Mapping[Any, tuple[str, int]],
    info: ObjectInfo,
) -> dict[str, Any]:
    values = _widget_values(node_id, box, info)
    for socket in box.get("inputs") or ():
        link = socket.get("link")
        if link is None:
            continue
        if link not in links:
            raise ValueError(f"node {node_id} has a link that leads nowhere")
        values[socket["name"]] = _source(links[link], boxes, links)
    missing = [name for name in info.inputs(box["type"], optional=False) if name not in values]
    if missing:
        raise ValueError(f"node {node_id} ({box['type']}) has nothing for {', '.join(missing)}")
    return values


def _source(
    source: tuple[str, int], boxes: Mapping[str, Mapping[str, Any]], links: Mapping[Any, tuple[str, int]]
) -> Any:
    """The output behind a link, past reroutes; of a primitive, its value."""
    for _ in range(len(boxes) + 1):
        box = boxes.get(source[0])
        if box is None:
            raise ValueError(f"a link comes from node {source[0]}, which is not there")
        if box["type"] == "PrimitiveNode":
            values = box.get("widgets_values")
            if not isinstance(values, list) or not values:
                raise ValueError(f"the primitive {source[0]} has no value")
            return values[0]
        if box["type"] != "Reroute":
            return [source[0], source[1]]
        link = next((socket.get("link") for socket in box.get("inputs") or ()), None)
        if link not in links:
            raise ValueError(f"the reroute {source[0]} is linked to nothing")
        source = links[link]
    raise ValueError("its reroutes go round in a circle")


def _widget_values(node_id: str, box: Mapping[str, Any], info: ObjectInfo) -> dict[str, Any]:
    """The values of a node's widgets, which the editor keeps by position."""
    class_type, listed = box["type"], box.get("widgets_values")
    # An input that is only ever linked has a socket that belongs to no widget.
    bare = {socket["name"] for socket in box.get("inputs") or () if "widget" not in socket}
    names = [
        name
        for name in info.inputs(class_type)
        if info.input_type(class_type, name) in WIDGET_TYPES and name not in bare
    ]
    if isinstance(listed, Mapping):
        return {name: listed[name] for name in names if name in listed}
    left = list(listed) if isinstance(listed, list) else []
    values: dict[str, Any] = {}
    for name in names:
        if not left:
            break
        value = left.pop(0)
        if wrong := _does_not_fit(class_type, name, value, info):
            raise ValueError(f"node {node_id} ({class_type}): {wrong}; use Export (API) instead")
        values[name] = value
        if name in SEED_NAMES and left and left[0] in AFTER_GENERATE:
            left.pop(0)
        if info.takes_upload(class_type, name) and left and left[0] in {"image", "audio", "video"}:
            left.pop(0)
    if left:
        raise ValueError(
            f"node {node_id} ({class_type}) has {len(left)} values more than this server's node takes; "
            "use Export (API) instead"
        )
    return values


def _does_not_fit(class_type: str, name: str, value: Any, info: ObjectInfo) -> str:
    kind = info.input_type(class_type, name)
    types: dict[str | None, tuple[type, ...]] = {
        "INT": (int,),
        "FLOAT": (int, float),
        "STRING": (str,),
        "BOOLEAN": (bool,),
        "COMBO": (str,),
    }
    expected = types.get(kind, (object,))
    if not isinstance(value, expected) or (isinstance(value, bool) and kind in {"INT", "FLOAT"}):
        return f"{name} would be {value!r}, which is no {kind}"
    return ""
