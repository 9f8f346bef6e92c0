"""Large pictures are painted band by band: nobody can see where a band ends."""

from __future__ import annotations

import numpy as np
import pytest

from studio.engine.figure import DrawRequest, draw
from studio.engine.figure.styles import registry

WORDS = "elf archer, curly hair, green cloak, bow, in a forest"


@pytest.mark.parametrize("style", ["comic", "ink", "flat", "concept_grey"])
@pytest.mark.parametrize("size", [(128, 192), (192, 128)])
def test_a_picture_in_bands_is_the_picture_painted_at_once(
    style: str, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    request = DrawRequest(WORDS, seed=4, width=size[0], height=size[1], style=style)
    whole = draw(request).rgba
    monkeypatch.setattr(registry, "_LARGE_PX", 1000)
    monkeypatch.setattr(registry, "_BAND_PX", size[0] * 29)
    bands: list[int] = []
    rows_of = registry.rows_of
    monkeypatch.setattr(
        registry, "rows_of", lambda first, height: bands.append(first) or rows_of(first, height)
    )
    banded = draw(request).rgba
    assert len(bands) > 4
    assert not any(first % 8 for first in bands)  # styles halve three times at most
    # Running sums that begin elsewhere may round the other way.
    assert np.abs(whole.astype(int) - banded).max() <= 1
