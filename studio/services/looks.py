"""How each service is: looked at, put into words, with what one can do where it is not ours to do it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal
from urllib.parse import urlsplit

import httpx

from studio.comfy.address import parse_address
from studio.comfy.engine_process import HOST, STARTING, EngineProcess
from studio.comfy.pool import Pool
from studio.settings import Settings

State = Literal["running", "stopped", "starting", "stopping", "error", "unknown"]
VERBS = ("start", "stop", "restart")
PROBE_S = 1.5
LONGEST = 300


@dataclass(frozen=True)
class Service:
    """How one service is."""

    name: str
    state: State
    message: str
    managed: bool = False  # whether it can be started and stopped here
    host: str | None = None
    port: int | None = None
    pid: int | None = None
    error: str | None = None
    instructions: Mapping[str, str] = field(default_factory=dict)
    log: tuple[str, ...] = ()
    last_check: float = field(default_factory=time.time)

    @property
    def health(self) -> str:
        """In one word."""
        if self.state == "running":
            return "healthy"
        return {"error": "unhealthy", "starting": "starting", "unknown": "unknown"}.get(self.state, "stopped")


def backend(settings: Settings) -> Service:
    """The process that answers."""
    return Service(
        "backend",
        "running",
        "The API answers.",
        host=settings.gradio_server_name,
        port=settings.gradio_server_port or None,
        pid=os.getpid(),
        instructions={
            "start": "It runs: it is what answers you.",
            "stop": "Press Ctrl-C where it runs, or use its service manager: systemctl stop avatarforge.",
            "restart": "Use its service manager, such as systemctl restart avatarforge.",
        },
    )


def frontend(settings: Settings, state: State) -> Service:
    """The page, which that process shows too."""
    message = {
        "running": "The page is served by the backend.",
        "starting": "The page is being prepared; it is there within seconds.",
        "stopped": "The studio was started without its page.",
    }.get(state, "There is no page in this process.")
    return replace(
        backend(settings),
        name="frontend",
        state=state,
        message=message,
        instructions={
            "start": "Start the studio without --no-ui.",
            "stop": "Start the studio with --no-ui.",
            "restart": "Restart the backend.",
        },
    )


def foreign_engine(url: str, pool: Pool) -> Service:
    """An embedded engine that somebody else runs."""
    server = pool.by_url(url) if url else None
    answers = server is not None and server.answers
    return Service(
        "engine",
        "running" if answers else "error" if server else "unknown",
        f"An engine that somebody else runs, at {parse_address(url).base}." if url else "There is none.",
        **place(url),
        error=None if server is None or answers else server.unavailable().message,
        instructions=dict.fromkeys(VERBS, "Do it where that engine runs."),
    )


def foreign_comfyui(pool: Pool) -> Service:
    """The servers of COMFYUI_URL and those that were added: the first one that answers stands for them."""
    steps = {
        "start": "Start it where it runs: python main.py --listen. Then name it in COMFYUI_URL or add it "
        "to the studio's servers.",
        "stop": "Stop it where it runs. The studio itself can pause it: "
        "POST /avatarforge-controller/servers/ID/pause.",
        "restart": "Restart it where it runs; the studio notices by itself.",
        "manage": "Set COMFYUI_PATH to its folder to have it run by the studio.",
    }
    servers = [server for server in pool.servers if server.kind == "comfy"]
    if not servers:
        message = "No ComfyUI is used; the embedded engine draws."
        return Service("comfyui", "stopped", message, instructions=steps)
    there = next((server for server in servers if server.answers), None)
    server = there or servers[0]
    others = f", and {len(servers) - 1} more" if len(servers) > 1 else ""
    return Service(
        "comfyui",
        "running" if there else "starting" if server.health()["status"] == "starting" else "error",
        f"{'It answers' if there else 'It does not answer'} at {server.url}{others}.",
        **place(server.url),
        error=None if there else server.unavailable().message,
        instructions=steps,
    )


def ollama(url: str, plain: Callable[[str], str]) -> Service:
    """Whether Ollama answers; `plain` takes secrets out of what went wrong."""
    steps = {
        "start": "Run: ollama serve",
        "stop": "Stop it where it runs, such as with: systemctl stop ollama",
        "restart": "Restart it where it runs, such as with: systemctl restart ollama",
        "use": "Set OLLAMA_URL, or ollama_base_url with PUT /api/settings, to its address.",
    }
    if not url:
        message = "OLLAMA_URL is not set; texts are written without it."
        return Service("ollama", "stopped", message, instructions=steps)
    shown = without_password(url)
    try:
        answer = httpx.get(f"{url}/api/version", timeout=PROBE_S, trust_env=False)
        version = str(answer.raise_for_status().json()["version"])[:40]
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError, TypeError) as error:
        why = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        return Service(
            *("ollama", "error", f"Nothing answers as Ollama at {shown}."),
            **place(url),
            error=plain(why)[:LONGEST],
            instructions=steps,
        )
    return Service("ollama", "running", f"Ollama {version} at {shown}.", **place(url), instructions=steps)


def redis(url: str, answers: Callable[[str], bool]) -> Service:
    """Whether there is a Redis, which only the counting of requests uses."""
    steps = {
        "start": "Run: redis-server, or docker run -p 6379:6379 redis",
        "stop": "Run: redis-cli shutdown",
        "restart": "Restart it where it runs, such as with: systemctl restart redis",
        "use": "Set RATE_LIMIT_STORAGE_URL, such as to redis://localhost:6379/0.",
    }
    if not url:
        message = "No Redis is used: this process counts requests by itself."
        return Service("redis", "stopped", message, instructions=steps)
    shown = without_password(url)
    if answers(url):
        return Service("redis", "running", f"It answers at {shown}.", **place(url), instructions=steps)
    why = f"Nothing answers at {shown}; requests are not limited meanwhile."
    return Service("redis", "error", why, **place(url), error=why, instructions=steps)


def of_process(name: str, process: EngineProcess, message: str, log: list[str]) -> Service:
    """How a process of ours is."""
    if process.ready:
        state: State = "running"
    elif not process.is_wanted:
        state = "stopped"
    else:
        state = "starting" if process.pid is not None or process.why == STARTING else "error"
    why = process.why if state in {"starting", "error"} else ""
    return Service(
        name,
        state,
        f"{message} It is not ready: {why}." if why else message,
        managed=True,
        host=HOST,
        port=process.port,
        pid=process.pid,
        error=why if state == "error" else None,
        instructions={verb: f"POST /api/services/{name}/{verb}" for verb in VERBS},
        log=tuple(log),
    )


def place(url: str) -> dict[str, Any]:
    """Host and port of an address."""
    try:
        parts = urlsplit(url)
        return {"host": parts.hostname, "port": parts.port}
    except ValueError:
        return {}


def without_password(url: str) -> str:
    """An address as it may be shown."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="").geturl()
