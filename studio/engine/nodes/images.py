"""Making, batching and combining pictures."""

from __future__ import annotations

import numpy as np

from studio.engine.nodes.define import Run, choice, decimal, link, node, switch, whole
from studio.engine.pixels import as_masks, guard_size, match_channels, repeat_to, resize, resize_masks

MAX = 16384
IMAGES_MODULE = "comfy_extras.nodes_images"


@node(
    "EmptyImage",
    required={
        "width": whole(512, 1, MAX, step=1),
        "height": whole(512, 1, MAX, step=1),
        "batch_size": whole(1, 1, 4096),
        "color": whole(0, 0, 0xFFFFFF, step=1, display="color"),
    },
    outputs=("IMAGE",),
    category="image",
)
def empty_image(width: int, height: int, batch_size: int = 1, color: int = 0) -> tuple[np.ndarray]:
    """Make pictures of one colour."""
    guard_size(batch_size, height, width)
    red_green_blue = [(color >> shift & 0xFF) / 0xFF for shift in (16, 8, 0)]
    image = np.empty((batch_size, height, width, 3), np.float32)
    image[:] = red_green_blue
    return (image,)


@node(
    "ImageBatch",
    required={"image1": link("IMAGE"), "image2": link("IMAGE")},
    outputs=("IMAGE",),
    category="image",
    display_name="Batch Images",
)
def batch_images(run: Run, image1: np.ndarray, image2: np.ndarray) -> tuple[np.ndarray]:
    """Put pictures one after the other; the second ones are made to fit the first."""
    if image1.shape[-1] < image2.shape[-1]:
        image1, image2 = reversed(match_channels(image2, image1))
    image1, image2 = match_channels(image1, image2)
    if image1.shape[1:3] != image2.shape[1:3]:
        image2 = resize(image2, image1.shape[2], image1.shape[1], "bilinear", "center")
    guard_size(len(image1) + len(image2), *image1.shape[1:4])
    if run.notes_in:
        run.notes_out = tuple(
            notes[index % len(notes)] if notes else ()
            for notes, images in (
                (run.notes_in.get("image1", ()), image1),
                (run.notes_in.get("image2", ()), image2),
            )
            for index in range(len(images))
        )
    return (np.concatenate([image1, image2]),)


@node(
    "RepeatImageBatch",
    required={"image": link("IMAGE"), "amount": whole(1, 1, 4096)},
    outputs=("IMAGE",),
    category="image/batch",
    module=IMAGES_MODULE,
)
def repeat_image_batch(image: np.ndarray, amount: int) -> tuple[np.ndarray]:
    """Repeat the whole batch."""
    guard_size(image.shape[0] * amount, *image.shape[1:4])
    return (np.tile(image, (amount, 1, 1, 1)),)


@node(
    "ImageFromBatch",
    required={"image": link("IMAGE"), "batch_index": whole(0, 0, 4095), "length": whole(1, 1, 4096)},
    outputs=("IMAGE",),
    category="image/batch",
    module=IMAGES_MODULE,
)
def image_from_batch(run: Run, image: np.ndarray, batch_index: int, length: int) -> tuple[np.ndarray]:
    """Take some of a batch."""
    start = min(len(image) - 1, batch_index)
    length = min(len(image) - start, length)
    notes = run.notes_in.get("image", ())
    if notes:
        run.notes_out = tuple(notes[index % len(notes)] for index in range(start, start + length))
    return (image[start : start + length].copy(),)


@node(
    "GetImageSize",
    required={"image": link("IMAGE")},
    hidden={"unique_id": "UNIQUE_ID"},
    outputs=("INT", "INT", "INT"),
    output_names=("width", "height", "batch_size"),
    category="image",
    display_name="Get Image Size",
    description="Tells width, height and number of pictures.",
    module=IMAGES_MODULE,
)
def get_image_size(image: np.ndarray) -> tuple[int, int, int]:
    """Measure a batch."""
    return image.shape[2], image.shape[1], image.shape[0]


@node(
    "ImageInvert",
    required={"image": link("IMAGE")},
    outputs=("IMAGE",),
    category="image",
    display_name="Invert Image",
)
def invert_image(image: np.ndarray) -> tuple[np.ndarray]:
    """Turn light to dark."""
    return (np.float32(1.0) - image,)


