"""A small scripted ComfyUI over a real socket: tests decide what it has, says, forgets and breaks."""

from __future__ import annotations

import base64
import email
import gzip
import hashlib
import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
STATS = {
    "system": {"os": "posix", "comfyui_version": "0.3.64"},
    "devices": [
        {"name": "cuda:0 Fake", "type": "cuda", "vram_total": 24_000_000_000, "vram_free": 20_000_000_000}
    ],
}
INFO: dict[str, Any] = {
    "CheckpointLoaderSimple": {
        "input": {
            "required": {"ckpt_name": [["SD15\\dream.safetensors", "xl.safetensors"], {"tooltip": "?"}]}
        },
        "output": ["MODEL", "CLIP", "VAE"],
        "display_name": "Load Checkpoint",
        "output_node": False,
    },
    "KSampler": {
        "input": {
            "required": {
                "model": ["MODEL", {}],
                "seed": ["INT", {"default": 0, "min": 0, "max": 18446744073709551615}],
                "steps": ["INT", {"default": 20, "min": 1, "max": 10000}],
                "cfg": ["FLOAT", {"default": 8.0, "min": 0.0, "max": 100.0, "step": 0.1}],
                "sampler_name": [["euler", "heun", "ddim"], {}],
            }
        },
        "output": ["LATENT"],
        "output_node": False,
    },
    "UpscaleModelLoader": {
        "input": {"required": {"model_name": ["COMBO", {"multiselect": False, "options": ["4x.pth"]}]}},
        "output": ["UPSCALE_MODEL"],
        "output_node": False,
    },
    "LoadImage": {
        "input": {"required": {"image": [["example.png"], {"image_upload": True}]}},
        "output": ["IMAGE", "MASK"],
        "output_node": False,
    },
    "SaveImage": {
        "input": {
            "required": {"images": ["IMAGE", {}], "filename_prefix": ["STRING", {"default": "ComfyUI"}]}
        },
        "output": [],
        "output_node": True,
    },
}


@dataclass(frozen=True)
class Reply:
    """An answer that a test puts in place of the usual one."""

    body: bytes | dict[str, Any] | list[Any] | str = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut_after: int | None = None  # close the connection after so many bytes of the body
    gzipped: bool = False


@dataclass
class Request:
    """What a client sent."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        """The body's JSON."""
        return json.loads(self.body)


Route = Callable[[Request], Reply | None]


