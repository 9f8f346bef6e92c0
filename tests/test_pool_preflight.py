"""Preflight as a whole: what would run where, the exact files for a bare server, seconds by our history."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from studio.comfy.engine_process import free_port
from studio.jobs import Jobs
from studio.records import runs
from studio.records.runs import Work
from studio.request import AvatarRequest
from tests.conftest import RunningApp
from tests.documents.contract import INVALID, PREFIX, PROBLEM, check_shape
from tests.fake_comfy import FakeComfy
from tests.library_facts import server_info, server_nodes
from tests.served import serve
from tests.studio_fixtures import StandInServer, open_jobs, png

VIEWS = ["front", "back", "side", "quarter"]
HF = "https://huggingface.co"
CHECKPOINT = (
    "models/checkpoints",
    "Illustrious-XL-v0.1.safetensors",
    f"{HF}/OnomaAIResearch/Illustrious-xl-early-release-v0/resolve/main/Illustrious-XL-v0.1.safetensors",
)
CONTROLNET = (
    "models/controlnet",
    "diffusion_pytorch_model_promax.safetensors",
    f"{HF}/xinsir/controlnet-union-sdxl-1.0/resolve/main/diffusion_pytorch_model_promax.safetensors",
)


# ---------------------------------------------------------- a bare ComfyUI, by REST


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    """A studio whose ComfyUI is there and has no models, and whose own engine is switched off."""
    with FakeComfy() as fake:
        fake.info = server_nodes()
        running = serve(
            tmp_path_factory.mktemp("bare"),
            COMFYUI_URL=fake.url,
            STUDIO_ENGINE_URL=f"http://127.0.0.1:{free_port()}",
        )
        running.wait_healthy()
        yield running
        running.kill()


def upload(app: RunningApp, role: str, colour: str) -> str:
    files = {"file": ("a.png", png(colour), "image/png")}
    return app.client.post(f"{PREFIX}/upload/{role}_image", files=files).json()["file_id"]


def ask(app: RunningApp, **body: Any) -> dict[str, Any]:
    answer = app.client.post(f"{PREFIX}/preflight", json={"prompt": "a knight", **body})
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize(
    ("values", "files"),
    [
        ({}, [CHECKPOINT]),
        ({"views": ["side"]}, [CHECKPOINT]),
        ({"pose_file_id": "pose"}, [CHECKPOINT, CONTROLNET]),
        ({"views": VIEWS}, [CHECKPOINT]),
        ({"reference_file_id": "reference"}, [CHECKPOINT]),
        ({"pose_file_id": "pose", "reference_file_id": "reference"}, [CHECKPOINT, CONTROLNET]),
    ],
    ids=["avatar", "view", "pose", "sheet", "reference", "both"],
)
def test_a_bare_comfyui_is_told_the_exact_files(
    bare: RunningApp, values: dict[str, Any], files: list[tuple[str, str, str]]
) -> None:
    for role, colour in (("pose", "red"), ("reference", "blue")):
        if f"{role}_file_id" in values:
            values = values | {f"{role}_file_id": upload(bare, role, colour)}
    found = ask(bare, **values)
    assert found["can_run"] is False
    assert [(one["folder"], one["name"], one["address"]) for one in found["missing"]["files"]] == files
    assert found["missing"]["nodes"] == []
    assert (found["seconds"], found["places"]) == (None, [])
    # The generating call says just what was foretold.
    body = {"prompt": "a knight", **{name: value for name, value in values.items() if name != "views"}}
    path = "generate_all_poses" if values.get("views") == VIEWS else "generate_pose"
    view = "side" if values.get("views") == ["side"] else "front"
    refused = bare.client.post(f"{PREFIX}/{path}", params={"pose": view}, json=body)
    assert refused.status_code == 422
    assert refused.json()["code"] == found["problem"]["code"] == "workflow_impossible"
    assert refused.json()["detail"] == found["problem"]["message"]
    assert bare.client.get(f"{PREFIX}/generations").json()["total"] == 0


def test_every_alternative_is_named_with_what_it_lacks(bare: RunningApp) -> None:
    found = ask(bare)
    by_name = {one["workflow"]: one for one in found["alternatives"]}
    flux = by_name["flux"]
    assert flux["can_run"] is False
    assert [one["name"] for one in flux["missing"]["files"]] == [
        "flux1-dev.safetensors",
        "clip_l.safetensors",
        "t5xxl_fp16.safetensors",
        "ae.safetensors",
    ]
    assert flux["missing"]["size_bytes"] == 23802932552 + 246144152 + 9787841024 + 335304388
    [reason] = by_name["flux_kontext"]["reasons"]
    assert reason.startswith("Flux.1 Kontext needs a reference picture")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 400, "missing_field"),
        ({"prompt": "a", "views": []}, 422, "invalid_field"),
        ({"prompt": "a", "views": ["above"]}, 422, "invalid_field"),
        ({"prompt": "a", "views": ["front", "front"]}, 422, "invalid_field"),
        ({"prompt": "a", "workflow": "nothing"}, 422, "workflow_unknown"),
        ({"prompt": "a", "pose_file_id": "nothing"}, 404, "file_not_found"),
    ],
)
def test_what_is_wrong_with_the_request_itself_is_refused(
    bare: RunningApp, body: dict[str, Any], status: int, code: str
) -> None:
    answer = bare.client.post(f"{PREFIX}/preflight", json=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    check_shape(answer.json(), INVALID if status == 422 else PROBLEM)


def test_without_any_server_it_says_so_and_is_no_failure(bare: RunningApp) -> None:
    found = ask(bare, engine="embedded")
    # The engine is switched off: what it could do is known, and that it is not there is said by generating.
    assert found["workflow"] == "embedded"
    assert found["places"] == []
    assert found["seconds"] is None


# ------------------------------------------------------------------ estimates


def make_jobs(folder: Path, *servers: StandInServer) -> Jobs:
    return open_jobs(folder, *servers, comfyui_url=tuple(server.url for server in servers))


def gpu(url: str, *checkpoints: str, online: bool = True) -> StandInServer:
    return StandInServer("comfy", server_info({"checkpoints": checkpoints}), url, online)


def note(jobs: Jobs, url: str, work: Work, *seconds: float) -> None:
    for one in seconds:
        runs.note(jobs.database, url, work, one, is_cold=False, now=time.time())


def request(**values: Any) -> AvatarRequest:
    return AvatarRequest.model_validate({"prompt": "a knight", "workflow": "checkpoint", **values})


NOOB = Work("checkpoint", "noobaiXL.safetensors", 1.0, 28)


def test_no_number_is_made_up(tmp_path: Path) -> None:
    jobs = make_jobs(tmp_path, gpu("http://a", "noobaiXL.safetensors"))
    found = jobs.planner.report(request())
    assert found.plan is not None
    assert found.seconds is None
    assert [(place.server, place.picture) for place in found.places] == [("http://a", None)]
    # Nor out of other work.
    note(jobs, "http://a", Work("checkpoint", "other.safetensors", 1.0, 28), 3)
    note(jobs, "http://a", Work("checkpoint", "noobaiXL.safetensors", 0.5, 28), 3)
    note(jobs, "http://a", Work("checkpoint", "noobaiXL.safetensors", 1.0, 20), 3)
    note(jobs, "http://a", Work("flux", "noobaiXL.safetensors", 1.0, 28), 3)
    note(jobs, "http://b", NOOB, 3)
    assert jobs.planner.report(request()).seconds is None


def test_the_median_of_equal_work_is_told(tmp_path: Path) -> None:
    jobs = make_jobs(tmp_path, gpu("http://a", "noobaiXL.safetensors"))
    note(jobs, "http://a", NOOB, 4, 6, 100)
    found = jobs.planner.report(request())
    assert found.seconds == 6
    picture = found.places[0].picture
    assert picture is not None
    assert (picture.median, picture.runs) == (6, 3)
    # Other steps, size or number of pictures are other work.
    assert jobs.planner.report(request(steps=20)).seconds is None
    assert jobs.planner.report(request(width=1024, height=1536)).seconds is None
    assert jobs.planner.report(request(variants=2)).seconds is None
    assert jobs.planner.report(request(cfg=3)).seconds == 6


def test_views_are_spread_over_the_servers_that_know_the_work(tmp_path: Path) -> None:
    urls = ("http://a", "http://b", "http://c")
    servers = [
        gpu(url, "sub/noobaiXL.safetensors" if url == "http://b" else "noobaiXL.safetensors") for url in urls
    ]
    jobs = make_jobs(tmp_path, *servers, gpu("http://poor"))
    note(jobs, "http://a", NOOB, 4)
    note(jobs, "http://b", NOOB, 6)
    sheet = jobs.planner.report(request(views=VIEWS))
    # a: 4, 8; b: 6, 12 — or a third one on a at 12
    assert sheet.seconds == 12
    assert [place.server for place in sheet.places] == list(urls)
    assert jobs.planner.report(request(views=VIEWS[:2])).seconds == 6


def test_all_is_known_of_a_request_that_can_run(tmp_path: Path) -> None:
    jobs = make_jobs(tmp_path, gpu("http://a", "noobaiXL.safetensors"), gpu("http://gone", online=False))
    found = jobs.planner.report(request())
    assert found.plan is not None
    assert (found.plan.workflow, found.models["model"]) == ("checkpoint", "noobaiXL.safetensors")
    assert (found.files, found.nodes, found.missing_bytes, found.problem) == ((), (), 0, None)
    assert (found.request.width, found.request.height, found.request.steps) == (832, 1216, 28)
    assert found.nearest is not None
    assert found.nearest.server == "http://a"


def test_a_server_that_is_gone_is_a_problem_and_no_exception(tmp_path: Path) -> None:
    jobs = make_jobs(tmp_path, gpu("http://gone", online=False))
    found = jobs.planner.report(request())
    assert found.plan is None
    assert found.problem is not None
    assert found.problem["code"] == "comfyui_unavailable"
    assert found.trials == ()


def test_the_history_is_that_of_real_work(app: RunningApp) -> None:
    body = {"prompt": "a knight", "width": 136, "height": 200, "engine": "embedded"}
    before = ask(app, **body)
    assert (before["can_run"], before["seconds"]) == (True, None)
    job = app.generate(**body)
    assert app.wait(job["generation_id"])["status"] == "completed"
    deadline = time.monotonic() + 10
    while (found := ask(app, **body))["seconds"] is None:
        assert time.monotonic() < deadline, found  # it is written just after the result
        time.sleep(0.05)
    [place] = found["places"]
    assert place["picture"]["runs"] == 1
    assert found["seconds"] == place["picture"]["seconds"] > 0
    assert ask(app, **(body | {"height": 400}))["seconds"] is None
