"""Every node type of the engine, registered by importing the families."""

from __future__ import annotations

from studio.engine.nodes import (
    conditioning,
    effects,
    figures,
    files,
    images,
    latents,
    loaders,
    masks,
    presets,
    primitives,
    sampling,
    transforms,
)
from studio.engine.nodes.define import NODES

__all__ = [
    "NODES",
    "conditioning",
    "effects",
    "figures",
    "files",
    "images",
    "latents",
    "loaders",
    "masks",
    "presets",
    "primitives",
    "sampling",
    "transforms",
]
