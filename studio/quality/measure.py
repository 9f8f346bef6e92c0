"""What can be measured of a picture's pixels, as numbers without an opinion."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from studio.pictures import Pixels
from studio.quality.faces import find_faces
from studio.quality.likeness import on_white
from studio.quality.verdict import Face

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray

LONGEST = 2048  # pixels; what is larger is looked at in this size, as it is shown
TILE = 24
EDGE_SPAN = 24.0  # of 255: what differs less inside a tile is not an edge


@dataclass(frozen=True)
class Measured:
    """Numbers of one picture."""

    sharpness: float | None  # what one pixel crosses of an edge, where it is sharpest; None: no edge
    noise: float  # grey levels by which neighbours differ where nothing is drawn
    brightness: float  # mean grey of what is solid, 0 to 255
    lights: float  # the grey that only 2 % are lighter than
    shadows: float  # the grey that only 2 % are darker than
    faces: tuple[Face, ...]


def measure(pixels: Pixels) -> Measured:
    """Everything at once; decoding is the caller's."""
    import cv2
    import numpy as np

    solid = pixels.rgba[..., 3] > 127
    gray = cv2.cvtColor(on_white(pixels.rgba), cv2.COLOR_RGB2GRAY)
    seen = gray[solid] if bool(solid.any()) else gray.ravel()
    low, high = np.percentile(seen, (2, 98))
    faces = find_faces(gray)
    by = pixels.shrunk
    return Measured(
        sharpness=_sharpness(gray),
        noise=_noise(gray),
        brightness=float(seen.mean()),
        lights=float(high),
        shadows=float(low),
        faces=tuple(
            Face(round(face.x * by), round(face.y * by), round(face.width * by), round(face.height * by))
            for face in faces
        ),
    )


def _tiles(plane: Array, side: int) -> Array:
    """The whole tiles of a plane, each as a row of its pixels."""
    rows, columns = plane.shape[0] // side, plane.shape[1] // side
    cut = plane[: rows * side, : columns * side]
    return cut.reshape(rows, side, columns, side).swapaxes(1, 2).reshape(rows * columns, side * side)


def _sharpness(gray: Array) -> float | None:
    """In tiles with an edge: the steepest step against all that the tile spans; the upper quarter's mean.

    The span makes it the same for soft and hard light, and only tiles with an edge count, so that neither
    the empty ground of a drawing nor the blurred one of a photograph weighs anything.
    """
    import cv2
    import numpy as np

    # Single pixels that stand out are noise and not edges.
    calm = cv2.medianBlur(gray, 3).astype(np.float32)
    side = min(TILE, *calm.shape)
    if side < 4:
        return None
    across = np.abs(np.diff(calm, axis=1, append=calm[:, -1:]))
    down = np.abs(np.diff(calm, axis=0, append=calm[-1:]))
    step = np.percentile(_tiles(np.maximum(across, down), side), 99, axis=1)
    blocks = _tiles(calm, side)
    span = np.percentile(blocks, 98, axis=1) - np.percentile(blocks, 2, axis=1)
    edge = span > EDGE_SPAN
    if not bool(edge.any()):
        return None
    found = np.sort(step[edge] / span[edge])
    best = found[-max(1, len(found) // 4) :]
    return float(np.minimum(best, 1.0).mean())


def _noise(gray: Array) -> float:
    """The grain where it is calmest: what a pixel differs from its neighbours, in the quietest tiles."""
    import cv2
    import numpy as np

    kernel = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
    rest = cv2.filter2D(gray.astype(np.float32), -1, kernel)[1:-1, 1:-1] / 6.0
    side = min(12, *rest.shape)
    if side < 3:
        return 0.0
    grain = np.sqrt((_tiles(rest, side) ** 2).mean(1))
    return float(np.percentile(grain, 25))
