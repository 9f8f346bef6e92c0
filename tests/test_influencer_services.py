"""Services and ComfyUI over REST: how they are, a ComfyUI of our own, and graphs sent as they are."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import psutil
import pytest

from api.edge.keys import area_of
from studio import guard
from studio.keys import ADMIN
from studio.services.comfyui import python_of
from tests.conftest import OWN, ROOT, RunningApp, StartApp
from tests.fake_comfy import wait_until
from tests.influencer_fixtures import call, finish, refused, until
from tests.served import Serve, serve_apps, served

__all__ = ["serve_apps"]

# Speaks ComfyUI's protocol and has a child of its own, as node packs do.
MAIN = f"""
    import pathlib, subprocess, sys
    here = pathlib.Path(__file__).parent
    print("starting to start", flush=True)
    if (here / "broken").exists():
        sys.exit("no module named torch")
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    (here / "child").write_text(str(child.pid))
    (here / "arguments").write_text(" ".join(sys.argv[1:]))
    sys.path.insert(0, {str(ROOT)!r})
    from studio.engine.__main__ import main
    port = sys.argv[sys.argv.index("--port") + 1]
    sys.exit(main(["--port", port, "--dir", str(here / "data")]))
"""
BLUE: dict[str, Any] = {
    "1": {"class_type": "EmptyImage", "inputs": {"width": 64, "height": 64, "batch_size": 1, "color": 255}},
    "2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "blue"}},
}


def alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def make_comfyui(folder: Path) -> Path:
    folder.mkdir(parents=True)
    (folder / "main.py").write_text(textwrap.dedent(MAIN), "utf-8")
    return folder


def service(app: RunningApp, name: str) -> dict[str, Any]:
    return call(app, "GET", f"/services/{name}")


def wait_state(app: RunningApp, name: str, state: str) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        found = service(app, name)
        return found if found["state"] == state else None

    return until(look)


# ----------------------------------------------------------------------- all services


@pytest.fixture(scope="module")
def influencer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    """An app with an engine of its own, which is commanded here."""
    with served(tmp_path_factory.mktemp("services"), STUDIO_ENGINE_URL=OWN) as running:
        running.wait_healthy()
        yield running


def test_every_service_says_how_it_is(influencer: RunningApp) -> None:
    found = {one["name"]: one for one in call(influencer, "GET", "/services")["items"]}
    assert list(found) == ["backend", "frontend", "engine", "comfyui", "ollama", "redis"]
    assert (found["backend"]["state"], found["backend"]["pid"]) == ("running", influencer.process.pid)
    assert (found["frontend"]["state"], found["comfyui"]["state"]) == ("stopped", "stopped")
    assert {name for name, one in found.items() if one["managed"]} == {"engine"}
    engine = service(influencer, "engine")
    assert (engine["state"], engine["health"], engine["error"]) == ("running", "healthy", None)
    assert alive(engine["pid"])
    assert any("listening on" in line for line in engine["log"])
    refused(influencer, "GET", "/services/nothing", 404, "not_found")


@pytest.mark.parametrize("name", ["backend", "frontend", "comfyui", "ollama", "redis"])
@pytest.mark.parametrize("verb", ["start", "stop", "restart"])
def test_what_is_not_ours_to_command_says_why(influencer: RunningApp, name: str, verb: str) -> None:
    error = refused(influencer, "POST", f"/services/{name}/{verb}", 409, "conflict")
    assert error["details"]["code"] == "service_unmanaged"
    assert error["details"]["hint"] == service(influencer, name)["instructions"][verb]
    refused(influencer, "POST", f"/services/nothing/{verb}", 404, "not_found")


def test_the_engine_is_stopped_started_and_restarted(influencer: RunningApp) -> None:
    first = service(influencer, "engine")
    stopped = call(influencer, "POST", "/services/engine/stop")
    assert stopped["state"] == "stopped"
    assert not alive(first["pid"])
    until(lambda: not call(influencer, "GET", "/comfyui/status")["reachable"])
    assert call(influencer, "GET", "/status")["overall_status"] == "warning"
    # Work waits for it.
    asked = {"prompt": "a knight", "width": 128, "height": 128, "steps": 1}
    job = call(influencer, "POST", "/workflows/embedded/run", json=asked)
    assert call(influencer, "POST", "/services/engine/start")["state"] in {"starting", "running"}
    assert finish(influencer, job["job_id"])["status"] == "completed"
    second = wait_state(influencer, "engine", "running")
    assert call(influencer, "POST", "/services/engine/start")["name"] == "engine"  # it just goes on
    assert service(influencer, "engine")["pid"] == second["pid"]
    call(influencer, "POST", "/services/engine/restart")
    third = wait_state(influencer, "engine", "running")
    assert third["pid"] not in {first["pid"], second["pid"]}
    assert first["port"] == third["port"]


def test_commands_are_for_the_owner() -> None:
    for method, path in (
        ("POST", "/api/services/engine/stop"),
        ("PUT", "/api/settings"),
        ("POST", "/api/models/install"),
        ("POST", "/api/installer/install"),
    ):
        area = area_of(path, method)
        assert area is not None
        assert area.scope == ADMIN
        reading = area_of(path, "GET")
        assert reading is not None
        assert reading.scope == "ainfluencer"


def test_keys_without_the_scope_do_not_command(serve: Serve) -> None:
    keys = "reader:reads-things:ainfluencer,boss:is-the-boss:admin"
    locked = serve(STUDIO_ENGINE_URL=OWN, STUDIO_PASSWORD="geheim", API_KEY=keys)
    reader, boss = {"X-API-Key": "reads-things"}, {"X-API-Key": "is-the-boss"}
    assert call(locked, "GET", "/services", headers=reader)["total"] == 6
    error = refused(locked, "POST", "/services/engine/stop", 401, "unauthorized", headers=reader)
    assert error["details"]["code"] in {"key_scope", "not_signed_in"}
    assert call(locked, "POST", "/services/engine/stop", headers=boss)["state"] == "stopped"


# ----------------------------------------------------------------- services of others


class _Ollama(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = json.dumps({"version": "0.12.3"}).encode()
        self.send_response(200 if self.path == "/api/version" else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Nothing."""


