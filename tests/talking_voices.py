"""Sounds for tests: a formant synthesizer that knows when it says what; music, noise, sound files."""

from __future__ import annotations

import functools
import struct
import wave
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream

RATE = 16_000
Array = np.ndarray


@dataclass(frozen=True)
class Sounding:
    """How a phoneme sounds: three formants, its voice, its breath, and where the breath hisses."""

    formants: tuple[float, float, float]
    voice: float = 1.0
    breath: float = 0.0
    hiss_hz: tuple[float, float] = (3500.0, 7500.0)
    seconds: float = 0.09
    opening: float | None = None  # what a mouth does: None where it does not matter


SOUNDINGS = {
    "AA": Sounding((730, 1090, 2440), seconds=0.15, opening=0.9),
    "AE": Sounding((660, 1720, 2410), seconds=0.15, opening=0.8),
    "AH": Sounding((600, 1250, 2400), seconds=0.10, opening=0.6),
    "AO": Sounding((570, 840, 2410), seconds=0.14, opening=0.65),
    "EH": Sounding((530, 1840, 2480), seconds=0.12, opening=0.6),
    "IH": Sounding((400, 1990, 2550), seconds=0.09, opening=0.4),
    "IY": Sounding((280, 2290, 3010), seconds=0.12, opening=0.3),
    "UW": Sounding((310, 900, 2240), voice=0.8, seconds=0.13, opening=0.25),
    "M": Sounding((240, 1000, 2200), voice=0.10, seconds=0.08, opening=0.0),
    "B": Sounding((220, 900, 2200), voice=0.04, seconds=0.07, opening=0.0),
    "P": Sounding((220, 900, 2200), voice=0.0, seconds=0.08, opening=0.0),
    "N": Sounding((280, 1750, 2600), voice=0.14, seconds=0.06),
    "T": Sounding((300, 1800, 2600), voice=0.0, breath=0.10, hiss_hz=(2500, 7500), seconds=0.06),
    "S": Sounding((300, 1700, 2600), voice=0.0, breath=0.22, hiss_hz=(4000, 7800), seconds=0.10, opening=0.1),
    "SH": Sounding((300, 1700, 2600), voice=0.0, breath=0.22, hiss_hz=(2000, 6000), seconds=0.10),
    "L": Sounding((380, 1100, 2600), voice=0.5, seconds=0.06),
    "R": Sounding((420, 1250, 1650), voice=0.6, seconds=0.06),
    "SIL": Sounding((500, 1500, 2500), voice=0.0, seconds=0.35, opening=0.0),
}
VOWELS = {"AA", "AE", "AH", "AO", "EH", "IH", "IY", "UW"}
LABIALS = {"M", "B", "P"}
PHRASE = (
    "SIL M AA M AA SIL P AH P IY L AH N T SIL B AE T M AH N S EH L S P IY R UW M SIL "
    "S IY M AO R B UW SH IH S SIL AA P AH L B IH L M UW B AA SIL"
)


@dataclass(frozen=True)
class Spoken:
    """A sentence as samples, with what is said from when to when."""

    samples: Array
    said: tuple[tuple[str, float, float], ...]

    def events(self) -> list[dict[str, object]]:
        """What a speech engine would tell."""
        return [{"at": begin, "phoneme": name} for name, begin, _ in self.said]


@functools.cache
def speak(
    phonemes: tuple[str, ...] = tuple(PHRASE.split()),
    pitch_hz: float = 125.0,
    seed: int = 0,
    pace: float = 1.0,
) -> Spoken:
    """Say phonemes: harmonics of a gliding pitch under moving formants, and hissing."""
    rng = np.random.default_rng(seed)
    said: list[tuple[str, float, float]] = []
    at = 0.0
    for name in phonemes:
        end = at + SOUNDINGS[name].seconds * pace * rng.uniform(0.85, 1.2)
        said.append((name, at, end))
        at = end
    count = round(at * RATE)
    times = np.arange(count) / RATE
    formants, voice, breath = np.zeros((3, count)), np.zeros(count), np.zeros(count)
    for name, begin, end in said:
        span, sound = slice(round(begin * RATE), round(end * RATE)), SOUNDINGS[name]
        formants[:, span] = np.array(sound.formants)[:, None]
        voice[span], breath[span] = sound.voice, sound.breath
    formants = np.stack([_softened(row, 0.018) for row in formants])
    voice, breath = _softened(voice, 0.006), _softened(breath, 0.006)
    turns = np.arange(0, at + 0.3, 0.12)
    wander = np.interp(times, turns, rng.normal(0, 0.16, len(turns)))
    pitch = pitch_hz * 2 ** (_softened(wander, 0.05) - 0.06 * times / max(at, 1.0))
    phase = 2 * np.pi * np.cumsum(pitch) / RATE
    samples = np.zeros(count)
    coarse = np.arange(
        0, count, 80
    )  # formants move slowly: their gains are worked out two hundred times a second
    for harmonic in range(1, int(6000 / pitch_hz)):
        gain = _resonance(harmonic * pitch[coarse], formants[:, coarse]) / harmonic**0.6
        samples += np.interp(np.arange(count), coarse, gain) * np.sin(harmonic * phase)
    samples *= voice
    for name in {name for name, _, _ in said if SOUNDINGS[name].breath}:
        sound = SOUNDINGS[name]
        mine = np.zeros(count)
        for other, begin, end in said:
            if other == name:
                mine[round(begin * RATE) : round(end * RATE)] = sound.breath
        samples += band_noise(count, *sound.hiss_hz, seed=seed) * _softened(mine, 0.006) * 3.0
    return Spoken((0.5 * samples / np.abs(samples).max()).astype(np.float32), tuple(said))


