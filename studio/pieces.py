"""A long voice in overlapping pieces, for models that make a few seconds at a time, and their clips in one.

Each clip is taken as that many pictures after the beginning of its piece as it has. Where two overlap, one
fades into the other. The sound of the whole is the voice itself, never what came back with the clips.
"""

from __future__ import annotations

import math
import wave
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain, repeat
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio import clips
from studio.errors import StudioError

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame

AAC_RATES = (8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000)
USUAL_RATE = 48_000
SOUND_BITS_PER_S = 192_000
PICTURE_OPTIONS = {"crf": "17", "preset": "veryfast"}


@dataclass(frozen=True)
class Piece:
    """One run of a model: from which picture on, and how many pictures it makes."""

    index: int
    count: int  # of all pieces
    start: int
    frames: int
    fps: int

    @property
    def is_last(self) -> bool:
        """Whether nothing follows it."""
        return self.index == self.count - 1

    @property
    def start_s(self) -> float:
        """When it begins."""
        return self.start / self.fps

    @property
    def length_s(self) -> float:
        """How long its sound is."""
        return self.frames / self.fps


@dataclass(frozen=True)
class Cutting:
    """How a voice is cut: `total` pictures in runs of at most `frames`, of which `overlap` are made twice.

    A model that only makes so many pictures makes one more than a multiple of `step`, at least `least`.
    """

    total: int
    fps: int
    frames: int
    overlap: int = 0
    step: int = 1
    least: int = 1

    @property
    def stride(self) -> int:
        """How many pictures the next piece begins later."""
        return self.frames - self.overlap

    @property
    def count(self) -> int:
        """How many pieces there are."""
        return max(1, math.ceil((self.total - self.overlap) / self.stride))

    def piece(self, index: int) -> Piece:
        """One of the pieces; the last one is as short as the model allows."""
        start = index * self.stride
        wanted = max(self.least, min(self.frames, self.total - start))
        frames = min(self.frames, math.ceil((wanted - 1) / self.step) * self.step + 1)
        return Piece(index, self.count, start, frames, self.fps)


def frames_of(duration_s: float, fps: int) -> int:
    """How many pictures last as long as a voice."""
    return max(1, math.ceil(duration_s * fps - 1e-6))


def cut_sound(voice: Path, piece: Piece, target: Path) -> None:
    """Write a piece of a voice as a WAV file of exactly its length; after the voice's end it is silent."""
    with clips.opened_sound(voice) as container, wave.open(str(target), "wb") as file:
        rate = container.streams.audio[0].codec_context.sample_rate
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        skip, left = round(piece.start_s * rate), round(piece.length_s * rate)
        for frame in _resampled(container, "s16", "mono", rate):
            block = frame.to_ndarray()[0]
            skipped = min(skip, len(block))
            skip -= skipped
            block = block[skipped : skipped + left]
            left -= len(block)
            file.writeframes(block.tobytes())
            if not left:
                return
        file.writeframes(bytes(2 * left))


def after_silence(voice: Path, silence_s: float, target: Path) -> None:
    """Write a voice as a WAV file that begins with a silence."""
    with clips.opened_sound(voice) as container, wave.open(str(target), "wb") as file:
        rate = container.streams.audio[0].codec_context.sample_rate
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(bytes(2 * round(silence_s * rate)))
        for frame in _resampled(container, "s16", "mono", rate):
            file.writeframes(frame.to_ndarray()[0].tobytes())


def cut_film(film: Path, piece: Piece, target: Path, *, lead: int) -> None:
    """Write a piece of a video behind its very first picture; the voice begins after `lead` pictures."""
    import av

    with av.open(str(target), "w", format="mp4") as made:
        stream: Any = made.add_stream("libx264", rate=piece.fps, options=PICTURE_OPTIONS)
        stream.pix_fmt = "yuv420p"
        rest = next(_from(film, 0, piece.fps), None)
        if rest is None:
            raise StudioError("invalid_video", why=f"there is no picture in {film.name}")
        stream.height, stream.width = rest.shape[:2]
        rest_of_it = _from(film, lead + piece.start, piece.fps)
        for number, picture in enumerate(chain([rest], _exactly(piece.frames, rest_of_it, film))):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts = number
            made.mux(stream.encode(frame))
        made.mux(stream.encode(None))


def _from(film: Path, start: int, fps: int) -> Iterator[Any]:
    """The pictures of a video from one on, without decoding all that come before."""
    with clips.opened_video(film) as container:
        stream = container.streams.video[0]
        if start and stream.time_base:
            container.seek(int(start / fps / stream.time_base), stream=stream)
        for frame in container.decode(stream):
            if round((frame.time or 0.0) * fps) >= start:
                yield frame.to_ndarray(format="rgb24")


