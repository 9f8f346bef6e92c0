"""Preflight: what would run where, and the exact files to get where nothing can run."""

from __future__ import annotations

from typing import Any

import pytest

from studio import workflows
from studio.request import AvatarRequest, TalkRequest, VideoRequest
from studio.workflows import Candidate
from tests.library_facts import server, server_info

LIBRARY = workflows.load_library()
BARE = Candidate("comfy", server_info(), "http://bare:8188")
HF = "https://huggingface.co"
ILLUSTRIOUS = (
    "models/checkpoints",
    "Illustrious-XL-v0.1.safetensors",
    f"{HF}/OnomaAIResearch/Illustrious-xl-early-release-v0/resolve/main/Illustrious-XL-v0.1.safetensors",
)
JUGGERNAUT = (
    "models/checkpoints",
    "Juggernaut-XL_v9_RunDiffusionPhoto_v2.safetensors",
    f"{HF}/RunDiffusion/Juggernaut-XL-v9/resolve/main/Juggernaut-XL_v9_RunDiffusionPhoto_v2.safetensors",
)
UNION = (
    "models/controlnet",
    "diffusion_pytorch_model_promax.safetensors",
    f"{HF}/xinsir/controlnet-union-sdxl-1.0/resolve/main/diffusion_pytorch_model_promax.safetensors",
)
SD15_POSE = (
    "models/controlnet",
    "control_v11p_sd15_openpose_fp16.safetensors",
    f"{HF}/comfyanonymous/ControlNet-v1-1_fp16_safetensors/resolve/main/control_v11p_sd15_openpose_fp16.safetensors",
)


def ask(**values: Any) -> AvatarRequest:
    return AvatarRequest.model_validate({"prompt": "a knight", **values})


def to_get(found: workflows.Preflight) -> list[tuple[str, str, str]]:
    return [(file.folder, file.name, file.address) for file in found.files]


@pytest.mark.parametrize(
    ("request_", "workflow", "files"),
    [
        (ask(), "checkpoint", [ILLUSTRIOUS]),
        (ask(realism=True), "checkpoint", [JUGGERNAUT]),
        (ask(views=("front", "back", "side", "quarter")), "checkpoint_panels", [ILLUSTRIOUS]),
        (ask(pose_file_id="p"), "checkpoint_openpose", [ILLUSTRIOUS, UNION]),
        (ask(reference_file_id="r"), "checkpoint_reference", [ILLUSTRIOUS]),
        (ask(pose_file_id="p", reference_file_id="r"), "checkpoint_reference", [ILLUSTRIOUS, UNION]),
        (ask(pose_file_id="p", realism=True), "checkpoint_openpose", [JUGGERNAUT, UNION]),
    ],
    ids=str,
)
def test_a_bare_server_is_told_the_exact_files(
    request_: AvatarRequest, workflow: str, files: list[tuple[str, str, str]]
) -> None:
    found = workflows.preflight(LIBRARY, request_, [BARE])
    assert found.plan is None
    assert found.nearest is not None
    assert (found.nearest.workflow, found.nearest.server) == (workflow, "http://bare:8188")
    assert found.nodes == ()
    assert to_get(found) == files
    for folder, name, address in files:
        assert name in found.why
        assert folder in found.why
        assert address in found.why
    # With just these files the very same request runs, in the very same workflow.
    models: dict[str, list[str]] = {}
    for folder, name, _ in files:
        models.setdefault(folder.removeprefix("models/"), []).append(name)
    after = workflows.preflight(
        LIBRARY, request_, [Candidate("comfy", server_info(models), "http://bare:8188")]
    )
    assert after.plan is not None
    assert after.plan.workflow == workflow
    assert (after.server, after.files, after.why) == ("http://bare:8188", (), "")


def test_every_workflow_can_be_made_to_run_by_the_files_that_it_asks_for() -> None:
    for name, workflow in LIBRARY.items():
        manifest = workflow.manifest
        if manifest.engine == "embedded" or manifest.packs:
            continue
        roles = {f"{role}_file_id": "f" for role in manifest.pictures}
        sources = tuple(manifest.inputs_from.values())
        request = (
            TalkRequest(image_file_id="f", audio_file_id="f", workflow=name)
            if manifest.task == "talk"
            else VideoRequest(prompt="a knight", workflow=name, image_file_id="f")
            if manifest.task == "video"
            else ask(workflow=name, views=("front", "back")[: manifest.least_views], **roles)
        )
        found = workflows.preflight(LIBRARY, request, [BARE], sources)
        assert found.plan is None, name
        assert all(file.address.startswith("https://") for file in found.files)
        models: dict[str, list[str]] = {}
        for file in found.files:
            models.setdefault(file.folder.removeprefix("models/"), []).append(file.name)
        after = workflows.preflight(LIBRARY, request, [Candidate("comfy", server_info(models))], sources)
        assert after.plan is not None, (name, after.why)


