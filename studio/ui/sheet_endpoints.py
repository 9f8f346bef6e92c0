"""What `gradio_client` can call by name about character sheets."""
# No postponed annotations: Gradio makes the endpoints' documentation of them.

import json
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from gradio.events import api
from pydantic import ValidationError

from studio import sheets
from studio.errors import StudioError
from studio.sheets import SheetOptions
from studio.ui import sheet
from studio.ui.form import complaint, refusal

if TYPE_CHECKING:
    from studio.assembly import Studio

ROUTE = "/avatarforge-controller/sheets"
KINDS = ("gif", "webp", "mp4", "zip")


def build(studio: "Studio") -> None:
    """Add the endpoints to the page that is being built."""

    def compose(job_id: str, options: dict) -> dict:
        """Compose the character sheet of a job from its pictures; nothing is generated.

        `options` has the members of the REST API: `layout` (row, grid, turnaround, game), `name`, `title`,
        `labels`, `background` (colours, none for transparent), `margin`, `width` and so on. Gives the sheet's
        address with its size, colours and notes.
        """
        wanted = _options(options)
        try:
            made = sheets.render(studio.jobs, job_id, wanted)
        except StudioError as error:
            raise refusal(error) from error
        return {
            "url": _address(job_id, "sheet.png", wanted),
            "width": made.size[0],
            "height": made.size[1],
            "palette": [one.hex for one in made.palette],
            "notes": list(made.notes),
        }

    def add(job_id: str, what: str = "expressions") -> list[str]:
        """Draw more for a sheet: `expressions`, `portrait`, `cutouts` or one expression; gives the jobs."""
        try:
            return [job.id for job in sheet.add(studio, job_id, what, door="gradio")]
        except StudioError as error:
            raise refusal(error) from error

    def redo(job_id: str, cell: str) -> str:
        """Draw one picture of a sheet again with another seed, by its view or expression; gives the job."""
        try:
            return sheet.redo(studio, job_id, cell, door="gradio").id
        except StudioError as error:
            raise refusal(error) from error

    async def turntable(
        job_id: str, kind: str = "gif", frames: int = 24, fps: float = 12, height: int = 512
    ) -> AsyncIterator[dict]:
        """Draw a character from all around and tell of each angle; the last answer has the file's address.

        `kind` is gif, webp, mp4, or zip for the single frames.
        """
        if kind not in KINDS:
            raise complaint(f"kind: one of {', '.join(KINDS)}.")
        try:
            async for done in sheet.draw_turn(studio, job_id, frames, height):
                yield {"done": done, "of": frames, "url": None}
        except StudioError as error:
            raise refusal(error) from error
        more = {"frames": frames, "height": height} | ({} if kind == "zip" else {"fps": fps})
        url = _address(job_id, f"turntable.{kind}", SheetOptions(), **more)
        yield {"done": frames, "of": frames, "url": url}

    verbs = {"sheet": compose, "sheet_add": add, "sheet_redo": redo, "sheet_turntable": turntable}
    for name, verb in verbs.items():
        api(verb, api_name=name, concurrency_limit=None)


def _options(values: dict) -> SheetOptions:
    try:
        return SheetOptions.model_validate_json(json.dumps(values))
    except ValidationError as error:
        first = error.errors()[0]
        raise complaint(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from error


def _address(job_id: str, name: str, options: SheetOptions, **more: float) -> str:
    asked = {**more, "options": options.model_dump_json(exclude_defaults=True)}
    return f"{ROUTE}/{quote(job_id)}/{name}?{urlencode(asked, quote_via=quote)}"
