"""Lips follow a voice: in time, open for vowels, shut for m, b and p, still in silence, music and noise."""

from __future__ import annotations

import functools
import hashlib
import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from studio.engine.figure.face.looks import LOOKS
from studio.engine.talking.audio import open_sound
from studio.engine.talking.curves import around, smooth
from studio.engine.talking.head import lips_of
from studio.engine.talking.hearing import HOP_S, Heard, hear
from studio.engine.talking.moods import MOODS
from studio.engine.talking.performance import COLUMNS, Performance, perform
from studio.engine.talking.phonemes import (
    CHUNK,
    SHAPES,
    PhonemesRefused,
    lips_from_phonemes,
    named,
    read_events,
)
from studio.engine.talking.sync import correlate, measure
from studio.engine.talking.video import frames_of
from studio.engine.talking.visemes import lips_from_voice
from tests.talking_voices import (
    LABIALS,
    RATE,
    SOUNDINGS,
    VOWELS,
    Spoken,
    band_noise,
    music,
    speak,
    wav_bytes,
    write_wav,
)

FPS = Fraction(25)
OPEN, WIDE, PRESS = 0, 1, 2
VOICES = [(110.0, 0), (150.0, 2), (210.0, 3)]


_heard: dict[tuple[bytes, int], Heard] = {}


def heard_as(samples: np.ndarray, folder: Path, rate: int = RATE) -> Heard:
    """What is heard in a file of these samples; equal ones are listened to once."""
    key = hashlib.sha256(np.ascontiguousarray(samples).tobytes()).digest(), rate
    if key not in _heard:
        _heard[key] = hear(open_sound(write_wav(folder / "heard.wav", samples, rate)))
    return _heard[key]


def mouth_at(lips: np.ndarray, spoken: Spoken, names: set[str], part: int = OPEN) -> np.ndarray:
    """What the mouth does in the middle of each of these phonemes."""
    middles = [(begin + end) / 2 for name, begin, end in spoken.said if name in names]
    return np.array([lips[round(middle / HOP_S), part] for middle in middles])


def performed(
    lips: np.ndarray, heard: Heard, mood: str = "neutral", seed: int = 1, fps: Fraction = FPS
) -> Performance:
    return perform(lips, heard, MOODS[mood], seed, fps, frames_of(heard.length_s, fps))


def sync_figure(opening: np.ndarray, spoken: Spoken) -> tuple[float, float]:
    """How surely a vowel is wider than a closure (0.5: by chance), and the correlation with what was said."""
    wanted = np.full(len(opening), np.nan)
    for name, begin, end in spoken.said:
        aim = SOUNDINGS[name].opening
        if aim is not None:
            inset = 0.25 * (end - begin)
            wanted[round((begin + inset) / HOP_S) : round((end - inset) / HOP_S) + 1] = aim
    known = np.isfinite(wanted)
    vowels = opening[known & (wanted >= 0.5)]
    shut = opening[known & (wanted == 0.0)]
    wins = (vowels[:, None] > shut).mean() + 0.5 * (vowels[:, None] == shut).mean()
    if np.ptp(opening[known]) == 0:
        return float(wins), 0.0
    return float(wins), float(np.corrcoef(opening[known], wanted[known])[0, 1])


# ------------------------------------------------------------------ listening


@pytest.mark.parametrize(("pitch_hz", "seed"), VOICES)
def test_lips_say_what_was_said_far_better_than_chance(pitch_hz: float, seed: int, tmp_path: Path) -> None:
    spoken = speak(pitch_hz=pitch_hz, seed=seed)
    lips = lips_from_voice(heard_as(spoken.samples, tmp_path))
    wins, likeness = sync_figure(lips[:, OPEN], spoken)
    constant_wins, constant_likeness = sync_figure(np.full(len(lips), 0.4), spoken)
    by_chance = np.random.default_rng(0).uniform(0, 1, (24, len(lips)))
    random_wins, random_likeness = np.mean(
        [sync_figure(smooth(row, 4.0), spoken) for row in by_chance], axis=0
    )
    assert (constant_wins, constant_likeness) == (0.5, 0.0)
    assert abs(random_wins - 0.5) < 0.1
    assert abs(random_likeness) < 0.2
    assert wins > 0.93
    assert likeness > 0.7


