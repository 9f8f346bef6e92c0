"""What the studio has said lately, and what went wrong: for whoever looks after it without a shell.

Lines come from this process's own log, from the processes that it runs, and from LOG_FILE for the time
before its start. What is an error is also kept in the records, under an id. Secrets of the settings are in
neither.
"""

from __future__ import annotations

import datetime
import functools
import json
import logging
import queue
import re
import sqlite3
import threading
import time
import urllib.parse
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from studio.errors import StudioError
from studio.keys import HASHED
from studio.logs import current_call, current_ids, current_request, without_secrets
from studio.records import Database, faults
from studio.records.faults import Fault
from studio.settings import DEFAULT_SECRET_KEY, Settings

log = logging.getLogger(__name__)

LEVELS = ("debug", "info", "warning", "error", "critical")
MOST_KEPT = 5_000
LONGEST = 8_000  # characters of one entry, tracebacks included
READ_BYTES = 2 * 2**20  # of LOG_FILE, from its end
MOST_WAITING = 1_000  # faults that are not yet in the records
SHORTEST_SECRET = 6  # shorter ones would blot out ordinary words
BACKEND = "backend"
# Which of the services a place in the code belongs to; the first that fits counts.
_SERVICES = (
    ("studio.comfy.engine_process", "engine"),
    ("studio.drafts", "engine"),
    ("studio.comfy", "comfyui"),
    ("studio.ui", "frontend"),
    ("gradio", "frontend"),
    ("studio.writing", "ollama"),
    ("limits", "redis"),
)
_PRETTY = re.compile(
    r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d),(\d{3}) (DEBUG|INFO|WARNING|ERROR|CRITICAL) (\S+): (.*)"
)
_IDS = re.compile(r"  \[((?:(?:request_id|job_id)=\S+ ?)+)\]$")
# How programs of others mark what is not well.
_BAD = re.compile(r"\b(error|exception|traceback|fatal|critical)\b", re.IGNORECASE)
_DOUBTFUL = re.compile(r"\b(warn(ing)?|deprecat\w*)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Entry:
    """One entry of the log."""

    at: float
    level: str
    service: str
    logger: str
    message: str
    request_id: str | None = None
    job_id: str | None = None


class Logbook(logging.Handler):
    """Keeps the newest entries in memory, and writes what is an error into the records, in its own thread."""

    def __init__(self, database: Database, settings: Settings) -> None:
        super().__init__()
        self._database = database
        self._file = settings.log_file
        self._secrets = secrets_of(settings)
        self._kept: deque[Entry] = deque(maxlen=MOST_KEPT)
        self._began_at = time.time()
        self._waiting: queue.Queue[Fault | None] = queue.Queue(MOST_WAITING)
        self._writing = threading.Lock()
        self._writer: threading.Thread | None = None
        self._lost = 0
        self._read: tuple[tuple[int, int], tuple[Entry, ...]] | None = None  # LOG_FILE as it was then

    def start(self) -> None:
        """Listen to everything that is logged in this process."""
        self._writer = threading.Thread(target=self._write, name="logbook", daemon=True)
        self._writer.start()
        logging.getLogger().addHandler(self)

    def stop(self) -> None:
        """Listen no more; what is not yet in the records is written."""
        logging.getLogger().removeHandler(self)
        if self._writer is not None:
            self._offer(None)
            self._writer.join(5.0)
            self._writer = None

    def hide(self, settings: Settings) -> None:
        """Keep the secrets of other settings to ourselves as well."""
        found = {*self._secrets, *secrets_of(settings)}
        self._secrets = tuple(sorted(found, key=len, reverse=True))

    # --------------------------------------------------------------- hearing

    def emit(self, record: logging.LogRecord) -> None:
        """Take in what somebody logs; called in whatever thread that is."""
        if threading.current_thread() is self._writer:  # what is wrong with the records, of all places
            return
        try:
            self._take(record)
        except Exception:  # noqa: BLE001  arguments that do not fit must not stop whoever logs them
            self.handleError(record)

    def _take(self, record: logging.LogRecord) -> None:
        ids = current_ids()
        message = self.plain(record.getMessage())
        whole = message
        if record.exc_info:
            trace = logging.Formatter().formatException(record.exc_info)
            whole = self.plain(f"{message}\n{trace}")
        entry = Entry(
            record.created,
            record.levelname.lower(),
            service_of(record.name),
            record.name,
            whole,
            ids.get("request_id"),
            ids.get("job_id"),
        )
        self._kept.append(entry)
        error = getattr(record, "error", None)
        if record.levelno >= logging.ERROR or isinstance(error, StudioError):
            self._note(record, entry, message, error if isinstance(error, StudioError) else None)

    def hear(self, service: str) -> Callable[[str], None]:
        """What takes in the lines of a process that the studio runs."""

        def take(line: str) -> None:
            if line.strip():
                level = "error" if _BAD.search(line) else "warning" if _DOUBTFUL.search(line) else "info"
                self._kept.append(Entry(time.time(), level, service, f"{service}.output", self.plain(line)))

        return take

    def plain(self, text: str) -> str:
        """The text without secrets, and not endless."""
        for secret in self._secrets:
            text = text.replace(secret, "***")
        text = without_secrets(text)
        # The end of a traceback says what happened, its beginning where.
        return text if len(text) <= LONGEST else f"{text[: LONGEST // 2]}\n[...]\n{text[-LONGEST // 2 :]}"

    # --------------------------------------------------------------- reading

    def entries(
        self, *, level: str | None = None, service: str | None = None, limit: int = 100, offset: int = 0
    ) -> tuple[list[Entry], int]:
        """What was logged, the newest first, and how many entries of these are known."""
        kept = self._kept.copy()
        # What this process has forgotten is in its file as well.
        since = kept[0].at if len(kept) == MOST_KEPT else self._began_at

        def fits(one: Entry) -> bool:
            in_service = service is None or one.service == service or _is_below(one.logger, service)
            return in_service and (level is None or one.level == level)

        recent = [one for one in reversed(kept) if fits(one)]
        earlier = [one for one in reversed(self._from_file()) if one.at < since and fits(one)]
        shown = [*recent, *earlier][offset : offset + limit]
        # Those of the file were written without the secrets of now.
        return [replace(one, message=self.plain(one.message)) for one in shown], len(recent) + len(earlier)

    def tail(self, service: str, most: int) -> list[str]:
        """The last lines of a process that the studio runs, the oldest first."""
        name = f"{service}.output"
        return [one.message for one in self._kept.copy() if one.logger == name][-most:]

    def _from_file(self) -> Sequence[Entry]:
        """The entries at the end of LOG_FILE, the oldest first."""
        if self._file is None:
            return ()
        try:
            found = self._file.stat()
            state = (found.st_mtime_ns, found.st_size)
            if self._read is None or self._read[0] != state:
                self._read = (state, tuple(read_entries(_last_lines(self._file))))
        except OSError as error:
            log.debug("LOG_FILE cannot be read: %s", error)
            return ()
        return self._read[1]

    # ---------------------------------------------------------------- faults

    def faults(
        self, *, level: str | None = None, source: str | None = None, limit: int = 50, offset: int = 0
    ) -> tuple[list[Fault], int]:
        """What went wrong, the newest first, and how many there are."""
        self.settle()
        return faults.page(self._database, level=level, source=source, limit=limit, offset=offset)

    def counts(
        self, *, level: str | None = None, source: str | None = None
    ) -> tuple[dict[str, int], dict[str, int]]:
        """How often that was, by level and by source."""
        return faults.counts(self._database, level=level, source=source)

    def fault(self, fault_id: str) -> Fault:
        """One of them."""
        self.settle()
        found = faults.get(self._database, fault_id)
        if found is None:
            raise StudioError("fault_not_found", id=fault_id[:100])
        return found

    def _note(self, record: logging.LogRecord, entry: Entry, message: str, error: StudioError | None) -> None:
        method, path = current_call() or (None, None)
        details: dict[str, Any] = {"logger": record.name}
        if error is not None:
            details |= {"code": error.code, "hint": self.plain(error.hint), "status": error.status}
        raised = record.exc_info[1] if record.exc_info else None
        if raised is not None:
            details |= {"exception": type(raised).__name__, "trace": entry.message[len(message) :].strip()}
        if entry.job_id:
            details["job_id"] = entry.job_id
        self._offer(
            Fault(
                *(faults.new_id(), entry.at, entry.at, 1, entry.level, entry.service),
                *(error.code if error else "", message, details),
                *(method, path and self.plain(path), current_request() or None),
            )
        )

    def _offer(self, fault: Fault | None) -> None:
        try:
            self._waiting.put_nowait(fault)
        except queue.Full:
            # Not into the log, out of which it would come back here.
            self._lost += 1

    def _write(self) -> None:
        while (fault := self._waiting.get()) is not None:
            self._keep([fault])
        self.settle()

    def settle(self) -> None:
        """Write what waits, so that whoever asks now sees it."""
        waiting: list[Fault] = []
        while True:
            try:
                fault = self._waiting.get_nowait()
            except queue.Empty:
                break
            if fault is None:
                self._offer(None)  # the writer still has to see it
                break
            waiting.append(fault)
        self._keep(waiting)

    def _keep(self, waiting: Sequence[Fault]) -> None:
        with self._writing:  # a writer that has taken one from the queue is waited for, even by empty hands
            if not waiting:
                return
            try:
                faults.add(self._database, waiting)
                if self._lost:
                    log.warning("%d more things went wrong at once than could be kept", self._lost)
                    self._lost = 0
            except sqlite3.Error as error:
                log.error("what went wrong cannot be kept: %s", error)


@functools.lru_cache(1024)
def service_of(logger: str) -> str:
    """The service that a place in the code belongs to."""
    return next((service for name, service in _SERVICES if _is_below(logger, name)), BACKEND)


def _is_below(logger: str, place: str) -> bool:
    return logger == place or logger.startswith(f"{place}.")


def secrets_of(settings: Settings) -> tuple[str, ...]:
    """All that nobody may read: passwords, keys and tokens, also inside of addresses; the longest first."""
    found: set[str] = set()
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        if isinstance(value, SecretStr):
            found.update(_parts(value.get_secret_value()))
        for text in value if isinstance(value, tuple) else (value,):
            if isinstance(text, str) and "@" in text and "://" in text:
                found.update(_password(text))
    if settings.secret_key != DEFAULT_SECRET_KEY:
        found.add(settings.secret_key)
    return tuple(sorted((one for one in found if len(one) >= SHORTEST_SECRET), key=len, reverse=True))


def _parts(secret: str) -> Iterator[str]:
    """A secret, and what it consists of where it is a list of keys with names and scopes."""
    yield secret
    for entry in secret.split(","):
        parts = entry.strip().split(":")
        yield (parts[0] if len(parts) == 1 else parts[1]).removeprefix(HASHED)


def _password(address: str) -> Iterator[str]:
    try:
        password = urllib.parse.urlsplit(address).password or ""
    except ValueError:
        return
    yield from {password, urllib.parse.unquote(password)}


def _last_lines(path: Path) -> list[str]:
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - READ_BYTES))
        lines = file.read(READ_BYTES).decode("utf-8", "replace").splitlines()
    return lines[1:] if size > READ_BYTES else lines  # the first one is not whole


