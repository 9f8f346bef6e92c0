"""Talking jobs below the routes: requests of a second kind, carried to servers, their videos brought home."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from pydantic import ValidationError

from studio import clips
from studio.assembly import Studio
from studio.errors import StudioError
from studio.records import names
from studio.records.entities import Job
from studio.request import AvatarRequest, Landmarks, TalkRequest, read_request, with_values
from tests.conftest import RunningApp, shared_engine
from tests.fake_comfy import FakeComfy, message, wait_until
from tests.opened_studios import opened_with, own_workflow
from tests.studio_fixtures import noise_png
from tests.talking_files import SIZE, face, film, upload, voice, voice_as

PLACES = Landmarks(left_eye=(0.4, 0.3), right_eye=(0.6, 0.3), mouth=(0.5, 0.5))
TALK = TalkRequest(image_file_id="i", audio_file_id="a")

# A node pack of somebody's that makes videos; ComfyUI knows nothing of what it does.
GRAPH = {
    "1": {"class_type": "LoadAudio", "inputs": {"audio": "x.wav"}},
    "2": {"class_type": "LoadImage", "inputs": {"image": "x.png"}},
    "3": {
        "class_type": "SomeTalker",
        "inputs": {
            "image": ["2", 0],
            "audio": ["1", 0],
            "fps": 25,
            "size": 512,
            "mood": "neutral",
            "seed": 0,
        },
    },
    "4": {"class_type": "VideoCombine", "inputs": {"images": ["3", 0], "filename_prefix": "x"}},
}
MANIFEST = """
title = "Some talker"
engine = "comfy"
task = "talk"
views = ["talking"]
requires = ["portrait_image", "voice_audio"]
progress_of = ["3"]

