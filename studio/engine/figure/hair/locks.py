"""The pieces of every hair style: skull cap, locks, side locks, a falling back, tails, braids."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..shape.curves import path, smoothstep, unit
from ..shape.field import Field, pack
from ..shape.head import head_mesh, head_shape
from ..shape.mesh import Mesh, ellipsoid, rings, tube
from ..workshop import Workshop

Array = np.ndarray
CENTRE = np.array([0.0, 0.54, -0.05])
RADII = np.array([0.415, 0.515, 0.495])
TIP_Y = {"buzz": 0.4, "short": 0.10, "medium": -0.55, "long": -1.65, "very_long": -3.0}


@dataclass
class Barber:
    """Collects the locks of one head and knows its hair: length, wave, colours."""

    shop: Workshop
    tip: float  # height of the tips in head units
    wave: float = 0.0  # how far locks swing, in head units
    curl: float = 2.0  # swings per head height
    volume: float = 1.0

    def __post_init__(self) -> None:
        self.meshes: list[Mesh] = []
        self.stubble: list[tuple[Mesh, float]] = []  # with how much of the skin shows through
        self.rng = self.shop.rng
        self._body: Field | None = None

    def scalp(self, azimuth_deg: float, elevation_deg: float, k: float = 1.0) -> Array:
        """A place on the hair: azimuth 0 is the forehead, 90 the left ear, elevation 90 the crown."""
        a, e = np.radians(azimuth_deg), np.radians(elevation_deg)
        direction = np.array([np.sin(a) * np.cos(e), np.sin(e), np.cos(a) * np.cos(e)])
        swell = 1 + (self.volume - 1) * 0.5
        return CENTRE + direction * RADII * k * swell

    def lock(
        self,
        points: Sequence[Array] | Array,
        radii: Sequence[float],
        flat: float = 0.42,
        count: int = 22,
        columns: int = 10,
        outward: Array | None = None,
        wave: float | None = None,
        body: bool = False,
    ) -> None:
        """One lock through points; it lies flat against the head, or against `outward`."""
        spine = path(np.asarray(points), count)
        swing = self.wave if wave is None else wave
        away = spine - CENTRE
        away[:, 1] = np.clip(away[:, 1], 0, None) * 0.9
        if outward is not None:
            away = np.broadcast_to(outward, away.shape)
        away = unit(away)
        if swing > 0:
            fall = np.cumsum(np.concatenate([[0], np.sqrt((np.diff(spine, axis=0) ** 2).sum(1))]))
            phase = self.rng.uniform(0, 2 * np.pi)
            grow = smoothstep(0.25, 0.9, fall)
            side = unit(np.cross(away, np.gradient(spine, axis=0)))
            angle = 2 * np.pi * self.curl * fall + phase
            spine = spine + side * (np.sin(angle) * swing * grow)[:, None]
            spine = spine + away * (np.cos(angle * 1.0) * swing * 0.6 * grow)[:, None]
        grid = tube(spine, radii, count, columns, flat, away)
        if body:
            grid = self._off_body(grid)
        mesh = rings(grid)
        direction = (mesh.points - CENTRE) / RADII**2
        direction[:, 1] *= np.where(mesh.points[:, 1] < CENTRE[1], 0.12, 1.0)
        surface = mesh.surface.copy()
        surface[:, 1] += self.rng.uniform(0, 7)
        self.meshes.append(
            replace(mesh, normals=unit(mesh.normals * 0.62 + unit(direction) * 0.72), surface=surface)
        )

    def _off_body(self, grid: Array) -> Array:
        """Hair lies on shoulders and back instead of running through them."""
        if self._body is None:
            wanted = ("trunk", "bust", "neck", "seat")
            self._body = pack(self.shop.group(*wanted, grow=0.030))
        rows, columns, _ = grid.shape
        points = self.shop.from_head(grid.reshape(-1, 3))
        centres = np.repeat(points.reshape(rows, columns, 3).mean(1), columns, 0)
        distance = self._body.at(centres)
        inside = distance < 0.012
        if inside.any():
            push = np.zeros_like(points)
            # Straight forwards or backwards: sideways the lock would fall off the shoulder.
            away = np.where(centres[inside, 2] > -0.01, 1.0, -1.0)
            push[inside, 2] = away * (0.012 - distance[inside]) * 1.25
            points = points + push
        return self.shop.to_head(points).reshape(rows, columns, 3)

    def cap(self, hairline: float = 33.0, nape: float = -42.0, k: float = 1.0) -> None:
        """The hair that lies on the skull, down to hairline and nape."""
        t, azimuth = np.linspace(0.0, 1, 26), np.linspace(0, 360, 56, endpoint=False)
        front = np.clip(np.cos(np.radians(azimuth)), 0, 1) ** 0.6
        low = nape * (1 - front) + hairline * front
        elevation = np.radians(90 + (low[None] - 90) * t[:, None])
        a = np.radians(azimuth)[None]
        direction = np.stack(
            [np.sin(a) * np.cos(elevation), np.sin(elevation), np.cos(a) * np.cos(elevation)], -1
        )
        swell = 1 + (self.volume - 1) * 0.4
        grid = CENTRE + direction * RADII * (k * swell * (1 - 0.035 * t**6))[:, None, None]
        mesh = rings(grid)
        around = np.append(np.tile(azimuth / 360 * 9, 26), [0.0, 0.0])
        surface = mesh.surface.copy()
        surface[:, 1] = around
        surface[:, 0] *= 0.3
        self.meshes.append(replace(mesh, surface=surface))

    def shaved(
        self, hairline: float = 34.0, nape: float = -30.0, grow: float = 0.012, bare: float = 0.34
    ) -> None:
        """Hair of a few millimetres: the skull's own surface down to hairline and nape."""
        head = head_mesh(head_shape(self.shop.spec))
        offset = (head.points - CENTRE) / RADII
        flat = np.sqrt(offset[:, 0] ** 2 + offset[:, 2] ** 2)
        elevation = np.degrees(np.arctan2(offset[:, 1], flat))
        front = np.clip(offset[:, 2] / np.maximum(flat, 1e-6), 0, 1) ** 0.7
        over = elevation - (nape * (1 - front) + hairline * front)
        faces = head.faces[(over > -9.0)[head.faces].all(1)]
        surface = np.stack([np.full(len(over), 0.1), np.arctan2(offset[:, 0], offset[:, 2]) * 9, over], -1)
        shell = Mesh(head.points + head.normals * grow, head.normals, faces, surface, keep=over * 0.01)
        self.stubble.append((shell, bare))

    def sides(self, tip: float, out: float = 0.0, count: int = 3) -> None:
        """Locks in front of and over the ears, down to `tip`."""
        for sign in (-1, 1):
            for number in range(count):
                azimuth = (86, 98, 110)[number]
                jitter = self.rng.normal(0, 0.012, 2)
                low = tip + 0.10 * number * (1 if tip > -0.3 else -1.2) + self.rng.uniform(-0.05, 0.05)
                x = 0.395 + 0.022 * number + out
                z = 0.030 - 0.080 * number
                points = [
                    self.scalp(sign * azimuth * 0.5, 72, 1.01),
                    self.scalp(sign * azimuth * 0.92, 42, 1.055),
                    self.scalp(sign * azimuth, 8, 1.035),
                ]
                widths = [0.05, 0.10, 0.11]
                steps = [0.20, -0.05, -0.35, -0.8, -1.3, -1.9, -2.5]
                for step in (s for s in steps if s > low + 0.16):
                    fall = smoothstep(0.1, -0.7, step)
                    points.append(
                        np.array([sign * (x + 0.035 * fall), step, z + 0.22 * fall - 0.05 * number * fall])
                    )
                    widths.append(0.108)
                points.append(
                    np.array(
                        [
                            sign * (x - 0.02 + jitter[0]),
                            low,
                            z + 0.20 * smoothstep(0.1, -0.7, low) + jitter[1],
                        ]
                    )
                )
                widths.append(0.003)
                widths[-2] *= 0.75
                self.lock(points, widths, 0.46, 14 + 3 * len(points), body=tip < -0.2)

    def back(
        self, tip: float, flare: float = 0.0, layers: int = 3, spread_deg: float = 106, rough: float = 1.0
    ) -> None:
        """A falling curtain behind, in overlapping layers."""
        counts = ((14, spread_deg), (12, spread_deg * 0.90), (8, spread_deg * 0.70))[:layers]
        for layer, (count, reach) in enumerate(counts):
            for number in range(count):
                off = self.rng.uniform(-0.38, 0.38) * min(1.0, rough) if 0 < number < count - 1 else 0.0
                share = (number + off + 0.5 * (layer % 2)) / (count - 1) * 2 - 1
                share = float(np.clip(share, -1, 1))
                azimuth = 180 + reach * share
                jitter = self.rng.normal(0, 0.05, 3) * rough
                drop = CENTRE[1] - tip
                low = (
                    tip
                    + min(0.30, 0.10 * drop) * (layer + 1.6 * share * share)
                    + self.rng.uniform(-0.05 - 0.06 * drop, 0.03 + 0.07 * drop) * rough
                )
                points, widths = self._fall(azimuth, low, layer, flare, jitter)
                # Locks next to the face are narrow, so that the eye stays free in profile.
                narrow = (1 - 0.42 * share**4) * (1 + self.rng.uniform(-0.28, 0.22) * min(1.0, rough))
                self.lock(
                    points,
                    [width * narrow for width in widths],
                    0.44,
                    16 + int(8 * min(3.2, drop)),
                    body=low < -0.1,
                )

    def _fall(
        self, azimuth: float, low: float, layer: int, flare: float, jitter: Array
    ) -> tuple[list[Array], list[float]]:
        lift = 1.012 + 0.026 * layer
        points = [self.scalp(azimuth, elevation, lift) for elevation in (64, 32, 2)]
        widths = [0.05, 0.12, 0.15]
        s, c = np.sin(np.radians(azimuth)), np.cos(np.radians(azimuth))
        for step in (0.15, -0.30, -0.85, -1.5, -2.2):
            if step < low + 0.22:
                break
            fall = smoothstep(0.2, -0.9, step)
            wide = 0.445 + (0.10 + flare) * fall + 0.04 * layer
            deep = 0.470 + 0.10 * fall + 0.04 * layer + flare * 0.6 * fall
            z = (c * deep - 0.06) * (1 - fall) + min(c * deep - 0.16, -0.50 - flare) * fall
            points.append(np.array([s * wide * (1 - 0.13 * fall) + jitter[0] * fall, step, z]))
            widths.append(0.158)
        fall = smoothstep(0.2, -0.9, low)
        wide, deep = 0.43 + (0.08 + flare * 1.1) * fall, 0.44 + 0.09 * fall + flare * 0.7 * fall
        if low > 0.05:
            wide, deep = 0.395 + flare, 0.415 + flare
        points.append(
            np.array(
                [s * wide + jitter[1] * fall, low, c * deep - 0.07 - 0.10 * fall + jitter[2] * 0.4 * fall]
            )
        )
        widths[-1] *= 0.85
        widths.append(0.003)
        return points, widths

    def gathered_cap(self, anchor: Array, hairline: float = 34.0) -> None:
        """Hair combed back over the skull towards a knot."""
        self.cap(hairline)
        for azimuth in range(-150, 180, 20):
            front = abs(azimuth) < 75
            start = self.scalp(
                azimuth, hairline * max(0.0, np.cos(np.radians(azimuth))) ** 0.6 - 34 * (not front), 0.985
            )
            middle_el = 60 if front else 10
            middle = self.scalp(azimuth * 0.8 if front else azimuth, middle_el, 1.03)
            self.lock(
                [start, (start + middle) / 2 * 1.0 + (middle - CENTRE) * 0.05, middle, anchor],
                (0.03, 0.12, 0.13, 0.05),
                0.30,
                16,
                wave=0.0,
            )

    def tail(
        self,
        anchor: Array,
        direction: Array,
        length: float,
        width: float = 0.17,
        droop: float = 1.0,
        strands: int = 7,
        out: float = 0.32,
    ) -> None:
        """A tail of hair from a knot: out along `direction`, then down."""
        d = unit(np.asarray(direction, float))
        for number in range(strands):
            turn_at = 2 * np.pi * number / max(1, strands - 1)
            off = (
                np.array([np.cos(turn_at), 0.2 * np.sin(turn_at), np.sin(turn_at)])
                * width
                * (0.0 if number == 0 else 0.62)
            )
            reach = out + 0.05 * (number % 3)
            points = [anchor, anchor + d * reach * 0.55 + off * 0.5 + np.array([0, 0.06, 0])]
            drop = length * (1 - 0.10 * (number % 3))
            for t in (0.22, 0.5, 0.78):
                points.append(
                    anchor
                    + d * (reach + 0.10 * t)
                    + off * (1.1 - 0.3 * t)
                    - np.array([0, drop * t * droop, 0])
                )
            points.append(
                anchor
                + d * reach * 0.85
                + off * 0.25
                - np.array([0, drop * droop, 0])
                + self.rng.normal(0, 0.02, 3)
            )
            w = width * (0.95 if number == 0 else 0.72)
            self.lock(
                points,
                (0.06, w * 0.9, w, w * 0.92, w * 0.6, 0.004),
                0.72,
                20 + int(6 * length),
                outward=d + np.array([0, 0.001, 0]),
                body=length > 0.8,
            )

    def braid(self, points: Sequence[Array], width: float = 0.085, knots: int | None = None) -> None:
        """A three-strand braid along points, with a tuft at the end."""
        spine = path(np.asarray(points), 60)
        length = np.sqrt((np.diff(spine, axis=0) ** 2).sum(1)).sum()
        turns = knots or max(3, int(length / (width * 1.55)))
        if self._body is None:
            self._off_body(np.zeros((2, 2, 3)) + CENTRE)
        spine = self._off_body(spine[:, None] + np.zeros((1, 2, 1)))[:, 0]
        tangent = unit(np.gradient(spine, axis=0))
        away = unit(spine - CENTRE * [0, 1, 1] - np.array([0, 0, 0.0]))
        away[:, 1] = 0
        side = unit(np.cross(tangent, unit(away)))
        normal = np.cross(side, tangent)
        t = np.linspace(0, 1, 60)
        for strand in range(3):
            angle = 2 * np.pi * (t * turns * 0.5 + strand / 3)
            line = (
                spine
                + side * (np.sin(angle) * width * 0.55)[:, None]
                + normal * (np.sin(2 * angle) * width * 0.30)[:, None]
            )
            taper = width * np.array([0.55, 0.62, 0.60, 0.55, 0.46])
            grid = tube(line, taper, 60, 9, 0.85, normal)
            mesh = rings(grid)
            self.meshes.append(replace(mesh, normals=unit(mesh.normals + normal.mean(0) * 0.1)))
        end, down = spine[-1], tangent[-1]
        self.lock(
            [end - down * 0.02, end + down * 0.08, end + down * 0.22],
            (width * 0.45, width * 0.7, 0.004),
            0.8,
            12,
            wave=0.0,
        )

    def ball(self, centre: Array, radius: float, twist: bool = True) -> None:
        """A bun: a ball with a wound strand."""
        mesh = ellipsoid(centre, (radius, radius * 0.92, radius), 16, 22)
        mesh = replace(
            mesh, surface=np.stack([mesh.surface[:, 0] * 0.3, mesh.surface[:, 1] * 5, mesh.surface[:, 2]], -1)
        )
        self.meshes.append(mesh)
        if twist:
            t = np.linspace(0, 2 * np.pi * 1.6, 26)
            axis = unit(centre - CENTRE)
            u = unit(np.cross(axis, [0.3, 0.9, 0.1]))
            v = np.cross(axis, u)
            r = radius * np.linspace(1.0, 0.35, 26)[:, None]
            spiral = (
                centre
                + axis * (radius * np.linspace(0.15, 0.92, 26))[:, None]
                + u * np.cos(t)[:, None] * r
                + v * np.sin(t)[:, None] * r
            )
            self.lock(spiral, (0.02, radius * 0.34, radius * 0.30, 0.02), 0.6, 30, outward=axis, wave=0.0)
