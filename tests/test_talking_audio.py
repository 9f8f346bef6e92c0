"""Sound in the engine: whatever people call a recording is read by content, or refused in a sentence."""

from __future__ import annotations

import json
import struct
import threading
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import BytesIO
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from av.video.frame import VideoFrame
from PIL import Image

from studio.engine.talking.audio import SoundRefused, at_rate, open_sound
from studio.engine.talking.head import listen
from studio.engine.talking.hearing import hear
from studio.engine.talking.visemes import lips_from_voice
from tests.engine_fixtures import RunningEngine
from tests.talking_voices import RATE, encode, speak, wav_bytes, write_long_wav, write_wav

FORMATS = {"wav": ("pcm_s16le", "wav"), "mp3": ("libmp3lame", "mp3"), "flac": ("flac", "flac"),
           "ogg": ("vorbis", "ogg"), "opus": ("libopus", "ogg"), "m4a": ("aac", "ipod")}  # fmt: skip


def voice() -> np.ndarray:
    """Two seconds of speech."""
    return speak().samples[: 2 * RATE]


def samples_of(path: Path) -> np.ndarray:
    """All of a sound at once, in mono."""
    sound = open_sound(path)
    return np.concatenate([block.mean(axis=0) for block in sound.blocks()])


def tone(count: int, rate: int, hz: float = 200.0) -> np.ndarray:
    return 0.4 * np.sin(2 * np.pi * hz * np.arange(count) / rate)


# ------------------------------------------------------------------- reading


@pytest.mark.parametrize("suffix", sorted(FORMATS))
def test_every_usual_format_is_read_and_keeps_its_length_and_its_sound(suffix: str, tmp_path: Path) -> None:
    rate = 48_000 if suffix == "opus" else 44_100
    spoken = np.interp(np.arange(2 * rate) / rate, np.arange(2 * RATE) / RATE, voice())
    path = encode(tmp_path / f"voice.{suffix}", spoken, *FORMATS[suffix], rate)
    sound = open_sound(path)
    heard = hear(sound)
    assert (sound.rate, sound.channels) == (rate, 2 if suffix == "ogg" else 1)
    assert float(heard.length_s) == pytest.approx(2.0, abs=0.06)
    original = hear(open_sound(write_wav(tmp_path / "plain.wav", voice())))
    count = min(len(heard.level_db), len(original.level_db))
    loud = original.level_db[:count] > -45
    assert np.corrcoef(heard.level_db[:count][loud], original.level_db[:count][loud])[0, 1] > 0.9


def test_wav_is_exact_to_the_sample(tmp_path: Path) -> None:
    given = (voice() * 32767).astype("<i2")
    read = samples_of(write_wav(tmp_path / "a.wav", voice()))
    assert len(read) == len(given)
    assert np.abs(read * 32768 - given).max() < 1.0


def test_a_sound_comes_in_small_blocks_however_long_it_is(tmp_path: Path) -> None:
    path = write_long_wav(tmp_path / "long.wav", voice(), 120)  # four minutes
    sound = open_sound(path)
    sizes = [block.shape[1] for block in sound.blocks()]
    assert sum(sizes) == 120 * len(voice())
    assert max(sizes) <= 1 << 16


def test_listening_to_minutes_takes_little_memory(tmp_path: Path) -> None:
    short = open_sound(write_long_wav(tmp_path / "short.wav", voice(), 10))
    long = open_sound(write_long_wav(tmp_path / "long.wav", voice(), 45))
    peaks = []
    for sound in (short, long):
        tracemalloc.start()
        lips_from_voice(hear(sound))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    more_s = 35 * len(voice()) / RATE
    assert (peaks[1] - peaks[0]) / more_s < 40_000  # bytes for each further second: less than its samples
    assert peaks[1] < 100 * 2**20


def test_a_cut_is_that_part_and_nothing_else(tmp_path: Path) -> None:
    sound = open_sound(write_wav(tmp_path / "a.wav", voice()))
    whole = np.concatenate([block[0] for block in sound.blocks()])
    part = sound.cut(1000, 5000)
    assert np.array_equal(np.concatenate([block[0] for block in part.blocks()]), whole[1000:6000])
    again = part.cut(500, None)
    assert np.array_equal(np.concatenate([block[0] for block in again.blocks()]), whole[1500:6000])
    assert hear(part).length_s == Fraction(5000, RATE)