def join(
    parts: Sequence[Path],
    cutting: Cutting,
    voice: Path,
    target: Path,
    *,
    fps: int,
    size: int,
    duration_s: float,
    check: Callable[[], None] = lambda: None,
) -> None:
    """One square video of the clips of all pieces, with the whole voice; memory does not grow with it."""
    import av

    pictures = _at_rate(_joined(parts, cutting, size), Fraction(cutting.fps, fps), frames_of(duration_s, fps))
    with (
        clips.opened_sound(voice) as heard,
        av.open(str(target), "w", format="mp4", options={"movflags": "faststart"}) as made,
    ):
        stream = heard.streams.audio[0]
        own = stream.codec_context.sample_rate
        rate = own if own in AAC_RATES else USUAL_RATE
        layout = "mono" if stream.codec_context.channels == 1 else "stereo"
        seen: Any = made.add_stream("libx264", rate=fps, options=PICTURE_OPTIONS)
        seen.width = seen.height = size
        seen.pix_fmt = "yuv420p"
        sound: Any = made.add_stream("aac", rate=rate, layout=layout)
        sound.bit_rate = SOUND_BITS_PER_S
        blocks = _resampled(heard, "fltp", layout, rate)
        samples = 0
        for number, picture in enumerate(pictures):
            check()
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts = number
            made.mux(seen.encode(frame))
            # Sound goes along with the pictures that it belongs to, so that neither waits in memory.
            while samples < (number + 1) * rate // fps and (block := next(blocks, None)) is not None:
                samples += _add_sound(made, sound, block, samples)
        made.mux(seen.encode(None))
        for block in blocks:
            samples += _add_sound(made, sound, block, samples)
        made.mux(sound.encode(None))


def _add_sound(made: Any, sound: Any, block: AudioFrame, samples: int) -> int:
    block.pts = samples
    made.mux(sound.encode(block))
    return block.samples


def _resampled(container: Any, form: str, layout: str, rate: int) -> Iterator[AudioFrame]:
    """The sound of a file as others need it."""
    from av.audio.resampler import AudioResampler

    resampler = AudioResampler(form, layout, rate)
    for frame in container.decode(audio=0):
        frame.pts = None  # files with gaps in their clock would be stretched
        yield from resampler.resample(frame)
    yield from resampler.resample(None)


def _joined(parts: Sequence[Path], cutting: Cutting, size: int) -> Iterator[Any]:
    """All pictures at the pace of the model; where two clips overlap, the first fades into the second."""
    import numpy as np

    ending: list[Any] = []
    for index, part in enumerate(parts):
        piece = cutting.piece(index)
        shown = min(piece.frames, cutting.total - piece.start)
        kept_back = 0 if piece.is_last else cutting.overlap
        last: list[Any] = []
        for number, picture in enumerate(_exactly(shown, _pictures(part, size), part)):
            if number < len(ending):
                share = (number + 1) / (len(ending) + 1)
                mixed = ending[number] * (1 - share) + picture * share
                picture = np.rint(mixed).astype(np.uint8)
            if number < shown - kept_back:
                yield picture
            else:
                last.append(picture)
        ending = last


def _pictures(part: Path, size: int) -> Iterator[Any]:
    try:
        with clips.opened_video(part) as container:
            if not container.streams.video:
                return
            for frame in container.decode(video=0):
                yield frame.to_ndarray(format="rgb24", width=size, height=size)
    except StudioError as error:
        raise StudioError("invalid_video", why=f"a clip of one piece of the voice: {error}") from error


def _exactly(count: int, pictures: Iterator[Any], part: Path) -> Iterator[Any]:
    """So many pictures: a clip that is a little short stands still, one that is longer is cut."""
    first = next(pictures, None)
    if first is None:
        raise StudioError("invalid_video", why=f"there is no picture in {part.name}")
    latest = first
    for _, picture in zip(range(count), chain([first], pictures, repeat(None)), strict=False):
        latest = latest if picture is None else picture
        yield latest


def _at_rate(pictures: Iterator[Any], pace: Fraction, count: int) -> Iterator[Any]:
    """The same at another number of pictures a second: each shows what stood there at its time."""
    at, latest = -1, None
    for number in range(count):
        while at < int(number * pace):
            following = next(pictures, None)
            at += 1
            latest = latest if following is None else following
        yield latest
