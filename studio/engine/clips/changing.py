"""Changes of moving pictures by FFmpeg's filters: turned, cropped, brought to a size, covered, joined."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import islice

import numpy as np
from av.video.frame import VideoFrame

from studio.engine.clips.filters import Step, filtered
from studio.engine.clips.tracks import fitted, in_a_row
from studio.engine.talking.audio import Array, Check, Sound
from studio.engine.talking.video import Video, bytes_of, even, frames_in

Change = Callable[[Iterator[VideoFrame]], Iterator[VideoFrame]]
TURNS: dict[int, tuple[Step, ...]] = {
    90: (("transpose", "cclock"),),
    180: (("hflip", ""), ("vflip", "")),
    270: (("transpose", "clock"),),
}
LEAST_SIDE = 16


@dataclass(frozen=True, eq=False)
class Changed:
    """The pictures of another video, changed one after the other."""

    video: Video
    change: Change

    def frames(self, check: Check) -> Iterator[VideoFrame]:
        """Every picture, changed."""
        return self.change(frames_in(self.video, check))

    def pictures(self, check: Check) -> Iterator[Array]:
        """Every picture as bytes."""
        for frame in self.frames(check):
            yield bytes_of(frame)


@dataclass(frozen=True, eq=False)
class Joined:
    """The pictures of several videos of one size and pace, one after the other."""

    videos: tuple[Video, ...]

    def frames(self, check: Check) -> Iterator[VideoFrame]:
        """Every picture of each."""
        for video in self.videos:
            yield from frames_in(video, check)

    def pictures(self, check: Check) -> Iterator[Array]:
        """Every picture as bytes."""
        for frame in self.frames(check):
            yield bytes_of(frame)


def length_of(video: Video) -> Fraction:
    """How long a video lasts, in seconds."""
    return video.length_s if video.length_s is not None else Fraction(video.count) / video.fps


# ------------------------------------------------------------------------ in time


def cut(video: Video, first: int, count: int) -> Video:
    """Some of the pictures, with the sound that goes with them."""
    source = Changed(video, lambda frames: islice(frames, first, first + count))
    return replace(video, count=count, source=source, sound=_cut_sound(video, first, count), length_s=None)


def _cut_sound(video: Video, first: int, count: int) -> Sound | None:
    if video.sound is None:
        return None
    rate = video.sound.rate
    begin, end = (round(Fraction(at) / video.fps * rate) for at in (first, first + count))
    return fitted(video.sound.cut(begin, None), end - begin)


def at_pace(video: Video, fps: Fraction) -> Video:
    """The same at another number of pictures a second: each shows what stood there at its time."""
    if fps == video.fps:
        return video
    count = max(1, round(length_of(video) * fps))
    pace, last = video.fps / fps, video.count - 1

    def change(frames: Iterator[VideoFrame]) -> Iterator[VideoFrame]:
        at, latest = -1, None
        for number in range(count):
            wanted = min(last, int(number * pace))
            while at < wanted:
                latest, at = next(frames), at + 1
            if latest is not None:
                yield copied(latest)

    return replace(video, fps=fps, count=count, source=Changed(video, change))


def joined(videos: Sequence[Video]) -> Video:
    """One after the other, in the size and at the pace of the first; bars fill what others leave free."""
    first = videos[0]
    if len(videos) == 1:
        return first
    alike = [at_pace(scaled(video, first.width, first.height, "contain"), first.fps) for video in videos]
    return Video(
        first.width,
        first.height,
        first.fps,
        sum(video.count for video in alike),
        Joined(tuple(replace(video, length_s=None) for video in alike)),
        in_a_row([(video.sound, Fraction(video.count) / first.fps) for video in alike]),
    )


# ----------------------------------------------------------------------- in space


def cropped(video: Video, x: int, y: int, width: int, height: int) -> Video:
    """A part of the pictures; what lies beyond their edges is left off. Sides are even, as codecs need."""
    x, y = min(max(0, x), video.width - 2), min(max(0, y), video.height - 2)
    width, height = (
        max(2, even(min(side, room))) for side, room in ((width, video.width - x), (height, video.height - y))
    )
    steps = [("crop", f"{width}:{height}:{x}:{y}:exact=1")]
    return replace(video, width=width, height=height, source=Changed(video, _through(steps)))


def scaled(video: Video, width: int, height: int, fit: str) -> Video:
    """Another size: drawn out to it, whole with bars, or filling it with the edges cut off."""
    width, height = _both(video, width, height)
    if (width, height) == (video.width, video.height):
        return video
    inner = (width, height)
    if fit != "stretch":
        pick = min if fit == "contain" else max
        share = pick(width / video.width, height / video.height)
        inner = (max(2, 2 * round(video.width * share / 2)), max(2, 2 * round(video.height * share / 2)))
    if fit == "contain":
        inner = (min(inner[0], width), min(inner[1], height))
    steps: list[Step] = [("scale", f"{inner[0]}:{inner[1]}:flags=lanczos")]
    if fit == "contain":
        # Places in the picture are even, so that colours stay where they are.
        left, top = (2 * ((side - own) // 4) for side, own in zip((width, height), inner, strict=True))
        steps.append(("pad", f"{width}:{height}:{left}:{top}:black"))
    elif fit == "cover":
        steps.append(("crop", f"{width}:{height}"))
    return replace(video, width=width, height=height, source=Changed(video, _through(steps)))


def _both(video: Video, width: int, height: int) -> tuple[int, int]:
    """Both sides, even; one that is open follows the other."""
    if not width and not height:
        return even(video.width), even(video.height)
    width = width or round(video.width * height / video.height)
    height = height or round(video.height * width / video.width)
    return max(LEAST_SIDE, even(width)), max(LEAST_SIDE, even(height))


def covered(video: Video, picture: Array) -> Video:
    """The same below a picture with transparency, given as bytes of height × width × 4."""

    def change(frames: Iterator[VideoFrame]) -> Iterator[VideoFrame]:
        still = VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgba")
        return filtered(frames, [], still)

    return replace(video, source=Changed(video, change))


def turned(frames: Iterator[VideoFrame], degrees: int) -> Iterator[VideoFrame]:
    """Pictures the right way up, as a camera says by how far they lie: 90, 180 or 270 degrees to the left."""
    return filtered(frames, TURNS[degrees])


def _through(steps: Sequence[Step]) -> Change:
    return lambda frames: filtered(frames, steps)


def copied(frame: VideoFrame) -> VideoFrame:
    """The same picture once more: times are written into each."""
    return VideoFrame.from_ndarray(frame.to_ndarray(), format=frame.format.name)
