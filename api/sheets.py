"""Character sheets over REST: composed from a generation's pictures, added to, and taken away as files."""

from __future__ import annotations

import hashlib
import json
from typing import Annotated, Any, Literal
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.concurrency import run_in_threadpool

from api import avatarforge_schemas as schemas
from api import creating
from api.avatarforge_schemas import GENERATION_ID
from api.bodies import StrictRoute
from api.creating import WishesDep
from api.deps import StudioDep
from api.problems import PlainProblem
from studio import sheets
from studio.assembly import Studio
from studio.errors import StudioError
from studio.records.entities import Job
from studio.sheets import Export, SheetOptions, plan
from studio.sheets.content import ORDER, about_sheet
from studio.sheets.files import FILE_NAMES, FileName, FileOptions, make_file

router = APIRouter(tags=["Sheets"], route_class=StrictRoute)

PREFIX = "/avatarforge-controller"
DOOR = "avatarforge"


class SwatchAnswer(BaseModel):
    """One of the character's colours."""

    hex: str
    name: str
    share: float


class CellAnswer(BaseModel):
    """A picture that the sheet can show."""

    kind: Literal["view", "expression", "portrait"]
    name: str
    url: str
    generation_id: str
    is_redrawn: bool = Field(description="Drawn once more without a background, in place of the view's own")


class ContentAnswer(BaseModel):
    """What a sheet of this generation can show."""

    generation_id: str
    cells: list[CellAnswer]
    pending: list[str] = Field(description="Generations that add to this sheet and are not finished")
    missing_views: list[str]
    expressions: list[str] = Field(description="Expressions that can be added")


class SheetAnswer(BaseModel):
    """A composed sheet."""

    generation_id: str
    url: str
    width: int
    height: int
    palette: list[SwatchAnswer]
    notes: list[str]
    downloads: dict[str, str]
    recipe: dict[str, Any]