@pytest.mark.parametrize(("pitch_hz", "seed"), VOICES)
@pytest.mark.parametrize("fps", [10, 25, 60])
def test_what_is_shown_follows_the_voice_within_80_ms(
    fps: int, pitch_hz: float, seed: int, tmp_path: Path
) -> None:
    heard = heard_as(speak(pitch_hz=pitch_hz, seed=seed).samples, tmp_path)
    rows = performed(lips_from_voice(heard), heard, fps=Fraction(fps)).rows
    sync = measure(rows[:, OPEN], fps, heard)
    assert abs(sync.lag_s) <= 0.08
    assert sync.likeness > 0.5


def test_the_measure_of_lag_finds_a_lag_that_was_put_in(tmp_path: Path) -> None:
    heard = heard_as(speak().samples, tmp_path)
    lips = lips_from_voice(heard)
    honest = measure(performed(lips, heard).rows[:, OPEN], 25, heard)
    for late_frames in (-6, -3, 3, 8):
        late = measure(np.roll(performed(lips, heard).rows[:, OPEN], late_frames), 25, heard)
        assert late.lag_s - honest.lag_s == pytest.approx(late_frames / 25, abs=0.015)
    wave = np.sin(np.arange(500) / 7.0) * np.sin(np.arange(500) / 31.0)
    assert correlate(np.roll(wave, 12), wave).lag_s == pytest.approx(0.12, abs=0.005)
    assert correlate(np.zeros(500), wave).likeness == 0.0


@pytest.mark.parametrize(("pitch_hz", "seed"), VOICES)
def test_lips_close_for_m_b_and_p_and_open_for_vowels(pitch_hz: float, seed: int, tmp_path: Path) -> None:
    spoken = speak(pitch_hz=pitch_hz, seed=seed)
    lips = lips_from_voice(heard_as(spoken.samples, tmp_path))
    assert mouth_at(lips, spoken, LABIALS).mean() < 0.08
    assert mouth_at(lips, spoken, VOWELS).mean() > 0.35
    assert (mouth_at(lips, spoken, LABIALS, PRESS) > 0.4).mean() > 0.6
    assert (mouth_at(lips, spoken, VOWELS, PRESS) > 0.2).mean() < 0.1


def test_jaw_and_width_follow_the_vowel(tmp_path: Path) -> None:
    words = "SIL S AA T IY S UW T AE S IY T AO S EH T UW S AA T IY S AO T SIL"
    phonemes = tuple(words.split())
    spoken = speak(phonemes, pace=1.4)
    lips = lips_from_voice(heard_as(spoken.samples, tmp_path))
    low, high = mouth_at(lips, spoken, {"AA", "AE"}), mouth_at(lips, spoken, {"IY", "UW"})
    assert low.min() > high.max()
    spread, rounded = mouth_at(lips, spoken, {"IY"}, WIDE), mouth_at(lips, spoken, {"UW", "AO"}, WIDE)
    assert spread.min() > 0.2
    assert rounded.max() < 0.0


def test_silence_shuts_the_mouth(tmp_path: Path) -> None:
    spoken = speak()
    quiet = np.zeros(2 * RATE, np.float32)
    lips = lips_from_voice(heard_as(np.concatenate([quiet, spoken.samples, quiet]), tmp_path))
    assert lips[: round(1.9 / HOP_S), OPEN].max() < 0.02
    assert lips[-round(1.8 / HOP_S) :, OPEN].max() < 0.02
    assert lips[:, OPEN].max() > 0.5
    assert mouth_at(lips_from_voice(heard_as(spoken.samples, tmp_path)), spoken, {"SIL"}).max() < 0.03


