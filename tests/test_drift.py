"""How far views are from the front: equal ones not at all, one character's little, another's much."""

from __future__ import annotations

import io
from functools import lru_cache
from statistics import median

import numpy as np
import pytest
from PIL import Image

from studio.errors import StudioError
from studio.pictures import drift
from studio.pictures.drift import SHARES
from tests.bench.drift import CHARACTERS, auc, drawn
from tests.studio_fixtures import png

FEW = CHARACTERS[:6]


@lru_cache(maxsize=32)
def picture(words: str, yaw: float = 0.0) -> bytes:
    return drawn(words, yaw, (96, 144))


def encoded(pixels: np.ndarray, kind: str = "PNG") -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, kind)
    return file.getvalue()


def pixels_of(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


def test_views_of_one_character_are_nearer_than_those_of_two() -> None:
    same = [drift(picture(words), picture(words, yaw)).score for words in FEW for yaw in (90.0, 180.0)]
    different = [
        drift(picture(one), picture(other, yaw)).score
        for one in FEW
        for other in FEW
        if one != other
        for yaw in (90.0, 180.0)
    ]
    assert auc(same, different) > 0.95
    assert median(same) < 0.2 < 0.35 < median(different)


def test_equal_pictures_are_not_apart_at_all() -> None:
    found = drift(picture(FEW[0]), picture(FEW[0]))
    assert found.to_json() == {"score": 0.0, **dict.fromkeys(SHARES, 0.0)}


def test_the_score_is_the_weighted_sum_of_its_parts() -> None:
    found = drift(picture(FEW[0]), picture(FEW[1], 180.0)).to_json()
    score = found.pop("score")
    assert score == pytest.approx(sum(SHARES[name] * value for name, value in found.items()), abs=1e-3)
    assert all(0.0 <= value <= 1.0 for value in found.values())
    assert sum(SHARES.values()) == pytest.approx(1.0)


def test_mirror_size_and_format_hardly_count() -> None:
    front, side = picture(FEW[2]), picture(FEW[2], 90.0)
    plain = drift(front, side).score
    mirrored = encoded(pixels_of(side)[:, ::-1])
    larger = encoded(np.asarray(Image.fromarray(pixels_of(side)).resize((288, 432))))
    lossy = encoded(pixels_of(side), "JPEG")
    for other in (mirrored, larger, lossy):
        assert drift(front, other).score == pytest.approx(plain, abs=0.06)


def test_another_colour_of_the_clothes_counts() -> None:
    front, back = picture(FEW[3]), pixels_of(picture(FEW[3], 180.0))
    recoloured = back.copy()
    low, high = len(back) // 3, len(back) * 9 // 10
    recoloured[low:high] = recoloured[low:high][..., [1, 2, 0]]
    assert drift(front, encoded(recoloured)).score > drift(front, encoded(back)).score + 0.1


@pytest.mark.parametrize("size", [(64, 64), (8, 200), (200, 8)])
def test_pictures_without_a_figure_are_measured_too(size: tuple[int, int]) -> None:
    plain = encoded(np.full((size[1], size[0], 3), 90, np.uint8))
    noise = encoded(np.random.default_rng(1).integers(0, 255, (size[1], size[0], 4), np.uint8))
    for other in (plain, noise, picture(FEW[0])):
        assert 0.0 <= drift(plain, other).score <= 1.0


def test_what_is_no_picture_is_refused() -> None:
    with pytest.raises(StudioError, match="Invalid image"):
        drift(png(), b"no picture")
