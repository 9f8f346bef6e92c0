"""The character in a picture: where it stands, and the same picture without its background."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from PIL import Image

from studio.pictures.decode import decode
from studio.pictures.source import Source

Array = np.ndarray
Picture = Image.Image
Box = tuple[int, int, int, int]  # left, top, right, bottom

SEEN = 16  # alpha from which a pixel belongs to the figure's box
MOST_PIXELS = 1_600_000  # a larger picture's background is estimated on a smaller copy
TOLERANCE = 0.045  # how far a pixel may be from the background, each channel being 0 to 1
STEP = 0.1  # and how far it may be where it reaches the rim: backgrounds of pixel art go in steps
MOST_DEBRIS = 0.06  # of a figure that may lie apart from it
SHADOW_DARKEST = 0.5
SHADOW_SLOPE = 46.0  # how much it may change over the whole height, at its steepest
SHADOW_ROWS = 0.72  # shadows lie on the ground: below this share of the height
BAND = 256
SAME_FIGURE = 2.0  # mean difference of 255 that packing may make
MOST_TURNS = 300  # around corners, when what is open is looked for
FITTED_PIXELS = 120_000  # of a picture, by which its background is told
GRID = 96
SMALLEST, LARGEST = 0.01, 0.85  # share of the picture that a figure takes
_SEEN = [255 * (value >= SEEN) for value in range(256)]
PLAIN_BORDER = 0.7  # share of the border that has to fit one smooth background
PLAIN_SIDE = 0.55  # and of each of its sides
MOST_CONTACT = 0.25  # of the upper border that a figure may touch


@dataclass(frozen=True)
class Cut:
    """A picture with a transparent background, and how it came to it."""

    source: Image.Image  # RGBA, the picture as it was
    image: Image.Image  # RGBA, as large as the picture
    box: Box  # the figure's; the whole picture if it could not be told from its background
    how: Literal["alpha", "estimate", "none"]

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the figure's box."""
        left, top, right, bottom = self.box
        return right - left, bottom - top


def cut_out(image: Image.Image) -> Cut:
    """The figure alone: by its alpha, else by a guarded estimate of a plain background, else not at all."""
    whole = (0, 0, *image.size)
    rgba = image.convert("RGBA")
    if image.has_transparency_data:
        box = _box_of(rgba)
        if box is not None and (box != whole or _is_clear_somewhere(rgba)):
            return Cut(rgba, rgba, box, "alpha")
    alpha, ground = _estimated(rgba)
    if alpha is None or ground is None:
        return Cut(rgba, rgba, whole, "none")
    cut = _unmixed(rgba, alpha, ground)
    box = _box_of(cut)
    return Cut(rgba, rgba, whole, "none") if box is None else Cut(rgba, cut, box, "estimate")


def feet(cut: Cut) -> tuple[float, float]:
    """Where the figure stands, from left to right as shares of its box."""
    left, top, right, bottom = cut.box
    low = bottom - max(1, round((bottom - top) * 0.05))
    seen = cut.image.crop((left, low, right, bottom)).getchannel("A").point(_SEEN).getbbox()
    width = max(1, right - left)
    return (seen[0] / width, seen[2] / width) if seen else (0.0, 1.0)


