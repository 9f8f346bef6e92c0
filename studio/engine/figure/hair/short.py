"""Short and upright hair: pixie, spiky, messy, buzz cut, undercut, mohawk, slicked back, side part, afro."""

# ruff: noqa: RUF005  tuples are added to vectors here, not joined

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..shape.curves import unit
from ..shape.mesh import ellipsoid
from ..workshop import Workshop
from .bangs import bangs
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


@style("pixie")
def pixie(barber: Barber, shop: Workshop) -> None:
    """Short, close and feathered, whatever its length is called."""
    barber.cap(nape=-34)
    _tousle(barber, 0.62, 0.0, 13, 0.9)
    for azimuth in range(128, 240, 16):
        root, low = barber.scalp(azimuth, -8, 1.0), barber.scalp(azimuth, -46, 0.96)
        barber.lock([root, barber.scalp(azimuth, -28, 1.02), low], (0.05, 0.085, 0.003), 0.3, 12, 8)
    barber.sides(0.24, -0.02, 2)
    bangs(barber, "side" if shop.spec.hair.bangs == "swept" else shop.spec.hair.bangs)


@style("side_part")
def side_part(barber: Barber, shop: Workshop) -> None:
    """Parted at one side, tidy."""
    barber.cap()
    _tousle(barber, 0.62, 0.0, 13, 0.7)
    if shop.spec.hair.length in ("medium", "long", "very_long"):
        barber.back(max(barber.tip, -0.25), 0.02, 2, 108)
    barber.sides(0.26, -0.01, 2)
    bangs(barber, "side")


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
    bangs(barber, shop.spec.hair.bangs)
    tuft = [barber.scalp(0, 88, 1.0), CENTRE + (0.05, 0.62, 0.05), CENTRE + (0.15, 0.66, 0.10)]
    barber.lock(tuft, (0.03, 0.035, 0.003), 0.6, 14)


@style("spiky")
def spiky(barber: Barber, shop: Workshop) -> None:
    """Thin irregular spikes that first follow the skull, then stand off it, up and back."""
    barber.cap()
    big = {"short": 0.75, "medium": 1.0, "long": 1.3, "very_long": 1.5}.get(shop.spec.hair.length, 0.85)
    rng = barber.rng
    rows = ((78, 5, 0.42), (58, 9, 0.44), (38, 10, 0.42), (18, 10, 0.36), (-2, 9, 0.28), (-22, 8, 0.22))
    for elevation, count, reach in rows:
        for number in range(count):
            half = 118 if elevation < 50 else 150
            azimuth = (
                180 + half * (2 * (number + 0.5) / count - 1) + rng.uniform(-0.4, 0.4) * 2 * half / count
            )
            here = elevation + rng.uniform(-7, 7)
            root = barber.scalp(azimuth, here, 0.95)
            out = unit((root - CENTRE) / RADII)
            # Combed up on the crown, back on the sides, down at the nape.
            comb = np.array([0.25 * np.sign(root[0]), 0.020 * (here + 14), -0.65]) + rng.normal(0, 0.12, 3)
            comb = unit(comb - out * (comb * out).sum())
            length = reach * big * rng.uniform(0.70, 1.30)
            lying = CENTRE + unit((root + comb * length * 0.42 - CENTRE) / RADII) * RADII * 1.07
            tip = lying + unit(comb * 0.80 + out * 0.52) * length * 0.80
            wide = rng.uniform(0.070, 0.110)
            barber.lock([root, lying, tip], (wide * 0.8, wide, 0.003), 0.62, 13, 8, wave=0.0)
    for azimuth in (-46, -27, -9, 8, 26, 45):
        root = barber.scalp(azimuth * 0.8, 58, 0.97)
        length = 0.21 * big * rng.uniform(0.75, 1.3)
        rise = np.array([0.012 * azimuth + rng.normal(0, 0.1), 0.9, 0.42])
        high = root + unit(rise + (0, -0.4, 0.5)) * length * 0.35
        barber.lock(
            [root, high, high + unit(rise) * length * 0.8], (0.07, 0.078, 0.003), 0.6, 13, 8, wave=0.0
        )
    for sign in (-1, 1):
        for azimuth, low in ((82, 0.20), (100, 0.12), (118, 0.06)):
            root = barber.scalp(sign * azimuth, 26, 1.0)
            hang = barber.scalp(sign * (azimuth + 4), 0, 1.06)
            end = np.array([hang[0] * 1.06, low + rng.uniform(-0.03, 0.03), hang[2] - 0.03])
            barber.lock([root, hang, end], (0.05, 0.075, 0.003), 0.42, 12, 8, wave=0.0)
    if shop.spec.hair.bangs not in ("none",):
        bangs(barber, "swept", 0.85)


