"""What a reference picture tells about the colours of hair, skin and clothes; no faces are looked for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from studio.engine.figure.spec import RGB
from studio.engine.figure.words.colours import distance

SIDE = 96  # pixels; colours do not need more


@dataclass(frozen=True)
class ReferenceColours:
    """Colours for what the words leave open; None where the picture does not tell."""

    hair: RGB | None = None
    skin: RGB | None = None
    clothes: tuple[RGB, ...] = ()


def dominant_colours(image: np.ndarray) -> ReferenceColours:
    """Reads a picture (height × width × 3 or 4, uint8): skin by its hue, hair around it, clothes below."""
    small, opaque = _shrunk(image)
    height, width = small.shape[:2]
    inside = opaque & ~_background(small, opaque)
    if inside.sum() < 40:
        inside = opaque
    skin = _skin_mask(small) & inside
    top, bottom, centre, wide = _face(skin, inside)
    grid_y, grid_x = np.mgrid[0:height, 0:width]
    face = skin & (grid_y >= top) & (grid_y <= bottom) & (abs(grid_x - centre) <= wide)
    found_skin = _colour(np.median(small[face], axis=0)) if face.sum() >= 4 else None
    around = (grid_y <= bottom) & (grid_y >= top - 1.1 * wide) & (abs(grid_x - centre) <= 1.1 * wide)
    hair = _strongest(small[around & inside & ~skin], 1)
    below = inside & ~skin & (grid_y > bottom + 0.3 * wide) & (abs(grid_x - centre) <= 3.0 * wide)
    clothes = [colour for colour in _strongest(small[below], 3) if not hair or distance(colour, hair[0]) > 40]
    return ReferenceColours(hair[0] if hair else None, found_skin, tuple(clothes[:2]))


def _face(skin: np.ndarray, inside: np.ndarray) -> tuple[float, float, float, float]:
    """First and last row, middle column and width of the topmost patch of skin that may be a face."""
    height, width = skin.shape
    if skin.sum() < max(12, inside.sum() * 0.01):
        return 0.0, height * 0.35, width / 2, width / 2
    counts = skin.sum(axis=1)
    top = int(np.flatnonzero(counts >= 2)[0]) if (counts >= 2).any() else int(np.flatnonzero(counts)[0])
    wide, bottom = 4.0, top
    # A face is little taller than wide: below it are a neck, a chest and arms, which say nothing of hair.
    while bottom + 1 < height and bottom - top < 1.25 * wide and counts[bottom : bottom + 3].any():
        wide = max(wide, float(counts[bottom]))
        bottom += 1
    return float(top), float(bottom), float(np.median(np.nonzero(skin[top:bottom])[1])), wide


def _shrunk(image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    pixels = np.asarray(image, dtype=np.uint8)
    if pixels.ndim == 2:
        pixels = np.repeat(pixels[..., None], 3, axis=2)
    rows = np.linspace(0, pixels.shape[0] - 1, min(SIDE, pixels.shape[0])).astype(int)
    columns = np.linspace(0, pixels.shape[1] - 1, min(SIDE, pixels.shape[1])).astype(int)
    small = pixels[rows][:, columns]
    opaque = small[..., 3] > 127 if small.shape[2] == 4 else np.ones(small.shape[:2], dtype=bool)
    return small[..., :3].astype(np.int32), opaque


def _background(small: np.ndarray, opaque: np.ndarray) -> np.ndarray:
    """Pixels like those of the upper border, where a portrait shows what is behind."""
    border = np.concatenate([small[0], small[: len(small) // 2, 0], small[: len(small) // 2, -1]])
    shown = np.concatenate([opaque[0], opaque[: len(small) // 2, 0], opaque[: len(small) // 2, -1]])
    if shown.sum() < 8:
        return np.zeros(small.shape[:2], dtype=bool)
    found = np.zeros(small.shape[:2], dtype=bool)
    for colour in _strongest(border[shown], 2):
        found |= np.abs(small - np.array(colour)).sum(axis=2) < 48
    return found


def _skin_mask(small: np.ndarray) -> np.ndarray:
    red, green, blue = small[..., 0], small[..., 1], small[..., 2]
    blue_part = 128 - 0.169 * red - 0.331 * green + 0.5 * blue
    red_part = 128 + 0.5 * red - 0.419 * green - 0.081 * blue
    tones = (blue_part > 88) & (blue_part < 127) & (red_part > 134) & (red_part < 168)
    return tones & (red > 70) & (red > blue) & (red >= green)


def _strongest(pixels: np.ndarray, count: int) -> list[RGB]:
    """The most frequent colours, near ones counted together."""
    if len(pixels) < 6:
        return []
    cells = (pixels // 32).astype(np.int64)
    keys = cells[:, 0] * 64 + cells[:, 1] * 8 + cells[:, 2]
    values, inverse, counts = np.unique(keys, return_inverse=True, return_counts=True)
    found: list[RGB] = []
    for index in np.lexsort((values, -counts)):
        colour = _colour(np.mean(pixels[inverse == index], axis=0))
        if all(distance(colour, other) > 60 for other in found):
            found.append(colour)
        if len(found) == count:
            break
    return found


def _colour(values: np.ndarray) -> RGB:
    red, green, blue = (int(value) for value in np.rint(values))
    return red, green, blue
