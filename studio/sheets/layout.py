"""The four layouts: rows of views, two by two, turnarounds, and game sheets with everything."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from studio.pictures.colours import Swatch
from studio.pictures.figure import Cut, feet
from studio.pictures.letters import width_of
from studio.sheets.blocks import (
    EMPTY,
    Block,
    Card,
    Figure,
    Item,
    Shape,
    Text,
    below,
    beside,
    heightened,
    moved,
    on_panel,
    widened,
)
from studio.sheets.content import Cell, Content
from studio.sheets.options import SheetOptions

# All lengths are in heights of the tallest figure.
GAP = 0.075
LABEL = 0.027
SMALL = 0.021
LABEL_ROOM = 0.085
RADIUS = 0.022
ALIKE = 1.15
LEAST_FACE = 0.165  # the width of a face and its gap
GUIDES = 8  # the height is divided by so many
COLUMN = 0.72  # the left one of a game sheet
LABELS = {"front": "Front", "quarter": "3/4", "side": "Side", "back": "Back", "portrait": "Portrait"}


class Layouter:
    """Arranges one sheet; holds what all parts of it look at."""

    def __init__(
        self,
        content: Content,
        cuts: Mapping[Cell, Cut],
        swatches: Sequence[Swatch],
        options: SheetOptions,
        font: str | Path,
    ) -> None:
        self.content = content
        self.options = options
        self.font = font
        self.cuts = cuts
        self.swatches = tuple(swatches) if options.has_palette else ()
        self.as_cards = options.figures == "card" or any(cuts[cell].how == "none" for cell in content.views)
        heights = [self._size_px(cell)[1] for cell in content.views]
        self.tallest_px = max(heights)
        # Figures that are nearly equally tall are one figure that was framed a little nearer or further off.
        alike = self.tallest_px <= min(heights) * ALIKE or options.layout == "turnaround"
        self.equal_heights = alike if options.scale == "auto" else options.scale == "height"

    def arrange(self) -> Block:
        """Everything that is on the sheet, without its margins."""
        if self.options.layout == "game":
            return self._game()
        return below([self._heading(), self._views(), self._portrait_row(), self._strip()], 0.085)

    # ------------------------------------------------------------------- views

    def _size_px(self, cell: Cell) -> tuple[int, int]:
        cut = self.cuts[cell]
        return cut.image.size if self.as_cards else cut.size

    def _size(self, cell: Cell) -> tuple[float, float]:
        width, height = self._size_px(cell)
        unit = height if self.equal_heights else self.tallest_px
        return width / unit, height / unit

    def _views(self) -> Block:
        if self.options.layout == "grid":
            return self._grid()
        views = self.content.views
        columns = [self._view(cell, max(height for _, height in map(self._size, views))) for cell in views]
        row = beside(columns, GAP * (1.4 if self.options.has_guides else 1.0), "bottom")
        return self._with_guides(row) if self.options.has_guides else row

    def _grid(self) -> Block:
        """Two by two, all cells alike, so that the columns stand below one another."""
        sizes = [self._size(cell) for cell in self.content.views]
        wide, high = max(width for width, _ in sizes), max(height for _, height in sizes)
        cells = [
            on_panel(
                widened(self._view(cell, high), max(wide, 0.42)), 0.06, RADIUS * 1.4, f"Panel {cell.key}"
            )
            for cell in self.content.views
        ]
        across = 2 if len(cells) > 1 else 1
        rows = [beside(cells[at : at + across], 0.05) for at in range(0, len(cells), across)]
        return below(rows, 0.05, "middle")

    def _view(self, cell: Cell, high: float) -> Block:
        """One view on the base line of its row, with its label below."""
        width, height = self._size(cell)
        label = self._label(cell) if self.options.labels else ""
        room = max(width, self._width_of(label, LABEL, 0.08) + 0.02)
        x = (room - width) / 2
        item: Item
        if self.as_cards:
            item = Card(cell, x, high - height, width, height, layer=self._label(cell))
        else:
            item = Figure(cell, x, high - height, width, height, self.options.shadows)
        items: list[Item] = [item]
        if label:
            first, last = (0.0, 1.0) if self.as_cards else feet(self.cuts[cell])
            middle = min(max(x + (first + last) / 2 * width, 0.1), room - 0.1)
            y = high + LABEL_ROOM * 0.86
            items.append(
                Text(label, middle, y, LABEL, "muted", "middle", room, 0.08, f"Label {self._label(cell)}")
            )
        return Block(room, high + (LABEL_ROOM if label else 0.02), tuple(items))

    def _with_guides(self, row: Block) -> Block:
        """Lines at the crown, the soles and the eighths between them, a little wider than the row."""
        over, thin = 0.07, 0.0022
        bottom = row.height - (LABEL_ROOM if self.options.labels else 0.02)
        lines: list[Item] = []
        for step in range(GUIDES + 1):
            y = bottom - 1.0 + step / GUIDES
            edge = step in (0, GUIDES)
            lines.append(
                Shape(
                    0.0, y - thin / 2, row.width + 2 * over, thin, "line" if edge else "faint", layer="Guides"
                )
            )
        return Block(row.width + 2 * over, row.height, (*lines, *moved(row, over, 0.0)))

    # ---------------------------------------------------------------- pictures

    def _strip(self) -> Block:
        """Expressions and colours, as wide as the views."""
        width = max(self._views().width, self._heading().width)
        return below([self._expressions(width), self._palette_row(width)], 0.085)

    def _expressions(self, width: float) -> Block:
        cells = self.content.expressions if self.options.expressions else ()
        if not cells:
            return EMPTY
        gap = 0.03
        # As few rows as make faces of a size that can be read.
        rows = max(1, math.ceil(len(cells) * LEAST_FACE / max(width, LEAST_FACE)))
        across = math.ceil(len(cells) / rows)
        side = min(0.42, (width - gap * (across - 1)) / across)
        lines = []
        for at in range(0, len(cells), across):
            line = [self._card(cell, side, side) for cell in cells[at : at + across]]
            lines.append(beside(line, gap))
        return below(lines, gap, "left")

    def _card(self, cell: Cell, width: float, height: float) -> Block:
        label = self._label(cell)
        card = Card(cell, 0.0, 0.0, width, height, layer=label)
        if not self.options.labels:
            return Block(width, height, (card,))
        text = Text(label, width / 2, height + 0.04, SMALL, "muted", "middle", width, 0.04, f"Label {label}")
        return Block(width, height + 0.05, (card, text))

    def _portrait(self, width: float, height: float) -> Block:
        """The portrait, or the upper part of the front view where there is none."""
        cell = self.content.portrait
        if cell is not None:
            return Block(width, height, (Card(cell, 0.0, 0.0, width, height, layer="Portrait"),))
        front = next((one for one in self.content.views if one.key in ("front", "quarter")), None)
        if front is None:
            return EMPTY
        return Block(width, height, (Card(front, 0.0, 0.0, width, height, "bust", "Portrait"),))

    def _portrait_row(self) -> Block:
        return self._portrait(0.5, 0.5) if self.options.has_portrait else EMPTY

    # ------------------------------------------------------------------- words

    def _label(self, cell: Cell) -> str:
        own = self.options.label_texts.get(cell.key)
        if own is not None:
            return own
        return LABELS.get(cell.key, cell.key.replace("_", " ").capitalize())

    def _width_of(self, words: str, size: float, tracking: float = 0.0) -> float:
        return width_of(words, 100.0, self.font, tracking=tracking * 100) / 100 * size if words else 0.0

    def _heading(self, most: float = 0.0) -> Block:
        """The name, with a short line in the character's colour, and the title below."""
        name, title = self.options.name, self.options.title
        if not name and not title:
            return EMPTY
        most = most or max(0.9, self._views().width)
        items: list[Item] = []
        y = wide = 0.0
        if name:
            size = min(0.092, 0.092 * most / max(self._width_of(name, 0.092), 1e-6))
            y += size * 0.98
            items.append(Text(name, 0.0, y, size, "ink", most=most, layer="Name"))
            items.append(
                Shape(0.0, y + 0.026, min(0.16, most), 0.0085, "accent", radius=0.004, layer="Accent")
            )
            wide, y = self._width_of(name, size), y + 0.035
        if title:
            lines = self._wrapped(title, 0.034, most)
            for line in lines:
                y += 0.05
                items.append(Text(line, 0.0, y, 0.034, "muted", most=most, layer="Title"))
                wide = max(wide, self._width_of(line, 0.034))
            y += 0.012
        return Block(min(wide, most), y, tuple(items))

    def _wrapped(self, words: str, size: float, most: float) -> list[str]:
        lines: list[str] = []
        for word in words.split():
            if lines and self._width_of(f"{lines[-1]} {word}", size) <= most:
                lines[-1] += f" {word}"
            else:
                lines.append(word)
        return lines

    def _facts(self, width: float) -> Block:
        items: list[Item] = []
        y = 0.0
        for fact in self.options.facts:
            if y:
                items.append(Shape(0.0, y + 0.013, width, 0.0018, "faint", layer="Facts"))
                y += 0.026
            y += 0.032
            items.append(
                Text(fact.label, 0.0, y, SMALL, "muted", most=width * 0.36, tracking=0.04, layer="Facts")
            )
            items.append(Text(fact.value, width, y, 0.027, "ink", "right", most=width * 0.6, layer="Facts"))
        return Block(width, y + 0.006, tuple(items)) if items else EMPTY

    # ----------------------------------------------------------------- colours

    def _palette_row(self, width: float) -> Block:
        """All colours beside one another, as wide as the row above."""
        count = len(self.swatches)
        if not count:
            return EMPTY
        gap = 0.02
        each = min(0.42, (width - gap * (count - 1)) / count)
        return beside([self._swatch(swatch, each, 0.075) for swatch in self.swatches], gap)

    def _swatch(self, swatch: Swatch, width: float, height: float) -> Block:
        items: list[Item] = [
            Shape(0.0, 0.0, width, height, colour=swatch.hex, radius=RADIUS * 0.7, layer="Palette")
        ]
        if not self.options.labels:
            return Block(width, height, tuple(items))
        items += [
            Text(swatch.name, 0.0, height + 0.036, SMALL, "ink", most=width, layer="Palette"),
            Text(swatch.hex.upper(), 0.0, height + 0.062, SMALL * 0.82, "muted", most=width, layer="Palette"),
        ]
        return Block(width, height + 0.068, tuple(items))

    def _palette_column(self, width: float) -> Block:
        """Two colours in each line, with their names beside them."""
        gap, side = 0.03, 0.062
        half = (width - gap) / 2
        cells = []
        beside_it, room = side + 0.018, half - side - 0.02
        for swatch in self.swatches:
            box = Shape(0.0, 0.0, side, side, colour=swatch.hex, radius=RADIUS * 0.6, layer="Palette")
            code = swatch.hex.upper()
            words = (
                Text(swatch.name, beside_it, 0.027, SMALL, "ink", most=room, layer="Palette"),
                Text(code, beside_it, 0.053, SMALL * 0.82, "muted", most=room, layer="Palette"),
            )
            cells.append(Block(half, side, (box, *(words if self.options.labels else ()))))
        return below([beside(cells[at : at + 2], gap) for at in range(0, len(cells), 2)], 0.024)

    # -------------------------------------------------------------- game sheet

    def _game(self) -> Block:
        views = self._views()
        wide = max(views.width, 1.15)
        faces = self._expressions(wide)
        text = [self._heading(COLUMN), self._facts(COLUMN), self._palette_column(COLUMN)]
        words = below(text, 0.06)
        parts = [widened(views, wide), *([faces] if faces.height else [])]
        pad, gap = 0.07, 0.05
        needed = sum(block.height + 2 * pad for block in parts) + gap * (len(parts) - 1)
        portrait = EMPTY
        if self.options.has_portrait:
            room = needed - words.height - (0.06 if words.height else 0.0)
            portrait = self._portrait(COLUMN, min(max(room, COLUMN * 0.72), COLUMN * 1.15))
        column = self._column([portrait, *text], needed)
        spare = max(0.0, column.height - needed)
        panels = [on_panel(heightened(parts[0], parts[0].height + spare), pad, RADIUS * 1.6, "Panel views")]
        for block in parts[1:]:
            panels.append(on_panel(widened(block, wide), pad, RADIUS * 1.6, "Panel expressions"))
        return beside([column, below(panels, gap)], 0.08)

    @staticmethod
    def _column(parts: Sequence[Block], height: float) -> Block:
        """The left side, as high as the right: room left over goes between its parts, or above the last."""
        gap = 0.06
        shown = [part for part in parts if part.height]
        loose = height - below(shown, gap).height
        if len(shown) < 2 or loose <= 0:
            return below(shown, gap)
        if loose < 0.3:
            return below(shown, gap + loose / (len(shown) - 1))
        return below([below(shown[:-1], gap), shown[-1]], gap + loose)
