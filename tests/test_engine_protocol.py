"""The engine answers like a real ComfyUI 0.3.64: flows recorded there are replayed, field by field."""

from __future__ import annotations

import io
import json
import uuid
from typing import Any

import httpx
import pytest
from PIL import Image

from tests.engine_fixtures import (
    CAPTURES,
    Message,
    RunningEngine,
    figure_graph,
    plain_graph,
    read_one,
    read_until_end,
    running_engine,  # noqa: F401
)
from tests.fake_comfy import wait_until

FLOWS: dict[str, Any] = json.loads((CAPTURES / "flows.json").read_text())
CHECKPOINT, CAPTURED_CHECKPOINT = "avatarforge-figure", "random_sd15.safetensors"
STATES_RECORDED = 6  # the recording kept only the first progress_state messages of a flow


def neutral(value: Any, prompt_id: str, names: dict[str, str] | None = None) -> Any:
    """Replace what differs from run to run by what the recordings say instead."""
    if isinstance(value, dict):
        fixed = {"timestamp": "$time", "sid": "$sid", "traceback": "$traceback"}
        return {
            key: fixed[key] if key in fixed else neutral(item, prompt_id, names)
            for key, item in value.items()
            if key != "figure"  # our own addition beside images
        }
    if isinstance(value, list):
        return [neutral(item, prompt_id, names) for item in value]
    if isinstance(value, str):
        for real, told in (names or {}).items():
            value = value.replace(real, told)
        return {prompt_id: "$id", CHECKPOINT: CAPTURED_CHECKPOINT}.get(value, value)
    return value


def recorded(
    messages: list[Message], prompt_id: str, *, states: int = 0, names: dict[str, str] | None = None
) -> list[list[Any]]:
    """Write messages in the form of the recordings."""
    told: list[list[Any]] = []
    for message in messages:
        if isinstance(message, bytes):
            if message[:4] == b"\0\0\0\3":
                continue  # said while the figure is still being prepared
            told.append(["preview", list(message[:8])])
            continue
        data = neutral(message["data"], prompt_id, names)
        if message["type"] == "progress_state":
            states -= 1
            if states < 0:
                continue
            for node_id, state in data["nodes"].items():
                assert state["prompt_id"] == "$id"
                assert state["node_id"] == state["display_node_id"] == state["real_node_id"] == node_id
                assert state["parent_node_id"] is None
            data = {
                node_id: [state["value"], state["max"], state["state"]]
                for node_id, state in data["nodes"].items()
            }
        told.append([message["type"], data])
    return told


def test_success_then_cached_then_stored(engine: RunningEngine) -> None:
    client = uuid.uuid4().hex
    socket = engine.connect(client)
    hello = read_one(socket)
    assert isinstance(hello, dict)
    assert hello["data"]["sid"] == client

    answer = engine.send(figure_graph(), client_id=client)
    prompt_id = answer.json()["prompt_id"]
    assert (answer.status_code, answer.json()) == (
        200,
        {"prompt_id": prompt_id, "number": 0, "node_errors": {}},
    )
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    messages = [hello, *read_until_end(socket, prompt_id)]
    assert recorded(messages, prompt_id, states=STATES_RECORDED) == FLOWS["success"]
    previews = [message for message in messages if isinstance(message, bytes)]
    assert Image.open(io.BytesIO(previews[-1][8:])).format == "JPEG"

    entry = engine.http.get(f"/history/{prompt_id}").json()[prompt_id]
    assert entry["prompt"][2] == figure_graph()
    entry["prompt"][2] = "$prompt"
    assert neutral(entry, prompt_id, {client: "$client"}) == FLOWS["history success"]

    view = engine.http.get("/view", params={"filename": "avatar_00001_.png", "type": "output"})
    assert {key: view.headers[key] for key in FLOWS["view headers"]} == FLOWS["view headers"]
    assert view.headers["content-length"] == str(len(view.content))
    assert "etag" in view.headers
    assert "last-modified" in view.headers
    assert Image.open(io.BytesIO(view.content)).size == (64, 64)

    again = engine.send(figure_graph(), client_id=client).json()
    assert again["number"] == 1
    messages = read_until_end(socket, again["prompt_id"])
    assert recorded(messages, again["prompt_id"]) == FLOWS["cached"]
    socket.close()


