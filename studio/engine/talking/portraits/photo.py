"""A picture that we did not draw: its lips, jaw and lids are moved, and its head a little."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from PIL import Image

from studio.engine.figure.shape.curves import smoothstep
from studio.engine.talking.moment import Moment
from studio.engine.talking.portraits.blinking import Blinker, blinker_of
from studio.engine.talking.portraits.eyes import eyes_at
from studio.engine.talking.portraits.find import Features, clicked, found_in
from studio.engine.talking.portraits.measure import Frame, lip_line, skin_colour, tints_of
from studio.engine.talking.portraits.motion import soft
from studio.engine.talking.portraits.speaking import Speaker, speaker_of
from studio.engine.talking.portraits.teeth import teeth_line
from studio.engine.talking.portraits.warp import CELL, grid_size, kinds_of, moved, words_of

Array = np.ndarray
_CROP = 6.4  # side of the crop in distances of the eyes, where the picture is larger
_OF_ENLARGED = 1.2  # pixels that an edge takes for each pixel of a smaller picture
_LOOSE = 1.2  # pictures that are hardly larger than that are kept whole


def open_photo(rgb: Array, size: int, landmarks: Mapping[str, Any] | None) -> PhotoPortrait:
    """The portrait of any picture; raises NoFace."""
    height, width = rgb.shape[:2]
    found = clicked(landmarks, width, height) if landmarks is not None else found_in(rgb)
    left, top, side = _crop(found, width, height)
    box = (left, top, left + side, top + side)
    picture = np.asarray(Image.fromarray(rgb).resize((size, size), Image.Resampling.LANCZOS, box=box))
    softness = max(1.0, _OF_ENLARGED * size / side)
    return PhotoPortrait(picture, _moved(found, left, top, size / side), softness)


def _crop(found: Features, width: int, height: int) -> tuple[float, float, float]:
    """Left, top and side of a square with head and shoulders, as far as the picture has them."""
    apart = found.eyes_px
    most = float(min(width, height))
    side = min(most, _CROP * apart)
    if side * _LOOSE > most:
        side = most
    x = (found.left_eye[0] + found.right_eye[0]) / 2
    y = (found.left_eye[1] + found.right_eye[1]) / 2 + 0.10 * side
    left = min(max(0.0, x - side / 2), width - side)
    top = min(max(0.0, y - side / 2), height - side)
    return left, top, side


def _moved(found: Features, left: float, top: float, scale: float) -> Features:
    def place(at: tuple[float, float]) -> tuple[float, float]:
        return (at[0] - left) * scale, (at[1] - top) * scale

    return Features(
        place(found.left_eye), place(found.right_eye), place(found.mouth), found.clicked, found.turned
    )


@dataclass(frozen=True, eq=False)
class _Motion:
    basis: Array

    def field(self, moment: Moment) -> Array:
        amounts = [
            soft(moment.yaw, 0.22), soft(moment.pitch, 0.18), soft(moment.roll, 0.16),
            soft(moment.breath, 1.5), soft(moment.sway[0], 0.2), soft(moment.sway[1], 0.2),
            soft(moment.brows, 1.2),
        ]  # fmt: skip
        return np.ascontiguousarray(np.tensordot(np.array(amounts, np.float32), self.basis, 1))


def _motion(frame: Frame, size: int, down_to_chin: float) -> _Motion:
    """Shifts of a head that is about an egg, fading into what is around it and into the picture's edge."""
    side = grid_size(size)
    y, x = np.mgrid[0:side, 0:side] * float(CELL)
    u, v = np.moveaxis(frame.of(np.stack([x, y], -1)), -1, 0)
    middle = (down_to_chin - 1.95) / 2 + 0.05
    tall = (down_to_chin + 1.95) / 2
    away = np.sqrt((u / 1.28) ** 2 + ((v - middle) / tall) ** 2)
    deep = np.sqrt(np.clip(1 - away * away, 0, 1))
    bulge = 1.10 * deep * deep * (3 - 2 * deep)
    head = smoothstep(2.1, 1.0, away)
    neck = smoothstep(down_to_chin + 1.5, down_to_chin - 0.3, v)
    whole = head * np.maximum(neck, 0.0)
    edge = np.minimum.reduce([x, size - 1 - x, y + 0 * x]) / size
    calm = smoothstep(0.0, 0.10, edge)[..., None] * smoothstep(0.0, 0.05, (size - 1 - y) / size)[..., None]
    pivot = down_to_chin + 0.5
    nothing = np.zeros_like(u)
    ring = smoothstep(0.85, 1.25, away) * head * smoothstep(down_to_chin + 1.2, 0.0, v)
    shoulders = smoothstep(down_to_chin + 0.1, down_to_chin + 1.2, v)
    brow = (
        np.exp(-(((v + 0.42) / 0.20) ** 2)) * smoothstep(1.05, 0.75, np.abs(u)) * smoothstep(-0.10, -0.24, v)
    )
    chest = 0.035 * np.maximum(shoulders, 0.6 * whole)
    moves = [
        (bulge + 0.42 * whole, nothing),
        (nothing, bulge * 0.9 + 0.35 * whole),
        (-(v - pivot) * whole, u * whole),
        (u * 0.012 * shoulders, -chest),
        (1.5 * ring, nothing),
        (nothing, 1.5 * ring),
        (nothing, -0.085 * brow),
    ]
    basis = []
    for across, down in moves:
        shift = (across[..., None] * frame.right + down[..., None] * frame.down) * frame.unit
        basis.append((shift * calm).astype(np.float32))
    return _Motion(np.ascontiguousarray(np.stack(basis)))


class PhotoPortrait:
    """A given picture that talks."""

    kind: Literal["drawn", "photo"] = "photo"

    def __init__(self, picture: Array, found: Features, softness: float = 1.0) -> None:
        """`softness`: how many pixels the picture's own edges take, at least."""
        self.size = len(picture)
        left, right, mouth = (np.array(place) for place in (found.left_eye, found.right_eye, found.mouth))
        across = right - left
        unit = float(np.hypot(*across))
        across = across / unit
        frame = Frame((left + right) / 2, across, np.array([-across[1], across[0]]), unit)
        skin = skin_colour(picture, frame)
        lips = teeth_line(picture, frame, mouth, skin) or lip_line(picture, frame, mouth, found.clicked)
        self._picture = np.ascontiguousarray(np.dstack([picture, np.full(picture.shape[:2], 255, np.uint8)]))
        self._still = words_of(self._picture)
        self._nothing = np.zeros_like(picture)
        self._kinds = kinds_of(self._picture[None])
        tints = tints_of(picture, frame, skin, lips)
        self._mouth: Speaker = speaker_of(frame, lips, tints, self.size, softness)
        eyes = [
            blinker_of(picture, frame, eye, skin, softness) for eye in eyes_at(picture, frame, (left, right))
        ]
        self._eyes: list[Blinker] = [eye for eye in eyes if eye is not None]
        self._motion = _motion(frame, self.size, lips.middle[1] + 0.80)

    def frame(self, moment: Moment) -> Array:
        """The picture of one moment."""
        picture = self._picture.copy()
        self._mouth.change(picture, self._still, moment)
        for eye in self._eyes:
            eye.change(picture, self._still, moment)
        return moved(picture[None], self._kinds, self._nothing, self._motion.field(moment)[None])
