"""Scenes of nature: woods, hills, shores, deserts, the sea, fire and the sky."""

from __future__ import annotations

import numpy as np

from ..shape.curves import smoothstep
from .stage import Stage, between, deeper, scene


@scene("forest")
def _forest(stage: Stage) -> None:
    far = between(stage.top, np.ones(3), 0.45)
    stage.run(far, stage.top, 0.2, 1.0)
    for layer, share in enumerate((0.25, 0.55, 0.85)):
        tree = between(far, np.array([0.13, 0.26, 0.18]), share)
        count = 11 - 2 * layer
        for k in range(count):
            half = stage.width / stage.height / 2
            x = -half + (k + stage.rng.uniform(0.1, 0.9)) * 2 * half / count
            w = 0.010 + 0.008 * layer
            stage.trunk(x, w, float(k), between(tree, np.array([0.28, 0.2, 0.15]), 0.5))
        leaves = stage.noise(0.16 - 0.03 * layer, 4) + (stage.y - 0.80 + 0.03 * layer) * 2.2
        stage.mix(smoothstep(0.52, 0.58, leaves), tree)
    stage.floor(np.array([0.26, 0.40, 0.22]), between(far, np.array([0.36, 0.50, 0.28]), 0.6))
    rays = smoothstep(0.6, 1.0, np.sin((stage.x * 3.2 + stage.y * 1.9) * 3.0)) * stage.y
    stage.mix(rays, np.array([1.0, 0.98, 0.80]), 0.16)
    stage.mix(
        smoothstep(0.55, 0.75, stage.noise(0.05, 3)) * (stage.y < stage.horizon),
        np.array([0.22, 0.34, 0.18]),
        0.35,
    )


@scene("meadow", "sky", "snow")
def _hills(stage: Stage) -> None:
    stage.run(between(stage.bottom, np.ones(3), 0.5), stage.top, 0.25, 1.0)
    stage.clouds(between(stage.top, np.ones(3), 0.85))
    rock = between(stage.top, np.array([0.36, 0.42, 0.52]), 0.55)
    for k, (rise, size) in enumerate(((0.42, 0.55), (0.30, 0.42), (0.18, 0.36))):
        stage.ridge(stage.horizon + 0.03 - 0.03 * k, rise, size, between(stage.bottom, rock, 0.35 + 0.25 * k))
    grass = 0.65 if stage.kind in ("meadow", "sky") else 0.05
    near = between(stage.bottom, np.array([0.42, 0.62, 0.32]), grass)
    stage.floor(deeper(near, 0.08), near)
    tufts = smoothstep(0.62, 0.72, stage.noise(0.018, 2)) * (stage.y < stage.horizon - 0.01)
    stage.mix(tufts, deeper(near, -0.12), 0.55)


@scene("desert")
def _desert(stage: Stage) -> None:
    stage.run(
        between(stage.bottom, np.ones(3), 0.55),
        between(stage.top, np.array([0.45, 0.66, 0.88]), 0.6),
        0.2,
        1.0,
    )
    stage.disc(stage.half * 0.45, 0.83, 0.055, np.array([1.0, 0.96, 0.82]), 2.2)
    sand = between(stage.bottom, np.array([0.93, 0.74, 0.47]), 0.6)
    far = between(sand, stage.top, 0.35)
    for cx, w, h in ((-0.62, 0.10, 0.16), (-0.38, 0.06, 0.12), (0.72, 0.09, 0.19)):
        x = cx * stage.half * 1.1
        stage.box(x - w, x + w, stage.horizon, stage.horizon + h, deeper(far, 0.07))
        stage.box(x + w * 0.3, x + w, stage.horizon, stage.horizon + h, deeper(far, 0.14))
    for k, (base, rise) in enumerate(((0.03, 0.09), (0.0, 0.07), (-0.05, 0.06))):
        tone = between(far, deeper(sand, 0.03 * k), 0.4 + 0.3 * k)
        stage.ridge(stage.horizon + base, rise, 0.55 - 0.1 * k, tone)
    ripples = smoothstep(0.55, 1.0, np.sin(stage.y * 210 + 3 * np.sin(stage.x * 5 + stage.y * 9)))
    stage.mix(ripples * (stage.y < stage.horizon - 0.03), deeper(sand, 0.10), 0.35)
    green = np.array([0.30, 0.46, 0.30])
    for cx, size in ((-0.74, 1.0), (0.60, 0.7)):
        x, base = cx * stage.half, stage.horizon - 0.05
        stage.box(x - 0.014 * size, x + 0.014 * size, base, base + 0.20 * size, green)
        for sign, y in ((-1, 0.07), (1, 0.11)):
            arm = x + sign * 0.045 * size
            stage.box(min(x, arm), max(x, arm), base + y * size, base + (y + 0.022) * size, green)
            stage.box(
                arm - 0.010 * size, arm + 0.010 * size, base + y * size, base + (y + 0.08) * size, green
            )


