"""Videos of the engine: what is in the file, that sound and pictures agree, that nothing half is left."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

from studio.engine.talking import head
from studio.engine.talking.ahead import made_ahead
from studio.engine.talking.audio import Check, Sound, open_sound
from studio.engine.talking.hearing import hear
from studio.engine.talking.moods import MOODS
from studio.engine.talking.performance import perform
from studio.engine.talking.video import Stills, Video, fps_of, frames_of, write_video
from studio.engine.talking.visemes import lips_from_voice
from tests.engine_fixtures import RunningEngine, read_one
from tests.talking_voices import RATE, speak, write_wav

SIDE = 64


@dataclass(frozen=True)
class Flashes:
    """Grey frames, white ones at certain numbers."""

    count: int
    white: tuple[int, ...] = ()
    side: int = SIDE

    def pictures(self, check: Check) -> Iterator[np.ndarray]:
        for number in range(self.count):
            yield np.full((self.side, self.side, 3), 255 if number in self.white else 60, np.uint8)


@dataclass(frozen=True)
class Facts:
    """What a player learns about a video."""

    codec: str
    pixels: str
    size: tuple[int, int]
    fps: Fraction
    frames: int
    length_s: float
    picture_s: float
    sound_s: float | None
    sound_codec: str | None


def facts_of(path: Path) -> Facts:
    with av.open(str(path)) as container:
        pictures = container.streams.video[0]
        sounds = container.streams.audio
        assert container.duration is not None
        assert pictures.duration is not None
        assert pictures.time_base is not None
        assert pictures.average_rate is not None
        sound = sounds[0] if sounds else None
        sound_s = None
        if sound is not None:
            assert sound.duration is not None
            assert sound.time_base is not None
            sound_s = float(sound.duration * sound.time_base)
        return Facts(
            pictures.codec_context.name,
            str(pictures.codec_context.pix_fmt),
            (pictures.codec_context.width, pictures.codec_context.height),
            pictures.average_rate,
            sum(1 for _ in container.decode(pictures)),
            container.duration / 1e6,
            float(pictures.duration * pictures.time_base),
            sound_s,
            sound.codec_context.name if sound is not None else None,
        )


def spoken_sound(folder: Path, seconds: float, rate: int = RATE, channels: int = 1) -> Sound:
    samples = np.resize(speak().samples, round(seconds * rate))
    return open_sound(write_wav(folder / "voice.wav", np.tile(samples[:, None], channels), rate))


def video_for(sound: Sound, seconds: Fraction, fps: float, side: int = SIDE) -> Video:
    pace = fps_of(fps)
    count = frames_of(seconds, pace)
    return Video(side, side, pace, count, Flashes(count, side=side), sound, seconds)


# ------------------------------------------------------------------- the file


@pytest.mark.parametrize(
    ("fps", "seconds", "frames"),
    [
        (25.0, Fraction("5.3"), 133),
        (10.0, Fraction(1), 10),
        (60.0, Fraction("1.001"), 61),
        (30.0, Fraction(2), 60),
    ],
)
def test_a_video_is_as_long_as_its_sound_at_the_wished_pace(
    fps: float, seconds: Fraction, frames: int, tmp_path: Path
) -> None:
    sound = spoken_sound(tmp_path, float(seconds))
    write_video(video_for(sound, seconds, fps), tmp_path / "a.mp4")
    facts = facts_of(tmp_path / "a.mp4")
    assert (facts.codec, facts.pixels, facts.sound_codec) == ("h264", "yuv420p", "aac")
    assert facts.size == (SIDE, SIDE)
    assert facts.frames == frames
    assert facts.fps == fps
    assert facts.length_s == pytest.approx(float(seconds), abs=0.002)
    assert facts.picture_s == pytest.approx(float(seconds), abs=0.002)
    assert facts.sound_s == pytest.approx(float(seconds), abs=0.002)


@pytest.mark.parametrize("fps", [23.976, 29.97, 59.94])
def test_broadcast_paces_are_exact(fps: float, tmp_path: Path) -> None:
    sound = spoken_sound(tmp_path, 1.0)
    write_video(video_for(sound, Fraction(1), fps), tmp_path / "a.mp4")
    assert facts_of(tmp_path / "a.mp4").fps == Fraction(round(fps + 0.03) * 1000, 1001)


@pytest.mark.parametrize(
    ("length", "fps", "count"),
    [("0.0001", 25, 1), ("0.04", 25, 1), ("0.0401", 25, 2), ("15.3", 25, 383), ("600", 25, 15_000)],
)
def test_frames_are_counted_without_rounding_errors(length: str, fps: int, count: int) -> None:
    assert frames_of(Fraction(length), Fraction(fps)) == count
    assert frames_of(Fraction(44_100 * 7, 44_100), Fraction(30_000, 1001)) == 210


@pytest.mark.parametrize(
    ("rate", "channels"), [(8000, 1), (11_025, 2), (44_100, 2), (48_000, 1), (192_000, 1), (16_000, 6)]
)
def test_every_sound_fits_into_the_video(rate: int, channels: int, tmp_path: Path) -> None:
    sound = spoken_sound(tmp_path, 0.7, rate, channels)
    write_video(video_for(sound, Fraction(7, 10), 25), tmp_path / "a.mp4")
    with av.open(str(tmp_path / "a.mp4")) as container:
        stream = container.streams.audio[0]
        assert stream.codec_context.channels == min(2, channels)
        assert stream.codec_context.sample_rate in (32_000, 44_100, 48_000)
    assert facts_of(tmp_path / "a.mp4").sound_s == pytest.approx(0.7, abs=0.002)


def test_a_browser_can_start_before_it_has_all_and_can_seek(tmp_path: Path) -> None:
    sound = spoken_sound(tmp_path, 9.0)
    write_video(video_for(sound, Fraction(9), 25), tmp_path / "a.mp4")
    data = (tmp_path / "a.mp4").read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")
    with av.open(str(tmp_path / "a.mp4")) as container:
        times = [
            float(packet.pts * packet.time_base)
            for packet in container.demux(video=0)
            if packet.is_keyframe and packet.pts is not None and packet.time_base is not None
        ]
    assert times[0] == 0
    assert np.diff([*times, 9.0]).max() <= 2.01


def test_light_and_sound_come_together(tmp_path: Path) -> None:
    flashes, pace = (12, 37, 61), Fraction(25)
    samples = np.zeros(3 * RATE, np.float32)
    for number in flashes:
        begin = round(number / 25 * RATE)
        samples[begin : begin + 400] = 0.9 * np.sin(2 * np.pi * 1500 * np.arange(400) / RATE)
    sound = open_sound(write_wav(tmp_path / "clicks.wav", samples))
    write_video(Video(SIDE, SIDE, pace, 75, Flashes(75, flashes), sound, Fraction(3)), tmp_path / "a.mp4")
    with av.open(str(tmp_path / "a.mp4")) as container:
        seen = [
            float(f.time or 0) for f in container.decode(video=0) if f.to_ndarray(format="gray").mean() > 200
        ]
    assert seen == pytest.approx([number / 25 for number in flashes])
    heard: list[tuple[float, np.ndarray]] = []
    with av.open(str(tmp_path / "a.mp4")) as container:
        heard = [(float(f.time or 0), f.to_ndarray()[0]) for f in container.decode(audio=0)]
        rate = container.streams.audio[0].codec_context.sample_rate
    for number in flashes:
        loud = [
            time_s + np.flatnonzero(np.abs(part) > 0.3)[0] / rate
            for time_s, part in heard
            if abs(time_s - number / 25) < 0.2 and (np.abs(part) > 0.3).any()
        ]
        assert min(loud) == pytest.approx(number / 25, abs=0.005)


def test_colours_are_the_ones_that_were_drawn(tmp_path: Path) -> None:
    colours = np.zeros((1, SIDE, SIDE, 3), np.float32)
    colours[0, :32, :32], colours[0, :32, 32:] = (1, 0, 0), (0, 0.5, 1)
    colours[0, 32:, :32], colours[0, 32:, 32:] = (1, 1, 1), (0.2, 0.8, 0.3)
    write_video(Video(SIDE, SIDE, Fraction(10), 5, Stills(np.repeat(colours, 5, axis=0))), tmp_path / "a.mp4")
    with av.open(str(tmp_path / "a.mp4")) as container:
        assert (
            container.streams.video[0].codec_context.colorspace == 1
        )  # said, so that no player has to guess
        frame = next(container.decode(video=0)).to_ndarray(format="rgb24", src_colorspace="ITU709")
    for row, column in ((16, 16), (16, 48), (48, 16), (48, 48)):
        assert frame[row, column] == pytest.approx(255 * colours[0, row, column], abs=8)


def test_odd_sizes_lose_their_last_row_and_column(tmp_path: Path) -> None:
    images = np.random.default_rng(0).random((3, 33, 47, 3)).astype(np.float32)
    write_video(Video(47, 33, Fraction(10), 3, Stills(images)), tmp_path / "a.mp4")
    facts = facts_of(tmp_path / "a.mp4")
    assert facts.size == (46, 32)
    assert (facts.frames, facts.sound_s, facts.fps) == (3, None, 10)


# ------------------------------------------------------- the way into the file


def test_progress_is_told_for_every_frame(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    sound = spoken_sound(tmp_path, 1.0)
    write_video(
        video_for(sound, Fraction(1), 25),
        tmp_path / "a.mp4",
        lambda done, of, picture: told.append((done, of)),
    )
    assert told == [(number, 25) for number in range(1, 26)]


class StoppedError(Exception):
    """Somebody asked."""


@pytest.mark.parametrize("after", [0, 1, 7, 20])
def test_a_stopped_video_leaves_nothing(after: int, tmp_path: Path) -> None:
    drawn: list[int] = []

    def check() -> None:
        if len(drawn) >= after:
            raise StoppedError

    sound = spoken_sound(tmp_path, 4.0)
    folder = tmp_path / "out"
    folder.mkdir()
    with pytest.raises(StoppedError):
        write_video(
            video_for(sound, Fraction(4), 25),
            folder / "a.mp4",
            lambda done, of, picture: drawn.append(done),
            check,
        )
    assert list(folder.iterdir()) == []
    assert len(drawn) <= after + 1


def test_a_video_that_breaks_leaves_nothing_and_says_why(tmp_path: Path) -> None:
    class Broken:
        def pictures(self, check: Check) -> Iterator[np.ndarray]:
            yield np.zeros((SIDE, SIDE, 3), np.uint8)
            raise ZeroDivisionError("the pencil broke")

    video = Video(SIDE, SIDE, Fraction(25), 9, Broken(), spoken_sound(tmp_path, 0.36), Fraction("0.36"))
    with pytest.raises(ZeroDivisionError, match="pencil"):
        write_video(video, tmp_path / "a.mp4")
    assert not list(tmp_path.glob("*.mp4"))
    assert not list(tmp_path.glob(".*"))


def test_frames_are_drawn_ahead_but_never_far(tmp_path: Path) -> None:
    under_way: set[int] = set()
    most = 0
    lock = threading.Lock()

    def draw(number: int) -> int:
        nonlocal most
        with lock:
            under_way.add(number)
            most = max(most, len(under_way))
        return number

    for number in made_ahead(draw, range(200), workers=2, waiting=2):
        with lock:
            under_way.discard(number)
    assert most <= 4
    assert list(made_ahead(lambda number: number * number, range(50))) == [number**2 for number in range(50)]


def test_waiting_for_a_slow_frame_can_be_stopped() -> None:
    release = threading.Event()
    asked = 0

    def check() -> None:
        nonlocal asked
        asked += 1
        if asked > 3:
            release.set()
            raise StoppedError

    with pytest.raises(StoppedError):
        list(made_ahead(lambda number: release.wait(20), range(50), check))
    assert asked == 4


def test_what_goes_wrong_while_drawing_comes_to_whoever_waits() -> None:
    def draw(number: int) -> int:
        if number == 5:
            raise TimeoutError("five")
        return number

    made: list[int] = []
    with pytest.raises(TimeoutError, match="five"):
        made.extend(made_ahead(draw, range(50)))
    assert made == [0, 1, 2, 3, 4]
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("frames")]


# ------------------------------------------------------------------ portraits


def some_face(name: str) -> head.Face:
    return head.Face(np.zeros((8, 8, 3), np.uint8), None, None, 64, name)


def test_who_stops_while_a_face_is_opened_need_not_wait_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    opened, release = [], threading.Event()

    def open_slowly(picture: np.ndarray, *more: Any) -> Any:
        opened.append(picture)
        release.wait(30)
        return "a portrait"

    def stop() -> None:
        raise StoppedError

    monkeypatch.setattr(head, "open_portrait", open_slowly)
    face = some_face("slow")
    with pytest.raises(StoppedError):
        head.portrait_of(face, stop)
    release.set()
    assert head.portrait_of(face) == "a portrait"
    assert len(opened) == 1  # what was begun is not begun again


def test_a_face_that_cannot_be_opened_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    answers: list[Any] = [ValueError("no"), "a portrait"]

    def open_or_not(*given: Any) -> Any:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(head, "open_portrait", open_or_not)
    face = some_face("unlucky")
    with pytest.raises(ValueError, match="no"):
        head.portrait_of(face)
    assert head.portrait_of(face) == "a portrait"


def test_only_the_latest_faces_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[int] = []
    monkeypatch.setattr(head, "open_portrait", lambda *given: opened.append(1) or len(opened))
    for name in ("a", "b", "a", "c", "a", "d", "b"):
        head.portrait_of(some_face(f"kept {name}"))
    assert len(opened) == 5  # a, b, c, d, and b once more


# ---------------------------------------------------------------------- nodes


@pytest.fixture(name="face", scope="module")
def painted_face(engine: RunningEngine) -> str:
    """A face that anybody could paint, in the engine's input folder, and where its features are."""
    picture = np.full((160, 160, 3), (236, 200, 178), np.uint8)
    rows, columns = np.mgrid[:160, :160]
    for x in (56, 104):
        picture[((columns - x) / 14) ** 2 + ((rows - 66) / 7) ** 2 < 1] = (250, 250, 250)
        picture[((columns - x) / 6) ** 2 + ((rows - 66) / 6) ** 2 < 1] = (40, 60, 90)
    picture[((columns - 80) / 22) ** 2 + ((rows - 112) / 4) ** 2 < 1] = (170, 70, 80)
    Image.fromarray(picture).save(engine.base / "input" / "face.png")
    return json.dumps({"left_eye": [56, 66], "right_eye": [104, 66], "mouth": [80, 112]})


