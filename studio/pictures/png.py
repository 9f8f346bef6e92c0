"""PNG without decoding it: its chunks, its texts, and whether its pixels are whole, in constant memory."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from studio.pictures.source import BLOCK, BrokenPictureError, blocks, take

SIGNATURE = b"\x89PNG\r\n\x1a\n"
TEXT_KINDS = frozenset({b"tEXt", b"zTXt", b"iTXt"})

MAX_CHUNKS = 100_000  # an encoder that writes 8 kB at a time needs 6,400 for 50 MB
MAX_SIDE_BYTES = 16 * 1024 * 1024  # all that is not pixels: texts, profiles, thumbnails
MAX_PACKED_TEXT = 1024 * 1024  # unpacked size of a packed text or profile; Pillow has the same limit

_DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))


@dataclass(frozen=True)
class Chunk:
    """One chunk of the file; the stream stands at its data when it is handed out."""

    kind: bytes
    length: int
    start: int


@dataclass(frozen=True)
class Header:
    """What IHDR says."""

    width: int
    height: int
    depth: int
    colour: int
    interlaced: bool


def chunks(stream: BinaryIO) -> Iterator[Chunk]:
    """Every chunk up to and with IEND; who takes one may read its data or leave it."""
    stream.seek(0)
    if take(stream, len(SIGNATURE)) != SIGNATURE:
        raise BrokenPictureError("it is not a PNG")
    position = len(SIGNATURE)
    for _ in range(MAX_CHUNKS):
        stream.seek(position)
        length, kind = struct.unpack(">I4s", take(stream, 8))
        if length > 0x7FFF_FFFF or not kind.isalpha():
            raise BrokenPictureError("its parts do not fit together")
        yield Chunk(kind, length, position + 8)
        if kind == b"IEND":
            return
        position += 12 + length
    raise BrokenPictureError(f"it has more than {MAX_CHUNKS:,} parts")


def header(stream: BinaryIO) -> Header:
    """IHDR, checked against what the format allows."""
    first = next(chunks(stream))
    if first.kind != b"IHDR" or first.length != 13:
        raise BrokenPictureError("it does not start with a PNG header")
    width, height, depth, colour, packing, filtering, interlace = struct.unpack(">IIBBBBB", take(stream, 13))
    if not width or not height or depth not in _DEPTHS.get(colour, ()):
        raise BrokenPictureError("its PNG header makes no sense")
    if packing or filtering or interlace > 1:
        raise BrokenPictureError("its PNG header makes no sense")
    return Header(width, height, depth, colour, bool(interlace))


def verify(stream: BinaryIO) -> int:
    """Check every checksum and that every pixel is there; returns the number of frames."""
    shape = header(stream)
    pixels = _Pixels(shape)
    frames, side_bytes, seen, last = 1, 0, set[bytes](), b""
    for chunk in chunks(stream):
        if chunk.kind == b"IDAT":
            if shape.colour == 3 and b"PLTE" not in seen:
                raise BrokenPictureError("it has no palette")
            if b"IDAT" in seen and last != b"IDAT":
                raise BrokenPictureError("its pixels are scattered")
        elif chunk.kind == b"IHDR" and seen:
            raise BrokenPictureError("it has two headers")
        elif chunk.kind != b"fdAT":  # the pixels of an animation's later frames
            side_bytes += chunk.length
            if side_bytes > MAX_SIDE_BYTES:
                raise BrokenPictureError(f"it carries more than {MAX_SIDE_BYTES >> 20} MB beside its pixels")
        data = _checked(stream, chunk, pixels)
        if chunk.kind == b"acTL" and chunk.length == 8:
            frames = max(1, struct.unpack(">I", data[:4])[0])
        if chunk.kind in (b"zTXt", b"iTXt", b"iCCP") and _unpacks_too_far(chunk.kind, data):
            raise BrokenPictureError(f"a text in it unpacks to more than {MAX_PACKED_TEXT >> 20} MB")
        seen.add(chunk.kind)
        last = chunk.kind
    if b"IDAT" not in seen or not pixels.are_whole:
        raise BrokenPictureError("its pixels end early")
    return frames


def _checked(stream: BinaryIO, chunk: Chunk, pixels: _Pixels) -> bytes:
    """The chunk's data once its checksum is right; pixels are looked at and not kept."""
    checksum = zlib.crc32(chunk.kind)
    kept = bytearray()
    for block in blocks(stream, chunk.length):
        checksum = zlib.crc32(block, checksum)
        if chunk.kind == b"IDAT":
            pixels.feed(block)
        elif chunk.kind != b"fdAT":
            kept += block
    if int.from_bytes(take(stream, 4), "big") != checksum:
        raise BrokenPictureError("a checksum in it is wrong")
    return bytes(kept)


