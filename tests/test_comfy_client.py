"""The client of one ComfyUI server, over a real socket, when all is well and when it is not."""

from __future__ import annotations

import base64
import json
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from studio.comfy.client import Comfy
from studio.comfy.engine_process import free_port
from studio.comfy.events import RemoteOutput
from studio.errors import StudioError
from tests.fake_comfy import FakeComfy, Reply, Request, wait_until

GRAPH = {"1": {"class_type": "SaveImage", "inputs": {"filename_prefix": "x"}}}
LOGIN = Reply("<!doctype html><html>Please sign in</html>", 200, {"content-type": "text/html; charset=utf-8"})


@pytest.fixture
def fake() -> Iterator[FakeComfy]:
    with FakeComfy() as server:
        yield server


@pytest.fixture
def comfy(fake: FakeComfy) -> Iterator[Comfy]:
    client = Comfy(fake.url, timeout_s=5)
    yield client
    client.close()


def refused(action: Callable[[], Any]) -> StudioError:
    with pytest.raises(StudioError) as caught:
        action()
    assert caught.value.message
    assert caught.value.hint
    return caught.value


# What the server has.


def test_object_info_is_read_once_and_again_when_asked(fake: FakeComfy, comfy: Comfy) -> None:
    assert comfy.known_info is None
    first = comfy.object_info()
    assert comfy.object_info() is first
    assert fake.paths("GET") == ["/object_info"]
    fake.info["NewNode"] = {"input": {"required": {}}, "output": []}
    assert not comfy.object_info().has("NewNode")
    assert comfy.refresh().has("NewNode")
    assert comfy.object_info().has("NewNode")


def test_a_huge_object_info_comes_whole_even_gzipped(fake: FakeComfy, comfy: Comfy) -> None:
    names = [f"folder/model-{n:05}.safetensors" for n in range(2000)]
    fake.info |= {f"Node{n}": {"input": {"required": {"x": [names, {}]}}} for n in range(100)}
    fake.replies["/object_info"] = Reply(fake.info, gzipped=True)
    assert len(comfy.object_info().choices("Node99", "x")) == 2000


def test_small_questions(comfy: Comfy) -> None:
    assert comfy.models("loras") == ("a.safetensors", "sub\\b.safetensors")
    assert comfy.models("no/such folder") == ()
    assert comfy.embeddings() == ("easynegative",)
    assert comfy.features()["supports_preview_metadata"] is True
    assert comfy.system_stats()["system"]["comfyui_version"] == "0.3.64"
    comfy.free()


def test_an_old_server_without_features(fake: FakeComfy, comfy: Comfy) -> None:
    fake.replies["/features"] = Reply("404: Not Found", 404)
    assert comfy.features() == {}


# Prompts.


def test_a_prompt_goes_out_under_our_id_and_with_the_workflow(fake: FakeComfy, comfy: Comfy) -> None:
    comfy.submit(GRAPH, "mine-1", extra_pnginfo={"workflow": {"nodes": []}}, front=True)
    assert fake.requests[-1].json() == {
        "prompt": GRAPH,
        "prompt_id": "mine-1",
        "client_id": comfy.client_id,
        "extra_data": {"extra_pnginfo": {"workflow": {"nodes": []}}},
        "front": True,
    }
    comfy.submit(GRAPH, "mine-2")
    assert set(fake.requests[-1].json()) == {"prompt", "prompt_id", "client_id"}


def test_whereabouts_from_waiting_to_done(fake: FakeComfy, comfy: Comfy) -> None:
    assert comfy.whereabouts("p") == "unknown"
    comfy.submit(GRAPH, "p")
    assert comfy.whereabouts("p") == "pending"
    assert comfy.history("p") is None
    fake.begin("p")
    assert comfy.whereabouts("p") == "running"
    assert comfy.history("p") is None
    fake.finish("p", {"1": {"images": [{"filename": "x_00001_.png", "subfolder": "", "type": "output"}]}})
    assert comfy.whereabouts("p") == "done"
    found = comfy.history("p")
    assert found is not None
    assert found.state == "success"
    assert found.outputs == (RemoteOutput("x_00001_.png", "", "output", "image", False, "1"),)


