"""What a server made, brought home: which files count, under which names, whole and with their recipe."""

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
from studio.errors import StudioError
from studio.jobs import Jobs
from studio.records.entities import Job
from studio.request import AvatarRequest
from tests.fake_comfy import FakeComfy, Reply
from tests.studio_fixtures import noise_png, open_jobs, png

RECIPE = {"studio": "test", "seed": 7, "request": {"prompt": "a knight", "seed": 7}}


@pytest.fixture
def jobs(tmp_path: Path) -> Iterator[Jobs]:
    opened = open_jobs(tmp_path)
    yield opened
    opened.database.close()


@pytest.fixture
def comfy() -> Iterator[FakeComfy]:
    with FakeComfy() as fake:
        yield fake


@pytest.fixture
def client(comfy: FakeComfy) -> Iterator[Comfy]:
    opened = Comfy(comfy.url)
    yield opened
    opened.close()


def remote(
    comfy: FakeComfy,
    content: bytes,
    name: str = "a_00001_.png",
    folder_type: str = "output",
    media: str = "image",
) -> RemoteOutput:
    """Put a result on the server."""
    comfy.outputs[folder_type, "sub", name] = content
    return RemoteOutput(name, "sub", folder_type, media)  # type: ignore[arg-type]


def submit(jobs: Jobs, *views: str) -> Job:
    return jobs.submit(
        AvatarRequest.model_validate({"prompt": "x", "views": views or ("front",)}), door="test"
    )


def store(jobs: Jobs, client: Comfy, job: Job, *found: RemoteOutput) -> list[Any]:
    return collect.store(client, jobs.files, job, job.tasks[0], found, RECIPE)


def as_comfy_saves(prompt: dict[str, Any], workflow: dict[str, Any]) -> bytes:
    texts = PngInfo()
    texts.add_text("prompt", json.dumps(prompt))
    texts.add_text("workflow", json.dumps(workflow))
    file = io.BytesIO()
    Image.open(io.BytesIO(noise_png(1))).save(file, "PNG", pnginfo=texts)
    return file.getvalue()


def test_a_picture_comes_home_with_its_recipe_and_what_comfyui_wrote(
    jobs: Jobs, comfy: FakeComfy, client: Comfy
) -> None:
    job = submit(jobs)
    content = as_comfy_saves({"1": {"class_type": "X", "inputs": {}}}, {"nodes": [], "version": 0.4})
    [output] = store(jobs, client, job, remote(comfy, content))
    path = jobs.files.output_path(job.id, "output.png")
    assert (output.name, output.filename, output.view, output.mime_type) == (
        "output.png",
        "a_00001_.png",
        "front",
        "image/png",
    )
    assert (output.width, output.height, output.size) == (64, 64, path.stat().st_size)
    assert pictures.read_recipe(path) == RECIPE
    assert pictures.read_comfy(path) == (
        {"1": {"class_type": "X", "inputs": {}}},
        {"nodes": [], "version": 0.4},
    )
    with Image.open(path) as kept, Image.open(io.BytesIO(content)) as made:
        assert kept.tobytes() == made.tobytes()


def test_names_tell_the_view_in_a_sheet_and_number_variants(
    jobs: Jobs, comfy: FakeComfy, client: Comfy
) -> None:
    sheet = submit(jobs, "back", "front")
    found = [remote(comfy, png(), f"a_{n}_.png") for n in range(3)]
    assert [one.name for one in store(jobs, client, sheet, *found)] == [
        "back.png",
        "back_2.png",
        "back_3.png",
    ]
    assert [one.position for one in store(jobs, client, sheet, *found)] == [0, 1, 2]
    single = submit(jobs)
    assert [one.name for one in store(jobs, client, single, *found)] == [
        "output.png",
        "output_2.png",
        "output_3.png",
    ]


@pytest.mark.parametrize(
    ("filename", "name"),
    [
        ("A.PNG", "output.png"),
        ("no_suffix", "output.bin"),
        ("clip.mp4", "output.mp4"),
        ("sub\\dir.x\\voice", "output.bin"),
        ("a.b/c.flac", "output.flac"),
    ],
)
def test_the_suffix_is_the_servers(jobs: Jobs, filename: str, name: str) -> None:
    job = submit(jobs)
    assert collect.output_name(job, job.tasks[0], 0, RemoteOutput(filename, "", "output", "image")) == name


