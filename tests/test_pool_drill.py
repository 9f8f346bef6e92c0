"""Two engines with different models, one killed and started again: nothing lost, nothing done twice."""

from __future__ import annotations

from pathlib import Path

from tests.pool_drill import drill


def test_a_killed_engine_costs_time_and_nothing_else(tmp_path: Path) -> None:
    counts = drill(tmp_path, 16)
    assert counts.is_clean, counts
    # Four tasks could only run on the one, and four only on the other.
    assert min(counts.used) >= 4, counts
    _, revived = counts.used_after
    assert revived >= 1, counts
