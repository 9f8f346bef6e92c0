"""Records of a test's own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from studio.records import Database
from tests.studio_fixtures import open_records


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = open_records(tmp_path)
    yield opened
    opened.close()
