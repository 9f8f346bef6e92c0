"""The documentation builds without a warning, its links lead somewhere, its examples work as they stand."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest

from studio.settings import Settings
from tests.conftest import ROOT, RunningApp
from tests.served import served

DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
CI = os.environ.get("CI") == "true"
EXAMPLES_S = 240
OF_OTHERS = {"STUDIO_URL", "STUDIO_API_KEY", "STUDIO_SPACE_DATA"}  # read by the command line and on a Space
RUN = re.compile(r"^```(bash|python)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def examples(page: Path) -> list[tuple[str, str]]:
    """The language and the lines of each example that is meant to be run."""
    return RUN.findall(page.read_text("utf-8"))


WITH_EXAMPLES = [page for page in PAGES if examples(page)]


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    """A studio that nobody else uses."""
    with served(tmp_path_factory.mktemp("docs") / "app") as app:
        app.wait_healthy()
        yield app


@pytest.mark.timeout(EXAMPLES_S + 60)
@pytest.mark.parametrize("page", WITH_EXAMPLES, ids=lambda page: page.relative_to(DOCS).as_posix())
def test_examples_work_as_they_stand(app: RunningApp, page: Path, tmp_path: Path) -> None:
    """Those of a page belong together: Python is one program, each piece of shell a script."""
    found = [(kind, text.replace("http://localhost:8000", app.url)) for kind, text in examples(page)]
    program = "\n".join(text for kind, text in found if kind == "python")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    shell = [("bash", ["bash", "-euo", "pipefail", "-c", text]) for kind, text in found if kind == "bash"]
    for _, command in [*shell, ("python", [sys.executable, "-c", program])]:
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=EXAMPLES_S
        )
        assert done.returncode == 0, f"{command[-1]}\n{done.stdout}\n{done.stderr}"
        for problem in ('"detail"', '"error":{'):
            assert problem not in done.stdout, f"{command[-1]}\n{done.stdout}"


def test_every_family_has_examples_that_are_run() -> None:
    assert len(WITH_EXAMPLES) >= 6


def test_settings_that_are_named_are_there() -> None:
    known = {name.upper() for name in Settings.model_fields} | OF_OTHERS
    for page in PAGES:
        named = set(re.findall(r"`([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)[`=]", page.read_text("utf-8")))
        assert named <= known, f"{page.name}: {sorted(named - known)}"


def test_files_that_are_named_are_there() -> None:
    for page in PAGES:
        text = page.read_text("utf-8")
        for name in re.findall(
            r"`((?:deploy|tests|workflows|studio)/[\w./]*|[A-Z]+\.md|compose\.yaml)`", text
        ):
            assert (ROOT / name).exists(), f"{page.name}: {name}"


class _Links(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep what can be pointed at, and what points."""
        facts = dict(attrs)
        if facts.get("id"):
            self.ids.add(facts["id"] or "")
        for name in ("href", "src"):
            if link := facts.get(name):
                self.links.append(link)


@pytest.mark.skipif(importlib.util.find_spec("mkdocs") is None and not CI, reason="needs mkdocs")
def test_pages_are_built_and_every_link_leads_somewhere(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "-q", "-d", str(tmp_path)]
    quiet = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=quiet)
    assert (done.returncode, done.stderr) == (0, "")
    pages = {path: _Links(path.read_text("utf-8")) for path in tmp_path.rglob("*.html")}
    assert len(pages) >= len(PAGES)
    for path, page in pages.items():
        if path.name == "404.html":
            continue  # it is shown at any depth, with addresses from the root
        for link in page.links:
            if re.match(r"(https?:|mailto:|data:|javascript:)", link):
                continue
            target, _, anchor = link.partition("#")
            found = (path.parent / unquote(target)).resolve() if target else path
            assert found.exists(), f"{path.name}: {link}"
            if anchor and found in pages:
                assert unquote(anchor) in pages[found].ids, f"{path.name}: {link}"
