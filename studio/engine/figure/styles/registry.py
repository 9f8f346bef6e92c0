"""Which function paints which style."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, fields, replace
from importlib import import_module
from typing import TYPE_CHECKING

import numpy as np

from ..filters import halved, rows_of, twice
from ..render.scene import Layers, Manner

if TYPE_CHECKING:
    from ..drawing import Scene

Array = np.ndarray
Painter = Callable[[Layers, "Array | None", "Scene"], Array]


@dataclass(frozen=True)
class Style:
    """A name, how lines are drawn for it, and the painter: layers and backdrop to premultiplied RGBA."""

    name: str
    manner: Manner
    paint: Painter


_STYLES: dict[str, Style] = {}
_FILES = ("cel", "wet", "graphic", "pixel", "solid")


def style(*names: str, manner: Manner | None = None) -> Callable[[Painter], Painter]:
    """Register a function as the painter of these styles."""

    def remember(paint: Painter) -> Painter:
        for name in names:
            _STYLES[name] = Style(name, manner or Manner(), paint)
        return paint

    return remember


_LARGE_PX = 1_000_000  # more than so many are not painted at once
_BAND_PX = 500_000  # margins included
_PAIRED = 8  # bands begin at multiples of so many rows
_first_row: ContextVar[int] = ContextVar("first_row", default=0)


def places(height: int, width: int) -> tuple[Array, Array]:
    """Row and column of every pixel in the whole picture, of which this may be a band."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    return y + np.float32(_first_row.get()), x


def in_bands(paint: Painter, margin_share: float = 0.035) -> Painter:
    """Paint large pictures band by band, with overlapping margins for what blurs, into their own layer."""

    def painted(layers: Layers, behind: Array | None, scene: Scene) -> Array:
        height, width = layers.line.shape
        if height * width <= _LARGE_PX:
            return paint(layers, behind, scene)
        # What blurs goes by the longer side; what is halved meanwhile pairs its rows as in the whole picture.
        margin = -(-int(max(height, width) * margin_share) // _PAIRED) * _PAIRED
        step = max(margin, (_BAND_PX // width - 2 * margin) // _PAIRED * _PAIRED)
        out = layers.rgba
        above = out[:0].copy()  # the margin over a band, as it was before it was painted
        for top in range(0, height, step):
            stop = min(height, top + step)
            a, b = top - len(above), min(height, stop + margin)
            part = Layers(*(getattr(layers, field.name)[a:b] for field in fields(Layers)))
            part = replace(part, rgba=np.concatenate([above, out[top:b]]))
            above = part.rgba[max(0, stop - a - margin) : stop - a].copy()
            token = _first_row.set(a)
            try:
                with rows_of(a, height):
                    done = paint(part, None if behind is None else behind[a:b], scene)
            finally:
                _first_row.reset(token)
            out[top:stop] = done[top - a : stop - a]
        return out

    return painted


def at_half_size(paint: Painter) -> Painter:
    """Paint large pictures at half size, into their own layer: for styles that are soft by nature."""

    def painted(layers: Layers, behind: Array | None, scene: Scene) -> Array:
        height, width = layers.line.shape
        if height * width <= _LARGE_PX * 1.2:
            return paint(layers, behind, scene)
        half = Layers(
            halved(layers.rgba),
            halved(layers.line[..., None])[..., 0],
            halved(layers.tone[..., None])[..., 0],
            layers.part[::2, ::2],
            layers.normal[::2, ::2],
            layers.depth[::2, ::2],
        )
        small = paint(half, None if behind is None else halved(behind), scene)
        del half
        for first in range(0, 4, 2):  # two channels at a time
            layers.rgba[..., first : first + 2] = twice(small[..., first : first + 2])[:height, :width]
        return layers.rgba

    return painted


def _load() -> None:
    for name in _FILES:
        import_module(f"{__package__}.{name}")


def styles() -> tuple[str, ...]:
    """All registered styles."""
    _load()
    return tuple(_STYLES)


def style_of(name: str) -> Style:
    """A style by name; unknown names are cel shade (the words' reader has said so before)."""
    _load()
    return _STYLES.get(name, _STYLES["anime"])


def over(rgba: Array, behind: Array | None) -> Array:
    """The figure before its backdrop, still premultiplied."""
    if behind is None:
        return rgba
    out = np.empty(rgba.shape, np.float32)
    clear = 1 - rgba[..., 3]
    # Channel by channel: numpy is slow where the innermost axis is short.
    for c in range(3):
        out[..., c] = behind[..., c] * clear + rgba[..., c]
    out[..., 3] = 1.0
    return out