def talking_graph(landmarks: str, *, voice: str = "voice.wav", **inputs: Any) -> dict[str, Any]:
    head = {
        "image": "face.png",
        "audio": ["1", 0],
        "fps": 25,
        "resolution": 128,
        "emotion": "neutral",
        "seed": 1,
    }
    return {
        "1": {"class_type": "LoadAudio", "inputs": {"audio": voice}},
        "2": {"class_type": "FigureTalkingHead", "inputs": {**head, "landmarks": landmarks, **inputs}},
        "3": {
            "class_type": "SaveVideo",
            "inputs": {"video": ["2", 0], "filename_prefix": "video/talk", "format": "auto", "codec": "auto"},
        },
    }


def mouth_darkness(frames: list[np.ndarray]) -> np.ndarray:
    """How many pixels around the mouth are as dark as the inside of one."""
    return np.array([(frame[78:118, 40:90] < 110).sum() for frame in frames])


def messages_of(messages: list[Any], kind: str, node: str) -> list[dict[str, Any]]:
    return [
        message["data"]
        for message in messages
        if isinstance(message, dict) and message["type"] == kind and message["data"].get("node") == node
    ]


def test_create_video_and_save_video_as_comfyui_has_them(engine: RunningEngine) -> None:
    write_wav(engine.base / "input" / "voice.wav", speak().samples[:RATE])
    prompt = {
        "1": {
            "class_type": "EmptyImage",
            "inputs": {"width": 64, "height": 48, "batch_size": 6, "color": 0xFF0000},
        },
        "2": {"class_type": "LoadAudio", "inputs": {"audio": "voice.wav"}},
        "3": {"class_type": "CreateVideo", "inputs": {"images": ["1", 0], "fps": 12, "audio": ["2", 0]}},
        "4": {
            "class_type": "SaveVideo",
            "inputs": {"video": ["3", 0], "filename_prefix": "video/clip", "format": "mp4", "codec": "h264"},
        },
    }  # fmt: skip
    _, messages, history = engine.run(prompt)
    output = history["outputs"]["4"]
    (saved,) = output["images"]
    assert saved == {"filename": "clip_00001_.mp4", "subfolder": "video", "type": "output"}
    assert output["animated"] == [True]
    assert output["measured"] == [{"frames": 6, "fps": 12.0, "duration": 0.5, "width": 64, "height": 48}]
    (told,) = messages_of(messages, "executed", "4")
    assert told["output"] == output
    answer = engine.http.get("/view", params=saved)
    assert answer.headers["content-type"] == "video/mp4"
    part = engine.http.get("/view", params=saved, headers={"Range": "bytes=4-11"})
    assert (part.status_code, part.content[:4]) == (206, b"ftyp")
    facts = facts_of(engine.base / "output" / "video" / "clip_00001_.mp4")
    assert (facts.frames, facts.fps, facts.size) == (6, 12, (64, 48))
    assert facts.sound_s == pytest.approx(0.5, abs=0.01)  # the sound ends with the pictures
    with av.open(str(engine.base / "output" / "video" / "clip_00001_.mp4")) as container:
        assert json.loads(container.metadata["prompt"]) == prompt


