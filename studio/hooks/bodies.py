"""What a receiver is told, in the documented form with a little more."""

from __future__ import annotations

from typing import Any

from studio.addresses import media_url
from studio.records.hooks import TEST, Delivery
from studio.settings import Settings


def body(delivery: Delivery, settings: Settings) -> dict[str, Any]:
    """The body of a delivery, the same for every attempt."""
    facts = delivery.facts
    if delivery.event == TEST:
        return {"job_id": None, "status": TEST, "event": TEST, "message": "A test from AvatarForge Studio."}
    told: dict[str, Any] = {"job_id": delivery.job_id, "status": facts["status"]}
    made = [
        {
            "id": one["id"],
            "url": media_url(settings, one["id"], delivery.base_url),
            "type": one["type"],
            "mime_type": one["mime_type"],
        }
        for one in facts.get("media") or ()
    ]
    if delivery.event in {"completed", "output"} and made:
        told |= {"media_url": made[0]["url"], "media_id": made[0]["id"], "media": made}
    if delivery.event == "failed":
        error = facts["error"] or {}
        told |= {
            "error": error.get("message", "The job failed."),
            "error_details": {
                "retry_count": facts["retries"],
                "max_retries": settings.studio_attempts - 1,
                "code": error.get("code"),
                "hint": error.get("hint"),
            },
        }
    if facts.get("metadata") is not None:
        told["metadata"] = facts["metadata"]
    return told | {"event": delivery.event}