@node(
    "ImageBlend",
    required={
        "image1": link("IMAGE"),
        "image2": link("IMAGE"),
        "blend_factor": decimal(0.5, 0.0, 1.0, step=0.01),
        "blend_mode": choice(("normal", "multiply", "screen", "overlay", "soft_light", "difference")),
    },
    outputs=("IMAGE",),
    category="image/postprocessing",
    module="comfy_extras.nodes_post_processing",
    schema_style=True,
)
def blend(image1: np.ndarray, image2: np.ndarray, blend_factor: float, blend_mode: str) -> tuple[np.ndarray]:
    """Lay the second picture over the first."""
    image1, image2 = match_channels(image1, image2)
    if image1.shape[1:3] != image2.shape[1:3]:
        image2 = resize(image2, image1.shape[2], image1.shape[1], "bicubic", "center")
    mixed = _mix(image1, image2, blend_mode)
    factor = np.float32(blend_factor)
    return (np.clip(image1 * (np.float32(1) - factor) + mixed * factor, 0, 1),)


def _mix(under: np.ndarray, over: np.ndarray, mode: str) -> np.ndarray:
    if mode == "normal":
        return over
    if mode == "multiply":
        return under * over
    if mode == "screen":
        return 1 - (1 - under) * (1 - over)
    if mode == "overlay":
        return np.where(under <= 0.5, 2 * under * over, 1 - 2 * (1 - under) * (1 - over))
    if mode == "soft_light":
        lifted = np.where(
            under <= 0.25, ((16 * under - 12) * under + 4) * under, np.sqrt(np.maximum(under, 0))
        )
        darker = under - (1 - 2 * over) * under * (1 - under)
        return np.where(over <= 0.5, darker, under + (2 * over - 1) * (lifted - under))
    return under - over


@node(
    "ImageCompositeMasked",
    required={
        "destination": link("IMAGE"),
        "source": link("IMAGE"),
        "x": whole(0, 0, MAX, step=1),
        "y": whole(0, 0, MAX, step=1),
        "resize_source": switch(False),
    },
    optional={"mask": link("MASK")},
    outputs=("IMAGE",),
    category="image",
    module="comfy_extras.nodes_mask",
)
def composite_masked(
    destination: np.ndarray,
    source: np.ndarray,
    x: int,
    y: int,
    resize_source: bool,
    mask: np.ndarray | None = None,
) -> tuple[np.ndarray]:
    """Paste the source at a place, as far as the mask lets it through."""
    destination, source = match_channels(destination, source)
    height, width = destination.shape[1:3]
    if resize_source:
        source = resize(source, width, height, "bilinear")
    source = repeat_to(source, len(destination))
    share = np.ones((1, *source.shape[1:3], 1), np.float32)
    if mask is not None:
        fitted = resize_masks(mask, source.shape[2], source.shape[1])
        share = repeat_to(fitted, len(source))[..., None]
    bottom, right = min(y + source.shape[1], height), min(x + source.shape[2], width)
    result = destination.copy()
    if bottom > y and right > x:
        seen = share[:, : bottom - y, : right - x]
        place = result[:, y:bottom, x:right]
        result[:, y:bottom, x:right] = source[:, : bottom - y, : right - x] * seen + place * (1 - seen)
    return (result,)


@node(
    "JoinImageWithAlpha",
    required={"image": link("IMAGE"), "alpha": link("MASK")},
    outputs=("IMAGE",),
    category="mask/compositing",
    display_name="Join Image with Alpha",
    module="comfy_extras.nodes_compositing",
    schema_style=True,
)
def join_alpha(image: np.ndarray, alpha: np.ndarray) -> tuple[np.ndarray]:
    """Make a picture transparent where the mask is white."""
    count = min(len(image), len(as_masks(alpha)))
    opaque = 1.0 - resize_masks(alpha, image.shape[2], image.shape[1])
    return (np.concatenate([image[:count, ..., :3], opaque[:count, ..., None]], axis=-1),)


@node(
    "SplitImageWithAlpha",
    required={"image": link("IMAGE")},
    outputs=("IMAGE", "MASK"),
    category="mask/compositing",
    display_name="Split Image with Alpha",
    module="comfy_extras.nodes_compositing",
    schema_style=True,
)
def split_alpha(image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Take colours and transparency apart."""
    alpha = image[..., 3] if image.shape[-1] > 3 else np.ones(image.shape[:3], np.float32)
    return image[..., :3].copy(), 1.0 - alpha
