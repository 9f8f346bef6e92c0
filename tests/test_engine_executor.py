"""Validation, order, cache and faults of the graph executor, without a network between."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PIL import Image

from studio.engine.cache import Cache, Computed, signatures
from studio.engine.execute import Executor
from studio.engine.folders import Folders
from studio.engine.nodes import NODES
from studio.engine.order import Schedule
from studio.engine.queue import Item
from studio.engine.validate import Verdict
from tests.engine_fixtures import figure_graph, plain_graph
from tests.executor_fixtures import Listener, executor, folders, judge, run

__all__ = ["executor", "folders"]


def errors_of(verdict: Verdict, node_id: str) -> list[dict[str, Any]]:
    assert verdict.error is not None
    assert verdict.error["type"] == "prompt_outputs_failed_validation"
    return verdict.node_errors[node_id]["errors"]


def saving(source: str = "1") -> dict[str, Any]:
    return {"class_type": "SaveImage", "inputs": {"images": [source, 0], "filename_prefix": "x"}}


def change(path: str, value: Any) -> dict[str, Any]:
    graph = plain_graph()
    node_id, name = path.split(".")
    graph[node_id]["inputs"][name] = value
    return graph


@pytest.mark.parametrize(
    ("path", "value", "kind", "details"),
    [
        ("1.width", 0, "value_smaller_than_min", "width"),
        ("1.width", 16385, "value_bigger_than_max", "width"),
        ("1.width", 10**400, "value_bigger_than_max", "width"),
        (
            "1.width",
            "wide",
            "invalid_input_type",
            "width, wide, invalid literal for int() with base 10: 'wide'",
        ),
        ("1.width", None, "invalid_input_type", None),
        ("1.width", {"a": 1}, "invalid_input_type", None),
        ("1.width", [1], "bad_linked_input", "width"),
        ("1.width", [], "bad_linked_input", "width"),
        ("2.images", ["1", 0, 0], "bad_linked_input", "images"),
        (
            "2.images",
            "a picture",
            "invalid_input_type",
            "images, a picture, it must be linked to another node",
        ),
    ],
)
def test_bad_values(folders: Folders, path: str, value: Any, kind: str, details: str | None) -> None:
    node_id, name = path.split(".")
    (error,) = errors_of(judge(change(path, value), folders), node_id)
    assert error["type"] == kind
    assert error["extra_info"]["input_name"] == name
    assert details is None or error["details"] == details


def test_values_are_converted_as_the_nodes_get_them(folders: Folders) -> None:
    graph = change("1.width", "32")
    graph["1"]["inputs"]["color"] = {"__value__": 7.9}
    graph["2"]["inputs"]["filename_prefix"] = 5
    assert judge(graph, folders).error is None
    assert graph["1"]["inputs"]["width"] == 32
    assert graph["1"]["inputs"]["color"] == 7
    assert graph["2"]["inputs"]["filename_prefix"] == "5"


def test_wrong_type_on_a_link(folders: Folders) -> None:
    graph = figure_graph()
    graph["9"]["inputs"]["images"] = ["5", 0]
    (error,) = errors_of(judge(graph, folders), "9")
    assert error["type"] == "return_type_mismatch"
    assert error["details"] == "images, received_type(LATENT) mismatch input_type(IMAGE)"
    assert error["extra_info"]["linked_node"] == ["5", 0]
    assert error["extra_info"]["received_type"] == "LATENT"


@pytest.mark.parametrize("pose", ["", "not json", "[]", 5])
def test_pose_must_be_an_object(folders: Folders, pose: Any) -> None:
    graph = figure_graph()
    graph["26"] = {"class_type": "FigurePose", "inputs": {"conditioning": ["6", 0], "pose": pose}}
    graph["3"]["inputs"]["positive"] = ["26", 0]
    (error,) = errors_of(judge(graph, folders), "26")
    assert error["type"] == "custom_validation_failed"
    assert error["details"].startswith("pose - The pose ")


def test_choice_of_the_newer_style_is_checked_too(folders: Folders) -> None:
    graph = plain_graph() | {
        "3": {
            "class_type": "ImageBlend",
            "inputs": {"image1": ["1", 0], "image2": ["1", 0], "blend_factor": 1, "blend_mode": "none"},
        },
        "2": saving("3"),
    }
    (error,) = errors_of(judge(graph, folders), "3")
    assert error["type"] == "value_not_in_list"
    assert error["details"].startswith("blend_mode: 'none' not in ['normal', ")


@pytest.mark.parametrize("link", [["99", 0], ["1", 5], ["1", -1], ["1", "0"], [None, 0], [["1"], 0]])
def test_link_to_nowhere(folders: Folders, link: list[Any]) -> None:
    (error,) = errors_of(judge(change("2.images", link), folders), "2")
    assert error["type"] == "exception_during_validation"


def test_broken_node_behind_a_sound_one(folders: Folders) -> None:
    graph = {"1": {"class_type": "ImageInvert", "inputs": {"image": ["99", 0]}}, "2": saving()}
    verdict = judge(graph, folders)
    (error,) = errors_of(verdict, "1")
    assert error["type"] == "exception_during_inner_validation"
    assert "2" not in verdict.node_errors
    assert judge({"1": {"class_type": "ImageInvert"}, "2": saving()}, folders).node_errors.keys() == {"1"}


def test_cycles_are_refused(folders: Folders) -> None:
    invert = {"class_type": "ImageInvert"}
    graph = {
        "1": {**invert, "inputs": {"image": ["3", 0]}},
        "2": {**invert, "inputs": {"image": ["1", 0]}},
        "3": {**invert, "inputs": {"image": ["2", 0]}},
        "4": saving("3"),
    }
    verdict = judge(graph, folders)
    (error,) = errors_of(verdict, "1")
    assert error["type"] == "dependency_cycle"
    assert error["details"] == "image: 3 -> 2 -> 1 -> 3"
    assert verdict.node_errors["1"]["dependent_outputs"] == ["4"]
    itself = {"1": {**invert, "inputs": {"image": ["1", 0]}}, "2": saving()}
    assert errors_of(judge(itself, folders), "1")[0]["type"] == "dependency_cycle"


@pytest.mark.parametrize(
    "prompt",
    [[], 5, "text", None, {"1": 5}, {"1": {}}, {"1": {"class_type": []}}, {"1": {"class_type": None}}],
)
def test_what_is_no_prompt(folders: Folders, prompt: Any) -> None:
    verdict = judge(prompt, folders)
    assert verdict.error is not None
    assert verdict.error["type"] == "invalid_prompt"


def test_long_chain_neither_recurses_nor_takes_long(executor: Executor) -> None:
    length = 3000
    graph = {"0": plain_graph(size=1)["1"]} | {
        str(index): {"class_type": "ImageInvert", "inputs": {"image": [str(index - 1), 0]}}
        for index in range(1, length)
    }
    graph["save"] = saving(str(length - 1))
    verdict = judge(graph, executor.folders)
    assert verdict.outputs == ["save"]
    assert len(signatures(graph, ["save"], executor.folders)) == length + 1


def test_shared_failure_names_every_output(folders: Folders) -> None:
    graph = change("1.width", 0) | {"3": saving()}
    assert judge(graph, folders).node_errors["1"]["dependent_outputs"] == ["2", "3"]


def schedule_order(graph: dict[str, Any], outputs: list[str], known: set[str]) -> list[str]:
    shows: Callable[[str], bool] = lambda node_id: NODES[graph[node_id]["class_type"]].is_output  # noqa: E731
    schedule = Schedule(graph, outputs, known.__contains__, shows)
    order = []
    while schedule:
        order.append(schedule.next())
        schedule.finish(order[-1])
    return order


def test_order_follows_comfyui() -> None:
    graph = figure_graph()
    assert schedule_order(graph, ["9"], set()) == ["4", "5", "7", "6", "3", "8", "9"]
    assert schedule_order(graph, ["9"], {"4", "6", "7"}) == ["5", "3", "8", "9"]
    assert schedule_order(graph, ["9"], set(graph)) == ["9"]


def test_outputs_run_as_soon_as_they_can() -> None:
    graph = {
        "1": plain_graph()["1"],
        "2": {"class_type": "RepeatImageBatch", "inputs": {"image": ["1", 0], "amount": 3}},
        "3": {"class_type": "ImageInvert", "inputs": {"image": ["2", 0]}},
        "5": {"class_type": "ImageInvert", "inputs": {"image": ["3", 0]}},
        "6": saving("5"),
        "8": saving("3"),
        "9": {"class_type": "PreviewImage", "inputs": {"images": ["3", 0]}},
    }
    assert schedule_order(graph, ["6", "8", "9"], set()) == ["1", "2", "3", "8", "9", "5", "6"]


def test_only_what_changed_runs_again(executor: Executor) -> None:
    run(executor, figure_graph())
    _, listener = run(executor, figure_graph("a knight"))
    assert listener.cached() == ["4", "5", "7"]
    assert listener.nodes() == ["6", "3", "8", "9"]
    _, listener = run(executor, figure_graph())  # the older one is still known
    assert listener.nodes() == []
    assert listener.cached() == ["3", "4", "5", "6", "7", "8", "9"]


def test_same_work_under_other_ids_is_not_done_twice(executor: Executor) -> None:
    run(executor, plain_graph())
    renamed = {"a": plain_graph()["1"], "b": {"class_type": "PreviewImage", "inputs": {"images": ["a", 0]}}}
    _, listener = run(executor, renamed)
    assert listener.cached() == ["a"]


def test_unknown_inputs_neither_run_nor_count(executor: Executor) -> None:
    graph = plain_graph()
    graph["2"]["inputs"]["note"] = ["77", 0]
    graph["1"]["inputs"]["extra"] = "x"
    outcome, _ = run(executor, graph)
    assert outcome.succeeded
    _, listener = run(executor, plain_graph())
    assert listener.cached() == ["1", "2"]


def test_cache_is_bounded_by_bytes() -> None:
    cache = Cache(max_bytes=3000)
    picture = Computed((np.zeros(250, np.float32),))
    for name in "abc":
        cache.put(name, picture)
    assert cache.get("a") is None
    assert cache.get("b") is picture
    cache.put("d", picture)  # b was used later than c
    assert cache.get("c") is None
    assert cache.used_bytes <= 3000
    cache.put("huge", Computed((np.zeros(5000, np.float32),)))
    assert cache.get("huge") is None
    assert len(cache) == 2
    cache.clear()
    assert (len(cache), cache.used_bytes) == (0, 0)


def test_a_small_cache_does_not_break_a_prompt(folders: Folders) -> None:
    executor = Executor(folders, Listener(), Cache(max_bytes=1))
    outcome, listener = run(executor, figure_graph())
    assert outcome.succeeded
    assert len(listener.nodes()) == 7


def test_inputs_are_never_changed_by_later_nodes(executor: Executor) -> None:
    graph = plain_graph(0x808080) | {
        "3": {"class_type": "ImageInvert", "inputs": {"image": ["1", 0]}},
        "4": {
            "class_type": "ImageCompositeMasked",
            "inputs": {"destination": ["1", 0], "source": ["3", 0], "x": 0, "y": 0, "resize_source": False},
        },
        "2": saving("4"),
        "5": saving("1"),
    }
    outcome, _ = run(executor, graph)
    with Image.open(executor.folders.output / outcome.outputs["5"]["images"][0]["filename"]) as picture:
        assert picture.getpixel((0, 0)) == (0x80, 0x80, 0x80)


def test_fault_names_node_inputs_and_place(executor: Executor) -> None:
    graph = plain_graph(size=4) | {
        "3": {"class_type": "ImageBlur", "inputs": {"image": ["1", 0], "blur_radius": 31, "sigma": 1.0}},
        "2": saving("3"),
    }
    outcome, _ = run(executor, graph)
    assert outcome.status()["status_str"] == "error"
    kind, fault = outcome.messages[-1]
    assert kind == "execution_error"
    assert (fault["node_id"], fault["node_type"], fault["executed"]) == ("3", "ImageBlur", ["1"])
    assert fault["exception_type"] == "ValueError"
    assert fault["exception_message"].endswith("Use a smaller radius.\n")
    assert fault["current_inputs"]["blur_radius"] == [31]
    assert any("effects.py" in line for line in fault["traceback"])


def test_interrupt_before_the_first_step(executor: Executor) -> None:
    item = Item(0, "id", figure_graph(), {"client_id": "me"}, ["9"])
    item.interrupt.set()
    outcome = executor.execute(item)
    assert outcome.messages[-1][0] == "execution_interrupted"
    assert outcome.messages[-1][1]["executed"] == []
