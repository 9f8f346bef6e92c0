"""The pictures of a sheet in memory: cut out of their backgrounds, and kept for the next sheet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from studio.errors import StudioError
from studio.files import FileStore
from studio.pictures import decode
from studio.pictures.colours import Swatch, palette
from studio.pictures.figure import Cut, cut_out
from studio.sheets.content import Cell, Content
from studio.sheets.kept import Kept

KEPT_BYTES = 128 * 2**20
KEPT_PALETTES = 200


def _bytes_of(cut: Cut) -> int:
    return cut.image.width * cut.image.height * (8 if cut.how == "estimate" else 4)


_cuts: Kept[Cut] = Kept(KEPT_BYTES, _bytes_of)
_palettes: Kept[tuple[Swatch, ...]] = Kept(KEPT_PALETTES, lambda _: 1)


def load(files: FileStore, cell: Cell) -> Cut:
    """The picture of a cell, cut out where that can be done."""
    path = files.output_path(cell.output.job_id, cell.output.name)
    if not path.is_file():
        raise StudioError("output_not_found", name=cell.output.name)
    return _cuts.get(cell.output.sha256, lambda: cut_out(decode(path)))


def load_all(files: FileStore, content: Content) -> dict[Cell, Cut]:
    """All pictures of a sheet."""
    return {cell: load(files, cell) for cell in content.cells}


def palette_of(views: Sequence[Cell], cuts: Mapping[Cell, Cut]) -> tuple[Swatch, ...]:
    """The character's colours over its views, without their backgrounds where these could be told."""
    figures = [cuts[cell] for cell in views]
    told = [cut for cut in figures if cut.how != "none"] or figures
    key = tuple(sorted(cell.output.sha256 for cell in views))
    return _palettes.get(key, lambda: palette([cut.image.crop(cut.box) for cut in told]))
