"""Music: lute, flute, harp, microphone."""

from __future__ import annotations

import numpy as np

from ..palette import toned
from .registry import Smith, item


@item("lute")
def lute(smith: Smith) -> None:
    """A round body and a long neck."""
    smith.ball((0, -0.30, 0.02), (0.125, 0.165, 0.055))
    smith.ball((0, -0.28, 0.058), (0.035, 0.035, 0.022), smith.cloth((46, 32, 28)))
    smith.rod(
        [(0, -0.16, 0.05), (0, 0.30, 0.04)], (0.020, 0.016), smith.leather(toned(smith.item.colour, -0.12))
    )
    smith.rod(
        [(0, 0.30, 0.04), (0, 0.38, 0.00)],
        (0.026, 0.022),
        smith.leather(toned(smith.item.colour, -0.16)),
        8,
        0.5,
    )
    for x in (-0.010, -0.003, 0.004, 0.011):
        smith.rod([(x, -0.36, 0.082), (x, 0.30, 0.062)], (0.0014, 0.0014), smith.metal((230, 226, 214)), 6)


@item("flute")
def flute(smith: Smith) -> None:
    """A wooden pipe."""
    smith.rod([(0, -0.12, 0), (0, 0.34, 0)], (0.013, 0.012))
    for k in range(5):
        smith.ball((0, 0.04 + 0.05 * k, 0.012), (0.005, 0.006, 0.003), smith.cloth((40, 30, 28)))
    for y in (-0.1, 0.3):
        smith.hoop((0, y, 0), 0.013, 0.004, smith.metal())


@item("harp")
def harp(smith: Smith) -> None:
    """A small lyre."""
    for sign in (-1, 1):
        smith.rod(
            [(0, -0.05, 0), (sign * 0.10, 0.06, 0), (sign * 0.13, 0.22, 0), (sign * 0.09, 0.36, 0)],
            (0.016, 0.017, 0.014, 0.012),
        )
    smith.rod([(-0.11, 0.34, 0), (0.11, 0.34, 0)], (0.012, 0.012))
    for x in np.linspace(-0.06, 0.06, 6):
        smith.rod([(x * 0.6, 0.0, 0), (x, 0.34, 0)], (0.0018, 0.0018), smith.metal((240, 236, 220)), 6)


@item("microphone")
def microphone(smith: Smith) -> None:
    """For singers."""
    smith.rod([(0, -0.08, 0), (0, 0.10, 0)], (0.013, 0.018))
    smith.ball((0, 0.125, 0), (0.030, 0.034, 0.030), smith.metal((186, 190, 200)))
    smith.hoop((0, 0.105, 0), 0.022, 0.005, smith.metal())
