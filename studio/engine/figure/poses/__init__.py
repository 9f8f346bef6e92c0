"""Poses: a library of joint angles, and OpenPose documents and pictures read and written."""

from studio.engine.figure.poses.given import pose_from_document, pose_from_picture
from studio.engine.figure.poses.lift import lift
from studio.engine.figure.poses.openpose import (
    OpenPose,
    draw_openpose,
    from_document,
    read_picture,
    to_document,
)
from studio.engine.figure.poses.pose import (
    joint_points,
    library,
    pose_from_json,
    pose_to_json,
    resolve,
    world_rotations,
)

__all__ = [
    "OpenPose",
    "draw_openpose",
    "from_document",
    "joint_points",
    "library",
    "lift",
    "pose_from_document",
    "pose_from_json",
    "pose_from_picture",
    "pose_to_json",
    "read_picture",
    "resolve",
    "to_document",
    "world_rotations",
]
