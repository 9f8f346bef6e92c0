"""Workflows: choosing them, and taking in users' own."""

from __future__ import annotations

from studio.errors.problem import Problem

PROBLEMS = (
    Problem("workflow_unknown", 422, "There is no workflow named {name!r}.", "Choose one of: {known}."),
    Problem("workflow_broken", 500, "The workflow {name!r} cannot be used: {why}.", "Mend its files."),
    Problem(
        "workflow_impossible",
        422,
        "No server at hand can run this request: {why}.",
        "Install what is missing, choose another workflow or model, or ask for the embedded engine.",
    ),
    Problem(
        "workflow_inputs",
        422,
        "The workflow {name!r} takes no {given}.",
        "It takes: {known}.",
    ),
    # Users' own.
    Problem("workflow_not_found", 404, "There is no workflow named {name!r}.", "See the list of workflows."),
    Problem(
        "workflow_refused",
        422,
        "This workflow cannot be used: {why}.",
        "Save it in ComfyUI with Export (API), with a node that saves a picture at its end.",
    ),
    Problem(
        "workflow_exists",
        409,
        "There is a workflow named {name!r} already.",
        "Choose another name, or replace it if it is one of your own.",
    ),
    Problem(
        "workflow_built_in",
        409,
        "The workflow {name!r} was not uploaded here, so it cannot be removed here.",
        "Built-in ones stay; those in STUDIO_WORKFLOWS_PATH are removed from their folder.",
    ),
    Problem(
        "workflow_busy",
        409,
        "{jobs} jobs still need the workflow {name!r}.",
        "Wait for them or cancel them first.",
    ),
)
