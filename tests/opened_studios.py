"""Whole studios in this process over ComfyUI servers of a test's own."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from studio.assembly import Studio, open_studio
from tests.fake_comfy import FakeComfy
from tests.studio_fixtures import make_settings

NO_ENGINE = "http://127.0.0.1:9"  # nothing listens there


@contextmanager
def opened_with(
    folder: Path, servers: Sequence[FakeComfy], *, every: bool = True, **values: Any
) -> Iterator[Studio]:
    """A whole studio over ComfyUI servers of the test's, without an engine of its own."""
    given = {"studio_engine_url": NO_ENGINE, "studio_lease_s": 1.0, **values}
    studio = open_studio(make_settings(folder, comfyui_url=tuple(one.url for one in servers), **given))
    try:
        assert studio.pool.wait_ready(10, "comfy", every=every)
        yield studio
    finally:
        studio.close()


def own_workflow(folder: Path, name: str, graph: Mapping[str, Any], manifest: str) -> tuple[str, ...]:
    """Keep a workflow as users do; gives what STUDIO_WORKFLOWS_PATH then is."""
    place = folder / "own" / name
    place.mkdir(parents=True, exist_ok=True)
    (place / "graph.json").write_text(json.dumps(graph), encoding="utf-8")
    (place / "workflow.toml").write_text(manifest, encoding="utf-8")
    return (str(place.parent),)
