"""The studio on a Hugging Face Space: its settings there, a run exactly as there, and the way to it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import gradio
import httpx
import psutil
import pytest
from numba.core.caching import UserProvidedCacheLocator

from studio import space
from studio.engine.figure.kept import cache_folder
from studio.errors import StudioError
from studio.settings import Settings
from tests.conftest import ROOT
from tests.fake_space_hub import TOKEN, SpaceHub, complaints, front_matter, running_space_hub

COMPILED = "canvas"  # the module of the figure whose kernels the Space has to compile
README = (ROOT / "README.md").read_text("utf-8")


def test_the_front_matter_is_what_the_hub_wants() -> None:
    facts = front_matter(README)
    assert complaints(facts) == []
    assert facts["sdk"] == "gradio"
    assert facts["sdk_version"] == gradio.__version__
    assert (ROOT / facts["app_file"]).is_file()
    assert facts["python_version"] == "3.11"
    assert facts["license"] == "apache-2.0"
    assert facts["tags"]
    assert facts["short_description"]


# ------------------------------------------------------------------- settings


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Space with lasting storage, as far as settings see it."""
    for name in [*os.environ]:
        if name.lower() in Settings.model_fields:
            monkeypatch.delenv(name)
    monkeypatch.setenv("SPACE_ID", "me/studio")
    folder = tmp_path / "data"
    folder.mkdir()
    monkeypatch.setenv("STUDIO_SPACE_DATA", str(folder))
    monkeypatch.chdir(tmp_path)
    return folder


def test_a_space_listens_where_its_proxy_asks_and_keeps_what_must_last(data: Path) -> None:
    settings = Settings()
    assert (settings.gradio_server_name, settings.gradio_server_port) == ("0.0.0.0", 7860)
    assert settings.storage_path == data / "storage"
    assert settings.database_path == data / "avatarforge.db"
    assert settings.studio_private_galleries
    assert settings.studio_max_jobs_per_visitor == 4


def test_what_is_said_wins_over_what_a_space_needs(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORAGE_PATH", "elsewhere")
    Path(".env").write_text("GRADIO_SERVER_PORT=9000\n")
    settings = Settings(gradio_server_name="127.0.0.1")
    assert settings.storage_path == Path("elsewhere")
    assert settings.gradio_server_port == 9000
    assert settings.gradio_server_name == "127.0.0.1"


def test_without_lasting_storage_the_working_folder_serves(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STUDIO_SPACE_DATA", str(data / "nowhere"))
    assert Settings().storage_path == Path.cwd() / "storage"


def test_elsewhere_nothing_changes(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SPACE_ID")
    settings = Settings()
    assert (settings.gradio_server_port, settings.storage_path) == (8000, Path("storage"))
    assert not settings.tells_visitors_apart


# ---------------------------------------------------------------- as on a Space


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """What a Space would have of this project once it has run, and nothing that can be written."""
    folder = tmp_path_factory.mktemp("space") / "app"
    folder.mkdir()
    for top in sorted({top for pattern in space.SENT for top in ROOT.glob(pattern.split("/")[0])}):
        if top.is_dir():
            shutil.copytree(top, folder / top.name)
        else:
            shutil.copy2(top, folder)
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    yield folder
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)


def keep_kernels(checkout: Path, data: Path) -> None:
    """Let the Space find what this machine has compiled already, but for one file's kernels."""
    for folder in {path.parent for path in (ROOT / "studio").rglob("*.py")}:
        there = UserProvidedCacheLocator.get_suitable_cache_subpath(str(folder / "any.py"))
        if (cache_folder() / there).is_dir():
            copied = checkout / folder.relative_to(ROOT) / "any.py"
            here = (
                data / "cache" / "kernels" / UserProvidedCacheLocator.get_suitable_cache_subpath(str(copied))
            )
            shutil.copytree(cache_folder() / there, here, ignore=shutil.ignore_patterns(f"{COMPILED}.*"))


def is_free(port: int) -> bool:
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) != 0


class Space:
    """A running Space: its clean environment, two cores, 16 GB."""

    def __init__(self, checkout: Path, data: Path) -> None:
        self.port = 7860 if is_free(7860) else 17860
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(data.parent / "home"),
            "PYTHONDONTWRITEBYTECODE": "1",
            "SYSTEM": "spaces",
            "SPACE_ID": "me/studio",
            "SPACE_AUTHOR_NAME": "me",
            "SPACE_REPO_NAME": "studio",
            "SPACE_HOST": "me-studio.hf.space",
            "SPACE_TITLE": "AvatarForge Studio",
            "GRADIO_ALLOW_FLAGGING": "never",
            "GRADIO_NUM_PORTS": "1",
            "GRADIO_SERVER_NAME": "0.0.0.0",
            "GRADIO_THEME": "huggingface",
            "STUDIO_SPACE_DATA": str(data),
        }
        if self.port != 7860:  # somebody on this machine has it
            environment["GRADIO_SERVER_PORT"] = str(self.port)
        (data.parent / "home").mkdir(exist_ok=True)
        self.log = (data.parent / "log").open("a")
        self.process = subprocess.Popen(
            [sys.executable, "app.py"], cwd=checkout, env=environment, stdout=self.log, stderr=self.log
        )
        if sys.platform == "linux":
            limited = psutil.Process(self.process.pid)
            limited.rlimit(psutil.RLIMIT_AS, (16 * 2**30, 16 * 2**30))
            limited.cpu_affinity(limited.cpu_affinity()[:2])
        self.client = httpx.Client(
            base_url=f"http://127.0.0.1:{self.port}",
            headers={
                "Host": "me-studio.hf.space",
                "X-Forwarded-Proto": "https",
                "X-Forwarded-For": "203.0.113.7, 10.20.1.1",
            },
            timeout=60,
            trust_env=False,
        )

    def wait(self, path: str, found: str) -> dict[str, object]:
        """Ask again until the answer holds something."""
        deadline = time.monotonic() + 90
        while True:
            try:
                answer = self.client.get(path)
                if found in answer.text:
                    return answer.json() if "json" in answer.headers["content-type"] else {}
            except httpx.TransportError:
                assert self.process.poll() is None, Path(self.log.name).read_text()
            assert time.monotonic() < deadline, Path(self.log.name).read_text()
            time.sleep(0.1)

    def sleep(self) -> None:
        """End it as the platform does."""
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)
        self.log.close()


