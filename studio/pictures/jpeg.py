"""JPEG without decoding it: its segments, its size, and whether it reaches its end."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from studio.pictures.source import BLOCK, BrokenPictureError, blocks, take

SIGNATURE = b"\xff\xd8\xff"
EXIF = b"Exif\0\0"
MAX_SEGMENT = 65_533  # a segment's length is two bytes and counts itself

# A progressive file of many tiny scans keeps a decoder busy for hours; real ones have about ten.
MAX_SCANS = 100
MAX_SEGMENTS = 10_000

_SOI, _EOI, _SOS, _APP0, _APP1 = 0xD8, 0xD9, 0xDA, 0xE0, 0xE1
_FRAMES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
_BARE = frozenset({0x01, _SOI, *range(0xD0, 0xD8)})
_NEXT_MARKER = re.compile(rb"\xff+[^\x00\xd0-\xd7\xff]")


@dataclass(frozen=True)
class Segment:
    """One marker of the file; the stream stands at its data when it is handed out."""

    marker: int
    length: int
    start: int


def segments(stream: BinaryIO) -> Iterator[Segment]:
    """Every segment up to the end of the picture; the coded pixels between them are passed over."""
    stream.seek(0)
    if take(stream, 2) != SIGNATURE[:2]:
        raise BrokenPictureError("it is not a JPEG")
    position = 2
    for _ in range(MAX_SEGMENTS):
        position = _find_marker(stream, position)
        stream.seek(position - 1)
        marker = take(stream, 1)[0]
        if marker == _EOI:
            yield Segment(marker, 0, position)
            return
        if marker in _BARE:
            continue
        (length,) = struct.unpack(">H", take(stream, 2))
        if length < 2:
            raise BrokenPictureError("its parts do not fit together")
        yield Segment(marker, length - 2, position + 2)
        position += length
    raise BrokenPictureError(f"it has more than {MAX_SEGMENTS:,} parts")


def _find_marker(stream: BinaryIO, position: int) -> int:
    """The position behind the next marker; within coded pixels an FF is followed by 00 or a restart."""
    stream.seek(position)
    while True:
        block = stream.read(BLOCK)
        if match := _NEXT_MARKER.search(block):
            return position + match.end()
        if len(block) < 2:
            raise BrokenPictureError("it is cut off")
        # The last byte may be the first half of a marker.
        position += len(block) - 1
        stream.seek(position)


def size(stream: BinaryIO) -> tuple[int, int]:
    """Width and height as the frame header says."""
    for segment in segments(stream):
        if segment.marker in _FRAMES:
            return _frame(stream, segment)
        if segment.marker in (_SOS, _EOI):
            break
    raise BrokenPictureError("its header has no size")


def _frame(stream: BinaryIO, segment: Segment) -> tuple[int, int]:
    if segment.length < 6:
        raise BrokenPictureError("its header has no size")
    _, height, width = struct.unpack(">BHH", take(stream, 5))
    if not width or not height:
        raise BrokenPictureError("its header has no size")
    return width, height


def verify(stream: BinaryIO) -> None:
    """Check that there is one frame, a bearable number of scans, and an end."""
    frames = scans = 0
    for segment in segments(stream):
        frames += segment.marker in _FRAMES
        scans += segment.marker == _SOS
        if frames > 1:
            raise BrokenPictureError("it has two headers")
        if scans > MAX_SCANS:
            raise BrokenPictureError(f"it draws its pixels in more than {MAX_SCANS} rounds")
    if not scans:
        raise BrokenPictureError("it has no pixels")


def exif(stream: BinaryIO) -> bytes | None:
    """The EXIF block, without its prefix."""
    try:
        for segment in segments(stream):
            if segment.marker == _APP1 and stream.read(len(EXIF)) == EXIF:
                return stream.read(segment.length - len(EXIF))
            if segment.marker == _SOS:
                return None
    except BrokenPictureError:
        return None
    return None


def with_exif(stream: BinaryIO, block: bytes) -> Iterator[bytes]:
    """The same file with this EXIF block in the place of the old one; the pixels are not touched."""
    data = EXIF + block
    assert len(data) <= MAX_SEGMENT, "the EXIF block must fit a segment"
    new = struct.pack(">BBH", 0xFF, _APP1, len(data) + 2) + data
    yield SIGNATURE[:2]
    written = False
    for segment in segments(stream):
        # JFIF wants to be first, EXIF comes next.
        if not written and segment.marker != _APP0:
            written = True
            yield new
        if segment.marker == _APP1 and stream.read(len(EXIF)) == EXIF:
            continue
        if segment.marker == _SOS:
            # From here on there are only pixels and tables: copied as they stand.
            stream.seek(segment.start - 4)
            while block_of_rest := stream.read(BLOCK):
                yield block_of_rest
            return
        stream.seek(segment.start)
        yield struct.pack(">BBH", 0xFF, segment.marker, segment.length + 2)
        yield from blocks(stream, segment.length)
    raise BrokenPictureError("it has no pixels")
