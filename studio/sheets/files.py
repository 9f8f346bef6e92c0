"""Every file that can be taken away of a sheet, by its name: one way for all doors."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Literal, Protocol, get_args

from pydantic import BaseModel, ConfigDict, Field

from studio.jobs import Jobs
from studio.pictures.motion import Motion
from studio.pictures.paper import Paper
from studio.records.entities import Job
from studio.sheets import exports, plan, sprites, turntable
from studio.sheets.exports import Export
from studio.sheets.options import SheetOptions

if TYPE_CHECKING:
    from studio.request import AvatarRequest

FileName = Literal[
    "sheet.png", "sheet.pdf", "sheet.psd", "sheet.zip", "pictures.zip", "atlas.zip",
    "turntable.gif", "turntable.webp", "turntable.mp4", "turntable.zip",
]  # fmt: skip
FILE_NAMES: tuple[FileName, ...] = get_args(FileName)

# A page of A3 for print needs some hundred megabytes while it is made.
_heavy = threading.BoundedSemaphore(2)


class FileOptions(BaseModel):
    """How a sheet is taken away; each form looks at what concerns it."""

    model_config = ConfigDict(extra="forbid")

    paper: Paper = Field(default="A4", description="sheet.pdf")
    dpi: Annotated[int, Field(ge=72, le=300)] = Field(default=300, description="sheet.pdf")
    margin_mm: Annotated[float, Field(ge=0, le=100)] = Field(default=10, description="sheet.pdf")
    transparent: bool = Field(default=True, description="pictures.zip: without their background")
    redraw: bool = Field(
        default=True,
        description="Archives: views of the embedded engine are drawn without a background first, once; "
        "false: the background is cut out by an estimate",
    )
    scale: Annotated[float, Field(gt=0.01, le=4)] = Field(default=1.0, description="atlas.zip")
    padding: Annotated[int, Field(ge=0, le=64)] = Field(default=2, description="atlas.zip")
    power_of_two: bool = Field(default=False, description="atlas.zip")
    trim: bool = Field(default=True, description="atlas.zip")
    frames: Annotated[int, Field(ge=turntable.FEWEST, le=turntable.MOST)] = Field(
        default=24, description="turntable"
    )
    fps: Annotated[float, Field(ge=1, le=60)] = Field(default=12, description="turntable")
    height: Annotated[int, Field(ge=64, le=1024)] = Field(default=512, description="turntable")


class Drawn(Protocol):
    """A picture that the embedded engine has drawn."""

    @property
    def data(self) -> bytes:
        """The file."""
        ...


class Draw(Protocol):
    """Draws a character from any side, as the room of drafts does."""

    def __call__(
        self, request: AvatarRequest, *, yaw_deg: float, width: int, height: int, form: Literal["PNG"]
    ) -> Drawn:
        """One picture."""
        ...


def make_file(
    jobs: Jobs, draw: Draw, job_id: str, name: FileName, options: SheetOptions, how: FileOptions, *, door: str
) -> Export:
    """The file of that name; archives may have views drawn without a background first."""
    kind = name.rpartition(".")[2]
    makers: dict[str, Callable[[], Export]] = {
        "sheet.png": lambda: exports.sheet_png(jobs, job_id, options),
        "sheet.pdf": lambda: exports.sheet_pdf(
            jobs, job_id, options, paper=how.paper, dpi=how.dpi, margin_mm=how.margin_mm
        ),
        "sheet.psd": lambda: exports.sheet_psd(jobs, job_id, options),
        "sheet.zip": lambda: exports.sheet_zip(jobs, job_id, options),
        "pictures.zip": lambda: exports.pictures_zip(jobs, job_id, options, transparent=how.transparent),
        "atlas.zip": lambda: sprites.atlas_zip(
            jobs,
            job_id,
            options,
            padding=how.padding,
            power_of_two=how.power_of_two,
            trim=how.trim,
            scale=how.scale,
        ),
    }
    if name in makers:
        is_clear = kind == "zip" and (how.transparent or name != "pictures.zip")
        if how.redraw and is_clear:
            plan.draw_cutouts(jobs, job_id, door=door)
        with _heavy:
            return makers[name]()
    job = jobs.get(job_id)
    angle = _draw_angle(draw, job, how.height)
    if kind == "zip":
        return turntable.frames_zip(job, angle, options, frames=how.frames)
    motion: Motion = "gif" if kind == "gif" else "webp" if kind == "webp" else "mp4"
    return turntable.turntable(job, angle, options, kind=motion, frames=how.frames, fps=how.fps)


def _draw_angle(draw: Draw, job: Job, height: int) -> turntable.DrawAngle:
    """Pictures of the job's character from any side, by the embedded engine."""
    request, width = turntable.request_for(job, height)

    def angle(yaw_deg: float) -> bytes:
        return draw(request, yaw_deg=yaw_deg, width=width, height=height, form="PNG").data

    return angle