@pytest.fixture
def ollama() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Ollama)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def test_ollama_is_asked_where_it_is(influencer: RunningApp, ollama: str) -> None:
    assert service(influencer, "ollama")["state"] == "stopped"
    call(influencer, "PUT", "/settings", json={"ollama_base_url": ollama})
    found = service(influencer, "ollama")
    assert (found["state"], found["message"]) == ("running", f"Ollama 0.12.3 at {ollama}.")
    assert found["port"] == int(ollama.rpartition(":")[2])
    call(influencer, "PUT", "/settings", json={"ollama_base_url": "http://me:pass-4711@127.0.0.1:9"})
    away = service(influencer, "ollama")
    assert (away["state"], away["health"]) == ("error", "unhealthy")
    assert "pass-4711" not in json.dumps(away)
    assert away["instructions"]["start"] == "Run: ollama serve"
    call(influencer, "PUT", "/settings", json={"ollama_base_url": None})
    assert service(influencer, "ollama")["state"] == "stopped"


# --------------------------------------------------------------------- graphs as they are


def test_a_graph_is_sent_as_it_is_and_its_picture_kept(influencer: RunningApp) -> None:
    queued = call(influencer, "POST", "/comfyui/queue", json={"workflow": BLUE, "client_id": "me"})
    assert queued["node_errors"] == {}
    done = finish(influencer, queued["job_id"])
    assert done["status"] == "completed"
    picture = influencer.client.get(done["result"]["image_url"])
    assert picture.headers["content-type"] == "image/png"
    assert done["result"]["metadata"]["width"] == 64 or picture.content.startswith(b"\x89PNG")
    ids = [one["id"] for one in call(influencer, "GET", "/comfyui/workflows")["items"]]
    assert "embedded" in ids
    assert not any(one.startswith("once_") for one in ids)
    again = call(influencer, "POST", "/comfyui/queue", json={"workflow": BLUE})
    assert again["prompt_id"] != queued["prompt_id"]
    assert finish(influencer, again["job_id"])["status"] == "completed"


