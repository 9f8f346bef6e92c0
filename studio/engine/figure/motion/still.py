"""A picture that nobody drew here: only the camera moves over it, and what is nearer moves a little more."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from .camera import Move, move_at

Array = np.ndarray
_MARGIN = 1.10  # so much closer than the whole picture, so that a moving camera sees no edge
_DRIFT = 0.016  # of the picture, that the camera floats to each side where nobody says how it moves
_BREATH = 0.035  # and how much closer it comes
_DEPTH = 0.55  # how much less the furthest moves than the nearest
_NEAR_SHARE = 0.75  # of the nearness that is the subject's; the rest is the ground's


@dataclass(frozen=True, eq=False)
class StillFilm:
    """A camera move over one picture."""

    picture: Array  # height × width × 3, bytes
    width: int
    height: int
    seconds: float
    camera: str
    subject: tuple[float, float]  # shares of the picture: what people look at
    count: int
    ahead: Callable[..., Iterator[Array]]

    @property
    def closed(self) -> bool:
        """Whether it ends as it began."""
        return self.camera in ("still", "orbit")

    def pictures(self, check: Callable[[], None]) -> Iterator[Array]:
        """Every frame in order."""
        base = covering(self.picture, self.width, self.height, self.subject)
        near = _nearness(self.width, self.height, self.subject)
        whole = self.count if self.closed else max(1, self.count - 1)
        return self.ahead(lambda number: self._frame(base, near, number / whole), range(self.count), check)

    def _frame(self, base: Array, near: Array, share: float) -> Array:
        import cv2

        move = self._move(share)
        zoom = 1.0 / (_MARGIN * move.closer)
        # Further things follow the camera: they move less over the picture.
        follows = 1.0 - _DEPTH * (1.0 - near)
        room = (1.0 - zoom) / 2
        aside = float(np.clip(move.aside, -room, room)) * self.width
        up = float(np.clip(move.up, -room, room)) * self.height
        y, x = np.mgrid[0 : self.height, 0 : self.width].astype(np.float32)
        x = (x - self.width / 2) * zoom + self.width / 2 + aside * follows
        y = (y - self.height / 2) * zoom + self.height / 2 - up * follows
        return cv2.remap(
            base, x.astype(np.float32), y.astype(np.float32), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT
        )

    def _move(self, share: float) -> Move:
        angle = 2 * np.pi * share
        if self.camera == "still":
            return Move(1.0 + _BREATH * (1 - float(np.cos(angle))) / 2, _DRIFT * float(np.sin(angle)))
        if self.camera == "orbit":
            return Move(aside=2 * _DRIFT * float(np.sin(angle)), up=_DRIFT * float(np.sin(2 * angle)) / 2)
        move = move_at(self.camera, share, self.seconds)
        return Move(move.closer, move.aside / 2, move.up / 2)


def covering(picture: Array, width: int, height: int, subject: tuple[float, float]) -> Array:
    """The picture cut to another format around what people look at, and scaled."""
    import cv2

    tall, wide = picture.shape[:2]
    scale = max(width / wide, height / tall)
    cut_wide, cut_tall = min(wide, max(1, round(width / scale))), min(tall, max(1, round(height / scale)))
    left = int(np.clip(subject[0] * wide - cut_wide / 2, 0, wide - cut_wide))
    top = int(np.clip(subject[1] * tall - cut_tall * 0.42, 0, tall - cut_tall))
    part = np.ascontiguousarray(picture[top : top + cut_tall, left : left + cut_wide])
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return cv2.resize(part, (width, height), interpolation=how)


def _nearness(width: int, height: int, subject: tuple[float, float]) -> Array:
    """How near each pixel is thought to be, smoothly: the subject's column, and the ground below."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    x, y = x / width, y / height
    beside = (x - np.float32(subject[0])) / np.float32(0.30)
    above = np.clip(np.float32(subject[1]) - y, 0, 1) / np.float32(0.25)
    person = np.exp(-(beside**2) - above**2)
    ground = np.clip((y - np.float32(0.55)) / np.float32(0.45), 0, 1)
    return np.clip(_NEAR_SHARE * person + (1 - _NEAR_SHARE) * ground, 0, 1).astype(np.float32)
