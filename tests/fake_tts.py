"""A voice server in OpenAI's dialect that checks what it is sent and speaks a tone."""

from __future__ import annotations

import io
import json
import math
import struct
import threading
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KEY = "sk-a-key"
RATE = 24_000
# The members that OpenAI's reference knows for this call, and `language`, which others do.
MEMBERS = {"model", "input", "voice", "response_format", "speed", "instructions", "stream_format", "language"}


class FakeTts:
    """What the server was asked, and how it shall behave."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.url = ""
        self.voices: Any = {"voices": ["af_bella", "am_adam"]}
        self.answer: tuple[int, bytes] | None = None


def tone(seconds: float = 0.5) -> bytes:
    """A WAV file of 220 Hz."""
    whole = io.BytesIO()
    with wave.open(whole, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        for index in range(int(RATE * seconds)):
            file.writeframesraw(struct.pack("<h", int(12_000 * math.sin(2 * math.pi * 220 * index / RATE))))
    return whole.getvalue()


@contextmanager
def running() -> Iterator[FakeTts]:
    """The server on a free port."""
    fake = FakeTts()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path != "/v1/audio/voices" or fake.voices is None:
                return self._send(404, b'{"error": {"message": "no such route"}}')
            self._send(200, json.dumps(fake.voices).encode())
            return None

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if self.headers.get("Authorization") != f"Bearer {KEY}":
                return self._send(401, b'{"error": {"message": "Incorrect API key provided"}}')
            if self.path != "/v1/audio/speech" or set(body) - MEMBERS or not body["input"]:
                return self._send(400, b'{"error": {"message": "bad request"}}')
            fake.asked.append(body)
            self._send(*(fake.answer or (200, tone())))
            return None

        def _send(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """The test's own output is enough."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    fake.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