def test_a_space_draws_sleeps_in_the_middle_of_work_and_wakes_without_loss(
    checkout: Path, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    data.mkdir()
    keep_kernels(checkout, data)
    assert not any(data.rglob(f"{COMPILED}.*.nbi"))
    before = sorted(checkout.rglob("*"))
    generations = "/avatarforge-controller/generations"
    running = Space(checkout, data)
    try:
        running.wait("/", "gradio-app")
        running.wait("/avatarforge-controller/health", '"status":"healthy"')

        def make(**body: object) -> str:
            answer = running.client.post("/avatarforge-controller/generate/avatar", json=body)
            assert answer.status_code == 200, answer.text
            return answer.json()["generation_id"]

        first = make(prompt="a knight", width=128, height=192)
        done = running.wait(f"{generations}/{first}", '"completed"')
        waiting = [make(prompt=f"an elf with hat number {index}", width=256) for index in range(4)]
    finally:
        running.sleep()
    woken = Space(checkout, data)
    try:
        for job in (first, *waiting):
            woken.wait(f"{generations}/{job}", '"completed"')
        (picture,) = done["output_files"]  # type: ignore[misc]
        assert woken.client.get(picture["url"]).content[:4] == b"\x89PNG"
    finally:
        woken.sleep()
    assert sorted(checkout.rglob("*")) == before
    assert (data / "avatarforge.db").is_file()
    assert any((data / "cache").rglob(f"{COMPILED}.*.nbi"))  # the next start need not compile


# -------------------------------------------------------------------- deploying


@pytest.fixture
def hub() -> Iterator[SpaceHub]:
    """A hub of our own."""
    with running_space_hub() as running:
        yield running


def test_a_space_is_made_with_its_secrets_before_its_files(hub: SpaceHub) -> None:
    told: list[str] = []
    wanted = space.Wanted(
        "me/studio",
        private=True,
        hardware="t4-small",
        secrets={"COMFYUI_URL": "https://gpu.example"},
        variables={"STUDIO_HF_LOGIN": "true"},
    )
    address = space.deploy(wanted, token=TOKEN, endpoint=hub.url, tell=told.append)
    assert address == f"{hub.url}/spaces/me/studio"
    assert hub.spaces["me/studio"]["visibility"] == "private"
    assert hub.spaces["me/studio"]["hardware"] == "t4-small"
    assert hub.secrets == {"COMFYUI_URL": "https://gpu.example"}
    assert hub.variables == {"STUDIO_HF_LOGIN": "true"}
    assert hub.order.count("commit") == 1
    assert hub.order.index("secrets") < hub.order.index("commit") < hub.order.index("hardware")
    assert not any("gpu.example" in line for line in told)


def test_the_space_gets_all_that_it_needs_and_nothing_private(hub: SpaceHub, tmp_path: Path) -> None:
    root = tmp_path / "checkout"
    for name in ("app.py", "README.md", "requirements.txt", "studio/jobs.py", "studio/__pycache__/jobs.pyc"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes((ROOT / "README.md").read_bytes())
    for name in (".env", "storage/files/x", "tests/test_x.py", "avatarforge.db", ".venv/lib/y.py"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("private")
    space.deploy(space.Wanted("me/studio"), token=TOKEN, endpoint=hub.url, root=root)
    assert set(hub.files["me/studio"]) == {"app.py", "README.md", "requirements.txt", "studio/jobs.py"}
    (root / "studio/jobs.py").rename(root / "studio/work.py")
    hub.files["me/studio"]["notes.txt"] = b"the owner's own"
    space.deploy(space.Wanted("me/studio"), token=TOKEN, endpoint=hub.url, root=root)
    now = {"app.py", "README.md", "requirements.txt", "studio/work.py", "notes.txt"}
    assert set(hub.files["me/studio"]) == now


def test_this_checkout_has_all_that_is_sent() -> None:
    for pattern in space.SENT:
        assert any(ROOT.glob(pattern if "**" not in pattern else f"{pattern}/*")), pattern


def test_refusals_are_told_in_sentences(hub: SpaceHub) -> None:
    def code(wanted: space.Wanted, token: str = TOKEN, endpoint: str = "") -> tuple[str, str]:
        with pytest.raises(StudioError) as caught:
            space.deploy(wanted, token=token, endpoint=endpoint or hub.url)
        return caught.value.code, caught.value.message

    assert code(space.Wanted("studio"))[0] == "space_unclear"
    assert code(space.Wanted("me/studio"), token="hf_wrong")[0] == "space_refused"
    assert code(space.Wanted("me/studio"), endpoint="http://127.0.0.1:9")[0] == "space_unreachable"
    found, message = code(space.Wanted("me/studio", hardware="h1000"))
    assert found == "space_refused"
    assert "h1000" in message
    hub.spaces.clear()
    hub.full = True
    assert "402" in code(space.Wanted("me/studio"))[1]


def test_the_command_line_deploys(hub: SpaceHub, tmp_path: Path) -> None:
    def deploy(*arguments: str, token: str = TOKEN) -> subprocess.CompletedProcess[str]:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("STUDIO_")}
        environment |= {"PYTHONPATH": str(ROOT), "HF_ENDPOINT": hub.url, "COMFYUI_URL": "https://gpu.example"}
        return subprocess.run(
            [sys.executable, "-m", "studio", "space", "deploy", *arguments],
            cwd=tmp_path,
            env={**environment, "HF_TOKEN": token},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    wanted = (
        "--private",
        "--hardware",
        "t4-small",
        "--secret",
        "COMFYUI_URL",
        "--variable",
        "LOG_LEVEL=DEBUG",
    )
    done = deploy("me/studio", *wanted)
    assert (done.returncode, done.stdout) == (0, f"{hub.url}/spaces/me/studio\n"), done.stderr
    assert hub.spaces["me/studio"]["visibility"] == "private"
    assert hub.spaces["me/studio"]["hardware"] == "t4-small"
    assert (hub.secrets, hub.variables) == ({"COMFYUI_URL": "https://gpu.example"}, {"LOG_LEVEL": "DEBUG"})
    assert "gpu.example" not in done.stderr
    assert "app.py" in hub.files["me/studio"]
    told = deploy("me/studio", "--secret", "NOT_SET_ANYWHERE", "--json")
    assert (told.returncode, json.loads(told.stdout)["error"]["code"]) == (4, "space_unclear")
    refused = deploy("me/studio", token="hf_wrong")
    assert (refused.returncode, refused.stdout) == (3, "")
    assert "The Hub refuses me/studio" in refused.stderr


def test_values_come_from_the_line_or_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_x")
    assert space.read_values(["A=b=c", "HF_TOKEN"], "secret") == {"A": "b=c", "HF_TOKEN": "hf_x"}
    for wrong in (["NOT_SET_ANYWHERE"], ["a=b"], ["A="]):
        with pytest.raises(StudioError):
            space.read_values(wrong, "secret")
