"""What stands behind the character: plain, gradient, studio, and simple painted scenes."""

from __future__ import annotations

import numpy as np

from .palette import lifted
from .spec import Background

Array = np.ndarray


def backdrop(background: Background, width: int, height: int, ground: float, seed: int) -> Array:
    """The backdrop as height × width × 3, 0..1; `ground` is the row on which feet stand."""
    top, bottom = lifted(background.top), lifted(background.bottom)
    if background.kind == "plain":
        return np.broadcast_to(top, (height, width, 3)).astype(np.float32).copy()
    t = np.linspace(0, 1, height)[:, None, None]
    return (top * (1 - t) + bottom * t + np.zeros((1, width, 1))).astype(np.float32)


def ground_shadow(picture: Array, feet: tuple[float, float, float], pitch_deg: float) -> None:
    """A soft shadow under the feet, painted into the backdrop."""
    height, width = picture.shape[:2]
    x, y, half = feet
    flat = max(0.16, abs(np.sin(np.radians(pitch_deg))))
    rx, ry = half * 1.35 + 0.01 * height, (half * 1.35 + 0.01 * height) * flat
    columns = (np.arange(width) + 0.5 - x) / max(rx, 1)
    rows = (np.arange(height) + 0.5 - y) / max(ry, 1)
    spot = np.clip(1.0 - (columns[None] ** 2 + rows[:, None] ** 2), 0, 1)
    spot = (spot * spot * (3 - 2 * spot) * 0.42)[..., None].astype(np.float32)
    picture *= 1 - spot * np.array([0.95, 0.9, 0.75], np.float32)
