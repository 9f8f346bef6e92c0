"""Records and jobs without servers: what tests below the runner open, fill and look at."""

from __future__ import annotations

import io
import itertools
import random
import time
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

from PIL import Image

from studio import workflows
from studio.comfy.info import ObjectInfo
from studio.comfy.pool import Pool
from studio.files import FileStore
from studio.jobs import Jobs
from studio.records import Database, leases, open_database
from studio.records import jobs as records
from studio.records.entities import Job, Output, Task
from studio.settings import Settings

NEEDS = '{"classes": [], "engine": "comfy", "models": []}'

SAMPLERS = ["euler", "euler_ancestral", "dpmpp_2m"]
SCHEDULERS = ["normal", "karras"]
CHECKPOINTS = ["sd15\\dreamer_v8.safetensors", "illustriousXL_v1.safetensors", "sdxl_refiner.safetensors"]
CONTROLNETS = ["canny_xl.safetensors", "xl\\openpose_xl.safetensors"]
LORAS = ["styles\\ink.safetensors", "hero.safetensors"]


def _node(
    required: dict[str, Any],
    output: Sequence[str],
    *,
    optional: dict[str, Any] | None = None,
    is_output: bool = False,
) -> dict[str, Any]:
    inputs: dict[str, Any] = {"required": required}
    if optional:
        inputs["optional"] = optional
    return {"input": inputs, "output": list(output), "output_node": is_output}


def _whole(default: int, low: int, high: int, step: int = 1) -> list[Any]:
    return ["INT", {"default": default, "min": low, "max": high, "step": step}]


def _real(default: float, low: float, high: float) -> list[Any]:
    return ["FLOAT", {"default": default, "min": low, "max": high, "step": 0.01}]


# A GPU server that runs on Windows, as far as the library's graphs need it.
COMFY_NODES: dict[str, Any] = {
    "CheckpointLoaderSimple": _node({"ckpt_name": [CHECKPOINTS]}, ("MODEL", "CLIP", "VAE")),
    "CLIPTextEncode": _node({"text": ["STRING", {"multiline": True}], "clip": ["CLIP"]}, ("CONDITIONING",)),
    "EmptyLatentImage": _node(
        {
            "width": _whole(512, 16, 16384, 8),
            "height": _whole(512, 16, 16384, 8),
            "batch_size": _whole(1, 1, 4096),
        },
        ("LATENT",),
    ),
    "KSampler": _node(
        {
            "model": ["MODEL"],
            "seed": ["INT", {"default": 0, "min": 0, "max": 2**64 - 1, "control_after_generate": True}],
            "steps": _whole(20, 1, 10000),
            "cfg": _real(8.0, 0.0, 100.0),
            "sampler_name": [SAMPLERS],
            "scheduler": [SCHEDULERS],
            "positive": ["CONDITIONING"],
            "negative": ["CONDITIONING"],
            "latent_image": ["LATENT"],
            "denoise": _real(1.0, 0.0, 1.0),
        },
        ("LATENT",),
    ),
    "VAEDecode": _node({"samples": ["LATENT"], "vae": ["VAE"]}, ("IMAGE",)),
    "VAEEncode": _node({"pixels": ["IMAGE"], "vae": ["VAE"]}, ("LATENT",)),
    "SaveImage": _node(
        {"images": ["IMAGE"], "filename_prefix": ["STRING", {"default": "ComfyUI"}]}, (), is_output=True
    ),
    "LoadImage": _node({"image": [["example.png"], {"image_upload": True}]}, ("IMAGE", "MASK")),
    "ControlNetLoader": _node({"control_net_name": [CONTROLNETS]}, ("CONTROL_NET",)),
    "ControlNetApplyAdvanced": _node(
        {
            "positive": ["CONDITIONING"],
            "negative": ["CONDITIONING"],
            "control_net": ["CONTROL_NET"],
            "image": ["IMAGE"],
            "strength": _real(1.0, 0.0, 10.0),
            "start_percent": _real(0.0, 0.0, 1.0),
            "end_percent": _real(1.0, 0.0, 1.0),
        },
        ("CONDITIONING", "CONDITIONING"),
        optional={"vae": ["VAE"]},
    ),
    "LoraLoader": _node(
        {
            "model": ["MODEL"],
            "clip": ["CLIP"],
            "lora_name": [LORAS],
            "strength_model": _real(1.0, -100.0, 100.0),
            "strength_clip": _real(1.0, -100.0, 100.0),
        },
        ("MODEL", "CLIP"),
    ),
    "ImageScale": _node(
        {
            "image": ["IMAGE"],
            "upscale_method": [["nearest-exact", "bilinear", "area", "bicubic", "lanczos"]],
            "width": _whole(512, 0, 16384),
            "height": _whole(512, 0, 16384),
            "crop": [["disabled", "center"]],
        },
        ("IMAGE",),
    ),
    "RepeatLatentBatch": _node({"samples": ["LATENT"], "amount": _whole(1, 1, 64)}, ("LATENT",)),
}


