"""Changing size, cut and orientation of pictures."""

from __future__ import annotations

import numpy as np
from PIL import Image

from studio.engine.nodes.define import Run, choice, decimal, link, node, whole
from studio.engine.nodes.images import IMAGES_MODULE, MAX
from studio.engine.nodes.loaders import UpscaleModel
from studio.engine.pixels import RESIZE_METHODS, guard_size, resize, size_in_megapixels


@node(
    "ImageScale",
    required={
        "image": link("IMAGE"),
        "upscale_method": choice(RESIZE_METHODS),
        "width": whole(512, 0, MAX, step=1),
        "height": whole(512, 0, MAX, step=1),
        "crop": choice(("disabled", "center")),
    },
    outputs=("IMAGE",),
    category="image/upscaling",
    display_name="Upscale Image",
)
def scale(image: np.ndarray, upscale_method: str, width: int, height: int, crop: str) -> tuple[np.ndarray]:
    """Resize to a size; a side of 0 follows the other one."""
    if width == 0 and height == 0:
        return (image,)
    if width == 0:
        width = max(1, round(image.shape[2] * height / image.shape[1]))
    elif height == 0:
        height = max(1, round(image.shape[1] * width / image.shape[2]))
    return (resize(image, width, height, upscale_method, crop),)


@node(
    "ImageScaleBy",
    required={
        "image": link("IMAGE"),
        "upscale_method": choice(RESIZE_METHODS),
        "scale_by": decimal(1.0, 0.01, 8.0, step=0.01),
    },
    outputs=("IMAGE",),
    category="image/upscaling",
    display_name="Upscale Image By",
)
def scale_by(image: np.ndarray, upscale_method: str, scale_by: float) -> tuple[np.ndarray]:
    """Resize by a factor."""
    height, width = (max(1, round(side * scale_by)) for side in image.shape[1:3])
    return (resize(image, width, height, upscale_method),)


@node(
    "ImageScaleToTotalPixels",
    required={
        "image": link("IMAGE"),
        "upscale_method": choice(RESIZE_METHODS),
        "megapixels": decimal(1.0, 0.01, 16.0, step=0.01),
    },
    outputs=("IMAGE",),
    category="image/upscaling",
    module="comfy_extras.nodes_post_processing",
    schema_style=True,
)
def scale_to_total(image: np.ndarray, upscale_method: str, megapixels: float) -> tuple[np.ndarray]:
    """Resize to an area."""
    height, width = size_in_megapixels(image.shape[1], image.shape[2], megapixels)
    return (resize(image, max(1, width), max(1, height), upscale_method),)


@node(
    "ImageScaleToMaxDimension",
    required={
        "image": link("IMAGE"),
        "upscale_method": choice(("area", "lanczos", "bilinear", "nearest-exact", "bilinear", "bicubic")),
        "largest_size": whole(512, 0, MAX, step=1),
    },
    outputs=("IMAGE",),
    category="image/upscaling",
    module=IMAGES_MODULE,
)
def scale_to_max(image: np.ndarray, upscale_method: str, largest_size: int) -> tuple[np.ndarray]:
    """Resize so that the longer side has a length."""
    height, width = image.shape[1:3]
    longest = max(height, width)
    new_height, new_width = (max(1, round(side / longest * largest_size)) for side in (height, width))
    return (resize(image, new_width, new_height, upscale_method),)


@node(
    "ImageCrop",
    required={
        "image": link("IMAGE"),
        "width": whole(512, 1, MAX, step=1),
        "height": whole(512, 1, MAX, step=1),
        "x": whole(0, 0, MAX, step=1),
        "y": whole(0, 0, MAX, step=1),
    },
    outputs=("IMAGE",),
    category="image/transform",
    display_name="Image Crop",
    module=IMAGES_MODULE,
)
def crop(image: np.ndarray, width: int, height: int, x: int, y: int) -> tuple[np.ndarray]:
    """Cut a part out; what lies beyond the edges is left off."""
    x, y = min(x, image.shape[2] - 1), min(y, image.shape[1] - 1)
    return (image[:, y : y + height, x : x + width].copy(),)


