"""Sound from files: opened by content, decoded block by block, never all of it in memory."""

from __future__ import annotations

import struct
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import av
import av.error
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer

from studio.engine.talking.mp4 import is_cut_off

Array = np.ndarray
Check = Callable[[], None]

# What voices come in. Playlists and scripts stay out: they would make the decoder open other files.
FORMATS = "wav,w64,aiff,caf,au,mp3,flac,ogg,aac,amr,mov,mp4,m4a,3gp,matroska,webm,avi,asf,flv,mpegts"
OPEN_OPTIONS = {"format_whitelist": FORMATS, "protocol_whitelist": "file"}
LOWEST_RATE, HIGHEST_RATE = 4_000, 768_000
MOST_CHANNELS = 32
LOUDEST = 16.0  # samples of floats may go beyond 1, but not without end
MP4 = "mov,mp4,m4a,3gp,3g2,mj2"
TRUE_LENGTHS = {"wav", "flac", MP4}  # whose headers count their samples
UNKNOWN_LENGTH_BYTES = 0x7FFF_0000  # writers that stream do not know how much will come and put a maximum
MISSING_SHARE, MISSING_S = 0.02, 0.2  # less than this is how encoders round, not a file that was cut off
BLOCK_SAMPLES = 1 << 16


class SoundRefused(ValueError):  # noqa: N818 - named for what happened
    """A file that no voice can be taken from; the sentence says why and what to do."""


@dataclass(frozen=True)
class Sound:
    """A sound that is still in its file, or a cut of it."""

    path: Path
    name: str  # as people know the file
    rate: int
    channels: int
    announced_s: float | None  # by the header; None where headers guess
    binding: bool = True  # whether it has to last as long; what somebody has trimmed in place need not
    start: int = 0  # of the cut, in samples
    length: int | None = None  # of the cut; None: to the end

    def cut(self, start: int, length: int | None) -> Sound:
        """A part of this sound, in samples from its own start."""
        if self.length is not None:
            rest = max(0, self.length - start)
            length = rest if length is None else min(length, rest)
        return replace(self, start=self.start + start, length=length)

    def blocks(self, check: Check = lambda: None) -> Generator[Array, None, None]:
        """Decode from the start, as float32 of channels × samples at the sound's own rate."""
        skip, left = self.start, self.length
        for block in self.whole(check):
            if skip:
                dropped = min(skip, block.shape[1])
                skip -= dropped
                block = block[:, dropped:]
            if left is not None:
                block = block[:, :left]
                left -= block.shape[1]
            if block.shape[1]:
                yield block
            if left == 0:
                return

    def whole(self, check: Check) -> Generator[Array, None, None]:
        """All of it, before it is cut."""
        return _decode(self, check)


def open_sound(path: Path, name: str | None = None) -> Sound:
    """Look into a file and tell what sound it holds; refuse what holds none."""
    name = name or path.name
    if path.stat().st_size == 0:
        raise SoundRefused(f"{name} is empty: it has no bytes at all. Export or upload it again.")
    with _opened(path, name) as container:
        stream = _audio_stream(container, name)
        rate, channels = stream.codec_context.sample_rate, stream.codec_context.channels
        if not LOWEST_RATE <= rate <= HIGHEST_RATE:
            raise SoundRefused(
                f"{name} says that it has {rate} samples per second; {LOWEST_RATE} to {HIGHEST_RATE} can be "
                "read. Save it with 44100 or 48000."
            )
        if not 1 <= channels <= MOST_CHANNELS:
            raise SoundRefused(
                f"{name} has {channels} channels; 1 to {MOST_CHANNELS} can be read. Save it in stereo."
            )
        binding = container.format.name != MP4 or is_cut_off(path)
        sound = Sound(path, name, rate, channels, _announced_s(container, stream, path), binding)
    with closing(sound.blocks()) as blocks:
        next(blocks, None)  # a file that cannot be decoded is told at once
    return sound


def _opened(path: Path, name: str) -> InputContainer:
    try:
        return av.open(str(path), options=OPEN_OPTIONS, metadata_errors="replace")
    except (av.error.FFmpegError, OSError, ValueError, UnicodeError) as problem:
        raise SoundRefused(
            f"{name} is not a sound file that can be read, or its beginning is damaged or missing. "
            "WAV, MP3, FLAC, OGG and M4A are read."
        ) from problem


def _audio_stream(container: InputContainer, name: str) -> AudioStream:
    stream = container.streams.best("audio")
    if isinstance(stream, AudioStream):
        return stream
    if container.streams.video:
        raise SoundRefused(f"{name} has pictures but no sound. Choose a file with a voice in it.")
    raise SoundRefused(f"{name} holds no sound. Choose a file with a voice in it.")


