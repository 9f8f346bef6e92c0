"""ComfyUI: whether it is there, the workflows for it, and graphs that are sent to it as they are."""

from __future__ import annotations

import logging
import time
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator
from starlette.concurrency import run_in_threadpool

from api import creating
from api.creating import WishesDep
from api.deps import StudioDep
from api.docs import NULL
from api.influencer.answers import DOOR, Answer
from api.influencer.examples import told
from api.influencer.placeholders import DocumentRoute
from api.influencer.workflows import RunBody, listed, request_of
from api.owner import owner_only
from studio import workflows
from studio.assembly import Studio
from studio.comfy.pool import Server
from studio.errors import StudioError
from studio.jobs import IdempotencyKey
from studio.records.entities import Job, Task
from studio.request import AvatarRequest
from studio.runner import prompt_id_of

log = logging.getLogger(__name__)
router = APIRouter(prefix="/comfyui", tags=["comfyui"], route_class=DocumentRoute)

SENT_WAIT_S = 5.0  # a server says within that whether it takes a graph
LOOK_EVERY_S = 0.05
WORDS = 2_000  # of a graph's prompt, by which people find it


class QueueStats(BaseModel):
    """What runs and waits, whoever sent it."""

    queue_pending: int
    queue_running: int


class ComfyStatus(BaseModel):
    """How ComfyUI is; without one the embedded engine, which speaks its protocol."""

    base_url: str
    kind: str = Field(description="comfy, or embedded")
    installed: bool = Field(description="Whether there is one that is ours to run, or one that answers")
    running: bool
    reachable: bool
    stats: QueueStats | None
    version: str | None
    error: str | None
    message: str
    action_required: str | None


class ComfyWorkflow(BaseModel):
    """A workflow for ComfyUI."""

    id: str
    name: str
    description: str | None


class ComfyWorkflowPage(BaseModel):
    """All of them."""

    items: list[ComfyWorkflow]
    total: int


