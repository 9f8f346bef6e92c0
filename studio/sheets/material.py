"""The pictures of a sheet in memory: cut out of their backgrounds, and kept for the next sheet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from studio.errors import StudioError
from studio.files import FileStore
from studio.pictures.colours import Swatch, palette
from studio.pictures.figure import Cut, Picture, are_alike, cut_out, decode_up_to
from studio.sheets.content import Cell, Content
from studio.sheets.kept import Kept

KEPT_BYTES = 128 * 2**20
KEPT_PALETTES = 200
MOST_PIXELS = 8_000_000  # of one picture: four of them fill the largest sheet


def _bytes_of(cut: Cut) -> int:
    return cut.image.width * cut.image.height * (8 if cut.how == "estimate" else 4)


_cuts: Kept[Cut] = Kept(KEPT_BYTES, _bytes_of)
_agreed: Kept[bool] = Kept(KEPT_PALETTES, lambda _: 1)
_palettes: Kept[tuple[Swatch, ...]] = Kept(KEPT_PALETTES, lambda _: 1)


def load(files: FileStore, cell: Cell) -> Cut:
    """The picture of a cell, cut out where that can be done; a very large one at a size that will do."""
    path = files.output_path(cell.output.job_id, cell.output.name)
    if not path.is_file():
        raise StudioError("output_not_found", name=cell.output.name)
    return _cuts.get(cell.output.sha256, lambda: cut_out(decode_up_to(path, MOST_PIXELS)))


def load_all(files: FileStore, content: Content) -> tuple[Content, dict[Cell, Cut]]:
    """All pictures of a sheet; a redrawn one that is another picture by now gives way to the view's own."""
    views = tuple(_true_to_its_view(files, cell) for cell in content.views)
    content = replace(content, views=views)
    return content, {cell: load(files, cell) for cell in content.cells}


def _true_to_its_view(files: FileStore, cell: Cell) -> Cell:
    """After an update the engine may draw the same request otherwise than it did."""
    if cell.original is None:
        return cell
    own = Cell(cell.kind, cell.key, cell.original)
    if not files.output_path(own.output.job_id, own.output.name).is_file():
        return cell
    key = (cell.output.sha256, own.output.sha256)
    agrees = _agreed.get(key, lambda: are_alike(load(files, cell).image, load(files, own).source))
    return cell if agrees else own


def palette_of(views: Sequence[Cell], cuts: Mapping[Cell, Cut]) -> tuple[Swatch, ...]:
    """The character's colours over its views, without their backgrounds where these could be told."""
    figures = [cuts[cell] for cell in views]
    told = [cut for cut in figures if cut.how != "none"]
    key = tuple(sorted(cell.output.sha256 for cell in views))
    return _palettes.get(key, lambda: palette([_in_sight(cut) for cut in told or figures]))


def _in_sight(cut: Cut) -> Picture:
    """The figure, or the middle of a picture from which it could not be told."""
    if cut.how != "none":
        return cut.image.crop(cut.box)
    width, height = cut.image.size
    return cut.image.crop((width * 2 // 5, height // 12, width - width * 2 // 5, height - height // 12))
