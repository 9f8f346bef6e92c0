"""Model files in the AInfluencer manner: one list of what is known and what is there, and fetching."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import RunningApp
from tests.fake_comfy import FakeComfy
from tests.fake_hub import Hub, running_hub, safetensors
from tests.influencer_fixtures import call, refused, until
from tests.served import served

INK = "some/styles/deep/ink.safetensors"
SDXL = "stabilityai/stable-diffusion-xl-base-1.0/sd_xl_base_1.0.safetensors"
SDXL_ID = "checkpoints:sd_xl_base_1.0.safetensors"


@pytest.fixture(scope="module")
def hub() -> Iterator[Hub]:
    with running_hub() as running:
        running.files[INK] = safetensors(3000)
        running.files[SDXL] = safetensors(5000)
        yield running


@pytest.fixture(scope="module")
def comfy() -> Iterator[FakeComfy]:
    with FakeComfy() as running:
        yield running


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory, hub: Hub, comfy: FakeComfy) -> Iterator[RunningApp]:
    folder = tmp_path_factory.mktemp("models")
    (folder / "models" / "loras" / "mine").mkdir(parents=True)
    (folder / "models" / "loras" / "mine" / "old.safetensors").write_bytes(safetensors(100))
    (folder / "models" / "loras" / "notes.txt").write_text("no model")
    models = {"COMFYUI_MODELS_PATH": str(folder / "models"), "HF_ENDPOINT": hub.url}
    with served(folder, COMFYUI_URL=comfy.url, **models) as running:
        until(lambda: call(running, "GET", "/comfyui/status")["reachable"])
        yield running


def listed(app: RunningApp, **asked: Any) -> dict[str, dict[str, Any]]:
    return {one["id"]: one for one in call(app, "GET", "/models", params=asked)["items"]}


def ended(app: RunningApp, model_id: str) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        found = call(app, "GET", f"/models/{model_id}")
        done = found["download"] and found["download"]["state"] in {"completed", "failed", "cancelled"}
        return found if done else None

    return until(look)


def test_all_that_is_known_and_all_that_is_there(app: RunningApp) -> None:
    found = listed(app)
    assert len(found) == call(app, "GET", "/models")["total"]
    known = found["controlnet:diffusion_pytorch_model_promax.safetensors"]
    assert (known["type"], known["installed"], known["tier"]) == ("controlnet", False, 1)
    assert known["url"].startswith("https://huggingface.co/")
    on_server = found["checkpoints:SD15:dream.safetensors"]
    assert (on_server["filename"], on_server["folder"]) == ("dream.safetensors", "checkpoints/SD15")
    assert (on_server["installed"], on_server["tier"]) == (True, 3)
    assert len(on_server["servers"]) == 1
    on_disk = found["loras:mine:old.safetensors"]
    assert (on_disk["type"], on_disk["size_mb"], on_disk["servers"]) == ("lora", 1, [])
    assert not any("notes" in one for one in found)
    assert {one["type"] for one in listed(app, type="lora").values()} == {"lora"}
    assert all(one["installed"] for one in listed(app, installed=True).values())
    assert not any(one["installed"] for one in listed(app, installed=False).values())
    refused(app, "GET", "/models", 422, "validation_error", params={"type": "none of these"})


def test_one_model_by_its_id_or_its_file_name(app: RunningApp) -> None:
    for name in ("loras:mine:old.safetensors", "old.safetensors"):
        found = call(app, "GET", f"/models/{name}")
        assert (found["path"], found["download"]) == ("loras/mine/old.safetensors", None)
    refused(app, "GET", "/models/nothing", 404, "not_found")


def test_a_model_of_a_workflow_is_fetched_with_progress(app: RunningApp, hub: Hub) -> None:
    begun = call(app, "POST", "/models/install", json={"model_id": "sd_xl_base_1.0.safetensors"})
    assert (begun["model_id"], begun["filename"]) == (SDXL_ID, "sd_xl_base_1.0.safetensors")
    assert begun["state"] in {"queued", "downloading", "completed"}
    done = ended(app, SDXL_ID)
    assert done["download"]["download_id"] == begun["download_id"]
    assert (done["installed"], done["download"]["state"]) == (True, "completed")
    assert done["sha256"] == hashlib.sha256(hub.files[SDXL]).hexdigest()
    assert done["download"]["bytes_downloaded"] == len(hub.files[SDXL])
    error = refused(app, "POST", "/models/install", 409, "conflict", json={"model_id": SDXL_ID})
    assert error["details"]["code"] == "model_installed"


def test_any_file_of_the_hub_by_its_address(app: RunningApp, hub: Hub) -> None:
    wanted = hashlib.sha256(hub.files[INK]).hexdigest()
    body = {"url": hub.address(INK), "filename": "inks.safetensors", "type": "lora"}
    other = {**body, "filename": "other.safetensors", "sha256": "0" * 64}
    call(app, "POST", "/models/install", json=other)
    failed = ended(app, "loras:other.safetensors")
    assert failed["download"]["state"] == "failed"
    assert wanted in failed["download"]["error"]
    assert not (app.folder / "models" / "loras" / "other.safetensors").exists()
    begun = call(app, "POST", "/models/install", json={**body, "sha256": wanted.upper()})
    assert ended(app, begun["model_id"])["installed"]
    assert (app.folder / "models" / "loras" / "inks.safetensors").read_bytes() == hub.files[INK]


def test_what_is_on_its_way_is_not_fetched_twice(app: RunningApp, hub: Hub) -> None:
    body = {"url": hub.address(INK), "filename": "slow.safetensors", "folder": "loras"}
    hub.hold = threading.Event()
    try:
        begun = call(app, "POST", "/models/install", json=body)
        path = f"/models/{begun['model_id']}"
        until(lambda: call(app, "GET", path)["download"]["state"] == "downloading")
        error = refused(app, "POST", "/models/install", 409, "conflict", json=body)
        assert error["details"]["code"] == "model_on_its_way"
        assert begun["download_id"] in error["message"]
        on_its_way = call(app, "GET", f"/models/{begun['model_id']}")
        assert (on_its_way["installed"], on_its_way["download"]["state"]) == (False, "downloading")
    finally:
        hub.hold.set()
        hub.hold = None
    assert ended(app, begun["model_id"])["installed"]


def test_a_file_that_the_hub_does_not_have_fails_with_the_reason(app: RunningApp, hub: Hub) -> None:
    missing = {"url": hub.address("some/styles/nowhere.safetensors"), "type": "lora"}
    begun = call(app, "POST", "/models/install", json=missing)
    failed = ended(app, begun["model_id"])
    assert failed["download"]["state"] == "failed"
    assert "nowhere.safetensors" in failed["download"]["error"]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 422, "validation_error"),
        ({"url": "https://elsewhere.example/a.safetensors", "type": "lora"}, 422, "validation_error"),
        ({"url": "{ink}"}, 422, "validation_error"),
        ({"url": "{ink}", "type": "other"}, 422, "validation_error"),
        ({"url": "{ink}", "type": "lora", "folder": "checkpoints"}, 422, "validation_error"),
        ({"url": "{ink}", "folder": "../elsewhere"}, 422, "validation_error"),
        ({"url": "{ink}", "type": "lora", "filename": "../../x.safetensors"}, 422, "validation_error"),
        ({"url": "{ink}", "type": "lora", "filename": "x.ckpt"}, 422, "validation_error"),
        ({"url": "{ink}", "type": "lora", "sha256": "zz"}, 422, "validation_error"),
        ({"model_id": "nothing"}, 404, "not_found"),
        ({"model_id": "checkpoints:SD15:dream.safetensors"}, 404, "not_found"),
        ({"model_id": SDXL_ID, "bogus": 1}, 422, "validation_error"),
    ],
)
def test_what_cannot_be_fetched_is_refused(
    app: RunningApp, hub: Hub, body: dict[str, Any], status: int, code: str
) -> None:
    filled = {name: str(value).replace("{ink}", hub.address(INK)) for name, value in body.items()}
    refused(app, "POST", "/models/install", status, code, json=filled)


def test_without_a_folder_of_models_nothing_is_fetched(tmp_path: Path) -> None:
    with served(tmp_path / "plain") as plain:
        error = refused(plain, "POST", "/models/install", 409, "conflict", json={"model_id": SDXL_ID})
        assert error["details"]["code"] == "models_path_unset"
        assert "COMFYUI_MODELS_PATH" in error["details"]["hint"]
