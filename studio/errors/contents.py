"""Kept content, and the pictures and videos that programs have made."""

from __future__ import annotations

from studio.errors.problem import Problem

PROBLEMS = (
    Problem(
        "content_not_found",
        404,
        "There is no content {id} in the library.",
        "It may have been deleted; list the library to see what is there.",
    ),
    Problem(
        "contents_not_found",
        404,
        "None of these contents is in the library.",
        "They may have been deleted; list the library to see what is there.",
    ),
    Problem(
        "content_file_gone",
        404,
        "The file of content {id} is gone from the disk.",
        "Delete the entry, or make the content again from its settings.",
    ),
    Problem(
        "not_a_picture",
        422,
        "The quality of {id} cannot be judged, as it is no picture but {what}.",
        "Name a content that is an image.",
    ),
    Problem("ab_test_not_found", 404, "There is no A/B test {id}.", "Check the id, or start another test."),
    # For platforms.
    Problem(
        "content_not_shown",
        422,
        "The content is {what}; platforms show pictures and videos.",
        "Repurpose a picture or a video.",
    ),
    Problem(
        "shape_unknown",
        422,
        "{platform} has no shape {shape!r}.",
        "Shapes are: {known}.",
    ),
    Problem(
        "content_does_not_fit",
        422,
        "{platform} does not take it: {why}.",
        "Choose another platform.",
    ),
    # Videos.
    Problem(
        "video_preset_unknown",
        404,
        "There is no video preset {id}.",
        "The presets are {known}; GET /api/generate/video/presets lists them.",
    ),
    Problem(
        "video_portrait_failed",
        503,
        "The picture of who should speak could not be drawn: {why}",
        "Give a picture in image_url or image_path, or try again.",
    ),
    Problem(
        "edit_impossible",
        422,
        "This video cannot be made: {why}.",
        "Change what is asked for so that it fits the files.",
    ),
)
