"""Where somebody is in a picture: head and figure, by its own recipe, its alpha, faces or edges."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from PIL import Image

from studio.pictures.decode import decode
from studio.pictures.drawn import Drawn, drawn_in
from studio.pictures.figure import SEEN, Cut, cut_out
from studio.pictures.source import Source

Array = np.ndarray
Box = tuple[float, float, float, float]  # left, top, right, bottom
How = Literal["recipe", "alpha", "estimate", "faces", "edges"]
# Faces in a plane of grey, each as left, top, width, height.
FindFaces = Callable[[Array], Sequence[tuple[int, int, int, int]]]

LOOKED_AT_PX = 1_000_000  # a larger picture is looked at in a smaller copy
HAIR = 0.35  # of a head's height: so much hair and hat there may be above it
SIDES = 0.2
# From a face to its head, with a hat, in heights and widths of the face.
FACE_UP, FACE_DOWN, FACE_SIDES = 0.85, 0.35, 0.45
LOWEST_FACE = 0.45  # of a figure, in which the middle of its face is
STANDING = 1.7  # height to width from which a figure stands as a whole
HEAD_OF_STANDING = 0.22
HEAD_OF_BUST = 0.7
EDGE_GRID = 96
EDGE_TAIL = 0.08  # of all edges that may lie beyond each side of what matters


@dataclass(frozen=True)
class Places:
    """In pixels of the upright picture; None where nothing is known."""

    width: int
    height: int
    head: Box | None  # all heads, with hair and hats
    figure: Box | None
    how: How
    is_plain: bool = False  # whether the background is smooth, so that more of it can be made
    is_clear: bool = False  # whether there is none


def places_of(source: Source, find_faces: FindFaces | None = None) -> Places:
    """Where head and figure are."""
    image = decode(source)
    return _looked_at(image, drawn_in(source, image.size), find_faces)


def places_in_pixels(width: int, height: int, pixels: bytes, find_faces: FindFaces | None = None) -> Places:
    """The same in rows of red, green and blue bytes."""
    return _looked_at(Image.frombytes("RGB", (width, height), pixels), None, find_faces)


def _looked_at(image: Image.Image, drawn: Drawn | None, find_faces: FindFaces | None) -> Places:
    width, height = image.size
    factor = max(1.0, (width * height / LOOKED_AT_PX) ** 0.5)
    small = image
    if factor > 1:
        small = image.resize((max(1, round(width / factor)), max(1, round(height / factor))))
    cut = cut_out(small)
    is_clear = cut.how == "alpha"
    plain = {"is_plain": cut.how == "estimate", "is_clear": is_clear}
    body = None if cut.how == "none" else _grown(cut.box, 1.0)
    head, how = None, cut.how if cut.how != "none" else "edges"
    if drawn is not None:
        head, bones = _by_recipe(drawn, factor)
        head = _with_hair(head, cut)
        body, how = _union(body or bones, head), "recipe"
    elif faces := _heads(small, find_faces, body):
        head = faces
        how = "faces" if body is None else how
        body = _union(body, head) if body is not None else _union(_by_edges(small), head)
    elif body is not None:
        head = _upper_part(body)
    if body is None:
        body = _by_edges(small)
    within = (0.0, 0.0, float(width), float(height))
    return Places(
        width,
        height,
        _clamped(_scaled(head, factor), within) if head else None,
        _clamped(_scaled(body, factor), within) if body else None,
        how,  # type: ignore[arg-type]
        **plain,
    )


# --------------------------------------------------------------- what it says itself


def _by_recipe(drawn: Drawn, factor: float) -> tuple[Box, Box]:
    """Head and figure as the engine has drawn them, in a picture that is smaller by a factor."""
    left, top, right, bottom = (side / factor for side in drawn.head)
    x0, y0, x1, y1 = (side / factor for side in drawn.joints)
    tall = bottom - top
    bones = (x0 - tall * 0.25, y0 - tall * 0.25, x1 + tall * 0.25, y1 + tall * 0.4)
    return (left, top, right, bottom), bones


def _with_hair(head: Box, cut: Cut) -> Box:
    """The head with what is worn on it; by the figure's outline where that is known."""
    left, top, right, bottom = head
    tall, wide = bottom - top, right - left
    grown = (left - wide * SIDES, top - tall * HAIR, right + wide * SIDES, bottom)
    if cut.how == "none":
        return grown
    alpha = np.asarray(cut.image.getchannel("A")) >= SEEN
    x0, x1 = max(0, round(left)), min(alpha.shape[1], round(right))
    # Not as far up as a raised arm or a banner reaches.
    y0, y1 = max(0, round(top - tall * 0.8)), max(0, round(top))
    rows = np.flatnonzero(alpha[y0:y1, x0:x1].any(1)) if x1 > x0 and y1 > y0 else np.array([])
    highest = y0 + float(rows[0]) if len(rows) else top
    return (grown[0], min(highest, top), grown[2], bottom)


