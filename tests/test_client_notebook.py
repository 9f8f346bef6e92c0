"""Jobs in a notebook, in a real kernel: what a front end is sent, and that it is replaced in place."""

from __future__ import annotations

import html.parser
import json
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from studio.client import cards, showing
from studio.client.state import JobState, read_job
from tests.conftest import ROOT, RunningApp

CELLS = (
    "import sys, time; sys.path.insert(0, ROOT)\n"
    "from studio import Studio\nstudio = Studio(URL)\n"
    "job = studio.avatar('a knight <b>red</b> cape', width=512, height=768)\njob",
    "for _ in range(600):\n    time.sleep(0.1)\n    if job.refresh().is_final: break\ntime.sleep(1)",
    "sheet = studio.sheet('a knight', width=128, height=192).wait()\nsheet",
    "sheet.compose(layout='row')",
    "sheet.outputs[1]",
    "studio.jobs.list(limit=1)",
    "shown = studio.avatar('a monk', width=512, height=768)\nshown",
    "shown.wait().status",
    "sheet.wait().image.size",
    "many = [studio.avatar('a monk', width=96, height=128) for _ in range(3)]\n"
    "[one.status for one in studio.jobs.wait(many)]",
)


@pytest.fixture(name="outputs", scope="module")
def executed(app: RunningApp, tmp_path_factory: pytest.TempPathFactory) -> list[list[dict[str, Any]]]:
    """What each cell shows in the end."""
    names = f"ROOT, URL = {str(ROOT)!r}, {app.url!r}\n"
    book = nbformat.v4.new_notebook()
    book.cells = [nbformat.v4.new_code_cell(names + cell) for cell in CELLS]
    folder = tmp_path_factory.mktemp("notebook")
    NotebookClient(book, timeout=120, resources={"metadata": {"path": str(folder)}}).execute()
    return [json.loads(json.dumps(cell.outputs)) for cell in book.cells]


def test_a_job_shows_itself_and_is_replaced_in_place(outputs: list[list[dict[str, Any]]]) -> None:
    # It was queued when the cell ended; a later cell only slept, and this one has the picture now.
    (shown,) = outputs[0]
    assert "completed" in shown["data"]["text/plain"]
    markup = shown["data"]["text/html"]
    assert 'src="data:image/png;base64,' in markup
    assert "recipe" in markup
    assert "a knight &lt;b&gt;red&lt;/b&gt; cape" in markup
    assert outputs[1] == []


def test_a_wait_leaves_one_line_and_then_the_pictures(outputs: list[list[dict[str, Any]]]) -> None:
    waited, shown = outputs[2]
    assert "completed in" in waited["data"]["text/plain"]
    assert "<img" not in waited["data"]["text/html"]
    assert shown["data"]["text/html"].count("<img") == 4


@pytest.mark.parametrize("cell", [3, 4])
def test_sheets_and_outputs_are_pictures(outputs: list[list[dict[str, Any]]], cell: int) -> None:
    (shown,) = outputs[cell]
    assert shown["data"]["text/html"].count('src="data:image/png;base64,') == 1


def test_a_list_of_jobs_is_text(outputs: list[list[dict[str, Any]]]) -> None:
    assert "completed, 4 files: a knight" in outputs[5][0]["data"]["text/plain"]


def test_a_job_that_shows_itself_is_not_shown_twice(outputs: list[list[dict[str, Any]]]) -> None:
    (waited,) = outputs[7]
    assert waited["data"]["text/plain"] == "'completed'"


def test_what_is_done_already_is_not_waited_for(outputs: list[list[dict[str, Any]]]) -> None:
    (shown,) = outputs[8]
    assert shown["data"]["text/plain"] == "(128, 192)"


def test_many_jobs_are_counted_in_one_place(outputs: list[list[dict[str, Any]]]) -> None:
    counted, shown = outputs[9]
    assert counted["data"]["text/plain"] == "3 of 3 done"
    assert shown["data"]["text/plain"].count("completed") == 3


# ------------------------------------------------------------------ the cards


def state(**values: Any) -> JobState:
    given: dict[str, Any] = {
        "id": "770e8400", "kind": "avatar", "door": "client", "status": "processing", "progress": 40.0,
        "said": "", "prompt": "a knight", "seed": 1, "engine": "embedded", "workflow": "embedded",
        "priority": 0, "parent_id": None, "metadata": None, "notes": [], "error": None, "created_at": 1.0,
        "started_at": None, "completed_at": None, "request": {}, "tasks": [], "outputs": [],
    }  # fmt: skip
    return read_job(given | values)


class Tags(html.parser.HTMLParser):
    """Which tags and attributes there are, and whether every tag is closed in order."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.names: list[str] = []
        self.attributes: set[str] = set()
        self.open: list[str] = []
        self.feed(markup)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag != "img":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_a_card_needs_no_script_and_no_address() -> None:
    shown = [cards.Shown("front", "image/png", b"1"), cards.Shown("talking", "video/mp4", b"2")]
    tags = Tags(cards.card(state(status="completed", notes=["not drawn: a <wand>"]), shown))
    assert {"img", "video", "details"} <= set(tags.names)
    assert "script" not in tags.names
    assert not any(name.startswith("on") for name in tags.attributes)


def test_a_card_tells_how_far_it_is_and_why_it_takes_longer() -> None:
    markup = cards.card(state(said="Loading the drawing engine"))
    assert 'aria-valuenow="40"' in markup
    assert "Loading the drawing engine" in markup
    Tags(markup)


def test_what_people_wrote_cannot_become_markup() -> None:
    evil = '"><script>alert(1)</script>'
    error = {"code": "x", "message": evil, "hint": evil}
    markup = cards.card(state(status="failed", prompt=evil, error=error, said=evil, id=evil))
    assert "<script" not in markup
    Tags(markup)


def test_a_terminal_gets_one_bar(capsys: pytest.CaptureFixture[str]) -> None:
    place = showing.Terminal()
    place.update(state(said="Loading the drawing engine"))
    place.update(state(progress=50.0))
    place.end("completed")
    written = capsys.readouterr().err
    assert written.count("\n") == 1
    bars = written.split("\r")[1:]
    assert ["#" * 9 + "." in bars[0], "#" * 12 + "." in bars[1], bars[2].strip()] == [True, True, "completed"]


def test_a_terminal_gets_one_line() -> None:
    assert cards.line(state(prompt="a knight\n" * 50)) == f"processing 40%: {('a knight ' * 9)[:59]}…"
    assert cards.summary(state(status="completed", started_at=2.0, completed_at=3.5)) == (
        "completed in 1.5 s, seed 1, job 770e8400"
    )
