"""The library's workflows that make pictures speak on GPU servers: graphs that fit, and what is missing."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from studio import workflows
from studio.request import TalkRequest
from studio.workflows import Candidate
from tests.library_facts import every_model, server_info
from tests.studio_fixtures import wrong_in

LIBRARY = workflows.load_library()
TALKING = {
    name: one
    for name, one in LIBRARY.items()
    if one.manifest.task == "talk" and one.manifest.engine == "comfy"
}
FULL = server_info(every_model(), custom=True)
BARE = Candidate("comfy", server_info(), "http://bare:8188")
DRAWN = {workflows.DRIVING}  # what the embedded engine draws for them


def ask(**values: Any) -> TalkRequest:
    return TalkRequest(image_file_id="i", audio_file_id="a", **values)


def graph_of(request: TalkRequest, *, with_previous: bool, frames: int = 49) -> dict[str, Any]:
    plan = workflows.choose(LIBRARY, request, [Candidate("comfy", FULL)], DRAWN)
    [step] = plan.steps
    assert workflows.can_run(step.needs, "comfy", FULL)
    uploads = {"portrait_image": "portrait.png", "voice_audio": "voice.wav"}
    if workflows.DRIVING in step.inputs.values():
        uploads["driving_video"] = "driving.mp4"
    if with_previous:
        uploads["previous_video"] = "before.mp4"
    return workflows.prepare(
        LIBRARY[plan.workflow],
        plan.request,
        "talking",
        7,
        FULL,
        uploads=uploads,
        filename_prefix="avatarforge/p/a",
        frames=frames,
    )


def nodes(graph: dict[str, Any], class_type: str) -> list[dict[str, Any]]:
    return [node["inputs"] for node in graph.values() if node["class_type"] == class_type]


@pytest.mark.parametrize("name", sorted(TALKING))
def test_every_graph_fits_the_nodes_of_a_real_server(name: str) -> None:
    sees_before = "previous_video" in TALKING[name].manifest.slots
    mixes = itertools.product((256, 512, 1024), (10, 60), ("neutral", "happy"), ("", "a knight"), (None, 3))
    for size, fps, mood, words, steps in mixes:
        for with_previous in {False, sees_before}:
            request = ask(
                workflow=name, resolution=size, fps=fps, emotion=mood, prompt=words, steps=steps, seed=1
            )
            assert wrong_in(graph_of(request, with_previous=with_previous), FULL) == []


@pytest.mark.parametrize("name", sorted(TALKING))
def test_the_picture_the_voice_and_the_length_arrive(name: str) -> None:
    graph = graph_of(ask(workflow=name, resolution=256), with_previous=False, frames=45)
    assert nodes(graph, "LoadImage") == [{"image": "portrait.png"}]
    assert nodes(graph, "LoadAudio") == [{"audio": "voice.wav"}]
    assert any(45 in node["inputs"].values() for node in graph.values())
    assert any(
        (node["inputs"].get("width"), node["inputs"].get("height")) == (256, 256) for node in graph.values()
    )
    pieces = TALKING[name].manifest.pieces
    assert pieces is not None
    assert [node["fps"] for node in nodes(graph, "CreateVideo")] == [pieces.fps]


def test_a_mood_and_words_are_told_to_models_that_read() -> None:
    def words(**values: Any) -> str:
        [speaker] = nodes(
            graph_of(ask(workflow="talking_humo", **values), with_previous=False), "WanHuMoImageToVideo"
        )
        graph = graph_of(ask(workflow="talking_humo", **values), with_previous=False)
        return graph[speaker["positive"][0]]["inputs"]["text"]

    assert words(prompt="a knight") == "a knight"
    assert words(prompt="a knight", emotion="evil_grin") == "a knight, evil grin expression"
    assert words()


def test_movement_goes_on_from_the_clip_before() -> None:
    first = graph_of(ask(workflow="talking_wan_s2v"), with_previous=False)
    assert nodes(first, "LoadVideo") == []
    assert "ref_motion" not in nodes(first, "WanSoundImageToVideo")[0]
    second = graph_of(ask(workflow="talking_wan_s2v"), with_previous=True)
    assert nodes(second, "LoadVideo") == [{"file": "before.mp4"}]
    [speaker] = nodes(second, "WanSoundImageToVideo")
    seen = second[speaker["ref_motion"][0]]["inputs"]
    # What the next piece makes again is not what it goes on from.
    pieces = TALKING["talking_wan_s2v"].manifest.pieces
    assert pieces is not None
    assert (seen["batch_index"], seen["length"]) == (0, pieces.frames - pieces.overlap)


def test_the_best_that_a_server_has_is_taken() -> None:
    def chosen(**values: Any) -> str:
        return workflows.choose(LIBRARY, ask(**values), [Candidate("comfy", FULL)]).workflow

    assert chosen() == "talking_wan_s2v"
    assert chosen(workflow="talking_latentsync") == "talking_latentsync"


@pytest.mark.parametrize(
    ("name", "files"),
    [
        (
            "talking_wan_s2v",
            {
                "models/diffusion_models/wan2.2_s2v_14B_fp8_scaled.safetensors",
                "models/text_encoders/umt5_xxl_fp8_e4m3fn_scaled.safetensors",
                "models/vae/wan_2.1_vae.safetensors",
                "models/audio_encoders/wav2vec2_large_english_fp16.safetensors",
            },
        ),
        (
            "talking_humo",
            {
                "models/diffusion_models/humo_17B_fp8_e4m3fn.safetensors",
                "models/loras/lightx2v_I2V_14B_480p_cfg_step_distill_rank64_bf16.safetensors",
                "models/text_encoders/umt5_xxl_fp8_e4m3fn_scaled.safetensors",
                "models/vae/wan_2.1_vae.safetensors",
                "models/audio_encoders/whisper_large_v3_fp16.safetensors",
            },
        ),
    ],
)
def test_a_bare_server_is_told_which_files_to_get(name: str, files: set[str]) -> None:
    found = workflows.preflight(LIBRARY, ask(workflow=name), [BARE])
    assert found.plan is None
    assert {f"{one.folder}/{one.name}" for one in found.files} == files
    assert all(one.address.endswith(f"/{one.name}") for one in found.files)
    assert found.nodes == ()


def test_a_pack_that_is_missing_is_named_with_where_it_comes_from() -> None:
    found = workflows.preflight(LIBRARY, ask(workflow="talking_latentsync"), [BARE])
    assert [(one.name, one.pack, one.address) for one in found.nodes] == [
        (
            "LatentSyncNode",
            "ComfyUI-LatentSyncWrapper",
            "https://github.com/ShmuelRonen/ComfyUI-LatentSyncWrapper",
        )
    ]


def test_infinitetalk_needs_its_pack_and_its_files() -> None:
    found = workflows.preflight(LIBRARY, ask(workflow="talking_infinitetalk"), [BARE])
    pack = "https://github.com/kijai/ComfyUI-WanVideoWrapper"
    assert {one.address for one in found.nodes} == {pack}
    assert {"MultiTalkModelLoader", "Wav2VecModelLoader", "WanVideoSampler"} <= {
        one.name for one in found.nodes
    }
    assert {f"{one.folder}/{one.name}" for one in found.files} == {
        "models/diffusion_models/Wan2_1-I2V-14B-480P_fp8_e4m3fn.safetensors",
        "models/diffusion_models/Wan2_1-InfiniTetalk-Single_fp16.safetensors",
        "models/loras/lightx2v_I2V_14B_480p_cfg_step_distill_rank64_bf16.safetensors",
        "models/text_encoders/umt5-xxl-enc-bf16.safetensors",
        "models/vae/Wan2_1_VAE_bf16.safetensors",
        "models/clip_vision/clip_vision_h.safetensors",
        "models/wav2vec2/wav2vec2-chinese-base_fp16.safetensors",
    }


def test_infinitetalk_takes_its_own_files_and_not_those_of_others() -> None:
    graph = graph_of(ask(workflow="talking_infinitetalk"), with_previous=False)
    [model] = nodes(graph, "WanVideoModelLoader")
    [talker] = nodes(graph, "MultiTalkModelLoader")
    assert (model["model"], talker["model"]) == (
        "Wan2_1-I2V-14B-480P_fp8_e4m3fn.safetensors",
        "Wan2_1-InfiniTetalk-Single_fp16.safetensors",
    )
    [words] = nodes(graph, "WanVideoTextEncodeCached")
    assert words["model_name"] == "umt5-xxl-enc-bf16.safetensors"


def test_a_server_that_cannot_look_back_is_not_taken() -> None:
    old = Candidate("comfy", server_info(every_model(), without=["LoadVideo"]))
    found = workflows.preflight(LIBRARY, ask(workflow="talking_wan_s2v"), [old])
    assert found.plan is None
    assert "LoadVideo" in found.why


def test_sadtalker_needs_two_packs_and_the_weights_beside_its_nodes() -> None:
    found = workflows.preflight(LIBRARY, ask(workflow="talking_sadtalker"), [BARE])
    assert found.plan is None
    assert {(one.name, one.pack, one.address) for one in found.nodes} == {
        ("SadTalker", "Comfyui-SadTalker", "https://github.com/haomole/Comfyui-SadTalker"),
        (
            "VHS_LoadVideoPath",
            "ComfyUI-VideoHelperSuite",
            "https://github.com/Kosinkadink/ComfyUI-VideoHelperSuite",
        ),
    }
    weights = "custom_nodes/Comfyui-SadTalker/SadTalker/checkpoints"
    assert [(one.folder, one.name, one.size_bytes) for one in found.files] == [
        (weights, "SadTalker_V0.0.2_512.safetensors", 725_066_984),
        (weights, "mapping_00109-model.pth.tar", 155_779_231),
        ("gfpgan/weights", "alignment_WFLW_4HG.pth", 193_670_248),
        ("gfpgan/weights", "detection_Resnet50_Final.pth", 109_497_761),
    ]
    for one in found.files:
        assert one.address.endswith(f"/{one.name}")
        assert one.name in found.why
    assert "the node SadTalker; the node VHS_LoadVideoPath" in found.why


def test_weights_are_named_for_packs_that_are_missing_only() -> None:
    half = server_info(every_model(), custom=True, without=["VHS_LoadVideoPath"])
    found = workflows.preflight(LIBRARY, ask(workflow="talking_sadtalker"), [Candidate("comfy", half)])
    assert found.plan is None
    assert ([one.name for one in found.nodes], found.files) == (["VHS_LoadVideoPath"], ())
    assert workflows.preflight(LIBRARY, ask(workflow="talking_sadtalker"), [Candidate("comfy", FULL)]).plan


def test_what_sadtalker_wrote_is_read_from_its_path_at_the_pace_it_was_made() -> None:
    graph = graph_of(ask(workflow="talking_sadtalker", resolution=256), with_previous=False, frames=45)
    [(number, speaker)] = [(key, one) for key, one in graph.items() if one["class_type"] == "SadTalker"]
    assert graph[speaker["inputs"]["image"][0]]["inputs"]["width"] == 256
    [read] = nodes(graph, "VHS_LoadVideoPath")
    assert (read["video"], read["force_rate"], read["frame_load_cap"]) == ([number, 0], 25, 45)
    assert (read["custom_width"], read["custom_height"]) == (256, 256)
    [video] = nodes(graph, "CreateVideo")
    assert graph[video["images"][0]]["class_type"] == "VHS_LoadVideoPath"
    assert graph[video["audio"][0]]["class_type"] == "LoadAudio"
