"""The engine's node types are described exactly as ComfyUI 0.3.64 describes its own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from studio.engine.folders import CHECKPOINTS, UPSCALERS, Folders
from studio.engine.nodes import NODES
from tests.engine_fixtures import CAPTURES, RunningEngine, running_engine  # noqa: F401

FACTS: dict[str, Any] = json.loads((CAPTURES / "node_facts.json").read_text())
OWN = {
    "ClipCrop",
    "ClipJoin",
    "ClipOverlay",
    "ClipSave",
    "ClipScale",
    "ClipSound",
    "FigureControlMap",
    "FigureView",
    "FigureIdentity",
    "FigureReference",
    "FigurePose",
    "FigurePosePreset",
    "FigureStyle",
    "FigureMotion",
    "FigureTalkingHead",
    "Video Slice",  # of later ComfyUIs than the captured one
}
LISTS_DIFFER = "files"  # in the facts: a list that depends on the machine


def without_tooltip(described: list[Any]) -> list[Any]:
    kind, *config = described
    kept = {key: value for key, value in (config[0] if config else {}).items() if key != "tooltip"}
    return [kind, kept] if kept else [kind]


@pytest.mark.parametrize("name", sorted(FACTS))
def test_node_is_described_as_captured(name: str, tmp_path: Path) -> None:
    facts, info = FACTS[name], NODES[name].render(Folders(tmp_path))
    assert set(facts["keys"]) <= set(info)
    for group in ("required", "optional"):
        known = facts.get(group, {})
        given = info["input"].get(group, {})
        assert list(given) == list(known)
        assert info["input_order"].get(group, []) == list(known)
        for key, expected in known.items():
            described = without_tooltip(given[key])
            if expected[0] == LISTS_DIFFER:
                assert isinstance(described[0], list)
                expected, described = expected[1:], described[1:]
            if expected and expected[0] == "COMBO" and "options" not in expected[1]:
                described[1].pop("options")
            assert described == expected, key
    assert info["input"].get("hidden", {}) == facts.get("hidden", {})
    assert [list(pair) for pair in zip(info["output"], info["output_name"], strict=True)] == facts["outputs"]
    assert info["output_is_list"] == [False] * len(facts["outputs"])
    assert (info["category"], info["display_name"]) == (facts["category"], facts["title"])
    assert (info["python_module"], info["output_node"]) == (facts["module"], facts["shows"])


def test_every_node_is_either_captured_or_our_own() -> None:
    assert set(NODES) == set(FACTS) | OWN


def test_figure_nodes_offer_what_the_studio_sets(tmp_path: Path) -> None:
    view = NODES["FigureView"].render(Folders(tmp_path))
    assert list(view["input"]["required"]) == [
        "conditioning",
        "yaw",
        "pitch",
        "framing",
        "style",
        "realism",
        "transparent",
    ]
    assert view["input"]["required"]["framing"][0] == ["full", "bust", "portrait"]
    assert view["output"] == ["CONDITIONING"]


def test_object_info_over_http(engine: RunningEngine) -> None:
    everything = engine.http.get("/object_info").json()
    assert set(everything) == set(NODES)
    assert everything["CheckpointLoaderSimple"]["input"]["required"]["ckpt_name"][0] == list(CHECKPOINTS)
    assert engine.http.get("/api/object_info/KSampler").json() == {"KSampler": everything["KSampler"]}
    unknown = engine.http.get("/object_info/Nope")
    assert (unknown.status_code, unknown.json()) == (200, {})


def test_lists_of_models(engine: RunningEngine) -> None:
    folders = engine.http.get("/models").json()
    assert {"checkpoints", "loras", "vae", "controlnet", "upscale_models"} <= set(folders)
    assert engine.http.get("/models/checkpoints").json() == list(CHECKPOINTS)
    assert engine.http.get("/models/upscale_models").json() == list(UPSCALERS)
    assert engine.http.get("/models/nothing").status_code == 404
    lora = engine.base / "models" / "loras" / "ink" / "line.safetensors"
    lora.parent.mkdir(parents=True)
    lora.write_bytes(b"weights")
    assert engine.http.get("/models/loras").json() == ["ink/line.safetensors"]
    described = engine.http.get("/object_info/LoraLoader").json()["LoraLoader"]
    assert described["input"]["required"]["lora_name"][0] == ["ink/line.safetensors"]
    assert engine.http.get("/embeddings").json() == []


def test_new_inputs_appear_in_the_lists(engine: RunningEngine) -> None:
    (engine.base / "input" / "new.png").write_bytes(b"not looked at")
    (engine.base / "input" / "sound.wav").write_bytes(b"not looked at")
    described = engine.http.get("/object_info").json()
    assert described["LoadImage"]["input"]["required"]["image"][0] == ["new.png"]
    assert described["LoadImageMask"]["input"]["required"]["image"][0] == ["new.png", "sound.wav"]


def test_system_stats_and_features(engine: RunningEngine) -> None:
    stats = engine.http.get("/system_stats").json()
    assert stats["system"]["comfyui_version"] == "0.3.64"
    assert stats["system"]["engine"] == "AvatarForge embedded engine"
    assert stats["system"]["ram_total"] > stats["system"]["ram_free"] > 0
    assert stats["devices"][0]["type"] == "cpu"
    features = engine.http.get("/features").json()
    assert features == {"supports_preview_metadata": True, "max_upload_size": 104857600}
