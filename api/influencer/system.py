"""The studio itself: that it is there, how it is, what it has logged, what went wrong, and its figures."""

from __future__ import annotations

import platform
import time
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from pydantic import SecretStr
from starlette.concurrency import run_in_threadpool

from api import v1
from api.deps import StudioDep, iso_seconds
from api.influencer import system_examples as examples
from api.influencer import system_schemas as schemas
from api.influencer.answers import Answer, Limit, Listed, Offset
from api.influencer.examples import bare, fails, told
from api.influencer.placeholders import DocumentRoute
from studio import VERSION
from studio.errors import StudioError
from studio.lately import Spread
from studio.monitoring import GB
from studio.records.faults import Fault
from studio.services.looks import without_password
from studio.settings import Settings
from studio.visitors import OWNER, asking

DOCUMENTED_NAME, DOCUMENTED_VERSION = "AInfluencer Backend API", "0.0.1"
HOUR_S, DAY_S = 3600, 86_400
FULL_DISK_GB = 2.0
# Services that a studio can do without: their being away is no issue.
SPARE = frozenset({"frontend", "ollama", "redis"})


def not_for_visitors(studio: StudioDep) -> None:
    """Refuse those whom the studio tells apart from its owner: a log tells of everybody."""
    if studio.settings.tells_visitors_apart and asking() != OWNER:
        raise StudioError("visitor_refused")


FOR_OWNER = [Depends(not_for_visitors)]

router = APIRouter(tags=["system"], route_class=DocumentRoute)
monitoring = APIRouter(prefix="/monitoring", tags=["monitoring"], route_class=DocumentRoute)


@router.get("/", include_in_schema=False)
@router.get("", summary="The root of the API", responses=bare(examples.ROOT))
def get_root() -> schemas.BareRoot:
    """What this is, and where to go on."""
    members = {**examples.ROOT, "name": DOCUMENTED_NAME, "version": DOCUMENTED_VERSION}
    return schemas.BareRoot(**members, data=schemas.Root(**members))


@router.head("/health", include_in_schema=False)
@router.get("/health", summary="Health check", responses=bare(examples.HEALTH))
async def get_health(studio: StudioDep) -> schemas.BareHealth:
    """Always 200 while the API answers."""
    has_redis = await run_in_threadpool(v1.redis_answers, studio.settings.rate_limit_storage_url)
    found = schemas.Health(status="ok", redis="connected" if has_redis else "disconnected")
    return schemas.BareHealth(**found.model_dump(), data=found)


@router.get("/status", summary="System status", responses=told(examples.STATUS))
def get_status(request: Request, studio: StudioDep) -> Answer[schemas.SystemStatus]:
    """Services, machine, uptime and settings; what is stopped or missing gives a warning, never a failure."""
    services = studio.services.list()
    disk, gpus = studio.monitoring.disk(), studio.monitoring.gpus()
    issues = [
        schemas.SystemIssue(
            level="error" if service.state == "error" and service.name not in SPARE else "warning",
            service=service.name,
            message=service.error or service.message,
            hint=service.instructions.get("start", "See GET /api/services for more."),
        )
        for service in services
        if service.state == "error" or (service.managed and service.state != "running")
    ]
    if not studio.monitoring.database_is_well():
        issues.append(_issue("error", "The records cannot be read.", "See the log, and DATABASE_URL."))
    if disk.free < FULL_DISK_GB * GB:
        free = f"Only {disk.free / GB:.1f} GB are left on the disk of STORAGE_PATH."
        issues.append(_issue("warning", free, "Remove results, or move STORAGE_PATH."))
    if not studio.pool.online():
        issues.append(_issue("warning", "No server that draws answers.", "It usually does within seconds."))
    worst = {issue.level for issue in issues}
    return Answer(
        data=schemas.SystemStatus(
            overall_status="error" if "error" in worst else "warning" if worst else "ok",
            uptime_seconds=round(studio.monitoring.uptime_s, 3),
            version=VERSION,
            services={
                service.name: schemas.ServiceSummary(
                    state=service.state,
                    message=service.message,
                    port=service.port or port_of(request, service.name),
                    last_check=iso_seconds(service.last_check) or "",
                )
                for service in services
            },
            system=schemas.SystemFacts(
                os=platform.platform(),
                python_version=platform.python_version(),
                gpu_available=bool(gpus),
                disk_free_gb=gb(disk.free),
                issues=issues,
            ),
            config=shown_settings(studio.overrides.settings),
        )
    )


