"""SadTalker on a GPU server: what is sent, and the video that comes of what its second pack reads."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from studio import pictures
from studio.assembly import Studio, open_studio
from tests.fake_comfy import FakeComfy, message, wait_until
from tests.library_facts import server_info, server_nodes
from tests.studio_fixtures import make_settings, noise_png, wrong_in
from tests.talking_files import voice
from tests.test_talking_pieces import clip, levels_of, sound_of

NAME = "talking_sadtalker"
NO_ENGINE = "http://127.0.0.1:9"  # nothing listens there


@pytest.fixture
def comfy() -> Iterator[FakeComfy]:
    with FakeComfy() as fake:
        fake.info |= server_nodes(custom=True)
        yield fake


@pytest.fixture
def studio(tmp_path: Path, comfy: FakeComfy) -> Iterator[Studio]:
    values = {"comfyui_url": (comfy.url,), "studio_engine_url": NO_ENGINE, "studio_lease_s": 1.0}
    opened = open_studio(make_settings(tmp_path, **values))
    try:
        assert opened.pool.wait_ready(10, "comfy")
        yield opened
    finally:
        opened.close()


def kept(studio: Studio, content: bytes, kind: Any) -> str:
    incoming = studio.files.receive()
    incoming.write(content)
    return studio.talking.keep(incoming, "x", kind)


def answer(comfy: FakeComfy, prompt_id: str, content: bytes) -> None:
    folder, _, stem = comfy.graphs[prompt_id]["7"]["inputs"]["filename_prefix"].rpartition("/")
    name = f"{stem}_00001_.mp4"
    comfy.outputs["output", folder, name] = content
    saved = {"filename": name, "subfolder": folder, "type": "output"}
    ui = {"images": [saved], "animated": [True]}
    comfy.begin(prompt_id)
    comfy.say(message("executed", prompt_id, node="7", display_node="7", output=ui))
    comfy.finish(prompt_id, {"7": ui})


def test_its_video_comes_home_with_the_given_voice(tmp_path: Path, studio: Studio, comfy: FakeComfy) -> None:
    said = voice(1.2)
    names = kept(studio, noise_png(1), "image"), kept(studio, said, "audio")
    wanted = studio.talking.request(*names, {"workflow": NAME, "resolution": 256, "fps": 50})
    job = studio.jobs.submit(wanted, door="test")
    assert wait_until(lambda: bool(comfy.graphs), 120)
    [(prompt_id, graph)] = comfy.graphs.items()
    assert wrong_in(graph, server_info(custom=True)) == []
    assert graph["5"]["inputs"]["frame_load_cap"] == 30
    # Its node drops what does not fill a picture, so that a clip may be one short.
    answer(comfy, prompt_id, clip([80] * 29, 25))
    done = studio.jobs.wait(job.id, 120)
    assert done.status == "completed", done.error
    [output] = done.outputs
    assert (output.width, output.height, output.frames) == (256, 256, 60)
    place = studio.files.output_path(job.id, output.name)
    assert levels_of(place) == pytest.approx([80] * 60, abs=4)
    recipe = pictures.read_recipe(place)
    assert recipe is not None
    assert (recipe["workflow"], "driven_by" in recipe) == (NAME, False)
    (tmp_path / "voice.wav").write_bytes(said)
    heard, given = (sound_of(one, 8_000) for one in (place, tmp_path / "voice.wav"))
    assert np.abs(heard).mean() == pytest.approx(np.abs(given).mean(), rel=0.2)
