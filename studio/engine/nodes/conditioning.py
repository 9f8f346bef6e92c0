"""Conditioning: what the picture should show, as pairs of words and options."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from studio.engine.folders import Folders
from studio.engine.nodes.define import choice, decimal, link, node, switch, text, whole
from studio.engine.nodes.loaders import Clip, ControlNet

Conditioning = list[tuple[str, dict[str, Any]]]
FRAMINGS = ("full", "bust", "portrait")


def with_options(conditioning: Conditioning, **options: Any) -> Conditioning:
    """Set options on every part; parts are shared with the cache, so they are copied."""
    return [(words, {**old, **options}) for words, old in conditioning]


def words_of(conditioning: Conditioning) -> str:
    """Join the words of all parts."""
    return ", ".join(words.strip() for words, _ in conditioning if words.strip())


def options_of(conditioning: Conditioning) -> dict[str, Any]:
    """Merge the options of all parts; later ones win, controls add up."""
    merged: dict[str, Any] = {}
    controls: dict[int, tuple[str, np.ndarray, float]] = {}  # by identity: parts often share a control
    for _, options in conditioning:
        controls |= {id(control): control for control in options.get("controls", ())}
        merged |= options
    if controls:
        merged["controls"] = list(controls.values())
    return merged


@node(
    "CLIPTextEncode",
    required={
        "text": text(multiline=True, dynamicPrompts=True, tooltip="The text to be encoded."),
        "clip": link("CLIP", "The CLIP model used for encoding the text."),
    },
    outputs=("CONDITIONING",),
    category="conditioning",
    display_name="CLIP Text Encode (Prompt)",
    description="Says in words what the picture should show.",
)
def encode_text(text: str, clip: Clip) -> tuple[Conditioning]:
    """Keep the words as they are; the figure reads them."""
    return ([(text, {})],)


@node(
    "ConditioningCombine",
    required={"conditioning_1": link("CONDITIONING"), "conditioning_2": link("CONDITIONING")},
    outputs=("CONDITIONING",),
    category="conditioning",
    display_name="Conditioning (Combine)",
)
def combine(conditioning_1: Conditioning, conditioning_2: Conditioning) -> tuple[Conditioning]:
    """Put two conditionings side by side."""
    return (conditioning_1 + conditioning_2,)


@node(
    "ConditioningConcat",
    required={"conditioning_to": link("CONDITIONING"), "conditioning_from": link("CONDITIONING")},
    outputs=("CONDITIONING",),
    category="conditioning",
    display_name="Conditioning (Concat)",
)
def concat(conditioning_to: Conditioning, conditioning_from: Conditioning) -> tuple[Conditioning]:
    """Add the words of the first part of one to every part of the other."""
    more = conditioning_from[0][0] if conditioning_from else ""
    return ([(words_of([(words, {}), (more, {})]), options) for words, options in conditioning_to],)


@node(
    "ConditioningZeroOut",
    required={"conditioning": link("CONDITIONING")},
    outputs=("CONDITIONING",),
    category="advanced/conditioning",
)
def zero_out(conditioning: Conditioning) -> tuple[Conditioning]:
    """Take the words away, keep the options."""
    return ([("", options) for _, options in conditioning],)


def _apply_control(
    conditioning: Conditioning, control_net: ControlNet, image: np.ndarray, strength: float
) -> Conditioning:
    control = (control_net.kind, image, strength)
    return [
        (words, {**options, "controls": [*options.get("controls", ()), control]})
        for words, options in conditioning
    ]


@node(
    "ControlNetApply",
    required={
        "conditioning": link("CONDITIONING"),
        "control_net": link("CONTROL_NET"),
        "image": link("IMAGE"),
        "strength": decimal(1.0, 0.0, 10.0, step=0.01),
    },
    outputs=("CONDITIONING",),
    category="conditioning/controlnet",
    display_name="Apply ControlNet (OLD)",
    deprecated=True,
)
def apply_control(
    conditioning: Conditioning, control_net: ControlNet, image: np.ndarray, strength: float
) -> tuple[Conditioning]:
    """Let a picture guide the drawing."""
    if strength == 0:
        return (conditioning,)
    return (_apply_control(conditioning, control_net, image, strength),)


@node(
    "ControlNetApplyAdvanced",
    required={
        "positive": link("CONDITIONING"),
        "negative": link("CONDITIONING"),
        "control_net": link("CONTROL_NET"),
        "image": link("IMAGE"),
        "strength": decimal(1.0, 0.0, 10.0, step=0.01),
        "start_percent": decimal(0.0, 0.0, 1.0, step=0.001),
        "end_percent": decimal(1.0, 0.0, 1.0, step=0.001),
    },
    optional={"vae": link("VAE")},
    outputs=("CONDITIONING", "CONDITIONING"),
    output_names=("positive", "negative"),
    category="conditioning/controlnet",
    display_name="Apply ControlNet",
)
def apply_control_advanced(
    positive: Conditioning,
    negative: Conditioning,
    control_net: ControlNet,
    image: np.ndarray,
    strength: float,
    start_percent: float,
    end_percent: float,
    vae: Any = None,
) -> tuple[Conditioning, Conditioning]:
    """Let a picture guide the drawing; a span of no steps guides nothing."""
    if strength == 0 or end_percent <= start_percent:
        return positive, negative
    guided = _apply_control(positive, control_net, image, strength)
    return guided, _apply_control(negative, control_net, image, strength)


@node(
    "FigureView",
    required={
        "conditioning": link("CONDITIONING"),
        "yaw": decimal(0.0, -360.0, 360.0, step=1.0, tooltip="Degrees around the figure; 0 is the front."),
        "pitch": decimal(0.0, -90.0, 90.0, step=1.0, tooltip="Degrees from above (positive) or below."),
        "framing": choice(FRAMINGS, default="full"),
        "style": text("", tooltip="Drawing style; empty: read from the words."),
        "realism": switch(False),
        "transparent": switch(False, tooltip="No background: the picture gets an alpha channel."),
    },
    outputs=("CONDITIONING",),
    category="figure",
    display_name="Figure View",
    description="Says from where and in which style the figure is drawn.",
    module="studio.engine.nodes",
)
def figure_view(
    conditioning: Conditioning,
    yaw: float,
    pitch: float,
    framing: str,
    style: str,
    realism: bool,
    transparent: bool,
) -> tuple[Conditioning]:
    """Set the camera and the style."""
    camera = (yaw, pitch, framing)
    return (with_options(conditioning, camera=camera, style=style, realism=realism, transparent=transparent),)


@node(
    "FigureIdentity",
    required={
        "conditioning": link("CONDITIONING"),
        "words": text("", multiline=True, tooltip="Who it is; empty: whoever the prompt describes."),
        "seed": whole(0, 0, 2**64 - 1, tooltip="Decides what these words leave open."),
    },
    outputs=("CONDITIONING",),
    category="figure",
    display_name="Figure Identity",
    description="A character that is known: its face, hair, skin, body and age stay, whatever is asked for.",
    module="studio.engine.nodes",
)
def figure_identity(conditioning: Conditioning, words: str, seed: int) -> tuple[Conditioning]:
    """Set who it is; no words set nobody."""
    return (with_options(conditioning, identity=(words, seed)) if words.strip() else conditioning,)


def _check_pose(folders: Folders, pose: Any) -> str | None:
    try:
        parsed = json.loads(pose)
    except (TypeError, ValueError, RecursionError) as problem:
        return f"The pose is not JSON: {problem}"
    return None if isinstance(parsed, dict) else "The pose must be a JSON object."


@node(
    "FigurePose",
    required={
        "conditioning": link("CONDITIONING"),
        "pose": text("{}", multiline=True, tooltip="An OpenPose document or joint angles, as JSON."),
    },
    outputs=("CONDITIONING",),
    category="figure",
    display_name="Figure Pose",
    description="A pose by its numbers, where a picture of it would lose precision.",
    module="studio.engine.nodes",
    check=_check_pose,
    checked_inputs=("pose",),
)
def figure_pose(conditioning: Conditioning, pose: str) -> tuple[Conditioning]:
    """Set the pose."""
    return (with_options(conditioning, pose=json.loads(pose)),)


@node(
    "FigureReference",
    required={"conditioning": link("CONDITIONING"), "image": link("IMAGE")},
    outputs=("CONDITIONING",),
    category="figure",
    display_name="Figure Reference",
    description="A picture whose colours fill in what the words leave open.",
    module="studio.engine.nodes",
)
def figure_reference(conditioning: Conditioning, image: np.ndarray) -> tuple[Conditioning]:
    """Set the reference picture."""
    return (with_options(conditioning, reference=image),)
