"""From what is heard to what the mouth does: opening, width, closing lips, teeth and tongue."""

from __future__ import annotations

import numpy as np

from studio.engine.talking.audio import Array
from studio.engine.talking.curves import around, rolling_percentile, share, smooth
from studio.engine.talking.hearing import HOP_S, Heard
from studio.engine.talking.speech import speech_share

# So many decibels below a speaker's loud vowels the mouth is shut.
SPAN_DB = 26.0
REFERENCE_PERCENT = 92.0
REFERENCE_REACH_S, REFERENCE_STEP_S = 4.0, 0.5
LOWEST_REFERENCE_DB = 14.0  # a speaker's quiet passages are still followed, this far below the loud ones
SILENCE_DB = -66.0
NOISE_MARGIN_DB, LEAST_SPAN_DB = 7.0, 10.0

# A shut mouth: vowels vanish for a short while though the voice may go on.
DIP_REACH_S = 0.11
DIP_DB = (9.0, 17.0)
LABIAL_HISS_DB = (13.0, 25.0)  # how far hissing lies below vowels: the tongue lets more of it through
LABIAL_F2_HZ = 1750.0
LABIAL_REACH_S = 0.04

SMOOTH_S = 0.022
OPEN_PER_S, SHUT_PER_S = 16.0, 13.0  # how fast a jaw moves


def lips_from_voice(heard: Heard) -> Array:
    """The mouth a hundred times a second, in the order of phonemes.PARTS."""
    if len(heard.level_db) == 0:
        return np.zeros((1, 5), np.float32)
    loud = _loudness(heard, heard.vowel_db)
    speech = speech_share(heard)
    jaw = _jaw(heard)
    hiss = _hissing(heard)
    shut = _shut(heard) * share(speech, 0.2, 0.5)
    lips = _labial(heard) * shut
    opening = (
        loud**1.2 * (0.25 + 0.75 * jaw) * (1.0 - 0.78 * hiss) * (1.0 - shut * (0.62 + 0.38 * lips)) * speech
    )
    opening = _unhurried(smooth(opening.astype(np.float32), SMOOTH_S / HOP_S))
    sounding = share(_loudness(heard, heard.level_db), 0.05, 0.35) * speech
    wide = smooth((_width(heard) * sounding * (1.0 - 0.5 * hiss)).astype(np.float32), 0.035 / HOP_S)
    press = smooth(lips.astype(np.float32), 0.012 / HOP_S)
    press = np.clip(press * 1.25, 0.0, 1.0)
    teeth = smooth(
        (0.85 * hiss * speech + 0.22 * sounding * share(jaw, 0.2, 0.7)).astype(np.float32), 0.02 / HOP_S
    )
    tongue = smooth((shut * (1.0 - lips) * 0.5).astype(np.float32), 0.02 / HOP_S)
    opening = np.clip(opening, 0.0, 1.0) * (1.0 - press)
    return np.stack([opening, wide, press, teeth, tongue], axis=1).astype(np.float32)


def _reference(heard: Heard) -> Array:
    """How loud this speaker's vowels are, around each moment."""
    voiced = (heard.voicing > 0.6) & (heard.level_db > SILENCE_DB)
    if not voiced.any():
        voiced = heard.level_db > SILENCE_DB
    if not voiced.any():
        return np.zeros_like(heard.level_db)
    whole = float(np.percentile(heard.vowel_db[voiced], REFERENCE_PERCENT))
    near = rolling_percentile(
        np.where(voiced, heard.vowel_db, SILENCE_DB).astype(np.float32),
        REFERENCE_PERCENT,
        round(REFERENCE_REACH_S / HOP_S),
        round(REFERENCE_STEP_S / HOP_S),
    )
    return np.maximum(near, whole - LOWEST_REFERENCE_DB).astype(np.float32)


