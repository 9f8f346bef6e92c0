"""The one door to addresses that clients name: public hosts only, every hop checked, all bounded."""

from __future__ import annotations

import contextlib
import functools
import ipaddress
import re
import socket
import ssl
import time
import urllib.parse
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpcore
import httpx

from studio.errors import StudioError

SCHEMES = frozenset({"http", "https"})
MAX_ADDRESS = 2048
PERSONAL = frozenset({"authorization", "cookie", "proxy-authorization"})
REDIRECTS = frozenset({301, 302, 303, 307, 308})
_V6 = ipaddress.ip_network("2000::/3")  # all that is given out of the public internet
# Networks inside of which an IPv4 address stands in an IPv6 one.
_NAT64 = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("64:ff9b:1::/48"))


@dataclass(frozen=True)
class Answer:
    """What a server said; the body ends where the bound was."""

    url: str
    status: int
    headers: Mapping[str, str]  # names in lower case
    body: bytes
    is_cut: bool
    seconds: float


@dataclass(frozen=True)
class Bounds:
    """How much of everything one request may take."""

    seconds: float = 15.0
    max_bytes: int = 2**20
    redirects: int = 0
    cut: bool = False  # a longer body is cut off rather than refused
    allow_private: bool = False


def check(url: str) -> httpx.URL:
    """Refuse what is no plain http or https address; whom it leads to is seen when it is used."""
    if len(url) > MAX_ADDRESS:
        raise _refused(f"it is longer than {MAX_ADDRESS} characters")
    if re.search(r"[\x00-\x20\x7f\\]", url):
        raise _refused("it has spaces, control characters or backslashes in it")
    try:
        plain = httpx.URL(url)
    except (httpx.InvalidURL, ValueError) as error:
        raise _refused("it cannot be read") from error
    if plain.scheme not in SCHEMES:
        raise _refused("only http and https are used")
    if plain.userinfo:
        raise _refused("it has a name or a password in it")
    if not plain.host or not 1 <= (plain.port or 1) <= 65535 or plain.port == 0:
        raise _refused("it names no host")
    return plain


def request(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    content: bytes = b"",
    bounds: Bounds | None = None,
) -> Answer:
    """Send one request and read its answer, through redirects if the bounds allow some."""
    bounds = bounds or Bounds()
    began = time.monotonic()
    backend = _Guarded(bounds.allow_private, began + bounds.seconds)
    sent = {"Host": "", "User-Agent": "AvatarForge-Studio", "Accept-Encoding": "identity", **(headers or {})}
    for _ in range(bounds.redirects + 1):
        plain = check(url)
        sent["Host"] = plain.netloc.decode("ascii")
        left_s = bounds.seconds - (time.monotonic() - began)
        answer = _once(backend, method, str(plain), sent, content, bounds, left_s, began)
        if answer.status not in REDIRECTS or "location" not in answer.headers or not bounds.redirects:
            return answer
        target = check(urllib.parse.urljoin(str(plain), answer.headers["location"]))
        if plain.scheme == "https" and target.scheme != "https":
            raise _refused("it leads from https to an open connection")
        if target.netloc != plain.netloc:  # credentials are for the first host
            sent = {key: value for key, value in sent.items() if key.lower() not in PERSONAL}
        if answer.status not in {307, 308}:
            method, content = ("HEAD" if method == "HEAD" else "GET"), b""
        url = str(target)
    raise _refused(f"it leads on more than {bounds.redirects} times")


def _once(
    backend: httpcore.NetworkBackend,
    method: str,
    url: str,
    headers: Mapping[str, str],
    content: bytes,
    bounds: Bounds,
    left_s: float,
    began: float,
) -> Answer:
    plain_headers: list[tuple[bytes | str, bytes | str]] = [*headers.items()]
    timeouts = dict.fromkeys(("connect", "read", "write", "pool"), max(0.001, left_s))
    body, is_cut = bytearray(), False
    try:
        with (
            httpcore.ConnectionPool(ssl_context=_trusted(), network_backend=backend) as pool,
            pool.stream(
                method, url, headers=plain_headers, content=content, extensions={"timeout": timeouts}
            ) as response,
        ):
            for block in response.iter_stream():
                body += block
                if len(body) > bounds.max_bytes:
                    if not bounds.cut:
                        raise StudioError("address_too_large", limit_mb=bounds.max_bytes / 2**20)
                    del body[bounds.max_bytes :]
                    is_cut = True
                    break
                if time.monotonic() - began > bounds.seconds:
                    raise httpcore.ReadTimeout(f"it took longer than {bounds.seconds:g} s")
            said = {key.decode("latin-1").lower(): value.decode("latin-1") for key, value in response.headers}
            status = response.status
    except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException, OSError) as error:
        raise StudioError("address_unreachable", host=_host(url), why=_why(error)) from error
    except httpcore.UnsupportedProtocol as error:
        raise _refused("only http and https are used") from error
    return Answer(url, status, said, bytes(body), is_cut, time.monotonic() - began)


