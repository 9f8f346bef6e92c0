"""What stands behind the character: plain, gradient, studio, and simple painted scenes."""

from __future__ import annotations

import numpy as np

from ..filters import twice
from ..palette import lifted
from ..spec import Background
from . import built, daily, homes, indoors, open_air, outdoors, outings, plain, streets, trips
from .stage import Stage, painter, scenes

__all__ = [
    "backdrop",
    "built",
    "daily",
    "ground_shadow",
    "homes",
    "indoors",
    "open_air",
    "outdoors",
    "outings",
    "plain",
    "scenes",
    "streets",
    "trips",
]

Array = np.ndarray
# Above so many pixels a backdrop is painted at half size: it is soft anyway, and memory is not endless.
_LARGE_PX = 1_700_000


def backdrop(background: Background, width: int, height: int, ground: float, seed: int) -> Array:
    """The backdrop as height × width × 3, 0..1; `ground` is the row on which feet stand."""
    if width * height > _LARGE_PX:
        half = backdrop(background, (width + 1) // 2, (height + 1) // 2, ground / 2, seed)
        return twice(half)[:height, :width]
    rng = np.random.default_rng((seed & 0xFFFFFFFF) + 77)
    stage = Stage(
        width, height, lifted(background.top), lifted(background.bottom), ground, rng, background.kind
    )
    (painter(background.kind) or plain.gradient)(stage)
    return np.clip(stage.picture, 0, 1)


def ground_shadow(picture: Array, feet: tuple[float, float, float], pitch_deg: float) -> None:
    """A soft shadow under the feet, painted into the backdrop."""
    height, width = picture.shape[:2]
    x, y, half = feet
    flat = max(0.16, abs(np.sin(np.radians(pitch_deg))))
    rx, ry = half * 1.35 + 0.01 * height, (half * 1.35 + 0.01 * height) * flat
    columns = (np.arange(width) + 0.5 - x) / max(rx, 1)
    rows = (np.arange(height) + 0.5 - y) / max(ry, 1)
    inside_y, inside_x = np.nonzero(np.abs(rows) < 1)[0], np.nonzero(np.abs(columns) < 1)[0]
    if not len(inside_y) or not len(inside_x):
        return
    part = np.s_[inside_y[0] : inside_y[-1] + 1, inside_x[0] : inside_x[-1] + 1]
    spot = np.clip(1.0 - (columns[None, part[1]] ** 2 + rows[part[0], None] ** 2), 0, 1)
    spot = (spot * spot * (3 - 2 * spot) * 0.42)[..., None].astype(np.float32)
    picture[part] *= 1 - spot * np.array([0.95, 0.9, 0.75], np.float32)
