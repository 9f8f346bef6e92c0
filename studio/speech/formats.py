"""Speech in the format that is asked for, by PyAV."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Literal

from studio.errors import StudioError

Format = Literal["mp3", "opus", "aac", "flac", "wav", "pcm"]


@dataclass(frozen=True)
class _Kind:
    mime_type: str
    container: str
    codec: str
    rate: int | None = None  # the codec's only one, or what the documentation says


_KINDS: dict[Format, _Kind] = {
    "mp3": _Kind("audio/mpeg", "mp3", "libmp3lame", 44_100),
    "opus": _Kind("audio/ogg", "ogg", "libopus", 48_000),
    "aac": _Kind("audio/aac", "adts", "aac", 44_100),
    "flac": _Kind("audio/flac", "flac", "flac"),
    "wav": _Kind("audio/wav", "wav", "pcm_s16le"),
    "pcm": _Kind("audio/pcm", "s16le", "pcm_s16le", 24_000),
}


def mime_type(wanted: Format) -> str:
    """The media type of a format."""
    return _KINDS[wanted].mime_type


def convert(audio: bytes, wanted: Format) -> bytes:
    """The same sound in another format, mono; what is that format already stays as it is."""
    if wanted == "wav" and audio[:4] == b"RIFF":
        return audio
    import av  # 60 ms of loading that nobody else should wait for
    from av.error import FFmpegError

    kind = _KINDS[wanted]
    whole = io.BytesIO()
    try:
        with av.open(io.BytesIO(audio), "r") as source, av.open(whole, "w", format=kind.container) as sink:
            heard = source.streams.audio[0]
            rate = kind.rate or heard.rate
            stream = sink.add_stream(kind.codec, rate=rate)
            assert isinstance(stream, av.AudioStream)
            stream.layout = "mono"
            for frame in source.decode(heard):
                sink.mux(stream.encode(frame))  # which resamples, mixes and cuts to the encoder's frames
            sink.mux(stream.encode(None))
    except (FFmpegError, IndexError, ValueError) as error:
        why = f"its answer is no sound ({error})"
        raise StudioError("speech_failed", engine="server", why=why) from error
    return whole.getvalue()