@functools.cache  # reading the system's certificates takes longer than many a request
def _trusted() -> ssl.SSLContext:
    return ssl.create_default_context()


class _Guarded(httpcore.NetworkBackend):
    """Connects to the very address that was checked, so that a name cannot change its mind in between."""

    def __init__(self, allow_private: bool, deadline: float) -> None:
        self._plain = httpcore.SyncBackend()
        self._allow_private = allow_private
        self._deadline = deadline

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Resolve, refuse if any of the addresses is private, and connect to one of them."""
        addresses = _resolve(host, port)
        if not self._allow_private:
            for address in addresses:
                if not is_public(address):
                    raise _refused(f"{host} is {address}, which is not on the public internet")
        failure: Exception | None = None
        for address in addresses:
            left_s = _left_s(self._deadline, httpcore.ConnectTimeout)
            try:
                stream = self._plain.connect_tcp(address, port, left_s, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
                continue
            peer = stream.get_extra_info("server_addr")
            if not self._allow_private and not (peer and is_public(str(peer[0]))):
                stream.close()
                raise _refused(f"{host} is not on the public internet")
            return _Timed(stream, self._deadline)
        raise failure or httpcore.ConnectError(f"{host} has no address")

    def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore.NetworkStream:
        """Never."""
        raise _refused("it is not on the internet")

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)


class _Timed(httpcore.NetworkStream):
    """A connection whose every step ends by one deadline: who sends a byte now and then gains no time."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: float) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read what has come."""
        return self._stream.read(max_bytes, _left_s(self._deadline, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send all of it."""
        self._stream.write(buffer, _left_s(self._deadline, httpcore.WriteTimeout))

    def close(self) -> None:
        """Hang up."""
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """Go on encrypted."""
        left_s = _left_s(self._deadline, httpcore.ConnectTimeout)
        return _Timed(self._stream.start_tls(ssl_context, server_hostname, left_s), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        """What is known of the connection."""
        return self._stream.get_extra_info(info)


def _left_s(deadline: float, late: type[httpcore.TimeoutException]) -> float:
    left_s = deadline - time.monotonic()
    if left_s <= 0:
        raise late("it took too long")
    return left_s


def is_public(address: str) -> bool:
    """Whether an address, also one that hides in another, is on the public internet."""
    with contextlib.suppress(ValueError):
        ip = ipaddress.ip_address(address.partition("%")[0])
        return all(
            one.is_global
            and not one.is_multicast
            and not one.is_reserved
            and (one.version == 4 or one in _V6)
            for one in _meant(ip)
        )
    return False


def _meant(
    ip: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> Sequence[ipaddress.IPv4Address | ipaddress.IPv6Address]:
    if isinstance(ip, ipaddress.IPv4Address):
        return [ip]
    if ip.ipv4_mapped is not None:
        return [ip.ipv4_mapped]
    if any(ip in network for network in _NAT64):
        return [ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)]
    if int(ip) < 2**32:  # ::a.b.c.d, long out of use, and still understood here and there
        return [ipaddress.IPv4Address(int(ip)), ip]
    hidden = [one for one in (ip.sixtofour, *(ip.teredo or ())) if one is not None]
    return [ip, *hidden]


def _resolve(host: str, port: int) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise httpcore.ConnectError(f"the name {host} is not known") from error
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def _host(url: str) -> str:
    return httpx.URL(url).host


def _why(error: Exception) -> str:
    if isinstance(error, httpcore.TimeoutException):
        return "it took too long"
    return str(error) or type(error).__name__


def _refused(why: str) -> StudioError:
    return StudioError("address_refused", why=why)
