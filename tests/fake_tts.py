"""A voice server in OpenAI's dialect that checks what it is sent and speaks a tone."""

from __future__ import annotations

import email
import io
import json
import math
import struct
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from email import policy
from email.message import EmailMessage
from typing import Any

from tests import local_server
from tests.local_server import serving

KEY = "sk-a-key"
RATE = 24_000
# The members that OpenAI's reference knows for this call, and `language`, which others do.
MEMBERS = {"model", "input", "voice", "response_format", "speed", "instructions", "stream_format", "language"}


# The parts of a form that each way of cloning takes.
WAYS = {
    "/v1/audio/voices": {"audio_sample", "name", "consent", "language"},
    "/v1/voices": {"voice_file", "voice_name", "language"},
    "/upload_reference": {"files"},
}


class FakeTts:
    """What the server was asked, and how it shall behave."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.url = ""
        self.voices: Any = {"voices": ["af_bella", "am_adam"]}
        self.answer: tuple[int, bytes] | None = None
        self.clones_at = ""  # where it takes recordings, if it does
        self.cloned: dict[str, bytes] = {}
        self.refuses: bytes | None = None


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


def _parts(content_type: str, data: bytes) -> dict[str, bytes]:
    """The parts of a form, and under `filename` how its file is called."""
    head = f"Content-Type: {content_type}\r\n\r\n".encode()
    whole = email.message_from_bytes(head + data, policy=policy.HTTP)
    assert isinstance(whole, EmailMessage)
    found: dict[str, bytes] = {}
    for part in whole.iter_parts():
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        assert isinstance(name, str)
        assert isinstance(content, bytes)
        found[name] = content
        if (filename := part.get_filename()) is not None:
            found["filename"] = filename.encode()
    return found


@contextmanager
def running() -> Iterator[FakeTts]:
    """The server on a free port."""
    fake = FakeTts()

    class Handler(local_server.Handler):
        content_type = None

        def do_GET(self) -> None:
            if self.path != "/v1/audio/voices" or fake.voices is None:
                return self.answer(404, b'{"error": {"message": "no such route"}}')
            self.answer(200, json.dumps(fake.voices).encode())
            return None

        def do_POST(self) -> None:
            data = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Authorization") != f"Bearer {KEY}":
                return self.answer(401, b'{"error": {"message": "Incorrect API key provided"}}')
            if self.headers.get("Content-Type", "").startswith("multipart/form-data"):
                return self._clone(_parts(self.headers["Content-Type"], data))
            body = json.loads(data)
            if self.path != "/v1/audio/speech" or set(body) - MEMBERS or not body["input"]:
                return self.answer(400, b'{"error": {"message": "bad request"}}')
            fake.asked.append(body)
            self.answer(*(fake.answer or (200, tone())))
            return None

        def do_DELETE(self) -> None:
            folder, _, name = self.path.rpartition("/")
            if folder != fake.clones_at or name not in fake.cloned:
                return self.answer(404, b'{"detail": "Voice not found"}')
            del fake.cloned[name]
            return self.answer(200, b'{"success": true}')

        def _clone(self, parts: dict[str, bytes]) -> None:
            wanted = WAYS.get(self.path)
            if self.path != fake.clones_at or wanted is None:
                return self.answer(404, b'{"detail": "Not Found"}')
            if fake.refuses is not None:
                return self.answer(400, fake.refuses)
            if set(parts) - {"filename"} != wanted:
                return self.answer(422, json.dumps({"detail": f"expected {sorted(wanted)}"}).encode())
            member = next(iter(wanted & {"audio_sample", "voice_file", "files"}))
            named = parts.get("name") or parts.get("voice_name") or parts["filename"]
            fake.cloned[named.decode()] = parts[member]
            told: dict[str, Any] = {"voice": {"name": named.decode()}}
            if member == "files":
                told = {"message": "Processed 1 file(s)", "uploaded_files": [named.decode()], "errors": []}
            return self.answer(201 if member == "voice_file" else 200, json.dumps(told).encode())

    with serving(Handler) as fake.url:
        yield fake
