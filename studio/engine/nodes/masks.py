"""Masks: one channel from 0 to 1, batch × height × width."""

from __future__ import annotations

import numpy as np

from studio.engine.nodes.define import Result, Run, choice, decimal, link, node, switch, whole
from studio.engine.nodes.files import preview_pictures
from studio.engine.nodes.images import MAX
from studio.engine.pixels import as_masks, guard_size

MODULE = "comfy_extras.nodes_mask"
CHANNELS = ("red", "green", "blue", "alpha")


@node(
    "MaskToImage",
    required={"mask": link("MASK")},
    outputs=("IMAGE",),
    category="mask",
    display_name="Convert Mask to Image",
    module=MODULE,
)
def mask_to_image(mask: np.ndarray) -> tuple[np.ndarray]:
    """Show a mask in grey."""
    masks = as_masks(mask)
    guard_size(*masks.shape)
    return (np.repeat(masks[..., None], 3, axis=-1),)


@node(
    "ImageToMask",
    required={"image": link("IMAGE"), "channel": choice(CHANNELS)},
    outputs=("MASK",),
    category="mask",
    display_name="Convert Image to Mask",
    module=MODULE,
)
def image_to_mask(image: np.ndarray, channel: str) -> tuple[np.ndarray]:
    """Take one channel."""
    index = CHANNELS.index(channel)
    if index >= image.shape[-1]:
        raise ValueError(
            f"The picture has no {channel} channel. Choose another one, "
            "or give it an alpha channel with Join Image with Alpha."
        )
    return (image[..., index].copy(),)


@node(
    "ImageColorToMask",
    required={"image": link("IMAGE"), "color": whole(0, 0, 0xFFFFFF, step=1, display="color")},
    outputs=("MASK",),
    category="mask",
    module=MODULE,
)
def color_to_mask(image: np.ndarray, color: int) -> tuple[np.ndarray]:
    """White where the picture has exactly this colour."""
    rounded = np.round(np.clip(image[..., :3], 0, 1) * 255.0).astype(np.int32)
    coded = (rounded[..., 0] << 16) + (rounded[..., 1] << 8) + rounded[..., 2]
    return ((coded == color).astype(np.float32),)


@node(
    "SolidMask",
    required={
        "value": decimal(1.0, 0.0, 1.0, step=0.01),
        "width": whole(512, 1, MAX, step=1),
        "height": whole(512, 1, MAX, step=1),
    },
    outputs=("MASK",),
    category="mask",
    module=MODULE,
)
def solid_mask(value: float, width: int, height: int) -> tuple[np.ndarray]:
    """Make a mask of one value."""
    guard_size(1, height, width, 1)
    return (np.full((1, height, width), value, np.float32),)


@node("InvertMask", required={"mask": link("MASK")}, outputs=("MASK",), category="mask", module=MODULE)
def invert_mask(mask: np.ndarray) -> tuple[np.ndarray]:
    """Turn white to black."""
    return (np.float32(1.0) - mask,)


@node(
    "CropMask",
    required={
        "mask": link("MASK"),
        "x": whole(0, 0, MAX, step=1),
        "y": whole(0, 0, MAX, step=1),
        "width": whole(512, 1, MAX, step=1),
        "height": whole(512, 1, MAX, step=1),
    },
    outputs=("MASK",),
    category="mask",
    module=MODULE,
)
def crop_mask(mask: np.ndarray, x: int, y: int, width: int, height: int) -> tuple[np.ndarray]:
    """Cut a part out."""
    part = as_masks(mask)[:, y : y + height, x : x + width].copy()
    if part.size == 0:
        raise ValueError(
            f"Nothing is left of the mask: {x},{y} lies outside of {mask.shape[-1]}×{mask.shape[-2]}."
        )
    return (part,)


@node(
    "MaskComposite",
    required={
        "destination": link("MASK"),
        "source": link("MASK"),
        "x": whole(0, 0, MAX, step=1),
        "y": whole(0, 0, MAX, step=1),
        "operation": choice(("multiply", "add", "subtract", "and", "or", "xor")),
    },
    outputs=("MASK",),
    category="mask",
    module=MODULE,
)
def composite_masks(
    destination: np.ndarray, source: np.ndarray, x: int, y: int, operation: str
) -> tuple[np.ndarray]:
    """Combine two masks where they overlap."""
    result, source = as_masks(destination).copy(), as_masks(source)
    bottom, right = min(y + source.shape[1], result.shape[1]), min(x + source.shape[2], result.shape[2])
    if bottom > y and right > x:
        over = source[:, : bottom - y, : right - x]
        under = result[:, y:bottom, x:right]
        result[:, y:bottom, x:right] = _combine(under, over, operation)
    return (np.clip(result, 0, 1),)