def read_entries(lines: Iterable[str]) -> Iterator[Entry]:
    """The entries of a log file in either of its forms; lines that begin none go on with the one before."""
    entry: Entry | None = None
    for line in lines:
        begun = _read_json(line) if line.startswith("{") else _read_pretty(line)
        if begun is None:
            if entry is not None and len(entry.message) < LONGEST:
                entry = replace(entry, message=f"{entry.message}\n{line}")
            continue
        if entry is not None:
            yield entry
        entry = begun
    if entry is not None:
        yield entry


def _read_pretty(line: str) -> Entry | None:
    found = _PRETTY.match(line)
    if found is None:
        return None
    clock, milliseconds, level, logger, message = found.groups()
    # It is written in the time of the place where it was written, which is here.
    at = datetime.datetime.fromisoformat(f"{clock}.{milliseconds}").timestamp()
    ids: dict[str, str] = {}
    if written := _IDS.search(message):
        message = message[: written.start()]
        ids = dict(pair.split("=", 1) for pair in written[1].split())
    return Entry(
        at, level.lower(), service_of(logger), logger, message, ids.get("request_id"), ids.get("job_id")
    )


def _read_json(line: str) -> Entry | None:
    try:
        found = json.loads(line)
        at = datetime.datetime.fromisoformat(found["at"]).timestamp()
        message = "\n".join(filter(None, (found["message"], found.get("exception"))))
        return Entry(
            *(at, found["level"].lower(), service_of(found["logger"]), found["logger"], message),
            *(found.get("request_id"), found.get("job_id")),
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
