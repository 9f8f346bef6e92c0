"""Pictures in other shapes: no head is cut, shapes are exact, what is added looks like background."""

from __future__ import annotations

import io
import json
from functools import cache, lru_cache
from typing import Any

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from studio.contents.platforms import PLATFORMS
from studio.engine.figure.maps import LEGEND
from studio.errors import StudioError
from studio.pictures.places import Places, places_of
from studio.pictures.reframe import Frame, frame_for, reframe, size_for
from studio.repurposing import find_heads
from tests.figure_pictures import pictured, segmented

RATIOS = {"1:1": 1.0, "4:5": 0.8, "9:16": 9 / 16, "2:3": 2 / 3, "16:9": 16 / 9, "1.91:1": 1.91}
WIDE, TALL, EVEN = {"width": 320, "height": 192}, {"width": 192, "height": 288}, {"width": 224, "height": 224}
SOMEBODY: list[tuple[str, dict[str, Any]]] = [
    ("woman, red dress", TALL),
    ("wizard with a tall pointed hat, staff", EVEN),
    ("knight holding a banner", TALL | {"yaw": 45.0}),
    ("girl with cat ears, long hair", EVEN | {"framing": "portrait"}),
    ("old man with a beard", TALL | {"framing": "portrait"}),
    ("pirate raising a sword", WIDE),
    ("dancer", TALL | {"yaw": 180.0}),
    ("man sitting on a chair", WIDE | {"yaw": 90.0}),
]
NAMES = [words for words, _ in SOMEBODY]
KINDS = ("recipe", "alpha", "plain", "busy")


@lru_cache(maxsize=64)
def picture_of(words: str, kind: str) -> bytes:
    """A drawn character, as much as a picture may say of itself."""
    drawn = pictured(words, **dict(SOMEBODY)[words])
    figure = Image.fromarray(drawn.rgba)
    file = io.BytesIO()
    if kind == "alpha":
        figure.save(file, "PNG")
        return file.getvalue()
    ground = Image.new("RGB", figure.size, (214, 220, 232))
    if kind == "busy":
        ground = Image.fromarray(_landscape(*figure.size))
    ground.paste(figure, mask=figure.getchannel("A"))
    if kind == "recipe":
        texts = PngImagePlugin.PngInfo()
        texts.add_text("figure", json.dumps({"recipe": drawn.recipe}))
        ground.save(file, "PNG", pnginfo=texts)
    else:
        ground.save(file, "JPEG", quality=92)
    return file.getvalue()


@cache
def looked(words: str, kind: str) -> Places:
    """Where somebody is, as far as the picture says it or lets it be found."""
    return places_of(picture_of(words, kind), find_heads)


def _landscape(width: int, height: int) -> np.ndarray:
    """Hills and trees below a sky."""
    across, down = np.meshgrid(np.arange(width) / width, np.arange(height) / height)
    picture = np.stack([150 + 80 * down, 190 + 40 * down, 240 - 20 * down], -1)
    for level, colour in ((0.45, (110, 150, 120)), (0.6, (80, 125, 80)), (0.75, (95, 110, 60))):
        hill = down > level + 0.06 * np.sin(across * 9 + level * 20)
        picture[hill] = colour
    trunks = (np.sin(across * 70) > 0.93) & (down > 0.3) & (down < 0.7)
    picture[trunks] = (70, 50, 40)
    return picture.astype(np.uint8)


