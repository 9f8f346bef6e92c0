"""Where picture bytes come from, and what is said when they are broken."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

Source = Path | bytes

BLOCK = 256 * 1024


class BrokenPictureError(Exception):
    """The bytes are not a whole picture; the message completes `Invalid image file: ...`."""


@contextlib.contextmanager
def opened(source: Source) -> Iterator[BinaryIO]:
    """A seekable stream over a file or over bytes in memory."""
    with io.BytesIO(source) if isinstance(source, bytes) else source.open("rb") as stream:
        yield stream


def take(stream: BinaryIO, count: int) -> bytes:
    """Exactly so many bytes, or a refusal."""
    data = stream.read(count)
    if len(data) != count:
        raise BrokenPictureError("it is cut off")
    return data


def blocks(stream: BinaryIO, count: int) -> Iterator[bytes]:
    """Exactly so many bytes, a block at a time."""
    while count:
        block = take(stream, min(count, BLOCK))
        count -= len(block)
        yield block


def length_of(stream: BinaryIO) -> int:
    """How long the stream is; its position stays."""
    here = stream.tell()
    end = stream.seek(0, io.SEEK_END)
    stream.seek(here)
    return end
