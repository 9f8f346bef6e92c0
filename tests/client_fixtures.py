"""Both doors of the client, for tests whose body is the same for either."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from studio import Studio
from tests.conftest import RunningApp, shared_engine

SMALL: dict[str, Any] = {"width": 128, "height": 192}
LONG: dict[str, Any] = {"width": 1536, "height": 1536, "variants": 12}  # busy until somebody stops it


@pytest.fixture(scope="module", params=["here", "rest"])
def studio(
    request: pytest.FixtureRequest, app: RunningApp, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Studio]:
    """A studio in this process, then one behind an address."""
    if request.param == "rest":
        with Studio(app.url) as found:
            yield found
    else:
        with on_shared_engine(), Studio(folder=tmp_path_factory.mktemp("here")) as found:
            yield found


@contextmanager
def on_shared_engine() -> Iterator[None]:
    """Studios that are opened in this process meanwhile start no engine of their own."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("STUDIO_ENGINE_URL", shared_engine().url)
        yield
