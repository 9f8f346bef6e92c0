"""The workflow library: what it loads and refuses, chooses and fills, and that servers can run the result."""

from __future__ import annotations

import io
import itertools
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from studio import workflows
from studio.comfy.info import ObjectInfo
from studio.errors import StudioError
from studio.request import VIEWS, AvatarRequest, Lora
from studio.workflows import Candidate, Graph, Workflow
from tests.conftest import ROOT, RunningApp
from tests.engine_fixtures import RunningEngine
from tests.studio_fixtures import comfy_info, png, wrong_in

LIBRARY = workflows.load_library()
LORAS = (Lora(name="hero.safetensors", strength=0.8), Lora(name="styles/ink.safetensors"))

GRAPH: dict[str, Any] = {
    "1": {"class_type": "EmptyImage", "inputs": {"width": 64, "height": 64, "batch_size": 1, "color": 0}},
    "2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "x"}},
}
MANIFEST = """
title = "Plain"
engine = "any"
[slots]
width = ["1.width"]
filename_prefix = ["2.filename_prefix"]
"""


def write(folder: Path, manifest: str = MANIFEST, graph: Any = GRAPH, name: str = "plain") -> Path:
    place = folder / name
    place.mkdir(parents=True, exist_ok=True)
    (place / "workflow.toml").write_text(manifest, "utf-8")
    text = graph if isinstance(graph, str) else json.dumps(graph)
    (place / "graph.json").write_text(text, "utf-8")
    return place


def plan_and_prepare(
    request: AvatarRequest, kind: Any, info: ObjectInfo, library: dict[str, Workflow] | None = None
) -> list[Graph]:
    """The graphs of all views, as a server of this kind would get them."""
    known = library or LIBRARY
    plan = workflows.choose(known, request, [Candidate(kind, info)])
    assert workflows.can_run(plan.needs, kind, info)
    return [
        workflows.prepare(
            known[plan.workflow],
            plan.request,
            view,
            7,
            info,
            uploads={f"{role}_image": f"{role}.png" for role in request.files()},
            filename_prefix="avatarforge/p/avatarforge",
        )
        for view in plan.request.views
    ]


def some_requests() -> list[AvatarRequest]:
    """Requests with every mix of pictures, LoRAs and sizes."""
    mixes = itertools.product((None, "p"), (None, "r"), ((), LORAS), ({}, {"width": 640, "steps": 4}))
    return [
        AvatarRequest.model_validate(
            {
                "prompt": "a knight",
                "negative_prompt": "rain",
                "views": VIEWS,
                "pose_file_id": pose,
                "reference_file_id": reference,
                "loras": loras,
                "variants": 2,
                **more,
            }
        )
        for pose, reference, loras, more in mixes
    ]


# ---------------------------------------------------------------------------------------------- loading


def test_the_library_says_what_each_workflow_is() -> None:
    assert {"embedded", "checkpoint", "checkpoint_reference"} <= set(LIBRARY)
    for workflow in LIBRARY.values():
        assert workflow.manifest.title
        assert workflow.manifest.about.endswith(".")
        assert "filename_prefix" in workflow.manifest.slots, "its results would not be found after a restart"
        throws_dice = any({"seed", "noise_seed"} & set(node["inputs"]) for node in workflow.graph.values())
        assert ("seed" in workflow.manifest.slots) == throws_dice, workflow.name


def test_a_users_workflow_replaces_one_of_the_same_name_and_adds_others(tmp_path: Path) -> None:
    write(tmp_path)
    write(tmp_path, MANIFEST.replace("Plain", "Mine"), name="checkpoint")
    library = workflows.load_library([tmp_path])
    assert library["checkpoint"].manifest.title == "Mine"
    assert library["plain"].graph == GRAPH
    assert set(library) == {*LIBRARY, "plain"}


