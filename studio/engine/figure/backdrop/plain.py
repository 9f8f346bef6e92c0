"""Grounds without a place: one colour, a gradient, a studio."""

from __future__ import annotations

import numpy as np

from ..shape.curves import smoothstep
from .stage import Stage, deeper, scene


@scene("plain")
def _plain(stage: Stage) -> None:
    stage.picture[:] = stage.top


@scene("gradient", "transparent")
def gradient(stage: Stage) -> None:
    """From one colour to another, with a glow behind the figure."""
    stage.run(stage.bottom, stage.top)
    glow = np.exp(-((stage.x / 0.42) ** 2 + ((stage.y - 0.55) / 0.5) ** 2))
    stage.mix(glow, np.ones(3), 0.28)


@scene("studio")
def _studio(stage: Stage) -> None:
    stage.run(deeper(stage.bottom, 0.10), stage.top)
    stage.mix(smoothstep(stage.horizon + 0.10, stage.horizon - 0.12, stage.y), stage.bottom, 0.9)
    stage.mix(np.exp(-((stage.x / 0.45) ** 2 + ((stage.y - 0.6) / 0.45) ** 2)), np.ones(3), 0.40)
