"""What can be taken away: the sheet as PNG, PDF and PSD, the single pictures, or all in one archive."""

from __future__ import annotations

import io
import json
import re
import unicodedata
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from studio.errors import StudioError
from studio.files import FileStore
from studio.jobs import Jobs
from studio.pictures import encode, read_recipe, with_recipe
from studio.pictures.colours import Swatch
from studio.pictures.figure import Cut
from studio.pictures.paper import MM_PER_INCH, Paper, page_size, write_pdf
from studio.pictures.psd import write_psd
from studio.pictures.sheet import flatten
from studio.sheets.compose import chosen, compose, compose_content, render, to_png
from studio.sheets.content import Cell, Content, content_of
from studio.sheets.material import load_all, palette_of
from studio.sheets.options import SheetOptions

LEAST_PRINTED_MM = 30
PRINT_GROWN = 4.0  # a printer would enlarge them anyway, and words stay sharp this way
SUFFIXES = {"image/png": ".png", "image/jpeg": ".jpg", "image/webp": ".webp"}
ZIP_TIME = (1980, 1, 1, 0, 0, 0)  # the same content is the same archive


@dataclass(frozen=True)
class Export:
    """A file that is ready to be handed over."""

    filename: str
    mime_type: str
    data: bytes
    notes: tuple[str, ...] = ()


def sheet_png(jobs: Jobs, job_id: str, options: SheetOptions) -> Export:
    """The sheet as one picture."""
    made = render(jobs, job_id, options)
    return Export(f"{stem(options, job_id)}-sheet.png", "image/png", made.png, made.notes)


def sheet_psd(jobs: Jobs, job_id: str, options: SheetOptions) -> Export:
    """The sheet with every figure, label and colour as a layer of its own."""
    made = compose(jobs, job_id, options)
    data = write_psd(made.size, made.layers)
    return Export(f"{stem(options, job_id)}-sheet.psd", "image/vnd.adobe.photoshop", data, made.notes)


def sheet_pdf(
    jobs: Jobs,
    job_id: str,
    options: SheetOptions,
    *,
    paper: Paper = "A4",
    dpi: int = 300,
    margin_mm: float = 10,
) -> Export:
    """The sheet on one page, drawn anew in the size of the paper so that its words are sharp."""
    content = chosen(content_of(jobs, job_id, options.picks), options)
    first = compose_content(jobs.files, content, options)
    page = page_size(paper, dpi, is_wide=first.size[0] >= first.size[1])
    margin = 2 * round(margin_mm / MM_PER_INCH * dpi)
    room = page[0] - margin, page[1] - margin
    if min(room) < LEAST_PRINTED_MM / MM_PER_INCH * dpi:
        raise StudioError("invalid_field", why=f"margin_mm: {margin_mm:g} mm leaves no room on {paper}.")
    width = max(256, min(room[0], round(room[1] * first.size[0] / first.size[1])))
    options = options.model_copy(update={"width": min(width, 8192)})
    made = compose_content(jobs.files, content, options, most_grown=PRINT_GROWN)
    grown = made.size[0] / first.size[0]
    notes = [note for note in made.notes if not note.startswith("Figures are enlarged")]
    if grown > 1.05:
        notes.append(
            f"The figures are printed at {dpi / grown:.0f} dots per inch: they have no more pixels. "
            "Draw them larger for a finer print."
        )
    title = options.name or f"Character sheet {job_id[:8]}"
    data = write_pdf(
        flatten(made.size, made.layers), paper, dpi=dpi, margin_mm=margin_mm, title=title,
        made_at=content.job.created_at,
    )  # fmt: skip
    return Export(f"{stem(options, job_id)}-sheet.pdf", "application/pdf", data, tuple(notes))


def pictures_zip(jobs: Jobs, job_id: str, options: SheetOptions, *, transparent: bool = True) -> Export:
    """Every picture of the sheet as a file of its own, and what made them."""
    content = chosen(content_of(jobs, job_id, options.picks), options)
    content, cuts = load_all(jobs.files, content)
    entries = dict(_pictures(jobs.files, content, cuts, transparent))
    entries["recipe.json"] = _json(_about(content, cuts, transparent))
    notes = cut_notes(content.cells, cuts) if transparent else ()
    return Export(f"{stem(options, job_id)}-pictures.zip", "application/zip", archive(entries), notes)


