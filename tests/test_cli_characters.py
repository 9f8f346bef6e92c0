"""Kept characters on the command line: created from a sentence, listed, and carried in a ZIP."""

from __future__ import annotations

from pathlib import Path

from tests.conftest import RunningApp
from tests.test_cli import answer, run


def test_a_character_is_created_listed_exported_and_imported(app: RunningApp, tmp_path: Path) -> None:
    words = "Cleo Line, a 40 year old woman with black hair in a red dress"
    made = answer("characters", "create", words, "--url", app.url, cwd=tmp_path)
    assert (made["name"], made["age"]) == ("Cleo Line", 40)
    code, out, _ = run("characters", "list", "--search", "cleo", "--url", app.url, cwd=tmp_path)
    assert code == 0
    assert out.startswith(f"{made['id'][:8]}  Cleo Line: 40 year old woman")
    saved = answer("characters", "export", "cleo line", "-o", "cleo.zip", "--url", app.url, cwd=tmp_path)
    assert saved["file"] == "cleo.zip"
    twin = answer(
        "characters", "import", "cleo.zip", "--name", "Twin Line", "--folder", "elsewhere", cwd=tmp_path
    )
    assert (twin["id"], twin["name"], twin["look"]) == (made["id"], "Twin Line", made["look"])


def test_what_is_not_there_is_refused(app: RunningApp, tmp_path: Path) -> None:
    code, _, err = run("characters", "export", "Nobody", "--url", app.url, cwd=tmp_path)
    assert code == 4
    assert "Nobody" in err
