"""Files that come from outside, and where they are kept."""

from __future__ import annotations

from studio.errors.problem import Problem

PROBLEMS = (
    Problem("file_not_found", 404, "File not found: {id}", "Upload the file again, or check its id."),
    Problem("upload_name_missing", 404, "{what} not found: {name}", "Upload it again, or check its name."),
    Problem("file_type", 400, "Invalid file type. Allowed: {allowed}", "Send a file of one of these types."),
    Problem(
        "file_of_other_kind",
        422,
        "{name} is {found}, and {wanted} is needed there.",
        "Upload a file of that kind.",
    ),
    Problem(
        "file_too_large",
        413,
        "File too large: the limit is {limit_mb:g} MB.",
        "Compress or resize the image.",
    ),
    Problem(
        "invalid_image",
        400,
        "Invalid image file: {why}.",
        "Use a PNG, JPG or WEBP picture that opens elsewhere.",
    ),
    Problem(
        "image_dimensions",
        400,
        "Invalid image file: it is {width}x{height} pixels; each side must be {low} to {high}.",
        "Resize the picture.",
    ),
    Problem(
        "invalid_audio",
        400,
        "Invalid audio file: {why}.",
        "Use a WAV, MP3, FLAC, OGG or M4A recording that plays elsewhere.",
    ),
    Problem(
        "audio_too_long",
        400,
        "The recording is longer than {minutes:g} minutes.",
        "Cut it into shorter pieces, or raise STUDIO_MAX_AUDIO_S.",
    ),
    Problem("invalid_video", 400, "Invalid video file: {why}.", "Use a video that plays elsewhere."),
    Problem(
        "video_too_long",
        400,
        "The video is longer than {minutes:g} minutes.",
        "Cut it into shorter pieces, or raise STUDIO_MAX_VIDEO_S.",
    ),
    # Named by a path or an address.
    Problem(
        "given_nothing",
        422,
        "Neither {what}_path nor {what}_url says which file is meant.",
        "Give one of the two: a path below the storage folder, or an address.",
    ),
    Problem(
        "given_outside",
        422,
        "The path of {path} does not lead to a file below the storage folder.",
        "Name a file as the studio does in its answers, such as content/picture.png, or upload it.",
    ),
    Problem(
        "given_missing",
        404,
        "There is no file {path} in the storage folder.",
        "Name a file as the studio does in its answers; it may have been deleted since.",
    ),
    Problem(
        "address_refused",
        422,
        "This address is not used: {why}.",
        "Give a public http or https address.",
    ),
    Problem(
        "address_unreachable",
        502,
        "{host} did not answer: {why}.",
        "Check the address, and that the host can be reached from the studio.",
        retry_mends=True,
    ),
    Problem(
        "address_too_large", 413, "What lies there is larger than {limit_mb:g} MB.", "Use a smaller file."
    ),
    Problem(
        "address_without_file",
        422,
        "{host} answered with status {status} instead of a file.",
        "Check the address; it must lead to the file itself, without a login.",
    ),
    # The disk and the bucket.
    Problem(
        "disk_full",
        507,
        "The disk of the studio is full.",
        "Free some space below STORAGE_PATH, then try again; nothing was half-written.",
    ),
    Problem(
        "storage_library_missing",
        500,
        "STORAGE_URL is set, but the library for it is not installed.",
        "Run: pip install -r requirements-s3.txt",
    ),
    Problem(
        "storage_failed",
        503,
        "{store} could not be used for {key}: {why}.",
        "Check STORAGE_URL, the keys and the bucket; what is made meanwhile is kept here and copied later.",
        retry_mends=True,
    ),
)
