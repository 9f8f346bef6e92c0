"""What a voice does, a hundred times a second: how loud, how voiced, how high, where its formants are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from studio.engine.talking.audio import Array, Check, Sound, at_rate

RATE = 16_000
HOP = 160
HOP_S = HOP / RATE
WINDOW = 512
FFT = 1024
FRAMES_AT_ONCE = 1024
QUIETEST_DB = -100.0
HZ = np.arange(FFT // 2 + 1) * (RATE / FFT)

# Bands that tell sounds apart: the murmur of a shut mouth, vowels, and hissing.
VOICE_BAND, VOWEL_BAND, MURMUR_BAND, HISS_BAND = (80, 5000), (350, 3400), (80, 350), (3600, 7900)
LOWEST_PITCH_HZ, HIGHEST_PITCH_HZ = 70, 420
CLEAR_F1, CLEAR_F2 = 0.5, 0.2  # against the strongest resonance in reach
FORMANT_TOP_HZ = 4500
LPC_ORDER = 10
ENVELOPE_HZ = np.arange(150.0, 3600.0, 25.0)
F1_HZ, F2_HZ = (200.0, 1100.0), (650.0, 2900.0)
LEAST_BETWEEN_FORMANTS_HZ = 250.0


@dataclass(frozen=True, eq=False)
class Heard:
    """Features of a sound, one row per hundredth of a second, and exactly how long it lasts."""

    samples: int  # at the sound's own rate
    rate: int
    level_db: Array  # of the band that voices fill, against full scale
    vowel_db: Array  # of the band that only an open mouth fills
    murmur_db: Array
    hiss_db: Array
    voicing: Array  # 0 noise .. 1 periodic
    pitch_hz: Array  # only where voiced
    f1_hz: Array
    f2_hz: Array
    flux: Array  # how much the spectrum's form changed

    @property
    def length_s(self) -> Fraction:
        """How long the sound lasts, without rounding."""
        return Fraction(self.samples, self.rate)


def hear(
    sound: Sound, check: Check = lambda: None, told: Callable[[int], None] = lambda samples: None
) -> Heard:
    """Listen to a whole sound, block by block; told hears how many samples have been read."""
    counted = 0

    def count(blocks: Iterator[Array]) -> Iterator[Array]:
        nonlocal counted
        for block in blocks:
            counted += block.shape[1]
            told(counted)
            yield block

    rows = [
        _features(frames) for frames in _windows(at_rate(count(sound.blocks(check)), sound.rate, RATE, 1))
    ]
    table = np.concatenate(rows) if rows else np.zeros((0, 9), np.float32)
    return Heard(counted, sound.rate, *np.ascontiguousarray(table.T))


def _windows(blocks: Iterator[Array]) -> Iterator[Array]:
    """Overlapping stretches, the first around the very beginning, the last around the end."""
    pending = np.zeros(WINDOW // 2, np.float32)
    size = (FRAMES_AT_ONCE - 1) * HOP + WINDOW
    for block in blocks:
        pending = np.concatenate([pending, block[0]])
        while len(pending) >= size:
            yield np.lib.stride_tricks.sliding_window_view(pending[:size], WINDOW)[::HOP]
            pending = pending[FRAMES_AT_ONCE * HOP :]
    pending = np.concatenate([pending, np.zeros(WINDOW // 2 + HOP, np.float32)])
    if len(pending) >= WINDOW:
        yield np.lib.stride_tricks.sliding_window_view(pending, WINDOW)[::HOP]


_WINDOW = np.hanning(WINDOW + 1)[:-1].astype(np.float32)
_OWN = np.fft.irfft(np.abs(np.fft.rfft(_WINDOW, FFT)) ** 2)[: WINDOW // 2]  # what the window does to itself
_OWN = (_OWN / _OWN[0]).astype(np.float32)
_EMPHASIS = (1.0 - 0.94 * np.exp(-2j * np.pi * HZ / RATE)).astype(np.complex64)


def _features(frames: Array) -> Array:
    spectrum = np.fft.rfft(frames * _WINDOW, FFT, axis=1)
    power = (spectrum.real**2 + spectrum.imag**2).astype(np.float32)
    voicing, pitch = _pitch(power)
    first, second, envelope = _formants(power)
    form = np.log(envelope + 1e-9)
    form -= form.mean(axis=1, keepdims=True)
    flux = np.zeros(len(form), np.float32)
    flux[1:] = np.abs(np.diff(form, axis=0)).mean(axis=1)
    bands = [_band_db(power, band) for band in (VOICE_BAND, VOWEL_BAND, MURMUR_BAND, HISS_BAND)]
    return np.stack([*bands, voicing, pitch, first, second, flux], axis=1).astype(np.float32)


def _band_db(power: Array, band: tuple[int, int]) -> Array:
    inside = (band[0] <= HZ) & (band[1] >= HZ)
    # A sine of full scale has 0 dB; the window and both halves of the spectrum are taken out.
    scale = 4.0 / (float(_WINDOW.sum()) ** 2 * float((_WINDOW**2).sum()) / float(_WINDOW.sum()) ** 2 * FFT)
    energy = power[:, inside].sum(axis=1) * scale
    return np.maximum(10.0 * np.log10(energy + 1e-12), QUIETEST_DB)


def _pitch(power: Array) -> tuple[Array, Array]:
    """How periodic each window is, and with which period."""
    spread = np.where(HZ < 2200, power, 0.0)  # hissing above would hide the voice below
    self_likeness = np.fft.irfft(spread, axis=1)[:, : WINDOW // 2].astype(np.float32)
    level = self_likeness[:, :1].copy()
    self_likeness /= np.maximum(level, 1e-9) * _OWN
    shortest, longest = RATE // HIGHEST_PITCH_HZ, RATE // LOWEST_PITCH_HZ
    lags = np.arange(shortest, longest)
    # Twice a period fits as well as the period itself: the shorter one is meant.
    window = self_likeness[:, shortest:longest] - 0.02 * np.log2(lags / shortest)
    peaks = np.zeros_like(window)
    inner = window[:, 1:-1]
    peaks[:, 1:-1] = np.where((inner >= window[:, :-2]) & (inner >= window[:, 2:]), inner, 0.0)
    best = peaks.argmax(axis=1)
    strength = np.clip(peaks[np.arange(len(peaks)), best], 0.0, 1.0)
    strength[level[:, 0] < 1e-7] = 0.0
    row = np.arange(len(best))
    place = np.clip(best, 1, len(lags) - 2)
    left, middle, right = window[row, place - 1], window[row, place], window[row, place + 1]
    bend = np.minimum(left - 2 * middle + right, -1e-6)
    between = np.clip(0.5 * (left - right) / bend, -0.5, 0.5)  # pitch glides by less than a sample
    return strength, (RATE / (lags[place] + between)).astype(np.float32)


def _formants(power: Array) -> tuple[Array, Array, Array]:
    """The two lowest resonances of the mouth, and the smooth spectrum that they were read from."""
    top = int(FORMANT_TOP_HZ / (RATE / FFT)) + 1
    emphasised = power[:, :top] * np.abs(_EMPHASIS[:top]) ** 2
    own = np.fft.irfft(emphasised, axis=1)[:, : LPC_ORDER + 1].astype(np.float64)
    own[:, 0] = own[:, 0] * 1.0005 + 1e-7
    predictor = _levinson(own)
    turns = np.exp(-1j * np.pi * np.outer(np.arange(LPC_ORDER + 1), ENVELOPE_HZ / FORMANT_TOP_HZ))
    envelope = 1.0 / (np.abs(predictor @ turns) ** 2 + 1e-9)
    first = _peak(envelope, np.full(len(envelope), F1_HZ[0]), F1_HZ[1], CLEAR_F1)
    second = _peak(envelope, np.maximum(first + LEAST_BETWEEN_FORMANTS_HZ, F2_HZ[0]), F2_HZ[1], CLEAR_F2)
    return first, second, envelope


def _levinson(own: Array) -> Array:
    """Linear prediction of every window at once."""
    count = own.shape[1] - 1
    predictor = np.zeros_like(own)
    predictor[:, 0] = 1.0
    left = own[:, 0].copy()
    for order in range(1, count + 1):
        reached = (predictor[:, :order] * own[:, order:0:-1]).sum(axis=1)
        mirror = -reached / left
        earlier = predictor[:, :order].copy()
        predictor[:, 1 : order + 1] += mirror[:, None] * earlier[:, ::-1]
        left *= np.maximum(1.0 - mirror**2, 1e-6)
    return predictor


def _peak(envelope: Array, lowest: Array, highest: float, enough: float) -> Array:
    """The first strong local maximum between two frequencies; without one, the middle of the energy there."""
    inside = (lowest[:, None] <= ENVELOPE_HZ) & (highest >= ENVELOPE_HZ)
    rising = np.zeros_like(envelope, bool)
    inner = envelope[:, 1:-1]
    rising[:, 1:-1] = (inner >= envelope[:, :-2]) & (inner > envelope[:, 2:])
    candidates = np.where(inside & rising, envelope, 0.0)
    # The first that is strong enough: a higher resonance can be louder, and is another one.
    best = (candidates >= enough * candidates.max(axis=1, keepdims=True) + 1e-12).argmax(axis=1)
    weight = np.where(inside, np.sqrt(envelope), 0.0)
    middle = (weight @ ENVELOPE_HZ) / np.maximum(weight.sum(axis=1), 1e-12)
    return np.where(candidates.max(axis=1) > 0, ENVELOPE_HZ[best], middle).astype(np.float32)
