"""Which function paints which style."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

import numpy as np

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
    alpha = rgba[..., 3:]
    return np.concatenate([rgba[..., :3] + behind * (1 - alpha), np.ones_like(alpha)], -1).astype(np.float32)
