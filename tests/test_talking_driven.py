"""LivePortrait: the embedded engine draws a face that speaks, and a GPU moves the picture as it does."""

from __future__ import annotations

import io
import json
import shutil
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import av
import httpx
import numpy as np
import pytest
from PIL import Image

from studio import pictures, pieces, workflows
from studio.assembly import Studio, open_studio
from studio.engine.nodes.talking import recipe_in
from studio.pieces import Cutting
from studio.records.entities import Job
from studio.request import TalkRequest
from studio.workflows import DRIVING, Candidate
from tests.conftest import OWN, StartApp, shared_engine
from tests.fake_comfy import FakeComfy, message, wait_until
from tests.library_facts import server_info, server_nodes
from tests.studio_fixtures import make_settings, noise_png, wrong_in
from tests.talking_files import upload, voice
from tests.talking_voices import RATE
from tests.test_talking_pieces import clip, levels_of

LIBRARY_FOLDER = workflows.LIBRARY
LIBRARY = workflows.load_library()
NAME = "talking_liveportrait"
FULL = server_info(custom=True)
REST = workflows.rest_frames(25)
SECONDS = 1.2  # thirty pictures, in one piece
SHORT = 12  # pictures of a piece, where a test wants several


def ask(**values: Any) -> TalkRequest:
    return TalkRequest(image_file_id="i", audio_file_id="a", workflow=NAME, **values)


# ------------------------------------------------------------------------------------- preflight


def test_a_server_with_the_nodes_follows_a_face_that_the_engine_draws_first() -> None:
    plan = workflows.choose(LIBRARY, ask(), [Candidate("comfy", FULL)], {DRIVING})
    [step] = plan.steps
    assert (plan.workflow, plan.engine) == (NAME, "comfy")
    assert workflows.can_run(step.needs, "comfy", FULL)
    assert "FigureTalkingHead" in step.begins_with
    assert not workflows.can_run(step.begins_with, "comfy", FULL)
    assert workflows.read_step(step.to_text()).stages == (step.first, step.needs)


def test_without_the_embedded_engine_it_is_refused_with_the_reason() -> None:
    found = workflows.preflight(LIBRARY, ask(), [Candidate("comfy", FULL)])
    assert found.plan is None
    assert found.why == "LivePortrait follows a face that the embedded engine draws, which does not answer"


def test_a_bare_server_is_told_the_pack_and_every_node() -> None:
    found = workflows.preflight(LIBRARY, ask(), [Candidate("comfy", server_info())], {DRIVING})
    assert found.plan is None
    assert {(one.pack, one.address) for one in found.nodes} == {
        ("ComfyUI-LivePortraitKJ", "https://github.com/kijai/ComfyUI-LivePortraitKJ")
    }
    assert {one.name for one in found.nodes} == {
        "DownloadAndLoadLivePortraitModels",
        "LivePortraitLoadMediaPipeCropper",
        "LivePortraitCropper",
        "LivePortraitProcess",
        "LivePortraitComposite",
    }
    assert all(one.name in found.why for one in found.nodes)


def test_the_engine_is_asked_for_the_same_voice_and_mood_with_another_face() -> None:
    made = workflows.driving_request(ask(emotion="happy", fps=60, resolution=1024, steps=3, seed=4), 25, 2.0)
    assert (made.workflow, made.fps, made.resolution, made.emotion) == ("talking_embedded", 25, 256, "happy")
    assert (made.steps, made.seed, made.audio_file_id) == (None, 4, "a")
    assert made.duration_s == pytest.approx(2.0 + workflows.REST_S)
    assert workflows.driving_request(ask(emotion="wistful"), 25, 1.0, ["neutral"]).emotion == "neutral"


def test_the_face_says_how_the_engine_drew_it_so_that_it_is_drawn_anew() -> None:
    with Image.open(workflows.FACE) as picture:
        recipe = recipe_in(picture)
    assert recipe is not None
    assert "neutral expression" in json.dumps(recipe)


# ------------------------------------------------------------------------------------- cutting


def test_a_piece_of_the_driving_video_stands_behind_the_face_at_rest(tmp_path: Path) -> None:
    levels = [20 + 3 * number for number in range(70)]
    film, target = tmp_path / "film.mp4", tmp_path / "piece.mp4"
    film.write_bytes(clip(levels, 25))
    cutting = Cutting(60, 25, 25)
    for index in range(cutting.count):
        piece = cutting.piece(index)
        pieces.cut_film(film, piece, target, lead=10)
        there = levels[10 + piece.start :][: piece.frames]
        assert levels_of(target) == pytest.approx([levels[0], *there], abs=3)


