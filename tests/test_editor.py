"""The document that ComfyUI's editor opens: every wire at both its ends, every widget at its place."""

from __future__ import annotations

from typing import Any

import pytest

from studio import workflows
from studio.comfy.info import ObjectInfo
from studio.editor import to_editor
from studio.request import AvatarRequest, Lora
from studio.workflows import Candidate, Graph
from tests.studio_fixtures import COMFY_NODES, comfy_info

WIDGETS = {"INT", "FLOAT", "STRING", "BOOLEAN", "COMBO"}


def filled(**values: Any) -> Graph:
    library = workflows.load_library()
    request = AvatarRequest(prompt="a knight", **values)
    plan = workflows.choose(library, request, [Candidate("comfy", comfy_info())])
    return workflows.prepare(
        library[plan.workflow],
        plan.request,
        "front",
        7,
        comfy_info(),
        uploads={f"{role}_image": f"{role}.png" for role in request.files()},
        filename_prefix="x",
    )


GRAPHS = {
    "plain": filled(),
    "pose": filled(pose_file_id="p"),
    "everything": filled(pose_file_id="p", reference_file_id="r", loras=(Lora(name="hero.safetensors"),)),
}


def boxes_of(document: dict[str, Any]) -> dict[int, dict[str, Any]]:
    return {box["id"]: box for box in document["nodes"]}


@pytest.mark.parametrize("graph", GRAPHS.values(), ids=GRAPHS.keys())
def test_every_wire_is_known_at_both_its_ends(graph: Graph) -> None:
    document = to_editor(graph, comfy_info())
    boxes = boxes_of(document)
    assert len(boxes) == len(graph) == document["last_node_id"]
    links = {link[0]: link for link in document["links"]}
    assert len(links) == len(document["links"]) == document["last_link_id"]
    wires = 0
    for link_id, source, source_slot, target, target_slot, kind in links.values():
        output = boxes[source]["outputs"][source_slot]
        socket = boxes[target]["inputs"][target_slot]
        assert link_id in output["links"]
        assert socket["link"] == link_id
        assert output["type"] == socket["type"] == kind
        wires += 1
    assert wires == sum(
        isinstance(value, list) for node in graph.values() for value in node["inputs"].values()
    )
    known = [link for box in boxes.values() for output in box["outputs"] for link in output["links"]]
    assert sorted(known) == sorted(links)


@pytest.mark.parametrize("graph", GRAPHS.values(), ids=GRAPHS.keys())
def test_the_document_leads_back_to_the_graph(graph: Graph) -> None:
    """Read it as the editor does when it queues: wires by name, widgets by position."""
    info = comfy_info()
    document = to_editor(graph, info)
    boxes = boxes_of(document)
    names = {
        box["id"]: node_id
        for node_id, box in zip(graph, sorted(boxes.values(), key=lambda b: b["id"]), strict=True)
    }
    links = {link[0]: link for link in document["links"]}
    for box in boxes.values():
        node = graph[names[box["id"]]]
        assert box["type"] == node["class_type"]
        inputs: dict[str, Any] = {}
        for socket in box["inputs"]:
            if socket["link"] is not None:
                link = links[socket["link"]]
                inputs[socket["name"]] = [names[link[1]], link[2]]
        left = list(box["widgets_values"])
        for name in info.inputs(box["type"]):
            if info.input_type(box["type"], name) in WIDGETS:
                inputs.setdefault(name, left.pop(0))
                if name == "seed":
                    assert left.pop(0) == "fixed"
                if box["type"] == "LoadImage":
                    assert left.pop(0) == "image"
        assert left == []
        assert inputs == node["inputs"]


def test_a_widget_that_the_graph_leaves_out_keeps_its_place() -> None:
    nodes = {
        "Mixed": {
            "input": {
                "required": {"first": ["INT", {"default": 3}], "text": ["STRING", {}], "image": ["IMAGE"]},
                "optional": {"mode": [["a", "b"]], "mask": ["MASK"], "last": ["FLOAT", {"default": 0.5}]},
            },
            "output": ["IMAGE"],
        }
    }
    graph = {"1": {"class_type": "Mixed", "inputs": {"last": 0.9}}}
    [box] = to_editor(graph, ObjectInfo(nodes))["nodes"]
    assert box["widgets_values"] == [3, "", "a", 0.9]
    assert [(socket["name"], socket["link"]) for socket in box["inputs"]] == [("image", None), ("mask", None)]


def test_a_widget_with_a_wire_keeps_its_place_too() -> None:
    nodes = {
        **COMFY_NODES,
        "Number": {"input": {"required": {"value": ["INT", {"default": 0}]}}, "output": ["INT"]},
    }
    graph = {
        "a": {"class_type": "Number", "inputs": {"value": 640}},
        "b": {
            "class_type": "EmptyLatentImage",
            "inputs": {"width": ["a", 0], "height": 704, "batch_size": 1},
        },
    }
    document = to_editor(graph, ObjectInfo(nodes))
    box = next(box for box in document["nodes"] if box["type"] == "EmptyLatentImage")
    assert box["widgets_values"] == [512, 704, 1]
    assert box["inputs"] == [{"name": "width", "type": "INT", "link": 1, "widget": {"name": "width"}}]


def test_nodes_that_the_server_does_not_know_are_drawn_as_far_as_the_graph_says() -> None:
    graph = {
        "a": {"class_type": "Mystery", "inputs": {"strength": 0.5}},
        "b": {"class_type": "Riddle", "inputs": {"thing": ["a", 1], "seed": 4}},
    }
    document = to_editor(graph, ObjectInfo({}))
    mystery, riddle = document["nodes"]
    assert mystery["widgets_values"] == [0.5]
    assert [output["links"] for output in mystery["outputs"]] == [[], [1]]
    assert riddle["inputs"] == [{"name": "thing", "type": "*", "link": 1}]
    assert riddle["widgets_values"] == [4, "fixed"]


def test_boxes_stand_left_of_their_readers_and_never_on_each_other() -> None:
    document = to_editor(GRAPHS["everything"], comfy_info())
    boxes = boxes_of(document)
    assert len({tuple(box["pos"]) for box in boxes.values()}) == len(boxes)
    for _, source, _, target, _, _ in document["links"]:
        assert boxes[source]["pos"][0] < boxes[target]["pos"][0]
        assert boxes[source]["order"] < boxes[target]["order"]


def test_a_cycle_does_not_hang() -> None:
    graph = {
        "a": {"class_type": "X", "inputs": {"x": ["b", 0]}},
        "b": {"class_type": "X", "inputs": {"x": ["a", 0]}},
    }
    assert len(to_editor(graph, ObjectInfo({}))["links"]) == 2
