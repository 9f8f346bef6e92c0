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
# Each block has a code for its mean and, where it is not progressive, one for its end; arithmetic coding
# needs less than a bit for either.
_BITS_A_BLOCK = {0xC0: 2, 0xC1: 2, 0xC2: 1}
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
            frame = _frame(stream, segment)
            return frame.width, frame.height
        if segment.marker in (_SOS, _EOI):
            break
    raise BrokenPictureError("its header has no size")


@dataclass(frozen=True)
class _Frame:
    width: int
    height: int
    least_bits: int  # no coding of so many blocks can be shorter


def _frame(stream: BinaryIO, segment: Segment) -> _Frame:
    data = take(stream, segment.length)
    if len(data) < 6 or len(data) != 6 + 3 * data[5]:
        raise BrokenPictureError("its header has no size")
    height, width = struct.unpack(">HH", data[1:5])
    samplings = [(data[at] >> 4, data[at] & 15) for at in range(7, len(data), 3)]
    across, down = max((x for x, _ in samplings), default=0), max((y for _, y in samplings), default=0)
    if not width or not height or not across or not down:
        raise BrokenPictureError("its header has no size")
    blocks_in_all = sum(-(-width * x // (8 * across)) * -(-height * y // (8 * down)) for x, y in samplings)
    return _Frame(width, height, blocks_in_all * _BITS_A_BLOCK.get(segment.marker, 0))


def verify(stream: BinaryIO) -> None:
    """Check that there is one frame, a bearable number of scans, an end, and enough in between."""
    frame: _Frame | None = None
    scans = coded_bytes = 0
    coded_from: int | None = None
    for segment in segments(stream):
        marker_at = segment.start - (2 if segment.marker == _EOI else 4)
        if coded_from is not None:
            coded_bytes += marker_at - coded_from
        coded_from = segment.start + segment.length if segment.marker == _SOS else None
        if segment.marker in _FRAMES:
            if frame is not None:
                raise BrokenPictureError("it has two headers")
            frame = _frame(stream, segment)
        scans += segment.marker == _SOS
        if scans > MAX_SCANS:
            raise BrokenPictureError(f"it draws its pixels in more than {MAX_SCANS} rounds")
    # A decoder would fill up with grey and say nothing.
    if frame is None or not scans or coded_bytes * 8 < frame.least_bits:
        raise BrokenPictureError("its pixels end early")


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
