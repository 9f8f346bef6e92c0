"""What a talking portrait is to those who ask it for frames, whichever way it is drawn."""

from __future__ import annotations

from typing import Literal, Protocol

import numpy as np

from studio.engine.talking.moment import Moment

SMALLEST_PX, LARGEST_PX = 64, 2048


class NoFace(ValueError):  # noqa: N818 - named for what happened
    """There is no face that could talk; the message is for people."""


class Portrait(Protocol):
    """A face that can be asked for any moment of a performance, from several threads at once."""

    @property
    def kind(self) -> Literal["drawn", "photo"]:
        """Whether the face is drawn anew or the given picture is moved."""
        ...

    @property
    def size(self) -> int:
        """Width and height of every frame."""
        ...

    def frame(self, moment: Moment) -> np.ndarray:
        """The picture of one moment: size × size × 3, uint8."""
        ...
