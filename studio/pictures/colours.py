"""The colours of a character: the few that make it up, and names for them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

Array = np.ndarray

FEWEST, MOST = 5, 8
SIDE = 256  # pixels that are enough to tell the colours
OPAQUE = 200
EDGE_WEIGHT = 0.12
SAME = 0.055  # colours nearer than this in Oklab are one to the eye
LEAST_SHARE = 0.003
CELLS = 24  # of the histogram along each axis

# Plain names that artists use, spread over the colours that characters wear.
NAMES: dict[str, str] = {
    "Black": "#101014", "Charcoal": "#36363c", "Slate": "#58606c", "Pewter": "#949ca8", "Lead": "#6e747e",
     "Grey": "#85878c", "Silver": "#b6bac2",
    "Mist": "#d9dce2", "White": "#fafafa", "Ivory": "#f6f0dd", "Cream": "#fbe9c4", "Porcelain": "#fbe8dd",
    "Sand": "#dcc49c", "Beige": "#cdb79a", "Taupe": "#8d7c6c", "Peach": "#f6c9a4", "Apricot": "#f0ad78",
    "Tan": "#c99468", "Bronze": "#a06a3c", "Copper": "#b4643c", "Umber": "#7a4c30", "Chestnut": "#6e3826",
    "Brown": "#5a3a28", "Espresso": "#382720", "Rust": "#a84420", "Terracotta": "#c96a4c", "Coral": "#f47c64",
    "Salmon": "#f4a08c", "Rose": "#e4788c", "Blush": "#f4c4c4", "Pink": "#f49cc0", "Hot pink": "#ec4494",
    "Magenta": "#c8289c", "Crimson": "#b4182c", "Red": "#dc2428", "Scarlet": "#f03c1c", "Maroon": "#6a1822",
    "Wine": "#7c2440", "Plum": "#6c3464", "Mauve": "#a88098", "Lilac": "#c4a8dc", "Lavender": "#d8ccf0",
    "Violet": "#7c40b8", "Purple": "#5c2c88", "Indigo": "#3a2e88", "Aubergine": "#3a2038", "Navy": "#1c2850",
    "Midnight": "#14182e", "Royal blue": "#2c50c0", "Blue": "#2a6ae0", "Cobalt": "#1e48a0",
    "Cornflower": "#6894e4", "Sky blue": "#8cc4f0", "Ice blue": "#cce6f6", "Steel blue": "#4c78a4",
    "Denim": "#3c587c", "Cyan": "#20c4e0", "Turquoise": "#3cc8b8", "Teal": "#187c7c", "Petrol": "#144c58",
    "Mint": "#a8e4c4", "Seafoam": "#7cc4a0", "Emerald": "#149c60", "Green": "#2c9c38", "Forest": "#1c5c30",
    "Fern": "#3c8448", "Leaf": "#62a84c", "Wheat": "#e8bc92", "Onyx": "#1f1f26", "Deep teal": "#0a6068",
    "Pine": "#173e2c", "Moss": "#6c7c34", "Olive": "#5c5c28", "Sage": "#a0ac88", "Lime": "#98d430",
    "Khaki": "#b4a870", "Mustard": "#c89a20", "Gold": "#dcac34", "Yellow": "#f8d838", "Lemon": "#f8f07c",
    "Amber": "#f0a020", "Orange": "#f07c1c", "Tangerine": "#f89c4c", "Straw": "#e8d088",
}  # fmt: skip


@dataclass(frozen=True)
class Swatch:
    """One colour of a palette."""

    hex: str
    name: str
    share: float  # of the figure's flat colours


def palette(figures: list[Image.Image], *, most: int = MOST) -> tuple[Swatch, ...]:
    """The dominant colours of one character over some pictures of it, the largest first."""
    colours, weights = _flat_colours(figures)
    if not len(colours):
        return ()
    centres, shares = _merged(*_gathered(colours, weights))
    chosen = _chosen(centres, shares, most)
    total = float(shares.sum())
    found: list[Swatch] = []
    for index in chosen:
        code = _hex(_to_srgb(centres[index][None])[0])
        name = name_of(code, {swatch.name for swatch in found})
        found.append(Swatch(code, name, round(float(shares[index]) / total, 4)))
    return tuple(found)


def name_of(code: str, taken: Collection[str] = ()) -> str:
    """The plain name that is nearest to a colour such as `#2a6ae0`, and no name that is taken."""
    away = ((_KNOWN - to_oklab(_rgb(code)[None])) ** 2).sum(-1)
    return next(name for _, name in sorted(zip(away, NAMES, strict=True)) if name not in taken)


def is_dark(code: str) -> bool:
    """Whether light letters read better on it than dark ones."""
    return float(to_oklab(_rgb(code)[None])[0, 0]) < 0.62


def to_oklab(rgb: Array) -> Array:
    """Oklab of sRGB colours from 0 to 1, in which distances are about as far as they look."""
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return np.cbrt(linear @ _TO_LMS.T) @ _TO_LAB.T


def _to_srgb(lab: Array) -> Array:
    linear = (lab @ np.linalg.inv(_TO_LAB).T) ** 3 @ np.linalg.inv(_TO_LMS).T
    linear = np.clip(linear, 0, 1)
    return np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)


_TO_LMS = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


def _rgb(code: str) -> Array:
    return np.array([int(code[start : start + 2], 16) / 255 for start in (1, 3, 5)])


def _hex(rgb: Array) -> str:
    return "#" + "".join(f"{int(value * 255 + 0.5):02x}" for value in rgb)


_KNOWN = to_oklab(np.stack([_rgb(code) for code in NAMES.values()]))


def _flat_colours(figures: list[Image.Image]) -> tuple[Array, Array]:
    """The figure's pixels; those on lines and edges, where colours mix, count little."""
    kept, weights = [], []
    for figure in figures:
        shrink = max(1, max(figure.size) // SIDE)
        # Every so-manieth pixel and no mean of some: a mean would be a colour that nobody painted.
        pixels = np.asarray(figure.convert("RGBA"))[::shrink, ::shrink].astype(np.int16)
        right = np.abs(np.diff(pixels[..., :3], axis=1)).max(-1)
        below = np.abs(np.diff(pixels[..., :3], axis=0)).max(-1)
        seen = pixels[..., 3] >= OPAQUE
        flat = seen.copy()
        flat[:, 1:] &= right < 24
        flat[:, :-1] &= right < 24
        flat[1:] &= below < 24
        flat[:-1] &= below < 24
        kept.append(pixels[seen][:, :3])
        weights.append(np.where(flat[seen], 1.0, EDGE_WEIGHT))
    every = np.concatenate(kept) if kept else np.zeros((0, 3), np.int16)
    if not len(every):
        return np.zeros((0, 3)), np.zeros(0)
    return to_oklab(every / 255.0), np.concatenate(weights)


def _gathered(colours: Array, weights: Array) -> tuple[Array, Array]:
    """The colours in small cells of Oklab, each with its mean and its weight."""
    spread = np.array([0, 0.5, 0.5])
    cells = ((colours + spread) * CELLS).astype(int)
    keys = (cells[:, 0] * 64 + cells[:, 1]) * 64 + cells[:, 2]
    _, where = np.unique(keys, return_inverse=True)
    where = where.ravel()
    totals = np.bincount(where, weights)
    means = np.stack([np.bincount(where, weights * colours[:, part]) / totals for part in range(3)], -1)
    return means, totals


def _merged(means: Array, totals: Array) -> tuple[Array, Array]:
    """Cells drawn to the strongest one nearby: the tones that one paint takes in light and shade."""
    order = np.argsort(-totals, kind="stable")
    centres: list[Array] = []
    shares: list[Any] = []
    for index in order:
        if centres:
            away = np.sqrt((((np.stack(centres) - means[index]) * (0.8, 1.4, 1.4)) ** 2).sum(-1))
            near = int(away.argmin())
            if away[near] < SAME:
                total = shares[near] + totals[index]
                centres[near] = centres[near] + (means[index] - centres[near]) * (totals[index] / total)
                shares[near] = total
                continue
        centres.append(means[index])
        shares.append(float(totals[index]))
    return np.stack(centres), np.array(shares)


def _chosen(centres: Array, shares: Array, most: int) -> list[int]:
    """Large ones first, but a small colour of its own before one more shade of a large one."""
    chosen: list[int] = []
    while len(chosen) < min(most, len(shares)):
        score = shares**0.6 / float(shares.max()) ** 0.6
        score[shares < LEAST_SHARE * shares.sum()] *= 0.05
        if chosen:
            away = np.sqrt((((centres[:, None] - centres[chosen]) * (0.8, 1.4, 1.4)) ** 2).sum(-1)).min(-1)
            score = score * np.minimum(away / 0.2, 1)
        score[chosen] = -1
        best = int(score.argmax())
        if len(chosen) >= FEWEST and score[best] < 0.03:
            break
        chosen.append(best)
    return sorted(chosen, key=lambda index: -shares[index])


def mixed(first: str, second: str, share: float) -> str:
    """The first colour with a share of the second one in it, as it looks."""
    one, other = (to_oklab(_rgb(code)[None])[0] for code in (first, second))
    return _hex(_to_srgb((one * (1 - share) + other * share)[None])[0])


def vividness(code: str) -> float:
    """How far a colour is from grey; 0 to about 0.3."""
    return float(np.hypot(*to_oklab(_rgb(code)[None])[0, 1:]))
