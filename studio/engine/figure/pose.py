"""Which pose the character takes: of the words, of joint angles, of an OpenPose document or picture."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from . import poses
from .request import DrawRequest
from .spec import Joint, Pose, Spec


def posed(spec: Spec, request: DrawRequest, not_drawn: list[str]) -> Spec:
    """The spec with the pose that was asked for, joints and all; what cannot be read is reported."""
    pose = spec.pose
    if request.pose_json is not None:
        try:
            pose = _from_json(request.pose_json) or pose
        except ValueError as error:
            not_drawn.append(f"pose: {error}")
    elif request.pose_image is not None:
        seen = poses.read_picture(request.pose_image)
        lifted = poses.lift(seen) if seen is not None else None
        if lifted is None:
            not_drawn.append(
                "pose picture: no OpenPose skeleton could be read in it, so the usual pose is drawn"
            )
        else:
            pose = replace(lifted[0], left_hand=pose.left_hand, right_hand=pose.right_hand)
    found = poses.resolve(pose)
    if not found.joints and found.name not in poses.library():
        not_drawn.append(f"pose {found.name.replace('_', ' ')}")
        found = poses.resolve(Pose("idle"))
    return replace(spec, pose=carrying(found, spec))


@dataclass(frozen=True)
class _Grip:
    """Degrees of an arm that shows what its hand holds; wrist is out and twist."""

    bend: float
    out: float
    twist: float
    wrist: tuple[float, float]


_SHIELD = _Grip(62.0, 15.0, 8.0, (0.0, 0.0))
_HELD = _Grip(58.0, 15.0, 16.0, (16.0, 10.0))
# Shafts stand upright beside the body: the forearm turns out, and the wrist takes back its lean.
_SHAFT = _Grip(80.0, 14.0, 20.0, (30.0, 20.0))
_UPRIGHT = {
    "staff",
    "bow",
    "spear",
    "scythe",
    "pitchfork",
    "flag",
    "broom",
    "umbrella",
    "fishing_rod",
    "scepter",
    "torch",
}
_AT_REST = {"idle", "walk", "hand_on_hip", "lean", "sit", "kneel"}


def carrying(pose: Pose, spec: Spec) -> Pose:
    """A standing pose with the forearms raised so far that the hands show what they hold."""
    if pose.name not in _AT_REST:
        return pose
    held: dict[str, _Grip] = {}
    for item in spec.items:
        grip = _SHIELD if item.kind == "shield" else _SHAFT if item.kind in _UPRIGHT else _HELD
        if item.where in ("right_hand", "both_hands"):
            held["right"] = grip
        elif item.where == "left_hand":
            held["left"] = grip
    joints = {joint.name: joint for joint in pose.joints}
    for side, grip in held.items():
        upper = joints.get(f"{side}_shoulder", Joint(f"{side}_shoulder", 0.0, 11.0))
        out = max(upper.out, grip.out)
        joints[f"{side}_shoulder"] = replace(upper, forward=-4.0, out=out, twist=grip.twist)
        joints[f"{side}_elbow"] = Joint(f"{side}_elbow", grip.bend)
        joints[f"{side}_wrist"] = Joint(f"{side}_wrist", 0.0, *grip.wrist)
    return replace(pose, joints=tuple(joints.values()))


def _from_json(document: dict[str, Any]) -> Pose | None:
    if "people" in document:
        lifted = poses.lift(poses.from_document(document))
        if lifted is None:
            raise ValueError("too little of the body is seen in the OpenPose document")
        return lifted[0]
    return poses.pose_from_json(document)
