"""The skeleton: joints at rest, poses by joint angles, weights of the skin, and bending a mesh with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..compiled import kernel, spread
from ..keys import JOINTS
from ..spec import Joint
from .curves import Vector, smoothstep, turn, unit

Array = np.ndarray

BONES: tuple[str, ...] = JOINTS
BONE = {name: number for number, name in enumerate(BONES)}
PARENT = {
    "pelvis": None,
    "spine": "pelvis",
    "chest": "spine",
    "neck": "chest",
    "head": "neck",
    **{
        f"{side}_{joint}": f"{side}_{parent}" if parent not in ("chest", "pelvis") else parent
        for side in ("left", "right")
        for joint, parent in (
            ("clavicle", "chest"),
            ("shoulder", "clavicle"),
            ("elbow", "shoulder"),
            ("wrist", "elbow"),
            ("hip", "pelvis"),
            ("knee", "hip"),
            ("ankle", "knee"),
        )
    },
}
REST_ARM_DEG = 45.0
# The modelling space: a body of this length from sole to chin; builds scale it afterwards.
BODY_LENGTH = 1.468
UPPER_ARM, FOREARM = 0.252, 0.232


@dataclass(frozen=True, eq=False)
class Rest:
    """The joints of a body at rest: arms out by REST_ARM_DEG, everything else straight."""

    places: dict[str, Array]

    def __getitem__(self, name: str) -> Array:
        return self.places[name]

    def scaled(self, factor: Vector) -> Rest:
        """The same skeleton in another size."""
        return Rest({name: place * np.asarray(factor) for name, place in self.places.items()})

    def turned(self, name: str) -> Array:
        """How the bone at a joint is turned at rest, against hanging straight down."""
        side, _, joint = name.partition("_")
        if joint not in ("shoulder", "elbow", "wrist"):
            return np.eye(3)
        along = self.places[f"{side}_wrist"] - self.places[f"{side}_shoulder"]
        return turn("z", float(np.degrees(np.arctan2(along[0], -along[1]))))


def rest_skeleton(shoulder: float, hip: float) -> Rest:
    """Joints in the modelling space, from the half widths of shoulders and hips."""
    places = {
        "pelvis": np.array([0.0, 0.94, -0.01]),
        "spine": np.array([0.0, 1.05, -0.008]),
        "chest": np.array([0.0, 1.18, -0.012]),
        "neck": np.array([0.0, 1.395, -0.024]),
        "head": np.array([0.0, 1.478, -0.016]),
    }
    down = np.array([np.sin(np.radians(REST_ARM_DEG)), -np.cos(np.radians(REST_ARM_DEG)), 0.0])
    for side, sign in (("left", 1.0), ("right", -1.0)):
        mirror = np.array([sign, 1.0, 1.0])
        places[f"{side}_clavicle"] = np.array([0.03, 1.365, -0.014]) * mirror
        places[f"{side}_shoulder"] = np.array([shoulder, 1.332, -0.02]) * mirror
        places[f"{side}_elbow"] = places[f"{side}_shoulder"] + UPPER_ARM * down * mirror
        places[f"{side}_wrist"] = places[f"{side}_elbow"] + FOREARM * down * mirror
        places[f"{side}_hip"] = np.array([hip, 0.905, -0.006]) * mirror
        places[f"{side}_knee"] = np.array([hip + 0.008, 0.49, 0.008]) * mirror
        places[f"{side}_ankle"] = np.array([hip + 0.014, 0.082, -0.022]) * mirror
    return Rest(places)


def _local(joint: Joint) -> Array:
    if joint.name.startswith(("left_", "right_")):
        sign = 1.0 if joint.name.startswith("left_") else -1.0
        return turn("x", -joint.forward) @ turn("z", sign * joint.out) @ turn("y", sign * joint.twist)
    return turn("x", joint.forward) @ turn("z", -joint.out) @ turn("y", joint.twist)


def bend(rest: Rest, joints: Sequence[Joint]) -> tuple[Array, Array]:
    """Rotation (bones × 3 × 3) and shift (bones × 3) that take the body at rest into the pose."""
    asked = {joint.name: joint for joint in joints}
    frames: dict[str, tuple[Array, Array]] = {}
    rotations, shifts = np.empty((len(BONES), 3, 3)), np.empty((len(BONES), 3))
    for number, name in enumerate(BONES):
        parent = PARENT[name]
        local = _local(asked[name]) if name in asked else np.eye(3)
        if parent is None:
            rotation, place = local, rest[name].copy()
        else:
            above, origin = frames[parent]
            rotation = above @ local
            place = origin + above @ (rest.turned(parent).T @ (rest[name] - rest[parent]))
        frames[name] = rotation, place
        rotations[number] = rotation @ rest.turned(name).T
        shifts[number] = place - rotations[number] @ rest[name]
    return rotations, shifts


def posed_places(rest: Rest, rotations: Array, shifts: Array) -> dict[str, Array]:
    """Where the joints are in a pose."""
    return {name: rotations[BONE[name]] @ rest[name] + shifts[BONE[name]] for name in BONES}


def rigid(count: int, bone: str) -> Array:
    """Weights of something that follows one bone."""
    weights = np.zeros((count, len(BONES)), np.float32)
    weights[:, BONE[bone]] = 1.0
    return weights


def _along(points: Array, a: Array, b: Array) -> tuple[Array, Array]:
    axis = b - a
    length = float(np.sqrt((axis * axis).sum()))
    x, y, z = (points - a).T
    dx, dy, dz = axis / length
    t = x * dx + y * dy + z * dz
    on = np.maximum(t, 0.0)
    return t, np.sqrt((x - on * dx) ** 2 + (y - on * dy) ** 2 + (z - on * dz) ** 2)


def arm_weights(points: Array, rest: Rest, side: str, into: Array, share: Array | float = 1.0) -> None:
    """Spread `share` over the bones of one arm, by the place along it."""
    shoulder, elbow, wrist = (rest[f"{side}_{joint}"] for joint in ("shoulder", "elbow", "wrist"))
    t, _ = _along(points, shoulder, wrist)
    bend_at = float(np.sqrt(((elbow - shoulder) ** 2).sum()))
    end_at = float(np.sqrt(((wrist - shoulder) ** 2).sum()))
    fore = smoothstep(bend_at - 0.045, bend_at + 0.045, t)
    hand = smoothstep(end_at - 0.02, end_at + 0.02, t)
    into[:, BONE[f"{side}_shoulder"]] += share * (1 - fore)
    into[:, BONE[f"{side}_elbow"]] += share * fore * (1 - hand)
    into[:, BONE[f"{side}_wrist"]] += share * fore * hand


def leg_weights(points: Array, rest: Rest, side: str, into: Array, share: Array | float = 1.0) -> None:
    """Spread `share` over the bones of one leg, by height."""
    y = points[:, 1]
    knee = smoothstep(rest[f"{side}_knee"][1] + 0.05, rest[f"{side}_knee"][1] - 0.05, y)
    foot = smoothstep(rest[f"{side}_ankle"][1] + 0.03, rest[f"{side}_ankle"][1] - 0.03, y)
    into[:, BONE[f"{side}_hip"]] += share * (1 - knee)
    into[:, BONE[f"{side}_knee"]] += share * knee * (1 - foot)
    into[:, BONE[f"{side}_ankle"]] += share * knee * foot


def trunk_weights(points: Array, into: Array, share: Array | float = 1.0) -> None:
    """Spread `share` over pelvis, spine, chest, neck and head, by height."""
    y = points[:, 1]
    steps = [
        smoothstep(low, high, y) for low, high in ((0.98, 1.06), (1.10, 1.22), (1.37, 1.42), (1.45, 1.50))
    ]
    left = np.ones_like(y) * share
    for name, nearer, step in zip(("pelvis", "spine", "chest", "neck"), steps, steps, strict=True):
        into[:, BONE[name]] += left * (1 - step)
        left = left * nearer
    into[:, BONE["head"]] += left


def skin_weights(points: Array, rest: Rest, reach: float = 1.0, split: float = 0.03) -> Array:
    """Weights by place: for the skin and for all that lies on it; reach widens the arms for bulky sleeves.

    split is half the width of the zone between the legs in which both legs pull: wide for skirts.
    """
    weights = np.zeros((len(points), len(BONES)), np.float32)
    arms = np.zeros(len(points))
    for side, sign in (("left", 1.0), ("right", -1.0)):
        t, distance = _along(points, rest[f"{side}_shoulder"], rest[f"{side}_wrist"])
        near = smoothstep(0.13 * reach, 0.075 * reach, distance)
        arm = near * smoothstep(-0.045, 0.075, t) * (sign * points[:, 0] > 0.02)
        pull = near * smoothstep(-0.13, -0.01, t) * (1 - arm) * 0.55 * (sign * points[:, 0] > 0.02)
        arm_weights(points, rest, side, weights, arm)
        weights[:, BONE[f"{side}_clavicle"]] += pull
        arms += arm + pull
    body = 1 - arms
    hip = rest["left_hip"][1]
    legs = body * smoothstep(hip + 0.05, hip - 0.09, points[:, 1])
    left = smoothstep(-split, split, points[:, 0])
    leg_weights(points, rest, "left", weights, legs * left)
    leg_weights(points, rest, "right", weights, legs * (1 - left))
    trunk_weights(points, weights, body - legs)
    return weights


@kernel
def _bend_points(points, normals, weights, real, dual, first, last, out_points, out_normals):
    """Dual quaternion skinning: joints keep their volume when they bend far."""
    bones = real.shape[0]
    for i in range(first, last):
        r0 = r1 = r2 = r3 = d0 = d1 = d2 = d3 = 0.0
        lead = -1
        for b in range(bones):
            w = weights[i, b]
            if w <= 0.0:
                continue
            if lead < 0:
                lead = b
            dot = (
                real[b, 0] * real[lead, 0]
                + real[b, 1] * real[lead, 1]
                + real[b, 2] * real[lead, 2]
                + real[b, 3] * real[lead, 3]
            )
            if dot < 0:
                w = -w
            r0 += w * real[b, 0]
            r1 += w * real[b, 1]
            r2 += w * real[b, 2]
            r3 += w * real[b, 3]
            d0 += w * dual[b, 0]
            d1 += w * dual[b, 1]
            d2 += w * dual[b, 2]
            d3 += w * dual[b, 3]
        n = 1.0 / np.sqrt(r0 * r0 + r1 * r1 + r2 * r2 + r3 * r3)
        r0, r1, r2, r3 = r0 * n, r1 * n, r2 * n, r3 * n
        d0, d1, d2, d3 = d0 * n, d1 * n, d2 * n, d3 * n
        tx = 2.0 * (-d0 * r1 + d1 * r0 - d2 * r3 + d3 * r2)
        ty = 2.0 * (-d0 * r2 + d1 * r3 + d2 * r0 - d3 * r1)
        tz = 2.0 * (-d0 * r3 - d1 * r2 + d2 * r1 + d3 * r0)
        for turn_it in range(2):
            if turn_it == 0:
                x, y, z = points[i, 0], points[i, 1], points[i, 2]
            else:
                x, y, z = normals[i, 0], normals[i, 1], normals[i, 2]
            cx = r2 * z - r3 * y + r0 * x
            cy = r3 * x - r1 * z + r0 * y
            cz = r1 * y - r2 * x + r0 * z
            ox = x + 2.0 * (r2 * cz - r3 * cy)
            oy = y + 2.0 * (r3 * cx - r1 * cz)
            oz = z + 2.0 * (r1 * cy - r2 * cx)
            if turn_it == 0:
                out_points[i, 0], out_points[i, 1], out_points[i, 2] = ox + tx, oy + ty, oz + tz
            else:
                out_normals[i, 0], out_normals[i, 1], out_normals[i, 2] = ox, oy, oz


def _quaternions(rotations: Array) -> Array:
    out = np.empty((len(rotations), 4))
    for i, m in enumerate(rotations):
        # Shepperd's choice of the largest component keeps the square root away from zero.
        sizes = [m[0, 0] + m[1, 1] + m[2, 2], m[0, 0], m[1, 1], m[2, 2]]
        big = int(np.argmax(sizes))
        if big == 0:
            q = [1 + sizes[0], m[2, 1] - m[1, 2], m[0, 2] - m[2, 0], m[1, 0] - m[0, 1]]
        elif big == 1:
            q = [m[2, 1] - m[1, 2], 1 + m[0, 0] - m[1, 1] - m[2, 2], m[0, 1] + m[1, 0], m[0, 2] + m[2, 0]]
        elif big == 2:
            q = [m[0, 2] - m[2, 0], m[0, 1] + m[1, 0], 1 - m[0, 0] + m[1, 1] - m[2, 2], m[1, 2] + m[2, 1]]
        else:
            q = [m[1, 0] - m[0, 1], m[0, 2] + m[2, 0], m[1, 2] + m[2, 1], 1 - m[0, 0] - m[1, 1] + m[2, 2]]
        out[i] = q
    return unit(out)


def bend_points(
    points: Array, normals: Array, weights: Array, rotations: Array, shifts: Array
) -> tuple[Array, Array]:
    """Points and normals of a mesh at rest, taken into a pose."""
    real = _quaternions(rotations)
    dual = np.empty_like(real)
    t, q = shifts, real
    dual[:, 0] = -0.5 * (t[:, 0] * q[:, 1] + t[:, 1] * q[:, 2] + t[:, 2] * q[:, 3])
    dual[:, 1] = 0.5 * (t[:, 0] * q[:, 0] + t[:, 1] * q[:, 3] - t[:, 2] * q[:, 2])
    dual[:, 2] = 0.5 * (-t[:, 0] * q[:, 3] + t[:, 1] * q[:, 0] + t[:, 2] * q[:, 1])
    dual[:, 3] = 0.5 * (t[:, 0] * q[:, 2] - t[:, 1] * q[:, 1] + t[:, 2] * q[:, 0])
    out_points, out_normals = np.empty_like(points), np.empty_like(normals)
    bands = [band for band in np.array_split(np.arange(len(points)), 4) if len(band)]
    spread(
        lambda band: _bend_points(
            points, normals, weights, real, dual, band[0], band[-1] + 1, out_points, out_normals
        ),
        bands,
    )
    return out_points, out_normals
