"""The boxes of an MP4: whether they are all there, and where its pictures end."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO

# Where a length stands in the boxes that tell one, in bytes from the box's content (all of version 0).
_MOVIE_CLOCK, _MOVIE_LENGTH, _TRACK_LENGTH = 12, 16, 20
_EDIT_COUNT, _EDITS, _EDIT_BYTES = 4, 8, 12


def end_pictures(path: Path, length_s: Fraction) -> None:
    """Let the pictures of a file end with its sound; the samples keep their even pace."""
    with path.open("r+b") as file:
        size = path.stat().st_size
        movie = dict(_boxes(file, 0, size))[b"moov"]
        inside = list(_boxes(file, *movie))
        header = dict(inside)[b"mvhd"][0]
        clock = _read(file, header + _MOVIE_CLOCK)
        length = round(length_s * clock)
        longest = length
        for kind, span in inside:
            if kind != b"trak":
                continue
            track = dict(_boxes(file, *span))
            if _is_picture_track(file, track[b"mdia"]):
                _shorten(file, track, length)
            else:
                longest = max(longest, _read(file, track[b"tkhd"][0] + _TRACK_LENGTH))
        _write(file, header + _MOVIE_LENGTH, longest)


def is_cut_off(path: Path) -> bool:
    """Whether a file ends in the middle of one of its boxes."""
    size = path.stat().st_size
    with path.open("rb") as file:
        return any(end > size for _, (_, end) in _boxes(file, 0, size))


def _boxes(file: BinaryIO, start: int, end: int) -> Iterator[tuple[bytes, tuple[int, int]]]:
    """The boxes of a stretch, each with where its content begins and ends."""
    while start + 8 <= end:
        file.seek(start)
        size, kind = struct.unpack(">I4s", file.read(8))
        content = start + 8
        if size == 1:
            size = struct.unpack(">Q", file.read(8))[0]
            content += 8
        elif size == 0:
            size = end - start
        if size < content - start:
            return  # no box can be smaller than its own head
        yield kind, (content, start + size)
        start += size


def _is_picture_track(file: BinaryIO, media: tuple[int, int]) -> bool:
    file.seek(dict(_boxes(file, *media))[b"hdlr"][0] + 8)
    return file.read(4) == b"vide"


def _shorten(file: BinaryIO, track: dict[bytes, tuple[int, int]], length: int) -> None:
    edits = dict(_boxes(file, *track[b"edts"]))[b"elst"][0]
    count = _read(file, edits + _EDIT_COUNT)
    before = sum(_read(file, edits + _EDITS + _EDIT_BYTES * k) for k in range(count - 1))
    _write(file, edits + _EDITS + _EDIT_BYTES * (count - 1), length - before)
    _write(file, track[b"tkhd"][0] + _TRACK_LENGTH, length)


def _read(file: BinaryIO, place: int) -> int:
    file.seek(place)
    return struct.unpack(">I", file.read(4))[0]


def _write(file: BinaryIO, place: int, value: int) -> None:
    file.seek(place)
    file.write(struct.pack(">I", value))
