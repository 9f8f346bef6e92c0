"""Control maps as nodes: the view that the sampler draws, as a ControlNet sees it."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from studio.engine.figure import Camera, DrawRequest, control_maps
from studio.engine.folders import Folders
from studio.engine.nodes.conditioning import figure_view
from studio.engine.nodes.define import Run
from studio.engine.nodes.figures import CONTROL_MAPS, control_map
from tests.conftest import RunningApp
from tests.fake_comfy import wait_until

WORDS = [("knight, silver armor, long hair", {})]
NOTHING = [("", {})]


def made(kind: str, yaw: float = 0.0) -> tuple[np.ndarray, str]:
    positive = figure_view(WORDS, yaw, 0.0, "full", "", False, False)[0]  # type: ignore[arg-type]
    run = Run(Folders(Path("unused")), {}, None, lambda: None, lambda value, maximum, preview: None)
    return control_map(run, positive, NOTHING, 3, 128, 192, kind)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", CONTROL_MAPS)
def test_each_kind_shows_the_figure_of_that_view(kind: str) -> None:
    image, _ = made(kind)
    assert image.shape == (1, 192, 128, 3)
    assert 0.0 <= image.min() < image.max() <= 1.0
    assert not np.array_equal(image, made(kind, 90.0)[0])


def test_the_node_gives_what_the_plain_function_gives() -> None:
    request = DrawRequest(WORDS[0][0], seed=3, width=128, height=192, camera=Camera(0.0))
    expected = control_maps(request, ("depth",))["depth"]
    assert np.array_equal((made("depth")[0][0] * 255).round().astype(np.uint8), expected)


def test_openpose_and_segmentation_say_what_they_mean() -> None:
    document: dict[str, Any] = json.loads(made("openpose")[1])
    assert len(document["people"]) == 1
    image, about = made("segmentation")
    legend = {tuple(colour) for colour in json.loads(about).values()}
    seen = {tuple(pixel) for pixel in (image[0] * 255).round().astype(int).reshape(-1, 3).tolist()}
    assert len(seen) > 3
    assert seen <= legend


def test_over_the_engine_a_map_is_a_picture(app: RunningApp) -> None:
    engine = app.client.get("/avatarforge-controller/health").json()["comfyui"]["url"]
    graph = {
        "1": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "avatarforge-figure"}},
        "2": {"class_type": "CLIPTextEncode", "inputs": {"text": "a knight", "clip": ["1", 1]}},
        "3": {
            "class_type": "FigureControlMap",
            "inputs": {
                "positive": ["2", 0],
                "negative": ["2", 0],
                "seed": 1,
                "width": 64,
                "height": 96,
                "kind": "openpose",
            },
        },
        "4": {"class_type": "SaveImage", "inputs": {"filename_prefix": "map", "images": ["3", 0]}},
    }
    prompt_id = app.client.post(f"{engine}/prompt", json={"prompt": graph}).json()["prompt_id"]
    found: dict[str, Any] = {}
    assert wait_until(
        lambda: found.update(app.client.get(f"{engine}/history/{prompt_id}").json()) or found, 120
    )
    [saved] = found[prompt_id]["outputs"]["4"]["images"]
    picture = Image.open(io.BytesIO(app.client.get(f"{engine}/view", params=saved).content))
    assert picture.size == (64, 96)
