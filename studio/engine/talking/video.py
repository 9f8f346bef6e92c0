"""Frames and a sound become a video file, streamed through: complete, or not there at all."""

from __future__ import annotations

import math
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Protocol, cast, runtime_checkable

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
PIXELS = "yuv420p"
OPUS_RATES = (48_000,)


@dataclass(frozen=True)
class Form:
    """A kind of video file: its container, and what pictures and sound are encoded with."""

    container: str
    suffix: str
    pictures: str = "libx264"
    picture_options: Mapping[str, str] = field(
        default_factory=lambda: {"crf": QUALITY_CRF, "preset": PRESET, "profile": "high"}
    )
    sound: str = "aac"
    sound_form: str = "fltp"
    rates: tuple[int, ...] = AAC_RATES
    samples: int = AAC_SAMPLES  # in one frame of the sound
    has_boxes: bool = True  # of an MP4, whose header can be put first and end a video within a frame


MP4 = Form("mp4", ".mp4")


class Frames(Protocol):
    """Where a video's pictures come from."""

    def pictures(self, check: Check) -> Iterator[Array]:
        """Every picture in order, as uint8 of height × width × 3."""
        ...


@runtime_checkable
class Film(Frames, Protocol):
    """Pictures that are already as encoders want them."""

    def frames(self, check: Check) -> Iterator[VideoFrame]:
        """Every picture in order, in the size of the video, with colours as in BT.709."""
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
    progress: Callable[[int, int, Array | VideoFrame], None] = lambda done, of, picture: None,
    check: Check = lambda: None,
    texts: Mapping[str, str] | None = None,
    form: Form = MP4,
) -> None:
    """Draw and encode; the file gets its name when it is whole, and of a stopped one nothing is left."""
    with part_of(target) as part:
        with av.open(str(part), "w", format=form.container, options=_options(form, texts)) as container:
            _write(container, video, progress, check, texts, form)
        if video.length_s is not None and form.has_boxes:
            end_pictures(part, video.length_s)
        check()


@contextmanager
def part_of(target: Path) -> Iterator[Path]:
    """A place to write to, which gets the name when all went well and is gone otherwise."""
    part = target.with_name(f".{uuid.uuid4().hex}.part")
    try:
        yield part
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def frames_in(video: Video, check: Check) -> Iterator[VideoFrame]:
    """The pictures of a video as encoders want them."""
    if isinstance(video.source, Film):
        yield from video.source.frames(check)
        return
    for number, picture in enumerate(video.source.pictures(check)):
        yield _frame(picture, video, number)


def _options(form: Form, texts: Mapping[str, str] | None) -> dict[str, str]:
    if not form.has_boxes:
        return {}
    flags = "+faststart+use_metadata_tags" if texts else "+faststart"
    return {"movflags": flags, "movie_timescale": str(CLOCK)}


def _write(
    container: OutputContainer,
    video: Video,
    progress: Callable[[int, int, Array | VideoFrame], None],
    check: Check,
    texts: Mapping[str, str] | None,
    form: Form,
) -> None:
    container.metadata.update(texts or {})
    pictures = _video_stream(container, video, form)
    voice = _Voice(container, video, form, check) if video.sound is not None else None
    is_film = isinstance(video.source, Film)
    shown: Iterator[Array | VideoFrame] = frames_in(video, check) if is_film else video.source.pictures(check)
    done = 0
    try:
        for picture in shown:
            check()
            for packet in pictures.encode(_to_encode(picture, video, done)):
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


def _video_stream(container: OutputContainer, video: Video, form: Form) -> VideoStream:
    stream = cast(VideoStream, container.add_stream(form.pictures, rate=video.fps))
    stream.width, stream.height, stream.pix_fmt = even(video.width), even(video.height), PIXELS
    stream.options = dict(form.picture_options)
    context = stream.codec_context
    context.gop_size = max(1, round(video.fps * SECONDS_BETWEEN_KEYS))
    context.colorspace = context.color_primaries = context.color_trc = BT709
    context.color_range = LIMITED
    return stream


def even(length: int) -> int:
    """The codec halves colours both ways, so an odd last row or column is cut off."""
    return length - length % 2


def bytes_of(frame: VideoFrame) -> Array:
    """A picture as encoders want it, back as bytes of red, green and blue."""
    plain = frame.reformat(format="rgb24", src_colorspace="ITU709", src_color_range="MPEG")
    return plain.to_ndarray()


def _to_encode(picture: Array | VideoFrame, video: Video, number: int) -> VideoFrame:
    frame = picture if isinstance(picture, VideoFrame) else _frame(picture, video, number)
    frame.pts, frame.time_base = number, 1 / video.fps
    return frame


def _frame(picture: Array, video: Video, number: int) -> VideoFrame:
    trimmed = np.ascontiguousarray(picture[: even(video.height), : even(video.width)])
    plain = VideoFrame.from_ndarray(trimmed, format="rgb24")
    frame = plain.reformat(format="yuv420p", dst_colorspace="ITU709", dst_color_range="MPEG")
    frame.pts, frame.time_base = number, 1 / video.fps
    return frame


class _Voice:
    """Encodes a sound beside the frames, never further than they are."""

    def __init__(self, container: OutputContainer, video: Video, form: Form, check: Check) -> None:
        assert video.sound is not None
        sound = video.sound
        self._container = container
        self._form = form
        self._channels = min(2, sound.channels)
        self._rate = sound.rate if sound.rate in form.rates else form.rates[-1]
        self._layout = "mono" if self._channels == 1 else "stereo"
        stream = cast(AudioStream, container.add_stream(form.sound, rate=self._rate))
        stream.codec_context.format = form.sound_form
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
        while self._rest.shape[1] < self._form.samples:
            block = next(self._blocks, None)
            if block is None:
                break
            self._rest = np.concatenate([self._rest, block], axis=1)
        size = min(self._form.samples, self._rest.shape[1], self._left)
        if size == 0:
            return False
        samples = np.ascontiguousarray(np.clip(self._rest[:, :size], -1.0, 1.0))
        self._rest = self._rest[:, size:]
        frame = _block(samples, self._form.sound_form, self._layout)
        frame.sample_rate, frame.pts = self._rate, self._done
        frame.time_base = Fraction(1, self._rate)
        self._done += size
        self._left -= size
        self._mux(frame)
        return True

    def _mux(self, frame: AudioFrame | None) -> None:
        for packet in cast(AudioCodecContext, self._stream).encode(frame):
            self._container.mux(packet)


def _block(samples: Array, form: str, layout: str) -> AudioFrame:
    """Samples of channels × time as an encoder wants them: plane by plane, or taken in turns."""
    if form.endswith("p"):
        return AudioFrame.from_ndarray(samples, format=form, layout=layout)
    return AudioFrame.from_ndarray(samples.T.reshape(1, -1).copy(), format=form, layout=layout)
