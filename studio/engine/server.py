"""One engine process: the socket, the worker thread that executes prompts, and a clean end."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import uvicorn

from studio.engine.execute import Executor, Outcome
from studio.engine.folders import NOTHING_HOSTED, Folders
from studio.engine.hosted import Hosted
from studio.engine.protocol import build_app
from studio.engine.queue import PromptQueue
from studio.engine.sockets import Hub
from studio.engine.warming import WarmUp

log = logging.getLogger(__name__)
THREAD_SWITCH_S = 0.0005  # HTTP answers must not wait behind the worker for Python's usual 5 ms
END_WORKER_S = 1.5


class Engine:
    """The parts of one engine and the thread that works the queue off."""

    def __init__(self, base: Path, hosted: Hosted) -> None:
        self.folders = Folders(base, hosted)
        self.queue = PromptQueue(self._queue_changed)
        self.hub = Hub(self._queue_info)
        self.warm_up = WarmUp()
        self.executor = Executor(self.folders, self.hub, warm_up=self.warm_up)
        self.app = build_app(self.folders, self.queue, self.hub)
        self._worker = threading.Thread(target=self._work, name="engine-worker", daemon=True)

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin to work the queue off."""
        self.folders.prepare()
        self.hub.attach(loop)
        self._worker.start()

    def stop(self) -> bool:
        """Interrupt what runs and end the worker; tell whether all threads came to their end."""
        self.queue.close()
        self._worker.join(END_WORKER_S)
        return self.warm_up.stop() and not self._worker.is_alive()

    def _queue_info(self) -> dict[str, Any]:
        return {"exec_info": {"queue_remaining": self.queue.remaining()}}

    def _queue_changed(self) -> None:
        self.hub.send_status()

    def _work(self) -> None:
        while not self.queue.closed:
            item = self.queue.take()
            if item is not None:
                try:
                    outcome = self.executor.execute(item)
                except Exception:
                    log.exception("prompt %s broke the executor", item.prompt_id)
                    outcome = Outcome(succeeded=False)
                self.queue.finish(item, {"outputs": outcome.outputs, "meta": outcome.meta}, outcome.status())
                if item.client_id is not None:
                    self.hub.send("executing", {"node": None, "prompt_id": item.prompt_id}, item.client_id)
            if self.queue.take_free_request():
                self.executor.cache.clear()


class _Server(uvicorn.Server):
    """Uvicorn that announces its address and treats being asked to end as a normal end."""

    def __init__(self, config: uvicorn.Config, engine: Engine, address: str) -> None:
        super().__init__(config)
        self._engine = engine
        self._address = address

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._engine.start(asyncio.get_running_loop())
        await super().startup(sockets)
        sys.stdout.write(f"listening on {self._address}\n")
        sys.stdout.flush()
        self._engine.warm_up.start()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        def end(number: int, frame: FrameType | None) -> None:
            self.should_exit = True

        wanted = [signal.SIGINT, signal.SIGTERM, *([signal.SIGBREAK] if sys.platform == "win32" else [])]
        before = {number: signal.signal(number, end) for number in wanted}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def serve(
    host: str, port: int, base: Path, hosted: Hosted = NOTHING_HOSTED, *, exit_with_stdin: bool = False
) -> int:
    """Serve until asked to end; return the exit code."""
    try:
        listener = _listen(host, port)
    except OSError as problem:
        sys.stderr.write(
            f"Cannot listen on {host}:{port}: {problem.strerror or problem}. "
            "Is another engine running there? Choose another --port, or 0 for any free one.\n"
        )
        return 2
    sys.setswitchinterval(THREAD_SWITCH_S)
    engine = Engine(base, hosted)
    shown_host = f"[{host}]" if ":" in host else host
    config = uvicorn.Config(
        engine.app,
        log_level="warning",
        access_log=False,
        lifespan="off",
        ws_ping_interval=None,  # ComfyUI does not ping, and its clients may sleep between two prompts
        ws_ping_timeout=None,
        ws_per_message_deflate=False,
        timeout_keep_alive=75,  # as ComfyUI: a pooled connection should not be closed under the next request
        timeout_graceful_shutdown=1,
    )
    server = _Server(config, engine, f"http://{shown_host}:{listener.getsockname()[1]}")
    if exit_with_stdin:
        threading.Thread(target=_end_with_stdin, args=(server,), name="stdin-watch", daemon=True).start()
    server.run(sockets=[listener])
    if not engine.stop():
        sys.stdout.flush()
        os._exit(0)  # neither a node that does not listen nor a compiler at work may keep the process
    return 0


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # with the protocol named, asyncio turns off Nagle's delay, which would cost 40 ms per prompt
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if sys.platform != "win32":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(2048)
    except OSError:
        listener.close()
        raise
    listener.set_inheritable(False)
    return listener


def _end_with_stdin(server: uvicorn.Server) -> None:
    """Read until the other side is gone; the raw descriptor holds no lock that would hinder the end."""
    with contextlib.suppress(OSError):
        while os.read(0, 4096):
            pass
    server.should_exit = True
