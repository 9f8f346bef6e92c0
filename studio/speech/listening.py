"""What a recorded voice is like: how much of it is speech, how high, how lively and how bright it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from studio import clips

Array = np.ndarray

RATE = 16_000
WINDOW, HOP, SIZE = 640, 160, 2048  # 40 ms every 10 ms
LOW_HZ, HIGH_HZ = 60.0, 420.0
LONGEST_S = 120.0  # a voice does not change after that
BLOCK = 512  # frames that are looked at together
VOICED = 0.45  # how alike a voice's periods are
QUIET_DB = 35.0  # below the loudest
GAP_S = 0.35  # consonants and the pauses between words belong to speech
LONGEST_SOUND_S = 2.5  # nobody speaks a vowel for longer; a tone lasts
SHORTEST_SOUND_S = 0.03
BANDS = 20
BAND_LOW_HZ, BAND_HIGH_HZ = 150.0, 6000.0


@dataclass(frozen=True)
class Heard:
    """A voice in numbers."""

    duration_s: float
    speech_s: float
    speech_from_s: float = 0.0
    f0_hz: float = 0.0  # the middle of its pitch
    spread: float = 0.0  # how far its pitch moves, in semitones
    tilt_db: float = 0.0  # how it falls with each octave
    envelope: tuple[float, ...] = ()  # decibels by band, their mean being nothing


def hear(path: Path) -> Heard:
    """Listen to a recording."""
    return hear_samples(read(path))


def read(path: Path, longest_s: float = LONGEST_S) -> Array:
    """The beginning of a recording as mono samples."""
    from av.audio.resampler import AudioResampler  # 60 ms of loading that nobody else should wait for

    blocks: list[Array] = []
    left = int(longest_s * RATE)
    with clips.opened_sound(path) as container:
        resampler = AudioResampler(format="flt", layout="mono", rate=RATE)
        frames: Iterator[Any] = container.decode(container.streams.audio[0])
        for frame in frames:
            for part in resampler.resample(frame):
                blocks.append(part.to_ndarray()[0][:left])
                left -= len(blocks[-1])
            if left <= 0:
                break
    return np.concatenate(blocks) if blocks else np.zeros(0, np.float32)


def hear_samples(samples: Array) -> Heard:
    """The same for samples at our own rate, from -1 to 1."""
    duration_s = len(samples) / RATE
    if len(samples) < WINDOW * 4:
        return Heard(duration_s, 0.0)
    pitches, alike, energy, powers = _frames(samples.astype(np.float32))
    loudest = float(np.percentile(energy, 98))
    voiced = (alike > VOICED) & (energy > loudest - QUIET_DB) & (energy > -60)
    sounds = [
        one for one in _runs(voiced) if SHORTEST_SOUND_S <= (one[1] - one[0]) * HOP / RATE <= LONGEST_SOUND_S
    ]
    kept = np.zeros_like(voiced)
    for begin, end in sounds:
        kept[begin:end] = True
    if not kept.any():
        return Heard(duration_s, 0.0)
    pitch = pitches[kept]
    middle = float(np.median(pitch))
    steady = pitch[np.abs(12 * np.log2(pitch / middle)) < 9]  # the rest are errors by an octave
    spread = float(np.std(12 * np.log2(steady / middle))) if len(steady) else 0.0
    envelope = powers[kept].mean(axis=0)
    decibels = 10 * np.log10(envelope + 1e-12)
    tilt = float(np.polyfit(np.log2(_centres()), decibels, 1)[0])
    return Heard(
        duration_s,
        _speech_s(sounds),
        max(0.0, sounds[0][0] * HOP / RATE - 0.2),
        middle,
        spread,
        tilt,
        tuple(float(one) for one in decibels - decibels.mean()),
    )


def _frames(samples: Array) -> tuple[Array, Array, Array, Array]:
    """By frame: the pitch, how alike its periods are, the energy, and the power in each band."""
    count = (len(samples) - WINDOW) // HOP + 1
    shortest, longest = int(RATE / HIGH_HZ), int(RATE / LOW_HZ)
    window = np.hanning(WINDOW).astype(np.float32)
    of_window = np.fft.irfft(np.abs(np.fft.rfft(window, SIZE)) ** 2)[: longest + 2]
    bands = _bands()
    found: list[tuple[Array, Array, Array, Array]] = []
    for begin in range(0, count, BLOCK):
        starts = np.arange(begin, min(count, begin + BLOCK)) * HOP
        block = samples[starts[:, None] + np.arange(WINDOW)]
        block = (block - block.mean(axis=1, keepdims=True)) * window
        power = np.abs(np.fft.rfft(block, SIZE, axis=1)) ** 2
        lags = np.fft.irfft(power, axis=1)[:, : longest + 2]
        # What the window itself takes away from longer lags is given back.
        periods = lags / np.maximum(lags[:, :1], 1e-12) / (of_window / of_window[0])
        inner = periods[:, shortest : longest + 1]
        best = inner.max(axis=1)
        # Twice the period is as alike; the first that is nearly the best is the period.
        peaks = (inner > periods[:, shortest - 1 : longest]) & (
            inner >= periods[:, shortest + 1 : longest + 2]
        )
        good = peaks & (inner > 0.88 * best[:, None])
        lag = np.where(good.any(axis=1), good.argmax(axis=1), inner.argmax(axis=1)) + shortest
        energy = 10 * np.log10((block**2).mean(axis=1) + 1e-12)
        found.append((RATE / lag, best, energy, power @ bands.T))
    pitches, alike, energy, powers = (np.concatenate(part) for part in zip(*found, strict=True))
    return pitches, alike, energy, powers


def _centres() -> Array:
    edges = np.geomspace(BAND_LOW_HZ, BAND_HIGH_HZ, BANDS + 1)
    return np.sqrt(edges[:-1] * edges[1:])


def _bands() -> Array:
    """Which frequencies belong to which band, as shares."""
    edges = np.geomspace(BAND_LOW_HZ, BAND_HIGH_HZ, BANDS + 1)
    hz = np.fft.rfftfreq(SIZE, 1 / RATE)
    inside = (hz[None, :] >= edges[:-1, None]) & (hz[None, :] < edges[1:, None])
    return inside / np.maximum(inside.sum(axis=1, keepdims=True), 1)


def _runs(wanted: Array) -> list[tuple[int, int]]:
    """Where it begins and ends to be true."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], wanted, [False]]).astype(np.int8)))
    return [(int(begin), int(end)) for begin, end in zip(edges[::2], edges[1::2], strict=True)]


def _speech_s(sounds: list[tuple[int, int]]) -> float:
    """How long somebody speaks: the voiced sounds, and between them what is no long pause."""
    frames, last = 0, None
    for begin, end in sounds:
        frames += end - begin
        if last is not None and (begin - last) * HOP / RATE <= GAP_S:
            frames += begin - last
        last = end
    return frames * HOP / RATE
