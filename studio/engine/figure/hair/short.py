"""Short and upright hair: pixie, spiky, messy, buzz cut, undercut, mohawk, slicked back, side part, afro."""

# ruff: noqa: RUF005  tuples are added to vectors here, not joined

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..shape.curves import unit
from ..shape.mesh import ellipsoid
from ..workshop import Workshop
from .locks import CENTRE, RADII, Barber
from .registry import style


def _tousle(barber: Barber, reach: float, lift: float, count: int, rough: float) -> None:
    """Short pointed locks all over the skull, row by row like roof tiles."""
    for row, elevation in enumerate((-16, 4, 24, 44, 64)):
        number_in_row = max(5, int(count * np.cos(np.radians(elevation)) ** 0.7))
        for number in range(number_in_row):
            azimuth = (
                60
                + 240 * (number + 0.5 * (row % 2)) / (number_in_row - 0.5)
                + barber.rng.uniform(-6, 6) * rough
            )
            start = barber.scalp(azimuth, elevation + 16, 0.98)
            out = unit((start - CENTRE) / RADII)
            tip_el = elevation - reach * 46
            tip = barber.scalp(
                azimuth + barber.rng.uniform(-9, 9) * rough,
                tip_el,
                1.03 + lift * (0.6 + 0.5 * barber.rng.random()),
            )
            tip[1] = max(tip[1], 0.03)
            middle = (start + tip) / 2 + out * (0.035 + 0.06 * lift)
            barber.lock([start, middle, tip], (0.05, 0.120, 0.003), 0.26, 12, 8)


@style("pixie", "side_part")
def pixie(barber: Barber, shop: Workshop) -> None:
    """Short, close and tidy."""
    barber.cap()
    _tousle(barber, 0.62, 0.0, 13, 0.7)
    if shop.spec.hair.length in ("medium", "long", "very_long"):
        barber.back(max(barber.tip, -0.25), 0.02, 2, 108)
    barber.sides(0.26, -0.01, 2)
    barber.bangs("side" if shop.spec.hair.style == "side_part" else shop.spec.hair.bangs)


@style("messy")
def messy(barber: Barber, shop: Workshop) -> None:
    """Tousled, with tips that stand off here and there."""
    barber.volume = 1.05
    low = 0.03 if barber.tip > 0 else max(barber.tip, -1.2)
    barber.cap()
    barber.back(low, 0.05, 3, 104, rough=1.8)
    for number in range(13):
        azimuth = 62 + 236 * number / 12 + barber.rng.uniform(-6, 6)
        elevation = (52, 26, 40, 12)[number % 4]
        root = barber.scalp(azimuth, elevation + 22, 1.01)
        middle = barber.scalp(azimuth, elevation, 1.075)
        turned = barber.scalp(azimuth + barber.rng.uniform(-14, 14), elevation - 26, 1.16)
        barber.lock([root, middle, turned], (0.05, 0.105, 0.003), 0.36, 14)
    barber.sides(0.20 if low > 0 else max(low + 0.2, -0.5), 0.02, 2)
    barber.bangs(shop.spec.hair.bangs)
    tuft = [barber.scalp(0, 88, 1.0), CENTRE + (0.05, 0.62, 0.05), CENTRE + (0.15, 0.66, 0.10)]
    barber.lock(tuft, (0.03, 0.035, 0.003), 0.6, 14)


@style("spiky")
def spiky(barber: Barber, shop: Workshop) -> None:
    """Spikes up and back."""
    barber.cap()
    big = {"short": 0.8, "medium": 1.1, "long": 1.35, "very_long": 1.5}.get(shop.spec.hair.length, 0.9)
    for elevation, count, reach in ((74, 4, 0.50), (46, 7, 0.50), (18, 8, 0.42), (-10, 7, 0.30)):
        for number in range(count):
            azimuth = 58 + 244 * (number + 0.5) / count + barber.rng.uniform(-9, 9)
            root = barber.scalp(azimuth, elevation, 0.94)
            out = unit((root - CENTRE) / RADII)
            sweep = np.array([0.0, 0.75 if elevation > 10 else -0.45, -0.45])
            tip = root + unit(out * 0.9 + sweep) * reach * big * barber.rng.uniform(0.85, 1.2)
            middle = root + (tip - root) * 0.45 + out * 0.07
            barber.lock([root, middle, tip], (0.17, 0.14, 0.003), 0.55, 14, 8)
    for azimuth, lean in ((-44, -18), (-22, -10), (0, 12), (22, 14), (44, 22)):
        root = barber.scalp(azimuth * 0.7, 62, 1.0)
        high = barber.scalp(azimuth, 44, 1.22)
        barber.lock(
            [root, high, barber.scalp(azimuth + lean, 30, 1.30 + 0.10 * big) + (0, 0.14 * big, 0)],
            (0.09, 0.11, 0.003),
            0.55,
            14,
            8,
        )
    barber.sides(0.26, 0.0, 2)
    if shop.spec.hair.bangs not in ("none",):
        barber.bangs("swept", 0.85)


