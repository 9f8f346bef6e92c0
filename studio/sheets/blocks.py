"""Blocks of a sheet: things at their places, in heights of the tallest figure; side by side or in columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from studio.sheets.content import Cell

Role = Literal["ink", "muted", "accent", "panel", "line", "faint"]


@dataclass(frozen=True)
class Text:
    """One line of words on a base line; it becomes smaller where it would be wider than `most`."""

    words: str
    x: float
    y: float
    size: float
    role: Role = "ink"
    anchor: Literal["left", "middle", "right"] = "left"
    most: float = 0.0
    tracking: float = 0.0  # in sizes
    layer: str = ""


@dataclass(frozen=True)
class Figure:
    """A character without its background, by the box in which it stands."""

    cell: Cell
    x: float
    y: float
    width: float
    height: float
    has_shadow: bool


@dataclass(frozen=True)
class Card:
    """A picture that fills a rectangle with round corners."""

    cell: Cell
    x: float
    y: float
    width: float
    height: float
    crop: Literal["all", "bust"] = "all"  # bust: the upper part of a whole figure
    layer: str = ""


@dataclass(frozen=True)
class Shape:
    """A rectangle in one colour: a panel, a line, a swatch."""

    x: float
    y: float
    width: float
    height: float
    role: Role = "line"
    colour: str = ""  # instead of the role's
    radius: float = 0.0
    layer: str = ""


Item = Text | Figure | Card | Shape


@dataclass(frozen=True)
class Block:
    """Things together, with the room that they take."""

    width: float
    height: float
    items: tuple[Item, ...] = ()


EMPTY = Block(0.0, 0.0)


def moved(block: Block, x: float, y: float) -> tuple[Item, ...]:
    """The block's things somewhere else."""
    return tuple(replace(item, x=item.x + x, y=item.y + y) for item in block.items)


def beside(blocks: Sequence[Block], gap: float, align: Literal["top", "bottom"] = "top") -> Block:
    """From left to right; empty ones take no room."""
    shown = [block for block in blocks if block.width]
    height = max((block.height for block in shown), default=0.0)
    items: list[Item] = []
    x = 0.0
    for block in shown:
        items += moved(block, x, height - block.height if align == "bottom" else 0.0)
        x += block.width + gap
    return Block(max(0.0, x - gap), height, tuple(items))


def below(blocks: Sequence[Block], gap: float, align: Literal["left", "middle"] = "left") -> Block:
    """From top to bottom; empty ones take no room."""
    shown = [block for block in blocks if block.height]
    width = max((block.width for block in shown), default=0.0)
    items: list[Item] = []
    y = 0.0
    for block in shown:
        items += moved(block, (width - block.width) / 2 if align == "middle" else 0.0, y)
        y += block.height + gap
    return Block(width, max(0.0, y - gap), tuple(items))


def padded(block: Block, pad: float) -> Block:
    """The block with room around it."""
    return Block(block.width + 2 * pad, block.height + 2 * pad, moved(block, pad, pad))


def widened(block: Block, width: float) -> Block:
    """The block in the middle of more width."""
    if width <= block.width:
        return block
    return Block(width, block.height, moved(block, (width - block.width) / 2, 0.0))


def heightened(block: Block, height: float) -> Block:
    """The block in the middle of more height."""
    if height <= block.height:
        return block
    return Block(block.width, height, moved(block, 0.0, (height - block.height) / 2))


def on_panel(block: Block, pad: float, radius: float, layer: str = "Panel") -> Block:
    """The block on a panel of its own."""
    inner = padded(block, pad)
    panel = Shape(0.0, 0.0, inner.width, inner.height, "panel", radius=radius, layer=layer)
    return Block(inner.width, inner.height, (panel, *inner.items))
