"""Every graph of the library, filled for many requests, is one that ComfyUI takes; some are run."""

from __future__ import annotations

import io
import itertools
from typing import Any

import pytest
from PIL import Image

from studio import workflows
from studio.comfy.info import ObjectInfo
from studio.request import VIEWS, AvatarRequest, Lora
from studio.workflows import Candidate, Workflow, trials
from tests.engine_fixtures import RunningEngine
from tests.library_facts import CORE, CUSTOM, every_model, server_info
from tests.studio_fixtures import png, wrong_in

LIBRARY = workflows.load_library()
COMFY = {
    name: one
    for name, one in LIBRARY.items()
    if one.manifest.engine != "embedded" and one.manifest.task not in {"talk", "video"}
}
LORAS = (Lora(name="hero", strength=0.8), Lora(name="styles\\ink.safetensors", strength=-0.5))
FULL = server_info(every_model(), custom=True)
REQUESTS_EACH = 30
MAPS = ("control:openpose", "control:depth")


def requests_for(workflow: Workflow) -> list[AvatarRequest]:
    """Many requests that this workflow can be asked for, no two alike."""
    manifest = workflow.manifest
    required = [role for role in manifest.pictures if f"{role}_image" in manifest.requires]
    extra = [role for role in manifest.pictures if role not in required]
    mixes = itertools.product(
        (False, True),
        ((), LORAS) if manifest.loras else ((),),
        ({}, {extra[0]: "p"} if extra else {"variants": 3}),
        ({}, {"width": 768, "height": 1024}, {"steps": 4, "cfg": 1.5, "sampler": "dpmpp_2m", "denoise": 0.5}),
        (
            {"prompt": "a knight"},
            {"prompt": "(red:1.2) hat, from behind", "style": "ink"},
            {"clothing": "a coat"},
        ),
    )
    found = []
    for realism, loras, pictures, numbers, words in mixes:
        roles = dict.fromkeys(required, "f") | {k: v for k, v in pictures.items() if k in extra}
        found.append(
            AvatarRequest.model_validate(
                {
                    "prompt": "somebody",
                    "workflow": workflow.name,
                    "realism": realism,
                    "loras": loras,
                    "views": manifest.views if words.get("prompt") != "a knight" else manifest.views[:2],
                    "variants": pictures.get("variants", 1),
                    **{f"{role}_file_id": file_id for role, file_id in roles.items()},
                    **numbers,
                    **words,
                }
            )
        )
    return found


def graphs_of(workflow: Workflow, request: AvatarRequest, info: ObjectInfo) -> list[dict[str, Any]]:
    """The graphs of all views as the server would get them."""
    plan = workflows.choose(LIBRARY, request, [Candidate("comfy", info)], MAPS)
    assert [step.view for step in plan.steps] == list(request.views)
    found = []
    for step in plan.steps:
        assert workflows.can_run(step.needs, "comfy", info)
        recorded = workflows.read_step(step.to_text())
        found.append(
            workflows.prepare(
                LIBRARY[step.workflow],
                recorded.request_of(plan.request),
                step.view,
                2**53 + 7,
                info,
                uploads={slot: source_name(source) for slot, source in recorded.inputs_of(request).items()},
                filename_prefix="avatarforge/p/a",
                from_front=step.needs_front,
            )
        )
    return found


def source_name(source: str) -> str:
    """A file name that tells where a picture comes from."""
    return f"{source.replace(':', '_')}.png"


def pictures_in(graph: dict[str, Any]) -> set[str]:
    """The pictures that a graph loads."""
    return {node["inputs"]["image"] for node in graph.values() if node["class_type"] == "LoadImage"}


@pytest.mark.parametrize("name", sorted(COMFY))
def test_every_graph_fits_the_nodes_of_a_real_server(name: str) -> None:
    workflow = COMFY[name]
    asked = requests_for(workflow)
    assert len(asked) >= REQUESTS_EACH
    for request in asked:
        for graph in graphs_of(workflow, request, FULL):
            assert wrong_in(graph, FULL) == []
            loras = [node for node in graph.values() if "lora_name" in node["inputs"]]
            assert len(loras) == len(request.loras)


