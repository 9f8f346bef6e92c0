"""Cloth that hangs: skirts and capes, settled over the limbs of a pose; what lies on a skirt goes along."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from .cloth import Coarse, Fall, Grid, Moving, nearest, settle
from .shape.body import SIDES, Figure, trunk_rows
from .shape.curves import profile, smoothstep, unit
from .shape.skeleton import BONE, BONES, Rest, bend
from .spec import Joint

Array = np.ndarray
_LEG_JOINTS = ("hip", "knee", "ankle")
SKIRT, CAPE, RIDER = "skirt", "cape", "rider"
_STEP_DEG = 6.0  # how far a thigh may swing before the cloth settles again: less than its own thickness
_CALM_DEG = 9.0  # legs that are bent no further than this leave a skirt as it was sewn
_BELOW_WAIST = [BONE[name] for name in BONES if name in ("pelvis", "spine") or name.endswith(_LEG_JOINTS)]
_OFF_FLOOR_M = 0.004
_LAYER_GAP_M = 0.014  # between a skirt and the cape over it
_BESIDE_M = 0.16  # further off than this a cape has nothing to do with a skirt
_PINNED_Y = 0.985  # in the modelling space: above it cloth sits on the hips


@dataclass(frozen=True)
class Hanging:
    """Points of a model that hang; a rider, which lies on a skirt, needs no grid."""

    kind: str
    first: int
    count: int
    grid: Grid | None = None

    @property
    def own(self) -> slice:
        """Its points among those of the model."""
        return slice(self.first, self.first + self.count)


@dataclass(frozen=True, eq=False)
class Sewn:
    """Points and normals of a whole model at rest."""

    points: Array
    normals: Array


@dataclass(frozen=True, eq=False)
class Limbs:
    """The body as round cones, each carried by a bone: (ax, ay, az, ra, bx, by, bz, rb)."""

    cones: Array
    bones: Array

    def scaled(self, factor: Array) -> Limbs:
        """The same limbs in another size."""
        f = np.asarray(factor, float)
        radius = (f[0] + f[2]) / 2
        return Limbs(self.cones * np.array([*f, radius, *f, radius]), self.bones)

    def bent(self, rotations: Array, shifts: Array) -> Array:
        """The cones in a pose."""
        turned, moved = rotations[self.bones], shifts[self.bones]
        out = self.cones.copy()
        for at in (0, 4):
            out[:, at : at + 3] = np.einsum("nij,nj->ni", turned, self.cones[:, at : at + 3]) + moved
        return out


def limbs_of(figure: Figure, rest: Rest, stool: float | None = None, sleeve: float = 0.0) -> Limbs:
    """What cloth may not run through, in the modelling space.

    `stool` is the height of a seat below, `sleeve` how far wide sleeves stand off the forearms.
    """
    cones: list[tuple[float, ...]] = []
    bones: list[int] = []

    def put(bone: str, a: Sequence[float] | Array, ra: float, b: Sequence[float] | Array, rb: float) -> None:
        cones.append((*map(float, a), ra, *map(float, b), rb))
        bones.append(BONE[bone])

    rows = trunk_rows(figure)
    for y, bone in ((0.90, "pelvis"), (0.96, "pelvis"), (1.03, "spine"), (1.11, "spine"), (1.20, "chest")):
        wide, front, back = (float(profile(rows[:, 0], rows[:, k], np.array([y]))[0]) for k in (1, 2, 3))
        radius, middle = (front - back) / 2, (front + back) / 2
        put(bone, (radius - wide, y, middle), radius, (wide - radius, y, middle), radius)
    leg = 0.079 * (0.55 + 0.45 * figure.limb) * (1 + 0.06 * figure.feminine)
    arm = 0.047 * figure.limb
    for side, sign in SIDES:
        hip, knee, ankle = (rest[f"{side}_{joint}"] for joint in ("hip", "knee", "ankle"))
        middle = (hip + knee) / 2 + np.array([sign * 0.006, 0.03, 0.006])
        calf = knee + np.array([sign * 0.004, -0.115, -0.022])
        put("pelvis", (sign * 0.068, 0.905, -0.066), 0.070, (sign * 0.068, 0.93, -0.060), 0.066)
        put(f"{side}_hip", hip, leg, middle, leg * 0.92)
        put(f"{side}_hip", middle, leg * 0.92, knee, leg * 0.90)
        put(f"{side}_knee", knee, leg * 0.90, calf, leg * 0.92)
        put(f"{side}_knee", calf, leg * 0.92, ankle, leg * 0.80)
        put(f"{side}_ankle", ankle, 0.045, (ankle[0] + sign * 0.022, 0.03, ankle[2] + 0.15), 0.04)
        shoulder, elbow, wrist = (rest[f"{side}_{joint}"] for joint in ("shoulder", "elbow", "wrist"))
        put(f"{side}_shoulder", shoulder, arm, elbow, arm * 0.9)
        put(f"{side}_elbow", elbow, arm * 0.9 + sleeve * 0.6, wrist, arm * 0.65 + sleeve)
    if stool is not None:
        corners = [
            (0.165 * np.sin(a), stool - 0.03, 0.165 * np.cos(a) - 0.02) for a in np.arange(9) * np.pi / 4
        ]
        for a, b in pairwise(corners):
            put("pelvis", a, 0.03, b, 0.03)
    return Limbs(np.array(cones), np.array(bones))


def _upright(rotation: Array, keep: float) -> Array:
    """A rotation with most of its tilt taken out: cloth hangs down however the hips lean."""
    ahead = rotation[:, 2] * np.array([1.0, 0.0, 1.0])
    ahead = unit(ahead) if (ahead * ahead).sum() > 1e-6 else np.array([0.0, 0.0, 1.0])
    level = np.stack([np.cross([0.0, 1.0, 0.0], ahead), np.array([0.0, 1.0, 0.0]), ahead], -1)
    mixed = level * (1 - keep) + rotation * keep
    z = unit(mixed[:, 2])
    x = unit(np.cross(mixed[:, 1], z))
    return np.stack([x, np.cross(z, x), z], -1)


@dataclass(frozen=True, eq=False)
class Draping:
    """All that cloth needs to know of a model: its body at rest, and where each joint is bent to."""

    rest: Rest
    limbs: Limbs
    joints: tuple[Joint, ...]
    rotations: Array
    shifts: Array
    unit_y: float  # metres per unit of the modelling space
    floor: float
    always: bool = False  # in motion skirts must not change ways when legs get straight

    def swing_deg(self) -> float:
        """How far the legs are bent, at the most."""
        legs = [j for j in self.joints if j.name.endswith(("hip", "knee"))]
        return max((abs(j.forward) + 0.6 * max(0.0, j.out - 8.0) for j in legs), default=0.0)

    def path(self, steps: int, which: Array) -> Moving:
        """The limbs on their way from rest to the pose, and how they are turned."""
        shots, turns = [], []
        for step in range(1, steps + 1):
            share = step / steps
            part = [
                replace(j, forward=j.forward * share, out=j.out * share, twist=j.twist * share)
                for j in self.joints
            ]
            rotations, shifts = bend(self.rest, part)
            shots.append(self.limbs.bent(rotations, shifts)[which])
            turns.append(rotations[self.limbs.bones][which])
        return Moving(self.limbs.cones[which], np.stack(shots), np.stack(turns))


def drape(sewn: Sewn, points: Array, normals: Array, hangings: Sequence[Hanging], how: Draping) -> None:
    """Settle everything that hangs, in place; points and normals are those of the bent model."""
    skirts = [h for h in hangings if h.kind == SKIRT]
    if skirts and (how.always or how.swing_deg() > _CALM_DEG):
        # The longest closed skirt falls by itself; the others keep their distance from it.
        lead = max(skirts, key=lambda h: _drop(sewn.points, h) * (1.0 if _grid(h).closed else 0.8))
        _take(sewn, points, normals, lead, _skirt(sewn, points, lead, how))
        _ride(sewn, points, normals, lead, [h for h in hangings if h.kind != CAPE and h is not lead])
    for hanging in hangings:
        if hanging.kind == CAPE:
            settled = _cape(sewn, points, hanging, how)
            if skirts:
                _lift_off(settled, points, normals, skirts)
            _take(sewn, points, normals, hanging, settled)


def _grid(hanging: Hanging) -> Grid:
    if hanging.grid is None:
        raise ValueError(f"A {hanging.kind} hangs by its rows and columns, and this one has none.")
    return hanging.grid


def _drop(points: Array, hanging: Hanging) -> float:
    return float(np.ptp(points[hanging.own, 1]))


def _skirt(sewn: Sewn, points: Array, hanging: Hanging, how: Draping) -> Array:
    start = sewn.points[hanging.own]
    height = start[:, 1] / how.unit_y
    free = (height < _PINNED_Y).astype(float)
    # Above the hips the cloth is where the bent body has it; below, it hangs from the pelvis.
    low = smoothstep(_PINNED_Y, 0.80, height)[:, None]
    tilt, middle = how.rotations[BONE["pelvis"]], how.rest["pelvis"]
    moved = tilt @ middle + how.shifts[BONE["pelvis"]]
    firm = np.einsum("ij,kj->ik", start - middle, tilt) + moved
    loose = np.einsum("ij,kj->ik", start - middle, _upright(tilt, 0.25)) + moved
    goal = np.where(free[:, None] > 0, firm * (1 - low) + loose * low, points[hanging.own])
    goal[:, 1] = np.maximum(goal[:, 1], how.floor + _OFF_FLOOR_M)

    steps = int(np.clip(np.ceil(how.swing_deg() / _STEP_DEG), 2, 22))
    legs = how.path(steps, np.isin(how.limbs.bones, _BELOW_WAIST))
    coarse = Coarse.of(_grid(hanging), start)
    few = coarse.pick(start)
    # The further cloth has to be lifted, the more it would be drawn through what lifts it.
    weight = 0.085 * min(1.0, 0.5 / _drop(sewn.points, hanging)) ** 1.5
    fall = Fall(weight, 0.06, 11, 0.020, how.floor + 1.5 * _OFF_FLOOR_M, 24)
    settled = settle(coarse.grid, few, few, coarse.pick(goal), coarse.pick(free), legs, fall)
    fine = np.where(free[:, None] > 0, coarse.refine(settled, start), points[hanging.own])
    last = Fall(0.0, 0.0, 1, 0.014, how.floor + _OFF_FLOOR_M, 4)
    return settle(_grid(hanging), start, fine, fine, free, legs.arrived(), last)


def _cape(sewn: Sewn, points: Array, hanging: Hanging, how: Draping) -> Array:
    start, grid = points[hanging.own], _grid(hanging)
    row = np.repeat(np.arange(grid.rows) / (grid.rows - 1), grid.columns)
    free = (row > 0.14).astype(float)  # what is above lies on the shoulders
    fall = Fall(0.05, 1.0, 1, 0.036, how.floor + _OFF_FLOOR_M, 5)
    # Arms are raised below a cape, whichever side of it they were on when it was sewn.
    cones = how.limbs.bent(how.rotations, how.shifts)
    limbs = Moving(cones, cones[None], np.broadcast_to(np.eye(3), (1, len(cones), 3, 3)))
    out = np.stack([start[:, 0], np.zeros(len(start)), start[:, 2] - 0.12], -1)
    return settle(grid, sewn.points[hanging.own], start, start, free, limbs, fall, start + 10.0 * unit(out))


def _lift_off(cape: Array, points: Array, normals: Array, skirts: Sequence[Hanging]) -> None:
    """A cape lies around the skirts of the pose; in place."""
    low = np.flatnonzero(cape[:, 1] < max(points[h.own, 1].max() for h in skirts))
    below = np.concatenate([points[h.own] for h in skirts])
    out = np.concatenate([normals[h.own] for h in skirts])
    near = np.zeros(len(low), np.int64)
    nearest(cape[low], below, near)
    away = cape[low] - below[near]
    off = (away * out[near]).sum(1)
    # Below a hem the cape swings back little by little.
    beside = np.sqrt(np.clip((away * away).sum(1) - off * off, 0, None))
    lifted = np.clip(_LAYER_GAP_M - off, 0, _BESIDE_M) * smoothstep(2 * _BESIDE_M, 0.02, beside)
    cape[low] += out[near] * lifted[:, None]


def _take(sewn: Sewn, points: Array, normals: Array, hanging: Hanging, settled: Array) -> None:
    own, grid = hanging.own, _grid(hanging)
    now = grid.calm(grid.normals(settled))
    # Which side is out was decided when the cloth was sewn.
    same = (grid.normals(sewn.points[own]) * sewn.normals[own]).sum() >= 0
    points[own] = settled
    normals[own] = now if same else -now


def _ride(sewn: Sewn, points: Array, normals: Array, lead: Hanging, others: Sequence[Hanging]) -> None:
    """What lies over or under a skirt keeps its place on it."""
    at_rest, grid = sewn.points[lead.own], _grid(lead)
    before, after = grid.frames(at_rest), grid.frames(points[lead.own])
    turned = np.einsum("nij,nkj->nik", after, before)
    for other in others:
        near = np.zeros(other.count, np.int64)
        nearest(sewn.points[other.own], at_rest, near)
        offset = sewn.points[other.own] - at_rest[near]
        points[other.own] = points[lead.own][near] + np.einsum("nij,nj->ni", turned[near], offset)
        normals[other.own] = unit(np.einsum("nij,nj->ni", turned[near], sewn.normals[other.own]))