class _Pixels:
    """Unpacks the pixels only to count them and to look at each row's filter byte."""

    def __init__(self, shape: Header) -> None:
        bits = shape.depth * _CHANNELS[shape.colour]
        if shape.interlaced:
            sizes = [
                ((shape.width - x + across - 1) // across, (shape.height - y + down - 1) // down)
                for x, y, across, down in _ADAM7
            ]
        else:
            sizes = [(shape.width, shape.height)]
        # One entry for each pass: bytes in a row with its filter byte, and rows.
        self._passes = [(1 + (width * bits + 7) // 8, height) for width, height in sizes if width and height]
        self._pass = 0
        self._at = 0
        self._inflate = zlib.decompressobj()

    @property
    def are_whole(self) -> bool:
        return self._pass == len(self._passes)

    def feed(self, block: bytes) -> None:
        # Whatever follows the last pixel stays packed, so that it can be as large as it likes.
        while block and not self.are_whole and not self._inflate.eof:
            try:
                plain = self._inflate.decompress(block, BLOCK)
            except zlib.error as error:
                raise BrokenPictureError("its pixels cannot be unpacked") from error
            block = self._inflate.unconsumed_tail
            self._look(plain)

    def _look(self, plain: bytes) -> None:
        start = 0
        while start < len(plain) and not self.are_whole:
            row, rows = self._passes[self._pass]
            count = min(len(plain) - start, row * rows - self._at)
            filters = plain[start + (-self._at) % row : start + count : row]
            if filters and max(filters) > 4:
                raise BrokenPictureError("its pixels make no sense")
            start += count
            self._at += count
            if self._at == row * rows:
                self._pass, self._at = self._pass + 1, 0


def _unpacks_too_far(kind: bytes, data: bytes) -> bool:
    packed = _packed_part(kind, data)
    return packed is not None and _unpack(packed, MAX_PACKED_TEXT) is None


def _packed_part(kind: bytes, data: bytes) -> bytes | None:
    _, _, rest = data.partition(b"\0")
    if kind != b"iTXt":
        return rest[1:]
    if rest[:1] != b"\1":
        return None
    return rest[2:].split(b"\0", 2)[-1]


def _unpack(packed: bytes, most: int) -> bytes | None:
    """What was packed, nothing for what is broken, None when there is more of it than allowed."""
    inflate = zlib.decompressobj()
    try:
        plain = inflate.decompress(packed, most + 1)
    except zlib.error:
        return b""
    return None if len(plain) > most else plain


def texts(stream: BinaryIO, wanted: frozenset[str]) -> dict[str, str]:
    """The texts under these keys; a broken file gives what came before the break."""
    found: dict[str, str] = {}
    try:
        for chunk in chunks(stream):
            if chunk.kind in TEXT_KINDS and chunk.length <= MAX_SIDE_BYTES:
                key, text = _text(chunk.kind, stream.read(chunk.length))
                if key in wanted and text is not None:
                    found[key] = text
    except BrokenPictureError:
        return found
    return found


def _text(kind: bytes, data: bytes) -> tuple[str, str | None]:
    key, _, rest = data.partition(b"\0")
    name = key.decode("latin-1")
    if kind == b"tEXt":
        return name, rest.decode("latin-1")
    packed = _packed_part(kind, data)
    plain = _unpack(packed, MAX_SIDE_BYTES) if packed is not None else rest[2:].split(b"\0", 2)[-1]
    if plain is None:
        return name, None
    return name, plain.decode("latin-1" if kind == b"zTXt" else "utf-8", "replace")


def text_chunk(key: str, text: str) -> bytes:
    """A whole text chunk: tEXt where Latin-1 can say it, else iTXt."""
    try:
        kind, data = b"tEXt", key.encode("latin-1") + b"\0" + text.encode("latin-1")
    except UnicodeEncodeError:
        kind, data = b"iTXt", key.encode("latin-1") + b"\0\0\0\0\0" + text.encode()
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(data, zlib.crc32(kind)))


def with_texts(stream: BinaryIO, new: dict[str, str]) -> Iterator[bytes]:
    """The same file with these texts before its pixels, in the place of older ones under the same keys."""
    yield SIGNATURE
    written = False
    for chunk in chunks(stream):
        if chunk.kind in TEXT_KINDS and chunk.length <= MAX_SIDE_BYTES:
            key = stream.read(min(chunk.length, 80)).partition(b"\0")[0].decode("latin-1")
            if key in new:
                continue
            stream.seek(chunk.start)
        if chunk.kind in (b"IDAT", b"IEND") and not written:
            written = True
            for key, text in new.items():
                yield text_chunk(key, text)
        yield struct.pack(">I4s", chunk.length, chunk.kind)
        yield from blocks(stream, chunk.length)
        yield take(stream, 4)
