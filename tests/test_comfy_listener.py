"""One websocket that stays: it comes back after every way of breaking, and nothing said on it breaks it."""

from __future__ import annotations

import base64
import json
import struct
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from studio.comfy import listener as listener_module
from studio.comfy.engine_process import free_port
from studio.comfy.events import Connected, Disconnected, Event, Preview, Queued, Started, Succeeded
from studio.comfy.listener import Listener
from tests.fake_comfy import FakeComfy, Reply, message, wait_until

Make = Callable[..., tuple[Listener, list[Event]]]


@pytest.fixture
def fake() -> Iterator[FakeComfy]:
    with FakeComfy() as server:
        yield server


@pytest.fixture
def listen() -> Iterator[Make]:
    made: list[Listener] = []

    def make(url: str, **options: Any) -> tuple[Listener, list[Event]]:
        heard: list[Event] = []
        options = {"backoff_s": (0.02, 0.2)} | options
        listener = Listener(url, "me", options.pop("on_event", heard.append), **options)
        made.append(listener)
        listener.start()
        return listener, heard

    yield make
    for listener in made:
        listener.stop()


def connects(heard: list[Event]) -> int:
    return sum(isinstance(event, Connected) for event in heard)


def test_it_connects_says_who_it_is_and_hears(fake: FakeComfy, listen: Make) -> None:
    listener, heard = listen(fake.url)
    assert listener.wait_connected(5)
    assert fake.websocket_requests[0].query == {"clientId": "me"}
    assert "origin" not in fake.websocket_requests[0].headers
    assert wait_until(lambda: fake.said)
    assert fake.said == [{"type": "feature_flags", "data": {"supports_preview_metadata": True}}]
    fake.wait_listeners()
    fake.say(message("execution_start", "p"), message("execution_success", "p"))
    assert wait_until(lambda: len(heard) == 4)
    assert heard == [Connected(sid="me"), Queued(remaining=0), Started("p"), Succeeded("p")]


@pytest.mark.parametrize("how", ["cut", "close"])
def test_it_comes_back(fake: FakeComfy, listen: Make, how: str) -> None:
    _, heard = listen(fake.url)
    for times in range(1, 4):
        assert wait_until(lambda: connects(heard) == times and fake.listeners == 1)  # noqa: B023  at once
        if how == "cut":
            fake.cut_websockets()
        else:
            fake.close_websockets()
    assert wait_until(lambda: connects(heard) == 4)
    assert sum(isinstance(event, Disconnected) for event in heard) == 3


def test_it_waits_for_a_server_that_comes_later(listen: Make) -> None:
    fake = FakeComfy()
    fake.port = free_port()
    listener, heard = listen(fake.url)
    assert not listener.wait_connected(0.2)
    with fake:
        assert listener.wait_connected(5)
    assert wait_until(lambda: not listener.connected)
    assert any(isinstance(event, Disconnected) for event in heard)


def test_a_dead_peer_is_noticed_without_an_error_on_the_socket(fake: FakeComfy, listen: Make) -> None:
    listener, heard = listen(fake.url, ping_s=0.05, dead_after_s=0.3)
    assert listener.wait_connected(5)
    fake.deaf = True
    assert wait_until(lambda: any(isinstance(event, Disconnected) for event in heard))
    fake.deaf = False
    assert wait_until(lambda: connects(heard) >= 2)
    why = next(event.why for event in heard if isinstance(event, Disconnected))
    assert "silent" in why


def test_pings_keep_a_quiet_connection(fake: FakeComfy, listen: Make) -> None:
    listener, heard = listen(fake.url, ping_s=0.05, dead_after_s=0.4)
    assert listener.wait_connected(5)
    until = time.monotonic() + 1.0
    while time.monotonic() < until:
        time.sleep(0.05)
    assert listener.connected
    assert connects(heard) == 1
    assert listener.heard_at > listener.told_at


def test_junk_is_passed_over(fake: FakeComfy, listen: Make) -> None:
    _, heard = listen(fake.url)
    assert fake.wait_listeners()
    with fake._lock:
        fake._sockets[0].frame(1, b'{"type": "\xff\xfe broken letters')
    fake.say("junk", b"", b"\0\0\0\x09????", b"\xff" * 5000, '{"type": 1}', message("execution_start", "p"))
    assert wait_until(lambda: Started("p") in heard)
    assert connects(heard) == 1


