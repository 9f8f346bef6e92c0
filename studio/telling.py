"""A job as the doors tell it that carry everything: plain values, the same over REST and in a notebook."""

from __future__ import annotations

from typing import Any

from studio.prompts import view_asked_for
from studio.records.entities import Event, Job, Output, Task
from studio.request import AnyRequest, AvatarRequest, with_values


def with_view(request: AnyRequest) -> AnyRequest:
    """The request with the view that its words ask for ("seen from behind"), where it names none itself."""
    if isinstance(request, AvatarRequest) and "views" not in request.model_fields_set:
        asked = view_asked_for(request.prompt)
        return with_values(request, views=(asked,)) if asked else request
    return request


def tell_job(job: Job, said: str = "") -> dict[str, Any]:
    """A job with its tasks and outputs; `said` is why it takes longer than usual."""
    return {
        "id": job.id,
        "kind": job.kind,
        "door": job.door,
        "status": job.status,
        "progress": round(job.progress, 1),
        "said": said,
        "prompt": job.request.get("prompt") or job.prompt,
        "seed": job.seed,
        "engine": job.engine,
        "workflow": job.workflow,
        "priority": job.priority,
        "parent_id": job.parent_id,
        "metadata": job.metadata,
        "notes": list(job.notes),
        "error": job.error,
        "created_at": job.created_at,
        "started_at": job.started_at,
        "completed_at": job.completed_at,
        "request": job.request,
        "tasks": [_task(task) for task in job.tasks],
        "outputs": [_output(job, output) for output in job.outputs],
    }


def tell_event(event: Event) -> dict[str, Any]:
    """One thing that happened to a job."""
    return {"seq": event.seq, "kind": event.kind, "data": event.data, "at": event.at}


def _task(task: Task) -> dict[str, Any]:
    return {
        "view": task.view,
        "status": task.status,
        "progress": round(task.progress, 1),
        "seed": task.seed,
        "server": task.server,
        "error": task.problem,
    }


def _output(job: Job, output: Output) -> dict[str, Any]:
    task = next((task for task in job.tasks if task.id == output.task_id), None)
    return {
        "id": output.id,
        "job_id": output.job_id,
        "name": output.name,
        "view": output.view,
        "media": output.media,
        "mime_type": output.mime_type,
        "size": output.size,
        "width": output.width,
        "height": output.height,
        "sha256": output.sha256,
        "seed": task.seed if task else job.seed,
        "drift": output.drift_from_front,
    }
