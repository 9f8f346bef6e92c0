"""Pictures over the AInfluencer API: jobs, batches, ranks, variants, files, and what is gone afterwards."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.conftest import RunningApp
from tests.influencer_fixtures import SMALL, ask, call, finish, influencer, picture, refused  # noqa: F401

LARGE = {"width": 1024, "height": 1024, "steps": 30}


@pytest.fixture(scope="module")
def app(influencer: RunningApp) -> RunningApp:  # noqa: F811
    return influencer


@pytest.fixture(scope="module")
def batch(app: RunningApp) -> dict[str, Any]:
    return picture(app, prompt="a wizard", batch_size=3)


def pixels(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data)).convert("RGB")


# -------------------------------------------------------------------------- a job


def test_every_parameter_reaches_the_picture(app: RunningApp) -> None:
    asked = {"negative_prompt": "hat", "width": 192, "height": 128, "steps": 2, "cfg_scale": 6.5, "seed": 11}
    done = picture(app, prompt="a knight", sampler_name="euler", scheduler="normal", **asked)
    told = done["result"]["metadata"]
    assert {name: told[name] for name in ("width", "height", "steps", "seed", "sampler", "scheduler")} == {
        "width": 192,
        "height": 128,
        "steps": 2,
        "seed": 11,
        "sampler": "euler",
        "scheduler": "normal",
    }
    assert (told["cfg"], told["negative_prompt"], done["params"]["cfg_scale"]) == (6.5, "hat", 6.5)
    data = app.client.get(done["result"]["image_url"])
    assert data.headers["content-type"] == "image/png"
    assert pixels(data.content).size == (192, 128)
    assert (app.storage / done["result"]["image_path"]).read_bytes() == data.content


def test_the_status_has_its_members_at_the_top_too(app: RunningApp, batch: dict[str, Any]) -> None:
    body = ask(app, "GET", f"/generate/image/{batch['job_id']}").json()
    assert body["success"] is True
    assert {name: body[name] for name in body["data"]} == body["data"]
    assert (body["status"], body["error"], body["batch_size"]) == ("completed", None, 3)


def test_minus_one_is_another_seed_each_time_and_a_seed_is_kept(app: RunningApp) -> None:
    first, second = (picture(app, seed=-1) for _ in range(2))
    assert first["seed"] != second["seed"]
    again = picture(app, seed=first["seed"])
    one, other = (app.client.get(done["result"]["image_url"]).content for done in (first, again))
    assert pixels(one).tobytes() == pixels(other).tobytes()


def test_pictures_of_a_batch_are_different_ones(app: RunningApp, batch: dict[str, Any]) -> None:
    urls = batch["result"]["image_urls"]
    assert len(set(urls)) == 3
    assert urls[0] == batch["result"]["image_url"]
    assert len({pixels(app.client.get(url).content).tobytes() for url in urls}) == 3


def test_characters_give_their_look_and_unknown_ones_are_not_found(app: RunningApp) -> None:
    look = {"hair_color": "green", "eye_color": "blue"}
    made = call(app, "POST", "/characters", json={"name": "Vera", "appearance": look})
    done = picture(app, prompt="in a forest", character_id=made["id"])
    assert done["character_id"] == made["id"]
    assert "green" in done["result"]["metadata"]["prompt"]
    refused(app, "POST", "/generate/image", 404, "not_found", json={"prompt": "x", "character_id": "nobody"})
    body = {"prompt": "x", "face_embedding_id": "nobody"}
    refused(app, "POST", "/generate/image", 404, "not_found", json=body)
    refused(app, "POST", "/generate/image", 404, "not_found", json={"prompt": "x", "style_id": "none"})


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("prompt", "  "),
        ("batch_size", 9),
        ("batch_size", 0),
        ("width", 32),
        ("height", 5000),
        ("steps", 0),
        ("cfg_scale", -1),
        ("seed", -2),
        ("face_consistency_method", "by magic"),
    ],
)
def test_what_cannot_be_asked_for_is_refused_by_name(app: RunningApp, member: str, value: Any) -> None:
    error = refused(app, "POST", "/generate/image", 422, json={"prompt": "a knight", **SMALL, member: value})
    assert any(member in problem["loc"] for problem in error["details"]["errors"])


def test_a_key_makes_one_job(app: RunningApp) -> None:
    body, headers = {"prompt": "a knight", **SMALL}, {"Idempotency-Key": "one-knight"}
    first, second = (
        call(app, "POST", "/generate/image", json=body, headers=headers)["job_id"] for _ in range(2)
    )
    assert first == second
    finish(app, first)


# -------------------------------------------------------------------------- lists


def test_jobs_are_listed_by_status_with_all_that_there_are(app: RunningApp, batch: dict[str, Any]) -> None:
    page = call(app, "GET", "/generate/image/jobs", params={"status": "completed", "limit": 2})
    assert len(page["items"]) == 2
    assert page["total"] > 2
    assert all(job["status"] == "completed" for job in page["items"])
    rest = call(app, "GET", "/generate/image/jobs", params={"limit": 100, "offset": 1})
    listed = [job["job_id"] for job in rest["items"]]
    assert len(listed) == len(set(listed)) == rest["total"] - 1
    assert (
        batch["job_id"] in [job["job_id"] for job in rest["items"]]
        or batch["job_id"]
        == (call(app, "GET", "/generate/image/jobs", params={"limit": 1})["items"][0]["job_id"])
    )
    assert call(app, "GET", "/generate/image/jobs", params={"status": "nothing"})["total"] == 0


def test_pictures_of_other_families_are_not_among_them(app: RunningApp) -> None:
    other = app.generate(width=128, height=128)["generation_id"]
    app.wait(other)
    refused(app, "GET", f"/generate/image/{other}", 404, "not_found")
    listed = call(app, "GET", "/generate/image/jobs", params={"limit": 100})["items"]
    assert other not in [job["job_id"] for job in listed]


def test_sums_follow_the_jobs(app: RunningApp, batch: dict[str, Any]) -> None:
    before, queue = call(app, "GET", "/generate/image/stats"), call(app, "GET", "/generate/image/batch/queue")
    made = picture(app, prompt="an elf", batch_size=2)
    call(app, "GET", f"/generate/image/{made['job_id']}/rank")
    after, then = call(app, "GET", "/generate/image/stats"), call(app, "GET", "/generate/image/batch/queue")
    assert after["total_jobs"] == before["total_jobs"] + 1
    assert after["completed"] == before["completed"] + 1
    assert after["total_images_generated"] == before["total_images_generated"] + 2
    assert after["batch_jobs"] == before["batch_jobs"] + 1
    assert 0 < after["average_quality_score"] <= 10
    assert after["average_duration_seconds"] > 0
    assert then["total_images_completed"] == queue["total_images_completed"] + 2
    assert then["total_batch_jobs"] == queue["total_batch_jobs"] + 1


def test_a_batch_is_summed_up_and_a_single_picture_is_none(app: RunningApp, batch: dict[str, Any]) -> None:
    found = call(app, "GET", f"/generate/image/batch/{batch['job_id']}/summary")
    assert (found["batch_size"], found["image_count"], found["status"]) == (3, 3, "completed")
    assert found["progress"] == {"completed": 3, "failed": 0, "processing": 0}
    stats = found["quality_stats"]
    assert stats["scores_count"] == 3
    assert stats["min_score"] <= stats["average_score"] <= stats["max_score"]
    single = picture(app)
    refused(app, "GET", f"/generate/image/batch/{single['job_id']}/summary", 404, "not_found")


# ------------------------------------------------------------------------- scores


def test_the_best_come_first_and_scores_are_kept(app: RunningApp, batch: dict[str, Any]) -> None:
    path = f"/generate/image/{batch['job_id']}/rank"
    found = call(app, "GET", path)
    scores = [one["quality_score"] for one in found["items"]]
    assert found["total_images"] == found["filtered_count"] == len(scores) == 3
    assert scores == sorted(scores, reverse=True)
    assert [one["rank"] for one in found["items"]] == [1, 2, 3]
    kept = call(app, "GET", f"/content/library/{found['items'][0]['content_id']}")
    assert kept["quality_score"] == scores[0]
    assert {check["name"] for check in kept["quality_checks"]} >= {"sharpness", "exposure", "resolution"}
    assert call(app, "GET", path, params={"limit": 1})["items"] == found["items"][:1]
    assert call(app, "GET", path, params={"min_quality": 10})["filtered_count"] == 0


def test_what_is_kept_is_judged_and_its_score_noted(app: RunningApp) -> None:
    done = picture(app, width=320, height=320)
    content = done["result"]["content_ids"][0]
    by_id = call(app, "POST", f"/content/validate/{content}", params={"platforms": "instagram, youtube"})
    assert by_id["is_valid"]
    assert by_id["metadata"]["width"] == 320
    assert {"instagram_ratio", "youtube_size"} <= {check["name"] for check in by_id["checks"]}
    assert "youtube_size" in by_id["checks_failed"]
    assert call(app, "GET", f"/content/library/{content}")["quality_score"] == by_id["quality_score"]
    body = {"image_path": done["result"]["image_path"], "image_url": "https://..."}
    by_path = call(app, "POST", "/content/validate", json=body)
    assert by_path["content_id"] == content
    assert by_path["quality_score"] == by_id["quality_score"]
    assert call(app, "POST", "/content/validate", json={"image_url": done["result"]["image_url"]}) == by_path
    refused(app, "POST", f"/content/validate/{content}", 422, params={"platforms": "nowhere"})


def test_the_same_picture_twice_is_said(app: RunningApp) -> None:
    first, second = (picture(app, prompt="a pirate on a ship", seed=77, steps=steps) for steps in (1, 2))
    call(app, "POST", f"/content/validate/{first['result']['content_ids'][0]}")
    found = call(app, "POST", f"/content/validate/{second['result']['content_ids'][0]}")
    assert first["result"]["content_ids"][0] in found["metadata"]["duplicates"]
    assert "unique" in found["checks_failed"]


def test_broken_files_are_judged_and_strangers_are_refused(app: RunningApp) -> None:
    broken = app.storage / "content" / "broken.png"
    broken.parent.mkdir(exist_ok=True)
    broken.write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    found = call(app, "POST", "/content/validate", json={"image_path": "content/broken.png"})
    assert (found["is_valid"], found["quality_score"], found["content_id"]) == (False, 0.0, None)
    assert found["errors"]
    for path in ("../secret.png", "content/../../x.png", "C:\\secret.png"):
        error = refused(app, "POST", "/content/validate", 422, json={"image_path": path})
        assert error["details"]["code"] == "given_outside"
    refused(app, "POST", "/content/validate", 404, "not_found", json={"image_path": "/etc/passwd"})
    refused(app, "POST", "/content/validate", 422, "validation_error", json={})


# ------------------------------------------------------------------------- variants


def test_variants_have_one_seed_and_are_compared(app: RunningApp) -> None:
    body = {
        "variants": [
            {"prompt": "a knight", "name": "knight", "negative_prompt": "horse"},
            {"prompt": "a wizard in a tower"},
        ],
        "base_negative_prompt": "blurry",
        **SMALL,
        "seed": None,
    }
    test = call(app, "POST", "/generate/image/ab-test", json=body)
    assert [one["variant_name"] for one in test["variant_jobs"]] == ["knight", "variant_2"]
    done = [finish(app, one["job_id"]) for one in test["variant_jobs"]]
    assert {one["seed"] for one in done} == {test["seed"]}
    assert done[0]["result"]["metadata"]["negative_prompt"] == "blurry, horse"
    found = call(app, "GET", f"/generate/image/ab-test/{test['ab_test_id']}")
    scores = {one["variant_name"]: one["quality_score"] for one in found["variants"]}
    times = {one["variant_name"]: one["generation_time"] for one in found["variants"]}
    best, fastest = found["comparison"]["best_quality"], found["comparison"]["fastest"]
    assert scores[best] == max(scores.values()) == found["comparison"]["best_quality_score"]
    assert times[fastest] == min(times.values()) == found["comparison"]["fastest_time"]
    call(app, "DELETE", f"/generate/image/{done[0]['job_id']}")
    left = call(app, "GET", f"/generate/image/ab-test/{test['ab_test_id']}")["variants"]
    assert left[0]["status"] == "failed"
    assert "deleted" in left[0]["error"]
    assert left[1]["status"] == "completed"


def test_tests_need_two_to_ten_variants_and_leave_nothing_when_refused(app: RunningApp) -> None:
    before = call(app, "GET", "/generate/image/stats")["total_jobs"]
    for count in (1, 11):
        body = {"variants": [{"prompt": "a knight"}] * count, **SMALL}
        refused(app, "POST", "/generate/image/ab-test", 422, json=body)
    body = {"variants": [{"prompt": "a"}, {"prompt": "b"}], "checkpoint": "nobody-has-this.safetensors"}
    assert ask(app, "POST", "/generate/image/ab-test", json=body).status_code >= 400
    assert call(app, "GET", "/generate/image/stats")["total_jobs"] == before


# ---------------------------------------------------------------------------- files


def test_one_picture_comes_as_it_is_and_a_batch_as_a_zip(app: RunningApp, batch: dict[str, Any]) -> None:
    single = picture(app)
    answer = ask(app, "GET", f"/generate/image/{single['job_id']}/download")
    name = Path(single["result"]["image_path"]).name
    assert answer.headers["content-disposition"] == f'attachment; filename="{name}"'
    assert answer.content == app.client.get(single["result"]["image_url"]).content
    packed = ask(app, "GET", f"/generate/image/{batch['job_id']}/download")
    assert packed.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(packed.content)) as files:
        assert files.testzip() is None
        told = json.loads(files.read("metadata.json"))
        assert told["job_id"] == batch["job_id"]
        assert told["request"]["prompt"] == "a wizard"
        found = [files.read(one["path"]) for one in told["images"]]
    assert found == [app.client.get(url).content for url in batch["result"]["image_urls"]]


def test_running_jobs_have_nothing_to_download_and_can_be_cancelled(app: RunningApp) -> None:
    body = {"prompt": "a dragon", **LARGE, "batch_size": 8}
    job = call(app, "POST", "/generate/image", json=body)["job_id"]
    refused(app, "GET", f"/generate/image/{job}/download", 409, "conflict")
    assert call(app, "GET", f"/generate/image/{job}/rank")["items"] == []
    found = call(app, "POST", f"/generate/image/{job}/cancel")
    assert found["cancel_requested"] is True
    done = finish(app, job)
    assert done["status"] == "cancelled"
    assert done["cancelled_at"]
    assert done["result"] is None
    again = call(app, "POST", f"/generate/image/{job}/cancel")
    assert again["status"] == "cancelled"
    summary = call(app, "GET", f"/generate/image/batch/{job}/summary")
    assert summary["progress"]["processing"] == 0
    refused(app, "GET", f"/generate/image/{job}/download", 409, "conflict")


def test_cancelling_a_finished_job_takes_nothing_away(app: RunningApp, batch: dict[str, Any]) -> None:
    found = call(app, "POST", f"/generate/image/{batch['job_id']}/cancel")
    assert (found["status"], found["images_kept"]) == ("completed", 3)
    assert app.client.get(batch["result"]["image_url"]).status_code == 200


def test_deleted_jobs_take_their_pictures_along_but_no_approved_ones(app: RunningApp) -> None:
    gone = picture(app, batch_size=2)
    first, second = gone["result"]["content_ids"]
    call(app, "POST", "/content/library/batch/approve", json={"content_ids": [first]})
    call(app, "DELETE", f"/generate/image/{gone['job_id']}")
    refused(app, "GET", f"/generate/image/{gone['job_id']}", 404, "not_found")
    kept, lost = gone["result"]["image_urls"]
    assert app.client.get(kept).status_code == 200
    assert app.client.get(lost).status_code == 404
    refused(app, "GET", f"/content/library/{second}", 404, "not_found")


def test_clearing_leaves_only_what_was_approved(app: RunningApp) -> None:
    done = picture(app)
    call(app, "POST", "/content/library/batch/approve", json={"content_ids": done["result"]["content_ids"]})
    before = call(app, "GET", "/generate/storage")
    assert before["total_bytes"] == before["images_bytes"] + before["videos_bytes"] > 0
    jobs = call(app, "GET", "/generate/image/stats")
    cleared = call(app, "POST", "/generate/clear")
    assert cleared["deleted_jobs"] >= jobs["total_jobs"]
    assert cleared["deleted_images"] >= jobs["total_images_generated"]
    assert call(app, "GET", "/generate/image/jobs")["total"] == 0
    after = call(app, "GET", "/generate/storage")
    assert 0 < after["images_count"] < before["images_count"]
    assert app.client.get(done["result"]["image_url"]).status_code == 200
    listed = call(app, "GET", "/content/library", params={"limit": 100})["items"]
    assert {one["approval_status"] for one in listed} == {"approved"}
