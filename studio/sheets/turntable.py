"""The turntable: a character from all around as a moving picture."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from studio.errors import StudioError
from studio.pictures.motion import MIME_TYPES, Motion, animate
from studio.records.entities import Job
from studio.request import AvatarRequest, with_values
from studio.sheets.exports import Export, archive, stem
from studio.sheets.options import SheetOptions

FEWEST, MOST = 8, 36

DrawAngle = Callable[[float], bytes]  # a picture without a background, seen from so many degrees


def turntable(
    job: Job, draw: DrawAngle, options: SheetOptions, *, kind: Motion, frames: int = 24, fps: float = 12.0
) -> Export:
    """One turn in so many frames, each drawn for it."""
    pictures = draw_angles(draw, frames)
    data = animate(pictures, kind, fps=fps, background=options.background, shadow=options.shadows)
    return Export(f"{stem(options, job.id)}-turntable.{kind}", MIME_TYPES[kind], data, turn_notes(job))


def frames_zip(job: Job, draw: DrawAngle, options: SheetOptions, *, frames: int = 24) -> Export:
    """The frames of one turn as files."""
    pictures = draw_angles(draw, frames)
    entries = {f"turn_{round(at * 360 / frames):03}.png": picture for at, picture in enumerate(pictures)}
    name = f"{stem(options, job.id)}-turn.zip"
    return Export(name, "application/zip", archive(entries), turn_notes(job))


def draw_angles(draw: DrawAngle, frames: int) -> Sequence[bytes]:
    """Pictures at equal angles, from the front to its right and all around."""
    if not FEWEST <= frames <= MOST:
        raise StudioError(
            "invalid_field", why=f"frames: a turn has {FEWEST} to {MOST} of them, not {frames}."
        )
    return [draw(at * 360.0 / frames) for at in range(frames)]


def turn_notes(job: Job) -> tuple[str, ...]:
    """That a turn of a model's picture is another drawing of the same words."""
    if job.engine == "embedded":
        return ()
    return ("Drawn by the embedded engine from the same words; it is not the model's own picture turned.",)


def request_for(job: Job, height: int) -> tuple[AvatarRequest, int]:
    """What to draw for a turn of a job's character, and how wide, in the shape of its pictures."""
    request = AvatarRequest.model_validate(job.request)
    shape = (request.width or 2) / (request.height or 3)
    width = min(1024, max(64, round(height * shape / 8) * 8))
    seed = job.tasks[0].seed if job.tasks else request.seed
    return with_values(request, transparent=True, framing="full", seed=seed), width
