"""Generations over the API: their answers on the way, sheets, lists, search, deleting, sending twice."""

from __future__ import annotations

import io
import uuid

import pytest
from PIL import Image

from tests.conftest import RunningApp
from tests.documents.contract import (
    COMPLETED,
    GENERATION,
    GENERATION_DELETED,
    INVALID,
    PAGE,
    PREFIX,
    PROBLEM,
    PROCESSING,
    check_shape,
)

VIEWS = ["front", "back", "side", "quarter"]
SIZE = {"width": 64, "height": 96}


def post(app: RunningApp, path: str, headers: dict[str, str] | None = None, /, **body: object) -> dict:
    answer = app.client.post(f"{PREFIX}/{path}", json={"prompt": "a knight", **SIZE, **body}, headers=headers)
    assert answer.status_code == 200, answer.text
    check_shape(answer.json(), GENERATION)
    return answer.json()


def page(app: RunningApp, **query: object) -> dict:
    answer = app.client.get(f"{PREFIX}/generations", params={k: str(v) for k, v in query.items()})
    assert answer.status_code == 200, answer.text
    check_shape(answer.json(), PAGE)
    return answer.json()


def delete(app: RunningApp, generation_id: str) -> None:
    answer = app.client.delete(f"{PREFIX}/generations/{generation_id}")
    assert answer.status_code == 200, answer.text
    check_shape(answer.json(), GENERATION_DELETED | {"generation_id": generation_id})


def settle(app: RunningApp) -> None:
    """Wait until nothing runs, so that a free server can accept at once."""
    for status in ("processing", "queued"):
        for generation in page(app, status=status, limit=100)["generations"]:
            app.wait(generation["generation_id"])


def test_free_server_accepts_before_the_answer(app: RunningApp) -> None:
    settle(app)
    started = post(app, "generate/avatar")
    for _ in range(5):
        if started["status"] == "processing":
            break
        # Work of deleted generations may still have been on its way off the server.
        app.wait(started["generation_id"])
        started = post(app, "generate/avatar")
    check_shape(started, PROCESSING)
    done = app.wait(started["generation_id"])
    check_shape(done, COMPLETED)
    assert done["comfyui_prompt_id"] == started["comfyui_prompt_id"]
    assert done["created_at"] <= done["started_at"] <= done["completed_at"]
    assert done["started_at"] == started["started_at"]


def test_output_is_what_its_entry_says(app: RunningApp) -> None:
    done = app.wait(post(app, "generate/avatar", seed=7)["generation_id"])
    (file,) = done["output_files"]
    assert file["url"] == f"/outputs/{done['generation_id']}/output.png"
    assert file["filename"].startswith("avatarforge_00001")
    assert file["pose_type"] == "front"  # without a pose too
    for url in (file["url"], PREFIX + file["url"]):
        answer = app.client.get(url)
        assert answer.headers["content-type"] == "image/png"
        assert len(answer.content) == file["size"]
        with Image.open(io.BytesIO(answer.content)) as picture:
            assert (picture.format, picture.size) == ("PNG", (SIZE["width"], SIZE["height"]))
        assert app.client.head(url).headers["content-length"] == str(file["size"])
        etag = answer.headers["etag"]
        assert app.client.get(url, headers={"If-None-Match": etag}).status_code == 304
        assert app.client.get(url, headers={"Range": "bytes=0-7"}).content == b"\x89PNG\r\n\x1a\n"
    # Proxies serve the folder itself under the address.
    on_disk = app.storage / "outputs" / done["generation_id"] / "output.png"
    assert on_disk.stat().st_size == file["size"]
    assert app.client.get(f"/outputs/{done['generation_id']}/other.png").status_code == 404


@pytest.mark.parametrize("pose", VIEWS)
def test_one_pose_is_one_output_of_that_pose(app: RunningApp, pose: str) -> None:
    done = app.wait(post(app, f"generate_pose?pose={pose}")["generation_id"])
    assert [file["pose_type"] for file in done["output_files"]] == [pose]


def test_pose_is_front_when_it_is_left_out(app: RunningApp) -> None:
    done = app.wait(post(app, "generate_pose")["generation_id"])
    assert [file["pose_type"] for file in done["output_files"]] == ["front"]


@pytest.mark.parametrize("path", ["generate/avatar", "generate_pose"])
def test_words_decide_where_no_view_is_named(app: RunningApp, path: str) -> None:
    made = app.generate(path, prompt="a knight seen from behind", **SIZE)
    done = app.wait(made["generation_id"])
    assert [file["pose_type"] for file in done["output_files"]] == ["back"]
    named = app.generate("generate_pose?pose=front", prompt="a knight seen from behind", **SIZE)
    assert app.wait(named["generation_id"])["output_files"][0]["pose_type"] == "front"


def test_views_tell_how_far_they_are_from_the_front(app: RunningApp) -> None:
    made = app.generate("generate_all_poses", **SIZE, seed=7, max_drift=0.9, max_rerolls=1)
    done = app.wait(made["generation_id"])
    front, *others = done["output_files"]
    assert front["colour_and_shape_drift"] is None
    for file in others:
        drift = file["colour_and_shape_drift"]
        assert set(drift) == {"score", "palette", "cloth", "edges", "proportions"}
        assert 0.0 <= drift["score"] < 0.4
        assert (file["tries"], file["seed"]) == (1, made["seed"])


