"""OpenPose in and out: COCO-18 and BODY-25 documents, skeleton pictures drawn and read back by colour."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

Point = tuple[float, float]

NAMES: tuple[str, ...] = (
    "nose",
    "neck",
    "right_shoulder",
    "right_elbow",
    "right_wrist",
    "left_shoulder",
    "left_elbow",
    "left_wrist",
    "right_hip",
    "right_knee",
    "right_ankle",
    "left_hip",
    "left_knee",
    "left_ankle",
    "right_eye",
    "left_eye",
    "right_ear",
    "left_ear",
)
# Of each BODY-25 point the COCO-18 one; mid hip and feet have none.
BODY_25 = (0, 1, 2, 3, 4, 5, 6, 7, None, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17) + (None,) * 6

LIMBS = (
    (1, 2),
    (1, 5),
    (2, 3),
    (3, 4),
    (5, 6),
    (6, 7),
    (1, 8),
    (8, 9),
    (9, 10),
    (1, 11),
    (11, 12),
    (12, 13),
    (1, 0),
    (0, 14),
    (14, 16),
    (0, 15),
    (15, 17),
)
COLOURS = (
    (255, 0, 0),
    (255, 85, 0),
    (255, 170, 0),
    (255, 255, 0),
    (170, 255, 0),
    (85, 255, 0),
    (0, 255, 0),
    (0, 255, 85),
    (0, 255, 170),
    (0, 255, 255),
    (0, 170, 255),
    (0, 85, 255),
    (0, 0, 255),
    (85, 0, 255),
    (170, 0, 255),
    (255, 0, 255),
    (255, 0, 170),
    (255, 0, 85),
)
# BODY-25 pictures give the same points other colours.
COLOURS_25 = (
    (255, 0, 85),
    (255, 0, 0),
    (255, 85, 0),
    (255, 170, 0),
    (255, 255, 0),
    (170, 255, 0),
    (85, 255, 0),
    (0, 255, 0),
    (0, 255, 85),
    (0, 255, 170),
    (0, 255, 255),
    (0, 170, 255),
    (0, 85, 255),
    (0, 0, 255),
    (255, 0, 170),
    (170, 0, 255),
    (255, 0, 255),
    (85, 0, 255),
)
BODY_POINTS = range(1, 14)
MAX_SIDE = 768  # a larger picture is read at this size


@dataclass(frozen=True)
class OpenPose:
    """One person as 18 points in pixels of a picture; None where a point was not seen."""

    points: tuple[Point | None, ...]
    width: int
    height: int

    def point(self, name: str) -> Point | None:
        """One point by its name."""
        return self.points[NAMES.index(name)]


def from_document(document: Any) -> OpenPose:
    """Reads an OpenPose document (COCO-18, BODY-25, or a list of them); ValueError says what is wrong."""
    frame = document[0] if isinstance(document, list) and document else document
    if not isinstance(frame, dict) or not isinstance(frame.get("people"), list):
        raise ValueError('an OpenPose document needs a list of "people"')
    people = [person for person in frame["people"] if isinstance(person, dict) and _keypoints(person)]
    if not people:
        raise ValueError("the OpenPose document shows nobody")
    best = max(
        people, key=lambda person: sum(1 for point in _triples(_keypoints(person)) if point is not None)
    )
    points = _triples(_keypoints(best))
    if len(points) == 25:
        found: list[Point | None] = [None] * 18
        for place, target in enumerate(BODY_25):
            if target is not None:
                found[target] = points[place]
        points = found
    elif len(points) != 18:
        raise ValueError(
            f"expected 18 (COCO) or 25 (BODY-25) points with x, y and confidence, got {len(points)}"
        )
    seen = [point for point in points if point is not None]
    if not seen:
        raise ValueError("the OpenPose document has no point that was seen")
    width, height = _canvas(frame, seen)
    if all(0 <= x <= 1 and 0 <= y <= 1 for x, y in seen):
        points = [None if point is None else (point[0] * width, point[1] * height) for point in points]
    return OpenPose(tuple(points), width, height)


def _keypoints(person: dict[str, Any]) -> list[Any]:
    values = person.get("pose_keypoints_2d") or person.get("pose_keypoints") or []
    return values if isinstance(values, list) else []


def _triples(values: list[Any]) -> list[Point | None]:
    numbers = []
    for value in values:
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise ValueError(f"an OpenPose point needs numbers, not {value!r}")
        numbers.append(float(value))
    points: list[Point | None] = []
    for place in range(0, len(numbers) - 2, 3):
        x, y, confidence = numbers[place : place + 3]
        points.append((x, y) if confidence > 0.05 and (x, y) != (0.0, 0.0) else None)
    return points


def _canvas(frame: dict[str, Any], seen: list[Point]) -> tuple[int, int]:
    width, height = frame.get("canvas_width"), frame.get("canvas_height")
    if isinstance(width, int | float) and isinstance(height, int | float) and width > 0 and height > 0:
        return int(width), int(height)
    if all(0 <= x <= 1 and 0 <= y <= 1 for x, y in seen):
        return 512, 768
    return int(max(x for x, _ in seen)) + 1, int(max(y for _, y in seen)) + 1


def to_document(pose: OpenPose, *, body_25: bool = False) -> dict[str, Any]:
    """The OpenPose document of one person."""
    points: list[Point | None] = list(pose.points)
    if body_25:
        points = [None if source is None else pose.points[source] for source in BODY_25]
        hips = [pose.point("right_hip"), pose.point("left_hip")]
        if hips[0] is not None and hips[1] is not None:
            points[8] = ((hips[0][0] + hips[1][0]) / 2, (hips[0][1] + hips[1][1]) / 2)
    flat: list[float] = []
    for point in points:
        flat.extend((0.0, 0.0, 0.0) if point is None else (round(point[0], 3), round(point[1], 3), 1.0))
    return {
        "version": 1.3,
        "people": [
            {
                "pose_keypoints_2d": flat,
                "face_keypoints_2d": [],
                "hand_left_keypoints_2d": [],
                "hand_right_keypoints_2d": [],
            }
        ],
        "canvas_width": pose.width,
        "canvas_height": pose.height,
    }


def draw_openpose(points: tuple[Point | None, ...], size: tuple[int, int]) -> np.ndarray:
    """The COCO-18 skeleton picture that ControlNets were trained on; size is (width, height)."""
    width, height = size
    picture = Image.new("RGB", (width, height))
    pen = ImageDraw.Draw(picture)
    thick = max(1.0, min(width, height) / 128)
    for limb, (one, other) in enumerate(LIMBS):
        start, end = points[one], points[other]
        if start is None or end is None:
            continue
        red, green, blue = (int(part * 0.6) for part in COLOURS[limb])
        pen.polygon(_ellipse(start, end, thick), fill=(red, green, blue))
    for place, point in enumerate(points):
        if point is None:
            continue
        x, y = point
        pen.ellipse((x - thick, y - thick, x + thick, y + thick), fill=COLOURS[place])
    return np.asarray(picture).copy()


def _ellipse(start: Point, end: Point, thick: float) -> list[Point]:
    middle = ((start[0] + end[0]) / 2, (start[1] + end[1]) / 2)
    along = ((end[0] - start[0]) / 2, (end[1] - start[1]) / 2)
    length = math.hypot(*along) or 1.0
    across = (-along[1] / length * thick, along[0] / length * thick)
    corners = []
    for step in range(24):
        cosine, sine = math.cos(step * math.pi / 12), math.sin(step * math.pi / 12)
        corners.append(
            (
                middle[0] + along[0] * cosine + across[0] * sine,
                middle[1] + along[1] * cosine + across[1] * sine,
            )
        )
    return corners


def read_picture(image: np.ndarray) -> OpenPose | None:
    """The points of a rendered skeleton, None for any other picture."""
    pixels = np.asarray(image)
    if pixels.ndim != 3 or pixels.shape[2] < 3 or min(pixels.shape[:2]) < 32:
        return None
    height, width = pixels.shape[:2]
    step = max(1, math.ceil(max(height, width) / MAX_SIDE))
    small = pixels[::step, ::step, :3].astype(np.int32)
    brightest = small.max(axis=2)
    drawn = brightest > 48
    # A skeleton is thin lines of pure colour on black; a photograph never is.
    if not 0.001 < drawn.mean() < 0.35 or (small[drawn].min(axis=1) > 90).mean() > 0.2:
        return None
    readings = [_located(small, brightest, colours) for colours in (COLOURS, COLOURS_25)]
    points, score = max(
        ((found, _score(found, drawn)) for found in readings),
        key=lambda entry: entry[1],
    )
    body = [points[place] for place in BODY_POINTS if points[place] is not None]
    if (
        score < 0.8
        or points[1] is None
        or len(body) < 7
        or all(points[place] is None for place in (2, 5, 8, 11))
    ):
        return None
    placed = tuple(None if point is None else (point[0] * step, point[1] * step) for point in points)
    return OpenPose(placed, width, height)


def _located(
    small: np.ndarray, brightest: np.ndarray, colours: tuple[tuple[int, int, int], ...]
) -> list[Point | None]:
    rows, columns = np.nonzero(brightest > 190)
    if rows.size == 0:
        return [None] * 18
    bright = small[rows, columns]
    palette = np.array(COLOURS)
    far = np.abs(bright[:, None, :] - palette[None]).sum(axis=2)
    nearest = far.argmin(axis=1)
    near = far[np.arange(len(far)), nearest] < 70
    span = math.hypot(*small.shape[:2])
    return [
        _centre(rows[mine], columns[mine], span)
        for colour in colours
        for mine in [near & (nearest == COLOURS.index(colour))]
    ]


def _centre(rows: np.ndarray, columns: np.ndarray, span: float) -> Point | None:
    """The middle of one dot; of two dots of a colour the upper one, of a cloud nothing."""
    if rows.size < 2:
        return None
    if np.ptp(rows) > span * 0.05:
        upper = rows < rows.min() + np.ptp(rows) / 2
        rows, columns = rows[upper], columns[upper]
    if rows.size < 2 or max(np.ptp(rows), np.ptp(columns)) > span * 0.05:
        return None
    return float(columns.mean()), float(rows.mean())


def _score(points: list[Point | None], drawn: np.ndarray) -> float:
    """The share of limbs that are really drawn between the points that were found."""
    found = asked = 0
    height, width = drawn.shape
    for one, other in LIMBS:
        start, end = points[one], points[other]
        if start is None or end is None:
            continue
        for share in (0.3, 0.5, 0.7):
            x = round(start[0] + (end[0] - start[0]) * share)
            y = round(start[1] + (end[1] - start[1]) * share)
            found += bool(
                drawn[min(max(y - 1, 0), height - 1) : y + 2, max(x - 1, 0) : min(x + 2, width)].any()
            )
            asked += 1
    seen = sum(point is not None for point in points)
    return (found / asked) * min(1.0, seen / 9) if asked else 0.0
