"""Videos made out of others: exact in time and place, with sound in step, flat in memory."""

from __future__ import annotations

import tracemalloc
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from studio.engine.clips import saving
from studio.engine.clips.changing import at_pace, covered, cropped, cut, joined, scaled
from studio.engine.clips.opening import FilmRefused, open_film
from studio.engine.clips.tracks import (
    bent,
    fitted,
    looped,
    louder,
    mixed_with,
    shifted,
    stretched,
)
from studio.engine.talking.audio import SoundRefused, open_sound
from studio.engine.talking.video import Video
from tests.engine_fixtures import RunningEngine
from tests.films import (
    FORMS,
    GREY,
    count_colour,
    loudness,
    make_film,
    make_tone,
    numbers_in,
    pictures_in,
    pitch,
    sound_in,
)

NEAR = 6  # of 255: what encoding may change in a flat colour


def save(video: Video, target: Path, form: str = "mp4") -> Path:
    saving.write(video, target, lambda done, of, picture: None, lambda: None, {}, form)
    return target


def all_samples(sound: Any) -> np.ndarray:
    return np.concatenate(list(sound.blocks()), axis=1)


# ------------------------------------------------------------------------------- opening


@pytest.mark.parametrize("suffix", sorted(FORMS))
def test_a_video_is_told_by_what_it_holds(tmp_path: Path, suffix: str) -> None:
    fps = 10 if suffix == ".gif" else 24
    tone = None if suffix == ".gif" else 440.0
    video = open_film(make_film(tmp_path / f"a{suffix}", frames=12, fps=fps, tone_hz=tone))
    assert (video.width, video.height, video.fps, video.count) == (128, 96, fps, 12)
    assert (video.sound is None) == (suffix == ".gif")


def test_broadcast_paces_stay_exact(tmp_path: Path) -> None:
    pace = Fraction(30_000, 1001)
    for suffix in (".mp4", ".webm"):
        video = open_film(make_film(tmp_path / f"a{suffix}", frames=45, fps=pace))
        assert (video.fps, video.count) == (pace, 45), suffix


def test_every_frame_comes_through_in_its_place(tmp_path: Path) -> None:
    saved = save(open_film(make_film(tmp_path / "a.mp4", frames=40)), tmp_path / "b.mp4")
    assert numbers_in(pictures_in(saved)) == pytest.approx([count_colour(k) for k in range(40)], abs=NEAR)


def test_colours_stay(tmp_path: Path) -> None:
    for form in ("mp4", "webm", "mkv", "mov", "gif"):
        film = open_film(make_film(tmp_path / "a.mp4", frames=5, colour=(200, 40, 60)))
        saved = save(film, tmp_path / f"b{saving.suffix_of(form)}", form)
        # Read once more by ourselves: viewers go by the same tags.
        [picture, *_] = open_film(saved).source.pictures(lambda: None)
        assert picture[60, 60] == pytest.approx((200, 40, 60), abs=10), form


