"""Hair over the forehead."""

from __future__ import annotations

from .locks import Barber


def bangs(barber: Barber, kind: str, thick: float = 1.0) -> None:
    """Hair over the forehead; tips stay above the eyes so that a face remains a face."""
    # Azimuth, sideways drift of the tip, height of the tip, width.
    table: tuple[tuple[float, float, float, float], ...]
    if kind == "none":
        return
    if kind == "straight":
        table = tuple(
            (a, 0.0, 0.545 - 0.02 * (abs(a) > 50), 0.115) for a in (-64, -46, -28, -10, 8, 26, 44, 62)
        )
    elif kind == "side":
        table = (
            (44, -26, 0.60, 0.14),
            (26, -30, 0.57, 0.14),
            (6, -30, 0.55, 0.14),
            (-14, -26, 0.54, 0.13),
            (-34, -20, 0.50, 0.12),
            (-54, -8, 0.42, 0.11),
            (58, 6, 0.42, 0.10),
        )
    elif kind == "swept":
        table = (
            (-60, -4, 0.40, 0.11),
            (-42, -8, 0.50, 0.12),
            (-25, -10, 0.545, 0.12),
            (-8, -8, 0.53, 0.12),
            (9, 9, 0.58, 0.115),
            (24, 10, 0.545, 0.12),
            (42, 8, 0.52, 0.12),
            (60, 4, 0.40, 0.11),
        )
    elif kind == "curtain":
        half = ((12, 48, 0.54, 0.13), (27, 46, 0.46, 0.115), (46, 34, 0.36, 0.10))
        table = (*half, *((-a, -d, t, w) for a, d, t, w in half))
    elif kind == "parted":
        half = ((10, 46, 0.60, 0.13), (28, 42, 0.54, 0.125), (50, 26, 0.44, 0.11))
        table = (*half, *((-a, -d, t, w) for a, d, t, w in half))
    else:  # over one eye
        table = (
            (52, -10, 0.55, 0.12),
            (34, -30, 0.53, 0.14),
            (14, -36, 0.46, 0.16),
            (-6, -30, 0.36, 0.16),
            (-24, -20, 0.24, 0.15),
            (-44, -12, 0.18, 0.13),
            (60, 2, 0.40, 0.10),
        )
    for number, (azimuth, drift, tip, width) in enumerate(table):
        jitter = barber.rng.uniform(-3, 3)
        root = barber.scalp(azimuth * 0.45, 80, 1.0)
        high = barber.scalp(azimuth * 0.8 + drift * 0.15, 58, 1.055)
        brow = barber.scalp(azimuth + drift * 0.5 + jitter, 31, 1.085)
        end_at = azimuth + drift + jitter * 0.5
        end = barber.scalp(end_at, 0, 0.975 + 0.01 * (number % 2))
        end[1] = tip
        middle = barber.scalp(azimuth + drift * 0.8, 8, 1.045)
        middle[1] = tip * 0.55 + brow[1] * 0.45
        w = width * thick
        barber.lock(
            [root, high, brow, middle, end],
            (0.05, w * 0.92, w, w * 0.66, 0.003),
            0.34,
            22,
            wave=barber.wave * 0.25,
        )
