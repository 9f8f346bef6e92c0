"""ComfyUI's HTTP routes over the queue, the folders and the node types."""

from __future__ import annotations

import json
import logging
import math
import os
import sys
import uuid
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

import psutil
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from studio.engine.accounts import account_of
from studio.engine.folders import MODEL_FOLDERS, Folders
from studio.engine.nodes import NODES
from studio.engine.queue import Item, PromptQueue
from studio.engine.sockets import Hub, server_features
from studio.engine.uploads import receive_upload
from studio.engine.validate import validate_prompt
from studio.engine.views import view

log = logging.getLogger(__name__)

PROTOCOL_VERSION = "0.3.64"  # the ComfyUI release whose behaviour is spoken here
MAX_JSON_BYTES = 32 * 1024 * 1024
MAX_NESTING = 200
MANY_ROWS = 100  # from here on rendering leaves the event loop
BROKEN = "500 Internal Server Error\n\nServer got itself in trouble"
Handler = Callable[[Request], Awaitable[Response]]


class _BadBodyError(Exception):
    """The body is not what JSON allows."""


class _TooLargeError(Exception):
    """The body is bigger than any prompt may be."""


def build_app(folders: Folders, queue: PromptQueue, hub: Hub) -> ASGIApp:
    """Assemble the routes, each also below /api."""
    site = Protocol(folders, queue, hub)
    table: list[tuple[str, Handler, list[str]]] = [
        ("/prompt", site.post_prompt, ["POST"]),
        ("/prompt", site.get_prompt, ["GET"]),
        ("/history/{prompt_id}", site.get_history_of, ["GET"]),
        ("/history", site.get_history, ["GET"]),
        ("/history", site.post_history, ["POST"]),
        ("/queue", site.get_queue, ["GET"]),
        ("/queue", site.post_queue, ["POST"]),
        ("/interrupt", site.post_interrupt, ["POST"]),
        ("/view", site.get_view, ["GET"]),
        ("/upload/image", site.post_image, ["POST"]),
        ("/upload/mask", site.post_mask, ["POST"]),
        ("/object_info", site.get_object_info, ["GET"]),
        ("/object_info/{name}", site.get_object_info_of, ["GET"]),
        ("/system_stats", site.get_system_stats, ["GET"]),
        ("/models", site.get_models, ["GET"]),
        ("/models/{folder}", site.get_models_of, ["GET"]),
        ("/embeddings", site.get_embeddings, ["GET"]),
        ("/extensions", site.get_extensions, ["GET"]),
        ("/features", site.get_features, ["GET"]),
        ("/free", site.post_free, ["POST"]),
        ("/figure/account", site.post_account, ["POST"]),
    ]
    routes: list[Any] = [Route("/", site.get_root, methods=["GET"])]
    for start in ("", "/api"):
        routes += [
            Route(start + path, _guarded(handler), methods=methods) for path, handler, methods in table
        ]
        routes.append(WebSocketRoute(start + "/ws", hub.serve))
    app = Starlette(routes=routes)
    app.router.redirect_slashes = False
    return _SameOrigin(app)


def _guarded(handler: Handler) -> Handler:
    """Answer like ComfyUI when a body cannot be read; whatever else breaks is logged and answered alike."""

    async def answer(request: Request) -> Response:
        try:
            return await handler(request)
        except _TooLargeError:
            return PlainTextResponse("413: Request Entity Too Large", status_code=413)
        except _BadBodyError:
            return PlainTextResponse(BROKEN, status_code=500)
        except Exception:
            log.exception("%s %s failed", request.method, request.url.path)
            return PlainTextResponse(BROKEN, status_code=500)

    return answer


def _json(content: Any, status: int = 200) -> Response:
    body = json.dumps(content).encode()
    return Response(body, status_code=status, media_type="application/json; charset=utf-8")