def test_a_prompt_that_ends_between_two_questions_is_not_missed(fake: FakeComfy, comfy: Comfy) -> None:
    fake.running = ["p"]

    def finish_after_the_queue_was_read(request: Request) -> Reply:
        reply = fake._usual(request)
        fake.finish("p")
        return reply

    # Were the history asked first, it would be empty, and the queue empty a moment later.
    fake.replies["/queue"] = finish_after_the_queue_was_read
    assert comfy.whereabouts("p") == "running"
    assert comfy.whereabouts("p") == "done"


def test_pruned_history_is_unknown(fake: FakeComfy, comfy: Comfy) -> None:
    fake.finish("p")
    fake.history.clear()
    assert comfy.whereabouts("p") == "unknown"
    assert comfy.outcome("p") is None


def test_outcome_waits_for_a_history_that_is_written_late(fake: FakeComfy, comfy: Comfy) -> None:
    fake.running = ["p"]
    threading.Timer(0.1, fake.finish, ["p"]).start()
    found = comfy.outcome("p")
    assert found is not None
    assert found.state == "success"


def test_how_prompts_end_badly(fake: FakeComfy, comfy: Comfy) -> None:
    fault = {"node_id": "1", "node_type": "LoadImage", "exception_type": "E", "exception_message": "no\n"}
    fake.finish("failed", ending=["execution_error", {"prompt_id": "failed", **fault}])
    fake.finish("stopped", ending=["execution_interrupted", {"prompt_id": "stopped", "node_id": "3"}])
    failed, stopped = comfy.history("failed"), comfy.history("stopped")
    assert failed is not None
    assert failed.state == "error"
    assert failed.error is not None
    assert (failed.error.node_type, failed.error.message) == ("LoadImage", "no")
    assert stopped is not None
    assert (stopped.state, stopped.error) == ("interrupted", None)


def test_odd_histories(fake: FakeComfy, comfy: Comfy) -> None:
    outputs = {"9": {"images": [{"filename": "a.png"}], "figure": [{"not_drawn": []}]}, "8": None}
    fake.history = {
        "old": {"outputs": outputs},
        "mute": {"outputs": {}, "status": {"status_str": "error", "completed": False, "messages": []}},
        "none": {"outputs": None, "status": None},
        "junk": "what",
    }
    old = comfy.history("old")
    assert old is not None
    assert old.state == "success"
    assert old.extras == {"9": {"figure": [{"not_drawn": []}]}}
    mute = comfy.history("mute")
    assert mute is not None
    assert mute.error is not None
    assert mute.error.to_error().code == "graph_failed"
    none = comfy.history("none")
    assert none is not None
    assert none.outputs == ()
    assert refused(lambda: comfy.history("junk")).code == "server_confused"


def test_the_queue_in_its_order(fake: FakeComfy, comfy: Comfy) -> None:
    fake.running, fake.pending = ["r"], ["a", "b", "c"]
    assert comfy.queue().running == ("r",)
    assert comfy.queue().pending == ("a", "b", "c")
    # Newer versions append members, and `front` makes the number negative.
    fake.replies["/queue"] = Reply(
        {"queue_running": [[9, "r", {}, {}, [], {}]], "queue_pending": [[5.0, "b"], [-10, "a"], [], "junk"]}
    )
    assert comfy.queue().pending == ("a", "b")
    assert comfy.queue().numbers == {"r": 9, "b": 5.0, "a": -10}


def test_a_prompt_has_the_number_that_the_server_gave_it(fake: FakeComfy, comfy: Comfy) -> None:
    graph = {"1": {"class_type": "SaveImage", "inputs": {}}}
    fake.replies["/prompt"] = Reply({"prompt_id": "mine", "number": -12, "node_errors": {}})
    comfy.submit(graph, "mine")
    asked = len(fake.requests)
    assert comfy.number_of("mine") == -12
    assert len(fake.requests) == asked, "as it said so itself"
    fake.replies["/queue"] = Reply({"queue_running": [[3, "other"]], "queue_pending": [["x", "odd"]]})
    assert comfy.number_of("other") == 3
    assert comfy.number_of("odd") is None
    assert comfy.number_of("nobody") is None


