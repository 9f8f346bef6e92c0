"""What the figure makes of words, told without drawing anything."""

from __future__ import annotations

from typing import Any

import numpy as np

from studio.engine.folders import Folders


def account_of(
    folders: Folders, words: str, negative: str, image: str, seed: int
) -> tuple[int, dict[str, Any]]:
    """A status and the account; `image` is an uploaded picture whose colours fill in what is left open."""
    # late, as the figure takes a while to load and most of a server's life needs none of it
    from studio.engine.figure import WordsRefused
    from studio.engine.figure.words import ReferenceColours, dominant_colours
    from studio.engine.figure.words.tell import account, colours_told

    reference: ReferenceColours | None = None
    if image:
        path = folders.input_file(image)
        if path is None:
            return 400, _problem(f"There is no picture {image}; upload it first.")
        try:
            reference = dominant_colours(_pixels(path))
        except (OSError, ValueError, SyntaxError) as problem:
            return 400, _problem(f"The picture {image} cannot be read: {problem}")
    try:
        told = account(words, negative, seed, reference)
    except WordsRefused as refusal:
        return 422, _problem(str(refusal))
    return 200, {**told, "colours": colours_told(reference) if reference else {}}


def _problem(message: str) -> dict[str, Any]:
    return {"error": {"type": "account_refused", "message": message}}


def _pixels(path: Any) -> np.ndarray:
    from studio.engine.nodes.files import open_picture

    with open_picture(path) as picture:
        return np.asarray(picture.convert("RGBA"))
