"""A short run of schemathesis over the whole document; `python -m tests.fuzz` is the long one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fuzz import fuzz_all, fuzzed_app


@pytest.mark.timeout(900)  # half a minute on a machine that does nothing else
def test_no_route_does_what_the_document_does_not_say(tmp_path: Path) -> None:
    with fuzzed_app(tmp_path) as app:
        outcomes = fuzz_all(app, "--phases", "examples,fuzzing", "--max-examples", "1")
        assert not any(outcome.failed for outcome in outcomes), "".join(outcome.told for outcome in outcomes)
        assert all(outcome.cases for outcome in outcomes)
        assert sum(outcome.cases for outcome in outcomes) > 250
        assert not any("Traceback" in line for line in app.lines), "".join(app.lines[-100:])
