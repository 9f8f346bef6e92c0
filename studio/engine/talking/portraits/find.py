"""Where the face is in a picture that we did not draw: by OpenCV's cascades, or by what somebody clicked."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from studio.engine.talking.portraits.portrait import NoFace

Array = np.ndarray
LEAST_FACE_PX = 40.0
_LEAST_EYES_PX = 15.0  # apart; a face of 40 pixels has its eyes so far apart
# The longer side of the picture in which is searched, and of nine votes how many a face needs there.
_SEARCHES = ((400, 3), (256, 4), (720, 4))
_SMALL = 0.14  # of the longer side: so small a face needs more votes
_FACE_IN_EYES = 2.6  # width of a face in distances of its eyes
_CLICK = "Set both eyes and the mouth by clicks (`landmarks`: left_eye, right_eye, mouth)"
_lock = threading.Lock()  # a cascade keeps notes while it searches


@dataclass(frozen=True)
class Features:
    """Places in pixels; left and right as the viewer sees them."""

    left_eye: tuple[float, float]
    right_eye: tuple[float, float]
    mouth: tuple[float, float]
    clicked: bool = False
    turned: float = 0.0  # -1 looks to the left edge of the picture, 1 to the right one: seen from the side

    @property
    def eyes_px(self) -> float:
        """Distance of the eyes."""
        return float(np.hypot(self.right_eye[0] - self.left_eye[0], self.right_eye[1] - self.left_eye[1]))


def clicked(landmarks: Mapping[str, Any], width: int, height: int) -> Features:
    """Features from clicks, in pixels or in shares of the picture."""
    try:
        places = {name: _place(landmarks[name], width, height) for name in ("left_eye", "right_eye", "mouth")}
    except KeyError as missing:
        raise NoFace(f"The click for {missing.args[0]} is missing. {_CLICK}.") from None
    except (TypeError, ValueError):
        raise NoFace(
            "The clicks could not be read: each of left_eye, right_eye and mouth is a pair of numbers "
            "[x, y], in pixels of the picture or as shares of it from 0 to 1."
        ) from None
    for name, (x, y) in places.items():
        if not (0 <= x <= width and 0 <= y <= height):
            what = name.replace("_", " ")
            raise NoFace(f"The click for the {what} lies outside of the picture. Click it in the picture.")
    eyes = sorted((places["left_eye"], places["right_eye"]))
    found = Features(eyes[0], eyes[1], places["mouth"], clicked=True)
    across = np.array(found.right_eye) - np.array(found.left_eye)
    if found.eyes_px < 4:
        raise NoFace("Both eyes were clicked at the same place. Click the middle of each eye.")
    down = float(np.cross(across / found.eyes_px, np.array(found.mouth) - np.array(found.left_eye)))
    if down < 0.35 * found.eyes_px or down > 3.5 * found.eyes_px or abs(across[1]) > 1.2 * abs(across[0]):
        raise NoFace(
            "The clicks do not make a face: the mouth has to lie below both eyes, and the eyes side by side. "
            "Click the middle of each eye and the middle of the mouth."
        )
    return _large_enough(found)


def _place(value: Any, width: int, height: int) -> tuple[float, float]:
    x, y = (float(part) for part in value)
    if not np.isfinite([x, y]).all():
        raise ValueError
    if 0 <= x <= 1 and 0 <= y <= 1:
        return x * width, y * height
    return x, y


def _large_enough(found: Features) -> Features:
    if found.eyes_px < _LEAST_EYES_PX:
        wide = round(found.eyes_px * _FACE_IN_EYES)
        raise NoFace(
            f"The face in this picture is only about {wide} pixels wide, which is too small to talk: it "
            f"takes {LEAST_FACE_PX:.0f}. Take a closer or a larger picture."
        )
    return found


@lru_cache(maxsize=12)
def _cascade(name: str) -> Any:
    import cv2  # late: few pictures need it

    return cv2.CascadeClassifier(str(Path(cv2.data.haarcascades) / f"haarcascade_{name}.xml"))  # type: ignore[attr-defined]


Box = tuple[int, int, int, int]


def _boxes(name: str, gray: Array, least: int, neighbours: int) -> list[tuple[Box, float]]:
    with _lock:
        boxes, _, weights = _cascade(name).detectMultiScale3(
            gray, 1.08, neighbours, 0, (least, least), outputRejectLevels=True
        )
    return [
        ((int(b[0]), int(b[1]), int(b[2]), int(b[3])), float(w))
        for b, w in zip(boxes, np.ravel(weights), strict=True)
    ]


def found_in(rgb: Array) -> Features:
    """The features of the clearest face of a picture; raises NoFace if there is none that is sure."""
    import cv2

    height, width = rgb.shape[:2]
    gray = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    even, factor = gray, 1.0
    for pixels, needed in _SEARCHES:
        factor = min(2.0, pixels / max(height, width))
        how = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
        size = max(32, round(width * factor)), max(32, round(height * factor))
        plain = cv2.resize(gray, size, interpolation=how)
        even = cv2.createCLAHE(2.0, (8, 8)).apply(plain)
        # Drawings have hard lines that no camera shows: they are also looked at with half-shut eyes.
        face = _frontal((plain, even, cv2.GaussianBlur(plain, (0, 0), max(size) / 200)), needed)
        if face is not None:
            return _large_enough(_scaled(_features(face, _eyes(even, face)), 1 / factor))
    side = _profile(even)
    if side is not None:
        return _large_enough(_scaled(side, 1 / factor))
    raise NoFace(
        "No face was found in this picture: it may be turned away, hidden, very small or drawn in an "
        f"unusual way. {_CLICK}, or take a picture in which the face looks at you."
    )


def _scaled(found: Features, by: float) -> Features:
    left, right, mouth = (
        (place[0] * by, place[1] * by) for place in (found.left_eye, found.right_eye, found.mouth)
    )
    return Features(left, right, mouth, found.clicked, found.turned)


def _overlap(a: Box, b: Box) -> float:
    wide = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    high = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    if wide <= 0 or high <= 0:
        return 0.0
    return wide * high / (a[2] * a[3] + b[2] * b[3] - wide * high)


def _frontal(views: Sequence[Array], needed: int) -> Box | None:
    """The face on which most cascades agree, over all views of the picture."""
    least = max(22, min(views[0].shape) // 16)
    votes = [
        (box, (name, number))
        for number, view in enumerate(views)
        for name in ("frontalface_alt2", "frontalface_default", "frontalface_alt")
        for box, _ in _boxes(name, view, least, 3)
    ]
    best: tuple[float, Box] | None = None
    for box, _ in votes:
        same = [(other, voter) for other, voter in votes if _overlap(box, other) > 0.4]
        voters = {voter for _, voter in same}
        small = box[2] < _SMALL * max(views[0].shape)
        if len(voters) < needed + 2 * small or len({name for name, _ in voters}) < 2:
            continue
        x, y, w, h = (round(float(value)) for value in np.mean([other for other, _ in same], 0))
        score = len(voters) * float(np.sqrt(box[2]))
        if best is None or score > best[0]:
            best = score, (x, y, w, h)
    return None if best is None else best[1]


def _eye_boxes(gray: Array, face: Box) -> list[Box]:
    x, y, w, h = face
    top, bottom = max(0, y + round(0.12 * h)), y + round(0.58 * h)
    part = np.ascontiguousarray(gray[top:bottom, max(0, x) : x + w])
    if min(part.shape) < 12:
        return []
    least = max(8, round(0.12 * w))
    out: list[Box] = []
    for name in ("eye_tree_eyeglasses", "eye", "lefteye_2splits", "righteye_2splits"):
        for box, _ in _boxes(name, part, least, 3):
            moved = (box[0] + max(0, x), box[1] + top, box[2], box[3])
            if box[2] < 0.5 * w and all(_overlap(moved, other) < 0.2 for other in out):
                out.append(moved)
    return out


def _eyes(gray: Array, face: Box) -> tuple[Array, Array]:
    """Both eyes: the pair of boxes that lies best in the face, moved onto the dark of the iris."""
    x, y, w, h = face
    usual = (np.array([x + 0.31 * w, y + 0.385 * h]), np.array([x + 0.69 * w, y + 0.385 * h]))
    middles = [np.array([b[0] + b[2] / 2, b[1] + b[3] / 2]) for b in _eye_boxes(gray, face)]
    best, pair = 0.20, usual
    for left in [*middles, usual[0]]:
        for right in [*middles, usual[1]]:
            if left is usual[0] and right is usual[1]:
                continue
            across = right - left
            if not 0.26 * w < across[0] < 0.56 * w or abs(across[1]) > 0.22 * w:
                continue
            away = np.abs((left + right) / 2 - (usual[0] + usual[1]) / 2) / w
            alone = 0.05 * ((left is usual[0]) + (right is usual[1]))
            wrong = float(away[0] * 1.2 + away[1] + abs(across[0] / w - 0.38) * 0.8 + alone)
            if wrong < best:
                best, pair = wrong, (left, right)
    reach = 0.10 * w
    return _dark(gray, pair[0], reach), _dark(gray, pair[1], reach)


def _dark(gray: Array, near: Array, reach: float) -> Array:
    """The middle of what is dark around a place: the iris of an eye."""
    left, top = int(max(0, near[0] - reach)), int(max(0, near[1] - 0.8 * reach))
    part = gray[top : int(near[1] + 0.8 * reach) + 1, left : int(near[0] + reach) + 1].astype(np.float32)
    if min(part.shape) < 3:
        return near
    y, x = np.mgrid[0 : part.shape[0], 0 : part.shape[1]].astype(np.float32)
    here = near - np.array([left, top])
    calm = np.exp(-(((x - here[0]) / reach) ** 2 + ((y - here[1]) / (0.7 * reach)) ** 2) * 1.5)
    low, high = np.percentile(part, (5, 60))
    weight = np.clip((high - part) / max(high - low, 1.0), 0, 1) ** 2 * calm
    if float(weight.sum()) < 1e-3:
        return near
    at = np.array([(x * weight).sum(), (y * weight).sum()]) / weight.sum() + np.array([left, top])
    return near * 0.35 + at * 0.65


def _features(face: Box, eyes: tuple[Array, Array]) -> Features:
    left, right = eyes
    apart = float(np.hypot(*(right - left)))
    across = (right - left) / apart
    down = np.array([-across[1], across[0]])
    middle = (left + right) / 2
    bottom = face[1] + 0.93 * face[3]  # of the chin, as the cascades frame it
    usual = min(1.22, max(0.92, 0.62 * (bottom - middle[1]) / apart))
    mouth = middle + down * apart * usual
    return Features(_pair(left), _pair(right), _pair(mouth))


def _pair(place: Sequence[float] | Array) -> tuple[float, float]:
    return float(place[0]), float(place[1])


def _profile(gray: Array) -> Features | None:
    """A face from the side; it is only believed with an eye in it."""
    least = max(36, min(gray.shape) // 10)
    for turned, image in ((-1.0, gray), (1.0, np.ascontiguousarray(gray[:, ::-1]))):
        for box, _ in sorted(_boxes("profileface", image, least, 6), key=lambda found: -found[0][2]):
            x, y, w, h = box
            front = [b for b in _eye_boxes(image, box) if b[0] + b[2] / 2 < x + 0.62 * w]
            if not front:
                continue
            eye = min(front, key=lambda b: abs(b[1] + b[3] / 2 - y - 0.38 * h))
            seen = _dark(image, np.array([eye[0] + eye[2] / 2, eye[1] + eye[3] / 2]), 0.08 * w)
            apart = 0.34 * w
            hidden = seen - np.array([0.62 * apart, 0.0])
            mouth = seen + np.array([-0.22 * apart, 1.12 * apart])
            places = [seen, hidden, mouth]
            if turned > 0:
                places = [np.array([gray.shape[1] - 1 - place[0], place[1]]) for place in places]
            left, right = sorted((_pair(places[0]), _pair(places[1])))
            return Features(left, right, _pair(places[2]), turned=turned)
    return None