def broken_graphs() -> dict[str, Any]:
    unknown_checkpoint = figure_graph()
    unknown_checkpoint["4"]["inputs"]["ckpt_name"] = "missing.safetensors"
    bad_values = figure_graph()
    bad_values["3"]["inputs"] |= {"steps": 0, "sampler_name": "bogus"}
    missing_link = figure_graph()
    del missing_link["3"]["inputs"]["model"]
    without_output = figure_graph()
    del without_output["9"]
    return {
        "unknown checkpoint": unknown_checkpoint,
        "unknown node": {"1": {"class_type": "NoSuchNode", "inputs": {}}},
        "no output node": without_output,
        "empty prompt": {},
        "two bad values": bad_values,
        "missing link": missing_link,
    }


@pytest.mark.parametrize("kind", sorted(broken_graphs()))
def test_refused(engine: RunningEngine, kind: str) -> None:
    answer = engine.send(broken_graphs()[kind])
    status, body = FLOWS["refused"][kind]
    told = neutral(answer.json(), "no id")
    for errors in (body["node_errors"], told["node_errors"]):
        for node in errors.values():
            for error in node["errors"]:
                drop_tooltip(error["extra_info"].get("input_config"))
    text = json.dumps(told).replace(f"['{CHECKPOINT}']", f"['{CAPTURED_CHECKPOINT}']")
    assert (answer.status_code, json.loads(text)) == (status, body)


def drop_tooltip(config: Any) -> None:
    if isinstance(config, list) and len(config) > 1:
        config[1].pop("tooltip", None)


def test_refused_without_a_prompt_or_json(engine: RunningEngine) -> None:
    answer = engine.http.post("/prompt", json={"client_id": "x"})
    assert [answer.status_code, answer.json()] == FLOWS["refused"]["no prompt"]
    answer = engine.http.post("/prompt", content=b"not json")
    assert [answer.status_code, answer.text] == FLOWS["refused"]["not json"]


def test_own_id_priorities_and_interrupt(engine: RunningEngine) -> None:
    client = uuid.uuid4().hex
    engine.run(figure_graph(), client)  # leaves the loader and the words in the cache
    engine.http.post("/history", json={"clear": True})
    socket = engine.connect(client)
    read_one(socket)
    running = figure_graph(seed=5, steps=30, size=256, batch=400)
    own = engine.send(running, client_id=client, prompt_id="my-own-id-1").json()
    assert own["prompt_id"] == "my-own-id-1"
    number = own["number"]
    messages: list[Message] = []
    while not is_sampling(messages):
        messages.append(read_one(socket))
    waiting = figure_graph(seed=6, size=128)
    numbered = engine.send(waiting, client_id=client, number=5).json()
    front = engine.send(waiting, client_id=client, front=True).json()
    assert (numbered["number"], front["number"]) == (5.0, -(number + 1))

    queue = engine.http.get("/queue").json()
    names = {front["prompt_id"]: "$front", numbered["prompt_id"]: "$numbered"}
    shown = {
        side: [[row[0], names.get(row[1], row[1])] for row in queue[f"queue_{side}"]]
        for side in ("running", "pending")
    }
    expected = FLOWS["queue"]
    assert shown["running"] == [[number, "my-own-id-1"]]
    assert [row[1] for row in shown["pending"]] == [row[1] for row in expected["pending"]]
    assert [type(item).__name__ for item in queue["queue_running"][0]] == expected["row"]

    deleted = engine.http.post("/queue", json={"delete": [numbered["prompt_id"]]})
    assert (deleted.status_code, deleted.text) == (200, "")
    stopped = engine.http.post("/interrupt", json={"prompt_id": "my-own-id-1"})
    assert (stopped.status_code, stopped.text) == (200, "")
    messages += read_until_end(socket, "my-own-id-1")
    told = recorded(messages, "my-own-id-1")
    assert [entry for entry in told if entry[0] not in ("progress", "preview")] == FLOWS["interrupted"]

    messages = read_until_end(socket, front["prompt_id"])
    assert recorded(messages, front["prompt_id"]) == FLOWS["after interrupt"]

    entry = engine.http.get("/history/my-own-id-1").json()["my-own-id-1"]
    assert entry["prompt"][0] == number
    entry["prompt"][0], entry["prompt"][2] = 9, "$prompt"
    assert neutral(entry, "my-own-id-1", {client: "$client"}) == FLOWS["history interrupted"]
    assert engine.http.get(f"/history/{numbered['prompt_id']}").json() == {}
    socket.close()


