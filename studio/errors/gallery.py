"""Drafts, the gallery and sheets."""

from __future__ import annotations

from studio.errors.problem import Problem

PROBLEMS = (
    Problem(
        "draft_superseded",
        409,
        "A newer draft has taken the place of this one.",
        "Nothing is wrong: the newest one is being drawn.",
    ),
    Problem(
        "draft_late",
        503,
        "The embedded engine is busy with other pictures, so that the draft could not be drawn in time.",
        "Change something or ask again in a moment; finished pictures go on in any case.",
    ),
    # The gallery.
    Problem("preset_unknown", 404, "There is no {kind} named {name!r}.", "Choose one of: {known}."),
    Problem(
        "picture_not_found",
        404,
        "There is no picture {id} in the gallery.",
        "It may have been deleted for good.",
    ),
    Problem(
        "no_thumbnail", 404, "There is no small picture of {name}: {why}.", "Open the file itself instead."
    ),
    Problem(
        "no_settings",
        422,
        "This picture holds no settings: {why}.",
        "Use the file as it was saved here or by ComfyUI; messengers and editors take settings out.",
    ),
    Problem(
        "selection_gone",
        404,
        "This selection of pictures is not kept any more.",
        "Select the pictures again, then download them.",
    ),
    Problem("selection_empty", 422, "No picture is selected.", "Select at least one picture."),
    # Sheets.
    Problem(
        "sheet_empty",
        409,
        "The generation is {status} and has no picture that a sheet could show.",
        "Wait until a picture is finished, or choose another generation.",
    ),
)
