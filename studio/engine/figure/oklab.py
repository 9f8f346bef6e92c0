"""Oklab: the space in which equal steps look equal, and the questions that only it can answer."""

from __future__ import annotations

import numpy as np

from .spec import RGB

Array = np.ndarray


def to_lab(rgb: Array) -> Array:
    """sRGB 0..1 to Oklab."""
    c = np.asarray(rgb, float)
    linear = np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)
    r, g, b = linear[..., 0], linear[..., 1], linear[..., 2]
    long = np.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b)
    medium = np.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b)
    short = np.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b)
    return np.stack(
        [
            0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short,
            1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short,
            0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short,
        ],
        -1,
    )


def from_lab(lab: Array) -> Array:
    """Oklab to sRGB 0..1, clipped."""
    light, a, b = lab[..., 0], lab[..., 1], lab[..., 2]
    long = (light + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (light - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (light - 0.0894841775 * a - 1.2914855480 * b) ** 3
    linear = np.stack(
        [
            4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
            -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
            -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
        ],
        -1,
    )
    linear = np.clip(linear, 0, 1)
    return np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)


def unit_rgb(colour: RGB) -> Array:
    """0..255 to 0..1."""
    return np.asarray(colour, float) / 255.0


def as_rgb(colour: Array) -> RGB:
    """0..1 to 0..255."""
    r, g, b = (int(value) for value in np.clip(np.round(np.asarray(colour) * 255), 0, 255))
    return r, g, b


# How far apart in lightness, or else in hue, two things that lie on each other must be to be told apart.
APART_LIGHT, APART_HUE, APART_BRIGHT = 0.15, 0.16, 0.07
_BRIGHT = 0.66


def told_apart(one: RGB, other: RGB, light_gap: float = APART_LIGHT) -> bool:
    """Whether hair of one colour can be read on skin of the other; between light colours lines help."""
    a, b = to_lab(unit_rgb(one)), to_lab(unit_rgb(other))
    light, hue = abs(float(a[0] - b[0])), float(np.hypot(*(a[1:] - b[1:])))
    if min(a[0], b[0]) > _BRIGHT:
        return light + hue > APART_BRIGHT
    return light >= light_gap or hue >= APART_HUE


def set_off(colour: RGB, ground: RGB, light_gap: float = 0.15, lowest: float = 0.24) -> RGB:
    """The colour moved in lightness, no further than needed, until it can be told from its ground."""
    if told_apart(colour, ground, light_gap):
        return colour
    lab, light = to_lab(unit_rgb(colour)), float(to_lab(unit_rgb(ground))[0])
    # What is darker stays dark, as far down as a drawing can show, and the other way about.
    lab[0] = max(lowest, light - light_gap) if lab[0] <= light else light + light_gap
    return as_rgb(from_lab(lab))
