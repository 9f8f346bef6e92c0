"""A PSD writer: RGBA layers with names and a flat picture of their sum, packed as PackBits."""

from __future__ import annotations

import struct
from collections.abc import Sequence

import numpy as np
from PIL import Image

from studio.pictures.sheet import Layer, flatten

Array = np.ndarray

MAX_SIDE = 30_000
_RESOLUTION = 1005  # the resource that says how many dots an inch has
_CHANNELS = ((-1, 3), (0, 0), (1, 1), (2, 2))  # Photoshop's number of a channel, and its place in RGBA


def write_psd(size: tuple[int, int], layers: Sequence[Layer], dpi: int = 72) -> bytes:
    """The file; layers are given from the bottom to the top and cut to the page."""
    width, height = size
    if not (0 < width <= MAX_SIDE and 0 < height <= MAX_SIDE):
        raise ValueError(f"A PSD of {width}x{height} pixels is not possible; each side may have {MAX_SIDE}.")
    pages = [page for layer in layers if (page := _on_page(layer, size)) is not None]
    header = struct.pack(">4sH6xHIIHH", b"8BPS", 1, 4, height, width, 8, 3)
    return b"".join(
        (
            header,
            struct.pack(">I", 0),  # no colour table
            _sized(_resolution(dpi)),
            _sized(_layer_section(pages)),
            _flat_picture(flatten(size, layers)),
        )
    )


def _on_page(layer: Layer, size: tuple[int, int]) -> Layer | None:
    left, top = max(0, layer.x), max(0, layer.y)
    right = min(layer.x + layer.image.width, size[0])
    bottom = min(layer.y + layer.image.height, size[1])
    if right <= left or bottom <= top:
        return None
    part = layer.image.crop((left - layer.x, top - layer.y, right - layer.x, bottom - layer.y))
    return Layer(layer.name, part, left, top)


def _sized(data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + data


def _resolution(dpi: int) -> bytes:
    fixed = dpi << 16
    data = struct.pack(">IHHIHH", fixed, 1, 2, fixed, 1, 2)
    return b"8BIM" + struct.pack(">HHI", _RESOLUTION, 0, len(data)) + data


def _layer_section(layers: Sequence[Layer]) -> bytes:
    if not layers:
        return b""
    records, pixels = [], []
    for layer in layers:
        channels = _packed_channels(np.asarray(layer.image))
        records.append(_record(layer, [len(data) for data in channels]))
        pixels += channels
    # A negative count says that the flat picture's alpha is the page's transparency.
    info = struct.pack(">h", -len(layers)) + b"".join(records) + b"".join(pixels)
    info += b"\0" * (-len(info) % 4)
    return _sized(info) + struct.pack(">I", 0)  # no mask for all layers


def _record(layer: Layer, lengths: Sequence[int]) -> bytes:
    left, top = layer.x, layer.y
    place = struct.pack(">iiii", top, left, top + layer.image.height, left + layer.image.width)
    channels = b"".join(
        struct.pack(">hI", number, length) for (number, _), length in zip(_CHANNELS, lengths, strict=True)
    )
    blend = struct.pack(">4s4sBBBB", b"8BIM", b"norm", 255, 0, 0, 0)
    extra = struct.pack(">II", 0, 0) + _pascal(layer.name) + _unicode_name(layer.name)
    return place + struct.pack(">H", len(lengths)) + channels + blend + _sized(extra)


def _pascal(name: str) -> bytes:
    """The old form of the name, which knows one byte a letter."""
    data = name.encode("mac-roman", "replace")[:255]
    data = bytes((len(data),)) + data
    return data + b"\0" * (-len(data) % 4)


def _unicode_name(name: str) -> bytes:
    text = name.encode("utf-16-be")
    data = struct.pack(">I", len(text) // 2) + text
    data += b"\0" * (-len(data) % 4)
    return b"8BIMluni" + _sized(data)


def _packed_channels(pixels: Array) -> list[bytes]:
    packed = []
    for _, part in _CHANNELS:
        rows = pack_rows(pixels[..., part])
        lengths = np.array([len(row) for row in rows], ">u2").tobytes()
        packed.append(struct.pack(">H", 1) + lengths + b"".join(rows))
    return packed


def _flat_picture(image: Image.Image) -> bytes:
    pixels = np.asarray(image)
    rows = [row for part in range(4) for row in pack_rows(pixels[..., part])]
    return struct.pack(">H", 1) + np.array([len(row) for row in rows], ">u2").tobytes() + b"".join(rows)


def pack_rows(channel: Array) -> list[bytes]:
    """Each row of a channel by PackBits."""
    height, width = channel.shape
    flat = np.ascontiguousarray(channel)
    data = flat.tobytes()
    changes = np.ones((height, width), bool)
    changes[:, 1:] = flat[:, 1:] != flat[:, :-1]
    starts = np.flatnonzero(changes.ravel())
    lengths = np.diff(starts, append=height * width)
    # Only runs that are worth it are told one by one; what lies between them is copied.
    long = lengths >= 3
    runs = zip(starts[long].tolist(), lengths[long].tolist(), strict=True)
    rows = [bytearray() for _ in range(height)]
    at = 0
    for start, length in runs:
        _copy(data, at, start, width, rows)
        row = rows[start // width]
        value = data[start]
        for left in range(length, 0, -128):
            count = min(left, 128)
            row += bytes((257 - count, value)) if count > 1 else bytes((0, value))
        at = start + length
    _copy(data, at, height * width, width, rows)
    return [bytes(row) for row in rows]


def _copy(data: bytes, start: int, end: int, width: int, rows: list[bytearray]) -> None:
    """Literal bytes from start to end, in the rows where they belong."""
    while start < end:
        row = start // width
        stop = min(end, (row + 1) * width, start + 128)
        rows[row].append(stop - start - 1)
        rows[row] += data[start:stop]
        start = stop
