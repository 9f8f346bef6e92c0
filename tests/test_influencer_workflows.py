"""Workflows in the AInfluencer manner: listed, looked at, and run as image jobs."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import RunningApp
from tests.fake_comfy import FakeComfy
from tests.influencer_fixtures import SMALL, ask, call, finish, influencer, picture, refused, until

__all__ = ["influencer"]


def test_the_library_by_category_and_tag(influencer: RunningApp) -> None:
    found = call(influencer, "GET", "/workflows")
    every = {one["id"]: one for one in found["items"]}
    assert found["total"] == len(every) > 15
    assert every["embedded"]["category"] == "draw"
    assert every["checkpoint"]["required_models"]["model"]["folder"] == "models/checkpoints"
    assert "sd_xl_base_1.0.safetensors" in every["checkpoint"]["required_models"]["model"]["files"]
    assert "KSampler" in every["checkpoint"]["required_nodes"]
    talking = call(influencer, "GET", "/workflows", params={"category": "talk"})["items"]
    assert {one["id"] for one in talking} == {
        one["id"] for one in found["items"] if one["category"] == "talk"
    }
    assert talking
    tagged = call(influencer, "GET", "/workflows", params={"tag": "embedded"})["items"]
    assert {"embedded"} <= {one["id"] for one in tagged} < set(every)
    assert call(influencer, "GET", "/workflows", params={"tag": "nothing"})["total"] == 0


def test_one_workflow_says_what_is_missing_for_it(influencer: RunningApp) -> None:
    embedded = call(influencer, "GET", "/workflows/embedded")
    assert embedded["validation"]["valid"] is True
    assert {"clothing", "reference_path", "pose_url"} <= set(embedded["inputs"])
    checkpoint = call(influencer, "GET", "/workflows/checkpoint")
    assert checkpoint["validation"]["valid"] is False
    assert checkpoint["validation"]["reasons"]
    packs = call(influencer, "GET", "/workflows/checkpoint_ipadapter")["required_extensions"]
    assert packs
    refused(influencer, "GET", "/workflows/nothing", 404, "not_found")


def test_missing_models_and_nodes_are_named(influencer: RunningApp) -> None:
    with FakeComfy() as comfy:
        call(influencer, "PUT", "/settings", json={"comfyui_base_url": comfy.url})
        until(lambda: call(influencer, "GET", "/comfyui/status")["reachable"])
        found = call(influencer, "GET", "/workflows/flux")["validation"]
        assert found["valid"] is False
        assert found["server"] == comfy.url
        assert "UNETLoader" in found["missing_nodes"]
        call(influencer, "PUT", "/settings", json={"comfyui_base_url": None})


def test_a_graph_in_the_queue_has_the_number_that_its_server_gave(influencer: RunningApp) -> None:
    side = {"width": 64, "height": 64, "batch_size": 1, "color": 255}
    graph = {
        "1": {"class_type": "EmptyImage", "inputs": side},
        "2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "blue"}},
    }
    numbers: list[int] = []
    for _ in range(3):
        queued = call(influencer, "POST", "/comfyui/queue", json={"workflow": graph})
        finish(influencer, queued["job_id"])
        numbers.append(queued["number"])
    assert all(isinstance(one, int) for one in numbers)
    assert numbers == sorted(set(numbers)), "in the order in which it took them"


def test_a_run_is_an_image_job_with_all_its_values(influencer: RunningApp) -> None:
    body = {
        "prompt": "a knight",
        "negative_prompt": "blurry",
        "seed": 5,
        "width": 128,
        "height": 192,
        "steps": 2,
        "cfg_scale": 3.5,
        "batch_size": 2,
        "inputs": {"clothing": "red cape", "views": ["side"]},
    }
    made = call(influencer, "POST", "/workflows/embedded/run", json=body)
    assert made["workflow_id"] == "embedded"
    assert made["validation"]["valid"] is True
    done = finish(influencer, made["job_id"])
    assert done["status"] == "completed"
    assert len(done["result"]["image_urls"]) == 2
    told = influencer.client.get(f"/api/v1/jobs/status/{made['job_id']}").json()
    assert (told["seed"], told["workflow"]) == (5, "embedded")
    generation = influencer.client.get(f"/avatarforge-controller/generations/{made['job_id']}").json()
    assert [one["pose_type"] for one in generation["output_files"]] == ["side", "side"]
    silent = call(influencer, "POST", "/workflows/embedded/run", json={**body, "validate": False})
    assert silent["validation"] is None
    assert finish(influencer, silent["job_id"])["status"] == "completed"


def test_equal_runs_are_equal_and_minus_one_is_any_seed(influencer: RunningApp) -> None:
    def bytes_of(**more: Any) -> bytes:
        made = call(
            influencer, "POST", "/workflows/embedded/run", json={"prompt": "a knight", **SMALL, **more}
        )
        return influencer.client.get(finish(influencer, made["job_id"])["result"]["image_url"]).content

    assert bytes_of(seed=3) != bytes_of(seed=-1)


def test_pictures_for_it_come_by_path_or_address(influencer: RunningApp) -> None:
    first = picture(influencer)["result"]
    for inputs in (
        {"reference_path": first["image_path"]},
        {"reference_url": influencer.url + first["image_url"]},
    ):
        body = {"prompt": "a knight", **SMALL, "inputs": inputs}
        made = call(influencer, "POST", "/workflows/embedded/run", json=body)
        assert finish(influencer, made["job_id"])["status"] == "completed"
    outside = {"prompt": "a knight", "inputs": {"reference_path": "../../etc/passwd"}}
    assert ask(influencer, "POST", "/workflows/embedded/run", json=outside).status_code in {
        400,
        403,
        404,
        422,
    }


def test_a_run_under_one_key_is_one_job_and_may_be_waited_for(influencer: RunningApp) -> None:
    body = {"prompt": "a knight", **SMALL}
    headers = {"Idempotency-Key": "workflow-1", "Prefer": "wait=60"}
    first = ask(influencer, "POST", "/workflows/embedded/run", json=body, headers=headers)
    assert first.json()["data"]["status"] == "completed"
    again = ask(influencer, "POST", "/workflows/embedded/run", json=body, headers=headers)
    assert again.json()["data"]["job_id"] == first.json()["data"]["job_id"]
    assert again.headers["idempotent-replayed"] == "true"


@pytest.mark.parametrize(
    ("workflow", "body", "status", "code"),
    [
        ("nothing", {"prompt": "a knight"}, 404, "not_found"),
        ("embedded", {}, 422, "validation_error"),
        ("embedded", {"prompt": ""}, 422, "validation_error"),
        ("embedded", {"prompt": "a", "batch_size": 9}, 422, "validation_error"),
        ("embedded", {"prompt": "a", "bogus": 1}, 422, "validation_error"),
        ("embedded", {"prompt": "a", "inputs": {"bogus": 1}}, 422, "validation_error"),
        ("embedded", {"prompt": "a", "inputs": {"engine": "auto"}}, 422, "validation_error"),
        ("embedded", {"prompt": "a", "inputs": {"clothing": 5}}, 422, "validation_error"),
        ("embedded", {"prompt": "a", "inputs": {"reference_path": 5}}, 422, "validation_error"),
        ("embedded", {"prompt": "a", "inputs": {"reference_file_id": "none"}}, 404, "not_found"),
        ("checkpoint", {"prompt": "a"}, 422, "validation_error"),
        ("talking_embedded", {"prompt": "a"}, 422, "validation_error"),
        ("edit_embedded", {"prompt": "a"}, 422, "validation_error"),
    ],
)
def test_what_cannot_run_is_refused_before_it_is_queued(
    influencer: RunningApp, workflow: str, body: dict[str, Any], status: int, code: str
) -> None:
    before = call(influencer, "GET", "/monitoring/metrics")["jobs"]
    refused(influencer, "POST", f"/workflows/{workflow}/run", status, code, json=body)
    after = call(influencer, "GET", "/monitoring/metrics")["jobs"]
    assert sum(after.values()) == sum(before.values())
