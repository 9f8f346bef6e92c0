"""Assembles the studio: FastAPI, the documented routes, and the Gradio UI once it has been imported."""

from __future__ import annotations

import gc

if __name__ == "__main__":
    # What is imported now stays for ever; to look it through for garbage takes a sixth of the start.
    gc.disable()

import argparse
import asyncio
import contextlib
import logging
import socket
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Literal

import uvicorn
from fastapi import FastAPI
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import (
    agents,
    avatarforge,
    docs,
    hooks,
    influencer,
    metrics,
    models,
    problems,
    servers,
    sheets,
    speech,
    v1,
    workflows,
)
from api import media as media_routes
from api import studio as studio_routes
from api import studio_characters as character_tabs
from api import studio_talking as talking_tab
from api import studio_videos as character_videos
from api import talking as talking_routes
from api.edge.keys import names_key
from api.edge.protocol import patient
from api.edge.rates import check_storage
from api.edge.stack import surround
from api.influencer import characters as character_routes
from api.influencer import video_uploads
from api.paths import local_path
from studio import VERSION, logs, space
from studio.assembly import Studio, open_studio
from studio.errors import StudioError
from studio.metrics import JobMeter
from studio.settings import Settings

log = logging.getLogger("studio")

SHUTDOWN_S = 5
MAX_HEAD_BYTES = 32 * 1024  # of a request that has not yet come as a whole
UPLOAD_SLACK = 2**20  # multipart headers around the file itself
UPLOADS = {
    *talking_routes.UPLOADS,
    talking_tab.VOICE,
    *character_routes.UPLOADS,
    *video_uploads.UPLOADS,
}
ROOTS = ("/api", "/content", "/outputs", "/files", "/download")
API_PREFIXES = (avatarforge.PREFIX, studio_routes.PREFIX, speech.OPENAI_PREFIX, *ROOTS)

