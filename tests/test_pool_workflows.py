"""Workflows of one's own over REST: taken in, used at once, replaced, removed, refused with reasons."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from studio import workflows
from studio.assembly import Studio
from studio.comfy.engine_process import free_port
from studio.disk import Incoming
from studio.editor import to_editor
from studio.errors import StudioError
from studio.library import plain_name
from studio.request import AvatarRequest
from tests.conftest import RunningApp
from tests.documents.contract import INVALID, PREFIX, PROBLEM, check_shape
from tests.fake_comfy import FakeComfy, wait_until
from tests.library_facts import server_info, server_nodes
from tests.runner_fixtures import opened, sends
from tests.served import serve
from tests.test_library_own import exported, node

MODELS = {
    "checkpoints": ["sd_xl_base_1.0.safetensors"],
    "loras": ["hero.safetensors"],
    "controlnet": ["diffusion_pytorch_model_promax.safetensors"],
}
PLACE = f"{PREFIX}/workflows"


@pytest.fixture(scope="module")
def full() -> Iterator[FakeComfy]:
    with FakeComfy() as fake:
        fake.info = server_nodes(MODELS)
        yield fake


@pytest.fixture(scope="module")
def gpu_app(full: FakeComfy, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    running = serve(
        tmp_path_factory.mktemp("own"),
        COMFYUI_URL=full.url,
        STUDIO_ENGINE_URL=f"http://127.0.0.1:{free_port()}",
    )
    running.wait_healthy()
    yield running
    running.kill()


def plain() -> dict[str, Any]:
    """A graph from words alone."""
    graph = exported()
    for name in ("5", "6", "7"):
        del graph[name]
    graph["9"]["inputs"] |= {"positive": ["3", 0], "negative": ["4", 0]}
    return graph


def put(app: RunningApp, document: Any, **query: Any) -> Any:
    return app.client.post(PLACE, json=document, params=query)


def test_an_uploaded_file_can_be_used_at_once(gpu_app: RunningApp, full: FakeComfy) -> None:
    files = {"file": ("My Inks (v2).json", json.dumps(plain()), "application/json")}
    answer = gpu_app.client.post(PLACE, files=files)
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert (found["name"], found["own"], found["pinned_only"], found["notes"]) == (
        "my_inks_v2",
        True,
        True,
        [],
    )
    assert found["slots"]["positive"] == ["3.text"]
    assert found["slots"]["seed"] == ["9.seed"]
    [at] = found["servers"]
    assert (at["server"], at["can_run"], at["reasons"]) == (full.url, True, [])
    assert gpu_app.client.get(f"{PLACE}/my_inks_v2").json() == found
    listed = {one["name"]: one for one in gpu_app.client.get(PLACE).json()["workflows"]}
    assert listed["my_inks_v2"] == found
    assert listed["checkpoint"]["own"] is False
    assert listed["checkpoint"]["servers"][0]["can_run"] is True
    assert listed["flux"]["servers"][0]["missing"]["files"][0]["folder"] == "models/diffusion_models"
    # The next request runs it.
    asked = {"prompt": "a knight", "workflow": "my_inks_v2", "seed": 77}
    assert gpu_app.client.post(f"{PREFIX}/preflight", json=asked).json()["can_run"] is True
    job = gpu_app.client.post(f"{PREFIX}/generate/avatar", json=asked).json()
    assert wait_until(lambda: bool(sends(full)), 10)
    graph = full.graphs[sends(full)[0]]
    assert graph["9"]["inputs"]["seed"] == 77
    assert "a knight" in graph["3"]["inputs"]["text"]
    # While it is needed, it stays.
    refused = gpu_app.client.delete(f"{PLACE}/my_inks_v2")
    assert (refused.status_code, refused.json()["code"]) == (409, "workflow_busy")
    assert gpu_app.client.delete(f"{PREFIX}/generations/{job['generation_id']}").status_code == 200
    assert gpu_app.client.delete(f"{PLACE}/my_inks_v2").status_code == 200
    assert gpu_app.client.get(f"{PLACE}/my_inks_v2").status_code == 404
    folder = gpu_app.storage / "workflows"
    assert list(folder.iterdir()) == []


def test_the_sidecar_is_written_and_both_are_read_by_the_next_start(gpu_app: RunningApp) -> None:
    assert put(gpu_app, {"name": "Kept", "graph": plain()}).status_code == 200
    folder = gpu_app.storage / "workflows"
    assert sorted(path.name for path in folder.iterdir()) == ["kept.json", "kept.toml"]
    library = workflows.load_library([folder])
    assert library["kept"].manifest.slots["positive"] == ("3.text",)
    assert list((gpu_app.storage / "temp").iterdir()) == []
    assert gpu_app.client.delete(f"{PLACE}/kept").status_code == 200


@pytest.mark.parametrize("form", ["bare", "named", "prompt", "editor"])
def test_each_form_of_an_export_is_understood(gpu_app: RunningApp, form: str) -> None:
    graph = plain()
    documents = {
        "bare": graph,
        "named": {"name": "formed", "graph": graph},
        "prompt": {"prompt": graph, "client_id": "x"},
        "editor": to_editor(graph, server_info(MODELS)),
    }
    answer = put(gpu_app, documents[form], name="formed")
    assert answer.status_code == 200, answer.text
    assert {"positive", "negative", "seed", "width", "model"} <= set(answer.json()["slots"])
    assert gpu_app.client.delete(f"{PLACE}/formed").status_code == 200


@pytest.mark.parametrize(
    ("document", "why"),
    [
        ({}, "an object with a member for each node"),
        ({"1": {"class_type": "SaveImage"}}, "node 1 needs a class_type and inputs"),
        ({"1": node("SaveImage", images=["9", 0], filename_prefix="a")}, "linked to node 9"),
        ({"1": node("PreviewImage", images=["2", 0]), "2": node("EmptyImage")}, "no node saves a picture"),
        (
            {"nodes": [{"id": 1, "type": "SomebodysNode", "mode": 0}], "links": []},
            "SomebodysNode, which this server does not have",
        ),
        ({"nodes": [{"id": 1, "type": "SaveImage", "mode": 4}], "links": []}, "muted or bypassed"),
    ],
)
def test_what_cannot_be_used_is_refused_with_the_reason(
    gpu_app: RunningApp, document: dict[str, Any], why: str
) -> None:
    answer = put(gpu_app, document, name="wrong")
    assert answer.status_code == 422, answer.text
    assert answer.json()["code"] == "workflow_refused"
    assert why in answer.json()["detail"]
    check_shape(answer.json(), INVALID)
    assert gpu_app.client.get(f"{PLACE}/wrong").status_code == 404


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"no json", "workflow_refused"),
        (b"[]", "workflow_refused"),
        (b"[" * 5000, "workflow_refused"),
        (b"", "workflow_refused"),
        (b'{"a": ' + b"1" * 9_500_000 + b"}", "body_too_large"),
    ],
    ids=["text", "list", "deep", "empty", "huge"],
)
def test_bodies_that_are_no_workflow(gpu_app: RunningApp, body: bytes, code: str) -> None:
    for headers in ({"Content-Type": "application/json"}, None):
        if headers:
            answer = gpu_app.client.post(PLACE, content=body, headers=headers, params={"name": "a"})
        else:
            answer = gpu_app.client.post(PLACE, files={"file": ("a.json", body)}, params={"name": "a"})
        assert answer.status_code in (413, 422), answer.text
        assert answer.json()["code"] == code
    assert list((gpu_app.storage / "temp").iterdir()) == []


def test_names_are_taken_once_and_built_in_ones_stay(gpu_app: RunningApp) -> None:
    assert put(gpu_app, plain(), name="mine").status_code == 200
    again = put(gpu_app, plain(), name="Mine!")
    assert (again.status_code, again.json()["code"]) == (409, "workflow_exists")
    other = plain()
    other["9"]["inputs"]["steps"] = 31
    assert put(gpu_app, other, name="mine", replace=True).status_code == 200
    asked = {"prompt": "a knight", "workflow": "mine"}
    assert gpu_app.client.post(f"{PREFIX}/preflight", json=asked).json()["can_run"] is True
    for replace in (False, True):
        taken = put(gpu_app, plain(), name="checkpoint", replace=replace)
        assert (taken.status_code, taken.json()["code"]) == (409, "workflow_exists")
    kept = gpu_app.client.delete(f"{PLACE}/checkpoint")
    assert (kept.status_code, kept.json()["code"]) == (409, "workflow_built_in")
    assert gpu_app.client.delete(f"{PLACE}/mine").status_code == 200
    gone = gpu_app.client.delete(f"{PLACE}/mine")
    assert (gone.status_code, gone.json()["code"]) == (404, "workflow_not_found")
    check_shape(gone.json(), PROBLEM)


def test_strangers_pages_upload_nothing(gpu_app: RunningApp) -> None:
    headers = {"Origin": "https://somewhere.example"}
    answer = gpu_app.client.post(PLACE, json=plain(), params={"name": "theirs"}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "foreign_origin")


@pytest.mark.parametrize(
    ("name", "plain_one"),
    [
        ("My Inks.json", "my_inks"),
        ("C:\\workflows\\Inks.JSON", "inks"),
        ("../../etc/passwd", "passwd"),
        ("Ink & Brush — v2", "ink_brush_v2"),
        ("x" * 200, "x" * 60),
    ],
)
def test_names_are_made_plain(name: str, plain_one: str) -> None:
    assert plain_name(name) == plain_one


@pytest.mark.parametrize("name", ["", "...", "绘画", "con", "NUL.json", "/"])
def test_names_that_are_none(name: str) -> None:
    with pytest.raises(StudioError) as caught:
        plain_name(name)
    assert caught.value.code == "workflow_refused"


@pytest.mark.parametrize("written", [0, 1])
def test_a_cut_in_the_middle_leaves_a_library_that_can_be_read(
    tmp_path: Path, full: FakeComfy, monkeypatch: pytest.MonkeyPatch, written: int
) -> None:
    with opened(tmp_path, full) as studio:
        studio.library.take_in(plain(), "mine")
        other = {f"n{name}": value for name, value in plain().items()}
        for value in other.values():
            links = {name: link for name, link in value["inputs"].items() if isinstance(link, list)}
            value["inputs"] |= {name: [f"n{link[0]}", link[1]] for name, link in links.items()}
        moved: list[Path] = []
        move = Incoming.move_to

        def cut(self: Incoming, target: Path) -> None:
            if len(moved) == written:
                raise KeyboardInterrupt
            moved.append(target)
            move(self, target)

        monkeypatch.setattr(Incoming, "move_to", cut)
        with pytest.raises(KeyboardInterrupt):
            studio.library.take_in(other, "mine", replace=True)
        library = workflows.load_library([studio.settings.own_workflows_path])
        assert library["mine"].manifest.slots["positive"] == (("3.text",), ("n3.text",))[written]


# -------------------------------------------------------------------- threads


def test_uploads_and_requests_at_the_same_time_do_not_meet_half_a_library(
    tmp_path: Path, full: FakeComfy
) -> None:
    with opened(tmp_path, full) as studio:
        wrong: list[str] = []
        done = threading.Event()

        def read() -> None:
            while not done.is_set():
                names = set(studio.jobs.library)
                if "checkpoint" not in names:
                    wrong.append("a built-in one was gone")
                studio.jobs.preflight(AvatarRequest(prompt="a knight"))

        def write(number: int) -> None:
            try:
                for _ in range(3):
                    studio.library.take_in(plain(), f"own {number}")
                    studio.library.remove(f"own_{number}")
                studio.library.take_in(plain(), f"own {number}")
            except StudioError as error:
                wrong.append(str(error))

        reader = threading.Thread(target=read)
        writers = [threading.Thread(target=write, args=(number,)) for number in range(4)]
        for thread in (reader, *writers):
            thread.start()
        for thread in writers:
            thread.join()
        done.set()
        reader.join()
        assert wrong == []
        assert {f"own_{number}" for number in range(4)} <= set(studio.jobs.library)
        assert_read_again(studio)


def assert_read_again(studio: Studio) -> None:
    """What is in memory is what the next start reads."""
    folders = (studio.settings.own_workflows_path, *studio.settings.workflow_folders)
    assert workflows.load_library(folders) == studio.jobs.library
