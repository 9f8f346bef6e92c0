"""The tailor: shells that follow the body, skirts, sleeves and sheets, all with a distance to their hem."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..palette import CLOTH, LEATHER, METAL, Paint
from ..shape.body import trunk_rows
from ..shape.curves import profile, smoothstep, unit
from ..shape.field import Field, Solid, carve, cone, keep, merge, pack, skin, stash
from ..shape.mesh import (
    Mesh,
    vertex_normals,
)
from ..spec import RGB, Garment
from ..workshop import Workshop

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
# Without a word about sleeves these leave the forearms bare.
_BARE_ARMS = {
    "t_shirt", "tank_top", "crop_top", "polo_shirt", "vest", "corset", "harness", "dress", "sundress", "gown",
    "lolita_dress", "maid_dress", "cheongsam", "toga", "scrubs", "overalls", "swimsuit", "wetsuit_short",
    "apron", "chainmail", "scale_armor", "leather_armor", "bone_armor", "breastplate", "pauldrons",
    "swim_trunks", "school_uniform",
}  # fmt: skip
UP, DOWN = (0.0, 1.0, 0.0), (0.0, -1.0, 0.0)


@dataclass
class Tailor:
    """Sews one garment; every method adds its parts to the workshop."""

    shop: Workshop
    item: Garment
    paint: Paint
    worn: set[str]
    # The last shell without its neckline and openings: what collars and lapels lie on.
    sewn: Field | None = None

    @property
    def thick(self) -> float:
        """How far this layer lies off the skin."""
        return THICKNESS[min(self.item.layer, 5)]

    def tucked(self, top: Garment) -> bool:
        """Whether a top goes into the trousers: shirts do, and others below a belt."""
        if top.layer > 2 or not any(g.slot == "legs" for g in self.shop.spec.garments):
            return False
        belted = bool({"belt", "utility_belt", "sash"} & self.worn)
        return top.kind in ("shirt", "blouse", "turtleneck") or (
            belted and top.kind in ("t_shirt", "tank_top", "polo_shirt")
        )

    @property
    def over_sleeves(self) -> float:
        """How far off the skin something must lie to be worn over the sleeves of all clothes."""
        layers = [
            g.layer
            for g in self.shop.spec.garments
            if g.slot in ("torso", "full")
            and (g.sleeve == "long" or (not g.sleeve and g.kind not in _BARE_ARMS))
        ]
        return THICKNESS[min(max(layers), 5)] + 0.016 if layers else 0.006

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
        # The slopes from neck to shoulder belong to what cloth lies on; the neck itself does not.
        body += [solid for solid in shop.group("neck", grow=grow) if solid.numbers[0] != 0.0]
        cuts: list[Solid] = []
        if legs is None:
            if bottom < 0.96:
                # Shirts hang over the trousers.
                below = [g for g in shop.spec.garments if g.slot == "legs" and g.layer <= self.item.layer]
                loose = max((THICKNESS[min(g.layer, 5)] + 0.013 for g in below), default=0.0)
                body += shop.group("thigh", grow=max(grow, loose) + 0.002)
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
        # What lies below stays whole for two centimetres under an edge: from aside one looks in there.
        wider = [cut.grown(0.02) for cut in whole]
        if open_front > 0:
            wide = 0.17
            ends = (0, 1.46, 0.165), (0, 0.60, 0.165)
            for cuts_of, half in ((whole, open_front), (wider, open_front + 0.02)):
                cuts_of.append(carve(cone(*ends, wide, wide, 0, flat=half / wide, towards=(1, 0, 0))))
        inner = program
        program = [*program, *wider]
        self.sewn = pack(inner)
        mesh = self._off_the_neck(skin(self.sewn, cell), grow)
        mesh = self._measure(mesh, sections, whole)
        if creases and (paint or self.paint).kind == CLOTH:
            mesh = self._crease(mesh, creases)
        self.add(mesh, paint, segment)
        shop.cover(program, self.layer)

    def _off_the_neck(self, mesh: Mesh, grow: float) -> Mesh:
        """The shell, lifted where neck and shoulders melt together and skin would come through in patches."""
        points = mesh.points.copy()
        x, y, _ = points.T
        share = smoothstep(1.30, 1.345, y) * smoothstep(0.17, 0.13, np.abs(x))
        near = np.flatnonzero(share > 0)
        if len(near) == 0:
            return mesh
        body = pack(self.shop.solids)
        distance = body.at(points[near])
        # What lies deep inside stays there, so that the edge remains one even line.
        lowest, highest = -0.012, max(grow, 0.004)
        t = (distance - lowest) / (highest - lowest)
        inside = (t > 0) & (t < 1)
        near, t = near[inside], t[inside]
        if len(near) == 0:
            return mesh
        lift = (t**0.45 - t) * (highest - lowest) * share[near]
        points[near] += body.gradient(points[near]) * lift[:, None]
        return replace(mesh, points=points)

    def lie_on(self, mesh: Mesh, gap: float) -> Mesh:
        """The mesh, moved outwards until it clears the last shell by a gap."""
        if self.sewn is None:
            return mesh
        points = mesh.points.copy()
        for _ in range(4):
            short = gap - self.sewn.at(points)
            under = short > 0.0002
            if not under.any():
                break
            points[under] += self.sewn.gradient(points[under]) * short[under, None]
        return replace(mesh, points=points, normals=vertex_normals(points, mesh.faces))

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

    def leather(self, colour: RGB) -> Paint:
        """Plain leather."""
        return Paint(colour, LEATHER)