def comfy_info(*without: str, **choices: list[str]) -> ObjectInfo:
    """The GPU server's nodes, without some, and with other lists of models by input name."""
    nodes = {name: node for name, node in COMFY_NODES.items() if name not in without}
    for name, listed in choices.items():
        for class_type, node in nodes.items():
            if name in node["input"]["required"]:
                required = {**node["input"]["required"], name: [listed]}
                nodes[class_type] = {**node, "input": {**node["input"], "required": required}}
    return ObjectInfo(nodes)


def wrong_in(graph: dict[str, dict[str, Any]], info: ObjectInfo) -> list[str]:
    """What a server would refuse in a graph: unknown nodes, missing inputs, wrong links and values."""
    wrong = [f"{node['class_type']} is unknown" for node in graph.values() if node["class_type"] not in info]
    for node_id, node in graph.items():
        class_type, inputs = node["class_type"], node["inputs"]
        missing = set(info.inputs(class_type, optional=False)) - set(inputs)
        wrong += [f"{node_id}.{name} is missing" for name in missing]
        for name, value in inputs.items():
            where, kind = f"{node_id}.{name}", info.input_type(class_type, name)
            if kind is None:
                wrong.append(f"{where} is no input")
            elif isinstance(value, list):
                outputs = info.outputs(graph[value[0]]["class_type"]) if value[0] in graph else ()
                if value[1] >= len(outputs) or outputs[value[1]] != kind:
                    wrong.append(f"{where} is linked to {value}, which is no {kind}")
            elif kind == "COMBO":
                if not info.takes_upload(class_type, name) and value not in info.choices(class_type, name):
                    wrong.append(f"{where} is {value!r}, not one of the choices")
            elif kind in {"INT", "FLOAT"}:
                bounds = info.bounds(class_type, name)
                low, high = bounds.minimum, bounds.maximum
                if not (low is None or value >= low) or not (high is None or value <= high):
                    wrong.append(f"{where} is {value}, out of bounds")
                if kind == "INT" and not isinstance(value, int):
                    wrong.append(f"{where} is {value!r}, not a whole number")
            elif not isinstance(value, bool if kind == "BOOLEAN" else str):
                wrong.append(f"{where} is {value!r}, not a {kind}")
    if not any(info.is_output(node["class_type"]) for node in graph.values()):
        wrong.append("nothing is put out")
    return wrong


@dataclass(frozen=True)
class StandInServer:
    """A server as jobs see it, without anything behind it."""

    kind: Literal["embedded", "comfy"] = "comfy"
    info: ObjectInfo | None = None
    url: str = "http://gpu:8188"
    online: bool = True

    @property
    def answers(self) -> bool:
        """Whether it is there, be it paused or not."""
        return self.online

    @property
    def state(self) -> str:
        """Nobody pauses these."""
        return "online" if self.online else "offline"


class StandInPool:
    """A pool of servers with nothing behind them."""

    def __init__(self, *servers: StandInServer) -> None:
        self.servers = servers

    def online(self, kind: str | None = None) -> tuple[StandInServer, ...]:
        """The servers that claim to be online."""
        return tuple(one for one in self.servers if one.online and kind in (None, one.kind))

    def wait_first_signs(self, timeout_s: float, kind: str | None = None) -> None:
        """Nobody here is still starting."""


def open_records(folder: Path) -> Database:
    """The records in a folder."""
    return open_database(folder / "studio.db")