def test_a_driving_video_that_is_short_stands_still_at_its_end(tmp_path: Path) -> None:
    film, target = tmp_path / "film.mp4", tmp_path / "piece.mp4"
    film.write_bytes(clip([20, 60, 100, 140], 25))
    pieces.cut_film(film, Cutting(6, 25, 10).piece(0), target, lead=1)
    assert levels_of(target) == pytest.approx([20, 60, 100, 140, 140, 140, 140], abs=3)


def test_silence_comes_before_the_voice_and_nothing_is_lost(tmp_path: Path) -> None:
    said, target = tmp_path / "voice.wav", tmp_path / "after.wav"
    said.write_bytes(voice(0.5))
    pieces.after_silence(said, 0.4, target)
    with wave.open(str(said)) as one, wave.open(str(target)) as other:
        assert one.getparams()[:3] == other.getparams()[:3]
        before, after = (np.frombuffer(file.readframes(file.getnframes()), "<i2") for file in (one, other))
    silent = len(after) - len(before)
    assert silent == round(0.4 * RATE)
    assert not after[:silent].any()
    assert np.array_equal(after[silent:], before)


# ------------------------------------------------------------------------------------- two servers


@pytest.fixture
def comfy() -> Iterator[FakeComfy]:
    with FakeComfy() as fake:
        fake.info |= server_nodes(custom=True)
        yield fake


@contextmanager
def opened(folder: Path, comfy: FakeComfy, **values: Any) -> Iterator[Studio]:
    given = {"studio_engine_url": shared_engine().url, "studio_lease_s": 1.0, "comfyui_url": (comfy.url,)}
    studio = open_studio(make_settings(folder, **given, **values))
    try:
        assert studio.pool.wait_ready(20, "comfy")
        assert studio.pool.wait_ready(60, "embedded")
        yield studio
    finally:
        studio.close()


def in_short_pieces(folder: Path) -> dict[str, Any]:
    """The same workflow for a server that makes half a second at a time."""
    place = LIBRARY_FOLDER / NAME
    own = folder / "own" / NAME
    own.mkdir(parents=True)
    shutil.copy(place / "graph.json", own)
    manifest = (place / "workflow.toml").read_text("utf-8").replace("frames = 250", f"frames = {SHORT}")
    (own / "workflow.toml").write_text(manifest, "utf-8")
    return {"studio_workflows_path": (str(own.parent),)}


def submit(studio: Studio, seconds: float = SECONDS, **values: Any) -> Job:
    def keep(content: bytes, kind: Any) -> str:
        incoming = studio.files.receive()
        incoming.write(content)
        return studio.talking.keep(incoming, "x", kind)

    names = keep(noise_png(1), "image"), keep(voice(seconds), "audio")
    wanted = studio.talking.request(*names, {"workflow": NAME, "resolution": 256, **values})
    return studio.jobs.submit(wanted, door="test")


def sent(comfy: FakeComfy, number: int) -> str:
    """The prompt of the piece with this number, from one; the face is drawn before the first."""
    assert wait_until(lambda: len(comfy.graphs) >= number and (comfy.pending or comfy.running), 90)
    return list(comfy.graphs)[number - 1]


def answer(comfy: FakeComfy, prompt_id: str, level: int) -> None:
    graph = comfy.graphs[prompt_id]
    folder, _, stem = graph["13"]["inputs"]["filename_prefix"].rpartition("/")
    name = f"{stem}_00001_.mp4"
    comfy.outputs["output", folder, name] = clip([level] * graph["11"]["inputs"]["length"], 25)
    ui = {"images": [{"filename": name, "subfolder": folder, "type": "output"}], "animated": [True]}
    comfy.begin(prompt_id)
    comfy.say(message("executed", prompt_id, node="13", display_node="13", output=ui))
    comfy.finish(prompt_id, {"13": ui})


