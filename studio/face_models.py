"""OpenCV's models for faces, where somebody has installed them: YuNet finds faces, SFace tells them apart."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.pictures import read_pixels
from studio.pictures.drawn import Drawn, drawn_in
from studio.quality import Face, find_faces, told_faces
from studio.quality.likeness import on_white
from studio.settings import Settings

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray

log = logging.getLogger(__name__)

FOLDER = "faces"
YUNET = "face_detection_yunet_2023mar.onnx"
SFACE = "face_recognition_sface_2021dec.onnx"
CASCADES = "OpenCV's cascades"
RECIPE = "the picture's own recipe"
MOUTH = 0.83  # of the way between the eyes, from one corner of a mouth to the other, as SFace knows faces
SURE = 0.7  # YuNet's own measure; below it are hands and patterns
SAME_PERSON = 0.363  # by the cosine, as SFace's makers give it
LONGEST = 1280  # pixels; a face that is smaller in a picture of this size has nothing to tell apart

_lock = threading.Lock()  # the networks keep their last input


@dataclass(frozen=True)
class FaceModels:
    """Where the files are that are installed."""

    detector: Path | None
    recognizer: Path | None


@dataclass(frozen=True)
class Seen:
    """What was found in a picture."""

    faces: tuple[Face, ...]  # the largest first
    finder: str
    vector: bytes | None  # of the largest one
    vector_by: str | None


def _own(settings: Settings) -> Path:
    return settings.storage_path / "models" / FOLDER


def _folders(settings: Settings) -> tuple[Path, ...]:
    shared = settings.models_path
    return (_own(settings),) if shared is None else (_own(settings), shared / FOLDER)


def find(settings: Settings, name: str) -> Path | None:
    """Where one of the files is, if it is there."""
    return next((path for folder in _folders(settings) if (path := folder / name).is_file()), None)


def target(settings: Settings, name: str) -> Path:
    """Where one of the files is installed to."""
    return _own(settings) / name


def installed(settings: Settings) -> FaceModels:
    """The files that are there."""
    return FaceModels(find(settings, YUNET), find(settings, SFACE))


def look(models: FaceModels, path: Path) -> Seen:
    """The faces of a picture and the vector of the largest one, as far as there are models for it."""
    pixels = read_pixels(path, LONGEST)
    rgb = on_white(pixels.rgba)
    drawn = drawn_in(path, (pixels.width, pixels.height))
    if drawn is not None:
        return _told(models, rgb, drawn, pixels.shrunk)
    found = _detect(models.detector, rgb) if models.detector is not None else None
    if found is None:
        return Seen(_sized(find_faces(_gray(rgb)), pixels.shrunk), CASCADES, None, None)
    boxes = ([round(float(value)) for value in row[:4]] for row in found)
    faces = tuple(Face(x, y, width, height) for x, y, width, height in boxes)
    vector = None
    if models.recognizer is not None and len(found):
        vector = _vector(models.recognizer, rgb, found[0])
    return Seen(
        _sized(faces, pixels.shrunk),
        "YuNet",
        vector,
        models.recognizer.name if models.recognizer is not None and vector is not None else None,
    )


def _told(models: FaceModels, rgb: Array, drawn: Drawn, shrunk: float) -> Seen:
    """What a drawing of ours says itself; its eyes and mouth are where a detector would have to look."""
    faces = told_faces(drawn)
    vector = None
    if models.recognizer is not None and faces:
        vector = _vector(models.recognizer, rgb, _row(drawn, shrunk))
    by = models.recognizer.name if models.recognizer is not None and vector is not None else None
    return Seen(faces, RECIPE, vector, by)


def _row(drawn: Drawn, shrunk: float) -> Array:
    """A drawn face as a row of YuNet: its box, both eyes, the nose, both corners of the mouth, how sure."""
    import numpy as np

    left, top, right, bottom = drawn.face or drawn.head
    (x0, y0), (x1, y1) = drawn.eyes
    across = ((x1 - x0) * MOUTH / 2, (y1 - y0) * MOUTH / 2)
    mouth = drawn.mouth
    places = (
        *(left, top, right - left, bottom - top),
        *(x0, y0, x1, y1),
        *drawn.nose,
        *(mouth[0] - across[0], mouth[1] - across[1], mouth[0] + across[0], mouth[1] + across[1]),
    )
    return np.array([*(place / shrunk for place in places), 1.0], np.float32)


def similarity(first: bytes, second: bytes) -> float:
    """The cosine of two vectors of length 1."""
    import numpy as np

    return float(np.frombuffer(first, np.float32) @ np.frombuffer(second, np.float32))


def _gray(rgb: Array) -> Array:
    import cv2

    return cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)


def _sized(faces: tuple[Face, ...], by: float) -> tuple[Face, ...]:
    return tuple(
        Face(round(one.x * by), round(one.y * by), round(one.width * by), round(one.height * by))
        for one in faces
    )


@lru_cache(maxsize=2)
def _detector(path: str, changed_at: float) -> Any:
    import cv2

    return cv2.FaceDetectorYN.create(path, "", (320, 320), SURE)


@lru_cache(maxsize=2)
def _recognizer(path: str, changed_at: float) -> Any:
    import cv2

    return cv2.FaceRecognizerSF.create(path, "")


def _detect(path: Path, rgb: Array) -> Array | None:
    """Rows of YuNet, the largest face first; None if the file cannot be used."""
    import cv2
    import numpy as np

    bgr = np.ascontiguousarray(rgb[..., ::-1])
    try:
        with _lock:
            detector = _detector(str(path), path.stat().st_mtime)
            detector.setInputSize((bgr.shape[1], bgr.shape[0]))
            _, rows = detector.detect(bgr)
    except cv2.error as error:
        log.error("%s cannot be used: %s", path, error)
        return None
    if rows is None:
        return np.zeros((0, 15), np.float32)
    return rows[np.argsort(-rows[:, 2] * rows[:, 3])]


def _vector(path: Path, rgb: Array, face: Array) -> bytes | None:
    import cv2
    import numpy as np

    bgr = np.ascontiguousarray(rgb[..., ::-1])
    try:
        with _lock:
            recognizer = _recognizer(str(path), path.stat().st_mtime)
            found = np.ravel(recognizer.feature(recognizer.alignCrop(bgr, face))).astype(np.float32)
    except cv2.error as error:
        log.error("%s cannot be used: %s", path, error)
        return None
    length = float(np.linalg.norm(found))
    return (found / length).tobytes() if length > 0 and np.isfinite(length) else None
