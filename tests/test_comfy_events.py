"""Websocket frames become typed events, whatever the server's version and whoever else uses it."""

from __future__ import annotations

import json
import struct
from typing import Any

import pytest

from studio.comfy.events import (
    Cached,
    Connected,
    Event,
    Executed,
    Executing,
    Faulted,
    Interrupted,
    Preview,
    Progress,
    Queued,
    Reader,
    RemoteOutput,
    Said,
    Settled,
    Started,
    Succeeded,
    collect_extras,
    collect_outputs,
)
from tests.fake_comfy import message, progress_state

JPEG = b"\xff\xd8\xff\xe0" + bytes(32)
PNG = b"\x89PNG\r\n\x1a\n" + bytes(32)


def status(remaining: int, sid: str | None = None) -> dict[str, Any]:
    data: dict[str, Any] = {"status": {"exec_info": {"queue_remaining": remaining}}}
    return {"type": "status", "data": data | ({"sid": sid} if sid else {})}


def read(reader: Reader, *frames: dict[str, Any] | bytes | str) -> list[Event]:
    return [
        event
        for frame in frames
        for event in reader.read(json.dumps(frame) if isinstance(frame, dict) else frame)
    ]


def old_preview(data: bytes, image_format: int = 1) -> bytes:
    return struct.pack(">II", 1, image_format) + data


def new_preview(about: dict[str, Any], data: bytes) -> bytes:
    head = json.dumps(about).encode()
    return struct.pack(">II", 4, len(head)) + head + data


def test_a_whole_run_in_order() -> None:
    events = read(
        Reader(),
        status(0, "me"),
        status(1),
        message("execution_start", "p", timestamp=1),
        message("execution_cached", "p", nodes=[], timestamp=1),
        progress_state("p", n4=(0.0, 1.0, "running")),
        message("executing", "p", node="4", display_node="4"),
        progress_state("p", n4=(1.0, 1.0, "finished")),
        progress_state("p", n4=(1.0, 1.0, "finished"), n3=(0.0, 1.0, "running")),
        message("executing", "p", node="3", display_node="3"),
        message("progress", "p", node="3", value=1, max=2),
        progress_state("p", n4=(1.0, 1.0, "finished"), n3=(1, 2, "running")),
        old_preview(JPEG),
        message("progress", "p", node="3", value=2, max=2),
        message("executing", "p", node="9", display_node="9"),
        message(
            "executed",
            "p",
            node="9",
            display_node="9",
            output={"images": [{"filename": "avatar_00001_.png", "subfolder": "", "type": "output"}]},
        ),
        message("execution_success", "p", timestamp=2),
        status(0),
        message("executing", "p", node=None),
    )
    saved = RemoteOutput("avatar_00001_.png", "", "output", "image", False, "9")
    assert events == [
        Connected(sid="me"),
        Queued(remaining=0),
        Queued(remaining=1),
        Started("p"),
        Cached("p", ()),
        Progress("p", "4", 0, 1),
        Executing("p", "4"),
        Progress("p", "4", 1, 1),
        Progress("p", "3", 0, 1),
        Executing("p", "3"),
        Progress("p", "3", 1, 2),
        Preview("p", "3", "image/jpeg", JPEG),
        Progress("p", "3", 2, 2),
        Executing("p", "9"),
        Executed("p", "9", (saved,), {}),
        Succeeded("p"),
        Queued(remaining=0),
        Settled("p"),
    ]


def test_a_cached_run_reports_its_outputs_and_no_progress() -> None:
    output = {"images": [{"filename": "a.png", "subfolder": "", "type": "output"}]}
    events = read(
        Reader(),
        message("execution_start", "p"),
        message("execution_cached", "p", nodes=["3", "9"]),
        message("executed", "p", node="9", display_node="9", output=output),
        message("execution_success", "p"),
    )
    assert [type(event) for event in events] == [Started, Cached, Executed, Succeeded]
    assert isinstance(events[1], Cached)
    assert events[1].nodes == ("3", "9")


def test_leftovers_of_another_prompt_keep_their_own_id_and_previews_go_to_the_running_one() -> None:
    events = read(
        Reader(),
        message("executing", "old", node="3"),
        message("executing", "new", node="5"),
        message("executing", "old", node=None),
        old_preview(PNG, 2),
    )
    assert events[-2:] == [Settled("old"), Preview("new", "5", "image/png", PNG)]


