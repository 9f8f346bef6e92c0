"""Joint angles: the library on disk, JSON, and where the angles put the bones.

The library is one JSON file per pose: `joints` maps a joint to [forward, out, twist] in degrees
(`spec.Joint`), `hands` says how the hands are held, `lift` how far the lowest foot is off the ground in
head heights.
"""

from __future__ import annotations

import json
import math
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from studio.engine.figure.keys import HANDS, JOINTS
from studio.engine.figure.spec import Joint, Pose

FOLDER = Path(__file__).parent / "library"
MAX_DEGREES = 200.0

PARENTS: dict[str, str | None] = {
    "pelvis": None,
    "spine": "pelvis",
    "chest": "spine",
    "neck": "chest",
    "head": "neck",
    "left_clavicle": "chest",
    "left_shoulder": "left_clavicle",
    "left_elbow": "left_shoulder",
    "left_wrist": "left_elbow",
    "right_clavicle": "chest",
    "right_shoulder": "right_clavicle",
    "right_elbow": "right_shoulder",
    "right_wrist": "right_elbow",
    "left_hip": "pelvis",
    "left_knee": "left_hip",
    "left_ankle": "left_knee",
    "right_hip": "pelvis",
    "right_knee": "right_hip",
    "right_ankle": "right_knee",
}

# Where each joint sits from its parent at rest, in head heights, for a figure of seven and a half heads.
REST: dict[str, tuple[float, float, float]] = {
    "pelvis": (0.0, 3.85, 0.0),
    "spine": (0.0, 0.35, 0.0),
    "chest": (0.0, 0.75, 0.0),
    "neck": (0.0, 1.15, 0.0),
    "head": (0.0, 0.35, 0.04),
    "left_clavicle": (0.12, 1.0, 0.0),
    "left_shoulder": (0.62, 0.0, 0.0),
    "left_elbow": (0.0, -1.3, 0.0),
    "left_wrist": (0.0, -1.1, 0.0),
    "left_hip": (0.4, -0.1, 0.0),
    "left_knee": (0.0, -1.8, 0.0),
    "left_ankle": (0.0, -1.7, 0.0),
}


@cache
def library() -> dict[str, Pose]:
    """All poses of the library by name."""
    poses = {}
    for path in sorted(FOLDER.glob("*.json")):
        pose = pose_from_json(json.loads(path.read_text(encoding="utf-8")))
        poses[pose.name] = pose
    return poses


def resolve(pose: Pose) -> Pose:
    """The pose with its joints: looked up when it is only a name, mirrored when it says so."""
    if not pose.joints and pose.name in library():
        known = library()[pose.name]
        pose = replace(known, lift=pose.lift or known.lift, mirrored=pose.mirrored)
    return _mirrored(pose) if pose.mirrored else pose


def _mirrored(pose: Pose) -> Pose:
    joints = []
    for joint in pose.joints:
        side, _, rest = joint.name.partition("_")
        if side in {"left", "right"}:
            joints.append(replace(joint, name=f"{'right' if side == 'left' else 'left'}_{rest}"))
        else:
            joints.append(replace(joint, out=-joint.out, twist=-joint.twist))
    order = {name: place for place, name in enumerate(JOINTS)}
    joints.sort(key=lambda joint: order[joint.name])
    return replace(
        pose,
        joints=tuple(joints),
        left_hand=pose.right_hand,
        right_hand=pose.left_hand,
        mirrored=False,
    )


def pose_from_json(data: dict[str, Any]) -> Pose:
    """A pose from its JSON, or by {"name": "walk"}; ValueError says what is wrong with another."""
    joints = data.get("joints", {})
    if not isinstance(joints, dict):
        raise ValueError("joints must map a joint's name to [forward, out, twist] in degrees")
    if not joints and not data.get("name"):
        raise ValueError("a pose needs the name of a library pose or joints")
    if not joints and data["name"] not in _names():
        raise ValueError(f"no pose is called {data['name']!r}; the library has {', '.join(_names())}")
    unknown = sorted(set(joints) - set(JOINTS))
    if unknown:
        raise ValueError(f"unknown joints: {', '.join(unknown)}; known are {', '.join(JOINTS)}")
    hands = data.get("hands", {})
    left, right = hands.get("left", "relaxed"), hands.get("right", "relaxed")
    for hand in (left, right):
        if hand not in HANDS:
            raise ValueError(f"unknown hand {hand!r}; known are {', '.join(HANDS)}")
    angles = {name: _angles(name, values) for name, values in joints.items()}
    return Pose(
        str(data.get("name", "custom")),
        tuple(Joint(name, *angles[name]) for name in JOINTS if name in angles),
        _number(data.get("lift", 0.0), "lift"),
        left,
        right,
    )


