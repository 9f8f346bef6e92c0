"""Arithmetic on batches of pictures: float32 arrays of batch × height × width × channels, from 0 to 1."""

from __future__ import annotations

import math

import numpy as np
from PIL import Image

MAX_BATCH_BYTES = 1024**3
RESIZE_METHODS = ("nearest-exact", "bilinear", "area", "bicubic", "lanczos")
CUBIC = -0.75  # the sharpness of the bicubic curve that ComfyUI's tensor library uses


def guard_size(batch: int, height: int, width: int, channels: int = 3) -> None:
    """Refuse a batch that would not fit into memory, before any of it is made."""
    wanted = batch * height * width * channels * 4
    if wanted > MAX_BATCH_BYTES:
        raise MemoryError(
            f"{batch} picture(s) of {width}×{height} would take {wanted / 1024**3:.1f} GiB, "
            f"more than the {MAX_BATCH_BYTES / 1024**3:.0f} GiB that one step may use. "
            "Use a smaller size or fewer pictures."
        )


def to_bytes(images: np.ndarray) -> np.ndarray:
    """Turn floats into bytes, cut off rather than rounded as ComfyUI does."""
    return np.clip(255.0 * images, 0, 255).astype(np.uint8)


def from_bytes(images: np.ndarray) -> np.ndarray:
    """Turn bytes into floats."""
    return images.astype(np.float32) / np.float32(255.0)


def resize(images: np.ndarray, width: int, height: int, method: str, crop: str = "disabled") -> np.ndarray:
    """Resize a batch; a centred crop first makes the proportions fit."""
    guard_size(images.shape[0], height, width, images.shape[3])
    if crop == "center":
        images = crop_to_aspect(images, width / height)
    if images.shape[1:3] == (height, width) and method != "lanczos":
        return images.copy()
    if method == "lanczos":
        return np.stack([_lanczos(image, width, height) for image in to_bytes(images)])
    rows = _taps(method, images.shape[1], height)
    columns = _taps(method, images.shape[2], width)
    if height * images.shape[2] <= images.shape[1] * width:
        return _apply(_apply(images, rows, 1), columns, 2)
    return _apply(_apply(images, columns, 2), rows, 1)


def crop_to_aspect(images: np.ndarray, aspect: float) -> np.ndarray:
    """Cut equal strips off two sides until width to height is as wished."""
    height, width = images.shape[1:3]
    old = width / height
    x = y = 0
    if old > aspect:
        x = round((width - width * (aspect / old)) / 2)
    elif old < aspect:
        y = round((height - height * (old / aspect)) / 2)
    return images[:, y : height - y, x : width - x]


def _lanczos(image: np.ndarray, width: int, height: int) -> np.ndarray:
    channels = image.shape[2]
    flat = image[..., 0] if channels == 1 else image
    resized = np.asarray(Image.fromarray(flat).resize((width, height), Image.Resampling.LANCZOS))
    return from_bytes(resized.reshape(height, width, channels))


def _taps(method: str, old: int, new: int) -> tuple[np.ndarray, np.ndarray]:
    """For each new position: which old ones count, and how much."""
    place = np.arange(new, dtype=np.float64)
    scale = old / new
    if method == "nearest-exact":
        nearest = np.minimum(((place + 0.5) * scale).astype(np.int64), old - 1)
        return nearest[:, None], np.ones((new, 1), np.float32)
    if method == "area":
        first = np.floor(place * old / new).astype(np.int64)
        last = np.ceil((place + 1) * old / new).astype(np.int64)
        spread = np.arange(int((last - first).max()))
        used = spread[None] < (last - first)[:, None]
        indices = np.minimum(first[:, None] + spread[None], old - 1)
        return indices, (used / (last - first)[:, None]).astype(np.float32)
    source = (place + 0.5) * scale - 0.5
    if method == "bilinear":
        source = np.maximum(source, 0.0)
        low = np.floor(source).astype(np.int64)
        part = source - low
        indices = np.stack([low, low + 1], axis=1)
        weights = np.stack([1.0 - part, part], axis=1)
    elif method == "bicubic":
        low = np.floor(source).astype(np.int64)
        part = source - low
        indices = low[:, None] + np.arange(-1, 3)[None]
        distance = np.abs(part[:, None] - np.arange(-1, 3)[None])
        weights = np.where(distance <= 1.0, _cubic_near(distance), _cubic_far(distance))
    else:
        raise ValueError(f"There is no way to resize called {method}; there are {', '.join(RESIZE_METHODS)}.")
    return np.clip(indices, 0, old - 1), weights.astype(np.float32)