def is_sampling(messages: list[Message]) -> bool:
    return any(
        isinstance(message, dict) and message["type"] == "executing" and message["data"]["node"] == "3"
        for message in messages
    )


def test_broken_input_fails_when_it_runs(engine: RunningEngine) -> None:
    client = uuid.uuid4().hex
    engine.http.post("/upload/image", files={"image": ("bad.png", b"this is no picture")})
    graph = {
        "1": {"class_type": "LoadImage", "inputs": {"image": "bad.png"}},
        "2": {"class_type": "SaveImage", "inputs": {"filename_prefix": "x", "images": ["1", 0]}},
    }
    prompt_id, messages, entry = engine.run(graph, client)
    names = {str((engine.base / "input").resolve()): "$input", client: "$client"}
    told = [
        entry for entry in recorded(messages, prompt_id, names=names) if entry[1].get("node", "") is not None
    ]
    assert told == FLOWS["failed"]
    entry["prompt"][0], entry["prompt"][2] = 11, "$prompt"
    assert neutral(entry, prompt_id, names) == FLOWS["history failed"]
    fault = next(
        message for message in messages if isinstance(message, dict) and message["type"] == "execution_error"
    )
    assert "load_image" in "".join(fault["data"]["traceback"])


def test_many_pictures_from_one_input(engine: RunningEngine) -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (20, 10), (9, 8, 7)).save(buffer, "PNG")
    engine.http.post("/upload/image", files={"image": ("many.png", buffer.getvalue())})
    images = {"images": ["3", 0]}
    graph = {
        "1": {"class_type": "LoadImage", "inputs": {"image": "many.png"}},
        "2": {"class_type": "RepeatImageBatch", "inputs": {"image": ["1", 0], "amount": 3}},
        "3": {
            "class_type": "ImageScale",
            "inputs": {
                "image": ["2", 0],
                "upscale_method": "bilinear",
                "width": 64,
                "height": 64,
                "crop": "disabled",
            },
        },
        "8": {"class_type": "SaveImage", "inputs": {**images, "filename_prefix": "sub/frame"}},
        "9": {"class_type": "PreviewImage", "inputs": images},
    }
    _, messages, entry = engine.run(graph)
    texts = [message for message in messages if isinstance(message, dict)]
    order = [
        (message["type"], message["data"]["node"])
        for message in texts
        if message["type"] in ("executing", "executed")
    ]
    assert order == [
        ("executing", "1"),
        ("executing", "2"),
        ("executing", "3"),
        ("executing", "8"),
        ("executed", "8"),
        ("executing", "9"),
        ("executed", "9"),
        ("executing", None),
    ]
    saved, shown = entry["outputs"]["8"]["images"], entry["outputs"]["9"]["images"]
    assert saved == [
        {"filename": f"frame_{number:05}_.png", "subfolder": "sub", "type": "output"} for number in (1, 2, 3)
    ]
    assert [set(image) for image in shown] == [{"filename", "subfolder", "type"}] * 3
    assert [image["filename"].rsplit("_", 2)[1] for image in shown] == ["00001", "00002", "00003"]
    assert set(entry["meta"]) == {"8", "9"}
    assert entry["prompt"][4] == ["8", "9"]


