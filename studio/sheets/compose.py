"""One sheet of a job: its pictures arranged, drawn and summed up, with the recipe to do it again."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from studio import VERSION
from studio.errors import StudioError
from studio.files import FileStore
from studio.jobs import Jobs
from studio.pictures import encode, letters, with_recipe
from studio.pictures.colours import Swatch
from studio.pictures.figure import Cut
from studio.pictures.sheet import Layer, flatten
from studio.sheets.content import Cell, Content, content_of
from studio.sheets.draw import Drawing
from studio.sheets.kept import Kept
from studio.sheets.layout import Layouter
from studio.sheets.material import load_all, palette_of
from studio.sheets.options import SheetOptions
from studio.sheets.theme import theme_of

MOST_GROWN = 1.5  # a figure is not shown larger than so many times its own pixels
MOST_PIXELS = 36_000_000
KEPT_BYTES = 48 * 2**20


@dataclass(frozen=True)
class Sheet:
    """A composed sheet, still in layers."""

    size: tuple[int, int]
    layers: tuple[Layer, ...]
    recipe: dict[str, Any]
    palette: tuple[Swatch, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Rendered:
    """A sheet as a file."""

    png: bytes = field(repr=False)
    size: tuple[int, int]
    recipe: dict[str, Any]
    palette: tuple[Swatch, ...]
    notes: tuple[str, ...]
    key: str  # equal sheets have equal keys, which makes it an entity tag


# A sheet of the largest size needs some hundred megabytes while it is drawn.
_drawing = threading.BoundedSemaphore(2)
_rendered: Kept[Rendered] = Kept(KEPT_BYTES, lambda one: len(one.png))


def render(jobs: Jobs, job_id: str, options: SheetOptions | None = None) -> Rendered:
    """The sheet of a job as a PNG with its recipe inside; one that was asked for lately is kept."""
    options = options or SheetOptions()
    content = chosen(content_of(jobs, job_id, options.picks), options)
    key = key_of(content, options)

    def make() -> Rendered:
        with _drawing:
            made = compose_content(jobs.files, content, options)
        return Rendered(to_png(made), made.size, made.recipe, made.palette, made.notes, key)

    return _rendered.get((key, jobs.settings.studio_font), make)


def key_of(content: Content, options: SheetOptions) -> str:
    """A hash of all that a sheet depends on."""
    cells = [(cell.kind, cell.key, cell.output.job_id, cell.output.sha256) for cell in content.cells]
    parts = [VERSION, content.job.id, cells, options.model_dump(mode="json")]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def compose(
    jobs: Jobs, job_id: str, options: SheetOptions | None = None, *, most_grown: float = MOST_GROWN
) -> Sheet:
    """The sheet of a job, from pictures that are there; nothing is generated."""
    options = options or SheetOptions()
    content = chosen(content_of(jobs, job_id, options.picks), options)
    return compose_content(jobs.files, content, options, most_grown=most_grown)


def compose_content(
    files: FileStore, content: Content, options: SheetOptions, *, most_grown: float = MOST_GROWN
) -> Sheet:
    """The sheet of pictures that were found before."""
    content, cuts = load_all(files, content)
    swatches = palette_of(content.views, cuts)
    font = _font(options, files)
    layouter = Layouter(content, cuts, swatches, options, font)
    block = layouter.arrange()
    wide, high = block.width + 2 * options.margin, block.height + 2 * options.margin
    unit_px, width = _scale(options, layouter.tallest_px, wide, high, most_grown)
    size = (width, max(1, round(high * unit_px)))
    drawing = Drawing(
        cuts, options, theme_of(options, swatches), font, unit_px, is_pixel_art=_is_pixel_art(content)
    )
    x = (width - block.width * unit_px) / 2
    layers = drawing.layers(block, size, x, options.margin * unit_px)
    notes = _notes(content, cuts, options, layouter, drawing, unit_px / layouter.tallest_px, most_grown)
    recipe = _recipe(content, cuts, options, size)
    return Sheet(size, tuple(layers), recipe, swatches, tuple(notes))


def to_png(composed: Sheet) -> bytes:
    """The sheet as one picture with its recipe inside."""
    image = flatten(composed.size, composed.layers)
    return b"".join(with_recipe(encode.png(image), composed.recipe))


def chosen(content: Content, options: SheetOptions) -> Content:
    """Only the views that are asked for, in that order."""
    if options.views is None:
        return content
    known = {cell.key: cell for cell in content.views}
    if missing := [view for view in options.views if view not in known]:
        raise StudioError("task_not_found", name=missing[0])
    return dataclasses.replace(content, views=tuple(known[view] for view in options.views))


def _font(options: SheetOptions, files: FileStore) -> str | Path:
    if not options.font:
        return files.settings.studio_font or ""
    if options.font not in letters.families():
        known = ", ".join(list(letters.families())[:12])
        raise StudioError("invalid_field", why=f"font: {options.font!r} is not on this machine; try {known}.")
    return options.font


def _scale(
    options: SheetOptions, tallest_px: int, wide: float, high: float, most_grown: float
) -> tuple[float, int]:
    """Pixels for the tallest figure's height, and the width of the sheet."""
    if options.width is None:
        unit_px = min(float(tallest_px), (MOST_PIXELS / (wide * high)) ** 0.5)
        return unit_px, max(1, round(wide * unit_px))
    unit_px = min(options.width / wide, tallest_px * most_grown, MOST_PIXELS / options.width / high)
    return unit_px, options.width


