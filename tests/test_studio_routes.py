"""The studio's own routes over a socket: drafts, presets, the gallery and its files, restored settings."""

from __future__ import annotations

import io
import json
import time
import zipfile
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from PIL import Image

from studio.gallery import SIDE
from tests.conftest import RunningApp, start_app_process

DRAFT = {"prompt": "a pilot with a glorp", "seed": 4, "width": 96, "height": 128}


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    """An app of this module's own, as others fill the shared one's gallery."""
    running = start_app_process(tmp_path_factory.mktemp("routes"), "--no-ui")
    running.wait_healthy()
    yield running
    running.kill()


@pytest.fixture(scope="module", autouse=True)
def warm(app: RunningApp) -> None:
    """Kernels that are compiled on a machine's very first start take longer than any client waits."""
    deadline = time.monotonic() + 240
    while app.client.get("/studio/draft", params=DRAFT, timeout=240).status_code != 200:
        assert time.monotonic() < deadline


@pytest.fixture(scope="module")
def made(app: RunningApp) -> dict[str, Any]:
    """A finished generation of two views."""
    started = app.client.post(
        "/avatarforge-controller/generate_all_poses",
        json={
            "prompt": "a zorblax pilot, green scarf",
            "style": "ink",
            "width": 128,
            "height": 192,
            "seed": 11,
        },
    )
    return app.wait(started.json()["generation_id"])


@pytest.fixture(scope="module")
def cards(app: RunningApp, made: dict[str, Any]) -> list[dict[str, Any]]:
    """Its pictures as the gallery shows them."""
    found = app.client.get("/studio/gallery", params={"search": "zorblax"}).json()["pictures"]
    assert {card["generation_id"] for card in found} == {made["generation_id"]}
    return found


def post(app: RunningApp, path: str, **body: Any) -> Any:
    answer = app.client.post(f"/studio/{path}", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def problem(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


# ---------------------------------------------------------------------- drafts


def test_a_draft_is_a_picture_that_browsers_keep(app: RunningApp) -> None:
    first = app.client.get("/studio/draft", params=DRAFT)
    assert (first.status_code, first.headers["content-type"]) == (200, "image/webp")
    assert Image.open(io.BytesIO(first.content)).size == (96, 128)
    again = app.client.get("/studio/draft", params=DRAFT, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    turned = app.client.get(
        "/studio/draft", params={**DRAFT, "yaw": 90}, headers={"If-None-Match": first.headers["etag"]}
    )
    assert turned.status_code == 200
    assert turned.content != first.content


def test_a_draft_can_tell_what_it_leaves_out(app: RunningApp) -> None:
    told = post(app, "draft", **DRAFT, view="back", page="p1")
    assert (told["seed"], told["notes"]) == (4, ["not drawn: glorp"])
    assert not told["url"].startswith("/"), "addresses are relative, for studios below a path"
    assert app.client.get(f"/{told['url']}").headers["content-type"] == "image/webp"


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"prompt": ""}, (422, "invalid_field")),
        ({"width": 5000}, (422, "invalid_field")),
        ({"pose": "yodel"}, (404, "preset_unknown")),
        ({"pose_file_id": "gone"}, (404, "file_not_found")),
        ({"prompt": "naked woman"}, (422, "words_refused")),
    ],
)
def test_a_draft_that_cannot_be_is_refused(
    app: RunningApp, values: dict[str, Any], expected: tuple[int, str]
) -> None:
    assert problem(app.client.get("/studio/draft", params={**DRAFT, **values})) == expected
    assert problem(app.client.post("/studio/draft", json={**DRAFT, **values})) == expected


