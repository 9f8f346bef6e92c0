"""Validation, order, cache and faults of the graph executor, without a network between."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import studio.engine.figure
from studio.engine.cache import Cache, Computed, signatures
from studio.engine.execute import Executor, Outcome
from studio.engine.figure import DrawRequest, Picture, WordsRefused
from studio.engine.folders import Folders
from studio.engine.nodes import NODES
from studio.engine.order import Schedule
from studio.engine.queue import MAX_HISTORY_BYTES, MAX_HISTORY_ITEMS, Item, PromptQueue
from studio.engine.validate import Verdict, validate_prompt
from tests.engine_fixtures import figure_graph, plain_graph


class Listener:
    """Keeps what an executor says."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, dict[str, Any]]] = []
        self.previews = 0
        self.said: list[tuple[str, str]] = []

    def send(self, event: str, data: Mapping[str, Any], client_id: str | None) -> None:
        self.heard.append((event, json.loads(json.dumps(data))))

    def send_preview(
        self, picture: np.ndarray | bytes, label: Mapping[str, Any] | None, client_id: str | None
    ) -> None:
        self.previews += 1

    def wants_labels(self, client_id: str | None) -> bool:
        return False

    def send_text(self, text: str, node_id: str, client_id: str | None) -> None:
        self.said.append((node_id, text))

    def listens(self, client_id: str | None) -> bool:
        return True

    def now_running(self, client_id: str | None, node_id: str | None) -> None:
        pass

    def nodes(self) -> list[str]:
        return [data["node"] for event, data in self.heard if event == "executing"]

    def cached(self) -> list[str]:
        return [data["nodes"] for event, data in self.heard if event == "execution_cached"][-1]


@pytest.fixture(name="folders")
def prepared_folders(tmp_path: Path) -> Folders:
    folders = Folders(tmp_path)
    folders.prepare()
    return folders


@pytest.fixture(name="executor")
def fresh_executor(folders: Folders) -> Executor:
    return Executor(folders, Listener())


def judge(prompt: Any, folders: Folders) -> Verdict:
    return validate_prompt(prompt, None, folders)


def run(executor: Executor, prompt: dict[str, Any], **extra: Any) -> tuple[Outcome, Listener]:
    listener = Listener()
    executor.audience = listener
    verdict = judge(prompt, executor.folders)
    assert verdict.error is None, verdict
    item = Item(0, "id", prompt, {"client_id": "me", **extra}, verdict.outputs)
    return executor.execute(item), listener


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


def drawing(seen: list[DrawRequest], **picture: Any) -> Callable[..., Picture]:
    def draw(request: DrawRequest, on_progress: Callable[..., None]) -> Picture:
        seen.append(request)
        on_progress(1, 2, None)
        on_progress(1, 2, None)
        rgba = np.full((request.height, request.width, 4), 255, np.uint8)
        rgba[..., 0] = request.seed % 256
        rgba[..., 3] = 128 if request.transparent else 255
        on_progress(2, 2, rgba)
        return Picture(rgba, **picture)

    return draw