def test_history_pages_and_forgetting(engine: RunningEngine) -> None:
    engine.http.post("/history", json={"clear": True})
    assert engine.http.get("/history").json() == {}
    ids = [engine.run(plain_graph(color))[0] for color in (1, 2, 3)]
    assert list(engine.http.get("/history").json()) == ids
    assert list(engine.http.get("/history", params={"max_items": 1}).json()) == ids[2:]
    assert list(engine.http.get("/history", params={"max_items": 1, "offset": 1}).json()) == ids[1:2]
    assert list(engine.http.get("/api/history", params={"offset": 2}).json()) == ids[2:]
    assert engine.http.get("/history/unknown").json() == {}
    forgotten = engine.http.post("/history", json={"delete": [ids[0], "unknown"]})
    assert (forgotten.status_code, forgotten.text) == (200, "")
    assert list(engine.http.get("/history").json()) == ids[1:]


def test_prompt_counter_and_queue_clear(engine: RunningEngine) -> None:
    assert engine.http.get("/prompt").json() == {"exec_info": {"queue_remaining": 0}}
    slow = engine.send(figure_graph(seed=9, size=256, batch=400)).json()["prompt_id"]
    assert wait_until(lambda: engine.http.get("/queue").json()["queue_running"])  # clearing spares what runs
    engine.send(plain_graph(7))
    engine.send(plain_graph(8))
    assert engine.http.get("/prompt").json() == {"exec_info": {"queue_remaining": 3}}
    assert engine.http.post("/queue", json={"clear": True}).status_code == 200
    assert engine.http.get("/prompt").json() == {"exec_info": {"queue_remaining": 1}}
    not_ours = engine.http.post("/interrupt", json={"prompt_id": "somebody else's"})
    assert not_ours.status_code == 200
    assert len(engine.http.get("/queue").json()["queue_running"]) == 1
    assert engine.http.post("/interrupt", content=b"").status_code == 200
    wait_for_history(engine, slow)


def wait_for_history(engine: RunningEngine, prompt_id: str) -> dict[str, Any]:
    socket = engine.connect("waiting")
    try:
        while not (found := engine.http.get(f"/history/{prompt_id}").json()):
            read_one(socket)  # a status message comes whenever a prompt ends
    finally:
        socket.close()
    return found[prompt_id]


def test_two_clients_hear_only_of_their_own(engine: RunningEngine) -> None:
    one, two = engine.connect("one"), engine.connect("two")
    read_one(one)
    read_one(two)
    first = engine.send(plain_graph(21), client_id="one").json()["prompt_id"]
    second = engine.send(plain_graph(22), client_id="two").json()["prompt_id"]
    for socket, mine in ((one, first), (two, second)):
        heard = read_until_end(socket, mine)
        ids = {m["data"]["prompt_id"] for m in heard if isinstance(m, dict) and m["type"] != "status"}
        assert ids == {mine}
        socket.close()


def test_reconnect_is_told_what_runs(engine: RunningEngine) -> None:
    socket = engine.connect("comes-back")
    read_one(socket)
    prompt_id = engine.send(figure_graph(seed=11, size=256, batch=400), client_id="comes-back").json()[
        "prompt_id"
    ]
    heard: list[Message] = []
    while not is_sampling(heard):
        heard.append(read_one(socket))
    socket.close()
    back = engine.connect("comes-back")
    status, running = read_one(back), read_one(back)
    assert isinstance(status, dict)
    assert status["type"] == "status"
    assert running == {"type": "executing", "data": {"node": "3"}}
    engine.http.post("/interrupt", json={"prompt_id": prompt_id})
    assert read_until_end(back, prompt_id)
    back.close()


