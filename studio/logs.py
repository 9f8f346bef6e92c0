"""The log: lines for people or JSON for machines, each with the request and the job that it is about."""

from __future__ import annotations

import datetime
import json
import logging
import logging.handlers
import re
from contextvars import ContextVar

from studio.settings import Settings

LOG_FILE_BYTES = 20_000_000
LOG_FILES_KEPT = 5
# Keys that clients may send in an address; whoever logs addresses must not tell them.
_SECRETS = re.compile(r"(?i)\b(api_key|access_token|x-api-key)(['\"]?\s*[=:]\s*['\"]?)[^\s&'\",;)]+")

_CONTROLS = {sign: f"\\x{sign:02x}" for sign in (*range(9), *range(10, 32), 127)}

_request_id: ContextVar[str] = ContextVar("request_id", default="")
_call: ContextVar[tuple[str, str] | None] = ContextVar("call", default=None)
_job_id: ContextVar[str] = ContextVar("job_id", default="")


def begin_request(request_id: str, method: str = "", path: str = "") -> None:
    """From here on, what this task logs is about that request."""
    _request_id.set(request_id)
    _call.set((method, path) if method else None)


def current_request() -> str:
    """The id of the request that is being answered here; empty where none is."""
    return _request_id.get()


def current_call() -> tuple[str, str] | None:
    """Method and path of the request that is being answered here."""
    return _call.get()


def begin_job(job_id: str) -> None:
    """From here on, what this thread logs is about that job; empty: about none."""
    _job_id.set(job_id)


def set_up(settings: Settings) -> None:
    """Log to the console, and to LOG_FILE as well when it is set."""
    handlers: list[logging.Handler] = [logging.StreamHandler()]
    if settings.log_file is not None:
        settings.log_file.parent.mkdir(parents=True, exist_ok=True)
        handlers.append(
            logging.handlers.RotatingFileHandler(
                settings.log_file, maxBytes=LOG_FILE_BYTES, backupCount=LOG_FILES_KEPT, encoding="utf-8"
            )
        )
    formatter = JsonLines() if settings.log_format == "json" else PrettyLines()
    for handler in handlers:
        handler.setFormatter(formatter)
    logging.basicConfig(level=settings.log_level, handlers=handlers)
    # These tell whole addresses or bodies of requests, or nothing that matters here.
    for noisy in ("httpx", "httpcore", "httpx2", "websockets"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def without_secrets(text: str) -> str:
    """The text with the values of keys blotted out."""
    return _SECRETS.sub(r"\1\2***", text)


class PrettyLines(logging.Formatter):
    """Time, level, place and message; ids at the end where there are some."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802
        """One line, before the traceback, whatever the message quotes."""
        record.message = record.message.translate(_CONTROLS)
        found = current_ids().items()
        ids = " ".join(f"{name}={value}" for name, value in found if value not in record.message)
        return f"{super().formatMessage(record)}{f'  [{ids}]' if ids else ''}"

    def format(self, record: logging.LogRecord) -> str:
        """The whole entry."""
        return without_secrets(super().format(record))


class JsonLines(logging.Formatter):
    """One JSON object a line: at, level, logger, message, request_id, job_id, exception."""

    def format(self, record: logging.LogRecord) -> str:
        """The whole entry."""
        at = datetime.datetime.fromtimestamp(record.created, datetime.UTC)
        entry = {
            "at": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname,
            "logger": record.name,
            "message": without_secrets(record.getMessage()),
            **current_ids(),
        }
        if record.exc_info:
            entry["exception"] = without_secrets(self.formatException(record.exc_info))
        # ASCII, so that half a letter that a client sent cannot spoil the file.
        return json.dumps(entry)


def current_ids() -> dict[str, str]:
    """The request and the job that this thread is about, as far as there are any."""
    found = {"request_id": _request_id.get(), "job_id": _job_id.get()}
    return {name: value for name, value in found.items() if value}
