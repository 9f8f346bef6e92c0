"""The pictures of a sheet in memory: cut out of their backgrounds, and kept for the next sheet."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Generic, TypeVar

from studio.errors import StudioError
from studio.files import FileStore
from studio.pictures import decode
from studio.pictures.colours import Swatch, palette
from studio.pictures.figure import Cut, cut_out
from studio.sheets.content import Cell, Content

KEPT_BYTES = 128 * 2**20
KEPT_PALETTES = 200


Value = TypeVar("Value")


class _Kept(Generic[Value]):
    """Values by their keys, up to a weight in all; the ones that were not used for longest go first."""

    def __init__(self, most: int, weigh: Callable[[Value], int]) -> None:
        self._most = most
        self._weigh = weigh
        self._values: OrderedDict[Hashable, Value] = OrderedDict()
        self._weight = 0
        self._lock = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], Value]) -> Value:
        """The value that is there, or a new one."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
                return self._values[key]
        value = make()  # outside the lock: it takes a while, and making one twice does no harm
        with self._lock:
            if key not in self._values and self._weigh(value) <= self._most:
                self._values[key] = value
                self._weight += self._weigh(value)
                while self._weight > self._most:
                    _, dropped = self._values.popitem(last=False)
                    self._weight -= self._weigh(dropped)
        return value


def _bytes_of(cut: Cut) -> int:
    return cut.image.width * cut.image.height * (8 if cut.how == "estimate" else 4)


_cuts: _Kept[Cut] = _Kept(KEPT_BYTES, _bytes_of)
_palettes: _Kept[tuple[Swatch, ...]] = _Kept(KEPT_PALETTES, lambda _: 1)


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