def driving_of(comfy: FakeComfy, prompt_id: str) -> list[np.ndarray]:
    """The pictures that drive a piece, as the server got them."""
    content = comfy.inputs[comfy.graphs[prompt_id]["4"]["inputs"]["file"]]
    with av.open(io.BytesIO(content), "r") as container:
        return [one.to_ndarray(format="rgb24").astype(int) for one in container.decode(video=0)]


def temporary(studio: Studio) -> list[str]:
    return [path.name for path in studio.settings.temp_path.iterdir() if path.is_file()]


def events(studio: Studio, job: Job) -> list[str]:
    return [one.kind for one in studio.jobs.events(job.id)]


def test_the_engine_draws_the_face_and_the_gpu_moves_the_picture(tmp_path: Path, comfy: FakeComfy) -> None:
    with opened(tmp_path, comfy) as studio:
        job = submit(studio, fps=20, emotion="happy", seed=1)
        assert (job.workflow, job.engine, len(job.tasks)) == (NAME, "comfy", 1)
        only = sent(comfy, 1)
        graph = comfy.graphs[only]
        assert wrong_in(graph, FULL) == []
        assert graph["11"]["inputs"]["length"] == 30
        halfway = studio.jobs.get(job.id)
        assert (halfway.status, halfway.outputs) == ("processing", ())
        assert halfway.progress == pytest.approx(95 / 2, abs=1)
        shown = driving_of(comfy, only)
        assert (len(shown), shown[0].shape) == (31, (256, 256, 3))
        # First the face at rest, as the picture of it shows it; then its mouth opens.
        with Image.open(workflows.FACE) as face:
            rest = np.asarray(face.convert("RGB")).astype(int)
        changes = [float(np.abs(one - rest)[140:190, 100:160].mean()) for one in shown]
        assert changes[0] < 7
        assert max(changes) > changes[0] + 3
        answer(comfy, only, 120)
        done = studio.jobs.wait(job.id, 120)
        assert done.status == "completed", done.error
        [output] = done.outputs
        assert (output.name, output.view, output.frames, output.width) == ("output.mp4", "talking", 24, 256)
        assert levels_of(studio.files.output_path(job.id, output.name)) == pytest.approx([120] * 24, abs=4)
        assert [one for one in events(studio, job) if one in ("driving", "piece")] == ["driving"]
        assert temporary(studio) == []
        recipe = pictures.read_recipe(studio.files.output_path(job.id, output.name))
        assert recipe is not None
        assert (recipe["workflow"], recipe["driven_by"]) == (NAME, "talking_embedded")
        assert recipe["inputs"]["driving_video"] == DRIVING


def test_every_piece_is_driven_from_the_same_face_at_rest(tmp_path: Path, comfy: FakeComfy) -> None:
    with opened(tmp_path, comfy, **in_short_pieces(tmp_path)) as studio:
        job = submit(studio)
        first_pictures, lengths = [], []
        for number, level in enumerate((40, 120, 200), 1):
            prompt_id = sent(comfy, number)
            shown = driving_of(comfy, prompt_id)
            lengths.append(len(shown))
            first_pictures.append(shown[0])
            assert studio.jobs.get(job.id).progress == pytest.approx(95 * number / 4, abs=1)
            answer(comfy, prompt_id, level)
        done = studio.jobs.wait(job.id, 120)
        assert done.status == "completed", done.error
        assert lengths == [13, 13, 7]
        assert all(np.abs(one - first_pictures[0]).mean() < 1 for one in first_pictures)
        found = levels_of(studio.files.output_path(job.id, "output.mp4"))
        assert found == pytest.approx([40] * 12 + [120] * 12 + [200] * 6, abs=4)
        assert [one for one in events(studio, job) if one in ("driving", "piece")] == [
            *("driving", "piece", "piece")
        ]


def test_a_restart_between_the_two_servers_draws_nothing_again(tmp_path: Path, comfy: FakeComfy) -> None:
    # As long as uploads wait, the picture cannot be brought to the GPU.
    with opened(tmp_path, comfy) as studio, comfy.stall("/upload/image"):
        job = submit(studio)
        assert wait_until(lambda: "driving" in events(studio, job), 90)
        [drawn] = [name for name in temporary(studio) if name.startswith(job.tasks[0].id)]
        comfy.down()
    content = (studio.settings.temp_path / drawn).read_bytes()
    assert comfy.graphs == {}
    comfy.up()
    with opened(tmp_path, comfy) as studio:
        only = sent(comfy, 1)
        assert (studio.settings.temp_path / drawn).read_bytes() == content
        answer(comfy, only, 90)
        done = studio.jobs.wait(job.id, 120)
        assert done.status == "completed", done.error
        assert events(studio, job).count("driving") == 1
        assert len(comfy.graphs) == 1