def test_presets_can_be_seen_and_used(app: RunningApp) -> None:
    presets = app.client.get("/studio/presets").json()
    wave = next(pose for pose in presets["poses"] if pose["name"] == "wave")
    for url in (wave["picture"], wave["skeleton"], presets["styles"][0]["picture"]):
        answer = app.client.get(f"/{url}")
        assert answer.status_code == 200
        known = app.client.get(f"/{url}", headers={"If-None-Match": answer.headers["etag"]})
        assert known.status_code == 304
    stored = post(app, "poses/wave/file")
    assert post(app, "poses/wave/file") == stored
    assert Image.open(io.BytesIO(app.client.get(f"/{stored['url']}").content)).size == (512, 768)
    posed = app.generate(prompt="a sailor", pose_file_id=stored["file_id"], width=64, height=96)
    assert app.wait(posed["generation_id"])["status"] == "completed"
    assert problem(app.client.get("/studio/styles/yodel")) == (404, "preset_unknown")


# --------------------------------------------------------------------- gallery


def test_cards_have_what_pages_show(cards: list[dict[str, Any]]) -> None:
    assert {card["view"] for card in cards} == {"front", "back", "side", "quarter"}
    card = cards[0]
    assert (card["style"], card["seed"], card["media"], card["kind"]) == ("ink", 11, "image", "avatar")
    assert (card["width"], card["height"]) == (128, 192)
    assert card["favourite"] is False


def test_pages_lead_to_one_another(app: RunningApp, cards: list[dict[str, Any]]) -> None:
    query = {"search": "zorblax", "limit": 3}
    first = app.client.get("/studio/gallery", params=query).json()
    second = app.client.get("/studio/gallery", params={**query, "before": first["older"]}).json()
    assert first["pictures"] + second["pictures"] == cards
    assert (first["newer"], second["older"]) == (None, None)
    back = app.client.get("/studio/gallery", params={**query, "after": second["newer"]}).json()
    assert back["pictures"] == first["pictures"]
    count = app.client.get("/studio/gallery/count", params=query).json()
    assert count == {"count": 4, "is_exact": True}


def test_filters_are_query_parameters(app: RunningApp, cards: list[dict[str, Any]]) -> None:
    def views(**query: Any) -> list[str]:
        answer = app.client.get("/studio/gallery", params={"search": "zorblax", **query})
        assert answer.status_code == 200, answer.text
        return sorted(card["view"] for card in answer.json()["pictures"])

    assert views(view=["front", "side"]) == ["front", "side"]
    assert views(style="oil") == []
    assert views(since="2999-01-01") == []
    assert len(views(until="2999-01-01", since="2020-01-01T00:00:00Z", workflow="embedded")) == 4
    choices = app.client.get("/studio/gallery/choices").json()
    assert "ink" in [choice["value"] for choice in choices["style"]]
    assert problem(app.client.get("/studio/gallery", params={"limit": 5000})) == (422, "invalid_field")


def test_marks_deletions_and_their_undoing(app: RunningApp, cards: list[dict[str, Any]]) -> None:
    ids = [card["id"] for card in cards[:2]]
    marked = post(app, "gallery/marks", ids=ids, favourite=True, add_tags=["Cover"])
    assert [(card["favourite"], card["tags"]) for card in marked["pictures"]] == [(True, ["Cover"])] * 2
    query = {"search": "zorblax", "favourite": True, "tag": "cover"}
    assert [card["id"] for card in app.client.get("/studio/gallery", params=query).json()["pictures"]] == ids
    deleted = post(app, "gallery/delete", ids=ids)
    assert deleted["ids"] == ids
    assert app.client.get("/studio/gallery", params=query).json()["pictures"] == []
    trash = app.client.get("/studio/gallery", params={**query, "deleted": True}).json()["pictures"]
    assert [card["id"] for card in trash] == ids
    assert trash[0]["deleted_at"] < deleted["until"]
    assert app.client.get(f"/{trash[0]['thumbnail']}").status_code == 200
    assert post(app, "gallery/undelete", ids=ids) == {"count": 2}
    post(app, "gallery/marks", ids=ids, favourite=False, remove_tags=["COVER"])
    assert app.client.get("/studio/gallery", params={"search": "zorblax"}).json()["pictures"] == cards