def test_what_is_no_picture_is_kept_as_it_is(jobs: Jobs, comfy: FakeComfy, client: Comfy) -> None:
    job = submit(jobs)
    content = b"\0\0\0\x18ftypmp42" + bytes(100_000)
    [output] = store(jobs, client, job, remote(comfy, content, "clip.mp4", media="video"))
    kept = jobs.files.output_path(job.id, "output.mp4").read_bytes()
    assert kept[: len(content)] == content, "its recipe goes behind it"
    assert (output.mime_type, output.media, output.width) == ("video/mp4", "video", None)


def test_large_pictures_take_the_same_way_over_the_disk(
    jobs: Jobs, comfy: FakeComfy, client: Comfy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collect, "IN_MEMORY_BYTES", 100)
    job = submit(jobs)
    store(jobs, client, job, remote(comfy, noise_png(3)))
    path = jobs.files.output_path(job.id, "output.png")
    assert pictures.read_recipe(path) == RECIPE
    with Image.open(path) as kept, Image.open(io.BytesIO(noise_png(3))) as made:
        assert kept.tobytes() == made.tobytes()
    assert list(jobs.settings.temp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"not a picture", png()[:60]], ids=["empty", "text", "cut"])
def test_a_broken_picture_is_refused_and_leaves_nothing(
    jobs: Jobs, comfy: FakeComfy, client: Comfy, content: bytes
) -> None:
    job = submit(jobs)
    with pytest.raises(StudioError) as caught:
        store(jobs, client, job, remote(comfy, content))
    assert caught.value.code == "invalid_image"
    assert not jobs.files.output_path(job.id, "output.png").exists()


def test_a_result_that_is_gone_and_none_at_all(jobs: Jobs, client: Comfy) -> None:
    job = submit(jobs)
    with pytest.raises(StudioError) as caught:
        store(jobs, client, job, RemoteOutput("a.png", "", "output", "image"))
    assert caught.value.code == "output_missing"
    with pytest.raises(StudioError) as caught:
        store(jobs, client, job)
    assert caught.value.code == "no_output"


def test_a_download_that_breaks_off_leaves_no_half(jobs: Jobs, comfy: FakeComfy, client: Comfy) -> None:
    job = submit(jobs)
    found = remote(comfy, b"x" * 200_000, "clip.mp4", media="video")
    comfy.replies["/view"] = Reply(b"x" * 200_000, cut_after=1000)
    with pytest.raises(StudioError):
        store(jobs, client, job, found)
    assert not jobs.files.output_path(job.id, "output.mp4").exists()
    assert list(jobs.settings.temp_path.iterdir()) == []


def test_storing_again_replaces_the_same_file(jobs: Jobs, comfy: FakeComfy, client: Comfy) -> None:
    job = submit(jobs)
    found = remote(comfy, png())
    first, second = (store(jobs, client, job, found)[0] for _ in range(2))
    assert dataclasses.replace(first, id="", created_at=0) == dataclasses.replace(second, id="", created_at=0)
    assert [path.name for path in (jobs.settings.outputs_path / job.id).iterdir()] == ["output.png"]


def test_saved_files_count_and_temporary_ones_only_without_them() -> None:
    saved, preview = (RemoteOutput("a.png", "", kind, "image") for kind in ("output", "temp"))  # type: ignore[arg-type]
    assert collect.finals([preview, saved, saved]) == [saved]
    assert collect.finals([preview, preview]) == [preview]
    assert collect.finals([]) == []


def test_what_a_server_forgot_is_found_by_its_name(comfy: FakeComfy, client: Comfy) -> None:
    assert collect.filename_prefix("p1") == "avatarforge/p1/avatarforge"
    assert collect.leftovers(client, "p1") == []
    for number in (1, 2):
        comfy.outputs["output", "avatarforge/p1", f"avatarforge_{number:05}_.png"] = png()
    assert [one.filename for one in collect.leftovers(client, "p1")] == [
        "avatarforge_00001_.png",
        "avatarforge_00002_.png",
    ]


@pytest.mark.parametrize(
    ("extras", "said"),
    [
        ([], []),
        ([{}], []),
        (
            [{"figure": [{"not_drawn": ["wings", "tail"]}]}, {"figure": [{"not_drawn": ["wings"]}]}],
            ["wings, tail"],
        ),
        ([{"figure": "x"}, {"figure": [5, {"not_drawn": "x"}]}], []),
    ],
)
def test_what_was_not_drawn_is_said_once(extras: list[dict[str, Any]], said: list[str]) -> None:
    assert collect.notes(extras) == [f"not drawn: {words}" for words in said]
