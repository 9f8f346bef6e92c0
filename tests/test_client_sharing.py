"""A studio in this process beside an app with the same records: work is done once, whoever does it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from studio import Studio
from tests.client_fixtures import SMALL, on_shared_engine
from tests.conftest import RunningApp, start_app_process


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    """An app in a process of its own, whose folder studios of this process use too."""
    running = start_app_process(tmp_path_factory.mktemp("shared"), "--no-ui")
    running.wait_healthy()
    yield running
    running.kill()


def test_app_and_client_share_one_storage(app: RunningApp) -> None:
    with on_shared_engine(), Studio(folder=app.folder) as here, Studio(app.url) as there:
        before = here.jobs.list().total
        asked = [
            studio.avatar(f"a dancer {n}", seed=n, **SMALL) for n in range(4) for studio in (here, there)
        ]
        done = [here.jobs.get(job.id).wait(120) for job in asked]
        for job in done:
            kinds = [event.kind for event in job.events()]
            assert (kinds.count("output"), kinds.count("completed")) == (1, 1), kinds
            assert there.jobs.get(job.id).outputs[0].read() == job.outputs[0].read()
        assert here.jobs.list().total == there.jobs.list().total == before + 8
    assert app.process.poll() is None
    assert app.wait(asked[0].id)["status"] == "completed"


def test_what_a_client_leaves_is_done_by_the_app(app: RunningApp) -> None:
    with on_shared_engine(), Studio(folder=app.folder) as here:
        asked = [here.avatar(f"a mason {n}", **SMALL) for n in range(6)]
    assert {app.wait(job.id)["status"] for job in asked} == {"completed"}


def test_work_goes_on_where_it_was_left_and_the_engine_s_own_folder_goes(tmp_path: Path) -> None:
    def there() -> set[Path]:
        return set(Path(tempfile.gettempdir()).glob("avatarforge-engine-*"))

    before = there()
    with Studio(folder=tmp_path) as first:
        first.avatar("a mason", **SMALL).wait(120)
        (own,) = there() - before
        left = first.avatar("another mason", width=384, height=576)
    assert not own.exists()
    with Studio(folder=tmp_path) as second:
        assert second.jobs.get(left.id).wait(120).status == "completed"
