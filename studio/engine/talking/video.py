"""Frames and a sound become an MP4 file: H.264 and AAC, streamed through, complete or not there at all."""

from __future__ import annotations

import math
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Protocol, cast

import av
import numpy as np
from av.audio.codeccontext import AudioCodecContext
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from studio.engine.talking.audio import Sound, at_rate
from studio.engine.talking.mp4 import end_pictures

Array = np.ndarray
Check = Callable[[], None]

AAC_RATES = (32_000, 44_100, 48_000)  # what browsers and phones play without asking
AAC_BITS_PER_CHANNEL = 80_000
AAC_SAMPLES = 1024
QUALITY_CRF = "19"
PRESET = "veryfast"  # on two cores the figure needs the time more than the file needs the last percent
SECONDS_BETWEEN_KEYS = 2.0  # so that a browser can seek
CLOCK = 90_000  # parts of a second in which a file tells how long it is
BT709, LIMITED = 1, 1


class Frames(Protocol):
    """Where a video's pictures come from."""

    def pictures(self, check: Check) -> Iterator[Array]:
        """Every picture in order, as uint8 of height × width × 3."""
        ...


@dataclass(frozen=True, eq=False)
class Video:
    """A video that is not drawn yet: how long, how fast, and from where its pictures and its sound come."""

    width: int
    height: int
    fps: Fraction
    count: int
    source: Frames
    sound: Sound | None = None
    length_s: Fraction | None = None  # when it should end within the last frame, with the sound


@dataclass(frozen=True, eq=False)
class Stills:
    """Pictures that are already there, as floats from 0 to 1."""

    images: Array

    def pictures(self, check: Check) -> Iterator[Array]:
        """Every picture as bytes."""
        for image in self.images:
            check()
            colours = np.repeat(image, 3, axis=-1) if image.shape[-1] == 1 else image[..., :3]
            yield np.clip(255.0 * colours, 0, 255).astype(np.uint8)


def frames_of(length_s: Fraction, fps: Fraction) -> int:
    """How many frames a length needs: the last one may be shown for less than its time."""
    return max(1, math.ceil(length_s * fps))


def fps_of(value: float) -> Fraction:
    """A frame rate as encoders want it; what is written 23.976 or 29.97 is meant as 24000 or 30000 / 1001."""
    for whole in (24, 30, 60):
        broadcast = Fraction(whole * 1000, 1001)
        if abs(value - broadcast) < 0.005 and value != whole:
            return broadcast
    return Fraction(value).limit_denominator(1000)


def write_video(
    video: Video,
    target: Path,
    progress: Callable[[int, int, Array], None] = lambda done, of, picture: None,
    check: Check = lambda: None,
    texts: Mapping[str, str] | None = None,
) -> None:
    """Draw and encode; the file gets its name when it is whole, and of a stopped one nothing is left."""
    part = target.with_name(f".{uuid.uuid4().hex}.part")
    try:
        with av.open(str(part), "w", format="mp4", options=_options(texts)) as container:
            _write(container, video, progress, check, texts)
        if video.length_s is not None:
            end_pictures(part, video.length_s)
        check()
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def _options(texts: Mapping[str, str] | None) -> dict[str, str]:
    flags = "+faststart+use_metadata_tags" if texts else "+faststart"
    return {"movflags": flags, "movie_timescale": str(CLOCK)}


def _write(
    container: OutputContainer,
    video: Video,
    progress: Callable[[int, int, Array], None],
    check: Check,
    texts: Mapping[str, str] | None,
) -> None:
    container.metadata.update(texts or {})
    pictures = _video_stream(container, video)
    voice = _Voice(container, video, check) if video.sound is not None else None
    done = 0
    try:
        for picture in video.source.pictures(check):
            check()
            for packet in pictures.encode(_frame(picture, video, done)):
                container.mux(packet)
            done += 1
            if voice is not None:
                voice.write_until(done / video.fps)
            progress(done, video.count, picture)
        for packet in pictures.encode(None):
            container.mux(packet)
        if voice is not None:
            voice.finish()
    finally:
        if voice is not None:
            voice.close()
    if done != video.count:
        raise RuntimeError(f"{video.count} frames were promised and {done} came")


def _video_stream(container: OutputContainer, video: Video) -> VideoStream:
    stream = cast(VideoStream, container.add_stream("libx264", rate=video.fps))
    stream.width, stream.height, stream.pix_fmt = _even(video.width), _even(video.height), "yuv420p"
    stream.options = {"crf": QUALITY_CRF, "preset": PRESET, "profile": "high"}
    context = stream.codec_context
    context.gop_size = max(1, round(video.fps * SECONDS_BETWEEN_KEYS))
    context.colorspace = context.color_primaries = context.color_trc = BT709
    context.color_range = LIMITED
    return stream


def _even(length: int) -> int:
    """The codec halves colours both ways, so an odd last row or column is cut off."""
    return length - length % 2


def _frame(picture: Array, video: Video, number: int) -> VideoFrame:
    trimmed = np.ascontiguousarray(picture[: _even(video.height), : _even(video.width)])
    plain = VideoFrame.from_ndarray(trimmed, format="rgb24")
    frame = plain.reformat(format="yuv420p", dst_colorspace="ITU709", dst_color_range="MPEG")
    frame.pts, frame.time_base = number, 1 / video.fps
    return frame


class _Voice:
    """Encodes a sound beside the frames, never further than they are."""

    def __init__(self, container: OutputContainer, video: Video, check: Check) -> None:
        assert video.sound is not None
        sound = video.sound
        self._container = container
        self._channels = min(2, sound.channels)
        self._rate = sound.rate if sound.rate in AAC_RATES else AAC_RATES[-1]
        self._layout = "mono" if self._channels == 1 else "stereo"
        stream = cast(AudioStream, container.add_stream("aac", rate=self._rate))
        stream.codec_context.layout = self._layout
        stream.codec_context.bit_rate = AAC_BITS_PER_CHANNEL * self._channels
        self._stream = stream
        limit = video.length_s if video.length_s is not None else video.count / video.fps
        self._left = round(limit * self._rate)
        self._blocks = at_rate(sound.blocks(check), sound.rate, self._rate, self._channels)
        self._rest: Array = np.zeros((self._channels, 0), np.float32)
        self._done = 0

    def write_until(self, moment_s: Fraction) -> None:
        """Encode everything that is heard before a moment."""
        while self._done / self._rate < moment_s and self._write_one():
            pass

    def finish(self) -> None:
        """Encode the rest."""
        while self._write_one():
            pass
        self._mux(None)

    def close(self) -> None:
        """Let go of the sound's file."""
        self._blocks.close()

    def _write_one(self) -> bool:
        while self._rest.shape[1] < AAC_SAMPLES:
            block = next(self._blocks, None)
            if block is None:
                break
            self._rest = np.concatenate([self._rest, block], axis=1)
        size = min(AAC_SAMPLES, self._rest.shape[1], self._left)
        if size == 0:
            return False
        samples = np.ascontiguousarray(np.clip(self._rest[:, :size], -1.0, 1.0))
        self._rest = self._rest[:, size:]
        frame = AudioFrame.from_ndarray(samples, format="fltp", layout=self._layout)
        frame.sample_rate, frame.pts = self._rate, self._done
        frame.time_base = Fraction(1, self._rate)
        self._done += size
        self._left -= size
        self._mux(frame)
        return True

    def _mux(self, frame: AudioFrame | None) -> None:
        for packet in cast(AudioCodecContext, self._stream).encode(frame):
            self._container.mux(packet)
