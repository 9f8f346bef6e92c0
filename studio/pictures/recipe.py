"""The recipe inside a picture or a video: all to make it again, written without touching a pixel."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from PIL import Image

from studio.errors import StudioError
from studio.pictures import jpeg, movie, png, webp
from studio.pictures.source import BrokenPictureError, Source, opened

log = logging.getLogger(__name__)

KEY = "avatarforge"
MAX_TEXT = 16 * 1024 * 1024

# ComfyUI's own EXIF scheme for WEBP: Model holds `prompt:{...}`, Make and the tags below it the rest.
_EXIF_TAGS = {"prompt": 0x0110, "workflow": 0x010F, KEY: 0x010E}


def with_recipe(
    source: Source,
    recipe: dict[str, Any],
    *,
    prompt: dict[str, Any] | None = None,
    workflow: dict[str, Any] | None = None,
) -> Iterator[bytes]:
    """The bytes of the same PNG, JPEG or WEBP with the recipe and ComfyUI's graphs in it, block by block."""
    new = {KEY: json.dumps(recipe)}
    if prompt is not None:
        new["prompt"] = json.dumps(prompt)
    if workflow is not None:
        new["workflow"] = json.dumps(workflow)
    try:
        with opened(source) as stream:
            head = _head(stream)
            if head.startswith(png.SIGNATURE):
                yield from png.with_texts(stream, new)
            elif webp.is_webp(head):
                yield from webp.with_exif(stream, _exif_block(webp.exif(stream), new))
            elif head.startswith(jpeg.SIGNATURE):
                yield from jpeg.with_exif(stream, _fitting_exif(jpeg.exif(stream), new))
            else:
                raise BrokenPictureError("it is not a PNG, JPG or WEBP")
    except BrokenPictureError as error:
        raise StudioError("invalid_image", why=str(error)) from error


def film_with_recipe(chunks: Iterable[bytes], recipe: dict[str, Any]) -> Iterator[bytes]:
    """The bytes of the same MP4 or MOV with the recipe in it, as they stream by; others stay without."""
    return movie.with_texts(chunks, {KEY: json.dumps(recipe)})


def write_recipe(
    source: Source,
    target: Path,
    recipe: dict[str, Any],
    *,
    prompt: dict[str, Any] | None = None,
    workflow: dict[str, Any] | None = None,
) -> None:
    """Write the picture with its recipe to another path; nothing is left there when it fails."""
    try:
        with target.open("wb") as out:
            for block in with_recipe(source, recipe, prompt=prompt, workflow=workflow):
                out.write(block)
    except BaseException:
        target.unlink(missing_ok=True)
        raise


def read_recipe(source: Source) -> dict[str, Any] | None:
    """Our recipe, or None for any picture, video or other bytes that hold none."""
    return _parsed(_texts(source, frozenset({KEY})).get(KEY))


def read_comfy(source: Source) -> tuple[dict[str, Any], dict[str, Any] | None] | None:
    """ComfyUI's prompt and, where there is one, its workflow; None without a prompt."""
    found = _texts(source, frozenset({"prompt", "workflow"}))
    prompt = _parsed(found.get("prompt"))
    return None if prompt is None else (prompt, _parsed(found.get("workflow")))


def _head(stream: BinaryIO) -> bytes:
    stream.seek(0)
    head = stream.read(12)
    stream.seek(0)
    return head


def _texts(source: Source, wanted: frozenset[str]) -> dict[str, str]:
    with opened(source) as stream:
        head = _head(stream)
        if head.startswith(png.SIGNATURE):
            return png.texts(stream, wanted)
        if movie.is_movie(head):
            return movie.texts(stream, wanted)
        if webp.is_webp(head):
            found = _read_all(webp.exif(stream))
        elif head.startswith(jpeg.SIGNATURE):
            found = _read_all(jpeg.exif(stream))
        else:
            return {}
    return {key: text for key, text in found.items() if key in wanted}


def _parsed(text: str | None) -> dict[str, Any] | None:
    if text is None or len(text) > MAX_TEXT:
        return None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):  # somebody else's text under our key
        return None
    return value if isinstance(value, dict) else None


def _read_all(block: bytes | None) -> dict[str, str]:
    """The `key:text` values of an EXIF block, whichever of the scheme's tags they are in."""
    exif = _loaded(block)
    values = [exif.get(tag) for tag in range(min(_EXIF_TAGS.values()) - 4, max(_EXIF_TAGS.values()) + 1)]
    found: dict[str, str] = {}
    for value in values:
        key, colon, text = value.rstrip("\0").partition(":") if isinstance(value, str) else ("", "", "")
        if colon and key.isidentifier():
            found[key] = text
    return found


def _exif_block(existing: bytes | None, texts: dict[str, str]) -> bytes:
    exif = _loaded(existing)
    for key, text in texts.items():
        exif[_EXIF_TAGS[key]] = f"{key}:{text}"
    return exif.tobytes()[len(jpeg.EXIF) :]


def _loaded(block: bytes | None) -> Image.Exif:
    exif = Image.Exif()
    try:
        exif.load(block or b"")
        exif.tobytes()
    except Exception:  # Pillow raises nearly anything on broken EXIF, which then is not worth keeping
        log.info("EXIF cannot be read", exc_info=True)
        return Image.Exif()
    return exif


def _fitting_exif(existing: bytes | None, new: dict[str, str]) -> bytes:
    """A JPEG's EXIF holds 64 kB: ComfyUI's graphs are left out one by one before the recipe is."""
    for dropped in ((), ("workflow",), ("workflow", "prompt")):
        block = _exif_block(existing, {key: text for key, text in new.items() if key not in dropped})
        if len(block) + len(jpeg.EXIF) <= jpeg.MAX_SEGMENT:
            return block
    raise BrokenPictureError("its recipe is too long for a JPEG")
