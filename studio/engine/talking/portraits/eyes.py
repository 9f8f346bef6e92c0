"""How eyes lie in a picture: almonds whose upper rims are dark below lighter skin, without the brows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from studio.engine.figure.filters import blur
from studio.engine.talking.portraits.measure import Frame, luminance, sampled

Array = np.ndarray
_TILTS = np.array([-0.16, -0.08, 0.0, 0.08, 0.16])
_HALVES = np.array([0.19, 0.215, 0.24, 0.265, 0.29, 0.32, 0.36])
_ABOVES = np.array([0.05, 0.06, 0.07, 0.08, 0.09, 0.10, 0.115, 0.13, 0.15, 0.175, 0.20, 0.23, 0.27, 0.31])
_BELOWS = np.array([0.035, 0.05, 0.065, 0.08, 0.10, 0.125, 0.155, 0.19, 0.23, 0.27, 0.31])
_ASIDE = np.linspace(-0.08, 0.08, 7)
_LOWER = np.array([-0.02, 0.0, 0.02, 0.04, 0.06, 0.08, 0.10])
_USUAL_ABOVE, _USUAL_HALF = 0.095, 0.26  # of people
_DRAWN, _NEARLY = 7, 0.7  # from which of the heights on only drawn eyes are so tall
_LEFT, _TOP, _PER_UNIT = 0.46, 0.46, 100  # of a levelled patch


@dataclass(frozen=True)
class Eye:
    """An eye on the face: its middle, how far it reaches to each side, how much its corners lean."""

    middle: tuple[float, float]
    half: float
    above: float
    below: float
    tilt: float = 0.0


def roundness(above: float) -> float:
    """The exponent of an eye's rim: large drawn eyes are rounder than an almond."""
    return 0.75 - 0.35 * min(1.0, max(0.0, (above - 0.10) / 0.14))


def eyes_at(rgb: Array, frame: Frame, places: Sequence[Array]) -> list[Eye]:
    """The eyes near two places, by the rims of their lids; both are of one size."""
    light = blur(luminance(rgb.astype(np.float32)), max(0.6, frame.unit * 0.012))
    patches = [[_levelled(light, frame, frame.of(place), tilt) for tilt in _TILTS] for place in places]
    # tilts × sides × heights × halves × aboves
    scores = [np.stack([_upper(patch) - 0.5 * tilt * tilt for patch, tilt in zip(each, _TILTS, strict=True)])
              for each in patches]  # fmt: skip
    # Of one size, and leaning like mirrored ones.
    lean = 2.0 * (_TILTS[:, None] + _TILTS) ** 2
    left, right = (score.max((1, 2)) for score in scores)
    both = left[:, None] + right[None] - lean[..., None, None]
    usual = both[..., :_DRAWN]
    if usual.max() >= _NEARLY * both.max():  # under a brow that is pressed onto an eye
        both = usual
    first, second, wide, tall = np.unravel_index(int(np.argmax(both)), both.shape)
    half, above = float(_HALVES[wide]), float(_ABOVES[tall])
    found, lowers = [], []
    for each, score, k in zip(patches, scores, (first, second), strict=True):
        best = score[k, ..., wide, tall]
        i, j = np.unravel_index(int(np.argmax(best)), best.shape)
        found.append((float(_ASIDE[i]), float(_LOWER[j]), float(_TILTS[k])))
        lowers.append(_under(each[k], float(_ASIDE[i]), float(_LOWER[j]), half, above))
    below = float(_BELOWS[int(np.argmax(sum(lowers)))])
    eyes = []
    for (aside, lower, tilt), place in zip(found, places, strict=True):
        u, v = frame.of(place) + _turned(aside, lower, tilt)
        eyes.append(Eye((float(u), float(v)), half, above, below, tilt))
    return eyes


def _turned(u: float | Array, v: float | Array, tilt: float) -> Array:
    length = float(np.hypot(1.0, tilt))
    return np.stack([u - v * tilt, u * tilt + v], -1) / length


def _levelled(light: Array, frame: Frame, near: Array, tilt: float) -> Array:
    """The surroundings of a place with the corners of the eye at one height, freed of their contrast."""
    u, v = np.arange(-_LEFT, _LEFT, 1 / _PER_UNIT), np.arange(-_TOP, 0.44, 1 / _PER_UNIT)
    at = near + _turned(*np.meshgrid(u, v), tilt)
    patch = sampled(light, frame.at(at[..., 0], at[..., 1]))
    return patch / (float(patch[20:70, 16:77].std()) + 1.0)


def _look(patch: Array, u: Array, v: Array) -> Array:
    columns = np.clip(np.round((u + _LEFT) * _PER_UNIT).astype(int), 0, patch.shape[1] - 1)
    rows = np.clip(np.round((v + _TOP) * _PER_UNIT).astype(int), 0, patch.shape[0] - 1)
    return patch[rows, columns]


def _upper(patch: Array) -> Array:
    """How well each almond's upper rim lies on lashes: sides × heights × halves × aboves."""
    s = np.linspace(-0.86, 0.86, 19)
    powers = np.array([roundness(above) for above in _ABOVES])
    aside, lower, half, above = np.meshgrid(_ASIDE, _LOWER, _HALVES, _ABOVES, indexing="ij")
    u = aside[..., None] + half[..., None] * s
    v = lower[..., None] - above[..., None] * (1 - s * s) ** powers[:, None]
    # Skin of the lid is lighter than the lashes below it, all along the rim.
    step = np.clip(_look(patch, u, v - 0.035) - _look(patch, u, v + 0.008), -1.0, 1.3)
    weight = 1.0 - 0.4 * s * s
    rim = (step * weight).sum(-1) / weight.sum() + 0.35 * np.percentile(step, 25, axis=-1)
    unusual = (
        0.22 * (np.log(above / _USUAL_ABOVE) / 0.5) ** 2
        + 0.12 * ((half - _USUAL_HALF) / 0.08) ** 2
        + 0.10 * (aside / 0.08) ** 2
        + 0.12 * ((lower - 0.015) / 0.05) ** 2
    )
    # Where another rim lies well below this one, that is the eye's and this one the brow's.
    tops = _LOWER[:, None] - _ABOVES
    best = (rim - unusual).max((0, 2))  # of each top
    inner = np.zeros_like(tops)
    for at in np.ndindex(tops.shape):
        inner[at] = max(0.0, best[(tops > tops[at] + 0.06) & (_ABOVES[at[1]] > _ABOVES)].max(initial=0.0))
    return rim - 0.9 * inner[:, None, :] - unusual


def _under(patch: Array, aside: float, lower: float, half: float, above: float) -> Array:
    """How well each depth fits the lower rim."""
    s = np.linspace(-0.62, 0.62, 13)
    v = lower + _BELOWS[:, None] * (1 - s * s) ** (1.25 * roundness(above))
    u = aside + half * s
    step = np.clip(_look(patch, u, v + 0.030) - _look(patch, u, v - 0.012), -0.5, 1.2).mean(-1)
    usual = above * (0.85 + 0.55 * min(1.0, max(0.0, (above - 0.10) / 0.05)))
    most = above * (1.05 + 40.0 * max(0.0, above - 0.10))  # only large drawn eyes hang down
    return step - 0.12 * (np.log(_BELOWS / usual) / 0.45) ** 2 - 9.0 * np.greater(_BELOWS, most)
