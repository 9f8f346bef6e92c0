"""Anime cel shade, also in chibi proportions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..render.scene import Layers, Manner
from .registry import over, style

if TYPE_CHECKING:
    from ..drawing import Scene

Array = np.ndarray


@style("anime")
def anime(layers: Layers, behind: Array | None, scene: Scene) -> Array:
    """As it comes from the shader."""
    return over(layers.rgba, behind)


@style("chibi", manner=Manner(outline=1.5, inline=1.2))
def chibi(layers: Layers, behind: Array | None, scene: Scene) -> Array:
    """The same with a bolder line; the proportions were chosen before."""
    return over(layers.rgba, behind)
