"""The choice among all workflows: by what the servers have, by the look, by what the person pinned."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from studio import workflows
from studio.errors import StudioError
from studio.request import AvatarRequest
from studio.workflows.checkpoints import read_checkpoints
from tests.library_facts import every_model, server, server_info

LIBRARY = workflows.load_library()
NAMES = read_checkpoints(workflows.LIBRARY / "checkpoints.toml")
FLUX_PARTS: dict[str, Any] = {
    "text_encoders": ["clip_l.safetensors", "t5xxl_fp16.safetensors"],
    "vae": ["flux/ae.safetensors"],
}
QWEN_PARTS: dict[str, Any] = {
    "text_encoders": ["qwen_2.5_vl_7b_fp8_scaled.safetensors"],
    "vae": ["qwen_image_vae.safetensors"],
}


def ask(**values: Any) -> AvatarRequest:
    return AvatarRequest.model_validate({"prompt": "a knight", **values})


def chosen(request: AvatarRequest, *servers: workflows.Candidate) -> tuple[str, str | None]:
    plan = workflows.choose(LIBRARY, request, servers)
    return plan.workflow, plan.request.model


@pytest.mark.parametrize(
    ("name", "family", "look"),
    [
        ("v1-5-pruned-emaonly-fp16.safetensors", "sd15", "any"),
        ("SD15\\Realistic_Vision_V6.ckpt", "sd15", "photo"),
        ("sd_xl_base_1.0.safetensors", "sdxl", "any"),
        ("juggernautXL_v9.safetensors", "sdxl", "photo"),
        ("Illustrious-XL-v0.1.safetensors", "sdxl-anime", "drawn"),
        ("anime/noobaiXLNAIXL_vPred10.safetensors", "sdxl-anime", "drawn"),
        ("waiIllustriousSDXL_v150.safetensors", "sdxl-anime", "drawn"),
        ("ponyDiffusionV6XL.safetensors", "pony", "drawn"),
        ("ponyRealism_V22.safetensors", "pony", "photo"),
        ("sd3.5_large_fp8_scaled.safetensors", "sd35", "any"),
        ("flux1-schnell-fp8.safetensors", "flux-schnell", "any"),
        ("flux1-dev.safetensors", "flux", "any"),
        ("flux1-krea-dev_fp8_scaled.safetensors", "flux", "photo"),
        ("flux1-dev-kontext_fp8_scaled.safetensors", "flux-kontext", "any"),
        ("qwen_image_fp8_e4m3fn.safetensors", "qwen", "any"),
        ("qwen_image_edit_2509_fp8_e4m3fn.safetensors", "qwen-edit", "any"),
        ("NetaYumev35_pretrained_all_in_one.safetensors", "lumina", "drawn"),
        ("hawaii_nights.safetensors", "other", "any"),
    ],
)
def test_a_name_tells_family_and_look(name: str, family: str, look: str) -> None:
    assert (NAMES.family(name).name, NAMES.look_of(name)) == (family, look)


ALL_CHECKPOINTS = (
    "v1-5-pruned-emaonly-fp16.safetensors",
    "sd_xl_base_1.0.safetensors",
    "juggernautXL_v9.safetensors",
    "noobaiXL.safetensors",
    "ponyDiffusionV6XL.safetensors",
    "svd_xt.safetensors",
)


@pytest.mark.parametrize(
    ("realism", "without", "best"),
    [
        (False, (), "noobaiXL.safetensors"),
        (False, ("noob",), "ponyDiffusionV6XL.safetensors"),
        (False, ("noob", "pony"), "sd_xl_base_1.0.safetensors"),
        (False, ("noob", "pony", "sd_xl"), "v1-5-pruned-emaonly-fp16.safetensors"),
        (False, ("noob", "pony", "sd_xl", "v1-5"), "juggernautXL_v9.safetensors"),
        (True, (), "juggernautXL_v9.safetensors"),
        (True, ("jugger",), "sd_xl_base_1.0.safetensors"),
        (True, ("jugger", "sd_xl", "v1-5", "noob"), "ponyDiffusionV6XL.safetensors"),
    ],
)
def test_the_best_checkpoint_for_the_look_in_whatever_order(
    realism: bool, without: tuple[str, ...], best: str
) -> None:
    names = [name for name in ALL_CHECKPOINTS if not name.startswith(without)]
    for listed in (names, names[::-1]):
        assert chosen(ask(realism=realism), server(*listed)) == ("checkpoint", best)


def test_what_a_server_has_beside_checkpoints_decides_too() -> None:
    flux = server("noobaiXL.safetensors", diffusion_models=["flux1-dev.safetensors"], **FLUX_PARTS)
    assert chosen(ask(), flux)[0] == "checkpoint"
    assert chosen(ask(realism=True), flux) == ("flux", "flux1-dev.safetensors")
    without_vae = server(
        diffusion_models=["flux1-dev.safetensors"], text_encoders=FLUX_PARTS["text_encoders"]
    )
    with pytest.raises(StudioError, match=r"needs the Flux VAE in models/vae \(for example ae.safetensors"):
        workflows.choose(LIBRARY, ask(workflow="flux"), [without_vae])
    qwen = server(diffusion_models=["qwen_image_fp8_e4m3fn.safetensors"], **QWEN_PARTS)
    assert chosen(ask(), qwen)[0] == "qwen_image"


def test_a_reference_goes_to_a_model_that_edits_if_there_is_one() -> None:
    picture = ask(reference_file_id="r")
    parts: dict[str, Any] = {
        "text_encoders": [*FLUX_PARTS["text_encoders"], *QWEN_PARTS["text_encoders"]],
        "vae": [*FLUX_PARTS["vae"], *QWEN_PARTS["vae"]],
    }
    kontext, edit = "flux1-dev-kontext_fp8_scaled.safetensors", "qwen_image_edit_2509_fp8_e4m3fn.safetensors"
    assert chosen(picture, server("noobaiXL.safetensors"))[0] == "checkpoint_reference"
    adapter: dict[str, Any] = {
        "ipadapter": ["ip-adapter-plus_sdxl_vit-h.safetensors"],
        "clip_vision": ["CLIP-ViT-H-14-laion2B-s32B-b79K.safetensors"],
    }
    assert chosen(picture, server("noobaiXL.safetensors", **adapter))[0] == "checkpoint_reference"
    assert (
        chosen(picture, server("noobaiXL.safetensors", custom=True, **adapter))[0] == "checkpoint_ipadapter"
    )
    assert chosen(picture, server("noobaiXL.safetensors", diffusion_models=[kontext], **parts)) == (
        "flux_kontext",
        kontext,
    )
    both = server(diffusion_models=[kontext, edit], **parts)
    assert chosen(picture, both) == ("qwen_edit", edit)
    assert chosen(ask(reference_file_id="r", model=kontext), both) == ("flux_kontext", kontext)
    # Kontext takes one picture only, so that a pose makes the other one the choice.
    assert chosen(ask(reference_file_id="r", pose_file_id="p"), both)[0] == "qwen_edit"


def test_a_model_by_name_brings_its_workflow() -> None:
    full = workflows.Candidate("comfy", server_info(every_model(), custom=True))
    for model, workflow in (
        ("SD_XL_BASE_1.0", "checkpoint"),
        ("flux1-schnell-fp8", "flux_checkpoint"),
        ("flux1-krea-dev_fp8_scaled.safetensors", "flux"),
        ("models\\sd3.5_large_fp8_scaled.safetensors", "sd35"),
        ("NetaYumev35_pretrained_all_in_one", "netayume_lumina"),
        ("qwen_image_fp8_e4m3fn", "qwen_image"),
    ):
        assert chosen(ask(model=model), full)[0] == workflow
    with pytest.raises(StudioError, match=r"named nowhere\.safetensors"):
        workflows.choose(LIBRARY, ask(model="nowhere.safetensors"), [full])


def test_families_bring_their_numbers_and_a_request_its_own() -> None:
    def numbers(request: AvatarRequest, *checkpoints: str) -> tuple[Any, ...]:
        found = workflows.choose(LIBRARY, request, [server(*checkpoints)]).request
        return found.width, found.height, found.steps, found.cfg, found.sampler

    assert numbers(ask(), "v1-5-pruned.safetensors") == (512, 768, 28, 7.0, "euler_ancestral")
    assert numbers(ask(), "noobaiXL.safetensors") == (832, 1216, 28, 6.0, "euler_ancestral")
    assert numbers(ask(), "sd_xl_base_1.0.safetensors") == (832, 1216, 28, 6.0, "dpmpp_2m")
    assert numbers(ask(), "flux1-schnell-fp8.safetensors") == (832, 1216, 4, 1.0, "euler")
    assert numbers(ask(), "flux1-dev-fp8.safetensors") == (832, 1216, 20, 1.0, "euler")
    pinned = ask(steps=7, cfg=2.5, sampler="heun", width=640)
    assert numbers(pinned, "flux1-dev-fp8.safetensors") == (640, 1344, 7, 2.5, "heun")


@pytest.mark.parametrize(
    ("asked", "checkpoint", "size"),
    [
        ({}, "noobaiXL.safetensors", (832, 1216)),
        ({"width": 1024}, "noobaiXL.safetensors", (1024, 1024)),
        ({"height": 1152}, "noobaiXL.safetensors", (896, 1152)),
        ({"width": 1200}, "noobaiXL.safetensors", (1200, 832)),
        ({"width": 700, "height": 700}, "noobaiXL.safetensors", (700, 700)),
        ({"width": 768}, "v1-5-pruned.ckpt", (768, 512)),
        ({"height": 768}, "v1-5-pruned.ckpt", (512, 768)),
    ],
)
def test_one_side_brings_the_other_as_the_models_know_it(
    asked: dict[str, int], checkpoint: str, size: tuple[int, int]
) -> None:
    found = workflows.choose(LIBRARY, ask(**asked), [server(checkpoint)]).request
    assert (found.width, found.height) == size


def test_the_usual_size_is_one_that_the_models_were_made_with() -> None:
    for name, workflow in LIBRARY.items():
        for family in ("", "sd15", "sdxl"):
            if sizes := workflow.manifest.sizes_for(family):
                defaults = workflow.manifest.defaults_for(family)
                assert sizes[0] == (defaults["width"], defaults["height"]), name
                assert all(width % 16 == height % 16 == 0 for width, height in sizes)


def test_a_pose_model_goes_with_the_family() -> None:
    nets = ["control_v11p_sd15_openpose_fp16.safetensors", "xl\\controlnet-union-sdxl_promax.safetensors"]
    for checkpoint, net in (("v1-5-pruned.ckpt", nets[0]), ("noobaiXL.safetensors", nets[1])):
        at = server(checkpoint, controlnet=nets)
        plan = workflows.choose(LIBRARY, ask(pose_file_id="p"), [at])
        assert at.info is not None
        graph = workflows.prepare(
            LIBRARY["checkpoint"],
            plan.request,
            "front",
            1,
            at.info,
            uploads={"pose_image": "p"},
            filename_prefix="a",
        )
        assert graph["21"]["inputs"]["control_net_name"] == net


def test_the_best_of_all_servers_is_taken() -> None:
    weak, strong = server("v1-5-pruned.ckpt"), server("noobaiXL.safetensors")
    for servers in ((weak, strong), (strong, weak)):
        assert chosen(ask(), *servers) == ("checkpoint", "noobaiXL.safetensors")


def test_rendered_maps_are_used_only_where_somebody_makes_them() -> None:
    nets = ["control_v11p_sd15_openpose_fp16.safetensors"]
    at = [server("v1-5-pruned.ckpt", controlnet=nets)]
    several = ask(views=("front", "back"))
    assert workflows.choose(LIBRARY, several, at).workflow == "checkpoint_panels"
    with pytest.raises(StudioError, match=r"control:openpose.*embedded engine, which does not answer"):
        workflows.choose(LIBRARY, ask(workflow="checkpoint_openpose"), at)
    plan = workflows.choose(LIBRARY, several, at, {"control:openpose"})
    assert plan.workflow == "checkpoint_openpose"
    # A front view alone has nothing to be held together with, so the words are free to pose it.
    assert workflows.choose(LIBRARY, ask(), at, {"control:openpose"}).workflow == "checkpoint"
    assert workflows.choose(LIBRARY, ask(views=("back",)), at, MAPS).workflow == "checkpoint_openpose"
    assert LIBRARY[plan.workflow].manifest.strategy == "controlnet-views"
    depth = LIBRARY["checkpoint_depth"]
    assert depth.graph["23"]["inputs"]["type"] == "depth"
    assert LIBRARY["checkpoint_openpose"].graph["23"]["inputs"]["type"] == "openpose"


MAPS = ("control:openpose", "control:depth")
SHEET: dict[str, Any] = {"views": ("front", "back", "side", "quarter")}
KONTEXT = "flux1-dev-kontext_fp8_scaled.safetensors"
ADAPTER: dict[str, Any] = {
    "ipadapter": ["ip-adapter-plus_sdxl_vit-h.safetensors"],
    "clip_vision": ["CLIP-ViT-H-14-laion2B-s32B-b79K.safetensors"],
}
UNION = ["controlnet-union-sdxl_promax.safetensors"]


def test_a_sheet_goes_to_what_holds_its_views_together_best() -> None:
    plain = server("noobaiXL.safetensors")
    net = server("noobaiXL.safetensors", controlnet=UNION)
    adapter = server("noobaiXL.safetensors", custom=True, controlnet=UNION, **ADAPTER)
    edit = server("noobaiXL.safetensors", diffusion_models=[KONTEXT], **FLUX_PARTS)
    found = [
        workflows.choose(LIBRARY, ask(**SHEET), [at], MAPS).workflow for at in (plain, net, adapter, edit)
    ]
    assert found == ["checkpoint_panels", "checkpoint_openpose", "checkpoint_ipadapter", "flux_kontext"]
    assert workflows.choose(LIBRARY, ask(**SHEET, width=832), [plain], MAPS).workflow == "checkpoint"


def test_the_front_comes_first_where_the_others_are_made_from_it() -> None:
    at = server("noobaiXL.safetensors", diffusion_models=[KONTEXT], **FLUX_PARTS)
    plan = workflows.choose(LIBRARY, ask(**SHEET, steps=7), [at], MAPS)
    assert (plan.workflow, plan.request.model) == ("flux_kontext", KONTEXT)
    front, *others = plan.steps
    assert (front.view, front.workflow, dict(front.inputs)) == ("front", "checkpoint", {})
    assert front.values["model"] == "noobaiXL.safetensors"
    assert front.values["workflow"] == "checkpoint"
    assert [step.needs_front for step in plan.steps] == [False, True, True, True]
    assert {step.workflow for step in others} == {"flux_kontext"}
    own = workflows.read_step(front.to_text()).request_of(plan.request)
    assert (own.width, own.height, own.model) == (832, 1216, "noobaiXL.safetensors")
    # It has the size of its own models, unless somebody has asked for one.
    small = server("v1-5-pruned.ckpt", diffusion_models=[KONTEXT], **FLUX_PARTS)
    for asked, size in (({}, (512, 768)), ({"width": 640, "height": 960}, (640, 960))):
        plan = workflows.choose(LIBRARY, ask(**SHEET, **asked), [small], MAPS)
        for request in (plan.request, workflows.choose(LIBRARY, plan.request, [small], MAPS).request):
            again = workflows.choose(LIBRARY, request, [small], MAPS)
            own = workflows.read_step(again.steps[0].to_text()).request_of(again.request)
            assert (own.width, own.height) == size
    # With a reference picture the same model draws the front view too, from that.
    from_reference = workflows.choose(LIBRARY, ask(**SHEET, reference_file_id="r"), [at], MAPS)
    assert {step.workflow for step in from_reference.steps} == {"flux_kontext"}
    assert from_reference.steps[0].inputs["reference_image"] == "upload:reference"
    assert from_reference.steps[1].inputs["reference_image"] == "front"
    # Without a front view among them there is only the reference.
    backs = workflows.choose(LIBRARY, ask(views=("back", "side"), reference_file_id="r"), [at], MAPS)
    assert {step.inputs["reference_image"] for step in backs.steps} == {"upload:reference"}
    with pytest.raises(StudioError, match="needs a reference picture, or the front view among several"):
        workflows.choose(LIBRARY, ask(views=("back",), workflow="flux_kontext"), [at], MAPS)


def test_a_front_that_nobody_can_draw_is_said_with_its_files() -> None:
    at = server(diffusion_models=[KONTEXT], **FLUX_PARTS)
    found = workflows.preflight(LIBRARY, ask(**SHEET, workflow="flux_kontext"), [at], MAPS)
    assert found.plan is None
    assert [file.name for file in found.files] == ["Illustrious-XL-v0.1.safetensors"]
    assert "for the front view: Checkpoint, text to image needs" in found.why


def test_skeletons_are_left_out_where_nothing_follows_them() -> None:
    without_net = server("noobaiXL.safetensors", custom=True, **ADAPTER)
    plan = workflows.choose(LIBRARY, ask(**SHEET, workflow="checkpoint_ipadapter"), [without_net], MAPS)
    assert {source for step in plan.steps for source in step.inputs.values()} == {"front"}
    with_net = server("noobaiXL.safetensors", custom=True, controlnet=UNION, **ADAPTER)
    plan = workflows.choose(LIBRARY, ask(**SHEET, workflow="checkpoint_ipadapter"), [with_net], MAPS)
    assert all(step.inputs["pose_image"] == "control:openpose" for step in plan.steps[1:])
    engine_off = workflows.choose(LIBRARY, ask(**SHEET, workflow="checkpoint_ipadapter"), [with_net])
    assert {source for step in engine_off.steps for source in step.inputs.values()} == {"front"}


def test_a_pose_is_turned_to_each_view_if_somebody_can() -> None:
    at = server("noobaiXL.safetensors", controlnet=UNION)
    sources = {
        (views, maps): [
            dict(step.inputs)
            for step in workflows.choose(LIBRARY, ask(views=views, pose_file_id="p"), [at], maps).steps
        ]
        for views in (("front",), ("front", "back"))
        for maps in ((), MAPS)
    }
    # Alone and from the front it is taken as it was drawn.
    assert sources[("front",), ()] == [{"control_image": "upload:pose"}]
    assert sources[("front",), MAPS] == [{"control_image": "upload:pose"}]
    assert sources[("front", "back"), MAPS] == [{"control_image": "control:openpose"}] * 2
    assert sources[("front", "back"), ()] == [{"pose_image": "upload:pose"}] * 2


OTHERS = {"draw", "talk", "edit", "video"}  # for requests of kinds of their own, or what is asked for usually


def test_tools_are_used_only_by_name() -> None:
    everything = workflows.Candidate("comfy", server_info(every_model(), custom=True))
    tools = {name for name, one in LIBRARY.items() if one.manifest.task not in OTHERS}
    assert tools == {"inpaint", "upscale", "cutout", "cutout_rmbg"}
    assert chosen(ask(reference_file_id="r"), everything)[0] not in tools
    for name in tools:
        assert chosen(ask(reference_file_id="r", workflow=name), everything)[0] == name


def test_a_background_goes_by_whichever_nodes_the_server_has() -> None:
    asked = ask(reference_file_id="r", workflow="cutout")
    for missing, taken in (("RMBG", "cutout"), ("InspyrenetRembg", "cutout_rmbg")):
        at = workflows.Candidate("comfy", server_info(custom=True, without=[missing]))
        plan = workflows.choose(LIBRARY, asked, [at])
        assert (plan.workflow, plan.request.workflow) == (taken, taken)
    with pytest.raises(StudioError, match=r"InspyrenetRembg.*RMBG"):
        workflows.choose(LIBRARY, asked, [server()])


def test_every_workflow_that_draws_takes_loras() -> None:
    for name, workflow in LIBRARY.items():
        draws = workflow.manifest.task in ("draw", "inpaint") and workflow.manifest.family != "hosted"
        assert (workflow.manifest.loras is not None) == draws, name


def test_a_person_can_say_what_a_checkpoint_is(tmp_path: Path) -> None:
    secret = "mymix_v3.safetensors"
    (tmp_path / "checkpoints.toml").write_text(
        '[assign."MyMix_v3"]\nfamily = "pony"\nlook = "drawn"\n[look]\nphoto = ["*holiday*"]\n', "utf-8"
    )
    library = workflows.load_library([tmp_path])
    both = [server(secret, "sd_xl_base_1.0.safetensors")]
    assert workflows.choose(LIBRARY, ask(), both).request.model == "sd_xl_base_1.0.safetensors"
    plan = workflows.choose(library, ask(), both)
    assert plan.request.model == secret
    graph = workflows.fill(library["checkpoint"], plan.request, "front", 1, uploads={})
    assert graph["6"]["inputs"]["text"].startswith("score_9")
    photos = [server("holiday.ckpt", "other.ckpt")]
    assert workflows.choose(library, ask(realism=True), photos).request.model == "holiday.ckpt"


@pytest.mark.parametrize("text", ["x", "surprise = 1", '[assign."a"]\nlook = "oily"'])
def test_a_broken_list_of_names_is_refused_with_its_path(tmp_path: Path, text: str) -> None:
    (tmp_path / "checkpoints.toml").write_text(text, "utf-8")
    with pytest.raises(StudioError) as caught:
        workflows.load_library([tmp_path])
    assert caught.value.code == "workflow_broken"
    assert str(tmp_path / "checkpoints.toml") in caught.value.message


def test_a_step_that_was_recorded_without_inputs_takes_the_persons_own_pictures() -> None:
    request = ask(pose_file_id="p", reference_file_id="r")
    step = workflows.read_step("{}")
    assert step.inputs_of(request) == {
        "pose_image": "upload:pose",
        "reference_image": "upload:reference",
    }
    assert step.request_of(request) is request
