"""The ComfyUI servers that the studio may use: their health, their events, and the choice among them."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, Literal

from studio.comfy.address import parse_address
from studio.comfy.client import Comfy, Queue
from studio.comfy.events import Connected, Disconnected, Event, Offline, Online, Queued
from studio.comfy.info import ObjectInfo
from studio.comfy.listener import Listener
from studio.comfy.wire import Kind
from studio.errors import StudioError

log = logging.getLogger(__name__)

State = Literal["online", "offline", "paused"]
Callback = Callable[["Server", Event], None]

PROBE_S = 5.0  # how long a health question may take
STARTING_S = 30.0  # a server that was never seen counts as starting for so long
SOCKET_WAIT_S = 2.0  # a server is online without a websocket after this; its events are then polled
STATS_S = 30.0  # how old the figures of free memory may become
STALLED_S = 30.0  # a websocket that says nothing for so long while a prompt runs is opened anew
DEAF_PROBES = 3  # timeouts in a row before a slow server counts as gone


class Server:
    """One server: its client, its websocket and what is known about its health."""

    def __init__(
        self,
        url: str,
        kind: Kind = "comfy",
        *,
        client: Comfy | None = None,
        explain: Callable[[], str] | None = None,
        online_poll_s: float = 5.0,
        offline_poll_s: tuple[float, float] = (0.25, 10.0),
        dead_after_s: float = 40.0,
    ) -> None:
        self.client = client or Comfy(url, kind=kind)
        self.url = self.client.url
        self.kind: Kind = kind
        self.queue = Queue()
        """What the server had in its queue when it was last asked."""
        self._remaining: int | None = None  # fresher than the queue, as long as the websocket tells it
        self._queue_tellings = 0
        self.revision = 0
        """Counts how often the nodes and models were read; choices made from an older one may be stale."""
        self.last_error: StudioError | None = None
        self.seen_at: float | None = None
        self.stats: dict[str, Any] = {}
        self.listener = Listener(
            self.client.address,
            self.client.client_id,
            self._heard,
            ping_s=min(10.0, dead_after_s / 4),
            dead_after_s=dead_after_s,
        )
        self._explain = explain  # whoever runs the server may know better why it does not answer
        self._online = threading.Event()
        self._paused = False
        self._online_poll_s = online_poll_s
        self._offline_poll_s = offline_poll_s
        self._callbacks: list[Callback] = []
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._reread = threading.Event()
        self._own_reconnect = False
        self._stats_read_at = 0.0
        self._started_at = time.monotonic()
        self._thread: threading.Thread | None = None

    def __repr__(self) -> str:
        return f"Server({self.url!r}, {self.kind!r}, {self.state})"

    @property
    def state(self) -> State:
        """Whether work can be sent: online, offline, or paused by an operator."""
        if self._paused:
            return "paused"
        return "online" if self._online.is_set() else "offline"

    @property
    def online(self) -> bool:
        """Whether work can be sent now."""
        return self.state == "online"

    @property
    def info(self) -> ObjectInfo | None:
        """The server's nodes as last read; None before it was ever online."""
        return self.client.known_info

    @property
    def load(self) -> int:
        """How many prompts run and wait there, whoever sent them."""
        return (
            len(self.queue.running) + len(self.queue.pending) if self._remaining is None else self._remaining
        )

    def pause(self) -> None:
        """Send no new work there; what runs goes on and is still heard."""
        self._paused = True

    def resume(self) -> None:
        """Send work there again."""
        self._paused = False
        self._tell_state()

    def subscribe(self, callback: Callback) -> None:
        """Have every event of this server told, in the thread that heard it."""
        self._callbacks.append(callback)

    def start(self) -> None:
        """Begin to connect and to watch."""
        if self._thread is None:
            self._started_at = time.monotonic()
            self._thread = threading.Thread(target=self._watch, name="comfy-monitor", daemon=True)
            self._thread.start()

    def stop(self, timeout_s: float = 1.0) -> None:
        """End the watching and close the connections."""
        self._stopping.set()
        self._wake.set()
        self.listener.stop(timeout_s)
        if self._thread and self._thread is not threading.current_thread():
            self._thread.join(timeout_s)
        self._online.clear()
        self.client.close()

    def wait_online(self, timeout_s: float) -> bool:
        """Wait until the server answers and its nodes are known."""
        return self._online.wait(timeout_s)

    def check_now(self) -> None:
        """Look at the server at once: somebody met an error there."""
        self._wake.set()

    def unavailable(self) -> StudioError:
        """The error for a request that needs this server while it is offline."""
        if self.last_error is not None:
            return self.last_error
        if self.kind == "embedded":
            return StudioError("engine_unavailable", why="it is still starting", url=self.url)
        return StudioError("comfyui_unavailable", url=self.url, why="it has not answered yet")

    def health(self) -> dict[str, Any]:
        """How the server is, for people and probes."""
        if self._online.is_set():
            status = "healthy"
        elif self.seen_at is None and time.monotonic() - self._started_at < STARTING_S:
            status = "starting"
        else:
            status = "unreachable"
        load = self.load if status == "healthy" else 0
        running = min(load, 1)  # ComfyUI runs one prompt at a time
        figures = {"queue_pending": load - running, "queue_running": running}
        found: dict[str, Any] = {
            "url": self.url,
            "kind": self.kind,
            "status": status,
            "paused": self._paused,
            "websocket": self.listener.connected,
            "stats": figures,
            "error": None if status == "healthy" or not self.last_error else self.last_error.message,
            "seen_at": None
            if self.seen_at is None
            else datetime.fromtimestamp(self.seen_at, UTC).isoformat(),
        }
        return found | _hardware(self.stats)

    def _heard(self, event: Event) -> None:
        match event:
            case Disconnected():
                self._remaining = None
                self._wake.set()
            case Connected():
                # It may have been restarted, with other models and an empty input folder.
                if not self._own_reconnect:
                    self._reread.set()
                self._own_reconnect = False
                self._wake.set()
            case Queued(remaining=remaining):
                self._remaining = remaining
                self._queue_tellings += 1
        if not isinstance(event, Disconnected):
            self.seen_at = time.time()
        self._tell(event)

    def _tell(self, event: Event) -> None:
        for callback in self._callbacks:
            try:
                callback(self, event)
            except Exception:  # whoever listens must not be able to end the listening, nor the others'
                log.exception("a listener of %s failed on %s", self.url, type(event).__name__)

    def _tell_state(self) -> None:
        if self._online.is_set():
            self._tell(Online(revision=self.revision))

    def _watch(self) -> None:
        misses = 0
        while not self._stopping.is_set():
            self._wake.clear()
            try:
                self._probe()
            except StudioError as error:
                misses += 1
                self._missed(error, misses)
            except Exception as error:  # the watch must outlive what nobody foresaw
                if not self._stopping.is_set():
                    misses += 1
                    log.exception("watching %s failed", self.url)
                    self._missed(StudioError("server_confused", url=self.url, why=repr(error)), misses)
            else:
                misses = 0
            self._wake.wait(self._pause_s(misses))

    def _pause_s(self, misses: int) -> float:
        if self._online.is_set():
            return self._online_poll_s if not misses else min(1.0, self._online_poll_s)
        low, high = self._offline_poll_s
        return min(high, low * 2 ** min(max(misses - 1, 0), 16)) * random.uniform(0.75, 1.0)

    def _probe(self) -> None:
        if self._online.is_set() and not self._reread.is_set():
            before = self.queue
            self._read_queue()
            self.listener.nudge()
            self._revive(before)
            if time.monotonic() - self._stats_read_at > STATS_S:
                self._read_stats()
            return
        self._read_stats()
        self.listener.start()
        self.listener.nudge()
        # The websocket first: a restart after this reading would cut it, and so be noticed.
        if not self._online.is_set():
            self.listener.wait_connected(SOCKET_WAIT_S)
        self._reread.clear()
        try:
            self.client.refresh()
            self._read_queue()
        except StudioError:
            self._reread.set()
            raise
        if self._stopping.is_set():
            return
        self.revision += 1
        self.last_error = None
        self.seen_at = time.time()
        self._online.set()
        log.info("%s is online (%d nodes)", self.url, len(self.client.object_info()))
        self._tell_state()

    def _read_queue(self) -> None:
        told = self._queue_tellings
        self.queue = self.client.queue(PROBE_S)
        if told == self._queue_tellings:  # else the websocket has told something newer meanwhile
            self._remaining = len(self.queue.running) + len(self.queue.pending)
        self.seen_at = time.time()

    def _read_stats(self) -> None:
        self.stats = dict(self.client.system_stats(PROBE_S))
        self.seen_at, self._stats_read_at = time.time(), time.monotonic()

    def _revive(self, before: Queue) -> None:
        """Open a websocket anew that answers pings and tells nothing.

        ComfyUI forgets a client when it notices late that the client's previous connection has died.
        """
        if not self.listener.connected:
            return
        silent_s = time.monotonic() - self.listener.told_at
        unheard = self.queue != before and silent_s > 2 * self._online_poll_s
        if unheard or (self.queue.running and silent_s > STALLED_S):
            log.info("the websocket of %s tells nothing of its queue; opening it anew", self.url)
            self._own_reconnect = True
            self.listener.reconnect()

    def _missed(self, error: StudioError, misses: int) -> None:
        if self._stopping.is_set():
            return
        # A server that loads a large model may be deaf for a while; one that refuses connections is gone.
        slow = error.code == "connection_lost" and self._online.is_set() and misses < DEAF_PROBES
        if self.kind == "embedded" and self._explain and (why := self._explain()):
            error = StudioError("engine_unavailable", why=why, url=self.url)
        self.last_error = error
        if slow:
            return
        if self._online.is_set():
            self._online.clear()
            log.warning("%s is offline: %s", self.url, error.message)
            self._tell(Offline(why=error.message))
        elif misses == 1:
            log.warning("%s is not there: %s", self.url, error.message)


