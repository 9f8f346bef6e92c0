"""The project's papers say what the code does: settings, commands, names, links."""

from __future__ import annotations

import json
import re
import subprocess
import time
import tomllib
from pathlib import Path
from typing import Any

import pytest

from studio import workflows
from studio.errors import REGISTRY
from studio.settings import Settings
from tests.conftest import ROOT, RunningApp

README = (ROOT / "README.md").read_text("utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
DOTENV = (ROOT / ".env.example").read_text("utf-8")
PAPERS = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md")
START = "pip install -r requirements.txt && python app.py"
TEST = "pip install -r requirements-dev.txt && pytest"


def section(title: str) -> str:
    """The README below one heading."""
    return re.split(r"^## ", README.split(f"## {title}\n")[1], flags=re.MULTILINE)[0]


def blocks(text: str, language: str) -> list[str]:
    """The fenced examples in one language."""
    return re.findall(rf"^```{language}\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)


def written(value: Any) -> str:
    """A default as one writes it in the environment."""
    if value is None or value == ():
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return ",".join(value)
    if isinstance(value, Path):
        return f"./{value.as_posix()}"
    return str(value)


DEFAULTS = {name.upper(): written(field.default) for name, field in Settings.model_fields.items()}


def table_of_settings() -> dict[str, str]:
    rows = re.findall(r"^\| `([A-Z_]+)` \| (?:`([^`]*)`)? ?\| \S", section("Settings"), flags=re.MULTILINE)
    return dict(rows)


def test_the_readme_lists_every_setting_with_its_default() -> None:
    assert table_of_settings() == DEFAULTS


def test_the_example_of_dotenv_lists_every_setting_with_its_default() -> None:
    named = set(re.findall(r"^(?:# )?([A-Z_]+)=", DOTENV, flags=re.MULTILINE))
    assert named == set(DEFAULTS)
    commented = dict(re.findall(r"^# (STUDIO_[A-Z_]+)=(.*)$", DOTENV, flags=re.MULTILINE))
    assert commented == {name: value for name, value in DEFAULTS.items() if name.startswith("STUDIO_")}


def test_the_example_of_dotenv_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    copied = tmp_path / "copied.env"
    copied.write_text(DOTENV, "utf-8")
    read = Settings(_env_file=copied)  # pyright: ignore[reportCallIssue]
    assert read == Settings(_env_file=None)  # pyright: ignore[reportCallIssue]
    assert read.comfyui_url == ()


def test_the_two_commands_are_exactly_these() -> None:
    commands = [line for block in blocks(README, "bash") for line in block.splitlines()]
    assert commands.count(START) == 1
    assert commands.count(TEST) == 1
    assert TEST in (ROOT / ".ci" / "run").read_text("utf-8")


def test_links_lead_to_files_that_are_there() -> None:
    for paper in PAPERS:
        text = (ROOT / paper).read_text("utf-8")
        for target in re.findall(r"\]\(([^)#]+)\)", text):
            if not target.startswith("http"):
                assert (ROOT / target).is_file(), f"{paper} links to {target}"


def test_the_map_names_rooms_that_are_there() -> None:
    rooms = re.findall(r"`((?:[a-z]+/)+|(?:[a-z]+/)*[a-z]+\.py)`", CONTRIBUTING.split("## Tests")[0])
    assert len(rooms) > 15
    for room in rooms:
        assert (ROOT / room).exists(), room
    listed = {room.split("/")[1] for room in rooms if room.startswith("studio/") and room != "studio/"}
    found = {path.name for path in (ROOT / "studio").iterdir() if path.is_dir() and path.name[0] not in "_."}
    assert found <= listed, f"not on the map: {sorted(found - listed)}"


def test_quoted_errors_are_those_of_the_registry() -> None:
    sentences = [re.sub(r"\{[^}]*\}", "...", problem.sentence) for problem in REGISTRY.values()]
    quoted = re.findall(r'^\| "(.+?)"', section("When something is wrong"), flags=re.MULTILINE)
    assert len(quoted) >= 6
    for quote in quoted:
        if not quote.startswith("Cannot listen"):  # by the system's own words
            middle = quote.strip(". ").removesuffix(" ...").strip()
            assert any(middle.split(" ... ")[0] in sentence for sentence in sentences), quote


def test_the_models_table_names_every_built_in_workflow() -> None:
    named = re.findall(r"^\| `(\w+)`", section("With your own ComfyUI"), flags=re.MULTILINE)
    assert set(named) == set(workflows.load_library())


def test_the_example_workflow_loads(tmp_path: Path) -> None:
    (manifest,) = blocks(section("Workflows of your own"), "toml")
    folder = tmp_path / "inked"
    folder.mkdir()
    (folder / "workflow.toml").write_text(manifest, "utf-8")
    graph = (ROOT / "workflows" / "checkpoint" / "graph.json").read_text("utf-8")
    (folder / "graph.json").write_text(graph, "utf-8")
    inked = workflows.load_library([tmp_path])["inked"]
    assert inked.manifest.pinned_only
    assert inked.manifest.slots.keys() == tomllib.loads(manifest)["slots"].keys()


def test_the_rest_table_names_every_route(app: RunningApp) -> None:
    paths = app.client.get("/openapi.json").json()["paths"]
    served = {
        (method.upper(), re.sub(r"\{\w+\}", "{}", path.removeprefix("/avatarforge-controller")))
        for path, methods in paths.items()
        if path.startswith("/avatarforge-controller/")
        for method in methods
        if method != "head"
    }
    told = {
        (method, re.sub(r"\{\w+\}", "{}", path.split("?")[0]))
        for method, path in re.findall(r"`(GET|POST|DELETE) (/[^`]+)`", section("The REST API"))
    }
    assert served - told == {("GET", "/outputs/{}/{}")}  # its address stands in the answers
    assert told <= served


def test_the_first_avatar_is_made_as_printed(app: RunningApp, tmp_path: Path) -> None:
    create, follow, download = blocks(section("Your first avatar"), "bash")

    def run(command: str, generation_id: str = "") -> subprocess.CompletedProcess[bytes]:
        command = command.replace("http://localhost:8000", app.url).replace("GENERATION_ID", generation_id)
        command = command.replace("curl ", "curl --silent --show-error --fail --noproxy '*' ")
        return subprocess.run(["bash", "-c", command], cwd=tmp_path, capture_output=True, check=True)

    generation_id = json.loads(run(create).stdout)["generation_id"]
    deadline = time.monotonic() + 60
    while (found := json.loads(run(follow, generation_id).stdout))["status"] != "completed":
        assert found["status"] != "failed", found
        assert time.monotonic() < deadline, found
        time.sleep(0.1)
    assert found["output_files"][0]["url"] == f"/outputs/{generation_id}/output.png"
    run(download, generation_id)
    assert (tmp_path / "warrior.png").read_bytes().startswith(b"\x89PNG")
