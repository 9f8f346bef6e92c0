"""Jobs of the Media Generation API: what they are asked for and told of, listed, cancelled and refused."""

from __future__ import annotations

import io
import itertools
import json
import uuid
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from studio import pictures, prompts
from studio.gallery import Gallery
from studio.media import Media, fits, other_side, ratio_of, sides
from studio.request import AvatarRequest
from tests.conftest import RunningApp
from tests.media_calls import SLOW, SMALL, create, finish, make, post, status_of
from tests.studio_fixtures import open_jobs

# ------------------------------------------------------------------------ asking


def test_a_job_gives_back_what_it_was_asked_for(app: RunningApp) -> None:
    parameters = {
        "width": 160,
        "height": 128,
        "num_inference_steps": 2,
        "guidance_scale": 7.5,
        "negative_prompt": "blurry, low quality",
        "seed": 12345,
    }
    done = make(app, prompt="  a wise owl ", parameters=parameters, metadata={"user": {"id": 7}})
    assert done["parameters"] == parameters
    assert done["prompt"] == "a wise owl"
    assert done["metadata"] == {"user": {"id": 7}}
    assert done["seed"] == 12345
    assert (done["media"][0]["width"], done["media"][0]["height"]) == (160, 128)
    assert done["engine"] == "embedded"
    assert done["created_at"] <= done["started_at"] <= done["completed_at"] <= done["updated_at"]
    recorded = app.client.get(f"/studio/gallery/{done['media'][0]['id']}").json()["recipe"]["request"]
    assert (recorded["kind"], recorded["steps"], recorded["cfg"]) == ("media", 2, 7.5)
    assert recorded["negative_prompt"] == "blurry, low quality"


def test_the_same_seed_gives_the_same_picture(app: RunningApp) -> None:
    first, again, other = (make(app, parameters=SMALL | {"seed": seed}) for seed in (5, 5, 6))
    pixels = [
        Image.open(io.BytesIO(app.client.get(one["media"][0]["url"]).content)).tobytes()
        for one in (first, again, other)
    ]
    assert pixels[0] == pixels[1] != pixels[2]


def test_a_seed_of_minus_one_is_a_new_one_each_time(app: RunningApp) -> None:
    seeds = {status_of(app, create(app, parameters=SMALL | {"seed": -1}))["seed"] for _ in range(3)}
    assert len(seeds) == 3
    assert -1 not in seeds


@pytest.mark.parametrize(
    ("wanted", "mime_type", "suffix"),
    [("PNG", "image/png", ".png"), ("JPEG", "image/jpeg", ".jpg"), ("webp", "image/webp", ".webp")],
)
def test_the_format_is_the_one_that_was_asked_for(
    app: RunningApp, wanted: str, mime_type: str, suffix: str
) -> None:
    done = make(app, parameters=SMALL | {"output_format": wanted, "output_quality": 60, "seed": 9})
    [medium] = done["media"]
    answer = app.client.get(medium["url"])
    assert medium["mime_type"] == answer.headers["content-type"] == mime_type
    with Image.open(io.BytesIO(answer.content)) as picture:
        assert picture.format == wanted.upper()
    recipe = pictures.read_recipe(answer.content)
    assert recipe is not None
    assert recipe["request"]["seed"] == 9
    info = app.client.get(f"/api/v1/media/{medium['id']}/info").json()
    assert info["file_extension"] == suffix


@pytest.mark.parametrize(
    ("given", "size"),
    [
        ({"aspect_ratio": "1:1"}, None),
        ({"aspect_ratio": "16:9", "width": 256}, (256, 144)),
        ({"aspect_ratio": "1:2", "height": 256}, (128, 256)),
        ({"aspect_ratio": "16:9", "width": 128, "height": 192}, (128, 192)),
    ],
)
def test_a_ratio_decides_the_sides_that_are_open(
    app: RunningApp, given: dict[str, Any], size: tuple[int, int] | None
) -> None:
    [medium] = make(app, parameters={"num_inference_steps": 1, **given})["media"]
    if size is None:
        assert medium["width"] == medium["height"]
    else:
        assert (medium["width"], medium["height"]) == size


@pytest.mark.parametrize(
    "ratio", ["1:1", "16:9", "9:16", "21:9", "4:5", "3:2", "8:1", "1:8", "47:31", "1920:1080"]
)
@pytest.mark.parametrize("pixels", [128 * 128, 512 * 768, 1024 * 1024, 2048 * 2048])
def test_sides_keep_ratio_size_and_bounds(ratio: str, pixels: int) -> None:
    width, height = sides(ratio_of(ratio), pixels)
    wanted = ratio_of(ratio)[0] / ratio_of(ratio)[1]
    assert width % 8 == height % 8 == 0
    assert min(width, height) >= 128
    assert max(width, height) <= 2048
    assert width / height == pytest.approx(wanted, rel=0.07)
    if 512 * 768 <= pixels <= 1024 * 1024 and 1 / 3 < wanted < 3:
        assert width * height == pytest.approx(pixels, rel=0.35)


