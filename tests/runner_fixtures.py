"""Studios whose ComfyUI servers are played: work is handed in, answered by hand, and awaited."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import Image

from studio.assembly import Studio
from studio.records.entities import Job
from studio.request import AvatarRequest
from tests.fake_comfy import FakeComfy, message, wait_until
from tests.opened_studios import opened_with

WORKFLOWS = Path(__file__).parent / "bench" / "workflows"
EMPTY_IMAGE = {
    "input": {
        "required": {
            "width": ["INT", {"default": 512, "min": 1, "max": 16384}],
            "height": ["INT", {"default": 512, "min": 1, "max": 16384}],
            "batch_size": ["INT", {"default": 1, "min": 1, "max": 4096}],
            "color": ["INT", {"default": 0, "min": 0, "max": 16777215}],
        }
    },
    "output": ["IMAGE"],
    "output_node": False,
}


def png(colour: str = "red") -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (64, 64), colour).save(file, "PNG")
    return file.getvalue()


def new_comfy() -> FakeComfy:
    fake = FakeComfy()
    fake.info["EmptyImage"] = EMPTY_IMAGE
    return fake


@contextmanager
def opened(tmp_path: Path, *servers: FakeComfy, wait_every: bool = True, **settings: Any) -> Iterator[Studio]:
    given = {"studio_workflows_path": (str(WORKFLOWS),), **settings}
    with opened_with(tmp_path, servers, every=wait_every, **given) as studio:
        yield studio


def submit(studio: Studio, **values: Any) -> Job:
    options = {name: values.pop(name) for name in ("priority", "delay_s", "timeout_s") if name in values}
    request = AvatarRequest(prompt="a knight", workflow="empty_image", **values)
    return studio.jobs.submit(request, door="test", **options)


def sends(*servers: FakeComfy) -> list[str]:
    return [
        request.json()["prompt_id"]
        for server in servers
        for request in server.requests
        if (request.method, request.path) == ("POST", "/prompt")
    ]


def next_sent(comfy: FakeComfy, count: int = 1) -> str:
    assert wait_until(lambda: len(sends(comfy)) >= count, 10), sends(comfy)
    return sends(comfy)[count - 1]


def save(comfy: FakeComfy, prompt_id: str, colour: str = "red") -> dict[str, Any]:
    """Put a result where SaveImage would, and give its `ui`."""
    prefix = comfy.graphs[prompt_id]["2"]["inputs"]["filename_prefix"]
    folder, _, stem = prefix.rpartition("/")
    name = f"{stem}_00001_.png"
    comfy.outputs["output", folder, name] = png(colour)
    return {"images": [{"filename": name, "subfolder": folder, "type": "output"}]}


def run_to_end(comfy: FakeComfy, prompt_id: str) -> None:
    comfy.begin(prompt_id)
    ui = save(comfy, prompt_id)
    comfy.say(message("executed", prompt_id, node="2", display_node="2", output=ui))
    comfy.finish(prompt_id, {"2": ui})


def answer_everything(comfy: FakeComfy, seen: set[str]) -> None:
    for prompt_id in list(comfy.pending):
        if prompt_id not in seen:
            seen.add(prompt_id)
            run_to_end(comfy, prompt_id)


def answer_all(seen: set[str], *servers: FakeComfy) -> None:
    for server in servers:
        answer_everything(server, seen)


def finished(studio: Studio, jobs: list[Job], _answered: None) -> bool:
    return all(studio.jobs.get(job.id).is_final for job in jobs)


def until_final(studio: Studio, job: Job, timeout_s: float = 60) -> Job:
    done = studio.jobs.wait(job.id, timeout_s)
    assert done.is_final, (done, studio.jobs.events(job.id))
    return done