@router.get(
    "/logs",
    summary="Application logs",
    responses=told(
        {
            "items": [examples.LINE],
            "total": 1,
            "limit": 100,
            "offset": 0,
        }
    )
    | fails("visitor_refused"),
    dependencies=FOR_OWNER,
)
def get_logs(
    studio: StudioDep,
    level: Annotated[schemas.Level | None, Query(description="Entries of this level")] = None,
    service: Annotated[
        str | None,
        Query(max_length=200, description="A service, or a place in the code such as studio.runner"),
    ] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    offset: Offset = 0,
) -> Answer[Listed[schemas.LogLine]]:
    """Newest first: of this process, of those that it runs, and from LOG_FILE of earlier ones."""
    found, total = studio.logbook.entries(level=level, service=service, limit=limit, offset=offset)
    lines = [
        schemas.LogLine(
            timestamp=iso_seconds(one.at) or "",
            level=one.level,  # pyright: ignore[reportArgumentType]
            service=one.service,
            message=one.message,
            logger=one.logger,
            request_id=one.request_id,
            job_id=one.job_id,
        )
        for one in found
    ]
    return Answer(data=Listed(items=lines, total=total, limit=limit, offset=offset))


# ------------------------------------------------------------------------- errors


@router.get(
    "/errors",
    summary="Error logs",
    dependencies=FOR_OWNER,
    responses=told(examples.FAULTS) | fails("visitor_refused"),
)
def list_errors(
    studio: StudioDep,
    limit: Limit = 50,
    offset: Offset = 0,
    source: Annotated[str | None, Query(max_length=200)] = None,
    level: Annotated[str | None, Query(max_length=20)] = None,
) -> Answer[schemas.FaultList]:
    """Newest first; what happened several times in a row is told once, with its count."""
    found, total = studio.logbook.faults(level=level, source=source, limit=limit, offset=offset)
    by_level, by_source = studio.logbook.counts(level=level, source=source)
    return Answer(
        data=schemas.FaultList(
            items=[schemas.FaultAnswer(**_fault(one)) for one in found],
            total=total,
            aggregation=schemas.Aggregation(by_level=by_level, by_source=by_source),
            limit=limit,
            offset=offset,
        )
    )


@router.get(
    "/errors/{error_id}",
    summary="One error",
    dependencies=FOR_OWNER,
    responses=told({**examples.FAULT, "request": examples.REQUEST})
    | fails("fault_not_found", "visitor_refused"),
)
def get_error(error_id: str, studio: StudioDep) -> Answer[schemas.FaultInFull]:
    """With its traceback, where it has one, and with the request that met it."""
    found = studio.logbook.fault(error_id)
    request = None
    if found.method is not None and found.path is not None:
        request = schemas.FaultRequest(method=found.method, path=found.path, request_id=found.request_id)
    return Answer(data=schemas.FaultInFull(**_fault(found), request=request))


def _fault(one: Fault) -> dict[str, Any]:
    return {
        "id": one.id,
        "timestamp": iso_seconds(one.at) or "",
        "level": one.level,
        "source": one.source,
        "message": one.message,
        "details": one.details | ({"code": one.code} if one.code else {}),
        "count": one.count,
        "first_seen": iso_seconds(one.first_at) or "",
    }


# ------------------------------------------------------------------------ figures


