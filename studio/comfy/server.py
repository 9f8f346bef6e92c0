"""One ComfyUI server as the studio knows it: whether it is there, what it can do, what it says."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Literal

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
        offline_poll_s: tuple[float, float] | None = None,
        dead_after_s: float = 40.0,
    ) -> None:
        self.client = client or Comfy(url, kind=kind)
        self.url = self.client.url
        self.kind: Kind = kind
        self.queue = Queue()
        """What the server had in its queue when it was last asked."""
        self._remaining: int | None = None  # fresher than the queue, as long as the websocket tells it
        self._queue_tellings = 0
        self._queue_asked_at = 0.0
        self._untold: tuple[float, float] | None = None  # a change of the queue: after when, and seen when
        self.revision = 0
        """Counts how often the nodes and models were read; choices made from an older one may be stale."""
        self.last_error: StudioError | None = None
        self.seen_at: float | None = None
        self.was_tried = False  # whether it is known to be there or not to be there
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
        # Our own engine comes back within a second, and asking for it costs next to nothing.
        self._offline_poll_s = offline_poll_s or ((0.1, 1.0) if kind == "embedded" else (0.25, 10.0))
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
    def answers(self) -> bool:
        """Whether it is there, be it paused or not."""
        return self._online.is_set()

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

    def reread(self) -> None:
        """Read its nodes and models anew: there may be others now."""
        self._reread.set()
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
            return min(self._online_poll_s, 0.05 * 2**misses if misses else self._online_poll_s)
        low, high = self._offline_poll_s
        return min(high, low * 2 ** min(max(misses - 1, 0), 16)) * random.uniform(0.75, 1.0)

    def _probe(self) -> None:
        if self._online.is_set() and not self._reread.is_set():
            before, asked_at = self.queue, self._queue_asked_at
            self._read_queue()
            self.listener.nudge()
            if self.queue != before and self._untold is None:
                self._untold = (asked_at, self._queue_asked_at)
            self._revive()
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
        self.was_tried = True
        self._online.set()
        log.info("%s is online (%d nodes)", self.url, len(self.client.object_info()))
        self._tell_state()

    def _read_queue(self) -> None:
        self._queue_asked_at = time.monotonic()
        told = self._queue_tellings
        self.queue = self.client.queue(PROBE_S)
        if told == self._queue_tellings:  # else the websocket has told something newer meanwhile
            self._remaining = len(self.queue.running) + len(self.queue.pending)
        self.seen_at = time.time()

    def _read_stats(self) -> None:
        self.stats = dict(self.client.system_stats(PROBE_S))
        self.seen_at, self._stats_read_at = time.time(), time.monotonic()

    def _revive(self) -> None:
        """Open a websocket anew that answers pings and tells nothing.

        ComfyUI forgets a client when it notices late that the client's previous connection has died.
        """
        now, told_at = time.monotonic(), self.listener.told_at
        unheard = False
        if self._untold is not None:
            since, seen_at = self._untold
            unheard = told_at < since and now - seen_at >= min(1.0, self._online_poll_s)  # none is on its way
            if unheard or told_at >= since:
                self._untold = None
        stalled = bool(self.queue.running) and now - told_at > STALLED_S
        if self.listener.connected and (unheard or stalled):
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
        self.was_tried = True
        if self._online.is_set():
            self._online.clear()
            log.warning("%s is offline: %s", self.url, error.message)
            self._tell(Offline(why=error.message))
        elif misses == 1:
            log.warning("%s is not there: %s", self.url, error.message)
            self._tell(Offline(why=error.message))


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
