"""Workflows over REST: what would run where, what is missing for it, and workflows of one's own."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool

from api import uploads
from api.avatarforge import PREFIX, request_of
from api.avatarforge_schemas import GENERATE_REFUSED, GenerateBody, answers
from api.bodies import StrictRoute
from api.deps import StudioDep
from api.owner import OWNER
from api.servers import NOT_OWNER, Problem
from api.workflow_schemas import (
    NO_WORKFLOW,
    NOT_REMOVED,
    PREFLIGHT,
    REFUSED,
    UPLOAD_BODY,
    WORKFLOW,
    Estimate,
    FileToGet,
    Missing,
    ModelSlot,
    NodeToGet,
    Place,
    PreflightAnswer,
    PreflightBody,
    TrialAnswer,
    WorkflowAnswer,
    WorkflowList,
    WorkflowRemoved,
)
from studio.assembly import Studio
from studio.errors import StudioError
from studio.library import MOST_BYTES, Entry
from studio.records.runs import Seconds
from studio.workflows import MissingFile, MissingNode, Trial
from studio.workflows.report import Report

MOST_TRIALS = 50  # in an answer

router = APIRouter(tags=["Workflows"], route_class=StrictRoute)


# ---------------------------------------------------------------------- routes


@router.post("/preflight", summary="What would run where", responses=answers(PREFLIGHT, GENERATE_REFUSED))
def preflight(body: PreflightBody, studio: StudioDep) -> PreflightAnswer:
    """Nothing is queued. Takes the body of a generating call with `views`, and also tells what is missing."""
    bare = GenerateBody.model_validate(body.model_dump(exclude={"views"}))
    return _render(studio.jobs.planner.report(request_of(studio, bare, tuple(body.views))))


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
