"""Bare sockets for what no HTTP client would send."""

from __future__ import annotations

import contextlib
import socket
import time
from urllib.parse import urlsplit


def connect(url: str, timeout_s: float = 20.0) -> socket.socket:
    """A connection to the app."""
    parts = urlsplit(url)
    assert parts.hostname is not None
    return socket.create_connection((parts.hostname, parts.port or 80), timeout=timeout_s)


def read_all(connection: socket.socket) -> bytes:
    """Everything up to the other side's end."""
    read = b""
    try:
        while block := connection.recv(65536):
            read += block
    except (ConnectionResetError, BrokenPipeError):
        return read
    return read


def shut_writing(connection: socket.socket) -> None:
    """Nothing more will be sent; the other side may have gone already."""
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_WR)


def say(url: str, data: bytes) -> bytes:
    """Send these bytes, and give everything that is answered until the other side closes."""
    with connect(url) as connection:
        connection.sendall(data)
        return read_all(connection)


def is_open(connection: socket.socket) -> bool:
    """Whether the other side still holds this connection, which was sent nothing."""
    connection.setblocking(False)
    try:
        return connection.recv(1, socket.MSG_PEEK) != b""
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        connection.setblocking(True)


def trickle(connection: socket.socket, data: bytes, pause_s: float, until_s: float) -> bytes:
    """Send byte after byte, again and again, until the other side has had enough; gives its answer."""
    deadline = time.monotonic() + until_s
    connection.settimeout(pause_s)
    answer = b""
    while time.monotonic() < deadline:
        for byte in data:
            try:
                connection.send(bytes([byte]))
            except OSError:
                return answer
            try:
                if block := connection.recv(65536):
                    answer += block
                else:
                    return answer
            except TimeoutError:
                continue
            except OSError:
                return answer
    raise AssertionError("the other side would have listened for ever")
