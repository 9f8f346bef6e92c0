"""HTTP connections with patience that ends: for heads that do not come, for readers that do not read."""

from __future__ import annotations

import asyncio
import logging

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

log = logging.getLogger(__name__)

STALLED_READER_S = 60.0
SPARE_CONNECTIONS = 64  # beyond the limit: they are told so; further ones are closed unheard

_TOO_SLOW = (
    b"HTTP/1.1 408 Request Timeout\r\nContent-Type: text/plain; charset=utf-8\r\n"
    b"Content-Length: 42\r\nConnection: close\r\n\r\nThe request's head did not come in time.\r\n"
)


def patient(header_timeout_s: float, reader_timeout_s: float = STALLED_READER_S) -> type[H11Protocol]:
    """The protocol class for uvicorn, with these times."""

    class Patient(H11Protocol):
        """One connection; its clock runs whenever it is the client's turn."""

        _has_sent = False
        _head_clock: asyncio.TimerHandle | None = None
        _reader_clock: asyncio.TimerHandle | None = None

        def connection_made(self, transport: asyncio.Transport) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
            """Wait for the first request, for so long; or not at all, if there is no place left."""
            super().connection_made(transport)
            limit = self.limit_concurrency
            if limit is not None and len(self.connections) > limit + SPARE_CONNECTIONS:
                transport.abort()
                return
            self._start_head_clock()

        def data_received(self, data: bytes) -> None:
            """Take in bytes; the clock of a head goes on until the head is whole."""
            self._has_sent = True
            super().data_received(data)
            if self.conn.their_state is not h11.IDLE:
                self._stop_head_clock()
            elif self._head_clock is None and not self.transport.is_closing():
                self._start_head_clock()

        def connection_lost(self, exc: Exception | None) -> None:
            """Stop all clocks."""
            self._stop_head_clock()
            self._stop_reader_clock()
            super().connection_lost(exc)

        def pause_writing(self) -> None:
            """Nobody reads; wait for so long."""
            super().pause_writing()
            self._stop_reader_clock()
            self._reader_clock = self.loop.call_later(reader_timeout_s, self._drop_reader)

        def resume_writing(self) -> None:
            """Somebody reads again."""
            self._stop_reader_clock()
            super().resume_writing()

        def handle_websocket_upgrade(self, event: h11.Request) -> None:
            """Another protocol takes over."""
            self._stop_head_clock()
            self._stop_reader_clock()
            super().handle_websocket_upgrade(event)

        def _start_head_clock(self) -> None:
            self._head_clock = self.loop.call_later(header_timeout_s, self._drop_head)

        def _stop_head_clock(self) -> None:
            if self._head_clock is not None:
                self._head_clock.cancel()
                self._head_clock = None

        def _stop_reader_clock(self) -> None:
            if self._reader_clock is not None:
                self._reader_clock.cancel()
                self._reader_clock = None

        def _drop_head(self) -> None:
            self._head_clock = None
            if self._has_sent and not self.transport.is_closing():
                self.transport.write(_TOO_SLOW)
            # Browsers open connections ahead of need; an answer to nothing would seem one to what comes next.
            self.transport.close()

        def _drop_reader(self) -> None:
            self._reader_clock = None
            log.info("a client that stopped reading was cut off")
            self.transport.abort()

    return Patient
