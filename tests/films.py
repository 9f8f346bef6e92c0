"""Small videos and sounds for tests, whose every frame and sample is known."""

from __future__ import annotations

import math
import wave
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

Colour = tuple[int, int, int]
GREY: Colour = (110, 110, 110)
FORMS = {".mp4": ("libx264", "aac"), ".mov": ("libx264", "aac"), ".mkv": ("libx264", "aac")}
FORMS |= {".webm": ("libvpx-vp9", "libopus"), ".gif": ("gif", "")}


def count_colour(number: int) -> int:
    """How bright the bar at the top of a frame is, so that each frame can be told from its neighbours."""
    return (number * 37) % 256


def make_film(
    path: Path,
    frames: int = 30,
    fps: float | Fraction = 25,
    size: tuple[int, int] = (128, 96),
    tone_hz: float | None = None,
    colour: Colour = GREY,
    flashes: Sequence[int] = (),
    rate: int = 48_000,
    beeps_hz: float | None = None,
    bar: bool = True,
) -> Path:
    """A video of one colour with a counting bar; white and with a beep at `flashes`."""
    pace = Fraction(fps)
    codec, sound = FORMS[path.suffix]
    with av.open(str(path), "w") as container:
        seen: Any = container.add_stream(codec, rate=pace)
        seen.width, seen.height = size
        seen.pix_fmt = "rgb8" if codec == "gif" else "yuv420p"
        if codec == "libx264":
            seen.options = {"crf": "10", "preset": "ultrafast"}
        heard: Any = None
        if tone_hz or beeps_hz:
            heard = container.add_stream(sound, rate=rate, layout="mono")
        for number in range(frames):
            picture = np.empty((size[1], size[0], 3), np.uint8)
            picture[:] = (255, 255, 255) if number in flashes else colour
            if bar:
                picture[: size[1] // 8] = count_colour(number)
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = number, 1 / pace
            container.mux(seen.encode(frame))
        container.mux(seen.encode(None))
        if heard is not None:
            samples = _samples(frames, pace, rate, tone_hz, beeps_hz, flashes)
            form = "fltp" if sound == "aac" else "flt"
            for begin in range(0, len(samples), 960):
                block = np.ascontiguousarray(samples[begin : begin + 960])[None]
                piece = av.AudioFrame.from_ndarray(block, format=form, layout="mono")
                piece.sample_rate, piece.pts, piece.time_base = rate, begin, Fraction(1, rate)
                container.mux(heard.encode(piece))
            container.mux(heard.encode(None))
    return path


def _samples(
    frames: int, pace: Fraction, rate: int, tone: float | None, beeps: float | None, flashes: Sequence[int]
) -> np.ndarray:
    length = round(frames / pace * rate)
    moments = np.arange(length) / rate
    samples = 0.4 * np.sin(2 * math.pi * (tone or 0.0) * moments)
    if beeps:
        on = np.zeros(length, bool)
        for number in flashes:
            on[round(number / pace * rate) : round((number + 1) / pace * rate)] = True
        samples = np.where(on, 0.5 * np.sin(2 * math.pi * beeps * moments), 0.0)
    return samples.astype(np.float32)


def make_tone(path: Path, seconds: float, hz: float = 440.0, rate: int = 48_000, level: float = 0.4) -> Path:
    """A WAV file of one tone."""
    moments = np.arange(round(seconds * rate)) / rate
    samples = np.rint(32_767 * level * np.sin(2 * math.pi * hz * moments)).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.tobytes())
    return path


def pictures_in(path: Path) -> np.ndarray:
    """Every picture of a file as bytes, with colours as the file says that they are meant."""
    with av.open(str(path)) as container:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)])


def numbers_in(pictures: np.ndarray) -> list[int]:
    """How bright the counting bar of each picture is."""
    bars = pictures[:, 2 : max(3, pictures.shape[1] // 8 - 3), 8:-8]
    return [round(float(bar.mean())) for bar in bars]


def sound_in(path: Path) -> tuple[np.ndarray, int]:
    """All samples of a file in mono, as it is played: from its own zero."""
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        blocks, at = [], None
        for frame in container.decode(stream):
            at = float(frame.time or 0) if at is None else at
            block = frame.to_ndarray().astype(np.float32)
            if not frame.format.is_planar:
                block = block.reshape(-1, len(frame.layout.channels)).T
            blocks.append(block.mean(axis=0))
        samples, rate = np.concatenate(blocks), stream.codec_context.sample_rate
    early = round((at or 0.0) * rate)
    return (np.pad(samples, (early, 0)) if early > 0 else samples[-early:]), rate


def loudness(samples: np.ndarray) -> float:
    """The root of the mean square, without the ends where encoders ring."""
    inner = samples[len(samples) // 10 : -len(samples) // 10]
    return float(np.sqrt(np.mean(inner**2)))


def pitch(samples: np.ndarray, rate: int) -> float:
    """The strongest frequency."""
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.argmax(spectrum[1:]) + 1) * rate / len(samples)
