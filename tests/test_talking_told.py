"""Phonemes travel inside the WAV file of a speech engine, and nothing else is taken for them."""

from __future__ import annotations

import io
import json
import struct
import wave
from pathlib import Path
from typing import Any

import av
import pytest

from studio.engine.talking.told import phonemes_inside
from studio.speech.phonemes import Phoneme
from studio.speech.wav import wave_file

SAID = (Phoneme(0.0, "HH"), Phoneme(0.05, "AH"), Phoneme(0.2, "SIL"))


def test_what_was_said_is_read_from_the_file(tmp_path: Path) -> None:
    path = tmp_path / "said.wav"
    path.write_bytes(wave_file(b"\0\0" * 2205, 22_050, SAID))
    assert phonemes_inside(path) == [{"at": one.at, "phoneme": one.phoneme} for one in SAID]
    with wave.open(str(path)) as file:  # others read it as ever
        assert file.getnframes() == 2205
    with av.open(str(path), "r") as file:
        assert sum(frame.samples for frame in file.decode(audio=0)) == 2205


def with_chunk(content: bytes, size: int | None = None) -> bytes:
    whole = io.BytesIO()
    with wave.open(whole, "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(b"\0\0" * 10)
    return whole.getvalue() + b"phnm" + struct.pack("<I", len(content) if size is None else size) + content


def told(value: Any) -> bytes:
    return with_chunk(json.dumps(value).encode())


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"RIFF",
        b"RIFF\xff\xff\xff\xffWAVE" + b"junk\xff\xff\xff\xff",
        b"RIFF\0\0\0\0WAVE" + b"junk\0\0\0\0" * 5000,
        b"ID3\x03" + b"phnm" * 100,
        with_chunk(b"not json"),
        with_chunk(b"[" * 100_000),
        with_chunk(b"[]", size=2**32 - 1),
        told({"at": 1}),
        told([1, 2]),
        told([{"at": "0", "phoneme": "AA"}]),
        told([{"at": -1, "phoneme": "AA"}]),
        told([{"at": 0, "phoneme": "A" * 100}]),
    ],
)
def test_a_file_that_tells_nothing_usable_tells_nothing(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.wav"
    path.write_bytes(content)
    assert phonemes_inside(path) == []


def test_times_come_in_order(tmp_path: Path) -> None:
    path = tmp_path / "x.wav"
    path.write_bytes(told([{"at": 2, "phoneme": "M"}, {"at": 0.5, "phoneme": "AA"}]))
    assert [one["phoneme"] for one in phonemes_inside(path)] == ["AA", "M"]
