"""Jobs and characters as the doors tell them that carry everything: plain values, the same at each."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import Any

from studio.characters import words
from studio.prompts import view_asked_for
from studio.records.characters import POSE, Character, Style
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


def tell_character(character: Character, styles: Iterable[Style]) -> dict[str, Any]:
    """A character with its styles; its picture is for those to tell who have addresses."""
    reference = character.reference_file_id
    return {
        "id": character.id,
        "name": character.name,
        "status": character.status,
        "bio": character.bio or None,
        "age": character.age,
        "location": character.location or None,
        "timezone": character.timezone or None,
        "interests": list(character.interests),
        "created_at": _iso(character.created_at),
        "updated_at": _iso(character.updated_at),
        "personality": dict(character.personality),
        "appearance": dict(character.appearance),
        "costumes": dict(character.costumes),
        "styles": [tell_style(one) for one in styles],
        "look_seed": character.look_seed,
        "look": words.look_words(character),
        "open_traits": words.found_of(character),
        "face_reference_file_id": reference,
        "face_reference_url": reference and f"/files/{reference}",
        "poses": {name: file_id for (role, name), file_id in character.files.items() if role == POSE},
        "origin": dict(character.origin),
        "notes": list(character.notes),
    }


def tell_style(style: Style) -> dict[str, Any]:
    """One way in which a character is drawn."""
    texts = ("description", "prompt_prefix", "prompt_suffix", "negative_prompt")
    numbers = ("checkpoint", "sampler_name", "scheduler", "steps", "cfg_scale", "width", "height")
    return {
        "id": style.id,
        "character_id": style.character_id,
        "name": style.name,
        **{name: getattr(style, name) or None for name in texts},
        **{name: getattr(style, name) for name in numbers},
        "style_keywords": list(style.style_keywords),
        "display_order": style.display_order,
        "is_active": style.is_active,
        "is_default": style.is_default,
        "created_at": _iso(style.created_at),
        "updated_at": _iso(style.updated_at),
    }


def _iso(at: float) -> str:
    return datetime.datetime.fromtimestamp(int(at), datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


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