def test_files_are_served_by_id_and_kept_by_browsers(app: RunningApp, cards: list[dict[str, Any]]) -> None:
    for url, size in ((cards[0]["url"], (128, 192)), (cards[0]["thumbnail"], (128, 192))):
        answer = app.client.get(f"/{url}")
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert Image.open(io.BytesIO(answer.content)).size == size
        known = app.client.get(f"/{url}", headers={"If-None-Match": answer.headers["etag"]})
        assert (known.status_code, known.content) == (304, b"")
        assert app.client.head(f"/{url}").status_code == 200
    assert max(size) <= SIDE
    for path in (
        "pictures/unknown",
        "thumbnails/unknown",
        "gallery/unknown",
        "pictures/..%2F..%2Fetc%2Fpasswd",
    ):
        assert app.client.get(f"/studio/{path}").status_code == 404
    assert problem(app.client.get("/studio/thumbnails/unknown")) == (404, "picture_not_found")


def test_a_recipe_makes_the_picture_again(app: RunningApp, cards: list[dict[str, Any]]) -> None:
    card = next(card for card in cards if card["view"] == "side")
    recipe = app.client.get(f"/studio/gallery/{card['id']}").json()["recipe"]
    assert (recipe["view"], recipe["seed"], recipe["door"]) == ("side", 11, "avatarforge")
    assert recipe["studio"]
    settings = app.client.get(f"/studio/gallery/{card['id']}/settings").json()
    assert settings["request"]["prompt"] == "a zorblax pilot, green scarf"
    assert (settings["view"], settings["notes"]) == ("side", [])


def test_why_two_pictures_differ(app: RunningApp, cards: list[dict[str, Any]]) -> None:
    query = {"first": cards[0]["id"], "second": cards[1]["id"]}
    found = app.client.get("/studio/gallery/compare", params=query).json()["differences"]
    assert [one["member"] for one in found] == ["view"]
    assert problem(app.client.get("/studio/gallery/compare", params={**query, "second": "x"})) == (
        *(404, "picture_not_found"),
    )


def test_a_selection_comes_as_a_zip(app: RunningApp, cards: list[dict[str, Any]]) -> None:
    told = post(app, "gallery/selection", ids=[card["id"] for card in cards])
    answer = app.client.get(f"/{told['url']}")
    assert answer.headers["content-type"] == "application/zip"
    assert "attachment" in answer.headers["content-disposition"]
    with zipfile.ZipFile(io.BytesIO(answer.content)) as packed:
        assert packed.testzip() is None
        assert len([name for name in packed.namelist() if name.endswith(".png")]) == 4
        recipes = [json.loads(packed.read(name)) for name in packed.namelist() if name.endswith(".json")]
    assert {recipe["view"] for recipe in recipes} == {"front", "back", "side", "quarter"}
    assert problem(app.client.get("/studio/gallery/zip/unknown")) == (404, "selection_gone")
    assert problem(app.client.post("/studio/gallery/selection", json={"ids": []})) == (422, "selection_empty")


# --------------------------------------------------------------------- restoring


def restore(app: RunningApp, data: bytes) -> httpx.Response:
    return app.client.post("/studio/restore", files={"file": ("dropped.png", data)})


def test_a_dropped_picture_gives_its_settings(app: RunningApp, cards: list[dict[str, Any]]) -> None:
    card = next(card for card in cards if card["view"] == "back")
    data = app.client.get(f"/{card['url']}").content
    found = restore(app, data).json()
    assert (found["source"], found["view"], found["notes"]) == ("avatarforge", "back", [])
    assert found["request"]["prompt"] == "a zorblax pilot, green scarf"
    assert (found["request"]["style"], found["request"]["seed"]) == ("ink", 11)
    assert not any((app.storage / "temp").glob("*-*-*")), "the file is not kept"
    plain = io.BytesIO()
    Image.new("RGB", (64, 64)).save(plain, "PNG")
    assert problem(restore(app, plain.getvalue())) == (422, "no_settings")
    assert problem(restore(app, b"no picture")) == (422, "no_settings")
    assert problem(restore(app, b"x" * 60_000_000)) == (413, "file_too_large")


def test_paths_below_the_studio_never_reach_the_interface(app: RunningApp) -> None:
    assert problem(app.client.get("/studio/nothing/here")) == (404, "route_not_found")
