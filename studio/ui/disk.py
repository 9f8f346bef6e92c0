"""What lies on the disk, counted now and then, for the tab with the servers."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from studio.ui import cards
from studio.ui.tail import Sight

if TYPE_CHECKING:
    from studio.assembly import Studio

KEPT_S = 30.0
LATEST = "latest"


@dataclass(frozen=True)
class Usage:
    """What lies on the disk, in bytes, and when it was counted."""

    outputs: int
    files: int
    records: int
    other: int
    free: int
    total: int
    at: float


def show_disk(counted: dict[str, Usage], sight: Sight) -> str:
    """What lies on the disk."""
    usage = counted.get(LATEST)
    if usage is None or time.time() - usage.at > KEPT_S:
        usage = counted[LATEST] = _count(sight.studio)
    pairs = [
        (sight.say("disk.outputs"), cards.size(usage.outputs)),
        (sight.say("disk.files"), cards.size(usage.files)),
        (sight.say("disk.records"), cards.size(usage.records)),
        (sight.say("disk.other"), cards.size(usage.other)),
        (sight.say("disk.free"), f"{cards.size(usage.free)} / {cards.size(usage.total)}"),
    ]
    clean = cards.button("clean", sight.say("action.clean"))
    return cards.section(sight.say("engine.disk"), cards.facts(pairs), clean)


def _count(studio: Studio) -> Usage:
    settings = studio.settings
    space = shutil.disk_usage(settings.storage_path)
    outputs, files = _bytes([settings.outputs_path]), _bytes([settings.files_path])
    place = settings.database_path
    records = _bytes(place.parent.glob(f"{place.name}*"))
    other = max(0, _bytes([settings.storage_path]) - outputs - files)
    return Usage(outputs, files, records, other, space.free, space.total, time.time())


def _bytes(places: Iterable[Path]) -> int:
    total = 0
    for place in places:
        for path in [place] if place.is_file() else place.rglob("*"):
            try:
                total += path.stat().st_size if path.is_file() else 0
            except FileNotFoundError:  # removed since it was listed
                continue
    return total
