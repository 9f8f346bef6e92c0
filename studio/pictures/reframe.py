"""A picture in another shape: cut around whoever is in it, or set on more background; no head is ever cut."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from PIL import Image, ImageFilter

from studio.pictures.convert import convert
from studio.pictures.decode import Format, decode
from studio.pictures.places import Box, Places
from studio.pictures.source import Source

Array = np.ndarray
Fit = Literal["auto", "crop", "pad"]

SEEN_SHARE = 0.5  # of the figure that has to stay, for cutting to be better than more background
UNKNOWN_SHARE = 0.9
UNKNOWN_KEPT = 0.8  # of the whole picture
PORTRAIT_HEAD = 0.3  # of a picture that a head takes, for it to be a portrait
MARGIN = 0.06  # around a head, in its heights
HEADROOM = 0.1  # above a head, in heights of the frame
SOFT = 24  # the longer side of a backdrop over its blur
BACKDROP_PX = 480
LOWEST_QUALITY = 50


@dataclass(frozen=True)
class Frame:
    """What is shown, in pixels of the picture; beyond its edges there is more background."""

    left: float
    top: float
    width: float
    height: float
    how: Literal["whole", "crop", "pad"]

    @property
    def box(self) -> Box:
        """Its sides."""
        return (self.left, self.top, self.left + self.width, self.top + self.height)


def frame_for(places: Places, ratio: float, fit: Fit = "auto") -> Frame:
    """The best part of a picture in a shape, width to height.

    A cut holds all heads; if none can, or if too little of the figure would stay, background is added.
    """
    width, height = float(places.width), float(places.height)
    wide, tall = (height * ratio, height) if width > height * ratio else (width, width / ratio)
    if abs(wide - width) < 1 and abs(tall - height) < 1:
        return Frame(0, 0, width, height, "whole")
    if fit != "pad":
        cut = _cut(places, wide, tall)
        if cut is not None and (fit == "crop" or _shows_enough(places, cut)):
            return cut
        if fit == "crop" and cut is None:
            # The heads alone take more than the shape has: as much background as they need.
            return _around(places, ratio, places.head or places.figure)
    # Where nothing is known of heads, all of it is wanted.
    return _around(places, ratio, _both(places) if places.head is not None or places.how != "edges" else None)


def _cut(places: Places, wide: float, tall: float) -> Frame | None:
    """The largest part of the picture in the shape, where it shows most; None if a head would not fit."""
    head = _with_margin(places)
    if head is not None and (head[2] - head[0] > wide + 0.5 or head[3] - head[1] > tall + 0.5):
        return None
    figure = places.figure or head or (0.0, 0.0, float(places.width), float(places.height))
    # Along the side that is cut, the figure's middle if all of it fits, else the head's.
    left = _start(wide, places.width, (figure[0], figure[2]), head and (head[0], head[2]), top_first=False)
    # Where nothing is known of heads, they are above rather than below.
    highest = figure[1] if head is not None else 0.0
    top = _start(tall, places.height, (highest, figure[3]), head and (head[1], head[3]), top_first=True)
    return Frame(left, top, wide, tall, "crop")


def _start(
    length: float,
    whole: float,
    figure: tuple[float, float],
    head: tuple[float, float] | None,
    *,
    top_first: bool,
) -> float:
    low, high = figure
    if head is None and top_first:
        start = low
    elif high - low <= length or head is None:
        start = (low + high - length) / 2
    elif top_first:
        start = head[0] - length * HEADROOM
    else:
        start = (head[0] + head[1] - length) / 2
    if head is not None:
        start = min(max(start, head[1] - length), head[0])
    return min(max(start, 0.0), whole - length)


def _shows_enough(places: Places, cut: Frame) -> bool:
    """Whether a cut tells what the picture tells: most of a figure, or the face of a portrait."""
    if places.head is None:
        # Nobody knows where a head is, if there is one: nearly all of what draws the eye has to stay.
        kept = cut.width * cut.height / (places.width * places.height)
        return kept >= UNKNOWN_KEPT and _share(places, cut) >= UNKNOWN_SHARE
    is_portrait = places.head[3] - places.head[1] >= PORTRAIT_HEAD * places.height
    return is_portrait or _share(places, cut) >= SEEN_SHARE


def _share(places: Places, frame: Frame) -> float:
    """How much of the figure a frame shows."""
    if places.figure is None:
        return frame.width * frame.height / (places.width * places.height)
    left, top, right, bottom = places.figure
    x0, y0, x1, y1 = frame.box
    wide, tall = min(right, x1) - max(left, x0), min(bottom, y1) - max(top, y0)
    return max(0.0, wide) * max(0.0, tall) / max(1.0, (right - left) * (bottom - top))


def _around(places: Places, ratio: float, wanted: Box | None) -> Frame:
    """The smallest frame with what is wanted and some room, within the picture where it can be."""
    if wanted is None:
        wanted = (0.0, 0.0, float(places.width), float(places.height))
    room = 0.04 * max(wanted[2] - wanted[0], wanted[3] - wanted[1])
    left, top = max(0.0, wanted[0] - room), max(0.0, wanted[1] - room)
    right, bottom = min(places.width, wanted[2] + room), min(places.height, wanted[3] + room)
    height = max(bottom - top, (right - left) / ratio)
    width = height * ratio
    # No closer than the picture shows it: what is there is kept.
    if width < places.width and height < places.height:
        grow = min(places.width / width, places.height / height)
        width, height = width * grow, height * grow
    return Frame(
        _within(left, right, width, places.width),
        _within(top, bottom, height, places.height),
        width,
        height,
        "pad",
    )


def _within(low: float, high: float, length: float, whole: float) -> float:
    if length >= whole:
        return (whole - length) / 2
    return min(max((low + high - length) / 2, 0.0), whole - length)


def _both(places: Places) -> Box | None:
    head, figure = places.head, places.figure
    if head is None or figure is None:
        return head or figure
    return (
        min(head[0], figure[0]), min(head[1], figure[1]), max(head[2], figure[2]), max(head[3], figure[3])
    )  # fmt: skip


def _with_margin(places: Places) -> Box | None:
    if places.head is None:
        return None
    left, top, right, bottom = places.head
    room = MARGIN * (bottom - top)
    return (
        max(0.0, left - room), max(0.0, top - room),
        min(float(places.width), right + room), min(float(places.height), bottom + room),
    )  # fmt: skip


# ------------------------------------------------------------------------ pixels


def size_for(frame: Frame, most: tuple[int, int], least_width: int) -> tuple[int, int]:
    """How large a frame is drawn: never larger than it was made, but as large as it has to be."""
    width, height = most
    factor = min(1.0, frame.width / width)
    factor = min(1.0, max(factor, least_width / width))
    return _even(width * factor), _even(height * factor)


def reframe(
    source: Source, places: Places, frame: Frame, size: tuple[int, int], wanted: Format, max_bytes: int
) -> bytes:
    """The picture in its frame, packed into so many bytes at most."""
    image = _drawn(decode(source), places, frame, size)
    if wanted == "PNG" and len(data := convert(image, "PNG")) <= max_bytes:
        return data
    kind: Format = "WEBP" if wanted == "WEBP" else "JPEG"
    quality = 92
    while True:
        data = convert(image, kind, quality=quality)
        if len(data) <= max_bytes:
            return data
        if quality > LOWEST_QUALITY:
            quality -= 7
            continue
        smaller = max(2, image.width * 3 // 4), max(2, image.height * 3 // 4)
        if min(smaller) < 64:
            return data
        image = image.resize(smaller, Image.Resampling.LANCZOS)


def _drawn(image: Image.Image, places: Places, frame: Frame, size: tuple[int, int]) -> Image.Image:
    x0, y0, x1, y1 = frame.box
    inside = (max(0.0, x0), max(0.0, y0), min(float(image.width), x1), min(float(image.height), y1))
    across, down = size[0] / frame.width, size[1] / frame.height
    target = (
        max(1, round((inside[2] - inside[0]) * across)), max(1, round((inside[3] - inside[1]) * down))
    )  # fmt: skip
    is_clear = image.has_transparency_data
    part = image.convert("RGBA" if is_clear else "RGB")
    if is_clear:
        part = part.convert("RGBa")  # so that what is clear lends no colour to its neighbours
    part = part.resize(target, Image.Resampling.LANCZOS, box=inside)
    if is_clear:
        part = part.convert("RGBA")
    if target == size:
        return part
    place = (round((inside[0] - x0) * across), round((inside[1] - y0) * down))
    place = (min(place[0], size[0] - target[0]), min(place[1], size[1] - target[1]))
    if is_clear:
        canvas = Image.new("RGBA", size, (255, 255, 255, 0))
        canvas.paste(part, place)
        return canvas
    canvas = _extended(part, place, size) if places.is_plain else _backdrop(part, size)
    canvas.paste(part, place)
    return canvas


def _extended(part: Image.Image, place: tuple[int, int], size: tuple[int, int]) -> Image.Image:
    """A smooth background that goes on beyond its edges."""
    pixels = np.asarray(part, np.float32)
    left, top = place
    right, bottom = size[0] - left - part.width, size[1] - top - part.height
    soft = max(2.0, max(part.size) / 60)
    blurred = np.asarray(part.filter(ImageFilter.GaussianBlur(soft)), np.float32)
    # The outermost pixels as they are go on at once, and get softer with every step away.
    sharp = np.pad(pixels, ((top, bottom), (left, right), (0, 0)), mode="edge")
    smooth = np.pad(blurred, ((top, bottom), (left, right), (0, 0)), mode="edge")
    rows, columns = np.arange(size[1])[:, None], np.arange(size[0])[None, :]
    beside = np.maximum(left - columns, columns - (left + part.width - 1))
    above = np.maximum(top - rows, rows - (top + part.height - 1))
    away = np.maximum(beside, above)
    share = np.clip(away / (soft * 4), 0, 1)[..., None]
    return Image.fromarray((sharp * (1 - share) + smooth * share + 0.5).clip(0, 255).astype(np.uint8))


def _backdrop(part: Image.Image, size: tuple[int, int]) -> Image.Image:
    """The picture itself, larger, soft and a little darker."""
    factor = min(1.0, BACKDROP_PX / max(size))
    small = max(1, round(size[0] * factor)), max(1, round(size[1] * factor))
    cover = max(small[0] / part.width, small[1] / part.height)
    large = math.ceil(part.width * cover), math.ceil(part.height * cover)
    behind = part.resize(large, Image.Resampling.BILINEAR)
    left, top = (large[0] - small[0]) // 2, (large[1] - small[1]) // 2
    behind = behind.crop((left, top, left + small[0], top + small[1]))
    behind = behind.filter(ImageFilter.GaussianBlur(max(small) / SOFT)).point(lambda value: value * 0.85)
    return behind.resize(size, Image.Resampling.BICUBIC)


def _even(side: float) -> int:
    return max(2, 2 * round(side / 2))