def _combine(under: np.ndarray, over: np.ndarray, operation: str) -> np.ndarray:
    if operation == "multiply":
        return under * over
    if operation == "add":
        return under + over
    if operation == "subtract":
        return under - over
    logic = {"and": np.logical_and, "or": np.logical_or, "xor": np.logical_xor}[operation]
    return logic(np.round(under) != 0, np.round(over) != 0).astype(np.float32)


@node(
    "FeatherMask",
    required={
        "mask": link("MASK"),
        **{side: whole(0, 0, MAX, step=1) for side in ("left", "top", "right", "bottom")},
    },
    outputs=("MASK",),
    category="mask",
    module=MODULE,
)
def feather_mask(mask: np.ndarray, left: int, top: int, right: int, bottom: int) -> tuple[np.ndarray]:
    """Fade a mask out towards its edges."""
    result = as_masks(mask).copy()
    height, width = result.shape[1:]
    # on the far sides ComfyUI begins with the first column (-0 is 0): kept, so that graphs look the same
    for count, axis_length, far, axis in (
        (left, width, False, 2),
        (right, width, True, 2),
        (top, height, False, 1),
        (bottom, height, True, 1),
    ):
        count = min(count, axis_length)
        rates = (np.arange(count, dtype=np.float32) + 1) / max(count, 1)
        places = (-np.arange(count)) % axis_length if far else np.arange(count)
        window = (slice(None), slice(None), places) if axis == 2 else (slice(None), places, slice(None))
        result[window] *= rates[None, None, :] if axis == 2 else rates[None, :, None]
    return (result,)


@node(
    "GrowMask",
    required={
        "mask": link("MASK"),
        "expand": whole(0, -MAX, MAX, step=1),
        "tapered_corners": switch(True),
    },
    outputs=("MASK",),
    category="mask",
    module=MODULE,
)
def grow_mask(run: Run, mask: np.ndarray, expand: int, tapered_corners: bool) -> tuple[np.ndarray]:
    """Let the white grow, or shrink with a negative number, one pixel at a time."""
    result = as_masks(mask).copy()
    choose = np.minimum if expand < 0 else np.maximum
    for _ in range(abs(expand)):
        run.check()
        grown = _step(result, choose, corners=not tapered_corners)
        if np.array_equal(grown, result):
            break  # nothing changes any more, however often it is repeated
        result = grown
    return (result,)


def _step(masks: np.ndarray, choose: np.ufunc, *, corners: bool) -> np.ndarray:
    padded = np.pad(masks, ((0, 0), (1, 1), (1, 1)), mode="edge")
    rows = choose(choose(padded[:, :-2], padded[:, 1:-1]), padded[:, 2:])
    if corners:
        return choose(choose(rows[:, :, :-2], rows[:, :, 1:-1]), rows[:, :, 2:])
    sides = choose(padded[:, 1:-1, :-2], padded[:, 1:-1, 2:])
    return choose(rows[:, :, 1:-1], sides)


@node(
    "ThresholdMask",
    required={"mask": link("MASK"), "value": decimal(0.5, 0.0, 1.0, step=0.01)},
    outputs=("MASK",),
    category="mask",
    module=MODULE,
)
def threshold_mask(mask: np.ndarray, value: float) -> tuple[np.ndarray]:
    """White where the mask is above a value."""
    return ((mask > value).astype(np.float32),)


@node(
    "MaskPreview",
    required={"mask": link("MASK")},
    hidden={"prompt": "PROMPT", "extra_pnginfo": "EXTRA_PNGINFO"},
    category="mask",
    description="Saves the masks as pictures for looking at.",
    module=MODULE,
    is_output=True,
)
def preview_mask(run: Run, mask: np.ndarray) -> Result:
    """Save masks into the temp folder."""
    return preview_pictures(run, mask_to_image(mask)[0])
