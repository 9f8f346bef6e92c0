"""Keeps a copy of every result in a bucket, by the records: an outage or a restart loses none."""

from __future__ import annotations

import logging
import sqlite3
import threading
from pathlib import Path

from studio.disk import Incoming, remove_file
from studio.errors import StudioError
from studio.files import FileStore
from studio.mirror.bucket import Bucket
from studio.records import Database, memory
from studio.records import mirror as records
from studio.records.entities import Output
from studio.records.mirror_tables import STORAGE_IN_USE
from studio.settings import Settings

log = logging.getLogger(__name__)

AT_ONCE = 20
LONGEST_PAUSE_S = 60.0
IDLE_S = 30.0
STOP_S = 5.0
SIGNED_FOR_S = 3600.0
UNTOUCHED_S = 3600.0  # what was used so recently stays here whatever the bound says


class Mirror:
    """One thread that copies results to a bucket, removes what is gone, and brings back what is missing."""

    def __init__(self, database: Database, files: FileStore, settings: Settings, bucket: Bucket) -> None:
        self.database = database
        self.files = files
        self.settings = settings
        self.bucket = bucket
        self.why = ""  # the last failure, while it lasts
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to copy, with what was made before there was a bucket."""
        if memory.recall(self.database, STORAGE_IN_USE) != self.bucket.identity:
            # Which copies the new bucket has already is found out one by one.
            records.forget_all(self.database)
            memory.remember(self.database, STORAGE_IN_USE, self.bucket.identity)
        records.look_again(self.database)
        self._thread = threading.Thread(target=self._run, name="mirror", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Leave the rest for the next start."""
        self._stopping.set()
        self.database.wake_all()
        if self._thread is not None:
            self._thread.join(STOP_S)

    # ------------------------------------------------------------------ copying

    def _run(self) -> None:
        after, pause_s = 0, 1.0
        while not self._stopping.is_set():
            moment = self.database.commits
            try:
                batch = records.waiting(self.database, after, AT_ONCE)
                for output in batch:
                    if self._stopping.is_set():
                        return
                    after = output.seq
                    self._copy(output.output)
                if batch:
                    continue
                if after == 0 or not records.waiting(self.database, 0, 1):
                    after = 0
                    self._remove_copies()
                    pause_s, self.why = 1.0, ""
                    self.database.wait(moment, IDLE_S)
                    continue
                after = 0
            except StudioError as error:
                self._say(error)
            except (OSError, sqlite3.OperationalError) as error:
                log.error("results cannot be copied to %s: %s", self.bucket.name, error)
            # What failed is tried again, after all others: one that the store does not want stops nobody.
            if self._stopping.wait(pause_s):
                return
            pause_s = min(LONGEST_PAUSE_S, pause_s * 2)

    def _say(self, error: StudioError) -> None:
        if error.message != self.why:
            log.warning("%s It is tried again.", error.message)
        self.why = error.message

    def _copy(self, output: Output) -> None:
        path = self.files.result_place(output.job_id, output.name)
        key = key_of(output.job_id, output.name)
        if path.is_file():
            self.bucket.put(key, path, output.mime_type)
            state = output.sha256
        else:
            # Brought away long ago, to this very bucket, or lost.
            state = output.sha256 if self.bucket.size(key) == output.size else records.LOST
        if not records.mark(self.database, output, state) and state != records.LOST:
            records.add_removal(self.database, output.job_id, output.name)  # deleted meanwhile, perhaps

    def _remove_copies(self) -> None:
        while found := records.removals(self.database, AT_ONCE):
            for one in found:
                if not one.is_wanted:
                    self.bucket.remove(key_of(one.job_id, one.name))
                records.forget_removal(self.database, one.seq)
                if self._stopping.is_set():
                    return

    # -------------------------------------------------------------------- using

    def waiting(self) -> int:
        """How many results have no copy yet."""
        return records.waiting_count(self.database)

    def fetch_back(self, job_id: str, name: str, place: Path) -> None:
        """Put a result that is missing here back in its place, if the bucket has it."""
        kept = records.kept(self.database, job_id, name)
        if kept is None:
            return
        key = key_of(job_id, name)
        with Incoming(self.settings.temp_path) as incoming:
            incoming.write_all(self.bucket.read(key))
            if incoming.sha256 != kept:
                raise StudioError(
                    "storage_failed", store=self.bucket.name, key=key, why="it is not what was put there"
                )
            incoming.move_to(place)

    def signed_url(self, output: Output) -> str | None:
        """Where a result is at the store itself, if clients are sent there and it has arrived."""
        if not self.bucket.signs_urls:
            return None
        if records.kept(self.database, output.job_id, output.name) != output.sha256:
            return None
        return self.bucket.signed_url(key_of(output.job_id, output.name), SIGNED_FOR_S)

    def sweep(self, now: float) -> int:
        """Remove files that the bucket has, the longest unused first, until the rest is within the bound."""
        bound = self.settings.storage_cache_mb * 2**20
        if not bound:
            return 0
        found = []
        for job_id, name in records.all_kept(self.database):
            path = self.files.result_place(job_id, name)
            if path.is_file():
                facts = path.stat()
                found.append((max(facts.st_atime, facts.st_mtime), facts.st_size, path))
        excess = sum(size for _, size, _ in found) - bound
        removed = 0
        for used_at, size, path in sorted(found):
            if excess <= 0 or used_at > now - UNTOUCHED_S:
                break
            if remove_file(path):
                excess -= size
                removed += 1
        if removed:
            log.info("%d results are only in %s now", removed, self.bucket.name)
        return removed


def key_of(job_id: str, name: str) -> str:
    """Where a result lies below the prefix."""
    return f"outputs/{job_id}/{name}"


def open_mirror(database: Database, files: FileStore, settings: Settings) -> Mirror | None:
    """The mirror that STORAGE_URL asks for, by which the file store finds what is missing here."""
    if not settings.storage_url:
        return None
    mirror = Mirror(database, files, settings, Bucket(settings))
    files.fetch_back = mirror.fetch_back
    return mirror
