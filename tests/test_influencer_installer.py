"""The installer: off by default, ComfyUI by a comfy-cli that tests play, and models that workflows name."""

from __future__ import annotations

import os
import stat
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from studio import installer
from tests.conftest import RunningApp, StartApp
from tests.fake_hub import Hub, running_hub, safetensors
from tests.influencer_fixtures import call, influencer, refused, until
from tests.served import Serve, serve_apps, served
from tests.test_influencer_services import MAIN

__all__ = ["influencer", "serve_apps"]

SDXL = "stabilityai/stable-diffusion-xl-base-1.0/sd_xl_base_1.0.safetensors"
# Plays comfy-cli: says what it would say, and leaves a ComfyUI behind.
COMFY = """
    import pathlib, sys, time
    here = pathlib.Path(__file__).parent
    (here / "called").write_text(" ".join(sys.argv[1:]))
    print("\\x1b[32mCloning into 'ComfyUI'...\\x1b[0m", flush=True)
    print("Receiving objects: 100%", flush=True)
    while (here / "hold").exists():
        time.sleep(0.05)
    if (here / "broken").exists():
        sys.exit("fatal: unable to access 'https://github.com/'")
    print("Successfully installed torch-2.9.0", flush=True)
    target = pathlib.Path(sys.argv[sys.argv.index("--workspace") + 1])
    if not (here / "empty").exists():
        target.mkdir(parents=True)
        (target / "main.py").write_text((here / "main.py").read_text())
"""


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """A folder for PATH with a comfy in it."""
    folder = tmp_path / "tools"
    folder.mkdir()
    (folder / "comfy.py").write_text(textwrap.dedent(COMFY), "utf-8")
    (folder / "main.py").write_text(textwrap.dedent(MAIN), "utf-8")
    if os.name == "nt":
        (folder / "comfy.bat").write_text(f'@"{sys.executable}" "%~dp0comfy.py" %*\n')
    else:
        script = folder / "comfy"
        script.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{folder / "comfy.py"}" "$@"\n')
        script.chmod(script.stat().st_mode | stat.S_IXUSR)
    return folder


@pytest.fixture(scope="module")
def hub() -> Iterator[Hub]:
    with running_hub() as running:
        running.files[SDXL] = safetensors(5000)
        yield running


@pytest.fixture
def allowing(tmp_path: Path, tools: Path, hub: Hub) -> dict[str, str]:
    """Settings of an owner who allows installing."""
    (tmp_path / "models").mkdir()
    return {
        "ALLOW_INSTALL": "true",
        "PATH": os.pathsep.join([str(tools), os.environ.get("PATH", "")]),
        "HF_ENDPOINT": hub.url,
        "COMFYUI_MODELS_PATH": str(tmp_path / "models"),
    }


