"""Workflows over REST: what would run where, what is missing for it, and workflows of one's own."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from api import uploads
from api.avatarforge import PREFIX, request_of
from api.avatarforge_schemas import GENERATE_REFUSED, GenerateBody, Responses, answers
from api.bodies import StrictRoute
from api.deps import StudioDep
from api.docs import NULL, body_of, file_form
from api.examples import problem_answer
from api.owner import OWNER
from api.servers import NOT_OWNER, Problem
from studio.assembly import Studio
from studio.errors import StudioError
from studio.library import MOST_BYTES, Entry
from studio.records.runs import Seconds
from studio.request import Part, View
from studio.workflows import MissingFile, MissingNode, Trial
from studio.workflows.report import Report

MOST_TRIALS = 50  # in an answer

router = APIRouter(tags=["Workflows"], route_class=StrictRoute)


# --------------------------------------------------------------------- schemas


class PreflightBody(GenerateBody):
    """What a generating call takes, and the views."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"prompt": "female warrior, blue armor", "views": ["front", "back", "side", "quarter"]}
            ]
        }
    )

    views: list[View] = Field(["front"], min_length=1, max_length=8, description="One or more views")


class FileToGet(BaseModel):
    """A model file that is missing, where it belongs and where it can be had."""

    what: str
    folder: str
    name: str | None
    address: str | None
    size_bytes: int | None
    licence: str | None


class NodeToGet(BaseModel):
    """A node that is missing, and the custom nodes that bring it."""

    name: str
    pack: str | None
    address: str | None


class Missing(BaseModel):
    """All that a server lacks for a workflow."""

    files: list[FileToGet]
    nodes: list[NodeToGet]
    size_bytes: int | None = Field(description="Of all files together; null if that of some is not known")


class Estimate(BaseModel):
    """What past work tells."""

    seconds: float = Field(description="The median")
    runs: int = Field(description="Of how many runs")


class Place(BaseModel):
    """A server that can do some of the work."""

    server: str
    paused: bool
    views: list[Part]
    picture: Estimate | None = Field(description="One picture there; null: such work was never done there")


class TrialAnswer(BaseModel):
    """What would become of a workflow on a server."""

    workflow: str
    title: str
    server: str
    can_run: bool
    reasons: list[str]
    missing: Missing


class PreflightAnswer(BaseModel):
    """What would become of a request now."""

    can_run: bool
    engine: Literal["comfy", "embedded"] | None
    workflow: str | None = Field(description="The one that would run, or that lacks least to run")
    title: str | None
    model: str | None
    models: dict[str, str] = Field(description="By the workflow's slots")
    width: int | None
    height: int | None
    steps: int | None
    server: str | None = Field(description="Where it can run, or could with what is missing")
    places: list[Place] = Field(description="All servers that can do some of it")
    seconds: float | None = Field(
        description="For all views on idle servers, by our own history; null where there is none"
    )
    missing: Missing
    problem: Problem | None = Field(description="What a generating call would be refused with")
    alternatives: list[TrialAnswer] = Field(description="All workflows on all servers, the best first")


class ModelSlot(BaseModel):
    """A model that a workflow needs."""

    slot: str
    what: str
    folder: str


class WorkflowAnswer(BaseModel):
    """A workflow of the library."""

    name: str
    title: str
    about: str
    engine: Literal["comfy", "embedded", "any"]
    task: str
    own: bool = Field(description="Uploaded, so that it can be replaced and removed")
    pinned_only: bool = Field(description="Used only when a request names it")
    views: list[Part]
    pictures: list[str] = Field(description="The pictures that it takes")
    requires: list[str] = Field(description="Slots without which it makes no sense")
    slots: dict[str, list[str]] = Field(description="Where a request's values go: node and input")
    models: list[ModelSlot]
    servers: list[TrialAnswer] = Field(description="What would become of it on each server")
    notes: list[str]


class WorkflowList(BaseModel):
    """The library."""

    workflows: list[WorkflowAnswer]


class WorkflowRemoved(BaseModel):
    """What was removed."""

    message: str
    name: str


# -------------------------------------------------------------------- examples

