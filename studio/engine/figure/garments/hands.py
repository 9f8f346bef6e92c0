"""Gloves, wraps, rings and bracelets."""

from __future__ import annotations

import numpy as np

from ..palette import CLOTH, GEM, METAL, Paint
from ..shape.mesh import ellipsoid, loop_tube
from ..shape.person import hand_of, hand_shapes, hand_size
from . import hanging, notions
from .registry import garment
from .tailor import Tailor


def glove(tailor: Tailor, paint: Paint, grow: float) -> None:
    """A glove around each hand."""
    shapes = hand_shapes(tailor.shop.spec)
    for side in ("left", "right"):
        tailor.add(
            hand_of(tailor.shop, shapes[side], side, grow),
            paint,
            "hands",
            f"{side}_wrist",
        )


@garment("gloves", "mittens")
def gloves(tailor: Tailor) -> None:
    """Gloves with a cuff."""
    glove(tailor, tailor.part(trim=None), 0.007 if tailor.item.kind == "mittens" else 0.0028)
    for side in ("left", "right"):
        notions.cuff(
            tailor,
            side,
            0.462,
            0.055,
            max(tailor.thick, 0.010),
            tailor.plain(tailor.item.trim or tailor.item.colour, tailor.paint.kind),
        )


@garment("fingerless_gloves")
def fingerless_gloves(tailor: Tailor) -> None:
    """Gloves that leave the fingers free."""
    from ..shape.body import hand_solids
    from ..shape.field import keep, pack, skin

    shapes = hand_shapes(tailor.shop.spec)
    for side in ("left", "right"):
        solids = [*hand_solids(shapes[side], 0.003), keep((0, -0.090, 0), (0, 1, 0))]
        mesh = skin(pack(solids), 0.0036).scaled(hand_size(tailor.shop))
        mesh = mesh if side == "left" else mesh.mirrored()
        tailor.add(
            mesh.moved(tailor.shop.rest.turned(f"{side}_wrist"), tailor.shop.rest[f"{side}_wrist"]),
            tailor.part(trim=None),
            "hands",
            f"{side}_wrist",
        )
        notions.cuff(tailor, side, 0.468, 0.04, 0.009, tailor.part(trim=None))


def _ring_on_arm(tailor: Tailor, side: str, t: float, radius: float, thickness: float, paint: Paint) -> None:
    shoulder, axis = tailor.arm_axis(side)
    angle = np.linspace(0, 2 * np.pi, 29)[:-1]
    up = np.cross(axis, [0, 0, 1.0])
    loop = (
        shoulder
        + axis * t
        + (up * np.sin(angle)[:, None] + np.array([0, 0, 1.0]) * np.cos(angle)[:, None]) * radius
    )
    tailor.add(loop_tube(loop, thickness), paint, "hands", f"{side}_arm")


@garment("bracelet", "ring")
def bracelet(tailor: Tailor) -> None:
    """Metal around wrist or finger."""
    if tailor.item.kind == "ring":
        _finger_ring(tailor)
        return
    radius = 0.029 * tailor.shop.figure.limb + tailor.over_sleeves
    for t in (0.484, 0.469):
        _ring_on_arm(tailor, "left", t, radius, 0.0075, tailor.paint)
    _ring_on_arm(tailor, "right", 0.480, radius, 0.0085, tailor.paint)


def _finger_ring(tailor: Tailor) -> None:
    """A band around the ring finger, its stone on the back of the hand."""
    shop, size = tailor.shop, hand_size(tailor.shop)
    turned, wrist = shop.rest.turned("left_wrist"), shop.rest["left_wrist"]
    angle = np.linspace(0, 2 * np.pi, 17)[:-1]
    middle = np.array([-0.004, -0.098, -0.011])
    loop = middle + np.stack([np.cos(angle), 0 * angle, np.sin(angle)], -1) * 0.0145
    band = loop_tube(loop, 0.005).scaled(size).moved(turned, wrist)
    tailor.add(band, tailor.part(kind=METAL, trim=None), "hands", "left_wrist", casts=False)
    stone = ellipsoid(middle + np.array([0.017, 0, 0]), (0.008, 0.011, 0.011), 8, 12)
    gem = Paint(tailor.item.trim or (206, 44, 66), GEM)
    tailor.add(stone.scaled(size).moved(turned, wrist), gem, "hands", "left_wrist", casts=False)


@garment("arm_wraps", "detached_sleeves")
def arm_wraps(tailor: Tailor) -> None:
    """Bandages, or sleeves without a shirt."""
    if tailor.item.kind == "detached_sleeves":
        for side in ("left", "right"):
            notions.cuff(
                tailor, side, 0.175, 0.05, 0.009, tailor.plain(tailor.item.trim or tailor.item.colour)
            )
        hanging.sleeves(tailor, 0.155, 0.47, 0.052, 0.098, droop=0.04)
        return
    for side in ("left", "right"):
        for k in range(7):
            notions.cuff(
                tailor,
                side,
                0.31 + 0.024 * k,
                0.021,
                tailor.over_sleeves + 0.0015 * (k % 2),
                tailor.plain(tailor.item.colour, CLOTH),
            )
