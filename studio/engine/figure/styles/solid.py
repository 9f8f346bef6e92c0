"""Shaded 3D: soft light, reflections on metal, warm skin. A render, not a photograph."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..filters import blur, noise, straight
from ..palette import FACE, GEM, GLOW, HAIR, KIND, LEATHER, METAL, SATIN, SKIN
from ..render.raster import FAR
from ..render.scene import Layers, Manner, light_frame
from ..shape.curves import smoothstep, unit
from .registry import in_bands, over, style

if TYPE_CHECKING:
    from ..drawing import Scene

Array = np.ndarray


def _kinds(layers: Layers, scene: Scene) -> Array:
    kinds = scene.model.table[:, KIND].astype(int)
    return np.where(layers.part >= 0, kinds[np.maximum(layers.part, 0)], -1)


def _albedo(layers: Layers, scene: Scene) -> Array:
    """The own colour of every pixel, patterns and face included: the cel colour with its shade taken out."""
    table = scene.model.table
    index = np.maximum(layers.part, 0)
    lit, dark = table[index, 1:4], table[index, 4:7]
    drawn = dark + (lit - dark) * layers.tone[..., None]
    colour = straight(layers.rgba)
    kind = _kinds(layers, scene)
    # On a face lashes are far darker and the white of eyes far lighter than the skin around them.
    face = (kind == FACE)[..., None]
    share = colour / np.maximum(drawn, 0.04)
    share = np.where(face, np.clip(share, 0.0, 9.0), np.clip(share, 0.3, 1.9))
    plain = np.isin(kind, (METAL, HAIR, SATIN, GEM, LEATHER, SKIN))[..., None]
    return np.clip(np.where(plain, lit, lit * share), 0, 1)


def _crevices(layers: Layers, scale: float) -> Array:
    """How much nearer things stand around a place: soft contact shade."""
    seen = layers.depth < FAR
    depth = np.where(seen, layers.depth, 0.0).astype(np.float32)
    total = np.zeros_like(depth)
    for radius, reach in ((0.014, 0.05), (0.040, 0.12)):
        px = max(1.0, radius * scale)
        mean = blur(depth, px) / np.maximum(blur(seen.astype(np.float32), px), 1e-3)
        total += smoothstep(0.0, reach * 0.5, depth - mean) * 0.5
    return np.clip(total, 0, 1) * seen


@style("shaded_3d", manner=Manner(outline=0.5, inline=0.5, ink=False))
@in_bands
def shaded_3d(layers: Layers, behind: Array | None, scene: Scene) -> Array:
    """Key, fill and rim light over smooth forms."""
    height, width = layers.line.shape
    kind = _kinds(layers, scene)
    alpha = layers.rgba[..., 3:]
    light = light_frame()[2].astype(np.float32)
    n = unit(np.where((layers.depth < FAR)[..., None], layers.normal, np.array([0, 0, 1.0], np.float32)))
    albedo = _albedo(layers, scene) ** 2.2
    facing = (n * light).sum(-1)
    # The cel pass knows the cast shadows: dark though facing the light.
    cast = 1 - np.clip(smoothstep(0.0, 0.25, facing) - blur(layers.tone, 1.2), 0, 1)
    skin = np.isin(kind, (SKIN, FACE))
    wrap = np.where(skin, np.float32(0.42), np.float32(0.16))
    diffuse = np.clip((facing + wrap) / (1 + wrap), 0, 1) ** np.where(
        skin, np.float32(1.2), np.float32(1.0)
    ) * (0.25 + 0.75 * cast)
    shade = _crevices(layers, scene.shot.scale)
    open_sky = 1 - 0.60 * shade
    sky = np.array([0.60, 0.66, 0.78], np.float32) * (0.55 + 0.45 * n[..., 1:2]) + np.array(
        [0.34, 0.28, 0.24], np.float32
    ) * (0.5 - 0.5 * n[..., 1:2])
    key = np.array([1.0, 0.95, 0.87], np.float32) * 2.15
    colour = albedo * (diffuse[..., None] * key * 0.62 + sky * open_sky[..., None] * 0.72)
    edge = np.clip(diffuse * (1 - diffuse) * 3.2, 0, 1)
    colour += skin[..., None] * edge[..., None] * albedo * np.array([0.34, 0.08, 0.05], np.float32)
    half = unit(light + np.array([0, 0, 1.0], np.float32))
    gloss = np.clip((n * half).sum(-1), 0, 1)
    mirror = 2 * n[..., 2:3] * n - np.array([0, 0, 1.0], np.float32)
    horizon = np.exp(-(((mirror[..., 1] + 0.05) / 0.10) ** 2))
    world = smoothstep(-0.15, 0.9, mirror[..., 1]) * 0.95 + 0.10 + 0.35 * horizon
    world += smoothstep(0.90, 0.985, (mirror * light).sum(-1)) * 3.0 * cast
    rim = (1 - np.clip(n[..., 2], 0, 1)) ** 4
    steel = (
        albedo * (world[..., None] * open_sky[..., None] + diffuse[..., None] * 0.45)
        + (rim * world * 0.35)[..., None]
    )
    colour = np.where((kind == METAL)[..., None], steel, colour)
    shine = np.select(
        [kind == HAIR, kind == LEATHER, kind == SATIN, kind == GEM, skin, kind == METAL],
        [
            gloss**26 * 0.22,
            gloss**30 * 0.24,
            gloss**14 * 0.30,
            gloss**60 * 1.6,
            gloss**34 * 0.10,
            np.zeros_like(gloss),
        ],
        gloss**12 * 0.035,
    )
    colour += (shine * (0.3 + 0.7 * cast))[..., None]
    colour += (
        rim * 0.22 * open_sky * (0.35 + 0.65 * np.clip(n[..., 0] * 0.7 + n[..., 1] * 0.5 + 0.3, 0, 1))
    )[..., None]
    strands = noise(height, width, 2.0, 11, 1)[..., None]
    colour = np.where((kind == HAIR)[..., None], colour * (0.90 + 0.20 * strands), colour)
    colour = np.where((kind == GLOW)[..., None], albedo * 1.9 + 0.25, colour)
    # Where a face is drawn, its features stay as they are; only the light on them changes.
    mapped = 1 - np.exp(-colour * 1.28)
    out = np.clip(mapped * 1.06, 0, 1) ** (1 / 2.2)
    line = np.clip(layers.line, 0, 1)[..., None] * 0.22
    out = out * (1 - line)
    figure = np.concatenate([out * alpha, alpha], -1).astype(np.float32)
    glow = _bloom(figure, kind)
    figure[..., :3] = np.minimum(figure[..., :3] + glow * alpha, alpha)
    if behind is None:
        return figure
    return np.clip(
        over(figure, _room(behind, width)) + np.concatenate([glow * (1 - alpha), np.zeros_like(alpha)], -1),
        0,
        1,
    )


def _bloom(figure: Array, kind: Array) -> Array:
    lit = np.where((kind == GLOW)[..., None], figure[..., :3], 0).astype(np.float32)
    if not lit.any():
        return lit
    return blur(lit, max(2.0, figure.shape[1] / 60)) * 0.9


def _room(behind: Array, width: int) -> Array:
    """The backdrop out of focus, darker towards its sides."""
    soft = np.maximum(blur(behind, max(1.0, width / 140)), 0) ** 1.15  # rounding may leave less than nothing
    away = ((np.arange(width, dtype=np.float32) / width - 0.5) / 0.62) ** 2
    return (soft * (1 - 0.42 * np.clip(away, 0, 1))[None, :, None]).astype(np.float32)
