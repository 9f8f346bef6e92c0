"""Loaders: the engine has no weights, so what they load are names that the sampler understands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from studio.engine.folders import Folders
from studio.engine.nodes.define import choice, decimal, link, node, whole

LORA_STRENGTH = (1.0, -100.0, 100.0)


@dataclass(frozen=True)
class Model:
    """What draws: the figure, with the LoRAs that somebody put on it."""

    name: str
    loras: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True)
class Clip:
    """What reads the words."""

    name: str
    last_layer: int = -1


@dataclass(frozen=True)
class Vae:
    """What turns latents into pictures: here both are pictures."""

    name: str


@dataclass(frozen=True)
class ControlNet:
    """Which kind of picture guides the drawing."""

    name: str

    @property
    def kind(self) -> str:
        """Name the kind without the family: openpose."""
        return self.name.removeprefix("figure-")


@dataclass(frozen=True)
class UpscaleModel:
    """A way to enlarge pictures."""

    name: str
    scale: int


def _models(folder: str) -> Callable[[Folders], list[str]]:
    return lambda folders: folders.models_in(folder)


@node(
    "CheckpointLoaderSimple",
    required={
        "ckpt_name": choice(_models("checkpoints"), tooltip="The name of the checkpoint (model) to load.")
    },
    outputs=("MODEL", "CLIP", "VAE"),
    category="loaders",
    display_name="Load Checkpoint",
    description="Chooses what draws; this engine brings its own figure and needs no weights.",
)
def load_checkpoint(ckpt_name: str) -> tuple[Model, Clip, Vae]:
    """Give the figure in the three parts of a checkpoint."""
    return Model(ckpt_name), Clip(ckpt_name), Vae(ckpt_name)


@node(
    "VAELoader",
    required={"vae_name": choice(_models("vae"))},
    outputs=("VAE",),
    category="loaders",
    display_name="Load VAE",
)
def load_vae(vae_name: str) -> tuple[Vae]:
    """Give a VAE that keeps pictures as they are."""
    return (Vae(vae_name),)


@node(
    "LoraLoader",
    required={
        "model": link("MODEL"),
        "clip": link("CLIP"),
        "lora_name": choice(_models("loras"), tooltip="The name of the LoRA."),
        "strength_model": decimal(*LORA_STRENGTH, step=0.01),
        "strength_clip": decimal(*LORA_STRENGTH, step=0.01),
    },
    outputs=("MODEL", "CLIP"),
    category="loaders",
    display_name="Load LoRA",
    description="Recorded with the picture; the figure itself cannot apply a LoRA and says so.",
)
def load_lora(
    model: Model, clip: Clip, lora_name: str, strength_model: float, strength_clip: float
) -> tuple[Model, Clip]:
    """Record a LoRA on the model."""
    return _with_lora(model, lora_name, strength_model), clip


@node(
    "LoraLoaderModelOnly",
    required={
        "model": link("MODEL"),
        "lora_name": choice(_models("loras")),
        "strength_model": decimal(*LORA_STRENGTH, step=0.01),
    },
    outputs=("MODEL",),
    category="loaders",
    description="Recorded with the picture; the figure itself cannot apply a LoRA and says so.",
)
def load_lora_model_only(model: Model, lora_name: str, strength_model: float) -> tuple[Model]:
    """Record a LoRA on the model."""
    return (_with_lora(model, lora_name, strength_model),)


def _with_lora(model: Model, name: str, strength: float) -> Model:
    return model if strength == 0 else replace(model, loras=(*model.loras, (name, strength)))


@node(
    "ControlNetLoader",
    required={"control_net_name": choice(_models("controlnet"))},
    outputs=("CONTROL_NET",),
    category="loaders",
    display_name="Load ControlNet Model",
)
def load_control_net(control_net_name: str) -> tuple[ControlNet]:
    """Choose which kind of picture guides the drawing."""
    return (ControlNet(control_net_name),)


@node(
    "UpscaleModelLoader",
    required={"model_name": choice(_models("upscale_models"))},
    outputs=("UPSCALE_MODEL",),
    category="loaders",
    display_name="Load Upscale Model",
    module="comfy_extras.nodes_upscale_model",
    schema_style=True,
)
def load_upscale_model(model_name: str) -> tuple[UpscaleModel]:
    """Choose how pictures are enlarged: resampling, named as what it is."""
    return (UpscaleModel(model_name, int(model_name.rsplit("-", 1)[1].removesuffix("x"))),)


@node(
    "CLIPSetLastLayer",
    required={"clip": link("CLIP"), "stop_at_clip_layer": whole(-1, -24, -1, step=1)},
    outputs=("CLIP",),
    category="conditioning",
    display_name="CLIP Set Last Layer",
)
def set_last_layer(clip: Clip, stop_at_clip_layer: int) -> tuple[Clip]:
    """Record the layer; the figure reads words, not layers."""
    return (replace(clip, last_layer=stop_at_clip_layer),)
