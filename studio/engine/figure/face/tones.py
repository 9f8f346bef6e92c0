"""The colours of a face: each feature set off from the skin that it lies on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..oklab import from_lab, to_lab
from ..palette import SKIN, lifted, shaded
from ..spec import Spec

Array = np.ndarray


@dataclass(frozen=True, eq=False)
class Tones:
    """sRGB 0..1 of everything that is drawn on one face."""

    skin: Array
    shade: Array  # skin without light: nose, folds, the fold below the lip
    ink: Array  # lashes and lid lines
    line: Array  # mouth, wrinkles, frowns: a dark of the skin itself
    brow: Array
    lip: Array
    rose: Array  # blush


def tones_of(spec: Spec) -> Tones:
    """The colours for the face of a character."""
    skin = lifted(spec.skin.colour)
    lab = to_lab(skin)
    hair = to_lab(lifted(spec.hair.colour))
    light = float(lab[0])
    deep = light < 0.58
    ink = np.array([min(0.21, light * 0.40), hair[1] * 0.30 + 0.012, hair[2] * 0.22 - 0.002])
    blood = (0.025 if deep else 0.055) if spec.skin.surface in ("skin", "fur") else 0.0
    line = np.array([light * 0.42, lab[1] * 0.9 + blood, lab[2] * 0.6 + 0.2 * blood])
    if spec.face.lips is not None:
        lip = lifted(spec.face.lips)
    elif deep:
        # Lips of dark skin are seen by their colour and a little light, not by getting darker still.
        lip = from_lab(lab + np.array([0.045, 0.045, 0.0]))
    else:
        lip = from_lab(lab + np.array([-0.10, 0.065, 0.008]))
    rose = lab + (np.array([0.03, 0.085, 0.010]) if deep else np.array([-0.05, 0.085, 0.012]))
    return Tones(
        skin,
        shaded(spec.skin.colour, SKIN),
        from_lab(ink),
        from_lab(line),
        from_lab(line if _browless(spec) else _brow(hair, light)),
        lip,
        from_lab(rose),
    )


def _browless(spec: Spec) -> bool:
    """Who has no hair at all has a ridge of scale or stone for a brow."""
    return spec.hair.style == "bald" and spec.skin.surface not in ("skin", "fur")


def _brow(hair: Array, skin_light: float, gap: float = 0.17) -> Array:
    """The hair a little darker; moved until it differs from the skin, darker where there is room."""
    light = min(float(hair[0]) * 0.70, 0.58)
    if abs(light - skin_light) < gap:
        light = skin_light - gap if skin_light - gap > 0.16 else skin_light + gap
    return np.array([light, hair[1] * 0.85, hair[2] * 0.85])