FILE = {
    "what": "a Stable Diffusion checkpoint",
    "folder": "models/checkpoints",
    "name": "v1-5-pruned-emaonly-fp16.safetensors",
    "address": "https://huggingface.co/Comfy-Org/stable-diffusion-v1-5-archive/resolve/main/"
    "v1-5-pruned-emaonly-fp16.safetensors",
    "size_bytes": 2132696762,
    "licence": "CreativeML Open RAIL-M",
}
NOTHING = {"files": [], "nodes": [], "size_bytes": 0}
TRIAL = {
    "workflow": "checkpoint",
    "title": "Checkpoint, text to image",
    "server": "http://gpu.local:8188",
    "can_run": False,
    "reasons": ["Checkpoint, text to image needs a Stable Diffusion checkpoint in models/checkpoints"],
    "missing": {"files": [FILE], "nodes": [], "size_bytes": 2132696762},
}
PREFLIGHT = {
    "can_run": True,
    "engine": "comfy",
    "workflow": "checkpoint",
    "title": "Checkpoint, text to image",
    "model": "Illustrious-XL-v0.1.safetensors",
    "models": {"model": "Illustrious-XL-v0.1.safetensors"},
    "width": 832,
    "height": 1216,
    "steps": 28,
    "server": "http://gpu.local:8188",
    "places": [
        {
            "server": "http://gpu.local:8188",
            "paused": False,
            "views": ["front"],
            "picture": {"seconds": 4.2, "runs": 25},
        }
    ],
    "seconds": 4.2,
    "missing": NOTHING,
    "problem": NULL,
    "alternatives": [TRIAL | {"can_run": True, "reasons": [], "missing": NOTHING}],
}
WORKFLOW = {
    "name": "my_inks",
    "title": "My inks",
    "about": "A workflow of your own; its slots were found by node titles and types.",
    "engine": "comfy",
    "task": "draw",
    "own": True,
    "pinned_only": True,
    "views": ["front", "back", "side", "quarter"],
    "pictures": ["pose"],
    "requires": ["pose_image"],
    "slots": {"positive": ["3.text"], "seed": ["9.seed"], "pose_image": ["5.image"]},
    "models": [],
    "servers": [TRIAL],
    "notes": [],
}
NO_WORKFLOW: Responses = {
    404: problem_answer(
        "No workflow has this name",
        "There is no workflow named 'my_inks'.",
        "workflow_not_found",
        "See the list of workflows.",
    )
}
REFUSED: Responses = {
    409: problem_answer(
        "The name is taken",
        "There is a workflow named 'my_inks' already.",
        "workflow_exists",
        "Choose another name, or replace it if it is one of your own.",
    ),
    422: problem_answer(
        "It cannot be used",
        "This workflow cannot be used: no node saves a picture; put a SaveImage node at its end.",
        "workflow_refused",
        "Save it in ComfyUI with Export (API), with a node that saves a picture at its end.",
        listed=True,
    ),
}
NOT_REMOVED: Responses = {
    409: problem_answer(
        "It is built in, or still needed",
        "2 jobs still need the workflow 'my_inks'.",
        "workflow_busy",
        "Wait for them or cancel them first.",
    )
}
GRAPH = {
    "3": {"class_type": "CLIPTextEncode", "inputs": {"text": "words", "clip": ["1", 1]}},
    "11": {"class_type": "SaveImage", "inputs": {"filename_prefix": "mine", "images": ["10", 0]}},
}
UPLOAD_BODY = body_of(
    {
        "application/json": {
            "schema": {
                "type": "object",
                "description": "What Export (API) gives or the editor's file, as it is or as `graph`",
                "properties": {"name": {"type": "string"}, "graph": {"type": "object"}},
            },
            "example": {"name": "My inks", "graph": GRAPH},
        },
        **file_form("The exported file; its name becomes the workflow's", "my_inks.json", "application/json"),
    }
)


# ---------------------------------------------------------------------- routes


@router.post("/preflight", summary="What would run where", responses=answers(PREFLIGHT, GENERATE_REFUSED))
def preflight(body: PreflightBody, studio: StudioDep) -> PreflightAnswer:
    """Nothing is queued. Takes the body of a generating call with `views`, and also tells what is missing."""
    bare = GenerateBody.model_validate(body.model_dump(exclude={"views"}))
    return _render(studio.jobs.preflight_report(request_of(studio, bare, tuple(body.views))))


@router.get("/workflows", summary="The workflow library", responses=answers({"workflows": [WORKFLOW]}))
def list_workflows(studio: StudioDep) -> WorkflowList:
    """Every workflow, and on which servers it can run."""
    return WorkflowList(workflows=[_workflow(entry) for entry in studio.library.list()])


@router.post(
    "/workflows",
    summary="Upload a workflow of your own",
    dependencies=OWNER,
    openapi_extra=UPLOAD_BODY,
    responses=answers(WORKFLOW, NOT_OWNER | REFUSED),
)
async def upload_workflow(
    request: Request,
    studio: StudioDep,
    name: Annotated[str, Query(max_length=200, description="Else the file's name")] = "",
    replace: Annotated[bool, Query(description="Replace one of your own of that name")] = False,
) -> WorkflowAnswer:
    """It can be asked for by its name at once. Its slots are found by node types, wires and titles."""
    content, told = await _received(request, studio)
    return await run_in_threadpool(_take_in, studio, content, name or told, replace)


