"""What happens to a job as server-sent events: first what is recorded, then each thing as it happens."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from api.deps import iso_seconds
from api.paths import local_path
from api.problems import respond_error
from studio.errors import StudioError
from studio.following import Follower, Following
from studio.records.entities import FINAL, Job

HEARTBEAT_S = 15.0
LONGEST_S = 3600.0  # a client that is still there then comes back by itself
COME_BACK_MS = 2000
MAX_PREVIEW_BYTES = 512 * 1024
_NAMES = {"queued": "pending", "set aside": "set_aside"}

Tell = Callable[[Job], dict[str, Any]]


class EventStream(StreamingResponse):
    """The stream of one client; it takes a place among the followers for as long as it lasts."""

    media_type = "text/event-stream"

    def __init__(self, following: Following, job_id: str, after: int, *, tell: Tell, previews: bool) -> None:
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}  # a proxy must not collect it
        super().__init__(_nothing(), headers=headers)
        self.following = following
        self.job_id = job_id
        self.after = after
        self.tell = tell
        self.previews = previews

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Stream until the job is final, the client is gone or the server stops."""
        try:
            with self.following.follow(self.job_id) as follower:
                self.body_iterator = self._frames(follower)
                await super().__call__(scope, receive, send)
        except StudioError as error:  # only before anything is sent: there is no place
            await respond_error(local_path(scope), error)(scope, receive, send)

    async def _frames(self, follower: Follower) -> AsyncIterator[bytes]:
        yield f"retry: {COME_BACK_MS}\n\n".encode()
        told: tuple[str, float] | None = None
        shown: bytes | None = None
        ends_at = time.monotonic() + LONGEST_S
        while not self.following.is_ending and time.monotonic() < ends_at:
            follower.changed.clear()
            job, events = await asyncio.to_thread(self.following.look, self.job_id, self.after)
            if job is None:
                yield _frame("deleted", {"type": "deleted", "job_id": self.job_id})
                return
            for event in events:
                self.after = event.seq
                name = _NAMES.get(event.kind, event.kind)
                data = {**event.data, "type": name, "job_id": job.id, "at": iso_seconds(event.at)}
                if event.kind in FINAL:
                    data |= await asyncio.to_thread(self.tell, job)
                yield _frame(name, data, event.seq)
            if job.is_final:
                return
            if (job.status, job.progress) != told:
                told = (job.status, job.progress)
                yield _frame("progress", {"type": "progress", **_standing(job)})
            if self.previews and (preview := self.following.jobs.preview(self.job_id)):
                mime_type, frame = preview
                if frame is not shown and len(frame) <= MAX_PREVIEW_BYTES:
                    shown = frame
                    image = f"data:{mime_type};base64,{base64.b64encode(frame).decode()}"
                    yield _frame("preview", {"type": "preview", **_standing(job), "image": image})
            if not await follower.wait(HEARTBEAT_S):
                yield b": still here\n\n"


async def _nothing() -> AsyncIterator[bytes]:
    return
    yield b""


def _standing(job: Job) -> dict[str, Any]:
    status = _NAMES.get(job.status, job.status)
    return {"job_id": job.id, "status": status, "progress": round(job.progress, 1)}


def _frame(name: str, data: dict[str, Any], number: int | None = None) -> bytes:
    # ASCII, so that nothing in it can end a line.
    head = f"id: {number}\n" if number is not None else ""
    return f"{head}event: {name}\ndata: {json.dumps(data)}\n\n".encode("ascii")
