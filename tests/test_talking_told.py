"""Phonemes travel inside the WAV file of a speech engine, and nothing else is taken for them."""

from __future__ import annotations

import io
import itertools
import json
import struct
import wave
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from studio.engine.talking.audio import open_sound
from studio.engine.talking.head import lips_of
from studio.engine.talking.hearing import HOP_S, hear
from studio.engine.talking.phonemes import events_in, read_events
from studio.engine.talking.visemes import lips_from_voice
from studio.speech.asked import SpeechRequest
from studio.speech.embedded import Espeak
from studio.speech.phonemes import Phoneme
from studio.speech.wav import wave_file

SAID = (Phoneme(0.0, "HH"), Phoneme(0.05, "AH"), Phoneme(0.2, "SIL"))
OPEN, PRESS = 0, 2
VOWELS = {"AA", "AE", "AH", "AO", "AY", "EY", "IH", "IY", "ER"}
LONG_S = 0.1


def test_what_was_said_is_read_from_the_file(tmp_path: Path) -> None:
    path = tmp_path / "said.wav"
    path.write_bytes(wave_file(b"\0\0" * 2205, 22_050, SAID))
    assert [(one.at_s, one.name) for one in read_events(events_in(path))] == [
        (one.at, one.phoneme) for one in SAID
    ]
    with wave.open(str(path)) as file:  # others read it as ever
        assert file.getnframes() == 2205
    with av.open(str(path), "r") as file:
        assert sum(frame.samples for frame in file.decode(audio=0)) == 2205


def spoken(tmp_path: Path) -> tuple[Path, list[tuple[float, str]]]:
    """A sentence full of closed lips by espeak-ng, and when it says each sound."""
    engine = Espeak()
    if not engine.about().available:
        pytest.skip("espeak-ng is not installed")
    try:
        said = engine.speak(SpeechRequest(text="Mama may buy a big purple puppy, Bob.", engine="espeak-ng"))
    finally:
        engine.stop()
    path = tmp_path / "spoken.wav"
    path.write_bytes(said.audio)
    return path, [(one.at, one.phoneme) for one in said.phonemes]


@pytest.mark.parametrize("cut_s", [0.0, 0.5])
def test_lips_press_when_espeak_says_m_b_or_p(tmp_path: Path, cut_s: float) -> None:
    path, said = spoken(tmp_path)
    sound = open_sound(path)
    sound = sound.cut(round(cut_s * sound.rate), None)
    lips = lips_of(sound, hear(sound), "")
    shut, opened = [], []
    for (at, name), (until, _) in itertools.pairwise(said):
        middle = round(((at + until) / 2 - cut_s) / HOP_S)
        if not 0 <= middle < len(lips) or at < cut_s:
            continue
        if name in {"M", "B", "P"}:
            shut.append(lips[middle])
        elif name in VOWELS and until - at > LONG_S:  # a short one between two of them hardly opens
            opened.append(lips[middle])
    assert len(shut) >= 6
    assert min(one[PRESS] for one in shut) > 0.6
    assert np.median([one[PRESS] for one in shut]) > np.median([one[PRESS] for one in opened]) + 0.15
    assert max(one[OPEN] for one in shut) < np.median([one[OPEN] for one in opened])


def with_chunk(content: bytes, size: int | None = None) -> bytes:
    whole = io.BytesIO()
    with wave.open(whole, "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(b"\0\0" * 2000)
    return whole.getvalue() + b"phnm" + struct.pack("<I", len(content) if size is None else size) + content


def told(value: Any) -> bytes:
    return with_chunk(json.dumps(value).encode())


@pytest.mark.parametrize(
    "content",
    [
        with_chunk(b"not json"),
        with_chunk(b"[" * 100_000),
        with_chunk(b"[]", size=2**32 - 1),
        with_chunk(b'[{"at": 1' + b"0" * 400 + b', "phoneme": "AA"}]'),
        told({"at": 1}),
        told([1, 2]),
        told([{"at": "0", "phoneme": "AA"}]),
        told([{"at": -1, "phoneme": "AA"}]),
        told([{"at": 0, "phoneme": "\u4e00" * 100}]),
    ],
)
def test_a_file_that_tells_nothing_usable_is_listened_to(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.wav"
    path.write_bytes(content)
    sound = open_sound(path)
    heard = hear(sound)
    assert np.array_equal(lips_of(sound, heard, ""), lips_from_voice(heard))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"RIFF",
        b"RIFF\xff\xff\xff\xffWAVE" + b"junk\xff\xff\xff\xff",
        b"RIFF\0\0\0\0WAVE" + b"junk\0\0\0\0" * 5000,
        b"ID3\x03" + b"phnm" * 100,
    ],
)
def test_a_file_that_carries_nothing_tells_nothing(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.wav"
    path.write_bytes(content)
    assert events_in(path) == ""
