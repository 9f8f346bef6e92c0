"""How long work really took, and where: what estimates and the choice of a server go by."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from studio.records.database import Database

KEPT_OF_A_KIND = 25  # the newest; servers get other cards, and models other versions
MOST_READ = 5_000


@dataclass(frozen=True)
class Work:
    """What a piece of work is, as far as its seconds go: equal work takes equally long on one server."""

    workflow: str
    models: str  # the large ones that must be loaded for it
    megapixels: float  # all pictures of one prompt together
    steps: int


@dataclass(frozen=True)
class Seconds:
    """What is known of one kind of work on one server."""

    median: float
    runs: int


@dataclass(frozen=True)
class History:
    """The seconds of past work by server, with models at hand and where they had to be loaded first."""

    warm: Mapping[tuple[str, Work], Seconds] = field(default_factory=dict)
    cold: Mapping[tuple[str, Work], Seconds] = field(default_factory=dict)
    loaded: Mapping[str, str] = field(default_factory=dict)  # the models that each server ran last

    def of(self, server: str, work: Work) -> Seconds | None:
        """What this very work takes on a server; None if it was never done there."""
        return self.warm.get((server, work)) or self.cold.get((server, work))


def work_of(workflow: str, models: str, request: Mapping[str, Any]) -> Work:
    """The work that one picture of a recorded request is."""
    sides = (request.get("width") or 0) * (request.get("height") or 0)
    # Two digits: what is nearly the same size takes nearly the same time.
    megapixels = float(f"{sides * (request.get('variants') or 1) / 1e6:.2g}")
    return Work(workflow, models, megapixels, request.get("steps") or 0)


def note(database: Database, server: str, work: Work, seconds: float, *, is_cold: bool, now: float) -> None:
    """Remember how long a piece of work took; only the newest of its kind are kept."""
    kind = (server, work.workflow, work.models, work.megapixels, work.steps)
    with database.write() as connection:
        connection.execute(
            """INSERT INTO runs (server, workflow, models, megapixels, steps, seconds, is_cold, at)
               VALUES (?, ?, ?, ?, ?, ?, ?, ?)""",
            (*kind, seconds, int(is_cold), now),
        )
        connection.execute(
            """DELETE FROM runs WHERE server = ? AND workflow = ? AND models = ? AND megapixels = ?
                   AND steps = ? AND is_cold = ? AND seq NOT IN (
                       SELECT seq FROM runs WHERE server = ? AND workflow = ? AND models = ?
                           AND megapixels = ? AND steps = ? AND is_cold = ? ORDER BY seq DESC LIMIT ?
                   )""",
            (*kind, int(is_cold), *kind, int(is_cold), KEPT_OF_A_KIND),
        )


def history(database: Database) -> History:
    """All that is known of past work."""
    rows = database.connection.execute(
        """SELECT server, workflow, models, megapixels, steps, seconds, is_cold FROM runs
           ORDER BY seq DESC LIMIT ?""",
        (MOST_READ,),
    ).fetchall()
    found: tuple[dict[tuple[str, Work], list[float]], ...] = (defaultdict(list), defaultdict(list))
    loaded: dict[str, str] = {}
    for server, workflow, models, megapixels, steps, seconds, is_cold in rows:
        found[is_cold][server, Work(workflow, models, megapixels, steps)].append(seconds)
        loaded.setdefault(server, models)
    warm, cold = ({key: _median(seconds) for key, seconds in group.items()} for group in found)
    return History(warm, cold, loaded)


def forget_server(database: Database, server: str) -> None:
    """Drop what is known of a server that is no longer used."""
    with database.write() as connection:
        connection.execute("DELETE FROM runs WHERE server = ?", (server,))


def _median(seconds: list[float]) -> Seconds:
    return Seconds(statistics.median(seconds), len(seconds))
