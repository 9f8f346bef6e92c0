"""The pixels of a picture as numbers, for whoever measures them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PIL import Image

from studio.pictures.decode import decode
from studio.pictures.source import Source

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray


@dataclass(frozen=True)
class Pixels:
    """Rows of red, green, blue and how solid, each 0 to 255; perhaps smaller than the picture itself."""

    rgba: Array
    width: int  # of the picture, upright
    height: int

    @property
    def shrunk(self) -> float:
        """How many pixels of the picture one of these stands for, along a side."""
        return self.width / self.rgba.shape[1]


def read_pixels(source: Source, longest: int) -> Pixels:
    """The picture upright, made smaller if a side is longer."""
    import numpy as np

    image = decode(source)
    width, height = image.size
    if max(width, height) > longest:
        image = image.copy()
        image.thumbnail((longest, longest), Image.Resampling.BOX)
    return Pixels(np.asarray(image.convert("RGBA")), width, height)