def test_a_preview_of_nobody_is_dropped() -> None:
    reader = Reader()
    assert read(reader, old_preview(JPEG)) == []
    read(reader, message("executing", "p", node="3"), message("execution_success", "p"))
    assert read(reader, old_preview(JPEG)) == []


def test_progress_of_a_stranger_takes_the_previews_with_it() -> None:
    events = read(
        Reader(),
        message("executing", "ours", node="3"),
        message("progress", "theirs", node="7", value=1, max=4),
        old_preview(JPEG),
    )
    assert events[-1] == Preview("theirs", "7", "image/jpeg", JPEG)


def test_a_text_beside_a_node_is_told_for_the_running_prompt() -> None:
    frame = struct.pack(">II", 3, 2) + b"12" + "Preparing … 15 s".encode()
    events = read(Reader(), frame, message("executing", "p", node="3"), frame)
    assert events == [Executing("p", "3"), Said("p", "12", "Preparing … 15 s")]


def test_a_preview_with_metadata_names_its_prompt_itself() -> None:
    about = {"node_id": "3", "display_node_id": "3", "prompt_id": "p", "image_type": "image/png"}
    events = read(Reader(), message("executing", "other", node="1"), new_preview(about, PNG))
    assert events[-1] == Preview("p", "3", "image/png", PNG)


def test_executing_without_a_prompt_as_sent_on_reconnection_is_not_believed() -> None:
    assert read(Reader(), {"type": "executing", "data": {"node": "3"}}, old_preview(JPEG)) == []


def test_interrupted_and_failed() -> None:
    interrupted, faulted = read(
        Reader(),
        message("execution_interrupted", "p", node_id="3", node_type="KSampler", executed=["5"]),
        message(
            "execution_error",
            "q",
            node_id="1",
            node_type="LoadImage",
            executed=[],
            exception_message="cannot identify image file 'bad.png'\n",
            exception_type="PIL.UnidentifiedImageError",
            traceback=["line 1\n"],
            current_inputs={"image": ["bad.png"]},
        ),
    )
    assert interrupted == Interrupted("p", "3")
    assert isinstance(faulted, Faulted)
    fault = faulted.fault
    assert (fault.node_id, fault.node_type) == ("1", "LoadImage")
    assert fault.message == "cannot identify image file 'bad.png'"
    assert fault.traceback == ("line 1\n",)
    error = fault.to_error()
    assert error.code == "graph_failed"
    assert error.message == ("The graph failed in node 1 (LoadImage): cannot identify image file 'bad.png'.")


@pytest.mark.parametrize(
    ("exception_type", "text", "code"),
    [
        ("torch.OutOfMemoryError", "Allocation on device 0 would exceed allowed memory.", "out_of_memory"),
        ("torch.cuda.OutOfMemoryError", "CUDA out of memory. Tried to allocate 2 GiB", "out_of_memory"),
        ("RuntimeError", "MPS backend out of memory (MPS allocated: 9 GB)", "out_of_memory"),
        ("RuntimeError", "[enforce fail] DefaultCPUAllocator: can't allocate memory", "out_of_memory"),
        ("numpy._core._exceptions._ArrayMemoryError", "Unable to allocate 9 GiB", "out_of_memory"),
        ("MemoryError", "", "out_of_memory"),
        ("studio.engine.figure.WordsRefused", "That is not drawn here.", "words_refused"),
        ("RuntimeError", "mat1 and mat2 shapes cannot be multiplied", "graph_failed"),
        (None, None, "graph_failed"),
    ],
)
def test_faults_find_their_code(exception_type: str | None, text: str | None, code: str) -> None:
    data = {"node_id": "3", "node_type": "KSampler"}
    data |= {"exception_type": exception_type, "exception_message": text}
    (event,) = read(Reader(), message("execution_error", "p", **data))
    assert isinstance(event, Faulted)
    error = event.fault.to_error()
    assert error.code == code
    assert error.message
    if code == "words_refused":
        assert error.message == "That is not drawn here."


