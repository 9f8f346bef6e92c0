"""Many pictures as one ZIP that is written while it is sent: whatever its size, little of it is in memory."""

from __future__ import annotations

import datetime
import json
import re
import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from studio import zips
from studio.errors import StudioError
from studio.records.gallery import Item

MAX_SLUG = 48
MAX_SELECTIONS = 200


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
    outlet = zips.Outlet()
    taken: set[str] = set()
    missing: list[str] = []
    with zips.opened(outlet) as target:
        for item in items:
            name = _free_name(item, taken)
            try:
                recipe = json.dumps(recipe_of(item), indent=1, ensure_ascii=False)
                for _ in zips.add_file(target, path_of(item), name, item.output.created_at):
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