def test_sampler_asks_the_figure_for_what_the_graph_says(
    executor: Executor, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[DrawRequest] = []
    monkeypatch.setattr(studio.engine.figure, "draw", drawing(seen))
    lora = executor.folders.models / "loras" / "ink.safetensors"
    lora.parent.mkdir(parents=True)
    lora.write_bytes(b"")
    graph = figure_graph("a knight, (red cape:1.2)", seed=2**64 - 1, batch=2) | {
        "20": {
            "class_type": "EmptyImage",
            "inputs": {"width": 8, "height": 8, "batch_size": 1, "color": 255},
        },
        "21": {"class_type": "ControlNetLoader", "inputs": {"control_net_name": "figure-openpose"}},
        "22": {
            "class_type": "ControlNetApplyAdvanced",
            "inputs": {
                "positive": ["6", 0],
                "negative": ["7", 0],
                "control_net": ["21", 0],
                "image": ["20", 0],
                "strength": 1.0,
                "start_percent": 0.0,
                "end_percent": 1.0,
            },
        },
        "23": {
            "class_type": "FigureView",
            "inputs": {
                "conditioning": ["22", 0],
                "yaw": 90,
                "pitch": 10,
                "framing": "bust",
                "style": "ink",
                "realism": True,
                "transparent": True,
            },
        },
        "26": {"class_type": "FigurePose", "inputs": {"conditioning": ["23", 0], "pose": '{"hips": 5}'}},
        "24": {"class_type": "FigureReference", "inputs": {"conditioning": ["26", 0], "image": ["20", 0]}},
        "25": {
            "class_type": "LoraLoader",
            "inputs": {
                "model": ["4", 0],
                "clip": ["4", 1],
                "lora_name": "ink.safetensors",
                "strength_model": 0.5,
                "strength_clip": 1.0,
            },
        },
    }
    graph["3"]["inputs"] |= {"positive": ["24", 0], "negative": ["22", 1], "model": ["25", 0]}
    outcome, listener = run(executor, graph)
    assert outcome.succeeded, outcome.messages
    first, second = seen
    assert (first.words, first.negative) == ("a knight, (red cape:1.2)", "blurry")
    assert (first.seed, second.seed) == (2**64 - 1, 0)
    assert (first.width, first.height, first.steps, first.cfg) == (64, 64, 2, 7.0)
    assert first.camera == studio.engine.figure.Camera(90.0, 10.0, "bust")
    assert (first.style, first.realism, first.transparent) == ("ink", True, True)
    assert first.loras == (("ink.safetensors", 0.5),)
    for picture in (first.pose_image, first.reference_image):
        assert picture is not None
        assert (picture.shape, picture.dtype) == ((8, 8, 3), np.uint8)
        assert tuple(picture[0, 0]) == (0, 0, 255)
    assert first.pose_json == {"hips": 5}
    assert first.base_image is None
    steps = [(data["value"], data["max"]) for event, data in listener.heard if event == "progress"]
    assert steps == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert listener.previews == 2
    saved = outcome.outputs["9"]["images"]
    for entry, red in zip(saved, (255, 0), strict=True):
        with Image.open(executor.folders.output / entry["filename"]) as picture:
            assert picture.getpixel((0, 0)) == (red, 255, 255, 128)


def test_image_to_image_hands_the_old_picture_on(executor: Executor, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[DrawRequest] = []
    monkeypatch.setattr(studio.engine.figure, "draw", drawing(seen))
    graph = figure_graph(seed=9) | {
        "1": {
            "class_type": "EmptyImage",
            "inputs": {"width": 32, "height": 16, "batch_size": 1, "color": 255},
        },
        "5": {"class_type": "VAEEncode", "inputs": {"pixels": ["1", 0], "vae": ["4", 2]}},
        "10": {"class_type": "SolidMask", "inputs": {"value": 0.0, "width": 32, "height": 16}},
        "11": {"class_type": "SetLatentNoiseMask", "inputs": {"samples": ["5", 0], "mask": ["10", 0]}},
    }
    graph["3"]["inputs"] |= {"denoise": 0.6, "latent_image": ["11", 0]}
    outcome, _ = run(executor, graph)
    (request,) = seen
    assert (request.width, request.height, request.denoise) == (32, 16, 0.6)
    assert request.base_image is not None
    assert tuple(request.base_image[0, 0]) == (0, 0, 255, 255)
    with Image.open(executor.folders.output / outcome.outputs["9"]["images"][0]["filename"]) as picture:
        assert picture.getpixel((0, 0)) == (0, 0, 255)  # masked everywhere: nothing may be drawn over


def test_advanced_sampler_counts_skipped_steps_as_kept(
    executor: Executor, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[DrawRequest] = []
    monkeypatch.setattr(studio.engine.figure, "draw", drawing(seen))
    graph = figure_graph()
    inputs = graph["3"]["inputs"]
    advanced = {
        "add_noise": "enable",
        "noise_seed": inputs.pop("seed"),
        "steps": 20,
        "start_at_step": 15,
        "end_at_step": 10000,
        "return_with_leftover_noise": "disable",
    }
    del inputs["denoise"]
    graph["3"] = {"class_type": "KSamplerAdvanced", "inputs": inputs | advanced}
    run(executor, graph)
    assert (seen[0].steps, seen[0].denoise) == (5, 0.25)


def test_what_was_not_drawn_travels_with_the_picture(
    executor: Executor, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = {
        "camera": {"yaw_deg": 0.0},
        "style": "ink",
        "landmarks": {"nose": np.array([1.5, 2.0])},
        "spec": [1] * 9,
    }
    monkeypatch.setattr(studio.engine.figure, "draw", drawing([], not_drawn=("a dragon",), recipe=recipe))
    graph = figure_graph(batch=2) | {
        "30": {
            "class_type": "ImageScaleBy",
            "inputs": {"image": ["8", 0], "upscale_method": "area", "scale_by": 0.5},
        },
        "31": plain_graph(size=32)["1"],
        "32": {"class_type": "ImageBatch", "inputs": {"image1": ["31", 0], "image2": ["30", 0]}},
    }
    graph["9"]["inputs"]["images"] = ["32", 0]
    outcome, _ = run(executor, graph)
    shown = {
        "not_drawn": ["a dragon"],
        "recipe": {"camera": {"yaw_deg": 0.0}, "style": "ink", "landmarks": {"nose": [1.5, 2.0]}},
    }
    assert outcome.outputs["9"]["figure"] == [None, shown, shown]
    plain, drawn, _ = outcome.outputs["9"]["images"]
    with Image.open(executor.folders.output / plain["filename"]) as picture:
        assert "figure" not in picture.info
    with Image.open(executor.folders.output / drawn["filename"]) as picture:
        inside = json.loads(picture.info["figure"])
    assert inside["not_drawn"] == ["a dragon"]
    assert inside["recipe"]["spec"] == [1] * 9


def test_refused_words_are_told_as_they_are(executor: Executor, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(request: DrawRequest, on_progress: Callable[..., None]) -> Picture:
        raise WordsRefused("These words are not drawn. Use others.")

    monkeypatch.setattr(studio.engine.figure, "draw", refuse)
    outcome, _ = run(executor, figure_graph())
    kind, fault = outcome.messages[-1]
    assert kind == "execution_error"
    assert fault["exception_message"] == "These words are not drawn. Use others."
    assert fault["exception_type"] == "studio.engine.figure.WordsRefused"
    assert fault["node_id"] == "3"


def test_combined_conditioning_keeps_all_words(executor: Executor, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[DrawRequest] = []
    monkeypatch.setattr(studio.engine.figure, "draw", drawing(seen))
    clip = ["4", 1]
    graph = figure_graph("a knight") | {
        "40": {"class_type": "CLIPTextEncode", "inputs": {"text": "red cape", "clip": clip}},
        "41": {
            "class_type": "ConditioningCombine",
            "inputs": {"conditioning_1": ["6", 0], "conditioning_2": ["40", 0]},
        },
        "42": {
            "class_type": "ConditioningConcat",
            "inputs": {"conditioning_to": ["7", 0], "conditioning_from": ["40", 0]},
        },
    }
    graph["3"]["inputs"] |= {"positive": ["41", 0], "negative": ["42", 0]}
    run(executor, graph)
    assert (seen[0].words, seen[0].negative) == ("a knight, red cape", "blurry, red cape")


def item(prompt_id: str, number: float = 0, size: int = 0) -> Item:
    return Item(number, prompt_id, {}, {}, [], size)


def finish(queue: PromptQueue, running: Item) -> None:
    queue.finish(running, {"outputs": {}, "meta": {}}, Outcome().status())


def test_queue_goes_by_number_then_arrival() -> None:
    queue = PromptQueue(lambda: None)
    for prompt_id, number in (("b", 1), ("c", 1), ("last", 2), ("first", -3)):
        queue.put(item(prompt_id, number))
    assert [row[1] for row in queue.rows()[1]] == ["first", "b", "c", "last"]
    taken = queue.take()
    assert taken is not None
    assert taken.prompt_id == "first"
    assert queue.remove_waiting("c")
    assert not queue.remove_waiting("c")
    assert queue.remaining() == 3


def test_interrupt_between_taking_and_starting_is_not_lost() -> None:
    queue = PromptQueue(lambda: None)
    queue.put(item("a"))
    assert not queue.interrupt("a")  # still waiting
    running = queue.take()
    assert running is not None
    assert not queue.interrupt("b")
    assert queue.interrupt("a")
    assert running.interrupt.is_set()


@pytest.mark.parametrize(
    ("count", "size", "kept"), [(MAX_HISTORY_ITEMS + 5, 0, MAX_HISTORY_ITEMS), (5, MAX_HISTORY_BYTES // 2, 2)]
)
def test_history_is_bounded(count: int, size: int, kept: int) -> None:
    queue = PromptQueue(lambda: None)
    for index in range(count):
        queue.put(item(str(index), size=size))
        running = queue.take()
        assert running is not None
        finish(queue, running)
    history = queue.history()
    assert len(history) == kept
    assert list(history)[-1] == str(count - 1)
    queue.clear_history()
    assert queue.history() == {}
