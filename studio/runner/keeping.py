"""Looks after claimed work: renews leases, carries cancels, asks about what has been silent."""

from __future__ import annotations

import contextlib
import logging
import sqlite3
import time
from collections.abc import Iterator

from studio.errors import StudioError
from studio.jobs import Jobs
from studio.records import jobs as records
from studio.records import leases
from studio.runner.carried import Board, Carried
from studio.runner.ending import Ender

log = logging.getLogger(__name__)

TICK_S = 0.25
PROGRESS_EVERY_S = 0.25
SAID_EVERY_S = 1.0
LONGEST_SAID = 500
SILENT_S = 5.0  # ask for work that has not been heard of for so long
DEAF_S = 1.0  # the same while there is no websocket on which anything could be heard
CANCEL_WAIT_S = 5.0  # after which cancelled work counts as cancelled even if its server does not answer


class Keeper:
    """One ticking thread for all servers."""

    def __init__(self, jobs: Jobs, board: Board, ender: Ender) -> None:
        self.jobs = jobs
        self.database = jobs.database
        self.board = board
        self.ender = ender
        self._seen: dict[str, float] = {}  # when each server was last not offline

    def run(self) -> None:
        """Tick until the runner stops."""
        renewed_at = 0.0
        lease_s = self.jobs.settings.studio_lease_s
        while not self.ender.stopping.wait(TICK_S):
            now = time.monotonic()
            with log_database_errors():
                if now - renewed_at >= lease_s / 3:
                    renewed_at = now
                    self._renew(lease_s)
                    self._sweep()
                records.cancel_overdue(self.database, time.time())
                self._look_after()

    def _renew(self, lease_s: float) -> None:
        held = self.board.held()
        if not held:
            return
        tokens = [(carried.task.id, carried.token) for carried in held]
        kept = leases.renew(self.database, tokens, time.time(), lease_s)
        for carried in held:
            if carried.task.id not in kept and self.board.take(carried.prompt_id) is not None:
                # Somebody else has the task, or its job is gone: what runs here is nobody's.
                self.ender.in_background(self._stop_on_server, carried)

    def _sweep(self) -> None:
        now = time.time()
        leases.free_lapsed(self.database, now)
        leases.release_strangers(self.database, [server.url for server in self.jobs.pool.servers], now)
        leases.expire(self.database, StudioError("job_timeout").to_json(), now)
        leases.end_cancelled(self.database, now)
        for server in self.jobs.pool.servers:
            if server.state != "offline":
                self._seen[server.url] = now
            others = any(other is not server for other in self.jobs.pool.online(server.kind))
            silent_s = now - self._seen.setdefault(server.url, now)
            if others and silent_s > self.jobs.settings.studio_server_grace_s:
                for carried in self.board.on(server):
                    self.ender.finish(carried, self.ender.server_gone)
                leases.release_server(self.database, server.url, now)

    def _look_after(self) -> None:
        everything = self.board.on_servers()
        if not everything:
            return
        unwanted = leases.cancels_requested(self.database, [carried.task.id for carried in everything])
        now = time.monotonic()
        for carried in everything:
            self.write_progress(carried)
            if not carried.sent:
                continue
            if carried.task.id in unwanted:
                self._ask_to_stop(carried)
            elif time.time() > carried.task.deadline_at:
                carried.deadline_passed = True
                self._ask_to_stop(carried)
            silent_s = SILENT_S if carried.server.listener.connected else DEAF_S
            if carried.server.state != "offline" and now - carried.heard_at > silent_s:
                carried.heard_at = now
                self.ender.in_background(self._ask_about, carried)

    def write_progress(self, carried: Carried) -> None:
        """Record how far a piece is, at most a few times a second."""
        now = time.monotonic()
        if now - carried.written_at < PROGRESS_EVERY_S or carried.progress <= carried.written_progress:
            return
        carried.written_at, carried.written_progress = now, carried.progress
        with log_database_errors():
            leases.write_progress(self.database, carried.task, carried.token, carried.progress, time.time())

    def write_said(self, carried: Carried, text: str) -> None:
        """Record what the server says about a piece, unless it says too much of it."""
        now, text = time.monotonic(), text[:LONGEST_SAID]
        if text == carried.said or (text and now - carried.said_at < SAID_EVERY_S):
            return
        carried.said, carried.said_at = text, now
        with log_database_errors():
            leases.say(self.database, carried.task, carried.token, text, time.time())

    def _ask_to_stop(self, carried: Carried) -> None:
        now = time.monotonic()
        if carried.cancel_sent_at is None:
            carried.cancel_sent_at = now
            self.ender.in_background(self._stop_on_server, carried)
        elif now - carried.cancel_sent_at > CANCEL_WAIT_S:
            self.ender.finish(carried, self.ender.interrupted)

    def _stop_on_server(self, carried: Carried) -> None:
        try:
            carried.server.client.cancel(carried.prompt_id)
        except StudioError as error:
            log.warning("cannot stop %s on %s: %s", carried.prompt_id, carried.server.url, error)
            return
        # What only waited there is gone without a word, and what has ended just now has said so already.
        self._ask_about(carried)

    def _ask_about(self, carried: Carried) -> None:
        try:
            where = carried.server.client.whereabouts(carried.prompt_id)
        except StudioError as error:
            log.warning("cannot ask %s about %s: %s", carried.server.url, carried.prompt_id, error)
            return
        if where == "done":
            carried.socket_whole = False
            self.ender.finish(carried, self.ender.collect)
        elif where == "unknown":
            self.ender.finish(carried, self.ender.lost)


@contextlib.contextmanager
def log_database_errors() -> Iterator[None]:
    """A full disk or a locked file must not end the threads that go on once it is mended."""
    try:
        yield
    except sqlite3.OperationalError as error:
        log.error("the records cannot be written: %s", error)
