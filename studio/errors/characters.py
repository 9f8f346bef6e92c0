"""Kept characters: their costumes, styles, sets, bundles and faces."""

from __future__ import annotations

from studio.errors.problem import Problem

PROBLEMS = (
    Problem("character_not_found", 404, "Character not found: {id}", "Check the id, or list the characters."),
    Problem(
        "style_not_found",
        404,
        "The character has no style {id}.",
        "Check the id, or list the character's styles.",
    ),
    Problem(
        "costume_unknown",
        422,
        "The character has no costume {name!r}.",
        "Name one of its costumes ({known}), or say in words what it wears.",
    ),
    Problem("pose_not_found", 404, "The character has no pose {name!r}.", "Name one of its `poses`."),
    Problem(
        "result_without_character",
        422,
        "This result shows no character that could be kept.",
        "Choose a picture that was drawn from words.",
    ),
    # Sets.
    Problem("set_empty", 422, "The set names no pictures.", "Say in `items` what is to be made."),
    Problem(
        "set_not_found", 404, "The character has no set {id}.", "Check the id, or list the character's sets."
    ),
    Problem("set_view_unknown", 422, "There is no view {name!r}.", "Choose among: {known}."),
    # Bundles.
    Problem(
        "bundle_unreadable",
        422,
        "This is not a bundle of a character: {why}.",
        "Send a ZIP as a studio has exported it; unpacked and packed again it may be another one.",
    ),
    Problem(
        "bundle_damaged",
        422,
        "{name} in the bundle is not what its checksum says.",
        "Export the character again, or copy the file anew: something was lost or changed on the way.",
    ),
    Problem(
        "bundle_too_large",
        413,
        "The bundle is too large: {why}.",
        "Export fewer pictures: only those that are approved, or none.",
    ),
    # Faces.
    Problem(
        "embedding_not_found",
        404,
        "There is no face embedding {id}.",
        "Check the id, or list the embeddings.",
    ),
    Problem(
        "face_method_impossible",
        503,
        "No server can follow a face by {method} now: {why}.",
        "Leave face_consistency_method out; GET /api/generate/face-embedding/health says what can be done.",
    ),
)
