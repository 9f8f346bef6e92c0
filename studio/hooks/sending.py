"""Brings deliveries to their receivers: a few workers, one at most for each receiver, retries over hours."""

from __future__ import annotations

import email.utils
import json
import logging
import queue
import random
import sqlite3
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from studio import VERSION, fetch
from studio.errors import StudioError
from studio.hooks import bodies, signing
from studio.records import Database
from studio.records import hooks as records
from studio.records.hooks import TEST, Attempt, Claimed, Outcome
from studio.settings import Settings

log = logging.getLogger(__name__)

MAX_BYTES = 2000  # of an answer; what is beyond is not even read
SHOWN_CHARACTERS = 1000
JITTER = 0.2  # so that what failed together does not come back together
LONGEST_REST_S = 24 * 3600.0  # whatever Retry-After asks for
AGAIN_S = 1.0  # after the records could not be written
STOP_S = 3.0


@dataclass(frozen=True)
class Verdict:
    """What an attempt came to."""

    result: Attempt
    outcome: Outcome
    may_mend: bool = True
    rest_s: float | None = None


class Sender:
    """One thread that finds what is due, and a few that send it."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self.database = database
        self.settings = settings
        self.workers = settings.studio_webhook_workers
        self._queue: queue.SimpleQueue[Claimed | None] = queue.SimpleQueue()
        self._in_hand: dict[str, Claimed] = {}  # by their tokens
        self._lock = threading.Lock()
        self._stirred = threading.Event()
        self._stopping = threading.Event()
        self._left = threading.Event()  # whoever is late then must not touch the records any more
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Begin to send, with what an earlier run has left first."""
        for number in range(self.workers):
            self._spawn(f"webhook {number}", self._work)
        self._spawn("webhooks", self._find)

    def _spawn(self, name: str, target: Callable[[], None]) -> None:
        thread = threading.Thread(target=target, name=name, daemon=True)
        thread.start()
        self._threads.append(thread)

    def stop(self) -> None:
        """Begin nothing more; what is under way has a moment to end, and is sent again if it does not."""
        self._stopping.set()
        self.database.wake_all()
        for _ in range(self.workers):
            self._queue.put(None)
        until = time.monotonic() + STOP_S
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))
        self._left.set()

    # ------------------------------------------------------------------- finding

    def look(self) -> None:
        """Look at once for what is due."""
        self._stirred.set()
        self.database.wake_all()

    def _find(self) -> None:
        looked_at, known, due_at = 0.0, -1, None
        lease_s = self.settings.studio_lease_s
        while not self._stopping.is_set():
            moment = self.database.commits
            now = time.time()
            try:
                newest = records.newest(self.database)
                # Every commit of the studio wakes us; few of them are about webhooks.
                if (
                    self._stirred.is_set()
                    or newest != known
                    or now >= looked_at + lease_s / 3
                    or (due_at is not None and now >= due_at)
                ):
                    self._stirred.clear()
                    looked_at, known = now, newest
                    self._look_after(lease_s)
                    while not self._stopping.is_set() and (claimed := self._claim(lease_s)) is not None:
                        self._queue.put(claimed)
                    due_at = records.next_due_at(self.database, time.time())
            except sqlite3.OperationalError as error:
                log.error("webhooks wait, as the records cannot be written: %s", error)
                self._stirred.set()
                self._stopping.wait(AGAIN_S)
                continue
            until = looked_at + lease_s / 3
            self.database.wait(moment, min(until, due_at or until) - time.time())

    def _look_after(self, lease_s: float) -> None:
        with self._lock:
            held = list(self._in_hand)
        now = time.time()
        if held:
            records.renew(self.database, held, now, lease_s)
        records.free_lapsed(self.database, now)

    def _claim(self, lease_s: float) -> Claimed | None:
        with self._lock:
            free = self.workers - len(self._in_hand)
            troubled = sum(claimed.is_troubled for claimed in self._in_hand.values())
        if free <= 0:
            return None
        # Receivers that failed last time may hang again: one slot is theirs in turn with all others,
        # more only while nobody else wants them, and never the last one.
        ways = [True] if troubled == 0 else [False, True] if troubled < self.workers - 1 else [False]
        for with_troubled in ways:
            token = str(uuid.uuid4())
            claimed = records.claim(self.database, token, time.time(), lease_s, troubled=with_troubled)
            if claimed is not None:
                with self._lock:
                    self._in_hand[token] = claimed
                return claimed
        return None

    # ------------------------------------------------------------------- sending

    def _work(self) -> None:
        while (claimed := self._queue.get()) is not None:
            if self._stopping.is_set():
                return  # its lease runs out by itself
            try:
                verdict = self._send(claimed)
            except Exception as error:  # a worker must outlive what nobody foresaw
                log.exception("webhook %s", claimed.delivery.id)
                result = Attempt(claimed.at, time.time() - claimed.at, None, "", type(error).__name__)
                verdict = Verdict(result, "unreachable")
            self._record(claimed, verdict)
            with self._lock:
                del self._in_hand[claimed.token]
            self.look()  # there is room for another

    def _send(self, claimed: Claimed) -> Verdict:
        delivery, settings = claimed.delivery, self.settings
        content = json.dumps(bodies.body(delivery, settings), separators=(",", ":")).encode()
        now = time.time()
        headers = {
            "Content-Type": "application/json",
            "User-Agent": f"AvatarForge-Studio/{VERSION}",
            **signing.headers(delivery.id, content, signing.texts(self.database, settings), now),
        }
        bounds = fetch.Bounds(
            seconds=settings.studio_webhook_timeout_s,
            max_bytes=MAX_BYTES,
            cut=True,
            allow_private=settings.studio_allow_private_addresses,
        )
        began = time.monotonic()
        try:
            answer = fetch.request("POST", delivery.url, headers=headers, content=content, bounds=bounds)
        except StudioError as error:
            result = Attempt(now, time.monotonic() - began, None, "", error.message)
            return Verdict(result, "unreachable", may_mend=error.problem.retry_mends)
        shown = answer.body.decode("utf-8", "replace").replace("\0", "")[:SHOWN_CHARACTERS]
        result = Attempt(now, answer.seconds, answer.status, shown, None)
        if 200 <= answer.status < 300:
            return Verdict(result, "delivered")
        if answer.status == 410:
            return Verdict(result, "gone", may_mend=False)
        return Verdict(result, "refused", rest_s=_rest_s(answer.headers.get("retry-after"), now))

    def _record(self, claimed: Claimed, verdict: Verdict) -> None:
        delivery, now = claimed.delivery, time.time()
        again_at = None
        rest_until = now + verdict.rest_s if verdict.rest_s is not None else None
        pauses = () if delivery.event == TEST else self.settings.webhook_pauses_s
        if verdict.outcome != "delivered" and verdict.may_mend and delivery.tries < len(pauses):
            pause_s = pauses[delivery.tries] * random.uniform(1 - JITTER, 1 + JITTER)
            again_at = max(now + pause_s, rest_until or 0.0)
        if verdict.outcome != "delivered":
            log.warning(
                "webhook %s to %s: %s; %s",
                delivery.id,
                delivery.receiver,
                verdict.result.error or f"the answer was {verdict.result.status}",
                f"again in {again_at - now:.0f} s" if again_at is not None else "given up",
            )
        while not self._left.is_set():
            try:
                records.end_attempt(
                    self.database, claimed, verdict.result, verdict.outcome, now, again_at, rest_until
                )
                return
            except sqlite3.OperationalError as error:
                log.error("the end of webhook %s cannot be recorded: %s; trying again", delivery.id, error)
                self._left.wait(AGAIN_S)


def _rest_s(text: str | None, now: float) -> float | None:
    """How long a receiver wants to be left alone: seconds, or until a date."""
    if not text:
        return None
    if text.strip().isascii() and text.strip().isdigit():
        seconds = float(text.strip()[:9])
    else:
        try:
            seconds = email.utils.parsedate_to_datetime(text).timestamp() - now
        except (ValueError, OverflowError):
            return None
    return min(seconds, LONGEST_REST_S) if seconds > 0 else None
