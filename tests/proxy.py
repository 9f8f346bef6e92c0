"""A wire between the studio and an engine: it counts what is sent and can be cut."""

from __future__ import annotations

import re
import socket
import threading
import time
from contextlib import suppress

ANSWER_S = 2.0
SENT = re.compile(rb'"prompt_id": ?"([0-9a-f-]{36})", ?"client_id"')


class Proxy:
    """Passes bytes on, notes the prompt ids that go by, and cuts websockets when told."""

    def __init__(self, engine: str) -> None:
        host, _, port = engine.removeprefix("http://").partition(":")
        self._target = (host, int(port))
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._websockets: set[socket.socket] = set()
        self._lock = threading.Lock()
        self.sent: list[str] = []
        self.cuts = 0
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listening.getsockname()[1]}"

    def close(self) -> None:
        self._listening.close()
        self.cut_websockets()

    def cut_websockets(self) -> None:
        with self._lock:
            cut, self._websockets = self._websockets, set()
        for connection in cut:
            self.cuts += 1
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client:
            try:
                server = socket.create_connection(self._target, timeout=5)
            except OSError:
                return
            with server:
                for side in (client, server):
                    side.settimeout(None)
                    side.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                asked: list[str] = []
                back = threading.Thread(target=self._answer, args=(server, client, asked), daemon=True)
                back.start()
                self._watch(client, server, asked)
                deadline = time.monotonic() + ANSWER_S
                while asked and time.monotonic() < deadline:
                    time.sleep(0.01)  # whoever asked has died, and the engine still answers
                _shut(server)
                back.join()

    def _watch(self, client: socket.socket, server: socket.socket, asked: list[str]) -> None:
        seen = b""
        while True:
            try:
                block = client.recv(65536)
            except OSError:
                return
            if not block:
                return
            if not seen and block.startswith(b"GET /ws"):
                with self._lock:
                    self._websockets.add(client)
            seen = (seen + block)[-200_000:]
            for found in SENT.finditer(seen):
                with self._lock:
                    asked.append(found[1].decode())
                seen = seen[found.end() :]
                break
            try:
                server.sendall(block)
            except OSError:
                return

    def _answer(self, server: socket.socket, client: socket.socket, asked: list[str]) -> None:
        """Pass answers back; what is written to an engine that has just died gets none, and was not sent."""
        try:
            while block := server.recv(65536):
                with self._lock:
                    self.sent.extend(asked)
                    asked.clear()
                client.sendall(block)
        except OSError:
            pass  # the other side is gone, and so is this one
        _shut(client)


def _shut(side: socket.socket) -> None:
    with suppress(OSError):
        side.shutdown(socket.SHUT_RDWR)
