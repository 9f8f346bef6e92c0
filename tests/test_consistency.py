"""One character from several sides on GPU servers: maps of each view, the front first, views made again."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw

from studio.assembly import Studio
from studio.errors import StudioError
from studio.pictures import read_recipe
from studio.records.entities import Job, Task
from studio.request import VIEWS, AvatarRequest
from studio.runner import prompt_id_of
from tests.engine_fixtures import RunningEngine, start_engine, stop_engine
from tests.fake_comfy import FakeComfy, message, wait_until
from tests.library_facts import CORE, server_info
from tests.opened_studios import NO_ENGINE, opened_with

CHECKPOINT = {"checkpoints": ["noobaiXL.safetensors"]}
WITH_NET = {**CHECKPOINT, "controlnet": ["controlnet-union-sdxl_promax.safetensors"]}
KONTEXT = {
    "diffusion_models": ["flux1-dev-kontext_fp8_scaled.safetensors"],
    "text_encoders": ["clip_l.safetensors", "t5xxl_fp16.safetensors"],
    "vae": ["ae.safetensors"],
}
SMALL: dict[str, Any] = {"width": 128, "height": 192, "steps": 2, "seed": 7}


def character(clothes: str = "red", hair: str = "black") -> bytes:
    """A small figure in two colours."""
    picture = Image.new("RGB", (64, 96), "white")
    draw = ImageDraw.Draw(picture)
    draw.ellipse((24, 4, 40, 24), hair)
    draw.rectangle((20, 24, 44, 70), clothes)
    draw.rectangle((22, 70, 42, 92), "navy")
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


@contextmanager
def gpu(**models: list[str]) -> Iterator[FakeComfy]:
    with FakeComfy() as fake:
        info = server_info(models)
        fake.info = {name: {"input": {}, **info._nodes[name]} for name in CORE}
        yield fake


@contextmanager
def opened(folder: Path, *servers: FakeComfy, engine: str = NO_ENGINE, **settings: Any) -> Iterator[Studio]:
    with opened_with(folder, servers, studio_engine_url=engine, **settings) as studio:
        assert engine == NO_ENGINE or studio.pool.wait_ready(30, "embedded")
        yield studio


def submit(studio: Studio, **values: Any) -> Job:
    request = AvatarRequest.model_validate(
        {"prompt": "a knight, red cape", "views": VIEWS, **SMALL, **values}
    )
    return studio.jobs.submit(request, door="test")


def task_of(studio: Studio, job: Job, view: str) -> Task:
    return next(task for task in studio.jobs.get(job.id).tasks if task.view == view)


def is_sent(studio: Studio, job: Job, view: str, attempt: int = 1) -> bool:
    task = task_of(studio, job, view)
    return task.attempt == attempt and task.sent_at is not None


def server_of(servers: tuple[FakeComfy, ...], prompt_id: str) -> FakeComfy:
    return next(server for server in servers if prompt_id in server.graphs)


def answer(
    studio: Studio, job: Job, view: str, *servers: FakeComfy, attempt: int = 1, picture: bytes | None = None
) -> dict[str, Any]:
    """Let a view be drawn by whichever server got it; gives its graph.

    An engine that has to compile its kernels first takes minutes for a map on a busy machine.
    """
    assert wait_until(lambda: is_sent(studio, job, view, attempt), 300), task_of(studio, job, view)
    prompt_id = prompt_id_of(task_of(studio, job, view))
    server = server_of(servers, prompt_id)
    graph = server.graphs[prompt_id]
    node, save = next((key, one) for key, one in graph.items() if one["class_type"] == "SaveImage")
    folder, _, stem = save["inputs"]["filename_prefix"].rpartition("/")
    saved = {"filename": f"{stem}_00001_.png", "subfolder": folder, "type": "output"}
    server.outputs["output", folder, saved["filename"]] = picture or character()
    server.begin(prompt_id)
    server.say(message("executed", prompt_id, node=node, display_node=node, output={"images": [saved]}))
    server.finish(prompt_id, {node: {"images": [saved]}})
    return graph


def fail(studio: Studio, job: Job, view: str, server: FakeComfy) -> None:
    """Let a view fail for a reason that no retry mends."""
    assert wait_until(lambda: is_sent(studio, job, view), 120)
    prompt_id = prompt_id_of(task_of(studio, job, view))
    fault = {
        "prompt_id": prompt_id,
        "node_id": "3",
        "node_type": "KSampler",
        "executed": [],
        "exception_message": "no such thing",
        "exception_type": "ValueError",
        "traceback": [],
    }
    server.begin(prompt_id)
    server.finish(prompt_id, ending=["execution_error", fault])
    server.say(message("execution_error", **fault))


def until_final(studio: Studio, job: Job) -> Job:
    done = studio.jobs.wait(job.id, 120)
    assert done.is_final, done
    return done


def pictures_in(graph: dict[str, Any]) -> dict[str, str]:
    """What a graph loads, by node."""
    return {key: one["inputs"]["image"] for key, one in graph.items() if one["class_type"] == "LoadImage"}


# ------------------------------------------------------------------------------------------- control maps


def test_each_view_follows_a_map_that_the_embedded_engine_draws(
    tmp_path: Path, engine: RunningEngine
) -> None:
    with (
        gpu(**WITH_NET) as comfy,
        opened(tmp_path, comfy, engine=engine.url) as studio,
    ):
        job = submit(studio)
        assert job.workflow == "checkpoint_openpose"
        maps = [comfy.inputs[pictures_in(answer(studio, job, view, comfy))["20"]] for view in VIEWS]
        assert until_final(studio, job).status == "completed"
        assert len(set(maps)) == 4
        for data in maps:
            with Image.open(io.BytesIO(data)) as picture:
                assert picture.size == (128, 192)
                assert len(picture.convert("RGB").getcolors(10**6) or []) > 5  # limbs in their colours
        kept = list(studio.settings.maps_path.iterdir())
        assert len(kept) == 4
        # The same again needs no drawing and no upload; another figure does.
        uploads = comfy.paths().count("/upload/image")
        again = submit(studio)
        for view in VIEWS:
            answer(studio, again, view, comfy)
        assert comfy.paths().count("/upload/image") == uploads
        assert set(studio.settings.maps_path.iterdir()) == set(kept)
        recipe = read_recipe(studio.files.output_path(job.id, "back.png"))
        assert recipe is not None
        assert recipe["inputs"] == {"control_image": "control:openpose"}


def test_a_pose_picture_is_turned_to_the_other_views(tmp_path: Path, engine: RunningEngine) -> None:
    with (
        gpu(**WITH_NET) as comfy,
        opened(tmp_path, comfy, engine=engine.url) as studio,
    ):
        plain = submit(studio, views=("back",))
        skeleton = comfy.inputs[pictures_in(answer(studio, plain, "back", comfy))["20"]]
        sitting = submit(studio, views=("front",), prompt="a knight, sitting", workflow="checkpoint_openpose")
        pose = comfy.inputs[pictures_in(answer(studio, sitting, "front", comfy))["20"]]
        stored = studio.files.store_bytes(pose, "pose.png")
        posed = submit(studio, views=("front", "back"), pose_file_id=stored.id)
        assert posed.workflow == "checkpoint_openpose"
        front, back = (
            comfy.inputs[pictures_in(answer(studio, posed, view, comfy))["20"]] for view in ("front", "back")
        )
        assert len({skeleton, front, back}) == 3
        alone = submit(studio, views=("front",), pose_file_id=stored.id)
        assert comfy.inputs[pictures_in(answer(studio, alone, "front", comfy))["20"]] == pose


def test_without_the_engine_maps_are_not_counted_on(tmp_path: Path) -> None:
    with gpu(**WITH_NET) as comfy, opened(tmp_path, comfy) as studio:
        assert submit(studio).workflow == "checkpoint_panels"
        with pytest.raises(StudioError, match=r"maps .* from the embedded engine, which does not answer"):
            submit(studio, workflow="checkpoint_openpose")


def test_a_view_waits_for_its_map_while_the_engine_is_away(tmp_path: Path) -> None:
    drawing = start_engine(tmp_path / "engine")
    again: RunningEngine | None = None
    try:
        with gpu(**WITH_NET) as comfy, opened(tmp_path, comfy, engine=drawing.url) as studio:
            studio.pause(comfy.url)
            job = submit(studio, views=("back",))
            stop_engine(drawing)
            assert wait_until(lambda: not studio.pool.online("embedded"), 120)
            studio.pause(comfy.url, False)
            time.sleep(1.5)
            task = task_of(studio, job, "back")
            assert (task.status in ("queued", "processing"), task.failures, task.losses) == (True, 0, 0)
            assert comfy.graphs == {}
            port = drawing.url.rpartition(":")[2]
            # Which map it draws is not asked here, and a blank one needs no kernels.
            again = start_engine(tmp_path / "engine", "--port", port, module=("tests.blank_engine",))
            answer(studio, job, "back", comfy)
            assert until_final(studio, job).status == "completed"
            assert len(comfy.graphs) == 1
    finally:
        for one in (drawing, again):
            if one is not None and one.process.poll() is None:
                stop_engine(one)


def test_words_that_nobody_may_see_are_refused_by_the_map(tmp_path: Path, engine: RunningEngine) -> None:
    with (
        gpu(**WITH_NET) as comfy,
        opened(tmp_path, comfy, engine=engine.url) as studio,
    ):
        done = until_final(studio, submit(studio, prompt="a naked child", views=("back",)))
        assert done.error is not None
        assert done.error["code"] == "words_refused"
        assert comfy.graphs == {}


# ------------------------------------------------------------------------------------------ front first


def test_the_front_is_drawn_first_and_brought_to_the_server_of_the_others(tmp_path: Path) -> None:
    with gpu(**CHECKPOINT) as one, gpu(**KONTEXT) as two, opened(tmp_path, one, two) as studio:
        job = submit(studio)
        assert job.workflow == "flux_kontext"
        assert wait_until(lambda: is_sent(studio, job, "front"), 120)
        time.sleep(0.3)
        assert two.graphs == {}
        graph = answer(studio, job, "front", one)
        assert graph["4"]["inputs"]["ckpt_name"] == "noobaiXL.safetensors"
        for view in VIEWS[1:]:
            graph = answer(studio, job, view, two)
            assert graph["4"]["inputs"]["unet_name"] == KONTEXT["diffusion_models"][0]
            front = studio.files.output_path(job.id, "front.png")
            assert two.inputs[pictures_in(graph)["31"]] == front.read_bytes()
        done = until_final(studio, job)
        assert [output.name for output in done.outputs] == [f"{view}.png" for view in VIEWS]
        recipe = read_recipe(studio.files.output_path(job.id, "side.png"))
        own = read_recipe(studio.files.output_path(job.id, "front.png"))
        assert recipe is not None
        assert own is not None
        assert recipe["front_sha256"] == done.outputs[0].sha256
        assert (own["workflow"], recipe["workflow"]) == ("checkpoint", "flux_kontext")
        assert AvatarRequest.model_validate(own["request"]).model == "noobaiXL.safetensors"


def test_a_front_that_fails_ends_the_others_with_its_reason_and_a_retry_makes_all(tmp_path: Path) -> None:
    with gpu(**CHECKPOINT, **KONTEXT) as comfy, opened(tmp_path, comfy) as studio:
        job = submit(studio, views=("front", "back"))
        fail(studio, job, "front", comfy)
        done = until_final(studio, job)
        front, back = (task.problem for task in done.tasks)
        assert front is not None
        assert back is not None
        assert (front["code"], back["code"]) == ("graph_failed", "view_missing")
        assert "no such thing" in back["message"]
        assert len(comfy.graphs) == 1
        again = studio.jobs.retry(job.id, door="test")
        for view in ("front", "back"):
            answer(studio, again, view, comfy)
        assert until_final(studio, again).status == "completed"


def test_cancelling_while_the_front_runs_ends_all(tmp_path: Path) -> None:
    with gpu(**CHECKPOINT, **KONTEXT) as comfy, opened(tmp_path, comfy) as studio:
        job = submit(studio)
        assert wait_until(lambda: is_sent(studio, job, "front"), 120)
        comfy.begin(prompt_id_of(task_of(studio, job, "front")))
        studio.jobs.cancel(job.id)
        done = until_final(studio, job)
        assert [task.status for task in done.tasks] == ["cancelled"] * 4
        assert len(comfy.graphs) == 1


def test_what_waits_for_the_front_goes_on_after_a_restart(tmp_path: Path) -> None:
    with gpu(**CHECKPOINT, **KONTEXT) as comfy:
        with opened(tmp_path, comfy) as studio:
            job = submit(studio, views=("front", "back"))
            assert wait_until(lambda: is_sent(studio, job, "front"), 120)
        with opened(tmp_path, comfy) as studio:
            for view in ("front", "back"):
                answer(studio, job, view, comfy)
            assert until_final(studio, job).status == "completed"
            assert len(comfy.graphs) == 2


def made_again(job: Job) -> list[str]:
    """The views that are not kept."""
    return [task.view for task in job.tasks if task.status != "completed"]


def test_a_front_that_is_made_again_takes_along_what_was_made_from_it(tmp_path: Path) -> None:
    with gpu(**CHECKPOINT, **KONTEXT) as comfy, opened(tmp_path, comfy) as studio:
        job = submit(studio)
        for view in VIEWS:
            answer(studio, job, view, comfy)
        until_final(studio, job)
        back = studio.jobs.reroll(job.id, "back", door="test", seed=99)
        assert made_again(back) == ["back"]
        graph = answer(studio, back, "back", comfy)
        assert graph["3"]["inputs"]["seed"] == 99
        assert until_final(studio, back).notes == ()
        front = studio.jobs.reroll(job.id, "front", door="test", seed=42)
        assert made_again(front) == list(VIEWS)
        assert front.notes == (
            "made again with the front view, from which they are drawn: back, side, quarter",
        )
        answer(studio, front, "front", comfy, picture=character("green"))
        graph = answer(studio, front, "back", comfy, picture=character("green"))
        shown = studio.files.output_path(front.id, "front.png").read_bytes()
        assert comfy.inputs[pictures_in(graph)["31"]] == shown
        assert [task.seed for task in front.tasks] == [42, 7, 7, 7]


def test_panels_are_made_again_together(tmp_path: Path) -> None:
    with gpu(**CHECKPOINT) as comfy, opened(tmp_path, comfy) as studio:
        job = submit(studio)
        assert job.workflow == "checkpoint_panels"
        for view in VIEWS:
            answer(studio, job, view, comfy)
        until_final(studio, job)
        again = studio.jobs.reroll(job.id, "side", door="test", seed=5)
        assert made_again(again) == list(VIEWS)
        assert {task.seed for task in again.tasks} == {5}
        assert again.notes == ("all views are made again, as they are parts of one picture",)


# ------------------------------------------------------------------------------------- measured, made again


def sheet(studio: Studio, comfy: FakeComfy, pictures: dict[str, bytes], order: tuple[str, ...]) -> Job:
    job = submit(studio, workflow="checkpoint")
    for view in order:
        answer(studio, job, view, comfy, picture=pictures.get(view))
        assert wait_until(lambda view=view: task_of(studio, job, view).is_final)
    return until_final(studio, job)


@pytest.mark.parametrize("order", [VIEWS, ("back", "front", "side", "quarter")])
def test_every_view_is_measured_whichever_comes_first(tmp_path: Path, order: tuple[str, ...]) -> None:
    with gpu(**CHECKPOINT) as comfy, opened(tmp_path, comfy) as studio:
        done = sheet(studio, comfy, {"side": character("green", "yellow")}, order)
        drifts = {output.view: output.drift_from_front for output in done.outputs}
        assert drifts["front"] is None
        assert drifts["back"] is not None
        assert drifts["side"] is not None
        assert drifts["back"]["score"] == 0.0
        assert drifts["side"]["score"] > 0.3
        recipe = read_recipe(studio.files.output_path(done.id, "quarter.png"))
        assert recipe is not None
        assert recipe["colour_and_shape_drift"] == drifts["quarter"]


Draw = Callable[[int], bytes]


def spoiled(studio: Studio, comfy: FakeComfy, back: list[bytes], **values: Any) -> Job:
    """A job of which the back view comes out as told, one try after the other."""
    job = submit(studio, workflow="checkpoint", views=("front", "back"), max_drift=0.2, **values)
    answer(studio, job, "front", comfy)
    for number, picture in enumerate(back, 1):
        answer(studio, job, "back", comfy, attempt=number, picture=picture)
    return until_final(studio, job)


def test_a_spoiled_view_is_made_again_until_it_fits(tmp_path: Path) -> None:
    with gpu(**CHECKPOINT) as comfy, opened(tmp_path, comfy) as studio:
        done = spoiled(studio, comfy, [character("green", "yellow"), character()])
        [front, back] = done.outputs
        assert (front.name, back.name) == ("front.png", "back.png")
        assert back.drift_from_front is not None
        assert back.drift_from_front["score"] == 0.0
        task = done.tasks[1]
        first, second = task.tried
        assert (first["seed"], first["kept"], second["seed"], second["kept"]) == (7, False, task.seed, True)
        assert first["score"] > 0.2
        assert task.seed != 7
        assert (task.failures, task.losses) == (0, 0)
        assert "back: made 2 times, the nearest to the front view is kept" in done.notes
        folder = studio.files.output_path(done.id, "x").parent
        assert wait_until(lambda: {path.name for path in folder.iterdir()} == {"front.png", "back.png"})
        recipe = read_recipe(studio.files.output_path(done.id, "back.png"))
        assert recipe is not None
        assert (recipe["request"]["seed"], recipe["try"]) == (task.seed, 2)
        kinds = [event.kind for event in studio.jobs.events(done.id)]
        assert kinds.count("set aside") == 1


def test_the_nearest_of_all_tries_is_kept_when_none_fits(tmp_path: Path) -> None:
    with gpu(**CHECKPOINT) as comfy, opened(tmp_path, comfy) as studio:
        tries = [character("green", "yellow"), character("green"), character("blue", "white")]
        done = spoiled(studio, comfy, tries, max_rerolls=2)
        task = done.tasks[1]
        scores = [one["score"] for one in task.tried]
        assert [one["kept"] for one in task.tried] == [score == min(scores) for score in scores]
        assert done.outputs[1].drift_from_front is not None
        assert done.outputs[1].drift_from_front["score"] == min(scores)
        assert task.seed == next(one["seed"] for one in task.tried if one["kept"])
        assert any("more than the 0.2 that was asked for" in note for note in done.notes)


def test_a_try_that_fails_leaves_the_best_so_far(tmp_path: Path) -> None:
    with gpu(**CHECKPOINT) as comfy, opened(tmp_path, comfy) as studio:
        job = submit(studio, workflow="checkpoint", views=("front", "back"), max_drift=0.2)
        answer(studio, job, "front", comfy)
        answer(studio, job, "back", comfy, picture=character("green"))
        assert wait_until(lambda: is_sent(studio, job, "back", 2), 120)
        prompt_id = prompt_id_of(task_of(studio, job, "back"))
        comfy.begin(prompt_id)
        comfy.finish(prompt_id, ending=["execution_interrupted", {"prompt_id": prompt_id}])
        comfy.say(message("execution_interrupted", prompt_id, node_id="3", node_type="KSampler", executed=[]))
        done = until_final(studio, job)
        assert done.status == "completed"
        assert [output.name for output in done.outputs] == ["front.png", "back.png"]
        assert any(note.startswith("back: not made again: Somebody stopped") for note in done.notes)


def test_cancelling_between_tries_leaves_no_files_of_them(tmp_path: Path) -> None:
    with gpu(**CHECKPOINT) as comfy, opened(tmp_path, comfy) as studio:
        job = submit(studio, workflow="checkpoint", views=("front", "back"), max_drift=0.2)
        answer(studio, job, "front", comfy)
        answer(studio, job, "back", comfy, picture=character("green"))
        assert wait_until(lambda: is_sent(studio, job, "back", 2), 120)
        studio.jobs.cancel(job.id)
        done = until_final(studio, job)
        assert [task.status for task in done.tasks] == ["completed", "cancelled"]
        folder = studio.files.output_path(job.id, "x").parent
        assert wait_until(lambda: [path.name for path in folder.iterdir()] == ["front.png"])


def test_tries_outlive_a_restart(tmp_path: Path) -> None:
    with gpu(**CHECKPOINT) as comfy:
        with opened(tmp_path, comfy) as studio:
            job = submit(studio, workflow="checkpoint", views=("front", "back"), max_drift=0.2)
            answer(studio, job, "front", comfy)
            answer(studio, job, "back", comfy, picture=character("green"))
            assert wait_until(lambda: is_sent(studio, job, "back", 2), 120)
        with opened(tmp_path, comfy) as studio:
            answer(studio, job, "back", comfy, attempt=2, picture=character())
            done = until_final(studio, job)
            assert [one["kept"] for one in done.tasks[1].tried] == [False, True]
            assert len(comfy.graphs) == 3


def test_views_that_are_kept_are_measured_against_a_new_front(tmp_path: Path) -> None:
    with gpu(**CHECKPOINT) as comfy, opened(tmp_path, comfy) as studio:
        job = sheet(studio, comfy, {}, VIEWS)
        again = studio.jobs.reroll(job.id, "front", door="test", seed=5)
        assert [output.drift for output in again.outputs] == [None] * 3
        answer(studio, again, "front", comfy, picture=character("green", "yellow"))
        done = until_final(studio, again)
        for output in done.outputs[1:]:
            assert output.drift_from_front is not None
            assert output.drift_from_front["score"] > 0.3
