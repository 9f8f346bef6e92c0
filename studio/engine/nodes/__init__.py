"""Every node type of the engine, registered by importing the families."""

from __future__ import annotations

from studio.engine.nodes import (
    audio,
    clips,
    conditioning,
    effects,
    figures,
    files,
    images,
    latents,
    loaders,
    masks,
    motion,
    presets,
    primitives,
    sampling,
    talking,
    transforms,
    video,
)
from studio.engine.nodes.define import NODES

__all__ = [
    "NODES",
    "audio",
    "clips",
    "conditioning",
    "effects",
    "figures",
    "files",
    "images",
    "latents",
    "loaders",
    "masks",
    "motion",
    "presets",
    "primitives",
    "sampling",
    "talking",
    "transforms",
    "video",
]