def test_a_graph_that_cannot_run_is_refused_with_the_reason(influencer: RunningApp) -> None:
    def why(graph: Any, code: str) -> str:
        error = refused(
            influencer, "POST", "/comfyui/queue", 422, "validation_error", json={"workflow": graph}
        )
        assert error["details"]["code"] == code
        return error["message"]

    missing = {**BLUE, "1": {"class_type": "NodeOfSomeday", "inputs": {}}}
    assert "NodeOfSomeday" in why(missing, "workflow_impossible")
    assert "no node saves" in why({"1": BLUE["1"]}, "workflow_refused")
    assert "not there" in why({"2": BLUE["2"]}, "workflow_refused")
    assert "editor" in why({"nodes": [], "links": []}, "workflow_refused")
    wrong = {**BLUE, "1": {"class_type": "EmptyImage", "inputs": {**BLUE["1"]["inputs"], "width": -1}}}
    assert "width" in why(wrong, "graph_refused")
    refused(influencer, "POST", "/comfyui/queue", 422, "validation_error", json={"client_id": "me"})
    refused(influencer, "POST", "/comfyui/queue", 404, "not_found", json={"workflow_id": "nothing"})


def test_a_workflow_of_the_library_is_queued_by_its_id(influencer: RunningApp) -> None:
    inputs = {
        "prompt": "a wizard",
        "width": 128,
        "height": 128,
        "steps": 1,
        "seed": 5,
        "clothing": "blue robe",
    }
    body = {"workflow_id": "embedded", "inputs": inputs, "priority": 3}
    queued = call(influencer, "POST", "/comfyui/queue", json=body)
    assert finish(influencer, queued["job_id"])["status"] == "completed"
    body = {"workflow_id": "embedded", "inputs": {"width": "wide"}}
    error = refused(influencer, "POST", "/comfyui/queue", 422, "validation_error", json=body)
    assert error["details"]["errors"][0]["loc"] == ["body", "inputs", "width"]


def test_a_graph_is_refused_while_comfyui_is_away(serve: Serve) -> None:
    away = serve(COMFYUI_URL="http://127.0.0.1:9")
    status = call(away, "GET", "/comfyui/status")
    assert (status["reachable"], status["base_url"]) == (False, "http://127.0.0.1:9")
    until(lambda: call(away, "GET", "/comfyui/status")["error"])
    assert call(away, "GET", "/comfyui/status")["action_required"]
    error = refused(away, "POST", "/comfyui/queue", 503, "service_unavailable", json={"workflow": BLUE})
    assert error["details"]["code"] == "comfyui_unavailable"


# --------------------------------------------------------------------- a ComfyUI of our own


@pytest.fixture
def own(tmp_path: Path) -> Path:
    return make_comfyui(tmp_path / "ComfyUI")


def running_own(app: RunningApp, own: Path) -> tuple[dict[str, Any], int]:
    found = wait_state(app, "comfyui", "running")
    until(lambda: call(app, "GET", "/comfyui/status")["kind"] == "comfy")
    return found, int((own / "child").read_text())


