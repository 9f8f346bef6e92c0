"""A finished picture in the format that somebody asked for, with its recipe and ComfyUI's graphs inside."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from studio.pictures.convert import convert
from studio.pictures.decode import Format
from studio.pictures.drawn import KEPT, kept_of
from studio.pictures.recipe import read_comfy, with_recipe
from studio.pictures.source import Source

SUFFIXES: dict[Format, str] = {"PNG": ".png", "JPEG": ".jpg", "WEBP": ".webp"}
USUAL_QUALITY = 90


def in_format(
    source: Source, wanted: Format, recipe: dict[str, Any], *, quality: int | None = None
) -> Iterator[bytes]:
    """The picture in another format with its recipe, block by block; a JPEG leaves out what does not fit."""
    prompt, workflow = read_comfy(source) or (None, None)
    if (kept := kept_of(source)) is not None:
        # The engine's own text goes with the PNG; where the face is stays known.
        recipe = {**recipe, KEPT: kept}
    converted = convert(source, wanted, quality=quality or USUAL_QUALITY)
    return with_recipe(converted, recipe, prompt=prompt, workflow=workflow)
