"""The servers over REST: listed, tried, added, paused, resumed and let go of."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.avatarforge_schemas import Responses, answers
from api.bodies import StrictRoute
from api.deps import StudioDep
from api.docs import NULL
from api.examples import problem_answer
from api.owner import OWNER
from studio.servers import Listed

router = APIRouter(tags=["Servers"], route_class=StrictRoute)


class ServerAnswer(BaseModel):
    """A server, how it is and what is there."""

    server_id: str
    url: str
    kind: Literal["comfy", "embedded"]
    status: Literal["healthy", "starting", "unreachable"]
    paused: bool
    added: bool = Field(description="Added over this API, and not by COMFYUI_URL")
    tasks: int = Field(description="Tasks of this studio that run or wait there")
    queue: int = Field(description="All prompts that run or wait there, those of others too")
    nodes: int | None
    checkpoints: list[str]
    version: str | None
    device: str | None
    vram_total_bytes: int | None
    vram_free_bytes: int | None
    error: str | None


class ServerList(BaseModel):
    """All servers."""

    servers: list[ServerAnswer]


class AddressBody(BaseModel):
    """Where a ComfyUI is."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"url": "http://gpu.local:8188"}]}
    )

    url: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)] = Field(
        description="With user:password@ before the host if a proxy in front of it asks for them"
    )


class Problem(BaseModel):
    """Why something cannot be, and what to do."""

    code: str
    message: str
    hint: str


class TestAnswer(BaseModel):
    """What an address answered."""

    url: str
    usable: bool
    version: str | None
    device: str | None
    vram_total_bytes: int | None
    queue: int | None
    problem: Problem | None


class ServerRemoved(BaseModel):
    """What was let go of."""

    message: str
    server_id: str


SERVER_ID = "3f2a9c01d4be"
SERVER = {
    "server_id": SERVER_ID,
    "url": "http://gpu.local:8188",
    "kind": "comfy",
    "status": "healthy",
    "paused": False,
    "added": True,
    "tasks": 1,
    "queue": 1,
    "nodes": 712,
    "checkpoints": ["Illustrious-XL-v0.1.safetensors"],
    "version": "0.3.64",
    "device": "cuda:0 NVIDIA GeForce RTX 4090",
    "vram_total_bytes": 25757220864,
    "vram_free_bytes": 24110956544,
    "error": NULL,
}
TESTED = {
    "url": "http://gpu.local:8188",
    "usable": True,
    "version": "0.3.64",
    "device": "cuda:0 NVIDIA GeForce RTX 4090",
    "vram_total_bytes": 25757220864,
    "queue": 0,
    "problem": NULL,
}
NOT_OWNER: Responses = {
    403: problem_answer(
        "Not from the studio's owner",
        "Only the studio's owner may change servers and workflows, and there is no login that could tell.",
        "owner_only",
        "Do it from the machine that runs the studio, or set STUDIO_PASSWORD so that everybody signs in.",
    )
}
NO_SERVER: Responses = {
    404: problem_answer(
        "No server has this id",
        f"No server at {SERVER_ID} is configured.",
        "server_unknown",
        "See GET /health for all servers.",
    )
}
BAD_ADDRESS: Responses = {
    422: problem_answer(
        "Not the address of a server",
        "This address cannot be used: it has more than a host, a port and a path.",
        "server_address",
        "Give one such as http://gpu.local:8188.",
        listed=True,
    )
}
KNOWN: Responses = {
    409: problem_answer(
        "It is there already",
        "http://gpu.local:8188 is used already.",
        "server_known",
        "See GET /avatarforge-controller/servers.",
    )
}
NOT_NOW: Responses = {
    409: problem_answer(
        "It was set at the start, or has work",
        "2 tasks are still on http://gpu.local:8188.",
        "server_busy",
        "Pause it and wait until they are done, or remove it by force: other servers then begin them anew.",
    )
}