def sheet_zip(jobs: Jobs, job_id: str, options: SheetOptions) -> Export:
    """Everything: the sheet, its pictures without background, the recipe and the colours."""
    content = chosen(content_of(jobs, job_id, options.picks), options)
    content, cuts = load_all(jobs.files, content)
    made = compose_content(jobs.files, content, options)
    swatches = palette_of(content.views, cuts)
    entries = {"sheet.png": to_png(made)}
    for name, data in _pictures(jobs.files, content, cuts, True):
        entries[f"pictures/{name}"] = data
    entries["palette.json"] = _json(
        [{"hex": one.hex, "name": one.name, "share": one.share} for one in swatches]
    )
    entries["palette.gpl"] = gimp_palette(options.name or "Character", swatches)
    entries["recipe.json"] = _json(made.recipe)
    return Export(f"{stem(options, job_id)}.zip", "application/zip", archive(entries), made.notes)


def stem(options: SheetOptions, job_id: str) -> str:
    """The beginning of a file name: the character's name in plain letters, or the job's."""
    plain = unicodedata.normalize("NFKD", options.name).encode("ascii", "ignore").decode()
    words = re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")[:60]
    return words or f"character-{job_id[:8]}"


def archive(entries: Mapping[str, bytes]) -> bytes:
    """A ZIP; pictures are packed already and only stored."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as file:
        for name, data in entries.items():
            info = zipfile.ZipInfo(name, ZIP_TIME)
            info.external_attr = 0o644 << 16
            stored = name.endswith((".png", ".jpg", ".webp"))
            info.compress_type = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
            file.writestr(info, data)
    return target.getvalue()


def gimp_palette(name: str, swatches: Sequence[Swatch]) -> bytes:
    """The colours as GIMP, Krita and Inkscape read them."""
    lines = ["GIMP Palette", f"Name: {name}", f"Columns: {len(swatches)}", "#"]
    for swatch in swatches:
        red, green, blue = (int(swatch.hex[at : at + 2], 16) for at in (1, 3, 5))
        lines.append(f"{red:3} {green:3} {blue:3}\t{swatch.name}")
    return ("\n".join(lines) + "\n").encode()


def cut_notes(cells: Iterable[Cell], cuts: Mapping[Cell, Cut]) -> tuple[str, ...]:
    """How the backgrounds were taken away, where that was not by the picture's own alpha."""
    by_how: dict[str, list[str]] = {"estimate": [], "none": []}
    for cell in cells:
        by_how.get(cuts[cell].how, []).append(cell.key)
    notes = []
    if by_how["estimate"]:
        names = ", ".join(by_how["estimate"])
        notes.append(f"Cut out by an estimate of the background: {names}. Clean cut-outs can be drawn.")
    if by_how["none"]:
        names = ", ".join(by_how["none"])
        notes.append(f"Left with their background, which is not plain enough to be told apart: {names}.")
    return tuple(notes)


def file_name(cell: Cell, suffix: str = ".png") -> str:
    """A cell's name as a file."""
    plain = re.sub(r"[^\w-]+", "_", cell.key) or "picture"
    return f"expression_{plain}{suffix}" if cell.kind == "expression" else f"{plain}{suffix}"


def _pictures(
    files: FileStore, content: Content, cuts: Mapping[Cell, Cut], transparent: bool
) -> Iterable[tuple[str, bytes]]:
    for cell in content.cells:
        path = files.output_path(cell.output.job_id, cell.output.name)
        if not transparent or cuts[cell].how != "estimate":
            yield file_name(cell, _suffix(cell, cuts[cell], transparent)), path.read_bytes()
            continue
        recipe = {**(read_recipe(path) or {}), "cut_out": cuts[cell].how}
        yield file_name(cell), b"".join(with_recipe(encode.png(cuts[cell].image), recipe))


def _suffix(cell: Cell, cut: Cut, transparent: bool) -> str:
    """Of a picture that is handed over as it is its own, else that of a PNG."""
    if transparent and cut.how == "estimate":
        return ".png"
    return SUFFIXES.get(cell.output.mime_type, ".png")


def _about(content: Content, cuts: Mapping[Cell, Cut], transparent: bool) -> dict[str, Any]:
    job = content.job
    return {
        "kind": "pictures",
        "job": job.id,
        "seed": job.seed,
        "engine": job.engine,
        "workflow": job.workflow,
        "request": job.request,
        "pictures": [
            {
                "file": file_name(cell, _suffix(cell, cuts[cell], transparent)),
                "kind": cell.kind,
                "name": cell.key,
                "job": cell.output.job_id,
                "sha256": cell.output.sha256,
                **({"cut_out": cuts[cell].how} if transparent else {}),
            }
            for cell in content.cells
        ],
    }


def _json(value: Any) -> bytes:
    return (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode()
