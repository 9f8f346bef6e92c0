"""The door to foreign addresses: what leads inside is refused in every spelling, all else is bounded."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from studio import fetch
from studio.errors import StudioError
from studio.fetch import Bounds
from tests import local_server

INSIDE = [
    "http://127.0.0.1/", "http://127.0.0.1:8188/", "http://127.1/", "http://127.0.1/", "http://0/",
    "http://0.0.0.0/", "http://2130706433/", "http://0x7f000001/", "http://0x7f.1/", "http://0177.0.0.1/",
    "http://017700000001/", "http://127.0.0.1./", "http://localhost/", "http://LOCALHOST/",
    "http://localhost./", "http://ip6-localhost/", "http://10.0.0.1/", "http://10.1/", "http://172.16.0.1/",
    "http://172.31.255.255/", "http://192.168.0.1/", "http://192.168.1/", "http://169.254.169.254/",
    "http://169.254.169.254/latest/meta-data/", "http://2852039166/", "http://0xa9fea9fe/",
    "http://100.64.0.1/", "http://100.100.100.200/", "http://198.18.0.1/", "http://192.0.0.1/",
    "http://192.0.2.1/", "http://198.51.100.1/", "http://203.0.113.1/", "http://224.0.0.1/",
    "http://239.255.255.250/", "http://240.0.0.1/", "http://255.255.255.255/", "http://[::1]/",
    "http://[::]/", "http://[0:0:0:0:0:0:0:1]/", "http://[::ffff:127.0.0.1]/", "http://[::ffff:7f00:1]/",
    "http://[::ffff:10.0.0.1]/", "http://[::127.0.0.1]/", "http://[64:ff9b::7f00:1]/",
    "http://[64:ff9b::10.0.0.1]/", "http://[64:ff9b:1::a9fe:a9fe]/", "http://[2002:7f00:1::]/",
    "http://[2002:a9fe:a9fe::1]/", "http://[2001:0:a9fe:a9fe::1]/", "http://[fc00::1]/",
    "http://[fd12:3456:789a::1]/", "http://[fe80::1]/", "http://[fec0::1]/", "http://[ff02::1]/",
    "http://[2001:db8::1]/", "http://[100::1]/", "http://①②⑦.⓪.⓪.①/", "http://127。0。0。1/",
    "https://127.0.0.1/", "http://[::ffff:0:127.0.0.1]/",
]  # fmt: skip
NOT_PLAIN = [
    "", "ftp://example.com/", "file:///etc/passwd", "gopher://127.0.0.1:6379/_x", "data:text/plain,x",
    "//example.com/", "example.com", "http://", "http:///x", "http://user@example.com/",
    "http://example.com@127.0.0.1/", "http://user:secret@example.com/", "http://exa mple.com/",
    "http://example.com\\@127.0.0.1/", "http://example.com/\r\nHost: inside", "http://example.com:0/",
    "http://example.com:99999/", "http://[::1", "http://example.com/" + "x" * 3000, "javascript:alert(1)",
    "jar:http://example.com!/", "http://\x00example.com/", "unix:///var/run/docker.sock",
]  # fmt: skip


@pytest.mark.parametrize("url", INSIDE)
def test_what_leads_inside_is_refused(url: str) -> None:
    with pytest.raises(StudioError) as refused:
        fetch.request("GET", url, bounds=Bounds(seconds=3))
    # A spelling that this system's resolver does not know is as good as refused.
    assert refused.value.code == "address_refused" or "is not known" in refused.value.message


@pytest.mark.parametrize("url", NOT_PLAIN)
def test_what_is_no_plain_address_is_refused(url: str) -> None:
    with pytest.raises(StudioError) as refused:
        fetch.check(url)
    assert refused.value.code == "address_refused"


def test_public_addresses_are_known_as_such() -> None:
    for address in ("93.184.216.34", "8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"):
        assert fetch.is_public(address), address
    for address in ("", "x", "1.2.3", "127.0.0.1%eth0"):
        assert not fetch.is_public(address), address


def resolver(*answers: list[str]) -> Callable[..., Any]:
    """A name server that gives one answer after the other, the last one for ever."""
    left = list(answers)

    def look_up(host: str, port: int, **_: Any) -> list[Any]:
        addresses = left.pop(0) if len(left) > 1 else left[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    return look_up


def test_a_name_with_one_private_address_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch.socket, "getaddrinfo", resolver(["93.184.216.34", "10.0.0.7"]))
    with pytest.raises(StudioError, match=r"10\.0\.0\.7"):
        fetch.request("GET", "http://both.example/")


def test_a_name_is_asked_once_and_the_checked_address_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    # At the second question it would be our own machine: rebinding must have no second question.
    connected: list[str] = []

    def connect(self: object, host: str, *_: object, **__: object) -> Any:
        connected.append(host)
        raise fetch.httpcore.ConnectError("nobody is there")

    monkeypatch.setattr(fetch.socket, "getaddrinfo", resolver(["93.184.216.34"], ["127.0.0.1"]))
    monkeypatch.setattr(fetch.httpcore.SyncBackend, "connect_tcp", connect)
    with pytest.raises(StudioError) as failed:
        fetch.request("GET", "http://rebinding.example/")
    assert failed.value.code == "address_unreachable"
    assert connected == ["93.184.216.34"]


@contextmanager
def serving(answer: Callable[[BaseHTTPRequestHandler], None]) -> Iterator[str]:
    """A server of ours that answers as the test says."""

    class Handler(local_server.Handler):
        def do_GET(self) -> None:
            answer(self)

    with local_server.serving(Handler) as url:
        yield url


def say(handler: BaseHTTPRequestHandler, status: int, body: bytes = b"", **headers: str) -> None:
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    with suppress(OSError):  # whoever has read enough goes away
        handler.wfile.write(body)


OPEN = Bounds(seconds=5, allow_private=True, redirects=3, max_bytes=100_000)


def test_a_setting_lets_private_addresses_in() -> None:
    with serving(lambda asked: say(asked, 200, b"here", X_Kind="test")) as url:
        found = fetch.request("GET", f"{url}/x", bounds=OPEN)
        assert (found.status, found.body, found.headers["x-kind"]) == (200, b"here", "test")
        with pytest.raises(StudioError, match="not on the public internet"):
            fetch.request("GET", f"{url}/x")


def test_redirects_are_followed_and_checked() -> None:
    asked: list[tuple[str, str | None]] = []

    def answer(handler: BaseHTTPRequestHandler) -> None:
        asked.append((handler.path, handler.headers.get("authorization")))
        target = handler.path.partition("?to=")[2]
        say(handler, 302, Location=target) if target else say(handler, 200, b"end")

    with serving(answer) as url:
        found = fetch.request("GET", f"{url}/a?to=/b?to=/c", headers={"Authorization": "x"}, bounds=OPEN)
        assert found.body == b"end"
        assert asked == [("/a?to=/b?to=/c", "x"), ("/b?to=/c", "x"), ("/c", "x")]
        other = url.replace("127.0.0.1", "localhost")
        fetch.request("GET", f"{url}/a?to={other}/b", headers={"Authorization": "x"}, bounds=OPEN)
        assert asked[-1] == ("/b", None)
        for target in ("file:///etc/passwd", "http://user@127.0.0.1/", "/a?to=/a?to=/a?to=/a?to=/a"):
            with pytest.raises(StudioError) as refused:
                fetch.request("GET", f"{url}/a?to={target}", bounds=OPEN)
            assert refused.value.code == "address_refused"


def test_a_redirect_inside_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(lambda asked: say(asked, 302, Location="http://169.254.169.254/")) as url:
        # The first host passes for public, as it would on the internet; the second is looked at all the same.
        real = fetch.is_public
        monkeypatch.setattr(fetch, "is_public", lambda address: address == "127.0.0.1" or real(address))
        with pytest.raises(StudioError, match=r"169\.254\.169\.254"):
            fetch.request("GET", url, bounds=Bounds(redirects=3, seconds=5))


def test_a_large_answer_is_refused_or_cut() -> None:
    with serving(lambda asked: say(asked, 200, b"x" * 5_000_000)) as url:
        with pytest.raises(StudioError) as refused:
            fetch.request("GET", url, bounds=OPEN)
        assert refused.value.code == "address_too_large"
        found = fetch.request("GET", url, bounds=Bounds(allow_private=True, cut=True, max_bytes=1000))
        assert len(found.body) == 1000
        assert found.is_cut


def test_a_slow_answer_ends_in_time() -> None:
    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        with suppress(OSError):
            for _ in range(100):
                handler.wfile.write(b"x")
                time.sleep(0.1)

    with serving(drip) as url:
        began = time.monotonic()
        with pytest.raises(StudioError, match="too long"):
            fetch.request("GET", url, bounds=Bounds(seconds=0.5, allow_private=True))
        assert time.monotonic() - began < 5


def test_slow_headers_end_in_time() -> None:
    def drip(handler: BaseHTTPRequestHandler) -> None:
        with suppress(OSError):
            handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
            for number in range(300):  # each of them well within what one read may take
                handler.wfile.write(f"X-{number}: y\r\n".encode())
                time.sleep(0.1)

    with serving(drip) as url, pytest.raises(StudioError, match="too long"):
        fetch.request("GET", url, bounds=Bounds(seconds=0.5, allow_private=True))


def test_nobody_there_is_said() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(StudioError) as failed:
            fetch.request("GET", f"http://127.0.0.1:{taken.getsockname()[1]}/", bounds=OPEN)
    assert failed.value.code == "address_unreachable"