@functools.cache
def noises() -> dict[str, Any]:
    rng = np.random.default_rng(7)
    count = 6 * RATE
    times = np.arange(count) / RATE
    knocks = np.zeros(count)
    for begin in np.cumsum(rng.uniform(0.12, 0.5, 15)) * RATE:
        knock = rng.normal(size=1600) * np.exp(-np.arange(1600) / 300)
        knocks[int(begin) : int(begin) + 1600] += knock[: max(0, count - int(begin))]
    wind = np.interp(times, np.arange(0, 6.5, 0.4), rng.uniform(0.05, 1.0, 17)) * band_noise(count, 30, 900)
    return {
        "hiss": 0.1 * band_noise(count, 20, 7900),
        "wind": 0.2 * wind,
        "knocks": 0.4 * knocks,
        "hum": 0.3 * sum(np.sin(2 * np.pi * 50 * k * times) / k for k in range(1, 7)),
        "beep": 0.5 * np.sin(2 * np.pi * 440 * times),
        "alarm": 0.5 * np.sin(2 * np.pi * 700 * times) * (np.sin(2 * np.pi * 2 * times) > 0),
    }


@pytest.mark.parametrize("kind", ["plucked", "organ", "chords", "drums", *noises()])
def test_music_and_noise_do_not_make_the_mouth_chatter(kind: str, tmp_path: Path) -> None:
    samples = noises()[kind] if kind in noises() else music(kind)
    lips = lips_from_voice(heard_as(samples, tmp_path))
    assert lips[:, OPEN].max() < 0.12
    assert np.abs(np.diff(lips[:, OPEN])).sum() < 0.5  # not even a little, all the time


@pytest.mark.parametrize("kind", ["hiss", "music"])
def test_a_voice_is_followed_before_noise_and_music(kind: str, tmp_path: Path) -> None:
    spoken = speak(seed=2)
    clean = lips_from_voice(heard_as(spoken.samples, tmp_path))[:, OPEN]
    count = len(spoken.samples)
    behind = music("chords", 8.0)[:count] if kind == "music" else band_noise(count, 20, 7900)
    level = spoken.samples.std() / behind.std() * 10 ** (-15 / 20)
    mixed = lips_from_voice(heard_as(0.8 * (spoken.samples + level * behind), tmp_path))[:, OPEN]
    assert np.corrcoef(clean, mixed)[0, 1] > 0.85


def test_a_quiet_voice_is_a_voice(tmp_path: Path) -> None:
    spoken = speak(seed=2)
    clean = lips_from_voice(heard_as(spoken.samples, tmp_path))[:, OPEN]
    quiet = lips_from_voice(heard_as(spoken.samples * 0.03, tmp_path))[:, OPEN]
    assert np.corrcoef(clean, quiet)[0, 1] > 0.9
    assert quiet.max() > 0.5


@pytest.mark.parametrize("rate", [8_000, 44_100, 192_000])
def test_the_rate_of_a_recording_hardly_matters(rate: int, tmp_path: Path) -> None:
    spoken = speak(seed=2).samples[: 3 * RATE]
    clean = lips_from_voice(heard_as(spoken, tmp_path))[:, OPEN]
    times = np.arange(3 * rate) / rate
    again = np.interp(times, np.arange(len(spoken)) / RATE, spoken).astype(np.float32)
    lips = lips_from_voice(heard_as(again, tmp_path, rate))[:, OPEN]
    count = min(len(lips), len(clean))
    assert np.corrcoef(clean[:count], lips[:count])[0, 1] > 0.9


def test_what_is_heard_does_not_depend_on_where_blocks_end(tmp_path: Path) -> None:
    samples = speak().samples
    path = write_wav(tmp_path / "a.wav", samples)
    whole = hear(open_sound(path))
    far = 12 * 1024 * 160  # twelve times as much as is listened to at once
    path = write_wav(tmp_path / "b.wav", np.concatenate([np.zeros(far, np.float32), samples]))
    late = hear(open_sound(path))
    shift = far // 160
    for part in ("level_db", "f1_hz", "voicing"):
        here, there = getattr(whole, part)[20:-5], getattr(late, part)[shift + 20 :]
        assert np.abs(here - there[: len(here)]).max() < 1e-2 * (1 + np.abs(here).max())


# ------------------------------------------------------------------- phonemes