def test_refused_with_reasons(fake: FakeComfy, comfy: Comfy) -> None:
    body = {
        "error": {"type": "prompt_outputs_failed_validation", "message": "", "details": "", "extra_info": {}},
        "node_errors": {
            "1": {
                "errors": [
                    {
                        "type": "value_not_in_list",
                        "message": "Value not in list",
                        "details": "",
                        "extra_info": {
                            "input_name": "sampler_name",
                            "received_value": "huen",
                            "input_config": None,
                        },
                    }
                ],
                "class_type": "KSampler",
            }
        },
    }
    fake.replies["/prompt"] = Reply(body, 400)
    comfy.object_info()
    error = refused(lambda: comfy.submit(GRAPH, "p"))
    assert error.code == "graph_refused"
    assert "sampler_name is 'huen'" in error.message
    assert "heun, euler" in error.hint  # the choices come from object_info, the nearest first


def test_a_prompt_that_would_only_run_in_part_is_taken_back(fake: FakeComfy, comfy: Comfy) -> None:
    missing = {
        "type": "required_input_missing",
        "message": "",
        "details": "x",
        "extra_info": {"input_name": "x"},
    }

    def accept_in_part(request: Request) -> Reply:
        fake.pending.append("p")
        errors = {"7": {"errors": [missing], "class_type": "SaveImage"}}
        return Reply({"prompt_id": "p", "number": 1, "node_errors": errors})

    fake.replies["/prompt"] = accept_in_part
    assert refused(lambda: comfy.submit(GRAPH, "p")).code == "graph_refused"
    assert fake.pending == []


def test_a_server_too_old_for_our_ids(fake: FakeComfy, comfy: Comfy) -> None:
    def own_id(request: Request) -> Reply:
        fake.pending.append("its-own")
        return Reply({"prompt_id": "its-own", "number": 1, "node_errors": {}})

    fake.replies["/prompt"] = own_id
    error = refused(lambda: comfy.submit(GRAPH, "p"))
    assert error.code == "server_confused"
    assert "newer" in error.message
    assert fake.pending == []


def test_interrupt_stops_only_ours(fake: FakeComfy, comfy: Comfy) -> None:
    fake.running, fake.pending = ["theirs"], ["ours"]
    assert comfy.interrupt("ours") is False
    assert "/interrupt" not in fake.paths()
    fake.running, fake.pending = ["ours"], ["theirs"]
    assert comfy.interrupt("ours") is True
    assert fake.requests[-1].json() == {"prompt_id": "ours"}
    assert fake.running == []


def test_cancel_takes_a_waiting_prompt_out_and_stops_a_running_one(fake: FakeComfy, comfy: Comfy) -> None:
    fake.running, fake.pending = ["r"], ["a", "b"]
    assert comfy.cancel("a") is False
    assert fake.pending == ["b"]
    assert comfy.cancel("r") is True
    comfy.dequeue([])
    assert fake.paths().count("/queue") == 2


# Files.


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "some name.png"
    path.write_bytes(b"picture" * 1000)
    return path


def test_a_file_is_uploaded_once(fake: FakeComfy, comfy: Comfy, picture: Path) -> None:
    name = comfy.upload(picture, content_hash="ab12" * 16, suffix=".PNG")
    assert name == f"avatarforge-{'ab12' * 8}.png"
    assert fake.inputs[name] == picture.read_bytes()
    assert comfy.upload(picture, content_hash="ab12" * 16, suffix=".png") == name
    assert fake.paths().count("/upload/image") == 1
    # Another process of ours, that does not remember, looks before it sends.
    other = Comfy(fake.url)
    assert other.upload(picture, content_hash="ab12" * 16, suffix=".png") == name
    assert fake.paths().count("/upload/image") == 1


