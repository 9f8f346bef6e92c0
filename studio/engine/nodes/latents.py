"""Latents: here a size, or pictures that wait to be decoded."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from studio.engine.nodes.define import Run, choice, decimal, link, node, whole
from studio.engine.nodes.loaders import Vae
from studio.engine.pixels import as_masks, guard_size, repeat_to, resize

MAX = 16384
LATENT_METHODS = ("nearest-exact", "bilinear", "area", "bicubic", "bislerp")
CELL = 8  # pixels per latent cell in ComfyUI; sizes here follow the same grid


@dataclass(frozen=True)
class Latent:
    """A batch of pictures to come, or pictures that are there."""

    width: int
    height: int
    batch: int
    pixels: np.ndarray | None = None  # batch × height × width × 3 or 4
    noise_mask: np.ndarray | None = None  # 1 where the sampler may draw


def _empty(width: int, height: int, batch_size: int) -> tuple[Latent]:
    guard_size(batch_size, height, width)
    return (Latent(width // CELL * CELL, height // CELL * CELL, batch_size),)


@node(
    "EmptyLatentImage",
    required={
        "width": whole(512, 16, MAX, step=8, tooltip="The width of the latent images in pixels."),
        "height": whole(512, 16, MAX, step=8, tooltip="The height of the latent images in pixels."),
        "batch_size": whole(1, 1, 4096, tooltip="The number of latent images in the batch."),
    },
    outputs=("LATENT",),
    category="latent",
    display_name="Empty Latent Image",
    description="Says how many pictures of which size the sampler should draw.",
)
def empty_latent(width: int, height: int, batch_size: int) -> tuple[Latent]:
    """Make room for new pictures."""
    return _empty(width, height, batch_size)


@node(
    "EmptySD3LatentImage",
    required={
        "width": whole(1024, 16, MAX, step=16),
        "height": whole(1024, 16, MAX, step=16),
        "batch_size": whole(1, 1, 4096),
    },
    outputs=("LATENT",),
    category="latent/sd3",
    module="comfy_extras.nodes_sd3",
    schema_style=True,
)
def empty_sd3_latent(width: int, height: int, batch_size: int) -> tuple[Latent]:
    """Make room for new pictures."""
    return _empty(width, height, batch_size)


@node(
    "VAEDecode",
    required={"samples": link("LATENT"), "vae": link("VAE")},
    outputs=("IMAGE",),
    category="latent",
    display_name="VAE Decode",
    description="Turns what the sampler made into pictures.",
)
def decode(samples: Latent, vae: Vae) -> tuple[np.ndarray]:
    """Give the pictures; where nothing was drawn yet there is plain grey."""
    if samples.pixels is None:
        return (np.full((samples.batch, samples.height, samples.width, 3), 0.5, np.float32),)
    return (samples.pixels,)


@node(
    "VAEEncode",
    required={"pixels": link("IMAGE"), "vae": link("VAE")},
    outputs=("LATENT",),
    category="latent",
    display_name="VAE Encode",
)
def encode(pixels: np.ndarray, vae: Vae) -> tuple[Latent]:
    """Keep the pictures, cut to the grid of latents as ComfyUI does."""
    return (_from_pixels(pixels),)


def _from_pixels(pixels: np.ndarray) -> Latent:
    height, width = (max(CELL, side // CELL * CELL) for side in pixels.shape[1:3])
    top, left = (pixels.shape[1] % CELL) // 2, (pixels.shape[2] % CELL) // 2
    kept = pixels[:, top : top + height, left : left + width, :4].copy()
    return Latent(kept.shape[2], kept.shape[1], kept.shape[0], kept)


@node(
    "VAEEncodeForInpaint",
    required={
        "pixels": link("IMAGE"),
        "vae": link("VAE"),
        "mask": link("MASK"),
        "grow_mask_by": whole(6, 0, 64, step=1),
    },
    outputs=("LATENT",),
    category="latent/inpaint",
    display_name="VAE Encode (for Inpainting)",
)
def encode_for_inpaint(pixels: np.ndarray, vae: Vae, mask: np.ndarray, grow_mask_by: int) -> tuple[Latent]:
    """Keep the pictures and where they may be drawn over, a little wider than the mask."""
    grown = resize(as_masks(mask)[..., None], pixels.shape[2], pixels.shape[1], "bilinear")[..., 0]
    before, after = (max(grow_mask_by, 1) - 1) // 2, max(grow_mask_by, 1) // 2
    hard = np.round(grown)
    for axis in (1, 2):
        pads = [(0, 0)] * 3
        pads[axis] = (before, after)
        padded = np.pad(hard, pads)
        windows = [
            np.take(padded, np.arange(shift, shift + hard.shape[axis]), axis=axis)
            for shift in range(before + after + 1)
        ]
        hard = np.maximum.reduce(windows)
    latent = _from_pixels(pixels)
    assert latent.pixels is not None
    offsets = [(old % CELL) // 2 for old in pixels.shape[1:3]]
    hard = hard[:, offsets[0] : offsets[0] + latent.height, offsets[1] : offsets[1] + latent.width]
    return (replace(latent, noise_mask=hard),)


@node(
    "SetLatentNoiseMask",
    required={"samples": link("LATENT"), "mask": link("MASK")},
    outputs=("LATENT",),
    category="latent/inpaint",
    display_name="Set Latent Noise Mask",
)
def set_noise_mask(samples: Latent, mask: np.ndarray) -> tuple[Latent]:
    """Say where the sampler may draw."""
    return (replace(samples, noise_mask=as_masks(mask)),)


@node(
    "LatentUpscale",
    required={
        "samples": link("LATENT"),
        "upscale_method": choice(LATENT_METHODS),
        "width": whole(512, 0, MAX, step=8),
        "height": whole(512, 0, MAX, step=8),
        "crop": choice(("disabled", "center")),
    },
    outputs=("LATENT",),
    category="latent",
    display_name="Upscale Latent",
)
def upscale(samples: Latent, upscale_method: str, width: int, height: int, crop: str) -> tuple[Latent]:
    """Resize to a size; a side of 0 follows the other one."""
    if width == 0 and height == 0:
        return (samples,)
    if width == 0:
        height = max(64, height)
        width = max(64, round(samples.width * height / samples.height))
    elif height == 0:
        width = max(64, width)
        height = max(64, round(samples.height * width / samples.width))
    return (_resized(samples, max(64, width), max(64, height), upscale_method, crop),)


@node(
    "LatentUpscaleBy",
    required={
        "samples": link("LATENT"),
        "upscale_method": choice(LATENT_METHODS),
        "scale_by": decimal(1.5, 0.01, 8.0, step=0.01),
    },
    outputs=("LATENT",),
    category="latent",
    display_name="Upscale Latent By",
)
def upscale_by(samples: Latent, upscale_method: str, scale_by: float) -> tuple[Latent]:
    """Resize by a factor."""
    width = max(1, round(samples.width // CELL * scale_by)) * CELL
    height = max(1, round(samples.height // CELL * scale_by)) * CELL
    return (_resized(samples, width, height, upscale_method, "disabled"),)


def _resized(samples: Latent, width: int, height: int, method: str, crop: str) -> Latent:
    width, height = width // CELL * CELL, height // CELL * CELL
    guard_size(samples.batch, height, width)
    if samples.pixels is None:
        return replace(samples, width=width, height=height)
    # slerp between latent vectors has no meaning for pixels; bilinear is what it does to them
    pixels = resize(samples.pixels, width, height, "bilinear" if method == "bislerp" else method, crop)
    return replace(samples, width=width, height=height, pixels=pixels)


@node(
    "RepeatLatentBatch",
    required={"samples": link("LATENT"), "amount": whole(1, 1, 64)},
    outputs=("LATENT",),
    category="latent/batch",
    display_name="Repeat Latent Batch",
)
def repeat_batch(samples: Latent, amount: int) -> tuple[Latent]:
    """Repeat the whole batch."""
    batch = samples.batch * amount
    guard_size(batch, samples.height, samples.width)
    pixels = None if samples.pixels is None else repeat_to(samples.pixels, batch)
    return (replace(samples, batch=batch, pixels=pixels),)


@node(
    "LatentFromBatch",
    required={"samples": link("LATENT"), "batch_index": whole(0, 0, 63), "length": whole(1, 1, 64)},
    outputs=("LATENT",),
    category="latent/batch",
    display_name="Latent From Batch",
)
def from_batch(run: Run, samples: Latent, batch_index: int, length: int) -> tuple[Latent]:
    """Take some of a batch."""
    start = min(samples.batch - 1, batch_index)
    length = min(samples.batch - start, length)
    pixels = None if samples.pixels is None else samples.pixels[start : start + length].copy()
    mask = samples.noise_mask
    if mask is not None and mask.shape[0] > 1:
        mask = repeat_to(mask, samples.batch)[start : start + length]
    notes = run.notes_in.get("samples", ())
    if notes:
        run.notes_out = tuple(notes[index % len(notes)] for index in range(start, start + length))
    return (replace(samples, batch=length, pixels=pixels, noise_mask=mask),)
