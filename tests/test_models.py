"""Fetching model files from a hub: whole or not there, resumed, checked, refused with reasons."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from studio import hub as hub_module
from studio import workflows
from studio.comfy.pool import Pool
from studio.errors import StudioError
from studio.models import Install, Models
from studio.records import open_database
from studio.settings import Settings
from tests.fake_hub import Hub, running_hub, safetensors
from tests.served import Serve, serve_apps

__all__ = ["serve_apps"]

NAME = "some/model/deep/thing.safetensors"
SDXL = "stabilityai/stable-diffusion-xl-base-1.0/sd_xl_base_1.0.safetensors"
MakeModels = Callable[..., Models]


@pytest.fixture
def hub() -> Iterator[Hub]:
    with running_hub() as running:
        running.files[NAME] = safetensors()
        yield running


@pytest.fixture
def make(tmp_path: Path, hub: Hub) -> Iterator[MakeModels]:
    """Models over one database and one folder; called again, as after a restart."""
    (tmp_path / "models").mkdir()
    made: list[Models] = []

    def make_models(**settings: Any) -> Models:
        values = {"comfyui_models_path": tmp_path / "models", "hf_endpoint": hub.url, **settings}
        database = open_database(tmp_path / "records.db")
        library = workflows.load_library()
        models = Models(
            database, Pool(), lambda: library, Settings(**values), retry_after_s=(0.05, 0.05, 0.05)
        )
        models.start()
        made.append(models)
        return models

    yield make_models
    for models in made:
        models.stop()
        models.database.close()


def ended(models: Models, install: Install, timeout_s: float = 60) -> Install:
    """The installation once nothing will change any more."""
    deadline = time.monotonic() + timeout_s
    while not (now := models.get(install.id)).is_final:
        assert time.monotonic() < deadline, now
        time.sleep(0.02)
    return now


def wait_for_bytes(folder: Path) -> None:
    """Wait until some of a download is on the disk."""
    deadline = time.monotonic() + 20
    while not any(path.stat().st_size for path in folder.glob("*.partial")):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_file_arrives_whole_at_its_place(make: MakeModels, hub: Hub, tmp_path: Path) -> None:
    models = make()
    done = ended(models, models.install_from(hub.address(NAME), "loras"))
    assert done.status == "completed"
    assert done.error is None
    target = tmp_path / "models" / "loras" / "thing.safetensors"
    assert target.read_bytes() == hub.files[NAME]
    assert done.sha256 == hashlib.sha256(hub.files[NAME]).hexdigest()
    assert done.done_bytes == done.size_bytes == len(hub.files[NAME])
    assert [path.name for path in target.parent.iterdir()] == ["thing.safetensors"]


def test_a_file_of_the_library_is_fetched_by_its_name(make: MakeModels, hub: Hub, tmp_path: Path) -> None:
    hub.files[SDXL] = safetensors(5000)
    models = make()
    before = next(m for m in models.known() if m.file.name == "sd_xl_base_1.0.safetensors")
    assert not before.installed
    assert "checkpoint" in before.workflows
    assert before.folder == "checkpoints"
    assert ended(models, models.install("sd_xl_base_1.0.safetensors")).status == "completed"
    assert (tmp_path / "models/checkpoints/sd_xl_base_1.0.safetensors").read_bytes() == hub.files[SDXL]
    assert next(m for m in models.known() if m.file.name == before.file.name).installed


def test_a_broken_connection_is_gone_on_with(make: MakeModels, hub: Hub, tmp_path: Path) -> None:
    hub.files[NAME] = safetensors(35_000_000)  # the hub's library writes blocks of 10 MB
    hub.break_after = [12_000_000, 11_000_000]
    models = make()
    done = ended(models, models.install_from(hub.address(NAME), "loras"))
    assert done.status == "completed"
    ranges = [headers.get("range") for _, headers in hub.gets()]
    assert ranges[0] is None
    assert len(ranges) == 3
    assert all(ranges[1:])
    assert (tmp_path / "models/loras/thing.safetensors").read_bytes() == hub.files[NAME]


def test_a_hub_without_ranges_is_begun_again(make: MakeModels, hub: Hub, tmp_path: Path) -> None:
    hub.break_after, hub.ignore_ranges = [100_000], True
    models = make()
    assert ended(models, models.install_from(hub.address(NAME), "loras")).status == "completed"
    assert (tmp_path / "models/loras/thing.safetensors").read_bytes() == hub.files[NAME]


def test_a_stopped_studio_goes_on_where_it_was(make: MakeModels, hub: Hub, tmp_path: Path) -> None:
    hub.files[NAME] = safetensors(30_000_000)
    hub.hold = threading.Event()
    first = make()
    install = first.install_from(hub.address(NAME), "loras")
    wait_for_bytes(tmp_path / "models/loras")
    stopping = threading.Thread(target=first.stop)
    stopping.start()
    hub.hold.set()
    stopping.join()
    assert first.get(install.id).status == "queued"
    partial = next((tmp_path / "models/loras").glob("*.partial"))
    kept = partial.stat().st_size
    assert kept > 0
    hub.hold = None
    second = make()
    assert ended(second, install).status == "completed"
    assert hub.gets()[-1][1]["range"] == f"bytes={kept}-"
    assert (tmp_path / "models/loras/thing.safetensors").read_bytes() == hub.files[NAME]


def test_a_cancelled_one_leaves_nothing(make: MakeModels, hub: Hub, tmp_path: Path) -> None:
    hub.files[NAME] = safetensors(30_000_000)
    hub.hold = threading.Event()
    models = make()
    install = models.install_from(hub.address(NAME), "loras")
    wait_for_bytes(tmp_path / "models/loras")
    assert models.cancel(install.id).status == "cancelled"
    hub.hold.set()
    deadline = time.monotonic() + 10
    while list((tmp_path / "models/loras").iterdir()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert models.get(install.id).status == "cancelled"
    with pytest.raises(StudioError, match="cancelled already"):
        models.cancel(install.id)


def test_a_token_opens_a_gate_and_goes_nowhere_else(make: MakeModels, hub: Hub) -> None:
    hub.gated["some/model"], hub.elsewhere = "hf_secret", True
    refused = make()
    failed = ended(refused, refused.install_from(hub.address(NAME), "loras"))
    assert failed.status == "failed"
    assert failed.error
    assert failed.error["code"] == "model_gated"
    assert "HF_TOKEN" in failed.error["hint"]
    refused.stop()
    hub.asked.clear()
    models = make(hf_token="hf_secret")
    assert ended(models, models.retry(failed.id)).status == "completed"
    blobs = [headers for path, headers in hub.gets() if path.startswith("blobs/")]
    assert blobs
    assert all("authorization" not in headers for headers in blobs)


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda hub: setattr(hub, "wrong_hash", True), "model_damaged"),
        (lambda hub: hub.files.update({NAME: b"<html>please log in</html>" * 40}), "model_damaged"),
        (lambda hub: hub.files.update({NAME: safetensors()[:-1]}), "model_damaged"),
        (lambda hub: hub.files.clear(), "model_not_on_hub"),
        (lambda hub: setattr(hub, "status", 503), "hub_unavailable"),
    ],
    ids=["wrong hash", "a page", "cut short", "gone", "down"],
)
def test_what_is_not_right_is_not_kept(
    make: MakeModels, hub: Hub, tmp_path: Path, spoil: Callable[[Hub], None], code: str
) -> None:
    spoil(hub)
    models = make()
    done = ended(models, models.install_from(hub.address(NAME), "loras"), 60)
    assert done.status == "failed"
    assert (done.error or {})["code"] == code
    assert not list((tmp_path / "models").rglob("*.safetensors*"))


def test_a_file_that_is_there_is_not_fetched_again(make: MakeModels, hub: Hub, tmp_path: Path) -> None:
    target = tmp_path / "models" / "loras" / "thing.safetensors"
    target.parent.mkdir()
    target.write_bytes(hub.files[NAME])
    models = make()
    assert ended(models, models.install_from(hub.address(NAME), "loras")).status == "completed"
    assert hub.gets() == []
    target.write_bytes(b"mine")
    other = ended(models, models.install_from(hub.address(NAME), "loras"))
    assert other.error
    assert other.error["code"] == "model_exists"
    assert target.read_bytes() == b"mine"


def test_a_full_disk_is_said_before_anything_comes(
    make: MakeModels, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub_module, "SPARE_BYTES", 2**60)
    models = make()
    done = ended(models, models.install_from(hub.address(NAME), "loras"))
    assert done.error
    assert done.error["code"] == "model_disk_full"
    assert "GB" in done.error["message"]
    assert hub.gets() == []


@pytest.mark.parametrize(
    ("address", "folder", "name", "code"),
    [
        ("https://example.com/a/b/resolve/main/x.safetensors", "loras", "", "model_address"),
        ("https://huggingface.co/a/b", "loras", "", "model_address"),
        ("https://huggingface.co/a/b/resolve/main/../x.safetensors", "loras", "", "model_address"),
        ("file:///etc/passwd", "loras", "", "model_address"),
        ("https://huggingface.co/a/b/resolve/main/x.ckpt", "loras", "", "model_format"),
        ("https://huggingface.co/a/b/resolve/main/x.ckpt", "loras", "x.safetensors", "model_format"),
        ("https://huggingface.co/a/b/resolve/main/x.safetensors", "loras", "x.exe", "model_format"),
        ("https://huggingface.co/a/b/resolve/main/x.safetensors", "../..", "", "model_folder"),
        ("https://huggingface.co/a/b/resolve/main/x.safetensors", "/etc", "../x.safetensors", "model_folder"),
        ("https://huggingface.co/a/b/resolve/main/x.safetensors", "C:\\x", "", "model_folder"),
        ("https://huggingface.co/a/b/resolve/main/x.safetensors", "", "", "model_folder"),
    ],
)
def test_what_is_not_taken(make: MakeModels, address: str, folder: str, name: str, code: str) -> None:
    models = make()
    with pytest.raises(StudioError) as refused:
        models.install_from(address, folder, name)
    assert refused.value.code == code
    assert models.list() == []


def test_without_a_folder_nothing_is_begun(make: MakeModels, hub: Hub, tmp_path: Path) -> None:
    models = make(comfyui_models_path=None)
    with pytest.raises(StudioError, match="does not know where"):
        models.install_from(hub.address(NAME), "loras")
    missing = make(comfyui_models_path=tmp_path / "nowhere")
    with pytest.raises(StudioError, match="no such folder"):
        missing.install_from(hub.address(NAME), "loras")


def test_asking_twice_is_one_download(make: MakeModels, hub: Hub) -> None:
    hub.hold = threading.Event()
    models = make()
    first = models.install_from(hub.address(NAME), "loras")
    assert models.install_from(hub.address(NAME), "loras").id == first.id
    hub.hold.set()
    assert ended(models, first).status == "completed"
    assert len(hub.gets()) == 1


def test_over_rest(serve: Serve, hub: Hub, tmp_path: Path) -> None:
    hub.files[SDXL] = safetensors(5000)
    (tmp_path / "there").mkdir()
    app = serve(COMFYUI_MODELS_PATH=str(tmp_path / "there"), HF_ENDPOINT=hub.url)
    base = "/avatarforge-controller/models"
    listed = app.client.get(base).json()
    assert listed["models_path"] == str(tmp_path / "there")
    assert any(model["name"] == "sd_xl_base_1.0.safetensors" for model in listed["models"])
    asked = app.client.post(f"{base}/installs", json={"name": "sd_xl_base_1.0.safetensors"})
    assert asked.status_code == 202, asked.text
    path = f"{base}/installs/{asked.json()['install_id']}"
    deadline = time.monotonic() + 20
    while (now := app.client.get(path).json())["status"] not in {"completed", "failed"}:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert now["status"] == "completed"
    assert now["progress"] == 100.0
    assert app.client.get(f"{base}/installs").json()["installs"][0] == now
    assert app.client.post(f"{path}/cancel").status_code == 409
    foreign = {"Origin": "https://elsewhere.example"}
    refused = app.client.post(f"{base}/installs", json={"name": "x.safetensors"}, headers=foreign)
    assert refused.status_code == 403
    assert app.client.get(f"{base}/installs/nothing").status_code == 404
    assert app.client.post(f"{base}/installs", json={}).status_code in {400, 422}
    assert app.client.post(f"{base}/installs", json={"name": "nobody.safetensors"}).status_code == 404
