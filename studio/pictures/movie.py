"""Texts inside MP4 and MOV files: a box of our own at the end, which players pass over."""

from __future__ import annotations

import json
import struct
import uuid
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from studio.pictures.source import length_of

OURS = uuid.UUID("7f0c2a54-3b1d-4d0e-9a6b-61766174666f").bytes
MOST_BOXES = 10_000  # of one file; fragments of long streams are many
MAX_BYTES = 16 * 1024 * 1024
_HEAD = 8


def is_movie(head: bytes) -> bool:
    """Whether a file begins as MP4 and MOV files do."""
    return head[4:8] == b"ftyp"


def with_texts(chunks: Iterable[bytes], texts: dict[str, str]) -> Iterator[bytes]:
    """A file as it streams by, with texts at its end; other kinds of files stay as they are."""
    found: bool | None = None
    head = b""
    for chunk in chunks:
        if found is None:
            head += chunk[:_HEAD]
            found = is_movie(head) if len(head) >= _HEAD else None
        yield chunk
    if found:
        content = OURS + json.dumps(texts, ensure_ascii=False).encode()
        yield struct.pack(">I4s", _HEAD + len(content), b"uuid") + content


def texts(stream: BinaryIO, wanted: frozenset[str]) -> dict[str, str]:
    """Our texts in a file; the last that were written count."""
    end = length_of(stream)
    at = 0
    found: dict[str, str] = {}
    for _ in range(MOST_BOXES):
        stream.seek(at)
        head = stream.read(_HEAD)
        if len(head) < _HEAD:
            break
        size, kind = struct.unpack(">I4s", head)
        begin = at + _HEAD
        if size == 1:
            size = struct.unpack(">Q", stream.read(8).ljust(8, b"\0"))[0]
            begin += 8
        elif size == 0:
            size = end - at
        if size < begin - at or at + size > end:
            break  # no box is smaller than its own head, or reaches beyond the file
        length = at + size - begin
        if kind == b"uuid" and len(OURS) < length <= MAX_BYTES and stream.read(len(OURS)) == OURS:
            found |= _read(stream.read(length - len(OURS)))
        at += size
    return {key: text for key, text in found.items() if key in wanted}


def _read(content: bytes) -> dict[str, str]:
    try:
        values = json.loads(content)
    except (ValueError, RecursionError):  # somebody else's bytes under our name, or a file that was cut off
        return {}
    if not isinstance(values, dict):
        return {}
    return {key: text for key, text in values.items() if isinstance(text, str)}
