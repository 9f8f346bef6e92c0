"""Pictures that we did not draw, by what a viewer would see: lids, brows, teeth, the light in a mouth."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from studio.engine.figure.filters import blur
from studio.engine.talking.moment import Moment, Mouth
from studio.engine.talking.portraits import Portrait, open_portrait
from studio.engine.talking.portraits.find import found_in
from studio.engine.talking.portraits.measure import Frame, luminance, skin_colour
from studio.engine.talking.portraits.teeth import teeth_line
from tests.painted_faces import EYE_X, EYE_Y, MAN, MARKS, MOUTH_Y, WOMAN, Person, photo_like, sketch

SIZE = 320
UNIT = EYE_X * SIZE  # distance of the eyes
REST, SHUT = Moment(), Moment(blink=1.0)


@pytest.fixture(scope="module")
def photo() -> np.ndarray:
    return photo_like(SIZE, replace(WOMAN, grain=1.5))


@pytest.fixture(scope="module")
def portrait(photo: np.ndarray) -> Portrait:
    return open_portrait(photo, None, SIZE, MARKS)


def at(u: float, v: float) -> tuple[int, int]:
    """Row and column of a place of the face, in distances of the eyes from between them."""
    return round((0.5 + EYE_Y / 2) * SIZE + v * UNIT), round(0.5 * SIZE + u * UNIT)


def window(u: float, v: float, wide: float, high: float) -> tuple[slice, slice]:
    row, column = at(u, v)
    return (
        slice(row - round(high * UNIT), row + round(high * UNIT) + 1),
        slice(column - round(wide * UNIT), column + round(wide * UNIT) + 1),
    )


def grain(picture: np.ndarray, part: tuple[slice, slice]) -> float:
    light = luminance(picture.astype(np.float32))
    return float((light - blur(light, 1.5))[part].std())


def changed(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return np.abs(one.astype(int) - other.astype(int)).sum(-1)


@pytest.mark.parametrize("side", [-0.5, 0.5])
def test_a_shut_lid_has_the_grain_of_the_skin_beside_it(portrait: Portrait, side: float) -> None:
    frame = portrait.frame(SHUT)
    lid, cheek = (grain(frame, window(side, v, 0.12, 0.04)) for v in (-0.07, 0.33))
    assert 0.5 * cheek < lid < 2.0 * cheek


@pytest.mark.parametrize("side", [-0.5, 0.5])
def test_a_shut_lid_has_the_colour_of_the_skin_around_it(portrait: Portrait, side: float) -> None:
    frame = portrait.frame(SHUT).astype(float)
    lid = frame[window(side, -0.03, 0.10, 0.03)].mean((0, 1))
    around = (
        frame[window(side, -0.24, 0.10, 0.03)].mean((0, 1)),
        frame[window(side, 0.30, 0.10, 0.03)].mean((0, 1)),
    )
    assert np.abs(lid - np.mean(around, 0)).max() < 30


@pytest.mark.parametrize("who", [WOMAN, MAN], ids=["light", "dark"])
def test_brows_stay_when_eyes_are_shut(who: Person) -> None:
    portrait = open_portrait(photo_like(SIZE, who), None, SIZE, MARKS)
    moved = changed(portrait.frame(SHUT), portrait.frame(REST))
    for side in (-0.55, 0.55):
        assert moved[window(side, -0.34, 0.25, 0.08)].mean() < 4
        assert moved[window(side * 0.91, 0.0, 0.12, 0.04)].mean() > 40  # and the eye is what is covered


def test_nothing_of_the_white_is_left_at_the_corners(portrait: Portrait, photo: np.ndarray) -> None:
    def white(picture: np.ndarray) -> int:
        found = 0
        for side in (-0.5, 0.5):
            part = picture[window(side, 0.0, 0.26, 0.09)].astype(int)
            found += int(((part.min(-1) > 130) & (part.max(-1) - part.min(-1) < 28)).sum())
        return found

    assert white(photo) > 20
    assert white(portrait.frame(SHUT)) <= 0.05 * white(photo)


def test_an_iris_never_leaves_its_eye(portrait: Portrait) -> None:
    """Looking aside and up shows less of it, but not an empty eye."""

    def dark(gaze: tuple[float, float]) -> int:
        frame = portrait.frame(Moment(gaze=gaze))
        return sum(
            int((luminance(frame[window(side, 0.0, 0.26, 0.09)].astype(float)) < 75).sum())
            for side in (-0.5, 0.5)
        )

    assert dark((0.0, 0.0)) > 40
    for gaze in ((-0.9, -0.9), (0.9, 0.9)):
        assert dark(gaze) > 0.5 * dark((0.0, 0.0))


def smiling(photo: np.ndarray, down: float) -> np.ndarray:
    """The portrait with a row of teeth between thin lips, lower than its own mouth was."""
    picture = photo.copy()
    picture[window(0.0, (MOUTH_Y - EYE_Y) / EYE_X / 2, 0.48, 0.16)] = photo[at(-0.35, 0.62)]
    row, column = at(0.0, (MOUTH_Y - EYE_Y) / EYE_X / 2 + down)
    y, x = np.mgrid[:SIZE, :SIZE]
    u, v = (x - column) / UNIT, (y - row) / UNIT
    picture[(np.abs(u) < 0.34) & (v > -0.06) & (v < 0.10 - 0.9 * u * u)] = (222, 214, 200)
    return picture


def frame_of(size: int) -> Frame:
    unit = EYE_X * size
    return Frame(np.array([0.5, 0.5 + EYE_Y / 2]) * size, np.array([1.0, 0.0]), np.array([0.0, 1.0]), unit)


def test_a_mouth_is_where_its_teeth_are(photo: np.ndarray) -> None:
    frame = frame_of(SIZE)
    mouth = np.array([0.5, 0.5 + MOUTH_Y / 2]) * SIZE
    assert teeth_line(photo, frame, mouth, skin_colour(photo, frame)) is None
    wide = smiling(photo, 0.16)
    line = teeth_line(wide, frame, mouth, skin_colour(wide, frame))
    assert line is not None
    lower = frame.of(np.array(at(0.0, (MOUTH_Y - EYE_Y) / EYE_X / 2 + 0.26)[::-1]))[1]
    assert abs(line.middle[1] - lower) < 0.05
    assert 0.10 < line.rest < 0.22
    assert 0.28 < line.half < 0.44


def test_shown_teeth_stay_and_the_mouth_opens_below_them(photo: np.ndarray) -> None:
    wide = smiling(photo, 0.16)
    portrait = open_portrait(wide, None, SIZE, MARKS)
    v = (MOUTH_Y - EYE_Y) / EYE_X / 2 + 0.16
    moved = changed(portrait.frame(Moment(Mouth(open=1.0))), wide)
    assert np.median(moved[window(0.0, v - 0.01, 0.15, 0.02)]) < 60
    assert moved[window(0.0, v + 0.15, 0.10, 0.05)].mean() > 90


def test_a_white_beard_is_no_row_of_teeth(photo: np.ndarray) -> None:
    bearded = photo.copy()
    bearded[window(0.0, 1.50, 0.80, 0.30)] = (226, 222, 214)
    frame = frame_of(SIZE)
    mouth = np.array([0.5, 0.5 + MOUTH_Y / 2]) * SIZE
    assert teeth_line(bearded, frame, mouth, skin_colour(bearded, frame)) is None


def test_a_mouth_is_as_colourful_as_its_picture(photo: np.ndarray) -> None:
    light = luminance(photo.astype(float))[..., None]
    muted = (light + (photo - light) * 0.25).clip(0, 255).astype(np.uint8)
    said = Moment(Mouth(open=1.0, tongue=0.6))

    def colour(picture: np.ndarray) -> float:
        frame = open_portrait(picture, None, SIZE, MARKS).frame(said).astype(float)
        part = frame[window(0.0, (MOUTH_Y - EYE_Y) / EYE_X / 2 + 0.18, 0.15, 0.06)]
        return float((part.max(-1) - part.min(-1)).mean())

    assert colour(muted) < 0.6 * colour(photo)


def test_what_is_painted_is_as_soft_as_a_picture_that_was_enlarged(photo: np.ndarray) -> None:
    small = np.asarray(Image.fromarray(photo).resize((112, 112), Image.Resampling.BOX))
    portrait = open_portrait(small, None, SIZE, MARKS)
    part = window(0.0, (MOUTH_Y - EYE_Y) / EYE_X / 2 + 0.15, 0.2, 0.3)
    steps = np.abs(np.diff(luminance(portrait.frame(Moment(Mouth(open=1.0)))[part].astype(float)), axis=0))
    sharp = open_portrait(photo, None, SIZE, MARKS).frame(Moment(Mouth(open=1.0)))[part].astype(float)
    assert steps.max() < 0.75 * np.abs(np.diff(luminance(sharp), axis=0)).max()


@pytest.mark.parametrize("kind", ["light", "dark", "graphite"])
def test_painted_people_are_found(kind: str) -> None:
    picture = {"light": photo_like, "dark": lambda size: photo_like(size, MAN), "graphite": sketch}[kind](
        SIZE
    )
    found = found_in(picture)
    for place, name in ((found.left_eye, "left_eye"), (found.right_eye, "right_eye")):
        assert np.abs(np.array(place) / SIZE - MARKS[name]).max() < 0.03


def test_a_sketch_speaks_in_its_own_tones() -> None:
    picture = sketch(SIZE)
    portrait = open_portrait(picture, None, SIZE, MARKS)
    frame = portrait.frame(Moment(Mouth(open=1.0, tongue=1.0), blink=0.5, yaw=0.08)).astype(int)
    own = int((picture.max(-1).astype(int) - picture.min(-1)).max())
    assert int((frame.max(-1) - frame.min(-1)).max()) <= own + 6
    assert changed(frame, portrait.frame(REST))[window(0.0, 1.2, 0.2, 0.15)].max() > 150
