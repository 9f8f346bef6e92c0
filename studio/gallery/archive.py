"""Many pictures as one ZIP that is written while it is sent: whatever its size, little of it is in memory."""

from __future__ import annotations

import datetime
import io
import json
import re
import secrets
import threading
import zipfile
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from studio.errors import StudioError
from studio.records.gallery import Item

BLOCK = 256 * 1024
MAX_SLUG = 48
MAX_SELECTIONS = 200


class _Outlet(io.RawIOBase):
    """What the ZIP writes into, and the sender takes from."""

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


class Selections:
    """Which pictures somebody is about to download: browsers follow an address, and that must be short."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, tuple[str, ...]] = OrderedDict()
        self._lock = threading.Lock()

    def keep(self, ids: Sequence[str]) -> str:
        """Remember a selection for a while, under a name that nobody can guess."""
        if not ids:
            raise StudioError("selection_empty")
        token = secrets.token_urlsafe(18)
        with self._lock:
            self._kept[token] = tuple(ids)
            while len(self._kept) > MAX_SELECTIONS:
                self._kept.popitem(last=False)
        return token

    def get(self, token: str) -> tuple[str, ...]:
        """The pictures of a selection."""
        with self._lock:
            ids = self._kept.get(token)
        if ids is None:
            raise StudioError("selection_gone")
        return ids


def archive(
    items: Iterable[Item], path_of: Callable[[Item], Path], recipe_of: Callable[[Item], dict[str, Any]]
) -> Iterator[bytes]:
    """A ZIP of the pictures with a recipe for each; what is gone from the disk is listed in it."""
    outlet = _Outlet()
    taken: set[str] = set()
    missing: list[str] = []
    # Pictures are packed already; storing them costs nothing.
    with zipfile.ZipFile(outlet, "w", zipfile.ZIP_STORED) as target:
        for item in items:
            name = _free_name(item, taken)
            try:
                recipe = json.dumps(recipe_of(item), indent=1, ensure_ascii=False)
                for _ in _add(target, path_of(item), name, item.output.created_at):
                    yield outlet.take()
            except (FileNotFoundError, StudioError):  # somebody has deleted it meanwhile
                missing.append(f"{item.id} {item.output.name}")
                continue
            target.writestr(f"recipes/{name}.json", recipe.encode("utf-8", "replace"))
            yield outlet.take()
        if missing:
            text = (
                "These pictures are in the records, but their files are gone:\n" + "\n".join(missing) + "\n"
            )
            target.writestr("missing.txt", text)
    yield outlet.take()


def _add(target: zipfile.ZipFile, path: Path, name: str, at: float) -> Iterator[None]:
    with path.open("rb") as source:
        moment = datetime.datetime.fromtimestamp(max(at, 315_619_200), datetime.UTC)  # ZIP begins with 1980
        entry = zipfile.ZipInfo(name, moment.timetuple()[:6])
        entry.file_size = path.stat().st_size  # so that one of many gigabytes gets the large form
        entry.external_attr = 0o644 << 16
        with target.open(entry, "w") as opened:
            while block := source.read(BLOCK):
                opened.write(block)
                yield


def _free_name(item: Item, taken: set[str]) -> str:
    day = datetime.datetime.fromtimestamp(item.output.created_at, datetime.UTC).strftime("%Y-%m-%d")
    words = re.sub(r"[^\w]+", "-", item.prompt.split("\n")[0])[:MAX_SLUG].strip("-_") or "picture"
    suffix = PurePosixPath(item.output.name).suffix
    view = re.sub(r"[^\w]+", "-", item.output.view)
    stem = f"{day}_{words}_{view}_{item.seed}"
    name, number = f"{stem}{suffix}", 1
    while name.casefold() in taken:
        number += 1
        name = f"{stem}_{number}{suffix}"
    taken.add(name.casefold())
    return name
