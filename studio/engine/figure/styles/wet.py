"""Watercolour and oil: pigment on paper, strokes on canvas."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from ..filters import (
    blur,
    brushed,
    halved,
    luminance,
    noise,
    slope,
    straight,
    twice,
    warped,
    whole_height,
)
from ..render.scene import Layers, Manner
from ..shape.curves import smoothstep
from .registry import at_half_size, in_bands, over, style

if TYPE_CHECKING:
    from ..drawing import Scene

Array = np.ndarray


@style("watercolor", manner=Manner(outline=0.75, inline=0.8))
@at_half_size
@partial(in_bands, margin_share=0.09)
def watercolor(layers: Layers, behind: Array | None, scene: Scene) -> Array:
    """Washes with darker rims on grained paper; the backdrop becomes a loose wash behind the figure."""
    height, width = layers.line.shape
    k = max(whole_height(height), width) / 768.0
    seed = scene.spec.seed & 0xFFFF
    wobble = 3.2 * k
    dx = (noise(height, width, 46 * k, seed) - 0.5) * 2 * wobble
    dy = (noise(height, width, 46 * k, seed + 1) - 0.5) * 2 * wobble
    rgba = warped(brushed(layers.rgba, max(1, round(1.6 * k))), dx, dy)
    # The face keeps its fine drawing: water runs around it, not through it.
    face = blur(_face_mask(layers, scene), 3 * k)[..., None]
    rgba = rgba * (1 - face) + layers.rgba * face
    alpha = rgba[..., 3]
    colour = straight(rgba)
    rim = np.clip(slope(blur(luminance(colour), 1.4 * k)) * 9.0 * k, 0, 1)
    rim = np.maximum(rim, np.clip(slope(blur(alpha, 1.2 * k)) * 5 * k, 0, 1) * 0.7)
    pigment = noise(height, width, 64 * k, seed + 2)
    grain = noise(height, width, 3.0 * max(k, 0.7), seed + 3, 2)
    calm = 1 - 0.75 * face[..., 0]
    density = 1 + ((pigment - 0.5) * 1.15 + (grain - 0.5) * 0.30) * calm + 0.55 * rim * calm - 0.06
    colour = np.clip(colour, 0.02, 1) ** np.clip(density, 0.4, 2.1)[..., None]
    colour = colour * 0.90 + 0.10
    paper = (0.975 + 0.03 * (noise(height, width, 2.6, seed + 4, 2) - 0.5) * 2)[..., None] * np.array(
        [1, 0.988, 0.962], np.float32
    )
    if behind is None:
        out = np.concatenate([colour * paper * alpha[..., None], alpha[..., None]], -1)
        return out.astype(np.float32)
    halo = np.clip(blur(alpha, 30 * k) * 1.7, 0, 1)
    loose = smoothstep(0.36, 0.58, noise(height, width, 120 * k, seed + 5) * 0.65 + halo * 0.42)
    edge = np.clip(slope(blur(loose.astype(np.float32), 1.5 * k)) * 14 * k, 0, 1)
    wash = np.clip(blur(behind, 3 * k), 0.03, 1) ** (0.85 + 0.55 * (pigment - 0.5) + 0.5 * edge)[..., None]
    share = (0.80 * loose * (0.45 + 0.55 * halo))[..., None]
    ground = paper * (1 - share + share * wash)
    out = ground * (1 - alpha[..., None]) + colour * paper * alpha[..., None]
    return np.concatenate([out, np.ones((height, width, 1), np.float32)], -1).astype(np.float32)


def _face_mask(layers: Layers, scene: Scene) -> Array:
    kinds = scene.model.table[:, 0].astype(int)
    return ((layers.part >= 0) & (kinds[np.maximum(layers.part, 0)] == 7)).astype(np.float32)


@style("oil", manner=Manner(outline=0.55, inline=0.5))
def oil(layers: Layers, behind: Array | None, scene: Scene) -> Array:
    """Strokes that follow the form, warm lights, cool shades, a toned canvas below."""
    height, width = layers.line.shape
    k, seed = _fineness(scene), scene.spec.seed & 0xFFFF
    # Dabs and ground run through the whole picture; the rest can be painted band by band.
    face = blur(_face_mask(layers, scene), 2 * k)[..., None]
    # In place, as whole pictures are large: nobody needs the layers afterwards.
    colour = layers.rgba[..., :3]
    colour *= _strokes(height, width, k, seed)[..., None] * (1 - face) + face
    np.minimum(colour, layers.rgba[..., 3:], out=colour)
    if behind is not None:
        behind[:] = _ground(behind, k, seed)
    return _oil_paint(layers, behind, scene)


def _fineness(scene: Scene) -> float:
    return max(scene.shot.height, scene.shot.width) / 768.0


@in_bands
def _oil_paint(layers: Layers, ground: Array | None, scene: Scene) -> Array:
    height, width = layers.line.shape
    k, seed = _fineness(scene), scene.spec.seed & 0xFFFF
    soft = blur(layers.tone, 2.5 * k)[..., None]
    rgba = layers.rgba.copy()
    warm = np.array([1.05, 1.01, 0.93], np.float32) * soft + np.array([0.88, 0.90, 1.0], np.float32) * (
        1 - soft
    )
    up = np.clip(layers.normal[..., 1], -1, 1)[..., None]
    rgba[..., :3] = np.clip(rgba[..., :3] * (warm * (0.95 + 0.10 * up)), 0, 1)
    whole = over(rgba, ground)
    broad = brushed(whole, max(2, round(3.2 * k)))
    fine = brushed(whole, max(1, round(1.3 * k)))
    face = blur(_face_mask(layers, scene), 2 * k)[..., None]
    detail = np.clip(face + blur(layers.line, 2 * k)[..., None] * 0.6, 0, 1)
    out = broad * (1 - detail) + fine * detail
    out = out * (1 - 0.62 * face) + whole * 0.62 * face
    bristle = (
        noise(height, width, 5 * k, seed, 2) * 0.6
        + noise(height, width, 2.0 * max(k, 0.7), seed + 1, 1) * 0.4
    )
    height_map = blur(luminance(out[..., :3]), 1.0) * 0.8 + bristle * 0.22
    relief = np.zeros_like(height_map)
    relief[1:, 1:] = height_map[1:, 1:] - height_map[:-1, :-1]
    strength = (1 - 0.7 * face[..., 0]) * 0.85
    out[..., :3] = np.clip(out[..., :3] * (1 + relief * strength)[..., None], 0, 1) * out[..., 3:] ** 0
    out[..., :3] = np.minimum(out[..., :3], out[..., 3:])
    return out.astype(np.float32)


def _strokes(height: int, width: int, k: float, seed: int, depth: float = 0.20) -> Array:
    """Long dabs of lighter and darker paint, laid slantwise; soft enough to be drawn at half size."""
    step = 2 if height * width > 1_000_000 else 1
    y, x = np.mgrid[0:height:step, 0:width:step].astype(np.float32)
    # One axis is read slowly, which draws the spots of the noise out into dabs.
    u = ((x * 0.82 + y * 0.57) * 0.30).astype(np.int32)
    v = (y * 0.82 + (width - x) * 0.57).astype(np.int32)
    spots = noise(int(v.max()) + 1, int(u.max()) + 1, 7 * k, seed + 5, 1)
    dabs = (1 + (spots[v, u] - 0.5) * depth).astype(np.float32)
    return dabs if step == 1 else twice(dabs)[:height, :width]


def _ground(behind: Array, k: float, seed: int) -> Array:
    """A toned canvas of broad dabs, darker towards its corners, behind the sitter."""
    height, width = behind.shape[:2]
    radius = max(2, round(4 * k))
    if radius > 4:  # as brushed would do, but without a fourth channel in full size
        soft = twice(brushed(_opaque(halved(behind)), radius // 2)[..., :3])[:height, :width]
    else:
        soft = brushed(_opaque(behind), radius)[..., :3]
    y, x = np.arange(height, dtype=np.float32)[:, None], np.arange(width, dtype=np.float32)[None]
    away = ((x / width - 0.5) / 0.75) ** 2 + ((y / height - 0.45) / 0.80) ** 2
    dabs = _strokes(height, width, k * 3.2, seed + 9, 0.34) * (1 - 0.55 * np.clip(away, 0, 1))
    umber = np.array([0.92, 0.86, 0.76], np.float32)
    for c in range(3):  # in place: whole pictures are large
        soft[..., c] *= dabs * umber[c]
    return np.clip(soft, 0, 1, out=soft)


def _opaque(rgb: Array) -> Array:
    return np.concatenate([rgb, np.ones((*rgb.shape[:2], 1), np.float32)], -1).astype(np.float32)