def _finite(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise ValueError("a number beyond what a float can hold")
    return value


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


async def _read_json(request: Request) -> tuple[Any, int]:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_JSON_BYTES:
            raise _TooLargeError
    try:
        content = json.loads(body, parse_float=_finite, parse_constant=_no_constant)
    except (ValueError, RecursionError) as problem:
        raise _BadBodyError from problem
    if _nests_deeper(content, MAX_NESTING):
        raise _BadBodyError
    return content, len(body)


def _nests_deeper(content: Any, limit: int) -> bool:
    """Tell whether something is nested so deep that it could not be written out again."""
    level = [content] if isinstance(content, dict | list) else []
    for _ in range(limit):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return False
    return True


async def _read_object(request: Request) -> dict[str, Any]:
    content, _ = await _read_json(request)
    if not isinstance(content, dict):
        raise _BadBodyError
    return content


def _error(kind: str, message: str, details: str = "") -> dict[str, Any]:
    error = {"type": kind, "message": message, "details": details, "extra_info": {}}
    return {"error": error, "node_errors": {}}


class Protocol:
    """The handlers of all routes."""

    def __init__(self, folders: Folders, queue: PromptQueue, hub: Hub) -> None:
        self.folders = folders
        self.queue = queue
        self.hub = hub
        self._next_number = 0

    async def get_root(self, request: Request) -> Response:
        """Say what this is: there is no page here."""
        return PlainTextResponse("AvatarForge's own engine. It speaks ComfyUI's protocol; it has no page.\n")

    async def post_prompt(self, request: Request) -> Response:
        """Check a prompt and put it into the queue."""
        content, size = await _read_json(request)
        if not isinstance(content, dict):
            return _json(_error("no_prompt", "No prompt provided", "No prompt provided"), 400)
        number: float
        if "number" in content:
            try:
                number = _finite(str(content["number"]))
            except ValueError:
                return _json(_error("invalid_prompt", "The number must be a number."), 400)
        else:
            number = -self._next_number if content.get("front") else self._next_number
            self._next_number += 1
        if "prompt" not in content:
            return _json(_error("no_prompt", "No prompt provided", "No prompt provided"), 400)
        extra = content.get("extra_data", {})
        if not isinstance(extra, dict):
            return _json(_error("invalid_prompt", "extra_data must be an object."), 400)
        prompt = content["prompt"]
        verdict = validate_prompt(prompt, content.get("partial_execution_targets"), self.folders)
        if verdict.error is not None:
            return _json({"error": verdict.error, "node_errors": verdict.node_errors}, 400)
        prompt_id = str(content.get("prompt_id", uuid.uuid4()))
        if "client_id" in content:
            extra["client_id"] = content["client_id"]
        self.queue.put(Item(number, prompt_id, prompt, extra, verdict.outputs, size))
        return _json({"prompt_id": prompt_id, "number": number, "node_errors": verdict.node_errors})

    async def get_prompt(self, request: Request) -> Response:
        """Say how long the queue is."""
        return _json({"exec_info": {"queue_remaining": self.queue.remaining()}})

    async def get_queue(self, request: Request) -> Response:
        """Show what runs and what waits."""
        running, pending = self.queue.rows()
        content = {"queue_running": running, "queue_pending": pending}
        if len(pending) > MANY_ROWS:
            return await run_in_threadpool(_json, content)
        return _json(content)

    async def post_queue(self, request: Request) -> Response:
        """Drop waiting prompts."""
        content = await _read_object(request)
        if content.get("clear"):
            self.queue.clear_waiting()
        for prompt_id in _ids(content):
            self.queue.remove_waiting(prompt_id)
        return Response()

    async def get_history(self, request: Request) -> Response:
        """Show finished prompts."""
        try:
            max_items = _optional_number(request, "max_items")
            offset = _optional_number(request, "offset")
        except ValueError:
            raise _BadBodyError from None
        found = self.queue.history(max_items, -1 if offset is None else offset)
        if len(found) > MANY_ROWS:
            return await run_in_threadpool(_json, found)
        return _json(found)

    async def get_history_of(self, request: Request) -> Response:
        """Show one finished prompt; an empty object if it is unknown or not finished."""
        return _json(self.queue.history_of(request.path_params["prompt_id"]))

    async def post_history(self, request: Request) -> Response:
        """Forget finished prompts."""
        content = await _read_object(request)
        if content.get("clear"):
            self.queue.clear_history()
        for prompt_id in _ids(content):
            self.queue.remove_history(prompt_id)
        return Response()

    async def post_interrupt(self, request: Request) -> Response:
        """Stop the running prompt, or only a certain one if it is the running one."""
        try:
            content, _ = await _read_json(request)
        except _BadBodyError:
            content = {}
        self.queue.interrupt(content.get("prompt_id") if isinstance(content, dict) else None)
        return Response()

    async def get_view(self, request: Request) -> Response:
        """Serve a file."""
        return await view(request, self.folders)

    async def post_image(self, request: Request) -> Response:
        """Take a file."""
        return await receive_upload(request, self.folders, as_mask=False)

    async def post_mask(self, request: Request) -> Response:
        """Take a mask for a picture that is already here."""
        return await receive_upload(request, self.folders, as_mask=True)

    async def get_object_info(self, request: Request) -> Response:
        """Describe every node type."""
        return _json({name: kind.render(self.folders) for name, kind in NODES.items()})

    async def get_object_info_of(self, request: Request) -> Response:
        """Describe one node type; an empty object if it is unknown."""
        name = request.path_params["name"]
        return _json({name: NODES[name].render(self.folders)} if name in NODES else {})

    async def get_system_stats(self, request: Request) -> Response:
        """Describe the machine."""
        memory = psutil.virtual_memory()
        cpu = {
            "name": "cpu",
            "type": "cpu",
            "index": None,
            "vram_total": memory.total,
            "vram_free": memory.available,
            "torch_vram_total": memory.total,
            "torch_vram_free": memory.available,
        }
        system = {
            "os": os.name,
            "ram_total": memory.total,
            "ram_free": memory.available,
            "comfyui_version": PROTOCOL_VERSION,
            "engine": "AvatarForge embedded engine",
            "required_frontend_version": None,
            "installed_templates_version": None,
            "required_templates_version": None,
            "python_version": sys.version,
            "pytorch_version": "none",
            "embedded_python": False,
            "argv": sys.argv,
        }
        return _json({"system": system, "devices": [cpu]})

    async def get_models(self, request: Request) -> Response:
        """List the kinds of models."""
        return _json(list(MODEL_FOLDERS))

    async def get_models_of(self, request: Request) -> Response:
        """List the models of one kind."""
        folder = request.path_params["folder"]
        if folder not in MODEL_FOLDERS:
            return Response(status_code=404)
        return _json(self.folders.models_in(folder))

    async def get_embeddings(self, request: Request) -> Response:
        """List the embeddings by name."""
        return _json([name.rsplit(".", 1)[0] for name in self.folders.models_in("embeddings")])

    async def get_extensions(self, request: Request) -> Response:
        """List extensions of a page that is not here."""
        return _json([])

    async def get_features(self, request: Request) -> Response:
        """Say what the server can do beyond the plain protocol."""
        return _json(server_features())

    async def post_free(self, request: Request) -> Response:
        """Drop cached results when the worker is idle next."""
        content = await _read_object(request)
        if content.get("free_memory"):
            self.queue.ask_to_free()
        return Response()

    async def post_account(self, request: Request) -> Response:
        """Say what words make of a character, without drawing it; not a route of ComfyUI's."""
        content = await _read_object(request)
        words, negative, image = (content.get(name, "") for name in ("words", "negative", "image"))
        seed = content.get("seed", 0)
        texts = all(isinstance(one, str) for one in (words, negative, image))
        if not texts or isinstance(seed, bool) or not isinstance(seed, int):
            problem = "words, negative and image are texts, seed is a whole number."
            return _json(_error("invalid_account", problem), 400)
        status, told = await run_in_threadpool(account_of, self.folders, words, negative, image, seed)
        return _json(told, status)


def _ids(content: dict[str, Any]) -> list[Any]:
    wanted = content.get("delete", [])
    return wanted if isinstance(wanted, list) else []


def _optional_number(request: Request, name: str) -> int | None:
    given = request.query_params.get(name)
    return None if given is None else int(given)


class _SameOrigin:
    """Keeps pages of other sites from sending prompts to an engine on this machine."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket") and _is_foreign(scope["headers"]):
            if scope["type"] == "http":
                await Response(status_code=403)(scope, receive, send)
            else:
                await receive()
                await send({"type": "websocket.close", "code": 1008})
            return
        await self.app(scope, receive, send)


def _is_foreign(headers: list[tuple[bytes, bytes]]) -> bool:
    given = {key: value.decode("latin-1").lower() for key, value in headers if key in (b"host", b"origin")}
    if len(given) < 2:
        return False
    try:
        host, origin = urlsplit("//" + given[b"host"]), urlsplit(given[b"origin"])
        if not _is_loopback(host.hostname):
            return False
        if host.port is None or origin.port is None:
            return host.hostname != origin.hostname
        return host.netloc != origin.netloc
    except ValueError:
        return True


def _is_loopback(name: str | None) -> bool:
    return name is not None and (name in ("localhost", "::1") or name.startswith("127."))
