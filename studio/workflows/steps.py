"""The steps of a job, one for each view: which workflow draws it and where its pictures come from.

A slot for a file is filled from one of these: `upload:ROLE`, a file that the person gave;
`control:KIND`, a map that the embedded engine draws of this view; `front`, the job's finished front view;
`previous`, the clip of the piece before, where a long voice is cut; the first piece goes without;
`driving`, a face that speaks, which the embedded engine has drawn first.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from studio.request import AnyRequest, AvatarRequest, Part, with_values
from studio.workflows.manifest import (
    CONTROL,
    DRIVING,
    FRONT,
    PREVIOUS,
    RESOLVED,
    Manifest,
    role_of,
    slot_of,
)

UPLOAD = "upload:"

Inputs = dict[str, str]  # a slot and its source


@dataclass(frozen=True)
class Step:
    """How one view is made; `values` are members of the request that are others than the job's.

    `first` is what a server needs that draws its driving video; empty: it has none.
    """

    view: Part
    workflow: str
    needs: str
    inputs: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict)
    first: str = ""

    @property
    def begins_with(self) -> str:
        """What a server needs for the first run."""
        return self.first or self.needs

    @property
    def needs_front(self) -> bool:
        """Whether it can only be made after the front view."""
        return FRONT in self.inputs.values()

    def to_text(self) -> str:
        """The form that a task's record holds."""
        stages = {"stages": [self.first, self.needs]} if self.first else {}
        return json.dumps({"inputs": dict(self.inputs), "values": dict(self.values), **stages})


@dataclass(frozen=True)
class RecordedStep:
    """A step as it was recorded with its task."""

    inputs: Mapping[str, str] | None  # None: recorded before there were steps
    values: Mapping[str, Any]
    pieces: tuple[str, ...] = ()  # the clips of a long voice that are there already, by their files' names
    driving: str = ""  # the video that drives it, by its file's name; empty: not drawn yet, or not needed
    stages: tuple[str, ...] = ()  # what is needed to draw that, and what afterwards

    def inputs_of(self, request: AnyRequest) -> Mapping[str, str]:
        """Its slots and sources; what was recorded without any takes the person's own pictures."""
        if self.inputs is not None:
            return self.inputs
        return {slot_of(role): f"{UPLOAD}{role}" for role in request.files()}

    def request_of(self, request: AnyRequest) -> AnyRequest:
        """The job's request as this step reads it."""
        return with_values(request, **self.values) if self.values else request


def read_step(text: str) -> RecordedStep:
    """A step from a task's record."""
    found = json.loads(text)
    return RecordedStep(
        found.get("inputs"),
        found.get("values", {}),
        tuple(found.get("pieces", ())),
        found.get("driving", ""),
        tuple(found.get("stages", ())),
    )


def inputs_for(
    manifest: Manifest, request: AnyRequest, view: Part, sources: Collection[str], *, spare: bool = True
) -> Inputs:
    """Where the pictures of one view come from; `spare`: also those that it can do without."""
    given = request.files()
    found = {
        slot: f"{UPLOAD}{role}"
        for role, slot in ((role, slot_of(role)) for role in given)
        if slot in manifest.slots and slot not in manifest.inputs_from
    }
    for slot, source in manifest.inputs_from.items():
        role = role_of(slot)
        if source == PREVIOUS:
            found[slot] = PREVIOUS
        elif source == DRIVING:
            if DRIVING in sources:
                found[slot] = DRIVING
        elif source == FRONT:
            if view != "front" and "front" in request.views:
                found[slot] = FRONT
            elif role in given:
                found[slot] = f"{UPLOAD}{role}"
        elif "pose" in given and request.views == ("front",) and source == f"{CONTROL}openpose":
            # Nothing has to be turned to another side: the person's own drawing is the most exact.
            found[slot] = f"{UPLOAD}pose"
        elif source in sources:
            if slot in manifest.requires or "pose" in given or (spare and not only_front(request)):
                found[slot] = source
        elif role in given:
            found[slot] = f"{UPLOAD}{role}"
    return found


def only_front(request: AnyRequest) -> bool:
    """Whether there is just a front view and no pose, so that nothing has to be held together."""
    return request.views == ("front",) and "pose" not in request.files()


def without_front(manifest: Manifest, request: AnyRequest) -> bool:
    """Whether the workflow can draw all views but the first of all, which has nothing to go by."""
    needed = [slot for slot in manifest.requires if manifest.inputs_from.get(slot) == FRONT]
    given = request.files()
    return (
        bool(needed)
        and "front" in request.views
        and len(request.views) > 1
        and any(role_of(slot) not in given for slot in needed)
    )


def front_request(manifest: Manifest, request: AvatarRequest, model: str | None) -> AvatarRequest:
    """The request for a front view that another workflow draws from words."""
    values: dict[str, Any] = dict.fromkeys(RESOLVED)
    if manifest.family:
        values["loras"] = ()  # they are for models of that family
    else:
        values["model"] = model
    usual = manifest.defaults_for(manifest.family)
    if (request.width, request.height) != (usual.get("width"), usual.get("height")):
        # A size that somebody has chosen; models of the other workflow may have another usual one.
        values |= {"width": request.width, "height": request.height}
    return with_values(request, **values, workflow=None, views=("front",))


def changed_values(job: AnyRequest, own: AnyRequest) -> dict[str, Any]:
    """What a step's request has otherwise than the job's, so that it can be made again from both."""
    names = ("workflow", "loras", *RESOLVED)
    before, after = (request.model_dump(mode="json") for request in (job, own))
    return {name: after[name] for name in names if before[name] != after[name]}
