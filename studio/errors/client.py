"""The client's side: a studio that is elsewhere, and pictures beside it."""

from __future__ import annotations

from studio.errors.problem import Problem

PROBLEMS = (
    Problem("job_cancelled", 409, "The job {id} was cancelled.", "Retry it, or start a new one."),
    Problem(
        "job_unfinished",
        504,
        "The job {id} is still {status}.",
        "It goes on by itself: wait for it again, or cancel it.",
    ),
    Problem(
        "studio_unreachable",
        503,
        "No studio answers at {url}: {why}.",
        "Start one with python app.py, or check the address.",
        retry_mends=True,
    ),
    Problem(
        "not_a_studio",
        502,
        "What answers at {url} is no studio that this client knows: {why}.",
        "Check the address; behind a proxy it ends with the sub-path. An old studio has to be updated.",
    ),
    Problem("picture_unreadable", 422, "{path} cannot be read: {why}.", "Check the path."),
)