class QueueBody(BaseModel):
    """A graph as ComfyUI's Export (API) gives it, or a workflow of the library with its inputs."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "workflow": {
                        "1": {
                            "class_type": "EmptyImage",
                            "inputs": {"width": 64, "height": 64, "batch_size": 1, "color": 255},
                        },
                        "2": {
                            "class_type": "SaveImage",
                            "inputs": {"images": ["1", 0], "filename_prefix": "blue"},
                        },
                    }
                }
            ]
        },
    )

    workflow: dict[str, Any] | None = None
    workflow_id: Annotated[str, StringConstraints(min_length=1, max_length=300)] | None = None
    inputs: dict[str, Any] | None = Field(None, description="`prompt` and what the workflow takes")
    client_id: Annotated[str, StringConstraints(max_length=200)] | None = Field(
        None, description="Kept with the job; events come from the job's own stream"
    )
    priority: Annotated[int, Field(ge=-100, le=100)] | None = Field(None, description="Higher goes first")

    @model_validator(mode="after")
    def _one_of_both(self) -> QueueBody:
        if self.workflow is None and self.workflow_id is None:
            raise ValueError("give a workflow (a graph), or a workflow_id")
        return self


class QueueAnswer(BaseModel):
    """What was queued."""

    prompt_id: str
    number: int | float | None = Field(
        description="In ComfyUI's queue; null while the studio has not sent it yet: until then the order is "
        "the studio's, by priority and time"
    )
    node_errors: dict[str, Any] = Field(description="Empty: a graph with errors is refused")
    job_id: str
    status: str


STATUS: dict[str, Any] = {
    "base_url": "http://gpu.local:8188",
    "kind": "comfy",
    "installed": True,
    "running": True,
    "reachable": True,
    "stats": {"queue_pending": 0, "queue_running": 1},
    "version": "0.3.64",
    "error": NULL,
    "message": "ComfyUI answers at http://gpu.local:8188.",
    "action_required": NULL,
}
QUEUED: dict[str, Any] = {
    "prompt_id": "1c5b7e0a-93a5-5f0e-8b64-7d1a0f0e6a2b",
    "number": 7,
    "node_errors": {},
    "job_id": "5b8c1f0e-2d6a-4c7e-9a55-0f3f7c9d1e21",
    "status": "processing",
}


@router.get("/status", summary="ComfyUI status", responses=told(STATUS))
def get_comfyui_status(studio: StudioDep) -> Answer[ComfyStatus]:
    """Always 200; `action_required` says what to do where it is away."""
    service = studio.services.get("comfyui")
    server = _server(studio)
    if server is None:
        return Answer(data=_without(studio))
    is_comfy = server.kind == "comfy"
    load = server.load if server.answers else 0
    error = None if server.answers else server.unavailable()
    what = (
        "ComfyUI" if is_comfy else "No ComfyUI is configured; the embedded engine, which speaks its protocol,"
    )
    return Answer(
        data=ComfyStatus(
            base_url=server.url,
            kind=server.kind,
            installed=service.managed or (is_comfy and server.answers),
            running=server.answers,
            reachable=server.answers,
            stats=QueueStats(queue_pending=load - min(load, 1), queue_running=min(load, 1))
            if server.answers
            else None,
            version=server.health().get("version"),
            error=error.message if error else None,
            message=f"{what} {'answers' if server.answers else 'does not answer'} at {server.url}.",
            action_required=error.hint if error else None if is_comfy else service.instructions.get("manage"),
        )
    )


@router.get(
    "/workflows",
    summary="ComfyUI workflows",
    responses=told(
        {"items": [{"id": "checkpoint", "name": "Checkpoint, text to image", "description": ""}], "total": 1}
    ),
)
def list_comfyui_workflows(studio: StudioDep) -> Answer[ComfyWorkflowPage]:
    """Those of the library; each can be sent to the queue by its id."""
    found = [
        ComfyWorkflow(id=one.name, name=one.manifest.title, description=one.manifest.about or None)
        for one in listed(studio)
    ]
    return Answer(data=ComfyWorkflowPage(items=found, total=len(found)))


@router.post(
    "/queue",
    summary="Queue a ComfyUI workflow",
    responses=told(
        QUEUED,
        *("workflow_not_found", "workflow_refused", "comfyui_unavailable", "owner_only"),
    ),
)
async def queue_graph(
    request: Request, response: Response, body: QueueBody, studio: StudioDep, wishes: WishesDep
) -> Answer[QueueAnswer]:
    """Sent as it is, as a job of the studio: nothing is lost, and its results are kept.

    A graph may have any node, so only the studio's owner may send one; anybody may name a workflow.
    """
    if body.workflow is not None:
        owner_only(request)
    asked = body.model_dump(mode="json", exclude_unset=True)
    base = str(request.base_url)

    def submit(key: IdempotencyKey | None, cancel_after_s: float | None) -> Job:
        if key is not None and (known := studio.jobs.submitted(key)):
            return known
        return studio.jobs.submit(
            _request(studio, body, base),
            door=DOOR,
            key=key,
            priority=body.priority or 0,
            metadata={"client_id": body.client_id} if body.client_id else None,
            asked={name: value for name, value in asked.items() if name != "workflow"},
            cancel_after_s=cancel_after_s,
        )

    print_of = creating.fingerprint("comfyui/queue", asked)
    job = await creating.create(
        *(request, response, studio, wishes, DOOR, submit, print_of),
        settle=lambda job: _until_sent(studio, job),
    )
    problem = job.error or {}
    if problem.get("code") in {"graph_refused", "workflow_impossible"}:
        raise StudioError(problem["code"], **{"why": problem["message"], **problem.get("facts", {})})
    task = job.tasks[0]
    return Answer(
        data=QueueAnswer(
            prompt_id=task.prompt_id or prompt_id_of(task),
            number=await run_in_threadpool(_number_of, studio, task),
            node_errors={},
            job_id=job.id,
            status={"queued": "pending"}.get(job.status, job.status),
        )
    )


def _request(studio: Studio, body: QueueBody, base_url: str) -> Any:
    if body.workflow is None:
        known = studio.jobs.library.get(body.workflow_id or "")
        if known is None:
            raise StudioError("workflow_not_found", name=(body.workflow_id or "")[:200])
        return request_of(studio, known, _run_body(body), base_url)
    _refuse_without_server(studio)
    kept = studio.library.take_once(body.workflow)
    return AvatarRequest(kind="media", prompt=_words_of(body.workflow), workflow=kept.name)


def _run_body(body: QueueBody) -> RunBody:
    """What of the inputs has a place of its own in a run."""
    inputs = dict(body.inputs or {})
    own = {
        name: inputs.pop(name) for name in list(inputs) if name in RunBody.model_fields and name != "inputs"
    }
    try:
        return RunBody.model_validate({"prompt": "As the workflow says", **own, "inputs": inputs})
    except ValidationError as error:
        problems = [{**one, "loc": ("body", "inputs", *one["loc"])} for one in error.errors()]
        raise RequestValidationError(problems) from error


def _words_of(graph: dict[str, Any]) -> str:
    """The words in a graph, by which people find its results."""
    texts = workflows.find_slots(graph).get("positive", [])
    parts = (target.split(".") for target in texts)
    found = " ".join(str(graph[node]["inputs"][name]) for node, name in parts).strip()
    return found[:WORDS] or "A graph as it was sent"


def _refuse_without_server(studio: Studio) -> None:
    """Say that ComfyUI is away before its graph is looked at by others, who lack its nodes."""
    comfy = [server for server in studio.pool.servers if server.kind == "comfy"]
    if comfy and not any(server.answers for server in comfy):
        raise comfy[0].unavailable()


def _until_sent(studio: Studio, job: Job) -> Job:
    """The job once a server has taken its graph or refused it, or a moment later."""
    end = time.monotonic() + SENT_WAIT_S
    while time.monotonic() < end:
        if job.is_final or any(task.sent_at is not None for task in job.tasks):
            return job
        time.sleep(LOOK_EVERY_S)
        job = studio.jobs.get(job.id)
    return job


def _number_of(studio: Studio, task: Task) -> float | None:
    """Where its server has put it; whether that can be told decides nothing."""
    server = next((one for one in studio.pool.servers if one.url == task.server), None)
    if server is None or task.prompt_id is None or task.sent_at is None:
        return None
    try:
        return server.client.number_of(task.prompt_id)
    except StudioError as error:
        log.info("the number of %s cannot be told: %s", task.prompt_id, error.message)
        return None


def _server(studio: Studio) -> Server | None:
    """The ComfyUI that stands for all: one that answers, else the first; the engine where there is none."""
    by_worth = sorted(studio.pool.servers, key=lambda one: (one.kind == "embedded", not one.answers))
    return by_worth[0] if by_worth else None


def _without(studio: Studio) -> ComfyStatus:
    return ComfyStatus(
        base_url=studio.overrides.comfyui().value,
        kind="embedded",
        installed=False,
        running=False,
        reachable=False,
        stats=None,
        version=None,
        error="There is no server.",
        message="There is neither a ComfyUI nor the embedded engine.",
        action_required="Set COMFYUI_URL, and start the studio again.",
    )
