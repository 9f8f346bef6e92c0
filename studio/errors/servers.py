"""ComfyUI servers and the embedded engine: reaching them, what they refuse, and how they fail."""

from __future__ import annotations

from studio.errors.problem import Problem

PROBLEMS = (
    Problem(
        "comfyui_unavailable",
        503,
        "ComfyUI is not answering at {url}.",
        "Start ComfyUI there, or unset COMFYUI_URL to use the embedded engine.",
        retry_mends=True,
    ),
    Problem(
        "engine_unavailable",
        503,
        "The embedded engine is not ready: {why}.",
        "It starts by itself within seconds; try again, and look at the log if it does not.",
        retry_mends=True,
    ),
    Problem(
        "connection_lost",
        502,
        "The connection to {url} was lost: {why}.",
        "Check the server.",
        retry_mends=True,
    ),
    Problem(
        "server_confused",
        502,
        "{url} answered in a way that ComfyUI does not: {why}.",
        "Check that COMFYUI_URL points at ComfyUI itself, without a login page in between.",
    ),
    Problem(
        "server_lost_job",
        500,
        "The server lost this work {times} times, by a restart or a crash.",
        "See why ComfyUI goes down, then retry the job.",
        retry_mends=True,
    ),
    Problem(
        "upload_refused",
        502,
        "ComfyUI at {url} did not take the file {name}: {why}.",
        "Use a smaller file, or start ComfyUI with a larger --max-upload-size.",
    ),
    # What a graph came to.
    Problem(
        "graph_refused",
        422,
        "ComfyUI refused the graph: {why}.",
        "{remedy}",
    ),
    Problem(
        "graph_failed",
        500,
        "The graph failed in node {node_id} ({node_type}): {why}.",
        "See ComfyUI's own log.",
    ),
    Problem(
        "out_of_memory",
        500,
        "The server ran out of memory in node {node_id} ({node_type}).",
        "Choose a smaller size or fewer variants, or free memory on the server.",
        retry_mends=True,
    ),
    Problem("no_output", 500, "The graph ran but left no picture.", "Give the workflow a SaveImage node."),
    Problem("output_missing", 502, "The server no longer has the result {name!r}.", "Retry the job.", True),
    # What the engine refuses to draw.
    Problem(
        "words_refused",
        422,
        "{why}",
        "Change the description: the studio draws characters that anybody may see.",
    ),
    Problem(
        "no_face",
        422,
        "{why}",
        "Take a picture in which the face is larger or seen better, or mark its eyes and mouth.",
    ),
    Problem("sound_refused", 422, "{why}", "Use a recording of somebody who speaks."),
    Problem("wish_refused", 422, "{why}", "Change what the message names."),
    # The servers as their owner sees them.
    Problem("server_unknown", 404, "No server at {url} is configured.", "See GET /health for all servers."),
    Problem(
        "server_address",
        422,
        "This address cannot be used: {why}.",
        "Give one such as http://gpu.local:8188.",
    ),
    Problem("server_known", 409, "{url} is used already.", "See GET /avatarforge-controller/servers."),
    Problem(
        "server_configured",
        409,
        "{url} was not added here but set when the studio was started.",
        "Pause it, or take it out of COMFYUI_URL and start the studio again.",
    ),
    Problem(
        "server_busy",
        409,
        "{tasks} tasks are still on {url}.",
        "Pause it and wait until they are done, or remove it by force: other servers then begin them anew.",
    ),
)
