"""Which server takes which waiting task: the one that will have it done first, by what past work took.

The rule. Every waiting task goes, in the order of the queue, to the server that would finish it soonest:
after what that server still has to do, after loading the models if it ran others last, at the pace that it
has shown. What nobody knows yet is guessed alike for all, and loading then counts as much as one run. So a
task waits for a server that has its checkpoint loaded as long as that is quicker than loading it elsewhere, a
slow server only gets what a quick one could not finish sooner, and views of one job spread over idle servers.

The bound. Guesses may be wrong, so no idle server leaves the same task to others for longer than
`PATIENCE_S`; after that the first idle server that can run it takes it.
"""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from studio import workflows
from studio.comfy.pool import Pool, Server
from studio.records import Database, leases, runs, waiting
from studio.records.runs import History, Work
from studio.records.waiting import Waiting
from studio.runner.carried import Board, Carried

PATIENCE_S = 30.0
LOOK_AHEAD = 100  # tasks
GUESS_S = 10.0  # for a run, while nothing at all is known
HASTE = 1.1  # what is only promised for later counts a little more than what can begin now
LATE = 0.5  # work that takes longer than expected is expected to take half of its time again


class Paces:
    """How quick each server is at what, as far as past work tells."""

    def __init__(self, history: History) -> None:
        self._history = history
        self._groups: dict[tuple[str | None, str | None, Work | None], list[float]] = {}
        for (server, work), seconds in {**history.cold, **history.warm}.items():
            keys = [(None, None, work), (server, work.workflow, None), (None, work.workflow, None)]
            for key in (*keys, (server, None, None), (None, None, None)):
                self._groups.setdefault(key, []).append(seconds.median)
        self._loading: dict[str, list[float]] = {}
        for (server, work), seconds in history.cold.items():
            if warm := history.warm.get((server, work)):
                self._loading.setdefault(server, []).append(max(0.0, seconds.median - warm.median))

    def run_s(self, server: str, work: Work) -> float:
        """What this work will take on a server: from equal work there, else from what is nearest to it."""
        if known := self._history.of(server, work):
            return known.median
        for key in ((None, None, work), (server, work.workflow, None), (None, work.workflow, None)):
            if seconds := self._groups.get(key):
                return statistics.median(seconds)
        nearest = self._groups.get((server, None, None)) or self._groups.get((None, None, None))
        return statistics.median(nearest) if nearest else GUESS_S

    def loading_s(self, server: str, work: Work) -> float:
        """What it costs to load the models for this work there."""
        if not work.models:
            return 0.0
        known = self._loading.get(server)
        return statistics.median(known) if known else self.run_s(server, work)


@dataclass
class _Place:
    """A server in the mind: when it will be done with what it has, and what is loaded then."""

    server: Server
    free_s: float
    models: str | None
    tasks: int  # on it now
    given: int = 0
    foreign: int = 0

    @property
    def is_idle(self) -> bool:
        return not (self.tasks or self.given or self.foreign)


@dataclass
class _Memory:
    """What is known of the servers in this process."""

    models: dict[str, str] = field(default_factory=dict)  # that each ran last
    left_at: dict[str, float] = field(default_factory=dict)  # when an idle server first left a task to others
    runnable: dict[tuple[str, int, int], bool] = field(default_factory=dict)  # by server, revision and needs


