"""A text server in OpenAI's dialect that checks what it is sent against OpenAI's reference."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests import local_server
from tests.local_server import serving

KEY = "sk-text-key"
MEMBERS = {
    "model",
    "messages",
    "max_tokens",
    "max_completion_tokens",
    "temperature",
    "seed",
    "stream",
    "top_p",
    "stop",
}


@dataclass
class FakeLlm:
    """What the server has, what it was asked, and how it shall behave."""

    url: str = ""
    models: list[str] | None = field(default_factory=lambda: ["qwen2.5-7b-instruct"])
    key: str = KEY
    content: Any = "Written by the other server."
    finish_reason: str = "stop"
    is_new: bool = False  # as OpenAI's newest: neither max_tokens nor a temperature
    sees: bool = True
    reasoning: str | None = None
    status: int = 200
    body: bytes | None = None
    asked: list[dict[str, Any]] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def check(self, body: Any) -> str:
        """What is wrong with a request."""
        if not isinstance(body, dict) or set(body) - MEMBERS:
            return f"Unrecognized request arguments supplied: {sorted(set(body) - MEMBERS)}"
        if self.is_new and "max_tokens" in body:
            return (
                "Unsupported parameter: 'max_tokens' is not supported. Use 'max_completion_tokens' instead."
            )
        if self.is_new and "temperature" in body:
            return "Unsupported value: 'temperature' does not support 0.7 with this model."
        for message in body.get("messages") or [{}]:
            content = message.get("content")
            if message.get("role") not in {"system", "user", "assistant"}:
                return "Invalid value: role"
            if isinstance(content, list):
                if not self.sees:
                    return "This model does not support image input"
                for part in content:
                    if part.get("type") == "image_url":
                        head, _, data = part["image_url"]["url"].partition(";base64,")
                        if head != "data:image/jpeg" or not base64.b64decode(data, validate=True).startswith(
                            b"\xff\xd8"
                        ):
                            return "Invalid image"
                    elif part.get("type") != "text" or not isinstance(part.get("text"), str):
                        return "Invalid content part"
            elif not isinstance(content, str):
                return "Invalid type for content"
        return ""


@contextmanager
def running() -> Iterator[FakeLlm]:
    """The server on a free port."""
    fake = FakeLlm()

    class Handler(local_server.Handler):
        def do_GET(self) -> None:
            if not self._is_known():
                return None
            if self.path == "/v1/models" and fake.models is not None:
                listed = [
                    {"id": name, "object": "model", "created": 1686935002, "owned_by": "owner"}
                    for name in fake.models
                ]
                return self.answer(200, {"object": "list", "data": listed})
            return self._fail(404, "Unknown request URL")

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if not self._is_known():
                return None
            if self.path != "/v1/chat/completions":
                return self._fail(404, "Unknown request URL")
            if fake.body is not None:
                return self.answer(fake.status, fake.body)
            if fake.models is not None and body.get("model") not in fake.models:
                return self._fail(404, f"The model `{body.get('model')}` does not exist", "model_not_found")
            if wrong := fake.check(body):
                fake.complaints.append(wrong)
                return self._fail(400, wrong)
            fake.asked.append(body)
            message = {"role": "assistant", "content": fake.content, "refusal": None}
            if fake.reasoning is not None:
                message["reasoning_content"] = fake.reasoning
            return self.answer(
                200,
                {
                    "id": "chatcmpl-1",
                    "object": "chat.completion",
                    "created": 1741569952,
                    "model": body["model"],
                    "choices": [
                        {
                            "index": 0,
                            "message": message,
                            "logprobs": None,
                            "finish_reason": fake.finish_reason,
                        }
                    ],
                    "usage": {"prompt_tokens": 19, "completion_tokens": 10, "total_tokens": 29},
                },
            )

        def _is_known(self) -> bool:
            if fake.key and self.headers.get("Authorization") != f"Bearer {fake.key}":
                self._fail(401, "Incorrect API key provided")
                return False
            return True

        def _fail(self, status: int, message: str, code: str | None = None) -> None:
            error = {"message": message, "type": "invalid_request_error", "param": None, "code": code}
            self.answer(status, {"error": error})

    with serving(Handler) as fake.url:
        yield fake
