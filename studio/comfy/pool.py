"""The ComfyUI servers that the studio may use, and the choice among them."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from studio.comfy.address import parse_address
from studio.comfy.events import Event, Offline, Online
from studio.comfy.server import Callback, Server
from studio.comfy.wire import Kind

__all__ = ["Pool", "Server"]

log = logging.getLogger(__name__)

Member = Callable[[Server], None]


class Pool:
    """Every server that the studio may use."""

    def __init__(self, servers: Iterable[Server] = ()) -> None:
        self._servers: tuple[Server, ...] = ()  # replaced as a whole, so that readers need no lock
        self._callbacks: list[Callback] = []
        self._members: list[tuple[Member, Member]] = []
        self._changing = threading.Lock()
        self._changed = threading.Condition()
        self._running = False
        for server in servers:
            self.add(server)

    @property
    def servers(self) -> Sequence[Server]:
        """All of them, in the order in which they were named."""
        return self._servers

    def add(self, server: Server) -> bool:
        """Take in one more server, unless its address is known already; a running pool starts it."""
        with self._changing:
            if self.by_url(server.url) is not None:
                log.warning("%s is named twice", server.url)
                return False
            server.subscribe(self._told)
            self._servers = (*self._servers, server)
            for joined, _ in self._members:
                joined(server)
            if self._running:
                server.start()
        return True

    def remove(self, server: Server) -> None:
        """Let go of a server: nobody sends work there any more, and its connections end."""
        with self._changing:
            if server not in self._servers:
                return
            self._servers = tuple(other for other in self._servers if other is not server)
            for _, left in self._members:
                left(server)
        server.stop()
        with self._changed:
            self._changed.notify_all()

    def on_members(self, joined: Member, left: Member) -> None:
        """Have every server told, those that are there already and those that come, and those that leave."""
        with self._changing:
            self._members.append((joined, left))
            for server in self._servers:
                joined(server)

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

    def wait_first_signs(self, timeout_s: float, kind: Kind | None = None) -> None:
        """Wait until a server of a kind is online, or until every one of them was tried in vain."""

        def known() -> bool:
            wanted = [server for server in self._servers if kind is None or server.kind == kind]
            return any(server.online for server in wanted) or all(server.was_tried for server in wanted)

        with self._changed:
            self._changed.wait_for(known, timeout_s)

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
