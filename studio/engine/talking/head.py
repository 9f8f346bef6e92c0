"""A talking head from end to end: it listens, decides on every movement, and draws frames when asked."""

from __future__ import annotations

import hashlib
import json
import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

import numpy as np

from studio.engine.talking.ahead import awaited, made_ahead
from studio.engine.talking.audio import Array, Check, Sound, SoundRefused
from studio.engine.talking.hearing import Heard, hear
from studio.engine.talking.moods import MOODS
from studio.engine.talking.performance import Performance, perform
from studio.engine.talking.phonemes import (
    PhonemesRefused,
    after,
    events_in,
    known_share,
    lips_from_phonemes,
    read_events,
)
from studio.engine.talking.portraits import Portrait, open_portrait
from studio.engine.talking.video import Video, fps_of, frames_of
from studio.engine.talking.visemes import lips_from_voice

log = logging.getLogger(__name__)
MOST_KEPT = 2  # portraits that wait for the next sentence; each can take a hundred megabytes
LEAST_KNOWN = 0.5  # of the phonemes that a client sends


@dataclass(frozen=True, eq=False)
class Face:
    """A picture and what is known about the face in it."""

    picture: Array
    recipe: dict[str, Any] | None
    landmarks: dict[str, Any] | None
    size: int
    name: str  # the same for the same picture, recipe, landmarks and size


_kept: OrderedDict[str, Future[Portrait]] = OrderedDict()
_keeping = threading.Lock()


def portrait_of(face: Face, check: Check = lambda: None) -> Portrait:
    """The portrait of a face: opened once, and kept as long as it is among the latest.

    Opening takes seconds. Who stops waiting leaves it to be finished for the next one.
    """
    with _keeping:
        future = _kept.pop(face.name, None)
        if future is None:
            future = Future()
            threading.Thread(target=_open, args=(face, future), name="portrait", daemon=True).start()
        _kept[face.name] = future
        while len(_kept) > MOST_KEPT:
            _kept.popitem(last=False)
    return awaited(future, check)


def _open(face: Face, future: Future[Portrait]) -> None:
    try:
        future.set_result(open_portrait(face.picture, face.recipe, face.size, face.landmarks))
    except BaseException as problem:  # noqa: BLE001 - whatever it is, it belongs to those who wait
        with _keeping:
            if _kept.get(face.name) is future:
                del _kept[face.name]
        future.set_exception(problem)


@dataclass(frozen=True, eq=False)
class Talk:
    """The frames of a talking head, drawn on two threads ahead of whoever encodes them."""

    face: Face
    performance: Performance

    def pictures(self, check: Check) -> Iterator[Array]:
        """Every frame in order."""
        portrait = portrait_of(self.face, check)

        def draw(frame: int) -> np.ndarray:
            return portrait.frame(self.performance.moment(frame))

        return made_ahead(draw, range(len(self.performance.rows)), check)


def listen(
    sound: Sound,
    longest_s: float,
    check: Check = lambda: None,
    told: Callable[[float], None] = lambda seconds: None,
) -> Heard:
    """Hear a whole voice, unless it is longer than wished."""
    announced_s = sound.announced_s if sound.length is None else sound.length / sound.rate
    if announced_s is not None and announced_s > longest_s:
        _refuse_length(sound, announced_s, longest_s)

    def count(samples: int) -> None:
        check()
        told(samples / sound.rate)
        if samples > longest_s * sound.rate:
            _refuse_length(sound, None, longest_s)

    heard = hear(sound, check, count)
    if heard.samples == 0:
        raise SoundRefused(f"{sound.name} holds no sound that can be played. Export it again.")
    return heard


def _refuse_length(sound: Sound, found_s: float | None, longest_s: float) -> None:
    long = f"{found_s:.0f} s long" if found_s is not None else f"longer than {longest_s:.0f} s"
    raise SoundRefused(
        f"{sound.name} is {long}; up to {longest_s:.0f} s are made into one video. "
        "Cut it into shorter parts, or raise the limit."
    )


def lips_of(sound: Sound, heard: Heard, phonemes: str) -> Array:
    """The mouth by exact phonemes, sent along or carried by the file, else by listening."""
    if phonemes.strip():
        return _lips_by(phonemes, heard)
    carried = events_in(sound.path)
    if carried:
        try:
            return _lips_by(carried, heard, sound.start / sound.rate)
        except PhonemesRefused as problem:
            log.info("the phonemes in %s are not used: %s", sound.name, problem)
    return lips_from_voice(heard)


def _lips_by(written: str, heard: Heard, start_s: float = 0.0) -> Array:
    events = read_events(written)
    if known_share(events) < LEAST_KNOWN:
        raise PhonemesRefused(
            "Most of the phonemes are in an alphabet that is not known here. Send ARPABET or IPA, or none "
            "at all: then the lips follow the sound."
        )
    if start_s:
        events = after(events, start_s)
    return lips_from_phonemes(events, float(heard.length_s)) if events else lips_from_voice(heard)


def talking_video(
    face: Face,
    sound: Sound,
    heard: Heard,
    lips: Array,
    fps: float,
    mood: str,
    seed: int,
    check: Check = lambda: None,
) -> Video:
    """Put a face, a voice and its lips together; raises NoFace where there is none."""
    portrait_of(face, check)
    pace = fps_of(fps)
    count = frames_of(heard.length_s, pace)
    performance = perform(lips, heard, MOODS[mood], seed, pace, count)
    return Video(face.size, face.size, pace, count, Talk(face, performance), sound, heard.length_s)


def face_name(picture: Array, recipe: Any, landmarks: Any, size: int) -> str:
    """Name a face by its content."""
    digest = hashlib.blake2b(np.ascontiguousarray(picture).tobytes(), digest_size=16)
    digest.update(json.dumps([recipe, landmarks, size, picture.shape], sort_keys=True, default=str).encode())
    return digest.hexdigest()