def test_all_poses_are_one_generation_with_four_outputs(app: RunningApp) -> None:
    before = page(app, limit=1)["total"]
    done = app.wait(post(app, "generate_all_poses", clothing="full plate armor")["generation_id"])
    assert page(app, limit=1)["total"] == before + 1
    check_shape(done, COMPLETED)
    assert [file["pose_type"] for file in done["output_files"]] == VIEWS
    urls = [file["url"] for file in done["output_files"]]
    assert urls == [f"/outputs/{done['generation_id']}/{view}.png" for view in VIEWS]
    pictures = {app.client.get(url).content for url in urls}
    assert len(pictures) == 4
    delete(app, done["generation_id"])
    assert [app.client.get(url).status_code for url in urls] == [404] * 4


def test_null_is_the_same_as_absent(app: RunningApp) -> None:
    documented = "pose_file_id reference_file_id clothing style realism pose_image reference_image"
    ours = (
        "negative_prompt variants steps cfg sampler scheduler denoise model loras workflow engine max_drift"
    )
    nothing = dict.fromkeys(f"{documented} {ours}".split())
    pictures = []
    for members in ({}, nothing):
        body = {"prompt": "a knight", **SIZE, "seed": 11, **members}
        answer = app.client.post(f"{PREFIX}/generate/avatar", json=body)
        assert answer.status_code == 200, answer.text
        done = app.wait(answer.json()["generation_id"])
        content = app.client.get(done["output_files"][0]["url"]).content
        with Image.open(io.BytesIO(content)) as picture:
            pictures.append(picture.tobytes())
    assert pictures[0] == pictures[1]


def test_seed_minus_one_and_no_seed_are_random(app: RunningApp) -> None:
    def seed_of(**members: object) -> int:
        started = post(app, "generate/avatar", **members)
        delete(app, started["generation_id"])
        return started["seed"]

    assert len({seed_of(), seed_of(), seed_of(seed=-1), seed_of(seed=None)}) == 4
    assert seed_of(seed=0) == 0


# ---------------------------------------------------------------------- lists


def test_list_is_paged_newest_first_and_counts_all_matches(app: RunningApp) -> None:
    word = f"zeta{uuid.uuid4().hex}"
    ids = [post(app, "generate/avatar", prompt=f"a {word}, number {n}")["generation_id"] for n in range(5)]
    first = page(app, search=word, limit=2)
    assert (first["total"], first["limit"], first["offset"]) == (5, 2, 0)
    listed = []
    for offset in (0, 2, 4, 6):
        found = page(app, search=word, limit=2, offset=offset)
        assert (found["total"], found["offset"]) == (5, offset)
        listed += [generation["generation_id"] for generation in found["generations"]]
    assert listed == ids[::-1]
    assert page(app)["limit"] == 50
    assert page(app, limit=100)["limit"] == 100
    assert page(app, offset=10**9)["generations"] == []
    for generation_id in ids:
        delete(app, generation_id)
    assert page(app, search=word)["total"] == 0


def test_list_filters_by_status_and_shows_what_the_single_answer_shows(app: RunningApp) -> None:
    word = f"eta{uuid.uuid4().hex}"
    done = app.wait(post(app, "generate/avatar", prompt=word)["generation_id"])
    found = page(app, search=word, status="completed")
    assert found["generations"] == [done]
    for status in ("queued", "processing", "failed"):
        assert page(app, search=word, status=status)["total"] == 0
    for query in ({"status": "completed"}, {"status": "failed"}, {"status": "queued"}):
        assert {found["status"] for found in page(app, **query)["generations"]} <= {query["status"]}


# -------------------------------------------------------------------- deleting


def test_deleted_generation_is_gone_with_its_outputs(app: RunningApp) -> None:
    done = app.wait(post(app, "generate/avatar")["generation_id"])
    folder = app.storage / "outputs" / done["generation_id"]
    assert folder.is_dir()
    delete(app, done["generation_id"])
    assert not folder.exists()
    for root in (PREFIX, ""):
        for method in ("GET", "DELETE"):
            answer = app.client.request(method, f"{root}/generations/{done['generation_id']}")
            assert answer.status_code == 404
            check_shape(answer.json(), PROBLEM)
        assert app.client.get(root + done["output_files"][0]["url"]).status_code == 404


def test_deleting_what_runs_or_waits_stops_it(app: RunningApp) -> None:
    started = [post(app, "generate_all_poses") for _ in range(3)]
    for generation in started:
        delete(app, generation["generation_id"])
    for generation in started:
        assert app.client.get(f"/generations/{generation['generation_id']}").status_code == 404
    # The server is free again for others.
    assert app.wait(post(app, "generate/avatar")["generation_id"])["status"] == "completed"
    for generation in started:
        assert not (app.storage / "outputs" / generation["generation_id"]).exists()


# --------------------------------------------------------------- sending twice


def test_same_idempotency_key_makes_one_generation(app: RunningApp) -> None:
    key = {"Idempotency-Key": uuid.uuid4().hex}
    first = post(app, "generate/avatar", key)
    assert post(app, "generate/avatar", key)["generation_id"] == first["generation_id"]
    other = app.client.post(f"{PREFIX}/generate/avatar", json={"prompt": "a mage"}, headers=key)
    assert other.status_code == 422
    check_shape(other.json(), INVALID)
    long = app.client.post("/generate/avatar", json={"prompt": "a"}, headers={"Idempotency-Key": "x" * 256})
    assert long.status_code == 422
    delete(app, first["generation_id"])