def test_a_face_talks_from_graph_to_file(engine: RunningEngine, face: str) -> None:
    write_wav(engine.base / "input" / "voice.wav", speak().samples[: round(1.5 * RATE)])
    _, messages, history = engine.run(talking_graph(face))
    assert history["status"]["status_str"] == "success", history["status"]["messages"][-1]
    (measured,) = history["outputs"]["3"]["measured"]
    assert measured == {"frames": 38, "fps": 25.0, "duration": 1.5, "width": 128, "height": 128}
    steps = [(data["value"], data["max"]) for data in messages_of(messages, "progress", "3")]
    assert steps == [(number, 38) for number in range(1, 39)]
    assert any(isinstance(message, bytes) for message in messages)  # a preview
    (saved,) = history["outputs"]["3"]["images"]
    path = engine.base / "output" / saved["subfolder"] / saved["filename"]
    facts = facts_of(path)
    assert (facts.codec, facts.frames, facts.fps, facts.size) == ("h264", 38, 25, (128, 128))
    assert facts.length_s == pytest.approx(1.5, abs=0.002)
    with av.open(str(path)) as container:
        frames = [frame.to_ndarray(format="gray") for frame in container.decode(video=0)]
    heard = hear(open_sound(engine.base / "input" / "voice.wav"))
    opening = perform(lips_from_voice(heard), heard, MOODS["neutral"], 1, Fraction(25), 38).rows[:, 0]
    assert np.corrcoef(opening, mouth_darkness(frames))[0, 1] > 0.7  # it opens when something is said


