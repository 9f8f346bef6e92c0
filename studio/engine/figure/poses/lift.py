"""From flat OpenPose points to joint angles: a limb that looks short points to the viewer or away.

Of the two, the likelier is taken: arms and thighs come forward, shins go back. A person whose right shoulder
is on the picture's right is seen from behind.
"""

from __future__ import annotations

import math

import numpy as np

from studio.engine.figure.keys import JOINTS
from studio.engine.figure.poses.openpose import NAMES, OpenPose, Point
from studio.engine.figure.poses.pose import PARENTS, local_rotation
from studio.engine.figure.spec import Joint, Pose

# Bone -> (from, to, length in head heights, which way it bends out of the picture)
BONES: dict[str, tuple[str, str, float, float]] = {
    "shoulder": ("shoulder", "elbow", 1.3, 1.0),
    "elbow": ("elbow", "wrist", 1.1, 1.0),
    "hip": ("hip", "knee", 1.8, 1.0),
    "knee": ("knee", "ankle", 1.7, -1.0),
}
TORSO = 2.25  # neck to the middle of the hips, in head heights
SHOULDERS = 1.48  # from one to the other
SLACK = 0.94  # people differ; a limb this near to its full length is not foreshortened


def lift(seen: OpenPose) -> tuple[Pose, float] | None:
    """The pose, and the yaw it was seen from; None when too little of the body was seen."""
    points = dict(zip(NAMES, seen.points, strict=True))
    neck, hips = points["neck"], _middle(points["left_hip"], points["right_hip"])
    unit = _unit(points, neck, hips)
    if neck is None or unit is None:
        return None
    yaw = _yaw(points, unit)
    angles: dict[str, Joint] = {}
    frames: dict[str, np.ndarray] = {}
    if hips is not None:
        up = _seen_direction(hips, neck, yaw, 0.0)
        lean, bow = _tilt(up)
        angles["pelvis"] = Joint("pelvis", bow, lean, 0.0)
    for name in JOINTS:
        parent = PARENTS[name]
        frame = np.eye(3) if parent is None else frames[parent]
        side, _, bone = name.partition("_")
        if bone in BONES:
            direction = _bone_direction(points, side, bone, unit, yaw)
            if direction is not None:
                angles[name] = _aimed(name, frame.T @ direction)
        elif name == "head":
            angles[name] = _head(points, neck, unit, frame, yaw)
        joint = angles.get(name, Joint(name))
        frames[name] = frame @ local_rotation(joint)
    joints = tuple(angles[name] for name in JOINTS if name in angles)
    return Pose("openpose", joints), yaw


def _middle(one: Point | None, other: Point | None) -> Point | None:
    if one is None or other is None:
        return one or other
    return (one[0] + other[0]) / 2, (one[1] + other[1]) / 2


def _unit(points: dict[str, Point | None], neck: Point | None, hips: Point | None) -> float | None:
    """Pixels of one head height: from the torso, and from limbs that are longer than it allows."""
    guesses = []
    if neck is not None and hips is not None:
        guesses.append(math.dist(neck, hips) / TORSO)
    limbs = []
    for side in ("left", "right"):
        for start, end, length, _ in BONES.values():
            one, other = points[f"{side}_{start}"], points[f"{side}_{end}"]
            if one is not None and other is not None:
                limbs.append(math.dist(one, other) / length)
    if limbs:
        guesses.append(sorted(limbs)[-1] * SLACK)
    best = max(guesses, default=0.0)
    return best if best > 0.5 else None


def _yaw(points: dict[str, Point | None], unit: float) -> float:
    left, right, nose = points["left_shoulder"], points["right_shoulder"], points["nose"]
    if left is None or right is None:
        left, right = points["left_hip"], points["right_hip"]
    if left is None or right is None:
        return 0.0
    width = (left[0] - right[0]) / (unit * SHOULDERS)
    if width < -0.35:
        return 180.0
    if width > 0.6 or nose is None:
        return 0.0
    middle = (left[0] + right[0]) / 2
    aside = (nose[0] - middle) / unit
    if abs(aside) < 0.12:
        return 0.0
    angle = math.degrees(math.acos(max(-1.0, min(1.0, width))))
    return round(angle if aside < 0 else -angle, 1)


def _seen_direction(start: Point, end: Point, yaw: float, depth: float) -> np.ndarray:
    """A direction of the picture, with its depth to the viewer, in the character's own space."""
    across, up = end[0] - start[0], start[1] - end[1]
    cosine, sine = math.cos(math.radians(yaw)), math.sin(math.radians(yaw))
    found = np.array([across * cosine + depth * sine, up, -across * sine + depth * cosine])
    length = float(np.linalg.norm(found))
    return found / length if length > 1e-9 else np.array([0.0, -1.0, 0.0])


def _bone_direction(
    points: dict[str, Point | None], side: str, bone: str, unit: float, yaw: float
) -> np.ndarray | None:
    start_name, end_name, length, bend = BONES[bone]
    start, end = points[f"{side}_{start_name}"], points[f"{side}_{end_name}"]
    if start is None or end is None:
        return None
    flat = math.dist(start, end)
    whole = length * unit
    depth = 0.0 if flat > whole * 0.9 else math.sqrt(max(0.0, whole**2 - flat**2))
    toward = bend * (1.0 if abs(yaw) < 90 else -1.0)
    return _seen_direction(start, end, yaw, depth * toward)


def _aimed(name: str, direction: np.ndarray) -> Joint:
    """The angles that turn a hanging bone to this direction of its parent's frame."""
    x, y, z = (float(part) for part in direction)
    if name.startswith("right_"):
        x = -x
    out = math.degrees(math.asin(max(-1.0, min(1.0, x))))
    forward = math.degrees(math.atan2(z, -y)) if math.hypot(y, z) > 1e-6 else 0.0
    return Joint(name, round(forward, 2), round(out, 2), 0.0)


def _tilt(up: np.ndarray) -> tuple[float, float]:
    x, y, z = (float(part) for part in up)
    lean = math.degrees(math.asin(max(-1.0, min(1.0, x))))
    return round(lean, 2), round(math.degrees(math.atan2(z, y)), 2)


def _head(points: dict[str, Point | None], neck: Point, unit: float, frame: np.ndarray, yaw: float) -> Joint:
    """The head's lean from the line of the ears or eyes, its turn from where the nose is between them."""
    left = points["left_ear"] or points["left_eye"]
    right = points["right_ear"] or points["right_eye"]
    nose = points["nose"]
    lean = turn = 0.0
    if left is not None and right is not None and abs(left[0] - right[0]) > unit * 0.12:
        across, down = left[0] - right[0], left[1] - right[1]
        lean = math.degrees(math.atan2(down, abs(across)))
        if nose is not None and abs(yaw) < 45:
            half = abs(across) / 2
            aside = (nose[0] - (left[0] + right[0]) / 2) / max(half, 1.0)
            turn = math.degrees(math.asin(max(-0.7, min(0.7, aside * 0.6))))
    torso_lean = math.degrees(math.asin(max(-1.0, min(1.0, float(frame[0, 1])))))
    return Joint("head", 0.0, round(max(-35.0, min(35.0, lean - torso_lean)), 2), round(turn, 2))
