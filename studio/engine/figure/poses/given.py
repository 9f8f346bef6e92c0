"""A pose that somebody hands in: any of the documents, or a picture of a skeleton."""

from __future__ import annotations

from typing import Any

import numpy as np

from studio.engine.figure.poses.lift import lift
from studio.engine.figure.poses.openpose import from_document, read_picture
from studio.engine.figure.poses.pose import pose_from_json
from studio.engine.figure.spec import Pose


def pose_from_document(document: Any) -> tuple[Pose, float | None]:
    """The pose of an OpenPose document with the yaw it was seen from, or of joint angles with none."""
    if isinstance(document, dict) and "people" not in document:
        return pose_from_json(document), None
    lifted = lift(from_document(document))
    if lifted is None:
        raise ValueError(
            "the OpenPose document shows too little of a body: neck, shoulders and hips are needed"
        )
    return lifted


def pose_from_picture(image: np.ndarray) -> tuple[Pose, float] | None:
    """The pose of a rendered OpenPose skeleton with its yaw, None for any other picture."""
    seen = read_picture(image)
    return None if seen is None else lift(seen)