MAP = {"control_openpose.png"}
FROM_FRONT = {"front.png"} | MAP
PICTURES: dict[str, tuple[dict[str, Any], set[str], set[str]]] = {
    # What is given, and what the front view and each other view then load.
    "checkpoint_openpose": ({}, MAP, MAP),
    "checkpoint_depth": ({"pose_file_id": "p"}, {"control_depth.png"}, {"control_depth.png"}),
    "qwen_edit": ({"reference_file_id": "r"}, {"upload_reference.png"} | MAP, FROM_FRONT),
    "flux_kontext": ({}, MAP, FROM_FRONT),
    "checkpoint_ipadapter": ({"model": "sd_xl_base_1.0"}, MAP, FROM_FRONT),
    "checkpoint_panels": ({}, set(), set()),
}


@pytest.mark.parametrize("name", PICTURES)
def test_each_view_loads_its_own_pictures(name: str) -> None:
    given, front, others = PICTURES[name]
    request = AvatarRequest.model_validate({"prompt": "x", "workflow": name, "views": VIEWS, **given})
    graphs = graphs_of(LIBRARY[name], request, FULL)
    for view, graph in zip(VIEWS, graphs, strict=True):
        assert wrong_in(graph, FULL) == []
        assert pictures_in(graph) == (front if view == "front" else others)


def test_panels_are_cut_side_by_side_from_one_picture() -> None:
    request = AvatarRequest(prompt="x", workflow="checkpoint_panels", views=VIEWS, width=320, height=640)
    graphs = graphs_of(LIBRARY["checkpoint_panels"], request, FULL)
    assert [graph["10"]["inputs"]["x"] for graph in graphs] == [0, 320, 640, 960]
    for graph in graphs:
        crop = graph.pop("10")["inputs"]
        assert (crop["width"], crop["height"], crop["y"]) == (320, 640, 0)
        assert graph["5"]["inputs"] == {"width": 1280, "height": 640, "batch_size": 1}
    # All else is the same, so that a server draws the wide picture once and takes it from its cache then.
    assert all(graph == graphs[0] for graph in graphs)


@pytest.mark.parametrize("name", sorted(COMFY))
def test_nothing_in_a_filled_graph_is_for_nothing(name: str) -> None:
    for request in requests_for(COMFY[name])[:6]:
        for graph in graphs_of(COMFY[name], request, FULL):
            reached = {node_id for node_id, node in graph.items() if node["class_type"] == "SaveImage"}
            waiting = list(reached)
            while waiting:
                for value in graph[waiting.pop()]["inputs"].values():
                    if workflows.is_link(value) and value[0] not in reached:
                        reached.add(value[0])
                        waiting.append(value[0])
            assert reached == set(graph)


@pytest.mark.parametrize("name", sorted(COMFY))
def test_what_a_manifest_says_about_its_graph_is_so(name: str) -> None:
    workflow = COMFY[name]
    manifest = workflow.manifest
    used = {node["class_type"] for node in workflow.graph.values()}
    assert used <= set(CORE) | set(CUSTOM)
    of_packs = {node for pack in manifest.packs for node in pack.nodes}
    assert used - set(CORE) == of_packs
    assert manifest.vram_gb
    assert manifest.consistency
    for slot, choice in manifest.models.items():
        [target] = manifest.slots[slot]
        node, input_name = target.split(".")
        folder = FULL.folder(workflow.graph[node]["class_type"], input_name)
        assert choice.folder == f"models/{folder}"
        assert choice.files, f"{slot} can be had nowhere"
        for file in choice.files:
            assert file.address.endswith((".safetensors", ".pth")), "only weights that cannot run code"
            on_server = server_info({str(folder): [file.name]}, custom=True)
            found = trials.find_models(workflow, with_all_pictures(workflow), on_server)
            assert found.get(slot) == file.name, f"{file.name} would not be taken for {slot}"


