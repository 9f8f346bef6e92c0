"""Carries queued tasks to servers, follows them there, collects what they made, recovers after a crash."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from studio.comfy import events
from studio.comfy.pool import Server
from studio.jobs import Jobs
from studio.records import leases
from studio.runner.carried import Board, Carried, prompt_id_of
from studio.runner.carrying import Carrier
from studio.runner.ending import Ender
from studio.runner.keeping import Keeper

__all__ = ["Runner", "prompt_id_of"]

MOST_BEFORE_END = 95.0  # percent; the rest is bringing the results home
STOP_S = 10.0


class Runner:
    """One carrying thread for each server, one that keeps leases, and a few that end work."""

    def __init__(self, jobs: Jobs) -> None:
        self.jobs = jobs
        self.database = jobs.database
        self.board = Board()
        self.ender = Ender(jobs, self.board)
        self.keeper = Keeper(jobs, self.board, self.ender)
        self.carriers = [Carrier(jobs, self.board, self.ender, server) for server in jobs.pool.servers]
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Begin to carry tasks."""
        self.jobs.pool.subscribe(self._on_event)
        for carrier in self.carriers:
            self._spawn(f"carry {carrier.server.url}", carrier.run)
        self._spawn("leases", self.keeper.run)

    def _spawn(self, name: str, target: Callable[[], None]) -> None:
        thread = threading.Thread(target=target, name=name, daemon=True)
        thread.start()
        self._threads.append(thread)

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
        return any(carrier.server.kind == engine and carrier.has_room for carrier in self.carriers)

    def _on_event(self, server: Server, event: events.Event) -> None:
        match event:
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
            case events.Progress(value=value, maximum=most) if most > 1:
                carried.progress = max(carried.progress, MOST_BEFORE_END * value / most)
                self.keeper.write_progress(carried)
            case events.Preview(mime=mime, data=data):
                self.jobs.set_preview(carried.task.job_id, mime, data)
            case events.Said(text=text):
                self.keeper.write_said(carried, text)
            case events.Executed(outputs=outputs, extras=extras):
                carried.outputs.extend(outputs)
                carried.extras.append(extras)
            case events.Succeeded():
                self.ender.finish(carried, self.ender.collect)
            case events.Faulted(fault=fault):
                self.ender.finish(carried, lambda carried: self.ender.failed(carried, fault.to_error()))
            case events.Interrupted():
                self.ender.finish(carried, self.ender.interrupted)
            case events.Settled():
                carried.ask_soon()
            case _:
                pass