@style("buzz_cut")
def buzz_cut(barber: Barber, shop: Workshop) -> None:
    """A few millimetres all around."""
    barber.shaved(bare=0.22)


@style("undercut")
def undercut(barber: Barber, shop: Workshop) -> None:
    """Shaved sides, long hair on top, swept to one side."""
    barber.shaved()
    rng = barber.rng
    fall = {"short": 0.0, "medium": 14.0, "long": 30.0, "very_long": 38.0}.get(shop.spec.hair.length, 8.0)
    # From a parting on the left over the crown to the right, row behind row.
    for row, azimuth in enumerate((-34, -58, -82, -106, -132, -158)):
        for layer in range(2):
            turned = azimuth + rng.uniform(-8, 8) + 10 * layer
            root = barber.scalp(52 + 16 * row, 50 + 5 * layer, 0.98)
            crown = barber.scalp(turned * 0.55 + 14 * row, 80 - 4 * row, 1.15 + 0.05 * layer)
            over = barber.scalp(turned, 50, 1.13 + 0.03 * layer)
            end = barber.scalp(turned - 4, 31 - fall + 9 * layer + rng.uniform(-5, 5), 1.06)
            barber.lock([root, crown, over, end], (0.07, 0.135, 0.125, 0.003), 0.40, 20, wave=0.0)
    for azimuth in range(84, 236, 19):
        root, end = barber.scalp(azimuth, 76, 1.0), barber.scalp(azimuth + rng.uniform(-6, 6), 33, 1.05)
        barber.lock([root, barber.scalp(azimuth, 58, 1.09), end], (0.06, 0.115, 0.004), 0.40, 14, wave=0.0)
    for azimuth, drift, tip in ((30, -34, 0.70), (10, -36, 0.62), (-10, -34, 0.55), (-30, -26, 0.47)):
        root = barber.scalp(azimuth + 22, 70, 1.0)
        high = barber.scalp(azimuth, 52, 1.16)
        brow = barber.scalp(azimuth + drift * 0.6, 32, 1.14)
        end = barber.scalp(azimuth + drift, 8, 1.02)
        end[1] = tip - 0.002 * fall
        barber.lock([root, high, brow, end], (0.06, 0.115, 0.105, 0.003), 0.36, 20, wave=0.0)


@style("mohawk")
def mohawk(barber: Barber, shop: Workshop) -> None:
    """A crest from forehead to nape."""
    barber.shaved()
    tall = {"short": 0.26, "medium": 0.40, "long": 0.56}.get(shop.spec.hair.length, 0.38)
    count = 22
    for number, elevation in enumerate(np.linspace(40, 196, count)):
        angle = np.radians(elevation)
        direction = np.array([0, np.sin(angle), np.cos(angle)])
        root = CENTRE + direction * RADII * 0.93
        reach = tall * (0.66 + 0.42 * np.sin(np.pi * number / (count - 1)))
        out = unit(direction + np.array([0, 0.15, -0.35]))
        for x in (-0.042, 0.042):
            length = reach * barber.rng.uniform(0.80, 1.16)
            back = np.array([0, 0, -0.10 * length])
            tip = root + out * length + (x * 0.5 + barber.rng.normal(0, 0.02), 0, 0) + back
            barber.lock(
                [root + (x, 0, 0), root + out * length * 0.5 + (x, 0, 0), tip],
                (0.062, 0.058, 0.003),
                0.75,
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
