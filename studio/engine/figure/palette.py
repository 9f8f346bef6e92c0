"""Colours of the drawing: how a colour looks in shade, in line and in light, by material."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from .keys import PATTERNS
from .oklab import as_rgb, from_lab, to_lab, unit_rgb
from .spec import RGB

Array = np.ndarray

# Kinds of surface that the shader tells apart.
CLOTH, SKIN, HAIR, METAL, LEATHER, GEM, GLOW, FACE, SATIN, FUR = range(10)
COLUMNS = 28
KIND, LIT, SHADE, TRIM, TRIM_WIDTH, PATTERN, SECOND, PATTERN_SIZE = 0, 1, 4, 7, 10, 11, 12, 15
GLOSS, TIP, TIP_FROM, TIP_TO, SEGMENT, WEAVE, LINE = 16, 17, 20, 21, 22, 23, 24

SURFACE_OF = {
    **dict.fromkeys(
        ("steel", "iron", "chain", "bronze", "brass", "copper", "gold", "silver", "carbon"), METAL
    ),
    **dict.fromkeys(("leather", "suede", "rubber", "latex", "plastic", "wood", "bone", "stone"), LEATHER),
    **dict.fromkeys(("silk", "satin", "holographic"), SATIN),
    **dict.fromkeys(("crystal", "glass"), GEM),
    "neon": GLOW,
    "fur": FUR,
}
WEAVES = {
    "": 0,
    "knit": 1,
    "chain": 2,
    "denim": 3,
    "scales": 4,
    "lace": 5,
    "feather": 6,
    "carbon": 3,
}
PATTERN_NUMBER = {name: number for number, name in enumerate(("", *PATTERNS))}


@dataclass(frozen=True)
class Paint:
    """How one part of the figure is coloured."""

    colour: RGB
    kind: int = CLOTH
    trim: RGB | None = None
    trim_width: float = 0.0
    pattern: str | None = None
    second: RGB | None = None
    pattern_size: float = 1.0
    weave: str = ""
    glow: bool = False
    tip: RGB | None = None
    tip_from: float = 2.0
    tip_to: float = 3.0


def lifted(colour: RGB) -> Array:
    """The colour in light; the very darkest are lifted so that form can still be seen in them."""
    return _lifted(tuple(colour)).copy()


@lru_cache(maxsize=1024)
def _lifted(colour: RGB) -> Array:
    lab = to_lab(unit_rgb(colour))
    lab[0] = 0.20 + (lab[0] - 0.0) * 0.80 if lab[0] < 0.20 else lab[0]
    lab[0] = max(lab[0], 0.24)
    return from_lab(lab)


def shaded(colour: RGB, kind: int) -> Array:
    """The colour in shade: darker and a little towards violet, skin towards rose."""
    return _shaded(tuple(colour), kind).copy()


@lru_cache(maxsize=1024)
def _shaded(colour: RGB, kind: int) -> Array:
    lab = to_lab(lifted(colour))
    light, a, b = lab
    if kind in (SKIN, FACE):
        # Light skin reddens in shade; dark and painted skin would turn maroon, so it only deepens.
        warm = float(np.clip((light - 0.52) / 0.20, 0.0, 1.0)) * float(np.hypot(a, b) < 0.12)
        depth = 0.80 + 0.045 * warm
        tint = np.array(
            [a * (0.90 + 0.20 * warm) + 0.006 + 0.024 * warm, b * (0.84 + 0.01 * warm) + 0.006 * warm]
        )
        return from_lab(np.array([light * depth, *tint]))
    chroma = np.hypot(a, b)
    pull = 0.022 + 0.02 * max(0.0, light - 0.75) * 4
    keep = 1.0 if chroma > 0.05 else 0.8
    depth = {METAL: 0.70, HAIR: 0.76, SATIN: 0.74, GLOW: 0.9}.get(kind, 0.78)
    if light > 0.85:
        depth += 0.04
    # Colours keep their hue when they darken only if their strength goes down with them.
    keep *= 0.60 + 0.40 * depth
    return from_lab(np.array([light * depth, a * keep + pull * 0.30, b * keep - pull * 0.8]))


def row_of(paint: Paint, segment: int) -> Array:
    """One row of the shader's table."""
    row = np.zeros(COLUMNS, np.float32)
    kind = GLOW if paint.glow else paint.kind
    row[KIND] = kind
    row[LIT : LIT + 3] = lifted(paint.colour)
    row[SHADE : SHADE + 3] = shaded(paint.colour, kind)
    trim = paint.trim if paint.trim is not None else paint.colour
    row[TRIM : TRIM + 3] = lifted(trim)
    row[TRIM_WIDTH] = paint.trim_width if paint.trim is not None else 0.0
    row[PATTERN] = PATTERN_NUMBER.get(paint.pattern or "", 0)
    second = paint.second
    if second is None:
        lab = to_lab(unit_rgb(paint.colour))
        lab[0] = lab[0] - 0.22 if lab[0] > 0.5 else lab[0] + 0.24
        row[SECOND : SECOND + 3] = from_lab(lab)
    else:
        row[SECOND : SECOND + 3] = lifted(second)
    row[PATTERN_SIZE] = paint.pattern_size
    row[TIP : TIP + 3] = lifted(paint.tip) if paint.tip is not None else row[LIT : LIT + 3]
    row[TIP_FROM], row[TIP_TO] = (paint.tip_from, paint.tip_to) if paint.tip is not None else (2e3, 3e3)
    row[SEGMENT] = segment
    row[WEAVE] = WEAVES.get(paint.weave, 0)
    return row


def mix(a: RGB, b: RGB, share: float) -> RGB:
    """A colour between two, in Oklab."""
    lab = to_lab(unit_rgb(a)) * (1 - share) + to_lab(unit_rgb(b)) * share
    return as_rgb(from_lab(lab))


def toned(colour: RGB, light: float) -> RGB:
    """A lighter (> 0) or darker (< 0) version."""
    lab = to_lab(unit_rgb(colour))
    lab[0] = min(1.0, max(0.05, lab[0] + light))
    return as_rgb(from_lab(lab))
