"""What the families below /api/v1 share: how failures look there, and health."""

from __future__ import annotations

import functools
import json
import time
import uuid
from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter
from limits.storage import Storage
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from api import problems
from api.avatarforge_schemas import Responses
from api.deps import StudioDep, iso_seconds
from api.edge.rates import open_storage
from studio import logs
from studio.errors import StudioError

PREFIX = "/api/v1"
API_VERSION = "1.0.0"  # as documented
SHOWN_INPUT = 500  # characters of what a client sent that are sent back
# The document's own names.
_TYPES = {"greater_than_equal": "greater_equal", "less_than_equal": "less_equal"}
_VALUE_ERROR = "Value error, "


# ---------------------------------------------------------------------- failures


class InvalidPart(BaseModel):
    """One thing that is wrong with a request."""

    type: str
    loc: list[str | int]
    msg: str
    input: Any = None


class Invalid(BaseModel):
    """The body of a request that is refused for what is in it."""

    detail: list[InvalidPart]
    request_id: str
    code: str
    hint: str | None = None


class Failure(BaseModel):
    """The body of every other failure."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"detail": "Job not found", "request_id": "req_123456", "code": "job_not_found"}]
        }
    )

    detail: str | list[InvalidPart]
    request_id: str
    code: str
    hint: str | None = None
    error: str | None = None
    message: str | None = None


OTHERWISE: Responses = {"default": {"model": Failure, "description": "Any other failure"}}

router = APIRouter(prefix=PREFIX, tags=["Health"], responses=OTHERWISE)


def render(
    status: int, message: str, code: str, hint: str, errors: Sequence[dict[str, Any]] | None
) -> dict[str, Any]:
    """`{detail, request_id}`; a list of single errors for a 422, what both documents name for a 500."""
    body: dict[str, Any] = {"detail": message}
    if status == 422:
        listed = errors or [{"type": code, "loc": ["body"], "msg": message, "input": None}]
        body = {"detail": list(listed)}
    elif code == "internal_error":
        body = {
            "detail": "Internal server error occurred",
            "error": "Internal server error",
            "message": "An unexpected error occurred",
        }
    elif status == 500:
        body |= {"error": "Internal server error", "message": message}
    request_id = logs.current_request() or f"req_{uuid.uuid4().hex}"
    return body | {"request_id": request_id, "code": code} | ({"hint": hint} if hint else {})


def list_errors(found: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """What the validation has found, with the four members that are documented."""
    return [
        {
            "type": _TYPES.get(item["type"], item["type"]),
            "loc": list(item["loc"]),
            "msg": item["msg"].removeprefix(_VALUE_ERROR),
            "input": shown_input(item.get("input")),
        }
        for item in found
    ]


def shown_input(value: Any) -> Any:
    """What a client sent, unless it is long or no JSON."""
    if isinstance(value, str):
        return value[:SHOWN_INPUT]
    try:
        return value if len(json.dumps(value, allow_nan=False)) <= SHOWN_INPUT else None
    except (TypeError, ValueError, RecursionError):
        return None


def install() -> None:
    """Have failures below /api/v1 rendered this way."""
    problems.RENDERERS[PREFIX] = render
    problems.LISTERS[PREFIX] = list_errors


# ------------------------------------------------------------------------ health


class Services(BaseModel):
    """What is there and answers."""

    database: bool
    redis: bool = Field(description="Whether a Redis is used and answers; the studio does not need one")
    engine: bool = Field(description="The embedded engine")
    comfyui: bool = Field(description="Any ComfyUI of one's own")


class Health(BaseModel):
    """How the studio is, for every family below /api/v1."""

    status: str = Field(description="healthy, degraded (no server draws now) or unhealthy (no records)")
    version: str
    device: str = Field(description="What pictures are made on")
    environment: str
    services: Services
    timestamp: str


class Sign(BaseModel):
    """What a probe reads."""

    status: str


HEALTH = {
    "status": "healthy",
    "version": API_VERSION,
    "device": "cuda",
    "environment": "production",
    "services": {"database": True, "redis": False, "engine": True, "comfyui": True},
    "timestamp": "2024-01-15T10:30:00Z",
}


def answers(example: Any, more: Responses | None = None, status: int = 200) -> Responses:
    """The responses of a route below /api/v1: its good answer by example, and how it may fail."""
    return {status: {"content": {"application/json": {"example": example}}}} | OTHERWISE | (more or {})


def failure(status: int, description: str, code: str, detail: str, hint: str) -> Responses:
    """One way in which a route may fail, by example."""
    example = {"detail": detail, "request_id": "req_123456", "code": code, "hint": hint}
    return {
        status: {
            "model": Failure,
            "description": description,
            "content": {"application/json": {"example": example}},
        }
    }


def invalid(*parts: dict[str, Any]) -> Responses:
    """The answer to a request with wrong values, by example."""
    example = {"detail": list(parts), "request_id": "req_123456", "code": "invalid_field"}
    return {
        422: {
            "model": Invalid,
            "description": "What is wrong with the request, all at once",
            "content": {"application/json": {"example": example}},
        }
    }


@router.head("/health", include_in_schema=False)
@router.get("/health", summary="Health of the studio", responses=answers(HEALTH))
async def health(studio: StudioDep) -> Health:
    """Always 200 while the API answers; `status` tells whether it can work."""
    database = await run_in_threadpool(studio.database.is_well)
    online = studio.pool.online()
    best = next((one for one in online if one.kind == "comfy"), online[0] if online else None)
    status = "unhealthy" if not database else "healthy" if online else "degraded"
    return Health(
        status=status,
        version=API_VERSION,
        device=_device(best.stats) if best else "none",
        environment=studio.settings.studio_environment,
        services=Services(
            database=database,
            redis=await run_in_threadpool(redis_answers, studio.settings.rate_limit_storage_url),
            engine=any(one.kind == "embedded" for one in online),
            comfyui=any(one.kind == "comfy" for one in online),
        ),
        timestamp=iso_seconds(time.time()) or "",
    )


def redis_answers(url: str) -> bool:
    """Whether there is a Redis, which only the counting of requests can use."""
    return url.startswith(("redis", "valkey")) and _counts_in(url).check()


@functools.cache
def _counts_in(url: str) -> Storage:
    return open_storage(url)


def _device(stats: dict[str, Any]) -> str:
    devices = stats.get("devices")
    first = devices[0] if isinstance(devices, list) and devices else {}
    kind = first.get("type") if isinstance(first, dict) else None
    return kind if isinstance(kind, str) else "cpu"


@router.head("/health/live", include_in_schema=False)
@router.get("/health/live", summary="Liveness probe", responses=answers({"status": "alive"}))
async def live() -> Sign:
    """Answers as long as the process does."""
    return Sign(status="alive")


@router.head("/health/ready", include_in_schema=False)
@router.get(
    "/health/ready",
    summary="Readiness probe",
    responses=answers(
        {"status": "ready"},
        failure(
            503,
            "It should not get requests now",
            "not_ready",
            "The studio is not ready: no server that draws answers. It usually is within seconds; try again.",
            "It usually is within seconds; try again.",
        ),
    ),
)
async def ready(studio: StudioDep) -> Sign:
    """Whether jobs can be taken and worked on."""
    if studio.stopping.is_set():
        raise StudioError("not_ready", why="it is stopping")
    if not await run_in_threadpool(studio.database.is_well):
        raise StudioError("not_ready", why="the records cannot be read")
    if not studio.pool.online():
        raise StudioError("not_ready", why="no server that draws answers")
    return Sign(status="ready")