class Placing:
    """Decides for all servers of this process, one question at a time."""

    def __init__(self, database: Database, pool: Pool, board: Board) -> None:
        self.database = database
        self.pool = pool
        self.board = board
        self._lock = threading.Lock()
        self._memory = _Memory()
        self._paces: Paces | None = None
        self._history = History()

    def needs_for(self, server: Server) -> list[int]:
        """The numbers of all needs that a server can meet."""
        known = leases.all_needs(self.database)
        return [number for number, text in known.items() if self._can_run(server, number, text)]

    def is_alone(self, server: Server) -> bool:
        """Whether there is no other server of its kind to which work could go now."""
        return not any(other is not server for other in self.pool.online(server.kind))

    def choose(self, server: Server) -> str | None:
        """The id of the task that a server should take now."""
        with self._lock:
            return self._choose(server, time.time())

    def _choose(self, server: Server, now: float) -> str | None:
        texts = leases.all_needs(self.database)
        places = [self._place(other) for other in self.pool.online(server.kind)]
        able = {
            number: found
            for number, text in texts.items()
            if (found := [place for place in places if self._can_run(place.server, number, text)])
        }
        rows = self._rows(server, {number: texts[number] for number in able}, now)
        own = next((place for place in places if place.server is server), None)
        if own is None:
            return None
        self._forget_old(rows, now)
        for row in rows:
            candidates = able[row.needs]
            if row.server is not None:
                candidates = [own]
            if not candidates:
                continue
            best = min(candidates, key=lambda place: self._cost(place, row.work))
            is_idle = own.is_idle and own in candidates
            if best is own and self._may_queue(own, candidates):
                return row.task_id
            if is_idle and now - self._memory.left_at.setdefault(row.task_id, now) > PATIENCE_S:
                return row.task_id
            self._give(best, row.work)
        return None

    def _may_queue(self, own: _Place, candidates: Sequence[_Place]) -> bool:
        """Whether a task may go behind another one: not while a server is idle that may yet have it."""
        return not own.tasks or not any(place.is_idle for place in candidates if place is not own)

    def _rows(self, server: Server, texts: Mapping[int, str], now: float) -> list[Waiting]:
        if not texts:
            return []
        models = {number: workflows.large_models(text) for number, text in texts.items()}
        return waiting.ready(self.database, server.url, models, now, LOOK_AHEAD)

    def _forget_old(self, rows: Iterable[Waiting], now: float) -> None:
        waiting_ids = {row.task_id for row in rows}
        left_at = self._memory.left_at
        for task_id in [task_id for task_id in left_at if task_id not in waiting_ids]:
            # A task that only one of the servers does not see is not forgotten at once.
            if now - left_at[task_id] > 2 * PATIENCE_S:
                del left_at[task_id]

    def _cost(self, place: _Place, work: Work) -> float:
        paces, url = self._known_paces(), place.server.url
        cost = HASTE * place.free_s + paces.run_s(url, work)
        return cost if self._has_loaded(place, work) else cost + paces.loading_s(url, work)

    def _give(self, place: _Place, work: Work) -> None:
        paces, url = self._known_paces(), place.server.url
        loading_s = 0.0 if self._has_loaded(place, work) else paces.loading_s(url, work)
        place.free_s += loading_s + paces.run_s(url, work)
        place.models = work.models
        place.given += 1

    @staticmethod
    def _has_loaded(place: _Place, work: Work) -> bool:
        return not work.models or place.models == work.models

    def _place(self, server: Server) -> _Place:
        carried = self.board.on(server)
        free_s = 0.0
        for piece in carried:
            free_s += self._left_s(server, piece)
        foreign = self._foreign(server)
        paces = self._known_paces()
        # Whatever others do there, it takes about as long as what we do there.
        free_s += foreign * paces.run_s(server.url, Work("", "", 0.0, 0))
        return _Place(server, free_s, self._last_models(server), len(carried), foreign=foreign)

    def _left_s(self, server: Server, carried: Carried) -> float:
        work, paces = carried.work, self._known_paces()
        if work is None:
            return GUESS_S
        expected_s = paces.run_s(server.url, work)
        if carried.is_cold:
            expected_s += paces.loading_s(server.url, work)
        if carried.began_at is None:
            return expected_s
        elapsed_s = time.monotonic() - carried.began_at
        return expected_s - elapsed_s if elapsed_s < expected_s else LATE * elapsed_s

    def _foreign(self, server: Server) -> int:
        """How many prompts of others are there, as far as its queue told when it was last asked."""
        return sum(
            not self.board.has_sent(prompt_id) for prompt_id in (*server.queue.running, *server.queue.pending)
        )

    def _last_models(self, server: Server) -> str | None:
        known = self._memory.models.get(server.url)
        return known if known is not None else self._history.loaded.get(server.url)

    def _known_paces(self) -> Paces:
        if self._paces is None:
            self._history = runs.history(self.database)
            self._paces = Paces(self._history)
        return self._paces

    def _can_run(self, server: Server, number: int, text: str) -> bool:
        info = server.info
        if info is None:
            return False
        key = (server.url, server.revision, number)
        known = self._memory.runnable
        if key not in known:
            known[key] = workflows.can_run(text, server.kind, info)
        return known[key]

    # ------------------------------------------------------------ what happens

    def sending(self, carried: Carried, workflow: str, request: Mapping[str, Any]) -> None:
        """Note that a piece goes to its server, which will then have its models loaded."""
        text = leases.all_needs(self.database).get(carried.task.needs, "")
        models = workflows.large_models(text) if text else ""
        with self._lock:
            self._known_paces()
            carried.is_cold = bool(models) and self._last_models(carried.server) != models
            self._memory.models[carried.server.url] = models
            carried.work = runs.work_of(workflow, models, request)

    def succeeded(self, carried: Carried) -> None:
        """Remember what a piece took, if it ran from start to end before our eyes."""
        if carried.work is None or carried.began_at is None or not carried.has_worked:
            return
        seconds, now = time.monotonic() - carried.began_at, time.time()
        runs.note(self.database, carried.server.url, carried.work, seconds, is_cold=carried.is_cold, now=now)
        with self._lock:
            self._paces = None

    def gone(self, server: Server) -> None:
        """Note that a server went away: it may come back without anything loaded."""
        with self._lock:
            self._known_paces()
            self._memory.models[server.url] = ""

    def forget(self, server: Server) -> None:
        """Forget a server that is no longer used."""
        with self._lock:
            self._memory.models.pop(server.url, None)
            self._paces = None