def head_of(words: str) -> tuple[int, int, int, int]:
    """Where face, hair of the head and hat really are."""
    segments = segmented(words, **dict(SOMEBODY)[words])
    marks = pictured(words, **dict(SOMEBODY)[words]).recipe["landmarks"]
    left, _, right, chin = marks["head_box"]
    mask = np.zeros(segments.shape[:2], bool)
    for name in ("face", "hair", "head_wear", "feature"):
        mask |= (segments == np.array(LEGEND[name])).all(-1)
    # Hair that falls on shoulders may be cut like the shoulders, and a broad brim at its ends.
    mask[max(0, round(chin)) :] = False
    mask[:, : max(0, round(left))] = False
    mask[:, round(right) :] = False
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("words", NAMES)
def test_no_head_is_cut_off_in_any_shape(words: str, kind: str) -> None:
    places = looked(words, kind)
    left, top, right, bottom = head_of(words)
    for name, ratio in RATIOS.items():
        x0, y0, x1, y1 = frame_for(places, ratio).box
        held = x0 <= left + 1 and y0 <= top + 1 and x1 >= right - 1 and y1 >= bottom - 1
        assert held, f"{words}, {kind}, {name}: {(x0, y0, x1, y1)} around {(left, top, right, bottom)}"


@pytest.mark.parametrize("words", NAMES)
def test_a_picture_of_ours_says_where_its_head_is(words: str) -> None:
    places = places_of(picture_of(words, "recipe"))
    assert places.how == "recipe"
    assert places.head is not None
    left, top, right, bottom = head_of(words)
    x0, y0, x1, y1 = places.head
    assert x0 <= left + 1
    assert y0 <= top + 1
    assert x1 >= right - 1
    assert y1 >= bottom - 1
    tall = bottom - top
    assert y1 - y0 <= tall * 2.2, "and not the whole figure"


def test_a_recipe_of_another_size_or_form_is_not_believed() -> None:
    source = Image.open(io.BytesIO(picture_of("woman, red dress", "recipe")))
    texts = source.text  # type: ignore[attr-defined]
    for figure in (
        texts["figure"],
        "[]",
        "{",
        '{"recipe": {"size": [96, 144], "landmarks": {"head_box": [1]}}}',
    ):
        info = PngImagePlugin.PngInfo()
        info.add_text("figure", figure)
        file = io.BytesIO()
        source.resize((96, 144)).save(file, "PNG", pnginfo=info)
        assert places_of(file.getvalue()).how != "recipe"


@pytest.mark.parametrize("fit", ["auto", "crop", "pad"])
@pytest.mark.parametrize("kind", KINDS)
def test_frames_have_the_very_shape(kind: str, fit: Any) -> None:
    for words in NAMES[:3]:
        places = looked(words, kind)
        for ratio in RATIOS.values():
            frame = frame_for(places, ratio, fit)
            assert frame.width / frame.height == pytest.approx(ratio, rel=0.01)
            if frame.how == "crop":
                assert frame.left >= 0
                assert frame.top >= 0
                assert frame.left + frame.width <= places.width + 0.01
                assert frame.top + frame.height <= places.height + 0.01


def test_padding_shows_the_whole_figure() -> None:
    places = places_of(picture_of("woman, red dress", "recipe"))
    assert places.figure is not None
    x0, y0, x1, y1 = frame_for(places, 16 / 9, "pad").box
    left, top, right, bottom = places.figure
    assert x0 <= left
    assert y0 <= top
    assert x1 >= right
    assert y1 >= bottom
    assert frame_for(places, 16 / 9).how == "pad", "a wide strip would show a third of her"
    assert frame_for(places, 16 / 9, "crop").how == "crop"


def test_two_faces_far_apart_are_both_kept() -> None:
    places = Places(1600, 900, (100, 200, 1500, 420), (60, 180, 1560, 880), "faces")
    for ratio in RATIOS.values():
        x0, _, x1, _ = frame_for(places, ratio).box
        assert x0 <= 100
        assert x1 >= 1500


def test_where_nobody_is_the_picture_stays_whole_unless_little_is_lost() -> None:
    places = Places(1500, 1000, None, (200, 300, 1300, 800), "edges")
    assert frame_for(places, 16 / 9).how == "crop"
    story = frame_for(places, 9 / 16)
    assert story.how == "pad"
    assert story.box[0] <= 0
    assert story.box[2] >= 1500


