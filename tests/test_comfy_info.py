"""What a server can do is read from `/object_info`, in each of the ways of saying it."""

from __future__ import annotations

import pytest

from studio.comfy.info import Bounds, ObjectInfo, find_choice
from studio.comfy.packs import how_to_get
from tests.fake_comfy import INFO


@pytest.fixture
def info() -> ObjectInfo:
    return ObjectInfo(INFO)


def test_choices_in_the_old_form_and_in_the_new(info: ObjectInfo) -> None:
    assert info.choices("KSampler", "sampler_name") == ("euler", "heun", "ddim")
    assert info.choices("UpscaleModelLoader", "model_name") == ("4x.pth",)
    assert info.input_type("KSampler", "sampler_name") == "COMBO"
    assert info.input_type("UpscaleModelLoader", "model_name") == "COMBO"
    assert info.choices("KSampler", "steps") == ()
    assert info.choices("KSampler", "nothing") == ()
    assert info.choices("Nothing", "nothing") == ()


def test_defaults_and_bounds(info: ObjectInfo) -> None:
    assert info.default("KSampler", "steps") == 20
    assert info.default("KSampler", "sampler_name") == "euler"
    assert info.default("KSampler", "model") is None
    assert info.bounds("KSampler", "cfg") == Bounds(0.0, 100.0, 0.1)
    assert info.bounds("KSampler", "seed").maximum == 18446744073709551615
    assert info.bounds("KSampler", "sampler_name") == Bounds()


def test_nodes_and_outputs(info: ObjectInfo) -> None:
    assert info.has("KSampler", "SaveImage")
    assert not info.has("KSampler", "IPAdapter")
    assert "KSampler" in info
    assert info.outputs("CheckpointLoaderSimple") == ("MODEL", "CLIP", "VAE")
    assert info.is_output("SaveImage")
    assert not info.is_output("KSampler")
    assert info.display_name("CheckpointLoaderSimple") == "Load Checkpoint"
    assert info.takes_upload("LoadImage", "image")
    assert not info.takes_upload("SaveImage", "images")


def test_models_of_a_folder(info: ObjectInfo) -> None:
    assert info.models("checkpoints") == ("SD15\\dream.safetensors", "xl.safetensors")
    assert info.models("upscale_models") == ("4x.pth",)
    assert info.models("loras") == ()
    assert info.folder("CheckpointLoaderSimple", "ckpt_name") == "checkpoints"
    assert info.folder("CLIPVisionLoader", "clip_name") == "clip_vision"
    assert info.folder("CLIPLoader", "clip_name") == "text_encoders"
    assert info.folder("KSampler", "sampler_name") is None


def test_what_a_graph_lacks(info: ObjectInfo) -> None:
    graph = {
        "1": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "dream.safetensors"}},
        "2": {"class_type": "UpscaleModelLoader", "inputs": {"model_name": "8x.pth"}},
        "3": {"class_type": "IPAdapterAdvanced", "inputs": {}},
        "4": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": ["9", 0]}},
    }
    assert info.missing_nodes(graph) == ("IPAdapterAdvanced",)
    (missing,) = info.missing_models(graph)
    assert (missing.node_id, missing.wanted, missing.folder) == ("2", "8x.pth", "upscale_models")
    assert missing.choices == ("4x.pth",)


def test_a_graph_in_the_servers_own_spelling(info: ObjectInfo) -> None:
    graph = {
        "1": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "sd15/dream.safetensors"}},
        "2": {"class_type": "UpscaleModelLoader", "inputs": {"model_name": "8x.pth"}},
        "3": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "dream"}},
        "4": None,
    }
    spelled = info.spelled(graph)
    assert spelled["1"]["inputs"] == {"ckpt_name": "SD15\\dream.safetensors"}
    assert {key: spelled[key] for key in "234"} == {key: graph[key] for key in "234"}
    assert graph["1"]["inputs"] == {"ckpt_name": "sd15/dream.safetensors"}


@pytest.mark.parametrize(
    ("wanted", "choices", "found"),
    [
        ("a.safetensors", ["b", "a.safetensors"], "a.safetensors"),
        ("sd15/dream.safetensors", ["SD15\\Dream.safetensors"], "SD15\\Dream.safetensors"),
        ("dream.safetensors", ["SD15\\dream.safetensors"], "SD15\\dream.safetensors"),
        ("checkpoints/dream.safetensors", ["dream.safetensors"], "dream.safetensors"),
        ("dream", ["sub/dream.ckpt", "sub/dream.safetensors"], "sub/dream.safetensors"),
        ("dream.ckpt", ["dream.safetensors"], "dream.safetensors"),
        ("Dream Shaper_8", ["dream-shaper-8.safetensors"], "dream-shaper-8.safetensors"),
        ("a/x.pt", ["b/x.pt", "a/x.pt"], "a/x.pt"),
        ("x.pt", ["deep/er/x.pt", "b/x.pt"], "b/x.pt"),
        ("dream", ["dreamy.safetensors"], None),
        ("sdxl.safetensors", ["sd15.safetensors"], None),
        ("", ["a.safetensors"], None),
        ("x", [], None),
    ],
)
def test_a_model_is_found_as_the_server_spells_it(wanted: str, choices: list[str], found: str | None) -> None:
    assert find_choice(wanted, choices) == found


def test_strange_descriptions_do_no_harm() -> None:
    info = ObjectInfo(
        {
            "A": {"input": {"required": {"x": [], "y": "INT", "z": [["a", 1, None]], "w": ["COMBO"]}}},
            "B": {"input": None, "output": None},
            "C": {},
            "D": None,
            "E": {"input": {"required": ["x"]}, "output": [["a", "b"], "INT"]},
            "F": {"input": {"required": {"v": ["FLOAT", {"min": float("nan"), "max": "big"}]}}},
        }
    )
    assert info.choices("A", "x") == info.choices("A", "y") == info.choices("A", "w") == ()
    assert info.choices("A", "z") == ("a",)
    assert info.outputs("B") == info.outputs("C") == info.inputs("B") == info.inputs("E") == ()
    assert info.outputs("E") == ("COMBO", "INT")
    assert not info.has("D")
    assert info.bounds("F", "v").maximum is None
    assert info.models("checkpoints") == ()
    assert info.missing_nodes({"1": None, "2": {}, "3": {"class_type": "A"}}) == ("",)


def test_where_a_node_comes_from() -> None:
    assert "ComfyUI_IPAdapter_plus" in how_to_get("IPAdapterUnifiedLoader")
    assert "ComfyUI-GGUF" in how_to_get("UnetLoaderGGUF")
    assert "Impact-Subpack" in how_to_get("UltralyticsDetectorProvider")
    assert "embedded engine" in how_to_get("FigureView")
    assert "custom node that provides NobodyKnows" in how_to_get("NobodyKnows")
