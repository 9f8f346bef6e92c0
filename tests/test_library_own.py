"""Users' own graphs: slots found in exported files, sidecars to mend them, the editor's export converted."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from random import Random
from typing import Any

import pytest

from studio import workflows
from studio.editor import to_editor
from studio.errors import StudioError
from studio.request import AvatarRequest
from studio.workflows import Candidate
from studio.workflows.library import check_graph
from tests.library_facts import every_model, server_info
from tests.studio_fixtures import wrong_in

LIBRARY = workflows.load_library()
FULL = server_info(every_model(), custom=True)


def node(class_type: str, title: str = "", **inputs: Any) -> dict[str, Any]:
    return {"class_type": class_type, "inputs": inputs, "_meta": {"title": title or class_type}}


def exported() -> dict[str, Any]:
    """What a person may have saved in ComfyUI: a graph with a pose, a reference and an own LoRA."""
    return {
        "1": node("CheckpointLoaderSimple", ckpt_name="xl\\sd_xl_base_1.0.safetensors"),
        "2": node(
            "LoraLoader", model=["1", 0], clip=["1", 1], lora_name="hero", strength_model=1, strength_clip=1
        ),
        "3": node("CLIPTextEncode", "Text A", text="old words", clip=["2", 1]),
        "4": node("CLIPTextEncode", "Text B", text="old bad words", clip=["2", 1]),
        "5": node("LoadImage", "The pose to take", image="a.png"),
        "6": node("ControlNetLoader", control_net_name="diffusion_pytorch_model_promax.safetensors"),
        "7": node(
            "ControlNetApplyAdvanced",
            positive=["3", 0],
            negative=["4", 0],
            control_net=["6", 0],
            image=["5", 0],
            strength=1.0,
            start_percent=0.0,
            end_percent=1.0,
        ),
        "8": node("EmptyLatentImage", width=512, height=512, batch_size=1),
        "9": node(
            "KSampler",
            model=["2", 0],
            positive=["7", 0],
            negative=["7", 1],
            latent_image=["8", 0],
            seed=5,
            steps=20,
            cfg=8.0,
            sampler_name="euler",
            scheduler="normal",
            denoise=1.0,
        ),
        "10": node("VAEDecode", samples=["9", 0], vae=["1", 2]),
        "11": node("SaveImage", images=["10", 0], filename_prefix="mine"),
    }


def drop(folder: Path, graph: Any, name: str = "my_inks") -> Path:
    path = folder / f"{name}.json"
    path.write_text(json.dumps(graph), "utf-8")
    return path


def test_a_dropped_export_is_a_workflow_whose_slots_are_found(tmp_path: Path) -> None:
    drop(tmp_path, exported())
    mine = workflows.load_library([tmp_path])["my_inks"]
    assert mine.manifest.title == "My inks"
    assert mine.manifest.pinned_only
    assert mine.manifest.requires == ("pose_image",)
    assert mine.manifest.slots == {
        "positive": ("3.text",),
        "negative": ("4.text",),
        "pose_image": ("5.image",),
        "width": ("8.width",),
        "height": ("8.height",),
        "variants": ("8.batch_size",),
        "seed": ("9.seed",),
        "steps": ("9.steps",),
        "cfg": ("9.cfg",),
        "sampler": ("9.sampler_name",),
        "scheduler": ("9.scheduler",),
        "denoise": ("9.denoise",),
        "filename_prefix": ("11.filename_prefix",),
        "model": ("1.ckpt_name",),
    }


def test_it_runs_with_a_requests_values_and_its_own_for_the_rest(tmp_path: Path) -> None:
    drop(tmp_path, exported())
    library = workflows.load_library([tmp_path])
    request = AvatarRequest(
        prompt="a knight",
        negative_prompt="rain",
        workflow="my_inks",
        pose_file_id="p",
        width=640,
        views=("side",),
    )
    plan = workflows.choose(library, request, [Candidate("comfy", FULL)])
    graph = workflows.prepare(
        library["my_inks"],
        plan.request,
        "side",
        77,
        FULL,
        uploads={"pose_image": "p.png"},
        filename_prefix="a/b",
    )
    assert wrong_in(graph, FULL) == []
    assert "a knight" in graph["3"]["inputs"]["text"]
    assert graph["4"]["inputs"]["text"].startswith("rain")
    assert graph["5"]["inputs"]["image"] == "p.png"
    assert (graph["8"]["inputs"]["width"], graph["8"]["inputs"]["height"]) == (640, 512)
    assert (graph["9"]["inputs"]["seed"], graph["9"]["inputs"]["steps"]) == (77, 20)
    assert graph["1"]["inputs"]["ckpt_name"] == "sd_xl_base_1.0.safetensors"
    assert graph["2"]["inputs"]["lora_name"] == "hero.safetensors"
    assert graph["11"]["inputs"]["filename_prefix"] == "a/b"


@pytest.mark.parametrize(
    ("without", "named"), [("checkpoints", "sd_xl_base_1.0"), ("loras", "hero"), ("controlnet", "promax")]
)
def test_each_of_its_own_models_is_checked_before_it_is_queued(
    tmp_path: Path, without: str, named: str
) -> None:
    drop(tmp_path, exported())
    models = {folder: names for folder, names in every_model().items() if folder != without}
    request = AvatarRequest(prompt="x", workflow="my_inks", pose_file_id="p")
    with pytest.raises(StudioError, match=named):
        workflows.choose(
            workflows.load_library([tmp_path]), request, [Candidate("comfy", server_info(models))]
        )


def test_it_is_never_chosen_by_itself(tmp_path: Path) -> None:
    drop(tmp_path, exported())
    library = workflows.load_library([tmp_path])
    plan = workflows.choose(library, AvatarRequest(prompt="x", pose_file_id="p"), [Candidate("comfy", FULL)])
    assert plan.workflow == "checkpoint_openpose"


def test_a_sidecar_mends_what_was_found(tmp_path: Path) -> None:
    path = drop(tmp_path, exported())
    path.with_suffix(".toml").write_text(
        'title = "Inks of mine"\nprompt_style = "sentences"\nrequires = []\n[defaults]\nsteps = 9\n'
        '[slots]\nnegative = []\nreference_image = ["5.image"]\npose_image = []\n',
        "utf-8",
    )
    manifest = workflows.load_library([tmp_path])["my_inks"].manifest
    assert (manifest.title, manifest.prompt_style, manifest.requires) == ("Inks of mine", "sentences", ())
    assert "negative" not in manifest.slots
    assert manifest.slots["reference_image"] == ("5.image",)
    assert "pose_image" not in manifest.slots
    assert manifest.slots["seed"] == ("9.seed",)
    assert manifest.defaults == {"steps": 9}


def test_a_folder_with_a_graph_alone_works_too(tmp_path: Path) -> None:
    (tmp_path / "inks").mkdir()
    (tmp_path / "inks" / "graph.json").write_text(json.dumps(exported()), "utf-8")
    assert workflows.load_library([tmp_path])["inks"].manifest.slots["seed"] == ("9.seed",)


def test_what_was_found_can_be_written_down_and_read_again(tmp_path: Path) -> None:
    found = workflows.adopt(exported(), 'in"ks\\')
    place = tmp_path / "inks"
    place.mkdir()
    (place / "graph.json").write_text(json.dumps(exported()), "utf-8")
    (place / "workflow.toml").write_text(workflows.write_manifest(found), "utf-8")
    assert workflows.load_library([tmp_path])["inks"].manifest == found
    for workflow in LIBRARY.values():  # whatever a manifest may hold
        place = tmp_path / workflow.name
        place.mkdir()
        manifest = workflow.manifest.model_copy(update={"graph_of": "", "constants": {}})
        (place / "workflow.toml").write_text(workflows.write_manifest(manifest), "utf-8")
        (place / "graph.json").write_text(json.dumps(workflow.graph), "utf-8")
        assert workflows.load_library([tmp_path])[workflow.name].manifest == manifest


def test_slots_are_found_in_the_librarys_own_graphs() -> None:
    for name, workflow in LIBRARY.items():
        given = workflow.manifest.slots
        found = workflows.find_slots(workflow.graph)
        for slot in ("positive", "negative", "width", "steps", "filename_prefix", "model", "reference_image"):
            if slot == "width" and given.get(slot, ("5.",))[0][:2] != "5.":
                continue  # the size of a picture that is scaled, which nothing tells
            if slot == "steps" and name == "talking_latentsync":
                continue  # a node of a pack samples by itself
            if slot == "width" and workflow.manifest.task == "video":
                continue  # nodes that make videos say their size themselves
            loaders = [node for node in workflow.graph.values() if "unet_name" in node["inputs"]]
            if slot == "model" and (name == "talking_infinitetalk" or len(loaders) > 1):
                continue  # a pack's own loader, and one model of two: which is the one, nothing tells
            expected = given.get(slot, ())
            assert set(expected) <= set(found.get(slot, ())), (name, slot)


def test_guiders_and_samplers_of_many_nodes_are_understood() -> None:
    graph = {
        "1": node("UNETLoader", unet_name="flux1-dev.safetensors", weight_dtype="default"),
        "2": node("CLIPTextEncode", text="", clip=["9", 0]),
        "3": node("FluxGuidance", conditioning=["2", 0], guidance=3.5),
        "4": node("BasicGuider", model=["1", 0], conditioning=["3", 0]),
        "5": node("RandomNoise", noise_seed=1),
        "6": node("KSamplerSelect", sampler_name="euler"),
        "7": node("BasicScheduler", model=["1", 0], scheduler="simple", steps=20, denoise=1.0),
        "8": node("SaveImage", images=["10", 0], filename_prefix="x"),
        "9": node("DualCLIPLoader", clip_name1="a", clip_name2="b", type="flux"),
        "10": node("VAEDecode", samples=["11", 0], vae=["12", 0]),
        "11": node(
            "SamplerCustomAdvanced",
            noise=["5", 0],
            guider=["4", 0],
            sampler=["6", 0],
            sigmas=["7", 0],
            latent_image=["13", 0],
        ),
        "12": node("VAELoader", vae_name="ae.safetensors"),
        "13": node("EmptySD3LatentImage", width=1024, height=1024, batch_size=1),
    }
    found = workflows.find_slots(graph)
    assert found["positive"] == ["2.text"]
    assert "negative" not in found
    assert (found["seed"], found["sampler"], found["steps"]) == (
        ["5.noise_seed"],
        ["6.sampler_name"],
        ["7.steps"],
    )
    assert found["model"] == ["1.unet_name"]


def test_of_two_passes_each_keeps_its_own_strength() -> None:
    found = workflows.find_slots(LIBRARY["checkpoint_hires"].graph)
    assert found["seed"] == ["3.seed", "51.seed"]
    assert "denoise" not in found


def test_titles_help_where_no_wire_does() -> None:
    graph = {
        "1": node("MagicEncode", "Prompt", text=""),
        "2": node("MagicEncode", "Negative prompt", text=""),
        "3": node("LoadImage", "Mask of the face", image="a.png"),
        "4": node("SaveImage", filename_prefix="x", images=["3", 0]),
        "5": node("LoadImageMask", "Region", image="b.png", channel="red"),
    }
    found = workflows.find_slots(graph)
    assert (found["positive"], found["negative"]) == (["1.text"], ["2.text"])
    assert "reference_image" not in found


@pytest.mark.parametrize(
    ("graph", "why"),
    [
        ({"1": node("PreviewImage", images=["1", 0])}, "SaveImage"),
        ({"nodes": [], "links": []}, r"Export \(API\)"),
        ([], "object"),
        ({"1": node("SaveImage", filename_prefix="x", images=["2", 0])}, "node 2"),
    ],
)
def test_what_cannot_be_used_is_refused_with_the_file_and_the_reason(
    tmp_path: Path, graph: Any, why: str
) -> None:
    path = drop(tmp_path, graph)
    with pytest.raises(StudioError, match=why) as caught:
        workflows.load_library([tmp_path])
    assert caught.value.code == "workflow_broken"
    assert str(path.with_suffix("")) in caught.value.message


# --------------------------------------------------------------------------------- the editor's own export


def test_a_graph_that_went_through_the_editor_comes_back_the_same() -> None:
    for name, workflow in LIBRARY.items():
        if name.endswith("embedded"):  # nodes of the engine alone
            continue
        graph = workflow.graph
        back = workflows.from_editor(to_editor(graph, FULL), FULL)
        numbers = {node_id: str(number) for number, node_id in enumerate(graph, 1)}
        assert set(back) == set(numbers.values())
        for node_id, one in graph.items():
            inputs = {
                key: [numbers[value[0]], value[1]] if workflows.is_link(value) else value
                for key, value in one["inputs"].items()
            }
            found = back[numbers[node_id]]
            assert found["class_type"] == one["class_type"]
            assert found["inputs"].items() >= inputs.items(), (name, node_id)


def box(number: int, kind: str, widgets: Any = (), inputs: Any = (), **more: Any) -> dict[str, Any]:
    return {
        "id": number,
        "type": kind,
        "widgets_values": list(widgets),
        "inputs": list(inputs),
        "mode": 0,
        **more,
    }


def socket(name: str, link: int | None, widget: str = "") -> dict[str, Any]:
    return {"name": name, "link": link} | ({"widget": {"name": widget}} if widget else {})


def document() -> dict[str, Any]:
    """A small export with a note, a reroute and a primitive."""
    return {
        "nodes": [
            box(1, "LoadImage", ["a.png", "image"]),
            box(2, "Reroute", inputs=[socket("", 1)]),
            box(3, "ImageScaleBy", ["lanczos", 2.0], [socket("image", 2), socket("scale_by", 4, "scale_by")]),
            box(4, "SaveImage", ["mine"], [socket("images", 3)], title="The end"),
            box(5, "MarkdownNote", ["read me"]),
            box(6, "PrimitiveNode", [0.5, "fixed"]),
        ],
        "links": [
            [1, 1, 0, 2, 0, "*"],
            [2, 2, 0, 3, 0, "IMAGE"],
            [3, 3, 0, 4, 0, "IMAGE"],
            [4, 6, 0, 3, 1, "FLOAT"],
        ],
    }


def test_notes_reroutes_and_primitives_are_resolved() -> None:
    graph = workflows.from_editor(document(), FULL)
    assert graph == {
        "1": node("LoadImage", image="a.png"),
        "3": node("ImageScaleBy", image=["1", 0], upscale_method="lanczos", scale_by=0.5),
        "4": node("SaveImage", "The end", images=["3", 0], filename_prefix="mine"),
    }
    assert workflows.adopt(graph, "enlarge").requires == ("reference_image",)


def test_an_input_that_is_only_linked_takes_no_value_from_the_widgets() -> None:
    linked = document()
    linked["nodes"][2] = box(3, "ImageScaleBy", ["lanczos"], [socket("image", 2), socket("scale_by", 4)])
    assert workflows.from_editor(linked, FULL)["3"]["inputs"]["scale_by"] == 0.5


def test_a_seed_has_its_own_widget_behind_it() -> None:
    listed = [5, "randomize", 20, 8.0, "euler", "normal", 1.0]
    links = [socket(name, None) for name in ("model", "positive", "negative", "latent_image")]
    with pytest.raises(ValueError, match="nothing for model, positive, negative, latent_image"):
        workflows.from_editor({"nodes": [box(1, "KSampler", listed, links)], "links": []}, FULL)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (
            lambda one: one["nodes"][2].update(type="MagicScale"),
            "MagicScale, which this server does not have",
        ),
        (lambda one: one["nodes"][2].update(mode=4), "bypassed"),
        (lambda one: one["nodes"][2].update(mode=2), "muted"),
        (lambda one: one["nodes"][2].update(widgets_values=["lanczos", 2.0, 3]), "1 values more"),
        (lambda one: one["nodes"][2].update(widgets_values=[2.0, "lanczos"]), "upscale_method would be 2.0"),
        (lambda one: one["nodes"][3].update(inputs=[]), "nothing for images"),
        (lambda one: one["nodes"].pop(0), "node 1, which is not there"),
        (lambda one: one["links"].pop(0), "reroute 2 is linked to nothing"),
        (lambda one: one["links"].pop(2), "leads nowhere"),
        (lambda one: one["nodes"][5].update(widgets_values=[]), "no value"),
        (lambda one: one.update(definitions={"subgraphs": [{}]}), "subgraphs"),
        (lambda one: one.update(nodes=5), "no export"),
        (lambda one: one.update(nodes=[]), "no node"),
        (lambda one: one["nodes"][3].update(inputs=["images"]), "damaged"),
        (lambda one: one["nodes"][3].update(inputs=[{"link": 3}]), "damaged"),
        (lambda one: one["links"].append([[], 1, 2]), "damaged"),
        (lambda one: one["nodes"][1].update(inputs=[socket("", 2)]), "circle"),
    ],
)
def test_what_is_not_safe_to_convert_is_refused_with_the_reason(change: Any, why: str) -> None:
    spoiled = copy.deepcopy(document())
    change(spoiled)
    with pytest.raises(ValueError, match=why):
        workflows.from_editor(spoiled, FULL)


def spoil(part: Any, random: Random) -> None:
    """Change or drop something somewhere inside."""
    keys = list(part) if isinstance(part, dict) else list(range(len(part))) if isinstance(part, list) else []
    if not keys:
        return
    key = random.choice(keys)
    if random.random() < 0.6:
        spoil(part[key], random)
    elif random.random() < 0.5 or isinstance(part, list):
        part[key] = random.choice([None, -1, "x", [], {}, [1], {"a": 1}, True, 1e400])
    else:
        del part[key]


def test_a_damaged_file_is_refused_or_still_makes_sense() -> None:
    random, refused = Random(7), 0
    graph = LIBRARY["checkpoint"].graph
    document = to_editor(graph, FULL)
    for _ in range(500):
        spoiled_graph, spoiled_document = copy.deepcopy(graph), copy.deepcopy(document)
        spoil(spoiled_graph, random)
        spoil(spoiled_document, random)
        try:
            check_graph(spoiled_graph)
            workflows.write_manifest(workflows.adopt(spoiled_graph, "x"))
        except ValueError:
            refused += 1
        try:
            check_graph(workflows.from_editor(spoiled_document, FULL))
        except ValueError:
            refused += 1
    assert 100 < refused < 900