class Pool:
    """Every server that the studio may use."""

    def __init__(self, servers: Iterable[Server] = ()) -> None:
        self._servers: list[Server] = []
        self._callbacks: list[Callback] = []
        self._changed = threading.Condition()
        self._running = False
        for server in servers:
            self.add(server)

    @property
    def servers(self) -> Sequence[Server]:
        """All of them, in the order in which they were named."""
        return tuple(self._servers)

    def add(self, server: Server) -> None:
        """Take in one more server, unless its address is known already; a running pool starts it."""
        if self.by_url(server.url) is not None:
            log.warning("%s is named twice", server.url)
            return
        server.subscribe(self._told)
        self._servers.append(server)
        if self._running:
            server.start()

    def start(self) -> None:
        """Begin to connect to all servers; returns at once."""
        self._running = True
        for server in self._servers:
            server.start()

    def stop(self) -> None:
        """End all connections."""
        self._running = False
        threads = [threading.Thread(target=server.stop, name="comfy-stop") for server in self._servers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(3.0)
        with self._changed:
            self._changed.notify_all()

    def subscribe(self, callback: Callback) -> None:
        """Have the events of all servers told; called from several threads, must return soon."""
        self._callbacks.append(callback)

    def online(self, kind: Kind | None = None) -> tuple[Server, ...]:
        """The servers to which work can be sent now."""
        return tuple(
            server for server in self._servers if server.online and (kind is None or server.kind == kind)
        )

    def by_url(self, url: str) -> Server | None:
        """The server with this address."""
        base = parse_address(url).base
        return next((server for server in self._servers if server.url == base), None)

    def candidates(self, predicate: Callable[[Server], bool], kind: Kind | None = None) -> list[Server]:
        """The servers at hand that can do something, the least busy first."""
        able = [server for server in self.online(kind) if predicate(server)]
        return sorted(able, key=lambda server: server.load)

    def wait_ready(self, timeout_s: float, kind: Kind | None = None, *, every: bool = False) -> bool:
        """Wait until a server (or every one) of a kind is online."""

        def ready() -> bool:
            wanted = [server for server in self._servers if kind is None or server.kind == kind]
            found = [server.online for server in wanted]
            return bool(found) and (all(found) if every else any(found))

        with self._changed:
            return self._changed.wait_for(ready, timeout_s)

    def health(self) -> list[dict[str, Any]]:
        """How each server is."""
        return [server.health() for server in self._servers]

    def _told(self, server: Server, event: Event) -> None:
        if isinstance(event, Online | Offline):
            with self._changed:
                self._changed.notify_all()
        for callback in self._callbacks:
            try:
                callback(server, event)
            except Exception:  # one listener's fault is not the others'
                log.exception("a listener of the pool failed on %s", type(event).__name__)


def _hardware(stats: dict[str, Any]) -> dict[str, Any]:
    """What `/system_stats` says about the machine, as far as it says it."""
    found: dict[str, Any] = {}
    if version := stats.get("system", {}).get("comfyui_version"):
        found["version"] = version
    devices = [device for device in stats.get("devices", []) if isinstance(device, dict)]
    if devices:
        found["device"] = devices[0].get("name")
        for key in ("vram_total", "vram_free"):
            if isinstance(devices[0].get(key), int):
                found[f"{key}_bytes"] = devices[0][key]
    return found