def test_old_socket_of_a_client_does_not_take_the_new_one_down(engine: RunningEngine) -> None:
    old = engine.connect("twice")
    read_one(old)
    new = engine.connect("twice")
    read_one(new)
    old.close()
    prompt_id = engine.send(plain_graph(31), client_id="twice").json()["prompt_id"]
    assert read_until_end(new, prompt_id)
    new.close()


def test_feature_flags_and_labelled_previews(engine: RunningEngine) -> None:
    socket = engine.connect("modern")
    read_one(socket)
    socket.send(json.dumps({"type": "feature_flags", "data": {"supports_preview_metadata": True}}))
    assert read_one(socket) == {"type": "feature_flags", "data": engine.http.get("/features").json()}
    prompt_id = engine.send(figure_graph(seed=41), client_id="modern").json()["prompt_id"]
    messages = read_until_end(socket, prompt_id)
    frame = next(message for message in messages if isinstance(message, bytes))
    assert frame[:4] == (4).to_bytes(4, "big")
    length = int.from_bytes(frame[4:8], "big")
    assert json.loads(frame[8 : 8 + length]) == {
        "node_id": "3",
        "prompt_id": prompt_id,
        "display_node_id": "3",
        "parent_node_id": None,
        "real_node_id": "3",
        "image_type": "image/jpeg",
    }
    assert Image.open(io.BytesIO(frame[8 + length :])).format == "JPEG"
    socket.close()


def test_without_a_client_only_the_history_tells(engine: RunningEngine) -> None:
    prompt_id = engine.send(plain_graph(51)).json()["prompt_id"]
    entry = wait_for_history(engine, prompt_id)
    assert entry["status"]["completed"] is True
    assert [message[0] for message in entry["status"]["messages"]] == [
        "execution_start",
        "execution_cached",
        "execution_success",
    ]


def test_free_forgets_what_was_cached(engine: RunningEngine) -> None:
    engine.run(plain_graph(61))
    assert engine.http.post("/free", json={"unload_models": True, "free_memory": True}).status_code == 200
    _, messages, _ = engine.run(plain_graph(61))
    cached = next(m for m in messages if isinstance(m, dict) and m["type"] == "execution_cached")
    assert cached["data"]["nodes"] == []


def test_partly_valid_prompt_runs_its_valid_outputs(engine: RunningEngine) -> None:
    graph = plain_graph(71, "good") | {
        "3": {"class_type": "SaveImage", "inputs": {"images": ["4", 0], "filename_prefix": "bad"}},
        "4": {"class_type": "EmptyImage", "inputs": {"width": 0, "height": 8, "batch_size": 1, "color": 0}},
    }
    answer = engine.send(graph).json()
    assert answer["node_errors"]["4"]["dependent_outputs"] == ["3"]
    assert answer["node_errors"]["4"]["errors"][0]["message"] == "Value 0 smaller than min of 1"
    entry = wait_for_history(engine, answer["prompt_id"])
    assert list(entry["outputs"]) == ["2"]
    assert entry["prompt"][4] == ["2"]


def test_partial_execution_targets(engine: RunningEngine) -> None:
    graph = plain_graph(81, "one") | {
        "3": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "two"}}
    }
    answer = engine.send(graph, partial_execution_targets=["3"]).json()
    assert list(wait_for_history(engine, answer["prompt_id"])["outputs"]) == ["3"]


def test_pages_of_other_sites_are_kept_out(engine: RunningEngine) -> None:
    body = {"prompt": plain_graph()}
    foreign = engine.http.post("/prompt", json=body, headers={"Origin": "http://evil.example"})
    assert foreign.status_code == 403
    same = engine.http.post("/prompt", json=body, headers={"Origin": engine.url})
    assert same.status_code == 200
    assert httpx.get(engine.url, headers={"Origin": engine.url}).status_code == 200
