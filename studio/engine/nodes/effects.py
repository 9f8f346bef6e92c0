"""Effects on pictures: blur, sharpen, fewer colours, edges."""

from __future__ import annotations

import math

import numpy as np
from PIL import Image

from studio.engine.nodes.define import Run, choice, decimal, link, node, whole
from studio.engine.pixels import convolve, from_bytes, gaussian, gaussian_line

MODULE = "comfy_extras.nodes_post_processing"
DITHERS = ("none", "floyd-steinberg", "bayer-2", "bayer-4", "bayer-8", "bayer-16")
LUMA = np.array([0.299, 0.587, 0.114], np.float32)


@node(
    "ImageBlur",
    required={
        "image": link("IMAGE"),
        "blur_radius": whole(1, 1, 31, step=1),
        "sigma": decimal(1.0, 0.1, 10.0, step=0.1),
    },
    outputs=("IMAGE",),
    category="image/postprocessing",
    module=MODULE,
    schema_style=True,
)
def blur(image: np.ndarray, blur_radius: int, sigma: float) -> tuple[np.ndarray]:
    """Blur with a bell curve."""
    _need_room(image, blur_radius)
    return (convolve(image, gaussian_line(blur_radius, sigma)),)


@node(
    "ImageSharpen",
    required={
        "image": link("IMAGE"),
        "sharpen_radius": whole(1, 1, 31, step=1),
        "sigma": decimal(1.0, 0.1, 10.0, step=0.01),
        "alpha": decimal(1.0, 0.0, 5.0, step=0.01),
    },
    outputs=("IMAGE",),
    category="image/postprocessing",
    module=MODULE,
    schema_style=True,
)
def sharpen(image: np.ndarray, sharpen_radius: int, sigma: float, alpha: float) -> tuple[np.ndarray]:
    """Add the difference to a blurred copy."""
    _need_room(image, sharpen_radius)
    strength = np.float32(alpha * 10)
    # the kernel is -strength × the bell, its centre raised so that everything sums up to one
    centre = np.float32(1.0 + alpha * 10 * gaussian(sharpen_radius, sigma).sum())
    return (np.clip(image * centre - convolve(image, gaussian_line(sharpen_radius, sigma)) * strength, 0, 1),)


def _need_room(image: np.ndarray, radius: int) -> None:
    if min(image.shape[1:3]) <= radius:
        raise ValueError(
            f"The picture ({image.shape[2]}×{image.shape[1]}) is too small for a radius of {radius}. "
            "Use a smaller radius."
        )


@node(
    "ImageQuantize",
    required={
        "image": link("IMAGE"),
        "colors": whole(256, 1, 256, step=1),
        "dither": choice(DITHERS),
    },
    outputs=("IMAGE",),
    category="image/postprocessing",
    module=MODULE,
    schema_style=True,
)
def quantize(run: Run, image: np.ndarray, colors: int, dither: str) -> tuple[np.ndarray]:
    """Use only so many colours."""
    results = []
    for one in image:
        run.check()
        picture = Image.fromarray((one[..., :3] * 255).astype(np.uint8))
        palette = picture.quantize(colors=colors)
        if dither == "floyd-steinberg":
            reduced = picture.quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG)
        else:
            if dither.startswith("bayer"):
                picture = _bayer(picture, palette, int(dither.rsplit("-", 1)[1]))
            reduced = picture.quantize(palette=palette, dither=Image.Dither.NONE)
        results.append(from_bytes(np.asarray(reduced.convert("RGB"))))
    return (np.stack(results),)


def _bayer(picture: Image.Image, palette: Image.Image, order: int) -> Image.Image:
    colours = max(1, len(palette.getpalette() or []) // 3)
    matrix = 2 * 256 / colours * _bayer_matrix(int(math.log2(order))) + 0.5
    pixels = np.asarray(picture, np.float32)
    height, width = pixels.shape[:2]
    repeats = (math.ceil(height / matrix.shape[0]), math.ceil(width / matrix.shape[1]))
    pattern = np.tile(matrix, repeats)[:height, :width, None]
    return Image.fromarray(np.clip(pixels + pattern, 0, 255).astype(np.uint8))


def _bayer_matrix(level: int) -> np.ndarray:
    if level == 0:
        return np.zeros((1, 1), np.float32)
    share = 4**level
    inner = share * _bayer_matrix(level - 1)
    return np.block([[inner - 1.5, inner + 0.5], [inner + 1.5, inner - 0.5]]) / share


@node(
    "Canny",
    required={
        "image": link("IMAGE"),
        "low_threshold": decimal(0.4, 0.01, 0.99, step=0.01),
        "high_threshold": decimal(0.8, 0.01, 0.99, step=0.01),
    },
    outputs=("IMAGE",),
    category="image/preprocessors",
    module="comfy_extras.nodes_canny",
    schema_style=True,
)
def canny(run: Run, image: np.ndarray, low_threshold: float, high_threshold: float) -> tuple[np.ndarray]:
    """Find edges: gradients, thinned to ridges, weak ones kept only where they touch strong ones."""
    if low_threshold > high_threshold:
        raise ValueError(
            f"The low threshold ({low_threshold}) must not be above the high one ({high_threshold})."
        )
    grey = image[..., :3] @ LUMA if image.shape[-1] >= 3 else image[..., 0]
    edges = []
    for plane in grey:
        run.check()
        edges.append(_edges(plane, low_threshold, high_threshold))
    return (np.repeat(np.stack(edges)[..., None], 3, axis=-1),)


def _edges(plane: np.ndarray, low: float, high: float) -> np.ndarray:
    bell = np.exp(-(np.arange(-2, 3) ** 2) / 2.0)
    smooth = convolve(
        plane[None, ..., None], bell / bell.sum(), mode="reflect" if min(plane.shape) > 2 else "edge"
    )
    padded = np.pad(smooth[0, ..., 0], 1, mode="edge")
    right, left = padded[:, 2:], padded[:, :-2]
    across = (right - left)[:-2] + 2 * (right - left)[1:-1] + (right - left)[2:]
    down = padded[2:] - padded[:-2]
    along = down[:, :-2] + 2 * down[:, 1:-1] + down[:, 2:]
    magnitude = np.sqrt(across**2 + along**2 + 1e-6)
    direction = np.round(np.arctan2(along, across) * (4 / math.pi)).astype(np.int64) % 4
    ringed = np.pad(magnitude, 1)
    ridge = np.zeros(magnitude.shape, bool)
    for sector, (dy, dx) in enumerate(((0, 1), (1, 1), (1, 0), (1, -1))):
        ahead, behind = _shifted(ringed, dy, dx), _shifted(ringed, -dy, -dx)
        # one side may be equal: an edge that lies exactly between two pixels would vanish otherwise
        ridge |= (direction == sector) & (magnitude > ahead) & (magnitude >= behind)
    strong = ridge & (magnitude > high)
    candidates = ridge & (magnitude > low)
    while True:
        ring = np.pad(strong, 1)
        near = np.logical_or.reduce([_shifted(ring, dy, dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1)])
        grown = near & candidates
        if np.array_equal(grown, strong):
            return strong.astype(np.float32)
        strong = grown


def _shifted(padded: np.ndarray, dy: int, dx: int) -> np.ndarray:
    height, width = padded.shape[0] - 2, padded.shape[1] - 2
    return padded[1 + dy : 1 + dy + height, 1 + dx : 1 + dx + width]
