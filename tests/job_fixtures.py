"""The job module over records of a test's own, and jobs handed in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from studio.jobs import Jobs
from studio.records.entities import Job
from studio.request import AvatarRequest
from tests.studio_fixtures import open_jobs

VIEWS = ("front", "back", "side", "quarter")


@pytest.fixture
def jobs(tmp_path: Path) -> Iterator[Jobs]:
    opened = open_jobs(tmp_path)
    yield opened
    opened.database.close()


def ask(prompt: str = "a knight", **values: Any) -> AvatarRequest:
    return AvatarRequest(prompt=prompt, **values)


def submit(jobs: Jobs, prompt: str = "a knight", **values: Any) -> Job:
    return jobs.submit(ask(prompt, **values), door="test")
