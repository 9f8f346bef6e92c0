"""Looking after the studio: its faults, services, settings and installations."""

from __future__ import annotations

from studio.errors.problem import Problem

PROBLEMS = (
    Problem(
        "fault_not_found", 404, "Error not found: {id}", "It may be too old to be kept; list the errors."
    ),
    Problem(
        "service_unknown",
        404,
        "There is no service named {name!r}.",
        "See the list of services for their names.",
    ),
    Problem("service_unmanaged", 409, "{name} cannot be {what} here: {why}.", "{remedy}"),
    Problem(
        "setting_refused",
        422,
        "{name} cannot be set to this: {why}.",
        "Send another value, or null for what the environment says.",
    ),
    # Installing.
    Problem(
        "comfyui_path_wrong",
        409,
        "COMFYUI_PATH is {path}, and there is no ComfyUI: it has no main.py.",
        "Correct the setting, or have ComfyUI installed there: POST /api/installer/install.",
    ),
    Problem(
        "install_off",
        403,
        "Nothing can be installed over REST, as ALLOW_INSTALL is not set.",
        "Set ALLOW_INSTALL=true and start the studio again.",
    ),
    Problem(
        "install_running",
        409,
        "{component} is being installed.",
        "Wait for it: GET /api/installer/status tells how far it is.",
    ),
    Problem(
        "install_unknown",
        422,
        "{component!r} is nothing that can be installed here.",
        "Choose one of: {known}.",
    ),
    Problem(
        "install_done",
        409,
        "ComfyUI is installed in {path} already.",
        "Start it: POST /api/services/comfyui/start.",
    ),
    Problem(
        "install_failed",
        500,
        "{step} failed: {why}.",
        "The log of the installation has more: {log}.",
    ),
)
