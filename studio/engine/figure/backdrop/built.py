"""Scenes that people built: cities, castles, villages, temples and what is left of them."""

from __future__ import annotations

import numpy as np

from ..shape.curves import smoothstep
from .stage import Stage, between, deeper, scene

Array = np.ndarray


@scene("city")
def _city(stage: Stage) -> None:
    stage.run(stage.bottom, stage.top, 0.1, 1.0)
    half = stage.width / stage.height / 2
    dark_night = float(stage.top.mean()) < 0.45
    for layer in range(3):
        colour = between(stage.bottom, np.array([0.12, 0.13, 0.22]), 0.30 + 0.27 * layer)
        x = -half
        while x < half:
            w = stage.rng.uniform(0.06, 0.13)
            top = stage.horizon + stage.rng.uniform(0.12, 0.62 - 0.13 * layer)
            stage.box(x, x + w * 0.96, 0, top, colour)
            lamp = np.array([[1.0, 0.86, 0.55], [0.35, 0.95, 1.0], [1.0, 0.35, 0.8]])[
                stage.rng.integers(3) if dark_night else 0
            ]
            for wx in np.arange(x + 0.012, x + w - 0.014, 0.020):
                for wy in np.arange(stage.horizon + 0.02, top - 0.02, 0.030):
                    if stage.rng.random() < (0.42 if dark_night else 0.22):
                        stage_window(stage, wx, wy, lamp, 0.9 if dark_night else 0.35)
            x += w
    stage.floor(deeper(stage.bottom, 0.35), deeper(stage.bottom, 0.15))
    if dark_night:
        for colour in (np.array([1.0, 0.2, 0.7]), np.array([0.2, 0.9, 1.0])):
            cx = stage.rng.uniform(-half, half)
            stage.mix(
                np.exp(-(((stage.x - cx) / 0.10) ** 2)) * smoothstep(stage.horizon, 0, stage.y), colour, 0.28
            )


def stage_window(stage: Stage, x: float, y: float, colour: Array, share: float) -> None:
    """One lit window, painted only where it is."""
    r0, r1 = int((1 - y - 0.014) * stage.height), int((1 - y) * stage.height)
    c0 = int(x * stage.height + stage.width / 2)
    c1 = int((x + 0.010) * stage.height + stage.width / 2)
    part = stage.picture[max(0, r0) : max(r1, r0 + 1), max(0, c0) : max(c1, c0 + 1)]
    part[:] = part * (1 - share) + colour * share


@scene("castle")
def _castle(stage: Stage) -> None:
    stage.run(between(stage.bottom, np.ones(3), 0.35), stage.top, 0.2, 1.0)
    stage.clouds(between(stage.top, np.ones(3), 0.75))
    stage.ridge(stage.horizon + 0.10, 0.18, 0.5, between(stage.bottom, np.array([0.42, 0.52, 0.58]), 0.5))
    wall, roof = np.array([0.70, 0.68, 0.70]), np.array([0.42, 0.40, 0.56])
    wall, roof = between(stage.bottom, wall, 0.75), between(stage.bottom, roof, 0.8)
    half = stage.width / stage.height / 2
    for cx, w, h in (
        (-0.62 * half, 0.055, 0.42),
        (-0.30 * half, 0.08, 0.30),
        (0.42 * half, 0.09, 0.36),
        (0.75 * half, 0.05, 0.50),
    ):
        base = stage.horizon - 0.02
        stage.box(cx - w, cx + w, base, base + h, wall)
        stage.box(cx - w, cx - w * 0.35, base, base + h, deeper(wall, 0.07))
        peak = base + h
        slope = (peak + 0.17 - stage.y) * (w * 1.35 / 0.17)
        stage.mix(smoothstep(-0.002, 0.002, slope - np.abs(stage.x - cx)) * (stage.y > peak - 0.005), roof)
        for k in range(3):
            stage.box(
                cx - 0.010,
                cx + 0.012,
                base + h * (0.3 + 0.2 * k),
                base + h * (0.3 + 0.2 * k) + 0.035,
                deeper(wall, 0.3),
            )
    stage.box(-half, half, stage.horizon - 0.03, stage.horizon + 0.085, deeper(wall, 0.04))
    saw = ((stage.x * 16) % 1.0 < 0.55) & (stage.y < stage.horizon + 0.115) & (stage.y > stage.horizon + 0.08)
    stage.mix(saw.astype(np.float32), deeper(wall, 0.04))
    stage.floor(
        between(stage.bottom, np.array([0.44, 0.54, 0.34]), 0.8),
        between(stage.bottom, np.array([0.60, 0.68, 0.48]), 0.6),
    )


