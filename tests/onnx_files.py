"""Tiny ONNX graphs, written byte by byte: one that finds what is white, one that tells colours apart.

They have the inputs and outputs of YuNet and SFace, so that OpenCV loads and runs them as it does those.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

FLOAT, INT64 = 1, 7
STRIDES = (8, 16, 32)


def _varint(value: int) -> bytes:
    found = bytearray()
    value &= 2**64 - 1
    while True:
        value, low = value >> 7, value & 127
        found.append(low | (128 if value else 0))
        if not value:
            return bytes(found)


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _part(field: int, data: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(data)) + data


def _text(field: int, text: str) -> bytes:
    return _part(field, text.encode())


def floats(name: str, shape: Sequence[int], values: Sequence[float]) -> bytes:
    """A tensor of numbers."""
    data = struct.pack(f"<{len(values)}f", *values)
    return b"".join(_number(1, side) for side in shape) + _number(2, FLOAT) + _text(8, name) + _part(9, data)


def wholes(name: str, values: Sequence[int]) -> bytes:
    """A tensor of whole numbers in a row."""
    data = struct.pack(f"<{len(values)}q", *values)
    return _number(1, len(values)) + _number(2, INT64) + _text(8, name) + _part(9, data)


def _attribute(name: str, value: Sequence[int]) -> bytes:
    return _text(1, name) + b"".join(_number(8, one) for one in value) + _number(20, 7)


def node(kind: str, inputs: Sequence[str], output: str, **attributes: Sequence[int]) -> bytes:
    """One step of a graph."""
    return (
        b"".join(_text(1, name) for name in inputs)
        + _text(2, output)
        + _text(3, output)
        + _text(4, kind)
        + b"".join(_part(5, _attribute(name, value)) for name, value in attributes.items())
    )


def _value(name: str, shape: Sequence[int | str]) -> bytes:
    sides = b"".join(
        _part(1, _text(2, side) if isinstance(side, str) else _number(1, side)) for side in shape
    )
    return _text(1, name) + _part(2, _part(1, _number(1, FLOAT) + _part(2, sides)))


def model(
    nodes: Sequence[bytes],
    tensors: Sequence[bytes],
    given: tuple[str, Sequence[int | str]],
    outputs: Sequence[tuple[str, Sequence[int | str]]],
) -> bytes:
    """A whole file."""
    graph = (
        b"".join(_part(1, one) for one in nodes)
        + _text(2, "tiny")
        + b"".join(_part(5, one) for one in tensors)
        + _part(11, _value(*given))
        + b"".join(_part(12, _value(*one)) for one in outputs)
    )
    return _number(1, 7) + _text(2, "tests") + _part(7, graph) + _part(8, _number(2, 11))


def recognizer() -> bytes:
    """Of a face of 112 pixels: its mean blue, green and red, against the middle of what there is."""
    tensors = [
        floats("weights", (3, 3, 1, 1), [1, 0, 0, 0, 1, 0, 0, 0, 1]),
        floats("bias", (3,), [-127.5] * 3),
        wholes("flat", (1, 3)),
    ]
    nodes = [
        node("GlobalAveragePool", ["data"], "mean"),
        node("Conv", ["mean", "weights", "bias"], "apart", kernel_shape=(1, 1)),
        node("Reshape", ["apart", "flat"], "fc1"),
    ]
    return model(nodes, tensors, ("data", (1, 3, 112, 112)), [("fc1", (1, 3))])


def detector() -> bytes:
    """Finds, by cells of 32 pixels, what is white; each as a box of 64 with its points."""
    nodes: list[bytes] = []
    tensors: list[bytes] = []
    outputs: list[tuple[str, Sequence[int | str]]] = []
    white = 1 / (3 * 255)
    # Offsets from the corner of the cell to eyes, nose and corners of the mouth, in cells.
    points = [0.2, 0.3, 0.8, 0.3, 0.5, 0.5, 0.25, 0.75, 0.75, 0.75]
    kinds: dict[str, tuple[list[float], list[float]]] = {
        "cls": ([white] * 3, [0.0]),
        "obj": ([white] * 3, [0.0]),
        "bbox": ([0.0] * 12, [0.5, 0.5, 0.693147, 0.693147]),
        "kps": ([0.0] * 30, points),
    }
    for stride in STRIDES:
        pooled = f"cells_{stride}"
        nodes.append(
            node("AveragePool", ["input"], pooled, kernel_shape=(stride, stride), strides=(stride, stride))
        )
        for kind, (weights, bias) in kinds.items():
            width = len(bias)
            # Only the largest cells find anything.
            scale = 1.0 if stride == 32 or kind in {"bbox", "kps"} else 0.0
            name = f"{kind}_{stride}"
            tensors.append(floats(f"{name}_w", (width, 3, 1, 1), [one * scale for one in weights]))
            tensors.append(floats(f"{name}_b", (width,), bias))
            tensors.append(wholes(f"{name}_s", (1, -1, width)))
            nodes += [
                node("Conv", [pooled, f"{name}_w", f"{name}_b"], f"{name}_map", kernel_shape=(1, 1)),
                node("Transpose", [f"{name}_map"], f"{name}_last", perm=(0, 2, 3, 1)),
                node("Reshape", [f"{name}_last", f"{name}_s"], name),
            ]
            outputs.append((name, (1, f"n{stride}", width)))
    return model(nodes, tensors, ("input", (1, 3, "height", "width")), outputs)