def make_settings(folder: Path, **values: Any) -> Settings:
    """Settings that hear nothing of the environment but what is given."""
    given = {
        "storage_path": folder / "storage",
        "database_url": f"sqlite:///{folder / 'studio.db'}",
        "enable_scheduler": False,
        **values,
    }
    return Settings(_env_file=None, **given)  # type: ignore[call-arg]


def open_jobs(folder: Path, *servers: StandInServer, **values: Any) -> Jobs:
    """The job module over real records and files, and servers that only seem to be there."""
    settings = make_settings(folder, **values)
    database = open_database(settings.database_path)
    pool = cast(Pool, StandInPool(*(servers or (StandInServer("embedded"),))))
    library = workflows.load_library(settings.workflow_folders)
    return Jobs(database, FileStore(database, settings), pool, library, settings)


_clock = itertools.count()


def add_job(
    database: Database,
    *views: str,
    prompt: str = "a knight",
    priority: int = 0,
    run_at: float = 0.0,
    deadline_at: float = 1e12,
    needs: str = NEEDS,
    kind: str = "avatar",
    first_first: bool = False,
) -> Job:
    """Record a job with one task for each view, with nobody's help; `first_first`: the others wait for it."""
    job = records.NewJob(
        id=str(uuid.uuid4()),
        kind=kind,
        door="test",
        priority=priority,
        prompt=prompt,
        request_json="{}",
        workflow="none",
        engine="comfy",
        seed=1,
        created_at=1000.0 + next(_clock),
        run_at=run_at,
        deadline_at=deadline_at,
    )
    first_id = str(uuid.uuid4())
    tasks = [records.NewTask(first_id, (*views, "front")[0], 1, needs)]
    follows = first_id if first_first else None
    tasks += [records.NewTask(str(uuid.uuid4()), view, 1, needs, follows=follows) for view in views[1:]]
    with database.write() as connection:
        records.insert(connection, job, tasks)
    return reread(database, job.id)


def reread(database: Database, job_id: str) -> Job:
    """The job as it is recorded now."""
    job = records.get(database, job_id)
    assert job is not None
    return job


def task_of(database: Database, job: Job, position: int = 0) -> Task:
    """One of a job's tasks as it is recorded now."""
    return reread(database, job.id).tasks[position]


def output_of(task: Task, name: str = "") -> Output:
    """A result of a task that never was on a disk."""
    return Output(
        id=str(uuid.uuid4()),
        job_id=task.job_id,
        task_id=task.id,
        position=0,
        name=name or f"{task.view}.png",
        filename="made_00001_.png",
        view=task.view,
        media="image",
        mime_type="image/png",
        size=10,
        width=64,
        height=64,
        sha256="0" * 64,
        created_at=time.time(),
    )


def png(colour: str = "red", size: int = 64) -> bytes:
    """A plain picture."""
    file = io.BytesIO()
    Image.new("RGB", (size, size), colour).save(file, "PNG")
    return file.getvalue()


def noise_png(seed: int, size: int = 64) -> bytes:
    """A picture that no other has."""
    file = io.BytesIO()
    pixels = random.Random(seed).randbytes(size * size * 3)
    Image.frombytes("RGB", (size, size), pixels).save(file, "PNG")
    return file.getvalue()


def finish(jobs: Jobs, job: Job, views: Iterable[str] = (), *, fail: Iterable[str] = ()) -> Job:
    """End a job's tasks as a runner would: these views (or all) with a picture, some failed."""
    failing = set(fail)
    wanted = set(views) or {task.view for task in job.tasks} - failing
    for task in job.tasks:
        if task.is_final or task.view not in wanted | failing:
            continue
        token, now = str(uuid.uuid4()), time.time()
        needs = list(leases.all_needs(jobs.database))
        while (claimed := leases.claim(jobs.database, "s", needs, token, now, 60)) is not None:
            if claimed.id == task.id:
                break
            raise AssertionError("another job's task was in the way")
        assert claimed is not None
        leases.bind(jobs.database, claimed, token, "s", f"prompt of {task.id}", now)
        if task.view in failing:
            leases.end(jobs.database, claimed, token, "failed", {"code": "graph_failed"}, now)
            continue
        name = f"{task.view}.png" if len(job.tasks) > 1 else "output.png"
        jobs.files.write_output(job.id, name, [noise_png(task.seed)])
        leases.complete(jobs.database, claimed, token, [output_of(task, name)], [], now)
    return jobs.get(job.id)
