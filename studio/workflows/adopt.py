"""Graphs without a manifest: where words, numbers and pictures go, told from node titles and types."""

from __future__ import annotations

import glob
import json
from collections.abc import Iterator, Mapping
from typing import Any

from studio.comfy.packs import FOLDERS
from studio.workflows.links import Graph, is_link
from studio.workflows.manifest import Manifest

SAMPLER_INPUTS = {
    "seed": ("seed", "noise_seed"),
    "steps": ("steps",),
    "cfg": ("cfg",),
    "sampler": ("sampler_name",),
    "scheduler": ("scheduler",),
    "denoise": ("denoise",),
}
SIZE_INPUTS = {"width": ("width",), "height": ("height",), "variants": ("batch_size",)}
TEXT_INPUTS = ("text", "prompt", "user_prompt", "text_g", "text_l", "clip_l", "t5xxl")
NEGATIVE_TITLES = ("negative", "without", "avoid", "unwanted", "uncond")
POSE_TITLES = ("pose", "skeleton", "control", "depth")
OTHER_PICTURE_TITLES = ("mask",)  # pictures that a request does not bring
MODEL_INPUTS = ("ckpt_name", "unet_name")


def adopt(graph: Graph, name: str, written: Mapping[str, Any] | None = None) -> Manifest:
    """A manifest for a graph that has none; what a person wrote down counts more than what was found."""
    if not any(_saves(node) for node in graph.values()):
        raise ValueError("no node saves a picture; put a SaveImage node at its end")
    slots = find_slots(graph)
    found: dict[str, Any] = {
        "title": name.replace("_", " ").replace("-", " ").strip().capitalize(),
        "about": "A workflow of your own; its slots were found by node titles and types.",
        "engine": "comfy",
        "pinned_only": True,
        "slots": slots,
        "requires": [slot for slot in ("reference_image", "pose_image") if slot in slots],
    }
    if model := _model_choice(graph, slots):
        found["models"] = {"model": model}
    written = dict(written or {})
    found["slots"] = {**slots, **written.pop("slots", {})}
    # A slot that a person leaves empty is switched off.
    found["slots"] = {slot: targets for slot, targets in found["slots"].items() if targets}
    found["requires"] = [slot for slot in found["requires"] if slot in found["slots"]]
    if "model" not in found["slots"]:
        found.pop("models", None)
    return Manifest.model_validate({**found, **written})


def find_slots(graph: Graph) -> dict[str, list[str]]:
    """The inputs of a graph that a request's values go to, by slot."""
    slots: dict[str, list[str]] = {}
    texts = {slot: list(_texts_behind(graph, slot)) for slot in ("positive", "negative")}
    if not texts["positive"]:
        texts = _texts_by_title(graph)
    # One node may feed both, as where the negative is the positive put to zero: then it is the positive's.
    texts["negative"] = [one for one in texts["negative"] if one not in texts["positive"]]
    slots |= {slot: targets for slot, targets in texts.items() if targets}
    for node_id, node in graph.items():
        class_type = node["class_type"]
        wanted: dict[str, tuple[str, ...]] = {}
        if _is_sampler(node):
            wanted |= SAMPLER_INPUTS
        if "Latent" in class_type and class_type.startswith("Empty"):
            wanted |= SIZE_INPUTS
        if _saves(node):
            wanted["filename_prefix"] = ("filename_prefix",)
        for slot, names in wanted.items():
            for input_name in names:
                if input_name in node["inputs"] and not is_link(node["inputs"][input_name]):
                    slots.setdefault(slot, []).append(f"{node_id}.{input_name}")
        takes_picture = class_type.startswith("LoadImage") and "image" in node["inputs"]
        if takes_picture and (role := _role(node)) and role not in slots:
            slots[role] = [f"{node_id}.image"]
    models = [
        f"{node_id}.{name}"
        for node_id, node in graph.items()
        for name in MODEL_INPUTS
        if name in node["inputs"]
    ]
    if len(models) == 1:
        slots["model"] = models
    if len(slots.get("denoise", ())) > 1:
        del slots["denoise"]  # of several passes each has its own
    return slots


