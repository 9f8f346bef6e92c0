"""Jobs whose pictures are characters that a test knows by heart."""

from __future__ import annotations

import io
import time
import uuid
from collections.abc import Mapping
from typing import Any

from PIL import Image, ImageDraw

from studio.jobs import Jobs
from studio.records import leases
from studio.records.entities import Job, Output
from studio.request import AvatarRequest
from tests.studio_fixtures import StandInServer

SKIN, COAT, BOOTS, HAIR = "#e8b890", "#2a50c0", "#5a3826", "#c83020"


def doll(
    width: int = 160,
    height: int = 240,
    *,
    tall: float = 0.86,
    wide: float = 1.0,
    ground: tuple[int, int, int, int] | None = None,
) -> Image.Image:
    """A simple figure in four colours, on nothing or on one colour."""
    image = Image.new("RGBA", (width, height), ground or (0, 0, 0, 0))
    pen = ImageDraw.Draw(image)
    high = height * tall
    top, middle = height * 0.95 - high, width / 2
    across = high * 0.15 * wide

    def part(left: float, up: float, right: float, down: float, colour: str) -> None:
        place = (middle + left * across, top + up * high, middle + right * across, top + down * high - 1)
        pen.rectangle(tuple(round(value) for value in place), fill=colour)

    part(-0.6, 0.0, 0.6, 0.08, HAIR)
    part(-0.5, 0.08, 0.5, 0.2, SKIN)
    part(-1.0, 0.2, 1.0, 0.65, COAT)
    part(-0.8, 0.65, -0.1, 1.0, BOOTS)
    part(0.1, 0.65, 0.8, 1.0, BOOTS)
    return image


def encoded(image: Image.Image, kind: str = "PNG") -> bytes:
    """The picture as a file."""
    file = io.BytesIO()
    image.save(file, kind)
    return file.getvalue()


def submit(jobs: Jobs, *views: str, **values: Any) -> Job:
    """A job that waits."""
    request = AvatarRequest.model_validate(
        {"prompt": "a knight", "views": views or ("front",), "seed": 7, **values}
    )
    return jobs.submit(request, door="test")


def finish_with(jobs: Jobs, job: Job, pictures: Mapping[str, Image.Image]) -> Job:
    """End a job's tasks as a runner would, with these pictures by view."""
    for task in job.tasks:
        if task.is_final:
            continue
        token, now = str(uuid.uuid4()), time.time()
        needs = list(leases.all_needs(jobs.database))
        claimed = leases.claim(jobs.database, "s", needs, token, now, 60)
        assert claimed is not None
        assert claimed.id == task.id, "another job's task was in the way"
        leases.bind(jobs.database, claimed, token, "s", f"prompt of {task.id}", now)
        image = pictures[task.view]
        name = f"{task.view}.png" if len(job.tasks) > 1 else "output.png"
        kept = jobs.files.write_output(job.id, name, [encoded(image)])
        output = Output(
            id=str(uuid.uuid4()),
            job_id=job.id,
            task_id=task.id,
            position=0,
            name=name,
            filename="made_00001_.png",
            view=task.view,
            media="image",
            mime_type="image/png",
            size=kept.size,
            width=image.width,
            height=image.height,
            sha256=kept.sha256,
            created_at=now,
        )
        leases.complete(jobs.database, claimed, token, [output], [], now)
    return jobs.get(job.id)


__all__ = ["StandInServer", "doll", "encoded", "finish_with", "submit"]
