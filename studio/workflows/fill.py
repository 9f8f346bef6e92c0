"""Filling a graph: a request's values, words, files, models and LoRAs in their places."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from studio import prompts
from studio.comfy.info import ObjectInfo, find_choice
from studio.request import (
    EDITED,
    MOVING,
    TALKING,
    AnyRequest,
    AvatarRequest,
    EditRequest,
    Part,
    TalkRequest,
    VideoRequest,
    View,
)
from studio.workflows.links import Graph, relink
from studio.workflows.manifest import RESOLVED, LoraAnchor, OptionalPart, Workflow

YAW_DEG: dict[View, float] = {"front": 0.0, "back": 180.0, "side": 90.0, "quarter": 40.0}


def fill(
    workflow: Workflow,
    request: AnyRequest,
    view: Part,
    seed: int,
    *,
    uploads: Mapping[str, str],
    models: Mapping[str, str] | None = None,
    filename_prefix: str = "avatarforge",
    from_front: bool = False,
    frames: int | None = None,
) -> Graph:
    """The graph for one view, ready to be sent; `frames` of a piece of a long voice."""
    values: dict[str, Any] = {name: getattr(request, name) for name in RESOLVED}
    values |= {"seed": seed, "variants": request.variants, "filename_prefix": filename_prefix}
    if isinstance(request, TalkRequest):
        values |= {**_of_talking(request), "frames": frames}
    elif isinstance(request, EditRequest):
        values |= _of_editing(request)
    elif isinstance(request, VideoRequest):
        values |= _of_moving(workflow, request)
    else:
        values |= _of_view(workflow, request, _as_view(view), uploads, from_front=from_front)
    values |= {**(models or {}), **uploads}
    # Inputs are replaced and never changed inside, so that the links themselves can be shared.
    graph = {node_id: {**node, "inputs": dict(node["inputs"])} for node_id, node in workflow.graph.items()}
    for part in workflow.parts_without(uploads):
        remove_part(graph, part)
    for slot, targets in workflow.manifest.slots.items():
        if values.get(slot) is None:
            continue
        for target in targets:
            node, input_name = target.split(".")
            if node in graph:
                graph[node]["inputs"][input_name] = values[slot]
    if request.loras and workflow.manifest.loras is not None:
        _insert_loras(graph, workflow.manifest.loras, request)
    return graph


def _as_view(part: Part) -> View:
    if part in (TALKING, EDITED, MOVING):
        raise ValueError("a character is drawn from a side")
    return part


def _of_talking(request: TalkRequest) -> dict[str, Any]:
    """What a video is made by, beside its picture and its sound."""
    where = request.landmarks
    return {
        "positive": _words_of_talking(request),
        "negative": request.negative_prompt or None,  # then what the graph says itself
        "fps": request.fps,
        "resolution": request.resolution,
        "emotion": request.emotion,
        "landmarks": where.model_dump_json() if where else "",
    }


def _of_editing(request: EditRequest) -> dict[str, Any]:
    """What is made of the clips, beside their files."""
    return {
        "start_time": request.start_s,
        "seconds": 0.0 if request.end_s is None else request.end_s - request.start_s,
        "crop_x": request.crop_x,
        "crop_y": request.crop_y,
        "crop_width": request.crop_width or 0,
        "crop_height": request.crop_height or 0,
        "width": request.width or 0,
        "height": request.height or 0,
        "fit": request.fit,
        "sound_mode": request.sound_mode,
        "volume": request.volume,
        "video_format": request.output_format,
    }


def _of_moving(workflow: Workflow, request: VideoRequest) -> dict[str, Any]:
    """What a video is made by, beside its picture; how many frames that is depends on the model."""
    frames, fps, clip = None, request.fps, workflow.manifest.clip
    sides: dict[str, Any] = {}
    if clip is not None:
        frames, fps = clip.frames(request.duration_s, request.fps)
        sides = {"width": clip.side(request.width), "height": clip.side(request.height)}
    figure = workflow.manifest.prompt_style == "figure"
    words = request.prompt if figure else ", ".join(part for part in (request.prompt, request.style) if part)
    return {
        **sides,
        "positive": words,
        "negative": request.negative_prompt or None,  # then what the graph says itself
        "style": request.style,
        "realism": request.realism,
        "identity": request.identity,
        "identity_seed": request.identity_seed,
        "motion": request.motion or None,
        "camera": request.camera or None,
        "duration": request.duration_s,
        "fps": fps,
        "frames": frames,
    }


def _words_of_talking(request: TalkRequest) -> str:
    """What a model that reads words is told of a speaker."""
    words = request.prompt or "A person speaks to the camera, natural movement, steady background"
    mood = request.emotion.replace("_", " ")
    return words if request.emotion == "neutral" else f"{words}, {mood} expression"


def _of_view(
    workflow: Workflow, request: AvatarRequest, view: View, uploads: Collection[str], *, from_front: bool
) -> dict[str, Any]:
    """What one view of a character is drawn by."""
    text = prompts.write(
        request,
        view,
        workflow.manifest.prompt_style,
        workflow.family_of(request.model),
        posed="pose_image" in uploads,
        from_front=from_front,
    )
    return {
        "positive": text.positive,
        "negative": text.negative,
        "yaw": YAW_DEG[view],
        "style": request.style,
        "realism": request.realism,
        "framing": request.framing,
        "transparent": request.transparent,
        "identity": request.identity,
        "identity_seed": request.identity_seed,
        **_panel(request, view),
    }


def _panel(request: AvatarRequest, view: View) -> dict[str, Any]:
    """Where a view stands in one wide picture of all of them, side by side."""
    if request.width is None or view not in request.views:
        return {}
    return {
        "sheet_width": request.width * len(request.views),
        "panel_x": request.width * request.views.index(view),
    }


def fit_to_server(graph: Graph, info: ObjectInfo) -> Graph:
    """The same graph with each model named as this server names it (folders and slashes differ)."""
    for node in graph.values():
        for name, value in node["inputs"].items():
            if not isinstance(value, str) or info.takes_upload(node["class_type"], name):
                continue
            choices = info.choices(node["class_type"], name)
            if choices and value not in choices and (own_name := find_choice(value, choices)):
                node["inputs"][name] = own_name
    return graph


def remove_part(graph: Graph, part: OptionalPart) -> None:
    """Take an optional part out; what read from it reads what it read."""
    for node_id, inputs in part.bypass.items():
        sources = [graph[node_id]["inputs"][name] for name in inputs]
        for index, source in enumerate(sources):
            relink(graph, [node_id, index], source)
    for target in part.cut:
        node_id, input_name = target.split(".")
        graph[node_id]["inputs"].pop(input_name, None)
    for node_id in part.nodes:
        del graph[node_id]


def _insert_loras(graph: Graph, anchor: LoraAnchor, request: AnyRequest) -> None:
    model = list(anchor.model)
    clip = list(anchor.clip) if anchor.clip else None
    stack: Graph = {}
    for position, lora in enumerate(request.loras):
        node_id = f"lora{position + 1}"
        inputs: dict[str, Any] = {"lora_name": lora.name, "strength_model": lora.strength, "model": model}
        if clip is not None:
            inputs |= {"strength_clip": lora.strength, "clip": clip}
        stack[node_id] = {
            "class_type": "LoraLoaderModelOnly" if clip is None else "LoraLoader",
            "inputs": inputs,
            "_meta": {"title": f"LoRA {lora.name}"},
        }
        model, clip = [node_id, 0], None if clip is None else [node_id, 1]
    relink(graph, list(anchor.model), model)
    if anchor.clip and clip is not None:
        relink(graph, list(anchor.clip), clip)
    graph.update(stack)