def test_exact_phonemes_are_followed_to_the_frame() -> None:
    spoken = speak()
    events = read_events(json.dumps(spoken.events()))
    lips = lips_from_phonemes(events, len(spoken.samples) / RATE)
    wins, likeness = sync_figure(lips[:, OPEN], spoken)
    assert wins > 0.98
    assert likeness > 0.85
    assert mouth_at(lips, spoken, LABIALS, PRESS).min() > 0.7
    assert mouth_at(lips, spoken, {"SIL"}).max() < 0.05


def test_phonemes_come_before_listening_and_may_be_carried_by_the_file(tmp_path: Path) -> None:
    spoken = speak()
    exact = json.dumps(spoken.events())
    plain = tmp_path / "plain.wav"
    write_wav(plain, spoken.samples)
    told = exact.encode() + b" " * (len(exact) % 2)
    carrying = tmp_path / "carrying.wav"
    carrying.write_bytes(wav_bytes(spoken.samples, chunks=CHUNK + len(told).to_bytes(4, "little") + told))
    heard = hear(open_sound(plain))
    by_ear, by_list = lips_of(open_sound(plain), heard, ""), lips_of(open_sound(plain), heard, exact)
    assert not np.array_equal(by_ear, by_list)
    assert np.array_equal(lips_of(open_sound(carrying), hear(open_sound(carrying)), ""), by_list)
    broken = b"[1, 2]"
    carrying.write_bytes(wav_bytes(spoken.samples, chunks=CHUNK + len(broken).to_bytes(4, "little") + broken))
    assert np.array_equal(lips_of(open_sound(carrying), hear(open_sound(carrying)), ""), by_ear)


def test_neighbours_shape_one_another() -> None:
    def lips_for(vowel: str) -> np.ndarray:
        events = read_events(json.dumps([
            {"at": 0.0, "phoneme": "SIL"}, {"at": 0.3, "phoneme": "S"}, {"at": 0.4, "phoneme": vowel},
            {"at": 0.55, "phoneme": "SIL"},
        ]))  # fmt: skip
        return lips_from_phonemes(events, 1.0)

    in_s = round(0.37 / HOP_S)
    assert (
        lips_for("UW")[in_s, WIDE] < lips_for("IY")[in_s, WIDE] - 0.15
    )  # "soup" is rounded before it is heard
    steps = np.abs(np.diff(lips_for("AA")[:, OPEN]))
    assert steps.max() < 0.25


@pytest.mark.parametrize(
    ("written", "name"),
    [("AA1", ["AA"]), ("hh", ["HH"]), ("ˈɑː", ["AA"]), ("tʃ", ["CH"]), ("dʒ", ["JH"]), ("oʊ", ["OW"]),
     ("b", ["B"]), ("y", ["UW"]), ("j", ["Y"]), ("ɹ", ["R"]), ("mɑ", ["M", "AA"]), ("_", ["SIL"]),
     ("sil", ["SIL"]), ("p̩", ["P"]), ("NG", ["NG"]), ("ə", ["AH"])],
)  # fmt: skip
def test_sounds_are_known_by_both_alphabets(written: str, name: list[str]) -> None:
    assert named(written) == name


def test_every_sound_of_english_has_a_mouth_of_its_own_kind() -> None:
    arpabet = (
        "AA AE AH AO AW AY B CH D DH EH ER EY F G HH IH IY JH K L M N NG OW OY P R S SH T TH UH UW V W Y Z ZH"
    )
    for name in arpabet.split():
        assert named(name) == [name]
        assert named(name + "0") == [name]
    assert all(SHAPES[name].press == 1.0 and SHAPES[name].open == 0.0 for name in LABIALS)
    assert SHAPES["F"].teeth > 0.8 > SHAPES["AA"].teeth
    assert SHAPES["TH"].tongue > 0.8
    assert SHAPES["UW"].wide < -0.8 < 0.7 < SHAPES["IY"].wide


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("{", "not JSON"),
        ('{"at": 1}', "not a list"),
        ('[{"at": "soon", "phoneme": "AA"}]', "number 1 has no time"),
        ('[{"at": 0, "phoneme": "AA"}, {"phoneme": "AA"}]', "number 2 has no time"),
        ('[{"at": 0, "phoneme": 5}]', "has no time or no name"),
        ('[{"at": -1, "phoneme": "AA"}]', "which is no time"),
        ('[{"at": 1e999, "phoneme": "AA"}]', "which is no time"),
        ("[" * 100_000, "not JSON"),
        ('[{"at": true, "phoneme": "AA"}]', "has no time"),
    ],
)
def test_lists_of_phonemes_that_make_no_sense_are_refused(written: str, why: str) -> None:
    with pytest.raises(PhonemesRefused, match=why) as refusal:
        read_events(written)
    assert len(str(refusal.value)) < 300