@scene("underwater")
def _underwater(stage: Stage) -> None:
    stage.run(stage.bottom, between(stage.top, np.array([0.62, 0.92, 0.96]), 0.45), 0.05, 1.0)
    slant = stage.x * 2.6 + (1 - stage.y) * 0.9
    shafts = smoothstep(0.35, 0.95, np.sin(slant * 9.0) * 0.6 + np.sin(slant * 23.0 + 1.0) * 0.4)
    stage.mix(shafts * stage.y**1.5, np.array([0.85, 1.0, 1.0]), 0.30)
    for k in range(3):
        reef = between(stage.bottom, np.array([0.10, 0.30, 0.42]), 0.3 + 0.2 * k)
        stage.ridge(stage.horizon + 0.02 - 0.03 * k, 0.16 - 0.03 * k, 0.16, reef)
    sand = between(stage.bottom, np.array([0.72, 0.74, 0.62]), 0.55)
    stage.floor(sand, between(sand, stage.bottom, 0.45))
    weed = between(stage.bottom, np.array([0.16, 0.52, 0.38]), 0.75)
    for k in range(14):
        x = stage.rng.uniform(-1, 1) * stage.half
        tall, base = stage.rng.uniform(0.10, 0.30), stage.horizon - stage.rng.uniform(0.0, 0.10)
        if abs(x) < 0.14:
            continue
        stage.blade(x, base, tall, 0.014, deeper(weed, 0.02 * (k % 4)))
    for _ in range(26):
        cx, cy = stage.rng.uniform(-1, 1) * stage.half, stage.rng.uniform(0.3, 0.97)
        size = stage.rng.uniform(0.004, 0.012)
        stage.ring(cx, cy, size, np.ones(3), 0.6)


@scene("volcano")
def _volcano(stage: Stage) -> None:
    ember = between(stage.bottom, np.array([1.0, 0.55, 0.15]), 0.5)
    stage.run(between(stage.top, ember, 0.65), deeper(stage.top, 0.05), 0.15, 1.0)
    stage.clouds(deeper(stage.top, 0.10), 0.85, 0.35)
    cone = deeper(stage.top, 0.12)
    for sign, cx, rise in ((1, -0.34, 0.52), (-1, 0.55, 0.40)):
        x, base = cx * stage.half * 1.3, stage.horizon - 0.01
        stage.gable(x, base, 0.40, rise, cone)
        glow = np.sqrt((stage.x - x) ** 2 + ((stage.y - base - rise) * 0.8) ** 2)
        stage.mix(np.exp(-((glow / 0.10) ** 2)), np.array([1.0, 0.70, 0.25]), 0.85)
        for k in range(3):
            way = x + sign * (0.02 + 0.05 * k) * (base + rise - stage.y) / rise * 2.2
            way = way + 0.008 * np.sin(stage.y * 40 + k)
            run = smoothstep(0.009, 0.003, np.abs(stage.x - way)) * (stage.y < base + rise) * (stage.y > base)
            stage.mix(run, np.array([1.0, 0.56, 0.14]), 0.9)
    rock = deeper(stage.top, 0.10)
    stage.ridge(stage.horizon, 0.05, 0.2, rock)
    stage.floor(deeper(rock, 0.06), rock)
    cracks = stage.noise(0.09, 3)
    lines = smoothstep(0.022, 0.004, np.abs(cracks - 0.5)) * (stage.y < stage.horizon)
    stage.mix(lines, np.array([1.0, 0.48, 0.10]), 0.9)
    sparks = smoothstep(0.83, 0.90, stage.noise(0.010, 1)) * smoothstep(1.0, 0.3, stage.y)
    stage.mix(sparks, np.array([1.0, 0.75, 0.35]), 0.7)


