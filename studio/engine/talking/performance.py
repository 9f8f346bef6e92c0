"""All but the lips: blinks, brows, gaze, the head's sway and nods, breath, hair; the same for a seed."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import numpy as np

from studio.engine.talking.audio import Array
from studio.engine.talking.curves import share, smooth
from studio.engine.talking.hearing import HOP_S, Heard
from studio.engine.talking.moment import Moment, Mouth
from studio.engine.talking.moods import Mood

COLUMNS = (
    "open", "wide", "press", "teeth", "tongue", "blink", "brows", "smile", "gaze_x", "gaze_y",
    "yaw", "pitch", "roll", "breath", "sway_x", "sway_y",
)  # fmt: skip
PEAKS = (2, 5)  # pressed lips and blinks are shorter than a frame can be: their peaks count, not their means

PAUSE_S = 0.28
BLINK_EVERY_S, BLINK_SPREAD, SHORTEST_BLINK_GAP_S = 3.1, 0.45, 0.9
BLINK_TWICE, BLINK_WITH_GAZE = 0.10, 0.35
SHUT_S, HELD_S, OPENING_S = 0.07, 0.04, 0.15
DRIFT_HZ = (0.07, 0.13, 0.23, 0.41)
YAW_RAD, PITCH_RAD, ROLL_RAD = 0.060, 0.026, 0.024
NOD_RAD, TURN_RAD = 0.034, 0.030
GAZE_X, GAZE_Y = 0.7, 0.45  # in widths of an iris: further, and it would leave the eye
BREATH_HZ = 0.26
HAIR_HZ, HAIR_DAMPING, HAIR_REACH = 1.5, 0.32, 0.55
HAIR_STEPS = 2


@dataclass(frozen=True, eq=False)
class Performance:
    """One row for each frame, in the order of COLUMNS."""

    rows: Array

    def moment(self, frame: int) -> Moment:
        """What a frame shows."""
        row = [float(value) for value in self.rows[frame]]
        blink, brows, smile, gaze_x, gaze_y, yaw, pitch, roll, breath, sway_x, sway_y = row[5:]
        return Moment(
            mouth=Mouth(*row[:5]),
            blink=blink,
            brows=brows,
            smile=smile,
            gaze=(gaze_x, gaze_y),
            yaw=yaw,
            pitch=pitch,
            roll=roll,
            breath=breath,
            sway=(sway_x, sway_y),
        )


def perform(lips: Array, heard: Heard, mood: Mood, seed: int, fps: Fraction, frames: int) -> Performance:
    """Everything that moves in a face while it says what was heard."""
    count = max(len(lips), len(heard.level_db), 1)
    lips = _to_length(lips, count)
    speaking = smooth((lips[:, 0] > 0.06).astype(np.float32), 0.12 / HOP_S)
    accents = _accents(heard, count) * share(speaking, 0.1, 0.5)
    pauses = _pauses(lips[:, 0])
    # One stream for each part, so that a change of one leaves the others as they were.
    rngs = [np.random.default_rng((seed, part)) for part in range(4)]
    yaw, pitch, roll = _head(rngs[0], mood, speaking, accents, pauses)
    gaze_x, gaze_y, darts = _gaze(rngs[1], mood, count, speaking)
    table = np.zeros((count, len(COLUMNS)), np.float32)
    table[:, :5] = lips
    table[:, 0] = np.clip(lips[:, 0] * mood.jaw, 0.0, 1.0)
    table[:, 5] = mood.lids + (1.0 - mood.lids) * _blinks(rngs[2], mood, count, pauses, darts)
    table[:, 6] = np.clip(mood.brows + _brows(heard, count, accents, mood), -1.0, 1.0)
    table[:, 7] = mood.smile * (1.0 - 0.35 * smooth(lips[:, 0], 0.1 / HOP_S))
    # The eyes stay on the viewer while the head moves.
    table[:, 8] = np.clip(gaze_x - 0.9 * (yaw - yaw.mean()), -GAZE_X, GAZE_X)
    table[:, 9] = np.clip(gaze_y - 0.9 * (pitch - pitch.mean()), -GAZE_Y, GAZE_Y)
    table[:, 10], table[:, 11], table[:, 12] = yaw, pitch, roll
    table[:, 13] = _breath(rngs[3], mood, count, pauses)
    table[:, 14] = _trailing(yaw + 0.6 * roll)
    table[:, 15] = _trailing(pitch + 0.012 * table[:, 13])
    return Performance(_per_frame(table, fps, frames))


def _to_length(curves: Array, count: int) -> Array:
    if len(curves) >= count:
        return curves[:count]
    return np.concatenate([curves, np.zeros((count - len(curves), curves.shape[1]), curves.dtype)])


def _stretched(curve: Array, count: int) -> Array:
    return _to_length(curve[:, None], count)[:, 0]


def _accents(heard: Heard, count: int) -> Array:
    """Where a syllable stands out by loudness and pitch: 0 .. 1."""
    if len(heard.level_db) == 0:
        return np.zeros(count, np.float32)
    level = np.maximum(heard.vowel_db, heard.vowel_db.max() - 40.0)
    louder = smooth(level, 0.06 / HOP_S) - smooth(level, 0.5 / HOP_S)
    return _stretched(share(louder + 3.0 * _pitch_rise(heard), 4.0, 13.0).astype(np.float32), count)


def _pitch_rise(heard: Heard) -> Array:
    """How far the voice lies above its own usual height, in parts of its range: -1 .. 2."""
    voiced = heard.voicing > 0.7
    if voiced.sum() < 10:
        return np.zeros(len(heard.pitch_hz), np.float32)
    octaves = np.log2(np.maximum(heard.pitch_hz, 1.0))
    usual = float(np.median(octaves[voiced]))
    spread = float(max(0.08, np.percentile(octaves[voiced], 90) - usual))
    weight = smooth(voiced.astype(np.float32), 0.07 / HOP_S)
    rise = smooth(np.where(voiced, np.clip((octaves - usual) / spread, -1.0, 2.0), 0.0), 0.07 / HOP_S)
    return (rise / np.maximum(weight, 0.25)).astype(np.float32)


def _pauses(opening: Array) -> list[tuple[int, int]]:
    """Stretches in which nothing is said, from where to where."""
    still = np.concatenate([[False], opening < 0.05, [False]])
    edges = np.flatnonzero(still[1:] != still[:-1])
    spans = zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)
    return [(begin, end) for begin, end in spans if end - begin >= PAUSE_S / HOP_S]


def _drift(rng: np.random.Generator, count: int, quick: float) -> Array:
    """A slow wandering without end: -1 .. 1, smooth, never the same twice."""
    times = np.arange(count) * HOP_S
    total = np.zeros(count)
    for hz in DRIFT_HZ:
        rate = hz * quick * rng.uniform(0.85, 1.15)
        total += rng.uniform(0.5, 1.0) * np.sin(2 * np.pi * (rate * times + rng.uniform())) / (1.0 + 2.0 * hz)
    return (total / 2.0).astype(np.float32)


def _head(
    rng: np.random.Generator, mood: Mood, speaking: Array, accents: Array, pauses: list[tuple[int, int]]
) -> tuple[Array, Array, Array]:
    count = len(speaking)
    lively = (0.55 + 0.45 * smooth(speaking, 0.4 / HOP_S)) * (0.5 + 0.5 * mood.lively)
    yaw, pitch, roll = (_drift(rng, count, mood.quick) * reach for reach in (YAW_RAD, PITCH_RAD, ROLL_RAD))
    # Every phrase is said a little to one side; the head comes to rest in the pause before it.
    turns, tilts = np.zeros(count, np.float32), np.zeros(count, np.float32)
    edges = [0, *(middle for begin, end in pauses if 0 < (middle := (begin + end) // 2) < count), count]
    for begin, end in pairwise(edges):
        turns[begin:end], tilts[begin:end] = rng.normal(0.0, 0.55), rng.normal(0.0, 0.5)
    turns, tilts = (smooth(np.clip(curve, -1.2, 1.2), 0.22 / HOP_S) for curve in (turns, tilts))
    nods = smooth(accents, 0.07 / HOP_S) - 0.35 * smooth(accents, 0.35 / HOP_S)
    swing = smooth(accents * np.sign(turns + 1e-6), 0.12 / HOP_S)
    return (
        (yaw * lively + (TURN_RAD * turns + 0.010 * swing) * mood.lively).astype(np.float32),
        (pitch * lively + NOD_RAD * nods * mood.lively + mood.pitch).astype(np.float32),
        (roll * lively + 0.6 * TURN_RAD * tilts * mood.lively + mood.roll).astype(np.float32),
    )


def _gaze(
    rng: np.random.Generator, mood: Mood, count: int, speaking: Array
) -> tuple[Array, Array, list[int]]:
    """Eyes rest, dart and rest again; who thinks looks away, who speaks looks at the other."""
    gaze_x = np.full(count, mood.gaze[0], np.float32)
    gaze_y = np.full(count, mood.gaze[1], np.float32)
    darts: list[int] = []
    place = 0
    while place < count:
        held = int(rng.lognormal(np.log(1.3 / (0.6 + 0.4 * mood.wander)), 0.5) / HOP_S) + 25
        away = rng.uniform() < (0.22 if speaking[place] > 0.5 else 0.42) * mood.wander
        reach = (0.30 if away else 0.055) * (0.7 + 0.3 * mood.wander)
        dx, dy = rng.normal(0.0, reach), rng.normal(0.0, 0.5 * reach)
        gaze_x[place : place + held] += np.clip(dx, -0.5, 0.5)
        gaze_y[place : place + held] += np.clip(dy, -0.3, 0.3)
        if away and place:
            darts.append(place)
        place += held if not away else min(held, 90)
    return smooth(gaze_x, 1.6), smooth(gaze_y, 1.6), darts


def _blinks(
    rng: np.random.Generator, mood: Mood, count: int, pauses: list[tuple[int, int]], darts: list[int]
) -> Array:
    """Lids fall fast and rise slowly, often where a pause begins or the eyes move."""
    shut, held, opening = (round(seconds / HOP_S) for seconds in (SHUT_S, HELD_S, OPENING_S))
    form = np.concatenate([
        np.sin(0.5 * np.pi * np.arange(1, shut + 1) / shut) ** 2,
        np.ones(held),
        0.5 + 0.5 * np.cos(np.pi * np.arange(1, opening + 1) / opening),
    ])  # fmt: skip
    begins: list[int] = []
    every = BLINK_EVERY_S / mood.blinks
    place = int(rng.uniform(0.4, 0.8) * every / HOP_S)
    while place < count:
        near = [begin for begin, _ in pauses if abs(begin - place) < 0.45 / HOP_S]
        begins.append(min(near, key=lambda begin: abs(begin - place)) + 4 if near else place)
        if rng.uniform() < BLINK_TWICE:
            begins.append(begins[-1] + len(form) + int(rng.uniform(2, 9)))
        place += int(max(SHORTEST_BLINK_GAP_S, rng.lognormal(np.log(every * 0.9), BLINK_SPREAD)) / HOP_S)
    begins += [dart - 2 for dart in darts if rng.uniform() < BLINK_WITH_GAZE]
    lids = np.zeros(count + len(form), np.float32)
    for begin in begins:
        if 0 <= begin < count:
            lids[begin : begin + len(form)] = np.maximum(lids[begin : begin + len(form)], form)
    return lids[:count]


def _brows(heard: Heard, count: int, accents: Array, mood: Mood) -> Array:
    rise = np.clip(_stretched(_pitch_rise(heard), count), -0.4, 1.2)
    moved = 0.42 * smooth(accents, 0.11 / HOP_S) + 0.26 * smooth(rise, 0.2 / HOP_S)
    return (moved * mood.lively * (1.0 - 0.4 * abs(mood.brows))).astype(np.float32)


def _breath(rng: np.random.Generator, mood: Mood, count: int, pauses: list[tuple[int, int]]) -> Array:
    """Slow in and out; who has spoken takes a breath in the pause."""
    rate = np.full(count, BREATH_HZ * mood.quick)
    for begin, end in pauses:
        rate[begin:end] *= 1.5
    phase = np.cumsum(smooth(rate, 0.3 / HOP_S)) * HOP_S + rng.uniform()
    return (0.5 - 0.5 * np.cos(2 * np.pi * phase)).astype(np.float32)


def _trailing(place: Array) -> Array:
    """How far something that hangs on a spring lies behind: its swing about where it should be."""
    step = HOP_S / HAIR_STEPS
    stiff, loss = (2 * np.pi * HAIR_HZ) ** 2, 2 * HAIR_DAMPING * 2 * np.pi * HAIR_HZ
    targets = (place * HAIR_REACH).tolist()
    where, speed = targets[0] if targets else 0.0, 0.0
    behind = np.zeros(len(targets), np.float32)
    for number, target in enumerate(targets):
        for _ in range(HAIR_STEPS):
            speed += (stiff * (target - where) - loss * speed) * step
            where += speed * step
        behind[number] = where - target
    return behind


def _per_frame(table: Array, fps: Fraction, frames: int) -> Array:
    """What each frame shows for as long as it is seen: means, and peaks of what is short."""
    edges = np.arange(frames + 1) * float(1 / fps) / HOP_S
    total = np.concatenate([np.zeros((1, table.shape[1])), np.cumsum(table, axis=0, dtype=np.float64)])
    # Curves are read between their samples, each of which stands for the stretch around it.
    places = np.clip(edges + 0.5, 0.0, len(table))
    whole = np.minimum(places.astype(int), len(table) - 1)
    summed = total[whole] + (places - whole)[:, None] * table[whole]
    rows = np.diff(summed, axis=0) / np.maximum(np.diff(places), 1e-6)[:, None]
    rows[np.diff(places) < 1e-6] = table[-1]
    for column in PEAKS:
        first = np.clip(np.ceil(edges[:-1]).astype(int), 0, len(table) - 1)
        highest = np.maximum.reduceat(table[:, column], first)
        highest[-1] = table[first[-1] :, column].max()
        rows[:, column] = np.maximum(rows[:, column], highest)
    rows[:, 0] *= 1.0 - np.clip(rows[:, 2], 0.0, 1.0)
    return rows.astype(np.float32)
