"""Killing the app, the engine and the wire between them: every job ends with its one picture."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.drills import DRILLS, Counts


@pytest.mark.parametrize("drill", DRILLS, ids=lambda drill: drill.__name__)
def test_nothing_is_lost_and_nothing_is_done_twice(
    drill: Callable[[Path, int], Counts], tmp_path: Path
) -> None:
    counts = drill(tmp_path, 6)
    assert counts.is_clean, counts
