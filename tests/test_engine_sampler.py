"""What the sampler asks of the figure, and what becomes of its answers."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PIL import Image

import studio.engine.figure
from studio.engine.execute import Executor
from studio.engine.figure import DrawRequest, Picture, WordsRefused
from tests.engine_fixtures import figure_graph, plain_graph
from tests.executor_fixtures import executor, folders, run

__all__ = ["executor", "folders"]


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
