"""The deployment kit, as far as a machine without containers can try it: linted, parsed, and really run."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from studio.settings import Settings
from tests.conftest import ROOT, RunningApp, StartApp
from tests.studio_fixtures import png

DEPLOY = ROOT / "deploy"
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))
CI = os.environ.get("CI") == "true"
NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
# Read by the engine itself and not by the studio's settings.
OTHERS = {"AVATARFORGE_CACHE_DIR"}


def settings_in(path: Path) -> dict[str, str]:
    """Names and values of an environment file, also those that are commented out."""
    return dict(re.findall(r"^(?:# )?([A-Z][A-Z_]+)=(.*)$", path.read_text("utf-8"), flags=re.MULTILINE))


def instructions(name: str) -> list[str]:
    """The arguments of one instruction of the Dockerfile's last stage, long lines joined."""
    joined = DOCKERFILE.replace("\\\n", " ")
    stage = joined[joined.rindex("\nFROM ") :]
    return [line.split(" ", 1)[1].strip() for line in stage.splitlines() if line.startswith(f"{name} ")]


# ----------------------------------------------------------------- the container


def test_the_dockerfile_has_nothing_that_the_linter_knows_better() -> None:
    linter = shutil.which("hadolint") or str(Path(sys.executable).parent / "hadolint")
    if not Path(linter).exists():
        if CI:
            pytest.fail("hadolint is missing")
        pytest.skip("needs hadolint")
    found = subprocess.run([linter, str(ROOT / "Dockerfile")], capture_output=True, text=True)
    assert (found.returncode, found.stdout) == (0, "")


def test_the_image_has_what_the_studio_needs_and_its_health_check_is_true(tmp_path: Path) -> None:
    """What COPY names, in an empty folder, with the image's environment: it starts, draws and is healthy."""
    image, data = tmp_path / "app", tmp_path / "data"
    image.mkdir()
    data.mkdir()
    for copied in instructions("COPY"):
        if copied.startswith("--from"):
            continue
        *sources, target = shlex.split(copied)
        for source in sources:
            place = image / target if len(sources) == 1 else image / source
            if (ROOT / source).is_dir():
                shutil.copytree(ROOT / source, place, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(ROOT / source, place)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    said = dict(pair.split("=", 1) for line in instructions("ENV") for pair in shlex.split(line))
    inside = {name: value.replace("/data", str(data)) for name, value in said.items() if name != "PATH"}
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), **inside, "GRADIO_SERVER_PORT": port}
    # The kernels of this machine, so that the picture need not wait for the compiler.
    environment.pop("AVATARFORGE_CACHE_DIR")
    kept = os.environ.get("AVATARFORGE_CACHE_DIR")
    environment |= (
        {"AVATARFORGE_CACHE_DIR": kept} if kept else {"XDG_CACHE_HOME": str(Path.home() / ".cache")}
    )
    (command,) = instructions("CMD")[-1:]
    process = subprocess.Popen(
        [sys.executable, *yaml.safe_load(command)[1:], "--no-ui"], cwd=image, env=environment
    )
    check = yaml.safe_load(instructions("HEALTHCHECK")[0].split("CMD ", 1)[1])
    check = [sys.executable, *(part.replace(":8000", f":{port}") for part in check[1:])]
    try:
        deadline = time.monotonic() + 60
        while subprocess.run(check, capture_output=True).returncode:
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.2)
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=60) as client:
            while client.get("/health").json()["comfyui"]["status"] != "healthy":
                assert time.monotonic() < deadline
                time.sleep(0.1)
            body = {"prompt": "a knight", "width": 128, "height": 192}
            made = client.post("/avatarforge-controller/generate/avatar", json=body)
            assert made.status_code == 200, made.text
    finally:
        process.terminate()
        process.wait(30)
    assert (data / "avatarforge.db").is_file()
    assert subprocess.run(check, capture_output=True).returncode != 0  # and tells when it is gone


def test_the_context_of_the_build_holds_only_what_is_copied() -> None:
    ignored = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    assert "*" in ignored
    allowed = {line[1:] for line in ignored if line.startswith("!")}
    copied = set(re.findall(r"^COPY (?!--from)(.*) \S+$", DOCKERFILE, flags=re.MULTILINE))
    assert allowed == {source for line in copied for source in line.split()}


def test_nobody_runs_as_root() -> None:
    (user,) = instructions("USER")
    assert int(user) > 0


# ----------------------------------------------------------------------- compose


def test_compose_is_well_formed() -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"]
    found = subprocess.run([*command, str(ROOT / "compose.yaml")], capture_output=True, text=True)
    assert found.returncode == 0, found.stdout + found.stderr


