"""Where the embedded engine drew somebody, as its picture says: head, face, eyes, mouth and joints."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from studio.pictures import png
from studio.pictures.recipe import read_recipe
from studio.pictures.source import Source, opened

Box = tuple[float, float, float, float]  # left, top, right, bottom
Point = tuple[float, float]

DRAWN = "figure"  # the text in which the engine tells what it drew
KEPT = "drawn"  # the member of our recipe that tells it where the text was lost, as in other formats
FACE = 0.7  # of a head's height: a face from its brows' top to its chin
FACE_MIDDLE = 0.36  # of the way from the eyes to the mouth, where a face's middle is
LEAST_SEEN = 0.5  # of a face that has to be within the picture


@dataclass(frozen=True)
class Drawn:
    """Somebody who was drawn, in pixels of the upright picture."""

    head: Box  # without hair and hat
    joints: Box
    face: Box | None  # None: it looks away, or is out of the picture
    eyes: tuple[Point, Point]  # the one further left in the picture first
    nose: Point
    mouth: Point

    def cut(self, left: float, top: float, across: float, down: float, size: tuple[int, int]) -> Drawn:
        """The same in a part of the picture that begins there, drawn larger by these factors."""

        def point(one: Point) -> Point:
            return ((one[0] - left) * across, (one[1] - top) * down)

        def box(one: Box) -> Box:
            return (*point((one[0], one[1])), *point((one[2], one[3])))

        face = None if self.face is None else _seen(box(self.face), size)
        first, second = self.eyes
        return Drawn(
            box(self.head),
            box(self.joints),
            face,
            (point(first), point(second)),
            point(self.nose),
            point(self.mouth),
        )


def drawn_in(source: Source, size: tuple[int, int]) -> Drawn | None:
    """Who was drawn in a picture of this size; None where the engine has drawn nobody, or nothing is told."""
    told = _told(source)
    return None if told is None else drawn_of(told, size)


def kept_of(source: Source) -> dict[str, Any] | None:
    """What our recipe has to keep of it, for formats in which the engine's own text is lost."""
    told = _told(source)
    return None if told is None else {name: told[name] for name in ("size", "landmarks") if name in told}


def drawn_of(recipe: Mapping[str, Any], size: tuple[int, int]) -> Drawn | None:
    """The same out of the engine's recipe, unless the picture has another size since."""
    marks = recipe.get("landmarks")
    if not isinstance(marks, dict) or recipe.get("size") != list(size):
        return None
    try:
        left, top, right, bottom = (float(side) for side in marks["head_box"])
        joints = [_point(one) for one in marks["joints"].values()]
        eyes = sorted(_point(marks["eyes"][side]) for side in ("left", "right"))
        nose, mouth = _point(marks["nose"]), _point(marks["mouth"])
        height = float(marks["head_height_px"])
        turned = float(marks["facing"][0])
        is_seen = marks["visible"]["mouth"] is True
    except (KeyError, IndexError, TypeError, ValueError, AttributeError):
        return None
    numbers = (left, top, right, bottom, height, turned, *nose, *mouth, *(one for eye in eyes for one in eye))
    if not joints or not all(map(math.isfinite, (*numbers, *(one for joint in joints for one in joint)))):
        return None
    face = _face((left + right) / 2, height, turned, eyes, mouth) if is_seen else None
    return Drawn(
        (left, top, right, bottom),
        (
            min(x for x, _ in joints), min(y for _, y in joints),
            max(x for x, _ in joints), max(y for _, y in joints),
        ),
        None if face is None else _seen(face, size),
        (eyes[0], eyes[1]),
        nose,
        mouth,
    )  # fmt: skip


def _told(source: Source) -> dict[str, Any] | None:
    """The engine's recipe, from its own text or from what ours has kept of it."""
    with opened(source) as stream:
        stream.seek(0)
        is_png = stream.read(len(png.SIGNATURE)) == png.SIGNATURE
        stream.seek(0)
        text = png.texts(stream, frozenset({DRAWN})).get(DRAWN) if is_png else None
    try:
        found = json.loads(text) if text else None
    except (ValueError, RecursionError):  # somebody else's text under the same key
        found = None
    recipe = found.get("recipe") if isinstance(found, dict) else None
    if not isinstance(recipe, dict):
        recipe = (read_recipe(source) or {}).get(KEPT)
    return recipe if isinstance(recipe, dict) else None


def _point(value: Any) -> Point:
    x, y = value
    return (float(x), float(y))


def _face(head_x: float, head_px: float, turned: float, eyes: list[Point], mouth: Point) -> Box:
    """A square around the face; from the side its middle is between what is at its front and the head's."""
    eyes_x, eyes_y = (eyes[0][0] + eyes[1][0]) / 2, (eyes[0][1] + eyes[1][1]) / 2
    x, y = eyes_x + (mouth[0] - eyes_x) * FACE_MIDDLE, eyes_y + (mouth[1] - eyes_y) * FACE_MIDDLE
    x += (head_x - x) * abs(turned) / 2
    half = head_px * FACE / 2
    return (x - half, y - half, x + half, y + half)


def _seen(face: Box, size: tuple[int, int]) -> Box | None:
    """What of a face is within the picture; None if that is too little to be one."""
    left, top = max(face[0], 0.0), max(face[1], 0.0)
    right, bottom = min(face[2], float(size[0])), min(face[3], float(size[1]))
    if right <= left or bottom <= top:
        return None
    whole = (face[2] - face[0]) * (face[3] - face[1])
    return (left, top, right, bottom) if (right - left) * (bottom - top) >= LEAST_SEEN * whole else None