def test_missing_custom_nodes_are_named_with_where_they_come_from() -> None:
    found = workflows.preflight(LIBRARY, ask(workflow="cutout", reference_file_id="r"), [BARE])
    [node] = found.nodes
    assert (node.name, node.pack) == ("InspyrenetRembg", "ComfyUI-Inspyrenet-Rembg")
    assert node.address == "https://github.com/john-mnz/ComfyUI-Inspyrenet-Rembg"
    assert "the node InspyrenetRembg" in found.why


def test_the_missing_part_goes_with_what_is_there() -> None:
    found = workflows.preflight(LIBRARY, ask(pose_file_id="p"), [server("v1-5-pruned-emaonly.safetensors")])
    assert to_get(found) == [SD15_POSE]


def test_loras_and_other_files_that_are_only_named_are_listed_without_an_address() -> None:
    at = [server("noobaiXL.safetensors", loras=["ink.safetensors"])]
    asked = ask(loras=[{"name": "ink"}, {"name": "mine.safetensors"}])
    found = workflows.preflight(LIBRARY, asked, at)
    assert found.plan is None
    assert to_get(found) == [("models/loras", "mine.safetensors", "")]
    assert "mine.safetensors for LoraLoader" in found.why
    at = [server("noobaiXL.safetensors", loras=["ink.safetensors", "sub/mine.safetensors"])]
    assert workflows.preflight(LIBRARY, asked, at).plan is not None


def test_a_checkpoint_by_name_that_is_nowhere_is_listed_once() -> None:
    found = workflows.preflight(LIBRARY, ask(workflow="checkpoint", model="mine.safetensors"), [BARE])
    assert to_get(found) == [("models/checkpoints", "mine.safetensors", "")]
    assert "a Stable Diffusion checkpoint named mine.safetensors in models/checkpoints" in found.why


def test_every_server_is_tried_and_the_best_named() -> None:
    weak = Candidate("comfy", server_info({"checkpoints": ["v1-5-pruned.ckpt"]}), "http://weak:8188")
    strong = Candidate("comfy", server_info({"checkpoints": ["noobaiXL.safetensors"]}), "http://strong:8188")
    found = workflows.preflight(LIBRARY, ask(), [BARE, weak, strong])
    assert found.server == "http://strong:8188"
    able = [(trial.workflow, trial.server) for trial in found.trials if trial.plan]
    assert able == [("checkpoint", "http://strong:8188"), ("checkpoint", "http://weak:8188")]
    for trial in found.trials:
        assert bool(trial.plan) != bool(trial.reasons)
    of_bare = {trial.workflow: trial for trial in found.trials if trial.server == "http://bare:8188"}
    assert [file.name for file in of_bare["flux"].files] == [
        "flux1-dev.safetensors",
        "clip_l.safetensors",
        "t5xxl_fp16.safetensors",
        "ae.safetensors",
    ]
    assert [file.size_bytes for file in of_bare["flux"].files] == [
        23802932552,
        246144152,
        9787841024,
        335304388,
    ]
    assert of_bare["flux_kontext"].unfit == (
        "Flux.1 Kontext needs a reference picture, or the front view among several",
    )


def test_a_refusal_stays_short_and_names_the_nearest_first() -> None:
    found = workflows.preflight(LIBRARY, ask(), [BARE])
    assert found.why.startswith(
        "Checkpoint, text to image needs a Stable Diffusion checkpoint in models/checkpoints"
    )
    assert "other workflows cannot either" in found.why
    assert len(found.why) < 1000


def test_without_any_server_the_embedded_engine_is_meant() -> None:
    starting = workflows.preflight(LIBRARY, ask(), [Candidate("embedded", None)])
    assert starting.plan is not None
    assert starting.plan.workflow == "embedded"
    assert starting.files == ()
    assert workflows.preflight(LIBRARY, ask(), []).why == "no workflow fits"


def test_preflight_changes_nothing() -> None:
    request = ask(pose_file_id="p")
    first, second = (workflows.preflight(LIBRARY, request, [BARE]) for _ in range(2))
    assert first == second
    assert request == ask(pose_file_id="p")