@scene("night_sky")
def _stars(stage: Stage) -> None:
    stage.run(between(stage.bottom, stage.top, 0.2), stage.top, 0.1, 1.0)
    cloud = stage.noise(0.4, 5)
    stage.mix(smoothstep(0.48, 0.80, cloud), between(stage.bottom, np.array([0.55, 0.30, 0.75]), 0.6), 0.65)
    stage.mix(smoothstep(0.55, 0.85, stage.noise(0.3, 5)), np.array([0.20, 0.50, 0.75]), 0.45)
    stage.stars(150, np.array([1.0, 0.98, 0.92]))
    half = stage.width / stage.height / 2
    stage.disc(half * 0.58, 0.80, 0.075, np.array([0.96, 0.94, 0.86]), 1.2)
    ground = deeper(stage.bottom, 0.20)
    stage.ridge(stage.horizon, 0.06, 0.3, ground)
    stage.floor(deeper(ground, 0.05), ground)


@scene("space")
def _space(stage: Stage) -> None:
    stage.run(between(stage.bottom, stage.top, 0.3), deeper(stage.top, 0.03), 0.1, 1.0)
    stage.mix(
        smoothstep(0.46, 0.80, stage.noise(0.4, 5)),
        between(stage.bottom, np.array([0.62, 0.26, 0.72]), 0.6),
        0.65,
    )
    stage.mix(smoothstep(0.55, 0.85, stage.noise(0.3, 5)), np.array([0.16, 0.52, 0.78]), 0.5)
    stage.stars(220, np.array([1.0, 0.98, 0.94]))
    cx, cy, radius = stage.half * 0.50, 0.74, 0.17
    r = np.sqrt((stage.x - cx) ** 2 + (stage.y - cy) ** 2) / radius
    bands = 0.5 + 0.5 * np.sin((stage.y - cy) * 85 + 2.2 * np.sin(stage.x * 16))
    body = between(np.array([0.90, 0.62, 0.42]), stage.bottom, 0.2)
    ball = smoothstep(1.01, 0.99, r)
    stage.mix(ball, body)
    stage.mix(ball * bands, np.array([0.98, 0.84, 0.64]), 0.55)
    dark = smoothstep(0.55, 1.35, np.sqrt((stage.x - cx + 0.06) ** 2 + (stage.y - cy - 0.06) ** 2) / radius)
    stage.mix(ball * dark, deeper(stage.top, 0.04), 0.88)
    tilt = (stage.y - cy) * 3.4 + (stage.x - cx) * 0.9
    ring = np.sqrt((stage.x - cx) ** 2 + tilt**2) / radius
    band = smoothstep(1.35, 1.40, ring) * smoothstep(1.85, 1.80, ring) * (1 - ball * (tilt > 0))
    stage.mix(band, np.array([0.94, 0.86, 0.74]), 0.75)
    dust = np.array([0.46, 0.45, 0.52])
    stage.ridge(stage.horizon, 0.05, 0.4, deeper(dust, 0.12))
    stage.floor(deeper(dust, 0.06), dust)
    for _ in range(12):
        x, y = stage.rng.uniform(-1, 1) * stage.half, stage.rng.uniform(0.01, stage.horizon - 0.03)
        wide = stage.rng.uniform(0.02, 0.07)
        stage.pit(x, y, wide, dust)


@scene("sunset")
def _sunset(stage: Stage) -> None:
    stage.run(stage.bottom, stage.top, 0.15, 0.95)
    stage.disc(0.12, stage.horizon + 0.15, 0.10, np.array([1.0, 0.92, 0.70]), 1.6)
    stage.clouds(between(stage.bottom, np.array([1.0, 0.75, 0.6]), 0.6), 0.6, 0.35)
    stage.ridge(stage.horizon, 0.12, 0.5, deeper(between(stage.bottom, stage.top, 0.6), 0.18))
    stage.floor(deeper(stage.bottom, 0.38), deeper(stage.bottom, 0.22))
