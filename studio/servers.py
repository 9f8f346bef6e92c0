"""The servers as their owner sees them: listed, tried, added, paused, resumed and let go of."""

from __future__ import annotations

import hashlib
import ipaddress
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from studio.comfy.address import parse_address
from studio.comfy.client import Comfy
from studio.comfy.pool import Pool, Server
from studio.errors import StudioError
from studio.records import Database, runs
from studio.records import servers as records

TRY_S = 5.0
MOST_ADDED = 32
LONGEST_ADDRESS = 500
EMBEDDED = "embedded"  # the embedded engine's name in the records: its port may be another at each start


@dataclass(frozen=True)
class Listed:
    """One server: how it is, what it has, and what of ours is there."""

    id: str
    is_added: bool  # while the studio ran, and not by COMFYUI_URL
    tasks: int  # of ours, running or waiting there
    checkpoints: tuple[str, ...]
    nodes: int | None  # how many it has; None before it was ever seen
    health: dict[str, Any]


@dataclass(frozen=True)
class Tried:
    """What an address answered."""

    url: str
    stats: dict[str, Any]
    queue: int | None  # how many prompts are there
    problem: dict[str, Any] | None  # why it cannot be used


class Servers:
    """The verbs over servers; what is decided with them outlives a restart."""

    def __init__(self, database: Database, pool: Pool, tasks_on: Callable[[Server], int]) -> None:
        self.database = database
        self.pool = pool
        self._tasks_on = tasks_on

    def list(self) -> list[Listed]:
        """Every server, in the order in which they were named."""
        added = records.added(self.database)
        return [self._listed(server, added) for server in self.pool.servers]

    def get(self, server_id: str) -> Listed:
        """One server."""
        return self._listed(self._server(server_id), records.added(self.database))

    def _listed(self, server: Server, added: dict[str, str]) -> Listed:
        info = server.info
        return Listed(
            id=id_of(server),
            is_added=server.url in added,
            tasks=self._tasks_on(server),
            checkpoints=info.models("checkpoints") if info else (),
            nodes=len(info) if info else None,
            health=server.health(),
        )

    def try_address(self, address: str) -> Tried:
        """Ask an address whether ComfyUI is there; nothing is kept of it."""
        url = check_address(address)
        client = Comfy(address, timeout_s=TRY_S)
        try:
            stats = dict(client.system_stats(TRY_S))
            queue = client.queue(TRY_S)
        except StudioError as error:
            return Tried(url, {}, None, error.to_json())
        finally:
            client.close()
        return Tried(url, stats, len(queue.running) + len(queue.pending), None)

    def add(self, address: str) -> Listed:
        """Use one more server, also after the next start; it need not be there yet, but be nothing else."""
        url = check_address(address)
        if (known := self.pool.by_url(url)) is not None:
            raise StudioError("server_known", url=url, id=id_of(known))
        if len(records.added(self.database)) >= MOST_ADDED:
            raise StudioError("server_address", why=f"{MOST_ADDED} servers were added already")
        tried = self.try_address(address)
        if tried.problem is not None and tried.problem["code"] == "server_confused":
            raise StudioError("server_address", why=tried.problem["message"])
        server = Server(address)
        records.add(self.database, url, server.kind, address.strip())
        if not self.pool.add(server):
            raise StudioError("server_known", url=url, id=id_of(server))
        return self.get(id_of(server))

    def pause(self, server_id: str) -> Listed:
        """Send a server no new work; what runs and waits there goes on to its end."""
        return self.set_paused(self._server(server_id), paused=True)

    def resume(self, server_id: str) -> Listed:
        """Send a server work again."""
        return self.set_paused(self._server(server_id), paused=False)

    def set_paused(self, server: Server, *, paused: bool) -> Listed:
        """Pause a server or let it go on, also after the next start."""
        records.set_paused(self.database, record_key(server), server.kind, paused)
        if paused:
            server.pause()
        else:
            server.resume()
        self.database.wake_all()  # whoever has left work for this server decides anew
        return self.get(id_of(server))

    def remove(self, server_id: str, *, force: bool = False) -> None:
        """Let go of a server that was added; with work of ours there only by force, and others then do it."""
        server = self._server(server_id)
        if server.url not in records.added(self.database):
            raise StudioError("server_configured", url=server.url)
        tasks = self._tasks_on(server)
        if tasks and not force:
            raise StudioError("server_busy", url=server.url, tasks=tasks)
        records.remove(self.database, server.url)
        self.pool.remove(server)
        runs.forget_server(self.database, server.url)

    def restore(self) -> None:
        """Take up what was decided before the last stop: servers that were added, and who is paused."""
        for address in records.added(self.database).values():
            self.pool.add(Server(address))
        paused = records.paused(self.database)
        for server in self.pool.servers:
            if record_key(server) in paused:
                server.pause()

    def note_seen(self, server: Server) -> None:
        """Remember that a server answered, and what it said about itself."""
        records.note_seen(self.database, record_key(server), server.kind, server.stats, time.time())

    def _server(self, server_id: str) -> Server:
        for server in self.pool.servers:
            if id_of(server) == server_id:
                return server
        raise StudioError("server_unknown", url=server_id)


def id_of(server: Server) -> str:
    """A name for a server that fits into an address and stays the same over restarts."""
    if server.kind == "embedded":
        return EMBEDDED
    return hashlib.sha256(server.url.encode()).hexdigest()[:12]


def record_key(server: Server) -> str:
    """Under which name the records know a server."""
    return EMBEDDED if server.kind == "embedded" else server.url


def check_address(address: str) -> str:
    """The address of a server without its password, or a refusal of what cannot be one.

    Private networks are where such servers are. Addresses that only this machine's own network hardware or
    its cloud answers are not.
    """
    if len(address) > LONGEST_ADDRESS:
        raise StudioError("server_address", why=f"it is longer than {LONGEST_ADDRESS} letters")
    try:
        url = parse_address(address).base
        parts = urlsplit(address.strip())
        port = parts.port
    except ValueError as error:
        raise StudioError("server_address", why=str(error)) from error
    if parts.query or parts.fragment or any(sign.isspace() or sign == "\\" for sign in address.strip()):
        raise StudioError("server_address", why="it has more than a host, a port and a path")
    for found in _resolved(parts.hostname or "", port):
        if found.is_link_local or found.is_multicast or found.is_unspecified:
            raise StudioError("server_address", why=f"{found} is no address of a server")
    return url


def _resolved(host: str, port: int | None) -> list[ipaddress.IPv4Address | ipaddress.IPv6Address]:
    try:
        listed = socket.getaddrinfo(host, port or 80, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []  # a name that is not known yet: nobody can be reached by it either
    found = [ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in listed]
    return [one.ipv4_mapped or one if isinstance(one, ipaddress.IPv6Address) else one for one in found]
