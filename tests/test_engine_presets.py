"""What drafts need of the engine: pictures that never touch its disk, and its presets by name."""

from __future__ import annotations

import io
import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from tests.engine_fixtures import Message, RunningEngine, figure_graph, read_one


def sending(graph: dict[str, Any]) -> dict[str, Any]:
    """The same graph with its picture sent instead of saved."""
    images = graph["9"]["inputs"]["images"]
    return graph | {"9": {"class_type": "SaveImageWebsocket", "inputs": {"images": images}}}


def plain_image(width: int, height: int, count: int, colour: int) -> dict[str, Any]:
    inputs = {"width": width, "height": height, "batch_size": count, "color": colour}
    return {"class_type": "EmptyImage", "inputs": inputs}


def pngs(messages: list[Message]) -> list[Image.Image]:
    """The PNG previews among the messages of a client that reads no labels."""
    frames = [message for message in messages if isinstance(message, bytes)]
    is_png = struct.pack(">II", 1, 2)
    return [Image.open(io.BytesIO(frame[8:])) for frame in frames if frame.startswith(is_png)]


def files_below(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_pictures_are_sent_as_they_are_and_leave_no_file(engine: RunningEngine) -> None:
    before = {kind: files_below(engine.base / kind) for kind in ("input", "output", "temp")}
    graph = {
        "1": {
            "class_type": "EmptyImage",
            "inputs": {"width": 640, "height": 24, "batch_size": 2, "color": 0x40B0FF},
        },
        "9": {"class_type": "SaveImageWebsocket", "inputs": {"images": ["1", 0]}},
    }
    _, messages, entry = engine.run(graph)
    sent = pngs(messages)
    assert [picture.size for picture in sent] == [(640, 24)] * 2
    assert (np.asarray(sent[1]) == (0x40, 0xB0, 0xFF)).all()
    assert entry["status"]["status_str"] == "success"
    assert {kind: files_below(engine.base / kind) for kind in before} == before


def test_pictures_are_sent_again_although_nothing_changed(engine: RunningEngine) -> None:
    graph = sending(figure_graph("a warrior with a glorp", seed=3))
    for _ in range(2):
        _, messages, entry = engine.run(graph)
        assert len(pngs(messages)) == 1
        assert "glorp" in " ".join(entry["outputs"]["9"]["figure"][0]["not_drawn"])


def test_a_client_that_reads_labels_learns_which_node_sent(engine: RunningEngine) -> None:
    socket = engine.connect("labels")
    try:
        read_one(socket)
        socket.send(json.dumps({"type": "feature_flags", "data": {"supports_preview_metadata": True}}))
        graph = {
            "1": {
                "class_type": "EmptyImage",
                "inputs": {"width": 64, "height": 64, "batch_size": 1, "color": 0},
            },
            "7": {"class_type": "SaveImageWebsocket", "inputs": {"images": ["1", 0]}},
        }
        assert engine.send(graph, client_id="labels").status_code == 200
        frame: Message = {}
        while not isinstance(frame, bytes):
            frame = read_one(socket)
    finally:
        socket.close()
    kind, length = struct.unpack(">II", frame[:8])
    about = json.loads(frame[8 : 8 + length])
    assert (kind, about["node_id"], about["image_type"]) == (4, "7", "image/png")
    assert Image.open(io.BytesIO(frame[8 + length :])).size == (64, 64)


def test_presets_are_listed_and_change_the_picture(engine: RunningEngine) -> None:
    info = engine.http.get("/object_info").json()
    poses = info["FigurePosePreset"]["input"]["required"]["pose"][0]
    styles = info["FigureStyle"]["input"]["required"]["style"][0]
    assert {"wave", "sit", "idle"} <= set(poses)
    assert {"anime", "watercolor", "pixel"} <= set(styles)

    def drawn(preset: dict[str, Any] | None) -> bytes:
        graph = sending(figure_graph(size=96))
        if preset is not None:
            preset["inputs"]["conditioning"] = graph["3"]["inputs"]["positive"]
            graph = graph | {"50": preset}
            graph["3"]["inputs"]["positive"] = ["50", 0]
        _, messages, _ = engine.run(graph)
        return pngs(messages)[0].tobytes()

    plain = drawn(None)
    waving = drawn({"class_type": "FigurePosePreset", "inputs": {"pose": "wave"}})
    painted = drawn({"class_type": "FigureStyle", "inputs": {"style": "watercolor"}})
    assert len({plain, waving, painted}) == 3


def test_a_preset_that_is_not_listed_is_refused(engine: RunningEngine) -> None:
    graph = sending(figure_graph())
    graph["50"] = {"class_type": "FigurePosePreset", "inputs": {"conditioning": ["6", 0], "pose": "yodel"}}
    graph["3"]["inputs"]["positive"] = ["50", 0]
    answer = engine.send(graph)
    assert answer.status_code == 400
    assert answer.json()["node_errors"]["50"]["errors"][0]["type"] == "value_not_in_list"
