"""What a sheet is drawn with: layers with names, gradients, panels, shadows, lines; and their sum."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from studio.pictures.figure import Box

Colour = tuple[int, int, int, int]

_TONES = 1024
_FINER = 4  # shapes are drawn so many times larger, for smooth edges


@dataclass(frozen=True)
class Layer:
    """A picture at its place on the sheet; other programs show it under its name."""

    name: str
    image: Image.Image  # RGBA
    x: int
    y: int


def colour_of(code: str, alpha: int = 255) -> Colour:
    """`#rrggbb` as numbers."""
    return int(code[1:3], 16), int(code[3:5], 16), int(code[5:7], 16), alpha


def flatten(size: tuple[int, int], layers: Sequence[Layer]) -> Image.Image:
    """All layers over one another, the first at the bottom."""
    sheet = Image.new("RGBA", size)
    for layer in layers:
        left, top = max(0, -layer.x), max(0, -layer.y)
        right = min(layer.image.width, size[0] - layer.x)
        bottom = min(layer.image.height, size[1] - layer.y)
        if right > left and bottom > top:
            seen = (left, top, right, bottom)
            part = layer.image if seen == (0, 0, *layer.image.size) else layer.image.crop(seen)
            sheet.alpha_composite(part, (layer.x + left, layer.y + top))
    return sheet


@functools.lru_cache(maxsize=4)
def _run_of_colours(size: tuple[int, int], colours: tuple[str, ...], angle_deg: float) -> Image.Image:
    width, height = size
    across, down = math.cos(math.radians(angle_deg)), math.sin(math.radians(angle_deg))
    reach = (abs(across) + abs(down)) or 1.0
    x = ((np.arange(width) + 0.5) / width - 0.5) * (across / reach * _TONES)
    y = ((np.arange(height) + 0.5) / height - 0.5) * (down / reach * _TONES)
    # A fixed grain keeps the steps between 256 tones from being seen as bands.
    grain = (np.arange(height)[:, None] * 7 + np.arange(width)[None, :16] * 13) % 16
    stops = np.linspace(0, _TONES, len(colours))
    tones = np.empty((_TONES + 1, 16, 4), np.uint8)
    tones[..., 3] = 255
    for part in range(3):
        run = np.interp(np.arange(_TONES + 1), stops, [colour_of(colour)[part] for colour in colours])
        tones[..., part] = np.minimum(run[:, None] + np.arange(16) / 16, 255)
    way = (x[None, :].astype(np.float32) + (y[:, None] + _TONES / 2).astype(np.float32)).astype(np.int32)
    every = np.tile(grain, (1, -(-width // grain.shape[1])))[:, :width].astype(np.int32)
    packed = tones.view(np.uint32).reshape(-1)
    return Image.fromarray(packed[way * 16 + every].view(np.uint8).reshape(height, width, 4))


def gradient(size: tuple[int, int], colours: Sequence[str], angle_deg: float = 90.0) -> Image.Image:
    """One colour, or a run through several; 90 degrees goes from top to bottom."""
    if len(colours) == 1:
        return Image.new("RGBA", size, colour_of(colours[0]))
    return _run_of_colours(size, tuple(colours), angle_deg).copy()


def panel(
    width: int, height: int, radius: float, fill: Colour, outline: Colour | None = None, line: float = 1.0
) -> Image.Image:
    """A rectangle with round corners and smooth edges."""
    mask = _round_mask(width, height, radius)
    image = Image.new("RGBA", (width, height), (*fill[:3], 0))
    image.putalpha(mask.point([round(value * fill[3] / 255) for value in range(256)]))
    if outline is None:
        return image
    inner = Image.new("L", (width, height))
    thick = max(1, round(line))
    if width > 2 * thick and height > 2 * thick:
        inner.paste(
            _round_mask(width - 2 * thick, height - 2 * thick, max(0, radius - thick)), (thick, thick)
        )
    rim = Image.new("RGBA", (width, height), (*outline[:3], 0))
    frame = np.asarray(mask, np.int16) - np.asarray(inner, np.int16)
    rim.putalpha(Image.fromarray((np.clip(frame, 0, 255) * outline[3] // 255).astype(np.uint8)))
    return Image.alpha_composite(image, rim)


def rounded(image: Image.Image, radius: float) -> Image.Image:
    """The picture with round corners."""
    mask = _round_mask(*image.size, radius)
    alpha = Image.fromarray(
        (np.asarray(image.getchannel("A"), np.uint16) * np.asarray(mask, np.uint16) // 255).astype(np.uint8)
    )
    out = image.copy()
    out.putalpha(alpha)
    return out


def _round_mask(width: int, height: int, radius: float) -> Image.Image:
    mask = Image.new("L", (width, height), 255)
    corner = min(math.ceil(radius), width // 2, height // 2)
    if corner < 1:
        return mask
    large = Image.new("L", (corner * _FINER, corner * _FINER))
    side = 2 * corner * _FINER - 1
    ImageDraw.Draw(large).ellipse((0, 0, side, side), fill=255)
    quarter = large.resize((corner, corner), Image.Resampling.BOX)
    flipped = quarter.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    mask.paste(quarter, (0, 0))
    mask.paste(flipped, (width - corner, 0))
    mask.paste(quarter.transpose(Image.Transpose.FLIP_TOP_BOTTOM), (0, height - corner))
    mask.paste(flipped.transpose(Image.Transpose.FLIP_TOP_BOTTOM), (width - corner, height - corner))
    return mask


def ground_shadow(width: int, height: int, strength: float) -> Image.Image:
    """A soft dark ellipse, for under the feet."""
    x = (np.arange(width) + 0.5) / width * 2 - 1
    y = (np.arange(height) + 0.5) / height * 2 - 1
    near = np.clip(1 - np.sqrt(x[None, :] ** 2 + y[:, None] ** 2), 0, 1)
    pixels = np.zeros((height, width, 4), np.uint8)
    pixels[..., :3] = (24, 22, 40)
    pixels[..., 3] = near**1.4 * strength * 255
    return Image.fromarray(pixels)


def scaled(image: Image.Image, box: Box, scale: float, *, hard: bool = False) -> Image.Image:
    """A part of a picture in another size; `hard` keeps the squares of pixel art when it grows."""
    size = (max(1, round((box[2] - box[0]) * scale)), max(1, round((box[3] - box[1]) * scale)))
    if size == (box[2] - box[0], box[3] - box[1]):
        return image.crop(box)
    how = Image.Resampling.NEAREST if hard and scale > 1 else Image.Resampling.LANCZOS
    # Colours weigh by their alpha here, so that what is clear does not bleed into the edge.
    return image.convert("RGBa").resize(size, how, box=box, reducing_gap=2.0).convert("RGBA")


def filled(
    image: Image.Image, width: int, height: int, *, middle: tuple[float, float] = (0.5, 0.5)
) -> Image.Image:
    """The picture cut and scaled so that it fills a rectangle; `middle` is what stays in sight."""
    scale = max(width / image.width, height / image.height)
    wide, high = min(image.width, width / scale), min(image.height, height / scale)
    left, top = (image.width - wide) * middle[0], (image.height - high) * middle[1]
    box = (left, top, left + wide, top + high)
    return (
        image.convert("RGBa")
        .resize((width, height), Image.Resampling.LANCZOS, box=box, reducing_gap=2.0)
        .convert("RGBA")
    )