def test_the_usual_ratios_are_exact() -> None:
    for ratio in ("1:1", "16:9", "9:16", "4:3", "3:4", "3:2", "2:3", "21:9", "5:4", "4:5"):
        width, height = sides(ratio_of(ratio), 1024 * 1024)
        assert width * ratio_of(ratio)[1] == height * ratio_of(ratio)[0], ratio


def test_the_other_side_stays_within_bounds_or_is_refused() -> None:
    assert other_side(1024, None, (16, 9)) == (1024, 576)
    assert other_side(None, 1024, (9, 16)) == (576, 1024)
    assert not fits(128, None, (2, 1))
    assert not fits(None, 2048, (2, 1))
    assert fits(None, None, (2, 1))
    assert fits(128, 2048, (2, 1))


def test_the_prompt_is_drawn_as_it_is_written(app: RunningApp) -> None:
    from_behind = status_of(app, create(app, prompt="a knight seen from behind"))
    recipe = app.client.get(f"/studio/jobs/{from_behind['id']}").json()
    assert recipe["request"]["views"] == ["back"]
    assert recipe["kind"] == "media"
    finish(app, from_behind["id"])


# ----------------------------------------------------------------------- refusing


def problems(answer: Any) -> list[tuple[str, list[Any]]]:
    assert answer.status_code == 422, answer.text
    body = answer.json()
    assert body["request_id"].startswith("req_")
    for item in body["detail"]:
        assert set(item) == {"type", "loc", "msg", "input"}
    return [(item["type"], item["loc"]) for item in body["detail"]]


@pytest.mark.parametrize(
    ("parameters", "kind", "member"),
    [
        ({"width": 127}, "greater_equal", "width"),
        ({"height": 2049}, "less_equal", "height"),
        ({"width": "wide"}, "int_parsing", "width"),
        ({"num_inference_steps": 0}, "greater_equal", "num_inference_steps"),
        ({"num_inference_steps": 201}, "less_equal", "num_inference_steps"),
        ({"guidance_scale": -0.1}, "greater_equal", "guidance_scale"),
        ({"output_quality": 101}, "less_equal", "output_quality"),
        ({"output_format": "GIF"}, "literal_error", "output_format"),
        ({"aspect_ratio": "wide"}, "value_error", "aspect_ratio"),
        ({"aspect_ratio": "0:1"}, "value_error", "aspect_ratio"),
        ({"aspect_ratio": "9:1"}, "value_error", "aspect_ratio"),
        ({"aspect_ratio": "8:1", "width": 512}, "value_error", "aspect_ratio"),
        ({"seed": -2}, "greater_equal", "seed"),
        ({"seed": 2**63}, "less_equal", "seed"),
        ({"negative_prompt": "x" * 20_001}, "string_too_long", "negative_prompt"),
        ({"model": ""}, "string_too_short", "model"),
        ({"with": 128}, "extra_forbidden", "with"),
    ],
)
def test_a_wrong_parameter_is_named(
    app: RunningApp, parameters: dict[str, Any], kind: str, member: str
) -> None:
    assert problems(post(app, parameters=parameters)) == [(kind, ["body", "parameters", member])]


@pytest.mark.parametrize(
    ("body", "kind", "place"),
    [
        ({"prompt": None}, "string_type", ["body", "prompt"]),
        ({"prompt": "   "}, "string_too_short", ["body", "prompt"]),
        ({"prompt": "x" * 20_001}, "string_too_long", ["body", "prompt"]),
        ({"parameters": []}, "model_attributes_type", ["body", "parameters"]),
        ({"metadata": "text"}, "dict_type", ["body", "metadata"]),
        ({"metadata": {"long": "x" * 70_000}}, "value_error", ["body", "metadata"]),
        ({"webhook_url": "ftp://somewhere.example/"}, "address_refused", ["body", "webhook_url"]),
        ({"webhook_url": "http://127.0.0.1/"}, "address_refused", ["body", "webhook_url"]),
        ({"webhook_events_filter": ["never"]}, "literal_error", ["body", "webhook_events_filter", 0]),
        ({"promt": "a"}, "extra_forbidden", ["body", "promt"]),
    ],
)
def test_a_wrong_member_is_named(app: RunningApp, body: dict[str, Any], kind: str, place: list[Any]) -> None:
    assert problems(post(app, **body)) == [(kind, place)]


