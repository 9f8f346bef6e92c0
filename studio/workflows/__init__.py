"""The workflow library: graphs with manifests, checked against a server, chosen for a request and filled."""

from __future__ import annotations

from studio.workflows.adopt import adopt, find_slots, write_manifest
from studio.workflows.checkpoints import Checkpoints
from studio.workflows.choose import Preflight, choose, is_hosted, preflight, prepare
from studio.workflows.convert import from_editor
from studio.workflows.driving import DRIVER, FACE, REST_S, can_drive, driving_request, rest_frames
from studio.workflows.fill import YAW_DEG, fill
from studio.workflows.library import LIBRARY, check_graph, load_library, named, read_own
from studio.workflows.links import Graph, is_link
from studio.workflows.manifest import (
    CONTROL,
    DRIVING,
    FILLED,
    FRONT,
    PANELS,
    PREVIOUS,
    RESOLVED,
    Manifest,
    ModelChoice,
    ModelFile,
    Workflow,
    slot_of,
)
from studio.workflows.maps import map_graph
from studio.workflows.needs import can_run, lacks, large_models
from studio.workflows.steps import UPLOAD, RecordedStep, Step, read_step
from studio.workflows.trials import Candidate, MissingFile, MissingNode, Plan, Trial, try_out

__all__ = [
    "CONTROL",
    "DRIVER",
    "DRIVING",
    "FACE",
    "FILLED",
    "FRONT",
    "LIBRARY",
    "PANELS",
    "PREVIOUS",
    "RESOLVED",
    "REST_S",
    "UPLOAD",
    "YAW_DEG",
    "Candidate",
    "Checkpoints",
    "Graph",
    "Manifest",
    "MissingFile",
    "MissingNode",
    "ModelChoice",
    "ModelFile",
    "Plan",
    "Preflight",
    "RecordedStep",
    "Step",
    "Trial",
    "Workflow",
    "adopt",
    "can_drive",
    "can_run",
    "check_graph",
    "choose",
    "driving_request",
    "fill",
    "find_slots",
    "from_editor",
    "is_hosted",
    "is_link",
    "lacks",
    "large_models",
    "load_library",
    "map_graph",
    "named",
    "preflight",
    "prepare",
    "read_own",
    "read_step",
    "rest_frames",
    "slot_of",
    "try_out",
    "write_manifest",
]
