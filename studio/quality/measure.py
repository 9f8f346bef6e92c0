"""What can be measured of a picture's pixels, as numbers without an opinion."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from studio.pictures import Pixels
from studio.pictures.drawn import Drawn
from studio.quality.faces import find_faces, told_faces
from studio.quality.likeness import on_white
from studio.quality.verdict import Face, Finder

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray

LONGEST = 2048  # pixels; what is larger is looked at in this size, as it is shown
TILE = 24
REACH = 6  # pixels to either side in which an edge has to end
LEAST_FACE = 2 * TILE  # pixels; a smaller face has too few edges to tell how sharp it is
EDGE_SPAN = 24.0  # of 255: what differs less is not an edge


@dataclass(frozen=True)
class Measured:
    """Numbers of one picture."""

    sharpness: float | None  # what one pixel crosses of an edge, where it is sharpest; None: no edge
    noise: float  # grey levels by which neighbours differ where nothing is drawn
    brightness: float  # grey of what is solid, 0 to 255: between its mean and the middle of its range
    lights: float  # the grey that only 2 % are lighter than
    shadows: float  # the grey that only 2 % are darker than
    faces: tuple[Face, ...]
    faces_by: Finder
    face_sharpness: float | None  # of the largest face alone; None: there is none that is large enough


def measure(pixels: Pixels, drawn: Drawn | None = None) -> Measured:
    """Everything at once; decoding is the caller's, and so is to say who was drawn in it."""
    import cv2
    import numpy as np

    solid = pixels.rgba[..., 3] > 127
    gray = cv2.cvtColor(on_white(pixels.rgba), cv2.COLOR_RGB2GRAY)
    seen = gray[solid] if bool(solid.any()) else gray.ravel()
    low, high = np.percentile(seen, (2, 98))
    faces = told_faces(drawn) if drawn is not None else _enlarged(find_faces(gray), pixels.shrunk)
    return Measured(
        sharpness=_sharpness(gray),
        noise=_noise(gray),
        # A night scene has its lights, and a drawing on white its darks; what is badly lit has neither.
        brightness=(float(seen.mean()) + float(low + high) / 2) / 2,
        lights=float(high),
        shadows=float(low),
        faces=faces,
        faces_by="cascades" if drawn is None else "recipe",
        face_sharpness=_sharpness_of(faces[0], gray, pixels.shrunk) if faces else None,
    )


def _enlarged(faces: tuple[Face, ...], by: float) -> tuple[Face, ...]:
    return tuple(
        Face(round(face.x * by), round(face.y * by), round(face.width * by), round(face.height * by))
        for face in faces
    )


def _sharpness_of(face: Face, gray: Array, shrunk: float) -> float | None:
    left, top = max(0, round(face.x / shrunk)), max(0, round(face.y / shrunk))
    right, bottom = round((face.x + face.width) / shrunk), round((face.y + face.height) / shrunk)
    part = gray[top:bottom, left:right]
    return _sharpness(part) if min(part.shape) >= LEAST_FACE else None


def _tiles(plane: Array, side: int) -> Array:
    """The whole tiles of a plane, each as a row of its pixels."""
    rows, columns = plane.shape[0] // side, plane.shape[1] // side
    cut = plane[: rows * side, : columns * side]
    return cut.reshape(rows, side, columns, side).swapaxes(1, 2).reshape(rows * columns, side * side)


def _sharpness(gray: Array) -> float | None:
    """How much of an edge its steepest pixel crosses: over tiles with an edge, the mean of the sharper half.

    The span makes it the same for soft and hard light, and only tiles with an edge count, so that neither
    the empty ground of a drawing nor the blurred one of a photograph weighs anything.
    """
    import cv2
    import numpy as np

    # Single pixels that stand out are noise and not edges.
    calm = cv2.medianBlur(gray, 3)
    if min(calm.shape) < TILE:
        return None
    around = np.ones((2 * REACH + 1, 2 * REACH + 1), np.uint8)
    span = (cv2.dilate(calm, around) - cv2.erode(calm, around)).astype(np.float32)
    level = calm.astype(np.float32)
    across = np.abs(np.diff(level, axis=1, append=level[:, -1:]))
    down = np.abs(np.diff(level, axis=0, append=level[-1:]))
    crossed = np.where(span > EDGE_SPAN, np.maximum(across, down) / np.maximum(span, 1), 0)
    found = np.sort(_tiles(crossed, TILE).max(1))
    found = found[found > 0]
    if not len(found):
        return None
    return float(found[len(found) // 2 :].mean())


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
    return float(np.percentile(grain, 5))