def test_the_same_graph_draws_the_same_video(engine: RunningEngine, face: str) -> None:
    write_wav(engine.base / "input" / "voice.wav", speak().samples[: RATE // 2])
    pictures = []
    for name in ("one", "two"):
        prompt = talking_graph(face, seed=99)
        prompt["3"]["inputs"]["filename_prefix"] = name
        _, _, history = engine.run(prompt)
        (saved,) = history["outputs"]["3"]["images"]
        with av.open(str(engine.base / "output" / saved["filename"])) as container:
            pictures.append(
                np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)])
            )
    assert np.array_equal(*pictures)


def test_stopping_a_talk_ends_it_soon_and_leaves_no_file(engine: RunningEngine, face: str) -> None:
    voice = np.tile(speak().samples, 30)
    write_wav(engine.base / "input" / "long.wav", voice)
    before = set((engine.base / "output").rglob("*"))
    socket = engine.connect("stopper")
    try:
        read_one(socket)
        prompt = talking_graph(face, voice="long.wav", resolution=256)
        prompt_id = engine.send(prompt, client_id="stopper").json()["prompt_id"]
        while True:
            message = read_one(socket)
            if isinstance(message, dict) and message["type"] == "progress" and message["data"]["node"] == "3":
                break
        engine.http.post("/interrupt", json={"prompt_id": prompt_id})
        frames_after = 0
        while True:
            message = read_one(socket)
            if not isinstance(message, dict):
                continue
            frames_after += message["type"] == "progress"
            if message["type"] == "execution_interrupted":
                break
    finally:
        socket.close()
    assert message["data"]["node_id"] == "3"
    assert frames_after < 100  # of 5,000
    deadline = time.monotonic() + 10
    while prompt_id not in engine.http.get(f"/history/{prompt_id}").json() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert {path for path in (engine.base / "output").rglob("*") if path.is_file()} <= before