def test_the_container_keeps_its_own_places_whatever_the_environment_file_says() -> None:
    studio = COMPOSE["services"]["studio"]
    told = dict(pair.split("=", 1) for line in instructions("ENV") for pair in shlex.split(line))
    for name in ("GRADIO_SERVER_NAME", "GRADIO_SERVER_PORT", "STORAGE_PATH", "DATABASE_URL"):
        assert studio["environment"][name] == told[name]
    assert studio["volumes"] == ["studio:/data"]
    assert "profiles" not in studio  # the studio comes alone unless more is asked for
    assert all("profiles" in service for name, service in COMPOSE["services"].items() if name != "studio")


@pytest.mark.parametrize(
    "names",
    [
        pytest.param(set(COMPOSE["services"]["studio"]["environment"]), id="compose"),
        pytest.param(set(settings_in(DEPLOY / "production.env")), id="production.env"),
    ],
)
def test_only_settings_that_there_are_are_named(names: set[str]) -> None:
    assert {name.lower() for name in names - OTHERS} <= set(Settings.model_fields)


def test_the_environment_of_production_is_accepted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in [*os.environ]:
        if name.lower() in Settings.model_fields:
            monkeypatch.delenv(name)
    settings = Settings(_env_file=DEPLOY / "production.env")  # pyright: ignore[reportCallIssue]
    assert settings.storage_path == Path("/var/lib/avatarforge/storage")
    assert settings.gradio_server_name == "127.0.0.1"  # only the proxy reaches it


# --------------------------------------------------------------- nginx and systemd


@pytest.mark.skipif(NGINX is None and not CI, reason="needs nginx")
def test_nginx_takes_the_example_and_passes_everything_on(start_app: StartApp, tmp_path: Path) -> None:
    assert NGINX, "nginx is missing"
    app = start_app("--no-ui", FORWARDED_ALLOW_IPS="127.0.0.1", LOG_LEVEL="DEBUG")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    example = (DEPLOY / "nginx.conf").read_text("utf-8")
    example = example.replace("127.0.0.1:8000", app.url.removeprefix("http://"))
    example = example.replace("listen 80;", f"listen 127.0.0.1:{port};")
    folders = "".join(
        f"{kind}_temp_path {tmp_path}/{kind};"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    whole = f"daemon off; pid {tmp_path}/pid; error_log {tmp_path}/errors; events {{}}\n"
    whole += f"http {{ access_log off; {folders}\n{example}\n}}"
    (tmp_path / "nginx.conf").write_text(whole, "utf-8")
    command = [NGINX, "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf")]
    tried = subprocess.run([*command, "-t"], capture_output=True, text=True)
    assert tried.returncode == 0, tried.stderr
    nginx = subprocess.Popen(command)
    try:
        _use_through_proxy(app, f"http://127.0.0.1:{port}")
    finally:
        nginx.terminate()
        nginx.wait(10)


def _use_through_proxy(app: RunningApp, address: str) -> None:
    with httpx.Client(base_url=address, trust_env=False, timeout=60) as client:
        deadline = time.monotonic() + 20
        while True:
            try:
                assert client.get("/api/v1/health/live").status_code == 200
                break
            except httpx.ConnectError:
                assert time.monotonic() < deadline
                time.sleep(0.05)
        app.wait_healthy()
        files = {"file": ("p.png", png("red"), "image/png")}
        assert client.post("/avatarforge-controller/upload/pose_image", files=files).status_code == 200
        # One byte more than the studio takes: its own sentence comes, not the proxy's page.
        large = {"file": ("p.png", bytes(50 * 2**20 + 1), "image/png")}
        refused = client.post("/avatarforge-controller/upload/pose_image", files=large)
        assert refused.status_code == 413
        assert refused.json()["detail"].startswith("File too large")
        body = {"prompt": "a knight", "parameters": {"width": 128, "height": 192}}
        made = client.post("/api/v1/jobs/generate", json=body).json()
        heard: list[str] = []
        with client.stream("GET", f"/api/v1/jobs/{made['id']}/events") as stream:
            heard += [line for line in stream.iter_lines() if line.startswith("event:")]
        assert heard
        # A client cannot pretend to be somebody else.
        client.get("/api/v1/health/live?who=liar", headers={"X-Forwarded-For": "203.0.113.9"})
        assert not any("203.0.113.9" in line for line in app.lines)


def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        if CI:
            pytest.fail("systemd-analyze is missing")
        pytest.skip("needs systemd-analyze")
    unit = (DEPLOY / "avatarforge.service").read_text("utf-8")
    assert "production.env /etc/avatarforge.env" in unit
    command = re.search(r"^ExecStart=(\S+) (\S+)$", unit, flags=re.MULTILINE)
    assert command
    assert (ROOT / command[2]).is_file()
    placed = tmp_path / "avatarforge.service"
    placed.write_text(unit.replace(command[1], sys.executable), "utf-8")
    found = subprocess.run([analyze, "verify", str(placed)], capture_output=True, text=True)
    assert (found.returncode, found.stderr) == (0, "")