@pytest.mark.parametrize(
    ("manifest", "graph", "file", "why"),
    [
        ("title = ", GRAPH, "workflow.toml", "Invalid value"),
        ("title = 'x'", GRAPH, "workflow.toml", "engine: Field required"),
        (MANIFEST.replace('"any"', '"cuda"'), GRAPH, "workflow.toml", "engine"),
        (f"surprise = 1\n{MANIFEST}", GRAPH, "workflow.toml", "surprise"),
        (MANIFEST, "{", "graph.json", "Expecting"),
        (MANIFEST, [], "graph.json", "object"),
        (MANIFEST, {}, "graph.json", "object"),
        (MANIFEST, "[" * 100_000, "graph.json", "recursion"),
        (MANIFEST, {"nodes": [], "links": []}, "graph.json", "Export (API)"),
        (MANIFEST, {"1": {"inputs": {}}}, "graph.json", "node 1 needs a class_type"),
        (MANIFEST, {"1": 5}, "graph.json", "node 1"),
        (
            MANIFEST,
            {**GRAPH, "2": {"class_type": "SaveImage", "inputs": {"images": ["9", 0]}}},
            "graph.json",
            "node 9",
        ),
        (f'{MANIFEST}seed = ["7.seed"]', GRAPH, "workflow.toml", "7.seed"),
        (f'{MANIFEST}seed = ["1.seed"]', GRAPH, "workflow.toml", "1.seed"),
        (f'{MANIFEST}sede = ["1.color"]', GRAPH, "workflow.toml", "sede"),
        (f'{MANIFEST}[models.model]\nwhat = "x"\nfolder = "y"', GRAPH, "workflow.toml", "no slot for model"),
        (f'requires = ["pose_image"]\n{MANIFEST}', GRAPH, "workflow.toml", "no slot for pose_image"),
        (f"{MANIFEST}[defaults]\nheigth = 5", GRAPH, "workflow.toml", "heigth"),
        (f"{MANIFEST}[defaults]\nheight = 5", GRAPH, "workflow.toml", "height"),
        (f'{MANIFEST}[loras]\nmodel = ["8", 0]\nclip = ["1", 0]', GRAPH, "workflow.toml", "node 8"),
        (f'{MANIFEST}[[optional]]\nwhen = "pose_image"\nnodes = ["1"]', GRAPH, "workflow.toml", "no slot"),
        (
            f'{MANIFEST}pose_image = ["1.color"]\n[[optional]]\nwhen = "pose_image"\nnodes = ["1"]',
            GRAPH,
            "workflow.toml",
            "2.images reads from node 1",
        ),
        (
            f'{MANIFEST}pose_image = ["1.color"]\n[[optional]]\nwhen = "pose_image"\nnodes = ["5"]',
            GRAPH,
            "workflow.toml",
            "node 5",
        ),
        (
            f'{MANIFEST}pose_image = ["1.color"]\n[[optional]]\nwhen = "pose_image"\nnodes = ["1"]\n'
            'bypass = { "1" = ["color"] }',
            GRAPH,
            "workflow.toml",
            "1.color, which is no link",
        ),
    ],
)
def test_a_broken_workflow_is_refused_with_its_file_and_the_reason(
    tmp_path: Path, manifest: str, graph: Any, file: str, why: str
) -> None:
    place = write(tmp_path, manifest, graph)
    with pytest.raises(StudioError) as caught:
        workflows.load_library([tmp_path])
    assert caught.value.code == "workflow_broken"
    assert str(place / file) in caught.value.message
    assert why in caught.value.message
    assert "\n" not in caught.value.message


def test_a_workflow_without_its_graph_and_a_folder_that_is_not_there(tmp_path: Path) -> None:
    (write(tmp_path) / "graph.json").unlink()
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(StudioError) as caught:
            workflows.load_library([folder])
        assert caught.value.code == "workflow_broken"
        assert str(folder) in caught.value.message


