"""WAV files that carry when each phoneme begins, so that whoever moves lips to them need not guess."""

from __future__ import annotations

import io
import json
import struct
import wave
from collections.abc import Sequence

from studio.speech.phonemes import Phoneme

CHUNK = b"phnm"  # a chunk that readers of WAV skip if they do not know it


def wave_file(samples: bytes, rate: int, phonemes: Sequence[Phoneme]) -> bytes:
    """Mono samples of 16 bits as a file, the phonemes behind them."""
    whole = io.BytesIO()
    with wave.open(whole, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples)
    told = json.dumps([{"at": one.at, "phoneme": one.phoneme} for one in phonemes], separators=(",", ":"))
    chunk = told.encode() + b" " * (len(told) % 2)  # chunks have an even length
    whole.write(CHUNK + struct.pack("<I", len(chunk)) + chunk)
    whole.seek(4)
    whole.write(struct.pack("<I", len(whole.getbuffer()) - 8))
    return whole.getvalue()
