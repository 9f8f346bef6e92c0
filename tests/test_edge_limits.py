"""Limits: how often, how many at once, how slowly and how much one client may ask."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import ClassVar

import httpx
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from limits.storage import MemoryStorage
from pydantic import ValidationError

from api.edge.clients import client_of
from api.edge.rates import RateLimits, open_storage
from studio.errors import StudioError
from studio.settings import Settings
from tests.conftest import RunningApp, start_app_process
from tests.raw_http import connect, is_open, read_all, trickle
from tests.served import Serve, serve_apps

__all__ = ["serve_apps"]

CREATE, JOBS = "/api/v1/jobs/generate", "/api/v1/jobs"
AF = "/avatarforge-controller"
MAX_CONNECTIONS = 40
MAX_AT_ONCE = 8


@pytest.fixture(scope="module")
def edge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    """An app with little patience."""
    app = start_app_process(
        tmp_path_factory.mktemp("edge"),
        "--no-ui",
        RATE_LIMIT_ENABLED="true",
        RATE_LIMIT_MEDIA_CREATE="3/minute",
        RATE_LIMIT_MEDIA_STATUS="5/minute",
        STUDIO_MAX_CONNECTIONS=str(MAX_CONNECTIONS),
        STUDIO_MAX_REQUESTS_PER_CLIENT=str(MAX_AT_ONCE),
        STUDIO_HEADER_TIMEOUT_S="1",
        STUDIO_BODY_TIMEOUT_S="1",
    )
    yield app
    app.kill()


def sent_by(address: str) -> dict[str, str]:
    """What a trusted proxy says about a client."""
    return {"X-Forwarded-For": address}


def counts(answer: httpx.Response) -> tuple[int, int]:
    return int(answer.headers["x-ratelimit-limit"]), int(answer.headers["x-ratelimit-remaining"])


# -------------------------------------------------------------------- rates


def test_creations_are_counted_and_then_refused(edge: RunningApp) -> None:
    headers = sent_by("203.0.113.1")
    left = [counts(edge.client.post(CREATE, json={}, headers=headers)) for _ in range(3)]
    assert left == [(3, 2), (3, 1), (3, 0)]
    refused = edge.client.post(CREATE, json={}, headers=headers)
    assert refused.status_code == 429
    assert counts(refused) == (3, 0)
    assert 1 <= int(refused.headers["retry-after"]) <= 61
    assert time.time() < int(refused.headers["x-ratelimit-reset"]) <= time.time() + 62
    assert isinstance(refused.json()["detail"], str)
    assert "3 per 1 minute" in refused.json()["detail"]


def test_looking_has_a_bucket_of_its_own(edge: RunningApp) -> None:
    headers = sent_by("203.0.113.2")
    for _ in range(3):
        edge.client.post(CREATE, json={}, headers=headers)
    paths = [JOBS, f"{JOBS}/status/x", f"{JOBS}/x/events", f"{JOBS}?page=1", JOBS]
    answers = [edge.client.get(path, headers=headers) for path in paths]
    assert [counts(answer)[1] for answer in answers] == [4, 3, 2, 1, 0]
    assert edge.client.get(JOBS, headers=headers).status_code == 429
    assert edge.client.head(f"{JOBS}/status/x", headers=headers).status_code == 429


def test_clients_do_not_share_buckets_but_a_site_of_ipv6_does(edge: RunningApp) -> None:
    ours = [edge.client.post(CREATE, json={}, headers=sent_by("2001:db8:0:1::1")) for _ in range(4)]
    assert ours[-1].status_code == 429
    # Whoever has one such address has all addresses of its network.
    assert edge.client.post(CREATE, json={}, headers=sent_by("2001:db8:0:1::2")).status_code == 429
    assert edge.client.post(CREATE, json={}, headers=sent_by("2001:db8:0:2::1")).status_code != 429
    assert edge.client.post(CREATE, json={}, headers=sent_by("203.0.113.3")).status_code != 429


def test_families_without_documented_limits_have_none(edge: RunningApp) -> None:
    for path in (f"{AF}/generations", "/api/v1/health/live", "/api/v1/status/x", "/openapi.json"):
        answers = [edge.client.get(path, headers=sent_by("203.0.113.4")) for _ in range(8)]
        assert 429 not in {answer.status_code for answer in answers}
        assert "x-ratelimit-limit" not in answers[-1].headers


def test_a_page_of_another_origin_reads_the_refusal(edge: RunningApp) -> None:
    headers = sent_by("203.0.113.5") | {"Origin": "https://pages.example"}
    answers = [edge.client.post(CREATE, json={}, headers=headers) for _ in range(4)]
    assert answers[-1].status_code == 429
    assert answers[-1].headers["access-control-allow-origin"] == "*"
    shown = answers[0].headers["access-control-expose-headers"]
    assert "X-RateLimit-Remaining" in shown
    assert "Retry-After" in shown
    preflight = headers | {"Access-Control-Request-Method": "POST"}
    assert edge.client.options(CREATE, headers=preflight).status_code == 200


def test_a_stranger_cannot_name_an_address_of_its_own(serve: Serve) -> None:
    # This test's own address is not among the trusted ones, so what it says about others does not count.
    app = serve(
        RATE_LIMIT_ENABLED="true",
        RATE_LIMIT_MEDIA_CREATE="3/minute",
        FORWARDED_ALLOW_IPS="192.0.2.1",
    )
    statuses = [
        app.client.post(CREATE, json={}, headers=sent_by(f"203.0.113.{n}")).status_code for n in range(4)
    ]
    assert statuses[3] == 429
    assert 429 not in statuses[:3]


def test_behind_several_proxies_the_last_stranger_counts(edge: RunningApp) -> None:
    # A client can send such a header too; what trusted proxies add behind it wins.
    for n in range(3):
        edge.client.post(CREATE, json={}, headers=sent_by(f"10.9.8.{n}, 203.0.113.6, 127.0.0.1"))
    answer = edge.client.post(CREATE, json={}, headers=sent_by("203.0.113.6"))
    assert answer.status_code == 429


def test_many_at_once_get_no_more_than_the_limit(edge: RunningApp) -> None:
    with ThreadPoolExecutor(8) as pool:
        headers = sent_by("203.0.113.7")
        statuses = list(
            pool.map(lambda _: edge.client.post(CREATE, json={}, headers=headers).status_code, range(24))
        )
    assert sum(status != 429 for status in statuses) == 3


class Outage(MemoryStorage):
    """A storage that several processes would share, if it answered."""

    STORAGE_SCHEME: ClassVar[list[str]] = ["outage"]  # pyright: ignore[reportIncompatibleVariableOverride]

    @property
    def base_exceptions(self) -> type[Exception]:
        """What its client raises."""
        return ConnectionError

    asked = 0

    def get(self, key: str) -> int:
        """Nothing."""
        Outage.asked += 1
        raise ConnectionError("nobody there")


def test_a_storage_that_is_down_limits_nothing_and_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    app = FastAPI()
    settings = Settings(rate_limit_media_create="1/minute", rate_limit_storage_url="outage://")
    storage = open_storage(settings.rate_limit_storage_url)
    app.add_middleware(RateLimits, settings=settings, storage=storage)
    client = TestClient(app)
    assert {client.post(CREATE).status_code for _ in range(5)} == {404}
    assert caplog.text.count("RATE_LIMIT_STORAGE_URL does not answer") == 1
    assert Outage.asked == 1  # a storage that hangs would cost every request its patience


def test_a_storage_of_an_unknown_kind_is_refused() -> None:
    with pytest.raises(StudioError, match="RATE_LIMIT_STORAGE_URL"):
        open_storage("carrier-pigeon://coop")


@pytest.mark.parametrize(
    "text", ["ten", "0/minute", "10", "10/fortnight", "-1/minute", "10/minute; 3/second"]
)
def test_limits_that_cannot_be_read_are_refused(text: str) -> None:
    with pytest.raises(ValidationError, match="RATE_LIMIT_MEDIA_CREATE"):
        Settings(rate_limit_media_create=text)


@pytest.mark.parametrize(
    ("host", "counted"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8::1", "2001:db8::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("nonsense" * 100, ("nonsense" * 8)),
        ("", "unknown"),
    ],
)
def test_names_under_which_clients_are_counted(host: str, counted: str) -> None:
    assert client_of({"client": (host, 1)}) == counted


def test_a_socket_without_an_address_is_counted_too() -> None:
    assert client_of({"client": None}) == "unknown"


# ---------------------------------------------------------------- at once


def test_one_client_gets_so_many_places_and_others_get_theirs(edge: RunningApp) -> None:
    head = (
        f"POST {AF}/generate/avatar HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 203.0.113.20\r\n"
        "Content-Type: application/json\r\nContent-Length: 100\r\n\r\n"
    ).encode()
    with ExitStack() as stack:
        for _ in range(MAX_AT_ONCE):
            stack.enter_context(connect(edge.url)).sendall(head)
        for _ in range(5):  # when these are answered, what came before them has its places
            edge.client.get("/health", headers=sent_by("203.0.113.21"))
        refused = edge.client.get("/health", headers=sent_by("203.0.113.20"))
        assert refused.status_code == 429
        assert refused.headers["retry-after"] == "1"
        probe = edge.client.get("/api/v1/health/live", headers=sent_by("203.0.113.20"))
        assert probe.status_code == 200
        assert edge.client.get("/health", headers=sent_by("203.0.113.21")).status_code == 200
    deadline = time.monotonic() + 20
    while edge.client.get("/health", headers=sent_by("203.0.113.20")).status_code == 429:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_more_connections_than_allowed_are_turned_away_and_the_rest_goes_on(edge: RunningApp) -> None:
    with ExitStack() as stack:
        idle = [stack.enter_context(connect(edge.url)) for _ in range(MAX_CONNECTIONS * 4)]
        time.sleep(0.3)
        held = sum(is_open(connection) for connection in idle)
        assert held < MAX_CONNECTIONS + 80
        deadline = time.monotonic() + 20
        while sum(is_open(connection) for connection in idle):  # nobody speaks, so nobody stays
            assert time.monotonic() < deadline
            time.sleep(0.05)
    assert edge.client.get("/health").status_code == 200


# ------------------------------------------------------------------ slowness


def test_a_head_that_trickles_in_is_cut_off(edge: RunningApp) -> None:
    with connect(edge.url) as connection:
        connection.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\n")
        assert b" 408 " in trickle(connection, b"X-Slow: yes\r\n", 0.05, until_s=15)


def test_a_second_head_has_to_hurry_too(edge: RunningApp) -> None:
    with connect(edge.url) as connection:
        connection.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.1 200")
        assert b" 408 " in trickle(connection, b"GET /health HTTP/1.1\r\nX-Slow: yes\r\n", 0.05, until_s=15)


def test_who_says_nothing_is_not_answered(edge: RunningApp) -> None:
    with connect(edge.url) as connection:
        assert read_all(connection) == b""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        (f"{AF}/generate/avatar", "application/json"),
        (f"{AF}/upload/pose_image", "multipart/form-data; boundary=b"),
        ("/api/v1/jobs/generate", "application/json"),
    ],
)
def test_a_body_that_trickles_in_is_cut_off(edge: RunningApp, path: str, kind: str) -> None:
    with connect(edge.url) as connection:
        head = f"POST {path} HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 203.0.113.30\r\n"
        connection.sendall(f"{head}Content-Type: {kind}\r\nContent-Length: 5000\r\n\r\n".encode())
        answer = trickle(connection, b" ", 0.05, until_s=15)
    assert b" 408 " in answer
    assert b"x-request-id" in answer
    assert not list((edge.storage / "temp").iterdir())


def test_a_body_that_comes_steadily_may_take_longer(edge: RunningApp) -> None:
    def steady() -> Iterator[bytes]:
        for _ in range(8):
            yield b" " * 2000
            time.sleep(0.25)
        yield b'{"prompt": ""}'

    headers = {"Content-Type": "application/json"}
    answer = edge.client.post(f"{AF}/generate/avatar", content=steady(), headers=headers)
    assert answer.status_code == 422, answer.text


def test_a_reader_that_never_reads_does_not_stop_others(edge: RunningApp) -> None:
    with connect(edge.url) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
        connection.sendall(b"GET /docs-assets/swagger-ui-bundle.js HTTP/1.1\r\nHost: x\r\n\r\n" * 3)
        assert edge.client.get("/health").status_code == 200


def test_the_app_is_well_after_all_that(edge: RunningApp) -> None:
    edge.wait_healthy()
    done = edge.wait(edge.generate(width=128, height=128)["generation_id"])
    assert done["status"] == "completed"
    assert not any("Traceback" in line for line in edge.lines), "".join(edge.lines)