def test_a_driving_video_that_somebody_removed_is_drawn_again(tmp_path: Path, comfy: FakeComfy) -> None:
    with opened(tmp_path, comfy, **in_short_pieces(tmp_path)) as studio:
        job = submit(studio, 0.9)
        first = sent(comfy, 1)
        for name in temporary(studio):
            (studio.settings.temp_path / name).unlink()
        answer(comfy, first, 250)
        for number, level in enumerate((40, 120), 2):  # from the beginning
            answer(comfy, sent(comfy, number), level)
        done = studio.jobs.wait(job.id, 120)
        assert done.status == "completed", done.error
        assert events(studio, job).count("driving") == 2
        found = levels_of(studio.files.output_path(job.id, "output.mp4"))
        assert [found[0], found[-1]] == pytest.approx([40, 120], abs=4)


@pytest.mark.parametrize("stage", ["driving", "piece"])
def test_who_cancels_stops_whichever_server_works_and_leaves_nothing(
    tmp_path: Path, comfy: FakeComfy, stage: str
) -> None:
    with opened(tmp_path, comfy) as studio:
        job = submit(studio, 1.2 if stage == "piece" else 60.0)
        if stage == "piece":
            comfy.begin(sent(comfy, 1))
        else:
            engine = shared_engine().url
            assert wait_until(lambda: studio.jobs.get(job.id).tasks[0].server == engine, 120)
        studio.jobs.cancel(job.id)
        done = studio.jobs.wait(job.id, 120)
        assert (done.status, done.outputs) == ("cancelled", ())
        assert len(comfy.graphs) == (stage == "piece")
        assert wait_until(lambda: temporary(studio) == [], 120)


def test_a_retry_after_the_gpu_failed_begins_with_the_face(tmp_path: Path, comfy: FakeComfy) -> None:
    with opened(tmp_path, comfy) as studio:
        job = submit(studio)
        fault = {
            "prompt_id": (first := sent(comfy, 1)),
            "node_id": "8",
            "node_type": "LivePortraitCropper",
            "exception_type": "ValueError",
            "exception_message": "No face detected in FIRST source image",
        }
        comfy.begin(first)
        comfy.finish(first, ending=["execution_error", fault])
        failed = studio.jobs.wait(job.id, 120)
        assert failed.status == "failed"
        assert failed.error is not None
        assert "No face detected" in str(failed.error)
        assert wait_until(lambda: temporary(studio) == [], 120)
        again = studio.jobs.retry(job.id, door="test")
        answer(comfy, sent(comfy, 2), 70)
        done = studio.jobs.wait(again.id, 120)
        assert done.status == "completed", done.error
        assert "driving" in events(studio, again)


def test_a_studio_killed_while_the_face_is_drawn_begins_it_again(
    tmp_path: Path, comfy: FakeComfy, start_app: StartApp
) -> None:
    place = tmp_path / "app"
    values = {"COMFYUI_URL": comfy.url, "STUDIO_LEASE_S": "1"}
    app = start_app("--no-ui", folder=place, STUDIO_ENGINE_URL=OWN, **values)
    body = {
        "image_filename": upload(app, "image", noise_png(1)),
        "audio_filename": upload(app, "audio", voice(3.0)),
        "output_resolution": 256,
        "workflow": NAME,
    }
    answers: list[httpx.Response] = []

    def asked() -> bool:
        answers.append(app.client.post("/api/v1/generate/async", json=body))
        return answers[-1].is_success

    assert wait_until(asked, 60), answers[-1].text  # until both servers have said that they are there
    name = answers[-1].json()["job_id"]

    def told() -> dict[str, Any]:
        return app.client.get(f"/api/v1/status/{name}").json()

    assert wait_until(lambda: told()["status"] == "processing", 60), told()
    app.kill()
    assert comfy.graphs == {}
    # The engine ended with it, and another one takes its place.
    app = start_app("--no-ui", folder=place, **values)
    answer(comfy, sent(comfy, 1), 60)
    assert wait_until(lambda: told()["status"] == "completed", 60), told()
