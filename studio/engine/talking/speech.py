"""Tells speech from music and noise, so that a mouth does not chatter to what nobody says."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from studio.engine.talking.audio import Array
from studio.engine.talking.curves import around, share, smooth
from studio.engine.talking.hearing import HOP_S, Heard

# Speech glides: its pitch is hardly ever still, but never leaps from one hundredth of a second to the next.
STEADY_OCTAVES, GLIDING_OCTAVES, LEAP_OCTAVES = 0.004, 0.006, 0.06
VOICED = 0.55
ACTIVE_DB, SILENCE_DB = 30.0, -66.0
NEAR_S, FAR_S = 0.6, 2.5
SYLLABLE_S, SOUND_S = 0.12, 0.02

# How each sign counts: where it is neutral, how far from there it counts 1, and its least and most.
GLIDES = (0.10, 0.10, -2.5, 1.0)
NOT_STEADY = (0.57, 0.06, -3.0, 1.0)
CHANGES = (0.24, 0.07, -2.5, 1.0)
HISSES = (5.0, 2.5, -1.0, 4.0)
SYLLABLES = (2.4, 0.7, -3.0, 4.0)
BOTH, MONOTONE, UNVOICED = 1.5, 3.0, 2.5
DOUBT, SURE = 0.7, 1.9


def speech_share(heard: Heard) -> Array:
    """How surely somebody speaks around each moment: 0 .. 1."""
    return share(speech_signs(heard), DOUBT, SURE).astype(np.float32)


def speech_signs(heard: Heard) -> Array:
    """The signs of speech around each moment, added up."""
    if len(heard.level_db) == 0:
        return np.zeros(0, np.float32)
    loudest = around(heard.level_db, round(2.0 / HOP_S))
    active = (heard.level_db > np.maximum(loudest - ACTIVE_DB, SILENCE_DB)).astype(np.float32)
    voiced = (active > 0) & (heard.voicing > VOICED) & (heard.hiss_db < heard.level_db - 3.0)

    def mean(values: Array) -> Array:
        """Over what sounds, nearby and further around."""
        near, far = (
            smooth(values * active, width, beyond="constant")
            / np.maximum(smooth(active, width, beyond="constant"), 0.02)
            for width in (NEAR_S / HOP_S, FAR_S / HOP_S)
        )
        return 0.5 * (near + far)

    glides, stays = _pitch_moves(heard, voiced)
    gliding, staying = mean(glides), mean(stays)
    changing = mean(heard.flux)
    hissing = np.clip(heard.hiss_db - heard.vowel_db, -40.0, 20.0)
    spread = np.sqrt(np.maximum(mean(hissing**2) - mean(hissing) ** 2, 0.0))
    level = np.maximum(heard.vowel_db, loudest - 35.0)
    syllables = smooth(level, SOUND_S / HOP_S) - smooth(level, SYLLABLE_S / HOP_S)
    hisses = _counted(spread, HISSES)
    beats = _counted(np.sqrt(np.maximum(mean(syllables**2), 0.0)), SYLLABLES)
    not_steady = _counted((gliding + 0.01) / (gliding + staying + 0.02), NOT_STEADY)
    monotone = _monotone(heard, voiced, mean) * share(changing, 0.28, 0.36)
    signs = (
        _counted(gliding, GLIDES)
        + not_steady * (1.0 - 0.7 * share(spread, 6.0, 9.0))
        + _counted(changing, CHANGES)
        + np.minimum(hisses, 1.0)
        + np.minimum(beats, 1.0)
        # Drums beat and cymbals hiss; that hissing comes and goes with syllables is a sign of its own.
        + np.clip(np.minimum(hisses, beats) - 1.0, 0.0, BOTH)
        + MONOTONE * monotone
    )
    # Whatever else it does: what is never voiced is no voice.
    return signs - UNVOICED * (1.0 - np.maximum(share(gliding, 0.03, 0.09), monotone))


def _pitch_moves(heard: Heard, voiced: Array) -> tuple[Array, Array]:
    """Where the pitch glides, and where it stays."""
    pairs = voiced.copy()
    pairs[1:] &= voiced[:-1]
    step = np.zeros(len(voiced), np.float32)
    step[1:] = np.abs(np.diff(np.log2(np.maximum(heard.pitch_hz, 1.0))))
    glides = pairs & (step > GLIDING_OCTAVES) & (step < LEAP_OCTAVES)
    return glides.astype(np.float32), (pairs & (step < STEADY_OCTAVES)).astype(np.float32)


def _monotone(heard: Heard, voiced: Array, mean: Callable[[Array], Array]) -> Array:
    """A machine's voice may never glide, but it keeps to one pitch, where a tune goes up and down."""
    if not voiced.any():
        return np.zeros(len(voiced), np.float32)
    octaves = np.log2(np.maximum(heard.pitch_hz, 1.0))
    away = octaves - np.median(octaves[voiced])
    away = np.abs(away - np.round(away)) * voiced  # half the pitch is the same voice, heard wrongly
    share_voiced = mean(voiced.astype(np.float32))
    usual = mean(away.astype(np.float32)) / np.maximum(share_voiced, 0.05)
    return share(-usual, -0.07, -0.03) * share(share_voiced, 0.25, 0.45)


def _counted(sign: Array, how: tuple[float, float, float, float]) -> Array:
    neutral, unit, least, most = how
    return np.clip((sign - neutral) / unit, least, most)