def _is_pixel_art(content: Content) -> bool:
    words = f"{content.job.request.get('style', '')} {content.job.prompt}".lower()
    return "pixel art" in words or "pixel-art" in words or content.job.request.get("style") == "pixel"


def _notes(
    content: Content,
    cuts: Mapping[Cell, Cut],
    options: SheetOptions,
    layouter: Layouter,
    drawing: Drawing,
    grown: float,
    most_grown: float,
) -> list[str]:
    """What a person should know about this sheet, in sentences."""
    notes: list[str] = []
    unknown = [cell.key for cell in content.views if cuts[cell].how == "none"]
    if unknown and options.figures != "card":
        notes.append(
            f"The figure could not be told from the background in: {', '.join(unknown)}. "
            "The views are shown as cards; plain backgrounds can be cut out."
        )
    if missing := "".join(dict.fromkeys(drawing.missing)):
        notes.append(
            f"No font here has these letters, so they were left out: {missing}. "
            "Name a font file that has them in STUDIO_FONT."
        )
    if options.has_portrait and content.portrait is None:
        notes.append("The portrait is cut from the front view; a portrait of its own can be added.")
    if options.width is not None and grown >= most_grown * 0.999:
        notes.append(f"Figures are enlarged {most_grown:g} times and no further; the rest is margin.")
    if not layouter.as_cards and any(cuts[cell].how == "estimate" for cell in content.views):
        notes.append("Backgrounds were cut out by an estimate; clean cut-outs can be drawn.")
    return notes


def _recipe(
    content: Content, cuts: Mapping[Cell, Cut], options: SheetOptions, size: tuple[int, int]
) -> dict[str, Any]:
    job = content.job
    return {
        "studio": VERSION,
        "kind": "sheet",
        "job": job.id,
        "options": json.loads(options.model_dump_json(exclude_defaults=True)) | {"layout": options.layout},
        "cells": list(_cells(content.cells, cuts)),
        "size": list(size),
        "seed": job.seed,
        "engine": job.engine,
        "workflow": job.workflow,
        "request": job.request,
    }


def _cells(cells: Sequence[Cell], cuts: Mapping[Cell, Cut]) -> list[dict[str, Any]]:
    return [
        {
            "kind": cell.kind,
            "name": cell.key,
            "job": cell.output.job_id,
            "output": cell.output.name,
            "sha256": cell.output.sha256,
            "cut": cuts[cell].how,
        }
        for cell in cells
    ]
