"""WEBP without decoding it: its chunks, its size, its frames and its EXIF block."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from studio.pictures.source import BrokenPictureError, blocks, length_of, take

MAX_CHUNKS = 10_000
MAX_EXIF = 16 * 1024 * 1024

_ALPHA, _EXIF = 0x10, 0x08  # flags of the extended header


@dataclass(frozen=True)
class Chunk:
    """One chunk of the file; the stream stands at its data when it is handed out."""

    kind: bytes
    length: int
    start: int


def is_webp(head: bytes) -> bool:
    """Whether the first twelve bytes are those of a WEBP."""
    return head[:4] == b"RIFF" and head[8:12] == b"WEBP"


def chunks(stream: BinaryIO) -> Iterator[Chunk]:
    """Every chunk within the length that the file claims, which must be there."""
    stream.seek(0)
    head = take(stream, 12)
    if not is_webp(head):
        raise BrokenPictureError("it is not a WEBP")
    end = 8 + int.from_bytes(head[4:8], "little")
    if end > length_of(stream):
        raise BrokenPictureError("it is cut off")
    position = 12
    for _ in range(MAX_CHUNKS):
        if position + 8 > end:
            return
        stream.seek(position)
        kind, length = struct.unpack("<4sI", take(stream, 8))
        if position + 8 + length > end:
            raise BrokenPictureError("its parts do not fit together")
        yield Chunk(kind, length, position + 8)
        position += 8 + length + (length & 1)
    raise BrokenPictureError(f"it has more than {MAX_CHUNKS:,} parts")


def size(stream: BinaryIO) -> tuple[int, int]:
    """Width and height as the first chunk says."""
    first = next(chunks(stream), None)
    if first is None:
        raise BrokenPictureError("it has no pixels")
    return _size(stream, first)


def _size(stream: BinaryIO, first: Chunk) -> tuple[int, int]:
    if first.kind == b"VP8X":
        data = take(stream, 10)
        return 1 + int.from_bytes(data[4:7], "little"), 1 + int.from_bytes(data[7:10], "little")
    if first.kind == b"VP8L":
        data = take(stream, 5)
        bits = int.from_bytes(data[1:5], "little")
        if data[0] == 0x2F:
            return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if first.kind == b"VP8 ":
        data = take(stream, 10)
        width, height = (side & 0x3FFF for side in struct.unpack("<HH", data[6:10]))
        if data[3:6] == b"\x9d\x01\x2a" and width and height:
            return width, height
    raise BrokenPictureError("its header has no size")


def verify(stream: BinaryIO) -> int:
    """Check that all chunks are there; returns the number of frames."""
    kinds = [chunk.kind for chunk in chunks(stream)]
    if not {b"VP8 ", b"VP8L", b"ANMF"} & set(kinds):
        raise BrokenPictureError("it has no pixels")
    return max(1, kinds.count(b"ANMF"))


def exif(stream: BinaryIO) -> bytes | None:
    """The EXIF block."""
    try:
        for chunk in chunks(stream):
            if chunk.kind == b"EXIF" and chunk.length <= MAX_EXIF:
                return stream.read(chunk.length)
    except BrokenPictureError:
        return None
    return None


def with_exif(stream: BinaryIO, block: bytes) -> Iterator[bytes]:
    """The same file with this EXIF block in the place of the old one; the pixels are not touched."""
    found = list(chunks(stream))
    if not found:
        raise BrokenPictureError("it has no pixels")
    kept = [chunk for chunk in found if chunk.kind not in (b"VP8X", b"EXIF")]
    extended = _extended_header(stream, found[0])
    padded = block + b"\0" * (len(block) & 1)
    total = 4 + len(extended) + 8 + len(padded)
    total += sum(8 + chunk.length + (chunk.length & 1) for chunk in kept)
    yield struct.pack("<4sI4s", b"RIFF", total, b"WEBP") + extended
    for chunk in kept:
        yield struct.pack("<4sI", chunk.kind, chunk.length)
        stream.seek(chunk.start)
        yield from blocks(stream, chunk.length)
        yield b"\0" * (chunk.length & 1)
    yield struct.pack("<4sI", b"EXIF", len(block)) + padded


def _extended_header(stream: BinaryIO, first: Chunk) -> bytes:
    stream.seek(first.start)
    if first.kind == b"VP8X":
        data = bytearray(take(stream, 10))
    else:
        width, height = _size(stream, first)
        data = bytearray(4)
        if first.kind == b"VP8L":
            stream.seek(first.start)
            data[0] = _ALPHA * (take(stream, 5)[4] >> 4 & 1)
        data += (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    data[0] |= _EXIF
    return struct.pack("<4sI", b"VP8X", len(data)) + bytes(data)
