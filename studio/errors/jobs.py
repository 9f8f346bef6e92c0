"""Jobs: finding them, starting them, how they end, and who hears of it."""

from __future__ import annotations

from studio.errors.problem import Problem

PROBLEMS = (
    Problem("job_not_found", 404, "Job not found", "Check the id, or list the jobs."),
    Problem("generation_not_found", 404, "Generation not found: {id}", "Check the id, or list generations."),
    Problem("talk_job_missing", 404, "Job not found: {id}", "Check the job_id that the start gave."),
    Problem("task_not_found", 404, "The job has no view named {name!r}.", "Name one of the job's views."),
    Problem("output_not_found", 404, "Output not found: {name}", "Check the url in the job's outputs."),
    Problem(
        "media_not_found", 404, "Media not found", "It may have been deleted, or was too old to be kept."
    ),
    # Starting and ending.
    Problem(
        "queue_full", 503, "{limit} jobs are waiting already.", "Wait until some are done, or cancel some."
    ),
    Problem(
        "too_many_jobs",
        429,
        "{limit} of your jobs are waiting or running already.",
        "Wait until one of them is done, or cancel one.",
    ),
    Problem("job_finished", 409, "The job is {status} already.", "Start a new one instead."),
    Problem("job_running", 409, "The job is still {status}.", "Wait for it or cancel it first."),
    Problem("job_timeout", 504, "The job was not done by its deadline.", "Allow more time, or ask for less."),
    Problem(
        "view_missing",
        500,
        "The {view} view is drawn after the {awaited} view, which was not made: {why}",
        "{remedy}",
    ),
    Problem("interrupted", 500, "Somebody stopped this work on the ComfyUI server itself.", "Retry the job."),
    Problem(
        "no_images_yet",
        409,
        "The job has no images: it is {status}.",
        "Wait until it is completed; its status says how far it is, or why it failed.",
    ),
    # Following them.
    Problem(
        "too_many_followers",
        503,
        "{limit} clients are following jobs already.",
        "Ask for the status instead, or try again later; STUDIO_EVENT_STREAMS sets the limit.",
    ),
    Problem("delivery_not_found", 404, "Delivery not found: {id}", "Check the id, or list deliveries."),
    Problem(
        "delivery_under_way",
        409,
        "The delivery is being sent at this moment.",
        "Look at its attempts in a few seconds.",
    ),
    Problem(
        "webhook_secret_fixed",
        409,
        "The secret of webhooks is set by STUDIO_WEBHOOK_SECRET.",
        "Change it there: name the new one first, then the old one after a comma until all receivers know.",
    ),
)
