"""The studio's door for agents: the Model Context Protocol over HTTP, and `llms.txt` for those who read."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Protocol

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import PlainTextResponse
from starlette.concurrency import run_in_threadpool
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from api.paths import root_of
from studio.assembly import Studio

log = logging.getLogger(__name__)

PREFIX = "/gradio_api/mcp"
LLMS_TXT = Path(__file__).parent / "pages" / "llms.txt"

router = APIRouter()


@router.get("/llms.txt", include_in_schema=False)
def llms_txt(request: Request) -> PlainTextResponse:
    """What this server can do, for language models."""
    base = f"{request.url.scheme}://{request.url.netloc}{root_of(request.scope)}"
    return PlainTextResponse(LLMS_TXT.read_text("utf-8").replace("{base}", base))


def install(app: FastAPI, stopping: asyncio.Event) -> None:
    """Offer the tools and the text."""
    door = Agents(lambda: app.state.studio, stopping)
    app.router.routes += [Route(path, endpoint=door) for path in (PREFIX, f"{PREFIX}/")]
    app.include_router(router)


class _Manager(Protocol):
    def run(self) -> AbstractAsyncContextManager[None]: ...

    async def handle_request(self, scope: Scope, receive: Receive, send: Send) -> None: ...


class Agents:
    """The tools as an ASGI app; the protocol's library is loaded by the first who asks."""

    def __init__(self, studio_of: Callable[[], Studio], stopping: asyncio.Event) -> None:
        self._studio_of = studio_of
        self._stopping = stopping
        self._manager: asyncio.Future[_Manager] | None = None
        self._life: asyncio.Task[None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one message of the protocol."""
        if self._manager is None:
            self._manager = asyncio.get_running_loop().create_future()
            self._life = asyncio.create_task(self._live(self._manager))
        manager = await asyncio.shield(self._manager)
        await manager.handle_request(scope, receive, send)

    async def _live(self, ready: asyncio.Future[_Manager]) -> None:
        try:
            manager = await run_in_threadpool(_open, self._studio_of())
            async with manager.run():
                ready.set_result(manager)
                await self._stopping.wait()
        except Exception as error:  # whoever waits for it is told; the rest of the studio goes on
            log.exception("the tools for agents cannot be offered")
            if not ready.done():
                ready.set_exception(error)


def _open(studio: Studio) -> _Manager:
    from api.agent_tools import open_tools  # a third of a second that only those pay who use it

    return open_tools(studio, PREFIX)
