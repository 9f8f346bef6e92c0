"""How the camera moves over a video, and the painted backdrop that it sees a part of."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from PIL import Image

from ..render.camera import Shot, view_rotation

Array = np.ndarray
_CLOSER, _PANNED = 1.42, 0.16  # how much larger, and how far aside in widths of the picture
_PAN_CLOSER = 1.22  # so that there is something beside the picture to see


@dataclass(frozen=True)
class Move:
    """Where the camera is at a moment: how close, looking how far aside and up, and from which side."""

    closer: float = 1.0
    aside: float = 0.0  # shares of the width
    up: float = 0.0  # shares of the height
    yaw_deg: float = 0.0


def move_at(camera: str, share: float, seconds: float) -> Move:
    """A camera move at a share of the video."""
    eased = share * share * (3 - 2 * share)
    way = 2 * eased - 1
    match camera:
        case "zoom in":
            return Move(closer=_CLOSER**eased, up=0.30 * (1 - _CLOSER**-eased))
        case "zoom out":
            return Move(closer=_CLOSER ** (1 - eased), up=0.30 * (1 - _CLOSER ** (eased - 1)))
        case "pan left" | "pan right":
            side = 1.0 if camera == "pan right" else -1.0
            return Move(closer=_PAN_CLOSER, aside=side * way * _PANNED)
        case "pan up" | "pan down":
            side = 1.0 if camera == "pan up" else -1.0
            return Move(closer=_PAN_CLOSER, up=side * way * (1 - 1 / _PAN_CLOSER) / 2)
        case "orbit":
            # In a short video a whole round would be a whirl.
            return Move(yaw_deg=360.0 * share) if seconds >= 3.0 else Move(yaw_deg=45.0 * way)
    return Move()


def seen_from(shot: Shot, move: Move, yaw_deg: float, pitch_deg: float) -> Shot:
    """A shot from where the camera has come to."""
    if move == Move():
        return shot
    rotation = view_rotation(yaw_deg + move.yaw_deg, pitch_deg)
    aside = move.aside * shot.width / shot.scale
    up = move.up * shot.height / shot.scale
    centre = shot.centre + rotation.T @ np.array([aside, up, 0.0])
    return replace(shot, rotation=rotation, centre=centre, scale=shot.scale * move.closer)


class Wall:
    """A backdrop that goes on to both sides, each other time mirrored, and is seen through the camera."""

    def __init__(self, picture: Array, width: int, height: int) -> None:
        self._width, self._height = width, height
        self._own = picture.shape[1]
        self._whole = picture  # floats of the frame's height
        self._tiles: Image.Image | None = None

    def seen(self, scrolled_px: float, move: Move) -> Array:
        """What is behind the character, as floats, with the camera moved so and the ground gone by so far."""
        if scrolled_px == 0.0 and move.closer == 1.0 and move.aside == 0.0 and move.up == 0.0:
            start = (self._own - self._width) // 2
            return self._whole[:, start : start + self._width]
        if self._tiles is None:
            tile = (np.clip(self._whole, 0, 1) * 255 + 0.5).astype(np.uint8)
            reach = -(-self._width // self._own) + 1  # tiles beyond the two, for a view over their seam
            order = [tile if k % 2 == 0 else tile[:, ::-1] for k in range(2 + reach)]
            self._tiles = Image.fromarray(np.concatenate(order, 1))
        zoom = 1.0 / move.closer
        middle = self._own / 2 + scrolled_px + move.aside * self._width
        left = (middle - zoom * self._width / 2) % (2 * self._own)
        top = self._height * (0.5 - move.up) - zoom * self._height / 2
        picture = self._tiles.transform(
            (self._width, self._height),
            Image.Transform.AFFINE,
            (zoom, 0.0, left, 0.0, zoom, top),
            Image.Resampling.BILINEAR,
        )
        return np.asarray(picture, np.float32) / np.float32(255.0)
