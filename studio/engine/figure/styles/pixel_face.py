"""A face of a dozen cells, set cell by cell: averaging would leave grey smears where eyes should be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..face.looks import Look, Mouth, look_of
from ..face.tones import Tones, tones_of
from ..landmarks import facing, world_places
from ..oklab import from_lab, to_lab
from ..palette import lifted

if TYPE_CHECKING:
    from ..drawing import Scene

Array = np.ndarray
_AVERAGED_CELLS = 27.0  # a head of more cells has room for the drawn face itself
_FEWEST_CELLS = 9.0
_EYE_ANGLE = 0.41  # from the middle of the face to the middle of an eye, around the head
_WHITE = np.array([0.97, 0.97, 0.98])


class Cells:
    """The cells of a picture on which the skin of a face is seen; nothing else is painted over."""

    def __init__(self, colour: Array, free: Array) -> None:
        self.colour = colour
        self.free = free

    def put(self, x: int, y: int, value: Array) -> None:
        """Paint one cell, if it is one of the face."""
        if 0 <= y < self.free.shape[0] and 0 <= x < self.free.shape[1] and self.free[y, x]:
            self.colour[y, x] = value


def draw_face(colour: Array, free: Array, scene: Scene, cell: int) -> None:
    """Eyes, brows and mouth on the cells that are free, when the head is small and turned to the viewer."""
    spec = scene.spec
    look_at = facing(scene.rotations, scene.shot)
    head_cells = scene.model.head_height * scene.shot.scale / cell
    if spec.skin.surface == "bone":  # sockets and teeth survive averaging
        return
    if look_at[2] < -0.20 or not _FEWEST_CELLS <= head_cells <= _AVERAGED_CELLS:
        return
    cells, tones = Cells(colour, free), tones_of(spec)
    look = look_of(spec.face.expression)
    world = world_places(spec, scene.model, scene.rotations, scene.shifts)
    names: list[str] = ["left_eye", "right_eye", "mouth", "nose"]
    places = dict(
        zip(names, scene.shot.project(np.stack([world[name] for name in names])) / cell, strict=True)
    )
    if abs(places["left_eye"][1] - places["right_eye"][1]) < 1.4:  # a hardly tilted head has level eyes
        level = (places["left_eye"][1] + places["right_eye"][1]) / 2
        for name in ("left_eye", "right_eye"):
            places[name] = np.array([places[name][0], level])
    _wipe(cells, places, head_cells, tones)
    turn = float(np.arctan2(look_at[0], look_at[2]))
    for side, sign, opened in (("left", 1, look.open_left), ("right", -1, look.open_right)):
        seen = float(np.cos(turn + sign * _EYE_ANGLE))
        full = 4 if head_cells >= 16.5 else 3
        wide = round(full * min(1.0, seen * 1.12))
        if wide < 1 or seen < 0.22:
            continue
        iris = spec.eyes.left if side == "left" else spec.eyes.right
        tall = 5 if full == 4 else 4
        if spec.build.presentation == "masculine" or spec.eyes.shape == "narrow":
            tall -= 1
        eye = _Eye(cells, tones, lifted(iris), places[f"{side}_eye"], sign, wide, tall)
        eye.draw(look, opened)
        eye.brow(look)
    if look_at[2] > 0.15:
        _mouth(cells, look.mouth, tones, places["mouth"], head_cells, look_at)
    if abs(turn) < 0.7:
        nose = places["nose"]
        cells.put(round(float(nose[0]) - 0.5), round(float(nose[1]) - 0.5), tones.shade)


def _wipe(cells: Cells, places: dict[str, Array], head_cells: float, tones: Tones) -> None:
    """Clean skin where the averaged features were, lit or in shade as it is around them."""
    reach = head_cells * 0.16
    for name in ("left_eye", "right_eye", "mouth"):
        x, y = float(places[name][0]), float(places[name][1])
        down, up = (reach * 0.9, reach * 1.25) if name != "mouth" else (reach * 0.55, reach * 0.45)
        for row in range(int(np.floor(y - up)), int(np.ceil(y + down)) + 1):
            for column in range(int(np.floor(x - reach)), int(np.ceil(x + reach)) + 1):
                cells.put(column, row, tones.skin)


class _Eye:
    """One eye of a few cells; x counts from the inner corner outwards."""

    def __init__(
        self, cells: Cells, tones: Tones, iris: Array, place: Array, sign: int, wide: int, tall: int
    ) -> None:
        self.cells, self.tones, self.sign, self.wide, self.tall = cells, tones, sign, wide, tall
        self.iris = iris
        # The inner column, so that the eye is centred on its place.
        self.x0 = round(float(place[0]) - sign * wide / 2 - (0.0 if sign > 0 else 1.0))
        self.y0 = round(float(place[1]) - tall / 2)

    def put(self, column: int, row: int, value: Array) -> None:
        """Paint a cell of the eye."""
        self.cells.put(self.x0 + self.sign * column, self.y0 + row, value)

    def draw(self, look: Look, opened: float) -> None:
        """Lash line, white, iris, light."""
        ink = self.tones.ink
        if opened < 0.14:
            middle = self.tall // 2
            bend = -1 if look.arch else 1
            for column in range(self.wide):
                at_end = column in (0, self.wide - 1) or self.wide < 3
                self.put(column, middle + (0 if at_end else bend), ink)
            return
        first = 2 if opened < 0.40 and self.tall > 3 else 1 if opened < 0.72 else 0
        last = self.tall - 1 - (1 if look.lower > 0.2 and self.tall > 3 else 0)
        if opened > 1.12:
            first -= 1
        for column in range(self.wide):
            self.put(column, first, ink)
        self.put(self.wide, first + 1, ink)  # the wing
        rows = range(first + 1, last + 1)
        if not rows:
            self.put(self.wide // 2, first + 1, self.iris)
            return
        left, right = (1, self.wide - 2) if self.wide > 3 else (0 if self.wide < 3 else 1, self.wide - 1)
        if look.gaze[0] > 0.15 or look.gaze[0] < -0.15:
            step = self.sign * (1 if look.gaze[0] > 0 else -1)
            left, right = left + step, right + step
        lab = to_lab(self.iris)
        dark = from_lab(np.array([min(0.26, lab[0] * 0.45), lab[1] * 0.6, lab[2] * 0.6]))
        bright = from_lab(np.array([min(0.9, lab[0] * 1.12), lab[1], lab[2]]))
        for row in rows:
            for column in range(self.wide):
                self.put(column, row, _WHITE)
            small = look.iris < 0.75 and len(rows) > 2 and row in (rows[0], rows[-1])
            for column in range(max(0, left), min(self.wide - 1, right) + 1):
                if not small:
                    self.put(
                        column, row, dark if row == rows[0] else bright if row == rows[-1] else self.iris
                    )
        shine = left if self.sign > 0 else right
        if len(rows) > 1 and 0 <= shine < self.wide:
            self.put(shine, rows[0], _WHITE)
        if look.tilt > 0.5:  # the lid presses down at the nose
            self.put(0, first + 1, ink)
            self.put(0, first, self.tones.skin)
        if look.tears > 0:
            for row in range(last + 1, last + 4):
                self.put(self.wide // 2, row, np.array([0.68, 0.86, 1.0]))
        if look.blush > 0.5:
            for column in range(self.wide // 2, self.wide + 1):
                self.put(column, last + 2, self.tones.rose)

    def brow(self, look: Look) -> None:
        """A line over the eye that leans as the mood wants."""
        lift = look.brow_lift + (look.brow_skew if self.sign > 0 else -0.35 * look.brow_skew)
        row = -2 - (1 if lift > 0.45 else 0) + (1 if lift < -0.3 else 0)
        inner, outer = 0, 0
        if look.brow_tilt > 0.3:
            inner, outer = 1, 0
        elif look.brow_tilt < -0.3:
            inner, outer = -1, 0
        for column in range(self.wide):
            lean = inner if column < (self.wide + 1) // 2 else outer
            self.put(column, row + lean, self.tones.brow)
        if look.brow_tilt > 0.9:
            self.put(-1, row + 2, self.tones.brow)


def _mouth(cells: Cells, mouth: Mouth, tones: Tones, place: Array, head_cells: float, look_at: Array) -> None:
    x, y = round(float(place[0]) - 0.5), round(float(place[1]) - 0.5)
    half = max(1, round(head_cells * 0.085 * mouth.width * max(0.72, float(look_at[2]))))
    inside, teeth = np.array([0.50, 0.14, 0.18]), np.array([0.98, 0.97, 0.95])
    if mouth.open >= 0.03 and mouth.round > 0.5:
        for dy in range(-1, 2 if mouth.open > 0.05 else 1):
            cells.put(x, y + dy, inside)
            cells.put(x + 1, y + dy, inside)
        return
    rise = 1 if mouth.smile > 0.3 else -1 if mouth.smile < -0.3 else 0
    if mouth.open >= 0.03:
        rows = 3 if mouth.open > 0.10 else 2
        for dy in range(rows):
            narrow = 1 if dy == rows - 1 and rise >= 0 else 0
            for dx in range(-half + narrow, half + 1 - narrow):
                cells.put(
                    x + dx, y + dy, teeth if mouth.clench > 0 or (dy == 0 and mouth.teeth > 0.4) else inside
                )
        for end in (-half - 1, half + 1):
            up = rise if mouth.skew == 0 or end * mouth.skew > 0 else 0
            cells.put(x + end, y - max(0, up) + (1 if rise < 0 else 0), tones.line)
        if mouth.clench > 0:
            for dx in range(-half, half + 1):
                cells.put(x + dx, y + rows, tones.line)
        return
    for dx in range(-half, half + 1):
        step = 0
        if abs(dx) == half:
            step = -rise
        if mouth.skew > 0.4 and dx >= half:
            step = -1
        if mouth.wave > 0.5:
            step = dx % 2
        cells.put(x + dx, y + step, tones.line)
