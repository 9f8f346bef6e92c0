"""Keeps one websocket to a ComfyUI server open, and hands on what it says."""

from __future__ import annotations

import logging
import random
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import websocket
from websocket import ABNF
from websocket._abnf import frame_buffer

from studio.comfy.address import Address, parse_address
from studio.comfy.events import Connected, Disconnected, Event, Reader

log = logging.getLogger(__name__)

MAX_FRAME_BYTES = 64 * 1024 * 1024
CONNECT_S = 5.0
TICK_S = 0.5  # how long a read waits before it looks at the clock
# Previews then name their prompt; servers that do not know the message ignore it.
FEATURES = '{"type": "feature_flags", "data": {"supports_preview_metadata": true}}'
# The exemption is only looked at beside a proxy's name; without one the environment's proxy is taken.
NO_PROXY: dict[str, Any] = {"http_proxy_host": "none", "http_no_proxy": ["*"]}


class _BoundedBuffer(frame_buffer):
    def recv_length(self) -> None:
        super().recv_length()
        if self.length is not None and self.length > MAX_FRAME_BYTES:
            raise websocket.WebSocketProtocolException(f"a frame of {self.length} bytes was announced")


class _BoundedSocket(websocket.WebSocket):
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.frame_buffer = _BoundedBuffer(self._recv, skip_utf8_validation=True)


class Listener:
    """One websocket in one thread: connects again whenever it breaks, until it is stopped."""

    def __init__(
        self,
        url: str | Address,
        client_id: str,
        on_event: Callable[[Event], None],
        *,
        ping_s: float = 10.0,
        dead_after_s: float = 40.0,
        backoff_s: tuple[float, float] = (0.2, 10.0),
    ) -> None:
        self.address = parse_address(url) if isinstance(url, str) else url
        self.client_id = client_id
        self.heard_at = 0.0
        """When the server last sent anything, even a pong, by the monotonic clock."""
        self.told_at = 0.0
        """When the server last told something."""
        self._on_event = on_event
        self._ping_s = ping_s
        self._dead_after_s = dead_after_s
        self._backoff_s = backoff_s
        self._stopping = threading.Event()
        self._nudged = threading.Event()
        self._connected = threading.Event()
        self._socket: websocket.WebSocket | None = None
        self._thread: threading.Thread | None = None

    @property
    def connected(self) -> bool:
        """Whether the websocket is open now."""
        return self._connected.is_set()

    def start(self) -> None:
        """Begin to connect."""
        if self._thread is None:
            thread = threading.Thread(target=self._run, name="comfy-listener", daemon=True)
            thread.start()
            self._thread = thread  # only now: who stops it meanwhile waits for no thread that has not begun

    def stop(self, timeout_s: float = 1.0) -> None:
        """Close the websocket and end the thread; a connection that is being made is left to die."""
        self._stopping.set()
        self._nudged.set()
        self._hang_up()
        if self._thread and self._thread is not threading.current_thread():
            self._thread.join(timeout_s)

    def nudge(self) -> None:
        """Connect now rather than after the pause: the server was seen alive."""
        if not self.connected:
            self._nudged.set()

    def reconnect(self) -> None:
        """Drop the present connection, if any, and make a new one."""
        self._hang_up()
        self._nudged.set()

    def wait_connected(self, timeout_s: float) -> bool:
        """Wait for the websocket to be open."""
        return self._connected.wait(timeout_s)

    def _hang_up(self) -> None:
        connection = self._socket
        if connection is not None and connection.sock is not None:
            try:
                connection.sock.shutdown(socket.SHUT_RDWR)  # wakes the read; close() alone need not
            except OSError as error:
                log.debug("the websocket was gone already: %s", error)

    def _run(self) -> None:
        failures = 0
        while not self._stopping.is_set():
            began = time.monotonic()
            why = self._listen()
            if self._connected.is_set():
                self._connected.clear()
                self._tell(Disconnected(why=why))
            if self._stopping.is_set():
                return
            failures = 0 if time.monotonic() - began > self._backoff_s[1] else failures + 1
            low, high = self._backoff_s
            pause_s = min(high, low * 2 ** min(failures, 16)) * random.uniform(0.5, 1.0)
            log.debug("websocket of %s: %s; again in %.1f s", self.address.base, why, pause_s)
            if self._nudged.wait(pause_s):
                self._nudged.clear()
                self._stopping.wait(0.02)  # a server that answers but takes no websocket is not hammered

    def _listen(self) -> str:
        """Stay connected as long as it lasts; gives the reason why it ended."""
        try:
            connection = websocket.create_connection(
                self.address.websocket(self.client_id),
                timeout=CONNECT_S,
                class_=_BoundedSocket,
                header=self.address.headers(),
                suppress_origin=True,  # ComfyUI refuses an origin that is not its own host
                **(NO_PROXY if self.address.loopback else {}),
                enable_multithread=True,
                skip_utf8_validation=True,  # slow, and one bad text is no reason to break off
            )
        except (OSError, websocket.WebSocketException, ValueError) as error:
            return f"no websocket: {_brief(error)}"
        self._socket = connection
        try:
            if self._stopping.is_set():
                return "stopped"
            connection.settimeout(min(TICK_S, self._ping_s / 2))
            connection.send(FEATURES)
            return self._receive(connection)
        except (OSError, websocket.WebSocketException, ValueError) as error:
            return "stopped" if self._stopping.is_set() else _brief(error)
        finally:
            self._socket = None
            connection.shutdown()

    def _receive(self, connection: websocket.WebSocket) -> str:
        reader = Reader()
        self.heard_at = self.told_at = pinged_at = time.monotonic()
        while not self._stopping.is_set():
            now = time.monotonic()
            if now - self.heard_at > self._dead_after_s:
                return f"silent for {self._dead_after_s:g} s"
            if now - pinged_at > self._ping_s:
                pinged_at = now
                connection.ping()
            try:
                opcode, frame = connection.recv_data_frame(control_frame=True)
            except websocket.WebSocketTimeoutException:
                continue  # a half-read frame stays in the buffer
            self.heard_at = time.monotonic()
            if opcode == ABNF.OPCODE_CLOSE:
                return "closed by the server"
            if opcode not in (ABNF.OPCODE_TEXT, ABNF.OPCODE_BINARY):
                continue
            self.told_at = self.heard_at
            content: bytes = frame.data if isinstance(frame.data, bytes) else str(frame.data).encode()
            for event in reader.read(
                content.decode(errors="replace") if opcode == ABNF.OPCODE_TEXT else content
            ):
                if isinstance(event, Connected):
                    self._connected.set()
                    self._nudged.clear()
                self._tell(event)
        return "stopped"

    def _tell(self, event: Event) -> None:
        try:
            self._on_event(event)
        except Exception:  # whoever listens must not be able to end the listening
            log.exception("a listener failed on %s", type(event).__name__)


def _brief(error: BaseException) -> str:
    return (str(error) or type(error).__name__).split("\n")[0][:200]