@pytest.mark.parametrize(
    ("inputs", "kind", "words"),
    [
        ({"landmarks": "{"}, "WishRefused", "The landmarks are not JSON"),
        ({"landmarks": "[1]"}, "WishRefused", "not an object"),
        ({"visemes": "[{}]"}, "WishRefused", "Phoneme number 1 has no time or no name"),
        ({"max_duration": 1}, "SoundRefused", "up to 1 s are made into one video"),
    ],
)
def test_wishes_that_cannot_be_met_end_in_a_sentence(
    inputs: dict[str, Any], kind: str, words: str, engine: RunningEngine, face: str
) -> None:
    write_wav(engine.base / "input" / "voice.wav", speak().samples[: 2 * RATE])
    _, _, history = engine.run(talking_graph(**{"landmarks": face, **inputs}))
    event, told = history["status"]["messages"][-1]
    assert event == "execution_error"
    assert told["exception_type"] == f"studio.engine.talking.{kind}"
    assert words in told["exception_message"]


def test_a_picture_without_a_face_is_refused_before_anything_is_drawn(
    engine: RunningEngine, face: str
) -> None:
    write_wav(engine.base / "input" / "voice.wav", speak().samples[:RATE])
    Image.fromarray(np.full((160, 160, 3), 128, np.uint8)).save(engine.base / "input" / "wall.png")
    _, _, history = engine.run(talking_graph("", image="wall.png"))
    event, told = history["status"]["messages"][-1]
    assert event == "execution_error"
    assert told["exception_type"] == "studio.engine.talking.NoFace"
    assert told["node_id"] == "2"


def test_exact_phonemes_reach_the_lips(engine: RunningEngine, face: str) -> None:
    quiet = np.zeros(RATE, np.float32)
    write_wav(engine.base / "input" / "voice.wav", quiet)
    events = json.dumps(
        [{"at": 0.0, "phoneme": "SIL"}, {"at": 0.4, "phoneme": "AA"}, {"at": 0.8, "phoneme": "SIL"}]
    )
    darkness = []
    for visemes in ("", events):
        _, _, history = engine.run(talking_graph(face, visemes=visemes))
        (saved,) = history["outputs"]["3"]["images"]
        with av.open(str(engine.base / "output" / saved["subfolder"] / saved["filename"])) as container:
            darkness.append(
                mouth_darkness([frame.to_ndarray(format="gray") for frame in container.decode(video=0)])
            )
    assert np.ptp(darkness[0]) < 0.3 * np.ptp(darkness[1])
    assert darkness[1][12:18].min() > darkness[1][:6].max()
