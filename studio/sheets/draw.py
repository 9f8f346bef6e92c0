"""From places to pictures: every thing on a sheet as a named layer in pixels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from studio.pictures import letters, sheet
from studio.pictures.figure import Cut, feet, head_and_shoulders
from studio.pictures.sheet import Layer
from studio.sheets.blocks import Block, Card, Figure, Shape, Text
from studio.sheets.content import Cell
from studio.sheets.options import SheetOptions
from studio.sheets.theme import Theme

SHADOW = 0.42


@dataclass
class Drawing:
    """Draws one sheet at one scale and notes what could not be drawn."""

    cuts: Mapping[Cell, Cut]
    options: SheetOptions
    theme: Theme
    font: str | Path
    unit_px: float  # the height of the tallest figure
    is_pixel_art: bool = False
    missing: list[str] = field(default_factory=list)

    def layers(self, block: Block, size: tuple[int, int], x: float, y: float) -> list[Layer]:
        """The background, then everything in the block, whose corner is at these pixels."""
        found: list[Layer] = []
        if self.options.background:
            ground = sheet.gradient(size, self.options.background, self.options.background_angle)
            found.append(Layer("Background", ground, 0, 0))
        for item in block.items:
            found += self._drawn(item, x, y)
        return found

    def _drawn(self, item: Text | Figure | Card | Shape, x: float, y: float) -> Iterator[Layer]:
        left, top = x + item.x * self.unit_px, y + item.y * self.unit_px
        if isinstance(item, Text):
            yield from self._text(item, left, top)
        elif isinstance(item, Figure):
            yield from self._figure(item, left, top)
        elif isinstance(item, Card):
            yield from self._card(item, left, top)
        else:
            yield self._shape(item, left, top)

    def _text(self, item: Text, left: float, base: float) -> Iterator[Layer]:
        size, most = item.size * self.unit_px, item.most * self.unit_px
        colour = self.theme.of(item.role)
        line = letters.write(item.words, size, colour, self.font, tracking=item.tracking * size)
        if most and line.width > most:
            size *= most / line.width
            line = letters.write(item.words, size, colour, self.font, tracking=item.tracking * size)
        self.missing += line.missing
        if line.width:
            share = {"left": 0.0, "middle": 0.5, "right": 1.0}[item.anchor]
            place = round(left - line.width * share), round(base) - line.rise
            yield Layer(item.layer or item.words, line.image, *place)

    def _figure(self, item: Figure, left: float, top: float) -> Iterator[Layer]:
        cut, name = self.cuts[item.cell], item.cell.key.capitalize()
        scale = item.height * self.unit_px / cut.size[1]
        image = sheet.scaled(cut.image, cut.box, scale, hard=self.is_pixel_art)
        bottom = round(top + item.height * self.unit_px)
        if item.has_shadow:
            first, last = feet(cut)
            wide = max(8, round((last - first) * image.width * 1.5 + 0.03 * self.unit_px))
            high = max(4, round(0.042 * self.unit_px))
            middle = left + (first + last) / 2 * image.width
            shade = sheet.ground_shadow(wide, high, SHADOW)
            yield Layer(f"{name} shadow", shade, round(middle - wide / 2), bottom - round(high * 0.62))
        yield Layer(name, image, round(left), bottom - image.height)

    def _card(self, item: Card, left: float, top: float) -> Iterator[Layer]:
        cut = self.cuts[item.cell]
        wide, high = max(1, round(item.width * self.unit_px)), max(1, round(item.height * self.unit_px))
        if item.cell.kind == "view" and item.crop == "all":
            image = sheet.filled(cut.source, wide, high)
        else:
            picture = cut.source if cut.how == "none" else cut.image
            if item.crop == "bust":
                picture = picture.crop(head_and_shoulders(cut, wide / high))
            image = sheet.gradient((wide, high), self.theme.card)
            image.alpha_composite(sheet.filled(picture, wide, high, middle=(0.5, 0.2)))
        radius = min(0.022 * self.unit_px, min(wide, high) / 4)
        yield Layer(item.layer or item.cell.key, sheet.rounded(image, radius), round(left), round(top))

    def _shape(self, item: Shape, left: float, top: float) -> Layer:
        right, bottom = left + item.width * self.unit_px, top + item.height * self.unit_px
        x, y = round(left), round(top)
        wide, high = max(1, round(right) - x), max(1, round(bottom) - y)
        if item.colour:
            fill, rim = sheet.colour_of(item.colour), (*self.theme.of("ink")[:3], 40)
            image = sheet.panel(wide, high, item.radius * self.unit_px, fill, rim, self.unit_px * 0.0015)
        else:
            image = sheet.panel(wide, high, item.radius * self.unit_px, self.theme.of(item.role))
        return Layer(item.layer or item.role.capitalize(), image, x, y)