def test_an_alphabet_that_is_not_known_is_refused_not_mumbled(tmp_path: Path) -> None:
    sound = open_sound(write_wav(tmp_path / "a.wav", speak().samples))
    unknown = json.dumps([{"at": 0.1 * k, "phoneme": "漢"} for k in range(9)])
    with pytest.raises(PhonemesRefused, match="alphabet"):
        lips_of(sound, hear(sound), unknown)


# ---------------------------------------------------------------- performance


def column(performance: Performance, name: str) -> np.ndarray:
    return performance.rows[:, COLUMNS.index(name)]


@pytest.fixture(name="said", scope="module")
def what_is_said(tmp_path_factory: pytest.TempPathFactory) -> tuple[np.ndarray, Heard]:
    """A speech of half a minute with pauses."""
    parts = [speak(seed=seed).samples for seed in (0, 2, 0, 2)]
    quiet = np.zeros(RATE // 2, np.float32)
    samples = np.concatenate([piece for part in parts for piece in (part, quiet)])
    heard = heard_as(samples, tmp_path_factory.mktemp("said"))
    return lips_from_voice(heard), heard


def test_the_same_seed_performs_the_same_and_another_does_not(said: tuple[np.ndarray, Heard]) -> None:
    first, again, other = (performed(*said, seed=seed).rows for seed in (5, 5, 2**64 - 1))
    assert np.array_equal(first, again)
    lips = slice(0, 5)
    assert np.array_equal(first[:, lips], other[:, lips])  # what is said is no matter of chance
    for name in ("blink", "yaw", "gaze_x", "breath"):
        assert not np.array_equal(first[:, COLUMNS.index(name)], other[:, COLUMNS.index(name)])


def test_everything_that_lives_moves_and_nothing_leaves_its_range(said: tuple[np.ndarray, Heard]) -> None:
    for mood in MOODS:
        performance = performed(*said, mood=mood)
        for name in COLUMNS:
            curve = column(performance, name)
            low, high = (-1, 1) if name in ("wide", "brows", "smile") else (0, 1)
            if name in ("gaze_x", "gaze_y"):
                low, high = -0.7, 0.7
            if name in ("yaw", "pitch", "roll"):
                low, high = -0.3, 0.3
            if name.startswith("sway"):
                low, high = -0.2, 0.2
            assert low - 1e-6 <= curve.min(), (mood, name)
            assert curve.max() <= high + 1e-6, (mood, name)
            if name not in ("smile", "tongue"):
                assert np.ptp(curve) > 0, (mood, name)


def test_blinks_come_as_often_as_people_blink_and_shut_the_eyes(said: tuple[np.ndarray, Heard]) -> None:
    seconds = float(said[1].length_s)
    for fps in (10, 25, 60):
        counts = []
        for seed in range(6):
            lids = column(performed(*said, seed=seed, fps=Fraction(fps)), "blink")
            shut = lids > 0.9
            counts.append(int((shut[1:] & ~shut[:-1]).sum()))
            assert shut.mean() < 0.15
        assert 8 < np.mean(counts) / seconds * 60 < 45


def test_the_head_is_never_still_and_never_jerks(said: tuple[np.ndarray, Heard]) -> None:
    performance = performed(*said)
    for name in ("yaw", "pitch", "roll"):
        curve = column(performance, name)
        assert np.ptp(curve) > 0.02
        assert np.abs(np.diff(curve)).max() < 0.03  # radians in a 25th of a second
        windows = np.lib.stride_tricks.sliding_window_view(curve, 50)
        assert np.ptp(windows, axis=1).min() > 0.0008


def test_brows_and_nods_go_with_the_voice(said: tuple[np.ndarray, Heard]) -> None:
    speaking = column(performed(*said), "open") > 0.1
    near = around(speaking.astype(np.float32), 6) > 0
    for name in ("brows", "pitch"):
        steps = np.abs(np.diff(column(performed(*said), name), append=0.0))[:-1]
        assert steps[near[:-1]].mean() > 1.4 * steps[~near[:-1]].mean()


def test_hair_comes_after_the_head(said: tuple[np.ndarray, Heard]) -> None:
    performance = performed(*said, fps=Fraction(50))
    yaw = column(performance, "yaw") + 0.6 * column(performance, "roll")
    speed = np.diff(yaw)
    assert np.corrcoef(speed, column(performance, "sway_x")[1:])[0, 1] < -0.6


def test_eyes_stay_on_the_viewer_while_the_head_turns(said: tuple[np.ndarray, Heard]) -> None:
    gaze = np.median(np.abs(column(performed(*said), "gaze_x")))
    assert gaze < 0.15
    assert np.abs(column(performed(*said), "gaze_x")).max() > 0.15  # but it does wander


def test_moods_are_the_figures_expressions_and_differ(said: tuple[np.ndarray, Heard]) -> None:
    assert set(MOODS) == set(LOOKS)
    mean = {mood: performed(*said, mood=mood).rows.mean(axis=0) for mood in MOODS}
    smile, brows = COLUMNS.index("smile"), COLUMNS.index("brows")
    assert mean["happy"][smile] > 0.3 > mean["neutral"][smile] > -0.1 > mean["sad"][smile]
    assert mean["surprised"][brows] > mean["neutral"][brows] > mean["angry"][brows]
    assert len({row.round(6).tobytes() for row in mean.values()}) == len(MOODS)


def test_frames_say_the_same_at_every_rate(said: tuple[np.ndarray, Heard]) -> None:
    slow, fast = (performed(*said, fps=Fraction(fps)) for fps in (12, 60))
    count = len(slow.rows) - 1
    for name in ("open", "yaw", "breath"):
        averaged = column(fast, name)[: 5 * count].reshape(-1, 5).mean(axis=1)
        here = column(slow, name)[:count]
        assert np.corrcoef(averaged, here)[0, 1] > (0.93 if name == "open" else 0.999)


def test_a_moment_is_a_row(said: tuple[np.ndarray, Heard]) -> None:
    performance = performed(*said)
    frame = int(column(performance, "open").argmax())
    moment, row = performance.moment(frame), performance.rows[frame]
    given = (
        moment.mouth.open, moment.mouth.wide, moment.mouth.press, moment.mouth.teeth, moment.mouth.tongue,
        moment.blink, moment.brows, moment.smile, *moment.gaze, moment.yaw, moment.pitch, moment.roll,
        moment.breath, *moment.sway,
    )  # fmt: skip
    assert given == pytest.approx(row.tolist())


def test_the_shortest_sound_is_performed_too(tmp_path: Path) -> None:
    for count in (1, 80, 400):
        heard = heard_as(np.full(count, 0.1, np.float32), tmp_path)
        rows = performed(lips_from_voice(heard), heard).rows
        assert len(rows) == 1
        assert np.isfinite(rows).all()


def test_a_long_vowel_between_two_closures_opens_nearly_as_far_as_alone() -> None:
    def widest(*said: tuple[float, str]) -> float:
        events = read_events(json.dumps([{"at": at_s, "phoneme": name} for at_s, name in said]))
        return float(lips_from_phonemes(events, 1.5)[:, OPEN].max())

    alone = widest((0.0, "SIL"), (0.4, "AA"), (0.62, "SIL"))
    assert widest((0.0, "SIL"), (0.3, "M"), (0.4, "AA"), (0.62, "M"), (0.72, "SIL")) > 0.75 * alone
    # A short one does not: lips have no time for it.
    assert widest((0.0, "SIL"), (0.3, "M"), (0.4, "AA"), (0.46, "M"), (0.56, "SIL")) < 0.4 * alone
