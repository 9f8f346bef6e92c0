"""An Ollama that checks what it is sent against Ollama's own reference, and answers as it does."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests import local_server
from tests.local_server import serving

CHAT = {
    "model",
    "messages",
    "tools",
    "format",
    "options",
    "stream",
    "keep_alive",
    "think",
    "logprobs",
    "top_logprobs",
}
OPTIONS: dict[str, type | tuple[type, ...]] = {
    "temperature": (int, float),
    "num_predict": int,
    "seed": int,
    "num_ctx": int,
    "top_p": (int, float),
    "top_k": int,
    "stop": list,
}
JPEG = b"\xff\xd8\xff"


@dataclass
class Reply:
    """What a model says next."""

    content: str = "A quiet morning, and coffee."
    done_reason: str = "stop"
    status: int = 200
    body: bytes | None = None  # instead of an answer
    cut: bool = False  # the connection ends in the middle
    wait_s: float = 0.0


@dataclass
class FakeOllama:
    """What has been pulled, what was asked, and how it shall behave."""

    url: str = ""
    models: dict[str, tuple[str, ...]] = field(default_factory=lambda: {"llama3:latest": ("completion",)})
    asked: list[dict[str, Any]] = field(default_factory=list)
    reply: Reply = field(default_factory=Reply)
    complaints: list[str] = field(default_factory=list)

    def check(self, body: Any) -> str:
        """What is wrong with a chat request, in Ollama's words."""
        if not isinstance(body, dict):
            return "invalid JSON"
        if unknown := set(body) - CHAT:
            return f"unknown members {unknown}"
        if not isinstance(body.get("messages"), list) or not body["messages"]:
            return "no messages"
        for message in body["messages"]:
            if message.get("role") not in {"system", "user", "assistant", "tool"}:
                return "invalid role"
            if not isinstance(message.get("content"), str):
                return "json: cannot unmarshal content into Go struct field of type string"
            for image in message.get("images", ()):
                if not base64.b64decode(image, validate=True).startswith(JPEG):
                    return "illegal base64 data or unknown picture"
        for name, value in body.get("options", {}).items():
            if name not in OPTIONS or isinstance(value, bool) or not isinstance(value, OPTIONS[name]):
                return f"option {name!r} must be of type {OPTIONS.get(name)}"
        if body.get("stream") is not False:
            return "this test reads no streams"
        can = self.models.get(self.full(body.get("model", "")), ())
        if body.get("think") and "thinking" not in can:
            return f"{body['model']!r} does not support thinking"
        return ""

    @staticmethod
    def full(name: str) -> str:
        """The name with its tag."""
        return name if ":" in name else f"{name}:latest"


@contextmanager
def running() -> Iterator[FakeOllama]:
    """The server on a free port."""
    fake = FakeOllama()

    class Handler(local_server.Handler):
        content_type = "application/json; charset=utf-8"

        def do_GET(self) -> None:
            if self.path == "/api/version":
                return self.answer(200, {"version": "0.12.3"})
            if self.path == "/api/tags":
                return self.answer(200, {"models": [_listed(name) for name in fake.models]})
            return self.answer(404, b"404 page not found")

        def do_POST(self) -> None:
            try:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            except ValueError:
                return self.answer(400, {"error": "invalid character looking for beginning of value"})
            name = fake.full(str(body.get("model", "")))
            if self.path not in {"/api/chat", "/api/show"}:
                return self.answer(404, b"404 page not found")
            if name not in fake.models:
                return self.answer(404, {"error": f"model '{body.get('model')}' not found"})
            if self.path == "/api/show":
                return self.answer(200, {"details": {}, "capabilities": list(fake.models[name])})
            if wrong := fake.check(body):
                fake.complaints.append(wrong)
                return self.answer(400, {"error": wrong})
            fake.asked.append(body)
            return self._answer(body, name)

        def _answer(self, body: dict[str, Any], name: str) -> None:
            reply = fake.reply
            time.sleep(reply.wait_s)
            if reply.body is not None:
                return self.answer(reply.status, reply.body)
            told = {
                "model": name,
                "created_at": "2025-12-17T15:00:00.123456789Z",
                "message": {"role": "assistant", "content": reply.content},
                "done_reason": reply.done_reason,
                "done": True,
                "total_duration": 4883583458,
                "load_duration": 1334875,
                "prompt_eval_count": 26,
                "prompt_eval_duration": 342546000,
                "eval_count": len(reply.content.split()),
                "eval_duration": 4535599000,
            }
            if reply.cut:
                return self._break_off(told)
            return self.answer(200, told)

        def _break_off(self, told: dict[str, Any]) -> None:
            whole = json.dumps(told).encode()
            self.close_connection = True
            self.answer(200, whole[: len(whole) // 2], {"Content-Length": str(len(whole))})

    with serving(Handler) as fake.url:
        yield fake


def _listed(name: str) -> dict[str, Any]:
    family = "nomic-bert" if "embed" in name else "llama"
    return {
        "name": name,
        "model": name,
        "modified_at": "2025-11-04T14:56:49.277302595-07:00",
        "size": 4661224676,
        "digest": "365c0bd3c000a25d28ddbf732fe1c6add414de7275464c4e4d1c3b5fcb5d8ad1",
        "details": {
            "format": "gguf",
            "family": family,
            "families": [family],
            "parameter_size": "8.0B",
            "quantization_level": "Q4_0",
        },
    }
