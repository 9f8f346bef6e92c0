"""Carries queued tasks to servers, follows them there, collects what they made, recovers after a crash."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable

from studio.comfy import events
from studio.comfy.pool import Server
from studio.errors import StudioError
from studio.jobs import Jobs
from studio.records import leases
from studio.records.entities import Job
from studio.runner.carried import Board, Carried, prompt_id_of
from studio.runner.carrying import Carrier
from studio.runner.ending import Ender
from studio.runner.feeding import Feeder
from studio.runner.keeping import Keeper, log_database_errors
from studio.runner.maps import ControlMaps
from studio.runner.pieces import Pieces
from studio.runner.placing import Placing

__all__ = ["Runner", "prompt_id_of"]

MOST_BEFORE_END = 95.0  # percent; the rest is bringing the results home
STOP_S = 10.0


class Runner:
    """One carrying thread for each server, one that keeps leases, and a few that end work."""

    def __init__(self, jobs: Jobs) -> None:
        self.jobs = jobs
        self.database = jobs.database
        self.board = Board()
        pieces = Pieces(jobs)
        self.ender = Ender(jobs, self.board, pieces)
        self.keeper = Keeper(jobs, self.board, self.ender)
        self.placing = Placing(jobs.database, jobs.pool, self.board)
        maps = ControlMaps(
            jobs.pool,
            jobs.settings.maps_path,
            jobs.settings.temp_path,
            self.ender.stopping,
            jobs.forget_engine_files,
        )
        self.feeder = Feeder(jobs.files, maps, pieces)
        self.carriers: list[Carrier] = []
        self._threads: list[threading.Thread] = []
        self._carrying: dict[str, threading.Thread] = {}  # by the server's address

    def start(self) -> None:
        """Begin to carry tasks."""
        self.jobs.pool.subscribe(self._on_event)
        self.jobs.pool.on_members(self._join, self._leave)
        self._spawn("leases", self.keeper.run)

    def _spawn(self, name: str, target: Callable[[], None]) -> threading.Thread:
        thread = threading.Thread(target=target, name=name, daemon=True)
        thread.start()
        self._threads.append(thread)
        return thread

    def _join(self, server: Server) -> None:
        carrier = Carrier(self.jobs, self.board, self.ender, self.placing, self.feeder, server)
        self.carriers.append(carrier)
        self._carrying[server.url] = self._spawn(f"carry {server.url}", carrier.run)

    def _leave(self, server: Server) -> None:
        """Carry nothing there any more; what is there goes to the others."""
        for carrier in [carrier for carrier in self.carriers if carrier.server is server]:
            carrier.leaving.set()
            self.carriers.remove(carrier)
        self.database.wake_all()
        if (thread := self._carrying.pop(server.url, None)) is not None:
            thread.join(STOP_S)
            self._threads.remove(thread)
        for carried in self.board.on(server):
            with contextlib.suppress(StudioError):  # it is let go of for a reason, perhaps for being broken
                server.client.cancel(carried.prompt_id)
            self.ender.finish(carried, self.ender.server_gone)
        leases.release_server(self.database, server.url, time.time())
        self.placing.forget(server)

    def stop(self) -> None:
        """Stop carrying and hand running work back, so that the next start goes on with it."""
        self.ender.stopping.set()
        self.database.wake_all()
        for thread in self._threads:
            thread.join(STOP_S)
        self.ender.stop()
        now = time.time()
        for carried in self.board.clear():
            # The embedded engine ends with us, so its copy of the work is gone for certain.
            ends_with_us = carried.server.kind == "embedded" and not self.jobs.settings.studio_engine_url
            give_back = leases.unbind if ends_with_us else leases.hand_back
            give_back(self.database, carried.task, carried.token, now)

    def has_room(self, engine: str) -> bool:
        """Whether a task for this kind of server would be sent at once."""
        return any(carrier.server.kind == engine and carrier.has_room for carrier in tuple(self.carriers))

    def tasks_on(self, server: Server) -> int:
        """How many tasks of ours run or wait on a server."""
        return len(self.board.on(server))

    def takes_at_once(self, job: Job) -> bool:
        """Whether some of a job's work is sent already or will be without waiting for anything."""
        with_room = [one for one in tuple(self.carriers) if one.server.kind == job.engine and one.has_room]
        if any(task.server or task.lease_token for task in self.jobs.get(job.id).tasks):
            return True
        own = {task.id for task in job.tasks}
        return any(
            self.placing.is_alone(carrier.server) or self.placing.choose(carrier.server) in own
            for carrier in with_room
        )

    def _on_event(self, server: Server, event: events.Event) -> None:
        match event:
            case events.Offline():
                self.placing.gone(server)
                self.database.wake_all()  # what was left for it goes to others
            case events.Disconnected():
                for carried in self.board.on(server):
                    carried.socket_whole = False
            case events.Connected() | events.Online():
                self.database.wake_all()
                for carried in self.board.on(server):
                    carried.ask_soon()
            case _:
                carried = self.board.get(event.prompt_id)
                if carried is not None:
                    carried.heard_at = time.monotonic()
                    self._on_news(carried, event)

    def _on_news(self, carried: Carried, event: events.Event) -> None:
        match event:
            case events.Progress(node=node, value=value, maximum=most) if most > 1:
                carried.has_worked = True
                if carried.progress_of and node not in carried.progress_of:
                    return
                carried.note_progress(value / most, MOST_BEFORE_END)
                self.keeper.write_progress(carried)
            case events.Preview(mime=mime, data=data):
                self.jobs.set_preview(carried.task.job_id, mime, data)
            case events.Said(text=text):
                self.keeper.write_said(carried, text)
            case events.Executed(outputs=outputs, extras=extras):
                carried.outputs.extend(outputs)
                carried.extras.append(extras)
            case events.Started():
                carried.began_at = time.monotonic()
            case events.Executing():
                carried.has_worked = True
            case events.Succeeded():
                self.ender.finish(carried, self.ender.collect)
                with log_database_errors():
                    self.placing.succeeded(carried)
            case events.Faulted(fault=fault):
                self.ender.finish(carried, lambda carried: self.ender.failed(carried, fault.to_error()))
            case events.Interrupted():
                self.ender.finish(carried, self.ender.interrupted)
            case events.Settled():
                carried.ask_soon()
            case _:
                pass
