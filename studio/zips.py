"""ZIPs that are written while they are sent: whatever their size, little of them is in memory."""

from __future__ import annotations

import datetime
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

BLOCK = 256 * 1024
FIRST_YEAR = 315_619_200  # ZIP begins with 1980


class Outlet(io.RawIOBase):
    """What a ZIP writes into, and its sender takes from."""

    def __init__(self) -> None:
        self._blocks: list[bytes] = []

    def writable(self) -> bool:
        """Whether it can be written to: that is all that it is for."""
        return True

    def write(self, data: Any) -> int:
        """Take in a block."""
        block = bytes(data)
        self._blocks.append(block)
        return len(block)

    def take(self) -> bytes:
        """All that was written since the last time."""
        blocks, self._blocks = self._blocks, []
        return b"".join(blocks)


def opened(outlet: Outlet) -> zipfile.ZipFile:
    """A ZIP of pictures and sounds: they are packed already, so storing them costs nothing."""
    return zipfile.ZipFile(outlet, "w", zipfile.ZIP_STORED)


def add_file(target: zipfile.ZipFile, path: Path, name: str, at: float) -> Iterator[None]:
    """Add a file in blocks; whoever sends takes after each of them."""
    with path.open("rb") as source:
        moment = datetime.datetime.fromtimestamp(max(at, FIRST_YEAR), datetime.UTC)
        entry = zipfile.ZipInfo(name, moment.timetuple()[:6])
        entry.file_size = path.stat().st_size  # so that one of many gigabytes gets the large form
        entry.external_attr = 0o644 << 16
        with target.open(entry, "w") as opened_entry:
            while block := source.read(BLOCK):
                opened_entry.write(block)
                yield
