"""Faces that can talk: a picture becomes a portrait, and a portrait gives a frame for any moment."""

from __future__ import annotations

from typing import Any

import numpy as np

from studio.engine.talking.portraits.portrait import LARGEST_PX, SMALLEST_PX, NoFace, Portrait

__all__ = ["NoFace", "Portrait", "open_portrait"]


def open_portrait(
    picture: np.ndarray,
    recipe: dict[str, Any] | None = None,
    size: int = 512,
    landmarks: dict[str, Any] | None = None,
) -> Portrait:
    """The portrait of a picture (height × width × 3, uint8): drawn anew if we drew it, else moved.

    `recipe` is what the engine wrote into its PNG, if it did. `landmarks` are left_eye, right_eye and mouth
    as [x, y], in pixels or as shares of the picture; left and right as the viewer sees them or as the person
    does. They overrule what is found. Raises NoFace with a sentence for people.
    """
    if not SMALLEST_PX <= size <= LARGEST_PX:
        raise ValueError(f"A talking picture of {size} pixels cannot be made: {SMALLEST_PX} to {LARGEST_PX}.")
    if picture.ndim != 3 or picture.shape[2] < 3 or picture.dtype != np.uint8:
        raise ValueError("A portrait is opened from height × width × 3 bytes.")
    rgb = np.ascontiguousarray(picture[..., :3])
    # late, because the figure and OpenCV take their time to load and only one of them is needed
    if landmarks is None and recipe is not None:
        from studio.engine.talking.portraits.drawn import open_drawn

        drawn = open_drawn(rgb, recipe, size)
        if drawn is not None:
            return drawn
    from studio.engine.talking.portraits.photo import open_photo

    return open_photo(rgb, size, landmarks)
