"""Every scene is a picture of its own, in every size, and the same each time."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from studio.engine.figure.backdrop import backdrop
from studio.engine.figure.spec import Background
from studio.engine.figure.words.scenes import SCENES

GREY = (150, 150, 150)
PLACES = sorted({scene.kind for scene in SCENES} - {"plain", "gradient", "studio", "transparent"})


def painted(kind: str, width: int = 96, height: int = 144, seed: int = 3) -> np.ndarray:
    """A scene without colours of its own."""
    return backdrop(Background(kind, GREY, GREY), width, height, height * 0.9, seed)


def test_scenes_differ_by_more_than_their_colours() -> None:
    pictures = {kind: painted(kind).mean(-1) for kind in PLACES}
    alike = [
        (a, b)
        for a, b in combinations(PLACES, 2)
        if float((np.abs(pictures[a] - pictures[b]) > 0.06).mean()) < 0.04
    ]
    # The same hills in another season, the same streets at another hour.
    families = ({"mountains", "meadow", "sky", "snow"}, {"city", "neon_city"})
    assert [pair for pair in alike if not any({*pair} <= family for family in families)] == []


@pytest.mark.parametrize("size", [(16, 16), (24, 300), (300, 40)])
def test_scenes_fit_every_size(size: tuple[int, int]) -> None:
    for kind in PLACES:
        picture = painted(kind, *size)
        assert picture.shape == (size[1], size[0], 3)
        assert np.isfinite(picture).all()


def test_the_same_seed_paints_the_same_scene() -> None:
    assert np.array_equal(painted("village"), painted("village"))
    assert not np.array_equal(painted("space", seed=1), painted("space", seed=2))