[slots]
portrait_image = ["2.image"]
voice_audio = ["1.audio"]
fps = ["3.fps"]
resolution = ["3.size"]
emotion = ["3.mood"]
seed = ["3.seed"]
filename_prefix = ["4.filename_prefix"]
"""
MOODS = ["neutral", "happy"]
NODES: dict[str, Any] = {
    "LoadAudio": {"input": {"required": {"audio": [[], {"audio_upload": True}]}}, "output": ["AUDIO"]},
    "SomeTalker": {
        "input": {
            "required": {
                "image": ["IMAGE"],
                "audio": ["AUDIO"],
                "fps": ["INT", {"default": 25}],
                "size": ["INT", {"default": 512}],
                "mood": [MOODS],
                "seed": ["INT", {"default": 0, "max": 2**64 - 1}],
            }
        },
        "output": ["IMAGE"],
    },
    "VideoCombine": {
        "input": {"required": {"images": ["IMAGE"], "filename_prefix": ["STRING", {}]}},
        "output": [],
        "output_node": True,
    },
}


@pytest.fixture
def comfy() -> Iterator[FakeComfy]:
    with FakeComfy() as fake:
        fake.info |= json.loads(json.dumps(NODES))
        fake.info.setdefault("LoadImage", {})
        fake.info["LoadImage"] = {
            "input": {"required": {"image": [[], {"image_upload": True}]}},
            "output": ["IMAGE", "MASK"],
        }
        yield fake


@contextmanager
def opened(folder: Path, comfy: FakeComfy, **settings: Any) -> Iterator[Studio]:
    own = own_workflow(folder, "some_talker", GRAPH, MANIFEST)
    with opened_with(folder, [comfy], studio_workflows_path=own, **settings) as studio:
        yield studio


def keep(studio: Studio, content: bytes, kind: Any) -> str:
    incoming = studio.files.receive()
    incoming.write(content)
    return studio.talking.keep(incoming, "x", kind)


def submit(studio: Studio, **values: Any) -> Job:
    image, audio = keep(studio, noise_png(1), "image"), keep(studio, voice(1.0), "audio")
    wanted = studio.talking.request(image, audio, {"workflow": "some_talker", **values})
    return studio.jobs.submit(wanted, door="test")


def sent(comfy: FakeComfy) -> str:
    assert wait_until(lambda: comfy.pending or comfy.running, 120)
    return [*comfy.pending, *comfy.running][-1]


def run(
    comfy: FakeComfy,
    prompt_id: str,
    key: str,
    content: bytes,
    name: str,
    *,
    is_saved: bool = True,
    **more: Any,
) -> None:
    """Let a node put its result out under a key."""
    folder = comfy.graphs[prompt_id]["4"]["inputs"]["filename_prefix"].rpartition("/")[0]
    kind = "output" if is_saved else "temp"
    comfy.outputs[kind, folder, name] = content
    ui = {key: [{"filename": name, "subfolder": folder, "type": kind}], **more}
    comfy.begin(prompt_id)
    comfy.say(message("executed", prompt_id, node="4", display_node="4", output=ui))
    comfy.finish(prompt_id, {"4": ui})


def until_final(studio: Studio, job: Job) -> Job:
    done = studio.jobs.wait(job.id, 120)
    assert done.is_final, (done, studio.jobs.events(job.id))
    return done


# -------------------------------------------------------------------- requests


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("image_file_id", ["x"], ["", None, "x" * 101]),
        ("fps", [10, 60], [9, 61, 25.5]),
        ("resolution", [256, 512, 1024], [300, 0, "big"]),
        ("emotion", ["happy", "evil_grin"], ["", "Happy", "a;b", "x" * 41]),
        ("landmarks", [None, PLACES], [{"mouth": (0, 0)}, {**PLACES.model_dump(), "mouth": (0.5, 1.5)}]),
        ("seed", [0, None], [-1, 2**63]),
        ("width", [], [64]),
    ],
)
def test_bounds_of_a_talking_request(name: str, good: list[Any], bad: list[Any]) -> None:
    known = {"image_file_id": "i", "audio_file_id": "a"}
    for value in good:
        TalkRequest.model_validate({**known, name: value})
    for value in bad:
        with pytest.raises(ValidationError):
            TalkRequest.model_validate({**known, name: value})


def test_requests_of_every_kind_are_read_again_as_what_they_were() -> None:
    changed = with_values(TALK, seed=7, landmarks=PLACES)
    assert isinstance(changed, TalkRequest)
    assert read_request(json.loads(changed.model_dump_json())) == changed
    avatar = AvatarRequest(prompt="a knight")
    assert read_request(json.loads(avatar.model_dump_json())) == avatar
    # As it was recorded before there were kinds.
    old = {key: value for key, value in avatar.model_dump(mode="json").items() if key != "kind"}
    assert read_request(old) == avatar
    with pytest.raises(ValidationError):
        changed.seed = 8  # type: ignore[misc]


def test_equal_talking_requests_share_a_fingerprint() -> None:
    assert TALK.fingerprint() == TalkRequest(image_file_id="i", audio_file_id="a").fingerprint()
    for change in ({"fps": 26}, {"emotion": "sad"}, {"landmarks": PLACES}, {"audio_file_id": "b"}):
        assert with_values(TALK, **change).fingerprint() != TALK.fingerprint()


# ------------------------------------------------------------------ to a server


def test_picture_voice_and_numbers_reach_the_graph(tmp_path: Path, comfy: FakeComfy) -> None:
    with opened(tmp_path, comfy) as studio:
        job = submit(studio, fps=30, resolution=256, emotion="happy", seed=11)
        assert (job.kind, job.tasks[0].view, job.prompt) == ("talk", "talking", "x + x")
        prompt_id = sent(comfy)
        graph = comfy.graphs[prompt_id]
        assert comfy.inputs[graph["2"]["inputs"]["image"]] == noise_png(1)
        assert graph["1"]["inputs"]["audio"].endswith(".wav")
        assert comfy.inputs[graph["1"]["inputs"]["audio"]] == voice(1.0)
        inputs = graph["3"]["inputs"]
        assert (inputs["fps"], inputs["size"], inputs["mood"], inputs["seed"]) == (30, 256, "happy", 11)
        studio.jobs.cancel(job.id)


@pytest.mark.parametrize(
    ("key", "more"), [("images", {"animated": [True]}), ("gifs", {}), ("video", {}), ("videos", {})]
)
def test_videos_come_home_under_whichever_key(
    tmp_path: Path, comfy: FakeComfy, key: str, more: dict[str, Any]
) -> None:
    with opened(tmp_path, comfy) as studio:
        job = submit(studio)
        run(comfy, sent(comfy), key, film(7), "made_00001_.mp4", **more)
        done = until_final(studio, job)
        assert done.status == "completed", done.error
        [output] = done.outputs
        assert (output.name, output.media, output.mime_type) == ("output.mp4", "video", "video/mp4")
        assert (output.width, output.height, output.frames) == (64, 64, 7)
        assert output.duration_s == pytest.approx(0.7)
        kept = studio.files.output_path(job.id, output.name).read_bytes()
        assert kept[: len(film(7))] == film(7), "its recipe goes behind it"
        clip = studio.talking.clip(done)
        assert clip is not None
        assert (clip.frames, clip.duration_s) == (7, output.duration_s)


def test_only_the_node_that_takes_the_time_tells_the_progress(tmp_path: Path, comfy: FakeComfy) -> None:
    with opened(tmp_path, comfy) as studio:
        job = submit(studio)
        prompt_id = sent(comfy)
        comfy.begin(prompt_id)
        comfy.say(message("progress", prompt_id, node="1", value=5, max=5))
        comfy.say(message("progress", prompt_id, node="3", value=2, max=10))
        assert wait_until(lambda: studio.jobs.get(job.id).progress > 0, 120)
        assert studio.jobs.get(job.id).progress == pytest.approx(19.0)  # the rest is bringing it home
        studio.jobs.cancel(job.id)


def test_sound_comes_home_with_its_length(tmp_path: Path, comfy: FakeComfy) -> None:
    with opened(tmp_path, comfy) as studio:
        job = submit(studio)
        run(comfy, sent(comfy), "audio", voice_as("mp3"), "made_00001_.mp3")
        [output] = until_final(studio, job).outputs
        assert (output.name, output.media, output.mime_type) == ("output.mp3", "audio", "audio/mpeg")
        assert output.duration_s == pytest.approx(1.0, abs=0.1)


def test_an_animation_of_many_frames_is_kept_as_it_is(tmp_path: Path, comfy: FakeComfy) -> None:
    file = io.BytesIO()
    frames = [Image.new("RGB", (64, 64), (level, 0, 0)) for level in range(120)]
    frames[0].save(file, "WEBP", save_all=True, append_images=frames[1:], duration=40)
    with opened(tmp_path, comfy) as studio:
        job = submit(studio)
        run(comfy, sent(comfy), "images", file.getvalue(), "made_00001_.webp", animated=[True])
        done = until_final(studio, job)
        assert done.status == "completed", done.error
        [output] = done.outputs
        assert studio.files.output_path(job.id, output.name).read_bytes() == file.getvalue()
        assert studio.gallery.thumbnails.get(output).is_file()


def test_a_video_that_cannot_be_read_is_kept_all_the_same(tmp_path: Path, comfy: FakeComfy) -> None:
    with opened(tmp_path, comfy) as studio:
        job = submit(studio)
        run(comfy, sent(comfy), "gifs", b"\0" * 999, "made_00001_.mp4")
        done = until_final(studio, job)
        assert done.status == "completed"
        [output] = done.outputs
        assert (output.media, output.width, output.frames) == ("video", None, None)
        with pytest.raises(StudioError) as caught:
            studio.gallery.thumbnails.get(output)
        assert caught.value.code == "no_thumbnail"


def test_a_video_is_found_though_the_server_has_forgotten_it(tmp_path: Path, comfy: FakeComfy) -> None:
    with opened(tmp_path, comfy) as studio:
        job = submit(studio)
        prompt_id = sent(comfy)
        folder, _, stem = comfy.graphs[prompt_id]["4"]["inputs"]["filename_prefix"].rpartition("/")
        comfy.outputs["output", folder, f"{stem}_00001_.mp4"] = film()
        comfy.forget_all()
        done = until_final(studio, job)
        assert done.status == "completed", done.error
        assert [output.name for output in done.outputs] == ["output.mp4"]


def test_a_talking_job_is_made_again_from_its_record(tmp_path: Path, comfy: FakeComfy) -> None:
    with opened(tmp_path, comfy) as studio:
        job = submit(studio, emotion="happy")
        studio.jobs.cancel(job.id)
        until_final(studio, job)
        again = studio.jobs.retry(job.id, door="test")
        assert (again.kind, again.parent_id, again.seed) == ("talk", job.id, job.seed)
        assert again.request == job.request
        assert studio.files.reference_count(job.request["audio_file_id"]) == 2
        studio.jobs.cancel(again.id)


def test_talking_and_drawing_do_not_take_one_anothers_workflows(tmp_path: Path, comfy: FakeComfy) -> None:
    with opened(tmp_path, comfy) as studio:
        with pytest.raises(StudioError) as caught:
            studio.jobs.submit(AvatarRequest(prompt="a knight", workflow="some_talker"), door="test")
        assert caught.value.code == "workflow_impossible"
        with pytest.raises(StudioError) as caught:
            submit(studio, workflow="checkpoint")
        assert caught.value.code == "workflow_impossible"
        with pytest.raises(StudioError) as caught:
            submit(studio, emotion="peckish")
        assert "neutral, happy" in caught.value.message


def test_files_of_the_wrong_kind_are_refused_by_name(tmp_path: Path, comfy: FakeComfy) -> None:
    with opened(tmp_path, comfy) as studio:
        image = studio.talking.upload(keep(studio, noise_png(1), "image"), "image").id
        with pytest.raises(StudioError) as caught:
            studio.jobs.submit(TalkRequest(image_file_id=image, audio_file_id=image), door="test")
        assert caught.value.code == "file_of_other_kind"


# ----------------------------------------------------------------------- files


def test_what_a_job_still_needs_is_swept_after_it(tmp_path: Path, comfy: FakeComfy) -> None:
    with opened(tmp_path, comfy) as studio:
        image, audio = keep(studio, noise_png(1), "image"), keep(studio, voice(1.0), "audio")
        file_id = names.find(studio.database, audio) or ""
        job = studio.jobs.submit(
            studio.talking.request(image, audio, {"workflow": "some_talker"}), door="test"
        )
        prompt_id = sent(comfy)
        studio.talking.forget(audio)
        assert studio.talking.sweep() == 0
        assert studio.files.path_of(file_id).is_file()
        run(comfy, prompt_id, "gifs", film(), "made_00001_.mp4")
        assert until_final(studio, job).status == "completed"
        assert studio.talking.sweep() == 1
        assert studio.files.path_if_there(file_id) is None
        assert studio.talking.sweep() == 0


def test_a_recording_that_is_too_long_says_so(tmp_path: Path, comfy: FakeComfy) -> None:
    with opened(tmp_path, comfy, studio_max_audio_s=1.5) as studio:
        keep(studio, voice(1.4), "audio")
        with pytest.raises(StudioError) as caught:
            keep(studio, voice(1.6), "audio")
        assert caught.value.code == "audio_too_long"
        assert list((tmp_path / "storage" / "temp").glob("*")) == []


def test_a_header_that_promises_more_is_not_believed(tmp_path: Path) -> None:
    path = tmp_path / "cut.wav"
    path.write_bytes(voice(2.0)[: 44 + 16_000 * 2])
    assert clips.inspect_sound(path, 100.0).duration_s == pytest.approx(1.0)


# ---------------------------------------------------------------- on the engine


def left_of_work(app: RunningApp) -> set[Path]:
    """Videos in the engine's folder and whatever is under way; pictures of others may come and go there."""
    engine, temp = shared_engine().base, app.storage / "temp"
    found = [one for kind in ("mp4", "tmp", "part") for one in engine.rglob(f"*.{kind}")]
    found += [one for one in temp.rglob("*") if one.is_file() and not one.name.startswith("preset-")]
    return set(found)


def test_a_cancelled_video_leaves_nothing(app: RunningApp) -> None:
    image, audio = upload(app, "image", face(app)), upload(app, "audio", voice(60.0))
    asked = {"image_filename": image, "audio_filename": audio, "output_fps": 60, "output_resolution": SIZE}
    before = left_of_work(app)
    job_id = app.client.post("/api/v1/generate/async", json=asked).json()["job_id"]
    plain = job_id.removeprefix("job_")
    own = "-".join((plain[:8], plain[8:12], plain[12:16], plain[16:20], plain[20:]))

    def status() -> dict[str, Any]:
        return app.client.get(f"/api/v1/status/{job_id}").json()

    assert wait_until(lambda: status()["progress"] > 0, 240)  # pictures are being drawn
    assert app.client.post(f"/studio/jobs/{own}/cancel").status_code == 200
    assert wait_until(lambda: status()["status"] == "failed", 120)
    assert status()["result"]["error_message"] == "The generation was cancelled."
    assert not (app.storage / "outputs" / own).exists()
    assert wait_until(lambda: left_of_work(app) <= before, 120)
    time.sleep(0.2)  # nothing comes after all
    assert status()["result"]["video_url"] is None
    assert left_of_work(app) <= before