@node(
    "ImagePadForOutpaint",
    required={
        "image": link("IMAGE"),
        **{side: whole(0, 0, MAX, step=8) for side in ("left", "top", "right", "bottom")},
        "feathering": whole(40, 0, MAX, step=1),
    },
    outputs=("IMAGE", "MASK"),
    category="image",
    display_name="Pad Image for Outpainting",
)
def pad_for_outpaint(
    image: np.ndarray, left: int, top: int, right: int, bottom: int, feathering: int
) -> tuple[np.ndarray, np.ndarray]:
    """Add grey margins, and a mask that is white where there is something to paint."""
    batch, height, width, channels = image.shape
    guard_size(batch, height + top + bottom, width + left + right, channels)
    padded = np.full((batch, height + top + bottom, width + left + right, channels), 0.5, np.float32)
    padded[:, top : top + height, left : left + width] = image
    mask = np.ones(padded.shape[1:3], np.float32)
    soft = np.zeros((height, width), np.float32)
    if feathering > 0 and feathering * 2 < height and feathering * 2 < width:
        rows, columns = np.arange(height)[:, None], np.arange(width)[None]
        distances = [
            rows if top else np.full_like(rows, height),
            height - rows if bottom else np.full_like(rows, height),
            columns if left else np.full_like(columns, width),
            width - columns if right else np.full_like(columns, width),
        ]
        nearest = np.minimum(np.minimum(distances[0], distances[1]), np.minimum(distances[2], distances[3]))
        soft = (np.maximum(feathering - nearest, 0) / feathering).astype(np.float32) ** 2
    mask[top : top + height, left : left + width] = soft
    return padded, mask[None]


@node(
    "ImageFlip",
    required={
        "image": link("IMAGE"),
        "flip_method": choice(("x-axis: vertically", "y-axis: horizontally")),
    },
    outputs=("IMAGE",),
    category="image/transform",
    module=IMAGES_MODULE,
)
def flip(image: np.ndarray, flip_method: str) -> tuple[np.ndarray]:
    """Mirror."""
    return (np.flip(image, axis=1 if flip_method.startswith("x") else 2).copy(),)


@node(
    "ImageRotate",
    required={
        "image": link("IMAGE"),
        "rotation": choice(("none", "90 degrees", "180 degrees", "270 degrees")),
    },
    outputs=("IMAGE",),
    category="image/transform",
    module=IMAGES_MODULE,
)
def rotate(image: np.ndarray, rotation: str) -> tuple[np.ndarray]:
    """Turn clockwise."""
    quarters = {"9": 1, "1": 2, "2": 3}.get(rotation[0], 0)
    return (np.rot90(image, k=quarters, axes=(2, 1)).copy(),)


@node(
    "ImageUpscaleWithModel",
    required={"upscale_model": link("UPSCALE_MODEL"), "image": link("IMAGE")},
    outputs=("IMAGE",),
    category="image/upscaling",
    display_name="Upscale Image (using Model)",
    module="comfy_extras.nodes_upscale_model",
    schema_style=True,
)
def upscale_with_model(run: Run, upscale_model: UpscaleModel, image: np.ndarray) -> tuple[np.ndarray]:
    """Enlarge by resampling, in full precision."""
    batch, height, width, channels = image.shape
    new_height, new_width = height * upscale_model.scale, width * upscale_model.scale
    guard_size(batch, new_height, new_width, channels)
    enlarged = np.empty((batch, new_height, new_width, channels), np.float32)
    for index in range(batch):
        for channel in range(channels):
            plane = Image.fromarray(np.ascontiguousarray(image[index, ..., channel]))
            enlarged[index, ..., channel] = np.asarray(
                plane.resize((new_width, new_height), Image.Resampling.LANCZOS)
            )
        run.progress(index + 1, batch, None)
    return (np.clip(enlarged, 0, 1, out=enlarged),)
