"""Whole prompts through the pool, as ComfyUI 0.3.64 was seen to run them, and with things going wrong."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from studio.comfy.events import (
    Cached,
    Connected,
    Disconnected,
    Event,
    Executed,
    Executing,
    Faulted,
    Interrupted,
    Preview,
    Progress,
    RemoteOutput,
    Settled,
    Started,
    Succeeded,
)
from studio.comfy.pool import Pool, Server
from tests.fake_comfy import FakeComfy, message, progress_state, wait_until

JPEG = b"\xff\xd8\xff\xe0" + bytes(38_567)
PREVIEW = struct.pack(">II", 1, 1) + JPEG
SAVED = {"images": [{"filename": "avatar_00001_.png", "subfolder": "", "type": "output"}]}
GRAPH = {
    "3": {"class_type": "KSampler", "inputs": {"seed": 1, "steps": 2, "model": ["4", 0]}},
    "4": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "xl.safetensors"}},
    "9": {"class_type": "SaveImage", "inputs": {"filename_prefix": "avatar", "images": ["3", 0]}},
}


@dataclass
class Scene:
    """A fake server, and a pool that listens to it."""

    fake: FakeComfy
    server: Server
    heard: list[Event] = field(default_factory=list)

    def of(self, prompt_id: str) -> list[Event]:
        return [event for event in self.heard if event.prompt_id == prompt_id]

    def has(self, kind: type[Event], prompt_id: str = "") -> bool:
        return any(type(event) is kind and event.prompt_id == prompt_id for event in self.heard)

    def connects(self) -> int:
        return sum(isinstance(event, Connected) for event in self.heard)

    def sample(self, prompt_id: str) -> None:
        """What the server says while it loads and samples."""
        self.fake.begin(prompt_id)
        self.fake.say(
            progress_state(prompt_id, n4=(0.0, 1.0, "running")),
            message("executing", prompt_id, node="4", display_node="4"),
            progress_state(prompt_id, n4=(1.0, 1.0, "finished")),
            message("executing", prompt_id, node="3", display_node="3"),
            message("progress", prompt_id, node="3", value=1, max=2),
            PREVIEW,
        )

    def save(self, prompt_id: str, node: str, output: dict[str, Any]) -> None:
        self.fake.say(
            message("executing", prompt_id, node=node, display_node=node),
            message("executed", prompt_id, node=node, display_node=node, output=output),
        )


@pytest.fixture
def scene() -> Iterator[Scene]:
    with FakeComfy() as fake:
        server = Server(fake.url, online_poll_s=0.1, offline_poll_s=(0.02, 0.1), dead_after_s=2)
        pool, made = Pool([server]), Scene(fake, server)
        pool.subscribe(lambda server, event: made.heard.append(event))
        pool.start()
        assert pool.wait_ready(5)
        assert fake.wait_listeners()
        yield made
        pool.stop()


def test_from_submission_to_the_picture(scene: Scene) -> None:
    client = scene.server.client
    scene.fake.outputs["output", "", "avatar_00001_.png"] = b"a picture"
    client.submit(GRAPH, "mine")
    scene.sample("mine")
    scene.save("mine", "9", SAVED)
    scene.fake.finish("mine", {"9": SAVED})
    assert wait_until(lambda: scene.has(Settled, "mine"))
    saved = RemoteOutput("avatar_00001_.png", "", "output", "image", False, "9")
    assert scene.of("mine") == [
        Started("mine"),
        Cached("mine", ()),
        Progress("mine", "4", 0, 1),
        Executing("mine", "4"),
        Progress("mine", "4", 1, 1),
        Executing("mine", "3"),
        Progress("mine", "3", 1, 2),
        Preview("mine", "3", "image/jpeg", JPEG),
        Executing("mine", "9"),
        Executed("mine", "9", (saved,), {}),
        Succeeded("mine"),
        Settled("mine"),
    ]
    found = client.outcome("mine")
    assert found is not None
    assert found.outputs == (saved,)
    with client.view(found.outputs[0]) as download:
        assert b"".join(download) == b"a picture"


def test_media_of_every_kind_are_the_same_in_events_and_in_the_history(scene: Scene) -> None:
    frames = [{"filename": f"frame_0000{n}_.png", "subfolder": "sub", "type": "output"} for n in (1, 2, 3)]
    temps = [{"filename": f"ComfyUI_temp_x_0000{n}_.png", "subfolder": "", "type": "temp"} for n in (1, 2, 3)]
    clip = {"filename": "clip_00001_.mp4", "subfolder": "video", "type": "output"}
    sound = {"filename": "clip_00001_.mp3", "subfolder": "audio", "type": "output"}
    outputs: dict[str, Any] = {
        "7": {"audio": [sound]},
        "8": {"images": frames},
        "9": {"images": temps},
        "6": {"images": [clip], "animated": [True]},
    }
    scene.server.client.submit(GRAPH, "m")
    scene.fake.begin("m")
    for node, output in outputs.items():
        scene.save("m", node, output)
    scene.fake.finish("m", outputs)
    assert wait_until(lambda: scene.has(Settled, "m"))
    told = [one for event in scene.of("m") if isinstance(event, Executed) for one in event.outputs]
    found = scene.server.client.history("m")
    assert found is not None
    assert sorted(told, key=repr) == sorted(found.outputs, key=repr)
    assert sum(one.media == "image" for one in told) == 6
    assert [(one.filename, one.animated) for one in told if one.media == "video"] == [
        ("clip_00001_.mp4", True)
    ]
    assert [one.subfolder for one in told if one.media == "audio"] == ["audio"]


def test_the_socket_is_cut_in_mid_job_and_the_end_is_not_heard(scene: Scene) -> None:
    client = scene.server.client
    client.submit(GRAPH, "p")
    scene.sample("p")
    assert wait_until(lambda: scene.has(Preview, "p"))
    scene.fake.mute = True
    scene.fake.cut_websockets()
    scene.fake.finish("p", {"9": SAVED})
    assert wait_until(lambda: scene.has(Disconnected))
    scene.fake.mute = False
    assert wait_until(lambda: scene.connects() >= 2)
    assert not scene.has(Succeeded, "p")
    assert client.whereabouts("p") == "done"
    found = client.outcome("p")
    assert found is not None
    assert [one.filename for one in found.outputs] == ["avatar_00001_.png"]


def test_events_go_on_after_a_cut_while_the_job_still_runs(scene: Scene) -> None:
    scene.server.client.submit(GRAPH, "p")
    scene.sample("p")
    assert wait_until(lambda: scene.has(Preview, "p"))
    scene.fake.cut_websockets()
    assert wait_until(lambda: scene.connects() == 2)
    assert scene.fake.wait_listeners()
    # On reconnection the node is told, and not for which prompt; the old previews need a new sign.
    scene.fake.say({"type": "executing", "data": {"node": "3"}}, PREVIEW)
    scene.fake.say(message("progress", "p", node="3", value=2, max=2), PREVIEW)
    scene.fake.finish("p", {"9": SAVED})
    assert wait_until(lambda: scene.has(Settled, "p"))
    assert sum(isinstance(event, Preview) for event in scene.heard) == 2
    assert Progress("p", "3", 2, 2) in scene.heard


def test_a_silent_socket_while_the_queue_says_running(scene: Scene) -> None:
    scene.server.client.submit(GRAPH, "p")
    scene.fake.mute = True
    scene.fake.begin("p")
    assert scene.server.client.whereabouts("p") == "running"
    assert wait_until(lambda: len(scene.fake.websocket_requests) >= 2)  # opened anew
    scene.fake.finish("p", {"9": SAVED})
    assert scene.server.client.whereabouts("p") == "done"
    assert not scene.of("p")


def test_history_pruned_right_after_the_end_leaves_what_was_heard(scene: Scene) -> None:
    scene.server.client.submit(GRAPH, "p")
    scene.sample("p")
    scene.save("p", "9", SAVED)
    scene.fake.finish("p", {"9": SAVED})
    scene.fake.history.clear()
    assert wait_until(lambda: scene.has(Settled, "p"))
    assert scene.server.client.outcome("p", 0.1) is None
    heard = [event for event in scene.of("p") if isinstance(event, Executed)]
    assert [one.filename for one in heard[0].outputs] == ["avatar_00001_.png"]


def test_somebody_else_stops_our_prompt(scene: Scene) -> None:
    scene.server.client.submit(GRAPH, "p")
    scene.sample("p")
    about = {"prompt_id": "p", "node_id": "3", "node_type": "KSampler", "executed": ["4"]}
    scene.fake.say({"type": "execution_interrupted", "data": about})
    scene.fake.finish("p", ending=["execution_interrupted", about])
    assert wait_until(lambda: scene.has(Settled, "p"))
    assert Interrupted("p", "3") in scene.heard
    found = scene.server.client.outcome("p")
    assert found is not None
    assert found.state == "interrupted"


def test_a_failure_is_told_the_same_by_event_and_history(scene: Scene) -> None:
    scene.server.client.submit(GRAPH, "p")
    scene.fake.begin("p")
    about = {
        "prompt_id": "p",
        "node_id": "3",
        "node_type": "KSampler",
        "executed": [],
        "exception_message": "Allocation on device",
        "exception_type": "torch.OutOfMemoryError",
        "traceback": ["...\n"],
        "current_inputs": {},
        "current_outputs": ["4"],
    }
    scene.fake.say({"type": "execution_error", "data": about})
    scene.fake.finish("p", ending=["execution_error", about])
    assert wait_until(lambda: scene.has(Settled, "p"))
    fault = next(event.fault for event in scene.heard if isinstance(event, Faulted))
    found = scene.server.client.history("p")
    assert found is not None
    assert found.error == fault
    assert fault.to_error().code == "out_of_memory"
    assert fault.to_error().problem.retry_mends


def test_two_studios_on_one_server_do_not_take_each_others_prompts(scene: Scene) -> None:
    scene.server.client.submit(GRAPH, "ours")
    scene.fake.begin("theirs")
    scene.fake.say(message("executing", "theirs", node="3"), PREVIEW)
    scene.fake.finish("theirs", {"9": SAVED})
    scene.sample("ours")
    scene.fake.say(message("executing", "theirs", node=None))  # a leftover that comes late
    scene.save("ours", "9", SAVED)
    scene.fake.finish("ours", {"9": SAVED})
    assert wait_until(lambda: scene.has(Settled, "ours"))
    kinds = [type(event) for event in scene.of("ours")]
    assert kinds[-2:] == [Succeeded, Settled]
    assert kinds.count(Preview) == 1
    assert scene.of("theirs")[-1] == Settled("theirs")
    assert scene.server.client.interrupt("theirs") is False
