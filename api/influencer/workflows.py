"""Workflows: the library with what can run where, and running one of them as an image job."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from starlette.concurrency import run_in_threadpool

from api import creating
from api.creating import WishesDep
from api.deps import StudioDep
from api.docs import NULL
from api.influencer.answers import DOOR, Answer
from api.influencer.examples import told
from api.influencer.jobs import status_of
from api.influencer.placeholders import DocumentRoute
from studio.assembly import Studio
from studio.errors import StudioError
from studio.given import given
from studio.jobs import IdempotencyKey
from studio.library import Entry
from studio.records.entities import Job
from studio.request import MAX_SEED, AnyRequest, AvatarRequest, EditRequest, TalkRequest, VideoRequest
from studio.workflows import Trial, Workflow

router = APIRouter(prefix="/workflows", tags=["workflows"], route_class=DocumentRoute)

Words = Annotated[str, StringConstraints(strip_whitespace=True, max_length=20_000)]
Line = Annotated[str, StringConstraints(max_length=300)]
Side = Annotated[int, Field(ge=64, le=4096)]
_KINDS: dict[str, type[AnyRequest]] = {"talk": TalkRequest, "edit": EditRequest, "video": VideoRequest}
# Members of requests that have a place of their own in the body, or are not for clients to set.
_NOT_INPUTS = frozenset(
    (
        *("kind", "workflow", "engine", "prompt", "negative_prompt", "seed", "model", "steps", "cfg"),
        *("sampler", "scheduler", "variants", "max_drift", "max_rerolls", "method", "preset"),
        *("character_id", "style_id", "identity", "identity_seed"),
    )
)
_FILE = "_file_id"


class MissingModel(BaseModel):
    """A model file that no server has."""

    name: str
    what: str
    folder: str
    url: str | None
    size_bytes: int | None


class Validation(BaseModel):
    """Whether a server could run it now, and what is missing where it lacks least."""

    valid: bool
    missing_models: list[MissingModel]
    missing_nodes: list[str]
    reasons: list[str]
    server: str | None


class WorkflowItem(BaseModel):
    """A workflow of the library."""

    id: str
    name: str
    description: str
    category: str
    tags: list[str]
    tier: int = Field(description="1: chosen by itself where it fits; 2: only by its name")
    required_models: dict[str, Any]
    required_nodes: list[str]


class WorkflowInFull(WorkflowItem):
    """The same with what is missing for it."""

    notes: str | None
    required_extensions: list[str]
    inputs: list[str] = Field(description="What `inputs` of a run may have")
    validation: Validation


class WorkflowPage(BaseModel):
    """The library."""

    items: list[WorkflowItem]
    total: int


class RunBody(BaseModel):
    """What is to be drawn; what is left out is chosen by the workflow."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"prompt": "a knight in the rain", "width": 832, "height": 1216, "steps": 28}]
        },
    )

    prompt: Annotated[Words, StringConstraints(min_length=1)]
    negative_prompt: Words | None = None
    seed: Annotated[int, Field(ge=-1, le=MAX_SEED, description="-1: any")] | None = None
    checkpoint: Line | None = None
    width: Side | None = None
    height: Side | None = None
    steps: Annotated[int, Field(ge=1, le=200)] | None = None
    cfg_scale: Annotated[float, Field(ge=0, le=50)] | None = None
    sampler_name: Line | None = None
    scheduler: Line | None = None
    batch_size: Annotated[int, Field(ge=1, le=8)] | None = None
    check: Annotated[bool, Field(description="Tell what was found out before it was queued")] | None = Field(
        True, alias="validate"
    )
    inputs: dict[str, Any] | None = Field(None, description="What this workflow takes beside these")


class RunAnswer(BaseModel):
    """A job; GET /api/generate/image/{job_id} tells how far it is."""

    workflow_id: str
    job_id: str
    status: str
    validation: Validation | None


