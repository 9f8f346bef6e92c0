"""What every request passes: its form, who may send it, and how often."""

from __future__ import annotations

from studio.errors.problem import Problem

PROBLEMS = (
    Problem("invalid_json", 400, "The request body is not a JSON object: {why}.", "Send a JSON object."),
    Problem("missing_field", 400, "Required: {fields}.", "Add the missing members to the request body."),
    Problem("invalid_field", 422, "{why}", "Check the values against the documentation at /docs."),
    Problem("body_too_large", 413, "The request body is larger than {limit_mb:g} MB.", "Send less at once."),
    Problem(
        "body_too_slow",
        408,
        "The request body did not come in time.",
        "Send it again, over a better connection or in smaller pieces.",
    ),
    Problem(
        "upload_malformed", 400, "The upload cannot be read: {why}.", "Send multipart/form-data with a file."
    ),
    Problem(
        "upload_missing",
        400,
        "The upload has no file part named {field!r}.",
        "Send the file as that form field.",
    ),
    # Repeated requests.
    Problem(
        "idempotency_mismatch",
        422,
        "This idempotency key was used before with another request.",
        "Use a new key for a new request.",
    ),
    Problem(
        "idempotency_in_flight",
        409,
        "A request with this idempotency key is being worked on.",
        "Repeat it in a second: it then gives the job that the first one made.",
    ),
    # Who may do it.
    Problem(
        "not_signed_in",
        401,
        "This studio asks for a login.",
        "Open it in a browser and sign in, or send the name and the password with HTTP Basic authentication.",
    ),
    Problem(
        "foreign_origin",
        403,
        "A page of {origin} may not use this session.",
        "Add that address to ALLOWED_ORIGINS if it is yours.",
    ),
    Problem("key_missing", 401, "This route asks for an API key.", "Send one in the header X-API-Key."),
    Problem("key_wrong", 401, "This API key is not known here.", "Check it against API_KEY of the studio."),
    Problem(
        "key_scope",
        403,
        "The API key {name!r} is not for these routes.",
        "Use another key, or give this one the scope {scope} in API_KEY.",
    ),
    Problem(
        "key_tries",
        429,
        "Too many wrong API keys came from your address.",
        "Wait {minutes} minutes, then send the right one.",
    ),
    Problem(
        "owner_only",
        403,
        "Only the studio's owner may change servers and workflows, and there is no login that could tell.",
        "Do it from the machine that runs the studio, or set STUDIO_PASSWORD so that everybody signs in.",
    ),
    Problem(
        "author_only",
        403,
        "Only the author of this Space may change its servers, models and workflows.",
        "Sign in as the author.",
    ),
    Problem(
        "visitor_refused",
        403,
        "Only the studio's owner may read its log, as that tells of everybody.",
        "Use it on the studio's own machine, or with a key of the scope admin.",
    ),
    # How often.
    Problem(
        "rate_limited",
        429,
        "Too many requests: {limit} are allowed.",
        "Wait {wait_s} seconds, then go on; every answer tells in X-RateLimit-Remaining how many are left.",
    ),
    Problem(
        "too_many_at_once",
        429,
        "{limit} requests from your address are being answered already.",
        "Wait until some of them have ended.",
    ),
    Problem(
        "rate_storage_unusable",
        500,
        "RATE_LIMIT_STORAGE_URL cannot be used: {why}.",
        "Give an address such as redis://localhost:6379/0, and run: pip install -r requirements-redis.txt",
    ),
    # What nobody foresaw.
    Problem("not_ready", 503, "The studio is not ready: {why}.", "It usually is within seconds; try again."),
    Problem(
        "internal_error",
        500,
        "Internal server error occurred.",
        "The log has the details under {request_id}.",
    ),
)
