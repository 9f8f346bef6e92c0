"""Sheets over REST, with the real app and its engine: composed, added to and downloaded."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any
from urllib.parse import unquote

import httpx
import numpy as np
import pytest
from PIL import Image

from studio.pictures import read_recipe
from tests.conftest import RunningApp

PREFIX = "/avatarforge-controller"
PROMPT = "a knight, red cape, determined expression"


@pytest.fixture(scope="module")
def sheet_id(app: RunningApp) -> str:
    """A finished generation of four small views."""
    made = app.generate("generate_all_poses", prompt=PROMPT, seed=5, width=128, height=192)
    assert app.wait(made["generation_id"])["status"] == "completed"
    return made["generation_id"]


def compose(app: RunningApp, sheet_id: str, **options: Any) -> dict[str, Any]:
    answer = app.client.post(f"{PREFIX}/sheets/{sheet_id}/compose", json=options)
    assert answer.status_code == 200, answer.text
    return answer.json()


def picture(answer: httpx.Response) -> Image.Image:
    assert answer.status_code == 200, answer.text
    return Image.open(io.BytesIO(answer.content))


def names(answer: httpx.Response) -> set[str]:
    assert answer.status_code == 200, answer.text
    with zipfile.ZipFile(io.BytesIO(answer.content)) as file:
        assert file.testzip() is None
        return set(file.namelist())


def file_in(answer: httpx.Response, name: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(answer.content)) as file:
        return file.read(name)


def test_a_sheet_is_composed_and_downloaded(app: RunningApp, sheet_id: str) -> None:
    made = compose(app, sheet_id, layout="turnaround", name="Sir Ünal", width=900)
    answer = app.client.get(made["url"])
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["content-disposition"] == 'inline; filename="sir-unal-sheet.png"'
    assert picture(answer).size == (made["width"], made["height"])
    assert made["width"] == 900
    assert read_recipe(answer.content) == made["recipe"]
    assert made["recipe"]["job"] == sheet_id
    assert 5 <= len(made["palette"]) <= 8
    assert any("estimate" in note for note in made["notes"])
    again = app.client.get(made["url"], headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    head = app.client.head(made["url"])
    assert head.headers["etag"] == answer.headers["etag"]
    assert head.content == b""


def test_what_a_sheet_can_show(app: RunningApp, sheet_id: str) -> None:
    content = app.client.get(f"{PREFIX}/sheets/{sheet_id}").json()
    assert {cell["name"] for cell in content["cells"] if cell["kind"] == "view"} == {
        "front",
        "quarter",
        "side",
        "back",
    }
    assert content["missing_views"] == []
    assert picture(app.client.get(content["cells"][0]["url"])).size == (128, 192)
    single = app.generate(prompt=PROMPT, width=128, height=192)["generation_id"]
    app.wait(single)
    assert app.client.get(f"{PREFIX}/sheets/{single}").json()["missing_views"] == ["quarter", "side", "back"]


def test_faces_portrait_and_cut_outs_are_added(app: RunningApp) -> None:
    sheet_id = app.generate("generate_all_poses", prompt=PROMPT, seed=6, width=128, height=192)[
        "generation_id"
    ]
    app.wait(sheet_id)
    before = compose(app, sheet_id, layout="game")
    added = []
    for body in (
        {"what": "expressions", "expressions": ["happy", "angry"]},
        {"what": "portrait"},
        {"what": "cutouts"},
    ):
        answer = app.client.post(f"{PREFIX}/sheets/{sheet_id}/add", json=body)
        assert answer.status_code == 200, answer.text
        added += answer.json()["added"]
    assert [one["cell"] for one in added] == ["happy", "angry", "portrait", "cutout"]
    for one in added:
        finished = app.wait(one["generation_id"])
        assert finished["status"] == "completed", finished
        assert finished["parent_id"] == sheet_id
        assert finished["notes"] == [], "the engine knew these expressions"
    after = compose(app, sheet_id, layout="game")
    assert [cell["name"] for cell in after["recipe"]["cells"]][-2:] == ["happy", "angry"]
    assert {cell["cut"] for cell in after["recipe"]["cells"]} == {"alpha"}
    assert after["notes"] == []
    assert after["url"] == before["url"], "the same address shows what is there now"
    content = app.client.get(f"{PREFIX}/sheets/{sheet_id}").json()
    assert all(cell["is_redrawn"] for cell in content["cells"] if cell["kind"] == "view")
    assert "happy" not in content["expressions"]
    nothing = app.client.post(f"{PREFIX}/sheets/{sheet_id}/add", json={"what": "cutouts"})
    assert nothing.json() == {"added": []}


def test_adding_twice_under_one_key_adds_once(app: RunningApp) -> None:
    sheet_id = app.generate(prompt=PROMPT, seed=8, width=128, height=192)["generation_id"]
    app.wait(sheet_id)
    address, body = f"{PREFIX}/sheets/{sheet_id}/add", {"what": "expressions", "expressions": ["shy", "calm"]}
    first = app.client.post(address, json=body, headers={"Idempotency-Key": "faces", "Prefer": "wait=60"})
    assert first.status_code == 200, first.text
    assert first.headers["Preference-Applied"] == "wait=60"
    assert [one["cell"] for one in first.json()["added"]] == ["shy", "calm"]
    for one in first.json()["added"]:
        assert app.wait(one["generation_id"], 1)["status"] == "completed", "it was waited for"
    again = app.client.post(address, json=body, headers={"Idempotency-Key": "faces"})
    assert again.json() == first.json()
    assert again.headers["Idempotent-Replayed"] == "true"
    other = app.client.post(address, json={"what": "portrait"}, headers={"Idempotency-Key": "faces"})
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_mismatch")


def test_every_download(app: RunningApp, sheet_id: str) -> None:
    made = compose(app, sheet_id, name="Knight", layout="row")
    downloads = made["downloads"]
    views = {"front.png", "quarter.png", "side.png", "back.png"}
    assert app.client.get(f"{downloads['sheet.pdf']}&dpi=72").content.startswith(b"%PDF-")
    assert app.client.get(downloads["sheet.psd"]).content.startswith(b"8BPS")
    estimated = app.client.get(f"{downloads['pictures.zip']}&redraw=false")
    assert estimated.headers["content-disposition"] == 'attachment; filename="knight-pictures.zip"'
    assert "estimate of the background: front" in unquote(estimated.headers["x-notes"])
    assert names(estimated) == {*views, "recipe.json"}
    redrawn = app.client.get(downloads["pictures.zip"])
    assert names(redrawn) == {*views, "recipe.json"}
    assert "x-notes" not in redrawn.headers, "all of it was drawn without a background"
    for view in views:
        first, second = (Image.open(io.BytesIO(file_in(one, view))) for one in (estimated, redrawn))
        assert first.size == second.size == (128, 192)
        seen = [np.asarray(one.convert("RGBA"))[..., 3] > 128 for one in (first, second)]
        assert (seen[0] & seen[1]).sum() / (seen[0] | seen[1]).sum() > 0.95
    assert {"sheet.png", "recipe.json", "palette.gpl"} < names(app.client.get(downloads["sheet.zip"]))
    assert names(app.client.get(downloads["atlas.zip"])) == {"knight.png", "knight.json"}
    atlas = app.client.get(f"{downloads['atlas.zip']}&power_of_two=true&scale=0.5")
    with zipfile.ZipFile(io.BytesIO(atlas.content)) as file:
        size = json.loads(file.read("knight.json"))["meta"]["size"]
    assert all(side & (side - 1) == 0 for side in size.values())


def test_the_engine_turns_the_character_around(app: RunningApp, sheet_id: str) -> None:
    made = compose(app, sheet_id, background=[])
    turn = "&frames=8&fps=10&height=96"
    image = picture(app.client.get(made["downloads"]["turntable.gif"] + turn))
    assert (image.size, getattr(image, "n_frames", 1)) == ((64, 96), 8)
    frames = []
    for at in range(8):
        image.seek(at)
        frames.append(image.convert("RGBA").tobytes())
    assert len(set(frames)) == 8
    assert image.convert("RGBA").getpixel((0, 0))[3] == 0  # type: ignore[index]
    files = names(app.client.get(made["downloads"]["turntable.zip"] + turn))
    assert files == {f"turn_{angle:03}.png" for angle in range(0, 360, 45)}
    video = app.client.get(made["downloads"]["turntable.mp4"] + turn)
    assert video.headers["content-type"] == "video/mp4"
    assert video.content[4:8] == b"ftyp"


def test_refusals(app: RunningApp, sheet_id: str) -> None:
    post, get = app.client.post, app.client.get
    cases = [
        (get(f"{PREFIX}/sheets/none"), 404, "generation_not_found"),
        (post(f"{PREFIX}/sheets/none/compose", json={}), 404, "generation_not_found"),
        (get(f"{PREFIX}/sheets/{sheet_id}/sheet.bmp"), 422, "invalid_field"),
        (
            get(f"{PREFIX}/sheets/{sheet_id}/sheet.png", params={"options": '{"layout": "x"}'}),
            422,
            "invalid_field",
        ),
        (get(f"{PREFIX}/sheets/{sheet_id}/sheet.png", params={"options": "{"}), 422, "invalid_field"),
        (get(f"{PREFIX}/sheets/{sheet_id}/sheet.pdf", params={"dpi": 9999}), 422, "invalid_field"),
        (get(f"{PREFIX}/sheets/{sheet_id}/sheet.pdf", params={"margin_mm": 100}), 422, "invalid_field"),
        (post(f"{PREFIX}/sheets/{sheet_id}/compose", json={"layout": "spiral"}), 422, "invalid_field"),
        (post(f"{PREFIX}/sheets/{sheet_id}/compose", json={"font": "No Such"}), 422, "invalid_field"),
        (post(f"{PREFIX}/sheets/{sheet_id}/add", json={"what": "hats"}), 422, "invalid_field"),
        (post(f"{PREFIX}/sheets/{sheet_id}/add", content=b"no"), 400, "invalid_json"),
    ]
    for answer, status, code in cases:
        assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert "layout" in cases[3][0].json()["detail"]
