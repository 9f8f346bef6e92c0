"""The figures of this machine and of the servers: processor, memory, disk, GPUs, work in the records."""

from __future__ import annotations

import importlib
import logging
import shutil
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import psutil

from studio.comfy.pool import Pool
from studio.records import Database, measures
from studio.settings import Settings

log = logging.getLogger(__name__)

GB = 2**30
CPU_EVERY_S = 1.0  # the processor's share is of the time between two looks; shorter ones say nothing
IDLE_PERCENT, BUSY_PERCENT = 30.0, 90.0

GpuStatus = Literal["optimal", "underutilized", "overutilized", "unavailable"]


@dataclass(frozen=True)
class Gpu:
    """One graphics processor, of this machine or of a server's."""

    name: str
    memory_used: int
    memory_total: int
    utilization_percent: float | None = None  # only the driver of this machine tells it
    temperature: float | None = None
    server: str | None = None  # that told of it; None: this machine's driver

    @property
    def memory_percent(self) -> float:
        """How much of its memory is taken."""
        return 100 * self.memory_used / self.memory_total if self.memory_total else 0.0


@dataclass(frozen=True)
class Space:
    """How much of something there is, in bytes."""

    used: int
    total: int
    free: int
    percent: float


class Monitoring:
    """The verbs over figures."""

    def __init__(self, database: Database, settings: Settings, pool: Pool) -> None:
        self.began_at = time.time()
        self._database = database
        self._settings = settings
        self._pool = pool
        self._cpu: tuple[float, float] | None = None
        self._looking = threading.Lock()
        psutil.cpu_percent()  # the first look has nothing to compare with

    @property
    def uptime_s(self) -> float:
        """How long the studio has been running."""
        return time.time() - self.began_at

    def cpu_percent(self) -> float:
        """How busy the processor was since the last look, or within the last second."""
        with self._looking:
            now = time.monotonic()
            if self._cpu is None or now - self._cpu[0] >= CPU_EVERY_S:
                self._cpu = (now, psutil.cpu_percent())
            return self._cpu[1]

    def memory(self) -> Space:
        """This machine's memory; what caches would give back counts as free."""
        found = psutil.virtual_memory()
        return Space(found.total - found.available, found.total, found.available, found.percent)

    def disk(self) -> Space:
        """The disk on which the results are."""
        found = shutil.disk_usage(existing(self._settings.storage_path))
        # Some of it is kept for the system, and is neither used nor to be had.
        percent = round(100 * found.used / (found.used + found.free), 1) if found.used + found.free else 0.0
        return Space(found.used, found.total, found.free, percent)

    def gpus(self) -> list[Gpu]:
        """All that are known: by this machine's driver, and by what the servers tell of theirs."""
        own = driver_gpus()
        told: list[Gpu] = []
        for server in self._pool.servers:
            if not server.answers:
                continue
            for device in server.stats.get("devices", []):
                gpu = _of_device(device, server.url)
                # A server on this machine tells of the same cards with fewer figures.
                if gpu is not None and not (own and server.client.address.loopback):
                    told.append(gpu)
        return [*own, *told]

    def jobs(self) -> dict[str, int]:
        """How many jobs there are, by status."""
        found: dict[str, int] = {}
        for (_, status), count in measures.jobs_by_state(self._database).items():
            found[status] = found.get(status, 0) + count
        return found

    def finished(self, window_s: float) -> measures.Finished:
        """What was completed within a window."""
        return measures.finished_since(self._database, time.time() - window_s)

    def database_is_well(self) -> bool:
        """Whether the records can be read now."""
        return self._database.is_well()


def gpu_status(gpus: list[Gpu]) -> GpuStatus:
    """How well they are used: by their load where it is known, else by their memory."""
    if not gpus:
        return "unavailable"
    shares = [
        gpu.memory_percent if gpu.utilization_percent is None else gpu.utilization_percent for gpu in gpus
    ]
    share = sum(shares) / len(shares)
    fullest = max(gpu.memory_percent for gpu in gpus)
    if share > BUSY_PERCENT or fullest > BUSY_PERCENT:
        return "overutilized"
    return "underutilized" if share < IDLE_PERCENT else "optimal"


def driver_gpus() -> list[Gpu]:
    """The graphics processors of this machine, where NVIDIA's library is installed and finds any."""
    try:
        nvml: Any = importlib.import_module("pynvml")
    except ImportError:
        return []
    try:
        nvml.nvmlInit()
        return [_of_driver(nvml, index) for index in range(nvml.nvmlDeviceGetCount())]
    except nvml.NVMLError as error:  # no driver, or one that does not fit
        log.debug("NVML tells nothing: %s", error)
        return []


def _of_driver(nvml: Any, index: int) -> Gpu:
    handle = nvml.nvmlDeviceGetHandleByIndex(index)
    name = nvml.nvmlDeviceGetName(handle)
    memory = nvml.nvmlDeviceGetMemoryInfo(handle)
    utilization, temperature = None, None
    try:
        utilization = float(nvml.nvmlDeviceGetUtilizationRates(handle).gpu)
        temperature = float(nvml.nvmlDeviceGetTemperature(handle, nvml.NVML_TEMPERATURE_GPU))
    except nvml.NVMLError as error:  # some virtual cards do not tell
        log.debug("GPU %d does not tell all: %s", index, error)
    shown = name.decode() if isinstance(name, bytes) else str(name)
    return Gpu(shown, int(memory.used), int(memory.total), utilization, temperature)


def _of_device(device: Any, server: str) -> Gpu | None:
    """A device as ComfyUI's system_stats tell of it."""
    if not isinstance(device, dict) or device.get("type") in (None, "cpu"):
        return None
    total, free = device.get("vram_total"), device.get("vram_free")
    if not isinstance(total, int) or not isinstance(free, int) or total <= 0:
        return None
    return Gpu(str(device.get("name") or device["type"]), max(0, total - free), total, server=server)


def existing(path: Path) -> Path:
    """The path, or what is there of the way to it."""
    path = path.absolute()
    return next(one for one in (path, *path.parents) if one.exists())
