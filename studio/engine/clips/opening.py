"""A video file as pictures at an even pace: upright, with square pixels, and its sound in step with them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
import av.error
import numpy as np
from av.container import InputContainer
from av.stream import Disposition
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter
from av.video.stream import VideoStream

from studio.engine.clips.changing import copied, turned
from studio.engine.clips.tracks import shifted
from studio.engine.talking.audio import FORMATS, MP4, Array, Check, Sound, SoundRefused, open_sound
from studio.engine.talking.mp4 import is_cut_off
from studio.engine.talking.video import PIXELS, Video, bytes_of, even

OPTIONS = {"format_whitelist": f"{FORMATS},gif", "protocol_whitelist": "file"}
SLOWEST, FASTEST, USUAL = Fraction(1), Fraction(120), Fraction(25)
# What a rate is meant to be that is measured a little off.
RATES = tuple(Fraction(rate) for rate in (10, 12, 15, 20, 24, 25, 30, 48, 50, 60, 120)) + tuple(
    Fraction(rate * 1000, 1001) for rate in (24, 30, 60, 120)
)
NEAR = 0.002
MOST_PIXELS = 8192 * 4608
HIGH_DEFINITION = 720  # rows; older and smaller pictures mean other colours by the same numbers
BT601, BT709 = 5, 1
UNKNOWN_COLOURS = (0, 2)  # as frames say it that do not tell
LEAST_SHARE = 0.8  # of the pictures that must be readable


class FilmRefused(ValueError):  # noqa: N818 - named for what happened
    """A file that no video can be taken from; the sentence says why and what to do."""


@dataclass(frozen=True, eq=False)
class FromFile:
    """The pictures of a file, decoded anew whenever somebody asks for them."""

    path: Path
    name: str
    width: int
    height: int
    fps: Fraction
    count: int
    begin_s: float
    packets: int
    lies: int = 0  # by how many degrees to the right the camera was held

    def frames(self, check: Check) -> Iterator[VideoFrame]:
        """Every picture in its time; where the file has none, the one before stands still."""
        frames = self._in_time(check)
        return turned(frames, self.lies) if self.lies else frames

    def _in_time(self, check: Check) -> Iterator[VideoFrame]:
        width, height = (self.height, self.width) if self.lies % 180 else (self.width, self.height)
        shape = VideoReformatter()
        given = read = 0
        latest: VideoFrame | None = None
        for at, frame in self._numbered(check):
            read += 1
            while latest is not None and given < min(at, self.count):
                yield copied(latest)
                given += 1
            latest = _plain(shape, frame, width, height)
        if latest is None or read < self.packets * LEAST_SHARE:
            raise FilmRefused(
                f"{self.name} is damaged: of its {self.packets} pictures only {read} can be read. "
                "Export or upload it again."
            )
        while given < self.count:
            yield copied(latest)
            given += 1

    def pictures(self, check: Check) -> Iterator[Array]:
        """Every picture as bytes."""
        for frame in self.frames(check):
            yield bytes_of(frame)

    def _numbered(self, check: Check) -> Iterator[tuple[int, VideoFrame]]:
        """Upright pictures, each with the place that its time gives it."""
        with _opened(self.path, self.name) as container:
            stream = _pictures_of(container, self.name)
            stream.thread_type = "AUTO"
            for number, frame in enumerate(_decoded(container, stream)):
                check()
                seconds = frame.time
                at = number if seconds is None else round((seconds - self.begin_s) * self.fps)
                yield max(0, at), frame


def open_film(path: Path, name: str | None = None) -> Video:
    """Look into a file and tell what video it holds; refuse what holds none."""
    name = name or path.name
    if path.stat().st_size == 0:
        raise FilmRefused(f"{name} is empty: it has no bytes at all. Export or upload it again.")
    with _opened(path, name) as container:
        stream = _pictures_of(container, name)
        first = next(_decoded(container, stream), None)
        if first is None:
            raise FilmRefused(f"{name} has no picture that can be read. Export or upload it again.")
        if first.width * first.height > MOST_PIXELS:
            raise FilmRefused(f"The pictures of {name} are too large: {first.width}×{first.height}.")
        ratio = float(stream.sample_aspect_ratio or 1) or 1.0
        begin_s = float(first.time or 0.0)
        fps = _rate(stream)
        was_cut_off = container.format.name == MP4 and is_cut_off(path)
    if was_cut_off:
        raise FilmRefused(
            f"{name} was cut off, perhaps because an upload or an export was interrupted. "
            "Upload the whole file."
        )
    length_s, packets = _length(path, name)
    if length_s is None:
        length_s = Fraction(packets) / fps
    count = max(1, round(length_s * fps))
    width, height = round(first.width * ratio), first.height
    if round(first.rotation / 90) % 2:
        width, height = height, width
    width, height = max(2, even(width)), max(2, even(height))
    lies = round(first.rotation / 90) * 90 % 360
    source = FromFile(path, name, width, height, fps, count, begin_s, packets, lies)
    return Video(width, height, fps, count, source, _sound(path, name, begin_s))


def _sound(path: Path, name: str, begin_s: float) -> Sound | None:
    """The sound of a video, moved so that it begins with the pictures."""
    with _opened(path, name) as container:
        heard = container.streams.best("audio")
        if heard is None:
            return None
        first = next(_decoded_sound(container, heard.index), None)
    try:
        sound = open_sound(path, name)
    except SoundRefused as refusal:
        raise FilmRefused(str(refusal)) from refusal
    late_s = 0.0 if first is None else first - begin_s
    return shifted(sound, round(late_s * sound.rate))


def _decoded_sound(container: InputContainer, index: int) -> Iterator[float]:
    """When each piece of the sound begins."""
    try:
        for frame in container.decode(container.streams[index]):
            yield float(getattr(frame, "time", None) or 0.0)
    except av.error.FFmpegError:
        return  # whoever plays the sound says what is wrong with it


def _opened(path: Path, name: str) -> InputContainer:
    try:
        return av.open(str(path), options=OPTIONS, metadata_errors="replace")
    except (av.error.FFmpegError, OSError, ValueError, UnicodeError) as problem:
        raise FilmRefused(
            f"{name} is not a video file that can be read, or its beginning is damaged or missing. "
            "MP4, MOV, WebM, MKV, AVI and GIF are read."
        ) from problem


def _pictures_of(container: InputContainer, name: str) -> VideoStream:
    found = [one for one in container.streams.video if not one.disposition & Disposition.attached_pic]
    if found:
        return found[0]
    if container.streams.audio:
        raise FilmRefused(f"{name} holds a sound but no moving pictures. Choose a video.")
    raise FilmRefused(f"{name} holds no moving pictures. Choose a video.")


def _decoded(container: InputContainer, stream: VideoStream) -> Iterator[VideoFrame]:
    """Pictures in order; what cannot be read is passed over, and where the file breaks off it ends."""
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets)
        except (StopIteration, av.error.FFmpegError, OSError):
            return
        try:
            frames = packet.decode()
        except av.error.FFmpegError:
            continue  # one damaged picture; those before and after it are shown
        yield from (cast(VideoFrame, frame) for frame in frames)


def _length(path: Path, name: str) -> tuple[Fraction | None, int]:
    """How long the pictures last by the packets that are really there, and how many those are."""
    begin: Fraction | None = None
    end = Fraction(0)
    packets = 0
    with _opened(path, name) as container:
        stream = _pictures_of(container, name)
        for packet in _packets(container, stream):
            packets += 1
            if packet.pts is None or packet.time_base is None:
                continue
            at = packet.pts * packet.time_base
            begin = at if begin is None else min(begin, at)
            end = max(end, at + (packet.duration or 0) * packet.time_base)
        if begin is not None and packets and end <= begin:
            return None, packets
    return (None if begin is None else end - begin), packets


def _packets(container: InputContainer, stream: VideoStream) -> Iterable[av.Packet]:
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets)
        except (StopIteration, av.error.FFmpegError, OSError):
            return
        if packet.size:
            yield packet


def _rate(stream: VideoStream) -> Fraction:
    """How many pictures a second are meant."""
    told = stream.average_rate or stream.guessed_rate or stream.base_rate or USUAL
    if not SLOWEST <= told <= FASTEST:
        told = stream.guessed_rate or USUAL
        told = min(max(Fraction(told), SLOWEST), FASTEST)
    near = min(RATES, key=lambda rate: abs(rate - told))
    return near if abs(near - told) <= near * NEAR else Fraction(told).limit_denominator(1001)


def _plain(shape: VideoReformatter, frame: VideoFrame, width: int, height: int) -> VideoFrame:
    """A picture of the wanted size in the usual colours."""
    known = int(frame.colorspace)
    colours = known if known not in UNKNOWN_COLOURS else (BT709 if height >= HIGH_DEFINITION else BT601)
    is_rgb = frame.format.is_rgb
    return shape.reformat(
        frame,
        width,
        height,
        PIXELS,
        src_colorspace=None if is_rgb else colours,
        dst_colorspace=BT709,
        dst_color_range="MPEG",
        interpolation="BICUBIC",
    )


def as_floats(video: Video, check: Check) -> Array:
    """All pictures of a video in memory, as floats from 0 to 1."""
    images = np.empty((video.count, video.height, video.width, 3), np.float32)
    for number, picture in enumerate(video.source.pictures(check)):
        check()
        np.divide(picture[: video.height, : video.width], 255.0, out=images[number])
    return images
