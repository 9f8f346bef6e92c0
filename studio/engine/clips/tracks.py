"""Sounds made of others, still streamed from their files: moved, looped, stretched, mixed, in a row."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from av.audio.frame import AudioFrame
from av.filter import Graph
from av.filter.context import FilterContext

from studio.engine.clips.filters import pulled
from studio.engine.talking.audio import BLOCK_SAMPLES, Array, Check, Sound, SoundRefused, at_rate

RATE = 48_000  # of sounds that are put together from several
LOUD = 0.9  # what is louder is bent, so that sums do not clip
SLOWEST, FASTEST = 0.25, 4.0  # how far a sound can be stretched and still be understood
STEP_LOW, STEP_HIGH = 0.5, 2.0  # of one filter
FADE_S = 0.02  # where a sound is cut off, so that it does not click

Make = Callable[[Check], Generator[Array, None, None]]


@dataclass(frozen=True)
class Track(Sound):
    """A sound that is made of others when it is played."""

    made: Make = lambda check: (block for block in ())  # type: ignore[assignment]

    def whole(self, check: Check) -> Generator[Array, None, None]:
        """All of it, before it is cut."""
        return self.made(check)


def track(like: Sound, rate: int, channels: int, made: Make) -> Track:
    """A new sound under the name of another."""
    return Track(like.path, like.name, rate, channels, None, binding=False, made=made)


def shifted(sound: Sound, late: int) -> Sound:
    """A sound that begins some samples later, after silence, or earlier, without its beginning."""
    if late == 0:
        return sound
    if late < 0:
        return sound.cut(-late, None)

    def made(check: Check) -> Generator[Array, None, None]:
        yield from silent(late, sound.channels)
        yield from sound.blocks(check)

    return track(sound, sound.rate, sound.channels, made)


def fitted(sound: Sound, length: int, *, fade: bool = False) -> Sound:
    """Exactly so many samples: the rest is silent, or cut off."""

    def made(check: Check) -> Generator[Array, None, None]:
        left = length
        fading = min(length, round(FADE_S * sound.rate)) if fade else 0
        for block in sound.blocks(check):
            block = block[:, :left]
            if fading and left - block.shape[1] < fading:
                places = left - np.arange(block.shape[1])  # samples to the end
                block = block * np.clip(places / fading, 0.0, 1.0).astype(np.float32)
            left -= block.shape[1]
            if block.shape[1]:
                yield block
            if left == 0:
                return
        yield from silent(left, sound.channels)

    return track(sound, sound.rate, sound.channels, made)


def louder(sound: Sound, volume: float) -> Sound:
    """As loud as wanted; what would be too loud is bent and does not clip."""
    if volume == 1.0:
        return sound

    def made(check: Check) -> Generator[Array, None, None]:
        for block in sound.blocks(check):
            yield bent(block * np.float32(volume))

    return track(sound, sound.rate, sound.channels, made)


def mixed_with(one: Sound, other: Sound, length: int) -> Sound:
    """Both at once, for so many samples of the first one's rate."""
    channels = min(2, max(one.channels, other.channels))

    def made(check: Check) -> Generator[Array, None, None]:
        first = _taker(alike(one, one.rate, channels).blocks(check), channels)
        second = _taker(alike(other, one.rate, channels).blocks(check), channels)
        left = length
        while left:
            size = min(left, BLOCK_SAMPLES)
            left -= size
            yield bent(first(size) + second(size))

    return track(one, one.rate, channels, made)


def looped(sound: Sound, length: int) -> Sound:
    """Again and again for so many samples."""

    def made(check: Check) -> Generator[Array, None, None]:
        left = length
        while left:
            before = left
            for block in sound.blocks(check):
                block = block[:, :left]
                left -= block.shape[1]
                yield block
                if left == 0:
                    return
            if left == before:
                raise SoundRefused(f"{sound.name} holds no sound that could be repeated.")

    return track(sound, sound.rate, sound.channels, made)


