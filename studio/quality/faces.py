"""How many faces a picture has and where: as its recipe says, or else by OpenCV's cascades."""

from __future__ import annotations

import threading
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.pictures.drawn import Drawn
from studio.quality.verdict import Face

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray
    Box = tuple[int, int, int, int]
    Vote = tuple[Box, tuple[str, int]]

LONGER_SIDE = 400  # of the picture in which is searched
CASCADES = ("frontalface_alt2", "frontalface_default", "frontalface_alt")
VOTES = 7  # of twelve looks, for a face to be believed
SMALL = 0.12  # of the longer side: so small a face needs more votes
SMALL_VOTES = 8
MOST_PARTS = 8  # that are looked at closely, the largest first; noise looks like faces everywhere
SAME = 0.35  # overlap of boxes that mean one face

_lock = threading.Lock()  # a cascade keeps notes while it searches


def told_faces(drawn: Drawn) -> tuple[Face, ...]:
    """The face of whoever was drawn, if it can be seen: nobody has to look for it."""
    if drawn.face is None:
        return ()
    left, top, right, bottom = (round(side) for side in drawn.face)
    return (Face(left, top, right - left, bottom - top, drawn.eyes, drawn.mouth),)


def find_faces(gray: Array) -> tuple[Face, ...]:
    """Faces that look at the viewer, the largest first."""
    import cv2

    height, width = gray.shape[:2]
    if min(height, width) < 24:
        return ()
    factor = min(2.0, LONGER_SIDE / max(height, width))
    size = max(24, round(width * factor)), max(24, round(height * factor))
    plain = cv2.resize(gray, size, interpolation=cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC)
    looks = _looks(plain)
    least = max(20, max(size) // 20)
    # One quick look over everything; all looks only where that one saw something.
    seen = [box for look in looks[1:3] for box in _search(CASCADES[0], look, least, 1)]
    votes: list[Vote] = []
    for part in _parts(seen, size)[:MOST_PARTS]:
        votes += _votes(looks, part, least)
    boxes = ([round(side / factor) for side in box] for box in _agreed(votes, max(size)))
    found = [Face(x, y, width, height) for x, y, width, height in boxes]
    return tuple(sorted(found, key=lambda face: -face.width))


def _looks(gray: Array) -> tuple[Array, ...]:
    """The picture as it is searched: evenly lit, and dark faces lifted.

    Hard lines of drawings mislead the cascades less when they are looked at with half-shut eyes.
    """
    import cv2
    import numpy as np

    half_shut = cv2.GaussianBlur(gray, (0, 0), max(gray.shape) / 220)
    lifted = (255 * np.sqrt(half_shut / 255.0)).astype(np.uint8)
    return (
        cv2.createCLAHE(2.0, (8, 8)).apply(gray),
        half_shut,
        lifted,
        cv2.createCLAHE(4.0, (4, 4)).apply(half_shut),
    )


@lru_cache(maxsize=4)
def _cascade(name: str) -> Any:
    import cv2

    return cv2.CascadeClassifier(str(Path(cv2.data.haarcascades) / f"haarcascade_{name}.xml"))  # type: ignore[attr-defined]


def _search(name: str, look: Array, least: int, neighbours: int) -> list[Box]:
    step = 1.2 if neighbours < 2 else 1.08
    with _lock:
        boxes = _cascade(name).detectMultiScale(look, step, neighbours, 0, (least, least))
    return [(int(x), int(y), int(w), int(h)) for x, y, w, h in boxes]


def _parts(seen: list[Box], size: tuple[int, int]) -> list[Box]:
    """Windows with room around what was seen; what meets is one."""
    parts: list[Box] = []
    for x, y, w, h in sorted(seen, key=lambda box: -box[2]):
        left, top = max(0, x - w // 2), max(0, y - h // 2)
        right, bottom = min(size[0], x + w + w // 2), min(size[1], y + h + h // 2)
        for other in [part for part in parts if _overlap((left, top, right - left, bottom - top), part)]:
            parts.remove(other)
            left, top = min(left, other[0]), min(top, other[1])
            right, bottom = max(right, other[0] + other[2]), max(bottom, other[1] + other[3])
        parts.append((left, top, right - left, bottom - top))
    return parts


def _votes(looks: tuple[Array, ...], part: Box, least: int) -> list[Vote]:
    import numpy as np

    x, y, w, h = part
    return [
        ((box[0] + x, box[1] + y, box[2], box[3]), (name, number))
        for number, look in enumerate(looks)
        for name in CASCADES
        for box in _search(name, np.ascontiguousarray(look[y : y + h, x : x + w]), least, 3)
    ]


def _agreed(votes: list[Vote], longer: int) -> list[Box]:
    """One box for each place where enough looks see a face."""
    left, found = list(votes), []
    while left:
        groups = [[vote for vote in left if _overlap(box, vote[0]) > SAME] for box, _ in left]
        best = max(groups, key=lambda group: len({voter for _, voter in group}))
        voters = {voter for _, voter in best}
        box = _mean([box for box, _ in best])
        needed = SMALL_VOTES if box[2] < SMALL * longer else VOTES
        if len(voters) < VOTES:
            break
        if len(voters) >= needed and len({name for name, _ in voters}) > 1:
            found.append(box)
        # What overlaps a face at all is that face seen otherwise, such as from its mouth to its hat.
        left = [vote for vote in left if vote not in best and _overlap(box, vote[0]) < 0.1]
    return found


def _mean(boxes: list[Box]) -> Box:
    x, y, w, h = (round(sum(values) / len(boxes)) for values in zip(*boxes, strict=True))
    return x, y, w, h


def _overlap(first: Box, second: Box) -> float:
    wide = min(first[0] + first[2], second[0] + second[2]) - max(first[0], second[0])
    high = min(first[1] + first[3], second[1] + second[3]) - max(first[1], second[1])
    if wide <= 0 or high <= 0:
        return 0.0
    common = wide * high
    return common / (first[2] * first[3] + second[2] * second[3] - common)