STARTING_PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><meta http-equiv="refresh" content="2">
<link rel="icon" href="data:,"><title>AvatarForge Studio is starting</title><style>
body{font:16px/1.6 system-ui,sans-serif;display:grid;place-items:center;min-height:90vh;margin:0;
color:#1f2937;background:#f8fafc}@media(prefers-color-scheme:dark){body{color:#e5e7eb;background:#0f172a}}
</style></head><body><main><h1>AvatarForge Studio</h1>
<p>The interface is starting; this page goes on by itself in a few seconds.</p>
<p>The REST API answers already: see <a href="docs">its documentation</a>.</p></main></body></html>"""


class Interface:
    """What answers where no route does: the Gradio app when it is ready, a plain page until then."""

    def __init__(self, enabled: bool) -> None:
        self.enabled = enabled
        self.gradio: ASGIApp | None = None
        self.stopping = asyncio.Event()

    def state(self) -> Literal["running", "starting", "stopped"]:
        """How the page is."""
        return "running" if self.gradio is not None else "starting" if self.enabled else "stopped"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve what no documented route serves."""
        path = local_path(scope)
        is_api = any(path == prefix or path.startswith(f"{prefix}/") for prefix in API_PREFIXES)
        if self.gradio is not None and not is_api:
            await self._serve_until_stopping(self.gradio, scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1000})
        elif self.enabled and path == "/":
            await HTMLResponse(STARTING_PAGE, status_code=200)(scope, receive, send)
        else:
            error = problems.respond(path, 404, "Not Found", "route_not_found", "See /docs for all routes.")
            await error(scope, receive, send)

    async def _serve_until_stopping(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve, but end what lasts: Gradio streams to a tab for as long as it is open."""
        unfinished = False

        async def watch(message: Message) -> None:
            nonlocal unfinished
            unfinished = message["type"] == "http.response.start" or message.get("more_body", False)
            await send(message)

        serving = asyncio.ensure_future(app(scope, receive, watch))
        stopping = asyncio.ensure_future(self.stopping.wait())
        try:
            await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if serving.done():
                return await serving
            serving.cancel()
            await asyncio.wait({serving})
            if unfinished:
                await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            serving.cancel()
            stopping.cancel()


class Server(uvicorn.Server):
    """Uvicorn that says so before it waits for answers to end."""

    def __init__(self, config: uvicorn.Config, stopping: Callable[[], None]) -> None:
        super().__init__(config)
        self._stopping = stopping

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End what lasts, then end as uvicorn does."""
        self._stopping()
        await super().shutdown(sockets)


def create_app(settings: Settings | None = None, *, ui: bool = True, opened: Studio | None = None) -> FastAPI:
    """The whole server as one ASGI app; the studio behind it is opened at start-up and closed at shutdown."""
    settings = settings or Settings()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        studio = opened or await run_in_threadpool(open_studio, settings)
        app.state.studio = studio
        app.state.job_meter = JobMeter(studio.database, studio.pool)
        app.state.stopping = interface.stopping
        studio.services.frontend = interface.state
        studio.services.redis_answers = v1.redis_answers
        if ui:
            loop = asyncio.get_running_loop()
            threading.Thread(target=_mount_ui, args=(app, interface, loop), daemon=True).start()
        try:
            yield
        finally:
            app.state.stopping.set()
            await run_in_threadpool(studio.close)

    app = FastAPI(
        title="AvatarForge Studio",
        version=VERSION,
        description="Characters from words: single avatars, views from four sides, whole sheets.",
        lifespan=lifespan,
        telemetry={"exclude": names_key},
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=docs.operation_id,
        responses={"default": {"model": problems.PlainProblem, "description": "Any other failure"}},
    )
    interface = Interface(enabled=ui)
    app.router.default = interface
    app.include_router(avatarforge.router, prefix=avatarforge.PREFIX)
    app.include_router(avatarforge.router, include_in_schema=False)
    app.include_router(models.router, prefix=avatarforge.PREFIX)
    app.include_router(servers.router, prefix=avatarforge.PREFIX)
    app.include_router(workflows.router, prefix=avatarforge.PREFIX)
    app.include_router(studio_routes.router)
    app.include_router(metrics.router)
    app.include_router(sheets.router, prefix=avatarforge.PREFIX)
    app.include_router(hooks.router, prefix=hooks.PREFIX)
    app.include_router(speech.router, prefix=speech.PREFIX)
    app.include_router(speech.openai_router, prefix=speech.OPENAI_PREFIX)
    app.include_router(media_routes.router)
    app.include_router(v1.router)
    app.include_router(talking_routes.router, prefix=talking_routes.PREFIX)
    app.include_router(talking_routes.downloads, prefix=talking_routes.PREFIX)
    app.include_router(talking_routes.downloads, include_in_schema=False)
    app.include_router(talking_tab.router)
    app.include_router(character_tabs.router)
    app.include_router(character_videos.router)
    influencer.install(app)
    agents.install(app, interface.stopping)
    docs.install(app)
    v1.install()
    problems.install(app)
    # Legacy clients send two pictures as base64, which is a third larger than the bytes.
    body_limit = 2 * (settings.max_file_size * 4 // 3) + 2 * UPLOAD_SLACK
    # Uploads count for themselves, and say that the file is too large rather than the body.
    app.state.http_meter = surround(
        app,
        settings,
        lambda path: None if _counts_itself(path) else workflows.limit_for(path) or body_limit,
    )
    return app


@contextlib.contextmanager
def _imports() -> Iterator[None]:
    """What is imported stays for ever: to look it through for garbage meanwhile takes a sixth of the time."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def _counts_itself(path: str) -> bool:
    """Whether a route takes a file and bounds it itself."""
    return avatarforge.is_upload(path) or path == studio_routes.RESTORE or path in UPLOADS


def _mount_ui(app: FastAPI, interface: Interface, loop: asyncio.AbstractEventLoop) -> None:
    """Import Gradio beside the running server and put it behind the routes."""
    try:
        with _imports():
            from studio import ui

            gradio = ui.mount(app, app.state.studio)
        asyncio.run_coroutine_threadsafe(_serve_ui(gradio, interface, app.state.stopping), loop)
    except Exception:  # REST must go on whatever becomes of the interface
        log.exception("the interface could not be started; the REST API goes on without it")


async def _serve_ui(gradio: Any, interface: Interface, stopping: asyncio.Event) -> None:
    """Run what Gradio would run at start-up, on the server's own loop, until the studio stops."""
    async with gradio.router.lifespan_context(gradio):
        blocks = gradio.get_blocks()
        blocks.run_startup_events()
        await blocks.run_extra_startup_events()
        interface.gradio = gradio
        log.info("the interface is ready")
        await stopping.wait()


def read_settings(arguments: argparse.Namespace) -> Settings:
    """Settings from the environment, with what the command line says on top."""
    given: dict[str, Any] = {}
    if arguments.host is not None:
        given["gradio_server_name"] = arguments.host
    if arguments.port is not None:
        given["gradio_server_port"] = arguments.port
    return Settings(**given)


def parse_arguments(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(description="AvatarForge Studio: the interface and the REST API.")
    parser.add_argument("--host", help="address to bind; 0.0.0.0 lets other machines in (default 127.0.0.1)")
    parser.add_argument("--port", type=int, help="port to bind (default 8000)")
    parser.add_argument("--no-ui", action="store_true", help="serve the REST API only")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Serve the studio until Ctrl-C."""
    gc.freeze()
    gc.enable()
    arguments = parse_arguments(argv)
    space.keep_caches()
    try:
        settings = read_settings(arguments)
        logs.set_up(settings)
        listening = listen(settings.gradio_server_name, settings.gradio_server_port)
        # Opened here and not by the server, whose way to say that a start failed is a traceback.
        check_storage(settings)
        studio = open_studio(settings)
    except ValidationError as error:
        for item in error.errors():
            print(f"Setting {'.'.join(map(str, item['loc'])).upper()}: {item['msg']}", file=sys.stderr)
        return 2
    except UnicodeDecodeError as error:
        print(f"The .env file is not UTF-8 text: {error}. Save it as UTF-8.", file=sys.stderr)
        return 2
    except StudioError as error:
        print(error.message, error.hint, file=sys.stderr)
        return 2
    except OSError as error:
        print(_explain(error), file=sys.stderr)
        return 2
    app = create_app(settings, ui=not arguments.no_ui, opened=studio)
    server = make_server(app, settings)
    host, port = settings.gradio_server_name, listening.getsockname()[1]
    shown = "localhost" if host in {"127.0.0.1", "0.0.0.0", "::"} else f"[{host}]" if ":" in host else host
    address = f"http://{shown}:{port}"
    # In one piece: the log of other threads may go to the same place.
    print(
        f"\n  AvatarForge Studio   {address}\n  REST documentation   {address}/docs\n\n", end="", flush=True
    )
    with contextlib.suppress(KeyboardInterrupt):  # which uvicorn raises once more after a clean end
        server.run(sockets=[listening])
    return 0 if server.started else 1


def make_server(app: FastAPI, settings: Settings) -> Server:
    """The server of this app, with the bounds that the settings name."""
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,  # ours tells the request's id, and no keys
        timeout_graceful_shutdown=SHUTDOWN_S,
        root_path=settings.gradio_root_path,
        server_header=False,
        forwarded_allow_ips=settings.forwarded_allow_ips,
        limit_concurrency=settings.studio_max_connections,
        h11_max_incomplete_event_size=MAX_HEAD_BYTES,
        http=patient(settings.studio_header_timeout_s),
    )
    return Server(config, lambda: app.state.stopping.set())


def _explain(error: OSError) -> str:
    """A file or port that cannot be used, as a sentence."""
    if error.filename is None:
        return str(error)
    return (
        f"Cannot write {error.filename}: {error.strerror}. "
        "Check the folder and its permissions, or set STORAGE_PATH or LOG_FILE to another place."
    )


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; bound before anything is started, so that a taken port costs nothing."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio sends small answers at once only on sockets that say they are TCP; the others wait 40 ms.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    if sys.platform != "win32":  # there it would let two servers share a port
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        raise OSError(
            f"Cannot listen on {host}:{port}: {error.strerror}. Stop what is there, or choose another --port."
        ) from error
    listening.set_inheritable(True)
    return listening


if __name__ == "__main__":
    sys.exit(main())
