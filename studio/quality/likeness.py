"""Which pictures look the same: a hash of 63 bits that small changes leave as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio.pictures import Pixels, Source, read_pixels

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray

DUPLICATE_BITS = 4  # hashes that differ in no more bits are of one and the same picture
SIDE = 32
# Bits of lightness, and of each of the two colours; together they fit SQLite's whole numbers.
LIGHT_BITS, COLOUR_BITS = 35, 14


def perceptual_hash(source: Source) -> int:
    """The hash of a picture; what is smaller, brighter or saved anew has nearly the same one."""
    return hash_of(read_pixels(source, 8 * SIDE))


def distance(first: int, second: int) -> int:
    """In how many bits two hashes differ, of 63."""
    return (first ^ second).bit_count()


def hash_of(pixels: Pixels) -> int:
    """The hash of what has been read."""
    import cv2
    import numpy as np

    small = cv2.resize(on_white(pixels.rgba), (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    rgb = small.astype(np.float64)
    light = rgb @ np.array([0.299, 0.587, 0.114])
    bits = [
        *_signs(light, LIGHT_BITS),
        *_signs(rgb[..., 0] - light, COLOUR_BITS),
        *_signs(rgb[..., 2] - light, COLOUR_BITS),
    ]
    return int("".join("1" if bit else "0" for bit in bits), 2)


def on_white(rgba: Array) -> Array:
    """Red, green and blue, with white behind what is clear."""
    import numpy as np

    if int(rgba[..., 3].min()) == 255:
        return np.ascontiguousarray(rgba[..., :3])
    alpha = rgba[..., 3:].astype(np.float32) / 255
    return (rgba[..., :3] * alpha + 255 * (1 - alpha)).astype(np.uint8)


def _signs(plane: Array, count: int) -> list[bool]:
    """Of the slowest waves in a plane, without its mean: whether each is above the middle one."""
    import cv2
    import numpy as np

    waves = cv2.dct(plane.astype(np.float32))
    order = sorted(
        ((row, column) for row in range(SIDE) for column in range(SIDE) if row or column),
        key=lambda place: (place[0] + place[1], place),
    )[:count]
    values = np.array([waves[place] for place in order])
    # A plane without colour is all noise of the rounding, which must not decide.
    return list(values > max(float(np.median(values)), 4.0))