def test_a_comfyui_of_our_own_is_started_used_stopped_and_comes_back(serve: Serve, own: Path) -> None:
    settings = {"COMFYUI_PATH": str(own), "STUDIO_COMFYUI_ARGS": "--lowvram"}
    app = serve(**settings)
    found, child = running_own(app, own)
    assert found["managed"] is True
    assert any("starting to start" in line for line in found["log"])
    assert (own / "arguments").read_text() == f"--listen 127.0.0.1 --port {found['port']} --lowvram"
    logged = call(app, "GET", "/logs", params={"service": "comfyui", "limit": 500})["items"]
    assert any(one["message"] == "starting to start" for one in logged)
    # It draws.
    until(lambda: call(app, "GET", "/comfyui/status")["reachable"])
    queued = call(app, "POST", "/comfyui/queue", json={"workflow": BLUE})
    assert finish(app, queued["job_id"])["status"] == "completed"
    # Stopped with its children, and gone from the servers.
    assert call(app, "POST", "/services/comfyui/stop")["state"] == "stopped"
    assert not alive(child)
    assert call(app, "GET", "/comfyui/status")["kind"] == "embedded"
    app.interrupt()
    app = serve(app.folder, **settings)
    assert service(app, "comfyui")["state"] == "stopped"  # as somebody wished
    call(app, "POST", "/services/comfyui/start")
    again, child = running_own(app, own)
    assert again["port"] == found["port"]
    call(app, "POST", "/services/comfyui/restart")
    assert wait_until(lambda: not alive(child), 20)
    _, child = running_own(app, own)
    app.interrupt()
    assert wait_until(lambda: not alive(child), 20)


@pytest.mark.skipif(os.name == "nt", reason="kills by signals")
def test_it_is_started_anew_when_it_dies_and_goes_when_the_studio_dies(
    start_app: StartApp, own: Path
) -> None:
    app = start_app("--no-ui", COMFYUI_PATH=str(own))
    found, child = running_own(app, own)
    [comfyui] = [one for one in psutil.Process(found["pid"]).children() if "main.py" in one.cmdline()]
    os.kill(comfyui.pid, signal.SIGKILL)
    until(lambda: int((own / "child").read_text()) != child)
    again, second = running_own(app, own)
    assert again["port"] == found["port"]
    app.kill()  # as a power cut would
    assert wait_until(lambda: not alive(second) and not alive(again["pid"]), 20)
    psutil.Process(child).kill()  # whose parent was killed before anybody could look


def test_one_that_does_not_start_says_why(serve: Serve, own: Path, tmp_path: Path) -> None:
    (own / "broken").touch()
    app = serve(COMFYUI_PATH=str(own))

    def why() -> bool:
        found = service(app, "comfyui")
        return "no module named torch" in (found["error"] or found["message"])

    until(why)
    assert call(app, "GET", "/comfyui/status")["kind"] == "embedded"  # so that one can go on
    nowhere = serve(COMFYUI_PATH=str(tmp_path / "nothing"))
    assert service(nowhere, "comfyui")["state"] == "error"
    error = refused(nowhere, "POST", "/services/comfyui/start", 409, "conflict")
    assert error["details"]["code"] == "comfyui_path_wrong"


def test_its_own_python_is_used_where_it_has_one(tmp_path: Path) -> None:
    assert python_of(tmp_path) == Path(sys.executable)
    below = tmp_path / ("venv/Scripts/python.exe" if os.name == "nt" else "venv/bin/python")
    below.parent.mkdir(parents=True)
    below.touch()
    assert python_of(tmp_path) == below


def test_what_a_guardian_left_behind_is_ended_and_nobody_else(tmp_path: Path) -> None:
    note = tmp_path / "note.json"
    left = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    began_at = psutil.Process(left.pid).create_time()
    try:
        note.write_text(json.dumps({"pid": left.pid, "began_at": began_at - 60}))
        guard.end_left_over(note)  # that id was given to somebody else since
        assert alive(left.pid)
        assert not note.exists()
        note.write_text("no json")
        guard.end_left_over(note)
        note.write_text(json.dumps({"pid": left.pid, "began_at": began_at}))
        guard.end_left_over(note)
        assert not alive(left.pid)
    finally:
        left.kill()
        left.wait()