def head_and_shoulders(cut: Cut, aspect: float) -> Box:
    """The upper part of a standing figure, in a rectangle of this width to height."""
    left, top, right, bottom = cut.box
    height = bottom - top
    crown = np.asarray(
        cut.image.crop((left, top, right, top + max(1, height // 5))).getchannel("A"), np.float64
    )
    weights = crown.sum(0)
    middle = left + (float(weights @ np.arange(len(weights))) / max(float(weights.sum()), 1.0))
    tall = height * 0.4
    wide = tall * aspect
    above = tall * 0.08
    return (
        round(middle - wide / 2), round(top - above), round(middle + wide / 2), round(top - above + tall)
    )  # fmt: skip


def _is_clear_somewhere(rgba: Image.Image) -> bool:
    low, _ = rgba.getchannel("A").getextrema()
    return isinstance(low, int) and low < SEEN


def _box_of(rgba: Image.Image) -> Box | None:
    return rgba.getchannel("A").point(_SEEN).getbbox()


def _estimated(rgba: Image.Image) -> tuple[Array | None, Array | None]:
    """How opaque each pixel is (0 to 1) and the background behind it, or nothing if it is not plain."""
    small = rgba.convert("RGB")
    shrink = max(1, int(np.ceil(np.sqrt(rgba.width * rgba.height / MOST_PIXELS))))
    if shrink > 1:
        small = small.reduce(shrink)
    pixels = np.asarray(small, np.float32) / 255
    height, width = pixels.shape[:2]
    if min(height, width) < 16:
        return None, None
    border = _upper_border(height, width)
    ground = _smooth_ground(pixels)
    if ground is None:
        return None, None
    away = _most(np.abs(pixels - ground))
    if not _is_plain(away < TOLERANCE, border):
        return None, None
    open_ = (away < TOLERANCE) | _shadow(pixels, ground)
    reached = _spread(border & open_, open_) | _steps(away < STEP)
    figure = _without_specks(~reached & ~_gaps(reached, away, ground))
    share = float(figure.mean())
    if not SMALLEST <= share <= LARGEST or figure[border].mean() > MOST_CONTACT or not _is_whole(figure):
        return None, None
    return _soft(figure), ground


def _is_plain(fits: Array, border: Array) -> bool:
    """Whether nearly all of the border, and not much less of each of its sides, is one smooth surface."""
    rim = max(2, min(border.shape) // 64)
    low = int(len(border) * 0.85)
    sides = (fits[:rim], fits[:low, :rim], fits[:low, -rim:])
    return bool(fits[border].mean() >= PLAIN_BORDER and min(side.mean() for side in sides) >= PLAIN_SIDE)


def _upper_border(height: int, width: int) -> Array:
    """The rim without the bottom, where feet or shoulders are."""
    rim = max(2, min(height, width) // 64)
    border = np.zeros((height, width), bool)
    border[:rim] = True
    border[: int(height * 0.85), :rim] = True
    border[: int(height * 0.85), -rim:] = True
    return border


def _smooth_ground(pixels: Array) -> Array | None:
    """A smooth surface through the background: first by the border, then by all that it reaches."""
    height, width = pixels.shape[:2]
    few = pixels[:: (step := max(1, round((height * width / FITTED_PIXELS) ** 0.5))), ::step]
    border = _upper_border(*few.shape[:2])
    first = _fitted(few, border, order=2)
    if first is None:
        return None
    close = _most(np.abs(few - _surface(first, *few.shape[:2]))) < TOLERANCE * 1.5
    reached = _spread(border & close, close)
    second = _fitted(few, reached, order=4) if reached.mean() > 0.05 else None
    return _surface(first if second is None else second, height, width)


def _powers(order: int) -> list[tuple[int, int]]:
    return [(i, j) for i in range(order + 1) for j in range(order + 1 - i)]


def _fitted(pixels: Array, where: Array, order: int) -> Array | None:
    """The factors of a polynomial through the colours at these places; None where there are too few."""
    height, width = where.shape
    rows, columns = np.nonzero(where)
    step = max(1, len(rows) // 6000)
    rows, columns = rows[::step], columns[::step]
    if len(rows) < 40:
        return None
    values = pixels[rows, columns].astype(np.float64)
    x, y = columns / width * 2 - 1, rows / height * 2 - 1
    terms = np.stack([x**i * y**j for i, j in _powers(order)], -1)
    weights = np.ones(len(values))
    factors = np.zeros((terms.shape[1], 3))
    ridge = 1e-4 * len(values) * np.eye(terms.shape[1])
    ridge[0, 0] = 0
    for _ in range(6):
        # What lies far off is the figure; it must not bend the surface.
        weighted = terms * weights[:, None]
        factors = np.linalg.solve(terms.T @ weighted + ridge, weighted.T @ values)
        error = np.abs(terms @ factors - values).max(-1)
        scale = max(float(np.median(error)) * 2, 0.01)
        weights = 1 / (1 + (error / scale) ** 4)
    return factors


def _surface(factors: Array, height: int, width: int) -> Array:
    """The polynomial's colours for a picture; it is smooth, so that a coarse grid will do."""
    order = next(order for order in (2, 4) if len(_powers(order)) == len(factors))
    middles = (np.arange(GRID) + 0.5) / GRID * 2 - 1
    terms = np.stack([middles[None, :] ** i * middles[:, None] ** j for i, j in _powers(order)], -1)
    coarse = np.clip(terms @ factors, 0, 1).astype(np.float32)
    parts = [Image.fromarray(np.ascontiguousarray(coarse[..., part])) for part in range(3)]
    return np.stack([np.asarray(one.resize((width, height), Image.Resampling.BILINEAR)) for one in parts], -1)


def _most(values: Array) -> Array:
    """The largest of three channels; far quicker than a maximum along the last axis."""
    return np.maximum(np.maximum(values[..., 0], values[..., 1]), values[..., 2])


def _least(values: Array) -> Array:
    return np.minimum(np.minimum(values[..., 0], values[..., 1]), values[..., 2])


def _shadow(pixels: Array, ground: Array) -> Array:
    """The background only darker, without an edge, and on the ground: what a soft shadow looks like."""
    share = pixels / np.maximum(ground, 0.05)
    mean = (share[..., 0] + share[..., 1] + share[..., 2]) / 3
    alike = (_most(share) - _least(share)) < 0.10
    slope = np.zeros(mean.shape, np.float32)
    slope[1:] = np.abs(np.diff(mean, axis=0))
    slope[:, 1:] = np.maximum(slope[:, 1:], np.abs(np.diff(mean, axis=1)))
    steepest = float(np.clip(SHADOW_SLOPE / len(mean), 0.04, 0.16))
    found = alike & (mean > SHADOW_DARKEST) & (mean < 1.02) & (slope < steepest)
    found[: int(len(found) * SHADOW_ROWS)] = False
    return found


def _steps(close: Array) -> Array:
    """What is nearly the background and reaches the rim of the picture beside the figure."""
    width = close.shape[1]
    seeds = np.zeros_like(close)
    seeds[0] = True
    seeds[:, 0] = seeds[:, -1] = True
    seeds[-1, : width // 10] = seeds[-1, -(width // 10) :] = True
    return _spread(seeds & close, close)


def _is_whole(figure: Array) -> bool:
    """Whether nearly all of it is one piece; much in pieces is a background that was not understood."""
    near = _density(figure, 3)
    joined = near > 0.04
    seed = np.zeros_like(figure)
    seed.flat[int(_density(figure, 12).argmax())] = True
    apart = figure & ~_spread(seed & joined, joined)
    return float(apart.sum()) <= MOST_DEBRIS * float(figure.sum())


def _gaps(reached: Array, away: Array, ground: Array) -> Array:
    """Background that is shut in, as between arm and body; white and black are too common as colours."""
    low, high = float(ground.min()), float(_most(ground).min())
    if low > 0.94 or high < 0.06:
        return np.zeros_like(reached)
    alike = ~reached & (away < TOLERANCE * 0.5)
    core = alike & (_density(alike, 4) > 0.95)
    return _spread(core, alike) if core.any() else core


def _spread(seeds: Array, open_: Array) -> Array:
    """All open pixels that can be reached from the seeds, straight on and around corners."""
    reached = seeds & open_
    count = -1
    for _ in range(MOST_TURNS):
        if count == (count := int(reached.sum())):
            break
        reached = _along_rows(reached, open_)
        reached = _along_rows(reached.T, open_.T).T
    return reached


def _along_rows(reached: Array, open_: Array) -> Array:
    starts = open_.copy()
    starts[:, 1:] &= ~open_[:, :-1]
    runs = np.cumsum(starts.ravel()).reshape(open_.shape)
    lit = np.zeros(int(runs[-1, -1]) + 1, bool)
    lit[runs[reached]] = True
    return lit[runs] & open_


def _density(mask: Array, radius: int) -> Array:
    """The share of pixels around each one that are in the mask."""
    side = 2 * radius + 1
    padded = np.pad(mask.astype(np.float32), ((radius + 1, radius), (radius + 1, radius)), mode="edge")
    sums = padded.cumsum(0, dtype=np.float64).cumsum(1)
    inside = sums[side:, side:] - sums[:-side, side:] - sums[side:, :-side] + sums[:-side, :-side]
    return inside / (side * side)


def _without_specks(figure: Array) -> Array:
    return figure & (_density(figure, 5) > 0.18)


def _soft(figure: Array) -> Array:
    """The mask with an edge of about a pixel, drawn a little inwards."""
    return np.clip((_density(figure, 1) - 0.35) / 0.6, 0, 1).astype(np.float32)


def _unmixed(rgba: Image.Image, alpha: Array, ground: Array) -> Image.Image:
    """The figure's own colours at its edge, where the background was mixed in."""
    out = np.array(rgba)
    parts = [Image.fromarray(part) for part in (alpha, ground[..., 0], ground[..., 1], ground[..., 2])]
    shrink = alpha.shape[0] / rgba.height
    # In bands of rows, so that a large picture needs no second copy in floats.
    for top in range(0, rgba.height, BAND):
        band = out[top : top + BAND]
        bottom = min((top + len(band)) * shrink, alpha.shape[0])
        size, box = (rgba.width, len(band)), (0, top * shrink, alpha.shape[1], bottom)
        grown = [np.asarray(part.resize(size, Image.Resampling.BILINEAR, box=box)) for part in parts]
        share = grown[0][..., None]
        own = (band[..., :3] / np.float32(255) - (1 - share) * np.stack(grown[1:], -1)) / np.maximum(
            share, 0.25
        )
        own = (np.clip(own, 0, 1) * 255 + 0.5).astype(np.uint8)
        band[..., :3] = np.where(share > 0.98, band[..., :3], own)
        band[..., 3] = np.clip(grown[0], 0, 1) * 255 + 0.5
        band[grown[0] <= 0] = 0
    return Image.fromarray(out)


def bust(cut: Cut, side: int) -> Image.Image:
    """Head and shoulders with what is behind them, as a square picture."""
    left, top, right, bottom = head_and_shoulders(cut, 1.0)
    whole = cut.source
    length = min(right - left, bottom - top, whole.width, whole.height)
    left = min(max(0, left), whole.width - length)
    top = min(max(0, top), whole.height - length)
    part = Image.new("RGB", whole.size, "white")
    part.paste(whole, mask=whole.getchannel("A"))
    box = (left, top, left + length, top + length)
    return part.resize((side, side), Image.Resampling.LANCZOS, box=box)


def decode_up_to(source: Source, most_pixels: int) -> Image.Image:
    """The picture, made smaller by a whole factor if it has more pixels than that."""
    image = decode(source)
    shrink = math.ceil(math.sqrt(image.width * image.height / most_pixels))
    if shrink < 2:
        return image
    return (
        image.convert("RGBa" if image.has_transparency_data else "RGB")
        .reduce(shrink)
        .convert("RGBA" if image.has_transparency_data else "RGB")
    )


def are_alike(figure: Image.Image, picture: Image.Image) -> bool:
    """Whether a figure on nothing is the very one in another picture, but for lossy packing."""
    if figure.size != picture.size:
        return False
    pixels, other = np.asarray(figure), np.asarray(picture.convert("RGB"))
    inside = pixels[..., 3] == 255
    if not inside.any():
        return False
    return float(np.abs(pixels[inside][:, :3].astype(np.int16) - other[inside]).mean()) < SAME_FIGURE