def _announced_s(container: InputContainer, stream: AudioStream, path: Path) -> float | None:
    """How long the sound should be, where the header counted it."""
    if container.format.name == "wav":
        declared, there = _wav_bytes(path)
        per_second = (stream.codec_context.bit_rate or 0) / 8
        if declared > there and per_second > 0:
            return declared / per_second
    if container.format.name not in TRUE_LENGTHS or stream.duration is None or stream.time_base is None:
        return None
    return float(stream.duration * stream.time_base)


def _wav_bytes(path: Path) -> tuple[int, int]:
    """How many bytes of samples a WAV file announces, and how many follow."""
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(12)
        while len(head := file.read(8)) == 8:
            tag, length = struct.unpack("<4sI", head)
            if tag == b"data":
                there = size - file.tell()
                return (there, there) if length >= UNKNOWN_LENGTH_BYTES else (length, there)
            file.seek(length + length % 2, 1)
    return 0, 0


def _decode(sound: Sound, check: Check) -> Generator[Array, None, None]:
    """All of the file; one that ends long before its announced end, or cannot be decoded, is refused."""
    done = broken = 0
    with _opened(sound.path, sound.name) as container:
        stream = _audio_stream(container, sound.name)
        plain: AudioResampler | None = None
        shape: tuple[str, int, int] | None = None
        for frame, faults in _frames(container, stream):
            check()
            broken += faults
            if frame is None or frame.samples == 0:
                continue
            seen = (frame.format.name, len(frame.layout.channels), frame.sample_rate)
            if plain is None or seen != shape:  # files put together from several may change in the middle
                shape = seen
                plain = AudioResampler("fltp", frame.layout, sound.rate)
            frame.pts = None
            for part in plain.resample(frame):
                block = _channels(part.to_ndarray(), sound.channels)
                done += block.shape[1]
                yield block
        if plain is not None:
            for part in plain.resample(None):
                block = _channels(part.to_ndarray(), sound.channels)
                done += block.shape[1]
                yield block
    if done == 0:
        why = "its samples are damaged" if broken else "it has a header but no samples"
        raise SoundRefused(f"{sound.name} holds no sound that can be played: {why}. Export it again.")
    _demand_whole(sound, done / sound.rate)


def _frames(container: InputContainer, stream: AudioStream) -> Iterator[tuple[AudioFrame | None, int]]:
    """Frames in order, and a count of packets that had to be passed over."""
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets)
        except StopIteration:
            return
        except (av.error.FFmpegError, OSError):
            yield None, 1  # the file breaks off here; what was read so far counts
            return
        try:
            for frame in packet.decode():
                if isinstance(frame, AudioFrame):
                    yield frame, 0
        except av.error.FFmpegError:
            yield None, 1


def _demand_whole(sound: Sound, found_s: float) -> None:
    announced_s = sound.announced_s
    if announced_s is None or not sound.binding:
        return
    if announced_s - found_s <= max(MISSING_S, announced_s * MISSING_SHARE):
        return
    raise SoundRefused(
        f"{sound.name} was cut off: it should last {announced_s:.1f} s but ends after {found_s:.1f} s, "
        "perhaps because an upload or an export was interrupted. Upload the whole file."
    )


def _channels(block: Array, wanted: int) -> Array:
    """Samples that may be anything in a damaged file, made finite, in the wanted number of channels."""
    if not np.abs(block).max(initial=0.0) <= LOUDEST:  # also when there are some that are no numbers
        block = np.clip(np.nan_to_num(block, nan=0.0, posinf=0.0, neginf=0.0), -LOUDEST, LOUDEST)
    return block if len(block) == wanted else mixed(block, wanted)


def mixed(block: Array, channels: int) -> Array:
    """Channels mixed into another number of them: the mean of all, in each."""
    if len(block) == channels:
        return block
    return np.repeat(block.mean(axis=0, keepdims=True, dtype=np.float32), channels, axis=0)


def at_rate(
    blocks: Iterator[Array], rate: int, wanted_rate: int, channels: int
) -> Generator[Array, None, None]:
    """Blocks of mono or stereo at another rate."""
    layout = "mono" if channels == 1 else "stereo"
    resampler = AudioResampler("fltp", layout, wanted_rate)
    for block in blocks:
        block = mixed(block, channels)
        if rate == wanted_rate:
            yield block
            continue
        frame = AudioFrame.from_ndarray(np.ascontiguousarray(block, np.float32), format="fltp", layout=layout)
        frame.sample_rate = rate
        yield from (part.to_ndarray() for part in resampler.resample(frame))
    if rate != wanted_rate:
        yield from (part.to_ndarray() for part in resampler.resample(None))
