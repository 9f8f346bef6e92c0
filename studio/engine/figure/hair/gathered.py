"""Tied hair: ponytails, twin tails, braids, buns, half up, topknot."""

# ruff: noqa: RUF005  tuples are added to vectors here, not joined

from __future__ import annotations

import numpy as np

from ..palette import CLOTH, Paint
from ..shape.curves import unit
from ..shape.mesh import loop_tube
from ..workshop import Workshop
from .bangs import bangs
from .locks import CENTRE, Barber
from .registry import style


def _tie(
    barber: Barber, shop: Workshop, anchor: np.ndarray, direction: np.ndarray, radius: float = 0.085
) -> None:
    d = unit(direction)
    u = unit(np.cross(d, [0.3, 0.8, 0.4]))
    v = np.cross(d, u)
    t = np.linspace(0, 2 * np.pi, 20, endpoint=False)[:, None]
    loop = anchor + d * 0.05 + (u * np.cos(t) + v * np.sin(t)) * radius
    shop.add(loop_tube(loop, 0.034), Paint(shop.spec.accent, CLOTH), "head_wear", "head")


def _length(barber: Barber) -> float:
    return {True: 0.55}.get(barber.tip > 0, 0.95 - barber.tip * 0.95)


@style("ponytail")
def ponytail(barber: Barber, shop: Workshop) -> None:
    """One high tail behind."""
    anchor = CENTRE + (0, 0.30, -0.47)
    barber.gathered_cap(anchor)
    barber.tail(anchor, np.array([0, 0.45, -1.0]), _length(barber), 0.17)
    barber.sides(0.15, -0.02, 1)
    bangs(barber, shop.spec.hair.bangs)
    _tie(barber, shop, anchor, np.array([0, 0.45, -1.0]))


@style("side_ponytail")
def side_ponytail(barber: Barber, shop: Workshop) -> None:
    """One tail at the left side."""
    anchor = CENTRE + (0.36, 0.16, -0.26)
    barber.gathered_cap(anchor)
    direction = np.array([1.0, 0.25, -0.25])
    barber.tail(anchor, direction, _length(barber), 0.15)
    bangs(barber, "side" if shop.spec.hair.bangs == "swept" else shop.spec.hair.bangs)
    barber.sides(0.15, -0.02, 1)
    _tie(barber, shop, anchor, direction)


@style("twin_tails")
def twin_tails(barber: Barber, shop: Workshop) -> None:
    """A tail at either side."""
    barber.cap()
    barber.back(0.16, -0.02, 1, 100)
    for sign in (-1, 1):
        anchor = CENTRE + (sign * 0.36, 0.24, -0.20)
        direction = np.array([sign * 1.0, 0.25, -0.15])
        for azimuth in (30, 60, 95, 130, 160):
            start = barber.scalp(sign * azimuth, 34 if azimuth < 80 else -22, 0.985)
            barber.lock(
                [start, (start + anchor) / 2 + unit(anchor - CENTRE) * 0.09, anchor],
                (0.05, 0.14, 0.06),
                0.34,
                14,
                wave=0.0,
            )
        barber.tail(anchor, direction, _length(barber), 0.145)
        _tie(barber, shop, anchor, direction)
    barber.sides(0.12, -0.02, 1)
    bangs(barber, shop.spec.hair.bangs)


@style("braid")
def braid(barber: Barber, shop: Workshop) -> None:
    """One braid down the back."""
    anchor = np.array([0, 0.28, -0.55])
    barber.gathered_cap(anchor)
    low = min(barber.tip, -0.55)
    barber.braid(
        [anchor, np.array([0, 0.0, -0.56]), np.array([0, (low) / 2, -0.62]), np.array([0, low, -0.60])], 0.115
    )
    barber.sides(0.12, -0.02, 1)
    bangs(barber, shop.spec.hair.bangs)


@style("twin_braids")
def twin_braids(barber: Barber, shop: Workshop) -> None:
    """Two braids over the shoulders."""
    barber.cap()
    barber.back(0.12, -0.03, 2, 100)
    low = min(barber.tip, -0.60)
    for sign in (-1, 1):
        start = np.array([sign * 0.40, 0.20, -0.06])
        middle = np.array([sign * 0.47, -0.15, 0.06])
        front = np.array([sign * 0.42, -0.50, 0.32])
        barber.braid([start, middle, front, np.array([sign * 0.40, min(low, -0.75), 0.36])], 0.095)
    bangs(barber, shop.spec.hair.bangs)
    barber.sides(0.18, -0.01, 1)


@style("bun")
def bun(barber: Barber, shop: Workshop) -> None:
    """A knot at the back of the head."""
    anchor = CENTRE + (0, 0.22, -0.52)
    barber.gathered_cap(anchor)
    barber.ball(anchor + (0, 0.06, -0.10), 0.20)
    barber.sides(0.10, -0.02, 1)
    bangs(barber, shop.spec.hair.bangs)


@style("topknot")
def topknot(barber: Barber, shop: Workshop) -> None:
    """A knot on the crown."""
    anchor = CENTRE + (0, 0.50, -0.16)
    barber.gathered_cap(anchor)
    barber.ball(anchor + (0, 0.08, 0), 0.125)
    if barber.tip < -0.3:
        barber.tail(anchor + (0, 0.10, -0.05), np.array([0, 0.6, -1.0]), 0.8, 0.11)
    _tie(barber, shop, anchor - (0, 0.04, 0), np.array([0, 1.0, 0.0]), 0.075)


@style("double_buns")
def double_buns(barber: Barber, shop: Workshop) -> None:
    """A knot at either side of the crown."""
    barber.cap()
    if barber.tip < -0.3:
        barber.back(barber.tip)
    else:
        barber.back(0.14, -0.02, 2, 104)
    for sign in (-1, 1):
        barber.ball(CENTRE + (sign * 0.33, 0.42, -0.14), 0.165)
    barber.sides(0.10 if barber.tip > -0.3 else -0.5, -0.01, 2)
    bangs(barber, shop.spec.hair.bangs)


@style("half_up")
def half_up(barber: Barber, shop: Workshop) -> None:
    """The upper half tied behind, the rest falling."""
    anchor = CENTRE + (0, 0.24, -0.52)
    barber.cap()
    barber.back(barber.tip if barber.tip < 0 else -0.1)
    for sign in (-1, 1):
        for azimuth in (52, 72, 92):
            start = barber.scalp(sign * azimuth, 36, 1.0)
            barber.lock(
                [start, barber.scalp(sign * (azimuth + 45), 34, 1.10), anchor],
                (0.05, 0.11, 0.05),
                0.36,
                16,
                wave=0.0,
            )
    barber.tail(anchor, np.array([0, -0.1, -1.0]), _length(barber) * 0.6, 0.12, strands=5, out=0.13)
    _tie(barber, shop, anchor, np.array([0, 0.2, -1.0]), 0.07)
    barber.sides(0.05 if barber.tip > 0 else -0.35, -0.01, 2)
    bangs(barber, shop.spec.hair.bangs)