def stretched(sound: Sound, length: int, check: Check) -> Sound:
    """Faster or slower at the same pitch, so that it lasts so many samples."""
    own = sum(block.shape[1] for block in sound.blocks(check))
    if own == 0:
        raise SoundRefused(f"{sound.name} holds no sound that could be stretched.")
    tempo = own / length
    if not SLOWEST <= tempo <= FASTEST:
        raise SoundRefused(
            f"{sound.name} lasts {own / sound.rate:.1f} s and would have to be {length / sound.rate:.1f} s. "
            f"Sounds are played {SLOWEST:g} to {FASTEST:g} times as fast. Cut it first, or loop it."
        )
    channels = min(2, sound.channels)

    def made(check: Check) -> Generator[Array, None, None]:
        yield from _at_tempo(alike(sound, sound.rate, channels), tempo, check)

    return fitted(track(sound, sound.rate, channels, made), length)


def in_a_row(parts: Sequence[tuple[Sound | None, Fraction]]) -> Sound | None:
    """One sound after the other, each for its seconds; where there is none it is silent."""
    known = [sound for sound, _ in parts if sound is not None]
    if not known:
        return None
    rate = known[0].rate if len({sound.rate for sound in known}) == 1 else RATE
    channels = min(2, max(sound.channels for sound in known))

    def made(check: Check) -> Generator[Array, None, None]:
        at, begun = Fraction(0), 0
        for sound, seconds in parts:
            at += seconds
            length = round(at * rate) - begun  # by the sum, so that no part moves the next ones
            begun += length
            if sound is None:
                yield from silent(length, channels)
            else:
                yield from fitted(alike(sound, rate, channels), length).blocks(check)

    return track(known[0], rate, channels, made)


def alike(sound: Sound, rate: int, channels: int) -> Sound:
    """The same at another rate, in mono or stereo."""
    if sound.rate == rate and sound.channels == channels:
        return sound

    def made(check: Check) -> Generator[Array, None, None]:
        return at_rate(sound.blocks(check), sound.rate, rate, channels)

    return track(sound, rate, channels, made)


def silent(length: int, channels: int) -> Iterator[Array]:
    """So many samples of nothing."""
    while length > 0:
        size = min(length, BLOCK_SAMPLES)
        length -= size
        yield np.zeros((channels, size), np.float32)


def bent(block: Array) -> Array:
    """Samples within -1 and 1: the loudest come nearer and nearer to these and never reach them."""
    size = np.abs(block)
    if size.max(initial=0.0) <= LOUD:
        return block
    room = np.float32(1.0 - LOUD)
    over = np.maximum(size - np.float32(LOUD), 0)
    return (np.sign(block) * np.where(size > LOUD, LOUD + room * np.tanh(over / room), size)).astype(
        np.float32
    )


def _at_tempo(sound: Sound, tempo: float, check: Check) -> Generator[Array, None, None]:
    layout = "mono" if sound.channels == 1 else "stereo"
    graph = Graph()
    into = graph.add_abuffer(
        format="fltp", sample_rate=sound.rate, layout=layout, time_base=Fraction(1, sound.rate)
    )
    steps = [graph.add("atempo", f"{step:.9f}") for step in _tempo_steps(tempo)]
    out = graph.add("abuffersink")
    graph.link_nodes(into, *steps, out).configure()
    done = 0
    for block in sound.blocks(check):
        frame = AudioFrame.from_ndarray(np.ascontiguousarray(block, np.float32), format="fltp", layout=layout)
        frame.sample_rate, frame.pts, frame.time_base = sound.rate, done, Fraction(1, sound.rate)
        done += block.shape[1]
        into.push(frame)
        yield from _pulled(out)
    into.push(None)
    yield from _pulled(out)


def _pulled(out: FilterContext) -> Iterator[Array]:
    for frame in pulled(out):
        if isinstance(frame, AudioFrame):
            yield frame.to_ndarray()


def _tempo_steps(tempo: float) -> list[float]:
    """A tempo as a product of those that one filter does well."""
    steps: list[float] = []
    while not STEP_LOW <= tempo <= STEP_HIGH:
        step = STEP_HIGH if tempo > 1 else STEP_LOW
        steps.append(step)
        tempo /= step
    return [*steps, tempo]


def _taker(blocks: Iterator[Array], channels: int) -> Callable[[int], Array]:
    """Gives as many samples as are asked for each time; silence when there are no more."""
    rest = np.zeros((channels, 0), np.float32)

    def take(size: int) -> Array:
        nonlocal rest
        while rest.shape[1] < size and (block := next(blocks, None)) is not None:
            rest = np.concatenate([rest, block], axis=1)
        taken, rest = rest[:, :size], rest[:, size:]
        return np.pad(taken, ((0, 0), (0, size - taken.shape[1])))

    return take