def test_a_frame_in_pieces_and_with_pauses(
    fake: FakeComfy, listen: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listener_module, "TICK_S", 0.02)  # reads give up within a frame
    _, heard = listen(fake.url)
    assert fake.wait_listeners()
    text = json.dumps(message("execution_start", "p")).encode()
    whole = bytes([0x81, 126]) + struct.pack(">H", len(text)) + text
    for start in range(0, len(whole), 20):
        fake.raw(whole[start : start + 20])
        time.sleep(0.06)
    assert wait_until(lambda: Started("p") in heard)
    assert connects(heard) == 1


def test_large_previews_pass_and_monsters_do_not(
    fake: FakeComfy, listen: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listener_module, "MAX_FRAME_BYTES", 3_000_000)
    _, heard = listen(fake.url)
    assert fake.wait_listeners()
    picture = b"\xff\xd8\xff" + bytes(2_000_000)
    fake.say(message("executing", "p", node="3"), struct.pack(">II", 1, 1) + picture)
    assert wait_until(lambda: any(isinstance(event, Preview) and event.data == picture for event in heard))
    fake.raw(bytes([0x82, 127]) + struct.pack(">Q", 1 << 40))
    assert wait_until(lambda: connects(heard) == 2)
    assert any(isinstance(event, Disconnected) and "1099511627776" in event.why for event in heard)


def test_bytes_that_are_no_frames_only_cost_the_connection(fake: FakeComfy, listen: Make) -> None:
    _, heard = listen(fake.url)
    assert fake.wait_listeners()
    fake.raw(b"\x7f\x00\x7f\x00HTTP/1.1 500 what")
    assert wait_until(lambda: connects(heard) == 2)


def test_whoever_listens_cannot_end_the_listening(fake: FakeComfy, listen: Make) -> None:
    heard: list[Event] = []

    def stumble(event: Event) -> None:
        heard.append(event)
        raise RuntimeError("stumbled")

    listener, _ = listen(fake.url, on_event=stumble)
    assert fake.wait_listeners()
    fake.say(message("execution_start", "p"))
    assert wait_until(lambda: Started("p") in heard)
    assert listener.connected


def test_a_server_that_takes_no_websockets_is_not_hammered(fake: FakeComfy, listen: Make) -> None:
    fake.websocket_reply = Reply("Forbidden", 403)
    listener, heard = listen(fake.url, backoff_s=(0.1, 0.4))
    assert wait_until(lambda: len(fake.websocket_requests) >= 3)
    listener.nudge()
    fake.websocket_reply = None
    assert listener.wait_connected(5)
    assert len(fake.websocket_requests) < 20
    assert not any(isinstance(event, Disconnected) for event in heard)


def test_the_password_goes_with_the_websocket(fake: FakeComfy, listen: Make) -> None:
    listener, _ = listen(f"http://me:secret@127.0.0.1:{fake.port}")
    assert listener.wait_connected(5)
    expected = base64.b64encode(b"me:secret").decode()
    assert fake.websocket_requests[0].headers["authorization"] == f"Basic {expected}"


def test_no_proxy_leads_to_this_machine(
    fake: FakeComfy, listen: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setenv("no_proxy", "example.org")
    listener, _ = listen(fake.url)
    assert listener.wait_connected(5)


@pytest.mark.parametrize("state", ["connected", "refused", "never started"])
def test_stop_ends_the_thread(fake: FakeComfy, state: str) -> None:
    url = fake.url if state == "connected" else f"http://127.0.0.1:{free_port()}"
    before = set(threading.enumerate())
    listener = Listener(url, "me", lambda event: None)
    if state != "never started":
        listener.start()
    if state == "connected":
        assert listener.wait_connected(5)
    listener.stop()
    # No time is asserted, only that stop() itself has waited for the end.
    assert set(threading.enumerate()) - before - _server_threads() == set()
    assert not listener.connected


def _server_threads() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if "process_request" in thread.name}


def test_reconnect_on_demand(fake: FakeComfy, listen: Make) -> None:
    listener, heard = listen(fake.url)
    assert listener.wait_connected(5)
    listener.reconnect()
    assert wait_until(lambda: connects(heard) == 2)
    assert listener.connected


def test_it_may_be_stopped_while_it_is_being_started(monkeypatch: pytest.MonkeyPatch) -> None:
    listener = Listener("http://127.0.0.1:9", "me", lambda event: None)
    begin, begun = threading.Thread.start, []

    def begin_late(thread: threading.Thread) -> None:
        if thread.name == "comfy-listener":
            begun.append(thread)
            listener.stop()
        begin(thread)

    monkeypatch.setattr(threading.Thread, "start", begin_late)
    listener.start()
    listener.stop(10)
    assert [one.is_alive() for one in begun] == [False]
