"""What the routes over workflows take and give, with examples for the OpenAPI document."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from api.avatarforge_schemas import GenerateBody, Responses
from api.docs import NULL, body_of, file_form
from api.examples import problem_answer
from api.servers import Problem
from studio.request import Part, View


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
