"""Pictures in the format and quality that were asked for, with their recipe and graphs still inside."""

from __future__ import annotations

import dataclasses
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from studio import collect, pictures
from studio.comfy.client import Comfy
from studio.comfy.events import RemoteOutput
from studio.gallery.compare import compare
from studio.jobs import Jobs
from studio.pictures import Format
from studio.records.entities import Output
from studio.request import AvatarRequest
from tests.fake_comfy import FakeComfy
from tests.studio_fixtures import noise_png, open_jobs

RECIPE = {"studio": "test", "seed": 7}
GRAPH = {"1": {"class_type": "X", "inputs": {}}}


@pytest.fixture
def jobs(tmp_path: Path) -> Iterator[Jobs]:
    opened = open_jobs(tmp_path)
    yield opened
    opened.database.close()


def made_by_comfy(image: Image.Image, workflow: dict[str, Any]) -> bytes:
    texts = PngInfo()
    texts.add_text("prompt", json.dumps(GRAPH))
    texts.add_text("workflow", json.dumps(workflow))
    file = io.BytesIO()
    image.save(file, "PNG", pnginfo=texts)
    return file.getvalue()


def bring_home(jobs: Jobs, content: bytes, **asked: Any) -> tuple[Output, bytes]:
    """What becomes of a picture that a server made for a request with these members."""
    job = jobs.submit(AvatarRequest(prompt="x"), door="test")
    request = {**job.request, **asked}
    job = dataclasses.replace(job, request_json=json.dumps(request))
    with FakeComfy() as comfy:
        comfy.outputs["output", "sub", "a_00001_.png"] = content
        client = Comfy(comfy.url)
        remote = RemoteOutput("a_00001_.png", "sub", "output", "image")
        [output] = collect.store(client, jobs.files, job, job.tasks[0], [remote], RECIPE)
        client.close()
    return output, jobs.files.output_path(job.id, output.name).read_bytes()


@pytest.mark.parametrize(
    ("wanted", "name", "mime_type"),
    [("JPEG", "output.jpg", "image/jpeg"), ("WEBP", "output.webp", "image/webp")],
)
def test_a_picture_is_kept_in_the_format_that_was_asked_for(
    jobs: Jobs, wanted: Format, name: str, mime_type: str
) -> None:
    content = made_by_comfy(Image.open(io.BytesIO(noise_png(1))), {"nodes": []})
    output, data = bring_home(jobs, content, output_format=wanted, output_quality=80)
    assert (output.name, output.mime_type, output.size) == (name, mime_type, len(data))
    with Image.open(io.BytesIO(data)) as kept:
        assert (kept.format, kept.size) == (wanted, (output.width, output.height))
    assert pictures.read_recipe(data) == RECIPE
    assert pictures.read_comfy(data) == (GRAPH, {"nodes": []})


@pytest.mark.parametrize("wanted", ["JPEG", "WEBP"])
def test_quality_decides_the_size_of_the_file(jobs: Jobs, wanted: Format) -> None:
    content = noise_png(2)
    sizes = [
        bring_home(jobs, content, output_format=wanted, output_quality=quality)[0].size
        for quality in (5, 50, 95)
    ]
    assert sizes == sorted(sizes)
    assert sizes[0] < sizes[1] < sizes[2]


def test_a_png_is_not_made_anew(jobs: Jobs) -> None:
    content = noise_png(3)
    _, data = bring_home(jobs, content, output_format="PNG", output_quality=10)
    with Image.open(io.BytesIO(data)) as kept, Image.open(io.BytesIO(content)) as made:
        assert kept.format == "PNG"
        assert kept.tobytes() == made.tobytes()


def test_what_is_clear_becomes_white_in_a_jpeg_and_stays_clear_in_a_webp(jobs: Jobs) -> None:
    content = made_by_comfy(Image.new("RGBA", (64, 64), (200, 0, 0, 0)), {})
    _, as_jpeg = bring_home(jobs, content, output_format="JPEG")
    with Image.open(io.BytesIO(as_jpeg)) as picture:
        assert picture.getpixel((32, 32)) == (255, 255, 255)
    _, as_webp = bring_home(jobs, content, output_format="WEBP", output_quality=100)
    with Image.open(io.BytesIO(as_webp)) as picture:
        assert picture.convert("RGBA").getchannel("A").getextrema() == (0, 0)


def test_graphs_that_do_not_fit_a_jpeg_are_left_out_and_the_recipe_is_not(jobs: Jobs) -> None:
    content = made_by_comfy(Image.new("RGB", (64, 64)), {"nodes": ["x" * 70_000]})
    _, data = bring_home(jobs, content, output_format="JPEG")
    assert pictures.read_recipe(data) == RECIPE
    assert pictures.read_comfy(data) == (GRAPH, None)


def test_a_difference_of_format_or_quality_is_told() -> None:
    kept = {"request": {"prompt": "x", "output_format": "JPEG", "output_quality": 90}}
    other = {"request": {"prompt": "x", "output_format": "WEBP", "output_quality": 60}}
    assert [one.member for one in compare(kept, other)] == ["output_format", "output_quality"]