@router.get("/workflows/{name}", summary="One workflow", responses=answers(WORKFLOW, NO_WORKFLOW))
def get_workflow(name: str, studio: StudioDep) -> WorkflowAnswer:
    """What it is, where a request's values go in it, and on which servers it can run."""
    return _workflow(studio.library.get(name))


@router.delete(
    "/workflows/{name}",
    summary="Remove a workflow of your own",
    dependencies=OWNER,
    responses=answers(
        {"message": "Workflow removed", "name": "my_inks"}, NOT_OWNER | NO_WORKFLOW | NOT_REMOVED
    ),
)
def remove_workflow(name: str, studio: StudioDep) -> WorkflowRemoved:
    """Only those that were uploaded; pictures that were made with it stay."""
    studio.library.remove(name)
    return WorkflowRemoved(message="Workflow removed", name=name)


def limit_for(path: str) -> int | None:
    """How large the body of a route may be, if it is one of these."""
    return MOST_BYTES + 2**20 if path.removeprefix(PREFIX) == "/workflows" else None


async def _received(request: Request, studio: Studio) -> tuple[bytes | dict[str, Any], str]:
    """The workflow as it was sent, and the name that it came with."""
    if request.headers.get("content-type", "").startswith("multipart/"):
        incoming, filename = await uploads.receive(request, studio.settings)
        try:
            await run_in_threadpool(incoming.settle)
            return await run_in_threadpool(incoming.path.read_bytes), filename
        finally:
            await run_in_threadpool(incoming.abort)
    try:
        body = await request.json()
    except ValueError as error:
        raise StudioError("workflow_refused", why=f"it is not JSON: {error}") from error
    if not isinstance(body, dict):
        raise StudioError("workflow_refused", why="a graph is an object with a member for each node")
    told = body.get("name")
    if isinstance(body.get("graph"), dict) and "class_type" not in body["graph"]:
        body = body["graph"]
    return body, told if isinstance(told, str) else ""


def _take_in(studio: Studio, content: bytes | dict[str, Any], name: str, replace: bool) -> WorkflowAnswer:
    return _workflow(studio.library.take_in(content, name, replace=replace))


# ------------------------------------------------------------------- rendering


def _render(report: Report) -> PreflightAnswer:
    nearest, plan, request = report.nearest, report.plan, report.request
    return PreflightAnswer(
        can_run=plan is not None,
        engine=plan.engine if plan else None,
        workflow=nearest.workflow if nearest else None,
        title=nearest.title if nearest else None,
        model=report.models.get("model") or (request.model if plan else None),
        models=dict(report.models),
        width=request.width,
        height=request.height,
        steps=request.steps,
        server=nearest.server or None if nearest else None,
        places=[
            Place(
                server=place.server,
                paused=place.is_paused,
                views=list(place.views),
                picture=_estimate(place.picture),
            )
            for place in report.places
        ],
        seconds=None if report.seconds is None else round(report.seconds, 2),
        missing=_missing(report.files, report.nodes),
        problem=Problem.model_validate(report.problem) if report.problem else None,
        alternatives=[_trial(trial) for trial in report.trials[:MOST_TRIALS]],
    )


def _estimate(known: Seconds | None) -> Estimate | None:
    return Estimate(seconds=round(known.median, 2), runs=known.runs) if known else None


def _trial(trial: Trial) -> TrialAnswer:
    return TrialAnswer(
        workflow=trial.workflow,
        title=trial.title,
        server=trial.server,
        can_run=trial.plan is not None,
        reasons=list(trial.reasons),
        missing=_missing(trial.files, trial.nodes),
    )


def _missing(files: tuple[MissingFile, ...], nodes: tuple[MissingNode, ...]) -> Missing:
    sizes = [file.size_bytes for file in files]
    return Missing(
        files=[
            FileToGet(
                what=file.what,
                folder=file.folder,
                name=file.name or None,
                address=file.address or None,
                size_bytes=file.size_bytes,
                licence=file.licence or None,
            )
            for file in files
        ],
        nodes=[
            NodeToGet(name=node.name, pack=node.pack or None, address=node.address or None) for node in nodes
        ],
        size_bytes=None if None in sizes else sum(size or 0 for size in sizes),
    )


def _workflow(entry: Entry) -> WorkflowAnswer:
    manifest = entry.workflow.manifest
    return WorkflowAnswer(
        name=entry.workflow.name,
        title=manifest.title,
        about=manifest.about,
        engine=manifest.engine,
        task=manifest.task,
        own=entry.is_own,
        pinned_only=manifest.pinned_only,
        views=list(manifest.views),
        pictures=list(manifest.pictures),
        requires=list(manifest.requires),
        slots={slot: list(targets) for slot, targets in manifest.slots.items()},
        models=[
            ModelSlot(slot=slot, what=choice.what, folder=choice.folder)
            for slot, choice in manifest.models.items()
        ],
        servers=[_trial(trial) for trial in entry.trials],
        notes=list(entry.notes),
    )