VALID: dict[str, Any] = {
    "valid": True,
    "missing_models": [],
    "missing_nodes": [],
    "reasons": [],
    "server": "http://gpu.local:8188",
}
WORKFLOW: dict[str, Any] = {
    "id": "checkpoint",
    "name": "Checkpoint, text to image",
    "description": "Any Stable Diffusion checkpoint.",
    "category": "draw",
    "tags": ["comfy", "same-seed"],
    "tier": 1,
    "required_models": {
        "model": {"what": "a Stable Diffusion checkpoint", "folder": "models/checkpoints", "files": []}
    },
    "required_nodes": ["CLIPTextEncode", "CheckpointLoaderSimple", "KSampler", "SaveImage"],
}
WORKFLOW_IN_FULL: dict[str, Any] = {
    **WORKFLOW,
    "notes": NULL,
    "required_extensions": [],
    "inputs": ["clothing", "style"],
    "validation": VALID,
}
RUN: dict[str, Any] = {
    "workflow_id": "checkpoint",
    "job_id": "5b8c1f0e-2d6a-4c7e-9a55-0f3f7c9d1e21",
    "status": "pending",
    "validation": VALID,
}


@router.get("", summary="List workflows", responses=told({"items": [WORKFLOW], "total": 1}))
def list_workflows(
    studio: StudioDep,
    category: Annotated[str | None, Query(max_length=100, description="Such as draw or talk")] = None,
    tag: Annotated[str | None, Query(max_length=100)] = None,
) -> Answer[WorkflowPage]:
    """Built-in ones, those of folders, and uploaded ones."""
    found = [_item(one) for one in listed(studio)]
    fitting = [
        WorkflowItem(**one)
        for one in found
        if category in (None, one["category"]) and (tag is None or tag in one["tags"])
    ]
    return Answer(data=WorkflowPage(items=fitting, total=len(fitting)))


@router.get("/{workflow_id}", summary="One workflow", responses=told(WORKFLOW_IN_FULL, "workflow_not_found"))
def get_workflow(workflow_id: str, studio: StudioDep) -> Answer[WorkflowInFull]:
    """With what is missing for it on the server that lacks least."""
    entry = studio.library.get(_known(studio, workflow_id).name)
    manifest = entry.workflow.manifest
    notes = " ".join(part for part in (manifest.consistency, *entry.notes) if part)
    return Answer(
        data=WorkflowInFull(
            **_item(entry.workflow),
            notes=notes or None,
            required_extensions=[pack.name for pack in manifest.packs],
            inputs=sorted(_taken(entry.workflow)),
            validation=validation_of(entry),
        )
    )


@router.post(
    "/{workflow_id}/run",
    summary="Run a workflow",
    responses=told(RUN, "workflow_not_found", "workflow_impossible", "comfyui_unavailable"),
)
async def run_workflow(
    workflow_id: str,
    request: Request,
    response: Response,
    body: RunBody,
    studio: StudioDep,
    wishes: WishesDep,
) -> Answer[RunAnswer]:
    """As a job of the queue, whose results go into the content library."""
    asked = body.model_dump(mode="json", exclude_unset=True, by_alias=True)
    workflow = await run_in_threadpool(_known, studio, workflow_id)
    base = str(request.base_url)

    def submit(key: IdempotencyKey | None, cancel_after_s: float | None) -> Job:
        if key is not None and (known := studio.jobs.submitted(key)):
            return known
        made = request_of(studio, workflow, body, base)
        return studio.jobs.submit(
            made,
            door=DOOR,
            key=key,
            asked={"workflow_id": workflow.name, **asked},
            cancel_after_s=cancel_after_s,
        )

    print_of = creating.fingerprint(f"workflows/{workflow.name}", asked)
    job = await creating.create(request, response, studio, wishes, DOOR, submit, print_of)
    checked = await run_in_threadpool(studio.library.get, workflow.name) if body.check else None
    return Answer(
        data=RunAnswer(
            workflow_id=workflow.name,
            job_id=job.id,
            status=status_of(job),
            validation=validation_of(checked) if checked else None,
        )
    )


def listed(studio: Studio) -> list[Workflow]:
    """Those that people see."""
    return [one for one in studio.jobs.library.values() if one.manifest.listed]


def request_of(studio: Studio, workflow: Workflow, body: RunBody, base_url: str) -> AnyRequest:
    """The request that a body makes for a workflow."""
    kind = _kind(workflow)
    values: dict[str, Any] = {
        "workflow": workflow.name,
        "prompt": body.prompt,
        "title": body.prompt,
        "negative_prompt": body.negative_prompt,
        "seed": None if body.seed == -1 else body.seed,
        "model": body.checkpoint,
        "steps": body.steps,
        "cfg": body.cfg_scale,
        "sampler": body.sampler_name,
        "scheduler": body.scheduler,
        "width": body.width,
        "height": body.height,
        "variants": body.batch_size,
    }
    values = {
        name: value for name, value in values.items() if name in kind.model_fields and value is not None
    }
    if kind is AvatarRequest:
        # As the words are written, from one side unless others are named.
        values |= {"kind": "media", "views": workflow.manifest.views[:1]}
    values |= _inputs(studio, workflow, body.inputs or {}, base_url)
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        raise _invalid(("inputs", *first["loc"]), first["type"], first["msg"]) from error


