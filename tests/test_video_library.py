"""The library's workflows that make videos on GPU servers: graphs that fit, and what is missing."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from studio import workflows
from studio.errors import StudioError
from studio.request import VideoRequest
from studio.workflows import Candidate
from tests.library_facts import every_model, server_info
from tests.studio_fixtures import wrong_in

LIBRARY = workflows.load_library()
VIDEOS = {
    name: one
    for name, one in LIBRARY.items()
    if one.manifest.task == "video" and one.manifest.engine == "comfy"
}
FULL = server_info(every_model(), custom=True)
BARE = Candidate("comfy", server_info(), "http://bare:8188")


def ask(**values: Any) -> VideoRequest:
    return VideoRequest.model_validate({"prompt": "a knight walks", **values})


def takes_picture(name: str) -> bool:
    return "start_image" in VIDEOS[name].manifest.slots


def needs_picture(name: str) -> bool:
    return "start_image" in VIDEOS[name].manifest.requires


def graph_of(request: VideoRequest) -> tuple[str, dict[str, Any]]:
    plan = workflows.choose(LIBRARY, request, [Candidate("comfy", FULL)])
    [step] = plan.steps
    assert workflows.can_run(step.needs, "comfy", FULL)
    uploads = {"start_image": "first.png"} if request.image_file_id else {}
    return plan.workflow, workflows.prepare(
        LIBRARY[plan.workflow], plan.request, "moving", 7, FULL, uploads=uploads, filename_prefix="a/b"
    )


def nodes(graph: dict[str, Any], class_type: str) -> list[dict[str, Any]]:
    return [node["inputs"] for node in graph.values() if node["class_type"] == class_type]


def test_the_methods_are_there() -> None:
    assert set(VIDEOS) == {"video_animatediff", "video_svd", "video_wan_i2v", "video_wan_ti2v"}


@pytest.mark.parametrize("name", sorted(VIDEOS))
def test_every_graph_fits_the_nodes_of_a_real_server(name: str) -> None:
    pictures = {needs_picture(name), takes_picture(name)}
    mixes = itertools.product(
        (1.0, 3.3, 5.0), (8, 24, 60), ((None, None), (512, 512), (1080, 1920)), pictures
    )
    for seconds, fps, (width, height), picture in mixes:
        request = ask(
            workflow=name,
            duration_s=seconds,
            fps=fps,
            width=width,
            height=height,
            image_file_id="i" if picture else None,
            negative_prompt="blurry" if fps == 8 else "",
        )
        chosen, graph = graph_of(request)
        assert chosen == name
        assert wrong_in(graph, FULL) == []
        assert [bool(nodes(graph, "LoadImage")), *(one["image"] for one in nodes(graph, "LoadImage"))] == (
            [True, "first.png"] if picture else [False]
        )


@pytest.mark.parametrize(
    ("name", "seconds", "fps", "frames", "shown"),
    [
        ("video_wan_ti2v", 5.0, 30, 121, 24),
        ("video_wan_ti2v", 1.0, 24, 25, 24),
        ("video_wan_i2v", 5.0, 24, 81, 16),
        ("video_svd", 5.0, 24, 25, 5),
        ("video_svd", 2.0, 8, 16, 8),
        ("video_animatediff", 5.0, 8, 40, 8),
        ("video_animatediff", 20.0, 24, 240, 12),
    ],
)
def test_so_many_frames_as_the_model_can_make(
    name: str, seconds: float, fps: int, frames: int, shown: int
) -> None:
    picture = "i" if needs_picture(name) else None
    _, graph = graph_of(ask(workflow=name, duration_s=seconds, fps=fps, image_file_id=picture))
    assert [one["fps"] for one in nodes(graph, "CreateVideo")] == [shown]
    numbers = [
        one[key]
        for one in (node["inputs"] for node in graph.values())
        for key in ("length", "video_frames", "batch_size")
        if key in one and one[key] != 1
    ]
    assert numbers == [frames]


def test_sizes_are_those_that_the_models_can_make() -> None:
    _, graph = graph_of(ask(workflow="video_wan_ti2v", width=1080, height=1920))
    [latent] = nodes(graph, "Wan22ImageToVideoLatent")
    assert (latent["width"], latent["height"]) == (1088, 1920)


def test_what_lasts_too_long_is_refused_with_how_long_it_may_be() -> None:
    with pytest.raises(StudioError, match=r"at most 5\.0 seconds"):
        graph_of(ask(workflow="video_wan_ti2v", duration_s=12))
    with pytest.raises(StudioError, match=r"at most 6\.2 seconds"):
        graph_of(ask(workflow="video_svd", duration_s=7, image_file_id="i"))


def test_models_that_need_or_take_no_picture_say_so() -> None:
    with pytest.raises(StudioError, match="start picture"):
        graph_of(ask(workflow="video_svd"))
    with pytest.raises(StudioError, match="does not take a start picture"):
        graph_of(ask(workflow="video_animatediff", image_file_id="i"))


def test_the_best_that_can_run_is_taken() -> None:
    assert graph_of(ask())[0] == "video_wan_ti2v"
    assert graph_of(ask(image_file_id="i"))[0] == "video_wan_i2v"


@pytest.mark.parametrize("name", sorted(VIDEOS))
def test_a_bare_server_is_told_what_to_get(name: str) -> None:
    picture = "i" if needs_picture(name) else None
    found = workflows.preflight(LIBRARY, ask(workflow=name, image_file_id=picture), [BARE])
    assert found.plan is None
    manifest = VIDEOS[name].manifest
    assert {file.name for file in found.files} == {
        choice.files[0].name for choice in manifest.models.values()
    }
    assert all(file.address.startswith("https://huggingface.co/") for file in found.files)
    assert {node.name for node in found.nodes} == {node for pack in manifest.packs for node in pack.nodes}


def test_no_server_with_a_gpu_means_the_figure() -> None:
    embedded = LIBRARY["video_embedded"].manifest
    assert (embedded.engine, embedded.task) == ("embedded", "video")
    assert embedded.clip is None
