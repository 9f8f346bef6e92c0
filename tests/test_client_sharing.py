"""A studio in this process beside an app with the same records: work is done once, whoever does it."""

from __future__ import annotations

import tempfile
from pathlib import Path

from studio import Studio
from tests.client_fixtures import SMALL
from tests.conftest import StartApp


def test_app_and_client_share_one_storage(start_app: StartApp) -> None:
    app = start_app("--no-ui")
    app.wait_healthy()
    with Studio(folder=app.folder) as here, Studio(app.url) as there:
        asked = [
            studio.avatar(f"a dancer {n}", seed=n, **SMALL) for n in range(4) for studio in (here, there)
        ]
        done = [here.jobs.get(job.id).wait(120) for job in asked]
        for job in done:
            kinds = [event.kind for event in job.events()]
            assert (kinds.count("output"), kinds.count("completed")) == (1, 1), kinds
            assert there.jobs.get(job.id).outputs[0].read() == job.outputs[0].read()
        assert here.jobs.list().total == there.jobs.list().total == 8
    assert app.process.poll() is None
    assert app.wait(asked[0].id)["status"] == "completed"


def test_what_a_client_leaves_is_done_by_the_app(start_app: StartApp) -> None:
    app = start_app("--no-ui")
    app.wait_healthy()
    with Studio(folder=app.folder) as here:
        asked = [here.avatar(f"a mason {n}", **SMALL) for n in range(6)]
    assert {app.wait(job.id)["status"] for job in asked} == {"completed"}


def test_work_goes_on_where_it_was_left(tmp_path: Path) -> None:
    with Studio(folder=tmp_path) as first:
        job = first.avatar("a mason", width=768, height=1152)
    with Studio(folder=tmp_path) as second:
        assert second.jobs.get(job.id).wait(120).status == "completed"


def test_the_engine_s_own_folder_goes_with_it(tmp_path: Path) -> None:
    def there() -> set[Path]:
        return set(Path(tempfile.gettempdir()).glob("avatarforge-engine-*"))

    before = there()
    with Studio(folder=tmp_path) as studio:
        studio.avatar("a mason", **SMALL).wait(120)
        (own,) = there() - before
    assert not own.exists()