def test_sizes_are_never_larger_than_made_but_large_enough() -> None:
    frame = Frame(0, 0, 512, 512, "crop")
    assert size_for(frame, (1080, 1080), 320) == (512, 512)
    assert size_for(frame, (1080, 1080), 640) == (640, 640)
    assert size_for(Frame(0, 0, 2000, 2000, "crop"), (1080, 1080), 320) == (1080, 1080)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_drawn_has_size_format_and_its_figure(kind: str) -> None:
    source = picture_of("woman, red dress", kind)
    places = looked("woman, red dress", kind)
    for ratio in (16 / 9, 1.0):
        frame = frame_for(places, ratio, "pad")
        size = (320, round(320 / ratio))
        data = reframe(source, places, frame, size, "JPEG", 10**7)
        made = Image.open(io.BytesIO(data))
        assert (made.format, made.size) == ("JPEG", size)
        # The dress is where the frame says that it is, in its own colour.
        original = Image.open(io.BytesIO(source)).convert("RGB")
        x, y = original.width * 0.5, original.height * 0.5
        at = ((x - frame.left) / frame.width * size[0], (y - frame.top) / frame.height * size[1])
        seen = np.array(made.getpixel((round(at[0]), round(at[1]))), float)
        was = np.array(original.getpixel((round(x), round(y))), float)
        assert np.abs(seen - was).max() < 60


def test_a_plain_background_goes_on_without_a_seam() -> None:
    source = picture_of("woman, red dress", "plain")
    places = looked("woman, red dress", "plain")
    assert places.is_plain
    frame = frame_for(places, 16 / 9, "pad")
    made = np.asarray(Image.open(io.BytesIO(reframe(source, places, frame, (512, 288), "PNG", 10**7))), float)
    ground = np.array([214, 220, 232])
    assert np.abs(made[:, :40] - ground).max() < 14
    assert np.abs(np.diff(made[144, :150], axis=0)).max() < 14


def test_clear_pictures_stay_clear_or_become_white() -> None:
    source = picture_of("woman, red dress", "alpha")
    places = looked("woman, red dress", "alpha")
    assert places.is_clear
    frame = frame_for(places, 16 / 9, "pad")
    clear = Image.open(io.BytesIO(reframe(source, places, frame, (320, 180), "PNG", 10**7)))
    assert clear.mode == "RGBA"
    assert clear.getpixel((2, 2)) == (255, 255, 255, 0)
    packed = Image.open(io.BytesIO(reframe(source, places, frame, (320, 180), "JPEG", 10**7)))
    assert np.array(packed.getpixel((2, 2))).min() > 250


def test_bytes_are_kept_below_the_limit() -> None:
    noise = np.random.default_rng(1).integers(0, 255, (400, 400, 3), np.uint8)
    file = io.BytesIO()
    Image.fromarray(noise).save(file, "PNG")
    places = places_of(file.getvalue())
    frame = frame_for(places, 1.0)
    whole = reframe(file.getvalue(), places, frame, (400, 400), "PNG", 10**7)
    assert len(whole) > 400_000
    for limit in (100_000, 30_000):
        assert len(reframe(file.getvalue(), places, frame, (400, 400), "PNG", limit)) <= limit


def test_platforms_are_consistent() -> None:
    for one in PLATFORMS.values():
        assert one.shapes
        assert one.as_of
        assert one.facts
        assert one.max_duration_s is None or one.min_duration_s < one.max_duration_s
        for shape in one.shapes:
            assert shape.width / shape.height == pytest.approx(shape.ratio[0] / shape.ratio[1], rel=0.002)
            assert one.shape(shape.name) == one.shape(shape.aspect_ratio) == shape
        assert one.shape(None) == one.shapes[0]
        with pytest.raises(StudioError) as refused:
            one.shape("hexagon")
        assert refused.value.code == "shape_unknown"
        assert one.shapes[0].name in refused.value.hint
