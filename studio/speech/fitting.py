"""The embedded voice made like a recorded one: as high, as lively, of the variant that sounds most like it.

It is no copy: only pitch and timbre come near, by the few variants that espeak-ng has.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from studio.speech.listening import RATE, Heard, hear_samples

# What a voice says for being listened to: every kind of vowel, nothing loud.
SENTENCE = "We were away a year ago, and saw the old boy who may really own all of our new moon maps."
VARIANTS = (
    "", "m1", "m2", "m3", "m4", "m5", "m6", "m7", "m8", "f1", "f2", "f3", "f4", "f5",
    "adam", "steph", "belinda", "linda", "john", "Annie", "Andy", "michael",
)  # fmt: skip
TUNED = 5  # of the variants that are nearest untuned
STEPS = 3
OCTAVE_DB = 24.0  # how many decibels of timbre a wrong octave weighs
LOWEST, HIGHEST, MIDDLE = 0, 99, 50

# A sentence in a voice of espeak-ng, at a pitch and a range of it: its samples and their rate.
Say = Callable[[str, str, int, int], tuple[bytes, int]]


@dataclass(frozen=True)
class Fit:
    """A voice of espeak-ng, and how near it comes."""

    variant: str
    pitch: int
    intonation: int
    f0_hz: float
    timbre_db: float  # how far the bands are apart on average

    @property
    def note(self) -> str:
        """What it is, for people."""
        named = f"espeak-ng {self.variant}".strip()
        return (
            "The embedded voice matches pitch and timbre only, and is no copy: "
            f"{named} at {self.f0_hz:.0f} Hz, bands {self.timbre_db:.0f} dB apart on average."
        )


def fit(heard: Heard, language: str, say: Say) -> Fit:
    """The variant, pitch and range that come nearest to what was heard."""
    plain = {variant: _heard(say, language, variant, MIDDLE, MIDDLE) for variant in VARIANTS}
    usable = {variant: one for variant, one in plain.items() if one.f0_hz > 0}
    nearest = sorted(usable, key=lambda variant: _apart(usable[variant], heard))[:TUNED]
    tuned = [_tuned(heard, language, variant, usable[variant], say) for variant in nearest]
    best, pitch, sound = min(tuned, key=lambda one: _apart(one[2], heard))
    wanted = heard.spread / sound.spread if sound.spread > 0.1 else 1.0
    intonation = round(min(100.0, max(5.0, MIDDLE * wanted)))
    return Fit(best, pitch, intonation, sound.f0_hz, _timbre(sound, heard))


def _tuned(heard: Heard, language: str, variant: str, plain: Heard, say: Say) -> tuple[str, int, Heard]:
    """The pitch at which a variant is as high as what was heard, by trying."""
    pitch, sound = MIDDLE, plain
    tried: dict[int, Heard] = {MIDDLE: plain}
    # About three octaves lie between the ends.
    octaves_a_step = 1.6 / HIGHEST
    for _ in range(STEPS):
        wanted = math.log2(heard.f0_hz / sound.f0_hz)
        following = round(min(HIGHEST, max(LOWEST, pitch + wanted / octaves_a_step)))
        if following in tried:
            break
        there = _heard(say, language, variant, following, MIDDLE)
        if there.f0_hz <= 0:
            break
        if (
            following != pitch
            and (slope := math.log2(there.f0_hz / sound.f0_hz) / (following - pitch)) > 1e-4
        ):
            octaves_a_step = slope
        tried[following] = there
        pitch, sound = following, there
    best = min(tried, key=lambda one: abs(math.log2(tried[one].f0_hz / heard.f0_hz)))
    return variant, best, tried[best]


def _heard(say: Say, language: str, variant: str, pitch: int, intonation: int) -> Heard:
    voice = f"{language}+{variant}" if variant else language
    samples, rate = say(SENTENCE, voice, pitch, intonation)
    sound = np.frombuffer(samples, np.int16).astype(np.float32) / 32768
    length = int(len(sound) * RATE / rate)
    at = np.linspace(0, max(0, len(sound) - 1), length)
    return hear_samples(np.interp(at, np.arange(len(sound)), sound) if len(sound) else sound)


def _timbre(one: Heard, other: Heard) -> float:
    return float(np.abs(np.subtract(one.envelope, other.envelope)).mean())


def _apart(one: Heard, other: Heard) -> float:
    """How differently two voices sound."""
    return _timbre(one, other) + OCTAVE_DB * abs(math.log2(one.f0_hz / other.f0_hz))
