"""Which pose the character takes: of the words, of joint angles, of an OpenPose document or picture."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from . import poses
from .request import DrawRequest
from .spec import Pose, Spec


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
    return replace(spec, pose=found)


def _from_json(document: dict[str, Any]) -> Pose | None:
    if "people" in document:
        lifted = poses.lift(poses.from_document(document))
        if lifted is None:
            raise ValueError("too little of the body is seen in the OpenPose document")
        return lifted[0]
    return poses.pose_from_json(document)
