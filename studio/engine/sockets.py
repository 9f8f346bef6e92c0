"""The websocket side: who is connected, and how messages of the worker thread reach them in order."""

from __future__ import annotations

import asyncio
import json
import logging
import struct
import uuid
from collections import deque
from collections.abc import Callable, Mapping
from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image
from starlette.websockets import WebSocket, WebSocketDisconnect

log = logging.getLogger(__name__)

PREVIEW, TEXT, LABELLED_PREVIEW = 1, 3, 4  # event types of binary messages
JPEG, PNG = 1, 2  # picture formats inside a preview
LARGEST_PREVIEW = 512
MAX_BACKLOG_BYTES = 64 * 1024 * 1024
MAX_PREVIEW_BACKLOG_BYTES = 4 * 1024 * 1024
MAX_UPLOAD_BYTES = 100 * 1024 * 1024
BACKDROP = (236, 236, 238)


def server_features() -> dict[str, Any]:
    """Say what this server can do beyond the plain protocol."""
    return {"supports_preview_metadata": True, "max_upload_size": MAX_UPLOAD_BYTES}


class Client:
    """One connection and what still has to be written to it."""

    def __init__(self, socket: WebSocket) -> None:
        self.socket = socket
        self.features: dict[str, Any] = {}
        self.outbox: deque[str | bytes] = deque()
        self.backlog_bytes = 0
        self.overrun = False
        self.wake = asyncio.Event()

    def post(self, payload: str | bytes) -> None:
        """Add a message; must be called on the event loop."""
        if isinstance(payload, bytes) and self.backlog_bytes > MAX_PREVIEW_BACKLOG_BYTES:
            return  # a slow reader misses previews first
        if self.backlog_bytes > MAX_BACKLOG_BYTES:
            self.overrun = True
        else:
            self.outbox.append(payload)
            self.backlog_bytes += len(payload)
        self.wake.set()

    async def write(self) -> None:
        """Write messages until there are too many, which ends the connection."""
        while not self.overrun:
            await self.wake.wait()
            self.wake.clear()
            while self.outbox and not self.overrun:
                payload = self.outbox.popleft()
                self.backlog_bytes -= len(payload)
                if isinstance(payload, str):
                    await self.socket.send_text(payload)
                else:
                    await self.socket.send_bytes(payload)
        await self.socket.close(1013)


class Hub:
    """All connected clients; messages may come from any thread."""

    def __init__(self, queue_info: Callable[[], dict[str, Any]]) -> None:
        self._queue_info = queue_info
        self._clients: dict[str, Client] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._pending: deque[tuple[str | None, str | bytes]] = deque()
        self._scheduled = False
        self._running: tuple[str | None, str | None] = (None, None)

    def attach(self, loop: asyncio.AbstractEventLoop) -> None:
        """Name the event loop on which the sockets live."""
        self._loop = loop

    def listens(self, client_id: str | None) -> bool:
        """Tell whether a message would reach anybody."""
        return bool(self._clients) if client_id is None else client_id in self._clients

    def wants_labels(self, client_id: str | None) -> bool:
        """Tell whether the client reads previews that say which node they come from."""
        client = self._clients.get(client_id) if client_id is not None else None
        return client is not None and client.features.get("supports_preview_metadata") is True

    def now_running(self, client_id: str | None, node_id: str | None) -> None:
        """Remember what a client that reconnects should be told."""
        self._running = (client_id, node_id)

    def send(self, event: str, data: Mapping[str, Any], client_id: str | None = None) -> None:
        """Send a message to one client, or to all."""
        if self.listens(client_id):
            self._push(client_id, json.dumps({"type": event, "data": data}))

    def send_status(self) -> None:
        """Tell everybody how long the queue is."""
        self.send("status", {"status": self._queue_info()})

    def send_preview(
        self, picture: np.ndarray | bytes, label: Mapping[str, Any] | None, client_id: str | None
    ) -> None:
        """Send a picture of the work so far, or a PNG as it is, with a label for clients that read those."""
        if not self.listens(client_id):
            return
        is_png = isinstance(picture, bytes)
        data = picture if is_png else _jpeg(picture)
        if label is None:
            self._push(client_id, struct.pack(">II", PREVIEW, PNG if is_png else JPEG) + data)
            return
        about = json.dumps({**label, "image_type": "image/png" if is_png else "image/jpeg"}).encode()
        self._push(client_id, struct.pack(">II", LABELLED_PREVIEW, len(about)) + about + data)

    def send_text(self, text: str, node_id: str, client_id: str | None) -> None:
        """Send a sentence about what a node does, as ComfyUI's own nodes do."""
        if self.listens(client_id):
            node = node_id.encode()
            self._push(client_id, struct.pack(">II", TEXT, len(node)) + node + text.encode())

    def _push(self, client_id: str | None, payload: str | bytes) -> None:
        self._pending.append((client_id, payload))
        if not self._scheduled and self._loop is not None:
            self._scheduled = True
            try:
                self._loop.call_soon_threadsafe(self._deliver)
            except RuntimeError:  # the loop ended under a prompt that still ran
                log.debug("message dropped: the server is closed")

    def _deliver(self) -> None:
        self._scheduled = False
        while self._pending:
            client_id, payload = self._pending.popleft()
            if client_id is None:
                for client in self._clients.values():
                    client.post(payload)
            elif client_id in self._clients:
                self._clients[client_id].post(payload)

    async def serve(self, socket: WebSocket) -> None:
        """Talk with one client until it leaves; a client that comes back takes over its old place."""
        await socket.accept()
        sid = socket.query_params.get("clientId") or uuid.uuid4().hex
        client = Client(socket)
        self._deliver()  # what was sent before this client came is not for it
        client.post(json.dumps({"type": "status", "data": {"status": self._queue_info(), "sid": sid}}))
        running_client, running_node = self._running
        if running_client == sid and running_node is not None:
            client.post(json.dumps({"type": "executing", "data": {"node": running_node}}))
        self._clients[sid] = client
        writer = asyncio.create_task(client.write())
        try:
            await self._listen(client)
        except WebSocketDisconnect:
            log.debug("client %s left", sid)
        finally:
            if self._clients.get(sid) is client:
                del self._clients[sid]
            writer.cancel()
            await asyncio.gather(writer, return_exceptions=True)

    async def _listen(self, client: Client) -> None:
        first = True
        while True:
            message = await client.socket.receive()
            if message["type"] == "websocket.disconnect":
                return
            spoken = message.get("text")
            if spoken is None:
                continue
            try:
                data = json.loads(spoken)
            except (ValueError, RecursionError):
                log.warning("a client sent something that is not JSON")
                continue
            if first and isinstance(data, dict) and data.get("type") == "feature_flags":
                flags = data.get("data")
                client.features = flags if isinstance(flags, dict) else {}
                client.post(json.dumps({"type": "feature_flags", "data": server_features()}))
            first = False


def _jpeg(picture: np.ndarray) -> bytes:
    image = Image.fromarray(np.ascontiguousarray(picture))
    if image.mode == "RGBA":
        flat = Image.new("RGB", image.size, BACKDROP)
        flat.paste(image, mask=image.getchannel("A"))
        image = flat
    image.thumbnail((LARGEST_PREVIEW, LARGEST_PREVIEW), Image.Resampling.BILINEAR)
    buffer = BytesIO()
    image.convert("RGB").save(buffer, "JPEG", quality=95)
    return buffer.getvalue()
