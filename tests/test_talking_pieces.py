"""Long voices for models that make a few seconds at a time: cut, made one after the other, joined."""

from __future__ import annotations

import io
import itertools
import json
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from studio import pieces
from studio.assembly import Studio
from studio.errors import StudioError
from studio.pieces import Cutting
from studio.records.entities import Job
from tests.fake_comfy import FakeComfy, message, wait_until
from tests.opened_studios import opened_with, own_workflow
from tests.studio_fixtures import noise_png
from tests.talking_files import voice

SIZE, FPS = 64, 10


def clip(levels: list[int], fps: int = FPS) -> bytes:
    """A video whose pictures are evenly grey, each of its own level."""
    target = io.BytesIO()
    with av.open(target, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=fps, options={"crf": "5"})
        stream.width = stream.height = SIZE
        stream.pix_fmt = "yuv420p"
        for level in levels:
            picture = np.full((SIZE, SIZE, 3), level, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
    return target.getvalue()


def levels_of(path: Path) -> list[int]:
    with av.open(str(path)) as container:
        return [round(float(one.to_ndarray(format="rgb24").mean())) for one in container.decode(video=0)]


def sound_of(path: Path, rate: int) -> np.ndarray:
    resampler = av.AudioResampler("s16", "mono", rate)
    with av.open(str(path)) as container:
        blocks = [
            part.to_ndarray()[0] for frame in container.decode(audio=0) for part in resampler.resample(frame)
        ]
    return np.concatenate(blocks).astype(float)


# ------------------------------------------------------------------------------------- cutting


@given(
    total=some.integers(1, 5000),
    frames=some.integers(2, 120),
    overlap=some.integers(0, 40),
    step=some.sampled_from([1, 4]),
    least=some.sampled_from([1, 17]),
)
def test_pieces_cover_a_voice_and_each_is_one_that_the_model_makes(
    total: int, frames: int, overlap: int, step: int, least: int
) -> None:
    frames = frames // step * step + 1 + step
    overlap = min(overlap, (frames - 1) // 2)
    cutting = Cutting(total, 16, frames, overlap, step, min(least, frames))
    made = [cutting.piece(index) for index in range(cutting.count)]
    assert made[0].start == 0
    assert made[-1].is_last
    assert made[-1].start + made[-1].frames >= total
    for before, after in itertools.pairwise(made):
        assert before.frames == frames
        assert not before.is_last
        assert before.start + before.frames - after.start == overlap
        assert total - after.start > overlap  # it brings something new
    for piece in made:
        assert min(least, frames) <= piece.frames <= frames
        assert (piece.frames - 1) % step == 0


def test_a_piece_of_the_voice_has_just_its_samples_and_silence_after_the_end(tmp_path: Path) -> None:
    whole = tmp_path / "voice.wav"
    whole.write_bytes(voice(2.0))
    with wave.open(str(whole)) as file:
        rate = file.getframerate()
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2")
    cutting = Cutting(20, FPS, 12, 2)
    for index in range(cutting.count):
        piece, target = cutting.piece(index), tmp_path / f"{index}.wav"
        pieces.cut_sound(whole, piece, target)
        with wave.open(str(target)) as file:
            assert (file.getnchannels(), file.getframerate()) == (1, rate)
            found = np.frombuffer(file.readframes(file.getnframes()), "<i2")
        start, length = round(piece.start_s * rate), round(piece.length_s * rate)
        expected = np.zeros(length, np.int16)
        there = samples[start : start + length]
        expected[: len(there)] = there
        assert np.array_equal(found, expected)


# ------------------------------------------------------------------------------------- joining


def joined(tmp_path: Path, parts: list[bytes], cutting: Cutting, seconds: float, fps: int = FPS) -> Path:
    (tmp_path / "voice.wav").write_bytes(voice(seconds))
    places = []
    for number, content in enumerate(parts):
        places.append(tmp_path / f"{number}.mp4")
        places[-1].write_bytes(content)
    target = tmp_path / "whole.mp4"
    pieces.join(places, cutting, tmp_path / "voice.wav", target, fps=fps, size=SIZE, duration_s=seconds)
    return target


def test_clips_fade_into_one_another_where_they_overlap(tmp_path: Path) -> None:
    cutting = Cutting(16, FPS, 10, 4)
    assert cutting.count == 2
    whole = joined(tmp_path, [clip([40] * 10), clip([200] * 10)], cutting, 1.6)
    expected = [40] * 6 + [72, 104, 136, 168] + [200] * 6
    assert levels_of(whole) == pytest.approx(expected, abs=4)


def test_the_sound_is_the_voice_and_lies_where_it_lay(tmp_path: Path) -> None:
    seconds = 1.6
    whole = joined(tmp_path, [clip([40] * 10), clip([200] * 10)], Cutting(16, FPS, 10, 4), seconds)
    rate = 8_000
    said, found = sound_of(tmp_path / "voice.wav", rate), sound_of(whole, rate)
    assert len(found) == pytest.approx(len(said), abs=0.07 * rate)
    # Encoders shift sound by some samples; what would be seen are tens of milliseconds.
    longest = rate // 50
    middle = said[longest : min(len(said), len(found)) - longest]
    likeness = [np.corrcoef(middle, found[at : at + len(middle)])[0, 1] for at in range(2 * longest)]
    best = int(np.argmax(likeness))
    assert likeness[best] > 0.9
    assert abs(best - longest) < 0.01 * rate


@pytest.mark.parametrize("fps", [10, 25, 60])
def test_the_video_has_the_pace_that_was_asked_for(tmp_path: Path, fps: int) -> None:
    levels = [10 * number + 20 for number in range(16)]
    whole = joined(tmp_path, [clip(levels[:10]), clip(levels[6:])], Cutting(16, FPS, 10, 4), 1.6, fps)
    found = levels_of(whole)
    assert len(found) == round(1.6 * fps)
    assert found == pytest.approx([levels[int(number * FPS / fps)] for number in range(len(found))], abs=4)


def test_clips_that_are_a_little_short_or_long_keep_the_rest_in_its_place(tmp_path: Path) -> None:
    cutting = Cutting(16, FPS, 10, 0)
    whole = joined(tmp_path, [clip([40] * 8 + [90]), clip([200] * 9)], cutting, 1.6)
    assert levels_of(whole) == pytest.approx([40] * 8 + [90, 90] + [200] * 6, abs=4)


def test_a_clip_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StudioError) as caught:
        joined(tmp_path, [clip([40] * 10), b"\0" * 500], Cutting(16, FPS, 10, 0), 1.6)
    assert caught.value.code == "invalid_video"


# ------------------------------------------------------------------------------------- on a server

GRAPH = {
    "1": {"class_type": "LoadAudio", "inputs": {"audio": "x.wav"}},
    "2": {"class_type": "LoadImage", "inputs": {"image": "x.png"}},
    "3": {
        "class_type": "SomeTalker",
        "inputs": {"image": ["2", 0], "audio": ["1", 0], "before": ["5", 0], "frames": 1, "seed": 0},
    },
    "4": {"class_type": "SaveVideo", "inputs": {"video": ["3", 0], "filename_prefix": "x"}},
    "5": {"class_type": "LoadVideo", "inputs": {"file": "x.mp4"}},
}
MANIFEST = """
title = "Some talker"
engine = "comfy"
task = "talk"
views = ["talking"]
requires = ["portrait_image", "voice_audio"]
progress_of = ["3"]

[pieces]
fps = 10
frames = 10
overlap = 4

[inputs_from]
previous_video = "previous"

[[optional]]
when = "previous_video"
nodes = ["5"]
cut = ["3.before"]

[slots]
portrait_image = ["2.image"]
voice_audio = ["1.audio"]
previous_video = ["5.file"]
frames = ["3.frames"]
seed = ["3.seed"]
filename_prefix = ["4.filename_prefix"]
"""
NODES: dict[str, Any] = {
    "LoadAudio": {"input": {"required": {"audio": [[], {"audio_upload": True}]}}, "output": ["AUDIO"]},
    "LoadVideo": {"input": {"required": {"file": [[], {"video_upload": True}]}}, "output": ["VIDEO"]},
    "LoadImage": {
        "input": {"required": {"image": [[], {"image_upload": True}]}},
        "output": ["IMAGE", "MASK"],
    },
    "SomeTalker": {
        "input": {
            "required": {
                "image": ["IMAGE"],
                "audio": ["AUDIO"],
                "frames": ["INT", {"default": 1}],
                "seed": ["INT", {"default": 0, "max": 2**64 - 1}],
            },
            "optional": {"before": ["VIDEO"]},
        },
        "output": ["VIDEO"],
    },
    "SaveVideo": {
        "input": {"required": {"video": ["VIDEO"], "filename_prefix": ["STRING", {}]}},
        "output": [],
        "output_node": True,
    },
}
LEVELS = [40, 120, 200]
SECONDS = 2.0  # three pieces: 0-10, 6-16, 12-20


@pytest.fixture
def comfy() -> Iterator[FakeComfy]:
    with FakeComfy() as fake:
        fake.info |= json.loads(json.dumps(NODES))
        yield fake


@contextmanager
def opened(folder: Path, comfy: FakeComfy) -> Iterator[Studio]:
    own = own_workflow(folder, "some_talker", GRAPH, MANIFEST)
    with opened_with(folder, [comfy], studio_workflows_path=own) as studio:
        yield studio


def submit(studio: Studio, **values: Any) -> Job:
    def keep(content: bytes, kind: Any) -> str:
        incoming = studio.files.receive()
        incoming.write(content)
        return studio.talking.keep(incoming, "x", kind)

    names = keep(noise_png(1), "image"), keep(voice(SECONDS), "audio")
    wanted = studio.talking.request(*names, {"workflow": "some_talker", "resolution": 256, **values})
    return studio.jobs.submit(wanted, door="test")


def sent(comfy: FakeComfy, number: int) -> str:
    """The prompt of the piece with this number, from one."""
    assert wait_until(lambda: len(comfy.graphs) >= number and (comfy.pending or comfy.running), 120)
    return list(comfy.graphs)[number - 1]


def answer(comfy: FakeComfy, prompt_id: str, content: bytes) -> None:
    folder, _, stem = comfy.graphs[prompt_id]["4"]["inputs"]["filename_prefix"].rpartition("/")
    name = f"{stem}_00001_.mp4"
    comfy.outputs["output", folder, name] = content
    ui = {"images": [{"filename": name, "subfolder": folder, "type": "output"}], "animated": [True]}
    comfy.begin(prompt_id)
    comfy.say(message("executed", prompt_id, node="4", display_node="4", output=ui))
    comfy.finish(prompt_id, {"4": ui})


def clip_for(comfy: FakeComfy, prompt_id: str, level: int) -> bytes:
    return clip([level] * comfy.graphs[prompt_id]["3"]["inputs"]["frames"])


def temporary(studio: Studio) -> list[str]:
    return [path.name for path in studio.settings.temp_path.iterdir() if path.is_file()]


def heard_by(comfy: FakeComfy, prompt_id: str) -> int:
    with wave.open(io.BytesIO(comfy.inputs[comfy.graphs[prompt_id]["1"]["inputs"]["audio"]])) as file:
        return round(file.getnframes() / file.getframerate() * FPS)


def test_a_long_voice_is_made_in_pieces_that_see_the_one_before(tmp_path: Path, comfy: FakeComfy) -> None:
    with opened(tmp_path, comfy) as studio:
        job = submit(studio, fps=20)
        clips = []
        for number, level in enumerate(LEVELS, 1):
            prompt_id = sent(comfy, number)
            graph = comfy.graphs[prompt_id]
            assert heard_by(comfy, prompt_id) == graph["3"]["inputs"]["frames"] == (8 if number == 3 else 10)
            assert ("5" in graph, "before" in graph["3"]["inputs"]) == (number > 1, number > 1)
            if number > 1:
                assert comfy.inputs[graph["5"]["inputs"]["file"]] == clips[-1]
                assert studio.jobs.get(job.id).progress == pytest.approx(95 * (number - 1) / 3, abs=1)
                assert not studio.jobs.get(job.id).is_final
            clips.append(clip_for(comfy, prompt_id, level))
            answer(comfy, prompt_id, clips[-1])
        done = studio.jobs.wait(job.id, 120)
        assert done.status == "completed", (done.error, studio.jobs.events(job.id))
        [output] = done.outputs
        assert (output.name, output.width, output.height, output.frames) == ("output.mp4", 256, 256, 40)
        told = [
            (one.data["piece"], one.data["of"]) for one in studio.jobs.events(job.id) if one.kind == "piece"
        ]
        assert told == [(1, 3), (2, 3)]
        whole = studio.files.output_path(job.id, output.name)
        found = levels_of(whole)
        assert [found[0], found[22], found[-1]] == pytest.approx(LEVELS, abs=4)
        video = studio.talking.clip(done)
        assert video is not None
        assert (video.duration_s, video.frames) == (pytest.approx(SECONDS), 40)
        assert temporary(studio) == []
        assert [path.name for path in whole.parent.iterdir()] == ["output.mp4"]


def test_progress_is_that_of_the_whole_voice(tmp_path: Path, comfy: FakeComfy) -> None:
    with opened(tmp_path, comfy) as studio:
        job = submit(studio)
        first = sent(comfy, 1)
        comfy.begin(first)
        comfy.say(message("progress", first, node="3", value=5, max=10))
        assert wait_until(lambda: studio.jobs.get(job.id).progress > 0, 120)
        assert studio.jobs.get(job.id).progress == pytest.approx(95 / 6, abs=0.1)
        studio.jobs.cancel(job.id)


def test_a_restart_goes_on_with_the_next_piece(tmp_path: Path, comfy: FakeComfy) -> None:
    with opened(tmp_path, comfy) as studio:
        job = submit(studio)
        first = sent(comfy, 1)
        before = clip_for(comfy, first, 40)
        answer(comfy, first, before)
        sent(comfy, 2)
    with opened(tmp_path, comfy) as studio:
        for number in (2, 3):
            prompt_id = sent(comfy, number)
            if number == 2:
                assert comfy.inputs[comfy.graphs[prompt_id]["5"]["inputs"]["file"]] == before
            answer(comfy, prompt_id, clip_for(comfy, prompt_id, LEVELS[number - 1]))
        done = studio.jobs.wait(job.id, 120)
        assert done.status == "completed", done.error
        assert len(comfy.graphs) == 3  # none was made twice


def test_clips_that_somebody_removed_are_made_again(tmp_path: Path, comfy: FakeComfy) -> None:
    with opened(tmp_path, comfy) as studio:
        job = submit(studio)
        for number in (1, 2):
            prompt_id = sent(comfy, number)
            if number == 2:
                for name in temporary(studio):
                    (studio.settings.temp_path / name).unlink()
            answer(comfy, prompt_id, clip_for(comfy, prompt_id, 250))
        for number, level in enumerate(LEVELS, 3):  # from the beginning
            prompt_id = sent(comfy, number)
            assert ("5" in comfy.graphs[prompt_id]) == (number > 3)
            answer(comfy, prompt_id, clip_for(comfy, prompt_id, level))
        done = studio.jobs.wait(job.id, 120)
        assert done.status == "completed", done.error
        found = levels_of(studio.files.output_path(job.id, "output.mp4"))
        assert [found[0], found[-1]] == pytest.approx([LEVELS[0], LEVELS[-1]], abs=4)


@pytest.mark.parametrize("ending", ["cancelled", "failed"])
def test_a_voice_that_is_not_finished_leaves_nothing(tmp_path: Path, comfy: FakeComfy, ending: str) -> None:
    with opened(tmp_path, comfy) as studio:
        job = submit(studio)
        first = sent(comfy, 1)
        answer(comfy, first, clip_for(comfy, first, 40))
        second = sent(comfy, 2)
        assert len(temporary(studio)) == 1
        comfy.begin(second)
        if ending == "cancelled":
            studio.jobs.cancel(job.id)
            comfy.finish(second, ending=["execution_interrupted", {"prompt_id": second}])
        else:
            fault = {
                "prompt_id": second,
                "node_id": "3",
                "node_type": "SomeTalker",
                "exception_type": "ValueError",
                "exception_message": "no",
            }
            comfy.finish(second, ending=["execution_error", fault])
        done = studio.jobs.wait(job.id, 120)
        assert (done.status, done.outputs) == (ending, ())
        assert wait_until(lambda: temporary(studio) == [], 120)
        assert list(studio.settings.outputs_path.glob("*/*")) == []


def test_places_that_a_workflow_does_not_take_are_told_unused(tmp_path: Path, comfy: FakeComfy) -> None:
    places = {"left_eye": (0.3, 0.4), "right_eye": (0.7, 0.4), "mouth": (0.5, 0.7)}
    with opened(tmp_path, comfy) as studio:
        job = submit(studio, landmarks=places)
        assert job.notes == (
            "The places of eyes and mouth that were given are not used: Some talker finds the face by itself",
        )
        assert submit(studio).notes == ()


def test_a_short_voice_is_one_piece_and_comes_out_as_asked(tmp_path: Path, comfy: FakeComfy) -> None:
    with opened(tmp_path, comfy) as studio:
        incoming = studio.files.receive()
        incoming.write(voice(0.55))
        sound = studio.talking.keep(incoming, "x", "audio")
        incoming = studio.files.receive()
        incoming.write(noise_png(1))
        image = studio.talking.keep(incoming, "x", "image")
        wanted = studio.talking.request(image, sound, {"workflow": "some_talker", "resolution": 256})
        job = studio.jobs.submit(wanted, door="test")
        only = sent(comfy, 1)
        assert comfy.graphs[only]["3"]["inputs"]["frames"] == 6
        answer(comfy, only, clip([90] * 6))
        done = studio.jobs.wait(job.id, 120)
        assert done.status == "completed", done.error
        assert [(one.frames, one.width) for one in done.outputs] == [(14, 256)]
