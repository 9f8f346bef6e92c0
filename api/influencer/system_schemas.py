"""What the routes about the studio itself answer: how it is, what it logged, what went wrong, its figures."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.influencer.answers import Bare

Level = Literal["debug", "info", "warning", "error", "critical"]
ServiceState = Literal["running", "stopped", "starting", "stopping", "error", "unknown"]


class Root(BaseModel):
    """What this API is, and where to go on."""

    name: str
    version: str
    docs: str
    health: str
    status: str


class BareRoot(Root, Bare[Root]):
    """The same, at the top as well."""


class Health(BaseModel):
    """That the API answers."""

    status: Literal["ok"]
    redis: Literal["connected", "disconnected"] = Field(description="The studio does not need one")


class BareHealth(Health, Bare[Health]):
    """The same, at the top as well."""


class ServiceSummary(BaseModel):
    """How a service is, in short."""

    state: ServiceState
    message: str
    port: int | None
    last_check: str


class SystemIssue(BaseModel):
    """Something that deserves a look."""

    level: Literal["warning", "error"]
    service: str
    message: str
    hint: str


class SystemFacts(BaseModel):
    """The machine."""

    os: str
    python_version: str
    gpu_available: bool
    disk_free_gb: float
    issues: list[SystemIssue]


class SystemStatus(BaseModel):
    """How everything is."""

    overall_status: Literal["ok", "warning", "error"]
    uptime_seconds: float
    version: str
    services: dict[str, ServiceSummary]
    system: SystemFacts
    config: dict[str, Any] = Field(description="The settings, without secrets")


class LogLine(BaseModel):
    """One entry of the log."""

    timestamp: str
    level: Level
    service: str
    message: str
    logger: str
    request_id: str | None
    job_id: str | None


class FaultRequest(BaseModel):
    """The request in which something went wrong."""

    method: str
    path: str
    request_id: str | None


class FaultAnswer(BaseModel):
    """Something that went wrong."""

    id: str
    timestamp: str = Field(description="Of the last time")
    level: str
    source: str = Field(description="The service where it was noticed; `jobs` for work that failed")
    message: str
    details: dict[str, Any]
    count: int = Field(description="How often it was so in a row")
    first_seen: str


class FaultInFull(FaultAnswer):
    """The same with the request that met it."""

    request: FaultRequest | None


class Aggregation(BaseModel):
    """How often there was something, repeats included."""

    by_level: dict[str, int]
    by_source: dict[str, int]


class FaultList(BaseModel):
    """What went wrong, the newest first."""

    items: list[FaultAnswer]
    total: int
    aggregation: Aggregation
    limit: int
    offset: int


class Percent(BaseModel):
    """A share."""

    percent: float


class Share(BaseModel):
    """How much of something is used."""

    used_gb: float
    total_gb: float
    percent: float


class GpuShare(BaseModel):
    """All GPUs together."""

    available: bool
    memory_used_gb: float | None
    memory_total_gb: float | None
    utilization_percent: float | None


class JobCounts(BaseModel):
    """Jobs of all families by status."""

    pending: int
    processing: int
    completed: int
    failed: int
    cancelled: int


class Metrics(BaseModel):
    """The figures of this moment."""

    timestamp: str
    cpu: Percent
    memory: Share
    disk: Share
    gpu: GpuShare
    jobs: JobCounts


class RequestFigures(BaseModel):
    """Requests of the window."""

    total: int
    errors: int = Field(description="Answers from 500 on")
    per_minute: float


class Latency(BaseModel):
    """Milliseconds until answers began; null where there were none."""

    avg: float | None
    p50: float | None
    p95: float | None
    p99: float | None


class RouteFigures(BaseModel):
    """One route."""

    path: str
    method: str
    count: int
    avg_ms: float
    p50_ms: float
    p95_ms: float
    p99_ms: float


class GenerationFigures(BaseModel):
    """Jobs that were completed in the window."""

    avg_seconds: float | None
    completed: int


class Performance(BaseModel):
    """How quick the studio was lately."""

    window_seconds: float = Field(description="What the figures really span")
    requests: RequestFigures
    latency_ms: Latency
    by_route: list[RouteFigures]
    generation: GenerationFigures


class GpuAnswer(BaseModel):
    """One GPU."""

    name: str
    memory_used_gb: float
    memory_total_gb: float
    memory_percent: float
    utilization_percent: float | None = Field(description="Only where this machine's driver tells it")
    temperature: float | None
    server: str | None = Field(description="The ComfyUI that told of it; null: this machine")


class GpuList(BaseModel):
    """All GPUs that are known."""

    available: bool
    count: int
    gpus: list[GpuAnswer]
    status: Literal["optimal", "underutilized", "overutilized", "unavailable"]


class MemoryAnswer(Share):
    """This machine's memory."""

    available_gb: float


class DiskAnswer(Share):
    """The disk of the results."""

    free_gb: float


class KeptContent(BaseModel):
    """What the content library holds."""

    images_count: int
    images_bytes: int
    videos_count: int
    videos_bytes: int


class StorageAnswer(BaseModel):
    """Disk and content."""

    disk: DiskAnswer
    content: KeptContent


class ServiceAnswer(ServiceSummary):
    """How a service is."""

    name: str
    host: str | None
    pid: int | None
    managed: bool = Field(description="Whether it can be started and stopped here")


class ServiceInFull(ServiceAnswer):
    """The same with what helps where it is not well."""

    health: str
    error: str | None
    instructions: dict[str, str]
    log: list[str] = Field(description="The last lines of a process of ours")


class ServiceList(BaseModel):
    """All services."""

    items: list[ServiceAnswer]
    total: int


class Commanded(BaseModel):
    """What became of a command."""

    name: str
    state: ServiceState
    message: str


class InstallBody(BaseModel):
    """What to install."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"component": "comfyui", "options": {"device": "auto"}},
                {"component": "models", "options": {"models": ["sd_xl_base_1.0.safetensors"]}},
            ]
        },
    )

    component: str = Field(min_length=1, max_length=100, description="comfyui or models")
    options: dict[str, Any] | None = Field(
        None,
        description="comfyui: `device`, of auto, nvidia, amd, m-series, cpu; models: `models`, their names",
    )


class InstallerStatus(BaseModel):
    """How far an installation is."""

    state: Literal["idle", "running", "succeeded", "failed"]
    component: str | None
    step: str | None
    message: str | None
    progress: int = Field(ge=0, le=100)
    started_at: str | None
    finished_at: str | None
    allowed: bool = Field(description="Whether ALLOW_INSTALL is set")
    lines: list[str] = Field(description="The last that the tools have said")


class InstallerAnswer(BaseModel):
    """That it has begun."""

    state: Literal["idle", "running", "succeeded", "failed"]
    component: str
    message: str
