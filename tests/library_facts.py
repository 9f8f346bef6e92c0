"""A GPU server as the library sees it: the nodes of ComfyUI 0.3.64 with lists of models of our own."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from studio import workflows
from studio.comfy.info import ObjectInfo
from studio.workflows import Candidate

CORE: dict[str, Any] = json.loads(
    (Path(__file__).parent / "captures" / "object_info_core.json").read_text("utf-8")
)

# Custom nodes, as their packs declare them.
CUSTOM: dict[str, Any] = {
    "IPAdapterModelLoader": {
        "required": {"ipadapter_file": {"folder": "ipadapter"}},
        "outputs": ["IPADAPTER"],
    },
    "IPAdapterAdvanced": {
        "required": {
            "model": {"type": "MODEL"},
            "ipadapter": {"type": "IPADAPTER"},
            "image": {"type": "IMAGE"},
            "weight": {"type": "FLOAT", "min": -1, "max": 5, "default": 1.0},
            "weight_type": {"choices": ["linear", "ease in", "ease out", "ease in-out", "reverse in-out"]},
            "combine_embeds": {"choices": ["concat", "add", "subtract", "average", "norm average"]},
            "start_at": {"type": "FLOAT", "min": 0.0, "max": 1.0, "default": 0.0},
            "end_at": {"type": "FLOAT", "min": 0.0, "max": 1.0, "default": 1.0},
            "embeds_scaling": {"choices": ["V only", "K+V", "K+V w/ C penalty", "K+mean(V) w/ C penalty"]},
        },
        "optional": {
            "image_negative": {"type": "IMAGE"},
            "attn_mask": {"type": "MASK"},
            "clip_vision": {"type": "CLIP_VISION"},
        },
        "outputs": ["MODEL"],
    },
    "RMBG": {
        "required": {
            "image": {"type": "IMAGE"},
            "model": {"choices": ["RMBG-2.0", "INSPYRENET", "BEN", "BEN2"]},
        },
        "optional": {
            "sensitivity": {"type": "FLOAT", "min": 0.0, "max": 1.0, "default": 1.0},
            "background": {"choices": ["Alpha", "Color"]},
        },
        "outputs": ["IMAGE", "MASK", "IMAGE"],
    },
    "LatentSyncNode": {
        "required": {
            "images": {"type": "IMAGE"},
            "audio": {"type": "AUDIO"},
            "seed": {"type": "INT", "default": 1247},
            "lips_expression": {"type": "FLOAT", "min": 1.0, "max": 3.0, "step": 0.1, "default": 1.5},
            "inference_steps": {"type": "INT", "min": 1, "max": 999, "step": 1, "default": 20},
        },
        "outputs": ["IMAGE", "AUDIO"],
    },
    "ADE_AnimateDiffLoaderGen1": {
        "required": {
            "model": {"type": "MODEL"},
            "model_name": {"folder": "animatediff_models"},
            "beta_schedule": {"choices": ["autoselect", "sqrt_linear (AnimateDiff)", "linear"]},
        },
        "optional": {
            "context_options": {"type": "CONTEXT_OPTIONS"},
            "motion_lora": {"type": "MOTION_LORA"},
            "ad_settings": {"type": "AD_SETTINGS"},
            "ad_keyframes": {"type": "AD_KEYFRAMES"},
            "sample_settings": {"type": "SAMPLE_SETTINGS"},
            "scale_multival": {"type": "MULTIVAL"},
            "effect_multival": {"type": "MULTIVAL"},
            "per_block": {"type": "PER_BLOCK"},
        },
        "outputs": ["MODEL"],
    },
    "ADE_StandardUniformContextOptions": {
        "required": {
            "context_length": {"type": "INT", "min": 1, "max": 128, "default": 16},
            "context_stride": {"type": "INT", "min": 1, "max": 32, "default": 1},
            "context_overlap": {"type": "INT", "min": 0, "max": 128, "default": 4},
        },
        "optional": {
            "start_percent": {"type": "FLOAT", "min": 0.0, "max": 1.0, "default": 0.0},
            "prev_context": {"type": "CONTEXT_OPTIONS"},
            "view_opts": {"type": "VIEW_OPTS"},
        },
        "outputs": ["CONTEXT_OPTIONS"],
    },
    "InspyrenetRembg": {
        "required": {"image": {"type": "IMAGE"}, "torchscript_jit": {"choices": ["default", "on"]}},
        "outputs": ["IMAGE", "MASK"],
    },
}


def server_info(
    models: Mapping[str, Iterable[str]] | None = None, *, custom: bool = False, without: Iterable[str] = ()
) -> ObjectInfo:
    """What such a server answers, with these models by folder and with or without the custom nodes."""
    skipped = set(without)
    nodes = server_nodes(models, custom=custom)
    return ObjectInfo({name: node for name, node in nodes.items() if name not in skipped})


def server_nodes(
    models: Mapping[str, Iterable[str]] | None = None, *, custom: bool = False
) -> dict[str, Any]:
    """Its `/object_info` itself, for servers that are played over a socket."""
    listed = {folder: list(names) for folder, names in (models or {}).items()}
    nodes = {**CORE, **(CUSTOM if custom else {})}
    return {name: _node(facts, listed) for name, facts in nodes.items()}


def server(*checkpoints: str, custom: bool = False, **models: Iterable[str]) -> Candidate:
    """A server with these checkpoints, and models of other folders."""
    info = server_info({"checkpoints": checkpoints, **models}, custom=custom)
    return Candidate("comfy", info, "http://gpu:8188")


def every_model() -> dict[str, list[str]]:
    """All files that the library tells people to get, by folder, and two LoRAs."""
    found: dict[str, list[str]] = {"loras": ["hero.safetensors", "styles/ink.safetensors"]}
    for workflow in workflows.load_library().values():
        for choice in workflow.manifest.models.values():
            names = found.setdefault(choice.folder.removeprefix("models/"), [])
            names += [file.name for file in choice.files if file.name not in names]
    return found


def _node(facts: Mapping[str, Any], models: Mapping[str, list[str]]) -> dict[str, Any]:
    inputs = {
        group: {name: _input(spec, models) for name, spec in facts[group].items()}
        for group in ("required", "optional")
        if group in facts
    }
    return {"input": inputs, "output": facts["outputs"], "output_node": facts.get("ends", False)}


def _input(spec: Mapping[str, Any], models: Mapping[str, list[str]]) -> list[Any]:
    if "upload" in spec:
        return [["example.png"], {f"{spec['upload']}_upload": True}]
    if "folder" in spec:
        return [models.get(spec["folder"], [])]
    if "choices" in spec:
        return [spec["choices"]]
    return [spec["type"], {name: value for name, value in spec.items() if name != "type"}]
