"""A websocket client that reads too slowly loses previews, then its connection, and nobody else notices."""

from __future__ import annotations

import asyncio
from typing import cast

from starlette.websockets import WebSocket

from studio.engine.sockets import MAX_BACKLOG_BYTES, MAX_PREVIEW_BACKLOG_BYTES, Client

MEGABYTE = 1024 * 1024


class StuckSocket:
    """Takes one message and then never another."""

    def __init__(self) -> None:
        self.sent: list[str | bytes] = []
        self.room = asyncio.Event()
        self.heard_last = asyncio.Event()
        self.closed_with: int | None = None

    async def send_text(self, payload: str) -> None:
        self.sent.append(payload)
        if payload == "the last":
            self.heard_last.set()
        await self.room.wait()

    async def send_bytes(self, payload: bytes) -> None:
        self.sent.append(payload)
        await self.room.wait()

    async def close(self, code: int) -> None:
        self.closed_with = code


def test_slow_reader_misses_previews_but_no_messages() -> None:
    async def scene() -> None:
        socket = StuckSocket()
        client = Client(cast(WebSocket, socket))
        writer = asyncio.create_task(client.write())
        texts = [str(number) * MEGABYTE for number in range(MAX_PREVIEW_BACKLOG_BYTES // MEGABYTE + 2)]
        for text in texts:
            client.post(text)
        client.post(b"a preview that comes too late")
        socket.room.set()
        client.post("the last")
        await asyncio.wait_for(socket.heard_last.wait(), 30)
        assert socket.sent == [*texts, "the last"]
        assert client.backlog_bytes == 0
        writer.cancel()

    asyncio.run(scene())


def test_reader_that_is_stuck_for_good_is_let_go() -> None:
    async def scene() -> None:
        socket = StuckSocket()
        client = Client(cast(WebSocket, socket))
        writer = asyncio.create_task(client.write())
        text = "x" * MEGABYTE
        for _ in range(MAX_BACKLOG_BYTES // MEGABYTE + 5):
            client.post(text)
        assert client.backlog_bytes <= MAX_BACKLOG_BYTES + MEGABYTE
        await asyncio.sleep(0)
        socket.room.set()
        await writer
        assert socket.closed_with == 1013

    asyncio.run(scene())
