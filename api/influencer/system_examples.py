"""What the routes about the studio itself answer, by example."""

from __future__ import annotations

from typing import Any

from api.docs import NULL

ROOT: dict[str, Any] = {
    "name": "AInfluencer Backend API",
    "version": "0.0.1",
    "docs": "/docs",
    "health": "/api/health",
    "status": "/api/status",
}
HEALTH: dict[str, Any] = {"status": "ok", "redis": "connected"}
_AT = "2025-12-17T15:00:00Z"
SERVICE: dict[str, Any] = {
    "name": "comfyui",
    "state": "running",
    "message": "ComfyUI in /opt/ComfyUI.",
    "host": "127.0.0.1",
    "port": 8188,
    "pid": 4711,
    "managed": True,
    "last_check": _AT,
}
SERVICE_IN_FULL: dict[str, Any] = {
    **SERVICE,
    "health": "healthy",
    "error": NULL,
    "instructions": {"restart": "POST /api/services/comfyui/restart"},
    "log": ["To see the GUI go to: http://127.0.0.1:8188"],
}
STATUS: dict[str, Any] = {
    "overall_status": "ok",
    "uptime_seconds": 86400.0,
    "version": "0.1.0",
    "services": {
        "comfyui": {name: SERVICE[name] for name in ("state", "message", "port", "last_check")},
    },
    "system": {
        "os": "Linux-6.8",
        "python_version": "3.11.9",
        "gpu_available": True,
        "disk_free_gb": 412.5,
        "issues": [],
    },
    "config": {"storage_path": "storage", "max_file_size": 52428800},
}
LINE: dict[str, Any] = {
    "timestamp": _AT,
    "level": "info",
    "service": "comfyui",
    "message": "http://gpu.local:8188 is online (712 nodes)",
    "logger": "studio.comfy.server",
    "request_id": NULL,
    "job_id": NULL,
}
FAULT: dict[str, Any] = {
    "id": "7c1f52a4-9f0e-4d0c-8f7e-2f5a1f6b3d10",
    "timestamp": _AT,
    "level": "warning",
    "source": "backend",
    "message": "answered with 503: ComfyUI is not answering at http://gpu.local:8188.",
    "details": {"code": "comfyui_unavailable", "status": 503},
    "count": 3,
    "first_seen": "2025-12-17T14:58:12Z",
}
REQUEST = {"method": "POST", "path": "/api/generate/image", "request_id": "req_123456"}
FAULTS: dict[str, Any] = {
    "items": [FAULT],
    "total": 1,
    "aggregation": {"by_level": {"warning": 3}, "by_source": {"backend": 3}},
    "limit": 50,
    "offset": 0,
}
METRICS: dict[str, Any] = {
    "timestamp": _AT,
    "cpu": {"percent": 21.5},
    "memory": {"used_gb": 11.2, "total_gb": 31.3, "percent": 35.8},
    "disk": {"used_gb": 512.0, "total_gb": 931.5, "percent": 55.0},
    "gpu": {
        "available": True,
        "memory_used_gb": 9.8,
        "memory_total_gb": 24.0,
        "utilization_percent": 97.0,
    },
    "jobs": {"pending": 2, "processing": 1, "completed": 480, "failed": 3, "cancelled": 5},
}
PERFORMANCE: dict[str, Any] = {
    "window_seconds": 3600.0,
    "requests": {"total": 1200, "errors": 2, "per_minute": 20.0},
    "latency_ms": {"avg": 6.1, "p50": 3.8, "p95": 18.0, "p99": 44.2},
    "by_route": [
        {
            "path": "/api/generate/image/{job_id}",
            "method": "GET",
            "count": 800,
            "avg_ms": 4.0,
            "p50_ms": 3.5,
            "p95_ms": 9.1,
            "p99_ms": 20.4,
        }
    ],
    "generation": {"avg_seconds": 4.2, "completed": 118},
}
GPUS: dict[str, Any] = {
    "available": True,
    "count": 1,
    "gpus": [
        {
            "name": "NVIDIA GeForce RTX 4090",
            "memory_used_gb": 9.8,
            "memory_total_gb": 24.0,
            "memory_percent": 40.8,
            "utilization_percent": 97.0,
            "temperature": 61.0,
            "server": NULL,
        }
    ],
    "status": "overutilized",
}
MEMORY: dict[str, Any] = {"used_gb": 11.2, "total_gb": 31.3, "available_gb": 20.1, "percent": 35.8}
STORAGE: dict[str, Any] = {
    "disk": {"used_gb": 512.0, "total_gb": 931.5, "free_gb": 419.5, "percent": 55.0},
    "content": {
        "images_count": 420,
        "images_bytes": 512000000,
        "videos_count": 12,
        "videos_bytes": 96000000,
    },
}
INSTALLER: dict[str, Any] = {
    "state": "running",
    "component": "comfyui",
    "step": "comfyui",
    "message": "Installing ComfyUI in /srv/studio/storage/ComfyUI for nvidia.",
    "progress": 60,
    "started_at": _AT,
    "finished_at": NULL,
    "allowed": True,
    "lines": ["Downloading torch-2.9.0"],
}
INSTALLING: dict[str, Any] = {"state": "running", "component": "comfyui", "message": "It has begun."}
COMMANDED: dict[str, Any] = {"name": "comfyui", "state": "starting", "message": "ComfyUI in /opt/ComfyUI."}
