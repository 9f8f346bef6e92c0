"""Where the picture is taken from: rotation, centre and scale, with fair composition in any format."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

Array = np.ndarray
_DISTANCE = 6.0  # of the camera, in heights of the frame: a mild perspective


@dataclass(frozen=True, eq=False)
class Shot:
    """One camera position: world centre of the frame, pixels per metre, picture size."""

    rotation: Array
    centre: Array
    scale: float
    width: int
    height: int

    @property
    def distance(self) -> float:
        """From the camera to the centre, in metres."""
        return _DISTANCE * self.height / self.scale

    def project(self, points: Array) -> Array:
        """World points to (x, y, distance) in pixels and metres."""
        p = np.einsum("ij,kj->ik", np.atleast_2d(points) - self.centre, self.rotation)
        k = self.distance / (self.distance - p[:, 2])
        x, y = self.width / 2 + p[:, 0] * k * self.scale, self.height / 2 - p[:, 1] * k * self.scale
        return np.stack([x, y, -p[:, 2]], -1)


def view_rotation(yaw_deg: float, pitch_deg: float) -> Array:
    """World to view: yaw 90 shows the character's left side, pitch > 0 looks down on it."""
    a, p = np.radians(-yaw_deg), np.radians(pitch_deg)
    c, s = np.cos(a), np.sin(a)
    around = np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])
    c, s = np.cos(p), np.sin(p)
    return np.array([[1, 0, 0], [0, c, -s], [0, s, c]]) @ around


def frame(
    points: Array,
    head: Array,
    head_height: float,
    framing: str,
    yaw_deg: float,
    pitch_deg: float,
    width: int,
    height: int,
    turning: Array,
) -> Shot:
    """A camera that shows the whole figure, or its bust or portrait.

    `head` is the middle of the head. The full figure is framed by what it would need from every side
    (`turning`: its bent points), so that the views of a sheet agree in scale and ground line.
    """
    rotation = view_rotation(yaw_deg, pitch_deg)
    if framing in ("bust", "portrait"):
        tall = head_height * (2.9 if framing == "bust" else 1.75)
        span = max(tall, tall * 0.92 * height / width)
        centre = head + np.array([0.0, -0.62 if framing == "bust" else -0.13, 0.0]) * head_height
        return Shot(rotation, centre, height / span, width, height)
    low, high = turning[:, 1].min(), turning[:, 1].max()
    middle = np.array([0.0, (low + high) / 2, 0.0])
    flat = turning[:, [0, 2]]
    middle[[0, 2]] = (flat.min(0) + flat.max(0)) / 2
    tall = (high - low) * 1.07
    across = 2 * np.sqrt(((flat - middle[[0, 2]]) ** 2).sum(1)).max() * 1.03
    if abs(pitch_deg) > 1:
        seen = np.einsum("ij,kj->ik", points - middle, rotation)
        tall = max(tall * abs(np.cos(np.radians(pitch_deg))), 2.1 * np.abs(seen[:, 1]).max())
    # Wings and long weapons may leave the frame before the person gets small in it; the person may not.
    person = min(across, 0.42 * tall)
    span = max(tall, min(across * height / width, tall * 1.35), person * height / width)
    # Where a format leaves room over and under, people stand nearer to its lower edge.
    middle[1] += (span - tall) * 0.22
    return Shot(rotation, middle, height / span, width, height)