def with_all_pictures(workflow: Workflow) -> AvatarRequest:
    """A request with all pictures that the workflow takes, so that no part is left out."""
    roles = {f"{role}_file_id": "f" for role in workflow.manifest.pictures}
    return AvatarRequest.model_validate({"prompt": "x", **roles})


def test_the_validator_finds_what_is_wrong() -> None:
    [graph] = graphs_of(LIBRARY["checkpoint"], AvatarRequest(prompt="x", workflow="checkpoint"), FULL)
    for node, name, value in (
        ("3", "steps", 0),
        ("3", "steps", 2.5),
        ("3", "sampler_name", "magic"),
        ("3", "model", ["4", 1]),
        ("3", "latent_image", ["99", 0]),
        ("4", "ckpt_name", "nowhere.safetensors"),
        ("6", "text", 7),
        ("3", "surprise", 1),
    ):
        spoiled = {key: {**one, "inputs": dict(one["inputs"])} for key, one in graph.items()}
        spoiled[node]["inputs"][name] = value
        assert len(wrong_in(spoiled, FULL)) == 1, (node, name, value)
    del graph["3"]["inputs"]["positive"]
    assert wrong_in(graph, FULL) == ["3.positive is missing"]


# ---------------------------------------------------------------------------------- on the embedded engine


@pytest.fixture(scope="module")
def engine_info(engine: RunningEngine) -> ObjectInfo:
    for role, size in (("pose", 128), ("reference", 128), ("map", 128)):
        with Image.open(io.BytesIO(png("green", size))) as plain:
            picture = plain.convert("RGBA")
        picture.paste((0, 0, 0, 0), (30, 30, 90, 90))
        file = io.BytesIO()
        picture.save(file, "PNG")
        sent = engine.http.post(
            "/upload/image", files={"image": (f"{role}.png", file.getvalue(), "image/png")}
        )
        assert sent.status_code == 200
    return ObjectInfo(engine.http.get("/object_info").json())


RUNNABLE = [
    "checkpoint",
    "checkpoint_hires",
    "checkpoint_panels",
    "checkpoint_reference",
    "inpaint",
    "upscale",
]


def test_the_graphs_that_the_engine_has_all_nodes_of(engine_info: ObjectInfo) -> None:
    assert [
        name for name, one in sorted(COMFY.items()) if not engine_info.missing_nodes(one.graph)
    ] == RUNNABLE


@pytest.mark.parametrize("name", RUNNABLE)
def test_a_graph_runs_there(engine: RunningEngine, engine_info: ObjectInfo, name: str) -> None:
    workflow = LIBRARY[name]
    roles = workflow.manifest.pictures
    request = AvatarRequest.model_validate(
        {"prompt": "a knight", "width": 128, "height": 192, "steps": 2, "denoise": 0.6, "variants": 1}
        | {"views": VIEWS[:2]}
        | {f"{role}_file_id": "f" for role in roles}
    )
    request = request.model_copy(update={"cfg": 5.0, "sampler": "euler", "scheduler": "normal"})
    models = trials.find_models(workflow, request, engine_info)
    assert set(models) == set(workflow.manifest.models)
    uploads = {f"{role}_image": f"{role}.png" for role in roles}
    for view in VIEWS[:2]:
        graph = workflows.fill(workflow, request, view, 3, uploads=uploads, models=models)
        assert wrong_in(graph, engine_info) == []
        _, _, history = engine.run(graph)
        assert history["status"]["status_str"] == "success", history["status"]
        [saved] = history["outputs"]["9"]["images"]
        with Image.open(io.BytesIO(engine.http.get("/view", params=saved).content)) as picture:
            expected = {"upscale": (256, 256), "inpaint": (128, 128), "checkpoint_hires": (192, 288)}
            assert picture.size == expected.get(name, (128, 192))