def test_the_app_does_not_start_with_a_broken_workflow_and_says_why(tmp_path: Path) -> None:
    place = write(tmp_path / "mine", graph="{")
    ended = subprocess.run(
        [sys.executable, str(ROOT / "app.py"), "--port", "0", "--no-ui"],
        cwd=tmp_path,
        env={"STUDIO_WORKFLOWS_PATH": str(tmp_path / "mine"), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 2
    assert str(place / "graph.json") in ended.stderr
    assert "Traceback" not in ended.stderr


# ---------------------------------------------------------------------------------------------- choosing


def test_a_server_gets_the_workflow_that_fits_the_request() -> None:
    server = [Candidate("comfy", comfy_info())]
    plain = workflows.choose(LIBRARY, AvatarRequest(prompt="x"), server)
    assert (plain.workflow, plain.engine) == ("checkpoint", "comfy")
    pictured = workflows.choose(LIBRARY, AvatarRequest(prompt="x", reference_file_id="r"), server)
    assert pictured.workflow == "checkpoint_reference"
    assert pictured.request.denoise == 0.7


def test_models_are_chosen_by_taste_and_written_into_the_request() -> None:
    server = [Candidate("comfy", comfy_info())]
    drawn = workflows.choose(LIBRARY, AvatarRequest(prompt="x"), server)
    assert drawn.request.model == "illustriousXL_v1.safetensors"
    listed = ["anime.ckpt", "sdxl_refiner.safetensors", "realistic.safetensors"]
    photo = workflows.choose(
        LIBRARY,
        AvatarRequest(prompt="x", realism=True),
        [Candidate("comfy", comfy_info(ckpt_name=listed))],
    )
    assert photo.request.model == "realistic.safetensors"
    only_refiner = comfy_info(ckpt_name=["sdxl_refiner.safetensors"])
    with pytest.raises(StudioError, match="models/checkpoints"):
        workflows.choose(LIBRARY, AvatarRequest(prompt="x"), [Candidate("comfy", only_refiner)])


def test_one_able_server_is_enough() -> None:
    servers = [Candidate("comfy", comfy_info("KSampler")), Candidate("comfy", comfy_info())]
    assert workflows.choose(LIBRARY, AvatarRequest(prompt="x"), servers).workflow == "checkpoint"


def test_a_pinned_workflow_is_the_only_one_tried(tmp_path: Path) -> None:
    write(tmp_path, f"pinned_only = true\n{MANIFEST}", name="aaa")
    library = workflows.load_library([tmp_path])
    plain = {
        "EmptyImage": {"input": {}, "output": ["IMAGE"]},
        "SaveImage": {"input": {}, "output_node": True},
    }
    server = [Candidate("comfy", ObjectInfo(plain))]
    with pytest.raises(StudioError) as caught:
        workflows.choose(library, AvatarRequest(prompt="x"), server)
    assert "checkpoint" in caught.value.message.lower()
    assert workflows.choose(library, AvatarRequest(prompt="x", workflow="aaa"), server).workflow == "aaa"
    with pytest.raises(StudioError, match="is not for the comfy engine"):
        workflows.choose(library, AvatarRequest(prompt="x", workflow="embedded"), server)


def test_needs_are_the_same_for_requests_that_need_the_same() -> None:
    server = [Candidate("comfy", comfy_info())]
    ask = [AvatarRequest(prompt=prompt, seed=seed) for prompt, seed in (("x", 1), ("y", 2))]
    first, second = (workflows.choose(LIBRARY, request, server).needs for request in ask)
    assert first == second
    assert not workflows.can_run(first, "embedded", comfy_info())
    assert not workflows.can_run(first, "comfy", comfy_info("VAEDecode"))
    assert workflows.lacks(first, comfy_info(ckpt_name=["other.safetensors"])) == [
        "illustriousXL_v1.safetensors for CheckpointLoaderSimple"
    ]


# ----------------------------------------------------------------------------------------------- filling


@pytest.mark.parametrize("request_", some_requests(), ids=str)
def test_every_graph_is_one_that_a_gpu_server_takes(request_: AvatarRequest) -> None:
    for graph in plan_and_prepare(request_, "comfy", comfy_info()):
        assert wrong_in(graph, comfy_info()) == []
        loaded = [node for node in graph.values() if node["class_type"] == "LoadImage"]
        assert sorted(node["inputs"]["image"] for node in loaded) == sorted(
            f"{role}.png" for role in request_.files()
        )


def test_values_reach_their_inputs() -> None:
    request = AvatarRequest(
        prompt="a knight",
        negative_prompt="rain",
        width=640,
        height=704,
        steps=9,
        cfg=0.0,
        sampler="dpmpp_2m",
        scheduler="karras",
        denoise=0.5,
        variants=3,
        views=("back",),
    )
    [graph] = plan_and_prepare(request, "comfy", comfy_info())
    sampler = graph["3"]["inputs"]
    assert {
        name: sampler[name] for name in ("seed", "steps", "cfg", "sampler_name", "scheduler", "denoise")
    } == {
        "seed": 7,
        "steps": 9,
        "cfg": 0.0,
        "sampler_name": "dpmpp_2m",
        "scheduler": "karras",
        "denoise": 0.5,
    }
    assert graph["5"]["inputs"] == {"width": 640, "height": 704, "batch_size": 3}
    assert "a knight" in graph["6"]["inputs"]["text"]
    assert "from behind" in graph["6"]["inputs"]["text"]
    assert graph["7"]["inputs"]["text"].startswith("rain")
    assert graph["9"]["inputs"]["filename_prefix"] == "avatarforge/p/avatarforge"


def test_without_a_picture_its_nodes_are_gone_and_readers_read_further_up() -> None:
    request = AvatarRequest(prompt="x")
    [graph] = plan_and_prepare(request, "comfy", comfy_info())
    assert {"20", "21", "22"}.isdisjoint(graph)
    assert (graph["3"]["inputs"]["positive"], graph["3"]["inputs"]["negative"]) == (["6", 0], ["7", 0])
    figure = workflows.fill(LIBRARY["embedded"], request, "front", 1, uploads={})
    assert figure["3"]["inputs"]["positive"] == ["11", 0]
    for role, through in (("pose", "22"), ("reference", "32")):
        with_one = workflows.fill(
            LIBRARY["embedded"], request, "front", 1, uploads={f"{role}_image": "a.png"}
        )
        assert with_one["3"]["inputs"]["positive"] == [through, 0]
        assert with_one[through]["inputs"]["conditioning"] == ["11", 0]


def test_loras_are_stacked_in_their_order_between_the_model_and_all_its_readers() -> None:
    [graph] = plan_and_prepare(AvatarRequest(prompt="x", loras=LORAS), "comfy", comfy_info())
    first, second = graph["lora1"]["inputs"], graph["lora2"]["inputs"]
    assert (first["model"], first["clip"]) == (["4", 0], ["4", 1])
    assert (second["model"], second["clip"]) == (["lora1", 0], ["lora1", 1])
    assert graph["3"]["inputs"]["model"] == ["lora2", 0]
    assert graph["6"]["inputs"]["clip"] == graph["7"]["inputs"]["clip"] == ["lora2", 1]
    assert graph["8"]["inputs"]["vae"] == ["4", 2]
    assert (first["strength_model"], first["strength_clip"]) == (0.8, 0.8)


def test_models_are_named_as_a_windows_server_lists_them() -> None:
    request = AvatarRequest(
        prompt="x", model="sd15/dreamer_v8.safetensors", loras=LORAS, pose_file_id="p", reference_file_id="r"
    )
    [graph] = plan_and_prepare(request, "comfy", comfy_info())
    assert graph["4"]["inputs"]["ckpt_name"] == "sd15\\dreamer_v8.safetensors"
    assert graph["lora2"]["inputs"]["lora_name"] == "styles\\ink.safetensors"
    assert graph["21"]["inputs"]["control_net_name"] == "xl\\openpose_xl.safetensors"


def test_an_uploaded_picture_is_never_taken_for_one_that_is_named_alike() -> None:
    request = AvatarRequest(prompt="x", pose_file_id="p")
    plan = workflows.choose(LIBRARY, request, [Candidate("comfy", comfy_info())])
    graph = workflows.prepare(
        LIBRARY["checkpoint"],
        plan.request,
        "front",
        1,
        comfy_info(),
        uploads={"pose_image": "example.jpg"},  # the server lists example.png
        filename_prefix="x",
    )
    assert graph["20"]["inputs"]["image"] == "example.jpg"


def test_filling_leaves_the_library_as_it_is() -> None:
    before = json.dumps({name: workflow.graph for name, workflow in LIBRARY.items()})
    for request in some_requests():
        plan_and_prepare(request, "comfy", comfy_info())
    assert json.dumps({name: workflow.graph for name, workflow in LIBRARY.items()}) == before


# ------------------------------------------------------------------------------------ on a real engine


@pytest.fixture(scope="module")
def engine_info(engine: RunningEngine) -> Iterator[ObjectInfo]:
    """What the running engine says it has, with two LoRAs in its folder."""
    places = [engine.base / "models" / "loras" / lora.name for lora in LORAS]
    for place in places:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(b"weights")
    yield ObjectInfo(engine.http.get("/object_info").json())
    for place in places:
        place.unlink()


def test_every_graph_is_one_that_the_embedded_engine_takes(engine_info: ObjectInfo) -> None:
    for request in some_requests():
        for graph in plan_and_prepare(request, "embedded", engine_info):
            assert wrong_in(graph, engine_info) == []


def test_a_picture_with_pose_reference_and_lora_is_drawn(
    engine: RunningEngine, engine_info: ObjectInfo
) -> None:
    for role, colour in (("pose", "black"), ("reference", "green")):
        files = {"image": (f"{role}.png", png(colour, 128), "image/png")}
        assert engine.http.post("/upload/image", files=files).status_code == 200
    request = AvatarRequest(
        prompt="a knight",
        views=("quarter",),
        width=128,
        height=192,
        pose_file_id="p",
        reference_file_id="r",
        loras=LORAS,
    )
    [graph] = plan_and_prepare(request, "embedded", engine_info)
    _, _, history = engine.run(graph)
    assert history["status"]["status_str"] == "success", history["status"]
    [saved] = history["outputs"]["9"]["images"]
    answer = engine.http.get("/view", params=saved)
    with Image.open(io.BytesIO(answer.content)) as picture:
        assert picture.size == (128, 192)
        assert len(picture.convert("RGB").getcolors(1 << 20) or []) > 10


def test_the_recipe_in_a_picture_makes_it_again(app: RunningApp) -> None:
    made = app.generate(prompt="a knight with a red cape", width=128, height=192, clothing="a blue coat")
    first = app.wait(made["generation_id"])
    assert first["status"] == "completed", first
    content = app.client.get(first["output_files"][0]["url"]).content
    with Image.open(io.BytesIO(content)) as picture:
        texts, pixels = picture.text, picture.tobytes()  # type: ignore[attr-defined]
    recipe = json.loads(texts["avatarforge"])
    resolved = AvatarRequest.model_validate(recipe["request"])
    assert resolved.seed == recipe["seed"] == first["seed"]
    graph, document = json.loads(texts["prompt"]), json.loads(texts["workflow"])
    assert {node["class_type"] for node in graph.values()} == {node["type"] for node in document["nodes"]}
    assert document["version"] == 0.4
    body = {
        name: value
        for name, value in recipe["request"].items()
        if name in ("prompt", "clothing", "width", "height", "seed", "steps", "cfg", "model", "workflow")
    }
    second = app.wait(app.generate(**body)["generation_id"])
    again = app.client.get(second["output_files"][0]["url"]).content
    with Image.open(io.BytesIO(again)) as picture:
        assert picture.tobytes() == pixels
    assert json.loads(Image.open(io.BytesIO(again)).text["avatarforge"])["request"] == recipe["request"]  # type: ignore[attr-defined]
