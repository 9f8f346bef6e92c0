"""Sprites: figures without the room around them, put into one picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image

from studio.pictures.figure import Box, Cut, feet


@dataclass(frozen=True)
class Sprite:
    """A picture cut to what can be seen of it, and where that was."""

    image: Image.Image
    trim: Box  # in the whole picture
    source: tuple[int, int]  # the size of the whole picture
    pivot: tuple[float, float]  # as shares of the whole picture


def sprite_of(cut: Cut, *, trim: bool = True, scale: float = 1.0, stands: bool = True) -> Sprite:
    """The sprite of a cut-out; `stands`: it turns about its soles, not about the middle."""
    image, box = cut.image, cut.box
    if scale != 1.0:
        size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
        image = image.convert("RGBa").resize(size, Image.Resampling.LANCZOS).convert("RGBA")
        box = (
            round(box[0] * scale), round(box[1] * scale), round(box[2] * scale), round(box[3] * scale)
        )  # fmt: skip
    whole: Box = (0, 0, *image.size)
    # Everything that is not quite clear is kept, so that no soft edge is lost.
    seen = image.getchannel("A").getbbox() if trim else None
    place = seen or whole
    pivot = (0.5, 0.5)
    if stands and cut.how != "none":
        first, last = feet(cut)
        middle = box[0] + (first + last) / 2 * (box[2] - box[0])
        pivot = (round(middle / image.width, 6), round(box[3] / image.height, 6))
    return Sprite(image.crop(place), place, image.size, pivot)


def draw_atlas(
    size: tuple[int, int], sprites: Sequence[Sprite], places: Sequence[tuple[int, int]]
) -> Image.Image:
    """All sprites at their places on nothing."""
    sheet = Image.new("RGBA", size)
    for sprite, place in zip(sprites, places, strict=True):
        sheet.paste(sprite.image, place)
    return sheet