def _cubic_near(x: np.ndarray) -> np.ndarray:
    return ((CUBIC + 2.0) * x - (CUBIC + 3.0)) * x * x + 1.0


def _cubic_far(x: np.ndarray) -> np.ndarray:
    return ((CUBIC * x - 5.0 * CUBIC) * x + 8.0 * CUBIC) * x - 4.0 * CUBIC


def _apply(images: np.ndarray, taps: tuple[np.ndarray, np.ndarray], axis: int) -> np.ndarray:
    indices, weights = taps
    shape = [1] * images.ndim
    shape[axis] = len(indices)
    if indices.shape[1] == 1:
        return np.take(images, indices[:, 0], axis=axis)
    total: np.ndarray | None = None
    for tap in range(indices.shape[1]):
        part = np.take(images, indices[:, tap], axis=axis) * weights[:, tap].reshape(shape)
        total = part if total is None else np.add(total, part, out=total)
    assert total is not None
    return total


def resize_masks(masks: np.ndarray, width: int, height: int, method: str = "bilinear") -> np.ndarray:
    """Resize masks of batch × height × width."""
    return resize(as_masks(masks)[..., None], width, height, method)[..., 0]


def as_masks(masks: np.ndarray) -> np.ndarray:
    """See one mask or any stack of masks as batch × height × width."""
    return masks.reshape((-1, *masks.shape[-2:]))


def repeat_to(images: np.ndarray, count: int) -> np.ndarray:
    """Repeat or cut a batch until it has so many pictures."""
    if images.shape[0] == count:
        return images
    return np.take(images, np.arange(count) % images.shape[0], axis=0)


def match_channels(one: np.ndarray, other: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Give the second batch as many channels as the first; an alpha that it lacks is opaque."""
    if one.shape[-1] < other.shape[-1]:
        return one, other[..., : one.shape[-1]]
    if one.shape[-1] > other.shape[-1]:
        missing = one.shape[-1] - other.shape[-1]
        return one, np.concatenate([other, np.ones((*other.shape[:-1], missing), np.float32)], axis=-1)
    return one, other


def gaussian(radius: int, sigma: float) -> np.ndarray:
    """Make a square kernel over -1..1, so that sigma is a share of the radius."""
    line = np.linspace(-1.0, 1.0, radius * 2 + 1)
    distance = np.sqrt(line[:, None] ** 2 + line[None] ** 2)
    kernel = np.exp(-(distance * distance) / (2.0 * sigma * sigma))
    return kernel / kernel.sum()


def gaussian_line(radius: int, sigma: float) -> np.ndarray:
    """Make one line of the same kernel: the square is this line times itself."""
    line = np.exp(-(np.linspace(-1.0, 1.0, radius * 2 + 1) ** 2) / (2.0 * sigma * sigma))
    return line / line.sum()


def convolve(images: np.ndarray, line: np.ndarray, mode: str = "reflect") -> np.ndarray:
    """Blur a batch with a separable kernel; beyond the edges the picture is mirrored."""
    radius = len(line) // 2
    for axis in (1, 2):
        pads = [(0, 0)] * images.ndim
        pads[axis] = (radius, radius)
        padded = np.pad(images, pads, mode=mode)  # type: ignore[call-overload]
        length = images.shape[axis]
        total = np.zeros_like(images)
        for offset, weight in enumerate(line):
            window = [slice(None)] * images.ndim
            window[axis] = slice(offset, offset + length)
            total += padded[tuple(window)] * np.float32(weight)
        images = total
    return images


def size_in_megapixels(height: int, width: int, megapixels: float) -> tuple[int, int]:
    """Find height and width of the same proportions with so many (binary) megapixels."""
    scale = math.sqrt(int(megapixels * 1024 * 1024) / (width * height))
    return round(height * scale), round(width * scale)
