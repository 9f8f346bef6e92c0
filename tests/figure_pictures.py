"""Small pictures of the figure, kept for the next test, and what can be measured in them."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from studio.engine.figure import Camera, DrawRequest, Picture, control_maps, draw
from studio.engine.figure.maps import LEGEND

Array = np.ndarray
WIDTH, HEIGHT = 120, 180


def request_of(words: str, yaw: float = 0.0, **more: Any) -> DrawRequest:
    """A small request with the character alone on a transparent ground."""
    settings: dict[str, Any] = {"width": WIDTH, "height": HEIGHT, "transparent": True, "seed": 1} | more
    framing = settings.pop("framing", "full")
    return DrawRequest(words, camera=Camera(yaw, settings.pop("pitch", 0.0), framing), **settings)


@lru_cache(maxsize=256)
def pictured(words: str, yaw: float = 0.0, **more: Any) -> Picture:
    """The picture of a small request; equal ones are drawn once."""
    return draw(request_of(words, yaw, **more))


@lru_cache(maxsize=64)
def segmented(words: str, yaw: float = 0.0, **more: Any) -> Array:
    """The segmentation map of a small request."""
    return control_maps(request_of(words, yaw, **more), ("segmentation",))["segmentation"]


def area(segments: Array, *names: str) -> float:
    """The share of the picture that these segments take."""
    colours = [np.array(LEGEND[name]) for name in names]
    return float(sum((segments == colour).all(-1).mean() for colour in colours))


def solid(picture: Picture) -> Array:
    """Where the figure is."""
    return picture.rgba[..., 3] > 127


def overlap(a: Array, b: Array) -> float:
    """Intersection over union of two masks."""
    return float((a & b).sum() / max(1, (a | b).sum()))


def hues(rgba: Array) -> tuple[Array, Array, Array]:
    """Hue in degrees, saturation and value of every pixel."""
    rgb = rgba[..., :3].astype(float) / 255
    high, low = rgb.max(-1), rgb.min(-1)
    spread = np.maximum(high - low, 1e-9)
    r, g, b = rgb[..., 0], rgb[..., 1], rgb[..., 2]
    hue = np.where(
        high == r, (g - b) / spread % 6, np.where(high == g, (b - r) / spread + 2, (r - g) / spread + 4)
    )
    return hue * 60, (high - low) / np.maximum(high, 1e-9), high


def coloured(picture: Picture, hue: float, where: Array | None = None, width: float = 28.0) -> float:
    """The share of the figure's pixels (within `where`) that clearly have this hue."""
    mask = solid(picture) if where is None else solid(picture) & where
    found, strength, light = hues(picture.rgba)
    near = np.abs((found - hue + 180) % 360 - 180) < width
    return float((near & (strength > 0.35) & (light > 0.12) & mask).sum() / max(1, mask.sum()))


def box(shape: tuple[int, ...], left: float, top: float, right: float, bottom: float) -> Array:
    """A mask of a rectangle."""
    mask = np.zeros(shape[:2], bool)
    mask[max(0, round(top)) : max(0, round(bottom)), max(0, round(left)) : max(0, round(right))] = True
    return mask


def body_part(picture: Picture, part: str) -> Array:
    """A rectangle around the torso, legs, feet or head, by the landmarks of the recipe."""
    joints = picture.recipe["landmarks"]["joints"]
    xs = [joints[name][0] for name in ("left_shoulder", "right_shoulder")]
    hips = [joints[name][1] for name in ("left_hip", "right_hip")]
    ankles = [joints[name][1] for name in ("left_ankle", "right_ankle")]
    left, right = min(xs), max(xs)
    if part == "torso":
        return box(picture.rgba.shape, left, joints["left_shoulder"][1] + 4, right, min(hips))
    if part == "legs":
        return box(picture.rgba.shape, left, max(hips) + 10, right, min(ankles) - 12)
    if part == "feet":
        return box(picture.rgba.shape, 0, min(ankles), WIDTH, HEIGHT)
    if part == "head":
        return box(picture.rgba.shape, *picture.recipe["landmarks"]["head_box"])
    raise KeyError(part)


def near(picture: Picture, joint: str, heads: float) -> Array:
    """A disc around a joint; its radius is counted in heads."""
    marks = picture.recipe["landmarks"]
    x, y = marks["joints"][joint]
    rows, columns = np.mgrid[0 : picture.rgba.shape[0], 0 : picture.rgba.shape[1]]
    return np.hypot(columns - x, rows - y) < heads * marks["head_height_px"]


def palette_of(picture: Picture) -> Array:
    """How often each of 64 coarse colours is in the figure; sums to one."""
    pixels = picture.rgba[solid(picture)][:, :3] // 64
    numbers = pixels[:, 0].astype(int) * 16 + pixels[:, 1] * 4 + pixels[:, 2]
    counts = np.bincount(numbers, minlength=64).astype(float)
    return counts / counts.sum()
