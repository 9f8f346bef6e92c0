"""Words on a transparent picture of the size of what they go over: wrapped, centred, readable on anything."""

from __future__ import annotations

import io
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from PIL import Image, ImageFilter

from studio.pictures.letters import Lettering, width_of, write

Position = Literal["top", "center", "bottom"]
LARGEST_SHARE = 0.075  # of the height that a line's letters take
WIDTH_SHARE = 0.88  # of the width that words may take
HEIGHT_SHARE = 0.45
MARGIN_SHARE = 0.06
LEAST_PX = 9.0
SMALLER = 0.9  # with each try
LINE = 1.28  # from one base line to the next, in sizes of the letters
EDGE_SHARE = 0.1  # of the letters' size: how far their dark edge reaches
WHITE, DARK = (255, 255, 255, 255), (12, 12, 16)


@dataclass(frozen=True)
class Caption:
    """The picture as PNG, and letters that no font has."""

    png: bytes
    missing: str


def caption(text: str, width: int, height: int, position: Position, font: str | Path = "") -> Caption:
    """Words over a picture of this size; long ones are written smaller."""
    size = max(LEAST_PX, min(height, width * 1.2) * LARGEST_SHARE)
    lines = _wrapped(text, size, width, font)
    while size > LEAST_PX and (
        len(lines) * size * LINE > height * HEIGHT_SHARE
        or any(width_of(line, size, font) > width * WIDTH_SHARE for line in lines)
    ):
        size = max(LEAST_PX, size * SMALLER)
        lines = _wrapped(text, size, width, font)
    written = [write(line, size, WHITE, font) for line in lines]
    step, tall = size * LINE, size * LINE * len(lines)
    top = {
        "top": height * MARGIN_SHARE,
        "center": (height - tall) / 2,
        "bottom": height * (1 - MARGIN_SHARE) - tall,
    }[position]
    layer = Image.new("RGBA", (width, height), (*WHITE[:3], 0))
    for number, line in enumerate(written):
        base = top + step * number + size
        _place(layer, line, round(base))
    out = io.BytesIO()
    _edged(layer, size).save(out, "PNG", compress_level=6)
    return Caption(out.getvalue(), "".join(dict.fromkeys("".join(line.missing for line in written))))


def _place(layer: Image.Image, line: Lettering, base: int) -> None:
    if line.width:
        layer.alpha_composite(line.image, (max(0, (layer.width - line.width) // 2), max(0, base - line.rise)))


def _edged(layer: Image.Image, size: float) -> Image.Image:
    """The letters with a soft dark edge, so that they can be read on light and dark."""
    reach = max(1, math.ceil(size * EDGE_SHARE))
    alpha = layer.getchannel("A")
    wide = alpha.filter(ImageFilter.MaxFilter(2 * reach + 1)).filter(ImageFilter.GaussianBlur(reach / 2))
    edge = Image.new("RGBA", layer.size, (*DARK, 0))
    edge.putalpha(wide)
    edge.alpha_composite(layer)
    return edge


def _wrapped(text: str, size: float, width: int, font: str | Path) -> list[str]:
    """Lines that fit, broken between words; a word that is too long by itself is broken inside."""
    most = width * WIDTH_SHARE
    lines: list[str] = []
    for paragraph in text.strip().splitlines():
        line = ""
        for word in paragraph.split():
            longer = f"{line} {word}".strip()
            if width_of(longer, size, font) <= most:
                line = longer
                continue
            if line:
                lines.append(line)
            *whole, line = _broken(word, size, most, font)
            lines += whole
        lines.append(line)
    return lines


def _broken(word: str, size: float, most: float, font: str | Path) -> list[str]:
    """A word in pieces that fit; scripts without spaces between words come as one."""
    pieces = [""]
    for letter in word:
        if pieces[-1] and width_of(pieces[-1] + letter, size, font) > most:
            pieces.append("")
        pieces[-1] += letter
    return pieces