def _names() -> list[str]:
    return sorted(path.stem for path in FOLDER.glob("*.json"))


def _angles(name: str, values: Any) -> tuple[float, float, float]:
    if not isinstance(values, list | tuple) or not 1 <= len(values) <= 3:
        raise ValueError(f"{name} needs [forward, out, twist] in degrees")
    forward, out, twist = (*(_number(value, name) for value in values), 0.0, 0.0)[:3]
    return forward, out, twist


def _number(value: Any, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{name} needs numbers, not {value!r}")
    if abs(value) > MAX_DEGREES:
        raise ValueError(f"{name}: {value} is out of range, at most {MAX_DEGREES:.0f} either way")
    return float(value)


def pose_to_json(pose: Pose) -> dict[str, Any]:
    """The pose as a library file writes it."""
    pose = resolve(pose)
    return {
        "name": pose.name,
        "lift": pose.lift,
        "hands": {"left": pose.left_hand, "right": pose.right_hand},
        "joints": {joint.name: [joint.forward, joint.out, joint.twist] for joint in pose.joints},
    }


# Where the bones go


def local_rotation(joint: Joint) -> np.ndarray:
    """The 3 × 3 rotation of one joint in its parent's frame."""
    if joint.name.startswith("right_"):
        left = _limb_rotation(joint)
        mirror = np.diag([-1.0, 1.0, 1.0])
        return mirror @ left @ mirror
    if joint.name.startswith("left_"):
        return _limb_rotation(joint)
    return _about_x(joint.forward) @ _about_z(-joint.out) @ _about_y(joint.twist)


def _limb_rotation(joint: Joint) -> np.ndarray:
    return _about_x(-joint.forward) @ _about_z(joint.out) @ _about_y(joint.twist)


def world_rotations(pose: Pose) -> dict[str, np.ndarray]:
    """The rotation of every joint's frame in the world; a rest direction times it is the bone's direction."""
    angles = {joint.name: joint for joint in resolve(pose).joints}
    frames: dict[str, np.ndarray] = {}
    for name in JOINTS:
        local = local_rotation(angles.get(name, Joint(name)))
        parent = PARENTS[name]
        frames[name] = local if parent is None else frames[parent] @ local
    return frames


def joint_points(pose: Pose) -> dict[str, np.ndarray]:
    """Positions of the joints and of the tips (crown, hands, toes) on the plain figure, in head heights."""
    frames = world_rotations(pose)
    points: dict[str, np.ndarray] = {}
    for name in JOINTS:
        offset = rest_offset(name)
        parent = PARENTS[name]
        points[name] = offset if parent is None else points[parent] + frames[parent] @ offset
    points["crown"] = points["head"] + frames["head"] @ np.array([0.0, 0.75, 0.0])
    for side, sign in (("left", 1.0), ("right", -1.0)):
        points[f"{side}_hand"] = points[f"{side}_wrist"] + frames[f"{side}_wrist"] @ np.array(
            [0.0, -0.7, 0.0]
        )
        points[f"{side}_toes"] = points[f"{side}_ankle"] + frames[f"{side}_ankle"] @ np.array(
            [0.0, -0.25, 0.7]
        )
        points[f"{side}_eye"] = points["head"] + frames["head"] @ np.array([0.14 * sign, 0.22, 0.34])
        points[f"{side}_ear"] = points["head"] + frames["head"] @ np.array([0.32 * sign, 0.2, 0.02])
    points["nose"] = points["head"] + frames["head"] @ np.array([0.0, 0.1, 0.42])
    return points


def rest_offset(name: str) -> np.ndarray:
    """Where a joint sits from its parent when nothing is bent, in head heights."""
    if name.startswith("right_"):
        x, y, z = REST["left_" + name.removeprefix("right_")]
        return np.array([-x, y, z])
    return np.array(REST[name])


def _about_x(degrees: float) -> np.ndarray:
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return np.array([[1.0, 0.0, 0.0], [0.0, cosine, -sine], [0.0, sine, cosine]])


def _about_y(degrees: float) -> np.ndarray:
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return np.array([[cosine, 0.0, sine], [0.0, 1.0, 0.0], [-sine, 0.0, cosine]])


def _about_z(degrees: float) -> np.ndarray:
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return np.array([[cosine, -sine, 0.0], [sine, cosine, 0.0], [0.0, 0.0, 1.0]])
