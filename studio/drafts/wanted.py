"""What a draft shows: the part of a request that its drawing depends on, its key, its address, its graph."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal
from urllib.parse import urlencode

from studio import VERSION
from studio.pictures import Format
from studio.request import AvatarRequest, View
from studio.workflows import YAW_DEG, Graph, Workflow, fill
from studio.workflows.links import relink

WIDTH, HEIGHT = 256, 384
STEPS = 4  # the fewest with smooth edges; the engine takes three and less for a wish for speed alone
SEED = 0  # of a draft whose request leaves it open, so that it does not change with every letter
NODE_PREVIEW = "SaveImageWebsocket"
NODE_POSE = "FigurePosePreset"
NODE_STYLE = "FigureStyle"

# All that a drawing depends on; the rest of a request is for other servers.
MEMBERS = (
    "prompt",
    "negative_prompt",
    "clothing",
    "style",
    "realism",
    "framing",
    "transparent",
    "identity",
    "identity_seed",
    "seed",
    "pose_file_id",
    "reference_file_id",
)


@dataclass(frozen=True)
class Wanted:
    """One draft; equal ones give equal pictures."""

    request: AvatarRequest
    yaw_deg: float = 0.0
    pose: str = ""  # a pose of the library, by name
    kind: Literal["picture", "skeleton"] = "picture"
    form: Format = "WEBP"

    @cached_property
    def key(self) -> str:
        """A hash that equal drafts share; another version of the studio may draw otherwise."""
        parts = [VERSION, self.request.fingerprint(), self.yaw_deg, self.pose, self.kind, self.form]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def wanted(
    request: AvatarRequest,
    *,
    view: View = "front",
    yaw_deg: float | None = None,
    width: int = WIDTH,
    height: int = HEIGHT,
    pose: str = "",
    kind: Literal["picture", "skeleton"] = "picture",
    form: Format = "WEBP",
) -> Wanted:
    """The draft of a request from one side, or from any angle."""
    drawn = {name: getattr(request, name) for name in MEMBERS}
    drawn |= {"seed": SEED} if request.seed is None else {}
    drawn |= {"pose_file_id": None} if pose else {}
    plain = AvatarRequest(**drawn, width=width, height=height, steps=STEPS, engine="embedded")
    yaw = YAW_DEG[view] if yaw_deg is None else yaw_deg % 360.0
    return Wanted(plain, yaw, pose, kind, form)


def address(
    request: AvatarRequest,
    *,
    view: View = "front",
    yaw_deg: float | None = None,
    width: int = WIDTH,
    height: int = HEIGHT,
    pose: str = "",
    page: str = "",
) -> str:
    """Where a browser gets a draft, relative to the root; equal drafts have equal addresses."""
    values: dict[str, Any] = request.model_dump(mode="json", exclude_defaults=True, include=set(MEMBERS))
    values |= {"view": view} if yaw_deg is None else {"yaw": f"{yaw_deg:g}"}
    values |= {"width": width, "height": height, "pose": pose, "page": page}
    plain = {name: str(value).lower() if isinstance(value, bool) else value for name, value in values.items()}
    return "studio/draft?" + urlencode({name: value for name, value in plain.items() if value != ""})


def graph_of(draft: Wanted, workflow: Workflow, uploads: Mapping[str, str]) -> tuple[Graph, str]:
    """The graph of a draft, and the node that sends its picture: nothing is saved anywhere."""
    request, slots = draft.request, workflow.manifest.slots
    graph = fill(workflow, request, "front", request.seed or 0, uploads=uploads)
    view_node, yaw_input = slots["yaw"][0].split(".")
    sampler, saver = (slots[slot][0].split(".")[0] for slot in ("seed", "filename_prefix"))
    graph[view_node]["inputs"][yaw_input] = draft.yaw_deg
    if draft.pose:
        relink(graph, [view_node, 0], ["pose", 0])
        graph["pose"] = _node(NODE_POSE, conditioning=[view_node, 0], pose=draft.pose)
    picture = graph[saver]["inputs"]["images"]
    if draft.kind == "skeleton":
        drawing = graph[sampler]["inputs"]
        graph["map"] = _node(
            "FigureControlMap",
            **{name: drawing[name] for name in ("positive", "negative", "seed")},
            width=request.width,
            height=request.height,
            kind="openpose",
        )
        picture = ["map", 0]
    graph[saver] = _node(NODE_PREVIEW, images=picture)
    return graph, saver


def _node(class_type: str, **inputs: Any) -> dict[str, Any]:
    return {"class_type": class_type, "inputs": inputs}