@pytest.mark.parametrize(("rate", "wanted"), [(8000, 48_000), (192_000, 48_000), (44_100, 16_000)])
def test_resampling_keeps_time_and_pitch(rate: int, wanted: int) -> None:
    given = tone(rate, rate, 440.0).astype(np.float32)[None]
    parts = np.array_split(given, 7, axis=1)
    made = np.concatenate([part[0] for part in at_rate(iter(parts), rate, wanted, 1)])
    assert len(made) == pytest.approx(wanted, abs=wanted / 100)
    spectrum = np.abs(np.fft.rfft(made * np.hanning(len(made))))
    assert spectrum.argmax() * wanted / len(made) == pytest.approx(440, abs=3)
    moment = np.zeros((1, rate), np.float32)
    moment[0, rate // 2] = 1.0
    click = np.concatenate([part[0] for part in at_rate(iter([moment]), rate, wanted, 1)])
    assert np.abs(click).argmax() / wanted == pytest.approx(0.5, abs=0.002)


# -------------------------------------------------------------- broken files


@dataclass(frozen=True)
class Broken:
    """A file that somebody may upload as a voice, and a part of the sentence that refuses it, if one does."""

    name: str
    make: Callable[[Path], bytes]
    answer: str = ""
    length_s: float | None = None


def _encoded(tmp: Path, suffix: str, seconds: float = 2.0, rate: int = 44_100) -> bytes:
    path = tmp / f"made.{suffix}"
    encode(path, tone(round(seconds * rate), rate), *FORMATS[suffix], rate)
    return path.read_bytes()


def _video(tmp: Path, *, sound: bool) -> bytes:
    path = tmp / "made.mp4"
    with av.open(str(path), "w") as out:
        pictures = out.add_stream("libx264", rate=10)
        assert isinstance(pictures, av.VideoStream)
        pictures.width = pictures.height = 64
        pictures.pix_fmt = "yuv420p"
        voice_stream = out.add_stream("aac", rate=44_100) if sound else None
        if isinstance(voice_stream, av.AudioStream):
            voice_stream.codec_context.layout = "mono"
        for number in range(10):
            frame = VideoFrame.from_ndarray(np.full((64, 64, 3), number * 20, np.uint8), format="rgb24")
            out.mux(pictures.encode(frame))
        out.mux(pictures.encode(None))
        if isinstance(voice_stream, av.AudioStream):
            frame = av.AudioFrame.from_ndarray(
                tone(44_100, 44_100).astype(np.float32)[None], format="fltp", layout="mono"
            )
            frame.sample_rate = 44_100
            out.mux(voice_stream.encode(frame))
            out.mux(voice_stream.encode(None))
    return path.read_bytes()


def _picture(tmp: Path) -> bytes:
    buffer = BytesIO()
    Image.new("RGB", (64, 64), "red").save(buffer, "PNG")
    return buffer.getvalue()


def _faststart(tmp: Path) -> bytes:
    path = tmp / "front.m4a"
    spoken = np.random.default_rng(0).normal(0, 0.2, 3 * 44_100)
    with av.open(str(path), "w", format="ipod", options={"movflags": "+faststart"}) as out:
        stream = out.add_stream("aac", rate=44_100)
        assert isinstance(stream, av.AudioStream)
        stream.codec_context.layout = "mono"
        frame = av.AudioFrame.from_ndarray(spoken.astype(np.float32)[None], format="fltp", layout="mono")
        frame.sample_rate = 44_100
        out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path.read_bytes()


def _trimmed_in_place(tmp: Path) -> bytes:
    """An edit list that plays only the first second, as phones write it when somebody trims a memo."""
    data = bytearray(_faststart(tmp))
    place = data.index(b"elst") + 12
    data[place : place + 4] = struct.pack(">I", 1000)
    return bytes(data)


def _floats(tmp: Path) -> bytes:
    samples = tone(16_000, 16_000).astype("<f4")
    samples[100:200], samples[300], samples[301] = np.nan, np.inf, 1e30
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 3, 1, 16_000, 64_000, 4, 32)
    body = b"WAVE" + form + struct.pack("<4sI", b"data", samples.nbytes) + samples.tobytes()
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _hours_of_silence(tmp: Path) -> bytes:
    length = 3 * 3600 * 4000
    head = wav_bytes(np.zeros(0), 4000, announced_bytes=length)
    # 8 bits a sample: 43 MB of zeros, which most disks do not even store
    return head[:28] + struct.pack("<IHH", 4000, 1, 8) + head[36:] + bytes([128]) * length


def _with_rate(rate: int) -> bytes:
    return wav_bytes(tone(4000, 8000), rate)