@pytest.mark.parametrize(
    "frame",
    [
        "",
        "not json",
        "[]",
        "null",
        '"text"',
        "{}",
        '{"type": "progress"}',
        '{"type": "progress", "data": {"prompt_id": "p", "node": "1", "value": "x", "max": null}}',
        '{"type": "progress", "data": {"prompt_id": "p", "node": "1", "value": 1, "max": 0}}',
        '{"type": "progress", "data": {"prompt_id": "p", "node": "1", "value": NaN, "max": 2}}',
        '{"type": "status", "data": {"status": {"exec_info": null}}}',
        '{"type": "executing", "data": []}',
        '{"type": "executing", "data": {"node": "1", "prompt_id": ["p"]}}',
        '{"type": "progress_state", "data": {"prompt_id": "p", "nodes": {"1": null}}}',
        '{"type": "execution_cached", "data": {"prompt_id": "p"}}',
        '{"type": "something.new", "data": {"prompt_id": "p"}}',
        '{"type": "feature_flags", "data": {"supports_preview_metadata": true}}',
        "[" * 100_000,
        b"",
        b"\0\0\0",
        b"\0\0\0\x01",
        b"\0\0\0\x04\xff\xff\xff\xff{}",
        b"\0\0\0\x04\0\0\0\x02[]",
        b"\0\0\0\x03\0\0\0\x011text beside a node",
        b"\xff" * 64,
    ],
)
def test_what_cannot_be_understood_is_passed_over(frame: str | bytes) -> None:
    reader = Reader()
    assert reader.read(frame) == []
    assert read(reader, message("execution_start", "p")) == [Started("p")]


def test_outputs_are_found_under_every_key() -> None:
    ui = {
        "images": [
            {"filename": "a.png", "subfolder": "sub", "type": "output"},
            {"filename": "t.webp", "subfolder": "", "type": "temp"},
            "junk",
            {"filename": ""},
            {"filename": 7},
            {"filename": "b.png", "subfolder": 7},
        ],
        "gifs": [{"filename": "v.mp4", "type": "output", "format": "video/h264-mp4", "fullpath": "/x/v.mp4"}],
        "audio": [{"filename": "s.flac", "subfolder": "audio", "type": "output"}],
        "result": {"filename": "mesh.glb", "subfolder": "3d", "type": "output"},
        "latents": [{"filename": "l.latent", "subfolder": "", "type": "output"}],
        "text": ["a caption"],
        "nothing": None,
    }
    found = collect_outputs(ui, "9")
    assert [(one.filename, one.subfolder, one.folder_type, one.media) for one in found] == [
        ("a.png", "sub", "output", "image"),
        ("t.webp", "", "temp", "image"),
        ("v.mp4", "", "output", "video"),
        ("s.flac", "audio", "output", "audio"),
        ("mesh.glb", "3d", "output", "file"),
        ("l.latent", "", "output", "file"),
    ]
    assert {one.node for one in found} == {"9"}
    assert collect_extras(ui) == {"text": ["a caption"]}


def test_a_video_arrives_as_an_animated_image() -> None:
    ui = {
        "images": [{"filename": "clip_00001_.mp4", "subfolder": "video", "type": "output"}],
        "animated": [True],
    }
    (video,) = collect_outputs(ui)
    assert (video.media, video.animated) == ("video", True)
    (sticker,) = collect_outputs({"images": [{"filename": "a.webp"}], "animated": (True,)})
    assert (sticker.media, sticker.animated) == ("image", True)
    assert collect_extras(ui) == {}


def test_a_file_named_twice_is_one_file() -> None:
    item = {"filename": "a.mp4", "subfolder": "", "type": "output"}
    assert len(collect_outputs({"gifs": [item], "images": [item]})) == 1


def test_what_the_figure_tells_stays_beside_the_pictures() -> None:
    figure = [{"not_drawn": ["a dragon"], "recipe": {"seed": 1}}]
    output = {"images": [{"filename": "a.png", "subfolder": "", "type": "output"}], "figure": figure}
    (event,) = read(Reader(), message("executed", "p", node="9", output=output))
    assert isinstance(event, Executed)
    assert event.extras == {"figure": figure}
    assert [one.filename for one in event.outputs] == ["a.png"]