class AddBody(BaseModel):
    """What a sheet shall have more."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"what": "expressions", "expressions": ["happy", "angry"]}]},
    )

    what: Literal["expressions", "portrait", "cutouts"]
    expressions: Annotated[list[str], Field(max_length=plan.MOST_AT_ONCE)] = list(plan.USUAL)


class AddedAnswer(BaseModel):
    """One generation that adds to the sheet."""

    generation_id: str
    cell: str
    note: str


class AddAnswer(BaseModel):
    """The generations that were started; none if nothing was missing."""

    added: list[AddedAnswer]


_URL = f"{PREFIX}/sheets/{GENERATION_ID}"
_CELL = {
    "kind": "view",
    "name": "front",
    "url": f"/outputs/{GENERATION_ID}/front.png",
    "generation_id": GENERATION_ID,
    "is_redrawn": False,
}
_CONTENT = {
    "generation_id": GENERATION_ID,
    "cells": [_CELL],
    "pending": [],
    "missing_views": ["quarter", "side", "back"],
    "expressions": ["neutral", "happy"],
}
_SHEET = {
    "generation_id": GENERATION_ID,
    "url": f"{_URL}/sheet.png?options=%7B%22layout%22%3A%22row%22%7D",
    "width": 1821,
    "height": 1098,
    "palette": [{"hex": "#325ebb", "name": "Royal blue", "share": 0.41}],
    "notes": ["Backgrounds were cut out by an estimate; clean cut-outs can be drawn."],
    "downloads": {"sheet.pdf": f"{_URL}/sheet.pdf?options=%7B%22layout%22%3A%22row%22%7D"},
    "recipe": {"kind": "sheet", "job": GENERATION_ID},
}
_ADDED = {"added": [{"generation_id": "0b6f5a3e-5c0e-4d57-9a59-6f3c86a1c1a7", "cell": "happy", "note": ""}]}
_EMPTY = StudioError("sheet_empty", status="queued")
_NOT_YET: schemas.Responses = {
    409: {
        "model": PlainProblem,
        "description": "No picture is finished yet",
        "content": {
            "application/json": {
                "example": {"detail": _EMPTY.message, "code": _EMPTY.code, "hint": _EMPTY.hint}
            }
        },
    }
}
_REFUSED = schemas.NO_GENERATION | _NOT_YET | schemas.BAD_QUERY


@router.get(
    "/sheets/{generation_id}",
    summary="What a character sheet can show",
    responses=schemas.answers(_CONTENT, schemas.NO_GENERATION | _NOT_YET),
)
def describe(generation_id: str, studio: StudioDep) -> ContentAnswer:
    """The pictures of a generation and of those that were added to its sheet, and what else can be added."""
    content = sheets.content_of(studio.jobs, generation_id)
    there = {cell.key for cell in content.views}
    faces = {cell.key for cell in content.expressions}
    return ContentAnswer(
        generation_id=generation_id,
        cells=[_cell(cell) for cell in content.cells],
        pending=list(content.pending),
        missing_views=[view for view in ORDER if view not in there],
        expressions=[name for name in sheets.EXPRESSIONS if name not in faces],
    )


@router.post(
    "/sheets/{generation_id}/compose",
    summary="Compose a character sheet",
    responses=schemas.answers(_SHEET, _REFUSED),
)
def compose(generation_id: str, body: SheetOptions, studio: StudioDep) -> SheetAnswer:
    """From pictures that are there: nothing is generated. `url` is the sheet, `downloads` its other forms."""
    made = sheets.render(studio.jobs, generation_id, body)
    query = urlencode({"options": body.model_dump_json(exclude_defaults=True)}, quote_via=quote)
    address = f"{PREFIX}/sheets/{quote(generation_id)}"
    return SheetAnswer(
        generation_id=generation_id,
        url=f"{address}/sheet.png?{query}",
        width=made.size[0],
        height=made.size[1],
        palette=[SwatchAnswer(hex=one.hex, name=one.name, share=one.share) for one in made.palette],
        notes=list(made.notes),
        downloads={name: f"{address}/{name}?{query}" for name in FILE_NAMES},
        recipe=made.recipe,
    )


@router.post(
    "/sheets/{generation_id}/add",
    summary="Generate more for a character sheet",
    responses=schemas.answers(_ADDED, _REFUSED),
)
async def add(
    request: Request,
    response: Response,
    generation_id: str,
    body: AddBody,
    studio: StudioDep,
    wishes: WishesDep,
) -> AddAnswer:
    """Faces, a portrait, or views without background, each as a generation that goes with this one."""

    def submit(keys: creating.NumberedKeys, cancel_after_s: float | None) -> list[Job]:
        if body.what == "expressions":
            planned = plan.expressions(studio.jobs, generation_id, body.expressions)
        else:
            make = plan.portrait if body.what == "portrait" else plan.cutouts
            planned = make(studio.jobs, generation_id)
        return plan.submit(
            studio.jobs, generation_id, planned, door=DOOR, keys=keys, cancel_after_s=cancel_after_s
        )

    asked = creating.fingerprint(f"sheets/{generation_id}", body.model_dump(mode="json"))
    started = await creating.create_all(request, response, studio, wishes, DOOR, submit, asked)
    return AddAnswer(added=[_added(job) for job in started])


def _added(job: Job) -> AddedAnswer:
    about = about_sheet(job) or {}
    cell = str(about.get("name") or about.get("cell", ""))
    return AddedAnswer(generation_id=job.id, cell=cell, note=str(about.get("note", "")))


class FileQuery(FileOptions):
    """The look of the sheet beside how it is taken away."""

    options: Annotated[str, Field(max_length=20_000)] = Field(
        default="{}", description="The options of the sheet as JSON, as `compose` takes them"
    )


FILE_TYPES = (
    *("image/png", "image/webp", "image/gif", "image/vnd.adobe.photoshop"),
    *("application/pdf", "application/zip", "video/mp4"),
)


@router.head("/sheets/{generation_id}/{name}", include_in_schema=False)
@router.get(
    "/sheets/{generation_id}/{name}",
    summary="Download a character sheet",
    response_class=Response,
    responses={
        200: {
            "description": "The file; the header X-Notes says what one should know about it, percent-encoded",
            "content": {kind: {} for kind in FILE_TYPES},
        },
        304: {"description": "The client has it already, by its If-None-Match"},
    }
    | _REFUSED,
)
async def download(
    request: Request,
    generation_id: str,
    name: FileName,
    query: Annotated[FileQuery, Query()],
    studio: StudioDep,
) -> Response:
    """As picture, page to print, Photoshop layers, archive, sprite atlas, or turned around by the engine."""
    options = _options(query.options)
    tag = await run_in_threadpool(_tag, studio, generation_id, name, query, options)
    headers = {
        "ETag": f'"{tag}"',
        "Cache-Control": "private, no-cache",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }
    if f'"{tag}"' in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    made = await run_in_threadpool(_made, studio, generation_id, name, query, options)
    shown = "inline" if name == "sheet.png" else "attachment"
    headers["Content-Disposition"] = f'{shown}; filename="{made.filename}"'
    if made.notes:
        headers["X-Notes"] = quote(" ".join(made.notes), safe=" ,.:;()'")
    return Response(made.data, media_type=made.mime_type, headers=headers)


def _options(text: str) -> SheetOptions:
    try:
        return SheetOptions.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(("options", *(str(part) for part in first["loc"])))
        raise StudioError("invalid_field", why=f"{where}: {first['msg']}.") from error


def _tag(studio: Studio, generation_id: str, name: FileName, query: FileQuery, options: SheetOptions) -> str:
    """What the file depends on, without making it."""
    content = sheets.chosen(sheets.content_of(studio.jobs, generation_id, options.picks), options)
    key = sheets.key_of(content, options)
    if name == "sheet.png":
        return key
    rest = json.dumps([name, query.model_dump(mode="json", exclude={"options"})], sort_keys=True)
    return hashlib.sha256(f"{key}{rest}".encode()).hexdigest()


def _made(
    studio: Studio, generation_id: str, name: FileName, query: FileQuery, options: SheetOptions
) -> Export:
    how = FileOptions.model_validate(query.model_dump(exclude={"options"}))
    return make_file(studio.jobs, studio.drafts.draw, generation_id, name, options, how, door="avatarforge")


def _cell(cell: sheets.Cell) -> CellAnswer:
    output = cell.output
    return CellAnswer(
        kind=cell.kind,
        name=cell.key,
        url=f"/outputs/{output.job_id}/{quote(output.name)}",
        generation_id=output.job_id,
        is_redrawn=cell.is_redrawn,
    )