def _inputs(
    studio: Studio, workflow: Workflow, given_inputs: dict[str, Any], base_url: str
) -> dict[str, Any]:
    """What a body has beside the words; files may also be told by a path or an address."""
    inputs = dict(given_inputs)
    taken = _taken(workflow)
    if unknown := sorted(set(inputs) - taken):
        known = ", ".join(sorted(taken)) or "nothing beside the words"
        error = StudioError("workflow_inputs", name=workflow.name, given=unknown[0][:80], known=known)
        raise _invalid(("inputs",), error.code, f"{error.message} {error.hint}")
    for name in [name for name in taken if name.endswith(_FILE)]:
        role = name.removesuffix(_FILE)
        url, path = inputs.pop(f"{role}_url", None), inputs.pop(f"{role}_path", None)
        if url is None and path is None:
            continue
        if not all(one is None or isinstance(one, str) for one in (url, path)):
            raise _invalid(("inputs", f"{role}_path"), "string_type", "A path or an address is text.")
        media = "audio" if role == "audio" else "image"
        inputs[name] = given(studio.files, url=url, path=path, media=media, base_url=base_url).id
    return inputs


def validation_of(entry: Entry) -> Validation:
    """What would become of it where it would go best."""
    ordered = sorted(entry.trials, key=_lacking)
    if not ordered:
        reason = f"no server for it answers; it is for {entry.workflow.manifest.engine}"
        return Validation(valid=False, missing_models=[], missing_nodes=[], reasons=[reason], server=None)
    best = ordered[0]
    return Validation(
        valid=best.plan is not None,
        missing_models=[
            MissingModel(
                name=file.name or file.what,
                what=file.what,
                folder=file.folder,
                url=file.address or None,
                size_bytes=file.size_bytes,
            )
            for file in best.files
        ],
        missing_nodes=[node.name for node in best.nodes],
        reasons=list(best.reasons),
        server=best.server or None,
    )


def _lacking(trial: Trial) -> tuple[bool, int, int]:
    return (trial.plan is None, len(trial.nodes), len(trial.files))


def _known(studio: Studio, workflow_id: str) -> Workflow:
    found = studio.jobs.library.get(workflow_id)
    if found is None:
        raise StudioError("workflow_not_found", name=workflow_id[:200])
    return found


def _kind(workflow: Workflow) -> type[AnyRequest]:
    return _KINDS.get(workflow.manifest.task, AvatarRequest)


def _taken(workflow: Workflow) -> set[str]:
    """What `inputs` may have for a workflow."""
    kind, manifest = _kind(workflow), workflow.manifest
    taken = set(kind.model_fields) - _NOT_INPUTS - {"width", "height"}
    if kind is AvatarRequest:
        taken -= {f"{role}{_FILE}" for role in ("pose", "reference") if role not in manifest.pictures}
        # Words are in the prompt, whatever the slots are; these need one.
        taken -= {name for name in ("denoise", "framing", "transparent") if name not in manifest.slots}
        taken -= {"loras"} if manifest.loras is None else set()
    files = [name.removesuffix(_FILE) for name in taken if name.endswith(_FILE)]
    return taken | {f"{role}_{how}" for role in files for how in ("url", "path")}


def _item(workflow: Workflow) -> dict[str, Any]:
    manifest = workflow.manifest
    tags = [manifest.engine, manifest.family, manifest.strategy, *manifest.pictures]
    return {
        "id": workflow.name,
        "name": manifest.title,
        "description": manifest.about,
        "category": manifest.task,
        "tags": list(dict.fromkeys(tag for tag in tags if tag)),
        "tier": 2 if manifest.pinned_only else 1,
        "required_models": {
            slot: {
                "what": choice.what,
                "folder": choice.folder,
                "files": [file.name for file in choice.files],
            }
            for slot, choice in manifest.models.items()
        },
        "required_nodes": sorted({node["class_type"] for node in workflow.graph.values()}),
    }


def _invalid(where: tuple[Any, ...], kind: str, message: str) -> RequestValidationError:
    return RequestValidationError([{"type": kind, "loc": ("body", *where), "msg": message, "input": None}])
