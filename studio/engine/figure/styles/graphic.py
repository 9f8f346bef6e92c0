"""Line and tone: ink, comic halftone, flat vector, concept-art grey."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from ..filters import blur, luminance, noise, straight, whole_height
from ..palette import FACE, KIND, LIT, SHADE, SKIN
from ..render.scene import Layers, Manner
from ..shape.curves import smoothstep
from .registry import in_bands, over, places, style

if TYPE_CHECKING:
    from ..drawing import Scene

Array = np.ndarray
# The widest blur of these styles reaches 0.009 of the longer side; what else they do stays in its pixel.
_banded = partial(in_bands, margin_share=0.012)


def is_face(layers: Layers, scene: Scene) -> Array:
    """Where the face is seen."""
    kinds = scene.model.table[:, KIND].astype(int)
    return (layers.part >= 0) & (kinds[np.maximum(layers.part, 0)] == FACE)


def own_colour(layers: Layers, scene: Scene) -> Array:
    """The lit colour of every part, without any light on it."""
    lit = scene.model.table[:, LIT : LIT + 3]
    return np.where((layers.part >= 0)[..., None], lit[np.maximum(layers.part, 0)], 1.0)


def _stripes(height: int, width: int, angle_deg: float, period: float, bend: Array) -> Array:
    y, x = places(height, width)
    a = np.radians(angle_deg)
    phase = (x * np.cos(a) + y * np.sin(a) + bend) / period
    return np.abs((phase % 1.0) - 0.5) * 2


@style("ink", manner=Manner(outline=1.25, inline=1.15))
@_banded
def ink(layers: Layers, behind: Array | None, scene: Scene) -> Array:
    """Black lines and hatching on warm paper."""
    height, width = layers.line.shape
    k = max(whole_height(height), width) / 768.0
    colour = straight(layers.rgba)
    face = is_face(layers, scene)
    inside = layers.rgba[..., 3]
    own = luminance(own_colour(layers, scene))
    own_tone = np.clip((0.60 - own) / 0.52, 0, 1) * 0.95
    shade = (1 - layers.tone) * 0.55
    # Light that plays on dark hair and cloth is left white, as a pen would leave it.
    shine = np.clip((luminance(colour) - own - 0.05) * 3.0, 0, 1) * (own < 0.6)
    # Of skin only the depth is hatched, and never so close that brows and lips drown in it.
    skin_tone = np.clip((0.74 - own) / 0.60, 0, 1) * 0.40 + (1 - layers.tone) * 0.26
    tone = np.where(face, skin_tone, np.clip(own_tone * (1 - 0.8 * shine) + shade, 0, 1)) * inside
    tone = blur(tone.astype(np.float32), 0.8 * k)
    bend = (noise(height, width, 40 * k, scene.spec.seed & 0xFFFF) - 0.5) * 9 * k
    period = max(3.0, 4.4 * k)
    first = _stripes(height, width, 45, period, bend)
    second = _stripes(height, width, -45, period, bend)
    third = _stripes(height, width, 0, period, bend)
    soft = 1.6 / period
    value = smoothstep(-soft, soft, tone * 0.80 - first * 0.9 + 0.02) * (tone > 0.10)
    value = np.maximum(value, smoothstep(-soft, soft, (tone - 0.40) * 1.25 - second * 0.8) * (tone > 0.42))
    value = np.maximum(value, smoothstep(-soft, soft, (tone - 0.66) * 1.9 - third * 0.8) * (tone > 0.68))
    value = np.maximum(value, smoothstep(0.86, 0.94, tone))
    value = np.maximum(value, layers.line)
    # The drawn features of a face are ink themselves, its eyes and teeth are bare paper.
    share = luminance(colour) / np.maximum(own, 0.05)
    drawn = smoothstep(0.70, 0.44, share)
    bare = smoothstep(1.12, 1.30, share + 0.35 * (luminance(colour) > 0.86)) * (own < 0.80)
    lit = np.maximum(drawn, layers.line)
    value = np.where(face, np.maximum(lit, value * (1 - bare) * 0.92), value)
    black = np.array([0.07, 0.065, 0.09], np.float32)
    if behind is None:
        alpha = np.maximum(inside, value)[..., None]
        paper = np.array([0.99, 0.98, 0.955], np.float32)
        return np.concatenate(
            [(paper * (1 - value[..., None]) + black * value[..., None]) * alpha, alpha], -1
        ).astype(np.float32)
    paper = (
        np.array([0.985, 0.972, 0.94], np.float32)
        * (0.985 + 0.03 * (noise(height, width, 3, 7, 2) - 0.5))[..., None]
    )
    ground = luminance(behind)
    wash = np.clip(0.92 - ground, 0, 1) * 0.55 * (1 - inside)
    scene_ink = smoothstep(-soft, soft, wash * 0.9 - first * 0.9) * (wash > 0.08) * 0.55
    value = np.maximum(value, scene_ink)[..., None]
    out = paper * (1 - value) + black * value
    return np.concatenate([out, np.ones((height, width, 1), np.float32)], -1).astype(np.float32)


@style("comic", manner=Manner(outline=1.6, inline=1.35))
@_banded
def comic(layers: Layers, behind: Array | None, scene: Scene) -> Array:
    """Strong colour, heavy line, dots for shade."""
    height, width = layers.line.shape
    k = max(whole_height(height), width) / 768.0
    alpha = layers.rgba[..., 3:]
    colour = straight(layers.rgba)
    own = own_colour(layers, scene)
    face = is_face(layers, scene)[..., None]
    shade = np.clip(1 - layers.tone, 0, 1)
    y, x = places(height, width)
    period = max(3.2, 5.2 * k)
    u, v = (x + y) * 0.7071 / period, (x - y) * 0.7071 / period
    dots = np.sqrt((u - np.floor(u) - 0.5) ** 2 + (v - np.floor(v) - 0.5) ** 2)
    size = 0.50 * np.sqrt(np.clip(blur(shade.astype(np.float32), 2.0 * k), 0, 1) * 0.62)
    soft = 0.9 / period
    dot = smoothstep(soft, -soft, dots - size)[..., None] * (1 - face * 0.65)
    light = np.where(layers.line[..., None] > 0.5, colour, np.where(face, colour, own * 0.55 + colour * 0.45))
    light = np.clip((light - 0.5) * 1.10 + 0.52, 0, 1)
    mean = luminance(light)[..., None]
    light = np.clip(mean + (light - mean) * 1.18, 0, 1)
    inked = light * (1 - dot * 0.55) + np.array([0.10, 0.08, 0.20], np.float32) * dot * 0.55
    line = layers.line[..., None]
    inked = inked * (1 - line) + np.array([0.05, 0.04, 0.07], np.float32) * line
    figure = np.concatenate([inked * alpha, alpha], -1)
    if behind is None:
        return figure.astype(np.float32)
    back = np.clip((behind - 0.5) * 1.15 + 0.5, 0, 1)
    depth = np.clip(1.0 - luminance(back), 0, 1) * 0.75 + 0.10 * (y / whole_height(height))
    burst = smoothstep(soft, -soft, dots - 0.46 * np.sqrt(np.clip(depth, 0, 1)))[..., None]
    back = back * (1 - 0.32 * burst)
    # A white rim lifts the figure off the page, as a cut-out would.
    rim = np.clip(blur(alpha[..., 0], 3.2 * k) * 3.4, 0, 1)[..., None]
    back = back * (1 - rim) + rim
    return over(figure, back)


@style("flat", manner=Manner(outline=0.9, inline=0.9, ink=False))
@_banded
def flat(layers: Layers, behind: Array | None, scene: Scene) -> Array:
    """No outlines, two tones, simple shapes."""
    height, width = layers.line.shape
    k = max(whole_height(height), width) / 768.0
    alpha = layers.rgba[..., 3:]
    face = is_face(layers, scene)[..., None]
    colour = straight(layers.rgba)
    own = own_colour(layers, scene)
    tone = smoothstep(0.42, 0.58, blur(layers.tone, 2.2 * k))[..., None]
    dark = own * np.array([0.80, 0.76, 0.86], np.float32)
    part = np.maximum(layers.part, 0)
    skin = (layers.part >= 0) & (scene.model.table[:, KIND].astype(int) == SKIN)[part]
    dark = np.where(skin[..., None], scene.model.table[part, SHADE : SHADE + 3], dark)
    simple = own * tone + dark * (1 - tone)
    mean = luminance(simple)[..., None]
    simple = np.clip(mean + (simple - mean) * 1.08, 0, 1)
    patterned = scene.model.table[:, 11] > 0
    trimmed = scene.model.table[:, 10] > 0
    detailed = (layers.part >= 0) & (patterned | trimmed)[np.maximum(layers.part, 0)]
    simple = np.where(detailed[..., None], colour, simple)
    gap = np.clip(layers.line[..., None] * 1.2, 0, 1) * 0.30 * (1 - face)
    out = np.where(face > 0, colour, simple) * (1 - gap)
    figure = np.concatenate([out * alpha, alpha], -1)
    if behind is None:
        return figure.astype(np.float32)
    back = np.round(behind * 9) / 9
    return over(figure, (back * 0.5 + behind * 0.5).astype(np.float32))


@style("concept_grey", manner=Manner(outline=1.0, inline=1.0))
@_banded
def concept_grey(layers: Layers, behind: Array | None, scene: Scene) -> Array:
    """Grey values, loose construction lines, one accent light."""
    height, width = layers.line.shape
    k = max(whole_height(height), width) / 768.0
    seed = scene.spec.seed & 0xFFFF
    alpha = layers.rgba[..., 3:]
    value = luminance(straight(layers.rgba))
    soft = blur(layers.tone, 3 * k)
    form = np.clip(0.74 + 0.26 * layers.normal[..., 1] * 0.6 + 0.18 * layers.normal[..., 2] - 0.10, 0, 1.1)
    face = is_face(layers, scene)
    value = 0.13 + 0.87 * np.clip(value, 0, 1) ** 0.78
    value *= np.where(face, 0.76 + 0.13 * soft, (0.70 + 0.30 * soft) * form)
    # One light from behind, as a painter sets a figure off from its ground.
    edge = np.clip(1 - layers.normal[..., 2], 0, 1) ** 3 * np.clip(layers.normal[..., 0] + 0.2, 0, 1)
    value = value + edge * 0.30 * ~face
    value = np.clip(value + (noise(height, width, 18 * k, seed) - 0.5) * 0.05, 0, 1)
    tint = np.array([0.985, 1.0, 1.02], np.float32)
    grey = np.clip(value[..., None] * tint, 0, 1)
    line = layers.line[..., None]
    grey = grey * (1 - line * 0.75) + np.array([0.12, 0.12, 0.14], np.float32) * line * 0.75
    figure = np.concatenate([grey * alpha, alpha], -1)
    if behind is None:
        return figure.astype(np.float32)
    y, x, whole = *places(height, width), whole_height(height)
    ground = 0.80 + 0.10 * (1 - y / whole) + (noise(height, width, 150 * k, seed + 1) - 0.5) * 0.10
    ground = ground * 0.75 + luminance(behind) * 0.20
    marks = np.zeros((height, width), np.float32)
    for row in (0.12, 0.5, 0.88):
        marks = np.maximum(marks, (np.abs(y - row * whole) < 0.6 * max(1, k)) * 0.16)
    marks = np.maximum(marks, (np.abs(x - width / 2) < 0.6 * max(1, k)) * 0.16)
    spot = np.exp(-(((x - width / 2) / (0.42 * width)) ** 2 + ((y - whole * 0.45) / (0.50 * whole)) ** 2))
    ground = np.clip(ground * (0.82 + 0.22 * spot) - marks, 0, 1)
    return over(figure, np.repeat(ground[..., None], 3, -1).astype(np.float32))