# ------------------------------------------------------------------- what one sees


def _heads(image: Image.Image, find_faces: FindFaces | None, body: Box | None) -> Box | None:
    """All heads that are large enough to be meant, in one box; a face on a belt or a knee is none."""
    if find_faces is None:
        return None
    grey = np.asarray(_flat(image).convert("L"))
    found = list(find_faces(grey))
    if body is not None:
        lowest = body[1] + (body[3] - body[1]) * LOWEST_FACE
        found = [
            face
            for face in found
            if body[0] <= face[0] + face[2] / 2 <= body[2] and face[1] + face[3] / 2 <= lowest
        ]
    if not found:
        return None
    largest = max(width for _, _, width, _ in found)
    heads = [
        (x - w * FACE_SIDES, y - h * FACE_UP, x + w * (1 + FACE_SIDES), y + h * (1 + FACE_DOWN))
        for x, y, w, h in found
        if w >= largest * 0.4  # smaller ones are passers-by, or on a poster
    ]
    whole = heads[0]
    for head in heads[1:]:
        whole = _union(whole, head)
    return whole


def _upper_part(body: Box) -> Box:
    """Where the head of a figure is that is told from its background: in its upper part."""
    left, top, right, bottom = body
    tall, wide = bottom - top, right - left
    share = HEAD_OF_STANDING if tall >= wide * STANDING else HEAD_OF_BUST
    return (left, top, right, top + tall * share)


def _by_edges(image: Image.Image) -> Box | None:
    """What draws the eye: where the edges are, those in the middle counting more."""
    grey = np.asarray(_flat(image).convert("L").resize((EDGE_GRID, EDGE_GRID)), np.float32)
    across, down = np.gradient(grey)[::-1]
    steep = np.hypot(across, down)
    ramp = np.linspace(-1, 1, EDGE_GRID)
    steep *= np.exp(-(ramp[None, :] ** 2) - ramp[:, None] ** 2)
    if float(steep.sum()) <= 0:
        return None
    sides: list[tuple[float, float]] = []
    for axis in (0, 1):
        summed = np.cumsum(steep.sum(axis))
        summed /= summed[-1]
        first, last = np.searchsorted(summed, EDGE_TAIL), np.searchsorted(summed, 1 - EDGE_TAIL)
        sides.append((float(first), float(last + 1)))
    (x0, x1), (y0, y1) = sides
    return (
        x0 / EDGE_GRID * image.width, y0 / EDGE_GRID * image.height,
        x1 / EDGE_GRID * image.width, y1 / EDGE_GRID * image.height,
    )  # fmt: skip


def _flat(image: Image.Image) -> Image.Image:
    if not image.has_transparency_data:
        return image
    rgba = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", image.size, "white"), rgba).convert("RGB")


# ------------------------------------------------------------------------- boxes


def _grown(box: tuple[int, int, int, int], by: float) -> Box:
    left, top, right, bottom = box
    return (left - by, top - by, right + by, bottom + by)


def _union(one: Box | None, other: Box) -> Box:
    if one is None:
        return other
    return (
        min(one[0], other[0]), min(one[1], other[1]), max(one[2], other[2]), max(one[3], other[3])
    )  # fmt: skip


def _scaled(box: Box, factor: float) -> Box:
    left, top, right, bottom = (float(side) * factor for side in box)
    return (left, top, right, bottom)


def _clamped(box: Box, within: Box) -> Box | None:
    left, top = max(box[0], within[0]), max(box[1], within[1])
    right, bottom = min(box[2], within[2]), min(box[3], within[3])
    return (left, top, right, bottom) if right > left and bottom > top else None