def _resonance(hz: Array, formants: Array) -> Array:
    gain = np.ones_like(hz)
    for formant, width in zip(formants, (80.0, 110.0, 160.0), strict=True):
        gain *= formant**2 / np.sqrt((formant**2 - hz**2) ** 2 + (width * hz) ** 2)
    return gain


def _softened(curve: Array, width_s: float) -> Array:
    width = max(1, round(2 * width_s * RATE))
    bell = np.hanning(width + 2)[1:-1]
    padded = np.pad(curve, (width // 2, width - 1 - width // 2), mode="edge")
    room = 1 << (len(padded) + width).bit_length()  # powers of two are transformed quickly
    total = np.fft.irfft(np.fft.rfft(padded, room) * np.fft.rfft(bell / bell.sum(), room))
    return total[width - 1 : width - 1 + len(curve)]


def band_noise(count: int, low_hz: float, high_hz: float, seed: int = 0) -> Array:
    """Noise between two frequencies, with a standard deviation of 1."""
    spectrum = np.fft.rfft(np.random.default_rng(seed).normal(size=count))
    hz = np.fft.rfftfreq(count, 1 / RATE)
    noise = np.fft.irfft(np.where((hz >= low_hz) & (hz <= high_hz), spectrum, 0), count)
    return noise / noise.std()


def music(kind: str, seconds: float = 6.0) -> Array:
    """A tune without words: plucked strings, an organ, chords or drums."""
    count = round(seconds * RATE)
    out = np.zeros(count)
    rng = np.random.default_rng(5)
    tune = [60, 62, 64, 67, 69, 67, 64, 62] * 8
    for number, note in enumerate(tune):
        begin = round(number * 0.25 * RATE)
        times = np.arange(round((0.9 if kind == "plucked" else 0.25) * RATE)) / RATE
        hz = 440 * 2 ** ((note - 69) / 12)
        if kind == "drums":
            tone = rng.normal(size=len(times)) * np.exp(-times * (30 if number % 2 else 12))
        elif kind == "plucked":
            tone = sum(np.sin(2 * np.pi * hz * k * times) / k * np.exp(-times * (2 + k)) for k in range(1, 9))
        else:
            pitches = (hz,) if kind == "organ" else (hz, hz * 2 ** (4 / 12), hz * 2 ** (7 / 12))
            tone = sum(np.sin(2 * np.pi * p * k * times) / k for p in pitches for k in (1, 2, 3, 4, 6))
            tone = tone * np.minimum(1, times / 0.02) * np.minimum(1, (times[-1] - times) / 0.03)
        end = min(count, begin + len(times))
        if begin < count:
            out[begin:end] += np.asarray(tone)[: end - begin]
    return (0.5 * out / np.abs(out).max()).astype(np.float32)


def wav_bytes(
    samples: Array, rate: int = RATE, *, announced_bytes: int | None = None, chunks: bytes = b""
) -> bytes:
    """A WAV file of 16 bits; samples are count, or count × channels. The header may lie about its length."""
    table = samples[:, None] if samples.ndim == 1 else samples
    data = (np.clip(table, -1, 1) * 32767).astype("<i2").tobytes()
    channels = table.shape[1]
    length = len(data) if announced_bytes is None else announced_bytes
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, channels, rate, rate * channels * 2, channels * 2, 16)
    body = b"WAVE" + form + struct.pack("<4sI", b"data", length) + data + chunks
    return b"RIFF" + struct.pack("<I", min(len(body), 0xFFFFFFFF)) + body


def write_wav(path: Path, samples: Array, rate: int = RATE) -> Path:
    """A WAV file on disk."""
    path.write_bytes(wav_bytes(samples, rate))
    return path


def write_long_wav(path: Path, block: Array, times: int, rate: int = RATE) -> Path:
    """A WAV file that says the same again and again, without all of it in memory."""
    data = (np.clip(block, -1, 1) * 32767).astype("<i2").tobytes()
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        for _ in range(times):
            file.writeframes(data)
    return path


def encode(path: Path, samples: Array, codec: str, container: str, rate: int = RATE) -> Path:
    """A sound file in another codec; samples are count or channels × count."""
    table = np.atleast_2d(samples).astype(np.float32)
    if codec == "vorbis":  # its encoder only knows stereo
        table = np.repeat(table, 2, axis=0)[:2]
    layout = "mono" if len(table) == 1 else "stereo"
    with av.open(str(path), "w", format=container) as out:
        stream = out.add_stream(codec, rate=rate)
        assert isinstance(stream, AudioStream)
        stream.codec_context.layout = layout
        stream.options = {"strict": "experimental"}
        frame = AudioFrame.from_ndarray(np.ascontiguousarray(table), format="fltp", layout=layout)
        frame.sample_rate, frame.pts = rate, 0
        size = stream.codec_context.frame_size or 1024
        resampler = av.AudioResampler(stream.codec_context.format, layout, rate, size)
        for part in [*resampler.resample(frame), *resampler.resample(None)]:
            out.mux(stream.encode(part))
        out.mux(stream.encode(None))
    return path