@style("buzz_cut")
def buzz_cut(barber: Barber, shop: Workshop) -> None:
    """A few millimetres all around."""
    barber.shaved()


@style("undercut")
def undercut(barber: Barber, shop: Workshop) -> None:
    """Shaved sides, long hair on top, swept to one side."""
    barber.shaved()
    for number, azimuth in enumerate((-64, -44, -24, -4, 16, 36)):
        root = barber.scalp(azimuth * 0.5 + 25, 66, 1.0)
        middle = barber.scalp(azimuth - 10, 62, 1.16)
        tip = barber.scalp(azimuth - 46, 24 - 4 * number, 1.10)
        barber.lock(
            [root, middle, barber.scalp(azimuth - 32, 44, 1.17), tip], (0.08, 0.15, 0.14, 0.003), 0.42, 18
        )
    for azimuth in range(70, 300, 22):
        root = barber.scalp(azimuth, 84, 1.0)
        barber.lock(
            [root, barber.scalp(azimuth, 66, 1.10), barber.scalp(azimuth, 36, 1.03)],
            (0.06, 0.15, 0.004),
            0.40,
            14,
        )


@style("mohawk")
def mohawk(barber: Barber, shop: Workshop) -> None:
    """A crest from forehead to nape."""
    barber.shaved()
    tall = {"short": 0.26, "medium": 0.40, "long": 0.56}.get(shop.spec.hair.length, 0.38)
    for number, elevation in enumerate(np.linspace(38, 190, 15)):
        angle = np.radians(elevation)
        direction = np.array([0, np.sin(angle), np.cos(angle)])
        root = CENTRE + direction * RADII * 0.93
        reach = tall * (0.72 + 0.36 * np.sin(np.pi * number / 14))
        out = unit(direction + np.array([0, 0.15, -0.35]))
        for x in (-0.05, 0.05):
            tip = root + out * reach * barber.rng.uniform(0.9, 1.1) + (x * 0.4, 0, 0)
            barber.lock(
                [root + (x, 0, 0), root + out * reach * 0.5 + (x, 0, 0), tip],
                (0.09, 0.085, 0.003),
                0.7,
                12,
                8,
                outward=np.array([1.0, 0, 0]),
            )


@style("slicked_back")
def slicked_back(barber: Barber, shop: Workshop) -> None:
    """Combed straight back."""
    barber.cap(42)
    low = max(barber.tip, -0.45) if barber.tip < 0 else 0.12
    for azimuth in range(-66, 67, 15):
        start = barber.scalp(azimuth, 40 * max(0.1, np.cos(np.radians(azimuth))) ** 0.6, 0.98)
        side = np.sin(np.radians(azimuth))
        points = [
            start,
            barber.scalp(azimuth * 0.9, 62, 1.09),
            CENTRE + (side * 0.38, 0.40, -0.30),
            CENTRE + (side * 0.42, 0.05, -0.46),
            np.array([side * 0.34, low, -0.44]),
        ]
        barber.lock(points, (0.07, 0.13, 0.14, 0.13, 0.02), 0.36, 24)
    barber.back(low, 0.0, 2, 102)


@style("afro")
def afro(barber: Barber, shop: Workshop) -> None:
    """A round cloud of curls."""
    big = {"buzz": 0.0, "short": 0.05, "medium": 0.16, "long": 0.27, "very_long": 0.36}.get(
        shop.spec.hair.length, 0.14
    )
    radius = np.array([0.47, 0.52, 0.50]) + big
    base = ellipsoid(CENTRE + (0, 0.07 + big * 0.25, -0.10), radius * 0.94, 20, 28)
    points = base.points.copy()
    front = (points[:, 2] > 0.10) & (points[:, 1] < 0.70)
    points[front, 2] = 0.10
    barber.meshes.append(replace(base, points=points))
    golden = np.pi * (3 - np.sqrt(5))
    count = 190
    for number in range(count):
        y = 1 - 2 * (number + 0.5) / count
        r, angle = np.sqrt(1 - y * y), golden * number
        direction = np.array([np.cos(angle) * r, y, np.sin(angle) * r])
        place = CENTRE + (0, 0.07 + big * 0.25, -0.10) + direction * radius * 0.97
        if place[1] < 0.15 or (place[2] > 0.06 and place[1] < 0.74 and abs(place[0]) < 0.46):
            continue
        ball = ellipsoid(place, np.full(3, 0.085 + 0.025 * barber.rng.random()), 6, 8)
        barber.meshes.append(replace(ball, normals=unit(ball.normals * 0.55 + direction * 0.8)))
