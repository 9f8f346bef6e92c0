"""Servers that were never seen: a refusal is quick once it is known that nobody is there."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from studio.comfy.engine_process import free_port
from studio.comfy.pool import Pool, Server
from tests.fake_comfy import FakeComfy, wait_until

FOR_EVER_S = 60.0  # no test waits so long: whoever waits is to be woken


@contextmanager
def started(*urls: str) -> Iterator[Pool]:
    pool = Pool([Server(url, offline_poll_s=(30, 30)) for url in urls])
    pool.start()
    try:
        yield pool
    finally:
        pool.stop()


def test_it_is_known_at_once_that_nobody_listens() -> None:
    with started(f"http://127.0.0.1:{free_port()}", f"http://127.0.0.1:{free_port()}") as pool:
        pool.wait_first_signs(FOR_EVER_S, "comfy")
        assert [server.was_tried for server in pool.servers] == [True, True]
        assert pool.online() == ()
        # Nor is there any waiting afterwards.
        pool.wait_first_signs(FOR_EVER_S, "comfy")


def test_the_first_that_is_there_is_enough() -> None:
    with (
        FakeComfy() as fake,
        FakeComfy() as slow,
        slow.stall("/system_stats") as go_on,
        started(slow.url, fake.url) as pool,
    ):
        pool.wait_first_signs(FOR_EVER_S, "comfy")
        assert [server.url for server in pool.online()] == [fake.url]
        assert not pool.servers[0].was_tried
        go_on.set()


def test_a_server_that_takes_its_time_is_waited_for() -> None:
    with FakeComfy() as slow, slow.stall("/system_stats") as go_on, started(slow.url) as pool:
        pool.wait_first_signs(0.05, "comfy")
        assert not pool.servers[0].was_tried
        waiting = threading.Thread(target=pool.wait_first_signs, args=(FOR_EVER_S, "comfy"))
        waiting.start()
        go_on.set()
        waiting.join(20)
        assert not waiting.is_alive()
        assert pool.servers[0].online


@pytest.mark.parametrize("kind", ["comfy", None])
def test_servers_of_other_kinds_are_not_waited_for(kind: str | None) -> None:
    with started() as pool:
        pool.wait_first_signs(FOR_EVER_S, "comfy")
        pool.add(Server(f"http://127.0.0.1:{free_port()}", "embedded", offline_poll_s=(30, 30)))
        pool.wait_first_signs(FOR_EVER_S, kind)  # type: ignore[arg-type]
        assert wait_until(lambda: pool.servers[0].was_tried)


def test_members_are_told_to_whoever_asks() -> None:
    with FakeComfy() as fake, FakeComfy() as other, started(fake.url) as pool:
        told: list[tuple[str, str]] = []
        pool.on_members(
            lambda server: told.append(("joined", server.url)),
            lambda server: told.append(("left", server.url)),
        )
        assert pool.add(Server(other.url))
        assert not pool.add(Server(other.url))
        assert pool.wait_ready(10, every=True)
        gone = pool.servers[0]
        pool.remove(gone)
        pool.remove(gone)
        assert told == [("joined", fake.url), ("joined", other.url), ("left", fake.url)]
        assert [server.url for server in pool.servers] == [other.url]
        assert wait_until(lambda: fake.listeners == 0)
        assert not gone.online