PLAYLIST = b"#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\nfile:///etc/hostname\n#EXT-X-ENDLIST\n"
BROKEN = [
    Broken("empty.wav", lambda tmp: b"", "is empty"),
    Broken("header_only.wav", lambda tmp: wav_bytes(np.zeros(0)), "no sound"),
    Broken("torn_header.wav", lambda tmp: wav_bytes(tone(8000, 8000))[:20], "not a sound file"),
    Broken(
        "half_uploaded.wav",
        lambda tmp: wav_bytes(tone(8000, 8000), 8000, announced_bytes=160_000),
        "cut off: it should last 10.0 s but ends after 1.0 s",
    ),
    Broken(
        "streamed.wav",
        lambda tmp: wav_bytes(tone(8000, 8000), 8000, announced_bytes=0xFFFFFFFF),
        length_s=1.0,
    ),
    Broken("telephone_8k.wav", lambda tmp: wav_bytes(tone(8000, 8000), 8000), length_s=1.0),
    Broken("studio_192k.wav", lambda tmp: wav_bytes(tone(96_000, 192_000), 192_000), length_s=0.5),
    Broken(
        "seven_channels.wav", lambda tmp: wav_bytes(np.tile(tone(8000, 8000)[:, None], 7), 8000), length_s=1.0
    ),
    Broken("crowd.wav", lambda tmp: wav_bytes(np.zeros((100, 200)), 8000), "200 channels"),
    Broken("one_per_second.wav", lambda tmp: _with_rate(1), "1 samples per second"),
    Broken("too_fast.wav", lambda tmp: _with_rate(2_000_000_000), "samples per second"),
    Broken("film.wav", lambda tmp: _video(tmp, sound=True), length_s=1.0),
    Broken("silent_film.wav", lambda tmp: _video(tmp, sound=False), "pictures but no sound"),
    Broken("picture.wav", _picture, "not a sound file"),
    Broken("letter.mp3", lambda tmp: b"Dear reader, this is not music.\n" * 400, "not a sound file"),
    Broken("noise.m4a", lambda tmp: np.random.default_rng(1).bytes(30_000), "not a sound file"),
    Broken("playlist.mp3", lambda tmp: PLAYLIST, "not a sound file"),
    Broken("torn.flac", lambda tmp: (data := _encoded(tmp, "flac"))[: len(data) // 2], "cut off"),
    Broken("torn.m4a", lambda tmp: (data := _encoded(tmp, "m4a"))[: len(data) // 2], "not a sound file"),
    Broken("torn_front.m4a", lambda tmp: (data := _faststart(tmp))[: len(data) // 2], "cut off"),
    Broken("trimmed_memo.m4a", _trimmed_in_place, length_s=1.0),
    # OGG and MP3 do not say how long they should be: they are played as far as they go.
    Broken("torn.ogg", lambda tmp: (data := _encoded(tmp, "ogg", 8.0))[: len(data) * 2 // 3]),
    Broken("torn.mp3", lambda tmp: (data := _encoded(tmp, "mp3"))[: len(data) // 2], length_s=1.0),
    Broken("not_numbers.wav", _floats, length_s=1.0),
    Broken("a_blink.wav", lambda tmp: wav_bytes(tone(80, 16_000)), length_s=0.005),
    Broken("nothing_said.wav", lambda tmp: wav_bytes(np.zeros(32_000)), length_s=2.0),
    Broken("three_hours.wav", _hours_of_silence, "is 10800 s long; up to 3600 s"),
]


@pytest.mark.parametrize("broken", BROKEN, ids=lambda broken: broken.name)
def test_every_broken_file_has_its_answer(broken: Broken, tmp_path: Path) -> None:
    path = tmp_path / broken.name
    path.write_bytes(broken.make(tmp_path))
    if broken.answer:
        with pytest.raises(SoundRefused) as refusal:
            listen(open_sound(path), 3600.0)
        told = str(refusal.value)
        assert broken.answer in told
        assert told.startswith(broken.name)
        assert told.endswith(".")
        return
    heard = listen(open_sound(path), 3600.0)
    if broken.length_s is None:
        assert heard.samples > 0
    else:
        assert float(heard.length_s) == pytest.approx(broken.length_s, abs=0.08)
    assert all(np.isfinite(curve).all() for curve in (heard.level_db, heard.voicing, heard.f1_hz))
    assert np.isfinite(lips_from_voice(heard)).all()


def test_nobody_is_called_by_a_playlist_that_is_named_as_a_sound(tmp_path: Path) -> None:
    asked: list[str] = []

    class Listening(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(404)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
            return

    server = HTTPServer(("127.0.0.1", 0), Listening)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        address = f"http://127.0.0.1:{server.server_port}/inside"
        lists = {
            "hls.mp3": f"#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\n{address}\n#EXT-X-ENDLIST\n",
            "concat.wav": f"ffconcat version 1.0\nfile {address}\n",
            "session.ogg": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\n"
            f"m=audio {server.server_port} RTP/AVP 0\n",
            "dash.m4a": f'<?xml version="1.0"?><MPD><Period><BaseURL>{address}</BaseURL></Period></MPD>',
        }
        for name, content in lists.items():
            (tmp_path / name).write_text(content)
            with pytest.raises(SoundRefused):
                open_sound(tmp_path / name)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert asked == []


def test_a_sound_that_says_no_length_is_refused_once_it_is_too_long(tmp_path: Path) -> None:
    path = write_long_wav(tmp_path / "a.wav", voice(), 8)
    data = path.read_bytes()
    path.write_bytes(data.replace(data[40:44], struct.pack("<I", 0xFFFFFFFF), 1))
    read: list[float] = []
    with pytest.raises(SoundRefused, match="up to 5 s"):
        listen(open_sound(path), 5.0, told=read.append)
    assert max(read, default=0.0) < 6.5


def test_a_limit_is_no_limit_for_what_is_as_long(tmp_path: Path) -> None:
    sound = open_sound(write_wav(tmp_path / "a.wav", voice()))
    assert listen(sound, 2.0).length_s == 2
    with pytest.raises(SoundRefused):
        listen(sound, 1.9)
    assert listen(sound.cut(0, RATE), 1.9).length_s == 1


# ---------------------------------------------------------------------- nodes


def test_audio_nodes_write_files_that_play(engine: RunningEngine) -> None:
    write_wav(engine.base / "input" / "spoken.wav", voice())
    prompt = {
        "1": {"class_type": "LoadAudio", "inputs": {"audio": "spoken.wav"}},
        "2": {"class_type": "SaveAudio", "inputs": {"audio": ["1", 0], "filename_prefix": "audio/a"}},
        "3": {
            "class_type": "SaveAudioMP3",
            "inputs": {"audio": ["1", 0], "filename_prefix": "audio/a", "quality": "128k"},
        },
        "4": {
            "class_type": "SaveAudioOpus",
            "inputs": {"audio": ["5", 0], "filename_prefix": "audio/a", "quality": "64k"},
        },
        "5": {
            "class_type": "TrimAudioDuration",
            "inputs": {"audio": ["1", 0], "start_index": -1.5, "duration": 1},
        },
        "6": {"class_type": "PreviewAudio", "inputs": {"audio": ["1", 0]}},
    }  # fmt: skip
    _, _, history = engine.run(prompt)
    assert history["status"]["status_str"] == "success", history["status"]["messages"]
    lengths = {"2": 2.0, "3": 2.0, "4": 1.0, "6": 2.0}
    names = set()
    for node, length_s in lengths.items():
        (saved,) = history["outputs"][node]["audio"]
        assert saved["type"] == ("temp" if node == "6" else "output")
        names.add(saved["filename"])
        path = engine.base / saved["type"] / saved["subfolder"] / saved["filename"]
        assert len(samples_of(path)) / open_sound(path).rate == pytest.approx(length_s, abs=0.06)
        answer = engine.http.get("/view", params=saved)
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("audio/")
        assert answer.content == path.read_bytes()
    assert {Path(name).suffix for name in names} == {".flac", ".mp3", ".opus"}
    flac = next(engine.base.glob("output/audio/*.flac"))
    with av.open(str(flac)) as container:
        tags = {key.lower(): value for key, value in container.metadata.items()}
        assert json.loads(tags["prompt"])["1"]["class_type"] == "LoadAudio"
    assert not list(engine.base.rglob("*.part"))
    (engine.base / "output" / "audio" / flac.name).unlink()
    _, _, again = engine.run(prompt)  # what is remembered counts only as long as its file is there
    assert (engine.base / "output" / "audio" / again["outputs"]["2"]["audio"][0]["filename"]).is_file()


def test_a_broken_sound_ends_the_prompt_with_its_own_sentence(engine: RunningEngine) -> None:
    (engine.base / "input" / "film.wav").write_bytes(_video(engine.base, sound=False))
    prompt = {
        "1": {"class_type": "LoadAudio", "inputs": {"audio": "film.wav"}},
        "2": {"class_type": "SaveAudio", "inputs": {"audio": ["1", 0], "filename_prefix": "b"}},
    }
    _, _, history = engine.run(prompt)
    event, told = history["status"]["messages"][-1]
    assert event == "execution_error"
    assert told["exception_type"] == "studio.engine.talking.SoundRefused"
    assert told["exception_message"] == (
        "film.wav has pictures but no sound. Choose a file with a voice in it."
    )


def test_sounds_are_listed_and_others_refused_before_anything_runs(engine: RunningEngine) -> None:
    write_wav(engine.base / "input" / "listed.wav", voice()[:1000])
    info = engine.http.get("/object_info/LoadAudio").json()["LoadAudio"]
    assert "listed.wav" in info["input"]["required"]["audio"][0]
    answer = engine.send(
        {
            "1": {"class_type": "LoadAudio", "inputs": {"audio": "gone.wav"}},
            "2": {"class_type": "PreviewAudio", "inputs": {"audio": ["1", 0]}},
        }
    )
    assert answer.status_code == 400
    assert "Invalid audio file: gone.wav" in answer.text