def test_uploads_are_checked_after_a_reconnection(fake: FakeComfy, comfy: Comfy, picture: Path) -> None:
    name = comfy.upload(picture, content_hash="cd" * 32, suffix="png")
    comfy.refresh()
    assert comfy.upload(picture, content_hash="cd" * 32, suffix="png") == name
    assert fake.paths().count("/upload/image") == 1
    fake.inputs.clear()
    comfy.refresh()
    assert comfy.upload(picture, content_hash="cd" * 32, suffix="png") == name
    assert fake.paths().count("/upload/image") == 2
    assert name in fake.inputs


def test_a_renamed_upload_is_believed_and_a_broken_leftover_is_not(
    fake: FakeComfy, comfy: Comfy, picture: Path
) -> None:
    taken = f"avatarforge-{'ef' * 16}.png"
    fake.inputs[taken] = b"half a fil"
    name = comfy.upload(picture, content_hash="ef" * 32, suffix=".png")
    assert name == f"avatarforge-{'ef' * 16} (1).png"
    assert comfy.upload(picture, content_hash="ef" * 32, suffix=".png") == name
    comfy.refresh()
    assert comfy.upload(picture, content_hash="ef" * 32, suffix=".png") == name
    assert fake.paths().count("/upload/image") == 1


def test_two_threads_upload_one_file_once(fake: FakeComfy, comfy: Comfy, picture: Path) -> None:
    names: list[str] = []
    threads = [
        threading.Thread(
            target=lambda: names.append(comfy.upload(picture, content_hash="11" * 32, suffix=".png"))
        )
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(names) == 8
    assert len(set(names)) == 1
    assert fake.paths().count("/upload/image") == 1


def test_a_mask_names_its_original(fake: FakeComfy, comfy: Comfy, picture: Path) -> None:
    name = comfy.upload_mask(picture, original="avatarforge-aa.png", content_hash="22" * 32)
    assert comfy.upload_mask(picture, original="avatarforge-aa.png", content_hash="22" * 32) == name
    other = comfy.upload_mask(picture, original="avatarforge-bb.png", content_hash="22" * 32)
    assert other != name
    sent = [request for request in fake.requests if request.path == "/upload/mask"]
    assert len(sent) == 2
    reference = json.dumps({"filename": "avatarforge-aa.png", "subfolder": "", "type": "input"})
    assert reference.encode() in sent[0].body


def test_an_upload_that_is_too_large(fake: FakeComfy, comfy: Comfy, picture: Path) -> None:
    fake.replies["/upload/image"] = Reply("413: Request Entity Too Large", 413)
    error = refused(lambda: comfy.upload(picture, content_hash="33" * 32, suffix=".png"))
    assert error.code == "upload_refused"
    assert "too large" in error.message


def test_a_result_is_read_piece_by_piece(fake: FakeComfy, comfy: Comfy) -> None:
    content = bytes(range(256)) * 8192
    fake.outputs["temp", "sub dir", "a b+c%.png"] = content
    with comfy.view(RemoteOutput("a b+c%.png", "sub dir", "temp")) as download:
        chunks = list(download)
    assert b"".join(chunks) == content
    assert len(chunks) > 4
    assert (download.content_type, download.size_bytes) == ("image/png", len(content))


def test_results_that_are_gone_cut_off_or_a_login_page(fake: FakeComfy, comfy: Comfy) -> None:
    def read() -> bytes:
        with comfy.view(RemoteOutput("a.png")) as download:
            return b"".join(download)

    assert refused(read).code == "output_missing"
    fake.outputs["output", "", "a.png"] = bytes(100_000)
    fake.replies["/view"] = Reply(bytes(100_000), cut_after=50_000)
    assert refused(read).code == "connection_lost"
    fake.replies["/view"] = LOGIN
    assert refused(read).code == "server_confused"
    del fake.replies["/view"]
    assert len(read()) == 100_000


def test_an_error_of_the_reader_passes_through(fake: FakeComfy, comfy: Comfy) -> None:
    fake.outputs["output", "", "a.png"] = bytes(10)
    with pytest.raises(OSError, match="disk full"), comfy.view(RemoteOutput("a.png")):
        raise OSError("disk full")


# Servers that are not there, or not ComfyUI.


def test_nobody_listens() -> None:
    port = free_port()
    error = refused(lambda: Comfy(f"http://127.0.0.1:{port}").queue())
    assert error.code == "comfyui_unavailable"
    assert f"http://127.0.0.1:{port}" in error.message
    assert refused(lambda: Comfy("http://nobody.invalid").queue()).code == "comfyui_unavailable"
    embedded = Comfy(f"http://127.0.0.1:{port}", kind="embedded")
    assert refused(lambda: embedded.submit(GRAPH, "p")).code == "engine_unavailable"


@pytest.mark.parametrize(
    ("reply", "code", "said"),
    [
        (LOGIN, "server_confused", "login"),
        (Reply("not json", 200, {"content-type": "application/json"}), "server_confused", "not JSON"),
        (Reply([1, 2]), "server_confused", "not a JSON object"),
        (Reply({}), "server_confused", ""),
        (Reply({"queue_running": 1, "queue_pending": None}), "server_confused", ""),
        (Reply("[" * 200_000, 200, {"content-type": "application/json"}), "server_confused", ""),
        (Reply("no", 401), "server_confused", "login"),
        (Reply("no", 403), "server_confused", "login"),
        (Reply("no", 404), "server_confused", "404"),
        (Reply("", 302, {"location": "https://login.example/"}), "server_confused", "leads elsewhere"),
        (Reply("500 Internal Server Error", 500), "server_confused", "500"),
        (Reply("Bad Gateway", 502), "comfyui_unavailable", ""),
        (Reply("later", 503), "comfyui_unavailable", ""),
        (Reply(b"junk", 200, {"content-encoding": "gzip"}), "server_confused", "compressed"),
        (Reply({"queue_running": []}, cut_after=5), "connection_lost", ""),
    ],
)
def test_answers_that_comfyui_does_not_give(
    fake: FakeComfy, comfy: Comfy, reply: Reply, code: str, said: str
) -> None:
    for path in ("/queue", "/object_info", "/system_stats"):
        fake.replies[path] = reply
    for action in (comfy.queue, comfy.object_info, comfy.system_stats):
        error = refused(action)
        assert error.code == code
        assert said in error.message + str(error.facts.get("why"))
    fake.replies.clear()
    assert comfy.queue().running == ()


@pytest.mark.parametrize(
    "reply", [LOGIN, Reply("no", 400), Reply([], 400), Reply({}, 400), Reply({"prompt_id": 3})]
)
def test_a_prompt_answered_by_something_else(fake: FakeComfy, comfy: Comfy, reply: Reply) -> None:
    fake.replies["/prompt"] = reply
    assert refused(lambda: comfy.submit(GRAPH, "p")).code == "server_confused"


def test_no_answer_in_time(fake: FakeComfy) -> None:
    comfy = Comfy(fake.url, timeout_s=0.2)
    with fake.stall("/queue"):
        error = refused(comfy.queue)
    assert error.code == "connection_lost"
    assert "0.2 s" in error.message


def test_a_lost_submission_is_never_repeated(fake: FakeComfy, comfy: Comfy) -> None:
    def take_and_die(request: Request) -> Reply:
        fake.pending.append("p")
        return Reply({"prompt_id": "p"}, cut_after=3)

    fake.replies["/prompt"] = take_and_die
    assert refused(lambda: comfy.submit(GRAPH, "p")).code == "connection_lost"
    assert fake.paths().count("/prompt") == 1
    assert comfy.whereabouts("p") == "pending"


@pytest.mark.parametrize("status", [502, 503, 504])
def test_a_proxy_that_lost_the_server_may_have_handed_the_prompt_on(
    fake: FakeComfy, comfy: Comfy, status: int
) -> None:
    fake.replies["/prompt"] = Reply("Bad Gateway", status)
    assert refused(lambda: comfy.submit(GRAPH, "p")).code == "connection_lost"
    assert fake.paths().count("/prompt") == 1


def test_names_that_climb_are_refused_by_the_server_and_told(
    fake: FakeComfy, comfy: Comfy, picture: Path
) -> None:
    fake.replies["/view"] = Reply(status=400)
    with pytest.raises(StudioError) as caught, comfy.view(RemoteOutput("../../secret")):
        raise AssertionError("nothing may be read")
    assert caught.value.code == "server_confused"
    fake.replies = {"/upload/image": Reply(status=400)}
    assert refused(lambda: comfy.upload(picture, content_hash="44", suffix=".png")).code == "upload_refused"


def test_a_restart_between_two_questions_goes_unnoticed(fake: FakeComfy, comfy: Comfy) -> None:
    assert comfy.queue().running == ()
    fake.down()
    fake.up()
    assert comfy.queue().running == ()


def test_a_server_that_speaks_no_http() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def chat() -> None:
            for _ in range(2):
                peer, _ = listening.accept()
                peer.recv(65536)
                peer.sendall(b"220 mail.example ESMTP\r\n\r\n")
                peer.close()

        thread = threading.Thread(target=chat, daemon=True)
        thread.start()
        comfy = Comfy(f"http://127.0.0.1:{listening.getsockname()[1]}", timeout_s=3)
        assert refused(comfy.queue).code == "server_confused"


def test_a_client_that_was_closed_gives_an_error_of_ours(fake: FakeComfy) -> None:
    comfy = Comfy(fake.url)
    comfy.queue()
    comfy.close()
    assert refused(comfy.queue).code == "comfyui_unavailable"
    assert refused(lambda: comfy.submit(GRAPH, "p")).code == "comfyui_unavailable"


def test_a_connection_that_dies_under_a_question_is_made_anew_once(fake: FakeComfy, comfy: Comfy) -> None:
    turns: list[Request] = []

    def die_first(request: Request) -> Reply | None:
        turns.append(request)
        return Reply({"queue_running": []}, cut_after=0) if len(turns) == 1 else None

    fake.replies["/queue"] = die_first
    assert comfy.queue().running == ()
    fake.running = ["p"]
    fake.replies = {"/interrupt": Reply(b"......", cut_after=1)}
    assert refused(lambda: comfy.interrupt("p")).code == "connection_lost"
    assert fake.paths().count("/interrupt") == 1


# Addresses.


def test_a_password_is_sent_and_never_shown(fake: FakeComfy) -> None:
    comfy = Comfy(f"http://me:se%40cret@127.0.0.1:{fake.port}/")
    comfy.queue()
    expected = base64.b64encode(b"me:se@cret").decode()
    assert fake.requests[-1].headers["authorization"] == f"Basic {expected}"
    assert comfy.url == fake.url
    fake.down()
    assert "se" + "@cret" not in str(refused(comfy.queue).to_json())


def test_a_prefix_stays_before_every_path(fake: FakeComfy) -> None:
    fake.replies["/behind/proxy/queue"] = Reply({"queue_running": [], "queue_pending": []})
    comfy = Comfy(f"{fake.url}/behind/proxy/")
    assert comfy.queue().pending == ()
    assert comfy.address.websocket("a b") == f"ws://127.0.0.1:{fake.port}/behind/proxy/ws?clientId=a%20b"
    assert Comfy("https://gpu.example").address.websocket("c") == "wss://gpu.example/ws?clientId=c"
    assert Comfy("http://[::1]:8188").url == "http://[::1]:8188"


@pytest.mark.parametrize("url", ["", "gpu:8188", "ftp://gpu", "http://"])
def test_addresses_that_are_none(url: str) -> None:
    with pytest.raises(ValueError, match="starts with http"):
        Comfy(url)


def test_no_proxy_leads_to_this_machine(fake: FakeComfy, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    assert Comfy(fake.url).queue().running == ()


def test_many_threads_share_one_client(fake: FakeComfy, comfy: Comfy) -> None:
    done: list[bool] = []

    def ask(number: int) -> None:
        for turn in range(10):
            comfy.submit(GRAPH, f"{number}-{turn}")
            done.append(comfy.whereabouts(f"{number}-{turn}") == "pending")

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    assert wait_until(lambda: len(done) == 60, 20)
    assert all(done)
