"""Hair that falls freely: straight, wavy, curly, bob, hime cut, drills, dreadlocks."""

from __future__ import annotations

import numpy as np

from ..shape.curves import unit
from ..workshop import Workshop
from .bangs import bangs
from .locks import CENTRE, RADII, Barber
from .registry import style


def _fall_freely(barber: Barber, shop: Workshop) -> None:
    tip = barber.tip
    barber.cap()
    if tip > 0:
        barber.back(0.02, 0.0, 3, 104)
        barber.sides(0.22, count=3)
    else:
        barber.back(tip)
        barber.sides(max(tip + 0.25, -1.25) if tip < -0.9 else tip + 0.20)
    bangs(barber, shop.spec.hair.bangs)


@style("straight")
def straight(barber: Barber, shop: Workshop) -> None:
    """Smooth and falling."""
    _fall_freely(barber, shop)


@style("wavy")
def wavy(barber: Barber, shop: Workshop) -> None:
    """Soft waves."""
    barber.wave, barber.curl, barber.volume = 0.050, 1.35, 1.06
    _fall_freely(barber, shop)


@style("curly")
def curly(barber: Barber, shop: Workshop) -> None:
    """Many ringlets."""
    barber.wave, barber.curl, barber.volume = 0.075, 2.6, 1.16
    _fall_freely(barber, shop)
    for _ in range(26):
        azimuth, elevation = barber.rng.uniform(40, 320), barber.rng.uniform(-10, 70)
        start = barber.scalp(azimuth, elevation, 1.0)
        out = unit(start - CENTRE)
        barber.lock(
            [start, start + out * 0.10 - (0, 0.08, 0), start + out * 0.06 - (0, 0.26, 0)],
            (0.05, 0.085, 0.004),
            0.8,
            16,
        )


@style("bob", "bowl_cut")
def bob(barber: Barber, shop: Workshop) -> None:
    """Chin-long and rounded in."""
    barber.volume = 1.06
    low = 0.28 if shop.spec.hair.style == "bowl_cut" else (-0.10 if barber.tip < 0 else 0.02)
    barber.cap()
    barber.back(low, 0.035, 3, 104, rough=0.35)
    barber.sides(low + 0.03, 0.02)
    bangs(barber, "straight" if shop.spec.hair.style == "bowl_cut" else shop.spec.hair.bangs)


@style("hime_cut")
def hime_cut(barber: Barber, shop: Workshop) -> None:
    """Straight bangs, cheek-long side locks cut flat, a long straight back."""
    barber.cap()
    barber.back(min(barber.tip, -0.9), rough=0.3)
    for sign in (-1, 1):
        for azimuth, x, z in ((66, 0.365, 0.20), (80, 0.400, 0.11)):
            points = [
                barber.scalp(sign * azimuth * 0.5, 72, 1.01),
                barber.scalp(sign * azimuth * 0.92, 42, 1.06),
                barber.scalp(sign * azimuth, 8, 1.05),
                np.array([sign * x, 0.22, z]),
                np.array([sign * x, 0.02, z + 0.01]),
            ]
            barber.lock(points, (0.05, 0.10, 0.115, 0.11, 0.10), 0.42, 22)
    bangs(barber, "straight")


@style("drills")
def drills(barber: Barber, shop: Workshop) -> None:
    """Two or four big ringlets, wound like drills."""
    barber.cap()
    barber.back(0.05, 0.0, 2)
    bangs(barber, shop.spec.hair.bangs)
    barber.sides(0.2, count=2)
    end = min(barber.tip, -0.7)
    for sign in (-1, 1):
        for azimuth, size in ((104, 1.0), (140, 0.85)):
            top = barber.scalp(sign * azimuth, 0, 1.02)
            t = np.linspace(0, 1, 90)
            angle = t * 2 * np.pi * 5.5 * sign
            radius = 0.105 * size * (1 - 0.45 * t**1.6)
            x, z = top[0] * 1.08, top[2] * 1.05
            line = np.stack(
                [x + radius * np.cos(angle), top[1] + (end - top[1]) * t, z + radius * np.sin(angle)], -1
            )
            barber.lock(
                line[::2],
                (0.05, 0.085 * size, 0.080 * size, 0.06 * size, 0.006),
                0.8,
                90,
                9,
                outward=np.array([sign * 0.7, 0.1, -0.4]),
                wave=0.0,
            )


@style("cornrows")
def cornrows(barber: Barber, shop: Workshop) -> None:
    """Narrow braids laid over the skull from forehead to nape, their ends hanging when there is length."""
    barber.shaved(hairline=38.0, bare=0.40)
    low = barber.tip
    for aside in np.linspace(-66, 66, 11):
        start = 52 + 0.20 * abs(aside)
        along = np.radians(np.linspace(start, 198 - 0.25 * abs(aside), 12))
        flat = np.radians(aside)
        over = np.stack(
            [
                np.full(12, np.sin(flat)),
                np.cos(flat) * np.sin(along),
                np.cos(flat) * np.cos(along),
            ],
            -1,
        )
        line = list(CENTRE + over * RADII * (0.985 + 0.02 * np.sin(np.linspace(0, np.pi, 12)))[:, None])
        if low < -0.2:
            end = line[-1] * (1.04, 0, 1.0) + (0, low + barber.rng.uniform(0, 0.14), -0.06)
            line += [line[-1] + (end - line[-1]) * t + (0, 0, -0.03) for t in (0.25, 0.6, 1.0)]
        knots = 16 + (int(-low * 14) if low < -0.2 else 0)
        radii = [0.020, *([0.048, 0.034] * knots), 0.030, 0.012]
        barber.lock(line, radii, 0.86, 3 * len(radii), 7, wave=0.0, body=low < -0.2)


@style("dreadlocks")
def dreadlocks(barber: Barber, shop: Workshop) -> None:
    """Many round ropes of hair."""
    barber.cap(44, k=0.985)
    low = barber.tip
    for ring, (elevation, count) in enumerate(((58, 9), (34, 15), (8, 17))):
        for number in range(count):
            azimuth = 62 + (236 / (count - 1)) * number + barber.rng.uniform(-3, 3)
            start = barber.scalp(azimuth, elevation, 1.0)
            hang = barber.scalp(azimuth, -4, 1.08 + 0.04 * (2 - ring))
            end = hang * (1.0, 0.0, 1.0) + (0, low + barber.rng.uniform(-0.05, 0.15) + 0.05 * ring, -0.02)
            points = [start, barber.scalp(azimuth, elevation - 22, 1.10 + 0.02 * (2 - ring)), hang]
            if low < hang[1] - 0.5:
                points.append((hang + end) / 2 * (1.06, 1, 1.06))
            barber.lock(
                [*points, end],
                (0.045, 0.052, 0.050, 0.048, 0.030)[: len(points) + 1],
                1.0,
                24,
                8,
                wave=0.008,
                body=low < -0.1,
            )
    for azimuth in (-52, -34, -16, 14, 32, 50):
        start = barber.scalp(azimuth * 0.6, 62, 1.0)
        sign = 1 if azimuth > 0 else -1
        barber.lock(
            [
                start,
                barber.scalp(azimuth + 14 * sign, 36, 1.12),
                barber.scalp(azimuth + 34 * sign, 6, 1.10),
                barber.scalp(azimuth + 40 * sign, -22, 1.0),
            ],
            (0.045, 0.052, 0.048, 0.030),
            1.0,
            22,
            8,
            wave=0.008,
        )