def write_manifest(manifest: Manifest) -> str:
    """A manifest as the text of a `workflow.toml`, to be edited by hand."""
    values = manifest.model_dump(mode="json", exclude_defaults=True)
    return "\n".join(_toml_lines(values)).strip() + "\n"


def _is_sampler(node: Mapping[str, Any]) -> bool:
    class_type = node["class_type"]
    return "Sampler" in class_type or class_type in {"RandomNoise", "BasicScheduler", "CFGGuider"}


def _saves(node: Mapping[str, Any]) -> bool:
    return "filename_prefix" in node["inputs"] and "Save" in node["class_type"]


def _title(node: Mapping[str, Any]) -> str:
    meta = node.get("_meta")
    return str(meta.get("title", "")).casefold() if isinstance(meta, Mapping) else ""


def _role(node: Mapping[str, Any]) -> str | None:
    title = _title(node)
    if "Mask" in node["class_type"] or any(word in title for word in OTHER_PICTURE_TITLES):
        return None
    return "pose_image" if any(word in title for word in POSE_TITLES) else "reference_image"


def _texts_behind(graph: Graph, side: str) -> Iterator[str]:
    """The texts that reach a sampler's or guider's input, through whatever is between."""
    # One input may bring both texts, of a node that names each.
    names = {"positive": ("positive", "conditioning"), "negative": ("negative",)}[side] + ("text_embeds",)
    seen: set[str] = set()
    for node in graph.values():
        if not ("Sampler" in node["class_type"] or "Guider" in node["class_type"]):
            continue
        waiting = [node["inputs"][name][0] for name in names if is_link(node["inputs"].get(name))]
        while waiting:
            node_id = waiting.pop()
            if node_id in seen:
                continue
            seen.add(node_id)
            inputs = graph[node_id]["inputs"]
            own = [name for name in (*TEXT_INPUTS, f"{side}_prompt") if isinstance(inputs.get(name), str)]
            yield from (f"{node_id}.{name}" for name in own)
            if own:
                continue
            through = (side, "conditioning", "text", "prompt", "string", "value")
            waiting += [inputs[name][0] for name in through if is_link(inputs.get(name))]


def _texts_by_title(graph: Graph) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {"positive": [], "negative": []}
    for node_id, node in graph.items():
        for name in TEXT_INPUTS:
            if isinstance(node["inputs"].get(name), str) and (
                "Encode" in node["class_type"] or "rompt" in _title(node)
            ):
                side = "negative" if any(word in _title(node) for word in NEGATIVE_TITLES) else "positive"
                found[side].append(f"{node_id}.{name}")
    return found


def _model_choice(graph: Graph, slots: Mapping[str, list[str]]) -> dict[str, Any] | None:
    if "model" not in slots:
        return None
    node_id, input_name = slots["model"][0].split(".")
    own = graph[node_id]["inputs"][input_name]
    if not isinstance(own, str):
        return None
    file_name = own.replace("\\", "/").rsplit("/", 1)[-1]
    return {
        "what": f"the model {own}",
        "folder": f"models/{FOLDERS[input_name]}",
        "prefer": [glob.escape(file_name), f"*/{glob.escape(file_name)}"],
        "only_preferred": True,
    }


def _toml_lines(values: Mapping[str, Any], path: str = "") -> Iterator[str]:
    tables = {name: value for name, value in values.items() if isinstance(value, dict)}
    lists = {name: value for name, value in values.items() if _is_tables(value)}
    for name, value in values.items():
        if name not in tables and name not in lists:
            yield f"{_toml_key(name)} = {_toml_value(value)}"
    for name, value in tables.items():
        inner = f"{path}{_toml_key(name)}"
        yield f"\n[{inner}]"
        yield from _toml_lines(value, f"{inner}.")
    for name, value in lists.items():
        for one in value:
            yield f"\n[[{path}{_toml_key(name)}]]"
            yield from _toml_lines(one, f"{path}{_toml_key(name)}.")


def _is_tables(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, dict) for one in value)


def _toml_key(name: str) -> str:
    return name if name.replace("_", "").replace("-", "").isalnum() and name.isascii() else _toml_value(name)


def _toml_value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, list):
        return f"[{', '.join(_toml_value(one) for one in value)}]"
    # JSON's escapes are TOML's too, but for one character, which TOML wants escaped.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
