"""The pool knows which servers are there, what they can do, and when that changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from studio.comfy.engine_process import free_port
from studio.comfy.events import Connected, Disconnected, Event, Offline, Online, Queued, Started
from studio.comfy.pool import Pool, Server
from tests.fake_comfy import FakeComfy, Reply, message, wait_until

Start = Callable[..., Pool]


@pytest.fixture
def fake() -> Iterator[FakeComfy]:
    with FakeComfy() as server:
        yield server


@pytest.fixture
def start() -> Iterator[Start]:
    pools: list[Pool] = []

    def make(*urls: str, **options: Any) -> Pool:
        options = {"online_poll_s": 0.1, "offline_poll_s": (0.02, 0.1)} | options
        pool = Pool([Server(url, **options) for url in urls])
        pools.append(pool)
        pool.start()
        return pool

    yield make
    for pool in pools:
        pool.stop()


def test_a_server_comes_online_with_its_nodes(fake: FakeComfy, start: Start) -> None:
    pool = start(fake.url)
    assert pool.wait_ready(5)
    (server,) = pool.online()
    assert server.info is not None
    assert server.info.has("KSampler")
    assert server.revision == 1
    assert server.listener.connected
    assert pool.by_url(fake.url + "/") is server
    assert pool.by_url(fake.url.replace("//", "//me:secret@")) is server
    pool.add(Server(fake.url))
    assert len(pool.servers) == 1
    assert pool.by_url("http://other") is None
    (health,) = pool.health()
    assert health["status"] == "healthy"
    assert health["device"] == "cuda:0 Fake"
    assert health["vram_free_bytes"] == 20_000_000_000
    assert health["version"] == "0.3.64"
    assert health["error"] is None
    assert health["stats"] == {"queue_pending": 0, "queue_running": 0}


def test_a_server_is_seen_to_go_and_to_come_back(fake: FakeComfy, start: Start) -> None:
    pool = Pool([Server(fake.url, online_poll_s=0.1, offline_poll_s=(0.02, 0.1))])
    heard: list[Event] = []
    pool.subscribe(lambda server, event: heard.append(event))
    pool.start()
    try:
        assert pool.wait_ready(5)
        server = pool.servers[0]
        fake.down()
        assert wait_until(lambda: server.state == "offline")
        assert pool.online() == ()
        (health,) = pool.health()
        assert health["status"] == "unreachable"
        assert "not answering" in health["error"]
        assert server.unavailable().code == "comfyui_unavailable"
        fake.info["Installed"] = {"input": {"required": {}}, "output": []}
        fake.up()
        assert pool.wait_ready(5)
        assert server.info is not None
        assert server.info.has("Installed")
        assert server.revision == 2
        assert wait_until(lambda: server.listener.connected)
    finally:
        pool.stop()
    kinds = [type(event) for event in heard if not isinstance(event, Queued)]
    assert kinds[:2] == [Connected, Online]
    assert kinds.index(Disconnected) < len(kinds)
    assert kinds.count(Online) == 2
    assert kinds.count(Offline) == 1


def test_a_quick_restart_that_no_poll_saw_still_reads_the_nodes_again(fake: FakeComfy, start: Start) -> None:
    pool = start(fake.url, online_poll_s=30)
    assert pool.wait_ready(5)
    server = pool.servers[0]
    fake.info["Installed"] = {"input": {"required": {}}, "output": []}
    fake.cut_websockets()
    assert wait_until(lambda: server.info is not None and server.info.has("Installed"))
    assert wait_until(lambda: server.revision == 2)
    assert server.online


def test_events_name_their_server(start: Start) -> None:
    with FakeComfy() as one, FakeComfy() as two:
        pool = start(one.url, two.url)
        heard: list[tuple[str, Event]] = []
        pool.subscribe(lambda server, event: heard.append((server.url, event)))
        assert pool.wait_ready(5, every=True)
        assert one.wait_listeners()
        assert two.wait_listeners()
        one.say(message("execution_start", "a"))
        two.say(message("execution_start", "b"))
        assert wait_until(lambda: (one.url, Started("a")) in heard and (two.url, Started("b")) in heard)


def test_a_listener_that_fails_harms_nobody(fake: FakeComfy) -> None:
    pool = Pool([Server(fake.url, online_poll_s=0.1)])
    heard: list[Event] = []

    def stumble(server: Server, event: Event) -> None:
        raise RuntimeError("stumbled")

    pool.subscribe(stumble)
    pool.subscribe(lambda server, event: heard.append(event))
    pool.start()
    try:
        assert pool.wait_ready(5)
        assert fake.wait_listeners()
        fake.say(message("execution_start", "a"))
        assert wait_until(lambda: Started("a") in heard)
    finally:
        pool.stop()


def test_one_of_two_is_enough_to_be_ready(fake: FakeComfy, start: Start) -> None:
    gone = f"http://127.0.0.1:{free_port()}"
    pool = start(gone, fake.url)
    assert pool.wait_ready(5)
    assert [server.url for server in pool.online()] == [fake.url]
    assert not pool.wait_ready(0.1, every=True)
    assert not pool.wait_ready(0.1, "embedded")
    assert [health["status"] for health in pool.health()] == ["starting", "healthy"]


def test_the_least_busy_of_those_that_can(start: Start) -> None:
    with FakeComfy() as busy, FakeComfy() as idle, FakeComfy() as poor:
        busy.running, busy.pending = ["a"], ["b", "c"]
        poor.info.pop("KSampler")
        pool = start(busy.url, idle.url, poor.url)
        assert pool.wait_ready(5, every=True)
        found = pool.candidates(lambda server: server.info is not None and server.info.has("KSampler"))
        assert [server.url for server in found] == [idle.url, busy.url]
        busy_health = pool.health()[0]
        assert busy_health["stats"] == {"queue_pending": 2, "queue_running": 1}


def test_the_load_follows_what_the_server_tells(fake: FakeComfy, start: Start) -> None:
    pool = start(fake.url, online_poll_s=30)
    assert pool.wait_ready(5)
    server = pool.servers[0]
    assert wait_until(lambda: fake.listeners and server.listener.connected)
    fake.running, fake.pending = ["a"], ["b"]
    fake.say(fake.status())
    assert wait_until(lambda: server.load == 2)
    assert server.health()["stats"] == {"queue_pending": 1, "queue_running": 1}
    fake.forget_all()
    fake.say(fake.status())
    assert wait_until(lambda: server.load == 0)


def test_a_paused_server_gets_no_work_and_is_still_heard(fake: FakeComfy, start: Start) -> None:
    pool = start(fake.url)
    heard: list[Event] = []
    pool.subscribe(lambda server, event: heard.append(event))
    assert pool.wait_ready(5)
    server = pool.servers[0]
    server.pause()
    assert server.state == "paused"
    assert pool.online() == ()
    assert pool.health()[0]["paused"] is True
    assert fake.wait_listeners()
    fake.say(message("execution_start", "p"))
    assert wait_until(lambda: Started("p") in heard)
    server.resume()
    assert pool.wait_ready(1)


@pytest.mark.parametrize(
    "reply",
    [
        Reply("<html>Sign in</html>", 200, {"content-type": "text/html"}),
        Reply("no", 404),
        Reply({"status": "ok"}),
    ],
)
def test_what_is_not_comfyui_never_comes_online(fake: FakeComfy, start: Start, reply: Reply) -> None:
    fake.replies["/system_stats"] = reply
    pool = start(fake.url)
    server = pool.servers[0]
    assert wait_until(lambda: server.last_error is not None)
    assert not pool.wait_ready(0.1)
    assert server.unavailable().code == "server_confused"
    assert "COMFYUI_URL points at ComfyUI itself" in server.unavailable().hint
    fake.replies.clear()
    assert pool.wait_ready(5)


def test_without_websockets_a_server_is_online_all_the_same(
    fake: FakeComfy, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("studio.comfy.server.SOCKET_WAIT_S", 0.1)
    fake.websocket_reply = Reply("Forbidden", 403)
    pool = start(fake.url)
    assert pool.wait_ready(5)
    assert pool.health()[0]["websocket"] is False


def test_a_server_that_answers_slowly_is_not_given_up_at_once(
    fake: FakeComfy, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("studio.comfy.server.PROBE_S", 0.15)
    pool = start(fake.url)
    assert pool.wait_ready(5)
    server = pool.servers[0]
    asked = len(fake.paths("GET"))
    with fake.stall("/queue"):
        assert wait_until(lambda: len(fake.paths("GET")) >= asked + 2)
        assert server.online
        assert wait_until(lambda: not server.online, 10)
    assert pool.wait_ready(5)


def test_a_websocket_that_answers_pings_and_tells_nothing_is_opened_anew(
    fake: FakeComfy, start: Start
) -> None:
    pool = start(fake.url)
    assert pool.wait_ready(5)
    server = pool.servers[0]
    revision = server.revision
    assert fake.wait_listeners()
    fake.mute = True
    fake.running = ["p"]
    assert wait_until(lambda: len(fake.websocket_requests) >= 2)
    assert wait_until(lambda: server.listener.connected)
    assert server.revision == revision  # our own doing: nothing was restarted


def test_a_websocket_that_tells_of_the_queue_stays_open(fake: FakeComfy, start: Start) -> None:
    pool = start(fake.url, online_poll_s=0.03)
    assert pool.wait_ready(5)
    server = pool.servers[0]
    assert fake.wait_listeners()
    for number in range(12):
        fake.running = [f"p{number}"]
        fake.say(fake.status())
        asked = len(fake.paths("GET"))
        assert wait_until(lambda: len(fake.paths("GET")) >= asked + 2)  # noqa: B023  at once
    assert server.queue.running
    assert len(fake.websocket_requests) == 1


def test_a_websocket_silent_through_a_long_run_is_opened_anew(
    fake: FakeComfy, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("studio.comfy.server.STALLED_S", 0.3)
    fake.running = ["p"]
    pool = start(fake.url, online_poll_s=0.05)
    assert pool.wait_ready(5)
    assert wait_until(lambda: len(fake.websocket_requests) >= 2)


def test_an_embedded_engine_says_so(start: Start) -> None:
    pool = start(f"http://127.0.0.1:{free_port()}", kind="embedded")
    server = pool.servers[0]
    assert server.unavailable().code == "engine_unavailable"
    assert wait_until(lambda: server.last_error is not None)
    assert server.unavailable().code == "engine_unavailable"
    assert "nothing listens there" in server.unavailable().message
    assert pool.health()[0]["kind"] == "embedded"
    assert pool.health()[0]["status"] == "starting"


def test_whoever_runs_the_engine_can_say_why_it_is_not_there(start: Start) -> None:
    pool = start(f"http://127.0.0.1:{free_port()}", kind="embedded", explain=lambda: "it ended with code 3")
    server = pool.servers[0]
    assert wait_until(lambda: server.last_error is not None)
    assert server.unavailable().message == "The embedded engine is not ready: it ended with code 3."


def test_a_server_added_later_and_a_look_at_once(fake: FakeComfy, start: Start) -> None:
    pool = start()
    assert not pool.wait_ready(0.05)
    pool.add(Server(fake.url, online_poll_s=30))
    assert pool.wait_ready(5)
    fake.running = ["p"]
    pool.servers[0].check_now()
    assert wait_until(lambda: pool.servers[0].queue.running == ("p",))
