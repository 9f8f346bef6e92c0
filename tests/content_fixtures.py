"""Contents for tests: kept through a second door into the records of a started app, as small pictures."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from studio.assembly import Studio, open_studio
from studio.contents import Content, Contents
from studio.records.entities import Job
from studio.request import AvatarRequest
from studio.settings import Settings
from tests.conftest import RunningApp
from tests.influencer_fixtures import until
from tests.studio_fixtures import noise_png

_seeds = itertools.count(1)


def beside(app: RunningApp) -> Studio:
    """A studio over the same records and files, which carries no work itself."""
    settings = Settings(
        _env_file=None,  # type: ignore[call-arg]
        storage_path=app.folder / "storage",
        database_url=f"sqlite:///{app.folder / 'avatarforge.db'}",
        enable_scheduler=False,
    )
    return open_studio(settings, app.folder / "another-engine", at_work=False)


@pytest.fixture(scope="module")
def within(influencer: RunningApp) -> Iterator[Studio]:
    """The studio behind the app of this module."""
    studio = beside(influencer)
    yield studio
    studio.close()


def keep(studio: Studio, at: Path, size: int = 64, **values: Any) -> Content:
    """Keep a picture that no other has."""
    return kept(studio.contents, at, size, **values)


def kept(contents: Contents, at: Path, size: int = 64, **values: Any) -> Content:
    """The same in a library of its own."""
    path = at / f"{next(_seeds)}.png"
    path.write_bytes(noise_png(next(_seeds), size))
    return contents.add(path, **{"media": "image", "prompt": "a knight", **values})


def made(studio: Studio, prompt: str = "a knight", *, door: str = "influencer", **values: Any) -> Job:
    """A finished job of the app."""
    request = AvatarRequest(prompt=prompt, width=128, height=128, steps=1, **values)
    job = studio.jobs.submit(request, door=door)

    def look() -> Job | None:
        seen = studio.jobs.get(job.id)
        return seen if seen.is_final else None

    done = until(look)
    assert done.status == "completed", done.error
    return done