def _loudness(heard: Heard, level_db: Array) -> Array:
    """A level against this speaker's loud vowels: 0 as quiet as the room, 1 as loud."""
    reference = _reference(heard)
    floor = np.percentile(level_db, 8) + NOISE_MARGIN_DB
    low = np.maximum(np.maximum(reference - SPAN_DB, SILENCE_DB), floor)
    low = np.minimum(low, reference - LEAST_SPAN_DB)
    return np.clip((level_db - low) / (reference - low), 0.0, 1.15)


def _jaw(heard: Heard) -> Array:
    """How far the jaw falls by the first formant, against what this speaker does with it."""
    sounding = (heard.voicing > 0.6) & (heard.vowel_db > _reference(heard) - 14.0)
    if sounding.sum() < 5:
        return np.full(len(heard.level_db), 0.5, np.float32)
    low, high = np.percentile(heard.f1_hz[sounding], (8, 90))
    low, high = float(np.clip(low, 260, 420)), float(np.clip(high, 600, 950))
    steady = smooth(np.where(sounding, heard.f1_hz, 0.5 * (low + high)).astype(np.float32), 0.015 / HOP_S)
    return share(steady, low, high)


def _width(heard: Heard) -> Array:
    """Spread by a high second formant, rounded by a low one unless the jaw is low as well."""
    # By the whole voice: the first formant of a narrow vowel lies below what an open mouth lets out.
    sounding = (heard.voicing > 0.6) & (heard.level_db > _reference(heard) - 18.0)
    if sounding.sum() < 5:
        return np.zeros(len(heard.level_db), np.float32)
    middle = float(np.clip(np.median(heard.f2_hz[sounding]), 1350, 1850))
    steady = smooth(np.where(sounding, heard.f2_hz, middle).astype(np.float32), 0.02 / HOP_S)
    octaves = np.log2(steady / middle)
    spread = share(octaves, 0.08, 0.75)
    rounded = share(-octaves, 0.12, 0.70) * (1.0 - 0.85 * _jaw(heard))
    return (0.85 * spread * (1.0 - 0.55 * _jaw(heard)) - rounded).astype(np.float32)


def _hissing(heard: Heard) -> Array:
    """How much of a sound is made by breath at the teeth."""
    return share(heard.hiss_db - heard.vowel_db, 0.0, 9.0) * share(
        heard.hiss_db, SILENCE_DB, SILENCE_DB + 14.0
    )


def _shut(heard: Heard) -> Array:
    """Where vowels vanish between vowels, for as long as lips or tongue close."""
    reach = round(DIP_REACH_S / HOP_S)
    level = np.maximum(heard.vowel_db, SILENCE_DB)
    before = np.concatenate([np.full(reach, SILENCE_DB), level])[: len(level)]
    after = np.concatenate([level, np.full(reach, SILENCE_DB)])[reach:]
    half = reach // 2
    left, right = around(before, half), around(after, half)
    return share(np.minimum(left, right) - level, *DIP_DB)


def _labial(heard: Heard) -> Array:
    """How likely lips close, not the tongue: they leave little hissing and let the second formant sink."""
    near = around(heard.hiss_db, round(LABIAL_REACH_S / HOP_S)) - _reference(heard)
    dark = share(-near, *LABIAL_HISS_DB)
    octaves = smooth(np.log2(np.maximum(heard.f2_hz, 1.0) / LABIAL_F2_HZ).astype(np.float32), 1.5)
    step = round(LABIAL_REACH_S / HOP_S) + 1
    before = np.concatenate([octaves[:1].repeat(step), octaves])[: len(octaves)]
    after = np.concatenate([octaves, octaves[-1:].repeat(step)])[step:]
    low = share(-(0.4 * before + 0.6 * after), -0.30, 0.25)
    return share(0.55 * dark + 0.45 * low, 0.30, 0.70).astype(np.float32)


def _unhurried(curve: Array) -> Array:
    """No faster than flesh: limits how much an opening changes between two samples."""
    up, down = OPEN_PER_S * HOP_S, SHUT_PER_S * HOP_S
    limited = curve.copy()
    for place in range(1, len(limited)):
        limited[place] = min(max(limited[place], limited[place - 1] - down), limited[place - 1] + up)
    return limited
