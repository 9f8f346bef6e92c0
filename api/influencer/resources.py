"""Resources: GPUs, memory, and what is left and what is taken on the disk."""

from __future__ import annotations

from fastapi import APIRouter

from api.deps import StudioDep
from api.influencer import system_examples as examples
from api.influencer import system_schemas as schemas
from api.influencer.answers import Answer
from api.influencer.examples import told
from api.influencer.placeholders import DocumentRoute
from api.influencer.system import gb
from studio.monitoring import gpu_status

router = APIRouter(prefix="/resources", tags=["resources"], route_class=DocumentRoute)


@router.get("/gpu", summary="GPU usage", responses=told(examples.GPUS))
def get_gpus(studio: StudioDep) -> Answer[schemas.GpuList]:
    """Of this machine, where NVIDIA's library is installed, and of the ComfyUI servers as they tell it."""
    gpus = studio.monitoring.gpus()
    return Answer(
        data=schemas.GpuList(
            available=bool(gpus),
            count=len(gpus),
            gpus=[
                schemas.GpuAnswer(
                    name=gpu.name,
                    memory_used_gb=gb(gpu.memory_used),
                    memory_total_gb=gb(gpu.memory_total),
                    memory_percent=round(gpu.memory_percent, 1),
                    utilization_percent=gpu.utilization_percent,
                    temperature=gpu.temperature,
                    server=gpu.server,
                )
                for gpu in gpus
            ],
            status=gpu_status(gpus),
        )
    )


@router.get("/memory", summary="Memory usage", responses=told(examples.MEMORY))
def get_memory(studio: StudioDep) -> Answer[schemas.MemoryAnswer]:
    """Of this machine; what the system only caches counts as available."""
    found = studio.monitoring.memory()
    return Answer(
        data=schemas.MemoryAnswer(
            used_gb=gb(found.used),
            total_gb=gb(found.total),
            available_gb=gb(found.free),
            percent=round(found.percent, 1),
        )
    )


@router.get("/storage", summary="Storage usage", responses=told(examples.STORAGE))
def get_storage_usage(studio: StudioDep) -> Answer[schemas.StorageAnswer]:
    """The disk of STORAGE_PATH, and what the content library holds on it."""
    disk, held = studio.monitoring.disk(), studio.contents.stats()
    return Answer(
        data=schemas.StorageAnswer(
            disk=schemas.DiskAnswer(
                used_gb=gb(disk.used), total_gb=gb(disk.total), free_gb=gb(disk.free), percent=disk.percent
            ),
            content=schemas.KeptContent(
                images_count=held.by_type.get("image", 0),
                images_bytes=held.bytes_by_type.get("image", 0),
                videos_count=held.by_type.get("video", 0),
                videos_bytes=held.bytes_by_type.get("video", 0),
            ),
        )
    )
