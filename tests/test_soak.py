"""The soak in a short form: mixed load, one kill of the app and one of the engine, and nothing is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.soak import soak


@pytest.mark.timeout(400)
def test_nothing_is_lost_under_load_and_kills(tmp_path: Path) -> None:
    result = soak(tmp_path, minutes=0.3, kill_every_s=7)
    assert result.is_clean, str(result)
    assert result.kills_of_app >= 1
    assert result.submitted >= 5
    assert result.hooks_wanted >= 1