def test_all_that_is_wrong_is_said_at_once(app: RunningApp) -> None:
    wrong = post(app, prompt="", parameters={"width": 1, "height": 9999, "seed": "x"})
    assert [place[-1] for _, place in problems(wrong)] == ["prompt", "width", "height", "seed"]


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"{", "json_invalid"),
        (b"[]", "model_attributes_type"),
        (b"", "missing"),
        (b"{}", "missing"),
        (b'{"prompt": NaN}', "json_invalid"),
        (b'{"prompt": "\\ud800"}', "string_unicode"),
        (b'{"prompt": "a", "metadata": {"a": "\\ud800"}}', "value_error"),
    ],
)
def test_what_is_no_request_is_refused(app: RunningApp, content: bytes, kind: str) -> None:
    answer = app.client.post(
        "/api/v1/jobs/generate", content=content, headers={"Content-Type": "application/json"}
    )
    assert [found for found, _ in problems(answer)] == [kind]


def test_a_model_that_no_server_has_is_refused_before_anything_is_recorded(app: RunningApp) -> None:
    before = app.client.get("/api/v1/jobs", params={"kind": "all"}).json()["total"]
    answer = post(app, parameters=SMALL | {"model": "nobody-has-this.safetensors"})
    assert problems(answer) == [("workflow_impossible", ["body"])]
    assert answer.json()["code"] == "workflow_impossible"
    assert "nobody-has-this" in answer.json()["detail"][0]["msg"]
    assert app.client.get("/api/v1/jobs", params={"kind": "all"}).json()["total"] == before


def test_what_a_client_sent_is_not_sent_back_at_length(app: RunningApp) -> None:
    answer = post(app, prompt="x" * 30_000)
    assert len(answer.json()["detail"][0]["input"]) == 500


@pytest.mark.parametrize(
    ("method", "path", "status", "detail"),
    [
        ("GET", "jobs/status/nothing", 404, "Job not found"),
        ("GET", f"jobs/status/{uuid.UUID(int=0)}", 404, "Job not found"),
        ("GET", "jobs/status/%F0%9F%98%80%00", 404, "Job not found"),
        ("DELETE", "jobs/nothing", 404, "Job not found"),
        ("GET", "jobs/nothing/events", 404, "Job not found"),
        ("GET", "media/nothing", 404, "Media not found"),
        ("GET", "media/nothing/info", 404, "Media not found"),
        ("DELETE", "media/nothing", 404, "Media not found"),
        ("GET", "nothing", 404, "Not Found"),
        ("PUT", "jobs", 405, "Method Not Allowed"),
    ],
)
def test_what_is_not_there_is_said_in_the_documented_form(
    app: RunningApp, method: str, path: str, status: int, detail: str
) -> None:
    answer = app.client.request(method, f"/api/v1/{path}")
    assert answer.status_code == status
    assert answer.json()["detail"] == detail
    assert answer.json()["request_id"] == answer.headers["x-request-id"]


# ------------------------------------------------------------------------ listing


def test_pages_lead_through_all_jobs(app: RunningApp) -> None:
    word = f"word{uuid.uuid4().hex}"
    made = [create(app, prompt=f"{word} {number}") for number in range(5)]
    found: list[str] = []
    for page in itertools.count(1):
        answer = app.client.get("/api/v1/jobs", params={"page": page, "per_page": 2, "search": word}).json()
        found += [job["id"] for job in answer["jobs"]]
        assert (answer["total"], answer["page"], answer["per_page"]) == (5, page, 2)
        assert answer["has_prev"] == (page > 1)
        if not answer["has_next"]:
            break
    assert found == made[::-1]
    beyond = app.client.get("/api/v1/jobs", params={"page": 9, "per_page": 2, "search": word}).json()
    assert (beyond["jobs"], beyond["has_next"], beyond["has_prev"]) == ([], False, True)
    for job_id in made:
        finish(app, job_id)


def test_the_list_is_filtered_by_status_and_kind(app: RunningApp) -> None:
    word = f"word{uuid.uuid4().hex}"
    done = make(app, prompt=word)["id"]
    stopped = create(app, prompt=word, parameters=SLOW)
    assert app.client.delete(f"/api/v1/jobs/{stopped}").status_code == 204
    finish(app, stopped)
    avatar = app.generate(prompt=word, width=128, height=128)["generation_id"]
    app.wait(avatar)

    def listed(**given: Any) -> set[str]:
        answer = app.client.get("/api/v1/jobs", params={"search": word, **given})
        return {job["id"] for job in answer.json()["jobs"]}

    assert listed() == {done, stopped}
    assert listed(status="completed") == {done}
    assert listed(status="cancelled") == {stopped}
    assert listed(status="pending") == set()
    assert listed(kind="avatar") == {avatar}
    assert listed(kind="all") == {done, stopped, avatar}
    generations = app.client.get("/generations", params={"search": word}).json()["generations"]
    assert [one["generation_id"] for one in generations] == [avatar]


