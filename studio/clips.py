"""Sound and moving pictures, looked into: which kind, how long, how large; nothing is played or changed.

Here alone the studio opens those that come from outside. The kind is told by the first bytes, and only
that kind is then read: a list of addresses that calls itself a recording is never followed.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.errors import StudioError

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from av.video.stream import VideoStream

log = logging.getLogger(__name__)

LOOK_S = 20.0  # longest look into one file
MAX_CHANNELS = 64
HEAD_BYTES = 64 * 1024
TRIED_FRAMES = 8  # decoded, to be sure that there is something to hear
MOST_PIXELS = 8192 * 8192


@dataclass(frozen=True)
class _Form:
    demuxer: str
    mime_type: str
    suffix: str


SOUNDS = {
    "wav": _Form("wav", "audio/wav", ".wav"),
    "mp3": _Form("mp3", "audio/mpeg", ".mp3"),
    "flac": _Form("flac", "audio/flac", ".flac"),
    "ogg": _Form("ogg", "audio/ogg", ".ogg"),
    "mp4": _Form("mov", "audio/mp4", ".m4a"),
}
SOUND_TYPES = "audio/wav, audio/mpeg, audio/mp3, audio/flac, audio/ogg, audio/mp4"
_VIDEO_DEMUXERS = {"mp4": "mov", "webm": "matroska", "avi": "avi", "ogg": "ogg", "gif": "gif"}
VIDEO_TYPES = (
    "video/mp4, video/quicktime, video/webm, video/x-matroska, video/x-msvideo, video/ogg, image/gif"
)


@dataclass(frozen=True)
class SoundFacts:
    """What a recording is."""

    mime_type: str
    suffix: str
    duration_s: float
    sample_rate: int
    channels: int


@dataclass(frozen=True)
class VideoFacts:
    """What a video is."""

    width: int
    height: int
    duration_s: float
    frames: int


@dataclass(frozen=True)
class FilmFacts:
    """What a video that somebody gives is: its pictures as they are shown, upright and with square pixels."""

    mime_type: str
    width: int
    height: int
    duration_s: float


@dataclass(frozen=True)
class Poster:
    """One picture of a video: rows of red, green and blue bytes."""

    width: int
    height: int
    pixels: bytes


def inspect_sound(path: Path, max_s: float) -> SoundFacts:
    """What a recording is, measured by its packets; refused when it is none, broken or too long."""
    form = SOUNDS.get(_kind(path))
    if form is None:
        raise StudioError("file_type", allowed=SOUND_TYPES)
    with _opened(path, form.demuxer, "invalid_audio") as container:
        if any(not _is_cover(stream) for stream in container.streams.video):
            raise StudioError("file_type", allowed=SOUND_TYPES)
        if not container.streams.audio:
            raise StudioError("invalid_audio", why="there is no sound in it")
        stream = container.streams.audio[0]
        _try_to_hear(container, stream)
        rate, channels = stream.codec_context.sample_rate, stream.codec_context.channels
        if rate <= 0 or not 0 < channels <= MAX_CHANNELS:
            raise StudioError("invalid_audio", why=f"it has {channels} channels at {rate} Hz")
    with _opened(path, form.demuxer, "invalid_audio") as container:
        duration_s = _length(container, container.streams.audio[0], max_s)
    if duration_s <= 0:
        raise StudioError("invalid_audio", why="it lasts no time at all")
    return SoundFacts(form.mime_type, form.suffix, duration_s, rate, channels)


def seconds_of_sound(path: Path) -> float | None:
    """How long a sound lasts; None for what cannot be read here."""
    try:
        return inspect_sound(path, float("inf")).duration_s
    except StudioError as error:
        log.info("%s cannot be looked into: %s", path.name, error)
        return None


def inspect_video(path: Path) -> VideoFacts | None:
    """What a video is; None for what cannot be read here."""
    try:
        with opened_video(path) as container:
            stream = container.streams.video[0]
            width, height = stream.codec_context.width, stream.codec_context.height
            frames, last = 0, 0.0
            begun = time.monotonic()
            for packet in container.demux(stream):
                if packet.size and packet.pts is not None and packet.time_base is not None:
                    frames += 1
                    last = max(last, float((packet.pts + (packet.duration or 0)) * packet.time_base))
                if time.monotonic() - begun > LOOK_S:
                    return None
            return VideoFacts(width, height, last, frames) if width > 0 and height > 0 else None
    except (StudioError, IndexError) as error:
        log.info("%s cannot be looked into: %s", path.name, error)
        return None


def look_at_video(path: Path, max_s: float) -> FilmFacts:
    """What a video is that somebody gives; refused when it is none, broken or too long."""
    kind = _kind(path)
    if kind not in _VIDEO_DEMUXERS:
        raise StudioError("file_type", allowed=VIDEO_TYPES)
    with _opened(path, _VIDEO_DEMUXERS[kind], "invalid_video") as container:
        films = [stream for stream in container.streams.video if not _is_cover(stream)]
        if not films:
            raise StudioError("invalid_video", why="there is no moving picture in it")
        width, height = _first_picture(container, films[0])
    with _opened(path, _VIDEO_DEMUXERS[kind], "invalid_video") as container:
        film = next(stream for stream in container.streams.video if not _is_cover(stream))
        duration_s = _end_of(container, film, max_s)
    if duration_s <= 0:
        raise StudioError("invalid_video", why="it lasts no time at all")
    return FilmFacts(_film_type(path, kind), width, height, duration_s)


def _first_picture(container: InputContainer, stream: VideoStream) -> tuple[int, int]:
    """How large the pictures are when they are shown."""
    if stream.codec_context.width * stream.codec_context.height > MOST_PIXELS:
        raise StudioError("invalid_video", why="its pictures are too large")
    for frame in container.decode(stream):
        ratio = float(stream.sample_aspect_ratio or 1) or 1.0
        width, height = max(1, round(frame.width * ratio)), frame.height
        return (height, width) if frame.rotation % 180 else (width, height)
    raise StudioError("invalid_video", why="no picture in it can be read")


def _end_of(container: InputContainer, stream: VideoStream, max_s: float) -> float:
    """When the last picture ends, by the packets that are really there."""
    first, last, begun = float("inf"), 0.0, time.monotonic()
    for packet in container.demux(stream):
        if packet.size and packet.pts is not None and packet.time_base is not None:
            first = min(first, float(packet.pts * packet.time_base))
            last = max(last, float((packet.pts + (packet.duration or 0)) * packet.time_base))
        if last - first > max_s:
            raise StudioError("video_too_long", minutes=max_s / 60)
        if time.monotonic() - begun > LOOK_S:
            raise StudioError("invalid_video", why="reading it takes too long")
    return max(0.0, last - first) if last else 0.0


def _film_type(path: Path, kind: str) -> str:
    """The type of a video by its first bytes."""
    with path.open("rb") as file:
        head = file.read(64)
    if kind == "mp4":
        return "video/quicktime" if head[8:12] == b"qt  " else "video/mp4"
    if kind == "webm":
        return "video/webm" if b"webm" in head else "video/x-matroska"
    return {"avi": "video/x-msvideo", "ogg": "video/ogg", "gif": "image/gif"}[kind]


def poster(path: Path) -> Poster:
    """The first picture of a video."""
    with opened_video(path) as container:
        if not container.streams.video:
            raise StudioError("no_thumbnail", name=path.name, why="it has no picture")
        stream = container.streams.video[0]
        if stream.codec_context.width * stream.codec_context.height > MOST_PIXELS:
            raise StudioError("no_thumbnail", name=path.name, why="its pictures are too large")
        for frame in container.decode(stream):
            pixels = frame.to_ndarray(format="rgb24")
            return Poster(pixels.shape[1], pixels.shape[0], pixels.tobytes())
    raise StudioError("no_thumbnail", name=path.name, why="it has no picture")


def _kind(path: Path) -> str:
    """What the first bytes say, whatever a file calls itself."""
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    if head[:4] in (b"RIFF", b"RF64", b"RIFX") and head[8:12] == b"WAVE":
        return "wav"
    if head[:4] == b"RIFF" and head[8:12] == b"AVI ":
        return "avi"
    if head[4:8] == b"ftyp":
        return "mp4"
    if head[:4] == b"\x1a\x45\xdf\xa3":
        return "webm"
    for start, kind in ((b"fLaC", "flac"), (b"OggS", "ogg"), (b"ID3", "mp3"), (b"GIF8", "gif")):
        if head.startswith(start):
            return kind
    plain = head.lstrip(b"\0")  # encoders pad the beginning
    if len(plain) > 2 and plain[0] == 0xFF and plain[1] & 0xE0 == 0xE0 and plain[1] & 0x06:
        return "mp3"
    return ""


@contextmanager
def _opened(path: Path, demuxer: str, code: str) -> Iterator[InputContainer]:
    # Imported late: it loads its own FFmpeg, which the start need not wait for.
    import av
    from av.error import FFmpegError

    options = {"protocol_whitelist": "file", "enable_drefs": "0", "probesize": "5000000"}
    try:
        with av.open(str(path), format=demuxer, options=options, metadata_errors="replace") as container:
            yield container
    except (FFmpegError, ValueError) as error:
        raise StudioError(code, why=_plain(error)) from error


@contextmanager
def opened_sound(path: Path) -> Iterator[InputContainer]:
    """A recording to be decoded; refused unless its content says that it is one."""
    form = SOUNDS.get(_kind(path))
    if form is None:
        raise StudioError("file_type", allowed=SOUND_TYPES)
    with _opened(path, form.demuxer, "invalid_audio") as container:
        if not container.streams.audio:
            raise StudioError("invalid_audio", why="there is no sound in it")
        yield container


@contextmanager
def opened_video(path: Path) -> Iterator[InputContainer]:
    """A video to be decoded; refused unless its content says that it is one."""
    demuxer = _VIDEO_DEMUXERS.get(_kind(path))
    if demuxer is None:
        raise StudioError("no_thumbnail", name=path.name, why="its format is not known here")
    with _opened(path, demuxer, "invalid_video") as container:
        yield container


def _is_cover(stream: VideoStream) -> bool:
    """Whether it is a picture of the record's cover, as music files carry one."""
    from av.stream import Disposition

    return bool(stream.disposition & Disposition.attached_pic)


def _try_to_hear(container: InputContainer, stream: AudioStream) -> None:
    heard = 0
    for _ in container.decode(stream):
        heard += 1
        if heard >= TRIED_FRAMES:
            return
    if not heard:
        raise StudioError("invalid_audio", why="no sound in it can be read")


def _length(container: InputContainer, stream: AudioStream, max_s: float) -> float:
    """The seconds that are really there: headers of cut-off files promise more."""
    total, begun = 0.0, time.monotonic()
    samples: Any = stream.codec_context
    for packet in container.demux(stream):
        if not packet.size:
            continue
        if packet.duration and packet.time_base is not None:
            total += float(packet.duration * packet.time_base)
        elif samples.frame_size:
            total += samples.frame_size / samples.sample_rate
        if total > max_s:
            raise StudioError("audio_too_long", minutes=max_s / 60)
        if time.monotonic() - begun > LOOK_S:
            raise StudioError("invalid_audio", why="reading it takes too long")
    return total


def _plain(error: Exception) -> str:
    words = getattr(error, "strerror", None) or str(error)
    return (words or "it cannot be read").strip().rstrip(".")[:200]
