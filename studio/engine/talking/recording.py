"""Writes a sound into a file of its own: FLAC, MP3 or Opus, streamed through."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, cast

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream

from studio.engine.talking.audio import Check, Sound, at_rate

Codec = Literal["flac", "mp3", "opus"]
ENCODERS: dict[Codec, str] = {"flac": "flac", "mp3": "libmp3lame", "opus": "libopus"}
CONTAINERS: dict[Codec, str] = {"flac": "flac", "mp3": "mp3", "opus": "ogg"}
SAMPLE_FORMATS: dict[Codec, str] = {"flac": "s16", "mp3": "fltp", "opus": "flt"}
# Bits per second by the names of ComfyUI's choices; V0 lets the encoder decide.
BITRATES: dict[Codec, dict[str, int]] = {
    "mp3": {"V0": 0, "128k": 128_000, "320k": 320_000},
    "opus": {"64k": 64_000, "96k": 96_000, "128k": 128_000, "192k": 192_000, "320k": 320_000},
}
RATES: dict[Codec, tuple[int, ...]] = {
    "mp3": (8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000),
    "opus": (8_000, 12_000, 16_000, 24_000, 48_000),
}
FLAC_HIGHEST_RATE = 655_350


def write_sound(
    sound: Sound,
    target: Path,
    codec: Codec,
    quality: str = "",
    texts: Mapping[str, str] | None = None,
    check: Check = lambda: None,
) -> None:
    """Encode a sound; the file gets its name when it is whole."""
    rate = _rate(sound.rate, codec)
    channels = min(2, sound.channels)
    layout = "mono" if channels == 1 else "stereo"
    part = target.with_name(f".{uuid.uuid4().hex}.part")
    try:
        with av.open(str(part), "w", format=CONTAINERS[codec]) as container:
            container.metadata.update(texts or {})
            stream = cast(AudioStream, container.add_stream(ENCODERS[codec], rate=rate))
            context = stream.codec_context
            context.layout, context.format = layout, SAMPLE_FORMATS[codec]
            bits = BITRATES.get(codec, {}).get(quality, 0)
            if bits:
                context.bit_rate = bits if channels == 2 or codec == "mp3" else min(bits, 256_000)
            elif codec == "mp3":
                stream.options = {"flags": "+qscale", "global_quality": "0"}
            done = 0
            for block in at_rate(sound.blocks(check), sound.rate, rate, channels):
                samples = np.ascontiguousarray(np.clip(block, -1.0, 1.0), np.float32)
                frame = AudioFrame.from_ndarray(samples, format="fltp", layout=layout)
                frame.sample_rate, frame.pts = rate, done
                done += block.shape[1]
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
        check()
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def _rate(rate: int, codec: Codec) -> int:
    """The sound's own rate where the codec has it, else the next higher one, else its highest."""
    if codec == "flac":
        return rate if rate <= FLAC_HIGHEST_RATE else 192_000
    return next((known for known in RATES[codec] if known >= rate), RATES[codec][-1])