class FakeComfy:
    """One fake server; use it as a context manager, or call up and down."""

    def __init__(self) -> None:
        self.info: dict[str, Any] = json.loads(json.dumps(INFO))
        self.running: list[str] = []
        self.pending: list[str] = []
        self.graphs: dict[str, Any] = {}
        self.history: dict[str, Any] = {}
        self.inputs: dict[str, bytes] = {}
        self.outputs: dict[tuple[str, str, str], bytes] = {}
        self.requests: list[Request] = []
        self.said: list[Any] = []  # what clients sent over the websocket
        self.replies: dict[str, Reply | Route] = {}
        self.stalled: dict[str, threading.Event] = {}
        self.deaf = False  # websockets neither answer pings nor tell anything
        self.mute = False  # websockets answer pings and tell nothing, as when ComfyUI forgot the client
        self.websocket_reply: Reply | None = None
        self.websocket_requests: list[Request] = []
        self.port = 0
        self._sockets: list[_WebSocket] = []
        self._connections: set[socket.socket] = set()
        self._lock = threading.RLock()
        self._server: ThreadingHTTPServer | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> FakeComfy:
        self.up()
        return self

    def __exit__(self, *_: object) -> None:
        for event in self.stalled.values():
            event.set()
        self.down()

    def up(self) -> None:
        """Listen, on the same port as before."""
        fake = self

        class Handler(_Handler):
            owner = fake

        class Server(ThreadingHTTPServer):
            allow_reuse_address = True
            daemon_threads = True
            request_queue_size = 64

            def handle_error(self, request: Any, client_address: Any) -> None:
                """Clients that go away are part of the game."""

        self._server = Server(("127.0.0.1", self.port), Handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def down(self) -> None:
        """Die as a killed process does: every connection is gone."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None
        with self._lock:
            connections, self._connections = list(self._connections), set()
            self._sockets = []
        for connection in connections:
            _cut(connection)

    def forget_all(self) -> None:
        """What a restart does to prompts and the temp folder."""
        self.running, self.pending, self.history = [], [], {}

    @property
    def listeners(self) -> int:
        with self._lock:
            return len(self._sockets)

    def wait_listeners(self, count: int = 1, timeout_s: float = 20.0) -> bool:
        return wait_until(lambda: self.listeners >= count, timeout_s)

    def say(self, *messages: dict[str, Any] | bytes | str) -> None:
        """Tell all websockets something: a message, raw text or a binary frame."""
        if self.mute or self.deaf:
            return
        with self._lock:
            for message in messages:
                for client in self._sockets:
                    client.send(json.dumps(message) if isinstance(message, dict) else message)

    def cut_websockets(self) -> None:
        """Cut them in mid-air, without a closing frame."""
        with self._lock:
            clients, self._sockets = self._sockets, []
        for client in clients:
            _cut(client.connection)

    def close_websockets(self) -> None:
        """Close them politely."""
        with self._lock:
            for client in self._sockets:
                client.frame(8, struct.pack(">H", 1001))

    def raw(self, data: bytes) -> None:
        """Put bytes on the websockets that are not a frame of ours."""
        with self._lock:
            for client in self._sockets:
                client.connection.sendall(data)

    @contextmanager
    def stall(self, path: str) -> Iterator[threading.Event]:
        """Let requests for a path wait."""
        event = self.stalled[path] = threading.Event()
        try:
            yield event
        finally:
            event.set()
            self.stalled.pop(path, None)

    def paths(self, method: str = "POST") -> list[str]:
        return [request.path for request in self.requests if request.method == method]

    # What ComfyUI does with a prompt, step by step.

    def begin(self, prompt_id: str) -> None:
        self.pending = [waiting for waiting in self.pending if waiting != prompt_id]
        self.running.append(prompt_id)
        self.say(
            self.status(),
            message("execution_start", prompt_id),
            message("execution_cached", prompt_id, nodes=[]),
        )

    def finish(
        self, prompt_id: str, outputs: dict[str, Any] | None = None, ending: list[Any] | None = None
    ) -> None:
        """Move a prompt from the queue to the history."""
        status: dict[str, Any] = {"status_str": "success", "completed": True, "messages": []}
        if ending:
            status = {"status_str": "error", "completed": False, "messages": [ending]}
        entry = {"prompt": [0, prompt_id, {}, {}, []], "outputs": outputs or {}, "status": status, "meta": {}}
        with self._lock:
            self.running = [other for other in self.running if other != prompt_id]
            self.pending = [other for other in self.pending if other != prompt_id]
            self.history[prompt_id] = entry
        if not ending:
            self.say(message("execution_success", prompt_id))
        self.say(self.status(), message("executing", prompt_id, node=None))

    def status(self) -> dict[str, Any]:
        remaining = len(self.running) + len(self.pending)
        return {"type": "status", "data": {"status": {"exec_info": {"queue_remaining": remaining}}}}

    # Requests.

    def answer(self, request: Request) -> Reply:
        self.requests.append(request)
        for path, event in list(self.stalled.items()):
            if request.path.startswith(path):
                event.wait(30)
        for path, reply in list(self.replies.items()):
            if request.path == path or (path.endswith("*") and request.path.startswith(path[:-1])):
                found = reply(request) if callable(reply) else reply
                if found is not None:
                    return found
        return self._usual(request)

    def _usual(self, request: Request) -> Reply:
        match request.method, request.path:
            case "GET", "/system_stats":
                return Reply(STATS)
            case "GET", "/object_info":
                return Reply(self.info)
            case "GET", "/queue":
                with self._lock:
                    running = [[0, one, {}, {}, []] for one in self.running]
                    pending = [[n, one, {}, {}, []] for n, one in enumerate(self.pending, 1)]
                return Reply({"queue_running": running, "queue_pending": pending[::-1]})
            case "POST", "/queue":
                gone = request.json().get("delete", [])
                self.pending = [one for one in self.pending if one not in gone]
                return Reply()
            case "POST", "/interrupt":
                prompt_id = request.json().get("prompt_id")
                if prompt_id in self.running:
                    self.finish(prompt_id, ending=["execution_interrupted", {"prompt_id": prompt_id}])
                return Reply()
            case "POST", "/prompt":
                body = request.json()
                prompt_id = body["prompt_id"]
                self.graphs[prompt_id] = body["prompt"]
                self.pending.append(prompt_id)
                return Reply({"prompt_id": prompt_id, "number": 1, "node_errors": {}})
            case "POST", "/upload/image" | "/upload/mask":
                return self._upload(request)
            case "GET", "/view":
                return self._view(request)
            case "GET", "/models/loras":
                return Reply(["a.safetensors", "sub\\b.safetensors"])
            case "GET", "/embeddings":
                return Reply(["easynegative"])
            case "GET", "/features":
                return Reply({"supports_preview_metadata": True, "max_upload_size": 104857600})
            case "POST", "/free" | "/history":
                return Reply()
        if request.path.startswith("/history/"):
            prompt_id = request.path.removeprefix("/history/")
            with self._lock:
                found = self.history.get(prompt_id)
            return Reply({prompt_id: found} if found else {})
        return Reply("404: Not Found", 404, {"content-type": "text/plain"})

    def _upload(self, request: Request) -> Reply:
        head = f"Content-Type: {request.headers['content-type']}\r\n\r\n".encode()
        for part in email.message_from_bytes(head + request.body).walk():
            filename = part.get_filename()
            if not filename:
                continue
            content = part.get_payload(decode=True)
            assert isinstance(content, bytes)
            name, count = filename, 0
            while name in self.inputs and self.inputs[name] != content:
                count += 1
                stem, _, suffix = filename.rpartition(".")
                name = f"{stem} ({count}).{suffix}"
            self.inputs[name] = content
            return Reply({"name": name, "subfolder": "", "type": "input"})
        return Reply(status=400)

    def _view(self, request: Request) -> Reply:
        query = request.query
        name, folder = query.get("filename", ""), query.get("type", "output")
        content = self.inputs.get(name) if folder == "input" else None
        if folder != "input":
            content = self.outputs.get((folder, query.get("subfolder", ""), name))
        if content is None:
            return Reply(status=404)
        headers = {"content-type": "image/png", "content-disposition": f'filename="{name}"'}
        if request.headers.get("range") == "bytes=0-0":
            headers["content-range"] = f"bytes 0-0/{len(content)}"
            return Reply(content[:1], 206, headers)
        return Reply(content, 200, headers)

    # Websockets.

    def _join(self, client: _WebSocket) -> None:
        with self._lock:
            self._sockets.append(client)

    def _leave(self, client: _WebSocket) -> None:
        with self._lock, suppress(ValueError):
            self._sockets.remove(client)


class _WebSocket:
    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self._lock = threading.Lock()

    def send(self, content: str | bytes) -> None:
        data = content.encode() if isinstance(content, str) else content
        with suppress(OSError):
            self.frame(1 if isinstance(content, str) else 2, data)

    def frame(self, opcode: int, data: bytes) -> None:
        head = bytes([0x80 | opcode])
        if len(data) < 126:
            head += bytes([len(data)])
        elif len(data) < 65536:
            head += bytes([126]) + struct.pack(">H", len(data))
        else:
            head += bytes([127]) + struct.pack(">Q", len(data))
        with self._lock:
            self.connection.sendall(head + data)

    def read(self, stream: Any) -> tuple[int, bytes] | None:
        head = stream.read(2)
        if len(head) < 2:
            return None
        length = head[1] & 0x7F
        if length == 126:
            (length,) = struct.unpack(">H", stream.read(2))
        elif length == 127:
            (length,) = struct.unpack(">Q", stream.read(8))
        mask = stream.read(4) if head[1] & 0x80 else b"\0\0\0\0"
        data = stream.read(length)
        return head[0] & 0xF, bytes(byte ^ mask[n % 4] for n, byte in enumerate(data))


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    owner: FakeComfy

    def setup(self) -> None:
        super().setup()
        with self.owner._lock:
            self.owner._connections.add(self.connection)

    def finish(self) -> None:
        with self.owner._lock:
            self.owner._connections.discard(self.connection)
        with suppress(OSError, ValueError):
            super().finish()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the base class names it so
        """Tests do not want to read it."""

    def _read(self) -> Request:
        if "chunked" in self.headers.get("transfer-encoding", ""):
            body = b""
            while size := int(self.rfile.readline().strip() or b"0", 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        else:
            length = int(self.headers.get("content-length") or 0)
            body = self.rfile.read(length)
            if len(body) < length:
                raise ConnectionResetError("the connection was cut in the middle of a request")
        parts = urlsplit(self.path)
        query = {key: values[0] for key, values in parse_qs(parts.query, keep_blank_values=True).items()}
        headers = {key.lower(): value for key, value in self.headers.items()}
        return Request(self.command, unquote(parts.path), query, headers, body)

    def do_GET(self) -> None:
        request = self._read()
        if request.path == "/ws" and "sec-websocket-key" in request.headers:
            self._websocket(request)
        else:
            self._reply(self.owner.answer(request))

    def do_POST(self) -> None:
        self._reply(self.owner.answer(self._read()))

    def _reply(self, reply: Reply) -> None:
        body, headers = reply.body, dict(reply.headers)
        if isinstance(body, dict | list):
            body = json.dumps(body).encode()
            headers.setdefault("content-type", "application/json; charset=utf-8")
        elif isinstance(body, str):
            body = body.encode()
        if reply.gzipped:
            body = gzip.compress(body)
            headers["content-encoding"] = "gzip"
        self.send_response(reply.status)
        for key, value in ({"content-length": str(len(body))} | headers).items():
            self.send_header(key, value)
        self.end_headers()
        if reply.cut_after is not None:
            self.wfile.write(body[: reply.cut_after])
            self.wfile.flush()
            _cut(self.connection)
            self.close_connection = True
            return
        self.wfile.write(body)

    def _websocket(self, request: Request) -> None:
        owner = self.owner
        owner.websocket_requests.append(request)
        self.close_connection = True
        if owner.websocket_reply is not None:
            self._reply(owner.websocket_reply)
            return
        accept = base64.b64encode(
            hashlib.sha1(request.headers["sec-websocket-key"].encode() + GUID).digest()
        ).decode()
        self.send_response(101)
        for key, value in (
            ("upgrade", "websocket"),
            ("connection", "upgrade"),
            ("sec-websocket-accept", accept),
        ):
            self.send_header(key, value)
        self.end_headers()
        client = _WebSocket(self.connection)
        hello = owner.status()
        hello["data"]["sid"] = request.query.get("clientId", "made-up")
        client.send(json.dumps(hello))
        owner._join(client)
        try:
            while found := client.read(self.rfile):
                opcode, data = found
                if opcode == 8:
                    return
                if opcode == 9 and not owner.deaf:
                    client.frame(10, data)
                if opcode == 1:
                    owner.said.append(json.loads(data))
        except (OSError, struct.error, ValueError):
            return
        finally:
            owner._leave(client)


def _cut(connection: socket.socket) -> None:
    with suppress(OSError):
        # No lingering: the peer sees a reset, as from a cable or a killed process.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    with suppress(OSError):
        connection.close()


def message(kind: str, prompt_id: str, **data: Any) -> dict[str, Any]:
    """A websocket message about a prompt."""
    return {"type": kind, "data": {**data, "prompt_id": prompt_id}}


def progress_state(prompt_id: str, **nodes: tuple[float, float, str]) -> dict[str, Any]:
    """The message that tells the state of all nodes at once; keyword n3 is node 3."""
    states = {
        name.removeprefix("n"): {
            "value": value,
            "max": maximum,
            "state": state,
            "node_id": name.removeprefix("n"),
            "prompt_id": prompt_id,
            "display_node_id": name.removeprefix("n"),
            "parent_node_id": None,
            "real_node_id": name.removeprefix("n"),
        }
        for name, (value, maximum, state) in nodes.items()
    }
    return message("progress_state", prompt_id, nodes=states)


def wait_until(condition: Callable[[], object], timeout_s: float = 20.0) -> bool:
    """Wait for something to become true; for tests that meet other threads."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.005)
    return bool(condition())