@pytest.fixture
def allowed(
    allowing: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[RunningApp]:
    """Their app."""
    monkeypatch.setenv("PATH", allowing["PATH"])
    with served(tmp_path / "app", **allowing) as running:
        yield running


def install(app: RunningApp, **body: Any) -> dict[str, Any]:
    return call(app, "POST", "/installer/install", json=body)


def ended(app: RunningApp) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        found = call(app, "GET", "/installer/status")
        return found if found["finished_at"] else None

    return until(look)


def test_it_is_off_unless_the_owner_allows_it(influencer: RunningApp) -> None:
    found = call(influencer, "GET", "/installer/status")
    assert (found["state"], found["allowed"], found["progress"]) == ("idle", False, 0)
    error = refused(influencer, "POST", "/installer/install", 403, "forbidden", json={"component": "comfyui"})
    assert "ALLOW_INSTALL=true" in error["details"]["hint"]
    refused(influencer, "POST", "/installer/install", 422, "validation_error", json={})


def test_comfyui_is_installed_started_and_used(allowed: RunningApp, tools: Path) -> None:
    (tools / "hold").touch()
    begun = install(allowed, component="comfyui", options={"device": "cpu"})
    assert (begun["state"], begun["component"]) == ("running", "comfyui")

    def has_cloned() -> bool:
        return call(allowed, "GET", "/installer/status")["progress"] >= 30

    until(has_cloned)
    now = call(allowed, "GET", "/installer/status")
    assert (now["state"], now["step"], now["finished_at"]) == ("running", "comfyui", None)
    assert "Cloning into 'ComfyUI'..." in now["lines"]
    error = refused(
        allowed, "POST", "/installer/install", 409, "conflict", json={"component": "models", "options": {}}
    )
    assert error["details"]["code"] == "install_running"
    (tools / "hold").unlink()
    done = ended(allowed)
    target = (allowed.storage / "ComfyUI").resolve()
    assert (done["state"], done["progress"]) == ("succeeded", 100), done
    assert f"COMFYUI_PATH={target}" in done["message"]
    assert (tools / "called").read_text() == f"--skip-prompt --workspace {target} install --cpu"
    until(lambda: call(allowed, "GET", "/services/comfyui")["state"] == "running")
    assert (target / "arguments").read_text().endswith(" --cpu")
    until(lambda: call(allowed, "GET", "/comfyui/status")["kind"] == "comfy")
    error = refused(allowed, "POST", "/installer/install", 409, "conflict", json={"component": "comfyui"})
    assert error["details"]["code"] == "install_done"


def test_what_goes_wrong_is_said_and_can_be_tried_again(allowed: RunningApp, tools: Path) -> None:
    (tools / "broken").touch()
    install(allowed, component="comfyui", options={"device": "cpu"})
    failed = ended(allowed)
    assert failed["state"] == "failed"
    assert "unable to access" in failed["message"]
    assert "install.log" in failed["message"]
    assert "unable to access" in (allowed.storage / "installer" / "install.log").read_text()
    (tools / "broken").unlink()
    (tools / "empty").touch()
    install(allowed, component="comfyui")
    assert "left no main.py" in until(lambda: ended(allowed)["message"])
    listed = call(allowed, "GET", "/errors", params={"source": "backend"})["items"]
    assert any("unable to access" in one["message"] for one in listed)


REFUSED: tuple[tuple[dict[str, Any], int], ...] = (
    ({"component": "everything"}, 422),
    ({"component": "comfyui", "options": {"device": "toaster"}}, 422),
    ({"component": "comfyui", "options": {"url": "https://elsewhere.example/x.git"}}, 422),
    ({"component": "models"}, 422),
    ({"component": "models", "options": {"models": []}}, 422),
    ({"component": "models", "options": {"models": ["nothing"]}}, 404),
    ({"component": "models", "options": {"models": [["x"]]}}, 422),
    ({"component": 5}, 422),
)


def test_models_are_installed_and_nothing_else(
    allowed: RunningApp, tools: Path, tmp_path: Path, hub: Hub
) -> None:
    for body, status in REFUSED:
        refused(allowed, "POST", "/installer/install", status, json=body)
    assert call(allowed, "GET", "/installer/status")["state"] == "idle"
    assert not (tools / "called").exists()
    install(allowed, component="models", options={"models": ["sd_xl_base_1.0.safetensors"]})
    assert ended(allowed)["state"] == "succeeded"
    installed = tmp_path / "models" / "checkpoints" / "sd_xl_base_1.0.safetensors"
    assert installed.read_bytes() == hub.files[SDXL]


def test_an_installation_that_a_kill_has_cut_short_is_failed(
    start_app: StartApp, serve: Serve, tools: Path, allowing: dict[str, str]
) -> None:
    (tools / "hold").touch()
    app = start_app("--no-ui", **allowing)
    install(app, component="comfyui", options={"device": "cpu"})
    until(lambda: call(app, "GET", "/installer/status")["step"] == "comfyui")
    app.kill()
    (tools / "hold").unlink()
    found = call(serve(app.folder, ALLOW_INSTALL="true"), "GET", "/installer/status")
    assert (found["state"], found["component"]) == ("failed", "comfyui")


def test_the_device_is_told_by_the_tools_of_its_driver(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert installer.own_device() == "cpu"
    tool = tmp_path / ("nvidia-smi.exe" if os.name == "nt" else "nvidia-smi")
    tool.touch()
    tool.chmod(0o755)
    assert installer.own_device() == "nvidia"
