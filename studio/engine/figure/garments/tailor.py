"""The tailor: shells that follow the body, skirts, sleeves and sheets, all with a distance to their hem."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..cloth import Grid
from ..drape import SKIRT
from ..palette import CLOTH, LEATHER, METAL, Paint
from ..shape.body import trunk_rows
from ..shape.curves import profile, smoothstep, unit
from ..shape.field import Solid, carve, cone, keep, merge, pack, skin, stash
from ..shape.mesh import (
    Mesh,
    closed_sheet,
    ellipsoid,
    loop_tube,
    rings,
    sheet,
    tube,
    upright_loft,
    vertex_normals,
)
from ..spec import RGB, Garment
from ..workshop import Hangs, Workshop

Array = np.ndarray
CELL = 0.0076
THICKNESS = (0.0035, 0.0060, 0.0095, 0.0135, 0.0180, 0.024)
LENGTH_Y = {
    "crop": 1.115,
    "short": 0.755,
    "hip": 0.925,
    "knee": 0.50,
    "calf": 0.30,
    "ankle": 0.105,
    "floor": 0.035,
}
SLEEVE_T = {"short": 0.145, "elbow": 0.265, "long": 0.468, "puff": 0.150, "wide": 0.300}
UP, DOWN = (0.0, 1.0, 0.0), (0.0, -1.0, 0.0)


@dataclass
class Tailor:
    """Sews one garment; every method adds its parts to the workshop."""

    shop: Workshop
    item: Garment
    paint: Paint
    worn: set[str]

    @property
    def thick(self) -> float:
        """How far this layer lies off the skin."""
        return THICKNESS[min(self.item.layer, 5)]

    @property
    def layer(self) -> int:
        """Where it lies in the order of layers."""
        return self.item.layer + 1

    def part(self, **changes: object) -> Paint:
        """The garment's paint with some things changed."""
        return replace(self.paint, **changes)  # type: ignore[arg-type]

    def plain(self, colour: RGB, kind: int = CLOTH) -> Paint:
        """A paint without pattern or trim."""
        return Paint(colour, kind)

    def accent(self, kind: int = METAL) -> Paint:
        """Buckles, buttons, gems: the trim if there is one, else the character's accent."""
        return Paint(self.item.trim or self.shop.spec.accent, kind)

    def add(
        self,
        mesh: Mesh,
        paint: Paint | None = None,
        segment: str = "torso",
        bind: str = "skin",
        **more: object,
    ) -> None:
        """Add a mesh of this garment."""
        self.shop.add(mesh, paint or self.paint, segment, bind, self.layer, **more)  # type: ignore[arg-type]

    def arm_axis(self, side: str) -> tuple[Array, Array]:
        """Shoulder and direction of an arm at rest."""
        shoulder = self.shop.rest[f"{side}_shoulder"]
        return shoulder, unit(self.shop.rest[f"{side}_wrist"] - shoulder)

    def arm_solids(
        self, side: str, until: float, grow: float, start: float | None = None, flare: float = 0.0
    ) -> list[Solid]:
        """One arm from the shoulder (or `start`) until so far along it."""
        shoulder, along = self.arm_axis(side)
        names = [f"{side}_upper_arm"] + ([f"{side}_forearm"] if until > 0.20 else [])
        solids = self.shop.group(*names, grow=grow)
        if flare:
            thick = 0.047 * self.shop.figure.limb
            solids.append(
                cone(
                    shoulder + along * 0.05,
                    shoulder + along * (until + 0.05),
                    thick + grow,
                    thick + grow + flare,
                    0.03,
                )
            )
        solids.append(keep(shoulder + along * until, -along))
        if start is not None:
            solids.append(keep(shoulder + along * start, along))
        return solids

    def shell(
        self,
        bottom: float,
        sleeve: float = 0.0,
        grow: float | None = None,
        neck: str = "round",
        open_front: float = 0.0,
        legs: float | None = None,
        top: float = 9.0,
        flare: float = 0.0,
        blend: float = 0.03,
        paint: Paint | None = None,
        segment: str = "torso",
        creases: float = 1.0,
        bust: bool = True,
        hem_below: bool = True,
        cell: float = CELL,
    ) -> None:
        """A shell over trunk, and arms until `sleeve`, and legs down to `legs`."""
        grow = self.thick if grow is None else grow
        shop = self.shop
        sections: list[tuple[list[Solid], list[Solid]]] = []
        if sleeve > 0:
            for side in ("left", "right"):
                solids = self.arm_solids(side, sleeve, grow + 0.002, flare=flare)
                sections.append((solids, [solids[-1]]))
        if legs is not None:
            solids = [*shop.group("thigh", "shin", grow=grow + 0.003 + flare * 0.4), keep((0, legs, 0), UP)]
            sections.append((solids, [solids[-1]]))
        names = ["trunk", "seat", *(["bust"] if bust else [])]
        body = shop.group(*names, grow=grow)
        cuts: list[Solid] = []
        if legs is None:
            if bottom < 0.86:
                body += shop.group("thigh", grow=grow)
            cuts.append(keep((0, bottom, 0), UP))
        if top < 2:
            cuts.append(keep((0, top, 0), DOWN))
        sections.append((body + cuts, cuts if hem_below else cuts[1:] if legs is None else cuts))
        program: list[Solid] = []
        for solids, _ in sections[:-1]:
            program += [*solids, stash(blend)]
        program += [*sections[-1][0], merge(blend)]
        whole: list[Solid] = []
        if neck == "high":
            collar = self.shop.group("neck", grow=grow + 0.002)
            ends = keep((0, 1.452, 0), DOWN)
            program = [*program, stash(0.02), *collar, ends, merge(0.02)]
        elif neck == "v":
            whole.append(carve(cone((0, 1.45, 0.02), (0, 1.27, 0.13), 0.062, 0.012, 0)))
        elif neck == "deep":
            whole.append(carve(cone((0, 1.45, 0.02), (0, 1.31, 0.10), 0.080, 0.055, 0)))
        elif neck == "boat":
            whole.append(carve(cone((-0.07, 1.42, 0.0), (0.07, 1.42, 0.0), 0.045, 0.045, 0)))
        elif neck == "strapless":
            whole.append(carve(cone((0, 1.50, 0.0), (0, 1.42, 0.0), 0.19, 0.13, 0)))
        if open_front > 0:
            wide = 0.17
            whole.append(
                carve(
                    cone(
                        (0, 1.46, 0.165),
                        (0, 0.60, 0.165),
                        wide,
                        wide,
                        0,
                        flat=open_front / wide,
                        towards=(1, 0, 0),
                    )
                )
            )
        inner = program
        program = [*program, *whole]
        mesh = skin(pack(inner), cell)
        mesh = self._measure(mesh, sections, whole)
        if creases and (paint or self.paint).kind == CLOTH:
            mesh = self._crease(mesh, creases)
        self.add(mesh, paint, segment)
        shop.cover(program, self.layer)

    def _measure(
        self, mesh: Mesh, sections: Sequence[tuple[list[Solid], list[Solid]]], whole: Sequence[Solid]
    ) -> Mesh:
        """Surface coordinates of a shell: along, across, and the distance to the nearest hem."""
        points = mesh.points
        along = 1.45 - points[:, 1]
        across = np.arctan2(points[:, 0], points[:, 2] + 0.015) * 0.13
        hem = np.full(len(points), 9.0)
        if len(points) == 0:
            return mesh
        best = np.full(len(points), 9.0)
        owner = np.zeros(len(points), int)
        for number, (solids, _) in enumerate(sections):
            distance = pack([s for s in solids if s.op == 0]).at(points)
            nearer = distance < best
            owner[nearer], best[nearer] = number, distance[nearer]
        for number, (_, cuts) in enumerate(sections):
            mine = owner == number
            for cut in cuts:
                n = np.asarray(cut.numbers)
                hem[mine] = np.minimum(hem[mine], np.abs(((points[mine] - n[0:3]) * n[3:6]).sum(1)))
        keep_at: Array | None = None
        for cut in whole:
            outside = pack([replace(cut, op=0)]).at(points)
            hem = np.minimum(hem, np.maximum(outside, 0.0))
            keep_at = outside if keep_at is None else np.minimum(keep_at, outside)
        for side, sign in (("left", 1.0), ("right", -1.0)):
            shoulder, axis = self.arm_axis(side)
            t = ((points - shoulder) * axis).sum(1)
            off = points - shoulder - t[:, None] * axis
            is_arm = (t > 0.03) & (np.sqrt((off * off).sum(1)) < 0.12) & (sign * points[:, 0] > 0.10)
            along = np.where(is_arm, t + 0.10, along)
            up = np.cross(axis, [0, 0, 1.0])
            across = np.where(is_arm, np.arctan2(off[:, 2], (off * up).sum(1)) * 0.055, across)
        return replace(mesh, surface=np.stack([along, across, hem], -1), keep=keep_at)

    def _crease(self, mesh: Mesh, strength: float) -> Mesh:
        """Folds where cloth bends: elbows, waist, armpits, knees."""
        points = mesh.points
        x, y, z = points.T
        amp = np.zeros(len(points))

        def folds(where: Array, wave: float, skew: Array, phase: float, size: float) -> Array:
            return where * np.sin(wave * (y + skew) + phase) * size

        for side, sign in (("left", 1.0), ("right", -1.0)):
            shoulder, axis = self.arm_axis(side)
            t = ((points - shoulder) * axis).sum(1)
            on_arm = smoothstep(0.06, 0.12, t) * (sign * x > 0.12)
            for at, width, size in ((0.252, 0.075, 0.0034), (0.42, 0.05, 0.0028), (0.08, 0.04, 0.0026)):
                near = np.exp(-(((t - at) / width) ** 2)) * on_arm
                amp += near * np.sin(t * 105 + z * 22 + sign) * size
        trunk = np.exp(-(((y - 1.045) / 0.055) ** 2)) * (np.abs(x) < 0.2)
        amp += folds(trunk, 95, 0.35 * np.abs(x), 1.0, 0.0032) * np.clip(np.abs(x) / 0.07, 0, 1)
        knee = np.exp(-(((y - 0.49) / 0.06) ** 2))
        amp += folds(knee, 88, 0.25 * np.abs(x) + 0.1 * z, 0.4, 0.0042)
        ankle = np.exp(-(((y - 0.15) / 0.05) ** 2))
        amp += folds(ankle, 100, 0.2 * np.abs(x), 2.0, 0.0042)
        hip = np.exp(-(((y - 0.85) / 0.05) ** 2)) * np.clip(z / 0.05, 0, 1)
        amp += folds(hip, 70, 0.9 * np.abs(x), 0.0, 0.0026)
        amp *= strength * np.clip(mesh.surface[:, 2] / 0.02, 0, 1)
        moved = points + mesh.normals * amp[:, None]
        normals = unit(mesh.normals * 0.45 + vertex_normals(moved, mesh.faces) * 0.55)
        return replace(mesh, points=moved, normals=normals)

    def waist_at(self, y: float, grow: float) -> tuple[float, float, float]:
        """Half width, front and back of the clothed trunk at a height."""
        rows = trunk_rows(self.shop.figure)
        at = np.array([max(y, 0.885)])
        w, f, b = (float(profile(rows[:, 0], rows[:, k], at)[0]) for k in (1, 2, 3))
        seat = float(np.exp(-(((y - 0.905) / 0.075) ** 2))) * 0.018
        return w + grow, f + grow, b - grow - seat

    def clear(self, mesh: Mesh, grow: float, around: bool = False) -> Mesh:
        """The mesh, moved outwards where it would cut into the body grown by so much.

        Hanging cloth moves sideways; with `around` it moves straight off shoulders and neck.
        """
        names = ("trunk", "neck", "bust", "upper_arm") if around else ("trunk", "seat", "bust", "thigh")
        field = pack(self.shop.group(*names, grow=grow))
        points = mesh.points.copy()
        for _ in range(2):
            distance = field.at(points)
            inside = distance < 0.003
            if not inside.any():
                break
            away = field.gradient(points[inside])
            if not around:
                away[:, 1] = 0
            points[inside] += unit(away) * (0.003 - distance[inside])[:, None] * (1.0 if around else 1.2)
        normals = vertex_normals(points, mesh.faces)
        return replace(mesh, points=points, normals=normals)

    def skirt(
        self,
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
    ) -> None:
        """A skirt, or the skirts of a coat: hangs from the waist and widens below the hips."""
        grow = self.thick if grow is None else grow
        columns = 121
        half = np.pi - np.radians(open_front_deg)
        levels = np.linspace(top, bottom, rows)
        sizes = np.array([self.waist_at(float(y), grow + 0.004) for y in levels])
        # Below the widest place cloth does not go in again.
        for k in range(1, rows):
            if levels[k] < 1.06:
                sizes[k, :2] = np.maximum(sizes[k, :2], sizes[k - 1, :2])
                sizes[k, 2] = min(sizes[k, 2], sizes[k - 1, 2])
        widen = np.clip(0.97 - levels, 0, None) * flare
        legs = 0.016 * smoothstep(0.95, 0.80, levels)

        def place(u: Array, v: Array) -> Array:
            k = u * (rows - 1)
            row = np.round(k).astype(int)
            angle = np.pi + (v - 0.5) * 2 * half  # the seam or the opening lies in front
            hang = np.clip((top - levels[row]) / 0.25, 0, 1)
            if pleats:
                saw = (angle * pleats / (2 * np.pi)) % 1.0
                ripple = (np.abs(saw - 0.5) - 0.25) * 0.055 * hang
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
            return np.stack([x, levels[row], z], -1)

        mesh = self.clear(sheet(place, rows, columns), grow + 0.004)
        if open_front_deg == 0:
            mesh = closed_sheet(mesh, rows, columns)
        surface = mesh.surface.copy()
        u, v = surface[:, 0], surface[:, 1]
        surface[:, 0], surface[:, 1] = (top - bottom) * u + (1.45 - top), v * 0.9
        if open_front_deg > 0:
            surface[:, 2] = np.minimum(surface[:, 2], np.minimum(v, 1 - v) * 0.9)
        hangs = Hangs(SKIRT, Grid(rows, columns, open_front_deg == 0))
        self.add(replace(mesh, surface=surface), paint, segment, "skirt", hangs=hangs)

    def sleeves(
        self,
        start: float,
        end: float,
        near: float,
        far: float,
        paint: Paint | None = None,
        droop: float = 0.0,
    ) -> None:
        """Wide sleeves: open cones along the arm, hanging a little behind it."""
        for side in ("left", "right"):
            shoulder, axis = self.arm_axis(side)
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
            self.add(replace(mesh, surface=surface), paint, "torso", f"{side}_arm")

    def cuff(self, side: str, t: float, width: float, grow: float, paint: Paint) -> None:
        """A band around the arm, so far along it."""
        solids = [*self.arm_solids(side, t + width / 2, grow, t - width / 2)]
        shoulder, axis = self.arm_axis(side)
        a, b = shoulder + axis * (t - width), shoulder + axis * (t + width)
        low, high = np.minimum(a, b) - 0.09, np.maximum(a, b) + 0.09
        mesh = self.shop.twin(("cuff", t, width, grow), side, lambda: skin(pack(solids), 0.006, low, high))
        self.add(mesh, paint, "torso", f"{side}_arm")

    def band(
        self, y: float, height: float, grow: float, paint: Paint, segment: str = "torso", tilt: float = 0.0
    ) -> Mesh:
        """A band around the trunk: belt, sash, hem."""
        rows = []
        for level in (y - height / 2, y, y + height / 2):
            w, f, b = self.waist_at(level, grow)
            rows.append((level, w, f, b))
        grid = upright_loft(rows, 5, 56, 2.25)
        if tilt:
            grid[..., 1] += tilt * grid[..., 0]
        mesh = self.clear(rings(grid), grow - 0.003)
        self.add(mesh, paint, segment)
        return mesh

    def buckle(self, y: float, grow: float, size: float = 0.020, paint: Paint | None = None) -> None:
        """A buckle at the front of the waist."""
        _, front, _ = self.waist_at(y, grow)
        self.add(ellipsoid((0, y, front + 0.002), (size, size, 0.007)), paint or self.accent(), "torso")

    def buttons(
        self,
        y_top: float,
        y_bottom: float,
        count: int,
        grow: float,
        x: float = 0.0,
        paint: Paint | None = None,
    ) -> None:
        """A row of buttons down the front, on the surface of the shell."""
        field = pack(self.shop.group("trunk", "bust", grow=grow))
        for y in np.linspace(y_top, y_bottom, count):
            z = np.linspace(0.02, 0.26, 49)
            d = field.at(np.stack([np.full(49, x), np.full(49, y), z], -1))
            out = z[int(np.argmax(d > 0))]
            self.add(
                ellipsoid((x, float(y), out + 0.001), (0.0095, 0.0095, 0.005), 6, 12),
                paint or self.accent(),
                "torso",
                casts=False,
            )

    def collar(
        self, height: float = 0.035, open_front: bool = True, paint: Paint | None = None, size: float = 1.0
    ) -> None:
        """A turned-down collar around the neck."""
        grow = self.thick

        def place(u: Array, v: Array) -> Array:
            span = 150 if open_front else 180
            angle = np.pi + np.radians(span) * (v - 0.5) * 2
            fold = np.sin(np.pi * np.clip(u * 1.25, 0, 1))
            spread = 0.058 * size + grow * 0.6 + 0.030 * u * size
            front = smoothstep(0.45, 1.0, np.abs(v - 0.5) * 2)
            y = (
                1.405
                + height * fold * (1 - 0.45 * front)
                - 0.026 * u * size
                - 0.040 * front * u * size
                - 0.020 * front
            )
            x = np.sin(angle) * spread * 1.05
            z = np.cos(angle) * (spread * 0.95 + 0.014 * front) - 0.024 + 0.022 * front
            return np.stack([x, y, z], -1)

        self.add(self.clear(sheet(place, 9, 41), grow + 0.002, around=True), paint, "torso")

    def hood_down(self, paint: Paint | None = None) -> None:
        """A hood that lies on the back and shoulders."""
        points = [(0.07, 1.395, 0.055), (0.105, 1.405, -0.005), (0.085, 1.415, -0.085), (0.0, 1.400, -0.135)]
        line = [*points, *[(-x, y, z) for x, y, z in reversed(points[:-1])]]
        grid = tube(line, (0.016, 0.032, 0.038, 0.044, 0.038, 0.032, 0.016), 44, 14, 0.62, (0, 0.6, 1))
        self.add(rings(grid), paint, "torso")
        self.add(ellipsoid((0, 1.352, -0.125), (0.075, 0.070, 0.034)), paint, "torso")

    def lapels(self, paint: Paint, bottom: float = 1.17, width: float = 0.048) -> None:
        """The turned edges of a jacket, lying on its front."""
        field = pack(self.shop.group("trunk", "bust", grow=self.thick + 0.003))
        for sign in (-1.0, 1.0):

            def place(u: Array, v: Array, sign: float = sign) -> Array:
                y = 1.405 + (bottom - 1.405) * u
                inner = 0.034 * (1 - u) ** 0.8 + 0.004
                shape = np.where(u < 0.30, 0.55 + 1.5 * u, (1 - u) / 0.70)
                x = inner + width * np.clip(shape, 0.02, 1) * v
                flat = np.stack([x.ravel() * sign, y.ravel(), np.full(x.size, 0.03)], -1)
                z = np.full(x.size, 0.02)
                for _ in range(12):
                    flat[:, 2] = z
                    z = z + np.clip(-field.at(flat), -0.03, 0.03)
                return np.stack([x * sign, y, z.reshape(x.shape) + 0.002], -1)

            self.add(sheet(place, 18, 6, outward=(0, 0, 1)), paint, "torso", casts=False)

    def ring_around_neck(self, y: float, radius: float, thickness: float, paint: Paint) -> None:
        """A ring that lies around the neck."""
        angle = np.linspace(0, 2 * np.pi, 40, endpoint=False)
        loop = np.stack(
            [np.sin(angle) * radius, y - 0.02 * np.cos(angle), np.cos(angle) * radius * 0.95 - 0.022], -1
        )
        self.add(loop_tube(loop, thickness), paint, "torso", "neck")

    def leather(self, colour: RGB) -> Paint:
        """Plain leather."""
        return Paint(colour, LEATHER)


def drape(angle: Array, folds: int) -> Array:
    """Folds of hanging cloth around the body: broad rounded ridges and narrow valleys, -1..1."""
    wave = np.abs(np.sin(angle * folds * 0.5 + 0.5 + 0.7 * np.sin(angle * 2 + 1.0) + 0.4 * np.sin(angle * 3)))
    return wave**0.7 * 1.7 - 1.0


def points_away(points: Array, origin: Array, axis: Array) -> Array:
    """Direction of each point away from a line."""
    t = ((points - origin) * axis).sum(1)
    return points - origin - t[:, None] * axis
