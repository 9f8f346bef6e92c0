"""What to generate for a sheet: faces, portraits and cut-outs as jobs that go with the one on the sheet."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from studio import workflows
from studio.comfy.info import ObjectInfo
from studio.errors import StudioError
from studio.jobs import Jobs
from studio.records.entities import Job
from studio.request import AvatarRequest
from studio.sheets import content_of, plan
from studio.workflows.fill import fill
from tests.sheet_fixtures import StandInServer, doll, finish_with, submit
from tests.studio_fixtures import comfy_info, open_jobs

VIEWS = ("front", "quarter", "side", "back")
GREY = (200, 204, 210, 255)


@pytest.fixture
def jobs(tmp_path: Path) -> Jobs:
    """The job module over an embedded engine that only seems to be there."""
    return open_jobs(tmp_path, StandInServer("embedded"))


def on_gpu(folder: Path, info: ObjectInfo) -> Jobs:
    server = StandInServer("comfy", info)
    return open_jobs(folder, server, comfyui_url=(server.url,))


def four_views(jobs: Jobs, **values: object) -> Job:
    job = submit(jobs, *VIEWS, **values)
    return finish_with(jobs, job, {view: doll(ground=GREY) for view in VIEWS})


def test_faces_are_the_same_character_close_up(jobs: Jobs) -> None:
    job = four_views(jobs, prompt="a knight, determined expression, red cape", clothing="boots", style="ink")
    happy, sad = plan.expressions(jobs, job.id, ["happy", "Sad"])
    assert happy.request.prompt == "a knight, red cape, happy expression"
    assert sad.request.prompt == "a knight, red cape, sad expression"
    for one in (happy, sad):
        request = one.request
        assert (request.framing, request.transparent, request.views) == ("portrait", True, ("front",))
        assert (request.seed, request.clothing, request.style) == (7, "boots", "ink")
        assert request.width == request.height
    assert [one.about["name"] for one in (happy, sad)] == ["happy", "sad"]


def test_faces_reach_the_engines_graph(jobs: Jobs) -> None:
    job = four_views(jobs)
    (portrait,) = plan.portrait(jobs, job.id)
    assert portrait.request.prompt == "a knight", "its own expression stays"
    workflow = workflows.load_library()["embedded"]
    graph = fill(workflow, portrait.request, "front", 7, uploads={})
    inputs = graph["10"]["inputs"]
    assert (inputs["framing"], inputs["transparent"], inputs["yaw"]) == ("portrait", True, 0.0)
    plain = fill(workflow, AvatarRequest(prompt="a knight"), "back", 7, uploads={})["10"]["inputs"]
    assert (plain["framing"], plain["transparent"], plain["yaw"]) == ("full", False, 180.0)


def test_planned_faces_join_the_sheet_once_they_are_made(jobs: Jobs) -> None:
    job = four_views(jobs)
    planned = plan.expressions(jobs, job.id, ["happy", "sad", "happy"])
    started = plan.submit(jobs, job.id, planned, door="test")
    assert [child.parent_id for child in started] == [job.id, job.id]
    assert content_of(jobs, job.id).pending == tuple(reversed([child.id for child in started]))
    assert plan.expressions(jobs, job.id, ["sad"]) == [], "one is on its way"
    for child in started:
        finish_with(jobs, child, {"front": doll(96, 96)})
    assert [cell.key for cell in content_of(jobs, job.id).expressions] == ["happy", "sad"]
    assert [one.about["name"] for one in plan.expressions(jobs, job.id, ["sad", "angry"])] == ["angry"]


def test_a_failed_face_can_be_asked_for_again(jobs: Jobs) -> None:
    job = four_views(jobs)
    (child,) = plan.submit(jobs, job.id, plan.portrait(jobs, job.id), door="test")
    assert plan.portrait(jobs, job.id) == []
    jobs.cancel(child.id)
    assert len(plan.portrait(jobs, job.id)) == 1


def test_not_too_many_at_once(jobs: Jobs) -> None:
    job = four_views(jobs)
    with pytest.raises(StudioError, match="at most 18"):
        plan.expressions(jobs, job.id, [f"mood {number}" for number in range(19)])
    with pytest.raises(StudioError, match="queued"):
        plan.expressions(jobs, submit(jobs, "front").id)


def test_cut_outs_are_drawn_with_the_seed_of_each_view(jobs: Jobs) -> None:
    job = four_views(jobs)
    again = jobs.reroll(job.id, "side", door="test", seed=99)
    again = finish_with(jobs, again, {"side": doll(ground=GREY, tall=0.8)})
    planned = plan.cutouts(jobs, again.id)
    assert {(one.request.seed, one.request.views) for one in planned} == {
        (7, ("front", "quarter", "back")),
        (99, ("side",)),
    }
    assert all(one.request.transparent and one.request.framing == "full" for one in planned)
    for child in plan.submit(jobs, again.id, planned, door="test"):
        finish_with(jobs, child, {task.view: doll() for task in child.tasks})
    content = content_of(jobs, again.id)
    assert all(cell.is_redrawn for cell in content.views)
    assert plan.cutouts(jobs, again.id) == [], "nothing is left to cut out"


def test_views_that_are_transparent_need_no_cut_out(jobs: Jobs) -> None:
    job = finish_with(jobs, submit(jobs, *VIEWS), {view: doll() for view in VIEWS})
    assert plan.cutouts(jobs, job.id) == []


def test_all_views_of_one_character(jobs: Jobs) -> None:
    job = finish_with(jobs, submit(jobs, "side", variants=3), {"side": doll()})
    request = plan.all_views(job)
    assert set(request.views) == set(VIEWS)
    assert (request.transparent, request.variants, request.seed) == (True, 1, 7)


# ------------------------------------------------------------------------- GPU


def test_on_a_gpu_the_face_in_the_front_view_is_the_reference(tmp_path: Path) -> None:
    jobs = on_gpu(tmp_path, comfy_info())
    job = four_views(jobs, model="illustriousXL_v1.safetensors")
    happy, sad = plan.expressions(jobs, job.id, ["happy", "sad"])
    assert happy.request.reference_file_id == sad.request.reference_file_id is not None
    stored = jobs.files.path_of(happy.request.reference_file_id or "")
    with Image.open(stored) as face:
        assert face.size == (plan.REFERENCE_PX, plan.REFERENCE_PX)
    assert not happy.request.transparent
    assert happy.request.framing == "portrait"
    assert happy.request.workflow is None
    chosen = jobs.preflight(happy.request)
    assert chosen.workflow in happy.note
    (child,) = plan.submit(jobs, job.id, [happy], door="test")
    assert child.workflow == chosen.workflow


def test_without_a_workflow_for_references_words_and_seed_have_to_do(tmp_path: Path) -> None:
    jobs = on_gpu(tmp_path, comfy_info("VAEEncode", "LoadImage"))
    job = four_views(jobs)
    (portrait,) = plan.portrait(jobs, job.id)
    assert portrait.request.reference_file_id is None
    assert (portrait.request.seed, portrait.request.workflow) == (7, job.workflow)
    assert portrait.request.width == portrait.request.height
    assert "words and the seed alone" in portrait.note
    assert plan.submit(jobs, job.id, [portrait], door="test")[0].workflow == job.workflow


def test_a_server_without_a_cut_out_node_says_what_brings_it(tmp_path: Path) -> None:
    jobs = on_gpu(tmp_path, comfy_info())
    job = four_views(jobs)
    planned = plan.cutouts(jobs, job.id)
    assert [one.request.views for one in planned] == [("front",), ("quarter",), ("side",), ("back",)]
    assert {one.request.workflow for one in planned} == {"cutout"}
    with pytest.raises(StudioError, match="InspyrenetRembg") as refusal:
        plan.submit(jobs, job.id, planned, door="test")
    assert refusal.value.code == "workflow_impossible"


def test_only_workflows_that_can_leave_the_background_out_are_asked_to(tmp_path: Path) -> None:
    jobs = on_gpu(tmp_path, comfy_info())
    with pytest.raises(StudioError, match="without a background"):
        submit(jobs, "front", transparent=True)


@pytest.mark.parametrize(
    ("words", "rest"),
    [
        ("a knight, happy", "a knight"),
        ("(angry:1.2), a knight, red cape", "a knight, red cape"),
        ("a knight, Determined Expression, evil_grin", "a knight"),
        ("a happy knight", "a happy knight"),
        ("happy", ""),
    ],
)
def test_words_without_an_expression(words: str, rest: str) -> None:
    assert plan.without_expressions(words) == rest
