"""Cloth that hangs free: skirts and wide sleeves."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..cloth import Grid
from ..drape import SKIRT
from ..palette import Paint
from ..shape.curves import smoothstep, unit
from ..shape.mesh import closed_sheet, sheet
from ..workshop import Hangs, Outline
from .tailor import Tailor

Array = np.ndarray


def skirt(
    tailor: Tailor,
    top: float,
    bottom: float,
    flare: float = 0.35,
    grow: float | None = None,
    pleats: int = 0,
    folds: float = 0.008,
    open_front_deg: float = 0.0,
    paint: Paint | None = None,
    segment: str = "legs",
    rows: int = 26,
    under: bool = False,
    swept: float = 0.0,
) -> None:
    """A skirt, or the skirts of a coat: hangs from the waist and widens below the hips.

    It lies around the skirts that were sewn before, unless it goes `under` them; `swept` takes its front
    corners back in a curve.
    """
    grow = tailor.thick if grow is None else grow
    columns = 1 + (10 * pleats if pleats else 120)
    half = np.pi - np.radians(open_front_deg)
    levels = np.linspace(top, bottom, rows)
    sizes = np.array([tailor.waist_at(float(y), grow + 0.004) for y in levels])
    # Below the widest place cloth does not go in again.
    for k in range(1, rows):
        if levels[k] < 1.06:
            sizes[k, :2] = np.maximum(sizes[k, :2], sizes[k - 1, :2])
            sizes[k, 2] = min(sizes[k, 2], sizes[k - 1, 2])
    widen = np.clip(0.97 - levels, 0, None) * flare
    legs = 0.016 * smoothstep(0.95, 0.80, levels)
    most = folds * 1.9 * (0.35 + 1.1 * (top - levels)) * np.clip((top - levels) / 0.25, 0, 1)
    if pleats:
        most = np.full(rows, 0.017)
    if not under:
        for below in tailor.shop.skirts:
            # The narrow folds of the outer cloth go in by as much as its broad ones come out.
            reach = below.at(levels)
            gap = np.where(reach[:, 0] > 0, 0.007 + most, 0.0)
            sizes[:, 0] = np.maximum(sizes[:, 0], reach[:, 0] + gap - widen - legs)
            sizes[:, 1] = np.maximum(sizes[:, 1], reach[:, 1] + gap - widen * 0.85 - legs)
            sizes[:, 2] = np.minimum(sizes[:, 2], reach[:, 2] - gap + widen * 0.85)
        outline = np.stack(
            [
                sizes[:, 0] + widen + legs + most,
                sizes[:, 1] + widen * 0.85 + legs + most,
                sizes[:, 2] - widen * 0.85 - most,
            ],
            -1,
        )
        tailor.shop.skirts.append(Outline(levels, outline))

    def place(u: Array, v: Array) -> Array:
        k = u * (rows - 1)
        row = np.round(k).astype(int)
        angle = np.pi + (v - 0.5) * 2 * half  # the seam or the opening lies in front
        hang = np.clip((top - levels[row]) / 0.25, 0, 1)
        if pleats:
            # Knife pleats: a broad slope and a short way back.
            saw = (angle * pleats / (2 * np.pi)) % 1.0
            ripple = (np.where(saw < 0.8, saw / 0.8, (1 - saw) / 0.2) - 0.5) * 0.034 * (0.25 + 0.75 * hang)
        else:
            ripple = drape(angle, 9) * folds * 1.9 * hang * (0.35 + 1.1 * (top - levels[row]))
        w = sizes[row, 0] + widen[row] + legs[row] + ripple
        front, back = (
            sizes[row, 1] + widen[row] * 0.85 + legs[row] + ripple,
            sizes[row, 2] - widen[row] * 0.85 - ripple,
        )
        s, c = np.sin(angle), np.cos(angle)
        # A superellipse keeps room for the hips at the corners.
        power = 2 / 2.25
        x = np.sign(s) * np.abs(s) ** power * w
        zc = (front + back) / 2
        z = zc + np.sign(c) * np.abs(c) ** power * (front - back) / 2
        corner = np.clip((np.abs(v - 0.5) * 2 - 0.55) / 0.45, 0, 1) ** 2 * hang
        return np.stack([x, levels[row] + swept * corner * (top - levels[row]) / (top - bottom), z], -1)

    mesh = tailor.clear(sheet(place, rows, columns), grow + 0.004)
    if open_front_deg == 0:
        mesh = closed_sheet(mesh, rows, columns)
    surface = mesh.surface.copy()
    u, v = surface[:, 0], surface[:, 1]
    surface[:, 0], surface[:, 1] = (top - bottom) * u + (1.45 - top), v * 0.9
    if open_front_deg > 0:
        surface[:, 2] = np.minimum(surface[:, 2], np.minimum(v, 1 - v) * 0.9)
    hangs = Hangs(SKIRT, Grid(rows, columns, open_front_deg == 0))
    tailor.add(replace(mesh, surface=surface), paint, segment, "skirt", hangs=hangs)


def sleeves(
    tailor: Tailor,
    start: float,
    end: float,
    near: float,
    far: float,
    paint: Paint | None = None,
    droop: float = 0.0,
) -> None:
    """Wide sleeves: open cones along the arm, hanging a little behind it."""
    tailor.shop.sleeve = max(tailor.shop.sleeve, far * 0.75)
    for side in ("left", "right"):
        shoulder, axis = tailor.arm_axis(side)
        down = unit(np.array([axis[0] * 0.0, -1.0, 0.0]) - axis * (-axis[1]))
        t = np.linspace(start, end, 18)
        s = (t - start) / (end - start)
        radius = near + (far - near) * s**1.3
        centre = shoulder + axis * t[:, None] + down * (droop * s**1.5)[:, None]
        angle = np.linspace(0, 2 * np.pi, 33)
        side_axis = np.cross(axis, down)
        tall = radius * (1 + 0.35 * s)
        ripple = 1 + 0.05 * s[:, None] * np.sin(angle * 6)[None]
        grid = (
            centre[:, None]
            + down * (tall[:, None] * np.cos(angle)[None] * ripple)[..., None]
            + side_axis * (radius[:, None] * np.sin(angle)[None] * ripple * 0.92)[..., None]
        )
        points = grid.reshape(-1, 3)
        mesh = sheet(lambda u, v, g=grid: g, 18, 33, outward=points_away(points, shoulder, axis))
        mesh = closed_sheet(mesh, 18, 33)
        surface = np.stack([np.repeat(t, 33), np.tile(angle * 0.06, 18), np.repeat(end - t, 33)], -1)
        tailor.add(replace(mesh, surface=surface), paint, "torso", f"{side}_arm")


def drape(angle: Array, folds: int) -> Array:
    """Folds of hanging cloth around the body: broad rounded ridges and narrow valleys, -1..1."""
    wave = np.abs(np.sin(angle * folds * 0.5 + 0.5 + 0.7 * np.sin(angle * 2 + 1.0) + 0.4 * np.sin(angle * 3)))
    return wave**0.7 * 1.7 - 1.0


def points_away(points: Array, origin: Array, axis: Array) -> Array:
    """Direction of each point away from a line."""
    t = ((points - origin) * axis).sum(1)
    return points - origin - t[:, None] * axis
