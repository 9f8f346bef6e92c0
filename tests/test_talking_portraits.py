"""Faces that talk: what moves, what stays, what is refused; characters drawn here and other pictures."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import psutil
import pytest

from studio.engine.figure import Camera, DrawRequest, draw
from studio.engine.figure.keys import STYLES
from studio.engine.figure.styles import styles
from studio.engine.talking.moment import Moment, Mouth
from studio.engine.talking.portraits import NoFace, Portrait, open_portrait

SIZE = 160
WORDS = "young woman, short black hair, blue eyes, white shirt, plain background"
REST = Moment()


def drawn_picture(words: str = WORDS, style: str = "anime", yaw: float = 0.0, side: int = 192) -> Any:
    """A square portrait and its recipe."""
    camera = Camera(yaw, 0.0, "portrait")
    return draw(DrawRequest(words, seed=4, width=side, height=side, style=style, camera=camera))


def clicks(recipe: dict[str, Any]) -> dict[str, list[float]]:
    """What somebody would click in a drawing."""
    places = recipe["landmarks"]
    return {
        "left_eye": places["eyes"]["right"],
        "right_eye": places["eyes"]["left"],
        "mouth": places["mouth"],
    }


@pytest.fixture(scope="module")
def picture() -> Any:
    return drawn_picture()


@pytest.fixture(scope="module")
def drawn(picture: Any) -> Portrait:
    return open_portrait(picture.rgba[..., :3], picture.recipe, SIZE)


@pytest.fixture(scope="module")
def photo(picture: Any) -> Portrait:
    return open_portrait(picture.rgba[..., :3], None, SIZE, clicks(picture.recipe))


@pytest.fixture(params=["drawn", "photo"])
def portrait(request: pytest.FixtureRequest) -> Portrait:
    return request.getfixturevalue(request.param)


def part(picture: Any, name: str, reach: float) -> tuple[slice, slice]:
    """The window around a place of the face, in pixels of a frame."""
    places, scale = picture.recipe["landmarks"], SIZE / picture.rgba.shape[0]
    at = places["mouth"] if name == "mouth" else places["eyes"][name]
    half = reach * places["head_height_px"] * scale
    x, y = at[0] * scale, at[1] * scale
    return slice(int(y - half), int(y + half)), slice(int(x - half), int(x + half))


def difference(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.abs(a.astype(int) - b.astype(int)).sum(-1)


def test_kinds_and_frames(drawn: Portrait, photo: Portrait) -> None:
    assert (drawn.kind, photo.kind) == ("drawn", "photo")
    for portrait in (drawn, photo):
        frame = portrait.frame(REST)
        assert frame.shape == (SIZE, SIZE, 3)
        assert frame.dtype == np.uint8


def test_at_rest_the_picture_is_as_it_was(portrait: Portrait, picture: Any) -> None:
    shown = portrait.frame(REST).astype(float)
    rows = (np.arange(SIZE) + 0.5) * picture.rgba.shape[0] / SIZE
    given = picture.rgba[..., :3].astype(float)[rows.astype(int)][:, rows.astype(int)]
    assert np.abs(shown - given).mean() < 6


def test_speech_moves_the_lower_face_and_nothing_else(portrait: Portrait, picture: Any) -> None:
    moved = difference(portrait.frame(Moment(Mouth(open=0.8))), portrait.frame(REST))
    rows, columns = part(picture, "mouth", 0.42)
    assert moved[part(picture, "mouth", 0.08)].max() > 60
    outside = moved.copy()
    outside[rows, columns] = 0
    assert outside.mean() < 0.5
    assert np.percentile(outside, 99.5) < 12


def test_the_wider_the_jaw_the_more_of_the_mouth_is_seen(portrait: Portrait, picture: Any) -> None:
    window = part(picture, "mouth", 0.16)
    inside = []
    for amount in (0.0, 0.3, 0.65, 1.0):
        frame = portrait.frame(Moment(Mouth(open=amount)))[window].astype(int)
        # The dark and the red of a mouth: much more red than green, and not light.
        inside.append(int(((frame[..., 0] - frame[..., 1] > 30) & (frame[..., 1] < 115)).sum()))
    assert inside[0] + 4 < inside[1] < inside[2] < inside[3]


def test_pressed_lips_are_shut(portrait: Portrait, picture: Any) -> None:
    window = part(picture, "mouth", 0.16)
    pressed = portrait.frame(Moment(Mouth(press=1.0)))
    said = portrait.frame(Moment(Mouth(open=1.0, press=1.0)))
    wide_open = portrait.frame(Moment(Mouth(open=1.0)))
    assert difference(said, pressed)[window].mean() < 0.3 * difference(wide_open, pressed)[window].mean()


def test_round_lips_are_narrower_than_spread_ones(portrait: Portrait, picture: Any) -> None:
    window = part(picture, "mouth", 0.20)

    def width(wide: float) -> int:
        frame = portrait.frame(Moment(Mouth(open=0.6, wide=wide)))[window].astype(int)
        return int(((frame[..., 0] - frame[..., 1] > 30) & (frame[..., 1] < 115)).any(0).sum())

    assert width(-1.0) < width(1.0)


def test_shut_lids_cover_the_iris(portrait: Portrait, picture: Any) -> None:
    def blue(moment: Moment) -> int:
        frame = portrait.frame(moment).astype(int)
        return sum(
            int(
                (
                    frame[part(picture, side, 0.10)][..., 2] > frame[part(picture, side, 0.10)][..., 0] + 30
                ).sum()
            )
            for side in ("left", "right")
        )

    assert blue(REST) > 40
    assert blue(Moment(blink=1.0)) < 0.12 * blue(REST)
    assert blue(Moment(blink=1.0)) <= blue(Moment(blink=0.6)) < blue(REST)


@pytest.mark.parametrize(
    "moment",
    [
        Moment(yaw=0.1),
        Moment(pitch=0.1),
        Moment(roll=0.1),
        Moment(breath=1.0),
        Moment(smile=1.0),
        Moment(brows=1.0),
        Moment(gaze=(0.5, 0.0)),
        Moment(Mouth(open=0.3, tongue=1.0)),
        Moment(Mouth(teeth=1.0)),
    ],
    ids=lambda moment: str(moment).replace("Moment", ""),
)
def test_everything_that_a_moment_says_is_seen(portrait: Portrait, moment: Moment) -> None:
    assert (difference(portrait.frame(moment), portrait.frame(REST)) > 20).sum() > 12


def test_the_head_turns_to_the_side_that_was_said(portrait: Portrait, picture: Any) -> None:
    """The blue of an eye is found further to the right when the head turns to the right."""
    window = part(picture, "left", 0.20)

    def middle(yaw: float) -> float:
        frame = portrait.frame(Moment(yaw=yaw))[window].astype(int)
        return float(np.nonzero(frame[..., 2] > frame[..., 0] + 30)[1].mean())

    assert middle(-0.15) + 1 < middle(0.0) < middle(0.15) - 1


def test_extreme_moments_leave_no_gaps(portrait: Portrait) -> None:
    wild = Moment(Mouth(5, -5, 5, 5, 5), 9, -9, 9, (9, 9), 9, 9, 9, 9, (9, 9))
    frame = portrait.frame(wild)
    assert frame.shape == (SIZE, SIZE, 3)
    for edge in (frame[0], frame[:, 0], frame[:, -1]):
        assert edge.mean() > 60  # no black where the picture was moved away


def test_the_same_picture_gives_the_same_bytes(picture: Any, drawn: Portrait, photo: Portrait) -> None:
    moment = Moment(
        Mouth(0.4, 0.3, 0.0, 0.5, 0.2), 0.3, 0.4, 0.5, (0.2, 0.1), 0.05, 0.04, 0.03, 0.5, (0.02, 0)
    )
    again = open_portrait(picture.rgba[..., :3], picture.recipe, SIZE)
    assert (again.frame(moment) == drawn.frame(moment)).all()
    again = open_portrait(picture.rgba[..., :3], None, SIZE, clicks(picture.recipe))
    assert (again.frame(moment) == photo.frame(moment)).all()


def test_two_threads_may_ask_at_once(portrait: Portrait) -> None:
    moments = [
        Moment(Mouth(open=(k % 7) / 7, wide=(k % 3) - 1.0), blink=k % 2, yaw=0.01 * k) for k in range(24)
    ]
    alone = [portrait.frame(moment) for moment in moments]
    with ThreadPoolExecutor(2) as pool:
        together = list(pool.map(portrait.frame, moments))
    assert all((a == b).all() for a, b in zip(alone, together, strict=True))


def test_memory_stays_flat(portrait: Portrait) -> None:
    def talk(frames: int) -> None:
        for k in range(frames):
            mouth = Mouth(0.5 + 0.5 * np.sin(k), np.sin(0.7 * k), teeth=0.5 + 0.5 * np.sin(0.3 * k))
            portrait.frame(Moment(mouth, blink=float(k % 40 == 0), yaw=0.1 * np.sin(0.1 * k)))

    talk(250)  # every mouth has been drawn
    before = psutil.Process().memory_info().rss
    talk(250)
    assert psutil.Process().memory_info().rss - before < 4_000_000


@pytest.mark.parametrize("style", STYLES)
def test_every_art_style_speaks(style: str) -> None:
    assert style in styles()
    shown = drawn_picture(style=style)
    portrait = open_portrait(shown.rgba[..., :3], shown.recipe, SIZE)
    rest = portrait.frame(REST)
    assert np.abs(rest.astype(float).mean((0, 1)) - shown.rgba[..., :3].astype(float).mean((0, 1))).max() < 8
    moved = difference(portrait.frame(Moment(Mouth(open=1.0), blink=1.0)), rest)
    for name in ("mouth", "left", "right"):
        assert moved[part(shown, name, 0.10)].max() > 60, name


def test_pixel_art_keeps_its_cells() -> None:
    shown = drawn_picture(style="pixel", side=312)
    portrait = open_portrait(shown.rgba[..., :3], shown.recipe, 312)
    frame = portrait.frame(Moment(Mouth(open=0.7), yaw=0.06, roll=0.02))
    cells = frame[: 312 // 3 * 3, : 312 // 3 * 3].reshape(104, 3, 104, 3, 3)
    assert (cells == cells[:, :1, :, :1]).all()


def test_a_whole_figure_becomes_a_bust() -> None:
    whole = draw(DrawRequest(WORDS, seed=4, width=128, height=192, camera=Camera(-20.0)))
    portrait = open_portrait(whole.rgba[..., :3], whole.recipe, SIZE)
    frame = portrait.frame(REST).astype(int)
    blue = frame[..., 2] > frame[..., 0] + 40
    assert portrait.kind == "drawn"
    assert blue.sum() > 40  # both eyes are large enough to be looked into


@pytest.mark.parametrize(
    "words",
    [
        "knight, closed helmet, plate armor",
        "ninja, face mask",
        "wolf-folk, fur, muzzle",
        "skeleton",
        "robot",
        "old wizard, long beard, hat",
    ],
)
def test_hidden_and_other_mouths_are_no_trouble(words: str) -> None:
    shown = drawn_picture(words, side=128)
    portrait = open_portrait(shown.rgba[..., :3], shown.recipe, 96)
    rest, said = portrait.frame(REST), portrait.frame(Moment(Mouth(open=1.0), yaw=0.1))
    assert (difference(rest, said) > 20).any()


def test_from_behind_there_is_no_face() -> None:
    shown = drawn_picture(yaw=180.0)
    with pytest.raises(NoFace, match="from behind"):
        open_portrait(shown.rgba[..., :3], shown.recipe, SIZE)


def test_from_the_side_there_is_one() -> None:
    shown = drawn_picture(yaw=80.0)
    portrait = open_portrait(shown.rgba[..., :3], shown.recipe, SIZE)
    moved = difference(portrait.frame(Moment(Mouth(open=1.0))), portrait.frame(REST))
    assert (moved > 40).sum() > 10


def test_a_recipe_of_somebody_else_is_not_believed(picture: Any) -> None:
    blended = {**picture.recipe, "denoise": 0.4}
    for recipe in ({"engine": "other"}, {"spec": {"no": "such field"}}, {"recipe": "{broken"}, blended):
        with pytest.raises(NoFace):
            open_portrait(np.full((96, 96, 3), 128, np.uint8), recipe, SIZE)


def test_the_recipe_is_found_as_files_carry_it(picture: Any, drawn: Portrait) -> None:
    written = json.loads(json.dumps({"not_drawn": [], "recipe": picture.recipe}))
    portrait = open_portrait(picture.rgba[..., :3], written, SIZE)
    assert (portrait.frame(REST) == drawn.frame(REST)).all()


def test_faces_of_other_pictures_are_found() -> None:
    words = "elf woman, silver hair, green dress"
    shown = draw(
        DrawRequest(words, seed=3, width=512, height=512, style="flat", camera=Camera(15, 0, "portrait"))
    )
    portrait = open_portrait(shown.rgba[..., :3], None, SIZE)
    assert portrait.kind == "photo"
    assert (difference(portrait.frame(Moment(Mouth(open=1.0))), portrait.frame(REST)) > 60).sum() > 20


@pytest.mark.parametrize("scene", ["plain", "noise", "stripes"])
def test_where_no_face_is_none_is_invented(scene: str) -> None:
    rng = np.random.default_rng(3)
    picture = {
        "plain": np.full((200, 300, 3), 190, np.uint8),
        "noise": rng.integers(0, 255, (120, 120, 3), np.uint8),
        "stripes": np.repeat(
            np.tile(np.array([[0], [255]], np.uint8).repeat(12, 0), (10, 240))[..., None], 3, -1
        ),
    }[scene]
    with pytest.raises(NoFace, match="clicks"):
        open_portrait(picture, None, SIZE)


@pytest.mark.parametrize(
    ("landmarks", "said"),
    [
        ({"left_eye": [60, 80], "right_eye": [120, 80]}, "mouth"),
        ({"left_eye": [60, 80], "right_eye": [120, "x"], "mouth": [90, 140]}, "pair of numbers"),
        ({"left_eye": [60, 80], "right_eye": [120, float("nan")], "mouth": [90, 140]}, "pair of numbers"),
        ({"left_eye": [60, 80], "right_eye": [400, 80], "mouth": [90, 140]}, "outside"),
        ({"left_eye": [60, 80], "right_eye": [61, 80], "mouth": [90, 140]}, "same place"),
        ({"left_eye": [60, 80], "right_eye": [120, 80], "mouth": [90, 60]}, "below both eyes"),
        ({"left_eye": [60, 80], "right_eye": [72, 80], "mouth": [66, 92]}, "too small"),
    ],
)
def test_clicks_that_make_no_face_are_refused(landmarks: dict[str, Any], said: str) -> None:
    with pytest.raises(NoFace, match=said):
        open_portrait(np.full((192, 192, 3), 200, np.uint8), None, SIZE, landmarks)


def test_clicks_may_be_shares_of_the_picture_and_eyes_in_any_order(picture: Any, photo: Portrait) -> None:
    side = picture.rgba.shape[0]
    shares = {name: [x / side, y / side] for name, (x, y) in clicks(picture.recipe).items()}
    shares["left_eye"], shares["right_eye"] = shares["right_eye"], shares["left_eye"]
    portrait = open_portrait(picture.rgba[..., :3], None, SIZE, shares)
    moment = Moment(Mouth(open=0.5), blink=0.4)
    assert difference(portrait.frame(moment), photo.frame(moment)).max() <= 6


def test_grey_pictures_stay_grey(picture: Any) -> None:
    grey = picture.rgba[..., :3].mean(-1).astype(np.uint8)[..., None].repeat(3, -1)
    portrait = open_portrait(grey, None, SIZE, clicks(picture.recipe))
    frame = portrait.frame(Moment(Mouth(open=1.0, tongue=1.0), blink=0.5, yaw=0.1)).astype(int)
    assert (frame.max(-1) - frame.min(-1)).max() <= 3


@pytest.mark.parametrize("size", [8, 5000])
def test_sizes_have_limits(picture: Any, size: int) -> None:
    with pytest.raises(ValueError, match="pixels"):
        open_portrait(picture.rgba[..., :3], picture.recipe, size)
