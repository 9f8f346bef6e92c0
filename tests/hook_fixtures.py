"""Receivers of webhooks that check what they are sent, and jobs that somebody wants to hear of."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from standardwebhooks import Webhook, WebhookVerificationError

from studio import hooks
from studio.hooks import Delivery, Hooks
from studio.jobs import Jobs
from studio.records.entities import Job
from tests.studio_fixtures import add_job, open_jobs

PATIENCE_S = 30.0


@dataclass(frozen=True)
class Received:
    """One request as it came in."""

    path: str
    headers: dict[str, str]
    content: bytes

    @property
    def id(self) -> str:
        """What is the same over all attempts."""
        return self.headers["webhook-id"]

    @property
    def body(self) -> dict[str, Any]:
        """What it tells."""
        return json.loads(self.content)

    def is_signed_by(self, secret: str) -> bool:
        """Whether it would pass at a receiver that knows only this secret."""
        try:
            Webhook(secret).verify(self.content, self.headers)
        except WebhookVerificationError:
            return False
        return True


@dataclass
class Receiver:
    """A server that answers as the test says and remembers what came."""

    url: str = ""
    received: list[Received] = field(default_factory=list)
    taken: list[Received] = field(default_factory=list)  # those that were answered with 2xx
    most_at_once: int = 0
    sent_bytes: int = 0
    released: threading.Event = field(default_factory=threading.Event)  # for those that hang
    _now: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def begins(self, one: Received) -> None:
        """A request has come in."""
        with self._lock:
            self.received.append(one)
            self._now += 1
            self.most_at_once = max(self.most_at_once, self._now)

    def ends(self) -> None:
        """It is over."""
        with self._lock:
            self._now -= 1

    def bodies(self, path: str = "") -> list[dict[str, Any]]:
        """What was taken, in order."""
        return [one.body for one in self.taken if not path or one.path == path]


class Asked(BaseHTTPRequestHandler):
    """One request at a receiver."""

    receiver: Receiver
    one: Received
    answer: Callable[[Asked], None]

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Tests have enough to say."""

    def do_POST(self) -> None:
        """Take it, then answer as the test says."""
        content = self.rfile.read(int(self.headers["content-length"]))
        self.one = Received(self.path, {k.lower(): v for k, v in self.headers.items()}, content)
        self.receiver.begins(self.one)
        try:
            with suppress(OSError):  # whoever has waited enough goes away
                type(self).answer(self)
        finally:
            self.receiver.ends()

    def say(self, status: int = 200, body: bytes = b"OK", **headers: str) -> None:
        """Answer."""
        if 200 <= status < 300:
            self.receiver.taken.append(self.one)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def receiving(answer: Callable[[Asked], None] = Asked.say, port: int = 0) -> Iterator[Receiver]:
    """A receiver on a port of its own."""
    receiver = Receiver()
    handler = type("Handler", (Asked,), {"receiver": receiver, "answer": answer})
    server = ThreadingHTTPServer(("127.0.0.1", port), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    receiver.url = f"http://127.0.0.1:{server.server_address[1]}/hook"
    try:
        yield receiver
    finally:
        receiver.released.set()
        server.shutdown()
        server.server_close()


def failing(times: int, status: int = 500, **headers: str) -> Callable[[Asked], None]:
    """An answer that is bad so many times for each delivery, and then good."""
    seen: dict[str, int] = {}

    def answer(asked: Asked) -> None:
        seen[asked.one.id] = seen.get(asked.one.id, 0) + 1
        if seen[asked.one.id] > times:
            asked.say()
        else:
            asked.say(status, b"not now", **headers)

    return answer


def hang(asked: Asked) -> None:
    """Take the request and say nothing until the test is over."""
    asked.receiver.released.wait(PATIENCE_S)


def open_with_hooks(folder: Path, *, pauses: str = "0.05,0.05,0.05,0.05", **values: Any) -> Jobs:
    """Jobs whose webhooks may go to this machine, and are tried again at once."""
    given = {
        "studio_allow_private_addresses": True,
        "studio_webhook_retries_s": pauses,
        "studio_lease_s": 0.6,
        **values,
    }
    return open_jobs(folder, **given)


@contextmanager
def delivering(jobs: Jobs) -> Iterator[Hooks]:
    """Deliver what is due."""
    sending = Hooks(jobs.database, jobs.settings)
    sending.start()
    try:
        yield sending
    finally:
        sending.stop()


def wanted(jobs: Jobs, url: str, *views: str, events: Sequence[str] | None = None, base_url: str = "") -> Job:
    """A job that somebody wants to hear of."""
    job = add_job(jobs.database, *(views or ("front",)))
    with jobs.database.write() as connection:
        hooks.subscribe(connection, job.id, url, events, base_url)
    return job


def ledger(jobs: Jobs, **filters: Any) -> list[Delivery]:
    """All deliveries, the oldest first."""
    return list(reversed(Hooks(jobs.database, jobs.settings).deliveries(1, 1000, **filters).deliveries))


def until(what: Callable[[], Any], patience_s: float = PATIENCE_S) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + patience_s
    while not what():
        assert time.monotonic() < deadline, "it did not come to be"
        time.sleep(0.01)


def settled(jobs: Jobs, count: int) -> list[Delivery]:
    """The ledger once it has so many deliveries and none of them waits."""
    until(lambda: len(found := ledger(jobs)) == count and all(one.status != "waiting" for one in found))
    return ledger(jobs)