@scene("village")
def _village(stage: Stage) -> None:
    stage.run(between(stage.bottom, np.ones(3), 0.45), stage.top, 0.2, 1.0)
    stage.clouds(between(stage.top, np.ones(3), 0.85))
    stage.ridge(stage.horizon + 0.08, 0.16, 0.5, between(stage.top, np.array([0.40, 0.56, 0.40]), 0.6))
    plaster, beam = np.array([0.93, 0.87, 0.76]), np.array([0.40, 0.28, 0.20])
    roofs = (np.array([0.66, 0.32, 0.24]), np.array([0.52, 0.38, 0.28]), np.array([0.60, 0.44, 0.30]))
    houses = ((-0.30, 0.10, 0.13, 1), (0.36, 0.10, 0.15, 2), (-0.74, 0.15, 0.22, 0), (0.80, 0.16, 0.20, 0))
    for cx, w, h, roof in houses:
        x, base = cx * stage.half * 1.1, stage.horizon - 0.02
        stage.box(x - w, x + w, base, base + h, plaster)
        stage.box(x + w * 0.45, x + w, base, base + h, deeper(plaster, 0.08))
        stage.box(x + w * 0.30, x + w * 0.48, base + h, base + h + w * 1.2, deeper(roofs[roof], 0.10))
        stage.gable(x, base + h, w * 1.25, w * 1.15, roofs[roof])
        for at in (-0.98, -0.30, 0.32, 0.90):
            stage.box(x + w * at, x + w * at + 0.008, base, base + h, beam)
        stage.box(x - w, x + w, base + h * 0.55, base + h * 0.55 + 0.008, beam)
        stage.box(x - w * 0.18, x + w * 0.18, base, base + h * 0.42, deeper(beam, -0.06))
        for at in (-0.70, 0.52):
            y = base + h * 0.66
            stage.box(x + w * at, x + w * (at + 0.28), y, y + h * 0.20, np.array([0.98, 0.86, 0.56]))
    near = between(stage.bottom, np.array([0.50, 0.58, 0.36]), 0.7)
    stage.floor(near, deeper(near, -0.08))
    way = np.abs(stage.x) < 0.10 + 0.9 * np.clip(stage.horizon - stage.y, 0, 1)
    way &= stage.y < stage.horizon
    stage.mix(way.astype(np.float32), between(stage.bottom, np.array([0.78, 0.68, 0.52]), 0.7), 0.8)


@scene("ruins")
def _ruins(stage: Stage) -> None:
    stage.run(between(stage.bottom, np.ones(3), 0.40), stage.top, 0.2, 1.0)
    stage.clouds(between(stage.top, np.ones(3), 0.6))
    stage.ridge(stage.horizon + 0.06, 0.20, 0.45, between(stage.bottom, stage.top, 0.6))
    stone = between(stage.bottom, np.array([0.74, 0.71, 0.64]), 0.75)
    heights = (0.50, 0.26, 0.42, 0.16, 0.56, 0.34)
    for cx, tall in zip((-0.88, -0.62, -0.36, 0.34, 0.62, 0.90), heights, strict=True):
        x, base = cx * stage.half, stage.horizon - 0.02
        stage.column(x, 0.032, base, base + tall, stone)
        if tall < 0.5:  # a broken top
            stage.gable(x + 0.014, base + tall - 0.026, 0.030, 0.030, stone)
    x0, x1, y = -0.95 * stage.half, -0.30 * stage.half, stage.horizon + 0.46
    stage.box(x0, (x0 + x1) / 2, y, y + 0.045, deeper(stone, 0.05))
    stage.floor(between(stage.bottom, np.array([0.46, 0.50, 0.34]), 0.6), between(stage.bottom, stone, 0.5))
    for _ in range(22):
        x, y = stage.rng.uniform(-1, 1) * stage.half, stage.rng.uniform(0.0, stage.horizon - 0.02)
        w = stage.rng.uniform(0.012, 0.040)
        stage.box(x - w, x + w, y, y + w * 0.9, deeper(stone, stage.rng.uniform(0.0, 0.14)))
        stage.box(x - w, x + w, y + w * 0.6, y + w * 0.9, deeper(stone, -0.04))
    moss = smoothstep(0.60, 0.70, stage.noise(0.03, 3)) * (stage.y < stage.horizon + 0.2)
    stage.mix(moss, np.array([0.36, 0.46, 0.28]), 0.35)


@scene("temple")
def _temple(stage: Stage) -> None:
    stone = between(stage.bottom, np.array([0.90, 0.84, 0.72]), 0.7)
    stage.run(deeper(stone, 0.20), deeper(stone, 0.34), 0.1, 1.0)
    light = np.array([1.0, 0.95, 0.80])
    arch = np.sqrt((stage.x / 0.24) ** 2 + (np.maximum(0, stage.y - stage.horizon - 0.36) / 0.24) ** 2)
    stage.mix(smoothstep(1.02, 0.98, arch) * (stage.y > stage.horizon), between(light, stage.top, 0.35))
    stage.mix(smoothstep(0.80, 0.76, arch) * (stage.y > stage.horizon), light)
    fan = smoothstep(0.2, 1.0, np.sin(np.arctan2(stage.x, stage.horizon + 0.75 - stage.y) * 14))
    stage.mix(fan * (stage.y < stage.horizon + 0.6), light, 0.16)
    for step in range(4):
        y = stage.horizon + 0.012 * step
        stage.box(-0.34 + 0.03 * step, 0.34 - 0.03 * step, y, y + 0.012, deeper(stone, 0.10 - 0.04 * step))
    for cx, half in ((0.46, 0.030), (0.70, 0.040), (0.98, 0.055)):
        for sign in (-1, 1):
            base = stage.horizon - half * 0.6
            stage.column(
                sign * cx * stage.half * 1.02, half, base, 0.97, deeper(stone, 0.02 + 0.06 * (sign > 0))
            )
    stage.box(-stage.half, stage.half, 0.955, 1.0, deeper(stone, 0.10))
    stage.floor(deeper(stone, 0.08), deeper(stone, 0.16))
    stage.seams(deeper(stone, 0.24), 2.2)
    glow = np.exp(-((stage.x / 0.20) ** 2)) * smoothstep(0.0, stage.horizon, stage.y)
    stage.mix(glow * (stage.y < stage.horizon), light, 0.5)
