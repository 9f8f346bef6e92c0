"""By which method a video is made: what the servers at hand can do, and what is refused with the reason."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from studio.assembly import Studio, open_studio
from studio.errors import StudioError
from studio.request import VideoRequest
from studio.videos import FIGURE, method_of
from tests.fake_comfy import FakeComfy
from tests.library_facts import every_model, server_nodes
from tests.opened_studios import NO_ENGINE
from tests.studio_fixtures import make_settings


def opened(folder: Path, fake: FakeComfy | None) -> Studio:
    urls = (fake.url,) if fake else ()
    studio = open_studio(make_settings(folder, comfyui_url=urls, studio_engine_url=NO_ENGINE))
    if fake:
        assert studio.pool.wait_ready(10, "comfy", every=True)
    return studio


@pytest.fixture
def full(tmp_path: Path) -> Iterator[Studio]:
    with FakeComfy() as fake:
        fake.info = server_nodes(every_model(), custom=True)
        studio = opened(tmp_path, fake)
        yield studio
        studio.close()


@pytest.fixture
def bare(tmp_path: Path) -> Iterator[Studio]:
    with FakeComfy() as fake:
        fake.info = server_nodes()
        studio = opened(tmp_path, fake)
        yield studio
        studio.close()


def ask(studio: Studio, **values: Any) -> VideoRequest:
    return studio.videos.request({"prompt": "a knight walks", **values})


def test_a_method_is_carried_out_by_its_own_workflow(full: Studio) -> None:
    assert ask(full, method="animatediff").workflow == "video_animatediff"
    assert ask(full, method="wan").workflow == "video_wan_ti2v"
    assert ask(full, method="figure").workflow == FIGURE
    assert ask(full).workflow is None
    assert full.jobs.preflight(ask(full)).workflow == "video_wan_ti2v"
    # Whoever looks at it later sees by what it was asked for.
    assert ask(full, method="wan").method == "wan"


def test_what_a_server_lacks_is_said_and_nothing_else_is_made_instead(bare: Studio) -> None:
    for method, lacking in (
        ("animatediff", "motion model"),
        ("wan", "wan2.2"),
        ("stable_video_diffusion", "start picture"),
    ):
        with pytest.raises(StudioError, match=f"(?i){lacking}") as refusal:
            ask(bare, method=method)
        assert refusal.value.code == "workflow_impossible"
    states = {one.method: one for one in bare.videos.able()}
    assert not states["wan"].available
    assert "wan2.2" in states["wan"].why
    assert not states["figure"].available


def test_all_methods_are_there_where_all_models_are(full: Studio) -> None:
    states = {one.method: one.available for one in full.videos.able()}
    assert states == {
        "auto": True,
        "figure": False,  # its engine does not run here
        "talking": True,
        "wan": True,
        "stable_video_diffusion": True,
        "animatediff": True,
    }


def test_without_any_such_server_the_figure_stands_in_and_a_note_says_so(tmp_path: Path) -> None:
    studio = opened(tmp_path, None)
    try:
        asked = ask(studio, method="wan")
        assert (asked.engine, asked.workflow, asked.method) == ("embedded", FIGURE, "wan")
    finally:
        studio.close()


def test_spellings() -> None:
    assert method_of(" Stable-Video Diffusion ") == "stable_video_diffusion"
    assert method_of("SVD") == "stable_video_diffusion"
    assert method_of("") == "auto"
    assert method_of(5) == 5