@monitoring.get("/metrics", summary="System metrics", responses=told(examples.METRICS))
def get_metrics(studio: StudioDep) -> Answer[schemas.Metrics]:
    """Processor, memory, disk and GPUs of this moment, and how many jobs there are."""
    memory, disk, gpus = studio.monitoring.memory(), studio.monitoring.disk(), studio.monitoring.gpus()
    loads = [gpu.utilization_percent for gpu in gpus if gpu.utilization_percent is not None]
    jobs = studio.monitoring.jobs()
    return Answer(
        data=schemas.Metrics(
            timestamp=iso_seconds(time.time()) or "",
            cpu=schemas.Percent(percent=studio.monitoring.cpu_percent()),
            memory=schemas.Share(
                used_gb=gb(memory.used), total_gb=gb(memory.total), percent=round(memory.percent, 1)
            ),
            disk=schemas.Share(used_gb=gb(disk.used), total_gb=gb(disk.total), percent=disk.percent),
            gpu=schemas.GpuShare(
                available=bool(gpus),
                memory_used_gb=gb(sum(gpu.memory_used for gpu in gpus)) if gpus else None,
                memory_total_gb=gb(sum(gpu.memory_total for gpu in gpus)) if gpus else None,
                utilization_percent=round(sum(loads) / len(loads), 1) if loads else None,
            ),
            jobs=schemas.JobCounts(
                pending=jobs.get("queued", 0),
                processing=jobs.get("processing", 0),
                completed=jobs.get("completed", 0),
                failed=jobs.get("failed", 0),
                cancelled=jobs.get("cancelled", 0),
            ),
        )
    )


@monitoring.get("/performance", summary="Performance metrics", responses=told(examples.PERFORMANCE))
def get_performance(
    request: Request,
    studio: StudioDep,
    window_seconds: Annotated[
        int, Query(ge=1, le=7 * DAY_S, description="Up to now; at most since the start")
    ] = HOUR_S,
) -> Answer[schemas.Performance]:
    """How many requests there were and how quickly they were answered, by route; and how long jobs took."""
    lately = request.app.state.http_meter.lately.within(window_seconds)
    done = studio.monitoring.finished(window_seconds)
    whole: Spread = lately.spread
    return Answer(
        data=schemas.Performance(
            window_seconds=round(lately.seconds, 3),
            requests=schemas.RequestFigures(
                total=lately.total,
                errors=lately.errors,
                per_minute=round(60 * lately.total / max(lately.seconds, 1.0), 2),
            ),
            latency_ms=schemas.Latency(
                avg=_ms(whole.mean, whole),
                p50=_ms(whole.p50, whole),
                p95=_ms(whole.p95, whole),
                p99=_ms(whole.p99, whole),
            ),
            by_route=[
                schemas.RouteFigures(
                    path=path,
                    method=method,
                    count=one.count,
                    avg_ms=round(1000 * one.mean, 2),
                    p50_ms=round(1000 * one.p50, 2),
                    p95_ms=round(1000 * one.p95, 2),
                    p99_ms=round(1000 * one.p99, 2),
                )
                for method, path, one in lately.by_route
            ],
            generation=schemas.GenerationFigures(
                avg_seconds=None if done.mean_s is None else round(done.mean_s, 3), completed=done.count
            ),
        )
    )


def _ms(seconds: float, whole: Spread) -> float | None:
    return round(1000 * seconds, 2) if whole.count else None


# ----------------------------------------------------------------------- rendering


def gb(count: float) -> float:
    """Bytes as gigabytes of 2**30, as tools for GPUs and memory count."""
    return round(count / GB, 3)


def port_of(request: Request, name: str) -> int | None:
    """The port of what answers, as it was reached, where no setting names one."""
    server = request.scope.get("server")
    return server[1] if server and name in {"backend", "frontend"} else None


def shown_settings(settings: Settings) -> dict[str, Any]:
    """All settings but the secrets; addresses without the passwords that are in some."""
    found: dict[str, Any] = {}
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        if isinstance(value, SecretStr) or any(part in name for part in ("secret", "password", "_key")):
            continue
        if isinstance(value, tuple):
            found[name] = [_shown(one) for one in value]
        else:
            found[name] = _shown(value)
    return found


def _shown(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    text = str(value)
    return without_password(text) if "://" in text else text


def _issue(level: Literal["warning", "error"], message: str, hint: str) -> schemas.SystemIssue:
    return schemas.SystemIssue(level=level, service="backend", message=message, hint=hint)
