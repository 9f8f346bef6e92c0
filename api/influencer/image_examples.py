"""Examples of jobs of pictures for the OpenAPI document."""

from __future__ import annotations

from typing import Any

from api.influencer.image_schemas import ID, OUTPUT

_AT = "2025-12-17T15:00:00Z"

JOB: dict[str, Any] = {
    "job_id": ID,
    "status": "completed",
    "message": "Image generation completed",
    "progress": 100.0,
    "created_at": _AT,
    "started_at": _AT,
    "finished_at": _AT,
    "cancelled_at": None,
    "params": {"prompt": "A beautiful landscape", "seed": -1},
    "result": {
        "image_url": f"/content/{OUTPUT}.png",
        "image_path": f"content/{OUTPUT}.png",
        "image_urls": [f"/content/{OUTPUT}.png"],
        "content_ids": [OUTPUT],
        "metadata": {"width": 1024, "height": 1024, "seed": 7, "steps": 30, "engine": "comfy"},
    },
    "error": None,
    "batch_size": 1,
    "character_id": None,
    "style_id": None,
    "seed": 7,
    "engine": "comfy",
    "workflow": "checkpoint",
    "notes": [],
}
STARTED = JOB | {
    "status": "pending",
    "message": "Waiting for its turn",
    "progress": 0.0,
    "started_at": None,
    "finished_at": None,
    "result": None,
}
PAGE = {"items": [JOB], "total": 1, "limit": 50, "offset": 0}
STATISTICS = {
    "total_jobs": 12,
    "completed": 10,
    "failed": 1,
    "cancelled": 1,
    "pending": 0,
    "processing": 0,
    "success_rate": 0.909,
    "total_images_generated": 16,
    "average_quality_score": 8.9,
    "batch_jobs": 2,
    "average_batch_size": 4.0,
    "average_duration_seconds": 5.2,
}
QUEUE = {
    "total_batch_jobs": 2,
    "pending": 1,
    "processing": 0,
    "completed": 1,
    "failed": 0,
    "cancelled": 0,
    "total_images_queued": 4,
    "total_images_processing": 0,
    "total_images_completed": 4,
}
SUMMARY = {
    "job_id": ID,
    "batch_size": 4,
    "image_count": 4,
    "status": "completed",
    "progress": {"completed": 4, "failed": 0, "processing": 0},
    "failures": {"count": 0, "details": []},
    "quality_stats": {"average_score": 8.9, "min_score": 8.6, "max_score": 9.2, "scores_count": 4},
    "created_at": _AT,
    "finished_at": _AT,
}
_RANKED = {
    "image_url": f"/content/{OUTPUT}.png",
    "image_path": f"content/{OUTPUT}.png",
    "quality_score": 9.2,
    "rank": 1,
    "content_id": OUTPUT,
}
RANKING = {"job_id": ID, "total_images": 1, "filtered_count": 1, "items": [_RANKED]}
CANCELLED = {"job_id": ID, "status": "cancelled", "cancel_requested": True, "images_kept": 0}
DELETED = {"job_id": ID, "deleted": True}
CLEARED = {"deleted_jobs": 12, "deleted_images": 16, "deleted_others": 1}
STORAGE = {
    "images_count": 16,
    "images_bytes": 9_200_000,
    "videos_count": 1,
    "videos_bytes": 1_400_000,
    "total_bytes": 10_600_000,
}
TEST_STARTED = {
    "ab_test_id": ID,
    "variant_jobs": [
        {
            "variant_name": "dawn",
            "variant_index": 0,
            "job_id": ID,
            "prompt": "a knight at dawn",
            "status": "pending",
        }
    ],
    "total_variants": 2,
    "seed": 7,
}
TEST_RESULTS = {
    "ab_test_id": ID,
    "variants": [
        {
            "variant_name": "dawn",
            "job_id": ID,
            "status": "completed",
            "prompt": "a knight at dawn",
            "quality_score": 9.2,
            "image_url": f"/content/{OUTPUT}.png",
            "generation_time": 3.1,
            "error": None,
        }
    ],
    "comparison": {
        "best_quality": "dawn",
        "best_quality_score": 9.2,
        "fastest": "dawn",
        "fastest_time": 3.1,
    },
    "total_variants": 2,
    "created_at": _AT,
}