@pytest.mark.parametrize(
    "query", ["page=0", "per_page=0", "per_page=101", "status=queued", "page=x", "kind=nothing"]
)
def test_a_list_that_cannot_be_is_refused(app: RunningApp, query: str) -> None:
    problems(app.client.get(f"/api/v1/jobs?{query}"))


def test_its_pictures_are_in_the_gallery_like_all_others(app: RunningApp) -> None:
    word = f"word{uuid.uuid4().hex}"
    done = make(app, prompt=f"a knight, {word}")
    found = app.client.get("/studio/gallery", params={"search": word}).json()["pictures"]
    assert [picture["id"] for picture in found] == [done["media"][0]["id"]]
    assert found[0]["kind"] == "media"


# --------------------------------------------------------------------- cancelling


def test_what_runs_is_cancelled_and_its_record_stays(app: RunningApp) -> None:
    job_id = create(app, parameters=SLOW)
    answer = app.client.delete(f"/api/v1/jobs/{job_id}")
    assert (answer.status_code, answer.content) == (204, b"")
    ended = finish(app, job_id)
    assert (ended["status"], ended["media"], ended["error_message"]) == ("cancelled", None, None)
    again = app.client.delete(f"/api/v1/jobs/{job_id}")
    assert again.status_code == 409
    assert again.json()["detail"] == "The job is cancelled already."


def test_what_is_finished_cannot_be_cancelled(app: RunningApp) -> None:
    done = make(app)
    answer = app.client.delete(f"/api/v1/jobs/{done['id']}")
    assert answer.status_code == 409
    assert answer.json()["code"] == "job_finished"
    assert status_of(app, done["id"]) == done


def test_jobs_of_other_families_are_told_of_in_this_ones_words(app: RunningApp) -> None:
    avatar = app.wait(app.generate(width=128, height=128, steps=1, seed=3)["generation_id"])
    told = status_of(app, avatar["generation_id"])
    assert told["status"] == "completed"
    assert told["parameters"]["width"] == 128
    assert told["parameters"]["num_inference_steps"] == 1
    assert told["media"][0]["file_size_bytes"] == avatar["output_files"][0]["size"]
    assert json.dumps(told["parameters"])


# -------------------------------------------------------------------------- words


@pytest.mark.parametrize("style", ["figure", "tags", "sentences"])
def test_models_read_the_words_as_they_are_written(style: prompts.PromptStyle) -> None:
    words = "A (beautiful:1.2) sunset over mountains, seen from behind"
    request = AvatarRequest(kind="media", prompt=words, negative_prompt="blurry")
    assert prompts.write(request, "front", style) == prompts.PromptText(words, "blurry")
    character = AvatarRequest(prompt=words, negative_prompt="blurry")
    if style != "figure":
        assert prompts.write(character, "front", style).positive != words


@pytest.mark.parametrize(
    ("words", "is_photo"),
    [
        ("a detailed portrait of an owl, 35mm photo", True),
        ("Photograph of a lake", True),
        ("photorealistic castle", True),
        ("an anime girl in the rain", False),
        ("a photon torpedo", False),
    ],
)
def test_the_words_say_whether_it_is_to_be_a_photograph(tmp_path: Path, words: str, is_photo: bool) -> None:
    jobs = open_jobs(tmp_path)
    assert Media(Gallery(jobs)).request({"prompt": words}).realism is is_photo
    jobs.database.close()


def test_a_job_that_is_made_again_is_still_one_of_this_family(tmp_path: Path) -> None:
    jobs = open_jobs(tmp_path)
    asked = {"parameters": {"seed": 5}}
    first = jobs.submit(
        AvatarRequest(kind="media", prompt="x", seed=5, output_format="JPEG"), door="media", asked=asked
    )
    jobs.cancel(first.id)
    again = jobs.retry(first.id, door="ui")
    assert (again.kind, again.asked, again.request["output_format"]) == ("media", asked, "JPEG")
    assert [job.id for job in jobs.list(kinds=("media",)).jobs] == [again.id, first.id]
    assert jobs.list(kinds=("avatar",)).total == 0
    jobs.database.close()