@router.get("/servers", summary="All servers", responses=answers({"servers": [SERVER]}))
def list_servers(studio: StudioDep) -> ServerList:
    """Every server with its health, what it has and what of ours is there."""
    return ServerList(servers=[_render(one) for one in studio.servers.list()])


@router.post(
    "/servers",
    summary="Add a server",
    dependencies=OWNER,
    responses=answers(SERVER, NOT_OWNER | KNOWN | BAD_ADDRESS),
)
def add_server(body: AddressBody, studio: StudioDep) -> ServerAnswer:
    """Used at once and after each start. It need not be running yet, but must not be anything but ComfyUI."""
    return _render(studio.servers.add(body.url))


@router.post(
    "/servers/test",
    summary="Try an address",
    dependencies=OWNER,
    responses=answers(TESTED, NOT_OWNER | BAD_ADDRESS),
)
def test_server(body: AddressBody, studio: StudioDep) -> TestAnswer:
    """Asks whether ComfyUI is there and keeps nothing; always 200 for an address that can be asked."""
    tried = studio.servers.try_address(body.url)
    devices = tried.stats.get("devices") or [{}]
    device = devices[0] if isinstance(devices[0], dict) else {}
    return TestAnswer(
        url=tried.url,
        usable=tried.problem is None,
        version=_text(tried.stats.get("system", {}).get("comfyui_version")),
        device=_text(device.get("name")),
        vram_total_bytes=_whole(device.get("vram_total")),
        queue=tried.queue,
        problem=Problem.model_validate(tried.problem) if tried.problem else None,
    )


@router.get("/servers/{server_id}", summary="One server", responses=answers(SERVER, NO_SERVER))
def get_server(server_id: str, studio: StudioDep) -> ServerAnswer:
    """How it is and what is there."""
    return _render(studio.servers.get(server_id))


@router.post(
    "/servers/{server_id}/pause",
    summary="Pause a server",
    dependencies=OWNER,
    responses=answers(SERVER | {"paused": True}, NOT_OWNER | NO_SERVER),
)
def pause_server(server_id: str, studio: StudioDep) -> ServerAnswer:
    """It gets no new work, and what is there goes on to its end: with `tasks` at 0 it is drained."""
    return _render(studio.servers.pause(server_id))


@router.post(
    "/servers/{server_id}/resume",
    summary="Let a server go on",
    dependencies=OWNER,
    responses=answers(SERVER, NOT_OWNER | NO_SERVER),
)
def resume_server(server_id: str, studio: StudioDep) -> ServerAnswer:
    """It gets work again."""
    return _render(studio.servers.resume(server_id))


@router.delete(
    "/servers/{server_id}",
    summary="Remove a server that was added",
    dependencies=OWNER,
    responses=answers({"message": "Server removed", "server_id": SERVER_ID}, NOT_OWNER | NO_SERVER | NOT_NOW),
)
def remove_server(
    server_id: str,
    studio: StudioDep,
    force: Annotated[bool, Query(description="Even if work is there; others then begin it anew")] = False,
) -> ServerRemoved:
    """Servers of COMFYUI_URL cannot be removed here, only paused."""
    studio.servers.remove(server_id, force=force)
    return ServerRemoved(message="Server removed", server_id=server_id)


def _render(one: Listed) -> ServerAnswer:
    health: dict[str, Any] = one.health
    stats = health["stats"]
    return ServerAnswer(
        server_id=one.id,
        url=health["url"],
        kind=health["kind"],
        status=health["status"],
        paused=health["paused"],
        added=one.is_added,
        tasks=one.tasks,
        queue=stats["queue_running"] + stats["queue_pending"],
        nodes=one.nodes,
        checkpoints=list(one.checkpoints),
        version=_text(health.get("version")),
        device=_text(health.get("device")),
        vram_total_bytes=health.get("vram_total_bytes"),
        vram_free_bytes=health.get("vram_free_bytes"),
        error=health["error"],
    )


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