def test_frames_of_uneven_times_are_shown_when_they_should_be(tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        for number, at in enumerate((0, 1, 2, 3, 13, 14, 15, 16, 17, 18, 19)):
            frame = av.VideoFrame.from_ndarray(np.full((64, 64, 3), 20 * number, np.uint8), format="rgb24")
            frame.pts, frame.time_base = at, Fraction(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    video = open_film(path)
    shown = [round(float(p.mean() / 20)) for p in video.source.pictures(lambda: None)]
    length_s = video.count / video.fps
    assert float(length_s) == pytest.approx(0.8, abs=0.06)
    assert len(shown) == video.count
    assert shown[int(Fraction(10, 25) * video.fps)] == 3  # it stands still until the next one comes
    assert shown[-1] == 10


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"this is no video at all, only words" * 100, "is not a video file"),
        (b"#EXTM3U\n#EXTINF:10,\nhttp://127.0.0.1/x.ts\n", "is not a video file"),
    ],
)
def test_what_is_no_video_is_refused_with_the_reason(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "bad.mp4"
    path.write_bytes(content)
    with pytest.raises(FilmRefused, match=said):
        open_film(path)


def test_a_video_that_was_cut_off_is_refused(tmp_path: Path) -> None:
    whole = make_film(tmp_path / "a.mp4", frames=50, tone_hz=300)
    fast = tmp_path / "fast.mp4"
    with av.open(str(whole)) as source, av.open(str(fast), "w", options={"movflags": "faststart"}) as target:
        streams: dict[int, Any] = {s.index: target.add_stream_from_template(s) for s in source.streams}
        for packet in source.demux():
            if packet.dts is not None:
                packet.stream = streams[packet.stream.index]
                target.mux(packet)
    data = fast.read_bytes()
    (tmp_path / "cut.mp4").write_bytes(data[: len(data) * 6 // 10])
    with pytest.raises(FilmRefused, match="cut off"):
        open_film(tmp_path / "cut.mp4")


def test_a_sound_is_no_video(tmp_path: Path) -> None:
    with pytest.raises(FilmRefused, match="no moving pictures"):
        open_film(make_tone(tmp_path / "a.wav", 1.0))


# --------------------------------------------------------------------------------- time


@pytest.mark.parametrize("fps", [24, 25, Fraction(30_000, 1001), 60])
def test_a_part_is_exact_to_the_frame(tmp_path: Path, fps: Fraction) -> None:
    film = open_film(make_film(tmp_path / "a.mp4", frames=60, fps=fps, tone_hz=500))
    saved = save(cut(film, 13, 21), tmp_path / "b.mp4")
    assert numbers_in(pictures_in(saved)) == pytest.approx([count_colour(k) for k in range(13, 34)], abs=NEAR)
    samples, rate = sound_in(saved)
    assert len(samples) / rate == pytest.approx(float(21 / Fraction(fps)), abs=0.025)  # one packet of AAC
    with av.open(str(saved)) as container:
        video: Any = container.streams.video[0]
        assert float(video.duration * video.time_base) == pytest.approx(float(21 / Fraction(fps)), abs=0.001)


def test_another_pace_shows_what_stood_at_the_time(tmp_path: Path) -> None:
    film = open_film(make_film(tmp_path / "a.mp4", frames=25))
    slower, faster = at_pace(film, Fraction(10)), at_pace(film, Fraction(50))
    assert (slower.count, faster.count) == (10, 50)
    shown = numbers_in(np.stack(list(slower.source.pictures(lambda: None))))
    assert shown == pytest.approx([count_colour(int(k * 2.5)) for k in range(10)], abs=NEAR)


def test_sound_and_pictures_stay_together_when_videos_are_joined(tmp_path: Path) -> None:
    """White frames and beeps at the same moments in each part, of different sizes, paces and formats."""
    parts = [
        make_film(tmp_path / "a.mp4", frames=33, fps=25, beeps_hz=1000, flashes=(10, 28)),
        make_film(tmp_path / "b.mkv", frames=20, fps=30, size=(96, 160)),  # silent
        make_film(tmp_path / "c.webm", frames=47, fps=24, size=(64, 64), beeps_hz=1000, flashes=(8, 40)),
        make_film(tmp_path / "d.mov", frames=31, fps=30, beeps_hz=1000, flashes=(21,), rate=44_100),
    ]
    film = joined([open_film(part) for part in parts])
    assert (film.width, film.height, film.fps) == (128, 96, 25)
    saved = save(film, tmp_path / "all.mp4")
    pictures, (samples, rate) = pictures_in(saved), sound_in(saved)
    assert len(pictures) == film.count
    middle = pictures[:, 40:56, 56:72].mean(axis=(1, 2, 3))
    white = middle > 200
    seen = [k / 25 for k in range(1, len(white)) if white[k] and not white[k - 1]]
    window = rate // 200
    energy = np.array([np.abs(samples[k : k + window]).mean() for k in range(0, len(samples), window)])
    loud = energy > 0.1
    heard = [k * window / rate for k in range(1, len(loud)) if loud[k] and not loud[k - 1]]
    assert len(seen) == len(heard) == 5
    assert max(abs(one - other) for one, other in zip(seen, heard, strict=True)) <= 0.045  # about one frame
    length = film.count / 25
    assert len(samples) / rate == pytest.approx(length, abs=0.03)


def test_bars_fill_what_a_smaller_video_leaves_free(tmp_path: Path) -> None:
    wide = open_film(make_film(tmp_path / "a.mp4", frames=3, size=(128, 64)))
    tall = open_film(make_film(tmp_path / "b.mp4", frames=3, size=(64, 128), colour=(250, 250, 250)))
    pictures = np.stack(list(joined([wide, tall]).source.pictures(lambda: None))).astype(int)
    assert pictures.shape == (6, 64, 128, 3)
    assert pictures[4, 40, 64] == pytest.approx((250, 250, 250), abs=NEAR)
    assert pictures[4, 40, 10] == pytest.approx((0, 0, 0), abs=NEAR)


# -------------------------------------------------------------------------------- space


def marked(path: Path) -> Path:
    """Four quarters of four colours."""
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("libx264", rate=25, options={"crf": "5"})
        stream.width, stream.height, stream.pix_fmt = 160, 80, "yuv420p"
        picture = np.zeros((80, 160, 3), np.uint8)
        picture[:40, :80], picture[:40, 80:] = (200, 30, 30), (30, 200, 30)
        picture[40:, :80], picture[40:, 80:] = (30, 30, 200), (200, 200, 200)
        for number in range(4):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def first_picture(video: Video) -> np.ndarray:
    return next(iter(video.source.pictures(lambda: None))).astype(int)


def test_a_part_of_the_picture_is_the_one_that_was_named(tmp_path: Path) -> None:
    film = open_film(marked(tmp_path / "a.mp4"))
    part = cropped(film, 60, 30, 40, 20)
    picture = first_picture(part)
    assert picture.shape == (20, 40, 3)
    corners = [picture[2, 4], picture[2, -4], picture[-3, 4], picture[-3, -4]]
    wanted = [(200, 30, 30), (30, 200, 30), (30, 30, 200), (200, 200, 200)]
    for corner, colour in zip(corners, wanted, strict=True):
        assert corner == pytest.approx(colour, abs=20)
    beyond = cropped(film, 140, 60, 500, 500)
    assert (beyond.width, beyond.height) == (20, 20)


@pytest.mark.parametrize(
    ("fit", "left"),
    [("stretch", (200, 30, 30)), ("contain", (0, 0, 0)), ("cover", (200, 30, 30))],
)
def test_sizes_are_filled_as_asked(tmp_path: Path, fit: str, left: tuple[int, int, int]) -> None:
    tall = scaled(open_film(marked(tmp_path / "a.mp4")), 80, 120, fit)
    picture = first_picture(tall)
    assert picture.shape == (120, 80, 3)
    assert picture[5, 10] == pytest.approx(left, abs=20)
    assert picture[50, 28] == pytest.approx((200, 30, 30), abs=25)  # the seams stay in the middle
    assert picture[50, 52] == pytest.approx((30, 200, 30), abs=25)
    assert picture[70, 52] == pytest.approx((200, 200, 200), abs=25)


def test_one_side_follows_the_other(tmp_path: Path) -> None:
    film = open_film(marked(tmp_path / "a.mp4"))
    assert [
        (v.width, v.height) for v in (scaled(film, 80, 0, "stretch"), scaled(film, 0, 120, "stretch"))
    ] == [
        (80, 40),
        (240, 120),
    ]


def test_a_picture_lies_over_every_frame_where_it_was_put(tmp_path: Path) -> None:
    layer = np.zeros((96, 128, 4), np.uint8)
    layer[60:80, 30:90] = (255, 240, 0, 255)
    layer[20:40, 30:90] = (255, 255, 255, 128)
    film = covered(open_film(make_film(tmp_path / "a.mp4", frames=20)), layer)
    pictures = np.stack(list(film.source.pictures(lambda: None))).astype(int)
    assert len(pictures) == 20
    for picture in pictures:
        assert picture[70, 60] == pytest.approx((255, 240, 0), abs=12)
        assert picture[30, 60] == pytest.approx((182, 182, 182), abs=8)
        assert picture[50, 60] == pytest.approx(GREY, abs=NEAR)
        assert picture[70, 10] == pytest.approx(GREY, abs=NEAR)


def test_pictures_of_a_camera_that_was_held_upright_are_turned(tmp_path: Path) -> None:
    lying = marked(tmp_path / "a.mp4")
    data = bytearray(lying.read_bytes())
    # The matrix of the track's header, as phones write it for 90 degrees to the right.
    at = data.index(b"tkhd") + 4 + 4 + 36
    turned = (0, 0x10000, 0, -0x10000, 0, 0, 80 << 16, 0, 0x40000000)
    data[at : at + 36] = b"".join(value.to_bytes(4, "big", signed=True) for value in turned)
    lying.write_bytes(data)
    film = open_film(lying)
    assert (film.width, film.height) == (80, 160)
    picture = first_picture(film)
    assert picture.shape == (160, 80, 3)
    assert picture[10, 70] == pytest.approx((200, 30, 30), abs=20)  # its upper left went to the right
    assert picture[10, 10] == pytest.approx((30, 30, 200), abs=20)


# -------------------------------------------------------------------------------- sound


def test_a_sound_is_as_loud_as_asked(tmp_path: Path) -> None:
    tone = open_sound(make_tone(tmp_path / "a.wav", 1.0, level=0.3))
    own = loudness(all_samples(tone)[0])
    for volume in (0.0, 0.5, 1.0, 2.0):
        assert loudness(all_samples(louder(tone, volume))[0]) == pytest.approx(own * volume, rel=0.01)


def test_what_is_too_loud_does_not_clip(tmp_path: Path) -> None:
    samples = bent(np.linspace(-3, 3, 601, dtype=np.float32)[None])
    assert np.abs(samples).max() <= 1.0
    assert np.all(np.diff(samples[0]) >= 0)
    assert np.array_equal(samples[0, 250:351], np.linspace(-3, 3, 601, dtype=np.float32)[250:351])


def test_sounds_are_mixed_sample_by_sample(tmp_path: Path) -> None:
    low = open_sound(make_tone(tmp_path / "a.wav", 2.0, hz=300, level=0.3))
    high = open_sound(make_tone(tmp_path / "b.wav", 1.0, hz=3000, level=0.3, rate=24_000))
    both = all_samples(mixed_with(low, high, 96_000))
    assert both.shape == (1, 96_000)
    first, second = both[0, :48_000], both[0, 48_000:]
    plain = 0.3 / np.sqrt(2)
    assert loudness(first) == pytest.approx(plain * np.sqrt(2), rel=0.02)
    assert loudness(second) == pytest.approx(plain, rel=0.02)


def test_a_short_sound_is_repeated_to_the_end(tmp_path: Path) -> None:
    tone = open_sound(make_tone(tmp_path / "a.wav", 0.3, hz=1000))
    again = all_samples(looped(tone, 48_000))
    assert again.shape == (1, 48_000)
    assert np.array_equal(again[0, 14_400:28_800], again[0, :14_400])


@pytest.mark.parametrize("factor", [0.3, 0.6, 1.0, 1.7, 3.5])
def test_a_stretched_sound_lasts_as_long_at_its_pitch(tmp_path: Path, factor: float) -> None:
    tone = open_sound(make_tone(tmp_path / "a.wav", 1.5, hz=700))
    length = round(1.5 * 48_000 / factor)
    made = all_samples(stretched(tone, length, lambda: None))[0]
    assert len(made) == length
    assert pitch(made, 48_000) == pytest.approx(700, rel=0.02)
    assert loudness(made[-length // 8 :]) > 0.1  # it is heard to the end


def test_a_sound_is_not_stretched_beyond_understanding(tmp_path: Path) -> None:
    tone = open_sound(make_tone(tmp_path / "a.wav", 1.0))
    with pytest.raises(SoundRefused, match="times as fast"):
        stretched(tone, 48_000 * 9, lambda: None)


def test_a_sound_is_moved_and_fitted(tmp_path: Path) -> None:
    tone = open_sound(make_tone(tmp_path / "a.wav", 0.5, hz=1000))
    plain = all_samples(tone)
    late, early = all_samples(shifted(tone, 4_800)), all_samples(shifted(tone, -4_800))
    assert np.array_equal(late[:, 4_800:], plain)
    assert not late[:, :4_800].any()
    assert np.array_equal(early, plain[:, 4_800:])
    short, long = all_samples(fitted(tone, 10_000, fade=True)), all_samples(fitted(tone, 30_000))
    assert np.array_equal(short[:, :9_000], plain[:, :9_000])
    assert abs(short[0, -1]) < 0.01
    assert long.shape == (1, 30_000)
    assert not long[:, 24_000:].any()


# ------------------------------------------------------------------------------- saving


@pytest.mark.parametrize("form", saving.names())
def test_every_form_can_be_read_elsewhere(tmp_path: Path, form: str) -> None:
    film = open_film(make_film(tmp_path / "a.mp4", frames=30, tone_hz=600))
    saved = save(film, tmp_path / f"b{saving.suffix_of(form)}", form)
    with av.open(str(saved)) as container:
        assert len(list(container.decode(video=0))) == 30
        codecs = [stream.codec.canonical_name for stream in container.streams]
    assert codecs == {"webm": ["vp9", "opus"], "gif": ["gif"]}.get(form, ["h264", "aac"])
    if form != "gif":
        samples, rate = sound_in(saved)
        assert len(samples) / rate == pytest.approx(1.2, abs=0.03)
        assert pitch(samples, rate) == pytest.approx(600, rel=0.02)


def test_a_gif_has_the_time_of_its_video(tmp_path: Path) -> None:
    film = open_film(make_film(tmp_path / "a.mp4", frames=60, fps=60))
    gif = open_film(save(film, tmp_path / "b.gif", "gif"))
    assert (gif.fps, gif.count) == (25, 25)


def test_memory_does_not_grow_with_the_video(tmp_path: Path) -> None:
    short = open_film(make_film(tmp_path / "a.mp4", frames=40, tone_hz=300))
    long = open_film(make_film(tmp_path / "b.mp4", frames=400, tone_hz=300))

    def peak(video: Video, form: str) -> int:
        tracemalloc.start()
        save(scaled(video, 64, 48, "cover"), tmp_path / f"c{saving.suffix_of(form)}", form)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    for form in ("mp4", "gif"):
        peak(short, form)  # what is loaded once
        assert peak(long, form) < peak(short, form) + 1_000_000


# ------------------------------------------------------------------------- in the engine


def graph(**more: Any) -> dict[str, Any]:
    return {
        "1": {"class_type": "LoadVideo", "inputs": {"file": "a.mp4"}},
        "2": {
            "class_type": "Video Slice",
            "inputs": {
                "video": ["1", 0],
                "start_time": 0.4,
                "duration": 0.8,
                "strict_duration": False,
                **more,
            },
        },
        "3": {
            "class_type": "ClipSave",
            "inputs": {"video": ["2", 0], "filename_prefix": "edit", "format": "webm"},
        },
    }


def test_nodes_make_a_video(engine: RunningEngine) -> None:
    make_film(engine.base / "input" / "a.mp4", frames=50, tone_hz=400)
    (engine.base / "input" / "a.txt").write_text("no video")
    _, _, entry = engine.run(graph())
    assert entry["status"]["completed"], entry
    [saved] = entry["outputs"]["3"]["images"]
    assert entry["outputs"]["3"]["measured"][0]["frames"] == 20
    path = engine.base / "output" / saved["filename"]
    assert numbers_in(pictures_in(path)) == pytest.approx([count_colour(k) for k in range(10, 30)], abs=10)
    told = engine.http.get("/object_info/LoadVideo").json()["LoadVideo"]["input"]["required"]["file"][1]
    assert "a.mp4" in told["options"]
    assert "a.txt" not in told["options"]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"start_time": 9.0}, "ends after 2.00 s"),
        ({"duration": 5.0, "strict_duration": True}, "Ask for less"),
    ],
)
def test_nodes_say_what_cannot_be(engine: RunningEngine, more: dict[str, Any], said: str) -> None:
    make_film(engine.base / "input" / "a.mp4", frames=50)
    _, _, entry = engine.run(graph(**more))
    [fault] = [data for name, data in entry["status"]["messages"] if name == "execution_error"]
    assert said in fault["exception_message"]


def test_a_file_that_is_no_video_ends_the_prompt_with_its_reason(engine: RunningEngine) -> None:
    before = set((engine.base / "output").rglob("*"))
    (engine.base / "input" / "a.mp4").write_bytes(b"\0\0\0\x18ftypmp42" + b"\0" * 200)
    _, _, entry = engine.run(graph())
    [fault] = [data for name, data in entry["status"]["messages"] if name == "execution_error"]
    assert "a.mp4" in fault["exception_message"]
    assert set((engine.base / "output").rglob("*")) == before


def test_a_video_is_taken_apart(engine: RunningEngine) -> None:
    make_film(engine.base / "input" / "a.mp4", frames=5, tone_hz=400)
    prompt = {
        "1": {"class_type": "LoadVideo", "inputs": {"file": "a.mp4"}},
        "2": {"class_type": "GetVideoComponents", "inputs": {"video": ["1", 0]}},
        "3": {"class_type": "SaveImage", "inputs": {"images": ["2", 0], "filename_prefix": "p"}},
        "4": {"class_type": "SaveAudio", "inputs": {"audio": ["2", 1], "filename_prefix": "s"}},
        "5": {
            "class_type": "CreateVideo",
            "inputs": {"images": ["2", 0], "audio": ["2", 1], "fps": ["2", 2]},
        },
        "6": {
            "class_type": "SaveVideo",
            "inputs": {"video": ["5", 0], "filename_prefix": "v", "format": "auto", "codec": "auto"},
        },
    }
    _, _, entry = engine.run(prompt)
    assert entry["status"]["completed"], entry
    assert len(entry["outputs"]["3"]["images"]) == 5
    assert entry["outputs"]["6"]["measured"][0] | {"duration": 0} == {
        "frames": 5,
        "fps": 25.0,
        "duration": 0,
        "width": 128,
        "height": 96,
    }
