"""What `gradio_client` can call by name: the studio's verbs, without a page around them."""
# No postponed annotations: Gradio makes the endpoints' documentation of them.

import asyncio
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from gradio.events import api
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool

from studio.errors import StudioError
from studio.records.entities import Job
from studio.request import AvatarRequest
from studio.ui.form import complaint, refusal

if TYPE_CHECKING:
    from studio.assembly import Studio

LOOK_EVERY_S = 0.2  # a client that waits is told of progress this often


def build(studio: "Studio") -> None:
    """Add the endpoints to the page that is being built."""

    async def follow(job_id: str) -> AsyncIterator[dict]:
        """How far a job is, again after each change, until it is finished; the last answer has its files."""
        seen: dict[str, Any] = {}
        while True:
            try:
                job = await run_in_threadpool(studio.jobs.get, job_id)
            except StudioError as error:
                raise refusal(error) from error
            told = _told(job)
            if told != seen:
                yield told
                seen = told
            if job.is_final:
                return
            await asyncio.sleep(LOOK_EVERY_S)

    async def generate(request: dict) -> AsyncIterator[dict]:
        """Draw a character and tell of the progress until it is done.

        `request` has the members of the REST API: `prompt`, and if wanted `clothing`, `style`, `realism`,
        `views` (front, back, side, quarter), `seed`, `variants`, `width`, `height`, `workflow`, `model`.
        """
        job = await run_in_threadpool(_submit, request)
        async for told in follow(job.id):
            yield told

    def submit(request: dict) -> str:
        """Record a job and give its id at once; `request` as for `/generate`."""
        return _submit(request).id

    def _submit(values: dict[str, Any]) -> Job:
        try:
            return studio.jobs.submit(AvatarRequest.model_validate(values), door="gradio")
        except ValidationError as error:
            first = error.errors()[0]
            raise complaint(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from error
        except StudioError as error:
            raise refusal(error) from error

    def cancel(job_id: str) -> dict:
        """Cancel a job that waits or runs."""
        try:
            return _told(studio.jobs.cancel(job_id))
        except StudioError as error:
            raise refusal(error) from error

    for name, verb in {"generate": generate, "submit": submit, "follow": follow, "cancel": cancel}.items():
        api(verb, api_name=name, concurrency_limit=None)


def _told(job: Job) -> dict[str, Any]:
    """A job as clients are told of it."""
    error = job.error or {}
    return {
        "id": job.id,
        "status": job.status,
        "progress": round(job.progress, 1),
        "seed": str(job.seed),  # larger than numbers may be in JSON
        "workflow": job.workflow,
        "engine": job.engine,
        "notes": list(job.notes),
        "error": " ".join(filter(None, (error.get("message"), error.get("hint")))) or None,
        "files": [
            {
                "view": output.view,
                "url": f"/outputs/{output.job_id}/{output.name}",
                "width": output.width,
                "height": output.height,
            }
            for output in job.outputs
        ],
    }
