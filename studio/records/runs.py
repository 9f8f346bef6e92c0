"""How long work really took, and where: what estimates and the choice of a server go by."""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from studio.records.database import Database

KEPT_OF_A_KIND = 25  # the newest; servers get other cards, and models other versions
MOST_READ = 5_000
LEAST = 0.01  # megapixels, so that nothing is divided by nothing
USUAL_FPS, USUAL_SIDES = 25, 512 * 512  # of films whose request leaves these to their clips


@dataclass(frozen=True)
class Work:
    """What a piece of work is, as far as its seconds go: equal work takes equally long on one server."""

    workflow: str
    models: str  # the large ones that must be loaded for it
    megapixels: float  # all pictures of one prompt together
    steps: int
    is_film: bool = field(default=False, compare=False)  # whose seconds grow with its length


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
        known = self.warm.get((server, work)) or self.cold.get((server, work))
        return self._by_length(server, work) if known is None and work.is_film else known

    def _by_length(self, server: str, work: Work) -> Seconds | None:
        """What a film takes by one of another length: each of its pictures takes about as long."""
        for group in (self.warm, self.cold):
            alike = [
                (abs(math.log(max(other.megapixels, LEAST) / max(work.megapixels, LEAST))), other, seconds)
                for (url, other), seconds in group.items()
                if url == server
                and (other.workflow, other.models, other.steps) == (work.workflow, work.models, work.steps)
            ]
            if alike:
                _, other, seconds = min(alike, key=lambda one: one[0])
                share = max(work.megapixels, LEAST) / max(other.megapixels, LEAST)
                return Seconds(seconds.median * share, seconds.runs)
        return None


def work_of(workflow: str, models: str, request: Mapping[str, Any]) -> Work:
    """The work that one picture, or one film, of a recorded request is."""
    sides = (request.get("width") or 0) * (request.get("height") or 0) or (
        request.get("resolution") or 0
    ) ** 2
    duration_s = request.get("duration_s")
    is_film = duration_s is not None
    count = duration_s * (request.get("fps") or USUAL_FPS) if is_film else request.get("variants") or 1
    # Two digits: what is nearly the same size takes nearly the same time.
    megapixels = float(
        f"{(sides or USUAL_SIDES) * count / 1e6:.2g}" if is_film else f"{sides * count / 1e6:.2g}"
    )
    return Work(workflow, models, megapixels, request.get("steps") or 0, is_film)


def members() -> tuple[str, ...]:
    """What `work_of` reads of a request."""
    return ("width", "height", "variants", "steps", "resolution", "fps", "duration_s")


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
